//! SPDX tag-value, versions 2.2 and 2.3: bills of materials.
//!
//! Finds: what the JSON form of SPDX yields. How: lines of `Tag: value`, values over several lines in `<text>`; a
//! package starts at `PackageName` and ends where another section starts. Wrong when: a `<text>` is never closed; the
//! rest of the document is then its value, which is said. Misses: see [`FORM`]'s limits. Source: the SPDX
//! specification 2.3, chapters 6 to 11 and its examples of tag-value.

use super::spdx::{Document, Package, actor};
use super::{Component, Form, Read, Statement, cut, sha256};

/// The row of `banbury formats`.
pub(super) const FORM: Form = Form {
    name: "spdx-tag-value",
    title: "SPDX 2.2 and 2.3 tag-value, bill of materials",
    yields: "what it describes, and its packages",
    limits: &[
        "Files and snippets, relationships other than DESCRIBES, annotations, reviews and extracted licences are not read.",
        "The document starts with its version, after comments at most.",
        "A package whose purpose is FILE is taken for a file and left out.",
    ],
    source: "SPDX specification 2.2.1 and 2.3, tag-value",
    mark: "SPDXVersion:",
    read: Read::Text(read),
};

fn read(text: &str, statement: &mut Statement) -> bool {
    let comment = |line: &&str| line.trim().is_empty() || line.starts_with('#');
    if !text.lines().find(|line| !comment(line)).is_some_and(|line| line.starts_with(FORM.mark)) {
        return false;
    }
    let mut lines = Lines { rest: text, number: 0 };
    let mut document = Document::default();
    let mut version = (String::new(), 0);
    let mut package: Option<Package> = None;
    while let Some((line, tag, value)) = lines.next(statement) {
        let stated = (!["NOASSERTION", "NONE", ""].contains(&value.as_str())).then(|| cut(&value));
        match tag {
            "SPDXVersion" if version.1 == 0 => version = (cut(&value), line),
            "DocumentNamespace" => statement.id = stated,
            "Created" => statement.made = stated,
            "Creator" => document.creators.extend(stated),
            "Relationship" => {
                let mut words = value.split_whitespace();
                let mut word = || words.next().unwrap_or_default();
                document.relate(word(), word(), word());
            }
            "PackageName" => {
                document.packages.extend(package.take());
                let component = Component { name: cut(&value), ..Component::default() };
                package = Some(Package { component, place: format!("line {line}"), ..Package::default() });
            }
            "FileName" | "SnippetSPDXID" | "LicenseID" => document.packages.extend(package.take()),
            _ => {
                if let Some(package) = &mut package {
                    package.take(tag, &value, stated);
                }
            }
        }
    }
    document.packages.extend(package);
    for package in &mut document.packages {
        package.component.complete();
    }
    document.state(&version.0, &format!("line {}", version.1), statement);
    true
}

impl Package {
    fn take(&mut self, tag: &str, value: &str, stated: Option<String>) {
        let component = &mut self.component;
        match tag {
            "SPDXID" if self.id.is_empty() => self.id = cut(value),
            "PackageVersion" => component.version = stated,
            "PackageSupplier" => component.supplier = stated.map(|text| actor(&text)),
            "PackageOriginator" if component.supplier.is_none() => {
                component.supplier = stated.map(|text| actor(&text));
            }
            "PackageLicenseConcluded" => component.licence = stated.or(component.licence.take()),
            "PackageLicenseDeclared" if component.licence.is_none() => component.licence = stated,
            "PrimaryPackagePurpose" => self.is_file = value == "FILE",
            "PackageChecksum" => {
                component.sha256.extend(value.strip_prefix("SHA256:").and_then(sha256));
            }
            "ExternalRef" => {
                let mut words = value.split_whitespace().skip(1);
                let (kind, locator) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                component.refer(kind, cut(locator));
            }
            _ => {}
        }
    }
}

struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    /// The next tag, with its line and value.
    fn next(&mut self, statement: &mut Statement) -> Option<(usize, &'a str, String)> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let line = self.line();
            let number = self.number;
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((tag, value)) = line.split_once(':') else {
                statement.problem(format!("line {number}"), "neither a tag nor a comment");
                continue;
            };
            let value = value.trim();
            let Some(mut open) = value.strip_prefix("<text>") else {
                return Some((number, tag.trim(), value.to_owned()));
            };
            let mut text = String::new();
            loop {
                if let Some((last, _)) = open.split_once("</text>") {
                    text.push_str(last);
                    break;
                }
                text.push_str(open);
                text.push('\n');
                if self.rest.is_empty() {
                    statement.problem(format!("line {number}"), "a <text> is never closed");
                    break;
                }
                open = self.line();
            }
            return Some((number, tag.trim(), text.trim().to_owned()));
        }
    }

    fn line(&mut self) -> &'a str {
        self.number += 1;
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        line.strip_suffix('\r').unwrap_or(line)
    }
}
