//! A network ready to be asked: its graph, what each device and link has in common with others, and who asks for what.

use super::{Error, Event, Kind, Verb};
use crate::functions::standard;
use crate::graph::{Graph, Labels, Lost, Service, outage};
use crate::nearest::distance;
use banbury_evidence::model::{Contract, Device, Model};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What the model does not say of devices: the components of their images, and the vulnerabilities that affect these. By kind, then
/// by name, the devices.
pub type Extra = BTreeMap<Kind, BTreeMap<String, Vec<String>>>;

/// What a function's carriers and demands are.
pub(super) struct Asked {
    /// The function; empty for connectivity alone.
    pub function: String,
    /// Vertices that carry it.
    pub carriers: Vec<u32>,
    pub service: Service,
    /// By demand of the service, the number of its site.
    pub sites: Vec<u32>,
    /// By vertex, whether it is served before anything happens.
    served: Vec<bool>,
}

impl Asked {
    fn new(
        graph: &Graph,
        function: String,
        carriers: Vec<u32>,
        service: Service,
        sites: Vec<u32>,
    ) -> Result<Self, Error> {
        let served = outage(graph, &service, &Lost::default())?.served;
        Ok(Self { function, carriers, service, sites, served })
    }

    /// The vertices and weight of each demand.
    pub fn demands(&self) -> impl Iterator<Item = (&[u32], u64)> {
        (0..self.service.demands()).filter_map(|demand| self.service.demand(demand))
    }

    /// Whether a demand with these vertices is served before anything happens.
    pub fn was_served(&self, vertices: &[u32]) -> bool {
        vertices.iter().any(|vertex| self.served.get(*vertex as usize).copied().unwrap_or_default())
    }
}

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

/// A network as a graph with properties.
pub struct Topology<'m> {
    pub(super) model: &'m Model,
    pub(super) graph: Graph,
    /// By vertex, the device.
    pub(super) devices: Vec<&'m Device>,
    pub(super) asked: Vec<Asked>,
    /// By number, the site's name and subscribers.
    pub(super) sites: Vec<(&'m str, u64)>,
    /// By vertex, its site's number.
    pub(super) site_of: Vec<Option<u32>>,
    by_name: HashMap<&'m str, u32>,
    /// By edge, the number of the link in the model.
    links: Vec<u32>,
    extra: &'m Extra,
    as_of: &'m str,
}

/// The devices in service, each name once, and the links between them.
impl<'m> Topology<'m> {
    /// Of a model, as of a day (`YYYY-MM-DD`, by which contracts count).
    pub fn of(model: &'m Model, extra: &'m Extra, as_of: &'m str) -> Result<Self, Error> {
        let mut by_name: HashMap<&str, u32> = HashMap::new();
        let mut devices: Vec<&Device> = Vec::new();
        for device in model.devices.iter().filter(|device| crate::structure::is_in_service(device)) {
            let next = u32::try_from(devices.len()).unwrap_or(u32::MAX);
            by_name.entry(&device.name).or_insert_with(|| {
                devices.push(device);
                next
            });
        }
        let mut ends = Vec::new();
        let mut links = Vec::new();
        for (number, link) in model.links.iter().enumerate() {
            let of = |name: &str| by_name.get(name).copied();
            if let (Some(a), Some(b)) = (of(&link.a_device), of(&link.b_device)) {
                ends.push([a, b]);
                links.push(u32::try_from(number).unwrap_or(u32::MAX));
            }
        }
        let graph = Graph::new(devices.len(), ends)?;
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut sites: Vec<(&str, u64)> = Vec::new();
        for site in &model.sites {
            let next = u32::try_from(sites.len()).unwrap_or(u32::MAX);
            numbers.entry(&site.name).or_insert_with(|| {
                sites.push((&site.name, site.subscribers.unwrap_or(0)));
                next
            });
        }
        let site_of: Vec<Option<u32>> = devices
            .iter()
            .map(|device| device.site.as_deref().and_then(|site| numbers.get(site).copied()))
            .collect();
        let mut at: Vec<Vec<u32>> = vec![Vec::new(); sites.len()];
        for (vertex, site) in (0u32..).zip(&site_of) {
            if let Some(list) = site.and_then(|site| at.get_mut(site as usize)) {
                list.push(vertex);
            }
        }
        let mut topology =
            Self { model, graph, devices, asked: Vec::new(), sites, site_of, by_name, links, extra, as_of };
        topology.asked = topology.demanded(&numbers, &at)?;
        Ok(topology)
    }

