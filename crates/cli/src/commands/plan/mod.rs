//! The cheapest way to comply by a day: which equipment is replaced by what, when, by which crews.

mod document;
mod html;
mod price;
mod summary;
mod template;

use super::interrupt;
use crate::Outcome;
use crate::arguments::{Judged, Plan, SolverName};
use crate::outputs::{self, Target};
use crate::terminal::{self, Progress};
use anyhow::{Context as _, bail};
use banbury_evidence::case::{CONFIG, Case, LEDGER};
use banbury_evidence::model::Model;
use banbury_plan::ban::Ban;
use banbury_plan::calendar::{self, Period};
use banbury_plan::inventory::Inventory;
use banbury_plan::options::Options;
use banbury_plan::solver::{self, End, Limits, Own, Solver};
use banbury_plan::{Made, Request, make};
use banbury_regime::{Overrides, Regime};
use jiff::civil::Date;
use std::cell::RefCell;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Devices above which the regimes are applied to what the plan makes of the network on request only.
const DEVICES: usize = 20_000;

/// The months of a period where nobody says another number.
const MONTHS: u8 = 6;

/// The largest file of options.
const MOST_BYTES: u64 = 4 << 20;

/// One plan with its name: the regimes, or one of several that are compared.
struct Answer {
    name: String,
    /// Whether it is a blanket ban's, and no regime's.
    blanket: bool,
    made: Made,
}

/// All that is answered.
struct Answers {
    case: String,
    synthetic: Option<String>,
    regimes: Vec<String>,
    from: Date,
    by: Date,
    gap: f64,
    options: Options,
    periods: Vec<Period>,
    inventory: Inventory,
    /// What the plan takes for granted, for nobody said it.
    assumed: Vec<String>,
    plans: Vec<Answer>,
    compared: bool,
    solver: &'static str,
}

pub(super) fn run(arguments: &Plan) -> anyhow::Result<Outcome> {
    let outcome = tell(arguments);
    if outcome.is_err() {
        interrupt::wait_out();
    }
    outcome
}

