//! From a root directory to every name: each directory once, each file's content once, then what no directory leads to.

use super::flash::Problems;
use crate::{Entry, EntryKind, Limits, ProblemKind};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

const DEPTH_MAX: usize = 128;
/// Longer paths are not followed.
pub(super) const PATH_MAX: usize = 8 << 10;
/// What deleted files are found under.
const DELETED: &[u8] = b"(deleted)";

/// A name and the inode that it stands for.
#[derive(Clone, Debug)]
pub(super) struct Name<'a> {
    pub(super) name: Cow<'a, [u8]>,
    pub(super) ino: u32,
    /// Where it stands in the image.
    pub(super) at: usize,
    /// What the directory says of its type, as the file system has it.
    pub(super) kind: u8,
}

/// A file system's inodes and directories.
pub(super) trait Source<'a> {
    /// The names in a directory, in the order in which they are to be handed out.
    fn names(&self, directory: u32) -> Vec<Name<'a>>;

    /// The entry of an inode, without its path and never a hard link; `None` where nothing is known of it. Of a deleted
    /// file (not `current`) parts may be missing.
    fn entry(&self, name: &Name<'a>, current: bool, problems: &mut Problems) -> Option<Entry<'a>>;

    /// The inodes with a node of their own that are not among those reached.
    fn unreached(&self, reached: &dyn Fn(u32) -> bool) -> BTreeSet<u32>;

    /// The last name of an inode that is no longer reached, and the directory it was in.
    fn former_name(&self, ino: u32) -> Option<(u32, Name<'a>)>;
}

/// What a walk has done.
#[derive(Debug)]
pub(super) struct Walk {
    /// Entries that no directory leads to.
    pub(super) deleted: u64,
    entries: u64,
    /// The first path of each inode met.
    paths: BTreeMap<u32, Vec<u8>>,
}

struct Level<'a> {
    path: Vec<u8>,
    names: std::vec::IntoIter<Name<'a>>,
}

impl Walk {
    /// Hands out everything below `root`, then what is left.
    pub(super) fn run<'a>(
        source: &impl Source<'a>,
        root: u32,
        limits: &Limits,
        problems: &mut Problems,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Self {
        let mut walk = Self { deleted: 0, entries: 0, paths: BTreeMap::from([(root, Vec::new())]) };
        let mut levels = vec![Level { path: Vec::new(), names: source.names(root).into_iter() }];
        while let Some(level) = levels.last_mut() {
            let Some(name) = level.names.next() else {
                levels.pop();
                continue;
            };
            if walk.stopped(limits, problems) {
                return walk;
            }
            let path = join(&level.path, &name.name);
            let known = walk.paths.contains_key(&name.ino);
            if !walk.emit(source, &name, &path, true, problems, sink) {
                continue;
            }
            if known {
                let detail = format!("directory {} is named a second time", name.ino);
                problems.push(ProblemKind::Malformed, name.at, detail);
            } else if levels.len() >= DEPTH_MAX || path.len() > PATH_MAX {
                problems.push(ProblemKind::LimitReached, name.at, "a directory too deep to follow");
            } else {
                levels.push(Level { path, names: source.names(name.ino).into_iter() });
            }
        }
        walk.rest(source, limits, problems, sink);
        walk
    }

    fn stopped(&self, limits: &Limits, problems: &mut Problems) -> bool {
        let stopped = limits.stopped() || self.entries >= limits.entries;
        if stopped {
            let detail = format!("stopped after {} entries", self.entries);
            problems.push(ProblemKind::LimitReached, 0, detail);
        }
        stopped
    }

    /// Hands out one entry; whether it is a directory.
    fn emit<'a>(
        &mut self,
        source: &impl Source<'a>,
        name: &Name<'a>,
        path: &[u8],
        current: bool,
        problems: &mut Problems,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> bool {
        let Some(mut entry) = source.entry(name, current, problems) else { return false };
        let is_directory = matches!(entry.kind, EntryKind::Directory);
        match self.paths.get(&name.ino) {
            Some(first) if !is_directory => {
                entry.kind = EntryKind::Hardlink(Cow::Owned(first.clone()));
                entry.at = None;
                entry.xattrs = Vec::new();
            }
            Some(_) => {}
            None => _ = self.paths.insert(name.ino, path.to_vec()),
        }
        entry.path = Cow::Owned(path.to_vec());
        self.entries += 1;
        sink(entry);
        is_directory
    }

    /// Hands out what no directory leads to any more: deleted files that are still there, and files whose directory was
    /// lost.
    fn rest<'a>(
        &mut self,
        source: &impl Source<'a>,
        limits: &Limits,
        problems: &mut Problems,
        sink: &mut dyn FnMut(Entry<'a>),
    ) {
        let left = source.unreached(&|ino| self.paths.contains_key(&ino));
        let mut used = BTreeSet::new();
        for ino in left {
            if self.stopped(limits, problems) {
                return;
            }
            let mut path = self.former_path(source, ino);
            if !used.insert(path.clone()) {
                // Several files had this name, one after the other.
                path.extend_from_slice(format!(" (inode {ino})").as_bytes());
                used.insert(path.clone());
            }
            let name = source.former_name(ino).map(|(_, name)| name);
            let name = name.unwrap_or(Name { name: Cow::Borrowed(b""), ino, at: 0, kind: 0 });
            self.deleted += 1;
            self.emit(source, &name, &path, false, problems, sink);
        }
    }

    /// The path that a deleted inode had last.
    fn former_path<'a>(&self, source: &impl Source<'a>, ino: u32) -> Vec<u8> {
        let mut parts: Vec<Cow<'_, [u8]>> = Vec::new();
        let mut at = ino;
        let mut length = 0;
        loop {
            // Only what was reached from the root has its path already; deleted folders are followed name by name.
            if let Some(path) =
                self.paths.get(&at).filter(|path| !parts.is_empty() && !path.starts_with(DELETED))
            {
                if !path.is_empty() {
                    parts.push(Cow::Borrowed(path));
                }
                break;
            }
            match source.former_name(at) {
                Some((parent, name)) if parts.len() < DEPTH_MAX && length < PATH_MAX => {
                    length += name.name.len() + 1;
                    parts.push(name.name);
                    at = parent;
                }
                _ => {
                    parts.push(Cow::Owned(format!("inode-{at}").into_bytes()));
                    break;
                }
            }
        }
        parts.push(Cow::Borrowed(DELETED));
        parts.reverse();
        parts.join(&b'/')
    }
}

fn join(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() }
}

/// An entry without a path, for a [`Source`] to fill in.
pub(super) fn nameless(kind: EntryKind<'_>) -> Entry<'_> {
    Entry {
        path: Cow::Borrowed(b""),
        kind,
        mode: None,
        uid: None,
        gid: None,
        mtime: None,
        at: None,
        xattrs: Vec::new(),
    }
}
