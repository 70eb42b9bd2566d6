//! OpenVEX 0.2 (and 0.0.x): statements on vulnerabilities.
//!
//! Finds: for each statement its vulnerability, products with their subcomponents, status and reasons. How: a product
//! is known by its package URL, CPE name, hash or IRI, in this order; where it has subcomponents, these are the
//! components, in that product. Wrong when: an IRI is no package URL; the component's name is then the IRI. Misses:
//! see [`FORM`]'s limits. Source: the OpenVEX specification 0.2.0.

use super::{Component, Form, Json, Read, State, Statement, Status, cut, sha256};

/// The row of `banbury formats`.
pub(super) const FORM: Form = Form {
    name: "openvex",
    title: "OpenVEX 0.2 (and 0.0.x)",
    yields: "the status of each vulnerability in each product or subcomponent",
    limits: &[
        "Attestations that wrap a document (in-toto, DSSE) are not opened, and no signature is checked.",
        "Of several versions of a document each is a statement of its own.",
    ],
    source: "OpenVEX specification 0.2.0",
    mark: "openvex.dev/ns",
    read: Read::Json(read),
};

fn read(root: &Json, statement: &mut Statement) -> bool {
    let context = match root.get("@context") {
        Some(Json::List(items)) => {
            items.iter().filter_map(Json::as_text).find(|text| text.contains(FORM.mark))
        }
        _ => root.text("@context").filter(|text| text.contains(FORM.mark)),
    };
    let Some(context) = context else { return false };
    // An early context names no version.
    let version = context.rsplit('/').next().and_then(|last| last.strip_prefix('v')).unwrap_or("0.0");
    if !["0.0", "0.0.1", "0.0.2", "0.2.0", "0.2"].contains(&version) {
        statement.problem("/@context", format!("version {version} is not known; it is read as 0.2.0"));
    }
    statement.version = Some(version.to_owned());
    statement.id = root.text("@id");
    statement.author = root.text("author");
    statement.made = root.text("last_updated").or_else(|| root.text("timestamp"));
    if root.is_no_list("statements") {
        statement.problem("/statements", "not a list");
    }
    for (index, item) in root.list("statements").iter().enumerate() {
        one(item, index, statement);
    }
    true
}

fn one(item: &Json, index: usize, statement: &mut Statement) {
    let place = format!("/statements/{index}");
    let vulnerability = match item.get("vulnerability") {
        Some(object @ Json::Object(_)) => object.text("name").or_else(|| object.text("@id")),
        _ => item.text("vulnerability"),
    };
    let Some(vulnerability) = vulnerability else {
        statement.problem(format!("{place}/vulnerability"), "no vulnerability is named");
        return;
    };
    let state = match item.text("status").as_deref() {
        Some("affected") => State::Affected,
        Some("not_affected") => State::NotAffected,
        Some("fixed") => State::Fixed,
        Some("under_investigation") => State::UnderInvestigation,
        other => {
            let what = other.map_or("no status".to_owned(), |other| format!("{other:?} is no status"));
            statement.problem(format!("{place}/status"), what);
            State::NotStated
        }
    };
    let status = Status {
        vulnerability,
        state,
        justification: item.text("justification"),
        detail: item
            .text("impact_statement")
            .or_else(|| item.text("action_statement"))
            .or_else(|| item.text("status_notes")),
        component: Component::default(),
        product: None,
    };
    let products = item.list("products");
    if products.is_empty() {
        statement.problem(place, "no product is named");
        return;
    }
    for (number, product) in products.iter().enumerate() {
        let place = format!("{place}/products/{number}");
        let parts = product.list("subcomponents");
        let product = component(product);
        if !parts.is_empty() || !product.sha256.is_empty() {
            statement.is_about(&product);
        }
        if parts.is_empty() {
            add(statement, &place, Status { component: product, ..status.clone() });
            continue;
        }
        for part in parts {
            let product = Some(product.clone()).filter(Component::is_named);
            add(statement, &place, Status { component: component(part), product, ..status.clone() });
        }
    }
}

fn add(statement: &mut Statement, place: &str, status: Status) {
    if status.component.is_named() {
        statement.vulnerabilities.push(status);
    } else {
        statement.problem(place, "nothing identifies the product");
    }
}

fn component(item: &Json) -> Component {
    let iri = item.text("@id").or_else(|| item.as_text());
    let identifiers = item.get("identifiers");
    let identifier = |name: &str| identifiers.and_then(|identifiers| identifiers.text(name));
    let mut component = Component {
        purl: identifier("purl").or_else(|| iri.clone().filter(|iri| iri.starts_with("pkg:"))),
        cpe: identifier("cpe23").or_else(|| identifier("cpe22")),
        sha256: item.get("hashes").and_then(|hashes| sha256(&hashes.text("sha-256")?)).into_iter().collect(),
        ..Component::default()
    };
    component.complete();
    if component.name.is_empty() {
        component.name =
            iri.map(|iri| cut(&iri)).or_else(|| component.sha256.first().cloned()).unwrap_or_default();
    }
    component
}
