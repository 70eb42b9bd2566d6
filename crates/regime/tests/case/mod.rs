//! A worked example: a tiny network as the model's records, in one TOML file.

use banbury_evidence::ledger::{Clock, Ledger};
use banbury_evidence::model::{Model, Source, Table};
use banbury_evidence::{
    Claim, CodeInfo, Digest, Examination, Exhibit, ExhibitKind, Location, Object, ObjectKind, RunReport,
    Status, Subject,
};
use banbury_regime::Overrides;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// An example as its file has it.
#[derive(Deserialize)]
pub struct Example {
    /// The date as of which the regime is applied.
    pub as_of: String,
    /// A part of the reason, the measure's or a subject's (`subject: verdict: reason`).
    pub reason: String,
    /// Parameters that are set.
    #[serde(default)]
    pub parameters: Overrides,
    /// Tables that were imported, with how many of their records were rejected.
    #[serde(default)]
    imported: BTreeMap<String, u64>,
    /// Images that were inspected, by file name.
    #[serde(default)]
    inspected: Vec<Inspected>,
    #[serde(flatten)]
    model: Model,
}

/// An image that was inspected and the titles of what was found, each of grade high.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspected {
    image: String,
    #[serde(default)]
    found: Vec<String>,
    /// Private keys in it, by the hash of their public half.
    #[serde(default)]
    keys: Vec<String>,
    /// Vulnerabilities of it that are known to be exploited; when they are given, it was looked up in such a catalogue.
    exploited: Option<Vec<String>>,
    /// Components of it with the last day of their support; when they are given, it was looked up.
    support: Option<BTreeMap<String, String>>,
    /// Whether the image was unpacked only in part.
    #[serde(default)]
    in_part: bool,
}

static FOUND: CodeInfo = code("example.finding");
static KEY: CodeInfo = code("key.private");
static VULNERABILITY: CodeInfo = code("known-vulnerability");
static SUPPORT: CodeInfo = code("support.until");

const fn code(code: &'static str) -> CodeInfo {
    CodeInfo {
        code,
        title: "A finding of an example",
        grade: banbury_evidence::Grade::High,
        meaning: "A finding of an example",
        remedy: "None is needed",
        cwe: &[],
    }
}

pub fn clock() -> Clock {
    Clock { started_at: "2026-01-01T00:00:00Z".to_owned(), duration_ms: 1 }
}

