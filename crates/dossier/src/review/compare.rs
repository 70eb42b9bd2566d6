//! What became of each finding between two images of a line, or two days of one image.
//!
//! How a finding of one image is found again in another: known vulnerabilities by vulnerability and component, support by
//! product, others by code and place in the image (the names of files on the way, without offsets, and without what stands
//! behind `.so`), those whose facts are the same first; and by a hash among the facts wherever it stands.
//!
//! **Absence counts only where a run says that we looked**: the same probe, in the same version, looked at the other image; all
//! of that image could be taken apart, or the file of the finding is there; for look-ups, by the same feeds. Else the
//! finding is *not told*, with what is missing.
//! When it is wrong: a file that was renamed is fixed in one place and new in another. A component that is no longer
//! recognised takes its vulnerabilities with it.

use banbury_evidence::ledger::{StoredClaim, StoredRun};
use banbury_evidence::{Claim, Digest, Exhibit, Grade, Object, Status, Value};
use banbury_software::asked::AskedFeeds;
use banbury_software::lookup::LOOK_UPS;
use banbury_software::vulnerabilities::{KNOWN_VULNERABILITY, is_ruled_out};
use banbury_software::{join, support};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Became {
    /// Not there, then there; and it was there before that.
    Regressed,
    /// There now, and not in the earlier image.
    New,
    /// There before and now, and no run before the day had seen it: what is known has grown, not the image.
    CameToLight,
    /// There before and now, and seen before the day.
    Remains,
    /// There before, looked for again, and not there.
    Fixed,
    /// Claimed before of this very image, and no longer: a probe or feed says otherwise, nothing was fixed.
    Withdrawn,
    /// Of one of the two images it is not known.
    NotTold,
}

impl Became {
    /// Every word, in the order of concern.
    pub const ALL: [Self; 7] = [
        Self::Regressed,
        Self::New,
        Self::CameToLight,
        Self::Remains,
        Self::Fixed,
        Self::Withdrawn,
        Self::NotTold,
    ];

    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::New => "new",
            Self::CameToLight => "came to light",
            Self::Remains => "remains",
            Self::Fixed => "fixed",
            Self::Withdrawn => "withdrawn",
            Self::NotTold => "not told",
        }
    }

    /// What the word means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Regressed => "was there, was not in a later image, and is back",
            Self::New => "is there, and the earlier image was looked at and did not have it",
            Self::CameToLight => "was there all along; no run before the day had seen it",
            Self::Remains => "was seen before the day, and is still there",
            Self::Fixed => "was there, was looked for again by the same probe, and is not there",
            Self::Withdrawn => "was claimed of this very image and no longer is: nothing was fixed",
            Self::NotTold => "one of the two images was not looked at for it",
        }
    }
}

/// A finding and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// What became of it.
    pub became: Became,
    /// Its grade: as it is now, where it is there.
    pub grade: Grade,
    /// The grade that it had before, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<Grade>,
    /// Its code.
    pub code: String,
    /// One line for a person.
    pub title: String,
    /// Where it stands, from the image inwards; empty for the image as a whole.
    pub place: String,
    /// The image in which it stands as shown.
    pub image: Digest,
    /// The claim.
    pub fingerprint: Digest,
    /// Whether it is there now, as far as is known.
    pub open: bool,
    /// The day on which a catalogue took it up as exploited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exploited: Option<String>,
    /// A person's latest decision on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// Why it is not told, or what else is to be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One image with what the ledger has of it.
pub(super) struct Image<'m> {
    pub exhibit: &'m Exhibit,
    /// The runs over it in order, failed ones left out.
    pub runs: Vec<&'m StoredRun>,
    /// The claims on it, with the runs that saw each.
    pub claims: Vec<(&'m StoredClaim, &'m [i64])>,
    /// The places of its objects.
    places: BTreeSet<String>,
}

impl<'m> Image<'m> {
    pub fn of(
        exhibit: &'m Exhibit,
        runs: &'m [StoredRun],
        claims: &'m [StoredClaim],
        sightings: &'m BTreeMap<Digest, Vec<i64>>,
        objects: &'m BTreeMap<Digest, Vec<Object>>,
    ) -> Self {
        let here = Some(exhibit.sha256);
        let places = objects.get(&exhibit.sha256).into_iter().flatten();
        Self {
            exhibit,
            runs: runs.iter().filter(|run| run.exhibit == here && run.status != Status::Failed).collect(),
            claims: claims
                .iter()
                .filter(|stored| stored.exhibit == here)
                .map(|stored| {
                    (stored, sightings.get(&stored.fingerprint).map(Vec::as_slice).unwrap_or_default())
                })
                .collect(),
            places: places.map(|object| place(object.location.steps.iter())).collect(),
        }
    }

