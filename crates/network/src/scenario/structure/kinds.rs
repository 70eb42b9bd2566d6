//! The labels of one kind against each other: what each costs, which two cost more together, how few cost a share.

use super::Bounds;
use crate::graph::{Labels, Loss};
use crate::scenario::labels::Label;
use crate::scenario::overview::{Cost, Fewest, Pair, Pairing, few, unlabelled};
use crate::scenario::topology::{Asked, Topology};
use crate::scenario::{Error, Kind, MOST_PAIRED};

/// The labels of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct KindReport {
    /// The kind.
    pub kind: Kind,
    /// How many labels there are.
    pub count: usize,
    /// Devices and links in service that state none.
    pub unlabelled: (usize, usize),
    /// Those whose loss costs most first.
    pub labels: Vec<Cost>,
    /// Pairs that cost more together than either by itself; `None` where the bounds do not reach.
    pub pairs: Option<Vec<Pair>>,
    /// How many such pairs there are in all, counted up to a million.
    pub pairs_in_all: usize,
    /// By function, the fewest labels whose loss costs the share; `None` where the bounds do not reach. Empty without demands.
    pub fewest: Option<Vec<Fewest>>,
}

pub(super) fn tell(
    topology: &Topology<'_>,
    kind: Kind,
    labels: &[Label],
    numbered: &Labels,
    losses: &[Vec<Loss>],
    percent: u8,
    bounds: &Bounds,
) -> Result<KindReport, Error> {
    let name = |number: u32| labels.get(number as usize).map_or("", |label| label.name.as_str()).to_owned();
    let mut costs: Vec<(Loss, usize, u32)> =
        (0u32..).zip(labels).map(|(label, _)| (Loss::default(), 0, label)).collect();
    for (function, losses) in losses.iter().enumerate() {
        for ((most, of, _), loss) in costs.iter_mut().zip(losses) {
            if loss.weight > most.weight || (most.weight == 0 && loss.vertices > most.vertices) {
                (*most, *of) = (*loss, function);
            }
        }
    }
    let size =
        |number: u32| labels.get(number as usize).map_or(0, |label| label.devices.len() + label.links.len());
    costs.sort_by(|(a, _, one), (b, _, other)| {
        (b.weight, size(*other), one).cmp(&(a.weight, size(*one), other))
    });
    let cost = |(loss, function, number): &(Loss, usize, u32)| {
        let label = labels.get(*number as usize);
        let is_told = *loss != Loss::default();
        let asked = topology.asked.get(*function).filter(|_| is_told);
        Cost {
            name: name(*number),
            devices: label.map_or(0, |label| label.devices.len()),
            links: label.map_or(0, |label| label.links.len()),
            subscribers: loss.weight,
            function: asked.map(|asked| asked.function.clone()).unwrap_or_default(),
            cut_off: loss.vertices,
        }
    };
    let mut told = KindReport {
        kind,
        count: labels.len(),
        unlabelled: unlabelled(topology, labels),
        labels: costs.iter().take(bounds.most).map(cost).collect(),
        pairs: None,
        pairs_in_all: 0,
        fewest: None,
    };
    let (devices, links) = topology.size();
    let work = (devices as u64 + links as u64).saturating_mul(labels.len() as u64);
    if labels.len() > MOST_PAIRED {
        return Ok(told);
    }
    if work <= bounds.paired || kind == Kind::Vendor {
        let mut pairing = Pairing::default();
        for (asked, losses) in topology.asked.iter().zip(losses) {
            pairing.look(topology, numbered, asked, losses, name)?;
        }
        let (pairs, in_all) = pairing.finish();
        (told.pairs, told.pairs_in_all) = (Some(pairs), in_all);
    }
    let mut fewest = Vec::new();
    for (asked, losses) in
        topology.asked.iter().zip(losses).filter(|(asked, _)| asked.service.roots().is_some())
    {
        fewest.push(match one_does(asked, losses, percent, name) {
            Some(one) => one,
            None => few(topology, numbered, asked, percent, bounds.fewest, name)?,
        });
    }
    fewest
        .sort_by_key(|one: &Fewest| (one.labels.as_ref().map_or(usize::MAX, Vec::len), one.function.clone()));
    told.fewest = Some(fewest);
    Ok(told)
}

/// The label whose loss costs most, where that is the share already: there can be no fewer.
fn one_does(asked: &Asked, losses: &[Loss], percent: u8, name: impl Fn(u32) -> String) -> Option<Fewest> {
    let demands = asked.demands().filter(|(at, _)| asked.was_served(at));
    let served: u64 = demands.fold(0, |sum, (_, weight)| sum.saturating_add(weight));
    let (label, loss) =
        (0u32..).zip(losses).max_by_key(|(label, loss)| (loss.weight, std::cmp::Reverse(*label)))?;
    let is_enough = u128::from(loss.weight) * 100 >= u128::from(served) * u128::from(percent.clamp(1, 100));
    (served > 0 && is_enough).then(|| Fewest {
        function: asked.function.clone(),
        labels: Some(vec![name(label)]),
        bound: 1,
        subscribers: loss.weight,
        served,
    })
}
