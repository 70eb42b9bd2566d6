//! The allocation table: chains of clusters.

use super::boot::{Boot, Variant};
use crate::bytes::{slice, u16_le, u32_le};

/// What an entry of the table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Free,
    Next(u32),
    Bad,
    End,
}

#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    variant: Variant,
}

impl<'a> Table<'a> {
    /// The table that counts; shorter where the data ends in it.
    pub(super) fn new(data: &'a [u8], boot: &Boot) -> Self {
        let at = boot.table + boot.active_table.unwrap_or_default() * boot.table_size;
        Self {
            bytes: crate::bytes::head(crate::bytes::tail(data, at), boot.table_size),
            variant: boot.variant,
        }
    }

    /// The first copy that differs from the first table, where they should be alike.
    pub(super) fn differing_copy(data: &[u8], boot: &Boot) -> Option<usize> {
        let copy = |number| slice(data, boot.table + number * boot.table_size, boot.table_size);
        let first = copy(0)?;
        (1..boot.tables)
            .find(|number| boot.active_table.is_none() && copy(*number).is_some_and(|copy| copy != first))
    }

    /// Whether the first entry repeats the media byte, all other bits set.
    pub(super) fn starts_with(&self, media: u8) -> bool {
        let low = u32::from(media);
        match self.variant {
            Variant::Fat12 => self.raw(0) == Some(0xf00 | low),
            Variant::Fat16 => self.raw(0) == Some(0xff00 | low),
            Variant::Fat32 => self.raw(0) == Some(0x0fff_ff00 | low),
        }
    }

    fn raw(&self, cluster: u32) -> Option<u32> {
        let at = cluster as usize;
        match self.variant {
            Variant::Fat12 => {
                let pair = u16_le(self.bytes, at + at / 2)?;
                Some(u32::from(if at % 2 == 1 { pair >> 4 } else { pair & 0xfff }))
            }
            Variant::Fat16 => u16_le(self.bytes, at * 2).map(u32::from),
            Variant::Fat32 => Some(u32_le(self.bytes, at * 4)? & 0x0fff_ffff),
        }
    }

    pub(super) fn link(&self, cluster: u32) -> Option<Link> {
        let raw = self.raw(cluster)?;
        let end = match self.variant {
            Variant::Fat12 => 0xff8,
            Variant::Fat16 => 0xfff8,
            Variant::Fat32 => 0x0fff_fff8,
        };
        Some(match raw {
            0 => Link::Free,
            _ if raw >= end => Link::End,
            _ if raw == end - 1 => Link::Bad,
            next => Link::Next(next),
        })
    }
}

/// Clusters that stand one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub first: u32,
    pub clusters: u32,
}

/// A chain as far as it can be followed.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub runs: Vec<Run>,
    pub clusters: u64,
    /// What stopped it before its end.
    pub broken: Option<&'static str>,
    /// The cluster that another chain has already, where it goes on.
    pub shared: Option<u32>,
}

/// The clusters that chains have been found to hold.
pub(super) struct Claimed {
    words: Vec<u64>,
}

impl Claimed {
    pub(super) fn new(boot: &Boot, table: &Table) -> Self {
        // No more clusters than the table that is there can name.
        let most = (table.bytes.len() * 8 / 12).min(boot.clusters as usize + 2);
        Self { words: vec![0; most / 64 + 1] }
    }

    /// Claims a cluster; whether nobody had it.
    fn insert(&mut self, cluster: u32) -> bool {
        let Some(word) = self.words.get_mut(cluster as usize / 64) else { return false };
        let bit = 1 << (cluster % 64);
        let free = *word & bit == 0;
        *word |= bit;
        free
    }

    pub(super) fn has(&self, cluster: u32) -> bool {
        self.words.get(cluster as usize / 64).is_some_and(|word| word >> (cluster % 64) & 1 == 1)
    }
}

/// Follows a chain and claims its clusters, up to one that is claimed already.
pub(super) fn claim(boot: &Boot, table: &Table, first: u32, claimed: &mut Claimed) -> Chain {
    follow(boot, table, first, |cluster, _| claimed.insert(cluster))
}

/// Follows at most `most` clusters of a chain, whoever has them.
pub(super) fn walk(boot: &Boot, table: &Table, first: u32, most: u64) -> Chain {
    follow(boot, table, first, |_, seen| seen < most)
}

fn follow(boot: &Boot, table: &Table, first: u32, mut take: impl FnMut(u32, u64) -> bool) -> Chain {
    let mut chain = Chain::default();
    let mut cluster = first;
    loop {
        if !boot.has(cluster) {
            chain.broken = Some("leads to a cluster that does not exist");
            return chain;
        }
        if !take(cluster, chain.clusters) {
            chain.shared = Some(cluster);
            return chain;
        }
        chain.clusters += 1;
        match chain.runs.last_mut() {
            Some(run) if run.first + run.clusters == cluster => run.clusters += 1,
            _ => chain.runs.push(Run { first: cluster, clusters: 1 }),
        }
        match table.link(cluster) {
            Some(Link::Next(next)) => cluster = next,
            Some(Link::End) => return chain,
            Some(Link::Free) => {
                chain.broken = Some("leads to a free cluster");
                return chain;
            }
            Some(Link::Bad) => {
                chain.broken = Some("leads to a bad cluster");
                return chain;
            }
            None => {
                chain.broken = Some("leads past the end of the allocation table");
                return chain;
            }
        }
    }
}
