//! The yardstick: what is counted of every vendor in the same way, each number with what it is counted over.
//!
//! It is counted over images: of each line the one that was looked at last. No number is made of others than the two that a
//! share names; there is no score.

use super::compare::{Became, Image, Outcome, is_finding};
use banbury_evidence::ledger::StoredRun;
use banbury_evidence::{Claim, Grade, Status, Value};
use banbury_software::join::{self, Joined};
use banbury_software::lookup::Ran;
use banbury_software::vulnerabilities::KNOWN_VULNERABILITY;
use banbury_software::{support, vulnerabilities};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The code of the imports of copying functions.
const COPYING: &str = "imports.copying";
/// The probe that claims them.
const COPYING_PROBE: &str = "copying";
/// The code of missing protections.
const HARDENING: &str = "hardening.missing";
/// The probe that claims them.
const HARDENING_PROBE: &str = "hardening";

/// What the numbers of [`Copying`] are, and are not.
pub const COPYING_MEANS: &str = "Functions that executables import, each once a file: not calls. Such a share is not the share of \
unsafe calls in source code that published reviews state, and is to be held against other images' alone.";

/// What is counted over some images.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Yardstick {
    /// How many images it is counted over.
    pub images: u64,
    /// Findings by grade: high, medium, low; decided `not applicable` ones left out.
    pub findings: BTreeMap<Grade, u64>,
    /// Executables and libraries that lack a protection.
    pub unprotected: Share,
    /// Imports of copying functions by family.
    pub copying: BTreeMap<String, Copying>,
    /// Executables and libraries whose imports were looked at, and of how many of them nothing can be told since they are
    /// statically linked.
    pub imports_looked: Share,
    /// Components that are there in several versions.
    pub copies: Copies,
    /// Known vulnerabilities; absent where nothing was looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownVulnerabilities>,
    /// Components whose support has ended, of those that were told; absent where nothing was looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_ended: Option<Share>,
    /// What was not looked at, in words.
    pub not_looked: BTreeSet<String>,
}

/// A number of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
}

/// Imports of one family of copying functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Copying {
    /// Imports of functions that are told the destination's size.
    pub checked: u64,
    /// Imports of functions that are not.
    pub unchecked: u64,
    /// Imports of functions that are told a length which need not be that size: on neither side.
    pub length_alone: u64,
    /// Files that import an unchecked one.
    pub files_unchecked: u64,
    /// Files that import any.
    pub files: u64,
}

/// Components of which an image holds several versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Copies {
    /// Products of which an image holds several versions, of all products, summed over images.
    pub in_several_versions: Share,
    /// These products, each with its versions: image by image, the most versions first.
    pub products: Vec<Several>,
}

/// A product of which one image holds several versions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Several {
    /// The image, by its name.
    pub image: String,
    /// The product.
    pub product: String,
    /// The versions.
    pub versions: Vec<String>,
    /// Files, or packages, that carry it: a library of several files counts as several.
    pub places: u64,
}

/// Known vulnerabilities of components.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KnownVulnerabilities {
    /// Known to be exploited, and affecting a component.
    pub exploited: u64,
    /// Affecting a component, those counted in.
    pub affecting: u64,
    /// Known to be exploited or not: whether they affect cannot be told.
    pub cannot_tell: u64,
    /// Images that were looked up.
    pub images: u64,
}

