//! A copy of the ledger in which networks are tried: the regimes applied to what the network would be.

use crate::error::PlanError;
use crate::options::Candidate;
use banbury_evidence::RegimeResult;
use banbury_evidence::ledger::{Clock, Ledger};
use banbury_evidence::model::{Device, Model};
use banbury_regime::{Overrides, Regime, Workbench, apply_all};
use jiff::civil::Date;
use std::path::{Path, PathBuf};

/// A copy of a ledger; it goes with its value.
pub struct Bench {
    root: PathBuf,
    copy: PathBuf,
}

impl Bench {
    /// Copies a ledger into a folder.
    pub fn copy(ledger: &Ledger, folder: &Path) -> Result<Self, PlanError> {
        clear(folder);
        let copy = folder.join(format!("plan-{}.sqlite", std::process::id()));
        let bench = Self { root: folder.to_owned(), copy };
        bench.remove();
        let path = bench.copy.to_string_lossy().into_owned();
        ledger
            .connection()
            .execute("VACUUM INTO ?1", [&path])
            .map_err(|source| PlanError::Copy { path: bench.copy.clone(), cause: source.to_string() })?;
        Ok(bench)
    }

    /// Applies regimes on each of some days, to a network or to the ledger's own. The results come in the order of the days and of
    /// the regimes.
    pub fn apply(
        &self,
        model: Option<&Model>,
        regimes: &[(Regime, Overrides)],
        days: &[Date],
    ) -> Result<Vec<Vec<RegimeResult>>, PlanError> {
        if let Some(model) = model {
            let mut ledger = Ledger::open(&self.copy)?;
            // The copy is thrown away: when it was made says nothing.
            let clock = Clock { started_at: String::new(), duration_ms: 0 };
            ledger.record_model(model, &banbury_network::report(model, &[], &[]), &clock)?;
        }
        let scratch = self.root.join(format!("plan-{}.scratch", std::process::id()));
        let bench = Workbench::lay(&self.copy, &scratch)?;
        days.iter()
            .map(|day| {
                let all = apply_all(&bench, regimes, &day.to_string())?;
                Ok(all.into_iter().map(|assessment| assessment.result).collect())
            })
            .collect()
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

impl Drop for Bench {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Removes what a process left that was killed: its number is in the name, and it is no more.
fn clear(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name.strip_prefix("plan-").and_then(|rest| rest.split('.').next());
        let Some(number) = number.and_then(|digits| digits.parse::<u32>().ok()) else { continue };
        if Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{number}")).exists() {
            // One that cannot be removed is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Puts a candidate in a device's place: its name, site, role and functions stay. Nobody has inspected its image, and nothing says
/// which version it runs.
pub fn replace(device: &mut Device, candidate: &Candidate, installed: Date) {
    device.manufacturer = Some(candidate.vendor.clone());
    device.device_type = Some(candidate.product.clone());
    device.platform = candidate.platform.clone();
    device.software = None;
    device.image = None;
    device.installed = Some(installed.to_string());
    device.support_end = candidate.support_end.map(|day| day.to_string());
    device.cost = Some(candidate.price);
    device.status = Some("active".to_owned());
}
