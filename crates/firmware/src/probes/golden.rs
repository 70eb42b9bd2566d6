//! Runs every probe over its corpus folder and compares what it claims with the golden file beside it.
//!
//! `BANBURY_BLESS=1` rewrites the golden files; look at the difference before committing it.

use super::PROBES;
use crate::probe::{File, Findings, KEEP_LIMIT, Probe, Tree, TreeEntry};
use banbury_evidence::{Claim, Digest, Location, ObjectKind, Step};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// 2026-01-01, the day as of which the corpus is judged.
const AS_OF: i64 = 1_767_225_600;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/probes")
}

fn place(tree: &Location, path: &str) -> Location {
    tree.inside(Step { format: "corpus".to_owned(), offset: 0, entry: Some(path.to_owned()), at: None })
}

/// A tree of regular files whose content is all kept.
pub fn tree_of(files: &[(&str, &[u8])]) -> Tree {
    let joined: Vec<u8> = files.iter().flat_map(|(path, bytes)| [path.as_bytes(), bytes].concat()).collect();
    let location = Location::exhibit(Digest::of(&joined));
    let mut tree = Tree { location: location.clone(), entries: BTreeMap::new() };
    for (path, bytes) in files {
        let entry = TreeEntry {
            kind: ObjectKind::File,
            location: place(&location, path),
            mode: Some(0o644),
            uid: Some(0),
            target: None,
            sha256: Some(Digest::of(bytes)),
            format: None,
            content: Some(bytes.to_vec()),
            noted: BTreeMap::new(),
        };
        tree.entries.insert((*path).to_owned(), entry);
    }
    tree
}

/// The same with symbolic links, as (path, target).
pub fn tree_with_links(files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Tree {
    let mut tree = tree_of(files);
    for (path, target) in links {
        let location = place(&tree.location, path);
        let target = Some((*target).to_owned());
        let kind = ObjectKind::Symlink;
        let entry = TreeEntry {
            kind,
            location,
            mode: None,
            uid: None,
            target,
            sha256: None,
            format: None,
            content: None,
            noted: BTreeMap::new(),
        };
        tree.entries.insert((*path).to_owned(), entry);
    }
    tree
}

/// What a probe claims of a tree as a whole.
pub fn claims_of_tree(probe: &dyn Probe, tree: &Tree) -> Vec<Claim> {
    let mut findings = Findings { as_of: Some(AS_OF), ..Findings::default() };
    probe.tree(tree, &mut findings);
    findings.claims
}

/// What a probe claims of one file.
pub fn claims_of_file(probe: &dyn Probe, path: &str, content: &[u8]) -> Vec<Claim> {
    let location = place(&Location::exhibit(Digest::of(content)), path);
    let mut findings = Findings { as_of: Some(AS_OF), ..Findings::default() };
    probe.file(&File::new(path, content, &location, Digest::of(content)), &mut findings);
    findings.claims
}

/// Every file and link under `folder`, as paths from it.
fn walk(folder: &Path, base: &Path, found: &mut Vec<(String, PathBuf)>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            walk(&path, base, found);
        } else if entry.file_type().unwrap().is_file() || entry.file_type().unwrap().is_symlink() {
            found.push((path.strip_prefix(base).unwrap().to_str().unwrap().to_owned(), path));
        }
    }
}

/// Runs a probe over all that `folder` holds, as the engine would.
pub fn examine(probe: &dyn Probe, folder: &Path, exhibit: Digest) -> Findings {
    let location = Location::exhibit(exhibit);
    let mut tree = Tree { location: location.clone(), entries: BTreeMap::new() };
    let mut findings = Findings { as_of: Some(AS_OF), ..Findings::default() };
    let mut paths = Vec::new();
    walk(folder, folder, &mut paths);
    for (path, on_disk) in paths {
        let meta = fs::symlink_metadata(&on_disk).unwrap();
        let here = place(&location, &path);
        let mut entry = TreeEntry {
            kind: ObjectKind::File,
            location: here.clone(),
            mode: Some(meta.permissions().mode() & 0o7777),
            uid: Some(0),
            target: None,
            sha256: None,
            format: None,
            content: None,
            noted: BTreeMap::new(),
        };
        if meta.is_symlink() {
            entry.kind = ObjectKind::Symlink;
            entry.target = Some(fs::read_link(&on_disk).unwrap().to_str().unwrap().to_owned());
        } else {
            let content = fs::read(&on_disk).unwrap();
            let mut file = File::new(&path, &content, &here, Digest::of(&content));
            file.mode = entry.mode;
            let mut of_file = Findings { as_of: Some(AS_OF), ..Findings::default() };
            probe.file(&file, &mut of_file);
            entry.noted.extend(of_file.noted.take().map(|noted| (probe.describe().name, noted)));
            findings.append(of_file);
            entry.sha256 = Some(file.sha256);
            if probe.keeps(&path) && content.len() <= KEEP_LIMIT {
                entry.content = Some(content);
            }
        }
        tree.entries.insert(path, entry);
    }
    probe.tree(&tree, &mut findings);
    findings
}

