//! cpio: "newc", the format of initial RAM disks, its variant with checksums, "odc" and the old binary one.
//!
//! Finds: every entry of one archive up to its `TRAILER!!!`, with the zero padding to 512 bytes behind it.
//! How: headers are fields in ASCII or words of two bytes, names and contents are padded to what the layout asks;
//! contents stand in the archive as they are. Hard links share an inode, and GNU cpio stores the content of a newc archive
//! with one of them only: that one is handed out as the file, the others as names of it. A header that is broken is
//! reported and the next one within 64 KiB is looked for. What no field accounts for, and contents of folders and devices,
//! is slack. Wrong when: carved from unknown bytes, two headers or a trailer must follow one another; of the binary layout
//! they must be sane as well. Misses: the stripped layout of large RPM packages, whose sizes stand elsewhere.
//! Source: cpio(5), Linux Documentation/driver-api/early-userspace/buffer-format.rst.

use self::header::{Header, Inode, Layout, TYPE};
use super::slack::Slack;
use crate::broken;
use crate::bytes::{head, tail, zero_padding};
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use std::borrow::Cow;
use std::collections::BTreeMap;

mod header;

/// cpio in ASCII.
pub struct Cpio;

/// cpio in binary words.
pub struct CpioBinary;

static DESCRIPTION: Description = Description {
    name: "cpio",
    title: "cpio archive (newc, crc, odc)",
    magics: &[
        Magic { offset: 0, bytes: b"070701" },
        Magic { offset: 0, bytes: b"070702" },
        Magic { offset: 0, bytes: b"070707" },
        Magic { offset: 0, bytes: STRIPPED },
    ],
    yields: "its entries in their order, and its slack",
    limits: &[
        "the stripped layout of large RPM packages (07070X) is named, but not read",
        "behind a broken header the next one is looked for within 64 KiB",
        "names longer than 64 KiB are taken for a broken header",
    ],
    source: "cpio(5); Linux kernel, buffer-format.rst",
};

static BINARY_DESCRIPTION: Description = Description {
    name: "cpio-binary",
    title: "cpio archive (old binary, either byte order)",
    magics: &[Magic { offset: 0, bytes: &[0xc7, 0x71] }, Magic { offset: 0, bytes: &[0x71, 0xc7] }],
    yields: "its entries in their order, and its slack",
    limits: &[
        "an archive whose first two headers are broken is not recognised",
        "behind a broken header the next one is looked for within 64 KiB",
    ],
    source: "cpio(5), Old Binary Format",
};

/// The layout that RPM writes where a file has 4 GiB or more: numbers of files in place of headers.
const STRIPPED: &[u8] = b"07070X";
const SEARCH: usize = 64 << 10;

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
        if data.starts_with(STRIPPED) {
            return broken::header(data, place, &DESCRIPTION, || {
                let detail = "a stripped cpio archive; the sizes of its files stand in the RPM header";
                Problem::new(ProblemKind::Unsupported, 0, detail)
            });
        }
        let layout = Layout::of(data)?;
        match Header::parse(data, 0, layout) {
            Some(first) if place == Place::Inside && !goes_on(data, &first) => return None,
            Some(_) => {}
            // The walk reports the broken header, and looks for entries behind it.
            None => _ = broken::header(data, place, &DESCRIPTION, || broken::cut_off(data))?,
        }
        Some(read(data, layout, limits, sink))
    }
}

impl Format for CpioBinary {
    fn describe(&self) -> &'static Description {
        &BINARY_DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        _: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let layout = Layout::of(data)?;
        let first = Header::parse(data, 0, layout)?;
        if !first.is_sane() || !goes_on(data, &first) {
            return None;
        }
        Some(read(data, layout, limits, sink))
    }
}

/// Whether a header is followed by another, or is the last.
fn goes_on(data: &[u8], header: &Header) -> bool {
    let next = || Header::parse(data, header.end(), header.layout);
    match header.layout {
        Layout::LittleEndian | Layout::BigEndian => {
            header.is_trailer() || next().is_some_and(|next| next.is_sane())
        }
        _ => header.is_trailer() || next().is_some(),
    }
}

fn read<'a>(data: &'a [u8], layout: Layout, limits: &Limits, sink: &mut dyn FnMut(Entry<'a>)) -> Reading {
    let mut problems = Vec::new();
    let mut slack = Slack::default();
    let (headers, end) = walk(data, layout, limits, &mut problems, &mut slack);
    let holders = content_holders(&headers);
    for header in &headers {
        sink(entry(header, data, &holders, &mut problems, &mut slack));
    }
    slack.hand_out(sink);
    let mut attributes = vec![("variant", layout.name().to_owned()), ("entries", headers.len().to_string())];
    match layout {
        Layout::LittleEndian => attributes.push(("byte-order", "little".to_owned())),
        Layout::BigEndian => attributes.push(("byte-order", "big".to_owned())),
        _ => {}
    }
    Reading { size: end.max(layout.magic().len()).min(data.len()), attributes, problems }
}

