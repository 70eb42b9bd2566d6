//! Properties: what devices and links have in common, and which one a name means.

use super::{Error, Event, Kind, Topology};
use crate::functions::standard;
use crate::graph::Labels;
use crate::nearest::distance;
use banbury_evidence::model::{Contract, Device};
use std::collections::{BTreeSet, HashMap};

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

impl<'m> Topology<'m> {
    /// All properties of a kind, by name; a device or link that states none has none.
    pub fn labels(&self, kind: Kind) -> Vec<Label> {
        let mut all = Names::of(kind);
        let vendors: HashMap<String, &str> = self
            .model
            .vendors
            .iter()
            .filter_map(|vendor| Some((folded(&vendor.name), vendor.jurisdiction.as_deref()?)))
            .collect();
        let mut makers: HashMap<&str, Option<&str>> = HashMap::new();
        for (vertex, device) in (0u32..).zip(&self.devices) {
            let site =
                || self.site_of.get(vertex as usize).copied().flatten().and_then(|site| self.site(site));
            let name = match kind {
                Kind::Vendor => device.manufacturer.as_deref(),
                Kind::Product => device.device_type.as_deref(),
                Kind::Version => {
                    let [platform, software] =
                        [&device.platform, &device.software].map(|text| text.as_deref().unwrap_or_default());
                    all.add((platform, software), Some(vertex), None);
                    None
                }
                Kind::Jurisdiction => device.manufacturer.as_deref().and_then(|maker| {
                    *makers.entry(maker).or_insert_with(|| vendors.get(&folded(maker)).copied())
                }),
                Kind::Site => device.site.as_deref(),
                Kind::Region => site().and_then(|site| site.region.as_deref()),
                Kind::Country => site().and_then(|site| site.country.as_deref()),
                Kind::Power => {
                    device.power.as_deref().or_else(|| site().and_then(|site| site.power.as_deref()))
                }
                Kind::Segment => device.segment.as_deref(),
                Kind::Role => device.role.as_deref(),
                Kind::Device => Some(device.name.as_str()),
                _ => None,
            };
            if let Some(name) = name {
                all.add((name, ""), Some(vertex), None);
            }
        }
        match kind {
            Kind::Function => {
                for record in &self.model.functions {
                    let vertex = self.by_name.get(record.device.as_str());
                    all.add((&record.function, ""), vertex.copied(), None);
                }
            }
            Kind::Segment => {
                for interface in &self.model.interfaces {
                    let vertex = self.by_name.get(interface.device.as_str());
                    if let (Some(vertex), Some(segment)) = (vertex, &interface.segment) {
                        all.add((segment, ""), Some(*vertex), None);
                    }
                }
            }
            Kind::Contractor => {
                for contract in &self.model.contracts {
                    for vertex in self.covered(contract) {
                        all.add((&contract.party, ""), Some(vertex), None);
                    }
                }
            }
            Kind::Component | Kind::Vulnerability => {
                for (name, devices) in self.extra.get(&kind).into_iter().flatten() {
                    for device in devices {
                        if let Some(vertex) = self.by_name.get(device.as_str()) {
                            all.add((name, ""), Some(*vertex), None);
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
                            link.ducts().for_each(|duct| all.add((duct, ""), None, Some(edge)));
                            None
                        }
                        _ => Some(link.name.as_str()),
                    };
                    if let Some(name) = name {
                        all.add((name, ""), None, Some(edge));
                    }
                }
            }
            _ => {}
        }
        all.finish()
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
        let mut known: HashMap<&str, bool> = HashMap::new();
        let mut is = |text: Option<&'m str>| {
            text.is_some_and(|text| *known.entry(text).or_insert_with(|| folded(text) == what))
        };
        let kind = folded(&contract.scope_kind);
        if kind == "function" {
            let carries = self.model.functions.iter().filter(|record| is(Some(&record.function)));
            return carries.filter_map(|record| self.by_name.get(record.device.as_str()).copied()).collect();
        }
        let mut covers = |device: &'m Device| match kind.as_str() {
            "all" => true,
            "manufacturer" => is(device.manufacturer.as_deref()),
            "role" => is(device.role.as_deref()),
            "site" => is(device.site.as_deref()),
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

/// Labels by their names, each way of writing one looked at once.
struct Names<'m> {
    kind: Kind,
    /// By the name as it is written (of versions, platform and software), the number of the label; `None` where it says nothing.
    written: HashMap<(&'m str, &'m str), Option<usize>>,
    numbers: HashMap<String, usize>,
    labels: Vec<(String, Label)>,
}

impl<'m> Names<'m> {
    fn of(kind: Kind) -> Self {
        Self { kind, written: HashMap::new(), numbers: HashMap::new(), labels: Vec::new() }
    }

    fn add(&mut self, written: (&'m str, &'m str), device: Option<u32>, link: Option<u32>) {
        let number = match self.written.get(&written) {
            Some(number) => *number,
            None => {
                let number = self.number(written);
                self.written.insert(written, number);
                number
            }
        };
        if let Some((_, label)) = number.and_then(|number| self.labels.get_mut(number)) {
            label.devices.extend(device);
            label.links.extend(link);
        }
    }

    fn number(&mut self, (first, second): (&str, &str)) -> Option<usize> {
        let name = match self.kind {
            Kind::Function => standard(first).0,
            Kind::Version => format!("{} {}", first.trim(), second.trim()),
            _ => first.to_owned(),
        };
        // Records are told apart by their names as they stand.
        let key = match self.kind {
            Kind::Device | Kind::Link | Kind::Site => name.trim().to_owned(),
            _ => folded(&name),
        };
        if key.is_empty() {
            return None;
        }
        Some(*self.numbers.entry(key).or_insert_with_key(|key| {
            self.labels.push((key.clone(), Label { name: name.trim().to_owned(), ..Label::default() }));
            self.labels.len() - 1
        }))
    }

    /// In the order of the names without case.
    fn finish(mut self) -> Vec<Label> {
        self.labels.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut labels: Vec<Label> = self.labels.into_iter().map(|(_, label)| label).collect();
        for label in &mut labels {
            for list in [&mut label.devices, &mut label.links] {
                list.sort_unstable();
                list.dedup();
            }
        }
        labels
    }
}

/// A name without case and outer blanks.
pub(super) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}
