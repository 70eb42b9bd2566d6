//! The keeper that writes what is in an image to a folder, from inside the confined child.
//!
//! Everything goes through a descriptor of the folder, one part of a path at a time, never through a symbolic link, and
//! never onto something that is there. Links are made at the end, when nothing is opened any more.

use crate::keeping::{Container, Keeper, Part, Spot};
use crate::layout::{self, Make, Planned};
use crate::paths;
use banbury_evidence::{Digest, Kept, KeptPart, Object, ObjectKind};
use banbury_formats::Entry;
use rustix::fs::{self, AtFlags, Mode, OFlags, Timespec, Timestamps};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a folder is opened on the way. The flags are those that the kernel sees, so that the filter can compare them.
pub const OPEN: OFlags =
    OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::LARGEFILE);

/// How a file is made: nothing that is there is ever opened.
pub const CREATE: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC)
    .union(OFlags::LARGEFILE);

/// What is asked of a keeper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Whether anything is written; otherwise it is only said what would be.
    pub write: bool,
    /// Whether streams are written, too, whose content is taken apart in full.
    pub streams: bool,
    /// Whether the file system of the folder does not tell upper from lower case.
    pub fold: bool,
}

/// Why writing came to an end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What was being written, in the folder.
    pub path: String,
    /// The system's error number.
    pub error: i32,
}

/// What came of an unpacking, beside its examination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// For each object of the examination, in its order.
    pub objects: Vec<Kept>,
    /// Stretches that are no container.
    pub parts: Vec<KeptPart>,
    /// Files of objects that went past a limit after they were written: they have to go again.
    pub withdrawn: Vec<String>,
    /// Why writing ended early.
    pub failure: Option<Failure>,
}

/// Writes the objects of one image.
pub struct Folder {
    root: Option<Arc<OwnedFd>>,
    wish: Wish,
    stop: Arc<AtomicBool>,
    records: Mutex<Vec<Arc<Record>>>,
    parts: Mutex<Vec<(Spot, KeptPart)>>,
    walks: Mutex<Vec<Walk>>,
    failure: Mutex<Option<Failure>>,
}

struct Record {
    path: String,
    make: Make,
    /// The spot that a hard link leads to.
    leads_to: Option<Spot>,
    mode: Option<u32>,
    kept: Kept,
    state: AtomicU8,
}

/// An object that never came: its container went past a limit before.
const AWAITED: u8 = 0;
/// An object that was written, or will be at the end.
const KEPT: u8 = 1;
/// A stream that was taken apart in full.
const TAKEN_APART: u8 = 2;
/// An object that went past a limit.
const LEFT_OUT: u8 = 3;
/// The same after it was written: its file has to go again.
const WITHDRAWN: u8 = 4;
/// Another name for a file that has as many as its file system allows.
const ONE_TOO_MANY: u8 = 5;

/// What is said of such a name.
pub const NAMES_FULL: &str = "the file has as many names as its file system allows";

impl Folder {
    /// A keeper that writes beneath `root`; `stop` is set when writing fails.
    pub fn new(root: Option<OwnedFd>, wish: Wish, stop: Arc<AtomicBool>) -> Self {
        let exhibit = Record {
            path: String::new(),
            make: Make::Nothing("the exhibit itself"),
            leads_to: None,
            mode: None,
            kept: Kept::default(),
            state: AtomicU8::new(KEPT),
        };
        Self {
            root: root.map(Arc::new),
            wish,
            stop,
            records: Mutex::new(vec![Arc::new(exhibit)]),
            parts: Mutex::default(),
            walks: Mutex::default(),
            failure: Mutex::default(),
        }
    }

    /// Makes the links, sets the folders' times, and says what came of each object; `spots` are those of `objects`.
    pub fn finish(self, objects: &[Object], spots: &[Spot]) -> Written {
        let records = std::mem::take(&mut *held(&self.records));
        for record in records.iter().filter(|record| record.state.load(Ordering::Relaxed) == KEPT) {
            let target = record.leads_to.and_then(|spot| records.get(spot.0));
            self.attempt(&record.path, |walk| match (&record.make, target) {
                (Make::Symlink(link), _) => walk.symlink(&record.path, link),
                (Make::Hardlink(_), Some(target)) if target.state.load(Ordering::Relaxed) == KEPT => {
                    match walk.hardlink(&target.path, &record.path) {
                        Err(error) if error.raw_os_error() == Some(Errno::MLINK.raw_os_error()) => {
                            record.state.store(ONE_TOO_MANY, Ordering::Relaxed);
                            Ok(())
                        }
                        done => done,
                    }
                }
                _ => Ok(()),
            });
        }
        // The deepest first: what is made in a folder changes its time.
        let mut folders: Vec<&Arc<Record>> = records
            .iter()
            .filter(|record| record.make == Make::Folder && record.kept.mtime.is_some())
            .collect();
        folders.sort_by(|a, b| b.path.cmp(&a.path));
        for record in folders.iter().filter(|record| record.state.load(Ordering::Relaxed) == KEPT) {
            self.attempt(&record.path, |walk| set_time(walk.folder(&record.path, None)?, record.kept.mtime));
        }
        let ordinals: BTreeMap<Spot, u32> =
            spots.iter().zip(objects).map(|(spot, object)| (*spot, object.ordinal)).rev().collect();
        let mut parts: Vec<KeptPart> = std::mem::take(&mut *held(&self.parts))
            .into_iter()
            .filter_map(|(holder, part)| Some(KeptPart { holder: *ordinals.get(&holder)?, ..part }))
            .collect();
        parts.sort();
        let kept =
            |spot: &Spot| records.get(spot.0).map_or_else(Kept::default, |record| said(record, &records));
        let mut withdrawn: Vec<String> = records
            .iter()
            .filter(|record| record.make == Make::File && record.state.load(Ordering::Relaxed) == WITHDRAWN)
            .map(|record| record.path.clone())
            .collect();
        withdrawn.sort();
        let failure = held(&self.failure).take();
        Written { objects: spots.iter().map(kept).collect(), parts, withdrawn, failure }
    }

