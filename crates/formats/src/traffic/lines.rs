//! Lines of an input, whatever pieces it comes in.

use super::{Reader, Sink};
use crate::{Problem, ProblemKind};
use memchr::memchr;
use std::collections::BTreeMap;

/// What reads lines.
pub(super) trait Lines: Send + Sized + 'static {
    /// Whether a last line without a line feed cannot be told from one that is cut off.
    const MAY_BE_CUT: bool;

    /// One line, without its line feed and a carriage return before it.
    fn line(&mut self, line: &[u8], offset: u64, sink: &mut dyn Sink);

    /// Nothing follows.
    fn end(&mut self, sink: &mut dyn Sink) {
        let _ = sink;
    }

    /// Another one that reads the lines in `data`, which follow; see [`Reader::beside`].
    fn beside(&mut self, data: &[u8], offset: u64) -> Option<Self> {
        let _ = (data, offset);
        None
    }
}

/// Lines that are not read, by their sort: how many, and where the first stands.
#[derive(Default)]
pub(super) struct Passed(BTreeMap<String, (u64, u64)>);

/// Sorts that are counted each by itself; the rest are counted together.
const SORTS: usize = 64;

impl Passed {
    /// Counts a line; one of a sort beyond those that are counted each by itself as one of `further`.
    pub(super) fn count(&mut self, sort: &str, further: &str, offset: u64) {
        let is_known = self.0.contains_key(sort) || self.0.len() < SORTS;
        let sort = if is_known { sort } else { further };
        self.0.entry(sort.to_owned()).or_insert((0, offset)).0 += 1;
    }

    /// Tells how many there were; `what` is what a sort is called.
    pub(super) fn tell(&mut self, sink: &mut dyn Sink, what: impl Fn(&str) -> String) {
        for (sort, (count, offset)) in std::mem::take(&mut self.0) {
            let detail = format!("{}: {count} lines are not read", what(&sort));
            sink.problem(Problem::new(ProblemKind::Unsupported, offset, detail));
        }
    }
}

/// Splits an input into lines. A line that is longer than [`super::Settings::longest`] is passed over, however long, and told.
pub(super) struct LineReader<L> {
    lines: L,
    longest: usize,
    /// Of the first byte that was not consumed.
    offset: u64,
    /// Where the line began that is being passed over.
    passing: Option<u64>,
}

impl<L: Lines> LineReader<L> {
    pub(super) fn new(lines: L, longest: usize) -> Self {
        Self { lines, longest: longest.max(1), offset: 0, passing: None }
    }

    fn tell_too_long(&self, start: u64, end: u64, sink: &mut dyn Sink) {
        let longest = self.longest;
        let detail = format!(
            "a line of {} bytes, more than the {longest} that are read of one: passed over",
            end - start
        );
        sink.problem(Problem::new(ProblemKind::LimitReached, start, detail));
    }
}

impl<L: Lines> Reader for LineReader<L> {
    fn read(&mut self, data: &[u8], is_last: bool, sink: &mut dyn Sink) -> usize {
        let mut rest = data;
        let mut offset = self.offset;
        if let Some(start) = self.passing {
            let end = memchr(b'\n', rest);
            let (_, behind) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
            if end.is_some() || is_last {
                let length = end.unwrap_or(rest.len());
                self.tell_too_long(start, offset + length as u64, sink);
                self.passing = None;
            }
            offset += (rest.len() - behind.len()) as u64;
            rest = behind;
        }
        while let Some(end) = memchr(b'\n', rest) {
            let (line, behind) = rest.split_at(end);
            if end < self.longest {
                self.lines.line(line.strip_suffix(b"\r").unwrap_or(line), offset, sink);
            } else {
                self.tell_too_long(offset, offset + end as u64, sink);
            }
            rest = behind.get(1..).unwrap_or_default();
            offset += end as u64 + 1;
        }
        if self.passing.is_none() && rest.len() >= self.longest {
            self.passing = Some(offset);
        }
        if is_last && !rest.is_empty() {
            if let Some(start) = self.passing.take() {
                self.tell_too_long(start, offset + rest.len() as u64, sink);
            } else {
                if L::MAY_BE_CUT {
                    let detail = "the last line has no line feed: it may be cut off";
                    sink.problem(Problem::new(ProblemKind::Undefined, offset, detail));
                }
                self.lines.line(rest.strip_suffix(b"\r").unwrap_or(rest), offset, sink);
            }
        }
        if is_last {
            self.lines.end(sink);
        }
        if is_last || self.passing.is_some() {
            offset += rest.len() as u64;
            rest = &[];
        }
        self.offset = offset;
        data.len() - rest.len()
    }

    fn beside(&mut self, data: &[u8]) -> Option<Box<dyn Reader>> {
        if self.passing.is_some() || data.last() != Some(&b'\n') {
            return None;
        }
        let lines = self.lines.beside(data, self.offset)?;
        let other = Self { lines, longest: self.longest, offset: self.offset, passing: None };
        self.offset += data.len() as u64;
        Some(Box::new(other))
    }
}
