//! The loss of each of a few labels at once, a bit for each.
//!
//! With roots: a vertex holds, as bits, the labels without which it is served. A root that has a label is not served without it; any other
//! vertex is served without a label where a neighbour is, and neither it nor the edge between has it. What is held only grows, so that
//! it is passed on from the roots until nothing grows any more: most vertices are passed once or twice for 63 labels together. One bit more stands
//! for the loss of nothing: what was served before.

#![expect(
    clippy::indexing_slicing,
    reason = "vertices and sets are the graph's, and every table has a row for each"
)]

use super::{Arc, Graph, Labels, Loss, Service};
use std::collections::VecDeque;

/// Labels of one round.
const ROUND: u32 = 63;
/// Rounds up to which this is quicker than halving the labels again and again.
const ROUNDS: u32 = 8;

/// Labels up to which [`each`] is the quicker way.
pub(super) const MOST: u32 = ROUND * ROUNDS;

/// The bit of the loss of nothing.
const NOTHING: u64 = 1 << ROUND;

/// The loss of each label by itself, of a service with roots.
pub(super) fn each(graph: &Graph, labels: &Labels, service: &Service) -> Vec<Loss> {
    let mut losses = vec![Loss::default(); labels.count() as usize];
    for (round, losses) in losses.chunks_mut(ROUND as usize).enumerate() {
        one_round(graph, labels, service, round as u32 * ROUND, losses);
    }
    losses
}

fn one_round(graph: &Graph, labels: &Labels, service: &Service, first: u32, losses: &mut [Loss]) {
    let every = (1u64 << losses.len()) - 1;
    // By set, the round's labels in it.
    let of_set: Vec<u64> = (0..labels.sets())
        .map(|set| {
            let own = labels.set(set as u32).iter().filter_map(|&label| label.checked_sub(first));
            own.filter(|&label| label < losses.len() as u32).fold(0, |bits, label| bits | 1 << label)
        })
        .collect();
    let held = held(graph, labels, service, &of_set, every | NOTHING, false);
    for (vertex, &held) in held.iter().enumerate() {
        if held & NOTHING == 0 || held & every == every {
            continue;
        }
        let own = of_set[labels.set_of_vertex(vertex as u32) as usize];
        let weight = service.alone()[vertex];
        for label in bits(every & !held) {
            losses[label].weight += weight;
            losses[label].vertices += u64::from(own & (1 << label) == 0);
        }
    }
    for (vertices, weight) in service.spread() {
        let held = vertices.iter().fold(0, |bits, &vertex| bits | held[vertex as usize]);
        if held & NOTHING != 0 {
            bits(every & !held).for_each(|label| losses[label].weight += weight);
        }
    }
}

/// How many sets of labels [`without`] takes.
pub(crate) const SETS: usize = 64;

/// By vertex, as bits, the sets of labels without which it is connected to a root, whatever labels the roots have; and by edge of these labels, the
/// sets with which it is lost.
pub(crate) fn without<'a>(
    graph: &Graph,
    labels: &'a Labels,
    service: &Service,
    lost: &[Vec<u32>],
) -> (Vec<u64>, impl Fn(u32) -> u64 + 'a) {
    let mut of_set = vec![0u64; labels.sets()];
    for (number, lost) in lost.iter().take(SETS).enumerate() {
        for &set in lost.iter().flat_map(|&label| labels.sets_with(label)) {
            of_set[set as usize] |= 1 << number;
        }
    }
    let held = held(graph, labels, service, &of_set, u64::MAX, true);
    (held, move |edge| of_set[labels.set_of_edge(edge) as usize])
}

/// By vertex, the losses that leave it served; `spares`: roots stay whatever they have.
fn held(
    graph: &Graph,
    labels: &Labels,
    service: &Service,
    of_set: &[u64],
    all: u64,
    spares: bool,
) -> Vec<u64> {
    let mut held = vec![0u64; graph.vertices() as usize];
    let mut waits = vec![false; graph.vertices() as usize];
    let mut open: VecDeque<u32> = VecDeque::new();
    for &root in service.roots().unwrap_or_default() {
        let own = if spares { 0 } else { of_set[labels.set_of_vertex(root) as usize] };
        held[root as usize] = all & !own;
        waits[root as usize] = true;
        open.push_back(root);
    }
    while let Some(vertex) = open.pop_front() {
        waits[vertex as usize] = false;
        let given = held[vertex as usize];
        for &Arc { to, edge } in graph.arcs(vertex) {
            let at = to as usize;
            if given & !held[at] == 0 {
                continue;
            }
            let lost = of_set[labels.set_of_vertex(to) as usize] | of_set[labels.set_of_edge(edge) as usize];
            let more = given & !lost & !held[at];
            if more != 0 {
                held[at] |= more;
                if !waits[at] {
                    waits[at] = true;
                    open.push_back(to);
                }
            }
        }
    }
    held
}

/// The numbers of the bits that are set.
fn bits(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (bits != 0).then(|| {
            let lowest = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            lowest
        })
    })
}
