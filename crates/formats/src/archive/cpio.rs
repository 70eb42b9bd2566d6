//! cpio "newc", the format of initial RAM disks, and its variant with checksums.
//!
//! Finds: every entry of one archive up to its `TRAILER!!!`, with the zero padding to 512 bytes behind it.
//! How: headers are fourteen fields in ASCII, names and contents are padded to four bytes; contents stand in the
//! archive as they are. Hard links share an inode, and GNU cpio stores the content with one of them only: that one is
//! handed out as the file, the others as names of it. A header that is broken is reported and the next one within
//! 64 KiB is looked for. Wrong when: carved from unknown bytes, two headers or a trailer must follow one another.
//! Misses: the old binary and octal ("odc") formats. Source: cpio(5), Linux Documentation/driver-api/early-userspace/
//! buffer-format.rst.

use crate::broken;
use crate::bytes::{slice, tail, until_nul, zero_padding};
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// cpio "newc" and "crc".
pub struct Cpio;

static DESCRIPTION: Description = Description {
    name: "cpio",
    title: "cpio archive (newc, crc)",
    magics: &[Magic { offset: 0, bytes: NEWC }, Magic { offset: 0, bytes: CRC }],
    yields: "its entries in their order",
    limits: &[
        "the old binary and octal (odc) formats are not read",
        "behind a broken header the next one is looked for within 64 KiB",
        "names longer than 64 KiB are taken for a broken header",
    ],
    source: "cpio(5); Linux kernel, buffer-format.rst",
};

const NEWC: &[u8] = b"070701";
const CRC: &[u8] = b"070702";
const HEADER: usize = 110;
const NAME_MAX: usize = 64 << 10;
const SEARCH: usize = 64 << 10;
const TRAILER: &[u8] = b"TRAILER!!!";

impl Format for Cpio {
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
        match Header::parse(data, 0) {
            Some(first) => {
                let follows = first.is_trailer() || Header::parse(data, first.end()).is_some();
                if place == Place::Inside && !follows {
                    return None;
                }
            }
            // The walk reports the broken header, and looks for entries behind it.
            None => _ = broken::header(data, place, &DESCRIPTION, || broken::cut_off(data))?,
        }
        let mut problems = Vec::new();
        let (headers, end) = walk(data, limits, &mut problems);
        let holders = content_holders(&headers);
        for header in &headers {
            sink(header.entry(data, &holders, &mut problems));
        }
        let format = if data.starts_with(CRC) { "crc" } else { "newc" };
        let attributes = vec![("variant", format.to_owned()), ("entries", headers.len().to_string())];
        Some(Reading { size: end.max(NEWC.len()).min(data.len()), attributes, problems })
    }
}

/// Every header up to the trailer, and the archive's end.
fn walk<'a>(data: &'a [u8], limits: &Limits, problems: &mut Vec<Problem>) -> (Vec<Header<'a>>, usize) {
    let mut headers = Vec::new();
    let mut at = 0;
    loop {
        if limits.stopped() || headers.len() as u64 >= limits.entries {
            let detail = format!("stopped after {} entries", headers.len());
            problems.push(Problem::new(ProblemKind::LimitReached, at as u64, detail));
            return (headers, at);
        }
        match Header::parse(data, at) {
            Some(header) if header.is_trailer() => {
                let end = header.end().min(data.len());
                return (headers, end + zero_padding(data, end, 512));
            }
            Some(header) => {
                at = header.end();
                if at > data.len() {
                    // The padding of the last content may be missing.
                    if header.content_end() > data.len() {
                        let detail = "the data ends inside an entry's content";
                        problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
                    }
                    at = data.len();
                }
                headers.push(header);
            }
            None if at >= data.len() || could_be_header(tail(data, at)) => {
                let detail = "the data ends before the trailer";
                problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
                return (headers, data.len());
            }
            None => {
                problems.push(Problem::new(ProblemKind::Malformed, at as u64, "no cpio header stands here"));
                match resume(data, at) {
                    Some(next) => at = next,
                    None => return (headers, at),
                }
            }
        }
    }
}

