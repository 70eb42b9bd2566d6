//! CycloneDX 1.6: the components of an image as a bill of materials.
//!
//! What: the components of an inspection, each once with all evidence for it and the places where it was seen; its version
//! is the package's where a package database names one. No vulnerabilities: those are another document's. How: one image is the document's own component; of several images, each is a component that
//! holds its own. There is no time in it, and the serial number is a UUID (version 8, RFC 9562) made from the SHA-256
//! of the rest of the document, so that the same input gives the same bytes.
//! Misses: see [`FORMAT`]'s limits. Source: ECMA-424 (CycloneDX 1.6).

use crate::format::{DossierError, ReportFormat, to_json};
use crate::report::{InspectReport, Inspected};
use crate::visible::visible;
use banbury_evidence::{Digest, Location};
use banbury_software::join::Joined;
use serde::Serialize;
use std::collections::BTreeSet;

/// The row of `banbury formats`.
pub(crate) const FORMAT: ReportFormat = ReportFormat {
    name: "cyclonedx",
    title: "CycloneDX 1.6 JSON",
    extension: "cdx.json",
    media_type: "application/vnd.cyclonedx+json",
    limits: &[
        "Components only: files, findings and the account of bytes are left out; JSON and SARIF have them.",
        "No dependency graph, and the list is declared incomplete: software without a package record or a known version string is not in it.",
        "Every component has the type library, as the specification recommends where the type is not known.",
        "No confidence is given, since none was measured; how a component was recognised is the property banbury:method.",
    ],
    source: "ECMA-424, CycloneDX 1.6",
    inspect: Some(render),
    case: None,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    compositions: Vec<Composition>,
}

#[derive(Serialize)]
struct Metadata {
    tools: Tools,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<Component>,
}

#[derive(Serialize)]
struct Tools {
    components: Vec<Component>,
}

#[derive(Default, Serialize)]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpe: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Evidence {
    occurrences: Vec<Occurrence>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
struct Occurrence {
    location: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    additional_context: String,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Composition {
    aggregate: &'static str,
    assemblies: Vec<String>,
}

fn render(report: &InspectReport) -> Result<String, DossierError> {
    let inspected = report.inspected();
    let images: Vec<Component> = inspected.iter().map(image).collect();
    let references = images.iter().filter_map(|image| image.reference.clone()).collect();
    let mut bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: None,
        version: 1,
        metadata: Metadata {
            tools: Tools {
                components: vec![Component {
                    kind: "application",
                    name: "Banbury".to_owned(),
                    version: Some(env!("CARGO_PKG_VERSION").to_owned()),
                    ..Component::default()
                }],
            },
            component: None,
        },
        components: images,
        compositions: vec![Composition { aggregate: "incomplete", assemblies: references }],
    };
    if let [image] = bom.components.as_mut_slice() {
        let components = std::mem::take(&mut image.components);
        bom.metadata.component = Some(std::mem::take(image));
        bom.components = components;
    }
    bom.serial_number = Some(serial_number(&to_json(FORMAT.name, &bom)?));
    to_json(FORMAT.name, &bom)
}

fn image(exhibit: &Inspected<'_>) -> Component {
    Component {
        kind: "firmware",
        reference: Some(format!("exhibit:{}", exhibit.sha256)),
        name: visible(exhibit.names.first().copied().unwrap_or_default()).into_owned(),
        hashes: vec![Hash { alg: "SHA-256", content: exhibit.sha256.to_string() }],
        components: components(exhibit),
        ..Component::default()
    }
}

fn components(exhibit: &Inspected<'_>) -> Vec<Component> {
    exhibit.components().iter().map(|joined| component(exhibit, joined)).collect()
}

