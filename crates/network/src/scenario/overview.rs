//! Every property of a kind beside the others: what each costs, which two cost most together, how few cost so much, and how
//! concentrated the carriers of each function are.

use super::labels::Label;
use super::{Error, Kind, Topology};
use crate::graph::{Concentration, Loss, each_label, each_pair, fewest_labels};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// Labels up to which pairs, and the fewest, are looked at.
pub const MOST_PAIRED: usize = 2_000;
/// Pairs that are kept.
const PAIRS: usize = 10;
/// Pairs that are counted.
const COUNTED: usize = 1_000_000;
/// Vertices and edges that the searches for the fewest labels may look at in all, for one function: a few seconds.
const LOOKED_AT: u64 = 1 << 30;

/// Properties of one kind beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// The kind.
    pub kind: Kind,
    /// Devices and links in service that state none, which no label takes away.
    pub unlabelled: (usize, usize),
    /// Every label, those whose loss costs most first.
    pub labels: Vec<Cost>,
    /// The pairs that cost more together than either by itself, those that cost most first; `None` above [`MOST_PAIRED`] labels.
    pub pairs: Option<Vec<Pair>>,
    /// How many such pairs there are in all, counted up to a million.
    pub pairs_in_all: usize,
    /// The fewest labels whose loss costs the share that was asked for, by function; those of fewest labels first. `None` above
    /// [`MOST_PAIRED`] labels; empty where there are no demands.
    pub fewest: Option<Vec<Fewest>>,
    /// How concentrated the carriers of each function are, by function, and of all devices (`function` is empty). Empty for kinds of
    /// which a device may have several.
    pub concentration: Vec<Shares>,
}

/// What the loss of one label costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Its name.
    pub name: String,
    /// Devices that have it.
    pub devices: usize,
    /// Links that have it.
    pub links: usize,
    /// Subscribers that lose the function of which most do.
    pub subscribers: u64,
    /// That function; empty where nobody loses any, or there are no demands.
    pub function: String,
    /// Devices that are cut off from that function's carriers.
    pub cut_off: u64,
}

/// Two labels that cost more together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Their names.
    pub names: [String; 2],
    /// Subscribers that lose the function.
    pub subscribers: u64,
    /// The most that either costs by itself, of the same function.
    pub alone: u64,
    /// The function of which most do; empty where there are no demands.
    pub function: String,
}

/// The fewest labels for one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fewest {
    /// The function.
    pub function: String,
    /// The labels; `None` where the loss of all of them does not cost as much.
    pub labels: Option<Vec<String>>,
    /// No fewer than so many do it; as many as there are labels when they are proven to be the fewest.
    pub bound: usize,
    /// Subscribers that lose it.
    pub subscribers: u64,
    /// Subscribers that are served of it before.
    pub served: u64,
}

impl Fewest {
    /// Whether the labels are proven to be the fewest.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.labels.as_ref().is_some_and(|labels| labels.len() == self.bound)
    }
}

/// Who shares what.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    /// The function; empty for all devices.
    pub function: String,
    /// The devices that carry it and state a label.
    pub devices: u64,
    /// How concentrated they are.
    pub concentration: Concentration,
    /// The label that most have.
    pub largest: String,
}

/// A pair by what it costs, the first of equals above the others, with what either costs alone.
type Ranked = (u64, Reverse<(u32, u32)>, u64);

/// Holds the labels of a kind against each other. `percent`: of the subscribers who are served of a function, how many are to lose it
/// for the fewest labels, from 1 to 100.
pub fn overview(topology: &Topology<'_>, kind: Kind, percent: u8) -> Result<Overview, Error> {
    let labels = topology.labels(kind);
    let graph_labels = topology.graph_labels(&labels)?;
    let name = |number: u32| labels.get(number as usize).map_or("", |label| label.name.as_str()).to_owned();
    let mut costs: Vec<Cost> = labels
        .iter()
        .map(|label| Cost {
            name: label.name.clone(),
            devices: label.devices.len(),
            links: label.links.len(),
            subscribers: 0,
            function: String::new(),
            cut_off: 0,
        })
        .collect();
    let mut pairing = Pairing::default();
    let mut fewest = Vec::new();
    let is_few = labels.len() <= MOST_PAIRED;
    for asked in &topology.asked {
        let losses = each_label(&topology.graph, &graph_labels, &asked.service)?;
        for (cost, loss) in costs.iter_mut().zip(&losses) {
            if loss.weight > cost.subscribers || (cost.subscribers == 0 && loss.vertices > cost.cut_off) {
                cost.subscribers = loss.weight;
                cost.cut_off = loss.vertices;
                cost.function.clone_from(&asked.function);
            }
        }
        if !is_few {
            continue;
        }
        pairing.look(topology, &graph_labels, asked, &losses, name)?;
        if asked.service.roots().is_some() && !labels.is_empty() {
            fewest.push(few(topology, &graph_labels, asked, percent, LOOKED_AT, name)?);
        }
    }
    costs.sort_by(|a, b| {
        (b.subscribers, b.devices + b.links, &a.name).cmp(&(a.subscribers, a.devices + a.links, &b.name))
    });
    fewest
        .sort_by_key(|one: &Fewest| (one.labels.as_ref().map_or(usize::MAX, Vec::len), one.function.clone()));
    let (pairs, pairs_in_all) = pairing.finish();
    Ok(Overview {
        kind,
        unlabelled: unlabelled(topology, &labels),
        labels: costs,
        pairs: is_few.then_some(pairs),
        pairs_in_all,
        fewest: is_few.then_some(fewest),
        concentration: if kind.is_one_of_a_device() { concentration(topology, &labels) } else { Vec::new() },
    })
}

