//! What a case keeps: inputs as exhibits, a run of each probe over each of them, claims.

use super::Report;
use crate::commands::{Stopwatch, now};
use crate::terminal;
use anyhow::Context as _;
use banbury_evidence::case::Case;
use banbury_evidence::ledger::Ledger;
use banbury_evidence::model::Model;
use banbury_evidence::{Claim, Digest, ExhibitKind, RunReport, Skipped, Status};
use banbury_traffic::peers::findings::DESCRIPTION;
use banbury_traffic::probes;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A case in which the inputs are kept.
pub(super) struct Record {
    case: Case,
    exhibits: Vec<Digest>,
    stopwatch: Stopwatch,
}

impl Record {
    pub(super) fn open(root: &Path) -> anyhow::Result<Self> {
        Ok(Self { case: Case::open(root)?, exhibits: Vec::new(), stopwatch: Stopwatch::start() })
    }

    /// Adds the inputs, and says where the case keeps their bytes.
    pub(super) fn add(&mut self, paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
        let mut kept = Vec::new();
        for path in paths {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            let added = self.case.add(path, &name, ExhibitKind::Traffic, &now())?;
            self.exhibits.push(added.exhibit.sha256);
            kept.push(self.case.exhibit_path(&added.exhibit.sha256));
        }
        Ok(kept)
    }

    /// The network model of the tables that the case has now, where it has devices; what is wrong with the tables is told.
    pub(super) fn model(&mut self) -> anyhow::Result<Option<Model>> {
        let exhibits = self.case.ledger.exhibits()?;
        let (_, problems) = crate::commands::assess::import(&mut self.case, &exhibits)?;
        problems.iter().for_each(|problem| terminal::note(problem));
        Ok(Some(self.case.ledger.model()?).filter(|model| !model.devices.is_empty()))
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.case.ledger
    }

    pub(super) fn hashes(&self) -> Vec<Option<Digest>> {
        self.exhibits.iter().copied().map(Some).collect()
    }

    /// Appends a run of each probe over each input. A pair's claims stand with the input that holds its first record.
    pub(super) fn keep(&mut self, report: &Report) -> anyhow::Result<()> {
        let clock = self.stopwatch.clock();
        for (number, exhibit) in self.exhibits.iter().enumerate() {
            let account = report.answer.accounts.get(number).context("an input without an account")?;
            let mut skipped: Vec<Skipped> = Vec::new();
            let mut skip = |what: String, why: String| skipped.push(Skipped { what, why });
            if let Some(why) = &account.not_read {
                skip(exhibit.short(), why.clone());
            }
            if account.malformed > 0 {
                skip("records".to_owned(), format!("{} malformed", account.malformed));
            }
            for fault in &account.faults {
                skip(format!("byte {}", fault.offset), fault.what.clone());
            }
            let status = match (account.records(), skipped.is_empty()) {
                (0, false) => Status::Failed,
                (_, false) => Status::Incomplete,
                _ => Status::Complete,
            };
            let mut parameters = BTreeMap::new();
            parameters.insert("least weight".to_owned(), report.least_weight.to_string());
            parameters.insert("watched together with".to_owned(), format!("{} inputs", self.exhibits.len()));
            for description in probes::descriptions() {
                let claims = if description.name == DESCRIPTION.name {
                    // Without a model nothing was held against it, and there is no such run.
                    let Some(found) = &report.held else { continue };
                    super::peers::claims(found, exhibit).cloned().collect()
                } else if description.name == probes::volume::DESCRIPTION.name {
                    let here = report.leaps().iter().filter(|leap| leap.record.input as usize == number);
                    here.filter_map(|leap| report.leap(leap)).collect()
                } else {
                    self.of_pairs(report, number, description.name)
                };
                let (mut skipped, mut status) = (skipped.clone(), status);
                if description.name == probes::volume::DESCRIPTION.name
                    && report.answer.weighed.leaps.is_none()
                {
                    skipped.push(Skipped {
                        what: "all addresses".to_owned(),
                        why: super::text::TOO_MANY.to_owned(),
                    });
                    status = status.max(Status::Incomplete);
                }
                if let Some(found) = report.held.as_ref().filter(|_| description.name == DESCRIPTION.name) {
                    let what = || "the network model".to_owned();
                    skipped.extend(
                        found.not_looked.iter().map(|why| Skipped { what: what(), why: why.clone() }),
                    );
                }
                let run = RunReport {
                    probe: description.name.to_owned(),
                    version: description.version.to_owned(),
                    parameters: parameters.clone(),
                    status,
                    looked: account.records(),
                    bytes: account.size,
                    skipped,
                    claims,
                };
                self.case.ledger.record_run(exhibit, &run, &clock)?;
            }
        }
        Ok(())
    }

    fn of_pairs(&self, report: &Report, number: usize, probe: &str) -> Vec<Claim> {
        let all = report.rows.iter().flat_map(|told| told.findings.iter().map(move |found| (told, found)));
        all.filter(|(told, (name, finding))| *name == probe && told.place(finding).input as usize == number)
            .filter_map(|(told, (_, finding))| report.claim(told, finding))
            .collect()
    }
}
