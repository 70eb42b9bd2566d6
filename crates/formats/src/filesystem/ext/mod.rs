//! ext2, ext3 and ext4: the file systems of devices with a disk, an eMMC or an SD card.
//!
//! Finds: every name with its inode, each directory before what it holds, and files in use that no directory names.
//! How: superblock, group descriptors, inodes, extents or indirect blocks, and directories in their linear form; what
//! a journal holds of committed transactions is laid over the blocks first, as a mount would do. Checksums of
//! metadata are compared. A superblock that cannot be read is taken from its first copy. Contents are made on demand, or are slices where
//! they stand in one piece. Wrong when: carved from unknown bytes, the counts of the superblock must agree and the root
//! must be a directory. Misses: what the list of limits says. Source: Linux Documentation/filesystems/ext4, fs/ext4/ext4.h;
//! e2fsprogs, lib/ext2fs/ext2_fs.h.

mod crc;
mod directory;
mod inode;
mod journal;
mod mapping;
mod superblock;
#[cfg(test)]
mod tests;
mod volume;

use crate::broken;
use crate::bytes::{position, slice, tail};
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
    Xattr,
};
use directory::Name;
use inode::{Inode, ROOT, flags};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use superblock::{Superblock, incompatible};
use volume::Volume;

/// ext2, ext3, ext4.
pub struct Ext;

static DESCRIPTION: Description = Description {
    name: "ext",
    title: "ext2, ext3 or ext4 file system",
    magics: &[Magic { offset: superblock::AT + 0x38, bytes: &superblock::MAGIC.to_le_bytes() }],
    yields: "its entries without the root, each directory before what it holds; files that no name leads to under lost+found",
    limits: &[
        "deleted files are not recovered; they are counted",
        "contents and names that are encrypted (fscrypt) are handed out as stored, names in hexadecimal",
        "contents that are compressed (e2compr) are handed out as stored",
        "extended attributes whose value is in an inode of its own are not read",
        "fast commits of a journal, and a journal on another device, are not laid over the blocks",
        "paths longer than 8 KiB and directories deeper than 128 are not followed",
        "block maps of HURD and HTREE indices are not verified",
    ],
    source: "Linux, Documentation/filesystems/ext4 and fs/ext4/ext4.h",
};

const DEPTH_MAX: usize = 128;
const PATH_MAX: usize = 8 << 10;
const VALID: u16 = 1;
const ERRORS: u16 = 2;

impl Format for Ext {
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
        let Some(superblock) = read_superblock(data, place, &mut problems) else {
            return broken::header(data, place, &DESCRIPTION, || {
                if data.len() < superblock::AT + superblock::SIZE {
                    broken::cut_off(data)
                } else {
                    Problem::new(
                        ProblemKind::Malformed,
                        superblock::AT as u64,
                        "the superblock cannot be read",
                    )
                }
            });
        };
        if place == Place::Inside && !superblock.is_consistent() {
            return None;
        }
        let mut attributes = superblock.attributes();
        let stated = superblock.size();
        let size = position(stated).min(data.len());
        if stated > data.len() as u64 {
            let detail = format!("{} of the {stated} bytes stated are missing", stated - data.len() as u64);
            problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        if superblock.has(incompatible::JOURNAL_DEVICE) {
            let detail = "a journal of another file system; its blocks are handed out as they stand";
            problems.push(Problem::new(ProblemKind::Unsupported, 0x460, detail));
            sink(stream(b"journal", data.get(..size).unwrap_or_default()));
            return Some(Reading { size, attributes, problems });
        }
        let data = data.get(..size)?;
        let volume = open(data, superblock, &mut attributes, &mut problems);
        let mut walk = Walk::new(Arc::new(volume), limits, problems);
        if !walk.run(sink) && place == Place::Inside {
            return None;
        }
        walk.unnamed(sink);
        if walk.deleted > 0 {
            attributes.push(("deleted-inodes", walk.deleted.to_string()));
        }
        Some(Reading { size, attributes, problems: walk.problems })
    }
}

