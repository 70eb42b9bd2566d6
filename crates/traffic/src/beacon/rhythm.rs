//! The gaps between check-ins of a pair, on a logarithmic scale.
//!
//! A check-in may be several connections; connections that follow one another within a reach are one check-in, at the first one's start.
//! No fixed reach serves all (retries after 1.2 seconds are a burst at a period of an hour, and a rhythm of their own), so a pair's gaps are
//! read unmerged and merged at several reaches, which are shares of the pair's own characteristic gap: the rhythm of a pair
//! whose times are all stretched is the same, stretched.

use crate::Contact;
use std::f64::consts::LN_2;

/// Bins of 2 % each: from 10 ms to 74 days.
pub const BINS: usize = 1024;
/// Fine bins in a coarse one.
pub const COARSE: usize = 4;
/// Coarse bins.
pub const COARSE_BINS: usize = BINS / COARSE;
/// The gap, in microseconds, that the first bin starts at: what is shorter is one moment.
const SHORTEST: f64 = 10_000.0;
/// The reaches, as shares of the characteristic gap.
const REACHES: [f64; 3] = [1.0 / 64.0, 1.0 / 16.0, 1.0 / 4.0];

/// The width of a bin, in nats.
pub fn width() -> f64 {
    1.02_f64.ln()
}

/// The bin that a gap falls in, as a real number: whole at a bin's middle.
pub fn bin_of(gap: f64) -> f64 {
    (gap / SHORTEST).max(1.0).ln() / width()
}

/// The gap at a bin's middle, in microseconds.
pub fn gap_at(bin: f64) -> f64 {
    SHORTEST * (bin * width()).exp()
}

/// One way to read a pair's gaps.
#[derive(Clone, Debug)]
pub struct Rhythm {
    /// The gaps between check-ins, in microseconds, in their order.
    pub gaps: Vec<f64>,
    /// The logarithm of each.
    pub logs: Vec<f32>,
    /// Fine bins that are not empty, with how many gaps each holds.
    pub fine: Vec<(usize, f32)>,
    /// Connections that follow one another within this, in microseconds, are one check-in.
    pub reach: f64,
    /// The share of connections that were merged into another's check-in.
    pub merged: f64,
}

impl Rhythm {
    /// How many gaps there are.
    pub fn count(&self) -> usize {
        self.gaps.len()
    }

    /// Coarse bins that are not empty.
    pub fn coarse(&self) -> Vec<(u16, f32)> {
        coarse(&self.fine)
    }

    /// How much the logarithm of a gap says of the next one's: the correlation of neighbours, from -1 to 1.
    pub fn serial(&self) -> f64 {
        let count = self.logs.len() as f64;
        let mean = self.logs.iter().map(|log| f64::from(*log)).sum::<f64>() / count.max(1.0);
        let around: f64 = self.logs.iter().map(|log| (f64::from(*log) - mean).powi(2)).sum();
        let beside: f64 = self
            .logs
            .iter()
            .zip(self.logs.iter().skip(1))
            .map(|(one, next)| (f64::from(*one) - mean) * (f64::from(*next) - mean))
            .sum();
        if around > 1e-9 { (beside / around).clamp(-1.0, 1.0) } else { 0.0 }
    }

    /// Of gaps in their order; `ascending` are the same ones where they are there.
    fn of(gaps: Vec<f64>, ascending: Option<&[f64]>, reach: f64, connections: usize) -> Self {
        let log = |gap: &f64| fast_ln(*gap / SHORTEST) as f32;
        let scale = 1.0 / width() as f32;
        let bin = |log: f32| {
            let (place, whole) = (log * scale, (log * scale) as u32);
            // To the nearest; the fraction is exact.
            (whole + u32::from(place - whole as f32 >= 0.5)).min(BINS as u32 - 1)
        };
        let logs: Vec<f32> = gaps.iter().map(log).collect();
        let mut bins: Vec<u32> = match ascending {
            Some(gaps) => gaps.iter().map(|gap| bin(log(gap))).collect(),
            None => logs.iter().map(|log| bin(*log)).collect(),
        };
        // The fast logarithm may step back a little where a power of two begins.
        if !bins.is_sorted() {
            bins.sort_unstable();
        }
        let fine = bins
            .chunk_by(|one, next| one == next)
            .filter_map(|same| Some((*same.first()? as usize, same.len() as f32)))
            .collect();
        let merged = 1.0 - (gaps.len() + 1) as f64 / connections.max(1) as f64;
        Self { gaps, logs, fine, reach, merged }
    }
}

