//! Directories: runs of names that share an inode block.

use super::layout::Layout;
use super::metadata::{Cursor, Metadata};
use crate::{Problem, ProblemKind};

/// A name in a directory and the inode it stands for.
pub(super) struct Name {
    pub(super) name: Vec<u8>,
    pub(super) reference: u64,
}

/// Most names in one run.
const RUN_MAX: u32 = 256;

/// Reads a listing of `size` bytes, at most `most` names; what is wrong is reported to `problems`.
pub(super) fn read(
    metadata: &mut Metadata,
    layout: Layout,
    mut cursor: Cursor,
    size: u32,
    most: usize,
    problems: &mut Vec<Problem>,
) -> Vec<Name> {
    let mut names = Vec::new();
    // Later versions count `.` and `..` as three bytes.
    let uncounted = if layout.major >= 3 { 3 } else { 0 };
    let mut left = (size as usize).saturating_sub(uncounted);
    let block = cursor.block as u64;
    let mut broken = |detail: String| problems.push(Problem::new(ProblemKind::Malformed, block, detail));
    while left > 0 && names.len() < most {
        let (length, count_bytes) = match layout.major {
            1 | 2 => (4, 1),
            3 => (9, 1),
            _ => (12, 4),
        };
        let Some(run) = metadata.read(&mut cursor, length) else {
            broken("a directory is cut off".to_owned());
            break;
        };
        left = left.saturating_sub(length);
        let start_bytes = if layout.major <= 2 { 3 } else { 4 };
        let count = layout.int(&run, 0, count_bytes).map(|count| count as u32);
        let start = layout.int(&run, count_bytes, start_bytes);
        let (Some(count), Some(start)) = (count, start) else { break };
        if count >= RUN_MAX {
            broken(format!("a directory run of {} names", u64::from(count) + 1));
            break;
        }
        for _ in 0..=count {
            let Some((name, length)) = read_name(metadata, layout, &mut cursor, start) else {
                broken("a directory entry is cut off".to_owned());
                return names;
            };
            left = left.saturating_sub(length);
            if names.len() >= most {
                return names;
            }
            names.push(name);
        }
    }
    names
}

/// A name and the bytes that it takes.
fn read_name(
    metadata: &mut Metadata,
    layout: Layout,
    cursor: &mut Cursor,
    start: u64,
) -> Option<(Name, usize)> {
    let (header, offset_bits, length_at) = match layout.major {
        1 | 2 => (3, 13, 2),
        3 => (5, 13, 2),
        _ => (8, 16, if layout.big { 7 } else { 6 }),
    };
    let entry = metadata.read(cursor, header)?;
    let reference = start << 16 | layout.bits(&entry, 0, offset_bits)?;
    let length = usize::from(*entry.get(length_at)?) + 1;
    Some((Name { name: metadata.read(cursor, length)?, reference }, header + length))
}
