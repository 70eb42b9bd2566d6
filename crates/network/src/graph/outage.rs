//! What is lost when given vertices and edges are lost, demand by demand.

#![expect(
    clippy::indexing_slicing,
    reason = "what is lost is checked here, and every table has a row for each vertex or part"
)]

use super::union::Union;
use super::{Error, Graph, Labels, Loss, NONE, Service, labels_fit, service_fits, vertex};

/// What remains, and what is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The loss in all.
    pub loss: Loss,
    /// By vertex, whether it is there and served.
    pub served: Vec<bool>,
    /// Demands that were served before and are no more, ascending.
    pub demands: Vec<u32>,
}

/// What is lost at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lost<'a> {
    /// Vertices.
    pub vertices: &'a [u32],
    /// Edges.
    pub edges: &'a [u32],
    /// Everything that carries one of these labels.
    pub labels: Option<(&'a Labels, &'a [u32])>,
}

impl Lost<'_> {
    /// By vertex and by edge, whether it is lost.
    pub(super) fn marks(&self, graph: &Graph) -> Result<(Vec<bool>, Vec<bool>), Error> {
        let mut gone = vec![false; graph.vertices() as usize];
        for &lost in self.vertices {
            gone[vertex(graph, "the loss", lost)? as usize] = true;
        }
        let mut cut = vec![false; graph.edges() as usize];
        for &edge in self.edges {
            let edges = graph.edges();
            *cut.get_mut(edge as usize).ok_or(Error::NoEdge { place: "the loss", edge, edges })? = true;
        }
        let Some((labels, lost)) = self.labels else { return Ok((gone, cut)) };
        labels_fit(graph, labels)?;
        let mut sets = vec![false; labels.sets()];
        for &label in lost {
            for &set in labels.sets_with(labels.check("the loss", label)?) {
                sets[set as usize] = true;
            }
        }
        for (vertex, gone) in gone.iter_mut().enumerate() {
            *gone |= sets[labels.set_of_vertex(vertex as u32) as usize];
        }
        for (edge, cut) in cut.iter_mut().enumerate() {
            *cut |= sets[labels.set_of_edge(edge as u32) as usize];
        }
        Ok((gone, cut))
    }
}

/// The outage when this is lost. Linear.
pub fn outage(graph: &Graph, service: &Service, lost: &Lost<'_>) -> Result<Outage, Error> {
    service_fits(graph, service)?;
    let (gone, cut) = lost.marks(graph)?;
    let before = served(graph, service, &vec![false; gone.len()], &vec![false; cut.len()]);
    let after = served(graph, service, &gone, &cut);
    let mut outage = Outage { loss: Loss::default(), served: after, demands: Vec::new() };
    for vertex in 0..gone.len() {
        outage.loss.vertices += u64::from(before[vertex] && !gone[vertex] && !outage.served[vertex]);
    }
    let is_served = |vertices: &[u32], by: &[bool]| vertices.iter().any(|&vertex| by[vertex as usize]);
    for (demand, (vertices, weight)) in service.all().enumerate() {
        if is_served(vertices, &before) && !is_served(vertices, &outage.served) {
            outage.loss.weight += weight;
            outage.demands.push(demand as u32);
        }
    }
    Ok(outage)
}

/// By vertex, whether it is served when these are gone.
pub(super) fn served(graph: &Graph, service: &Service, gone: &[bool], cut: &[bool]) -> Vec<bool> {
    let mut served = vec![false; gone.len()];
    if let Some(roots) = service.roots() {
        let mut open: Vec<u32> = roots.iter().copied().filter(|&root| !gone[root as usize]).collect();
        open.iter().for_each(|&root| served[root as usize] = true);
        while let Some(vertex) = open.pop() {
            for arc in graph.arcs(vertex) {
                let to = arc.to as usize;
                if !served[to] && !gone[to] && !cut[arc.edge as usize] {
                    served[to] = true;
                    open.push(arc.to);
                }
            }
        }
        return served;
    }
    let (mut whole, mut left) = (Union::new(gone.len()), Union::new(gone.len()));
    for (edge, &[a, b]) in graph.ends().iter().enumerate() {
        whole.join(a, b);
        if !cut[edge] && !gone[a as usize] && !gone[b as usize] {
            left.join(a, b);
        }
    }
    let ((whole, parts), (left, pieces)) = (whole.numbered(), left.numbered());
    let mut sizes = vec![0u32; pieces as usize];
    for vertex in 0..gone.len() {
        sizes[left[vertex] as usize] += u32::from(!gone[vertex]);
    }
    // Vertices come in order, and so do pieces of equal size.
    let mut largest = vec![NONE; parts as usize];
    for vertex in (0..gone.len()).filter(|&vertex| !gone[vertex]) {
        let (best, piece) = (&mut largest[whole[vertex] as usize], left[vertex]);
        if *best == NONE || sizes[piece as usize] > sizes[*best as usize] {
            *best = piece;
        }
    }
    for vertex in 0..gone.len() {
        served[vertex] = !gone[vertex] && largest[whole[vertex] as usize] == left[vertex];
    }
    served
}
