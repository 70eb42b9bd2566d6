//! Our own solver: branch and bound over the linear relaxation.
//!
//! How: the relaxation of the whole program first. From its shares whole numbers are made by rounding, by diving (bounds are
//! raised to the next whole number, the largest parts first, the relaxation solved anew) and by exchanges
//! ([`super::improve`]). While the gap is larger than asked for, the part of the search with the least bound is split at the
//! share that is furthest from whole. Where all costs are whole numbers, so is every answer's, and bounds are rounded up.
//!
//! When it is wrong: it is not; an answer is checked against the program in whole numbers, and a bound rests on multipliers by
//! weak duality. What it misses: cutting planes. Many rows that each few groups use (pairs that must not be worked on at once)
//! leave larger gaps than rows that many use.

#![expect(clippy::indexing_slicing, reason = "choices are handed out by the program")]

use super::basis::{Ended, Simplex};
use super::improve;
use super::{End, Limits, Progress, Solved, Solver, gap};
use crate::program::Program;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Our own solver.
#[derive(Clone, Copy, Debug, Default)]
pub struct Own;

/// How near to a whole number counts as one.
const WHOLE: f64 = 1e-6;

impl Solver for Own {
    fn name(&self) -> &'static str {
        "own branch and bound"
    }

    fn solve(&self, program: &Program, limits: &Limits<'_>) -> Solved {
        // A group with units and no choice has no answer; one without either needs none.
        let empty = |group: &usize| program.choices_of(*group).is_empty();
        if (0..program.groups()).filter(empty).any(|group| program.units(group) > 0) {
            return Solved {
                end: End::Infeasible,
                taken: None,
                cost: f64::INFINITY,
                bound: f64::INFINITY,
                nodes: 0,
                pivots: 0,
            };
        }
        let mut search = Search {
            program,
            limits,
            simplex: Simplex::new(program),
            whole_costs: (0..program.choices()).all(|at| program.cost(at).fract() == 0.0),
            best: None,
            bound: f64::NEG_INFINITY,
            nodes: 0,
            told: 0,
        };
        let end = search.run();
        let (taken, cost) = match search.best {
            Some((taken, cost)) => (Some(taken), cost),
            None => (None, f64::INFINITY),
        };
        let bound = search.bound.min(cost);
        Solved { end, taken, cost, bound, nodes: search.nodes, pivots: search.simplex.pivots }
    }
}

struct Search<'a> {
    program: &'a Program,
    limits: &'a Limits<'a>,
    simplex: Simplex<'a>,
    whole_costs: bool,
    best: Option<(Vec<u64>, f64)>,
    bound: f64,
    nodes: u64,
    told: u64,
}

/// A part of the search: bounds on choices, and what every answer within them costs at least.
struct Part {
    bound: f64,
    number: u64,
    bounds: Vec<(u32, f64, f64)>,
}

impl Ord for Part {
    /// The greatest is looked at next: the least bound, and of equal ones the youngest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.bound.total_cmp(&self.bound).then(self.number.cmp(&other.number))
    }
}

