//! Which measures come to something else on another day.
//!
//! A measure whose texts do not use `:as_of` comes to the same on each day on which it is in force. One whose own query uses it has to
//! be asked on each. In between stand the many that read a day through definitions alone ("who is listed as of the day"): they come to
//! the same wherever these definitions' tables hold the same rows, so only the tables are made on each day and held against those
//! of the day before.

use crate::apply::{bound, define, parameters};
use crate::compose;
use crate::error::RegimeError;
use crate::guard::{Bounds, Guard, Views};
use crate::metadata::{Date, Overrides, Regime};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The most values of a definition's table that are kept to be held against the next day's.
const MOST_VALUES: usize = 500_000;

/// What a measure comes to on another day on which it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dated {
    /// The same, where these definitions hold the same rows; with none of them: on every day.
    By(BTreeSet<String>),
    /// Nobody knows before it is asked.
    Itself,
}

/// The rows of definitions' tables on a day.
pub(crate) type Contents = BTreeMap<String, Vec<Vec<Value>>>;

/// A definition as far as days and other definitions are concerned.
struct Known {
    name: String,
    words: BTreeSet<String>,
    dated: bool,
}

/// How each measure of a regime depends on the day, in their order. Whatever cannot be read is taken for the worst.
pub(crate) fn dated(regime: &Regime) -> Vec<Dated> {
    let Ok(definitions) = known(regime) else { return vec![Dated::Itself; regime.measures.len()] };
    // Most measures by attestation share one text.
    let mut texts: BTreeMap<&str, Dated> = BTreeMap::new();
    for measure in &regime.measures {
        let text = measure.query.text.as_str();
        texts.entry(text).or_insert_with(|| {
            if compose::has_parameter(text, "as_of") {
                return Dated::Itself;
            }
            let read = closure(&definitions, compose::words(text));
            let dated = definitions.iter().filter(|one| one.dated && read.contains(&one.name));
            Dated::By(dated.map(|one| one.name.clone()).collect())
        });
    }
    let of = |text: &str| texts.get(text).cloned().unwrap_or(Dated::Itself);
    regime.measures.iter().map(|measure| of(&measure.query.text)).collect()
}

/// What definitions hold on a day; `None` where they cannot be made, or hold too much to be kept.
pub(crate) fn contents(
    connection: &mut Connection,
    views: &Views,
    (regime, overrides): (&Regime, &Overrides),
    as_of: &Date,
    names: &BTreeSet<String>,
) -> Result<Option<Contents>, RegimeError> {
    if names.is_empty() {
        return Ok(Some(Contents::new()));
    }
    let bounds = Bounds::default();
    let parameters = parameters(regime, overrides)?;
    let Ok(definitions) = known(regime) else { return Ok(None) };
    let read = closure(&definitions, names.clone());
    let mut guard = Guard::knowing(connection, &bounds, views)?;
    match define(&mut guard, &bounds, regime, &bound(regime, &parameters, as_of), &read) {
        Ok(()) => {}
        Err(RegimeError::Database(error)) => return Err(RegimeError::Database(error)),
        // Whoever decides the measure tells what is wrong.
        Err(_) => return Ok(None),
    }
    let mut found = Contents::new();
    let mut values = 0;
    for name in names {
        let sql = format!("SELECT * FROM {}", compose::quoted(name));
        let mut statement = guard.connection().prepare(&sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        let mut held = Vec::new();
        while let Some(row) = rows.next()? {
            values += columns;
            if values > MOST_VALUES {
                return Ok(None);
            }
            held.push((0..columns).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>()?);
        }
        found.insert(name.clone(), held);
    }
    Ok(Some(found))
}

/// The names that decide the regime's measures: the words of their queries, and of the definitions that these read. A regime
/// without measures is looked at for its definitions: all of them.
pub(crate) fn read(regime: &Regime) -> Result<BTreeSet<String>, RegimeError> {
    let definitions = known(regime)?;
    if regime.measures.is_empty() {
        return Ok(definitions.into_iter().flat_map(|one| one.words.into_iter().chain([one.name])).collect());
    }
    let texts: BTreeSet<&str> = regime.measures.iter().map(|measure| measure.query.text.as_str()).collect();
    Ok(closure(&definitions, texts.into_iter().flat_map(compose::words).collect()))
}

fn known(regime: &Regime) -> Result<Vec<Known>, RegimeError> {
    let mut found = Vec::new();
    for script in &regime.definitions {
        for definition in compose::definitions(script)? {
            let body = definition.body(script);
            found.push(Known {
                words: compose::words(body),
                dated: compose::has_parameter(body, "as_of"),
                name: definition.name.to_ascii_lowercase(),
            });
        }
    }
    Ok(found)
}

/// Words, and those of the definitions that they name: each reads earlier ones alone.
fn closure(definitions: &[Known], mut words: BTreeSet<String>) -> BTreeSet<String> {
    for one in definitions.iter().rev() {
        if words.contains(&one.name) {
            words.extend(one.words.iter().cloned());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::builtin;

    #[test]
    fn what_reads_a_day_through_definitions_is_told_from_what_asks_itself() {
        let regimes = builtin().unwrap();
        let of = |regime: &str, measure: &str| {
            let regime = regimes.iter().find(|one| one.id == regime).unwrap();
            let at = regime.measures.iter().position(|one| one.id == measure).unwrap();
            dated(regime).swap_remove(at)
        };
        let by = |names: &[&str]| Dated::By(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(of("uk-hrv-2020", "removal-by-2027"), by(&["listed", "nobody"]));
        assert_eq!(of("evidence-first", "hardware-support"), Dated::Itself);
        assert_eq!(of("evidence-first", "no-monoculture"), by(&[]));
    }
}
