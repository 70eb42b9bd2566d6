//! A regime is somebody else's text: whatever its files hold, the ledger stays as it is, the assessment ends, and the
//! mistake is named with its place.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_evidence::Verdict;
use banbury_evidence::ledger::{Clock, Ledger};
use banbury_evidence::model::{Device, Model, Source, Table};
use banbury_evidence::{RunReport, Status};
use banbury_regime::{Assessment, Bounds, Files, ParameterValue, Regime, RegimeError, apply, apply_within};
use std::collections::BTreeMap;

const REGIME: &str = r#"
title = "t"
authority = "a"
version = "1"
summary = "s"
certainty = "own"
sources = []
measures = ["m"]
[parameters.limit]
value = 2
meaning = "m"
certainty = "own"
"#;

const MEASURE: &str = r#"
title = "t"
clause = "c"
text = "x"
certainty = "own"
query = "q"
needs = ["devices"]
nothing = "Nothing."
decides = "d"
remedy = "r"
"#;

fn files(sql: &str) -> Files {
    [("regime.toml", REGIME), ("measures/m.toml", MEASURE), ("queries/q.sql", sql)]
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect()
}

fn ledger() -> Ledger {
    let mut ledger = Ledger::in_memory().unwrap();
    let table = |name: &str| Table {
        table: name.to_owned(),
        file: format!("{name}.csv"),
        rows: 2,
        rejected: 0,
        attribution: None,
        synthetic: None,
        missing: None,
    };
    let device = |name: &str, line| Device {
        name: name.to_owned(),
        source: Source { file: "devices.csv".to_owned(), line },
        ..Device::default()
    };
    let model = Model {
        tables: vec![table("devices")],
        devices: vec![device("a", 2), device("b", 3)],
        ..Model::default()
    };
    let report = RunReport {
        probe: "network.import".to_owned(),
        version: "1".to_owned(),
        parameters: BTreeMap::new(),
        status: Status::Complete,
        looked: 1,
        bytes: 1,
        skipped: Vec::new(),
        claims: Vec::new(),
    };
    let clock = Clock { started_at: "2026-01-01T00:00:00Z".to_owned(), duration_ms: 0 };
    ledger.record_model(&model, &report, &clock).unwrap();
    ledger
}

const SMALL: Bounds = Bounds {
    instructions: 2_000_000,
    instructions_a_record: 0,
    seconds: 30,
    rows: 1000,
    definition_rows: 1000,
    definition_bytes: 1 << 20,
    value_bytes: 10_000,
    total_bytes: 100_000,
};

