//! Whether the two paths of a site are really apart.
//!
//! For each site that asks for a function, and each kind of label: are there two paths to carriers that have no label in
//! common? The labels of the ends, the site's own devices and the carriers, do not count: both paths have those.
//!
//! A label is **shared** by all paths when its loss, the ends left aside, leaves none: found for each label by [`Pass`], exactly. Where no
//! single label is, and what has a label hangs together by itself (the devices of a site), there are two paths without a common one: each such
//! label is as good as a vertex, and Menger's theorem holds. Elsewhere they are looked for: the shortest way, and one that avoids all labels on that;
//! what this does not decide is told by the least sets of labels that ways take up, which one search finds for all sites together
//! ([`Contraction::least`]). Where there are too many labels for it, or too many sets, it goes to the exact search ([`label_disjoint_pair_between`](crate::graph::label_disjoint_pair_between)) as far as the bounds reach, and is counted as undecided beyond. By
//! device and by link, no single one suffices: Menger's theorem gives two paths.

#![expect(
    clippy::indexing_slicing,
    reason = "demands are those of the service, and every table has a row for each"
)]

use super::paths::{Common, Pass, Search};
use super::{Bounds, Report};
use crate::graph::contraction::Contraction;
use crate::graph::{Labels, Loss, each_label, masks};
use crate::scenario::{Error, Kind, Topology};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Of one function and one kind, which sites' paths are apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apartness {
    /// The function.
    pub function: String,
    /// The kind.
    pub kind: Kind,
    /// Sites that ask for it and are served, not by a carrier of their own.
    pub sites: usize,
    /// Sites that carry it themselves, which need no path.
    pub own: usize,
    /// Of the sites, those with two paths that share none.
    pub apart: usize,
    /// Those any two paths of which share one.
    pub shared: usize,
    /// Of these, the sites that have two paths without a common device or link: they look redundant and are not.
    pub shared_alone: usize,
    /// Those of which it was not decided within the bounds.
    pub undecided: usize,
    /// Sites whose paths share one, those that look redundant first, then by subscribers.
    pub listed: Vec<Shared>,
    /// The labels that are shared, those of most subscribers first.
    pub labels: Vec<SharedBy>,
    /// How many labels are shared in all.
    pub labels_in_all: usize,
}

/// A site whose paths share a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The site.
    pub site: String,
    /// Its subscribers of the function.
    pub subscribers: u64,
    /// The label on all paths; empty where any two paths share one, but not all the same.
    pub label: String,
    /// How many further labels are on all paths.
    pub others: usize,
    /// Whether it has two paths without a common device, and two without a common link.
    pub has_two_ways: bool,
}

/// A label that paths share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedBy {
    /// The label.
    pub label: String,
    /// Sites all of whose paths have it.
    pub sites: usize,
    /// Their subscribers.
    pub subscribers: u64,
}

/// A site that looks redundant and is not, with what its paths share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redundant<'a> {
    /// The site.
    pub site: &'a str,
    /// The function.
    pub function: &'a str,
    /// Its subscribers of the function.
    pub subscribers: u64,
    /// What is shared, by kind.
    pub shared: Vec<(Kind, &'a Shared)>,
}

/// Sites that have two paths without a common device, and two without a common link, all of which share something else: those of most
/// subscribers first, as far as they are listed.
pub fn redundant(all: &[Apartness]) -> Vec<Redundant<'_>> {
    let mut by_site: BTreeMap<(&str, &str), Redundant<'_>> = BTreeMap::new();
    for told in all {
        for one in told.listed.iter().filter(|one| one.has_two_ways) {
            let (site, function) = (one.site.as_str(), told.function.as_str());
            let new = || Redundant { site, function, subscribers: one.subscribers, shared: Vec::new() };
            by_site.entry((site, function)).or_insert_with(new).shared.push((told.kind, one));
        }
    }
    let mut sites: Vec<Redundant<'_>> = by_site.into_values().collect();
    sites.sort_by_key(|site| (Reverse(site.subscribers), site.site, site.function));
    sites
}

