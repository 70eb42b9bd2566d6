//! The superblock: 96 bytes that say where everything else is.

use super::codec::Codec;
use super::{FRAGMENTS_IN_BLOCK, IDS_IN_BLOCK};
use crate::bytes::{position, u16_le, u32_le, u64_le};
use crate::{Place, Problem, ProblemKind};

pub(super) const SIZE: usize = 96;
/// The flags that squashfs 4.0 defines.
const FLAGS: u16 = 0x0fff;
/// The offset of a table that is not there.
const ABSENT: u64 = u64::MAX;
/// More inodes than this for each stored byte of their table are not believed: the smallest has 20 bytes, and equal
/// ones shrink to a thousandth at most.
const INODES_A_BYTE: u64 = 64;
const BLOCK_SIZES: std::ops::RangeInclusive<u32> = 4096..=1 << 20;

/// The fields that reading needs, repaired where another field tells what they should be.
pub(super) struct Superblock {
    pub(super) inodes: u32,
    pub(super) created: u32,
    pub(super) block_size: u32,
    pub(super) fragments: u32,
    pub(super) compressor: u16,
    pub(super) codec: Option<Codec>,
    pub(super) flags: u16,
    pub(super) ids: u16,
    pub(super) version: (u16, u16),
    pub(super) root: u64,
    pub(super) bytes_used: u64,
    pub(super) id_table: u64,
    pub(super) xattr_table: u64,
    pub(super) inode_table: u64,
    pub(super) directory_table: u64,
    pub(super) fragment_table: u64,
    pub(super) export_table: u64,
}

impl Superblock {
    /// `None` where it is cut off or too little of it makes sense; `problems` then says what does not.
    pub(super) fn parse(data: &[u8], place: Place, problems: &mut Vec<Problem>) -> Option<Self> {
        let compressor = u16_le(data, 20)?;
        let mut superblock = Self {
            inodes: u32_le(data, 4)?,
            created: u32_le(data, 8)?,
            block_size: u32_le(data, 12)?,
            fragments: u32_le(data, 16)?,
            compressor,
            codec: Codec::from_number(compressor),
            flags: u16_le(data, 24)?,
            ids: u16_le(data, 26)?,
            version: (u16_le(data, 28)?, u16_le(data, 30)?),
            root: u64_le(data, 32)?,
            bytes_used: u64_le(data, 40)?,
            id_table: u64_le(data, 48)?,
            xattr_table: u64_le(data, 56)?,
            inode_table: u64_le(data, 64)?,
            directory_table: u64_le(data, 72)?,
            fragment_table: u64_le(data, 80)?,
            export_table: u64_le(data, 88)?,
        };
        let odd = superblock.check(u16_le(data, 22)?, problems);
        let allowed = if place == Place::Start { 2 } else { 1 };
        (odd <= allowed).then_some(superblock)
    }

