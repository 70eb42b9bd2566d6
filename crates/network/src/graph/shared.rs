//! How much demand of several kinds the same capacities serve together: bounds on a maximum multi-commodity flow.
//!
//! A vertex that serves one kind need not serve another, so that kinds compete for edges. The maximum is a linear program; here it
//! is held between two bounds, and how far these are apart is what is not known. **At least**: kinds one after the other, each a
//! maximum flow in what the ones before it left, in several orders; the best one counts, and is a way of serving that much. **At
//! most**: the smaller of the sum of what each kind could have by itself, and of what could be served if every root served every
//! kind, which is one maximum flow. Of a single kind both are the maximum. (Bounds of this sort: Ahuja, Magnanti, Orlin, "Network
//! Flows", 1993, chapter 17.)
//!
//! An edge carries its capacity in each direction. Flow goes from roots to demands.

#![expect(
    clippy::indexing_slicing,
    reason = "edges, services and demands are numbered here, and every table has a row for each"
)]

use super::flow::{ANYTHING, Flow};
use super::outage::Lost;
use super::{Error, Graph, NONE, Service, service_fits};

/// What capacities serve of several kinds of demand at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Weight of all demands.
    pub asked: u64,
    /// By service, what could be served of it if it had all capacities to itself.
    pub alone: Vec<u64>,
    /// So much can be served of all together.
    pub at_least: u64,
    /// More cannot.
    pub at_most: u64,
    /// By service and demand, one way of serving `at_least`.
    pub by_demand: Vec<Vec<u64>>,
    /// Edges that are full in that way, in one direction or the other. Ascending.
    pub full: Vec<u32>,
}

/// Bounds on what is served of several services together when this is lost. Each needs roots. As many maximum flows as there are
/// services, times the orders that are tried: up to four, and one where what is served first leaves enough for all.
pub fn served_together(graph: &Graph, services: &[&Service], lost: &Lost<'_>) -> Result<Shared, Error> {
    for service in services {
        service_fits(graph, service)?;
        service.roots().ok_or(Error::NoRoots)?;
    }
    let (gone, cut) = lost.marks(graph)?;
    let net = Net { graph, gone, cut };
    let asked = services.iter().flat_map(|service| service.all()).try_fold(0u64, |sum, (_, weight)| {
        sum.checked_add(weight).filter(|&sum| sum < 1 << 63).ok_or(Error::TooHeavy)
    })?;
    let mut left = net.whole();
    let alone: Vec<u64> = services
        .iter()
        .map(|service| net.send(&[service], &mut left.clone()).iter().flatten().sum())
        .collect();
    let by_themselves: u64 = alone.iter().fold(0, |sum, one| sum.saturating_add(*one));
    let mut best: Option<Shared> = None;
    for order in orders(services) {
        left.clone_from(&net.whole());
        let mut by_demand = vec![Vec::new(); services.len()];
        let mut total = 0;
        for &number in &order {
            let served = net.send(&[services[number]], &mut left).pop().unwrap_or_default();
            total += served.iter().sum::<u64>();
            by_demand[number] = served;
        }
        if best.as_ref().is_none_or(|best| total > best.at_least) {
            let is_full = |edge: &u32| {
                let carries = graph.capacity(*edge).is_some_and(|capacity| capacity > 0);
                carries && left[*edge as usize].contains(&0) && !net.is_lost(*edge)
            };
            let full = (0..graph.edges()).filter(is_full).collect();
            best = Some(Shared { asked, alone: alone.clone(), at_least: total, at_most: 0, by_demand, full });
        }
        if total == by_themselves {
            break;
        }
    }
    let mut shared = best.unwrap_or_default();
    shared.at_most = by_themselves;
    if shared.at_least < by_themselves && services.len() > 1 {
        let pooled = net.send(services, &mut net.whole()).iter().flatten().sum();
        shared.at_most = by_themselves.min(pooled);
    }
    Ok(shared)
}

/// The orders in which kinds are served: those that ask for least first, the other way round, as they stand, and from the last.
fn orders(services: &[&Service]) -> Vec<Vec<usize>> {
    let as_they_stand: Vec<usize> = (0..services.len()).collect();
    let weight =
        |number: &usize| services[*number].all().fold(0u64, |sum, (_, weight)| sum.saturating_add(weight));
    let mut least = as_they_stand.clone();
    least.sort_by_key(weight);
    let back = |list: &[usize]| list.iter().rev().copied().collect::<Vec<_>>();
    let mut all = vec![least.clone(), back(&least), as_they_stand.clone(), back(&as_they_stand)];
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|order| seen.insert(order.clone()));
    all
}

struct Net<'a> {
    graph: &'a Graph,
    gone: Vec<bool>,
    cut: Vec<bool>,
}

impl Net<'_> {
    /// By edge, what it can carry from its first end to its second, and back.
    fn whole(&self) -> Vec<[u64; 2]> {
        (0..self.graph.edges())
            .map(|edge| [self.graph.capacity(edge).map_or(ANYTHING, |capacity| capacity.min(ANYTHING)); 2])
            .collect()
    }

    fn is_lost(&self, edge: u32) -> bool {
        let [a, b] = self.graph.ends()[edge as usize];
        a == b || self.cut[edge as usize] || self.gone[a as usize] || self.gone[b as usize]
    }

    /// Sends as much as can be of services as one kind, by service and demand, and takes it off what is left.
    fn send(&self, services: &[&Service], left: &mut [[u64; 2]]) -> Vec<Vec<u64>> {
        let vertices = self.graph.vertices();
        let (source, sink) = (vertices, vertices + 1);
        let mut flow = Flow::new(vertices as usize + 2);
        let mut rooted = vec![false; vertices as usize];
        for &root in services.iter().filter_map(|service| service.roots()).flatten() {
            if !self.gone[root as usize] && !std::mem::replace(&mut rooted[root as usize], true) {
                flow.arc(source, root, ANYTHING, 0);
            }
        }
        let mut arcs = Vec::new();
        for edge in (0..self.graph.edges()).filter(|&edge| !self.is_lost(edge)) {
            let [a, b] = self.graph.ends()[edge as usize];
            let [there, back] = left[edge as usize];
            arcs.push((edge, flow.arc(a, b, there, back)));
        }
        let mut sinks: Vec<Vec<u32>> = Vec::new();
        for service in services {
            let mut ours = Vec::new();
            for (list, weight) in service.all() {
                let there: Vec<u32> =
                    list.iter().copied().filter(|&vertex| !self.gone[vertex as usize]).collect();
                let from = match there.as_slice() {
                    [] => NONE,
                    [one] => *one,
                    several => {
                        let node = flow.node();
                        several.iter().for_each(|&vertex| {
                            flow.arc(vertex, node, ANYTHING, 0);
                        });
                        node
                    }
                };
                ours.push(if from == NONE { NONE } else { flow.arc(from, sink, weight, 0) });
            }
            sinks.push(ours);
        }
        flow.run(source, sink);
        for (edge, arc) in arcs {
            let [there, back] = &mut left[edge as usize];
            // What an edge can still carry one way is what it could, less what it carries; what it carries the other way takes
            // nothing off.
            *there = flow.left(arc).min(*there);
            *back = flow.left(arc + 1).min(*back);
        }
        let sent = |&arc: &u32| if arc == NONE { 0 } else { flow.left(arc + 1) };
        sinks.iter().map(|ours| ours.iter().map(sent).collect()).collect()
    }
}
