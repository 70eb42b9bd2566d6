//! Files that grow: what is new in each is sent to the child.
//!
//! A file is known by its inode as well as by its name. One that was renamed is read on under its old number, one that became shorter, or is
//! another file under the same name, from its start. Few are open at a time, those that grew last: a folder of rotated logs has more
//! files than a process may have open. What is added to another is read from where it ended, under whatever name it stands then.

use super::super::ask::Asked;
use super::super::child::{FRAME, Frame};
use super::super::inputs;
use crate::terminal;
use std::collections::{BTreeSet, HashMap};
use std::fs::{File, Metadata};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Files that stay open.
const OPEN: usize = 256;

/// Files that are followed.
#[derive(Default)]
pub(super) struct Files {
    followed: Vec<Followed>,
    by_path: HashMap<PathBuf, usize>,
    by_inode: HashMap<Inode, usize>,
    /// Files that were read under another name, and how long they were: their numbers are used again.
    done: HashMap<Inode, u64>,
    /// What cannot be read, as it was told.
    left: BTreeSet<String>,
    looks: u64,
}

/// A file system, and a file in it.
type Inode = (u64, u64);

/// A file that is followed.
struct Followed {
    path: PathBuf,
    /// Nothing where it is put away.
    file: Option<File>,
    inode: Inode,
    read: u64,
    /// The last look at which it had grown.
    grown: u64,
}

impl Files {
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
        let (found, unread) = inputs::now(inputs);
        let mut left: BTreeSet<String> = unread.into_iter().collect();
        let packed = |path: &Path| path.extension().is_some_and(|ending| ending == "gz" || ending == "zst");
        // A file that is renamed between two looks is there at the next one.
        let found: Vec<(PathBuf, Metadata)> = found
            .into_iter()
            .filter(|path| !packed(path))
            .filter_map(|path| std::fs::metadata(&path).ok().map(|metadata| (path, metadata)))
            .collect();
        for (path, metadata) in &found {
            let known = self.by_inode.get(&inode(metadata)).and_then(|at| self.followed.get_mut(*at));
            if let Some(one) = known.filter(|one| one.file.is_none() && metadata.len() > one.read) {
                left.extend(one.go_on(path).err());
            }
        }
        let mut sent = 0;
        for (path, metadata) in found {
            left.extend(self.meet(path, &metadata, asked, &mut sent)?);
        }
        for (at, one) in self.followed.iter_mut().enumerate() {
            sent += one.more(at, self.looks, asked)?;
        }
        self.put_away();
        left.difference(&self.left).for_each(|line| terminal::note(line));
        self.left = left;
        Ok(sent)
    }

    /// Begins to follow what is new, or new under its name; says what cannot be read.
    fn meet(
        &mut self,
        path: PathBuf,
        metadata: &Metadata,
        asked: &mut Asked,
        sent: &mut u64,
    ) -> anyhow::Result<Option<String>> {
        let inode = inode(metadata);
        let known = self.by_path.get(&path).copied();
        let before = known.and_then(|at| self.followed.get_mut(at).map(|one| (at, one)));
        let at = match before {
            Some((_, one)) if one.inode == inode && metadata.len() >= one.read => return Ok(None),
            Some((at, one)) => {
                // What is left of the file before it.
                *sent += one.more(at, self.looks, asked)?;
                Some(at)
            }
            // One that was known under another name was renamed, and is read under the old one.
            None if self.by_inode.contains_key(&inode) || self.done.get(&inode) == Some(&metadata.len()) => {
                return Ok(None);
            }
            None => None,
        };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) => return Ok(Some(format!("{}: cannot be read: {error}", path.display()))),
        };
        let next = Followed { path: path.clone(), file: Some(file), inode, read: 0, grown: self.looks };
        let number = at.unwrap_or(self.followed.len());
        // The child counts inputs as they come.
        asked.send(&Frame::Bytes { input: number as u32, bytes: Vec::new() })?;
        match at.and_then(|at| self.followed.get_mut(at)) {
            Some(one) => {
                let before = std::mem::replace(one, next);
                self.by_inode.remove(&before.inode);
                self.done.insert(before.inode, before.read);
            }
            None => self.followed.push(next),
        }
        self.by_path.insert(path, number);
        self.by_inode.insert(inode, number);
        Ok(None)
    }

    /// Closes those that did not grow for longest.
    fn put_away(&mut self) {
        let mut open: Vec<&mut Followed> =
            self.followed.iter_mut().filter(|one| one.file.is_some()).collect();
        if open.len() > OPEN {
            open.sort_by_key(|one| std::cmp::Reverse(one.grown));
            open.into_iter().skip(OPEN).for_each(|one| one.file = None);
        }
    }
}

impl Followed {
    /// Opens it again where it stands now.
    fn go_on(&mut self, path: &Path) -> Result<(), String> {
        let opened = File::open(path).and_then(|mut file| {
            let is_same = inode(&file.metadata()?) == self.inode;
            file.seek(SeekFrom::Start(self.read))?;
            Ok(is_same.then_some(file))
        });
        self.file = opened.map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
        Ok(())
    }

    /// Sends what follows.
    fn more(&mut self, at: usize, look: u64, asked: &mut Asked) -> anyhow::Result<u64> {
        let Some(file) = &mut self.file else { return Ok(0) };
        let mut sent = 0;
        loop {
            let mut bytes = Vec::new();
            let count = file.take(FRAME as u64).read_to_end(&mut bytes)? as u64;
            if count == 0 {
                return Ok(sent);
            }
            self.read += count;
            self.grown = look;
            sent += count;
            asked.send(&Frame::Bytes { input: at as u32, bytes })?;
        }
    }
}

fn inode(metadata: &Metadata) -> Inode {
    (metadata.dev(), metadata.ino())
}
