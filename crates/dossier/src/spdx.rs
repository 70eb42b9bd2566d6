//! SPDX 2.3: the components and files of an image as a bill of materials.
//!
//! What: each image as a package whose files are those that were found in it, with their hashes; each component as a
//! package that its image contains; each file in which a component was seen, tied to that component. How: identifiers
//! are made of hashes, the name space is a UUID (version 8, RFC 9562) made from the rest of the document, and the time
//! of creation, which the format demands, is midnight of the day that the inspection counts from: the same input and
//! day give the same bytes. Misses: see [`FORMAT`]'s limits. Source: the SPDX specification 2.3 (ISO/IEC 5962 is 2.2.1)
//! and its JSON schema.

use crate::bill::{self, Item};
use crate::format::{DossierError, Need, ReportFormat, to_json};
use crate::report::{InspectReport, Inspected};
use crate::visible::visible;
use banbury_evidence::{Digest, Location, Object, ObjectKind, Step};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The row of `banbury formats`.
pub(crate) const FORMAT: ReportFormat = ReportFormat {
    name: "spdx",
    title: "SPDX 2.3 JSON",
    extension: "spdx.json",
    media_type: "application/spdx+json",
    limits: &[
        "Components and files only: no vulnerabilities, no findings; JSON and SARIF have them, VEX formats the former.",
        "Licences, suppliers and copyrights are NOASSERTION: no probe looks for them.",
        "No dependency graph: what is contained in an image is stated, not what needs what.",
        "A file's name is the way to it through the containers of the image; folders, links and devices are left out.",
        "The time of creation is midnight, UTC, of the day that the inspection counts from (--as-of), not the time of day.",
    ],
    source: "SPDX specification 2.3 and its JSON schema",
    needs: &[Need::Sha1],
    inspect: Some(render),
    case: None,
};

const NOASSERTION: &str = "NOASSERTION";
const DOCUMENT: &str = "SPDXRef-DOCUMENT";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(rename = "SPDXID")]
    id: &'static str,
    spdx_version: &'static str,
    data_license: &'static str,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_namespace: Option<String>,
    creation_info: CreationInfo,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    packages: Vec<Package>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<File>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relationships: Vec<Relationship>,
}

#[derive(Serialize)]
struct CreationInfo {
    created: String,
    creators: Vec<String>,
    comment: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    #[serde(rename = "SPDXID")]
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_file_name: Option<String>,
    supplier: &'static str,
    download_location: &'static str,
    files_analyzed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_verification_code: Option<VerificationCode>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum>,
    license_concluded: &'static str,
    license_declared: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    license_info_from_files: Vec<&'static str>,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_info: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_package_purpose: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerificationCode {
    package_verification_code_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    algorithm: &'static str,
    checksum_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(rename = "SPDXID")]
    id: String,
    file_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    file_types: Vec<&'static str>,
    checksums: Vec<Checksum>,
    license_concluded: &'static str,
    license_info_in_files: Vec<&'static str>,
    copyright_text: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    relationship_type: &'static str,
    related_spdx_element: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

fn render(report: &InspectReport) -> Result<String, DossierError> {
    let inspected = report.images();
    let names: Vec<&str> = inspected.iter().filter_map(|image| image.names.first().copied()).collect();
    let mut document = Document {
        id: DOCUMENT,
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        name: if names.is_empty() { "no image".to_owned() } else { visible(&names.join(", ")).into_owned() },
        document_namespace: None,
        creation_info: CreationInfo {
            created: format!("{}T00:00:00Z", report.as_of),
            creators: vec![format!("Tool: Banbury-{}", env!("CARGO_PKG_VERSION"))],
            comment: format!(
                "Created counts from {}, the day of the inspection; no clock is in it. What is listed is what was recognised: \
                 that something is not listed is no proof that it is not there.",
                report.as_of
            ),
        },
        packages: Vec::new(),
        files: Vec::new(),
        relationships: Vec::new(),
    };
    for image in &inspected {
        document.add(image);
    }
    let rest = to_json(FORMAT.name, &document)?;
    document.document_namespace = Some(format!("urn:uuid:{}", bill::uuid(&rest)));
    to_json(FORMAT.name, &document)
}

