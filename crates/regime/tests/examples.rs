//! The built-in regimes pass the test that `banbury regime test` makes of a user's own, and that test finds what is wrong.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_evidence::Verdict;
use banbury_regime::worked::{Outcome, Tested, test};
use banbury_regime::{ParameterValue, Regime, RegimeError, apply, begin, builtin};
use std::path::{Path, PathBuf};

fn folder(regime: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../regimes").join(regime)
}

fn tested(folder: &Path) -> Result<Tested, RegimeError> {
    test(folder, tempfile::tempdir().unwrap().path())
}

/// All that is wrong, in words.
fn told(tested: &Tested) -> String {
    let wrong = tested.trials.iter().filter(|trial| trial.outcome != Outcome::AsStated);
    let mut lines: Vec<String> = wrong.map(|trial| format!("{trial:#?}")).collect();
    lines.extend(tested.mistakes.iter().map(ToString::to_string));
    lines.extend(tested.failures.iter().map(ToString::to_string));
    lines.extend(tested.left_out.clone());
    lines.join("\n")
}

fn passes(regime: &str) {
    let tested = tested(&folder(regime)).unwrap();
    assert!(tested.passed(), "{}", told(&tested));
    assert!(tested.trials.len() >= 3 * tested.regime.measures.iter().filter(|one| !one.attested).count() / 2);
    let embedded = banbury_regime::find(regime).unwrap().unwrap();
    assert!(embedded == tested.regime, "{regime}: built in is another than stands in the folder");
}

macro_rules! each_passes {
    ($($test:ident: $regime:literal,)*) => {
        const REGIMES: &[&str] = &[$($regime),*];
        $(#[test]
        fn $test() {
            passes($regime);
        })*
    };
}

each_passes! {
    de_2024_passes: "de-2024",
    eu_toolbox_2020_passes: "eu-toolbox-2020",
    evidence_first_passes: "evidence-first",
    practice_2019_passes: "practice-2019",
    se_2020_passes: "se-2020",
    uk_dvd_2022_passes: "uk-dvd-2022",
    uk_hrv_2020_passes: "uk-hrv-2020",
    uk_security_2022_passes: "uk-security-2022",
    us_covered_list_passes: "us-covered-list",
}

#[test]
fn every_built_in_regime_is_tested() {
    let names: Vec<String> = builtin().unwrap().into_iter().map(|regime| regime.id).collect();
    assert_eq!(names, REGIMES);
}

#[test]
fn an_empty_ledger_meets_nothing() {
    for regime in builtin().unwrap() {
        let mut ledger = banbury_evidence::ledger::Ledger::in_memory().unwrap();
        let result =
            apply(ledger.connection_mut(), &regime, &Default::default(), "2030-06-01").unwrap().result;
        for measure in &result.measures {
            assert_eq!(measure.verdict, Verdict::Inconclusive, "{}/{}", regime.id, measure.measure);
            assert!(measure.reason.contains("not imported"), "{}", measure.reason);
        }
    }
}

#[test]
fn a_new_regime_passes_at_once_and_nothing_is_overwritten() {
    let scratch = tempfile::tempdir().unwrap();
    let mine = scratch.path().join("mine");
    let files = begin(&mine).unwrap();
    assert_eq!(files.len(), 6);
    let found = tested(&mine).unwrap();
    assert!(found.passed(), "{}", told(&found));
    assert_eq!((found.regime.id.as_str(), found.trials.len()), ("mine", 3));
    let settings = std::fs::read_to_string(mine.join("regime.toml")).unwrap();
    assert!(settings.contains("[parameters.\"./mine\"]"), "{settings}");
    let refused = begin(&mine).unwrap_err().to_string();
    assert!(refused.contains("nothing is overwritten"), "{refused}");
    let file = scratch.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(begin(&file).unwrap_err().to_string().contains("nothing is overwritten"));
    std::fs::create_dir(scratch.path().join("empty")).unwrap();
    assert!(begin(&scratch.path().join("empty")).is_ok());
    for (name, wanted) in [("practice-2019", "built-in"), ("a b", "cannot be a regime's name")] {
        let refused = begin(&scratch.path().join(name)).unwrap_err().to_string();
        assert!(refused.contains(wanted), "{refused}");
    }
}

/// A new regime in which a part of a file was replaced.
fn changed(path: &str, from: &str, to: &str) -> (tempfile::TempDir, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let mine = scratch.path().join("mine");
    begin(&mine).unwrap();
    let file = mine.join(path);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{path}: {from}");
    std::fs::write(&file, text.replace(from, to)).unwrap();
    (scratch, mine)
}

