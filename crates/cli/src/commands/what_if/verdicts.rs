//! The verdicts that a scenario changes: the regimes applied to a copy of the ledger with the changed network. A measure that stays
//! breached counts as changed when another number of subjects is.

use super::interrupt::{remove, scratch};
use anyhow::Context as _;
use banbury_evidence::case::Case;
use banbury_evidence::ledger::{Clock, Ledger};
use banbury_evidence::model::Model;
use banbury_evidence::{MeasureResult, RegimeResult, Verdict};
use banbury_regime::{Overrides, Regime, Workbench, apply_all};
use std::path::{Path, PathBuf};

/// A measure whose verdict is another in a scenario.
pub(super) struct Change {
    pub regime: String,
    pub measure: String,
    pub title: String,
    pub before: Verdict,
    pub after: Verdict,
    /// Subjects that are breached, before and after.
    pub breached: [usize; 2],
    /// Why, in the scenario.
    pub reason: String,
}

/// The verdicts on the network as it is.
pub(super) struct Before {
    results: Vec<RegimeResult>,
}

impl Before {
    pub fn of(case: &Case, regimes: &[(Regime, Overrides)], as_of: &str) -> anyhow::Result<Self> {
        clear(case.root());
        let scratch = case.root().join(scratch(std::process::id()) + "scratch");
        Ok(Self { results: applied(case.ledger.path(), &scratch, regimes, as_of)? })
    }

    /// What is another on the changed network.
    pub fn changes(
        &self,
        case: &Case,
        changed: &Model,
        regimes: &[(Regime, Overrides)],
        as_of: &str,
    ) -> anyhow::Result<Vec<Change>> {
        let copy = Copy(case.root().join(scratch(std::process::id()) + "sqlite"));
        copy.remove();
        let path = copy.0.to_string_lossy();
        case.ledger.connection().execute("VACUUM INTO ?1", [path.as_ref()]).with_context(|| {
            format!("{path}: the ledger cannot be copied for the scenario; --verdicts never does without")
        })?;
        let mut ledger = Ledger::open(&copy.0)?;
        // The copy is thrown away: when it was made says nothing.
        let clock = Clock { started_at: String::new(), duration_ms: 0 };
        ledger.record_model(changed, &banbury_network::report(changed, &[], &[]), &clock)?;
        drop(ledger);
        let scratch = case.root().join(scratch(std::process::id()) + "scratch");
        let after = applied(&copy.0, &scratch, regimes, as_of)?;
        let measures = |results: &[RegimeResult]| -> Vec<(String, MeasureResult)> {
            let each = results.iter().flat_map(|regime| {
                regime.measures.iter().map(|measure| (regime.regime.clone(), measure.clone()))
            });
            each.collect()
        };
        let pairs = measures(&self.results).into_iter().zip(measures(&after));
        let mut changes: Vec<Change> = pairs
            .filter(|((_, before), (_, after))| {
                before.verdict != after.verdict || breached(before) != breached(after)
            })
            .map(|((regime, before), (_, after))| Change {
                regime,
                breached: [breached(&before), breached(&after)],
                measure: after.measure,
                title: after.title,
                before: before.verdict,
                after: after.verdict,
                reason: after.reason,
            })
            .collect();
        changes.sort_by(|a, b| (a.after, &a.regime, &a.measure).cmp(&(b.after, &b.regime, &b.measure)));
        Ok(changes)
    }
}

fn breached(measure: &MeasureResult) -> usize {
    measure.subjects.iter().filter(|subject| subject.verdict == Verdict::Breached).count()
}

fn applied(
    ledger: &Path,
    scratch: &Path,
    regimes: &[(Regime, Overrides)],
    as_of: &str,
) -> anyhow::Result<Vec<RegimeResult>> {
    let bench = Workbench::lay(ledger, scratch).with_context(|| {
        format!("{}: cannot be made, and verdicts need it; --verdicts never does without", scratch.display())
    })?;
    Ok(apply_all(&bench, regimes, as_of)?.into_iter().map(|assessment| assessment.result).collect())
}

/// Removes what a process left that was killed: its number is in the name, and it is no more.
fn clear(root: &Path) {
    let Ok(entries) = std::fs::read_dir(root) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name.strip_prefix("what-if-").and_then(|rest| rest.split('.').next());
        let Some(number) = number.and_then(|digits| digits.parse::<u32>().ok()) else { continue };
        if Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{number}")).exists() {
            remove(root, number);
        }
    }
}

/// A copy of the ledger that goes with its value.
struct Copy(PathBuf);

impl Copy {
    /// Removes the copy; one that is not there, or cannot be removed, is told when it is made.
    fn remove(&self) {
        for ending in ["", "-wal", "-shm"] {
            let mut name = self.0.as_os_str().to_owned();
            name.push(ending);
            let _ = std::fs::remove_file(PathBuf::from(name));
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.remove();
    }
}
