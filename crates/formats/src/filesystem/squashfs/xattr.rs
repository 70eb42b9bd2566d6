//! Extended attributes: a list for each number that inodes name.

use super::metadata::{BLOCK, Cursor, Metadata};
use super::superblock::{ABSENT, Superblock};
use crate::bytes::position;
use crate::{Limits, Problem, ProblemKind, Xattr};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Bytes of a list's entry in the table.
const ENTRY: usize = 16;
/// The longest value that is believed: Linux allows 64 KiB.
const VALUE_MAX: u32 = 64 << 10;
/// The most attributes of one inode.
const COUNT_MAX: u32 = 4096;
/// All values of an image together.
const TOTAL_MAX: usize = 16 << 20;

/// The most lists of which it is said that they cannot be read.
const BROKEN_MAX: usize = 256;

/// Where the lists of an image stand.
pub(super) struct Xattrs {
    /// Pointers to the blocks of the table.
    pointers: usize,
    count: u32,
    /// Where the lists start.
    lists: u64,
    /// What may still be handed out.
    left: usize,
    /// Lists that cannot be read, each reported once.
    broken: BTreeSet<u32>,
}

impl Xattrs {
    /// Reads the table's header; none where the image has no attributes.
    pub(super) fn read(data: &[u8], superblock: &Superblock, problems: &mut Vec<Problem>) -> Option<Self> {
        let table = superblock.xattr_table;
        if table == ABSENT {
            return None;
        }
        let at = position(table);
        let layout = superblock.layout;
        let header = (|| Some((layout.u64(data, at)?, layout.u32(data, at.checked_add(8)?)?)))();
        let Some((lists, count)) = header else {
            if at >= data.len() || data.len() - at < 16 {
                problems.push(Problem::new(ProblemKind::Truncated, table, "the attribute table is missing"));
            }
            return None;
        };
        Some(Self { pointers: at.saturating_add(16), count, lists, left: TOTAL_MAX, broken: BTreeSet::new() })
    }

    /// The attributes with this number.
    pub(super) fn list<'e>(
        &mut self,
        data: &[u8],
        metadata: &mut Metadata,
        superblock: &Superblock,
        number: u32,
        limits: &Limits,
        problems: &mut Vec<Problem>,
    ) -> Vec<Xattr<'e>> {
        let mut found = Vec::new();
        let complete = self.collect(data, metadata, superblock, number, limits, &mut found);
        if complete.is_none() && self.broken.len() < BROKEN_MAX && self.broken.insert(number) {
            let (kind, detail) = if self.left == 0 {
                (ProblemKind::LimitReached, format!("more than {TOTAL_MAX} bytes of extended attributes"))
            } else {
                (ProblemKind::Malformed, format!("extended attributes {number} cannot be read"))
            };
            problems.push(Problem::new(kind, superblock.xattr_table, detail));
        }
        found
    }

    fn collect<'e>(
        &mut self,
        data: &[u8],
        metadata: &mut Metadata,
        superblock: &Superblock,
        number: u32,
        limits: &Limits,
        found: &mut Vec<Xattr<'e>>,
    ) -> Option<()> {
        let layout = superblock.layout;
        if number >= self.count || self.left == 0 {
            return None;
        }
        let in_block = (BLOCK / ENTRY) as u32;
        let pointer = self.pointers.checked_add(8 * (number / in_block) as usize)?;
        let block = position(layout.u64(data, pointer)?);
        let entry =
            metadata.read(&mut Cursor { block, offset: ENTRY * (number % in_block) as usize }, ENTRY)?;
        let count = layout.u32(&entry, 8).filter(|count| *count <= COUNT_MAX)?;
        let mut cursor = self.cursor(layout.u64(&entry, 0)?);
        for _ in 0..count {
            if limits.stopped() {
                return None;
            }
            let head = metadata.read(&mut cursor, 4)?;
            let (kind, length) = (layout.u16(&head, 0)?, layout.u16(&head, 2)?);
            let space: &[u8] = match kind & 0xff {
                0 => b"user.",
                1 => b"trusted.",
                2 => b"security.",
                _ => return None,
            };
            let name = [space, &metadata.read(&mut cursor, length.into())?].concat();
            let size = layout.u32(&metadata.read(&mut cursor, 4)?, 0).filter(|size| *size <= VALUE_MAX)?;
            let mut value = metadata.read(&mut cursor, size as usize)?;
            if kind & 0x100 != 0 {
                // The value stands once for all inodes that have it.
                let mut elsewhere = self.cursor(layout.u64(&value, 0)?);
                let size =
                    layout.u32(&metadata.read(&mut elsewhere, 4)?, 0).filter(|size| *size <= VALUE_MAX)?;
                value = metadata.read(&mut elsewhere, size as usize)?;
            }
            let size = name.len() + value.len();
            if size > self.left {
                self.left = 0;
                return None;
            }
            self.left -= size;
            found.push((Cow::Owned(name), Cow::Owned(value)));
        }
        Some(())
    }

    fn cursor(&self, reference: u64) -> Cursor {
        Cursor {
            block: position(self.lists.saturating_add(reference >> 16)),
            offset: (reference & 0xffff) as usize,
        }
    }
}
