//! SPDX JSON, versions 2.2 and 2.3: bills of materials.
//!
//! Finds: packages with their package URL and CPE name, and which of them the document describes. How: members are
//! taken by name; what is described is what `documentDescribes` or a `DESCRIBES` relationship of the document names.
//! Wrong when: nothing is said to be described; then the document is about nothing, and all packages are components.
//! Misses: see [`FORM`]'s limits. Source: the SPDX specification 2.2.1 (ISO/IEC 5962:2021) and 2.3, and their JSON schemas.

use super::{Component, Form, Json, Read, Statement, sha256};
use std::collections::BTreeSet;

/// The row of `banbury formats`.
pub(super) const FORM: Form = Form {
    name: "spdx",
    title: "SPDX 2.2 and 2.3 JSON, bill of materials",
    yields: "what it describes, and its packages",
    limits: &[
        "SPDX 3.0 (JSON-LD) and the forms RDF, XML, YAML and spreadsheet are not read.",
        "Files and snippets, relationships other than DESCRIBES, annotations and extracted licences are not read.",
        "A package whose purpose is FILE is taken for a file and left out.",
    ],
    source: "SPDX specification 2.2.1 and 2.3, JSON schemas",
    mark: "\"spdxVersion\"",
    read: Read::Json(read),
};

/// A package as both forms of SPDX have it.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub id: String,
    pub is_file: bool,
    pub component: Component,
    pub place: String,
}

/// A document as both forms of SPDX have it.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub packages: Vec<Package>,
    pub described: BTreeSet<String>,
    pub creators: Vec<String>,
}

fn read(root: &Json, statement: &mut Statement) -> bool {
    let Some(version) = root.text("spdxVersion") else { return false };
    statement.id = root.text("documentNamespace");
    statement.made = root.get("creationInfo").and_then(|info| info.text("created"));
    let mut document = Document::default();
    if let Some(info) = root.get("creationInfo") {
        document.creators = info.texts("creators").collect();
    }
    document.described = root.texts("documentDescribes").collect();
    for relationship in root.list("relationships") {
        document.relate(
            &relationship.text("spdxElementId").unwrap_or_default(),
            &relationship.text("relationshipType").unwrap_or_default(),
            &relationship.text("relatedSpdxElement").unwrap_or_default(),
        );
    }
    if root.is_no_list("packages") {
        statement.problem("/packages", "not a list");
    }
    document.packages =
        root.list("packages").iter().enumerate().map(|(index, item)| package(item, index)).collect();
    document.state(&version, "/spdxVersion", statement);
    true
}

fn package(item: &Json, index: usize) -> Package {
    let stated = |text: Option<String>| text.filter(|text| !["NOASSERTION", "NONE"].contains(&text.as_str()));
    let mut component = Component {
        name: item.text("name").unwrap_or_default(),
        version: stated(item.text("versionInfo")),
        supplier: stated(item.text("supplier"))
            .or_else(|| stated(item.text("originator")))
            .map(|text| actor(&text)),
        licence: stated(item.text("licenseConcluded")).or_else(|| stated(item.text("licenseDeclared"))),
        ..Component::default()
    };
    for reference in item.list("externalRefs") {
        let (kind, locator) = (reference.text("referenceType"), reference.text("referenceLocator"));
        component.refer(&kind.unwrap_or_default(), locator.unwrap_or_default());
    }
    for checksum in item.list("checksums") {
        if checksum.text("algorithm").as_deref() == Some("SHA256") {
            component.sha256.extend(checksum.text("checksumValue").and_then(|text| sha256(&text)));
        }
    }
    component.complete();
    Package {
        id: item.text("SPDXID").unwrap_or_default(),
        is_file: item.text("primaryPackagePurpose").as_deref() == Some("FILE"),
        component,
        place: format!("/packages/{index}"),
    }
}

impl Component {
    /// Takes an external reference; the first of each kind counts, a CPE 2.3 name before one of 2.2.
    pub(super) fn refer(&mut self, kind: &str, locator: String) {
        let kind = kind.rsplit('/').next().unwrap_or(kind);
        match kind {
            "purl" if !locator.is_empty() => {
                self.purl.get_or_insert(locator);
            }
            "cpe23Type"
                if locator.starts_with("cpe:2.3:")
                    && !self.cpe.as_deref().is_some_and(|cpe| cpe.starts_with("cpe:2.3:")) =>
            {
                self.cpe = Some(locator);
            }
            "cpe22Type" if locator.starts_with("cpe:/") => {
                self.cpe.get_or_insert(locator);
            }
            _ => {}
        }
    }
}

impl Document {
    /// Takes a relationship, where it says what the document is about.
    pub(super) fn relate(&mut self, from: &str, how: &str, to: &str) {
        match how {
            "DESCRIBES" if from == "SPDXRef-DOCUMENT" => self.described.insert(to.to_owned()),
            "DESCRIBED_BY" if to == "SPDXRef-DOCUMENT" => self.described.insert(from.to_owned()),
            _ => false,
        };
    }

    /// Puts what it states into the statement.
    pub(super) fn state(self, version: &str, place: &str, statement: &mut Statement) {
        let number = version.strip_prefix("SPDX-").unwrap_or(version);
        if !["2.0", "2.1", "2.2", "2.3"].contains(&number) {
            statement.problem(place, format!("version {number} is not known; it is read as 2.3"));
        }
        statement.version = Some(number.to_owned());
        // Tools make documents; an organisation or a person answers for them.
        let by = |kind: &str| self.creators.iter().find(|creator| creator.starts_with(kind));
        statement.author = by("Organization:").or_else(|| by("Person:")).map(|creator| actor(creator));
        for package in self.packages {
            if !package.id.is_empty() && self.described.contains(&package.id) && package.component.is_named()
            {
                statement.about.push(package.component);
            } else if !package.is_file {
                statement.component(|| package.place.clone(), package.component);
            }
        }
        if statement.author.is_none() {
            statement.author = statement.about.iter().find_map(|about| about.supplier.clone());
        }
    }
}

/// The name of an actor without its kind and address: `Organization: Example (mail@example.org)`.
pub(super) fn actor(text: &str) -> String {
    let name = text.split_once(':').map_or(text, |(_, name)| name).trim();
    match name.rsplit_once('(') {
        Some((before, mail)) if mail.ends_with(')') && !before.trim().is_empty() => before.trim().to_owned(),
        _ => name.to_owned(),
    }
}
