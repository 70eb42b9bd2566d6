//! The invariants of ARCHITECTURE.md that a program can check.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every file below `folder` with one of these endings, by its path from the root of the repository.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    fn walk(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !["target", ".git", "out", "artifacts", "corpus"].contains(&name.as_str()) {
                walk(&path, endings, found);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), endings, &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.strip_prefix(root()).unwrap().to_string_lossy().into_owned(), text)
        })
        .collect()
}

#[test]
fn no_source_file_is_over_800_lines() {
    let sources = files("crates", &[".rs", ".sql"]);
    assert!(sources.len() > 50);
    let long: Vec<String> = sources
        .iter()
        .filter(|(_, text)| text.lines().count() > 800)
        .map(|(path, text)| format!("{path}: {} lines", text.lines().count()))
        .collect();
    assert_eq!(long, Vec::<String>::new());
}

#[test]
fn no_module_is_a_drawer() {
    for (path, _) in files("crates", &[".rs"]) {
        for drawer in ["utils", "util", "common", "helpers", "helper", "manager", "misc"] {
            let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
            assert!(!parts.contains(&drawer), "{path}");
        }
    }
}

/// What each crate may depend on: the arrows of ARCHITECTURE.md.
const ARROWS: &[(&str, &[&str])] = &[
    ("formats", &[]),
    ("evidence", &[]),
    ("firmware", &["formats", "evidence", "code"]),
    ("network", &["evidence"]),
    ("regime", &["evidence", "network"]),
    ("software", &["evidence"]),
    ("code", &["formats"]),
    ("traffic", &["formats", "evidence"]),
    ("plan", &["evidence", "network", "regime"]),
    ("dossier", &["evidence", "network", "regime", "software"]),
    (
        "cli",
        &["formats", "evidence", "firmware", "network", "regime", "software", "plan", "traffic", "dossier"],
    ),
];

#[test]
fn crates_depend_along_the_arrows_only() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut seen = BTreeSet::new();
    for (path, text) in files("crates", &["Cargo.toml"]) {
        let name = path.split('/').nth(1).unwrap().to_owned();
        let allowed =
            arrows.get(name.as_str()).unwrap_or_else(|| panic!("{name}: no arrows are stated for it"));
        let manifest: toml::Table = text.parse().unwrap();
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table).unwrap();
        for dependency in dependencies.keys().filter_map(|key| key.strip_prefix("banbury-")) {
            assert!(allowed.contains(&dependency), "{name} must not depend on {dependency}");
        }
        seen.insert(name);
    }
    assert_eq!(seen.len(), ARROWS.len(), "{seen:?}");
}

#[test]
fn every_dependency_has_its_reason() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, rest) = text.split_once("[workspace.dependencies]").unwrap();
    let (section, _) = rest.split_once("\n[").unwrap();
    let mut counted = 0;
    for line in section.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')) {
        counted += 1;
        let reason = line.rsplit_once("# ").map(|(_, reason)| reason).unwrap_or_default();
        assert!(line.starts_with("banbury-") || reason.len() >= 4, "{line}");
    }
    assert!(counted > 20);
}

/// Every crate that is compiled may be linked into a program that is MIT OR Apache-2.0, by the list in deny.toml.
#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let deny: toml::Table = std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap();
    let allowed: Vec<&str> = deny["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|licence| licence.as_str().unwrap())
        .collect();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = std::process::Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", deny["graph"]["targets"][0].as_str().unwrap()])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100);
    for package in packages {
        let licence = package["license"].as_str().unwrap_or_default().replace('/', " OR ");
        // Of an AND every part has to be allowed, of an OR one.
        let fits = licence.split(" AND ").all(|part| {
            part.trim_matches(['(', ')'])
                .split(" OR ")
                .any(|one| allowed.contains(&one.trim().trim_matches(['(', ')'])))
        });
        assert!(fits, "{} is under {licence:?}", package["name"]);
    }
}

#[test]
fn unsafe_code_stands_in_its_named_place_only() {
    let places: Vec<String> = files("crates", &[".rs"])
        .into_iter()
        .filter(|(path, text)| {
            !path.ends_with("invariants.rs")
                && text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("unsafe {"))
        })
        .map(|(path, _)| path)
        .collect();
    assert_eq!(places, ["crates/firmware/src/mapping.rs", "crates/firmware/src/tries.rs"]);
}

/// Modules that are compiled for tests alone, as their parent says.
const TEST_MODULES: &[&str] = &["crates/firmware/src/probes/golden.rs"];

