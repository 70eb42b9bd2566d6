//! Takes an image apart and hands every object in it to the probes.
//!
//! Deterministic: containers are read in order, their entries are examined side by side, and the outcomes are put
//! together in order. What is accepted depends on the bytes and the [`Options`] alone.

mod entries;

use crate::keeping::{Keeper, Part, Spot};
use crate::paths;
use crate::probe::{CLAIMS, File, Findings, Probe};
use crate::probes::PROBES;
use crate::recognise::{self, Found, Note, Recognised};
use crate::unpacking::{self, Unpacking};
use banbury_evidence::{
    Digest, Examination, Location, Object, ObjectKind, Region, RegionClass, RunReport, Skipped, Status, Step,
};
use banbury_formats::Limits;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What an inspection may use, and the date it counts from. All of it stands in the run records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Bytes of one unpacked object, at most.
    pub object_bytes: u64,
    /// Bytes of all unpacked objects together, at most.
    pub total_bytes: u64,
    /// Bytes that each byte of a container may become, over all levels, at most; small containers get 64 MiB.
    pub expansion: u64,
    /// Objects of the whole exhibit, and entries of one container, at most.
    pub objects: u64,
    /// Containers inside containers, at most.
    pub depth: u32,
    /// Seconds until the inspection is stopped.
    pub seconds: u64,
    /// The date from which expiry is counted, in seconds since 1970-01-01 UTC; nothing expires when absent.
    pub as_of: Option<i64>,
    /// Whether objects get their SHA-1 too; no claim depends on it.
    #[serde(default)]
    pub sha1: bool,
}

impl Default for Options {
    /// 512 MiB an object, 8 GiB in all, 1,032 bytes for each (what deflate can reach), 250,000 objects, 24 levels,
    /// 10 minutes, no date.
    fn default() -> Self {
        Self {
            object_bytes: 512 << 20,
            total_bytes: 8 << 30,
            expansion: 1032,
            objects: 250_000,
            depth: 24,
            seconds: 600,
            as_of: None,
            sha1: false,
        }
    }
}

/// Below this, a container's content is never called an expansion.
const SMALL: u64 = 64 << 20;

/// Dense stretches from this length on are named one by one.
const DENSE: u64 = 64 << 10;

/// What stands in place of a format's name for bytes that none claims.
const UNCLAIMED: &str = "unclaimed";

/// Bytes from which the steps of one object are done side by side.
const LARGE: usize = 1 << 20;

/// An exhibit's bytes, and the memory that they take.
pub trait Exhibit: Sync {
    /// The bytes.
    fn bytes(&self) -> &[u8];

    /// Gives memory back that the bytes take, as far as they can be had again: they are not needed for a while.
    fn give_back(&self) {}
}

impl Exhibit for [u8] {
    fn bytes(&self) -> &[u8] {
        self
    }
}

impl Exhibit for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

/// Examines the bytes of an exhibit. `limits` is taken from [`Options::limits`]; its `stop` flag ends the work early.
pub fn examine<E: Exhibit + ?Sized>(exhibit: &E, options: &Options, limits: &Limits) -> Examination {
    let give_back = || exhibit.give_back();
    let engine = Engine { options, limits, probes: PROBES, keeper: None, give_back: &give_back };
    take_apart(exhibit.bytes(), &engine).0
}

/// Takes an exhibit apart without any probe and hands every object to `keeper`; with each of the examination's
/// objects comes its spot.
pub fn unpack<E: Exhibit + ?Sized>(
    exhibit: &E,
    options: &Options,
    limits: &Limits,
    keeper: &dyn Keeper,
) -> (Examination, Vec<Spot>) {
    let give_back = || exhibit.give_back();
    let engine = Engine { options, limits, probes: &[], keeper: Some(keeper), give_back: &give_back };
    take_apart(exhibit.bytes(), &engine)
}