/// Coarse bins that are not empty, of fine ones in their order.
pub fn coarse(fine: &[(usize, f32)]) -> Vec<(u16, f32)> {
    let mut coarse: Vec<(u16, f32)> = Vec::with_capacity(fine.len());
    for (bin, count) in fine {
        let bin = (bin / COARSE) as u16;
        match coarse.last_mut() {
            Some((last, sum)) if *last == bin => *sum += count,
            _ => coarse.push((bin, *count)),
        }
    }
    coarse
}

/// The ways to read the gaps of contacts in their order: unmerged first, then merged at wider and wider reaches, as far as each has
/// `least` gaps, and differs from the one before.
pub fn rhythms(contacts: &[Contact], least: usize) -> Vec<Rhythm> {
    let between: Vec<f64> = contacts
        .iter()
        .zip(contacts.iter().skip(1))
        .map(|(one, next)| if next.start > one.start { next.start.abs_diff(one.start) as f64 } else { 0.0 })
        .collect();
    let plain = merge(&between, SHORTEST);
    if plain.len() < least {
        return Vec::new();
    }
    let mut ascending = plain.clone();
    ascending.sort_unstable_by(f64::total_cmp);
    let characteristic = characteristic(&ascending);
    let mut all = vec![Rhythm::of(plain, Some(&ascending), SHORTEST, contacts.len())];
    for reach in REACHES {
        let before = all.last().map_or(0, Rhythm::count);
        let reach = (characteristic * reach).max(SHORTEST);
        let gaps = merge(&between, reach);
        // A fifth fewer: what are fewer strays than that is the floor's under a shape.
        if gaps.len() >= least && gaps.len() * 5 <= before * 4 {
            all.push(Rhythm::of(gaps, None, reach, contacts.len()));
        }
    }
    all
}

/// The check-ins of contacts in their order: what follows within `reach` is added to the first.
pub fn check_ins(contacts: &[Contact], reach: f64) -> Vec<Contact> {
    let mut all: Vec<Contact> = Vec::with_capacity(contacts.len());
    let mut before: Option<i64> = None;
    for contact in contacts {
        let near = before
            .is_some_and(|before| contact.start <= before || (contact.start.abs_diff(before) as f64) < reach);
        before = Some(contact.start);
        match all.last_mut() {
            Some(last) if near => {
                last.sent = last.sent.saturating_add(contact.sent);
                last.received = last.received.saturating_add(contact.received);
                last.sent_ip = last.sent_ip.saturating_add(contact.sent_ip);
            }
            _ => all.push(*contact),
        }
    }
    all
}

/// The gaps between check-ins, each being connections that follow one another within `reach`.
fn merge(between: &[f64], reach: f64) -> Vec<f64> {
    let mut gaps = Vec::with_capacity(between.len());
    let mut carried = 0.0;
    for gap in between {
        if *gap < reach {
            carried += gap;
        } else {
            gaps.push(carried + gap);
            carried = 0.0;
        }
    }
    gaps
}

/// The gap up to which a fifth of the time lies in gaps: near the period of a beacon, however many short gaps there are beside, and
/// however long it sleeps at night. The gaps stand in ascending order.
fn characteristic(ascending: &[f64]) -> f64 {
    let fifth = ascending.iter().sum::<f64>() / 5.0;
    let mut passed = 0.0;
    for gap in ascending {
        passed += gap;
        if passed >= fifth {
            return *gap;
        }
    }
    ascending.last().copied().unwrap_or(0.0)
}

