//! Answers in whole numbers, made from shares and made cheaper by exchanges.
//!
//! Rounding takes the whole part of every share, and puts the units that are left where they cost least by the relaxation's
//! multipliers and where the rows have room. Exchanges move units of one group from a choice to a cheaper one while the rows
//! have room; where one row alone is in the way, a unit of another group that uses it makes room, when the two together are
//! cheaper. Neither proves anything: what they make is checked like any other answer.

#![expect(clippy::indexing_slicing, reason = "choices, groups and rows are handed out by the program")]

use crate::program::Program;

/// Room that rows have left.
struct Room<'a> {
    program: &'a Program,
    left: Vec<f64>,
    /// What rounding errors may make of each row.
    slack: Vec<f64>,
}

impl<'a> Room<'a> {
    fn of(program: &'a Program, taken: &[u64]) -> Self {
        let mut left: Vec<f64> = (0..program.rows()).map(|row| program.limit(row)).collect();
        let mut size = vec![1.0; program.rows()];
        for (choice, units) in taken.iter().enumerate().filter(|(_, units)| **units > 0) {
            for (row, value) in program.uses(choice) {
                left[row] -= value * *units as f64;
                size[row] += value.abs() * *units as f64;
            }
        }
        Self { program, left, slack: size.into_iter().map(|size| 1e-10 * size).collect() }
    }

    fn put(&mut self, choice: usize, units: f64) {
        for (row, value) in self.program.uses(choice) {
            self.left[row] -= value * units;
        }
    }

    fn has(&self, choice: usize) -> bool {
        self.program
            .uses(choice)
            .all(|(row, value)| value <= 0.0 || value <= self.left[row] + self.slack[row])
    }

    /// How many units can go from one choice to another, up to `most`, and the row that is in the way of more.
    fn moves(&self, from: usize, to: usize, most: u64) -> (u64, Option<usize>) {
        let mut units = most;
        let mut way = None;
        for (row, value) in self.program.uses(to) {
            let back: f64 =
                self.program.uses(from).filter(|(at, _)| *at == row).map(|(_, value)| value).sum();
            let net = value - back;
            if net > 0.0 {
                let fits = ((self.left[row] + self.slack[row]) / net).floor().max(0.0) as u64;
                if fits < units {
                    units = fits;
                    way = Some(row);
                }
            }
        }
        // Rows that only the one left uses, and uses negatively.
        for (row, value) in self.program.uses(from).filter(|(_, value)| *value < 0.0) {
            if self.program.uses(to).all(|(at, _)| at != row) {
                let fits = ((self.left[row] + self.slack[row]) / -value).floor().max(0.0) as u64;
                if fits < units {
                    units = fits;
                    way = Some(row);
                }
            }
        }
        (units, way)
    }
}

/// Whole numbers from shares; `None` when the units that are left find no room.
pub(super) fn rounded(program: &Program, shares: &[f64], price: &[f64]) -> Option<Vec<u64>> {
    let mut taken: Vec<u64> = shares.iter().map(|share| (share + 1e-6).floor().max(0.0) as u64).collect();
    let mut room = Room::of(program, &taken);
    let mut rest: Vec<(usize, u64)> = Vec::new();
    for group in 0..program.groups() {
        let sum: u64 = taken[program.choices_of(group)].iter().sum();
        match program.units(group).checked_sub(sum) {
            Some(0) => {}
            Some(left) => rest.push((group, left)),
            None => return None,
        }
    }
    // Groups with the most to lose first: the difference between their cheapest choice and the next.
    let regret = |group: usize| {
        let (mut first, mut second) = (f64::INFINITY, f64::INFINITY);
        for at in program.choices_of(group) {
            if price[at] < first {
                (first, second) = (price[at], first);
            } else {
                second = second.min(price[at]);
            }
        }
        if second.is_finite() { second - first } else { f64::INFINITY }
    };
    rest.sort_by(|a, b| regret(b.0).total_cmp(&regret(a.0)).then(a.0.cmp(&b.0)));
    for (group, left) in rest {
        let mut order: Vec<usize> = program.choices_of(group).collect();
        order.sort_by(|a, b| {
            let key = |at: usize| price[at] - 1e-9 * shares[at].fract() * price[at].abs();
            key(*a).total_cmp(&key(*b)).then(a.cmp(b))
        });
        for _ in 0..left {
            let at = order.iter().copied().find(|at| room.has(*at))?;
            taken[at] += 1;
            room.put(at, 1.0);
        }
    }
    // A row of "at least" that rounding down left short is seen here.
    program.fault(&taken).is_none().then_some(taken)
}

