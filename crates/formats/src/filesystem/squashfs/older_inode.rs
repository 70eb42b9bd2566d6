//! Inodes of versions 1 to 3: packed to the bit.

use super::inode::{File, Inode, NO_FRAGMENT, Node, Source, Unreadable, old_device};
use super::metadata::Cursor;

/// Version 1 keeps four bits of an owner's index in a field and the rest in the type: five types for each 16 owners.
const FIRST_TYPES: u16 = 5;

/// Reads the inode at `cursor`.
pub(super) fn read(source: &mut Source, cursor: &mut Cursor) -> Result<Inode, Unreadable> {
    let layout = source.superblock.layout;
    let length = match layout.major {
        1 => 3,
        2 => 4,
        _ => 12,
    };
    let header = source.metadata.read(cursor, length).ok_or(Unreadable::Block)?;
    let bits =
        |bit, width| layout.bits(&header, bit, width).map(|value| value as u16).ok_or(Unreadable::Block);
    // The highest number of a group says that it has its owner's.
    let (mut kind, mut owner, group, same) = match layout.major {
        1 => (bits(0, 4)?, bits(16, 4)?, bits(20, 4)?, 0xf),
        _ => (bits(0, 4)?, bits(16, 8)?, bits(24, 8)?, 0xff),
    };
    if layout.major == 1 && kind == 0 {
        let rest = source.metadata.read(cursor, 1).ok_or(Unreadable::CutOff)?;
        let rest = |bit| layout.bits(&rest, bit, 4).map(|value| value as u16).ok_or(Unreadable::CutOff);
        kind = rest(0)?;
        owner += 16 * rest(4)?;
        if !(6..=7).contains(&kind) {
            return Err(Unreadable::Kind(kind));
        }
    } else if layout.major == 1 {
        owner += 16 * ((kind - 1) / FIRST_TYPES);
        kind = (kind - 1) % FIRST_TYPES + 1;
    }
    if !(1..=9).contains(&kind) || (layout.major < 3 && kind == 9) {
        return Err(Unreadable::Kind(kind));
    }
    let mut mtime = if layout.major == 3 { layout.u32(&header, 4) } else { None };
    let node = node(source, cursor, kind, &mut mtime).ok_or(Unreadable::CutOff)?;
    let group = (group != same).then_some(group);
    Ok(Inode { mode: bits(4, 12)?, owner, group, mtime, xattrs: None, node })
}

/// The part of an inode that its type decides. Before version 3 only files and directories have a time.
fn node(source: &mut Source, cursor: &mut Cursor, kind: u16, mtime: &mut Option<u32>) -> Option<Node> {
    let layout = source.superblock.layout;
    let length = match (layout.major, kind) {
        (1 | 2, 1) => 11,
        (1, 2) => 12,
        (2, 2) | (3, 2) => 20,
        (1 | 2, 8) => 14,
        (1 | 2, 3..=5) => 2,
        (1 | 2, _) => 0,
        (_, 1) => 16,
        (_, 8) => 19,
        (_, 9) => 28,
        (_, 3..=5) => 6,
        (_, _) => 4,
    };
    let body = source.metadata.read(cursor, length)?;
    let bits = |bit, width| layout.bits(&body, bit, width);
    let (u16, u32, u64) =
        (|at| layout.u16(&body, at), |at| layout.u32(&body, at), |at| layout.u64(&body, at));
    let directory = |block: u64, offset: u64, size: u64| Node::Directory {
        block: block as u32,
        offset: offset as u16,
        size: size as u32,
    };
    Some(match (layout.major, kind) {
        (1 | 2, 1) => {
            *mtime = u32(4);
            directory(bits(64, 24)?, bits(19, 13)?, bits(0, 19)?)
        }
        (1 | 2, 8) => {
            *mtime = u32(5);
            directory(bits(72, 24)?, bits(27, 13)?, bits(0, 27)?)
        }
        (_, 1) => directory(bits(64, 32)?, bits(51, 13)?, bits(32, 19)?),
        (_, 8) => directory(bits(72, 32)?, bits(59, 13)?, bits(32, 27)?),
        (1, 2) => {
            *mtime = u32(0);
            let file = File { start: u32(4)?.into(), size: u32(8)?.into(), ..File::at((NO_FRAGMENT, 0)) };
            source.file(cursor, file, 2)
        }
        (2, 2) => {
            *mtime = u32(0);
            let file = File { start: u32(4)?.into(), size: u32(16)?.into(), ..File::at((u32(8)?, u32(12)?)) };
            source.file(cursor, file, 4)
        }
        (_, 2) => {
            let file = File { start: u64(0)?, size: u32(16)?.into(), ..File::at((u32(8)?, u32(12)?)) };
            source.file(cursor, file, 4)
        }
        (_, 9) => {
            let file =
                File { links: u32(0)?, start: u64(4)?, size: u64(20)?, ..File::at((u32(12)?, u32(16)?)) };
            source.file(cursor, file, 4)
        }
        (_, 3) => Node::Symlink({
            let length = u16(length - 2)?;
            source.metadata.read(cursor, length.into())?
        }),
        (_, 4) => Node::BlockDevice(old_device(u16(length - 2)?)),
        (_, 5) => Node::CharacterDevice(old_device(u16(length - 2)?)),
        (_, 6) => Node::Fifo,
        _ => Node::Socket,
    })
}
