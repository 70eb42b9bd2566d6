//! From the root to every entry.

use super::codec::Decoder;
use super::content::{Blocks, Fragment};
use super::inode::{self, File, Inode, Node, Source};
use super::metadata::{BLOCK, Cursor, Metadata};
use super::superblock::Superblock;
use super::xattr::Xattrs;
use super::{IDS_IN_BLOCK, directory};
use crate::bytes::position;
use crate::{Content, Entry, EntryKind, Limits, Problem, ProblemKind};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const DEPTH_MAX: usize = 128;
const PATH_MAX: usize = 8 << 10;
/// Block sizes kept for all files together: 16 MiB of them.
const BLOCK_BUDGET: usize = 4 << 20;

/// A directory on the way from the root to where the walk is.
struct Level {
    path: Vec<u8>,
    names: std::vec::IntoIter<directory::Name>,
}

pub(super) struct Walk<'a, 'l> {
    data: &'a [u8],
    superblock: &'l Superblock,
    pub(super) metadata: Metadata<'a, 'l>,
    limits: &'l Limits,
    blocks: Arc<Blocks<'a>>,
    pub(super) problems: Vec<Problem>,
    xattrs: Option<Xattrs>,
    directories: BTreeSet<u64>,
    /// Every inode met.
    inodes: BTreeSet<u64>,
    /// The first path of each file that has several.
    files: BTreeMap<u64, Vec<u8>>,
    /// Owners and groups by the table that they stand in and their index there.
    ids: BTreeMap<(u64, u16), Option<u32>>,
    block_budget: usize,
    entries: u64,
}

impl<'a, 'l> Walk<'a, 'l> {
    pub(super) fn new(
        data: &'a [u8],
        superblock: &'l Superblock,
        decoder: Decoder,
        limits: &'l Limits,
        mut problems: Vec<Problem>,
    ) -> Self {
        Self {
            data,
            metadata: Metadata::new(data, superblock, decoder, limits),
            blocks: Arc::new(Blocks::new(data, decoder, superblock.block_size)),
            superblock,
            limits,
            xattrs: Xattrs::read(data, superblock, &mut problems),
            problems,
            directories: BTreeSet::new(),
            inodes: BTreeSet::new(),
            files: BTreeMap::new(),
            ids: BTreeMap::new(),
            block_budget: BLOCK_BUDGET,
            entries: 0,
        }
    }

