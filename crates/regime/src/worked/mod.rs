//! Testing a regime's folder: its worked examples, and all else that the built-in regimes are held to.
//!
//! What is checked: every query can be run; every function in a class is written as the import writes it, and none that is
//! known is left out of all classes; nothing is met where nothing was imported; each measure has an example for each verdict,
//! or says why there is none; each example comes to the verdict and reason that it states, without a problem, every time it
//! is applied, over the ledger and over a workbench alike. What it misses: whether the examples are the right ones.

mod classes;
mod coverage;
mod example;
mod inspected;
mod watched;

pub use example::Example;
pub use inspected::Inspected;

use crate::apply::{Assessment, apply_within};
use crate::disk;
use crate::error::{Diagnostic, RegimeError};
use crate::folder::TABLES;
use crate::guard::Bounds;
use crate::metadata::{Overrides, Regime};
use crate::workbench::{Workbench, apply_all};
use banbury_evidence::ledger::Ledger;
use banbury_evidence::model::{Model, Table};
use banbury_evidence::{MeasureResult, Verdict};
use inspected::{clock, report};
use std::collections::BTreeSet;
use std::path::Path;

/// A day on which every measure of a regime can be expected to apply, for looking at queries alone.
const LATE: &str = "2100-01-01";

/// What an example may use: it has a few records.
const BOUNDS: Bounds = Bounds {
    instructions: 20_000_000,
    instructions_a_record: 1_000,
    seconds: 10,
    rows: 100_000,
    definition_rows: 100_000,
    definition_bytes: 64 << 20,
    value_bytes: 1 << 20,
    total_bytes: 64 << 20,
};

/// After so many queries that cannot be run no further one is tried.
const MOST_MISTAKES: usize = 20;

/// A folder that was tested.
#[derive(Debug)]
pub struct Tested {
    /// The regime.
    pub regime: Regime,
    /// Each worked example, in the order of the measures.
    pub trials: Vec<Trial>,
    /// Queries that cannot be run.
    pub mistakes: Vec<RegimeError>,
    /// What the folder lacks, or has where it should not.
    pub failures: Vec<Diagnostic>,
    /// Why not everything was tried, when it was not.
    pub left_out: Option<String>,
}

