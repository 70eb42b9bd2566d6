//! Connections to the outside that stay open for hours.

use super::{Finding, Probe, Scene, ends, span};
use crate::pairs::Pair;
use banbury_evidence::{CodeInfo, Description, Grade};

/// Finds long connections.
pub(super) struct LongConnections;

/// Microseconds from which a connection is long: four hours, what RITA scores as medium (its configuration's default).
const LONG: i64 = 4 * 3600 * 1_000_000;

static DESCRIPTION: Description = Description {
    name: "long-connections",
    version: "1",
    finds: "connections between inside and outside that stay open for four hours and more",
    how: "The longest connection of each pair, as its record states it.",
    wrong: "Tunnels between sites, routing sessions, streams, and whatever is kept open on purpose.",
    misses: &[
        "connections that were still open when the recording ended: most logs tell a connection when it has ended",
        "tunnels that are renewed in less than four hours",
        "connections between two addresses that are both inside",
    ],
    codes: &[LONG_CONNECTION],
    source: "RITA's configuration (github.com/activecm/rita)",
};

const LONG_CONNECTION: CodeInfo = CodeInfo {
    code: "traffic.long-connection",
    title: "A connection to the outside that stays open for hours",
    grade: Grade::Low,
    meaning: "A connection between inside and outside was open for four hours or more. Whoever is at its other end could use it whenever \
              they like, without opening another one.",
    remedy: "Find out what it is for and who is at its other end; close what nobody needs.",
    cwe: &[],
};

impl Probe for LongConnections {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn look(&self, pair: &Pair, scene: &Scene) -> Option<Finding> {
        let destination = pair.destination?;
        if pair.longest < LONG || scene.inside.contains(pair.source) == scene.inside.contains(destination) {
            return None;
        }
        let title = format!("{} open for {}", ends(pair), span(pair.longest.unsigned_abs()));
        Some(Finding::of(&LONG_CONNECTION, title))
    }
}
