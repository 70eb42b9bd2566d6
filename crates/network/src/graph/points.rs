//! Single points of failure, each with what its loss costs, in linear time.
//!
//! With roots: the vertices that a loss cuts off are those it dominates in a search from above all roots, and the
//! dominators follow from the biconnected components (see [`Forest::dominators`]). A demand is lost with a vertex
//! when that vertex dominates all of the demand's vertices: its weight is counted at their lowest common dominator, and
//! summed upwards. For edges the same with the search tree itself.
//!
//! Without roots: of what a loss leaves of a part, the largest remains, and the others are cut off. Where the largest is
//! a subtree, the demands that stay are those that touch it, counted at their vertices, less at each meeting of
//! neighbours in order, so that each subtree sums to one or none.

#![expect(
    clippy::indexing_slicing,
    reason = "orders are the forest's own, and every table has a row for each"
)]

use super::ancestry::Ancestry;
use super::search::Forest;
use super::{Error, Graph, Loss, Service, service_fits};

/// Vertices and edges whose loss cuts others off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Points {
    /// Vertices, ascending. The loss counts the weight of the vertex itself too.
    pub vertices: Vec<(u32, Loss)>,
    /// Edges, ascending.
    pub edges: Vec<(u32, Loss)>,
}

/// Every vertex and every edge whose loss cuts off other vertices, with what it costs. Linear; a demand of several vertices
/// takes log n for each.
///
/// Without roots these are the articulation points and bridges, and a demand whose vertices lie in several parts is lost
/// by no single one. With roots, what separates nothing from all of them is no single point.
pub fn single_points(graph: &Graph, service: &Service) -> Result<Points, Error> {
    service_fits(graph, service)?;
    Ok(points(&Forest::new(graph, service.roots()), service))
}

/// The same of a search that was made from the service's roots.
pub(super) fn points(forest: &Forest, service: &Service) -> Points {
    let sums = Sums::new(forest, service);
    let mut points = if service.roots().is_some() {
        below_roots(forest, &sums)
    } else {
        beside_the_largest(forest, &sums)
    };
    points.vertices.sort_unstable_by_key(|&(vertex, _)| vertex);
    points.edges.sort_unstable_by_key(|&(edge, _)| edge);
    points
}

fn below_roots(forest: &Forest, sums: &Sums) -> Points {
    let mut points = Points::default();
    let mut cut = vec![0u64; forest.len()];
    for order in (1..forest.len()).rev() {
        if cut[order] > 0 {
            let loss = Loss { vertices: cut[order], weight: sums.dominated[order] };
            points.vertices.push((forest.vertex[order], loss));
        }
        let parent = forest.parent[order];
        let size = u64::from(forest.size[order]);
        if parent > 0 && forest.low[order] >= parent {
            cut[parent as usize] += size;
        }
        if parent > 0 && forest.low[order] as usize == order {
            points.edges.push((forest.link[order], Loss { vertices: size, weight: sums.within[order] }));
        }
    }
    points
}

fn beside_the_largest(forest: &Forest, sums: &Sums) -> Points {
    let mut points = Points::default();
    for parting in partings(forest) {
        let order = parting.order as usize;
        let weight = match (parting.kept, parting.of_edge) {
            (None, false) => sums.dominated[order],
            (None, true) => sums.within[order],
            (Some(subtree), _) => sums.within[parting.top as usize] - sums.touching[subtree as usize],
        };
        let loss = Loss { vertices: u64::from(parting.cut), weight };
        if parting.of_edge {
            points.edges.push((forest.link[order], loss));
        } else {
            points.vertices.push((forest.vertex[order], loss));
        }
    }
    points
}

/// How a part comes apart at a vertex, or at the edge above it.
pub(super) struct Parting {
    pub(super) order: u32,
    pub(super) of_edge: bool,
    /// The start of the part's tree.
    pub(super) top: u32,
    /// The subtree that remains, by its order; `None` where what is neither lost nor in a separated subtree does.
    pub(super) kept: Option<u32>,
    /// Vertices that are cut off.
    pub(super) cut: u32,
    /// Whether another piece is as large as the one that remains.
    pub(super) is_tied: bool,
}

