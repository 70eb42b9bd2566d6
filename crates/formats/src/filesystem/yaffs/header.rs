//! Object headers: 512 bytes that name an object and its directory.

use super::super::flash::is_blank;
use super::super::order::Order;
use crate::bytes::{slice, until_nul};

pub(super) const SIZE: usize = 512;
const NAME: usize = 10;
const NAME_ROOM: usize = 256;
const ALIAS: usize = 300;
const ALIAS_ROOM: usize = 160;
/// The highest number of an object.
pub(super) const OBJECT_MAX: u32 = 0x3_ffff;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Symlink,
    Directory,
    Hardlink,
    Special,
}

impl Kind {
    pub(super) fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::File,
            2 => Self::Symlink,
            3 => Self::Directory,
            4 => Self::Hardlink,
            5 => Self::Special,
            _ => return None,
        })
    }

    /// Whether a mode is one of such an object: of its type, or of none where a writer left that out. A hard link's is
    /// not written.
    fn fits(self, mode: u32) -> bool {
        let kind = mode >> 12;
        match self {
            Self::Hardlink => true,
            Self::File => matches!(kind, 0 | 8),
            Self::Symlink => matches!(kind, 0 | 10),
            Self::Directory => matches!(kind, 0 | 4),
            Self::Special => matches!(kind, 0 | 1 | 2 | 6 | 12),
        }
    }

    pub(super) fn number(self) -> u32 {
        match self {
            Self::File => 1,
            Self::Symlink => 2,
            Self::Directory => 3,
            Self::Hardlink => 4,
            Self::Special => 5,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    pub(super) at: usize,
    pub(super) kind: Kind,
    pub(super) parent: u32,
    pub(super) name: &'a [u8],
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mtime: u32,
    /// Bytes of a file, as of this header.
    pub(super) size: u64,
    /// The object that a hard link stands for.
    pub(super) equivalent: u32,
    /// The target of a symbolic link.
    pub(super) alias: &'a [u8],
    pub(super) device: u32,
    /// The object whose place this one took under its name; 0 for none.
    pub(super) shadows: u32,
    /// What stood behind the size before is gone.
    pub(super) shrinks: bool,
}

impl<'a> Header<'a> {
    /// `None` where no object header stands: the fields that are asked for leave chance 90 bits.
    pub(super) fn parse(data: &'a [u8], at: usize, order: Order) -> Option<Self> {
        let bytes = slice(data, at, SIZE)?;
        let kind = Kind::from_number(order.u32(bytes, 0)?)?;
        let parent = order.u32(bytes, 4)?;
        let stored = slice(bytes, NAME, NAME_ROOM)?;
        let name = until_nul(stored);
        let sane = (1..=OBJECT_MAX).contains(&parent)
            && slice(bytes, 8, 2)? == [0xff, 0xff]
            && name.len() < NAME_ROOM
            && !name.contains(&b'/')
            && !name.starts_with(&[0xff, 0xff])
            && kind.fits(order.u32(bytes, 268)?)
            && (!name.is_empty() || (kind == Kind::Directory && parent == 1));
        if !sane {
            return None;
        }
        let high = order.u32(bytes, 496)?;
        // Before sizes had an upper half, it was blank.
        let high = if high == u32::MAX { 0 } else { high };
        let low = order.u32(bytes, 292)?;
        let size = if kind == Kind::File { u64::from(high) << 32 | u64::from(low) } else { 0 };
        let absent = |value: u32| if value == u32::MAX { 0 } else { value };
        Some(Self {
            at,
            kind,
            parent,
            name,
            mode: order.u32(bytes, 268)?,
            uid: order.u32(bytes, 272)?,
            gid: order.u32(bytes, 276)?,
            mtime: order.u32(bytes, 284)?,
            size,
            equivalent: absent(order.u32(bytes, 296)?),
            alias: until_nul(slice(bytes, ALIAS, ALIAS_ROOM)?),
            device: order.u32(bytes, 460)?,
            shadows: absent(order.u32(bytes, 504)?),
            shrinks: order.u32(bytes, 508)? == 1,
        })
    }

    /// Whether the bytes at `at` are a header as its writers lay it out, and so more than a table of small numbers: behind
    /// the name its room is filled with zeros, which the kernel and mkyaffs2image do, or was left erased (the last byte
    /// always may be), the two bytes behind it are of one kind, and without a name the mode says the type.
    pub(super) fn is_laid_out(&self, data: &[u8]) -> bool {
        let room = slice(data, self.at + NAME + self.name.len(), NAME_ROOM - self.name.len());
        let filled = room.is_some_and(|room| match room {
            [0, .., last @ (0 | 0xff)] => {
                let middle = room.get(1..room.len() - 1).unwrap_or_default();
                middle.iter().all(|byte| *byte == 0) || (*last == 0xff && is_blank(middle))
            }
            [0] => true,
            _ => false,
        });
        let gap = slice(data, self.at + NAME + NAME_ROOM, 2);
        filled
            && matches!(gap, Some([0, 0] | [0xff, 0xff]))
            && (self.mode >> 12 != 0 || !self.name.is_empty())
    }

    /// Whether it is the header of the root directory, which some writers store.
    pub(super) fn is_root(&self) -> bool {
        self.name.is_empty()
    }
}
