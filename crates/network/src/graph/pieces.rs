//! A graph contracted to what some labels decide.
//!
//! While it is open which of some labels is lost, what carries none of them stays: connected parts of it become one node.
//! What carries some of them is **touched**, and stays a node; touched neighbours with the same labels are lost together,
//! and are one node too. Parts that no touched node or edge is next to are settled: served whatever is lost, or never. What
//! is left is as large as what the labels are on, not as the graph.

#![expect(
    clippy::indexing_slicing,
    reason = "nodes, parts and sets are numbered here, and every table has a row for each"
)]

use super::lists::Lists;
use super::outage::served;
use super::union::Union;
use super::{Graph, Labels, NONE, Service};

/// Vertices and weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) vertices: u64,
    pub(super) weight: u64,
}

/// An edge of the contracted graph, with its set of labels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Join {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) set: u32,
}

/// A contracted graph. With roots, node 0 stands for all that is served whatever is lost.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    pub(super) rooted: bool,
    /// By node, its set of labels; 0 where none of it can be lost.
    pub(super) sets: Vec<u32>,
    vertices: Vec<u32>,
    /// By node, the weight of the demands that have it alone.
    pub(super) weights: Vec<u64>,
    /// By node, without roots: the part it was in before anything was lost, and its lowest vertex.
    parts: Vec<u32>,
    lowest: Vec<u32>,
    count_of_parts: u32,
    pub(super) joins: Vec<Join>,
    /// Demands on several nodes.
    pub(super) spread: Lists,
    pub(super) spread_weights: Vec<u64>,
    /// What is served whatever is lost, beside the nodes.
    pub(super) settled: Held,
}

/// What a graph serves, before anything is lost, and what carries which labels of it.
pub(super) struct Start {
    pub(super) pieces: Pieces,
    pub(super) served: Held,
    /// By set of labels, how many of the vertices that are served have it.
    pub(super) with_set: Vec<u64>,
}

impl Start {
    pub(super) fn new(graph: &Graph, labels: &Labels, service: &Service) -> Self {
        let rooted = service.roots().is_some();
        let mut pieces = Pieces { rooted, ..Pieces::default() };
        let mut with_set = vec![0; labels.sets()];
        let mut node = vec![NONE; graph.vertices() as usize];
        let before = if rooted {
            pieces.push(0, 0, 0);
            let none = (vec![false; graph.vertices() as usize], vec![false; graph.edges() as usize]);
            served(graph, service, &none.0, &none.1)
        } else {
            let (parts, count) = super::components(graph);
            (pieces.parts, pieces.count_of_parts) = (parts, count);
            pieces.lowest = (0..graph.vertices()).collect();
            vec![true; graph.vertices() as usize]
        };
        let mut held = Held::default();
        for vertex in (0..graph.vertices()).filter(|&vertex| before[vertex as usize]) {
            let (set, weight) = (labels.set_of_vertex(vertex), service.alone()[vertex as usize]);
            node[vertex as usize] = pieces.sets.len() as u32;
            pieces.push(set, 1, weight);
            with_set[set as usize] += 1;
            held.vertices += 1;
            held.weight += weight;
        }
        for &root in service.roots().unwrap_or_default() {
            pieces.joins.push(Join { a: 0, b: node[root as usize], set: 0 });
        }
        for (edge, &[a, b]) in graph.ends().iter().enumerate() {
            let (a, b) = (node[a as usize], node[b as usize]);
            if a != b && a != NONE && b != NONE {
                pieces.joins.push(Join { a, b, set: labels.set_of_edge(edge as u32) });
            }
        }
        for (vertices, weight) in service.spread() {
            let nodes: Vec<u32> =
                vertices.iter().map(|&vertex| node[vertex as usize]).filter(|&node| node != NONE).collect();
            if !nodes.is_empty() {
                held.weight += weight;
                pieces.demand(&nodes, weight);
            }
        }
        Self { pieces, served: held, with_set }
    }
}

/// The sets of labels that meet some labels.
pub(super) struct Touched<'a> {
    labels: &'a Labels,
    /// By set, when it was last touched.
    when: Vec<u32>,
    now: u32,
    sets: Vec<u32>,
}

impl<'a> Touched<'a> {
    pub(super) fn new(labels: &'a Labels) -> Self {
        Self { labels, when: vec![0; labels.sets()], now: 0, sets: Vec::new() }
    }

