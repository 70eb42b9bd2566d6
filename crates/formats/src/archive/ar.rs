//! ar: static libraries, and the packages of Debian and of early OpenWrt.
//!
//! Finds: every member, whatever its name is written in: in the header, in the table of long names (System V, GNU), or
//! before the content (BSD). Symbol tables and the table of names come as streams. How: a member's header is sixty bytes
//! of text that ends with two fixed bytes; a header that is broken is reported and the next one within 64 KiB is looked
//! for. What stands where padding belongs is slack. The archive ends where no header follows. Wrong when: carved from
//! unknown bytes, a header must follow the magic. Misses: the members of thin archives, which are not stored.
//! Source: ar(5); Debian deb(5); GNU binutils, include/aout/ar.h.

use super::slack::{Slack, stream};
use crate::broken;
use crate::bytes::{head, position, slice, tail};
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use std::borrow::Cow;

/// ar.
pub struct Ar;

static DESCRIPTION: Description = Description {
    name: "ar",
    title: "ar archive (System V, GNU, BSD), deb and ipk package",
    magics: &[Magic { offset: 0, bytes: MAGIC }, Magic { offset: 0, bytes: THIN }],
    yields: "its members in their order, its tables and its slack",
    limits: &[
        "the members of a thin archive are named; their contents are not stored",
        "an ipk package of this kind is a deb in form, and called so",
        "behind a broken header the next one is looked for within 64 KiB",
    ],
    source: "ar(5); deb(5)",
};

const MAGIC: &[u8] = b"!<arch>\n";
const THIN: &[u8] = b"!<thin>\n";
const HEADER: usize = 60;
const SEARCH: usize = 64 << 10;
/// Names longer than this are taken for a broken header.
const NAME_MAX: u64 = 64 << 10;

impl Format for Ar {
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
        if Header::parse(data, MAGIC.len()).is_none() && data.len() > MAGIC.len() {
            broken::header(data, place, &DESCRIPTION, || broken::cut_off(data))?;
        } else if !data.starts_with(MAGIC) && !data.starts_with(THIN) {
            return None;
        }
        let mut reader = Reader {
            data,
            at: MAGIC.len(),
            is_thin: data.starts_with(THIN),
            names: b"",
            tables: 0,
            variant: "common",
            package: Vec::new(),
            entries: 0,
            problems: Vec::new(),
            slack: Slack::default(),
        };
        reader.run(limits, sink);
        reader.slack.hand_out(sink);
        let variant = if reader.is_thin { "thin" } else { reader.variant };
        let mut attributes = vec![("variant", variant.to_owned()), ("entries", reader.entries.to_string())];
        attributes.append(&mut reader.package);
        Some(Reading { size: reader.at.clamp(1, data.len()), attributes, problems: reader.problems })
    }
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    is_thin: bool,
    /// The table of long names.
    names: &'a [u8],
    tables: u32,
    variant: &'static str,
    package: Vec<(&'static str, String)>,
    entries: u64,
    problems: Vec<Problem>,
    slack: Slack<'a>,
}

