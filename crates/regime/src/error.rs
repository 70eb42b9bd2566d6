use std::fmt;
use std::ops::Range;

/// A mistake in a regime's own files, with the place where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The file, as `<regime>/<path in its folder>`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub cause: String,
    /// What would put it right, where that can be said.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A mistake at a byte range of `text`.
    pub(crate) fn at(file: &str, text: &str, span: Option<Range<usize>>, cause: impl Into<String>) -> Self {
        let offset = span.map_or(0, |span| span.start);
        let (line, column) = position(text, offset);
        Self { file: file.to_owned(), line, column, cause: cause.into(), hint: None }
    }

    /// The same with a hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}: {}", self.file, self.line, self.column, self.cause)?;
        match &self.hint {
            Some(hint) => write!(formatter, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// What can go wrong with a regime.
#[derive(Debug, thiserror::Error)]
pub enum RegimeError {
    /// A mistake in the regime's own files.
    #[error("{0}")]
    Mistake(Diagnostic),
    /// A query went over a bound and was stopped.
    #[error("{place}: {purpose}: {what}\n  hint: {hint}")]
    Stopped {
        /// Where the query begins: its file, line and column.
        place: String,
        /// The measure it was to decide, or what it was to define.
        purpose: String,
        /// Which bound.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// A query returned something that is no verdict.
    #[error("{place}: {measure}: {what}\n  hint: {hint}")]
    Row {
        /// Where the query begins: its file, line and column.
        place: String,
        /// The measure it was to decide.
        measure: String,
        /// What was returned.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// A parameter was set that the regime does not have, or to a value of the wrong sort.
    #[error("{regime}: parameter {name}: {cause}\n  hint: {hint}")]
    Parameter {
        /// The regime.
        regime: String,
        /// The parameter as given.
        name: String,
        /// What is wrong with it.
        cause: String,
        /// What to do.
        hint: String,
    },
    /// An attestation names something that there is not.
    #[error("{place}: {cause}\n  hint: {hint}")]
    Attestation {
        /// Where it stands: its file and line.
        place: String,
        /// What it names.
        cause: String,
        /// What to do.
        hint: String,
    },
    /// The date as of which to assess is none.
    #[error("{given:?} is no date\n  hint: write it as YYYY-MM-DD")]
    AsOf {
        /// The date as given.
        given: String,
    },
    /// A file of a regime's folder cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A regime's folder, or something in it, is not what it has to be.
    #[error("{path}: {cause}\n  hint: {hint}")]
    Folder {
        /// The folder or file.
        path: std::path::PathBuf,
        /// What is wrong.
        cause: String,
        /// What to do.
        hint: &'static str,
    },
    /// A ledger for worked examples cannot be made.
    #[error(transparent)]
    Ledger(#[from] banbury_evidence::ledger::LedgerError),
    /// The ledger cannot be copied, to try a network in the copy.
    #[error("{path}: the ledger cannot be copied: {source}")]
    Copy {
        /// The copy.
        path: std::path::PathBuf,
        /// Why not.
        source: rusqlite::Error,
    },
    /// It was asked to end before it was done.
    #[error("it was asked to stop before the regimes were applied")]
    Interrupted,
    /// The database as such fails.
    #[error("the ledger cannot be read: {0}")]
    Database(#[from] rusqlite::Error),
}

impl From<Diagnostic> for RegimeError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Mistake(diagnostic)
    }
}

/// Line and column, both from 1, of a byte offset; beyond the end is the end.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before: String = text.char_indices().take_while(|(at, _)| *at < offset).map(|(_, c)| c).collect();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        assert_eq!(position("", 0), (1, 1));
        assert_eq!(position("ab\ncd", 3), (2, 1));
        assert_eq!(position("é\nxé!", 6), (2, 3));
        assert_eq!(position("ab", 99), (1, 3));
    }

    #[test]
    fn a_diagnostic_reads_as_place_cause_hint() {
        let text = "a\nbb";
        let shown = Diagnostic::at("r/x.sql", text, Some(3..4), "wrong").hint("do this").to_string();
        assert_eq!(shown, "r/x.sql:2:2: wrong\n  hint: do this");
    }
}
