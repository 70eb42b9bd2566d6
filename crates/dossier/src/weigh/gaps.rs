//! What was not looked at.
//!
//! Some of it leaves the answer open: equipment without an image, a probe that did not run or left something out. Bytes in no known
//! format and look-ups without feeds are told as plainly, and do not, as for `banbury inspect`.

use super::Material;
use super::image::Image;
use super::subject::{Found, Kind};
use crate::review::Makers;
use banbury_evidence::{Shares, Status};
use banbury_network::scenario::{counted, grouped};
use banbury_software::lookup::LOOK_UPS;
use std::collections::{BTreeMap, BTreeSet};

/// Names that are told one by one.
const NAMES: usize = 3;

/// What was not looked at, and whether that leaves the answer open.
#[derive(Default)]
pub(super) struct Gaps {
    pub told: Vec<String>,
    pub is_open: bool,
}

impl Gaps {
    /// Something that leaves the answer open.
    fn push(&mut self, gap: String) {
        self.told.push(gap);
        self.is_open = true;
    }

    /// Something that is told alone.
    fn tell(&mut self, gap: String) {
        self.told.push(gap);
    }
}

pub(super) fn of(material: &Material, makers: &Makers, found: &Found, images: &[Image<'_>]) -> Gaps {
    let mut gaps = Gaps::default();
    without_image(&mut gaps, material, found, images);
    let never: Vec<&str> = images
        .iter()
        .filter(|image| !image.is_inspected())
        .map(|image| image.exhibit.name.as_str())
        .collect();
    if !never.is_empty() {
        let failed = images.iter().filter(|image| !image.is_inspected()).flat_map(|image| &image.failed);
        let why: BTreeSet<&str> =
            failed.flat_map(|run| &run.skipped).map(|skipped| skipped.why.as_str()).collect();
        let why = match why.first() {
            Some(why) => format!("inspecting it failed: {why}"),
            None => "`banbury assess` inspects it".to_owned(),
        };
        gaps.push(format!(
            "{} never inspected: {} ({why})",
            counted(never.len() as u64, "image"),
            some(&never)
        ));
    }
    let inspected: Vec<&Image<'_>> = images.iter().filter(|image| image.is_inspected()).collect();
    of_probes(&mut gaps, material, &inspected);
    of_bytes(&mut gaps, &inspected);
    if found.kind == Kind::Vendor && !makers.unplaced.is_empty() {
        gaps.push(format!(
            "{} of the case belong to no maker, by the inventory or their own words",
            counted(makers.unplaced.len() as u64, "image")
        ));
    }
    if material.is_case && !material.is_imported {
        gaps.push(
            "tables were added or changed since the last assessment; `banbury assess` imports them"
                .to_owned(),
        );
    }
    gaps
}

/// Devices whose software nobody has seen.
fn without_image(gaps: &mut Gaps, material: &Material, found: &Found, images: &[Image<'_>]) {
    if images.is_empty() {
        gaps.push(format!(
            "no image of the case belongs to this {}: what runs on it is not known",
            found.kind.as_str()
        ));
    }
    if found.kind == Kind::Image || found.devices.is_empty() {
        return;
    }
    let ours: BTreeSet<&str> = found.devices.iter().map(String::as_str).collect();
    let named = |device: &banbury_evidence::model::Device| {
        device.image.as_deref().is_some_and(|image| {
            crate::review::named(images.iter().map(|image| image.exhibit), image).is_some()
        })
    };
    let devices = material.model.devices.iter().filter(|device| ours.contains(device.name.as_str()));
    let without = devices.filter(|device| !named(device)).count();
    if without > 0 && !images.is_empty() {
        gaps.push(format!(
            "{} of {} name no image of the case: what runs on them is not known",
            grouped(without as u64),
            counted(found.devices.len() as u64, "device")
        ));
    }
}

/// By probe, why something was left out.
type Reasons<'r> = BTreeMap<&'r str, BTreeSet<&'r str>>;

/// Probes that did not run, failed or left something out.
fn of_probes(gaps: &mut Gaps, material: &Material, images: &[&Image<'_>]) {
    let mut absent: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut incomplete, mut failed): (Reasons<'_>, Reasons<'_>) = Default::default();
    for image in images {
        for probe in &material.probes {
            let is_there =
                image.runs.contains_key(probe) || image.failed.iter().any(|run| run.probe == *probe);
            *absent.entry(probe).or_default() += u64::from(!is_there);
        }
        for run in image.runs.values().filter(|run| run.status == Status::Incomplete) {
            let why = run.skipped.iter().map(|skipped| skipped.why.as_str());
            incomplete.entry(&run.probe).or_default().extend(why);
        }
        for run in &image.failed {
            let why = run.skipped.iter().map(|skipped| skipped.why.as_str());
            failed.entry(&run.probe).or_default().extend(why);
        }
        let other = material.silence.as_ref().and_then(|silence| {
            image.runs.get(silence.probe.as_str()).filter(|run| run.version != silence.version)
        });
        if let Some(run) = other {
            gaps.push(format!(
                "{}: {} read it in version {}, whose silence was not measured; `banbury assess` looks again",
                image.exhibit.name, run.probe, run.version
            ));
        }
    }
    let names: Vec<&str> = absent.iter().filter(|(_, count)| **count > 0).map(|(probe, _)| *probe).collect();
    if !names.is_empty() {
        let images = absent.values().copied().max().unwrap_or_default();
        gaps.push(format!(
            "probes that never looked at {}: {}; `banbury assess` lets them",
            counted(images, "image"),
            names.join(", ")
        ));
    }
    let is_look_up = |probe: &str| LOOK_UPS.iter().any(|one| one.name == probe);
    let look_ups: Vec<&str> = failed.keys().copied().filter(|probe| is_look_up(probe)).collect();
    if !look_ups.is_empty() {
        let why = failed.iter().filter(|(probe, _)| is_look_up(probe)).find_map(|(_, why)| why.first());
        gaps.tell(format!(
            "not looked up: {} ({})",
            look_ups.join(", "),
            why.copied().unwrap_or("no reason on record")
        ));
    }
    // What could not be taken apart is said by each probe again; the unpacker says why.
    let unpacked = incomplete.remove("unpack");
    if let Some(why) = &unpacked {
        let why: Vec<&str> = why.iter().copied().collect();
        gaps.push(format!("not all could be taken apart: {}", some(&why)));
        for list in incomplete.values_mut() {
            list.remove("see the run `unpack`");
        }
    }
    for (verb, list) in [("left something out", incomplete), ("failed", failed)] {
        for (probe, why) in list
            .into_iter()
            .filter(|(probe, why)| !is_look_up(probe) && (!why.is_empty() || verb == "failed"))
        {
            let why: Vec<&str> = why.into_iter().collect();
            let why = if why.is_empty() { "no reason on record".to_owned() } else { some(&why) };
            gaps.push(format!("{probe} {verb}: {why}"));
        }
    }
}

/// Bytes in no known format.
fn of_bytes(gaps: &mut Gaps, images: &[&Image<'_>]) {
    let sum = images.iter().fold(Shares::default(), |mut sum, image| {
        let own = image.bytes();
        sum.known += own.known;
        sum.padding += own.padding;
        sum.opaque += own.opaque;
        sum.unknown += own.unknown;
        sum
    });
    let all = sum.known + sum.padding + sum.opaque + sum.unknown;
    if sum.unknown + sum.opaque == 0 || all == 0 {
        return;
    }
    let percent = |part: u64| {
        let share = part as f64 * 100.0 / all as f64;
        if part > 0 && share < 0.01 { "under 0.01 %".to_owned() } else { format!("{share:.2} %") }
    };
    gaps.tell(format!(
        "bytes in no known format, at all levels: {} ({}), and as dense as encrypted ones: {} ({})",
        grouped(sum.unknown),
        percent(sum.unknown),
        grouped(sum.opaque),
        percent(sum.opaque)
    ));
}

/// The first few of a list.
fn some(list: &[&str]) -> String {
    let shown: Vec<&str> = list.iter().take(NAMES).copied().collect();
    match list.len().saturating_sub(NAMES) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}
