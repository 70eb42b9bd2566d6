//! What the figures of a pair weigh, by the table that `corpus/beacons/measure --write` makes of generated beacons and other traffic.
//!
//! Each figure has a curve of decibans, fitted together (a logistic regression over the figures, so that what two figures share counts
//! once); the curves' sum puts pairs in order. The weight that is told is not that sum: it is counted, by bands of the sum, on pairs that
//! nothing was fitted on.

use super::features::{FIGURES, Features, NAMES, Piece};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The committed table.
const TABLE: &str = include_str!("weights.toml");
/// The same for pairs whose sizes nobody recorded: fitted and measured without them.
const WITHOUT_SIZES: &str = include_str!("weights-without-sizes.toml");

/// The table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// What it was measured on.
    pub basis: String,
    /// What a pair has before anything is counted, in decibans.
    pub start: f64,
    /// Bands of the sum, from the lowest.
    pub bands: Vec<Band>,
    /// The curves, by figure.
    pub curves: BTreeMap<String, Curve>,
}

/// Decibans by a figure: straight lines between the points, level outside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// Values of the figure, increasing.
    pub at: Vec<f64>,
    /// The decibans of each.
    pub decibans: Vec<f64>,
}

/// Pairs whose sum is as much as `from`, and less than the next band's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Where it begins; the lowest has no beginning.
    pub from: Option<f64>,
    /// Beacons with such a sum, of how many.
    pub found: u32,
    /// Beacons in all.
    pub beacons: u32,
    /// Other pairs with such a sum, of how many.
    pub wrong: u32,
    /// Other pairs in all.
    pub benign: u32,
    /// Ten times the decimal logarithm of the first rate over the second.
    pub decibans: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

/// The curves of the committed tables in the order of the figures.
static CURVES: LazyLock<[Vec<Curve>; 2]> =
    LazyLock::new(|| [Weights::measured().in_order(), Weights::without_sizes().in_order()]);

impl Weights {
    /// The committed table; empty only where it cannot be read, which a test excludes.
    #[must_use]
    pub fn measured() -> &'static Self {
        static ALL: LazyLock<Weights> = LazyLock::new(|| toml::from_str(TABLE).unwrap_or_default());
        &ALL
    }

    /// The committed table for pairs without sizes.
    #[must_use]
    pub fn without_sizes() -> &'static Self {
        static ALL: LazyLock<Weights> = LazyLock::new(|| toml::from_str(WITHOUT_SIZES).unwrap_or_default());
        &ALL
    }

    /// The committed table for such a pair.
    #[must_use]
    pub fn of(sized: bool) -> &'static Self {
        if sized { Self::measured() } else { Self::without_sizes() }
    }

    /// The curves in the order of the figures; a figure without one counts nothing.
    #[must_use]
    pub fn in_order(&self) -> Vec<Curve> {
        NAMES.iter().map(|(name, _)| self.curves.get(*name).cloned().unwrap_or_default()).collect()
    }

    /// The band of a sum.
    #[must_use]
    pub fn band(&self, sum: f64) -> Option<&Band> {
        self.bands.iter().rfind(|band| band.from.is_none_or(|from| sum >= from))
    }

    /// What the band of a sum was counted on, in words.
    #[must_use]
    pub fn counted(&self, sum: f64) -> Option<String> {
        let band = self.band(sum)?;
        Some(format!(
            "{} of {} generated beacons and {} of {} other generated pairs stand in this band",
            band.found, band.beacons, band.wrong, band.benign
        ))
    }
}

/// What each figure counts by the committed table for such a pair, in decibans, in the order of the figures.
#[must_use]
pub fn counts(features: &Features) -> [f64; FIGURES] {
    let [with, without] = &*CURVES;
    counts_by(if features.sized { with } else { without }, features)
}

/// The same by other curves.
#[must_use]
pub fn counts_by(curves: &[Curve], features: &Features) -> [f64; FIGURES] {
    let mut counts = [0.0; FIGURES];
    for ((count, curve), value) in counts.iter_mut().zip(curves).zip(&features.values) {
        *count = curve.at(*value);
    }
    counts
}

/// The sum of a piece's figures.
#[must_use]
pub fn of_piece(counts: &[f64; FIGURES], piece: Piece) -> f64 {
    NAMES.iter().zip(counts).filter(|((_, other), _)| *other == piece).map(|(_, count)| count).sum()
}

impl Curve {
    /// The decibans at a value of the figure.
    #[must_use]
    pub fn at(&self, value: f64) -> f64 {
        let above = self.at.partition_point(|point| *point <= value);
        let (Some(next), Some(high)) = (self.at.get(above), self.decibans.get(above)) else {
            return self.decibans.last().copied().unwrap_or(0.0);
        };
        let before =
            above.checked_sub(1).and_then(|before| Some((self.at.get(before)?, self.decibans.get(before)?)));
        match before {
            Some((point, low)) => low + (high - low) * (value - point) / (next - point),
            None => *high,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_straight_between_its_points() {
        let curve = Curve { at: vec![0.0, 1.0, 3.0], decibans: vec![-5.0, 5.0, 6.0] };
        for (value, expected) in
            [(-9.0, -5.0), (0.0, -5.0), (0.5, 0.0), (1.0, 5.0), (2.0, 5.5), (3.0, 6.0), (9.0, 6.0)]
        {
            assert!((curve.at(value) - expected).abs() < 1e-12, "{value}: {}", curve.at(value));
        }
        assert_eq!(Curve::default().at(3.0), 0.0);
    }

    #[test]
    fn the_committed_tables_are_read_and_weigh_more_for_more() {
        for text in [TABLE, WITHOUT_SIZES] {
            let table: Weights = toml::from_str(text).unwrap();
            assert!(table.bands.len() > 3 && table.bands[0].from.is_none());
            assert!(
                table.bands.windows(2).all(|pair| pair[0].decibans <= pair[1].decibans),
                "{:?}",
                table.bands
            );
            for band in &table.bands {
                assert!(band.low <= band.decibans && band.decibans <= band.high, "{band:?}");
                assert!(band.found <= band.beacons && band.beacons > 0 && band.benign >= 50_000, "{band:?}");
            }
            for (name, curve) in &table.curves {
                assert!(NAMES.iter().any(|(other, _)| other == name), "{name}");
                assert!(curve.at.len() == curve.decibans.len(), "{name}");
                assert!(curve.at.windows(2).all(|pair| pair[0] < pair[1]), "{name}");
            }
        }
        assert_eq!(Weights::of(true).curves.len(), FIGURES);
        let sizes = NAMES.iter().filter(|(_, piece)| *piece == Piece::Sizes).count();
        assert_eq!(Weights::of(false).curves.len(), FIGURES - sizes);
    }
}
