//! What is stated, beside what was seen, and the formats that others read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use support::{banbury, command, root, stderr, stdout};

fn image() -> PathBuf {
    root().join("examples/island/images/marram-csg-210-2.4.1.bin")
}

fn statement(form: &str, name: &str) -> PathBuf {
    root().join("corpus/statements").join(form).join(name)
}

/// An inspection's JSON.
fn inspect(files: &[&Path]) -> Value {
    let output = command()
        .arg("inspect")
        .args(files)
        .args(["--as-of", "2026-11-01", "-o", "json=-"])
        .output()
        .unwrap();
    assert!([Some(0), Some(3)].contains(&output.status.code()), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn outcomes(comparison: &Value, outcome: &str) -> Vec<String> {
    let rows = comparison["components"].as_array().unwrap().iter().filter(|row| row["outcome"] == outcome);
    rows.map(|row| row["stated"]["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_bill_of_materials_beside_its_image() {
    let bill = statement("cyclonedx", "input.cdx.json");
    let output =
        command().arg("inspect").args([&image(), &bill]).args(["--as-of", "2026-11-01"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    let (_, comparison) = text.split_once("Stated in ").unwrap();
    insta::assert_snapshot!("stated", comparison);
    let document = inspect(&[&image(), &bill]);
    let schema = std::fs::read_to_string(root().join("schemas/inspect.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(validator.is_valid(&document));
    let comparison = &document["comparisons"][0];
    assert_eq!(comparison["tie"], "it names the SHA-256 of the image");
    assert_eq!(outcomes(comparison, "version-differs"), ["busybox"]);
    assert!(outcomes(comparison, "stated-not-seen").contains(&"lzo".to_owned()));
    assert!(outcomes(comparison, "same").contains(&"OpenSSL".to_owned()));
}

#[test]
fn every_form_is_read_and_compared() {
    for (form, name) in [
        ("spdx", "input.spdx.json"),
        ("spdx-tag-value", "input.spdx"),
        ("openvex", "input.openvex.json"),
        ("csaf", "input.csaf.json"),
    ] {
        let document = inspect(&[&image(), &statement(form, name)]);
        let comparison = &document["comparisons"][0];
        assert_eq!(
            (&comparison["form"], comparison["image"]["sha256"].as_str().map(str::len)),
            (&form.into(), Some(64))
        );
        let rows = |list: &str| comparison[list].as_array().unwrap().len();
        assert!(rows("components") + rows("vulnerabilities") > 0, "{form}");
    }
}

/// What Banbury writes, Banbury reads: and then nothing differs.
#[test]
fn its_own_bills_say_what_it_saw() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["cyclonedx", "spdx"] {
        let bill = folder.path().join(format!("{format}.json"));
        let target = format!("{format}={}", bill.display());
        let output = command().arg("inspect").arg(image()).args(["-o", &target]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let document = inspect(&[&image(), &bill]);
        let comparison = &document["comparisons"][0];
        assert_eq!(comparison["tie"], "it names the SHA-256 of the image", "{format}");
        for outcome in ["version-differs", "stated-not-seen", "seen-not-stated"] {
            assert_eq!(outcomes(comparison, outcome), Vec::<String>::new(), "{format}: {outcome}");
        }
        assert!(outcomes(comparison, "same").len() > 10, "{format}");
    }
}

#[test]
fn spdx_names_every_file_by_both_digests() {
    let output = command()
        .arg("inspect")
        .arg(image())
        .args(["--as-of", "2026-11-01", "-o", "spdx=-"])
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["creationInfo"]["created"], "2026-11-01T00:00:00Z");
    let files = document["files"].as_array().unwrap();
    assert!(files.len() >= 55, "{}", files.len());
    for file in files {
        let algorithms: Vec<&str> = file["checksums"]
            .as_array()
            .unwrap()
            .iter()
            .map(|sum| sum["algorithm"].as_str().unwrap())
            .collect();
        assert_eq!(algorithms, ["SHA1", "SHA256"], "{}", file["fileName"]);
    }
    assert_eq!(document["packages"][0]["filesAnalyzed"], true);
}

#[test]
fn a_format_that_needs_a_publisher_says_so_before_the_work() {
    for (arguments, part) in [
        (vec!["-o", "openvex=-"], "who publishes it is not stated"),
        (vec!["-o", "csaf=-", "--publisher", "Lab"], "a URL that its publisher controls is not stated"),
    ] {
        let image = image();
        let mut all = vec!["inspect".as_ref(), image.as_os_str()];
        all.extend(arguments.iter().map(AsRef::<std::ffi::OsStr>::as_ref));
        let output = banbury(&all);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            stderr(&output).contains(part) && stderr(&output).contains("--publisher"),
            "{}",
            stderr(&output)
        );
        assert!(stdout(&output).is_empty());
    }
}

#[test]
fn a_statement_cut_short_is_evidence_and_nothing_of_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(statement("cyclonedx", "input.cdx.json")).unwrap();
    let cut = folder.path().join("cut.json");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let document = inspect(&[&cut]);
    let claims = document["exhibits"][0]["claims"].as_array().unwrap();
    let codes: Vec<&str> = claims.iter().map(|claim| claim["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["statement.malformed"]);
    let runs = document["exhibits"][0]["runs"].as_array().unwrap();
    let run = runs.iter().find(|run| run["probe"] == "statements").unwrap();
    assert_eq!(run["status"], "incomplete");
}

#[test]
fn a_case_keeps_a_statement_as_an_exhibit_and_compares_it() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("case");
    let run = |arguments: &[&std::ffi::OsStr]| {
        let output = banbury(arguments);
        assert!([Some(0), Some(1), Some(3)].contains(&output.status.code()), "{}", stderr(&output));
        stdout(&output)
    };
    run(&["init".as_ref(), case.as_os_str()]);
    let (image, bill) = (image(), statement("cyclonedx", "input.cdx.json"));
    let added = run(&["add".as_ref(), case.as_os_str(), image.as_os_str(), bill.as_os_str()]);
    assert!(added.contains("CycloneDX JSON, bill of materials or VEX"), "{added}");
    let summary = run(&["assess".as_ref(), case.as_os_str(), "--as-of".as_ref(), "2026-11-01".as_ref()]);
    assert!(summary.contains("Stated, beside what was seen"), "{summary}");
    let html = std::fs::read_to_string(case.join("dossier.html")).unwrap();
    assert!(html.contains("What is stated, beside what was seen") && html.contains("Marram Networks"));
    let json: Value =
        serde_json::from_str(&std::fs::read_to_string(case.join("dossier.json")).unwrap()).unwrap();
    assert_eq!(json["comparisons"][0]["form"], "cyclonedx");
    let schema = std::fs::read_to_string(root().join("schemas/dossier.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(validator.is_valid(&json));
}

/// What is found of known vulnerabilities, written in three formats and read again: it agrees with itself.
#[test]
fn its_own_statements_on_vulnerabilities_agree_with_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let feeds = folder.path().join("feeds.sqlite");
        let output = command()
            .args(arguments)
            .current_dir(folder.path())
            .env("BANBURY_FEEDS", feeds)
            .output()
            .unwrap();
        assert!([Some(0), Some(3)].contains(&output.status.code()), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    };
    let configuration =
        "#\n# Linux/arm 5.10.101 Kernel Configuration\n#\nCONFIG_NET=y\n# CONFIG_BT is not set\n";
    let status = "Package: openssl\nStatus: install ok installed\nVersion: 3.0.1-1\nArchitecture: armhf\n\n";
    let image = support::cpio(&[
        (b"boot/config-5.10.101", 0o100644, configuration.as_bytes()),
        (b"var/lib/dpkg/status", 0o100644, status.as_bytes()),
        (b"usr/bin/tool", 0o100755, b"\0OpenSSL 3.0.1 14 Dec 2021\0"),
    ]);
    std::fs::write(folder.path().join("i.bin"), image).unwrap();
    for feed in ["nvd-2.0/input.json", "cve-5/input.json", "kev-json/input.json"] {
        run(&["feeds", "import", &root().join("corpus/feeds").join(feed).display().to_string()]);
    }
    let publisher =
        ["--publisher", "Lab", "--publisher-namespace", "https://lab.example", "--as-of", "2098-07-01"];
    let outputs = ["-o", "cyclonedxvex=a.json", "-o", "openvex=b.json", "-o", "csaf=c.json"];
    run(&[&["inspect", "i.bin"], &publisher[..], &outputs[..]].concat());
    let text =
        run(&["inspect", "i.bin", "a.json", "b.json", "c.json", "--as-of", "2098-07-01", "-o", "json=-"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    let comparisons = document["comparisons"].as_array().unwrap();
    assert_eq!(comparisons.len(), 3);
    for comparison in comparisons {
        let form = &comparison["form"];
        assert_eq!(comparison["tie"], "it names the SHA-256 of the image", "{form}");
        let rows = comparison["vulnerabilities"].as_array().unwrap();
        assert!(rows.len() >= 2, "{form}: {rows:?}");
        assert!(rows.iter().all(|row| row["agreement"] == "agrees"), "{form}: {rows:?}");
    }
}
