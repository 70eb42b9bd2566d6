//! Making a plan from beginning to end.

#![expect(
    clippy::indexing_slicing,
    reason = "units and candidates are numbered by the inventory and the options"
)]

use crate::ban::Ban;
use crate::calendar::Period;
use crate::check::{self, Claimed, Promise, Replacement, Replayed};
use crate::core::{self, Core};
use crate::error::PlanError;
use crate::inventory::Inventory;
use crate::options::Options;
use crate::problem::{Problem, Relax};
use crate::requirement::{Question, Requirements, mask};
use crate::schedule::{Job, schedule};
use crate::solver::{End, Limits, Solved, Solver};
use crate::trials::MOST_TRIED;
use banbury_evidence::ledger::Ledger;
use banbury_evidence::model::Model;
use banbury_regime::{LedgerCopy, Overrides, Regime, RegimeError, Stopping};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// The most bounds of a program: the basis is a square of them.
const MOST_ROWS: usize = 6_000;

/// How often a plan is made anew when the regimes find a breach in it.
const ROUNDS: usize = 4;

/// What copies of the ledger are made for: the start of their names, before the number of the process.
pub const PURPOSE: &str = "plan";

/// What a plan is asked for.
pub struct Request<'a> {
    /// The case's ledger.
    pub ledger: &'a Ledger,
    /// The folder in which copies may be made.
    pub folder: &'a Path,
    /// The network.
    pub model: &'a Model,
    /// Its devices.
    pub inventory: &'a Inventory,
    /// The regimes.
    pub regimes: &'a [(Regime, Overrides)],
    /// The options.
    pub options: &'a Options,
    /// The periods.
    pub periods: &'a [Period],
    /// The first day.
    pub from: Date,
    /// The last day.
    pub by: Date,
    /// Equipment that has to go whatever it does.
    pub ban: Option<Ban>,
    /// Whether the regimes are applied to what the plan makes of the network.
    pub replay: bool,
}

/// A plan, or why there is none.
pub struct Made {
    /// What was asked.
    pub requirements: Requirements,
    /// Replacements, in the order in which they are done.
    pub jobs: Vec<Job>,
    /// How the search went.
    pub solved: Solved,
    /// Classes, choices and rows of the program.
    pub size: [usize; 3],
    /// Why there is no plan.
    pub core: Option<Core>,
    /// Its members in words.
    pub words: Vec<String>,
    /// Where there is no plan: the cheapest one for what can hold together.
    pub rest: Option<Rest>,
    /// Devices with which nothing can be done.
    pub stuck: Vec<Stuck>,
    /// What the checker finds wrong with crews, money, makers and order.
    pub faults: Vec<String>,
    /// What the regimes find in the network as the plan makes it; `None` when they were not applied.
    pub replayed: Option<Replayed>,
    /// How often the plan was made anew, for the regimes found a breach in it.
    pub again: usize,
    /// Whether it was stopped before all that is asked was known.
    pub unasked: bool,
    /// Whether it was stopped before the regimes were applied to what the plan makes of the network.
    pub unchecked: bool,
}

/// Devices of a class that may not stay, and that nothing may replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// One of them.
    pub name: String,
    /// How many there are.
    pub devices: usize,
    /// Candidates that fit them.
    pub fitting: usize,
    /// Those of these that their lead time alone forbids; the others breach something there.
    pub late: usize,
}

/// A plan for a part of what is asked, where all of it cannot hold together.
pub struct Rest {
    /// What is left out, in words.
    pub without: Vec<String>,
    /// What it costs.
    pub cost: f64,
    /// Replacements, in the order in which they are done.
    pub jobs: Vec<Job>,
}

impl Made {
    /// What there is when it was stopped before anything was solved.
    fn stopped() -> Self {
        Self {
            requirements: Requirements::default(),
            jobs: Vec::new(),
            solved: Solved {
                end: End::Stopped,
                taken: None,
                cost: f64::INFINITY,
                bound: f64::NEG_INFINITY,
                nodes: 0,
                pivots: 0,
            },
            size: [0; 3],
            core: None,
            words: Vec::new(),
            rest: None,
            stuck: Vec::new(),
            faults: Vec::new(),
            replayed: None,
            again: 0,
            unasked: true,
            unchecked: false,
        }
    }
}

/// Makes a plan.
pub fn make(
    request: &Request<'_>,
    solver: &dyn Solver,
    limits: &Limits<'_>,
    mut tell: impl FnMut(&str),
) -> Result<Made, PlanError> {
    let question = Question {
        model: request.model,
        inventory: request.inventory,
        regimes: request.regimes,
        options: request.options,
        from: request.from,
        by: request.by,
        periods: request.periods,
        ban: request.ban.as_ref(),
        tried_each: MOST_TRIED,
    };
    let bench = LedgerCopy::make(request.ledger, request.folder, PURPOSE);
    let (stop, deadline) = (limits.stop, limits.deadline);
    let asked = move || stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
    let late = move || asked() || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    let found = Requirements::find(&question, &bench, &Stopping::when(&late), &mut tell);
    let mut requirements = match found {
        // It was asked to stop before there was anything to solve.
        Err(PlanError::Stopped | PlanError::Regime(RegimeError::Interrupted)) => return Ok(Made::stopped()),
        found => found?,
    };
    let mut again = 0;
    loop {
        let mut made = solve(request, requirements, solver, limits, &mut tell)?;
        made.again = again;
        if made.core.is_some() || made.solved.taken.is_none() {
            return Ok(made);
        }
        let replacements = replacements(request, &made);
        let cost = made.jobs.iter().map(Job::cost).sum();
        let claimed = Claimed {
            model: request.model,
            options: request.options,
            periods: request.periods,
            from: request.from,
            replacements: &replacements,
            cost,
            ban: request.ban.as_ref(),
        };
        made.faults = check::check(&claimed);
        if !request.replay {
            return Ok(made);
        }
        let mut excused: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for one in &made.requirements.not_planned {
            let key = (one.asking.regime.clone(), one.asking.measure.clone());
            excused.entry(key).or_default().extend(one.subjects.iter().cloned());
        }
        let promise = Promise {
            excused: &excused,
            days: &made.requirements.days,
            from: request.from,
            overdue: request.options.overdue_by.unwrap_or(request.by),
        };
        // The time that was given is for the search; who stops it waits for nothing more.
        let stopping = Stopping::when(&asked);
        let replayed = check::replay(&claimed, &promise, request.regimes, (&bench, &stopping), &mut tell);
        let replayed = match replayed {
            Err(PlanError::Regime(RegimeError::Interrupted)) => {
                made.unchecked = true;
                return Ok(made);
            }
            replayed => replayed?,
        };
        let learnt = again < ROUNDS && !limits.is_over() && learn(request, &mut made, &replayed);
        if !learnt {
            made.replayed = Some(replayed);
            return Ok(made);
        }
        again += 1;
        requirements = made.requirements;
    }
}

