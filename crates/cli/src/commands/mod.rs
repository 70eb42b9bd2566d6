//! One file a command.

mod add;
mod assess;
mod diff_components;
mod dispose;
mod example;
mod explain;
mod exploited;
mod feeds;
mod fetch;
mod init;
mod inspect;
mod interrupt;
mod known;
mod list;
mod plan;
mod regime;
mod review;
mod summary;
mod unpack;
mod verdicts;
mod watch;
mod weigh;
mod what_if;

pub(crate) use watch::Watch;
#[cfg(feature = "arrow")]
pub(crate) use watch::partition::Partition;

use crate::Outcome;
use crate::arguments::{Arguments, Command, Limits};
use anyhow::Context as _;
use banbury_dossier::{Explanation, Technique};
use banbury_evidence::{CodeInfo, Grade, ledger::Clock};
use banbury_firmware::{Options, Worker};
use clap::CommandFactory as _;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Instant;

/// Runs a command.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Outcome> {
    match arguments.command {
        Command::Init(arguments) => init::run(arguments),
        Command::Add(arguments) => add::run(arguments),
        Command::Inspect(arguments) => inspect::run(arguments),
        Command::Unpack(arguments) => unpack::run(&arguments),
        Command::Assess(arguments) => assess::run(arguments),
        Command::WhatIf(arguments) => what_if::run(&arguments),
        Command::Watch(arguments) => watch::run(*arguments),
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Review(arguments) => review::run(&arguments),
        Command::Weigh(arguments) => weigh::run(&arguments),
        Command::DiffComponents(arguments) => diff_components::run(&arguments),
        Command::Feeds(arguments) => feeds::run(arguments),
        Command::Fetch(arguments) => fetch::run(arguments),
        Command::Dispose(arguments) => dispose::run(arguments),
        Command::Example { example } => example::run(example),
        Command::Explain { code } => explain::run(&code),
        Command::Formats { schema: None } => list::formats(),
        Command::Formats { schema: Some(name) } => list::schema(&name),
        Command::Probes => list::probes(),
        Command::Regimes { folders } => list::regimes(&folders),
        Command::Regime(arguments) => regime::run(arguments),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "banbury", &mut text);
            std::io::stdout().lock().write_all(&text)?;
            Ok(Outcome::Done)
        }
        Command::Man => {
            clap_mangen::Man::new(Arguments::command()).render(&mut std::io::stdout().lock())?;
            Ok(Outcome::Done)
        }
        #[cfg(feature = "arrow")]
        Command::Partition(arguments) => watch::partition::run(&arguments),
        #[cfg(feature = "arrow")]
        Command::ConfinedPartition { task } => watch::partition::child(&task).context("the confined process"),
        Command::ConfinedWatch { task } => {
            watch::child::run(&task).context("the confined process")?;
            Ok(Outcome::Done)
        }
        Command::Confined { task } => {
            banbury_firmware::worker::run_confined(&task).context("the confined process")?;
            Ok(Outcome::Done)
        }
    }
}

/// The name and version that reports carry.
fn created_by() -> String {
    format!("banbury {}", env!("CARGO_PKG_VERSION"))
}

/// How this program starts itself as the confined child.
fn worker() -> anyhow::Result<Worker> {
    let program = std::env::current_exe().context("where this program stands cannot be told")?;
    Ok(Worker { program, arguments: vec!["confined".into()] })
}

fn options(limits: &Limits, as_of: jiff::civil::Date) -> anyhow::Result<Options> {
    let midnight = as_of
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
        .with_context(|| format!("{as_of}: no day to count from"))?;
    Ok(Options {
        object_bytes: limits.max_object.saturating_mul(1 << 20),
        total_bytes: limits.max_total.saturating_mul(1 << 20),
        depth: limits.max_depth,
        seconds: limits.max_seconds,
        as_of: Some(midnight.timestamp().as_second()),
        ..Options::default()
    })
}

fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Measures a run for its record.
struct Stopwatch {
    started_at: String,
    start: Instant,
}

impl Stopwatch {
    fn start() -> Self {
        Self { started_at: now(), start: Instant::now() }
    }

    fn clock(&self) -> Clock {
        let duration_ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Clock { started_at: self.started_at.clone(), duration_ms }
    }
}

/// Every code that a claim can have.
fn codes() -> impl Iterator<Item = &'static CodeInfo> {
    let probes = banbury_firmware::probes::PROBES.iter().flat_map(|probe| probe.describe().codes);
    let look_ups = banbury_software::lookup::LOOK_UPS.iter().flat_map(|look_up| look_up.codes);
    let traffic = banbury_traffic::probes::descriptions().flat_map(|probe| probe.codes);
    banbury_firmware::CODES.iter().chain(probes).chain(banbury_network::CODES).chain(look_ups).chain(traffic)
}

fn explanations() -> BTreeMap<String, Explanation> {
    codes()
        .map(|info| {
            let explanation = Explanation {
                title: info.title.to_owned(),
                meaning: info.meaning.to_owned(),
                remedy: info.remedy.to_owned(),
                cwe: info.cwe.to_vec(),
                techniques: techniques(info.code),
            };
            (info.code.to_owned(), explanation)
        })
        .collect()
}

/// The techniques that look like what a code says.
fn techniques(code: &str) -> Vec<Technique> {
    banbury_traffic::probes::techniques(code)
        .into_iter()
        .map(|of| Technique {
            framework: of.framework.to_owned(),
            id: of.id.to_owned(),
            name: of.name.to_owned(),
            url: of.url.to_owned(),
            when: of.when.to_owned(),
        })
        .collect()
}

/// What `--fail-on` asks for.
struct FailOn {
    grade: Option<Grade>,
    codes: Vec<String>,
}

impl FailOn {
    fn parse(words: &[String]) -> anyhow::Result<Self> {
        let mut fail_on = Self { grade: None, codes: Vec::new() };
        for word in words {
            if let Ok(grade) = word.parse::<Grade>() {
                fail_on.grade = Some(fail_on.grade.map_or(grade, |other| other.min(grade)));
            } else if codes().any(|info| info.code == word) {
                fail_on.codes.push(word.clone());
            } else {
                anyhow::bail!(
                    "--fail-on {word}: neither a grade (info, low, medium, high) nor a finding's code; `banbury probes` lists the codes"
                );
            }
        }
        Ok(fail_on)
    }

    fn hit(&self, grade: Grade, code: &str) -> bool {
        self.grade.is_some_and(|least| grade >= least) || self.codes.iter().any(|wanted| wanted == code)
    }
}
