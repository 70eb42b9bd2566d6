//! Walks the registry of feeds: documentation, limits, golden records; and reads the real feeds where they are at hand.

#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use banbury_software::Error;
use banbury_software::advisory::{Advisory, Record, Says};
use banbury_software::cpe::Cpe;
use banbury_software::feed::{FEEDS, Problems, records};
use banbury_software::known::{Answer, Component, Facts, Finding, Known, Reason, State};
use banbury_software::store::{Options, Store};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_feed_is_documented_limited_and_has_its_corpus_and_golden() {
    let mut names = BTreeSet::new();
    assert!(FEEDS.len() >= 9);
    for feed in FEEDS {
        let described = feed.describe();
        assert!(names.insert(described.name), "{} twice", described.name);
        assert!(described.title.len() >= 3 && described.tells.len() > 20, "{}", described.name);
        assert!(described.source.starts_with("https://"), "{}", described.name);
        assert!(!described.limits.is_empty() && described.limits.iter().all(|limit| limit.len() > 20));
        let folder = root().join("corpus/feeds").join(described.name);
        let input = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| {
                path.extension().is_some_and(|kind| kind != "zip") && path.file_stem().unwrap() == "input"
            })
            .unwrap_or_else(|| panic!("{}: no input", folder.display()));
        let (feed, found, problems) = records("input.json", &std::fs::read(input).unwrap()).unwrap();
        assert_eq!(feed, described.name, "recognised as another");
        let golden = serde_json::to_string_pretty(&shown(&found, &problems)).unwrap() + "\n";
        let expected = folder.join("expected.json");
        if std::env::var_os("BANBURY_BLESS").is_some() {
            std::fs::write(&expected, &golden).unwrap();
        }
        assert_eq!(golden, std::fs::read_to_string(&expected).unwrap(), "{}", described.name);
    }
}

fn shown(records: &[Record], problems: &Problems) -> Value {
    let records: Vec<Value> = records
        .iter()
        .map(|record| match record {
            Record::Advisory(advisory) => json!({ "advisory": advisory }),
            Record::Exploited(exploited) => json!({ "exploited": exploited }),
            Record::Score(score) => json!({ "score": score }),
            Record::Support(support) => json!({ "support": support }),
        })
        .collect();
    json!({ "records": records, "problems": problems })
}

/// Cut anywhere, no document is read as if it were whole, but for a CSV that is cut behind a line end.
#[test]
fn a_document_that_is_cut_is_never_read() {
    for feed in FEEDS {
        let name = feed.describe().name;
        let folder = root().join("corpus/feeds").join(name);
        let json = folder.join("input.json");
        let bytes = std::fs::read(if json.exists() { json } else { folder.join("input.csv") }).unwrap();
        let whole = bytes.iter().rposition(|byte| !byte.is_ascii_whitespace()).unwrap() + 1;
        for end in 0..whole {
            let read = records("input.json", &bytes[..end]);
            let at_a_line_end = end > 0 && bytes[end - 1] == b'\n' && folder.join("input.csv").exists();
            assert!(read.is_err() || at_a_line_end, "{name} cut at {end} of {}", bytes.len());
        }
    }
}

/// The real feeds, where they lie beside the checkout.
fn real(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {name} is not in ../shared/data beside the checkout");
    None
}