/// Whether the rest of the data is the start of a header that is cut off.
fn could_be_header(rest: &[u8]) -> bool {
    let magic = crate::bytes::head(rest, 5);
    NEWC.starts_with(magic)
        && (rest.len() < HEADER || Fields::parse(rest).is_some_and(|fields| fields.name_size <= NAME_MAX))
}

/// The next header behind a broken one.
fn resume(data: &[u8], at: usize) -> Option<usize> {
    (1..SEARCH)
        .map(|distance| at + distance)
        .take_while(|next| *next < data.len())
        .find(|next| tail(data, *next).starts_with(b"07070") && Header::parse(data, *next).is_some())
}

type Inode = (u32, u32, u32);

/// For each inode with several names: the name that the content stands with.
fn content_holders<'a>(headers: &[Header<'a>]) -> BTreeMap<Inode, (usize, &'a [u8])> {
    let mut holders: BTreeMap<Inode, &Header<'a>> = BTreeMap::new();
    for header in headers.iter().filter(|header| header.shares_inode()) {
        let holder = holders.entry(header.inode()).or_insert(header);
        if holder.size == 0 && header.size > 0 {
            *holder = header;
        }
    }
    holders.into_iter().map(|(inode, header)| (inode, (header.at, header.name))).collect()
}

struct Fields {
    values: [u32; 13],
    name_size: usize,
}

impl Fields {
    fn parse(data: &[u8]) -> Option<Self> {
        if !data.starts_with(NEWC) && !data.starts_with(CRC) {
            return None;
        }
        let mut values = [0; 13];
        for (value, digits) in values.iter_mut().zip(slice(data, 6, 104)?.chunks_exact(8)) {
            *value = hexadecimal(digits)?;
        }
        let [.., name_size, _] = values;
        Some(Self { values, name_size: name_size as usize })
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
}

struct Header<'a> {
    at: usize,
    name: &'a [u8],
    name_size: usize,
    ino: u32,
    mode: u32,
    uid: u32,
    gid: u32,
    nlink: u32,
    mtime: u32,
    size: usize,
    device: (u32, u32),
    special: (u32, u32),
    checksum: Option<u32>,
}

impl<'a> Header<'a> {
    fn parse(data: &'a [u8], at: usize) -> Option<Self> {
        let rest = data.get(at..)?;
        let Fields { values, name_size } = Fields::parse(rest)?;
        let [ino, mode, uid, gid, nlink, mtime, size, major, minor, special_major, special_minor, _, check] =
            values;
        if name_size == 0 || name_size > NAME_MAX {
            return None;
        }
        let name = until_nul(slice(rest, HEADER, name_size)?);
        Some(Self {
            at,
            name,
            name_size,
            ino,
            mode,
            uid,
            gid,
            nlink,
            mtime,
            size: size as usize,
            device: (major, minor),
            special: (special_major, special_minor),
            checksum: rest.starts_with(CRC).then_some(check),
        })
    }

    fn content_start(&self) -> usize {
        self.at + (HEADER + self.name_size).next_multiple_of(4)
    }

    fn content_end(&self) -> usize {
        self.content_start().saturating_add(self.size)
    }

    /// Where the next header stands.
    fn end(&self) -> usize {
        self.content_start().saturating_add(self.size.checked_next_multiple_of(4).unwrap_or(usize::MAX))
    }

    fn is_trailer(&self) -> bool {
        self.name == TRAILER
    }

    fn is_file(&self) -> bool {
        matches!(self.mode & 0o170_000, 0o100_000 | 0)
    }

    fn shares_inode(&self) -> bool {
        self.is_file() && self.nlink > 1 && self.ino != 0
    }

    fn inode(&self) -> Inode {
        (self.device.0, self.device.1, self.ino)
    }

