//! How long the gaps of beacons and of other traffic are, as masses on bins of 2 %.
//!
//! A beacon sleeps, and each sleep is jittered: evenly over a range (most implants' frameworks, to one side or to both: on a logarithmic
//! scale of unknown origin the two are one family), by a normal or by an exponential distribution. A check-in that is missing adds another
//! sleep to the gap, so a gap is one sleep, two, three, ... with geometric shares. The sum of two even sleeps has its triangle, of three and
//! more the normal distribution of the same mean and variance; exponential sleeps add up to Erlang's.

use super::rhythm::width;
use std::f64::consts::{PI, SQRT_2};

/// Bins to either side of the origin: a factor of 650.
pub const REACH: usize = 328;
/// The bins of a template.
pub const SPAN: usize = 2 * REACH + 1;
/// Sleeps in a gap at most.
const SLEEPS: u32 = 14;
/// What a network and a timer add to any sleep, as a share of it.
const NOISE: f64 = 0.006;

/// How a sleep is jittered, in shares of its mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jitter {
    /// Evenly, to either side by so much.
    Even(f64),
    /// Normally, with this deviation.
    Normal(f64),
    /// By an exponential delay of this mean after the sleep.
    Exponential(f64),
}

impl Jitter {
    /// Half the range of an even jitter that spreads as much, as a share of the mean sleep.
    pub fn spread(self) -> f64 {
        match self {
            Self::Even(half) => half,
            Self::Normal(deviation) => deviation,
            Self::Exponential(mean) => mean / (1.0 + mean),
        }
    }

    /// The mean of a sleep whose nominal length is 1.
    pub fn mean(self) -> f64 {
        if let Self::Exponential(mean) = self { 1.0 + mean } else { 1.0 }
    }

    /// The probability that so many sleeps last no longer than `x`.
    fn cumulative(self, sleeps: u32, x: f64) -> f64 {
        let count = f64::from(sleeps);
        match self {
            Self::Even(half) => match sleeps {
                1 => ((x - 1.0 + half) / (2.0 * half)).clamp(0.0, 1.0),
                2 => triangle((x - 2.0) / half),
                _ => normal((x - count) / (half * (count / 3.0).sqrt())),
            },
            Self::Normal(deviation) => {
                // A sleep is no shorter than nothing.
                let below = normal(-count.sqrt() / deviation);
                ((normal((x - count) / (deviation * count.sqrt())) - below) / (1.0 - below)).max(0.0)
            }
            Self::Exponential(mean) => erlang(sleeps, (x - count) / mean),
        }
    }
}

/// The masses of a beacon's gaps, where a share of check-ins is missing, on the bins about the nominal sleep; they add up to one or less.
pub fn beacon(jitter: Jitter, missing: f64) -> Vec<f64> {
    let reach = |x: f64| -> f64 {
        let mut share = 1.0 - missing;
        let mut sum = 0.0;
        for sleeps in 1..=SLEEPS {
            sum += share * jitter.cumulative(sleeps, x);
            share *= missing;
            if share < 1e-5 {
                break;
            }
        }
        sum
    };
    let blurred = |x: f64| (reach(x * (1.0 - NOISE)) + 2.0 * reach(x) + reach(x * (1.0 + NOISE))) / 4.0;
    let edge = |bin: usize| ((bin as f64 - REACH as f64 - 0.5) * width()).exp();
    let mut below = blurred(edge(0));
    (1..=SPAN)
        .map(|bin| {
            let above = blurred(edge(bin));
            let mass = (above - below).max(0.0);
            below = above;
            mass
        })
        .collect()
}

/// The masses of gaps whose density over the logarithm of the gap is this, but for a factor.
pub fn smooth(density: impl Fn(f64) -> f64) -> Vec<f64> {
    let values: Vec<f64> =
        (0..SPAN).map(|bin| density((bin as f64 - REACH as f64) * width()).max(0.0)).collect();
    let sum: f64 = values.iter().sum();
    values.into_iter().map(|value| value / sum.max(f64::MIN_POSITIVE)).collect()
}

/// The density of a gamma distribution's logarithm, of mean 1, but for a factor.
pub fn gamma(shape: f64) -> impl Fn(f64) -> f64 {
    move |log| (shape * (log - log.exp() + 1.0)).exp()
}

/// The same of a Weibull distribution of scale 1.
pub fn weibull(shape: f64) -> impl Fn(f64) -> f64 {
    move |log| {
        let scaled = shape * log;
        (scaled - scaled.exp() + 1.0).exp()
    }
}

/// The same of a lognormal distribution of median 1.
pub fn lognormal(deviation: f64) -> impl Fn(f64) -> f64 {
    move |log| (-0.5 * (log / deviation).powi(2)).exp()
}

/// The same of a mixture of two exponential distributions, the faster by `ratio` with the share `fast`.
pub fn hyperexponential(fast: f64, ratio: f64) -> impl Fn(f64) -> f64 {
    move |log| {
        let (slow, quick) = (log - ratio.ln() / 2.0, log + ratio.ln() / 2.0);
        (1.0 - fast) * (slow - slow.exp()).exp() + fast * (quick - quick.exp()).exp()
    }
}