/// Runs one query over two devices, and sees that the ledger can be used and written as before.
fn run_with(files: &Files) -> Assessment {
    let regime = Regime::parse("r", files).unwrap();
    let mut ledger = ledger();
    let count = "SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM model_devices) + (SELECT count(*) FROM sqlite_schema)";
    let all = |ledger: &Ledger| ledger.connection().query_row(count, [], |row| row.get::<_, i64>(0)).unwrap();
    let before = all(&ledger);
    let assessment =
        apply_within(ledger.connection_mut(), &regime, &BTreeMap::new(), "2026-06-01", &SMALL).unwrap();
    assert_eq!(all(&ledger), before, "the ledger has changed");
    assert!(ledger.connection().is_autocommit());
    let left: i64 = ledger
        .connection()
        .query_row("SELECT count(*) FROM sqlite_temp_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0, "temporary tables are left");
    // The authorizer is off again: writing works, and only through the ledger's own rules.
    ledger
        .record_verdicts(
            std::slice::from_ref(&assessment.result),
            &Clock { started_at: String::new(), duration_ms: 0 },
        )
        .unwrap();
    assert_eq!(
        ledger.connection().limit(rusqlite::limits::Limit::SQLITE_LIMIT_LENGTH).unwrap(),
        1_000_000_000
    );
    assessment
}

fn run(sql: &str) -> Assessment {
    run_with(&files(sql))
}

/// The one problem that a query gives; its measure is inconclusive.
fn problem(sql: &str) -> String {
    let assessment = run(sql);
    assert_eq!(assessment.result.measures[0].verdict, Verdict::Inconclusive, "{sql}");
    assert_eq!(assessment.problems.len(), 1, "{sql}");
    assessment.problems[0].to_string()
}

#[test]
fn a_good_query_is_run() {
    let assessment = run(
        "-- all\nSELECT name AS subject, 'met' AS verdict, 'line ' || source_line AS reason FROM devices; ",
    );
    assert!(assessment.problems.is_empty(), "{}", assessment.problems[0]);
    assert_eq!(assessment.result.measures[0].reason, "2 of 2 met.");
    assert_eq!(assessment.result.measures[0].subjects[1].reason, "line 3");
}

#[test]
fn nothing_but_reading_the_views() {
    for (sql, wanted) in [
        ("ATTACH 'x.db' AS x", "syntax error"),
        ("PRAGMA user_version = 9", "syntax error"),
        (
            "SELECT name AS subject, 'met' AS verdict, '' AS reason FROM pragma_table_list",
            "no documented view",
        ),
        (
            "SELECT user_version AS subject, 'met' AS verdict, '' AS reason FROM pragma_user_version",
            "no documented view",
        ),
        ("INSERT INTO runs DEFAULT VALUES", "syntax error"),
        ("DELETE FROM claim_records", "syntax error"),
        ("DROP VIEW devices", "syntax error"),
        (
            "SELECT name AS subject, 'met' AS verdict, sql AS reason FROM sqlite_schema",
            "sqlite_master is no documented view",
        ),
        (
            "SELECT count(*) AS subject, 'met' AS verdict, '' AS reason FROM sqlite_temp_schema",
            "is no documented view",
        ),
        (
            "SELECT name AS subject, 'met' AS verdict, '' AS reason FROM model_devices",
            "model_devices is no documented view",
        ),
        (
            "SELECT 1 AS subject, 'met' AS verdict, value AS reason FROM ledger_settings",
            "ledger_settings is no documented view",
        ),
        (
            "SELECT load_extension('x') AS subject, 'met' AS verdict, '' AS reason",
            "load_extension cannot be used",
        ),
        ("SELECT random() AS subject, 'met' AS verdict, '' AS reason", "random cannot be used"),
        (
            "SELECT current_timestamp AS subject, 'met' AS verdict, '' AS reason",
            "current_timestamp cannot be used",
        ),
        ("SELECT hex(randomblob(9)) AS subject, 'met' AS verdict, '' AS reason", "randomblob cannot be used"),
    ] {
        let told = problem(sql);
        assert!(told.starts_with("r/queries/q.sql:1:") && told.contains(wanted), "{sql}\n{told}");
        assert!(told.contains("\n  hint: "), "{told}");
    }
}

#[test]
fn a_query_without_end_is_stopped() {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) ";
    let told =
        problem(&format!("{endless} SELECT count(*) AS subject, 'met' AS verdict, 'x' AS reason FROM n"));
    assert!(told.contains("more than 2000000 instructions"), "{told}");
    let told = problem(&format!("{endless} SELECT i AS subject, 'met' AS verdict, 'x' AS reason FROM n"));
    assert!(told.contains("more than 1000 rows"), "{told}");
    let told = problem(&format!(
        "{endless} SELECT i AS subject, 'met' AS verdict, printf('%5000d', i) AS reason FROM n"
    ));
    assert!(told.contains("more than 100000 bytes"), "{told}");
    let told = problem("SELECT 'a' AS subject, 'met' AS verdict, printf('%20000d', 1) AS reason");
    assert!(told.contains("a value of more than 10000 bytes"), "{told}");
}

#[test]
fn ten_million_rows_are_stopped_by_the_usual_bounds() {
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000000)
        SELECT i AS subject, 'met' AS verdict, 'x' AS reason FROM n";
    let regime = Regime::parse("r", &files(sql)).unwrap();
    let mut ledger = ledger();
    let assessment = apply(ledger.connection_mut(), &regime, &BTreeMap::new(), "2026-06-01").unwrap();
    assert!(assessment.problems[0].to_string().contains("more than 1000000 rows"));
    assert_eq!(assessment.result.measures[0].verdict, Verdict::Inconclusive);
}

#[test]
fn mistakes_have_their_place_and_a_hint() {
    for (sql, wanted) in [
        (
            "SELECT nmae AS subject,\n'met' AS verdict, '' AS reason\nFROM devices",
            "r/queries/q.sql:1:8: no such column: nmae\n  hint: did you mean name?",
        ),
        (
            "SELECT name AS subject,\n  'met' AS verdict, d.manufacurer AS reason\nFROM devices d",
            "r/queries/q.sql:2:21: no such column: d.manufacurer\n  hint: did you mean manufacturer?",
        ),
        (
            "SELECT name AS subject, 'met' AS verdict, '' AS reason\nFROM devcies",
            "no such table: devcies\n  hint: did you mean devices?",
        ),
        (
            "SELECT name AS subject, 'met' AS verdict FROM devices",
            "r/queries/q.sql:1:1: the query returns no column reason",
        ),
        (
            "SELECT name AS subject, 'met' AS verdict, lowr(name) AS reason FROM devices",
            "no such function: lowr\n  hint: did you mean lower?",
        ),
        ("SELECT name AS subject,\n'met' AS AS verdict", "r/queries/q.sql:2:10: near \"AS\": syntax error"),
        (
            "SELECT name AS subject, 'met' AS verdict, :limt AS reason FROM devices",
            "r/queries/q.sql:1:44: nothing is bound to :limt\n  hint: did you mean limit?",
        ),
        ("SELECT ? AS subject, 'met' AS verdict, '' AS reason", "nothing is bound to ?"),
        ("", "syntax error"),
        ("SELECT json_extract('{', '$') AS subject, 'met' AS verdict, '' AS reason", "malformed JSON"),
    ] {
        let told = problem(sql);
        assert!(told.contains(wanted), "{sql}\n{told}");
    }
}

