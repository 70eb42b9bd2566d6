//! A small network with addresses, and what is said of its traffic.

use super::findings::{Findings, Traffic, findings};
use super::sessions::Covered;
use super::{Network, Talk, Visit};
use crate::pairs::Place as Record;
use banbury_evidence::model::{
    AddressPrefix, Contract, Device, Exchange, Function, Interface, Model, Source,
};
use banbury_evidence::{Claim, Digest, Location, Value};
use proptest::prelude::*;

fn device(name: &str, function: &str, address: &str, model: &mut Model) {
    model.devices.push(Device {
        name: name.to_owned(),
        manufacturer: Some("Invented Radio".to_owned()),
        ..Device::default()
    });
    if !function.is_empty() {
        model.functions.push(Function {
            device: name.to_owned(),
            function: function.to_owned(),
            source: Source::default(),
        });
    }
    model.interfaces.push(Interface {
        device: name.to_owned(),
        name: "m0".to_owned(),
        address: Some(address.to_owned()),
        segment: Some(if function == "AMF" { "mgmt-core" } else { "mgmt-access" }.to_owned()),
        ..Interface::default()
    });
}

fn range(prefix: &str, party: Option<&str>, role: &str) -> AddressPrefix {
    AddressPrefix {
        prefix: prefix.to_owned(),
        party: party.map(str::to_owned),
        role: Some(role.to_owned()),
        ..AddressPrefix::default()
    }
}

/// A base station 10.1.0.1, a core 10.2.0.1 and a mediation point 10.3.0.1; ranges of a vendor, the operator and customers.
pub(super) fn model() -> Model {
    let mut model = Model::default();
    device("gnb-1", "GNB", "10.1.0.1/24", &mut model);
    device("amf-1", "AMF", "10.2.0.1/24", &mut model);
    device("gate-1", "", "10.3.0.1/24", &mut model);
    model.prefixes = vec![
        range("10.0.0.0/8", None, "own"),
        range("10.8.0.0/16", None, "exposed"),
        range("192.0.2.0/24", Some("Invented Radio"), "party"),
        range("198.51.100.0/24", Some("Invented Mending"), "party"),
    ];
    model.exchanges = vec![Exchange {
        from_kind: "manufacturer".to_owned(),
        from_name: "Invented Radio".to_owned(),
        to_kind: "name".to_owned(),
        to_name: "*.radio.example".to_owned(),
        protocol: Some("tcp".to_owned()),
        port: Some(443),
        purpose: Some("telemetry by contract".to_owned()),
        ..Exchange::default()
    }];
    model.contracts = vec![Contract {
        name: "Care".to_owned(),
        party: "Invented Radio".to_owned(),
        scope_kind: "all".to_owned(),
        through: Some("Gate-1".to_owned()),
        ..Contract::default()
    }];
    model
}

pub(super) fn talk(source: &str, destination: &str, protocol: u8, port: u16) -> Talk {
    Talk {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        port: Some(port),
        protocol,
        name: None,
        connections: 3,
        answered: 3,
        first: MONDAY,
        last: MONDAY + HOUR,
        sent: 100,
        received: 200,
        is_clear: false,
        record: at(17),
    }
}

fn at(offset: u64) -> Record {
    Record { input: 0, offset }
}

/// 2026-11-02 10:00 UTC, a Monday.
const MONDAY: i64 = 1_793_613_600_000_000;
const HOUR: i64 = 3_600_000_000;

fn visit(source: &str, destination: &str, port: u16, start: i64, minutes: i64) -> Visit {
    Visit {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        port: Some(port),
        protocol: 6,
        service: None,
        start,
        duration: minutes * 60_000_000,
        sent: 5_000,
        received: 9_000,
        record: at(40),
    }
}

fn said(talks: &[Talk], visits: &[Visit]) -> Findings {
    let covered = |device: &str| Covered {
        device: device.to_owned(),
        contract: "Care".to_owned(),
        party: "invented radio".to_owned(),
        since: None,
        until: Some("2026-12-31".to_owned()),
        hours: Some("Mon-Fri 08:00-17:00".to_owned()),
    };
    let inputs = [Location::exhibit(Digest::of(b"traffic"))];
    let spans = [(MONDAY, MONDAY + HOUR)];
    let traffic = Traffic { inputs: &inputs, spans: &spans, talks, visits };
    findings(&traffic, &Network::of(&model()), &[covered("gnb-1"), covered("amf-1")])
}

