//! Reading the ledger back as types. Everything here goes through the documented views.

use super::{Ledger, LedgerError};
use crate::{
    Claim, Digest, Exhibit, ExhibitKind, Location, Object, ObjectKind, Region, RegionClass, Skipped, Status,
    Subject, SubjectKind, Weight,
};
use rusqlite::Row;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// A claim as the ledger holds it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StoredClaim {
    /// The claim's identity.
    pub fingerprint: Digest,
    /// The claim itself.
    #[serde(flatten)]
    pub claim: Claim,
    /// The probe that made it.
    pub probe: String,
    /// That probe's version at the run that made it first.
    pub probe_version: String,
    /// The exhibit it was found in; absent for claims about the network model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exhibit: Option<Digest>,
    /// `active` or `superseded`.
    pub state: String,
    /// The latest decision of a person, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
}

/// A run as the ledger holds it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StoredRun {
    /// The run's number in this ledger.
    pub id: i64,
    /// The probe.
    pub probe: String,
    /// Its version.
    pub version: String,
    /// The exhibit it looked at, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exhibit: Option<Digest>,
    /// Parameters that the result depends on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// Whether all of the exhibit was covered.
    pub status: Status,
    /// Objects looked at.
    pub looked: u64,
    /// Bytes looked at.
    pub bytes: u64,
    /// How the process was confined.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub confinement: BTreeMap<String, String>,
    /// Start, RFC 3339 in UTC.
    pub started_at: String,
    /// Duration in milliseconds.
    pub duration_ms: u64,
    /// What was not looked at, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
}

