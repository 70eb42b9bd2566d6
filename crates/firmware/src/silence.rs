//! What it weighs that a probe for hidden access found nothing in a program, by the same table as its findings.
//!
//! The table (`crates/code/src/weights.toml`) counts the programs of the checking set by their weightiest suspect, right or wrong. Of
//! the share of planted programs, and of ordinary ones, in which nothing weighs 0 dB or more is known what the counts say from Jeffreys'
//! prior (`beta.rs`); the weight is the median of the ratio, its interval the middle 95 %, as for components (`rates.rs`).
//! When it is wrong: the programs that were planted are all daemons for the network, the ordinary ones are not; a plant of another kind
//! than those that were planted may be missed more often, and then silence says less than this.

use crate::rates::ratio;
use banbury_code::weights::{Strongest, Weights};
use banbury_evidence::beta::Beta;
use banbury_evidence::{ByChance, Description, Silence, Weight};

/// Decibans below which a finding counts as none.
const BELOW: f64 = 0.0;
/// Decibans that ordinary programs are counted by.
const STEPS: [f64; 3] = [0.0, 10.0, 20.0];

/// What the silence of a probe weighs; nothing where the table counts no programs.
pub(crate) fn of(probe: &Description, codes: &str, table: &Weights) -> Option<Silence> {
    let rows = table.strongest();
    let count = |of: fn(&Strongest) -> u32, is: &dyn Fn(f64) -> bool| -> u32 {
        rows.iter().filter(|row| is(row.decibans)).map(of).sum()
    };
    let planted = |is: &dyn Fn(f64) -> bool| count(|row| row.planted, is);
    let benign = |is: &dyn Fn(f64) -> bool| count(|row| row.benign, is);
    let (all_planted, all_benign) = (planted(&|_| true), benign(&|_| true));
    if all_planted == 0 || all_benign == 0 {
        return None;
    }
    let quiet = |decibans: f64| decibans < BELOW;
    let (missed, quiet_ones) = (planted(&quiet), benign(&quiet));
    let (low, decibans, high) =
        ratio(Beta::jeffreys(missed, all_planted), Beta::jeffreys(quiet_ones, all_benign));
    let basis = format!(
        "{}: nothing of {BELOW} dB or more in {missed} of {all_planted} planted and {quiet_ones} of {all_benign} other programs of the \
         checking set",
        table.basis
    );
    let by_chance = STEPS.into_iter().map(|step| {
        let programs = benign(&|decibans| decibans >= step);
        let rate = Beta::jeffreys(programs, all_benign);
        let digits = |share: f64| (share * 1e6).round() / 1e6;
        ByChance {
            decibans: step,
            programs,
            of: all_benign,
            share: digits(rate.quantile(0.5)),
            low: digits(rate.quantile(0.025)),
            high: digits(rate.quantile(0.975)),
        }
    });
    Some(Silence {
        probe: probe.name.to_owned(),
        version: probe.version.to_owned(),
        codes: codes.to_owned(),
        below: BELOW,
        weight: Weight { decibans, low, high, basis },
        by_chance: by_chance.collect(),
        misses: probe.misses.iter().map(|miss| (*miss).to_owned()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use crate::probes::PROBES;

    #[test]
    fn silence_speaks_against_and_chance_falls_with_the_weight() {
        let all: Vec<_> = PROBES.iter().filter_map(|probe| probe.silence()).collect();
        let [silence] = all.as_slice() else { panic!("one probe's silence is measured: {all:?}") };
        assert_eq!(silence.probe, "gates");
        let weight = &silence.weight;
        // 200 of 627 over 1026 of 1083: 10·log10(0.319 / 0.947).
        assert!((weight.decibans + 4.7).abs() < 0.15, "{weight:?}");
        assert!(-6.0 < weight.low && weight.low < weight.decibans, "{weight:?}");
        assert!(weight.decibans < weight.high && weight.high < -3.0, "{weight:?}");
        let counted: Vec<u32> = silence.by_chance.iter().map(|one| one.programs).collect();
        assert_eq!(counted, [57, 10, 0]);
        for one in &silence.by_chance {
            assert!(one.low < one.share && one.share < one.high, "{one:?}");
        }
        assert_eq!(silence.by_chance(17.3).map(|one| one.programs), Some(10));
        assert_eq!(silence.by_chance(-1.0), None);
    }
}
