//! A copy of a ledger in which networks are tried: the regimes applied to what the network would be. The ledger itself stays as it is.
//!
//! A copy and its scratch stand in a folder as `PURPOSE-PROCESS.sqlite` and `PURPOSE-PROCESS.scratch`; both go with the value, and what a
//! process left that was killed goes when the next copy of that purpose is made.

use crate::apply::{is_dated, is_in_force};
use crate::error::RegimeError;
use crate::metadata::{Date, Measure, Overrides, Regime};
use crate::workbench::{Workbench, apply_all};
use banbury_evidence::RegimeResult;
use banbury_evidence::ledger::{Clock, Ledger};
use banbury_evidence::model::Model;
use std::path::{Path, PathBuf};

/// A copy of a ledger.
#[derive(Debug)]
pub struct LedgerCopy {
    folder: PathBuf,
    purpose: String,
    copy: PathBuf,
}

impl LedgerCopy {
    /// Copies a ledger into a folder; `purpose` begins the names of the files.
    pub fn make(ledger: &Ledger, folder: &Path, purpose: &str) -> Result<Self, RegimeError> {
        clear(folder, purpose);
        let copy = own(folder, purpose, "sqlite");
        let made = Self { folder: folder.to_owned(), purpose: purpose.to_owned(), copy };
        made.remove();
        let path = made.copy.to_string_lossy().into_owned();
        let copied = ledger.connection().execute("VACUUM INTO ?1", [&path]);
        copied.map_err(|source| RegimeError::Copy { path: made.copy.clone(), source })?;
        Ok(made)
    }

    /// Applies regimes on each of some days, to a network or to the ledger's own. The results come in the order of the days and of
    /// the regimes.
    pub fn apply<D: ToString>(
        &self,
        model: Option<&Model>,
        regimes: &[(Regime, Overrides)],
        days: &[D],
    ) -> Result<Vec<Vec<RegimeResult>>, RegimeError> {
        if let Some(model) = model {
            self.record(model)?;
        }
        apply_in(&self.folder, &self.purpose, &self.copy, regimes, days)
    }

    /// The same, told day by day, so that the results of one day alone are kept.
    pub fn apply_each<D: ToString>(
        &self,
        model: Option<&Model>,
        regimes: &[(Regime, Overrides)],
        days: &[D],
        each: impl FnMut(usize, &[RegimeResult]),
    ) -> Result<(), RegimeError> {
        if let Some(model) = model {
            self.record(model)?;
        }
        let bench = Workbench::lay(&self.copy, &own(&self.folder, &self.purpose, "scratch"))?;
        on_each_day(&bench, regimes, days, each)
    }

    /// Takes a network in as the copy's own.
    fn record(&self, model: &Model) -> Result<(), RegimeError> {
        let mut ledger = Ledger::open(&self.copy)?;
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
    on_each_day(&bench, regimes, days, |_, results| all.push(results.to_vec()))?;
    Ok(all)
}

/// Applies regimes on each of some days. A measure that reads no day, and is in force on two of them, is decided once.
fn on_each_day<D: ToString>(
    bench: &Workbench,
    regimes: &[(Regime, Overrides)],
    days: &[D],
    mut each: impl FnMut(usize, &[RegimeResult]),
) -> Result<(), RegimeError> {
    let dated: Vec<Vec<bool>> = regimes
        .iter()
        .map(|(regime, _)| regime.measures.iter().map(|measure| is_dated(regime, measure)).collect())
        .collect();
    let mut results: Vec<RegimeResult> = Vec::new();
    let mut before: Option<Date> = None;
    for (number, day) in days.iter().enumerate() {
        let day = day.to_string();
        let now = Date::parse(&day).ok_or_else(|| RegimeError::AsOf { given: day.clone() })?;
        // What has to be decided anew of each regime; all of it on the first day.
        let mut anew: Vec<(usize, (Regime, Overrides))> = Vec::new();
        for (at, ((regime, overrides), dated)) in regimes.iter().zip(&dated).enumerate() {
            let stays = |measure: &Measure, dated: bool| {
                let in_force = |day: &Date| is_in_force(regime, overrides, measure, day) == Some(true);
                !dated && before.as_ref().is_some_and(in_force) && in_force(&now)
            };
            let measures =
                regime.measures.iter().zip(dated).filter(|(measure, dated)| !stays(measure, **dated));
            let measures: Vec<Measure> = measures.map(|(measure, _)| measure.clone()).collect();
            if before.is_none() || !measures.is_empty() {
                anew.push((at, (Regime { measures, ..regime.clone() }, overrides.clone())));
            }
        }
        let (places, asked): (Vec<usize>, Vec<(Regime, Overrides)>) = anew.into_iter().unzip();
        let decided = apply_all(bench, &asked, &day)?.into_iter().map(|assessment| assessment.result);
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
        before = Some(now);
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
