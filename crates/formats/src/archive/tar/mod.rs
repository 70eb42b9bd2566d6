//! tar: v7, ustar, pax, GNU and star.
//!
//! Finds: every entry up to the end blocks, with the zero blocks that fill the last record of 10,240 bytes.
//! How: each header's checksum is verified; pax records (of one entry or of all) and GNU long names override the header's
//! fields; contents stand in the archive as they are, sparse ones are put together from their pieces. A header whose
//! checksum does not fit is reported and the next good one within 1 MiB is looked for. What no field accounts for is slack,
//! and so are pax records that say nothing of an entry, and contents of links and folders. Wrong when: never known to be;
//! 512 bytes have to sum up to what they state. Misses: files that go on in another volume.
//! Source: POSIX.1-2017 pax(1), "ustar Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format" and
//! "Storing Sparse Files"; star(5).

use self::header::{BLOCK, Header, Variant};
use self::pax::Overrides;
use self::sparse::Piece;
use super::slack::{Slack, stream};
use crate::broken;
use crate::bytes::{head, position, slice, tail, until_nul};
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use std::borrow::Cow;

mod header;
mod pax;
mod sparse;

/// tar with a magic.
pub struct Tar;

/// tar without one.
pub struct TarV7;

static DESCRIPTION: Description = Description {
    name: "tar",
    title: "tar archive (ustar, pax, GNU, star)",
    magics: &[Magic { offset: 257, bytes: b"ustar" }],
    yields: "its entries in their order, and its slack",
    limits: LIMITS,
    source: "POSIX.1-2017, pax(1); GNU tar manual, Basic Tar Format; star(5)",
};

static V7_DESCRIPTION: Description = Description {
    name: "tar-v7",
    title: "tar archive without magic (v7)",
    magics: &[Magic { offset: 154, bytes: b"\0 " }, Magic { offset: 154, bytes: b" \0" }],
    yields: "its entries in their order, and its slack",
    limits: LIMITS,
    source: "GNU tar manual, Basic Tar Format; tar(5)",
};

const LIMITS: &[&str] = &[
    "behind a broken header the next one is looked for within 1 MiB",
    "a file that goes on from or in another volume is handed out as far as it stands here",
    "pax records that say nothing of a name, size, time, owner or extended attribute are slack",
];
const RECORD: usize = 20 * BLOCK;
const SEARCH_BLOCKS: usize = 2048;
/// The largest pax or long-name entry that is believed.
const EXTENSION_MAX: usize = 1 << 20;
/// A comment that is longer, or not plain text, is slack.
const COMMENT_MAX: usize = 256;

impl Format for Tar {
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
            Some(first) if first.variant == Variant::V7 => None,
            Some(first) => {
                let variant = if matches!(first.flag, b'x' | b'g') { "pax" } else { first.variant.name() };
                Some(read(data, variant, limits, sink))
            }
            // The walk reports the broken header, and looks for entries behind it.
            None => {
                broken::header(data, place, &DESCRIPTION, || broken::cut_off(data))?;
                Some(read(data, "unknown", limits, sink))
            }
        }
    }
}

impl Format for TarV7 {
    fn describe(&self) -> &'static Description {
        &V7_DESCRIPTION
    }

    /// The sum of the header and the length are octal digits; two bytes of magic are everywhere.
    fn may_start(&self, data: &[u8]) -> bool {
        let octal = |at, count| {
            slice(data, at, count).is_some_and(|field| {
                let mut number = field.iter().take_while(|byte| **byte != 0);
                number.all(|byte| matches!(byte, b'0'..=b'7' | b' '))
            })
        };
        let binary = data.get(124).is_some_and(|byte| byte & 0x80 != 0);
        data.first().is_some_and(|byte| *byte >= b' ') && octal(148, 6) && (binary || octal(124, 12))
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        _: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let first = Header::parse(data, 0)?;
        let is_believable = first.variant == Variant::V7
            && !first.path.is_empty()
            && first.path.iter().all(|byte| *byte >= b' ')
            && first.broken_field.is_none()
            && first.is_written()
            && matches!(first.flag, 0 | b'0'..=b'7' | b'L' | b'S');
        is_believable.then(|| read(data, first.variant.name(), limits, sink))
    }
}

