//! lzop: LZO blocks with names, times and checksums, also as kernels are packed.
//!
//! Finds: files of one or more parts. A part with a name is a file, nameless parts are one content. How: headers and
//! blocks are walked here, blocks are decoded by `lzo.rs`; the header's checksum and those of the blocks, compressed and
//! not, are verified (Adler-32 or CRC-32). Wrong when: carved from unknown bytes, the header's checksum must fit.
//! Misses: methods other than LZO1X. Source: the format as lzop 1.04 writes it, and the Linux kernel's reader of it
//! (lib/decompress_unlzo.c).

use super::adler32::adler32;
use super::crc32::crc32;
use super::lzo;
use super::output::Output;
use crate::broken;
use crate::bytes::{head, slice, tail, u16_be, u32_be};
use crate::time::iso8601;
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};

/// lzop.
pub struct Lzop;

static DESCRIPTION: Description = Description {
    name: "lzop",
    title: "lzop compressed file",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "a file for each part with a name; the other parts' contents one after the other",
    limits: &[
        "methods other than LZO1X (1, 2 and 3) are not decompressed",
        "a broken block is left out, what stands behind it is read",
    ],
    source: "lzop 1.04; Linux, lib/decompress_unlzo.c",
};

const MAGIC: &[u8] = b"\x89LZO\0\r\n\x1a\n";
/// The largest block that lzop reads.
const BLOCK_MAX: u32 = 64 << 20;

mod flags {
    pub(super) const ADLER_CONTENT: u32 = 0x1;
    pub(super) const ADLER_STORED: u32 = 0x2;
    pub(super) const EXTRA: u32 = 0x40;
    pub(super) const CRC_CONTENT: u32 = 0x100;
    pub(super) const CRC_STORED: u32 = 0x200;
    pub(super) const MULTIPART: u32 = 0x400;
    pub(super) const FILTER: u32 = 0x800;
    pub(super) const HEADER_CRC: u32 = 0x1000;
}

impl Format for Lzop {
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
        let Some(header) = Header::parse(data) else {
            return broken::header(data, place, &DESCRIPTION, || match u16_be(data, 9) {
                Some(version @ ..0x0900) => {
                    Problem::new(ProblemKind::Malformed, 9, format!("version {version:#06x} is not known"))
                }
                _ => broken::cut_off(data),
            });
        };
        if place == Place::Inside && !header.fits {
            return None;
        }
        let mut reading = Reading { attributes: header.attributes(), ..Reading::default() };
        let mut nameless: Option<(usize, Output)> = None;
        let mut next = Some(header);
        let (mut end, mut parts) = (0, 0_u64);
        while let Some(header) = next.take() {
            let start = end;
            if parts >= limits.entries {
                let detail = format!("more than {} parts", limits.entries);
                reading.problems.push(Problem::new(ProblemKind::LimitReached, start as u64, detail));
                break;
            }
            if !header.fits {
                let at = (start + header.checked) as u64;
                reading.problems.push(Problem::new(
                    ProblemKind::Checksum,
                    at,
                    "the header's checksum does not fit",
                ));
            }
            let content = start + header.size;
            let whole;
            if header.name.is_empty() {
                let (_, output) = nameless.get_or_insert_with(|| (content, Output::new(limits)));
                (end, whole) = blocks(data, content, &header, output, &mut reading.problems);
            } else {
                let mut output = Output::new(limits);
                (end, whole) = blocks(data, content, &header, &mut output, &mut reading.problems);
                let at = Some(content as u64);
                let content = Content::Owned(output.bytes);
                sink(Entry {
                    kind: EntryKind::File(content),
                    mode: Some(header.mode & 0o7777),
                    mtime: Some(header.mtime).filter(|mtime| *mtime != 0),
                    ..Entry::stream(header.name, Content::Slice(b""), at)
                });
            }
            parts += 1;
            if whole {
                next = Header::parse(tail(data, end)).filter(|header| header.fits);
            }
        }
        if let Some((content, output)) = nameless {
            sink(Entry::stream(b"".as_slice(), Content::Owned(output.bytes), Some(content as u64)));
        }
        if parts > 1 {
            reading.attributes.push(("parts", parts.to_string()));
        }
        reading.size = end.clamp(1, data.len());
        Some(reading)
    }
}