fn golden(findings: &Findings) -> serde_json::Value {
    let claims = findings.claims.iter().map(|claim| {
        let places = claim.locations.iter().map(|location| {
            let mut place = serde_json::json!({ "path": location.entry().unwrap_or("") });
            for (name, value) in [
                ("line", location.line.map(u64::from)),
                ("offset", location.offset),
                ("length", location.length),
            ] {
                if let Some(value) = value {
                    place[name] = value.into();
                }
            }
            place
        });
        serde_json::json!({
            "code": claim.code,
            "title": claim.title,
            "facts": claim.facts,
            "notes": claim.notes,
            "locations": places.collect::<Vec<_>>(),
        })
    });
    serde_json::json!({ "claims": claims.collect::<Vec<_>>(), "skipped": findings.skipped.len(), "looked": findings.looked })
}

#[test]
fn probes_claim_what_their_golden_files_say() {
    let mut wrong = Vec::new();
    for probe in PROBES {
        let name = probe.describe().name;
        let folder = corpus().join(name);
        assert!(folder.join("input").is_dir(), "probe {name} has no corpus folder {}", folder.display());
        let findings = examine(*probe, &folder.join("input"), Digest::of(name.as_bytes()));
        let found = serde_json::to_string_pretty(&golden(&findings)).unwrap() + "\n";
        let expected = folder.join("expected.json");
        if std::env::var_os("BANBURY_BLESS").is_some() {
            fs::write(&expected, &found).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(name);
        }
        assert!(!findings.claims.is_empty(), "the corpus of {name} shows nothing");
        let codes: BTreeSet<&str> = probe.describe().codes.iter().map(|info| info.code).collect();
        let claimed: BTreeSet<&str> = findings.claims.iter().map(|claim| claim.code.as_str()).collect();
        assert_eq!(claimed, codes, "the corpus of {name} shows each of its codes, and no other");
        let mut prints = BTreeSet::new();
        for claim in &findings.claims {
            assert!(
                prints.insert(claim.fingerprint()),
                "{name}: two claims of one fingerprint: {}",
                claim.title
            );
            assert!(!claim.locations.is_empty() && claim.title.len() < 700, "{name}: {}", claim.title);
        }
    }
    assert!(wrong.is_empty(), "other than expected.json: {wrong:?}; BANBURY_BLESS=1 rewrites it");
}

#[test]
fn probes_are_documented() {
    let mut names = BTreeSet::new();
    for probe in PROBES {
        let described = probe.describe();
        assert!(names.insert(described.name), "{} stands twice", described.name);
        assert!(!described.misses.is_empty() && described.misses.iter().all(|text| text.len() > 10));
        for text in [described.finds, described.how, described.wrong, described.source, described.version] {
            assert!(!text.is_empty(), "{}", described.name);
        }
        for info in described.codes {
            assert!(
                info.meaning.len() > 40 && info.remedy.len() > 20 && !info.title.is_empty(),
                "{}",
                info.code
            );
        }
    }
}

/// Prints what every probe says of a folder: `BANBURY_TREE=folder cargo test -- --ignored look_at_a_folder`.
#[test]
#[ignore = "for looking at a real tree by eye; needs BANBURY_TREE"]
fn look_at_a_folder() {
    let folder = PathBuf::from(std::env::var_os("BANBURY_TREE").unwrap());
    let only = std::env::var("BANBURY_PROBE").unwrap_or_default();
    for probe in PROBES.iter().filter(|probe| only.is_empty() || probe.describe().name == only) {
        let started = std::time::Instant::now();
        let findings = examine(*probe, &folder, Digest::of(b"a folder"));
        println!("== {} ({:?}, {} looked at)", probe.describe().name, started.elapsed(), findings.looked);
        for claim in &findings.claims {
            let path = claim.locations.first().and_then(Location::entry).unwrap_or("");
            let facts: Vec<_> =
                claim.facts.iter().map(|(name, value)| format!("{name}={}", value.to_text())).collect();
            println!("{} | {} | {path} | {}", claim.code, claim.title, facts.join("; "));
        }
        findings.skipped.iter().for_each(|skipped| println!("skipped {} {}", skipped.what, skipped.why));
    }
}
