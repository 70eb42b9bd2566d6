//! The views that regimes read most, worked out once, and the regimes applied side by side.
//!
//! A view is a query: every measure that reads `devices` would join devices, sites, types and images anew. A workbench is a
//! scratch database beside the ledger, in which those views stand as tables of the same names with indexes over what they
//! are joined by; all other views are made over these. A query gives the same rows on either. The scratch file is removed
//! with its workbench; it holds nothing that the ledger does not.

use crate::apply::{Assessment, apply_knowing};
use crate::dated::{self, Contents};
use crate::error::RegimeError;
use crate::guard::{self, Bounds, Views};
use crate::metadata::{Date, Overrides, Regime};
use crate::stopping::Connections;
use banbury_evidence::SubjectVerdict;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

/// A view that is laid out.
struct Laid {
    view: &'static str,
    /// Its indexes: over which columns, and of which rows.
    indexes: &'static [&'static str],
    /// The table of which each row becomes one row of the view, where the view is made of one: a large one is laid in halves.
    rows_of: Option<&'static str>,
}

/// The views that are laid out. Later ones read earlier ones.
const LAID: [Laid; 6] = [
    Laid {
        view: "devices",
        rows_of: Some("model_devices"),
        indexes: &[
            "(name)",
            "(maker)",
            "(duties, maker, site_sensitive, in_service, segment, name)",
            "(exhibit) WHERE exhibit IS NOT NULL",
        ],
    },
    Laid { view: "segment_tallies", indexes: &[], rows_of: None },
    Laid { view: "tallies", indexes: &["(duties)"], rows_of: None },
    Laid { view: "combination_duties", indexes: &[], rows_of: None },
    Laid { view: "strangers", indexes: &[], rows_of: None },
    Laid { view: "single_points", indexes: &[], rows_of: None },
];

/// Bytes that SQLite may map of the scratch file, and keep of it in memory.
const MAPPED: i64 = 8 << 30;
const CACHED_KIB: i64 = 128 << 10;

/// A scratch database beside a ledger.
#[derive(Debug)]
pub struct Workbench {
    scratch: PathBuf,
    ledger: PathBuf,
    /// Whose statements can be interrupted.
    connections: Connections,
    /// Connections that nobody uses just now, each with its views: to make one takes as long as a few measures.
    idle: Mutex<Vec<Seat>>,
    /// How many records the network model has.
    records: OnceLock<i64>,
}

/// A connection, and the views that it can read.
#[derive(Debug)]
struct Seat {
    connection: Connection,
    views: Views,
}

impl Workbench {
    /// Lays the ledger's views out in a file `scratch`, which is made anew, as is another beside it for as long as it takes.
    pub fn lay(ledger: &Path, scratch: &Path) -> Result<Self, RegimeError> {
        Self::lay_heeding(ledger, scratch, Connections::default())
    }

    /// The same with connections that can be interrupted.
    pub(crate) fn lay_heeding(
        ledger: &Path,
        scratch: &Path,
        connections: Connections,
    ) -> Result<Self, RegimeError> {
        let bench = Self::at(ledger, scratch.to_owned(), connections);
        let mut connection = bench.blank()?;
        let views = views(&connection)?;
        for Laid { view, indexes, rows_of } in LAID {
            // As a view of the connection's own it reads what is laid already, where the ledger's would read the ledger.
            let Some(definition) = views.get(view) else { continue };
            let halves = rows_of.map(|table| Halves::of(&connection, view, table)).transpose()?;
            match halves.flatten() {
                Some(halves) => bench.lay_halves(&mut connection, definition, &halves)?,
                None => materialise(&connection, view, definition)?,
            }
            for (number, index) in indexes.iter().enumerate() {
                connection.execute_batch(&format!("CREATE INDEX main.{view}_{number} ON {view} {index};"))?;
            }
        }
        connection.execute_batch("PRAGMA analysis_limit = 1000; ANALYZE main;")?;
        Ok(bench)
    }

    fn at(ledger: &Path, scratch: PathBuf, connections: Connections) -> Self {
        Self {
            scratch,
            ledger: ledger.to_owned(),
            connections,
            idle: Mutex::default(),
            records: OnceLock::new(),
        }
    }

