//! The superblock: 51 to 119 bytes that say where everything else is.

use super::IDS_IN_BLOCK;
use super::layout::Layout;
use super::metadata::BLOCK;
use crate::bytes::position;
use crate::{Place, Problem, ProblemKind};

/// Where every version keeps its number.
const VERSION: usize = 28;
/// The flags that squashfs 4.0 defines.
const FLAGS: u16 = 0x0fff;
/// The offset of a table that is not there.
pub(super) const ABSENT: u64 = u64::MAX;
/// More inodes than this for each stored byte of their table are not believed: the smallest has 20 bytes, and equal
/// ones shrink to a thousandth at most.
const INODES_A_BYTE: u64 = 64;
const BLOCK_SIZES: std::ops::RangeInclusive<u32> = 4096..=1 << 20;
/// Version 1 allowed blocks of 512 bytes.
const OLDER_BLOCK_SIZES: std::ops::RangeInclusive<u32> = 512..=1 << 20;

/// The fields that reading needs, repaired where another field tells what they should be.
pub(super) struct Superblock {
    pub(super) layout: Layout,
    /// Bytes of the superblock itself.
    pub(super) size: usize,
    pub(super) inodes: u32,
    pub(super) created: u32,
    pub(super) block_size: u32,
    pub(super) fragments: u32,
    /// The number of the compressor, where the version has one.
    pub(super) compressor: Option<u16>,
    pub(super) flags: u16,
    /// Owners and groups in one table (version 4), or owners alone.
    pub(super) ids: u16,
    /// Groups that have a table of their own (before version 4).
    pub(super) groups: u16,
    pub(super) version: (u16, u16),
    pub(super) root: u64,
    pub(super) bytes_used: u64,
    pub(super) id_table: u64,
    pub(super) group_table: u64,
    pub(super) xattr_table: u64,
    pub(super) inode_table: u64,
    pub(super) directory_table: u64,
    pub(super) fragment_table: u64,
    pub(super) export_table: u64,
}

impl Superblock {
    /// `None` where it is cut off or too little of it makes sense; `problems` then says what does not.
    pub(super) fn parse(data: &[u8], place: Place, problems: &mut Vec<Problem>) -> Option<Self> {
        let layout = layout(data)?;
        let mut superblock =
            if layout.major == 4 { Self::fourth(data, layout)? } else { older(data, layout)? };
        let odd = superblock.check(data, problems);
        let allowed = if place == Place::Start { 2 } else { 1 };
        (odd <= allowed).then_some(superblock)
    }

    /// The fields of version 4.
    fn fourth(data: &[u8], layout: Layout) -> Option<Self> {
        let (u16, u32, u64) =
            (|at| layout.u16(data, at), |at| layout.u32(data, at), |at| layout.u64(data, at));
        Some(Self {
            layout,
            size: 96,
            inodes: u32(4)?,
            created: u32(8)?,
            block_size: u32(12)?,
            fragments: u32(16)?,
            compressor: Some(u16(20)?),
            flags: u16(24)?,
            ids: u16(26)?,
            groups: 0,
            version: (u16(VERSION)?, u16(VERSION + 2)?),
            root: u64(32)?,
            bytes_used: u64(40)?,
            id_table: u64(48)?,
            group_table: ABSENT,
            xattr_table: u64(56)?,
            inode_table: u64(64)?,
            directory_table: u64(72)?,
            fragment_table: u64(80)?,
            export_table: u64(88)?,
        })
    }

    /// Where the fields stand that are checked.
    fn places(&self) -> Places {
        match self.layout.major {
            4 => FOURTH,
            3 => THIRD,
            _ => FIRST,
        }
    }

