//! Files that grow: what is new in each is sent to the child.
//!
//! A file is known by what it is, not by its name: one that was renamed is read on, and another one under its old name is another. One that
//! became shorter is read from its start. Few are open at a time, those that grew last: a folder of rotated logs has more files than a
//! process may have open. What is added to another is read from where it ended, under whatever name it stands then.
//!
//! When it is wrong: a copy of a file is another file, whose records are there twice (those with an identifier count once). What it
//! misses: what is added to a file that was moved out of the folders and is not open any more.

use super::super::ask::Asked;
use super::super::child::{FRAME, Frame};
use super::super::inputs;
use crate::terminal;
use rustix::io::Errno;
use std::collections::{BTreeSet, HashMap};
use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Files that are open at most; half as many as the process may have, where that is less.
const OPEN: u64 = 256;

/// Looks at which a file was not found, or did not grow after it was deleted, until it is gone for good.
const PATIENCE: u64 = 10;

/// Files that are followed.
pub(super) struct Files {
    followed: Vec<Followed>,
    known: HashMap<Identity, usize>,
    /// Those that are open, by number, and how many may be.
    open: BTreeSet<usize>,
    most: usize,
    /// What cannot be read, as it was told.
    left: BTreeSet<String>,
    looks: u64,
}

/// What a file is, whatever its name: its file system, its number there, and when it was made, where the system knows: numbers are used again.
type Identity = (u64, u64, Option<SystemTime>);

/// A file that is followed.
struct Followed {
    path: PathBuf,
    /// Nothing where it is put away.
    file: Option<File>,
    read: u64,
    /// The look at which it had last grown.
    grown: u64,
    /// The look at which it was last found.
    found: u64,
}

impl Files {
    pub(super) fn new() -> Self {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        Self {
            followed: Vec::new(),
            known: HashMap::new(),
            open: BTreeSet::new(),
            most: limit.map_or(OPEN, |limit| OPEN.min(limit / 2)) as usize,
            left: BTreeSet::new(),
            looks: 0,
        }
    }