/// Decodes the blocks at `at`: their end, and whether their end mark was reached.
fn blocks(
    data: &[u8],
    mut at: usize,
    header: &Header,
    output: &mut Output,
    problems: &mut Vec<Problem>,
) -> (usize, bool) {
    let has = |flag: u32| header.flags & flag != 0;
    let mut decoding = true;
    if !(1..=3).contains(&header.method) {
        let detail = format!("method {} is not read", header.method);
        problems.push(Problem::new(ProblemKind::Unsupported, at as u64, detail));
        decoding = false;
    } else if header.filter > 16 {
        let detail = format!("filter {} is not known", header.filter);
        problems.push(Problem::new(ProblemKind::Unsupported, at as u64, detail));
        decoding = false;
    }
    let truncated = |problems: &mut Vec<Problem>, part: &str| {
        let detail = format!("the data ends inside a {part}");
        problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        (data.len(), false)
    };
    loop {
        let start = at;
        match u32_be(data, at) {
            None => return truncated(problems, "block header"),
            Some(0) => return (at + 4, true),
            Some(_) => {}
        }
        let mut word = || {
            let word = u32_be(data, at);
            at += 4;
            word
        };
        let (Some(length), Some(stored)) = (word(), word()) else {
            return truncated(problems, "block header");
        };
        if length > BLOCK_MAX || stored > length || stored == 0 {
            let detail = format!("a block of {stored} bytes for {length} bytes");
            problems.push(Problem::new(ProblemKind::Malformed, start as u64, detail));
            return (start, false);
        }
        let mut sums = [None; 4];
        let asked = [flags::ADLER_CONTENT, flags::CRC_CONTENT, flags::ADLER_STORED, flags::CRC_STORED];
        for (at, (sum, flag)) in sums.iter_mut().zip(asked).enumerate() {
            // A block stored as it is has the sums of its content alone.
            if has(flag) && (at < 2 || stored < length) {
                let Some(stated) = word() else { return truncated(problems, "block header") };
                *sum = Some(stated);
            }
        }
        let input = head(tail(data, at), stored as usize);
        let whole = input.len() == stored as usize;
        let [adler, crc, adler_stored, crc_stored] = sums;
        if whole && let Some(detail) = misfit("compressed block", input, adler_stored, crc_stored) {
            problems.push(Problem::new(ProblemKind::Checksum, start as u64, detail));
        }
        if decoding && let Some(limit) = output.stop(start) {
            problems.push(limit);
            decoding = false;
        }
        if decoding {
            let made = output.bytes.len();
            let problem = if stored == length {
                output.bytes.extend_from_slice(input);
                output.clip().then(|| output.stop(start)).flatten()
            } else {
                let mut inner = output.part(length as usize);
                let (_, problem) = lzo::decode(input, &mut inner);
                output.take_back(inner);
                problem.filter(|_| whole)
            };
            let content = output.bytes.get_mut(made..).unwrap_or_default();
            add_up(content, header.filter);
            match problem {
                Some(problem) if problem.kind == ProblemKind::LimitReached && output.room() == 0 => {
                    problems.push(Problem { offset: start as u64, ..problem });
                    decoding = false;
                }
                Some(problem) => {
                    problems.push(Problem { offset: problem.offset.saturating_add(at as u64), ..problem });
                }
                None if !whole => {}
                None if tail(&output.bytes, made).len() != length as usize => {
                    let detail =
                        format!("{length} bytes are stated, the block has {}", output.bytes.len() - made);
                    problems.push(Problem::new(ProblemKind::Malformed, start as u64, detail));
                }
                None => {
                    if let Some(detail) = misfit("block's content", tail(&output.bytes, made), adler, crc) {
                        problems.push(Problem::new(ProblemKind::Checksum, start as u64, detail));
                    }
                }
            }
        }
        if !whole {
            return truncated(problems, "block");
        }
        at += stored as usize;
    }
}

