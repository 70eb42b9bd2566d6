//! What holds of every pair, whatever its contacts.

use super::*;
use proptest::prelude::*;

fn finite(beacon: &Beacon) -> bool {
    let parts = beacon
        .parts
        .iter()
        .flat_map(|part| part.figures.iter().map(|(_, value)| *value).chain([part.decibans]));
    [beacon.decibans, beacon.low, beacon.high, beacon.sum, beacon.period, beacon.jitter, beacon.missing]
        .into_iter()
        .chain(parts)
        .all(f64::is_finite)
}

fn every(period: i64, count: i64) -> Vec<Contact> {
    (0..count)
        .map(|step| Contact {
            start: step * period,
            sent: 500,
            received: 200,
            sent_ip: 700,
            ..Contact::default()
        })
        .collect()
}

#[test]
fn a_plain_beacon_weighs_much_and_its_parts_add_up() {
    let window = Window::new(0, 86_400_000_000);
    let beacon = weigh(&every(300_000_000, 288), &window, None).unwrap();
    assert!(
        beacon.decibans > 20.0 && beacon.low <= beacon.decibans && beacon.decibans <= beacon.high,
        "{beacon:?}"
    );
    assert!((beacon.period / 300e6 - 1.0).abs() < 0.02 && beacon.check_ins == 288, "{beacon:?}");
    let sum: f64 = beacon.parts.iter().map(|part| part.decibans).sum();
    assert!((sum - beacon.sum).abs() < 1e-9);
    assert!(beacon.sized && beacon.table().counted(beacon.sum).is_some());
    let without: Vec<Contact> = every(300_000_000, 288)
        .iter()
        .map(|contact| Contact { start: contact.start, ..Contact::default() })
        .collect();
    let without = weigh(&without, &window, None).unwrap();
    assert!(!without.sized && without.decibans > 20.0, "{without:?}");
    assert!(
        without
            .parts
            .iter()
            .all(|part| part.name != "sizes" || (part.decibans == 0.0 && part.figures.is_empty()))
    );
}

#[test]
fn few_contacts_are_nothing() {
    let window = Window::new(0, 86_400_000_000);
    assert_eq!(weigh(&[], &window, None), None);
    assert_eq!(weigh(&every(60_000_000, 3), &window, None), None);
    assert!(weigh(&every(60_000_000, 4), &window, None).is_some());
    assert_eq!(weigh(&every(0, 50), &window, None), None, "one moment");
}

proptest! {
    /// With windows of less than a day and more, and connections that are merged or not.
    #[test]
    fn what_is_known_of_ritas_score_changes_nothing(
        gaps in prop::collection::vec(prop::sample::select(vec![0i64, 1_000, 900_000, 30_000_000, 3_600_000_000, 20_000_000_000]), 3..40),
        sizes in prop::collection::vec(0u64..2_000, 40), before in 0i64..100_000_000_000,
    ) {
        let mut moment = 1_700_000_000_000_000;
        let mut contacts = vec![Contact { start: moment, ..Contact::default() }];
        for (gap, sent) in gaps.into_iter().zip(sizes) {
            moment += gap;
            contacts.push(Contact { start: moment, sent, sent_ip: sent + 40, ..Contact::default() });
        }
        let window = Window::new(contacts[0].start - before, moment + 1_000_000);
        let rita = crate::rita::score(&contacts, &window);
        prop_assert_eq!(weigh(&contacts, &window, rita.as_ref()), weigh(&contacts, &window, None));
    }

    #[test]
    fn hostile_contacts_give_finite_figures(
        contacts in prop::collection::vec((any::<i64>(), any::<i64>(), any::<u64>(), any::<u64>()), 0..40),
        sorted in any::<bool>(), start in any::<i64>(), end in any::<i64>(),
    ) {
        let mut contacts: Vec<Contact> = contacts
            .into_iter()
            .map(|(start, duration, sent, received)| Contact { start, duration, sent, received, sent_ip: sent })
            .collect();
        if sorted {
            contacts.sort_unstable();
        }
        if let Some(beacon) = weigh(&contacts, &Window { start, end }, None) {
            prop_assert!(finite(&beacon), "{beacon:?}");
        }
    }

    #[test]
    fn extremes_give_finite_figures(choice in prop::collection::vec(0usize..6, 4..60)) {
        let moments = [i64::MIN, -1, 0, 1, 60_000_000, i64::MAX];
        let sizes = [0, 1, u64::MAX, 16, 700, u64::MAX - 1];
        let mut contacts: Vec<Contact> = choice
            .iter()
            .map(|at| Contact { start: moments[*at], duration: moments[5 - *at], sent: sizes[*at], received: sizes[5 - *at], sent_ip: sizes[*at] })
            .collect();
        contacts.sort_unstable();
        if let Some(beacon) = weigh(&contacts, &Window::new(i64::MIN, i64::MAX), None) {
            prop_assert!(finite(&beacon), "{beacon:?}");
        }
    }

    #[test]
    fn a_pair_weighs_the_same_at_another_time(
        gaps in prop::collection::vec(1_000_000i64..900_000_000, 4..60), later in 0i64..100_000_000_000_000,
    ) {
        let later = later / 1_000_000 * 1_000_000;
        let mut moment = 0;
        let mut contacts = vec![Contact::default()];
        for gap in gaps {
            moment += gap;
            contacts.push(Contact { start: moment, sent: 100, ..Contact::default() });
        }
        let moved: Vec<Contact> = contacts.iter().map(|contact| Contact { start: contact.start + later, ..*contact }).collect();
        let one = weigh(&contacts, &Window::new(0, 60_000_000_000), None).unwrap();
        let other = weigh(&moved, &Window::new(later, 60_000_000_000 + later), None).unwrap();
        prop_assert!((one.sum - other.sum).abs() < 1e-6, "{} {}", one.sum, other.sum);
    }
}
