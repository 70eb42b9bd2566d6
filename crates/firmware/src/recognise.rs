//! What an object's bytes are: the formats in them, and the account of every byte.

use crate::coverage;
use crate::scan::{self, Candidate, Candidates};
use banbury_evidence::{Digest, Region};
use banbury_formats::{Content, Entry, EntryKind, Format, Limits, Place, Reading};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What an object was recognised as.
#[derive(Default)]
pub struct Recognised<'a> {
    /// The formats in it, in order.
    pub found: Vec<Found<'a>>,
    /// The account of its bytes.
    pub regions: Vec<Region>,
    /// What kept the search from its end.
    pub notes: Vec<Note>,
}

/// A format found in an object.
pub struct Found<'a> {
    /// Where it starts.
    pub start: usize,
    /// The format.
    pub format: &'static dyn Format,
    /// What its reader says of it.
    pub reading: Reading,
    /// What it holds.
    pub entries: Vec<Entry<'a>>,
    /// What its entries count for: see [`count`].
    pub counted: u64,
    /// The hashes of the first entries, where they were made early: see [`Recognised::hash_entries`].
    pub hashes: Vec<Option<Digest>>,
}

impl Found<'_> {
    /// Bytes that its reader had to make to read it.
    pub fn made(&self) -> u64 {
        let made = |entry: &Entry<'_>| match &entry.kind {
            EntryKind::File(Content::Owned(bytes)) | EntryKind::Stream(Content::Owned(bytes)) => {
                bytes.len() as u64
            }
            _ => 0,
        };
        self.entries.iter().map(made).sum()
    }
}

impl Recognised<'_> {
    /// Hashes entries that stand in an object of `size` bytes as they are, side by side, as many as have so many bytes
    /// together: what a core does that would wait for the object's own hash.
    pub fn hash_entries(&mut self, size: usize) {
        let mut left = size;
        for found in &mut self.found {
            let few = found.entries.iter().map_while(|entry| {
                let slice = match &entry.kind {
                    EntryKind::File(Content::Slice(bytes)) | EntryKind::Stream(Content::Slice(bytes)) => {
                        Some(*bytes)
                    }
                    EntryKind::File(_) | EntryKind::Stream(_) => return None,
                    _ => None,
                };
                left = left.checked_sub(slice.map_or(0, <[u8]>::len))?;
                Some(slice)
            });
            let few: Vec<_> = few.collect();
            found.hashes = few.into_par_iter().map(|slice| slice.map(Digest::of)).collect();
        }
    }
}

/// Something that kept the search from its end.
pub enum Note {
    /// A limit stopped it.
    Stopped(String),
    /// A reader panicked.
    Fault {
        /// The format's name.
        format: &'static str,
        /// Where the object would start.
        offset: u64,
    },
}

/// The longest name of an entry, or target of a link, that is taken as it is, in bytes.
const NAME: usize = 64 << 10;

/// Bytes of a name, or of the way to an object, for which it counts as one object more.
const LONG: usize = 1 << 10;

/// What an object counts for among those that an exhibit may have, with a name or way of so many bytes: each of the
/// examination's objects says its whole way, and many that are long take as much memory as bytes do.
pub fn count(name: usize) -> u64 {
    1 + (name / LONG) as u64
}

/// Formats without entries that are looked for inside one object: a limit on the work that overlapping headers make.
const HOSTS: usize = 1000;

