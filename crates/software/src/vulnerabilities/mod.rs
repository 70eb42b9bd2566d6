//! Known vulnerabilities of the components of an exhibit, as claims.
//!
//! Finds: for each joined component ([`crate::join`]) what the feed database states against it: affected, not affected for
//! another reason than its version, or what would tell.
//! How: [`crate::known`]; a component whose evidence contradicts itself is looked up by each version that is claimed, and
//! an answer stands only where they agree.
//! When it is wrong: a feed that names too many versions; a fix that a supplier put in without a feed that says so.
//! What it misses: vulnerabilities that no imported feed names, and all that came out after the feeds were made.
//!
//! # What a claim holds
//!
//! Code [`KNOWN_VULNERABILITY`], about the file (or exhibit) of the component's strongest evidence. Facts, which are its
//! identity: `component`, `version` (else `version-low`, `version-high`), `package-version`, `purl`, `cpe`, `vulnerability`,
//! `state` (`affected`, `not-affected`, `cannot-tell`), `reason` (a word of [`Reason`]), `exploited` (the day on which a
//! catalogue took it up) and `exploited-source` (`CISA KEV`). Dated values, which are not: `detail` (one sentence),
//! `score`, `score-scale`, `score-vector`, `score-source` (CVSS), `epss`, `epss-percentile`, `epss-date`,
//! `exploited-feed-date`, `published`, `summary`.
//!
//! A probability of exploitation changes every day; were it a fact, each day would make another claim, and a person's
//! decision on yesterday's would be lost. That a vulnerability became known to be exploited happens once and changes what
//! a decision was made on: it is a fact, and makes another claim.
//!
//! What the version alone rules out is not claimed, but counted in the run's parameters ([`Looked`]), which also name each
//! feed with its hash and date: same components and feeds, same claims. Without a feed database the run has failed: its
//! `skipped` says that nothing was looked up and what to do.
//!
//! The grade follows from state and `exploited` alone: affected and exploited, high; affected, or exploited and not ruled
//! out, medium; cannot tell, low; not affected, info.

mod parts;
mod record;
#[cfg(test)]
mod tests;

pub use record::{Looked, not_looked};

use crate::Error;
use crate::join::{self, Joined};
use crate::known::{Answer, Facts, Finding, Known, Reason, State};
use banbury_evidence::{Claim, CodeInfo, Description, Grade, RunReport, Status};
use parts::Parts;
use std::collections::{BTreeMap, BTreeSet};

/// The name of the look-up among the probes.
pub const PROBE: &str = "vulnerabilities";

/// Its version; changes whenever what it finds changes.
pub const VERSION: &str = "3";

/// The code of its claims.
pub const KNOWN_VULNERABILITY: &str = "known-vulnerability";

/// The codes of its claims, for `banbury explain`.
pub const CODES: &[CodeInfo] = &[INFO];

/// What the look-up is: the row of `banbury probes`.
pub static DESCRIPTION: Description = Description {
    name: PROBE,
    version: VERSION,
    finds: "what imported feeds state against the components: affected, not affected and why, or what would tell",
    how: "every component, by its CPE names, its distribution's package and its ecosystem, in the feed database; the kernel's \
          configuration and modules and BusyBox's applets rule out what is not in the build",
    wrong: "an advisory names too many versions or the wrong product; a supplier put a fix in without changing the version, \
            and no feed says so; the part that an advisory means is another than the one it names",
    misses: &[
        "vulnerabilities that no imported feed names, and all that came out after the feeds were made",
        "components that were not recognised; of those without CPE name, distribution and ecosystem only the name is looked up",
        "whether vulnerable code can be reached in this equipment",
    ],
    codes: CODES,
    source: "the feeds' own documentation, named with each of them in `banbury formats`",
};

const INFO: CodeInfo = CodeInfo {
    code: KNOWN_VULNERABILITY,
    title: "A known vulnerability of a component",
    grade: Grade::Medium,
    meaning: "An advisory speaks of this component. State `affected`: its version, or its package's revision, is among \
              those that the advisory names. `not-affected`: it is ruled out for the stated reason, such as a fix that \
              the distribution put in (`backported`), a kernel built without the part (`configuration`, `module-absent`) or \
              a BusyBox without the applet (`applet-absent`). `cannot-tell`: what is known does not decide it; the detail \
              says what would. That a version is affected does not say that the vulnerability can be reached in this \
              equipment. Grade: affected and known to be exploited, high; affected, or exploited and not ruled out, \
              medium; cannot tell, low; not affected, info.",
    remedy: "Those that are known to be exploited first: update the component, or ask the supplier for a release with the \
             fix, or for a statement (VEX) why it does not apply. Record a decision with `banbury dispose`. For \
             `cannot-tell`, get what the detail names, such as the distribution's feed. Import newer feeds with \
             `banbury feeds import`.",
    cwe: &[1395],
};

