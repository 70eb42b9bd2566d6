use super::*;
use crate::pairs::{BeaconWeight, KnownCommunity, Place, Queries};
use banbury_evidence::Digest;

fn pair() -> Pair {
    Pair {
        source: "10.0.0.1".parse().unwrap(),
        destination: Some("192.0.2.7".parse().unwrap()),
        addresses: 1,
        port: Some(443),
        protocol: 6,
        name: None,
        more_names: 0,
        service: None,
        contacts: 100,
        weighed: 100,
        unanswered: 0,
        first: 0,
        last: 6_000_000_000,
        end: 6_000_000_000,
        longest: 1_000_000,
        duration: 100_000_000,
        sent: 1,
        received: 2,
        sources: Some(3),
        first_record: Place { input: 0, offset: 77 },
        queries: None,
        rita: None,
        beacon: None,
        busiest_day: None,
        communities: Vec::new(),
        picture: None,
    }
}

fn scene() -> Scene {
    Scene { inside: Inside::default(), observed: 86_400_000_000, least_weight: 10.0 }
}

fn weight(decibans: f64) -> Option<BeaconWeight> {
    let (low, high) = (decibans - 1.0, decibans + 1.0);
    let (period, jitter, missing, check_ins, sized) = (300_000_000, 0.1, 0.2, 90, true);
    Some(BeaconWeight { decibans, low, high, period, jitter, missing, check_ins, sized, parts: Vec::new() })
}

fn codes(pair: &Pair) -> Vec<&'static str> {
    look(pair, &scene()).into_iter().map(|(_, finding)| finding.info.code).collect()
}

#[test]
fn each_probe_says_what_it_cannot_do_and_has_its_own_codes() {
    let mut seen = std::collections::BTreeSet::new();
    for description in PROBES.iter().map(|probe| probe.describe()) {
        assert!(!description.misses.is_empty() && !description.wrong.is_empty(), "{}", description.name);
        for info in description.codes {
            assert!(info.code.starts_with("traffic.") && seen.insert(info.code), "{}", info.code);
        }
    }
}

#[test]
fn ordinary_traffic_is_no_finding() {
    assert_eq!(codes(&pair()), [] as [&str; 0]);
}

#[test]
fn each_is_found_where_it_is() {
    assert_eq!(codes(&Pair { beacon: weight(12.0), ..pair() }), ["traffic.beacon"]);
    assert_eq!(codes(&Pair { beacon: weight(9.0), ..pair() }), [] as [&str; 0]);
    assert_eq!(
        codes(&Pair { beacon: weight(9.0), sources: Some(1), ..pair() }),
        ["traffic.rare-destination"]
    );
    assert_eq!(codes(&Pair { busiest_day: Some(86_400), ..pair() }), ["traffic.strobe"]);
    assert_eq!(codes(&Pair { busiest_day: Some(86_399), ..pair() }), [] as [&str; 0]);
    let five_hours = 5 * 3_600_000_000;
    assert_eq!(codes(&Pair { longest: five_hours, ..pair() }), ["traffic.long-connection"]);
    let inside = Some("10.0.0.2".parse().unwrap());
    assert_eq!(codes(&Pair { longest: five_hours, destination: inside, ..pair() }), [] as [&str; 0]);
    let mut letters: std::collections::BTreeMap<u8, u64> = (b'a'..=b'z').map(|letter| (letter, 10)).collect();
    let queries =
        |letters| Queries { queries: 500, names: 400, bytes: 15_000, letters, ..Queries::default() };
    let tunnel = Pair {
        destination: None,
        name: Some("t.example".into()),
        queries: Some(queries(letters.clone())),
        ..pair()
    };
    assert_eq!(codes(&tunnel), ["traffic.dns-tunnel"]);
    letters.retain(|letter, _| *letter == b'a');
    assert_eq!(codes(&Pair { queries: Some(queries(letters)), ..tunnel }), [] as [&str; 0]);
}

fn community(text: &str, accepted: bool) -> KnownCommunity {
    KnownCommunity {
        version: 2,
        default: crate::pairs::default_source(text).map(|_| text.to_owned()),
        sha256: Digest::of(text.as_bytes()),
        messages: 3,
        accepted,
        first: 5,
        record: Place { input: 0, offset: 500 },
    }
}

#[test]
fn a_default_community_is_told_by_whether_an_agent_takes_it() {
    let with =
        |communities: Vec<KnownCommunity>| Pair { port: Some(161), protocol: 17, communities, ..pair() };
    let guessed = with(vec![community("private", false), community("a secret", false)]);
    let found = look(&guessed, &scene());
    assert_eq!(found.len(), 1);
    assert!(found[0].1.title.contains("no agent answered"), "{}", found[0].1.title);
    let taken =
        with(vec![community("public", true), community("private", false), community("a secret", true)]);
    assert_eq!(codes(&taken), ["traffic.default-community", "traffic.cleartext-management"]);
    let location = Location::exhibit(Digest::of(b"log")).range(500, 0);
    let claims: Vec<Claim> =
        look(&taken, &scene()).iter().map(|(_, finding)| claim(&taken, finding, location.clone())).collect();
    assert_eq!(claims[0].facts["communities"], Value::List(vec!["public".to_owned()]));
    assert_eq!(claims[0].text("accepted").as_deref(), Some("yes"));
    let text = format!("{claims:?}");
    assert!(!text.contains("a secret") && text.contains(&Digest::of(b"a secret").to_string()), "{text}");
    assert_eq!(codes(&with(vec![community("a secret", false)])), [] as [&str; 0]);
}

#[test]
fn a_claim_is_the_same_whenever_the_pair_is_seen() {
    let location = |offset| Location::exhibit(Digest::of(b"log")).range(offset, 0);
    let one = Pair { beacon: weight(12.0), ..pair() };
    let other = Pair { contacts: 7, first: 99, beacon: weight(30.0), ..pair() };
    let of = |pair: &Pair, offset| claim(pair, &look(pair, &scene())[0].1, location(offset));
    let (one, other) = (of(&one, 77), of(&other, 5));
    assert_eq!(one.fingerprint(), other.fingerprint());
    assert_eq!(
        (one.subject.id.as_str(), one.locations[0].offset),
        ("10.0.0.1 > 192.0.2.7:443/tcp", Some(77))
    );
    assert_eq!(one.weight.as_ref().map(|weight| weight.decibans), Some(12.0));
    assert!(one.title.contains("every 5 min"), "{}", one.title);
}

#[test]
fn moments_and_spans_for_people() {
    for (microseconds, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00Z"),
        (1_700_000_000_999_999, "2023-11-14T22:13:20Z"),
        (-1, "1969-12-31T23:59:59Z"),
    ] {
        assert_eq!(instant(microseconds), text);
    }
    for (microseconds, text) in [
        (1500, "1.5 ms"),
        (60_000_000, "60 s"),
        (300_000_000, "5 min"),
        (5_400_000_000, "90 min"),
        (200_000_000_000, "2.3 d"),
    ] {
        assert_eq!(span(microseconds), text);
    }
    assert!(!instant(i64::MIN).is_empty() && !instant(i64::MAX).is_empty());
}
