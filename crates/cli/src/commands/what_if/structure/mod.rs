//! How the network stands, when nothing is said to happen.

mod document;
mod text;

use crate::arguments::WhatIf;
use crate::outputs;
use crate::terminal::Progress;
use banbury_evidence::model::Model;
use banbury_network::scenario::Topology;
use banbury_network::scenario::structure::{Bounds, Report, report};
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

/// Answers about the network as it is, which was read before; `gaps`: what is known to keep the answers from being whole.
pub(super) fn tell(
    arguments: &WhatIf,
    case: &str,
    as_of: &str,
    (model, topology): (&Model, &Topology<'_>),
    share: u8,
    mut gaps: Vec<String>,
) -> anyhow::Result<()> {
    let progress = Progress::start("looking at what hangs on what");
    let report = report(topology, share, &Bounds::default())?;
    drop(progress);
    gaps.extend(unsaid(&report, model));
    let (devices, links) = topology.size();
    let answers = Answers {
        case: case.to_owned(),
        as_of: as_of.to_owned(),
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
    Ok(())
}

/// What the report leaves open, and why.
fn unsaid(report: &Report, model: &Model) -> Vec<String> {
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
