//! The superblock, inodes, and where their zones are.

use crate::bytes::{self, position, slice};

/// Where the superblock stands.
pub(super) const SUPERBLOCK: usize = 1024;
/// Blocks of versions 1 and 2.
const BLOCK: usize = 1024;
/// Zones named in an inode itself.
const DIRECT: u64 = 7;
/// The number of the root's inode.
pub(super) const ROOT: u32 = 1;

/// A volume.
#[derive(Clone, Copy, Debug)]
pub(super) struct Volume<'a> {
    pub(super) data: &'a [u8],
    pub(super) version: u8,
    pub(super) big: bool,
    /// Bytes of a name.
    pub(super) names: usize,
    pub(super) block: usize,
    /// Blocks of a zone, as a power of two.
    log_zone: u32,
    pub(super) inodes: u32,
    /// Zones, counted from the start of the volume.
    pub(super) zones: u32,
    inode_map: usize,
    zone_map: usize,
    first_zone: u32,
    state: Option<u16>,
}

/// An inode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inode {
    pub(super) mode: u32,
    pub(super) links: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) size: u64,
    pub(super) mtime: u32,
    zones: [u32; 10],
}

impl<'a> Volume<'a> {
    /// The volume whose superblock, bitmaps and root fit each other.
    pub(super) fn parse(data: &'a [u8]) -> Option<Self> {
        let superblock = slice(data, SUPERBLOCK, 32)?;
        [false, true].into_iter().find_map(|big| {
            let volume = Self::fields(data, superblock, big)?;
            (volume.is_sane() && volume.has_root()).then_some(volume)
        })
    }

    fn fields(data: &'a [u8], superblock: &[u8], big: bool) -> Option<Self> {
        let short = |at| bytes::int(superblock, big, at, 2).map(|value| value as u16);
        let long = |at| bytes::int(superblock, big, at, 4).map(|value| value as u32);
        let (version, names) = match (short(16)?, short(24)?) {
            (0x137f, _) => (1, 14),
            (0x138f, _) => (1, 30),
            (0x2468, _) => (2, 14),
            (0x2478, _) => (2, 30),
            (_, 0x4d5a) => (3, 60),
            _ => return None,
        };
        // Version 3 has a wider count of inodes in front, and everything else behind that.
        let shift = if version == 3 { 2 } else { 0 };
        let mut volume = Self {
            data,
            version,
            big,
            names,
            block: if version == 3 { short(28)?.into() } else { BLOCK },
            log_zone: short(10 + shift)?.into(),
            inodes: if version == 3 { long(0)? } else { short(0)?.into() },
            zones: if version == 1 { short(2)?.into() } else { long(20)? },
            inode_map: short(4 + shift)?.into(),
            zone_map: short(6 + shift)?.into(),
            first_zone: short(8 + shift)?.into(),
            state: if version == 3 { None } else { Some(short(18)?) },
        };
        let sane_block = (512..=1 << 16).contains(&volume.block) && volume.block.is_power_of_two();
        if !sane_block || volume.log_zone > 8 {
            return None;
        }
        if volume.first_zone == 0 {
            // Large volumes of version 3 leave it out: it stands behind the inodes.
            let behind = volume.behind_inodes().div_ceil(volume.zone_bytes());
            volume.first_zone = u32::try_from(behind).unwrap_or(u32::MAX);
        }
        Some(volume)
    }

    fn behind_inodes(&self) -> u64 {
        self.inode_table() + u64::from(self.inodes) * self.inode_bytes() as u64
    }

    /// Whether the counts fit each other.
    fn is_sane(&self) -> bool {
        let bits = 8 * self.block as u64;
        let needed = |count: u64| count.div_ceil(bits);
        let behind_inodes = self.behind_inodes();
        let first = u64::from(self.first_zone) * self.zone_bytes();
        self.inodes > 0
            && self.zones > self.first_zone
            && self.inode_map as u64 >= needed(u64::from(self.inodes) + 1)
            && self.inode_map as u64 <= 2 * needed(u64::from(self.inodes) + 1) + 4
            && self.zone_map as u64 >= needed(u64::from(self.zones - self.first_zone))
            && self.zone_map as u64 <= 2 * needed(u64::from(self.zones)) + 4
            && first >= behind_inodes.next_multiple_of(self.block as u64)
            && first - behind_inodes <= 2 * self.zone_bytes()
            && self.is_used(0) == Some(true)
            && self.is_used(ROOT) == Some(true)
    }

    /// Whether the root is a directory that starts with its own names.
    fn has_root(&self) -> bool {
        let Some(root) = self.inode(ROOT).filter(|root| root.mode >> 12 == 4 && root.links >= 1) else {
            return false;
        };
        let entry = self.entry_bytes();
        let Some(zone) = self.zone(&root, 0).and_then(|zone| self.block_at(zone)) else { return false };
        let starts = |at: usize, name: &[u8]| {
            self.number(zone, at) == Some(ROOT)
                && slice(zone, at + entry - self.names, name.len()) == Some(name)
        };
        root.size >= 2 * entry as u64
            && root.size.is_multiple_of(entry as u64)
            && starts(0, b".\0")
            && starts(entry, b"..\0")
    }

