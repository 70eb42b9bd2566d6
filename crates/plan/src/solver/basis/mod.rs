//! The linear relaxation of a program: a dual simplex method that keeps only the rows in its basis.
//!
//! What it finds: the cheapest shares of units, whole or not, within bounds on each choice; or that there are none.
//!
//! How: every group has one *key* choice that takes what its others leave, so the basis matrix has as many rows as the program
//! has, not rows and groups (generalised upper bounding; G. B. Dantzig, R. M. Van Slyke, 1967). With the cheapest choice as each
//! group's key and all rows slack the basis is dual feasible, and it stays so whatever bounds change: the dual method (C. E.
//! Lemke, 1954) with Harris's ratio test (1973) and Devex weights (after J. J. H. Forrest, D. Goldfarb, 1992) needs no first
//! phase, and goes on from where the last bounds left it. In one step it passes the choices of all groups that nothing else in the
//! basis depends on ([`ratio`], after R. Fourer, 1994). Costs are perturbed a little, each choice in its own way, against
//! stalling among equals.
//!
//! When it is wrong: rounding errors can end it with multipliers that are not the best. Nothing leans on them: the bound is
//! recomputed from the multipliers alone, by weak duality, over the costs as they are ([`Simplex::bound`]); so is the proof that
//! there is no answer.

#![expect(
    clippy::indexing_slicing,
    reason = "choices, groups, rows and places are handed out by the program"
)]

mod bounds;
mod inverse;
mod ratio;

use super::Limits;
use crate::program::Program;
use inverse::invert;

/// How far below its bound a share may be, in units.
const PRIMAL: f64 = 1e-7;
/// How far below zero a reduced cost may be, in shares of the largest cost.
const DUAL: f64 = 1e-9;
/// The smallest pivot.
const PIVOT: f64 = 1e-7;
/// Pivots after which the inverse is made anew.
const FRESH: u32 = 100;

/// Where a variable is.
const LOWER: u32 = u32::MAX;
const UPPER: u32 = u32::MAX - 1;
const KEY: u32 = u32::MAX - 2;

/// How the method ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The cheapest shares were found.
    Optimal,
    /// There are none.
    Infeasible,
    /// It was stopped, or got nowhere.
    Stalled,
}

/// A program with bounds on its choices, and a basis.
pub(super) struct Simplex<'a> {
    program: &'a Program,
    /// Costs, perturbed, as shares of the largest.
    cost: Vec<f64>,
    cost_scale: f64,
    /// Entries by choice, rows divided by their largest entry.
    first: Vec<usize>,
    rows: Vec<u32>,
    values: Vec<f64>,
    limits: Vec<f64>,
    /// Groups that have entries in each row.
    touching: Vec<Vec<u32>>,
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
    /// Of choices, then of the rows' slacks: a bound, key, or the place in the basis.
    place: Vec<u32>,
    key: Vec<usize>,
    /// The variable at each place of the basis, and the places of each group.
    work: Vec<usize>,
    places: Vec<Vec<u32>>,
    inverse: Vec<f64>,
    at_work: Vec<f64>,
    at_key: Vec<f64>,
    weight: Vec<f64>,
    key_weight: Vec<f64>,
    reduced: Vec<f64>,
    age: u32,
    pub pivots: u64,
    /// The multipliers that show that there are no shares, of the last infeasible end.
    ray: Vec<f64>,
    /// How many choices of each group have bounds of their own.
    bounded: Vec<u32>,
    // Scratch.
    alpha: Vec<(u32, f64)>,
    /// The groups of the last row, with where their entries stand in it.
    spans: Vec<(u32, usize, usize)>,
    stamp: Vec<u32>,
    round: u32,
}

