//! Which suspects stay, and what the file says of their texts.

use super::{Behind, MENTIONS, MOST, Suspect};
use crate::demands::{Demand, Kind};
use crate::program::Program;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Suspects without those outcomes whose demands are a part of those of another suspect of the same function, be it an outcome or what gives a power right there:
/// what is compared step by step has an outcome at every step, and the last one says all.
pub(super) fn whole(all: Vec<Suspect>) -> Vec<Suspect> {
    let mut by_function: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (number, suspect) in all.iter().enumerate() {
        by_function.entry(suspect.function).or_default().push(number);
    }
    // Powers at hand say most, then outcomes beside a check; of the same, what demands more.
    let rank = |number: usize, suspect: &Suspect| {
        let kind = match suspect.behind {
            Behind::Power { steps: 0, .. } => 2,
            Behind::Outcome { checked: true, .. } => 1,
            Behind::Outcome { .. } => 0,
            Behind::Power { .. } => return None,
        };
        Some((kind, suspect.bits(), std::cmp::Reverse(number)))
    };
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    for numbers in by_function.values().filter(|numbers| numbers.len() <= MOST) {
        for number in numbers {
            let Some(suspect) = all.get(*number).filter(|one| matches!(one.behind, Behind::Outcome { .. }))
            else {
                continue;
            };
            let covers = |other: &usize| {
                all.get(*other).is_some_and(|known| {
                    rank(*other, known) > rank(*number, suspect) && is_part(&suspect.demands, &known.demands)
                })
            };
            if numbers.iter().any(covers) {
                gone.insert(*number);
            }
        }
    }
    all.into_iter()
        .enumerate()
        .filter(|(number, _)| !gone.contains(number))
        .map(|(_, suspect)| suspect)
        .collect()
}

/// Whether all that is hard in some demands is demanded by others: the same, or the same input to be a longer text.
fn is_part(some: &[Demand], others: &[Demand]) -> bool {
    some.iter().filter(|demand| demand.bits > 0).all(|demand| {
        others.iter().any(|other| {
            other.of == demand.of
                && match (&demand.kind, &other.kind) {
                    (Kind::Text(text), Kind::Text(longer)) => longer.starts_with(text),
                    (kind, known) => kind == known && demand.at == other.at,
                }
        })
    })
}

/// Says of each suspect whether the texts that it demands stand inside longer ones.
pub(super) fn mention(program: &Program<'_>, suspects: &mut [Suspect]) {
    let texts: BTreeSet<Vec<u8>> = suspects.iter().flat_map(Suspect::texts).map(Cow::into_owned).collect();
    let texts: Vec<Vec<u8>> = texts.into_iter().collect();
    // Without a searcher nothing is held to be mentioned; the texts are few and short, so that there is one.
    let Ok(searcher) = aho_corasick::AhoCorasick::new(&texts) else { return };
    let mut inside = vec![false; texts.len()];
    for bytes in program.image().constants() {
        for found in searcher.find_overlapping_iter(bytes).take(MENTIONS) {
            let printed = |at: Option<usize>| {
                at.and_then(|at| bytes.get(at)).is_some_and(|byte| byte.is_ascii_graphic() || *byte == b' ')
            };
            if (printed(found.start().checked_sub(1)) || printed(Some(found.end())))
                && let Some(place) = inside.get_mut(found.pattern().as_usize())
            {
                *place = true;
            }
        }
    }
    let known: BTreeSet<Vec<u8>> =
        texts.into_iter().zip(inside).filter(|(_, inside)| *inside).map(|(text, _)| text).collect();
    for suspect in suspects {
        let mentioned = {
            let mut texts = suspect.texts().peekable();
            texts.peek().is_some() && texts.all(|text| known.contains(&*text))
        };
        suspect.mentioned = mentioned;
    }
}
