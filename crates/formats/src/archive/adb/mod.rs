//! ADB: packages, indexes and databases of apk-tools 3, as Alpine and OpenWrt ship them.
//!
//! Finds: every folder, file, link and device of a package, its database and its signatures. How: a file is a run of
//! blocks, the database first; contents follow in blocks that say which file of which folder they are, and their SHA-256
//! is compared. A compressed file is decompressed to one content, in which this format is found again. The end is where no
//! block follows. Wrong when: carved from unknown bytes, the database must have a root that can be read, and a compressed
//! one must hold a database. Misses: signatures are not verified; an index is handed out as it stands.
//! Source: apk-tools, doc/apk-v3.5.scd, src/adb.h and src/apk_adb.h (the layout of the structures).

use self::values::{Object, Values};
use super::slack::{Slack, stream};
use crate::broken;
use crate::bytes::{head, position, tail, u16_le, u32_le, u64_le};
use crate::compression::output::Output;
use crate::compression::{deflate, zstd};
use crate::time::iso8601;
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;

mod values;

/// A package or database of apk-tools 3.
pub struct Adb;

static DESCRIPTION: Description = Description {
    name: "adb",
    title: "Alpine and OpenWrt package, index or database (apk-tools 3)",
    magics: &[
        Magic { offset: 0, bytes: PLAIN },
        Magic { offset: 0, bytes: DEFLATED },
        Magic { offset: 0, bytes: COMPRESSED },
    ],
    yields: "a package's entries, database and signatures; of a compressed one, its one content",
    limits: &[
        "signatures are not verified",
        "owners are names in this format; only root is a number",
        "indexes and the database of installed packages are handed out as they stand",
    ],
    source: "apk-tools, src/adb.h and src/apk_adb.h",
};

const PLAIN: &[u8] = b"ADB.";
const DEFLATED: &[u8] = b"ADBd";
const COMPRESSED: &[u8] = b"ADBc";
const HEADER: usize = 8;
const DATABASE: u32 = 0;
const SIGNATURE: u32 = 1;
const DATA: u32 = 2;
const PACKAGE: u32 = u32::from_le_bytes(*b"pckg");

impl Format for Adb {
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
        if data.starts_with(PLAIN) {
            return plain(data, place, limits, sink);
        }
        let start = match data {
            _ if data.starts_with(DEFLATED) => 4,
            _ if data.starts_with(COMPRESSED) => 6,
            _ => return None,
        };
        let method = if start == 4 { Some(1) } else { data.get(4).copied() };
        let attributes = |name: &str| vec![("compression", name.to_owned())];
        match method {
            Some(0) if tail(data, start).starts_with(PLAIN) => {
                let inner = plain(tail(data, start), place, limits, &mut |_| {})?;
                let size = start + inner.size;
                sink(stream("", Content::Slice(data.get(start..size)?), Some(start)));
                Some(Reading { size, attributes: attributes("none"), problems: Vec::new() })
            }
            Some(1) => {
                let mut output = Output::new(limits);
                let mut inflate = flate2::Decompress::new(false);
                let (end, problem) = deflate::decode(data, start, &mut inflate, &mut output, |_| {});
                let is_one = output.bytes.starts_with(PLAIN);
                if !is_one || (place == Place::Inside && problem.is_some()) {
                    return broken::header(data, place, &DESCRIPTION, || {
                        let detail = "what follows decompresses to no database";
                        problem.unwrap_or_else(|| Problem::new(ProblemKind::Malformed, start as u64, detail))
                    });
                }
                sink(stream("", Content::Owned(output.bytes), Some(start)));
                let problems = problem.into_iter().collect();
                Some(Reading { size: end.clamp(1, data.len()), attributes: attributes("deflate"), problems })
            }
            Some(2) => {
                let mut inner = Vec::new();
                let reading =
                    zstd::Zstd.read(tail(data, start), place, limits, &mut |entry| inner.push(entry));
                let Some(reading) = reading else {
                    return broken::header(data, place, &DESCRIPTION, || {
                        Problem::new(ProblemKind::Malformed, start as u64, "no zstd frame follows")
                    });
                };
                for entry in inner {
                    sink(Entry { at: Some(start as u64), ..entry });
                }
                let shift = |problem: Problem| Problem { offset: problem.offset + start as u64, ..problem };
                let problems = reading.problems.into_iter().map(shift).collect();
                Some(Reading { size: start + reading.size, attributes: attributes("zstd"), problems })
            }
            other => broken::header(data, place, &DESCRIPTION, || match other {
                Some(other) => {
                    let detail = format!("compression {other} is not defined");
                    Problem::new(ProblemKind::Malformed, 4, detail)
                }
                None => broken::cut_off(data),
            }),
        }
    }
}

