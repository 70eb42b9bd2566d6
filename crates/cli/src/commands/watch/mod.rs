//! `banbury watch`: who talks to whom, how regularly, and what of it is worth knowing.

mod ask;
pub(super) mod child;
mod document;
mod follow;
mod inputs;
mod options;
mod page;
#[cfg(feature = "arrow")]
pub(crate) mod partition;
mod peers;
mod record;
mod stix;
mod table;
mod text;
mod untold;

pub(crate) use options::Watch;

use crate::terminal::Progress;
use crate::{Outcome, outputs};
use anyhow::{Context as _, bail};
use banbury_evidence::{Claim, Digest, Location, Prefix, Step};
use banbury_traffic::networks::Inside;
use banbury_traffic::pairs::{Leap, Pair, Place, Weighing};
use banbury_traffic::peers::Network;
use banbury_traffic::peers::findings::Findings;
use banbury_traffic::peers::interest::Interest;
use banbury_traffic::probes::{self, Finding, Scene};
use child::{Answer, Task};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;

/// RITA's threshold that people use: pairs from it on are shown to compare with, whatever their weight.
const LEAST_RITA: f64 = 0.7;

/// What is reported.
pub(super) struct Report {
    /// The files, in the order of [`Answer::accounts`].
    paths: Vec<PathBuf>,
    /// Their hashes, where they were asked for.
    hashes: Vec<Option<Digest>>,
    /// What came of reading and weighing.
    answer: Answer,
    /// Pairs that are worth telling, the heaviest first.
    rows: Vec<Told>,
    /// What in folders was no file.
    left: Vec<String>,
    /// What it comes to, held against the case's network model, where it has one.
    held: Option<Findings>,
    /// The devices of that model at addresses of the pairs.
    devices: BTreeMap<IpAddr, String>,
    /// How it was asked.
    least_weight: f64,
    top: usize,
    rita_alone: bool,
}

/// A pair and what was found of it.
pub(super) struct Told {
    pair: Pair,
    findings: Vec<(&'static str, Finding)>,
    /// By what the network model expects it, where it does.
    expected: Option<String>,
}

pub(super) fn run(arguments: Watch) -> anyhow::Result<Outcome> {
    for output in &arguments.outputs {
        if !["json", "csv", "html", "stix"].contains(&output.format.name) {
            bail!("-o {}: not for traffic; use json, csv, html or stix", output.format.name);
        }
    }
    let networks: Result<Vec<Prefix>, _> =
        arguments.internal.iter().map(|text| text.parse::<Prefix>()).collect();
    let inside = Inside::new(networks.context("--internal")?);
    let task = task(&arguments)?;
    if arguments.follow {
        return follow::run(&arguments, &task, &inside);
    }
    let (paths, left) = inputs::of(&arguments.inputs)?;
    outputs::check(&arguments.outputs, &paths)?;
    let mut record = arguments.case.as_deref().map(record::Record::open).transpose()?;
    let watched = match &mut record {
        Some(record) => record.add(&paths)?,
        None => paths.clone(),
    };
    let model = record.as_mut().map(record::Record::model).transpose()?.flatten();
    let network = model.as_ref().map(Network::of);
    let interest = network.as_ref().map(Interest::of);
    let progress = Progress::start(&format!("reading {} files", paths.len()));
    let asked = ask::start(&task, &watched, interest.as_ref())?;
    let mut hashes = record.as_ref().map_or_else(|| vec![None; paths.len()], record::Record::hashes);
    if record.is_none() && !arguments.outputs.is_empty() {
        for (path, hash) in paths.iter().zip(&mut hashes) {
            let file = std::fs::File::open(path).and_then(Digest::of_reader);
            *hash = Some(file.with_context(|| format!("{}: cannot be read", path.display()))?.0);
        }
    }
    let answer = asked.finish()?;
    drop(progress);
    if answer.accounts.len() != paths.len() {
        bail!("the confined process spoke of {} inputs, not {}", answer.accounts.len(), paths.len());
    }
    let mut report = Report::new(paths, hashes, answer, left, &arguments, &inside);
    match (&network, &record) {
        (Some(network), Some(record)) => peers::hold(network, record.ledger(), &mut report)?,
        _ => report.leave_what_is_not_worth_telling(),
    }
    if let Some(record) = &mut record {
        record.keep(&report)?;
    }
    report.write(&arguments)?;
    Ok(report.outcome(arguments.fail_on))
}

fn task(arguments: &Watch) -> anyhow::Result<Task> {
    let mut columns = Vec::new();
    for text in &arguments.columns {
        let Some((field, column)) = text.split_once('=') else {
            bail!("--columns {text}: write FIELD=COLUMN, for example start=ts");
        };
        columns.push((field.to_owned(), column.to_owned()));
    }
    if let Some(format) = &arguments.format {
        banbury_traffic::reading::Manner::new(Some(format), Default::default()).context("--format")?;
    }
    let budget = usize::try_from(arguments.memory.saturating_mul(1 << 20)).unwrap_or(usize::MAX);
    Ok(Task {
        format: arguments.format.clone(),
        columns,
        budget,
        scratch: arguments.scratch.clone().unwrap_or_else(std::env::temp_dir),
        seconds: arguments.max_seconds,
        weighing: Weighing {
            least: arguments.min_connections,
            rita_alone: arguments.rita_alone,
            goes_on: arguments.follow,
        },
        inside: arguments.internal.clone(),
        least_weight: arguments.least_weight.min(arguments.fail_on.unwrap_or(f64::INFINITY)),
        least_rita: LEAST_RITA,
        all: false,
        // What is written to a file, kept in a case, or told when it is new, is told whole.
        shown: (arguments.outputs.is_empty() && arguments.case.is_none() && !arguments.follow)
            .then_some((arguments.top, arguments.least_weight)),
        follow: arguments.follow,
    })
}

impl Report {
    fn new(
        paths: Vec<PathBuf>,
        hashes: Vec<Option<Digest>>,
        mut answer: Answer,
        left: Vec<String>,
        arguments: &Watch,
        inside: &Inside,
    ) -> Self {
        let observed = answer.weighed.window.map_or(0, |(first, last)| last.abs_diff(first));
        let scene = Scene { inside: inside.clone(), observed, least_weight: arguments.least_weight };
        let pairs = std::mem::take(&mut answer.weighed.pairs);
        let told = pairs.into_iter().map(|pair| Told {
            findings: probes::look(&pair, &scene),
            pair,
            expected: None,
        });
        let mut rows: Vec<Told> = told.collect();
        // Stable: equal ones stay in the order of their addresses.
        rows.sort_by(|one, other| untold::heaviest_first(&one.pair, &other.pair));
        Self {
            paths,
            hashes,
            answer,
            rows,
            left,
            held: None,
            devices: BTreeMap::new(),
            least_weight: arguments.least_weight,
            top: arguments.top,
            rita_alone: arguments.rita_alone,
        }
    }

