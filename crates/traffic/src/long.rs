//! Long connections: what stays open for hours needs no check-ins.
//!
//! What is found: pairs with a connection of an hour and more, and how much of the window the pair was connected. Figures, no weight: nothing was
//! measured here. When it is wrong: VPNs, BGP and NETCONF sessions, message queues and management terminals are long by nature. What it
//! misses: a tunnel that is cut and opened again within the hour (`connected` still counts it), and connections that had begun or not ended
//! when the recording did, whose length is not known.

use crate::{Contact, Window};

/// Microseconds from which on a connection is long: RITA's lowest step.
pub const LEAST: u64 = 3_600_000_000;

/// A pair with long connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Long {
    /// Microseconds of the longest connection.
    pub longest: u64,
    /// Connections of an hour and more.
    pub count: usize,
    /// Microseconds in which at least one connection was open, within the window.
    pub connected: u64,
    /// The same as a share of the window.
    pub share: f64,
    /// Bytes that the source sent in long connections.
    pub sent: u64,
    /// Bytes that it received in them.
    pub received: u64,
}

/// The figures of a pair's long connections, of contacts in the order of their starts; nothing where none is long.
#[must_use]
pub fn long(contacts: &[Contact], window: &Window) -> Option<Long> {
    let length = |contact: &Contact| u64::try_from(contact.duration).unwrap_or(0);
    let longest = contacts.iter().map(length).max()?;
    if longest < LEAST {
        return None;
    }
    let all = || contacts.iter().filter(|contact| length(contact) >= LEAST);
    let (mut connected, mut until) = (0_u64, window.start);
    for contact in contacts {
        let from = contact.start.max(until);
        let to = contact.start.saturating_add_unsigned(length(contact)).min(window.end);
        if to > from {
            connected = connected.saturating_add(to.abs_diff(from));
            until = to;
        }
    }
    let whole = window.length();
    Some(Long {
        longest,
        count: all().count(),
        connected,
        share: if whole > 0 { (connected as f64 / whole as f64).min(1.0) } else { 0.0 },
        sent: all().fold(0, |sum, contact| sum.saturating_add(contact.sent)),
        received: all().fold(0, |sum, contact| sum.saturating_add(contact.received)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000_000;

    #[test]
    fn overlapping_connections_count_once() {
        let at = |start: i64, hours: i64| Contact {
            start: start * HOUR,
            duration: hours * HOUR,
            sent: 5,
            received: 7,
            ..Contact::default()
        };
        let found = long(&[at(0, 2), at(1, 4), at(10, 0), at(22, 9)], &Window::new(0, 24 * HOUR)).unwrap();
        // From 0 to 5, and from 22 to the window's end.
        assert_eq!((found.connected, found.longest, found.count), (7 * HOUR as u64, 9 * HOUR as u64, 3));
        assert!((found.share - 7.0 / 24.0).abs() < 1e-9);
        assert_eq!((found.sent, found.received), (15, 21));
        assert_eq!(
            long(&[Contact { duration: HOUR - 1, ..Contact::default() }], &Window::new(0, HOUR)),
            None
        );
    }

    proptest! {
        #[test]
        fn the_window_bounds_what_is_connected(
            contacts in prop::collection::vec((any::<i64>(), any::<i64>()), 1..30), start in any::<i64>(), end in any::<i64>(),
        ) {
            let contacts: Vec<Contact> =
                contacts.into_iter().map(|(start, duration)| Contact { start, duration, sent: u64::MAX, ..Contact::default() }).collect();
            let window = Window::new(start, end);
            if let Some(found) = long(&contacts, &window) {
                prop_assert!(found.connected <= window.length() && (0.0..=1.0).contains(&found.share));
            }
        }
    }
}