    /// An empty scratch database, with the ledger beside it.
    fn blank(&self) -> Result<Connection, RegimeError> {
        remove(&self.scratch);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.scratch, flags)?;
        self.connections.add(&connection);
        // Nothing here outlives the process, so nothing has to be safe from a crash.
        connection.pragma_update(None, "journal_mode", "OFF")?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "cache_size", -CACHED_KIB)?;
        connection.pragma_update(None, "mmap_size", MAPPED)?;
        self.attach(&connection)?;
        Ok(connection)
    }

    /// Lays a view whose rows are those of one table, each joined with others: half of them on another thread.
    fn lay_halves(
        &self,
        connection: &mut Connection,
        definition: &str,
        halves: &Halves,
    ) -> Result<(), RegimeError> {
        let mut name = self.scratch.as_os_str().to_owned();
        name.push(".half");
        let half = Self::at(&self.ledger, PathBuf::from(name), self.connections.clone());
        let (first, second) = thread::scope(|scope| {
            let second = scope.spawn(|| halves.lay(&half.blank()?, definition, true));
            let first = halves.lay(connection, definition, false);
            let second = second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (first, second)
        });
        first?;
        second?;
        let path = half.scratch.to_string_lossy();
        connection.execute("ATTACH ?1 AS half", [path.as_ref()])?;
        connection.execute_batch(&format!(
            "INSERT INTO main.{view} SELECT * FROM half.{view}; DETACH half;",
            view = halves.view
        ))?;
        Ok(())
    }

    /// A connection that reads the laid views, and the ledger's others. It cannot write.
    pub fn connection(&self) -> Result<Connection, RegimeError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.scratch, flags)?;
        self.connections.add(&connection);
        connection.pragma_update(None, "cache_size", -CACHED_KIB)?;
        connection.pragma_update(None, "mmap_size", MAPPED)?;
        self.attach(&connection)?;
        let laid = |name: &String| LAID.iter().any(|laid| laid.view == name);
        for (_, definition) in views(&connection)?.iter().filter(|(name, _)| !laid(name)) {
            connection.execute_batch(definition)?;
        }
        Ok(connection)
    }

    /// A connection that nobody uses, or a new one.
    fn seat(&self) -> Result<Seat, RegimeError> {
        if let Some(seat) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(seat);
        }
        let connection = self.connection()?;
        let views = guard::views(&connection)?;
        Ok(Seat { connection, views })
    }

    fn leave(&self, seat: Seat) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(seat);
    }

    /// How many records the network model has.
    fn records(&self) -> Result<i64, RegimeError> {
        if let Some(known) = self.records.get() {
            return Ok(*known);
        }
        let seat = self.seat()?;
        let count = seat.connection.query_row(
            "SELECT coalesce(sum(\"rows\"), 0) FROM imported_tables",
            [],
            |row| row.get(0),
        )?;
        self.leave(seat);
        Ok(*self.records.get_or_init(|| count))
    }

    /// What definitions of each regime hold on a day, as far as it can be told.
    pub(crate) fn contents(
        &self,
        asked: &[(&(Regime, Overrides), BTreeSet<String>)],
        as_of: &Date,
    ) -> Result<Vec<Option<Contents>>, RegimeError> {
        let mut done = side_by_side(
            asked.len(),
            || self.seat(),
            |seat, index| {
                let ((regime, overrides), names) = asked.get(index)?;
                Some(dated::contents(&mut seat.connection, &seat.views, (regime, overrides), as_of, names))
            },
            |seat| self.leave(seat),
        )?;
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, contents)| contents).collect()
    }

    fn attach(&self, connection: &Connection) -> Result<(), RegimeError> {
        // The path goes in as a parameter; a byte that is no UTF-8 cannot.
        let path = self.ledger.to_string_lossy();
        connection.execute("ATTACH ?1 AS ledger", [path.as_ref()])?;
        Ok(())
    }
}

/// Makes a table of the view's name and rows.
fn materialise(connection: &Connection, view: &str, definition: &str) -> Result<(), RegimeError> {
    connection.execute_batch(&format!(
        "{definition}; CREATE TABLE main.{view} AS SELECT * FROM temp.{view}; DROP VIEW temp.{view};"
    ))?;
    Ok(())
}

/// A large view that is laid in two halves, by the rows of its table before and after one in the middle.
struct Halves {
    view: &'static str,
    table: &'static str,
    /// Rows of the current import: the first, the last of the first half, the last.
    rows: [i64; 3],
}

