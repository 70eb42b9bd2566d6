use super::known::FeedDatabase;
use super::{FailOn, summary};
use crate::Outcome;
use crate::arguments::Inspect;
use crate::outputs;
use crate::terminal::{self, Progress};
use anyhow::{Context as _, bail};
use banbury_dossier::{InspectReport, Need};
use banbury_evidence::case::Publisher;
use banbury_evidence::{Claim, Examination};
use banbury_software::lookup::Ran;
use banbury_software::vulnerabilities;
use std::io::Write as _;

pub(super) fn run(arguments: Inspect) -> anyhow::Result<Outcome> {
    let fail_on = FailOn::parse(&arguments.fail_on)?;
    for output in &arguments.outputs {
        if output.format.inspect.is_none() {
            bail!(
                "-o {}: not for an inspection; it is written from {}",
                output.format.name,
                output.format.applies_to()
            );
        }
    }
    outputs::check(&arguments.outputs, &arguments.images)?;
    let as_of = arguments.as_of.unwrap_or_else(super::today);
    let publisher = arguments.publisher.map(|name| Publisher {
        name,
        namespace: arguments.publisher_namespace,
        ..Publisher::default()
    });
    for output in &arguments.outputs {
        output.format.check(publisher.as_ref()).context(
            "--publisher NAME and --publisher-namespace URL state it; in a case, [publisher] in banbury.toml does",
        )?;
    }
    let mut options = super::options(&arguments.limits, as_of)?;
    options.sha1 = arguments.outputs.iter().any(|output| output.format.needs(Need::Sha1));
    let feeds = FeedDatabase::open(&arguments.feeds)?;
    let worker = super::worker()?;
    let mut outcome = Outcome::Done;
    let mut examinations = Vec::new();
    for path in &arguments.images {
        let progress = Progress::start(&format!("inspecting {}", path.display()));
        let examined = worker.inspect(path, &options);
        drop(progress);
        match examined {
            Ok(mut examination) => {
                feeds.append(&mut examination, &as_of.to_string())?;
                outcome = outcome.and(judge(&examination, &fail_on));
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
                examinations.push((name, examination));
            }
            // The other images are inspected all the same.
            Err(error) => {
                terminal::error(&error.into());
                outcome = outcome.and(Outcome::Failed);
            }
        }
    }
    let report = InspectReport {
        as_of: as_of.to_string(),
        examinations,
        explanations: super::explanations(),
        publisher,
    };
    if !outputs::takes_stdout(&arguments.outputs) {
        let mut out = std::io::stdout().lock();
        for (name, examination) in &report.examinations {
            out.write_all(summary::examination(name, examination, &report.as_of).as_bytes())?;
        }
        for comparison in report.comparisons() {
            out.write_all(summary::comparison(&comparison).as_bytes())?;
        }
    }
    for output in &arguments.outputs {
        let render = output.format.inspect.context("checked above")?;
        output.write(&render(&report)?)?;
    }
    Ok(outcome)
}

/// What an examination means for the exit status.
pub(super) fn judge(examination: &Examination, fail_on: &FailOn) -> Outcome {
    let mut outcome = Outcome::Done;
    for run in &examination.runs {
        if !Ran::of(run).is_without_feeds() {
            outcome = outcome.and(run.status.into());
        }
        let hit =
            |claim: &Claim| !vulnerabilities::is_ruled_out(claim) && fail_on.hit(claim.grade, &claim.code);
        if run.claims.iter().any(hit) {
            outcome = outcome.and(Outcome::Breached);
        }
    }
    outcome
}
