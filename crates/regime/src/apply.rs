//! Applying a regime to a ledger.

use crate::compose::{self, Composed};
use crate::dated::read;
use crate::error::RegimeError;
use crate::folder::TABLES;
use crate::guard::{self, Bounds, Guard, Views};
use crate::metadata::{Date, Measure, Overrides, ParameterValue, Regime, Start};
use crate::near;
use crate::query::Query;
use banbury_evidence::{MeasureResult, RegimeResult, SubjectVerdict, Verdict};
use rusqlite::types::Value;
use rusqlite::{Connection, ToSql};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What applying a regime came to.
#[derive(Debug)]
pub struct Assessment {
    /// The verdicts.
    pub result: RegimeResult,
    /// The parameters' values, the user's in place of the regime's own.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// Queries that failed. The measure of each stands as inconclusive in the result.
    pub problems: Vec<RegimeError>,
}

/// The subject of a verdict that is about no single device, vendor or contract.
const NETWORK: &str = "network";

/// Applies a regime to a ledger as of a day (`YYYY-MM-DD`), with the user's values for its parameters.
pub fn apply(
    connection: &mut Connection,
    regime: &Regime,
    overrides: &Overrides,
    as_of: &str,
) -> Result<Assessment, RegimeError> {
    apply_within(connection, regime, overrides, as_of, &Bounds::default())
}

/// The same, with bounds of one's own for each query.
pub fn apply_within(
    connection: &mut Connection,
    regime: &Regime,
    overrides: &Overrides,
    as_of: &str,
    bounds: &Bounds,
) -> Result<Assessment, RegimeError> {
    let views = guard::views(connection)?;
    apply_knowing(connection, &views, regime, overrides, as_of, bounds)
}

/// The same over a connection whose views are known already.
pub(crate) fn apply_knowing(
    connection: &mut Connection,
    views: &Views,
    regime: &Regime,
    overrides: &Overrides,
    as_of: &str,
    bounds: &Bounds,
) -> Result<Assessment, RegimeError> {
    let as_of = Date::parse(as_of).ok_or_else(|| RegimeError::AsOf { given: as_of.to_owned() })?;
    let parameters = parameters(regime, overrides)?;
    let imported = imported(connection)?;
    let mut guard = Guard::knowing(connection, bounds, views)?;
    let mut problems = Vec::new();
    let mut undefined = None;
    let bound = bound(regime, &parameters, &as_of);
    match read(regime).and_then(|read| define(&mut guard, bounds, regime, &bound, &read)) {
        Ok(()) => {}
        Err(RegimeError::Database(error)) => return Err(RegimeError::Database(error)),
        Err(problem) => {
            undefined = Some(first_line(&problem));
            problems.push(problem);
        }
    }
    let mut measures = Vec::new();
    for measure in &regime.measures {
        let mut bench = Bench {
            guard: &guard,
            bounds,
            undefined: undefined.as_deref(),
            regime,
            measure,
            parameters: &parameters,
            as_of: &as_of,
            problems: Vec::new(),
        };
        measures.push(bench.decide(&imported)?);
        problems.append(&mut bench.problems);
    }
    let result = RegimeResult {
        regime: regime.id.clone(),
        title: regime.title.clone(),
        version: regime.version.clone(),
        as_of: as_of.to_string(),
        measures,
    };
    Ok(Assessment { result, parameters, problems })
}

/// Whether a measure is in force on a day, by its regime, itself and the user's values; `None` where that cannot be said.
pub(crate) fn is_in_force(
    regime: &Regime,
    overrides: &Overrides,
    measure: &Measure,
    day: &Date,
) -> Option<bool> {
    let own = match &measure.in_force_from {
        Some(start) => Some(start.day(&parameters(regime, overrides).ok()?)?),
        None => None,
    };
    Some(regime.in_force.iter().chain(&own).all(|from| from <= day))
}

