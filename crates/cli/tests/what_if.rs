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
        (
            "sites.csv",
            "name,region,subscribers,power\nCore,South,0,\nHub,South,10,Grid S\nEast,North,100,Grid N\nWest,North,50,Grid N\n",
        ),
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
            "ID,Device A,Device B,Capacity,Ducts\n1,amf-1,sw-1,100,\n2,amf-2,sw-1,100,\n3,udm-1,sw-1,100,\n4,sw-1,hub-1,100,Bridge\n\
             5,hub-1,east-1,50,Bridge; Lane\n6,hub-1,west-1,,Lane\n",
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
    let document = valid(&output);
    assert_eq!(document["scenarios"][0]["subscribers_lost"], 160);
    assert_eq!(document["scenarios"][1]["links"], 2);
    assert_eq!(document["each"]["labels"][0]["subscribers_lost"], 160);
    let again = ask(&case, &["--scenarios", file.to_str().unwrap(), "--each", "vendor", "-o", "json=-"]);
    assert_eq!(stdout(&output), stdout(&again), "the same question has the same answer");
}

/// The document, which fits its schema.
fn valid(output: &std::process::Output) -> serde_json::Value {
    let document: serde_json::Value = serde_json::from_str(&stdout(output)).unwrap();
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("schemas/what-if.schema.json")).unwrap())
            .unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    document
}

