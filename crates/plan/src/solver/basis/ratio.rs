//! Which variable enters the basis, and which choices are passed on the way.
//!
//! As the multipliers move along the leaving variable's row, the reduced cost of one choice after the other becomes zero. The first
//! could enter. But where a group has nothing in the basis but its key, all of its units can go over to that choice, which becomes
//! the key; the leaving variable's infeasibility shrinks by what that moves, and the multipliers go on. So one step does what would
//! else be as many steps as there are groups.

#![expect(clippy::indexing_slicing, reason = "choices, groups and rows are handed out by the program")]

use super::{DUAL, KEY, LOWER, Leaving, PIVOT, Simplex, UPPER};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A choice whose reduced cost becomes zero: when, which span of the row it stands in, where in the row.
#[derive(PartialEq)]
struct Turn {
    ratio: f64,
    span: usize,
    entry: usize,
}

impl Eq for Turn {}

impl Ord for Turn {
    /// The greatest comes first: the least ratio.
    fn cmp(&self, other: &Self) -> Ordering {
        other.ratio.total_cmp(&self.ratio).then(other.entry.cmp(&self.entry))
    }
}

impl PartialOrd for Turn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Simplex<'_> {
    /// The row of the leaving variable over all others.
    fn spread(&mut self, leaving: &Leaving, row: &[f64]) {
        let choices = self.program.choices();
        let own = leaving.place.is_none().then(|| self.program.group_of(leaving.at));
        self.round += 1;
        let round = self.round;
        let mut groups: Vec<u32> = own.iter().map(|group| *group as u32).collect();
        if let Some(group) = own {
            self.stamp[group] = round;
        }
        for at in (0..row.len()).filter(|at| row[*at] != 0.0) {
            for &group in &self.touching[at] {
                if self.stamp[group as usize] != round {
                    self.stamp[group as usize] = round;
                    groups.push(group);
                }
            }
        }
        let mut alpha = std::mem::take(&mut self.alpha);
        let mut spans = std::mem::take(&mut self.spans);
        alpha.clear();
        spans.clear();
        for &group in &groups {
            let begin = alpha.len();
            let base =
                self.dot(row, self.key[group as usize]) - f64::from(u8::from(own == Some(group as usize)));
            for at in self.program.choices_of(group as usize) {
                if self.place[at] < UPPER {
                    continue;
                }
                let value = self.dot(row, at) - base;
                if value.abs() > 1e-11 {
                    alpha.push((at as u32, value));
                }
            }
            spans.push((group, begin, alpha.len()));
        }
        for (at, value) in row.iter().enumerate() {
            if self.place[choices + at] == LOWER && value.abs() > 1e-11 {
                alpha.push(((choices + at) as u32, *value));
            }
        }
        self.alpha = alpha;
        self.spans = spans;
    }

    /// Whether a variable may enter, with its entry in the row of the leaving one.
    fn may(&self, leaving: &Leaving, at: usize, value: f64) -> bool {
        let value = if leaving.below { -value } else { value };
        if at < self.program.choices() && self.upper[at] - self.lower[at] < 0.5 {
            return false;
        }
        if self.place[at] == LOWER { value > PIVOT } else { value < -PIVOT }
    }

    /// Passes the choices that become the keys of their groups before the leaving variable has reached its bound.
    pub(super) fn pass(&mut self, leaving: Leaving, row: &[f64]) -> Leaving {
        self.spread(&leaving, row);
        let sign = if leaving.below { -1.0 } else { 1.0 };
        let own = leaving.place.is_none().then(|| self.program.group_of(leaving.at));
        let mut stop = f64::INFINITY;
        let mut turns = BinaryHeap::new();
        let mut first_slack = 0;
        for (span, &(group, begin, end)) in self.spans.iter().enumerate() {
            first_slack = end;
            let group = group as usize;
            let entries = &self.alpha[begin..end];
            let alone = own != Some(group)
                && self.places[group].is_empty()
                && self.bounded[group] == 0
                && entries.iter().all(|(at, _)| self.place[*at as usize] == LOWER);
            let mut least = Turn { ratio: f64::INFINITY, span, entry: usize::MAX };
            for (entry, &(at, value)) in (begin..end).zip(entries) {
                if self.may(&leaving, at as usize, value) {
                    let ratio = self.reduced[at as usize].abs() / value.abs();
                    if ratio < least.ratio {
                        least = Turn { ratio, span, entry };
                    }
                }
            }
            if alone && least.ratio.is_finite() {
                turns.push(least);
            } else {
                stop = stop.min(least.ratio);
            }
        }
        for &(at, value) in &self.alpha[first_slack..] {
            if self.may(&leaving, at as usize, value) {
                stop = stop.min(self.reduced[at as usize].abs() / value.abs());
            }
        }
        let mut slope = (leaving.value - leaving.bound).abs();
        // By span: the entry whose choice is the key after what was passed.
        let mut keys: Vec<(usize, usize)> = Vec::new();
        let mut current: Vec<Option<usize>> = vec![None; self.spans.len()];
        while let Some(turn) = turns.pop() {
            if turn.ratio >= stop {
                break;
            }
            let (group, begin, end) = self.spans[turn.span];
            let (at, value) = self.alpha[turn.entry];
            let base_value = current[turn.span].map_or(0.0, |entry: usize| self.alpha[entry].1 * sign);
            let units = self.program.units(group as usize) as f64;
            let gain = (value * sign - base_value) * units;
            if slope - gain <= 1e-9 * (1.0 + slope) {
                break;
            }
            slope -= gain;
            current[turn.span] = Some(turn.entry);
            keys.push((turn.span, turn.entry));
            // The next choice of the group that becomes cheaper than this one.
            let (value, cost) = (value * sign, self.reduced[at as usize]);
            let mut next = Turn { ratio: f64::INFINITY, span: turn.span, entry: usize::MAX };
            for (entry, &(other, other_value)) in (begin..end).zip(&self.alpha[begin..end]) {
                let steeper = other_value * sign - value;
                if steeper > PIVOT {
                    let ratio = ((self.reduced[other as usize] - cost) / steeper).max(turn.ratio);
                    if ratio < next.ratio {
                        next = Turn { ratio, span: turn.span, entry };
                    }
                }
            }
            if next.ratio.is_finite() {
                turns.push(next);
            }
        }
        if keys.is_empty() {
            return leaving;
        }
        let mut moved = vec![0.0; row.len()];
        for (span, entry) in keys {
            // Only the last of a group counts.
            if current[span] == Some(entry) {
                let (group, ..) = self.spans[span];
                let (at, _) = self.alpha[entry];
                self.exchange(group as usize, at as usize, &mut moved);
            }
        }
        let rows = row.len();
        let entries: Vec<(usize, f64)> =
            moved.into_iter().enumerate().filter(|(_, value)| *value != 0.0).collect();
        for place in 0..rows {
            let of_place = &self.inverse[place * rows..(place + 1) * rows];
            let by: f64 = entries.iter().map(|(at, value)| of_place[*at] * value).sum();
            if by != 0.0 {
                self.at_work[place] -= by;
                if self.work[place] < self.program.choices() {
                    self.at_key[self.program.group_of(self.work[place])] += by;
                }
            }
        }
        let value = match leaving.place {
            Some(place) => self.at_work[place],
            None => self.at_key[self.program.group_of(leaving.at)],
        };
        self.spread(&leaving, row);
        Leaving { value, ..leaving }
    }

    /// Makes a choice the key of a group that has nothing else in the basis, and adds what that uses more of each row.
    fn exchange(&mut self, group: usize, new: usize, moved: &mut [f64]) {
        let old = self.key[group];
        let units = self.at_key[group];
        for (sign, choice) in [(units, new), (-units, old)] {
            let range = self.first[choice]..self.first[choice + 1];
            for (row, value) in self.rows[range.clone()].iter().zip(&self.values[range]) {
                moved[*row as usize] += sign * value;
            }
        }
        let base = self.reduced[new];
        for at in self.program.choices_of(group) {
            self.reduced[at] -= base;
        }
        self.reduced[new] = 0.0;
        self.key[group] = new;
        self.place[new] = KEY;
        self.place[old] = LOWER;
        self.key_weight[group] = 1.0;
    }

    /// The variable that enters, with its entry in the leaving one's row; `None` when no variable can.
    pub(super) fn entering(&self, leaving: &Leaving) -> Option<(usize, f64)> {
        let mut most = f64::INFINITY;
        for &(at, value) in &self.alpha {
            if self.may(leaving, at as usize, value) {
                most = most.min((self.reduced[at as usize].abs() + DUAL) / value.abs());
            }
        }
        let mut best: Option<(usize, f64)> = None;
        for &(at, value) in &self.alpha {
            if self.may(leaving, at as usize, value)
                && self.reduced[at as usize].abs() / value.abs() <= most
                && best.is_none_or(|(_, known)| value.abs() > known.abs())
            {
                best = Some((at as usize, value));
            }
        }
        best
    }
}
