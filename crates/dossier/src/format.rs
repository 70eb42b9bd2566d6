use crate::{CaseReport, InspectReport};
use banbury_evidence::case::Publisher;

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
    /// What it cannot be written without, beyond the report itself.
    pub needs: &'static [Need],
    /// Writes an inspection; absent when the format does not apply to one.
    pub inspect: Option<Render<InspectReport>>,
    /// Writes a case; absent when the format does not apply to one.
    pub case: Option<Render<CaseReport>>,
}

/// What a format demands that not every report has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Who publishes the document.
    Publisher,
    /// A URL that the publisher controls, and a category of publisher that CSAF knows.
    Namespace,
    /// The SHA-1 of every file.
    Sha1,
}

impl ReportFormat {
    /// Whether what the format demands of a publisher is stated.
    pub fn check(&self, publisher: Option<&Publisher>) -> Result<(), DossierError> {
        let missing = |what: String| Err(DossierError::Missing { format: self.name, what });
        let stated = |text: &str| !text.trim().is_empty();
        if self.needs(Need::Publisher) && !publisher.is_some_and(|publisher| stated(&publisher.name)) {
            return missing("who publishes it is not stated, and the format demands it".to_owned());
        }
        let namespace = publisher.and_then(|publisher| publisher.namespace.as_deref());
        if self.needs(Need::Namespace) && !namespace.is_some_and(is_url) {
            return missing(
                "a URL that its publisher controls is not stated, and the format demands it".to_owned(),
            );
        }
        let category = publisher.and_then(|publisher| publisher.category.as_deref()).unwrap_or(CATEGORY);
        if self.needs(Need::Namespace) && !CATEGORIES.contains(&category) {
            return missing(format!(
                "the publisher's category {category:?} is none that the format knows ({})",
                CATEGORIES.join(", ")
            ));
        }
        Ok(())
    }

    /// Whether it cannot be written without `need`.
    pub fn needs(&self, need: Need) -> bool {
        self.needs.contains(&need)
    }

    /// What the format can be written from, in words.
    pub fn applies_to(&self) -> &'static str {
        match (self.inspect.is_some(), self.case.is_some()) {
            (true, true) => "inspect and case",
            (true, false) => "inspect",
            (false, true) => "case",
            (false, false) => "scenarios, by what-if",
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
    /// The format demands something that is not stated.
    #[error("cannot write the report as {format}: {what}")]
    Missing {
        /// The format's name.
        format: &'static str,
        /// What is missing, and where to state it.
        what: String,
    },
}

/// The publisher's category where none is stated.
pub(crate) const CATEGORY: &str = "other";

/// The categories of publishers by CSAF 2.0, 3.2.1.8.1.
const CATEGORIES: &[&str] = &["coordinator", "discoverer", "other", "translator", "user", "vendor"];

fn is_url(text: &str) -> bool {
    let host = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    host.is_some_and(|host| host.starts_with(|first: char| first.is_ascii_alphanumeric()))
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Sets a member of an object that a report is made of.
pub(crate) fn set(object: &mut serde_json::Value, name: &str, value: serde_json::Value) {
    if let serde_json::Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

/// `value` as indented JSON that ends in a line feed.
pub(crate) fn to_json(format: &'static str, value: &impl serde::Serialize) -> Result<String, DossierError> {
    let mut text =
        serde_json::to_string_pretty(value).map_err(|source| DossierError::Json { format, source })?;
    text.push('\n');
    Ok(text)
}
