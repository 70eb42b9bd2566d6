//! Nodes: a header of twelve bytes with its own checksum, then what the type says.

use super::super::flash::crc_from_zeros;
use super::super::order::Order;
use super::codec;
use crate::bytes::{head, slice, tail};

pub(super) const MAGIC: u16 = 0x1985;
pub(super) const HEADER: usize = 12;
/// Cleared when a node becomes obsolete on flash that lets single bits be cleared; the checksums are those from before.
const ACCURATE: u16 = 0x2000;
/// Both set: who does not know the type must not mount the image.
pub(super) const INCOMPATIBLE: u16 = 0xc000;

pub(super) const DIRENT: u16 = 0xe001;
pub(super) const INODE: u16 = 0xe002;
pub(super) const CLEAN_MARKER: u16 = 0x2003;
pub(super) const PADDING: u16 = 0x2004;
pub(super) const SUMMARY: u16 = 0x2006;
pub(super) const XATTR: u16 = 0xe008;
pub(super) const XREF: u16 = 0xe009;

/// The fixed parts of nodes, in bytes.
pub(super) const DIRENT_SIZE: usize = 40;
pub(super) const INODE_SIZE: usize = 68;
const XATTR_SIZE: usize = 32;
const XREF_SIZE: usize = 28;

#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// The type as it was before the node became obsolete.
    pub(super) kind: u16,
    pub(super) obsolete: bool,
    /// Length without the padding to four bytes.
    pub(super) length: usize,
}

impl Header {
    /// `None` where no header with a checksum that fits stands.
    pub(super) fn parse(data: &[u8], at: usize, order: Order) -> Option<Self> {
        let bytes = slice(data, at, HEADER)?;
        if order.u16(bytes, 0)? != MAGIC {
            return None;
        }
        let stored = order.u16(bytes, 2)?;
        let length = order.u32(bytes, 4)? as usize;
        let header = Self { kind: stored | ACCURATE, obsolete: stored & ACCURATE == 0, length };
        let fits = header.checksum(bytes, 8, order)? == order.u32(bytes, 8)?;
        (fits && length >= HEADER).then_some(header)
    }

    /// The checksum over the first `length` bytes of a node, as it was before the node became obsolete.
    fn checksum(&self, node: &[u8], length: usize, order: Order) -> Option<u32> {
        let covered = slice(node, 0, length)?;
        if !self.obsolete {
            return Some(crc_from_zeros(covered));
        }
        let kind = match order {
            Order::Little => self.kind.to_le_bytes(),
            Order::Big => self.kind.to_be_bytes(),
        };
        Some(crc_from_zeros(&[head(covered, 2), &kind, tail(covered, 4)].concat()))
    }

    /// Whether the checksum at `field` over the first `length` bytes of the node at `at` fits; `None` where the node is
    /// too short for it.
    pub(super) fn fits(
        &self,
        data: &[u8],
        at: usize,
        order: Order,
        length: usize,
        field: usize,
    ) -> Option<bool> {
        let node = head(tail(data, at), self.length);
        Some(self.checksum(node, length, order)? == order.u32(node, field)?)
    }
}

/// A name in a directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dirent<'a> {
    pub(super) at: usize,
    pub(super) parent: u32,
    pub(super) version: u32,
    /// 0: the name is deleted.
    pub(super) ino: u32,
    pub(super) kind: u8,
    pub(super) obsolete: bool,
    pub(super) name: &'a [u8],
    pub(super) name_fits: bool,
}

impl<'a> Dirent<'a> {
    pub(super) fn parse(data: &'a [u8], at: usize, header: Header, order: Order) -> Option<Self> {
        let node = head(tail(data, at), header.length);
        let name = slice(node, DIRENT_SIZE, usize::from(*node.get(28)?))?;
        Some(Self {
            at,
            parent: order.u32(node, 12)?,
            version: order.u32(node, 16)?,
            ino: order.u32(node, 20)?,
            kind: *node.get(29)?,
            obsolete: header.obsolete,
            name,
            name_fits: crc_from_zeros(name) == order.u32(node, 36)?,
        })
    }
}

