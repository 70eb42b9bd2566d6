//! Hidden access: what the findings of an image's programs come to, and the silence of the others.
//!
//! The hypothesis: one of these programs holds a way in that was planted as those of the measured corpus were, and nothing is known of
//! which. How: each program counts once, whatever its copies (by its hash, or by the same finding in a file of the same name), with the
//! strongest finding that counts, since findings of one program are not independent. A program that was read and in which nothing weighs as
//! much counts with the weight of that silence; one that could not be read, or whose only findings are explained, with 0 dB. They come
//! together as `figure` says. A finding that a person accepted as documented, or that does not apply, no longer counts; what it
//! would come to with it is told beside.
//! When it is wrong: programs of one image are alike (one maker, one compiler), so that findings by chance come together; an image
//! may hold a plant of a kind that the probe does not see. Where only some programs of an image are copies of others, how many
//! different ones were read follows from how many there are.

use super::figure::{self, Figure, Term};
use super::image::{Image, Programs};
use super::{Decided, Material};
use banbury_evidence::ledger::StoredClaim;
use banbury_evidence::{Digest, Silence, Value, Weight};
use serde::Serialize;
use std::collections::BTreeMap;

/// Decibans of a finding by which it is told how many there are by chance; where the strongest weighs less, by the step below that.
pub const STRONG: f64 = 10.0;
/// The facts that differ between builds of one program.
const OF_A_BUILD: [&str; 3] = ["branch", "function", "place"];

/// What is known of hidden access.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Hidden {
    /// Programs that the probe read, each once.
    pub read: u64,
    /// Of these, those in which nothing weighs as much as a finding that counts.
    pub silent: u64,
    /// Programs that are linked statically: what it says that nothing is found in one was not measured, so that they count with 0 dB.
    pub linked_statically: u64,
    /// Other executables and libraries that it did not read: they import nothing that would give a way in, or are of no machine it knows.
    pub not_read: u64,
    /// Programs whose only findings are explained: they count with 0 dB.
    pub explained: u64,
    /// The findings of weight, the strongest first.
    pub findings: Vec<Finding>,
    /// Findings of less weight, which ordinary programs have too: they count as none.
    pub candidates: u64,
    /// The weight of the strongest finding that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strongest: Option<Figure>,
    /// If one of the programs is it: the probability that it is the one with the strongest finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_of_strongest: Option<f64>,
    /// What a program in which nothing was found weighs, where that was measured for the version that read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence: Option<Weight>,
    /// What all of it comes to; absent where no program was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figure: Option<Figure>,
    /// The same without any decision of a person, where it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_decisions: Option<Figure>,
    /// How many findings of weight there are by chance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_chance: Option<Expected>,
    /// What a reader's own odds become.
    pub odds: Vec<Odds>,
}

/// A finding of weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Its weight, with its basis.
    pub weight: Weight,
    /// Its code.
    pub code: String,
    /// One line for a person.
    pub title: String,
    /// Where it stands, from the image inwards.
    pub place: String,
    /// The image.
    pub image: String,
    /// The program's hash, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<Digest>,
    /// The claim, as `banbury dispose` takes it.
    pub fingerprint: Digest,
    /// The path from the input to what it gives.
    pub listing: Vec<String>,
    /// Whether it counts.
    pub counts: bool,
    /// Why not; `None` where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Further places of the same file or finding.
    pub copies: u64,
    /// A person's latest decision on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decided>,
}

impl Finding {
    /// The path from the input to what it gives, without what was counted of it.
    pub fn path(&self) -> impl Iterator<Item = &str> + Clone {
        self.listing.iter().map(String::as_str).filter(|line| line.starts_with("0x"))
    }
}

/// How many programs of as many ordinary ones have a finding of a weight by chance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expected {
    /// The weight, in decibans, or more.
    pub decibans: f64,
    /// How many are expected.
    pub expected: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// How many there are here that count.
    pub here: u64,
}

/// What a probability becomes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Odds {
    /// Before, one in so many.
    pub before_one_in: u32,
    /// After, in words.
    pub after: String,
    /// After, as a number.
    pub probability: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// What it becomes for who asks of the program with the strongest finding alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_strongest: Option<String>,
}

/// What makes a finding the same in another build: its code, the file's name, the facts that are of no build.
type Signature = (String, String, BTreeMap<String, Value>);

/// A program with its findings.
#[derive(Default)]
struct Program<'m> {
    /// Those of weight, the strongest first.
    findings: Vec<Placed<'m>>,
    /// Different files that have the same finding.
    files: u64,
}

#[derive(Clone, Copy)]
struct Placed<'m> {
    stored: &'m StoredClaim,
    weight: &'m Weight,
    image: &'m str,
    program: Option<Digest>,
}

