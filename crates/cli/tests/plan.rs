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
    // What cannot hold as a whole has the price of the rest, and says what is left out.
    let evidence = &document["plans"][2];
    assert_eq!(evidence["end"], "infeasible");
    let left_out = evidence["rest"]["without"].as_array().unwrap();
    assert_eq!(left_out.len(), 2, "{evidence}");
    assert!(left_out.iter().any(|one| one.as_str().unwrap().starts_with("evidence-first/no-monoculture")));
    let against = &document["plans"][3]["against"][2];
    assert_eq!(against["without"].as_array().unwrap(), left_out);
    assert_eq!(against["more"].as_f64().unwrap(), document["plans"][3]["cost"].as_f64().unwrap());
}

/// A signal while the regimes are applied is heard at once, and what there is is told: nothing yet.
#[test]
fn an_interrupt_is_heard_while_the_regimes_are_applied() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let mut heard = false;
    // The signal may come before anybody listens, or after the plan is there; then it comes at another time.
    for wait in [500, 250, 800, 1200, 150, 2000, 3000, 6000, 12000, 24000] {
        let child = std::process::Command::new(env!("CARGO_BIN_EXE_banbury"))
            .args(["plan".as_ref(), case.as_os_str(), "--as-of".as_ref(), DAY.as_ref()])
            .args(["--by", "2029-12-31", "--regime", "all", "-o", "json=-"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        let number = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &number]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let left = std::fs::read_dir(&case).unwrap();
        let left =
            left.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("plan-"));
        assert_eq!(left.count(), 0, "nothing is left of the copies");
        if std::os::unix::process::ExitStatusExt::signal(&output.status).is_some() {
            continue;
        }
        let document: serde_json::Value =
            serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        validate(&document);
        if document["plans"][0]["end"] == "stopped" {
            assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
            heard = true;
            break;
        }
    }
    assert!(heard);
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
    let own = rules(
        folder.path(),
        "our-rules",
        "in_service AND role = 'gnb'",
        "iif(maker = 'quillfen networks', 'breached', 'met')",
    );
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

/// A regime of one measure, in force from the middle of 2027.
fn rules(folder: &Path, name: &str, of: &str, verdict: &str) -> PathBuf {
    let own = folder.join(name);
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
        format!(
            "SELECT name AS subject, {verdict} AS verdict, 'made by ' || manufacturer AS reason FROM devices WHERE {of}\n"
        ),
    )
    .unwrap();
    own
}

#[test]
fn measures_that_contradict_each_other_are_named_and_one_of_them_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let of = "in_service AND role = 'gnb'";
    let one = rules(folder.path(), "none-of-it", of, "iif(maker = 'quillfen networks', 'breached', 'met')");
    // Nothing but what the candidates are not.
    let other = "iif(maker IN ('lysmark radio', 'marram broadband') AND installed >= '2026-11-01', 'breached', 'met')";
    let other = rules(folder.path(), "nothing-new", of, other);
    let both = format!("{},{}", one.display(), other.display());
    let output = plan(&case, &["--regime", &both, "--options", &options()]);
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{told}{}", stderr(&output));
    assert_eq!(told.matches("      without it there is a plan").count(), 2, "{told}");
    assert!(
        told.contains("each of 2 candidates that fit breaches a measure in its place; add another one"),
        "{told}"
    );
    // Of the two one is kept.
    let rest = told.lines().find(|line| line.contains("the cheapest plan costs")).unwrap();
    assert!(
        rest.contains("without nothing-new/none-of-it the")
            || rest.contains("without none-of-it/none-of-it the"),
        "{rest}"
    );
}

#[test]
fn what_comes_too_late_or_not_at_all_is_told_of_the_devices() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let verdict = "iif(maker = 'quillfen networks', 'breached', 'met')";
    let own =
        rules(folder.path(), "none-of-it", "in_service AND role = 'gnb'", verdict).display().to_string();
    let text = std::fs::read_to_string(options()).unwrap();
    let late =
        text.replace("lead_days = 90", "lead_days = 900").replace("lead_days = 120", "lead_days = 900");
    let none = text.replace("Quillfen GR-6", "Quillfen GC-1");
    for (text, told) in [
        (late, "each of 2 candidates that fit comes too late (`lead_days`)"),
        (none, "no candidate fits it; add one with its role, functions or product"),
    ] {
        let file = folder.path().join("options.toml");
        std::fs::write(&file, text).unwrap();
        let output = plan(&case, &["--regime", &own, "--options", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stdout(&output).contains(told), "{}", stdout(&output));
    }
}

