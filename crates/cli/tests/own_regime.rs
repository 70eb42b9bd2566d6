//! A regime of the user's own, from its beginning to an assessment, and what comes of folders that mean no good.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};
use support::{command, stderr, stdout};

fn regime(arguments: &[&str], folder: &Path) -> Output {
    command().arg("regime").args(arguments).arg(folder).output().unwrap()
}

/// A new regime in a folder of its own.
fn new() -> (tempfile::TempDir, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let mine = scratch.path().join("mine");
    let output = regime(&["new"], &mine);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("next: banbury regime test"), "{}", stderr(&output));
    (scratch, mine)
}

#[test]
fn a_regime_is_begun_tested_and_applied() {
    let (scratch, mine) = new();
    let output = regime(&["test"], &mine);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("ok        mine/examples/end-of-support/breached.toml: breached"), "{text}");
    assert!(text.contains("1 regime: 3 of 3 worked examples as stated"), "{text}");
    let before = fs::read_to_string(mine.join("regime.toml")).unwrap();
    assert_eq!(regime(&["new"], &mine).status.code(), Some(2));
    assert_eq!(fs::read_to_string(mine.join("regime.toml")).unwrap(), before);

    let run = |arguments: &[&str]| command().args(arguments).current_dir(scratch.path()).output().unwrap();
    let output = run(&["explain", "./mine/end-of-support"]);
    assert!(stdout(&output).contains("Query (mine/queries/end-of-support.sql)"), "{}", stdout(&output));
    assert!(stdout(&run(&["explain", "mine"])).contains("Our own rules"));
    assert!(stderr(&run(&["explain", "./mine/end"])).contains("it has end-of-support"));
    assert!(stdout(&run(&["regimes", "mine"])).contains("mine/end-of-support: No device"));

    fs::write(
        scratch.path().join("devices.csv"),
        "name,manufacturer,support_end\nold,Aster,2020-01-01\nfine,Aster,2040-01-01\n",
    )
    .unwrap();
    assert!(run(&["init", "case"]).status.success());
    assert!(run(&["add", "case", "devices.csv"]).status.success());
    // A folder on the command line is found from where the command is given.
    let output = run(&["assess", "case", "--regime", "./mine", "--as-of", "2026-06-01"]);
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    assert!(
        stdout(&output).contains("mine/end-of-support")
            || stdout(&output).contains("No device in use beyond")
    );
    assert!(stderr(&run(&["assess", "case", "--regime", "mine"])).contains("write ./mine"));
    let twice = run(&["assess", "case", "--regime", "./mine", "--regime", "mine/../mine"]);
    assert!(stderr(&twice).contains("named twice"), "{}", stderr(&twice));
    // In banbury.toml it is found from the case.
    let settings =
        "[case]\nname = \"case\"\nregimes = [\"../mine\"]\n[parameters.\"../mine\"]\nnotice_months = 240\n";
    fs::write(scratch.path().join("case/banbury.toml"), settings).unwrap();
    let output = run(&["assess", "case", "--as-of", "2026-06-01"]);
    assert!(stdout(&output).contains("2 of 2 breached"), "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn what_is_wrong_decides_the_exit_status() {
    let (_scratch, mine) = new();
    let example = mine.join("examples/end-of-support/met.toml");
    let text = fs::read_to_string(&example).unwrap();
    fs::write(&example, text.replace("2030-12-31\"", "2025-12-31\"")).unwrap();
    let output = regime(&["test"], &mine);
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for part in [
        "WRONG     mine/examples/end-of-support/met.toml: met",
        "expected: met, with \"Its support ends on 2030-12-31 (devices.csv:2)\" in a reason",
        "end-of-support came to: breached: Its support ends on 2025-12-31 (devices.csv:2).",
        "2 of 3 worked examples as stated, 1 otherwise",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    fs::remove_file(&example).unwrap();
    let output = regime(&["test"], &mine);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the measure end-of-support has no example that is met\n  hint: "));
    fs::write(
        mine.join("queries/end-of-support.sql"),
        "SELECT 'é' AS subject, 'met' AS verdict, nmae AS reason\nFROM devices",
    )
    .unwrap();
    let output = regime(&["test"], &mine);
    assert_eq!(output.status.code(), Some(2));
    let wanted = "mine/queries/end-of-support.sql:1:42: no such column: nmae\n  hint: did you mean name?";
    assert!(stderr(&output).contains(wanted), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("not tried mine/examples/end-of-support/breached.toml"),
        "{}",
        stdout(&output)
    );
}

/// Tests a new regime after a change, within a time. Gives back what was said of it; the exit status is 2.
fn hostile(change: impl Fn(&Path)) -> String {
    let (_scratch, mine) = new();
    change(&mine);
    let start = Instant::now();
    let output = regime(&["test"], &mine);
    assert!(start.elapsed() < Duration::from_secs(120), "{:?}", start.elapsed());
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{}{told}", stdout(&output));
    assert!(!told.contains("panicked"), "{told}");
    told
}

#[test]
fn hostile_queries_are_stopped_or_refused_with_their_place() {
    const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)\n";
    let doubled: String =
        (1..40).map(|at| format!(", t{at} AS (SELECT a.x FROM t{0} a, t{0} b)", at - 1)).collect();
    let deep = format!(
        "SELECT {}1{} AS subject, 'met' AS verdict, 'x' AS reason",
        "(".repeat(5000),
        ")".repeat(5000)
    );
    for (sql, wanted) in [
        (
            format!("{ENDLESS}SELECT count(*) AS subject, 'met' AS verdict, 'x' AS reason FROM n"),
            "more than 20000000 instructions",
        ),
        (
            format!("{ENDLESS}SELECT i AS subject, 'met' AS verdict, 'x' AS reason FROM n"),
            "more than 100000 rows",
        ),
        (
            format!(
                "{ENDLESS}SELECT i AS subject, 'met' AS verdict, printf('%1000000d', i) AS reason FROM n"
            ),
            "more than 67108864 bytes",
        ),
        (
            format!(
                "{ENDLESS}SELECT sum(printf('%1000000d', i) LIKE '%1%2%3_4') AS subject, 'met' AS verdict, 'x' AS reason FROM n"
            ),
            "more than 10 seconds",
        ),
        (
            format!("{ENDLESS}SELECT group_concat(i) AS subject, 'met' AS verdict, 'x' AS reason FROM n"),
            "the query was stopped",
        ),
        (
            format!(
                "WITH t0 AS (SELECT 1 AS x){doubled} SELECT x AS subject, 'met' AS verdict, 'x' AS reason FROM t39"
            ),
            "mine/queries/end-of-support.sql:1:1: it unfolds into more than 5000 subqueries",
        ),
        (deep, "mine/queries/end-of-support.sql:1:"),
        ("DELETE FROM runs".to_owned(), "syntax error"),
        ("SELECT 1) ; DELETE FROM runs; --".to_owned(), "this parenthesis closes nothing"),
        ("ATTACH '/tmp/x' AS x".to_owned(), "syntax error"),
        (
            "SELECT * FROM pragma_database_list".to_owned(),
            "mine/queries/end-of-support.sql:1:15: pragma_database_list is no documented view",
        ),
        (
            "SELECT load_extension('/tmp/x.so') AS subject, 'met' AS verdict, 'x' AS reason".to_owned(),
            "mine/queries/end-of-support.sql:1:8: the function load_extension cannot be used",
        ),
        (
            "SELECT readfile('/etc/passwd') AS subject, 'met' AS verdict, 'x' AS reason".to_owned(),
            "no such function: readfile",
        ),
        ("-- ".repeat(700_000), "it is larger than 1 MiB"),
        (String::new(), "syntax error"),
    ] {
        let told = hostile(|mine| fs::write(mine.join("queries/end-of-support.sql"), &sql).unwrap());
        assert!(told.contains(wanted), "{}\n{told}", &sql[..sql.len().min(200)]);
        assert!(told.contains("end-of-support.sql"), "{told}");
    }
}