/// Characters of a summary that are kept.
const SUMMARY: usize = 400;

/// Looks up what is known against the components that an exhibit's claims speak of.
///
/// `claims` are all claims of the exhibit: those of kernel configurations, modules and applets can rule vulnerabilities
/// out.
pub fn examine(claims: &[&Claim], known: &Known<'_>) -> Result<RunReport, Error> {
    let joined = join::join(claims.iter().copied());
    let mut looked = Looked::new(known.feeds());
    if !looked.has_advisories() {
        return Ok(not_looked(
            "the feed database has no advisories; import NVD, the CVE List, OSV or Debian's tracker",
        ));
    }
    let mut parts = Parts::of(claims, &joined);
    let mut report = RunReport {
        probe: PROBE.to_owned(),
        version: VERSION.to_owned(),
        parameters: BTreeMap::new(),
        status: Status::Complete,
        looked: joined.len() as u64,
        bytes: 0,
        skipped: Vec::new(),
        claims: Vec::new(),
    };
    let mut claimed: BTreeSet<banbury_evidence::Digest> = BTreeSet::new();
    for component in &joined {
        let answer = answer(component, parts.facts(component), known)?;
        looked.add(component, &answer);
        for finding in &answer.findings {
            let claim = claim(component, finding);
            if claimed.insert(claim.fingerprint()) {
                report.claims.push(claim);
            }
        }
    }
    report.claims.sort_by_cached_key(order);
    report.parameters = looked.parameters();
    Ok(report)
}

/// Known exploited first, then affected, then what cannot be told, then the rest; by vulnerability and component within.
pub fn order(claim: &Claim) -> (bool, u8, String, String, String) {
    let fact = |name: &str| claim.text(name).unwrap_or_default();
    let place = match fact("state").as_str() {
        "affected" => 0,
        "cannot-tell" => 1,
        _ => 2,
    };
    let exploited = !fact("exploited").is_empty() && place < 2;
    (!exploited, place, fact("vulnerability"), fact("component"), claim.subject.id.clone())
}

/// Whether a claim says that a vulnerability does not apply.
pub fn is_ruled_out(claim: &Claim) -> bool {
    claim.code == KNOWN_VULNERABILITY && claim.text("state").as_deref() == Some("not-affected")
}

/// The answer for a component, by each version where its evidence contradicts itself.
fn answer(component: &Joined<'_>, facts: &Facts, known: &Known<'_>) -> Result<Answer, Error> {
    if component.contradictions.is_empty() {
        return known.look_up_what_matters(&component.component(component.version.as_deref()), facts);
    }
    let versions: BTreeSet<&str> =
        component.contradictions.iter().flat_map(|one| &one.versions).map(String::as_str).collect();
    let mut answers = Vec::new();
    for version in &versions {
        answers.push(known.look_up_what_matters(&component.component(Some(version)), facts)?);
    }
    if answers.len() < 2 {
        // One version against bounds: none of both is taken for true.
        answers.push(known.look_up_what_matters(&component.component(None), facts)?);
    }
    Ok(agreed(answers))
}

/// What several versions have in common; where they differ nobody can tell.
fn agreed(answers: Vec<Answer>) -> Answer {
    let count = answers.len();
    let mut by: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    let mut whole =
        Answer { findings: Vec::new(), outside: usize::MAX, feeds: Vec::new(), not_asked: Vec::new() };
    for answer in answers {
        whole.outside = whole.outside.min(answer.outside);
        (whole.feeds, whole.not_asked) = (answer.feeds, answer.not_asked);
        for finding in answer.findings {
            by.entry(finding.vulnerability.clone()).or_default().push(finding);
        }
    }
    for found in by.into_values() {
        let all = found.len() == count;
        let mut kinds: Vec<&str> = found.iter().map(|one| one.state.as_str()).collect();
        kinds.dedup();
        // What is not there is ruled out by the version.
        let same = kinds.len() == 1 && (all || kinds == ["not-affected"]);
        let gravest = found.into_iter().min_by_key(|one| match one.state {
            State::Affected { .. } => 0,
            State::CannotTell { .. } => 1,
            State::NotAffected { .. } => 2,
        });
        let Some(mut finding) = gravest else { continue };
        if !same {
            finding.state = State::CannotTell {
                reason: Reason::Contradiction,
                detail:
                    "which of the versions that the evidence names is there: what is known of them differs"
                        .to_owned(),
            };
        }
        whole.findings.push(finding);
    }
    whole
}

