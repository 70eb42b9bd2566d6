//! `--follow`: reads what is added to files, until it is interrupted.
//!
//! Files are looked at every second. One that became shorter, or is another file under the same name, is read from its start; what is
//! left of one that was renamed away is read from the descriptor that is open. Files that end in `.gz` or `.zst` are what Zeek makes of
//! those that were read already, and are left out. What cannot be read is said once, and tried again at each look.

use super::ask::{self, Asked};
use super::child::{Answer, FRAME, Frame, Task};
use super::{Report, Watch, inputs};
use crate::commands::interrupt;
use crate::{Outcome, terminal};
use anyhow::Context as _;
use banbury_traffic::networks::Inside;
use banbury_traffic::probes::ends;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often files are looked at.
const TURN: Duration = Duration::from_secs(1);

/// A file that is followed.
struct Followed {
    path: PathBuf,
    file: File,
    inode: u64,
    read: u64,
}

pub(super) fn run(arguments: &Watch, task: &Task, inside: &Inside) -> anyhow::Result<Outcome> {
    for path in &arguments.inputs {
        // A name that is wrong would be waited for without end.
        std::fs::metadata(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    }
    let stop = interrupt::stop_on_signal(&task.scratch, "banbury-watch")?;
    let mut asked = ask::start(task, &[], None)?;
    let mut followed: Vec<Followed> = Vec::new();
    // Files that were read under another name, and how long they were: their numbers are used again.
    let mut done: BTreeMap<u64, u64> = BTreeMap::new();
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut left: Vec<String> = Vec::new();
    let mut weighed = Instant::now();
    let every = Duration::from_secs(arguments.every);
    terminal::note("following; Ctrl-C ends with the summary");
    while !stop.load(Ordering::SeqCst) {
        let read = turn(arguments, &mut followed, &mut done, &mut left, &mut asked)?;
        if weighed.elapsed() >= every {
            let answer = asked.weigh()?;
            tell(report(arguments, &followed, Vec::new(), answer, inside), &mut told)?;
            weighed = Instant::now();
        }
        if read == 0 {
            std::thread::sleep(TURN.min(every));
        }
    }
    turn(arguments, &mut followed, &mut done, &mut left, &mut asked)?;
    let answer = asked.finish()?;
    let report = report(arguments, &followed, left, answer, inside);
    report.write(arguments)?;
    Ok(report.outcome(arguments.fail_on))
}

fn report(
    arguments: &Watch,
    followed: &[Followed],
    left: Vec<String>,
    answer: Answer,
    inside: &Inside,
) -> Report {
    let paths: Vec<PathBuf> = followed.iter().map(|one| one.path.clone()).collect();
    let hashes = vec![None; paths.len()];
    let mut report = Report::new(paths, hashes, answer, left, arguments, inside);
    report.leave_what_is_not_worth_telling();
    report
}

/// Prints what was found for the first time.
fn tell(report: Report, told: &mut BTreeSet<String>) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for one in &report.rows {
        for (_, finding) in &one.findings {
            if told.insert(format!("{} {}", finding.info.code, ends(&one.pair))) {
                let weight =
                    finding.weight.as_ref().map_or(String::new(), |it| format!(" {:+.1} dB", it.decibans));
                writeln!(out, "{}{weight}: {}", finding.info.code, terminal::safe(&finding.title))?;
            }
        }
    }
    for title in report.leaps().iter().map(banbury_traffic::probes::volume::title) {
        if told.insert(title.clone()) {
            writeln!(out, "traffic.volume: {}", terminal::safe(&title))?;
        }
    }
    Ok(out.flush()?)
}

/// Sends what was added, and says how many bytes that was.
fn turn(
    arguments: &Watch,
    followed: &mut Vec<Followed>,
    done: &mut BTreeMap<u64, u64>,
    left: &mut Vec<String>,
    asked: &mut Asked,
) -> anyhow::Result<u64> {
    let mut sent = 0;
    let (found, unread) = inputs::now(&arguments.inputs);
    unread.iter().filter(|line| !left.contains(line)).for_each(|line| terminal::note(line));
    *left = unread;
    for path in found {
        let packed = path.extension().is_some_and(|ending| ending == "gz" || ending == "zst");
        // A file that is renamed between two looks is there at the next one.
        let Some(metadata) = std::fs::metadata(&path).ok().filter(|_| !packed) else { continue };
        let known = followed.iter().position(|one| one.path == path);
        let taken = done.get(&metadata.ino()) == Some(&metadata.len())
            || followed.iter().any(|one| one.inode == metadata.ino());
        match known.and_then(|at| followed.get_mut(at).map(|one| (at, one))) {
            Some((at, one)) if one.inode != metadata.ino() || metadata.len() < one.read => {
                // What is left of the file before it.
                sent += more(at, one, asked)?;
                asked.send(&Frame::Bytes { input: at as u32, bytes: Vec::new() })?;
                done.insert(one.inode, one.read);
                if let Ok(file) = File::open(&path) {
                    *one = Followed { path, file, inode: metadata.ino(), read: 0 };
                }
            }
            Some(_) => {}
            // One that was known under another name was renamed, and is read under the old one.
            None if taken => {}
            None => {
                if let Ok(file) = File::open(&path) {
                    // The child counts inputs as they come.
                    asked.send(&Frame::Bytes { input: followed.len() as u32, bytes: Vec::new() })?;
                    followed.push(Followed { path, file, inode: metadata.ino(), read: 0 });
                }
            }
        }
    }
    for (at, one) in followed.iter_mut().enumerate() {
        sent += more(at, one, asked)?;
    }
    Ok(sent)
}

/// Sends what follows in one file.
fn more(at: usize, one: &mut Followed, asked: &mut Asked) -> anyhow::Result<u64> {
    let mut sent = 0;
    loop {
        let mut bytes = Vec::new();
        let count = (&mut one.file).take(FRAME as u64).read_to_end(&mut bytes)? as u64;
        if count == 0 {
            return Ok(sent);
        }
        one.read += count;
        sent += count;
        asked.send(&Frame::Bytes { input: at as u32, bytes })?;
    }
}
