//! A pair's connections in figures that are small enough to be kept and drawn: how many in each slot of time, and how far apart they come.

use crate::{Contact, Window};
use banbury_evidence::Picture;

/// Slots that a window has at most.
pub const SLOTS: usize = 120;
/// The last bin: gaps of 31 years and more.
const LAST: usize = 120;

/// Slots that people read easily, in seconds; of longer windows, whole days.
const STEPS: [u64; 18] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/// The picture of contacts in the order of their starts.
pub(super) fn draw(contacts: &[Contact], window: &Window) -> Picture {
    let seconds = window.length() / 1_000_000;
    // One slot may begin before the window does.
    let least = seconds / (SLOTS as u64 - 1) + 1;
    let slot =
        STEPS.into_iter().find(|step| *step >= least).unwrap_or_else(|| least.div_ceil(86_400) * 86_400);
    let micros = i64::try_from(slot).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    let first = window.start.div_euclid(micros).saturating_mul(micros);
    let count = window.end.max(window.start).abs_diff(first) / micros.unsigned_abs() + 1;
    let mut timeline = vec![0u32; usize::try_from(count).unwrap_or(SLOTS).min(SLOTS)];
    let mut gaps = vec![0u32; LAST + 1];
    for contact in contacts {
        let at = contact.start.clamp(window.start, window.end.max(window.start)).abs_diff(first)
            / micros.unsigned_abs();
        if let Some(slot) = usize::try_from(at).ok().and_then(|at| timeline.get_mut(at)) {
            *slot = slot.saturating_add(1);
        }
    }
    for (one, next) in contacts.iter().zip(contacts.iter().skip(1)) {
        let bin = Picture::bin(next.start.abs_diff(one.start));
        if let Some(bin) = gaps.get_mut(bin.min(LAST)) {
            *bin = bin.saturating_add(1);
        }
    }
    let from = gaps.iter().position(|count| *count > 0).unwrap_or(0);
    let to = gaps.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
    let gaps = gaps.get(from..to).unwrap_or_default().to_vec();
    Picture { since: first.div_euclid(1_000_000), slot, timeline, from: from as u32, gaps }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(start: i64) -> Contact {
        Contact { start, ..Contact::default() }
    }

    #[test]
    fn a_day_has_slots_of_a_quarter_of_an_hour() {
        let contacts: Vec<Contact> = (0..288).map(|n| at(1_700_000_000_000_000 + n * 300_000_000)).collect();
        let window = Window::new(1_700_000_000_000_000, 1_700_086_400_000_000);
        let picture = draw(&contacts, &window);
        assert_eq!((picture.slot, picture.timeline.len()), (900, 97));
        assert_eq!(picture.since % 900, 0);
        assert_eq!(picture.timeline.iter().sum::<u32>(), 288);
        // 300 s are 10^5.477 ms.
        assert_eq!((picture.from, picture.gaps.as_slice()), (54, &[287][..]));
    }

    #[test]
    fn one_moment_is_one_slot() {
        let picture = draw(&[at(5), at(5)], &Window::new(5, 5));
        assert_eq!(
            (picture.timeline.as_slice(), picture.from, picture.gaps.as_slice()),
            (&[2][..], 0, &[1][..])
        );
        assert!(draw(&[], &Window::default()).gaps.is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_the_size_is_bounded(
            mut starts in prop::collection::vec(any::<i64>(), 0..50), start in any::<i64>(), end in any::<i64>(),
        ) {
            starts.sort_unstable();
            let contacts: Vec<Contact> = starts.iter().map(|start| at(*start)).collect();
            let picture = draw(&contacts, &Window::new(start, end));
            prop_assert!(!picture.timeline.is_empty() && picture.timeline.len() <= SLOTS);
            prop_assert_eq!(picture.timeline.iter().sum::<u32>() as usize, contacts.len());
            prop_assert_eq!(picture.gaps.iter().sum::<u32>() as usize, contacts.len().saturating_sub(1));
            prop_assert!(picture.from as usize + picture.gaps.len() <= LAST + 1);
        }
    }
}
