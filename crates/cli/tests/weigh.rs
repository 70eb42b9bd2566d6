//! What is known of images, products, vendors and devices, by whole commands.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::process::Output;
use support::{Folder, command, cpio, root, stderr, stdout};

const DAY: [&str; 2] = ["--as-of", "2026-11-01"];

impl Folder {
    fn weigh(&self, words: &[&str]) -> Output {
        self.run(&[&["weigh"][..], words, &DAY].concat())
    }

    fn done(&self, arguments: &[&str]) {
        let output = self.run(arguments);
        assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{arguments:?}: {}", stderr(&output));
    }

    fn json(&self, words: &[&str]) -> serde_json::Value {
        let output = self.weigh(&[words, &["-o", "json=-"]].concat());
        assert!(matches!(output.status.code(), Some(0 | 3)), "{words:?}: {}", stderr(&output));
        validated(&stdout(&output))
    }
}

fn validated(text: &str) -> serde_json::Value {
    let schema = std::fs::read_to_string(root().join("schemas/weigh.schema.json")).unwrap();
    let schema = serde_json::from_str(&schema).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let document: serde_json::Value = serde_json::from_str(text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    let mut other = document.clone();
    other["hidden_access"]["surprise"] = true.into();
    assert!(!validator.is_valid(&other), "the schema refuses what it does not describe");
    document
}

fn program(name: &str) -> Vec<u8> {
    std::fs::read(root().join("corpus/probes/gates/input").join(name)).unwrap()
}

/// An image of some programs and an account without a password.
fn image(programs: &[(&str, &str)]) -> Vec<u8> {
    let mut files: Vec<(String, u32, Vec<u8>)> =
        vec![("etc/passwd".into(), 0o100644, b"root::0:0:root:/root:/bin/sh\n".to_vec())];
    files.extend(programs.iter().map(|(path, source)| ((*path).to_owned(), 0o100755, program(source))));
    let entries: Vec<(&[u8], u32, &[u8])> =
        files.iter().map(|(path, mode, bytes)| (path.as_bytes(), *mode, bytes.as_slice())).collect();
    cpio(&entries)
}

const KNOCKING: &[(&str, &str)] = &[
    ("usr/sbin/timed", "knocks-x86-64"),
    ("usr/lib/spare/timed", "knocks-x86-64"),
    ("usr/bin/note", "writes-x86-64"),
    ("usr/bin/plain", "plain-x86-64"),
    ("usr/bin/plain-arm", "plain-aarch64"),
    ("usr/bin/plain-mips", "plain-mipsel"),
];

/// A case of a vendor with one image in the core and one that nobody inspected, and another vendor behind it without an image.
fn case() -> Folder {
    let folder = Folder::new();
    folder.write("csg-2.bin", &image(KNOCKING));
    folder.write(
        "devices.csv",
        b"Name,Status,Site,Role,Manufacturer,Type,Software Version,Image\n\
          hub-csg-1,active,Hub,gateway,Marram Broadband,Marram CSG-210,2.0,csg-2.bin\n\
          hub-csg-2,active,Hub,gateway,Marram Broadband,Marram CSG-210,2.0,csg-2.bin\n\
          edge-gnb-1,active,Edge,radio,Lysmark Radio,LR-9,24.1,\n",
    );
    folder.write("sites.csv", b"name,region,sensitive,subscribers\nHub,Isle,yes,0\nEdge,Isle,no,4200\n");
    folder.write("functions.csv", b"device,function\nhub-csg-1,UPF\n");
    folder.write("contracts.csv", b"name,party,scope_kind,scope,access,since,until\nCare,Corvane Systems,manufacturer,Marram Broadband,direct,2024-03-01,2028-02-29\n");
    folder.write("demands.csv", b"site,function,subscribers\nEdge,UPF,4200\n");
    folder.write(
        "cables.csv",
        b"ID,Label,Termination A,Termination B,Status,Type,Device A,Device B\n\
          1,K-1,a,b,connected,Singlemode Fiber (OS2),hub-csg-1,edge-gnb-1\n",
    );
    folder.done(&["init", "c", "--regime", "practice-2019"]);
    folder.done(&[
        "add",
        "c",
        "csg-2.bin",
        "devices.csv",
        "sites.csv",
        "functions.csv",
        "contracts.csv",
        "demands.csv",
        "cables.csv",
    ]);
    folder.done(&["assess", "c", "--as-of", "2026-11-01", "--outlook", "never"]);
    folder
}

fn number(value: &serde_json::Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn an_image_without_a_case_is_weighed_and_one_finding_is_not_buried() {
    let folder = Folder::new();
    folder.write("csg-2.bin", &image(KNOCKING));
    let output = folder.weigh(&["csg-2.bin"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    insta::assert_snapshot!("weigh_image", text);
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:?}");
    let document = folder.json(&["csg-2.bin"]);
    let hidden = &document["hidden_access"];
    let counting: Vec<&serde_json::Value> =
        hidden["findings"].as_array().unwrap().iter().filter(|one| one["counts"] == true).collect();
    // The knock stands in two files of one content; what takes notes after a word of its own counts a little, too.
    assert_eq!((counting.len(), counting[0]["copies"].as_u64()), (2, Some(1)), "{hidden}");
    assert_eq!(counting[0]["code"], "hidden-access.secret");
    assert_eq!(hidden["read"], 5);
    let (strongest, all) = (number(&hidden["strongest"]["decibans"]), number(&hidden["figure"]["decibans"]));
    assert!(strongest > all && all > 0.0, "{strongest} {all}");
    // The figure is the mean of the likelihood ratios.
    let silence = number(&hidden["silence"]["decibans"]);
    let silent = number(&hidden["silent"]);
    let ratio = |decibans: f64| 10f64.powf(decibans / 10.0);
    let found: f64 = counting.iter().map(|one| ratio(number(&one["weight"]["decibans"]))).sum();
    let mean = (found + silent * ratio(silence)) / 5.0;
    assert!((10.0 * mean.log10() - all).abs() < 0.06, "{mean} {all}");
    assert_eq!(document["observed"][1]["grades"]["high"], 1, "{}", document["observed"][1]);
    assert!(document.get("case").is_none() && document.get("standing").is_none());
    assert_eq!(stdout(&folder.weigh(&["csg-2.bin"])), text, "same input, same output");
}

#[test]
fn clean_programs_speak_against_and_no_louder_for_their_number() {
    let folder = Folder::new();
    folder.write("clean.bin", &image(&KNOCKING[3..]));
    let output = folder.weigh(&["clean.bin", "--fail-on", "0dB"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let hidden = &folder.json(&["clean.bin"])["hidden_access"];
    assert_eq!(hidden["figure"]["decibans"], hidden["silence"]["decibans"]);
    assert!(number(&hidden["figure"]["high"]) < 0.0, "{hidden}");
}

#[test]
fn a_vendor_is_told_on_one_page_with_what_a_document_explains() {
    let folder = case();
    let before = folder.json(&["c", "vendor:marram broadband"]);
    assert_eq!(before["standing"]["lost"]["subscribers"], 4200);
    assert_eq!(before["standing"]["touched_by"][0]["party"], "Corvane Systems");
    assert_eq!(before["is_open"], false, "{}", before["not_looked"]);
    insta::assert_snapshot!("weigh_vendor", stdout(&folder.weigh(&["c", "vendor:Marram Broadband"])));
    let claim = before["hidden_access"]["findings"][0]["fingerprint"].as_str().unwrap();
    for (state, counts) in [("disputed", true), ("accepted", false)] {
        folder.done(&[
            "dispose",
            "c",
            claim,
            "--state",
            state,
            "--reason",
            "Service manual 4.2",
            "--person",
            "A. Reviewer",
        ]);
        let after = folder.json(&["c", "vendor:Marram Broadband"]);
        let finding = after["hidden_access"]["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["fingerprint"] == claim)
            .unwrap();
        assert_eq!(
            (&finding["counts"], &finding["decision"]["reason"]),
            (&counts.into(), &"Service manual 4.2".into())
        );
    }
    let heavy =
        folder.weigh(&["c", "vendor:Marram Broadband", "--fail-on", "20dB", "-o", "html=marram.html"]);
    // The copy in the other file has the same bytes, and with them the decision.
    assert_eq!(heavy.status.code(), Some(0), "{}", stdout(&heavy));
    let page = std::fs::read_to_string(folder.path("marram.html")).unwrap();
    assert!(page.contains("Service manual 4.2") && page.contains("Does not count"), "{}", page.len());
    for (what, images) in [("product:CSG-210", 1), ("device:hub-csg-1", 1), ("image:csg-2.bin", 1)] {
        assert_eq!(folder.json(&["c", what])["images"].as_array().unwrap().len(), images, "{what}");
    }
}

#[test]
fn equipment_without_an_image_leaves_the_answer_open() {
    let folder = case();
    for subject in ["vendor:Lysmark Radio", "product:LR-9", "device:edge-gnb-1"] {
        let output = folder.weigh(&["c", subject]);
        assert_eq!(output.status.code(), Some(3), "{subject}: {}", stderr(&output));
        let text = stdout(&output);
        assert!(text.contains("what runs on it is not known") && text.contains("not looked at"), "{text}");
    }
    folder.write("late.bin", &image(&[]));
    folder.done(&["add", "c", "late.bin"]);
    let output = folder.weigh(&["c", "image:late.bin"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stdout(&output).contains("never inspected"), "{}", stdout(&output));
}

#[test]
fn mistakes_are_told_with_what_would_put_them_right() {
    let folder = case();
    folder.done(&["init", "empty"]);
    folder.write("note.txt", b"no image at all\n");
    for (words, part) in [
        (&["c", "vendor:Maram Broadband"][..], "did you mean Marram Broadband?"),
        (&["c", "product:CSG-211"], "Marram CSG-210"),
        (&["c", "device:hub-csg-3"], "did you mean hub-csg-1 or hub-csg-2?"),
        (&["c", "image:csg-3.bin"], "did you mean csg-2.bin?"),
        (&["c", "vendor:"], "no name behind vendor:"),
        (&["c", "Marram"], "vendor:Marram"),
        (&["c"], "say what of the case"),
        (&["vendor:Marram"], "is no case"),
        (&["nowhere.bin"], "there is no such file"),
        (&["empty", "image:x"], "the case has no image"),
        (&["empty", "device:x"], "the case has no device"),
        (&["empty", "vendor:x"], "names no vendor"),
        (&["note.txt", "vendor:x"], "no case here"),
        (&["csg-2.bin", "-o", "sarif=x"], "json or html"),
        (&["csg-2.bin", "-o", "json=csg-2.bin"], "overwrite the input"),
        (&["csg-2.bin", "--fail-on", "heavydB"], "--fail-on 20dB"),
        (&["csg-2.bin", "--fail-on", "huge"], "info, low, medium, high"),
    ] {
        let output = folder.weigh(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", stdout(&output));
        assert!(stderr(&output).contains(part), "{words:?}: {}", stderr(&output));
    }
    // A text is an image of nothing: it is looked at, and no program is in it.
    let output = folder.weigh(&["note.txt"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stdout(&output).contains("no program was read"), "{}", stdout(&output));
    // In the case's folder it need not be named.
    let inside =
        command().args(["weigh", "vendor:Marram Broadband"]).current_dir(folder.path("c")).output().unwrap();
    assert_eq!(inside.status.code(), Some(0), "{}", stderr(&inside));
}