pub fn report(probe: &str) -> RunReport {
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

impl Example {
    /// Reads an example; a misspelt key is an error. An example for many measures says `{regime}` and `{measure}`.
    pub fn read(path: &Path, regime: &str, measure: &str) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.replace("{regime}", regime).replace("{measure}", measure);
        let fail = |error: &dyn std::fmt::Display| -> ! { panic!("{}: {error}", path.display()) };
        let mut example: Self = toml::from_str(&text).unwrap_or_else(|error| fail(&error));
        let table: toml::Table = text.parse().unwrap_or_else(|error| fail(&error));
        let model = serde_json::to_value(&example.model).unwrap();
        for (key, value) in &table {
            if ["as_of", "reason", "parameters", "imported", "inspected"].contains(&key.as_str()) {
                continue;
            }
            let records = model.get(key).and_then(|records| records.as_array());
            let records = records.unwrap_or_else(|| fail(&format!("there are no records {key:?}")));
            for (written, read) in value.as_array().unwrap().iter().zip(records) {
                for name in written.as_table().unwrap().keys() {
                    assert!(read.get(name).is_some(), "{}: {key} have no {name:?}", path.display());
                }
            }
        }
        for function in &example.model.functions {
            let (name, _) = banbury_network::functions::standard(&function.function);
            assert_eq!(function.function, name, "{}: the import would change the name", path.display());
        }
        let structure = banbury_network::structure::examine(&example.model);
        example.model.single_points = structure.single_points;
        example.model.cut_off = structure.cut_off;
        example.model.connected = structure.connected;
        example.number();
        example
    }

    /// Takes over another example's attestations.
    pub fn attest(&mut self, other: Self) {
        self.model.attestations.extend(other.model.attestations);
    }

    /// Gives each record the place it would have in a table of its own: a heading, then a line each.
    fn number(&mut self) {
        fn each<'a>(file: &str, sources: impl Iterator<Item = &'a mut Source>) {
            for (index, source) in sources.enumerate().filter(|(_, source)| source.file.is_empty()) {
                *source = Source { file: file.to_owned(), line: index as u64 + 2 };
            }
        }
        let model = &mut self.model;
        each("sites.csv", model.sites.iter_mut().map(|record| &mut record.source));
        each("devices.csv", model.devices.iter_mut().map(|record| &mut record.source));
        each("functions.csv", model.functions.iter_mut().map(|record| &mut record.source));
        each("cables.csv", model.links.iter_mut().map(|record| &mut record.source));
        each("vendors.csv", model.vendors.iter_mut().map(|record| &mut record.source));
        each("designations.csv", model.designations.iter_mut().map(|record| &mut record.source));
        each("contracts.csv", model.contracts.iter_mut().map(|record| &mut record.source));
        each("interceptions.csv", model.interceptions.iter_mut().map(|record| &mut record.source));
        each("reviews.csv", model.reviews.iter_mut().map(|record| &mut record.source));
        each("device_types.csv", model.device_types.iter_mut().map(|record| &mut record.source));
        each("interfaces.csv", model.interfaces.iter_mut().map(|record| &mut record.source));
        each("demands.csv", model.demands.iter_mut().map(|record| &mut record.source));
        each("segments.csv", model.segments.iter_mut().map(|record| &mut record.source));
        each("attestations.csv", model.attestations.iter_mut().map(|record| &mut record.source));
        for (name, rejected) in &self.imported {
            model.tables.push(Table {
                table: name.clone(),
                file: format!("{name}.csv"),
                rows: 1,
                rejected: *rejected,
                attribution: None,
                synthetic: None,
            });
        }
    }

    /// A ledger in memory that holds the example.
    pub fn ledger(&self) -> Ledger {
        self.ledger_in(Ledger::in_memory().unwrap())
    }

    /// A ledger, given empty, that holds the example.
    pub fn ledger_in(&self, mut ledger: Ledger) -> Ledger {
        self.inspected.iter().for_each(|inspected| inspected.record(&mut ledger));
        ledger.record_model(&self.model, &report("network.import"), &clock()).unwrap();
        ledger
    }
}

impl Inspected {
    /// An image that was inspected in full.
    pub fn new(image: &str, found: &[&str]) -> Self {
        Self {
            image: image.to_owned(),
            found: found.iter().map(|&title| title.to_owned()).collect(),
            keys: Vec::new(),
            exploited: None,
            support: None,
            in_part: false,
        }
    }

    /// Records the image, its inspection and what was found.
    pub fn record(&self, ledger: &mut Ledger) {
        let sha256 = Digest::of(self.image.as_bytes());
        let size = self.image.len() as u64;
        let exhibit = Exhibit { sha256, name: self.image.clone(), kind: ExhibitKind::Firmware, size };
        ledger.add_exhibit(&exhibit, "2026-01-01T00:00:00Z").unwrap();
        let mut probe = report("example");
        for title in &self.found {
            probe.claims.push(
                Claim::observation(&FOUND, Subject::exhibit(&sha256), title.clone())
                    .fact("title", title.clone())
                    .at(Location::exhibit(sha256)),
            );
        }
        let claim = |info, title: &str| {
            Claim::observation(info, Subject::exhibit(&sha256), title.to_owned())
                .at(Location::exhibit(sha256))
        };
        for key in &self.keys {
            probe.claims.push(claim(&KEY, key).fact("public-key-sha256", key.clone()));
        }
        let mut runs = vec![probe];
        if let Some(names) = &self.exploited {
            let mut lookup = report("vulnerabilities");
            lookup.parameters.insert("feed kev-example.json".to_owned(), "2026-01-01".to_owned());
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
            lookup.parameters.insert("as-of".to_owned(), "2026-01-01".to_owned());
            lookup.parameters.insert("not-in-feed".to_owned(), "0".to_owned());
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
        let mut unpack = report("unpack");
        if self.in_part {
            unpack.status = Status::Incomplete;
        }
        let examination = Examination {
            exhibit: sha256,
            size,
            confinement: BTreeMap::new(),
            objects: vec![object],
            runs: std::iter::once(unpack).chain(runs).collect(),
        };
        ledger.record_examination(&examination, &clock()).unwrap();
    }
}
