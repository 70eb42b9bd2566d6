//! Service: who asks for how much, and where it has to come from.

#![expect(
    clippy::indexing_slicing,
    reason = "vertices of demands are checked when a service is made; tables have a row each"
)]

use super::lists::Lists;
use super::{Error, Graph, vertex};

/// Demands on a graph, and the roots that serve them.
///
/// A demand has a weight (subscribers, or Mbit/s) and one or more vertices: the devices of a site. It is served while one of
/// them is served. A vertex is served while it is there and connected to a **root** that is there: a device that carries
/// the function asked for. Where no roots are given, it is served while it is in the **largest remaining part** of what was
/// one part before anything was lost: the part with the most vertices, of equals the one with the lowest vertex.
///
/// Roots are the better question, where they are known: the largest part is not the one that holds the core, and how much
/// is lost need not grow with what is lost. A demand without vertices is served by nothing, and never lost.
#[derive(Clone, Debug)]
pub struct Service {
    /// Ascending.
    roots: Option<Vec<u32>>,
    demands: Lists,
    weights: Vec<u64>,
    /// By vertex, the weight of the demands that have it alone.
    alone: Vec<u64>,
    /// Demands of several vertices.
    spread: Vec<u32>,
    size: (u32, u32),
}

/// What a loss costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// Vertices that are still there, were served before, and are no more: those that are cut off.
    pub vertices: u64,
    /// Weight of the demands that were served before and are no more, on what is lost itself or on what is cut off.
    pub weight: u64,
}

impl Service {
    /// Demands, each with its vertices and its weight; roots, or `None` for the largest remaining part.
    pub fn new<'a>(
        graph: &Graph,
        roots: Option<&[u32]>,
        demands: impl IntoIterator<Item = (&'a [u32], u64)>,
    ) -> Result<Self, Error> {
        let mut service = Self {
            roots: None,
            demands: Lists::default(),
            weights: Vec::new(),
            alone: vec![0; graph.vertices() as usize],
            spread: Vec::new(),
            size: (graph.vertices(), graph.edges()),
        };
        if let Some(roots) = roots {
            let mut list: Vec<u32> =
                roots.iter().map(|&root| vertex(graph, "a root", root)).collect::<Result<_, _>>()?;
            list.sort_unstable();
            list.dedup();
            service.roots = Some(list);
        }
        let (mut total, mut memberships) = (0u64, 0usize);
        let mut list = Vec::new();
        for (vertices, weight) in demands {
            list.clear();
            for &number in vertices {
                list.push(vertex(graph, "a demand", number)?);
            }
            list.sort_unstable();
            list.dedup();
            memberships += list.len();
            if memberships > super::MOST || service.weights.len() >= super::MOST {
                return Err(Error::TooMany("vertices of demands"));
            }
            total = total.checked_add(weight).filter(|&sum| sum < 1 << 63).ok_or(Error::TooHeavy)?;
            match list.as_slice() {
                [] => {}
                [vertex] => service.alone[*vertex as usize] += weight,
                _ => service.spread.push(service.weights.len() as u32),
            }
            service.demands.push(&list);
            service.weights.push(weight);
        }
        Ok(service)
    }

    /// One demand for each vertex, of the weight given.
    pub fn of_weights(graph: &Graph, roots: Option<&[u32]>, weights: &[u64]) -> Result<Self, Error> {
        if weights.len() != graph.vertices() as usize {
            let (found, wanted) = (weights.len(), graph.vertices() as usize);
            return Err(Error::Length { place: "the list of weights", found, wanted });
        }
        let vertices: Vec<u32> = (0..graph.vertices()).collect();
        Self::new(graph, roots, vertices.chunks(1).zip(weights.iter().copied()))
    }

    /// The roots, ascending, where any are given.
    pub fn roots(&self) -> Option<&[u32]> {
        self.roots.as_deref()
    }

    /// How many demands there are.
    pub fn demands(&self) -> usize {
        self.weights.len()
    }

    /// The vertices of a demand, ascending, and its weight.
    pub fn demand(&self, demand: usize) -> Option<(&[u32], u64)> {
        let weight = *self.weights.get(demand)?;
        Some((self.demands.get(demand), weight))
    }

    pub(super) fn fits(&self, graph: &Graph) -> bool {
        self.size == (graph.vertices(), graph.edges())
    }

    /// By vertex, the weight of the demands that have it alone.
    pub(super) fn alone(&self) -> &[u64] {
        &self.alone
    }

    /// Vertices and weight of each demand of several vertices.
    pub(super) fn spread(&self) -> impl Iterator<Item = (&[u32], u64)> {
        self.spread.iter().map(|&demand| (self.demands.get(demand as usize), self.weights[demand as usize]))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&[u32], u64)> {
        self.demands.iter().zip(self.weights.iter().copied())
    }
}
