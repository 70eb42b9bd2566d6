//! How much likelier a pair's gaps are under "a period with jitter and missing check-ins" than under other traffic.
//!
//! Both sides are mixtures over shapes and scales with even priors; a scale is a shift on the logarithmic axis, so one pass over a pair's
//! bins covers every period. The shapes are gone through in coarse bins; the best of the beacons' are gone through again in fine ones. Other
//! traffic has a second model that has no shape: the pair's own gaps, smoothed, each gap left out for itself. A beacon has edges that
//! smoothing loses.

use super::distributions::{Jitter, kernel};
use super::rhythm::{BINS, COARSE, COARSE_BINS, Rhythm, coarse, gap_at, width};
use super::templates::{FINE, Template, Templates};
use fearless_simd::{Level, Simd as _, dispatch};
use std::sync::LazyLock;

/// Shapes that are gone through in fine bins.
const REFINED: usize = 8;
/// Shapes whose neighbours are tried as well.
const BESIDE: usize = 5;
/// Coarse bins beyond the quartiles of a pair's gaps in which a shape's median is looked for.
const MARGIN: i64 = 5;
/// Coarse bins that are tried for a shape at most.
const WIDEST: i64 = 72;
/// Deviation of the smoothing, in nats.
const SMOOTHING: f64 = 0.22;
/// Of the smoothed model, the share that is even over all bins.
const STRAY: f64 = 0.05;
/// A share of strays from which a second period is looked for, and gaps that they need to be.
const SECOND: (f64, f32) = (0.2, 5.0);
/// Where the best shape of a beacon is so many nats behind other traffic's in coarse bins, it alone is gone through in fine ones.
const HOPELESS: f64 = 8.0;
/// What the search for a second period costs, in nats: the number of shapes and scales that it chooses from.
const SECOND_COST: f64 = 9.0;

/// What the gaps say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Gaps between check-ins.
    pub gaps: usize,
    /// The logarithm of the likelihood ratio against the shapes of other traffic, in nats.
    pub shapes: f64,
    /// The same against the pair's own gaps, smoothed.
    pub smooth: f64,
    /// The mean sleep, in microseconds.
    pub period: f64,
    /// Half the range of a sleep, or its deviation, as a share of the mean.
    pub jitter: f64,
    /// The share of check-ins that are missing.
    pub missing: f64,
    /// The share of gaps that belong to no period.
    pub stray: f64,
    /// A second period, where strays have one, in microseconds.
    pub second: Option<f64>,
}

impl Timing {
    /// The lower of the two: both models of other traffic have to be beaten.
    pub fn ratio(&self) -> f64 {
        self.shapes.min(self.smooth)
    }

    /// What the gaps of a rhythm say.
    pub fn of(rhythm: &Rhythm) -> Option<Self> {
        let templates = Templates::all();
        let coarse = rhythm.coarse();
        let count = rhythm.count() as f64;
        let range = Range::of(&coarse)?;
        let in_fine_bins = count * (COARSE as f64).ln();
        let benign = benign(templates, &coarse, &range) - in_fine_bins;
        let smooth = smoothed(&coarse, count) - in_fine_bins;
        let mut candidates = candidates(templates, &coarse, &range);
        if candidates.first().is_some_and(|best| f64::from(best.0) - in_fine_bins < benign - HOPELESS) {
            candidates.truncate(1);
        }
        let mut best = refine(&rhythm.fine, &candidates)?;
        let mut stray = best.template.stray(&rhythm.fine, best.shift, best.floor);
        let mut second = None;
        if let Some((sum, other, left)) = second_period(&rhythm.fine, &best, stray)
            && sum - SECOND_COST > best.sum
        {
            best.sum = sum - SECOND_COST;
            second = Some(period(&other));
            stray = left;
        }
        Some(Self {
            gaps: rhythm.count(),
            shapes: best.sum - benign,
            smooth: best.sum - smooth,
            period: sharpened(&rhythm.gaps, &best),
            jitter: best.template.jitter.map_or(0.0, Jitter::spread),
            missing: best.template.missing,
            stray,
            second,
        })
    }
}

