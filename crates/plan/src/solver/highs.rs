//! HiGHS as a second solver of the same programs, behind the feature `highs`.
//!
//! How: the crate `highs` builds HiGHS from source (cmake, make, a C++ compiler; libclang for its binding) and hands it the program
//! with one thread and without a clock, so that the same input has the same end. It runs in a thread of its own: who asks to stop, or
//! sets a deadline that is over, gets an answer at once. Its answer is rounded to whole numbers and checked against the program
//! like any other; one that does not hold is none.
//!
//! When it is wrong: that there is no answer, and what every answer costs at least, is HiGHS's word, within its tolerances (10^-9
//! of a bound, 10^-6 of a whole number). What it misses: the binding tells nothing on the way, so there is no progress, and who
//! stops it gets no best answer so far. The work that is counted is parts of the search, not pivots.

use super::{End, Limits, Own, Solved, Solver};
use crate::program::Program;
use highs::{ColProblem, HighsModelStatus, Sense};
use std::num::NonZeroU32;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// HiGHS.
#[derive(Clone, Copy, Debug, Default)]
pub struct Highs;

/// How long a request to stop may wait.
const WAIT: Duration = Duration::from_millis(20);

impl Solver for Highs {
    fn name(&self) -> &'static str {
        "HiGHS"
    }

    fn solve(&self, program: &Program, limits: &Limits<'_>) -> Solved {
        let empty = |group: usize| program.choices_of(group).is_empty();
        if program.choices() == 0 || (0..program.groups()).any(empty) {
            // Nothing to decide in all or in part of it, which HiGHS calls an empty model: no search answers that.
            return Own.solve(program, limits);
        }
        let (sender, receiver) = mpsc::channel();
        let (copy, gap, parts) = (program.clone(), limits.gap, limits.pivots);
        std::thread::spawn(move || sender.send(run(&copy, gap, parts)));
        loop {
            match receiver.recv_timeout(WAIT) {
                Ok(solved) => return solved,
                Err(RecvTimeoutError::Timeout) if limits.is_over() => return nothing(End::Stopped),
                Err(RecvTimeoutError::Timeout) => {}
                // It ended without an answer of any kind.
                Err(RecvTimeoutError::Disconnected) => return nothing(End::Exhausted),
            }
        }
    }
}

fn nothing(end: End) -> Solved {
    let bound = if end == End::Infeasible { f64::INFINITY } else { f64::NEG_INFINITY };
    Solved { end, taken: None, cost: f64::INFINITY, bound, nodes: 0, pivots: 0 }
}

fn run(program: &Program, gap: f64, parts: u64) -> Solved {
    let mut problem = ColProblem::new();
    let rows: Vec<_> = (0..program.rows()).map(|row| problem.add_row(..=program.limit(row))).collect();
    let groups: Vec<_> = (0..program.groups())
        .map(|group| {
            let units = program.units(group) as f64;
            problem.add_row(units..=units)
        })
        .collect();
    for choice in 0..program.choices() {
        let group = program.group_of(choice);
        let uses = program.uses(choice).filter_map(|(row, value)| rows.get(row).map(|row| (*row, value)));
        let whole = groups.get(group).map(|row| (*row, 1.0));
        let most = program.units(group) as f64;
        problem.add_integer_column(program.cost(choice), 0.0..=most, uses.chain(whole).collect::<Vec<_>>());
    }
    let Ok(mut model) = problem.try_optimise(Sense::Minimise) else { return nothing(End::Exhausted) };
    model.make_quiet();
    model.set_threads(NonZeroU32::MIN);
    let whole_costs = (0..program.choices()).all(|at| program.cost(at).fract() == 0.0);
    let nodes = i32::try_from(parts).unwrap_or(i32::MAX);
    let set = [
        model.try_set_option("mip_rel_gap", gap.clamp(0.0, 1e20)),
        // Where all costs are whole, what is nearer than one to the bound is the least.
        model.try_set_option("mip_abs_gap", if whole_costs { 0.999 } else { 1e-9 }),
        model.try_set_option("mip_feasibility_tolerance", 1e-6),
        model.try_set_option("primal_feasibility_tolerance", 1e-9),
        model.try_set_option("mip_max_nodes", nodes),
    ];
    let (true, Ok(solved)) = (set.iter().all(Result::is_ok), model.try_solve()) else {
        return nothing(End::Exhausted);
    };
    let number = |value: Result<i64, _>| value.ok().and_then(|value: i64| u64::try_from(value).ok());
    let pivots = number(solved.int_info_value(c"simplex_iteration_count")).unwrap_or(0);
    let end = match solved.status() {
        HighsModelStatus::Optimal => End::Proven,
        // All choices are bounded, so a program is never unbounded.
        HighsModelStatus::Infeasible | HighsModelStatus::UnboundedOrInfeasible => End::Infeasible,
        _ => End::Exhausted,
    };
    if end == End::Infeasible {
        return Solved { pivots, ..nothing(end) };
    }
    let shares = solved.get_solution();
    let taken: Vec<u64> = shares.columns().iter().map(|share| share.round().max(0.0) as u64).collect();
    let bound = solved.double_info_value(c"mip_dual_bound").unwrap_or(f64::NEG_INFINITY);
    let bound = if whole_costs && bound.is_finite() { (bound - 1e-6).ceil() } else { bound };
    if program.fault(&taken).is_some() {
        return Solved { bound, pivots, ..nothing(End::Exhausted) };
    }
    let cost = program.total(&taken);
    Solved { end, taken: Some(taken), cost, bound: bound.min(cost), nodes: 0, pivots }
}
