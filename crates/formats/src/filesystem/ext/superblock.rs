//! The superblock: what the file system is made of, and which features it has.

use super::crc::crc32c;
use crate::bytes::{slice, u16_le, u32_le, until_nul};
use crate::time::iso8601;

/// Where the superblock stands in the image.
pub(super) const AT: usize = 1024;
pub(super) const SIZE: usize = 1024;
pub(super) const MAGIC: u16 = 0xef53;

/// Features without which the file system cannot be read at all, by number of the bit.
pub(super) mod incompatible {
    pub const COMPRESSION: u32 = 0x1;
    pub const FILETYPE: u32 = 0x2;
    pub const RECOVER: u32 = 0x4;
    pub const JOURNAL_DEVICE: u32 = 0x8;
    pub const META_BG: u32 = 0x10;
    pub const SIXTY_FOUR_BIT: u32 = 0x80;
    pub const CHECKSUM_SEED: u32 = 0x2000;
    /// What is understood here, or changes nothing for a reader.
    pub const KNOWN: u32 = 0x3f7df | COMPRESSION;
}

/// Features without which it may not be written.
pub(super) mod read_only {
    pub const SPARSE_SUPER: u32 = 0x1;
    pub const GROUP_CHECKSUM: u32 = 0x10;
    pub const BIGALLOC: u32 = 0x200;
    pub const METADATA_CHECKSUM: u32 = 0x400;
    pub const SHARED_BLOCKS: u32 = 0x4000;
}

const SPARSE_SUPER2: u32 = 0x200;
const HAS_JOURNAL: u32 = 0x4;

const COMPATIBLE_NAMES: &[(u32, &str)] = &[
    (0x1, "dir_prealloc"),
    (0x2, "imagic_inodes"),
    (0x4, "has_journal"),
    (0x8, "ext_attr"),
    (0x10, "resize_inode"),
    (0x20, "dir_index"),
    (0x200, "sparse_super2"),
    (0x400, "fast_commit"),
    (0x800, "stable_inodes"),
    (0x1000, "orphan_file"),
];
const INCOMPATIBLE_NAMES: &[(u32, &str)] = &[
    (0x1, "compression"),
    (0x2, "filetype"),
    (0x4, "needs_recovery"),
    (0x8, "journal_dev"),
    (0x10, "meta_bg"),
    (0x40, "extent"),
    (0x80, "64bit"),
    (0x100, "mmp"),
    (0x200, "flex_bg"),
    (0x400, "ea_inode"),
    (0x1000, "dirdata"),
    (0x2000, "metadata_csum_seed"),
    (0x4000, "large_dir"),
    (0x8000, "inline_data"),
    (0x10000, "encrypt"),
    (0x20000, "casefold"),
];
const READ_ONLY_NAMES: &[(u32, &str)] = &[
    (0x1, "sparse_super"),
    (0x2, "large_file"),
    (0x8, "huge_file"),
    (0x10, "uninit_bg"),
    (0x20, "dir_nlink"),
    (0x40, "extra_isize"),
    (0x100, "quota"),
    (0x200, "bigalloc"),
    (0x400, "metadata_csum"),
    (0x1000, "read-only"),
    (0x2000, "project"),
    (0x4000, "shared_blocks"),
    (0x8000, "verity"),
    (0x10000, "orphan_present"),
];

#[derive(Clone, Debug)]
pub(super) struct Superblock {
    pub inodes: u32,
    pub blocks: u64,
    pub first_data_block: u32,
    pub block_size: usize,
    pub blocks_per_group: u32,
    pub inodes_per_group: u32,
    pub state: u16,
    pub revision: u32,
    pub first_inode: u32,
    pub inode_size: usize,
    pub own_group: u16,
    pub compatible: u32,
    pub incompatible: u32,
    pub read_only: u32,
    pub journal_inode: u32,
    pub descriptor_size: usize,
    pub first_meta_group: u32,
    pub backups: [u32; 2],
    /// Inodes of the file system itself that have no fixed number: quotas, and the list of orphans.
    pub reserved_inodes: [u32; 4],
    pub seed: u32,
    pub stated_checksum: u32,
    pub checksum: u32,
    pub created: u32,
    pub written: u32,
    pub label: Vec<u8>,
    pub mounted_at: Vec<u8>,
    pub uuid: [u8; 16],
}