#[test]
fn a_row_that_is_no_verdict_is_inconclusive() {
    for (sql, wanted) in [
        ("SELECT 'a' AS subject, 'ok' AS verdict, 'x' AS reason", "\"ok\" is no verdict"),
        ("SELECT NULL AS subject, 'met' AS verdict, 'x' AS reason", "a row has no subject (NULL)"),
        ("SELECT 'a' AS subject, NULL AS verdict, 'x' AS reason", "the row of \"a\" has no verdict (NULL)"),
        ("SELECT 'a' AS subject, 'met' AS verdict, NULL AS reason", "the row of \"a\" has no reason (NULL)"),
        ("SELECT name AS subject, 1 AS verdict, 'x' AS reason FROM devices", "; 1 more row is wrong"),
    ] {
        assert!(problem(sql).contains(wanted), "{sql}\n{}", problem(sql));
    }
}

#[test]
fn no_rows_are_not_applicable() {
    let assessment = run("SELECT name AS subject, 'met' AS verdict, '' AS reason FROM devices WHERE 0");
    assert_eq!(assessment.result.measures[0].verdict, Verdict::NotApplicable);
    assert_eq!(assessment.result.measures[0].reason, "Nothing.");
}

#[test]
fn a_faulty_definition_leaves_all_inconclusive_and_is_said_once() {
    let mut files = files("SELECT name AS subject, 'met' AS verdict, '' AS reason FROM mine");
    files.insert("definitions.sql".to_owned(), "mine AS (SELECT name\n FROM devcies)".to_owned());
    let assessment = run_with(&files);
    assert_eq!(assessment.problems.len(), 1);
    assert!(assessment.problems[0].to_string().contains("r/definitions.sql:"), "{}", assessment.problems[0]);
    assert_eq!(assessment.result.measures[0].verdict, Verdict::Inconclusive);
    files.insert("definitions.sql".to_owned(), "devices AS (SELECT 1)".to_owned());
    assert!(run_with(&files).problems[0].to_string().contains("devices is the name of a view"));
    files.insert(
        "definitions.sql".to_owned(),
        "mine AS (SELECT name FROM devices WHERE name = 'a')".to_owned(),
    );
    let assessment = run_with(&files);
    assert_eq!(assessment.result.measures[0].subjects.len(), 1);
}

#[test]
fn parameters_are_checked() {
    let regime =
        Regime::parse("r", &files("SELECT 'a' AS subject, 'met' AS verdict, 'limit ' || :limit AS reason"))
            .unwrap();
    let mut ledger = ledger();
    let mut try_with = |name: &str, value: ParameterValue| {
        apply(ledger.connection_mut(), &regime, &BTreeMap::from([(name.to_owned(), value)]), "2026-06-01")
    };
    let good = try_with("limit", ParameterValue::Number(7)).unwrap();
    assert_eq!(good.result.measures[0].reason, "limit 7");
    assert_eq!(good.parameters["limit"], ParameterValue::Number(7));
    let told = try_with("limt", ParameterValue::Number(7)).unwrap_err().to_string();
    assert_eq!(told, "r: parameter limt: the regime has none of this name\n  hint: did you mean limit?");
    let told = try_with("limit", ParameterValue::Text("7".to_owned())).unwrap_err().to_string();
    assert!(told.contains("set to a text, but it is a whole number"), "{told}");
    for date in ["2026-6-1", "2026-02-30", "today"] {
        let result = apply(ledger.connection_mut(), &regime, &BTreeMap::new(), date);
        assert!(matches!(result, Err(RegimeError::AsOf { .. })), "{date}");
    }
}

