//! Statements on vulnerabilities (VEX), from claims of the code `known-vulnerability`, as three formats write them.
//!
//! What: for each image, component and vulnerability what was found: affected, fixed in the revision that is there, not
//! affected and why, or not decided.
//! How: our words are mapped to the formats' own once, in [`Assertion`]; of several claims on the same three the gravest
//! counts, since no format lets two stand. A person's decision on record comes before what was found. Wrong when: the claim is. Misses: what the version alone rules out is not
//! claimed, and so is not stated. Source: the formats' specifications; CISA, "Minimum Requirements for VEX" (2023).

mod csaf;
mod cyclonedx;
mod openvex;

pub(crate) use csaf::FORMAT as CSAF;
pub(crate) use cyclonedx::FORMAT as CYCLONEDX;
pub(crate) use openvex::FORMAT as OPENVEX;

use crate::format::{DossierError, ReportFormat};
use crate::report::{CaseReport, Finding, InspectReport, Inspected};
use crate::stated::KNOWN;
use crate::visible::visible;
use banbury_evidence::Digest;
use banbury_evidence::case::Publisher;
use std::collections::BTreeMap;

/// What is stated where a fix is asked for and none is known.
const NO_REMEDY: &str = "No remedy is known to the author of this statement. Ask the supplier for a release that is not affected, \
                         or for a statement why it does not apply; until then limit who can reach the component.";

/// In place of a reason: a person has decided that it does not apply, or disputes it.
const DECIDED: &str = "decided";
const DISPUTED: &str = "disputed";

/// The reason that says that the revision which is there holds the fix.
const FIX: &str = "backported";

/// All that a VEX document says, before a format writes it.
struct Vex<'r> {
    /// What the document is about: a case's name, or the images'.
    title: String,
    /// The day that it counts from, `YYYY-MM-DD`.
    as_of: &'r str,
    publisher: Option<&'r Publisher>,
    images: Vec<Image>,
    assertions: Vec<Assertion>,
}

/// An image that is spoken of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Image {
    name: String,
    sha256: Digest,
}

/// One component in one image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    /// The image, by its place in [`Vex::images`].
    image: usize,
    name: String,
    version: Option<String>,
    purl: Option<String>,
    cpe: Option<String>,
}

/// What is said of one vulnerability in one component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Assertion {
    vulnerability: String,
    part: Part,
    status: Status,
    /// Our word for why.
    reason: String,
    /// Why, in a sentence.
    detail: Option<String>,
    /// Since when a catalogue says that it is exploited, and which.
    exploited: Option<(String, String)>,
    /// What the advisory says of it.
    summary: Option<String>,
}

/// Whether a component is affected; the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Affected,
    UnderInvestigation,
    /// No longer: what is there holds the fix.
    Fixed,
    NotAffected,
}

impl<'r> Vex<'r> {
    fn of_inspection(report: &'r InspectReport) -> Self {
        let inspected = report.inspected();
        let names: Vec<&str> = inspected.iter().filter_map(|image| image.names.first().copied()).collect();
        Self::of(names.join(", "), &report.as_of, report.publisher.as_ref(), &inspected)
    }

    fn of_case(report: &'r CaseReport) -> Self {
        Self::of(report.name.clone(), &report.as_of, report.publisher.as_ref(), &report.inspected())
    }

    fn of(
        title: String,
        as_of: &'r str,
        publisher: Option<&'r Publisher>,
        inspected: &[Inspected<'_>],
    ) -> Self {
        let mut images = Vec::new();
        let mut gravest: BTreeMap<(String, Part), Assertion> = BTreeMap::new();
        for exhibit in inspected {
            let mut here = exhibit.findings.iter().filter(|finding| finding.claim.code == KNOWN).peekable();
            if here.peek().is_none() {
                continue;
            }
            let image = images.len();
            let name = visible(exhibit.names.first().copied().unwrap_or_default()).into_owned();
            images.push(Image { name, sha256: exhibit.sha256 });
            for assertion in here.filter_map(|finding| Assertion::of(finding, image)) {
                let key = (assertion.vulnerability.clone(), assertion.part.clone());
                match gravest.get_mut(&key) {
                    Some(known) if *known <= assertion => {}
                    Some(known) => *known = assertion,
                    None => {
                        gravest.insert(key, assertion);
                    }
                }
            }
        }
        let title = visible(&title).into_owned();
        Self { title, as_of, publisher, images, assertions: gravest.into_values().collect() }
    }

    /// Midnight, UTC, of the day that the document counts from.
    fn time(&self) -> String {
        format!("{}T00:00:00Z", self.as_of)
    }

    /// The components that are spoken of, each once.
    fn parts(&self) -> Vec<&Part> {
        let mut parts: Vec<&Part> = self.assertions.iter().map(|assertion| &assertion.part).collect();
        parts.sort();
        parts.dedup();
        parts
    }

    fn image(&self, part: &Part) -> Option<&Image> {
        self.images.get(part.image)
    }

    /// Refuses to write what a format without empty documents cannot: no publisher where it needs one, nothing to state.
    fn check(&self, format: &ReportFormat) -> Result<(), DossierError> {
        format.check(self.publisher)?;
        if !self.assertions.is_empty() {
            return Ok(());
        }
        Err(DossierError::Missing {
            format: format.name,
            what: "there is nothing to state, and the format has no empty document: no vulnerability was found to apply or was \
                   ruled out (import feeds with `banbury feeds import`, and see whether the look-up ran)"
                .to_owned(),
        })
    }
}

impl Image {
    /// A package URL that pins the image by its hash.
    fn purl(&self) -> String {
        format!("pkg:generic/{}?checksum=sha256:{}", percent(&self.name), self.sha256)
    }
}

impl Part {
    /// Identifies it in a document.
    fn key(&self, images: &[Image]) -> String {
        let image = images.get(self.image).map(|image| image.sha256.to_string());
        let identity = serde_json::json!([image, self.name, self.version, self.purl, self.cpe]).to_string();
        Digest::of(identity.as_bytes()).short()
    }

