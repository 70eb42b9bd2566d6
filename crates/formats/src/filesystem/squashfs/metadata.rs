//! Metadata: inodes, directories and tables in compressed blocks of 8 KiB, read as one run of bytes.

use super::codec::Decoder;
use super::layout::Layout;
use super::superblock::Superblock;
use crate::bytes::{slice, tail};
use crate::{Limits, Problem, ProblemKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) const BLOCK: usize = 8192;
/// Blocks kept: 32 MiB.
const KEPT: usize = 4096;

/// Decompresses metadata blocks and keeps them.
pub(super) struct Metadata<'a, 'l> {
    data: &'a [u8],
    decoder: Decoder,
    layout: Layout,
    /// Bytes before the content of a block.
    header: usize,
    limits: &'l Limits,
    blocks: BTreeMap<usize, Block>,
    /// Broken blocks, each reported once.
    pub(super) problems: Vec<Problem>,
    reported: BTreeSet<usize>,
    /// Blocks of which nothing could be read: not tried again.
    unreadable: BTreeSet<usize>,
}

#[derive(Clone)]
struct Block {
    bytes: Arc<[u8]>,
    next: usize,
}

/// A place in metadata: a block's offset in the image, and an offset in its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    pub(super) block: usize,
    pub(super) offset: usize,
}

impl<'a, 'l> Metadata<'a, 'l> {
    pub(super) fn new(data: &'a [u8], superblock: &Superblock, decoder: Decoder, limits: &'l Limits) -> Self {
        Self {
            data,
            decoder,
            layout: superblock.layout,
            header: header_bytes(superblock),
            limits,
            blocks: BTreeMap::new(),
            problems: Vec::new(),
            reported: BTreeSet::new(),
            unreadable: BTreeSet::new(),
        }
    }

    /// Reads `length` bytes and moves the cursor behind them; `None` where they are not there.
    pub(super) fn read(&mut self, cursor: &mut Cursor, length: usize) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(length.min(BLOCK));
        while bytes.len() < length {
            let block = self.block(cursor.block)?;
            let rest = tail(&block.bytes, cursor.offset);
            if rest.is_empty() {
                // Only a full block has a successor; a cursor past a short one points nowhere.
                if block.bytes.len() < BLOCK {
                    return None;
                }
                cursor.offset = cursor.offset.checked_sub(BLOCK)?;
                cursor.block = block.next;
                continue;
            }
            let taken = crate::bytes::head(rest, length - bytes.len());
            bytes.extend_from_slice(taken);
            cursor.offset += taken.len();
        }
        Some(bytes)
    }

    fn block(&mut self, at: usize) -> Option<Block> {
        if let Some(block) = self.blocks.get(&at) {
            return Some(block.clone());
        }
        if self.unreadable.contains(&at) {
            return None;
        }
        let (block, problem) = self.decode(at);
        if let Some(problem) = problem
            && self.reported.len() < KEPT
            && self.reported.insert(at)
        {
            self.problems.push(problem);
        }
        let Some(block) = block else {
            self.unreadable.insert(at);
            return None;
        };
        if self.blocks.len() >= KEPT {
            self.blocks.clear();
        }
        self.blocks.insert(at, block.clone());
        Some(block)
    }

    fn decode(&self, at: usize) -> (Option<Block>, Option<Problem>) {
        let broken = |kind, detail: String| Some(Problem::new(kind, at as u64, detail));
        let (stored, compressed) = match find(self.data, self.layout, self.header, at) {
            Ok(found) => found,
            Err((kind, detail)) => return (None, broken(kind, detail)),
        };
        let start = at + self.header;
        let next = start + stored.len();
        if !compressed {
            return (Some(Block { bytes: stored.into(), next }), None);
        }
        let (bytes, problem) = self.decoder.decode(stored, None, BLOCK, self.limits);
        let problem = problem.map(|problem| Problem {
            offset: problem.offset.saturating_add(start as u64),
            detail: format!("metadata block: {}", problem.detail),
            ..problem
        });
        let block = (!bytes.is_empty()).then(|| Block { bytes: bytes.into(), next });
        (block, problem)
    }
}

/// Bytes of a block before its content.
fn header_bytes(superblock: &Superblock) -> usize {
    if superblock.marks_blocks() { 3 } else { 2 }
}

/// The compressed content of the metadata block at `at`, if it is there in full and compressed.
pub(super) fn sample<'a>(data: &'a [u8], superblock: &Superblock, at: usize) -> Option<&'a [u8]> {
    let found = find(data, superblock.layout, header_bytes(superblock), at);
    found.ok().filter(|(_, compressed)| *compressed).map(|(stored, _)| stored)
}

/// The content of the block at `at` as it is stored, and whether it is compressed; or what is wrong with it.
fn find(
    data: &[u8],
    layout: Layout,
    header: usize,
    at: usize,
) -> Result<(&[u8], bool), (ProblemKind, String)> {
    let Some(size) = layout.u16(data, at) else {
        return Err((ProblemKind::Truncated, "a metadata block lies past the end".to_owned()));
    };
    let length = match usize::from(size & 0x7fff) {
        0 => 0x8000,
        length => length,
    };
    if length > BLOCK {
        return Err((ProblemKind::Malformed, format!("a metadata block of {length} bytes")));
    }
    match slice(data, at + header, length) {
        Some(stored) => Ok((stored, size & 0x8000 == 0)),
        None => Err((ProblemKind::Truncated, "the data ends inside a metadata block".to_owned())),
    }
}