    /// Reports and repairs what contradicts itself; returns how many fields did.
    fn check(&mut self, block_log: u16, problems: &mut Vec<Problem>) -> usize {
        let before = problems.len();
        let mut odd =
            |offset, detail: String| problems.push(Problem::new(ProblemKind::Malformed, offset, detail));
        if self.inodes == 0 {
            odd(4, "no inodes are stated".to_owned());
        }
        if self.flags & !FLAGS != 0 {
            odd(24, format!("flags {:#06x}: some are not defined", self.flags));
        }
        let from_log = 1_u32.checked_shl(block_log.into()).filter(|size| BLOCK_SIZES.contains(size));
        let sane_size = BLOCK_SIZES.contains(&self.block_size) && self.block_size.is_power_of_two();
        match from_log {
            Some(from_log) if from_log == self.block_size => {}
            Some(from_log) if !sane_size => {
                odd(12, format!("block size {}; {from_log} by its logarithm", self.block_size));
                self.block_size = from_log;
            }
            _ => {
                odd(22, format!("block size {} has not the logarithm {block_log}", self.block_size));
                if !sane_size {
                    self.block_size = 128 << 10;
                }
            }
        }
        if !(1..=6).contains(&self.compressor) {
            odd(20, format!("compressor {} is not defined", self.compressor));
        }
        if self.ids == 0 {
            odd(26, "no owners are stated".to_owned());
        }
        if self.version != (4, 0) {
            odd(28, format!("version {}.{} where 4.0 is expected", self.version.0, self.version.1));
        }
        let last = self.last_table();
        if self.bytes_used <= last {
            odd(40, format!("{} bytes used, and a table at {last}", self.bytes_used));
            self.bytes_used = last + 8;
        }
        for (offset, name, table) in self.tables() {
            if table < SIZE as u64 || table >= self.bytes_used {
                odd(offset, format!("the {name} table at {table} lies outside"));
            }
        }
        for (offset, name, table) in self.optional_tables() {
            if table != ABSENT && (table < SIZE as u64 || table >= self.bytes_used) {
                odd(offset, format!("the {name} table at {table} lies outside"));
            }
        }
        let inside = SIZE as u64..self.bytes_used;
        if inside.contains(&self.inode_table)
            && inside.contains(&self.directory_table)
            && self.directory_table <= self.inode_table
        {
            odd(72, "the directory table does not stand behind the inode table".to_owned());
        }
        if !self.holds(self.id_table, self.ids.into(), IDS_IN_BLOCK.into()) {
            odd(26, format!("{} owners are more than their table has room for", self.ids));
        }
        if !self.holds(self.fragment_table, self.fragments.into(), FRAGMENTS_IN_BLOCK.into()) {
            odd(16, format!("{} fragments are more than their table has room for", self.fragments));
        }
        problems.len() - before
    }

    /// Whether a table that starts inside has its pointers to `count` items inside as well.
    fn holds(&self, table: u64, count: u64, in_block: u64) -> bool {
        table >= self.bytes_used || 8 * count.div_ceil(in_block) <= self.bytes_used - table
    }

    /// Whether it bears witness by itself: no field contradicts another, and everything stands in the order in which
    /// it is written. Chance does not make this: versions, logarithm and the upper halves of eight offsets are over
    /// three hundred bits.
    pub(super) fn is_consistent(&self, problems: &[Problem]) -> bool {
        let inode_bytes = self.directory_table.saturating_sub(self.inode_table);
        let behind = [self.fragment_table, self.export_table, self.id_table, self.xattr_table]
            .into_iter()
            .filter(|table| *table != ABSENT);
        let ordered = behind.clone().all(|table| table > self.directory_table) && behind.is_sorted();
        let root_stands =
            self.root >> 16 < inode_bytes && (self.root & 0xffff) < super::metadata::BLOCK as u64;
        let plausible_inodes = u64::from(self.inodes) <= inode_bytes.saturating_mul(INODES_A_BYTE);
        // A vendor's own number for its compressor contradicts nothing.
        problems.iter().all(|problem| problem.kind == ProblemKind::Truncated || problem.offset == 20)
            && ordered
            && root_stands
            && plausible_inodes
    }

    fn tables(&self) -> [(u64, &'static str, u64); 3] {
        [
            (48, "owner", self.id_table),
            (64, "inode", self.inode_table),
            (72, "directory", self.directory_table),
        ]
    }

    fn optional_tables(&self) -> [(u64, &'static str, u64); 3] {
        [
            (56, "attribute", self.xattr_table),
            (80, "fragment", self.fragment_table),
            (88, "export", self.export_table),
        ]
    }

    /// The highest place that is stated for a table, leaving out what cannot be one.
    fn last_table(&self) -> u64 {
        let all = [
            self.id_table,
            self.xattr_table,
            self.inode_table,
            self.directory_table,
            self.fragment_table,
            self.export_table,
        ];
        all.into_iter().filter(|table| *table < 1 << 40).max().unwrap_or(0)
    }

    /// Where the inode table's block `block` stands, and the same for directories.
    pub(super) fn inode_block(&self, block: u64) -> usize {
        position(self.inode_table.saturating_add(block))
    }

    pub(super) fn directory_block(&self, block: u32) -> usize {
        position(self.directory_table.saturating_add(block.into()))
    }
}
