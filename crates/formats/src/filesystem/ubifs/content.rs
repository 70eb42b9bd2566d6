//! Contents: blocks of 4 KiB, each compressed by itself.

use super::super::inflate::Inflate;
use super::index::Index;
use super::node::{BLOCK, BLOCK_NUMBER, Data, Inode, Key, Node, kind};
use crate::bytes::{head, position};
use crate::compression::output::Output;
use crate::compression::{lzo, zstd};
use crate::{Limits, Problem, ProblemKind, Unpacked};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The word used in attributes.
pub(super) fn compression_name(number: u16) -> String {
    match number {
        0 => "none".to_owned(),
        1 => "lzo".to_owned(),
        2 => "zlib".to_owned(),
        3 => "zstd".to_owned(),
        other => format!("number {other}"),
    }
}

/// What all files of an image share.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    pub(super) data: &'a [u8],
    pub(super) index: Arc<Index<'a>>,
}

impl Contents<'_> {
    /// Makes a file's content of `size` bytes; what is in no node reads as zeros. Encrypted blocks are handed out as they
    /// are stored, one behind the other.
    pub(super) fn unpack(&self, inode: u32, size: u64, encrypted: bool, limits: &Limits) -> Unpacked {
        let wanted = position(size.min(limits.object_bytes));
        let mut unpacked = Unpacked::default();
        let mut decoders = Decoders::default();
        for (key, at) in self.index.of(inode, kind::DATA) {
            if limits.stopped() {
                unpacked.problems.push(Problem::new(ProblemKind::LimitReached, at as u64, "time is up"));
                return unpacked;
            }
            let Some(node) = Node::parse(self.data, at) else { continue };
            let Some(data) = Data::parse(&node) else {
                let detail = "a block that is too short for one";
                unpacked.problems.push(Problem::new(ProblemKind::Malformed, at as u64, detail));
                continue;
            };
            if !node.fits() {
                let detail = "the checksum of a block does not fit";
                unpacked.problems.push(Problem::new(ProblemKind::Checksum, at as u64 + 4, detail));
            }
            if encrypted {
                let room = position(limits.object_bytes).saturating_sub(unpacked.bytes.len());
                unpacked.bytes.extend_from_slice(head(data.stored, room));
                continue;
            }
            let start = ((key.word & BLOCK_NUMBER) as usize).saturating_mul(BLOCK);
            if start >= wanted {
                // Left over behind the end of a file that was cut.
                break;
            }
            let (bytes, problem) = decoders.decode(&data, limits);
            let end = start.saturating_add(bytes.len()).min(wanted);
            unpacked.bytes.resize(end.max(unpacked.bytes.len()), 0);
            put(unpacked.bytes.get_mut(start..end).unwrap_or_default(), &bytes);
            if let Some(problem) = problem {
                let offset = problem.offset + at as u64;
                unpacked.problems.push(Problem { offset, ..problem });
            }
        }
        if encrypted {
            return unpacked;
        }
        unpacked.bytes.resize(wanted, 0);
        if (wanted as u64) < size {
            let detail = format!("the file has {size} bytes, {wanted} are allowed");
            unpacked.problems.push(Problem::new(ProblemKind::LimitReached, 0, detail));
        }
        unpacked
    }

    /// The blocks of each inode that the content of no file shows, or not all of: those behind the end of their file, and
    /// those of inodes that are no files.
    pub(super) fn lost(&self) -> BTreeMap<u32, Vec<(u32, usize)>> {
        let mut lost: BTreeMap<u32, Vec<(u32, usize)>> = BTreeMap::new();
        let mut last = None;
        for (key, at) in &self.index.leaves {
            if key.word >> 29 != u32::from(kind::DATA) {
                continue;
            }
            let shown = match last {
                Some((inode, shown)) if inode == key.inode => shown,
                _ => self.shown(key.inode),
            };
            last = Some((key.inode, shown));
            let number = key.word & BLOCK_NUMBER;
            let stated = Node::parse(self.data, *at).and_then(|node| node.u32(40)).unwrap_or_default();
            let length = if stated as usize <= BLOCK { stated.max(1) } else { 1 };
            if u64::from(number) * BLOCK as u64 + u64::from(length) > shown {
                lost.entry(key.inode).or_default().push((number, *at));
            }
        }
        lost
    }

    /// How many bytes of an inode's blocks its content shows.
    fn shown(&self, number: u32) -> u64 {
        let node = self.index.get(self.data, Key::first(number, kind::INODE));
        let inode = node.as_ref().and_then(Inode::parse);
        match inode.filter(|inode| inode.mode & 0o170_000 == 0o100_000) {
            Some(inode) if inode.is_encrypted() => u64::MAX,
            Some(inode) => inode.size,
            None => 0,
        }
    }

    /// Makes the content of blocks, one behind the other.
    pub(super) fn unpack_blocks(&self, blocks: &[(u32, usize)], limits: &Limits) -> Unpacked {
        let mut unpacked = Unpacked::default();
        let mut decoders = Decoders::default();
        for (_, at) in blocks {
            let room = position(limits.object_bytes).saturating_sub(unpacked.bytes.len());
            if limits.stopped() || room == 0 {
                let detail = "time or room is up";
                unpacked.problems.push(Problem::new(ProblemKind::LimitReached, *at as u64, detail));
                break;
            }
            let node = Node::parse(self.data, *at);
            let Some(data) = node.as_ref().and_then(Data::parse) else {
                let detail = "a block that is too short for one";
                unpacked.problems.push(Problem::new(ProblemKind::Malformed, *at as u64, detail));
                continue;
            };
            let (bytes, problem) = decoders.decode(&data, limits);
            unpacked.bytes.extend_from_slice(head(&bytes, room));
            if let Some(problem) = problem {
                let offset = problem.offset + *at as u64;
                unpacked.problems.push(Problem { offset, ..problem });
            }
        }
        unpacked
    }

    /// How many bytes the blocks of an encrypted file have as they are stored.
    pub(super) fn stored_size(&self, inode: u32) -> u64 {
        let nodes = self.index.of(inode, kind::DATA).filter_map(|(_, at)| Node::parse(self.data, at));
        nodes.filter_map(|node| Data::parse(&node).map(|data| data.stored.len() as u64)).sum()
    }
}