impl<'a> Reader<'a> {
    fn problem(&mut self, kind: ProblemKind, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, self.at as u64, detail));
    }

    fn run(&mut self, limits: &Limits, sink: &mut dyn FnMut(Entry<'a>)) {
        while self.at < self.data.len() {
            if limits.stopped() || self.entries >= limits.entries {
                let detail = format!("stopped after {} members", self.entries);
                return self.problem(ProblemKind::LimitReached, detail);
            }
            let Some(header) = Header::parse(self.data, self.at) else {
                let rest = tail(self.data, self.at);
                if rest.len() < HEADER && rest.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
                    self.problem(ProblemKind::Truncated, "the data ends inside a member's header");
                    self.at = self.data.len();
                    return;
                }
                let Some(next) = self.resume() else {
                    if self.entries == 0 {
                        self.problem(ProblemKind::Malformed, "no member's header stands here");
                    }
                    return;
                };
                self.problem(ProblemKind::Malformed, "no member's header stands here; passed over");
                self.slack.take(self.at, self.data.get(self.at..next).unwrap_or_default());
                self.at = next;
                continue;
            };
            if !self.member(&header, sink) {
                return;
            }
        }
    }

    /// Takes the member whose header stands here; whether the data reaches to its end.
    fn member(&mut self, header: &Header<'a>, sink: &mut dyn FnMut(Entry<'a>)) -> bool {
        self.entries += 1;
        let mut start = self.at + HEADER;
        let is_table = matches!(header.name, b"/" | b"//" | b"/SYM64/");
        let stated = if self.is_thin && !is_table { 0 } else { position(header.size) };
        let mut content = head(tail(self.data, start), stated);
        let is_whole = content.len() == stated;
        let end = start + content.len();
        let name = self.name(header, &mut content, &mut start);
        if is_table || name.starts_with(b"__.SYMDEF") {
            let path = if header.name == b"//" {
                self.names = content;
                self.variant = "GNU";
                "(names)".to_owned()
            } else {
                self.tables += 1;
                let number = if self.tables == 1 { String::new() } else { format!(" {}", self.tables) };
                format!("(symbol table{number})")
            };
            sink(stream(path, Content::Slice(content), Some(start)));
        } else {
            self.tell_package(&name, content);
            sink(Entry {
                path: name,
                kind: EntryKind::File(Content::Slice(content)),
                mode: header.mode.map(|mode| mode & 0o7777),
                uid: header.uid,
                gid: header.gid,
                mtime: header.mtime,
                at: (!content.is_empty()).then_some(start as u64),
                xattrs: Vec::new(),
            });
        }
        if !is_whole {
            self.problem(ProblemKind::Truncated, "the data ends inside this member");
        }
        // Contents are filled up to an even length.
        let padded = end.next_multiple_of(2).min(self.data.len());
        let is_padding = matches!(self.data.get(end), None | Some(b'\n' | 0));
        self.at = end;
        if is_padding || Header::parse(self.data, padded).is_some() {
            self.slack.take(end, self.data.get(end..padded).unwrap_or_default());
            self.at = padded;
        }
        is_whole
    }

    /// A member's name; of the BSD kind, it stands before the content.
    fn name(&mut self, header: &Header<'a>, content: &mut &'a [u8], start: &mut usize) -> Cow<'a, [u8]> {
        if let Some(length) = header.name.strip_prefix(b"#1/").and_then(decimal)
            && length <= NAME_MAX.min(content.len() as u64)
        {
            self.variant = "BSD";
            let length = position(length);
            let field = head(content, length);
            self.slack.behind_nul(*start, field);
            *content = tail(content, length);
            *start += length;
            return Cow::Borrowed(crate::bytes::until_nul(field));
        }
        if let Some(offset) = header.name.strip_prefix(b"/").and_then(decimal) {
            self.variant = "GNU";
            let rest = tail(self.names, position(offset));
            let name = rest.split(|byte| matches!(byte, b'\n' | 0)).next().unwrap_or_default();
            if name.is_empty() {
                self.problem(ProblemKind::Malformed, "the member's name lies past the table of names");
            }
            return Cow::Borrowed(name.strip_suffix(b"/").unwrap_or(name));
        }
        match header.name.strip_suffix(b"/") {
            Some(name) if !name.is_empty() => {
                self.variant = "GNU";
                Cow::Borrowed(name)
            }
            _ => Cow::Borrowed(header.name),
        }
    }

    fn tell_package(&mut self, name: &[u8], content: &[u8]) {
        let name = name.strip_prefix(b"./").unwrap_or(name);
        if name == b"debian-binary" && self.entries == 1 {
            self.package.push(("package", "deb".to_owned()));
            let version = String::from_utf8_lossy(head(content, 16).trim_ascii()).into_owned();
            self.package.push(("package-format", version));
        } else if let (Some(compression), false) = (name.strip_prefix(b"data.tar"), self.package.is_empty()) {
            let compression = compression.strip_prefix(b".").unwrap_or(b"none");
            self.package.push(("compression", String::from_utf8_lossy(compression).into_owned()));
        }
    }

    /// The next header behind a broken one, in this archive.
    fn resume(&self) -> Option<usize> {
        (1..SEARCH)
            .map(|distance| self.at + distance)
            .take_while(|next| *next < self.data.len() && !tail(self.data, *next).starts_with(MAGIC))
            .find(|next| Header::parse(self.data, *next).is_some())
    }
}

struct Header<'a> {
    name: &'a [u8],
    mtime: Option<i64>,
    uid: Option<u32>,
    gid: Option<u32>,
    mode: Option<u32>,
    size: u64,
}