/// Undoes the filter: each byte is stored as its difference from the one `distance` before it.
fn add_up(content: &mut [u8], distance: u32) {
    let distance = distance as usize;
    if distance == 0 {
        return;
    }
    for at in distance..content.len() {
        let before = content.get(at - distance).copied().unwrap_or(0);
        if let Some(byte) = content.get_mut(at) {
            *byte = byte.wrapping_add(before);
        }
    }
}

/// What is wrong with the checksums of a part, if something is.
fn misfit(part: &str, data: &[u8], adler: Option<u32>, crc: Option<u32>) -> Option<String> {
    let check = |name: &str, stated: Option<u32>, sum: fn(&[u8]) -> u32| {
        let (stated, sum) = (stated?, sum(data));
        (stated != sum).then(|| format!("{name} {stated:08x} of a {part} is stated, it has {sum:08x}"))
    };
    check("Adler-32", adler, adler32).or_else(|| check("CRC-32", crc, crc32))
}

struct Header<'a> {
    size: usize,
    /// Where its checksum stands.
    checked: usize,
    /// Whether it fits.
    fits: bool,
    version: u16,
    library: u16,
    method: u8,
    level: Option<u8>,
    flags: u32,
    filter: u32,
    mode: u32,
    mtime: i64,
    name: &'a [u8],
}