impl Superblock {
    /// Reads the 1,024 bytes of a superblock; `None` where the magic is missing or a field makes reading impossible.
    pub(super) fn parse(block: &[u8]) -> Option<Self> {
        let block = slice(block, 0, SIZE)?;
        if u16_le(block, 0x38)? != MAGIC {
            return None;
        }
        let log = u32_le(block, 0x18)?;
        let revision = u32_le(block, 0x4c)?;
        let dynamic = revision > 0;
        let incompatible = if dynamic { u32_le(block, 0x60)? } else { 0 };
        let wide = incompatible & incompatible::SIXTY_FOUR_BIT != 0;
        let blocks_high = if wide { u32_le(block, 0x150)? } else { 0 };
        let descriptor_size = if wide { usize::from(u16_le(block, 0xfe)?) } else { 32 };
        let inode_size = if dynamic { usize::from(u16_le(block, 0x58)?) } else { 128 };
        let uuid: [u8; 16] = slice(block, 0x68, 16)?.try_into().ok()?;
        let seed = match incompatible & incompatible::CHECKSUM_SEED {
            0 => crc32c(!0, &uuid),
            _ => u32_le(block, 0x270)?,
        };
        let superblock = Self {
            inodes: u32_le(block, 0)?,
            blocks: u64::from(blocks_high) << 32 | u64::from(u32_le(block, 4)?),
            first_data_block: u32_le(block, 0x14)?,
            block_size: 1024_usize << log.min(7),
            blocks_per_group: u32_le(block, 0x20)?,
            inodes_per_group: u32_le(block, 0x28)?,
            state: u16_le(block, 0x3a)?,
            revision,
            first_inode: if dynamic { u32_le(block, 0x54)? } else { 11 },
            inode_size,
            own_group: u16_le(block, 0x5a)?,
            compatible: if dynamic { u32_le(block, 0x5c)? } else { 0 },
            incompatible,
            read_only: if dynamic { u32_le(block, 0x64)? } else { 0 },
            journal_inode: u32_le(block, 0xe0)?,
            descriptor_size,
            first_meta_group: u32_le(block, 0x104)?,
            backups: [u32_le(block, 0x24c)?, u32_le(block, 0x250)?],
            reserved_inodes: [
                u32_le(block, 0x240)?,
                u32_le(block, 0x244)?,
                u32_le(block, 0x26c)?,
                u32_le(block, 0x280)?,
            ],
            seed,
            stated_checksum: u32_le(block, 0x3fc)?,
            checksum: crc32c(!0, slice(block, 0, 0x3fc)?),
            created: u32_le(block, 0x108)?,
            written: u32_le(block, 0x30)?,
            label: until_nul(slice(block, 0x78, 16)?).to_vec(),
            mounted_at: until_nul(slice(block, 0x88, 64)?).to_vec(),
            uuid,
        };
        superblock.is_readable().then_some(superblock)
    }

    /// Whether every field that positions depend on is within what the format allows.
    fn is_readable(&self) -> bool {
        let sizes = self.block_size <= 64 << 10
            && self.inode_size.is_power_of_two()
            && (128..=self.block_size).contains(&self.inode_size)
            && (32..=self.block_size.min(1024)).contains(&self.descriptor_size)
            && self.descriptor_size.is_power_of_two();
        let first = match self.block_size {
            1024 => self.first_data_block <= 1,
            _ => self.first_data_block == 0,
        };
        // Bits of one block, each for a cluster of many blocks where there are clusters.
        let group = match self.has_read_only(read_only::BIGALLOC) {
            true => u32::MAX,
            false => self.block_size as u32 * 8,
        };
        sizes
            && first
            && self.blocks > u64::from(self.first_data_block)
            && self.blocks <= u64::MAX >> 20
            && (1..=group).contains(&self.blocks_per_group)
            && (1..=self.block_size as u32 * 8).contains(&self.inodes_per_group)
    }

    /// Whether the fields also agree with one another, as they do not by chance.
    pub(super) fn is_consistent(&self) -> bool {
        let inodes = self.groups().saturating_mul(u64::from(self.inodes_per_group));
        inodes == u64::from(self.inodes)
            && self.own_group == 0
            && self.state & !7 == 0
            && self.revision <= 1
            && self.incompatible & !incompatible::KNOWN == 0
    }

    pub(super) fn groups(&self) -> u64 {
        (self.blocks - u64::from(self.first_data_block)).div_ceil(u64::from(self.blocks_per_group))
    }

    pub(super) fn has(&self, feature: u32) -> bool {
        self.incompatible & feature != 0
    }

    pub(super) fn has_read_only(&self, feature: u32) -> bool {
        self.read_only & feature != 0
    }

    pub(super) fn has_checksums(&self) -> bool {
        self.has_read_only(read_only::METADATA_CHECKSUM)
    }

