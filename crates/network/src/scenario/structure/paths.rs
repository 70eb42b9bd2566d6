//! What hangs on what: one search from a function's carriers, and what becomes of it when labels are lost.
//!
//! A search in breadth gives each device a shortest way to a carrier. What is lost touches only what hangs below it in that tree: the
//! others keep their way. What hangs below is looked at again, from its rim: so that a label costs as much as hangs on it, all
//! labels together as much as all shortest ways are long, however many labels there are.

#![expect(
    clippy::indexing_slicing,
    reason = "vertices, edges and labels are the topology's own, and every table has a row for each"
)]

use crate::graph::{Arc, Labels};
use crate::scenario::labels::Label;
use crate::scenario::topology::{Asked, Topology};

/// "None" among numbers of vertices and places.
const NONE: u32 = u32::MAX;

/// Labels of one kind, by number: what has them.
pub(super) struct Common<'a> {
    /// Of vertices and edges.
    pub numbered: &'a Labels,
    has: Has<'a>,
}

enum Has<'a> {
    Listed(&'a [Label]),
    /// Each device is a label of its own.
    Devices(Vec<u32>),
    Links(Vec<u32>),
}

impl<'a> Common<'a> {
    pub fn of(labels: &'a [Label], numbered: &'a Labels) -> Self {
        Self { numbered, has: Has::Listed(labels) }
    }

    pub fn devices(numbered: &'a Labels) -> Self {
        Self { numbered, has: Has::Devices((0..numbered.count()).collect()) }
    }

    pub fn links(numbered: &'a Labels) -> Self {
        Self { numbered, has: Has::Links((0..numbered.count()).collect()) }
    }

    pub fn count(&self) -> u32 {
        self.numbered.count()
    }

    pub fn name(&self, topology: &Topology<'_>, label: u32) -> String {
        match &self.has {
            Has::Listed(labels) => labels[label as usize].name.clone(),
            Has::Devices(_) => topology.device(label).to_owned(),
            Has::Links(_) => {
                let link = topology.link(label).and_then(|number| topology.model.links.get(number));
                link.map(|link| link.name.clone()).unwrap_or_default()
            }
        }
    }

    /// Whether no link has a label, no device several, and the devices of each are connected by themselves: then a label is as good as a
    /// device. (A way within a label that goes through an end of the path is none that the path needs: it begins, or ends, there.)
    pub fn are_whole(&self, search: &Search<'_>) -> bool {
        let graph = &search.topology.graph;
        let label = |vertex: u32| match self.numbered.on_vertex(vertex) {
            [] => Some(NONE),
            [label] => Some(*label),
            _ if search.is_carrier(vertex) => Some(NONE),
            _ => None,
        };
        let mut of: Vec<u32> = Vec::with_capacity(graph.vertices() as usize);
        for vertex in 0..graph.vertices() {
            let Some(label) = label(vertex) else { return false };
            of.push(label);
        }
        if (0..graph.edges()).any(|edge| !self.numbered.on_edge(edge).is_empty()) {
            return false;
        }
        let mut pieces = vec![0u32; self.count() as usize];
        let mut seen = vec![false; of.len()];
        let mut open = Vec::new();
        for start in 0..graph.vertices() {
            let own = of[start as usize];
            if own == NONE || seen[start as usize] {
                continue;
            }
            pieces[own as usize] += 1;
            if pieces[own as usize] > 1 {
                return false;
            }
            seen[start as usize] = true;
            open.push(start);
            while let Some(vertex) = open.pop() {
                for arc in graph.arcs(vertex) {
                    if of[arc.to as usize] == own && !seen[arc.to as usize] {
                        seen[arc.to as usize] = true;
                        open.push(arc.to);
                    }
                }
            }
        }
        true
    }

    fn on(&self, label: u32) -> (&[u32], &[u32]) {
        let at = label as usize;
        match &self.has {
            Has::Listed(labels) => (&labels[at].devices, &labels[at].links),
            Has::Devices(all) => (&all[at..=at], &[]),
            Has::Links(all) => (&[], &all[at..=at]),
        }
    }
}

/// A function's carriers, the shortest ways to them, and who asks.
pub(super) struct Search<'a> {
    pub topology: &'a Topology<'a>,
    pub asked: &'a Asked,
    is_carrier: Vec<bool>,
    /// Vertices in the order of the search, and where each stands in it.
    order: Vec<u32>,
    place: Vec<u32>,
    /// By vertex, the edge and the vertex before it.
    before: Vec<(u32, u32)>,
    /// By place, where those begin that were found from it; one more at the end.
    found: Vec<u32>,
    /// By vertex, where its demands begin; one more at the end.
    first: Vec<u32>,
    demands: Vec<u32>,
}

