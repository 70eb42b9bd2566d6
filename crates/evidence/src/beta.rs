//! The Beta distribution: what is known of a rate after so many hits in so many trials.
//!
//! The regularised incomplete beta function by its continued fraction (DLMF 8.17.22, evaluated by Lentz's method), the
//! logarithm of the gamma function by Stirling's series (DLMF 5.11.1), the quantile by bisection.

use std::f64::consts::PI;

/// Terms of the continued fraction at most: far more than counts up to a million need.
const TERMS: u32 = 10_000;
/// Halvings of a quantile's bracket: below the spacing of doubles.
const HALVINGS: u32 = 200;

/// A Beta distribution; both parameters are above zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beta {
    a: f64,
    b: f64,
}

impl Beta {
    /// What `hits` in `trials` say of a rate, from Jeffreys' prior, Beta(1/2, 1/2). More hits than trials count as all.
    #[must_use]
    pub fn jeffreys(hits: u32, trials: u32) -> Self {
        let hits = hits.min(trials);
        Self { a: f64::from(hits) + 0.5, b: f64::from(trials - hits) + 0.5 }
    }

    /// The probability of a rate of `x` or less.
    #[must_use]
    pub fn cumulative(self, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        if x >= 1.0 {
            return 1.0;
        }
        let Self { a, b } = self;
        let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
        // The fraction converges fast below the mean; above it, the complement is taken.
        if x < (a + 1.0) / (a + b + 2.0) {
            front * fraction(a, b, x) / a
        } else {
            1.0 - front * fraction(b, a, 1.0 - x) / b
        }
    }

    /// The rate below which the true one lies with probability `p`.
    #[must_use]
    pub fn quantile(self, p: f64) -> f64 {
        let (mut low, mut high) = (0.0_f64, 1.0_f64);
        for _ in 0..HALVINGS {
            // Rates near zero are what matters: there, halves are taken on the scale of logarithms.
            let middle = if low > 0.0 && high / low > 4.0 { (low * high).sqrt() } else { (low + high) / 2.0 };
            if middle <= low || middle >= high {
                break;
            }
            if self.cumulative(middle) < p { low = middle } else { high = middle }
        }
        (low + high) / 2.0
    }
}

/// The continued fraction of the incomplete beta function.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let away = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for term in 1..=TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for factor in [even, odd] {
            d = 1.0 / away(1.0 + factor * d);
            c = away(1.0 + factor / c);
            step = d * c;
            value *= step;
        }
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// The natural logarithm of the gamma function, for `x` above zero.
fn ln_gamma(x: f64) -> f64 {
    // Stirling's series is exact to a double from 15 on; below, the recurrence leads there.
    let (mut x, mut shift) = (x, 0.0);
    while x < 15.0 {
        shift += x.ln();
        x += 1.0;
    }
    let square = x * x;
    let series =
        (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series - shift
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(one: f64, two: f64) -> bool {
        (one - two).abs() <= 1e-12 + 1e-11 * two.abs()
    }

    #[test]
    fn gamma_of_known_values() {
        for (x, expected) in [
            (1.0, 0.0),
            (2.0, 0.0),
            (5.0, 24.0_f64.ln()),
            (0.5, PI.sqrt().ln()),
            (11.0, 3_628_800.0_f64.ln()),
        ] {
            assert!(near(ln_gamma(x), expected), "{x}: {}", ln_gamma(x));
        }
        // ln 100! = 363.73937555556349...
        assert!(near(ln_gamma(101.0), 363.739_375_555_563_5));
    }

    #[test]
    fn cumulative_of_closed_forms() {
        for x in [1e-9, 0.001, 0.2, 0.5, 0.77, 0.999] {
            for n in [1.0, 2.5, 40.0] {
                assert!(near(Beta { a: n, b: 1.0 }.cumulative(x), x.powf(n)), "{x} {n}");
                assert!(near(Beta { a: 1.0, b: n }.cumulative(x), -(n * (-x).ln_1p()).exp_m1()), "{x} {n}");
                assert!(near(Beta { a: n, b: n }.cumulative(0.5), 0.5));
            }
            let arcsine = 2.0 / PI * x.sqrt().asin();
            assert!(near(Beta { a: 0.5, b: 0.5 }.cumulative(x), arcsine), "{x}");
        }
        assert_eq!((Beta::jeffreys(3, 9).cumulative(-1.0), Beta::jeffreys(3, 9).cumulative(2.0)), (0.0, 1.0));
    }

    #[test]
    fn cumulative_is_the_tail_of_a_binomial() {
        // The probability of at least 3 hits in 10 trials at rate 0.3.
        let tail: f64 = 1.0
            - [1.0, 10.0, 45.0]
                .iter()
                .zip(0..)
                .map(|(ways, hits)| ways * 0.3_f64.powi(hits) * 0.7_f64.powi(10 - hits))
                .sum::<f64>();
        assert!(near(Beta { a: 3.0, b: 8.0 }.cumulative(0.3), tail));
    }

    #[test]
    fn quantiles_are_the_published_jeffreys_limits() {
        // Brown, Cai, DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16 (2001), table 5.
        for (hits, trials, low, high) in
            [(1, 7, 0.016, 0.501), (3, 7, 0.139, 0.766), (2, 10, 0.044, 0.503), (5, 10, 0.224, 0.776)]
        {
            let rate = Beta::jeffreys(hits, trials);
            assert!(
                (rate.quantile(0.025) - low).abs() < 6e-4,
                "{hits} of {trials}: {}",
                rate.quantile(0.025)
            );
            assert!(
                (rate.quantile(0.975) - high).abs() < 6e-4,
                "{hits} of {trials}: {}",
                rate.quantile(0.975)
            );
        }
    }

    proptest! {
        #[test]
        fn quantile_inverts_cumulative(trials in 0u32..200_000, share in 0.0..=1.0f64, p in 0.001..0.999f64) {
            let hits = (f64::from(trials) * share) as u32;
            let rate = Beta::jeffreys(hits, trials);
            let x = rate.quantile(p);
            prop_assert!((0.0..=1.0).contains(&x));
            prop_assert!((rate.cumulative(x) - p).abs() < 1e-6, "{} {p}", rate.cumulative(x));
        }
    }
}