    /// Reports and repairs what contradicts itself; returns how many fields did.
    fn check(&mut self, data: &[u8], problems: &mut Vec<Problem>) -> usize {
        let before = problems.len();
        let places = self.places();
        let mut odd =
            |offset, detail: String| problems.push(Problem::new(ProblemKind::Malformed, offset, detail));
        if self.inodes == 0 {
            odd(4, "no inodes are stated".to_owned());
        }
        if self.layout.major == 4 && self.flags & !FLAGS != 0 {
            odd(24, format!("flags {:#06x}: some are not defined", self.flags));
        }
        let block_log = self.layout.u16(data, places.block_log as usize).unwrap_or(0);
        let sizes = if self.layout.major == 4 { BLOCK_SIZES } else { OLDER_BLOCK_SIZES };
        let from_log = 1_u32.checked_shl(block_log.into()).filter(|size| sizes.contains(size));
        let sane_size = sizes.contains(&self.block_size) && self.block_size.is_power_of_two();
        match from_log {
            Some(from_log) if from_log == self.block_size => {}
            Some(from_log) if !sane_size => {
                odd(
                    places.block_size,
                    format!("block size {}; {from_log} by its logarithm", self.block_size),
                );
                self.block_size = from_log;
            }
            _ => {
                odd(
                    places.block_log,
                    format!("block size {} has not the logarithm {block_log}", self.block_size),
                );
                if !sane_size {
                    self.block_size = 128 << 10;
                }
            }
        }
        if let Some(compressor) = self.compressor.filter(|compressor| !(1..=6).contains(compressor)) {
            odd(COMPRESSOR, format!("compressor {compressor} is not defined"));
        }
        if self.ids == 0 {
            odd(places.ids, "no owners are stated".to_owned());
        }
        if !matches!(self.version, (1..=3, 0..=3) | (4, 0)) {
            odd(
                VERSION as u64,
                format!("version {}.{} where 4.0 is expected", self.version.0, self.version.1),
            );
        }
        let last = self.last_table();
        if self.bytes_used <= last {
            odd(places.bytes_used, format!("{} bytes used, and a table at {last}", self.bytes_used));
            self.bytes_used = last + 8;
        }
        let inside = self.size as u64..self.bytes_used;
        for (offset, name, table) in self.tables() {
            if !inside.contains(&table) {
                odd(offset, format!("the {name} table at {table} lies outside"));
            }
        }
        for (offset, name, table) in self.optional_tables() {
            if table != ABSENT && !inside.contains(&table) {
                odd(offset, format!("the {name} table at {table} lies outside"));
            }
        }
        if inside.contains(&self.inode_table)
            && inside.contains(&self.directory_table)
            && self.directory_table <= self.inode_table
        {
            odd(
                places.directory_table,
                "the directory table does not stand behind the inode table".to_owned(),
            );
        }
        let owners = if self.layout.major == 4 {
            8 * u64::from(self.ids.div_ceil(IDS_IN_BLOCK))
        } else {
            4 * u64::from(self.ids)
        };
        if !self.holds(self.id_table, owners) {
            odd(places.ids, format!("{} owners are more than their table has room for", self.ids));
        }
        let in_block = (BLOCK / self.layout.fragment()) as u64;
        let pointers = self.layout.pointer() as u64 * u64::from(self.fragments).div_ceil(in_block);
        if !self.holds(self.fragment_table, pointers) {
            odd(
                places.fragments,
                format!("{} fragments are more than their table has room for", self.fragments),
            );
        }
        problems.len() - before
    }

    /// Whether a table that starts inside has so many bytes inside as well.
    fn holds(&self, table: u64, bytes: u64) -> bool {
        table >= self.bytes_used || bytes <= self.bytes_used - table
    }

    /// Whether it bears witness by itself: no field contradicts another, and everything stands in the order in which
    /// it is written. Chance does not make this: versions, logarithm and the upper halves of eight offsets are over
    /// three hundred bits, over a hundred in the oldest versions.
    pub(super) fn is_consistent(&self, problems: &[Problem]) -> bool {
        let inode_bytes = self.directory_table.saturating_sub(self.inode_table);
        let fragment_table = if self.fragments == 0 { ABSENT } else { self.fragment_table };
        let behind = if self.layout.major == 4 {
            [fragment_table, self.export_table, self.id_table, self.xattr_table]
        } else {
            [fragment_table, self.export_table, self.id_table, self.group_table]
        };
        let behind = behind.into_iter().filter(|table| *table != ABSENT);
        let ordered = behind.clone().all(|table| table > self.directory_table) && behind.is_sorted();
        let root_stands = self.root >> 16 < inode_bytes && (self.root & 0xffff) < BLOCK as u64;
        let plausible_inodes = u64::from(self.inodes) <= inode_bytes.saturating_mul(INODES_A_BYTE);
        // A vendor's own number for its compressor contradicts nothing.
        problems.iter().all(|problem| problem.kind == ProblemKind::Truncated || problem.offset == COMPRESSOR)
            && ordered
            && root_stands
            && plausible_inodes
    }

