//! Why there is no plan: a smallest set of requirements that cannot hold together, and what relaxing each would cost.
//!
//! How: requirements are dropped one after the other; one without which there is still no plan stays out, one without which there
//! is a plan is part of the set (a deletion filter; J. W. Chinneck, E. W. Dravnieks, 1991). The set is smallest in that none of its
//! members can be left out; another set may have fewer. Then each member alone is relaxed, all other requirements kept: by the
//! least crew-days, devices or money beyond its limits, or by the fewest periods that a measure's days are later.

use crate::problem::{Problem, Relax, Requirement};
use crate::solver::{End, Limits, Solved, Solver};
use std::collections::BTreeSet;

/// A smallest set of requirements that cannot hold together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Core {
    /// Its members.
    pub members: Vec<Member>,
    /// Whether a search ended before it was decided, so that members may be too many.
    pub undecided: bool,
}

/// A requirement that cannot hold together with the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Which.
    pub requirement: Requirement,
    /// What relaxing it alone would cost; `None`: by itself it cannot be relaxed far enough.
    pub relaxed: Option<Relaxed>,
}

/// What relaxing a requirement costs.
#[derive(Clone, Debug, PartialEq)]
pub enum Relaxed {
    /// So much beyond its limits in all: crew-days, devices, or money.
    Beyond(f64),
    /// Its days are later, to this one.
    Later(jiff::civil::Date),
    /// It is not asked at all.
    Without,
}

/// Finds a smallest set that cannot hold together.
pub fn core(
    problem: &Problem<'_>,
    solver: &dyn Solver,
    limits: &Limits<'_>,
    mut tell: impl FnMut(&str),
) -> Core {
    beyond(problem, solver, limits, &BTreeSet::new(), &mut tell)
}

/// The same of what is left when some requirements are not asked.
fn beyond(
    problem: &Problem<'_>,
    solver: &dyn Solver,
    limits: &Limits<'_>,
    without: &BTreeSet<Requirement>,
    tell: &mut impl FnMut(&str),
) -> Core {
    let mut found = Core::default();
    let mut dropped = without.clone();
    let asked: Vec<Requirement> = problem.asked().into_iter().filter(|one| !without.contains(one)).collect();
    let mut members = Vec::new();
    let count = asked.len();
    for (at, requirement) in asked.into_iter().enumerate() {
        tell(&format!("what cannot hold together, {} of {count}", at + 1));
        dropped.insert(requirement.clone());
        let relax = Relax { dropped: dropped.clone(), costless: true, ..Relax::default() };
        match is_possible(problem, solver, limits, &relax) {
            Some(false) => {}
            possible => {
                found.undecided |= possible.is_none();
                dropped.remove(&requirement);
                members.push(requirement);
            }
        }
    }
    for requirement in members {
        // What is left out already is no relaxation of this one alone.
        let relaxed = without.is_empty().then(|| relax(problem, solver, limits, &requirement)).flatten();
        found.members.push(Member { requirement, relaxed });
    }
    found
}

/// What can hold together where not all of it can: requirements to leave out, and the cheapest plan for the rest. They are gathered set
/// after set of those that cannot hold together; then each that can be asked again is, what is at hand (crews, deliveries, money, order)
/// before what is wished for. So none of those left out could be kept beside the rest; another choice may leave out fewer.
pub fn rest(
    problem: &Problem<'_>,
    solver: &dyn Solver,
    limits: &Limits<'_>,
    core: &Core,
    mut tell: impl FnMut(&str),
) -> Option<(Vec<Requirement>, Solved)> {
    let mut dropped: BTreeSet<Requirement> = core.members.iter().map(|one| one.requirement.clone()).collect();
    let mut last = dropped.len();
    while last > 0 && !limits.is_over() {
        let relax = Relax { dropped: dropped.clone(), ..Relax::default() };
        let built = problem.program(&relax);
        if built.stuck.is_empty() {
            tell("the cheapest plan for the rest");
            let solved = solver.solve(&built.program, limits);
            if solved.taken.is_some() {
                return Some(fewer(problem, solver, limits, dropped, solved));
            }
            if solved.end != End::Infeasible {
                return None;
            }
        }
        let next = beyond(problem, solver, limits, &dropped, &mut tell);
        last = next.members.len();
        dropped.extend(next.members.into_iter().map(|one| one.requirement));
    }
    None
}