#[test]
fn mistakes_in_the_metadata_have_their_place() {
    let with = |path: &str, from: &str, to: &str| {
        let mut files = files("SELECT 1");
        let text = files.get_mut(path).unwrap();
        assert!(text.contains(from));
        *text = text.replace(from, to);
        Regime::parse("r", &files).unwrap_err().to_string()
    };
    for (path, from, to, wanted) in [
        ("regime.toml", "title = \"t\"", "title = ", "r/regime.toml:2:9: "),
        ("regime.toml", "title = \"t\"", "titel = \"t\"", "r/regime.toml:2:1: unknown field `titel`"),
        ("regime.toml", "certainty = \"own\"", "certainty = \"sure\"", "unknown variant `sure`"),
        (
            "regime.toml",
            "version = \"1\"",
            "version = \"1\"\nin_force = \"2020-02-30\"",
            "r/regime.toml:5:12: \"2020-02-30\" is no date",
        ),
        ("regime.toml", "[\"m\"]", "[\"m\", \"m\"]", "measure \"m\" is listed twice"),
        (
            "regime.toml",
            "[\"m\"]",
            "[\"mm\"]",
            "r/regime.toml:8:13: measures/mm.toml is not there\n  hint: did you mean m?",
        ),
        ("regime.toml", "[\"m\"]", "[]", "r/measures/m.toml:1:1: the measure is not listed"),
        ("regime.toml", "[parameters.limit]", "[parameters.as_of]", "as_of is always bound"),
        (
            "measures/m.toml",
            "query = \"q\"",
            "query = \"qq\"",
            "r/measures/m.toml:6:9: queries/qq.sql is not there",
        ),
        (
            "measures/m.toml",
            "[\"devices\"]",
            "[\"device\"]",
            "there is no table \"device\"\n  hint: did you mean device_types or devices?",
        ),
        (
            "measures/m.toml",
            "remedy = \"r\"",
            "remedy = \"r\"\n[bind]\nlimit = 1",
            "\"limit\" is a parameter of the regime",
        ),
        (
            "measures/m.toml",
            "remedy = \"r\"",
            "remedy = \"r\"\n[counted]\nshare = \"each-maker\"\nwithin = \"use\"\nlimit = \"limits\"",
            "[counted] names the parameter \"limits\", which the regime does not have\n  hint: did you mean limit?",
        ),
        (
            "measures/m.toml",
            "remedy = \"r\"",
            "remedy = \"r\"\n[counted]\nshare = \"listed\"\nwithin = \"class\"\nclasses = [\"core\"]\nlimit = \"limit\"",
            "[counted] names the parameter \"list\", which",
        ),
        (
            "measures/m.toml",
            "remedy = \"r\"",
            "remedy = \"r\"\n[counted]\nshare = \"each-maker\"\nwithin = \"class\"\nlimit = \"limit\"",
            "[counted] is within a class, and names none",
        ),
        (
            "measures/m.toml",
            "remedy = \"r\"",
            "remedy = \"r\"\n[counted]\nshare = \"each-maker\"\nwithin = \"class\"\nclass = \"kind\"\nlimit = \"limit\"",
            "[counted] names \"kind\", which [bind] does not hold",
        ),
        (
            "queries/q.sql",
            "SELECT 1",
            "SELECT\n date('now')",
            "r/queries/q.sql:2:7: the query reads the clock",
        ),
    ] {
        let told = with(path, from, to);
        assert!(told.contains(wanted), "{path}: {to}\n{told}");
    }
    for (sql, wanted) in [
        ("SELECT 1); ATTACH 'x.db' AS x; --", "r/queries/q.sql:1:9: this parenthesis closes nothing"),
        (
            "SELECT ';)'; DELETE FROM runs;",
            "r/queries/q.sql:1:12: something stands after the end of the query",
        ),
    ] {
        let told = Regime::parse("r", &files(sql)).unwrap_err().to_string();
        assert!(told.starts_with(wanted), "{told}");
    }
    let told = Regime::parse("r", &Files::new()).unwrap_err().to_string();
    assert!(told.starts_with("r/regime.toml:1:1: the file is missing"), "{told}");
}

#[test]
fn a_regime_on_disk_is_read_like_a_built_in_one() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("mine");
    for (path, text) in files("SELECT 'a' AS subject, 'met' AS verdict, 'x' AS reason") {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let regime = Regime::load(&folder).unwrap();
    assert_eq!((regime.id.as_str(), regime.measures.len()), ("mine", 1));
    std::fs::write(folder.join("regime.toml"), vec![b'#'; 2 << 20]).unwrap();
    assert!(Regime::load(&folder).unwrap_err().to_string().contains("at most 1 MiB"));
    assert!(matches!(Regime::load(&scratch.path().join("none")), Err(RegimeError::File { .. })));
}