/// The natural logarithm of a positive number, to a ten-thousandth: a bin is two hundredths wide, and there are many gaps.
fn fast_ln(value: f64) -> f64 {
    let bits = value.max(1.0).to_bits();
    let exponent = (bits >> 52) as f64 - 1023.0;
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    // ln m = 2 atanh((m - 1) / (m + 1)), about the middle of [1, 2).
    let ratio = (mantissa - std::f64::consts::SQRT_2) / (mantissa + std::f64::consts::SQRT_2);
    let square = ratio * ratio;
    let series = ratio * (2.0 + square * (2.0 / 3.0 + square * (2.0 / 5.0)));
    (exponent + 0.5) * LN_2 + series
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(moments: &[i64]) -> Vec<Contact> {
        moments.iter().map(|start| Contact { start: *start, ..Contact::default() }).collect()
    }

    #[test]
    fn several_connections_are_one_check_in() {
        // Each minute three connections, 0.2 seconds apart.
        let moments: Vec<i64> = (0..20)
            .flat_map(|minute| [0, 200_000, 400_000].map(|after| minute * 60_000_000 + after))
            .collect();
        let all = rhythms(&at(&moments), 3);
        assert_eq!(all[0].count(), 59);
        let merged = all.last().unwrap();
        assert_eq!(merged.count(), 19);
        assert!(merged.gaps.iter().all(|gap| *gap == 60e6), "{:?}", merged.gaps);
        assert!((merged.merged - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(check_ins(&at(&moments), merged.reach).len(), 20);
    }

    #[test]
    fn bins_are_two_percent_wide() {
        assert!((gap_at(bin_of(3_600e6)) - 3_600e6).abs() < 1.0);
        assert!((bin_of(1.02 * 60e6) - bin_of(60e6) - 1.0).abs() < 1e-9);
        let all = rhythms(&at(&[0, 60_000_000, 120_000_000, 180_000_000]), 3);
        assert_eq!(all[0].fine.iter().map(|(_, count)| count).sum::<f32>(), 3.0);
        assert_eq!(all[0].fine[0].0, bin_of(60e6).round() as usize);
    }

    proptest! {
        #[test]
        fn the_fast_logarithm_is_near(value in 1.0f64..1e19) {
            prop_assert!((fast_ln(value) - value.ln()).abs() < 1e-4, "{} {}", fast_ln(value), value.ln());
        }

        /// Bins are the same by gaps as they come and by the same ones in order, and are those of the nearest middle.
        #[test]
        fn gaps_in_order_have_the_same_bins(gaps in prop::collection::vec(10_000f64..1e13, 1..60)) {
            let mut ascending = gaps.clone();
            ascending.sort_unstable_by(f64::total_cmp);
            let [one, other] = [None, Some(ascending.as_slice())].map(|known| Rhythm::of(gaps.clone(), known, SHORTEST, gaps.len() + 1).fine);
            prop_assert_eq!(&one, &other);
            let scale = 1.0 / width() as f32;
            for gap in gaps {
                let bin = (fast_ln(gap / SHORTEST) as f32 * scale).round().clamp(0.0, BINS as f32 - 1.0) as usize;
                prop_assert!(one.iter().any(|(known, _)| *known == bin));
            }
        }

        #[test]
        fn any_moments_are_read(moments in prop::collection::vec(any::<i64>(), 0..50)) {
            for rhythm in rhythms(&at(&moments), 3) {
                prop_assert!(rhythm.count() >= 3 && rhythm.serial().is_finite());
                prop_assert!(rhythm.fine.iter().all(|(bin, _)| *bin < BINS));
                prop_assert_eq!(rhythm.fine.iter().map(|(_, count)| *count as usize).sum::<usize>(), rhythm.count());
                prop_assert_eq!(rhythm.coarse().iter().map(|(_, count)| *count as usize).sum::<usize>(), rhythm.count());
            }
        }
    }
}
