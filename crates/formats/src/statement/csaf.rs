//! CSAF 2.0 (and 2.1) JSON: security advisories and VEX.
//!
//! Finds: for each vulnerability the products of each product status, with flags, threats and remediations as reasons.
//! How: products come from the tree of branches, from full product names and from relationships; of a relationship
//! (a component in a product) the component is the component and the other the product. Wrong when: a product's
//! version stands in its name alone; then it has none. Misses: see [`FORM`]'s limits. Source: OASIS CSAF 2.0, 3.2.

use super::{Component, Form, Json, Read, State, Statement, Status, sha256};
use std::collections::HashMap;

/// The row of `banbury formats`.
pub(super) const FORM: Form = Form {
    name: "csaf",
    title: "CSAF 2.0 JSON, security advisory or VEX",
    yields: "the status of each vulnerability in each product",
    limits: &[
        "Recommended versions, scores, involvements and acknowledgements are not read.",
        "Ranges of versions (vers:...) are kept as they are written.",
        "Groups of a product beyond 64 are not looked at for reasons.",
        "The signature and hash that are published beside a document are not checked.",
    ],
    source: "OASIS CSAF 2.0, section 3.2",
    mark: "\"csaf_version\"",
    read: Read::Json(read),
};

/// Groups of one product in which its reasons are looked for.
const GROUPS: usize = 64;

/// What is said of the products in a list, by the list's name. `recommended` is no statement on being affected.
const STATES: &[(&str, State)] = &[
    ("known_affected", State::Affected),
    ("first_affected", State::Affected),
    ("last_affected", State::Affected),
    ("known_not_affected", State::NotAffected),
    ("fixed", State::Fixed),
    ("first_fixed", State::Fixed),
    ("under_investigation", State::UnderInvestigation),
];

#[derive(Default)]
struct Products {
    /// Each product, and the product that it is part of.
    by_id: HashMap<String, (Component, Option<Component>)>,
    /// The groups that each product is in.
    groups: HashMap<String, Vec<String>>,
}

fn read(root: &Json, statement: &mut Statement) -> bool {
    let Some(document) = root.get("document") else { return false };
    let Some(version) = document.text("csaf_version") else { return false };
    if !["2.0", "2.1"].contains(&version.as_str()) {
        let what = format!("version {version} is not known; it is read as 2.0");
        statement.problem("/document/csaf_version", what);
    }
    statement.version = Some(version);
    statement.id = document.at(&["tracking"]).and_then(|tracking| tracking.text("id"));
    statement.made = document.at(&["tracking"]).and_then(|tracking| tracking.text("current_release_date"));
    statement.author = document.at(&["publisher"]).and_then(|publisher| publisher.text("name"));
    let mut products = Products::default();
    if let Some(tree) = root.get("product_tree") {
        products.tree(tree, statement);
    }
    if root.is_no_list("vulnerabilities") {
        statement.problem("/vulnerabilities", "not a list");
    }
    for (index, item) in root.list("vulnerabilities").iter().enumerate() {
        vulnerability(item, index, &products, statement);
    }
    true
}

impl Products {
    fn tree(&mut self, tree: &Json, statement: &mut Statement) {
        for branch in tree.list("branches") {
            self.branch(branch, &Component::default());
        }
        for product in tree.list("full_product_names") {
            self.add(product, Component::default(), None);
        }
        for (index, relationship) in tree.list("relationships").iter().enumerate() {
            let end = |name: &str| {
                self.by_id.get(&relationship.text(name)?).map(|(component, _)| component.clone())
            };
            let (part, whole) = (end("product_reference"), end("relates_to_product_reference"));
            match (part, relationship.get("full_product_name")) {
                (Some(part), Some(name)) => {
                    whole.iter().for_each(|whole| statement.is_about(whole));
                    self.add(name, part, whole);
                }
                _ => statement.problem(
                    format!("/product_tree/relationships/{index}"),
                    "it names a product that is not there",
                ),
            }
        }
        for group in tree.list("product_groups") {
            let Some(id) = group.text("group_id") else { continue };
            for product in group.texts("product_ids") {
                let groups = self.groups.entry(product).or_default();
                if groups.len() < GROUPS {
                    groups.push(id.clone());
                }
            }
        }
    }