#[test]
fn what_came_stands_beside_what_was_expected() {
    let (_scratch, mine) = changed("examples/end-of-support/met.toml", "2030-12-31", "2026-01-31");
    let found = tested(&mine).unwrap();
    let wrong: Vec<_> = found.trials.iter().filter(|trial| trial.outcome != Outcome::AsStated).collect();
    let Outcome::Otherwise(results) = &wrong[0].outcome else { panic!("{wrong:?}") };
    assert_eq!((wrong.len(), wrong[0].expected, results[0].verdict), (1, Verdict::Met, Verdict::Breached));
    assert!(!found.passed());
    // The right verdict for another reason is none.
    let (_scratch, mine) =
        changed("examples/end-of-support/met.toml", "reason = \"Its support", "reason = \"Their support");
    assert!(matches!(tested(&mine).unwrap().trials[2].outcome, Outcome::Otherwise(_)));
}

#[test]
fn what_is_missing_is_a_failure() {
    let example = "examples/end-of-support/inconclusive.toml";
    let (_scratch, mine) = changed(example, "", "");
    let remove = || std::fs::remove_file(mine.join(example)).unwrap();
    let rename = |to: &str| std::fs::rename(mine.join(example), mine.join(to)).unwrap();
    let failure = |wanted: &str| {
        let found = tested(&mine).unwrap();
        assert!(!found.passed() && told(&found).contains(wanted), "{wanted}: {}", told(&found));
    };
    rename("examples/end-of-support/unclear.toml");
    failure("mine/examples/end-of-support/unclear.toml:1:1: the file's name states no verdict");
    failure("end-of-support has no example that is inconclusive\n  hint: add inconclusive.toml");
    std::fs::rename(mine.join("examples/end-of-support/unclear.toml"), mine.join(example)).unwrap();
    let excuse = mine.join("examples/end-of-support/none-inconclusive.txt");
    std::fs::write(&excuse, "Each device has a day, by the schema.").unwrap();
    failure("it says why no example is inconclusive, and there is one");
    remove();
    assert!(tested(&mine).unwrap().passed());
    std::fs::write(&excuse, "No.").unwrap();
    failure("it does not say why no example is inconclusive");
    std::fs::create_dir_all(mine.join("examples/end-of-suport")).unwrap();
    std::fs::write(mine.join("examples/end-of-suport/met.toml"), "").unwrap();
    failure(
        "examples of a measure \"end-of-suport\", and there is no such computed measure\n  hint: did you mean end-of-support?",
    );
}

#[test]
fn mistakes_in_queries_have_their_line_and_column() {
    let query = "queries/end-of-support.sql";
    for (from, to, wanted) in [
        (
            "SELECT name AS",
            "SELECT nmae AS",
            "mine/queries/end-of-support.sql:4:8: no such column: nmae\n  hint: did you mean name?",
        ),
        (
            "FROM devices",
            "FROM devcies -- devcies",
            "mine/queries/end-of-support.sql:10:6: no such table: devcies",
        ),
        (
            "'met' END AS verdict,",
            "'met' END AS verdict",
            "mine/queries/end-of-support.sql:8:8: near \"CASE\": syntax error",
        ),
        (
            ":notice_months",
            ":notice_month",
            "mine/queries/end-of-support.sql:6:44: nothing is bound to :notice_month\n  hint: did you mean notice_months?",
        ),
        (
            "FROM devices",
            "FROM sqlite_schema",
            "mine/queries/end-of-support.sql:10:6: sqlite_master is no documented view",
        ),
        (
            "WHERE in_service",
            "WHERE load_extension('x')",
            "mine/queries/end-of-support.sql:11:7: the function load_extension cannot be used",
        ),
        (
            "ELSE 'met' END",
            "ELSE 'fine' END",
            "mine/queries/end-of-support.sql:4:1: end-of-support: the row of \"switch-1\": \"fine\" is no verdict",
        ),
        ("WHERE in_service", "WHERE json_extract('{', '$')", "malformed JSON"),
    ] {
        let (_scratch, mine) = changed(query, from, to);
        let found = tested(&mine).unwrap();
        assert!(told(&found).contains(wanted), "{to}\n{}", told(&found));
        assert!(!found.mistakes.is_empty(), "{to}");
    }
}

