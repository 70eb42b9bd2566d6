//! What is there: observations, counted by grade. None has a weight, and none is made of another.

use super::image::Image;
use crate::review;
use banbury_evidence::ledger::StoredClaim;
use banbury_evidence::{Claim, Grade};
use banbury_software::vulnerabilities::KNOWN_VULNERABILITY;
use banbury_software::{support, vulnerabilities};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Titles that are told of each.
const FIRST: usize = 3;

/// What was observed of one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// What it is about.
    pub about: &'static str,
    /// In how many images it was looked for.
    pub looked_in: u64,
    /// Of how many.
    pub images: u64,
    /// Findings by grade, each once whatever the images that have it; those that do not apply are left out.
    pub grades: BTreeMap<Grade, u64>,
    /// Of these, known to be exploited.
    #[serde(skip_serializing_if = "is_zero")]
    pub exploited: u64,
    /// Of these, those of which it cannot be told whether they affect.
    #[serde(skip_serializing_if = "is_zero")]
    pub cannot_tell: u64,
    /// Of these, accepted by a person.
    #[serde(skip_serializing_if = "is_zero")]
    pub accepted: u64,
    /// Of these, disputed by a person.
    #[serde(skip_serializing_if = "is_zero")]
    pub disputed: u64,
    /// Findings that a person decided do not apply: they are not among these.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_applicable: u64,
    /// The gravest, by their titles.
    pub first: Vec<String>,
    /// Every code that occurs, for `banbury explain`.
    pub codes: BTreeSet<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What is told apart: its name, what its codes begin with, the probe that looks for it.
const ABOUT: [(&str, &[&str], &str); 7] = [
    ("keys", &["key."], "keys"),
    ("fixed accounts and passwords", &["credential."], "accounts"),
    ("known vulnerabilities", &[KNOWN_VULNERABILITY], vulnerabilities::PROBE),
    ("components without support", &[support::ENDED], support::PROBE),
    ("services", &["service."], "services"),
    ("missing hardening", &["hardening."], "hardening"),
    ("certificates", &["certificate"], "certificates"),
];
/// What is in none of them.
const OTHER: &str = "other findings";

impl Observation {
    /// How many findings there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.grades.values().sum()
    }

    /// What else is to be said of the numbers.
    #[must_use]
    pub fn remarks(&self) -> String {
        let mut all: Vec<String> = [
            (self.exploited, "known to be exploited"),
            (self.cannot_tell, "cannot be told to affect"),
            (self.accepted, "accepted"),
            (self.disputed, "disputed"),
            (self.not_applicable, "decided not to apply, and not counted"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
        if self.looked_in < self.images {
            all.push(format!("looked for in {} of {} images", self.looked_in, self.images));
        }
        all.join(", ")
    }
}

pub(super) fn of(images: &[&Image<'_>]) -> Vec<Observation> {
    let mut all: Vec<Observation> = ABOUT
        .iter()
        .map(|(about, _, probe)| Observation {
            about,
            looked_in: images.iter().filter(|image| looked(image, probe)).count() as u64,
            images: images.len() as u64,
            ..Observation::default()
        })
        .collect();
    let count = images.len() as u64;
    all.push(Observation { about: OTHER, looked_in: count, images: count, ..Observation::default() });
    let mut seen = BTreeSet::new();
    let mut first: BTreeMap<usize, Vec<(std::cmp::Reverse<Grade>, String)>> = BTreeMap::new();
    for stored in images.iter().flat_map(|image| &image.claims).filter(|stored| counts(&stored.claim)) {
        if !seen.insert(key(stored)) {
            continue;
        }
        let claim = &stored.claim;
        let about =
            ABOUT.iter().position(|(_, codes, _)| codes.iter().any(|code| claim.code.starts_with(code)));
        let number = about.unwrap_or(ABOUT.len());
        let Some(row) = all.get_mut(number) else { continue };
        match stored.disposition.as_deref() {
            Some("not applicable") => {
                row.not_applicable += 1;
                continue;
            }
            Some("accepted") => row.accepted += 1,
            Some("disputed") => row.disputed += 1,
            _ => {}
        }
        *row.grades.entry(claim.grade).or_default() += 1;
        row.codes.insert(claim.code.clone());
        let is = |fact: &str, value: &str| claim.text(fact).as_deref() == Some(value);
        let is_known = claim.code == KNOWN_VULNERABILITY;
        row.cannot_tell += u64::from(is_known && is("state", "cannot-tell"));
        let exploited = claim.text("exploited").is_some_and(|day| !day.is_empty());
        row.exploited += u64::from(is_known && exploited && is("state", "affected"));
        first.entry(number).or_default().push((std::cmp::Reverse(claim.grade), claim.title.clone()));
    }
    for (number, mut titles) in first {
        titles.sort();
        titles.dedup();
        if let Some(row) = all.get_mut(number) {
            row.first = titles.into_iter().take(FIRST).map(|(_, title)| title).collect();
        }
    }
    all.retain(|row| row.about != OTHER || row.count() + row.not_applicable > 0);
    all
}

/// Whether a claim is an observation that is counted: no hypothesis of hidden access, and nothing that weakens nothing.
fn counts(claim: &Claim) -> bool {
    review::is_finding(claim) && claim.weight.is_none()
}

/// What makes two images' findings one: the code, the names of files on the way, the facts.
fn key(stored: &StoredClaim) -> (String, String, String) {
    let claim = &stored.claim;
    let place = claim.locations.first().map(super::place).unwrap_or_default();
    let in_file = claim.locations.first().is_some_and(|location| location.entry().is_some());
    let facts: Vec<String> =
        claim.facts.iter().map(|(name, value)| format!("{name}={}", value.to_text())).collect();
    // A finding about the whole image is that image's.
    let place = if in_file { place } else { claim.subject.id.clone() };
    (claim.code.clone(), place, facts.join("\n"))
}

/// Whether an image was looked at for something.
fn looked(image: &Image<'_>, probe: &str) -> bool {
    match probe {
        vulnerabilities::PROBE => vulnerabilities::Looked::latest(image.ran()).is_ok(),
        support::PROBE => support::Looked::latest(image.ran()).is_ok(),
        other => image.runs.contains_key(other),
    }
}
