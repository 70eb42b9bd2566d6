//! What is lost, or within reach, when something happens.

mod carried;
mod chance;
mod document;
mod fit;
mod gaps;
mod held;
mod options;
mod structure;
mod table;
mod text;
mod verdicts;

use super::interrupt;
use crate::Outcome;
use crate::arguments::{Judged, WhatIf};
use crate::outputs;
use crate::terminal::Progress;
use anyhow::bail;
use banbury_evidence::case::{CONFIG, Case, LEDGER};
use banbury_evidence::model::Model;
use banbury_network::scenario::{
    self, Answer, Capacity, Cascade, Chances, Extra, Kind, Overview, Reach, Scenario, Sources, Topology,
    Traffic,
};
use banbury_regime::{Overrides, Regime};
use options::Options;
use std::collections::BTreeMap;
use std::io::Write as _;

/// Devices above which regimes are applied to what remains on request only.
const DEVICES: usize = 20_000;
/// Devices above which capacity is looked at on request only.
const CARRIED: usize = 200_000;

/// What is answered of one scenario.
struct Answered {
    scenario: Scenario,
    answer: Answer,
    reach: Option<Reach>,
    capacity: Option<Capacity>,
    cascade: Option<Cascade>,
    /// The verdicts that change; `None` where the regimes were not applied.
    verdicts: Option<Vec<verdicts::Change>>,
}

/// What the links carry before anything happens.
struct Carries {
    whole: Capacity,
    /// Demands without a figure, by function.
    without_figure: BTreeMap<String, usize>,
    /// Links that state 0, and that state nothing.
    zero: usize,
    missing: usize,
}

/// What is lost by chance, and of what it was drawn.
struct Drawn {
    chances: Chances,
    /// By kind: how many may fail, and how many have failed on average.
    kinds: BTreeMap<&'static str, (usize, f64)>,
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
    /// Where capacity was looked at.
    carries: Option<Carries>,
    /// Where failures were followed: the tolerance, where one was given.
    cascade: Option<Option<u32>>,
    overview: Option<(Overview, u8)>,
    drawn: Option<Drawn>,
    /// What keeps the answers from being whole.
    gaps: Vec<String>,
}

pub(super) fn run(arguments: &WhatIf) -> anyhow::Result<Outcome> {
    let outcome = tell(arguments);
    if outcome.is_err() {
        interrupt::wait_out();
    }
    outcome
}

fn tell(arguments: &WhatIf) -> anyhow::Result<Outcome> {
    let options = Options::read(arguments)?;
    let case = Case::open(&arguments.case)?;
    let mut kept = vec![case.root().join(CONFIG), case.root().join(LEDGER)];
    kept.extend(arguments.scenarios.iter().chain(&arguments.failures_file).cloned());
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
    let extra = extra(&case, options.kinds())?;
    let topology = Topology::of(&model, &extra, &day)?;
    drop(progress);
    let mut gaps = gaps::of(&topology, &model);
    if !super::assess::is_imported(&case, &exhibits)? {
        gaps.push(
            "tables were added or changed since the last assessment and are not in these answers; `banbury assess` imports them"
                .to_owned(),
        );
    }
    let (devices, links) = topology.size();
    let told = if links > 0 && topology.is_asked_for() { Outcome::Done } else { Outcome::Inconclusive };
    if options.asks_nothing() {
        structure::tell(arguments, &case.config.case.name, &day, (&model, &topology), options.share, gaps)?;
        return Ok(told);
    }
    let regimes = regimes(arguments, &case, &options, &model, &mut gaps)?;
    let traffic = traffic(arguments, &options, &topology, &mut gaps)?;
    let sources = Sources::of(&topology, &options.failures)?;
    let yesterday = as_of.yesterday().unwrap_or(as_of).to_string();
    let mut asking = Asking {
        arguments,
        case: &case,
        topology: &topology,
        traffic: traffic.as_ref(),
        regimes: &regimes,
        bench: None,
        day: &day,
        yesterday: &yesterday,
    };
    if !regimes.is_empty() {
        interrupt::clear_on_signal(case.root(), verdicts::PURPOSE)?;
    }
    let mut answered = Vec::new();
    for scenario in options.scenarios {
        let _progress = Progress::start(&scenario.name);
        answered.push(asking.answer(scenario)?);
    }
    let carries = match traffic.as_ref().filter(|_| arguments.capacity != Judged::Never) {
        Some(traffic) => Some(Carries {
            whole: scenario::capacity(&topology, traffic, None)?,
            without_figure: traffic.without_figure.clone(),
            zero: traffic.zero,
            missing: traffic.missing,
        }),
        None => None,
    };
    let overview = match options.each {
        Some(kind) => {
            let _progress = Progress::start(&format!("holding each {} against the others", kind.as_str()));
            Some((scenario::overview(&topology, kind, options.share)?, options.share))
        }
        None => None,
    };
    let drawn = match arguments.monte_carlo {
        Some(draws) => {
            let _progress = Progress::start(&format!("drawing {draws} states of the network"));
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            let draws = (draws, arguments.seed.unwrap_or(options::SEED));
            let chances = scenario::chances(&topology, &sources, draws, options.share, threads)?;
            Some(Drawn { chances, kinds: sources.kinds.clone() })
        }
        None => None,
    };
    let answers = Answers {
        case: case.config.case.name.clone(),
        as_of: day.clone(),
        synthetic: model.synthetic().map(str::to_owned),
        devices,
        links,
        subscribers: topology.subscribers(),
        functions: topology.functions().into_iter().map(str::to_owned).collect(),
        scenarios: answered,
        carries,
        cascade: arguments.cascade.then_some(arguments.tolerance),
        overview,
        drawn,
        gaps,
    };
    if !outputs::takes_stdout(&arguments.outputs) {
        std::io::stdout().lock().write_all(text::of(&answers).as_bytes())?;
    }
    for output in &arguments.outputs {
        output.write(&if output.format.name == "csv" {
            table::of(&answers)
        } else {
            document::of(&answers)?
        })?;
    }
    Ok(told)
}