impl PartialOrd for Part {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Part {}

impl Search<'_> {
    fn run(&mut self) -> End {
        if self.program.choices() == 0 {
            // Nothing is to be decided; rows can still ask for what is not there.
            let none = vec![0; self.program.choices()];
            if self.program.fault(&none).is_some() {
                return End::Infeasible;
            }
            self.best = Some((none, 0.0));
            self.bound = 0.0;
            return End::Proven;
        }
        let ended = self.simplex.solve(self.limits);
        self.nodes = 1;
        if ended == Ended::Infeasible {
            self.bound = f64::INFINITY;
            return End::Infeasible;
        }
        self.bound = self.least(self.simplex.bound());
        if ended == Ended::Optimal {
            self.round();
            self.tell();
            if !self.is_done() {
                self.dive();
                self.tell();
            }
        }
        let mut open = BinaryHeap::new();
        let mut bounds: Vec<(u32, f64, f64)> = Vec::new();
        open.push(Part { bound: self.bound, number: 0, bounds: Vec::new() });
        // What is left unexplored holds the bound down: for it is within the gap, or numbers got nowhere in it.
        let mut left = f64::INFINITY;
        while let Some(part) = open.pop() {
            self.bound = part.bound.min(left).max(self.bound);
            if self.is_done() {
                return End::Proven;
            }
            if self.limits.is_over() {
                return End::Stopped;
            }
            if self.simplex.pivots > self.limits.pivots {
                return End::Exhausted;
            }
            // From here down, the nearer side first, until there is nothing more to gain.
            let mut next = Some(part);
            while let Some(part) = next.take() {
                if self.is_cut(part.bound) {
                    left = left.min(part.bound);
                    continue;
                }
                self.nodes += 1;
                self.enter(&mut bounds, &part.bounds);
                match self.simplex.solve(self.limits) {
                    Ended::Infeasible => continue,
                    Ended::Stalled => {
                        if self.limits.is_over() {
                            return End::Stopped;
                        }
                    }
                    Ended::Optimal => self.round(),
                }
                let bound = self.least(self.simplex.bound()).max(part.bound);
                if self.nodes.is_multiple_of(16) {
                    self.tell();
                }
                if self.is_cut(bound) {
                    left = left.min(bound);
                    continue;
                }
                let Some((at, share)) = self.broken().or_else(|| self.unsettled()) else {
                    left = left.min(bound);
                    continue;
                };
                let (lower, upper) = (self.simplex.lower[at], self.simplex.upper[at]);
                let floor = (share + WHOLE).floor().clamp(lower, upper - 1.0);
                let side = |low: f64, high: f64, number: u64| {
                    let mut bounds = part.bounds.clone();
                    bounds.push((at as u32, low, high));
                    Part { bound, number, bounds }
                };
                let down = side(lower, floor, 2 * self.nodes);
                let up = side(floor + 1.0, upper, 2 * self.nodes + 1);
                let (near, far) = if share - floor > 0.5 { (up, down) } else { (down, up) };
                open.push(far);
                if open.len() > 200_000 || self.simplex.pivots > self.limits.pivots || self.limits.is_over() {
                    open.push(near);
                } else {
                    next = Some(near);
                }
            }
        }
        // Everything was looked at.
        match &self.best {
            Some((_, cost)) => {
                self.bound = left.min(*cost).max(self.bound);
                if self.is_done() { End::Proven } else { End::Exhausted }
            }
            None if left == f64::INFINITY => End::Infeasible,
            None => End::Exhausted,
        }
    }

    /// Lays these bounds over the program's in place of those before.
    fn enter(&mut self, before: &mut Vec<(u32, f64, f64)>, bounds: &[(u32, f64, f64)]) {
        for (at, ..) in before.drain(..) {
            let at = at as usize;
            self.simplex.bind(at, 0.0, self.program.units(self.program.group_of(at)) as f64);
        }
        for (at, lower, upper) in bounds {
            self.simplex.bind(*at as usize, *lower, *upper);
        }
        before.extend_from_slice(bounds);
    }

    /// A bound, rounded up where every answer costs a whole number.
    fn least(&self, bound: f64) -> f64 {
        if self.whole_costs && bound.is_finite() {
            (bound - 1e-6 * (1.0 + 1e-6 * bound.abs())).ceil()
        } else {
            bound
        }
    }

    fn is_done(&self) -> bool {
        self.best.as_ref().is_some_and(|(_, cost)| gap(*cost, self.bound) <= self.limits.gap)
    }

    /// Whether nothing within this bound is cheaper than what is there by more than the gap.
    fn is_cut(&self, bound: f64) -> bool {
        self.best.as_ref().is_some_and(|(_, cost)| {
            bound >= *cost || (self.limits.gap > 0.0 && gap(*cost, bound) <= self.limits.gap * 0.5)
        })
    }

    /// The choice whose share is furthest from whole, counted by what a unit of it costs or saves.
    fn broken(&self) -> Option<(usize, f64)> {
        let mut best: Option<(f64, usize, f64)> = None;
        for (at, share) in self.simplex.basic() {
            let part = (share - share.round()).abs();
            if part > WHOLE && best.is_none_or(|(known, choice, _)| (part, choice) > (known, at)) {
                best = Some((part, at, share));
            }
        }
        best.map(|(_, at, share)| (at, share))
    }

