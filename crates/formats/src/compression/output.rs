//! What a decoder has made so far, within the limits.

use crate::{Content, Entry, Limits, Place, Problem, ProblemKind};

/// A candidate carved from unknown bytes that does not end well is believed if this much came out of it before.
const CONVINCING_BYTES: usize = 64 << 10;

/// The growing content of a stream.
pub(crate) struct Output<'l> {
    pub(crate) bytes: Vec<u8>,
    limits: &'l Limits,
    limit: usize,
}

impl<'l> Output<'l> {
    pub(crate) fn new(limits: &'l Limits) -> Self {
        Self { bytes: Vec::new(), limits, limit: crate::bytes::position(limits.object_bytes) }
    }

    /// The same for content that has its own, smaller limit.
    pub(crate) fn bounded(limits: &'l Limits, bytes: u64) -> Self {
        Self { limit: crate::bytes::position(limits.object_bytes.min(bytes)), ..Self::new(limits) }
    }

    /// How many bytes may still be made.
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.bytes.len())
    }

    /// The same content with a limit of so many more bytes, for a part that states its size; [`Self::take_back`] ends it.
    pub(crate) fn part(&mut self, bytes: usize) -> Self {
        let limit = self.limit.min(self.bytes.len().saturating_add(bytes));
        Self { bytes: std::mem::take(&mut self.bytes), limits: self.limits, limit }
    }

    /// Takes back what [`Self::part`] gave away.
    pub(crate) fn take_back(&mut self, part: Self) {
        self.bytes = part.bytes;
    }

    /// The limit that stops a decoder here, if one does.
    pub(crate) fn stop(&self, offset: usize) -> Option<Problem> {
        let reached = |detail| Problem::new(ProblemKind::LimitReached, offset as u64, detail);
        if self.limits.stopped() {
            Some(reached("time is up".to_owned()))
        } else if self.room() == 0 {
            Some(reached(format!("the content has more than {} bytes", self.limit)))
        } else {
            None
        }
    }

    /// Makes sure that some capacity is free, growing by doubling from 64 KiB, never far past the limit.
    pub(crate) fn grow(&mut self) {
        if self.bytes.capacity() == self.bytes.len() {
            let step = self.bytes.len().clamp(64 << 10, 256 << 20).min(self.room().max(1));
            self.bytes.reserve_exact(step);
        }
    }

    /// Cuts off what went past the limit; whether something did.
    pub(crate) fn clip(&mut self) -> bool {
        let over = self.bytes.len() > self.limit;
        self.bytes.truncate(self.limit);
        over
    }

    /// Hands the content out, if the stream is to be believed at this place.
    pub(crate) fn hand_out<'a>(
        self,
        place: Place,
        at: usize,
        problems: &[Problem],
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<()> {
        if place == Place::Inside && !believable(self.bytes.len(), problems) {
            return None;
        }
        sink(Entry::stream(b"".as_slice(), Content::Owned(self.bytes), Some(at as u64)));
        Some(())
    }
}

/// Whether a stream that gave `made` bytes and these problems is more than chance.
pub(crate) fn believable(made: usize, problems: &[Problem]) -> bool {
    let whole = problems
        .iter()
        .all(|problem| matches!(problem.kind, ProblemKind::LimitReached | ProblemKind::Unsupported));
    made >= CONVINCING_BYTES || (whole && made > 0)
}