/// Finds the formats in `data`, in order, none overlapping another's extent except that what stands inside an executable
/// or other format that holds no entries is looked for too; and accounts for all bytes. The format called `opening` is
/// not looked for at the start: `data` opens an object of that format.
pub fn recognise<'a>(data: &'a [u8], opening: Option<&str>, limits: &Limits) -> Recognised<'a> {
    let mut recognised = Recognised::default();
    let mut budget = Budget::new(data, limits);
    let mut next = 0;
    for candidate in scan::at_start(data) {
        if opening.is_some() && candidate.reader().map(|reader| reader.describe().name) == opening {
            continue;
        }
        if let Some(first) = read(data, candidate, Place::Start, limits, &mut recognised.notes) {
            // What holds entries accounts for its own bytes; what holds none may have something embedded.
            next = if first.entries.is_empty() { 1 } else { first.reading.size };
            budget.spend(&first);
            recognised.found.push(first);
            break;
        }
    }
    let mut candidates = Candidates::new(data, next);
    let mut hosts = 0;
    while let Some(candidate) = candidates.next_from(next) {
        if limits.stopped() {
            recognised.notes.push(Note::Stopped("time ran out".to_owned()));
            break;
        }
        if budget.is_spent() {
            let text =
                "what stands in this object, all together, goes past the bytes or entries of one object";
            recognised.notes.push(Note::Stopped(text.to_owned()));
            break;
        }
        if hosts == HOSTS {
            let text = format!("more than {HOSTS} executables or the like stand inside this object");
            recognised.notes.push(Note::Stopped(text));
            break;
        }
        let place = if candidate.start == 0 { Place::Start } else { Place::Inside };
        if place == Place::Start {
            // What has its magic in its place was asked before.
            let opens = candidate.reader().is_some_and(|reader| Some(reader.describe().name) == opening);
            if opens || !recognised.found.is_empty() || !scan::is_floating(&candidate) {
                continue;
            }
        }
        if let Some(inner) = read(data, candidate, place, &budget.next(limits), &mut recognised.notes) {
            budget.spend(&inner);
            let host = inner.entries.is_empty();
            hosts += usize::from(host);
            next = candidate.start + if host { 1 } else { inner.reading.size };
            recognised.found.push(inner);
        }
    }
    recognised.regions = regions(data, &recognised.found);
    recognised
}

/// Accounts for the bytes of an object in which no format is looked for.
pub fn unread(data: &[u8]) -> Recognised<'_> {
    Recognised { regions: regions(data, &[]), ..Recognised::default() }
}

/// Whether a format is recognised at the start of `data`, without reading what it holds.
pub fn has_format(data: &[u8]) -> bool {
    let limits = Limits { entries: 1, object_bytes: 1, ..Limits::default() };
    scan::at_start(data).chain(scan::floating_at_start(data)).any(|candidate| {
        candidate.reader().is_some_and(|reader| {
            !reader.describe().magics.is_empty()
                && reader.read(data, Place::Start, &limits, &mut |_| {}).is_some()
        })
    })
}

/// What the readers of one object may still make, all of them together.
struct Budget {
    limits: Limits,
}

/// Bytes that the streams in one object may become together, for each byte of it, where that is more than one object may.
const STREAMS: u64 = 4;

impl Budget {
    fn new(data: &[u8], limits: &Limits) -> Self {
        let bytes = (data.len() as u64).saturating_mul(STREAMS).max(limits.object_bytes);
        Self { limits: Limits { object_bytes: bytes, ..limits.clone() } }
    }

    /// The limits for the next reader, of which each may make one object's bytes at most.
    fn next(&self, limits: &Limits) -> Limits {
        Limits { object_bytes: self.limits.object_bytes.min(limits.object_bytes), ..self.limits.clone() }
    }

    fn spend(&mut self, found: &Found<'_>) {
        self.limits.object_bytes = self.limits.object_bytes.saturating_sub(found.made());
        self.limits.entries = self.limits.entries.saturating_sub(found.counted);
    }

    fn is_spent(&self) -> bool {
        self.limits.object_bytes == 0 || self.limits.entries == 0
    }
}