impl Ledger {
    /// The exhibits, by name and then by hash.
    pub fn exhibits(&self) -> Result<Vec<Exhibit>, LedgerError> {
        let raw: Vec<(String, String, String, i64)> =
            self.rows("SELECT sha256, name, kind, size FROM exhibits ORDER BY name, sha256", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
        raw.into_iter()
            .map(|(sha256, name, kind, size)| {
                let kind = match kind.as_str() {
                    "network" => ExhibitKind::Network,
                    "statement" => ExhibitKind::Statement,
                    "traffic" => ExhibitKind::Traffic,
                    _ => ExhibitKind::Firmware,
                };
                Ok(Exhibit { sha256: self.digest(&sha256)?, name, kind, size: size.unsigned_abs() })
            })
            .collect()
    }

    /// Every claim, of one exhibit or (`None`) of all, the gravest first, then by code, subject and fingerprint.
    pub fn claims(&self, exhibit: Option<&Digest>) -> Result<Vec<StoredClaim>, LedgerError> {
        let locations = self.locations()?;
        let rows = self.rows(
            "SELECT fingerprint, code, subject_kind, subject, grade, title, facts, dated, notes, decibans, low, high, basis,
                    probe, probe_version, exhibit, state, disposition
             FROM claims WHERE ?1 IS NULL OR exhibit = ?1
             ORDER BY CASE grade WHEN 'high' THEN 0 WHEN 'medium' THEN 1 WHEN 'low' THEN 2 ELSE 3 END,
                      code, subject, fingerprint",
            [exhibit.map(Digest::to_string)],
            RawClaim::read,
        )?;
        rows.into_iter().map(|raw| self.claim(raw, &locations)).collect()
    }

    fn locations(&self) -> Result<BTreeMap<String, Vec<Location>>, LedgerError> {
        type Raw = (String, String, String, Option<i64>, Option<i64>, Option<u32>);
        let rows: Vec<Raw> = self.rows(
            "SELECT claim, exhibit, lineage, \"offset\", length, line FROM locations ORDER BY claim, ordinal",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
        )?;
        let mut locations: BTreeMap<String, Vec<Location>> = BTreeMap::new();
        for (claim, exhibit, lineage, offset, length, line) in rows {
            let location = Location {
                exhibit: self.digest(&exhibit)?,
                steps: self.json(&lineage, "a location's lineage")?,
                offset: offset.map(i64::unsigned_abs),
                length: length.map(i64::unsigned_abs),
                line,
            };
            locations.entry(claim).or_default().push(location);
        }
        Ok(locations)
    }

    fn claim(
        &self,
        raw: RawClaim,
        locations: &BTreeMap<String, Vec<Location>>,
    ) -> Result<StoredClaim, LedgerError> {
        let kind: SubjectKind = self.word(&raw.subject_kind, "a subject's kind")?;
        let weight = match (raw.decibans, raw.low, raw.high, raw.basis) {
            (Some(decibans), Some(low), Some(high), Some(basis)) => {
                Some(Weight { decibans, low, high, basis })
            }
            _ => None,
        };
        Ok(StoredClaim {
            fingerprint: self.digest(&raw.fingerprint)?,
            claim: Claim {
                code: raw.code,
                subject: Subject { kind, id: raw.subject },
                grade: self.word(&raw.grade, "a claim's grade")?,
                title: raw.title,
                facts: self.json(&raw.facts, "a claim's facts")?,
                dated: match &raw.dated {
                    Some(dated) => self.json(dated, "a claim's dated values")?,
                    None => BTreeMap::new(),
                },
                notes: self.json(&raw.notes, "a claim's notes")?,
                locations: locations.get(&raw.fingerprint).cloned().unwrap_or_default(),
                weight,
            },
            probe: raw.probe,
            probe_version: raw.probe_version,
            exhibit: raw.exhibit.map(|text| self.digest(&text)).transpose()?,
            state: raw.state,
            disposition: raw.disposition,
        })
    }

    /// Every run, in the order in which they were recorded.
    pub fn runs(&self) -> Result<Vec<StoredRun>, LedgerError> {
        let skipped: Vec<(i64, Skipped)> =
            self.rows("SELECT run, what, why FROM run_skipped ORDER BY run, rowid", [], |row| {
                Ok((row.get(0)?, Skipped { what: row.get(1)?, why: row.get(2)? }))
            })?;
        let mut by_run: BTreeMap<i64, Vec<Skipped>> = BTreeMap::new();
        for (run, entry) in skipped {
            by_run.entry(run).or_default().push(entry);
        }
        type Raw = (i64, String, String, Option<String>, String, String, i64, i64, String, String, i64);
        let rows: Vec<Raw> = self.rows(
            "SELECT id, probe, version, exhibit, parameters, status, looked, bytes, confinement, started_at, duration_ms
             FROM runs ORDER BY id",
            [],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                    row.get(7)?,
                    row.get(8)?,
                    row.get(9)?,
                    row.get(10)?,
                ))
            },
        )?;
        rows.into_iter()
            .map(|row| {
                let (
                    id,
                    probe,
                    version,
                    exhibit,
                    parameters,
                    status,
                    looked,
                    bytes,
                    confinement,
                    started_at,
                    ms,
                ) = row;
                Ok(StoredRun {
                    id,
                    probe,
                    version,
                    exhibit: exhibit.map(|text| self.digest(&text)).transpose()?,
                    parameters: self.json(&parameters, "a run's parameters")?,
                    status: self.word(&status, "a run's status")?,
                    looked: looked.unsigned_abs(),
                    bytes: bytes.unsigned_abs(),
                    confinement: self.json(&confinement, "a run's confinement")?,
                    started_at,
                    duration_ms: ms.unsigned_abs(),
                    skipped: by_run.remove(&id).unwrap_or_default(),
                })
            })
            .collect()
    }

    /// The objects of an exhibit with the account of their bytes, as the latest run of the unpacker saw them; empty
    /// when it was not inspected.
    pub fn objects(&self, exhibit: &Digest) -> Result<Vec<Object>, LedgerError> {
        let key = exhibit.to_string();
        let regions: Vec<(u32, Region)> = self.rows(
            "SELECT object, \"offset\", length, class, note, attributes, entropy FROM regions
             WHERE exhibit = ?1 ORDER BY object, \"offset\"",
            [&key],
            |row| {
                let class = match row.get::<_, String>(3)?.as_str() {
                    "known" => RegionClass::Known,
                    "padding" => RegionClass::Padding,
                    "opaque" => RegionClass::Opaque,
                    _ => RegionClass::Unknown,
                };
                let attributes = serde_json::from_str(&row.get::<_, String>(5)?).map_err(|error| {
                    rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Text, Box::new(error))
                })?;
                let region = Region {
                    offset: row.get::<_, i64>(1)?.unsigned_abs(),
                    length: row.get::<_, i64>(2)?.unsigned_abs(),
                    class,
                    note: row.get(4)?,
                    attributes,
                    entropy: row.get(6)?,
                };
                Ok((row.get(0)?, region))
            },
        )?;
        let mut by_object: BTreeMap<u32, Vec<Region>> = BTreeMap::new();
        for (object, region) in regions {
            by_object.entry(object).or_default().push(region);
        }
        type Raw = (
            u32,
            Option<u32>,
            String,
            String,
            i64,
            Option<String>,
            Option<String>,
            Option<u32>,
            Option<String>,
        );
        let rows: Vec<Raw> = self.rows(
            "SELECT o.ordinal, o.parent, o.lineage, o.kind, o.size, o.sha256, o.format, o.mode, o.target
             FROM object_records o
             WHERE o.run = (SELECT max(o2.run) FROM object_records o2 JOIN runs r ON r.id = o2.run
                            WHERE o2.ordinal = 0 AND r.exhibit = ?1)
             ORDER BY o.ordinal",
            [&key],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                    row.get(7)?,
                    row.get(8)?,
                ))
            },
        )?;
        rows.into_iter()
            .map(|(ordinal, parent, lineage, kind, size, sha256, format, mode, target)| {
                let steps = self.json(&lineage, "an object's lineage")?;
                let kind: ObjectKind = self.word(&kind, "an object's kind")?;
                Ok(Object {
                    ordinal,
                    parent,
                    location: Location { exhibit: *exhibit, steps, offset: None, length: None, line: None },
                    kind,
                    size: size.unsigned_abs(),
                    sha256: sha256.map(|text| self.digest(&text)).transpose()?,
                    sha1: None,
                    format,
                    mode,
                    target,
                    regions: by_object.remove(&ordinal).unwrap_or_default(),
                })
            })
            .collect()
    }

    pub(super) fn rows<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, LedgerError> {
        let work = || -> rusqlite::Result<Vec<T>> {
            let mut statement = self.connection().prepare_cached(sql)?;
            let rows = statement.query_map(parameters, |row| read(row))?;
            rows.collect()
        };
        work().map_err(|source| self.error(source))
    }

    pub(super) fn digest(&self, text: &str) -> Result<Digest, LedgerError> {
        text.parse().map_err(|error| self.damaged("a digest", error))
    }

    fn json<T: DeserializeOwned>(&self, text: &str, what: &str) -> Result<T, LedgerError> {
        serde_json::from_str(text).map_err(|error| self.damaged(what, error))
    }

    /// A value that stands in the ledger as one word.
    fn word<T: DeserializeOwned>(&self, text: &str, what: &str) -> Result<T, LedgerError> {
        T::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text))
            .map_err(|error| self.damaged(what, error))
    }

    fn damaged(&self, what: &str, why: impl ToString) -> LedgerError {
        LedgerError::Damaged { path: self.path().to_owned(), what: what.to_owned(), why: why.to_string() }
    }
}

struct RawClaim {
    fingerprint: String,
    code: String,
    subject_kind: String,
    subject: String,
    grade: String,
    title: String,
    facts: String,
    dated: Option<String>,
    notes: String,
    decibans: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    basis: Option<String>,
    probe: String,
    probe_version: String,
    exhibit: Option<String>,
    state: String,
    disposition: Option<String>,
}

impl RawClaim {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            fingerprint: row.get("fingerprint")?,
            code: row.get("code")?,
            subject_kind: row.get("subject_kind")?,
            subject: row.get("subject")?,
            grade: row.get("grade")?,
            title: row.get("title")?,
            facts: row.get("facts")?,
            dated: row.get("dated")?,
            notes: row.get("notes")?,
            decibans: row.get("decibans")?,
            low: row.get("low")?,
            high: row.get("high")?,
            basis: row.get("basis")?,
            probe: row.get("probe")?,
            probe_version: row.get("probe_version")?,
            exhibit: row.get("exhibit")?,
            state: row.get("state")?,
            disposition: row.get("disposition")?,
        })
    }
}
