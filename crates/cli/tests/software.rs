//! Feeds, known vulnerabilities and differences of components, by whole commands.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Output;
use support::{command, cpio, root, stderr, stdout};

/// The openssl of CVE-2099-0001, a kernel's configuration for CVE-2099-0006, and a package.
fn image(openssl: &str, bluetooth: bool) -> Vec<u8> {
    // An ARM executable without segments and sections.
    let mut program = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0\x01\0\0\0".to_vec();
    program.resize(40, 0);
    program.extend(b"\x34\0\x20\0\0\0\x28\0\0\0\0\0");
    program.resize(64, 0);
    program.extend(format!("OpenSSL {openssl} 14 Dec 2021\0").as_bytes());
    let option = if bluetooth { "CONFIG_BT=y\n" } else { "# CONFIG_BT is not set\n" };
    let configuration = format!(
        "#\n# Linux/arm 5.10.101 Kernel Configuration\n#\nCONFIG_NET=y\n{option}#\n# Library routines\n#\n#\n# Kernel hacking\n#\n"
    );
    let status =
        "Package: busybox\nStatus: install ok installed\nVersion: 1:1.35.0-4\nArchitecture: armhf\n\n";
    cpio(&[
        (b"usr/bin/openssl", 0o100755, &program),
        (b"boot/config-5.10.101", 0o100644, configuration.as_bytes()),
        (b"var/lib/dpkg/status", 0o100644, status.as_bytes()),
    ])
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs a command with the feed database in this folder.
    fn run(&self, arguments: &[&str]) -> Output {
        command()
            .args(arguments)
            .env("BANBURY_FEEDS", self.0.path().join("feeds.sqlite"))
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }

    fn import(&self, feeds: &[&str]) -> Output {
        let paths: Vec<String> = feeds.iter().map(|feed| feed_path(feed)).collect();
        let mut arguments = vec!["feeds", "import"];
        arguments.extend(paths.iter().map(String::as_str));
        self.run(&arguments)
    }
}

fn feed_path(feed: &str) -> String {
    root().join("corpus/feeds").join(feed).display().to_string()
}

const FEEDS: &[&str] = &["nvd-2.0/input.json", "cve-5/input.json", "kev-json/input.json", "epss/input.csv"];

#[test]
fn feeds_are_imported_and_listed() {
    let folder = Folder::new();
    let imported = folder.import(FEEDS);
    assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
    assert!(stderr(&imported).contains("feeds.sqlite"), "the place is said");
    let again = folder.import(&FEEDS[..1]);
    assert!(stdout(&again).starts_with("known "), "{}", stdout(&again));
    let list = folder.run(&["feeds", "list", "--as-of", "2098-07-01"]);
    insta::assert_snapshot!("feeds_list", stdout(&list));
}

#[test]
fn a_feed_that_is_cut_short_is_refused_and_the_old_one_stays() {
    let folder = Folder::new();
    folder.import(FEEDS);
    let before = stdout(&folder.run(&["feeds", "list", "--as-of", "2098-07-01"]));
    let whole = std::fs::read(feed_path("nvd-2.0/input.json")).unwrap();
    folder.write("half.json", &whole[..whole.len() / 2]);
    let refused = folder.run(&["feeds", "import", "half.json"]);
    assert_eq!((refused.status.code(), stdout(&refused).as_str()), (Some(2), ""));
    let error = stderr(&refused);
    assert!(error.contains("half.json is cut short at byte") && error.contains("stays"), "{error}");
    assert_eq!(stdout(&folder.run(&["feeds", "list", "--as-of", "2098-07-01"])), before);
}

