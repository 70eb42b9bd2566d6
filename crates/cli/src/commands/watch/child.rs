//! The confined child of `banbury watch`, and what it answers.
//!
//! The child opens and maps its inputs and makes its scratch file (which loses its name at once), then gives up the file system, the
//! network and every system call that computing and that scratch file do not need, and only then reads the first byte of an input. It
//! answers in lines of JSON: what it read and counted, then a line for each pair that is worth telling.

use super::untold::Untold;
use anyhow::{Context as _, bail};
use banbury_evidence::Prefix;
use banbury_firmware::confine::{self, Allowed, Statement, Writing};
use banbury_firmware::mapping::Mapping;
use banbury_firmware::worker::end_with_parent;
use banbury_formats::traffic::Settings;
use banbury_traffic::networks::Inside;
use banbury_traffic::pairs::{Keep, Pair, Pairing, Scratch, Weighed, Weighing};
use banbury_traffic::peers::interest::Interest;
use banbury_traffic::probes::{self, Scene};
use banbury_traffic::reading::{self, Account, Bytes, Growing, Manner};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead as _, Read as _, Write};
use std::ops::Range;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What the child is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Task {
    /// The form that is stated.
    pub format: Option<String>,
    /// Columns of tables.
    pub columns: Vec<(String, String)>,
    /// Bytes of rows in memory.
    pub budget: usize,
    /// Folder for the scratch file.
    pub scratch: PathBuf,
    /// Seconds until it stops reading.
    pub seconds: u64,
    /// How pairs are weighed.
    pub weighing: Weighing,
    /// Networks that are inside.
    pub inside: Vec<String>,
    /// Weight from which a beacon is told.
    pub least_weight: f64,
    /// RITA's score from which a pair is told.
    pub least_rita: f64,
    /// Whether all pairs are told.
    pub all: bool,
    /// Where pairs are read off the terminal alone: how many are told one by one, and the weight from which a beacon is a finding there.
    /// All are told where this is not stated.
    pub shown: Option<(usize, f64)>,
    /// Whether inputs come over standard input instead of by their paths.
    pub follow: bool,
}

/// What came of it; the pairs follow, a line each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    /// How the child was confined.
    pub confinement: Statement,
    /// What was read of each input.
    pub accounts: Vec<Account>,
    /// Pairs and counts.
    pub weighed: Weighed,
    /// What the pairs come to that are worth telling, and do not follow.
    pub untold: Untold,
    /// How many pairs follow.
    pub pairs: u64,
}

/// Bytes of the scratch file, at most: rows of twelve thousand million connections.
const SCRATCH: u64 = 1 << 40;

/// Address space beside inputs and rows.
const MEMORY: u64 = 8 << 30;

/// Seconds that the child has to finish after its time is up.
const GRACE: u64 = 120;

/// Runs the child's side.
pub(in crate::commands) fn run(task: &str) -> anyhow::Result<()> {
    end_with_parent()?;
    let task: Task = serde_json::from_str(task).context("the task")?;
    let manner = Manner::new(
        task.format.as_deref(),
        Settings { columns: task.columns.clone(), ..Settings::default() },
    )?;
    let inside: Result<Vec<Prefix>, _> = task.inside.iter().map(|text| text.parse::<Prefix>()).collect();
    let inside = Inside::new(inside?);
    let paths = receive_paths(&mut io::stdin().lock()).context("the paths of its inputs")?;
    let ground = Ground::open(&paths, &task.scratch, task.budget)?;
    let seconds = task.seconds.saturating_add(2 * GRACE).saturating_mul(ground.threads as u64);
    let mut confinement = Statement::new();
    let pool = ground.without_files(seconds, &mut confinement)?;
    let stop = std::sync::Arc::new(AtomicBool::new(false));
    if !task.follow {
        let (stop, time) = (std::sync::Arc::clone(&stop), Duration::from_secs(task.seconds));
        let started = std::sync::Arc::new(std::sync::Barrier::new(2));
        let starting = std::sync::Arc::clone(&started);
        std::thread::Builder::new().stack_size(64 << 10).spawn(move || {
            starting.wait();
            std::thread::sleep(time);
            stop.store(true, Ordering::Relaxed);
        })?;
        started.wait();
    }
    ground.without_calls(&mut confinement);
    let interest = receive_interest(&mut io::stdin().lock()).context("what is of interest")?;
    let pairing = Pairing::new(task.budget, Some(&ground.scratch))
        .with_interest(interest.clone())
        .with_inside(inside.clone());
    let scene = Scene { inside, observed: 0, least_weight: task.least_weight };
    let job =
        Job { task: &task, manner: &manner, pairing: &pairing, interest: &interest, scene, confinement };
    let mut output = io::BufWriter::new(io::stdout());
    if task.follow {
        return pool.install(|| job.follow(&mut output));
    }
    let inputs: Vec<&dyn Bytes> = ground.inputs.iter().map(|input| input as &dyn Bytes).collect();
    pool.install(|| {
        let accounts = reading::read(&inputs, &manner, &pairing, &stop);
        job.answer(accounts, job.weigh(false)?).send(&mut output)
    })
}