/// Asks again what can be kept of what was left out, and plans for it.
fn fewer(
    problem: &Problem<'_>,
    solver: &dyn Solver,
    limits: &Limits<'_>,
    mut dropped: BTreeSet<Requirement>,
    solved: Solved,
) -> (Vec<Requirement>, Solved) {
    let is_wished = |one: &Requirement| {
        matches!(one, Requirement::Measure(_) | Requirement::Cap(_) | Requirement::Suppliers(_))
    };
    let mut order: Vec<Requirement> = dropped.iter().cloned().collect();
    order.sort_by_key(is_wished);
    let before = dropped.clone();
    for one in order {
        if limits.is_over() {
            break;
        }
        dropped.remove(&one);
        let relax = Relax { dropped: dropped.clone(), costless: true, ..Relax::default() };
        if is_possible(problem, solver, limits, &relax) != Some(true) {
            dropped.insert(one);
        }
    }
    if dropped != before {
        let built = problem.program(&Relax { dropped: dropped.clone(), ..Relax::default() });
        let again = solver.solve(&built.program, limits);
        if again.taken.is_some() {
            return (dropped.into_iter().collect(), again);
        }
    }
    (before.into_iter().collect(), solved)
}

/// Whether there is a plan; `None` when the search ended before it was known.
fn is_possible(
    problem: &Problem<'_>,
    solver: &dyn Solver,
    limits: &Limits<'_>,
    relax: &Relax,
) -> Option<bool> {
    let built = problem.program(relax);
    if !built.stuck.is_empty() {
        return Some(false);
    }
    let limits = Limits { gap: f64::INFINITY, progress: None, ..*limits };
    let solved = solver.solve(&built.program, &limits);
    if solved.taken.is_some() {
        return Some(true);
    }
    (solved.end == End::Infeasible).then_some(false)
}

fn relax(
    problem: &Problem<'_>,
    solver: &dyn Solver,
    limits: &Limits<'_>,
    requirement: &Requirement,
) -> Option<Relaxed> {
    match requirement {
        Requirement::Measure(measure) => {
            let most = problem.periods.len();
            let later = (1..=most).find_map(|periods| {
                let relax = Relax { grace: Some((*measure, periods)), costless: true, ..Relax::default() };
                if is_possible(problem, solver, limits, &relax) != Some(true) {
                    return None;
                }
                // The last of the days that are later now, by so many periods.
                let first = problem.first_due(*measure)?;
                let day = (first + periods).checked_sub(1).and_then(|at| problem.periods.get(at));
                Some(day.map_or(Relaxed::Without, |period| Relaxed::Later(period.last)))
            });
            // Where it is what candidates breach, no later day of the devices that stand helps.
            let without = || without(problem, solver, limits, requirement);
            later.or_else(|| exceeded(problem, solver, limits, requirement)).or_else(without)
        }
        Requirement::Lead(_) | Requirement::Apart => without(problem, solver, limits, requirement),
        _ => exceeded(problem, solver, limits, requirement),
    }
}

/// Whether there is a plan when a requirement is not asked at all.
fn without(
    problem: &Problem<'_>,
    solver: &dyn Solver,
    limits: &Limits<'_>,
    requirement: &Requirement,
) -> Option<Relaxed> {
    let relax = Relax { dropped: BTreeSet::from([requirement.clone()]), costless: true, ..Relax::default() };
    (is_possible(problem, solver, limits, &relax) == Some(true)).then_some(Relaxed::Without)
}

/// By how much the limits of a requirement are exceeded at least.
fn exceeded(
    problem: &Problem<'_>,
    solver: &dyn Solver,
    limits: &Limits<'_>,
    requirement: &Requirement,
) -> Option<Relaxed> {
    let relax = Relax { elastic: Some(requirement.clone()), ..Relax::default() };
    let built = problem.program(&relax);
    if !built.stuck.is_empty() {
        return None;
    }
    let limits = Limits { gap: 1e-6, progress: None, ..*limits };
    let solved = solver.solve(&built.program, &limits);
    let beyond = solved.cost * built.unit;
    let tenths = if matches!(requirement, Requirement::Crews(_)) { 10.0 } else { 1.0 };
    solved.taken.map(|_| Relaxed::Beyond(beyond / tenths))
}
