//! CSAF 2.0, profile VEX: what was found of known vulnerabilities.
//!
//! What: a product tree of the images and of the components in them, and each vulnerability with the products that are
//! affected, not affected and why, or under investigation. How: publisher and name space are stated by the user, times are
//! midnight of the day that the report counts from, the identifier is made from the rest; the document is a draft, which a
//! person has to release. Misses: see [`FORMAT`]'s limits. Source: OASIS CSAF 2.0, profile 5 (4.5).

use super::{Assertion, Part, Status, Vex};
use crate::bill;
use crate::format::{CATEGORY, DossierError, Need, ReportFormat, set, to_json};
use crate::visible::visible;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The row of `banbury formats`.
pub(crate) const FORMAT: ReportFormat = ReportFormat {
    name: "csaf",
    title: "CSAF 2.0 VEX",
    extension: "csaf.json",
    media_type: "application/json",
    limits: &[
        "What the version alone rules out is not stated.",
        "It needs a publisher and a URL of theirs: [publisher] in a case's banbury.toml, or --publisher and --publisher-namespace of an inspection.",
        "The document is a draft of version 0: a person releases it.",
        "Times are midnight, UTC, of the day that the report counts from (--as-of), not the time of day.",
        "No scores: a score is an advisory's, and JSON has it with its source.",
        "It cannot be written where there is nothing to state; the format has no empty document.",
    ],
    source: "OASIS CSAF 2.0, profile csaf_vex",
    needs: &[Need::Publisher, Need::Namespace],
    inspect: Some(|report| write(&Vex::of_inspection(report))),
    case: Some(|report| write(&Vex::of_case(report))),
};

fn write(vex: &Vex<'_>) -> Result<String, DossierError> {
    vex.check(&FORMAT)?;
    let mut by_vulnerability: BTreeMap<&str, Vec<&Assertion>> = BTreeMap::new();
    for assertion in &vex.assertions {
        by_vulnerability.entry(&assertion.vulnerability).or_default().push(assertion);
    }
    let vulnerabilities: Vec<Value> =
        by_vulnerability.iter().map(|(id, assertions)| vulnerability(vex, id, assertions)).collect();
    let mut document = json!({
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "lang": "en",
            "title": if vex.title.is_empty() { "VEX".to_owned() } else { format!("VEX: {}", vex.title) },
            "publisher": publisher(vex),
            "notes": [{
                "category": "general",
                "title": "How this was made",
                "text": "Made from what was seen in the images, with public advisories. What a version alone rules out is not listed.",
            }],
        },
        "product_tree": product_tree(vex),
        "vulnerabilities": vulnerabilities,
    });
    let id = format!("banbury-{}", bill::uuid(&to_json(FORMAT.name, &document)?));
    let tracking = json!({
        "id": id,
        "status": "draft",
        "version": "0",
        "initial_release_date": vex.time(),
        "current_release_date": vex.time(),
        "generator": { "engine": { "name": "Banbury", "version": env!("CARGO_PKG_VERSION") } },
        "revision_history": [{ "number": "0", "date": vex.time(), "summary": "Made by the tool; not released." }],
    });
    if let Some(head) = document.get_mut("document") {
        set(head, "tracking", tracking);
    }
    to_json(FORMAT.name, &document)
}

fn publisher(vex: &Vex<'_>) -> Value {
    let Some(publisher) = vex.publisher else { return json!({}) };
    let mut value = json!({
        "category": publisher.category.as_deref().unwrap_or(CATEGORY),
        "name": visible(&publisher.name),
        "namespace": publisher.namespace.as_deref().unwrap_or_default(),
    });
    if let Some(contact) = &publisher.contact {
        set(&mut value, "contact_details", visible(contact).into());
    }
    value
}

