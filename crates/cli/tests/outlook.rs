//! Several regimes over one made-up network, and what is to come, as a user asks for them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Output;
use support::{command, root, stderr, stdout};

fn nation(folder: &Path) -> PathBuf {
    let case = folder.join("nation");
    let output = command().args(["example", "nation"]).arg(&case).args(["--sites", "30"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    case
}

fn assess(case: &Path, more: &[&str]) -> Output {
    command().arg("assess").arg(case).args(["--as-of", "2026-11-01"]).args(more).output().unwrap()
}

fn dossier(case: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(case.join("dossier.json")).unwrap()).unwrap()
}

#[test]
fn all_regimes_stand_side_by_side_in_every_output() {
    let folder = tempfile::tempdir().unwrap();
    let case = nation(folder.path());
    let output = assess(&case, &["--regime", "all", "--sensitivity"]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    for part in ["Regimes side by side", "Timeline", "How much trust each regime asks", "Tried: replace "] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    // Measures that wait for an attestation are one line.
    assert!(text.contains("`banbury explain uk-security-2022` lists them"), "{text}");
    let most = 150 * banbury_regime::builtin().unwrap().len();
    assert!(text.lines().count() < most, "{} lines", text.lines().count());
    let json = dossier(&case);
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("schemas/dossier.schema.json")).unwrap())
            .unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&json).take(5).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let outlook = &json["outlook"];
    let applied = json["regimes"].as_array().unwrap().len();
    assert_eq!(applied, banbury_regime::builtin().unwrap().len());
    assert_eq!(outlook["matrix"]["regimes"].as_array().unwrap().len(), applied);
    // Every change that is stated ends the breach that it is stated for.
    let answers = outlook["answers"].as_array().unwrap();
    let changes: Vec<&serde_json::Value> =
        answers.iter().flat_map(|answer| answer["changes"].as_array().unwrap()).collect();
    assert!(!changes.is_empty());
    assert!(changes.iter().all(|change| change["then"] != "breached"));
    let dates: Vec<&str> = outlook["timeline"]["moments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|moment| moment["date"].as_str().unwrap())
        .collect();
    assert!(dates.contains(&"2027-12-31") && dates.is_sorted(), "{dates:?}");
    let html = std::fs::read_to_string(case.join("dossier.html")).unwrap();
    for id in ["regimes", "timeline", "trust"] {
        assert!(html.contains(&format!("<section class=\"part\" id=\"{id}\"")), "{id}");
    }
    assert!(html.contains("class=\"map\""));
}

#[test]
fn regimes_on_the_command_line_take_the_place_of_the_case_s() {
    let folder = tempfile::tempdir().unwrap();
    let case = nation(folder.path());
    let output = assess(&case, &["--regime", "uk-hrv-2020", "--outlook", "never"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let json = dossier(&case);
    assert_eq!(json["regimes"].as_array().unwrap().len(), 1);
    assert!(json["outlook"].get("timeline").is_none() && json["outlook"].get("answers").is_none());
    assert!(stdout(&output).contains("`--outlook always`"));
    let twice = assess(&case, &["--regime", "uk-hrv-2020", "--regime", "uk-hrv-2020"]);
    assert_eq!(twice.status.code(), Some(2));
    assert!(stderr(&twice).contains("--regime: the regime uk-hrv-2020 is named twice"), "{}", stderr(&twice));
    let unknown = assess(&case, &["--regime", "uk-hrv-2021"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("no such regime"), "{}", stderr(&unknown));
}
