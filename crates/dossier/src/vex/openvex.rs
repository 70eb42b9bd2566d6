//! OpenVEX 0.2.0: what was found of known vulnerabilities.
//!
//! What: a statement for each vulnerability in each component of each image: the image is the product, pinned by its
//! hash, the component its subcomponent. How: the author is the publisher, the time midnight of the day that the report
//! counts from, the identifier made from the rest. Misses: see [`FORMAT`]'s limits. Source: the OpenVEX specification 0.2.0.

use super::{Assertion, Part, Status, Vex};
use crate::bill;
use crate::format::{DossierError, Need, ReportFormat, set, to_json};
use crate::visible::visible;
use serde_json::{Value, json};

/// The row of `banbury formats`.
pub(crate) const FORMAT: ReportFormat = ReportFormat {
    name: "openvex",
    title: "OpenVEX 0.2.0",
    extension: "openvex.json",
    media_type: "application/json",
    limits: &[
        "What the version alone rules out is not stated.",
        "It needs an author: [publisher] in a case's banbury.toml, or --publisher of an inspection.",
        "The time is midnight, UTC, of the day that the report counts from (--as-of), not the time of day.",
        "It cannot be written where there is nothing to state; the format has no empty document.",
    ],
    source: "OpenVEX specification 0.2.0",
    needs: &[Need::Publisher],
    inspect: Some(|report| write(&Vex::of_inspection(report))),
    case: Some(|report| write(&Vex::of_case(report))),
};

fn write(vex: &Vex<'_>) -> Result<String, DossierError> {
    vex.check(&FORMAT)?;
    let author = vex.publisher.map(|publisher| visible(&publisher.name).into_owned()).unwrap_or_default();
    let statements: Vec<Value> = vex.assertions.iter().map(|assertion| statement(vex, assertion)).collect();
    let mut document = json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "author": author,
        "timestamp": vex.time(),
        "version": 1,
        "tooling": format!("Banbury {}", env!("CARGO_PKG_VERSION")),
        "statements": statements,
    });
    let id = format!("urn:uuid:{}", bill::uuid(&to_json(FORMAT.name, &document)?));
    set(&mut document, "@id", id.into());
    to_json(FORMAT.name, &document)
}

fn statement(vex: &Vex<'_>, assertion: &Assertion) -> Value {
    let mut vulnerability = json!({ "name": assertion.vulnerability });
    if let Some(summary) = &assertion.summary {
        set(&mut vulnerability, "description", super::paragraph(summary).into());
    }
    let mut statement = json!({
        "vulnerability": vulnerability,
        "products": [product(vex, &assertion.part)],
        "status": match assertion.status {
            Status::Affected => "affected",
            Status::UnderInvestigation => "under_investigation",
            Status::Fixed => "fixed",
            Status::NotAffected => "not_affected",
        },
    });
    match assertion.status {
        Status::Affected => {
            let exploited = assertion.exploited_text().map(|text| format!("{text} ")).unwrap_or_default();
            set(&mut statement, "action_statement", format!("{exploited}{}", super::NO_REMEDY).into());
            set(&mut statement, "status_notes", assertion.text().into());
        }
        Status::NotAffected => {
            if let Some(justification) = assertion.justification() {
                set(&mut statement, "justification", justification.into());
            }
            set(&mut statement, "impact_statement", assertion.text().into());
        }
        Status::Fixed => set(&mut statement, "status_notes", assertion.text().into()),
        Status::UnderInvestigation => {
            let exploited = assertion.exploited_text().map(|text| format!("{text} ")).unwrap_or_default();
            set(&mut statement, "status_notes", format!("{exploited}{}", assertion.text()).into());
        }
    }
    statement
}

fn product(vex: &Vex<'_>, part: &Part) -> Value {
    let mut product = match vex.image(part) {
        Some(image) => json!({
            "@id": image.purl(),
            "identifiers": { "purl": image.purl() },
            "hashes": { "sha-256": image.sha256.to_string() },
        }),
        None => json!({}),
    };
    let mut identifiers = json!({});
    for (name, value) in [("purl", &part.purl), ("cpe23", &part.cpe)] {
        if let Some(value) = value {
            set(&mut identifiers, name, value.clone().into());
        }
    }
    let id = part.purl.clone().unwrap_or_else(|| named(part));
    let mut subcomponent = json!({ "@id": id });
    if identifiers != json!({}) {
        set(&mut subcomponent, "identifiers", identifiers);
    }
    set(&mut product, "subcomponents", json!([subcomponent]));
    product
}

/// A package URL for what has none.
fn named(part: &Part) -> String {
    let version = part.version.as_deref().map(|version| format!("@{}", super::percent(version)));
    format!("pkg:generic/{}{}", super::percent(&part.name), version.unwrap_or_default())
}
