//! Destinations outside that one source alone talks to, regularly or for long.

use super::{Finding, Probe, Scene, ends};
use crate::pairs::Pair;
use banbury_evidence::{CodeInfo, Description, Grade};

/// Finds rare destinations.
pub(super) struct RareDestinations;

/// Microseconds of one connection from which it is worth saying by its length: an hour.
const LONG: i64 = 3600 * 1_000_000;

static DESCRIPTION: Description = Description {
    name: "rare-destinations",
    version: "1",
    finds: "destinations outside that one source alone talks to, as by a timer or for an hour and more",
    how: "For each destination address the sources are counted. Told are those with one source, where the pair's weight of being a \
          beacon is above 0 dB or a connection was open for an hour.",
    wrong: "Whatever one device alone needs: a licence server, a vendor's portal, a peer of its own. Content networks give each client \
            another address.",
    misses: &["destinations that two devices of one maker talk to", "rare destinations behind a proxy"],
    codes: &[RARE],
    source: "the figures are Banbury's own, counted in docs/watch.md",
};

const RARE: CodeInfo = CodeInfo {
    code: "traffic.rare-destination",
    title: "A destination outside that one source alone talks to",
    grade: Grade::Info,
    meaning: "Of all that was recorded one source alone talks to this address outside, regularly or for long. By itself that is ordinary; \
              beside a beacon or a long connection it says that no other device needs that address.",
    remedy: "Find out who runs the address and what the source wants there.",
    cwe: &[],
};

impl Probe for RareDestinations {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn look(&self, pair: &Pair, scene: &Scene) -> Option<Finding> {
        let destination = pair.destination?;
        let regular = pair.beacon.as_ref().is_some_and(|beacon| beacon.decibans > 0.0);
        let outward = scene.inside.contains(pair.source) && !scene.inside.contains(destination);
        if pair.sources != Some(1) || !outward || !(regular || pair.longest >= LONG) {
            return None;
        }
        let title = format!("{}: no other source talks to it", ends(pair));
        Some(Finding::of(&RARE, title))
    }
}
