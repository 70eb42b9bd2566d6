//! The weight of a finding that could be chance, by how often it was made where something was planted and where nothing was.
//!
//! The table `planted-rates.toml` is written by `corpus/hidden-access/rates --write`; what its numbers count stands there. A weight is ten
//! times the decimal logarithm of P(the finding | planted) over P(the finding | ordinary). Of either rate is known what the counts say
//! from Jeffreys' prior (`evidence/src/beta.rs`); the weight is the median of the ratio, its interval the middle 95 %, as for
//! components (`rates.rs`). A finding without a row is an observation, and has no weight.
//! When it is wrong: a finding that no plant of the corpus can make has a weight that is too low; ordinary files of devices are made by
//! other hands than Debian's.

use crate::rates::ratio;
use banbury_evidence::beta::Beta;
use banbury_evidence::{Claim, Value, Weight};
use serde::Deserialize;
use std::sync::OnceLock;

/// The committed table.
const TABLE: &str = include_str!("planted-rates.toml");

/// A claim with the weight of its row; unchanged where it has one already or there is no row.
pub fn weighed(mut claim: Claim) -> Claim {
    if claim.weight.is_none()
        && let Some((_, weight)) = rows().iter().find(|(rates, _)| rates.is_of(&claim))
    {
        claim.weight = Some(weight.clone());
    }
    claim
}

/// The measured rates, and on what.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    rates: Vec<Rates>,
}

/// How often a finding was made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rates {
    /// Its code.
    code: String,
    /// A fact by which findings of the code are told apart, as `[name, value]`, or `*` for any; rows that have one stand before those without.
    #[serde(default)]
    fact: Option<[String; 2]>,
    /// What was planted, and how many.
    planted_in: String,
    /// How many of them there were.
    planted: u32,
    /// Those in which the finding was made, and was not without the plant.
    found: u32,
    /// What was ordinary.
    ordinary_are: String,
    /// How many of them there were.
    ordinary: u32,
    /// Those in which the finding was made.
    wrong: u32,
}

impl Rates {
    fn is_of(&self, claim: &Claim) -> bool {
        let has = |[name, value]: &[String; 2]| matches!(claim.facts.get(name), Some(Value::Text(text)) if text == value || value == "*");
        self.code == claim.code && self.fact.as_ref().is_none_or(has)
    }

    fn weight(&self) -> Weight {
        let (planted, ordinary) =
            (Beta::jeffreys(self.found, self.planted), Beta::jeffreys(self.wrong, self.ordinary));
        let (low, decibans, high) = ratio(planted, ordinary);
        let basis = format!(
            "corpus/hidden-access: found in {} of {} {}, and in {} of {} {}",
            self.found, self.planted, self.planted_in, self.wrong, self.ordinary, self.ordinary_are
        );
        Weight { decibans, low, high, basis }
    }
}

/// Each row with its weight; empty only where the table cannot be read, which a test excludes.
fn rows() -> &'static [(Rates, Weight)] {
    static ALL: OnceLock<Vec<(Rates, Weight)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let table: Table = toml::from_str(TABLE).unwrap_or_default();
        table
            .rates
            .into_iter()
            .map(|rates| {
                let weight = rates.weight();
                (rates, weight)
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probes::PROBES;
    use banbury_evidence::{CodeInfo, Digest, Grade, Location};

    #[test]
    fn every_row_is_of_a_known_code_and_was_measured() {
        let table: Table = toml::from_str(TABLE).unwrap();
        assert!(!table.rates.is_empty());
        let codes: Vec<&str> =
            PROBES.iter().flat_map(|probe| probe.describe().codes).map(|info| info.code).collect();
        for (number, rates) in table.rates.iter().enumerate() {
            assert!(codes.contains(&rates.code.as_str()), "{rates:?}");
            assert!(rates.found <= rates.planted && rates.wrong <= rates.ordinary, "{rates:?}");
            assert!(rates.planted >= 20 && rates.found > 0 && rates.ordinary >= 5, "{rates:?}");
            let earlier = table.rates.iter().take(number);
            assert!(
                earlier
                    .filter(|other| other.code == rates.code)
                    .all(|other| other.fact.is_some() && other.fact != rates.fact),
                "{rates:?}"
            );
        }
        for (rates, weight) in rows() {
            assert!(weight.low <= weight.decibans && weight.decibans <= weight.high, "{rates:?} {weight:?}");
        }
    }

    #[test]
    fn a_claim_has_the_weight_of_its_row_and_others_have_none() {
        let info =
            |code| CodeInfo { code, title: "t", grade: Grade::Info, meaning: "m", remedy: "r", cwe: &[] };
        let claim = |code: &'static str| {
            Claim::observation(&info(code), Location::exhibit(Digest::of(b"")).subject(), "t")
        };
        let (rates, weight) = rows().iter().find(|(rates, _)| rates.fact.is_none()).unwrap();
        let code: &'static str = rates.code.clone().leak();
        assert_eq!(weighed(claim(code)).weight.as_ref(), Some(weight));
        assert_eq!(weighed(claim("role.serves")).weight, None);
        let own = Weight { decibans: 1.0, low: 0.0, high: 2.0, basis: "own".to_owned() };
        let has = Claim { weight: Some(own.clone()), ..claim(code) };
        assert_eq!(weighed(has).weight, Some(own));
    }
}
