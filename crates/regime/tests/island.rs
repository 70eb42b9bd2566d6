//! The example case, imported as a user's would be: its README states every verdict, and this holds it to that.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod case;

use banbury_evidence::ledger::Ledger;
use banbury_evidence::{RegimeResult, Verdict};
use banbury_network::{Input, import};
use banbury_regime::worked::Inspected;
use banbury_regime::{Overrides, ParameterValue, apply, find};
use case::{clock, report};
use std::path::{Path, PathBuf};

fn island() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/island")
}

fn assessed() -> Vec<RegimeResult> {
    let mut tables: Vec<(String, Vec<u8>)> = std::fs::read_dir(island().join("network"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap())
        })
        .collect();
    tables.sort();
    let inputs: Vec<Input<'_>> =
        tables.iter().map(|(name, bytes)| Input { name: name.clone(), bytes }).collect();
    let (model, _) = import(&inputs);
    let mut ledger = Ledger::in_memory().unwrap();
    for image in ["marram-csg-210-2.4.1.bin", "quillfen-qx-40-7.1.img"] {
        let (image, found) = (image.to_owned(), vec!["A finding".to_owned()]);
        Inspected { image, found, ..Inspected::default() }.record(&mut ledger).unwrap();
    }
    ledger.record_model(&model, &report("network.import"), &clock()).unwrap();
    let settings: toml::Table =
        std::fs::read_to_string(island().join("banbury.toml")).unwrap().parse().unwrap();
    let mut results = Vec::new();
    for name in settings["case"]["regimes"].as_array().unwrap() {
        let regime = find(name.as_str().unwrap()).unwrap().unwrap();
        let set = settings["parameters"].get(&regime.id).and_then(|set| set.as_table());
        let overrides: Overrides = set
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), ParameterValue::Number(value.as_integer().unwrap())))
            .collect();
        let assessment = apply(ledger.connection_mut(), &regime, &overrides, "2026-11-01").unwrap();
        assert!(assessment.problems.is_empty(), "{:?}", assessment.problems);
        results.push(assessment.result);
    }
    results
}

#[test]
fn the_readme_states_every_verdict_as_it_is() {
    let readme = std::fs::read_to_string(island().join("README.md")).unwrap();
    let stated: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("| `practice-") || line.starts_with("| `uk-"))
        .collect();
    let mut found = Vec::new();
    for result in assessed() {
        for measure in &result.measures {
            let worse: Vec<&str> = measure
                .subjects
                .iter()
                .filter(|subject| subject.verdict < Verdict::Met)
                .map(|subject| subject.subject.as_str())
                .collect();
            let because = if worse.is_empty() { "-".to_owned() } else { worse.join(", ") };
            let verdict = measure.verdict.as_str();
            found.push(format!("| `{}/{}` | {verdict} | {because} |", result.regime, measure.measure));
        }
    }
    assert_eq!(stated, found);
}

#[test]
fn the_practice_shows_every_verdict() {
    let results = assessed();
    let practice = results.iter().find(|result| result.regime == "practice-2019").unwrap();
    for verdict in [Verdict::Met, Verdict::Breached, Verdict::Inconclusive, Verdict::NotApplicable] {
        let shown = practice.measures.iter().any(|measure| {
            measure.verdict == verdict || measure.subjects.iter().any(|subject| subject.verdict == verdict)
        });
        assert!(shown, "{}", verdict.as_str());
    }
}

#[test]
fn a_reason_names_the_point_and_what_hangs_on_it() {
    let results = assessed();
    let practice = results.iter().find(|result| result.regime == "practice-2019").unwrap();
    let measure = practice.measures.iter().find(|measure| measure.measure == "redundancy").unwrap();
    let subject = measure.subjects.iter().find(|subject| subject.subject == "link SK-080").unwrap();
    assert!(
        subject.reason.contains("nh-csg-1 (stands at the sensitive site North Holm)"),
        "{}",
        subject.reason
    );
    assert!(subject.reason.contains("900 subscribers"), "{}", subject.reason);
    assert!(measure.reason.contains(". link SK-080: Its loss cuts off 2 devices"), "{}", measure.reason);
}
