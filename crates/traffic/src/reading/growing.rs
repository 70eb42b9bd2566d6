//! An input that comes in pieces, and may still grow.

use super::{Manner, START};
use banbury_formats::traffic::{Reader, Sink};
use banbury_formats::{Problem, ProblemKind};

/// What is known of an input so far.
#[derive(Default)]
pub struct Growing {
    format: Option<&'static str>,
    reader: Option<Box<dyn Reader>>,
    /// What was not consumed.
    kept: Vec<u8>,
    unknown: bool,
}

impl Growing {
    /// The form, once it is known.
    pub fn format(&self) -> Option<&'static str> {
        self.format
    }

    /// Whether nothing more will be read of it, whatever comes.
    pub fn is_given_up(&self) -> bool {
        self.unknown
    }

    /// Reads what is whole in `bytes` and what was kept before them.
    pub fn more(&mut self, bytes: &[u8], manner: &Manner, sink: &mut impl Sink) {
        if self.unknown {
            return;
        }
        if self.reader.is_some() && self.kept.is_empty() {
            let consumed = self.consume(bytes, false, sink);
            self.kept.extend_from_slice(bytes.get(consumed..).unwrap_or_default());
            return;
        }
        self.kept.extend_from_slice(bytes);
        self.go_on(false, manner, sink);
    }

    /// Nothing follows.
    pub fn end(&mut self, manner: &Manner, sink: &mut impl Sink) {
        if !self.unknown {
            self.go_on(true, manner, sink);
        }
    }

    fn go_on(&mut self, is_last: bool, manner: &Manner, sink: &mut impl Sink) {
        if self.reader.is_none() {
            // A line, or as much as a form is told from: the start of a line is none of a form yet.
            let enough = self.kept.len() >= START || self.kept.contains(&b'\n');
            let format = if enough || is_last {
                manner.of(self.kept.get(..START).unwrap_or(&self.kept))
            } else {
                None
            };
            let Some(format) = format else {
                self.unknown = is_last || self.kept.len() >= START;
                return;
            };
            self.format = Some(format.describe().name);
            self.reader = Some(format.reader(&manner.settings));
        }
        let kept = std::mem::take(&mut self.kept);
        let consumed = self.consume(&kept, is_last, sink);
        self.kept = kept;
        self.kept.drain(..consumed.min(self.kept.len()));
        let longest = manner.settings.longest.saturating_mul(2).max(START);
        if self.kept.len() > longest {
            let what = format!("a record of more than {longest} bytes: nothing behind it is read");
            sink.problem(Problem::new(ProblemKind::LimitReached, 0, what));
            self.unknown = true;
            self.kept = Vec::new();
        }
    }

    fn consume(&mut self, bytes: &[u8], is_last: bool, sink: &mut impl Sink) -> usize {
        self.reader.as_mut().map_or(0, |reader| reader.read(bytes, is_last, sink))
    }
}