    fn problem(&mut self, kind: ProblemKind, offset: usize, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, offset as u64, detail));
    }

    fn inode(&mut self, reference: u64) -> Option<Inode> {
        let mut source = Source {
            metadata: &mut self.metadata,
            superblock: self.superblock,
            budget: &mut self.block_budget,
        };
        inode::read(&mut source, reference, &mut self.problems)
    }

    /// Whether the root is a directory whose names and their inodes can be what they are read as.
    pub(super) fn opens(&mut self) -> bool {
        let inode_bytes = self.superblock.directory_table.saturating_sub(self.superblock.inode_table);
        let plausible = |name: &directory::Name| {
            !name.name.contains(&0) && !name.name.contains(&b'/') && name.reference >> 16 < inode_bytes
        };
        match self.inode(self.superblock.root) {
            Some(Inode { node: Node::Directory { block, offset, size }, .. }) => {
                self.list(block, offset, size).all(|name| plausible(&name)) && self.problems.is_empty()
            }
            _ => false,
        }
    }

    /// Hands out everything below the root; whether the root is a directory that can be read.
    pub(super) fn run(&mut self, sink: &mut dyn FnMut(Entry<'a>)) -> bool {
        let root = self.superblock.root;
        let names = match self.inode(root) {
            Some(Inode { node: Node::Directory { block, offset, size }, .. }) => {
                self.directories.insert(root);
                self.inodes.insert(root);
                self.list(block, offset, size)
            }
            _ => {
                let table = self.superblock.inode_block(root >> 16);
                if table >= self.data.len() {
                    let detail =
                        format!("the root's inode block at {table} is missing, and all names with it");
                    self.problem(ProblemKind::Truncated, self.root_field(), detail);
                } else {
                    self.problem(
                        ProblemKind::Malformed,
                        self.root_field(),
                        "the root is not a readable directory",
                    );
                }
                return false;
            }
        };
        let mut levels = vec![Level { path: Vec::new(), names }];
        while let Some(level) = levels.last_mut() {
            let Some(name) = level.names.next() else {
                levels.pop();
                continue;
            };
            if self.limits.stopped() || self.entries >= self.limits.entries {
                let detail = format!("stopped after {} entries", self.entries);
                self.problem(ProblemKind::LimitReached, 0, detail);
                return true;
            }
            let path =
                if level.path.is_empty() { name.name } else { [&level.path[..], b"/", &name.name].concat() };
            if let Some(next) = self.entry(name.reference, path, levels.len(), sink) {
                levels.push(next);
            }
        }
        true
    }

    /// The offset of the superblock's reference to the root.
    fn root_field(&self) -> usize {
        if self.superblock.layout.major == 4 { 32 } else { 43 }
    }

    /// Compares the inodes met with those stated, where nothing else kept the walk from meeting all of them.
    pub(super) fn count_inodes(&mut self) {
        let (stated, met) = (self.superblock.inodes as usize, self.inodes.len());
        if self.superblock.layout.major >= 3
            && self.problems.is_empty()
            && self.metadata.problems.is_empty()
            && stated != met
        {
            self.problem(ProblemKind::Malformed, 4, format!("{stated} inodes are stated, {met} have a name"));
        }
    }

    fn list(&mut self, block: u32, offset: u16, size: u32) -> std::vec::IntoIter<directory::Name> {
        let cursor = Cursor { block: self.superblock.directory_block(block), offset: offset.into() };
        let most = position(self.limits.entries.saturating_sub(self.entries)).saturating_add(1);
        let layout = self.superblock.layout;
        directory::read(&mut self.metadata, layout, cursor, size, most, &mut self.problems).into_iter()
    }

    /// Hands out one entry; for a directory that is to be walked, its level.
    fn entry(
        &mut self,
        reference: u64,
        path: Vec<u8>,
        depth: usize,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Level> {
        let at_inode = self.superblock.inode_block(reference >> 16);
        let inode = self.inode(reference)?;
        self.inodes.insert(reference);
        self.entries += 1;
        let mut level = None;
        let mut at = None;
        let kind = match inode.node {
            Node::Directory { block, offset, size } => {
                if !self.directories.insert(reference) {
                    self.problem(ProblemKind::Malformed, at_inode, "a directory is named a second time");
                } else if depth >= DEPTH_MAX || path.len() > PATH_MAX {
                    self.problem(ProblemKind::LimitReached, at_inode, "a directory too deep to follow");
                } else {
                    level = Some(Level { path: path.clone(), names: self.list(block, offset, size) });
                }
                EntryKind::Directory
            }
            Node::File(file) => match self.files.get(&reference) {
                Some(first) => EntryKind::Hardlink(Cow::Owned(first.clone())),
                None => {
                    // Versions 1 and 2 do not count links.
                    if file.links > 1 || self.superblock.layout.major <= 2 {
                        self.files.insert(reference, path.clone());
                    }
                    at = (!file.blocks.is_empty() && file.fragment.is_none()).then_some(file.start);
                    EntryKind::File(self.file(file, at_inode))
                }
            },
            Node::Symlink(target) => EntryKind::Symlink(Cow::Owned(target)),
            Node::BlockDevice((major, minor)) => EntryKind::BlockDevice { major, minor },
            Node::CharacterDevice((major, minor)) => EntryKind::CharacterDevice { major, minor },
            Node::Fifo => EntryKind::Fifo,
            Node::Socket => EntryKind::Socket,
        };
        let uid = self.id(self.superblock.id_table, inode.owner);
        let gid = match inode.group {
            None => uid,
            Some(group) if self.superblock.layout.major == 4 => self.id(self.superblock.id_table, group),
            Some(group) => self.id(self.superblock.group_table, group),
        };
        let xattrs = match (&mut self.xattrs, inode.xattrs) {
            (Some(xattrs), Some(number)) => {
                let (metadata, problems) = (&mut self.metadata, &mut self.problems);
                xattrs.list(self.data, metadata, self.superblock, number, self.limits, problems)
            }
            _ => Vec::new(),
        };
        sink(Entry {
            path: Cow::Owned(path),
            kind,
            mode: Some(u32::from(inode.mode) & 0o7777),
            uid,
            gid,
            mtime: inode.mtime.map(i64::from),
            at,
            xattrs,
        });
        level
    }

    fn file(&mut self, file: File, at_inode: usize) -> Content<'a> {
        let fragment = file.fragment.and_then(|(number, offset)| {
            let fragment = self.fragment(number, offset);
            if fragment.is_none() {
                self.problem(ProblemKind::Malformed, at_inode, format!("fragment {number} is not there"));
            }
            fragment
        });
        if self.block_budget == 0 {
            self.problem(ProblemKind::LimitReached, at_inode, "too many blocks in all files together");
        }
        if file.size == 0 {
            return Content::Slice(&[]);
        }
        if let Some(bytes) = self.blocks.as_slice(&file, fragment) {
            return Content::Slice(bytes);
        }
        let blocks = Arc::clone(&self.blocks);
        Content::Deferred {
            size: file.size,
            make: Box::new(move |limits| blocks.unpack(&file, fragment, limits)),
        }
    }

    fn fragment(&mut self, number: u32, offset: u32) -> Option<Fragment> {
        if number >= self.superblock.fragments {
            let detail = format!("fragment {number} is used, {} are stated", self.superblock.fragments);
            self.problem(ProblemKind::Malformed, 16, detail);
        }
        let layout = self.superblock.layout;
        let (in_block, size) = (BLOCK / layout.fragment(), layout.fragment());
        let table = position(self.superblock.fragment_table);
        let pointer = table.checked_add(layout.pointer() * (number as usize / in_block))?;
        let block = position(layout.int(self.data, pointer, layout.pointer())?);
        let mut cursor = Cursor { block, offset: size * (number as usize % in_block) };
        let entry = self.metadata.read(&mut cursor, size)?;
        let start = layout.int(&entry, 0, layout.pointer())?;
        Some(Fragment { start, stored: layout.u32(&entry, layout.pointer())?, offset })
    }

    /// The owner or group with this index in this table.
    fn id(&mut self, table: u64, index: u16) -> Option<u32> {
        if let Some(id) = self.ids.get(&(table, index)) {
            return *id;
        }
        let id = self.read_id(position(table), index);
        if id.is_none() {
            let detail = format!("owner {index} is not there");
            self.problem(ProblemKind::Malformed, position(table), detail);
        }
        self.ids.insert((table, index), id);
        id
    }

    fn read_id(&mut self, table: usize, index: u16) -> Option<u32> {
        let layout = self.superblock.layout;
        if layout.major < 4 {
            // A plain table of numbers.
            let known = if table == position(self.superblock.group_table) {
                self.superblock.groups
            } else {
                self.superblock.ids
            };
            return if index < known {
                layout.u32(self.data, table.checked_add(4 * usize::from(index))?)
            } else {
                None
            };
        }
        let pointer = table.checked_add(8 * usize::from(index / IDS_IN_BLOCK))?;
        let block = position(layout.u64(self.data, pointer)?);
        let mut cursor = Cursor { block, offset: 4 * usize::from(index % IDS_IN_BLOCK) };
        layout.u32(&self.metadata.read(&mut cursor, 4)?, 0)
    }
}
