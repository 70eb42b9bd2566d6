//! The contracted graph that searches over sets of labels ask again and again: is enough served without these labels?

#![expect(
    clippy::indexing_slicing,
    reason = "nodes and sets are numbered when the kernel is made, and every table has a row for each"
)]

use super::bits::Bits;
use super::flow::{ANYTHING, Flow};
use super::lists::Lists;
use super::pieces::{Held, Start, Touched};
use super::{Error, Graph, Labels, NONE, Service};

/// A graph with roots, contracted to what its labels decide, and searches of it.
pub(super) struct Kernel {
    /// By bit, the label. Only labels on something that is served have one.
    pub(super) labels: Vec<u32>,
    /// What is served before anything is lost, and whatever is lost.
    pub(super) served: Held,
    pub(super) settled: Held,
    /// By set in use, its labels as bits; 0 is empty.
    sets: Vec<Bits>,
    /// By node, its set.
    node_sets: Vec<u32>,
    weights: Vec<u64>,
    /// By node, where its arcs begin.
    first: Vec<u32>,
    /// Node and set.
    arcs: Vec<(u32, u32)>,
    /// By node, the demands that it shares with others, and their weights.
    shares: Lists,
    share_weights: Vec<u64>,
    // What the last search left.
    there: Vec<bool>,
    now: u32,
    seen: Vec<u32>,
    counted: Vec<u32>,
    /// By node, the arc by which it was reached, and from where.
    from: Vec<(u32, u32)>,
    queue: Vec<u32>,
    /// Nodes that brought weight.
    brought: Vec<u32>,
    /// How many searches there were.
    pub(super) searches: u64,
}

impl Kernel {
    pub(super) fn new(graph: &Graph, labels: &Labels, service: &Service) -> Result<Self, Error> {
        let Start { pieces, served, .. } = Start::new(graph, labels, service);
        let mut touched = Touched::new(labels);
        touched.mark(0..labels.count());
        let pieces = pieces.contract(&touched);
        // Sets and labels in use, numbered anew.
        let mut number = vec![NONE; labels.sets()];
        number[0] = 0;
        let mut used = vec![0u32];
        let mut renumber = |set: u32| {
            let known = &mut number[set as usize];
            if *known == NONE {
                *known = used.len() as u32;
                used.push(set);
            }
            *known
        };
        let node_sets: Vec<u32> = pieces.sets.iter().map(|&set| renumber(set)).collect();
        let join_sets: Vec<u32> = pieces.joins.iter().map(|join| renumber(join.set)).collect();
        let mut names: Vec<u32> = used.iter().flat_map(|&set| labels.set(set)).copied().collect();
        names.sort_unstable();
        names.dedup();
        let sets: Vec<Bits> = used
            .iter()
            .map(|&set| {
                let mut bits = Bits::none(names.len());
                labels
                    .set(set)
                    .iter()
                    .filter_map(|label| names.binary_search(label).ok())
                    .for_each(|bit| bits.insert(bit));
                bits
            })
            .collect();
        let count = node_sets.len();
        let mut arcs: Vec<(u32, u32, u32)> = Vec::with_capacity(pieces.joins.len() * 2);
        for (join, &set) in pieces.joins.iter().zip(&join_sets) {
            arcs.push((join.a, join.b, set));
            arcs.push((join.b, join.a, set));
        }
        arcs.sort_unstable();
        arcs.dedup();
        let mut first = vec![0u32; count + 1];
        arcs.iter().for_each(|arc| first[arc.0 as usize + 1] += 1);
        (0..count).for_each(|node| first[node + 1] += first[node]);
        let shares: Vec<(u32, u32)> = pieces
            .spread
            .iter()
            .enumerate()
            .flat_map(|(demand, nodes)| nodes.iter().map(move |&node| (node, demand as u32)))
            .collect();
        Ok(Self {
            labels: names,
            served,
            settled: pieces.settled,
            there: vec![true; sets.len()],
            sets,
            node_sets,
            weights: pieces.weights,
            first,
            arcs: arcs.into_iter().map(|(_, to, set)| (to, set)).collect(),
            shares: Lists::of_pairs(count, &shares, "vertices of demands")?,
            counted: vec![0; pieces.spread_weights.len()],
            share_weights: pieces.spread_weights,
            now: 0,
            seen: vec![0; count],
            from: vec![(NONE, NONE); count],
            queue: Vec::new(),
            brought: Vec::new(),
            searches: 0,
        })
    }

