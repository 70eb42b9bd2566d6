//! The confined child: how it is started, what it does, and what its parent makes of its end.
//!
//! The parent opens the exhibit and gives it to the child as standard input; the child answers on standard output with
//! one JSON [`Examination`]. The parent believes it nothing that it can check itself: the hash, the size, and that it
//! answered in time and within bounds.

use crate::answer::Answer;
use crate::confine::{self, Allowed, Place, Writing};
use crate::engine::{self, Exhibit as _, Options};
use crate::folder::{self, Folder, Wish, Written};
use crate::mapping::Mapping;
use crate::probe::Probe;
use crate::probes::PROBES;
use crate::unpacking;
use banbury_evidence::{Digest, Examination, Location, Object, ObjectKind, RunReport, Skipped, Status};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

/// How the confined child is started.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The program.
    pub program: PathBuf,
    /// Its arguments; what it is to do follows as one more.
    pub arguments: Vec<OsString>,
}

/// Why an exhibit could not be inspected at all.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The exhibit cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The exhibit's file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is a folder.
    #[error("{path}: a folder; pack it first, for example with `tar -cf image.tar -C {path} .`")]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// It is a device, a pipe or a socket.
    #[error("{path}: not a regular file; copy what it yields into one first")]
    Special {
        /// The file.
        path: PathBuf,
    },
    /// The child cannot be started.
    #[error("{program}: cannot be started as the confined process: {source}")]
    Start {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The options do not go over the wire.
    #[error("the options cannot be written as JSON: {0}")]
    Options(#[from] serde_json::Error),
    /// The user asked to stop.
    #[error("stopped, as asked")]
    Stopped,
}

/// What the confined child is to do.
#[derive(Debug, Serialize, Deserialize)]
enum Task {
    /// Unpack in memory and run the probes.
    Inspect(Options),
    /// Unpack without probes, into the folder that it stands in where it is to write.
    Unpack(Options, Wish),
}

/// What came of an unpacking.
#[derive(Debug)]
pub struct Unpacked {
    /// What is in the exhibit, as an inspection without probes finds it.
    pub examination: Examination,
    /// Where it was written; absent when the child came to nothing.
    pub written: Option<Written>,
}

/// Stack of each thread that examines: readers recurse as deep as containers nest.
const STACK: usize = 16 << 20;

/// Address space of the child beyond the exhibit's own size.
const MEMORY: u64 = 8 << 30;

/// Time that the child has to finish after its time is up.
const GRACE: u64 = 30;

/// How often the parent looks up from waiting.
const TURN: Duration = Duration::from_millis(100);

/// Bytes of the child's answer that may be under way.
#[cfg(target_os = "linux")]
const PIPE: usize = 1 << 20;

/// Bytes of an answer, at most.
const ANSWER: u64 = 1 << 30;

impl Worker {
    /// Inspects the file at `path` in a confined child. A child that dies leaves an examination that says so.
    pub fn inspect(&self, path: &Path, options: &Options) -> Result<Examination, InspectError> {
        let task = Task::Inspect(options.clone());
        let Conversation { exhibit, size, answer } = self.ask(path, &task, options, None, &|| false)?;
        Ok(checked(answer, exhibit, size)
            .map_or_else(|why| failed(exhibit, size, &why, PROBES), |it| it.examination))
    }

    /// Unpacks the file at `path` in a confined child: into `folder`, where one is given, beneath which alone the
    /// child can write. `stop` is asked now and then. A child that dies leaves an examination that says so.
    pub fn unpack(
        &self,
        path: &Path,
        options: &Options,
        wish: Wish,
        folder: Option<&Path>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Unpacked, InspectError> {
        let wish = Wish { write: folder.is_some(), ..wish };
        let task = Task::Unpack(options.clone(), wish);
        let Conversation { exhibit, size, answer } = self.ask(path, &task, options, folder, stop)?;
        Ok(match checked(answer, exhibit, size) {
            Ok(Answer { examination, written }) => Unpacked { examination, written },
            Err(why) => Unpacked { examination: failed(exhibit, size, &why, &[]), written: None },
        })
    }

    /// Starts the child with a task, and hears what it has to say.
    fn ask(
        &self,
        path: &Path,
        task: &Task,
        options: &Options,
        folder: Option<&Path>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Conversation, InspectError> {
        let read = |source| InspectError::Read { path: path.to_owned(), source };
        // Asked before it is opened: opening a pipe waits for whoever writes to it.
        let metadata = std::fs::metadata(path).map_err(read)?;
        if metadata.is_dir() {
            return Err(InspectError::Folder { path: path.to_owned() });
        }
        if !metadata.is_file() {
            return Err(InspectError::Special { path: path.to_owned() });
        }
        let file = File::open(path).map_err(read)?;
        let start = |source| InspectError::Start { program: self.program.clone(), source };
        let mut command = Command::new(&self.program);
        if let Some(folder) = folder {
            command.current_dir(folder);
        }
        let mut child = command
            .args(&self.arguments)
            .arg(serde_json::to_string(task)?)
            .env_clear()
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::from(file.try_clone().map_err(read)?))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(start)?;
        let answers = listen(&mut child);
        // The child has its own copy of the descriptor but shares the position, so it maps; the parent opens anew.
        let hashed = File::open(path).and_then(Digest::of_reader);
        if hashed.is_err() {
            // Nobody will hear what it has to say, and nobody may write where it writes any more.
            child.kill().and_then(|()| child.wait()).map_err(start)?;
        }
        let (exhibit, size) = hashed.map_err(read)?;
        let patience = Duration::from_secs(options.seconds.saturating_add(2 * GRACE));
        let deadline = Instant::now().checked_add(patience);
        let mut stopped = false;
        let answer = loop {
            match answers.recv_timeout(TURN) {
                Ok(answer) => break Some(answer),
                Err(RecvTimeoutError::Disconnected) => break None,
                Err(RecvTimeoutError::Timeout) => stopped = stop(),
            }
            if stopped || deadline.is_some_and(|deadline| Instant::now() > deadline) {
                break None;
            }
        };
        if answer.is_none() {
            child.kill().map_err(start)?;
        }
        let status = child.wait().map_err(start)?;
        if stopped {
            return Err(InspectError::Stopped);
        }
        let answer = match answer {
            None => Err(format!("the confined process did not answer in {} s", patience.as_secs())),
            Some((_, complaint)) if !status.success() => Err(ended(status, &complaint)),
            Some((answer, _)) => answer.map_err(|error| unusable(&error)),
        };
        Ok(Conversation { exhibit, size, answer })
    }
}

/// What a child said of a file, and what the parent knows of it.
struct Conversation {
    exhibit: Digest,
    size: u64,
    answer: Result<Vec<u8>, String>,
}

/// What a child answered, if it speaks of the exhibit.
fn checked(answer: Result<Vec<u8>, String>, exhibit: Digest, size: u64) -> Result<Answer, String> {
    let answer = Answer::receive(&answer?).map_err(|error| unusable(&error))?;
    match (answer.examination.exhibit, answer.examination.size) {
        named if named == (exhibit, size) => Ok(answer),
        _ => Err("the file changed while it was inspected".to_owned()),
    }
}

fn unusable(error: &dyn std::fmt::Display) -> String {
    format!("the confined process gave no usable answer: {error}")
}

/// What a child said, and its complaint.
type Heard = (io::Result<Vec<u8>>, String);

/// Reads both of the child's outputs to their end, on threads of their own.
fn listen(child: &mut Child) -> mpsc::Receiver<Heard> {
    let (sender, receiver) = mpsc::channel();
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    #[cfg(target_os = "linux")]
    if let Some(output) = &output {
        // A wish: with a longer pipe the two wait for each other less often.
        let _ = rustix::pipe::fcntl_setpipe_size(output, PIPE);
    }
    let complaint = std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(errors) = errors
            && let Err(error) = errors.take(1 << 16).read_to_end(&mut text)
        {
            return format!("(its complaint cannot be read: {error})");
        }
        String::from_utf8_lossy(&text).into_owned()
    });
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let result = match output {
            Some(output) => output.take(ANSWER).read_to_end(&mut bytes).map(|_| bytes),
            None => Ok(bytes),
        };
        let complaint = complaint.join().unwrap_or_default();
        // A parent that no longer waits has given the child up.
        let _ = sender.send((result, complaint));
    });
    receiver
}

