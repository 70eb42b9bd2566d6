//! Nodes: a common header of 24 bytes with a checksum over the rest, then what the type says. All little endian.

use super::super::flash::crc_from_ones;
use crate::bytes::{head, slice, tail, u16_le, u32_le, u64_le};

pub(super) const MAGIC: &[u8] = &[0x31, 0x18, 0x10, 0x06];
pub(super) const HEADER: usize = 24;
/// The sectors that contents are cut into.
pub(super) const BLOCK: usize = 4096;
const DATA_HEADER: usize = 48;
const INODE_SIZE: usize = 160;
const DIRENT_SIZE: usize = 56;
const INDEX_HEADER: usize = 28;
/// A branch of the index with a key of eight bytes; a signed image has a hash behind it.
const BRANCH: usize = 20;

/// Types of nodes.
pub(super) mod kind {
    pub(crate) const INODE: u8 = 0;
    pub(crate) const DATA: u8 = 1;
    pub(crate) const DIRENT: u8 = 2;
    pub(crate) const XATTR: u8 = 3;
    pub(crate) const TRUNCATION: u8 = 4;
    pub(crate) const PADDING: u8 = 5;
    pub(crate) const SUPERBLOCK: u8 = 6;
    pub(crate) const MASTER: u8 = 7;
    pub(crate) const REFERENCE: u8 = 8;
    pub(crate) const INDEX: u8 = 9;
    pub(crate) const COMMIT_START: u8 = 10;
    pub(crate) const ORPHANS: u8 = 11;
    pub(crate) const AUTHENTICATION: u8 = 12;
}

/// A node and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    pub(super) at: usize,
    pub(super) kind: u8,
    pub(super) sequence: u64,
    pub(super) bytes: &'a [u8],
}

impl<'a> Node<'a> {
    /// The node at `at`, all of which is there; its checksum may not fit.
    pub(super) fn parse(data: &'a [u8], at: usize) -> Option<Self> {
        let header = slice(data, at, HEADER)?;
        let length = u32_le(header, 16)? as usize;
        if !header.starts_with(MAGIC) || length < HEADER {
            return None;
        }
        let bytes = slice(data, at, length)?;
        Some(Self { at, kind: *header.get(20)?, sequence: u64_le(header, 8)?, bytes })
    }

    /// Whether it says something of a file.
    pub(super) fn counts(&self) -> bool {
        self.key().is_some() || self.kind == kind::TRUNCATION
    }

    pub(super) fn fits(&self) -> bool {
        u32_le(self.bytes, 4) == Some(crc_from_ones(tail(self.bytes, 8)))
    }

    pub(super) fn u16(&self, at: usize) -> Option<u16> {
        u16_le(self.bytes, at)
    }

    pub(super) fn u32(&self, at: usize) -> Option<u32> {
        u32_le(self.bytes, at)
    }

    pub(super) fn u64(&self, at: usize) -> Option<u64> {
        u64_le(self.bytes, at)
    }

    /// What it is found by in the index; `None` for types that are not.
    pub(super) fn key(&self) -> Option<Key<'a>> {
        let (inode, word) = (self.u32(24)?, self.u32(28)?);
        let name = match self.kind {
            kind::DIRENT | kind::XATTR => slice(self.bytes, DIRENT_SIZE, self.u16(50)?.into())?,
            kind::INODE | kind::DATA => b"",
            _ => return None,
        };
        (word >> 29 == u32::from(self.kind)).then_some(Key { inode, word, name })
    }
}

/// What a leaf of the index is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a> {
    pub(super) inode: u32,
    /// The type in three bits, then the number of the block or the hash of the name.
    pub(super) word: u32,
    /// Of directory entries and extended attributes: names may share a hash.
    pub(super) name: &'a [u8],
}

impl Key<'_> {
    /// The first key of a type.
    pub(super) fn first(inode: u32, kind: u8) -> Self {
        Key { inode, word: u32::from(kind) << 29, name: b"" }
    }

    /// The key of a block.
    pub(super) fn block(inode: u32, number: u32) -> Self {
        Key { inode, word: u32::from(kind::DATA) << 29 | number, name: b"" }
    }
}

/// The number of the block that a data key stands for.
pub(super) const BLOCK_NUMBER: u32 = (1 << 29) - 1;

