//! A graph contracted to what labels tell apart, to be asked for pairs of paths without a common label from many places.
//!
//! Connected vertices with the same labels are one node: within it a path takes up no further label. Where paths lead to has none. Questions
//! whose ends stand beside the same nodes have the same answer.

#![expect(
    clippy::indexing_slicing,
    reason = "vertices and sets are the graph's, nodes are numbered here, and every table has a row for each"
)]

use super::union::Union;
use super::ways::{MOST_LABELS, Set, Ways, bits};
use super::{Diversity, Error, Graph, Labels, label_disjoint_pair_between};

/// The graph, contracted, and the nodes that paths lead to.
pub(crate) struct Contraction<'a> {
    graph: &'a Graph,
    labels: Labels,
    node: Vec<u32>,
    nodes: u32,
    /// By node, its set of labels.
    sets: Vec<u32>,
    /// Two nodes and the set of labels between them.
    joins: Vec<(u32, u32, u32)>,
    to: Vec<u32>,
}

impl<'a> Contraction<'a> {
    /// For paths to these vertices, whose labels do not count. Linear, with a sort of what is left.
    pub(crate) fn new(graph: &'a Graph, labels: &Labels, to: &[u32]) -> Self {
        let labels = labels.without(to);
        let mut union = Union::new(graph.vertices() as usize);
        for (edge, &[a, b]) in (0u32..).zip(graph.ends()) {
            let (own, between) = (labels.set_of_vertex(a), labels.set_of_edge(edge));
            if own == labels.set_of_vertex(b) && (between == 0 || between == own) {
                union.join(a, b);
            }
        }
        let (node, nodes) = union.numbered();
        let mut sets = vec![0; nodes as usize];
        for (vertex, &node) in (0u32..).zip(&node) {
            sets[node as usize] = labels.set_of_vertex(vertex);
        }
        let mut joins = Vec::new();
        for (edge, &[a, b]) in (0u32..).zip(graph.ends()) {
            let (a, b) = (node[a as usize], node[b as usize]);
            if a != b {
                joins.push((a.min(b), a.max(b), labels.set_of_edge(edge)));
            }
        }
        joins.sort_unstable();
        joins.dedup();
        let mut to: Vec<u32> = to.iter().map(|&vertex| node[vertex as usize]).collect();
        to.sort_unstable();
        to.dedup();
        Self { graph, labels, node, nodes, sets, joins, to }
    }

    /// Nodes and what is between them: what a search looks at.
    pub(crate) fn size(&self) -> u64 {
        u64::from(self.nodes) + self.joins.len() as u64
    }

    /// What these vertices, as one end, stand beside: nodes, with the set of labels on the way there. Ascending.
    pub(crate) fn beside(&self, from: &[u32]) -> Vec<(u32, u32)> {
        let arcs = from.iter().flat_map(|&vertex| self.graph.arcs(vertex));
        let mut beside: Vec<(u32, u32)> = arcs
            .filter(|arc| !from.contains(&arc.to))
            .map(|arc| (self.node[arc.to as usize], self.labels.set_of_edge(arc.edge)))
            .collect();
        beside.sort_unstable();
        beside.dedup();
        beside
    }

    /// The least sets of labels that ways take up, from everywhere at once, in at most so many steps; `None` where there are more labels
    /// than such a search can hold.
    pub(crate) fn least(&self, steps: u64) -> Option<Least> {
        if self.labels.count() > MOST_LABELS {
            return None;
        }
        let sets: Vec<Set> = (0..self.labels.sets() as u32).map(|set| bits(self.labels.set(set))).collect();
        let own: Vec<Set> = self.sets.iter().map(|&set| sets[set as usize]).collect();
        let joins: Vec<(u32, u32, Set)> =
            self.joins.iter().map(|&(a, b, set)| (a, b, sets[set as usize])).collect();
        Some(Least { ways: Ways::new(&own, &joins, &self.to, steps), sets })
    }

    /// Whether an end that stands beside these has two paths without a common label; `None` where it has no path, or it was not decided in so many
    /// steps. Beside it the searches that were made.
    pub(crate) fn has_pair(
        &self,
        beside: &[(u32, u32)],
        most_steps: u64,
    ) -> Result<(Option<bool>, u64), Error> {
        let end = self.nodes;
        let own = beside.iter().map(|&(node, set)| (end, node, set));
        let (mut ends, mut on_edges) = (Vec::new(), Vec::new());
        for (edge, (a, b, set)) in (0u32..).zip(self.joins.iter().copied().chain(own)) {
            ends.push([a, b]);
            on_edges.extend(self.labels.set(set).iter().map(|&label| (edge, label)));
        }
        let graph = Graph::new(self.nodes as usize + 1, ends)?;
        let of_node =
            |(node, &set): (u32, &u32)| self.labels.set(set).iter().map(move |&label| (node, label));
        let on_nodes: Vec<(u32, u32)> = (0u32..).zip(&self.sets).flat_map(of_node).collect();
        let labels = Labels::new(&graph, self.labels.count() as usize, &on_nodes, &on_edges)?;
        let (found, steps) = label_disjoint_pair_between(&graph, &labels, &[end], &self.to, most_steps)?;
        let is_there = match found {
            Diversity::Pair(_) => Some(true),
            Diversity::None => Some(false),
            Diversity::Apart | Diversity::Undecided { .. } => None,
        };
        Ok((is_there, steps))
    }
}

/// The least sets of labels of all ways, as [`Contraction::least`] finds them.
pub(crate) struct Least {
    ways: Ways,
    /// By set of the labels, its bits.
    sets: Vec<Set>,
}

impl Least {
    /// Whether an end that stands beside these has two paths without a common label; `None` where the steps did not suffice to say.
    pub(crate) fn has_pair(&self, beside: &[(u32, u32)]) -> Option<bool> {
        let beside: Vec<(u32, Set)> =
            beside.iter().map(|&(node, set)| (node, self.sets[set as usize])).collect();
        self.ways.has_pair(&beside)
    }
}
