//! A copy of a ledger in which networks are tried: the regimes applied to what the network would be. The ledger itself stays as it is.
//!
//! A copy and its scratch stand in a folder as `PURPOSE-PROCESS.sqlite` and `PURPOSE-PROCESS.scratch`; both go with the value, and what a
//! process left that was killed goes when the next copy of that purpose is made.

use crate::apply::is_in_force;
use crate::dated::{Contents, Dated, dated};
use crate::error::RegimeError;
use crate::metadata::{Date, Measure, Overrides, Regime};
use crate::stopping::Stopping;
use crate::workbench::{Workbench, apply_keeping};
use banbury_evidence::ledger::{Clock, Ledger};
use banbury_evidence::model::Model;
use banbury_evidence::{RegimeResult, SubjectVerdict, Verdict};
use rusqlite::{Connection, OpenFlags};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A copy of a ledger. It is made when the first network is tried in it.
#[derive(Debug)]
pub struct LedgerCopy {
    folder: PathBuf,
    purpose: String,
    ledger: PathBuf,
    copy: PathBuf,
    made: Cell<bool>,
}

impl LedgerCopy {
    /// A copy of a ledger in a folder; `purpose` begins the names of the files.
    pub fn make(ledger: &Ledger, folder: &Path, purpose: &str) -> Self {
        clear(folder, purpose);
        let copy = own(folder, purpose, "sqlite");
        let ledger = ledger.path().to_owned();
        let made = Self {
            folder: folder.to_owned(),
            purpose: purpose.to_owned(),
            ledger,
            copy,
            made: Cell::new(false),
        };
        made.remove();
        made
    }

    /// Applies regimes on each of some days, to a network or to the ledger's own. The results come in the order of the days and of
    /// the regimes.
    pub fn apply<D: ToString>(
        &self,
        model: Option<&Model>,
        regimes: &[(Regime, Overrides)],
        days: &[D],
        stopping: &Stopping<'_>,
    ) -> Result<Vec<Vec<RegimeResult>>, RegimeError> {
        let mut all = Vec::new();
        let days = (days, |_: &mut SubjectVerdict| true);
        self.on_each(model, regimes, days, stopping, |_, results| all.push(results.to_vec()))?;
        Ok(all)
    }

    /// What is breached, told day by day: of each measure the subjects that are, without the reasons.
    pub fn breaches_each<D: ToString>(
        &self,
        model: Option<&Model>,
        regimes: &[(Regime, Overrides)],
        days: &[D],
        stopping: &Stopping<'_>,
        each: impl FnMut(usize, &[RegimeResult]),
    ) -> Result<(), RegimeError> {
        let breached = |row: &mut SubjectVerdict| {
            row.reason = String::new();
            row.verdict == Verdict::Breached
        };
        self.on_each(model, regimes, (days, breached), stopping, each)
    }

    fn on_each<D: ToString>(
        &self,
        model: Option<&Model>,
        regimes: &[(Regime, Overrides)],
        days: (&[D], impl Fn(&mut SubjectVerdict) -> bool + Sync),
        stopping: &Stopping<'_>,
        each: impl FnMut(usize, &[RegimeResult]),
    ) -> Result<(), RegimeError> {
        stopping.watch(|| {
            let ledger = match model {
                Some(model) => {
                    self.record(model, stopping)?;
                    &self.copy
                }
                // What is not changed need not be copied.
                None => &self.ledger,
            };
            let scratch = own(&self.folder, &self.purpose, "scratch");
            let bench = Workbench::lay_heeding(ledger, &scratch, stopping.connections())?;
            on_each_day(&bench, regimes, days, stopping, each)
        })
    }

    /// Takes a network in as the copy's own.
    fn record(&self, model: &Model, stopping: &Stopping<'_>) -> Result<(), RegimeError> {
        if !self.made.get() {
            // What an interrupt left of an earlier one is no copy.
            self.remove();
            let copied = copy(&self.ledger, &self.copy, stopping);
            copied.map_err(|source| RegimeError::Copy { path: self.copy.clone(), source })?;
            self.made.set(true);
        }
        let mut ledger = Ledger::open(&self.copy)?;
        stopping.connections().add(ledger.connection());
        // The copy is thrown away: when it was made says nothing.
        let clock = Clock { started_at: String::new(), duration_ms: 0 };
        ledger.record_model(model, &banbury_network::report(model, &[], &[]), &clock)?;
        Ok(())
    }

    fn remove(&self) {
        for ending in ["", "-wal", "-shm"] {
            let mut name = self.copy.as_os_str().to_owned();
            name.push(ending);
            // One that is not there, or cannot be removed, is told when the copy is made.
            let _ = std::fs::remove_file(PathBuf::from(name));
        }
    }
}