    pub(super) fn has_journal(&self) -> bool {
        self.compatible & HAS_JOURNAL != 0
    }

    /// Bytes of the whole file system.
    pub(super) fn size(&self) -> u64 {
        self.blocks.saturating_mul(self.block_size as u64)
    }

    /// Whether a group starts with a copy of the superblock.
    fn has_copy(&self, group: u64) -> bool {
        if self.compatible & SPARSE_SUPER2 != 0 {
            return group == 0 || self.backups.iter().any(|backup| u64::from(*backup) == group);
        }
        if !self.has_read_only(read_only::SPARSE_SUPER) || group <= 1 {
            return true;
        }
        [3, 5, 7].into_iter().any(|base: u64| {
            let mut power = base;
            while power < group {
                power = power.saturating_mul(base);
            }
            power == group
        })
    }

    /// The first block of a group.
    pub(super) fn first_block(&self, group: u64) -> u64 {
        u64::from(self.first_data_block)
            .saturating_add(group.saturating_mul(u64::from(self.blocks_per_group)))
    }

    /// The block that holds a group's descriptor, and where in it.
    pub(super) fn descriptor(&self, group: u64) -> (u64, usize) {
        let in_block = (self.block_size / self.descriptor_size) as u64;
        let offset = (group % in_block) as usize * self.descriptor_size;
        let table = group / in_block;
        if !self.has(incompatible::META_BG) || table < u64::from(self.first_meta_group) {
            // Behind the superblock, which stands at byte 1,024 also where clusters make the first block 0.
            let superblock = u64::from(self.first_data_block).max((1024 / self.block_size) as u64);
            return (superblock.saturating_add(1).saturating_add(table), offset);
        }
        let holder = table * in_block;
        (self.first_block(holder).saturating_add(u64::from(self.has_copy(holder))), offset)
    }

    /// The same in a copy: behind the superblock's copy in group 1, or in the second group of a meta group.
    pub(super) fn descriptor_copy(&self, group: u64) -> (u64, usize) {
        let (block, offset) = self.descriptor(group);
        let step = u64::from(self.blocks_per_group);
        let in_block = (self.block_size / self.descriptor_size) as u64;
        let table = group / in_block;
        if self.has(incompatible::META_BG) && table >= u64::from(self.first_meta_group) {
            let (first, second) = (table * in_block, table * in_block + 1);
            let copies = u64::from(self.has_copy(second));
            let here = u64::from(self.has_copy(first));
            return (block.saturating_sub(here).saturating_add(step).saturating_add(copies), offset);
        }
        (block.saturating_add(step), offset)
    }

    /// The name of the kind of ext that these features make.
    fn variant(&self) -> &'static str {
        let ext4 = 0x40 | 0x80 | 0x200 | 0x400 | 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000;
        let ext4_read_only = 0x8 | 0x10 | 0x20 | 0x40 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x8000;
        if self.has(ext4) || self.has_read_only(ext4_read_only) {
            "ext4"
        } else if self.has_journal() {
            "ext3"
        } else {
            "ext2"
        }
    }

    pub(super) fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("variant", self.variant().to_owned()),
            ("revision", self.revision.to_string()),
            ("block-size", self.block_size.to_string()),
            ("blocks", self.blocks.to_string()),
            ("inodes", self.inodes.to_string()),
            ("inode-size", self.inode_size.to_string()),
            ("uuid", uuid(&self.uuid)),
        ];
        for (name, text) in [("label", &self.label), ("last-mounted-at", &self.mounted_at)] {
            if !text.is_empty() {
                attributes.push((name, String::from_utf8_lossy(text).into_owned()));
            }
        }
        for (name, time) in [("created", self.created), ("written", self.written)] {
            if time != 0 {
                attributes.push((name, iso8601(time.into())));
            }
        }
        let names = [
            (self.compatible, COMPATIBLE_NAMES),
            (self.incompatible, INCOMPATIBLE_NAMES),
            (self.read_only, READ_ONLY_NAMES),
        ];
        let names = names.iter().flat_map(|(bits, names)| {
            names.iter().filter(move |(bit, _)| bits & bit != 0).map(|(_, name)| *name)
        });
        attributes.push(("features", names.collect::<Vec<_>>().join(" ")));
        attributes
    }
}

/// A UUID as ext stores it, most significant byte first.
fn uuid(bytes: &[u8; 16]) -> String {
    let hex = u128::from_be_bytes(*bytes);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        hex >> 96,
        hex >> 80 & 0xffff,
        hex >> 64 & 0xffff,
        hex >> 48 & 0xffff,
        hex & 0xffff_ffff_ffff
    )
}