    /// A choice that is still open, where all shares are whole and yet the answer is not proven: only where numbers got nowhere.
    fn unsettled(&self) -> Option<(usize, f64)> {
        let open = |at: &usize| self.simplex.upper[*at] - self.simplex.lower[*at] > 0.5;
        let shares = self.simplex.shares();
        (0..self.program.choices()).find(|at| open(at) && shares[*at] > 0.5).map(|at| (at, shares[at]))
    }

    /// Takes an answer, where it is one and better than what is there.
    fn take(&mut self, taken: Vec<u64>) {
        let cost = self.program.total(&taken);
        if self.best.as_ref().is_none_or(|(_, known)| cost < *known) && self.program.fault(&taken).is_none() {
            let mut taken = taken;
            improve::exchange(self.program, &mut taken);
            let cost = self.program.total(&taken);
            self.best = Some((taken, cost));
        }
    }

    /// Makes whole numbers of the shares.
    fn round(&mut self) {
        let shares = self.simplex.shares();
        if shares.iter().all(|share| (share - share.round()).abs() <= WHOLE) {
            self.take(shares.iter().map(|share| share.round().max(0.0) as u64).collect());
        } else if let Some(taken) = improve::rounded(self.program, &shares, &self.simplex.reduced_costs()) {
            self.take(taken);
        }
    }

    /// Raises bounds to whole numbers until all shares are whole, or nothing is left.
    fn dive(&mut self) {
        let mut bounds: Vec<(u32, f64, f64)> = Vec::new();
        loop {
            if self.limits.is_over() || self.simplex.pivots > self.limits.pivots {
                break;
            }
            let mut parts: Vec<(f64, usize, f64)> = self
                .simplex
                .basic()
                .filter(|(_, share)| (share - share.round()).abs() > WHOLE)
                .map(|(at, share)| (share - share.floor(), at, share))
                .collect();
            if parts.is_empty() {
                break;
            }
            parts.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            // Several at once while they are nearly whole: one of a group, a tenth of all.
            let most = (parts.len() / 10).max(1);
            let nearly = parts.iter().take(most).filter(|(part, ..)| *part > 0.8).count().max(1);
            let mut groups: Vec<usize> = Vec::new();
            for (_, at, share) in parts.into_iter().take(nearly) {
                let group = self.program.group_of(at);
                if groups.contains(&group) {
                    continue;
                }
                groups.push(group);
                let (upper, whole) = (self.simplex.upper[at], share.ceil());
                bounds.push((at as u32, whole, upper));
                self.simplex.bind(at, whole, upper);
            }
            let ended = self.simplex.solve(self.limits);
            if ended == Ended::Infeasible {
                // One step back: the last raised are held below instead.
                let back = groups.len();
                let mut held = Vec::new();
                for _ in 0..back {
                    if let Some((at, lower, _)) = bounds.pop() {
                        let choice = at as usize;
                        let units = self.program.units(self.program.group_of(choice)) as f64;
                        let before = bounds.iter().rev().find(|(known, ..)| *known == at).copied();
                        let (low, high) = before.map_or((0.0, units), |(_, low, high)| (low, high));
                        let high = high.min(lower - 1.0).max(low);
                        self.simplex.bind(choice, low, high);
                        held.push((at, low, high));
                    }
                }
                bounds.extend(held);
                if self.simplex.solve(self.limits) != Ended::Optimal {
                    break;
                }
            } else if ended == Ended::Stalled {
                break;
            }
            self.nodes += 1;
            let bound = self.least(self.simplex.bound());
            if self.best.as_ref().is_some_and(|(_, cost)| bound >= *cost) {
                break;
            }
            if self.nodes.is_multiple_of(8) {
                self.round();
            }
            self.tell();
            if self.is_done() {
                break;
            }
        }
        self.round();
        self.enter(&mut bounds, &[]);
    }

    fn tell(&mut self) {
        if let Some(progress) = self.limits.progress
            && self.told != self.nodes
        {
            self.told = self.nodes;
            let incumbent = self.best.as_ref().map(|(_, cost)| *cost);
            progress(Progress { incumbent, bound: self.bound, nodes: self.nodes });
        }
    }
}