    /// The day on which it was first taken apart.
    pub fn first(&self) -> Option<&'m str> {
        self.unpacked().next().map(day)
    }

    /// The day on which it was last looked at.
    pub fn last(&self) -> Option<&'m str> {
        self.runs.iter().map(|run| day(run)).max()
    }

    /// Where its first inspection stands among all runs.
    pub fn order(&self) -> Option<i64> {
        self.unpacked().next().map(|run| run.id)
    }

    fn unpacked(&self) -> impl Iterator<Item = &'m StoredRun> + '_ {
        self.runs.iter().copied().filter(|run| run.probe == "unpack")
    }

    /// The latest run of a probe.
    pub fn latest(&self, probe: &str) -> Option<&'m StoredRun> {
        self.runs.iter().rev().copied().find(|run| run.probe == probe)
    }

    /// The claims that stand, of findings or not.
    pub fn active(&self) -> impl Iterator<Item = &'m StoredClaim> + '_ {
        self.claims.iter().map(|(stored, _)| *stored).filter(|stored| stored.state == "active")
    }

    fn findings(&self) -> Vec<&'m StoredClaim> {
        let mut found: Vec<&StoredClaim> = self.active().filter(|stored| is_finding(&stored.claim)).collect();
        found.sort_by_key(|stored| stored.fingerprint);
        found
    }

    /// Whether a run before the day saw the claim.
    fn saw_before(&self, fingerprint: &Digest, since: &str) -> bool {
        let seen = self.claims.iter().find(|(stored, _)| stored.fingerprint == *fingerprint);
        seen.is_some_and(|(_, seen)| self.runs.iter().any(|run| seen.contains(&run.id) && day(run) < since))
    }

    /// The findings that stood on the eve of the day: those that the latest runs before it saw.
    fn findings_before(&self, since: &str) -> Vec<&'m StoredClaim> {
        let mut latest: BTreeMap<&str, i64> = BTreeMap::new();
        for run in self.runs.iter().filter(|run| day(run) < since) {
            latest.insert(&run.probe, run.id);
        }
        let stood = |seen: &[i64]| seen.iter().any(|run| latest.values().any(|last| last == run));
        let mut found: Vec<&StoredClaim> = self
            .claims
            .iter()
            .filter(|(stored, seen)| is_finding(&stored.claim) && stood(seen))
            .map(|(stored, _)| *stored)
            .collect();
        found.sort_by_key(|stored| stored.fingerprint);
        found
    }

    /// Why the absence of a finding of another image says nothing here; `None` where it does.
    fn not_looked(&self, finding: &StoredClaim, other: &Image<'_>) -> Option<String> {
        let probe = finding.probe.as_str();
        let name = &self.exhibit.name;
        let Some(run) = self.latest(probe) else {
            return Some(format!("no run of {probe} over {name} is on record"));
        };
        let theirs = other.latest(probe);
        if theirs.is_some_and(|theirs| theirs.version != run.version) {
            return Some(format!(
                "{name} was looked at by another version of {probe}: assess the case again"
            ));
        }
        let looked_up = LOOK_UPS.iter().any(|look_up| look_up.name == probe);
        let feeds = |run: &StoredRun| AskedFeeds::of(&run.parameters);
        if looked_up && theirs.is_some_and(|theirs| feeds(theirs) != feeds(run)) {
            return Some(format!("{name} was looked up in other feeds: assess the case again"));
        }
        let place = place_of(&finding.claim);
        let there = !place.is_empty() && !looked_up && self.places.contains(&place);
        let left_out = |run: &StoredRun| run.status != Status::Complete;
        let names_it = run.skipped.iter().any(|skipped| speaks_of(&skipped.what, &place));
        if left_out(run) && (names_it || !there) {
            return Some(format!("{probe} did not cover all of {name}"));
        }
        match self.latest("unpack") {
            Some(unpacked) if left_out(unpacked) && !there => {
                Some(format!("not all of {name} could be taken apart"))
            }
            Some(_) => None,
            None => Some(format!("{name} was not taken apart")),
        }
    }
}

/// The day of a run.
pub(super) fn day(run: &StoredRun) -> &str {
    run.started_at.get(..10).unwrap_or(&run.started_at)
}

/// Whether a claim is a finding that a review grades: a fact, a component, and what is ruled out are none.
pub(crate) fn is_finding(claim: &Claim) -> bool {
    claim.grade > Grade::Info
        && claim.code != join::COMPONENT
        && !support::is_remark(&claim.code)
        && !is_ruled_out(claim)
        && !crate::stated::is_stated(&claim.code)
}

