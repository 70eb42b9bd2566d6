//! How much leaves a device, against what left it before.
//!
//! What is counted: the bytes that went from an address inside to all addresses outside, by the hour and by the day of UTC in which their
//! connections began. A period is told where it is larger than each earlier one by a factor, lies far above their median by their own
//! spread, and is not small: no distribution is needed for the first (of periods that are exchangeable, the newest is the largest of n + 1
//! with probability 1 / (n + 1)), the others keep the usual records of a growing series out. Figures, no weight: the thresholds
//! are Banbury's own; docs/watch.md counts how often they tell something.
//!
//! When it is wrong: backups, updates, a new task, a customer's traffic behind the device. What it misses: what leaves slowly, or within
//! what the device sends anyway; a device whose history already holds it, or that sent nothing outside before.

use crate::Window;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bytes of a period below which nothing is told: 20 MiB.
pub const FLOOR: u64 = 20 << 20;
/// How many times the largest earlier period a period is at least.
pub const TIMES: u64 = 3;
/// Robust deviations above the median that it is at least.
pub const DEVIATIONS: f64 = 4.0;

/// Microseconds of an hour.
pub const HOUR: i64 = 3_600_000_000;
/// Hours of a day.
const DAY: i64 = 24;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// An hour, against all earlier hours: a day's and more.
    Hour,
    /// A day, against all earlier days: a week's and more.
    Day,
}

impl Period {
    /// Hours that it has.
    pub fn hours(self) -> i64 {
        match self {
            Self::Hour => 1,
            Self::Day => DAY,
        }
    }

