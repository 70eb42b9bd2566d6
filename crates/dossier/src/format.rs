use crate::{CaseReport, InspectReport};

/// Writes a report as text.
pub type Render<Report> = fn(&Report) -> Result<String, DossierError>;

/// A format that a report can be written in.
#[derive(Debug)]
pub struct ReportFormat {
    /// Short name, unique, lower case: the word before `=` in `-o FORMAT=PATH`.
    pub name: &'static str,
    /// Full name.
    pub title: &'static str,
    /// The ending that files of it usually have.
    pub extension: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// What it leaves out or cannot say; never empty.
    pub limits: &'static [&'static str],
    /// The specification it follows.
    pub source: &'static str,
    /// Writes an inspection; absent when the format does not apply to one.
    pub inspect: Option<Render<InspectReport>>,
    /// Writes a case; absent when the format does not apply to one.
    pub case: Option<Render<CaseReport>>,
}

impl ReportFormat {
    /// What the format can be written from, in words.
    pub fn applies_to(&self) -> &'static str {
        match (self.inspect.is_some(), self.case.is_some()) {
            (true, true) => "inspect and case",
            (true, false) => "inspect",
            (false, true) => "case",
            (false, false) => "nothing",
        }
    }
}

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DossierError {
    /// A value that JSON cannot hold, such as a weight that is not a finite number.
    #[error("cannot write the report as {format}: {source}")]
    Json {
        /// The format's name.
        format: &'static str,
        /// What was wrong.
        source: serde_json::Error,
    },
}

/// `value` as indented JSON that ends in a line feed.
pub(crate) fn to_json(format: &'static str, value: &impl serde::Serialize) -> Result<String, DossierError> {
    let mut text =
        serde_json::to_string_pretty(value).map_err(|source| DossierError::Json { format, source })?;
    text.push('\n');
    Ok(text)
}