#[test]
fn only_the_command_line_prints() {
    for (path, text) in files("crates", &[".rs"]) {
        let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        let build = path.ends_with("build.rs");
        let tests =
            path.contains("/tests") || path.contains("/examples/") || TEST_MODULES.contains(&path.as_str());
        if !path.starts_with("crates/cli/") && !build && !tests {
            for word in ["println!(", "eprintln!(", "print!(", "eprint!("] {
                assert!(!code.contains(word), "{path}: {word}");
            }
        }
    }
}

#[test]
fn formats_are_pure() {
    for (path, text) in files("crates/formats/src", &[".rs"]) {
        let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        for word in
            ["std::fs", "std::net", "std::process", "std::env", "std::time::", "SystemTime", "Instant::now"]
        {
            let used = code.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            let test_only = path.contains("test") || path.contains("corpus");
            assert!(!used || test_only, "{path}: {word}");
        }
    }
}

/// Offline by default: a socket or another program is nowhere but in `banbury fetch`, and the confined child is Banbury itself.
#[test]
fn only_fetch_uses_the_network() {
    let words = ["TcpStream", "TcpListener", "UdpSocket", "ToSocketAddrs", "Command::new"];
    let places: Vec<String> = files("crates", &[".rs"])
        .into_iter()
        .filter(|(path, text)| {
            let test = path.contains("/tests") || path.ends_with("tests.rs") || path.ends_with("build.rs");
            let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((text, ""));
            !test && words.iter().any(|word| code.contains(word))
        })
        .map(|(path, _)| path)
        .collect();
    let known = [
        "crates/cli/src/commands/fetch/curl.rs",
        "crates/cli/src/commands/watch/ask.rs",
        "crates/cli/src/commands/watch/partition.rs",
        "crates/firmware/src/worker.rs",
    ];
    assert_eq!(places, known);
}

#[test]
fn nothing_is_left_for_later() {
    for (path, text) in files("crates", &[".rs", ".sql"]) {
        for word in ["TODO", "FIXME", "coming soon", "not yet implemented"] {
            assert!(path.ends_with("invariants.rs") || !text.contains(word), "{path}: {word}");
        }
    }
}

/// Makers of network equipment whose names must not steer a probe or a weight.
const MAKERS: &[&str] = &[
    "huawei",
    "zte",
    "ericsson",
    "nokia",
    "cisco",
    "juniper",
    "fortinet",
    "netgear",
    "d-link",
    "dlink",
    "zyxel",
    "tp-link",
    "tplink",
    "hikvision",
    "dahua",
    "hytera",
    "samsung",
    "fiberhome",
    "mikrotik",
    "ubiquiti",
    "draytek",
    "tenda",
    "linksys",
    "belkin",
    "arris",
    "asus",
    "sercomm",
    "ruckus",
    "aruba",
    "extreme networks",
    "brocade",
    "sonicwall",
    "palo alto",
    "ivanti",
    "citrix",
    "barracuda",
];

#[test]
fn no_probe_and_no_weight_knows_a_maker() {
    let mut sources = files("crates/firmware/src", &[".rs"]);
    assert!(sources.len() >= 15, "{}", sources.len());
    sources.extend(files("crates/evidence/src", &[".rs"]));
    sources.extend(files("crates/network/src", &[".rs"]));
    for (path, text) in sources {
        let text = text.to_lowercase();
        for maker in MAKERS {
            let named = text.match_indices(maker).any(|(at, _)| {
                let edge = |character: Option<char>| !character.is_some_and(char::is_alphanumeric);
                edge(text[..at].chars().next_back()) && edge(text[at + maker.len()..].chars().next())
            });
            assert!(!named, "{path}: {maker}");
        }
    }
}

#[test]
fn no_path_of_a_developers_machine_and_nothing_unfilled() {
    let placeholder = |line: &str| {
        line.split('@')
            .skip(1)
            .step_by(2)
            .any(|word| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase()))
    };
    for (path, text) in files(".", &[".rs", ".sql", ".toml", ".md", ".json", ".sh", ".py", ".csv"]) {
        for folder in ["root", "home", "Users"] {
            let place = format!("/{folder}/");
            assert!(
                !text.lines().any(|line| line.contains(&place) && !line.contains("etc/passwd")),
                "{path}: {place}"
            );
        }
        let unfilled = path.ends_with(".md") && text.lines().any(placeholder);
        assert!(!unfilled, "{path}: a placeholder is left");
    }
}

