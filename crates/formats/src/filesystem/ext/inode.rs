//! Inodes, and the attributes that stand behind them.

use super::crc::crc32c;
use super::volume::Volume;
use crate::bytes::{slice, tail, u16_le, u32_le};

/// Flags that a reader has to know.
pub(super) mod flags {
    pub const COMPRESSED: u32 = 0x4;
    pub const ENCRYPTED: u32 = 0x800;
    pub const INDEXED: u32 = 0x1000;
    pub const EXTENTS: u32 = 0x8_0000;
    pub const LARGE_ATTRIBUTE: u32 = 0x20_0000;
    /// Blocks behind the end of the file are meant.
    pub const PAST_END: u32 = 0x40_0000;
    pub const INLINE: u32 = 0x1000_0000;
}

pub(super) const ROOT: u32 = 2;
const ATTRIBUTES: u32 = 0xea02_0000;
const NAMESPACE_SYSTEM: u8 = 7;

#[derive(Clone, Debug)]
pub(super) struct Inode {
    pub number: u32,
    /// Where it stands in the image.
    pub at: u64,
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    pub mtime: i64,
    pub deleted: u32,
    pub links: u16,
    /// Units of 512 bytes, as counted by the file system.
    pub sectors: u64,
    pub flags: u32,
    pub map: [u8; 60],
    pub attribute_block: u64,
    /// Where checksums of its blocks start from.
    pub seed: u32,
    /// What stands between the inode's fields and its end.
    pub extra: Vec<u8>,
}

impl Inode {
    pub(super) fn parse(volume: &Volume, number: u32) -> Option<Self> {
        let at = volume.inode_position(number)?;
        let superblock = &volume.superblock;
        let bytes = volume.bytes_at(at, superblock.inode_size)?;
        let generation = u32_le(bytes, 0x64)?;
        let seed = crc32c(crc32c(superblock.seed, &number.to_le_bytes()), &generation.to_le_bytes());
        let extra_size = if superblock.inode_size > 128 { usize::from(u16_le(bytes, 0x80)?) } else { 0 };
        let extra_size = if extra_size + 128 <= superblock.inode_size { extra_size } else { 0 };
        let epoch = if extra_size >= 12 { i64::from(u32_le(bytes, 0x88)? & 3) << 32 } else { 0 };
        let mode = u16_le(bytes, 0)?;
        let sized = matches!(mode >> 12, 4 | 8 | 10);
        let high = if sized { u64::from(u32_le(bytes, 0x6c)?) } else { 0 };
        Some(Self {
            number,
            at,
            mode,
            uid: u32::from(u16_le(bytes, 0x78)?) << 16 | u32::from(u16_le(bytes, 2)?),
            gid: u32::from(u16_le(bytes, 0x7a)?) << 16 | u32::from(u16_le(bytes, 0x18)?),
            size: high << 32 | u64::from(u32_le(bytes, 4)?),
            // Seconds are signed; two more bits count epochs of 2^32 seconds.
            mtime: i64::from(u32_le(bytes, 0x10)?.cast_signed()) + epoch,
            deleted: u32_le(bytes, 0x14)?,
            links: u16_le(bytes, 0x1a)?,
            sectors: u64::from(u16_le(bytes, 0x74)?) << 32 | u64::from(u32_le(bytes, 0x1c)?),
            flags: u32_le(bytes, 0x20)?,
            map: slice(bytes, 0x28, 60)?.try_into().ok()?,
            attribute_block: u64::from(u16_le(bytes, 0x76)?) << 32 | u64::from(u32_le(bytes, 0x68)?),
            seed,
            extra: tail(bytes, 128 + extra_size).to_vec(),
        })
    }

    /// Its checksum as stated and as computed, where the file system has them.
    pub(super) fn checksum(&self, volume: &Volume) -> Option<(u32, u32)> {
        let size = volume.superblock.inode_size;
        let bytes = volume.bytes_at(self.at, size).filter(|_| volume.superblock.has_checksums())?;
        let extra_size = size.saturating_sub(128).saturating_sub(self.extra.len());
        checksum(bytes, self.seed, extra_size)
    }

    pub(super) fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// Whether nothing but zero bytes stand where the inode should.
    pub(super) fn is_blank(&self) -> bool {
        self.mode == 0 && self.links == 0 && self.size == 0 && self.map == [0; 60]
    }

