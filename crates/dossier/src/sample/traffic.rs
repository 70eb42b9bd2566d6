//! Claims about traffic: a beacon with its picture, a tunnel by name, sessions, a volume, and hostile text where an input has text.

use super::{HOSTILE, info};
use crate::{CaseReport, Explanation, Technique};
use banbury_evidence::{
    Claim, Digest, Exhibit, ExhibitKind, Grade, Location, Picture, Status, Subject, SubjectKind, Weight,
    ledger::{StoredClaim, StoredRun},
};
use std::collections::BTreeMap;

/// Adds a record of traffic, what was found in it, and the run.
pub(super) fn add(report: &mut CaseReport) {
    let exhibit = Digest::of(b"a capture");
    report.exhibits.push(Exhibit {
        sha256: exhibit,
        name: HOSTILE.to_owned(),
        kind: ExhibitKind::Traffic,
        size: 77_000,
    });
    report.runs.push(StoredRun {
        id: 99,
        probe: "beacons".to_owned(),
        version: "1".to_owned(),
        exhibit: Some(exhibit),
        parameters: BTreeMap::new(),
        status: Status::Complete,
        looked: 900,
        bytes: 77_000,
        confinement: BTreeMap::new(),
        started_at: "2019-03-28T00:00:00Z".to_owned(),
        duration_ms: 12,
        skipped: Vec::new(),
    });
    let at = |offset| Location::exhibit(exhibit).range(offset, 0);
    report.claims.extend(claims(&at).into_iter().map(|claim| StoredClaim {
        fingerprint: claim.fingerprint(),
        claim,
        probe: "beacons".to_owned(),
        probe_version: "1".to_owned(),
        exhibit: Some(exhibit),
        state: "active".to_owned(),
        disposition: None,
    }));
    let technique = |framework: &str, id: &str, name: &str, url: &str| Technique {
        framework: framework.to_owned(),
        id: id.to_owned(),
        name: name.to_owned(),
        url: url.to_owned(),
        when: HOSTILE.to_owned(),
    };
    let beacon = Explanation {
        title: "A likely beacon".to_owned(),
        meaning: "The connections of this pair come as a timer would make them.".to_owned(),
        remedy: "Find out which program opens the connections.".to_owned(),
        cwe: Vec::new(),
        techniques: vec![
            technique(
                "ATT&CK",
                "T1071",
                "Application Layer Protocol",
                "https://attack.mitre.org/techniques/T1071/",
            ),
            technique(
                "FiGHT",
                "FGT1437",
                "Application Layer Protocol",
                "https://fight.mitre.org/techniques/FGT1437",
            ),
        ],
    };
    report.explanations.insert("traffic.beacon".to_owned(), beacon);
}

fn claims(at: &dyn Fn(u64) -> Location) -> Vec<Claim> {
    let flow = |code: &'static str, id: &str| {
        Claim::observation(
            &info(code, Grade::Medium),
            Subject::named(SubjectKind::Flow, id),
            format!("{id}: {HOSTILE}"),
        )
        .dated("first", "2019-03-27T00:00:09Z")
        .dated("last", "2019-03-27T23:58:00Z")
    };
    let device = |code: &'static str| {
        Claim::observation(&info(code, Grade::Medium), Subject::named(SubjectKind::Device, "bare"), HOSTILE)
    };
    let session = |code: &'static str, start: &str| {
        device(code)
            .fact("from", "203.0.113.20")
            .fact("protocol", "ssh")
            .fact("port", 22)
            .fact("start", start)
            .fact("seconds", 600)
            .fact("bytes", 4_000_000)
            .fact("kind", "bulk")
            .dated("last", "2019-03-27T12:10:00Z")
            .dated("connections", 3)
            .dated("sent", 3_000_000)
            .dated("received", 1_000_000)
            .at(at(7))
    };
    let mut timeline = vec![3; 97];
    timeline[40] = 0;
    let picture = Picture { since: 1_553_644_800, slot: 900, timeline, from: 54, gaps: vec![1, 280, 6] };
    let mut beacon = picture.beside(
        flow("traffic.beacon", "10.0.0.5 > 198.51.100.7:443/tcp")
            .fact("source", "10.0.0.5")
            .fact("destination", "198.51.100.7")
            .fact("port", 443)
            .fact("protocol", "tcp")
            .dated("contacts", 2_000_000_000)
            .dated("sent", 90_000)
            .dated("received", 290_000)
            .note(HOSTILE)
            .at(at(21)),
    );
    beacon.weight =
        Some(Weight { decibans: 46.1, low: 39.1, high: 76.2, basis: "corpus/beacons".to_owned() });
    let named = |name: &str| {
        flow("traffic.dns-tunnel", name)
            .fact("source", "2001:db8::5")
            .fact("name", name)
            .fact("port", 53)
            .fact("protocol", "udp")
            .dated("contacts", 500)
            .at(at(99))
    };
    vec![
        beacon,
        named("t.example.org"),
        named(HOSTILE),
        session("traffic.direct-session", "2019-03-27T12:00:00Z"),
        session("traffic.mediated-session", "2019-03-27T11:00:00Z")
            .fact("party", HOSTILE)
            .fact("through", HOSTILE)
            .fact("contract", HOSTILE)
            .fact("hours", "outside"),
        device("traffic.cleartext-management").fact("service", "telnet").at(at(3)),
        device("traffic.watched")
            .fact("since", "2019-03-27T00:00:00Z")
            .fact("until", "2019-03-28T00:00:00Z")
            .at(at(0)),
        Claim::observation(
            &info("traffic.volume", Grade::Low),
            Subject::named(SubjectKind::Flow, "10.0.0.5 > outside"),
            "much",
        )
        .fact("source", "10.0.0.5")
        .fact("period", "hour")
        .fact("start", "2019-03-27T12:00:00Z")
        .dated("last", "2019-03-27T13:00:00Z")
        .dated("bytes", 900_000_000)
        .dated("to", "198.51.100.7")
        .at(at(40)),
    ]
}
