//! How support stands on a day: what the feed says of a cycle, counted from the day.

use super::products::{Cycle, OfCycle};
use crate::advisory::End;
use crate::store::days_before;

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// Support has ended.
    Ended,
    /// Nobody can say from what is known.
    CannotTell,
    /// It goes on.
    Supported,
}

/// How it stands, of which cycle, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing<'p> {
    pub(super) state: State,
    /// A stable word.
    pub(super) reason: &'static str,
    /// One sentence: what would tell, where it cannot be told.
    pub(super) detail: String,
    pub(super) cycle: Option<&'p Cycle>,
}

impl<'p> Standing<'p> {
    /// Of the cycle that something was found to be of.
    pub(super) fn of(found: OfCycle<'p>, what: &str, version_known: bool, as_of: &str) -> Self {
        match found {
            OfCycle::Is(cycle) => Self::of_cycle(cycle, as_of),
            OfCycle::Beyond => Self::open(
                "no-cycle",
                format!("of which release cycle {what} is: the feed names none that fits"),
            ),
            OfCycle::Open if version_known => Self::open(
                "bounds-straddle",
                format!("the version of {what}: its bounds are not of one release cycle"),
            ),
            OfCycle::Open => Self::open("no-version", format!("the version of {what}")),
        }
    }

    pub(super) fn open(reason: &'static str, detail: String) -> Self {
        Self { state: State::CannotTell, reason, detail, cycle: None }
    }

    fn of_cycle(cycle: &'p Cycle, as_of: &str) -> Self {
        let name = format!("{} {}", cycle.support.product, cycle.support.cycle);
        let (state, reason, detail) = match &cycle.support.ends {
            // The last day is one of support, as the feed itself counts.
            Some(End::On(day)) => match days_before(as_of, day) {
                Some(days) if days > 0 => {
                    (State::Ended, "past-end", format!("{name} was supported until {day}"))
                }
                Some(_) => (State::Supported, "before-end", format!("{name} is supported until {day}")),
                None => (
                    State::CannotTell,
                    "end-unreadable",
                    format!("when support of {name} ends: {day:?} is no day"),
                ),
            },
            Some(End::Ended) => {
                let later = cycle.feed_dated.as_deref().filter(|dated| days_before(as_of, dated) < Some(0));
                match later {
                    Some(dated) => (
                        State::CannotTell,
                        "end-undated",
                        format!("when support of {name} ended: the feed of {dated} says no day"),
                    ),
                    None => (
                        State::Ended,
                        "ended-undated",
                        format!("support of {name} has ended; the feed says no day"),
                    ),
                }
            }
            Some(End::Open) => {
                (State::Supported, "no-end-set", format!("{name} is supported; no end is set"))
            }
            None => (
                State::CannotTell,
                "no-end-stated",
                format!("when support of {name} ends: the feed does not say"),
            ),
        };
        Self { state, reason, detail, cycle: Some(cycle) }
    }
}