/// Every header up to the trailer, and the archive's end.
fn walk<'a>(
    data: &'a [u8],
    layout: Layout,
    limits: &Limits,
    problems: &mut Vec<Problem>,
    slack: &mut Slack<'a>,
) -> (Vec<Header<'a>>, usize) {
    let mut headers = Vec::new();
    let mut at = 0;
    loop {
        if limits.stopped() || headers.len() as u64 >= limits.entries {
            let detail = format!("stopped after {} entries", headers.len());
            problems.push(Problem::new(ProblemKind::LimitReached, at as u64, detail));
            return (headers, at);
        }
        let header = Header::parse(data, at, layout);
        if let Some(header) = &header {
            header.slack(data, slack);
        }
        match header {
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
            None if at >= data.len() || Header::is_cut_off(tail(data, at), layout) => {
                let detail = "the data ends before the trailer";
                problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
                return (headers, data.len());
            }
            None => {
                problems.push(Problem::new(ProblemKind::Malformed, at as u64, "no cpio header stands here"));
                match resume(data, at, layout) {
                    Some(next) => at = next,
                    None => return (headers, at),
                }
            }
        }
    }
}

/// The next header behind a broken one.
fn resume(data: &[u8], at: usize, layout: Layout) -> Option<usize> {
    let is_binary = matches!(layout, Layout::LittleEndian | Layout::BigEndian);
    (1..SEARCH)
        .map(|distance| at + distance)
        .take_while(|next| *next < data.len())
        .find(|next| Header::parse(data, *next, layout).is_some_and(|next| !is_binary || next.is_sane()))
}

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

fn entry<'a>(
    header: &Header<'a>,
    data: &'a [u8],
    holders: &BTreeMap<Inode, (usize, &'a [u8])>,
    problems: &mut Vec<Problem>,
    slack: &mut Slack<'a>,
) -> Entry<'a> {
    let start = header.content_start();
    let content = head(tail(data, start), header.size);
    let mut at = (!content.is_empty()).then_some(start as u64);
    let (major, minor) = header.special;
    let mut without_content = |kind| {
        slack.take(start, content);
        kind
    };
    let kind = match header.mode & TYPE {
        0o040_000 => without_content(EntryKind::Directory),
        0o120_000 => EntryKind::Symlink(Cow::Borrowed(content)),
        0o020_000 => without_content(EntryKind::CharacterDevice { major, minor }),
        0o060_000 => without_content(EntryKind::BlockDevice { major, minor }),
        0o010_000 => without_content(EntryKind::Fifo),
        0o140_000 => without_content(EntryKind::Socket),
        other => {
            if !header.is_file() {
                let detail = format!("file type {other:o} is not defined; taken for a regular file");
                problems.push(Problem::new(ProblemKind::Undefined, header.at as u64, detail));
            }
            check(header, content, problems);
            match holders.get(&header.inode()) {
                Some((holder, name)) if header.shares_inode() && *holder != header.at && header.size == 0 => {
                    at = None;
                    EntryKind::Hardlink(Cow::Borrowed(name))
                }
                _ => EntryKind::File(Content::Slice(content)),
            }
        }
    };
    Entry {
        path: Cow::Borrowed(header.name),
        kind,
        mode: Some(header.mode & 0o7777),
        uid: Some(header.uid),
        gid: Some(header.gid),
        mtime: Some(i64::from(header.mtime)),
        at,
        xattrs: Vec::new(),
    }
}

fn check(header: &Header, content: &[u8], problems: &mut Vec<Problem>) {
    let Some(stated) = header.checksum.filter(|_| content.len() == header.size && header.size > 0) else {
        return;
    };
    let sum = content.iter().fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
    if sum != stated {
        let detail = format!("sum {stated:08x} is stated, the content has {sum:08x}");
        problems.push(Problem::new(ProblemKind::Checksum, header.at as u64 + 102, detail));
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
        append(&mut data, &Written { name: b"TRAILER!!!", mode: 0, ino: 0, content: b"", ..FILE });
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
        let second = data.windows(4).position(|window| window == b"lost").unwrap() - 110;
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

    #[test]
    fn what_stands_behind_a_name_or_in_a_folder_is_slack() {
        let mut data = archive(&[
            Written { name: b"dir\0hidden", mode: 0o040_755, ..FILE },
            Written { name: b"file", ..FILE },
        ]);
        let (_, lines) = lines(&data);
        assert_eq!(
            lines,
            [
                "dir Directory",
                "file File(slice of 7 bytes)",
                "(slack at 0x72) Stream(slice of 6 bytes)",
                "(slack at 0x7c) Stream(slice of 7 bytes)"
            ]
        );
        // The padding behind the last content.
        let padding = data.windows(8).rposition(|window| window == b"content\0").unwrap() + 7;
        data[padding] = b'x';
        let (_, entries) = read(&Cpio, &data, Place::Start).unwrap();
        assert_eq!(entries.last().unwrap().at, Some(padding as u64));
    }

    fn words(values: &[u16], order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        values.iter().flat_map(|value| order(*value)).collect()
    }

    #[test]
    fn binary_words_in_both_orders() {
        for (order, name) in [(u16::to_le_bytes as fn(u16) -> [u8; 2], "little"), (u16::to_be_bytes, "big")] {
            let mut data = words(&[0o070_707, 0, 3, 0o100_644, 7, 8, 1, 0, 1, 2, 2, 0, 3], order);
            data.extend_from_slice(b"f\0one\0");
            data.extend(words(&[0o070_707, 0, 0, 0, 0, 0, 1, 0, 0, 0, 11, 0, 0], order));
            data.extend_from_slice(b"TRAILER!!!\0\0");
            let (reading, entries) = read(&CpioBinary, &data, Place::Inside).unwrap();
            assert_eq!((reading.size, reading.problems.len(), entries.len()), (data.len(), 0, 1));
            assert_eq!((entries[0].mtime, entries[0].uid), (Some(65_538), Some(7)));
            assert!(reading.attributes.contains(&("byte-order", name.to_owned())));
            assert!(read(&CpioBinary, &data[..20], Place::Start).is_none());
        }
    }
}
