//! Work over ledgers that may be asked to end before it is done.
//!
//! A statement of SQLite can take seconds, so it is interrupted: while work is watched, a thread looks 20 times a second whether it
//! is to end, and from then on interrupts whatever the connections run, until the work has come back. What it came to is thrown away:
//! a query that was interrupted has decided nothing.

use crate::error::RegimeError;
use rusqlite::{Connection, InterruptHandle};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Says when work is to end.
#[derive(Clone, Default)]
pub struct Stopping<'a> {
    /// `None`: never.
    is_over: Option<&'a (dyn Fn() -> bool + Sync)>,
    connections: Connections,
}

/// Connections whose statements are interrupted.
#[derive(Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<Vec<InterruptHandle>>>);

impl fmt::Debug for Connections {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Connections")
    }
}

impl Connections {
    /// From now on what this one runs is interrupted, too.
    pub(crate) fn add(&self, connection: &Connection) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(connection.get_interrupt_handle());
    }

    fn interrupt(&self) {
        // One that is closed has nothing to interrupt.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(InterruptHandle::interrupt);
    }
}

impl<'a> Stopping<'a> {
    /// Work that ends when this says so.
    pub fn when(is_over: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self { is_over: Some(is_over), connections: Connections::default() }
    }

    /// Whether the work is to end.
    pub fn is_over(&self) -> bool {
        self.is_over.is_some_and(|is_over| is_over())
    }

    pub(crate) fn connections(&self) -> Connections {
        self.connections.clone()
    }

    pub(crate) fn check(&self) -> Result<(), RegimeError> {
        if self.is_over() { Err(RegimeError::Interrupted) } else { Ok(()) }
    }

    /// Does work whose statements are interrupted when it is to end; then it fails, whatever it came to.
    pub(crate) fn watch<T>(&self, work: impl FnOnce() -> Result<T, RegimeError>) -> Result<T, RegimeError> {
        let Some(is_over) = self.is_over else { return work() };
        self.check()?;
        let done = AtomicBool::new(false);
        let result = thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    if is_over() {
                        // One that begins after this is interrupted next time.
                        self.connections.interrupt();
                    }
                    thread::park_timeout(LOOK);
                }
            });
            // The watcher ends however the work does.
            let ending = Ending { done: &done, watcher: watcher.thread() };
            let result = work();
            drop(ending);
            result
        });
        self.check()?;
        result
    }
}

/// Ends the watcher, also when the work panics.
struct Ending<'a> {
    done: &'a AtomicBool,
    watcher: &'a thread::Thread,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.done.store(true, Ordering::SeqCst);
        self.watcher.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_statement_that_would_run_for_ever_is_interrupted() {
        let begun = Instant::now();
        let is_over = || begun.elapsed() > Duration::from_millis(100);
        let stopping = Stopping::when(&is_over);
        let connection = Connection::open_in_memory().unwrap();
        stopping.connections().add(&connection);
        let endless =
            "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
        let ended: Result<i64, RegimeError> =
            stopping.watch(|| Ok(connection.query_row(endless, [], |row| row.get(0))?));
        assert!(matches!(ended, Err(RegimeError::Interrupted)), "{ended:?}");
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(matches!(stopping.watch(|| Ok(1)), Err(RegimeError::Interrupted)));
        assert_eq!(Stopping::default().watch(|| Ok(1)).unwrap(), 1);
    }
}