/// What a confined child that reads traffic stands on: its inputs and scratch file, opened before it gives up files.
pub(super) struct Ground {
    pub(super) inputs: Vec<Mapped>,
    pub(super) scratch: ScratchFile,
    pub(super) threads: usize,
    /// Bytes of address space, at most.
    memory: u64,
}

impl Ground {
    pub(super) fn open(paths: &[PathBuf], scratch: &Path, budget: usize) -> anyhow::Result<Self> {
        let inputs: Vec<Mapped> =
            paths.iter().map(|path| Mapped::open(path)).collect::<anyhow::Result<_>>()?;
        let scratch = ScratchFile::make(scratch)?;
        let size: u64 = inputs.iter().map(|input| input.bytes().len() as u64).sum();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let memory = MEMORY.saturating_add(size).saturating_add(budget as u64).saturating_mul(2);
        Ok(Self { inputs, scratch, threads, memory })
    }

    /// Gives up files, and starts the threads, which no process can once it gave up calls.
    pub(super) fn without_files(
        &self,
        seconds: u64,
        confinement: &mut Statement,
    ) -> anyhow::Result<rayon::ThreadPool> {
        let allowed = Allowed { memory: self.memory, seconds, folder: None, scratch: SCRATCH };
        confine::without_files(&allowed, confinement);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build()?;
        pool.broadcast(|_| ());
        Ok(pool)
    }

    /// Gives up system calls, and tries what is not to work any more.
    pub(super) fn without_calls(&self, confinement: &mut Statement) {
        let writing = Writing::Scratch(self.scratch.file.as_raw_fd());
        confine::without_calls(writing, confinement);
        confine::verify(writing, confinement);
    }
}

/// Sends the paths of inputs: how many, then of each its length in bytes, and the bytes.
pub(super) fn send_paths(paths: &[PathBuf], output: &mut impl Write) -> anyhow::Result<()> {
    let mut output = io::BufWriter::new(output);
    output.write_all(&(paths.len() as u64).to_le_bytes())?;
    for path in paths {
        send_bytes(path.as_os_str().as_bytes(), &mut output)?;
    }
    Ok(output.flush()?)
}

fn receive_paths(input: &mut impl io::Read) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for _ in 0..receive_number(input)? {
        paths.push(PathBuf::from(OsString::from_vec(receive_bytes(input)?)));
    }
    Ok(paths)
}

/// Sends what is of interest: a length in bytes, then JSON.
pub(super) fn send_interest(interest: &Interest, output: &mut impl Write) -> anyhow::Result<()> {
    send_bytes(&serde_json::to_vec(interest)?, output)?;
    Ok(output.flush()?)
}

/// Sends bytes: how many, then they.
fn send_bytes(bytes: &[u8], output: &mut impl Write) -> io::Result<()> {
    output.write_all(&(bytes.len() as u64).to_le_bytes())?;
    output.write_all(bytes)
}

fn receive_bytes(input: &mut impl io::Read) -> anyhow::Result<Vec<u8>> {
    let length = receive_number(input)?;
    let mut bytes = Vec::new();
    input.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        bail!("{} of {length} bytes, then nothing", bytes.len());
    }
    Ok(bytes)
}

fn receive_number(input: &mut impl io::Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    input.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn receive_interest(input: &mut impl io::Read) -> anyhow::Result<Interest> {
    Ok(serde_json::from_slice(&receive_bytes(input)?)?)
}

struct Job<'a> {
    task: &'a Task,
    manner: &'a Manner,
    pairing: &'a Pairing<'a>,
    interest: &'a Interest,
    scene: Scene,
    confinement: Statement,
}

