//! Appending to the ledger. Every public function here is one transaction.

use super::{Ledger, LedgerError};
use crate::{
    Claim, Digest, Examination, Exhibit, Location, Object, RegimeResult, RunReport, Status, model::Model,
};
use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior, params};
use std::collections::BTreeMap;

/// When a run started and how long it took; kept in run records alone.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Start, RFC 3339 in UTC.
    pub started_at: String,
    /// Duration in milliseconds.
    pub duration_ms: u64,
}

/// What an append added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Claims that were not known before.
    pub new_claims: u64,
    /// Claims that an earlier run had made already.
    pub known_claims: u64,
}

impl Ledger {
    /// Adds an exhibit; `false` when it was there already.
    pub fn add_exhibit(&mut self, exhibit: &Exhibit, at: &str) -> Result<bool, LedgerError> {
        self.append(|transaction| {
            let count = transaction.execute(
                "INSERT INTO exhibits (sha256, name, kind, size, added_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (sha256) DO NOTHING",
                params![
                    exhibit.sha256.to_string(),
                    exhibit.name,
                    exhibit.kind.as_str(),
                    exhibit.size as i64,
                    at
                ],
            )?;
            Ok(count > 0)
        })
    }

    /// Appends an examination: its objects (unless the same version of the unpacker recorded them before), its runs
    /// and their claims.
    pub fn record_examination(
        &mut self,
        examination: &Examination,
        clock: &Clock,
    ) -> Result<Recorded, LedgerError> {
        self.append(|transaction| {
            let exhibit = Some(&examination.exhibit);
            let mut recorded = Recorded::default();
            for report in &examination.runs {
                let known = report.probe == "unpack" && objects_known(transaction, exhibit, report)?;
                let run = insert_run(transaction, report, exhibit, &examination.confinement, clock)?;
                if report.probe == "unpack" && !known && report.status != Status::Failed {
                    insert_objects(transaction, run, &examination.objects)?;
                }
                insert_claims(transaction, run, &report.claims, &mut recorded)?;
            }
            Ok(recorded)
        })
    }

    /// Appends a run over an exhibit that was examined before, with its claims.
    pub fn record_run(
        &mut self,
        exhibit: &Digest,
        report: &RunReport,
        clock: &Clock,
    ) -> Result<Recorded, LedgerError> {
        self.append(|transaction| Ok(insert_run_with_claims(transaction, report, Some(exhibit), clock)?.1))
    }

    /// Appends a network model that an import made.
    pub fn record_model(
        &mut self,
        model: &Model,
        report: &RunReport,
        clock: &Clock,
    ) -> Result<Recorded, LedgerError> {
        self.append(|transaction| {
            let (run, recorded) = insert_run_with_claims(transaction, report, None, clock)?;
            super::model::insert(transaction, run, model)?;
            Ok(recorded)
        })
    }