impl Document {
    fn add(&mut self, image: &Inspected<'_>) {
        let id = format!("SPDXRef-Image-{}", image.sha256.short());
        let items = bill::items(image);
        let evidence: BTreeSet<&[Step]> =
            items.iter().flat_map(|item| &item.locations).map(|location| location.steps.as_slice()).collect();
        let listed: Vec<&Object> =
            image.objects.iter().filter(|object| is_listed(object, &evidence)).collect();
        let by_steps: BTreeMap<&[Step], String> = listed
            .iter()
            .map(|object| (object.location.steps.as_slice(), file_id(image.sha256, object)))
            .collect();
        self.relate(DOCUMENT.to_owned(), "DESCRIBES", id.clone(), None);
        self.packages.push(image_package(image, &id, &listed));
        for object in &listed {
            self.relate(id.clone(), "CONTAINS", file_id(image.sha256, object), None);
        }
        self.files.extend(listed.iter().map(|object| file(image.sha256, object)));
        for item in items {
            let package = format!("SPDXRef-Component-{}", item.key);
            self.relate(id.clone(), "CONTAINS", package.clone(), None);
            let places: BTreeSet<&String> = item
                .locations
                .iter()
                .filter_map(|location| by_steps.get(location.steps.as_slice()))
                .collect();
            for place in places {
                self.relate(
                    package.clone(),
                    "OTHER",
                    place.clone(),
                    Some("the component was seen in this file".to_owned()),
                );
            }
            self.packages.push(component_package(package, item));
        }
    }

    fn relate(&mut self, from: String, how: &'static str, to: String, comment: Option<String>) {
        self.relationships.push(Relationship {
            spdx_element_id: from,
            relationship_type: how,
            related_spdx_element: to,
            comment,
        });
    }
}

/// Files, the content of streams, and stretches in no known format in which a component was seen.
fn is_listed(object: &Object, evidence: &BTreeSet<&[Step]>) -> bool {
    let unclaimed = object.location.steps.last().is_some_and(|step| step.format == "unclaimed");
    object.sha256.is_some()
        && matches!(object.kind, ObjectKind::File | ObjectKind::Stream)
        && (!unclaimed || evidence.contains(object.location.steps.as_slice()))
}

fn image_package(image: &Inspected<'_>, id: &str, listed: &[&Object]) -> Package {
    let name = visible(image.names.first().copied().unwrap_or_default()).into_owned();
    let sha1 = image.objects.first().and_then(|root| root.sha1.clone());
    let code = verification_code(listed);
    Package {
        id: id.to_owned(),
        version_info: None,
        package_file_name: Some(name.clone()).filter(|name| !name.is_empty()),
        name: if name.is_empty() { image.sha256.to_string() } else { name },
        supplier: NOASSERTION,
        download_location: NOASSERTION,
        files_analyzed: code.is_some(),
        license_info_from_files: if code.is_some() { vec![NOASSERTION] } else { Vec::new() },
        package_verification_code: code
            .map(|package_verification_code_value| VerificationCode { package_verification_code_value }),
        checksums: checksums(sha1, image.sha256),
        license_concluded: NOASSERTION,
        license_declared: NOASSERTION,
        copyright_text: NOASSERTION,
        source_info: None,
        primary_package_purpose: Some("FIRMWARE"),
        external_refs: Vec::new(),
        comment: image.gap().map(|gap| format!("Not all of it was looked at: {}.", visible(&gap))),
    }
}

fn component_package(id: String, item: Item<'_>) -> Package {
    let methods: Vec<&str> = item.values("banbury:method").collect();
    let source_info = (!methods.is_empty()).then(|| format!("recognised by: {}", methods.join(", ")));
    let mut remarks: Vec<String> =
        item.range().map(|range| format!("version: {range}")).into_iter().collect();
    for (name, words) in [
        ("banbury:upstream-version", "upstream's version"),
        ("banbury:contradiction", "contradictory evidence on the version"),
        ("banbury:cpe", "further CPE name"),
        ("banbury:purl", "further package URL"),
    ] {
        remarks.extend(item.values(name).map(|value| format!("{words}: {value}")));
    }
    let comment = (!remarks.is_empty()).then(|| remarks.join("; "));
    let mut external_refs = Vec::new();
    if let Some(purl) = item.purl.filter(|purl| is_purl(purl)) {
        external_refs.push(ExternalRef {
            reference_category: "PACKAGE-MANAGER",
            reference_type: "purl",
            reference_locator: purl,
        });
    }
    if let Some(cpe) = item.cpe {
        external_refs.push(ExternalRef {
            reference_category: "SECURITY",
            reference_type: "cpe23Type",
            reference_locator: cpe,
        });
    }
    Package {
        id,
        name: item.name,
        version_info: item.version,
        package_file_name: None,
        supplier: NOASSERTION,
        download_location: NOASSERTION,
        files_analyzed: false,
        package_verification_code: None,
        checksums: Vec::new(),
        license_concluded: NOASSERTION,
        license_declared: NOASSERTION,
        license_info_from_files: Vec::new(),
        copyright_text: NOASSERTION,
        source_info,
        primary_package_purpose: None,
        external_refs,
        comment,
    }
}

