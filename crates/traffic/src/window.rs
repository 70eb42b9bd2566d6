//! The time that was observed: what persistence is counted against.

use crate::Contact;

/// From when to when traffic was recorded, in microseconds since 1970-01-01 00:00 UTC. Both ends belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// The first moment.
    pub start: i64,
    /// The last moment.
    pub end: i64,
}

impl Window {
    /// The window between two moments, whichever comes first.
    #[must_use]
    pub fn new(one: i64, other: i64) -> Self {
        Self { start: one.min(other), end: one.max(other) }
    }

    /// What the contacts themselves span; nothing without a contact. A recording's own window is better: a pair that fell silent spans less.
    #[must_use]
    pub fn spanned(contacts: &[Contact]) -> Option<Self> {
        let start = contacts.iter().map(|contact| contact.start).min()?;
        let end = contacts.iter().map(|contact| contact.start).max()?;
        Some(Self { start, end })
    }

    /// How long it is, in microseconds; 0 where it ends before it begins.
    #[must_use]
    pub fn length(&self) -> u64 {
        if self.end > self.start { self.end.abs_diff(self.start) } else { 0 }
    }

    /// How far into it a moment lies, from 0 to 1; moments outside count as its ends.
    #[must_use]
    pub fn place(&self, moment: i64) -> f64 {
        let length = self.length();
        if length == 0 || moment <= self.start {
            return 0.0;
        }
        (moment.abs_diff(self.start) as f64 / length as f64).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_its_length_and_places() {
        let window = Window::new(300, 100);
        assert_eq!((window.start, window.end, window.length()), (100, 300, 200));
        assert_eq!((window.place(50), window.place(150), window.place(i64::MAX)), (0.0, 0.25, 1.0));
        let whole = Window::new(i64::MIN, i64::MAX);
        assert_eq!(whole.length(), u64::MAX);
        assert!((whole.place(0) - 0.5).abs() < 1e-9);
        assert_eq!(Window { start: 5, end: 1 }.length(), 0);
    }

    #[test]
    fn contacts_span_a_window() {
        assert_eq!(Window::spanned(&[]), None);
        let at = |start| Contact { start, ..Contact::default() };
        assert_eq!(Window::spanned(&[at(7), at(-2), at(3)]), Some(Window { start: -2, end: 7 }));
    }
}