    fn entry(
        &self,
        data: &'a [u8],
        holders: &BTreeMap<Inode, (usize, &'a [u8])>,
        problems: &mut Vec<Problem>,
    ) -> Entry<'a> {
        let start = self.content_start();
        let content = crate::bytes::head(tail(data, start), self.size);
        let mut at = (self.size > 0).then_some(start as u64);
        let (major, minor) = self.special;
        let kind = match self.mode & 0o170_000 {
            0o040_000 => EntryKind::Directory,
            0o120_000 => EntryKind::Symlink(Cow::Borrowed(content)),
            0o020_000 => EntryKind::CharacterDevice { major, minor },
            0o060_000 => EntryKind::BlockDevice { major, minor },
            0o010_000 => EntryKind::Fifo,
            0o140_000 => EntryKind::Socket,
            other => {
                if !self.is_file() {
                    let detail = format!("file type {other:o} is not defined; taken for a regular file");
                    problems.push(Problem::new(ProblemKind::Undefined, self.at as u64 + 14, detail));
                }
                self.check(content, problems);
                match holders.get(&self.inode()) {
                    Some((holder, name)) if self.shares_inode() && *holder != self.at && self.size == 0 => {
                        at = None;
                        EntryKind::Hardlink(Cow::Borrowed(name))
                    }
                    _ => EntryKind::File(Content::Slice(content)),
                }
            }
        };
        Entry {
            path: Cow::Borrowed(self.name),
            kind,
            mode: Some(self.mode & 0o7777),
            uid: Some(self.uid),
            gid: Some(self.gid),
            mtime: Some(i64::from(self.mtime)),
            at,
            xattrs: Vec::new(),
        }
    }