#[test]
fn hostile_definitions_are_stopped() {
    let doubled: String = (1..40)
        .map(|at| format!(", t{at} AS NOT MATERIALIZED (SELECT a.x FROM t{0} a, t{0} b)", at - 1))
        .collect();
    for (sql, wanted) in [
        (
            "much AS (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT printf('%1000000d', i) AS x FROM n)".to_owned(),
            "more than 67108864 bytes",
        ),
        ("many AS (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)".to_owned(), "more than 100000 rows"),
        (format!("t0 AS (SELECT 1 AS x){doubled}"), "it unfolds into more than 5000 subqueries"),
    ] {
        let told = hostile(|mine| fs::write(mine.join("definitions.sql"), &sql).unwrap());
        assert!(told.contains(wanted) && told.contains("mine/definitions.sql"), "{told}");
    }
}

#[cfg(unix)]
#[test]
fn hostile_folders_are_refused_with_the_path() {
    use std::os::unix::fs::symlink;
    let query = "queries/end-of-support.sql";
    let replace = |mine: &Path, make: &dyn Fn(&Path)| {
        fs::remove_file(mine.join(query)).unwrap();
        make(&mine.join(query));
    };
    let told = hostile(|mine| replace(mine, &|path| symlink("/etc/passwd", path).unwrap()));
    assert!(told.contains("end-of-support.sql: it is a symbolic link that leads out"), "{told}");
    let told = hostile(|mine| replace(mine, &|path| symlink("end-of-support.sql", path).unwrap()));
    assert!(told.contains("end-of-support.sql: "), "{told}");
    let told = hostile(|mine| replace(mine, &|path| fs::create_dir(path).unwrap()));
    assert!(told.contains("it is no regular file"), "{told}");
    let told = hostile(|mine| {
        replace(mine, &|path| {
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        });
    });
    assert!(told.contains("it is no regular file"), "{told}");
    let told = hostile(|mine| fs::write(mine.join(query), b"SELECT name\nFROM \xff").unwrap());
    assert!(
        told.contains("mine/queries/end-of-support.sql:2:6: the byte 0xff is no UTF-8\n  hint: "),
        "{told}"
    );
    let told = hostile(|mine| fs::write(mine.join("regime.toml"), [b'\xfe'; 9]).unwrap());
    assert!(told.contains("mine/regime.toml:1:1: the byte 0xfe"), "{told}");
    let told = hostile(|mine| fs::remove_file(mine.join("regime.toml")).unwrap());
    assert!(told.contains("mine/regime.toml:1:1: the file is missing"), "{told}");
    let told = hostile(|mine| fs::write(mine.join("measures/other.toml"), "").unwrap());
    assert!(told.contains("the measure is not listed"), "{told}");
    let told = hostile(|mine| {
        let path = mine.join("regime.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace("\"end-of-support\"]", "\"end-of-support\", \"end-of-support\"]"))
            .unwrap();
    });
    assert!(told.contains("mine/regime.toml:11:31: measure \"end-of-support\" is listed twice"), "{told}");
    let told = hostile(|mine| {
        fs::write(mine.join("examples/end-of-support/met.toml"), format!("x = {}", "[".repeat(100_000)))
            .unwrap()
    });
    assert!(told.contains("mine/examples/end-of-support/met.toml:1:"), "{told}");
    let told = hostile(|mine| {
        let part = mine.join("examples/end-of-support");
        (0..20_001).for_each(|at| fs::write(part.join(format!("{at}")), "").unwrap());
    });
    assert!(told.contains("more than 20000 files"), "{told}");
    // The folder itself may be a link; what is no folder is none.
    let (scratch, mine) = new();
    symlink(&mine, scratch.path().join("link")).unwrap();
    assert_eq!(regime(&["test"], &scratch.path().join("link")).status.code(), Some(0));
    for (path, wanted) in [("/dev/null", "it is no folder"), ("/nonexistent/x", "/nonexistent/x: ")] {
        let output = regime(&["test"], Path::new(path));
        assert!(output.status.code() == Some(2) && stderr(&output).contains(wanted), "{}", stderr(&output));
    }
}

