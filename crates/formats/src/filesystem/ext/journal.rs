//! The journal (jbd2): committed transactions that had not reached their places when the file system was left.
//! Source: Linux Documentation/filesystems/ext4, "Journal (jbd2)".

use super::inode::Inode;
use super::mapping;
use super::volume::Volume;
use crate::bytes::{slice, tail, u16_be, u32_be};
use crate::{Problem, ProblemKind};
use std::borrow::Cow;
use std::collections::BTreeMap;

const MAGIC: u32 = 0xc03b_3998;
const DESCRIPTOR: u32 = 1;
const COMMIT: u32 = 2;
const REVOKE: u32 = 5;

const WIDE: u32 = 0x2;
const CHECKSUM_2: u32 = 0x8;
const CHECKSUM_3: u32 = 0x10;
const FAST_COMMIT: u32 = 0x20;

const ESCAPED: u32 = 1;
const SAME_UUID: u32 = 2;
const LAST: u32 = 8;

/// What was found in the journal.
pub(super) struct Replay<'a> {
    pub transactions: u32,
    pub overlay: BTreeMap<u64, Cow<'a, [u8]>>,
}

/// Reads the committed transactions; `None` where the journal cannot be read, which is told.
pub(super) fn replay<'a>(volume: &Volume<'a>, problems: &mut Vec<Problem>) -> Option<Replay<'a>> {
    let inode = Inode::parse(volume, volume.superblock.journal_inode);
    let journal = inode.as_ref().and_then(|inode| Journal::open(volume, inode, problems));
    let Some(journal) = journal else {
        let detail = "the journal that is needed for recovery cannot be read";
        problems.push(Problem::new(ProblemKind::Malformed, 0x4e0, detail));
        return None;
    };
    if journal.features & FAST_COMMIT != 0 && journal.start != 0 {
        let detail = "fast commits of the journal are not laid over the blocks";
        problems.push(Problem::new(ProblemKind::Unsupported, journal.at, detail));
    }
    Some(journal.transactions())
}

struct Journal<'a> {
    /// Where its superblock stands in the image.
    at: u64,
    /// Its blocks, in order.
    blocks: Vec<&'a [u8]>,
    first: u32,
    length: u32,
    sequence: u32,
    start: u32,
    features: u32,
}

/// A block that a transaction writes.
struct Written<'a> {
    number: u64,
    content: &'a [u8],
    escaped: bool,
}

impl<'a> Journal<'a> {
    fn open(volume: &Volume<'a>, inode: &Inode, problems: &mut Vec<Problem>) -> Option<Self> {
        let size = volume.superblock.block_size as u64;
        let most = (volume.data.len() as u64).min(inode.size) / size;
        let runs = mapping::runs(volume, inode, most, problems);
        let blocks: Vec<&[u8]> = runs
            .iter()
            .flat_map(|run| (0..run.blocks).map(|number| run.physical + number))
            .map_while(|block| volume.stored(block))
            .collect();
        let head = *blocks.first()?;
        if u32_be(head, 0)? != MAGIC || !matches!(u32_be(head, 4)?, 3 | 4) || u32_be(head, 12)? != size as u32
        {
            return None;
        }
        let features = if u32_be(head, 4)? == 4 { u32_be(head, 0x28)? } else { 0 };
        Some(Self {
            at: runs.first()?.physical * size,
            length: u32_be(head, 16)?.min(blocks.len() as u32),
            blocks,
            first: u32_be(head, 20)?.max(1),
            sequence: u32_be(head, 24)?,
            start: u32_be(head, 28)?,
            features,
        })
    }

