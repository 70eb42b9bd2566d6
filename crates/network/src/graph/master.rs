//! Sets of labels, each of which has to be hit, and a bound on how many labels that takes.
//!
//! The bound is that of the linear relaxation, approached from below by subgradients of its Lagrangian (Held, Wolfe and
//! Crowder, Mathematical Programming 6, 1974; for covering: Beasley, European Journal of Operational Research 31(1), 1987):
//! a price for each set, such that what a label's sets cost together beyond 1 is given back. Any prices bound from below,
//! so they are searched for in floating point and then rounded to 2^-20, and the bound that counts is added up exactly.

#![expect(
    clippy::indexing_slicing,
    reason = "rows and labels are numbered here, and every table has a row for each"
)]

use super::bits::Bits;

/// Sets that have to be hit, with the prices that bounded best.
pub(super) struct Master {
    rows: Vec<Bits>,
    prices: Vec<f64>,
    labels: usize,
}

/// What has to be hit below a node of the search: rows without the labels that are barred.
pub(super) struct Open {
    rows: Vec<usize>,
    first: Vec<usize>,
    labels: Vec<u32>,
}

/// What remains of the rows.
pub(super) enum Rest {
    /// One cannot be hit any more.
    Unhit,
    /// One can be hit in one way only.
    Forced(usize),
    /// These.
    Open(Open),
}

/// What can be taken next.
pub(super) enum Choice {
    /// All rows are hit.
    Hit,
    /// They cannot be.
    Nothing,
    /// One of these.
    Among(Bits),
}

/// A bound from below.
pub(super) struct Bound {
    /// Labels that it takes.
    pub(super) least: usize,
    /// Labels that no better solution has.
    pub(super) never: Vec<usize>,
    /// A label that every better solution has.
    pub(super) always: Option<usize>,
    /// By label, what is left of its cost when its rows are paid for.
    pub(super) costs: Vec<f64>,
}

/// The unit in which bounds are exact.
const UNIT: f64 = (1 << 20) as f64;

impl Master {
    pub(super) fn new(labels: usize) -> Self {
        Self { rows: Vec::new(), prices: Vec::new(), labels }
    }

    /// A further set; those that hold all of it say nothing more.
    pub(super) fn add(&mut self, row: Bits) {
        let mut at = 0;
        while at < self.rows.len() {
            if row.within(&self.rows[at]) {
                self.rows.swap_remove(at);
                self.prices.swap_remove(at);
            } else {
                at += 1;
            }
        }
        self.rows.push(row);
        self.prices.push(0.0);
    }

    /// What these labels leave unhit.
    pub(super) fn rest(&self, taken: &Bits, barred: &Bits) -> Rest {
        let mut open = Open { rows: Vec::new(), first: vec![0], labels: Vec::new() };
        for (index, row) in self.rows.iter().enumerate() {
            if row.meets(taken) {
                continue;
            }
            let start = open.labels.len();
            open.labels.extend(row.without(barred).iter().map(|label| label as u32));
            match open.labels.len() - start {
                0 => return Rest::Unhit,
                1 => return Rest::Forced(open.labels[start] as usize),
                _ => {
                    open.rows.push(index);
                    open.first.push(open.labels.len());
                }
            }
        }
        Rest::Open(open)
    }

    /// Labels of which any better solution has one, when at most `room` further ones may be taken.
    pub(super) fn choice(&self, taken: &Bits, barred: &Bits, room: usize) -> Choice {
        let mut among: Option<Bits> = None;
        let mut shortest = usize::MAX;
        for row in self.rows.iter().filter(|row| !row.meets(taken)) {
            match &mut among {
                _ if room == 0 => return Choice::Nothing,
                Some(among) if room == 1 => {
                    among.keep(row);
                    if among.is_empty() {
                        return Choice::Nothing;
                    }
                }
                _ => {
                    let length = row.len_without(barred);
                    if length < shortest {
                        shortest = length;
                        among = Some(row.without(barred));
                    }
                }
            }
            if shortest == 0 {
                return Choice::Nothing;
            }
        }
        among.map_or(Choice::Hit, Choice::Among)
    }

    /// By label, how many rows have it, below zero.
    pub(super) fn loads(&self) -> Vec<f64> {
        let mut loads = vec![0.0; self.labels];
        self.rows.iter().flat_map(Bits::iter).for_each(|label| loads[label] -= 1.0);
        loads
    }

