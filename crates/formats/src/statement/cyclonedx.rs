//! CycloneDX JSON, versions 1.2 to 1.7: bills of materials and VEX.
//!
//! Finds: `metadata.component` as what the document is about, `components` with those that they hold, and
//! `vulnerabilities` with their analysis for each component that they affect, by `bom-ref`. How: members are taken by
//! name; of the versions that an `affects` lists, each is a statement of its own. Wrong when: an identifier is not
//! unique; the first that has it counts. Misses: see [`FORM`]'s limits. Source: ECMA-424 (CycloneDX 1.6) and the
//! project's JSON schemas.

use super::{Component, Form, Json, Read, State, Statement, Status, sha256};
use std::collections::HashMap;

/// The row of `banbury formats`.
pub(super) const FORM: Form = Form {
    name: "cyclonedx",
    title: "CycloneDX JSON, bill of materials or VEX",
    yields: "what it is about, components at all levels, vulnerabilities with their analysis",
    limits: &[
        "JSON only: the XML and Protocol Buffers forms are not read.",
        "Services, dependencies, licences beyond their names, annotations, formulation and signatures are not read.",
        "A reference into another document (BOM-Link) is known by its text alone.",
        "A range of versions in `affects` is kept as it is written (vers:...).",
    ],
    source: "ECMA-424 (CycloneDX 1.6); bom-1.4, 1.5 and 1.6.schema.json",
    mark: "CycloneDX",
    read: Read::Json(read),
};

/// Components of one document by their references.
type ByReference<'a> = HashMap<&'a str, Component>;

fn read(root: &Json, statement: &mut Statement) -> bool {
    if root.text("bomFormat").as_deref() != Some("CycloneDX") {
        return false;
    }
    statement.version = root.text("specVersion");
    match statement.version.as_deref() {
        Some("1.2" | "1.3" | "1.4" | "1.5" | "1.6" | "1.7") => {}
        Some(other) => {
            let what = format!("version {other} is not known; it is read as 1.6");
            statement.problem("/specVersion", what);
        }
        None => {
            statement.version = Some("?".to_owned());
            statement.problem("/specVersion", "no version is stated; it is read as 1.6");
        }
    }
    statement.id = root.text("serialNumber");
    statement.made = root.at(&["metadata"]).and_then(|metadata| metadata.text("timestamp"));
    statement.author = author(root);
    statement.complete = complete(root);
    let mut by_reference = HashMap::new();
    if let Some(subject) = root.at(&["metadata", "component"]) {
        let about = component(subject);
        remember(subject, &about, &mut by_reference);
        if about.is_named() {
            statement.about.push(about);
        }
        components(subject, "/metadata/component", statement, &mut by_reference);
    }
    components(root, "", statement, &mut by_reference);
    // Of several images each is a component of the document.
    if statement.about.is_empty() {
        let firmware = |item: &&Json| item.text("type").as_deref() == Some("firmware");
        for image in root.list("components").iter().filter(firmware).map(component) {
            statement.is_about(&image);
            statement.components.retain(|component| *component != image);
        }
    }
    if root.is_no_list("vulnerabilities") {
        statement.problem("/vulnerabilities", "not a list");
    }
    for (index, vulnerability) in root.list("vulnerabilities").iter().enumerate() {
        self::vulnerability(vulnerability, index, statement, &by_reference);
    }
    true
}

/// The components that an object holds, and what they hold in turn.
fn components<'a>(
    holder: &'a Json,
    place: &str,
    statement: &mut Statement,
    by_reference: &mut ByReference<'a>,
) {
    if holder.is_no_list("components") {
        statement.problem(format!("{place}/components"), "not a list");
    }
    for (index, item) in holder.list("components").iter().enumerate() {
        let component = component(item);
        remember(item, &component, by_reference);
        // A file is no component; what it holds may be.
        if item.text("type").as_deref() != Some("file") {
            statement.component(|| format!("{place}/components/{index}"), component);
        }
        if item.get("components").is_some() {
            components(item, &format!("{place}/components/{index}"), statement, by_reference);
        }
    }
}

fn remember<'a>(item: &'a Json, component: &Component, by_reference: &mut ByReference<'a>) {
    if let Some(Json::Text(reference)) = item.get("bom-ref") {
        by_reference.entry(reference).or_insert_with(|| component.clone());
    }
}

fn component(item: &Json) -> Component {
    let name = item.text("name").unwrap_or_default();
    let group = item.text("group");
    let named = |member: &str| item.get(member).and_then(|organisation| organisation.text("name"));
    let licence = |entry: &Json| {
        let licence = entry.get("licence").or_else(|| entry.get("license"));
        entry.text("expression").or_else(|| licence?.text("id")).or_else(|| licence?.text("name"))
    };
    let licences: Vec<String> = item.list("licenses").iter().filter_map(licence).collect();
    let is_sha256 = |hash: &&Json| hash.text("alg").as_deref() == Some("SHA-256");
    let mut component = Component {
        name,
        version: item.text("version"),
        purl: item.text("purl"),
        cpe: item.text("cpe"),
        supplier: named("supplier")
            .or_else(|| named("manufacturer"))
            .or_else(|| item.text("publisher"))
            .or(group),
        licence: (!licences.is_empty()).then(|| licences.join(" AND ")),
        sha256: item
            .list("hashes")
            .iter()
            .filter(is_sha256)
            .filter_map(|hash| sha256(&hash.text("content")?))
            .collect(),
    };
    component.complete();
    component
}

