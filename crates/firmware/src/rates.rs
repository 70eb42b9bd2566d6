//! The weight of a component's claim, by how often its source of identification was right and wrong on a measured corpus.
//!
//! The table `identification-rates.toml` is written by `benches/identify --table`; what its numbers count stands there. The
//! weight of a method is ten times the decimal logarithm of P(it names a product | the product is there) over P(it names it |
//! the product is not there). Of either rate is known what the counts say from Jeffreys' prior (`evidence/src/beta.rs`); the weight is the
//! median of the ratio, its interval the middle 95 %. A method without a row has no weight; a package database's claim is an
//! observation and has none either.

use crate::probes::COMPONENT;
use banbury_evidence::beta::Beta;
use banbury_evidence::{Claim, Value, Weight};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The committed table.
const TABLE: &str = include_str!("identification-rates.toml");
/// Methods whose tables come of the distribution whose packages the corpus is made of.
const OWN: &[&str] = &["soname", "program-name"];
/// What their basis says of it.
const OWN_BASIS: &str = "; the names come of the same distribution as the corpus, which cannot show a maker's own software under \
                         a known name";
/// Quantiles by which a rate's distribution is taken.
const STEPS: u32 = 64;

/// A component's claim with the weight of its source, the fact `method`; unchanged where the table has none, and any other
/// claim too.
pub fn weighed(mut claim: Claim) -> Claim {
    if claim.code == COMPONENT.code
        && let Some(Value::Text(method)) = claim.facts.get("method")
        && let Some(weight) = weights().get(method.as_str())
    {
        claim.weight = Some(weight.clone());
    }
    claim
}

/// The measured rates, and on what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Version of the corpus's generator.
    generator: String,
    /// Images of the checking set.
    images: u32,
    /// Batches of unrelated executables.
    batches: u32,
    /// Packages of both.
    packages: u32,
    /// Hash of the packages' list.
    digest: String,
    #[serde(default)]
    rates: Vec<Rates>,
}

/// How often a method named what is there and what is not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rates {
    method: String,
    /// Products that were there.
    trials: u32,
    /// Those that were named.
    hits: u32,
    /// Those that were named with the exact version.
    exact: u32,
    /// Those that were named with bounds alone that hold the version.
    bounded: u32,
    /// Products that were not there.
    opportunities: u32,
    /// Those that were named.
    wrong: u32,
}

/// The weight of each method; empty only where the table cannot be read, which a test excludes.
fn weights() -> &'static BTreeMap<String, Weight> {
    static ALL: OnceLock<BTreeMap<String, Weight>> = OnceLock::new();
    ALL.get_or_init(|| toml::from_str(TABLE).map(|table: Table| table.weights()).unwrap_or_default())
}

impl Table {
    fn weights(&self) -> BTreeMap<String, Weight> {
        self.rates.iter().map(|rates| (rates.method.clone(), rates.weight(self))).collect()
    }
}

impl Rates {
    fn weight(&self, table: &Table) -> Weight {
        let (there, absent) =
            (Beta::jeffreys(self.hits, self.trials), Beta::jeffreys(self.wrong, self.opportunities));
        let (low, decibans, high) = ratio(there, absent);
        let own = if OWN.contains(&self.method.as_str()) { OWN_BASIS } else { "" };
        let basis = format!(
            "identification corpus {} ({} images and {} batches of unrelated executables, {} packages, {}): {} of {} products \
             that were there named, {} of them with the exact version and {} with \
             bounds that hold it; {} of {} that were not{own}",
            table.generator,
            table.images,
            table.batches,
            table.packages,
            table.digest.get(..12).unwrap_or(&table.digest),
            self.hits,
            self.trials,
            self.exact,
            self.bounded,
            self.wrong,
            self.opportunities,
        );
        Weight { decibans, low, high, basis }
    }
}

