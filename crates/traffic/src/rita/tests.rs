//! RITA's score against values worked by hand and against those that RITA's own tests expect (analysis/beacons_test.go).

use super::*;
use proptest::prelude::*;

/// 2018-01-30 19:02:04 UTC, the moment that RITA's tests count from.
const START: i64 = 1_517_338_924;

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 0.001
}

fn intervals_of(moments: &[i64]) -> Vec<u64> {
    moments.windows(2).map(|pair| (pair[1] - pair[0]) as u64).filter(|gap| *gap > 0).collect()
}

#[test]
fn intervals_score_as_rita_expects() {
    let from = |offsets: &[i64]| offsets.iter().map(|offset| START + offset).collect::<Vec<_>>();
    for (moments, expected) in [
        ((1..=10).collect(), 1.0),
        (from(&[0, 60, 120, 180, 240, 300, 360, 420, 480, 540]), 1.0),
        (from(&[0, 98, 197, 296, 396, 496, 596, 697, 798, 900]), 0.995),
        (from(&[0, 98, 398, 496, 796, 894, 1194, 1292, 1592, 1690, 1990]), 0.746),
        (from(&[0, 1, 300, 325, 5300, 5390, 5392, 5434, 5934, 7434]), 0.083),
    ] {
        let moments: Vec<i64> = moments;
        let score = spread_score(&mut intervals_of(&moments), 1.0).unwrap();
        assert!(near(score, expected), "{moments:?}: {score}, not {expected}");
    }
    assert_eq!(spread_score(&mut [], 1.0), None);
}

#[test]
fn sizes_score_as_rita_expects() {
    for (sizes, expected) in [
        (vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.773),
        (vec![60; 9], 1.0),
        (vec![98, 99, 99, 100, 100, 100, 101, 101, 102], 0.995),
        (vec![524_885, 1, 5000, 98_654, 50, 41, 965_842, 3], 0.008),
        (vec![0; 10], 0.5),
        (vec![7, 8, 7, 8, 7, 8, 7, 8, 7], 1.0),
        (vec![1, 1, 2, 2, 2, 2], 1.0),
    ] {
        let score = spread_score(&mut sizes.clone(), 0.0).unwrap();
        assert!(near(score, expected), "{sizes:?}: {score}, not {expected}");
    }
    assert!(spread_score(&mut [100, 200], 0.0).is_none());
}

#[test]
fn deviations_are_as_rita_expects() {
    for (values, expected) in [
        (vec![1, 2, 2, 3, 3, 3, 4, 5, 5], 1.0),
        (vec![11, 12, 12, 14, 15, 16], 1.5),
        (vec![1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 5500], 1250.0),
    ] {
        let middle = median(&values).unwrap();
        assert_eq!(median_deviation(&values, middle), Some(expected), "{values:?}");
    }
}

#[test]
fn skewness_is_as_rita_expects() {
    for (mut values, expected) in [
        (vec![1_u64, 2, 25, 42, 90, 299, 500, 1500, 4975], 0.845),
        (vec![524_885, 1, 5000, 98_654, 50, 41, 965_842, 3], 0.984),
        (vec![98, 99, 99, 100, 100, 100, 101, 101, 102], 0.0),
    ] {
        values.sort_unstable();
        assert!(near(Quartiles::of(&values).unwrap().skewness(), expected), "{values:?}");
    }
}

