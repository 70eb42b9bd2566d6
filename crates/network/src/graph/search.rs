//! Depth-first search, and what follows from it in linear time: articulation points, bridges, biconnected components.
//!
//! Hopcroft and Tarjan, CACM 16(6), 1973, without recursion: the search writes down order, parent and the lowest order
//! that each vertex reaches by an edge of its own; one pass from the last vertex to the first sums over subtrees. A
//! biconnected component is told by its edges: a tree edge begins one when nothing below it reaches above its upper end,
//! and belongs to its parent's otherwise; any other edge belongs to the component of the tree edge above its lower end.

#![expect(
    clippy::indexing_slicing,
    reason = "vertices and edges are the graph's; orders are counted by the search itself"
)]

use super::union::Union;
use super::{Arc, Graph, NONE};

/// The part of each vertex, numbered by their lowest vertices, and how many parts there are: parts have no connection
/// between them, and a vertex without an edge is one. By union-find (Tarjan, JACM 22(2), 1975), as good as linear.
pub fn components(graph: &Graph) -> (Vec<u32>, u32) {
    let mut union = Union::new(graph.vertices() as usize);
    for &[a, b] in graph.ends() {
        union.join(a, b);
    }
    union.numbered()
}

/// Where a graph comes apart when one vertex or one edge is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skeleton {
    /// Articulation points: vertices whose loss parts what was connected. Ascending.
    pub articulation_points: Vec<u32>,
    /// Bridges: edges whose loss parts what was connected. Ascending.
    pub bridges: Vec<u32>,
    /// By edge, its biconnected component, numbered by their lowest edges; `None` for an edge from a vertex to itself.
    pub component_of: Vec<Option<u32>>,
    /// How many biconnected components there are. A bridge is one by itself.
    pub components: u32,
    /// Parts without a connection between them, vertices without an edge included.
    pub parts: u32,
}

impl Skeleton {
    /// Of a graph. Linear.
    pub fn new(graph: &Graph) -> Self {
        let forest = Forest::new(graph, None);
        let mut skeleton = Self { parts: forest.starts, ..Self::default() };
        // By order: whether the vertex is an articulation point, and the component of the edge to its parent.
        let mut separates = vec![false; forest.vertex.len()];
        let mut component = vec![NONE; forest.vertex.len()];
        let mut last_child = vec![0u32; forest.vertex.len()];
        let mut count = 0;
        for order in 1..forest.vertex.len() {
            let parent = forest.parent[order] as usize;
            if parent == 0 {
                continue;
            }
            if forest.low[order] as usize == order {
                skeleton.bridges.push(forest.link[order]);
            }
            component[order] = if forest.low[order] as usize >= parent {
                // The start of a tree separates when it has two children.
                separates[parent] = forest.parent[parent] != 0 || last_child[parent] != 0;
                count += 1;
                count - 1
            } else {
                component[parent]
            };
            last_child[parent] = order as u32;
        }
        skeleton.bridges.sort_unstable();
        for vertex in 0..graph.vertices() {
            if separates[forest.order[vertex as usize] as usize] {
                skeleton.articulation_points.push(vertex);
            }
        }
        // Numbered anew, by their lowest edges.
        let mut number = vec![NONE; count as usize];
        skeleton.component_of.reserve(graph.ends().len());
        for &[a, b] in graph.ends() {
            if a == b {
                skeleton.component_of.push(None);
                continue;
            }
            let lower = forest.order[a as usize].max(forest.order[b as usize]);
            let known = &mut number[component[lower as usize] as usize];
            if *known == NONE {
                *known = skeleton.components;
                skeleton.components += 1;
            }
            skeleton.component_of.push(Some(*known));
        }
        skeleton
    }
}

