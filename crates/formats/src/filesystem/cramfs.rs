//! cramfs: a small compressed file system of older routers and set-top boxes.
//!
//! Finds: every name with its inode, in the order of the directories; contents are made on demand, page by page.
//! How: superblock and inodes are bit fields in either byte order; a file is a list of pointers to zlib pages, with holes
//! and, in newer images, pages that are stored or stand elsewhere. The size of a page is not stated: the first size from
//! 4 KiB on with which the pages of a file decompress. Images before version 2 do not state their size: it ends behind
//! the last page. The CRC-32 of version 2 is checked. Wrong when: never seen; the magic and a name make 20 bytes.
//! Misses: pages compressed otherwise than with zlib.
//! Source: Linux, include/uapi/linux/cramfs_fs.h, fs/cramfs/README and inode.c.

use crate::broken;
use crate::bytes::{self, head, position, slice, tail, zero_padding};
use crate::compression::output::Output;
use crate::compression::zlib;
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
    Unpacked,
};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// cramfs.
pub struct Cramfs;

static DESCRIPTION: Description = Description {
    name: "cramfs",
    title: "cramfs file system",
    magics: &[
        Magic { offset: 0, bytes: LITTLE },
        Magic { offset: 0, bytes: BIG },
        Magic { offset: BOOT, bytes: LITTLE },
        Magic { offset: BOOT, bytes: BIG },
    ],
    yields: "its entries without the root, each directory before what it holds; contents are made on demand",
    limits: &[
        "only zlib pages of 4 to 64 KiB are decompressed",
        "the format keeps no times and the lowest 8 bits of a group only, and stores a hard link as a second file",
        "of an image without a stated size, what stands behind its last page is left outside",
    ],
    source: "Linux, include/uapi/linux/cramfs_fs.h and fs/cramfs/inode.c",
};

const LITTLE: &[u8] = &[0x45, 0x3d, 0xcd, 0x28];
const BIG: &[u8] = &[0x28, 0xcd, 0x3d, 0x45];
const SIGNATURE: &[u8] = b"Compressed ROMFS";
/// A boot sector may stand before the superblock.
const BOOT: usize = 512;
const SUPERBLOCK: usize = 76;
const INODE: usize = 12;
const VERSION_2: u32 = 1;
/// The flags that are defined.
const FLAGS: u32 = 0x0fff;
const STORED: u32 = 1 << 31;
const DIRECT: u32 = 1 << 30;
const PAGES: [usize; 5] = [4096, 8192, 16384, 32768, 65536];
const DEPTH_MAX: usize = 128;
const PATH_MAX: usize = 8 << 10;
/// Files that are tried for the size of a page.
const TRIALS: usize = 16;

impl Format for Cramfs {
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
        let start = if [LITTLE, BIG].iter().any(|magic| data.starts_with(magic)) { 0 } else { BOOT };
        let big = match slice(data, start, 4)? {
            magic if magic == BIG => true,
            magic if magic == LITTLE => false,
            _ => return None,
        };
        let superblock = slice(data, start, SUPERBLOCK);
        let signed = slice(data, start + 16, 16) == Some(SIGNATURE);
        let Some(superblock) = superblock.filter(|_| signed) else {
            return broken::header(data, place, &DESCRIPTION, || match data.get(start + 16..start + 32) {
                Some(_) => {
                    Problem::new(ProblemKind::Malformed, start as u64 + 16, "no signature behind the magic")
                }
                None => broken::cut_off(data),
            });
        };
        let mut volume = Volume { data, big, page: 4096, end: start + SUPERBLOCK, problems: Vec::new() };
        let header = Header::parse(superblock, big)?;
        let size = volume.check(&header, start);
        let root = volume.inode(start + SUPERBLOCK - INODE)?;
        let entries = volume.walk(&root, limits);
        volume.page = volume.page_size(&entries, limits);
        let size = size.unwrap_or_else(|| {
            let files = entries.iter().filter(|entry| entry.inode.has_pages());
            files.for_each(|entry| volume.end = volume.end.max(volume.file_end(&entry.inode)));
            volume.end.next_multiple_of(4)
        });
        if size > data.len() {
            let detail = format!("{} of {size} bytes are missing", size - data.len());
            volume.problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        let size = size.min(data.len());
        let size = size + zero_padding(data, size, 4096);
        let mut attributes = header.attributes(big);
        attributes.push(("page-size", volume.page.to_string()));
        if start > 0 && head(data, start).iter().any(|byte| *byte != 0) {
            sink(entry(
                Cow::Borrowed(b"boot"),
                EntryKind::Stream(Content::Slice(head(data, start))),
                Some(0),
            ));
        }
        for Found { path, inode } in entries {
            let handed = volume.entry(path, &inode);
            sink(handed);
        }
        Some(Reading { size: size.max(1), attributes, problems: volume.problems })
    }
}