    fn check(&self, content: &[u8], problems: &mut Vec<Problem>) {
        let Some(stated) = self.checksum.filter(|_| content.len() == self.size && self.size > 0) else {
            return;
        };
        let sum = content.iter().fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
        if sum != stated {
            let detail = format!("sum {stated:08x} is stated, the content has {sum:08x}");
            problems.push(Problem::new(ProblemKind::Checksum, self.at as u64 + 102, detail));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;

    struct Written {
        name: &'static [u8],
        mode: u32,
        ino: u32,
        nlink: u32,
        content: &'static [u8],
    }

    const FILE: Written = Written { name: b"file", mode: 0o100_644, ino: 1, nlink: 1, content: b"content" };

    fn append(data: &mut Vec<u8>, written: &Written) {
        let Written { name, mode, ino, nlink, content } = written;
        let (size, name_size) = (content.len(), name.len() + 1);
        let header = format!(
            "070701{ino:08x}{mode:08x}{:08x}{:08x}{nlink:08x}{:08x}{size:08X}{:08x}{:08x}{:08x}{:08x}{name_size:08x}{:08x}",
            0, 0, 100, 8, 1, 5, 1, 0
        );
        data.extend_from_slice(header.as_bytes());
        data.extend_from_slice(name);
        data.push(0);
        data.resize(data.len().next_multiple_of(4), 0);
        data.extend_from_slice(content);
        data.resize(data.len().next_multiple_of(4), 0);
    }

    fn archive(entries: &[Written]) -> Vec<u8> {
        let mut data = Vec::new();
        for entry in entries {
            append(&mut data, entry);
        }
        append(&mut data, &Written { name: TRAILER, mode: 0, ino: 0, content: b"", ..FILE });
        data
    }

    fn lines(data: &[u8]) -> (Reading, Vec<String>) {
        let (reading, entries) = read(&Cpio, data, Place::Start).unwrap();
        let line = |entry: &Entry| format!("{} {:?}", String::from_utf8_lossy(&entry.path), entry.kind);
        (reading, entries.iter().map(line).collect())
    }

    #[test]
    fn names_that_would_escape_are_handed_out_as_they_are() {
        const LONG: &[u8] = &[b'n'; 4096];
        let data = archive(&[
            Written { name: b"../../etc/passwd", ..FILE },
            Written { name: b"/etc/shadow", ..FILE },
            Written { name: b"out", mode: 0o120_777, content: b"/../../etc", ..FILE },
            Written { name: b"null", mode: 0o020_666, content: b"", ..FILE },
            Written { name: b"\xff\xfe", ..FILE },
            Written { name: LONG, ..FILE },
        ]);
        let (reading, entries) = read(&Cpio, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems.len()), (data.len(), 0));
        let paths: Vec<&[u8]> = entries.iter().map(|entry| &*entry.path).collect();
        assert_eq!(paths, [b"../../etc/passwd", &b"/etc/shadow"[..], b"out", b"null", b"\xff\xfe", LONG]);
        assert!(matches!(&entries[2].kind, EntryKind::Symlink(target) if &**target == b"/../../etc"));
        assert!(matches!(entries[3].kind, EntryKind::CharacterDevice { major: 5, minor: 1 }));
    }

    #[test]
    fn links_without_content_point_to_the_one_that_has_it() {
        let data = archive(&[
            Written { name: b"a", ino: 7, nlink: 2, content: b"", ..FILE },
            Written { name: b"b", ino: 7, nlink: 2, ..FILE },
            Written { name: b"c", ino: 8, nlink: 2, content: b"", ..FILE },
            Written { name: b"d", ino: 8, nlink: 2, content: b"", ..FILE },
        ]);
        let (_, lines) = lines(&data);
        assert_eq!(
            lines,
            ["a Hardlink([98])", "b File(slice of 7 bytes)", "c File(slice of 0 bytes)", "d Hardlink([99])"]
        );
    }

    #[test]
    fn archives_one_after_the_other_are_several_objects() {
        let first = archive(&[FILE]);
        let mut data = first.clone();
        data.resize(first.len().next_multiple_of(512), 0);
        let size = data.len();
        data.extend_from_slice(&archive(&[FILE]));
        let (reading, lines) = lines(&data);
        assert_eq!((reading.size, lines.len()), (size, 1));
    }

    #[test]
    fn a_broken_header_is_passed_over() {
        let mut data = archive(&[FILE, Written { name: b"lost", ..FILE }, Written { name: b"kept", ..FILE }]);
        let second = data.windows(4).position(|window| window == b"lost").unwrap() - HEADER;
        data[second + 30] = b'x';
        let (reading, lines) = lines(&data);
        assert_eq!(lines, ["file File(slice of 7 bytes)", "kept File(slice of 7 bytes)"]);
        assert_eq!(reading.problems[0].offset, second as u64);
        assert_eq!(reading.size, data.len());
    }

    #[test]
    fn truncation_keeps_what_is_there() {
        let data = archive(&[FILE, Written { name: b"cut", content: b"0123456789", ..FILE }]);
        let cut = data.windows(5).position(|window| window == b"01234").unwrap() + 3;
        let (reading, lines) = lines(&data[..cut]);
        assert_eq!(lines, ["file File(slice of 7 bytes)", "cut File(slice of 3 bytes)"]);
        assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
        assert_eq!(reading.size, cut);
    }

    #[test]
    fn one_lonely_header_inside_is_not_enough() {
        let mut data = Vec::new();
        append(&mut data, &FILE);
        data.extend_from_slice(b"something else altogether");
        assert!(read(&Cpio, &data, Place::Inside).is_none());
        assert!(read(&Cpio, &data, Place::Start).is_some());
    }

    #[test]
    fn entries_are_limited() {
        let data = archive(&[FILE, FILE, FILE]);
        let limits = Limits { entries: 2, ..Limits::default() };
        let mut count = 0;
        let reading = Cpio.read(&data, Place::Start, &limits, &mut |_| count += 1).unwrap();
        assert_eq!((count, reading.problems[0].kind), (2, ProblemKind::LimitReached));
    }
}