    /// Major and minor number of a device: the old form in the first word, the new one in the second.
    pub(super) fn device(&self) -> (u32, u32) {
        let old = u32_le(&self.map, 0).unwrap_or_default();
        if old != 0 {
            return (old >> 8 & 0xff, old & 0xff);
        }
        let new = u32_le(&self.map, 4).unwrap_or_default();
        (new >> 8 & 0xfff, new & 0xff | new >> 12 & 0xf_ff00)
    }

    /// Whether a symbolic link's target stands in the inode instead of a block.
    pub(super) fn is_fast_symlink(&self, block_size: usize) -> bool {
        let attributes = if self.attribute_block == 0 { 0 } else { block_size as u64 / 512 };
        !self.has(flags::EXTENTS) && self.size < 60 && self.sectors <= attributes
    }

    /// The content of a file or directory with inline data: the map's bytes, and the attribute `system.data`.
    pub(super) fn inline(&self) -> (&[u8], &[u8]) {
        let rest = self.own_attributes().find(Attribute::is_inline_data);
        (&self.map, rest.and_then(|attribute| attribute.value).unwrap_or_default())
    }

    /// The extended attributes in the inode itself.
    pub(super) fn own_attributes(&self) -> Attributes<'_> {
        let body = match u32_le(&self.extra, 0) {
            Some(ATTRIBUTES) => tail(&self.extra, 4),
            _ => &[],
        };
        Attributes { values: body, at: 0, bytes: body }
    }

    /// The extended attributes in a block of their own.
    pub(super) fn block_attributes<'v>(&self, volume: &'v Volume) -> Option<Attributes<'v>> {
        let block = volume.block(self.attribute_block)?;
        (u32_le(block, 0)? == ATTRIBUTES).then_some(Attributes { values: block, at: 32, bytes: block })
    }
}

/// The checksum as stated and as computed; inodes without extra fields have only half of it.
fn checksum(bytes: &[u8], seed: u32, extra_size: usize) -> Option<(u32, u32)> {
    let mut blanked = bytes.to_vec();
    blanked.get_mut(0x7c..0x7e)?.fill(0);
    let low = u32::from(u16_le(bytes, 0x7c)?);
    if extra_size < 4 {
        return Some((low, crc32c(seed, &blanked) & 0xffff));
    }
    blanked.get_mut(0x82..0x84)?.fill(0);
    Some((u32::from(u16_le(bytes, 0x82)?) << 16 | low, crc32c(seed, &blanked)))
}

/// One extended attribute; its value is missing where it lies outside, or in an inode of its own.
pub(super) struct Attribute<'v> {
    pub namespace: u8,
    pub name: &'v [u8],
    pub value: Option<&'v [u8]>,
}

impl Attribute<'_> {
    /// Whether it is no attribute but the rest of the content.
    pub(super) fn is_inline_data(&self) -> bool {
        self.namespace == NAMESPACE_SYSTEM && self.name == b"data"
    }

    /// The name with its name space in front.
    pub(super) fn full_name(&self) -> Vec<u8> {
        let prefix: &[u8] = match self.namespace {
            0 => b"",
            1 => b"user.",
            2 => b"system.posix_acl_access",
            3 => b"system.posix_acl_default",
            4 => b"trusted.",
            6 => b"security.",
            7 => b"system.",
            8 => b"system.richacl",
            _ => b"unknown.",
        };
        [prefix, self.name].concat()
    }
}

/// Walks a list of extended attributes.
pub(super) struct Attributes<'v> {
    bytes: &'v [u8],
    /// Where the next entry stands.
    at: usize,
    /// What the positions of values count from.
    values: &'v [u8],
}

impl<'v> Iterator for Attributes<'v> {
    type Item = Attribute<'v>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = tail(self.bytes, self.at);
        let length = usize::from(*entry.first()?);
        let namespace = *entry.get(1)?;
        if u32_le(entry, 0)? == 0 {
            return None;
        }
        let name = slice(entry, 16, length)?;
        self.at += (16 + length).next_multiple_of(4);
        let size = u32_le(entry, 8)? as usize;
        let value = match u32_le(entry, 4)? {
            0 => slice(self.values, usize::from(u16_le(entry, 2)?), size),
            _ => None,
        };
        Some(Attribute { namespace, name, value })
    }
}