/// A search forest. Vertices are numbered by the search ("order"), from 1, so that a subtree is a range of orders. Order 0
/// stands above all trees; where roots are given it is connected to each of them, and only what they reach is searched.
pub(super) struct Forest {
    /// By vertex, its order; 0 where the search did not come.
    pub(super) order: Vec<u32>,
    /// By order.
    pub(super) vertex: Vec<u32>,
    /// By order, the parent's order; 0 at the start of a tree.
    pub(super) parent: Vec<u32>,
    /// By order, the edge to the parent.
    pub(super) link: Vec<u32>,
    /// By order, the lowest order that the subtree reaches by another edge than the one to its parent.
    pub(super) low: Vec<u32>,
    /// By order, the vertices of the subtree.
    pub(super) size: Vec<u32>,
    /// How many trees there are.
    pub(super) starts: u32,
}

impl Forest {
    pub(super) fn new(graph: &Graph, roots: Option<&[u32]>) -> Self {
        let vertices = graph.vertices() as usize;
        let mut forest = Self {
            order: vec![0; vertices],
            vertex: Vec::with_capacity(vertices + 1),
            parent: Vec::with_capacity(vertices + 1),
            link: Vec::with_capacity(vertices + 1),
            low: Vec::with_capacity(vertices + 1),
            size: Vec::new(),
            starts: 0,
        };
        forest.visit(NONE, 0, NONE);
        match roots {
            Some(roots) => {
                roots.iter().for_each(|&root| forest.grow(graph, root));
                for &root in roots {
                    forest.low[forest.order[root as usize] as usize] = 0;
                }
            }
            None => (0..graph.vertices()).for_each(|start| forest.grow(graph, start)),
        }
        forest.gather();
        forest
    }

    fn visit(&mut self, vertex: u32, parent: u32, link: u32) -> u32 {
        let order = self.vertex.len() as u32;
        self.vertex.push(vertex);
        self.parent.push(parent);
        self.link.push(link);
        self.low.push(order);
        order
    }

    fn grow(&mut self, graph: &Graph, start: u32) {
        if self.order[start as usize] != 0 {
            return;
        }
        self.starts += 1;
        let arcs = graph.all_arcs();
        let order = self.visit(start, 0, NONE);
        self.order[start as usize] = order;
        let (next, end) = graph.range(start);
        let mut stack = Vec::new();
        let mut frame = (order, next, end, order);
        // A frame: the order, what is left of its arcs, and the lowest order that they reach.
        loop {
            let (order, next, end, low) = frame;
            if next == end {
                self.low[order as usize] = low;
                match stack.pop() {
                    Some(above) => frame = above,
                    None => return,
                }
                continue;
            }
            let Arc { to, edge } = arcs[next as usize];
            let reached = self.order[to as usize];
            if reached == 0 {
                stack.push((order, next + 1, end, low));
                let child = self.visit(to, order, edge);
                self.order[to as usize] = child;
                let (next, end) = graph.range(to);
                frame = (child, next, end, child);
            } else if edge == self.link[order as usize] {
                frame = (order, next + 1, end, low);
            } else {
                frame = (order, next + 1, end, low.min(reached));
            }
        }
    }

    /// Sums over subtrees: a child's order is greater than its parent's.
    fn gather(&mut self) {
        self.size = vec![1; self.vertex.len()];
        for child in (1..self.vertex.len()).rev() {
            let parent = self.parent[child] as usize;
            self.size[parent] += self.size[child];
            if parent != 0 {
                self.low[parent] = self.low[parent].min(self.low[child]);
            }
        }
    }

    /// How many orders there are, the one above all included.
    pub(super) fn len(&self) -> usize {
        self.vertex.len()
    }

    /// By order, the vertex nearest above without which it is not reached: its immediate dominator, with order 0 above all.
    ///
    /// Where nothing below a tree edge reaches above its upper end, that end is; elsewhere the edge lies in the same
    /// biconnected component as its parent's, and has the same.
    pub(super) fn dominators(&self) -> Vec<u32> {
        let mut above = vec![0; self.len()];
        for order in 1..self.len() {
            let parent = self.parent[order];
            above[order] = if self.low[order] >= parent { parent } else { above[parent as usize] };
        }
        above
    }
}