impl Job<'_> {
    fn weigh(&self, goes_on: bool) -> anyhow::Result<Weighed> {
        let observed = self.pairing.observed();
        let scene = Scene { observed, ..self.scene.clone() };
        let is_drawn = self.task.shown.is_none();
        let keep = |pair: &Pair| {
            let is_wanted = self.task.all || self.interest.touches(pair) || self.is_high(pair);
            // What is wanted anyway, and not drawn, need not be looked at.
            let is_found = (is_drawn || !is_wanted)
                && !probes::look(&Pair { sources: Some(1), ..pair.clone() }, &scene).is_empty();
            if is_found && is_drawn {
                Keep::Drawn
            } else if is_found || is_wanted {
                Keep::Plain
            } else {
                Keep::No
            }
        };
        let weighing = Weighing { goes_on, ..self.task.weighing };
        self.pairing.weigh(&weighing, &keep).context("the scratch file for connections beyond --memory")
    }

    /// Whether people would ask for it: RITA's score.
    fn is_high(&self, pair: &Pair) -> bool {
        pair.rita.as_ref().is_some_and(|rita| rita.score >= self.task.least_rita)
    }

    fn answer(&self, accounts: Vec<Account>, mut weighed: Weighed) -> Answer {
        let mut untold = Untold::default();
        if let Some((shown, least_weight)) = self.task.shown {
            let scene = Scene { observed: self.pairing.observed(), least_weight, ..self.scene.clone() };
            untold = Untold::of(&mut weighed.pairs, shown, &scene, &|pair| self.is_high(pair));
        }
        let pairs = weighed.pairs.len() as u64;
        Answer { confinement: self.confinement.clone(), accounts, untold, pairs, weighed }
    }

    /// Reads what comes over standard input, and answers whenever it is asked.
    fn follow(&self, output: &mut impl Write) -> anyhow::Result<()> {
        let mut input = io::stdin().lock();
        let mut open: Vec<(Growing, Account)> = Vec::new();
        loop {
            let frame = Frame::receive(&mut input)?;
            match frame {
                Some(Frame::Bytes { input, bytes }) => {
                    let number = input as usize;
                    if number > open.len() {
                        bail!("an input before its time");
                    }
                    if number == open.len() {
                        open.push(Default::default());
                    }
                    if let Some((growing, account)) = open.get_mut(number) {
                        let mut sink = self.pairing.collector(input, 0);
                        if bytes.is_empty() {
                            growing.end(self.manner, &mut sink);
                            *growing = Growing::default();
                        } else {
                            growing.more(&bytes, self.manner, &mut sink);
                        }
                        account.count(sink.finish());
                        account.size += bytes.len() as u64;
                        account.read = account.size;
                        account.format = growing.format().map(str::to_owned).or(account.format.take());
                    }
                }
                Some(Frame::Weigh) => {
                    let accounts = open.iter().map(|(_, account)| account.clone()).collect();
                    self.answer(accounts, self.weigh(true)?).send(output)?;
                }
                None => {
                    for (number, (growing, account)) in open.iter_mut().enumerate() {
                        let mut sink = self.pairing.collector(number as u32, 0);
                        growing.end(self.manner, &mut sink);
                        account.count(sink.finish());
                        if growing.format().is_none() && account.format.is_none() {
                            account.not_read = Some("no form of traffic records that is known".to_owned());
                        }
                    }
                    let accounts = open.into_iter().map(|(_, account)| account).collect();
                    return self.answer(accounts, self.weigh(false)?).send(output);
                }
            }
        }
    }
}

/// What the parent sends while it follows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// More of an input; nothing where it ended and another one begins under its name.
    Bytes {
        /// Its number.
        input: u32,
        /// What follows.
        bytes: Vec<u8>,
    },
    /// Weigh what there is, and answer.
    Weigh,
}

/// Bytes of a frame, at most.
pub(super) const FRAME: usize = 1 << 20;

impl Frame {
    pub(super) fn send(&self, output: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Bytes { input, bytes } => {
                output.write_all(&input.to_le_bytes())?;
                output.write_all(&(bytes.len() as u32).to_le_bytes())?;
                output.write_all(bytes)
            }
            Self::Weigh => output.write_all(&[0xFF; 8]),
        }
    }

    pub(super) fn receive(input: &mut impl io::Read) -> anyhow::Result<Option<Self>> {
        let mut number = [0; 4];
        let mut first = [0; 1];
        if input.read(&mut first)? == 0 {
            return Ok(None);
        }
        let [head, rest @ ..] = &mut number;
        [*head] = first;
        input.read_exact(rest)?;
        let mut length = [0; 4];
        input.read_exact(&mut length)?;
        if (number, length) == ([0xFF; 4], [0xFF; 4]) {
            return Ok(Some(Self::Weigh));
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > FRAME {
            bail!("a frame of {length} bytes");
        }
        let mut bytes = vec![0; length];
        input.read_exact(&mut bytes)?;
        Ok(Some(Self::Bytes { input: u32::from_le_bytes(number), bytes }))
    }
}

impl Answer {
    /// Sends it: a line, then a line for each pair.
    pub(super) fn send(mut self, output: &mut impl Write) -> anyhow::Result<()> {
        let pairs = std::mem::take(&mut self.weighed.pairs);
        serde_json::to_writer(&mut *output, &self)?;
        output.write_all(b"\n")?;
        let lines = |pairs: &[Pair]| -> anyhow::Result<Vec<u8>> {
            let mut lines = Vec::new();
            for pair in pairs {
                serde_json::to_writer(&mut lines, pair)?;
                lines.push(b'\n');
            }
            Ok(lines)
        };
        // Some at a time, so that they are never all there twice.
        for some in pairs.chunks(AT_ONCE) {
            let written: anyhow::Result<Vec<Vec<u8>>> = some.par_chunks(AT_ONCE / 16).map(lines).collect();
            for lines in written? {
                output.write_all(&lines)?;
            }
        }
        Ok(output.flush()?)
    }