/// Who answers for the document: its supplier, manufacturer or authors, else the supplier of what it is about.
fn author(root: &Json) -> Option<String> {
    let metadata = root.get("metadata")?;
    let named = |member: &str| metadata.get(member).and_then(|organisation| organisation.text("name"));
    let of_subject = || {
        let subject = metadata.get("component")?;
        let named = |member: &str| subject.get(member).and_then(|organisation| organisation.text("name"));
        named("supplier").or_else(|| named("manufacturer")).or_else(|| subject.text("publisher"))
    };
    named("supplier")
        .or_else(|| named("manufacturer"))
        .or_else(|| named("manufacture"))
        .or_else(|| metadata.list("authors").iter().find_map(|author| author.text("name")))
        .or_else(of_subject)
}

/// Whether the list is declared complete: `complete` for all that is composed, or anything less.
fn complete(root: &Json) -> Option<bool> {
    let aggregates: Vec<String> =
        root.list("compositions").iter().filter_map(|item| item.text("aggregate")).collect();
    let known =
        aggregates.iter().filter(|aggregate| !["unknown", "not_specified"].contains(&aggregate.as_str()));
    known.fold(None, |all, aggregate| Some(all.unwrap_or(true) && aggregate == "complete"))
}

fn vulnerability(item: &Json, index: usize, statement: &mut Statement, by_reference: &ByReference<'_>) {
    let place = format!("/vulnerabilities/{index}");
    let Some(id) = item.text("id") else {
        statement.problem(place, "a vulnerability without an identifier");
        return;
    };
    let analysis = item.get("analysis");
    let word = analysis.and_then(|analysis| analysis.text("state"));
    let state = match word.as_deref() {
        Some("exploitable") => State::Affected,
        Some("not_affected" | "false_positive") => State::NotAffected,
        Some("resolved" | "resolved_with_pedigree") => State::Fixed,
        Some("in_triage") => State::UnderInvestigation,
        None => State::NotStated,
        Some(other) => {
            statement.problem(format!("{place}/analysis/state"), format!("{other:?} is no state"));
            State::NotStated
        }
    };
    let status = Status {
        vulnerability: id,
        state,
        justification: analysis.and_then(|analysis| analysis.text("justification")),
        detail: analysis.and_then(|analysis| analysis.text("detail")).or_else(|| item.text("recommendation")),
        component: Component::default(),
        product: statement.about.first().cloned(),
    };
    let affects = item.list("affects");
    if affects.is_empty() {
        match statement.about.first().cloned() {
            Some(about) => {
                statement.vulnerabilities.push(Status { component: about, product: None, ..status });
            }
            None => statement.problem(place, "it is not said what is affected"),
        }
        return;
    }
    for (number, affected) in affects.iter().enumerate() {
        let reference = match affected.get("ref") {
            Some(Json::Text(reference)) if !reference.trim().is_empty() => reference,
            _ => {
                statement.problem(format!("{place}/affects/{number}"), "no reference");
                continue;
            }
        };
        // One without a name has its reference for one.
        let named = by_reference.get(reference.as_str()).filter(|component| component.is_named());
        let component = named.cloned().unwrap_or_else(|| unresolved(reference));
        let product = status.product.clone().filter(|product| *product != component);
        let versions = affected.list("versions");
        if versions.is_empty() {
            statement.vulnerabilities.push(Status { component, product, ..status.clone() });
            continue;
        }
        for version in versions {
            let state = match version.text("status").as_deref() {
                Some("unaffected") => State::NotAffected,
                Some("unknown") => State::UnderInvestigation,
                // "affected" stands where nothing is said; an analysis that says otherwise is about these versions.
                _ => state,
            };
            let text = version.text("version").or_else(|| version.text("range"));
            let component = Component { version: text.or(component.version.clone()), ..component.clone() };
            statement.vulnerabilities.push(Status {
                state,
                component,
                product: product.clone(),
                ..status.clone()
            });
        }
    }
}

/// What a reference that leads out of the document names.
fn unresolved(reference: &str) -> Component {
    let purl = reference.rsplit('#').next().filter(|rest| rest.starts_with("pkg:"));
    let purl = if reference.starts_with("pkg:") { Some(reference) } else { purl };
    match purl.map(Component::of_purl) {
        Some(component) if component.is_named() => component,
        _ => Component { name: super::cut(reference), ..Component::default() },
    }
}