/// Files that the documents point at are there.
#[test]
fn every_document_that_is_pointed_at_exists() {
    for (path, text) in
        files(".", &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "regimes.md", "words.md"])
    {
        for word in text.split(|character: char| character.is_whitespace() || "`()[],;:".contains(character))
        {
            let word = word.trim_end_matches(['.', '/']);
            let in_repository =
                ["docs/", "crates/", "scripts/", "schemas/", "regimes/", "corpus/", "examples/", "benches/"];
            if in_repository.iter().any(|folder| word.starts_with(folder)) && !word.contains(['<', '*', '{'])
            {
                assert!(root().join(word).exists(), "{path} points at {word}");
            }
        }
    }
}

fn filled(text: &str) -> bool {
    text.trim().len() >= 10
}

#[test]
fn every_format_is_documented_limited_and_has_its_corpus_golden_and_seeds() {
    let mut names = BTreeSet::new();
    assert!(banbury_formats::FORMATS.len() >= 11);
    for format in banbury_formats::FORMATS.iter().map(|format| format.describe()) {
        let name = format.name;
        assert!(names.insert(name), "{name} twice");
        assert!(filled(format.title) || format.title.len() > 2, "{name}: title");
        assert!(filled(format.yields), "{name}: yields");
        assert!(format.source.len() >= 8, "{name}: source");
        assert!(
            !format.limits.is_empty() && format.limits.iter().all(|limit| filled(limit)),
            "{name}: limits"
        );
        let folder = root().join("corpus/formats").join(name);
        let entries: Vec<String> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        assert!(
            entries.iter().any(|entry| entry.contains("expected")),
            "{name}: no golden output: {entries:?}"
        );
        assert!(entries.len() >= 2, "{name}: no input, which is the fuzz seed too: {entries:?}");
    }
}

#[test]
fn every_probe_is_documented_limited_and_has_its_corpus_and_golden() {
    let mut names = BTreeSet::new();
    let mut codes: BTreeMap<&str, &str> = BTreeMap::new();
    assert!(banbury_firmware::probes::PROBES.len() >= 7);
    let probes = banbury_firmware::probes::PROBES.iter().map(|probe| probe.describe());
    for probe in probes.chain(banbury_software::lookup::LOOK_UPS.iter().copied()) {
        let name = probe.name;
        assert!(names.insert(name), "{name} twice");
        for (what, text) in
            [("finds", probe.finds), ("how", probe.how), ("wrong", probe.wrong), ("source", probe.source)]
        {
            assert!(filled(text), "{name}: {what}");
        }
        assert!(!probe.misses.is_empty() && probe.misses.iter().all(|miss| filled(miss)), "{name}: misses");
        assert!(!probe.codes.is_empty(), "{name}: codes");
        for code in probe.codes {
            assert!(filled(code.meaning) && filled(code.remedy) && code.title.len() >= 4, "{}", code.code);
            let other = codes.insert(code.code, code.title);
            assert!(other.is_none_or(|other| other == code.title), "{} means two things", code.code);
        }
        if banbury_software::lookup::LOOK_UPS.iter().any(|look_up| look_up.name == name) {
            // It reads claims and feeds, and no file; its tests are in its crate.
            continue;
        }
        let folder = root().join("corpus/probes").join(name);
        assert!(folder.join("input").is_dir(), "{name}: no corpus");
        assert!(folder.join("expected.json").is_file(), "{name}: no golden output");
    }
}

#[test]
fn every_table_is_documented_limited_and_has_its_corpus_and_golden() {
    assert!(banbury_network::INPUTS.len() >= 9);
    for table in banbury_network::INPUTS.iter().map(|table| table.describe()) {
        let name = table.name;
        assert!(
            !table.columns.is_empty() && table.columns.iter().all(|column| !column.holds.is_empty()),
            "{name}"
        );
        assert!(!table.limits.is_empty() && table.limits.iter().all(|limit| filled(limit)), "{name}: limits");
        assert!(filled(table.source), "{name}: source");
        let folder = root().join("corpus/network").join(name);
        assert!(folder.join("expected.json").is_file(), "{name}: no golden output in {}", folder.display());
    }
}

#[test]
fn every_report_format_states_its_limits() {
    assert!(banbury_dossier::REPORT_FORMATS.len() >= 4);
    for format in banbury_dossier::REPORT_FORMATS {
        assert!(
            !format.limits.is_empty() && format.limits.iter().all(|limit| filled(limit)),
            "{}",
            format.name
        );
        assert!(filled(format.source), "{}: source", format.name);
        assert!(format.inspect.is_some() || format.case.is_some(), "{}", format.name);
    }
}
