//! The texts that SQLite gets: each definition and each measure's query as a subquery, so that it can only be one
//! SELECT, with the way back from an offset in it to the regime's own file.

use crate::error::Diagnostic;
use crate::metadata::{Measure, Script};
use std::collections::BTreeSet;

/// A definition: a table that is made once, before the queries, from a SELECT over views and earlier definitions; or a
/// view over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    /// Its name.
    pub name: String,
    /// Whether it is a view: `AS NOT MATERIALIZED`.
    pub view: bool,
    start: usize,
    end: usize,
}

impl Definition {
    /// Its SELECT.
    pub fn body<'a>(&self, script: &'a Script) -> &'a str {
        script.text.get(self.start..self.end).unwrap_or_default()
    }
}

/// Whether a text names a table or column of this name, outside comments and quotes.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    tokens(text).iter().any(|(_, token)| token.eq_ignore_ascii_case(word))
}

/// The words of a text, outside comments and quotes, in small letters: for whoever asks for many.
pub(crate) fn words(text: &str) -> BTreeSet<String> {
    tokens(text).into_iter().map(|(_, token)| token.to_ascii_lowercase()).collect()
}

/// Whether a text uses the parameter of this name.
pub(crate) fn has_parameter(text: &str, name: &str) -> bool {
    tokens(text).windows(2).any(|pair| matches!(pair, [(_, ":"), (_, token)] if *token == name))
}

/// A composed query, and where its text came from.
pub(crate) struct Composed<'a> {
    /// What SQLite gets.
    pub sql: String,
    /// The file that the text stands in.
    pub script: &'a Script,
    /// Where the text begins in `sql`.
    head: usize,
    /// Where it begins in the file.
    start: usize,
    /// Where it ends in the file.
    end: usize,
}

impl<'a> Composed<'a> {
    /// A measure's query.
    pub fn query(measure: &'a Measure) -> Self {
        Self::new("SELECT subject, verdict, reason FROM (\n", &measure.query, 0, end(&measure.query.text))
    }

    /// A definition's SELECT by itself.
    pub fn body(script: &'a Script, definition: &Definition) -> Self {
        Self::new("SELECT * FROM (\n", script, definition.start, definition.end)
    }

    /// A definition as the temporary view that it becomes.
    pub fn view(script: &'a Script, definition: &Definition) -> Self {
        let head = format!("CREATE TEMP VIEW {} AS SELECT * FROM (\n", quoted(&definition.name));
        Self::new(&head, script, definition.start, definition.end)
    }

    /// A definition as the temporary table that it becomes, with at most `rows` rows.
    pub fn definition(script: &'a Script, definition: &Definition, rows: usize) -> Self {
        let head = format!("CREATE TEMP TABLE {} AS SELECT * FROM (\n", quoted(&definition.name));
        let mut composed = Self::new(&head, script, definition.start, definition.end);
        composed.sql.push_str(&format!(" LIMIT {rows}"));
        composed
    }

    fn new(head: &str, script: &'a Script, start: usize, end: usize) -> Self {
        let body = script.text.get(start..end).unwrap_or_default();
        Self { sql: format!("{head}{body}\n)"), script, head: head.len(), start, end }
    }

    /// The place in the regime's own file of a byte offset in the composed text; the start of the text when the
    /// offset is not known or before it.
    pub fn diagnostic(&self, offset: Option<usize>, cause: String) -> Diagnostic {
        let inner = offset.and_then(|offset| offset.checked_sub(self.head)).unwrap_or_default();
        let at = (self.start + inner).min(self.end);
        Diagnostic::at(&self.script.file, &self.script.text, Some(at..at), cause)
    }

    /// Whether the offset stands in the regime's text, rather than in the frame around it.
    pub fn holds(&self, offset: usize) -> bool {
        (self.head..=self.head + (self.end - self.start)).contains(&offset)
    }

    /// Where a word stands for the first time in the text, outside comments and texts in quotes.
    pub fn find(&self, word: &str) -> Option<usize> {
        let text = self.sql.get(self.head..)?;
        let bare = |token: &str| token.trim_matches(['"', '`', '[', ']']).eq_ignore_ascii_case(word);
        tokens(text).into_iter().find(|(_, token)| bare(token)).map(|(at, _)| self.head + at)
    }

    /// Where the text begins to say something: its file, line and column.
    pub fn place(&self) -> String {
        let body = self.script.text.get(self.start..self.end).unwrap_or_default();
        let first = tokens(body).first().map_or(0, |(at, _)| *at);
        let place = self.diagnostic(Some(self.head + first), String::new());
        format!("{}:{}:{}", place.file, place.line, place.column)
    }
}