fn take_apart(data: &[u8], engine: &Engine<'_>) -> (Examination, Vec<Spot>) {
    let options = engine.options;
    let allowance = engine.allowance(data.len(), options.whole());
    let (exhibit, recognised) = engine.hash_and_recognise(data, None, 0, None, allowance);
    let object = Pending {
        location: Location::exhibit(exhibit),
        kind: ObjectKind::Exhibit,
        mode: None,
        depth: 0,
        sha256: exhibit,
        spot: Spot::EXHIBIT,
    };
    let outcome = engine.finish(data, engine.ready(engine.begin(data, object, recognised)), None, allowance);
    let looked = outcome.objects.len() as u64;
    let mut runs = vec![outcome.unpacking.report(looked, data.len() as u64, options)];
    for (probe, findings) in engine.probes.iter().zip(outcome.findings) {
        runs.push(probe_report(probe.describe(), findings, runs_incomplete(&runs), options));
    }
    let examination = Examination {
        exhibit,
        size: data.len() as u64,
        confinement: BTreeMap::new(),
        objects: outcome.objects,
        runs,
    };
    (examination, outcome.spots)
}

impl Options {
    /// The readers' limits that these options ask for.
    pub fn limits(&self) -> Limits {
        Limits { object_bytes: self.object_bytes, entries: self.objects, ..Limits::default() }
    }

    /// What the whole exhibit may become.
    fn whole(&self) -> Allowance {
        Allowance { bytes: self.total_bytes, objects: self.objects }
    }
}

fn runs_incomplete(runs: &[RunReport]) -> bool {
    runs.first().is_some_and(|unpacking| unpacking.status != Status::Complete)
}

fn probe_report(
    probe: &crate::probe::Description,
    mut findings: Findings,
    unpacking_incomplete: bool,
    options: &Options,
) -> RunReport {
    findings.claims.sort_by_cached_key(|claim| (claim.locations.first().cloned(), claim.fingerprint()));
    if unpacking_incomplete {
        findings.skip("what could not be unpacked", "see the run `unpack`");
    }
    findings.skipped.sort();
    findings.skipped.dedup();
    if findings.left_out > 0 {
        let what = format!("{} further claims or omissions of this probe", findings.left_out);
        findings.skip(what, format!("more than {CLAIMS} in one exhibit"));
    }
    let mut parameters = BTreeMap::new();
    if findings.uses_as_of
        && let Some(seconds) = options.as_of
    {
        parameters.insert("as-of".to_owned(), seconds.to_string());
    }
    RunReport {
        probe: probe.name.to_owned(),
        version: probe.version.to_owned(),
        parameters,
        status: if findings.skipped.is_empty() { Status::Complete } else { Status::Incomplete },
        looked: findings.looked,
        bytes: findings.bytes,
        skipped: findings.skipped,
        claims: findings.claims,
    }
}

struct Engine<'e> {
    options: &'e Options,
    limits: &'e Limits,
    probes: &'e [&'e dyn Probe],
    keeper: Option<&'e dyn Keeper>,
    /// Says that the exhibit's bytes are not needed for a while.
    give_back: &'e (dyn Fn() + Sync),
}

/// An object on its way into the examination.
struct Pending {
    location: Location,
    kind: ObjectKind,
    mode: Option<u32>,
    depth: u32,
    sha256: Digest,
    spot: Spot,
}

/// The objects that an object stands in, from the inside out.
struct Lineage<'l> {
    sha256: Option<Digest>,
    depth: u32,
    above: Option<&'l Lineage<'l>>,
}

impl Lineage<'_> {
    /// Whether one of them has this hash.
    fn has(&self, sha256: Digest) -> bool {
        self.sha256 == Some(sha256) || self.above.is_some_and(|above| above.has(sha256))
    }
}

/// What may still be unpacked, over all levels.
#[derive(Clone, Copy, Default)]
struct Allowance {
    bytes: u64,
    /// A long way to an object makes it count for more: [`recognise::count`].
    objects: u64,
}

impl Allowance {
    /// Whether nothing is left of it.
    fn is_spent(self) -> bool {
        self.bytes == 0 || self.objects == 0
    }

    fn less(self, used: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(used.bytes),
            objects: self.objects.saturating_sub(used.objects),
        }
    }

    fn and(self, more: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(more.bytes),
            objects: self.objects.saturating_add(more.objects),
        }
    }
}

