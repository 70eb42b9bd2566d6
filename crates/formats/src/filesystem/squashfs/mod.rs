//! squashfs 4.0, little endian: the file system of most routers.
//!
//! Finds: every name with its inode, in the order of the directories; contents are made on demand.
//! How: superblock, metadata blocks, inodes, directories and fragments are read here; a field that cannot be right is
//! reported with its offset, repaired from another one where that is possible, and everything else is still read.
//! A directory is walked once, however often it is named. An image that is cut off is read as far as it goes; its tables
//! stand at its end, so often nothing but the superblock is left. Wrong when: carved from unknown bytes, at most one field
//! of the superblock may contradict the others, and the root directory must be readable unless none does (a compressor
//! that is not known does not count).
//! Misses: extended attributes; versions 1 to 3, big-endian images, vendors' changed magics and compressors.
//! Source: Linux fs/squashfs/squashfs_fs.h; Documentation/filesystems/squashfs.rst.

mod codec;
mod content;
mod directory;
mod inode;
mod metadata;
mod superblock;
#[cfg(test)]
mod tests;

use crate::broken;
use crate::bytes::{position, u32_le, u64_le, zero_padding};
use crate::time::iso8601;
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use content::{Blocks, Fragment};
use inode::{File, Inode, Node};
use metadata::{Cursor, Metadata};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use superblock::Superblock;

/// squashfs 4.0.
pub struct Squashfs;

static DESCRIPTION: Description = Description {
    name: "squashfs",
    title: "squashfs 4.0 file system, little endian",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "its entries without the root, each directory before what it holds; contents are made on demand",
    limits: &[
        "extended attributes are not read",
        "versions 1 to 3 and big-endian images are not read",
        "vendors' changed magics and compressors are not recognised",
        "paths longer than 8 KiB and directories deeper than 128 are not followed",
    ],
    source: "Linux, fs/squashfs/squashfs_fs.h and Documentation/filesystems/squashfs.rst",
};

const MAGIC: &[u8] = b"hsqs";
const DEPTH_MAX: usize = 128;
const PATH_MAX: usize = 8 << 10;
/// Block sizes kept for all files together: 16 MiB of them.
const BLOCK_BUDGET: usize = 4 << 20;
/// Images are padded to this in flash.
const PADDING: usize = 4096;
const FRAGMENTS_IN_BLOCK: u32 = 512;
const IDS_IN_BLOCK: u16 = 2048;

impl Format for Squashfs {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let mut problems = Vec::new();
        let Some(superblock) = Superblock::parse(data, place, &mut problems) else {
            let mut reading = broken::header(data, place, &DESCRIPTION, || broken::cut_off(data))?;
            if !problems.is_empty() {
                reading = Reading { size: MAGIC.len(), attributes: Vec::new(), problems };
            }
            return Some(reading);
        };
        let used = position(superblock.bytes_used);
        if used > data.len() {
            let missing = superblock.bytes_used - data.len() as u64;
            let detail = format!("{missing} of the {} bytes stated are missing", superblock.bytes_used);
            problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        let size = used.min(data.len());
        let size = size + zero_padding(data, size, PADDING);
        let attributes = attributes(&superblock);
        let certain = place == Place::Start || superblock.is_consistent(&problems);
        match superblock.codec {
            None if !certain => return None,
            None => {
                let detail = format!("compressor {} is not read", superblock.compressor);
                problems.push(Problem::new(ProblemKind::Unsupported, 20, detail));
            }
            Some(codec) => {
                let mut walk = Walk::new(data, superblock, codec, limits, problems);
                if !walk.run(sink) && !certain {
                    return None;
                }
                walk.count_inodes();
                problems = walk.problems;
                problems.append(&mut walk.metadata.problems);
            }
        }
        Some(Reading { size: size.max(1), attributes, problems })
    }
}

fn attributes(superblock: &Superblock) -> Vec<(&'static str, String)> {
    let compression = match superblock.codec {
        Some(codec) => codec.name().to_owned(),
        None => format!("number {}", superblock.compressor),
    };
    vec![
        ("version", format!("{}.{}", superblock.version.0, superblock.version.1)),
        ("compression", compression),
        ("block-size", superblock.block_size.to_string()),
        ("created", iso8601(i64::from(superblock.created))),
        ("inodes", superblock.inodes.to_string()),
        ("fragments", superblock.fragments.to_string()),
        ("flags", format!("{:#06x}", superblock.flags)),
    ]
}

/// A directory on the way from the root to where the walk is.
struct Level {
    path: Vec<u8>,
    names: std::vec::IntoIter<directory::Name>,
}

