//! What a shared library's own name, notes, symbols and symbol versions say of its product and version.
//!
//! Finds: the version in a file name (`elf-file-name`), or in the name under which a library keeps its private symbols
//! (`elf-private-symbols`); bounds of the version by the newest symbol version that a library defines
//! (`elf-symbol-version`) and by the symbols that it exports (`elf-symbols`); the package that a note names
//! (`elf-package-note`); the product alone by the SONAME (`soname`).
//! How: `data/symbols` says of each library what its file name, symbol versions and symbols tell; most file names hold a
//! number of the interface, which is no version, and are not read as one. Only a library that defines symbols is asked,
//! under its own name or SONAME; what a program needs of a library says nothing about that library.
//! `data/sonames.txt` says which product alone has a library of which SONAME, in a distribution of thousands, and where the
//! number in the full file name is the release.
//! Bounds are facts of their own, `version-low` and `version-high`, both inclusive; there is no `version` then.
//! When it is wrong: a fork that keeps name and symbols; a maker's own library with the SONAME of another; a distributor
//! who brought a later symbol to an older version.
//! What it misses: libraries that are linked into programs, libraries without a number in their SONAME, and those whose
//! SONAME several products have.
//! Source: `data/symbols` (deb-symbols(5) of Debian packages, file names by the builds of the products); `data/sonames.txt`
//! (the lists of files of Debian's releases); systemd's
//! "Package Metadata for Executable Files".

use super::component::{Known, Product};
use super::packages::percent;
use super::text::show;
use crate::libraries::{Bounds, Library, Table, called};
use crate::names::{self, Named};
use crate::probe::{Description, File, Findings, Probe};
use aho_corasick::AhoCorasick;
use banbury_evidence::{Claim, CodeInfo};
use banbury_formats::executable::elf::Elf;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Components by what ELF files are called, define and export.
pub struct ElfIdentity;

static COMPONENT: CodeInfo = super::COMPONENT;

static DESCRIPTION: Description = Description {
    name: "elf-identity",
    version: "2",
    finds: "components by the SONAMEs of libraries, by file names of libraries that hold the whole version, by notes that name the package, and bounds of versions by symbol versions and exported symbols",
    how: "a table of SONAMEs that one product alone has (data/sonames.txt); tables of libraries (data/symbols): forms of file names, prefixes of symbol versions, symbols by the version that first or last has them; the note of package metadata",
    wrong: "a fork that keeps its origin's names and symbols; a library of a maker's own with a known SONAME; a distribution's patch that brings a later symbol to an older version moves the lower bound",
    misses: &[
        "libraries linked into programs, libraries without a table, and those whose SONAME has no number or several owners",
        "upper bounds of libraries that were shrunken or built with fewer options, whose absent symbols say nothing",
        "versions between two that the tables know: the bounds are as wide as they are",
    ],
    codes: &[COMPONENT],
    source: "deb-symbols(5) of the packages that each table names; the lists of files of Debian's releases; systemd: Package Metadata for Executable Files",
};

/// The owner and type of the note that names a package.
const PACKAGE_NOTE: (&[u8], u32) = (b"FDO", 0xcafe_1a7e);
/// Bytes of such a note that are read; real ones have some hundred.
const NOTE: usize = 16 << 10;

impl Probe for ElfIdentity {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let Some(elf) = file.elf().filter(|elf| matches!(elf.kind, 2 | 3)) else { return };
        findings.looked_at(file.content.len());
        package(file, elf, findings);
        if elf.kind != 3 || elf.is_pie() {
            return;
        }
        let soname = elf.soname().and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
        let own = if soname.is_empty() { file.name() } else { soname };
        let named = names::library(own).filter(|named| named.needs.is_none_or(|text| holds(file, text)));
        if let Some(named) = named {
            by_soname(file, own, named, findings);
        }
        for (table, library) in called(&[file.name(), soname]) {
            let known = named.is_some_and(|named| named.release(own, file.name()).is_some());
            identify(file, elf, (table, library), known, findings);
        }
    }
}

/// The product that has this SONAME, and its release where the file's name holds it.
fn by_soname(file: &File<'_>, soname: &str, named: Named, findings: &mut Findings) {
    let product = names::product(named.product);
    let whole = file.location.range(0, file.content.len() as u64);
    let claim = product.claim(file.subject(), Known::Between(None, None), "soname");
    findings.claim(claim.fact("soname", soname).at(whole.clone()));
    if let Some(version) = named.release(soname, file.name()) {
        let claim = product.claim(file.subject(), Known::Exactly(version), "elf-file-name");
        findings.claim(claim.fact("file", file.name()).at(whole));
    }
}

fn holds(file: &File<'_>, text: &str) -> bool {
    AhoCorasick::new([text]).is_ok_and(|finder| finder.is_match(file.content))
}

