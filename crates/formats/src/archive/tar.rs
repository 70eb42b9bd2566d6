//! tar: v7, ustar, pax and GNU.
//!
//! Finds: every entry up to the end blocks, with the zero blocks that fill the last record of 10,240 bytes.
//! How: each header's checksum is verified; pax records (path, linkpath, size, mtime, uid, gid) and GNU long names
//! override the header's fields; contents stand in the archive as they are. A header whose checksum does not fit is
//! reported and the next good one within 1 MiB is looked for. Wrong when: never known to be; 512 bytes have to sum up to
//! what they state. Misses: archives in the v7 format carved from an image (v7 has no magic); the holes of sparse files.
//! Source: POSIX.1-2017 pax(1), "ustar Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format".

use crate::broken;
use crate::bytes::{head, slice, tail, until_nul};
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use std::borrow::Cow;

/// tar.
pub struct Tar;

static DESCRIPTION: Description = Description {
    name: "tar",
    title: "tar archive (v7, ustar, pax, GNU)",
    magics: &[Magic { offset: 257, bytes: b"ustar" }],
    yields: "its entries in their order",
    limits: &[
        "v7 archives are read, but have no magic by which they would be found",
        "sparse files are handed out as stored, without their holes",
        "behind a broken header the next one is looked for within 1 MiB",
        "pax records other than path, linkpath, size, mtime, uid and gid are passed over",
    ],
    source: "POSIX.1-2017, pax(1); GNU tar manual, Basic Tar Format",
};

const BLOCK: usize = 512;
const RECORD: usize = 20 * BLOCK;
const SEARCH_BLOCKS: usize = 2048;
/// The largest pax or long-name entry that is believed.
const EXTENSION_MAX: usize = 1 << 20;

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
        let variant = match Header::parse(data, 0) {
            Some(first) => first.variant,
            // The walk reports the broken header, and looks for entries behind it.
            None => {
                broken::header(data, place, &DESCRIPTION, || broken::cut_off(data))?;
                "unknown"
            }
        };
        let mut reader =
            Reader { data, at: 0, global: Overrides::default(), problems: Vec::new(), entries: 0 };
        reader.run(limits, sink);
        let attributes = vec![("variant", variant.to_owned()), ("entries", reader.entries.to_string())];
        Some(Reading { size: reader.at.max(BLOCK).min(data.len()), attributes, problems: reader.problems })
    }
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    global: Overrides<'a>,
    problems: Vec<Problem>,
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
            let start = self.at + BLOCK;
            let overridden = local.size.or(self.global.size).filter(|_| !header.is_extension());
            let size = crate::bytes::position(overridden.unwrap_or(header.size));
            let size = if header.has_content() { size } else { 0 };
            let content = head(tail(self.data, start), size);
            if content.len() < size {
                self.problem(ProblemKind::Truncated, "the data ends inside this entry's content");
            }
            if header.is_extension() {
                self.extension(&header, content, &mut local);
            } else {
                let overrides = std::mem::take(&mut local).or(&self.global);
                self.entries += 1;
                if let Some(kind) = self.kind(&header, &overrides, content) {
                    sink(header.entry(kind, overrides, start));
                }
            }
            let padded = size.checked_next_multiple_of(BLOCK).unwrap_or(usize::MAX);
            self.at = start.saturating_add(padded).min(self.data.len());
            if content.len() < size {
                return;
            }
        }
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

    fn extension(&mut self, header: &Header, content: &'a [u8], local: &mut Overrides<'a>) {
        if content.len() > EXTENSION_MAX {
            let detail = format!("an extension of {} bytes is passed over", content.len());
            return self.problem(ProblemKind::Unsupported, detail);
        }
        let fits = match header.flag {
            b'L' => {
                local.path = Some(until_nul(content));
                true
            }
            b'K' => {
                local.link = Some(until_nul(content));
                true
            }
            b'g' => self.global.take_records(content),
            _ => local.take_records(content),
        };
        if !fits {
            self.problem(
                ProblemKind::Malformed,
                "a pax record is broken; the rest of its block is passed over",
            );
        }
        if local.sparse {
            self.problem(ProblemKind::Unsupported, "a sparse file; handed out as stored");
            local.sparse = false;
        }
    }

    fn kind(
        &mut self,
        header: &Header<'a>,
        overrides: &Overrides<'a>,
        content: &'a [u8],
    ) -> Option<EntryKind<'a>> {
        let link = Cow::Borrowed(overrides.link.unwrap_or(header.link));
        let (major, minor) = header.device;
        Some(match header.flag {
            b'1' => EntryKind::Hardlink(link),
            b'2' => EntryKind::Symlink(link),
            b'3' => EntryKind::CharacterDevice { major, minor },
            b'4' => EntryKind::BlockDevice { major, minor },
            b'5' | b'D' => EntryKind::Directory,
            b'6' => EntryKind::Fifo,
            0 | b'0' if overrides.path.unwrap_or(&header.path).ends_with(b"/") => EntryKind::Directory,
            0 | b'0' | b'7' => EntryKind::File(Content::Slice(content)),
            b'S' => {
                self.problem(ProblemKind::Unsupported, "a sparse file; handed out as stored");
                EntryKind::File(Content::Slice(content))
            }
            b'V' | b'M' | b'N' => {
                let flag = char::from(header.flag);
                self.problem(ProblemKind::Unsupported, format!("an entry of type {flag} is passed over"));
                return None;
            }
            other => {
                let detail = format!("type {other:#04x} is not known; taken for a regular file");
                self.problem(ProblemKind::Undefined, detail);
                EntryKind::File(Content::Slice(content))
            }
        })
    }
}