#[test]
fn a_ban_in_a_part_of_the_network_costs_no_more_than_in_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let json = format!("json={}", folder.path().join("bans.json").display());
    let options = options();
    let whole = "vendor:Quillfen Networks";
    let parts = ["vendor:Quillfen Networks in role:GNB", "product:QX-40"];
    let mut arguments = vec!["--regime", "uk-hrv-2020", "--compare", "--options", &options, "-o", &json];
    for ban in [whole, parts[0], parts[1]] {
        arguments.extend(["--blanket", ban]);
    }
    let output = plan(&case, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let document = std::fs::read_to_string(folder.path().join("bans.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    validate(&document);
    let plans = document["plans"].as_array().unwrap();
    let cost = |at: usize| plans[at]["cost"].as_f64().unwrap();
    assert!(cost(2) < cost(1) && cost(3) < cost(1), "{plans:?}");
    for (at, plan) in plans.iter().enumerate().skip(1) {
        let against = &plan["against"][0];
        assert_eq!(against["plan"], "uk-hrv-2020");
        assert_eq!(against["more"].as_f64().unwrap(), cost(at) - cost(0));
        for one in plan["replacements"].as_array().unwrap() {
            assert_eq!(one["from"]["vendor"], "Quillfen Networks");
            assert_ne!(one["to"]["vendor"], "Quillfen Networks");
        }
    }
    assert!(plans[0].get("against").is_none());
}

#[test]
fn highs_is_there_or_the_way_to_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let case = island(folder.path());
    let options = options();
    let ask = |solver: &str| {
        plan(&case, &["--regime", "uk-hrv-2020", "--options", &options, "--solver", solver, "-o", "json=-"])
    };
    let output = ask("highs");
    if cfg!(feature = "highs") {
        let read = |output| -> serde_json::Value { serde_json::from_str(&stdout(output)).unwrap() };
        let (other, own) = (read(&output), read(&ask("own")));
        assert_eq!((&other["solver"], &own["solver"]), (&"HiGHS".into(), &"own branch and bound".into()));
        assert_eq!(other["plans"][0]["end"], "proven");
        assert_eq!(other["plans"][0]["cost"], own["plans"][0]["cost"]);
    } else {
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("--features highs"), "{}", stderr(&output));
    }
}

/// A network whose cheapest plan takes a long search: each device is a class of its own, and crews and money are short.
fn hard(folder: &Path) -> (PathBuf, PathBuf) {
    let case = folder.join("hard");
    let output = banbury(&["init".as_ref(), case.as_os_str()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let (mut sites, mut devices) = ("name,region,subscribers\n".to_owned(), String::new());
    devices.push_str("name,device_type,manufacturer,role,site,status,installed,support_end,cost\n");
    for at in 0..160_u64 {
        sites += &format!("s{at},r{},{}\n", at % 4, 100 + at);
        let cost = 700_001 + at * 7919 % 600_011;
        devices += &format!("d{at},F-1,Ferrous,gnb,s{at},active,2021-01-01,2033-12-31,{cost}\n");
    }

    for (name, text) in [("sites.csv", &sites), ("devices.csv", &devices)] {
        std::fs::write(folder.join(name), text).unwrap();
        let output = banbury(&["add".as_ref(), case.as_os_str(), folder.join(name).as_os_str()]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let output = banbury(&["assess".as_ref(), case.as_os_str(), "--as-of".as_ref(), DAY.as_ref()]);
    assert!(output.status.code() != Some(2), "{}", stderr(&output));
    let mut options = "[work]\nperiod_months = 3\n[budget]\ntotal = 104000000\n".to_owned();
    for (at, (price, days)) in [(611_003, 2.3), (623_011, 1.7), (640_007, 1.1)].into_iter().enumerate() {
        options += &format!(
            "[[candidate]]\nproduct = \"M-{at}\"\nvendor = \"Marram\"\nprice = {price}\ncrew_days = {days}\nroles = [\"gnb\"]\n"
        );
    }
    for region in 0..4 {
        options += &format!("[[crew]]\nregion = \"r{region}\"\ndays = {}.3\n", 20 + region);
    }
    let file = folder.join("hard.toml");
    std::fs::write(&file, options).unwrap();
    (case, file)
}

#[test]
fn an_interrupt_ends_with_the_best_plan_so_far() {
    let folder = tempfile::tempdir().unwrap();
    let (case, options) = hard(folder.path());
    let copies = || -> usize {
        let entries = std::fs::read_dir(&case).unwrap();
        entries
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("plan-"))
            .count()
    };
    // The signal may come before a plan is there; then it is given more time.
    let mut told = Vec::new();
    for wait in [300, 1000, 3000, 9000, 27000] {
        let child = std::process::Command::new(env!("CARGO_BIN_EXE_banbury"))
            .args(["plan".as_ref(), case.as_os_str(), "--options".as_ref(), options.as_os_str()])
            .args(["--as-of", DAY, "--by", "2027-12-31", "--gap", "0", "--regime", "uk-hrv-2020"])
            .args(["--compare", "--blanket", "vendor:Ferrous", "-o", "json=-"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        let number = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &number]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(copies(), 0, "nothing is left of the copies");
        if std::os::unix::process::ExitStatusExt::signal(&output.status).is_some() {
            continue; // Nobody listened yet.
        }
        let document: serde_json::Value =
            serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        validate(&document);
        let ban = &document["plans"][1];
        told.push(ban["end"].clone());
        if ban["end"] == "stopped" && ban.get("cost").is_some() {
            assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
            let (cost, bound) = (ban["cost"].as_f64().unwrap(), ban["bound"].as_f64().unwrap());
            assert!(bound < cost && ban["gap"].as_f64().unwrap() > 0.0, "{cost} {bound}");
            assert_eq!(ban["replacements"].as_array().unwrap().len(), 160);
            assert_eq!(ban["checked"]["faults"].as_array().unwrap().len(), 0);
            return;
        }
    }
    panic!("never stopped with a plan: {told:?}");
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
        (&["--gap", "-1"], "from 0 to 100"),
        (&["-o", "pdf=x"], "json, csv, html"),
        (&["-o", "json"], "FORMAT=PATH"),
        (&["--regime", "nowhere-2020"], "nowhere-2020"),
        (&["--compare", "--blanket", "Quillfen"], "vendor:NAME"),
        (&["--compare", "--blanket", "role:core"], "name whose, such as \"vendor:NAME in role:core\""),
        (&["--compare", "--blanket", "vendor:Quillfen Networks in role:nothing"], "roles"),
        (
            &["--compare", "--blanket", "vendor:Quillfen Networks", "--blanket", "vendor:Quillfen Networks"],
            "asked for twice",
        ),
        (&["--solver", "glpk"], "own, highs"),
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
