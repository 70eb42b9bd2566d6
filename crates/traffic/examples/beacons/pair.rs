//! A generated pair: its kind, its contacts and the window that it was seen in.

use crate::chance::Chance;
use banbury_traffic::{Contact, Window};

/// 2026-03-02 00:00 UTC, a Monday.
const MONDAY: i64 = 1_772_409_600;
pub const HOUR: f64 = 3600.0;
pub const DAY: f64 = 24.0 * HOUR;

/// Which of the two sets a pair belongs to: their parameters and families differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Fitting,
    Checking,
}

pub struct Pair {
    pub kind: &'static str,
    pub contacts: Vec<Contact>,
    pub window: Window,
}

/// The time observed, in seconds from midnight of some weekday.
#[derive(Clone, Copy)]
pub struct Span {
    /// The weekday that it begins on, 0 for Monday.
    pub weekday: i64,
    pub length: f64,
}

impl Span {
    /// Mostly a day.
    pub fn any(chance: &mut Chance, side: Side) -> Self {
        let days = match side {
            Side::Fitting => chance.pick(&[1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 7.0, 28.0]),
            Side::Checking => chance.pick(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 5.0, 14.0, 28.0]),
        };
        Self::days(chance, days)
    }

    pub fn days(chance: &mut Chance, days: f64) -> Self {
        Self { weekday: chance.below(5) as i64, length: days * DAY }
    }

    /// Whether a moment lies within working hours.
    pub fn at_work(&self, moment: f64, from: f64, to: f64) -> bool {
        let weekday = (self.weekday + (moment / DAY).floor() as i64).rem_euclid(7);
        let hour = moment.rem_euclid(DAY) / HOUR;
        weekday < 5 && (from..to).contains(&hour)
    }

    /// How busy people are at a moment, from 0 to 1.
    pub fn busy(&self, moment: f64) -> f64 {
        let hour = moment.rem_euclid(DAY) / HOUR;
        let weekday = (self.weekday + (moment / DAY).floor() as i64).rem_euclid(7);
        let day = (-((hour - 11.0) / 2.6).powi(2)).exp() + 0.9 * (-((hour - 15.5) / 2.4).powi(2)).exp();
        let evening = 0.35 * (-((hour - 20.5) / 1.8).powi(2)).exp();
        (0.04 + if weekday < 5 { day } else { 0.3 * day } + evening).min(1.0)
    }

    /// Makes a pair of events, whose moments are seconds from the span's beginning.
    pub fn pair(&self, kind: &'static str, mut events: Vec<Event>) -> Pair {
        let start = (MONDAY + self.weekday * 86_400) * 1_000_000;
        events.retain(|event| (0.0..self.length).contains(&event.moment));
        events.sort_by(|one, other| one.moment.total_cmp(&other.moment));
        let contacts = events
            .iter()
            .map(|event| {
                let packets = 5 + event.sent / 1400;
                Contact {
                    start: start + (event.moment * 1e6) as i64,
                    duration: (event.duration * 1e6) as i64,
                    sent: event.sent,
                    received: event.received,
                    sent_ip: event.sent + 40 * packets,
                }
            })
            .collect();
        Pair { kind, contacts, window: Window::new(start, start + (self.length * 1e6) as i64) }
    }
}

#[derive(Clone, Copy)]
pub struct Event {
    pub moment: f64,
    pub duration: f64,
    pub sent: u64,
    pub received: u64,
}
