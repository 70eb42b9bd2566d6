//! zip: members with a header each, and a directory of them at the end.
//!
//! Finds: every member of the directory, members that the directory does not name, and what stands between them.
//! How: the end record is looked for from the front, and believed where the directory stands where it says; names, modes
//! and sizes are the directory's, contents stand behind the local headers. Where both say different things that is told.
//! CRC-32 and length of every content are compared. Without an end record the local headers are walked. Extra fields that
//! are not known, comments and gaps are slack. Wrong when: carved from unknown bytes, an end record must fit, or two
//! headers must follow one another. Misses: contents that are encrypted or compressed in methods of the eighties, which
//! are handed out as stored; archives split over several files.
//! Source: PKWARE APPNOTE 6.3.10; Info-ZIP extrafld.txt.

pub(super) use self::header::dos_time;

use self::content::{Stated, check, is_read, method_name};
use self::header::{CENTRAL, DESCRIPTOR, End, Header, LOCAL};
use super::slack::{Slack, stream};
use crate::broken;
use crate::bytes::{head, position, slice, tail, u32_le};
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

mod content;
mod header;

/// zip.
pub struct Zip;

static DESCRIPTION: Description = Description {
    name: "zip",
    title: "zip archive",
    magics: &[Magic { offset: 0, bytes: LOCAL }],
    yields: "its members in the order of its directory, those that it does not name, and its slack",
    limits: &[
        "encrypted members are named and handed out as stored, as streams",
        "shrink, reduce, implode, mp3, jpeg and wavpack members are handed out as stored, as streams",
        "an archive that is split over several files is read as far as it stands in one",
        "an archive without members, an end record alone, is not recognised",
        "a time without an extra field has no zone, and is taken for UTC",
    ],
    source: "PKWARE APPNOTE 6.3.10; Info-ZIP, extrafld.txt",
};

/// Targets of symbolic links are decompressed at once, up to this size.
const LINK_MAX: u64 = 4096;
/// A comment that is longer, or not plain text, comes as a stream.
const COMMENT_MAX: usize = 256;
const TYPE: u32 = 0o170_000;

impl Format for Zip {
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
        let first = Header::local(data, 0);
        if !first.as_ref().is_some_and(Header::is_sane) {
            return broken::header(data, place, &DESCRIPTION, || match first {
                None => broken::cut_off(data),
                Some(_) => Problem::new(
                    ProblemKind::Malformed,
                    4,
                    "the first header has values that are not defined",
                ),
            });
        }
        let end = End::find(data, || limits.stopped());
        let mut reader = Reader::new(data, limits, sink);
        let size = match end {
            Some(end) => {
                reader.directory(&end);
                end.end
            }
            None => {
                if place == Place::Inside && !goes_on(data) {
                    return None;
                }
                let end = reader.walk(0, data.len(), false);
                let detail = "no end record that fits was found; members are read from their own headers";
                reader.problem(ProblemKind::Truncated, end, detail);
                end
            }
        };
        let (mut attributes, problems) = reader.finish();
        attributes.extend(
            first
                .filter(|first| first.name == b"META-INF/" || first.name.starts_with(b"META-INF/MANIFEST"))
                .map(|_| ("package", "jar".to_owned())),
        );
        Some(Reading { size: size.clamp(1, data.len()), attributes, problems })
    }
}

/// Whether another header stands behind the first member.
fn goes_on(data: &[u8]) -> bool {
    let Some(first) = Header::local(data, 0) else { return false };
    let next = position(first.compressed).checked_add(first.length).map(|next| tail(data, next));
    let is_header = |next: &[u8]| [LOCAL, CENTRAL, DESCRIPTOR].iter().any(|magic| next.starts_with(magic));
    !first.has_descriptor() && next.is_some_and(is_header)
}

struct Reader<'a, 'l> {
    data: &'a [u8],
    limits: &'l Limits,
    sink: &'l mut dyn FnMut(Entry<'a>),
    entries: u64,
    hidden: u64,
    methods: BTreeSet<String>,
    attributes: Vec<(&'static str, String)>,
    problems: Vec<Problem>,
    slack: Slack<'a>,
    /// What the members take, from and to.
    taken: Vec<(usize, usize)>,
    /// The name with which the member at an offset was handed out.
    names: BTreeMap<usize, &'a [u8]>,
    /// Stored bytes that may still be summed up; members may overlap.
    sum_budget: usize,
}

