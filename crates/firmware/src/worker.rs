//! The confined child: how it is started, what it does, and what its parent makes of its end.
//!
//! The parent opens the exhibit and gives it to the child as standard input; the child answers on standard output with
//! one JSON [`Examination`]. The parent believes it nothing that it can check itself: the hash, the size, and that it
//! answered in time and within bounds.

use crate::confine;
use crate::engine::{self, Options};
use crate::mapping::Mapping;
use crate::probes::PROBES;
use crate::unpacking;
use banbury_evidence::{Digest, Examination, Location, Object, ObjectKind, RunReport, Skipped, Status};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::{Arc, Barrier};
use std::time::Duration;

/// How the confined child is started.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The program.
    pub program: PathBuf,
    /// Its arguments; the options follow as one more.
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
}

/// Stack of each thread that examines: readers recurse as deep as containers nest.
const STACK: usize = 16 << 20;

/// Address space of the child beyond the exhibit's own size.
const MEMORY: u64 = 8 << 30;

/// Time that the child has to finish after its time is up.
const GRACE: u64 = 30;

/// Bytes of an answer, at most.
const ANSWER: u64 = 1 << 30;

impl Worker {
    /// Inspects the file at `path` in a confined child. A child that dies leaves an examination that says so.
    pub fn inspect(&self, path: &Path, options: &Options) -> Result<Examination, InspectError> {
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
        let arguments = serde_json::to_string(options)?;
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .arg(arguments)
            .env_clear()
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::from(file.try_clone().map_err(read)?))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| InspectError::Start { program: self.program.clone(), source })?;
        let answers = listen(&mut child);
        // The child has its own copy of the descriptor but shares the position, so it maps; the parent opens anew.
        let (exhibit, size) = File::open(path).and_then(Digest::of_reader).map_err(read)?;
        let patience = Duration::from_secs(options.seconds.saturating_add(2 * GRACE));
        let (answer, complaint, overdue) = match answers.recv_timeout(patience) {
            Ok((answer, complaint)) => (answer, complaint, false),
            Err(_) => (Ok(Vec::new()), String::new(), true),
        };
        if overdue {
            child.kill().map_err(|source| InspectError::Start { program: self.program.clone(), source })?;
        }
        let status =
            child.wait().map_err(|source| InspectError::Start { program: self.program.clone(), source })?;
        let failure = |why: String| failed(exhibit, size, &why);
        if overdue {
            return Ok(failure(format!("the confined process did not answer in {} s", patience.as_secs())));
        }
        if !status.success() {
            return Ok(failure(ended(status, &complaint)));
        }
        let answer: Result<Examination, String> = answer
            .map_err(|error| error.to_string())
            .and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string()));
        match answer {
            Ok(examination) if examination.exhibit == exhibit && examination.size == size => Ok(examination),
            Ok(_) => Ok(failure("the file changed while it was inspected".to_owned())),
            Err(error) => Ok(failure(format!("the confined process gave no usable answer: {error}"))),
        }
    }
}

type Answer = (io::Result<Vec<u8>>, String);

/// Reads both of the child's outputs to their end, on threads of their own.
fn listen(child: &mut Child) -> mpsc::Receiver<Answer> {
    let (sender, receiver) = mpsc::channel();
    let (output, errors) = (child.stdout.take(), child.stderr.take());
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
fn failed(exhibit: Digest, size: u64, why: &str) -> Examination {
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
        format: None,
        mode: None,
        target: None,
        regions,
    };
    let mut runs = vec![run("unpack", unpacking::VERSION)];
    runs.extend(PROBES.iter().map(|probe| run(probe.describe().name, probe.describe().version)));
    Examination { exhibit, size, confinement: BTreeMap::new(), objects: vec![root], runs }
}

fn ended(status: ExitStatus, complaint: &str) -> String {
    let last = complaint.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
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
pub fn run_confined(options: &str) -> io::Result<()> {
    let options: Options = serde_json::from_str(options)?;
    let input = Mapping::of(standard_input()?)?;
    let data = input.bytes();
    let memory = MEMORY.saturating_add(data.len() as u64);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut confinement = confine::Statement::new();
    let seconds = options.seconds.saturating_mul(threads as u64).saturating_add(2 * GRACE);
    confine::without_files(memory, seconds, &mut confinement);
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
    confine::without_calls(&mut confinement);
    confine::verify(&mut confinement);
    let mut examination = pool.install(|| engine::examine(data, &options, &limits));
    examination.confinement = confinement;
    let mut output = io::BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut output, &examination)?;
    output.flush()
}

#[cfg(unix)]
fn standard_input() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
fn standard_input() -> io::Result<File> {
    Err(io::Error::other("the confined process needs a Unix system"))
}
