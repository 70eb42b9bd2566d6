//! Single points of failure: devices and links whose loss cuts others off.
//!
//! Found by one depth-first search of [`graph`](crate::graph), in time linear in devices and links: here names become its
//! vertices and edges, and its answers become records. Sites are demands there, whose devices are where they are served.
//!
//! What counts: devices in service (not `planned`, `staged`, `inventory` or `decommissioned`) that have a link; parallel
//! links are not single points, a link from a device to itself is none. Each part of a network that is not connected is
//! looked at by itself. "Cut off" means separated from the largest remaining part; of equally large parts the one with
//! the device that comes first by name is the one that remains. A site is cut off when none of its devices remains
//! connected, the lost device included; a site with devices in several parts, or with none that has a link, never is.
//!
//! Whom a loss cuts off is named for at most [`MOST_OF_A_POINT`] devices of a point and [`MOST_IN_ALL`] in all, in the
//! order of the search; `devices_cut` counts them all, so that what is left out can be told. When the largest remaining
//! part is not larger than another, its devices are named too, as `equal`: which of them is cut off is a matter of names.
//!
//! Wrong when: links are missing from the tables, or two links share a duct; subscribers of more than 2^63 in all, of which so many
//! are counted. Misses: capacity, and losses of two
//! things at once.

use crate::graph::{Error, Graph, Loss, Service, Severance, components};
use banbury_evidence::model::{CutOff, Model, SinglePoint};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many of the devices that one point cuts off are named, in each of its parts that may count as cut off.
pub const MOST_OF_A_POINT: usize = 256;

/// How many of the devices that are cut off are named in all.
pub const MOST_IN_ALL: usize = 200_000;

/// What the links say of a network's structure.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Structure {
    /// Devices, then links, by name.
    pub single_points: Vec<SinglePoint>,
    /// Whom each cuts off, in the same order, by name within a point.
    pub cut_off: Vec<CutOff>,
    /// Devices in service that hang together by links, by name: those of the largest part. None where two parts are as large, for
    /// which of them is the network is not known then.
    pub connected: Vec<String>,
    /// Parts with links that have no connection between them.
    pub parts: usize,
    /// Devices in service without a link.
    pub unlinked: usize,
}

/// Examines the model's devices and links. An error says what makes them no graph: more than 2^30 of either.
pub fn examine(model: &Model) -> Result<Structure, Error> {
    let network = Network::of(model)?;
    let severance = Severance::new(&network.graph);
    let sites = Sites::of(model, &network)?;
    let losses = sites.losses(&severance)?;
    let mut structure = Structure {
        parts: severance.parts() as usize,
        unlinked: network.in_service - network.names.len(),
        ..Structure::default()
    };
    let name =
        |vertex: u32| network.names.get(vertex as usize).map(|name| (*name).to_owned()).unwrap_or_default();
    let link = |edge: u32| {
        let link = network.links.get(edge as usize).and_then(|&number| model.links.get(number));
        link.map(|link| link.name.clone()).unwrap_or_default()
    };
    let mut points: Vec<_> = severance
        .each()
        .into_iter()
        .zip(losses)
        .map(|(severed, (devices_cut, subscribers_cut))| {
            let (kind, name) = match (severed.vertex, severed.edge) {
                (Some(vertex), _) => ("device", name(vertex)),
                (None, edge) => ("link", edge.map(link).unwrap_or_default()),
            };
            (SinglePoint { kind: kind.to_owned(), name, devices_cut, subscribers_cut }, severed)
        })
        .collect();
    // Devices are numbered by name; links stand as they do in the tables, and those of one name stay so.
    points.sort_by(|(a, _), (b, _)| (&a.kind, &a.name).cmp(&(&b.kind, &b.name)));
    for (point, severed) in points {
        let mut named: Vec<CutOff> = Vec::new();
        let mut take = |vertices: &mut dyn Iterator<Item = u32>, equal: bool| {
            let room = MOST_IN_ALL.saturating_sub(structure.cut_off.len() + named.len());
            named.extend(vertices.take(room.min(MOST_OF_A_POINT)).map(|vertex| CutOff {
                kind: point.kind.clone(),
                name: point.name.clone(),
                device: name(vertex),
                equal,
            }));
        };
        take(&mut severance.cut_off(&severed), false);
        take(&mut severance.equal(&severed), true);
        named.sort();
        structure.cut_off.append(&mut named);
        structure.single_points.push(point);
    }
    structure.connected = largest(&network);
    Ok(structure)
}

/// The devices of the part that is larger than any other; none where two are as large.
fn largest(network: &Network<'_>) -> Vec<String> {
    let (part_of, parts) = components(&network.graph);
    let mut sizes = vec![0_usize; parts as usize];
    for part in &part_of {
        if let Some(size) = sizes.get_mut(*part as usize) {
            *size += 1;
        }
    }
    let most = sizes.iter().max().copied().unwrap_or_default();
    let mut whole = (0_u32..).zip(&sizes).filter(|(_, size)| **size == most);
    let (Some((largest, _)), None) = (whole.next(), whole.next()) else { return Vec::new() };
    let of = part_of.iter().zip(&network.names).filter(|(part, _)| **part == largest);
    of.map(|(_, name)| (*name).to_owned()).collect()
}