fn solve(
    request: &Request<'_>,
    requirements: Requirements,
    solver: &dyn Solver,
    limits: &Limits<'_>,
    tell: &mut impl FnMut(&str),
) -> Result<Made, PlanError> {
    let problem = Problem::of(
        request.model,
        request.inventory,
        request.options,
        &requirements,
        request.periods,
        request.from,
    );
    tell("solving");
    let built = problem.program(&Relax::default());
    if built.program.rows() > MOST_ROWS {
        return Err(PlanError::Network(format!(
            "the plan has {} bounds, and {MOST_ROWS} are the most that can be solved; raise `slots` in the options, so that devices that \
             back each other up need fewer, or make periods longer",
            built.program.rows()
        )));
    }
    let solved = solver.solve(&built.program, limits);
    let jobs = solved.taken.as_ref().map(|taken| schedule(&problem, &built, taken)).unwrap_or_default();
    let core = (solved.end == End::Infeasible).then(|| core::core(&problem, solver, limits, &mut *tell));
    let words =
        core.iter().flat_map(|core| &core.members).map(|one| problem.words(&one.requirement)).collect();
    let rest = core.as_ref().and_then(|core| core::rest(&problem, solver, limits, core, &mut *tell));
    let rest = rest.map(|(dropped, solved)| {
        let relax = Relax { dropped: dropped.iter().cloned().collect(), ..Relax::default() };
        let jobs = solved.taken.as_ref().map(|taken| schedule(&problem, &problem.program(&relax), taken));
        Rest {
            without: dropped.iter().map(|one| problem.words(one)).collect(),
            cost: solved.cost,
            jobs: jobs.unwrap_or_default(),
        }
    });
    let stuck = built.stuck.iter().filter_map(|class| {
        let members = built.classes.get(*class)?;
        let first = members.first()?;
        let unit = &request.inventory.units[requirements.in_play[*first].unit];
        let (fitting, late) = problem.fitting(*class);
        Some(Stuck { name: unit.name.clone(), devices: members.len(), fitting, late })
    });
    let stuck = stuck.collect();
    let size = [problem.classes(), built.program.choices(), built.program.rows()];
    Ok(Made {
        jobs,
        solved,
        size,
        core,
        words,
        rest,
        stuck,
        faults: Vec::new(),
        replayed: None,
        again: 0,
        unasked: false,
        unchecked: false,
        requirements,
    })
}

/// The schedule by names, as the checker reads it.
fn replacements(request: &Request<'_>, made: &Made) -> Vec<Replacement> {
    let one = |job: &Job| Replacement {
        device: request.inventory.units[job.unit].name.clone(),
        candidate: job.candidate,
        period: job.period,
        slot: job.slot,
        cost: job.cost(),
    };
    made.jobs.iter().map(one).collect()
}

/// Takes breaches that the regimes found with a candidate in a device's place into what is asked; whether there was any.
fn learn(request: &Request<'_>, made: &mut Made, replayed: &Replayed) -> bool {
    let units: BTreeMap<&str, &Job> =
        made.jobs.iter().map(|job| (request.inventory.units[job.unit].name.as_str(), job)).collect();
    let mut learnt: BTreeSet<(usize, usize, usize, u64)> = BTreeSet::new();
    for fault in &replayed.faults {
        let measure = made
            .requirements
            .measures
            .iter()
            .position(|one| one.regime == fault.regime && one.measure == fault.measure);
        if let (Some(job), Some(measure)) = (units.get(fault.subject.as_str()), measure) {
            let days = mask(&made.requirements.days, |day| day == fault.day);
            learnt.insert((job.unit, job.candidate, measure, days));
        }
    }
    let mut any = false;
    for (unit, candidate, measure, days) in learnt {
        let like = &request.inventory.units[unit];
        for one in &mut made.requirements.in_play {
            let other = &request.inventory.units[one.unit];
            if one.unit != unit
                && (&other.role, &other.functions, other.sensitive)
                    != (&like.role, &like.functions, like.sensitive)
            {
                continue;
            }
            let candidates = Arc::make_mut(&mut one.candidates);
            let Some((_, breaches)) = candidates.iter_mut().find(|(known, _)| *known == candidate) else {
                continue;
            };
            match breaches.iter_mut().find(|(known, _)| *known == measure) {
                Some((_, known)) => {
                    any |= *known | days != *known;
                    *known |= days;
                }
                None => {
                    breaches.push((measure, days));
                    any = true;
                }
            }
        }
    }
    any
}