/// What is used again for each block of a file.
#[derive(Default)]
struct Decoders {
    inflate: Option<Inflate>,
    zstd: Option<zstd::Frames>,
}

impl Decoders {
    /// Decodes one block, and compares its length with the stated one.
    fn decode<'d>(&mut self, data: &Data<'d>, limits: &Limits) -> (Cow<'d, [u8]>, Option<Problem>) {
        let (made, problem) = match data.compression {
            0 => (Cow::Borrowed(data.stored), None),
            1 | 3 => {
                let output = Output::bounded(limits, BLOCK as u64);
                let (bytes, problems) = match data.compression {
                    1 => lzo::decode_block(data.stored, output),
                    _ => self.zstd.get_or_insert_with(zstd::Frames::new).decode(data.stored, output),
                };
                (Cow::Owned(bytes), problems.into_iter().next())
            }
            2 => {
                // One more than a block has: longer ones must not pass for whole.
                let mut bytes = vec![0; BLOCK + 1];
                let (made, problem) =
                    self.inflate.get_or_insert_with(Inflate::raw).block(data.stored, &mut bytes);
                bytes.truncate(made);
                (Cow::Owned(bytes), problem)
            }
            other => {
                let detail = format!("compression {other} is not read");
                return (Cow::Borrowed(&[]), Some(Problem::new(ProblemKind::Unsupported, 44, detail)));
            }
        };
        let differs = || {
            let detail = format!("a block of {} bytes where {} are stated", made.len(), data.size);
            Problem::new(ProblemKind::Malformed, 40, detail)
        };
        let problem = match made.len() {
            length if length == data.size as usize && length <= BLOCK => None,
            _ => Some(problem.unwrap_or_else(differs)),
        };
        (made, problem)
    }
}

/// Copies as much as there is.
fn put(target: &mut [u8], bytes: &[u8]) {
    let length = target.len().min(bytes.len());
    if let Some(target) = target.get_mut(..length) {
        target.copy_from_slice(head(bytes, length));
    }
}
