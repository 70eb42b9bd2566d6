//! What links carry of the demand, by function: as it is, and without the worst device, link and vendor.
//!
//! A greatest flow from the carriers to the sites ([`served_by_capacity`]), in Mbit/s as demands and links state them. Each function by
//! itself, so that what all of them get together may be less. Without the worst: the device, link and vendor whose loss costs most
//! subscribers of the function.

use super::{Bounds, Report};
use crate::functions::standard;
use crate::graph::{Graph, Lost, Service, served_by_capacity};
use crate::scenario::topology::{Asked, Topology};
use crate::scenario::{Error, Kind};
use std::collections::HashMap;

/// What of one function's demand links carry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// The function.
    pub function: String,
    /// Mbit/s asked for.
    pub asked: u64,
    /// Mbit/s that can be carried at once.
    pub served: u64,
    /// Demands that state no bandwidth, and count as none.
    pub silent_demands: usize,
    /// Links between devices in service that state no capacity, and bound nothing.
    pub silent_links: usize,
    /// Links that are full however it is carried, and together bound it.
    pub full: Vec<String>,
    /// How many these are in all.
    pub full_in_all: usize,
    /// Without the worst of each kind; empty where the network is larger than the bounds.
    pub without: Vec<Without>,
}

/// What is carried without one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// `device`, `link` or `vendor`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Mbit/s that can still be carried.
    pub served: u64,
}

pub(super) fn tell(topology: &Topology<'_>, bounds: &Bounds, report: &mut Report) -> Result<(), Error> {
    let states = topology.model.demands.iter().any(|demand| demand.mbps.is_some_and(|mbps| mbps > 0));
    if !states {
        return Ok(());
    }
    let capacities: Vec<Option<u64>> = (0..topology.graph.edges())
        .map(|edge| topology.link(edge).and_then(|link| topology.model.links.get(link)?.capacity_mbps))
        .collect();
    let silent_links = capacities.iter().filter(|capacity| capacity.is_none()).count();
    let graph = topology.graph.clone().with_capacities(capacities)?;
    let numbers: HashMap<&str, u32> =
        (0u32..).zip(&topology.sites).map(|(number, (name, _))| (*name, number)).collect();
    for asked in topology.asked.iter().filter(|asked| asked.service.roots().is_some()) {
        let (service, silent_demands) = in_mbps(topology, &graph, asked, &numbers)?;
        let found = served_by_capacity(&graph, &service, &Lost::default())?;
        let mut full: Vec<String> = found.full.iter().map(|&edge| link(topology, edge)).collect();
        let full_in_all = full.len();
        full.truncate(bounds.most);
        let mut served = Served {
            function: asked.function.clone(),
            asked: found.asked,
            served: found.served,
            silent_demands,
            silent_links,
            full,
            full_in_all,
            without: Vec::new(),
        };
        let (devices, links) = topology.size();
        if (devices + links) as u64 <= bounds.carried {
            for (kind, name, vertices, edges) in worst(topology, asked, report) {
                let lost = Lost { vertices: &vertices, edges: &edges, labels: None };
                let served_still = served_by_capacity(&graph, &service, &lost)?.served;
                served.without.push(Without { kind, name, served: served_still });
            }
        }
        report.capacity.push(served);
    }
    Ok(())
}

/// The function's demands in Mbit/s, and how many of them state none.
fn in_mbps(
    topology: &Topology<'_>,
    graph: &Graph,
    asked: &Asked,
    numbers: &HashMap<&str, u32>,
) -> Result<(Service, usize), Error> {
    let mut at: HashMap<u32, Vec<u32>> = HashMap::new();
    for (vertex, site) in (0u32..).zip(&topology.site_of) {
        if let Some(site) = site {
            at.entry(*site).or_default().push(vertex);
        }
    }
    let mut silent = 0;
    let mut demands: Vec<(&[u32], u64)> = Vec::new();
    for demand in
        topology.model.demands.iter().filter(|demand| standard(&demand.function).0 == asked.function)
    {
        let Some(site) = numbers.get(demand.site.as_str()) else { continue };
        silent += usize::from(demand.mbps.is_none());
        demands.push((at.get(site).map_or(&[][..], Vec::as_slice), demand.mbps.unwrap_or_default()));
    }
    Ok((Service::new(graph, asked.service.roots(), demands)?, silent))
}

fn link(topology: &Topology<'_>, edge: u32) -> String {
    let link = topology.link(edge).and_then(|number| topology.model.links.get(number));
    link.map(|link| link.name.clone()).unwrap_or_default()
}

/// What costs most subscribers of the function: a kind, a name, and its devices and links.
type Worst = (&'static str, String, Vec<u32>, Vec<u32>);

fn worst(topology: &Topology<'_>, asked: &Asked, report: &Report) -> Vec<Worst> {
    let mut all: Vec<Worst> = Vec::new();
    for kind in ["device", "link"] {
        let loss = |point: &super::Point| {
            let of = point.losses.iter().find(|loss| loss.function == asked.function);
            of.map_or(0, |loss| loss.subscribers)
        };
        let points = report.points.iter().filter(|point| point.kind == kind && loss(point) > 0);
        let Some(point) = points.max_by_key(|point| (loss(point), std::cmp::Reverse(&point.name))) else {
            continue;
        };
        let number = |name: &str| {
            let mut devices = (0u32..).zip(&topology.devices);
            devices.find(|(_, device)| device.name == name).map(|(vertex, _)| vertex)
        };
        let edge = || (0..topology.graph.edges()).find(|&edge| link(topology, edge) == point.name);
        let (vertices, edges) = if kind == "device" {
            (number(&point.name).into_iter().collect(), Vec::new())
        } else {
            (Vec::new(), edge().into_iter().collect())
        };
        all.push((kind, point.name.clone(), vertices, edges));
    }
    let vendors = report.kinds.iter().find(|told| told.kind == Kind::Vendor);
    let costs = vendors.into_iter().flat_map(|told| &told.labels);
    let mut costs = costs.filter(|cost| cost.function == asked.function && cost.subscribers > 0);
    if let Some(cost) = costs.next() {
        let labels = topology.labels(Kind::Vendor);
        if let Some(label) = labels.into_iter().find(|label| label.name == cost.name) {
            all.push(("vendor", label.name, label.devices, label.links));
        }
    }
    all
}
