use super::spoken::Spoken;
use crate::report::CaseReport;
use banbury_evidence::Verdict;
use std::collections::{BTreeMap, BTreeSet};

/// The identifiers of a page's targets: unique, and the same for the same report.
pub(super) struct Anchors {
    ids: BTreeMap<(&'static str, String), String>,
}

/// Devices up to which each gets an entry of its own.
pub(super) const DEVICES: usize = 1000;
/// Of more, so many do: those of which a measure said the worst, then by name.
pub(super) const WORST_DEVICES: usize = 200;
/// Of more sites than are shown, so many are beside those where a device is shown.
const WORST_SITES: usize = 50;
/// Sites up to which each gets an entry of its own; of more, those where such a device stands, and some of which a measure said
/// the worst.
pub(super) const SITES: usize = 400;

impl Anchors {
    pub fn of(report: &CaseReport, spoken: &Spoken<'_>) -> Self {
        let mut anchors = Self { ids: BTreeMap::new() };
        let mut taken = BTreeSet::new();
        let names: BTreeSet<&str> = report.model.devices.iter().map(|device| device.name.as_str()).collect();
        let devices = worst_first(names, DEVICES, WORST_DEVICES, |name| spoken.worst(name));
        let mut sites: BTreeSet<&str> = report.model.sites.iter().map(|site| site.name.as_str()).collect();
        let mut stands: BTreeSet<&str> = BTreeSet::new();
        for device in &report.model.devices {
            if let Some(site) = device.site.as_deref() {
                sites.insert(site);
                if devices.contains(device.name.as_str()) {
                    stands.insert(site);
                }
            }
        }
        let worst =
            |name: &str| if stands.contains(name) { Some(Verdict::Breached) } else { spoken.worst(name) };
        let sites = worst_first(sites, SITES, stands.len() + WORST_SITES, worst);
        for name in devices {
            anchors.add(&mut taken, "device", name);
        }
        for name in sites {
            anchors.add(&mut taken, "site", name);
        }
        for regime in &report.regimes {
            for measure in &regime.measures {
                anchors.add(&mut taken, "measure", &measure_key(&regime.regime, &measure.measure));
            }
        }
        anchors
    }

    /// The device's identifier; absent when it has no entry.
    pub fn device(&self, name: &str) -> Option<&str> {
        self.get("device", name)
    }

    /// The site's identifier; absent when it has no entry.
    pub fn site(&self, name: &str) -> Option<&str> {
        self.get("site", name)
    }

    /// The identifier of a regime's measure.
    pub fn measure(&self, regime: &str, measure: &str) -> Option<&str> {
        self.get("measure", &measure_key(regime, measure))
    }

    /// The identifier of a verdict's subject: a device, or else a site.
    pub fn subject(&self, name: &str) -> Option<&str> {
        self.device(name).or_else(|| self.site(name))
    }

    fn get(&self, kind: &'static str, name: &str) -> Option<&str> {
        self.ids.get(&(kind, name.to_owned())).map(String::as_str)
    }

    fn add(&mut self, taken: &mut BTreeSet<String>, kind: &'static str, name: &str) {
        let base = format!("{kind}-{}", slug(name));
        let mut id = base.clone();
        let mut number = 2u32;
        while !taken.insert(id.clone()) {
            id = format!("{base}.{number}");
            number += 1;
        }
        self.ids.insert((kind, name.to_owned()), id);
    }
}

/// All names up to a number, and of more at most so many: those with the worst verdict first, then by name.
fn worst_first(
    names: BTreeSet<&str>,
    all: usize,
    most: usize,
    worst: impl Fn(&str) -> Option<Verdict>,
) -> BTreeSet<&str> {
    if names.len() <= all {
        return names;
    }
    let mut ranked: Vec<(u8, &str)> = names
        .into_iter()
        .map(|name| match worst(name) {
            Some(Verdict::Breached) => (0, name),
            Some(Verdict::Inconclusive) => (1, name),
            Some(_) => (2, name),
            None => (3, name),
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(most).map(|(_, name)| name).collect()
}

fn measure_key(regime: &str, measure: &str) -> String {
    format!("{regime} {measure}")
}

/// Lower-case letters, digits and hyphens; 48 at most.
fn slug(name: &str) -> String {
    let mut out = String::new();
    for character in name.chars() {
        if out.len() >= 48 {
            break;
        }
        if character.is_ascii_alphanumeric() {
            out.push(character.to_ascii_lowercase());
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out
}