fn file(image: Digest, object: &Object) -> File {
    File {
        id: file_id(image, object),
        file_name: file_name(&object.location),
        file_types: match object.format.as_deref() {
            Some("elf") => vec!["BINARY"],
            _ => Vec::new(),
        },
        checksums: object.sha256.map(|sha256| checksums(object.sha1.clone(), sha256)).unwrap_or_default(),
        license_concluded: NOASSERTION,
        license_info_in_files: vec![NOASSERTION],
        copyright_text: NOASSERTION,
    }
}

fn file_id(image: Digest, object: &Object) -> String {
    format!("SPDXRef-File-{}-{}", image.short(), object.ordinal)
}

/// The way to a file through its containers: `./squashfs@65536/etc/passwd`.
fn file_name(location: &Location) -> String {
    let mut name = ".".to_owned();
    for step in &location.steps {
        name.push_str(&format!("/{}@{}", step.format, step.offset));
        if let Some(entry) = &step.entry {
            name.push('/');
            name.push_str(entry.trim_start_matches("./").trim_start_matches('/'));
        }
    }
    visible(&name).into_owned()
}

fn checksums(sha1: Option<String>, sha256: Digest) -> Vec<Checksum> {
    let sha1 = sha1.map(|checksum_value| Checksum { algorithm: "SHA1", checksum_value });
    sha1.into_iter().chain([Checksum { algorithm: "SHA256", checksum_value: sha256.to_string() }]).collect()
}

/// SPDX 2.3, 7.9: the SHA-1 of the files' SHA-1 digests, sorted and joined. `None` without files, or without their
/// digests.
fn verification_code(listed: &[&Object]) -> Option<String> {
    let mut digests: Vec<&str> = listed.iter().map(|object| object.sha1.as_deref()).collect::<Option<_>>()?;
    digests.sort_unstable();
    (!digests.is_empty()).then(|| Digest::sha1_of(digests.concat().as_bytes()))
}

/// Whether a text can be a package URL: a scheme, a type and a name.
fn is_purl(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("pkg:") else { return false };
    rest.split_once('/').is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty())
        && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use serde_json::Value;

    fn document() -> Value {
        serde_json::from_str(&render(&sample::inspection()).unwrap()).unwrap()
    }

    #[test]
    fn an_image_holds_its_files_and_components() {
        let document = document();
        let packages = document["packages"].as_array().unwrap();
        let image = &packages[0];
        assert_eq!(
            (&image["primaryPackagePurpose"], &image["filesAnalyzed"]),
            (&"FIRMWARE".into(), &true.into())
        );
        assert_eq!(packages.iter().filter(|package| package["name"] == "busybox").count(), 1);
        let busybox = packages.iter().find(|package| package["name"] == "busybox").unwrap();
        assert_eq!(busybox["externalRefs"].as_array().unwrap().len(), 2);
        let files = document["files"].as_array().unwrap();
        assert_eq!(files.len(), 4, "what has a digest; the exhibit is the image");
        let related = |kind: &str| {
            let all = document["relationships"].as_array().unwrap();
            all.iter().filter(|relationship| relationship["relationshipType"] == kind).count()
        };
        assert_eq!((related("DESCRIBES"), related("CONTAINS"), related("OTHER")), (1, 5, 1));
    }

    #[test]
    fn every_reference_leads_somewhere_and_no_identifier_stands_twice() {
        let document = document();
        let mut known = BTreeSet::from([DOCUMENT.to_owned()]);
        for list in ["packages", "files"] {
            for element in document[list].as_array().unwrap() {
                let id = element["SPDXID"].as_str().unwrap();
                assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)), "{id}");
                assert!(known.insert(id.to_owned()), "{id}");
            }
        }
        for relationship in document["relationships"].as_array().unwrap() {
            for end in ["spdxElementId", "relatedSpdxElement"] {
                assert!(known.contains(relationship[end].as_str().unwrap()), "{relationship}");
            }
        }
    }

    #[test]
    fn the_verification_code_is_of_all_files() {
        let (a, b) = (Digest::sha1_of(b"a"), Digest::sha1_of(b"b"));
        let mut objects = sample::inspection().examinations.remove(0).1.objects;
        objects.truncate(2);
        objects[0].sha1 = Some(b.clone());
        objects[1].sha1 = Some(a.clone());
        let mut sorted = [a, b];
        sorted.sort();
        let listed: Vec<&Object> = objects.iter().collect();
        assert_eq!(verification_code(&listed), Some(Digest::sha1_of(sorted.concat().as_bytes())));
        assert_eq!(verification_code(&[]), None);
        objects[1].sha1 = None;
        assert_eq!(verification_code(&objects.iter().collect::<Vec<_>>()), None);
    }

    #[test]
    fn nothing_was_inspected_is_a_document_too() {
        let document: Value = serde_json::from_str(&render(&sample::empty_inspection()).unwrap()).unwrap();
        assert!(document.get("packages").is_none());
        assert_eq!(document["creationInfo"]["created"], "2019-03-28T00:00:00Z");
    }
}
