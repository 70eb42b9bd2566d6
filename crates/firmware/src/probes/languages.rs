//! Components that the package managers of programming languages leave their marks of.
//!
//! Finds: the Go release and modules of a Go program (`go-build-info`), the crates of a Rust program built with
//! cargo-auditable (`rust-audit-data`), and installed packages of Python (`python-metadata`), Perl (`perl-module`), Lua
//! (`lua-rockspec`), Node (`node-package`), Ruby (`ruby-gemspec`) and PHP (`php-composer`).
//! How: build information by its mark and form, audit data by its section; metadata files by the place in which the
//! package manager puts them, so that a package's own source or test data is no package.
//! When it is wrong: metadata of a package whose files were removed; a Perl module's number may differ from that of the
//! distribution that it came with; a Go program may link only a part of a module.
//! What it misses: Go programs before 1.13 or with the mark removed, bundled JavaScript, Rust without audit data,
//! modules of the library that Perl itself brings.
//! Source: Go debug/buildinfo; cargo-auditable's PARSING.md; Python packaging's core metadata; perlmod on VERSION;
//! LuaRocks rockspec format; npm's package.json; RubyGems specification reference; Composer's installed.json; purl types.

mod go;
mod installed;
mod rust;

use super::packages::percent;
use super::text::show;
use crate::probe::{Description, File, Findings, Probe};
use banbury_evidence::{Claim, CodeInfo, Location};

/// Components of programming languages.
pub struct Languages;

static COMPONENT: CodeInfo = super::COMPONENT;

static DESCRIPTION: Description = Description {
    name: "languages",
    version: "2",
    finds: "Go releases and modules, Rust crates, and installed packages of Python, Perl, Lua, Node, Ruby and PHP",
    how: "Go build information in both forms, cargo-auditable's section, and metadata files where each package manager puts them",
    wrong: "metadata of a package whose files were removed; the number of a Perl module may differ from its distribution's",
    misses: &[
        "Go programs before 1.13, and those without the mark",
        "Rust programs built without cargo-auditable",
        "modules of the library that Perl itself brings: they are known by Perl's version",
        "JavaScript that was bundled into one file, and packages copied into a program's own source",
        "more than 4,000 packages named by one file, which are counted",
    ],
    codes: &[COMPONENT],
    source: "Go debug/buildinfo; cargo-auditable PARSING.md; Python core metadata; LuaRocks, npm, RubyGems and Composer on their files",
};

/// Packages of one file that are claimed.
const PACKAGES: usize = 4000;
/// Bytes of a name or version that are read as one.
const WORD: usize = 256;

impl Probe for Languages {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        if file.elf().is_some() {
            go::read(file, findings);
            rust::read(file, findings);
        } else {
            installed::read(file, findings);
        }
    }
}

/// A package that was found.
struct Package<'p> {
    /// The purl type.
    kind: &'static str,
    /// Its name; parts of a name space before it end in `/`.
    name: &'p str,
    version: &'p str,
    method: &'static str,
}

impl Package<'_> {
    /// The claim, where name and version are words.
    fn claim(&self, file: &File<'_>, place: Location) -> Option<Claim> {
        let word = |text: &str| {
            !text.is_empty() && text.len() <= WORD && !text.contains(|c: char| c.is_control() || c == ' ')
        };
        if !word(self.name) || !word(self.version) {
            return None;
        }
        let (name, version) = (show(self.name.as_bytes()), show(self.version.as_bytes()));
        let claim = Claim::observation(&COMPONENT, file.subject(), format!("{name} {version}"));
        let claim = claim.fact("name", name).fact("version", version).fact("method", self.method);
        Some(claim.fact("purl", self.purl()).at(place))
    }

    fn purl(&self) -> String {
        // Each type has its rule for names: see the purl types.
        let name = match self.kind {
            "pypi" => self.name.to_lowercase().replace(['_', '.'], "-"),
            "golang" | "composer" | "npm" => self.name.to_lowercase(),
            "cpan" => self.name.replace("::", "-"),
            _ => self.name.to_owned(),
        };
        let path: Vec<String> = name.split('/').map(|part| percent(part.as_bytes())).collect();
        format!("pkg:{}/{}@{}", self.kind, path.join("/"), percent(self.version.as_bytes()))
    }
}

/// Claims packages, each name and version once, and says where there are more than [`PACKAGES`].
fn claim_all<'p>(
    file: &File<'_>,
    packages: impl Iterator<Item = (Package<'p>, Location)>,
    findings: &mut Findings,
) {
    let (mut seen, mut left_out) = (std::collections::BTreeSet::new(), 0usize);
    for (package, place) in packages {
        if seen.len() >= PACKAGES {
            left_out += 1;
        } else if seen.insert((package.name.to_owned(), package.version.to_owned())) {
            match package.claim(file, place) {
                Some(claim) => findings.claim(claim),
                None => {
                    findings.skip(file.location.to_string(), "a package in it has no plain name or version")
                }
            }
        }
    }
    if left_out > 0 {
        findings.skip(file.location.to_string(), format!("{left_out} further packages are named in it"));
    }
}

#[cfg(test)]
mod tests;
