//! Reads a traffic record and prints what is in it, a line each; problems go to stderr.
//!
//!   cargo run --release -p banbury-formats --example traffic -- [--count] [--format NAME] [--columns FIELD=COLUMN,...] FILE
//!
//! `--count` prints how many records of each kind there are, how many problems, and the speed instead.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for trying things")]

use banbury_formats::Problem;
use banbury_formats::traffic::{Record, Settings, Sink, TRAFFIC_FORMATS, recognise};
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Read, Write, stdout};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut settings = Settings::default();
    let (mut count, mut named, mut path) = (false, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--count" => count = true,
            "--format" => named = arguments.next(),
            "--columns" => {
                let stated = arguments.next().unwrap_or_default();
                let pairs = stated.split(',').filter_map(|pair| pair.split_once('='));
                settings.columns =
                    pairs.map(|(field, column)| (field.to_owned(), column.to_owned())).collect();
            }
            _ => path = Some(argument),
        }
    }
    let mut file = File::open(path.ok_or("no file is named")?)?;
    let mut buffer = vec![0; 4 << 20];
    let mut filled = fill(&mut file, &mut buffer, 0)?;
    let start = buffer.get(..filled.min(64 << 10)).unwrap_or_default();
    let format = match named {
        Some(name) => TRAFFIC_FORMATS.iter().copied().find(|format| format.describe().name == name),
        None => recognise(start),
    };
    let format = format.ok_or("no format is recognised")?;
    let mut reader = format.reader(&settings);
    let mut sink = Printer { out: BufWriter::new(stdout().lock()), count, records: [0; 5], problems: 0 };
    let began = Instant::now();
    let mut bytes = 0_u64;
    let mut is_last = filled < buffer.len();
    // A form that is read by its parts has to be there in whole.
    while !is_last && format.parts(b"", &settings, &mut Nothing).is_some() {
        buffer.resize(buffer.len() * 2, 0);
        filled = fill(&mut file, &mut buffer, filled)?;
        is_last = filled < buffer.len();
    }
    if let Some(parts) = format.parts(buffer.get(..filled).unwrap_or_default(), &settings, &mut sink) {
        for mut part in parts {
            while part.read(&mut sink) {}
        }
        bytes = filled as u64;
        is_last = true;
        filled = 0;
    }
    loop {
        let consumed = reader.read(buffer.get(..filled).unwrap_or_default(), is_last, &mut sink);
        bytes += consumed as u64;
        if is_last {
            break;
        }
        buffer.copy_within(consumed..filled, 0);
        let kept = filled - consumed;
        if kept == buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
        filled = fill(&mut file, &mut buffer, kept)?;
        is_last = filled < buffer.len();
    }
    let seconds = began.elapsed().as_secs_f64();
    let [flows, names, queries, logins, communities] = sink.records;
    sink.out.flush()?;
    if count {
        println!(
            "{}: {flows} flows, {names} names, {queries} queries, {logins} logins, {communities} communities",
            format.describe().name
        );
        println!(
            "{} problems; {bytes} bytes in {seconds:.3} s, {:.3} GB/s",
            sink.problems,
            bytes as f64 / seconds / 1e9
        );
    }
    Ok(())
}

/// Fills the buffer from `filled` on, as far as the file goes.
fn fill(file: &mut File, buffer: &mut [u8], mut filled: usize) -> std::io::Result<usize> {
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match file.read(room)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// Asks only.
struct Nothing;

impl Sink for Nothing {
    fn record(&mut self, _: &Record<'_>, _: u64) {}

    fn problem(&mut self, _: Problem) {}
}

struct Printer<W> {
    out: W,
    count: bool,
    records: [u64; 5],
    problems: u64,
}

impl<W: Write> Sink for Printer<W> {
    fn record(&mut self, record: &Record<'_>, offset: u64) {
        let [flows, names, queries, logins, communities] = &mut self.records;
        *match record {
            Record::Flow(_) => flows,
            Record::Name(_) => names,
            Record::Query(_) => queries,
            Record::Login(_) => logins,
            Record::Community(_) => communities,
        } += 1;
        if !self.count && writeln!(self.out, "{offset} {record}").is_err() {
            // Nobody reads on.
            std::process::exit(0);
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.problems += 1;
        if !self.count {
            eprintln!("{} {}: {}", problem.offset, problem.kind.as_str(), problem.detail);
        }
    }
}