    /// The files, by their numbers.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.followed.iter().map(|one| one.path.clone()).collect()
    }

    /// What cannot be read.
    pub(super) fn left(&self) -> Vec<String> {
        self.left.iter().cloned().collect()
    }

    /// Looks at files and folders, sends what was added, and says how many bytes that was.
    pub(super) fn look(&mut self, inputs: &[PathBuf], asked: &mut Asked) -> anyhow::Result<u64> {
        self.looks += 1;
        let mut left = BTreeSet::new();
        // What is open first: it may have been moved away, and others may need its descriptor.
        let mut sent = 0;
        for at in self.open.iter().copied().collect::<Vec<usize>>() {
            sent += self.go_on(at, asked, &mut left)?;
        }
        let (found, unread) = inputs::now(inputs);
        let packed = |path: &Path| path.extension().is_some_and(|ending| ending == "gz" || ending == "zst");
        for path in found.into_iter().filter(|path| !packed(path)) {
            // A file that is renamed between two looks is there at the next one.
            let Ok(metadata) = std::fs::metadata(&path) else { continue };
            sent += unless_unread(self.meet(&path, &metadata, asked), &path, &mut left)?;
        }
        // Of a folder that cannot be read nothing is known.
        if unread.is_empty() {
            self.forget();
        }
        left.extend(unread);
        left.difference(&self.left).for_each(|line| terminal::note(line));
        self.left = left;
        Ok(sent)
    }

    /// Goes on with a file that is there, or begins with it.
    fn meet(&mut self, path: &Path, metadata: &Metadata, asked: &mut Asked) -> Result<u64, Fault> {
        let identity = identity(metadata);
        let looks = self.looks;
        let at = match self.known.get(&identity) {
            Some(at) => *at,
            None => {
                let file = self.opened(path, &identity, 0).map_err(Fault::File)?;
                let at = self.followed.len();
                // The child counts inputs as they come.
                send(at, Vec::new(), asked)?;
                let path = path.to_owned();
                self.followed.push(Followed { path, file: Some(file), read: 0, grown: looks, found: looks });
                self.known.insert(identity, at);
                self.open.insert(at);
                at
            }
        };
        let Some(one) = self.followed.get_mut(at) else { return Ok(0) };
        // By the first of its names, where it has several.
        if one.found != looks {
            one.found = looks;
            path.clone_into(&mut one.path);
        }
        if metadata.len() < one.read {
            send(at, Vec::new(), asked)?;
            one.read = 0;
            self.close(at);
        }
        let (read, is_open) = self.followed.get(at).map_or((0, false), |one| (one.read, one.file.is_some()));
        if metadata.len() > read && !is_open {
            let file = self.opened(path, &identity, read).map_err(Fault::File)?;
            if let Some(one) = self.followed.get_mut(at) {
                one.file = Some(file);
                self.open.insert(at);
            }
        }
        let sent = self.more(at, asked)?;
        if self.open.len() > self.most {
            self.put_away(self.most / 2);
        }
        Ok(sent)
    }

    /// Opens a file to be read from a place on; where too many are open, others are put away for it.
    fn opened(&mut self, path: &Path, identity: &Identity, read: u64) -> io::Result<File> {
        let mut opened = File::open(path);
        while opened.as_ref().is_err_and(is_too_many) && !self.open.is_empty() {
            self.put_away(self.open.len() / 2);
            opened = File::open(path);
        }
        let mut file = opened?;
        if self::identity(&file.metadata()?) != *identity {
            return Err(io::ErrorKind::NotFound.into());
        }
        file.seek(SeekFrom::Start(read))?;
        Ok(file)
    }

    /// Sends what follows in a file that is open; one that was deleted, and is no longer written to, is let go.
    fn go_on(&mut self, at: usize, asked: &mut Asked, left: &mut BTreeSet<String>) -> io::Result<u64> {
        let Some(one) = self.followed.get(at) else { return Ok(0) };
        let path = one.path.clone();
        let is_deleted = |file: &File| file.metadata().is_ok_and(|metadata| metadata.nlink() == 0);
        let is_over = one.grown + PATIENCE < self.looks && one.file.as_ref().is_some_and(is_deleted);
        let sent = unless_unread(self.more(at, asked), &path, left)?;
        if is_over && sent == 0 {
            self.close(at);
        }
        Ok(sent)
    }

    /// Sends what follows in a file that is open.
    fn more(&mut self, at: usize, asked: &mut Asked) -> Result<u64, Fault> {
        let Some(one) = self.followed.get_mut(at) else { return Ok(0) };
        let Some(file) = &mut one.file else { return Ok(0) };
        let mut sent = 0;
        loop {
            let mut bytes = Vec::new();
            if let Err(error) = file.take(FRAME as u64).read_to_end(&mut bytes) {
                // It is opened again where this began.
                self.close(at);
                return Err(Fault::File(error));
            }
            if bytes.is_empty() {
                return Ok(sent);
            }
            let count = bytes.len() as u64;
            one.read += count;
            one.grown = self.looks;
            sent += count;
            send(at, bytes, asked)?;
        }
    }

    /// Closes all but so many, those that did not grow for longest.
    fn put_away(&mut self, stay: usize) {
        let mut open: Vec<usize> = self.open.iter().copied().collect();
        open.sort_by_key(|at| self.followed.get(*at).map(|one| std::cmp::Reverse((one.grown, *at))));
        open.into_iter().skip(stay).for_each(|at| self.close(at));
    }

    fn close(&mut self, at: usize) {
        self.open.remove(&at);
        self.followed.get_mut(at).into_iter().for_each(|one| one.file = None);
    }

    /// Files that are neither there nor open are gone where another one could get their number unnoticed.
    fn forget(&mut self) {
        let Self { followed, known, looks, .. } = self;
        let stays = |one: &Followed| one.found + PATIENCE > *looks || one.file.is_some();
        known.retain(|(.., made), at| made.is_some() || followed.get(*at).is_some_and(stays));
    }
}

/// How many bytes were sent; a file that cannot be read is noted, unless it is gone or was replaced this moment, which the next look finds.
fn unless_unread(sent: Result<u64, Fault>, path: &Path, left: &mut BTreeSet<String>) -> io::Result<u64> {
    match sent {
        Ok(bytes) => Ok(bytes),
        Err(Fault::File(error)) => {
            if error.kind() != io::ErrorKind::NotFound {
                left.insert(format!("{}: cannot be read: {error}", path.display()));
            }
            Ok(0)
        }
        Err(Fault::Child(error)) => Err(error),
    }
}

/// Why something was not sent.
enum Fault {
    /// The file cannot be read.
    File(io::Error),
    /// The child does not listen.
    Child(io::Error),
}

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino(), metadata.created().ok())
}

fn send(at: usize, bytes: Vec<u8>, asked: &mut Asked) -> Result<(), Fault> {
    asked.send(&Frame::Bytes { input: at as u32, bytes }).map_err(Fault::Child)
}

/// Whether a file was not opened because too many are, of this process or of all.
fn is_too_many(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}