/// The superblock, or at the start of an object its copy at the start of group 1.
fn read_superblock(data: &[u8], place: Place, problems: &mut Vec<Problem>) -> Option<Superblock> {
    let first = slice(data, superblock::AT, superblock::SIZE).and_then(Superblock::parse);
    let superblock = match first {
        Some(superblock) => superblock,
        None if place == Place::Inside => return None,
        None => {
            let copies =
                [1024_usize, 2048, 4096].map(|size| size * size * 8 + if size == 1024 { 1024 } else { 0 });
            let (at, copy) = copies
                .into_iter()
                .filter_map(|at| Some((at, slice(data, at, superblock::SIZE).and_then(Superblock::parse)?)))
                .find(|(_, copy)| copy.own_group == 1)
                .map(|(at, copy)| (at, Superblock { own_group: 0, state: VALID, ..copy }))?;
            let detail = format!("the superblock cannot be read; its copy at {at} stands in");
            problems.push(Problem::new(ProblemKind::Malformed, superblock::AT as u64, detail));
            copy
        }
    };
    if superblock.has_checksums() && superblock.stated_checksum != superblock.checksum {
        let (stated, computed) = (superblock.stated_checksum, superblock.checksum);
        let detail = format!("superblock CRC-32C {stated:08x} is stated, it has {computed:08x}");
        problems.push(Problem::new(ProblemKind::Checksum, superblock::AT as u64 + 0x3fc, detail));
    }
    let unknown = superblock.incompatible & !incompatible::KNOWN;
    if unknown != 0 {
        let detail = format!("features {unknown:#x} are not known; read without them");
        problems.push(Problem::new(ProblemKind::Unsupported, superblock::AT as u64 + 0x60, detail));
    }
    if superblock.state & ERRORS != 0 {
        let detail = "the file system is marked as having errors";
        problems.push(Problem::new(ProblemKind::Undefined, superblock::AT as u64 + 0x3a, detail));
    }
    if superblock.is_consistent() || unknown != 0 {
        return Some(superblock);
    }
    let detail = "counts of the superblock do not agree with one another";
    problems.push(Problem::new(ProblemKind::Malformed, superblock::AT as u64, detail));
    Some(superblock)
}

/// Lays the journal over the blocks where it is needed, then reads the groups.
fn open<'a>(
    data: &'a [u8],
    superblock: Superblock,
    attributes: &mut Vec<(&'static str, String)>,
    problems: &mut Vec<Problem>,
) -> Volume<'a> {
    let mut volume = Volume::new(data, superblock);
    let needed = volume.superblock.has(incompatible::RECOVER);
    let at = superblock::AT as u64;
    if !needed {
        if volume.superblock.state & VALID == 0 {
            let detail = "the file system was not unmounted";
            problems.push(Problem::new(ProblemKind::Undefined, at + 0x3a, detail));
        }
        volume.read_groups(problems);
        return volume;
    }
    volume.read_groups(&mut Vec::new());
    if let Some(replay) = journal::replay(&volume, problems) {
        let (transactions, blocks) = (replay.transactions, replay.overlay.len());
        attributes.push(("journal-transactions", transactions.to_string()));
        attributes.push(("journal-blocks", blocks.to_string()));
        volume.overlay = replay.overlay;
        let size = volume.superblock.block_size;
        let (block, offset) = if size == 1024 { (1, 0) } else { (0, superblock::AT) };
        if volume.overlay.contains_key(&block)
            && let Some(newer) = volume.block(block).and_then(|block| Superblock::parse(tail(block, offset)))
            && newer.block_size == size
            && newer.blocks <= volume.superblock.blocks
        {
            volume.superblock = newer;
        }
        let detail = format!(
            "not unmounted: {transactions} committed transactions of the journal are laid over {blocks} blocks"
        );
        problems.push(Problem::new(ProblemKind::Undefined, at + 0x60, detail));
    }
    volume.read_groups(problems);
    volume
}

/// A directory on the way from the root to where the walk is.
struct Level {
    path: Vec<u8>,
    names: std::vec::IntoIter<Name>,
    encrypted: bool,
}

struct Walk<'a, 'l> {
    volume: Arc<Volume<'a>>,
    limits: &'l Limits,
    problems: Vec<Problem>,
    /// The first path of each inode that is not a directory; directories have an empty one.
    met: BTreeMap<u32, Vec<u8>>,
    directories: BTreeSet<u32>,
    entries: u64,
    /// Directory blocks that may still be read: no more than the file system has.
    blocks: u64,
    deleted: u64,
    told: BTreeSet<&'static str>,
}

