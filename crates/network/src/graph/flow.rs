//! How much demand the capacities still serve: a maximum flow from the roots to the demands.
//!
//! Dinic, Soviet Mathematics Doklady 11, 1970: searches in breadth for distances, and in depth along them, without
//! recursion. An edge carries its capacity in either direction, one that states none carries anything; vertices bound
//! nothing. Demands are of one kind: what one root can serve, every other can.

#![expect(
    clippy::indexing_slicing,
    reason = "nodes and arcs are numbered here, and every table has a row for each"
)]

use super::outage::Lost;
use super::{Error, Graph, NONE, Service, service_fits};

/// What capacities serve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capacities {
    /// Weight of all demands.
    pub asked: u64,
    /// The most that can be served at once.
    pub served: u64,
    /// One way of serving that much, by demand. There may be others.
    pub by_demand: Vec<u64>,
    /// Edges that are full in every way of serving that much, and together bound it: the cut nearest the roots. Ascending.
    /// What is missing beyond them is not connected to a root at all.
    pub full: Vec<u32>,
}

/// The demand that is served when this is lost, as far as capacities allow: weights and capacities are in one unit. Dinic's
/// algorithm: vertices squared times edges at worst, far less on networks.
///
/// Needs roots: the largest remaining part is no source.
pub fn served_by_capacity(graph: &Graph, service: &Service, lost: &Lost<'_>) -> Result<Capacities, Error> {
    service_fits(graph, service)?;
    let roots = service.roots().ok_or(Error::NoRoots)?;
    let (gone, cut) = lost.marks(graph)?;
    let vertices = graph.vertices() as usize;
    let (source, sink) = (vertices as u32, vertices as u32 + 1);
    let mut flow = Flow::new(vertices + 2);
    for &root in roots.iter().filter(|&&root| !gone[root as usize]) {
        flow.arc(source, root, ANYTHING, 0);
    }
    let mut edges = Vec::new();
    for (edge, &[a, b]) in graph.ends().iter().enumerate() {
        if a != b && !cut[edge] && !gone[a as usize] && !gone[b as usize] {
            let capacity = graph.capacity(edge as u32).map_or(ANYTHING, |capacity| capacity.min(ANYTHING));
            edges.push((flow.arc(a, b, capacity, capacity), edge as u32));
        }
    }
    let mut result = Capacities::default();
    let mut demands = Vec::new();
    for (list, weight) in service.all() {
        result.asked += weight;
        let mut there = list.iter().copied().filter(|&vertex| !gone[vertex as usize]);
        let from = match (there.next(), there.next()) {
            (None, _) => NONE,
            (Some(one), None) => one,
            (Some(one), Some(two)) => {
                let node = flow.node();
                for vertex in [one, two].into_iter().chain(there) {
                    flow.arc(vertex, node, ANYTHING, 0);
                }
                node
            }
        };
        demands.push(if from == NONE { NONE } else { flow.arc(from, sink, weight, 0) });
    }
    result.served = flow.run(source, sink);
    result.by_demand =
        demands.iter().map(|&arc| if arc == NONE { 0 } else { flow.left[arc as usize + 1] }).collect();
    let reached = |node: u32| flow.distance[node as usize] != NONE;
    result.full = edges
        .iter()
        .filter(|&&(arc, _)| reached(flow.to[arc as usize]) != reached(flow.to[arc as usize + 1]))
        .map(|&(_, edge)| edge)
        .collect();
    Ok(result)
}

/// More than all demands together, and twice of it still a number.
pub(super) const ANYTHING: u64 = 1 << 63;

/// A network of directed arcs, and what flows in it.
pub(super) struct Flow {
    /// By node, its last arc; by arc, the one before it at the same node.
    last: Vec<u32>,
    before: Vec<u32>,
    to: Vec<u32>,
    /// By arc, what it can still carry. An arc's opposite is the number with its last bit changed.
    left: Vec<u64>,
    /// By node, its distance from the source, `NONE` where it is not reached.
    pub(super) distance: Vec<u32>,
}

impl Flow {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            last: vec![NONE; nodes],
            before: Vec::new(),
            to: Vec::new(),
            left: Vec::new(),
            distance: Vec::new(),
        }
    }

    pub(super) fn node(&mut self) -> u32 {
        self.last.push(NONE);
        self.last.len() as u32 - 1
    }

    pub(super) fn arc(&mut self, from: u32, to: u32, there: u64, back: u64) -> u32 {
        let arc = self.to.len() as u32;
        for (number, from, to, left) in [(arc, from, to, there), (arc + 1, to, from, back)] {
            self.to.push(to);
            self.left.push(left);
            self.before.push(self.last[from as usize]);
            self.last[from as usize] = number;
        }
        arc
    }

    /// What an arc can still carry.
    pub(super) fn left(&self, arc: u32) -> u64 {
        self.left[arc as usize]
    }

    /// Sends as much as can be, and leaves the distances of what could still be reached. Some cut has to be finite.
    pub(super) fn run(&mut self, source: u32, sink: u32) -> u64 {
        let mut total = 0;
        while self.measure(source, sink) {
            let mut next = self.last.clone();
            let mut path: Vec<u32> = Vec::new();
            let mut at = source;
            loop {
                if at == sink {
                    let most = path.iter().map(|&arc| self.left[arc as usize]).min().unwrap_or(0);
                    total += most;
                    let mut full = None;
                    for (step, &arc) in path.iter().enumerate() {
                        self.left[arc as usize] -= most;
                        // At most 2^63 by itself and all demands, which are less: a number.
                        self.left[arc as usize ^ 1] += most;
                        if full.is_none() && self.left[arc as usize] == 0 {
                            full = Some(step);
                        }
                    }
                    // Back to before the first arc that is full.
                    let step = full.unwrap_or(0);
                    at = path.get(step).map_or(source, |&arc| self.to[arc as usize ^ 1]);
                    path.truncate(step);
                    continue;
                }
                let arc = next[at as usize];
                if arc == NONE {
                    // Nothing leads on from here in this round.
                    let Some(arc) = path.pop() else { break };
                    at = self.to[arc as usize ^ 1];
                    next[at as usize] = self.before[arc as usize];
                    continue;
                }
                let to = self.to[arc as usize];
                if self.left[arc as usize] > 0 && self.distance[to as usize] == self.distance[at as usize] + 1
                {
                    path.push(arc);
                    at = to;
                } else {
                    next[at as usize] = self.before[arc as usize];
                }
            }
        }
        total
    }

    /// Distances from the source along what can still carry something; whether the sink is reached.
    fn measure(&mut self, source: u32, sink: u32) -> bool {
        self.distance.clear();
        self.distance.resize(self.last.len(), NONE);
        self.distance[source as usize] = 0;
        let mut queue = vec![source];
        let mut head = 0;
        while let Some(&node) = queue.get(head) {
            head += 1;
            let mut arc = self.last[node as usize];
            while arc != NONE {
                let to = self.to[arc as usize] as usize;
                if self.left[arc as usize] > 0 && self.distance[to] == NONE {
                    self.distance[to] = self.distance[node as usize] + 1;
                    queue.push(to as u32);
                }
                arc = self.before[arc as usize];
            }
        }
        self.distance[sink as usize] != NONE
    }
}
