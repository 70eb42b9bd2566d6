use super::*;
use crate::sample;

fn parsed() -> Vec<Value> {
    let text = (FORMAT.case.unwrap())(&sample::hostile()).unwrap();
    let bundle: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(bundle["type"], "bundle");
    bundle["objects"].as_array().unwrap().clone()
}

fn of<'v>(all: &'v [Value], kind: &str) -> Vec<&'v Value> {
    all.iter().filter(|object| object["type"] == kind).collect()
}

#[test]
fn each_finding_is_a_note_about_what_was_observed() {
    let all = parsed();
    let ids: BTreeSet<&str> = all.iter().map(|object| object["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.len(), "an identifier stands twice");
    // Seven findings, and what was looked at.
    assert_eq!(of(&all, "note").len(), 8);
    for note in of(&all, "note") {
        for about in note["object_refs"].as_array().unwrap() {
            assert!(ids.contains(about.as_str().unwrap()), "{about}");
        }
    }
    let beacon = of(&all, "note").into_iter().find(|note| note["labels"][0] == "traffic.beacon").unwrap();
    let references: Vec<(&str, &str)> = beacon["external_references"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["source_name"].as_str().unwrap(), one["external_id"].as_str().unwrap()))
        .collect();
    assert_eq!(
        references,
        [("banbury", "traffic.beacon"), ("mitre-attack", "T1071"), ("mitre-fight", "FGT1437")]
    );
    let weight = beacon["extensions"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(weight.0, of(&all, "extension-definition")[0]["id"].as_str().unwrap());
    assert_eq!((weight.1["decibans"].as_f64(), weight.1["low"].as_f64()), (Some(46.1), Some(39.1)));
    assert!(all.iter().all(|object| object.get("confidence").is_none() && object["type"] != "indicator"));
    let observed =
        of(&all, "observed-data").into_iter().find(|one| beacon["object_refs"][0] == one["id"]).unwrap();
    assert_eq!(observed["number_observed"], 999_999_999);
    assert_eq!(observed["first_observed"], "2019-03-27T00:00:09.000Z");
}

#[test]
fn ends_are_addresses_and_domain_names_and_nothing_else() {
    let all = parsed();
    let values = |kind: &str| -> BTreeSet<String> {
        of(&all, kind).iter().map(|object| object["value"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(values("domain-name"), BTreeSet::from(["t.example.org".to_owned()]));
    assert_eq!(values("ipv6-addr"), BTreeSet::from(["2001:db8::5".to_owned()]));
    assert_eq!(values("ipv4-addr").len(), 3);
    let sessions: Vec<&Value> =
        of(&all, "network-traffic").into_iter().filter(|one| one["protocols"][2] == "ssh").collect();
    assert_eq!(sessions.len(), 2);
    assert!(
        sessions
            .iter()
            .all(|one| one["protocols"][1] == "tcp" && one["dst_port"] == 22 && one.get("dst_ref").is_none())
    );
    assert_eq!(sessions[0]["src_byte_count"], 3_000_000);
    for traffic in of(&all, "network-traffic") {
        assert!(traffic["start"].as_str() <= traffic["end"].as_str(), "{traffic}");
    }
}

#[test]
fn without_findings_the_bundle_says_what_was_looked_at() {
    let explanations = BTreeMap::new();
    let material = Material {
        claims: Vec::new(),
        explanations: &explanations,
        publisher: None,
        moment: "2026-11-01T00:00:00Z",
        looked: vec!["looked at x".to_owned()],
    };
    let text = bundle(&material).unwrap();
    assert!(text.contains("looked at x") && text == bundle(&material).unwrap());
    let other = Material { looked: vec!["looked at y".to_owned()], ..material };
    assert_ne!(
        bundle(&other).unwrap().lines().nth(1),
        text.lines().nth(1),
        "another bundle has another identifier"
    );
}