/// Whether a device carries traffic, by its status.
pub fn is_in_service(device: &banbury_evidence::model::Device) -> bool {
    !device.status.as_deref().is_some_and(idle)
}

/// Whether a status is that of a device that carries no traffic; the ledger's view `devices` has the same rule.
fn idle(status: &str) -> bool {
    matches!(status.trim().to_lowercase().as_str(), "planned" | "staged" | "inventory" | "decommissioned")
}

/// Devices in service that have a link, numbered by name, and the links between them.
struct Network<'m> {
    names: Vec<&'m str>,
    by_name: HashMap<&'m str, u32>,
    in_service: usize,
    graph: Graph,
    /// By edge, the link's place in the model.
    links: Vec<usize>,
}

impl<'m> Network<'m> {
    fn of(model: &'m Model) -> Result<Self, Error> {
        let serving: HashMap<&str, ()> = model
            .devices
            .iter()
            .filter(|device| is_in_service(device))
            .map(|device| (device.name.as_str(), ()))
            .collect();
        let links: Vec<usize> = (0..)
            .zip(&model.links)
            .filter(|(_, link)| {
                link.a_device != link.b_device
                    && serving.contains_key(link.a_device.as_str())
                    && serving.contains_key(link.b_device.as_str())
            })
            .map(|(number, _)| number)
            .collect();
        let ends = || links.iter().filter_map(|&number| model.links.get(number));
        let linked: BTreeSet<&str> =
            ends().flat_map(|link| [link.a_device.as_str(), &link.b_device]).collect();
        let names: Vec<&str> = linked.into_iter().collect();
        let by_name: HashMap<&str, u32> =
            (0u32..).zip(&names).map(|(vertex, name)| (*name, vertex)).collect();
        let vertex = |name: &str| by_name.get(name).copied().unwrap_or(u32::MAX);
        let ends = ends().map(|link| [vertex(&link.a_device), vertex(&link.b_device)]).collect();
        let graph = Graph::new(names.len(), ends)?;
        Ok(Self { names, by_name, in_service: serving.len(), graph, links })
    }
}

/// The sites as demands: each once, each once that states subscribers, and each with these.
struct Sites {
    /// Whether any site of the model states its subscribers.
    stated: bool,
    all: Service,
    stating: Service,
    subscribers: Service,
}

impl Sites {
    fn of(model: &Model, network: &Network<'_>) -> Result<Self, Error> {
        let stated: HashMap<&str, Option<u64>> =
            model.sites.iter().map(|site| (site.name.as_str(), site.subscribers)).collect();
        let mut members: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for device in &model.devices {
            let (Some(site), Some(&vertex)) = (&device.site, network.by_name.get(device.name.as_str()))
            else {
                continue;
            };
            if stated.contains_key(site.as_str()) {
                members.entry(site).or_default().push(vertex);
            }
        }
        let of = |site: &str| stated.get(site).copied().flatten();
        let mut room = (1u64 << 63) - 1;
        let mut within = |subscribers: u64| {
            let counted = subscribers.min(room);
            room -= counted;
            counted
        };
        let service = |weight: &mut dyn FnMut(&str) -> u64| {
            let demands: Vec<(&[u32], u64)> =
                members.iter().map(|(site, vertices)| (vertices.as_slice(), weight(site))).collect();
            Service::new(&network.graph, None, demands)
        };
        Ok(Self {
            stated: model.sites.iter().any(|site| site.subscribers.is_some()),
            all: service(&mut |_| 1)?,
            stating: service(&mut |site| u64::from(of(site).is_some()))?,
            subscribers: service(&mut |site| within(of(site).unwrap_or_default()))?,
        })
    }

    /// For each point, devices first: how many devices it cuts off, and how many subscribers, where anything states them.
    fn losses(&self, severance: &Severance<'_>) -> Result<Vec<(u64, Option<u64>)>, Error> {
        let each = |service: &Service| -> Result<Vec<Loss>, Error> {
            let points = severance.points(service)?;
            Ok(points.vertices.into_iter().chain(points.edges).map(|(_, loss)| loss).collect())
        };
        let (all, stating, subscribers) = (each(&self.all)?, each(&self.stating)?, each(&self.subscribers)?);
        let together = all.into_iter().zip(stating).zip(subscribers);
        Ok(together
            .map(|((all, stating), subscribers)| {
                let is_silent = if all.weight == 0 { !self.stated } else { stating.weight == 0 };
                (all.vertices, (!is_silent).then_some(subscribers.weight))
            })
            .collect())
    }
}

#[cfg(test)]
mod tests;