impl<'a> Simplex<'a> {
    pub fn new(program: &'a Program) -> Self {
        let (choices, rows, groups) = (program.choices(), program.rows(), program.groups());
        let cost_scale = (0..choices).map(|at| program.cost(at).abs()).fold(0.0, f64::max).max(1e-9);
        let mut chance = 0x2545_f491_4f6c_dd1d_u64;
        let cost = (0..choices)
            .map(|at| {
                // Later choices of a group are a little dearer: of equal ones the first is taken.
                chance ^= chance << 13;
                chance ^= chance >> 7;
                chance ^= chance << 17;
                let order = (at - program.choices_of(program.group_of(at)).start) as f64;
                let share = (chance >> 11) as f64 / (1u64 << 53) as f64;
                program.cost(at) / cost_scale + 1e-7 * (share + order.min(200.0) * 0.02)
            })
            .collect();
        let mut row_scale = vec![0.0f64; rows];
        for at in 0..choices {
            for (row, value) in program.uses(at) {
                row_scale[row] = row_scale[row].max(value.abs());
            }
        }
        row_scale.iter_mut().filter(|scale| **scale == 0.0).for_each(|scale| *scale = 1.0);
        let (mut first, mut entry_rows, mut values) = (vec![0], Vec::new(), Vec::new());
        let mut touching: Vec<Vec<u32>> = vec![Vec::new(); rows];
        for at in 0..choices {
            let group = program.group_of(at) as u32;
            for (row, value) in program.uses(at) {
                entry_rows.push(row as u32);
                values.push(value / row_scale[row]);
                if touching[row].last() != Some(&group) {
                    touching[row].push(group);
                }
            }
            first.push(entry_rows.len());
        }
        let limits = (0..rows).map(|row| program.limit(row) / row_scale[row]).collect();
        let upper = (0..choices).map(|at| program.units(program.group_of(at)) as f64).collect();
        let mut simplex = Self {
            program,
            cost,
            cost_scale,
            first,
            rows: entry_rows,
            values,
            limits,
            touching,
            lower: vec![0.0; choices],
            upper,
            place: vec![LOWER; choices + rows],
            key: vec![0; groups],
            work: Vec::new(),
            places: vec![Vec::new(); groups],
            inverse: Vec::new(),
            at_work: vec![0.0; rows],
            at_key: vec![0.0; groups],
            weight: Vec::new(),
            key_weight: Vec::new(),
            reduced: vec![0.0; choices + rows],
            age: 0,
            pivots: 0,
            ray: Vec::new(),
            bounded: vec![0; groups],
            alpha: Vec::new(),
            spans: Vec::new(),
            stamp: vec![0; groups],
            round: 0,
        };
        simplex.begin();
        simplex
    }

    /// The basis of slacks and cheapest choices.
    fn begin(&mut self) {
        let (choices, rows) = (self.program.choices(), self.limits.len());
        self.place.fill(LOWER);
        for group in 0..self.key.len() {
            let range = self.program.choices_of(group);
            let cheapest = range.min_by(|a, b| self.cost[*a].total_cmp(&self.cost[*b])).unwrap_or_default();
            self.key[group] = cheapest;
            self.place[cheapest] = KEY;
            self.places[group].clear();
        }
        self.work = (choices..choices + rows).collect();
        for row in 0..rows {
            self.place[choices + row] = row as u32;
        }
        self.inverse = vec![0.0; rows * rows];
        for row in 0..rows {
            self.inverse[row * rows + row] = 1.0;
        }
        self.weight = vec![1.0; rows];
        self.key_weight = vec![1.0; self.key.len()];
        self.age = 0;
        self.price();
        self.share();
    }

    /// Shares of units by choice.
    pub fn shares(&self) -> Vec<f64> {
        (0..self.program.choices()).map(|at| self.at(at)).collect()
    }

    fn at(&self, choice: usize) -> f64 {
        match self.place[choice] {
            LOWER => self.lower[choice],
            UPPER => self.upper[choice],
            KEY => self.at_key[self.program.group_of(choice)],
            place => self.at_work[place as usize],
        }
    }

    /// Choices in the basis: the only ones whose share may be a part of a unit.
    pub fn basic(&self) -> impl Iterator<Item = (usize, f64)> {
        let choices = self.program.choices();
        let work = self.work.iter().filter(move |at| **at < choices);
        // Only of a group with a place in the basis can the key's share be broken.
        let keys = self.key.iter().enumerate().filter(|(group, _)| !self.places[*group].is_empty());
        work.copied().chain(keys.map(|(_, key)| *key)).map(|at| (at, self.at(at)))
    }

    fn entries(&self, choice: usize) -> impl Iterator<Item = (usize, f64)> {
        let range = self.first[choice]..self.first[choice + 1];
        self.rows[range.clone()].iter().map(|row| *row as usize).zip(self.values[range].iter().copied())
    }

    fn dot(&self, row: &[f64], choice: usize) -> f64 {
        self.entries(choice).map(|(at, value)| row[at] * value).sum()
    }

    /// Sets the bounds of a choice. The shares are worked out at the next [`Self::solve`].
    pub fn bind(&mut self, choice: usize, lower: f64, upper: f64) {
        let group = self.program.group_of(choice);
        let units = self.program.units(group) as f64;
        let is_bounded = |lower: f64, upper: f64| u32::from(lower > 0.0 || upper < units);
        self.bounded[group] += is_bounded(lower, upper);
        self.bounded[group] -= is_bounded(self.lower[choice], self.upper[choice]);
        self.lower[choice] = lower;
        self.upper[choice] = upper;
    }