fn read<'a>(data: &'a [u8], variant: &str, limits: &Limits, sink: &mut dyn FnMut(Entry<'a>)) -> Reading {
    let mut reader = Reader { data, ..Reader::default() };
    reader.run(limits, sink);
    reader.slack.hand_out(sink);
    let mut attributes = vec![("variant", variant.to_owned()), ("entries", reader.entries.to_string())];
    attributes.append(&mut reader.attributes);
    Reading { size: reader.at.max(BLOCK).min(data.len()), attributes, problems: reader.problems }
}

#[derive(Default)]
struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    global: Overrides<'a>,
    problems: Vec<Problem>,
    attributes: Vec<(&'static str, String)>,
    slack: Slack<'a>,
    entries: u64,
}

impl<'a> Reader<'a> {
    fn problem(&mut self, kind: ProblemKind, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, self.at as u64, detail));
    }

    fn run(&mut self, limits: &Limits, sink: &mut dyn FnMut(Entry<'a>)) {
        let mut local = Overrides::default();
        loop {
            if limits.stopped() || self.entries >= limits.entries {
                return self
                    .problem(ProblemKind::LimitReached, format!("stopped after {} entries", self.entries));
            }
            let Some(block) = slice(self.data, self.at, BLOCK) else {
                self.at = self.data.len();
                return self.problem(ProblemKind::Truncated, "the data ends before the end blocks");
            };
            if is_zero(block) {
                return self.finish();
            }
            let Some(header) = Header::parse(self.data, self.at) else {
                self.problem(
                    ProblemKind::Malformed,
                    "a header's checksum does not fit; the entry is passed over",
                );
                match self.resume() {
                    Some(next) => self.at = next,
                    None => return,
                }
                continue;
            };
            if !self.entry(&header, &mut local, sink) {
                return;
            }
        }
    }

    /// Takes the entry or extension whose header stands here; whether the data reaches to its end.
    fn entry(
        &mut self,
        header: &Header<'a>,
        local: &mut Overrides<'a>,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> bool {
        header.slack(self.at, &mut self.slack);
        if let Some((at, name)) = header.broken_field {
            let kind = if name == "size" { ProblemKind::Malformed } else { ProblemKind::Undefined };
            let detail = format!("the {name} of this entry is no number; taken for 0");
            self.problems.push(Problem::new(kind, (self.at + at) as u64, detail));
        }
        let mut start = self.at + BLOCK;
        let mut sparse = None;
        if header.flag == b'S' {
            sparse = self.sparse_blocks(header, &mut start);
            if sparse.is_none() {
                self.problem(ProblemKind::Malformed, "a sparse file without a map; handed out as stored");
            }
        }
        let overridden = local.size.or(self.global.size).filter(|_| !header.is_extension());
        let mut size = position(overridden.unwrap_or(header.size));
        let mut is_extra = false;
        if header.may_lack_content() && size > 0 {
            is_extra = self.has_extra_content(start, size);
            size = if is_extra { size } else { 0 };
        }
        let content = head(tail(self.data, start), size);
        let is_whole = content.len() == size;
        if !is_whole {
            self.problem(ProblemKind::Truncated, "the data ends inside this entry's content");
        }
        if header.is_extension() {
            self.extension(header, content, start, local);
        } else {
            let overrides = std::mem::take(local).or(&self.global);
            self.entries += 1;
            if self.entries == 1 {
                self.attributes.extend(package(overrides.path.unwrap_or(&header.path)));
            }
            if is_extra {
                self.slack.take(start, content);
            }
            if let Some(entry) = self.make(header, overrides, content, start, sparse) {
                sink(entry);
            }
        }
        let end = start.saturating_add(size);
        let padded = end.checked_next_multiple_of(BLOCK).unwrap_or(usize::MAX).min(self.data.len());
        if is_whole {
            self.slack.take(end, self.data.get(end..padded).unwrap_or_default());
        }
        self.at = padded;
        is_whole
    }

    /// A link, device or folder that states a size has content only where the next header stands behind that.
    fn has_extra_content(&self, start: usize, size: usize) -> bool {
        let is_next = |at: usize| {
            slice(self.data, at, BLOCK).is_some_and(is_zero) || Header::parse(self.data, at).is_some()
        };
        let behind = size.checked_next_multiple_of(BLOCK).and_then(|size| start.checked_add(size));
        !is_next(start) && behind.is_some_and(|behind| behind == self.data.len() || is_next(behind))
    }

    /// The map of a sparse file in its header and the blocks behind that; `start` is moved behind them.
    fn sparse_blocks(&mut self, header: &Header, start: &mut usize) -> Option<(Vec<Piece>, u64)> {
        let (mut pieces, size, mut more) = header.sparse()?;
        while more {
            let block = slice(self.data, *start, BLOCK)?;
            pieces.extend(header::sparse_pieces(head(block, 504)));
            more = block.get(504).is_some_and(|flag| *flag != 0);
            self.slack.take(*start + 505, self.data.get(*start + 505..*start + BLOCK).unwrap_or_default());
            *start += BLOCK;
        }
        Some((pieces, size))
    }

    /// Takes the end blocks, and the zero blocks up to the end of the record.
    fn finish(&mut self) {
        let record_end = (self.at + 2 * BLOCK).next_multiple_of(RECORD);
        let mut end = self.at;
        while end < record_end && slice(self.data, end, BLOCK).is_some_and(is_zero) {
            end += BLOCK;
        }
        if end == self.at + BLOCK {
            self.problem(ProblemKind::Malformed, "one end block instead of two");
        }
        self.at = end;
    }

    /// The next header behind a broken one.
    fn resume(&self) -> Option<usize> {
        (1..SEARCH_BLOCKS)
            .map(|blocks| self.at + blocks * BLOCK)
            .take_while(|next| *next < self.data.len())
            .find(|next| Header::parse(self.data, *next).is_some())
    }

    fn extension(&mut self, header: &Header, content: &'a [u8], start: usize, local: &mut Overrides<'a>) {
        if content.len() > EXTENSION_MAX {
            self.slack.take(start, content);
            let detail = format!("an extension of {} bytes is passed over", content.len());
            return self.problem(ProblemKind::Unsupported, detail);
        }
        match header.flag {
            b'L' => local.path = Some(until_nul(content)),
            b'K' => local.link = Some(until_nul(content)),
            _ => {
                let is_global = header.flag == b'g';
                let overrides = if is_global { &mut self.global } else { local };
                let (slack, attributes) = (&mut self.slack, &mut self.attributes);
                let broken = overrides.take_records(content, |key, value, at| {
                    let is_text =
                        value.len() <= COMMENT_MAX && value.iter().all(|byte| (b' '..0x7f).contains(byte));
                    if is_global && key == b"comment" && is_text {
                        attributes.push(("comment", String::from_utf8_lossy(value).into_owned()));
                    } else {
                        slack.take(
                            start + at,
                            tail(content, at).get(..record_length(key, value)).unwrap_or(value),
                        );
                    }
                });
                if let Some(at) = broken {
                    self.slack.take(start + at, tail(content, at));
                    let detail = "a pax record is broken; the rest of its block is passed over";
                    self.problem(ProblemKind::Malformed, detail);
                }
                return;
            }
        }
        self.slack.behind_nul(start, content);
    }

    fn make(
        &mut self,
        header: &Header<'a>,
        mut overrides: Overrides<'a>,
        content: &'a [u8],
        start: usize,
        sparse: Option<(Vec<Piece>, u64)>,
    ) -> Option<Entry<'a>> {
        let link = Cow::Borrowed(overrides.link.unwrap_or(header.link));
        let major = overrides.device.0.unwrap_or(header.device.0);
        let minor = overrides.device.1.unwrap_or(header.device.1);
        let path = overrides.path.map_or_else(|| header.path.clone(), Cow::Borrowed);
        let kind = match header.flag {
            b'1' => EntryKind::Hardlink(link),
            b'2' => EntryKind::Symlink(link),
            b'3' => EntryKind::CharacterDevice { major, minor },
            b'4' => EntryKind::BlockDevice { major, minor },
            b'6' => EntryKind::Fifo,
            b'5' => EntryKind::Directory,
            b'D' => {
                // A list of the names that the folder had.
                self.slack.take(start, content);
                EntryKind::Directory
            }
            0 | b'0' if path.ends_with(b"/") => {
                self.slack.take(start, content);
                EntryKind::Directory
            }
            b'V' => {
                self.attributes.push(("label", String::from_utf8_lossy(&path).into_owned()));
                self.slack.take(start, content);
                return None;
            }
            b'N' | b'A' | b'I' => {
                let flag = char::from(header.flag);
                if !matches!(header.flag, b'A') {
                    let detail = format!("an entry of type {flag} is handed out as a stream");
                    self.problem(ProblemKind::Unsupported, detail);
                }
                let path = format!("(type {flag} at {:#x})", self.at);
                return Some(stream(path, Content::Slice(content), Some(start)));
            }
            flag => {
                match flag {
                    0 | b'0' | b'7' | b'S' => {}
                    b'M' => self.problem(
                        ProblemKind::Unsupported,
                        "a file that goes on from another volume; handed out as far as it stands here",
                    ),
                    other => {
                        let detail = format!("type {other:#04x} is not known; taken for a regular file");
                        self.problem(ProblemKind::Undefined, detail);
                    }
                }
                EntryKind::File(self.content(&mut overrides, content, start, sparse))
            }
        };
        Some(finished(header, overrides, path, kind, start))
    }

    /// A file's content: as it stands there, or put together from its pieces.
    fn content(
        &mut self,
        overrides: &mut Overrides<'a>,
        content: &'a [u8],
        start: usize,
        sparse: Option<(Vec<Piece>, u64)>,
    ) -> Content<'a> {
        let (mut stored, mut at) = (content, start);
        let sparse = match (sparse, overrides.sparse.take()) {
            (Some(sparse), _) => Some(sparse),
            (None, Some(stated)) => {
                let mut pieces = stated.pieces;
                if stated.map_in_content {
                    let Some((map, length, padded)) = sparse::read_map(content) else {
                        self.problem(
                            ProblemKind::Malformed,
                            "the map of a sparse file is broken; handed out as stored",
                        );
                        return Content::Slice(content);
                    };
                    self.slack.take(start + length, content.get(length..padded).unwrap_or_default());
                    (stored, at) = (tail(content, padded), start + padded);
                    pieces = map;
                }
                let size =
                    stated.size.or_else(|| pieces.last().map(|last| last.offset.saturating_add(last.length)));
                size.map(|size| (pieces, size))
            }
            (None, None) => None,
        };
        let Some((pieces, size)) = sparse else { return Content::Slice(content) };
        let mapped = pieces.iter().fold(0_u64, |sum, piece| sum.saturating_add(piece.length));
        if let Some(rest) = stored.get(position(mapped)..) {
            // Bytes that no piece of the map speaks of.
            self.slack.take(at + stored.len() - rest.len(), rest);
        }
        Content::Deferred {
            size,
            make: Box::new(move |limits| sparse::assemble(&pieces, stored, size, at, limits)),
        }
    }
}