impl<'a, 'l> Reader<'a, 'l> {
    fn new(data: &'a [u8], limits: &'l Limits, sink: &'l mut dyn FnMut(Entry<'a>)) -> Self {
        Self {
            data,
            limits,
            sink,
            entries: 0,
            hidden: 0,
            methods: BTreeSet::new(),
            attributes: Vec::new(),
            problems: Vec::new(),
            slack: Slack::default(),
            taken: Vec::new(),
            names: BTreeMap::new(),
            sum_budget: data.len().saturating_mul(2),
        }
    }

    fn problem(&mut self, kind: ProblemKind, at: usize, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, at as u64, detail));
    }

    /// Whether the next entry may still be handed out.
    fn may_go_on(&mut self, at: usize) -> bool {
        if self.limits.stopped() || self.entries >= self.limits.entries {
            self.problem(ProblemKind::LimitReached, at, format!("stopped after {} entries", self.entries));
            return false;
        }
        true
    }

    /// Reads the members of the directory, then what it does not speak of.
    fn directory(&mut self, end: &End<'a>) {
        let mut at = end.directory;
        let mut count = 0_u64;
        while let Some(header) = Header::central(self.data, at).filter(|_| at < end.at) {
            if !self.may_go_on(at) {
                return;
            }
            count += 1;
            header.slack(&mut self.slack);
            self.member(&header, at, end.prefix);
            at += header.length;
        }
        if count != end.entries && count & 0xffff != end.entries {
            let detail = format!("the directory holds {count} members, {} are stated", end.entries);
            self.problem(ProblemKind::Malformed, at, detail);
        }
        if end.is_split {
            self.problem(
                ProblemKind::Unsupported,
                end.at,
                "a part of an archive that is split over several files",
            );
        }
        if end.is_cut_off {
            self.problem(ProblemKind::Truncated, self.data.len(), "the data ends inside the comment");
        }
        self.slack.take(at, self.data.get(at..end.at).unwrap_or_default());
        if end.prefix > 0 {
            self.attributes.push(("self-extracting-offset", end.prefix.to_string()));
        }
        let is_text = end.comment.iter().all(|byte| matches!(byte, b' '..=b'~'));
        if is_text && !end.comment.is_empty() && end.comment.len() <= COMMENT_MAX {
            self.attributes.push(("comment", String::from_utf8_lossy(end.comment).into_owned()));
        } else if !end.comment.is_empty() {
            (self.sink)(stream("(comment)", Content::Slice(end.comment), Some(end.comment_at)));
        }
        self.gaps(end.directory);
    }

    /// Looks at what stands between the members of the directory.
    fn gaps(&mut self, directory: usize) {
        let mut taken = std::mem::take(&mut self.taken);
        taken.sort_unstable();
        let mut at = 0;
        for (start, end) in taken.into_iter().chain([(directory, directory)]) {
            if start < at {
                self.problem(ProblemKind::Malformed, start, format!("a member overlaps another up to {at}"));
            }
            if start > at {
                let reached = self.walk(at, start, true);
                self.gap(reached, start);
            }
            at = at.max(end);
        }
    }

    /// Takes a gap without members.
    fn gap(&mut self, from: usize, to: usize) {
        let gap = self.data.get(from..to).unwrap_or_default();
        if gap.ends_with(b"APK Sig Block 42") {
            self.attributes.push(("package", "android".to_owned()));
            (self.sink)(stream("(APK signing block)", Content::Slice(gap), Some(from)));
        } else {
            self.slack.take(from, gap);
        }
    }

    /// Hands out the members whose local headers follow one another from `at` on; where they end.
    fn walk(&mut self, mut at: usize, to: usize, hidden: bool) -> usize {
        while at < to
            && let Some(mut header) = Header::local(self.data, at)
        {
            if !self.may_go_on(at) {
                return at;
            }
            let start = at + header.length;
            let mut end = start.saturating_add(position(header.compressed));
            if header.has_descriptor() && header.compressed == 0 {
                let Some(found) = find_descriptor(self.data, start, to) else { return at };
                (header.crc, header.compressed, header.size) = (found.crc, found.compressed, found.size);
                end = found.end;
            } else if header.has_descriptor() {
                end += descriptor(self.data, end, &header);
            }
            if hidden {
                self.hidden += 1;
                let detail = "this member is not in the directory";
                self.problem(ProblemKind::Undefined, at, detail);
            }
            if end > to {
                self.problem(ProblemKind::Truncated, to, "the data ends inside this member");
            }
            header.slack(&mut self.slack);
            self.hand_out(&header, start);
            at = end.min(to);
        }
        at
    }

    /// Hands out a member of the directory.
    fn member(&mut self, header: &Header<'a>, directory_at: usize, prefix: u64) {
        let at = header.offset.checked_sub(prefix).map(position);
        let Some((at, local)) = at.and_then(|at| Some((at, Header::local(self.data, at)?))) else {
            let detail = format!("no local header stands at {}, where the directory has it", header.offset);
            self.problem(ProblemKind::Malformed, directory_at, detail);
            self.entries += 1;
            return;
        };
        if let Some(name) = self.names.get(&at) {
            let target = Cow::Borrowed(*name);
            self.problem(
                ProblemKind::Malformed,
                directory_at,
                "two members of the directory are at one place",
            );
            self.entries += 1;
            (self.sink)(Entry { at: None, ..entry(header, EntryKind::Hardlink(target)) });
            return;
        }
        self.names.insert(at, header.name);
        self.compare(header, &local, at);
        local.slack(&mut self.slack);
        let start = at + local.length;
        let mut end = start.saturating_add(position(header.compressed));
        if header.has_descriptor() || local.has_descriptor() {
            end = end.saturating_add(descriptor(self.data, end, header));
        }
        if end > self.data.len() {
            self.problem(ProblemKind::Truncated, self.data.len(), "the data ends inside a member");
        }
        self.taken.push((at, end.min(self.data.len())));
        let mut header = header.clone();
        let (own, other) = (&mut header.facts, local.facts);
        own.uid = own.uid.or(other.uid);
        own.gid = own.gid.or(other.gid);
        own.mtime = own.mtime.or(other.mtime);
        self.hand_out(&header, start);
    }

    /// Tells where the local header says something else than the directory.
    fn compare(&mut self, central: &Header, local: &Header, at: usize) {
        let mut different = Vec::new();
        if central.name != local.name {
            different.push(format!("the name {:?}", String::from_utf8_lossy(head(local.name, 200))));
        }
        if central.method != local.method {
            different.push(format!("the method {}", method_name(local.method)));
        }
        if central.is_encrypted() != local.is_encrypted() {
            different.push("another encryption".to_owned());
        }
        // What is not known yet when the local header is written is 0 there, or all ones for zip64.
        let is_open = |value: u64| local.has_descriptor() && matches!(value, 0 | 0xffff_ffff);
        let sums = |header: &Header| [u64::from(header.crc), header.compressed, header.size];
        if sums(central).iter().zip(sums(local)).any(|(central, local)| *central != local && !is_open(local))
        {
            different.push("other sizes or another CRC-32".to_owned());
        }
        if !different.is_empty() {
            let detail =
                format!("the local header states {}; the directory is believed", different.join(", "));
            self.problem(ProblemKind::Undefined, at, detail);
        }
    }

    /// Hands out a member whose compressed bytes start at `start`.
    fn hand_out(&mut self, header: &Header<'a>, start: usize) {
        self.entries += 1;
        let compressed = head(tail(self.data, start), position(header.compressed));
        let method = header.facts.aes.filter(|_| header.method == 99).map_or(header.method, |aes| aes.2);
        self.methods.insert(method_name(method));
        let place = (!compressed.is_empty()).then_some(start as u64);
        let name = header.name;
        if header.is_encrypted() {
            let cipher = match header.facts.aes {
                Some((version, strength @ 1..=3, _)) => {
                    format!("AES-{} (WinZip AE-{version})", 64 + 64 * u32::from(strength))
                }
                _ if header.flags & 0x40 != 0 => "PKWARE strong encryption".to_owned(),
                _ => "ZipCrypto".to_owned(),
            };
            let name = String::from_utf8_lossy(name);
            self.problem(ProblemKind::Unsupported, start, format!("{name:?} is encrypted with {cipher}"));
            let kind = EntryKind::Stream(Content::Slice(compressed));
            return (self.sink)(Entry { at: place, ..entry(header, kind) });
        }
        if !is_read(method) {
            let (name, method) = (String::from_utf8_lossy(name), method_name(method));
            self.problem(
                ProblemKind::Unsupported,
                start,
                format!("{name:?} is compressed with {method}, which is not read; handed out as stored"),
            );
            let kind = EntryKind::Stream(Content::Slice(compressed));
            return (self.sink)(Entry { at: place, ..entry(header, kind) });
        }
        let stated = Stated { method, size: header.size, crc: header.crc, flags: header.flags };
        let mode = header.mode().unwrap_or(0);
        let is_directory = name.ends_with(b"/") || mode & TYPE == 0o040_000;
        if is_directory && compressed.is_empty() {
            return (self.sink)(Entry { at: None, ..entry(header, EntryKind::Directory) });
        }
        if mode & TYPE == 0o120_000 && header.size <= LINK_MAX {
            let limits =
                Limits { object_bytes: LINK_MAX.min(self.limits.object_bytes), ..self.limits.clone() };
            let made = content::make(compressed, start, stated, &limits);
            self.problems.extend(made.problems);
            let kind = EntryKind::Symlink(Cow::Owned(made.bytes));
            return (self.sink)(Entry { at: place, ..entry(header, kind) });
        }
        let content = if method == 0 && compressed.len() as u64 == header.size {
            if let Some(left) = self.sum_budget.checked_sub(compressed.len()) {
                self.sum_budget = left;
                self.problems.extend(check(compressed, start, stated));
            }
            Content::Slice(compressed)
        } else {
            Content::Deferred {
                size: header.size,
                make: Box::new(move |limits| content::make(compressed, start, stated, limits)),
            }
        };
        if is_directory {
            // A folder has no content; what hides behind its name comes beside it.
            let path = format!("(content of {})", String::from_utf8_lossy(name));
            (self.sink)(stream(path, content, Some(start)));
            return (self.sink)(Entry { at: None, ..entry(header, EntryKind::Directory) });
        }
        (self.sink)(Entry { at: place, ..entry(header, EntryKind::File(content)) });
    }

    fn finish(mut self) -> (Vec<(&'static str, String)>, Vec<Problem>) {
        self.slack.hand_out(self.sink);
        let mut attributes = vec![("entries", self.entries.to_string())];
        if !self.methods.is_empty() {
            let methods: Vec<String> = self.methods.into_iter().collect();
            attributes.push(("compression", methods.join(" ")));
        }
        if self.hidden > 0 {
            attributes.push(("not-in-directory", self.hidden.to_string()));
        }
        attributes.append(&mut self.attributes);
        (attributes, self.problems)
    }
}

