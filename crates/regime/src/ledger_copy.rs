//! A copy of a ledger in which networks are tried: the regimes applied to what the network would be. The ledger itself stays as it is.
//!
//! A copy and its scratch stand in a folder as `PURPOSE-PROCESS.sqlite` and `PURPOSE-PROCESS.scratch`; both go with the value, and what a
//! process left that was killed goes when the next copy of that purpose is made.

use crate::error::RegimeError;
use crate::metadata::{Overrides, Regime};
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
            let mut ledger = Ledger::open(&self.copy)?;
            // The copy is thrown away: when it was made says nothing.
            let clock = Clock { started_at: String::new(), duration_ms: 0 };
            ledger.record_model(model, &banbury_network::report(model, &[], &[]), &clock)?;
        }
        apply_in(&self.folder, &self.purpose, &self.copy, regimes, days)
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
    let on = |day: &D| {
        let all = apply_all(&bench, regimes, &day.to_string())?;
        Ok(all.into_iter().map(|assessment| assessment.result).collect())
    };
    days.iter().map(on).collect()
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