/// The length of a pax record as it was written: its own length counts.
fn record_length(key: &[u8], value: &[u8]) -> usize {
    let rest = key.len() + value.len() + 3;
    (1..20)
        .map(|digits| rest + digits)
        .find(|length| length.to_string().len() == length - rest)
        .unwrap_or(rest)
}

/// The kind of package that the first entry's name tells.
fn package(first: &[u8]) -> Option<(&'static str, String)> {
    let first = first.strip_prefix(b"./").unwrap_or(first);
    let kind = if first.starts_with(b".SIGN.") || first == b".PKGINFO" {
        "apk"
    } else if first == b"debian-binary" {
        "ipk"
    } else if first.starts_with(b"sysupgrade-") {
        "sysupgrade"
    } else {
        return None;
    };
    Some(("package", kind.to_owned()))
}

fn finished<'a>(
    header: &Header<'a>,
    overrides: Overrides<'a>,
    mut path: Cow<'a, [u8]>,
    kind: EntryKind<'a>,
    start: usize,
) -> Entry<'a> {
    if matches!(kind, EntryKind::Directory) && path.len() > 1 && path.ends_with(b"/") {
        path = match path {
            Cow::Borrowed(path) => Cow::Borrowed(head(path, path.len() - 1)),
            Cow::Owned(path) => Cow::Owned(head(&path, path.len() - 1).to_vec()),
        };
    }
    let stands_there = matches!(&kind, EntryKind::File(Content::Slice(content)) if !content.is_empty());
    Entry {
        path,
        mode: Some(header.mode as u32 & 0o7777),
        uid: overrides.uid.or_else(|| u32::try_from(header.uid).ok()),
        gid: overrides.gid.or_else(|| u32::try_from(header.gid).ok()),
        mtime: Some(overrides.mtime.unwrap_or(header.mtime)),
        at: stands_there.then_some(start as u64),
        xattrs: overrides.xattrs,
        kind,
    }
}