/// An object that was looked at, before what it holds is.
struct Begun<'a> {
    outcome: Outcome,
    found: Vec<Found<'a>>,
    location: Location,
    depth: u32,
    holds_entries: bool,
    spot: Spot,
}

/// What came of an object and all that it holds. Ordinals count from the object itself.
struct Outcome {
    objects: Vec<Object>,
    /// The spot of each object.
    spots: Vec<Spot>,
    findings: Vec<Findings>,
    unpacking: Unpacking,
    /// What was unpacked from it: what it took of its allowance. The object itself is counted by whoever holds it.
    used: Allowance,
}

impl Outcome {
    /// Names the object's stretches that look encrypted or compressed and that nothing could be read from. A file's
    /// own are left to its account: pictures and the like are dense, and probes have seen them.
    fn name_dense(&mut self, location: &Location) {
        let regions = self.objects.first().map(|object| object.regions.as_slice()).unwrap_or_default();
        for region in
            regions.iter().filter(|region| region.class == RegionClass::Opaque && region.length >= DENSE)
        {
            self.unpacking.dense(location, region);
        }
    }
}

impl Engine<'_> {
    fn allowance(&self, size: usize, remaining: Allowance) -> Allowance {
        let bytes = (size as u64).saturating_mul(self.options.expansion).max(SMALL).min(remaining.bytes);
        Allowance { bytes, ..remaining }
    }

    /// Names an object's bytes by their hash, unless that is known, and says what they are; side by side where that is
    /// worth it.
    fn hash_and_recognise<'a>(
        &self,
        data: &'a [u8],
        known: Option<Digest>,
        depth: u32,
        opening: Option<&'static str>,
        allowance: Allowance,
    ) -> (Digest, Recognised<'a>) {
        let hash = || Digest::of(data);
        let recognise = || {
            if depth < self.options.depth {
                let object_bytes = self.limits.object_bytes.min(allowance.bytes);
                let limits = Limits { object_bytes, entries: allowance.objects, ..self.limits.clone() };
                return recognise::recognise(data, opening, &limits);
            }
            let mut unread = recognise::unread(data);
            if recognise::has_format(data) {
                let why = format!("containers nest deeper than {} levels", self.options.depth);
                unread.notes.push(Note::Stopped(why));
            }
            unread
        };
        let ahead = || {
            let mut recognised = recognise();
            recognised.hash_entries(data.len());
            recognised
        };
        match known {
            Some(known) => (known, recognise()),
            None if data.len() >= LARGE => rayon::join(hash, ahead),
            None => (hash(), recognise()),
        }
    }

    /// Says of a recognised object what the probes say of it. What it holds is left for [`Engine::finish`].
    fn begin<'a>(&self, data: &'a [u8], pending: Pending, recognised: Recognised<'a>) -> Begun<'a> {
        let Pending { location, kind, mode, depth, sha256, spot } = pending;
        let mut unpacking = Unpacking::default();
        let Recognised { found, regions, notes } = recognised;
        for note in notes {
            match note {
                Note::Stopped(why) => unpacking.limit(&location, None, why),
                Note::Fault { format, offset } => unpacking.fault(&location, format, offset),
            }
        }
        let format = found.first().filter(|first| first.start == 0).map(|first| first.format.describe().name);
        let object = Object {
            ordinal: 0,
            parent: None,
            location: location.clone(),
            kind,
            size: data.len() as u64,
            sha256: Some(sha256),
            sha1: self.options.sha1.then(|| Digest::sha1_of(data)),
            format: format.map(str::to_owned),
            mode,
            target: None,
            regions,
        };
        let mut outcome = Outcome {
            objects: vec![object],
            spots: vec![spot],
            findings: self.fresh_findings(),
            unpacking,
            used: Allowance::default(),
        };
        let path = paths::in_tree(location.entry().unwrap_or_default());
        let mut file = File::new(&path, data, &location, sha256);
        file.format = format;
        file.mode = mode;
        // An executable or a kernel is looked at as a whole even when something is embedded in it.
        let host = found.first().is_some_and(|first| first.start == 0 && first.entries.is_empty());
        let holds_entries = !host && found.iter().any(|found| !found.entries.is_empty());
        // What a container holds is looked at entry by entry; looking at its own bytes would find it twice.
        if !holds_entries {
            self.probe_file(&file, &mut outcome.findings);
        }
        if kind != ObjectKind::File {
            outcome.name_dense(&location);
        }
        if let (Some(keeper), Some(object)) = (self.keeper, outcome.objects.first()) {
            let lost = |found: &Found<'_>| found.reading.problems.iter().any(|it| it.kind.hides_bytes());
            keeper.keep(spot, object, data, holds_entries && !found.iter().any(lost));
        }
        Begun { outcome, found, location, depth, holds_entries, spot }
    }

    /// The bytes of a container's object that no format claims, as objects of their own: a key between two partitions
    /// is a key. Probes look at them; formats were looked for in them already.
    fn unclaimed(&self, data: &[u8], location: &Location, holder: Spot, outcome: &mut Outcome) {
        let regions = outcome.objects.first().map(|object| object.regions.clone()).unwrap_or_default();
        for region in &regions {
            let what = match region.class {
                RegionClass::Unknown => "unknown",
                RegionClass::Opaque => "dense",
                RegionClass::Known | RegionClass::Padding => continue,
            };
            let (start, length) = (region.offset as usize, region.length as usize);
            let Some(bytes) = start.checked_add(length).and_then(|end| data.get(start..end)) else {
                continue;
            };
            let part = Part { what, start: region.offset, bytes };
            let spot = self.keeper.map_or(Spot::EXHIBIT, |keeper| keeper.keep_part(holder, &part));
            if region.class == RegionClass::Opaque {
                continue;
            }
            let step = Step { format: UNCLAIMED.to_owned(), offset: region.offset, entry: None, at: Some(0) };
            let place = location.inside(step);
            let sha256 = Digest::of(bytes);
            let object = Object {
                ordinal: outcome.objects.len() as u32,
                parent: Some(0),
                location: place.clone(),
                kind: ObjectKind::Stream,
                size: region.length,
                sha256: Some(sha256),
                sha1: self.options.sha1.then(|| Digest::sha1_of(bytes)),
                format: None,
                mode: None,
                target: None,
                regions: vec![Region { offset: 0, ..region.clone() }],
            };
            outcome.objects.push(object);
            outcome.spots.push(spot);
            outcome.used = outcome.used.and(Allowance { bytes: 0, objects: counted(&place) });
            let file = File::new("", bytes, &place, sha256);
            self.probe_file(&file, &mut outcome.findings);
        }
    }

    /// Asks each probe about a file.
    fn probe_file(&self, file: &File<'_>, findings: &mut [Findings]) {
        let ask = |(probe, findings): (&&dyn Probe, &mut Findings)| {
            guarded(probe.describe().name, file.location, findings, |findings| probe.file(file, findings));
        };
        if file.content.len() >= LARGE {
            self.probes.par_iter().zip(findings).for_each(ask);
        } else {
            self.probes.iter().zip(findings).for_each(ask);
        }
    }

    fn fresh_findings(&self) -> Vec<Findings> {
        self.probes.iter().map(|_| Findings { as_of: self.options.as_of, ..Findings::default() }).collect()
    }
}

/// What an object that stands there counts for.
fn counted(location: &Location) -> u64 {
    let names = location.steps.iter().filter_map(|step| step.entry.as_ref());
    recognise::count(names.map(String::len).sum())
}

/// Runs a probe so that its failure costs its own result on this object and nothing else.
fn guarded(probe: &str, location: &Location, findings: &mut Findings, work: impl FnOnce(&mut Findings)) {
    let mut own = Findings { as_of: findings.as_of, ..Findings::default() };
    if catch_unwind(AssertUnwindSafe(|| work(&mut own))).is_ok() {
        findings.append(own);
    } else {
        findings.skipped.push(Skipped {
            what: location.to_string(),
            why: format!("the probe `{probe}` failed on it; this is a defect of Banbury"),
        });
    }
}

/// The codes of the claims that unpacking itself makes, its version, and the options that its run record names.
pub use unpacking::{CODES, VERSION, parameters};

#[cfg(test)]
mod tests;
