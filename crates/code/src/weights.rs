//! What a suspect weighs, by the table that `corpus/hidden-access/measure` makes of planted and other programs.
//!
//! The coefficients order suspects and nothing else. A weight is counted: by the band that a score falls in, the share of planted programs
//! whose plant is found there over the wrong suspects that a program has there.

use crate::suspects::Suspect;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The committed table.
const TABLE: &str = include_str!("weights.toml");

/// A weight in decibans, ten times the decimal logarithm of a likelihood ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighed {
    /// The weight.
    pub decibans: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
    /// The score, by which suspects are put in order.
    pub score: f64,
}

/// The table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// What it was measured on.
    pub basis: String,
    coefficients: BTreeMap<String, f64>,
    bands: Vec<Band>,
    strongest: Vec<Strongest>,
}

/// Programs of the checking set whose weightiest suspect stands in one band, right or wrong; those without any are in the first.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strongest {
    /// What a suspect of the band weighs.
    pub decibans: f64,
    /// Planted programs.
    pub planted: u32,
    /// Other programs.
    pub benign: u32,
}

/// Suspects whose score is as much as `from`, and less than the next band's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Band {
    from: Option<f64>,
    /// Planted programs whose plant has its best score here, of how many.
    found: u32,
    planted: u32,
    /// Wrong suspects of other programs, of how many.
    wrong: u32,
    benign: u32,
    decibans: f64,
    low: f64,
    high: f64,
}

impl Weights {
    /// The committed table; empty only where it cannot be read, which a test excludes.
    #[must_use]
    pub fn measured() -> &'static Self {
        static ALL: OnceLock<Weights> = OnceLock::new();
        ALL.get_or_init(|| {
            toml::from_str(TABLE).unwrap_or_else(|_| Self {
                basis: String::new(),
                coefficients: BTreeMap::new(),
                bands: Vec::new(),
                strongest: Vec::new(),
            })
        })
    }

    /// What a suspect weighs.
    #[must_use]
    pub fn weigh(&self, suspect: &Suspect) -> Weighed {
        let score = self.coefficient("any")
            + suspect.features().into_iter().map(|feature| self.coefficient(feature)).sum::<f64>();
        let band = self.bands.iter().rfind(|band| band.from.is_none_or(|from| score >= from));
        let (decibans, low, high) = band.map_or((0.0, 0.0, 0.0), |band| (band.decibans, band.low, band.high));
        Weighed { decibans, low, high, score }
    }

    /// What a feature counts in a score.
    #[must_use]
    pub fn coefficient(&self, feature: &str) -> f64 {
        self.coefficients.get(feature).copied().unwrap_or(0.0)
    }

    /// The programs of the checking set by their weightiest suspect.
    #[must_use]
    pub fn strongest(&self) -> &[Strongest] {
        &self.strongest
    }

    /// What the band of a score was counted on, in words.
    #[must_use]
    pub fn counted(&self, score: f64) -> Option<String> {
        let band = self.bands.iter().rfind(|band| band.from.is_none_or(|from| score >= from))?;
        Some(format!(
            "{} of {} planted programs have their plant in this band, and {} wrong suspects stand in it in {} other programs",
            band.found, band.planted, band.wrong, band.benign
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_table_is_read_and_weighs_more_for_more() {
        let table: Weights = toml::from_str(TABLE).unwrap();
        assert!(table.coefficients.len() > 10 && table.bands.len() > 3);
        assert!(table.bands.windows(2).all(|pair| pair[0].decibans <= pair[1].decibans), "{:?}", table.bands);
        for band in &table.bands {
            assert!(band.low <= band.decibans && band.decibans <= band.high, "{band:?}");
            assert!(band.found <= band.planted && band.planted > 0 && band.benign > 0, "{band:?}");
        }
        let bands: Vec<f64> = table.bands.iter().map(|band| band.decibans).collect();
        let strongest: Vec<f64> = table.strongest.iter().map(|row| row.decibans).collect();
        assert_eq!(bands, strongest);
        let programs: (u32, u32) =
            table.strongest.iter().fold((0, 0), |all, row| (all.0 + row.planted, all.1 + row.benign));
        assert!(
            table.basis.ends_with(&format!("{} and {} to check", programs.0, programs.1)),
            "{programs:?}"
        );
        assert!(table.bands[0].from.is_none());
        assert_eq!(Weights::measured().basis, table.basis);
    }
}
