use super::*;
use crate::{DossierError, report_format, sample};
use banbury_evidence::{Claim, Grade};
use serde_json::Value;

fn known(report: &mut InspectReport, facts: &[(&str, &str)]) {
    let examination = &mut report.examinations[0].1;
    let location = banbury_evidence::Location::exhibit(examination.exhibit);
    let claim =
        Claim::observation(&sample::info(KNOWN, Grade::Medium), location.subject(), "known").at(location);
    let claim = facts.iter().fold(claim, |claim, (name, value)| claim.fact(name, *value));
    examination.runs[1].claims.push(claim);
}

/// An inspection in which each state and each reason stands once, and one component in two states.
pub(crate) fn report() -> InspectReport {
    let mut report = sample::empty_inspection();
    report.examinations = sample::inspection().examinations;
    report.publisher = Some(sample::publisher());
    report.examinations[0].1.runs[1].claims.retain(|claim| claim.code == "component");
    let openssl = [
        ("component", "openssl"),
        ("version", "1.1.1n"),
        ("purl", "pkg:generic/openssl@1.1.1n"),
        ("cpe", "cpe:2.3:a:openssl:openssl:1.1.1n:*:*:*:*:*:*:*"),
    ];
    for (number, (state, reason)) in [
        ("affected", "in-range"),
        ("not-affected", "backported"),
        ("not-affected", "configuration"),
        ("not-affected", "module-absent"),
        ("not-affected", "applet-absent"),
        ("not-affected", "condition-absent"),
        ("not-affected", "other-platform"),
        ("not-affected", "never-affected"),
        ("not-affected", "a word of a later version"),
        ("cannot-tell", "no-version"),
        ("a state of a later version", "odd"),
    ]
    .into_iter()
    .chain([("not-affected", "backported")])
    .enumerate()
    {
        let vulnerability = format!("CVE-2099-{:04}", number + 1);
        let facts = [
            ("vulnerability", vulnerability.as_str()),
            ("state", state),
            ("reason", reason),
            ("detail", "so it is"),
        ];
        known(&mut report, &[&openssl[..], &facts].concat());
    }
    let exploited =
        [("vulnerability", "CVE-2099-0001"), ("exploited", "2099-01-02"), ("exploited-source", "CISA KEV")];
    known(
        &mut report,
        &[&[("component", "dropbear")][..], &exploited[..], &[("state", "affected"), ("reason", "in-range")]]
            .concat(),
    );
    // The same in two states: the gravest counts.
    known(
        &mut report,
        &[&openssl[..], &[("vulnerability", "CVE-2099-0002"), ("state", "affected"), ("reason", "in-range")]]
            .concat(),
    );
    known(
        &mut report,
        &[
            ("component", "odd name"),
            ("purl", "no purl"),
            ("cpe", "no cpe"),
            ("vulnerability", "GHSA-x"),
            ("state", "cannot-tell"),
        ],
    );
    report
}