impl<'a> Search<'a> {
    pub fn new(topology: &'a Topology<'a>, asked: &'a Asked) -> Self {
        let graph = &topology.graph;
        let vertices = graph.vertices() as usize;
        let mut search = Self {
            topology,
            asked,
            is_carrier: vec![false; vertices],
            order: Vec::new(),
            place: vec![NONE; vertices],
            before: vec![(NONE, NONE); vertices],
            found: Vec::new(),
            first: vec![0; vertices + 1],
            demands: Vec::new(),
        };
        for &carrier in asked.service.roots().unwrap_or_default() {
            search.is_carrier[carrier as usize] = true;
            search.place[carrier as usize] = search.order.len() as u32;
            search.order.push(carrier);
        }
        search.found.push(search.order.len() as u32);
        let mut at = 0;
        while let Some(&vertex) = search.order.get(at) {
            at += 1;
            for &Arc { to, edge } in graph.arcs(vertex) {
                if search.place[to as usize] == NONE {
                    search.place[to as usize] = search.order.len() as u32;
                    search.before[to as usize] = (edge, vertex);
                    search.order.push(to);
                }
            }
            search.found.push(search.order.len() as u32);
        }
        search.note_demands();
        search
    }

    fn note_demands(&mut self) {
        let service = &self.asked.service;
        let each = || (0u32..).zip(self.asked.demands()).take(service.demands());
        for (_, (vertices, _)) in each() {
            vertices.iter().for_each(|&vertex| self.first[vertex as usize + 1] += 1);
        }
        (1..self.first.len()).for_each(|at| self.first[at] += self.first[at - 1]);
        let mut next = self.first.clone();
        let mut demands = vec![0; next.last().copied().unwrap_or_default() as usize];
        for (demand, (vertices, _)) in each() {
            for &vertex in vertices {
                demands[next[vertex as usize] as usize] = demand;
                next[vertex as usize] += 1;
            }
        }
        self.demands = demands;
    }

    /// Whether there is anything to be reached.
    pub fn has_carriers(&self) -> bool {
        self.found.first().is_some_and(|&carriers| carriers > 0)
    }

    pub fn is_carrier(&self, vertex: u32) -> bool {
        self.is_carrier[vertex as usize]
    }

    /// Whether any of these carries the function.
    pub fn has_carrier(&self, vertices: &[u32]) -> bool {
        vertices.iter().any(|&vertex| self.is_carrier(vertex))
    }

    /// The labels on the shortest way from any of these to a carrier, the ends' own left out.
    pub fn on_way(&self, vertices: &[u32], labels: &Labels) -> Vec<u32> {
        let nearest = vertices.iter().copied().min_by_key(|&vertex| self.place[vertex as usize]);
        let mut on = Vec::new();
        let Some(mut at) = nearest.filter(|&vertex| self.place[vertex as usize] != NONE) else { return on };
        while !self.is_carrier(at) {
            let (edge, before) = self.before[at as usize];
            on.extend_from_slice(labels.on_edge(edge));
            if !self.is_carrier(before) && !vertices.contains(&before) {
                on.extend_from_slice(labels.on_vertex(before));
            }
            at = before;
        }
        on.sort_unstable();
        on.dedup();
        on
    }

    fn demands_at(&self, vertex: u32) -> &[u32] {
        let at = vertex as usize;
        &self.demands[self.first[at] as usize..self.first[at + 1] as usize]
    }

    fn children(&self, vertex: u32) -> &[u32] {
        let at = self.place[vertex as usize] as usize;
        &self.order[self.found[at] as usize..self.found[at + 1] as usize]
    }
}

/// What becomes of a search when labels are lost, one loss after the other.
pub(super) struct Pass<'s, 'a> {
    search: &'s Search<'a>,
    common: &'s Common<'s>,
    now: u32,
    /// By vertex, when it last hung on what was lost, and when it was reached all the same.
    hung: Vec<u32>,
    reached: Vec<u32>,
    /// By demand, when it was last looked at.
    seen: Vec<u32>,
    hanging: Vec<u32>,
    lost: Vec<u32>,
    spares: bool,
    /// Vertices and edges that were looked at.
    pub looked: u64,
}

impl<'s, 'a> Pass<'s, 'a> {
    pub fn new(search: &'s Search<'a>, common: &'s Common<'s>) -> Self {
        let vertices = search.place.len();
        Self {
            search,
            common,
            now: 0,
            hung: vec![0; vertices],
            reached: vec![0; vertices],
            seen: vec![0; search.asked.service.demands()],
            hanging: Vec::new(),
            lost: Vec::new(),
            spares: false,
            looked: 0,
        }
    }

