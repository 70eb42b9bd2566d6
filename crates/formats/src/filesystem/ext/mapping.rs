//! From an inode to the blocks of its content: extents, or the older direct and indirect blocks.

use super::crc::crc32c;
use super::inode::{Inode, flags};
use super::superblock::read_only;
use super::volume::Volume;
use crate::bytes::{position, slice, tail, u16_le, u32_le};
use crate::{Limits, Problem, ProblemKind, Unpacked};
use std::collections::BTreeSet;

/// Blocks of a file that stand one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// First block within the file.
    pub logical: u64,
    /// First block within the file system.
    pub physical: u64,
    /// How many.
    pub blocks: u64,
}

const EXTENT_MAGIC: u16 = 0xf30a;
const DEPTH_MAX: u16 = 5;
/// Extents that are longer are allocated but not written.
const WRITTEN_MAX: u64 = 32768;

/// The runs of the first `blocks` blocks of a file, in their order; what is between them is zero.
pub(super) fn runs(volume: &Volume, inode: &Inode, blocks: u64, problems: &mut Vec<Problem>) -> Vec<Run> {
    let mut walk = Walk {
        volume,
        inode,
        blocks,
        next: 0,
        nodes: blocks + 64,
        map: BTreeSet::new(),
        twice: None,
        past: 0,
        runs: Vec::new(),
        problems,
    };
    if inode.has(flags::EXTENTS) {
        walk.extents(&inode.map, inode.at + 0x28, None);
    } else {
        walk.indirect();
    }
    walk.tell();
    walk.runs
}

/// The only run of a file whose content stands in one piece, as far as the inode itself tells.
pub(super) fn single_run(volume: &Volume, inode: &Inode, blocks: u64) -> Option<Run> {
    let extents = inode.has(flags::EXTENTS);
    if (extents && u16_le(&inode.map, 6) != Some(0)) || (!extents && blocks > 12) {
        return None;
    }
    let mut problems = Vec::new();
    let runs = runs(volume, inode, blocks, &mut problems);
    match runs.as_slice() {
        [run] if problems.is_empty() && run.logical == 0 && run.blocks >= blocks => Some(*run),
        _ => None,
    }
}

/// The content of a file.
pub(super) fn unpack(volume: &Volume, inode: &Inode, limits: &Limits) -> Unpacked {
    let mut problems = Vec::new();
    let size = volume.superblock.block_size as u64;
    let length = inode.size.min(limits.object_bytes);
    if length < inode.size {
        let detail = format!("{} bytes are stated, {length} are allowed", inode.size);
        problems.push(Problem::new(ProblemKind::LimitReached, inode.at, detail));
    }
    let runs = runs(volume, inode, length.div_ceil(size), &mut problems);
    let mut bytes = Vec::new();
    let mut missing = None;
    for run in runs {
        bytes.resize(position(run.logical.saturating_mul(size).min(length)), 0);
        for number in 0..run.blocks {
            if limits.stopped() {
                problems.push(Problem::new(ProblemKind::LimitReached, inode.at, "time is up"));
                return Unpacked { bytes, problems };
            }
            let room = position(length) - bytes.len();
            if room == 0 {
                break;
            }
            let physical = run.physical + number;
            match volume.block(physical) {
                Some(block) => bytes.extend_from_slice(crate::bytes::head(block, room)),
                None => {
                    missing = missing.or(Some(physical));
                    bytes.resize(bytes.len() + room.min(volume.superblock.block_size), 0);
                }
            }
        }
    }
    bytes.resize(position(length), 0);
    if let Some(block) = missing {
        let detail =
            format!("inode {}: blocks from {block} on are missing; zero stands for them", inode.number);
        problems.push(Problem::new(ProblemKind::Truncated, inode.at, detail));
    }
    Unpacked { bytes, problems }
}

struct Walk<'w, 'a> {
    volume: &'w Volume<'a>,
    inode: &'w Inode,
    /// Blocks that are asked for.
    blocks: u64,
    /// The file's block from which on nothing has been mapped.
    next: u64,
    /// Nodes of the tree that may still be read.
    nodes: u64,
    /// Blocks of the map that were read, and one that was read twice.
    map: BTreeSet<u64>,
    twice: Option<u64>,
    /// Blocks that are mapped behind those that are asked for.
    past: u64,
    runs: Vec<Run>,
    problems: &'w mut Vec<Problem>,
}

impl Walk<'_, '_> {
    fn problem(&mut self, kind: ProblemKind, at: u64, detail: &str) {
        // One of a kind is enough for a file.
        if !self.problems.iter().any(|problem| problem.kind == kind) {
            let detail = format!("inode {}: {detail}", self.inode.number);
            self.problems.push(Problem::new(kind, at, detail));
        }
    }

    fn add(&mut self, logical: u64, physical: u64, blocks: u64) {
        let stated = blocks;
        let blocks = blocks.min(self.blocks.saturating_sub(logical));
        self.past += stated - blocks;
        self.next = logical + blocks;
        if blocks == 0 {
            return;
        }
        match self.runs.last_mut() {
            Some(last)
                if last.logical + last.blocks == logical && last.physical + last.blocks == physical =>
            {
                last.blocks += blocks;
            }
            _ => self.runs.push(Run { logical, physical, blocks }),
        }
    }