#[test]
fn what_is_carried_what_follows_and_what_is_lost_by_chance() {
    let folder = tempfile::tempdir().unwrap();
    let case = case(folder.path());
    let file = folder.path().join("exercise.txt");
    std::fs::write(&file, "\"a \"\"quoted\"\" = name, and more\" = lose device:amf-1\nlose duct:lane\nlose power:Grid N\nexploit CVE-1\n").unwrap();
    let output = ask(&case, &["--scenarios", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output)
            .contains("exercise.txt:4: no vulnerability of anything in service is called \"CVE-1\""),
        "{}",
        stderr(&output)
    );
    std::fs::write(&file, "\"a \"\"quoted\"\" = name, and more\" = lose device:amf-1\nlose duct:lane\nlose power:Grid N + compromise device:hub-1\n").unwrap();
    let all = [
        "--scenarios",
        file.to_str().unwrap(),
        "--per-subscriber",
        "1",
        "--per-subscriber",
        "UDM=0.5",
        "--cascade",
        "--steps",
        "3",
        "--monte-carlo",
        "2000",
        "--seed",
        "7",
        "--failure",
        "device=0.02",
        "--failure",
        "duct:Lane=0.1",
        "--share",
        "60",
        "--verdicts",
        "never",
    ];
    let ask = |more: &[&str]| {
        let mut arguments: Vec<&OsStr> =
            vec!["what-if".as_ref(), case.as_os_str(), "--as-of".as_ref(), DAY.as_ref()];
        arguments.extend(all.iter().chain(more).map(OsStr::new));
        let output = banbury(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        output
    };
    let text = stdout(&ask(&[]));
    insta::assert_snapshot!("what_if_carried", text);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let document = valid(&ask(&["-o", "json=-"]));
    assert_eq!(document["capacity_before"]["links_without_capacity"], 1);
    assert_eq!(document["scenarios"][1]["links"], 2);
    assert_eq!(document["by_chance"]["seed"], 7);
    assert_eq!(stdout(&ask(&["-o", "json=-"])), stdout(&ask(&["-o", "json=-"])));
    let table = stdout(&ask(&["-o", "csv=-"]));
    let lines: Vec<&str> = table.split("\r\n").collect();
    assert_eq!(lines.len(), 5, "{table}");
    assert!(lines[1].starts_with("\"a \"\"quoted\"\" = name, and more\",lose device:amf-1,1,0,"), "{table}");
    let columns = lines[0].split(',').count();
    assert_eq!(columns, 25);
    assert!(lines[2].starts_with("lose duct:lane,lose duct:lane,0,2,2,150,160,"), "{table}");
}

#[test]
fn an_interrupt_leaves_no_copy_behind() {
    let folder = tempfile::tempdir().unwrap();
    let case = case(folder.path());
    let file = folder.path().join("many.txt");
    std::fs::write(&file, "lose vendor:Ada Networks\n".repeat(2000)).unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_banbury"))
        .args([
            "what-if".as_ref(),
            case.as_os_str(),
            "--regime".as_ref(),
            "practice-2019".as_ref(),
            "--scenarios".as_ref(),
            file.as_os_str(),
        ])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let copies = || -> usize {
        let entries = std::fs::read_dir(&case).unwrap();
        entries
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("what-if-"))
            .count()
    };
    let start = std::time::Instant::now();
    while copies() == 0 {
        assert!(
            child.try_wait().unwrap().is_none() && start.elapsed().as_secs() < 60,
            "no copy was ever made"
        );
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2), "{status}");
    assert_eq!(copies(), 0, "nothing is left of the copies");
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let case = case(folder.path());
    for (arguments, part) in [
        (vec![], "has no effect without something that happens"),
        (vec!["--lose", "Ada"], "write KIND:NAME"),
        (vec!["--lose", "vendor:Ada"], "did you mean Ada Networks?"),
        (vec!["--isolate", "vendor:Ada"], "what can be isolated is a site"),
        (vec!["--exploit", "CVE-2024-1"], "no vulnerability is known"),
        (vec!["--each", "maker"], "kinds: vendor, product"),
        (vec!["--scenarios", "/nowhere/x"], "/nowhere/x: cannot be read"),
        (vec!["--lose", "vendor:Ada Networks", "-o", "html=x"], "as json, or as csv"),
        (
            vec!["--lose", "vendor:Ada Networks", "--share", "10"],
            "--share has no effect without --each or --monte-carlo",
        ),
        (vec!["--lose", "vendor:Ada Networks", "--steps", "2"], "--steps has no effect without --compromise"),
        (vec!["--each", "vendor", "--cascade"], "--cascade has no effect without something that happens"),
        (
            vec!["--lose", "vendor:Ada Networks", "--verdicts", "never"],
            "--regime has no effect with --verdicts never",
        ),
        (
            vec!["--lose", "vendor:Ada Networks", "--cascade"],
            "--cascade: no demand that is served states its traffic",
        ),
        (
            vec!["--lose", "vendor:Ada Networks", "--per-subscriber", "UPF=1"],
            "nobody asks for this function; asked for: AMF, UDM",
        ),
        (vec!["--lose", "vendor:Ada Networks", "--per-subscriber", "lots"], "write Mbit/s a subscriber"),
        (vec!["--lose", "vendor:Ada Networks", "--capacity", "always"], "--capacity always: no demand"),
        (vec!["--lose", "vendor:Ada Networks", "--tolerance", "10"], "--cascade"),
        (vec!["--lose", "vendor:Ada Networks", "--seed", "1"], "--monte-carlo"),
        (vec!["--monte-carlo", "100"], "--monte-carlo: nothing is said to fail"),
        (vec!["--monte-carlo", "1", "--failure", "device=0.1"], "1 is not in 10..=10000000"),
        (vec!["--monte-carlo", "100", "--failure", "device=2"], "is no probability"),
        (
            vec!["--lose", "vendor:Ada Networks", "--monte-carlo", "100", "--failure", "site:Nowhere=0.1"],
            "there are Core, East, Hub, West",
        ),
        (vec!["--compromise", "duct:Lane"], "a duct is of links alone"),
        (vec!["--lose", "duct:Lan"], "did you mean Lane?"),
        (vec!["--lose", "vendor:Ada Networks", "--regime", "nothing"], "no such regime"),
    ] {
        let output = ask(&case, &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn one_device_with_links_to_itself_is_told_as_that() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("one");
    assert!(banbury(&["init".as_ref(), case.as_os_str()]).status.success());
    let mut arguments = vec!["add".into(), case.as_os_str().to_owned()];
    for (name, text) in [
        ("sites.csv", "name,region,subscribers\ns,r,10\n"),
        ("devices.csv", "Name,Status,Site,Role,Manufacturer,Type\nd,active,s,core,Ada Networks,A1\n"),
        ("cables.csv", "ID,Device A,Device B,Capacity\n1,d,d,10\n2,d,d,10\n"),
        ("functions.csv", "device,function\nd,AMF\n"),
        ("demands.csv", "site,function\ns,AMF\nnowhere,AMF\ns,UDM\n"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
        arguments.push(folder.path().join(name).into_os_string());
    }
    assert!(banbury(&arguments).status.success());
    banbury(&[
        "assess".as_ref(),
        case.as_os_str(),
        "--as-of".as_ref(),
        DAY.as_ref(),
        "--outlook".as_ref(),
        "never".as_ref(),
    ]);
    let output = ask(&case, &["--lose", "vendor:Ada Networks", "--each", "vendor"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let told = stdout(&output);
    for part in [
        "1 device in service, 2 links, 10 subscribers; asked for: AMF, UDM",
        "2 links lead from a device to itself: they connect nothing",
        "1 demand at sites that no table has",
        "without UDM: nobody is served of it as it is",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