/// Devices and links in service without a label of these.
pub(super) fn unlabelled(topology: &Topology<'_>, labels: &[Label]) -> (usize, usize) {
    let (devices, links) = topology.size();
    let without = |of: fn(&Label) -> &[u32], all: usize| {
        let mut seen = vec![false; all];
        for at in labels.iter().flat_map(of) {
            if let Some(seen) = seen.get_mut(*at as usize) {
                *seen = true;
            }
        }
        seen.into_iter().filter(|seen| !seen).count()
    };
    (without(|label| &label.devices, devices), without(|label| &label.links, links))
}

/// Pairs that cost more together than either by itself.
#[derive(Default)]
pub(super) struct Pairing {
    best: BTreeMap<(u32, u32), Pair>,
    all: BTreeSet<(u32, u32)>,
}

impl Pairing {
    /// Those of one function; the best of each function hold the best of all.
    pub(super) fn look(
        &mut self,
        topology: &Topology<'_>,
        labels: &crate::graph::Labels,
        asked: &super::topology::Asked,
        losses: &[Loss],
        name: impl Fn(u32) -> String,
    ) -> Result<(), Error> {
        let mut best: BinaryHeap<Reverse<Ranked>> = BinaryHeap::new();
        each_pair(&topology.graph, labels, &asked.service, |a, b, loss| {
            let alone = [a, b].into_iter().filter_map(|one| Some(losses.get(one as usize)?.weight)).max();
            let alone = alone.unwrap_or_default();
            if a != b && loss.weight > alone {
                if self.all.len() < COUNTED {
                    self.all.insert((a, b));
                }
                best.push(Reverse((loss.weight, Reverse((a, b)), alone)));
                if best.len() > PAIRS {
                    best.pop();
                }
            }
        })?;
        for Reverse((subscribers, Reverse((a, b)), alone)) in best {
            let pair =
                Pair { names: [name(a), name(b)], subscribers, alone, function: asked.function.clone() };
            let known = self.best.entry((a, b)).or_insert_with(|| pair.clone());
            if known.subscribers < pair.subscribers {
                *known = pair;
            }
        }
        Ok(())
    }

    /// The pairs that cost most, and how many there are in all.
    pub(super) fn finish(self) -> (Vec<Pair>, usize) {
        let mut best: Vec<Pair> = self.best.into_values().collect();
        best.sort_by(|a, b| (b.subscribers, &a.names).cmp(&(a.subscribers, &b.names)));
        best.truncate(PAIRS);
        (best, self.all.len())
    }
}

pub(super) fn few(
    topology: &Topology<'_>,
    labels: &crate::graph::Labels,
    asked: &super::topology::Asked,
    percent: u8,
    looked_at: u64,
    name: impl Fn(u32) -> String,
) -> Result<Fewest, Error> {
    let served = asked.demands().filter(|(at, _)| asked.was_served(at));
    let total: u64 = served.fold(0, |sum, (_, weight)| sum.saturating_add(weight));
    let function = asked.function.clone();
    if total == 0 {
        return Ok(Fewest { function, labels: None, bound: 0, subscribers: 0, served: 0 });
    }
    let wanted = (u128::from(total) * u128::from(percent.clamp(1, 100))).div_ceil(100);
    let wanted = u64::try_from(wanted).unwrap_or(total);
    let size = u64::from(topology.graph.vertices()) + u64::from(topology.graph.edges());
    let steps = (looked_at / size.max(1)).clamp(100, 2_000_000);
    let found = fewest_labels(&topology.graph, labels, &asked.service, wanted, steps)?;
    Ok(match found {
        Some(cut) => Fewest {
            function,
            bound: cut.bound,
            subscribers: cut.loss.weight,
            served: total,
            labels: Some(cut.labels.into_iter().map(name).collect()),
        },
        None => Fewest { function, bound: 0, subscribers: 0, labels: None, served: total },
    })
}

fn concentration(topology: &Topology<'_>, labels: &[Label]) -> Vec<Shares> {
    let all: Vec<u32> = (0..u32::try_from(topology.size().0).unwrap_or(u32::MAX)).collect();
    let functions = topology.labels(Kind::Function);
    let carried = functions.iter().map(|label| (label.name.clone(), label.devices.as_slice()));
    let mut shares: Vec<Shares> = std::iter::once((String::new(), all.as_slice()))
        .chain(carried)
        .filter_map(|(function, carriers)| {
            let count = |label: &Label| -> u64 {
                label.devices.iter().filter(|vertex| carriers.binary_search(vertex).is_ok()).count() as u64
            };
            let counts: Vec<u64> = labels.iter().map(count).collect();
            let most = counts.iter().max()?;
            let largest = counts.iter().position(|count| count == most).and_then(|at| labels.get(at))?;
            Some(Shares {
                function,
                devices: counts.iter().sum(),
                concentration: Concentration::of(&counts)?,
                largest: largest.name.clone(),
            })
        })
        .collect();
    shares.sort_by(|a, b| {
        let key =
            |one: &Shares| (!one.function.is_empty(), std::cmp::Reverse(one.concentration.hhi.to_bits()));
        (key(a), &a.function).cmp(&(key(b), &b.function))
    });
    shares
}