/// The 2.5 %, 50 % and 97.5 % quantiles of ten times the decimal logarithm of the ratio of two rates, to a tenth: so
/// much is the same whatever the platform's logarithm.
pub(crate) fn ratio(upper: Beta, lower: Beta) -> (f64, f64, f64) {
    let slices = |rate: Beta| -> Vec<f64> {
        (0..STEPS).map(|step| rate.quantile((f64::from(step) + 0.5) / f64::from(STEPS)).log10()).collect()
    };
    let lower = slices(lower);
    let mut all: Vec<f64> =
        slices(upper).iter().flat_map(|one| lower.iter().map(move |two| 10.0 * (one - two))).collect();
    all.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (share * (all.len() as f64 - 1.0)).round() as usize;
        all.get(place).map_or(0.0, |value| (value * 10.0).round() / 10.0)
    };
    (at(0.025), at(0.5), at(0.975))
}

#[cfg(test)]
mod tests {
    use super::*;
    use banbury_evidence::{CodeInfo, Digest, Grade, Location};

    fn table() -> Table {
        toml::from_str(TABLE).unwrap()
    }

    #[test]
    fn the_table_keeps_its_word() {
        let table = table();
        assert!(
            !table.rates.is_empty() && table.images >= 2 && table.batches >= 10 && table.digest.len() == 64
        );
        for rates in &table.rates {
            assert!(
                rates.exact + rates.bounded <= rates.hits
                    && rates.hits <= rates.trials
                    && rates.wrong <= rates.opportunities,
                "{rates:?}"
            );
        }
        assert_eq!(table.weights().len(), table.rates.len(), "each method once");
        for (method, weight) in table.weights() {
            assert!(weight.low <= weight.decibans && weight.decibans <= weight.high, "{method}");
            assert!(weight.low.is_finite() && weight.high.is_finite(), "{method}");
        }
    }

    #[test]
    fn a_weight_is_the_ratio_of_the_rates() {
        // Many trials: nine in ten against one in a thousand is 29.54 dB, and the interval is narrow.
        let (low, middle, high) = ratio(Beta::jeffreys(90_000, 100_000), Beta::jeffreys(1_000, 1_000_000));
        assert!((middle - 29.5).abs() < 0.11 && low > 29.0 && high < 30.0, "{low} {middle} {high}");
        // Nothing measured says nothing: the weight is zero, and the interval wide.
        let (low, middle, high) = ratio(Beta::jeffreys(0, 0), Beta::jeffreys(0, 0));
        assert!(middle.abs() < 0.2 && low < -10.0 && high > 10.0, "{low} {middle} {high}");
        // More trials without a wrong claim weigh more.
        let few = ratio(Beta::jeffreys(50, 60), Beta::jeffreys(0, 100)).1;
        let many = ratio(Beta::jeffreys(50, 60), Beta::jeffreys(0, 10_000)).1;
        assert!((many - few - 20.0).abs() < 0.5, "{few} {many}");
        // A method that errs as often as it is right weighs nothing.
        assert!(ratio(Beta::jeffreys(500, 1000), Beta::jeffreys(500, 1000)).1.abs() < 0.2);
    }

    #[test]
    fn a_component_has_the_weight_of_its_method() {
        const OTHER: CodeInfo =
            CodeInfo { code: "a.b", title: "t", grade: Grade::Info, meaning: "m", remedy: "r", cwe: &[] };
        let claim = |info: &CodeInfo, method: &str| {
            let subject = Location::exhibit(Digest::of(b"")).subject();
            weighed(Claim::observation(info, subject, "t").fact("method", method)).weight
        };
        let text = claim(&COMPONENT, "version-string");
        assert!(text.is_some_and(|weight| weight.low > 0.0 && weight.basis.contains("corpus")));
        assert_eq!(claim(&COMPONENT, "dpkg"), None, "a package database's word is an observation");
        assert_eq!(claim(&OTHER, "version-string"), None, "no component");
    }
}