fn of<'c>(found: &'c Findings, code: &str) -> Vec<&'c Claim> {
    found.claims.iter().filter(|claim| claim.code == code).collect()
}

fn text(claim: &Claim, fact: &str) -> String {
    claim.text(fact).unwrap_or_default()
}

#[test]
fn a_direct_session_is_told_with_its_party_contract_and_hours() {
    let found = said(
        &[],
        &[
            visit("192.0.2.7", "10.1.0.1", 22, MONDAY, 20),
            // Ten minutes later: the same session.
            visit("192.0.2.7", "10.1.0.1", 22, MONDAY + HOUR / 2, 5),
            // In the night: another, outside of the hours.
            visit("192.0.2.7", "10.1.0.1", 22, MONDAY + 12 * HOUR, 5),
            // From nowhere that the model knows.
            visit("203.0.113.9", "10.2.0.1", 22, MONDAY, 1),
        ],
    );
    let sessions = of(&found, "traffic.direct-session");
    assert_eq!(sessions.len(), 3, "{:?}", found.claims);
    let first = sessions
        .iter()
        .find(|claim| claim.subject.id == "gnb-1" && text(claim, "hours") == "inside")
        .unwrap();
    assert_eq!(text(first, "party"), "Invented Radio");
    assert_eq!(text(first, "contract"), "Care");
    assert_eq!(first.facts["seconds"], Value::Number(35 * 60));
    assert_eq!(text(first, "start"), "2026-11-02T10:00:00Z");
    assert_eq!(first.locations[0].offset, Some(40));
    assert!(sessions.iter().any(|claim| text(claim, "hours") == "outside"));
    let unknown = sessions.iter().find(|claim| claim.subject.id == "amf-1").unwrap();
    assert!(unknown.text("party").is_none() && unknown.text("hours").is_none());
    assert_eq!(of(&found, "traffic.exposed-management").len(), 1);
}

#[test]
fn a_session_through_a_mediation_point_is_whose_connection_is_open_there() {
    let inside = |origin, start| {
        [visit(origin, "10.3.0.1", 443, start, 60), visit("10.3.0.1", "10.1.0.1", 830, start + HOUR / 4, 10)]
    };
    let found = said(&[], &inside("198.51.100.20", MONDAY));
    let [claim] = of(&found, "traffic.mediated-session")[..] else { panic!("{:?}", found.claims) };
    assert_eq!(
        (text(claim, "party"), text(claim, "through")),
        ("Invented Mending".to_owned(), "gate-1".to_owned())
    );
    // That party has no contract over the device.
    assert!(claim.text("contract").is_none());
    assert!(of(&found, "traffic.direct-session").is_empty());
    // Two at once: nobody's.
    let both: Vec<Visit> =
        inside("198.51.100.20", MONDAY).into_iter().chain(inside("192.0.2.7", MONDAY)).collect();
    let found = said(&[], &both);
    let claims = of(&found, "traffic.mediated-session");
    assert!(!claims.is_empty() && claims.iter().all(|claim| claim.text("party").is_none()), "{claims:?}");
    // The operator alone: no maintenance by somebody else.
    assert!(of(&said(&[], &inside("10.7.0.9", MONDAY)), "traffic.mediated-session").is_empty());
}

#[test]
fn connections_that_bring_nothing_are_attempts() {
    let mut refused = visit("203.0.113.9", "10.1.0.1", 22, MONDAY, 0);
    refused.received = 0;
    let found = said(&[], &[refused]);
    assert!(found.sessions.is_empty());
    assert!(
        found.not_looked.iter().any(|line| line.starts_with("1 connections from outside")),
        "{:?}",
        found.not_looked
    );
}

#[test]
fn what_nobody_expects_is_told_and_what_is_expected_is_not() {
    let mut named = talk("10.1.0.1", "192.0.2.80", 6, 443);
    named.name = Some("a.radio.example".to_owned());
    let found = said(
        &[
            talk("10.1.0.1", "10.2.0.1", 132, 38412),
            named,
            talk("10.1.0.1", "203.0.113.50", 17, 123),
            talk("10.1.0.1", "203.0.113.50", 17, 123),
            talk("10.2.0.1", "10.1.0.1", 6, 9999),
            talk("10.7.0.1", "203.0.113.50", 6, 443),
        ],
        &[],
    );
    let [peer] = of(&found, "traffic.unexpected-peer")[..] else { panic!("{:?}", found.claims) };
    assert_eq!((peer.subject.id.as_str(), text(peer, "to")), ("gnb-1", "203.0.113.50".to_owned()));
    assert!(peer.title.contains("6 connections"), "{}", peer.title);
    let [inside] = of(&found, "traffic.unexpected-exchange")[..] else { panic!("{:?}", found.claims) };
    assert_eq!((inside.subject.id.as_str(), text(inside, "port")), ("amf-1", "9999".to_owned()));
    assert_eq!(of(&found, "traffic.watched").len(), 2);
}