fn component(exhibit: &Inspected<'_>, joined: &Joined<'_>) -> Component {
    let version = joined.package_version.clone().or_else(|| joined.version.clone());
    let mut properties = BTreeSet::new();
    let mut property = |name: &'static str, value: &str| {
        properties.insert(Property { name, value: value.to_owned() });
    };
    let mut occurrences = BTreeSet::new();
    for evidence in &joined.evidence {
        property("banbury:method", &evidence.method);
        property("banbury:fingerprint", &evidence.fingerprint.to_string());
        occurrences.extend(evidence.claim.locations.iter().map(occurrence));
    }
    // The document has room for one name of each kind; the others are not lost.
    let cpes: Vec<String> = joined.cpes.iter().map(ToString::to_string).collect();
    let cpe = cpes.iter().find(|cpe| is_cpe(cpe)).cloned();
    cpes.iter().filter(|other| Some(*other) != cpe.as_ref()).for_each(|other| property("banbury:cpe", other));
    joined.purls.iter().skip(1).for_each(|purl| property("banbury:purl", purl));
    if let (Some(upstream), Some(_)) = (&joined.version, &joined.package_version) {
        property("banbury:upstream-version", upstream);
    }
    for (name, bound) in [("banbury:version-low", &joined.low), ("banbury:version-high", &joined.high)] {
        if let Some(bound) = bound {
            property(name, bound);
        }
    }
    for claimed in joined.contradictions.iter().flat_map(|one| &one.claimed) {
        property("banbury:contradiction", claimed);
    }
    let purl = joined.purls.first().cloned();
    let first = joined.evidence.first().map(|evidence| evidence.fingerprint.to_string());
    let identity =
        serde_json::json!([exhibit.sha256.to_string(), joined.product, version, purl, first]).to_string();
    Component {
        kind: "library",
        reference: Some(format!("component:{}", Digest::of(identity.as_bytes()).short())),
        name: joined.product.clone(),
        version,
        cpe,
        purl,
        evidence: (!occurrences.is_empty())
            .then(|| Evidence { occurrences: occurrences.into_iter().collect() }),
        properties: properties.into_iter().collect(),
        ..Component::default()
    }
}

fn occurrence(location: &Location) -> Occurrence {
    let innermost = location.entry().map_or_else(|| location.path(), str::to_owned);
    Occurrence {
        location: if innermost.is_empty() { "/".to_owned() } else { innermost },
        line: location.line,
        offset: location.offset,
        additional_context: format!("{}{}", location.exhibit, location.path()),
    }
}

/// Whether a text is a CPE 2.3 formatted string of thirteen fields, in plain characters.
fn is_cpe(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("cpe:2.3:") else { return false };
    let mut fields = 0;
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        match character {
            ':' => fields += 1,
            '\\' if characters.next().is_none_or(|next| !next.is_ascii_punctuation()) => return false,
            '\\' | '*' | '-' | '.' | '_' => {}
            other if other.is_ascii_alphanumeric() => {}
            _ => return false,
        }
    }
    fields == 10
        && rest.split(':').all(|field| !field.is_empty())
        && rest.starts_with(['a', 'o', 'h', '*', '-'])
}

fn serial_number(document: &str) -> String {
    let digest = Digest::of(document.as_bytes()).to_string();
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    // Version 8 (RFC 9562): the version and variant bits are fixed, the rest is the digest's.
    format!("urn:uuid:{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use serde_json::Value;

    #[test]
    fn one_image_is_the_documents_component() {
        let document: Value = serde_json::from_str(&render(&sample::inspection()).unwrap()).unwrap();
        let hash = &document["metadata"]["component"]["hashes"][0]["content"];
        assert_eq!(hash.as_str().unwrap().len(), 64);
        let components = document["components"].as_array().unwrap();
        let busybox: Vec<&Value> =
            components.iter().filter(|component| component["name"] == "busybox").collect();
        assert_eq!(busybox.len(), 1, "the same name, version and purl are one component");
        assert_eq!(busybox[0]["evidence"]["occurrences"].as_array().unwrap().len(), 2);
        assert!(!document.to_string().contains("timestamp"));
    }

    #[test]
    fn several_images_hold_their_own() {
        let mut report = sample::inspection();
        let mut other = report.examinations[0].clone();
        other.1.exhibit = Digest::of(b"other");
        report.examinations.push(other);
        let document: Value = serde_json::from_str(&render(&report).unwrap()).unwrap();
        assert!(document["metadata"].get("component").is_none());
        assert_eq!(document["components"].as_array().unwrap().len(), 2);
        assert!(!document["components"][1]["components"].as_array().unwrap().is_empty());
    }

    #[test]
    fn cpe_is_checked() {
        assert!(is_cpe("cpe:2.3:a:busybox:busybox:1.35.0:*:*:*:*:*:*:*"));
        assert!(is_cpe("cpe:2.3:a:v:a\\:b:1.0\\+x:*:*:*:*:*:*:*"));
        assert!(!is_cpe("cpe:2.3:a:busybox:busybox:1.35.0"));
        assert!(!is_cpe("cpe:/a:busybox:busybox"));
    }

    #[test]
    fn serial_number_is_a_version_8_uuid() {
        let number = serial_number("x");
        assert_eq!(number.len(), "urn:uuid:".len() + 36);
        assert_eq!(number.as_bytes()["urn:uuid:".len() + 14], b'8');
        assert_ne!(number, serial_number("y"));
    }
}