    /// Whether a carrier has one of the labels.
    pub fn is_on_carrier(&self, label: u32) -> bool {
        let of = self.search.asked.service.roots().unwrap_or_default();
        let (devices, _) = self.common.on(label);
        if devices.len() < of.len() {
            return devices.iter().any(|&vertex| self.search.is_carrier(vertex));
        }
        of.iter().any(|&vertex| self.common.numbered.on_vertex(vertex).contains(&label))
    }

    /// Loses these labels, ascending; `spares`: carriers stay, whatever they have.
    pub fn lose(&mut self, labels: &[u32], spares: bool) {
        self.now += 1;
        self.spares = spares;
        self.lost.clear();
        self.lost.extend_from_slice(labels);
        self.hanging.clear();
        let (search, common) = (self.search, self.common);
        for &label in labels {
            let (devices, links) = common.on(label);
            for &vertex in devices {
                if search.place[vertex as usize] != NONE && !(spares && search.is_carrier(vertex)) {
                    self.hang(vertex);
                }
            }
            for &edge in links {
                let below = |&end: &u32| search.before[end as usize].0 == edge;
                let ends = search.topology.graph.ends().get(edge as usize);
                if let Some(below) = ends.and_then(|ends| ends.iter().copied().find(below)) {
                    self.hang(below);
                }
            }
            self.looked += (devices.len() + links.len()) as u64;
        }
        let mut at = 0;
        while let Some(&vertex) = self.hanging.get(at) {
            at += 1;
            for &child in search.children(vertex) {
                self.hang(child);
            }
        }
        self.reach();
    }

    fn hang(&mut self, vertex: u32) {
        if self.hung[vertex as usize] != self.now {
            self.hung[vertex as usize] = self.now;
            self.hanging.push(vertex);
        }
    }

    /// What hangs on what is lost and is reached by another way.
    fn reach(&mut self) {
        let search = self.search;
        let graph = &search.topology.graph;
        let mut open: Vec<u32> = Vec::new();
        for &vertex in &self.hanging {
            self.looked += 1 + graph.arcs(vertex).len() as u64;
            let is_rim = |arc: &Arc| {
                search.place[arc.to as usize] != NONE
                    && self.hung[arc.to as usize] != self.now
                    && !self.is_lost_edge(arc.edge)
            };
            if !self.is_lost(vertex) && graph.arcs(vertex).iter().any(is_rim) {
                open.push(vertex);
            }
        }
        open.iter().for_each(|&vertex| self.reached[vertex as usize] = self.now);
        while let Some(vertex) = open.pop() {
            for &Arc { to, edge } in graph.arcs(vertex) {
                let is_open = self.hung[to as usize] == self.now && self.reached[to as usize] != self.now;
                if is_open && !self.is_lost_edge(edge) && !self.is_lost(to) {
                    self.reached[to as usize] = self.now;
                    open.push(to);
                }
            }
        }
    }

    fn is_lost(&self, vertex: u32) -> bool {
        !(self.spares && self.search.is_carrier(vertex))
            && self.has_lost(self.common.numbered.on_vertex(vertex))
    }

    fn is_lost_edge(&self, edge: u32) -> bool {
        self.has_lost(self.common.numbered.on_edge(edge))
    }

    fn has_lost(&self, set: &[u32]) -> bool {
        set.iter().any(|label| self.lost.binary_search(label).is_ok())
    }

    /// Whether it is there and connected to a carrier that is.
    fn is_served(&self, vertex: u32) -> bool {
        let at = vertex as usize;
        self.search.place[at] != NONE && (self.hung[at] != self.now || self.reached[at] == self.now)
    }

    /// Devices that are there and were served before, and are not any more.
    pub fn cut_off(&self) -> u64 {
        let is_cut = |&&vertex: &&u32| self.reached[vertex as usize] != self.now && !self.is_lost(vertex);
        self.hanging.iter().filter(is_cut).count() as u64
    }

    /// Every demand that may have lost something, once.
    pub fn touched(&mut self) -> Vec<u32> {
        let mut touched = Vec::new();
        for &vertex in &self.hanging {
            for &demand in self.search.demands_at(vertex) {
                if self.seen[demand as usize] != self.now {
                    self.seen[demand as usize] = self.now;
                    touched.push(demand);
                }
            }
        }
        touched
    }

    /// Whether a demand with these vertices is served.
    pub fn serves(&self, vertices: &[u32]) -> bool {
        vertices.iter().any(|&vertex| self.is_served(vertex))
    }

    /// Whether one of these vertices, were they all there, would be connected to a carrier.
    pub fn reaches(&self, vertices: &[u32]) -> bool {
        vertices.iter().any(|&vertex| {
            self.search.is_carrier(vertex)
                || self
                    .search
                    .topology
                    .graph
                    .arcs(vertex)
                    .iter()
                    .any(|arc| !self.is_lost_edge(arc.edge) && self.is_served(arc.to))
        })
    }
}
