//! Pairs with very many connections: too many to be looked at by their rhythm.

use super::{Finding, Probe, Scene, ends};
use crate::pairs::Pair;
use crate::strobe::LEAST;
use banbury_evidence::{CodeInfo, Description, Grade};

/// Finds strobes.
pub(super) struct Strobes;

/// Microseconds of a day.
const DAY: u64 = 86_400_000_000;

static DESCRIPTION: Description = Description {
    name: "strobes",
    version: "2",
    finds: "pairs with a connection a second, and more",
    how: "The most connections of a pair within any 24 hours are held against 86,400; of what was observed for less than a day, against \
          one a second, where an hour or less counts as an hour.",
    wrong: "Busy servers, monitoring, scanners that somebody ordered.",
    misses: &[
        "strobes that last a few hours of a recording of a day and more",
        "one connection that carries very many requests",
    ],
    codes: &[STROBE],
    source: "RITA's configuration (github.com/activecm/rita)",
};

const STROBE: CodeInfo = CodeInfo {
    code: "traffic.strobe",
    title: "A connection a second, and more",
    grade: Grade::Low,
    meaning: "One source opened more connections to one destination than one a second, for a day, or all the time that was observed. It may be a fast \
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
        let wanted = (u128::from(LEAST) * u128::from(observed.min(DAY))).div_ceil(u128::from(DAY));
        let busiest = pair.busiest_day.filter(|busiest| u128::from(*busiest) >= wanted)?;
        if pair.queries.is_some() {
            return None;
        }
        let title = format!("{}: {busiest} connections within 24 hours", ends(pair));
        Some(Finding::of(&STROBE, title))
    }
}
