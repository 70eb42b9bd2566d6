//! The least sets of labels that ways take up, from all places at once.
//!
//! A way from a node to where paths lead takes up the labels on it. Of all these sets only the least matter, those that hold no other: a place has
//! two paths without a common label exactly where two least sets of what it stands beside are disjoint. They are found for all nodes
//! together, from where paths lead outwards and by their size: a set that holds none of those found at a node before is one of its least, and
//! stays it (labels that are set once, of shortest paths by several criteria: Martins, "On a multicriteria shortest path problem",
//! European Journal of Operational Research 16(2), 1984). A way that comes back to the place it began at holds a shorter one, so that places need not
//! be left out of each other's ways. What hangs on one node alone is on no other's way: its sets are its own labels beside those of what it hangs on.
//!
//! There may be exponentially many, and so there is a bound. Where it is reached the sets found so far still prove that there are two paths,
//! and never that there are none.

#![expect(
    clippy::indexing_slicing,
    reason = "nodes are the contraction's, and every table has a row for each"
)]

use super::NONE;

/// Words of a set.
const WORDS: usize = 4;

/// The most labels of a set.
pub(super) const MOST_LABELS: u32 = WORDS as u32 * 64;

/// A set of labels as bits.
pub(super) type Set = [u64; WORDS];

/// No label.
const EMPTY: Set = [0; WORDS];

/// The set of these labels, each of which is below the most.
pub(super) fn bits(labels: &[u32]) -> Set {
    let mut set = EMPTY;
    labels.iter().for_each(|&label| set[label as usize / 64] |= 1 << (label % 64));
    set
}

/// What leads from a node to another, with the labels between them and on the other.
#[derive(Clone, Copy)]
struct Way {
    to: u32,
    takes: Set,
}

/// The least sets of every node.
pub(super) struct Ways {
    /// By node, in the order of their sizes; none for nodes that hang on another.
    sets: Vec<Vec<Set>>,
    /// By node, what it hangs on, and the labels of itself and between the two.
    hangs: Vec<(u32, Set)>,
    /// Whether all sets were found.
    pub(super) whole: bool,
}

impl Ways {
    /// Of nodes with their sets, and what joins two of them with its own; `to`: where paths lead, the labels of which do not count. At
    /// most so many `steps`: a way taken, or a set held against another.
    pub(super) fn new(own: &[Set], joins: &[(u32, u32, Set)], to: &[u32], steps: u64) -> Self {
        let count = own.len();
        let mut first = vec![0u32; count + 1];
        for &(a, b, _) in joins {
            first[a as usize + 1] += 1;
            first[b as usize + 1] += 1;
        }
        (0..count).for_each(|node| first[node + 1] += first[node]);
        let mut next = first.clone();
        let mut ways = vec![Way { to: 0, takes: EMPTY }; joins.len() * 2];
        for &(a, b, set) in joins {
            for (from, to) in [(a, b), (b, a)] {
                ways[next[from as usize] as usize] = Way { to, takes: union(&set, &own[to as usize]) };
                next[from as usize] += 1;
            }
        }
        let of = |node: u32| first[node as usize] as usize..first[node as usize + 1] as usize;
        let hangs = hanging(own, &ways, &of, to);
        let mut found = Self { sets: vec![Vec::new(); count], hangs, whole: true };
        // By size, what was reached with so many labels.
        let mut reached: Vec<Vec<(u32, Set)>> = vec![to.iter().map(|&node| (node, EMPTY)).collect()];
        let (mut size, mut at, mut taken) = (0, 0, 0u64);
        while size < reached.len() {
            let Some(&(node, set)) = reached[size].get(at) else {
                reached[size] = Vec::new();
                (size, at) = (size + 1, 0);
                continue;
            };
            at += 1;
            let least = &mut found.sets[node as usize];
            taken += least.len() as u64;
            if holds_any(&set, least) {
                continue;
            }
            if taken > steps {
                found.whole = false;
                return found;
            }
            least.push(set);
            for way in &ways[of(node)] {
                if found.hangs[way.to as usize].0 != NONE {
                    continue;
                }
                let set = union(&set, &way.takes);
                let known = &found.sets[way.to as usize];
                taken += 1 + known.len() as u64;
                if !holds_any(&set, known) {
                    let size = length(&set);
                    if reached.len() <= size {
                        reached.resize(size + 1, Vec::new());
                    }
                    reached[size].push((way.to, set));
                }
            }
        }
        found
    }

    /// Whether a place that stands beside these, each with what is between, has two ways without a common label; `None` where the sets that
    /// were found do not say.
    pub(super) fn has_pair(&self, beside: &[(u32, Set)]) -> Option<bool> {
        let mut least: Vec<Set> = Vec::new();
        for &(node, between) in beside {
            let (mut node, mut takes) = (node, between);
            while self.hangs[node as usize].0 != NONE {
                let (on, own) = self.hangs[node as usize];
                (node, takes) = (on, union(&takes, &own));
            }
            least.extend(self.sets[node as usize].iter().map(|set| union(set, &takes)));
        }
        least.sort_unstable_by_key(|set| (length(set), *set));
        least.dedup();
        for (number, set) in least.iter().enumerate() {
            // Without a label it is both.
            if *set == EMPTY || least[..number].iter().any(|other| !meets(set, other)) {
                return Some(true);
            }
        }
        self.whole.then_some(false)
    }
}

/// By node, what it hangs on: the one node beside it, others that hang on it left aside.
fn hanging(
    own: &[Set],
    ways: &[Way],
    of: &impl Fn(u32) -> std::ops::Range<usize>,
    to: &[u32],
) -> Vec<(u32, Set)> {
    let mut hangs = vec![(NONE, EMPTY); own.len()];
    let mut beside: Vec<u32> = (0..own.len() as u32).map(|node| of(node).len() as u32).collect();
    // Where paths lead hangs on nothing.
    to.iter().for_each(|&node| beside[node as usize] = u32::MAX);
    let mut open: Vec<u32> = (0..own.len() as u32).filter(|&node| beside[node as usize] == 1).collect();
    while let Some(node) = open.pop() {
        let Some(way) = ways[of(node)].iter().find(|way| hangs[way.to as usize].0 == NONE) else { continue };
        // Between the two is what the way there takes that the other has not; with the other's own it is the same set.
        hangs[node as usize] = (way.to, union(&own[node as usize], &way.takes));
        let left = &mut beside[way.to as usize];
        if *left != u32::MAX {
            *left -= 1;
            if *left == 1 {
                open.push(way.to);
            }
        }
    }
    hangs
}

fn union(a: &Set, b: &Set) -> Set {
    std::array::from_fn(|word| a[word] | b[word])
}

fn meets(a: &Set, b: &Set) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

fn length(set: &Set) -> usize {
    set.iter().map(|word| word.count_ones() as usize).sum()
}

/// Whether a set holds all of one of the others.
fn holds_any(set: &Set, others: &[Set]) -> bool {
    others.iter().any(|other| other.iter().zip(set).all(|(other, set)| other & !set == 0))
}
