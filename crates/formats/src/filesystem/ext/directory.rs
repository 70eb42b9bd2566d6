//! Directories: entries in blocks that are read one after the other; the index of hashes is passed over.

use super::crc::crc32c;
use super::inode::{Inode, flags};
use super::superblock::incompatible;
use super::volume::Volume;
use crate::bytes::{slice, tail, u16_le, u32_le};
use crate::{Problem, ProblemKind};

/// A name and the inode it stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub name: Vec<u8>,
    pub inode: u32,
}

/// The bytes of a checksum at the end of a block, dressed up as an unused entry.
const TAIL: usize = 12;

/// The names in one block, without `.` and `..`; what is wrong is told with its place in the image.
pub(super) fn read_block(
    volume: &Volume,
    directory: &Inode,
    logical: u64,
    block: &[u8],
    at: u64,
    names: &mut Vec<Name>,
    problems: &mut Vec<Problem>,
) {
    if volume.superblock.has_checksums() {
        check(directory, logical, block, at, problems);
    }
    read_entries(volume, block, at, names, problems);
}

/// The names of a directory that stands in its inode: the parent's number, then entries, and more behind the inode.
pub(super) fn read_inline(
    volume: &Volume,
    directory: &Inode,
    names: &mut Vec<Name>,
    problems: &mut Vec<Problem>,
) {
    let (first, rest) = directory.inline();
    let length = (directory.size.min(60) as usize).max(4);
    read_entries(volume, first.get(4..length).unwrap_or_default(), directory.at + 0x2c, names, problems);
    read_entries(volume, rest, directory.at, names, problems);
}

fn read_entries(volume: &Volume, block: &[u8], at: u64, names: &mut Vec<Name>, problems: &mut Vec<Problem>) {
    let superblock = &volume.superblock;
    let typed = superblock.has(incompatible::FILETYPE);
    let mut from = 0;
    while from < block.len() {
        let entry = tail(block, from);
        let here = at + from as u64;
        let Some((inode, length, name)) = parse(entry, block.len(), typed) else {
            problems.push(Problem::new(
                ProblemKind::Malformed,
                here,
                "a directory entry does not fit its block",
            ));
            return;
        };
        from += length;
        if inode == 0 || matches!(name, b"." | b"..") {
            continue;
        }
        if name.is_empty() || name.contains(&b'/') || name.contains(&0) {
            let detail = "a name that is empty or holds a slash or NUL";
            problems.push(Problem::new(ProblemKind::Undefined, here, detail));
        }
        if inode > superblock.inodes {
            let detail = format!("inode {inode} is named, there are {}", superblock.inodes);
            problems.push(Problem::new(ProblemKind::Malformed, here, detail));
            continue;
        }
        names.push(Name { name: name.to_vec(), inode });
    }
}

fn parse(entry: &[u8], block: usize, typed: bool) -> Option<(u32, usize, &[u8])> {
    let inode = u32_le(entry, 0)?;
    let length = match usize::from(u16_le(entry, 4)?) {
        0 | 65535 if block == 64 << 10 => block,
        length => length,
    };
    // The upper byte is the file's type, or of old part of the length.
    let name_length = usize::from(u16_le(entry, 6)?) & if typed { 0xff } else { 0xffff };
    let fits = length >= 8 && length.is_multiple_of(4) && length <= entry.len();
    if !fits || (inode != 0 && 8 + name_length > length) {
        return None;
    }
    Some((inode, length, slice(entry, 8, name_length).unwrap_or_default()))
}

/// Compares a block's checksum: at its end, or for a block of the index behind its list.
fn check(directory: &Inode, logical: u64, block: &[u8], at: u64, problems: &mut Vec<Problem>) {
    let end = block.len().saturating_sub(TAIL);
    let last = tail(block, end);
    let sums = if slice(last, 0, 8) == Some(&[0, 0, 0, 0, 12, 0, 0, 0xde]) {
        u32_le(last, 8).zip(block.get(..end)).map(|(stated, body)| (stated, crc32c(directory.seed, body)))
    } else if directory.has(flags::INDEXED) {
        index_checksum(directory, logical, block)
    } else {
        let detail = "a directory block without its checksum";
        problems.push(Problem::new(ProblemKind::Checksum, at, detail));
        return;
    };
    if let Some((stated, computed)) = sums
        && stated != computed
    {
        let detail = format!("directory block CRC-32C {stated:08x} is stated, it has {computed:08x}");
        problems.push(Problem::new(ProblemKind::Checksum, at, detail));
    }
}

fn index_checksum(directory: &Inode, logical: u64, block: &[u8]) -> Option<(u32, u32)> {
    let list = if logical == 0 { 0x20 } else { 8 };
    let limit = usize::from(u16_le(block, list)?);
    let count = usize::from(u16_le(block, list + 2)?);
    let end = list + limit * 8;
    let reserved = slice(block, end, 4)?;
    let crc = crc32c(directory.seed, slice(block, 0, list + count * 8)?);
    Some((u32_le(block, end + 4)?, crc32c(crc32c(crc, reserved), &[0; 4])))
}
