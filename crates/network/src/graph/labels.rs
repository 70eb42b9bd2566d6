//! Labels: what vertices and edges have in common, and are lost with.

#![expect(
    clippy::indexing_slicing,
    reason = "vertices, edges and labels are checked when labels are made; sets are numbered here"
)]

use super::lists::Lists;
use super::{Error, Graph, MOST, vertex};
use std::collections::HashMap;

/// Labels on the vertices and edges of a graph. A label may be on many, and many on one.
#[derive(Clone, Debug)]
pub struct Labels {
    count: u32,
    /// By vertex, by edge: the number of its set of labels. Set 0 is the empty one.
    of_vertex: Vec<u32>,
    of_edge: Vec<u32>,
    /// By number, the labels of a set, ascending.
    sets: Lists,
    /// By label, the sets that have it.
    with: Lists,
}

impl Labels {
    /// So many labels, numbered from 0, on these vertices and edges: `(vertex, label)`, `(edge, label)`. What stands twice
    /// counts once. Linear, with a sort of each set.
    pub fn new(
        graph: &Graph,
        count: usize,
        on_vertices: &[(u32, u32)],
        on_edges: &[(u32, u32)],
    ) -> Result<Self, Error> {
        if count > MOST {
            return Err(Error::TooMany("labels"));
        }
        let labels = count as u32;
        for &(_, label) in on_vertices.iter().chain(on_edges) {
            if label >= labels {
                return Err(Error::NoLabel { place: "a vertex or edge", label, labels });
            }
        }
        for &(number, _) in on_vertices {
            vertex(graph, "a label", number)?;
        }
        for &(edge, _) in on_edges {
            if edge >= graph.edges() {
                return Err(Error::NoEdge { place: "a label", edge, edges: graph.edges() });
            }
        }
        let mut sets = Sets::new(count);
        let of_vertex = sets.number(graph.vertices() as usize, on_vertices)?;
        let of_edge = sets.number(graph.edges() as usize, on_edges)?;
        let with: Vec<(u32, u32)> = sets
            .lists
            .iter()
            .enumerate()
            .flat_map(|(set, labels)| labels.iter().map(move |&label| (label, set as u32)))
            .collect();
        let with = Lists::of_pairs(count, &with, "labels")?;
        Ok(Self { count: labels, of_vertex, of_edge, sets: sets.lists, with })
    }

    /// One label, or none, for each vertex.
    pub fn of_vertices(graph: &Graph, count: usize, labels: &[Option<u32>]) -> Result<Self, Error> {
        if labels.len() != graph.vertices() as usize {
            let (found, wanted) = (labels.len(), graph.vertices() as usize);
            return Err(Error::Length { place: "the list of labels", found, wanted });
        }
        let on: Vec<(u32, u32)> = labels
            .iter()
            .enumerate()
            .filter_map(|(vertex, label)| label.map(|label| (vertex as u32, label)))
            .collect();
        Self::new(graph, count, &on, &[])
    }

    /// How many labels there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The labels of a vertex, ascending.
    pub fn on_vertex(&self, vertex: u32) -> &[u32] {
        self.of_vertex.get(vertex as usize).map_or(&[], |&set| self.set(set))
    }

    /// The labels of an edge, ascending.
    pub fn on_edge(&self, edge: u32) -> &[u32] {
        self.of_edge.get(edge as usize).map_or(&[], |&set| self.set(set))
    }

    /// The same labels, with none on these vertices.
    pub(super) fn without(&self, vertices: &[u32]) -> Self {
        let mut labels = self.clone();
        vertices.iter().for_each(|&vertex| labels.of_vertex[vertex as usize] = 0);
        labels
    }

    pub(super) fn fits(&self, graph: &Graph) -> bool {
        (self.of_vertex.len(), self.of_edge.len()) == (graph.vertices() as usize, graph.edges() as usize)
    }

    /// The number of a vertex's set.
    pub(super) fn set_of_vertex(&self, vertex: u32) -> u32 {
        self.of_vertex[vertex as usize]
    }

    /// The number of an edge's set.
    pub(super) fn set_of_edge(&self, edge: u32) -> u32 {
        self.of_edge[edge as usize]
    }

    pub(super) fn sets(&self) -> usize {
        self.sets.len()
    }

    pub(super) fn set(&self, set: u32) -> &[u32] {
        self.sets.get(set as usize)
    }

    /// The sets that have a label.
    pub(super) fn sets_with(&self, label: u32) -> &[u32] {
        self.with.get(label as usize)
    }

    pub(super) fn check(&self, place: &'static str, label: u32) -> Result<u32, Error> {
        if label < self.count { Ok(label) } else { Err(Error::NoLabel { place, label, labels: self.count }) }
    }
}

/// Sets of labels, each numbered once.
struct Sets {
    lists: Lists,
    /// By label, the set of it alone; 0 while there is none.
    alone: Vec<u32>,
    several: HashMap<Vec<u32>, u32>,
}

impl Sets {
    fn new(labels: usize) -> Self {
        let mut lists = Lists::default();
        lists.push(&[]);
        Self { lists, alone: vec![0; labels], several: HashMap::new() }
    }

    /// The number of the set of each of `count` things.
    fn number(&mut self, count: usize, on: &[(u32, u32)]) -> Result<Vec<u32>, Error> {
        if on.is_empty() {
            return Ok(vec![0; count]);
        }
        let of = Lists::of_pairs(count, on, "memberships in labels")?;
        let mut labels = Vec::new();
        Ok(of
            .iter()
            .map(|list| {
                labels.clear();
                labels.extend_from_slice(list);
                labels.sort_unstable();
                labels.dedup();
                self.of(&labels)
            })
            .collect())
    }

    fn of(&mut self, labels: &[u32]) -> u32 {
        match labels {
            [] => 0,
            [label] => {
                let known = &mut self.alone[*label as usize];
                if *known == 0 {
                    *known = self.lists.len() as u32;
                    self.lists.push(labels);
                }
                *known
            }
            several => {
                if let Some(&known) = self.several.get(several) {
                    return known;
                }
                let set = self.lists.len() as u32;
                self.several.insert(several.to_vec(), set);
                self.lists.push(several);
                set
            }
        }
    }
}
