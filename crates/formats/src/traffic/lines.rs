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
    fn line(&mut self, line: Line<'_>, offset: u64, sink: &mut dyn Sink);

    /// Nothing follows.
    fn end(&mut self, sink: &mut dyn Sink) {
        let _ = sink;
    }

    /// Another one that reads the lines in `data`, which follow; see [`Reader::beside`].
    fn beside(&mut self, data: &[u8]) -> Option<Self> {
        let _ = data;
        None
    }
}

/// A line.
#[derive(Clone, Copy)]
pub(super) struct Line<'l> {
    pub(super) bytes: &'l [u8],
    /// The same as text, where it is UTF-8.
    pub(super) text: Option<&'l str>,
}

/// The lines of a piece, which is looked at once for what is no text: a look at each line costs more than reading it.
#[derive(Clone, Copy)]
struct Piece<'l> {
    bytes: &'l [u8],
    /// As far as it is UTF-8.
    text: &'l str,
}

impl<'l> Piece<'l> {
    fn new(bytes: &'l [u8]) -> Self {
        let text = std::str::from_utf8(bytes).or_else(|error| {
            let (valid, _) = bytes.split_at(error.valid_up_to());
            std::str::from_utf8(valid)
        });
        Self { bytes, text: text.unwrap_or_default() }
    }

    /// The line from `start` to before `end`, without a carriage return before that.
    #[inline]
    fn line(self, start: usize, end: usize) -> Line<'l> {
        let bytes = self.bytes.get(start..end).unwrap_or_default();
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        // Behind what is no text each line is by itself.
        let text = self.text.get(start..start + bytes.len());
        Line { bytes, text: text.or_else(|| std::str::from_utf8(bytes).ok()) }
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
        let piece = Piece::new(data);
        let mut at = 0;
        if let Some(start) = self.passing {
            let end = memchr(b'\n', data);
            if end.is_some() || is_last {
                self.tell_too_long(start, self.offset + end.unwrap_or(data.len()) as u64, sink);
                self.passing = None;
            }
            at = end.map_or(data.len(), |end| end + 1);
        }
        while let Some(length) = memchr(b'\n', data.get(at..).unwrap_or_default()) {
            let (offset, end) = (self.offset + at as u64, at + length);
            if length < self.longest {
                self.lines.line(piece.line(at, end), offset, sink);
            } else {
                self.tell_too_long(offset, offset + length as u64, sink);
            }
            at = end + 1;
        }
        let offset = self.offset + at as u64;
        let rest = data.len() - at;
        if self.passing.is_none() && rest >= self.longest {
            self.passing = Some(offset);
        }
        if is_last && rest > 0 {
            if let Some(start) = self.passing.take() {
                self.tell_too_long(start, offset + rest as u64, sink);
            } else {
                if L::MAY_BE_CUT {
                    let detail = "the last line has no line feed: it may be cut off";
                    sink.problem(Problem::new(ProblemKind::Undefined, offset, detail));
                }
                self.lines.line(piece.line(at, data.len()), offset, sink);
            }
        }
        if is_last {
            self.lines.end(sink);
        }
        if is_last || self.passing.is_some() {
            at = data.len();
        }
        self.offset += at as u64;
        at
    }

    fn beside(&mut self, data: &[u8]) -> Option<Box<dyn Reader>> {
        if self.passing.is_some() || data.last() != Some(&b'\n') {
            return None;
        }
        let lines = self.lines.beside(data)?;
        let other = Self { lines, longest: self.longest, offset: self.offset, passing: None };
        self.offset += data.len() as u64;
        Some(Box::new(other))
    }
}
