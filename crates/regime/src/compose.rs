//! The text of a measure's query as SQLite gets it: the regime's data and definitions as common table expressions,
//! then the query as a subquery, so that it can only be one SELECT.

use crate::error::Diagnostic;
use crate::metadata::{Measure, Regime, Script};
use std::fmt::Write as _;

/// A composed query, and where each of its texts came from.
pub(crate) struct Composed<'a> {
    /// What SQLite gets.
    pub sql: String,
    definitions: Option<(&'a Script, usize)>,
    query: (&'a Script, usize),
}

/// Composes the query of a measure.
pub(crate) fn compose<'a>(regime: &'a Regime, measure: &'a Measure) -> Composed<'a> {
    let mut sql = String::from("WITH ");
    sql.push_str(&sensitivity(regime));
    let definitions = regime.definitions.as_ref().map(|script| {
        sql.push_str(",\n");
        let start = sql.len();
        sql.push_str(&script.text);
        (script, start)
    });
    sql.push_str("\nSELECT subject, verdict, reason FROM (\n");
    let start = sql.len();
    sql.push_str(measure.query.text.trim_end().trim_end_matches(';'));
    sql.push_str("\n)");
    Composed { sql, definitions, query: (&measure.query, start) }
}

impl Composed<'_> {
    /// The place in the regime's own files of a byte offset in the composed text; the start of the query when the
    /// offset is in neither.
    pub fn diagnostic(&self, offset: Option<usize>, cause: String) -> Diagnostic {
        let offset = offset.unwrap_or_default();
        for (script, start) in self.definitions.iter().chain([&self.query]) {
            if let Some(inner) = offset.checked_sub(*start)
                && inner <= script.text.len() + 1
            {
                return Diagnostic::at(&script.file, &script.text, Some(inner..inner), cause);
            }
        }
        Diagnostic::at(&self.query.0.file, &self.query.0.text, None, cause)
    }

    /// Whether the offset stands in a text of the regime, rather than in the frame around it.
    pub fn holds(&self, offset: usize) -> bool {
        self.definitions
            .iter()
            .chain([&self.query])
            .any(|(script, start)| (*start..=start + script.text.len()).contains(&offset))
    }

    /// Where a word stands for the first time in the query, else in the definitions.
    pub fn find(&self, word: &str) -> Option<usize> {
        [Some(self.query), self.definitions].into_iter().flatten().find_map(|(script, start)| {
            let text = script.text.to_lowercase();
            let word = word.to_lowercase();
            let edge = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            text.match_indices(&word)
                .find(|(at, _)| {
                    edge(text.get(..*at).and_then(|before| before.chars().next_back()))
                        && edge(text.get(at + word.len()..).and_then(|after| after.chars().next()))
                })
                .map(|(at, _)| start + at)
        })
    }
}

/// `sensitivity(kind, name, class, verdict, note)`: kind is `function` (name in capitals) or `role` (small letters).
pub(crate) fn sensitivity(regime: &Regime) -> String {
    let mut rows = Vec::new();
    for entry in &regime.sensitivity {
        let functions = entry.functions.iter().map(|name| ("function", name.to_uppercase()));
        let roles = entry.roles.iter().map(|name| ("role", name.to_lowercase()));
        for (kind, name) in functions.chain(roles) {
            let mut row = String::new();
            let _ = write!(
                row,
                "({}, {}, {}, {}, {})",
                quoted(kind),
                quoted(&name),
                quoted(&entry.class),
                quoted(&entry.verdict),
                quoted(&entry.note)
            );
            rows.push(row);
        }
    }
    let head = "sensitivity(kind, name, class, verdict, note) AS (";
    if rows.is_empty() {
        format!("{head}SELECT '', '', '', '', '' WHERE 0)")
    } else {
        format!("{head}VALUES\n  {})", rows.join(",\n  "))
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace('\0', ""))
}