impl<'a> Header<'a> {
    fn parse(data: &'a [u8], at: usize) -> Option<Self> {
        let header = slice(data, at, HEADER)?;
        if slice(header, 58, 2)? != b"`\n" {
            return None;
        }
        let number = |at, length| slice(header, at, length).and_then(decimal);
        let small = |at, length| number(at, length).and_then(|number| u32::try_from(number).ok());
        let octal = std::str::from_utf8(slice(header, 40, 8)?).ok()?.trim_end();
        Some(Self {
            name: slice(header, 0, 16)?.trim_ascii_end(),
            mtime: number(16, 12).and_then(|seconds| i64::try_from(seconds).ok()),
            uid: small(28, 6),
            gid: small(34, 6),
            mode: u32::from_str_radix(octal, 8).ok(),
            size: number(48, 10)?,
        })
    }
}

/// A decimal number with blanks behind it.
fn decimal(field: &[u8]) -> Option<u64> {
    let digits = field.trim_ascii_end();
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn member(name: &str, content: &[u8]) -> Vec<u8> {
        let mut data = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 7, 1, 2, "100644", content.len())
            .into_bytes();
        data.extend_from_slice(content);
        if data.len() % 2 == 1 {
            data.push(b'\n');
        }
        data
    }

    fn archive(members: &[Vec<u8>]) -> Vec<u8> {
        [MAGIC.to_vec(), members.concat()].concat()
    }

    fn lines(data: &[u8]) -> (Reading, Vec<String>) {
        let (reading, entries) = read(&Ar, data, Place::Start).unwrap();
        let line = |entry: &Entry| format!("{} {:?}", String::from_utf8_lossy(&entry.path), entry.kind);
        (reading, entries.iter().map(line).collect())
    }

    #[test]
    fn names_of_every_kind() {
        let data = archive(&[
            member("/", b"\0\0\0\0"),
            member("//", b"a-name-of-more-than-16.o/\nother.o/\n"),
            member("/0", b"1"),
            member("/26", b"2"),
            member("short.o/", b"3"),
            member("#1/8", b"bsd\0\0\0\0\0four"),
            member("/99", b"5"),
        ]);
        let (reading, lines) = lines(&data);
        assert_eq!(
            lines,
            [
                "(symbol table) Stream(slice of 4 bytes)",
                "(names) Stream(slice of 35 bytes)",
                "a-name-of-more-than-16.o File(slice of 1 bytes)",
                "other.o File(slice of 1 bytes)",
                "short.o File(slice of 1 bytes)",
                "bsd File(slice of 4 bytes)",
                " File(slice of 1 bytes)",
            ]
        );
        assert_eq!((reading.size, reading.problems.len()), (data.len(), 1));
    }

    #[test]
    fn a_deb_says_so() {
        let data = archive(&[member("debian-binary", b"2.0\n"), member("data.tar.xz", b"..")]);
        let (reading, _) = lines(&data);
        for attribute in [("package", "deb"), ("package-format", "2.0"), ("compression", "xz")] {
            assert!(reading.attributes.contains(&(attribute.0, attribute.1.to_owned())), "{attribute:?}");
        }
    }

    #[test]
    fn what_follows_is_not_part_of_it() {
        let mut data = archive(&[member("a", b"1"), member("b", b"2")]);
        let size = data.len();
        data.extend_from_slice(b"something else that is longer than a header: some sixty bytes and more");
        assert_eq!(lines(&data).0.size, size);
        data.truncate(size + 30);
        let (reading, _) = lines(&data);
        assert_eq!((reading.size, reading.problems[0].kind), (data.len(), ProblemKind::Truncated));
    }

    #[test]
    fn a_broken_header_is_passed_over_and_odd_padding_is_slack() {
        let member = |name| member(name, b"1");
        let mut data = archive(&[member("a"), member("b"), member("lost"), member("d")]);
        data[MAGIC.len() + HEADER + 1] = b'!';
        let third = MAGIC.len() + 2 * (HEADER + 2);
        data[third + 58] = b'x';
        let (reading, lines) = lines(&data);
        assert_eq!(reading.problems[0].offset, third as u64);
        assert!(lines[2].starts_with("d ") && lines[3].starts_with("(slack at 0x45)"), "{lines:?}");
    }

    #[test]
    fn sizes_past_the_data() {
        let mut data = archive(&[member("a", b"1")]);
        data[MAGIC.len() + 48..MAGIC.len() + 58].copy_from_slice(b"9999999999");
        let (reading, lines) = lines(&data);
        assert_eq!((reading.size, reading.problems[0].kind), (data.len(), ProblemKind::Truncated));
        assert_eq!(lines, ["a File(slice of 2 bytes)"]);
    }

    proptest! {
        #[test]
        fn any_header(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let data = [MAGIC, &bytes].concat();
            if let Some((reading, _)) = read(&Ar, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