#[test]
fn histograms_are_flat_as_rita_expects() {
    assert_eq!(flatness(&[1; 10]), 1.0);
    assert!(near(flatness(&[950, 970, 990, 1010, 1030, 1050, 1070]), 0.96));
    assert!(near(flatness(&[1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009]), 0.997));
    assert_eq!(flatness(&[1, 5, 10, 50, 100, 500, 1000, 5000, 10_000]), 0.0);
    assert!(near(flatness(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 0.478));
    assert!(near(flatness(&[1, 0, 2, 0, 3, 0, 2, 1]), 0.064));
    assert!(near(flatness(&[2, 0, 3, 0, 1]), 0.028));
    assert_eq!(flatness(&[0; 5]), 0.0);
}

#[test]
fn runs_go_round_and_hours_count() {
    assert_eq!(longest_run(&[1, 0, 2, 0, 3, 0, 2, 1]), 3);
    assert_eq!(longest_run(&[7, 2, 1, 0, 0, 1, 0, 0, 0, 1]), 4);
    assert_eq!(longest_run(&[2, 0, 3, 0, 1]), 2);
    assert_eq!((longest_run(&[1; 24]), longest_run(&[0; 24])), (24, 0));
    let six = |at: [usize; 6]| std::array::from_fn::<u32, BARS, _>(|bar| u32::from(at.contains(&bar)));
    // RITA: coverage 1/2 and no run; three quarters; a run of six hours over a quarter of the day.
    assert_eq!(duration(&six([0, 2, 4, 6, 8, 10]), 0.5), 0.5);
    assert_eq!(duration(&six([0, 2, 4, 6, 8, 10]), 0.75), 0.75);
    assert_eq!(duration(&six([12, 13, 14, 15, 16, 17]), 0.25), 0.5);
    assert_eq!(duration(&[1; BARS], 1.0), 1.0);
    let mut five = [0; BARS];
    five[..5].fill(1);
    assert_eq!(duration(&five, 1.0), 0.0);
}

#[test]
fn two_heights_fit() {
    let bars: Vec<u32> = (0..24).map(|bar| if bar % 2 == 0 { 4 } else { 1 }).collect();
    assert_eq!(two_heights(&bars), 1.0);
    // 12 bars, of which 10 have the two most frequent heights: 10 of 12 less one outlier.
    assert!(near(two_heights(&[5, 5, 5, 5, 5, 9, 9, 9, 9, 9, 1, 3]), 0.909));
    assert_eq!(two_heights(&[5; 10]), 0.0, "fewer than eleven bars");
}

fn at(second: i64, sent_ip: u64) -> Contact {
    Contact { start: second * 1_000_000, sent_ip, ..Contact::default() }
}

#[test]
fn an_hourly_pair_of_one_size_is_perfect() {
    let contacts: Vec<Contact> = (0..24).map(|hour| at(START + hour * 3600, 500)).collect();
    let window = Window::new(START * 1_000_000, (START + 24 * 3600) * 1_000_000);
    let rita = score(&contacts, &window).unwrap();
    // 23 of 24 hours are spanned, 24 hours stand on end.
    assert_eq!(rita, Rita { score: 1.0, timestamps: 1.0, sizes: 1.0, duration: 1.0, histogram: 1.0 });
}

#[test]
fn a_pair_worked_by_hand() {
    // Intervals 98 and 300 in turn: 0.746. Sizes 1 to 10, and 5 again: 1..=4, 5, 5, 6..=10 has quartiles 3, 5, 8; 1 - 0, deviations
    // 0 0 1 1 2 2 3 3 4 4 5, median 2: (1 + 3/5) / 2 = 0.8. All in the first hour: no duration; 11 and 23 empty bars: variation over 1.
    let offsets = [0, 98, 398, 496, 796, 894, 1194, 1292, 1592, 1690, 1990];
    let sizes = [1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10];
    let contacts: Vec<Contact> =
        offsets.iter().zip(sizes).map(|(offset, size)| at(START + offset, size)).collect();
    let window = Window::new(START * 1_000_000, (START + 24 * 3600) * 1_000_000);
    let rita = score(&contacts, &window).unwrap();
    // 0.746 + 0.8 over 4 is 0.3865, which three places make 0.387 (RITA rounds halves away from zero).
    assert_eq!((rita.timestamps, rita.sizes, rita.duration, rita.histogram), (0.746, 0.8, 0.0, 0.0));
    assert!(near(rita.score, 0.387), "{}", rita.score);
}

#[test]
fn what_is_no_beacon_has_no_score() {
    let window = Window::new(0, 86_400_000_000);
    assert_eq!(score(&[], &window), None);
    let same: Vec<Contact> = (0..9).map(|_| at(60, 1)).collect();
    assert_eq!(score(&same, &window), None);
    let three: Vec<Contact> = [0, 0, 60, 60, 120].map(|second| at(second, 1)).into();
    assert_eq!(score(&three, &window), None);
    let four: Vec<Contact> = [0, 60, 120, 180].map(|second| at(second, 1)).into();
    assert!(score(&four, &window).is_some());
    assert_eq!(score(&four, &Window::new(5, 5)), None);
    let strobe: Vec<Contact> = (0..86_400).map(|second| at(second, 1)).collect();
    assert_eq!(score(&strobe, &window), None);
}

#[test]
fn only_the_last_day_of_a_longer_window_is_scored() {
    let days = |day: i64| day * 86_400;
    let contacts: Vec<Contact> = (0..28).map(|day| at(days(day), 500)).collect();
    let window = Window::new(0, days(28) * 1_000_000);
    assert_eq!(score(&contacts, &window), None, "one contact a day");
    assert_eq!(score_whole(&contacts, &window, None).unwrap().timestamps, 1.0);
}

proptest! {
    #[test]
    fn scores_stay_within_bounds(
        mut contacts in prop::collection::vec((any::<i64>(), any::<u64>()), 0..60), start in any::<i64>(), end in any::<i64>(),
    ) {
        contacts.sort_unstable();
        let contacts: Vec<Contact> =
            contacts.into_iter().map(|(start, sent_ip)| Contact { start, sent_ip, ..Contact::default() }).collect();
        let window = Window { start, end };
        for rita in [score(&contacts, &window), score_whole(&contacts, &window, None)].into_iter().flatten() {
            for part in [rita.score, rita.timestamps, rita.sizes, rita.duration, rita.histogram] {
                prop_assert!((0.0..=1.0).contains(&part), "{rita:?}");
            }
        }
    }

    #[test]
    fn backwards_times_and_any_order_do_not_panic(
        contacts in prop::collection::vec((any::<i64>(), any::<u64>()), 0..60), start in any::<i64>(), end in any::<i64>(),
    ) {
        let contacts: Vec<Contact> =
            contacts.into_iter().map(|(start, sent_ip)| Contact { start, sent_ip, ..Contact::default() }).collect();
        let window = Window { start, end };
        if let Some(rita) = score(&contacts, &window) {
            prop_assert!(rita.score.is_finite());
        }
    }

    #[test]
    fn walking_outwards_is_the_median_of_sorted_distances(mut values in prop::collection::vec(0u64..5000, 1..80)) {
        values.sort_unstable();
        let middle = median(&values).unwrap();
        let mut distances: Vec<f64> = values.iter().map(|value| (*value as f64 - middle).abs()).collect();
        distances.sort_by(f64::total_cmp);
        let half = distances.len() / 2;
        let expected = if distances.len() % 2 == 1 {
            distances[half]
        } else {
            (distances[half - 1] + distances[half]) / 2.0
        };
        prop_assert_eq!(median_deviation(&values, middle), Some(expected));
    }
}
