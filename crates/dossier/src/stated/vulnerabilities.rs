//! What is stated of vulnerabilities beside what was found.

use super::components::{Key, keys};
use crate::report::{Finding, Inspected};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use banbury_software::vulnerabilities::KNOWN_VULNERABILITY as KNOWN;

/// A vulnerability that is stated, was found, or both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VulnerabilityRow {
    /// What the comparison came to.
    pub agreement: Agreement,
    /// The vulnerability.
    pub vulnerability: String,
    /// The component, by name and version.
    pub component: String,
    /// What is stated.
    pub stated: Option<String>,
    /// Why, by the statement's own word.
    pub justification: Option<String>,
    /// What was found.
    pub found: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// What a comparison of one vulnerability came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// The two differ.
    Differs,
    /// It was found to apply, and nothing is stated of it.
    FoundOnly,
    /// It is stated, and nothing was found of it.
    StatedOnly,
    /// The two agree.
    Agrees,
}

impl Agreement {
    /// Every one, what asks for an answer first.
    pub const ALL: [Self; 4] = [Self::Differs, Self::FoundOnly, Self::StatedOnly, Self::Agrees];

    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Differs => "differs",
            Self::FoundOnly => "found-only",
            Self::StatedOnly => "stated-only",
            Self::Agrees => "agrees",
        }
    }

    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Differs => "stated otherwise than found",
            Self::FoundOnly => "found to apply and not stated",
            Self::StatedOnly => "stated, and nothing found of it",
            Self::Agrees => "stated as found",
        }
    }
}

/// Every vulnerability that is stated, or was found to apply; what asks for an answer first.
pub(super) fn rows(stated: &[&Finding<'_>], image: &Inspected<'_>) -> Vec<VulnerabilityRow> {
    let known: Vec<&Finding<'_>> =
        image.findings.iter().filter(|finding| finding.claim.code == KNOWN).collect();
    let mut by_vulnerability: BTreeMap<String, Vec<(&Finding<'_>, Vec<Key>)>> = BTreeMap::new();
    for finding in &known {
        if let Some(vulnerability) = finding.fact("vulnerability") {
            by_vulnerability
                .entry(vulnerability)
                .or_default()
                .push((finding, keys(finding.claim, "component")));
        }
    }
    let mut rows = BTreeSet::new();
    let mut met = BTreeSet::new();
    for finding in stated {
        let Some(vulnerability) = finding.fact("vulnerability") else { continue };
        let own = keys(finding.claim, "component");
        let candidates = by_vulnerability.get(&vulnerability).map(Vec::as_slice).unwrap_or_default();
        let found: Vec<&Finding<'_>> = candidates
            .iter()
            .filter(|(_, keys)| own.iter().any(|key| keys.contains(key)))
            .map(|(finding, _)| *finding)
            .collect();
        let status = finding.fact("status").unwrap_or_default();
        let row = |agreement, found: Option<&Finding<'_>>| VulnerabilityRow {
            agreement,
            vulnerability: vulnerability.clone(),
            component: named(finding),
            stated: Some(status.clone()),
            justification: finding.fact("justification"),
            found: found.and_then(|found| found.fact("state")),
            reason: found.and_then(|found| found.fact("reason")),
        };
        if found.is_empty() {
            rows.insert(row(Agreement::StatedOnly, None));
        }
        for found in found {
            met.insert(found.fingerprint);
            let agrees = agree(&status, &found.fact("state").unwrap_or_default());
            rows.insert(row(if agrees { Agreement::Agrees } else { Agreement::Differs }, Some(found)));
        }
    }
    // A statement that says nothing of vulnerabilities leaves none of them out.
    if !stated.is_empty() {
        let applies = |finding: &&&Finding<'_>| finding.fact("state").as_deref() == Some("affected");
        for finding in known.iter().filter(applies).filter(|finding| !met.contains(&finding.fingerprint)) {
            rows.insert(VulnerabilityRow {
                agreement: Agreement::FoundOnly,
                vulnerability: finding.fact("vulnerability").unwrap_or_default(),
                component: named(finding),
                stated: None,
                justification: None,
                found: finding.fact("state"),
                reason: finding.fact("reason"),
            });
        }
    }
    rows.into_iter().collect()
}

/// Whether a stated status and a state that was found say the same.
fn agree(stated: &str, found: &str) -> bool {
    matches!(
        (stated, found),
        ("affected", "affected")
            | ("not-affected" | "fixed", "not-affected")
            | ("under-investigation" | "not-stated", "cannot-tell")
    )
}

fn named(finding: &Finding<'_>) -> String {
    let component = finding.fact("component").unwrap_or_default();
    match finding.fact("version") {
        Some(version) => format!("{component} {version}"),
        None => component,
    }
}