/// The fields of the superblock.
struct Header {
    size: u32,
    flags: u32,
    crc: u32,
    edition: u32,
    blocks: u32,
    files: u32,
    name: String,
}

impl Header {
    fn parse(superblock: &[u8], big: bool) -> Option<Self> {
        let field = |at| bytes::int(superblock, big, at, 4).map(|value| value as u32);
        Some(Self {
            size: field(4)?,
            flags: field(8)?,
            crc: field(32)?,
            edition: field(36)?,
            blocks: field(40)?,
            files: field(44)?,
            name: String::from_utf8_lossy(bytes::until_nul(slice(superblock, 48, 16)?)).into_owned(),
        })
    }

    fn attributes(&self, big: bool) -> Vec<(&'static str, String)> {
        let version = if self.flags & VERSION_2 != 0 { 2 } else { 1 };
        let mut attributes = vec![
            ("version", version.to_string()),
            ("byte-order", if big { "big" } else { "little" }.to_owned()),
            ("name", self.name.clone()),
            ("flags", format!("{:#x}", self.flags)),
        ];
        if version == 2 {
            attributes.push(("edition", self.edition.to_string()));
            attributes.push(("blocks", self.blocks.to_string()));
            attributes.push(("files", self.files.to_string()));
        }
        attributes
    }
}

#[derive(Clone, Copy)]
struct Inode {
    mode: u32,
    uid: u32,
    /// Bytes of the content; a device's number.
    size: usize,
    gid: u32,
    /// Bytes of the name that follows.
    name: usize,
    /// Where its content or its list of entries starts.
    offset: usize,
}

impl Inode {
    fn kind(&self) -> u32 {
        self.mode >> 12
    }

    fn has_pages(&self) -> bool {
        matches!(self.kind(), 8 | 10) && self.size > 0
    }
}

struct Found {
    path: Vec<u8>,
    inode: Inode,
}

struct Volume<'a> {
    data: &'a [u8],
    big: bool,
    page: usize,
    /// The end of what was met so far.
    end: usize,
    problems: Vec<Problem>,
}

