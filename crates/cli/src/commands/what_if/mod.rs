//! What is lost, or within reach, when something happens.

mod document;
mod structure;
mod text;
mod verdicts;

use crate::Outcome;
use crate::arguments::{Judged, WhatIf};
use crate::outputs;
use crate::terminal::Progress;
use anyhow::{Context as _, bail};
use banbury_evidence::case::{CONFIG, Case, LEDGER};
use banbury_network::scenario::{
    self, Answer, Event, Extra, Kind, Overview, Reach, Scenario, Topology, Verb,
};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;

/// Devices above which regimes are applied to what remains on request only.
const DEVICES: usize = 20_000;

/// What is answered of one scenario.
struct Answered {
    scenario: Scenario,
    answer: Answer,
    reach: Option<Reach>,
    /// The verdicts that change; `None` where the regimes were not applied.
    verdicts: Option<Vec<verdicts::Change>>,
}

/// All that is answered.
struct Answers {
    case: String,
    as_of: String,
    synthetic: Option<String>,
    devices: usize,
    links: usize,
    subscribers: u64,
    functions: Vec<String>,
    scenarios: Vec<Answered>,
    overview: Option<(Overview, u8)>,
    /// What keeps the answers from being whole.
    gaps: Vec<String>,
}

pub(super) fn run(arguments: &WhatIf) -> anyhow::Result<Outcome> {
    if let Some(output) = arguments.outputs.iter().find(|output| output.format.name != "json") {
        bail!("-o {}: what is lost is written as json alone", output.format.name);
    }
    let each = arguments.each.as_deref().map(kind).transpose()?;
    let scenarios = scenarios(arguments)?;
    if scenarios.is_empty() && each.is_none() {
        return structure::run(arguments);
    }
    let case = Case::open(&arguments.case)?;
    let mut kept = vec![case.root().join(CONFIG), case.root().join(LEDGER)];
    kept.extend(arguments.scenarios.clone());
    let exhibits = case.ledger.exhibits()?;
    kept.extend(exhibits.iter().map(|exhibit| case.exhibit_path(&exhibit.sha256)));
    outputs::check(&arguments.outputs, &kept)?;
    let as_of = arguments.from.or(arguments.as_of).unwrap_or_else(super::today);
    let day = as_of.to_string();
    let progress = Progress::start("reading the network");
    let model = case.ledger.model()?;
    if model.devices.is_empty() {
        bail!(
            "{}: the case has no devices; add its tables with `banbury add` and assess it once with `banbury assess`",
            arguments.case.display()
        );
    }
    let kinds = scenarios.iter().flat_map(|one| &one.events).map(|event| event.kind).chain(each);
    let extra = extra(&case, kinds)?;
    let topology = Topology::of(&model, &extra, &day)?;
    drop(progress);
    let judged = match arguments.verdicts {
        Judged::Auto => model.devices.len() <= DEVICES,
        Judged::Always => true,
        Judged::Never => false,
    };
    let mut gaps = gaps(&topology, &model)?;
    if !super::assess::is_imported(&case, &exhibits)? {
        gaps.push(
            "tables were added or changed since the last assessment and are not in these answers; `banbury assess` imports them"
                .to_owned(),
        );
    }
    let regimes = if judged && !scenarios.is_empty() {
        match super::regime::chosen(&case, &arguments.regimes) {
            Ok(regimes) => regimes,
            // A case without regimes can be asked all the same.
            Err(_) if arguments.regimes.is_empty() && case.config.case.regimes.is_empty() => {
                gaps.push("the case names no regime, so no verdict is told; --regime names one".to_owned());
                Vec::new()
            }
            Err(error) => return Err(error),
        }
    } else {
        Vec::new()
    };
    if !judged && !scenarios.is_empty() {
        gaps.push("the regimes were not applied to what remains: --verdicts always does it".to_owned());
    }
    let mut bench = None;
    let mut answered = Vec::new();
    for scenario in scenarios {
        let _progress = Progress::start(&scenario.name);
        let answer = scenario::answer(&topology, &scenario)?;
        let reach = scenario::reach(&topology, &scenario)?;
        let yesterday = as_of.yesterday().unwrap_or(as_of).to_string();
        let verdicts = match scenario::changed(&topology, &scenario, &yesterday)? {
            Some(changed) if !regimes.is_empty() => {
                let bench = match &mut bench {
                    Some(bench) => bench,
                    None => bench.insert(verdicts::Before::of(&case, &regimes, &day)?),
                };
                Some(bench.changes(&case, &changed, &regimes, &day)?)
            }
            // Nothing of the network is another, or nobody asked.
            _ => None,
        };
        answered.push(Answered { scenario, answer, reach, verdicts });
    }
    let overview = match each {
        Some(kind) => {
            let _progress = Progress::start(&format!("holding each {} against the others", kind.as_str()));
            Some((scenario::overview(&topology, kind, arguments.share)?, arguments.share))
        }
        None => None,
    };
    let (devices, links) = topology.size();
    let answers = Answers {
        case: case.config.case.name.clone(),
        as_of: day.clone(),
        synthetic: model.synthetic().map(str::to_owned),
        devices,
        links,
        subscribers: topology.subscribers(),
        functions: topology.functions().into_iter().map(str::to_owned).collect(),
        scenarios: answered,
        overview,
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

fn kind(word: &str) -> anyhow::Result<Kind> {
    Kind::named(word).with_context(|| {
        format!("--each {word}: no such kind; kinds: {}", Kind::ALL.map(|(word, _)| word).join(", "))
    })
}

/// The scenario of the command line, then those of the file.
fn scenarios(arguments: &WhatIf) -> anyhow::Result<Vec<Scenario>> {
    let lists = [
        (Verb::Lose, &arguments.lose),
        (Verb::Ban, &arguments.ban),
        (Verb::Unsupported, &arguments.unsupported),
        (Verb::Compromise, &arguments.compromise),
        (Verb::Exploit, &arguments.exploit),
        (Verb::Isolate, &arguments.isolate),
    ];
    let mut events = Vec::new();
    for (verb, list) in lists {
        for text in list {
            events.push(Event::parse(verb, text).with_context(|| format!("--{}", verb.as_str()))?);
        }
    }
    let mut all = Vec::new();
    if !events.is_empty() {
        all.push(Scenario::of(events));
    }
    if let Some(path) = &arguments.scenarios {
        let text = read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        let of_file = scenario::parse_table(&path.display().to_string(), &text)?;
        if of_file.is_empty() {
            bail!("{}: there is no scenario in it; a line each, such as `lose vendor:NAME`", path.display());
        }
        all.extend(of_file);
    }
    Ok(all)
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    // One byte more than may be: then it is seen that there are too many.
    let most = scenario::MOST_BYTES as u64 + 1;
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(path)?.take(most).read_to_string(&mut text)?;
    }
    Ok(text)
}

/// What the images of devices say, where it is asked for.
fn extra(case: &Case, kinds: impl Iterator<Item = Kind>) -> anyhow::Result<Extra> {
    let mut extra = Extra::new();
    for kind in kinds {
        let query = match kind {
            Kind::Component => {
                "SELECT DISTINCT c.name, d.name FROM devices d JOIN components c ON c.exhibit = d.exhibit"
            }
            Kind::Vulnerability => {
                "SELECT DISTINCT vulnerability, device FROM device_vulnerabilities
                 WHERE state = 'affected' AND coalesce(disposition, '') <> 'not applicable'"
            }
            _ => continue,
        };
        if extra.contains_key(&kind) {
            continue;
        }
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut statement = case.ledger.connection().prepare(query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            found.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
        extra.insert(kind, found);
    }
    Ok(extra)
}

/// What the answers lean on and the case does not have.
fn gaps(topology: &Topology<'_>, model: &banbury_evidence::model::Model) -> anyhow::Result<Vec<String>> {
    let mut gaps = Vec::new();
    let (devices, links) = topology.size();
    if links == 0 {
        gaps.push(
            "there are no links between devices in service: nothing is known to be connected".to_owned(),
        );
    }
    if !topology.is_asked_for() {
        gaps.push(
            "nobody asks for anything: no subscribers are stated, so losses are told in sites and devices"
                .to_owned(),
        );
    }
    if model.demands.is_empty() {
        gaps.push(
            "no demands were imported: a site counts as served while it is in the largest remaining part of its network; of equal \
             parts the one with the device that comes first in the tables"
                .to_owned(),
        );
    }
    let bare = topology.functions_without_carrier();
    if !bare.is_empty() {
        gaps.push(format!("no device in service carries what is asked for: {}", bare.join(", ")));
    }
    let counted = [
        (topology.without_subscribers(), "of which no subscribers are stated count as none", true),
        (topology.demands_elsewhere(), "at sites that no table has are left out", false),
        (topology.unserved(), "that nothing serves before anything happens cannot be lost", true),
    ];
    for (count, what, of_sites) in counted {
        if count > 0 {
            let who = if of_sites && model.demands.is_empty() { "sites" } else { "demands" };
            gaps.push(format!("{count} {who} {what}"));
        }
    }
    let apart = model.devices.len().saturating_sub(devices);
    if apart > 0 {
        gaps.push(format!(
            "records of devices that are not in service, or stand twice, are left out: {apart}"
        ));
    }
    let apart = model.links.len().saturating_sub(links);
    if apart > 0 {
        gaps.push(format!("links with an end that is not in service are left out: {apart}"));
    }
    Ok(gaps)
}