#[derive(Clone, Copy, Debug)]
pub(super) struct Inode<'a> {
    pub(super) size: u64,
    pub(super) mtime: i64,
    pub(super) links: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mode: u32,
    flags: u32,
    pub(super) data: &'a [u8],
}

impl<'a> Inode<'a> {
    pub(super) fn parse(node: &Node<'a>) -> Option<Self> {
        let length = node.u32(112)? as usize;
        Some(Self {
            size: node.u64(48)?,
            mtime: node.u64(72)? as i64,
            links: node.u32(92)?,
            uid: node.u32(96)?,
            gid: node.u32(100)?,
            mode: node.u32(104)?,
            flags: node.u32(108)?,
            data: head(node.bytes.get(INODE_SIZE..)?, length),
        })
    }

    /// Whether it holds the value of an extended attribute.
    pub(super) fn is_xattr(&self) -> bool {
        self.flags & 0x20 != 0
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 0x40 != 0
    }
}

/// A name, or an extended attribute's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dirent<'a> {
    /// 0: the name is deleted. Keys have this half of the number.
    pub(super) inode: u32,
    /// The half that no inode has.
    pub(super) above: u32,
    pub(super) kind: u8,
    pub(super) name: &'a [u8],
}

impl<'a> Dirent<'a> {
    pub(super) fn parse(node: &Node<'a>) -> Option<Self> {
        let name = slice(node.bytes, DIRENT_SIZE, node.u16(50)?.into())?;
        Some(Self { inode: node.u32(40)?, above: node.u32(44)?, kind: *node.bytes.get(49)?, name })
    }

    /// Whether a node ends behind the name, as it should.
    pub(super) fn is_whole(&self, node: &Node) -> bool {
        node.bytes.len() == DIRENT_SIZE + self.name.len() + 1
    }
}

/// One block of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Data<'a> {
    pub(super) size: u32,
    pub(super) compression: u16,
    pub(super) stored: &'a [u8],
}

impl<'a> Data<'a> {
    pub(super) fn parse(node: &Node<'a>) -> Option<Self> {
        let stored = node.bytes.get(DATA_HEADER..)?;
        Some(Self { size: node.u32(40)?, compression: node.u16(44)?, stored })
    }
}

/// Where a branch of an index node leads: a logical erase block, an offset in it, a length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    pub(super) block: u32,
    pub(super) offset: u32,
    pub(super) length: u32,
}

/// A branch with the inode and the word of its key.
pub(super) type Keyed = (Branch, (u32, u32));

/// The level of an index node, 0 just above the leaves, and its branches.
/// `None` where the node does not end with its last branch.
pub(super) fn branches(node: &Node, authenticated: bool) -> Option<(u16, Vec<Keyed>)> {
    let count = usize::from(node.u16(24)?);
    let level = node.u16(26)?;
    let rest = node.bytes.get(INDEX_HEADER..)?;
    let size = rest.len().checked_div(count)?;
    if size < BRANCH || size * count != rest.len() || (size != BRANCH && !authenticated) {
        return None;
    }
    let branch = |bytes: &[u8]| {
        let branch =
            Branch { block: u32_le(bytes, 0)?, offset: u32_le(bytes, 4)?, length: u32_le(bytes, 8)? };
        Some((branch, (u32_le(bytes, 12)?, u32_le(bytes, 16)?)))
    };
    let all: Option<Vec<_>> = rest.chunks_exact(size).map(branch).collect();
    Some((level, all?))
}

/// The first node of the image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Superblock<'a> {
    pub(super) key_hash: u8,
    pub(super) key_format: u8,
    pub(super) flags: u32,
    pub(super) min_io: usize,
    pub(super) block_size: usize,
    pub(super) blocks: u32,
    pub(super) max_blocks: u32,
    pub(super) log_blocks: u32,
    pub(super) table_blocks: u32,
    pub(super) orphan_blocks: u32,
    pub(super) fanout: u32,
    pub(super) version: u32,
    pub(super) compression: u16,
    pub(super) uuid: &'a [u8],
    pub(super) hash: u16,
}

/// Blocks before the log: the superblock, and the master node twice.
pub(super) const LOG_START: u32 = 3;

