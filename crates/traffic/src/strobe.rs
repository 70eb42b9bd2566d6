//! Strobes: pairs with so many connections that no rhythm is left to look for.
//!
//! What is found: 86,400 connections and more within some 24 hours, one a second on average, which is where RITA's beacons end and its
//! strobes begin. Figures, no weight: nothing was measured here. When it is wrong: busy services (a proxy, a monitor, a load balancer's
//! checks) are strobes by nature. What it misses: anything slower, and what is spread over many destinations.

use crate::Contact;

/// Connections in 24 hours from which on a pair is a strobe.
pub const LEAST: usize = 86_400;
/// Microseconds of 24 hours.
const DAY: u64 = 86_400_000_000;
/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;

/// A pair with very many connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strobe {
    /// Connections in all.
    pub contacts: usize,
    /// The most connections within 24 hours.
    pub busiest_day: usize,
    /// The most connections within a minute of the clock.
    pub busiest_minute: usize,
    /// The share that was never answered with a byte.
    pub unanswered: f64,
}

/// The figures of a strobe, of contacts in the order of their starts; nothing where the pair is none.
#[must_use]
pub fn strobe(contacts: &[Contact]) -> Option<Strobe> {
    if contacts.len() < LEAST {
        return None;
    }
    let mut busiest_day = 0;
    let mut first = contacts.iter().enumerate().peekable();
    for (number, contact) in contacts.iter().enumerate() {
        while first.peek().is_some_and(|(_, early)| {
            contact.start > early.start && contact.start.abs_diff(early.start) >= DAY
        }) {
            first.next();
        }
        let from = first.peek().map_or(number, |(from, _)| *from);
        busiest_day = busiest_day.max((number + 1).saturating_sub(from));
    }
    if busiest_day < LEAST {
        return None;
    }
    let minute = |contact: &Contact| contact.start.div_euclid(MINUTE);
    let busiest_minute =
        contacts.chunk_by(|one, next| minute(one) == minute(next)).map(<[Contact]>::len).max().unwrap_or(0);
    let silent = contacts.iter().filter(|contact| contact.received == 0).count();
    Some(Strobe {
        contacts: contacts.len(),
        busiest_day,
        busiest_minute,
        unanswered: silent as f64 / contacts.len() as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(microseconds: i64, count: i64) -> Vec<Contact> {
        (0..count)
            .map(|step| Contact {
                start: step * microseconds,
                received: (step % 4) as u64,
                ..Contact::default()
            })
            .collect()
    }

    #[test]
    fn one_a_second_is_a_strobe_and_fewer_are_none() {
        let found = strobe(&every(1_000_000, 100_000)).unwrap();
        assert_eq!((found.contacts, found.busiest_day, found.busiest_minute), (100_000, 86_400, 60));
        assert_eq!(found.unanswered, 0.25);
        assert_eq!(strobe(&every(1_000_000, 86_399)), None);
        assert_eq!(strobe(&every(1_100_000, 200_000)), None, "never 86,400 within a day");
    }

    #[test]
    fn hostile_times_do_not_panic() {
        let mut contacts = every(1, 90_000);
        contacts[0].start = i64::MIN;
        contacts[89_999].start = i64::MAX;
        assert_eq!(strobe(&contacts).unwrap().busiest_day, 89_998);
    }
}