/// The mean sleep by the gaps themselves: those near a whole number of sleeps, where jitter lets that number be told.
fn sharpened(gaps: &[f64], place: &Place) -> f64 {
    let about = period(place);
    let spread = place.template.jitter.map_or(0.0, Jitter::spread);
    if spread > 0.34 {
        return about;
    }
    let (mut time, mut sleeps) = (0.0, 0.0);
    for gap in gaps {
        let count = (gap / about).round();
        if (1.0..=14.0).contains(&count)
            && (gap / about - count).abs() <= (1.2 * spread + 0.02) * count.sqrt()
        {
            time += gap;
            sleeps += count;
        }
    }
    if sleeps > 0.0 { time / sleeps } else { about }
}

fn period(place: &Place) -> f64 {
    gap_at(place.shift as f64) * place.template.jitter.map_or(1.0, Jitter::mean)
}

/// Where on the coarse axis a shape's median is looked for.
struct Range {
    first: i64,
    count: usize,
}

impl Range {
    fn of(coarse: &[(u16, f32)]) -> Option<Self> {
        let total: f32 = coarse.iter().map(|(_, count)| count).sum();
        let quantile = |share: f32| {
            let mut passed = 0.0;
            coarse.iter().find(|(_, count)| {
                passed += count;
                passed >= share * total
            })
        };
        let (low, high) = (i64::from(quantile(0.25)?.0), i64::from(quantile(0.75)?.0));
        let count = (high - low + 2 * MARGIN + 1).min(WIDEST);
        Some(Self { first: (low + high + 1) / 2 - count / 2, count: usize::try_from(count).ok()? })
    }

    /// The first shift of a template, and its sums at this and the following shifts.
    #[inline(always)]
    fn sums(&self, template: &Template, coarse: &[(u16, f32)], sums: &mut Vec<f32>) -> i64 {
        let first = (self.first - template.middle).clamp(0, COARSE_BINS as i64 - 1);
        template.at_coarse(coarse, first as usize, self.count, sums);
        first
    }
}

/// Does some work with what this processor can do beyond the least of its kind, which is to go through twice as many numbers side by side.
/// Each of them is what it is anywhere. What `work` calls has to be inlined for that.
#[inline(always)]
fn widest<R>(work: impl FnOnce() -> R) -> R {
    dispatch!(Level::new(), simd => simd.vectorize(work))
}

/// The logarithm of the mean likelihood over the shapes and scales of other traffic, by coarse bins.
fn benign(templates: &Templates, coarse: &[(u16, f32)], range: &Range) -> f64 {
    let bank = templates.benign_bank.as_ref();
    let all = bank.and_then(|bank| bank.all(coarse, range.first, range.count)).unwrap_or_else(|| {
        let mut sums = Vec::new();
        let mut all = Vec::with_capacity(range.count * templates.benign.len());
        for template in &templates.benign {
            range.sums(template, coarse, &mut sums);
            all.extend_from_slice(&sums);
        }
        all
    });
    let logarithm = widest(
        #[inline(always)]
        || log_sum(&all),
    );
    // A coarse shift stands for its fine ones.
    logarithm + (COARSE as f64).ln() - (templates.benign.len() as f64).ln()
}

/// The best shapes of beacons, each with its best coarse shift, the best first.
fn candidates<'t>(
    templates: &'t Templates,
    coarse: &[(u16, f32)],
    range: &Range,
) -> Vec<(f32, &'t Template, i64)> {
    let mut sums = Vec::new();
    let mut tried = |template: &'t Template| {
        widest(
            #[inline(always)]
            || {
                let first = range.sums(template, coarse, &mut sums);
                let largest = largest(&sums);
                (largest, template, first + place_of(largest, &sums) as i64)
            },
        )
    };
    let mut best = Vec::with_capacity(REFINED + 1);
    let bank = templates.beacons_bank.as_ref();
    match bank.and_then(|bank| bank.best(coarse, range.first, range.count)) {
        Some(found) => {
            for one in found {
                if let Some(template) = templates.beacons.get(one.shape) {
                    keep_best(&mut best, (one.sum, template, range.first - template.middle + one.at as i64));
                }
            }
        }
        None => {
            let first = templates.beacons.iter().filter(|template| template.first);
            first.for_each(|template| keep_best(&mut best, tried(template)));
        }
    }
    let beside: Vec<&Template> = best
        .iter()
        .take(BESIDE)
        .filter_map(|(_, template, _)| templates.beacons.get(template.beside?))
        .collect();
    beside.into_iter().for_each(|template| keep_best(&mut best, tried(template)));
    best
}