#[test]
fn management_in_clear_text_and_across_segments_is_told() {
    let found = said(
        &[],
        &[
            visit("10.7.0.9", "10.1.0.1", 23, MONDAY, 5),
            visit("10.2.0.1", "10.1.0.1", 22, MONDAY, 5),
            visit("10.8.0.3", "10.1.0.1", 22, MONDAY, 5),
        ],
    );
    assert_eq!(of(&found, "traffic.cleartext-management").len(), 1);
    let [across] = of(&found, "traffic.management-across-segments")[..] else { panic!("{:?}", found.claims) };
    assert!(across.notes[0].contains("10.2.0.1 in mgmt-core"), "{:?}", across.notes);
    assert_eq!(of(&found, "traffic.exposed-management").len(), 1);
    assert!(of(&found, "traffic.direct-session").is_empty());
}

#[test]
fn a_model_without_addresses_says_so() {
    let inputs = [Location::exhibit(Digest::of(b"traffic"))];
    let talks = [talk("10.1.0.1", "8.8.8.8", 6, 1)];
    let traffic = Traffic { inputs: &inputs, spans: &[(0, 1)], talks: &talks, visits: &[] };
    let found = findings(&traffic, &Network::of(&Model::default()), &[]);
    assert!(found.claims.is_empty() && found.not_looked[0].contains("no device or interface"));
}

fn any_address() -> impl Strategy<Value = std::net::IpAddr> {
    prop_oneof![
        Just("10.1.0.1".parse().unwrap()),
        Just("10.2.0.1".parse().unwrap()),
        Just("10.3.0.1".parse().unwrap()),
        Just("192.0.2.7".parse().unwrap()),
        any::<std::net::IpAddr>(),
    ]
}

proptest! {
    /// Any visits: no panic, each session answers for its connections once, and no visit makes two sessions.
    #[test]
    fn visits_become_sessions_or_are_left(raw in prop::collection::vec((any_address(), any_address(), 0u16..9000, any::<i64>(), any::<i64>(), any::<u64>()), 0..40)) {
        let visits: Vec<Visit> = raw
            .into_iter()
            .map(|(source, destination, port, start, duration, received)| Visit {
                source, destination, port: Some(port % 30), protocol: 6, service: None, start, duration, sent: received, received, record: at(0),
            })
            .collect();
        let found = said(&[], &visits);
        let counted: u64 = found.sessions.iter().map(|session| session.connections).sum();
        prop_assert!(counted <= visits.len() as u64);
        for session in &found.sessions {
            prop_assert!(session.end >= session.start);
        }
    }
}

#[test]
fn spans_with_a_gap_are_watched_apart() {
    let inputs = [Location::exhibit(Digest::of(b"one")), Location::exhibit(Digest::of(b"two"))];
    let spans = [
        (MONDAY + 30 * HOUR, MONDAY + 31 * HOUR),
        (MONDAY, MONDAY + HOUR),
        (MONDAY + HOUR, MONDAY + 2 * HOUR),
    ];
    let mut late = talk("10.1.0.1", "10.2.0.1", 132, 38412);
    (late.first, late.last) = (MONDAY, MONDAY + 31 * HOUR);
    let early = talk("10.3.0.1", "10.2.0.1", 6, 22);
    let traffic = Traffic { inputs: &inputs, spans: &spans, talks: &[late, early], visits: &[] };
    let found = findings(&traffic, &Network::of(&model()), &[]);
    let told: Vec<(String, String)> = of(&found, "traffic.watched")
        .iter()
        .map(|claim| (claim.subject.id.clone(), text(claim, "until")))
        .collect();
    let (one, two) = ("2026-11-02T12:00:00Z".to_owned(), "2026-11-03T17:00:00Z".to_owned());
    let expected = [("amf-1", &one), ("gate-1", &one), ("gnb-1", &one), ("amf-1", &two), ("gnb-1", &two)];
    assert_eq!(told, expected.map(|(name, until)| (name.to_owned(), until.clone())));
}