fn is_zero(block: &[u8]) -> bool {
    block.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;

    fn header(name: &[u8], flag: u8, size: usize) -> Vec<u8> {
        let mut block = vec![0; BLOCK];
        block[..name.len()].copy_from_slice(name);
        block[100..107].copy_from_slice(b"0000644");
        block[108..115].copy_from_slice(b"0001750");
        block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        block[136..147].copy_from_slice(b"00000000144");
        block[156] = flag;
        block[257..265].copy_from_slice(b"ustar\x0000");
        seal(&mut block);
        block
    }

    fn seal(block: &mut [u8]) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }

    fn file(name: &[u8], flag: u8, content: &[u8]) -> Vec<u8> {
        let mut data = header(name, flag, content.len());
        data.extend_from_slice(content);
        data.resize(data.len().next_multiple_of(BLOCK), 0);
        data
    }

    fn names(entries: &[Entry]) -> Vec<String> {
        entries.iter().map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).collect()
    }

    #[test]
    fn extent_includes_the_end_blocks_and_the_record() {
        let mut data = file(b"a", b'0', b"hello");
        data.resize(RECORD, 0);
        let size = data.len();
        data.resize(size + 700, 0);
        let (reading, entries) = read(&Tar, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems.len()), (size, 0));
        assert_eq!(names(&entries), ["a"]);
        assert_eq!((entries[0].mode, entries[0].uid, entries[0].mtime), (Some(0o644), Some(1000), Some(100)));
        assert_eq!(entries[0].at, Some(512));
    }

    #[test]
    fn pax_records_override() {
        let mut data = file(b"x", b'x', b"16 path=a/b/c/d\n20 mtime=1234567.89\n9 size=2\n");
        data.extend(file(b"short", b'0', b"xy"));
        let (_, entries) = read(&Tar, &data, Place::Start).unwrap();
        assert_eq!((names(&entries), entries[0].mtime), (vec!["a/b/c/d".to_owned()], Some(1_234_567)));
    }

    #[test]
    fn a_broken_header_is_passed_over() {
        let mut data = [file(b"a", b'0', b"1"), file(b"lost", b'0', b"2"), file(b"c", b'0', b"3")].concat();
        data[1024] ^= 0x20;
        data.resize(data.len() + 1024, 0);
        let (reading, entries) = read(&Tar, &data, Place::Start).unwrap();
        assert_eq!(names(&entries), ["a", "c"]);
        assert_eq!(
            reading.problems,
            [Problem::new(
                ProblemKind::Malformed,
                1024,
                "a header's checksum does not fit; the entry is passed over"
            )]
        );
        assert_eq!(reading.size, data.len());
    }

    #[test]
    fn a_size_past_the_data() {
        let mut data = header(b"huge", b'0', 0);
        data[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        seal(&mut data);
        data.extend_from_slice(b"rest");
        let (reading, entries) = read(&Tar, &data, Place::Start).unwrap();
        assert_eq!(entries[0].at, Some(512));
        assert_eq!((reading.size, reading.problems[0].kind), (data.len(), ProblemKind::Truncated));
    }

    #[test]
    fn what_no_field_accounts_for_is_slack() {
        let mut first = file(b"a\0hidden", b'0', b"1");
        first[500..504].copy_from_slice(b"more");
        first[600..604].copy_from_slice(b"rest");
        seal(&mut first[..BLOCK]);
        let mut data = [file(b"x", b'x', b"13 comment=x\n"), first].concat();
        data.resize(data.len() + 1024, 0);
        let (reading, entries) = read(&Tar, &data, Place::Start).unwrap();
        assert_eq!(reading.problems, []);
        let slack: Vec<&[u8]> = entries
            .iter()
            .filter_map(|entry| match entry.kind {
                EntryKind::Stream(Content::Slice(bytes)) => Some(bytes),
                _ => None,
            })
            .collect();
        assert_eq!(slack, [&b"13 comment=x\n"[..], b"hidden", b"more", b"rest"]);
    }

    #[test]
    fn a_link_that_states_a_size() {
        for content in [&b""[..], b"content"] {
            let mut data = header(b"link", b'1', 7);
            data.extend_from_slice(content);
            data.resize(data.len().next_multiple_of(BLOCK), 0);
            data.extend(file(b"b", b'0', b"2"));
            data.resize(data.len() + 1024, 0);
            let (reading, entries) = read(&Tar, &data, Place::Start).unwrap();
            assert_eq!((reading.problems, names(&entries)[1].as_str()), (vec![], "b"));
            assert_eq!(entries.len(), 2 + usize::from(!content.is_empty()));
        }
    }

    #[test]
    fn numbers_that_are_not_there_are_no_header() {
        // The signed sum of all bytes is nought, with eight blanks for the sum itself, and every number is blank.
        let mut block = [0; BLOCK];
        block[0] = b'$';
        block[154] = b' ';
        // -256 - 36 in four bytes of -73.
        block[200..204].fill(-73_i8 as u8);
        let plain = block[..148].iter().chain(&block[156..]);
        assert_eq!(plain.map(|byte| i64::from(*byte as i8)).sum::<i64>(), -256);
        let data = [&block[..], &[0; 1024]].concat();
        assert!(read(&TarV7, &data, Place::Inside).is_none());
        assert!(read(&TarV7, &data, Place::Start).is_none());
        let mut v7 = header(b"a", b'0', 0);
        v7[257..265].fill(0);
        seal(&mut v7);
        v7.resize(3 * BLOCK, 0);
        assert!(read(&TarV7, &v7, Place::Inside).is_some());
        v7[100..108].fill(0);
        seal(&mut v7[..BLOCK]);
        assert!(read(&TarV7, &v7, Place::Inside).is_none());
    }

    #[test]
    fn packages_are_told_by_their_first_name() {
        for (name, package) in [(&b"./debian-binary"[..], "ipk"), (b".SIGN.RSA.key", "apk")] {
            let data = file(name, b'0', b"");
            let (reading, _) = read(&Tar, &data, Place::Start).unwrap();
            assert_eq!(reading.attributes[2], ("package", package.to_owned()));
        }
    }

    #[test]
    fn a_sparse_bomb_stops_at_the_limit() {
        let mut data = file(b"x", b'x', b"39 GNU.sparse.size=9000000000000000000\n");
        data.extend(file(b"bomb", b'0', b""));
        data.resize(data.len() + 1024, 0);
        let (_, mut entries) = read(&Tar, &data, Place::Start).unwrap();
        let EntryKind::File(Content::Deferred { make, .. }) = entries.remove(0).kind else { panic!() };
        let made = make(&Limits { object_bytes: 1 << 20, ..Limits::default() });
        assert_eq!((made.bytes.len(), made.problems[0].kind), (1 << 20, ProblemKind::LimitReached));
    }
}
