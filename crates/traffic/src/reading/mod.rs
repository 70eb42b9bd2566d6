//! Inputs to records: which form an input has, whether it is packed, and reading it in pieces on several threads.
//!
//! A mapped input whose form is lines is read several pieces at a time ([`Reader::beside`]); others window by window. What is read is
//! given back, so that an input takes no more memory than its pieces. A form that says at its end where what stands is read by its parts
//! ([`TrafficFormat::parts`]), several at a time. gzip (several members too) and zstd (several frames too) are
//! unpacked on the way: by one thread, while another reads the window before.

mod growing;
mod packing;
#[cfg(test)]
mod tests;

pub use growing::Growing;
pub use packing::Packing;

use crate::pairs::{Collector, Counts, Pairing, lock};
use banbury_formats::traffic::{
    Part, Reader, Settings, TRAFFIC_FORMATS, TrafficFormat, known_without_reader, recognise,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// The bytes of an input, and the memory that they take.
pub trait Bytes: Sync {
    /// The bytes.
    fn bytes(&self) -> &[u8];

    /// Gives memory back that these bytes take, as far as they can be had again.
    fn give_back(&self, range: Range<usize>) {
        let _ = range;
    }
}

impl Bytes for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

/// How inputs are read.
pub struct Manner {
    /// The form of all of them; each is recognised where none is stated.
    pub format: Option<&'static dyn TrafficFormat>,
    /// What the readers may use, and the columns of tables.
    pub settings: Settings,
}

impl Manner {
    /// With a form by its name, as `banbury formats` lists it; an error names those that there are.
    pub fn new(format: Option<&str>, settings: Settings) -> Result<Self, UnknownFormat> {
        let known = |name: &str| {
            let found = TRAFFIC_FORMATS.iter().copied().find(|format| format.describe().name == name);
            found.ok_or_else(|| UnknownFormat {
                name: name.to_owned(),
                known: TRAFFIC_FORMATS.iter().map(|it| it.describe().name).collect::<Vec<_>>().join(", "),
            })
        };
        Ok(Self { format: format.map(known).transpose()?, settings })
    }

    /// The form of an input that starts like this.
    pub fn of(&self, start: &[u8]) -> Option<&'static dyn TrafficFormat> {
        self.format.or_else(|| recognise(start))
    }
}

/// A form that there is not.
#[derive(Debug, thiserror::Error)]
#[error("there is no form of traffic records {name:?}; there are {known}")]
pub struct UnknownFormat {
    name: String,
    known: String,
}

/// What was read of an input, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The form, as `banbury formats` names it; absent where none was recognised.
    pub format: Option<String>,
    /// What it was packed with.
    pub packing: Option<Packing>,
    /// Bytes of the input.
    pub size: u64,
    /// Bytes that were read as records; of a packed input, of what it holds.
    pub read: u64,
    /// Connections.
    pub flows: u64,
    /// Names.
    pub names: u64,
    /// Queries.
    pub queries: u64,
    /// Logins.
    pub logins: u64,
    /// Places where time goes back by more than two hours: several recordings in one, or two clocks.
    #[serde(default, skip_serializing_if = "is_none")]
    pub back: u64,
    /// Communities of SNMP.
    #[serde(default)]
    pub communities: u64,
    /// Records, and other things, that are malformed.
    pub malformed: u64,
    /// The first of them.
    pub faults: Vec<Fault>,
    /// Why not all of it was read, where it was not.
    pub not_read: Option<String>,
    /// See [`Counts::ends`].
    #[serde(skip)]
    ends: Option<(i64, i64)>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// Something malformed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Offset in the input; of a packed input, in what it holds.
    pub offset: u64,
    /// What is wrong.
    pub what: String,
}

/// Bytes from which a form is told.
const START: usize = 64 << 10;

/// Bytes that a reader is given at once.
const WINDOW: usize = 8 << 20;

/// Bytes of a piece that is read beside others: small enough that what one look at it brought into the cache is there for the next.
const PIECE: usize = 1 << 20;

