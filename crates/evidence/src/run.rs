use crate::Claim;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one execution of a probe over an exhibit did: the record that we looked, found or not.
///
/// Times and durations are not here: the ledger's run record alone has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// The probe, as `banbury probes` names it.
    pub probe: String,
    /// The probe's version; a change of what it finds changes it.
    pub version: String,
    /// Parameters that the result depends on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// Whether all of the exhibit was covered.
    pub status: Status,
    /// How many objects (files, streams, rows) were looked at.
    pub looked: u64,
    /// How many bytes were looked at.
    pub bytes: u64,
    /// What was not looked at, and why; empty when nothing was left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// What was found.
    pub claims: Vec<Claim>,
}

/// Something that a run did not look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skipped {
    /// What: an object's path, a table, a kind of file.
    pub what: String,
    /// Why it was left out.
    pub why: String,
}

/// Whether a run covered its exhibit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All that the probe can look at was looked at.
    Complete,
    /// Some of it was not: see the run's `skipped`.
    Incomplete,
    /// Nothing of use came of it.
    Failed,
}

impl Status {
    /// The word used in the ledger and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
        }
    }
}