    /// Earlier periods that are needed.
    pub fn least(self) -> usize {
        match self {
            Self::Hour => 24,
            Self::Day => 7,
        }
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// A period's bytes against those of earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Excess {
    /// What is compared.
    pub period: Period,
    /// The hour that it begins with, counted from 1970-01-01 00:00 UTC.
    pub hour: i64,
    /// Bytes of the period.
    pub bytes: u64,
    /// Median of the earlier periods.
    pub median: f64,
    /// The largest of them.
    pub largest: u64,
    /// Deviations above the median of the logarithms, by their median absolute deviation (1.4826 of it being one).
    pub deviations: f64,
    /// Earlier periods.
    pub periods: usize,
    /// The probability of a period that is the largest, were it like the others: 1 / (n + 1).
    pub chance: f64,
}

/// The periods that stand out, of the bytes that left by hours from 1970-01-01 00:00 UTC. Hours without an entry had none. The history begins
/// with the first hour that has any, or where the window does; an hour, or a day, that the window holds in part is no history.
#[must_use]
pub fn excesses(hours: &BTreeMap<i64, u64>, window: &Window) -> Vec<Excess> {
    let mut found = of(Period::Hour, hours, window);
    let told: Vec<i64> = found.iter().map(|excess| excess.hour.div_euclid(DAY)).collect();
    let mut days: BTreeMap<i64, u64> = BTreeMap::new();
    for (hour, bytes) in hours {
        let day = days.entry(hour.div_euclid(DAY)).or_default();
        *day = day.saturating_add(*bytes);
    }
    // A day that is large by an hour that is told is told by that.
    found.extend(
        of(Period::Day, &days, window)
            .into_iter()
            .filter(|excess| !told.contains(&excess.hour.div_euclid(DAY))),
    );
    found
}

fn of(period: Period, sums: &BTreeMap<i64, u64>, window: &Window) -> Vec<Excess> {
    let length = period.hours() * HOUR;
    let (Some((&first, _)), true) = (sums.first_key_value(), window.end > window.start) else {
        return Vec::new();
    };
    let whole = window.start.div_euclid(length) + i64::from(window.start.rem_euclid(length) != 0);
    let since = first.max(whole);
    let mut found = Vec::new();
    let mut largest = 0u64;
    for (&number, &bytes) in sums.range(since..) {
        let before = usize::try_from(number - since).unwrap_or(0);
        let stands_out =
            before >= period.least() && bytes >= FLOOR && bytes >= largest.max(1).saturating_mul(TIMES);
        if stands_out
            && let Some((median, deviations)) =
                spread(sums.range(since..number).map(|(_, bytes)| *bytes), before, bytes)
            && deviations >= DEVIATIONS
        {
            found.push(Excess {
                period,
                hour: number * period.hours(),
                bytes,
                median,
                largest,
                deviations,
                periods: before,
                chance: 1.0 / (before as f64 + 1.0),
            });
        }
        largest = largest.max(bytes);
    }
    found
}

/// The median of `count` periods, of which those that had bytes are handed over, and how many deviations `bytes` lies above it.
fn spread(history: impl Iterator<Item = u64>, count: usize, bytes: u64) -> Option<(f64, f64)> {
    let mut sorted: Vec<u64> = history.collect();
    sorted.resize(count, 0);
    sorted.sort_unstable();
    let log = |bytes: u64| (bytes as f64).ln_1p();
    let logs: Vec<f64> = sorted.iter().map(|bytes| log(*bytes)).collect();
    let centre = median(&logs)?;
    let mut apart: Vec<f64> = logs.iter().map(|value| (value - centre).abs()).collect();
    apart.sort_by(f64::total_cmp);
    // A history without any spread is taken to spread by a tenth.
    let deviation = (1.4826 * median(&apart)?).max(0.1);
    let middle = median(&sorted.iter().map(|bytes| *bytes as f64).collect::<Vec<_>>())?;
    Some((middle, (log(bytes) - centre) / deviation))
}

fn median(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some((sorted.get(half.checked_sub(1)?)? + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Ten days, an hour each of `usual` bytes, from a full day on.
    fn steady(usual: u64) -> (BTreeMap<i64, u64>, Window) {
        let hours = (240..480).map(|hour| (hour, usual + hour as u64 % 7)).collect();
        (hours, Window::new(240 * HOUR, 480 * HOUR))
    }

    #[test]
    fn a_large_hour_stands_out_and_its_day_is_not_told_twice() {
        let (mut hours, window) = steady(1 << 20);
        assert_eq!(excesses(&hours, &window), []);
        hours.insert(470, 500 << 20);
        let found = excesses(&hours, &window);
        assert_eq!(found.len(), 1, "{found:?}");
        let one = found[0];
        assert_eq!((one.period, one.hour, one.bytes, one.periods), (Period::Hour, 470, 500 << 20, 230));
        assert!(one.largest < 2 << 20 && one.deviations > 10.0 && (one.chance - 1.0 / 231.0).abs() < 1e-12);
        // Once more as much is in its history.
        hours.insert(475, 500 << 20);
        assert_eq!(excesses(&hours, &window).len(), 1);
    }

    #[test]
    fn a_day_that_is_large_hour_by_hour_stands_out() {
        // An hour a day is busy; on one day all are.
        let (mut hours, window) = steady(1 << 20);
        for hour in (252..480).step_by(24).chain(432..456) {
            hours.insert(hour, 30 << 20);
        }
        let found = excesses(&hours, &window);
        assert_eq!(found.iter().map(|one| (one.period, one.hour)).collect::<Vec<_>>(), [(Period::Day, 432)]);
    }

    #[test]
    fn without_history_nothing_is_told() {
        let window = Window::new(0, 480 * HOUR);
        assert_eq!(excesses(&BTreeMap::from([(400, 1 << 40)]), &window), [], "the first that left");
        assert_eq!(excesses(&BTreeMap::from([(390, 1), (400, 1 << 40)]), &window), [], "ten hours");
        assert_eq!(excesses(&BTreeMap::from([(370, 1), (400, 1 << 40)]), &window).len(), 1);
        let (small, window) = steady(1000);
        assert_eq!(excesses(&small.into_iter().chain([(470, FLOOR - 100_000)]).collect(), &window), []);
        assert_eq!(excesses(&BTreeMap::new(), &window), []);
    }

    proptest! {
        #[test]
        fn any_history_gives_finite_figures(
            hours in prop::collection::btree_map(-2_562_047_788..2_562_047_788i64, any::<u64>(), 0..40), start in any::<i64>(), end in any::<i64>(),
        ) {
            // Hours far apart would be a history of thousands of millions of periods: as many as the window has are looked at.
            let near: BTreeMap<i64, u64> = hours.iter().map(|(hour, bytes)| (hour.rem_euclid(1000), *bytes)).collect();
            for one in excesses(&near, &Window { start, end }).into_iter().chain(excesses(&near, &Window::new(0, 1000 * HOUR))) {
                prop_assert!(one.deviations.is_finite() && one.median.is_finite() && one.chance > 0.0 && one.chance <= 0.2);
                prop_assert!(one.bytes >= one.largest && one.bytes >= FLOOR && one.periods >= one.period.least());
            }
        }
    }
}
