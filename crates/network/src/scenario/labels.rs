//! Properties: what devices and links have in common, and which one a name means.

use super::{Error, Event, Kind, Topology};
use crate::functions::standard;
use crate::graph::Labels;
use crate::nearest::distance;
use banbury_evidence::model::{Contract, Device};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One property with all that has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// As the model writes it first.
    pub name: String,
    /// Vertices, ascending.
    pub(super) devices: Vec<u32>,
    /// Edges, ascending.
    pub(super) links: Vec<u32>,
}

impl Topology<'_> {
    /// All properties of a kind, by name; a device or link that states none has none.
    pub fn labels(&self, kind: Kind) -> Vec<Label> {
        let mut all: BTreeMap<String, Label> = BTreeMap::new();
        let mut add = |name: &str, device: Option<u32>, link: Option<u32>| {
            // Records are told apart by their names as they stand.
            let key = match kind {
                Kind::Device | Kind::Link | Kind::Site => name.trim().to_owned(),
                _ => folded(name),
            };
            if key.is_empty() {
                return;
            }
            let label = all.entry(key).or_default();
            if label.name.is_empty() {
                label.name = name.trim().to_owned();
            }
            label.devices.extend(device);
            label.links.extend(link);
        };
        let sites: HashMap<&str, &banbury_evidence::model::Site> =
            self.model.sites.iter().rev().map(|site| (site.name.as_str(), site)).collect();
        let vendors: HashMap<String, &str> = self
            .model
            .vendors
            .iter()
            .filter_map(|vendor| Some((folded(&vendor.name), vendor.jurisdiction.as_deref()?)))
            .collect();
        for (vertex, device) in (0u32..).zip(&self.devices) {
            let site = || device.site.as_deref().and_then(|name| sites.get(name));
            let version = || {
                let parts: Vec<&str> = [&device.platform, &device.software]
                    .into_iter()
                    .flatten()
                    .map(|text| text.trim())
                    .collect();
                parts.join(" ")
            };
            let name = match kind {
                Kind::Vendor => device.manufacturer.clone(),
                Kind::Product => device.device_type.clone(),
                Kind::Version => Some(version()),
                Kind::Jurisdiction => device
                    .manufacturer
                    .as_deref()
                    .and_then(|maker| vendors.get(&folded(maker)))
                    .map(|text| (*text).to_owned()),
                Kind::Site => device.site.clone(),
                Kind::Region => site().and_then(|site| site.region.clone()),
                Kind::Country => site().and_then(|site| site.country.clone()),
                Kind::Power => device.power.clone().or_else(|| site().and_then(|site| site.power.clone())),
                Kind::Segment => device.segment.clone(),
                Kind::Role => device.role.clone(),
                Kind::Device => Some(device.name.clone()),
                _ => None,
            };
            if let Some(name) = name {
                add(&name, Some(vertex), None);
            }
        }
        match kind {
            Kind::Function => {
                for record in &self.model.functions {
                    let vertex = self.by_name.get(record.device.as_str());
                    add(&standard(&record.function).0, vertex.copied(), None);
                }
            }
            Kind::Segment => {
                for interface in &self.model.interfaces {
                    let vertex = self.by_name.get(interface.device.as_str());
                    if let (Some(vertex), Some(segment)) = (vertex, &interface.segment) {
                        add(segment, Some(*vertex), None);
                    }
                }
            }
            Kind::Contractor => {
                for contract in &self.model.contracts {
                    for vertex in self.covered(contract) {
                        add(&contract.party, Some(vertex), None);
                    }
                }
            }
            Kind::Component | Kind::Vulnerability => {
                for (name, devices) in self.extra.get(&kind).into_iter().flatten() {
                    for device in devices {
                        if let Some(vertex) = self.by_name.get(device.as_str()) {
                            add(name, Some(*vertex), None);
                        }
                    }
                }
            }
            Kind::Operator | Kind::Medium | Kind::Duct | Kind::Link => {
                for (edge, number) in (0u32..).zip(&self.links) {
                    let Some(link) = self.model.links.get(*number as usize) else { continue };
                    let name = match kind {
                        Kind::Operator => link.operator.as_deref(),
                        Kind::Medium => link.medium.as_deref(),
                        Kind::Duct => {
                            link.ducts().for_each(|duct| add(duct, None, Some(edge)));
                            None
                        }
                        _ => Some(link.name.as_str()),
                    };
                    if let Some(name) = name {
                        add(name, None, Some(edge));
                    }
                }
            }
            _ => {}
        }
        let mut labels: Vec<Label> = all.into_values().collect();
        for label in &mut labels {
            for list in [&mut label.devices, &mut label.links] {
                list.sort_unstable();
                list.dedup();
            }
        }
        labels
    }

    /// The same as the labels of the graph, in the order of [`labels`](Self::labels).
    pub fn graph_labels(&self, labels: &[Label]) -> Result<Labels, Error> {
        let pairs = |of: fn(&Label) -> &[u32]| -> Vec<(u32, u32)> {
            let numbered = (0u32..).zip(labels);
            numbered.flat_map(|(number, label)| of(label).iter().map(move |at| (*at, number))).collect()
        };
        let devices = pairs(|label| &label.devices);
        let links = pairs(|label| &label.links);
        Ok(Labels::new(&self.graph, labels.len(), &devices, &links)?)
    }

    /// What an event is about.
    pub(super) fn find(&self, event: &Event) -> Result<Label, Error> {
        let labels = self.labels(event.kind);
        let name = match event.kind {
            Kind::Function => standard(&event.name).0,
            _ => event.name.clone(),
        };
        if let Some(found) = labels.iter().find(|label| label.name == name.trim()) {
            return Ok(found.clone());
        }
        let wanted = folded(&name);
        let mut alike = labels.iter().filter(|label| folded(&label.name) == wanted);
        match (alike.next(), alike.next()) {
            (Some(found), None) => return Ok(found.clone()),
            (Some(one), Some(other)) => {
                let hint = format!("; write {:?} or {:?}", one.name, other.name);
                return Err(Error::Unknown { kind: event.kind.as_str(), name: event.name.clone(), hint });
            }
            (None, _) => {}
        }
        if let Some(hint) = self.out_of_force(event.kind, &wanted) {
            return Err(Error::Unknown { kind: event.kind.as_str(), name: event.name.clone(), hint });
        }
        // A part of a name is as near as a slip of the pen.
        let far = |name: &str| if name.contains(&wanted) { 0 } else { distance(name, &wanted) };
        let mut near: Vec<(usize, &str)> =
            labels.iter().map(|label| (far(&folded(&label.name)), label.name.as_str())).collect();
        near.sort_unstable();
        let close = |(far, _): &&(usize, &str)| *far <= wanted.chars().count() / 3 + 1;
        let close: Vec<&str> = near.iter().take(3).filter(close).map(|(_, name)| *name).collect();
        let shown: Vec<&str> = labels.iter().take(8).map(|label| label.name.as_str()).collect();
        let hint = if labels.is_empty() {
            let from = match event.kind {
                Kind::Component => "; no image of its devices was inspected",
                Kind::Vulnerability => "; no vulnerability is known of an image of its devices",
                _ => "; it states none",
            };
            from.to_owned()
        } else if close.is_empty() {
            let more = labels.len().saturating_sub(shown.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("; there are {}{more}", shown.join(", "))
        } else {
            format!("; did you mean {}?", close.join(" or "))
        };
        Err(Error::Unknown { kind: event.kind.as_str(), name: event.name.clone(), hint })
    }

    /// Devices that a contract covers, as of the day: the rule of the ledger's view `contract_devices`.
    pub fn covered(&self, contract: &Contract) -> BTreeSet<u32> {
        if !self.is_in_force(contract) {
            return BTreeSet::new();
        }
        let what = folded(&contract.scope);
        let is = |text: &Option<String>| text.as_deref().is_some_and(|text| folded(text) == what);
        let kind = folded(&contract.scope_kind);
        if kind == "function" {
            let carries = self.model.functions.iter().filter(|record| folded(&record.function) == what);
            return carries.filter_map(|record| self.by_name.get(record.device.as_str()).copied()).collect();
        }
        let covers = |device: &Device| match kind.as_str() {
            "all" => true,
            "manufacturer" => is(&device.manufacturer),
            "role" => is(&device.role),
            "site" => is(&device.site),
            "device" => folded(&device.name) == what,
            _ => false,
        };
        (0u32..).zip(&self.devices).filter(|(_, device)| covers(device)).map(|(vertex, _)| vertex).collect()
    }

    /// Whether a contract is in force on the day.
    pub(super) fn is_in_force(&self, contract: &Contract) -> bool {
        contract.until.as_deref().is_none_or(|day| day >= self.as_of)
            && contract.since.as_deref().is_none_or(|day| day <= self.as_of)
    }

    /// Of a contractor whose contracts give it nothing: why.
    fn out_of_force(&self, kind: Kind, wanted: &str) -> Option<String> {
        let ours = |contract: &&Contract| kind == Kind::Contractor && folded(&contract.party) == wanted;
        let mut contracts = self.model.contracts.iter().filter(ours).peekable();
        contracts.peek()?;
        let why: BTreeSet<String> = contracts
            .map(|contract| {
                let name = &contract.name;
                match (contract.since.as_deref(), contract.until.as_deref()) {
                    (_, Some(until)) if until < self.as_of => format!("{name} ended on {until}"),
                    (Some(since), _) if since > self.as_of => format!("{name} begins on {since}"),
                    _ => format!("{name} covers nothing in service"),
                }
            })
            .collect();
        let shown: Vec<&str> = why.iter().take(3).map(String::as_str).collect();
        let more = why.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        Some(format!(
            "; as of {} none of its contracts is in force on anything: {}{more}",
            self.as_of,
            shown.join(", ")
        ))
    }
}

/// A name without case and outer blanks.
pub(super) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}