/// A worked example that was tried.
#[derive(Debug)]
pub struct Trial {
    /// The example's file.
    pub file: String,
    /// The measures that it was tried for: one, or all that only an attestation can decide.
    pub measures: Vec<String>,
    /// The verdict that the file's name states.
    pub expected: Verdict,
    /// The part of a reason that the example states.
    pub reason: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a worked example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The verdict and the reason that it states.
    AsStated,
    /// Another verdict, or none of the reasons has the part that it states.
    Otherwise(Vec<MeasureResult>),
    /// The same example came to something else when it was applied again.
    Unsteady(&'static str),
    /// It was not tried, and why.
    NotTried(String),
}

impl Tested {
    /// Whether all is as it should be.
    pub fn passed(&self) -> bool {
        self.mistakes.is_empty()
            && self.failures.is_empty()
            && self.left_out.is_none()
            && self.trials.iter().all(|trial| trial.outcome == Outcome::AsStated)
    }
}

/// Tests a regime's folder. `scratch` is an empty folder for ledgers.
pub fn test(folder: &Path, scratch: &Path) -> Result<Tested, RegimeError> {
    let (id, files) = disk::read(folder, true)?;
    let regime = Regime::parse(&id, &files)?;
    let mut tested = Tested {
        failures: classes::failures(&regime, &files),
        regime,
        trials: Vec::new(),
        mistakes: Vec::new(),
        left_out: None,
    };
    tested.failures.extend(coverage::failures(&tested.regime, &files));
    let broken = tested.queries()?;
    tested.empty()?;
    for mut only in parts(&tested.regime) {
        let measures: Vec<String> = only.measures.iter().map(|measure| measure.id.clone()).collect();
        let mut stopped = measures.first().filter(|id| broken.contains(*id)).map(|_| CANNOT_RUN.to_owned());
        for (file, text) in coverage::examples(&only, &files) {
            // Files whose names state no verdict are among the failures.
            let Some(expected) = coverage::named(&file) else { continue };
            let example = match read(&file, text, &only) {
                Ok(example) => example,
                Err(mistake) => {
                    tested.mistakes.push(mistake.into());
                    continue;
                }
            };
            let outcome = match &stopped {
                Some(why) => Outcome::NotTried(why.clone()),
                None => match trial(&mut only, &example, expected, scratch) {
                    Ok(outcome) => outcome,
                    Err(RegimeError::Database(error)) => return Err(RegimeError::Database(error)),
                    Err(problem) => {
                        if matches!(problem, RegimeError::Stopped { .. }) {
                            stopped = Some(CANNOT_RUN.to_owned());
                        }
                        let why = problem.to_string().lines().next().unwrap_or_default().to_owned();
                        tested.mistake(problem);
                        Outcome::NotTried(why)
                    }
                },
            };
            let measures = measures.clone();
            tested.trials.push(Trial { file, measures, expected, reason: example.reason, outcome });
        }
    }
    Ok(tested)
}

const CANNOT_RUN: &str = "its query cannot be run";

impl Tested {
    /// Runs each query over a network of nothing. Gives back the measures whose query cannot be run.
    fn queries(&mut self) -> Result<BTreeSet<String>, RegimeError> {
        let mut bare = self.regime.clone();
        bare.measures.clear();
        let all = || self.regime.measures.iter().map(|measure| measure.id.clone()).collect();
        let nothing = nothing_of_everything();
        let run = |regime: &Regime| {
            let mut ledger = Ledger::in_memory()?;
            ledger.record_model(&nothing, &report("network.import"), &clock())?;
            apply_within(ledger.connection_mut(), regime, &Overrides::new(), LATE, &BOUNDS)
        };
        let mut broken = BTreeSet::new();
        let definitions = run(&bare)?.problems;
        if !definitions.is_empty() {
            broken = all();
            definitions.into_iter().for_each(|problem| self.mistake(problem));
            return Ok(broken);
        }
        for only in parts(&self.regime.clone()) {
            if self.mistakes.len() >= MOST_MISTAKES {
                broken.extend(only.measures.iter().map(|measure| measure.id.clone()));
                self.left_out = Some(format!(
                    "{MOST_MISTAKES} queries cannot be run; those of the measures after them were not tried"
                ));
                continue;
            }
            let problems = run(&only)?.problems;
            if !problems.is_empty() {
                broken.extend(only.measures.iter().map(|measure| measure.id.clone()));
            }
            problems.into_iter().for_each(|problem| self.mistake(problem));
        }
        Ok(broken)
    }

    /// Where nothing was imported nothing can be said.
    fn empty(&mut self) -> Result<(), RegimeError> {
        let mut ledger = Ledger::in_memory()?;
        let assessment =
            apply_within(ledger.connection_mut(), &self.regime, &Overrides::new(), LATE, &BOUNDS)?;
        for result in assessment.result.measures {
            if result.verdict != Verdict::Inconclusive {
                let file = format!("{}/measures/{}.toml", self.regime.id, result.measure);
                let cause = format!(
                    "where nothing was imported the measure is {}, not inconclusive",
                    result.verdict.as_str()
                );
                let hint = "put into `needs` the tables without which nothing can be said";
                self.failures.push(Diagnostic::at(&file, "", None, cause).hint(hint));
            }
        }
        Ok(())
    }

