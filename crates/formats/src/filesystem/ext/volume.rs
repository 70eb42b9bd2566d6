//! The blocks of a file system, with what its journal lays over them, and its groups.

use super::crc::{crc16, crc32c};
use super::superblock::{Superblock, read_only};
use crate::bytes::{position, slice, tail, u16_le, u32_le};
use crate::{Problem, ProblemKind};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(super) struct Volume<'a> {
    pub data: &'a [u8],
    pub superblock: Superblock,
    groups: Vec<Group>,
    /// Blocks as the journal has them.
    pub overlay: BTreeMap<u64, Cow<'a, [u8]>>,
}

/// What is needed of a group's descriptor.
#[derive(Clone, Copy, Default)]
struct Group {
    inode_bitmap: u64,
    inode_table: u64,
    uninitialised: bool,
}

impl<'a> Volume<'a> {
    pub(super) fn new(data: &'a [u8], superblock: Superblock) -> Self {
        Self { data, superblock, groups: Vec::new(), overlay: BTreeMap::new() }
    }

    /// Reads the groups' descriptors, from the copy where the first does not fit its checksum.
    pub(super) fn read_groups(&mut self, problems: &mut Vec<Problem>) {
        let most = self.data.len() / self.superblock.descriptor_size;
        let count = self.superblock.groups().min(most as u64);
        let mut groups = Vec::new();
        let mut bad = 0_u64;
        for number in 0..count {
            let (block, offset) = self.superblock.descriptor(number);
            let first = self.group(number, block, offset);
            let at = block.saturating_mul(self.superblock.block_size as u64) + offset as u64;
            let group = match first {
                Some((group, true)) => group,
                Some((group, false)) => {
                    let (block, offset) = self.superblock.descriptor_copy(number);
                    bad += 1;
                    if bad == 1 {
                        let detail = format!("the descriptor of group {number} does not fit its checksum");
                        problems.push(Problem::new(ProblemKind::Checksum, at, detail));
                    }
                    match self.group(number, block, offset) {
                        Some((copy, true)) => copy,
                        _ => group,
                    }
                }
                None => {
                    let detail = format!("the descriptors from group {number} on are missing");
                    problems.push(Problem::new(ProblemKind::Truncated, self.data.len() as u64, detail));
                    break;
                }
            };
            groups.push(group);
        }
        if bad > 1 {
            let detail = format!("{bad} group descriptors do not fit their checksums");
            problems.push(Problem::new(ProblemKind::Checksum, 0, detail));
        }
        self.groups = groups;
    }

    /// A descriptor, and whether its checksum fits.
    fn group(&self, number: u64, block: u64, offset: usize) -> Option<(Group, bool)> {
        let superblock = &self.superblock;
        let bytes = slice(self.block(block)?, offset, superblock.descriptor_size)?;
        let high = |at| if bytes.len() >= 64 { u32_le(bytes, at) } else { Some(0) };
        let wide = |low, at| Some(u64::from(high(at)?) << 32 | u64::from(u32_le(bytes, low)?));
        let group = Group {
            inode_bitmap: wide(4, 0x24)?,
            inode_table: wide(8, 0x28)?,
            uninitialised: u16_le(bytes, 0x12)? & 1 != 0,
        };
        let stated = u16_le(bytes, 0x1e)?;
        let number = (number as u32).to_le_bytes();
        let (before, behind) = (slice(bytes, 0, 0x1e)?, tail(bytes, 0x20));
        let computed = if superblock.has_checksums() {
            let crc = crc32c(crc32c(superblock.seed, &number), before);
            crc32c(crc32c(crc, &[0; 2]), behind) as u16
        } else if superblock.has_read_only(read_only::GROUP_CHECKSUM) {
            crc16(crc16(crc16(crc16(!0, &superblock.uuid), &number), before), behind)
        } else {
            stated
        };
        Some((group, stated == computed))
    }

    /// A block, as the journal leaves it; `None` past the end of the data.
    pub(super) fn block(&self, number: u64) -> Option<&[u8]> {
        if let Some(block) = self.overlay.get(&number) {
            return Some(block);
        }
        self.stored(number)
    }

    /// A block as it stands in the image.
    pub(super) fn stored(&self, number: u64) -> Option<&'a [u8]> {
        let size = self.superblock.block_size;
        slice(self.data, position(number.checked_mul(size as u64)?), size)
    }

    /// Bytes that do not cross a block's end.
    pub(super) fn bytes_at(&self, at: u64, length: usize) -> Option<&[u8]> {
        let size = self.superblock.block_size as u64;
        slice(self.block(at / size)?, (at % size) as usize, length)
    }

    /// Where an inode stands in the image.
    pub(super) fn inode_position(&self, number: u32) -> Option<u64> {
        let index = number.checked_sub(1)?;
        let per_group = self.superblock.inodes_per_group;
        let group = self.groups.get((index / per_group) as usize)?;
        let table = group.inode_table.checked_mul(self.superblock.block_size as u64)?;
        table.checked_add(u64::from(index % per_group) * self.superblock.inode_size as u64)
    }

    /// The inodes that the bitmaps mark as used, in order.
    pub(super) fn used_inodes(&self) -> impl Iterator<Item = u32> + '_ {
        let per_group = self.superblock.inodes_per_group;
        self.groups.iter().zip(0_u32..).filter(|(group, _)| !group.uninitialised).flat_map(
            move |(group, number)| {
                let bitmap = self.block(group.inode_bitmap).unwrap_or_default();
                let first = u64::from(number) * u64::from(per_group) + 1;
                let bits = bitmap.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
                let used = bits.take(per_group as usize).zip(first..).filter(|(used, _)| *used);
                used.filter_map(|(_, inode)| u32::try_from(inode).ok())
            },
        )
    }
}