/// How often all groups are gone through.
const ROUNDS: usize = 12;
/// Groups of which a unit may make room, looked at for each row.
const HELPERS: usize = 400;
/// How many exchanges of two groups are looked at in all.
const LOOKS: usize = 400_000;

/// Makes an answer cheaper by exchanges, in place.
pub(super) fn exchange(program: &Program, taken: &mut [u64]) {
    let mut room = Room::of(program, taken);
    let mut users: Vec<Vec<u32>> = vec![Vec::new(); program.rows()];
    for choice in 0..program.choices() {
        for (row, _) in program.uses(choice).filter(|(_, value)| *value > 0.0) {
            users[row].push(choice as u32);
        }
    }
    let mut looks = 0;
    for _ in 0..ROUNDS {
        let mut better = false;
        for group in 0..program.groups() {
            let range = program.choices_of(group);
            for from in range.clone() {
                if taken[from] == 0 {
                    continue;
                }
                for to in range.clone() {
                    let saves = program.cost(from) - program.cost(to);
                    if taken[from] == 0 || saves <= 0.0 {
                        continue;
                    }
                    let (units, way) = room.moves(from, to, taken[from]);
                    if units > 0 {
                        taken[from] -= units;
                        taken[to] += units;
                        room.put(from, -(units as f64));
                        room.put(to, units as f64);
                        better = true;
                    } else if let Some(row) = way
                        && looks < LOOKS
                        && let Some((other, elsewhere)) =
                            help(program, taken, &mut room, &users[row], (from, to), &mut looks)
                    {
                        for (at, by) in [(from, -1i64), (to, 1), (other, -1), (elsewhere, 1)] {
                            taken[at] = taken[at].saturating_add_signed(by);
                            room.put(at, by as f64);
                        }
                        better = true;
                    }
                }
            }
        }
        if !better {
            break;
        }
    }
}

/// A unit of another group that makes room in a row for a move, and is cheaper together with it.
fn help(
    program: &Program,
    taken: &[u64],
    room: &mut Room<'_>,
    users: &[u32],
    (from, to): (usize, usize),
    looks: &mut usize,
) -> Option<(usize, usize)> {
    let group = program.group_of(from);
    let saves = program.cost(from) - program.cost(to);
    let mut best: Option<(f64, usize, usize)> = None;
    room.put(from, -1.0);
    room.put(to, 1.0);
    let standing = users.iter().map(|at| *at as usize).filter(|at| taken[*at] > 0);
    for other in standing.filter(|at| program.group_of(*at) != group).take(HELPERS) {
        for elsewhere in program.choices_of(program.group_of(other)).filter(|at| *at != other) {
            *looks += 1;
            let more = program.cost(elsewhere) - program.cost(other);
            if more >= saves || best.is_some_and(|(known, ..)| more >= known) {
                continue;
            }
            // What would be over its limit after both moves.
            room.put(other, -1.0);
            room.put(elsewhere, 1.0);
            let touched = [from, to, other, elsewhere];
            let fits = touched
                .iter()
                .flat_map(|at| program.uses(*at))
                .all(|(row, _)| room.left[row] >= -room.slack[row]);
            room.put(other, 1.0);
            room.put(elsewhere, -1.0);
            if fits {
                best = Some((more, other, elsewhere));
            }
        }
    }
    room.put(from, 1.0);
    room.put(to, -1.0);
    best.map(|(_, other, elsewhere)| (other, elsewhere))
}