    /// The shares in the basis, from the bounds of the others.
    fn share(&mut self) {
        let rows = self.limits.len();
        let choices = self.program.choices();
        let mut rest: Vec<f64> = (0..self.key.len()).map(|group| self.program.units(group) as f64).collect();
        let mut right = self.limits.clone();
        for at in 0..choices {
            let value = match self.place[at] {
                LOWER => self.lower[at],
                UPPER => self.upper[at],
                _ => continue,
            };
            if value != 0.0 {
                rest[self.program.group_of(at)] -= value;
                for (row, entry) in self.entries(at) {
                    right[row] -= entry * value;
                }
            }
        }
        for (group, left) in rest.iter().enumerate().filter(|(_, left)| **left != 0.0) {
            for (row, entry) in self.entries(self.key[group]) {
                right[row] -= entry * left;
            }
        }
        for place in 0..rows {
            let row = &self.inverse[place * rows..(place + 1) * rows];
            self.at_work[place] = row.iter().zip(&right).map(|(a, b)| a * b).sum();
        }
        self.at_key.copy_from_slice(&rest);
        for place in 0..rows {
            if self.work[place] < choices {
                self.at_key[self.program.group_of(self.work[place])] -= self.at_work[place];
            }
        }
    }

    /// The multipliers of the rows.
    fn multipliers(&self) -> Vec<f64> {
        let rows = self.limits.len();
        let mut multipliers = vec![0.0; rows];
        for place in 0..rows {
            let at = self.work[place];
            if at >= self.program.choices() {
                continue;
            }
            let cost = self.cost[at] - self.cost[self.key[self.program.group_of(at)]];
            if cost != 0.0 {
                let row = &self.inverse[place * rows..(place + 1) * rows];
                multipliers.iter_mut().zip(row).for_each(|(sum, value)| *sum += cost * value);
            }
        }
        multipliers
    }

    /// The reduced costs, from the basis.
    fn price(&mut self) {
        let multipliers = self.multipliers();
        let choices = self.program.choices();
        for group in 0..self.key.len() {
            let key = self.key[group];
            let base = self.cost[key] - self.dot(&multipliers, key);
            for at in self.program.choices_of(group) {
                let basic = self.place[at] < UPPER;
                self.reduced[at] =
                    if basic { 0.0 } else { self.cost[at] - self.dot(&multipliers, at) - base };
            }
        }
        for (row, value) in multipliers.iter().enumerate() {
            self.reduced[choices + row] = if self.place[choices + row] == LOWER { -value } else { 0.0 };
        }
        // A change of bounds may have left a choice where its reduced cost is of the wrong sign: it goes to its other bound.
        for at in 0..choices {
            match self.place[at] {
                LOWER if self.reduced[at] < -DUAL => self.place[at] = UPPER,
                UPPER if self.reduced[at] > DUAL => self.place[at] = LOWER,
                _ => {}
            }
        }
    }

    /// The column of a variable, its group's key's taken off.
    fn column(&self, at: usize, into: &mut [f64]) {
        into.fill(0.0);
        if at >= self.program.choices() {
            into[at - self.program.choices()] = 1.0;
            return;
        }
        for (row, value) in self.entries(at) {
            into[row] += value;
        }
        for (row, value) in self.entries(self.key[self.program.group_of(at)]) {
            into[row] -= value;
        }
    }

    /// The inverse of the basis times a column.
    fn forward(&self, at: usize) -> Vec<f64> {
        let rows = self.limits.len();
        let mut column = vec![0.0; rows];
        self.column(at, &mut column);
        let entries: Vec<(usize, f64)> =
            column.into_iter().enumerate().filter(|(_, value)| *value != 0.0).collect();
        (0..rows)
            .map(|place| {
                let row = &self.inverse[place * rows..(place + 1) * rows];
                entries.iter().map(|(at, value)| row[*at] * value).sum()
            })
            .collect()
    }

    /// Makes the inverse anew. A basis that has none is given up for the first one.
    fn refresh(&mut self) {
        let rows = self.limits.len();
        let mut matrix = vec![0.0; rows * rows];
        let mut column = vec![0.0; rows];
        for place in 0..rows {
            self.column(self.work[place], &mut column);
            for row in 0..rows {
                matrix[row * rows + place] = column[row];
            }
        }
        match invert(&mut matrix, rows) {
            Some(inverse) => {
                self.inverse = inverse;
                self.age = 0;
                self.price();
                self.share();
            }
            None => self.begin(),
        }
    }