    fn leave_what_is_not_worth_telling(&mut self) {
        let untold = &mut self.answer.untold;
        self.rows.retain(|told| {
            let stays = told.is_worth_telling();
            if !stays {
                untold.note(&told.pair);
            }
            stays
        });
    }

    fn outcome(&self, fail_on: Option<f64>) -> Outcome {
        let heavy = |told: &Told| {
            told.expected.is_none()
                && fail_on
                    .is_some_and(|least| told.pair.beacon.as_ref().is_some_and(|it| it.decibans >= least))
        };
        let accounts = &self.answer.accounts;
        let whole = accounts.iter().all(|account| account.not_read.is_none() && account.malformed == 0);
        let outcome = if accounts.iter().all(|account| account.records() == 0) {
            Outcome::Failed
        } else if whole && self.answer.weighed.tally.not_kept == 0 && self.left.is_empty() {
            Outcome::Done
        } else {
            Outcome::Inconclusive
        };
        let is_heavy_untold = fail_on.zip(self.answer.untold.heaviest).is_some_and(|(least, it)| it >= least);
        if is_heavy_untold || self.rows.iter().any(heavy) { outcome.and(Outcome::Breached) } else { outcome }
    }

    fn write(&self, arguments: &Watch) -> anyhow::Result<()> {
        if !outputs::takes_stdout(&arguments.outputs) {
            std::io::stdout().lock().write_all(text::of(self).as_bytes())?;
        }
        for output in &arguments.outputs {
            output.write(&match output.format.name {
                "json" => document::of(self)?,
                "csv" => table::of(self),
                "stix" => stix::of(self)?,
                _ => page::of(self),
            })?;
        }
        Ok(())
    }

    /// Where a record stands, from its input's hash on.
    fn location(&self, place: Place) -> Option<Location> {
        let location = self.input(place.input as usize)?;
        Some(Location { offset: Some(place.offset), ..location })
    }

    /// The claim that a finding of a pair is.
    fn claim(&self, told: &Told, finding: &Finding) -> Option<Claim> {
        Some(probes::claim(&told.pair, finding, self.location(told.place(finding))?))
    }

    /// The claims that were found of a pair.
    fn claims(&self, told: &Told) -> Vec<Claim> {
        told.findings.iter().filter_map(|(_, finding)| self.claim(told, finding)).collect()
    }

    /// What left addresses inside in far larger amounts than before.
    fn leaps(&self) -> &[Leap] {
        self.answer.weighed.leaps.as_deref().unwrap_or_default()
    }

    /// The claim that a leap is.
    fn leap(&self, leap: &Leap) -> Option<Claim> {
        let claim = probes::volume::claim(leap, self.location(leap.record)?);
        Some(match self.devices.get(&leap.source.to_canonical()) {
            Some(device) => claim.note(format!("the address is of {device}")),
            None => claim,
        })
    }

    /// Where an input's records begin, from its hash on.
    fn input(&self, input: usize) -> Option<Location> {
        let exhibit = (*self.hashes.get(input)?)?;
        let mut location = Location::exhibit(exhibit);
        if let Some(packing) = self.answer.accounts.get(input).and_then(|account| account.packing) {
            location = location.inside(Step {
                format: packing.as_str().to_owned(),
                offset: 0,
                entry: None,
                at: None,
            });
        }
        Some(location)
    }
}

impl Told {
    /// Where what was found stands.
    fn place(&self, finding: &Finding) -> Place {
        finding.record.unwrap_or(self.pair.first_record)
    }

    /// Whether something was found of it, or people would ask for it: RITA's score from [`LEAST_RITA`] on.
    fn is_worth_telling(&self) -> bool {
        !self.findings.is_empty() || self.rita() >= LEAST_RITA
    }

    fn rita(&self) -> f64 {
        self.pair.rita.map_or(-1.0, |rita| rita.score)
    }
}