/// Each image, each component, and each component in its image.
fn product_tree(vex: &Vex<'_>) -> Value {
    let mut names = BTreeMap::new();
    let mut relationships = Vec::new();
    for image in &vex.images {
        let id = format!("image-{}", image.sha256.short());
        names.insert(
            id.clone(),
            json!({
                "product_id": id,
                "name": if image.name.is_empty() { image.sha256.to_string() } else { image.name.clone() },
                "product_identification_helper": { "hashes": [{
                    "filename": if image.name.is_empty() { "image".to_owned() } else { image.name.clone() },
                    "file_hashes": [{ "algorithm": "sha256", "value": image.sha256.to_string() }],
                }] },
            }),
        );
    }
    for part in vex.parts() {
        let Some(image) = vex.image(part) else { continue };
        let key = part.key(&vex.images);
        let id = format!("component-{key}");
        let mut name = json!({ "product_id": id, "name": part.title() });
        let mut helper = json!({});
        for (name, value) in [("purl", &part.purl), ("cpe", &part.cpe)] {
            if let Some(value) = value {
                set(&mut helper, name, value.clone().into());
            }
        }
        if helper != json!({}) {
            set(&mut name, "product_identification_helper", helper);
        }
        names.insert(id.clone(), name);
        relationships.push(json!({
            "category": "default_component_of",
            "product_reference": id,
            "relates_to_product_reference": format!("image-{}", image.sha256.short()),
            "full_product_name": { "product_id": product_id(vex, part), "name": format!("{} as part of {}", part.title(), image.name) },
        }));
    }
    json!({ "full_product_names": names.into_values().collect::<Vec<_>>(), "relationships": relationships })
}

fn vulnerability(vex: &Vex<'_>, id: &str, assertions: &[&Assertion]) -> Value {
    let mut lists: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut flags: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut threats: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
    let mut notes: BTreeSet<String> = BTreeSet::new();
    let mut affected = Vec::new();
    for assertion in assertions {
        let product = product_id(vex, &assertion.part);
        let list = match assertion.status {
            Status::Affected => "known_affected",
            Status::UnderInvestigation => "under_investigation",
            Status::Fixed => "fixed",
            Status::NotAffected => "known_not_affected",
        };
        lists.entry(list).or_default().push(product.clone());
        match assertion.status {
            Status::Affected => affected.push(product.clone()),
            Status::NotAffected => {
                if let Some(label) = assertion.justification() {
                    flags.entry(label).or_default().push(product.clone());
                }
                threats.entry(("impact", assertion.text())).or_default().push(product.clone());
            }
            Status::Fixed | Status::UnderInvestigation => {}
        }
        if assertion.status != Status::NotAffected {
            notes.insert(format!("{}: {}", assertion.part.title(), assertion.text()));
        }
        if let Some(text) = assertion.exploited_text() {
            threats.entry(("exploit_status", text)).or_default().push(product);
        }
    }
    let summary = assertions.iter().find_map(|assertion| assertion.summary.as_deref());
    let description =
        summary.map_or_else(|| format!("{id}: the advisory's own text is not at hand."), super::paragraph);
    let mut all_notes =
        vec![json!({ "category": "description", "title": "Description", "text": description })];
    all_notes.extend(
        notes.into_iter().map(|text| json!({ "category": "details", "title": "Status", "text": text })),
    );
    let mut vulnerability = json!({ "notes": all_notes, "product_status": lists });
    if is_cve(id) {
        set(&mut vulnerability, "cve", id.into());
    } else {
        set(&mut vulnerability, "ids", json!([{ "system_name": "advisory", "text": id }]));
    }
    if !flags.is_empty() {
        let flags: Vec<Value> = flags
            .into_iter()
            .map(|(label, products)| json!({ "label": label, "product_ids": products }))
            .collect();
        set(&mut vulnerability, "flags", flags.into());
    }
    if !threats.is_empty() {
        let threat = |((category, text), products): ((&str, String), Vec<String>)| json!({ "category": category, "details": text, "product_ids": products });
        set(&mut vulnerability, "threats", threats.into_iter().map(threat).collect::<Vec<_>>().into());
    }
    if !affected.is_empty() {
        let remedy =
            json!([{ "category": "none_available", "details": super::NO_REMEDY, "product_ids": affected }]);
        set(&mut vulnerability, "remediations", remedy);
    }
    vulnerability
}

fn product_id(vex: &Vex<'_>, part: &Part) -> String {
    format!("part-{}", part.key(&vex.images))
}

/// `CVE-2099-0001`: a year and at least four digits.
fn is_cve(id: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = id.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(year, number)| year.len() == 4 && digits(year) && number.len() >= 4 && digits(number))
}
