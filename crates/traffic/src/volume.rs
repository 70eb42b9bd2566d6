//! How much a device sends, against what it sent before.
//!
//! What is counted: the bytes of a period (a day, an hour of the day) against those of earlier periods of the same kind: how many times their
//! median, how many robust deviations above it on a logarithmic scale, and how often as much was sent before. The last needs no
//! distribution: of periods that are exchangeable, the newest is the largest of n + 1 with probability 1 / (n + 1). Figures, no weight:
//! nothing was measured here. When it is wrong: backups, updates and new tasks are large. What it misses: what leaves slowly, and a device
//! whose history already holds it.

/// Earlier periods that are needed.
pub const LEAST: usize = 7;

/// A period's bytes against those of earlier ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Excess {
    /// Bytes of the period.
    pub bytes: u64,
    /// Median of the earlier periods.
    pub median: f64,
    /// The first over the second; of a median below one byte, over one byte.
    pub times: f64,
    /// Deviations above the median of the logarithms, by their median absolute deviation (1.4826 of it being one); negative below.
    pub deviations: f64,
    /// Earlier periods.
    pub periods: usize,
    /// Earlier periods with as many bytes or more.
    pub as_many: usize,
    /// The probability of a period at least this large, were it like the others.
    pub chance: f64,
}

/// A period's bytes against those of earlier ones; nothing with fewer than seven of these.
#[must_use]
pub fn excess(history: &[u64], bytes: u64) -> Option<Excess> {
    if history.len() < LEAST {
        return None;
    }
    let mut sorted = history.to_vec();
    sorted.sort_unstable();
    let middle = median(&sorted.iter().map(|bytes| *bytes as f64).collect::<Vec<_>>())?;
    let log = |bytes: u64| (bytes as f64).ln_1p();
    let logs: Vec<f64> = sorted.iter().map(|bytes| log(*bytes)).collect();
    let centre = median(&logs)?;
    let mut apart: Vec<f64> = logs.iter().map(|value| (value - centre).abs()).collect();
    apart.sort_by(f64::total_cmp);
    // A history without any spread is taken to spread by a hundredth.
    let deviation = (1.4826 * median(&apart)?).max(0.01);
    let as_many = history.iter().filter(|earlier| **earlier >= bytes).count();
    Some(Excess {
        bytes,
        median: middle,
        times: bytes as f64 / middle.max(1.0),
        deviations: (log(bytes) - centre) / deviation,
        periods: history.len(),
        as_many,
        chance: (as_many + 1) as f64 / (history.len() + 1) as f64,
    })
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

    #[test]
    fn a_large_day_stands_out() {
        let history = [100, 120, 90, 110, 105, 95, 100, 130, 80];
        let found = excess(&history, 5000).unwrap();
        assert_eq!((found.median, found.times, found.as_many, found.periods), (100.0, 50.0, 0, 9));
        assert!(found.deviations > 20.0 && (found.chance - 0.1).abs() < 1e-12, "{found:?}");
        let usual = excess(&history, 100).unwrap();
        assert!(usual.deviations.abs() < 1e-9 && usual.as_many == 6);
        assert_eq!(excess(&[1; 6], 9), None);
    }

    proptest! {
        #[test]
        fn any_history_gives_finite_figures(history in prop::collection::vec(any::<u64>(), 7..40), bytes in any::<u64>()) {
            let found = excess(&history, bytes).unwrap();
            prop_assert!(found.times.is_finite() && found.deviations.is_finite() && found.median.is_finite());
            prop_assert!(found.chance > 0.0 && found.chance <= 1.0);
        }
    }
}