    /// Reads one that was sent.
    pub(super) fn receive(input: &mut impl io::BufRead) -> anyhow::Result<Self> {
        let mut line = Vec::new();
        let next = |line: &mut Vec<u8>, input: &mut dyn io::BufRead| -> anyhow::Result<()> {
            line.clear();
            input.take(LINE).read_until(b'\n', line)?;
            if line.pop() != Some(b'\n') {
                bail!("the answer breaks off");
            }
            Ok(())
        };
        next(&mut line, input)?;
        let mut answer: Self = serde_json::from_slice(&line)?;
        let mut left = answer.pairs;
        while left > 0 {
            let mut lines = Vec::new();
            while left > 0 && lines.len() < AT_ONCE {
                next(&mut line, input)?;
                lines.push(std::mem::take(&mut line));
                left -= 1;
            }
            let pairs: Result<Vec<Pair>, serde_json::Error> =
                lines.par_iter().map(|line| serde_json::from_slice(line)).collect();
            answer.weighed.pairs.extend(pairs?);
        }
        Ok(answer)
    }
}

/// Pairs that are written and read side by side.
const AT_ONCE: usize = 8192;

/// Bytes of a line of an answer, at most.
const LINE: u64 = 1 << 28;

/// An input, mapped.
pub(super) struct Mapped(Mapping);

impl Mapped {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let mapping = File::open(path).and_then(Mapping::of);
        Ok(Self(mapping.with_context(|| format!("{}: cannot be read", path.display()))?))
    }
}

impl Bytes for Mapped {
    fn bytes(&self) -> &[u8] {
        banbury_firmware::engine::Exhibit::bytes(&self.0)
    }

    fn give_back(&self, range: Range<usize>) {
        self.0.give_back_part(range);
    }
}

/// A file without a name.
pub(super) struct ScratchFile {
    file: File,
    length: AtomicU64,
    writing: Mutex<()>,
}

impl ScratchFile {
    fn make(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(format!("banbury-watch-{}.scratch", std::process::id()));
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .and_then(|file| std::fs::remove_file(&path).map(|()| file))
            .with_context(|| {
                format!(
                    "{}: no scratch file can be made there; name another folder with --scratch",
                    folder.display()
                )
            })?;
        Ok(Self { file, length: AtomicU64::new(0), writing: Mutex::new(()) })
    }
}

impl Scratch for ScratchFile {
    fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let _one = self.writing.lock();
        let at = self.length.load(Ordering::Relaxed);
        self.file.write_all_at(bytes, at)?;
        self.length.store(at + bytes.len() as u64, Ordering::Relaxed);
        Ok(at)
    }

    fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(bytes, offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_as_they_were_sent() {
        let frames = [
            Frame::Bytes { input: 3, bytes: b"abc".to_vec() },
            Frame::Weigh,
            Frame::Bytes { input: 0, bytes: vec![] },
        ];
        let mut bytes = Vec::new();
        frames.iter().for_each(|frame| frame.send(&mut bytes).unwrap());
        let mut input = bytes.as_slice();
        for frame in &frames {
            assert_eq!(Frame::receive(&mut input).unwrap().as_ref(), Some(frame));
        }
        assert_eq!(Frame::receive(&mut input).unwrap(), None);
        assert!(Frame::receive(&mut &bytes[..5]).is_err());
    }

    #[test]
    fn paths_come_as_they_were_sent() {
        let paths = vec![PathBuf::from("/a b"), OsString::from_vec(vec![0xFF, b'\n']).into(), "".into()];
        let mut bytes = Vec::new();
        send_paths(&paths, &mut bytes).unwrap();
        assert_eq!(receive_paths(&mut bytes.as_slice()).unwrap(), paths);
        assert!(receive_paths(&mut &bytes[..19]).is_err());
    }

    #[test]
    fn a_cut_answer_is_none() {
        let answer = Answer { pairs: 1, ..Answer::default() };
        let mut bytes = Vec::new();
        answer.send(&mut bytes).unwrap();
        assert!(Answer::receive(&mut bytes.as_slice()).is_err());
        assert!(Answer::receive(&mut b"".as_slice()).is_err());
        let mut whole = Vec::new();
        Answer::default().send(&mut whole).unwrap();
        assert_eq!(Answer::receive(&mut whole.as_slice()).unwrap(), Answer::default());
    }
}
