//! How a network stands: `banbury what-if CASE` with nothing that happens.

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
use std::process::Output;
use support::{banbury, root, stderr, stdout};

const DAY: &str = "2026-11-01";

const SITES: (&str, &str) = (
    "sites.csv",
    "name,region,sensitive,subscribers\nCore,South,yes,0\nHub-A,South,no,10\nHub-B,South,no,20\nEast,North,no,100\nWest,North,no,50\n",
);
/// East has a way by each hub, to another switch and another carrier, and both hubs are of one maker; West hangs on one.
const DEVICES: (&str, &str) = (
    "devices.csv",
    "Name,Status,Site,Role,Manufacturer,Type\n\
     upf-1,active,Core,core,Ada Networks,A1\nupf-2,active,Core,core,Byron Systems,B1\nsw-1,active,Core,switch,Ada Networks,A2\nsw-2,active,Core,switch,Byron Systems,B2\n\
     hub-a,active,Hub-A,switch,Byron Systems,B2\nhub-b,active,Hub-B,switch,Byron Systems,B3\n\
     east-1,active,East,radio,Ada Networks,A3\nwest-1,active,West,radio,Byron Systems,B4\n",
);
const LINKS: (&str, &str) = (
    "links.csv",
    "label,device_a,termination_a,device_b,termination_b,type,status,capacity_mbps,operator\n\
     c1,upf-1,e1,sw-1,e1,smf,connected,1000,Own\nc2,upf-2,e1,sw-2,e2,smf,connected,1000,Own\n\
     r1,sw-1,e3,hub-a,e1,smf,connected,400,Line One\nr2,sw-2,e4,hub-b,e1,smf,connected,100,Line Two\n\
     r3,hub-a,e2,east-1,e1,smf,connected,400,Line One\nr4,hub-b,e2,east-1,e2,smf,connected,400,Line Two\n\
     r5,hub-b,e3,west-1,e1,smf,connected,400,Line Two\n",
);
const FUNCTIONS: (&str, &str) = ("functions.csv", "device,function\nupf-1,UPF\nupf-2,UPF\n");
const DEMANDS: (&str, &str) = (
    "demands.csv",
    "site,function,subscribers,mbps\nHub-A,UPF,10,10\nHub-B,UPF,20,10\nEast,UPF,100,300\nWest,UPF,50,200\n",
);

/// A case of these tables, assessed once.
fn case(folder: &Path, tables: &[(&str, &str)]) -> PathBuf {
    let case = folder.join("case");
    assert!(banbury(&["init".as_ref(), case.as_os_str()]).status.success());
    let mut arguments = vec!["add".into(), case.as_os_str().to_owned()];
    for (name, text) in tables {
        std::fs::write(folder.join(name), text).unwrap();
        arguments.push(folder.join(name).into_os_string());
    }
    let output = banbury(&arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let words = ["--as-of", DAY, "--regime", "practice-2019"].map(OsStr::new);
    let assess: Vec<&OsStr> = [OsStr::new("assess"), case.as_os_str()].into_iter().chain(words).collect();
    let output = banbury(&assess);
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}", stderr(&output));
    case
}

fn ask(case: &Path, arguments: &[&str]) -> Output {
    let mut all: Vec<&OsStr> = vec!["what-if".as_ref(), case.as_os_str()];
    all.extend(arguments.iter().map(OsStr::new));
    all.extend(["--as-of", DAY].map(OsStr::new));
    banbury(&all)
}

#[test]
fn nothing_that_happens_is_how_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let case = case(folder.path(), &[SITES, DEVICES, LINKS, FUNCTIONS, DEMANDS]);
    let output = ask(&case, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    insta::assert_snapshot!("structure", text);
    assert!(text.lines().all(|line| line.chars().count() <= 140), "{text}");
    let output = ask(&case, &["-o", "json=-", "--share", "90"]);
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    fits_its_schema(&document);
    let vendor = |list: &str| -> serde_json::Value {
        let all = document[list].as_array().unwrap();
        all.iter().find(|told| told["kind"] == "vendor").unwrap().clone()
    };
    let apart = vendor("apart");
    assert_eq!(
        [&apart["sites"], &apart["apart"], &apart["shared"], &apart["shared_though_two_ways"]],
        [4, 0, 4, 3]
    );
    assert_eq!(
        (&apart["listed"][0]["site"], &apart["listed"][0]["label"]),
        (&"East".into(), &"Byron Systems".into())
    );
    assert_eq!(vendor("kinds")["fewest"][0]["is_proven"], true);
    assert_eq!(document["share_percent"], 90);
    // 520 are asked for, and the two links to the hubs have 500.
    assert_eq!(
        (&document["capacity"][0]["asked_mbps"], &document["capacity"][0]["served_mbps"]),
        (&520.into(), &500.into())
    );
    assert_eq!(
        stdout(&output),
        stdout(&ask(&case, &["-o", "json=-", "--share", "90"])),
        "the same answer each time"
    );
}

fn fits_its_schema(document: &serde_json::Value) {
    let schema = std::fs::read_to_string(root().join("schemas/structure.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_str(&schema).unwrap()).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn without_demands_or_links_it_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let without = case(folder.path(), &[SITES, DEVICES, LINKS]);
    let output = ask(&without, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("no demands were imported"), "{text}");
    assert!(text.contains("whether paths are apart: it takes demands"), "{text}");
    assert!(text.contains("Single points of failure: 5 devices, 7 links"), "{text}");
    fits_its_schema(&serde_json::from_str(&stdout(&ask(&without, &["-o", "json=-"]))).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let bare = case(folder.path(), &[SITES, DEVICES]);
    let output = ask(&bare, &[]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stdout(&output).contains("there are no links"), "{}", stdout(&output));
    fits_its_schema(&serde_json::from_str(&stdout(&ask(&bare, &["-o", "json=-"]))).unwrap());
}

#[test]
fn what_makes_no_sense_without_an_event_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let case = case(folder.path(), &[SITES, DEVICES, LINKS]);
    for (arguments, part) in [
        (vec!["--regime", "practice-2019"], "has no effect without something that happens"),
        (vec!["--verdicts", "always"], "has no effect without something that happens"),
        (vec!["-o", "html=x"], "json"),
        (vec!["--share", "0"], "0 is not in 1..=100"),
    ] {
        let output = ask(&case, &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
    }
}