/// By function and demand, whether there are two paths without a common device, and two without a common link.
pub(super) type Bare = Vec<Vec<bool>>;

/// Paths by device and by link.
pub(super) fn bare(
    topology: &Topology<'_>,
    searches: &[Search<'_>],
    bounds: &Bounds,
    report: &mut Report,
) -> Result<Bare, Error> {
    let graph = &topology.graph;
    let devices: Vec<Option<u32>> = (0..graph.vertices()).map(Some).collect();
    let devices = Labels::of_vertices(graph, devices.len(), &devices)?;
    let links: Vec<(u32, u32)> = (0..graph.edges()).map(|edge| (edge, edge)).collect();
    let links = Labels::new(graph, links.len(), &[], &links)?;
    let mut bare = Vec::new();
    for search in searches {
        let mut two = vec![false; search.asked.service.demands()];
        if search.has_carriers() {
            let kinds = [(Kind::Device, Common::devices(&devices)), (Kind::Link, Common::links(&links))];
            let mut state: Vec<Vec<State>> = Vec::new();
            for (kind, common) in &kinds {
                let found = Found::of(search, common, bounds);
                // What is left open by single devices or links is not decided by more than one.
                let states = found.states(|_| State::Apart);
                report.apart.push(found.told(*kind, &states, &[], bounds));
                state.push(states);
            }
            for (demand, two) in two.iter_mut().enumerate() {
                *two = state.iter().all(|states| states[demand] == State::Apart);
            }
        }
        bare.push(two);
    }
    Ok(bare)
}

/// Paths by one kind; by function and label, what the loss of each costs.
pub(super) fn tell(
    topology: &Topology<'_>,
    searches: &[Search<'_>],
    kind: Kind,
    common: &Common<'_>,
    bare: &Bare,
    bounds: &Bounds,
    report: &mut Report,
) -> Result<Vec<Vec<Loss>>, Error> {
    let mut losses = Vec::new();
    for (search, bare) in searches.iter().zip(bare) {
        if !search.has_carriers() {
            losses.push(each_label(&topology.graph, common.numbered, &search.asked.service)?);
            continue;
        }
        let mut found = Found::of(search, common, bounds);
        losses.push(if found.unsearched == 0 {
            std::mem::take(&mut found.losses)
        } else {
            each_label(&topology.graph, common.numbered, &search.asked.service)?
        });
        let mut decided = found.pairs(bounds);
        found.exactly(&mut decided, bounds)?;
        let states = found.states(|demand| decided[demand as usize]);
        report.apart.push(found.told(kind, &states, bare, bounds));
    }
    Ok(losses)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not served before, or by a carrier of its own.
    Aside,
    Apart,
    Shared,
    Undecided,
}

/// Demands with the same answer, and their subscribers.
type Alike = (u64, Vec<u32>);

/// What single labels say.
struct Found<'s, 'a> {
    search: &'s Search<'a>,
    common: &'s Common<'s>,
    losses: Vec<Loss>,
    /// By demand, the first label on all its paths, and how many there are.
    shared: Vec<(u32, u32)>,
    /// By label, the sites that share it and their subscribers.
    by_label: Vec<(usize, u64)>,
    /// Demands that are looked at.
    asking: Vec<bool>,
    own: usize,
    /// Labels that were not looked at.
    unsearched: u32,
}

impl<'s, 'a> Found<'s, 'a> {
    fn of(search: &'s Search<'a>, common: &'s Common<'s>, bounds: &Bounds) -> Self {
        let service = &search.asked.service;
        let mut found = Self {
            search,
            common,
            losses: Vec::new(),
            shared: vec![(0, 0); service.demands()],
            by_label: vec![(0, 0); common.count() as usize],
            asking: vec![false; service.demands()],
            own: 0,
            unsearched: 0,
        };
        for (asking, (vertices, _)) in found.asking.iter_mut().zip(search.asked.demands()) {
            let is_own = search.has_carrier(vertices);
            found.own += usize::from(is_own);
            *asking = !is_own && search.asked.was_served(vertices);
        }
        let mut pass = Pass::new(search, common);
        for label in 0..common.count() {
            if pass.looked > bounds.looked_at {
                found.unsearched = common.count() - label;
                break;
            }
            pass.lose(&[label], false);
            let mut loss = Loss { vertices: pass.cut_off(), weight: 0 };
            let touched = pass.touched();
            for &demand in &touched {
                if let Some((vertices, weight)) = service.demand(demand as usize)
                    && !pass.serves(vertices)
                {
                    loss.weight += weight;
                }
            }
            found.losses.push(loss);
            // Where a carrier has it, the ends left aside are another loss: a smaller one, that touches no other demand.
            if pass.is_on_carrier(label) {
                pass.lose(&[label], true);
            }
            for demand in touched {
                let Some((vertices, weight)) = service.demand(demand as usize) else { continue };
                if found.asking[demand as usize] && !pass.reaches(vertices) {
                    let (first, count) = &mut found.shared[demand as usize];
                    *first = if *count == 0 { label } else { *first };
                    *count += 1;
                    let (sites, subscribers) = &mut found.by_label[label as usize];
                    *sites += 1;
                    *subscribers = subscribers.saturating_add(weight);
                }
            }
        }
        found
    }

    fn vertices(&self, demand: u32) -> &'s [u32] {
        self.search.asked.service.demand(demand as usize).map_or(&[], |(vertices, _)| vertices)
    }

    fn weight(&self, demand: u32) -> u64 {
        self.search.asked.service.demand(demand as usize).map_or(0, |(_, weight)| weight)
    }

    fn is_open(&self, demand: u32) -> bool {
        self.asking[demand as usize] && self.shared[demand as usize].1 == 0 && self.unsearched == 0
    }

    /// By demand without a label on all its paths: apart where the shortest way and another share none.
    fn pairs(&self, bounds: &Bounds) -> Vec<State> {
        if self.common.are_whole(self.search) {
            return vec![State::Apart; self.shared.len()];
        }
        let mut decided = vec![State::Undecided; self.shared.len()];
        let mut groups: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
        for demand in (0..self.shared.len() as u32).filter(|&demand| self.is_open(demand)) {
            let on = self.search.on_way(self.vertices(demand), self.common.numbered);
            groups.entry(on).or_default().push(demand);
        }
        let mut groups: Vec<(Vec<u32>, Vec<u32>)> = groups.into_iter().collect();
        groups.sort_by(|a, b| (Reverse(a.1.len()), &a.0).cmp(&(Reverse(b.1.len()), &b.0)));
        let (graph, service) = (&self.search.topology.graph, &self.search.asked.service);
        let round = 4 * (u64::from(graph.vertices()) + u64::from(graph.edges()));
        let rounds = (bounds.second / round.max(1)).max(1) as usize;
        for groups in groups.chunks(masks::SETS).take(rounds) {
            let lost: Vec<Vec<u32>> = groups.iter().map(|(labels, _)| labels.clone()).collect();
            let (held, lost_with) = masks::without(graph, self.common.numbered, service, &lost);
            for (number, (_, demands)) in groups.iter().enumerate() {
                for &demand in demands {
                    let arcs = self.vertices(demand).iter().flat_map(|&vertex| graph.arcs(vertex));
                    let mut ways = arcs.map(|arc| held[arc.to as usize] & !lost_with(arc.edge));
                    if ways.any(|held| held & (1 << number) != 0) {
                        decided[demand as usize] = State::Apart;
                    }
                }
            }
        }
        decided
    }

    /// Decides what is left, those of most subscribers first, as far as the bounds reach.
    fn exactly(&self, decided: &mut [State], bounds: &Bounds) -> Result<(), Error> {
        let left: Vec<u32> = (0..decided.len() as u32)
            .filter(|&demand| self.is_open(demand) && decided[demand as usize] == State::Undecided)
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        let carriers = self.search.asked.service.roots().unwrap_or_default();
        let contraction = Contraction::new(&self.search.topology.graph, self.common.numbered, carriers);
        // Sites that stand beside the same have the same answer.
        let mut groups: BTreeMap<Vec<(u32, u32)>, Alike> = BTreeMap::new();
        for demand in left {
            let (weight, demands) = groups.entry(contraction.beside(self.vertices(demand))).or_default();
            *weight = weight.saturating_add(self.weight(demand));
            demands.push(demand);
        }
        let mut groups: Vec<(Vec<(u32, u32)>, Alike)> = groups.into_iter().collect();
        groups.sort_by(|a, b| (Reverse(a.1.0), &a.0).cmp(&(Reverse(b.1.0), &b.0)));
        let least = contraction.least(bounds.least);
        let mut room = bounds.exact / contraction.size().max(1);
        for (beside, (_, demands)) in groups {
            let mut found = least.as_ref().and_then(|least| least.has_pair(&beside));
            if found.is_none() && room > 0 {
                // To make the graph of a question takes about as long as a few searches of it.
                let (exactly, steps) = contraction.has_pair(&beside, room)?;
                found = exactly;
                room = room.saturating_sub(steps + 8);
            }
            for demand in demands {
                decided[demand as usize] = match found {
                    Some(true) => State::Apart,
                    Some(false) => State::Shared,
                    None => State::Undecided,
                };
            }
        }
        Ok(())
    }

    fn states(&self, open: impl Fn(u32) -> State) -> Vec<State> {
        let state = |demand: u32| {
            if !self.asking[demand as usize] {
                State::Aside
            } else if self.shared[demand as usize].1 > 0 {
                State::Shared
            } else if self.is_open(demand) {
                open(demand)
            } else {
                State::Undecided
            }
        };
        (0..self.shared.len() as u32).map(state).collect()
    }

    fn told(&self, kind: Kind, states: &[State], bare: &[bool], bounds: &Bounds) -> Apartness {
        let topology = self.search.topology;
        let count = |state: State| states.iter().filter(|&&other| other == state).count();
        let has_two = |demand: u32| bare.get(demand as usize).copied().unwrap_or_default();
        let mut shared: Vec<u32> =
            (0..states.len() as u32).filter(|&demand| states[demand as usize] == State::Shared).collect();
        let sites = &self.search.asked.sites;
        let site =
            |demand: u32| topology.sites.get(sites[demand as usize] as usize).map_or("", |(name, _)| name);
        shared.sort_by_key(|&demand| (!has_two(demand), Reverse(self.weight(demand)), site(demand)));
        let mut labels: Vec<u32> =
            (0..self.common.count()).filter(|&label| self.by_label[label as usize].0 > 0).collect();
        labels.sort_by_key(|&label| {
            let (sites, subscribers) = self.by_label[label as usize];
            (Reverse((subscribers, sites)), label)
        });
        Apartness {
            function: self.search.asked.function.clone(),
            kind,
            sites: states.len() - count(State::Aside),
            own: self.own,
            apart: count(State::Apart),
            shared: shared.len(),
            shared_alone: shared.iter().filter(|&&demand| has_two(demand)).count(),
            undecided: count(State::Undecided),
            labels_in_all: labels.len(),
            listed: shared
                .iter()
                .take(bounds.most)
                .map(|&demand| {
                    let (label, count) = self.shared[demand as usize];
                    Shared {
                        site: site(demand).to_owned(),
                        subscribers: self.weight(demand),
                        label: if count == 0 { String::new() } else { self.common.name(topology, label) },
                        others: count.saturating_sub(1) as usize,
                        has_two_ways: has_two(demand),
                    }
                })
                .collect(),
            labels: labels
                .iter()
                .take(bounds.most)
                .map(|&label| {
                    let (sites, subscribers) = self.by_label[label as usize];
                    SharedBy { label: self.common.name(topology, label), sites, subscribers }
                })
                .collect(),
        }
    }
}