    /// Bytes of the volume.
    pub(super) fn size(&self) -> u64 {
        u64::from(self.zones) * self.zone_bytes()
    }

    pub(super) fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("version", self.version.to_string()),
            ("byte-order", if self.big { "big" } else { "little" }.to_owned()),
            ("name-length", self.names.to_string()),
            ("block-size", self.block.to_string()),
            ("inodes", self.inodes.to_string()),
            ("zones", self.zones.to_string()),
        ];
        attributes.extend(
            self.state.map(|state| ("state", if state & 1 != 0 { "clean" } else { "not clean" }.to_owned())),
        );
        attributes
    }

    fn zone_bytes(&self) -> u64 {
        (self.block as u64) << self.log_zone
    }

    /// Where the inodes start, which is behind two blocks and both bitmaps.
    fn inode_table(&self) -> u64 {
        // Version 3 has its superblock in the second kilobyte, whatever the size of a block.
        let front = (2 * self.block) as u64;
        front + ((self.inode_map + self.zone_map) * self.block) as u64
    }

    fn inode_bytes(&self) -> usize {
        if self.version == 1 { 32 } else { 64 }
    }

    /// Bytes of a directory's entry.
    pub(super) fn entry_bytes(&self) -> usize {
        self.names + if self.version == 3 { 4 } else { 2 }
    }

    /// The inode's number in the directory entry at `at`.
    pub(super) fn number(&self, directory: &[u8], at: usize) -> Option<u32> {
        let width = self.entry_bytes() - self.names;
        bytes::int(directory, self.big, at, width).map(|number| number as u32)
    }

    /// Whether the bitmap says that an inode is in use.
    pub(super) fn is_used(&self, number: u32) -> Option<bool> {
        let at = 2 * self.block + (number / 8) as usize;
        let word = self.data.get(at)?;
        // Big-endian machines number the bits of a 16-bit word from its other byte: both are asked there.
        let swapped = self.data.get(at ^ 1)?;
        let set = |byte: &u8| byte >> (number % 8) & 1 == 1;
        Some(set(word) || self.big && set(swapped))
    }

    pub(super) fn inode(&self, number: u32) -> Option<Inode> {
        let index = number.checked_sub(1).filter(|_| number <= self.inodes)?;
        let at = position(self.inode_table()) + index as usize * self.inode_bytes();
        let inode = slice(self.data, at, self.inode_bytes())?;
        let field = |at, width| bytes::int(inode, self.big, at, width).map(|value| value as u32);
        let mut zones = [0; 10];
        let (first, width, count) = if self.version == 1 { (14, 2, 9) } else { (24, 4, 10) };
        for (index, zone) in zones.iter_mut().enumerate().take(count) {
            *zone = field(first + index * width, width)?;
        }
        Some(if self.version == 1 {
            Inode {
                mode: field(0, 2)?,
                links: field(13, 1)?,
                uid: field(2, 2)?,
                gid: field(12, 1)?,
                size: field(4, 4)?.into(),
                mtime: field(8, 4)?,
                zones,
            }
        } else {
            Inode {
                mode: field(0, 2)?,
                links: field(2, 2)?,
                uid: field(4, 2)?,
                gid: field(6, 2)?,
                size: field(8, 4)?.into(),
                mtime: field(16, 4)?,
                zones,
            }
        })
    }

    /// Where block `index` of an inode's content stands; 0 for a hole, none where the way there leaves the volume.
    pub(super) fn zone(&self, inode: &Inode, index: u64) -> Option<u64> {
        let in_zone = 1 << self.log_zone;
        let (mut zone, within) = (index / in_zone, index % in_zone);
        if let Some(direct) = inode.zones.get(position(zone)).filter(|_| zone < DIRECT) {
            return self.address(*direct, within);
        }
        zone -= DIRECT;
        let width = if self.version == 1 { 2 } else { 4 };
        let in_block = (self.block / width) as u64;
        let mut reach = in_block;
        let indirect = if self.version == 1 { inode.zones.get(7..9)? } else { inode.zones.get(7..10)? };
        for first in indirect {
            if zone >= reach {
                zone -= reach;
                reach = reach.checked_mul(in_block)?;
                continue;
            }
            // Down from the widest step to the single zone.
            let mut number = *first;
            while reach > 1 {
                reach /= in_block;
                if number == 0 {
                    return Some(0);
                }
                let table = self.block_at(self.address(number, 0)?)?;
                let at = position(zone / reach) * width;
                number = bytes::int(table, self.big, at, width)? as u32;
                zone %= reach;
            }
            return self.address(number, within);
        }
        None
    }

    fn address(&self, zone: u32, within: u64) -> Option<u64> {
        match zone {
            0 => Some(0),
            zone if zone < self.first_zone || zone >= self.zones => None,
            zone => Some(u64::from(zone) * self.zone_bytes() + within * self.block as u64),
        }
    }

    /// The block that stands there.
    pub(super) fn block_at(&self, address: u64) -> Option<&'a [u8]> {
        slice(self.data, position(address), self.block)
    }
}

impl Inode {
    /// A device's numbers.
    pub(super) fn device(&self) -> (u32, u32) {
        let number = self.zones.first().copied().unwrap_or(0);
        (number >> 8 & 0xff, number & 0xff)
    }
}
