//! Inodes of version 4: fourteen kinds, seven basic and seven extended; and what inodes of every version are read into.

use super::content::STORED;
use super::metadata::{Cursor, Metadata};
use super::older_inode;
use super::superblock::Superblock;
use crate::{Problem, ProblemKind};

/// The longest symbolic link that is believed.
const TARGET_MAX: u32 = 64 << 10;
pub(super) const NO_FRAGMENT: u32 = u32::MAX;
const NO_XATTRS: u32 = u32::MAX;

/// An inode.
pub(super) struct Inode {
    /// Permission bits.
    pub(super) mode: u16,
    /// Index of its owner.
    pub(super) owner: u16,
    /// Index of its group; none where the group has its owner's number.
    pub(super) group: Option<u16>,
    /// Where the version keeps one.
    pub(super) mtime: Option<u32>,
    /// Number of its extended attributes.
    pub(super) xattrs: Option<u32>,
    pub(super) node: Node,
}

/// What inodes are read with.
pub(super) struct Source<'s, 'a, 'l> {
    pub(super) metadata: &'s mut Metadata<'a, 'l>,
    pub(super) superblock: &'s Superblock,
    /// Blocks that may still be kept for all files together.
    pub(super) budget: &'s mut usize,
}

/// What an inode is.
pub(super) enum Node {
    Directory { block: u32, offset: u16, size: u32 },
    File(File),
    Symlink(Vec<u8>),
    BlockDevice((u32, u32)),
    CharacterDevice((u32, u32)),
    Fifo,
    Socket,
}

/// Where a file's content stands.
pub(super) struct File {
    pub(super) start: u64,
    pub(super) size: u64,
    pub(super) links: u32,
    /// Number of the fragment block and the offset in it.
    pub(super) fragment: Option<(u32, u32)>,
    /// Stored sizes of the full blocks, with a bit for those that are not compressed.
    pub(super) blocks: Vec<u32>,
}

/// Reads the inode that `reference` (block and offset) points to. What is wrong is reported to `problems`.
pub(super) fn read(source: &mut Source, reference: u64, problems: &mut Vec<Problem>) -> Option<Inode> {
    let block = source.superblock.inode_block(reference >> 16);
    let offset = (reference & 0xffff) as usize;
    let mut cursor = Cursor { block, offset };
    let older = source.superblock.layout.major < 4;
    let result = if older { older_inode::read(source, &mut cursor) } else { fourth(source, &mut cursor) };
    match result {
        Ok(inode) => Some(inode),
        // The block is missing as a whole, which was said of the block.
        Err(Unreadable::Block) => None,
        Err(Unreadable::CutOff) => {
            let detail = format!("the inode at offset {offset} of this block is cut off");
            problems.push(Problem::new(ProblemKind::Malformed, block as u64, detail));
            None
        }
        Err(Unreadable::Kind(kind)) => {
            let detail = format!("the inode at offset {offset} of this block has the unknown type {kind}");
            problems.push(Problem::new(ProblemKind::Malformed, block as u64, detail));
            None
        }
    }
}

/// Why an inode could not be read.
pub(super) enum Unreadable {
    /// Its block.
    Block,
    /// Its body.
    CutOff,
    /// A type that is not defined.
    Kind(u16),
}

fn fourth(source: &mut Source, cursor: &mut Cursor) -> Result<Inode, Unreadable> {
    let layout = source.superblock.layout;
    let header = source.metadata.read(cursor, 16).ok_or(Unreadable::Block)?;
    let short = |at| layout.u16(&header, at).ok_or(Unreadable::Block);
    let kind = short(0)?;
    if !(1..=14).contains(&kind) {
        return Err(Unreadable::Kind(kind));
    }
    let (node, xattrs) = fourth_node(source, kind, cursor).ok_or(Unreadable::CutOff)?;
    Ok(Inode {
        mode: short(2)?,
        owner: short(4)?,
        group: Some(short(6)?),
        mtime: layout.u32(&header, 8),
        xattrs: xattrs.filter(|number| *number != NO_XATTRS),
        node,
    })
}