fn is_zero(block: &[u8]) -> bool {
    block.iter().all(|byte| *byte == 0)
}

/// What stands before an entry and overrides its header.
#[derive(Default)]
struct Overrides<'a> {
    path: Option<&'a [u8]>,
    link: Option<&'a [u8]>,
    size: Option<u64>,
    mtime: Option<i64>,
    uid: Option<u32>,
    gid: Option<u32>,
    sparse: bool,
}

impl<'a> Overrides<'a> {
    fn or(self, other: &Self) -> Self {
        Self {
            path: self.path.or(other.path),
            link: self.link.or(other.link),
            size: self.size.or(other.size),
            mtime: self.mtime.or(other.mtime),
            uid: self.uid.or(other.uid),
            gid: self.gid.or(other.gid),
            sparse: self.sparse,
        }
    }

    /// Reads pax records, each `"%d %s=%s\n"` with its own length first; whether all of them are well formed.
    fn take_records(&mut self, mut records: &'a [u8]) -> bool {
        while !records.is_empty() {
            let Some((record, rest)) = split_record(records) else { return false };
            records = rest;
            let Some(equals) = record.iter().position(|byte| *byte == b'=') else { return false };
            let (key, value) = (head(record, equals), tail(record, equals + 1));
            let text = std::str::from_utf8(value).unwrap_or_default();
            match key {
                b"path" => self.path = Some(value),
                b"linkpath" => self.link = Some(value),
                b"size" => self.size = text.parse().ok().or(self.size),
                b"mtime" => self.mtime = seconds(text).or(self.mtime),
                b"uid" => self.uid = text.parse().ok().or(self.uid),
                b"gid" => self.gid = text.parse().ok().or(self.gid),
                _ if key.starts_with(b"GNU.sparse.") => self.sparse = true,
                _ => {}
            }
        }
        true
    }
}

/// The first record without its length and newline, and the records behind it.
fn split_record(records: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = head(records, 20).iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(head(records, space)).ok()?.parse().ok()?;
    let record = records.get(space + 1..length.checked_sub(1)?)?;
    (records.get(length - 1) == Some(&b'\n')).then_some((record, tail(records, length)))
}

/// Whole seconds of a decimal number, rounded down.
fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let below = text.starts_with('-') && fraction.bytes().any(|digit| digit != b'0');
    seconds.checked_sub(i64::from(below))
}

struct Header<'a> {
    variant: &'static str,
    path: Cow<'a, [u8]>,
    link: &'a [u8],
    flag: u8,
    mode: u64,
    uid: u64,
    gid: u64,
    size: u64,
    mtime: i64,
    device: (u32, u32),
}