/// What every scenario is asked with.
struct Asking<'a> {
    arguments: &'a WhatIf,
    case: &'a Case,
    topology: &'a Topology<'a>,
    traffic: Option<&'a Traffic>,
    regimes: &'a [(Regime, Overrides)],
    /// The verdicts before anything happens, once they are needed.
    bench: Option<verdicts::Before>,
    day: &'a str,
    yesterday: &'a str,
}

impl Asking<'_> {
    fn answer(&mut self, scenario: Scenario) -> anyhow::Result<Answered> {
        let topology = self.topology;
        let happens = topology.resolve(&scenario)?;
        let answer = scenario::answer(topology, &happens)?;
        let steps = self.arguments.steps.unwrap_or(1);
        let reach = scenario::reach(topology, &happens, usize::from(steps))?;
        let (mut capacity, mut cascade) = (None, None);
        if let Some(traffic) = self.traffic {
            if self.arguments.capacity != Judged::Never {
                capacity = Some(scenario::capacity(topology, traffic, Some((&happens, &answer)))?);
            }
            if self.arguments.cascade {
                cascade = Some(scenario::cascade(topology, traffic, &happens, self.arguments.tolerance)?);
            }
        }
        let verdicts = match scenario::changed(topology, &happens, self.yesterday)? {
            Some(changed) if !self.regimes.is_empty() => {
                let bench = match &mut self.bench {
                    Some(bench) => bench,
                    None => self.bench.insert(verdicts::Before::of(self.case, self.regimes, self.day)?),
                };
                Some(bench.changes(self.case, &changed, self.regimes, self.day)?)
            }
            // Nothing of the network is another, or nobody asked.
            _ => None,
        };
        drop(happens);
        Ok(Answered { scenario, answer, reach, capacity, cascade, verdicts })
    }
}

/// The regimes whose verdicts are told; none where nobody asks for them or the network is too large.
fn regimes(
    arguments: &WhatIf,
    case: &Case,
    options: &Options,
    model: &Model,
    gaps: &mut Vec<String>,
) -> anyhow::Result<Vec<(Regime, Overrides)>> {
    if options.scenarios.is_empty() {
        return Ok(Vec::new());
    }
    let judged = match arguments.verdicts {
        Judged::Auto => model.devices.len() <= DEVICES,
        Judged::Always => true,
        Judged::Never => false,
    };
    if !judged {
        gaps.push("the regimes were not applied to what remains: --verdicts always does it".to_owned());
        return Ok(Vec::new());
    }
    match super::regime::chosen(case, &arguments.regimes) {
        Ok(regimes) => Ok(regimes),
        // A case without regimes can be asked all the same.
        Err(_) if arguments.regimes.is_empty() && case.config.case.regimes.is_empty() => {
            gaps.push("the case names no regime, so no verdict is told; --regime names one".to_owned());
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// What demands ask of links, where it is looked at: a figure for each demand, and a link that states a capacity.
fn traffic(
    arguments: &WhatIf,
    options: &Options,
    topology: &Topology<'_>,
    gaps: &mut Vec<String>,
) -> anyhow::Result<Option<Traffic>> {
    if options.scenarios.is_empty() {
        return Ok(None);
    }
    let asked = topology.functions();
    if let Some(stranger) = options.figures.functions().find(|function| !asked.contains(function)) {
        let there = if asked.is_empty() { "the case has no demands".to_owned() } else { asked.join(", ") };
        bail!("--per-subscriber {stranger}=...: nobody asks for this function; asked for: {there}");
    }
    let wanted = match arguments.capacity {
        Judged::Auto => topology.size().0 <= CARRIED || !arguments.per_subscriber.is_empty(),
        Judged::Always => true,
        Judged::Never => false,
    };
    if !wanted && !arguments.cascade {
        gaps.push("what the links carry was not looked at: --capacity always does it".to_owned());
        return Ok(None);
    }
    let traffic = Traffic::of(topology, &options.figures)?;
    let bounded = traffic.is_known() || (arguments.tolerance.is_some() && traffic.is_asked());
    if bounded {
        return Ok(Some(traffic));
    }
    let why = if traffic.is_asked() {
        "no link states a capacity"
    } else {
        "no demand that is served states its traffic: --per-subscriber gives a figure"
    };
    if arguments.cascade {
        bail!(
            "--cascade: {why}{}",
            if traffic.is_asked() { "; --tolerance sets one by the load" } else { "" }
        );
    }
    if arguments.capacity == Judged::Always {
        bail!("--capacity always: {why}");
    }
    gaps.push(format!("capacity was not looked at: {why}"));
    Ok(None)
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
