//! Minix file systems, versions 1 to 3: RAM disks and flash of early Linux devices.
//!
//! Finds: every name with its inode, each directory before what it holds; contents are made on demand where they do not
//! stand in one piece. How: the superblock says where bitmaps, inodes and zones are, in either byte order; the magic
//! says the version and the length of names. Inodes in use that no directory names are reported. Wrong when: the magic
//! has two bytes only, so the superblock's counts must fit each other, both bitmaps and the first zone, and the root must
//! start with `.` and `..`; nothing else is asked at the start of an object either. Misses: what deleted entries held.
//! Source: Linux, include/uapi/linux/minix_fs.h and fs/minix/; util-linux, mkfs.minix(8).

mod tree;
mod volume;

use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use tree::Tree;
use volume::{SUPERBLOCK, Volume};

/// Minix file system.
pub struct Minix;

static DESCRIPTION: Description = Description {
    name: "minix",
    title: "Minix file system, versions 1 to 3",
    magics: &[
        Magic { offset: SUPERBLOCK + 16, bytes: &[0x7f, 0x13] },
        Magic { offset: SUPERBLOCK + 16, bytes: &[0x8f, 0x13] },
        Magic { offset: SUPERBLOCK + 16, bytes: &[0x68, 0x24] },
        Magic { offset: SUPERBLOCK + 16, bytes: &[0x78, 0x24] },
        Magic { offset: SUPERBLOCK + 24, bytes: &[0x5a, 0x4d] },
        Magic { offset: SUPERBLOCK + 16, bytes: &[0x13, 0x7f] },
        Magic { offset: SUPERBLOCK + 16, bytes: &[0x13, 0x8f] },
        Magic { offset: SUPERBLOCK + 16, bytes: &[0x24, 0x68] },
        Magic { offset: SUPERBLOCK + 16, bytes: &[0x24, 0x78] },
        Magic { offset: SUPERBLOCK + 24, bytes: &[0x4d, 0x5a] },
    ],
    yields: "its entries without the root, each directory before what it holds",
    limits: &[
        "a volume whose superblock or root contradicts itself is not recognised: the magic is too weak",
        "inodes without a name are counted, their contents are not handed out",
    ],
    source: "Linux, include/uapi/linux/minix_fs.h and fs/minix",
};

impl Format for Minix {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        _place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let volume = Volume::parse(data)?;
        let stated = volume.size();
        let mut problems = Vec::new();
        if stated > data.len() as u64 {
            let detail = format!("{} of {stated} bytes are missing", stated - data.len() as u64);
            problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        let size = crate::bytes::position(stated).min(data.len());
        let attributes = volume.attributes();
        let mut tree = Tree::new(volume, limits, problems);
        tree.run(sink);
        tree.count_inodes();
        Some(Reading { size: size.max(1), attributes, problems: tree.problems })
    }
}

#[cfg(test)]
mod tests;
