//! The arithmetic: weights, what several of them come to, and what a reader's own odds become.
//!
//! A weight is ten times the decimal logarithm of a likelihood ratio, in decibans (I. J. Good, "Probability and the Weighing of
//! Evidence", 1950). What is weighed of an image is: *one of its n programs holds a planted secret, and nothing is known of which*, over:
//! *none does*. If each place is as likely as the other, the first has the likelihood ratio (L1 + ... + Ln) / n: a mixture over the place.
//! The logarithms are not added: that would weigh "every one of them is planted". It takes the programs to be independent where none
//! is planted.

use serde::Serialize;

/// A weight with its interval, in decibans.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The weight.
    pub decibans: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// A weight that so many programs have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// Programs.
    pub count: u64,
    /// What each of them weighs.
    pub weight: Figure,
}

/// Probabilities before: what a reader may have thought of the hypothesis, one in so many.
pub const BEFORE: [u32; 3] = [10_000, 100, 2];

impl Figure {
    /// Neither for nor against.
    pub const NOTHING: Self = Self { decibans: 0.0, low: 0.0, high: 0.0 };

    /// Rounded to a tenth: no table of hit rates tells more, and so much is the same on every machine.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self { decibans: tenth(self.decibans), low: tenth(self.low), high: tenth(self.high) }
    }

    /// As text: `+17.3 dB (14.6 to 20.0)`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} dB ({} to {})", signed(self.decibans), signed(self.low), signed(self.high))
    }

    /// As odds for or against, for who does not think in decibans.
    #[must_use]
    pub fn odds(&self) -> String {
        let ratio = ratio(self.decibans.abs());
        if ratio < 1.05 {
            return "neither for nor against".to_owned();
        }
        let side = if self.decibans > 0.0 { "for" } else { "against" };
        format!("as {} to 1 {side} it", digits(ratio))
    }

    /// What a probability of one in so many becomes.
    #[must_use]
    pub fn after(&self, one_in: u32) -> Chance {
        let odds = 1.0 / (f64::from(one_in) - 1.0);
        let posterior = |decibans: f64| {
            let odds = odds * ratio(decibans);
            odds / (1.0 + odds)
        };
        Chance { share: posterior(self.decibans), low: posterior(self.low), high: posterior(self.high) }
    }
}

/// A probability with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// In the middle.
    pub share: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Chance {
    /// As text: `1 in 190 (1 in 350 to 1 in 100)`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} ({} to {})", share(self.share), share(self.low), share(self.high))
    }
}

/// What several programs come to, one of which may be it; nothing of none. The ends of the interval are those where every weight is
/// at its lower, or upper, end at once: one table stands behind them all, so that they are wrong together. It is wider than 95 %.
#[must_use]
pub fn mixture(terms: &[Term]) -> Option<Figure> {
    let count: u64 = terms.iter().map(|term| term.count).sum();
    if count == 0 {
        return None;
    }
    let of = |end: fn(&Figure) -> f64| {
        let sum: f64 = terms.iter().map(|term| term.count as f64 * ratio(end(&term.weight))).sum();
        10.0 * (sum / count as f64).log10()
    };
    let figure = Figure {
        decibans: of(|weight| weight.decibans),
        low: of(|weight| weight.low),
        high: of(|weight| weight.high),
    };
    Some(figure.rounded())
}

/// If one of them is it: the probability that it is one with this weight.
#[must_use]
pub fn share_of(weight: Figure, terms: &[Term]) -> f64 {
    let sum: f64 = terms.iter().map(|term| term.count as f64 * ratio(term.weight.decibans)).sum();
    if sum > 0.0 { ratio(weight.decibans) / sum } else { 0.0 }
}

/// A likelihood ratio of decibans.
fn ratio(decibans: f64) -> f64 {
    10f64.powf(decibans / 10.0)
}

fn tenth(value: f64) -> f64 {
    // Minus zero is zero.
    (value * 10.0).round() / 10.0 + 0.0
}

/// With a sign: `+2.0`, `-4.2`, `0.0`.
fn signed(value: f64) -> String {
    if value == 0.0 { "0.0".to_owned() } else { format!("{value:+.1}") }
}

