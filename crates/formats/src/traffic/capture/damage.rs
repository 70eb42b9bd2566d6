//! Damaged places of a file of packets: where one begins, and how much is passed over until the file goes on.

use crate::traffic::Sink;
use crate::{Problem, ProblemKind};

/// A damaged place that is being passed over, where there is one.
#[derive(Default)]
pub(super) struct Damage(Option<(u64, String)>);

impl Damage {
    /// Whether one is being passed over.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// One begins here, or goes on.
    pub(super) fn begin(&mut self, offset: u64, what: impl Into<String>) {
        self.0.get_or_insert_with(|| (offset, what.into()));
    }

    /// It ends here, and is told.
    pub(super) fn end(&mut self, end: u64, sink: &mut dyn Sink) {
        if let Some((start, what)) = self.0.take() {
            let detail = format!("{what}: {} bytes are passed over", end - start);
            sink.problem(Problem::new(ProblemKind::Malformed, start, detail));
        }
    }
}
