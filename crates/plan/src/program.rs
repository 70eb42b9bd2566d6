//! The mathematical form of a plan: groups of like units, each unit with one choice, and rows that choices use up.
//!
//! Each group has so many units, and each unit takes exactly one of the group's choices (stay as it is, or a candidate in a
//! period). A choice has a cost a unit, and uses up rows: crews of a region in a period, a vendor's capacity, a budget, a cap.
//! No row may be used beyond its limit; uses may be negative, which turns a row into "at least". A question of yes or no is
//! a group of one unit. Every plan has this form, and its solvers may rely on it.

#![expect(clippy::indexing_slicing, reason = "indices are handed out by the program itself")]

use std::ops::Range;

/// A program: what to decide, and what bounds it.
#[derive(Clone, Debug, Default)]
pub struct Program {
    units: Vec<u64>,
    /// The first choice of each group, and the number of choices.
    starts: Vec<usize>,
    cost: Vec<f64>,
    group: Vec<u32>,
    /// The first entry of each choice, and the number of entries.
    entries: Vec<usize>,
    rows: Vec<u32>,
    values: Vec<f64>,
    limits: Vec<f64>,
}

impl Program {
    /// An empty program.
    pub fn new() -> Self {
        Self { starts: vec![0], entries: vec![0], ..Self::default() }
    }

    /// Adds a row that may be used up to its limit.
    pub fn add_row(&mut self, limit: f64) -> usize {
        self.limits.push(limit);
        self.limits.len() - 1
    }

    /// Begins a group of so many units; the choices that are added next are its own.
    pub fn add_group(&mut self, units: u64) -> usize {
        self.units.push(units);
        self.starts.push(self.cost.len());
        self.units.len() - 1
    }

    /// Adds a choice to the group that was begun last: what a unit costs, and what it uses of which rows. Every row at most once.
    pub fn add_choice(&mut self, cost: f64, uses: &[(usize, f64)]) -> usize {
        self.cost.push(cost);
        self.group.push(self.units.len().saturating_sub(1) as u32);
        for &(row, value) in uses.iter().filter(|(_, value)| *value != 0.0) {
            self.rows.push(row as u32);
            self.values.push(value);
        }
        self.entries.push(self.rows.len());
        if let Some(last) = self.starts.last_mut() {
            *last = self.cost.len();
        }
        self.cost.len() - 1
    }

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.units.len()
    }

    /// How many choices there are in all.
    pub fn choices(&self) -> usize {
        self.cost.len()
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.limits.len()
    }

    /// Units of a group.
    pub fn units(&self, group: usize) -> u64 {
        self.units[group]
    }

    /// The choices of a group.
    pub fn choices_of(&self, group: usize) -> Range<usize> {
        self.starts[group]..self.starts[group + 1]
    }

    /// The group of a choice.
    pub fn group_of(&self, choice: usize) -> usize {
        self.group[choice] as usize
    }

    /// What a unit costs by this choice.
    pub fn cost(&self, choice: usize) -> f64 {
        self.cost[choice]
    }

    /// The limit of a row.
    pub fn limit(&self, row: usize) -> f64 {
        self.limits[row]
    }

    /// What a unit uses of which rows by this choice.
    pub fn uses(&self, choice: usize) -> impl Iterator<Item = (usize, f64)> {
        let range = self.entries[choice]..self.entries[choice + 1];
        self.rows[range.clone()].iter().map(|row| *row as usize).zip(self.values[range].iter().copied())
    }

    /// What all units cost together.
    pub fn total(&self, taken: &[u64]) -> f64 {
        self.cost.iter().zip(taken).map(|(cost, units)| cost * *units as f64).sum()
    }

    /// Why these numbers of units by choice are no answer: the first group that is not shared out, or row that is used beyond
    /// its limit. Numbers are compared with a tolerance of one in 10^9 of what a row uses.
    pub fn fault(&self, taken: &[u64]) -> Option<String> {
        if taken.len() != self.choices() {
            return Some(format!("{} numbers for {} choices", taken.len(), self.choices()));
        }
        for group in 0..self.groups() {
            let sum: u64 = taken[self.choices_of(group)].iter().sum();
            if sum != self.units[group] {
                return Some(format!("group {group} has {} units, {sum} are shared out", self.units[group]));
            }
        }
        let (mut used, mut size) = (vec![0.0; self.rows()], vec![1.0; self.rows()]);
        for (choice, units) in taken.iter().enumerate().filter(|(_, units)| **units > 0) {
            for (row, value) in self.uses(choice) {
                used[row] += value * *units as f64;
                size[row] += value.abs() * *units as f64;
            }
        }
        let over = (0..self.rows()).find(|row| used[*row] > self.limits[*row] + 1e-9 * size[*row])?;
        Some(format!("row {over} has {}, {} are used", self.limits[over], used[over]))
    }

    /// The program as a file in free MPS form, which other solvers read.
    pub fn to_mps(&self) -> String {
        use std::fmt::Write as _;
        let mut text = "NAME plan\nROWS\n N cost\n".to_owned();
        // Writing to a String does not fail.
        for row in 0..self.rows() {
            let _ = writeln!(text, " L r{row}");
        }
        for group in 0..self.groups() {
            let _ = writeln!(text, " E g{group}");
        }
        text.push_str("COLUMNS\n M1 'MARKER' 'INTORG'\n");
        for choice in 0..self.choices() {
            let _ = writeln!(text, " x{choice} cost {} g{} 1", self.cost[choice], self.group[choice]);
            for (row, value) in self.uses(choice) {
                let _ = writeln!(text, " x{choice} r{row} {value}");
            }
        }
        text.push_str(" M2 'MARKER' 'INTEND'\nRHS\n");
        for (row, limit) in self.limits.iter().enumerate() {
            let _ = writeln!(text, " b r{row} {limit}");
        }
        for (group, units) in self.units.iter().enumerate() {
            let _ = writeln!(text, " b g{group} {units}");
        }
        text.push_str("BOUNDS\n");
        for choice in 0..self.choices() {
            let _ = writeln!(text, " UP u x{choice} {}", self.units[self.group_of(choice)]);
        }
        text.push_str("ENDATA\n");
        text
    }
}
