//! Communities of SNMP, by who spoke to whom with them: known defaults in clear text, others by their hash alone.

use super::Place;
use super::names::Names;
use banbury_evidence::Digest;
use banbury_formats::traffic::Community;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::LazyLock;

/// Communities that are kept; of more, the first ones by where they stand. One device has a few.
pub const COMMUNITIES: usize = 100_000;

/// A community that one end spoke to another with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCommunity {
    /// 1, or 2 for 2c.
    pub version: u8,
    /// The community, where it is one that agents have from the factory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// SHA-256 of the community.
    pub sha256: Digest,
    /// Messages that had it.
    pub messages: u64,
    /// Whether an agent answered with it.
    pub accepted: bool,
    /// When it was first seen, in microseconds since 1970-01-01 00:00 UTC.
    pub first: i64,
    /// Where the first message that had it stands.
    pub record: Place,
}

/// A default and who says so.
#[derive(Debug, Deserialize)]
struct Known {
    community: String,
    source: String,
}

#[derive(Deserialize)]
struct Table {
    default: Vec<Known>,
}

static DEFAULTS: LazyLock<Vec<Known>> = LazyLock::new(|| {
    // The file is a part of the program; a test reads it.
    toml::from_str::<Table>(include_str!("communities.toml"))
        .map_or_else(|_| Vec::new(), |table| table.default)
});

/// Who says that agents have this community from the factory; nothing where nobody does.
pub fn default_source(community: &str) -> Option<&'static str> {
    DEFAULTS.iter().find(|known| known.community == community).map(|known| known.source.as_str())
}

/// Number of the client, of the server, and its port.
type Ends = ((u32, bool), (u32, bool), u16);

/// What was collected, by the ends, version and hash.
#[derive(Clone, Debug, Default)]
pub(super) struct Communities(BTreeMap<Ends, BTreeMap<(u8, Digest), KnownCommunity>>);

impl Communities {
    pub(super) fn count(&mut self, heard: &Community<'_>, record: Place, names: &Names) {
        let known = KnownCommunity {
            version: heard.version,
            default: default_source(heard.community).map(|_| heard.community.to_owned()),
            sha256: Digest::of(heard.community.as_bytes()),
            messages: heard.messages,
            accepted: heard.accepted,
            first: heard.time,
            record,
        };
        self.add((names.host(heard.client), names.host(heard.server), heard.server_port), known);
    }

    fn add(&mut self, ends: Ends, known: KnownCommunity) {
        match self.0.entry(ends).or_default().entry((known.version, known.sha256)) {
            Entry::Vacant(place) => {
                place.insert(known);
            }
            Entry::Occupied(mut place) => {
                let old = place.get_mut();
                old.messages += known.messages;
                old.accepted |= known.accepted;
                if (known.first, known.record) < (old.first, old.record) {
                    (old.first, old.record) = (known.first, known.record);
                }
            }
        }
    }

    /// Adds what was collected elsewhere, and says how many were not kept.
    pub(super) fn append(&mut self, other: Self) -> u64 {
        for (ends, all) in other.0 {
            all.into_values().for_each(|known| self.add(ends, known));
        }
        let count = self.0.values().map(BTreeMap::len).sum::<usize>();
        let Some(more) = count.checked_sub(COMMUNITIES).filter(|more| *more > 0) else { return 0 };
        let all =
            self.0.iter().flat_map(|(ends, all)| all.iter().map(|(which, one)| (one.record, *ends, *which)));
        let mut places: Vec<(Place, Ends, (u8, Digest))> = all.collect();
        places.sort_unstable();
        for (_, ends, which) in places.into_iter().rev().take(more) {
            if let Some(all) = self.0.get_mut(&ends) {
                all.remove(&which);
            }
        }
        more as u64
    }

    /// Those that one end spoke to a port of another with, defaults first.
    pub(super) fn of(&self, client: (u32, bool), server: (u32, bool), port: u16) -> Vec<KnownCommunity> {
        let theirs = self.0.get(&(client, server, port));
        let mut found: Vec<KnownCommunity> = theirs.into_iter().flat_map(BTreeMap::values).cloned().collect();
        found.sort_by_key(|known| (known.default.is_none(), known.first, known.record, known.sha256));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_has_its_source() {
        let table: Table = toml::from_str(include_str!("communities.toml")).unwrap();
        assert!(table.default.len() >= 6);
        for known in &table.default {
            assert!(known.source.starts_with("CVE-"), "{}", known.community);
            assert_eq!(default_source(&known.community), Some(known.source.as_str()));
        }
        assert_eq!(default_source("Public"), None, "case counts");
    }

    #[test]
    fn those_of_one_pair_come_together_and_secrets_by_their_hash() {
        let names = Names::default();
        let mut all = Communities::default();
        let mut heard = |client: &str, community: &str, time: i64, accepted: bool| {
            let record = Community {
                time,
                id: None,
                client: client.parse().unwrap(),
                server: "10.0.0.9".parse().unwrap(),
                server_port: 161,
                version: 2,
                community,
                messages: 2,
                accepted,
            };
            all.count(&record, Place { input: 0, offset: time as u64 }, &names);
        };
        heard("10.0.0.1", "of our own", 1, true);
        heard("10.0.0.1", "public", 9, true);
        heard("10.0.0.1", "public", 5, false);
        heard("10.0.0.2", "private", 7, false);
        let (client, server) =
            (names.host("10.0.0.1".parse().unwrap()), names.host("10.0.0.9".parse().unwrap()));
        let found = all.of(client, server, 161);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].default.as_deref(), found[0].messages, found[0].first), (Some("public"), 4, 5));
        assert!(found[0].accepted && found[1].default.is_none());
        assert_eq!(found[1].sha256, Digest::of(b"of our own"));
        assert!(all.of(client, server, 162).is_empty() && all.of(server, client, 161).is_empty());
    }
}