impl Yardstick {
    /// Counts over these images.
    pub(super) fn of<'i, 'm: 'i>(images: impl Iterator<Item = &'i Image<'m>>) -> Self {
        let mut all = Self::default();
        for grade in [Grade::High, Grade::Medium, Grade::Low] {
            all.findings.insert(grade, 0);
        }
        images.for_each(|image| all.add(image));
        all.copies.products.sort_by(|a, b| {
            b.versions
                .len()
                .cmp(&a.versions.len())
                .then_with(|| (&a.image, &a.product).cmp(&(&b.image, &b.product)))
        });
        all
    }

    fn add(&mut self, image: &Image<'_>) {
        self.images += 1;
        let name = &image.exhibit.name;
        let applies = |stored: &&banbury_evidence::ledger::StoredClaim| {
            stored.disposition.as_deref() != Some("not applicable")
        };
        for stored in image.active().filter(applies).filter(|stored| is_finding(&stored.claim)) {
            *self.findings.entry(stored.claim.grade).or_default() += 1;
        }
        let claims: Vec<&Claim> = image.active().map(|stored| &stored.claim).collect();
        match image.latest(HARDENING_PROBE) {
            Some(run) => {
                self.unprotected.of += run.looked;
                self.unprotected.count +=
                    claims.iter().filter(|claim| claim.code == HARDENING).count() as u64;
            }
            None => {
                self.not_looked.insert(format!("{name}: no run of {HARDENING_PROBE}"));
            }
        }
        match image.latest(COPYING_PROBE) {
            Some(run) => self.add_imports(run, &claims),
            None => {
                let why = format!("{name}: no run of {COPYING_PROBE}; assess the case again");
                self.not_looked.insert(why);
            }
        }
        for run in incomplete(image) {
            self.not_looked.insert(format!("{name}: {} did not cover all of it", run.probe));
        }
        self.copies.add(name, &join::join(claims.iter().copied()));
        self.add_look_ups(image, &claims);
    }

    fn add_imports(&mut self, run: &StoredRun, claims: &[&Claim]) {
        self.imports_looked.of += run.looked;
        for claim in claims.iter().filter(|claim| claim.code == COPYING) {
            self.imports_looked.count += u64::from(claim.facts.contains_key("unknown"));
            for family in ["memcpy", "strcpy", "sprintf"] {
                let count = |side: &str| match claim.facts.get(&format!("{family}-{side}")) {
                    Some(Value::List(names)) => names.len() as u64,
                    _ => 0,
                };
                let (checked, unchecked, length) = (count("checked"), count("unchecked"), count("length"));
                let all = self.copying.entry(family.to_owned()).or_default();
                all.checked += checked;
                all.unchecked += unchecked;
                all.length_alone += length;
                all.files_unchecked += u64::from(unchecked > 0);
                all.files += u64::from(checked + unchecked + length > 0);
            }
        }
    }

    fn add_look_ups(&mut self, image: &Image<'_>, claims: &[&Claim]) {
        let name = &image.exhibit.name;
        let ran = |run: &&StoredRun| -> bool { run.status != Status::Failed };
        let runs = || {
            image.runs.iter().copied().filter(ran).map(|run| Ran {
                probe: &run.probe,
                status: run.status,
                parameters: &run.parameters,
                skipped: &run.skipped,
            })
        };
        match vulnerabilities::Looked::latest(runs()) {
            Ok(_) => {
                let known = self.known.get_or_insert_default();
                known.images += 1;
                for claim in claims.iter().filter(|claim| claim.code == KNOWN_VULNERABILITY) {
                    let state = claim.text("state").unwrap_or_default();
                    let exploited = claim.text("exploited").is_some_and(|day| !day.is_empty());
                    known.affecting += u64::from(state == "affected");
                    known.exploited += u64::from(state == "affected" && exploited);
                    known.cannot_tell += u64::from(state == "cannot-tell");
                }
            }
            Err(_) => {
                self.not_looked.insert(format!("{name}: known vulnerabilities were not looked up"));
            }
        }
        match support::Looked::latest(runs()) {
            Ok(_) => {
                let ended = self.support_ended.get_or_insert_default();
                let count = |code: &str| claims.iter().filter(|claim| claim.code == code).count() as u64;
                ended.count += count(support::ENDED);
                ended.of += count(support::ENDED) + count(support::UNTIL);
            }
            Err(_) => {
                self.not_looked.insert(format!("{name}: support was not looked up"));
            }
        }
    }

    /// Findings of a grade.
    pub fn graded(&self, grade: Grade) -> u64 {
        self.findings.get(&grade).copied().unwrap_or_default()
    }
}

/// The latest runs of probes that left something out.
fn incomplete<'i>(image: &'i Image<'_>) -> impl Iterator<Item = &'i StoredRun> {
    let mut latest: BTreeMap<&str, &StoredRun> = BTreeMap::new();
    for run in &image.runs {
        latest.insert(&run.probe, run);
    }
    latest.into_values().filter(|run| run.status != Status::Complete)
}

impl Share {
    /// In per cent, rounded to whole ones; `None` of nothing.
    pub fn per_cent(&self) -> Option<u64> {
        (self.of > 0).then(|| (200 * self.count + self.of) / (2 * self.of))
    }
}

impl Copying {
    /// The unchecked imports, of those that are on a side.
    pub fn share(&self) -> Share {
        Share { count: self.unchecked, of: self.unchecked + self.checked }
    }
}

impl Copies {
    fn add(&mut self, image: &str, joined: &[Joined<'_>]) {
        let mut by: BTreeMap<&str, Vec<&Joined<'_>>> = BTreeMap::new();
        for one in joined {
            by.entry(&one.product).or_default().push(one);
        }
        self.in_several_versions.of += by.len() as u64;
        for (product, all) in by {
            // What only has bounds, or contradicts itself, is no further version.
            let versions: BTreeSet<String> = all.iter().filter_map(|one| one.version.clone()).collect();
            if versions.len() < 2 {
                continue;
            }
            self.in_several_versions.count += 1;
            let places: BTreeSet<&str> =
                all.iter().flat_map(|one| &one.evidence).map(|one| one.claim.subject.id.as_str()).collect();
            self.products.push(Several {
                image: image.to_owned(),
                product: product.to_owned(),
                versions: versions.into_iter().collect(),
                places: places.len() as u64,
            });
        }
    }
}

/// How many findings became what, by grade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// By what became of them, in the order of concern, and by grade.
    pub became: BTreeMap<Became, BTreeMap<Grade, u64>>,
}

impl Tally {
    pub(super) fn of<'o>(outcomes: impl Iterator<Item = &'o Outcome>) -> Self {
        let mut tally = Self::default();
        for outcome in outcomes {
            *tally.became.entry(outcome.became).or_default().entry(outcome.grade).or_default() += 1;
        }
        tally
    }

    /// How many became this.
    pub fn count(&self, became: Became) -> u64 {
        self.became.get(&became).map(|by| by.values().sum()).unwrap_or_default()
    }
}
