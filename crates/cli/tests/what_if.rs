//! What is lost, or within reach, when something happens.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::ffi::OsStr;
use std::path::Path;
use support::{banbury, root, stderr, stdout};

const DAY: &str = "2026-11-01";

/// A case of small tables, assessed once.
fn case(folder: &Path) -> std::path::PathBuf {
    let tables = [
        ("sites.csv", "name,region,subscribers\nCore,South,0\nHub,South,10\nEast,North,100\nWest,North,50\n"),
        (
            "devices.csv",
            "Name,Status,Site,Role,Manufacturer,Type\n\
             amf-1,active,Core,core,Ada Networks,A1\namf-2,active,Core,core,Byron Systems,B1\n\
             udm-1,active,Core,core,Ada Networks,A2\nsw-1,active,Core,switch,Byron Systems,B2\n\
             hub-1,active,Hub,switch,Byron Systems,B2\neast-1,active,East,radio,Ada Networks,A3\n\
             west-1,active,West,radio,Byron Systems,B3\n",
        ),
        (
            "cables.csv",
            "ID,Device A,Device B\n1,amf-1,sw-1\n2,amf-2,sw-1\n3,udm-1,sw-1\n4,sw-1,hub-1\n5,hub-1,east-1\n6,hub-1,west-1\n",
        ),
        ("functions.csv", "device,function\namf-1,AMF\namf-2,AMF\nudm-1,UDM\n"),
        (
            "demands.csv",
            "site,function,subscribers\nHub,AMF,10\nEast,AMF,100\nWest,AMF,50\nHub,UDM,10\nEast,UDM,100\nWest,UDM,50\n",
        ),
    ];
    let case = folder.join("case");
    assert!(banbury(&["init".as_ref(), case.as_os_str()]).status.success());
    let mut arguments = vec!["add".into(), case.as_os_str().to_owned()];
    for (name, text) in tables {
        std::fs::write(folder.join(name), text).unwrap();
        arguments.push(folder.join(name).into_os_string());
    }
    let output = banbury(&arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let output = banbury(&[
        "assess".as_ref(),
        case.as_os_str(),
        "--as-of".as_ref(),
        DAY.as_ref(),
        "--regime".as_ref(),
        "practice-2019".as_ref(),
    ]);
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}", stderr(&output));
    case
}

fn ask(case: &Path, arguments: &[&str]) -> std::process::Output {
    let mut all: Vec<&OsStr> = vec!["what-if".as_ref(), case.as_os_str()];
    all.extend(arguments.iter().map(OsStr::new));
    all.extend(["--as-of", DAY, "--regime", "practice-2019"].map(OsStr::new));
    banbury(&all)
}

#[test]
fn a_vendor_that_goes_takes_functions_sites_and_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    let case = case(folder.path());
    let output = ask(&case, &["--lose", "vendor:ada networks"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    insta::assert_snapshot!("what_if_lose", stdout(&output));
    let scratch: Vec<String> = std::fs::read_dir(&case)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("what-if"))
        .collect();
    assert_eq!(scratch, [""; 0], "nothing is left of the copies");
}

#[test]
fn a_file_of_scenarios_is_one_table_and_json_fits_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let case = case(folder.path());
    let file = folder.path().join("exercise.txt");
    std::fs::write(
        &file,
        "# the yearly exercise\nno Byron = lose vendor:Byron Systems\nisolate region:North\ncompromise device:east-1\n",
    )
    .unwrap();
    let output = ask(&case, &["--scenarios", file.to_str().unwrap(), "--each", "vendor"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    insta::assert_snapshot!("what_if_table", stdout(&output));
    let output = ask(&case, &["--scenarios", file.to_str().unwrap(), "--each", "vendor", "-o", "json=-"]);
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("schemas/what-if.schema.json")).unwrap())
            .unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(document["scenarios"][0]["subscribers_lost"], 160);
    assert_eq!(document["scenarios"][1]["links"], 2);
    assert_eq!(document["each"]["labels"][0]["subscribers_lost"], 160);
    let again = ask(&case, &["--scenarios", file.to_str().unwrap(), "--each", "vendor", "-o", "json=-"]);
    assert_eq!(stdout(&output), stdout(&again), "the same question has the same answer");
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let case = case(folder.path());
    for (arguments, part) in [
        (vec![], "nothing does: name it"),
        (vec!["--lose", "Ada"], "write KIND:NAME"),
        (vec!["--lose", "vendor:Ada"], "did you mean Ada Networks?"),
        (vec!["--isolate", "vendor:Ada"], "what can be isolated is a site"),
        (vec!["--exploit", "CVE-2024-1"], "no vulnerability is known"),
        (vec!["--each", "maker"], "kinds: vendor, product"),
        (vec!["--scenarios", "/nowhere/x"], "/nowhere/x: cannot be read"),
        (vec!["--lose", "vendor:Ada Networks", "-o", "html=x"], "as json alone"),
        (vec!["--lose", "vendor:Ada Networks", "--regime", "nothing"], "no such regime"),
    ] {
        let output = ask(&case, &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
    }
}
