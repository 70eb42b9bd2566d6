//! The views that regimes read most, worked out once, and the regimes applied side by side.
//!
//! A view is a query: every measure that reads `devices` would join devices, sites, types and images anew. A workbench is a
//! scratch database beside the ledger, in which those views stand as tables of the same names with indexes over what they
//! are joined by; all other views are made over these. A query gives the same rows on either. The scratch file is removed
//! with its workbench; it holds nothing that the ledger does not.

use crate::apply::{Assessment, apply};
use crate::error::RegimeError;
use crate::metadata::{Overrides, Regime};
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The views that are laid out, each with the columns that an index is made over. Later ones read earlier ones.
const LAID: &[(&str, &[&str])] = &[
    ("imported_tables", &[]),
    ("sites", &["name"]),
    ("devices", &["name", "duties, name", "maker"]),
    ("functions", &["device"]),
    ("interceptions", &["device"]),
    ("strangers", &[]),
    ("tallies", &["duties"]),
    ("combination_duties", &[]),
    ("links", &["name"]),
    ("connected", &["device"]),
    ("single_points", &["name"]),
    ("cut_off", &["name"]),
    ("segments", &[]),
    ("attestations", &["measure"]),
];

/// Bytes that SQLite may map of the scratch file, and keep of it in memory.
const MAPPED: i64 = 8 << 30;
const CACHED_KIB: i64 = 128 << 10;

/// A scratch database beside a ledger.
#[derive(Debug)]
pub struct Workbench {
    scratch: PathBuf,
    ledger: PathBuf,
}

impl Workbench {
    /// Lays the ledger's views out in a file `scratch`, which is made anew.
    pub fn lay(ledger: &Path, scratch: &Path) -> Result<Self, RegimeError> {
        remove(scratch);
        let bench = Self { scratch: scratch.to_owned(), ledger: ledger.to_owned() };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(scratch, flags)?;
        // Nothing here outlives the process, so nothing has to be safe from a crash.
        connection.pragma_update(None, "journal_mode", "OFF")?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "cache_size", -CACHED_KIB)?;
        bench.attach(&connection)?;
        connection.execute_batch("BEGIN")?;
        let views = views(&connection)?;
        for (view, indexed) in LAID {
            // As a view of the connection's own it reads what is laid already, where the ledger's would read the ledger.
            let Some(definition) = views.get(*view) else { continue };
            connection.execute_batch(&format!(
                "{definition}; CREATE TABLE main.{view} AS SELECT * FROM temp.{view}; DROP VIEW temp.{view};"
            ))?;
            for (number, columns) in indexed.iter().enumerate() {
                connection
                    .execute_batch(&format!("CREATE INDEX main.{view}_{number} ON {view} ({columns});"))?;
            }
        }
        connection.execute_batch("COMMIT; ANALYZE main;")?;
        Ok(bench)
    }

    /// A connection that reads the laid views, and the ledger's others. It cannot write.
    pub fn connection(&self) -> Result<Connection, RegimeError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.scratch, flags)?;
        connection.pragma_update(None, "cache_size", -CACHED_KIB)?;
        connection.pragma_update(None, "mmap_size", MAPPED)?;
        self.attach(&connection)?;
        let laid = |name: &String| LAID.iter().any(|(view, _)| view == name);
        for (_, definition) in views(&connection)?.iter().filter(|(name, _)| !laid(name)) {
            connection.execute_batch(definition)?;
        }
        Ok(connection)
    }

    fn attach(&self, connection: &Connection) -> Result<(), RegimeError> {
        // The path goes in as a parameter; a byte that is no UTF-8 cannot.
        let path = self.ledger.to_string_lossy();
        connection.execute("ATTACH ?1 AS ledger", [path.as_ref()])?;
        Ok(())
    }
}

/// The ledger's views, each as the text that makes it a view of the connection's own.
fn views(connection: &Connection) -> Result<BTreeMap<String, String>, RegimeError> {
    let mut statement = connection.prepare(
        "SELECT name, substr(sql, instr(sql, 'VIEW')) FROM ledger.sqlite_schema WHERE type = 'view'",
    )?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, format!("CREATE TEMP {}", row.get::<_, String>(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Drop for Workbench {
    fn drop(&mut self) {
        remove(&self.scratch);
    }
}

/// Removes a scratch file; one that is not there, or cannot be removed, is made anew or told when it is opened.
fn remove(scratch: &Path) {
    let _ = fs::remove_file(scratch);
}

/// Applies regimes as of a day, on as many threads as there are cores, over a workbench in `scratch`. The assessments come
/// in the order of the regimes.
pub fn apply_all(
    ledger: &Path,
    scratch: &Path,
    regimes: &[(Regime, Overrides)],
    as_of: &str,
) -> Result<Vec<Assessment>, RegimeError> {
    let bench = Workbench::lay(ledger, scratch)?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<Assessment, RegimeError>)>> = Mutex::default();
    let work = || {
        let mut connection = bench.connection()?;
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((regime, overrides)) = regimes.get(index) else { return Ok(()) };
            let assessment = apply(&mut connection, regime, overrides, as_of);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, assessment));
        }
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..cores.min(regimes.len())).map(|_| scope.spawn(work)).collect();
        let own: Result<(), RegimeError> = work();
        let theirs = others.into_iter().map(|other| match other.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        theirs.chain([own]).collect::<Result<(), _>>()
    })?;
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, assessment)| assessment).collect()
}