fn tell(arguments: &Plan) -> anyhow::Result<Outcome> {
    let targets = targets(&arguments.outputs)?;
    let case = Case::open(&arguments.case)?;
    let mut kept = vec![case.root().join(CONFIG), case.root().join(LEDGER)];
    kept.extend(arguments.options.clone());
    let exhibits = case.ledger.exhibits()?;
    kept.extend(exhibits.iter().map(|exhibit| case.exhibit_path(&exhibit.sha256)));
    check_targets(&targets, &kept)?;
    if !(0.0..=100.0).contains(&arguments.gap) {
        bail!("--gap {}: write a share in percent, from 0 to 100", arguments.gap);
    }
    let solver = solver(arguments.solver)?;
    let from = arguments.as_of.unwrap_or_else(super::today);
    let by = arguments.by;
    let model = case.ledger.model()?;
    let inventory = Inventory::of(&model);
    if inventory.units.is_empty() {
        bail!(
            "{}: the case has no devices in service; add its tables with `banbury add` and assess it once with `banbury assess`",
            arguments.case.display()
        );
    }
    let mut periods = calendar::periods(from, by, MONTHS)?;
    if arguments.options_template {
        let text = template::of(&model, &inventory, &periods, by);
        std::io::stdout().lock().write_all(text.as_bytes())?;
        return Ok(Outcome::Done);
    }
    let regimes = super::regime::chosen(&case, &arguments.regimes)?;
    let options = options(arguments, &model, &inventory, from)?;
    periods = calendar::periods(from, by, options.period_months.unwrap_or(MONTHS))?;
    let mut assumed = assumed(&options, &model, &inventory, by);
    if !super::assess::is_imported(&case, &exhibits)? {
        assumed.push(
            "tables were added or changed since the last assessment and are not in this plan; `banbury assess` imports them"
                .to_owned(),
        );
    }
    let replay = match arguments.check {
        Judged::Auto => model.devices.len() <= DEVICES,
        Judged::Always => true,
        Judged::Never => false,
    };
    // A second signal ends the program as if nobody had listened.
    let stop = interrupt::stop_on_signal(case.root(), banbury_plan::PURPOSE)?;
    let deadline = arguments.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut plans = Vec::new();
    for (name, regimes, ban) in variants(arguments, &regimes, &inventory, &model)? {
        let blanket = ban.is_some();
        let request = Request {
            ledger: &case.ledger,
            folder: case.root(),
            model: &model,
            inventory: &inventory,
            regimes: &regimes,
            options: &options,
            periods: &periods,
            from,
            by,
            ban,
            replay,
        };
        let line: RefCell<Option<Progress>> = RefCell::new(None);
        let tell = |what: &str| {
            // One line at a time: the one before goes first.
            line.borrow_mut().take();
            *line.borrow_mut() = Some(Progress::start(&format!("{name}: {what}")));
        };
        let shown = RefCell::new(Instant::now());
        let progress = |progress: banbury_plan::solver::Progress| {
            if !std::io::stderr().is_terminal() || shown.borrow().elapsed() < Duration::from_millis(200) {
                return;
            }
            *shown.borrow_mut() = Instant::now();
            let gap = progress
                .gap()
                .map_or_else(|| "no plan yet".to_owned(), |gap| format!("gap {:.3} %", 100.0 * gap));
            let cost = progress.incumbent.map_or_else(String::new, |cost| format!(", cost {cost:.0}"));
            tell(&format!("solving: {gap}{cost}, at least {:.0}", progress.bound));
        };
        let limits = Limits {
            gap: arguments.gap / 100.0,
            deadline,
            stop: Some(&stop),
            progress: Some(&progress),
            ..Limits::default()
        };
        let made = make(&request, solver.as_ref(), &limits, tell)?;
        plans.push(Answer { name: name.clone(), blanket, made });
    }
    let answers = Answers {
        case: case.config.case.name.clone(),
        synthetic: model.synthetic().map(str::to_owned),
        regimes: regimes.iter().map(|(regime, _)| regime.id.clone()).collect(),
        from,
        by,
        gap: arguments.gap / 100.0,
        options,
        periods,
        inventory,
        assumed,
        plans,
        compared: arguments.compare,
        solver: solver.name(),
    };
    if !targets.iter().any(|(_, target)| *target == Target::Stdout) {
        std::io::stdout().lock().write_all(summary::of(&answers).as_bytes())?;
    }
    for (format, target) in &targets {
        let text = match *format {
            "json" => document::json(&answers)?,
            "csv" => document::csv(&answers),
            _ => html::of(&answers),
        };
        match target {
            Target::Stdout => std::io::stdout().lock().write_all(text.as_bytes())?,
            Target::File(path) => outputs::write_file(path, &text)?,
        }
    }
    let outcomes = answers.plans.iter().map(|answer| outcome(&answer.made));
    Ok(outcomes.fold(Outcome::Done, Outcome::and))
}

/// The solver that was asked for.
fn solver(name: SolverName) -> anyhow::Result<Box<dyn Solver>> {
    match name {
        SolverName::Own => Ok(Box::new(Own)),
        SolverName::Highs => solver::highs().context(
            "--solver highs: HiGHS is not in this build; leave the option out (the usual solver proves as much), or build with \
             `cargo build --release -p banbury --features highs`, which needs cmake, make, a C++ compiler and libclang",
        ),
    }
}

fn outcome(made: &Made) -> Outcome {
    let clean = made.faults.is_empty() && made.replayed.as_ref().is_none_or(|one| one.faults.is_empty());
    match made.solved.end {
        End::Infeasible => Outcome::Breached,
        End::Proven if clean => Outcome::Done,
        _ => Outcome::Inconclusive,
    }
}

/// What is planned: all regimes together, or each by itself, and blanket bans.
type Variant = (String, Vec<(Regime, Overrides)>, Option<Ban>);

fn variants(
    arguments: &Plan,
    regimes: &[(Regime, Overrides)],
    inventory: &Inventory,
    model: &Model,
) -> anyhow::Result<Vec<Variant>> {
    if !arguments.compare {
        let names: Vec<&str> = regimes.iter().map(|(regime, _)| regime.id.as_str()).collect();
        return Ok(vec![(names.join(" + "), regimes.to_vec(), None)]);
    }
    let mut variants: Vec<Variant> =
        regimes.iter().map(|one| (one.0.id.clone(), vec![one.clone()], None)).collect();
    for text in &arguments.blanket {
        let ban =
            Ban::parse(text, inventory, model).map_err(|why| anyhow::anyhow!("--blanket {text}: {why}"))?;
        let name = text.strip_prefix("vendor:").unwrap_or(text);
        let name = format!("blanket ban of {name}");
        if variants.iter().any(|(known, ..)| *known == name) {
            bail!("--blanket {text}: it is asked for twice; leave one out");
        }
        variants.push((name, Vec::new(), Some(ban)));
    }
    Ok(variants)
}

