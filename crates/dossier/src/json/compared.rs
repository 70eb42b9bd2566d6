//! Comparisons of what is stated with what was seen, as they go over the wire.

use crate::stated::{Comparison, ComponentRow, VulnerabilityRow};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Compared {
    name: String,
    exhibit: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    place: String,
    form: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stated_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stated_at: Option<String>,
    about: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Image>,
    tie: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<String>,
    components: Vec<Component>,
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Serialize)]
struct Image {
    name: String,
    sha256: String,
}

#[derive(Serialize)]
struct Component {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stated: Option<Stated>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<Seen>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

#[derive(Serialize)]
struct Stated {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

#[derive(Serialize)]
struct Seen {
    names: Vec<String>,
    versions: Vec<String>,
}

#[derive(Serialize)]
struct Vulnerability {
    agreement: &'static str,
    vulnerability: String,
    component: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stated: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<Comparison> for Compared {
    fn from(comparison: Comparison) -> Self {
        Self {
            name: comparison.name,
            exhibit: comparison.exhibit.to_string(),
            place: comparison.place,
            form: comparison.form,
            stated_by: comparison.stated_by,
            stated_at: comparison.stated_at,
            about: comparison.about,
            image: comparison.image.map(|(name, sha256)| Image { name, sha256: sha256.to_string() }),
            tie: comparison.tie,
            gap: comparison.gap,
            components: comparison.components.into_iter().map(Component::from).collect(),
            vulnerabilities: comparison.vulnerabilities.into_iter().map(Vulnerability::from).collect(),
        }
    }
}

impl From<ComponentRow> for Component {
    fn from(row: ComponentRow) -> Self {
        Self {
            outcome: row.outcome.as_str(),
            stated: row.stated.map(|(name, version)| Stated { name, version }),
            seen: row.seen.map(|(names, versions)| Seen { names, versions }),
            by: row.by,
            note: row.note,
        }
    }
}

impl From<VulnerabilityRow> for Vulnerability {
    fn from(row: VulnerabilityRow) -> Self {
        let VulnerabilityRow { agreement, vulnerability, component, stated, justification, found, reason } =
            row;
        Self { agreement: agreement.as_str(), vulnerability, component, stated, justification, found, reason }
    }
}