pub(super) fn weigh(images: &[&Image<'_>], silence: &Silence, material: &Material) -> Hidden {
    let mut hidden = Hidden::default();
    let (mut read, mut all) = (0, Programs::default());
    let (mut measured, mut by_program) = (true, BTreeMap::<String, Program<'_>>::new());
    for image in images {
        let Some(run) = image.runs.get(silence.probe.as_str()) else { continue };
        measured &= run.version == silence.version;
        read += run.looked;
        let programs = image.programs();
        all.copies += programs.copies;
        all.distinct.extend(programs.distinct);
        all.linked_statically.extend(programs.linked_statically);
        let hashes = image.hashes();
        for stored in image.claims.iter().filter(|stored| stored.claim.code.starts_with(&silence.codes)) {
            let Some(weight) = &stored.claim.weight else { continue };
            let program = hashes.get(&stored.claim.subject.id).copied();
            let key = program.map_or_else(|| stored.claim.subject.id.clone(), |hash| hash.to_string());
            let placed = Placed { stored, weight, image: &image.exhibit.name, program };
            by_program
                .entry(key)
                .or_insert_with(|| Program { files: 1, ..Program::default() })
                .findings
                .push(placed);
        }
    }
    let distinct = all.distinct.len() as u64;
    let with_claims = by_program.len() as u64;
    hidden.read = scaled(read, distinct, all.copies).max(with_claims);
    hidden.linked_statically = all.linked_statically.len() as u64;
    hidden.not_read = distinct.saturating_sub(hidden.read + hidden.linked_statically);
    let is_weak = |placed: &Placed<'_>| placed.weight.decibans < silence.below;
    for program in by_program.values_mut() {
        // Of copies of one file the finding is one.
        let mut weak: Vec<_> = program
            .findings
            .extract_if(.., |placed| is_weak(placed))
            .map(|placed| (&placed.stored.claim.code, &placed.stored.claim.facts))
            .collect();
        weak.sort();
        weak.dedup();
        hidden.candidates += weak.len() as u64;
        program.findings.sort_by(|a, b| {
            b.weight
                .decibans
                .total_cmp(&a.weight.decibans)
                .then(a.stored.fingerprint.cmp(&b.stored.fingerprint))
        });
    }
    let programs = joined(by_program.into_values().filter(|program| !program.findings.is_empty()));
    let merged: u64 = programs.iter().map(|program| program.files - 1).sum();
    hidden.read -= merged.min(hidden.read);
    let (mut terms, mut as_found) = (Vec::new(), Vec::new());
    for program in &programs {
        let (counting, without) = rows(program, material, &mut hidden.findings);
        hidden.explained += u64::from(counting.is_none());
        terms.push(Term { count: 1, weight: counting.unwrap_or(Figure::NOTHING) });
        as_found.push(Term { count: 1, weight: without });
    }
    hidden.findings.sort_by(|a, b| {
        b.counts
            .cmp(&a.counts)
            .then(b.weight.decibans.total_cmp(&a.weight.decibans))
            .then_with(|| (&a.image, &a.place, a.fingerprint).cmp(&(&b.image, &b.place, b.fingerprint)))
    });
    hidden.silent = hidden.read.saturating_sub(programs.len() as u64);
    hidden.silence = measured.then(|| silence.weight.clone());
    let quiet = hidden.silence.as_ref().map_or(Figure::NOTHING, Figure::of);
    for list in [&mut terms, &mut as_found] {
        list.push(Term { count: hidden.silent, weight: quiet });
        list.push(Term { count: hidden.linked_statically, weight: Figure::NOTHING });
    }
    if hidden.read == 0 {
        return hidden;
    }
    hidden.figure = figure::mixture(&terms);
    hidden.without_decisions = figure::mixture(&as_found).filter(|other| Some(*other) != hidden.figure);
    hidden.strongest = hidden.findings.first().filter(|one| one.counts).map(|one| Figure::of(&one.weight));
    hidden.share_of_strongest =
        hidden.strongest.map(|strongest| (figure::share_of(strongest, &terms) * 1000.0).round() / 1000.0);
    hidden.by_chance = expected(silence, &hidden);
    hidden.odds = odds(&hidden);
    hidden
}

impl Figure {
    /// A weight without its basis.
    #[must_use]
    pub fn of(weight: &Weight) -> Self {
        Self { decibans: weight.decibans, low: weight.low, high: weight.high }.rounded()
    }
}

/// How many different programs were read, of what was read with copies.
fn scaled(read: u64, distinct: u64, copies: u64) -> u64 {
    if copies == 0 {
        return read;
    }
    let exact = u128::from(read) * u128::from(distinct);
    let rounded = (exact * 2 + u128::from(copies)) / (2 * u128::from(copies));
    u64::try_from(rounded).unwrap_or(u64::MAX).min(distinct)
}

/// What makes a finding the same in another build of the program.
fn signature(placed: Placed<'_>) -> Signature {
    let claim = &placed.stored.claim;
    let path = claim.locations.first().and_then(|location| location.entry()).unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    let mut facts = claim.facts.clone();
    OF_A_BUILD.iter().for_each(|fact| {
        facts.remove(*fact);
    });
    (claim.code.clone(), name, facts)
}

/// Whether what cannot be another one elsewhere is known of its trigger.
fn is_told(placed: &Placed<'_>) -> bool {
    placed.stored.claim.facts.contains_key("trigger")
}

/// Whether two findings are one: in the same bytes, or in builds of one program.
fn is_same(one: Placed<'_>, other: Placed<'_>) -> bool {
    let (a, b) = (&one.stored.claim, &other.stored.claim);
    if one.program.is_some() && one.program == other.program {
        return (&a.code, &a.facts) == (&b.code, &b.facts);
    }
    is_told(&one) && is_told(&other) && signature(one) == signature(other)
}

/// The decision on a finding: its own, or that on the same finding in a copy of the same bytes.
fn decision(placed: Placed<'_>, program: &Program<'_>, material: &Material) -> Option<Decided> {
    let of = |placed: &Placed<'_>| material.decisions.get(&placed.stored.fingerprint).cloned();
    let copies = program.findings.iter().filter(|other| {
        other.program.is_some() && other.program == placed.program && is_same(placed, **other)
    });
    of(&placed).or_else(|| copies.filter_map(of).next())
}

/// Programs that share a finding of weight by what it is, as one.
fn joined<'m>(programs: impl Iterator<Item = Program<'m>>) -> Vec<Program<'m>> {
    let mut all: Vec<Program<'m>> = Vec::new();
    let mut known: BTreeMap<Signature, usize> = BTreeMap::new();
    for program in programs {
        let signatures: Vec<_> = program.findings.iter().copied().filter(is_told).map(signature).collect();
        let same = signatures.iter().find_map(|one| known.get(one).copied());
        let number = same.unwrap_or(all.len());
        signatures.into_iter().for_each(|one| {
            known.entry(one).or_insert(number);
        });
        match all.get_mut(number) {
            Some(other) => {
                other.findings.extend(program.findings);
                other.files += program.files;
                other.findings.sort_by(|a, b| {
                    b.weight
                        .decibans
                        .total_cmp(&a.weight.decibans)
                        .then(a.stored.fingerprint.cmp(&b.stored.fingerprint))
                });
            }
            None => all.push(program),
        }
    }
    all
}

