//! What is measured: how many beacons are told at which share of false alarms.

use crate::pair::Pair;
use banbury_evidence::beta::Beta;
use banbury_traffic::beacon::Weights;
use banbury_traffic::beacon::features::{FIGURES, Features};
use banbury_traffic::beacon::weights::{self, Band, Curve};
use banbury_traffic::rita;
use std::collections::BTreeMap;

/// The share of false alarms at which methods are compared.
const FALSE: f64 = 0.001;
/// Where bands of the sum begin, in decibans.
const EDGES: [f64; 11] = [-20.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0];

/// A pair, counted.
pub struct Measured {
    pub kind: &'static str,
    pub features: Option<Features>,
    pub rita: f64,
    pub rita_whole: f64,
}

impl Measured {
    pub fn of(pair: &Pair) -> Self {
        let score = |rita: Option<rita::Rita>| rita.map_or(-1.0, |rita| rita.score);
        Self {
            kind: pair.kind,
            features: Features::of(&pair.contacts, &pair.window, None),
            rita: score(rita::score(&pair.contacts, &pair.window)),
            rita_whole: score(rita::score_whole(&pair.contacts, &pair.window, None)),
        }
    }
}

/// All that is measured.
pub struct Report {
    pub others: Vec<Measured>,
    pub regular: Vec<Measured>,
    pub cells: Vec<(String, Vec<Measured>)>,
}

/// A column of the table: a number for each pair, the higher the more a beacon.
struct Column<'a> {
    name: &'static str,
    value: Box<dyn Fn(&Measured) -> f64 + 'a>,
}

impl Report {
    /// The table of weights: bands measured on the even halves of the checking side.
    pub fn weights(&self, start: f64, curves: BTreeMap<String, Curve>, basis: &str) -> Weights {
        let mut weights = Weights { basis: basis.into(), start, bands: Vec::new(), curves };
        let sums = Sums::of(&weights);
        let others: Vec<f64> = half(&self.others, 0).map(|one| sums.sum(one)).collect();
        let beacons: Vec<f64> =
            self.cells.iter().flat_map(|(_, cell)| half(cell, 0)).map(|one| sums.sum(one)).collect();
        let mut bands: Vec<Band> = Vec::new();
        let edges: Vec<f64> = std::iter::once(f64::NEG_INFINITY).chain(EDGES).collect();
        for (number, from) in edges.iter().enumerate() {
            let to = edges.get(number + 1).copied().unwrap_or(f64::INFINITY);
            let within = |sums: &[f64]| sums.iter().filter(|sum| **sum >= *from && **sum < to).count() as u32;
            let band = Band {
                from: from.is_finite().then_some(*from),
                found: within(&beacons),
                beacons: beacons.len() as u32,
                wrong: within(&others),
                benign: others.len() as u32,
                ..Band::default()
            };
            bands.push(band);
        }
        // A band that weighs less than the one below it has too little in it: the two are one.
        let mut merged: Vec<Band> = Vec::new();
        for band in bands {
            let mut band = weighed(band);
            while let Some(below) = merged.pop_if(|below| below.decibans >= band.decibans) {
                band = weighed(Band {
                    from: below.from,
                    found: below.found + band.found,
                    wrong: below.wrong + band.wrong,
                    ..band
                });
            }
            merged.push(band);
        }
        weights.bands = merged;
        weights
    }

    /// Prints all tables; `alone` are the tables of timing, persistence and sizes, each fitted without the others.
    pub fn print(&self, weights: &Weights, without_sizes: &Weights, alone: &[Weights; 3]) {
        let sums = Sums::of(weights);
        let without = Sums::of(without_sizes);
        let alone = alone.each_ref().map(Sums::of);
        let by = |sums: &'_ Sums, one: &Measured| sums.sum(one);
        let columns = [
            Column { name: "RITA", value: Box::new(|one| one.rita) },
            Column { name: "RITA, whole window", value: Box::new(|one| one.rita_whole) },
            Column {
                name: "ratio alone",
                value: Box::new(|one| one.features.as_ref().map_or(-1e9, |features| features.timing.ratio())),
            },
            Column { name: "timing", value: Box::new(|one| by(&alone[0], one)) },
            Column { name: "persistence", value: Box::new(|one| by(&alone[1], one)) },
            Column { name: "sizes", value: Box::new(|one| by(&alone[2], one)) },
            Column { name: "without sizes", value: Box::new(|one| without.sum(one)) },
            Column { name: "all", value: Box::new(|one| sums.sum(one)) },
        ];
        let thresholds: Vec<f64> =
            columns.iter().map(|column| threshold(&self.others, &column.value)).collect();
        println!(
            "{} ordinary pairs; each method's threshold is that which {} of them pass.\n",
            self.others.len(),
            (self.others.len() as f64 * FALSE) as usize
        );
        println!("| Beacon | {} |", columns.iter().map(|column| column.name).collect::<Vec<_>>().join(" | "));
        println!("|---|{}", "---|".repeat(columns.len()));
        let mut worse = Vec::new();
        for (name, cell) in &self.cells {
            let found: Vec<usize> = columns
                .iter()
                .zip(&thresholds)
                .map(|(column, threshold)| cell.iter().filter(|one| (column.value)(one) > *threshold).count())
                .collect();
            let shown: Vec<String> = found
                .iter()
                .enumerate()
                .map(|(at, found)| {
                    let rate = *found as f64 / cell.len() as f64;
                    if at + 1 < columns.len() {
                        return format!("{rate:.2}");
                    }
                    let beta = Beta::jeffreys(*found as u32, cell.len() as u32);
                    format!("**{rate:.3}** ({:.3} to {:.3})", beta.quantile(0.025), beta.quantile(0.975))
                })
                .collect();
            println!("| {name} | {} |", shown.join(" | "));
            if found[7] < found[0].max(found[1]) {
                worse.push(name.as_str());
            }
        }
        println!(
            "| threshold | {} |\n",
            thresholds.iter().map(|at| format!("{at:.2}")).collect::<Vec<_>>().join(" | ")
        );
        println!(
            "Rows where RITA finds more: {}.\n",
            if worse.is_empty() { "none".into() } else { worse.join("; ") }
        );
        self.print_kinds(&sums, thresholds[7], thresholds[0]);
        self.print_reliability(weights, &sums);
        println!("\nThe same without sizes:\n");
        self.print_reliability(without_sizes, &without);
    }

