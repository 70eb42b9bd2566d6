//! The graph: undirected, with parallel edges, edges from a vertex to itself, and parts without a connection.

#![expect(
    clippy::indexing_slicing,
    reason = "ends of edges are checked when the graph is made, and `first` counts the arcs"
)]

use super::{Error, MOST};

/// An undirected multigraph in compressed rows: eight bytes an arc, two arcs an edge.
///
/// An edge from a vertex to itself has a number and ends, and no arcs: it connects nothing.
#[derive(Clone, Debug)]
pub struct Graph {
    /// By vertex, where its arcs begin; one more at the end.
    first: Vec<u32>,
    arcs: Vec<Arc>,
    ends: Vec<[u32; 2]>,
    /// By edge; empty where none is stated.
    capacities: Vec<Option<u64>>,
}

/// One way along an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arc {
    /// The vertex that it leads to.
    pub to: u32,
    /// The edge.
    pub edge: u32,
}

impl Graph {
    /// A graph of so many vertices, numbered from 0, and the edges between them, numbered as they stand. Linear.
    pub fn new(vertices: usize, ends: Vec<[u32; 2]>) -> Result<Self, Error> {
        if vertices > MOST {
            return Err(Error::TooMany("vertices"));
        }
        if ends.len() > MOST {
            return Err(Error::TooMany("edges"));
        }
        let mut first = vec![0u32; vertices + 1];
        for &[a, b] in &ends {
            for vertex in [a, b] {
                if vertex as usize >= vertices {
                    return Err(Error::NoVertex { place: "an edge", vertex, vertices: vertices as u32 });
                }
            }
            if a != b {
                first[a as usize + 1] += 1;
                first[b as usize + 1] += 1;
            }
        }
        for vertex in 0..vertices {
            first[vertex + 1] += first[vertex];
        }
        let mut next = first.clone();
        let mut arcs = vec![Arc::default(); first[vertices] as usize];
        for (edge, &[a, b]) in ends.iter().enumerate() {
            if a != b {
                for (from, to) in [(a, b), (b, a)] {
                    let place = &mut next[from as usize];
                    arcs[*place as usize] = Arc { to, edge: edge as u32 };
                    *place += 1;
                }
            }
        }
        Ok(Self { first, arcs, ends, capacities: Vec::new() })
    }

    /// The same graph with a capacity for each edge, in any unit; `None` where it is not known and so bounds nothing.
    pub fn with_capacities(mut self, capacities: Vec<Option<u64>>) -> Result<Self, Error> {
        if capacities.len() != self.ends.len() {
            let (found, wanted) = (capacities.len(), self.ends.len());
            return Err(Error::Length { place: "the list of capacities", found, wanted });
        }
        self.capacities = capacities;
        Ok(self)
    }

    /// How many vertices there are.
    pub fn vertices(&self) -> u32 {
        (self.first.len() - 1) as u32
    }

    /// How many edges there are, those from a vertex to itself included.
    pub fn edges(&self) -> u32 {
        self.ends.len() as u32
    }

    /// Both ends of every edge.
    pub fn ends(&self) -> &[[u32; 2]] {
        &self.ends
    }

    /// The arcs that leave a vertex; none for a vertex that is not there.
    pub fn arcs(&self, vertex: u32) -> &[Arc] {
        let vertex = vertex as usize;
        match (self.first.get(vertex), self.first.get(vertex + 1)) {
            (Some(&start), Some(&end)) => &self.arcs[start as usize..end as usize],
            _ => &[],
        }
    }

    /// The capacity of an edge, where it is stated.
    pub fn capacity(&self, edge: u32) -> Option<u64> {
        self.capacities.get(edge as usize).copied().flatten()
    }

    /// Where a vertex's arcs begin among all, and where they end. For searches that keep a place among them.
    pub(super) fn range(&self, vertex: u32) -> (u32, u32) {
        (self.first[vertex as usize], self.first[vertex as usize + 1])
    }

    pub(super) fn all_arcs(&self) -> &[Arc] {
        &self.arcs
    }
}
