//! What can go wrong with a plan.

use std::fmt;
use std::ops::Range;

/// A mistake in a file of options, with the place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub cause: String,
    /// What would put it right.
    pub remedy: String,
}

impl Mistake {
    /// A mistake at a byte range of a text.
    pub(crate) fn at(
        (file, text): (&str, &str),
        span: Range<usize>,
        cause: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let before = text.get(..span.start.min(text.len())).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { file: file.to_owned(), line, column, cause: cause.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}:{}: {}\n  hint: {}",
            self.file, self.line, self.column, self.cause, self.remedy
        )
    }
}

/// What can go wrong with a plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A mistake in the options.
    #[error("{0}")]
    Mistake(Box<Mistake>),
    /// The horizon has no day.
    #[error("{0}")]
    Horizon(String),
    /// It was asked to stop.
    #[error("stopped, as asked, before it was known what is asked of the plan")]
    Stopped,
    /// The network has nothing that could be planned.
    #[error("{0}")]
    Network(String),
    /// The ledger reports an error.
    #[error(transparent)]
    Ledger(#[from] banbury_evidence::ledger::LedgerError),
    /// A regime cannot be applied.
    #[error(transparent)]
    Regime(#[from] banbury_regime::RegimeError),
}

impl From<Mistake> for PlanError {
    fn from(mistake: Mistake) -> Self {
        Self::Mistake(Box::new(mistake))
    }
}