struct Walk<'a, 'l> {
    data: &'a [u8],
    superblock: Superblock,
    metadata: Metadata<'a, 'l>,
    limits: &'l Limits,
    blocks: Arc<Blocks<'a>>,
    problems: Vec<Problem>,
    directories: BTreeSet<u64>,
    /// Every inode met.
    inodes: BTreeSet<u64>,
    /// The first path of each file that has several.
    files: BTreeMap<u64, Vec<u8>>,
    ids: BTreeMap<u16, Option<u32>>,
    block_budget: usize,
    entries: u64,
}

impl<'a, 'l> Walk<'a, 'l> {
    fn new(
        data: &'a [u8],
        superblock: Superblock,
        codec: codec::Codec,
        limits: &'l Limits,
        problems: Vec<Problem>,
    ) -> Self {
        Self {
            data,
            metadata: Metadata::new(data, codec, limits),
            blocks: Arc::new(Blocks::new(data, codec, superblock.block_size)),
            superblock,
            limits,
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
        inode::read(
            &mut self.metadata,
            &self.superblock,
            reference,
            &mut self.block_budget,
            &mut self.problems,
        )
    }

    /// Hands out everything below the root; whether the root is a directory that can be read.
    fn run(&mut self, sink: &mut dyn FnMut(Entry<'a>)) -> bool {
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
                    self.problem(ProblemKind::Truncated, 32, detail);
                } else {
                    self.problem(ProblemKind::Malformed, 32, "the root is not a readable directory");
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

    /// Compares the inodes met with those stated, where nothing else kept the walk from meeting all of them.
    fn count_inodes(&mut self) {
        let (stated, met) = (self.superblock.inodes as usize, self.inodes.len());
        if self.problems.is_empty() && self.metadata.problems.is_empty() && stated != met {
            self.problem(ProblemKind::Malformed, 4, format!("{stated} inodes are stated, {met} have a name"));
        }
    }

    fn list(&mut self, block: u32, offset: u16, size: u32) -> std::vec::IntoIter<directory::Name> {
        let cursor = Cursor { block: self.superblock.directory_block(block), offset: offset.into() };
        let most = position(self.limits.entries.saturating_sub(self.entries)).saturating_add(1);
        directory::read(&mut self.metadata, cursor, size, most, &mut self.problems).into_iter()
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
                    let detail = format!("directory {} is named a second time", inode.number);
                    self.problem(ProblemKind::Malformed, at_inode, detail);
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
                    if file.links > 1 {
                        self.files.insert(reference, path.clone());
                    }
                    at = (!file.blocks.is_empty() && file.fragment.is_none()).then_some(file.start);
                    EntryKind::File(self.file(file, at_inode))
                }
            },
            Node::Symlink(target) => EntryKind::Symlink(Cow::Owned(target)),
            Node::BlockDevice(number) => {
                let (major, minor) = inode::device(number);
                EntryKind::BlockDevice { major, minor }
            }
            Node::CharacterDevice(number) => {
                let (major, minor) = inode::device(number);
                EntryKind::CharacterDevice { major, minor }
            }
            Node::Fifo => EntryKind::Fifo,
            Node::Socket => EntryKind::Socket,
        };
        sink(Entry {
            path: Cow::Owned(path),
            kind,
            mode: Some(u32::from(inode.mode) & 0o7777),
            uid: self.id(inode.owner),
            gid: self.id(inode.group),
            mtime: Some(i64::from(inode.mtime)),
            at,
            xattrs: Vec::new(),
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
        let table = position(self.superblock.fragment_table);
        let pointer = table.checked_add(8 * (number / FRAGMENTS_IN_BLOCK) as usize)?;
        let block = position(u64_le(self.data, pointer)?);
        let mut cursor = Cursor { block, offset: 16 * (number % FRAGMENTS_IN_BLOCK) as usize };
        let entry = self.metadata.read(&mut cursor, 16)?;
        Some(Fragment { start: u64_le(&entry, 0)?, stored: u32_le(&entry, 8)?, offset })
    }

    /// The owner or group with this index.
    fn id(&mut self, index: u16) -> Option<u32> {
        if let Some(id) = self.ids.get(&index) {
            return *id;
        }
        let id = self.read_id(index);
        if id.is_none() {
            let detail = format!("owner {index} is not there");
            self.problem(ProblemKind::Malformed, position(self.superblock.id_table), detail);
        }
        self.ids.insert(index, id);
        id
    }

    fn read_id(&mut self, index: u16) -> Option<u32> {
        let table = position(self.superblock.id_table);
        let pointer = table.checked_add(8 * usize::from(index / IDS_IN_BLOCK))?;
        let block = position(u64_le(self.data, pointer)?);
        let mut cursor = Cursor { block, offset: 4 * usize::from(index % IDS_IN_BLOCK) };
        u32_le(&self.metadata.read(&mut cursor, 4)?, 0)
    }
}