/// The examination of an exhibit whose child came to nothing: looked, and why it failed. Nothing is claimed of its
/// content.
fn failed(exhibit: Digest, size: u64, why: &str, probes: &[&dyn Probe]) -> Examination {
    let run = |probe: &str, version: &str| RunReport {
        probe: probe.to_owned(),
        version: version.to_owned(),
        parameters: BTreeMap::new(),
        status: Status::Failed,
        looked: 0,
        bytes: 0,
        skipped: vec![Skipped { what: exhibit.short(), why: why.to_owned() }],
        claims: Vec::new(),
    };
    let mut regions = Vec::new();
    if size > 0 {
        let unknown = banbury_evidence::RegionClass::Unknown;
        regions.push(banbury_evidence::Region {
            offset: 0,
            length: size,
            class: unknown,
            note: "not examined".to_owned(),
            attributes: BTreeMap::new(),
            entropy: None,
        });
    }
    let root = Object {
        ordinal: 0,
        parent: None,
        location: Location::exhibit(exhibit),
        kind: ObjectKind::Exhibit,
        size,
        sha256: Some(exhibit),
        sha1: None,
        format: None,
        mode: None,
        target: None,
        regions,
    };
    let mut runs = vec![run("unpack", unpacking::VERSION)];
    runs.extend(probes.iter().map(|probe| run(probe.describe().name, probe.describe().version)));
    Examination { exhibit, size, confinement: BTreeMap::new(), objects: vec![root], runs }
}

