//! A network ready to be asked: its graph, what each device and link has in common with others, and who asks for what.

use super::labels::Label;
use super::{Error, Event, Verb};
use crate::functions::standard;
use crate::graph::{Graph, Lost, Service, outage};
use banbury_evidence::model::{Device, Model, Site};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What the model does not say of devices: the components of their images, and the vulnerabilities that affect these. By kind, then
/// by name, the devices.
pub type Extra = BTreeMap<super::Kind, BTreeMap<String, Vec<String>>>;

/// What a function's carriers and demands are.
pub(super) struct Asked {
    /// The function; empty for connectivity alone.
    pub function: String,
    /// Vertices that carry it.
    pub carriers: Vec<u32>,
    pub service: Service,
    /// By demand of the service, the number of its site.
    pub sites: Vec<u32>,
    /// By demand of the service, its traffic where it is stated, in Mbit/s.
    pub mbps: Vec<Option<u64>>,
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
        mbps: Vec<Option<u64>>,
    ) -> Result<Self, Error> {
        let served = outage(graph, &service, &Lost::default())?.served;
        Ok(Self { function, carriers, service, sites, mbps, served })
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

/// A name that is spelt otherwise than the one that it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misspelt {
    /// What kind of record uses it.
    pub what: &'static str,
    /// As it is used.
    pub name: String,
    /// As it is borne.
    pub meant: String,
    /// How many such records use it.
    pub records: usize,
}

/// Names that are borne.
struct Borne<'m> {
    names: HashSet<&'m str>,
    folded: HashMap<String, &'m str>,
}

impl<'m> Borne<'m> {
    fn of(names: impl Iterator<Item = &'m str>) -> Self {
        let names: HashSet<&str> = names.collect();
        let mut sorted: Vec<&str> = names.iter().copied().collect();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        // Of several the first one by name stands in the end.
        let folded = sorted.into_iter().map(|name| (super::labels::folded(name), name)).collect();
        Self { names, folded }
    }

    /// The name that another one means, where nothing bears that.
    fn meant(&self, name: &str) -> Option<&'m str> {
        if self.names.contains(name) {
            return None;
        }
        self.folded.get(&super::labels::folded(name)).copied()
    }
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
    /// By number, the site's record.
    site_records: Vec<&'m Site>,
    /// By vertex, its site's number.
    pub(super) site_of: Vec<Option<u32>>,
    pub(super) by_name: HashMap<&'m str, u32>,
    /// By edge, the number of the link in the model.
    pub(super) links: Vec<u32>,
    pub(super) extra: &'m Extra,
    pub(super) as_of: &'m str,
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
        let mut site_records = Vec::new();
        for site in &model.sites {
            let next = u32::try_from(sites.len()).unwrap_or(u32::MAX);
            numbers.entry(&site.name).or_insert_with(|| {
                sites.push((&site.name, site.subscribers.unwrap_or(0)));
                site_records.push(site);
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
        let mut topology = Self {
            model,
            graph,
            devices,
            asked: Vec::new(),
            sites,
            site_records,
            site_of,
            by_name,
            links,
            extra,
            as_of,
        };
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
            let sites: Vec<u32> = all.iter().map(|(site, _)| *site).collect();
            let mbps = vec![None; sites.len()];
            return Ok(vec![Asked::new(&self.graph, String::new(), Vec::new(), service, sites, mbps)?]);
        }
        let mut carriers: HashMap<String, Vec<u32>> = HashMap::new();
        for record in &self.model.functions {
            if let Some(vertex) = self.by_name.get(record.device.as_str()) {
                carriers.entry(standard(&record.function).0).or_default().push(*vertex);
            }
        }
        let mut asked: BTreeMap<String, Vec<(u32, u64, Option<u64>)>> = BTreeMap::new();
        for demand in &self.model.demands {
            let Some(site) = numbers.get(demand.site.as_str()) else { continue };
            let stated = self.sites.get(*site as usize).map_or(0, |(_, subscribers)| *subscribers);
            let weight = demand.subscribers.unwrap_or(stated);
            asked.entry(standard(&demand.function).0).or_default().push((*site, weight, demand.mbps));
        }
        asked
            .into_iter()
            .map(|(function, demands)| {
                let mut roots = carriers.remove(&function).unwrap_or_default();
                roots.sort_unstable();
                roots.dedup();
                let each = demands.iter().map(|(site, weight, _)| (vertices(*site), *weight));
                let service = Service::new(&self.graph, Some(&roots), each)?;
                let sites = demands.iter().map(|(site, ..)| *site).collect();
                let mbps = demands.iter().map(|(.., mbps)| *mbps).collect();
                Asked::new(&self.graph, function, roots, service, sites, mbps)
            })
            .collect()
    }

    /// A site's record.
    pub(super) fn site(&self, number: u32) -> Option<&'m Site> {
        self.site_records.get(number as usize).copied()
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

    /// Links between devices in service that lead from one to itself, and so connect nothing.
    pub fn loops(&self) -> usize {
        self.graph.ends().iter().filter(|[a, b]| a == b).count()
    }

    /// Names that differ by case or outer blanks from one that is borne: what bears them is not joined.
    pub fn misspelt(&self) -> Vec<Misspelt> {
        let model = self.model;
        let sites = Borne::of(model.sites.iter().map(|site| site.name.as_str()));
        let devices = Borne::of(model.devices.iter().map(|device| device.name.as_str()));
        let mut all: BTreeMap<(&'static str, String, String), usize> = BTreeMap::new();
        let mut look = |what, borne: &Borne<'_>, name: &str| {
            if let Some(meant) = borne.meant(name) {
                *all.entry((what, name.to_owned(), meant.to_owned())).or_default() += 1;
            }
        };
        self.devices
            .iter()
            .filter_map(|device| device.site.as_deref())
            .for_each(|site| look("device", &sites, site));
        model.demands.iter().for_each(|demand| look("demand", &sites, &demand.site));
        model.functions.iter().for_each(|function| look("function", &devices, &function.device));
        for link in &model.links {
            [&link.a_device, &link.b_device].into_iter().for_each(|end| look("link", &devices, end));
        }
        model.interceptions.iter().for_each(|record| look("interception", &devices, &record.device));
        model.interfaces.iter().for_each(|interface| look("interface", &devices, &interface.device));
        all.into_iter()
            .map(|((what, name, meant), records)| Misspelt { what, name, meant, records })
            .collect()
    }

    /// The name of an edge's link.
    pub(super) fn link_name(&self, edge: u32) -> &str {
        let link = self.link(edge).and_then(|number| self.model.links.get(number));
        link.map_or("", |link| &link.name)
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
}
