//! Images of a worked example, as if they had been inspected.

use crate::error::RegimeError;
use banbury_evidence::ledger::{Clock, Ledger};
use banbury_evidence::{
    Claim, CodeInfo, Digest, Examination, Exhibit, ExhibitKind, Grade, Location, Object, ObjectKind,
    RunReport, Status, Subject,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// An image that was inspected, and what was found in it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspected {
    /// The file name.
    pub image: String,
    /// The titles of findings, each of grade high.
    #[serde(default)]
    pub found: Vec<String>,
    /// Private keys in it, by the hash of their public half.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Vulnerabilities of it that are known to be exploited; when they are given, it was looked up in such a catalogue.
    pub exploited: Option<Vec<String>>,
    /// Components of it with the last day of their support; when they are given, it was looked up.
    pub support: Option<BTreeMap<String, String>>,
    /// How many components of it were looked up.
    pub components: Option<u64>,
    /// How many of them no feed names.
    #[serde(default)]
    pub unnamed: u64,
    /// Whether the image was unpacked only in part.
    #[serde(default)]
    pub in_part: bool,
}

static FOUND: CodeInfo = code("example.finding");
static KEY: CodeInfo = code("key.private");
static VULNERABILITY: CodeInfo = code("known-vulnerability");
static SUPPORT: CodeInfo = code("support.until");

const fn code(code: &'static str) -> CodeInfo {
    CodeInfo {
        code,
        title: "A finding of an example",
        grade: Grade::High,
        meaning: "A finding of an example",
        remedy: "None is needed",
        cwe: &[],
    }
}

/// The day on which everything in an example was looked at.
const DAY: &str = "2026-01-01";

pub(crate) fn clock() -> Clock {
    Clock { started_at: format!("{DAY}T00:00:00Z"), duration_ms: 1 }
}

pub(crate) fn report(probe: &str) -> RunReport {
    RunReport {
        probe: probe.to_owned(),
        version: "1".to_owned(),
        parameters: BTreeMap::new(),
        status: Status::Complete,
        looked: 1,
        bytes: 1,
        skipped: Vec::new(),
        claims: Vec::new(),
    }
}

impl Inspected {
    /// Records the image, its inspection and what was found.
    pub fn record(&self, ledger: &mut Ledger) -> Result<(), RegimeError> {
        let sha256 = Digest::of(self.image.as_bytes());
        let size = self.image.len() as u64;
        let exhibit = Exhibit { sha256, name: self.image.clone(), kind: ExhibitKind::Firmware, size };
        ledger.add_exhibit(&exhibit, &clock().started_at)?;
        let claim = |info, title: &str| {
            Claim::observation(info, Subject::exhibit(&sha256), title.to_owned())
                .at(Location::exhibit(sha256))
        };
        let mut probe = report("example");
        probe.claims.extend(self.found.iter().map(|title| claim(&FOUND, title).fact("title", title.clone())));
        for key in &self.keys {
            probe.claims.push(claim(&KEY, key).fact("public-key-sha256", key.clone()));
        }
        let mut unpack = report("unpack");
        if self.in_part {
            unpack.status = Status::Incomplete;
        }
        let mut runs = vec![unpack, probe];
        if let Some(names) = &self.exploited {
            let mut lookup = report("vulnerabilities");
            lookup.looked = self.components.unwrap_or(1);
            lookup.parameters.insert("in-no-advisory".to_owned(), self.unnamed.to_string());
            lookup.parameters.insert("feed kev-example.json".to_owned(), DAY.to_owned());
            lookup.claims.extend(names.iter().map(|name| {
                claim(&VULNERABILITY, name)
                    .fact("vulnerability", name.clone())
                    .fact("component", "examplelib")
                    .fact("version", "1.0")
                    .fact("state", "affected")
                    .fact("exploited", "2025-03-01")
            }));
            runs.push(lookup);
        }
        if let Some(components) = &self.support {
            let mut lookup = report("support");
            lookup.looked = self.components.unwrap_or(1);
            lookup.parameters.insert("as-of".to_owned(), DAY.to_owned());
            lookup.parameters.insert("not-in-feed".to_owned(), self.unnamed.to_string());
            lookup.claims.extend(components.iter().map(|(component, ends)| {
                claim(&SUPPORT, component).fact("component", component.clone()).fact("ends", ends.clone())
            }));
            runs.push(lookup);
        }
        let object = Object {
            ordinal: 0,
            parent: None,
            location: Location::exhibit(sha256),
            kind: ObjectKind::Exhibit,
            size,
            sha256: Some(sha256),
            sha1: None,
            format: None,
            mode: None,
            target: None,
            regions: Vec::new(),
        };
        let examination =
            Examination { exhibit: sha256, size, confinement: BTreeMap::new(), objects: vec![object], runs };
        ledger.record_examination(&examination, &clock())?;
        Ok(())
    }
}
