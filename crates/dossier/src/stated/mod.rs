//! What is stated beside what was seen: bills of materials and statements on vulnerabilities, each compared with the
//! image that it is about.
//!
//! A comparison is derived from claims and adds none. Which image a statement is about follows from the bytes where it
//! can: the statement stands in the image, or names the SHA-256 of the image or of an object in it; else from the name,
//! else from there being one image alone, and what was used is said. Components are the same by package URL, by vendor and
//! product of their CPE names, or by name (also that of a source package, without regard to case), in this order.

mod components;
mod versions;
mod vulnerabilities;

pub use components::{ComponentRow, Outcome};
pub(crate) use vulnerabilities::KNOWN;
pub use vulnerabilities::{Agreement, VulnerabilityRow};

use crate::report::{CaseReport, Finding, InspectReport, Inspected};
use banbury_evidence::{Digest, ObjectKind, Value};

/// The codes of claims that say what is stated.
pub(crate) const STATEMENT: &str = "statement";
pub(crate) const STATED_COMPONENT: &str = "stated-component";
pub(crate) const STATED_STATUS: &str = "stated-vulnerability-status";

/// Whether a claim says what somebody states, and so is no finding of ours.
pub fn is_stated(code: &str) -> bool {
    [STATEMENT, STATED_COMPONENT, STATED_STATUS].contains(&code)
}

/// One statement beside the image that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The name of the exhibit that the statement is or stands in.
    pub name: String,
    /// That exhibit.
    pub exhibit: Digest,
    /// Where the statement stands in it; empty when it is the exhibit itself.
    pub place: String,
    /// Its form.
    pub form: String,
    /// Who states it, by its own word.
    pub stated_by: Option<String>,
    /// When, by its own word.
    pub stated_at: Option<String>,
    /// What it says that it is about.
    pub about: Vec<String>,
    /// The image that it is compared with, by name and hash; absent when none could be told.
    pub image: Option<(String, Digest)>,
    /// Why that image, or why none.
    pub tie: &'static str,
    /// What keeps "not seen" from meaning anything; absent when all of the image was looked at.
    pub gap: Option<String>,
    /// Components: stated, seen, or both.
    pub components: Vec<ComponentRow>,
    /// Vulnerabilities: stated, found, or both.
    pub vulnerabilities: Vec<VulnerabilityRow>,
}

impl Comparison {
    /// How many components have this outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.components.iter().filter(|row| row.outcome == outcome).count()
    }

    /// How many vulnerabilities agree in this way.
    pub fn agree(&self, agreement: Agreement) -> usize {
        self.vulnerabilities.iter().filter(|row| row.agreement == agreement).count()
    }
}

impl InspectReport {
    /// Each statement beside the image that it is about.
    pub fn comparisons(&self) -> Vec<Comparison> {
        compare(&self.inspected())
    }
}

impl CaseReport {
    /// Each statement beside the image that it is about.
    pub fn comparisons(&self) -> Vec<Comparison> {
        compare(&self.inspected())
    }
}

pub(crate) fn compare(all: &[Inspected<'_>]) -> Vec<Comparison> {
    let images: Vec<&Inspected<'_>> = all.iter().filter(|exhibit| !is_statement(exhibit)).collect();
    let mut comparisons = Vec::new();
    for exhibit in all {
        for statement in exhibit.findings.iter().filter(|finding| finding.claim.code == STATEMENT) {
            comparisons.push(one(exhibit, statement, &images));
        }
    }
    comparisons
}

/// Whether an exhibit is a statement and no image: it was added as one, or it states something and holds no file.
pub(crate) fn is_statement(exhibit: &Inspected<'_>) -> bool {
    exhibit.is_stated
        || exhibit.findings.iter().any(|finding| finding.claim.code == STATEMENT)
            && !exhibit.objects.iter().any(|object| object.kind == ObjectKind::File)
}

fn one(exhibit: &Inspected<'_>, statement: &Finding<'_>, images: &[&Inspected<'_>]) -> Comparison {
    let list = |name: &str| match statement.claim.facts.get(name) {
        Some(Value::List(items)) => items.clone(),
        _ => Vec::new(),
    };
    let about = list("about");
    let (image, tie) = tie(exhibit, &list("about-sha256"), &about, images);
    let of = |code: &str| -> Vec<&Finding<'_>> {
        exhibit
            .findings
            .iter()
            .filter(|finding| finding.claim.code == code && finding.claim.subject == statement.claim.subject)
            .collect()
    };
    let (listed, statuses) = (of(STATED_COMPONENT), of(STATED_STATUS));
    let place = statement.claim.locations.first().map(banbury_evidence::Location::path);
    Comparison {
        name: exhibit.names.first().copied().unwrap_or_default().to_owned(),
        exhibit: exhibit.sha256,
        place: place.unwrap_or_default(),
        form: statement.fact("form").unwrap_or_default(),
        stated_by: statement.fact("stated-by"),
        stated_at: statement.fact("stated-at"),
        about,
        image: image.map(|image| (image.names.first().copied().unwrap_or_default().to_owned(), image.sha256)),
        tie,
        gap: image.and_then(|image| image.gap()),
        components: image.map(|image| components::rows(&listed, image)).unwrap_or_default(),
        vulnerabilities: image.map(|image| vulnerabilities::rows(&statuses, image)).unwrap_or_default(),
    }
}

/// The image that a statement is about, and how that is known.
fn tie<'i, 'a>(
    exhibit: &Inspected<'_>,
    hashes: &[String],
    about: &[String],
    images: &[&'i Inspected<'a>],
) -> (Option<&'i Inspected<'a>>, &'static str) {
    let named = |digest: &Digest| hashes.iter().any(|hash| *hash == digest.to_string());
    if let Some(own) = images.iter().copied().find(|image| image.sha256 == exhibit.sha256) {
        return (Some(own), "it stands in the image");
    }
    if let Some(image) = images.iter().copied().find(|image| named(&image.sha256)) {
        return (Some(image), "it names the SHA-256 of the image");
    }
    let holds = |image: &Inspected<'_>| {
        image.objects.iter().filter_map(|object| object.sha256).any(|digest| named(&digest))
    };
    if !hashes.is_empty()
        && let Some(image) = images.iter().copied().find(|image| holds(image))
    {
        return (Some(image), "it names the SHA-256 of an object in the image");
    }
    let mut by_name = images
        .iter()
        .copied()
        .filter(|image| image.names.iter().any(|name| about.iter().any(|about| about == name)));
    if let (Some(image), None) = (by_name.next(), by_name.next()) {
        return (Some(image), "it names the image by its file name; no hash ties them");
    }
    match images {
        [] => (None, "there is no image to compare it with"),
        [only] if !hashes.is_empty() => {
            (Some(*only), "it is the only image here, but the SHA-256 that the statement names is another's")
        }
        [only] => (Some(*only), "it is the only image here; no hash ties them"),
        _ => (None, "which of the images it is about is not known: it names the hash of none"),
    }
}

#[cfg(test)]
mod tests;