impl<'a> Header<'a> {
    fn parse(data: &'a [u8]) -> Option<Self> {
        if !data.starts_with(MAGIC) {
            return None;
        }
        let version = u16_be(data, 9).filter(|version| *version >= 0x0900)?;
        let library = u16_be(data, 11)?;
        let new = version >= 0x0940;
        let mut at = if new { 15 } else { 13 };
        let method = *data.get(at)?;
        let level = if new { Some(*data.get(at + 1)?) } else { None };
        at += if new { 2 } else { 1 };
        let flags = u32_be(data, at)?;
        at += 4;
        let mut filter = 0;
        if flags & flags::FILTER != 0 {
            filter = u32_be(data, at)?;
            at += 4;
        }
        let mode = u32_be(data, at)?;
        let mut mtime = i64::from(u32_be(data, at + 4)?);
        at += 8;
        if new {
            mtime |= i64::from(u32_be(data, at)?) << 32;
            at += 4;
        }
        let length = usize::from(*data.get(at)?);
        let name = slice(data, at + 1, length)?;
        at += 1 + length;
        let sum = |from: usize, to: usize| {
            let part = data.get(from..to)?;
            Some(if flags & flags::HEADER_CRC != 0 { crc32(part) } else { adler32(part) })
        };
        let checked = at;
        let mut fits = u32_be(data, at)? == sum(MAGIC.len(), at)?;
        at += 4;
        if flags & flags::EXTRA != 0 {
            let end = at.checked_add(4)?.checked_add(u32_be(data, at)? as usize)?;
            fits &= u32_be(data, end)? == sum(at, end)?;
            at = end + 4;
        }
        data.get(..at)?;
        Some(Self {
            size: at,
            checked,
            fits,
            version,
            library,
            method,
            level,
            flags,
            filter,
            mode,
            mtime,
            name,
        })
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("version", format!("{:#06x}", self.version)),
            ("library-version", format!("{:#06x}", self.library)),
        ];
        let method = match self.method {
            1 => "LZO1X-1".to_owned(),
            2 => "LZO1X-1(15)".to_owned(),
            3 => "LZO1X-999".to_owned(),
            other => format!("number {other}"),
        };
        attributes.push(("method", method));
        if let Some(level) = self.level {
            attributes.push(("level", level.to_string()));
        }
        if self.filter != 0 {
            attributes.push(("filter", self.filter.to_string()));
        }
        if self.flags & flags::MULTIPART != 0 {
            attributes.push(("multi-part", "yes".to_owned()));
        }
        if !self.name.is_empty() {
            attributes.push(("name", String::from_utf8_lossy(self.name).into_owned()));
        }
        if self.mtime != 0 {
            attributes.push(("modified", iso8601(self.mtime)));
        }
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, noise, read};

    /// A part with one block stored as it is.
    fn part(name: &str, content: &[u8], flags: u32, extra: Option<&[u8]>) -> Vec<u8> {
        let flags = flags | if extra.is_some() { flags::EXTRA } else { 0 };
        let sum = |data: &[u8]| if flags & flags::HEADER_CRC != 0 { crc32(data) } else { adler32(data) };
        let mut header = vec![0x10, 0x40, 0x20, 0xa0, 0x09, 0x40, 3, 9];
        header.extend_from_slice(&flags.to_be_bytes());
        header.extend_from_slice(&0o100_644_u32.to_be_bytes());
        header.extend_from_slice(&1_000_000_000_u32.to_be_bytes());
        header.extend_from_slice(&[0, 0, 0, 0, name.len() as u8]);
        header.extend_from_slice(name.as_bytes());
        let mut data = [MAGIC, &header, &sum(&header).to_be_bytes()].concat();
        if let Some(extra) = extra {
            let field = [&(extra.len() as u32).to_be_bytes()[..], extra].concat();
            data.extend_from_slice(&field);
            data.extend_from_slice(&sum(&field).to_be_bytes());
        }
        let length = (content.len() as u32).to_be_bytes();
        data.extend_from_slice(&[length, length].concat());
        if flags & flags::ADLER_CONTENT != 0 {
            data.extend_from_slice(&adler32(content).to_be_bytes());
        }
        if flags & flags::CRC_CONTENT != 0 {
            data.extend_from_slice(&crc32(content).to_be_bytes());
        }
        data.extend_from_slice(content);
        data.extend_from_slice(&[0; 4]);
        data
    }

    #[test]
    fn parts_are_files_or_one_content() {
        let content = noise(100);
        let both = flags::ADLER_CONTENT | flags::CRC_CONTENT | flags::CRC_STORED;
        let first = part("a", &content, both, Some(b"something"));
        let second = part("b", b"two", flags::HEADER_CRC | flags::MULTIPART, None);
        let whole = [first, second].concat();
        let data = [&whole[..], b"behind"].concat();
        let (reading, entries) = read(&Lzop, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (whole.len(), vec![]));
        let paths: Vec<&[u8]> = entries.iter().map(|entry| &*entry.path).collect();
        assert_eq!(paths, [b"a", b"b"]);
        assert_eq!((entries[0].mode, entries[0].mtime), (Some(0o644), Some(1_000_000_000)));

        let whole = [part("", b"one ", 0, None), part("", b"two", both, None)].concat();
        let (reading, entries) = read(&Lzop, &whole, Place::Inside).unwrap();
        assert_eq!((reading.size, bytes_of(&entries)), (whole.len(), b"one two".to_vec()));
    }

    #[test]
    fn each_checksum() {
        let data = part("", &noise(50), flags::ADLER_CONTENT | flags::CRC_CONTENT, None);
        for (at, kind) in [
            (20, ProblemKind::Checksum),
            (data.len() - 58, ProblemKind::Checksum),
            (data.len() - 20, ProblemKind::Checksum),
        ] {
            let mut wrong = data.clone();
            wrong[at] ^= 1;
            let (reading, entries) = read(&Lzop, &wrong, Place::Start).unwrap();
            assert_eq!((reading.problems[0].kind, bytes_of(&entries).len()), (kind, 50), "{at}");
        }
    }

    #[test]
    fn other_methods_are_named() {
        let mut data = part("", b"content", flags::HEADER_CRC, None);
        data[15] = 128;
        let (reading, entries) = read(&Lzop, &data, Place::Start).unwrap();
        assert!(reading.problems.iter().any(|problem| problem.kind == ProblemKind::Unsupported));
        assert_eq!((reading.size, bytes_of(&entries)), (data.len(), vec![]));
    }
}
