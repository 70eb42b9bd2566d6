//! Attestations that name what there is not are told. All names are invented.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod case;

use banbury_evidence::ledger::Ledger;
use banbury_evidence::model::{Attestation, Contract, Device, Model, Source};
use banbury_regime::{Overrides, find, strays};
use case::{clock, report};

/// What is told of one attestation each, in a case with the device `edge-1` of Aster Networks and the contract Care.
fn told(attestations: &[[&str; 3]]) -> Vec<String> {
    let rows = attestations.iter().zip(2..).map(|([regime, measure, subject], line)| Attestation {
        regime: (*regime).to_owned(),
        measure: (*measure).to_owned(),
        subject: Some((*subject).to_owned()).filter(|subject| !subject.is_empty()),
        state: "met".to_owned(),
        party: "Operator".to_owned(),
        date: "2026-01-01".to_owned(),
        source: Source { file: "attestations.csv".to_owned(), line },
        ..Attestation::default()
    });
    let model = Model {
        devices: vec![Device {
            name: "edge-1".to_owned(),
            manufacturer: Some("Aster Networks".to_owned()),
            device_type: Some("AX 1".to_owned()),
            segment: Some("Mgmt".to_owned()),
            ..Device::default()
        }],
        contracts: vec![Contract {
            name: "Care".to_owned(),
            party: "Quick".to_owned(),
            ..Contract::default()
        }],
        attestations: rows.collect(),
        ..Model::default()
    };
    let mut ledger = Ledger::in_memory().unwrap();
    ledger.record_model(&model, &report("network.import"), &clock()).unwrap();
    let regimes = [(find("uk-security-2022").unwrap().unwrap(), Overrides::new())];
    strays(ledger.connection_mut(), &regimes).unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn names_of_what_there_is_are_not_told() {
    let subjects = [
        "",
        "network",
        "EDGE-1",
        " aster networks",
        "ax 1",
        "mgmt",
        "segment MGMT",
        "care",
        "contract Care",
        "quick",
    ];
    let rows: Vec<[&str; 3]> =
        subjects.iter().map(|subject| ["UK-security-2022 ", " m1.01", subject]).collect();
    assert_eq!(told(&rows), Vec::<String>::new());
    // A computed measure that reads attestations, and a built-in regime that is not applied.
    let computed = [["uk-security-2022", "M10.22", ""], ["de-2024", "certified-components", "AX 1"]];
    assert_eq!(told(&computed), Vec::<String>::new());
}

#[test]
fn a_regime_a_measure_and_a_subject_that_there_is_not_are_told() {
    for (row, wanted) in [
        (
            ["uk-security-2o22", "M1.01", ""],
            "attestations.csv:2: it is about the regime \"uk-security-2o22\", which is neither built in nor applied\n  hint: did you mean uk-security-2022?",
        ),
        (["uk-security-2022", "M1.2", ""], "attestations.csv:2: it is about the measure \"M1.2\""),
        (
            ["uk-security-2022", "M1.01", "ghost"],
            "it is about \"ghost\", and nothing in the case is called that",
        ),
        (["uk-hrv-2020", "core-5g", ""], "no attestation decides uk-hrv-2020/core-5g: it is computed"),
    ] {
        let told = told(&[row]);
        assert_eq!(told.len(), 1, "{row:?}");
        assert!(told[0].contains(wanted), "{}", told[0]);
    }
}

#[test]
fn of_many_the_number_is_told() {
    let told = told(&[["nowhere", "M1.01", ""]; 23]);
    assert_eq!(told.len(), 21);
    assert!(told[20].contains("3 more name a regime"), "{}", told[20]);
}