#[test]
fn what_changes_from_run_to_run_or_says_too_much_is_found() {
    // Over nothing it is met: it does not look whether the table was imported.
    let (_scratch, mine) = changed("measures/end-of-support.toml", "needs = [\"devices\"]", "needs = []");
    assert!(
        told(&tested(&mine).unwrap()).contains("where nothing was imported the measure is not applicable")
    );
    let classes = "[[sensitivity]]\nclass = \"core\"\nfunctions = [\"AMF\", \"microwave\"]\ncertainty = \"own\"\n[[sources]]";
    let (_scratch, mine) = changed("regime.toml", "[[sources]]", classes);
    let found = told(&tested(&mine).unwrap());
    assert!(found.contains("which the import writes \"MW\"") && found.contains("class `other`"), "{found}");
    let (_scratch, mine) =
        changed("regime.toml", "\"end-of-support\"]", "\"end-of-support\", \"End-Of-Support\"]");
    assert!(
        tested(&mine)
            .unwrap_err()
            .to_string()
            .contains("mine/regime.toml:11:31: measures \"end-of-support\" and")
    );
}

#[test]
fn a_parameter_stays_within_its_bounds() {
    let refused = |regime: &str, name: &str, value: ParameterValue| {
        let regime = banbury_regime::find(regime).unwrap().unwrap();
        let mut ledger = banbury_evidence::ledger::Ledger::in_memory().unwrap();
        let overrides = [(name.to_owned(), value)].into();
        apply(ledger.connection_mut(), &regime, &overrides, "2026-06-01").unwrap_err().to_string()
    };
    let text = |text: &str| ParameterValue::Text(text.to_owned());
    for (regime, name, value, wanted) in [
        (
            "uk-hrv-2020",
            "share_cap",
            ParameterValue::Real(35.0),
            "uk-hrv-2020: parameter share_cap: 35 is out of its bounds\n  hint: it is from 0 to 1",
        ),
        ("uk-dvd-2022", "share_cap", ParameterValue::Number(-1), "-1 is out of its bounds"),
        ("practice-2019", "review_months", ParameterValue::Number(99_999_999_999), "it is from 1 to 1200"),
        (
            "uk-hrv-2020",
            "count_by",
            text("Sites"),
            "\"Sites\" is none of its choices\n  hint: it is one of: devices, sites",
        ),
        ("us-covered-list", "routers_from", text("2026-3-23"), "\"2026-3-23\" is no day"),
    ] {
        let told = refused(regime, name, value);
        assert!(told.contains(wanted), "{told}");
    }
    // The regime's own value is held to them too, and so is an example's.
    let (_scratch, mine) = changed("regime.toml", "max = 1200", "max = -1");
    let fault = tested(&mine).unwrap_err().to_string();
    assert!(fault.contains("mine/regime.toml:21:13: `min` is above `max`"), "{fault}");
    let (_scratch, mine) = changed(
        "examples/end-of-support/met.toml",
        "imported =",
        "parameters = { notice_months = 1201 }\nimported =",
    );
    let wrong = told(&tested(&mine).unwrap());
    assert!(wrong.contains("parameter notice_months: 1201 is out of its bounds"), "{wrong}");
}

#[test]
fn measures_by_attestation_are_tried_with_the_shared_examples() {
    let (_scratch, mine) = changed(
        "regime.toml",
        "[parameters.notice_months]",
        "[parameters.attestation_months]\nvalue = 12\nmeaning = \"m\"\ncertainty = \"own\"\n[parameters.notice_months]",
    );
    std::fs::create_dir(mine.join("attested")).unwrap();
    let section = "section = \"Staff\"\n[[measures]]\nid = \"staff\"\ntitle = \"t\"\nclause = \"c\"\ntext = \"x\"\ncertainty = \"own\"\ndecides = \"d\"\nremedy = \"r\"\n";
    std::fs::write(mine.join("attested/staff.toml"), section).unwrap();
    let text = std::fs::read_to_string(mine.join("regime.toml")).unwrap();
    std::fs::write(
        mine.join("regime.toml"),
        text.replace("\"end-of-support\"]", "\"end-of-support\", \"staff\"]"),
    )
    .unwrap();
    let found = tested(&mine).unwrap();
    assert!(found.passed(), "{}", told(&found));
    assert_eq!(found.trials.iter().filter(|trial| trial.measures == ["staff"]).count(), 13);
    assert!(Regime::load(&mine).unwrap().measures[1].attested);
}
