//! CVE JSON 5, the records of the CVE List (cvelistV5): one file a record, a folder or zip of them.
//!
//! What the CNA and the ADPs state as affected becomes one statement a product. Entries by commits alone order nothing;
//! where a record has numbers for the product too (the kernel's records have both), those count and the commits are left
//! out. `programFiles` are kept: they tell which part of a product is concerned.
//! Source: the CVE Program's "CVE_Record_Format.json", 5.1.

use super::input::Input;
use super::text::{Text, number, owned};
use super::{Description, Feed, Head, ProblemKind, Reading, Replaces};
use crate::Error;
use crate::advisory::{Advisory, Record, Says, Severity, Statement, Status, VersionStatus};
use crate::cpe::Cpe;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

pub(super) struct Cve5;

impl Feed for Cve5 {
    fn describe(&self) -> &'static Description {
        &Description {
            name: "cve-5",
            title: "CVE JSON 5 (cvelistV5)",
            family: "cve",
            replaces: Replaces::Records,
            tells: "vulnerabilities with the affected versions as the product's own CNA states them, and source files",
            source: "https://github.com/CVEProject/cve-schema",
            limits: &[
                "Products are named freely: a product is found when its vendor and name are those of the CPE name, whatever the spelling of spaces and case, or when the record gives CPE names.",
                "Ranges of commits order nothing without the repository.",
                "A zip within a zip, as the whole CVE List is published, has to be unpacked once.",
                "cpeApplicability is not read; NVD's feed has the same conditions.",
            ],
        }
    }

    fn recognise(&self, head: &Head<'_>) -> bool {
        head.value("dataType").is_some_and(|kind| kind.starts_with("\"CVE_RECORD\""))
            || (head.has("cveMetadata") && head.has("containers"))
    }

    fn read(&self, input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
        if input.next_byte()? == b'[' {
            input.array(|input, _| item(input, reading))?;
        } else {
            item(input, reading)?;
        }
        input.finish()
    }
}

fn item(input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
    reading.next();
    let place = input.place().to_owned();
    let (offset, raw) = input.value()?;
    let cve: CveRecord = match serde_json::from_slice(raw) {
        Ok(cve) => cve,
        Err(error) => {
            reading.problem(ProblemKind::Malformed, &place, offset, error.to_string());
            return Ok(());
        }
    };
    let rejected = &*cve.metadata.state == "REJECTED";
    let containers: Vec<&Container> = cve.containers.cna.iter().chain(&cve.containers.adp).collect();
    let english = |one: &&Translation| one.lang.get(..2).is_some_and(|lang| lang.eq_ignore_ascii_case("en"));
    let summary = containers.iter().flat_map(|container| &container.descriptions).find(english);
    let mut advisory = Advisory {
        name: cve.metadata.id.to_owned_string(),
        published: owned(&cve.metadata.published),
        modified: owned(&cve.metadata.updated),
        withdrawn: rejected.then(|| owned(&cve.metadata.rejected).unwrap_or_default()),
        summary: summary.map(|one| one.value.to_owned_string()).unwrap_or_default(),
        severities: containers.iter().flat_map(|container| container.severities()).collect(),
        ..Advisory::default()
    };
    let affected: Vec<&Affected> = containers.iter().flat_map(|container| &container.affected).collect();
    let files: BTreeSet<&str> =
        affected.iter().flat_map(|one| one.files.iter().map(|file| &**file)).collect();
    advisory.files = files.into_iter().map(str::to_owned).collect();
    state(&mut advisory, &affected);
    reading.see_date(advisory.modified.as_deref());
    reading.give(Record::Advisory(Box::new(advisory)), offset)
}