/// Takes a shape among the best, which are in their order; of equal ones the first stays first.
fn keep_best<'t>(best: &mut Vec<(f32, &'t Template, i64)>, one: (f32, &'t Template, i64)) {
    if best.get(REFINED - 1).is_some_and(|(last, ..)| one.0.total_cmp(last).is_le()) {
        return;
    }
    best.insert(best.partition_point(|(sum, ..)| sum.total_cmp(&one.0).is_ge()), one);
    best.truncate(REFINED);
}

/// A shape at its place, with what is said there and around.
#[derive(Clone)]
struct Place<'t> {
    template: &'t Template,
    shift: i64,
    floor: usize,
    sum: f64,
}

/// Goes through shapes in fine bins about their coarse shifts: the best place, with the logarithm of the mean likelihood over all.
fn refine<'t>(fine: &[(usize, f32)], candidates: &[(f32, &'t Template, i64)]) -> Option<Place<'t>> {
    let tables: usize = candidates.iter().map(|(_, template, _)| template.floors()).sum();
    let mut all = Vec::with_capacity(tables * FINE);
    let mut best: Option<Place> = None;
    for (_, template, coarse) in candidates {
        let from = coarse * COARSE as i64;
        for floor in 0..template.floors() {
            let logs = widest(
                #[inline(always)]
                || template.fine(fine, from - 1, floor),
            );
            for (shift, log) in (from - 1..from + COARSE as i64 + 1).zip(logs) {
                all.push(log);
                let sum = f64::from(log);
                if best.as_ref().is_none_or(|best| sum > best.sum) {
                    best = Some(Place { template, shift, floor, sum });
                }
            }
        }
    }
    let shapes = Templates::all().beacons.len() as f64 * best.as_ref()?.template.floors() as f64;
    let logarithm = widest(
        #[inline(always)]
        || log_sum(&all),
    );
    best.map(|best| Place { sum: logarithm - shapes.ln(), ..best })
}

/// The likelihood of two periods, where the strays of the first have one: the second's place, and the share that belongs to neither.
fn second_period<'t>(fine: &[(usize, f32)], first: &Place<'t>, stray: f64) -> Option<(f64, Place<'t>, f64)> {
    if stray < SECOND.0 {
        return None;
    }
    let left: Vec<(usize, f32)> = fine
        .iter()
        .map(|(bin, count)| {
            let share = first.template.stray(&[(*bin, 1.0)], first.shift, first.floor) as f32;
            (*bin, count * share)
        })
        .filter(|(_, count)| *count > 0.3)
        .collect();
    if left.iter().map(|(_, count)| count).sum::<f32>() < SECOND.1 {
        return None;
    }
    let coarse = coarse(&left);
    let range = Range::of(&coarse)?;
    let mut shapes = candidates(Templates::all(), &coarse, &range);
    shapes.truncate(2);
    let other = refine(&left, &shapes)?;
    // Gaps of both are a mixture by their shares.
    let sum = fine
        .iter()
        .map(|(bin, count)| {
            let one = f64::from(first.template.at(*bin, first.shift, first.floor)).exp();
            let two = f64::from(other.template.at(*bin, other.shift, other.floor)).exp();
            f64::from(*count) * ((1.0 - stray) * one + stray * two).ln()
        })
        .sum();
    let neither = stray * other.template.stray(&left, other.shift, other.floor);
    Some((sum, other, neither))
}