    /// Appends the verdicts of an assessment.
    pub fn record_verdicts(&mut self, results: &[RegimeResult], clock: &Clock) -> Result<(), LedgerError> {
        self.append(|transaction| {
            let looked = results.iter().map(|regime| regime.measures.len() as u64).sum();
            let report = RunReport {
                probe: "regime.assess".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                parameters: results
                    .iter()
                    .map(|regime| (regime.regime.clone(), format!("{} as of {}", regime.version, regime.as_of)))
                    .collect(),
                status: Status::Complete,
                looked,
                bytes: 0,
                skipped: Vec::new(),
                claims: Vec::new(),
            };
            let run = insert_run(transaction, &report, None, &BTreeMap::new(), clock)?;
            let mut statement = transaction.prepare(
                "INSERT INTO verdict_records (run, regime, regime_version, as_of, measure, clause, subject, verdict, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?;
            for regime in results {
                for measure in &regime.measures {
                    for subject in &measure.subjects {
                        statement.execute(params![
                            run,
                            regime.regime,
                            regime.version,
                            regime.as_of,
                            measure.measure,
                            measure.clause,
                            subject.subject,
                            subject.verdict.as_str(),
                            subject.reason
                        ])?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Appends a person's decision on a claim; `false` when no claim has this fingerprint.
    pub fn dispose(
        &mut self,
        claim: &Digest,
        state: &str,
        reason: &str,
        person: &str,
        at: &str,
    ) -> Result<bool, LedgerError> {
        self.append(|transaction| {
            let known: Option<i64> = transaction
                .query_row("SELECT 1 FROM claim_records WHERE fingerprint = ?1", [claim.to_string()], |row| {
                    row.get(0)
                })
                .optional()?;
            if known.is_none() {
                return Ok(false);
            }
            transaction.execute(
                "INSERT INTO dispositions (claim, state, reason, person, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![claim.to_string(), state, reason, person, at],
            )?;
            Ok(true)
        })
    }

    fn append<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let path = self.path.clone();
        let result = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(
            |transaction| {
                let value = work(&transaction)?;
                transaction.commit()?;
                Ok(value)
            },
        );
        result.map_err(|source| LedgerError::Database { path, source })
    }
}

/// Whether the objects of this exhibit were recorded by a run with the same version, parameters and outcome.
fn objects_known(
    transaction: &Transaction<'_>,
    exhibit: Option<&Digest>,
    report: &RunReport,
) -> rusqlite::Result<bool> {
    transaction
        .query_row(
            "SELECT 1 FROM runs r WHERE r.exhibit = ?1 AND r.probe = ?2 AND r.version = ?3 AND r.parameters = ?4
                AND r.status = ?5 AND EXISTS (SELECT 1 FROM object_records o WHERE o.run = r.id)",
            params![
                exhibit.map(Digest::to_string),
                report.probe,
                report.version,
                json(&report.parameters)?,
                report.status.as_str()
            ],
            |_| Ok(()),
        )
        .optional()
        .map(|found| found.is_some())
}

fn insert_run(
    transaction: &Transaction<'_>,
    report: &RunReport,
    exhibit: Option<&Digest>,
    confinement: &BTreeMap<String, String>,
    clock: &Clock,
) -> rusqlite::Result<i64> {
    transaction.execute(
        "INSERT INTO runs (probe, version, exhibit, parameters, status, looked, bytes, confinement, started_at, duration_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            report.probe,
            report.version,
            exhibit.map(Digest::to_string),
            json(&report.parameters)?,
            report.status.as_str(),
            report.looked as i64,
            report.bytes as i64,
            json(confinement)?,
            clock.started_at,
            clock.duration_ms as i64
        ],
    )?;
    let run = transaction.last_insert_rowid();
    let mut statement =
        transaction.prepare_cached("INSERT INTO run_skipped (run, what, why) VALUES (?1, ?2, ?3)")?;
    for skipped in &report.skipped {
        statement.execute(params![run, skipped.what, skipped.why])?;
    }
    Ok(run)
}

/// A run that confined nothing, with its claims: its number, and what is new.
fn insert_run_with_claims(
    transaction: &Transaction<'_>,
    report: &RunReport,
    exhibit: Option<&Digest>,
    clock: &Clock,
) -> rusqlite::Result<(i64, Recorded)> {
    let run = insert_run(transaction, report, exhibit, &BTreeMap::new(), clock)?;
    let mut recorded = Recorded::default();
    insert_claims(transaction, run, &report.claims, &mut recorded)?;
    Ok((run, recorded))
}

/// Appends a run's claims and counts which of them are new.
fn insert_claims(
    transaction: &Transaction<'_>,
    run: i64,
    claims: &[Claim],
    recorded: &mut Recorded,
) -> rusqlite::Result<()> {
    for claim in claims {
        if insert_claim(transaction, run, claim)? {
            recorded.new_claims += 1;
        } else {
            recorded.known_claims += 1;
        }
    }
    Ok(())
}

/// Appends a claim and its sighting by `run`; `true` when the claim is new.
fn insert_claim(transaction: &Transaction<'_>, run: i64, claim: &Claim) -> rusqlite::Result<bool> {
    let fingerprint = claim.fingerprint().to_string();
    transaction
        .prepare_cached("INSERT INTO subjects (kind, id) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![claim.subject.kind.as_str(), claim.subject.id])?;
    let weight = claim.weight.as_ref();
    let count = transaction
        .prepare_cached(
            "INSERT INTO claim_records (fingerprint, run, code, subject_kind, subject, grade, title, facts, notes, decibans, low, high, basis)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT (fingerprint) DO NOTHING",
        )?
        .execute(params![
            fingerprint,
            run,
            claim.code,
            claim.subject.kind.as_str(),
            claim.subject.id,
            claim.grade.as_str(),
            claim.title,
            json(&claim.facts)?,
            json(&claim.notes)?,
            weight.map(|weight| weight.decibans),
            weight.map(|weight| weight.low),
            weight.map(|weight| weight.high),
            weight.map(|weight| weight.basis.as_str())
        ])?;
    if count > 0 {
        let mut statement = transaction.prepare_cached(
            "INSERT INTO locations (claim, ordinal, exhibit, path, lineage, \"offset\", length, line)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for (ordinal, location) in claim.locations.iter().enumerate() {
            statement.execute(params![
                fingerprint,
                ordinal as i64,
                location.exhibit.to_string(),
                location.path(),
                json(&location.steps)?,
                location.offset.map(|offset| offset as i64),
                location.length.map(|length| length as i64),
                location.line
            ])?;
        }
    }
    transaction
        .prepare_cached("INSERT INTO sightings (claim, run) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![fingerprint, run])?;
    if !claim.dated.is_empty() {
        transaction
            .prepare_cached(
                "INSERT INTO dated_records (claim, run, facts) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute(params![fingerprint, run, json(&claim.dated)?])?;
    }
    Ok(count > 0)
}

fn insert_objects(transaction: &Transaction<'_>, run: i64, objects: &[Object]) -> rusqlite::Result<()> {
    let mut object_statement = transaction.prepare_cached(
        "INSERT INTO object_records (run, ordinal, parent, path, lineage, kind, size, sha256, format, mode, target)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    let mut region_statement = transaction.prepare_cached(
        "INSERT INTO region_records (run, object, \"offset\", length, class, note, attributes, entropy)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for object in objects {
        let Location { steps, .. } = &object.location;
        object_statement.execute(params![
            run,
            object.ordinal,
            object.parent,
            object.location.path(),
            json(steps)?,
            object.kind.as_str(),
            object.size as i64,
            object.sha256.as_ref().map(Digest::to_string),
            object.format,
            object.mode,
            object.target
        ])?;
        for region in &object.regions {
            region_statement.execute(params![
                run,
                object.ordinal,
                region.offset as i64,
                region.length as i64,
                region.class.as_str(),
                region.note,
                json(&region.attributes)?,
                region.entropy
            ])?;
        }
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
