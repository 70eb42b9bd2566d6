//! The price of blanket bans: what each costs beside what each regime costs on the same network.

use super::summary::{named, number};
use super::{Answer, Answers};
use crate::terminal::safe;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A ban's plan held against a regime's.
#[derive(Serialize)]
pub(super) struct Against<'a> {
    /// The regime's plan.
    plan: &'a str,
    /// What of the regime is left out, for all of it cannot hold together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without: Vec<&'a str>,
    /// What the ban costs beyond it; negative where it costs less. Absent where one of the two has no plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<f64>,
    /// How many times as much it costs; absent where the regime costs nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<f64>,
    /// Devices that the ban's plan replaces and the regime's leaves.
    beyond: usize,
    /// Devices that the regime's plan replaces and the ban's leaves.
    left: usize,
}

/// A ban's plan beside that of each regime; nothing of a plan that is no ban's.
pub(super) fn against<'a>(answers: &'a Answers, ban: &Answer) -> Vec<Against<'a>> {
    if !ban.blanket {
        return Vec::new();
    }
    let devices =
        |answer: &Answer| -> BTreeSet<usize> { answer.made.jobs.iter().map(|job| job.unit).collect() };
    let own = devices(ban);
    let regimes = answers.plans.iter().filter(|answer| !answer.blanket);
    regimes
        .map(|regime| {
            // Where a regime cannot hold as a whole, its price is that of what can.
            let rest = regime.made.rest.as_ref().filter(|_| regime.made.solved.taken.is_none());
            let other = match rest {
                Some(rest) => rest.jobs.iter().map(|job| job.unit).collect(),
                None => devices(regime),
            };
            let both =
                ban.made.solved.taken.is_some() && (regime.made.solved.taken.is_some() || rest.is_some());
            let (cost, against) =
                (ban.made.solved.cost, rest.map_or(regime.made.solved.cost, |rest| rest.cost));
            Against {
                plan: &regime.name,
                without: rest.map_or_else(Vec::new, |rest| rest.without.iter().map(String::as_str).collect()),
                more: both.then_some(cost - against),
                times: (both && against > 0.0).then(|| cost / against),
                beyond: if both { own.difference(&other).count() } else { 0 },
                left: if both { other.difference(&own).count() } else { 0 },
            }
        })
        .collect()
}

/// The same in words.
pub(super) fn told(answers: &Answers, out: &mut String) {
    for ban in answers.plans.iter().filter(|answer| answer.blanket) {
        // Writing to a String does not fail.
        let _ = writeln!(out, "\n{}, beside", safe(&ban.name));
        for one in against(answers, ban) {
            let _ = writeln!(out, "  {}: {}", safe(one.plan), one.words(ban));
        }
    }
}

impl Against<'_> {
    /// The plan that the ban's is held against.
    pub(super) fn plan(&self) -> &str {
        self.plan
    }

    /// In words.
    pub(super) fn words(&self, ban: &Answer) -> String {
        let Some(more) = self.more else {
            let who = if ban.made.solved.taken.is_some() { "it has" } else { "the ban has" };
            return format!("{who} no plan to hold against the other");
        };
        let times = self.times.map_or_else(String::new, |times| format!(" ({times:.2} times as much)"));
        let price = if more < 0.0 {
            format!("the ban costs {} less{times}", number(-more))
        } else {
            format!("the ban costs {} more{times}", number(more))
        };
        let part = match self.without.as_slice() {
            [] => String::new(),
            without => format!("without {}, which cannot hold, ", named(without)),
        };
        format!(
            "{part}{price}; it replaces {} device{} that this leaves, and leaves {} that this replaces",
            self.beyond,
            if self.beyond == 1 { "" } else { "s" },
            self.left
        )
    }
}