/// The same of a Pareto distribution of least value 1: nothing is shorter.
pub fn pareto(shape: f64) -> impl Fn(f64) -> f64 {
    move |log| if log >= 0.0 { (-shape * log).exp() } else { 0.0 }
}

/// The same of a log-logistic distribution of median 1.
pub fn loglogistic(shape: f64) -> impl Fn(f64) -> f64 {
    move |log| {
        let scaled = (-(shape * log).abs()).exp();
        scaled / (1.0 + scaled).powi(2)
    }
}

/// The same of gaps that end at a time-out of 1 with the share `idle`, or before it by chance at this mean.
pub fn timeout(idle: f64, mean: f64) -> impl Fn(f64) -> f64 {
    let short = 1.0 - (-1.0 / mean).exp();
    move |log| {
        let gap = log.exp();
        let before = if gap < 1.0 { (1.0 - idle) * (gap / mean) * (-gap / mean).exp() / short } else { 0.0 };
        before + if log.abs() < 0.025 { idle / 0.05 } else { 0.0 }
    }
}

/// The same of an even distribution of the logarithm over so many nats.
pub fn even(nats: f64) -> impl Fn(f64) -> f64 {
    move |log| if log.abs() <= nats / 2.0 { 1.0 } else { 0.0 }
}

/// The standard normal distribution.
fn normal(x: f64) -> f64 {
    // Abramowitz and Stegun 7.1.26, to 1.5e-7.
    let t = 1.0 / (1.0 + 0.327_591_1 * (x / SQRT_2).abs());
    let series = t
        * (0.254_829_592
            + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let error = 1.0 - series * (-(x * x) / 2.0).exp();
    if x >= 0.0 { (1.0 + error) / 2.0 } else { (1.0 - error) / 2.0 }
}

/// The distribution of the sum of two even ones on [-1, 1].
fn triangle(x: f64) -> f64 {
    if x <= -2.0 {
        0.0
    } else if x <= 0.0 {
        (x + 2.0).powi(2) / 8.0
    } else if x < 2.0 {
        1.0 - (2.0 - x).powi(2) / 8.0
    } else {
        1.0
    }
}

/// The distribution of the sum of so many exponential ones of mean 1.
fn erlang(count: u32, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for step in 1..count {
        term *= x / f64::from(step);
        sum += term;
    }
    (1.0 - (-x).exp() * sum).clamp(0.0, 1.0)
}

/// The kernel that smooths a pair's own gaps: a normal density over coarse bins, of this deviation in nats.
pub fn kernel(deviation: f64, step: f64) -> Vec<f32> {
    let reach = (3.0 * deviation / step).ceil() as i32;
    let density = |bin: i32| {
        let x = f64::from(bin) * step / deviation;
        (-0.5 * x * x).exp() / (deviation * (2.0 * PI).sqrt()) * step
    };
    (-reach..=reach).map(|bin| density(bin) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64, within: f64) -> bool {
        (one - other).abs() <= within
    }

    #[test]
    fn distributions_have_their_known_values() {
        assert!(near(normal(1.959_964), 0.975, 1e-6) && near(normal(-1.0), 0.158_655, 1e-6));
        assert!(
            near(triangle(0.0), 0.5, 1e-12)
                && near(triangle(-1.0), 0.125, 1e-12)
                && near(triangle(1.0), 0.875, 1e-12)
        );
        // 1 - e^-2, and 1 - 3 e^-2.
        assert!(near(erlang(1, 2.0), 0.864_665, 1e-6) && near(erlang(2, 2.0), 0.593_994, 1e-6));
    }

    #[test]
    fn masses_add_up() {
        for jitter in [Jitter::Even(0.01), Jitter::Even(0.9), Jitter::Normal(0.4), Jitter::Exponential(0.5)] {
            for missing in [0.0, 0.3, 0.5] {
                let sum: f64 = beacon(jitter, missing).iter().sum();
                assert!(sum > 0.99 && sum <= 1.000_001, "{jitter:?} {missing}: {sum}");
            }
        }
        for masses in [
            smooth(gamma(2.0)),
            smooth(lognormal(0.5)),
            smooth(even(2.0)),
            smooth(hyperexponential(0.5, 60.0)),
        ] {
            assert!(near(masses.iter().sum(), 1.0, 1e-9));
        }
    }

    #[test]
    fn missing_check_ins_double_and_treble_a_gap() {
        let masses = beacon(Jitter::Even(0.01), 0.3);
        let about = |gap: f64| {
            let bin = REACH as f64 + gap.ln() / width();
            masses
                .iter()
                .enumerate()
                .filter(|(at, _)| (*at as f64 - bin).abs() < 3.0)
                .map(|(_, mass)| mass)
                .sum::<f64>()
        };
        assert!(near(about(1.0), 0.7, 0.01) && near(about(2.0), 0.21, 0.01) && near(about(3.0), 0.063, 0.01));
    }

    #[test]
    fn the_gamma_density_is_the_exponential_at_shape_one() {
        let masses = smooth(gamma(1.0));
        let below: f64 = masses.iter().take(REACH + 1).sum();
        // Of an exponential distribution of mean 1 the share below 1 is 1 - 1/e.
        assert!(near(below, 0.632, 0.01), "{below}");
    }
}