    fn print_kinds(&self, sums: &Sums, threshold: f64, rita: f64) {
        let mut kinds: BTreeMap<(bool, &str), (usize, usize, usize, usize)> = BTreeMap::new();
        for (apart, one) in
            self.others.iter().map(|one| (false, one)).chain(self.regular.iter().map(|one| (true, one)))
        {
            let kind = kinds.entry((apart, one.kind)).or_default();
            kind.0 += 1;
            kind.1 += usize::from(sums.sum(one) > threshold);
            kind.2 += usize::from(one.rita > rita);
            kind.3 += usize::from(one.rita >= 0.7);
        }
        println!(
            "| Traffic | pairs | above the threshold | RITA above its own | RITA 0.7 and more |\n|---|---|---|---|---|"
        );
        for ((apart, kind), (all, told, rita, usual)) in kinds {
            let share = |count: usize| format!("{:.2} %", 100.0 * count as f64 / all as f64);
            println!(
                "| {}{kind} | {all} | {} | {} | {} |",
                if apart { "apart: " } else { "" },
                share(told),
                share(rita),
                share(usual)
            );
        }
        println!();
    }

    /// What is told on pairs that neither curves nor bands were made of.
    fn print_reliability(&self, weights: &Weights, sums: &Sums) {
        println!("| weight told | beacons | ordinary pairs | so measured | 95 % |\n|---|---|---|---|---|");
        let bands = |all: &mut dyn Iterator<Item = &Measured>| {
            let mut counts = vec![0_u32; weights.bands.len()];
            for one in all {
                let at =
                    weights.bands.iter().rposition(|band| band.from.is_none_or(|from| sums.sum(one) >= from));
                if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
                    *count += 1;
                }
            }
            counts
        };
        let others = bands(&mut half(&self.others, 1));
        let beacons = bands(&mut self.cells.iter().flat_map(|(_, cell)| half(cell, 1)));
        let (all_others, all_beacons) = (others.iter().sum::<u32>(), beacons.iter().sum::<u32>());
        for ((band, wrong), found) in weights.bands.iter().zip(&others).zip(&beacons) {
            let again = weighed(Band {
                found: *found,
                beacons: all_beacons,
                wrong: *wrong,
                benign: all_others,
                ..Band::default()
            });
            println!(
                "| {:.1} dB ({:.1} to {:.1}) | {found} of {all_beacons} | {wrong} of {all_others} | {:.1} dB | {:.1} to {:.1} |",
                band.decibans, band.low, band.high, again.decibans, again.low, again.high
            );
        }
    }
}

/// Every other one of a list.
fn half(all: &[Measured], from: usize) -> impl Iterator<Item = &Measured> {
    all.iter().skip(from).step_by(2)
}

/// A band with its weight: half a count more on both sides, and the interval of the two rates, taken together.
fn weighed(band: Band) -> Band {
    let rate = |hits: u32, all: u32| (f64::from(hits) + 0.5) / (f64::from(all) + 1.0);
    let decibans = |one: f64, other: f64| (100.0 * (one / other).log10()).round() / 10.0;
    let (found, wrong) = (Beta::jeffreys(band.found, band.beacons), Beta::jeffreys(band.wrong, band.benign));
    let middle = decibans(rate(band.found, band.beacons), rate(band.wrong, band.benign));
    // The deviations of the two logarithms are independent, so their squares add up.
    let side = |p: f64| {
        let one = 10.0 * (found.quantile(p) / rate(band.found, band.beacons)).log10();
        let other = 10.0 * (wrong.quantile(1.0 - p) / rate(band.wrong, band.benign)).log10();
        one.hypot(other)
    };
    let tenths = |value: f64| (value * 10.0).round() / 10.0;
    Band { decibans: middle, low: tenths(middle - side(0.025)), high: tenths(middle + side(0.975)), ..band }
}

/// The value that a thousandth of the ordinary pairs exceed.
fn threshold(others: &[Measured], value: &dyn Fn(&Measured) -> f64) -> f64 {
    let mut values: Vec<f64> = others.iter().map(value).collect();
    values.sort_by(|one, other| other.total_cmp(one));
    values[(values.len() as f64 * FALSE) as usize]
}

/// The curves in the order of the figures.
struct Sums {
    start: f64,
    curves: Vec<Curve>,
}

impl Sums {
    fn of(weights: &Weights) -> Self {
        Self { start: weights.start, curves: weights.in_order() }
    }

    fn counts(&self, features: &Features) -> [f64; FIGURES] {
        weights::counts_by(&self.curves, features)
    }

    /// A pair without four check-ins has no weight, and is told by nothing.
    fn sum(&self, one: &Measured) -> f64 {
        one.features.as_ref().map_or(-1e9, |features| self.start + self.counts(features).iter().sum::<f64>())
    }
}