    /// Notes a mistake once, however many examples meet it.
    fn mistake(&mut self, mistake: RegimeError) {
        let told = mistake.to_string();
        if !self.mistakes.iter().any(|known| known.to_string() == told) {
            self.mistakes.push(mistake);
        }
    }
}

/// The regime's parts that are tried by themselves: each computed measure, and all by attestation together.
fn parts(regime: &Regime) -> Vec<Regime> {
    let only = |wanted: &dyn Fn(&crate::metadata::Measure) -> bool| {
        let mut part = regime.clone();
        part.measures.retain(|measure| wanted(measure));
        part
    };
    let mut parts: Vec<Regime> = regime
        .measures
        .iter()
        .filter(|measure| !measure.attested)
        .map(|measure| only(&|other| other.id == measure.id))
        .collect();
    let attested = only(&|measure| measure.attested);
    if !attested.measures.is_empty() {
        parts.push(attested);
    }
    parts
}

/// An example for these measures: one by attestation holds an attestation of each.
fn read(file: &str, text: &str, regime: &Regime) -> Result<Example, Diagnostic> {
    let mut each = regime.measures.iter();
    let first = each.next().map(|measure| measure.id.as_str()).unwrap_or_default();
    let mut example = Example::parse(file, text, &regime.id, first)?;
    for measure in each {
        example.attest(Example::parse(file, text, &regime.id, &measure.id)?);
    }
    Ok(example)
}

/// Applies measures to an example. A query that could not decide is an error.
fn trial(
    regime: &mut Regime,
    example: &Example,
    expected: Verdict,
    scratch: &Path,
) -> Result<Outcome, RegimeError> {
    let run = || -> Result<Assessment, RegimeError> {
        let mut ledger = example.record(Ledger::in_memory()?)?;
        let connection = ledger.connection_mut();
        let mut assessment = apply_within(connection, regime, &example.parameters, &example.as_of, &BOUNDS)?;
        match assessment.problems.is_empty() {
            true => Ok(assessment),
            false => Err(assessment.problems.swap_remove(0)),
        }
    };
    let first = run()?.result;
    let other: Vec<MeasureResult> =
        first.measures.iter().filter(|result| !fits(result, expected, &example.reason)).cloned().collect();
    if !other.is_empty() {
        return Ok(Outcome::Otherwise(other));
    }
    if run()?.result != first {
        return Ok(Outcome::Unsteady("applied a second time"));
    }
    let path = scratch.join("example.sqlite");
    let _removed = Removed(&path);
    drop(example.record(Ledger::create(&path)?)?);
    let bench = Workbench::lay(&path, &scratch.join("example.scratch"))?;
    let laid = apply_all(&bench, &[(regime.clone(), example.parameters.clone())], &example.as_of)?;
    if laid.iter().any(|assessment| assessment.result != first) {
        return Ok(Outcome::Unsteady("applied over a workbench, as `banbury assess` does"));
    }
    Ok(Outcome::AsStated)
}

/// Whether a result has the verdict, and a reason with this part: the measure's, or a subject's.
fn fits(result: &MeasureResult, expected: Verdict, reason: &str) -> bool {
    let subjects = result.subjects.iter().map(|row| {
        let (subject, verdict) = (&row.subject, row.verdict.as_str());
        format!("{subject}: {verdict}: {}", row.reason)
    });
    result.verdict == expected && subjects.chain([result.reason.clone()]).any(|line| line.contains(reason))
}

/// A network of which every table was imported, and empty.
fn nothing_of_everything() -> Model {
    let names: BTreeSet<&str> = TABLES.iter().flat_map(|(_, given_by, _)| given_by.iter().copied()).collect();
    let tables = names.into_iter().map(|name| Table {
        table: name.to_owned(),
        file: format!("{name}.csv"),
        rows: 0,
        rejected: 0,
        attribution: None,
        synthetic: None,
        missing: None,
    });
    Model { tables: tables.collect(), ..Model::default() }
}

/// A ledger that is removed with what SQLite puts beside it.
struct Removed<'a>(&'a Path);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        for beside in ["", "-wal", "-shm", "-journal"] {
            let mut path = self.0.as_os_str().to_owned();
            path.push(beside);
            // One that is not there need not be removed; the folder goes in the end.
            let _ = std::fs::remove_file(path);
        }
    }
}