    /// Tells of blocks that are mapped behind the file's end, and of those that stand in it at several places.
    fn tell(&mut self) {
        let (inode, superblock) = (self.inode, &self.volume.superblock);
        let is_whole = self.blocks == inode.size.div_ceil(superblock.block_size as u64);
        if self.past > 0 && is_whole && !inode.has(flags::PAST_END) {
            let detail = format!(
                "inode {}: blocks behind its {} bytes are mapped, {}",
                inode.number, inode.size, self.past
            );
            self.problems.push(Problem::new(ProblemKind::Malformed, inode.at + 4, detail));
        }
        if superblock.has_read_only(read_only::SHARED_BLOCKS) {
            return;
        }
        let mut places: Vec<(u64, u64)> = self.runs.iter().map(|run| (run.physical, run.blocks)).collect();
        places.extend(self.map.iter().map(|block| (*block, 1)));
        places.sort_unstable();
        let overlap = |pair: &[(u64, u64)]| match *pair {
            [(first, blocks), (second, _)] if second < first.saturating_add(blocks) => Some(second),
            _ => None,
        };
        if let Some(block) = self.twice.or_else(|| places.windows(2).find_map(overlap)) {
            let detail = format!("inode {}: block {block} is used at several places", inode.number);
            self.problems.push(Problem::new(ProblemKind::Malformed, inode.at + 0x28, detail));
        }
    }

    /// The bytes of a node of the tree and where they stand.
    fn node(&mut self, block: u64, from: u64) -> Option<(&[u8], u64)> {
        if self.nodes == 0 {
            self.problem(ProblemKind::Malformed, from, "the map has more blocks than the file");
            return None;
        }
        self.nodes -= 1;
        if !self.map.insert(block) {
            self.twice = Some(block);
        }
        if self.volume.block(block).is_none() {
            self.problem(ProblemKind::Truncated, from, &format!("block {block} of the map is missing"));
            return None;
        }
        let at = block.saturating_mul(self.volume.superblock.block_size as u64);
        self.volume.block(block).map(|bytes| (bytes, at))
    }

    fn extents(&mut self, node: &[u8], at: u64, depth: Option<u16>) {
        let fields = (u16_le(node, 0), u16_le(node, 2), u16_le(node, 6));
        let (Some(EXTENT_MAGIC), Some(count), Some(stated)) = fields else {
            return self.problem(ProblemKind::Malformed, at, "no list of extents stands here");
        };
        if stated > DEPTH_MAX || depth.is_some_and(|depth| depth != stated) {
            return self.problem(ProblemKind::Malformed, at, "the depth of the extents is not right");
        }
        for index in 0..usize::from(count) {
            let Some(entry) = slice(node, 12 + index * 12, 12) else {
                return self.problem(ProblemKind::Malformed, at, "more extents than there is room for");
            };
            let number = |at| u64::from(u32_le(entry, at).unwrap_or_default());
            let half = |at| u64::from(u16_le(entry, at).unwrap_or_default());
            let here = at + 12 + index as u64 * 12;
            let logical = number(0);
            if logical >= self.blocks {
                // Blocks that are only set aside hold nothing.
                let written = if stated == 0 { half(4) } else { 1 };
                self.past += if written <= WRITTEN_MAX { written } else { 0 };
                continue;
            }
            if logical < self.next {
                self.problem(ProblemKind::Malformed, here, "an extent overlaps the one before");
                continue;
            }
            if stated == 0 {
                let length = half(4);
                if length <= WRITTEN_MAX {
                    self.add(logical, half(6) << 32 | number(8), length);
                } else {
                    self.next = logical + length - WRITTEN_MAX;
                }
                continue;
            }
            let block = half(8) << 32 | number(4);
            let Some((bytes, child)) = self.node(block, here) else { continue };
            let bytes = bytes.to_vec();
            self.check(&bytes, child);
            self.extents(&bytes, child, Some(stated - 1));
        }
    }

    fn check(&mut self, node: &[u8], at: u64) {
        if !self.volume.superblock.has_checksums() {
            return;
        }
        let end = 12 + 12 * usize::from(u16_le(node, 4).unwrap_or_default());
        let sums = u32_le(node, end).zip(node.get(..end));
        if sums.is_none_or(|(stated, body)| stated != crc32c(self.inode.seed, body)) {
            self.problem(ProblemKind::Checksum, at, "a block of extents does not fit its checksum");
        }
    }

    fn indirect(&mut self) {
        let direct: Vec<u64> = words(&self.inode.map).take(15).collect();
        for (block, slot) in direct.into_iter().zip(0_u32..) {
            let at = self.inode.at + 0x28 + 4 * u64::from(slot);
            self.pointer(block, slot.saturating_sub(11), at);
        }
    }

    /// Follows a pointer through `level` blocks of pointers.
    fn pointer(&mut self, block: u64, level: u32, from: u64) {
        if self.next >= self.blocks {
            self.past += u64::from(block != 0);
            return;
        }
        let in_block = self.volume.superblock.block_size as u64 / 4;
        if block == 0 {
            self.next = self.next.saturating_add(in_block.pow(level));
            return;
        }
        if level == 0 {
            return self.add(self.next, block, 1);
        }
        let first = self.next;
        let Some((bytes, at)) = self.node(block, from) else {
            self.next = first.saturating_add(in_block.pow(level));
            return;
        };
        let pointers: Vec<u64> = words(bytes).collect();
        for (pointer, slot) in pointers.into_iter().zip(0_u64..) {
            self.pointer(pointer, level - 1, at + 4 * slot);
        }
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    (0..bytes.len() / 4).map(|index| u64::from(u32_le(tail(bytes, index * 4), 0).unwrap_or_default()))
}
