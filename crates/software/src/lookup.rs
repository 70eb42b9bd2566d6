//! What look-ups have in common: each is a run of its own over the claims of an exhibit, by the feed database. Without the
//! feeds that it asks, its run has failed, and says that nothing was looked up.

use crate::{support, vulnerabilities};
use banbury_evidence::{Description, RunReport, Skipped, Status};
use std::collections::BTreeMap;

/// Every look-up, in the order in which they run.
pub static LOOK_UPS: &[&Description] = &[&vulnerabilities::DESCRIPTION, &support::DESCRIPTION];

/// What a run's record says of it, wherever it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Ran<'r> {
    /// The probe.
    pub probe: &'r str,
    /// How it ended.
    pub status: Status,
    /// Its parameters.
    pub parameters: &'r BTreeMap<String, String>,
    /// What it did not look at.
    pub skipped: &'r [Skipped],
}

impl<'r> Ran<'r> {
    /// Of a report.
    pub fn of(run: &'r RunReport) -> Self {
        Self { probe: &run.probe, status: run.status, parameters: &run.parameters, skipped: &run.skipped }
    }

    /// Whether it is a look-up.
    pub fn is_look_up(&self) -> bool {
        LOOK_UPS.iter().any(|one| one.name == self.probe)
    }

    /// Whether it is a look-up for which there were no feeds: that is said, but is no failure of an inspection.
    pub fn is_without_feeds(&self) -> bool {
        self.is_look_up() && self.status == Status::Failed
    }
}

/// The parameters of the latest run of a look-up that did not fail, which is the one whose claims stand; why there is none.
pub fn latest<'r>(
    probe: &str,
    runs: impl DoubleEndedIterator<Item = Ran<'r>>,
) -> Result<&'r BTreeMap<String, String>, String> {
    let mut why = None;
    for run in runs.rev().filter(|run| run.probe == probe) {
        if run.status != Status::Failed {
            return Ok(run.parameters);
        }
        why = why.or(run.skipped.first().map(|skipped| skipped.why.clone()));
    }
    Err(why.unwrap_or_else(|| "no run of the look-up is on record".to_owned()))
}

/// The runs that say that nothing was looked up, and why.
pub fn not_looked(why: &str) -> Vec<RunReport> {
    vec![vulnerabilities::not_looked(why), support::not_looked(why)]
}

/// A run that says that nothing was looked up.
pub(crate) fn failed(description: &Description, what: &str, why: &str) -> RunReport {
    RunReport {
        probe: description.name.to_owned(),
        version: description.version.to_owned(),
        parameters: BTreeMap::new(),
        status: Status::Failed,
        looked: 0,
        bytes: 0,
        skipped: vec![Skipped { what: what.to_owned(), why: why.to_owned() }],
        claims: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(probe: &str, status: Status, count: &str) -> RunReport {
        RunReport {
            status,
            parameters: BTreeMap::from([("count".to_owned(), count.to_owned())]),
            ..failed(&vulnerabilities::DESCRIPTION, "x", probe)
        }
    }

    #[test]
    fn the_latest_look_up_that_did_not_fail_counts() {
        let count = |runs: &[RunReport]| {
            latest(vulnerabilities::PROBE, runs.iter().map(Ran::of)).map(|found| found["count"].clone())
        };
        let first = run("first", Status::Complete, "1");
        let second = run("second", Status::Complete, "2");
        let without = run("no feeds", Status::Failed, "3");
        assert_eq!(count(&[first.clone(), second, without.clone()]), Ok("2".to_owned()));
        assert_eq!(count(&[first, without.clone()]), Ok("1".to_owned()));
        assert_eq!(count(std::slice::from_ref(&without)), Err("no feeds".to_owned()));
        assert!(count(&[]).is_err() && Ran::of(&without).is_without_feeds());
    }
}
