//! Into how many subqueries a text unfolds. SQLite puts the text of a common table expression, and of a view, wherever its name
//! stands, before it looks at anything else: names that each stand twice in the next one double with each, and forty of them
//! would never be read to their end. That is counted here, over the words of the text, before SQLite sees it.

use crate::compose::{self, Composed, Definition, tokens};
use crate::error::Diagnostic;
use crate::metadata::{Measure, Script};
use std::collections::BTreeMap;
use std::ops::Range;

/// The most subqueries, far above what a person writes and far below what takes a second to read.
const MOST: u64 = 5_000;

/// The most names after WITH in one text.
const MOST_NAMES: usize = 200;

/// Views among a regime's definitions, each with the subqueries that it unfolds into.
type Weights = BTreeMap<String, u64>;

/// Refuses texts of a regime that unfold without measure.
pub(crate) fn check(definitions: &[Script], measures: &[Measure]) -> Result<(), Diagnostic> {
    let mut views = Weights::new();
    for script in definitions {
        for definition in compose::definitions(script)? {
            let weight =
                text(definition.body(script), &views).map_err(|cause| at(script, &definition, cause))?;
            if definition.view {
                views.insert(definition.name.clone(), weight);
            }
        }
    }
    for measure in measures {
        text(&measure.query.text, &views).map_err(|cause| {
            Diagnostic::at(&measure.query.file, &measure.query.text, Some(0..0), cause).hint(HINT)
        })?;
    }
    Ok(())
}

const HINT: &str = "put what several parts read into definitions.sql: there a table is made once";

fn at(script: &Script, definition: &Definition, cause: String) -> Diagnostic {
    Composed::body(script, definition).diagnostic(None, cause).hint(HINT)
}

/// The subqueries of a text, or why there are too many.
fn text(text: &str, views: &Weights) -> Result<u64, String> {
    let tokens = tokens(text);
    let words: Vec<String> = tokens.iter().map(|(_, token)| bare(token)).collect();
    let bodies = bodies(&words);
    if bodies.len() > MOST_NAMES {
        return Err(format!("it has more than {MOST_NAMES} names after WITH"));
    }
    let unfolding = Unfolding { words: &words, bodies: &bodies, views };
    let mut known = BTreeMap::new();
    let weight = unfolding.weight(0..words.len(), &mut known);
    if weight > MOST { Err(format!("it unfolds into more than {MOST} subqueries")) } else { Ok(weight) }
}

/// A name as SQLite compares it.
fn bare(token: &str) -> String {
    token.trim_matches(['"', '`', '[', ']']).to_ascii_lowercase()
}

/// The names after WITH, each with the words in its parentheses.
fn bodies(words: &[String]) -> Vec<(String, Range<usize>)> {
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    // Where each parenthesis closes, and where each closing one opened.
    let (mut closes, mut opened, mut open) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "(" => open.push(at),
            ")" => {
                if let Some(start) = open.pop() {
                    closes.insert(start, at);
                    opened.insert(at, start);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for at in (1..words.len()).filter(|at| word(*at) == "as") {
        let mut next = at + 1;
        next += usize::from(word(next) == "not");
        next += usize::from(word(next) == "materialized");
        if word(next) != "(" {
            continue;
        }
        // Before AS stands the name, or its columns in parentheses.
        let name = opened.get(&(at - 1)).map_or(Some(at - 1), |start| start.checked_sub(1));
        let end = closes.get(&next).copied().unwrap_or(words.len());
        if let Some(name) = name {
            found.push((word(name).to_owned(), next + 1..end));
        }
    }
    found
}

struct Unfolding<'a> {
    words: &'a [String],
    bodies: &'a [(String, Range<usize>)],
    views: &'a Weights,
}

impl Unfolding<'_> {
    /// The subqueries of a range of words: one for itself, and those of each name in it. What stands after a name's AS counts
    /// where the name stands, not where it is written.
    fn weight(&self, range: Range<usize>, known: &mut BTreeMap<usize, u64>) -> u64 {
        let mut sum = 1u64;
        let mut at = range.start;
        while at < range.end {
            if let Some((_, body)) = self.bodies.iter().find(|(_, body)| body.start == at && *body != range) {
                at = body.end.max(at + 1);
                continue;
            }
            let Some(word) = self.words.get(at) else { break };
            sum = sum.saturating_add(u64::from(word == "select"));
            sum = sum.saturating_add(self.views.get(word).copied().unwrap_or_default());
            for (index, (_, body)) in self.bodies.iter().enumerate().filter(|(_, (name, _))| name == word) {
                let weight = match known.get(&index) {
                    Some(weight) => *weight,
                    None => {
                        // A name that stands in its own body is recursion, which SQLite does not unfold.
                        known.insert(index, 0);
                        let weight = self.weight(body.clone(), known);
                        known.insert(index, weight);
                        weight
                    }
                };
                sum = sum.saturating_add(weight);
            }
            at += 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(sql: &str) -> Result<u64, String> {
        text(sql, &Weights::from([("v".to_owned(), 100)]))
    }

    #[test]
    fn names_count_where_they_stand() {
        assert_eq!(weight("SELECT 1"), Ok(2));
        // Each t stands once where it is written, as a name, and once where it is read.
        let once = weight("WITH t AS (SELECT 1) SELECT * FROM t").unwrap();
        let twice = weight("WITH t(x) AS NOT MATERIALIZED (SELECT 1) SELECT * FROM t, \"T\" b").unwrap();
        assert_eq!(twice - once, 2);
        assert!(weight("SELECT * FROM v, v").unwrap() > 200);
        assert!(
            weight("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
                .unwrap()
                < 10
        );
    }

    #[test]
    fn what_doubles_is_refused_whatever_its_order() {
        let step = |at: usize| format!("t{at} AS (SELECT a.x FROM t{0} a, t{0} b)", at - 1);
        let up: Vec<String> = (1..40).map(step).collect();
        let down: Vec<String> = (1..40).rev().map(step).collect();
        for steps in [up, down] {
            let sql = format!("WITH t0 AS (SELECT 1 AS x), {} SELECT x FROM t39", steps.join(", "));
            assert_eq!(weight(&sql), Err("it unfolds into more than 5000 subqueries".to_owned()));
        }
        let names: Vec<String> = (0..300).map(|at| format!("t{at} AS (SELECT 1)")).collect();
        let told = weight(&format!("WITH {} SELECT 1", names.join(", "))).unwrap_err();
        assert!(told.contains("200 names"), "{told}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_counted(sql in "[a-c (),'\"as\\-\n/*é\\[]{0,60}") {
            let _ = weight(&sql);
            let _ = weight(&format!("with a as ({sql}), b as (select * from a, a) select * from b"));
        }
    }
}