    /// Whether more than `most` is served when these labels are lost. Linear in the kernel.
    pub(super) fn survives(&mut self, lost: &Bits, most: u64) -> bool {
        self.searches += 1;
        self.now += 1;
        self.brought.clear();
        let mut held = self.settled.weight;
        if held > most {
            return true;
        }
        for (there, set) in self.there.iter_mut().zip(&self.sets) {
            *there = !set.meets(lost);
        }
        self.queue.clear();
        self.queue.push(0);
        self.seen[0] = self.now;
        let mut head = 0;
        while let Some(&node) = self.queue.get(head) {
            head += 1;
            for place in self.first[node as usize]..self.first[node as usize + 1] {
                let (to, set) = self.arcs[place as usize];
                let next = to as usize;
                if self.seen[next] == self.now
                    || !self.there[self.node_sets[next] as usize]
                    || !self.there[set as usize]
                {
                    continue;
                }
                self.seen[next] = self.now;
                self.from[next] = (place, node);
                let mut brings = self.weights[next];
                for &share in self.shares.get(next) {
                    if self.counted[share as usize] != self.now {
                        self.counted[share as usize] = self.now;
                        brings += self.share_weights[share as usize];
                    }
                }
                if brings > 0 {
                    self.brought.push(to);
                    held += brings;
                    if held > most {
                        return true;
                    }
                }
                self.queue.push(to);
            }
        }
        false
    }

    /// The labels on the ways by which the last search reached what it counted: without all others, it would have found as much.
    pub(super) fn used(&mut self) -> Bits {
        let mut used = Bits::none(self.labels.len());
        // What lies on such a way is marked by its search number less one, which no node of this search has.
        let marked = self.now.wrapping_sub(1);
        for &node in &self.brought {
            let mut at = node;
            while at != 0 && self.seen[at as usize] == self.now {
                self.seen[at as usize] = marked;
                used.add(&self.sets[self.node_sets[at as usize] as usize]);
                let (place, before) = self.from[at as usize];
                used.add(&self.sets[self.arcs[place as usize].1 as usize]);
                at = before;
            }
        }
        used
    }

    /// Labels whose loss leaves only what is settled: of as few nodes and edges as separate all demands from node 0, a label
    /// each, as far as one is not another's too.
    pub(super) fn separation(&self) -> Bits {
        let count = self.node_sets.len();
        let (leaving, sink) = (|node: usize| (count + node) as u32, count as u32 * 2);
        let mut flow = Flow::new(count * 2 + 1);
        // What has no label cannot be lost; nothing but node 0 is served without one, so that there is a cut.
        let capacity = |set: u32| if set == 0 { ANYTHING } else { 1 };
        for node in 0..count {
            flow.arc(node as u32, leaving(node), capacity(self.node_sets[node]), 0);
            for &(to, set) in self.arcs_of(node) {
                flow.arc(leaving(node), to, capacity(set), 0);
            }
            if self.weights[node] > 0 || !self.shares.get(node).is_empty() {
                flow.arc(leaving(node), sink, ANYTHING, 0);
            }
        }
        flow.run(0, sink);
        let reached = |node: u32| flow.distance[node as usize] != NONE;
        let mut cut: Vec<u32> = Vec::new();
        for node in 0..count {
            if reached(node as u32) && !reached(leaving(node)) {
                cut.push(self.node_sets[node]);
            }
            let arcs = self.arcs_of(node).iter();
            cut.extend(arcs.filter(|arc| reached(leaving(node)) && !reached(arc.0)).map(|arc| arc.1));
        }
        cut.sort_unstable();
        cut.dedup();
        let mut chosen = Bits::none(self.labels.len());
        while !cut.is_empty() {
            let mut on = vec![0u32; self.labels.len()];
            cut.iter().flat_map(|&set| self.sets[set as usize].iter()).for_each(|label| on[label] += 1);
            let Some(best) = (0..on.len()).max_by_key(|&label| (on[label], std::cmp::Reverse(label))) else {
                break;
            };
            chosen.insert(best);
            cut.retain(|&set| !self.sets[set as usize].contains(best) && set != 0);
        }
        chosen
    }

    fn arcs_of(&self, node: usize) -> &[(u32, u32)] {
        &self.arcs[self.first[node] as usize..self.first[node + 1] as usize]
    }

    /// The labels, by their bits, ascending.
    pub(super) fn names(&self, bits: &Bits) -> Vec<u32> {
        bits.iter().map(|bit| self.labels[bit]).collect()
    }
}