/// What a library's table says; `named` when the version in its file name is claimed already.
fn identify(
    file: &File<'_>,
    elf: &Elf<'_>,
    (table, library): (&Table, &Library),
    named: bool,
    findings: &mut Findings,
) {
    let product = Product { name: &table.product, title: &table.title, cpe: &table.cpe };
    let whole = file.location.range(0, file.content.len() as u64);
    if !named && let Some(version) = library.version_of(file.name()) {
        let claim = product.claim(file.subject(), Known::Exactly(version), "elf-file-name");
        findings.claim(claim.fact("file", file.name()).at(whole.clone()));
    }
    let nodes = elf.version_definitions();
    if let Some((version, node)) = library.own_node(&nodes) {
        let claim = product.claim(file.subject(), Known::Exactly(&version), "elf-private-symbols");
        findings.claim(claim.fact("symbol-version", node).at(whole.clone()));
    }
    if let Some((version, node)) = library.newest_node(&nodes) {
        let claim = product.claim(file.subject(), Known::Between(Some(&version), None), "elf-symbol-version");
        findings.claim(claim.fact("symbol-version", node).at(whole.clone()));
    }
    if library.since.is_empty() && library.until.is_empty() {
        return;
    }
    let exports: BTreeSet<&[u8]> =
        file.symbols().iter().filter(|symbol| symbol.defined).map(|symbol| symbol.name).collect();
    let Bounds { low, high } = library.bounds(&exports);
    if low.is_none() && high.is_none() {
        return;
    }
    let known = Known::Between(low.map(|(version, _)| version), high.map(|(version, _)| version));
    let mut claim = product.claim(file.subject(), known, "elf-symbols");
    let note = |bound: Option<(&str, &str)>, what: &str| {
        bound.map(|(_, symbol)| match exports.contains(symbol.as_bytes()) {
            true => format!("{what}, since it exports {symbol}"),
            false => format!("{what}, since it does not export {symbol}"),
        })
    };
    claim = claim.note(format!("by the table of {}: {}", table.product, table.source));
    for note in [note(low, "no lower"), note(high, "no higher")].into_iter().flatten() {
        claim = claim.note(note);
    }
    findings.claim(claim.at(whole));
}

/// The package metadata that a linker was given.
#[derive(Deserialize)]
struct Metadata {
    r#type: Option<String>,
    os: Option<String>,
    name: Option<String>,
    version: Option<String>,
    architecture: Option<String>,
    #[serde(rename = "osCpe")]
    os_cpe: Option<String>,
}

fn package(file: &File<'_>, elf: &Elf<'_>, findings: &mut Findings) {
    let notes = elf.notes();
    let Some(note) = notes.iter().find(|note| (note.name, note.kind) == PACKAGE_NOTE) else { return };
    let start = (note.content.as_ptr() as usize).saturating_sub(file.content.as_ptr() as usize);
    let place = file.location.range(start as u64, note.content.len() as u64);
    let text = note.content.split(|&byte| byte == 0).next().unwrap_or_default();
    let parsed = serde_json::from_slice::<Metadata>(text.get(..NOTE).unwrap_or(text));
    let Ok(Metadata { r#type: kind, os, name: Some(name), version: Some(version), architecture, os_cpe }) =
        parsed
    else {
        findings.skip(file.location.to_string(), "its note of package metadata cannot be read");
        return;
    };
    if name.is_empty() || version.is_empty() || name.len() > 200 || version.len() > 200 {
        return;
    }
    let head = match (kind.as_deref(), &os) {
        (Some(kind @ ("deb" | "rpm" | "apk" | "alpm")), Some(os)) => {
            format!("{kind}/{}/", percent(os.as_bytes()))
        }
        _ => "generic/".to_owned(),
    };
    let arch =
        architecture.as_ref().map(|arch| format!("?arch={}", percent(arch.as_bytes()))).unwrap_or_default();
    let purl = format!("pkg:{head}{}@{}{arch}", percent(name.as_bytes()), percent(version.as_bytes()));
    let (name, version) = (show(name.as_bytes()), show(version.as_bytes()));
    let title = format!("{name} {version}");
    let mut claim = Claim::observation(&COMPONENT, file.subject(), title)
        .fact("name", name)
        .fact("version", version)
        .fact("purl", purl)
        .fact("method", "elf-package-note");
    for (fact, value) in [("package-type", kind), ("distribution", os), ("distribution-cpe", os_cpe)] {
        if let Some(value) = value {
            claim = claim.fact(fact, show(value.as_bytes()));
        }
    }
    findings.claim(claim.at(place));
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;

    fn corpus(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/elf-identity/input/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    fn facts(path: &str, content: &[u8]) -> Vec<String> {
        let claims = claims_of_file(&ElfIdentity, path, content);
        claims
            .iter()
            .map(|claim| {
                let fact = |name: &str| claim.text(name).unwrap_or_default();
                format!("{}: {} {}", fact("method"), claim.title, fact("version"))
            })
            .collect()
    }

    #[test]
    fn a_file_name_is_a_version_only_where_the_build_makes_it_so() {
        let zlib = corpus("lib/libz.so.1.2.13");
        let found = facts("lib/libz.so.1.2.13", &zlib);
        assert!(found.contains(&"elf-file-name: zlib 1.2.13 1.2.13".to_owned()), "{found:?}");
        assert!(found.contains(&"elf-symbol-version: zlib 1.2.9 or later ".to_owned()), "{found:?}");
        let found = facts("lib/libz.so.1", &zlib);
        assert!(!found.iter().any(|one| one.starts_with("elf-file-name")), "{found:?}");
        let curl = corpus("lib/libcurl.so.4.8.0");
        assert!(!facts("lib/libcurl.so.4.8.0", &curl).iter().any(|one| one.starts_with("elf-file-name")));
        assert!(facts("lib/libz.so.1.2.13", b"not ELF").is_empty());
    }

    #[test]
    fn what_a_program_needs_is_not_in_it() {
        assert!(facts("bin/tool", &corpus("bin/tool")).is_empty());
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(facts("bin/program", &program).is_empty());
    }

    #[test]
    fn a_fork_with_the_same_name_is_another_product() {
        assert!(!facts("lib/libcrypto.so.1.1", &corpus("lib/libcrypto.so.1.1")).is_empty());
        assert!(facts("lib/libcrypto.so.47", &corpus("opt/fork/libcrypto.so.47")).is_empty());
    }

    proptest! {
        #[test]
        fn damaged_notes(at in 0usize..1200, byte in any::<u8>()) {
            let mut data = corpus("bin/noted");
            let at = at % data.len();
            data[at] = byte;
            let _ = facts("bin/noted", &data);
        }
    }
}