/// The values of a regime's parameters, the user's in place of its own.
pub(crate) fn parameters(
    regime: &Regime,
    overrides: &Overrides,
) -> Result<BTreeMap<String, ParameterValue>, RegimeError> {
    let mut values: BTreeMap<String, ParameterValue> =
        regime.parameters.iter().map(|(name, parameter)| (name.clone(), parameter.value.clone())).collect();
    for (name, given) in overrides {
        let fault = |cause: String, hint: String| RegimeError::Parameter {
            regime: regime.id.clone(),
            name: name.clone(),
            cause,
            hint,
        };
        let Some(default) = regime.parameters.get(name) else {
            let known = regime.parameters.keys().map(String::as_str);
            return Err(fault(
                "the regime has none of this name".to_owned(),
                near::hint("parameters", name, known),
            ));
        };
        let Some(value) = given.in_place_of(&default.value) else {
            let cause = format!("set to {}, but it is {}", given.sort(), default.value.sort());
            return Err(fault(cause, format!("its own value is {}", default.value)));
        };
        if let Some(refusal) = default.refusal(&value) {
            return Err(fault(refusal.cause, refusal.hint));
        }
        values.insert(name.clone(), value);
    }
    Ok(values)
}

/// The tables of the import.
type Imported = BTreeMap<String, Read>;

/// What was read of a table, from all its files.
#[derive(Debug)]
struct Read {
    records: u64,
    rejected: u64,
    /// What of a file was not read.
    missing: Option<String>,
}

