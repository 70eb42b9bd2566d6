//! Single points of failure, with what each costs of each function.

use super::{Bounds, Report};
use crate::graph::{Loss, single_points};
use crate::scenario::{Error, Topology};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How one function stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionReport {
    /// Its standard name; empty for connectivity alone.
    pub function: String,
    /// Devices in service that carry it.
    pub carriers: usize,
    /// Sites that ask for it and are served.
    pub sites: usize,
    /// Their subscribers.
    pub subscribers: u64,
    /// Sites that ask for it and are not served as it is.
    pub unserved: usize,
    /// Of the sites served, those with one device: its loss is theirs, whatever the network.
    pub on_one_device: usize,
    /// Devices whose loss cuts others off from it.
    pub devices: usize,
    /// Links whose loss does.
    pub links: usize,
}

/// A device or link whose loss cuts others off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// `device` or `link`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Subscribers that lose the function of which most do.
    pub subscribers: u64,
    /// Devices that are cut off from the function of which most are.
    pub cut_off: u64,
    /// By function, those of most subscribers first.
    pub losses: Vec<PointLoss>,
}

/// What a point costs of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointLoss {
    /// The function; empty for connectivity alone.
    pub function: String,
    /// Subscribers that lose it.
    pub subscribers: u64,
    /// Devices that are cut off from it, the lost one not counted.
    pub cut_off: u64,
}

/// Whether it is a link, and its number.
type Place = (bool, u32);
/// By function's number.
type Losses = Vec<(usize, Loss)>;
/// A point by the most that it costs.
type Ranked = (Reverse<(u64, u64)>, Place, Losses);

pub(super) fn tell(topology: &Topology<'_>, bounds: &Bounds, report: &mut Report) -> Result<(), Error> {
    let mut all: BTreeMap<Place, Losses> = BTreeMap::new();
    for (number, asked) in topology.asked.iter().enumerate() {
        let points = single_points(&topology.graph, &asked.service)?;
        let mut told = FunctionReport {
            function: asked.function.clone(),
            carriers: asked.carriers.len(),
            devices: points.vertices.len(),
            links: points.edges.len(),
            ..FunctionReport::default()
        };
        for (vertices, weight) in asked.demands() {
            if asked.was_served(vertices) {
                told.sites += 1;
                told.subscribers = told.subscribers.saturating_add(weight);
                told.on_one_device += usize::from(vertices.len() == 1);
            } else {
                told.unserved += 1;
            }
        }
        report.functions.push(told);
        let vertices = points.vertices.into_iter().map(|(vertex, loss)| ((false, vertex), loss));
        let edges = points.edges.into_iter().map(|(edge, loss)| ((true, edge), loss));
        for (place, loss) in vertices.chain(edges) {
            all.entry(place).or_default().push((number, loss));
        }
    }
    let links = all.keys().filter(|(is_link, _)| *is_link).count();
    report.points_in_all = [all.len() - links, links];
    let worst = |losses: &[(usize, Loss)]| {
        let most = |of: fn(&Loss) -> u64| losses.iter().map(|(_, loss)| of(loss)).max().unwrap_or_default();
        (most(|loss| loss.weight), most(|loss| loss.vertices))
    };
    let mut ranked: Vec<Ranked> =
        all.into_iter().map(|(place, losses)| (Reverse(worst(&losses)), place, losses)).collect();
    ranked.sort_unstable_by_key(|(cost, place, _)| (*cost, *place));
    ranked.truncate(bounds.most);
    for (Reverse((subscribers, cut_off)), (is_link, number), losses) in ranked {
        let name = if is_link {
            let link = topology.link(number).and_then(|number| topology.model.links.get(number));
            link.map(|link| link.name.clone()).unwrap_or_default()
        } else {
            topology.device(number).to_owned()
        };
        let mut losses: Vec<PointLoss> = losses
            .into_iter()
            .map(|(asked, loss)| PointLoss {
                function: topology.asked.get(asked).map(|asked| asked.function.clone()).unwrap_or_default(),
                subscribers: loss.weight,
                cut_off: loss.vertices,
            })
            .collect();
        losses.sort_by(|a, b| {
            (b.subscribers, b.cut_off, &a.function).cmp(&(a.subscribers, a.cut_off, &b.function))
        });
        let kind = if is_link { "link" } else { "device" };
        report.points.push(Point { kind, name, subscribers, cut_off, losses });
    }
    Ok(())
}
