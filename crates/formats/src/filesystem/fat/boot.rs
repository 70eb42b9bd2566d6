//! The boot sector: how large everything is. FAT has no magic worth the name; its fields have to agree.

use crate::bytes::{slice, u16_le, u32_le};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variant {
    Fat12,
    Fat16,
    Fat32,
}

impl Variant {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Fat12 => "FAT12",
            Self::Fat16 => "FAT16",
            Self::Fat32 => "FAT32",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Boot {
    pub variant: Variant,
    pub sector: usize,
    pub cluster: usize,
    /// First byte of the first allocation table, and the length of each.
    pub table: usize,
    pub table_size: usize,
    pub tables: usize,
    /// The table that counts, where the others do not mirror it.
    pub active_table: Option<usize>,
    /// First byte and length of the root directory that is not a chain.
    pub root: usize,
    pub root_size: usize,
    pub root_cluster: u32,
    /// First byte of cluster 2.
    pub data: usize,
    pub clusters: u32,
    pub size: u64,
    pub media: u8,
    pub information: usize,
    pub maker: [u8; 8],
    pub serial: Option<u32>,
    pub label: Option<[u8; 11]>,
}

/// Clusters above which entries of the allocation table have 16 bits.
const FAT12_MAX: u64 = 4084;

impl Boot {
    /// Reads a boot sector whose fields agree.
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let bytes = slice(data, 0, 512)?;
        let byte = |at: usize| bytes.get(at).copied();
        let short = |at| u16_le(bytes, at).map(usize::from);
        let (sector, per_cluster) = (short(11)?, usize::from(byte(13)?));
        let (reserved, tables, roots) = (short(14)?, usize::from(byte(16)?), short(17)?);
        let media = byte(21)?;
        let jump = matches!((byte(0)?, byte(2)?), (0xeb, 0x90) | (0xe9, _) | (0xeb, 0x00));
        let sane = jump
            && matches!(sector, 512 | 1024 | 2048 | 4096)
            && per_cluster.is_power_of_two()
            && sector * per_cluster <= 256 << 10
            && reserved > 0
            && (1..=4).contains(&tables)
            && (media == 0xf0 || media >= 0xf8);
        if !sane {
            return None;
        }
        let total = match short(19)? as u64 {
            0 => u64::from(u32_le(bytes, 32)?),
            total => total,
        };
        let (wide, table_sectors) = match short(22)? {
            0 => (true, u32_le(bytes, 36)? as usize),
            sectors => (false, sectors),
        };
        if table_sectors == 0 || table_sectors >= 1 << 28 || wide != (roots == 0) {
            return None;
        }
        let root = (reserved + tables * table_sectors) * sector;
        let root_size = (roots * 32).next_multiple_of(sector);
        let first = (root + root_size) / sector;
        let clusters = total.checked_sub(first as u64)? / per_cluster as u64;
        let variant = match clusters {
            _ if wide => Variant::Fat32,
            0..=FAT12_MAX => Variant::Fat12,
            _ => Variant::Fat16,
        };
        let (bits, most) = match variant {
            Variant::Fat12 => (12, FAT12_MAX),
            Variant::Fat16 => (16, 0xfff5),
            Variant::Fat32 => (32, 0x0fff_fff5),
        };
        let holds = (table_sectors * sector) as u64 * 8 / bits;
        // The table must have room for each cluster, and is not far larger than it has to be.
        if clusters == 0 || clusters > most || holds < clusters + 2 {
            return None;
        }
        let extended = if wide { 66 } else { 38 };
        let signed = byte(extended)? == 0x29;
        let flags = if wide { short(40)? } else { 0 };
        Some(Self {
            variant,
            sector,
            cluster: sector * per_cluster,
            table: reserved * sector,
            table_size: table_sectors * sector,
            tables,
            active_table: (flags & 0x80 != 0).then_some(flags & 0xf).filter(|active| *active < tables),
            root,
            root_size,
            root_cluster: if wide { u32_le(bytes, 44)? & 0x0fff_ffff } else { 0 },
            data: root + root_size,
            clusters: clusters as u32,
            size: total * sector as u64,
            media,
            information: if wide { short(48)? * sector } else { 0 },
            maker: slice(bytes, 3, 8)?.try_into().ok()?,
            serial: if signed { u32_le(bytes, extended + 1) } else { None },
            label: if signed { slice(bytes, extended + 5, 11)?.try_into().ok() } else { None },
        })
    }

    /// Where a cluster starts; clusters count from 2.
    pub(super) fn position(&self, cluster: u32) -> usize {
        self.data.saturating_add((cluster as usize).saturating_sub(2).saturating_mul(self.cluster))
    }

    pub(super) fn has(&self, cluster: u32) -> bool {
        cluster >= 2 && cluster - 2 < self.clusters
    }
}
