//! Solvers of programs, behind one seam: what is asked, what is told while it goes on, what comes of it.

mod basis;
#[cfg(feature = "highs")]
mod highs;
mod improve;
mod search;
#[cfg(test)]
mod tests;

#[cfg(feature = "highs")]
pub use highs::Highs;
pub use search::Own;

use crate::program::Program;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A solver of programs.
pub trait Solver {
    /// Its name, as it stands in output.
    fn name(&self) -> &'static str;
    /// Looks for the cheapest answer.
    fn solve(&self, program: &Program, limits: &Limits<'_>) -> Solved;
}

/// HiGHS, where it was built in (the feature `highs`).
pub fn highs() -> Option<Box<dyn Solver>> {
    #[cfg(feature = "highs")]
    return Some(Box::new(Highs));
    #[cfg(not(feature = "highs"))]
    None
}

/// When a solver may stop.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// The share by which an answer may cost more than the bound that is proven.
    pub gap: f64,
    /// Pivots of the simplex method, over all nodes: work that is counted, so that the same input has the same end.
    pub pivots: u64,
    /// A moment after which it ends; only when somebody asks for one, for what comes of it then depends on the machine.
    pub deadline: Option<Instant>,
    /// Set when the search is to end with what it has.
    pub stop: Option<&'a AtomicBool>,
    /// Told of what has been reached.
    pub progress: Option<&'a dyn Fn(Progress)>,
}

impl Default for Limits<'_> {
    fn default() -> Self {
        Self { gap: 1e-3, pivots: 500_000, deadline: None, stop: None, progress: None }
    }
}

impl Limits<'_> {
    /// Whether it was asked to stop, or its time is over.
    pub(crate) fn is_over(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// What has been reached on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// What the best answer costs, when there is one.
    pub incumbent: Option<f64>,
    /// What every answer costs at least.
    pub bound: f64,
    /// Parts of the search that were looked at.
    pub nodes: u64,
}

impl Progress {
    /// By which share the best answer may cost too much.
    pub fn gap(&self) -> Option<f64> {
        self.incumbent.map(|cost| gap(cost, self.bound))
    }
}

/// By which share of itself a cost may be above the least one, given what every answer costs at least.
pub(crate) fn gap(cost: f64, bound: f64) -> f64 {
    ((cost - bound) / cost.abs().max(1e-9)).max(0.0)
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The best answer is within the gap that was asked for.
    Proven,
    /// There is no answer.
    Infeasible,
    /// It was asked to stop, or its time was over.
    Stopped,
    /// The work that it may do was done.
    Exhausted,
}

/// What came of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Solved {
    /// Why it ended.
    pub end: End,
    /// Units by choice in the best answer that was found.
    pub taken: Option<Vec<u64>>,
    /// What it costs.
    pub cost: f64,
    /// What every answer costs at least.
    pub bound: f64,
    /// Parts of the search that were looked at.
    pub nodes: u64,
    /// Pivots of the simplex method.
    pub pivots: u64,
}

impl Solved {
    /// By which share of itself the answer may cost too much.
    pub fn gap(&self) -> f64 {
        gap(self.cost, self.bound)
    }
}