impl<'a> Volume<'a> {
    fn problem(&mut self, kind: ProblemKind, offset: usize, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, offset as u64, detail));
    }

    /// Checks the superblock; the size that it states.
    fn check(&mut self, header: &Header, start: usize) -> Option<usize> {
        if header.flags & !FLAGS != 0 {
            let detail = format!("flags {:#x}: some are not defined", header.flags);
            self.problem(ProblemKind::Undefined, start + 8, detail);
        }
        if header.flags & VERSION_2 == 0 {
            return None;
        }
        let size = header.size as usize;
        if size < start + SUPERBLOCK {
            self.problem(ProblemKind::Malformed, start + 4, format!("{size} bytes are stated"));
            return None;
        }
        let image = self.data.get(start..size)?;
        let mut crc = flate2::Crc::new();
        crc.update(head(image, 32));
        crc.update(&[0; 4]);
        crc.update(tail(image, 36));
        if crc.sum() != header.crc {
            self.problem(ProblemKind::Checksum, start + 32, "the CRC-32 of the image does not fit");
        }
        Some(size)
    }

    fn inode(&self, at: usize) -> Option<Inode> {
        let inode = slice(self.data, at, INODE)?;
        let field = |bit, width| bytes::bits(inode, self.big, bit, width);
        Some(Inode {
            mode: field(0, 16)? as u32,
            uid: field(16, 16)? as u32,
            size: field(32, 24)? as usize,
            gid: field(56, 8)? as u32,
            name: 4 * field(64, 6)? as usize,
            offset: 4 * field(70, 26)? as usize,
        })
    }

    /// Every entry below the root, each directory before what it holds.
    fn walk(&mut self, root: &Inode, limits: &Limits) -> Vec<Found> {
        let mut found = Vec::new();
        if root.kind() != 4 {
            self.problem(ProblemKind::Malformed, 64, "the root is no directory");
            return found;
        }
        let mut seen = BTreeSet::from([root.offset]);
        let mut levels = vec![(Vec::new(), root.offset, root.offset.saturating_add(root.size))];
        while let Some((parent, at, end)) = levels.last_mut() {
            if *at >= *end {
                levels.pop();
                continue;
            }
            let inode_at = *at;
            let read = self.inode(inode_at).zip(Some(inode_at + INODE));
            let Some((inode, name_at)) = read.filter(|(inode, _)| inode.name > 0) else {
                *at = *end;
                let kind = if inode_at + INODE > self.data.len() {
                    ProblemKind::Truncated
                } else {
                    ProblemKind::Malformed
                };
                self.problem(kind, inode_at, "a directory entry cannot be read");
                continue;
            };
            *at = name_at + inode.name;
            let name = bytes::until_nul(head(tail(self.data, name_at), inode.name));
            let path = if parent.is_empty() { name.to_vec() } else { [&parent[..], b"/", name].concat() };
            self.end = self.end.max(*at);
            if limits.stopped() || found.len() as u64 >= limits.entries {
                let detail = format!("stopped after {} entries", found.len());
                self.problem(ProblemKind::LimitReached, inode_at, detail);
                break;
            }
            found.push(Found { path: path.clone(), inode });
            if inode.kind() != 4 || inode.size == 0 {
                continue;
            }
            if !seen.insert(inode.offset) {
                self.problem(ProblemKind::Malformed, inode_at, "a directory is named a second time");
            } else if levels.len() >= DEPTH_MAX || path.len() > PATH_MAX {
                self.problem(ProblemKind::LimitReached, inode_at, "a directory too deep to follow");
            } else {
                levels.push((path, inode.offset, inode.offset.saturating_add(inode.size)));
            }
        }
        found
    }

    /// The first size of a page with which a file of several pages decompresses.
    fn page_size(&self, entries: &[Found], limits: &Limits) -> usize {
        let large =
            entries.iter().map(|entry| &entry.inode).filter(|inode| inode.has_pages() && inode.size > 4096);
        for inode in large.take(TRIALS) {
            for page in PAGES {
                let file =
                    File { data: self.data, big: self.big, page, offset: inode.offset, size: inode.size };
                if file.fits(limits) {
                    return page;
                }
            }
        }
        PAGES[0]
    }

    /// The end of the last page of a file.
    fn file_end(&self, inode: &Inode) -> usize {
        let last = inode.size.div_ceil(self.page).saturating_sub(1);
        self.file(inode).locate(last).map_or(0, |page| page.end)
    }

    fn file(&self, inode: &Inode) -> File<'a> {
        File { data: self.data, big: self.big, page: self.page, offset: inode.offset, size: inode.size }
    }

    fn entry(&mut self, path: Vec<u8>, inode: &Inode) -> Entry<'a> {
        let (major, minor) = ((inode.size as u32) >> 8 & 0xff, inode.size as u32 & 0xff);
        let file = self.file(inode);
        let mut at = None;
        let kind = match inode.kind() {
            4 => EntryKind::Directory,
            8 if inode.size == 0 => EntryKind::File(Content::Slice(&[])),
            8 => {
                at = Some(inode.offset as u64);
                let make = Box::new(move |limits: &Limits| file.unpack(limits));
                EntryKind::File(Content::Deferred { size: inode.size as u64, make })
            }
            10 => {
                let Unpacked { bytes, problems } =
                    file.unpack(&Limits { object_bytes: 64 << 10, ..Limits::default() });
                self.problems.extend(problems);
                EntryKind::Symlink(Cow::Owned(bytes))
            }
            2 => EntryKind::CharacterDevice { major, minor },
            6 => EntryKind::BlockDevice { major, minor },
            1 => EntryKind::Fifo,
            12 => EntryKind::Socket,
            kind => {
                let detail = format!("an entry of the unknown kind {kind}");
                self.problem(ProblemKind::Malformed, inode.offset, detail);
                EntryKind::File(Content::Slice(&[]))
            }
        };
        Entry {
            mode: Some(inode.mode & 0o7777),
            uid: Some(inode.uid),
            gid: Some(inode.gid),
            ..entry(Cow::Owned(path), kind, at)
        }
    }
}