    /// Touches the sets that have one of these labels, and no others.
    pub(super) fn mark(&mut self, labels: impl IntoIterator<Item = u32>) {
        self.now += 1;
        self.sets.clear();
        for label in labels {
            for &set in self.labels.sets_with(label) {
                let when = &mut self.when[set as usize];
                if *when != self.now {
                    *when = self.now;
                    self.sets.push(set);
                }
            }
        }
    }

    /// The touched sets.
    pub(super) fn sets(&self) -> &[u32] {
        &self.sets
    }

    /// The set, when it is touched, else 0, that of what stays.
    fn class(&self, set: u32) -> u32 {
        if self.when[set as usize] == self.now { set } else { 0 }
    }
}

impl Pieces {
    fn push(&mut self, set: u32, vertices: u32, weight: u64) {
        self.sets.push(set);
        self.vertices.push(vertices);
        self.weights.push(weight);
    }

    fn demand(&mut self, nodes: &[u32], weight: u64) {
        match nodes {
            [] => {}
            [node] => self.weights[*node as usize] += weight,
            several => {
                self.spread.push(several);
                self.spread_weights.push(weight);
            }
        }
    }

    /// Joins what stays, and what is lost together.
    fn union(&self, touched: &Touched<'_>) -> Union {
        let mut union = Union::new(self.sets.len());
        for &Join { a, b, set } in &self.joins {
            let (class, of_edge) = (touched.class(self.sets[a as usize]), touched.class(set));
            if class == touched.class(self.sets[b as usize]) && (of_edge == 0 || of_edge == class) {
                union.join(a, b);
            }
        }
        union
    }

    /// What is served when everything touched is lost.
    pub(super) fn held_without(&self, touched: &Touched<'_>) -> Held {
        let mut union = self.union(touched);
        let mut held = self.settled;
        let stays = |node: usize| touched.class(self.sets[node]) == 0;
        if self.rooted {
            for node in 0..self.sets.len() {
                if stays(node) && union.find(node as u32) == 0 {
                    held.vertices += u64::from(self.vertices[node]);
                    held.weight += self.weights[node];
                }
            }
            for (nodes, &weight) in self.spread.iter().zip(&self.spread_weights) {
                if nodes.iter().any(|&node| stays(node as usize) && union.find(node) == 0) {
                    held.weight += weight;
                }
            }
            return held;
        }
        let pieces = self.pieces(&mut union, touched);
        let mut largest = vec![NONE; self.count_of_parts as usize];
        for node in (0..self.sets.len()).filter(|&node| pieces[node].0 > 0) {
            let best = &mut largest[self.parts[node] as usize];
            if *best == NONE || larger(pieces[node], pieces[*best as usize]) {
                *best = node as u32;
            }
        }
        for node in (0..self.sets.len()).filter(|&node| stays(node)) {
            if union.find(node as u32) == largest[self.parts[node] as usize] {
                held.vertices += u64::from(self.vertices[node]);
                held.weight += self.weights[node];
            }
        }
        for (nodes, &weight) in self.spread.iter().zip(&self.spread_weights) {
            let is_served = |node: u32, union: &mut Union| {
                stays(node as usize) && union.find(node) == largest[self.parts[node as usize] as usize]
            };
            if nodes.iter().any(|&node| is_served(node, &mut union)) {
                held.weight += weight;
            }
        }
        held
    }

    /// By the node that stands for a piece that stays, its vertices and the lowest of them; zero for other nodes.
    fn pieces(&self, union: &mut Union, touched: &Touched<'_>) -> Vec<(u32, u32)> {
        let mut pieces = vec![(0u32, NONE); self.sets.len()];
        for node in 0..self.sets.len() {
            if touched.class(self.sets[node]) == 0 {
                let piece = &mut pieces[union.find(node as u32) as usize];
                *piece = (piece.0 + self.vertices[node], piece.1.min(self.lowest[node]));
            }
        }
        pieces
    }

    /// Contracted to what the touched labels decide.
    pub(super) fn contract(&self, touched: &Touched<'_>) -> Self {
        let (of, count) = self.union(touched).numbered();
        let mut whole = Self { rooted: self.rooted, settled: self.settled, ..Self::default() };
        for (node, &piece) in of.iter().enumerate() {
            let piece = piece as usize;
            if piece == whole.sets.len() {
                whole.push(touched.class(self.sets[node]), 0, 0);
                if !self.rooted {
                    whole.parts.push(self.parts[node]);
                    whole.lowest.push(NONE);
                }
            }
            whole.vertices[piece] += self.vertices[node];
            whole.weights[piece] += self.weights[node];
            if !self.rooted {
                whole.lowest[piece] = whole.lowest[piece].min(self.lowest[node]);
            }
        }
        let mut next_to = vec![false; count as usize];
        for &Join { a, b, set } in &self.joins {
            let (a, b) = (of[a as usize], of[b as usize]);
            if a != b {
                // What is lost with an end of its own need not be looked at by itself.
                let set = touched.class(set);
                let of_end = set == whole.sets[a as usize] || set == whole.sets[b as usize];
                whole.joins.push(Join { a, b, set: if of_end { 0 } else { set } });
                next_to[a as usize] = true;
                next_to[b as usize] = true;
            }
        }
        let fates =
            if self.rooted { whole.fates_by_root(&next_to) } else { whole.fates_by_size(self, &next_to) };
        whole.settle(self, &of, &fates)
    }

