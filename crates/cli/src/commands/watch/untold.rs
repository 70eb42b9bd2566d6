//! Pairs that are worth telling, but of which the terminal shows no more than how many there are: they stay with the child, since handing
//! over a hundred thousand of them takes as long as scoring them.

use banbury_traffic::pairs::Pair;
use banbury_traffic::probes::{self, Scene};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What such pairs come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Untold {
    /// How many there are.
    pub pairs: u64,
    /// Findings of them, by code.
    pub found: BTreeMap<String, u64>,
    /// The most that a pair weighs that is not told, whether it is worth telling or not.
    pub heaviest: Option<f64>,
}

/// The heavier of two pairs first; of equal ones the one that RITA scores higher.
pub(super) fn heaviest_first(one: &Pair, other: &Pair) -> Ordering {
    let decibans = |pair: &Pair| decibans(pair).unwrap_or(f64::NEG_INFINITY);
    let rita = |pair: &Pair| pair.rita.map_or(-1.0, |rita| rita.score);
    decibans(other).total_cmp(&decibans(one)).then(rita(other).total_cmp(&rita(one)))
}

fn decibans(pair: &Pair) -> Option<f64> {
    pair.beacon.as_ref().map(|beacon| beacon.decibans)
}

impl Untold {
    /// Takes note of a pair that is not told.
    pub(super) fn note(&mut self, pair: &Pair) {
        if let Some(decibans) = decibans(pair) {
            self.heaviest = Some(self.heaviest.map_or(decibans, |heaviest| heaviest.max(decibans)));
        }
    }

    /// Leaves the `shown` heaviest of the pairs that are worth telling (something was found of them, or `is_high` says so), and those
    /// with a finding whose title is told by itself, in the order in which they stand.
    pub(super) fn of(
        pairs: &mut Vec<Pair>,
        shown: usize,
        scene: &Scene,
        is_high: &(dyn Fn(&Pair) -> bool + Sync),
    ) -> Self {
        let looked: Vec<Vec<(&str, bool)>> = pairs
            .par_iter()
            .map(|pair| {
                let findings = probes::look(pair, scene);
                findings.iter().map(|(_, finding)| (finding.info.code, finding.is_whoever)).collect()
            })
            .collect();
        let mut order: Vec<(usize, &Pair)> = pairs
            .iter()
            .enumerate()
            .filter(|(at, pair)| looked.get(*at).is_some_and(|found| !found.is_empty()) || is_high(pair))
            .collect();
        // Stable, as the table is.
        order.sort_by(|(_, one), (_, other)| heaviest_first(one, other));
        let mut untold = Self::default();
        let mut stays = vec![false; pairs.len()];
        for (rank, (at, _)) in order.iter().enumerate() {
            let found = looked.get(*at).map(Vec::as_slice).unwrap_or_default();
            if rank < shown || found.iter().any(|(_, is_whoever)| *is_whoever) {
                stays.get_mut(*at).into_iter().for_each(|stays| *stays = true);
                continue;
            }
            untold.pairs += 1;
            for (code, _) in found {
                *untold.found.entry((*code).to_owned()).or_default() += 1;
            }
        }
        let mut stays = stays.into_iter();
        pairs.retain(|pair| {
            let stays = stays.next().unwrap_or(false);
            if !stays {
                untold.note(pair);
            }
            stays
        });
        untold
    }
}
