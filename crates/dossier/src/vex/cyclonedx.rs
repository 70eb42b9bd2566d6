//! CycloneDX 1.6 VEX: what was found of known vulnerabilities, apart from the bill of materials.
//!
//! What: the images, in them the components that are spoken of, and for each of these the vulnerabilities with their
//! analysis. How: the identifiers of images are those of the bill of materials that `-o cyclonedx=` writes; there is no
//! time in it, and the serial number is made from the rest. Misses: see [`FORMAT`]'s limits. Source: ECMA-424 (CycloneDX 1.6).

use super::{Assertion, Part, Status, Vex};
use crate::bill;
use crate::format::{DossierError, ReportFormat, set, to_json};
use crate::visible::visible;
use serde_json::{Value, json};

/// The row of `banbury formats`.
pub(crate) const FORMAT: ReportFormat = ReportFormat {
    name: "cyclonedxvex",
    title: "CycloneDX 1.6 VEX JSON",
    extension: "vex.cdx.json",
    media_type: "application/vnd.cyclonedx+json",
    limits: &[
        "What the version alone rules out is not stated.",
        "Only components that something is stated of are in it; the bill of materials (-o cyclonedx=PATH) has all.",
        "No ratings: a score is an advisory's, and JSON has it with its source.",
        "No response is stated: what a supplier will do is not known.",
    ],
    source: "ECMA-424, CycloneDX 1.6",
    needs: &[],
    inspect: Some(|report| write(&Vex::of_inspection(report))),
    case: Some(|report| write(&Vex::of_case(report))),
};

fn write(vex: &Vex<'_>) -> Result<String, DossierError> {
    let parts = vex.parts();
    let images: Vec<Value> = vex
        .images
        .iter()
        .enumerate()
        .map(|(index, image)| {
            let held = parts.iter().filter(|part| part.image == index).map(|part| component(vex, part));
            json!({
                "type": "firmware",
                "bom-ref": format!("exhibit:{}", image.sha256),
                "name": image.name,
                "hashes": [{ "alg": "SHA-256", "content": image.sha256.to_string() }],
                "components": held.collect::<Vec<_>>(),
            })
        })
        .collect();
    let mut metadata = json!({
        "tools": { "components": [{ "type": "application", "name": "Banbury", "version": env!("CARGO_PKG_VERSION") }] },
        "properties": [{ "name": "banbury:as-of", "value": vex.as_of }],
    });
    if let Some(publisher) = vex.publisher {
        set(&mut metadata, "authors", json!([{ "name": visible(&publisher.name) }]));
    }
    let mut bom = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": &images,
        "vulnerabilities": vex.assertions.iter().map(|assertion| vulnerability(vex, assertion)).collect::<Vec<_>>(),
    });
    // One image is the document's own component, as in the bill of materials.
    if let [image] = images.as_slice() {
        let (mut image, held) = (image.clone(), image.get("components").cloned().unwrap_or_default());
        if let Value::Object(members) = &mut image {
            members.remove("components");
        }
        if let Some(metadata) = bom.get_mut("metadata") {
            set(metadata, "component", image);
        }
        set(&mut bom, "components", held);
    }
    let number = format!("urn:uuid:{}", bill::uuid(&to_json(FORMAT.name, &bom)?));
    set(&mut bom, "serialNumber", number.into());
    to_json(FORMAT.name, &bom)
}

fn component(vex: &Vex<'_>, part: &Part) -> Value {
    let mut component = json!({ "type": "library", "bom-ref": reference(vex, part), "name": part.name });
    for (name, value) in [("version", &part.version), ("purl", &part.purl), ("cpe", &part.cpe)] {
        if let Some(value) = value {
            set(&mut component, name, value.clone().into());
        }
    }
    component
}

fn vulnerability(vex: &Vex<'_>, assertion: &Assertion) -> Value {
    let reference = reference(vex, &assertion.part);
    let mut analysis = json!({
        "state": match assertion.status {
            Status::Affected => "exploitable",
            Status::UnderInvestigation => "in_triage",
            Status::Fixed => "resolved",
            Status::NotAffected => "not_affected",
        },
        "detail": assertion.text(),
    });
    if assertion.status == Status::NotAffected
        && let Some(justification) = assertion.cyclonedx_justification()
    {
        set(&mut analysis, "justification", justification.into());
    }
    let mut properties = vec![json!({ "name": "banbury:reason", "value": assertion.reason })];
    if let Some((since, source)) = &assertion.exploited {
        properties.push(json!({ "name": "banbury:exploited", "value": since }));
        properties.push(json!({ "name": "banbury:exploited-source", "value": source }));
    }
    let mut vulnerability = json!({
        "bom-ref": format!("vulnerability:{}:{reference}", assertion.vulnerability),
        "id": assertion.vulnerability,
        "affects": [{ "ref": reference }],
        "analysis": analysis,
        "properties": properties,
    });
    if let Some(summary) = &assertion.summary {
        set(&mut vulnerability, "description", super::paragraph(summary).into());
    }
    if assertion.status == Status::Affected {
        set(&mut vulnerability, "recommendation", super::NO_REMEDY.into());
    }
    vulnerability
}

fn reference(vex: &Vex<'_>, part: &Part) -> String {
    format!("component:{}", part.key(&vex.images))
}
