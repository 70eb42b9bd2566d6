//! Pairs with very many connections: too many to be looked at by their rhythm.

use super::{Finding, Probe, Scene, ends};
use crate::pairs::Pair;
use banbury_evidence::{CodeInfo, Description, Grade};

/// Finds strobes.
pub(super) struct Strobes;

/// Connections a day: one a second. RITA's own bound (its configuration, `unique_connection_threshold` for strobes, is 86,400).
const A_DAY: u64 = 86_400;

/// Microseconds of a day.
const DAY: u64 = 86_400_000_000;

static DESCRIPTION: Description = Description {
    name: "strobes",
    version: "1",
    finds: "pairs with a connection a second, and more",
    how: "Connections of a pair are counted and held against 86,400 a day of what was observed; an hour or less counts as an hour.",
    wrong: "Busy servers, monitoring, scanners that somebody ordered.",
    misses: &[
        "strobes that last a small part of what was observed",
        "one connection that carries very many requests",
    ],
    codes: &[STROBE],
    source: "RITA's configuration (github.com/activecm/rita)",
};

const STROBE: CodeInfo = CodeInfo {
    code: "traffic.strobe",
    title: "A connection a second, and more",
    grade: Grade::Low,
    meaning: "One source opens more connections to one destination than one a second, all the time that was observed. It may be a fast \
              beacon, a scan, a program that fails and tries again, or a busy service.",
    remedy: "Find out which program opens the connections, and whether they are answered.",
    cwe: &[],
};

impl Probe for Strobes {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn look(&self, pair: &Pair, scene: &Scene) -> Option<Finding> {
        let observed = scene.observed.max(DAY / 24);
        let wanted = (u128::from(A_DAY) * u128::from(observed)).div_ceil(u128::from(DAY));
        if u128::from(pair.contacts) < wanted || pair.queries.is_some() {
            return None;
        }
        let title = format!("{}: {} connections", ends(pair), pair.contacts);
        Some(Finding { info: &STROBE, title, weight: None })
    }
}
