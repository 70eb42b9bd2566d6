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
    /// Each inode met.
    met: BTreeMap<u32, Met>,
}

/// What is kept of an inode for its further names: nobody reads an inode once for each of them.
#[derive(Debug, Default)]
struct Met {
    /// Its first path.
    path: Vec<u8>,
    is_directory: bool,
    mode: Option<u32>,
    uid: Option<u32>,
    gid: Option<u32>,
    mtime: Option<i64>,
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
        let root_met = Met { is_directory: true, ..Met::default() };
        let mut walk = Self { deleted: 0, entries: 0, met: BTreeMap::from([(root, root_met)]) };
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
            let known = walk.met.contains_key(&name.ino);
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
        let ino = name.ino;
        let mut entry = match self.met.get(&ino) {
            Some(met) => {
                let first = || EntryKind::Hardlink(Cow::Owned(met.path.clone()));
                let kind = if met.is_directory { EntryKind::Directory } else { first() };
                Entry { mode: met.mode, uid: met.uid, gid: met.gid, mtime: met.mtime, ..nameless(kind) }
            }
            None => {
                let Some(entry) = source.entry(name, current, problems) else { return false };
                let is_directory = matches!(entry.kind, EntryKind::Directory);
                let Entry { mode, uid, gid, mtime, .. } = entry;
                self.met.insert(ino, Met { path: path.to_vec(), is_directory, mode, uid, gid, mtime });
                entry
            }
        };
        entry.path = Cow::Owned(path.to_vec());
        self.entries += 1;
        let is_directory = matches!(entry.kind, EntryKind::Directory);
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
        let left = source.unreached(&|ino| self.met.contains_key(&ino));
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
            let reached = self.met.get(&at).map(|met| &met.path);
            if let Some(path) = reached.filter(|path| !parts.is_empty() && !path.starts_with(DELETED)) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Content;
    use std::cell::Cell;

    /// Ten million names for three inodes, in directories that hold one another.
    struct Endless(Cell<usize>);

    impl Source<'static> for Endless {
        fn names(&self, directory: u32) -> Vec<Name<'static>> {
            let name = |number: u32| Name {
                name: Cow::Owned(number.to_string().into_bytes()),
                ino: 1 + (directory + number) % 3,
                at: 0,
                kind: 0,
            };
            (0..3_333_333).map(name).collect()
        }

        fn entry(&self, name: &Name<'static>, _: bool, _: &mut Problems) -> Option<Entry<'static>> {
            self.0.set(self.0.get() + 1);
            let file = EntryKind::File(Content::Slice(&[]));
            Some(nameless(if name.ino == 3 { file } else { EntryKind::Directory }))
        }

        fn unreached(&self, _: &dyn Fn(u32) -> bool) -> BTreeSet<u32> {
            BTreeSet::new()
        }

        fn former_name(&self, _: u32) -> Option<(u32, Name<'static>)> {
            None
        }
    }

    #[test]
    fn entries_are_limited_and_an_inode_is_read_once() {
        let source = Endless(Cell::new(0));
        let limits = Limits { entries: 5000, ..Limits::default() };
        let mut problems = Problems::default();
        let mut count = 0;
        Walk::run(&source, 1, &limits, &mut problems, &mut |_| count += 1);
        assert_eq!((count, source.0.get()), (5000, 2));
        let problems = problems.into_vec();
        assert!(problems.iter().any(|problem| problem.kind == ProblemKind::LimitReached));
    }
}
