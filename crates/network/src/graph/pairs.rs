//! The loss of each label, and of each two.
//!
//! For the pairs of two groups of labels, everything that carries none of these labels is contracted first ([`Pieces`]);
//! then either group is halved, and the four halves of the pairs are taken up in what is left. A label's share of the graph
//! halves with the groups while the number of pairs of groups grows fourfold, so that all pairs of L labels take as long
//! as L searches of the graph, not as L² / 2. It is the way of offline dynamic connectivity (Eppstein, "Offline algorithms
//! for dynamic minimum spanning tree problems", Journal of Algorithms 17(2), 1994: contraction by halves of the time),
//! with pairs in the place of time.

#![expect(
    clippy::indexing_slicing,
    reason = "labels are below their count, and the table of pairs has a row for each two"
)]

use super::pieces::{Held, Pieces, Start, Touched};
use super::{Error, Graph, Labels, Loss, Service, labels_fit, masks, service_fits};
use std::ops::Range;

/// The loss of some labels at once. Linear.
pub fn label_loss(graph: &Graph, labels: &Labels, service: &Service, lost: &[u32]) -> Result<Loss, Error> {
    labels_fit(graph, labels)?;
    service_fits(graph, service)?;
    for &label in lost {
        labels.check("the loss", label)?;
    }
    let mut halving = Halving::new(graph, labels, service);
    halving.touched.mark(lost.iter().copied());
    let held = halving.start.held_without(&halving.touched);
    Ok(halving.loss(held))
}

/// The loss of each label by itself, by label. As long as log L searches of the graph; of few labels and with roots, as long as a few.
pub fn each_label(graph: &Graph, labels: &Labels, service: &Service) -> Result<Vec<Loss>, Error> {
    labels_fit(graph, labels)?;
    service_fits(graph, service)?;
    if service.roots().is_some() && labels.count() <= masks::MOST {
        return Ok(masks::each(graph, labels, service));
    }
    Ok(each_by_halves(graph, labels, service))
}

/// The loss of each label by itself, however many there are.
pub(super) fn each_by_halves(graph: &Graph, labels: &Labels, service: &Service) -> Vec<Loss> {
    let mut losses = vec![Loss::default(); labels.count() as usize];
    let mut halving = Halving::new(graph, labels, service);
    let start = std::mem::take(&mut halving.start);
    halving.within(&start, 0..labels.count(), false, &mut |label, _, loss| losses[label as usize] = loss);
    losses
}

/// The loss of each two labels and of each by itself, `(a, b, loss)` with a <= b, each once, in an order that depends on the
/// number of labels alone. As long as L searches of the graph; nothing is kept, so that many labels need no table.
pub fn each_pair(
    graph: &Graph,
    labels: &Labels,
    service: &Service,
    mut take: impl FnMut(u32, u32, Loss),
) -> Result<(), Error> {
    labels_fit(graph, labels)?;
    service_fits(graph, service)?;
    let mut halving = Halving::new(graph, labels, service);
    let start = std::mem::take(&mut halving.start);
    halving.within(&start, 0..labels.count(), true, &mut take);
    Ok(())
}

/// The most labels of a table of all pairs: it then takes half a gigabyte.
const MOST_IN_TABLE: u32 = 8_192;

/// [`each_pair`] as a table: eight bytes for each label times the number of labels.
pub fn all_pairs(graph: &Graph, labels: &Labels, service: &Service) -> Result<PairLosses, Error> {
    if labels.count() > MOST_IN_TABLE {
        return Err(Error::TableTooLarge(labels.count()));
    }
    let count = labels.count() as usize;
    let mut table =
        PairLosses { count: labels.count(), losses: vec![Loss::default(); count * (count + 1) / 2] };
    each_pair(graph, labels, service, |a, b, loss| {
        let place = place(a, b);
        table.losses[place] = loss;
    })?;
    Ok(table)
}

/// The loss of each two labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairLosses {
    count: u32,
    losses: Vec<Loss>,
}

impl PairLosses {
    /// The loss of two labels, in any order, or of one when it is named twice.
    pub fn get(&self, a: u32, b: u32) -> Option<Loss> {
        self.losses.get(place(a.min(b), a.max(b))).copied()
    }

    /// Every pair of different labels with its loss.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32, Loss)> {
        (0..self.count).flat_map(move |b| (0..b).map(move |a| (a, b, self.losses[place(a, b)])))
    }
}

/// Where a pair, a <= b, stands in the table.
fn place(a: u32, b: u32) -> usize {
    b as usize * (b as usize + 1) / 2 + a as usize
}

struct Halving<'a> {
    start: Pieces,
    served: Held,
    with_set: Vec<u64>,
    touched: Touched<'a>,
}

type Take<'a> = &'a mut dyn FnMut(u32, u32, Loss);

impl<'a> Halving<'a> {
    fn new(graph: &Graph, labels: &'a Labels, service: &Service) -> Self {
        let Start { pieces, served, with_set } = Start::new(graph, labels, service);
        Self { start: pieces, served, with_set, touched: Touched::new(labels) }
    }

    /// The loss of what is touched, when this is still served.
    fn loss(&self, held: Held) -> Loss {
        let gone: u64 = self.touched.sets().iter().map(|&set| self.with_set[set as usize]).sum();
        Loss {
            vertices: self.served.vertices - gone - held.vertices,
            weight: self.served.weight - held.weight,
        }
    }

    /// The pairs of a group with itself.
    fn within(&mut self, pieces: &Pieces, group: Range<u32>, pairs: bool, take: Take<'_>) {
        if group.len() < 2 {
            for label in group {
                self.one(pieces, label, label, take);
            }
            return;
        }
        let middle = group.start.midpoint(group.end);
        self.touched.mark(group.clone());
        let pieces = pieces.contract(&self.touched);
        if pairs {
            self.across(&pieces, group.start..middle, middle..group.end, take);
        }
        self.within(&pieces, group.start..middle, pairs, take);
        self.within(&pieces, middle..group.end, pairs, take);
    }

    /// The pairs of two groups. The pieces are contracted to what these decide.
    fn across(&mut self, pieces: &Pieces, a: Range<u32>, b: Range<u32>, take: Take<'_>) {
        for a in halves(a) {
            for b in halves(b.clone()) {
                if a.len() == 1 && b.len() == 1 {
                    self.one(pieces, a.start, b.start, take);
                    continue;
                }
                self.touched.mark(a.clone().chain(b.clone()));
                let pieces = pieces.contract(&self.touched);
                self.across(&pieces, a.clone(), b, take);
            }
        }
    }

    fn one(&mut self, pieces: &Pieces, a: u32, b: u32, take: Take<'_>) {
        self.touched.mark([a, b]);
        let held = pieces.held_without(&self.touched);
        take(a, b, self.loss(held));
    }
}

fn halves(group: Range<u32>) -> Vec<Range<u32>> {
    if group.len() < 2 {
        return vec![group];
    }
    let middle = group.start.midpoint(group.end);
    vec![group.start..middle, middle..group.end]
}
