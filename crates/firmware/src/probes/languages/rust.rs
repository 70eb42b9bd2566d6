//! The list of crates that cargo-auditable puts into a Rust program.

use super::{Package, claim_all};
use crate::probe::{File, Findings};
use banbury_formats::compression::zlib::Zlib;
use banbury_formats::{Content, EntryKind, Format, Limits, Place};
use serde::Deserialize;

/// Bytes of the list that are read; real ones have some ten thousand.
const LIST: u64 = 8 << 20;

#[derive(Deserialize)]
struct List {
    packages: Vec<Crate>,
}

#[derive(Deserialize)]
struct Crate {
    name: String,
    version: String,
    kind: Option<String>,
}

/// Claims the crates of a program.
pub(super) fn read(file: &File<'_>, findings: &mut Findings) {
    let Some((offset, section)) = file.elf().and_then(|elf| elf.section(".dep-v0")) else { return };
    findings.looked_at(section.len());
    let Some(list) = inflate(section).and_then(|text| serde_json::from_slice::<List>(&text).ok()) else {
        findings.skip(file.location.to_string(), "its list of crates cannot be read");
        return;
    };
    let place = file.location.range(offset, section.len() as u64);
    // What only the build used is not in the program.
    let crates = list.packages.iter().filter(|one| one.kind.as_deref() != Some("build"));
    let crates = crates.map(|one| {
        let package =
            Package { kind: "cargo", name: &one.name, version: &one.version, method: "rust-audit-data" };
        (package, place.clone())
    });
    claim_all(file, crates, findings);
}

fn inflate(section: &[u8]) -> Option<Vec<u8>> {
    let limits = Limits { object_bytes: LIST, ..Limits::default() };
    let mut inner = None;
    Zlib.read(section, Place::Start, &limits, &mut |entry| inner = Some(entry.kind))?;
    match inner? {
        EntryKind::Stream(Content::Slice(bytes)) => Some(bytes.to_vec()),
        EntryKind::Stream(Content::Owned(bytes)) => Some(bytes),
        EntryKind::Stream(Content::Deferred { make, .. }) => Some(make(&limits).bytes),
        _ => None,
    }
}