impl<'a> Superblock<'a> {
    /// `None` where it is cut off or what is needed to read on cannot be.
    pub(super) fn parse(node: &Node<'a>) -> Option<Self> {
        let superblock = Self {
            key_hash: *node.bytes.get(26)?,
            key_format: *node.bytes.get(27)?,
            flags: node.u32(28)?,
            min_io: node.u32(32)? as usize,
            block_size: node.u32(36)? as usize,
            blocks: node.u32(40)?,
            max_blocks: node.u32(44)?,
            log_blocks: node.u32(56)?,
            table_blocks: node.u32(60)?,
            orphan_blocks: node.u32(64)?,
            fanout: node.u32(72)?,
            version: node.u32(80)?,
            compression: node.u16(84)?,
            uuid: slice(node.bytes, 108, 16)?,
            hash: node.u16(256)?,
        };
        let sane = node.kind == kind::SUPERBLOCK
            && (4096..=16 << 20).contains(&superblock.block_size)
            && superblock.block_size.is_multiple_of(8)
            && superblock.blocks > LOG_START
            && superblock.log_blocks < superblock.blocks
            && superblock.table_blocks < superblock.blocks
            && superblock.orphan_blocks < superblock.blocks;
        sane.then_some(superblock)
    }

    /// The first block that holds nodes of files and of the index.
    pub(super) fn main_start(&self) -> u32 {
        self.orphan_start().saturating_add(self.orphan_blocks)
    }

    pub(super) fn orphan_start(&self) -> u32 {
        LOG_START.saturating_add(self.log_blocks).saturating_add(self.table_blocks)
    }

    /// The nodes of files and of the index, block by block.
    pub(super) fn main_nodes<'d>(&self, data: &'d [u8]) -> impl Iterator<Item = Node<'d>> {
        let size = self.block_size;
        let starts = (self.place(self.main_start())..data.len()).step_by(size);
        starts.flat_map(move |from| Nodes::new(data, from, from.saturating_add(size)))
    }

    /// Where a block starts.
    pub(super) fn place(&self, block: u32) -> usize {
        self.block_size.saturating_mul(block as usize)
    }
}

/// Where the index starts and the journal, as of the last commit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Master {
    pub(super) sequence: u64,
    pub(super) highest_inode: u64,
    pub(super) commit: u64,
    pub(super) flags: u32,
    pub(super) log: u32,
    pub(super) root: Branch,
    pub(super) index_size: u64,
    pub(super) blocks: u32,
}

impl Master {
    pub(super) fn parse(node: &Node) -> Option<Self> {
        Some(Self {
            sequence: node.sequence,
            highest_inode: node.u64(24)?,
            commit: node.u64(32)?,
            flags: node.u32(40)?,
            log: node.u32(44)?,
            root: Branch { block: node.u32(48)?, offset: node.u32(52)?, length: node.u32(56)? },
            index_size: node.u64(72)?,
            blocks: node.u32(164)?,
        })
    }
}

/// The nodes between two places, one after the other, whatever stands between them.
pub(super) struct Nodes<'a> {
    data: &'a [u8],
    at: usize,
    /// Bytes skipped that are neither blank nor padding.
    pub(super) strange: Option<usize>,
}

impl<'a> Nodes<'a> {
    pub(super) fn new(data: &'a [u8], from: usize, to: usize) -> Self {
        Self { data: head(data, to), at: from, strange: None }
    }
}

impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        loop {
            let rest = tail(self.data, self.at);
            if rest.len() < HEADER {
                return None;
            }
            let Some(node) = Node::parse(self.data, self.at) else {
                if !rest.starts_with(&[0xff; 8]) && !rest.starts_with(&[0xce; 8]) && self.strange.is_none() {
                    self.strange = Some(self.at);
                }
                self.at += 8;
                continue;
            };
            let padding =
                if node.kind == kind::PADDING { node.u32(24).unwrap_or_default() as usize } else { 0 };
            if !node.fits() {
                self.at += 8;
                self.strange.get_or_insert(node.at);
                continue;
            }
            // Padding is counted from the end of its node.
            let length = node.bytes.len().saturating_add(padding);
            self.at = self.at.saturating_add(length.saturating_add(7) & !7);
            return Some(node);
        }
    }
}
