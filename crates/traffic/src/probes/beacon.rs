//! Pairs that are likely beacons. See [`crate::beacon`] for how they are weighed.

use super::{Finding, Probe, Scene, ends, span};
use crate::beacon::Weights;
use crate::pairs::Pair;
use banbury_evidence::{CodeInfo, Description, Grade, Weight};

/// Finds beacons.
pub(super) struct Beacons;

static DESCRIPTION: Description = Description {
    name: "beacons",
    version: "1",
    finds: "pairs whose connections are likely made by a timer that reports home",
    how: "The gaps between check-ins are held against a period with jitter and missing check-ins, and against other traffic; how evenly \
          the pair is spread over time, how alike its sizes are and how many check-ins there are is weighed beside it. Pairs are by \
          address, by name where a name has several addresses, and by domain for queries. Claimed from --least-weight on.",
    wrong: "What polls by a timer and is no implant: NTP, SNMP, health checks, updates, telemetry. Timing cannot tell these; who talks \
            to whom can. Flow exports whose active time-out cuts long connections into records of one length, where these carry both \
            directions.",
    misses: &[
        "beacons with few check-ins, or with wide jitter and half of the check-ins missing",
        "beacons that talk only when their user does, or inside one long connection",
        "beacons whose check-ins go to many addresses without a name in common",
        "contacts of a pair beyond the first 1,000,000",
    ],
    codes: &[BEACON],
    source: "docs/beacons.md; D. R. Cox, Renewal Theory, 1962",
};

const BEACON: CodeInfo = CodeInfo {
    code: "traffic.beacon",
    title: "A likely beacon",
    grade: Grade::Medium,
    meaning: "The connections of this pair come as a timer would make them, with jitter and missing check-ins allowed for. The weight says \
              how much more often beacons look so than other traffic. A program that reports home could be told what to do by whom it \
              reports to; a poll by a timer that somebody set up looks the same.",
    remedy: "Find out which program opens the connections and who runs the other end. If it is expected, record it in the network model \
             or dispose of the claim; if nobody knows it, keep the first packets and look into the device.",
    cwe: &[],
};

impl Probe for Beacons {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn look(&self, pair: &Pair, scene: &Scene) -> Option<Finding> {
        let beacon = pair.beacon.as_ref().filter(|beacon| beacon.decibans >= scene.least_weight)?;
        let (low, high) = (beacon.low, beacon.high);
        let weight =
            Weight { decibans: beacon.decibans, low, high, basis: Weights::of(beacon.sized).basis.clone() };
        let title = format!("{} every {}, {} check-ins", ends(pair), span(beacon.period), beacon.check_ins);
        Some(Finding { weight: Some(weight), ..Finding::of(&BEACON, title) })
    }
}
