//! Algorithms on a network as a graph: what is lost without a vertex, an edge or a label, and how few labels it takes.
//!
//! Pure: no model, no ledger, no clock. Whoever asks makes a [`Graph`] of devices and links, [`Labels`] of one kind
//! (vendors, ducts, sites, versions; several kinds at once are as good), and a [`Service`]: who asks for how much, and
//! from which roots. Every answer is a function of these, in the same order each time; whatever has a limit counts steps,
//! not seconds, and says the bound that it reached.
//!
//! | question | function | time |
//! |---|---|---|
//! | parts without a connection between them | [`components`] | linear |
//! | articulation points, bridges, biconnected components | [`Skeleton::new`] | linear |
//! | bridges alone | [`bridges()`] | as good as linear |
//! | what each single point of failure costs | [`single_points`] | linear (with log n for a demand of several vertices) |
//! | whom each cuts off beside the largest remaining part | [`Severance`] | linear |
//! | what is lost when given things are lost | [`outage`] | linear |
//! | what each label costs | [`each_label`] | linear times log of the labels |
//! | what each two labels cost | [`each_pair`] | linear times the labels |
//! | paths without a common vertex or edge | [`disjoint_paths`], [`disjoint_paths_to_any`] | linear for each path |
//! | two paths without a common label | [`label_disjoint_pair`], [`label_disjoint_pair_between`] | exponential, with a limit |
//! | fewest labels whose loss costs so much | [`fewest_labels`] | exponential, with a limit |
//! | demand that capacities still serve | [`served_by_capacity`] | Dinic |
//! | demands of several kinds that compete for capacities | [`served_together`] | bounds, by several maximum flows |
//! | how concentrated shares are | [`Concentration::of`] | linear |
//!
//! **Lost.** With roots given, a vertex is served while it is connected to a root that is there; without roots, while it
//! is in the largest remaining part (most vertices; of equals the one with the lowest vertex) of what was one part before.
//! A demand is served while one of its vertices is. What was not served before is never lost. See [`Service`].
//!
//! Wrong when: vertices that relay nothing (a radio unit between two routers) stand in the graph as if they did; the
//! graph has no direction and no routing policy. Misses: that what remains may be overloaded, except in
//! [`served_by_capacity`], which has one commodity, and [`served_together`], which bounds what several have.

mod ancestry;
mod bits;
mod bridges;
mod concentration;
pub(crate) mod contraction;
mod csr;
mod cut;
mod disjoint;
mod diverse;
mod flow;
mod kernel;
mod labels;
mod lists;
pub(crate) mod masks;
mod master;
mod outage;
mod pairs;
mod pieces;
mod points;
mod search;
mod service;
mod severed;
mod shared;
mod union;
mod ways;

pub use bridges::bridges;
pub use concentration::Concentration;
pub use csr::{Arc, Graph};
pub use cut::{LabelCut, fewest_labels};
pub use disjoint::{Apart, Path, disjoint_paths, disjoint_paths_to_any};
pub use diverse::{Diversity, label_disjoint_pair, label_disjoint_pair_between};
pub use flow::{Capacities, served_by_capacity};
pub use labels::Labels;
pub use outage::{Lost, Outage, outage};
pub use pairs::{PairLosses, all_pairs, each_label, each_pair, label_loss};
pub use points::{Points, single_points};
pub use search::{Skeleton, components};
pub use service::{Loss, Service};
pub use severed::{Severance, Severed};
pub use shared::{Shared, served_together};

/// What cannot be a graph, its labels or its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A vertex that the graph does not have.
    #[error("{place} names vertex {vertex}, but the graph has {vertices}: vertices are numbered from 0")]
    NoVertex {
        /// What names it.
        place: &'static str,
        /// The vertex.
        vertex: u32,
        /// How many there are.
        vertices: u32,
    },
    /// An edge that the graph does not have.
    #[error("{place} names edge {edge}, but the graph has {edges}: edges are numbered from 0")]
    NoEdge {
        /// What names it.
        place: &'static str,
        /// The edge.
        edge: u32,
        /// How many there are.
        edges: u32,
    },
    /// A label that is not among the labels.
    #[error("{place} names label {label}, but there are {labels}: labels are numbered from 0")]
    NoLabel {
        /// What names it.
        place: &'static str,
        /// The label.
        label: u32,
        /// How many there are.
        labels: u32,
    },
    /// More vertices, edges or memberships than numbers of 32 bits count.
    #[error("{0} are more than 2^30, which is more than a graph here can have: split the network by region")]
    TooMany(&'static str),
    /// Weights whose sum is no number of 64 bits.
    #[error("the weights of all demands add up to more than 2^63: use a larger unit")]
    TooHeavy,
    /// One list is as long as another has to be.
    #[error("{place} has {found} entries for {wanted}: there is one for each")]
    Length {
        /// Which list.
        place: &'static str,
        /// Its entries.
        found: usize,
        /// How many are needed.
        wanted: usize,
    },
    /// Labels or a service that were made for another graph.
    #[error("{0} were made for a graph of another size: make them for this one")]
    OtherGraph(&'static str),
    /// More labels than a table of all pairs can have.
    #[error("a table of all pairs of {0} labels is larger than half a gigabyte: take each pair as it comes")]
    TableTooLarge(u32),
    /// A search that is defined by roots only.
    #[error(
        "the fewest labels are looked for from roots, and none are given: name what the demands must reach"
    )]
    NoRoots,
    /// What is defined without roots only.
    #[error(
        "whom a single point cuts off is told beside the largest remaining part, and roots are given: leave them out"
    )]
    Rooted,
    /// Paths from a vertex to itself.
    #[error("paths from vertex {0} to itself are no paths: name two vertices")]
    SameEnds(u32),
}

/// "None" among numbers of vertices, edges and the like.
const NONE: u32 = u32::MAX;

/// The most vertices, edges and memberships: twice as many arcs are still numbers of 32 bits.
const MOST: usize = 1 << 30;

/// Checks that a vertex is there.
fn vertex(graph: &Graph, place: &'static str, vertex: u32) -> Result<u32, Error> {
    if vertex < graph.vertices() {
        Ok(vertex)
    } else {
        Err(Error::NoVertex { place, vertex, vertices: graph.vertices() })
    }
}

/// Checks that labels were made for this graph.
fn labels_fit(graph: &Graph, labels: &Labels) -> Result<(), Error> {
    if labels.fits(graph) { Ok(()) } else { Err(Error::OtherGraph("labels")) }
}

/// Checks that a service was made for this graph.
fn service_fits(graph: &Graph, service: &Service) -> Result<(), Error> {
    if service.fits(graph) { Ok(()) } else { Err(Error::OtherGraph("demands and roots")) }
}

#[cfg(test)]
mod tests;
