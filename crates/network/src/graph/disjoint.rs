//! Paths that share no vertex, or no edge.
//!
//! Menger's theorem by augmenting paths (Ford and Fulkerson, Canadian Journal of Mathematics 8, 1956) of unit capacity, found
//! in breadth. For vertices the graph is searched as if each vertex on a path were two, one entered and one left
//! (Suurballe, Networks 4(2), 1974), without building that graph: only what lies on a path needs to be told apart.

#![expect(
    clippy::indexing_slicing,
    reason = "vertices and edges are the graph's, states two to a vertex, and every table has a row for each"
)]

use super::{Error, Graph, NONE, vertex};

/// What paths must not share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// No vertex besides the ends. Parallel edges between the ends are paths of their own.
    Vertices,
    /// No edge.
    Edges,
}

/// A path, from one end to the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// Its vertices, no one twice.
    pub vertices: Vec<u32>,
    /// The edges between them, one less.
    pub edges: Vec<u32>,
}

/// As many paths as there are between two vertices that are apart, up to `most`. Linear for each path.
pub fn disjoint_paths(
    graph: &Graph,
    from: u32,
    to: u32,
    apart: Apart,
    most: usize,
) -> Result<Vec<Path>, Error> {
    let (from, to) = (vertex(graph, "a path", from)?, vertex(graph, "a path", to)?);
    if from == to {
        return Err(Error::SameEnds(from));
    }
    let mut ends = vec![false; graph.vertices() as usize];
    ends[to as usize] = true;
    Ok(Search::new(graph, from, ends, true).run(apart, most))
}

/// As many paths as there are from a vertex to any of some others that are apart, up to `most`. Apart by vertices, each
/// ends at another one: the loss of any single vertex leaves all but one of them. Linear for each path.
pub fn disjoint_paths_to_any(
    graph: &Graph,
    from: u32,
    to: &[u32],
    apart: Apart,
    most: usize,
) -> Result<Vec<Path>, Error> {
    let from = vertex(graph, "a path", from)?;
    let mut ends = vec![false; graph.vertices() as usize];
    for &to in to {
        if from == to {
            return Err(Error::SameEnds(from));
        }
        ends[vertex(graph, "a path", to)? as usize] = true;
    }
    Ok(Search::new(graph, from, ends, false).run(apart, most))
}

struct Search<'a> {
    graph: &'a Graph,
    from: u32,
    /// By vertex, whether a path may end there.
    ends: Vec<bool>,
    /// Whether paths may end at the same vertex, apart by vertices.
    shared_end: bool,
    /// By edge, which way a path goes along it: towards its end 1, towards its end 0, or neither.
    flow: Vec<Way>,
    /// By vertex, the edge by which a path enters it (apart by vertices).
    entered: Vec<u32>,
    /// By state, by which edge and from which state it was reached.
    reached: Vec<(u32, u32)>,
    queue: Vec<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Neither,
    Forth,
    Back,
}

/// Two states a vertex: 2v when it was entered along what no path uses, and can be left only back along the path that it is on;
/// 2v + 1 when it can be left.
const IN: u32 = 0;
const OUT: u32 = 1;

/// An edge in `reached`: none, the state was passed to at the same vertex.
const INSIDE: u32 = NONE - 1;

impl<'a> Search<'a> {
    fn new(graph: &'a Graph, from: u32, ends: Vec<bool>, shared_end: bool) -> Self {
        Self {
            graph,
            from,
            ends,
            shared_end,
            flow: vec![Way::Neither; graph.edges() as usize],
            entered: vec![NONE; graph.vertices() as usize],
            reached: vec![(NONE, NONE); graph.vertices() as usize * 2],
            queue: Vec::new(),
        }
    }

    fn run(mut self, apart: Apart, most: usize) -> Vec<Path> {
        let mut found = Vec::new();
        while found.len() < most {
            let end = match apart {
                Apart::Vertices => self.augment_by_vertices(),
                Apart::Edges => self.augment_by_edges(),
            };
            for &state in &self.queue {
                self.reached[state as usize] = (NONE, NONE);
            }
            match end {
                Some(end) => found.push(end),
                None => break,
            }
        }
        match apart {
            Apart::Vertices => self.paths_by_vertices(),
            Apart::Edges => (0..found.len()).map(|_| self.walk()).collect(),
        }
    }

    /// Which way an edge is gone along from a vertex.
    fn way(&self, edge: u32, from: u32) -> Way {
        if self.graph.ends()[edge as usize][0] == from { Way::Forth } else { Way::Back }
    }

    fn reach(&mut self, state: u32, edge: u32, from: u32) {
        if self.reached[state as usize].0 == NONE {
            self.reached[state as usize] = (edge, from);
            self.queue.push(state);
        }
    }

    fn begin(&mut self) {
        self.queue.clear();
        self.reach(self.from * 2 + OUT, INSIDE, NONE);
    }

