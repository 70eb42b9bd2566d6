//! Inodes: fourteen kinds, seven basic and seven extended.

use super::metadata::{Cursor, Metadata};
use super::superblock::Superblock;
use crate::bytes::{u16_le, u32_le, u64_le};
use crate::{Problem, ProblemKind};

/// The longest symbolic link that is believed.
const TARGET_MAX: u32 = 64 << 10;
const NO_FRAGMENT: u32 = u32::MAX;

/// An inode.
pub(super) struct Inode {
    pub(super) mode: u16,
    pub(super) owner: u16,
    pub(super) group: u16,
    pub(super) mtime: u32,
    pub(super) number: u32,
    pub(super) node: Node,
}

/// What an inode is.
pub(super) enum Node {
    Directory { block: u32, offset: u16, size: u32 },
    File(File),
    Symlink(Vec<u8>),
    BlockDevice(u32),
    CharacterDevice(u32),
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
    /// Stored sizes of the full blocks, as they stand in the inode.
    pub(super) blocks: Vec<u32>,
}

/// Reads the inode that `reference` (block and offset) points to. What is wrong is reported to `problems`.
pub(super) fn read(
    metadata: &mut Metadata,
    superblock: &Superblock,
    reference: u64,
    budget: &mut usize,
    problems: &mut Vec<Problem>,
) -> Option<Inode> {
    let block = superblock.inode_block(reference >> 16);
    let mut cursor = Cursor { block, offset: (reference & 0xffff) as usize };
    let header = metadata.read(&mut cursor, 16)?;
    let kind = u16_le(&header, 0)?;
    let node = read_node(metadata, superblock, kind, &mut cursor, budget);
    let Some(node) = node else {
        let detail = if (1..=14).contains(&kind) {
            format!("the inode at offset {} of this block is cut off", reference & 0xffff)
        } else {
            format!("the inode at offset {} of this block has the unknown type {kind}", reference & 0xffff)
        };
        problems.push(Problem::new(ProblemKind::Malformed, block as u64, detail));
        return None;
    };
    Some(Inode {
        mode: u16_le(&header, 2)?,
        owner: u16_le(&header, 4)?,
        group: u16_le(&header, 6)?,
        mtime: u32_le(&header, 8)?,
        number: u32_le(&header, 12)?,
        node,
    })
}

fn read_node(
    metadata: &mut Metadata,
    superblock: &Superblock,
    kind: u16,
    cursor: &mut Cursor,
    budget: &mut usize,
) -> Option<Node> {
    Some(match kind {
        1 => {
            let body = metadata.read(cursor, 16)?;
            let size = u32::from(u16_le(&body, 8)?);
            Node::Directory { block: u32_le(&body, 0)?, offset: u16_le(&body, 10)?, size }
        }
        8 => {
            let body = metadata.read(cursor, 24)?;
            Node::Directory { block: u32_le(&body, 8)?, offset: u16_le(&body, 18)?, size: u32_le(&body, 4)? }
        }
        2 => {
            let body = metadata.read(cursor, 16)?;
            let fragment = (u32_le(&body, 4)?, u32_le(&body, 8)?);
            let (start, size) = (u32_le(&body, 0)?.into(), u32_le(&body, 12)?.into());
            file(metadata, superblock, cursor, budget, File { start, size, links: 1, ..File::at(fragment) })?
        }
        9 => {
            let body = metadata.read(cursor, 40)?;
            let fragment = (u32_le(&body, 28)?, u32_le(&body, 32)?);
            let (start, size, links) = (u64_le(&body, 0)?, u64_le(&body, 8)?, u32_le(&body, 24)?);
            file(metadata, superblock, cursor, budget, File { start, size, links, ..File::at(fragment) })?
        }
        3 | 10 => {
            let body = metadata.read(cursor, 8)?;
            let length = u32_le(&body, 4).filter(|length| *length <= TARGET_MAX)?;
            Node::Symlink(metadata.read(cursor, length as usize)?)
        }
        4 | 11 => Node::BlockDevice(u32_le(&metadata.read(cursor, 8)?, 4)?),
        5 | 12 => Node::CharacterDevice(u32_le(&metadata.read(cursor, 8)?, 4)?),
        6 | 13 => Node::Fifo,
        7 | 14 => Node::Socket,
        _ => return None,
    })
}

impl File {
    fn at((number, offset): (u32, u32)) -> Self {
        let fragment = (number != NO_FRAGMENT).then_some((number, offset));
        Self { start: 0, size: 0, links: 1, fragment, blocks: Vec::new() }
    }
}

/// Reads the list of block sizes; as much of it as is there and as the budget allows.
fn file(
    metadata: &mut Metadata,
    superblock: &Superblock,
    cursor: &mut Cursor,
    budget: &mut usize,
    mut file: File,
) -> Option<Node> {
    let block_size = u64::from(superblock.block_size);
    let count = if file.fragment.is_some() { file.size / block_size } else { file.size.div_ceil(block_size) };
    let count = crate::bytes::position(count).min(*budget);
    while file.blocks.len() < count {
        let length = (count - file.blocks.len()).min(1024) * 4;
        let Some(sizes) = metadata.read(cursor, length) else { break };
        let (words, _) = sizes.as_chunks::<4>();
        file.blocks.extend(words.iter().map(|word| u32::from_le_bytes(*word)));
    }
    *budget -= file.blocks.len().min(*budget);
    Some(Node::File(file))
}

/// Major and minor number of a device.
pub(super) fn device(number: u32) -> (u32, u32) {
    (number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xf_ff00)
}
