//! What is wrong with an input, for the person who can put it right: file, line, column, cause and remedy.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A mistake in an input, at the place where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Name of the input.
    pub file: String,
    /// Line, from 1; 0 when it is about the input as a whole.
    pub line: u64,
    /// Column in characters, from 1; 0 when it is about the line as a whole.
    pub column: u64,
    /// How bad it is.
    pub severity: Severity,
    /// What sort of mistake it is.
    pub kind: Kind,
    /// Whether the record was left out of the model because of it.
    pub left_out: bool,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How bad a mistake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something that the input says could not be taken over, or contradicts something else.
    Error,
    /// It was taken over, but it may not be what was meant.
    Warning,
}

/// What sort of mistake it is; each but a remark has its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A table, record or value that cannot be read: `network.malformed-record`.
    Malformed,
    /// Two records that contradict each other: `network.conflict`.
    Conflict,
    /// A name that nothing bears: `network.unknown-reference`.
    UnknownReference,
    /// Something worth knowing that is no mistake in itself.
    Remark,
}

/// Where a diagnostic points.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub file: String,
    pub line: u64,
    pub column: u64,
}

impl Place {
    /// The input as a whole.
    pub fn file(file: &str) -> Self {
        Self { file: file.to_owned(), line: 0, column: 0 }
    }

    pub fn error(&self, kind: Kind, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            file: self.file.clone(),
            line: self.line,
            column: self.column,
            severity: Severity::Error,
            kind,
            left_out: false,
            message: message.into(),
            hint: None,
        }
    }

    pub fn warning(&self, kind: Kind, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..self.error(kind, message) }
    }
}

impl Diagnostic {
    /// The same diagnostic with its remedy.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same diagnostic, of a record that is not in the model.
    #[must_use]
    pub(crate) fn left_out(mut self) -> Self {
        self.left_out = true;
        self
    }

    /// Where it points, as `file:line:column`, as far as it is known.
    pub fn place(&self) -> String {
        let file = plain(&self.file);
        match (self.line, self.column) {
            (0, _) => file,
            (line, 0) => format!("{file}:{line}"),
            (line, column) => format!("{file}:{line}:{column}"),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}: {severity}: {}", self.place(), self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// A value from an input in quotes, short and without control characters, so that it can stand in a message.
pub(crate) fn quote(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut quoted: String = text.chars().take(LONGEST).flat_map(visible).collect();
    if text.chars().nth(LONGEST).is_some() {
        quoted.push_str("...");
    }
    format!("\"{quoted}\"")
}

fn plain(text: &str) -> String {
    text.chars().flat_map(visible).collect()
}

/// Control and direction characters as their escapes: a hostile name must not steer a terminal.
fn visible(letter: char) -> Vec<char> {
    let steers = letter.is_control()
        || matches!(letter, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if steers { letter.escape_default().collect() } else { vec![letter] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_points_at_the_place_and_gives_the_remedy() {
        let place = Place { file: "network/devices.csv".to_owned(), line: 17, column: 4 };
        let text = place.error(Kind::Malformed, "no name").hint("give it one").to_string();
        assert_eq!(text, "network/devices.csv:17:4: error: no name\n  hint: give it one");
        assert_eq!(Place::file("a.csv").warning(Kind::Remark, "empty").to_string(), "a.csv: warning: empty");
    }

    #[test]
    fn a_hostile_value_cannot_steer_the_terminal() {
        assert_eq!(quote("a\u{1b}[2Jb\n\u{202e}"), "\"a\\u{1b}[2Jb\\n\\u{202e}\"");
        assert_eq!(quote(&"x".repeat(100)).len(), 65);
    }
}