    fn augment_by_vertices(&mut self) -> Option<u32> {
        self.begin();
        let mut head = 0;
        while let Some(&state) = self.queue.get(head) {
            head += 1;
            let vertex = state / 2;
            if state % 2 == IN {
                // On a path, and entered from beside: back along it.
                self.back_along(vertex, state);
                continue;
            }
            for &arc in self.graph.arcs(vertex) {
                let to = arc.to;
                if self.flow[arc.edge as usize] != Way::Neither || to == self.from {
                    continue;
                }
                let on_path = self.entered[to as usize] != NONE;
                if self.ends[to as usize] {
                    if !on_path || self.shared_end {
                        self.turn(state, arc.edge, to);
                        return Some(to);
                    }
                    // The end of another path: that one may end elsewhere.
                    self.reach(to * 2 + IN, arc.edge, state);
                } else if on_path {
                    self.reach(to * 2 + IN, arc.edge, state);
                } else {
                    self.reach(to * 2 + OUT, arc.edge, state);
                }
            }
            if vertex != self.from && self.entered[vertex as usize] != NONE {
                self.reach(vertex * 2 + IN, INSIDE, state);
            }
        }
        None
    }

    fn back_along(&mut self, vertex: u32, state: u32) {
        let edge = self.entered[vertex as usize];
        let [a, b] = self.graph.ends()[edge as usize];
        let before = if a == vertex { b } else { a };
        self.reach(before * 2 + OUT, edge, state);
    }

    /// Takes the way that was found to `to` into the paths.
    fn turn(&mut self, state: u32, edge: u32, to: u32) {
        let way = self.way(edge, state / 2);
        self.flow[edge as usize] = way;
        self.entered[to as usize] = edge;
        let mut at = state;
        loop {
            let (edge, from) = self.reached[at as usize];
            if from == NONE {
                return;
            }
            if edge != INSIDE {
                let (vertex, before) = (at / 2, from / 2);
                if self.flow[edge as usize] == Way::Neither {
                    self.flow[edge as usize] = self.way(edge, before);
                    self.entered[vertex as usize] = edge;
                } else {
                    // Gone back along: no path uses it any more.
                    self.flow[edge as usize] = Way::Neither;
                    self.entered[before as usize] = NONE;
                }
            }
            at = from;
        }
    }

    fn paths_by_vertices(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        for end in (0..self.graph.vertices()).filter(|&vertex| self.ends[vertex as usize]) {
            for &arc in self.graph.arcs(end) {
                if self.flow[arc.edge as usize] == self.way(arc.edge, arc.to) {
                    let mut path = Path { vertices: vec![end, arc.to], edges: vec![arc.edge] };
                    let mut at = arc.to;
                    while at != self.from {
                        let edge = self.entered[at as usize];
                        let [a, b] = self.graph.ends()[edge as usize];
                        at = if a == at { b } else { a };
                        path.vertices.push(at);
                        path.edges.push(edge);
                    }
                    path.vertices.reverse();
                    path.edges.reverse();
                    paths.push(path);
                }
            }
        }
        paths
    }

    fn augment_by_edges(&mut self) -> Option<u32> {
        self.begin();
        let mut head = 0;
        while let Some(&state) = self.queue.get(head) {
            head += 1;
            let vertex = state / 2;
            for &arc in self.graph.arcs(vertex) {
                let way = self.way(arc.edge, vertex);
                if self.flow[arc.edge as usize] == way {
                    continue;
                }
                self.reach(arc.to * 2 + OUT, arc.edge, state);
                if self.ends[arc.to as usize] {
                    let mut at = arc.to * 2 + OUT;
                    loop {
                        let (edge, from) = self.reached[at as usize];
                        if from == NONE {
                            return Some(arc.to);
                        }
                        let used = self.flow[edge as usize] != Way::Neither;
                        let way = self.way(edge, from / 2);
                        self.flow[edge as usize] = if used { Way::Neither } else { way };
                        at = from;
                    }
                }
            }
        }
        None
    }

    /// Takes one path out of the edges that paths use; whatever goes round in a circle is left out of it.
    fn walk(&mut self) -> Path {
        let mut path = Path { vertices: vec![self.from], edges: Vec::new() };
        // By vertex, its place in the path.
        let mut at = self.from;
        let mut places = std::collections::HashMap::from([(at, 0)]);
        while !self.ends[at as usize] {
            let next =
                self.graph.arcs(at).iter().find(|arc| self.flow[arc.edge as usize] == self.way(arc.edge, at));
            let Some(&arc) = next else { break };
            self.flow[arc.edge as usize] = Way::Neither;
            at = arc.to;
            if let Some(&place) = places.get(&at) {
                for &vertex in &path.vertices[place + 1..] {
                    places.remove(&vertex);
                }
                path.vertices.truncate(place + 1);
                path.edges.truncate(place);
            } else {
                places.insert(at, path.vertices.len());
                path.vertices.push(at);
                path.edges.push(arc.edge);
            }
        }
        path
    }
}
