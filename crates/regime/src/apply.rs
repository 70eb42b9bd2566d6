//! Applying a regime to a ledger.

use crate::compose::{Composed, compose};
use crate::error::RegimeError;
use crate::folder::TABLES;
use crate::guard::{Bounds, FUNCTIONS, Guard, Refused, Views, views};
use crate::metadata::{Date, Measure, Overrides, ParameterValue, Regime};
use crate::near;
use banbury_evidence::{MeasureResult, RegimeResult, SubjectVerdict, Verdict};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, ErrorCode};
use std::collections::BTreeMap;

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
    let as_of = Date::parse(as_of).ok_or_else(|| RegimeError::AsOf { given: as_of.to_owned() })?;
    let parameters = parameters(regime, overrides)?;
    let views = views(connection)?;
    let imported = imported(connection)?;
    let guard = Guard::new(connection, &views, bounds)?;
    let mut problems = Vec::new();
    let mut measures = Vec::new();
    for measure in &regime.measures {
        let mut bench = Bench {
            guard: &guard,
            views: &views,
            bounds,
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

fn parameters(
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
        values.insert(name.clone(), value);
    }
    Ok(values)
}

/// The tables of the import: records read and records rejected.
type Imported = BTreeMap<String, (u64, u64)>;

fn imported(connection: &Connection) -> Result<Imported, RegimeError> {
    let mut statement = connection.prepare(
        "SELECT name, sum(\"rows\"), sum(rejected) FROM imported_tables GROUP BY name ORDER BY name",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((row.get(0)?, (row.get::<_, i64>(1)?.unsigned_abs(), row.get::<_, i64>(2)?.unsigned_abs())))
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
    views: &'a Views,
    bounds: &'a Bounds,
    regime: &'a Regime,
    measure: &'a Measure,
    parameters: &'a BTreeMap<String, ParameterValue>,
    as_of: &'a Date,
    problems: Vec<RegimeError>,
}

impl Bench<'_, '_> {
    fn decide(&mut self, imported: &Imported) -> Result<MeasureResult, RegimeError> {
        let measure = self.measure;
        let in_force = [&self.regime.in_force, &measure.in_force_from].into_iter().flatten().max();
        if let Some(from) = in_force.filter(|from| *from > self.as_of) {
            let reason = format!("In force from {from}; as of {} it does not apply yet.", self.as_of);
            return Ok(self.result(vec![row(NETWORK, Verdict::NotApplicable, reason)]));
        }
        let missing: Vec<&str> = measure.needs.iter().filter_map(|table| absent(table, imported)).collect();
        if !missing.is_empty() {
            return Ok(self.result(vec![not_imported(&missing, "Nothing can be said without it.")]));
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
                if let Some((read, rejected)) = imported.get(*name).filter(|(_, rejected)| *rejected > 0) {
                    let reason = format!(
                        "{rejected} of {} records could not be read; what they say is not known.",
                        read + rejected
                    );
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
        let composed = compose(self.regime, self.measure);
        let guard = self.guard;
        let connection = guard.connection();
        let mut statement = match connection.prepare(&composed.sql) {
            Ok(statement) => statement,
            Err(error) => return Err(self.mistake(&composed, error)),
        };
        for index in 1..=statement.parameter_count() {
            let written = statement.parameter_name(index).unwrap_or("?").to_owned();
            let name = written.strip_prefix(':').unwrap_or_default();
            let bound = if name == "as_of" {
                statement.raw_bind_parameter(index, self.as_of.as_str())
            } else if let Some(value) = self.measure.bind.get(name).or_else(|| self.parameters.get(name)) {
                statement.raw_bind_parameter(index, value)
            } else {
                let names = self.measure.bind.keys().chain(self.parameters.keys()).map(String::as_str);
                let hint = near::hint("names", name, names.chain(["as_of"]));
                let cause = format!("nothing is bound to {written}");
                let at = composed.find(if name.is_empty() { &written } else { name });
                return Err(composed.diagnostic(at, cause).hint(hint).into());
            };
            bound?;
        }
        let mut found = Vec::new();
        let mut faults = Vec::new();
        let mut bytes = 0usize;
        let mut rows = statement.raw_query();
        loop {
            let next = match rows.next() {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(error) => return Err(self.mistake(&composed, error)),
            };
            let (subject, verdict, reason) =
                (text(next.get_ref(0)?), text(next.get_ref(1)?), text(next.get_ref(2)?));
            bytes += [&subject, &verdict, &reason]
                .iter()
                .filter_map(|part| part.as_ref())
                .map(String::len)
                .sum::<usize>();
            if found.len() >= self.bounds.rows {
                return Err(self.stopped(format!("the query returns more than {} rows", self.bounds.rows)));
            }
            if bytes > self.bounds.total_bytes {
                return Err(
                    self.stopped(format!("the query returns more than {} bytes", self.bounds.total_bytes))
                );
            }
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
            let more = if faults.len() > 1 {
                format!("; {} more rows like it", faults.len() - 1)
            } else {
                String::new()
            };
            self.problems.push(RegimeError::Row {
                file: self.measure.query.file.clone(),
                measure: self.measure.id.clone(),
                what: format!("{first}{more}"),
                hint: "each row holds a subject, a verdict (met, breached, inconclusive, not applicable) and a reason",
            });
        }
        Ok(found)
    }

    fn stopped(&self, what: String) -> RegimeError {
        RegimeError::Stopped {
            file: self.measure.query.file.clone(),
            measure: self.measure.id.clone(),
            what: format!("{what}; it was stopped"),
            hint: "return one row a subject, and join the views on their keys",
        }
    }

    /// SQLite's error as the mistake in the regime's files that it is.
    fn mistake(&self, composed: &Composed<'_>, error: Error) -> RegimeError {
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => {
                let most = self.bounds.instructions / 1_000_000;
                return self.stopped(format!("the query takes more than {most} million instructions"));
            }
            Some(ErrorCode::TooBig) => {
                let most = self.bounds.value_bytes;
                return self.stopped(format!("the query makes a value of more than {most} bytes"));
            }
            // Only an error in the query itself is the regime's fault.
            Some(ErrorCode::Unknown | ErrorCode::AuthorizationForStatementDenied) | None => {}
            Some(_) => return RegimeError::Database(error),
        }
        let names = || self.views.keys().map(String::as_str).chain(["sensitivity"]);
        if let Some(refused) = self.guard.refused() {
            let (word, cause, hint) = match &refused {
                Refused::Table(name) => (
                    name.as_str(),
                    format!("{name} is no documented view"),
                    near::hint("views", name.trim_start_matches("model_"), names()),
                ),
                Refused::Function(name) => (
                    name.as_str(),
                    format!("the function {name} cannot be used"),
                    near::hint("functions", name, FUNCTIONS.iter().copied()),
                ),
                Refused::Action(name) => {
                    (*name, format!("{name} is not allowed"), "a measure's query is one SELECT".to_owned())
                }
            };
            return composed.diagnostic(composed.find(word), cause).hint(hint).into();
        }
        let (message, offset) = match &error {
            Error::SqlInputError { msg, offset, .. } => (msg.clone(), usize::try_from(*offset).ok()),
            Error::SqliteFailure(_, Some(message)) => (message.clone(), None),
            other => (other.to_string(), None),
        };
        let after = |prefix: &str| message.strip_prefix(prefix).map(str::trim);
        if let Some(name) = after("no such column:") {
            if offset.is_some_and(|at| !composed.holds(at)) {
                return composed
                    .diagnostic(None, format!("the query returns no column {name}"))
                    .hint("return the columns subject, verdict and reason")
                    .into();
            }
            let columns = self.views.values().flatten().map(String::as_str);
            let bare = name.rsplit('.').next().unwrap_or(name);
            let near = near::nearest(bare, columns);
            let hint = if near.is_empty() {
                "the views and their columns are in docs/regimes.md".to_owned()
            } else {
                format!("did you mean {}?", near.join(" or "))
            };
            return composed.diagnostic(offset, message.clone()).hint(hint).into();
        }
        if let Some(name) = after("no such table:") {
            let at = offset.or_else(|| composed.find(name));
            return composed.diagnostic(at, message.clone()).hint(near::hint("views", name, names())).into();
        }
        if let Some(name) = after("no such function:") {
            let hint = near::hint("functions", name, FUNCTIONS.iter().copied());
            return composed.diagnostic(offset, message.clone()).hint(hint).into();
        }
        let hint = "the query is one SELECT that returns subject, verdict and reason";
        composed.diagnostic(offset, message).hint(hint).into()
    }
}

fn row(subject: impl Into<String>, verdict: Verdict, reason: impl Into<String>) -> SubjectVerdict {
    SubjectVerdict { subject: subject.into(), verdict, reason: reason.into() }
}

fn not_imported(tables: &[&str], consequence: &str) -> SubjectVerdict {
    let (verb, consequence) = if tables.len() > 1 {
        ("were", consequence.replace("without it", "without them").replace("Without it", "Without them"))
    } else {
        ("were", consequence.to_owned())
    };
    let mut list = tables.join(" and ");
    if let Some(first) = list.get(..1).map(str::to_uppercase) {
        list.replace_range(..1, &first);
    }
    // Every table's words begin with a plural but the inventory's.
    let verb = if tables.len() == 1 && list.starts_with("The inventory") { "was" } else { verb };
    row(NETWORK, Verdict::Inconclusive, format!("{list} {verb} not imported. {consequence}"))
}

fn first_line(problem: &RegimeError) -> String {
    problem.to_string().lines().next().unwrap_or_default().to_owned()
}

/// A value as text; `None` for NULL and bytes that are no text.
fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(real) => Some(real.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
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

/// "2 of 9 breached (a, b), 1 inconclusive (c), 6 met."
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
    format!("{}.", parts.join(", "))
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
        assert_eq!(sum_up(&gathered), "1 of 2 breached (a), 1 met.");
    }

    #[test]
    fn missing_tables_are_named_with_their_files() {
        let one = not_imported(&["the sites (sites.csv)"], "Nothing can be said without it.");
        assert_eq!(one.reason, "The sites (sites.csv) were not imported. Nothing can be said without it.");
        let two = not_imported(&["the sites", "the links"], "Nothing can be said without it.");
        assert_eq!(
            two.reason,
            "The sites and the links were not imported. Nothing can be said without them."
        );
    }
}