    /// A bound on how many further labels hit what is open. Stops when it is `need`; at most so many steps.
    pub(super) fn bound(&mut self, open: &Open, need: usize, steps: usize) -> Bound {
        let mut prices: Vec<f64> = open.rows.iter().map(|&row| self.prices[row]).collect();
        let mut costs = self.costs(open, &prices);
        // Rows without a price get what their labels have left.
        for (row, price) in prices.iter_mut().enumerate() {
            if *price <= 0.0 {
                let left =
                    open.row(row).iter().map(|&label| costs[label as usize]).fold(1.0, f64::min).max(0.0);
                *price = left;
                open.row(row).iter().for_each(|&label| costs[label as usize] -= left);
            }
        }
        let (mut best, mut kept) = (f64::NEG_INFINITY, prices.clone());
        let (mut pace, mut idle) = (1.0, 0);
        for _ in 0..steps {
            let value = prices.iter().sum::<f64>() + costs.iter().map(|cost| cost.min(0.0)).sum::<f64>();
            if value > best + 1e-4 {
                (best, idle) = (value, 0);
                kept.clone_from(&prices);
                if (value - 1e-5).ceil() >= need as f64 {
                    break;
                }
            } else {
                idle += 1;
                if idle >= 6 {
                    (pace, idle) = (pace * 0.5, 0);
                    if pace < 0.02 {
                        break;
                    }
                }
            }
            // How much more often than once, or less, a row is hit by the labels that pay for themselves.
            let slope = |row: usize| {
                let hits = open.row(row).iter().filter(|&&label| costs[label as usize] < 0.0).count();
                1.0 - hits as f64
            };
            let slopes: Vec<f64> = (0..prices.len())
                .map(slope)
                .zip(&prices)
                .map(|(slope, &price)| if price <= 0.0 { slope.max(0.0) } else { slope })
                .collect();
            let norm: f64 = slopes.iter().map(|slope| slope * slope).sum();
            if norm == 0.0 {
                break;
            }
            let step = pace * (need as f64 + 0.05 - value).max(0.05) / norm;
            for (price, slope) in prices.iter_mut().zip(&slopes) {
                *price = (*price + step * slope).max(0.0);
            }
            costs = self.costs(open, &prices);
        }
        for (&row, &price) in open.rows.iter().zip(&kept) {
            self.prices[row] = price;
        }
        self.exact(open, &kept, need)
    }

    /// By label, 1 less the prices of its rows.
    fn costs(&self, open: &Open, prices: &[f64]) -> Vec<f64> {
        let mut costs = vec![1.0; self.labels];
        for (row, price) in prices.iter().enumerate() {
            open.row(row).iter().for_each(|&label| costs[label as usize] -= price);
        }
        costs
    }

    fn exact(&self, open: &Open, prices: &[f64], need: usize) -> Bound {
        let unit = UNIT as i64;
        let mut costs = vec![unit; self.labels];
        let mut total = 0i64;
        for (row, price) in prices.iter().enumerate() {
            let price = (price * UNIT) as i64;
            total += price;
            open.row(row).iter().for_each(|&label| costs[label as usize] -= price);
        }
        total += costs.iter().map(|&cost| cost.min(0)).sum::<i64>();
        let labels_for = |value: i64| usize::try_from((value + unit - 1).div_euclid(unit)).unwrap_or(0);
        let mut bound = Bound {
            least: labels_for(total),
            never: Vec::new(),
            always: None,
            costs: Vec::with_capacity(costs.len()),
        };
        for (label, &cost) in costs.iter().enumerate() {
            bound.costs.push(cost as f64 / UNIT);
            if cost > 0 && labels_for(total + cost) >= need {
                bound.never.push(label);
            } else if cost < 0 && labels_for(total - cost) >= need {
                bound.always = Some(label);
            }
        }
        bound
    }

    /// Labels that, with those taken, hit every row: by what they cost for what they hit, and none that others spare.
    pub(super) fn greedy(&self, open: &Open, taken: &Bits, costs: &[f64]) -> Bits {
        let mut chosen = Vec::new();
        let mut hit = vec![0u32; open.rows.len()];
        let mut with: Vec<Vec<u32>> = vec![Vec::new(); self.labels];
        for row in 0..open.rows.len() {
            open.row(row).iter().for_each(|&label| with[label as usize].push(row as u32));
        }
        let mut unhit: Vec<usize> = with.iter().map(Vec::len).collect();
        let mut left = open.rows.len();
        while left > 0 {
            let value = |label: usize| unhit[label] as f64 / (costs[label].max(0.0) + 0.1);
            let best = (0..self.labels)
                .filter(|&label| unhit[label] > 0)
                .max_by(|&a, &b| value(a).total_cmp(&value(b)).then(b.cmp(&a)));
            let Some(best) = best else { break };
            chosen.push(best);
            for &row in &with[best] {
                let hits = &mut hit[row as usize];
                *hits += 1;
                if *hits == 1 {
                    left -= 1;
                    open.row(row as usize).iter().for_each(|&label| unhit[label as usize] -= 1);
                }
            }
        }
        let mut all = taken.clone();
        chosen.sort_by(|&a, &b| costs[b].total_cmp(&costs[a]).then(a.cmp(&b)));
        for label in chosen {
            if with[label].iter().all(|&row| hit[row as usize] > 1) {
                with[label].iter().for_each(|&row| hit[row as usize] -= 1);
            } else {
                all.insert(label);
            }
        }
        all
    }
}

impl Open {
    fn row(&self, row: usize) -> &[u32] {
        &self.labels[self.first[row]..self.first[row + 1]]
    }

    /// A label to branch on: of one of the shortest rows, the one that is on most rows, of equals the one that costs least.
    pub(super) fn branch(&self, costs: &[f64]) -> Option<usize> {
        let row = (0..self.rows.len()).min_by_key(|&row| self.row(row).len())?;
        let mut on = vec![0u32; costs.len()];
        self.labels.iter().for_each(|&label| on[label as usize] += 1);
        let better =
            |&a: &usize, &b: &usize| on[a].cmp(&on[b]).then(costs[b].total_cmp(&costs[a])).then(b.cmp(&a));
        self.row(row).iter().map(|&label| label as usize).max_by(better)
    }
}