/// An inventory of which a part is missing meets nothing, whatever the part that is there says.
#[test]
fn an_inventory_that_was_cut_meets_nothing() {
    let (scratch, _) = new();
    let device = r#"{"id":1,"name":"fine","manufacturer":"Aster","support_end":"2040-01-01"}"#;
    let page = r#"{"count":500,"next":"http://netbox.example/api/dcim/devices/?limit=1&offset=1","previous":null,"results":[
        {"id":1,"url":"http://netbox.example/api/dcim/devices/1/","name":"fine","device_type":{"model":"X","manufacturer":{"name":"Aster"}},
         "role":{"name":"router"},"site":{"name":"Hill"},"status":{"value":"active"},"custom_fields":{"support_end":"2040-01-01"}}]}"#;
    let cut = format!("{{\"devices\":[{device},{{\"name\":\"ol");
    let whole = format!("{{\"devices\":[{device}]}}");
    for (name, text, code) in [("page.json", page, 3), ("cut.json", &cut, 3), ("whole.json", &whole, 0)] {
        fs::write(scratch.path().join(name), text).unwrap();
        let run =
            |arguments: &[&str]| command().args(arguments).current_dir(scratch.path()).output().unwrap();
        let case = format!("case-of-{name}");
        assert!(run(&["init", &case]).status.success());
        assert!(run(&["add", &case, name]).status.success());
        let output = run(&["assess", &case, "--regime", "./mine", "--as-of", "2026-06-01"]);
        assert_eq!(output.status.code(), Some(code), "{name}: {}{}", stdout(&output), stderr(&output));
        assert_eq!(
            stdout(&output).contains("Not all of it was read"),
            code == 3,
            "{name}: {}",
            stdout(&output)
        );
    }
}