/// A block: its kind, where its payload starts and ends, where the next block starts.
#[derive(Clone, Copy)]
struct Block {
    kind: u32,
    start: usize,
    end: usize,
    next: usize,
}

impl Block {
    fn parse(data: &[u8], at: usize) -> Option<Self> {
        let word = u32_le(data, at)?;
        let (kind, size, header) = match word >> 30 {
            3 => (word & 0x3fff_ffff, position(u64_le(data, at + 8)?), 16),
            kind => (kind, (word & 0x3fff_ffff) as usize, 4),
        };
        if kind > DATA || size < header {
            return None;
        }
        let end = at.checked_add(size)?;
        Some(Self { kind, start: at + header, end, next: end.checked_next_multiple_of(8)? })
    }
}

fn plain<'a>(
    data: &'a [u8],
    place: Place,
    limits: &Limits,
    sink: &mut dyn FnMut(Entry<'a>),
) -> Option<Reading> {
    let first = Block::parse(data, HEADER).filter(|block| block.kind == DATABASE);
    let database = first.and_then(|block| data.get(block.start..block.end)).map(Values::new);
    let root = database.and_then(|values| Some((values, values.root()?)));
    let (Some(first), Some((values, root))) = (first, root) else {
        return broken::header(data, place, &DESCRIPTION, || match first {
            Some(block) if block.end <= data.len() => {
                Problem::new(ProblemKind::Malformed, HEADER as u64, "the database has no root")
            }
            None if data.len() >= HEADER + 4 => {
                Problem::new(ProblemKind::Malformed, HEADER as u64, "no block with a database follows")
            }
            _ => broken::cut_off(data),
        });
    };
    let schema = u32_le(data, 4)?;
    let mut reader =
        Reader { data, limits, problems: Vec::new(), slack: Slack::default(), entries: 0, end: first.end };
    sink(stream("(database)", Content::Slice(data.get(first.start..first.end)?), Some(first.start)));
    let mut attributes = vec![("schema", String::from_utf8_lossy(data.get(4..8)?).into_owned())];
    let contents = reader.blocks(first, sink);
    if schema == PACKAGE {
        attributes.extend(facts(values, root));
        reader.package(values, root, contents, sink);
    } else {
        reader.left_over(contents, sink);
    }
    reader.slack.hand_out(sink);
    Some(Reading { size: reader.end.clamp(1, data.len()), attributes, problems: reader.problems })
}

/// What the database says of the package.
fn facts(values: Values, root: Object) -> Vec<(&'static str, String)> {
    let mut facts = vec![("package", "apk".to_owned())];
    let Some(info) = root.field(values, 1).and_then(|value| values.object(value)) else { return facts };
    for (name, field) in [
        ("name", 1),
        ("version", 2),
        ("description", 4),
        ("architecture", 5),
        ("license", 6),
        ("origin", 7),
        ("maintainer", 8),
        ("url", 9),
    ] {
        if let Some(text) = info.field(values, field).and_then(|value| values.blob(value)) {
            facts.push((name, String::from_utf8_lossy(head(text, 256)).into_owned()));
        }
    }
    let built = info.field(values, 11).and_then(|value| values.number(value));
    facts.extend(built.and_then(|built| i64::try_from(built).ok()).map(|built| ("created", iso8601(built))));
    facts
}

/// Contents by the numbers of their folder and file, each with its place.
type Contents<'a> = BTreeMap<(u32, u32), (usize, &'a [u8])>;

struct Reader<'a, 'l> {
    data: &'a [u8],
    limits: &'l Limits,
    problems: Vec<Problem>,
    slack: Slack<'a>,
    entries: u64,
    end: usize,
}