#[test]
fn a_real_year_of_nvd_is_read_and_answers() {
    let Some(path) = real("nvdcve-1.1-2022.json.gz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("feeds.sqlite")).unwrap();
    let file = store.import(&path, &Options::default()).unwrap().remove(0).file;
    assert_eq!(
        (file.feed.as_str(), file.records, file.dated.as_deref()),
        ("nvd-1.1", 15454, Some("2022-10-20T07:00Z"))
    );
    assert_eq!(file.problems.total(), 0, "{:?}", file.problems);
    let known = Known::new(&store).unwrap();
    let state = |version: &str, vulnerability: &str| {
        let component = Component {
            name: "openssl".to_owned(),
            version: Some(version.to_owned()),
            cpes: vec!["cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*".parse().unwrap()],
            ..Component::default()
        };
        let answer = known.look_up(&component, &Facts::default()).unwrap();
        let found = answer.findings.into_iter().find(|finding| finding.vulnerability == vulnerability);
        found.unwrap_or_else(|| panic!("{vulnerability}")).state
    };
    // OpenSSL's advisory of 15 March 2022: fixed in 1.0.2zd, 1.1.1n and 3.0.2.
    for (version, affected) in [
        ("1.0.2k", true),
        ("1.0.2zc", true),
        ("1.0.2zd", false),
        ("1.1.1m", true),
        ("1.1.1n", false),
        ("3.0.1", true),
        ("3.0.2", false),
    ] {
        assert_eq!(
            state(version, "CVE-2022-0778")
                == State::Affected { reason: banbury_software::known::Reason::InRange },
            affected,
            "{version}"
        );
    }
}

#[test]
fn the_real_catalogues_of_exploited_vulnerabilities_are_read_or_refused() {
    let (Some(json), Some(csv)) = (real("kev-2025-08-25.json"), real("kev-2026-07-29.csv")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("feeds.sqlite")).unwrap();
    let file = store.import(&json, &Options::default()).unwrap().remove(0).file;
    assert_eq!((file.records, file.problems.total()), (1404, 0), "{:?}", file.problems);
    let whole = std::fs::read(&csv).unwrap().ends_with(b"\n");
    match store.import(&csv, &Options::default()) {
        // The copy at hand may end in the middle of a record: then nothing of it is used.
        Err(Error::CutShort { .. }) if !whole => {
            assert_eq!(store.files_in_use().unwrap(), [file]);
        }
        Ok(imported) if whole => assert!(imported[0].file.records > 1404),
        other => panic!("ends with a line end: {whole}; {other:?}"),
    }
}

#[test]
fn an_advisory_survives_its_own_form() {
    let bytes = std::fs::read(root().join("corpus/feeds/nvd-2.0/input.json")).unwrap();
    let (_, found, _) = records("x.json", &bytes).unwrap();
    let advisories: Vec<&Advisory> = found
        .iter()
        .filter_map(|record| if let Record::Advisory(advisory) = record { Some(&**advisory) } else { None })
        .collect();
    assert_eq!(advisories.len(), 4);
    for advisory in advisories {
        let text = serde_json::to_string(advisory).unwrap();
        assert_eq!(&serde_json::from_str::<Advisory>(&text).unwrap(), advisory);
    }
}

/// The look-up that only counts what the version rules out reads no statement whole that it need not: over a real year, its
/// answers are those of the look-up that reads all of them.
#[test]
fn over_a_real_year_what_matters_is_the_same_without_reading_all_of_it() {
    let Some(path) = real("nvdcve-1.1-2022.json.gz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("feeds.sqlite")).unwrap();
    store.import(&path, &Options::default()).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(&path).unwrap()).read_to_end(&mut bytes).unwrap();
    let (_, found, _) = records("nvdcve-1.1-2022.json", &bytes).unwrap();
    // Of each product a version at the edge of a range, and the products with most ranges several.
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in &found {
        let Record::Advisory(advisory) = record else { continue };
        for statement in &advisory.statements {
            let Says::Cpe { any, .. } = &statement.says else { continue };
            let bounds = any.iter().flat_map(|one| [&one.ge, &one.gt, &one.le, &one.lt, &one.version]);
            versions.entry(statement.key.clone()).or_default().extend(bounds.flatten().take(2).cloned());
        }
    }
    versions
        .insert("cpe:o:linux:linux_kernel".to_owned(), ["5.10.101".to_owned(), "4.4.1-x".to_owned()].into());
    let known = Known::new(&store).unwrap();
    let (mut asked, mut findings, mut outside) = (0, 0, 0);
    for (key, versions) in versions
        .iter()
        .enumerate()
        .filter(|(at, (key, _))| at % 20 == 0 || key.contains("linux"))
        .map(|(_, one)| one)
    {
        let Ok(cpe) = format!("cpe:2.3:{}:*:*:*:*:*:*:*:*", &key[4..]).parse::<Cpe>() else { continue };
        for version in versions.iter().take(3) {
            let component = Component {
                name: "x".to_owned(),
                version: Some(version.clone()),
                cpes: vec![cpe.clone()],
                ..Component::default()
            };
            let mut whole = known.look_up(&component, &Facts::default()).unwrap();
            let quick = known.look_up_what_matters(&component, &Facts::default()).unwrap();
            let all = whole.findings.len();
            whole.findings.retain(|finding| finding.state.reason() != Reason::OutOfRange);
            assert_eq!(quick.outside, all - whole.findings.len(), "{key} {version}");
            let shown = |answer: &Answer| -> Vec<(String, State, usize)> {
                let one = |finding: &Finding| {
                    (finding.vulnerability.clone(), finding.state.clone(), finding.says.len())
                };
                answer.findings.iter().map(one).collect()
            };
            assert_eq!(shown(&quick), shown(&whole), "{key} {version}");
            (asked, findings, outside) =
                (asked + 1, findings + quick.findings.len(), outside + quick.outside);
        }
    }
    assert!(asked > 300 && findings > 300 && outside > 1000, "{asked} {findings} {outside}");
}