impl<'a, 'l> Walk<'a, 'l> {
    fn new(volume: Arc<Volume<'a>>, limits: &'l Limits, problems: Vec<Problem>) -> Self {
        let blocks = (volume.data.len() / volume.superblock.block_size) as u64;
        Self {
            volume,
            limits,
            problems,
            met: BTreeMap::new(),
            directories: BTreeSet::new(),
            entries: 0,
            blocks,
            deleted: 0,
            told: BTreeSet::new(),
        }
    }

    fn problem(&mut self, kind: ProblemKind, offset: u64, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, offset, detail));
    }

    /// Tells what holds for many inodes once.
    fn tell_once(&mut self, kind: ProblemKind, inode: &Inode, detail: &'static str) {
        if self.told.insert(detail) {
            self.problem(kind, inode.at, format!("inode {}: {detail}", inode.number));
        }
    }

    fn stopped(&mut self) -> bool {
        let stopped = self.limits.stopped() || self.entries >= self.limits.entries;
        if stopped && self.told.insert("stopped") {
            let detail = format!("stopped after {} entries", self.entries);
            self.problem(ProblemKind::LimitReached, 0, detail);
        }
        stopped
    }

    /// Hands out everything below the root; whether the root is a directory.
    fn run(&mut self, sink: &mut dyn FnMut(Entry<'a>)) -> bool {
        let root = self.inode(ROOT).filter(|root| root.mode >> 12 == 4);
        let Some(root) = root else {
            let whole = self.volume.inode_position(ROOT).is_some_and(|at| at < self.volume.data.len() as u64);
            let kind = if whole { ProblemKind::Malformed } else { ProblemKind::Truncated };
            let at = self.volume.inode_position(ROOT).unwrap_or_default();
            self.problem(kind, at, "the root is not a directory that can be read");
            return false;
        };
        self.directories.insert(ROOT);
        let names = self.list(&root);
        self.descend(Level { path: Vec::new(), names, encrypted: root.has(flags::ENCRYPTED) }, sink);
        true
    }

    fn descend(&mut self, first: Level, sink: &mut dyn FnMut(Entry<'a>)) {
        let mut levels = vec![first];
        while let Some(level) = levels.last_mut() {
            let Some(Name { name, inode }) = level.names.next() else {
                levels.pop();
                continue;
            };
            if self.stopped() {
                return;
            }
            let name = if level.encrypted { hexadecimal(&name) } else { name };
            let path = if level.path.is_empty() { name } else { [&level.path[..], b"/", &name].concat() };
            let depth = levels.len();
            if let Some(next) = self.entry(inode, path, depth, sink) {
                levels.push(next);
            }
        }
    }

    /// Hands out files in use that no directory has named.
    fn unnamed(&mut self, sink: &mut dyn FnMut(Entry<'a>)) {
        let volume = Arc::clone(&self.volume);
        let first = volume.superblock.first_inode;
        for number in volume.used_inodes().filter(|number| *number >= first) {
            let named = self.met.contains_key(&number) || self.directories.contains(&number);
            if named || volume.superblock.reserved_inodes.contains(&number) {
                continue;
            }
            let Some(inode) = Inode::parse(&volume, number) else { continue };
            // An attribute's own inode has no name, and a deleted one no links.
            let in_use = inode.links > 0 && inode.deleted == 0 && !inode.has(flags::LARGE_ATTRIBUTE);
            if !in_use || !matches!(inode.mode >> 12, 1 | 2 | 4 | 6 | 8 | 10 | 12) || self.stopped() {
                continue;
            }
            self.tell_once(ProblemKind::Malformed, &inode, "in use, but no directory names it");
            let path = format!("lost+found/#{number}").into_bytes();
            if let Some(level) = self.entry(number, path, 1, sink) {
                self.descend(level, sink);
            }
        }
        self.deleted = self.count_deleted();
    }

    /// Inodes that say when they were deleted and still say how long they were.
    fn count_deleted(&self) -> u64 {
        let inodes = self.volume.superblock.inodes;
        let is_deleted = |number: &u32| {
            Inode::parse(&self.volume, *number).is_some_and(|inode| inode.deleted != 0 && inode.links == 0)
        };
        (self.volume.superblock.first_inode..=inodes)
            .take_while(|number| !number.is_multiple_of(1024) || !self.limits.stopped())
            .take(self.volume.data.len() / self.volume.superblock.inode_size)
            .filter(is_deleted)
            .count() as u64
    }

    fn inode(&mut self, number: u32) -> Option<Inode> {
        let inode = Inode::parse(&self.volume, number)?;
        if let Some((stated, computed)) = inode.checksum(&self.volume)
            && stated != computed
        {
            let detail = format!("inode {number}: CRC-32C {stated:08x} is stated, it has {computed:08x}");
            self.problem(ProblemKind::Checksum, inode.at, detail);
        }
        Some(inode)
    }

    /// The names in a directory.
    fn list(&mut self, directory: &Inode) -> std::vec::IntoIter<Name> {
        let volume = Arc::clone(&self.volume);
        let mut names = Vec::new();
        if directory.has(flags::INLINE) {
            directory::read_inline(&volume, directory, &mut names, &mut self.problems);
            return names.into_iter();
        }
        let size = volume.superblock.block_size as u64;
        let stated = directory.size.div_ceil(size);
        let runs = mapping::runs(&volume, directory, stated.min(1 << 32), &mut self.problems);
        let mapped: u64 = runs.iter().map(|run| run.blocks).sum();
        if mapped < stated {
            let detail =
                format!("directory {}: {stated} blocks are stated, {mapped} are there", directory.number);
            self.problem(ProblemKind::Malformed, directory.at, detail);
        }
        for run in runs {
            for number in 0..run.blocks {
                let at = (run.physical + number).saturating_mul(size);
                let most = self.limits.entries.saturating_sub(self.entries);
                if names.len() as u64 > most || self.limits.stopped() {
                    return names.into_iter();
                }
                let Some(block) = volume.block(run.physical + number) else {
                    let detail = format!("blocks of directory {} are missing", directory.number);
                    self.problem(ProblemKind::Truncated, directory.at, detail);
                    return names.into_iter();
                };
                if self.blocks == 0 {
                    let detail = "directories have more blocks than the file system";
                    self.tell_once(ProblemKind::Malformed, directory, detail);
                    return names.into_iter();
                }
                self.blocks -= 1;
                let logical = run.logical + number;
                let problems = &mut self.problems;
                directory::read_block(&volume, directory, logical, block, at, &mut names, problems);
            }
        }
        names.into_iter()
    }

    /// Hands out one entry; for a directory that is to be walked, its level.
    fn entry(
        &mut self,
        number: u32,
        path: Vec<u8>,
        depth: usize,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Level> {
        let Some(inode) = self.inode(number) else {
            let path = String::from_utf8_lossy(&path).into_owned();
            let detail = format!("inode {number} of {path:?} is missing");
            self.problem(ProblemKind::Truncated, self.volume.data.len() as u64, detail);
            return None;
        };
        if inode.is_blank() {
            let path = String::from_utf8_lossy(&path).into_owned();
            self.problem(ProblemKind::Malformed, inode.at, format!("inode {number} of {path:?} is blank"));
            return None;
        }
        self.entries += 1;
        let mut level = None;
        let mut at = None;
        let kind = match (inode.mode >> 12, self.met.get(&number)) {
            (4, _) => {
                if !self.directories.insert(number) {
                    let detail = format!("directory {number} is named a second time");
                    self.problem(ProblemKind::Malformed, inode.at, detail);
                } else if depth >= DEPTH_MAX || path.len() > PATH_MAX {
                    self.problem(ProblemKind::LimitReached, inode.at, "a directory too deep to follow");
                } else {
                    let encrypted = inode.has(flags::ENCRYPTED);
                    if encrypted {
                        let detail = "names and contents are encrypted";
                        self.tell_once(ProblemKind::Unsupported, &inode, detail);
                    }
                    level = Some(Level { path: path.clone(), names: self.list(&inode), encrypted });
                }
                EntryKind::Directory
            }
            (_, Some(first)) => EntryKind::Hardlink(Cow::Owned(first.clone())),
            (kind, None) => {
                self.met.insert(number, path.clone());
                let (major, minor) = inode.device();
                match kind {
                    1 => EntryKind::Fifo,
                    2 => EntryKind::CharacterDevice { major, minor },
                    6 => EntryKind::BlockDevice { major, minor },
                    10 => EntryKind::Symlink(Cow::Owned(self.target(&inode))),
                    12 => EntryKind::Socket,
                    _ => {
                        if kind != 8 {
                            let detail =
                                format!("inode {number}: type {kind:#x} is not defined; taken for a file");
                            self.problem(ProblemKind::Undefined, inode.at, detail);
                        }
                        EntryKind::File(self.content(&inode, &mut at))
                    }
                }
            }
        };
        let entry = Entry {
            path: Cow::Owned(path),
            kind,
            mode: Some(u32::from(inode.mode) & 0o7777),
            uid: Some(inode.uid),
            gid: Some(inode.gid),
            mtime: Some(inode.mtime),
            at,
            xattrs: self.attributes(&inode),
        };
        sink(entry);
        level
    }

    /// The extended attributes, in the inode and in its block.
    fn attributes(&mut self, inode: &Inode) -> Vec<Xattr<'a>> {
        let volume = Arc::clone(&self.volume);
        let block = (inode.attribute_block != 0).then(|| inode.block_attributes(&volume));
        if matches!(block, Some(None)) {
            let detail = "the block of its extended attributes cannot be read";
            self.tell_once(ProblemKind::Malformed, inode, detail);
        }
        let mut attributes = Vec::new();
        for attribute in inode.own_attributes().chain(block.flatten().into_iter().flatten()) {
            match attribute.value {
                _ if attribute.is_inline_data() => {}
                Some(value) => attributes.push((attribute.full_name().into(), value.to_vec().into())),
                None => {
                    let detail = "an extended attribute's value is in an inode of its own, or outside";
                    self.tell_once(ProblemKind::Unsupported, inode, detail);
                }
            }
        }
        attributes
    }

    fn target(&mut self, inode: &Inode) -> Vec<u8> {
        if inode.has(flags::ENCRYPTED) {
            self.tell_once(ProblemKind::Unsupported, inode, "names and contents are encrypted");
        }
        let size = self.volume.superblock.block_size;
        if inode.is_fast_symlink(size) {
            return crate::bytes::head(&inode.map, position(inode.size)).to_vec();
        }
        if inode.has(flags::INLINE) {
            return inline_bytes(inode);
        }
        let limits = Limits { object_bytes: size as u64, ..self.limits.clone() };
        let mut unpacked = mapping::unpack(&self.volume, inode, &limits);
        self.problems.append(&mut unpacked.problems);
        unpacked.bytes
    }

    fn content(&mut self, inode: &Inode, at: &mut Option<u64>) -> Content<'a> {
        if inode.has(flags::ENCRYPTED) {
            self.tell_once(ProblemKind::Unsupported, inode, "names and contents are encrypted");
        }
        if inode.has(flags::COMPRESSED) {
            self.tell_once(ProblemKind::Unsupported, inode, "the content is compressed");
        }
        if inode.has(flags::INLINE) {
            let bytes = inline_bytes(inode);
            if (bytes.len() as u64) < inode.size {
                let (size, there) = (inode.size, bytes.len());
                let detail = format!("inode {}: {size} bytes are stated, {there} are there", inode.number);
                self.problem(ProblemKind::Malformed, inode.at, detail);
            }
            return Content::Owned(bytes);
        }
        if inode.size == 0 {
            return Content::Slice(&[]);
        }
        let size = self.volume.superblock.block_size as u64;
        if self.volume.overlay.is_empty()
            && let Some(run) = mapping::single_run(&self.volume, inode, inode.size.div_ceil(size))
            && let Some(start) = run.physical.checked_mul(size)
            && let Some(bytes) = slice(self.volume.data, position(start), position(inode.size))
        {
            *at = Some(start);
            return Content::Slice(bytes);
        }
        let (volume, inode) = (Arc::clone(&self.volume), inode.clone());
        Content::Deferred {
            size: inode.size,
            make: Box::new(move |limits| mapping::unpack(&volume, &inode, limits)),
        }
    }
}

fn inline_bytes(inode: &Inode) -> Vec<u8> {
    let (first, rest) = inode.inline();
    let mut bytes = [first, rest].concat();
    bytes.truncate(position(inode.size));
    bytes
}

fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

fn stream<'a>(path: &'static [u8], bytes: &'a [u8]) -> Entry<'a> {
    Entry {
        path: Cow::Borrowed(path),
        kind: EntryKind::Stream(Content::Slice(bytes)),
        mode: None,
        uid: None,
        gid: None,
        mtime: None,
        at: Some(0),
        xattrs: Vec::new(),
    }
}
