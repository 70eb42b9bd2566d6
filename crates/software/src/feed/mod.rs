//! Feeds: one file each, one line in [`FEEDS`]. Which feed a file is follows from its content, not its name.

mod cve_5;
mod debian;
mod endoflife;
mod epss;
pub(crate) mod input;
mod kev_csv;
mod kev_json;
mod nvd;
mod nvd_1_1;
mod nvd_2_0;
mod osv;
pub(crate) mod source;
mod text;
mod zip;

pub(crate) use cve_5::cve_key;
pub(crate) use osv::osv_key;

use crate::Error;
use crate::advisory::{Exploited, Record};
use input::Input;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Every feed that is read. The order is the order in which content is tried.
pub const FEEDS: &[&dyn Feed] = &[
    &nvd_1_1::Nvd11,
    &nvd_2_0::Nvd20,
    &cve_5::Cve5,
    &osv::Osv,
    &kev_json::KevJson,
    &kev_csv::KevCsv,
    &epss::Epss,
    &debian::Debian,
    &endoflife::EndOfLife,
];

/// A format in which somebody publishes what is known against software.
pub trait Feed: Sync {
    /// What it is, and what is not read of it.
    fn describe(&self) -> &'static Description;

    /// Whether content that begins so is this feed.
    fn recognise(&self, head: &Head<'_>) -> bool;

    /// Reads a document record by record.
    #[doc(hidden)]
    fn read(&self, input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error>;
}

/// What a feed is.
#[derive(Debug)]
pub struct Description {
    /// Its name here.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Feeds of one family speak of the same records, in which the newer replaces the older.
    pub family: &'static str,
    /// What a newer import replaces.
    pub replaces: Replaces,
    /// What it tells.
    pub tells: &'static str,
    /// Where its format is described.
    pub source: &'static str,
    /// What is not read of it.
    pub limits: &'static [&'static str],
}

/// What a newer import replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaces {
    /// Record by record: a file holds a part of all.
    Records,
    /// Everything of the family: a file holds all there is.
    Everything,
}

/// The feed that `head` is the start of.
pub fn recognise(head: &[u8]) -> Option<&'static dyn Feed> {
    let head = Head::new(head);
    FEEDS.iter().copied().find(|feed| feed.recognise(&head))
}

/// Everything in one document: its feed, its records, and what was wrong. For documents that fit into memory.
pub fn records(name: &str, bytes: &[u8]) -> Result<(&'static str, Vec<Record>, Problems), Error> {
    let mut input = Input::new(name.to_owned(), Box::new(bytes), Vec::new());
    let feed = recognise(input.head()?)
        .ok_or_else(|| unrecognised(name, "what it begins with fits none of them"))?;
    let (mut found, mut problems) = (Vec::new(), Problems::default());
    let mut sink = |record, _, _, _: &mut Problems| {
        found.push(record);
        Ok(())
    };
    let stem = source::stem(name);
    let mut reading = Reading {
        records: 0,
        dated: None,
        stated: false,
        problems: &mut problems,
        stem: &stem,
        sink: &mut sink,
    };
    feed.read(&mut input, &mut reading)?;
    Ok((feed.describe().name, found, problems))
}

pub(crate) fn unrecognised(place: &str, why: &str) -> Error {
    let known: Vec<&str> = FEEDS.iter().map(|feed| feed.describe().title).collect();
    Error::Unrecognised { place: place.to_owned(), why: why.to_owned(), known: known.join(", ") }
}

/// What content begins with, and the keys of its outermost object as far as they are seen.
#[derive(Debug)]
pub struct Head<'a> {
    /// The first line.
    pub line: &'a str,
    /// Whether it is an array rather than an object.
    pub array: bool,
    /// The outermost keys (of the first object in an array), each with the start of its value.
    pub keys: Vec<(&'a str, &'a str)>,
}

impl<'a> Head<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let valid = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => bytes
                .get(..error.valid_up_to())
                .and_then(|valid| std::str::from_utf8(valid).ok())
                .unwrap_or_default(),
        };
        let text = valid.trim_start();
        let (array, object) = match text.strip_prefix('[') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        let keys = if object.starts_with('{') { outermost_keys(object) } else { Vec::new() };
        Self { line: valid.lines().next().unwrap_or_default().trim_end(), array, keys }
    }

    /// What the value of an outermost key begins with.
    pub fn value(&self, key: &str) -> Option<&'a str> {
        self.keys.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    /// Whether an outermost key is there.
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }
}

