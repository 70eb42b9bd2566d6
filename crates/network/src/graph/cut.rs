//! The fewest labels whose loss costs at least so much: the minimum label cut.
//!
//! NP-hard (Jha, Sheyner and Wing, "Two formal analyses of attack graphs", CSFW 2002; Coudert et al., "Shared risk resource
//! group: complexity and approximability issues", Parallel Processing Letters 17(2), 2007), and so solved by branching, as
//! an implicit hitting set (Moreno-Centeno and Karp, "The implicit hitting set approach to solve combinatorial optimization
//! problems", Operations Research 61(2), 2013):
//!
//! - Losing more labels never costs less. So whatever labels a network can live with, those that it then still uses
//!   are a set of which every cut has one: a **row**. A row is made as small as can be by giving up one
//!   label after the other while enough is still served; then no other row lies in it.
//! - The labels that hit all rows known so far are fewer than, or as many as, those of any cut. A bound on them is a bound on
//!   the cut ([`Master`]), and where they turn out to be a cut, they are a best one.
//! - One tree of branches is searched, and not one for each row that is found: at a node the rows that are not hit are
//!   bounded; a greedy hitting set that would be better than the best cut so far is tried on the graph; it is a better
//!   cut, or what survives it is a new row, which holds in the whole tree. When neither helps, a label is taken or barred.
//!   Labels whose cost beyond their rows' prices is too high are barred at once (reduced costs). Where three more labels at
//!   most would be better, all are tried, one row after the other, without bounds.
//!
//! The first cuts are those of a maximum flow with a unit for each node and edge, and what hits rows without a common label.
//!
//! The graph is contracted first to what the labels decide ([`Kernel`]).

#![expect(
    clippy::indexing_slicing,
    reason = "labels are below their count, and the table of loads has a row for each"
)]

use super::bits::Bits;
use super::kernel::Kernel;
use super::master::{Bound, Choice, Master, Rest};
use super::{Error, Graph, Labels, Loss, Service, label_loss, labels_fit, service_fits};

/// Labels whose loss costs enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelCut {
    /// The labels, ascending.
    pub labels: Vec<u32>,
    /// No fewer than so many do it. As many as there are labels: proven to be the fewest.
    pub bound: usize,
    /// What their loss costs.
    pub loss: Loss,
    /// Searches of the graph and bounds that it took.
    pub steps: u64,
}

impl LabelCut {
    /// Whether these are proven to be the fewest.
    pub fn is_proven(&self) -> bool {
        self.bound == self.labels.len()
    }
}

/// The fewest labels whose loss costs at least this weight, counted as in [`Loss`]. `None` where the loss of all labels does not:
/// that is proven too. For a critical function or a single site, make a service of it alone and lose all of its weight.
///
/// Exact; exponential in the labels at worst, so it stops after `most_steps`, with the best cut found and the bound reached. Needs
/// roots: without, losing more can cost less.
pub fn fewest_labels(
    graph: &Graph,
    labels: &Labels,
    service: &Service,
    weight: u64,
    most_steps: u64,
) -> Result<Option<LabelCut>, Error> {
    labels_fit(graph, labels)?;
    service_fits(graph, service)?;
    if service.roots().is_none() {
        return Err(Error::NoRoots);
    }
    let kernel = Kernel::new(graph, labels, service)?;
    let Some(most) = kernel.served.weight.checked_sub(weight) else { return Ok(None) };
    let mut search = Search::new(kernel, most, most_steps);
    let Some((best, bound)) = search.run() else { return Ok(None) };
    let labels_lost = search.kernel.names(&best);
    let loss = label_loss(graph, labels, service, &labels_lost)?;
    Ok(Some(LabelCut { labels: labels_lost, bound, loss, steps: search.steps() }))
}

struct Search {
    kernel: Kernel,
    /// More than this must not be served.
    most: u64,
    master: Master,
    best: Bits,
    bounds: u64,
    attempts: u64,
    limit: u64,
}

/// A node of the tree.
struct Node {
    taken: Bits,
    barred: Bits,
    /// At least so many labels below it.
    least: usize,
}

/// So many further labels are tried without bounds.
const FEW: usize = 3;

/// Steps of the bound at the first node, and at others.
const FIRST: usize = 300;
const LATER: usize = 40;

impl Search {
    fn new(kernel: Kernel, most: u64, limit: u64) -> Self {
        let labels = kernel.labels.len();
        Self {
            kernel,
            most,
            master: Master::new(labels),
            best: Bits::all(labels),
            bounds: 0,
            attempts: 0,
            limit,
        }
    }

    fn steps(&self) -> u64 {
        self.kernel.searches + self.bounds
    }

    fn is_stopped(&self) -> bool {
        self.steps() > self.limit
    }

    /// The best cut and the bound; `None` where there is no cut.
    fn run(&mut self) -> Option<(Bits, usize)> {
        let labels = self.kernel.labels.len();
        if self.kernel.survives(&self.best, self.most) {
            return None;
        }
        // Rows without a common label, one after the other, and a cut of them all.
        let (none, neutral) = (Bits::none(labels), vec![0.0; labels]);
        let mut all = none.clone();
        let mut disjoint = 0;
        while let Some(row) = self.row(&all, &none, &neutral) {
            all.add(&row);
            self.master.add(row);
            disjoint += 1;
        }
        self.better(all);
        let separation = self.kernel.separation();
        self.complete(separation);
        let mut open = vec![Node { taken: none.clone(), barred: none, least: disjoint }];
        let mut steps = FIRST;
        while let Some(node) = open.pop() {
            if self.is_stopped() {
                let left = open.iter().map(|node| node.least).chain([node.least]).min().unwrap_or(0);
                return Some((self.best.clone(), left.min(self.best.len())));
            }
            if node.least < self.best.len() {
                open.extend(self.examine(node, steps));
            }
            steps = LATER;
        }
        Some((self.best.clone(), self.best.len()))
    }

