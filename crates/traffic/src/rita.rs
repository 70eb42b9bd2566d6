//! RITA's beacon score, the field's open standard, to compare with: four subscores of a quarter each.
//!
//! What is scored: of the last 24 hours of the window, how symmetric and how narrow the intervals between contacts are (quartile skewness
//! and median absolute deviation), the same of the sizes that the source sent, over how much of the window and in how many hours on end
//! the pair was seen, and how flat its histogram of 24 bars is (coefficient of variation, or how well two heights of bars fit).
//!
//! The definition is that of RITA 5 (github.com/activecm/rita, `analysis/beacons.go`, defaults in `config/config.go`, and the bounds of its
//! query: 4 different seconds, fewer than 86,400 contacts), to the rounding of each figure. Only what it defines is taken; the tests hold
//! it against the values that its own tests expect.
//!
//! When it is wrong: ordinary traffic often scores 0.7 and more (docs/beacons.md); office hours, check-ins that are missing, and several
//! connections a check-in take a beacon's score away.

use crate::{Contact, Window};

/// Seconds of the last part of a window that is scored.
const SCORED: i64 = 24 * 3600;
/// Bars of the histogram.
const BARS: usize = 24;
/// Different seconds that a pair needs.
const LEAST: usize = 4;
/// Contacts from which on a pair is no beacon, but a strobe.
const STROBE: usize = 86_400;
/// Bars without which there is no duration score.
const LEAST_HOURS: usize = 6;
/// Bars on end that are as many as there need be.
const IDEAL_HOURS: f64 = 12.0;
/// Bars without which two heights are not looked for.
const LEAST_BIMODAL: usize = 11;
/// Bars that may fit neither height.
const OUTLIERS: usize = 1;
/// Bars whose heights differ by less than this share of the highest are of one height.
const SENSITIVITY: f64 = 0.05;

/// The score and what it is made of, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rita {
    /// The mean of the four, to three places.
    pub score: f64,
    /// Of the intervals between contacts.
    pub timestamps: f64,
    /// Of the bytes with the IP header that the source sent.
    pub sizes: f64,
    /// Of the share of the window, or the hours on end.
    pub duration: f64,
    /// Of the histogram's flatness.
    pub histogram: f64,
}

/// The score of a pair whose contacts stand in the order of their starts; nothing with fewer than 4 different seconds in the last 24 hours of
/// the window, or with 86,400 contacts there and more.
#[must_use]
pub fn score(contacts: &[Contact], window: &Window) -> Option<Rita> {
    let (start, end) = last_day(window);
    let hour = hour(start);
    let first = contacts.partition_point(|contact| seconds(contact.start) < hour);
    let contacts = contacts.get(first..)?;
    over(contacts, start, end, None)
}

/// The part of a window that is scored, in seconds.
fn last_day(window: &Window) -> (i64, i64) {
    let (start, end) = (seconds(window.start), seconds(window.end));
    (start.max(end.saturating_sub(SCORED)), end)
}

/// From when on contacts are taken: the query takes whole hours, the figures the exact start.
fn hour(start: i64) -> i64 {
    start.div_euclid(3600) * 3600
}

/// The same over the whole window, however long: 24 bars of whatever length. RITA itself looks at no more than a day. Where [`score`] gave
/// `known` of these contacts, what does not depend on the window is not found out again.
#[must_use]
pub fn score_whole(contacts: &[Contact], window: &Window, known: Option<&Rita>) -> Option<Rita> {
    let hour = hour(last_day(window).0);
    let same = known.filter(|_| contacts.first().is_some_and(|first| seconds(first.start) >= hour));
    over(contacts, seconds(window.start), seconds(window.end), same)
}

/// The score between two moments in seconds; `known` has the scores of these contacts' intervals and sizes.
fn over(contacts: &[Contact], start: i64, end: i64, known: Option<&Rita>) -> Option<Rita> {
    if end <= start || contacts.len() < LEAST || contacts.len() >= STROBE {
        return None;
    }
    let (timestamps, sizes) = match known {
        Some(known) => (known.timestamps, known.sizes),
        None => regularity(contacts)?,
    };
    let (first, last) = (seconds(contacts.first()?.start), seconds(contacts.last()?.start));
    let bars = histogram(contacts.iter().map(|contact| seconds(contact.start)), start, end);
    let histogram = flatness(&bars).max(two_heights(&bars));
    let duration = duration(&bars, last.saturating_sub(first) as f64 / end.saturating_sub(start) as f64);
    let score = thousandths((timestamps + sizes + duration + histogram) * 0.25);
    Some(Rita { score, timestamps, sizes, duration, histogram })
}

/// The scores of intervals and of sizes; nothing where contacts stand in fewer than 4 seconds.
fn regularity(contacts: &[Contact]) -> Option<(f64, f64)> {
    let mut intervals = Vec::with_capacity(contacts.len());
    let mut before = seconds(contacts.first()?.start);
    for contact in contacts {
        let now = seconds(contact.start);
        let interval = now.saturating_sub(before);
        if interval > 0 {
            intervals.push(interval.unsigned_abs());
        }
        before = now;
    }
    if intervals.len() + 1 < LEAST {
        return None;
    }
    let mut sizes: Vec<u64> = contacts.iter().map(|contact| contact.sent_ip).collect();
    Some((spread_score(&mut intervals, 1.0)?, spread_score(&mut sizes, 0.0)?))
}

fn seconds(microseconds: i64) -> i64 {
    microseconds.div_euclid(1_000_000)
}

fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Half for a symmetric, half for a narrow distribution; `without` is the second half where the median is below 1.
fn spread_score(values: &mut [u64], without: f64) -> Option<f64> {
    if values.len() < 3 {
        return None;
    }
    values.sort_unstable();
    let quartiles = Quartiles::of(values)?;
    let skew = 1.0 - quartiles.skewness().abs();
    let deviation = median_deviation(values, quartiles.second)?;
    let narrow =
        if quartiles.second >= 1.0 { (quartiles.second - deviation) / quartiles.second } else { without };
    Some(thousandths((skew + narrow.max(0.0)) / 2.0))
}

/// The medians of the lower half, of all, and of the upper half; the middle of an odd number belongs to neither half.
struct Quartiles {
    first: f64,
    second: f64,
    third: f64,
}

impl Quartiles {
    fn of(sorted: &[u64]) -> Option<Self> {
        let half = sorted.len() / 2;
        Some(Self {
            first: median(sorted.get(..half)?)?,
            second: median(sorted)?,
            third: median(sorted.get(sorted.len() - half..)?)?,
        })
    }

    /// Bowley's; 0 where the quartiles are less than 10 apart, or the median is one of the others.
    fn skewness(&self) -> f64 {
        let range = self.third - self.first;
        if range < 10.0 || self.second == self.first || self.second == self.third {
            return 0.0;
        }
        (self.first + self.third - 2.0 * self.second) / range
    }
}

fn median(sorted: &[u64]) -> Option<f64> {
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)? as f64;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some((*sorted.get(half.checked_sub(1)?)? as f64 + upper) / 2.0)
}

/// The median of the distances from `middle`. The values are sorted, so the distances to either side are too: the two are walked
/// outwards together, to the half.
fn median_deviation(sorted: &[u64], middle: f64) -> Option<f64> {
    let split = sorted.partition_point(|value| (*value as f64) < middle);
    let (below, above) = sorted.split_at_checked(split)?;
    let mut below = below.iter().rev().map(|value| middle - *value as f64).peekable();
    let mut above = above.iter().map(|value| *value as f64 - middle).peekable();
    let half = sorted.len() / 2;
    let (mut before, mut reached) = (0.0, 0.0);
    for _ in 0..=half {
        before = reached;
        reached = match (below.peek(), above.peek()) {
            (Some(one), Some(other)) if one <= other => below.next()?,
            (Some(_), None) => below.next()?,
            _ => above.next()?,
        };
    }
    Some(if sorted.len() % 2 == 1 { reached } else { (before + reached) / 2.0 })
}

/// How many contacts fall into each bar; what lies before the first counts there, what lies behind the last there.
fn histogram(moments: impl Iterator<Item = i64>, start: i64, end: i64) -> [u32; BARS] {
    let mut bars = [0_u32; BARS];
    let step = end.saturating_sub(start) as f64 / BARS as f64;
    let edge = |bar: usize| if bar == BARS { end as f64 } else { start as f64 + bar as f64 * step };
    let mut bar = 0;
    for moment in moments {
        let moment = moment as f64;
        while bar + 1 < BARS && moment >= edge(bar + 1) {
            bar += 1;
        }
        if let Some(count) = bars.get_mut(bar) {
            *count += 1;
        }
    }
    bars
}

/// One less the coefficient of variation of the bars.
fn flatness(bars: &[u32]) -> f64 {
    let count = bars.len() as f64;
    let mean = bars.iter().map(|bar| f64::from(*bar)).sum::<f64>() / count;
    if mean <= 0.0 {
        return 0.0;
    }
    let variance = bars.iter().map(|bar| (f64::from(*bar) - mean).powi(2)).sum::<f64>() / count;
    let variation = variance.sqrt() / mean;
    if variation > 1.0 { 0.0 } else { thousandths(1.0 - variation).min(1.0) }
}

/// The share of bars that have one of the two most frequent heights.
fn two_heights(bars: &[u32]) -> f64 {
    let total = bars.iter().filter(|bar| **bar > 0).count();
    let highest = bars.iter().copied().max().unwrap_or(0);
    if total < LEAST_BIMODAL {
        return 0.0;
    }
    let width = (f64::from(highest) * SENSITIVITY).ceil();
    let mut heights: Vec<u32> =
        bars.iter().filter(|bar| **bar > 0).map(|bar| (f64::from(*bar) / width).floor() as u32).collect();
    heights.sort_unstable();
    let mut counts: Vec<usize> = heights.chunk_by(|one, next| one == next).map(<[u32]>::len).collect();
    counts.sort_unstable_by(|one, next| next.cmp(one));
    let fit = counts.iter().take(2).sum::<usize>() as f64 / total.saturating_sub(OUTLIERS).max(1) as f64;
    thousandths(fit).min(1.0)
}

/// The larger of the share of the window between the first and the last contact, and the hours on end over the ideal.
fn duration(bars: &[u32], share: f64) -> f64 {
    if bars.iter().filter(|bar| **bar > 0).count() < LEAST_HOURS {
        return 0.0;
    }
    let up = |value: f64| ((value * 1000.0).ceil() / 1000.0).min(1.0);
    up(share).max(up(longest_run(bars) as f64 / IDEAL_HOURS))
}

/// Bars on end that are not empty, the last being followed by the first.
fn longest_run(bars: &[u32]) -> usize {
    let (mut longest, mut run) = (0, 0);
    for bar in bars.iter().chain(bars) {
        run = if *bar > 0 { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest.min(bars.len())
}

#[cfg(test)]
mod tests;