    fn title(&self) -> String {
        let version = self.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        visible(&format!("{}{version}", self.name)).into_owned()
    }
}

impl Assertion {
    fn of(finding: &Finding<'_>, image: usize) -> Option<Self> {
        let decided = match finding.disposition {
            Some("not applicable") => Some((Status::NotAffected, DECIDED)),
            Some("disputed") => Some((Status::UnderInvestigation, DISPUTED)),
            _ => None,
        };
        let found = match finding.fact("state")?.as_str() {
            "affected" => Status::Affected,
            "not-affected" => Status::NotAffected,
            // What this version does not know is not decided, and never "not affected".
            _ => Status::UnderInvestigation,
        };
        let reason = finding.fact("reason").unwrap_or_default();
        let found = match found {
            Status::NotAffected if reason == FIX => Status::Fixed,
            found => found,
        };
        let (status, reason) = decided.map_or((found, reason), |(status, word)| (status, word.to_owned()));
        let part = Part {
            image,
            name: finding.fact("component")?,
            version: finding.fact("package-version").or_else(|| finding.fact("version")),
            purl: finding.fact("purl").filter(|purl| is_purl(purl)),
            cpe: finding.fact("cpe").filter(|cpe| crate::bill::is_cpe(cpe)),
        };
        let source = finding.fact("exploited-source").unwrap_or_else(|| "a catalogue".to_owned());
        Some(Self {
            vulnerability: finding.fact("vulnerability")?,
            part,
            status,
            reason,
            detail: finding.value("detail"),
            exploited: finding.fact("exploited").filter(|since| since != "no").map(|since| (since, source)),
            summary: finding.value("summary"),
        })
    }

    /// Why it is not affected, as OpenVEX and CSAF put it; `None` where none of their words fits, and the text has to do.
    fn justification(&self) -> Option<&'static str> {
        match self.reason.as_str() {
            "condition-absent" => Some("component_not_present"),
            "in-range" | "" => None,
            "out-of-range" | "never-affected" | "other-platform" | "configuration" | "module-absent"
            | "applet-absent" => Some("vulnerable_code_not_present"),
            _ => None,
        }
    }

    /// The same in CycloneDX's words, which tell more apart.
    fn cyclonedx_justification(&self) -> Option<&'static str> {
        match self.reason.as_str() {
            "condition-absent" => Some("requires_dependency"),
            "other-platform" => Some("requires_environment"),
            "out-of-range" | "never-affected" | "configuration" | "module-absent" | "applet-absent" => {
                Some("code_not_present")
            }
            _ => None,
        }
    }

    /// Why, in words: the reason and its sentence.
    fn text(&self) -> String {
        let reason = reason(&self.reason);
        let text = match &self.detail {
            Some(detail) if reason.is_empty() => detail.clone(),
            Some(detail) => format!("{reason}: {detail}"),
            None if reason.is_empty() => "no reason is on record".to_owned(),
            None => reason.to_owned(),
        };
        paragraph(&text)
    }

    /// That it is exploited, in a sentence.
    fn exploited_text(&self) -> Option<String> {
        let (since, source) = self.exploited.as_ref()?;
        Some(format!("Known to be exploited, by the word of {source} ({since})."))
    }
}

/// A text of several lines, made safe to look at.
fn paragraph(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

/// A reason in words; one that is not known here stands for itself.
fn reason(word: &str) -> &str {
    match word {
        "in-range" => "the version is among those that the advisory names",
        "unfixed" => "the distribution has not fixed it in this revision",
        "out-of-range" => "the version is outside of all that the advisory names",
        "backported" => "the distribution's revision has the fix",
        "never-affected" => "the distribution says that it never was",
        "other-platform" => "another system, edition or hardware is concerned",
        "condition-absent" => "it takes something else that is not there",
        "configuration" => "it was configured without the part",
        "module-absent" => "the part is a module that is not there",
        "applet-absent" => "it was built without the applet",
        DECIDED => "a person has decided that it does not apply; the case has the decision with its reason",
        DISPUTED => "a person disputes it; the case has the decision with its reason",
        "no-version" => "the version is not known",
        "contradiction" => {
            "the evidence on the version contradicts itself, and the versions differ in the answer"
        }
        "no-distribution-feed" => "a distribution built it, and no feed of it says what it fixed",
        "release-unknown" => "which release of the distribution it is from is not known",
        "undetermined" => "the distribution has not decided",
        "condition-unknown" => {
            "whether something else is there, without which it does not apply, is not known"
        }
        "no-range" => "the advisory names no versions",
        "commits" => "the advisory names commits alone",
        "name-only" => "only the name is the same; which product it is is not known",
        "silent" => "the advisory says nothing of this version",
        "unordered-version" => "no order of versions says how the version stands to what the advisory names",
        "bounds-straddle" => "the version is known within bounds alone, and they are affected in part",
        other => other,
    }
}

/// Whether a text can be a package URL: printable, with a type and a name.
fn is_purl(text: &str) -> bool {
    let kind = |kind: &str| {
        kind.starts_with(|first: char| first.is_ascii_alphabetic())
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte))
    };
    let parts = text.strip_prefix("pkg:").and_then(|rest| rest.split_once('/'));
    parts.is_some_and(|(first, name)| kind(first) && !name.trim_matches('/').is_empty())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A text as a part of a package URL.
fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests;
