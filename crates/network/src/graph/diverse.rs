//! Two paths that share no label: are the two ways of this site really by two vendors, two ducts, two versions?
//!
//! NP-hard (Hu, "Diverse routing in optical mesh networks", IEEE Transactions on Communications 51(3), 2003), and so solved by
//! branching: each label is for the first path, for the second, or open. At a node a path for the one side is looked
//! for among its own and the open labels, with as few of the open ones as can be, then one for the other side without those. Where
//! none is left without them, one that avoids what is the first side's alone has a label in common with the first path: that label
//! must be one side's. Both are tried, except at the start, where the sides are alike. That there is no pair is proven when no node
//! is left. A single label on all paths ([`fewest_labels`](super::fewest_labels) finds it) is one reason, and not the only one.

use super::bits::Bits;
use super::disjoint::Path;
use super::kernel::Kernel;
use super::{Error, Graph, Labels, NONE, Service, labels_fit, vertex};
use std::collections::{HashMap, VecDeque};

/// Whether two paths share no label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Diversity {
    /// These two. They may share what has no label: where a path without any label exists, it is both.
    Pair([Path; 2]),
    /// Proven: any two paths share a label.
    None,
    /// Not connected at all.
    Apart,
    /// Not decided in as many steps as were allowed.
    Undecided {
        /// Searches of the graph that were made.
        steps: u64,
    },
}

/// Two paths between two vertices such that no label is on both. The labels of the two ends do not count: both paths have them.
///
/// Exact; exponential in the labels at worst, so it stops after `most_steps` searches of the graph.
pub fn label_disjoint_pair(
    graph: &Graph,
    labels: &Labels,
    from: u32,
    to: u32,
    most_steps: u64,
) -> Result<Diversity, Error> {
    if from == to {
        return Err(Error::SameEnds(from));
    }
    Ok(label_disjoint_pair_between(graph, labels, &[from], &[to], most_steps)?.0)
}

/// The same between any of some vertices and any of some others, none of which is among both: the labels of neither count. Beside it the
/// searches of the graph that were made.
pub fn label_disjoint_pair_between(
    graph: &Graph,
    labels: &Labels,
    from: &[u32],
    to: &[u32],
    most_steps: u64,
) -> Result<(Diversity, u64), Error> {
    labels_fit(graph, labels)?;
    for &end in from.iter().chain(to) {
        vertex(graph, "a path", end)?;
    }
    if let Some(&both) = from.iter().find(|end| to.contains(end)) {
        return Err(Error::SameEnds(both));
    }
    let labels = labels.without(&[from, to].concat());
    let service = Service::new(graph, Some(from), [(to, 1)])?;
    let mut search = Search { kernel: Kernel::new(graph, &labels, &service)? };
    if search.kernel.served.weight == 0 {
        return Ok((Diversity::Apart, search.kernel.searches));
    }
    let none = Bits::none(search.kernel.labels.len());
    let mut open = vec![(none.clone(), none)];
    while let Some((first, second)) = open.pop() {
        if search.kernel.searches > most_steps {
            let steps = search.kernel.searches;
            return Ok((Diversity::Undecided { steps }, steps));
        }
        match search.examine(&first, &second) {
            Step::Pair(a, b) => {
                let path = |bits: &Bits| path(graph, &labels, from, to, &search.kernel.names(bits));
                return Ok((Diversity::Pair([path(&a), path(&b)]), search.kernel.searches));
            }
            Step::Dead => {}
            Step::Branch(label) => {
                let (mut other, mut own) = (second.clone(), first.clone());
                other.insert(label);
                own.insert(label);
                if !(first.is_empty() && second.is_empty()) {
                    open.push((first, other));
                }
                open.push((own, second));
            }
        }
    }
    Ok((Diversity::None, search.kernel.searches))
}

struct Search {
    kernel: Kernel,
}

enum Step {
    /// The labels of one path and of the other.
    Pair(Bits, Bits),
    Dead,
    Branch(usize),
}

impl Search {
    fn examine(&mut self, first: &Bits, second: &Bits) -> Step {
        let Some(one) = self.path(second, first) else { return Step::Dead };
        let mut taken = one.clone();
        taken.add(first);
        if let Some(other) = self.path(&taken, second) {
            return Step::Pair(one, other);
        }
        let Some(other) = self.path(first, second) else { return Step::Dead };
        // Neither side's own labels are on the other's path, so a common label is open; and there is one, or the search above
        // had found this path.
        let common = other.iter().find(|&label| one.contains(label));
        common.map_or(Step::Dead, Step::Branch)
    }

    /// The labels of a path without any of the lost ones, with as few as can be beside its own.
    fn path(&mut self, lost: &Bits, own: &Bits) -> Option<Bits> {
        if !self.kernel.survives(lost, 0) {
            return None;
        }
        let mut path = self.kernel.used();
        let all = Bits::all(self.kernel.labels.len());
        for label in path.without(own).iter() {
            if path.contains(label) {
                let mut less = path.clone();
                less.add(&own.without(lost));
                less.remove(label);
                if self.kernel.survives(&all.without(&less), 0) {
                    path = self.kernel.used();
                }
            }
        }
        Some(path)
    }
}

/// A shortest path over what carries no other labels than these.
fn path(graph: &Graph, labels: &Labels, from: &[u32], to: &[u32], allowed: &[u32]) -> Path {
    let allows = |set: &[u32]| set.iter().all(|label| allowed.binary_search(label).is_ok());
    let mut reached: HashMap<u32, (u32, u32)> = from.iter().map(|&start| (start, (NONE, NONE))).collect();
    let mut queue: VecDeque<u32> = from.iter().copied().collect();
    let mut at = NONE;
    while let Some(next) = queue.pop_front() {
        at = next;
        if to.contains(&at) {
            break;
        }
        for arc in graph.arcs(at) {
            if !reached.contains_key(&arc.to)
                && allows(labels.on_vertex(arc.to))
                && allows(labels.on_edge(arc.edge))
            {
                reached.insert(arc.to, (arc.edge, at));
                queue.push_back(arc.to);
            }
        }
    }
    let mut path = Path { vertices: vec![at], edges: Vec::new() };
    while let Some(&(edge, before)) = reached.get(&at).filter(|step| step.0 != NONE) {
        path.vertices.push(before);
        path.edges.push(edge);
        at = before;
    }
    path.vertices.reverse();
    path.edges.reverse();
    path
}