    fn record(&self, spot: Spot) -> Option<Arc<Record>> {
        held(&self.records).get(spot.0).cloned()
    }

    /// The folder for the containers in an object.
    fn base(&self, holder: Spot) -> String {
        match self.record(holder) {
            Some(record) if holder != Spot::EXHIBIT => format!("{}{}", record.path, layout::ENDING),
            _ => String::new(),
        }
    }

    /// Does something in the folder, unless something failed before; a failure ends the work.
    fn attempt(&self, path: &str, work: impl FnOnce(&mut Walk) -> io::Result<()>) {
        let Some(root) = &self.root else { return };
        if held(&self.failure).is_some() {
            return;
        }
        let walk = held(&self.walks).pop();
        let mut walk = walk.unwrap_or_else(|| Walk { root: Arc::clone(root), open: Vec::new() });
        if let Err(error) = work(&mut walk) {
            let error = error.raw_os_error().unwrap_or(libc::EIO);
            held(&self.failure).get_or_insert(Failure { path: path.to_owned(), error });
            self.stop.store(true, Ordering::Relaxed);
        }
        held(&self.walks).push(walk);
    }
}

impl Keeper for Folder {
    fn plan(&self, holder: Spot, container: &Container<'_>, entries: &[Entry<'_>]) -> Vec<Spot> {
        let base = self.base(holder);
        let single = layout::single(entries);
        let place = layout::container(&base, container.start, container.format, single);
        let mut planned = if single {
            vec![Planned { path: place.clone(), make: Make::File }]
        } else {
            layout::plan(entries, self.wish.fold)
        };
        if !single {
            for entry in &mut planned {
                entry.path =
                    if entry.path.is_empty() { place.clone() } else { format!("{place}/{}", entry.path) };
            }
        }
        let mut records = held(&self.records);
        let first = records.len();
        records.extend(planned.into_iter().zip(entries).map(|(Planned { path, make }, entry)| {
            let leads_to = match make {
                Make::Hardlink(index) => Some(Spot(first + index)),
                _ => None,
            };
            let xattrs = entry.xattrs.iter().map(|(name, value)| (paths::escape(name), hexadecimal(value)));
            let kept = Kept {
                uid: entry.uid,
                gid: entry.gid,
                mtime: entry.mtime,
                xattrs: xattrs.collect(),
                ..Kept::default()
            };
            Arc::new(Record { path, make, leads_to, mode: entry.mode, kept, state: AtomicU8::new(AWAITED) })
        }));
        (first..records.len()).map(Spot).collect()
    }

    fn keep(&self, spot: Spot, object: &Object, bytes: &[u8], taken_apart: bool) {
        let Some(record) = self.record(spot).filter(|_| spot != Spot::EXHIBIT) else { return };
        let apart = taken_apart && object.kind == ObjectKind::Stream && !self.wish.streams;
        record.state.store(if apart { TAKEN_APART } else { KEPT }, Ordering::Relaxed);
        match record.make {
            Make::File if !apart => self
                .attempt(&record.path, |walk| walk.file(&record.path, bytes, record.mode, record.kept.mtime)),
            Make::Folder => self.attempt(&record.path, |walk| walk.folder(&record.path, Some(())).map(drop)),
            _ => {}
        }
    }

    fn keep_part(&self, holder: Spot, part: &Part<'_>) -> Spot {
        let claimed = !matches!(part.what, "unknown" | "dense");
        let length = part.bytes.len() as u64;
        let path = layout::part(&self.base(holder), part.what, part.start, length, claimed);
        self.attempt(&path, |walk| walk.file(&path, part.bytes, None, None));
        let kept = KeptPart {
            holder: 0,
            offset: part.start,
            length,
            what: part.what.to_owned(),
            sha256: Digest::of(part.bytes),
            path: path.clone(),
        };
        held(&self.parts).push((holder, kept));
        let record = Record {
            path,
            make: Make::File,
            leads_to: None,
            mode: None,
            kept: Kept::default(),
            state: AtomicU8::new(KEPT),
        };
        let mut records = held(&self.records);
        records.push(Arc::new(record));
        Spot(records.len() - 1)
    }

    fn leave_out(&self, spot: Spot) {
        if let Some(record) = self.record(spot) {
            let state = if record.state.load(Ordering::Relaxed) == KEPT { WITHDRAWN } else { LEFT_OUT };
            record.state.store(state, Ordering::Relaxed);
        }
    }
}

