//! The coming changes of verdicts: the regimes applied at each day on which a verdict can change.
//!
//! Days come from the regimes (when a measure comes into force, parameters that hold a day) and from the network (lists,
//! contracts, reviews, attestations, ends of support, installations). On each day only the measures are applied that read
//! what changes on it; the others stay as they were. What it misses: a query that counts months from another date than those
//! by a number of its own rather than by a parameter whose name ends in `_months`; expiry of certificates in images, which is
//! judged as of the day of the assessment.

use super::reads::{Reads, values};
use crate::apply::apply;
use crate::error::RegimeError;
use crate::metadata::{Date, Overrides, ParameterValue, Regime};
use banbury_evidence::{MeasureResult, RegimeResult, Verdict};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// Days that are looked at; the nearest ones.
const DAYS: usize = 60;

/// Names in the cause of a day; the rest are counted.
const NAMES: usize = 3;

/// The coming changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Days on which a verdict changes, in order.
    pub moments: Vec<Moment>,
    /// How many days were looked at.
    pub days: usize,
    /// How many later days were not, for there is a bound.
    pub left_out: usize,
    /// The last day that was looked at.
    pub last: Option<String>,
}

/// A day on which verdicts change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// What happens on it.
    pub causes: Vec<String>,
    /// The measures whose verdict changes, or whose breaches grow or shrink in number; the worst first.
    pub turns: Vec<Turn>,
    /// How many measures of all regimes have each verdict from this day on.
    pub counts: Counts,
}

/// Measures of all regimes by verdict.
pub type Counts = Vec<(Verdict, usize)>;

/// A measure whose verdict changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its regime.
    pub regime: String,
    /// The measure.
    pub measure: String,
    /// Its title.
    pub title: String,
    /// What it was.
    pub from: Verdict,
    /// What it becomes.
    pub to: Verdict,
    /// Subjects that were breached, and that are from this day on.
    pub breached: (usize, usize),
    /// Why.
    pub reason: String,
}

/// What happens on a day, and the measures (regime, measure) that it can change.
#[derive(Default)]
struct Day {
    causes: BTreeMap<Cause, Vec<String>>,
    measures: BTreeSet<(usize, usize)>,
}

/// A kind of cause; its words frame the names or stand alone.
type Cause = (&'static str, &'static str);

/// A source of days: the words of its cause, the words by which a measure reads it, and a query of day and name.
type Source = (Cause, &'static [&'static str], &'static str);

const SOURCES: &[Source] = &[
    (
        ("on a list from this day: ", ""),
        &["designations"],
        "SELECT since, vendor || ' (' || list || ')' FROM designations WHERE since > :as_of",
    ),
    (
        ("contracts begin: ", ""),
        &["contracts", "contract_devices"],
        "SELECT since, name FROM contracts WHERE since > :as_of",
    ),
    (
        ("contracts have ended: ", ""),
        &["contracts", "contract_devices"],
        "SELECT date(until, '+1 day'), name FROM contracts WHERE until >= :as_of",
    ),
    (("reviews: ", ""), &["reviews"], "SELECT date, vendor FROM reviews WHERE date > :as_of"),
    (
        ("the last day of support: ", ""),
        &["support_end"],
        "SELECT support_end, name FROM devices WHERE in_service AND support_end > :as_of",
    ),
    (
        ("support has ended: ", ""),
        &["support_end"],
        "SELECT date(support_end, '+1 day'), name FROM devices WHERE in_service AND support_end >= :as_of",
    ),
    (("installed: ", ""), &["installed"], "SELECT installed, name FROM devices WHERE installed > :as_of"),
];

/// The same with a number of months that a parameter of the regime holds.
const SOURCES_BY_MONTHS: &[Source] = &[
    (
        ("a review has the age that the regime names: ", ""),
        &["reviews"],
        "SELECT date(date, '+' || :months || ' months', '+1 day'), vendor FROM reviews WHERE date <= :as_of",
    ),
    (
        ("the end of support is as near as the regime names: ", ""),
        &["support_end"],
        "SELECT date(support_end, '-' || :months || ' months'), name FROM devices WHERE in_service AND support_end > :as_of",
    ),
];

