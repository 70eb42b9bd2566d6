//! Running one text of a regime under the guard, and reading SQLite's errors as the mistakes in its files that they
//! are.

use crate::compose::Composed;
use crate::error::RegimeError;
use crate::guard::{Bounds, FUNCTIONS, Guard, Refused};
use crate::near;
use rusqlite::types::Value;
use rusqlite::{Error, ErrorCode, ToSql};

/// Runs texts of a regime for one purpose.
pub(crate) struct Query<'a, 'c> {
    /// The guarded connection.
    pub guard: &'a Guard<'c>,
    /// The bounds that the guard keeps, for messages and for what it cannot keep.
    pub bounds: &'a Bounds,
    /// What is being decided or defined, for messages.
    pub purpose: &'a str,
    /// The names that are bound.
    pub bound: &'a [(&'a str, &'a dyn ToSql)],
}

impl Query<'_, '_> {
    /// Runs a composed text to its end.
    pub fn run(&self, composed: &Composed<'_>) -> Result<Vec<Vec<Value>>, RegimeError> {
        let mut statement = self.prepare(composed)?;
        let columns = statement.column_count();
        let mut found = Vec::new();
        let mut bytes = 0usize;
        let mut rows = statement.raw_query();
        loop {
            let next = match rows.next() {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(error) => return Err(self.mistake(composed, error)),
            };
            if found.len() >= self.bounds.rows {
                return Err(self.stopped(composed, format!("it returns more than {} rows", self.bounds.rows)));
            }
            let values: Vec<Value> = (0..columns).map(|column| next.get(column)).collect::<Result<_, _>>()?;
            bytes += values.iter().map(size).sum::<usize>();
            if bytes > self.bounds.total_bytes {
                let most = self.bounds.total_bytes;
                return Err(self.stopped(composed, format!("it returns more than {most} bytes")));
            }
            found.push(values);
        }
        Ok(found)
    }

    /// Runs a composed text that returns nothing, but makes a table.
    pub fn make(&self, composed: &Composed<'_>) -> Result<(), RegimeError> {
        let mut statement = self.prepare(composed)?;
        statement.raw_execute().map(|_| ()).map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => {
                let most = self.bounds.definition_bytes;
                let what = format!("the definitions make more than {most} bytes, or the disk is full");
                self.stopped(composed, what)
            }
            _ => self.mistake(composed, error),
        })
    }

    /// Whether a composed text can be read under the guard, without running it. What a view holds is judged here: once it
    /// stands, whatever it reads is read by it.
    pub fn check(&self, composed: &Composed<'_>) -> Result<Vec<String>, RegimeError> {
        let statement = self.prepare(composed)?;
        if let Some(name) = statement.parameter_name(1) {
            let at = composed.find(name.trim_start_matches(':'));
            return Err(composed
                .diagnostic(at, format!("a view binds {name}"))
                .hint("leave NOT MATERIALIZED out, or put what is bound into a definition before it")
                .into());
        }
        Ok(statement.column_names().map(str::to_owned).collect())
    }

    fn prepare<'s>(&'s self, composed: &Composed<'_>) -> Result<rusqlite::Statement<'s>, RegimeError> {
        let mut statement =
            self.guard.connection().prepare(&composed.sql).map_err(|error| self.mistake(composed, error))?;
        for index in 1..=statement.parameter_count() {
            let written = statement.parameter_name(index).unwrap_or("?").to_owned();
            let name = written.strip_prefix(':').unwrap_or_default();
            let Some((_, value)) = self.bound.iter().find(|(known, _)| *known == name) else {
                let hint = near::hint("names", name, self.bound.iter().map(|(name, _)| *name));
                let at = composed.find(if name.is_empty() { &written } else { name });
                return Err(composed
                    .diagnostic(at, format!("nothing is bound to {written}"))
                    .hint(hint)
                    .into());
            };
            statement.raw_bind_parameter(index, value)?;
        }
        Ok(statement)
    }

    pub(crate) fn stopped(&self, composed: &Composed<'_>, what: String) -> RegimeError {
        RegimeError::Stopped {
            place: composed.place(),
            purpose: self.purpose.to_owned(),
            what: format!("the query was stopped: {what}"),
            hint: "return one row a subject, and join the views on their keys",
        }
    }

    fn mistake(&self, composed: &Composed<'_>, error: Error) -> RegimeError {
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => {
                return self.stopped(composed, self.guard.exceeded());
            }
            Some(ErrorCode::TooBig) => {
                let most = self.bounds.value_bytes;
                return self.stopped(composed, format!("it makes a value of more than {most} bytes"));
            }
            // Only an error in the query itself is the regime's fault.
            Some(ErrorCode::Unknown | ErrorCode::AuthorizationForStatementDenied) | None => {}
            Some(_) => return RegimeError::Database(error),
        }
        if let Some(refused) = self.guard.refused() {
            return self.refusal(composed, &refused);
        }
        let (message, offset) = match &error {
            Error::SqlInputError { msg, offset, .. } => (msg.clone(), usize::try_from(*offset).ok()),
            Error::SqliteFailure(_, Some(message)) => (message.clone(), None),
            other => (other.to_string(), None),
        };
        let views = self.guard.views();
        let after = |prefix: &str| message.strip_prefix(prefix).map(str::trim);
        let hint = if let Some(name) = after("no such column:") {
            if offset.is_some_and(|at| !composed.holds(at)) {
                return composed
                    .diagnostic(None, format!("the query returns no column {name}"))
                    .hint("return the columns subject, verdict and reason")
                    .into();
            }
            let bare = name.rsplit('.').next().unwrap_or(name);
            match near::nearest(bare, views.values().flatten().map(String::as_str)).as_slice() {
                [] => "the views and their columns are in docs/regimes.md".to_owned(),
                near => format!("did you mean {}?", near.join(" or ")),
            }
        } else if let Some(name) = after("no such table:") {
            near::hint("views", name, views.keys().map(String::as_str))
        } else if let Some(name) = after("no such function:") {
            near::hint("functions", name, FUNCTIONS.iter().copied())
        } else {
            "the query is one SELECT that returns subject, verdict and reason".to_owned()
        };
        let last = message.rsplit(' ').next().unwrap_or_default();
        let at = offset.or_else(|| composed.find(last));
        composed.diagnostic(at, message.clone()).hint(hint).into()
    }

    fn refusal(&self, composed: &Composed<'_>, refused: &Refused) -> RegimeError {
        let (word, cause, hint) = match refused {
            Refused::Table(name) => (
                name.as_str(),
                format!("{name} is no documented view"),
                near::hint(
                    "views",
                    name.trim_start_matches("model_"),
                    self.guard.views().keys().map(String::as_str),
                ),
            ),
            Refused::Function(name) => (
                name.as_str(),
                format!("the function {name} cannot be used"),
                near::hint("functions", name, FUNCTIONS.iter().copied()),
            ),
            Refused::Action(name) => {
                (*name, format!("{name} is not allowed"), "a regime's query is one SELECT".to_owned())
            }
        };
        // SQLite calls its own tables by their old names.
        let at = composed.find(word).or_else(|| composed.find(&word.replace("_master", "_schema")));
        composed.diagnostic(at, cause).hint(hint).into()
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        _ => 8,
    }
}
