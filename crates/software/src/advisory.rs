//! What feeds say, in one form: advisories, known exploitation, scores, support.

use crate::version::Scheme;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One record of a feed.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A vulnerability and what it affects.
    Advisory(Box<Advisory>),
    /// A vulnerability that is known to be exploited.
    Exploited(Exploited),
    /// The score of a vulnerability.
    Score(Score),
    /// How long a product's release is supported.
    Support(Support),
}

/// A vulnerability as one source describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advisory {
    /// The source's identifier: `CVE-2022-0778`, `GHSA-...`, `DSA-...`.
    pub name: String,
    /// What tells records of one name apart, where a source has several: the package, in Debian's tracker.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// Other sources' identifiers of the same vulnerability.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// When it was published, as the source writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// When it was last changed, as the source writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// When, or that, the source took it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
    /// The description, in English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// How severe it is, by whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<Severity>,
    /// Source files in which the weakness is, from the top of the source tree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// What has to be there too, by CPE: groups of alternatives, to which [`Says::Cpe`] points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Vec<Criterion>>,
    /// What it says on which package.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
}

/// A severity as somebody states it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Severity {
    /// Which scale: `CVSS:3.1`, `CVSS:2.0`, ...
    pub scale: String,
    /// Who says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// The vector.
    pub vector: String,
    /// The base score as written, where the source gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
}

/// What an advisory says on one package or product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// What it is about: `cpe:a:openssl:openssl`, `osv:Debian:openssl`, `debian:openssl`, `cve:openssl/openssl`.
    pub key: String,
    /// What it says.
    pub says: Says,
}

/// Which versions are affected, in the form in which a source says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Says {
    /// By CPE names with ranges.
    #[serde(rename = "cpe")]
    Cpe {
        /// Names of this product, each by itself enough.
        any: Vec<Criterion>,
        /// Groups of the advisory of which one member each has to be there as well.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        needs: Vec<usize>,
        /// The source negates a part of the condition.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        negated: bool,
    },
    /// By events on ranges, and listed versions (OSV).
    #[serde(rename = "osv")]
    Events {
        /// The ecosystem, with its release where it has one: `Debian:12`.
        ecosystem: String,
        /// Ranges.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ranges: Vec<EventRange>,
        /// Versions that are affected, each by itself.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        versions: Vec<String>,
    },
    /// By the state in each release of a distribution (Debian's tracker).
    #[serde(rename = "tracker")]
    Tracker {
        /// By the release's code name.
        releases: BTreeMap<String, Tracked>,
    },
    /// By versions with a status (the CVE List).
    #[serde(rename = "cve")]
    Versions {
        /// The status of what no entry names.
        default: Status,
        /// Entries.
        versions: Vec<VersionStatus>,
        /// Platforms to which it is limited.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        platforms: Vec<String>,
    },
}

/// A CPE name in a condition, with bounds for its version.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Criterion {
    /// The version as in the formatted string; none is any.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The update as in the formatted string; none is any.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub update: Option<String>,
    /// The whole name, where something beyond product, version and update is restricted, and in groups.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub cpe: Option<String>,
    /// From this version on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ge: Option<String>,
    /// Above this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gt: Option<String>,
    /// Up to this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub le: Option<String>,
    /// Below this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lt: Option<String>,
}

/// A range of OSV: events along one order of versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRange {
    /// The order; none where we know none for the ecosystem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
    /// Events, as the source orders them.
    pub events: Vec<Event>,
}

/// An event along a range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Affected from here on; `0` is before every version.
    Introduced(String),
    /// No longer affected from here on.
    Fixed(String),
    /// The last affected version.
    LastAffected(String),
    /// Nothing is said from here on.
    Limit(String),
}

/// The state of a package in one release of a distribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracked {
    /// What the tracker says.
    pub status: TrackedStatus,
    /// The version that fixes it; `0` where the release never was affected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// The tracker's word for its urgency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<String>,
    /// Why no advisory is planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What Debian's tracker says on a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrackedStatus {
    /// Fixed, or never affected.
    Resolved,
    /// Affected.
    Open,
    /// Not looked at to the end.
    Undetermined,
}

/// The status of versions in the CVE List.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Affected.
    Affected,
    /// Not affected.
    Unaffected,
    /// Nobody says.
    #[default]
    Unknown,
}

/// An entry of the CVE List: a version, or a range that begins with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionStatus {
    /// The version or the first of the range.
    pub version: String,
    /// What it is.
    pub status: Status,
    /// The range ends before this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lt: Option<String>,
    /// The range ends with this version; `5.10.*` is every 5.10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub le: Option<String>,
    /// The source's word for the order of versions.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub version_type: Option<String>,
    /// Where the status changes within the range.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<(String, Status)>,
}

/// That a vulnerability is exploited, as a catalogue says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exploited {
    /// The vulnerability.
    pub cve: String,
    /// When the catalogue took it up.
    pub added: String,
    /// Until when those who are bound by the catalogue have to act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// The catalogue's title.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Whose product it is, in the catalogue's spelling; empty where it names nobody. Databases of earlier versions do not
    /// have it.
    #[serde(default)]
    pub vendor: String,
    /// The product, in the catalogue's spelling.
    #[serde(default)]
    pub product: String,
    /// What the catalogue says on use in ransomware campaigns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ransomware: Option<String>,
}

/// The probability that a vulnerability is exploited within 30 days, as EPSS estimates it. Numbers as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// The vulnerability.
    pub cve: String,
    /// The probability.
    pub probability: String,
    /// Its percentile among all scores.
    pub percentile: String,
}

/// How long a release of a product is supported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Support {
    /// The product, by the source's name.
    pub product: String,
    /// The release's cycle: `3.0`, `5.10`, `12`.
    pub cycle: String,
    /// When it came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<String>,
    /// Its support ends, or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<End>,
    /// Its newest version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<String>,
    /// When that came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_released: Option<String>,
    /// Other names of the product, and CPE or purl identifiers, as the source gives them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// When support ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// On this day.
    On(String),
    /// It has ended, nobody says when.
    Ended,
    /// It has not ended, no day is set.
    Open,
}