/// The part of an inode that its type decides, and the number of its extended attributes.
fn fourth_node(source: &mut Source, kind: u16, cursor: &mut Cursor) -> Option<(Node, Option<u32>)> {
    let layout = source.superblock.layout;
    let sizes = [16, 16, 8, 8, 8, 4, 4, 24, 40, 8, 12, 12, 8, 8];
    let body = source.metadata.read(cursor, *sizes.get(usize::from(kind) - 1)?)?;
    let (u16, u32, u64) =
        (|at| layout.u16(&body, at), |at| layout.u32(&body, at), |at| layout.u64(&body, at));
    Some(match kind {
        1 => (Node::Directory { block: u32(0)?, offset: u16(10)?, size: u16(8)?.into() }, None),
        8 => (Node::Directory { block: u32(8)?, offset: u16(18)?, size: u32(4)? }, u32(20)),
        2 => {
            let file = File { start: u32(0)?.into(), size: u32(12)?.into(), ..File::at((u32(4)?, u32(8)?)) };
            (source.file(cursor, file, 4), None)
        }
        9 => {
            let file =
                File { start: u64(0)?, size: u64(8)?, links: u32(24)?, ..File::at((u32(28)?, u32(32)?)) };
            (source.file(cursor, file, 4), u32(36))
        }
        3 | 10 => {
            let length = u32(4).filter(|length| *length <= TARGET_MAX)?;
            let target = source.metadata.read(cursor, length as usize)?;
            let xattrs = match kind {
                10 => Some(layout.u32(&source.metadata.read(cursor, 4)?, 0)?),
                _ => None,
            };
            (Node::Symlink(target), xattrs)
        }
        4 => (Node::BlockDevice(device(u32(4)?)), None),
        5 => (Node::CharacterDevice(device(u32(4)?)), None),
        11 => (Node::BlockDevice(device(u32(4)?)), u32(8)),
        12 => (Node::CharacterDevice(device(u32(4)?)), u32(8)),
        6 => (Node::Fifo, None),
        7 => (Node::Socket, None),
        13 => (Node::Fifo, u32(4)),
        _ => (Node::Socket, u32(4)),
    })
}

impl File {
    pub(super) fn at((number, offset): (u32, u32)) -> Self {
        let fragment = (number != NO_FRAGMENT).then_some((number, offset));
        Self { start: 0, size: 0, links: 1, fragment, blocks: Vec::new() }
    }
}

impl Source<'_, '_, '_> {
    /// Reads the list of block sizes behind a file's inode; as much of it as is there and as the budget allows.
    pub(super) fn file(&mut self, cursor: &mut Cursor, mut file: File, width: usize) -> Node {
        let layout = self.superblock.layout;
        let block_size = u64::from(self.superblock.block_size);
        let count =
            if file.fragment.is_some() { file.size / block_size } else { file.size.div_ceil(block_size) };
        let count = crate::bytes::position(count).min(*self.budget);
        while file.blocks.len() < count {
            let length = (count - file.blocks.len()).min(1024) * width;
            let Some(sizes) = self.metadata.read(cursor, length) else { break };
            let sizes = (0..length).step_by(width).filter_map(|at| layout.int(&sizes, at, width));
            file.blocks.extend(sizes.map(|size| if width == 2 { narrow(size as u16) } else { size as u32 }));
        }
        *self.budget -= file.blocks.len().min(*self.budget);
        Node::File(file)
    }
}

/// A block size of version 1, in the form of the later ones.
fn narrow(size: u16) -> u32 {
    let stored = if size & 0x8000 != 0 { STORED } else { 0 };
    let length = match size & 0x7fff {
        0 => 0x8000,
        length => u32::from(length),
    };
    stored | length
}

/// Major and minor number of a device.
fn device(number: u32) -> (u32, u32) {
    (number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xf_ff00)
}

/// The same of 16 bits.
pub(super) fn old_device(number: u16) -> (u32, u32) {
    (u32::from(number >> 8), u32::from(number & 0xff))
}
