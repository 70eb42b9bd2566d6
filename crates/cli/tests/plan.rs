//! The cheapest way to comply by a day.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use support::{banbury, command, root, stderr, stdout};

const DAY: &str = "2026-11-01";
const BY: &str = "2027-12-31";

/// The example's network without its images, assessed once.
fn island(folder: &Path) -> PathBuf {
    let case = folder.join("island");
    let example = root().join("examples/island");
    let config = example.join("banbury.toml");
    let output = banbury(&["init".as_ref(), case.as_os_str(), "--config".as_ref(), config.as_os_str()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let mut files: Vec<PathBuf> = std::fs::read_dir(example.join("network"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension() == Some(OsStr::new("csv")) && !path.ends_with("packages.csv"))
        .collect();
    files.sort();
    let output = command().arg("add").arg(&case).args(&files).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let output =
        command().arg("assess").arg(&case).args(["--as-of", DAY, "--outlook", "never"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    case
}

fn plan(case: &Path, arguments: &[&str]) -> std::process::Output {
    let mut all: Vec<&OsStr> = vec!["plan".as_ref(), case.as_os_str()];
    all.extend(["--as-of", DAY, "--by", BY].map(OsStr::new));
    all.extend(arguments.iter().map(OsStr::new));
    banbury(&all)
}

fn options() -> String {
    root().join("examples/island/plan.toml").display().to_string()
}

fn validate(document: &serde_json::Value) {
    let text = std::fs::read_to_string(root().join("schemas/plan.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_island_has_a_plan_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let run = |name: &str| {
        let outputs: Vec<String> = ["json", "csv", "html"]
            .iter()
            .map(|format| format!("{format}={}", folder.path().join(format!("{name}.{format}")).display()))
            .collect();
        let options = options();
        let mut arguments = vec!["--regime", "uk-hrv-2020", "--options", &options];
        outputs.iter().for_each(|output| arguments.extend(["-o", output]));
        let output = plan(&case, &arguments);
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
        stdout(&output)
    };
    let (first, second) = (run("a"), run("b"));
    assert_eq!(first, second);
    insta::assert_snapshot!("plan_island", first);
    for format in ["json", "csv", "html"] {
        let read =
            |name: &str| std::fs::read_to_string(folder.path().join(format!("{name}.{format}"))).unwrap();
        assert_eq!(read("a"), read("b"), "{format}");
    }
    let read = |format: &str| std::fs::read_to_string(folder.path().join(format!("a.{format}"))).unwrap();
    let document: serde_json::Value = serde_json::from_str(&read("json")).unwrap();
    validate(&document);
    let replaced = document["plans"][0]["replacements"].as_array().unwrap().len();
    assert_eq!(read("csv").lines().count(), replaced + 1);
    insta::assert_snapshot!("plan_island_csv", read("csv"));
    let html = read("html");
    assert!(html.contains("<svg") && !html.contains("<script") && html.contains("Eastvoe"), "{html}");
    // Nothing is left of the copies in which networks were tried.
    let left = std::fs::read_dir(&case)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("plan-"));
    assert_eq!(left.count(), 0);
}

#[test]
fn what_cannot_hold_together_is_told_with_what_it_takes() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let text = std::fs::read_to_string(options()).unwrap().replace("days = 14", "days = 1");
    let path = folder.path().join("few.toml");
    std::fs::write(&path, text).unwrap();
    let json = format!("json={}", folder.path().join("few.json").display());
    let path = path.display().to_string();
    let output = plan(&case, &["--regime", "uk-hrv-2020", "--options", &path, "-o", &json]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    insta::assert_snapshot!("plan_infeasible", stdout(&output));
    let document = std::fs::read_to_string(folder.path().join("few.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    validate(&document);
    assert_eq!(document["plans"][0]["end"], "infeasible");
}

#[test]
fn what_is_not_planned_for_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let output = plan(&case, &["--regime", "practice-2019"]);
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("Not planned for") && told.contains("practice-2019/redundancy"), "{told}");
    assert!(told.contains("practice-2019/supplier-diversity"), "{told}");
    let output = plan(&case, &["--regime", "uk-security-2022"]);
    let told = stdout(&output);
    assert!(told.contains("an attestation decides them, no replacement"), "{told}");
}

#[test]
fn regimes_and_a_ban_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let json = format!("json={}", folder.path().join("all.json").display());
    let ban = "vendor:quillfen networks";
    let arguments =
        ["--regime", "uk-hrv-2020,uk-dvd-2022,evidence-first", "--compare", "--blanket", ban, "-o", &json];
    let options = options();
    let output = plan(&case, &[&arguments[..], &["--options", &options]].concat());
    insta::assert_snapshot!("plan_compare", stdout(&output));
    let document = std::fs::read_to_string(folder.path().join("all.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    validate(&document);
    let devices: Vec<usize> = document["plans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plan| plan["replacements"].as_array().unwrap().len())
        .collect();
    // Of the six devices that the ban takes out, the advice asks for four.
    assert_eq!((devices[0], devices[3]), (4, 6));
}

#[test]
fn a_template_is_a_file_of_options() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let output = plan(&case, &["--options-template"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let path = folder.path().join("template.toml");
    std::fs::write(&path, stdout(&output)).unwrap();
    let path = path.display().to_string();
    let with = plan(&case, &["--regime", "uk-hrv-2020", "--options", &path]);
    assert_eq!(with.status.code(), Some(0), "{}", stderr(&with));
    // What it states is what is taken for granted without it.
    let without = plan(&case, &["--regime", "uk-hrv-2020"]);
    let devices = |output: &std::process::Output| {
        stdout(output).lines().find(|line| line.contains("devices are replaced")).map(str::to_owned)
    };
    assert_eq!(devices(&with), devices(&without));
}

#[test]
fn a_regime_of_ones_own_is_planned_for() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let own = folder.path().join("our-rules");
    std::fs::create_dir_all(own.join("measures")).unwrap();
    std::fs::create_dir_all(own.join("queries")).unwrap();
    std::fs::write(
        own.join("regime.toml"),
        "title = \"Ours\"\nauthority = \"Us\"\nversion = \"1\"\nsummary = \"No radio of one maker.\"\ncertainty = \"own\"\n\
         measures = [\"none-of-it\"]\n[[sources]]\ntitle = \"t\"\ncitation = \"c\"\ncertainty = \"own\"\n",
    )
    .unwrap();
    std::fs::write(
        own.join("measures/none-of-it.toml"),
        "title = \"None of it\"\nclause = \"1\"\ntext = \"t\"\ncertainty = \"own\"\nin_force_from = \"2027-06-30\"\nquery = \"none\"\n\
         needs = [\"devices\"]\nnothing = \"n\"\ndecides = \"d\"\nremedy = \"r\"\n",
    )
    .unwrap();
    std::fs::write(
        own.join("queries/none.sql"),
        "SELECT name AS subject, iif(maker = 'quillfen networks', 'breached', 'met') AS verdict, 'made by ' || manufacturer AS reason\n\
         FROM devices WHERE in_service AND role = 'gnb'\n",
    )
    .unwrap();
    let csv = format!("csv={}", folder.path().join("own.csv").display());
    let regime = own.display().to_string();
    let output = plan(&case, &["--regime", &regime, "--options", &options(), "-o", &csv]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let csv = std::fs::read_to_string(folder.path().join("own.csv")).unwrap();
    let rows: Vec<&str> = csv.lines().skip(1).collect();
    // Both base stations of that maker, by the day on which the measure comes into force.
    assert_eq!(rows.len(), 2, "{csv}");
    assert!(rows.iter().all(|row| row.contains("GR-6") && row.contains("2027-06-30")), "{csv}");
}

#[test]
fn bad_input_has_a_cause_and_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let bad = folder.path().join("bad.toml");
    std::fs::write(&bad, "[budget]\ntotal = 0\n").unwrap();
    let bad = bad.display().to_string();
    let missing = folder.path().join("missing.toml").display().to_string();
    let cases: &[(&[&str], &str)] = &[
        (&["--options", &bad], "bad.toml:2:9: a budget of zero buys nothing"),
        (&["--options", &missing], "cannot be read"),
        (&["--gap", "101"], "from 0 to 100"),
        (&["-o", "pdf=x"], "json, csv, html"),
        (&["-o", "json"], "FORMAT=PATH"),
        (&["--regime", "nowhere-2020"], "nowhere-2020"),
        (&["--compare", "--blanket", "Quillfen"], "vendor:NAME"),
        (&["--compare", "--blanket", "vendor:Quilfen Networks"], "did you mean Quillfen Networks"),
        (&["--blanket", "vendor:Quillfen Networks"], "--compare"),
    ];
    for (arguments, part) in cases {
        let output = plan(&case, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
    }
    let output = banbury(&["plan".as_ref(), case.as_os_str(), "--by".as_ref(), "2020-01-01".as_ref()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("nothing can be done by then"), "{}", stderr(&output));
}
