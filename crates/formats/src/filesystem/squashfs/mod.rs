//! squashfs 1 to 4 in both byte orders: the file system of most routers.
//!
//! Finds: every name with its inode and extended attributes, in the order of the directories; contents are made on demand.
//! How: superblock, metadata blocks, inodes, directories and fragments are read here; a field that cannot be right is
//! reported with its offset, repaired from another one where that is possible, and everything else is still read. The
//! byte order is the one in which the version makes sense, whatever the magic suggests. Vendors change magics and
//! compressors: the codec is the stated one if it opens the root directory, else the first that does; single blocks may
//! differ from it. A directory is walked once, however often it is named. The tables stand at the end of an image: of
//! one that is cut off, the blocks that still decompress are handed out as one stream.
//! Wrong when: carved from unknown bytes, at most one field of the superblock may contradict the others, and the root
//! directory must be readable unless none does (a compressor that is not known does not count).
//! Misses: the sizes of holes in their files; what single blocks of a cut image belong to.
//! Source: Linux fs/squashfs/squashfs_fs.h; Documentation/filesystems/squashfs.rst; for versions 1 to 3 the structures
//! that squashfs-tools keeps in squashfs_compat.h; for the headers of LZMA blocks, images in the field.

mod codec;
mod content;
mod directory;
mod inode;
mod layout;
mod metadata;
mod older_inode;
mod options;
mod salvage;
mod superblock;
#[cfg(test)]
mod tests;
mod walk;
mod xattr;

use crate::broken;
use crate::bytes::{position, zero_padding};
use crate::time::iso8601;
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use codec::{Codec, Decoder};
use std::borrow::Cow;
use superblock::Superblock;
use walk::Walk;

/// squashfs 1 to 4.
pub struct Squashfs;

static DESCRIPTION: Description = Description {
    name: "squashfs",
    title: "squashfs 1 to 4 file system",
    magics: &[
        Magic { offset: 0, bytes: b"hsqs" },
        Magic { offset: 0, bytes: b"sqsh" },
        Magic { offset: 0, bytes: b"shsq" },
        Magic { offset: 0, bytes: b"qshs" },
        Magic { offset: 0, bytes: b"hsqt" },
        Magic { offset: 0, bytes: b"tqsh" },
        Magic { offset: 0, bytes: b"sqlz" },
        Magic { offset: 0, bytes: b"zlqs" },
    ],
    yields: "its entries without the root, each directory before what it holds; contents are made on demand",
    limits: &[
        "magics other than hsqs, sqsh, shsq, qshs, hsqt, tqsh, sqlz and zlqs are not recognised",
        "versions 1 and 2 keep no modification time of links, devices and pipes",
        "of an image cut before its tables, blocks are recovered without names, and none compressed with lz4 or lzo",
        "paths longer than 8 KiB and directories deeper than 128 are not followed",
    ],
    source: "Linux, fs/squashfs/squashfs_fs.h and Documentation/filesystems/squashfs.rst; squashfs-tools, squashfs_compat.h",
};

const MAGIC_BYTES: usize = 4;
/// Images are padded to this in flash.
const PADDING: usize = 4096;
const IDS_IN_BLOCK: u16 = 2048;

impl Format for Squashfs {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        if !DESCRIPTION.magics.iter().any(|magic| data.starts_with(magic.bytes)) {
            return None;
        }
        let mut problems = Vec::new();
        let Some(superblock) = Superblock::parse(data, place, &mut problems) else {
            let mut reading = broken::header(data, place, &DESCRIPTION, || broken::cut_off(data))?;
            if !problems.is_empty() {
                reading = Reading { size: MAGIC_BYTES, attributes: Vec::new(), problems };
            }
            return Some(reading);
        };
        let used = position(superblock.bytes_used);
        if used > data.len() {
            let missing = superblock.bytes_used - data.len() as u64;
            let detail = format!("{missing} of the {} bytes stated are missing", superblock.bytes_used);
            problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        let size = used.min(data.len());
        let image = data.get(..size).unwrap_or(data);
        let certain = place == Place::Start || superblock.is_consistent(&problems);
        let codec = codec::detect(&superblock, image, limits);
        let attributes = attributes(&superblock, codec, data);
        let Some(codec) = codec else {
            if !certain {
                return None;
            }
            let detail = format!("compressor {} is not read", superblock.compressor.unwrap_or(0));
            problems.push(Problem::new(ProblemKind::Unsupported, superblock::COMPRESSOR, detail));
            let start = superblock.size.min(size);
            let content = Content::Slice(image.get(start..).unwrap_or_default());
            sink(part(b"blocks", content, start));
            return Some(Reading { size: padded(data, size), attributes, problems });
        };
        for problem in problems.iter_mut().filter(|problem| problem.offset == superblock::COMPRESSOR) {
            // The image says it all the same.
            problem.kind = ProblemKind::Undefined;
        }
        let stated = superblock.compressor.and_then(Codec::from_number);
        let usual = data.starts_with(b"hsqs") || data.starts_with(b"sqsh");
        let flexible = superblock.layout.major < 4 || !usual || stated != Some(codec);
        let decoder = Decoder { codec, flexible };
        let mut walk = Walk::new(image, &superblock, decoder, limits, problems);
        let opened = walk.run(sink);
        if !opened && !certain {
            return None;
        }
        walk.count_inodes();
        problems = walk.problems;
        problems.append(&mut walk.metadata.problems);
        if !opened && used > data.len() {
            sink(salvage::blocks(image, &superblock, codec));
        }
        Some(Reading { size: padded(data, size), attributes, problems })
    }
}

/// The size with the padding behind it.
fn padded(data: &[u8], size: usize) -> usize {
    (size + zero_padding(data, size, PADDING)).max(1)
}

/// A part of an image that is no entry of it.
fn part<'a>(name: &'static [u8], content: Content<'a>, at: usize) -> Entry<'a> {
    Entry {
        path: Cow::Borrowed(name),
        kind: EntryKind::Stream(content),
        mode: None,
        uid: None,
        gid: None,
        mtime: None,
        at: Some(at as u64),
        xattrs: Vec::new(),
    }
}

fn attributes(superblock: &Superblock, codec: Option<Codec>, data: &[u8]) -> Vec<(&'static str, String)> {
    let stated = superblock.compressor.map(|number| match Codec::from_number(number) {
        Some(codec) => codec.name().to_owned(),
        None => format!("number {number}"),
    });
    let codec = codec.filter(|_| codec::is_known(superblock, data));
    let found = codec.map(|codec| codec.name().to_owned());
    let mut attributes = vec![
        ("version", format!("{}.{}", superblock.version.0, superblock.version.1)),
        ("byte-order", if superblock.layout.big { "big" } else { "little" }.to_owned()),
    ];
    attributes.extend(found.clone().or(stated.clone()).map(|name| ("compression", name)));
    let other = stated.filter(|stated| found.as_ref().is_some_and(|found| found != stated));
    attributes.extend(other.map(|name| ("compression-stated", name)));
    attributes.extend(codec.and_then(Codec::variant).map(|variant| ("compression-variant", variant)));
    let options = codec.and_then(|codec| options::describe(data, superblock, codec));
    attributes.extend(options.map(|options| ("compression-options", options)));
    attributes.extend([
        ("block-size", superblock.block_size.to_string()),
        ("created", iso8601(i64::from(superblock.created))),
        ("inodes", superblock.inodes.to_string()),
        ("fragments", superblock.fragments.to_string()),
        ("flags", format!("{:#06x}", superblock.flags)),
    ]);
    attributes
}