fn claim(component: &Joined<'_>, finding: &Finding) -> Claim {
    let state = &finding.state;
    let grade = match (state, finding.exploited.is_some()) {
        (State::Affected { .. }, true) => Grade::High,
        (State::Affected { .. }, false) | (State::CannotTell { .. }, true) => Grade::Medium,
        (State::CannotTell { .. }, false) => Grade::Low,
        (State::NotAffected { .. }, _) => Grade::Info,
    };
    let shown = component.shown();
    let reason = state.reason().as_str();
    let title = match state {
        State::Affected { .. } => format!("{} affects {shown}", finding.vulnerability),
        State::CannotTell { .. } => format!("{} may affect {shown} ({reason})", finding.vulnerability),
        State::NotAffected { .. } => format!("{} does not affect {shown} ({reason})", finding.vulnerability),
    };
    let mut claim = Claim::observation(&INFO, component.subject(), title);
    claim.grade = grade;
    let cpe = component.cpes.first().map(ToString::to_string);
    let exploited = finding.exploited.as_ref();
    let facts = [
        ("purl", component.purls.first().cloned()),
        ("cpe", cpe),
        ("vulnerability", Some(finding.vulnerability.clone())),
        ("state", Some(state.as_str().to_owned())),
        ("reason", Some(reason.to_owned())),
        ("exploited", exploited.map(|one| one.value.added.clone())),
        ("exploited-source", exploited.map(|_| "CISA KEV".to_owned())),
    ];
    for (name, value) in component.identity().into_iter().chain(facts) {
        if let Some(value) = value {
            claim = claim.fact(name, value);
        }
    }
    claim.locations = component.places();
    dated(claim, finding)
}

/// The claim with what changes from day to day.
fn dated(mut claim: Claim, finding: &Finding) -> Claim {
    let severity = gravest(finding);
    let score = finding.score.as_ref();
    let exploited = finding.exploited.as_ref();
    let short = |text: &str| match text.char_indices().nth(SUMMARY) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    };
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let values = [
        ("detail", some(&detail(&finding.state, finding))),
        ("score", severity.and_then(|one| one.score.clone())),
        ("score-scale", severity.map(|one| one.scale.clone())),
        ("score-vector", severity.and_then(|one| some(&one.vector))),
        ("score-source", severity.and_then(|one| some(&one.source))),
        ("epss", score.map(|one| one.value.probability.clone())),
        ("epss-percentile", score.map(|one| one.value.percentile.clone())),
        ("epss-date", score.and_then(|one| one.feed_dated.clone())),
        ("exploited-feed-date", exploited.and_then(|one| one.feed_dated.clone())),
        ("published", finding.published.clone()),
        ("summary", some(&short(finding.summary.trim()))),
    ];
    for (name, value) in values {
        if let Some(value) = value {
            claim = claim.dated(name, value);
        }
    }
    claim
}

/// The state in one sentence.
fn detail(state: &State, finding: &Finding) -> String {
    match state {
        State::NotAffected { detail, .. } => detail.clone(),
        State::CannotTell { detail, .. } => format!("what would tell: {detail}"),
        State::Affected { .. } => {
            let said = finding.says.iter().filter(|said| matches!(said.state, State::Affected { .. }));
            let by: BTreeSet<String> = said.map(|said| format!("{} ({})", said.feed, said.by)).collect();
            format!("by the word of {}", by.into_iter().collect::<Vec<_>>().join(", "))
        }
    }
}

/// The severity on the newest scale, the highest score of it.
fn gravest(finding: &Finding) -> Option<&crate::advisory::Severity> {
    let score = |one: &crate::advisory::Severity| {
        one.score
            .as_deref()
            .and_then(|text| text.parse::<f64>().ok())
            .map_or(-1, |score| (score * 10.0) as i64)
    };
    finding
        .severities
        .iter()
        .filter(|one| one.score.is_some() || !one.vector.is_empty())
        .max_by(|a, b| (a.score.is_some(), &a.scale, score(a)).cmp(&(b.score.is_some(), &b.scale, score(b))))
}