fn state(advisory: &mut Advisory, affected: &[&Affected<'_>]) {
    let mut products: BTreeMap<String, Vec<(bool, Says)>> = BTreeMap::new();
    for one in affected {
        let commits = |entry: &&Entry<'_>| entry.kind.as_deref() == Some("git");
        let git = !one.versions.is_empty() && one.versions.iter().all(|entry| commits(&entry));
        let says = Says::Versions {
            default: one.default,
            versions: one.versions.iter().map(Entry::status).collect(),
            platforms: one.platforms.iter().map(Text::to_owned_string).collect(),
        };
        let mut keys = BTreeSet::new();
        if let (Some(vendor), Some(product)) = (owned(&one.vendor), owned(&one.product)) {
            keys.insert(format!("cve:{}", cve_key(&vendor, &product)));
        }
        let cpes = one.cpes.iter().filter_map(|name| name.parse::<Cpe>().ok()?.key());
        keys.extend(cpes.map(|key| format!("cpe:{key}")));
        for key in keys {
            products.entry(key).or_default().push((git, says.clone()));
        }
    }
    for (key, said) in products {
        let numbers = said.iter().any(|(git, _)| !git);
        for (git, says) in said {
            if !(git && numbers) {
                advisory.statements.push(Statement { key: key.clone(), says });
            }
        }
    }
}

/// Vendor and product, however spaces and case are written.
pub(crate) fn cve_key(vendor: &str, product: &str) -> String {
    let plain = |text: &str| {
        text.trim()
            .to_lowercase()
            .replace(|character: char| character.is_whitespace() || character == '_', "_")
    };
    format!("{}/{}", plain(vendor), plain(product))
}

#[derive(Deserialize)]
struct CveRecord<'a> {
    #[serde(rename = "cveMetadata", borrow)]
    metadata: Metadata<'a>,
    containers: Containers<'a>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(rename = "cveId", borrow)]
    id: Text<'a>,
    state: Text<'a>,
    #[serde(rename = "datePublished")]
    published: Option<Text<'a>>,
    #[serde(rename = "dateUpdated")]
    updated: Option<Text<'a>>,
    #[serde(rename = "dateRejected")]
    rejected: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Containers<'a> {
    #[serde(borrow)]
    cna: Option<Container<'a>>,
    #[serde(default)]
    adp: Vec<Container<'a>>,
}

#[derive(Deserialize)]
struct Container<'a> {
    #[serde(rename = "providerMetadata", borrow)]
    provider: Option<Provider<'a>>,
    #[serde(default)]
    descriptions: Vec<Translation<'a>>,
    #[serde(default)]
    affected: Vec<Affected<'a>>,
    #[serde(default)]
    metrics: Vec<BTreeMap<Text<'a>, serde_json::Value>>,
}

#[derive(Deserialize)]
struct Provider<'a> {
    #[serde(rename = "shortName", borrow)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Translation<'a> {
    #[serde(borrow)]
    lang: Text<'a>,
    value: Text<'a>,
}

#[derive(Deserialize)]
struct Affected<'a> {
    #[serde(borrow)]
    vendor: Option<Text<'a>>,
    product: Option<Text<'a>>,
    #[serde(default)]
    cpes: Vec<Text<'a>>,
    #[serde(default)]
    platforms: Vec<Text<'a>>,
    #[serde(rename = "programFiles", default)]
    files: Vec<Text<'a>>,
    #[serde(rename = "defaultStatus", default)]
    default: Status,
    #[serde(default)]
    versions: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    version: Text<'a>,
    status: Status,
    #[serde(rename = "lessThan")]
    lt: Option<Text<'a>>,
    #[serde(rename = "lessThanOrEqual")]
    le: Option<Text<'a>>,
    #[serde(rename = "versionType")]
    kind: Option<Text<'a>>,
    #[serde(default)]
    changes: Vec<Change<'a>>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    at: Text<'a>,
    status: Status,
}

impl Entry<'_> {
    fn status(&self) -> VersionStatus {
        VersionStatus {
            version: self.version.to_owned_string(),
            status: self.status,
            lt: owned(&self.lt),
            le: owned(&self.le),
            version_type: owned(&self.kind),
            changes: self.changes.iter().map(|change| (change.at.to_owned_string(), change.status)).collect(),
        }
    }
}

impl Container<'_> {
    fn severities(&self) -> Vec<Severity> {
        let source = self.provider.as_ref().and_then(|provider| owned(&provider.name)).unwrap_or_default();
        let scales = [("cvssV4_0", "4.0"), ("cvssV3_1", "3.1"), ("cvssV3_0", "3.0"), ("cvssV2_0", "2.0")];
        let mut found = Vec::new();
        for metric in &self.metrics {
            for (key, scale) in scales {
                let Some(cvss) = metric.iter().find(|(known, _)| &***known == key).map(|(_, cvss)| cvss)
                else {
                    continue;
                };
                let vector = cvss.get("vectorString").and_then(serde_json::Value::as_str);
                let score = match cvss.get("baseScore") {
                    Some(serde_json::Value::Number(score)) => number(&Some(score.clone())),
                    _ => None,
                };
                found.extend(vector.map(|vector| Severity {
                    scale: format!("CVSS:{scale}"),
                    source: source.clone(),
                    vector: vector.to_owned(),
                    score,
                }));
            }
        }
        found
    }
}
