//! An image with what the ledger has of it: its latest runs, its active claims, its programs.

use super::Material;
use banbury_evidence::ledger::{StoredClaim, StoredRun};
use banbury_evidence::{Digest, Exhibit, Object, Shares, Status};
use banbury_software::lookup::Ran;
use std::collections::{BTreeMap, BTreeSet};

/// The code of the imports of copying functions, which says that a program is linked statically.
const IMPORTS: &str = "imports.copying";

pub(super) struct Image<'m> {
    pub exhibit: &'m Exhibit,
    /// Why it belongs to the subject; empty for the image itself.
    pub belongs: String,
    /// The latest run of each probe, failed ones left out.
    pub runs: BTreeMap<&'m str, &'m StoredRun>,
    /// Runs that failed, with no later one of the same probe that did not.
    pub failed: Vec<&'m StoredRun>,
    /// The claims that stand.
    pub claims: Vec<&'m StoredClaim>,
    pub objects: &'m [Object],
    /// The runs of look-ups and others in their order.
    all: Vec<&'m StoredRun>,
}

/// The programs of an image: executables and libraries, by what they hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Programs {
    /// How many there are, copies counted each.
    pub copies: u64,
    /// Each once.
    pub distinct: BTreeSet<Digest>,
    /// Those that are linked statically.
    pub linked_statically: BTreeSet<Digest>,
}

impl<'m> Image<'m> {
    pub fn of(material: &'m Material, exhibit: &'m Exhibit, belongs: String) -> Self {
        let here = Some(exhibit.sha256);
        let all: Vec<&StoredRun> = material.ledger.runs.iter().filter(|run| run.exhibit == here).collect();
        let (mut runs, mut failed): (BTreeMap<&str, &StoredRun>, Vec<&StoredRun>) = Default::default();
        for run in &all {
            if run.status == Status::Failed {
                failed.push(run);
            } else {
                runs.insert(&run.probe, run);
                failed.retain(|earlier| earlier.probe != run.probe);
            }
        }
        let mut seen = BTreeSet::new();
        failed.reverse();
        failed.retain(|run| seen.insert(&run.probe));
        failed.reverse();
        let claims = material.ledger.claims.iter();
        Self {
            exhibit,
            belongs,
            runs,
            failed,
            claims: claims.filter(|stored| stored.exhibit == here && stored.state == "active").collect(),
            objects: material.ledger.objects.get(&exhibit.sha256).map(Vec::as_slice).unwrap_or_default(),
            all,
        }
    }

    /// Whether anything of it was ever looked at.
    pub fn is_inspected(&self) -> bool {
        !self.runs.is_empty()
    }

    /// Its runs, as look-ups read them.
    pub fn ran(&self) -> impl DoubleEndedIterator<Item = Ran<'m>> + '_ {
        self.all.iter().map(|run| Ran {
            probe: &run.probe,
            status: run.status,
            parameters: &run.parameters,
            skipped: &run.skipped,
        })
    }

    /// The hash of the bytes that claims about a subject speak of.
    pub fn hashes(&self) -> BTreeMap<String, Digest> {
        let hash = |object: &Object| Some((object.location.subject().id, object.sha256?));
        self.objects.iter().filter_map(hash).collect()
    }

    /// Its executables and shared libraries.
    pub fn programs(&self) -> Programs {
        let mut programs = Programs::default();
        let mut by_subject = BTreeMap::new();
        for object in self.objects.iter().filter(|object| is_program(object)) {
            let Some(sha256) = object.sha256 else { continue };
            programs.copies += 1;
            programs.distinct.insert(sha256);
            by_subject.insert(object.location.subject().id, sha256);
        }
        let is_static = |stored: &&&StoredClaim| {
            stored.claim.code == IMPORTS && stored.claim.facts.contains_key("unknown")
        };
        programs.linked_statically = self
            .claims
            .iter()
            .filter(is_static)
            .filter_map(|stored| by_subject.get(&stored.claim.subject.id).copied())
            .collect();
        programs
    }

    /// The account of the bytes of all that is in it, at every level.
    pub fn bytes(&self) -> Shares {
        self.objects.iter().fold(Shares::default(), |mut sum, object| {
            let own = object.shares();
            sum.known += own.known;
            sum.padding += own.padding;
            sum.opaque += own.opaque;
            sum.unknown += own.unknown;
            sum
        })
    }
}

/// Whether an object begins as an executable or a shared library.
fn is_program(object: &Object) -> bool {
    let begins = object.regions.first().filter(|region| region.offset == 0 && region.note == "elf");
    begins.and_then(|region| region.attributes.get("type")).is_some_and(|kind| {
        matches!(kind.as_str(), "executable" | "position-independent executable" | "shared object")
    })
}
