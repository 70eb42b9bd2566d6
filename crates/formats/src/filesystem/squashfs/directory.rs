//! Directories: runs of names that share an inode block.

use super::metadata::{Cursor, Metadata};
use crate::bytes::{u16_le, u32_le};
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
    mut cursor: Cursor,
    size: u32,
    most: usize,
    problems: &mut Vec<Problem>,
) -> Vec<Name> {
    let mut names = Vec::new();
    let mut left = (size as usize).saturating_sub(3);
    let block = cursor.block as u64;
    let mut broken = |detail: String| problems.push(Problem::new(ProblemKind::Malformed, block, detail));
    while left > 0 && names.len() < most {
        let Some(run) = metadata.read(&mut cursor, 12) else {
            broken("a directory is cut off".to_owned());
            break;
        };
        left = left.saturating_sub(12);
        let (Some(count), Some(start)) = (u32_le(&run, 0), u32_le(&run, 4)) else { break };
        if count >= RUN_MAX {
            broken(format!("a directory run of {} names", u64::from(count) + 1));
            break;
        }
        for _ in 0..=count {
            let Some(name) = read_name(metadata, &mut cursor, start) else {
                broken("a directory entry is cut off".to_owned());
                return names;
            };
            left = left.saturating_sub(8 + name.name.len());
            if names.len() >= most {
                return names;
            }
            names.push(name);
        }
    }
    names
}

fn read_name(metadata: &mut Metadata, cursor: &mut Cursor, start: u32) -> Option<Name> {
    let entry = metadata.read(cursor, 8)?;
    let reference = u64::from(start) << 16 | u64::from(u16_le(&entry, 0)?);
    let length = usize::from(u16_le(&entry, 6)? & 0xff) + 1;
    Some(Name { name: metadata.read(cursor, length)?, reference })
}