    fn branch(&mut self, branch: &Json, above: &Component) {
        let mut here = above.clone();
        let name = branch.text("name");
        match branch.text("category").as_deref() {
            Some("vendor") => here.supplier = name,
            Some("product_name") => here.name = name.unwrap_or_default(),
            Some("product_version" | "product_version_range") => here.version = name,
            _ => {}
        }
        if let Some(product) = branch.get("product") {
            self.add(product, here.clone(), None);
        }
        for inner in branch.list("branches") {
            self.branch(inner, &here);
        }
    }

    /// Adds a product; what it does not say of itself, `base` says.
    fn add(&mut self, product: &Json, base: Component, whole: Option<Component>) {
        let Some(id) = product.text("product_id") else { return };
        let helper = product.get("product_identification_helper");
        let helped = |name: &str| helper.and_then(|helper| helper.text(name));
        let hashes = helper.map(|helper| helper.list("hashes")).unwrap_or_default();
        let is_sha256 =
            |hash: &&Json| hash.text("algorithm").is_some_and(|name| name.eq_ignore_ascii_case("sha256"));
        let digests = hashes
            .iter()
            .flat_map(|hash| hash.list("file_hashes"))
            .filter(is_sha256)
            .filter_map(|hash| sha256(&hash.text("value")?));
        let mut component =
            Component { purl: helped("purl").or(base.purl), cpe: helped("cpe").or(base.cpe), ..base };
        component.sha256.extend(digests);
        // A name that a branch gives is the product's alone; the full one holds vendor and version too.
        component.complete();
        if component.name.is_empty() {
            component.name = product.text("name").unwrap_or_else(|| id.clone());
        }
        self.by_id.entry(id).or_insert((component, whole));
    }
}

/// Reasons by product or group.
type Reasons = HashMap<String, String>;

fn vulnerability(item: &Json, index: usize, products: &Products, statement: &mut Statement) {
    let place = format!("/vulnerabilities/{index}");
    let id = item.text("cve").or_else(|| item.list("ids").iter().find_map(|id| id.text("text")));
    let Some(id) = id.or_else(|| item.text("title")) else {
        statement.problem(place, "a vulnerability without an identifier");
        return;
    };
    let flags = reasons(item.list("flags"), "label", |_| true);
    let impacts = reasons(item.list("threats"), "details", |threat| {
        threat.text("category").as_deref() == Some("impact")
    });
    let remedies = reasons(item.list("remediations"), "details", |_| true);
    let Some(lists) = item.get("product_status") else {
        statement.problem(place, "no product status");
        return;
    };
    for (list, state) in STATES {
        for product in lists.texts(list) {
            let Some((component, whole)) = products.by_id.get(&product) else {
                statement.problem(
                    format!("{place}/product_status/{list}"),
                    format!("the product {product:?} is not in the product tree"),
                );
                continue;
            };
            let reason = |reasons: &Reasons| {
                let groups = products.groups.get(&product).into_iter().flatten();
                std::iter::once(&product).chain(groups).find_map(|key| reasons.get(key)).cloned()
            };
            statement.vulnerabilities.push(Status {
                vulnerability: id.clone(),
                state: *state,
                justification: reason(&flags),
                detail: reason(&impacts).or_else(|| reason(&remedies)),
                component: component.clone(),
                product: whole.clone(),
            });
        }
    }
}

/// What entries of a list say, by the products and groups that they name; the first counts.
fn reasons(items: &[Json], member: &str, counts: impl Fn(&Json) -> bool) -> Reasons {
    let mut reasons = HashMap::new();
    for item in items.iter().filter(|item| counts(item)) {
        let Some(text) = item.text(member) else { continue };
        for key in item.texts("product_ids").chain(item.texts("group_ids")) {
            reasons.entry(key).or_insert_with(|| text.clone());
        }
    }
    reasons
}
