//! Components, each with all its evidence, and what is known against them.

use crate::report::{Finding, Inspected};
use banbury_software::asked::AgedFeed;
use banbury_software::join::Joined;
use banbury_software::support;
use banbury_software::vulnerabilities::Looked;
use serde::Serialize;

/// What software an exhibit holds.
#[derive(Serialize)]
pub(super) struct Software {
    components: Vec<Component>,
    known_vulnerabilities: Vulnerabilities,
    support: Support,
}

#[derive(Serialize)]
struct Component {
    product: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_low: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_high: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    purls: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cpes: Vec<String>,
    methods: Vec<String>,
    evidence: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contradictions: Vec<Contradiction>,
}

#[derive(Serialize)]
struct Contradiction {
    subject: String,
    claimed: Vec<String>,
}

#[derive(Serialize)]
struct Vulnerabilities {
    looked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
    feeds: Vec<AgedFeed>,
    ruled_out_by_version: u64,
    looked_up_by_name_alone: u64,
    findings: Vec<Known>,
}

#[derive(Serialize)]
struct Known {
    vulnerability: String,
    component: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    state: String,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    exploited: Option<String>,
    claim: String,
}

#[derive(Serialize)]
struct Support {
    looked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
    feeds: Vec<AgedFeed>,
    not_in_feed: u64,
    releases: Vec<Supported>,
}

#[derive(Serialize)]
struct Supported {
    component: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    state: &'static str,
    reason: String,
    product: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cycle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packages: Option<u64>,
    claim: String,
}

impl Software {
    pub(super) fn of(inspected: &Inspected<'_>, as_of: &str) -> Self {
        Self {
            components: inspected.components().iter().map(Component::of).collect(),
            known_vulnerabilities: Vulnerabilities::of(inspected, as_of),
            support: Support::of(inspected, as_of),
        }
    }
}

impl Component {
    fn of(joined: &Joined<'_>) -> Self {
        Self {
            product: joined.product.clone(),
            version: joined.version.clone(),
            version_low: joined.low.clone(),
            version_high: joined.high.clone(),
            package_version: joined.package_version.clone(),
            kind: joined.kind.clone(),
            purls: joined.purls.clone(),
            cpes: joined.cpes.iter().map(ToString::to_string).collect(),
            methods: joined.methods().into_iter().map(str::to_owned).collect(),
            evidence: joined.evidence.iter().map(|evidence| evidence.fingerprint.to_string()).collect(),
            contradictions: joined
                .contradictions
                .iter()
                .map(|one| Contradiction { subject: one.subject.clone(), claimed: one.claimed.clone() })
                .collect(),
        }
    }
}

impl Vulnerabilities {
    fn of(inspected: &Inspected<'_>, as_of: &str) -> Self {
        let (looked, why_not) = match inspected.looked_up() {
            Ok(looked) => (looked, None),
            Err(why) => (Looked::default(), Some(why)),
        };
        Self {
            looked: why_not.is_none(),
            why_not,
            feeds: looked.feeds.aged(as_of),
            ruled_out_by_version: looked.ruled_out_by_version,
            looked_up_by_name_alone: looked.by_name_alone,
            findings: inspected.vulnerabilities().iter().map(Known::of).collect(),
        }
    }
}

impl Known {
    fn of(finding: &Finding<'_>) -> Self {
        let fact = |name: &str| finding.fact(name);
        Self {
            vulnerability: fact("vulnerability").unwrap_or_default(),
            component: fact("component").unwrap_or_default(),
            version: fact("version"),
            state: fact("state").unwrap_or_default(),
            reason: fact("reason").unwrap_or_default(),
            exploited: fact("exploited"),
            claim: finding.fingerprint.to_string(),
        }
    }
}

impl Support {
    fn of(inspected: &Inspected<'_>, as_of: &str) -> Self {
        let (looked, why_not) = match inspected.support_looked_up() {
            Ok(looked) => (looked, None),
            Err(why) => (support::Looked::default(), Some(why)),
        };
        Self {
            looked: why_not.is_none(),
            why_not,
            feeds: looked.feeds.aged(as_of),
            not_in_feed: looked.not_in_feed,
            releases: inspected.support().iter().map(Supported::of).collect(),
        }
    }
}

impl Supported {
    fn of(finding: &Finding<'_>) -> Self {
        let fact = |name: &str| finding.fact(name);
        Self {
            component: fact("component").unwrap_or_default(),
            version: fact("version"),
            state: support::state(&finding.claim.code),
            reason: fact("reason").unwrap_or_default(),
            product: fact("product").unwrap_or_default(),
            cycle: fact("cycle"),
            ends: fact("ends"),
            latest: finding.dated("latest"),
            packages: finding.dated("packages").and_then(|text| text.parse().ok()),
            claim: finding.fingerprint.to_string(),
        }
    }
}
