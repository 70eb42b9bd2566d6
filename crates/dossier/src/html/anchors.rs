use crate::report::CaseReport;
use std::collections::{BTreeMap, BTreeSet};

/// The identifiers of a page's targets: unique, and the same for the same report.
pub(super) struct Anchors {
    ids: BTreeMap<(&'static str, String), String>,
}

/// Devices that get an entry of their own.
pub(super) const DEVICES: usize = 1000;

impl Anchors {
    pub fn of(report: &CaseReport) -> Self {
        let mut anchors = Self { ids: BTreeMap::new() };
        let mut taken = BTreeSet::new();
        let devices: BTreeSet<&str> =
            report.model.devices.iter().map(|device| device.name.as_str()).collect();
        for name in devices.into_iter().take(DEVICES) {
            anchors.add(&mut taken, "device", name);
        }
        let mut sites: BTreeSet<&str> = report.model.sites.iter().map(|site| site.name.as_str()).collect();
        sites.extend(report.model.devices.iter().filter_map(|device| device.site.as_deref()));
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

    /// The site's identifier.
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