/// Lines of a complaint that are told, at most.
const CAUSES: usize = 4;

/// How a confined child ended, and the last things it complained of: an error is a line, and a line for each of its causes.
pub fn ended(status: ExitStatus, complaint: &str) -> String {
    let lines = complaint.lines().map(str::trim);
    let lines = lines.filter(|line| {
        !line.is_empty() && !line.starts_with("note: ") && !line.ends_with("the confined process")
    });
    let lines: Vec<&str> = lines.map(|line| line.strip_prefix("cause: ").unwrap_or(line)).collect();
    let last = lines.get(lines.len().saturating_sub(CAUSES)..).unwrap_or_default().join(": ");
    let how = match signal(status) {
        Some(6) => "was ended by SIGABRT (out of memory, or past its time)".to_owned(),
        Some(9) => "was ended by SIGKILL (out of memory or of processor time)".to_owned(),
        Some(signal) => format!("was ended by signal {signal}"),
        None => format!("ended with {status}"),
    };
    if last.is_empty() {
        format!("the confined process {how}")
    } else {
        format!("the confined process {how}: {last}")
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

/// What the child does: maps standard input, confines itself, examines, answers on standard output.
pub fn run_confined(task: &str) -> io::Result<()> {
    end_with_parent()?;
    let task: Task = serde_json::from_str(task)?;
    let (options, wish) = match &task {
        Task::Inspect(options) => (options, Wish::default()),
        Task::Unpack(options, wish) => (options, *wish),
    };
    let root =
        wish.write.then(|| rustix::fs::open(".", folder::OPEN, rustix::fs::Mode::empty())).transpose()?;
    let input = Mapping::of(standard_input()?)?;
    let size = input.bytes().len() as u64;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut confinement = confine::Statement::new();
    let allowed = Allowed {
        memory: MEMORY.saturating_add(size),
        seconds: options.seconds.saturating_mul(threads as u64).saturating_add(2 * GRACE),
        // A part of the exhibit may be written as it is, and an object up to its limit.
        folder: root
            .as_ref()
            .map(|root| Place { folder: root.as_fd(), file_bytes: options.object_bytes.max(size) }),
        scratch: 0,
    };
    let writing = if wish.write { Writing::Folder } else { Writing::Nothing };
    confine::without_files(&allowed, &mut confinement);
    let limits = Arc::new(options.limits());
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK)
        .build()
        .map_err(io::Error::other)?;
    let clock = Arc::clone(&limits);
    let (time, grace) = (Duration::from_secs(options.seconds), Duration::from_secs(GRACE));
    let started = Arc::new(Barrier::new(2));
    let starting = Arc::clone(&started);
    std::thread::Builder::new().stack_size(64 << 10).spawn(move || {
        starting.wait();
        std::thread::sleep(time);
        clock.stop.store(true, Ordering::Relaxed);
        std::thread::sleep(grace);
        std::process::abort();
    })?;
    // Every thread must run before the filter comes: a thread's own start needs system calls that the filter refuses.
    started.wait();
    pool.broadcast(|_| ());
    confine::without_calls(writing, &mut confinement);
    confine::verify(writing, &mut confinement);
    let mut answer = pool.install(|| match &task {
        Task::Inspect(options) => {
            Answer { examination: engine::examine(&input, options, &limits), written: None }
        }
        Task::Unpack(options, wish) => {
            let keeper = Folder::new(root, *wish, Arc::clone(&limits.stop));
            let (examination, spots) = engine::unpack(&input, options, &limits, &keeper);
            let written = Some(keeper.finish(&examination.objects, &spots));
            Answer { examination, written }
        }
    });
    answer.examination.confinement = confinement;
    pool.install(|| answer.send(&mut io::BufWriter::new(io::stdout())))
}

/// A child whose parent is killed has nobody to answer to.
#[cfg(target_os = "linux")]
pub fn end_with_parent() -> io::Result<()> {
    Ok(rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?)
}

#[cfg(not(target_os = "linux"))]
/// Does nothing here.
pub fn end_with_parent() -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn standard_input() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
fn standard_input() -> io::Result<File> {
    Err(io::Error::other("the confined process needs a Unix system"))
}