/// Reads inputs, several at a time; `stop` ends it early.
pub fn read(
    inputs: &[&dyn Bytes],
    manner: &Manner,
    pairing: &Pairing<'_>,
    stop: &AtomicBool,
) -> Vec<Account> {
    inputs
        .par_iter()
        .with_max_len(1)
        .enumerate()
        .map(|(number, input)| {
            let mut one = One { number: number as u32, manner, pairing, stop, account: Account::default() };
            one.read(*input);
            one.account
        })
        .collect()
}

/// One input on its way.
struct One<'a, 's> {
    number: u32,
    manner: &'a Manner,
    pairing: &'a Pairing<'s>,
    stop: &'a AtomicBool,
    account: Account,
}

impl<'a, 's> One<'a, 's> {
    fn read(&mut self, input: &dyn Bytes) {
        let bytes = input.bytes();
        self.account.size = bytes.len() as u64;
        self.account.packing = Packing::of(bytes);
        if bytes.is_empty() {
            self.account.not_read = Some("an empty file".to_owned());
        } else if let Some(packing) = self.account.packing {
            let mut unpacked = packing.unpack(input);
            self.stream(&mut *unpacked);
        } else if let Some(format) = self.format(bytes.get(..START).unwrap_or(bytes)) {
            let mut sink = self.collector();
            let parts = format.parts(bytes, &self.manner.settings, &mut sink);
            let counts = sink.finish();
            self.count(counts);
            match parts {
                Some(parts) => self.by_parts(input, parts),
                None => self.mapped(input, format.reader(&self.manner.settings)),
            }
        }
    }