fn imported(connection: &Connection) -> Result<Imported, RegimeError> {
    let mut statement = connection.prepare(
        "SELECT name, sum(\"rows\"), sum(rejected), min(missing) FROM imported_tables GROUP BY name ORDER BY name",
    )?;
    let count = |row: &rusqlite::Row<'_>, column| row.get::<_, i64>(column).map(i64::unsigned_abs);
    let rows = statement.query_map([], |row| {
        let read = Read { records: count(row, 1)?, rejected: count(row, 2)?, missing: row.get(3)? };
        Ok((row.get(0)?, read))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a table that a measure names was imported under any of the names that give it.
fn absent(name: &str, imported: &Imported) -> Option<&'static str> {
    let (_, given_by, words) = TABLES.iter().find(|(table, _, _)| *table == name)?;
    (!given_by.iter().any(|table| imported.contains_key(*table))).then_some(*words)
}

/// One measure on its way to a result.
struct Bench<'a, 'c> {
    guard: &'a Guard<'c>,
    bounds: &'a Bounds,
    /// Why the regime's definitions could not be made, when they could not.
    undefined: Option<&'a str>,
    regime: &'a Regime,
    measure: &'a Measure,
    parameters: &'a BTreeMap<String, ParameterValue>,
    as_of: &'a Date,
    problems: Vec<RegimeError>,
}

impl Bench<'_, '_> {
    fn decide(&mut self, imported: &Imported) -> Result<MeasureResult, RegimeError> {
        let measure = self.measure;
        let own = match &measure.in_force_from {
            Some(start) => match start.day(self.parameters) {
                Some(day) => Some(day),
                None => return Ok(self.result(vec![row(NETWORK, Verdict::Inconclusive, no_day(start))])),
            },
            None => None,
        };
        let in_force = self.regime.in_force.iter().chain(&own).max();
        if let Some(from) = in_force.filter(|from| *from > self.as_of) {
            let reason = format!("In force from {from}; as of {} it does not apply yet.", self.as_of);
            return Ok(self.result(vec![row(NETWORK, Verdict::NotApplicable, reason)]));
        }
        let missing: Vec<&str> = measure.needs.iter().filter_map(|table| absent(table, imported)).collect();
        if !missing.is_empty() {
            return Ok(self.result(vec![not_imported(&missing, "Nothing can be said without it.")]));
        }
        if let Some(why) = self.undefined {
            let reason = format!("The regime's definitions could not be made: {why}");
            return Ok(self.result(vec![row(NETWORK, Verdict::Inconclusive, reason)]));
        }
        let mut rows = match self.query() {
            Ok(rows) => rows,
            Err(RegimeError::Database(error)) => return Err(RegimeError::Database(error)),
            Err(problem) => {
                let reason = format!("The query could not decide: {}", first_line(&problem));
                self.problems.push(problem);
                vec![row(NETWORK, Verdict::Inconclusive, reason)]
            }
        };
        let wanted: Vec<&str> = measure.wants.iter().filter_map(|table| absent(table, imported)).collect();
        if !wanted.is_empty() {
            rows.retain(|row| row.verdict < Verdict::Met);
            rows.push(not_imported(&wanted, "Without it only a breach can be shown."));
        }
        for table in measure.needs.iter().chain(&measure.wants) {
            let given_by = TABLES.iter().find(|(name, _, _)| name == table).map(|(_, given_by, _)| *given_by);
            for name in given_by.unwrap_or_default() {
                let Some(Read { records, rejected, missing }) = imported.get(*name) else { continue };
                if *rejected > 0 {
                    let reason = format!(
                        "{rejected} of {} record{} could not be read; what {} is not known.",
                        records + rejected,
                        if records + rejected == 1 { "" } else { "s" },
                        if *rejected == 1 { "it says" } else { "they say" },
                    );
                    rows.push(row(format!("table {name}"), Verdict::Inconclusive, reason));
                }
                if let Some(missing) = missing {
                    let reason = format!("Not all of it was read: {missing}.");
                    rows.push(row(format!("table {name}"), Verdict::Inconclusive, reason));
                }
            }
        }
        Ok(self.result(rows))
    }

    fn result(&self, rows: Vec<SubjectVerdict>) -> MeasureResult {
        let subjects = gather(rows);
        let verdict = subjects.iter().map(|row| row.verdict).min().unwrap_or(Verdict::NotApplicable);
        let reason = match subjects.as_slice() {
            [] => self.measure.nothing.clone(),
            [only] => only.reason.clone(),
            several => sum_up(several),
        };
        MeasureResult {
            measure: self.measure.id.clone(),
            title: self.measure.title.clone(),
            clause: self.measure.clause.clone(),
            verdict,
            reason,
            subjects,
        }
    }

    fn query(&mut self) -> Result<Vec<SubjectVerdict>, RegimeError> {
        let mut bound = bound(self.regime, self.parameters, self.as_of);
        bound.extend(self.measure.bind.iter().map(|(name, value)| (name.as_str(), value as &dyn ToSql)));
        let query =
            Query { guard: self.guard, bounds: self.bounds, purpose: &self.measure.id, bound: &bound };
        let rows = query.run(&Composed::query(self.measure))?;
        let mut found = Vec::new();
        let mut faults = Vec::new();
        for values in &rows {
            let mut texts = values.iter().map(text);
            let (subject, verdict, reason) =
                (texts.next().flatten(), texts.next().flatten(), texts.next().flatten());
            let name = subject.clone().unwrap_or_else(|| format!("row {}", found.len() + 1));
            let fault = match (subject, verdict, reason) {
                (None, ..) => "a row has no subject (NULL)".to_owned(),
                (_, None, _) => format!("the row of {name:?} has no verdict (NULL)"),
                (.., None) => format!("the row of {name:?} has no reason (NULL)"),
                (_, Some(verdict), Some(reason)) => match verdict.parse::<Verdict>() {
                    Ok(verdict) => {
                        found.push(row(name, verdict, reason));
                        continue;
                    }
                    Err(cause) => format!("the row of {name:?}: {cause}"),
                },
            };
            found.push(row(name, Verdict::Inconclusive, format!("The query does not answer: {fault}.")));
            faults.push(fault);
        }
        if let Some(first) = faults.first() {
            let more = match faults.len() {
                1 => String::new(),
                2 => "; 1 more row is wrong".to_owned(),
                count => format!("; {} more rows are wrong", count - 1),
            };
            self.problems.push(RegimeError::Row {
                place: Composed::query(self.measure).place(),
                measure: self.measure.id.clone(),
                what: format!("{first}{more}"),
                hint: "each row holds a subject, a verdict (met, breached, inconclusive, not applicable) and a reason",
            });
        }
        Ok(found)
    }
}

/// The names that every text of a regime can use.
pub(crate) fn bound<'a>(
    regime: &'a Regime,
    parameters: &'a BTreeMap<String, ParameterValue>,
    as_of: &'a Date,
) -> Vec<(&'a str, &'a dyn ToSql)> {
    let values = parameters.iter().map(|(name, value)| (name.as_str(), value as &dyn ToSql));
    values.chain([("as_of", as_of as &dyn ToSql), ("regime", &regime.id)]).collect()
}

/// Makes the regime's tables: `sensitivity`, and those of its definitions that are read, in their order.
pub(crate) fn define(
    guard: &mut Guard<'_>,
    bounds: &Bounds,
    regime: &Regime,
    bound: &[(&str, &dyn ToSql)],
    read: &BTreeSet<String>,
) -> Result<(), RegimeError> {
    let columns = ["kind", "name", "class", "verdict", "note"].map(str::to_owned);
    let mut rows = Vec::new();
    for entry in &regime.sensitivity {
        let functions = entry.functions.iter().map(|name| ("function", name.to_uppercase()));
        let roles = entry.roles.iter().map(|name| ("role", name.to_lowercase()));
        rows.extend(functions.chain(roles).map(|(kind, name)| {
            [kind, &name, &entry.class, &entry.verdict, &entry.note]
                .map(|text| Value::Text(text.to_owned()))
                .to_vec()
        }));
    }
    // Every part in interception is in one class.
    let parts = regime.sensitivity.iter().find(|entry| entry.parts);
    let (class, verdict, note) = parts
        .map_or(("lawful-intercept", "breached", "lawful intercept"), |entry| {
            (&entry.class, &entry.verdict, &entry.note)
        });
    rows.push(["part", "*", class, verdict, note].map(|text| Value::Text(text.to_owned())).to_vec());
    guard.table("sensitivity", &columns, &rows)?;
    for script in &regime.definitions {
        for definition in compose::definitions(script)? {
            let name = definition.name.as_str();
            let composed = Composed::definition(script, &definition, bounds.definition_rows + 1);
            if guard.views().contains_key(name) {
                let cause = format!("{name} is the name of a view");
                return Err(composed.diagnostic(None, cause).hint("give the definition another name").into());
            }
            if !read.contains(&name.to_ascii_lowercase()) {
                continue;
            }
            if definition.view {
                let body = Composed::body(script, &definition);
                let columns = Query { guard, bounds, purpose: name, bound }.check(&body)?;
                guard.view(name, columns, &Composed::view(script, &definition).sql)?;
                continue;
            }
            guard.making(name)?;
            Query { guard, bounds, purpose: name, bound }.make(&composed)?;
            if guard.made(name)? > bounds.definition_rows {
                let query = Query { guard, bounds, purpose: name, bound };
                return Err(
                    query.stopped(&composed, format!("it makes more than {} rows", bounds.definition_rows))
                );
            }
        }
    }
    Ok(())
}

fn row(subject: impl Into<String>, verdict: Verdict, reason: impl Into<String>) -> SubjectVerdict {
    SubjectVerdict { subject: subject.into(), verdict, reason: reason.into() }
}

/// Why it is not known since when a measure applies: the user's value of the parameter is no day.
fn no_day(start: &Start) -> String {
    match start {
        Start::Day(day) => format!("In force from {day}."),
        Start::Parameter(name) => {
            format!("Since when it applies is not known: the parameter {name} is set to no day (YYYY-MM-DD).")
        }
    }
}

fn not_imported(tables: &[&str], consequence: &str) -> SubjectVerdict {
    let mut list = tables.join(" and ");
    if let Some(first) = list.get(..1).map(str::to_uppercase) {
        list.replace_range(..1, &first);
    }
    // Every table's words are a plural but the inventory's.
    let (verb, them) =
        if tables.len() == 1 && list.starts_with("The inventory") { ("was", "it") } else { ("were", "them") };
    let consequence = consequence.replace(" it ", &format!(" {them} ")).replace(" it.", &format!(" {them}."));
    row(NETWORK, Verdict::Inconclusive, format!("{list} {verb} not imported. {consequence}"))
}

fn first_line(problem: &RegimeError) -> String {
    problem.to_string().lines().next().unwrap_or_default().to_owned()
}

/// A value as text; `None` for NULL and bytes.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Blob(_) => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(real) => Some(real.to_string()),
        Value::Text(text) => Some(text.clone()),
    }
}