/// Looks for the coming changes after `as_of`; `results` are the verdicts as of that day.
pub fn timeline(
    connection: &mut Connection,
    regimes: &[(Regime, Overrides)],
    results: &[RegimeResult],
    as_of: &str,
) -> Result<Timeline, RegimeError> {
    let mut days = days(connection, regimes, as_of)?;
    days.retain(|_, day| !day.measures.is_empty());
    let mut state: BTreeMap<(usize, usize), MeasureResult> = BTreeMap::new();
    for (index, (regime, _)) in regimes.iter().enumerate() {
        let result = results.iter().find(|result| result.regime == regime.id);
        for (at, measure) in regime.measures.iter().enumerate() {
            let found =
                result.and_then(|result| result.measures.iter().find(|one| one.measure == measure.id));
            state.extend(found.map(|found| ((index, at), brief(found))));
        }
    }
    let mut found = Timeline {
        days: days.len().min(DAYS),
        left_out: days.len().saturating_sub(DAYS),
        last: days.keys().take(DAYS).next_back().cloned(),
        moments: Vec::new(),
    };
    for (date, day) in days.into_iter().take(DAYS) {
        let mut turns = Vec::new();
        for (index, (regime, overrides)) in regimes.iter().enumerate() {
            let chosen: Vec<usize> =
                day.measures.iter().filter(|(of, _)| *of == index).map(|(_, at)| *at).collect();
            if chosen.is_empty() {
                continue;
            }
            let measures = chosen.iter().filter_map(|at| regime.measures.get(*at).cloned()).collect();
            let some = Regime { measures, ..regime.clone() };
            let assessment = apply(connection, &some, overrides, &date)?;
            for (at, after) in chosen.into_iter().zip(&assessment.result.measures) {
                let Some(before) = state.insert((index, at), brief(after)) else { continue };
                let breached = (breaches(&before), breaches(after));
                if before.verdict != after.verdict || breached.0 != breached.1 {
                    turns.push(Turn {
                        regime: regime.id.clone(),
                        measure: after.measure.clone(),
                        title: after.title.clone(),
                        from: before.verdict,
                        to: after.verdict,
                        breached,
                        reason: after.reason.clone(),
                    });
                }
            }
        }
        if turns.is_empty() {
            continue;
        }
        turns.sort_by_key(|turn| turn.to);
        let counts = [Verdict::Breached, Verdict::Inconclusive, Verdict::Met, Verdict::NotApplicable]
            .map(|wanted| (wanted, state.values().filter(|one| one.verdict == wanted).count()));
        found.moments.push(Moment {
            date,
            causes: causes(day.causes),
            turns,
            counts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
        });
    }
    Ok(found)
}

/// A result without the subjects that are not breached: all that a later day is compared with.
fn brief(result: &MeasureResult) -> MeasureResult {
    let breached = |row: &&banbury_evidence::SubjectVerdict| row.verdict == Verdict::Breached;
    MeasureResult {
        measure: result.measure.clone(),
        title: String::new(),
        clause: String::new(),
        verdict: result.verdict,
        reason: String::new(),
        subjects: result.subjects.iter().filter(breached).cloned().collect(),
    }
}

fn breaches(result: &MeasureResult) -> usize {
    result.subjects.iter().filter(|row| row.verdict == Verdict::Breached).count()
}

