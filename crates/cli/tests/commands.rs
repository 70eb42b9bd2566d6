//! Whole commands, as a user gives them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::{Path, PathBuf};
use support::{banbury, command, root, stderr, stdout};

/// The day on which the example is assessed.
const DAY: &str = "2026-11-01";

fn island(folder: &Path) -> PathBuf {
    let case = folder.join("island");
    let example = root().join("examples/island");
    let config = example.join("banbury.toml");
    let output = banbury(&["init".as_ref(), case.as_os_str(), "--config".as_ref(), config.as_os_str()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let mut files: Vec<PathBuf> = ["network", "images"]
        .iter()
        .flat_map(|part| std::fs::read_dir(example.join(part)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.ends_with(".bin")
                || name.ends_with(".img")
                || (name.ends_with(".csv") && name != "packages.csv")
        })
        .collect();
    files.sort();
    let output = command().arg("add").arg(&case).args(&files).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    case
}

fn assess(case: &Path, more: &[&str]) -> std::process::Output {
    command().arg("assess").arg(case).args(["--as-of", DAY]).args(more).output().unwrap()
}

fn validate(schema: &str, document: &serde_json::Value) {
    let text = std::fs::read_to_string(root().join("schemas").join(schema)).unwrap();
    let schema = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .take(5)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_example_from_init_to_dossier() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let first = assess(&case, &[]);
    assert_eq!(first.status.code(), Some(1), "{}", stderr(&first));
    insta::assert_snapshot!("island", stdout(&first));
    let html = std::fs::read_to_string(case.join("dossier.html")).unwrap();
    assert!(html.contains("Skerry Telecom") && !html.contains("<script"));
    let json = std::fs::read_to_string(case.join("dossier.json")).unwrap();
    validate("dossier.schema.json", &serde_json::from_str(&json).unwrap());
    // Again: the same verdicts, no new claims, no second inspection.
    let count = |case: &Path| {
        let case = banbury_evidence::case::Case::open(case).unwrap();
        let unpacked = case.ledger.runs().unwrap().iter().filter(|run| run.probe == "unpack").count();
        (case.ledger.claims(None).unwrap().len(), unpacked)
    };
    let before = count(&case);
    let second = assess(&case, &[]);
    assert_eq!((stdout(&second), count(&case)), (stdout(&first), before));
}

#[test]
fn the_verdicts_stand_in_the_ledger_for_any_sql_viewer() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    assess(&case, &[]);
    let opened = banbury_evidence::case::Case::open(&case).unwrap();
    let breached: Vec<String> = opened
        .ledger
        .connection()
        .prepare("SELECT DISTINCT measure FROM verdicts WHERE verdict = 'breached' AND regime = 'practice-2019' ORDER BY 1")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(breached, ["redundancy", "sensitive-networks", "supplier-diversity", "vendor-maintenance"]);
}

#[test]
fn an_inspection_in_every_format_valid_and_twice_the_same() {
    let image = root().join("examples/island/images/marram-csg-210-2.4.1.bin");
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str| {
        let outputs: Vec<String> = ["json", "sarif", "cyclonedx", "spdx", "html"]
            .iter()
            .map(|format| format!("{format}={}", folder.path().join(format!("{name}.{format}")).display()))
            .collect();
        let mut command = command();
        command.arg("inspect").arg(&image).args(["--as-of", DAY]);
        outputs.iter().for_each(|output| {
            command.args(["-o", output]);
        });
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    let (first, second) = (run("a"), run("b"));
    assert_eq!(first, second);
    insta::assert_snapshot!("marram", first);
    for format in ["json", "sarif", "cyclonedx", "spdx", "html"] {
        let read = |name: &str| std::fs::read(folder.path().join(format!("{name}.{format}"))).unwrap();
        assert_eq!(read("a"), read("b"), "{format}");
        assert!(read("a").len() > 1000, "{format}");
    }
    let json = std::fs::read(folder.path().join("a.json")).unwrap();
    validate("inspect.schema.json", &serde_json::from_slice(&json).unwrap());
}

#[test]
fn every_code_and_every_measure_can_be_explained() {
    let probes = banbury_firmware::probes::PROBES.iter().flat_map(|probe| probe.describe().codes);
    let mut codes: Vec<String> = probes
        .chain(banbury_firmware::CODES)
        .chain(banbury_network::CODES)
        .map(|info| info.code.to_owned())
        .collect();
    for regime in banbury_regime::builtin().unwrap() {
        codes.push(regime.id.clone());
        codes.extend(regime.measures.iter().map(|measure| format!("{}/{}", regime.id, measure.id)));
    }
    assert!(codes.len() > 40);
    for code in codes {
        let output = banbury(&["explain", &code]);
        assert_eq!(output.status.code(), Some(0), "{code}: {}", stderr(&output));
        assert!(stdout(&output).lines().count() >= 4, "{code}");
    }
}

#[test]
fn lists_completions_and_the_manual_come_from_one_definition() {
    for (arguments, part) in [
        (&["formats"][..], "squashfs"),
        (&["probes"], "credential."),
        (&["regimes"], "practice-2019/"),
        (&["completions", "bash"], "complete"),
        (&["man"], ".TH"),
        (&["help"], "Examples:"),
        (&["--version"], "banbury "),
    ] {
        let output = banbury(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        assert!(stdout(&output).contains(part), "{arguments:?}");
    }
}

#[test]
fn mistakes_are_told_with_a_remedy_and_exit_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("strange.csv");
    std::fs::write(&text, "colour,taste\nred,sweet\n").unwrap();
    let case = folder.path().join("case");
    assert!(banbury(&["init".as_ref(), case.as_os_str()]).status.success());
    let (text, case) = (text.to_str().unwrap(), case.to_str().unwrap());
    let overwrite = format!("json={text}");
    for (arguments, part) in [
        (&["assess", "no-such-case"][..], "banbury init"),
        (&["assess", case], "banbury add"),
        (&["add", case, text], "banbury formats"),
        (&["add", case, "no-such-file"], "no-such-file"),
        (&["init", case], "already"),
        (&["init", "elsewhere", "--regime", "practice-1919"], "practice-2019"),
        (&["explain", "credential.empty"], "credential.empty-password"),
        (&["inspect", text, "-o", "pdf=x"], "formats:"),
        (&["inspect", text, "--fail-on", "huge"], "info, low, medium, high"),
        (&["inspect", text, "-o", "json=/no/such/folder/x.json"], "/no/such/folder"),
        (&["inspect", text, "-o", &overwrite], "overwrite"),
        (&["inspect", text, "-o", "json=-", "-o", "sarif=-"], "stdout already"),
        (&["inspect", "/dev/zero"], "regular file"),
        (&["add", case, "/dev/null"], "regular file"),
        (&["inspekt"], "inspect"),
    ] {
        let output = banbury(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
    }
    assert!(!Path::new("elsewhere").exists());
}

#[test]
fn a_threshold_decides_the_exit_status() {
    let image = root().join("examples/island/images/marram-csg-210-2.4.1.bin");
    for (threshold, status) in [
        (&[][..], 0),
        (&["--fail-on", "high"], 1),
        (&["--fail-on", "credential.empty-password"], 1),
        (&["--fail-on", "unpack.checksum"], 0),
    ] {
        let output = command().arg("inspect").arg(&image).args(threshold).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{threshold:?}");
    }
}

#[test]
fn an_exhibit_that_changed_after_its_inspection_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    assess(&case, &[]);
    let opened = banbury_evidence::case::Case::open(&case).unwrap();
    let exhibits = opened.ledger.exhibits().unwrap();
    let image = exhibits.iter().find(|exhibit| exhibit.name.starts_with("marram")).unwrap();
    std::fs::write(opened.exhibit_path(&image.sha256), b"other bytes").unwrap();
    drop(opened);
    let output = assess(&case, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("marram"), "{}", stderr(&output));
}

#[test]
fn a_disposition_is_kept_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    assess(&case, &[]);
    let opened = banbury_evidence::case::Case::open(&case).unwrap();
    let claims = opened.ledger.claims(None).unwrap();
    let claim = claims.iter().find(|stored| stored.claim.code == "credential.empty-password").unwrap();
    let fingerprint = claim.fingerprint.to_string();
    drop(opened);
    let output = command()
        .arg("dispose")
        .arg(&case)
        .args([
            &fingerprint[..16],
            "--state",
            "disputed",
            "--reason",
            "factory image",
            "--person",
            "A. Tester",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = assess(&case, &["-o", "json=-"]);
    let json = stdout(&output);
    assert!(json.contains("\"disputed\""), "the dossier shows it");
    serde_json::from_str::<serde_json::Value>(&json).unwrap();
}