/// Reads a candidate; `None` when it is not what it seemed.
fn read<'a>(
    data: &'a [u8],
    candidate: Candidate,
    place: Place,
    limits: &Limits,
    notes: &mut Vec<Note>,
) -> Option<Found<'a>> {
    let format = candidate.reader()?;
    let rest = data.get(candidate.start..)?;
    let mut entries = Vec::new();
    let (mut counted, mut left_out, mut cut) = (0u64, 0u64, 0u64);
    let mut take = |mut entry: Entry<'a>| {
        let mut named = 0;
        let target = match &mut entry.kind {
            EntryKind::Symlink(target) | EntryKind::Hardlink(target) => Some(target),
            _ => None,
        };
        for name in [Some(&mut entry.path), target].into_iter().flatten() {
            if name.len() > NAME {
                *name = Cow::Owned(name.get(..NAME).unwrap_or_default().to_vec());
                cut += 1;
            }
            named += name.len();
        }
        let sum = counted.saturating_add(count(named));
        if sum > limits.entries.max(1) {
            left_out += 1;
        } else {
            counted = sum;
            entries.push(entry);
        }
    };
    let reading = catch_unwind(AssertUnwindSafe(|| format.read(rest, place, limits, &mut take)));
    match reading {
        Ok(Some(mut reading)) if reading.size > 0 => {
            reading.size = reading.size.min(rest.len());
            let name = format.describe().name;
            if cut > 0 {
                let text =
                    format!("{cut} names or targets in the {name} were cut to their first {NAME} bytes");
                notes.push(Note::Stopped(text));
            }
            if left_out > 0 {
                let text = format!("the names in the {name} take too much: {left_out} entries left out");
                notes.push(Note::Stopped(text));
            }
            Some(Found { start: candidate.start, format, reading, entries, counted, hashes: Vec::new() })
        }
        Ok(_) => None,
        Err(_) => {
            notes.push(Note::Fault { format: format.describe().name, offset: candidate.start as u64 });
            None
        }
    }
}

/// The account of an object's bytes.
fn regions(data: &[u8], found: &[Found<'_>]) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    let mut at = 0;
    // A format without entries that holds other formats owns the bytes between them.
    let mut hosts: Vec<(usize, &str)> = Vec::new();
    // So does a text in which facts stand, such as a kernel's command line.
    if found.iter().all(|found| found.entries.is_empty()) && is_text(data) {
        hosts.push((data.len(), "text"));
    }
    for (index, container) in found.iter().enumerate() {
        close_gap(data, &mut at, container.start, &mut hosts, &mut regions);
        let end = container.start + container.reading.size;
        let name = container.format.describe().name;
        let attributes: BTreeMap<String, String> = container
            .reading
            .attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        let next = found.get(index + 1).map_or(usize::MAX, |next| next.start);
        let own_end = end.min(next);
        regions.push(coverage::known(container.start, own_end - container.start, name, attributes));
        at = own_end;
        if own_end < end {
            hosts.push((end, name));
        }
    }
    close_gap(data, &mut at, data.len(), &mut hosts, &mut regions);
    regions
}

/// Accounts for the bytes from `at` to `to`: a host's own as far as one reaches, then what nobody claims.
fn close_gap(
    data: &[u8],
    at: &mut usize,
    to: usize,
    hosts: &mut Vec<(usize, &str)>,
    regions: &mut Vec<Region>,
) {
    while *at < to {
        match hosts.last().copied() {
            Some((end, _)) if end <= *at => {
                hosts.pop();
            }
            Some((end, name)) => {
                let until = end.min(to);
                regions.push(coverage::known(*at, until - *at, name, BTreeMap::new()));
                *at = until;
            }
            None => {
                coverage::unclaimed(data, *at, to, regions);
                *at = to;
            }
        }
    }
}

/// Whether a file is text: UTF-8 or Latin-1 without control characters but white space, judged by all its bytes.
fn is_text(data: &[u8]) -> bool {
    let printable =
        |byte: &u8| *byte >= 0x20 && *byte != 0x7F || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
    data.iter().all(printable) && (data.is_ascii() || std::str::from_utf8(data).is_ok())
}