fn entry<'a>(header: &Header<'a>, kind: EntryKind<'a>) -> Entry<'a> {
    let name = match kind {
        EntryKind::Directory => header.name.strip_suffix(b"/").unwrap_or(header.name),
        _ => header.name,
    };
    Entry {
        path: Cow::Borrowed(name),
        kind,
        mode: header.mode().map(|mode| mode & 0o7777),
        uid: header.facts.uid,
        gid: header.facts.gid,
        mtime: header.mtime(),
        at: None,
        xattrs: Vec::new(),
    }
}

/// The length of the data descriptor at `at` that says what the header says.
fn descriptor(data: &[u8], at: usize, header: &Header) -> usize {
    let marked = tail(data, at).starts_with(DESCRIPTOR);
    let start = at.saturating_add(if marked { 4 } else { 0 });
    if !marked && u32_le(data, start) != Some(header.crc) {
        return 0;
    }
    let is_wide = slice(data, start + 4, 8).is_some_and(|size| size == header.compressed.to_le_bytes())
        && slice(data, start + 12, 8).is_some_and(|size| size == header.size.to_le_bytes());
    start - at + if is_wide { 20 } else { 12 }
}

struct Found {
    crc: u32,
    compressed: u64,
    size: u64,
    end: usize,
}

/// The data descriptor of a content at `start` whose length is not known: its own length stands in it.
fn find_descriptor(data: &[u8], start: usize, to: usize) -> Option<Found> {
    let mut at = start;
    while at < to {
        let found = at + data.get(at..to)?.windows(4).position(|bytes| bytes == DESCRIPTOR)?;
        let crc = u32_le(data, found + 4)?;
        let stated = (found - start) as u64;
        if slice(data, found + 8, 8).is_some_and(|size| size == stated.to_le_bytes()) && stated > 0 {
            let size = crate::bytes::u64_le(data, found + 16)?;
            return Some(Found { crc, compressed: stated, size, end: found + 24 });
        }
        if u32_le(data, found + 8).is_some_and(|size| u64::from(size) == stated) {
            let size = u32_le(data, found + 12)?.into();
            return Some(Found { crc, compressed: stated, size, end: found + 16 });
        }
        at = found + 4;
    }
    None
}

#[cfg(test)]
mod tests;