    /// The most infeasible variable in the basis: at a place, or the key of a group.
    fn leaving(&self) -> Option<Leaving> {
        let choices = self.program.choices();
        let mut best: Option<(f64, Leaving)> = None;
        let mut look = |at: usize, value: f64, weight: f64, place: Option<usize>| {
            let (lower, upper) =
                if at < choices { (self.lower[at], self.upper[at]) } else { (0.0, f64::INFINITY) };
            let tolerance = PRIMAL * (1.0 + 1e-3 * value.abs());
            let (over, bound) = if value < lower - tolerance {
                (lower - value, lower)
            } else if value > upper + tolerance {
                (value - upper, upper)
            } else {
                return;
            };
            let score = over * over / weight;
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, Leaving { at, place, value, bound, below: value < lower }));
            }
        };
        for (place, &at) in self.work.iter().enumerate() {
            look(at, self.at_work[place], self.weight[place], Some(place));
        }
        for (group, &at) in self.key.iter().enumerate() {
            look(at, self.at_key[group], self.key_weight[group], None);
        }
        best.map(|(_, leaving)| leaving)
    }

    /// Finds the cheapest shares within the bounds.
    pub fn solve(&mut self, limits: &Limits<'_>) -> Ended {
        self.price();
        self.share();
        let most = 20_000 + 50 * (self.limits.len() as u64 + self.key.len() as u64);
        let begun = self.pivots;
        let mut doubted = false;
        loop {
            if self.pivots - begun > most || (self.pivots.is_multiple_of(64) && limits.is_over()) {
                return Ended::Stalled;
            }
            if self.age >= FRESH {
                self.refresh();
            }
            let Some(leaving) = self.leaving() else {
                if self.age > 0 {
                    // Optimal by numbers that have been carried along: once more by fresh ones.
                    self.refresh();
                    if self.leaving().is_some() {
                        continue;
                    }
                }
                return Ended::Optimal;
            };
            let row = self.row(&leaving);
            let leaving = self.pass(leaving, &row);
            let Some(entering) = self.entering(&leaving) else {
                self.ray = row.iter().map(|value| if leaving.below { -value } else { *value }).collect();
                if self.is_proof() {
                    return Ended::Infeasible;
                }
                if self.age > 0 {
                    self.refresh();
                    continue;
                }
                return Ended::Stalled;
            };
            let column = self.forward(entering.0);
            let pivot = self.pivot_of(&leaving, entering.0, &column);
            if (pivot - entering.1).abs() > 1e-6 * (1.0 + pivot.abs()) || pivot.abs() < PIVOT / 10.0 {
                if self.age > 0 && !doubted {
                    doubted = true;
                    self.refresh();
                    continue;
                }
                if self.age == 0 && doubted {
                    return Ended::Stalled;
                }
                doubted = true;
                self.refresh();
                continue;
            }
            doubted = false;
            self.step(&leaving, entering.0, pivot, column);
            self.pivots += 1;
            self.age += 1;
        }
    }

    /// The leaving variable's row of the inverse.
    fn row(&self, leaving: &Leaving) -> Vec<f64> {
        let rows = self.limits.len();
        match leaving.place {
            Some(place) => self.inverse[place * rows..(place + 1) * rows].to_vec(),
            None => {
                let mut sum = vec![0.0; rows];
                for &place in &self.places[self.program.group_of(leaving.at)] {
                    let row = &self.inverse[place as usize * rows..(place as usize + 1) * rows];
                    sum.iter_mut().zip(row).for_each(|(sum, value)| *sum -= value);
                }
                sum
            }
        }
    }

    /// The entering variable's entry in the leaving one's row, from its column.
    fn pivot_of(&self, leaving: &Leaving, entering: usize, column: &[f64]) -> f64 {
        match leaving.place {
            Some(place) => column[place],
            None => {
                let group = self.program.group_of(leaving.at);
                let own = entering < self.program.choices() && self.program.group_of(entering) == group;
                let sum: f64 = self.places[group].iter().map(|place| column[*place as usize]).sum();
                f64::from(u8::from(own)) - sum
            }
        }
    }

    /// Puts one variable in the basis in place of another.
    fn step(&mut self, leaving: &Leaving, entering: usize, pivot: f64, column: Vec<f64>) {
        let choices = self.program.choices();
        let rows = self.limits.len();
        // Reduced costs.
        let ratio = self.reduced[entering] / pivot;
        let alpha = std::mem::take(&mut self.alpha);
        for &(at, value) in &alpha {
            self.reduced[at as usize] -= ratio * value;
        }
        self.alpha = alpha;
        self.reduced[entering] = 0.0;
        self.reduced[leaving.at] = -ratio;
        // Shares and weights.
        let by = (leaving.value - leaving.bound) / pivot;
        let start = if entering >= choices {
            0.0
        } else if self.place[entering] == LOWER {
            self.lower[entering]
        } else {
            self.upper[entering]
        };
        let value = start + by;
        let own = (entering < choices).then(|| self.program.group_of(entering));
        let weight = match leaving.place {
            Some(place) => self.weight[place],
            None => self.key_weight[self.program.group_of(leaving.at)],
        };
        let mut of_keys: Vec<(usize, f64)> = Vec::new();
        for (place, entry) in column.iter().copied().enumerate().filter(|(_, entry)| *entry != 0.0) {
            self.at_work[place] -= by * entry;
            let scaled = entry / pivot;
            self.weight[place] = self.weight[place].max(scaled * scaled * weight);
            if self.work[place] < choices {
                of_keys.push((self.program.group_of(self.work[place]), -entry));
            }
        }
        if let Some(group) = own {
            of_keys.push((group, 1.0));
        }
        of_keys.sort_by_key(|(group, _)| *group);
        for of_one in of_keys.chunk_by(|a, b| a.0 == b.0) {
            let Some((group, _)) = of_one.first() else { continue };
            let entry: f64 = of_one.iter().map(|(_, entry)| entry).sum();
            self.at_key[*group] -= by * entry;
            let scaled = entry / pivot;
            self.key_weight[*group] = self.key_weight[*group].max(scaled * scaled * weight);
        }
        let entering_weight = (weight / (pivot * pivot)).max(1.0);
        // Where the leaving variable goes.
        let upper = leaving.at < choices && !leaving.below;
        let gone = if upper { UPPER } else { LOWER };
        let place = match leaving.place {
            Some(place) => place,
            None => {
                let group = self.program.group_of(leaving.at);
                match self.places[group].first().copied() {
                    // The group's key alone: the entering choice becomes the key.
                    None => {
                        self.place[leaving.at] = gone;
                        self.key[group] = entering;
                        self.place[entering] = KEY;
                        self.at_key[group] = value;
                        self.key_weight[group] = entering_weight;
                        return;
                    }
                    // Another choice of the group becomes its key, and the old key takes its place in the basis.
                    Some(place) => {
                        let place = place as usize;
                        let mut sum = vec![0.0; rows];
                        for &other in &self.places[group] {
                            let row = &self.inverse[other as usize * rows..(other as usize + 1) * rows];
                            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum -= value);
                        }
                        self.inverse[place * rows..(place + 1) * rows].copy_from_slice(&sum);
                        let new = self.work[place];
                        self.key[group] = new;
                        self.place[new] = KEY;
                        self.at_key[group] = self.at_work[place];
                        self.key_weight[group] = self.weight[place];
                        self.work[place] = leaving.at;
                        place
                    }
                }
            }
        };
        if leaving.at < choices {
            let group = self.program.group_of(leaving.at);
            self.places[group].retain(|other| *other as usize != place);
        }
        self.place[leaving.at] = gone;
        self.work[place] = entering;
        self.place[entering] = place as u32;
        self.at_work[place] = value;
        self.weight[place] = entering_weight;
        if let Some(group) = own {
            self.places[group].push(place as u32);
        }
        // The inverse: the leaving row is divided, and taken off the others. Where a key was exchanged its row of the column is
        // the pivot, and the others stay as they are.
        let mut pivot_row: Vec<f64> = self.inverse[place * rows..(place + 1) * rows].to_vec();
        pivot_row.iter_mut().for_each(|value| *value /= pivot);
        let entries: Vec<(usize, f64)> =
            pivot_row.iter().copied().enumerate().filter(|(_, value)| *value != 0.0).collect();
        for other in (0..rows).filter(|other| *other != place && column[*other] != 0.0) {
            let factor = column[other];
            let row = &mut self.inverse[other * rows..(other + 1) * rows];
            for (at, value) in &entries {
                row[*at] -= factor * value;
            }
        }
        self.inverse[place * rows..(place + 1) * rows].copy_from_slice(&pivot_row);
    }
}

/// The variable that leaves the basis.
struct Leaving {
    at: usize,
    /// Its place; a key has none.
    place: Option<usize>,
    value: f64,
    bound: f64,
    below: bool,
}