/// A number of one or more in two digits.
fn digits(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.1}").trim_end_matches(".0").to_owned();
    }
    let scale = 10f64.powi(value.log10().floor() as i32 - 1);
    banbury_network::scenario::grouped(((value / scale).round() * scale) as u64)
}

/// A probability for a person: one in so many below a tenth, else in percent, and never all.
pub(crate) fn share(share: f64) -> String {
    if share <= 0.0 {
        "0 %".to_owned()
    } else if share < 0.1 {
        format!("1 in {}", digits(1.0 / share))
    } else if share > 0.995 {
        format!("{:.2} %", (share * 100.0).min(99.99))
    } else {
        format!("{:.0} %", share * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weight(decibans: f64) -> Figure {
        Figure { decibans, low: decibans - 3.0, high: decibans + 3.0 }
    }

    #[test]
    fn a_hundred_clean_programs_do_not_bury_one_finding() {
        let quiet = Figure { decibans: -4.2, low: -4.8, high: -3.6 };
        let terms = [Term { count: 1, weight: weight(25.0) }, Term { count: 100, weight: quiet }];
        let all = mixture(&terms).unwrap();
        // (316.2 + 100 x 0.380) / 101 = 3.51: 5.4 dB, where the sum of the decibans would be -395.
        assert!((all.decibans - 5.4).abs() < 0.06, "{all:?}");
        assert!(share_of(weight(25.0), &terms) > 0.89);
        assert_eq!(mixture(&[Term { count: 7, weight: quiet }]), Some(quiet));
        assert_eq!(mixture(&[]), None);
        assert_eq!(mixture(&[Term { count: 0, weight: quiet }]), None);
    }

    #[test]
    fn odds_before_and_after() {
        // 17.3 dB is 53.7 to 1: of 1 to 9,999 it makes 53.7 to 9,999.
        let after = weight(17.3).after(10_000);
        assert_eq!(share(after.share), "1 in 190");
        assert!(after.low < after.share && after.share < after.high);
        assert_eq!(share(weight(20.0).after(2).share), "99 %");
        assert_eq!(share(weight(0.0).after(100).share), "1 in 100");
        assert_eq!(share(Figure::NOTHING.after(10_000).share), "1 in 10,000");
        assert_eq!(share(weight(60.0).after(2).share), "99.99 %", "nothing is certain");
        assert_eq!(weight(17.3).odds(), "as 54 to 1 for it");
        assert_eq!(weight(-4.2).odds(), "as 2.6 to 1 against it");
        assert_eq!(Figure::NOTHING.odds(), "neither for nor against");
        assert_eq!(weight(2.0).text(), "+2.0 dB (-1.0 to +5.0)");
    }

    proptest! {
        #[test]
        fn a_mixture_stands_between_its_weights_whatever_their_order(
            weights in prop::collection::vec((1u64..400, -30f64..40.0), 1..12)
        ) {
            let terms: Vec<Term> = weights.iter().map(|(count, decibans)| Term { count: *count, weight: weight(*decibans) }).collect();
            let all = mixture(&terms).unwrap();
            let least = weights.iter().map(|(_, decibans)| *decibans).fold(f64::INFINITY, f64::min);
            let most = weights.iter().map(|(_, decibans)| *decibans).fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(all.low <= all.decibans && all.decibans <= all.high);
            prop_assert!(least - 0.06 <= all.decibans && all.decibans <= most + 0.06);
            // The place costs no more than the logarithm of how many there are.
            let count: u64 = weights.iter().map(|(count, _)| *count).sum();
            prop_assert!(all.decibans >= most - 10.0 * (count as f64).log10() - 0.06);
            let turned: Vec<Term> = terms.iter().rev().copied().collect();
            prop_assert!((mixture(&turned).unwrap().decibans - all.decibans).abs() < 0.11);
            let shares: f64 = terms.iter().map(|term| term.count as f64 * share_of(term.weight, &terms)).sum();
            prop_assert!((shares - 1.0).abs() < 1e-9);
        }
    }
}