impl Halves {
    /// How this view is halved, where that is worth it.
    fn of(
        connection: &Connection,
        view: &'static str,
        table: &'static str,
    ) -> Result<Option<Self>, RegimeError> {
        let (first, last): (Option<i64>, Option<i64>) = connection.query_row(
            &format!("SELECT min(rowid), max(rowid) FROM ledger.{table} WHERE run = (SELECT run FROM current_model)"),
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(first.zip(last).filter(|(first, last)| last - first >= LARGE).map(|(first, last)| Self {
            view,
            table,
            rows: [first, first + (last - first) / 2, last],
        }))
    }

    /// Lays one half. An import's rows stand one after the other, and are read in that order, without an index.
    fn lay(&self, connection: &Connection, definition: &str, second: bool) -> Result<(), RegimeError> {
        let Self { view, table, rows: [first, middle, last] } = self;
        let (from, to) = if second { (middle + 1, *last) } else { (*first, *middle) };
        // A view of the connection's own stands before the ledger's table of the same name.
        connection.execute_batch(&format!(
            "CREATE TEMP VIEW {table} AS SELECT * FROM ledger.{table} NOT INDEXED WHERE rowid BETWEEN {from} AND {to};"
        ))?;
        materialise(connection, view, definition)?;
        connection.execute_batch(&format!("DROP VIEW temp.{table};"))?;
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

/// From so many records on, each measure is decided by itself: what a regime's definitions cost is little beside a query.
const LARGE: i64 = 50_000;

/// Applies regimes as of a day, on as many threads as there are cores. The assessments come in the order of the regimes.
pub fn apply_all(
    bench: &Workbench,
    regimes: &[(Regime, Overrides)],
    as_of: &str,
) -> Result<Vec<Assessment>, RegimeError> {
    apply_keeping(bench, regimes, as_of, |_| true)
}

/// The same, of which subjects alone are kept that somebody asks for: a million reasons fill a memory.
pub(crate) fn apply_keeping(
    bench: &Workbench,
    regimes: &[(Regime, Overrides)],
    as_of: &str,
    keeps: impl Fn(&mut SubjectVerdict) -> bool + Sync,
) -> Result<Vec<Assessment>, RegimeError> {
    let records = bench.records()?;
    let parts: Vec<(usize, Regime, &Overrides)> = regimes
        .iter()
        .enumerate()
        .flat_map(|(number, (regime, overrides))| {
            let parts = if records < LARGE { vec![regime.clone()] } else { split(regime) };
            parts.into_iter().map(move |part| (number, part, overrides))
        })
        .collect();
    let mut done = side_by_side(
        parts.len(),
        || bench.seat(),
        |seat, index| {
            let (_, part, overrides) = parts.get(index)?;
            let Seat { connection, views } = seat;
            let mut assessment = apply_knowing(connection, views, part, overrides, as_of, &Bounds::default());
            for measure in assessment.iter_mut().flat_map(|one| &mut one.result.measures) {
                measure.subjects.retain_mut(&keeps);
                measure.subjects.shrink_to_fit();
            }
            Some(assessment)
        },
        |seat| bench.leave(seat),
    )?;
    done.sort_by_key(|(index, _)| *index);
    let mut whole: Vec<Assessment> = Vec::new();
    for (index, part) in done {
        let part = part?;
        let regime = |index: usize| parts.get(index).map(|(number, ..)| *number);
        let follows = index.checked_sub(1).is_some_and(|before| regime(before) == regime(index));
        match whole.last_mut().filter(|_| follows) {
            Some(last) => {
                last.result.measures.extend(part.result.measures);
                // What is wrong with the definitions is told by each part, and is one problem.
                let known: Vec<String> = last.problems.iter().map(ToString::to_string).collect();
                last.problems.extend(
                    part.problems.into_iter().filter(|problem| !known.contains(&problem.to_string())),
                );
            }
            None => whole.push(part),
        }
    }
    Ok(whole)
}

/// A regime's measures, each in a regime of its own; those by attestation stay together where they stand together.
fn split(regime: &Regime) -> Vec<Regime> {
    let mut bare = regime.clone();
    bare.measures.clear();
    let mut parts: Vec<Regime> = Vec::new();
    for measure in &regime.measures {
        let joins = measure.attested
            && parts.last().and_then(|part| part.measures.last()).is_some_and(|last| last.attested);
        match parts.last_mut().filter(|_| joins) {
            Some(part) => part.measures.push(measure.clone()),
            None => parts.push(Regime { measures: vec![measure.clone()], ..bare.clone() }),
        }
    }
    if parts.is_empty() { vec![bare] } else { parts }
}

/// Does `count` pieces of work on all cores, each thread with a state of its own, which it gives back at its end; what `work` has
/// nothing for is passed over.
fn side_by_side<S, T: Send>(
    count: usize,
    state: impl Fn() -> Result<S, RegimeError> + Sync,
    work: impl Fn(&mut S, usize) -> Option<T> + Sync,
    leave: impl Fn(S) + Sync,
) -> Result<Vec<(usize, T)>, RegimeError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, T)>> = Mutex::default();
    let run = || {
        let mut own = state()?;
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                leave(own);
                return Ok(());
            }
            if let Some(result) = work(&mut own, index) {
                done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
            }
        }
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..cores.min(count)).map(|_| scope.spawn(run)).collect();
        let own: Result<(), RegimeError> = run();
        let theirs = others.into_iter().map(|other| match other.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        theirs.chain([own]).collect::<Result<(), _>>()
    })?;
    Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner))
}
