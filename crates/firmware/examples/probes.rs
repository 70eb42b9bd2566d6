//! What probes say of files and folders as they stand on disk, for measurements: `probes NAME[,NAME] FILE|FOLDER...`, a JSON object a line for each
//! claim, and one for each file and folder with how many objects were looked at and how long that took.
//!
//! A folder is looked at as the tree of one file system. Nothing is unpacked, nothing confined: not for files that are not trusted.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use banbury_evidence::{Digest, Location, ObjectKind, Step};
use banbury_firmware::probe::{File, Findings, KEEP_LIMIT, Probe, Tree, TreeEntry};
use banbury_firmware::probes::PROBES;
use serde_json::json;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let names = arguments.next().ok_or("usage: probes NAME[,NAME] FILE|FOLDER...")?;
    let probes: Vec<&&dyn Probe> =
        PROBES.iter().filter(|probe| names.split(',').any(|name| name == probe.describe().name)).collect();
    if probes.len() != names.split(',').count() {
        return Err(format!("one of {names:?} is no probe; `banbury probes` lists them").into());
    }
    for argument in arguments {
        let path = PathBuf::from(&argument);
        for probe in &probes {
            let started = std::time::Instant::now();
            let mut findings = Findings::default();
            if path.is_dir() {
                folder(**probe, &path, &mut findings)?;
            } else {
                let name =
                    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let content = fs::read(&path)?;
                let here = place(&Location::exhibit(Digest::of(&content)), &name);
                probe.file(&File::new(&name, &content, &here, Digest::of(&content)), &mut findings);
            }
            let name = probe.describe().name;
            for claim in &findings.claims {
                let entry = claim.locations.first().and_then(Location::entry).unwrap_or("");
                println!(
                    "{}",
                    json!({ "of": argument, "probe": name, "code": claim.code, "title": claim.title, "entry": entry,
                            "facts": claim.facts, "decibans": claim.weight.as_ref().map(|weight| weight.decibans) })
                );
            }
            println!(
                "{}",
                json!({ "of": argument, "probe": name, "claims": findings.claims.len(), "looked": findings.looked,
                        "skipped": findings.skipped.len(), "ms": started.elapsed().as_millis() as u64 })
            );
        }
    }
    Ok(())
}

fn place(tree: &Location, path: &str) -> Location {
    tree.inside(Step { format: "folder".to_owned(), offset: 0, entry: Some(path.to_owned()), at: None })
}

fn folder(probe: &dyn Probe, root: &Path, findings: &mut Findings) -> Result<(), Box<dyn Error>> {
    let location = Location::exhibit(Digest::of(root.to_string_lossy().as_bytes()));
    let mut tree = Tree { location: location.clone(), entries: BTreeMap::new() };
    let mut open = vec![root.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next)? {
            let on_disk = entry?.path();
            let path = on_disk.strip_prefix(root)?.to_string_lossy().into_owned();
            let meta = fs::symlink_metadata(&on_disk)?;
            if meta.is_dir() {
                open.push(on_disk);
                continue;
            }
            let mut entry = TreeEntry {
                kind: ObjectKind::File,
                location: place(&location, &path),
                mode: None,
                uid: Some(0),
                target: None,
                sha256: None,
                format: None,
                content: None,
                notes: BTreeMap::new(),
            };
            if meta.is_symlink() {
                entry.kind = ObjectKind::Symlink;
                entry.target = Some(fs::read_link(&on_disk)?.to_string_lossy().into_owned());
            } else if meta.is_file() {
                let content = fs::read(&on_disk)?;
                let sha256 = Digest::of(&content);
                probe.file(&File::new(&path, &content, &entry.location, sha256), findings);
                entry.notes.extend(findings.note.take().map(|note| (probe.describe().name, note)));
                entry.sha256 = Some(sha256);
                if probe.keeps(&path) && content.len() <= KEEP_LIMIT {
                    entry.content = Some(content);
                }
            } else {
                continue;
            }
            tree.entries.insert(path, entry);
        }
    }
    probe.tree(&tree, findings);
    Ok(())
}