/// The likelihood of gaps under their own smoothed density, each gap left out for itself, by coarse bins.
fn smoothed(coarse: &[(u16, f32)], count: f64) -> f64 {
    static KERNEL: LazyLock<Vec<f32>> = LazyLock::new(|| kernel(SMOOTHING, width() * COARSE as f64));
    let reach = KERNEL.len() / 2;
    let own = KERNEL.get(reach).copied().unwrap_or(0.0);
    let even = STRAY * COARSE as f64 / BINS as f64;
    let mut sum = 0.0;
    let mut from = 0;
    for (bin, gaps) in coarse {
        let bin = usize::from(*bin);
        while coarse.get(from).is_some_and(|(other, _)| usize::from(*other) + reach < bin) {
            from += 1;
        }
        let density: f32 = coarse
            .iter()
            .skip(from)
            .map(|(other, gaps)| (usize::from(*other), gaps))
            .take_while(|(other, _)| *other <= bin + reach)
            .map(|(other, gaps)| gaps * KERNEL.get(reach + bin - other).copied().unwrap_or(0.0))
            .sum();
        let others = f64::from(density - own).max(0.0) / (count - 1.0).max(1.0);
        sum += f64::from(*gaps) * ((1.0 - STRAY) * others + even).ln();
    }
    sum
}

/// The logarithm of a sum of what is given by its logarithms; what is a twenty-thousandth of the largest is left out.
#[inline(always)]
fn log_sum(logs: &[f32]) -> f64 {
    let largest = largest(logs);
    let term = |log: f32| {
        let above = log - largest;
        let kept = 0_u32.wrapping_sub(u32::from(above > -10.0));
        f32::from_bits(exponential(above).to_bits() & kept)
    };
    let (whole, rest) = logs.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for logs in whole {
        // Most are far below the largest: of eight of them nothing is left.
        if logs.iter().fold(false, |any, log| any | (*log - largest > -10.0)) {
            for (sum, log) in sums.iter_mut().zip(logs) {
                *sum += term(*log);
            }
        }
    }
    let sum = sums.iter().sum::<f32>() + rest.iter().map(|log| term(*log)).sum::<f32>();
    f64::from(largest) + f64::from(sum.max(f32::MIN_POSITIVE)).ln()
}

/// Numbers that are gone through side by side.
const LANES: usize = 8;

#[inline(always)]
fn largest(logs: &[f32]) -> f32 {
    let more = |one: f32, other: f32| if other > one { other } else { one };
    let (whole, rest) = logs.as_chunks::<LANES>();
    let mut largest = [f32::MIN; LANES];
    for logs in whole {
        for (largest, log) in largest.iter_mut().zip(logs) {
            *largest = more(*largest, *log);
        }
    }
    largest.iter().chain(rest).copied().fold(f32::MIN, more)
}

/// Where a number stands first.
#[inline(always)]
fn place_of(number: f32, all: &[f32]) -> usize {
    let (whole, rest) = all.as_chunks::<LANES>();
    for (chunk, numbers) in whole.iter().enumerate() {
        // Without a way out of the loop, all are compared at once.
        let same =
            numbers.iter().enumerate().fold(0_u32, |same, (at, it)| same | u32::from(*it == number) << at);
        if same != 0 {
            return chunk * LANES + same.trailing_zeros() as usize;
        }
    }
    whole.len() * LANES + rest.iter().position(|it| *it == number).unwrap_or(0)
}

/// The exponential of a number between -80 and 0, to two units in the last place, and the same on every machine: a power of two times
/// the series of what is left.
#[inline(always)]
fn exponential(value: f32) -> f32 {
    // Added and taken away again, it leaves whole numbers.
    const WHOLE: f32 = 12_582_912.0;
    let value = if value > -80.0 { value } else { -80.0 };
    let power = value * std::f32::consts::LOG2_E + WHOLE;
    let bits = power.to_bits();
    let power = power - WHOLE;
    // The logarithm of two in two parts, of which the first has few digits.
    let rest = value - power * 0.693_359_4 - power * -2.121_944_4e-4;
    let series = 1.0
        + rest
            * (1.0
                + rest
                    * (0.5 + rest * (1.0 / 6.0 + rest * (1.0 / 24.0 + rest * (1.0 / 120.0 + rest / 720.0)))));
    series * f32::from_bits(bits.wrapping_add(127) << 23)
}

#[cfg(test)]
mod tests {
    use super::super::rhythm::rhythms;
    use super::*;
    use crate::Contact;

    fn timing(gaps: &[f64]) -> Timing {
        let mut moment = 0.0;
        let mut contacts = vec![Contact::default()];
        for gap in gaps {
            moment += gap * 1e6;
            contacts.push(Contact { start: moment as i64, ..Contact::default() });
        }
        Timing::of(&rhythms(&contacts, 3)[0]).unwrap()
    }