/// One verdict a subject: the worst stands, and the reasons are joined with the worst's own first.
fn gather(mut rows: Vec<SubjectVerdict>) -> Vec<SubjectVerdict> {
    rows.sort_by(|a, b| (&a.subject, a.verdict, &a.reason).cmp(&(&b.subject, b.verdict, &b.reason)));
    rows.dedup();
    let mut gathered: Vec<SubjectVerdict> = Vec::new();
    for next in rows {
        match gathered.last_mut().filter(|last| last.subject == next.subject) {
            Some(last) => {
                last.reason.push(' ');
                last.reason.push_str(&next.reason);
            }
            None => gathered.push(next),
        }
    }
    gathered.sort_by(|a, b| (a.verdict, &a.subject).cmp(&(b.verdict, &b.subject)));
    gathered
}

/// How long the reason of a measure with several subjects may be, in characters.
const LONGEST_REASON: usize = 300;

/// "2 of 9 breached (a, b), 1 inconclusive (c), 6 met. a: ...", with the reason of the first of the worst.
fn sum_up(rows: &[SubjectVerdict]) -> String {
    let mut parts = Vec::new();
    for verdict in [Verdict::Breached, Verdict::Inconclusive, Verdict::Met, Verdict::NotApplicable] {
        let names: Vec<&str> =
            rows.iter().filter(|row| row.verdict == verdict).map(|row| row.subject.as_str()).collect();
        if names.is_empty() {
            continue;
        }
        let of = if parts.is_empty() { format!(" of {}", rows.len()) } else { String::new() };
        let listed = if verdict < Verdict::Met {
            let more = if names.len() > 3 { ", ..." } else { "" };
            let shown: Vec<&str> = names.iter().copied().take(3).collect();
            format!(" ({}{more})", shown.join(", "))
        } else {
            String::new()
        };
        parts.push(format!("{}{of} {}{listed}", names.len(), verdict.as_str()));
    }
    let mut text = format!("{}.", parts.join(", "));
    if let Some(worst) = rows.first().filter(|row| row.verdict < Verdict::Met) {
        let _ = write!(text, " {}: {}", worst.subject, worst.reason);
    }
    match text.char_indices().nth(LONGEST_REASON).map(|_| text.char_indices().nth(LONGEST_REASON - 4)) {
        Some(Some((end, _))) => format!("{} ...", text.get(..end).unwrap_or_default().trim_end()),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_a_subject_stands_and_its_reasons_are_joined() {
        let rows = vec![
            row("b", Verdict::Met, "Fine."),
            row("a", Verdict::Met, "Good."),
            row("a", Verdict::Breached, "Bad."),
            row("a", Verdict::Breached, "Bad."),
        ];
        let gathered = gather(rows);
        assert_eq!(gathered, [row("a", Verdict::Breached, "Bad. Good."), row("b", Verdict::Met, "Fine.")]);
        assert_eq!(sum_up(&gathered), "1 of 2 breached (a), 1 met. a: Bad. Good.");
        let long = [row("a", Verdict::Breached, "é".repeat(900)), row("b", Verdict::Met, "Fine.")];
        let told = sum_up(&long);
        assert_eq!(told.chars().count(), LONGEST_REASON);
        assert!(told.starts_with("1 of 2 breached (a), 1 met. a: éé") && told.ends_with("é ..."), "{told}");
    }

    #[test]
    fn missing_tables_are_named_with_their_files() {
        let one = not_imported(&["the sites (sites.csv)"], "Nothing can be said without it.");
        assert_eq!(one.reason, "The sites (sites.csv) were not imported. Nothing can be said without them.");
        let two = not_imported(&["the sites", "the links"], "Nothing can be said without it.");
        assert_eq!(
            two.reason,
            "The sites and the links were not imported. Nothing can be said without them."
        );
    }
}