impl<'a> Header<'a> {
    /// The header at `at`, if its checksum fits.
    fn parse(data: &'a [u8], at: usize) -> Option<Self> {
        let block = slice(data, at, BLOCK)?;
        let stated = number(slice(block, 148, 8)?)?;
        let plain = head(block, 148).iter().chain(tail(block, 156));
        let (unsigned, signed) = plain.fold((256_u64, 256_i64), |(unsigned, signed), byte| {
            (unsigned + u64::from(*byte), signed + i64::from(*byte as i8))
        });
        if stated as u64 != unsigned && stated != signed {
            return None;
        }
        let magic = slice(block, 257, 8)?;
        let variant = match magic {
            b"ustar\x0000" => "ustar",
            b"ustar  \0" => "GNU",
            _ if magic.starts_with(b"ustar") => "ustar",
            _ => "v7",
        };
        let name = until_nul(head(block, 100));
        let prefix = if variant == "ustar" { until_nul(slice(block, 345, 155)?) } else { b"" };
        let path =
            if prefix.is_empty() { Cow::Borrowed(name) } else { Cow::Owned([prefix, b"/", name].concat()) };
        let field = |at: usize, size: usize| slice(block, at, size).and_then(number).unwrap_or(0);
        let positive = |at, size| u64::try_from(field(at, size)).unwrap_or(0);
        let device = |at| u32::try_from(field(at, 8)).unwrap_or(0);
        let has_devices = variant != "v7";
        Some(Self {
            variant,
            path,
            link: until_nul(slice(block, 157, 100)?),
            flag: *block.get(156)?,
            mode: positive(100, 8),
            uid: positive(108, 8),
            gid: positive(116, 8),
            size: positive(124, 12),
            mtime: field(136, 12),
            device: if has_devices { (device(329), device(337)) } else { (0, 0) },
        })
    }

    fn is_extension(&self) -> bool {
        matches!(self.flag, b'x' | b'g' | b'L' | b'K' | b'X')
    }

    fn has_content(&self) -> bool {
        !matches!(self.flag, b'1'..=b'6')
    }

    fn entry(self, kind: EntryKind<'a>, overrides: Overrides<'a>, start: usize) -> Entry<'a> {
        let mut path = overrides.path.map_or(self.path, Cow::Borrowed);
        if matches!(kind, EntryKind::Directory) && path.len() > 1 && path.ends_with(b"/") {
            path = match path {
                Cow::Borrowed(path) => Cow::Borrowed(head(path, path.len() - 1)),
                Cow::Owned(path) => Cow::Owned(head(&path, path.len() - 1).to_vec()),
            };
        }
        let has_content = matches!(&kind, EntryKind::File(content) if content.size() > 0);
        Entry {
            path,
            mode: Some(self.mode as u32 & 0o7777),
            uid: overrides.uid.or_else(|| u32::try_from(self.uid).ok()),
            gid: overrides.gid.or_else(|| u32::try_from(self.gid).ok()),
            mtime: Some(overrides.mtime.unwrap_or(self.mtime)),
            at: has_content.then_some(start as u64),
            kind,
            xattrs: Vec::new(),
        }
    }
}

/// A number in octal, or in base 256 where its first bit is set.
fn number(field: &[u8]) -> Option<i64> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        // The sign is bit 6 of the first byte.
        let start = if first & 0x40 != 0 { -1 } else { 0_i64 };
        let low = i64::from(first & 0x3f) | start << 6;
        return rest
            .iter()
            .try_fold(low, |value, byte| value.checked_mul(256).map(|value| value | i64::from(*byte)));
    }
    let text = field.trim_ascii_start();
    let digits = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(digits)?;
    if rest.first().is_some_and(|byte| !matches!(byte, 0 | b' ')) {
        return None;
    }
    digits.iter().try_fold(0_i64, |value, digit| {
        let digit = i64::from(digit - b'0');
        if digit > 7 { None } else { value.checked_mul(8)?.checked_add(digit) }
    })
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
    fn numbers() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   644 \0"), Some(0o644));
        assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]), Some(256));
        assert_eq!(number(&[0xff; 12]), Some(-1));
        assert_eq!(number(b"0000689\0"), None);
        assert_eq!(number(&[0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), None);
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
        let mut records = Overrides::default();
        assert!(!records.take_records(b"99 path=x\n"));
        assert!(!records.take_records(b"3 x\n"));
        assert_eq!(seconds("-1.5"), Some(-2));
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
}