/// The rows of a program's findings; what it weighs by those that count, and by all.
fn rows(program: &Program<'_>, material: &Material, into: &mut Vec<Finding>) -> (Option<Figure>, Figure) {
    let mut kept: Vec<(Finding, Placed<'_>)> = Vec::new();
    let mut counting: Option<Figure> = None;
    let without = program.findings.first().map_or(Figure::NOTHING, |placed| Figure::of(placed.weight));
    for placed in &program.findings {
        let stored = placed.stored;
        let decision = decision(*placed, program, material);
        let settled = decision.as_ref().filter(|decision| decision.settles());
        if let Some((first, _)) = kept.iter_mut().find(|(first, other)| {
            is_same(*placed, *other)
                && first.decision.as_ref().map(|one| &one.state) == decision.as_ref().map(|one| &one.state)
        }) {
            first.copies += 1;
            continue;
        }
        let why_not = match (settled, counting) {
            (Some(decision), _) => Some(decision.words()),
            (None, Some(_)) => Some("a stronger finding of the same program counts".to_owned()),
            (None, None) => None,
        };
        if why_not.is_none() {
            counting = Some(Figure::of(placed.weight));
        }
        let finding = Finding {
            weight: placed.weight.clone(),
            code: stored.claim.code.clone(),
            title: stored.claim.title.clone(),
            place: stored.claim.locations.first().map(super::place).unwrap_or_default(),
            image: placed.image.to_owned(),
            program: placed.program,
            fingerprint: stored.fingerprint,
            listing: stored.claim.notes.clone(),
            counts: why_not.is_none(),
            why_not,
            copies: 0,
            decision,
        };
        kept.push((finding, *placed));
    }
    into.extend(kept.into_iter().map(|(finding, _)| finding));
    (counting, without)
}

fn expected(silence: &Silence, hidden: &Hidden) -> Option<Expected> {
    let strongest = hidden.strongest.map_or(STRONG, |strongest| strongest.decibans);
    let chance = silence.by_chance(strongest.min(STRONG))?;
    let of = |share: f64| (hidden.read as f64 * share * 100.0).round() / 100.0;
    let strong = |one: &&Finding| one.counts && one.weight.decibans >= chance.decibans;
    Some(Expected {
        decibans: chance.decibans,
        expected: of(chance.share),
        low: of(chance.low),
        high: of(chance.high),
        here: hidden.findings.iter().filter(strong).count() as u64,
    })
}

fn odds(hidden: &Hidden) -> Vec<Odds> {
    let Some(figure) = hidden.figure else { return Vec::new() };
    let digits = |share: f64| (share * 1e6).round() / 1e6;
    let row = |before: u32| {
        let after = figure.after(before);
        Odds {
            before_one_in: before,
            after: after.text(),
            probability: digits(after.share),
            low: digits(after.low),
            high: digits(after.high),
            of_strongest: hidden.strongest.map(|strongest| strongest.after(before).text()),
        }
    };
    figure::BEFORE.into_iter().map(row).collect()
}