    /// What is asked for: by function where there are demands, else that sites with subscribers are connected.
    fn demanded(&self, numbers: &HashMap<&str, u32>, at: &[Vec<u32>]) -> Result<Vec<Asked>, Error> {
        let none: &[u32] = &[];
        let vertices = |site: u32| at.get(site as usize).map_or(none, Vec::as_slice);
        if self.model.demands.is_empty() {
            let all: Vec<(u32, u64)> = (0u32..)
                .zip(&self.sites)
                .filter(|(_, (_, subscribers))| *subscribers > 0)
                .map(|(site, (_, subscribers))| (site, *subscribers))
                .collect();
            let demands = all.iter().map(|(site, weight)| (vertices(*site), *weight));
            let service = Service::new(&self.graph, None, demands)?;
            let sites = all.iter().map(|(site, _)| *site).collect();
            return Ok(vec![Asked::new(&self.graph, String::new(), Vec::new(), service, sites)?]);
        }
        let mut carriers: HashMap<String, Vec<u32>> = HashMap::new();
        for record in &self.model.functions {
            if let Some(vertex) = self.by_name.get(record.device.as_str()) {
                carriers.entry(standard(&record.function).0).or_default().push(*vertex);
            }
        }
        let mut asked: BTreeMap<String, Vec<(u32, u64)>> = BTreeMap::new();
        for demand in &self.model.demands {
            let Some(site) = numbers.get(demand.site.as_str()) else { continue };
            let stated = self.sites.get(*site as usize).map_or(0, |(_, subscribers)| *subscribers);
            let weight = demand.subscribers.unwrap_or(stated);
            asked.entry(standard(&demand.function).0).or_default().push((*site, weight));
        }
        asked
            .into_iter()
            .map(|(function, demands)| {
                let mut roots = carriers.remove(&function).unwrap_or_default();
                roots.sort_unstable();
                roots.dedup();
                let each = demands.iter().map(|(site, weight)| (vertices(*site), *weight));
                let service = Service::new(&self.graph, Some(&roots), each)?;
                let sites = demands.iter().map(|(site, _)| *site).collect();
                Asked::new(&self.graph, function, roots, service, sites)
            })
            .collect()
    }

    /// Devices in service, and links between them.
    pub fn size(&self) -> (usize, usize) {
        (self.devices.len(), self.links.len())
    }

    /// Subscribers of all sites.
    pub fn subscribers(&self) -> u64 {
        self.sites.iter().fold(0, |sum, (_, subscribers)| sum.saturating_add(*subscribers))
    }

    /// Functions that demands name; none where the case has no demands.
    pub fn functions(&self) -> Vec<&str> {
        self.asked.iter().map(|asked| asked.function.as_str()).filter(|name| !name.is_empty()).collect()
    }

    /// The number of an edge's link in the model.
    pub(super) fn link(&self, edge: u32) -> Option<usize> {
        self.links.get(edge as usize).map(|number| *number as usize)
    }

    /// Demands, or sites where there are none, of which nobody says how many subscribers they have: they count as none.
    pub fn without_subscribers(&self) -> usize {
        if self.model.demands.is_empty() {
            return self.model.sites.iter().filter(|site| site.subscribers.is_none()).count();
        }
        let stated: HashSet<&str> = self
            .model
            .sites
            .iter()
            .filter(|site| site.subscribers.is_some())
            .map(|site| site.name.as_str())
            .collect();
        let bare = self.model.demands.iter().filter(|demand| demand.subscribers.is_none());
        bare.filter(|demand| !stated.contains(demand.site.as_str())).count()
    }

    /// Demands at sites that no table of sites has.
    pub fn demands_elsewhere(&self) -> usize {
        let sites: HashSet<&str> = self.model.sites.iter().map(|site| site.name.as_str()).collect();
        self.model.demands.iter().filter(|demand| !sites.contains(demand.site.as_str())).count()
    }

    /// Demands that nothing serves before anything happens, which cannot be lost.
    pub fn unserved(&self) -> usize {
        let unserved = |asked: &Asked| asked.demands().filter(|(at, _)| !asked.was_served(at)).count();
        self.asked.iter().map(unserved).sum()
    }

    /// Whether anybody asks for anything: subscribers of any demand.
    pub fn is_asked_for(&self) -> bool {
        self.asked.iter().any(|asked| asked.demands().any(|(_, weight)| weight > 0))
    }

    /// Functions that demands name and no device in service carries.
    pub fn functions_without_carrier(&self) -> Vec<&str> {
        let bare = self.asked.iter().filter(|asked| asked.carriers.is_empty() && !asked.function.is_empty());
        bare.map(|asked| asked.function.as_str()).collect()
    }

    /// A device's name.
    pub fn device(&self, vertex: u32) -> &str {
        self.devices.get(vertex as usize).map_or("", |device| &device.name)
    }

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
            Kind::Operator | Kind::Medium | Kind::Link => {
                for (edge, number) in (0u32..).zip(&self.links) {
                    let Some(link) = self.model.links.get(*number as usize) else { continue };
                    let name = match kind {
                        Kind::Operator => link.operator.as_deref(),
                        Kind::Medium => link.medium.as_deref(),
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

    /// The devices and links that are gone after an event; an intruder takes nothing away by itself.
    pub(super) fn gone(&self, event: &Event, label: &Label) -> (Vec<u32>, Vec<u32>) {
        match event.verb {
            Verb::Lose | Verb::Ban | Verb::Unsupported | Verb::Compromise | Verb::Exploit => {
                (label.devices.clone(), label.links.clone())
            }
            Verb::Isolate => {
                let inside: HashSet<u32> = label.devices.iter().copied().collect();
                let crosses = |ends: &[u32; 2]| inside.contains(&ends[0]) != inside.contains(&ends[1]);
                let edges = (0u32..).zip(self.graph.ends()).filter(|(_, ends)| crosses(ends));
                (Vec::new(), edges.map(|(edge, _)| edge).collect())
            }
        }
    }

    /// Devices that a contract covers, as of the day: the rule of the ledger's view `contract_devices`.
    fn covered(&self, contract: &Contract) -> BTreeSet<u32> {
        let past = |day: &Option<String>| day.as_deref().is_some_and(|day| day < self.as_of);
        let ahead = |day: &Option<String>| day.as_deref().is_some_and(|day| day > self.as_of);
        if past(&contract.until) || ahead(&contract.since) {
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
}

/// A name without case and outer blanks.
pub(super) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}
