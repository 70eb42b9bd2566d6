use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a reader may produce before it has to stop.
///
/// A reader that meets a limit hands out what it has and reports
/// [`ProblemKind::LimitReached`](crate::ProblemKind::LimitReached).
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of one object.
    pub object_bytes: u64,
    /// Entries of one container.
    pub entries: u64,
    /// Set from outside when time is up; shared by the clones.
    pub stop: Arc<AtomicBool>,
}

impl Limits {
    /// Whether time is up; readers ask at each block or entry.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Default for Limits {
    /// 512 MiB an object, 250,000 entries a container.
    fn default() -> Self {
        Self { object_bytes: 512 << 20, entries: 250_000, stop: Arc::default() }
    }
}