    /// What is left to be looked at below a node: nothing, or two nodes, the more hopeful one last.
    fn examine(&mut self, mut node: Node, steps: usize) -> Vec<Node> {
        loop {
            let open = match self.master.rest(&node.taken, &node.barred) {
                Rest::Unhit => return Vec::new(),
                Rest::Forced(label) => {
                    node.taken.insert(label);
                    if node.taken.len() >= self.best.len() {
                        return Vec::new();
                    }
                    continue;
                }
                Rest::Open(open) => open,
            };
            let need = self.best.len().saturating_sub(node.taken.len());
            if need == 0 {
                return Vec::new();
            }
            self.bounds += 1;
            if need <= FEW + 1 {
                self.exhaust(&node.taken, &node.barred);
                return if self.is_stopped() { vec![node] } else { Vec::new() };
            }
            let Bound { least, never, always, costs } = self.master.bound(&open, need, steps);
            if least >= need {
                return Vec::new();
            }
            node.least = node.least.max(node.taken.len() + least);
            let mut changed = false;
            for label in never {
                if !node.barred.contains(label) && !node.taken.contains(label) {
                    node.barred.insert(label);
                    changed = true;
                }
            }
            if let Some(label) = always.filter(|&label| !node.taken.contains(label)) {
                node.taken.insert(label);
                changed = true;
            }
            if changed {
                continue;
            }
            let guess = self.master.greedy(&open, &node.taken, &costs);
            if guess.len() < self.best.len() {
                self.attempt(guess, &node.barred, &costs);
                if self.is_stopped() {
                    return vec![node];
                }
                continue;
            }
            let Some(label) = open.branch(&costs) else { return Vec::new() };
            let mut with = Node { taken: node.taken.clone(), barred: node.barred.clone(), least: node.least };
            with.taken.insert(label);
            node.barred.insert(label);
            return vec![node, with];
        }
    }

    /// Tries all better cuts with these labels and without those, until stopped: one row after the other, each label of it.
    fn exhaust(&mut self, taken: &Bits, barred: &Bits) {
        while !self.is_stopped() {
            self.bounds += 1;
            let Some(room) = self.best.len().checked_sub(taken.len() + 1) else { return };
            let labels = match self.master.choice(taken, barred, room) {
                Choice::Nothing => return,
                Choice::Hit => {
                    let loads = self.master.loads();
                    self.attempt(taken.clone(), barred, &loads);
                    continue;
                }
                Choice::Among(labels) => labels,
            };
            let mut tried = barred.clone();
            for label in labels.iter() {
                let mut more = taken.clone();
                more.insert(label);
                self.exhaust(&more, &tried);
                tried.insert(label);
            }
            return;
        }
    }

    /// Tries labels on the graph: they are a cut, or a new row comes of it.
    fn attempt(&mut self, guess: Bits, barred: &Bits, costs: &[f64]) {
        self.attempts += 1;
        match self.row(&guess, barred, costs) {
            Some(row) => {
                self.master.add(row);
                // Now and then, and ever more rarely, a cut is made of it.
                if self.attempts.is_power_of_two() {
                    self.complete(guess);
                }
            }
            None => self.better(guess),
        }
    }

    /// Makes a cut of these labels: of each way that is left, the label that is on most rows.
    fn complete(&mut self, mut cut: Bits) {
        let loads = self.master.loads();
        while self.kernel.survives(&cut, self.most) {
            let used = self.kernel.used();
            let on_most = |&a: &usize, &b: &usize| loads[b].total_cmp(&loads[a]).then(b.cmp(&a));
            let Some(label) = used.iter().max_by(on_most) else { return };
            cut.insert(label);
        }
        self.better(cut);
    }

    /// A row that these labels do not hit, as small as can be; `None` where they are a cut. Labels that are barred come last to
    /// be given up, since the row need not have them; before them those that cost least, whose rows are paid already.
    fn row(&mut self, lost: &Bits, barred: &Bits, costs: &[f64]) -> Option<Bits> {
        if !self.kernel.survives(lost, self.most) {
            return None;
        }
        let mut row = self.kernel.used();
        let mut order: Vec<usize> = row.iter().collect();
        let cost = |label: usize| costs.get(label).copied().unwrap_or_default();
        order.sort_by(|&a, &b| {
            let last = barred.contains(a).cmp(&barred.contains(b));
            last.then(cost(a).total_cmp(&cost(b))).then(a.cmp(&b))
        });
        let all = Bits::all(self.kernel.labels.len());
        for label in order {
            if row.contains(label) {
                let mut less = row.clone();
                less.remove(label);
                if self.kernel.survives(&all.without(&less), self.most) {
                    row = self.kernel.used();
                }
            }
        }
        Some(row)
    }

    /// A cut, without the labels that it does not need.
    fn better(&mut self, mut cut: Bits) {
        for label in cut.clone().iter() {
            cut.remove(label);
            if self.kernel.survives(&cut, self.most) {
                cut.insert(label);
            }
        }
        if cut.len() < self.best.len() {
            self.best = cut;
        }
    }
}
