//! Bridges alone, without a search in depth.
//!
//! A search in breadth gives a tree; an edge outside of it lies on a circle with the tree's edges between its ends, and none of those
//! is a bridge. Each is walked over once: what has been walked over is one piece from then on (union-find). So the tree's edges
//! that are left are the bridges (R. E. Tarjan, "A note on finding the bridges of a graph", Information Processing Letters 2(6), 1974, has the
//! same idea with preorder numbers). Searches in breadth use memory in order where those in depth jump, and most networks have few edges
//! outside of a tree.

#![expect(
    clippy::indexing_slicing,
    reason = "vertices and edges are the graph's, and every table has a row for each"
)]

use super::{Arc, Graph, NONE};

/// Edges whose loss parts what was connected, ascending. As good as linear. [`Skeleton`](super::Skeleton) has them too.
pub fn bridges(graph: &Graph) -> Vec<u32> {
    let vertices = graph.vertices() as usize;
    // By vertex: the vertex and the edge above it, and its depth.
    let mut above = vec![NONE; vertices];
    let mut edge_above = vec![NONE; vertices];
    let mut depth = vec![NONE; vertices];
    let mut open: Vec<u32> = Vec::with_capacity(vertices);
    for start in 0..graph.vertices() {
        if depth[start as usize] != NONE {
            continue;
        }
        depth[start as usize] = 0;
        let mut at = open.len();
        open.push(start);
        while let Some(&vertex) = open.get(at) {
            at += 1;
            let below = depth[vertex as usize] + 1;
            for &Arc { to, edge } in graph.arcs(vertex) {
                let to = to as usize;
                if depth[to] == NONE {
                    depth[to] = below;
                    above[to] = vertex;
                    edge_above[to] = edge;
                    open.push(to as u32);
                }
            }
        }
    }
    // By vertex, one nearer to the start in the same piece; itself at the piece's top.
    let mut piece: Vec<u32> = (0..graph.vertices()).collect();
    for (edge, &[a, b]) in (0u32..).zip(graph.ends()) {
        if a == b || edge_above[a as usize] == edge || edge_above[b as usize] == edge {
            continue;
        }
        let (mut a, mut b) = (top(&mut piece, a), top(&mut piece, b));
        while a != b {
            if depth[a as usize] < depth[b as usize] {
                std::mem::swap(&mut a, &mut b);
            }
            piece[a as usize] = above[a as usize];
            a = top(&mut piece, a);
        }
    }
    let left = |vertex: &u32| piece[*vertex as usize] == *vertex && edge_above[*vertex as usize] != NONE;
    let mut bridges: Vec<u32> =
        (0..graph.vertices()).filter(left).map(|vertex| edge_above[vertex as usize]).collect();
    bridges.sort_unstable();
    bridges
}

/// The top of a vertex's piece, with the way there halved.
fn top(piece: &mut [u32], vertex: u32) -> u32 {
    let mut at = vertex;
    loop {
        let next = piece[at as usize];
        if next == at {
            return at;
        }
        let further = piece[next as usize];
        piece[at as usize] = further;
        at = further;
    }
}