#[test]
fn mistakes_are_answered_with_a_remedy() {
    let folder = Folder::new();
    folder.write("i.bin", &image("3.0.1", true));
    let cases: [(&[&str], &str); 5] = [
        (&["feeds", "list"], "`banbury feeds import FILE...` makes one"),
        (&["inspect", "i.bin"], "no feed database here"),
        (&["feeds", "import", "i.bin"], "i.bin"),
        (&["feeds", "import", "absent.json"], "absent.json"),
        (&["diff-components", "i.bin", "i.bin", "-o", "html=-"], "json alone"),
    ];
    for (arguments, part) in cases {
        let output = folder.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn without_feeds_it_says_so_and_what_to_do() {
    let folder = Folder::new();
    let image = folder.write("i.bin", &image("3.0.1", true));
    let output = command().arg("inspect").arg(&image).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let line = "Known vulnerabilities: NOT LOOKED: there is no feed database; `banbury feeds import FILE...` makes one";
    assert!(stdout(&output).contains(line), "{}", stdout(&output));
    let json = command().arg("inspect").arg(&image).args(["-o", "json=-"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let runs = json["exhibits"][0]["runs"].as_array().unwrap();
    let last: Vec<_> =
        runs[runs.len() - 2..].iter().map(|run| (run["probe"].as_str(), run["status"].as_str())).collect();
    assert_eq!(last, [(Some("vulnerabilities"), Some("failed")), (Some("support"), Some("failed"))]);
    for look_up in ["known_vulnerabilities", "support"] {
        assert_eq!(json["exhibits"][0]["software"][look_up]["looked"], false, "{look_up}");
    }
}

#[test]
fn known_vulnerabilities_stand_with_the_known_exploited_first() {
    let folder = Folder::new();
    folder.import(FEEDS);
    folder.write("i.bin", &image("3.0.1", true));
    let arguments = ["inspect", "i.bin", "--as-of", "2098-07-01"];
    let output = folder.run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    let from = text.find("  Components:").unwrap();
    let to = text.find("  Looked at:").unwrap();
    insta::assert_snapshot!("inspect_with_feeds", &text[from..to]);
    assert_eq!(stdout(&folder.run(&arguments)), text, "same input, same output");
    let json = folder.run(&["inspect", "i.bin", "--as-of", "2098-07-01", "-o", "json=-"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    valid("inspect", &json);
    let known = &json["exhibits"][0]["software"]["known_vulnerabilities"];
    let exploited: Vec<&str> =
        known["findings"].as_array().unwrap().iter().filter_map(|one| one["exploited"].as_str()).collect();
    assert_eq!(exploited, ["2098-06-01", "2098-05-01"]);
    assert_eq!(known["findings"][2]["vulnerability"], "CVE-2099-0008");
    assert_eq!(known["feeds"].as_array().unwrap().len(), 4);
    for (fail_on, code) in [("high", 1), ("known-vulnerability", 1), ("credential.empty-password", 0)] {
        let output = folder.run(&["inspect", "i.bin", "--fail-on", fail_on]);
        assert_eq!(output.status.code(), Some(code), "{fail_on}");
    }
    // Without Bluetooth the kernel's are ruled out, and what is ruled out fails nothing.
    folder.write("j.bin", &image("3.0.2", false));
    let output = folder.run(&["inspect", "j.bin", "--fail-on", "known-vulnerability"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains("2 ruled out for a reason, 1 by the version"), "{}", stdout(&output));
}

#[test]
fn a_release_is_held_against_another() {
    let folder = Folder::new();
    folder.import(FEEDS);
    folder.write("old.bin", &image("3.0.1", false));
    folder.write("new.bin", &image("3.0.2", true));
    let arguments = ["diff-components", "old.bin", "new.bin", "--as-of", "2098-07-01"];
    let output = folder.run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    insta::assert_snapshot!("diff_components", stdout(&output));
    let json = folder.run(&[&arguments[..], &["-o", "json=-"]].concat());
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    valid("diff-components", &json);
    assert_eq!(json["upgraded"][0]["new"], "3.0.2");
    assert_eq!(json["vulnerabilities"]["fixed"][0]["vulnerability"], "CVE-2099-0001");
    assert_eq!(json["vulnerabilities"]["brought"][0]["exploited"], "2098-05-01");
    for (what, code) in [("exploited", 1), ("vulnerability", 1), ("downgrade", 0)] {
        let output = folder.run(&[&arguments[..], &["--fail-on", what]].concat());
        assert_eq!(output.status.code(), Some(code), "{what}");
    }
    let back = folder.run(&["diff-components", "new.bin", "old.bin", "--fail-on", "downgrade"]);
    assert_eq!(back.status.code(), Some(1));
}

#[test]
fn an_assessment_looks_up_and_a_measure_can_ask() {
    let folder = Folder::new();
    folder.write("i.bin", &image("3.0.1", true));
    folder.run(&["init", "c"]);
    folder.run(&["add", "c", "i.bin"]);
    let ledger = || rows(&folder.0.path().join("c/ledger.sqlite"));
    let without = command().args(["assess", "c"]).current_dir(folder.0.path()).output().unwrap();
    assert!(stderr(&without).contains("not looked up: known vulnerabilities"), "{}", stderr(&without));
    assert_eq!(ledger(), (0, 0, 1), "the failed run is on record, and no look-up");
    folder.import(FEEDS);
    folder.run(&["assess", "c", "--as-of", "2098-07-01"]);
    assert_eq!(ledger(), (2, 1, 2));
    folder.run(&["assess", "c", "--as-of", "2098-07-01"]);
    assert_eq!(ledger(), (2, 1, 2), "the same look-up is not recorded again");
}

/// Known exploited ones that affect, look-ups, and runs of the look-up.
fn rows(ledger: &Path) -> (i64, i64, i64) {
    let connection = rusqlite::Connection::open(ledger).unwrap();
    let count = |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    (
        count("SELECT count(*) FROM vulnerabilities WHERE state = 'affected' AND exploited IS NOT NULL"),
        count("SELECT count(*) FROM vulnerability_lookups WHERE exploited_known"),
        count("SELECT count(*) FROM runs WHERE probe = 'vulnerabilities'"),
    )
}

const SUPPORT: &[&str] = &["endoflife/input.json", "endoflife/products.json", "endoflife/busybox.json"];

#[test]
fn support_is_counted_from_the_stated_day() {
    let folder = Folder::new();
    folder.import(SUPPORT);
    folder.write("i.bin", &image("1.0.2k", true));
    let arguments = ["inspect", "i.bin", "--as-of", "2098-07-01"];
    let output = folder.run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    let from = text.find("  Known vulnerabilities:").unwrap();
    let to = text.find("  Looked at:").unwrap();
    insta::assert_snapshot!("inspect_with_support", &text[from..to]);
    assert_eq!(stdout(&folder.run(&arguments)), text, "same input, same output");
    let json = folder.run(&[&arguments[..], &["-o", "json=-"]].concat());
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    valid("inspect", &json);
    let support = &json["exhibits"][0]["software"]["support"];
    let states: Vec<(&str, &str)> = support["releases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["component"].as_str().unwrap(), one["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states[0], ("openssl", "ended"));
    assert!(states.contains(&("linux", "supported")), "{states:?}");
    assert_eq!(support["feeds"].as_array().unwrap().len(), 3);
    let html = folder.run(&[&arguments[..], &["-o", "html=-"]].concat());
    let html = stdout(&html);
    assert!(
        html.contains("support has ended") && html.contains("openssl 1.0.2 was supported until 2019-12-31")
    );
    for (fail_on, day, code) in [
        ("support.ended", "2098-07-01", 1),
        ("low", "2098-07-01", 1),
        ("support.ended", "2018-01-01", 0),
        ("support.unknown", "2018-01-01", 1),
    ] {
        let output = folder.run(&["inspect", "i.bin", "--as-of", day, "--fail-on", fail_on]);
        assert_eq!(output.status.code(), Some(code), "{fail_on} {day}: {}", stdout(&output));
    }
}

#[test]
fn a_measure_can_ask_for_the_end_of_support() {
    let folder = Folder::new();
    folder.import(SUPPORT);
    folder.write("i.bin", &image("1.0.2k", true));
    folder.write("devices.csv", b"name,site,role,manufacturer,image\nr1,s,router,m,i.bin\n");
    folder.run(&["init", "c"]);
    folder.run(&["add", "c", "i.bin", "devices.csv"]);
    let ledger = |query: &str| -> Vec<String> {
        let connection = rusqlite::Connection::open(folder.0.path().join("c/ledger.sqlite")).unwrap();
        let mut statement = connection.prepare(query).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let devices =
        "SELECT device || ' ' || component || ' ' || cycle || ' ' || coalesce(ends, '-') || ' ' || state
                   FROM device_support WHERE component IN ('openssl', 'linux') ORDER BY component";
    let lookups = "SELECT as_of || ' ' || not_in_feed FROM support_lookups";
    let fingerprints = "SELECT fingerprint FROM claim_records WHERE code LIKE 'support.%' ORDER BY 1";
    folder.run(&["assess", "c", "--as-of", "2098-07-01"]);
    assert_eq!(ledger(devices), ["r1 linux 5.10 2098-12-31 supported", "r1 openssl 1.0.2 2019-12-31 ended"]);
    assert_eq!(ledger(lookups), ["2098-07-01 0"]);
    let first = ledger(fingerprints);
    folder.run(&["assess", "c", "--as-of", "2098-12-31"]);
    assert_eq!(ledger(fingerprints), first, "another day makes no other claim");
    folder.run(&["assess", "c", "--as-of", "2099-01-01"]);
    assert_eq!(ledger(fingerprints).len(), first.len() + 1, "that support ended does");
    assert_eq!(ledger(devices), ["r1 linux 5.10 2098-12-31 ended", "r1 openssl 1.0.2 2019-12-31 ended"]);
    let dossier = std::fs::read(folder.0.path().join("c/dossier.json")).unwrap();
    valid("dossier", &serde_json::from_slice(&dossier).unwrap());
}

#[test]
fn the_code_is_explained() {
    let output = command().args(["explain", "known-vulnerability"]).output().unwrap();
    insta::assert_snapshot!("explain_known_vulnerability", stdout(&output));
    let output = command().args(["explain", "support.ended"]).output().unwrap();
    insta::assert_snapshot!("explain_support_ended", stdout(&output));
}

fn valid(schema: &str, document: &serde_json::Value) {
    let text = std::fs::read_to_string(root().join(format!("schemas/{schema}.schema.json"))).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}