    fn format(&mut self, start: &[u8]) -> Option<&'static dyn TrafficFormat> {
        let Some(format) = self.manner.of(start) else {
            let why = known_without_reader(start).unwrap_or(
                "no form of traffic records that is known; `banbury formats` lists them, --format states one",
            );
            self.account.not_read = Some(why.to_owned());
            return None;
        };
        self.account.format = Some(format.describe().name.to_owned());
        Some(format)
    }

    /// Reads parts side by side.
    fn by_parts(&mut self, input: &dyn Bytes, parts: Vec<Box<dyn Part + '_>>) {
        let (number, pairing, stop) = (self.number, self.pairing, self.stop);
        let counts: Vec<(Counts, u64)> = parts
            .into_par_iter()
            .with_max_len(1)
            .map(|mut part| {
                let mut sink = pairing.collector(number, 0);
                while !stop.load(Ordering::Relaxed) && part.read(&mut sink) {}
                let ranges = part.ranges();
                let read = ranges.iter().map(|range| range.len() as u64).sum();
                ranges.into_iter().for_each(|range| input.give_back(range));
                (sink.finish(), read)
            })
            .collect();
        for (counts, read) in counts {
            self.count(counts);
            self.account.read += read;
        }
        self.is_stopped();
    }

    fn collector(&self) -> Collector<'a, 's> {
        self.pairing.collector(self.number, 0)
    }

    fn count(&mut self, counts: Counts) {
        self.account.count(counts);
    }

    fn is_stopped(&mut self) -> bool {
        let stopped = self.stop.load(Ordering::Relaxed);
        if stopped {
            self.account.not_read = Some(format!("stopped at byte {}", self.account.read));
        }
        stopped
    }

    fn mapped(&mut self, input: &dyn Bytes, mut reader: Box<dyn Reader>) {
        let bytes = input.bytes();
        let mut at = 0;
        // Behind a header, pieces can be read side by side.
        let (mut window, mut usual) = (START, WINDOW);
        while at < bytes.len() && !self.is_stopped() {
            let rest = bytes.get(at..).unwrap_or_default();
            let beside = self.beside(input, at, &mut *reader);
            if beside > 0 {
                at += beside;
                self.account.read = at as u64;
                // What follows has a header of its own, and may go on side by side behind it.
                (window, usual) = (PIECE, PIECE);
                continue;
            }
            let piece = rest.get(..window).unwrap_or(rest);
            let is_last = piece.len() == rest.len();
            let mut sink = self.collector();
            let consumed = reader.read(piece, is_last, &mut sink);
            let counts = sink.finish();
            self.count(counts);
            input.give_back(at..at + consumed);
            at += consumed;
            self.account.read = at as u64;
            if is_last {
                break;
            }
            window = if consumed == 0 { window * 2 } else { usual };
        }
    }

    /// Reads pieces of whole lines side by side, and says how many bytes they were together.
    fn beside(&mut self, input: &dyn Bytes, from: usize, reader: &mut dyn Reader) -> usize {
        let bytes = input.bytes();
        let (number, pairing, stop) = (self.number, self.pairing, self.stop);
        let mut at = from;
        // Whoever has a thread to spare takes the next piece: none waits for another.
        let pieces = std::iter::from_fn(|| {
            let piece = bytes.get(at..at + PIECE).filter(|_| !stop.load(Ordering::Relaxed))?;
            let end = memchr::memrchr(b'\n', piece)?;
            let piece = piece.get(..=end)?;
            let (other, range) = (reader.beside(piece)?, at..at + piece.len());
            at = range.end;
            Some((other, range))
        });
        let problems = Mutex::new(Counts::default());
        let mut counts: Vec<(usize, Counts)> = pieces
            .par_bridge()
            .map(|(mut reader, range)| {
                let mut sink = pairing.collector(number, 0);
                reader.read(bytes.get(range.clone()).unwrap_or_default(), true, &mut sink);
                let start = range.start;
                input.give_back(range);
                let mut counts = sink.finish();
                // The first ones of all pieces are kept, not of each.
                let found = Counts { problems: std::mem::take(&mut counts.problems), ..Counts::default() };
                lock(&problems).add(found);
                (start, counts)
            })
            .collect();
        counts.sort_unstable_by_key(|(start, _)| *start);
        counts.into_iter().for_each(|(_, counts)| self.count(counts));
        self.count(problems.into_inner().unwrap_or_else(PoisonError::into_inner));
        at - from
    }

    /// Reads what comes out of a packed input: while a window is read, whoever has a thread to spare unpacks the next.
    fn stream(&mut self, from: &mut (dyn Read + Send)) {
        let mut growing = Growing::default();
        let mut sink = self.collector();
        let (mut here, mut behind) = (Vec::new(), Vec::new());
        let mut failure = packing::fill(from, WINDOW, &mut here);
        while !self.is_stopped() {
            self.account.read += here.len() as u64;
            let is_last = here.is_empty() || failure.is_some();
            let ((), next) = rayon::join(
                || growing.more(&here, self.manner, &mut sink),
                || if is_last { None } else { packing::fill(from, WINDOW, &mut behind) },
            );
            if let Some(error) = failure {
                let read = self.account.read;
                self.account.not_read =
                    Some(format!("what it holds cannot be unpacked beyond byte {read}: {error}"));
                break;
            }
            // What a bomb holds is not unpacked for nothing.
            if is_last || growing.is_given_up() {
                break;
            }
            std::mem::swap(&mut here, &mut behind);
            failure = next;
        }
        growing.end(self.manner, &mut sink);
        self.count(sink.finish());
        match growing.format() {
            Some(format) => self.account.format = Some(format.to_owned()),
            None if self.account.not_read.is_none() => {
                self.account.not_read =
                    Some("what it holds has no form of traffic records that is known".to_owned());
            }
            None => {}
        }
    }
}

impl Account {
    /// Adds what the piece behind had.
    pub fn count(&mut self, counts: Counts) {
        let mut times = Counts { back: self.back, ends: self.ends, ..Counts::default() };
        times.follow(counts.back, counts.ends);
        (self.back, self.ends) = (times.back, times.ends);
        self.flows += counts.flows;
        self.names += counts.names;
        self.queries += counts.queries;
        self.logins += counts.logins;
        self.communities += counts.communities;
        self.malformed += counts.malformed;
        let faults = counts.problems.into_iter();
        self.faults.extend(faults.map(|problem| Fault { offset: problem.offset, what: problem.detail }));
        self.faults.sort_by_key(|fault| fault.offset);
        self.faults.truncate(crate::pairs::PROBLEMS);
    }

    /// Records of all sorts.
    pub fn records(&self) -> u64 {
        self.flows + self.names + self.queries + self.logins + self.communities
    }
}