/// A name as SQL writes it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Splits `definitions.sql`, a list of `name AS (SELECT ...)` with commas between, as after `WITH`.
pub(crate) fn definitions(script: &Script) -> Result<Vec<Definition>, Diagnostic> {
    let text = &script.text;
    let fault = |at: usize, cause: &str| {
        Diagnostic::at(&script.file, text, Some(at..at), cause)
            .hint("definitions are written as after WITH: name AS (SELECT ...), name AS (SELECT ...)")
    };
    let mut found: Vec<Definition> = Vec::new();
    let mut tokens = tokens(text).into_iter().peekable();
    while let Some((at, token)) = tokens.next() {
        let plain = token.starts_with(|c: char| c.is_ascii_lowercase())
            && token.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !plain {
            return Err(fault(at, "a definition begins with its name in small letters"));
        }
        if found.iter().any(|other| other.name == token) {
            return Err(fault(at, &format!("{token} is defined twice")));
        }
        if tokens.next_if(|(_, token)| token.eq_ignore_ascii_case("as")).is_none() {
            return Err(fault(at, &format!("{token} has no AS")));
        }
        let view = tokens.next_if(|(_, token)| token.eq_ignore_ascii_case("not")).is_some();
        if view && tokens.next_if(|(_, token)| token.eq_ignore_ascii_case("materialized")).is_none() {
            return Err(fault(at, &format!("{token} has a NOT without MATERIALIZED")));
        }
        let Some((open, _)) = tokens.next_if(|(_, token)| *token == "(") else {
            return Err(fault(at, &format!("{token} has no SELECT in parentheses")));
        };
        let mut depth = 1u32;
        let mut close = None;
        for (at, token) in tokens.by_ref() {
            depth = match token {
                "(" => depth + 1,
                ")" => depth - 1,
                _ => depth,
            };
            if depth == 0 {
                close = Some(at);
                break;
            }
        }
        let end = close.ok_or_else(|| fault(open, "this parenthesis is not closed"))?;
        found.push(Definition { name: token.to_owned(), view, start: open + 1, end });
        match tokens.next() {
            None => break,
            Some((_, ",")) if tokens.peek().is_some() => {}
            Some((at, _)) => {
                return Err(fault(at, "a comma and another definition, or the end, should stand here"));
            }
        }
    }
    Ok(found)
}

/// Refuses a query that would not be one SELECT when it stands in parentheses.
pub(crate) fn single(script: &Script) -> Result<(), Diagnostic> {
    let mut depth = 0u32;
    let end = end(&script.text);
    for (at, token) in tokens(&script.text).into_iter().filter(|(at, _)| *at < end) {
        let fault = |cause: &str| {
            Err(Diagnostic::at(&script.file, &script.text, Some(at..at), cause)
                .hint("a regime's query is one SELECT"))
        };
        match token {
            "(" => depth += 1,
            ")" if depth == 0 => return fault("this parenthesis closes nothing"),
            ")" => depth -= 1,
            ";" => return fault("something stands after the end of the query"),
            _ => {}
        }
    }
    Ok(())
}

/// Where a query ends: before the semicolons that may close it.
fn end(text: &str) -> usize {
    let tokens = tokens(text);
    let closing = tokens.iter().rev().take_while(|(_, token)| *token == ";").last();
    closing.map_or(text.len(), |(at, _)| *at)
}

/// Words, texts in quotes and single signs with their offsets; space and comments are left out.
pub(crate) fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        let up_to = |end: &str, from: usize| {
            rest.get(from..)
                .and_then(|tail| tail.find(end))
                .map_or(rest.len(), |found| from + found + end.len())
        };
        let length = if rest.starts_with("--") {
            up_to("\n", 0)
        } else if rest.starts_with("/*") {
            up_to("*/", 2)
        } else if first.is_whitespace() {
            first.len_utf8()
        } else {
            let length = match first {
                '\'' | '"' | '`' => up_to(first.encode_utf8(&mut [0; 4]), 1),
                '[' => up_to("]", 1),
                _ if first.is_alphanumeric() || first == '_' => {
                    rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
                }
                _ => first.len_utf8(),
            };
            found.push((at, rest.get(..length).unwrap_or_default()));
            length
        };
        at += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Script {
        Script { file: "r/definitions.sql".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn definitions_are_split_at_the_top_level_only() {
        let text = "-- a, (comment\none AS (SELECT ',)' AS x, (1) FROM t), /* ) */ two as (SELECT 2)\n";
        let script = script(text);
        let found = definitions(&script).unwrap();
        let bodies: Vec<(&str, &str)> =
            found.iter().map(|one| (one.name.as_str(), &text[one.start..one.end])).collect();
        assert_eq!(bodies, [("one", "SELECT ',)' AS x, (1) FROM t"), ("two", "SELECT 2")]);
    }

    #[test]
    fn mistakes_in_the_list_have_their_place() {
        for (text, line, column) in [
            ("a AS (SELECT 1", 1, 6),
            ("a AS (SELECT 1)\nb", 2, 1),
            ("a (SELECT 1)", 1, 1),
            ("a AS (1),\na AS (2)", 2, 1),
            ("a AS (1),", 1, 9),
        ] {
            let diagnostic = definitions(&script(text)).unwrap_err();
            assert_eq!((diagnostic.line, diagnostic.column), (line, column), "{text:?}: {diagnostic}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_split_or_refused(text in "[a-c (),'\"\\-\n/*é\\[]{0,40}") {
            let script = script(&text);
            if let Ok(found) = definitions(&script) {
                for one in found {
                    assert!(text.get(one.start..one.end).is_some());
                }
            }
        }
    }
}