impl Drop for LedgerCopy {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Tables of networks of which what was imported earlier can be read (by the view `deployed`).
const EARLIER: [&str; 2] = ["model_devices", "model_device_types"];

/// Copies a ledger but for its networks: another one takes their place.
fn copy(ledger: &Path, copy: &Path, stopping: &Stopping<'_>) -> rusqlite::Result<()> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(copy, flags)?;
    stopping.connections().add(&connection);
    // A table can come before another that it refers to.
    connection.pragma_update(None, "foreign_keys", false)?;
    // It does not outlive the process.
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.execute("ATTACH ?1 AS ledger", [ledger.to_string_lossy()])?;
    connection.execute_batch("BEGIN")?;
    for pragma in ["application_id", "user_version"] {
        let value: i64 = connection.pragma_query_value(Some("ledger"), pragma, |row| row.get(0))?;
        connection.pragma_update(None, pragma, value)?;
    }
    let each: Vec<(String, String, String)> = {
        // Tables with their rows first: indexes are made at once, and triggers are for later rows.
        let mut statement = connection.prepare(
            "SELECT type, name, sql FROM ledger.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
             ORDER BY type <> 'table', type <> 'index', rowid",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for (kind, name, sql) in each {
        connection.execute_batch(&sql)?;
        if kind == "table" && (!name.starts_with("model_") || EARLIER.contains(&name.as_str())) {
            let name = name.replace('"', "\"\"");
            connection
                .execute_batch(&format!("INSERT INTO main.\"{name}\" SELECT * FROM ledger.\"{name}\";"))?;
        }
    }
    connection.execute_batch("COMMIT")
}

/// Applies regimes to a ledger as it is on each of some days, with a scratch in a folder. The results come in the order of the days and
/// of the regimes.
pub fn apply_in<D: ToString>(
    folder: &Path,
    purpose: &str,
    ledger: &Path,
    regimes: &[(Regime, Overrides)],
    days: &[D],
) -> Result<Vec<Vec<RegimeResult>>, RegimeError> {
    clear(folder, purpose);
    let bench = Workbench::lay(ledger, &own(folder, purpose, "scratch"))?;
    let mut all = Vec::new();
    let days = (days, |_: &mut SubjectVerdict| true);
    on_each_day(&bench, regimes, days, &Stopping::default(), |_, results| all.push(results.to_vec()))?;
    Ok(all)
}

/// Applies regimes on each of some days. Of a day that is not the first, measures are decided anew that may come to something else
/// than on the day before: those whose own query reads the day, those that come into force, and those that read a definition
/// which holds other rows.
fn on_each_day<D: ToString>(
    bench: &Workbench,
    regimes: &[(Regime, Overrides)],
    (days, keeps): (&[D], impl Fn(&mut SubjectVerdict) -> bool + Sync),
    stopping: &Stopping<'_>,
    mut each: impl FnMut(usize, &[RegimeResult]),
) -> Result<(), RegimeError> {
    let dated: Vec<Vec<Dated>> = regimes.iter().map(|(regime, _)| dated(regime)).collect();
    let read = |of: &Vec<Dated>| -> BTreeSet<String> {
        let names = of.iter().filter_map(|one| if let Dated::By(names) = one { Some(names) } else { None });
        names.flatten().cloned().collect()
    };
    let asked: Vec<(&(Regime, Overrides), BTreeSet<String>)> =
        regimes.iter().zip(&dated).map(|(regime, of)| (regime, read(of))).collect();
    let mut results: Vec<RegimeResult> = Vec::new();
    let mut before: Option<(Date, Vec<Option<Contents>>)> = None;
    for (number, day) in days.iter().enumerate() {
        stopping.check()?;
        let day = day.to_string();
        let now = Date::parse(&day).ok_or_else(|| RegimeError::AsOf { given: day.clone() })?;
        // What one day alone comes to is held against nothing.
        let contents = if days.len() > 1 { bench.contents(&asked, &now)? } else { Vec::new() };
        // What has to be decided anew of each regime; all of it on the first day.
        let mut anew: Vec<(usize, (Regime, Overrides))> = Vec::new();
        for (at, ((regime, overrides), dated)) in regimes.iter().zip(&dated).enumerate() {
            let stays = |measure: &Measure, dated: &Dated| {
                let Some((day, held)) = &before else { return false };
                let (old, new) =
                    (held.get(at).and_then(Option::as_ref), contents.get(at).and_then(Option::as_ref));
                let same = match dated {
                    Dated::Itself => false,
                    Dated::By(names) if names.is_empty() => true,
                    Dated::By(names) => old.zip(new).is_some_and(|(old, new)| {
                        names.iter().all(|name| old.contains_key(name) && old.get(name) == new.get(name))
                    }),
                };
                let in_force = |day: &Date| is_in_force(regime, overrides, measure, day) == Some(true);
                same && in_force(day) && in_force(&now)
            };
            let measures =
                regime.measures.iter().zip(dated).filter(|(measure, dated)| !stays(measure, dated));
            let measures: Vec<Measure> = measures.map(|(measure, _)| measure.clone()).collect();
            if before.is_none() || !measures.is_empty() {
                anew.push((at, (Regime { measures, ..regime.clone() }, overrides.clone())));
            }
        }
        let (places, asked): (Vec<usize>, Vec<(Regime, Overrides)>) = anew.into_iter().unzip();
        let decided =
            apply_keeping(bench, &asked, &day, &keeps)?.into_iter().map(|assessment| assessment.result);
        // What was interrupted has decided nothing.
        stopping.check()?;
        if before.is_none() {
            results = decided.collect();
        } else {
            for (at, decided) in places.into_iter().zip(decided) {
                let Some(whole) = results.get_mut(at) else { continue };
                // Both stand in the regime's own order.
                let mut old = whole.measures.iter_mut();
                for new in decided.measures {
                    if let Some(place) = old.find(|old| old.measure == new.measure) {
                        *place = new;
                    }
                }
            }
            results.iter_mut().for_each(|result| result.as_of.clone_from(&day));
        }
        each(number, &results);
        before = Some((now, contents));
    }
    Ok(())
}

fn own(folder: &Path, purpose: &str, ending: &str) -> PathBuf {
    folder.join(format!("{purpose}-{}.{ending}", std::process::id()))
}

/// Removes what a process left that was killed: its number is in the name, and it is no more.
fn clear(folder: &Path, purpose: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let rest = name.strip_prefix(purpose).and_then(|rest| rest.strip_prefix('-'));
        let number =
            rest.and_then(|rest| rest.split('.').next()).and_then(|digits| digits.parse::<u32>().ok());
        let Some(number) = number else { continue };
        if Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{number}")).exists() {
            // One that cannot be removed is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
