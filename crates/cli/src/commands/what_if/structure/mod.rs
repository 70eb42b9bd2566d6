//! How the network stands, when nothing is said to happen.

mod document;
mod text;

use crate::Outcome;
use crate::arguments::WhatIf;
use crate::outputs;
use crate::terminal::Progress;
use anyhow::bail;
use banbury_evidence::case::{CONFIG, Case, LEDGER};
use banbury_network::scenario::structure::{Bounds, Report, report};
use banbury_network::scenario::{Kind, Topology};
use std::io::Write as _;

/// All that is answered.
struct Answers {
    case: String,
    as_of: String,
    synthetic: Option<String>,
    devices: usize,
    links: usize,
    subscribers: u64,
    /// The share of a function's subscribers, in percent, that the fewest are to cut off.
    share: u8,
    report: Report,
    /// What keeps the answers from being whole.
    gaps: Vec<String>,
}

/// Answers about the network as it is.
pub(super) fn run(arguments: &WhatIf, share: u8) -> anyhow::Result<Outcome> {
    let case = Case::open(&arguments.case)?;
    let mut kept = vec![case.root().join(CONFIG), case.root().join(LEDGER)];
    let exhibits = case.ledger.exhibits()?;
    kept.extend(exhibits.iter().map(|exhibit| case.exhibit_path(&exhibit.sha256)));
    outputs::check(&arguments.outputs, &kept)?;
    let as_of = arguments.as_of.unwrap_or_else(super::super::today).to_string();
    let progress = Progress::start("reading the network");
    let model = case.ledger.model()?;
    if model.devices.is_empty() {
        bail!(
            "{}: the case has no devices; add its tables with `banbury add` and assess it once with `banbury assess`",
            arguments.case.display()
        );
    }
    let extra = super::extra(&case, std::iter::once(Kind::Component))?;
    let topology = Topology::of(&model, &extra, &as_of)?;
    drop(progress);
    let mut gaps = super::gaps::of(&topology, &model);
    if !super::super::assess::is_imported(&case, &exhibits)? {
        gaps.push(
            "tables were added or changed since the last assessment and are not in these answers; `banbury assess` imports them"
                .to_owned(),
        );
    }
    let progress = Progress::start("looking at what hangs on what");
    let report = report(&topology, share, &Bounds::default())?;
    drop(progress);
    gaps.extend(unsaid(&report, &model));
    let (devices, links) = topology.size();
    let answers = Answers {
        case: case.config.case.name.clone(),
        as_of: as_of.clone(),
        synthetic: model.synthetic().map(str::to_owned),
        devices,
        links,
        subscribers: topology.subscribers(),
        share,
        report,
        gaps,
    };
    if !outputs::takes_stdout(&arguments.outputs) {
        std::io::stdout().lock().write_all(text::of(&answers).as_bytes())?;
    }
    for output in &arguments.outputs {
        output.write(&document::of(&answers)?)?;
    }
    let told = answers.links > 0 && topology.is_asked_for();
    Ok(if told { Outcome::Done } else { Outcome::Inconclusive })
}

/// What the report leaves open, and why.
fn unsaid(report: &Report, model: &banbury_evidence::model::Model) -> Vec<String> {
    let mut all = Vec::new();
    if !report.silent.is_empty() {
        let kinds: Vec<&str> = report.silent.iter().map(|kind| kind.as_str()).collect();
        all.push(format!("what nothing in service states: {}", kinds.join(", ")));
    }
    if report.apart.is_empty() {
        all.push(
            "whether paths are apart: it takes demands, and devices that carry what they ask for".to_owned(),
        );
    }
    let open = |left: fn(&banbury_network::scenario::structure::KindReport) -> bool| -> Vec<&str> {
        report.kinds.iter().filter(|told| left(told)).map(|told| told.kind.as_str()).collect()
    };
    for (what, kinds) in
        [("pairs", open(|told| told.pairs.is_none())), ("the fewest", open(|told| told.fewest.is_none()))]
    {
        if !kinds.is_empty() {
            all.push(format!(
                "{what} of {}: there are too many for this report; --each KIND looks further",
                kinds.join(", ")
            ));
        }
    }
    let undecided: usize = report.apart.iter().map(|told| told.undecided).sum();
    if undecided > 0 {
        all.push(format!(
            "whether paths are apart was not decided {undecided} times, within the bounds of this report"
        ));
    }
    if report.inspected == 0 {
        all.push("what is under the badges: no image of a device in service was inspected".to_owned());
    }
    if report.capacity.is_empty() && !model.demands.is_empty() {
        all.push(
            "what links carry: no demand states Mbit/s, or nothing carries what is asked for".to_owned(),
        );
    }
    if report.capacity.iter().any(|served| served.without.is_empty()) {
        all.push("what links carry without the worst device, link and vendor: the network is too large for it, or nothing is lost with one".to_owned());
    }
    all
}
