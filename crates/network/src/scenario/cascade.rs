//! Failures that follow from the first: links that are overloaded fail, and load the others.
//!
//! The model, after A. E. Motter and Y.-C. Lai, "Cascade-based attacks on complex networks", Physical Review E 66, 065102(R), 2002,
//! with links in the place of nodes and demands in the place of all pairs: each demand takes one shortest way (fewest links; of
//! equals the one that a search from the carriers finds first, in the order of the tables) from the nearest carrier of its function. A link's load is the traffic in
//! the direction that has more. Its capacity is the stated one, or where a tolerance is given the load on the whole network and that
//! many percent more. What carries more than its capacity and more than before anything happened fails, all such links at once;
//! then demands are routed anew, until nothing more fails. Wrong when: traffic is spread over several ways, shaped or dropped where
//! it is too much, as networks do: then nothing fails, and [`super::capacity`] says what is carried. Misses: overloaded devices.

use super::answer::losses;
use super::capacity::Traffic;
use super::{Error, Resolved, Topology};
use std::collections::{BTreeSet, VecDeque};

/// What follows from a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cascade {
    /// The links that fail, round by round.
    pub rounds: Vec<Round>,
    /// Links that carry more than their capacity before anything happens: they stay until they carry still more.
    pub overloaded_before: usize,
    /// Links that state no capacity and so never fail.
    pub without_capacity: usize,
    /// Sites that have lost something in the end.
    pub sites: usize,
    /// Their subscribers, each site counted once.
    pub subscribers: u64,
}

/// Links that fail at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// By name, in the order of the tables.
    pub links: Vec<String>,
    /// Subscribers that have lost something after it.
    pub subscribers: u64,
}

/// Lets a scenario run on. `tolerance`: percent that each link carries above its load on the whole network, in the place of stated
/// capacities.
pub fn cascade(
    topology: &Topology<'_>,
    traffic: &Traffic,
    happens: &Resolved<'_>,
    tolerance: Option<u32>,
) -> Result<Cascade, Error> {
    let count = traffic.graph.edges();
    let mut gone = vec![false; topology.devices.len()];
    let mut cut = vec![false; count as usize];
    let before = loads(traffic, &gone, &cut);
    let capacity: Vec<Option<u64>> = (0..count)
        .zip(&before)
        .map(|(edge, load)| match tolerance {
            Some(percent) => {
                let more = u128::from(*load) * u128::from(100 + u64::from(percent)) / 100;
                Some(u64::try_from(more).unwrap_or(u64::MAX))
            }
            None => traffic.graph.capacity(edge),
        })
        .collect();
    let mut found = Cascade {
        overloaded_before: capacity
            .iter()
            .zip(&before)
            .filter(|(most, load)| most.is_some_and(|most| **load > most))
            .count(),
        without_capacity: capacity.iter().filter(|most| most.is_none()).count(),
        ..Cascade::default()
    };
    for vertex in &happens.vertices {
        if let Some(gone) = gone.get_mut(*vertex as usize) {
            *gone = true;
        }
    }
    let mut failed: BTreeSet<u32> = happens.edges.iter().copied().collect();
    loop {
        for edge in &failed {
            if let Some(cut) = cut.get_mut(*edge as usize) {
                *cut = true;
            }
        }
        let now = loads(traffic, &gone, &cut);
        let over = (0..count).zip(now.iter().zip(before.iter().zip(&capacity)));
        let over: Vec<u32> = over
            .filter(|(_, (load, (before, most)))| most.is_some_and(|most| **load > most.max(**before)))
            .map(|(edge, _)| edge)
            .collect();
        let edges: Vec<u32> = failed.iter().copied().collect();
        if over.is_empty() {
            let losses = losses(topology, &happens.vertices, &edges)?;
            found.sites = losses.sites.len();
            found.subscribers = losses.subscribers();
            return Ok(found);
        }
        failed.extend(&over);
        let edges: Vec<u32> = failed.iter().copied().collect();
        found.rounds.push(Round {
            links: over.iter().map(|edge| topology.link_name(*edge).to_owned()).collect(),
            subscribers: losses(topology, &happens.vertices, &edges)?.subscribers(),
        });
    }
}

/// By link, the traffic in the direction that has more, in kbit/s.
pub(super) fn loads(traffic: &Traffic, gone: &[bool], cut: &[bool]) -> Vec<u64> {
    let graph = &traffic.graph;
    let is = |list: &[bool], at: u32| list.get(at as usize).copied().unwrap_or_default();
    let mut loads = vec![[0u64; 2]; cut.len()];
    for flow in &traffic.flows {
        // By device: its distance, and the link and device by which it is reached.
        let mut reached: Vec<Option<(u32, u32, u32)>> = vec![None; gone.len()];
        let mut order: Vec<u32> = Vec::new();
        let mut open: VecDeque<u32> = VecDeque::new();
        for root in flow.service.roots().into_iter().flatten().filter(|root| !is(gone, **root)) {
            if let Some(place) = reached.get_mut(*root as usize) {
                *place = Some((0, u32::MAX, u32::MAX));
                open.push_back(*root);
            }
        }
        while let Some(vertex) = open.pop_front() {
            order.push(vertex);
            let distance =
                reached.get(vertex as usize).copied().flatten().map_or(0, |(distance, ..)| distance);
            for arc in graph.arcs(vertex) {
                if is(gone, arc.to) || is(cut, arc.edge) {
                    continue;
                }
                if let Some(place @ None) = reached.get_mut(arc.to as usize) {
                    *place = Some((distance + 1, arc.edge, vertex));
                    open.push_back(arc.to);
                }
            }
        }
        let mut carried = vec![0u64; gone.len()];
        for demand in 0..flow.service.demands() {
            let Some((vertices, weight)) = flow.service.demand(demand) else { continue };
            let near = vertices.iter().filter_map(|vertex| {
                let (distance, ..) = reached.get(*vertex as usize).copied().flatten()?;
                Some((distance, *vertex))
            });
            if let Some(sum) = near.min().and_then(|(_, vertex)| carried.get_mut(vertex as usize)) {
                *sum = sum.saturating_add(weight);
            }
        }
        for vertex in order.into_iter().rev() {
            let load = carried.get(vertex as usize).copied().unwrap_or_default();
            let Some((_, edge, from)) = reached.get(vertex as usize).copied().flatten() else { continue };
            if let Some(sum) = carried.get_mut(from as usize) {
                *sum = sum.saturating_add(load);
            }
            let way = usize::from(graph.ends().get(edge as usize).is_some_and(|[a, _]| *a != from));
            if let Some(sum) = loads.get_mut(edge as usize).and_then(|both| both.get_mut(way)) {
                *sum = sum.saturating_add(load);
            }
        }
    }
    loads.into_iter().map(|[there, back]| there.max(back)).collect()
}
