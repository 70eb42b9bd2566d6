//! Whom each single point of failure cuts off, vertex by vertex.
//!
//! Without roots: of what a loss leaves of a part, the largest piece remains (of equals the one with the lowest vertex), and the others
//! are cut off. Each piece is a subtree of the search, or all that is in none of the separated ones, and so a few ranges of its orders:
//! nothing is listed that nobody asks for.

#![expect(
    clippy::indexing_slicing,
    reason = "orders are the forest's own, and every table has a row for each"
)]

use super::points::{Parting, partings, points};
use super::search::Forest;
use super::{Error, Graph, Points, Service, service_fits};
use std::ops::Range;

/// What comes apart where.
pub struct Severance<'a> {
    graph: &'a Graph,
    forest: Forest,
}

/// One single point of failure.
pub struct Severed {
    /// The vertex; of an edge none.
    pub vertex: Option<u32>,
    /// The edge; of a vertex none.
    pub edge: Option<u32>,
    cut: Vec<Range<usize>>,
    equal: Vec<Range<usize>>,
}

impl<'a> Severance<'a> {
    /// Of a graph. Linear.
    pub fn new(graph: &'a Graph) -> Self {
        Self { graph, forest: Forest::new(graph, None) }
    }

    /// How many parts there are, without a connection between them.
    pub fn parts(&self) -> u32 {
        self.forest.starts
    }

    /// What each point costs, as [`single_points`](super::single_points) tells it; of a service without roots.
    pub fn points(&self, service: &Service) -> Result<Points, Error> {
        service_fits(self.graph, service)?;
        if service.roots().is_some() {
            return Err(Error::Rooted);
        }
        Ok(points(&self.forest, service))
    }

    /// Every single point: vertices ascending, then edges ascending, as in [`points`](Self::points).
    pub fn each(&self) -> Vec<Severed> {
        let mut all: Vec<Severed> =
            partings(&self.forest).iter().map(|parting| self.severed(parting)).collect();
        all.sort_unstable_by_key(|one| (one.edge, one.vertex));
        all
    }

    /// The vertices that a point cuts off, in the order of the search.
    pub fn cut_off(&self, severed: &Severed) -> impl Iterator<Item = u32> {
        self.vertices(severed.cut.clone())
    }

    /// The vertices of the piece that remains, where another is as large: which of them is cut off is a matter of numbers.
    pub fn equal(&self, severed: &Severed) -> impl Iterator<Item = u32> {
        self.vertices(severed.equal.clone())
    }

    fn vertices(&self, ranges: Vec<Range<usize>>) -> impl Iterator<Item = u32> {
        ranges.into_iter().flatten().map(|order| self.forest.vertex[order])
    }

    fn severed(&self, parting: &Parting) -> Severed {
        let order = parting.order as usize;
        let rest = || if parting.of_edge { self.around(parting) } else { self.remaining(parting) };
        let subtrees = |without: Option<u32>| -> Vec<Range<usize>> {
            if parting.of_edge {
                return if without.is_none() { vec![self.range(order)] } else { Vec::new() };
            }
            self.separated(order)
                .filter(|child| Some(*child as u32) != without)
                .map(|child| self.range(child))
                .collect()
        };
        let mut cut = subtrees(parting.kept);
        if parting.kept.is_some() {
            cut.extend(rest());
        }
        let equal = match parting.kept {
            _ if !parting.is_tied => Vec::new(),
            Some(kept) => vec![self.range(kept as usize)],
            None => rest(),
        };
        let (vertex, edge) = (self.forest.vertex[order], self.forest.link[order]);
        Severed {
            vertex: (!parting.of_edge).then_some(vertex),
            edge: parting.of_edge.then_some(edge),
            cut,
            equal,
        }
    }

    /// The orders of a subtree.
    fn range(&self, order: usize) -> Range<usize> {
        order..order + self.forest.size[order] as usize
    }

    /// The subtrees that hang from a vertex.
    fn children(&self, order: usize) -> impl Iterator<Item = usize> {
        let end = self.range(order).end;
        let next =
            move |child: &usize| Some(child + self.forest.size[*child] as usize).filter(|&next| next < end);
        std::iter::successors((order + 1 < end).then_some(order + 1), next)
    }

    /// Those that the loss of the vertex separates.
    fn separated(&self, order: usize) -> impl Iterator<Item = usize> {
        self.children(order).filter(move |&child| self.forest.low[child] as usize >= order)
    }

    /// The part without the subtree.
    fn around(&self, parting: &Parting) -> Vec<Range<usize>> {
        let (all, gone) = (self.range(parting.top as usize), self.range(parting.order as usize));
        vec![all.start..gone.start, gone.end..all.end]
    }

    /// The part without the vertex and what its loss separates. A tree's start has no such rest.
    fn remaining(&self, parting: &Parting) -> Vec<Range<usize>> {
        if parting.order == parting.top {
            return Vec::new();
        }
        let order = parting.order as usize;
        let mut ranges = self.around(parting);
        let stays = self.children(order).filter(|&child| (self.forest.low[child] as usize) < order);
        ranges.extend(stays.map(|child| self.range(child)));
        ranges
    }
}
