//! The busiest day of a pair: what a strobe is told by.

/// Connections in 24 hours from which on a pair is a strobe: one a second, where RITA's beacons end and its strobes begin.
pub const LEAST: u64 = 86_400;
/// Microseconds of 24 hours.
const DAY: u64 = 86_400_000_000;

/// The most connections that begin within any 24 hours, of starts in their order; nothing where there are fewer than an hour of a strobe has,
/// which no pair of a recording of an hour and more can be told by.
#[must_use]
pub fn busiest_day(starts: impl ExactSizeIterator<Item = i64> + Clone) -> Option<u64> {
    if (starts.len() as u64) < LEAST / 24 {
        return None;
    }
    let mut early = starts.clone().peekable();
    let (mut busiest, mut within) = (0u64, 0u64);
    for start in starts {
        within += 1;
        while early.peek().is_some_and(|&first| start > first && start.abs_diff(first) >= DAY) {
            early.next();
            within -= 1;
        }
        busiest = busiest.max(within);
    }
    Some(busiest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(microseconds: i64, count: i64) -> Option<u64> {
        busiest_day((0..count as usize).map(|step| step as i64 * microseconds))
    }

    #[test]
    fn any_24_hours_count() {
        assert_eq!(every(1_000_000, 100_000), Some(86_400));
        assert_eq!(every(1_100_000, 200_000), Some(78_546));
        assert_eq!(every(1, 3599), None);
        // One busy day of a quiet week.
        let week: Vec<i64> = (0..7)
            .map(|day| day * DAY as i64)
            .chain((0..90_000).map(|n| 7 * DAY as i64 + n * 900_000))
            .collect();
        assert_eq!(busiest_day(week.iter().copied()), Some(90_000));
    }

    #[test]
    fn hostile_times_do_not_panic() {
        let mut starts: Vec<i64> = (0..90_000).collect();
        starts[0] = i64::MIN;
        starts[89_999] = i64::MAX;
        assert_eq!(busiest_day(starts.iter().copied()), Some(89_998));
    }
}
