//! Metadata: inodes, directories and tables in compressed blocks of 8 KiB, read as one run of bytes.

use super::codec::Codec;
use crate::bytes::{slice, tail, u16_le};
use crate::{Limits, Problem, ProblemKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) const BLOCK: usize = 8192;
/// Blocks kept: 32 MiB.
const KEPT: usize = 4096;

/// Decompresses metadata blocks and keeps them.
pub(super) struct Metadata<'a, 'l> {
    data: &'a [u8],
    codec: Codec,
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
    pub(super) fn new(data: &'a [u8], codec: Codec, limits: &'l Limits) -> Self {
        Self {
            data,
            codec,
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
        let Some(header) = u16_le(self.data, at) else {
            return (None, broken(ProblemKind::Truncated, "a metadata block lies past the end".to_owned()));
        };
        let size = match usize::from(header & 0x7fff) {
            0 => 0x8000,
            size => size,
        };
        if size > BLOCK {
            return (None, broken(ProblemKind::Malformed, format!("a metadata block of {size} bytes")));
        }
        let Some(stored) = slice(self.data, at + 2, size) else {
            return (
                None,
                broken(ProblemKind::Truncated, "the data ends inside a metadata block".to_owned()),
            );
        };
        let next = at + 2 + size;
        if header & 0x8000 != 0 {
            return (Some(Block { bytes: stored.into(), next }), None);
        }
        let (bytes, problem) = self.codec.decode(stored, BLOCK, self.limits);
        let problem = problem.map(|problem| Problem {
            offset: problem.offset.saturating_add(at as u64 + 2),
            detail: format!("metadata block: {}", problem.detail),
            ..problem
        });
        let block = (!bytes.is_empty()).then(|| Block { bytes: bytes.into(), next });
        (block, problem)
    }
}