fn entry<'a>(path: Cow<'a, [u8]>, kind: EntryKind<'a>, at: Option<u64>) -> Entry<'a> {
    Entry { path, kind, mode: None, uid: None, gid: None, mtime: None, at, xattrs: Vec::new() }
}

/// A file's pages.
#[derive(Clone, Copy)]
struct File<'a> {
    data: &'a [u8],
    big: bool,
    page: usize,
    offset: usize,
    size: usize,
}

/// Where a page stands, and how.
struct Page {
    start: usize,
    end: usize,
    stored: bool,
}

impl File<'_> {
    fn pointer(&self, index: usize) -> Option<u32> {
        bytes::int(self.data, self.big, self.offset.checked_add(4 * index)?, 4).map(|pointer| pointer as u32)
    }

    fn short(&self, at: usize) -> Option<usize> {
        bytes::int(self.data, self.big, at, 2).map(|length| length as usize)
    }

    /// Bytes of content in a page.
    fn expected(&self, index: usize) -> usize {
        self.size.saturating_sub(index.saturating_mul(self.page)).min(self.page)
    }

    fn locate(&self, index: usize) -> Option<Page> {
        let pointer = self.pointer(index)?;
        let stored = pointer & STORED != 0;
        let address = |pointer: u32| (pointer & !(STORED | DIRECT)) as usize;
        if pointer & DIRECT != 0 {
            let start = 4 * address(pointer);
            return Some(if stored {
                Page { start, end: start + self.expected(index), stored }
            } else {
                Page { start: start + 2, end: start + 2 + self.short(start)?, stored }
            });
        }
        // A pointer tells where a page ends; it starts where the one before ends.
        let start = match index.checked_sub(1) {
            None => self.offset + 4 * self.size.div_ceil(self.page),
            Some(before) => match self.pointer(before)? {
                before if before & DIRECT == 0 => address(before),
                before if before & STORED != 0 => 4 * address(before) + self.page,
                before => 4 * address(before) + 2 + self.short(4 * address(before))?,
            },
        };
        Some(Page { start, end: address(pointer), stored })
    }

    /// Whether the first pages decompress to what pages of this size hold.
    fn fits(&self, limits: &Limits) -> bool {
        let pages = self.size.div_ceil(self.page);
        let mut some = false;
        for index in [0, 1, pages - 1] {
            if index >= pages {
                continue;
            }
            let Some(page) = self.locate(index) else { return false };
            if page.start == page.end {
                continue;
            }
            some = true;
            if self.unpack_page(&page, self.expected(index), limits).1.is_some() {
                return false;
            }
        }
        some
    }

    fn unpack_page(&self, page: &Page, expected: usize, limits: &Limits) -> (Vec<u8>, Option<Problem>) {
        let problem = |kind, detail: String| Some(Problem::new(kind, page.start as u64, detail));
        let Some(length) = page.end.checked_sub(page.start) else {
            let detail = format!("a page from {} to {}", page.start, page.end);
            return (Vec::new(), problem(ProblemKind::Malformed, detail));
        };
        if length == 0 {
            return (vec![0; expected], None);
        }
        let input = head(tail(self.data, page.start), length);
        let cut = input.len() < length;
        let (bytes, found) = if page.stored {
            (head(input, expected).to_vec(), Vec::new())
        } else if length > 2 * self.page + 64 {
            return (Vec::new(), problem(ProblemKind::Malformed, format!("a page of {length} bytes")));
        } else {
            zlib::decode_block(input, Output::bounded(limits, expected as u64))
        };
        let found = found
            .into_iter()
            .next()
            .map(|found| Problem { offset: found.offset.saturating_add(page.start as u64), ..found });
        let found = if cut {
            problem(ProblemKind::Truncated, "the data ends inside a page".to_owned())
        } else if found.is_none() && bytes.len() < expected {
            problem(
                ProblemKind::Malformed,
                format!("a page of {} bytes where {expected} are expected", bytes.len()),
            )
        } else {
            found
        };
        (bytes, found)
    }

    fn unpack(self, limits: &Limits) -> Unpacked {
        let mut unpacked = Unpacked::default();
        let wanted = self.size.min(position(limits.object_bytes));
        for index in 0..self.size.div_ceil(self.page) {
            let at = self.offset.saturating_add(4 * index) as u64;
            let before = unpacked.bytes.len();
            if before >= wanted {
                let detail = format!("the file has {} bytes, {wanted} are allowed", self.size);
                unpacked.problems.push(Problem::new(ProblemKind::LimitReached, at, detail));
                break;
            }
            if limits.stopped() {
                unpacked.problems.push(Problem::new(ProblemKind::LimitReached, at, "time is up"));
                break;
            }
            let expected = self.expected(index);
            let Some(page) = self.locate(index) else {
                unpacked.problems.push(Problem::new(
                    ProblemKind::Truncated,
                    at,
                    "a page's pointer is missing",
                ));
                break;
            };
            let (bytes, problem) = self.unpack_page(&page, expected, limits);
            unpacked.bytes.extend_from_slice(&bytes);
            // What is missing of a page is left as zeros, so that the rest keeps its place.
            unpacked.bytes.resize(before + expected, 0);
            unpacked.problems.extend(problem);
        }
        unpacked.bytes.truncate(wanted);
        unpacked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const IMAGE: &[u8] = include_bytes!("../../../../corpus/formats/cramfs/little.cramfs");

    fn read(data: &[u8], place: Place) -> Option<(Reading, usize)> {
        let mut entries = 0;
        let reading = Cramfs.read(data, place, &Limits::default(), &mut |_| entries += 1)?;
        Some((reading, entries))
    }

    #[test]
    fn a_wrong_checksum_costs_no_name() {
        let mut data = IMAGE.to_vec();
        let whole = read(&data, Place::Inside).unwrap();
        data[33] ^= 1;
        let (reading, entries) = read(&data, Place::Inside).unwrap();
        assert_eq!(entries, whole.1);
        assert_eq!((reading.problems.len(), reading.problems[0].kind), (1, ProblemKind::Checksum));
    }

    #[test]
    fn a_directory_that_holds_itself_ends() {
        let mut data = IMAGE.to_vec();
        data.truncate(SUPERBLOCK);
        // The root's list of entries: one directory that starts where it stands itself.
        for at in [SUPERBLOCK - INODE, SUPERBLOCK] {
            data.resize(data.len().max(at + INODE), 0);
            data[at..at + INODE].copy_from_slice(&[0xed, 0x41, 0, 0, 16, 0, 0, 0, 0xc1, 0x04, 0, 0]);
        }
        data.extend_from_slice(b"self");
        let (reading, entries) = read(&data, Place::Start).unwrap();
        assert_eq!(entries, 1);
        assert!(reading.problems.iter().any(|problem| problem.detail.contains("second time")));
    }

    #[test]
    fn pages_that_overlap_and_point_anywhere_are_bounded() {
        for pointer in [0, 1, 76, 0x3fff_ffff, DIRECT, DIRECT | STORED, STORED, u32::MAX] {
            let mut data = vec![0; 4096];
            for index in 0..512 {
                data[4 * index..4 * index + 4].copy_from_slice(&pointer.to_le_bytes());
            }
            let file = File { data: &data, big: false, page: 4096, offset: 0, size: 0xff_ffff };
            let unpacked = file.unpack(&Limits { object_bytes: 1 << 20, ..Limits::default() });
            assert!(unpacked.bytes.len() <= 1 << 20);
        }
    }

    proptest! {
        #[test]
        fn anything_behind_a_good_head_is_read_within_its_bounds(noise in prop::collection::vec(any::<u8>(), 0..600), big: bool) {
            let mut data = if big { BIG.to_vec() } else { LITTLE.to_vec() };
            data.extend_from_slice(&[0; 12]);
            data.extend_from_slice(SIGNATURE);
            data.extend_from_slice(&noise);
            let limits = Limits { object_bytes: 1 << 20, entries: 100, ..Limits::default() };
            let mut entries = Vec::new();
            let reading = Cramfs.read(&data, Place::Start, &limits, &mut |entry| entries.push(entry));
            prop_assert!(reading.is_none_or(|reading| (1..=data.len()).contains(&reading.size)));
            for entry in entries {
                if let EntryKind::File(Content::Deferred { make, .. }) = entry.kind {
                    prop_assert!(make(&limits).bytes.len() <= 1 << 20);
                }
            }
        }
    }
}