/// Where a piece of a file stands; the rest of the node is read when it is needed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) at: usize,
    pub(super) ino: u32,
    pub(super) version: u32,
    pub(super) obsolete: bool,
}

/// What an inode node says, with a piece of the content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inode {
    pub(super) at: usize,
    pub(super) mode: u32,
    pub(super) uid: u16,
    pub(super) gid: u16,
    pub(super) size: u32,
    pub(super) mtime: u32,
    pub(super) offset: u32,
    pub(super) stored: u32,
    pub(super) made: u32,
    pub(super) compression: u8,
    pub(super) checksum: u32,
}

impl Inode {
    pub(super) fn parse(data: &[u8], at: usize, order: Order) -> Option<Self> {
        let node = slice(data, at, INODE_SIZE)?;
        Some(Self {
            at,
            mode: order.u32(node, 20)?,
            uid: order.u16(node, 24)?,
            gid: order.u16(node, 26)?,
            size: order.u32(node, 28)?,
            mtime: order.u32(node, 36)?,
            offset: order.u32(node, 44)?,
            stored: order.u32(node, 48)?,
            made: order.u32(node, 52)?,
            compression: *node.get(56)?,
            checksum: order.u32(node, 60)?,
        })
    }

    /// Where its piece ends in the file, as stated.
    pub(super) fn end(&self) -> u64 {
        u64::from(self.offset) + u64::from(self.made)
    }

    /// Where its piece ends in the file at most: stored bytes cannot become any number of bytes.
    pub(super) fn reach(&self) -> u64 {
        let most = codec::most(self.compression, self.stored);
        u64::from(self.offset) + u64::from(self.made).min(most)
    }
}

/// The name and value of an extended attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Xattr<'a> {
    pub(super) version: u32,
    pub(super) xid: u32,
    pub(super) prefix: u8,
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) fits: bool,
}

impl<'a> Xattr<'a> {
    pub(super) fn parse(data: &'a [u8], at: usize, header: Header, order: Order) -> Option<Self> {
        let node = head(tail(data, at), header.length);
        let name_length = usize::from(*node.get(21)?);
        let value_length = usize::from(order.u16(node, 22)?);
        // A NUL stands between name and value.
        let stored = slice(node, XATTR_SIZE, name_length + 1 + value_length)?;
        Some(Self {
            xid: order.u32(node, 12)?,
            version: order.u32(node, 16)?,
            prefix: *node.get(20)?,
            name: head(stored, name_length),
            value: tail(stored, name_length + 1),
            fits: crc_from_zeros(stored) == order.u32(node, 24)?
                && header.fits(data, at, order, XATTR_SIZE - 4, XATTR_SIZE - 4)?,
        })
    }

    /// The full name; `None` for a name space that is not defined.
    pub(super) fn full_name(&self) -> Option<Vec<u8>> {
        let space: &[u8] = match self.prefix {
            1 => b"user.",
            2 => b"security.",
            3 => b"system.posix_acl_access",
            4 => b"system.posix_acl_default",
            5 => b"trusted.",
            _ => return None,
        };
        Some([space, self.name].concat())
    }
}

/// That an inode has an extended attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Xref {
    pub(super) ino: u32,
    pub(super) xid: u32,
    /// Odd: it has it no longer.
    pub(super) sequence: u32,
    pub(super) fits: bool,
}

impl Xref {
    pub(super) fn parse(data: &[u8], at: usize, header: Header, order: Order) -> Option<Self> {
        let node = head(tail(data, at), header.length);
        Some(Self {
            ino: order.u32(node, 12)?,
            xid: order.u32(node, 16)?,
            sequence: order.u32(node, 20)?,
            fits: header.fits(data, at, order, XREF_SIZE - 4, XREF_SIZE - 4)?,
        })
    }
}
