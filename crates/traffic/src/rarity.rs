//! How many talk to a destination, and since when: what a single device talks to is rare.
//!
//! What is counted, over all pairs of a recording: by destination the different sources, the same as a share of all sources, and when it was
//! first seen. Figures, no weight: nothing was measured here. When it is wrong: in a small network everything is rare; a destination that is
//! first seen at the start of the recording may be old. What it misses: an implant that was given to many devices at once.

use std::collections::{BTreeMap, BTreeSet};

/// How rare a destination is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rarity {
    /// Different sources that talk to it.
    pub sources: usize,
    /// Different sources of the recording.
    pub of: usize,
    /// The first over the second.
    pub prevalence: f64,
    /// When it was first seen, in microseconds since 1970-01-01 00:00 UTC.
    pub first_seen: i64,
}

/// How rare each destination is, of pairs of a source, a destination and the start of their first contact. A pair may come several times.
#[must_use]
pub fn rarity<S: Ord + Clone, D: Ord>(pairs: impl IntoIterator<Item = (S, D, i64)>) -> BTreeMap<D, Rarity> {
    let mut everyone = BTreeSet::new();
    let mut destinations: BTreeMap<D, (BTreeSet<S>, i64)> = BTreeMap::new();
    for (source, destination, first) in pairs {
        everyone.insert(source.clone());
        let (sources, seen) = destinations.entry(destination).or_insert_with(|| (BTreeSet::new(), first));
        sources.insert(source);
        *seen = first.min(*seen);
    }
    let of = everyone.len();
    destinations
        .into_iter()
        .map(|(destination, (sources, first_seen))| {
            let prevalence = sources.len() as f64 / of.max(1) as f64;
            (destination, Rarity { sources: sources.len(), of, prevalence, first_seen })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_count_once_and_the_earliest_is_the_first() {
        let pairs = [("a", "time", 5), ("b", "time", 3), ("a", "time", 9), ("c", "time", 4), ("d", "odd", 7)];
        let all = rarity(pairs);
        assert_eq!(all["time"], Rarity { sources: 3, of: 4, prevalence: 0.75, first_seen: 3 });
        assert_eq!(all["odd"], Rarity { sources: 1, of: 4, prevalence: 0.25, first_seen: 7 });
        assert!(rarity::<u8, u8>([]).is_empty());
    }
}