/// What became of the findings between the day and now: `history` has the line's images in their order, `earlier` the last of
/// before the day, `later` the one to hold against it (which may be the same).
pub(super) fn outcomes(history: &[Image<'_>], earlier: usize, later: usize, since: &str) -> Vec<Outcome> {
    let (Some(before), Some(after)) = (history.get(earlier), history.get(later)) else { return Vec::new() };
    let mut found = if earlier == later {
        of_one_image(before, since)
    } else {
        of_two_images(history, (earlier, before), (later, after), since)
    };
    let order = |one: &Outcome| {
        let decided = one.disposition.as_deref() == Some("not applicable");
        (
            one.became,
            std::cmp::Reverse(one.grade),
            decided,
            one.exploited.is_none(),
            one.code.clone(),
            one.title.clone(),
        )
    };
    found.sort_by_cached_key(|one| (order(one), one.fingerprint));
    found
}

fn of_one_image(image: &Image<'_>, since: &str) -> Vec<Outcome> {
    let (before, now) = (image.findings_before(since), image.findings());
    let mut found = Vec::new();
    let pairs = Pairs::of(&before, &now);
    for (was, is) in pairs.both {
        found.push(Outcome::of(Became::Remains, image, is).since(was));
    }
    for is in pairs.right {
        found.push(Outcome::of(Became::CameToLight, image, is));
    }
    for was in pairs.left {
        // Only a run after the day can take a claim back.
        let again = image.latest(&was.probe).is_some_and(|run| day(run) >= since);
        let became = if again { Became::Withdrawn } else { Became::NotTold };
        found.push(Outcome::of(became, image, was).closed());
    }
    found
}

fn of_two_images(
    history: &[Image<'_>],
    (earlier, before): (usize, &Image<'_>),
    (later, after): (usize, &Image<'_>),
    since: &str,
) -> Vec<Outcome> {
    let (was, is) = (before.findings(), after.findings());
    let pairs = Pairs::of(&was, &is);
    let between = history.get(earlier + 1..later).unwrap_or_default();
    let older = history.get(..earlier).unwrap_or_default();
    let mut found = Vec::new();
    for (was, is) in pairs.both {
        let gone = between.iter().find(|image| !has(image, is) && image.not_looked(is, after).is_none());
        let became = match gone {
            Some(_) => Became::Regressed,
            None if before.saw_before(&was.fingerprint, since) => Became::Remains,
            None => Became::CameToLight,
        };
        let outcome = Outcome::of(became, after, is).since(was);
        found.push(match gone {
            Some(gone) => outcome.note(format!("not in {}", gone.exhibit.name)),
            None => outcome,
        });
    }
    for is in pairs.right {
        let why = before.not_looked(is, after);
        let had = older.iter().rev().find(|image| has(image, is));
        found.push(match (why, had) {
            (Some(why), _) => Outcome::of(Became::NotTold, after, is).note(why),
            (None, Some(had)) => Outcome::of(Became::Regressed, after, is)
                .note(format!("in {}, not in {}", had.exhibit.name, before.exhibit.name)),
            (None, None) => Outcome::of(Became::New, after, is),
        });
    }
    for was in pairs.left {
        found.push(match after.not_looked(was, before) {
            Some(why) => Outcome::of(Became::NotTold, before, was).closed().note(why),
            None if before.saw_before(&was.fingerprint, since) => {
                Outcome::of(Became::Fixed, before, was).closed()
            }
            None => Outcome::of(Became::Fixed, before, was)
                .closed()
                .note("seen in the earlier image after the day alone".to_owned()),
        });
    }
    found
}

fn has(image: &Image<'_>, finding: &StoredClaim) -> bool {
    let findings = image.findings();
    !Pairs::of(&findings, &[finding]).both.is_empty()
}

impl Outcome {
    fn of(became: Became, image: &Image<'_>, stored: &StoredClaim) -> Self {
        let claim = &stored.claim;
        Self {
            became,
            grade: claim.grade,
            was: None,
            code: claim.code.clone(),
            title: claim.title.clone(),
            place: claim.locations.first().map(|location| location.path()).unwrap_or_default(),
            image: image.exhibit.sha256,
            fingerprint: stored.fingerprint,
            open: true,
            exploited: claim.text("exploited").filter(|day| !day.is_empty()),
            disposition: stored.disposition.clone(),
            note: None,
        }
    }

    fn since(mut self, was: &StoredClaim) -> Self {
        self.was = Some(was.claim.grade).filter(|was| *was != self.grade);
        // A decision is on one image's finding; that there was one of the other helps whoever decides.
        if let (None, Some(decided)) = (&self.disposition, &was.disposition) {
            self.note = Some(format!("decided of the earlier one: {decided}"));
        }
        self
    }

    fn closed(mut self) -> Self {
        self.open = false;
        self
    }

    fn note(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }

    /// Whether it asks for something: it is there, and nobody decided that it does not apply.
    pub fn counts(&self) -> bool {
        self.open && self.disposition.as_deref() != Some("not applicable")
    }
}

/// Findings of two sides, those that are the same together.
struct Pairs<'m> {
    both: Vec<(&'m StoredClaim, &'m StoredClaim)>,
    left: Vec<&'m StoredClaim>,
    right: Vec<&'m StoredClaim>,
}

impl<'m> Pairs<'m> {
    fn of(left: &[&'m StoredClaim], right: &[&'m StoredClaim]) -> Self {
        let mut pairs = Self { both: Vec::new(), left: left.to_vec(), right: right.to_vec() };
        // The same in every fact first, so that of several at one place each finds its own.
        for key in [exact as fn(&Claim) -> Option<String>, by_hash, by_place] {
            pairs.join(key);
        }
        pairs
    }

    fn join(&mut self, key: fn(&Claim) -> Option<String>) {
        let mut by: BTreeMap<String, Vec<&'m StoredClaim>> = BTreeMap::new();
        for stored in self.right.drain(..).rev() {
            // What has no key waits for the next.
            by.entry(key(&stored.claim).unwrap_or_default()).or_default().push(stored);
        }
        let mut rest = Vec::new();
        for stored in self.left.drain(..) {
            let wanted = key(&stored.claim);
            match wanted.and_then(|wanted| by.get_mut(&wanted)).and_then(Vec::pop) {
                Some(other) => self.both.push((stored, other)),
                None => rest.push(stored),
            }
        }
        self.left = rest;
        self.right = by.into_values().flatten().collect();
        self.right.sort_by_key(|stored| stored.fingerprint);
    }
}

/// Code, place and facts.
fn exact(claim: &Claim) -> Option<String> {
    let facts: Vec<String> =
        claim.facts.iter().map(|(name, value)| format!("{name}={}", value.to_text())).collect();
    Some([claim.code.clone(), place_of(claim), facts.join("\n")].join("\n\n"))
}

/// Code and the hash among the facts, wherever it stands.
fn by_hash(claim: &Claim) -> Option<String> {
    let hash = claim.facts.iter().find_map(|(name, value)| match value {
        Value::Text(text) if name.ends_with("sha256") => Some(text),
        _ => None,
    })?;
    Some([claim.code.as_str(), hash].join("\n"))
}

/// Code, place and what names it there; of what a look-up says, what it says it of.
fn by_place(claim: &Claim) -> Option<String> {
    let fact = |name: &str| claim.text(name).unwrap_or_default();
    Some(match claim.code.as_str() {
        KNOWN_VULNERABILITY => [claim.code.clone(), fact("vulnerability"), fact("component")].join("\n"),
        code if support::is_support(code) => {
            [claim.code.clone(), fact("product"), fact("component")].join("\n")
        }
        _ => {
            let place = Some(place_of(claim)).filter(|place| !place.is_empty())?;
            let named = NAMING.iter().filter_map(|name| claim.text(name));
            [claim.code.clone(), place].into_iter().chain(named).collect::<Vec<_>>().join("\n")
        }
    })
}

/// Facts that tell findings of one code and place apart: whose account, which service.
const NAMING: &[&str] = &[
    "command",
    "comment",
    "community",
    "console",
    "detail",
    "name",
    "program",
    "protocol",
    "script",
    "subject",
    "user",
    "weakness",
];

fn place_of(claim: &Claim) -> String {
    claim.locations.first().map(|location| place(location.steps.iter())).unwrap_or_default()
}

/// The names of files on the way to a place. A library's version behind `.so` is no part of it.
fn place<'s>(steps: impl Iterator<Item = &'s banbury_evidence::Step>) -> String {
    let names: Vec<&str> = steps
        .filter_map(|step| step.entry.as_deref())
        .map(|entry| entry.find(".so.").and_then(|at| entry.get(..at + 3)).unwrap_or(entry))
        .collect();
    names.join("!")
}

/// Whether what a run left out is the file at this place.
fn speaks_of(what: &str, place: &str) -> bool {
    let name = place.rsplit('!').next().unwrap_or(place);
    what.contains(name)
}