impl<'a> Reader<'a, '_> {
    fn problem(&mut self, kind: ProblemKind, at: usize, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, at as u64, detail));
    }

    /// Walks the blocks behind the database: hands signatures out, and collects the contents.
    fn blocks(&mut self, first: Block, sink: &mut dyn FnMut(Entry<'a>)) -> Contents<'a> {
        let mut contents = Contents::new();
        let mut signatures = 0;
        let (mut last, mut kind) = (first, SIGNATURE);
        while let Some(block) = Block::parse(self.data, last.next).filter(|block| block.kind >= kind) {
            if self.limits.stopped() {
                self.problem(ProblemKind::LimitReached, last.next, "time is up");
                break;
            }
            let payload = self.data.get(block.start..block.end);
            let cut = head(tail(self.data, block.start), block.end - block.start);
            kind = block.kind;
            if kind == SIGNATURE {
                // The version of the signature comes first; there is but one.
                let Some(payload) = payload.filter(|payload| payload.first() == Some(&0)) else { break };
                signatures += 1;
                sink(stream(format!("(signature {signatures})"), Content::Slice(payload), Some(block.start)));
            } else {
                let (Some(path), Some(file)) = (u32_le(cut, 0), u32_le(cut, 4)) else { break };
                if path == 0 || file == 0 || path > 0xffff || file > 0xffff {
                    break;
                }
                let content = tail(cut, 8);
                if payload.is_none() {
                    self.problem(
                        ProblemKind::Truncated,
                        self.data.len(),
                        "the data ends inside a file's content",
                    );
                }
                if contents.insert((path, file), (block.start + 8, content)).is_some() {
                    self.problem(ProblemKind::Malformed, block.start, "a second content of one file");
                }
            }
            self.slack.take(last.end, self.data.get(last.end..last.next).unwrap_or_default());
            last = block;
            if payload.is_none() {
                break;
            }
        }
        let padding = crate::bytes::zero_padding(self.data, last.end.min(self.data.len()), 8);
        self.end = last.end.min(self.data.len()) + padding;
        contents
    }

    fn package(
        &mut self,
        values: Values<'a>,
        root: Object,
        mut contents: Contents<'a>,
        sink: &mut dyn FnMut(Entry<'a>),
    ) {
        let list = |object: Object, field| object.field(values, field).and_then(|value| values.object(value));
        let Some(paths) = list(root, 2) else { return self.left_over(contents, sink) };
        for path_number in 1..=paths.length() {
            let Some(path) = list(paths, path_number) else { continue };
            let name = path.field(values, 1).and_then(|value| values.blob(value)).unwrap_or_default();
            if !self.may_go_on() {
                return;
            }
            if !name.is_empty() {
                let owner = Owner::of(values, path);
                sink(owner.entry(name.to_vec(), EntryKind::Directory, None, None));
            }
            let Some(files) = list(path, 3) else { continue };
            for file_number in 1..=files.length() {
                let Some(file) = list(files, file_number) else { continue };
                if !self.may_go_on() {
                    return;
                }
                let content = contents.remove(&(path_number, file_number));
                self.file(values, file, name, content, sink);
            }
        }
        self.left_over(contents, sink);
    }

    fn may_go_on(&mut self) -> bool {
        if self.limits.stopped() || self.entries >= self.limits.entries {
            let detail = format!("stopped after {} entries", self.entries);
            self.problem(ProblemKind::LimitReached, HEADER, detail);
            return false;
        }
        self.entries += 1;
        true
    }

    fn file(
        &mut self,
        values: Values<'a>,
        file: Object,
        folder: &[u8],
        content: Option<(usize, &'a [u8])>,
        sink: &mut dyn FnMut(Entry<'a>),
    ) {
        let blob = |field| file.field(values, field).and_then(|value| values.blob(value));
        let number = |field| file.field(values, field).and_then(|value| values.number(value));
        let name = blob(1).unwrap_or_default();
        let path = if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() };
        let mtime = number(4).and_then(|mtime| i64::try_from(mtime).ok());
        let owner = Owner::of(values, file);
        if let Some((kind, target)) = blob(6).and_then(|target| Some((u16_le(target, 0)?, tail(target, 2)))) {
            let device = u64_le(target, 0).unwrap_or(0);
            // The numbers as Linux lays them out in 64 bits.
            let major = ((device >> 8) & 0xfff | (device >> 32) & 0xffff_f000) as u32;
            let minor = (device & 0xff | (device >> 12) & 0xffff_ff00) as u32;
            let kind = match kind & 0o170_000 {
                0o120_000 => EntryKind::Symlink(Cow::Borrowed(target)),
                0o100_000 => EntryKind::Hardlink(Cow::Borrowed(target)),
                0o020_000 => EntryKind::CharacterDevice { major, minor },
                0o060_000 => EntryKind::BlockDevice { major, minor },
                0o010_000 => EntryKind::Fifo,
                _ => EntryKind::File(Content::Slice(target)),
            };
            return sink(owner.entry(path, kind, mtime, None));
        }
        let size = number(3).unwrap_or(0);
        let (at, bytes) = content.map_or((None, &b""[..]), |(at, bytes)| (Some(at), bytes));
        if bytes.len() as u64 != size {
            let name = String::from_utf8_lossy(&path);
            let detail = format!("{name:?} has {size} bytes, {} are there", bytes.len());
            self.problem(ProblemKind::Truncated, at.unwrap_or(self.end), detail);
        } else if let Some(stated) = blob(5).filter(|hash| hash.len() == 32)
            && Sha256::digest(bytes).as_slice() != stated
        {
            let detail = format!("the SHA-256 of {:?} does not fit", String::from_utf8_lossy(&path));
            self.problem(ProblemKind::Checksum, at.unwrap_or(HEADER), detail);
        }
        let at = at.filter(|_| !bytes.is_empty());
        sink(owner.entry(path, EntryKind::File(Content::Slice(bytes)), mtime, at));
    }

    /// Contents that no file of the database has.
    fn left_over(&mut self, contents: Contents<'a>, sink: &mut dyn FnMut(Entry<'a>)) {
        for ((path, file), (at, bytes)) in contents {
            if !self.may_go_on() {
                return;
            }
            self.problem(ProblemKind::Undefined, at, "a content that no file of the database has");
            sink(stream(
                format!("(content of file {file} in folder {path})"),
                Content::Slice(bytes),
                Some(at),
            ));
        }
    }
}

/// What an access list says.
struct Owner<'a> {
    mode: Option<u32>,
    uid: Option<u32>,
    gid: Option<u32>,
    xattrs: Vec<crate::Xattr<'a>>,
}

impl<'a> Owner<'a> {
    /// Of a file or folder: both have their access list in the same field.
    fn of(values: Values<'a>, object: Object) -> Self {
        let Some(list) = object.field(values, 2).and_then(|value| values.object(value)) else {
            return Self { mode: None, uid: None, gid: None, xattrs: Vec::new() };
        };
        let id = |field| list.field(values, field).and_then(|value| values.blob(value));
        let root = |field| id(field).filter(|name| *name == b"root").map(|_| 0);
        let mode = list.field(values, 1).and_then(|value| values.number(value));
        let mut xattrs = Vec::new();
        if let Some(stored) = list.field(values, 4).and_then(|value| values.object(value)) {
            for number in 1..=stored.length().min(64) {
                let blob =
                    stored.field(values, number).and_then(|value| values.blob(value)).unwrap_or_default();
                let name = crate::bytes::until_nul(blob);
                xattrs.push((Cow::Borrowed(name), Cow::Borrowed(tail(blob, name.len() + 1))));
            }
        }
        Self { mode: mode.map(|mode| mode as u32 & 0o7777), uid: root(2), gid: root(3), xattrs }
    }

    fn entry(self, path: Vec<u8>, kind: EntryKind<'a>, mtime: Option<i64>, at: Option<usize>) -> Entry<'a> {
        Entry {
            path: Cow::Owned(path),
            kind,
            mode: self.mode,
            uid: self.uid,
            gid: self.gid,
            mtime,
            at: at.map(|at| at as u64),
            xattrs: self.xattrs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn corpus(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/formats/adb/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    #[test]
    fn a_content_that_is_changed_or_has_no_file() {
        let mut data = corpus("plain.apk");
        let at = data.windows(7).position(|bytes| bytes == b"Welcome").unwrap();
        data[at] ^= 1;
        let (reading, _) = read(&Adb, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Checksum);
        data[at] ^= 1;
        data[at - 4] = 99;
        let (reading, entries) = read(&Adb, &data, Place::Start).unwrap();
        let kinds: Vec<ProblemKind> = reading.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, [ProblemKind::Truncated, ProblemKind::Undefined]);
        assert_eq!(&*entries.last().unwrap().path, b"(content of file 99 in folder 3)");
    }

    #[test]
    fn facts_of_the_package() {
        let data = corpus("plain.apk");
        let (reading, _) = read(&Adb, &data, Place::Inside).unwrap();
        for attribute in [("name", "island"), ("version", "1.2-r3"), ("architecture", "mips_24kc")] {
            assert!(reading.attributes.contains(&(attribute.0, attribute.1.to_owned())), "{attribute:?}");
        }
    }

    proptest! {
        #[test]
        fn any_patch(at in any::<prop::sample::Index>(), patch in prop::collection::vec(any::<u8>(), 1..8)) {
            let mut data = corpus("plain.apk");
            let at = at.index(data.len());
            for (byte, new) in data[at..].iter_mut().zip(patch) {
                *byte = new;
            }
            if let Some((reading, _)) = read(&Adb, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