    /// Numbers between 0 and 1 that fill the range evenly.
    fn evenly(count: usize) -> impl Iterator<Item = f64> {
        (0..count).map(|step| (0.5 + step as f64 * 0.618_034) % 1.0)
    }

    #[test]
    fn the_exponential_is_near() {
        for step in 0..=80_000 {
            let value = -step as f32 / 1000.0;
            let exact = f64::from(value).exp();
            assert!((f64::from(exponential(value)) / exact - 1.0).abs() < 3e-7, "{value}");
        }
        assert!((log_sum(&[-1.0, -2.0, -3.0, -40.0]) - (-1.0_f64 + 0.407_605_964)).abs() < 1e-6);
    }

    #[test]
    fn the_first_place_of_a_number_is_told() {
        for length in 1..40 {
            for at in 0..length {
                let mut all = vec![1.0; length];
                all[at] = 2.0;
                all[length - 1] = 2.0;
                assert_eq!(place_of(2.0, &all), at);
            }
        }
    }

    #[test]
    fn a_period_is_found_with_its_jitter_and_its_missing_check_ins() {
        let exact = timing(&[60.0; 50]);
        assert!(exact.shapes > 50.0 && exact.smooth > 50.0, "{exact:?}");
        assert!((exact.period / 60e6 - 1.0).abs() < 1e-9 && exact.jitter < 0.02 && exact.missing < 0.02);
        let jittered: Vec<f64> = evenly(200).map(|at| 300.0 * (0.7 + 0.6 * at)).collect();
        let jittered = timing(&jittered);
        assert!(jittered.shapes > 10.0 && jittered.smooth > 10.0, "{jittered:?}");
        assert!(
            (jittered.period / 300e6 - 1.0).abs() < 0.08 && (jittered.jitter - 0.3).abs() < 0.1,
            "{jittered:?}"
        );
        let missing: Vec<f64> = evenly(100)
            .map(|at| {
                if at < 0.5 {
                    60.0
                } else if at < 0.75 {
                    120.0
                } else {
                    180.0
                }
            })
            .collect();
        let missing = timing(&missing);
        assert!(missing.shapes > 50.0 && (missing.period / 60e6 - 1.0).abs() < 1e-9, "{missing:?}");
        assert!((0.3..=0.5).contains(&missing.missing), "{missing:?}");
    }

    #[test]
    fn two_periods_are_told_apart() {
        let both: Vec<f64> = (0..100).map(|step| if step % 10 < 6 { 60.0 } else { 700.0 }).collect();
        let both = timing(&both);
        assert!(both.shapes > 50.0, "{both:?}");
        let mut periods = [both.period, both.second.unwrap()];
        periods.sort_by(f64::total_cmp);
        assert!(
            (periods[0] / 60e6 - 1.0).abs() < 0.03 && (periods[1] / 700e6 - 1.0).abs() < 0.03,
            "{both:?}"
        );
    }

    #[test]
    fn exponential_and_lognormal_gaps_are_no_beacon() {
        let exponential: Vec<f64> = evenly(300).map(|at| -300.0 * (1.0 - at).ln()).collect();
        assert!(timing(&exponential).shapes < 0.0, "{:?}", timing(&exponential));
        let wide: Vec<f64> = evenly(300).map(|at| 300.0 * (4.0 * (at - 0.5)).exp()).collect();
        assert!(timing(&wide).shapes < 0.0, "{:?}", timing(&wide));
    }

    #[test]
    fn stretched_gaps_weigh_the_same() {
        let gaps: Vec<f64> = evenly(80).map(|at| 60.0 * (0.8 + 0.4 * at)).collect();
        // Whole coarse bins further.
        let factor = (width() * COARSE as f64 * 25.0).exp();
        let stretched: Vec<f64> = gaps.iter().map(|gap| gap * factor).collect();
        let (one, other) = (timing(&gaps), timing(&stretched));
        assert!(
            (one.shapes - other.shapes).abs() < 1.5 && (one.smooth - other.smooth).abs() < 1.5,
            "{one:?} {other:?}"
        );
        assert!((other.period / one.period / factor - 1.0).abs() < 0.03);
    }
}