    fn block(&self, number: u32) -> Option<&'a [u8]> {
        self.blocks.get(number as usize).copied()
    }

    /// The block behind this one; the log is a ring.
    fn after(&self, number: u32) -> u32 {
        if number + 1 >= self.length { self.first } else { number + 1 }
    }

    fn transactions(&self) -> Replay<'a> {
        let mut replay = Replay { transactions: 0, overlay: BTreeMap::new() };
        if self.start == 0 {
            return replay;
        }
        let mut transactions: Vec<(u32, Vec<Written>)> = Vec::new();
        // Block and the last transaction that took it back.
        let mut revoked: BTreeMap<u64, u32> = BTreeMap::new();
        let (mut written, mut taken_back) = (Vec::new(), Vec::new());
        let (mut at, mut sequence) = (self.start, self.sequence);
        let mut blocks = 0;
        // A log that goes round more than once is not one.
        while blocks < self.length {
            blocks += 1;
            let Some(block) = self.block(at) else { break };
            if u32_be(block, 0) != Some(MAGIC) || u32_be(block, 8) != Some(sequence) {
                break;
            }
            match u32_be(block, 4) {
                Some(DESCRIPTOR) => {
                    for (number, escaped) in self.tags(block) {
                        at = self.after(at);
                        blocks += 1;
                        let Some(content) = self.block(at).filter(|_| blocks < self.length) else { break };
                        written.push(Written { number, content, escaped });
                    }
                }
                Some(REVOKE) => taken_back.extend(self.revocations(block)),
                Some(COMMIT) => {
                    revoked.extend(taken_back.drain(..).map(|number| (number, sequence)));
                    transactions.push((sequence, std::mem::take(&mut written)));
                    sequence = sequence.wrapping_add(1);
                }
                _ => break,
            }
            at = self.after(at);
        }
        for (sequence, blocks) in transactions {
            replay.transactions += 1;
            for Written { number, content, escaped } in blocks {
                let later = |taken: &u32| taken.wrapping_sub(sequence) < u32::MAX / 2;
                if revoked.get(&number).is_some_and(later) {
                    continue;
                }
                replay.overlay.insert(number, restored(content, escaped));
            }
        }
        replay
    }

    /// The blocks that a descriptor announces, and whether each had its first word blanked.
    fn tags(&self, block: &[u8]) -> Vec<(u64, bool)> {
        let wide = self.features & WIDE != 0;
        let checked = self.features & (CHECKSUM_2 | CHECKSUM_3) != 0;
        let end = block.len() - if checked { 4 } else { 0 };
        let size = if self.features & CHECKSUM_3 != 0 {
            16
        } else {
            8 + if wide { 4 } else { 0 } + if self.features & CHECKSUM_2 != 0 { 2 } else { 0 }
        };
        let mut tags = Vec::new();
        let mut at = 12;
        while at + size <= end {
            let tag = tail(block, at);
            let low = u64::from(u32_be(tag, 0).unwrap_or_default());
            let bits = match self.features & CHECKSUM_3 {
                0 => u16_be(tag, 6).map(u32::from),
                _ => u32_be(tag, 4),
            };
            let bits = bits.unwrap_or(LAST);
            let high = if wide { u64::from(u32_be(tag, 8).unwrap_or_default()) } else { 0 };
            tags.push((high << 32 | low, bits & ESCAPED != 0));
            if bits & LAST != 0 {
                break;
            }
            at += size + if bits & SAME_UUID == 0 { 16 } else { 0 };
        }
        tags
    }

    fn revocations(&self, block: &[u8]) -> Vec<u64> {
        let size = if self.features & WIDE != 0 { 8 } else { 4 };
        let end = u32_be(block, 12).unwrap_or_default() as usize;
        let list = slice(block, 16, end.saturating_sub(16)).unwrap_or_default();
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        list.chunks_exact(size).map(number).collect()
    }
}

/// A block as it was before the journal blanked a first word that looks like its own magic.
fn restored(content: &[u8], escaped: bool) -> Cow<'_, [u8]> {
    if !escaped {
        return Cow::Borrowed(content);
    }
    let mut bytes = content.to_vec();
    for (byte, magic) in bytes.iter_mut().zip(MAGIC.to_be_bytes()) {
        *byte = magic;
    }
    Cow::Owned(bytes)
}