fn document(format: &str, report: &InspectReport) -> Value {
    let text = report_format(format).unwrap().inspect.unwrap()(report).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_state_in_every_format() {
    let report = report();
    let cyclonedx = document("cyclonedxvex", &report);
    let openvex = document("openvex", &report);
    let csaf = document("csaf", &report);
    let words = |name: &str| -> (String, String, Vec<String>) {
        let own = |item: &&Value, id: &str| item[id] == name || item[id]["name"] == name;
        let first =
            cyclonedx["vulnerabilities"].as_array().unwrap().iter().find(|item| own(item, "id")).unwrap();
        let second =
            openvex["statements"].as_array().unwrap().iter().find(|item| own(item, "vulnerability")).unwrap();
        let third = csaf["vulnerabilities"].as_array().unwrap().iter().find(|item| own(item, "cve")).unwrap();
        let justified = |object: &Value, state: &str| {
            format!(
                "{} {}",
                object[state].as_str().unwrap(),
                object["justification"].as_str().unwrap_or_default()
            )
        };
        let lists = third["product_status"].as_object().unwrap().keys().cloned().collect();
        (justified(&first["analysis"], "state"), justified(second, "status"), lists)
    };
    for (id, in_cyclonedx, in_openvex, in_csaf) in [
        ("CVE-2099-0001", "exploitable ", "affected ", "known_affected"),
        ("CVE-2099-0002", "exploitable ", "affected ", "known_affected"),
        (
            "CVE-2099-0003",
            "not_affected code_not_present",
            "not_affected vulnerable_code_not_present",
            "known_not_affected",
        ),
        (
            "CVE-2099-0004",
            "not_affected code_not_present",
            "not_affected vulnerable_code_not_present",
            "known_not_affected",
        ),
        (
            "CVE-2099-0005",
            "not_affected code_not_present",
            "not_affected vulnerable_code_not_present",
            "known_not_affected",
        ),
        (
            "CVE-2099-0006",
            "not_affected requires_dependency",
            "not_affected component_not_present",
            "known_not_affected",
        ),
        (
            "CVE-2099-0007",
            "not_affected requires_environment",
            "not_affected vulnerable_code_not_present",
            "known_not_affected",
        ),
        ("CVE-2099-0009", "not_affected ", "not_affected ", "known_not_affected"),
        ("CVE-2099-0010", "in_triage ", "under_investigation ", "under_investigation"),
        ("CVE-2099-0011", "in_triage ", "under_investigation ", "under_investigation"),
        // The revision that is there holds the fix.
        ("CVE-2099-0012", "resolved ", "fixed ", "fixed"),
    ] {
        let (cyclonedx, openvex, csaf) = words(id);
        assert_eq!(
            (cyclonedx.as_str(), openvex.as_str(), csaf),
            (in_cyclonedx, in_openvex, vec![in_csaf.to_owned()]),
            "{id}"
        );
    }
}

#[test]
fn what_the_formats_demand_is_there() {
    let report = report();
    let openvex = document("openvex", &report);
    assert_eq!(
        (&openvex["author"], &openvex["timestamp"]),
        (&"Island Laboratory".into(), &"2019-03-28T00:00:00Z".into())
    );
    for statement in openvex["statements"].as_array().unwrap() {
        let has = |name: &str| statement.get(name).is_some();
        match statement["status"].as_str().unwrap() {
            "affected" => assert!(has("action_statement")),
            "not_affected" => assert!(has("justification") || has("impact_statement")),
            _ => assert!(!has("justification")),
        }
    }
    let csaf = document("csaf", &report);
    for vulnerability in csaf["vulnerabilities"].as_array().unwrap() {
        let mut seen = std::collections::BTreeSet::new();
        for products in vulnerability["product_status"].as_object().unwrap().values() {
            for product in products.as_array().unwrap() {
                assert!(seen.insert(product.to_string()), "a product in two lists: {vulnerability}");
            }
        }
        if vulnerability["product_status"].get("known_affected").is_some() {
            assert!(vulnerability.get("remediations").is_some());
        }
    }
    let threats = csaf["vulnerabilities"][0]["threats"].to_string();
    assert!(threats.contains("CISA KEV"), "{threats}");
}

#[test]
fn who_publishes_is_asked_for() {
    let mut report = report();
    let refusal = |format: &str, report: &InspectReport| match report_format(format).unwrap().inspect.unwrap()(
        report,
    ) {
        Err(DossierError::Missing { what, .. }) => what,
        other => panic!("{format}: {other:?}"),
    };
    report.publisher.as_mut().unwrap().namespace = None;
    assert!(refusal("csaf", &report).contains("URL"));
    report.publisher.as_mut().unwrap().namespace = Some("https://lab.example".to_owned());
    report.publisher.as_mut().unwrap().category = Some("friend".to_owned());
    assert!(refusal("csaf", &report).contains("friend"));
    report.publisher = None;
    assert!(refusal("openvex", &report).contains("who publishes"));
    assert!(document("cyclonedxvex", &report)["metadata"].get("authors").is_none());
}

#[test]
fn where_nothing_is_to_be_stated_it_is_said() {
    let mut report = report();
    report.examinations.clear();
    for format in ["openvex", "csaf"] {
        let refused = report_format(format).unwrap().inspect.unwrap()(&report);
        assert!(matches!(refused, Err(DossierError::Missing { .. })), "{format}");
    }
    assert_eq!(document("cyclonedxvex", &report)["vulnerabilities"], Value::Array(Vec::new()));
}