    fn tables(&self) -> [(u64, &'static str, u64); 3] {
        let places = self.places();
        [
            (places.id_table, "owner", self.id_table),
            (places.inode_table, "inode", self.inode_table),
            (places.directory_table, "directory", self.directory_table),
        ]
    }

    fn optional_tables(&self) -> [(u64, &'static str, u64); 4] {
        let places = self.places();
        [
            (places.xattr_table, "attribute", self.xattr_table),
            (places.fragment_table, "fragment", self.fragment_table),
            (places.export_table, "export", self.export_table),
            (places.group_table, "group", self.group_table),
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
            self.group_table,
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

    /// Whether a metadata block has a byte of its own between its size and its content (a check mark of versions 1 to 3).
    pub(super) fn marks_blocks(&self) -> bool {
        self.layout.major < 4 && self.flags & 4 != 0
    }

    /// Whether the compressor's options stand behind the superblock.
    pub(super) fn has_options(&self) -> bool {
        self.layout.major == 4 && self.flags & 0x400 != 0
    }
}

/// Offsets of fields, for problems.
#[derive(Clone, Copy)]
struct Places {
    block_size: u64,
    block_log: u64,
    fragments: u64,
    ids: u64,
    bytes_used: u64,
    id_table: u64,
    group_table: u64,
    xattr_table: u64,
    inode_table: u64,
    directory_table: u64,
    fragment_table: u64,
    export_table: u64,
}

/// The offset of the compressor's number in version 4.
pub(super) const COMPRESSOR: u64 = 20;

const FOURTH: Places = Places {
    block_size: 12,
    block_log: 22,
    fragments: 16,
    ids: 26,
    bytes_used: 40,
    id_table: 48,
    group_table: 0,
    xattr_table: 56,
    inode_table: 64,
    directory_table: 72,
    fragment_table: 80,
    export_table: 88,
};

/// Versions 1 and 2.
const FIRST: Places = Places {
    block_size: 51,
    block_log: 34,
    fragments: 55,
    ids: 37,
    bytes_used: 8,
    id_table: 12,
    group_table: 16,
    xattr_table: 0,
    inode_table: 20,
    directory_table: 24,
    fragment_table: 59,
    export_table: 0,
};

const THIRD: Places = Places {
    bytes_used: 63,
    id_table: 71,
    group_table: 79,
    inode_table: 87,
    directory_table: 95,
    fragment_table: 103,
    export_table: 111,
    ..FIRST
};

/// The byte order in which the version makes sense, and the version; where it makes none, version 4 in the byte order
/// that the magic suggests.
fn layout(data: &[u8]) -> Option<Layout> {
    let magic = data.get(..4)?;
    // The magic is a number as well: read in the byte order of the image, it gives the same four letters.
    let suggested = matches!(magic, b"sqsh" | b"qshs" | b"tqsh" | b"sqlz");
    [suggested, !suggested]
        .into_iter()
        .find_map(|big| {
            let layout = Layout { major: 4, big };
            let major = layout.u16(data, VERSION).filter(|major| (1..=4).contains(major))?;
            Some(Layout { major, big })
        })
        .or(Some(Layout { major: 4, big: suggested }))
}

/// The fields of versions 1 to 3.
fn older(data: &[u8], layout: Layout) -> Option<Superblock> {
    let (u16, u32, u64) = (|at| layout.u16(data, at), |at| layout.u32(data, at), |at| layout.u64(data, at));
    let wide = |narrow: usize, wide: usize| match layout.major {
        3 => u64(wide),
        _ => u32(narrow).map(u64::from),
    };
    let (block_size, fragments) = match layout.major {
        1 => (u32::from(u16(32)?), 0),
        _ => (u32(51)?, u32(55)?),
    };
    let groups = u16::from(*data.get(38)?);
    // A table that holds nothing may be stated at 0.
    let unless_empty = |count: u32, table: u64| if count == 0 { ABSENT } else { table };
    Some(Superblock {
        layout,
        size: match layout.major {
            1 => 51,
            2 => 63,
            _ => 119,
        },
        inodes: u32(4)?,
        created: u32(39)?,
        block_size,
        fragments,
        compressor: None,
        flags: u16::from(*data.get(36)?),
        ids: u16::from(*data.get(37)?),
        groups,
        version: (u16(VERSION)?, u16(VERSION + 2)?),
        root: u64(43)?,
        bytes_used: wide(8, 63)?,
        id_table: wide(12, 71)?,
        group_table: unless_empty(groups.into(), wide(16, 79)?),
        xattr_table: ABSENT,
        inode_table: wide(20, 87)?,
        directory_table: wide(24, 95)?,
        fragment_table: match layout.major {
            1 => ABSENT,
            _ => unless_empty(fragments, wide(59, 103)?),
        },
        export_table: match layout.major {
            3 => Some(u64(111)?).filter(|table| *table != 0).unwrap_or(ABSENT),
            _ => ABSENT,
        },
    })
}