    /// With roots: what nothing is next to is served when it is node 0, and else never.
    fn fates_by_root(&self, next_to: &[bool]) -> Vec<Fate> {
        let fate = |(node, &is_next)| match (node, is_next) {
            (0, _) => Fate::Served,
            (_, true) => Fate::Open,
            (_, false) => Fate::Dropped,
        };
        next_to.iter().enumerate().map(fate).collect()
    }

    /// Without roots: in a part in which nothing is touched any more, the largest piece is served. Elsewhere the largest of
    /// the pieces that stay as they are may yet be.
    fn fates_by_size(&self, before: &Self, next_to: &[bool]) -> Vec<Fate> {
        let mut open = vec![false; before.count_of_parts as usize];
        let mut largest = vec![NONE; before.count_of_parts as usize];
        for (node, &is_next) in next_to.iter().enumerate() {
            let part = self.parts[node] as usize;
            if is_next || self.sets[node] != 0 {
                open[part] = true;
                continue;
            }
            let (best, size) = (largest[part], (self.vertices[node], self.lowest[node]));
            if best == NONE || larger(size, (self.vertices[best as usize], self.lowest[best as usize])) {
                largest[part] = node as u32;
            }
        }
        let fate = |node: usize| {
            let part = self.parts[node] as usize;
            if next_to[node] || self.sets[node] != 0 {
                Fate::Open
            } else if largest[part] != node as u32 {
                Fate::Dropped
            } else if open[part] {
                Fate::Open
            } else {
                Fate::Served
            }
        };
        (0..next_to.len()).map(fate).collect()
    }

    /// Takes what is decided out of the nodes. Node 0 stays, where there are roots, to be connected to.
    fn settle(mut self, before: &Self, of: &[u32], fates: &[Fate]) -> Self {
        let mut left = Self { rooted: self.rooted, settled: self.settled, ..Self::default() };
        let mut number = vec![NONE; fates.len()];
        let mut parts = vec![NONE; before.count_of_parts as usize];
        for (node, fate) in fates.iter().enumerate() {
            if *fate == Fate::Served {
                left.settled.vertices += u64::from(self.vertices[node]);
                left.settled.weight += self.weights[node];
                (self.vertices[node], self.weights[node]) = (0, 0);
            }
            if *fate == Fate::Open || (self.rooted && node == 0) {
                number[node] = left.sets.len() as u32;
                left.push(self.sets[node], self.vertices[node], self.weights[node]);
                if !self.rooted {
                    let part = &mut parts[self.parts[node] as usize];
                    if *part == NONE {
                        *part = left.count_of_parts;
                        left.count_of_parts += 1;
                    }
                    left.parts.push(*part);
                    left.lowest.push(self.lowest[node]);
                }
            }
        }
        left.joins = self.joins;
        for join in &mut left.joins {
            (join.a, join.b) = (number[join.a as usize], number[join.b as usize]);
        }
        let mut nodes = Vec::new();
        for (list, &weight) in before.spread.iter().zip(&before.spread_weights) {
            nodes.clear();
            nodes.extend(list.iter().map(|&node| of[node as usize]));
            if nodes.iter().any(|&node| fates[node as usize] == Fate::Served) {
                left.settled.weight += weight;
                continue;
            }
            nodes.retain(|&node| fates[node as usize] == Fate::Open);
            nodes.iter_mut().for_each(|node| *node = number[*node as usize]);
            nodes.sort_unstable();
            nodes.dedup();
            left.demand(&nodes, weight);
        }
        left
    }
}

/// What becomes of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Served whatever is lost.
    Served,
    /// Not served whatever is lost.
    Dropped,
    /// It depends.
    Open,
}

/// Whether a piece of so many vertices, the lowest of which is this, remains rather than another.
fn larger(a: (u32, u32), b: (u32, u32)) -> bool {
    a.0 > b.0 || (a.0 == b.0 && a.1 < b.1)
}