/// What the manifest says of an object.
fn said(record: &Record, records: &[Arc<Record>]) -> Kept {
    let reason = match (record.state.load(Ordering::Relaxed), &record.make) {
        (_, Make::Nothing(reason)) => Some(*reason),
        (TAKEN_APART, _) => Some("taken apart in full: what it holds is written"),
        (AWAITED | LEFT_OUT | WITHDRAWN, _) => Some("past a limit"),
        (ONE_TOO_MANY, _) => Some(NAMES_FULL),
        (_, Make::Hardlink(_)) => {
            let target = record.leads_to.and_then(|spot| records.get(spot.0));
            let there = target.is_some_and(|target| target.state.load(Ordering::Relaxed) == KEPT);
            (!there).then_some("another name for something that was not written")
        }
        _ => None,
    };
    let link = match &record.make {
        Make::Symlink(target) if reason.is_none() => Some(target.clone()),
        _ => None,
    };
    Kept {
        path: reason.is_none().then(|| record.path.clone()),
        reason: reason.map(str::to_owned),
        link,
        ..record.kept.clone()
    }
}

/// A descriptor of the folder, and those of the folders on the way to where something was made last.
pub struct Walk {
    root: Arc<OwnedFd>,
    open: Vec<(String, OwnedFd)>,
}

impl Walk {
    /// A walk that starts at `root`.
    pub fn new(root: OwnedFd) -> Self {
        Self { root: Arc::new(root), open: Vec::new() }
    }

    /// The folder at `path`; made with its parents where `make` asks for it.
    fn folder(&mut self, path: &str, make: Option<()>) -> io::Result<BorrowedFd<'_>> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let common = self.open.iter().zip(&parts).take_while(|((open, _), part)| open == *part).count();
        self.open.truncate(common);
        for part in parts.iter().skip(common) {
            let above = self.open.last().map_or_else(|| self.root.as_fd(), |(_, open)| open.as_fd());
            let opened = match fs::openat(above, *part, OPEN, Mode::empty()) {
                Err(Errno::NOENT) if make.is_some() => {
                    match fs::mkdirat(above, *part, Mode::from_raw_mode(0o777)) {
                        Ok(()) | Err(Errno::EXIST) => {}
                        Err(error) => return Err(error.into()),
                    }
                    fs::openat(above, *part, OPEN, Mode::empty())?
                }
                other => other?,
            };
            self.open.push(((*part).to_owned(), opened));
        }
        Ok(self.open.last().map_or_else(|| self.root.as_fd(), |(_, open)| open.as_fd()))
    }

    /// The folder of `path`, and its last part.
    fn place<'p>(&mut self, path: &'p str) -> io::Result<(BorrowedFd<'_>, &'p str)> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok((self.folder(folder, Some(()))?, name))
    }

    /// Makes a file. Its owner may always read and write it; set-user-ID and the like are not set.
    fn file(&mut self, path: &str, bytes: &[u8], mode: Option<u32>, mtime: Option<i64>) -> io::Result<()> {
        let (folder, name) = self.place(path)?;
        let mode = mode.unwrap_or(0o644) & 0o777 | 0o600;
        let mut file = File::from(fs::openat(folder, name, CREATE, Mode::from_raw_mode(mode))?);
        file.write_all(bytes)?;
        set_time(file.as_fd(), mtime)
    }

    fn symlink(&mut self, path: &str, target: &str) -> io::Result<()> {
        let (folder, name) = self.place(path)?;
        Ok(fs::symlinkat(target, folder, name)?)
    }

    fn hardlink(&mut self, target: &str, path: &str) -> io::Result<()> {
        let (folder, name) = self.place(target)?;
        // A second descriptor of the same folder: the walk goes on.
        let folder = fs::openat(folder, ".", OPEN, Mode::empty())?;
        let (to, path) = self.place(path)?;
        Ok(fs::linkat(folder, name, to, path, AtFlags::empty())?)
    }

    /// Removes a file.
    pub fn remove(&mut self, path: &str) -> io::Result<()> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok(fs::unlinkat(self.folder(folder, None)?, name, AtFlags::empty())?)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Sets the time of change, and that of reading to the same; years that the file system does not have are left out.
fn set_time(file: BorrowedFd<'_>, mtime: Option<i64>) -> io::Result<()> {
    let Some(seconds) = mtime else { return Ok(()) };
    let time = Timespec { tv_sec: seconds, tv_nsec: 0 };
    match fs::futimens(file, &Timestamps { last_access: time, last_modification: time }) {
        Err(Errno::INVAL | Errno::OVERFLOW) => Ok(()),
        other => Ok(other?),
    }
}

/// A lock that a panicking thread left is as good as any: what is behind it is whole after each step.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