fn causes(found: BTreeMap<Cause, Vec<String>>) -> Vec<String> {
    let told = found.into_iter().map(|((before, after), mut names)| {
        names.sort();
        names.dedup();
        let more = match names.len().saturating_sub(NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        names.truncate(NAMES);
        format!("{before}{}{more}{after}", names.join(", "))
    });
    told.collect()
}

/// The days after `as_of` on which a verdict can change.
fn days(
    connection: &Connection,
    regimes: &[(Regime, Overrides)],
    as_of: &str,
) -> Result<BTreeMap<String, Day>, RegimeError> {
    let mut found: BTreeMap<String, Day> = BTreeMap::new();
    let mut add =
        |date: &str, cause: Cause, name: String, measures: &mut dyn Iterator<Item = (usize, usize)>| {
            if Date::parse(date).is_some_and(|date| date.as_str() > as_of) {
                let day = found.entry(date.to_owned()).or_default();
                let names = day.causes.entry(cause).or_default();
                names.push(name);
                day.measures.extend(measures);
            }
        };
    for (index, (regime, overrides)) in regimes.iter().enumerate() {
        let values = values(regime, overrides);
        let reads = Reads::of(regime);
        let reading = |words: &[&str]| -> Vec<(usize, usize)> {
            let with = |measure: &crate::Measure| words.iter().any(|word| reads.has(measure, word));
            let measures = regime.measures.iter().enumerate();
            measures.filter(|(_, measure)| with(measure)).map(|(at, _)| (index, at)).collect()
        };
        let begins = ("comes into force: ", "");
        for (at, measure) in regime.measures.iter().enumerate() {
            let own = measure.in_force_from.as_ref().and_then(|start| start.day(&values));
            if let Some(from) = regime.in_force.clone().into_iter().chain(own).max() {
                let name = format!("{}/{}", regime.id, measure.id);
                add(from.as_str(), begins, name, &mut [(index, at)].into_iter());
            }
        }
        for (name, value) in &values {
            if let ParameterValue::Text(day) = value {
                let told = format!("{} of {}", name, regime.id);
                add(day, ("the day of a parameter: ", ""), told, &mut reading(&[name]).into_iter());
            }
        }
        for (cause, words, query) in SOURCES {
            let measures = reading(words);
            if !measures.is_empty() {
                for (day, name) in listed(connection, query, &[(":as_of", &as_of)])? {
                    add(&day, *cause, name, &mut measures.iter().copied());
                }
            }
        }
        let months = values.iter().filter(|(name, _)| name.ends_with("_months"));
        for (name, months) in months {
            let with = reading(&[name]);
            for (cause, words, query) in SOURCES_BY_MONTHS {
                let measures: Vec<_> = reading(words).into_iter().filter(|one| with.contains(one)).collect();
                if !measures.is_empty() {
                    for (day, name) in listed(connection, query, &[(":as_of", &as_of), (":months", months)])?
                    {
                        add(&day, *cause, name, &mut measures.iter().copied());
                    }
                }
            }
        }
        let by_name: BTreeMap<String, usize> = regime
            .measures
            .iter()
            .enumerate()
            .filter(|(_, measure)| measure.attested)
            .map(|(at, measure)| (measure.id.to_lowercase(), at))
            .collect();
        if by_name.is_empty() {
            continue;
        }
        let no_months = ParameterValue::Number(0);
        let months = values.get("attestation_months").unwrap_or(&no_months);
        let ends = "SELECT date(coalesce(until, date(date, '+' || :months || ' months')), '+1 day'), lower(trim(measure))
                    FROM attestations WHERE lower(trim(regime)) = lower(:regime)";
        let begins = "SELECT date, lower(trim(measure)) FROM attestations
                      WHERE lower(trim(regime)) = lower(:regime) AND :months IS NOT NULL";
        for (cause, query) in [("attestations have run out: ", ends), ("attestations of this day: ", begins)]
        {
            for (day, measure) in listed(connection, query, &[(":months", months), (":regime", &regime.id)])?
            {
                if let Some(at) = by_name.get(&measure) {
                    let name = format!("{}/{measure}", regime.id);
                    add(&day, (cause, ""), name, &mut [(index, *at)].into_iter());
                }
            }
        }
    }
    Ok(found)
}

/// Days with names; a day that is none is left out.
fn listed(
    connection: &Connection,
    query: &str,
    bound: &[(&str, &dyn rusqlite::ToSql)],
) -> Result<Vec<(String, String)>, RegimeError> {
    let mut statement = connection.prepare(query)?;
    let used: Vec<(&str, &dyn rusqlite::ToSql)> = {
        let mut used = Vec::new();
        for (name, value) in bound {
            if statement.parameter_index(name)?.is_some() {
                used.push((*name, *value));
            }
        }
        used
    };
    let rows = statement.query_map(used.as_slice(), |row| {
        Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?))
    })?;
    let mut found = Vec::new();
    for row in rows {
        if let (Some(day), name) = row? {
            found.push((day, name.unwrap_or_default()));
        }
    }
    Ok(found)
}
