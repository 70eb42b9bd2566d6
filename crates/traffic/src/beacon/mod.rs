//! How likely the contacts of a pair are a beacon: a program that reports home by a timer.
//!
//! What is weighed: the gaps between check-ins against "a period with jitter, where check-ins may be missing" and against other traffic
//! (`timing`), how evenly the pair is spread over the window, how alike its sizes are, and how many check-ins there are (`features`). Each piece
//! of evidence has its decibans; their sum puts pairs in order, and the weight of the whole is measured by bands (`weights`).
//!
//! When it is wrong: what polls by a timer is no implant and looks like one (NTP, SNMP, health checks, mail, telemetry): that cannot be told
//! by timing, but by who talks to whom. What it misses: a beacon with few check-ins, with wide jitter and half of its check-ins missing,
//! with jitter of heavy tails, or one that only talks when its user does.
//!
//! Source: the approach is a renewal process's likelihood ratio (D. R. Cox, "Renewal Theory", 1962); how it compares stands in docs/beacons.md.

pub mod bank;
pub mod distributions;
pub mod features;
pub mod rhythm;
pub mod templates;
pub mod timing;
pub mod weights;

use crate::rita::Rita;
use crate::{Contact, Window};
use features::{Features, NAMES, Piece};
pub use weights::Weights;

/// What speaks for and against a beacon.
#[derive(Clone, Debug, PartialEq)]
pub struct Beacon {
    /// The weight, measured by bands of the sum.
    pub decibans: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// The sum of the pieces, by which pairs are put in order.
    pub sum: f64,
    /// The pieces of evidence.
    pub parts: Vec<Part>,
    /// The mean sleep between check-ins, in microseconds.
    pub period: f64,
    /// Half the range of a sleep, or its deviation, as a share of the mean.
    pub jitter: f64,
    /// The share of check-ins that are missing.
    pub missing: f64,
    /// A second period, in microseconds, where there is one.
    pub second: Option<f64>,
    /// How many check-ins there are: connections that follow one another closely are one.
    pub check_ins: usize,
    /// Whether sizes were recorded; where they were not, the table of pairs without sizes weighs.
    pub sized: bool,
}

impl Beacon {
    /// The table that it was weighed by: its basis, its bands.
    #[must_use]
    pub fn table(&self) -> &'static Weights {
        Weights::of(self.sized)
    }
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What it is called.
    pub name: &'static str,
    /// What it counts in the sum.
    pub decibans: f64,
    /// What was counted: names and values; none of sizes that nobody recorded.
    pub figures: Vec<(&'static str, f64)>,
}

/// What speaks for and against a beacon, of contacts in the order of their starts; nothing with fewer than four check-ins. `rita` is what
/// [`crate::rita::score`] gives of them, where that was asked.
#[must_use]
pub fn weigh(contacts: &[Contact], window: &Window, rita: Option<&Rita>) -> Option<Beacon> {
    let features = Features::of(contacts, window, rita)?;
    let counts = weights::counts(&features);
    let table = Weights::of(features.sized);
    let sum = table.start + counts.iter().sum::<f64>();
    let parts = Piece::ALL
        .iter()
        .map(|piece| Part {
            name: piece.name(),
            decibans: weights::of_piece(&counts, *piece)
                + if *piece == Piece::Count { table.start } else { 0.0 },
            figures: NAMES
                .iter()
                .zip(&features.values)
                .filter(|((_, other), _)| other == piece && (features.sized || *piece != Piece::Sizes))
                .map(|((name, _), value)| (*name, *value))
                .collect(),
        })
        .collect();
    let (decibans, low, high) =
        table.band(sum).map_or((0.0, 0.0, 0.0), |band| (band.decibans, band.low, band.high));
    let timing = features.timing;
    Some(Beacon {
        decibans,
        low,
        high,
        sum,
        parts,
        period: timing.period,
        jitter: timing.jitter,
        missing: timing.missing,
        second: timing.second,
        check_ins: timing.gaps + 1,
        sized: features.sized,
    })
}

#[cfg(test)]
mod tests;