/// The keys of the object that `text` begins with, as far as the text goes.
fn outermost_keys(text: &str) -> Vec<(&str, &str)> {
    let mut keys = Vec::new();
    let mut depth = 0u32;
    let (mut at, bytes) = (0, text.as_bytes());
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => break,
            b'}' | b']' => depth -= 1,
            b'"' => {
                let start = at + 1;
                let mut end = start;
                while let Some(byte) = bytes.get(end).filter(|byte| **byte != b'"') {
                    end += if *byte == b'\\' { 2 } else { 1 };
                }
                let behind = text.get(end + 1..).unwrap_or_default().trim_start();
                if let (1, Some(value), Some(key)) = (depth, behind.strip_prefix(':'), text.get(start..end)) {
                    keys.push((key, value.trim_start()));
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    keys
}

/// Takes a record, its number and its offset.
pub(crate) type Sink<'a> = dyn FnMut(Record, u64, u64, &mut Problems) -> Result<(), Error> + 'a;

/// Where records go, and what was wrong with some.
#[doc(hidden)]
pub struct Reading<'a> {
    /// Records met so far in this feed, readable or not.
    pub(crate) records: u64,
    /// The feed's date: its own, else that of the newest record.
    pub(crate) dated: Option<String>,
    /// The date is the feed's own.
    pub(crate) stated: bool,
    /// What was wrong.
    pub(crate) problems: &'a mut Problems,
    /// The name of the file, where the content does not say what it is about.
    pub(crate) stem: &'a str,
    /// Takes each record, with its number and offset.
    pub(crate) sink: &'a mut Sink<'a>,
}

impl Reading<'_> {
    /// The next record begins here.
    pub(crate) fn next(&mut self) -> u64 {
        self.records += 1;
        self.records
    }

    /// Hands out an entry of a catalogue of exploited vulnerabilities; one without a day of its own is told and left out.
    pub(crate) fn exploited(&mut self, entry: Exploited, place: &str, offset: u64) -> Result<(), Error> {
        if stamp(&entry.added).is_none() {
            let what = format!("dateAdded {:?} of {} is no day", entry.added, entry.cve);
            self.problem(ProblemKind::Malformed, place, offset, what);
            return Ok(());
        }
        self.see_date(Some(&entry.added));
        self.give(Record::Exploited(entry), offset)
    }

    /// Hands out a record.
    pub(crate) fn give(&mut self, record: Record, offset: u64) -> Result<(), Error> {
        (self.sink)(record, self.records, offset, self.problems)
    }

    /// The current record cannot be read, or not wholly.
    pub(crate) fn problem(&mut self, kind: ProblemKind, place: &str, offset: u64, what: impl Into<String>) {
        let record = (self.records > 0).then_some(self.records);
        self.problems.add(Problem { kind, place: place.to_owned(), record, offset, what: what.into() });
    }

    /// The feed states its date.
    pub(crate) fn state_date(&mut self, date: &str) {
        if stamp(date).is_some()
            && (!self.stated || self.dated.as_deref().is_none_or(|known| stamp(known) < stamp(date)))
        {
            (self.dated, self.stated) = (Some(date.to_owned()), true);
        }
    }

    /// A record's date, which counts where the feed states none.
    pub(crate) fn see_date(&mut self, date: Option<&str>) {
        let Some(date) = date.filter(|date| !self.stated && stamp(date).is_some()) else { return };
        if self.dated.as_deref().is_none_or(|known| stamp(known) < stamp(date)) {
            self.dated = Some(date.to_owned());
        }
    }
}

/// A date as 14 digits, so that the spellings of different feeds can be compared; `None` for what does not begin with a day
/// as ISO 8601 writes it: that is neither older nor newer than anything.
pub(crate) fn stamp(date: &str) -> Option<String> {
    let (day, time) = date.split_at_checked(10)?;
    let shape = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let within = |range: std::ops::Range<usize>, last: &str| {
        day.get(range).is_some_and(|number| ("01"..=last).contains(&number))
    };
    if !shape || !within(5..7, "12") || !within(8..10, "31") {
        return None;
    }
    let digits = day.chars().chain(time.chars()).filter(char::is_ascii_digit);
    Some(digits.chain(std::iter::repeat('0')).take(14).collect())
}

/// Something wrong in a feed that did not keep the rest from being read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Its kind.
    pub kind: ProblemKind,
    /// The file, and the place within.
    pub place: String,
    /// The number of the record in its feed, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// Offset in the decompressed content.
    pub offset: u64,
    /// What is wrong.
    pub what: String,
}

/// Kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProblemKind {
    /// A record that cannot be read; it is left out.
    Malformed,
    /// A part of a record that cannot be read; the rest of it is used.
    Part,
    /// A record that is there twice with the same content.
    Duplicate,
    /// A record that is there twice with different contents.
    Contradiction,
    /// The feed holds fewer or more records than it says.
    Count,
    /// A file in a folder or archive that is no feed; it is left out.
    Unrecognised,
}

impl ProblemKind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Part => "part",
            Self::Duplicate => "duplicate",
            Self::Contradiction => "contradiction",
            Self::Count => "count",
            Self::Unrecognised => "unrecognised",
        }
    }
}

/// Problems: all are counted, the first of each kind are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problems {
    /// How many there are of each kind.
    pub counts: BTreeMap<ProblemKind, u64>,
    /// The first [`Problems::KEPT`] of each kind.
    pub first: Vec<Problem>,
}

impl Problems {
    /// How many of each kind are kept.
    pub const KEPT: u64 = 50;

    pub(crate) fn add(&mut self, problem: Problem) {
        let count = self.counts.entry(problem.kind).or_default();
        *count += 1;
        if *count <= Self::KEPT {
            self.first.push(problem);
        }
    }

    /// How many there are in all.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}