fn options(arguments: &Plan, model: &Model, inventory: &Inventory, from: Date) -> anyhow::Result<Options> {
    let known = inventory.known(model);
    let mut options = match &arguments.options {
        None => Options { slots: banbury_plan::options::SLOTS, ..Options::default() },
        Some(path) => {
            let shown = path.display().to_string();
            let size = std::fs::metadata(path).with_context(|| format!("{shown}: cannot be read"))?.len();
            if size > MOST_BYTES {
                bail!("{shown}: {} are too many for options", terminal::bytes(size));
            }
            let text = std::fs::read_to_string(path).with_context(|| format!("{shown}: cannot be read"))?;
            let periods = |months: Option<u8>| {
                calendar::periods(from, arguments.by, months.unwrap_or(MONTHS)).unwrap_or_default()
            };
            Options::parse(&shown, &text, &known, from, arguments.by, periods)
                .map_err(banbury_plan::PlanError::from)?
        }
    };
    if options.candidates.is_empty() {
        (options.candidates, _) = inventory.candidates(model, arguments.by);
        options.assumed = true;
    }
    Ok(options)
}

/// What nobody said and the plan takes for granted.
fn assumed(options: &Options, model: &Model, inventory: &Inventory, by: Date) -> Vec<String> {
    let mut assumed = Vec::new();
    if options.assumed {
        let (candidates, free) = inventory.candidates(model, by);
        assumed.push(format!(
            "no candidates were given: each product that the network has may take the place of another in the roles and with the \
             functions that it has anywhere, one crew-day each, where its maker supports it beyond {by} ({} products)",
            candidates.len()
        ));
        if free > 0 {
            assumed.push(format!("no record states what {free} of them cost: they count as costing nothing"));
        }
    }
    if options.crews.is_empty() {
        assumed.push("no crews were given: as many as it takes".to_owned());
    }
    if options.capacity.is_empty() {
        assumed.push("no capacity of a vendor was given: each delivers as many as it takes".to_owned());
    }
    if options.budget.is_none() && options.budget_total.is_none() {
        assumed.push("no budget was given".to_owned());
    }
    let dated = |unit: &&banbury_plan::inventory::Unit| {
        unit.cost.is_some() && unit.installed.is_some() && unit.support_end.is_some()
    };
    let without = inventory.units.len() - inventory.units.iter().filter(dated).count();
    if without > 0 {
        assumed.push(format!(
            "nothing is written off of {without} devices: their cost, installation or end of support is not stated"
        ));
    }
    assumed
}

/// Where the plan goes, by format.
fn targets(outputs: &[String]) -> anyhow::Result<Vec<(&'static str, Target)>> {
    const FORMATS: [&str; 3] = ["json", "csv", "html"];
    let mut found = Vec::new();
    for text in outputs {
        let Some((name, path)) = text.split_once('=') else {
            bail!("-o {text}: write FORMAT=PATH; formats: {}", FORMATS.join(", "));
        };
        let Some(format) = FORMATS.into_iter().find(|format| *format == name) else {
            bail!("-o {text}: a plan is written as {}", FORMATS.join(", "));
        };
        let target = match path {
            "" => bail!("-o {text}: there is no path after {name}=; use {name}=- for stdout"),
            "-" => Target::Stdout,
            path => Target::File(PathBuf::from(path)),
        };
        found.push((format, target));
    }
    Ok(found)
}

fn check_targets(targets: &[(&'static str, Target)], kept: &[PathBuf]) -> anyhow::Result<()> {
    for (index, (format, target)) in targets.iter().enumerate() {
        let earlier = targets.get(..index).unwrap_or_default();
        if earlier.iter().any(|(_, other)| other == target) {
            bail!("-o {format}=...: another output goes there already");
        }
        let Target::File(path) = target else { continue };
        let shown = path.display();
        let same = |other: &PathBuf| {
            other == path
                || path.canonicalize().ok().is_some_and(|path| other.canonicalize().ok() == Some(path))
        };
        if let Some(input) = kept.iter().find(|input| same(input)) {
            bail!("-o {format}={shown}: this would overwrite the input {}", input.display());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            bail!("-o {format}={shown}: there is no folder {}", folder.display());
        }
        if path.is_dir() {
            bail!("-o {format}={shown}: a folder; name a file in it");
        }
    }
    Ok(())
}