/// Every parting, from the last vertex to the first.
pub(super) fn partings(forest: &Forest) -> Vec<Parting> {
    let mut partings = Vec::new();
    // By order: the vertices in separated subtrees, how many those are, the largest and whether another is as large.
    let mut below = vec![(0u32, 0u32, 0u32, false); forest.len()];
    let lowest = lowest_vertices(forest);
    // By order, the start of its tree.
    let mut start = vec![0u32; forest.len()];
    for order in 1..forest.len() {
        let parent = forest.parent[order] as usize;
        start[order] = if parent == 0 { order as u32 } else { start[parent] };
    }
    for order in (1..forest.len()).rev() {
        let top = start[order];
        let whole = forest.size[top as usize];
        let (separated, count, largest, several) = below[order];
        let parent = forest.parent[order] as usize;
        if count > u32::from(parent == 0) {
            // The rest has the part's lowest vertex, and remains where it is as large; a tree's start has no rest.
            let rest = whole - 1 - separated;
            let size = if largest == 0 { 0 } else { forest.size[largest as usize] };
            let rest_remains = parent != 0 && rest >= size;
            let (kept, left, is_tied) =
                if rest_remains { (None, rest, rest == size) } else { (Some(largest), size, several) };
            let (order, cut) = (order as u32, whole - 1 - left);
            partings.push(Parting { order, of_edge: false, top, kept, cut, is_tied });
        }
        if parent == 0 {
            continue;
        }
        let size = forest.size[order];
        if forest.low[order] as usize >= parent {
            let (cut, count, largest, several) = &mut below[parent];
            *cut += size;
            *count += 1;
            let best = *largest as usize;
            let of_best = if best == 0 { 0 } else { forest.size[best] };
            *several = if size == of_best { true } else { *several && size < of_best };
            if best == 0 || (size, lowest[best]) > (of_best, lowest[order]) {
                *largest = order as u32;
            }
        }
        if forest.low[order] as usize == order {
            let above = whole - size;
            let (kept, cut) = if above >= size { (None, size) } else { (Some(order as u32), above) };
            let (order, is_tied) = (order as u32, above == size);
            partings.push(Parting { order, of_edge: true, top, kept, cut, is_tied });
        }
    }
    partings
}

/// By order, the lowest vertex of the subtree.
fn lowest_vertices(forest: &Forest) -> Vec<u32> {
    let mut lowest = forest.vertex.clone();
    for order in (1..forest.len()).rev() {
        let parent = forest.parent[order] as usize;
        lowest[parent] = lowest[parent].min(lowest[order]);
    }
    lowest
}

/// By order, weights of demands: those all of whose vertices lie within the subtree, those all of whose vertices it
/// dominates, itself included, and (without roots) those that touch the subtree. Demands that are in several trees are in none.
struct Sums {
    within: Vec<u64>,
    dominated: Vec<u64>,
    touching: Vec<u64>,
}

impl Sums {
    fn new(forest: &Forest, service: &Service) -> Self {
        let dominators = forest.dominators();
        let mut alone = vec![0u64; forest.len()];
        for (vertex, &weight) in service.alone().iter().enumerate() {
            let order = forest.order[vertex] as usize;
            if order != 0 {
                alone[order] = weight;
            }
        }
        let (mut within, mut dominated) = (alone.clone(), alone.clone());
        // Weights are below 2^63 in all: what wraps around in between comes out right.
        let mut touching = if service.roots().is_none() { alone } else { Vec::new() };
        let mut spread = service.spread().peekable();
        if spread.peek().is_some() {
            let (tree, cuts) = (Ancestry::new(&forest.parent), Ancestry::new(&dominators));
            let mut orders = Vec::new();
            for (vertices, weight) in spread {
                orders.clear();
                orders.extend(
                    vertices.iter().map(|&vertex| forest.order[vertex as usize]).filter(|&order| order != 0),
                );
                orders.sort_unstable();
                let Some(&first) = orders.first() else { continue };
                let lowest = orders.iter().fold(first, |a, &b| tree.lowest(a, b));
                if service.roots().is_none() && lowest == 0 {
                    continue;
                }
                within[lowest as usize] += weight;
                dominated[orders.iter().fold(first, |a, &b| cuts.lowest(a, b)) as usize] += weight;
                if service.roots().is_none() {
                    orders.iter().for_each(|&order| {
                        touching[order as usize] = touching[order as usize].wrapping_add(weight)
                    });
                    for pair in orders.windows(2) {
                        let meeting = tree.lowest(pair[0], pair[1]) as usize;
                        touching[meeting] = touching[meeting].wrapping_sub(weight);
                    }
                }
            }
        }
        for order in (1..forest.len()).rev() {
            let (parent, above) = (forest.parent[order] as usize, dominators[order] as usize);
            within[parent] += within[order];
            dominated[above] += dominated[order];
            if let Some(&sum) = touching.get(order) {
                touching[parent] = touching[parent].wrapping_add(sum);
            }
        }
        Self { within, dominated, touching }
    }
}
