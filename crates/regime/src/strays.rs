//! Attestations that can decide nothing, because they name a regime, a measure or a subject that there is not.
//!
//! A row of `attestations.csv` says in words what it is about. One that is misspelt can be read, and changes no verdict: whoever
//! wrote it has to be told. What it misses: a name of something else that there is, in the place of the one that was meant.

use crate::compose::has_word;
use crate::error::RegimeError;
use crate::folder::builtin;
use crate::metadata::{Measure, Overrides, Regime};
use crate::near;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// So many rows are told one by one; of more their number.
const TOLD: usize = 20;

/// Whom an attestation can be about, in small letters. Devices, of which there are many, are asked last.
const SUBJECTS: &str = "
    SELECT maker FROM tallies WHERE maker IS NOT NULL
    UNION SELECT lower(trim(name)) FROM vendors UNION SELECT lower(trim(vendor)) FROM designations
    UNION SELECT lower(trim(model)) FROM device_types UNION SELECT lower(trim(name)) FROM sites
    UNION SELECT lower(trim(name)) FROM contracts UNION SELECT 'contract ' || lower(trim(name)) FROM contracts
    UNION SELECT lower(trim(party)) FROM contracts
    UNION SELECT lower(trim(name)) FROM segments UNION SELECT 'segment ' || lower(trim(name)) FROM segments
    UNION SELECT lower(trim(segment)) FROM segment_tallies UNION SELECT 'segment ' || lower(trim(segment)) FROM segment_tallies
    UNION SELECT kind || ' ' || lower(name) FROM combination_duties UNION SELECT lower(name) FROM combination_duties
    UNION SELECT 'network'";
const DEVICES: &str = "
    SELECT lower(trim(name)) FROM devices WHERE lower(trim(name)) IN (SELECT value FROM json_each(?1))
    UNION SELECT lower(trim(device_type)) FROM devices WHERE lower(trim(device_type)) IN (SELECT value FROM json_each(?1))
    UNION SELECT maker || ' ' || lower(trim(device_type)) FROM devices
        WHERE maker || ' ' || lower(trim(device_type)) IN (SELECT value FROM json_each(?1))";

/// The attestations that name a regime, a measure or a subject that there is not, or a measure that none decides.
pub fn strays(
    connection: &Connection,
    regimes: &[(Regime, Overrides)],
) -> Result<Vec<RegimeError>, RegimeError> {
    let mut statement = connection.prepare(
        "SELECT trim(regime), trim(measure), trim(coalesce(subject, '')), source_file || ':' || source_line FROM attestations
         ORDER BY source_file, source_line",
    )?;
    let rows = statement
        .query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))?
        .collect::<Result<Vec<[String; 4]>, _>>()?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut known: BTreeMap<String, Regime> = BTreeMap::new();
    for regime in builtin()?.into_iter().chain(regimes.iter().map(|(regime, _)| regime.clone())) {
        known.insert(regime.id.to_ascii_lowercase(), regime);
    }
    let strange = strange(connection, rows.iter().map(|[_, _, subject, _]| subject.to_ascii_lowercase()))?;
    let mut found: Vec<RegimeError> = rows
        .iter()
        .filter_map(|[regime, measure, subject, place]| {
            let (cause, hint) = match fault(&known, regime, measure) {
                Some(fault) => fault,
                None if strange.contains(&subject.to_ascii_lowercase()) => (
                    format!("it is about {subject:?}, and nothing in the case is called that"),
                    "write the name as the inventory has it; leave it blank for the network as a whole"
                        .to_owned(),
                ),
                None => return None,
            };
            Some(RegimeError::Attestation { place: place.clone(), cause, hint })
        })
        .collect();
    if let Some(more) = found.len().checked_sub(TOLD).filter(|more| *more > 0) {
        found.truncate(TOLD);
        found.push(RegimeError::Attestation {
            place: "attestations".to_owned(),
            cause: format!("{more} more name a regime, a measure or a subject that there is not"),
            hint: "mend the ones above first".to_owned(),
        });
    }
    Ok(found)
}

/// What is wrong with the regime or measure that an attestation names.
fn fault(known: &BTreeMap<String, Regime>, regime: &str, measure: &str) -> Option<(String, String)> {
    let Some(found) = known.get(&regime.to_ascii_lowercase()) else {
        let names = known.values().map(|regime| regime.id.as_str());
        return Some((
            format!("it is about the regime {regime:?}, which is neither built in nor applied"),
            near::hint("regimes", regime, names),
        ));
    };
    let same = |one: &&Measure| one.id.eq_ignore_ascii_case(measure);
    match found.measures.iter().find(same) {
        None => {
            let names = found.measures.iter().map(|one| one.id.as_str());
            Some((
                format!("it is about the measure {measure:?}, and {} has none of this name", found.id),
                near::hint("measures", measure, names),
            ))
        }
        Some(one) if !one.attested && !reads(found, one) => Some((
            format!("no attestation decides {}/{}: it is computed", found.id, one.id),
            format!("`banbury explain {}/{}` says what decides it", found.id, one.id),
        )),
        Some(_) => None,
    }
}

/// Whether a computed measure reads what is attested, itself or, it may be, by a definition of its regime's own.
fn reads(regime: &Regime, measure: &Measure) -> bool {
    let own = format!("{}/", regime.id);
    let definitions = regime.definitions.iter().filter(|script| script.file.starts_with(&own));
    definitions
        .chain([&measure.query])
        .any(|script| ["attested", "attestations"].iter().any(|word| has_word(&script.text, word)))
}

/// Those of the subjects, in small letters, that nothing in the case is called.
fn strange(
    connection: &Connection,
    subjects: impl Iterator<Item = String>,
) -> Result<BTreeSet<String>, RegimeError> {
    let mut left: BTreeSet<String> = subjects.filter(|subject| !subject.is_empty()).collect();
    if left.is_empty() {
        return Ok(left);
    }
    let mut statement = connection.prepare(SUBJECTS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(name) = row.get::<_, Option<String>>(0)? {
            left.remove(&name);
        }
    }
    if left.is_empty() {
        return Ok(left);
    }
    let asked = serde_json::json!(left).to_string();
    let mut statement = connection.prepare(DEVICES)?;
    let mut rows = statement.query([asked])?;
    while let Some(row) = rows.next()? {
        left.remove(&row.get::<_, String>(0)?);
    }
    Ok(left)
}
