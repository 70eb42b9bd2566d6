//! Connections to pairs: who talks to whom, how often, how much, and how regularly.
//!
//! A [`Pairing`] is filled through [`Collector`]s, one for each piece of each input, on any number of threads, and then weighed
//! ([`Pairing::weigh`]). A pair is a source and a destination address, its port and the protocol. Where a name (TLS server name,
//! HTTP host, or what the client was answered before) stands at several addresses, the name's contacts are one more pair, without
//! an address; and so are the queries of one client for names under one domain.
//!
//! Memory: rows of eighty bytes up to a budget, beyond it in a scratch file ([`Scratch`]); one partition of 128 is weighed at a time
//! by each thread, so that 100,000,000 connections of usual hosts need some 250 MB beside the budget, whatever the budget is. Names and
//! IPv6 addresses are kept up to 16,777,216 each, joins of names up to 8,388,608, contacts of one pair up to 1,000,000: what is beyond
//! is counted and said ([`Tally`]). Not bounded: pairs that are kept, which is the caller's choice, and records of one direction
//! (flow exports), of which a partition's have to fit.
//!
//! The result does not depend on the number of threads or the order of inputs, but for places: the first record of a pair is the
//! first in time, and of several at one moment that of the input that was named first.

mod collect;
mod communities;
mod domain;
mod duplicates;
mod evaluate;
mod joins;
mod leaving;
mod names;
mod one_way;
mod partition;
mod picture;
mod queries;
mod row;
mod scores;
mod store;
#[cfg(test)]
mod tests;

pub use collect::{Collector, Counts, KnownLogin, PROBLEMS};
pub use communities::{COMMUNITIES, KnownCommunity, default_source};
pub use joins::JOINS;
pub use leaving::{HOURS, Leap};
pub use names::NAMES;
pub(crate) use names::lock;
pub use partition::CONTACTS;
pub use picture::SLOTS;
pub use queries::Queries;
pub use row::INPUTS;
pub use scores::{BeaconWeight, Part, RitaScore};
pub use store::Scratch;

use crate::Window;
use crate::networks::Inside;
use crate::peers::Visit;
use crate::peers::interest::{Interest, VISITS};
use communities::Communities;
use evaluate::Context;
use joins::Joins;
use names::Names;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::IpAddr;
use std::sync::Mutex;
use store::{PARTITIONS, Store};

/// Attempts to log in that are kept.
pub const LOGINS: usize = 100_000;

/// Domains that one client's queries are counted by, over all clients.
pub const DOMAINS: usize = 1 << 20;

/// Who talked to whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Who opened the connections.
    pub source: IpAddr,
    /// The other end; absent for a pair by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<IpAddr>,
    /// How many addresses the other end has: 1 but for a pair by name; 0 for queries.
    pub addresses: u64,
    /// Port of the other end, where the protocol has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// IP protocol number.
    pub protocol: u8,
    /// The other end's name, the most frequent where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many other names it has.
    pub more_names: u64,
    /// The application's protocol, the most frequent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Connections.
    pub contacts: u64,
    /// Those that the scores are of: the first ones where there are more than [`CONTACTS`].
    pub weighed: u64,
    /// Those that were refused, or that nobody answered.
    pub unanswered: u64,
    /// Start of the first, in microseconds since 1970-01-01 00:00 UTC.
    pub first: i64,
    /// Start of the last of those that were weighed.
    pub last: i64,
    /// The latest end.
    pub end: i64,
    /// Microseconds that the longest took.
    pub longest: i64,
    /// Microseconds that all took together.
    pub duration: u64,
    /// Bytes that the source sent.
    pub sent: u64,
    /// Bytes that the destination sent.
    pub received: u64,
    /// How many sources the destination has; absent for a pair by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<u64>,
    /// Where the record of the first contact stands.
    pub first_record: Place,
    /// What was asked, where the pair is one of queries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<Queries>,
    /// RITA's score, to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rita: Option<RitaScore>,
    /// The weight of being a beacon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beacon: Option<BeaconWeight>,
    /// The most connections within 24 hours; absent where it has too few for that to matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busiest_day: Option<u64>,
    /// Communities of SNMP that the source spoke to the destination with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub communities: Vec<KnownCommunity>,
    /// Its connections over time, where somebody will look at them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<banbury_evidence::Picture>,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Number of the input, from 0.
    pub input: u32,
    /// Offset in it; of a compressed input, in what it holds.
    pub offset: u64,
}

/// What was counted over all pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Pairs by address.
    pub pairs: u64,
    /// Pairs by name beside them.
    pub by_name: u64,
    /// Pairs that were scored.
    pub weighed: u64,
    /// Contacts of the pairs by address.
    pub contacts: u64,
    /// Records that were there before and were left out.
    pub duplicates: u64,
    /// Halves of connections that found their other half.
    pub halves: u64,
    /// Records that went on where another one of the same connection ended.
    pub continued: u64,
    /// Contacts that were counted and not weighed, being beyond [`CONTACTS`] of their pair.
    pub beyond: u64,
    /// Names, addresses, answers, domains, logins and communities that were not kept, being too many.
    pub not_kept: u64,
    /// Rows that were written to the scratch file.
    pub spilled: u64,
    /// Destinations.
    pub destinations: u64,
}

/// How pairs are weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighing {
    /// Contacts without which a pair is not scored.
    pub least: u64,
    /// Whether RITA's score alone is wanted.
    pub rita_alone: bool,
    /// Whether more will be read: what was read stays for another weighing.
    pub goes_on: bool,
}

/// What came of all pairs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weighed {
    /// The pairs that were to be kept, in the order of their addresses and names.
    pub pairs: Vec<Pair>,
    /// Attempts to log in, in the order of time.
    pub logins: Vec<KnownLogin>,
    /// What was counted.
    pub tally: Tally,
    /// First and last moment that any record speaks of, in microseconds since 1970-01-01 00:00 UTC.
    pub window: Option<(i64, i64)>,
    /// The same of each input, by its number.
    pub spans: BTreeMap<u32, (i64, i64)>,
    /// Connections to ends of interest, in the order of time.
    pub visits: Vec<Visit>,
    /// Periods in which far more left an address inside than before; nothing where there were too many hours, or nobody asked.
    #[serde(default)]
    pub leaps: Option<Vec<Leap>>,
}

/// Collects connections, and weighs their pairs.
pub struct Pairing<'s> {
    names: Names,
    joins: Joins,
    store: Store<'s>,
    queries_store: Store<'s>,
    budget: usize,
    scratch: Option<&'s dyn Scratch>,
    interest: Interest,
    inside: Option<Inside>,
    rest: Mutex<Rest>,
}

/// What is collected beside rows.
#[derive(Debug, Default)]
struct Rest {
    spans: BTreeMap<u32, (i64, i64)>,
    visits: Vec<Visit>,
    queries: HashMap<((u32, bool), u32), Queries>,
    logins: Vec<KnownLogin>,
    communities: Communities,
    not_kept: u64,
}

/// What a collector hands over beside rows.
#[derive(Default)]
struct Taken {
    span: Option<(i64, i64)>,
    queries: HashMap<((u32, bool), u32), Queries>,
    logins: Vec<KnownLogin>,
    communities: Communities,
    visits: Vec<Visit>,
}

/// What becomes of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It is counted alone.
    No,
    /// It is handed out.
    Plain,
    /// It is handed out with its picture.
    Drawn,
}

impl<'s> Pairing<'s> {
    /// An empty pairing that keeps `budget` bytes of rows in memory and the others in `scratch`; without one, all of them.
    pub fn new(budget: usize, scratch: Option<&'s dyn Scratch>) -> Self {
        Self {
            names: Names::default(),
            joins: Joins::default(),
            store: Store::new(budget / 8 * 7, scratch),
            queries_store: Store::new(budget / 8, scratch),
            budget,
            scratch,
            interest: Interest::default(),
            inside: None,
            rest: Mutex::default(),
        }
    }

    /// The same, and connections to these ends are kept one by one.
    #[must_use]
    pub fn with_interest(mut self, interest: Interest) -> Self {
        self.interest = interest;
        self
    }

    /// The same, and what leaves these networks is counted by address and hour.
    #[must_use]
    pub fn with_inside(mut self, inside: Inside) -> Self {
        self.inside = Some(inside);
        self
    }

    /// A sink for a piece of an input (its number, from 0) that begins at `base`.
    pub fn collector(&self, input: u32, base: u64) -> Collector<'_, 's> {
        Collector::new(self, input, base)
    }

    /// Takes these moments for ones that records spoke of: where some of all records are weighed apart, those of all.
    pub fn observe(&self, since: i64, until: i64) {
        self.take(0, Taken { span: Some((since, until)), ..Taken::default() });
    }

    /// Microseconds from the first moment that any record spoke of to the last.
    pub fn observed(&self) -> u64 {
        whole(&lock(&self.rest).spans).map_or(0, |(first, last)| last.abs_diff(first))
    }

    fn take(&self, input: u32, taken: Taken) {
        let Taken { span, queries, logins, communities, visits } = taken;
        let mut rest = lock(&self.rest);
        if let Some((start, end)) = span {
            let (first, last) = rest.spans.get(&input).copied().unwrap_or((start, end));
            rest.spans.insert(input, (first.min(start), last.max(end)));
        }
        rest.visits.extend(visits);
        if rest.visits.len() > VISITS {
            rest.visits.sort_unstable_by_key(|visit| (visit.start, visit.record));
            rest.not_kept += (rest.visits.len() - VISITS) as u64;
            rest.visits.truncate(VISITS);
        }
        for (which, queries) in queries {
            if rest.queries.len() >= DOMAINS && !rest.queries.contains_key(&which) {
                rest.not_kept += 1;
                continue;
            }
            rest.queries.entry(which).or_default().add(&queries);
        }
        rest.not_kept += rest.communities.append(communities);
        rest.logins.extend(logins);
        if rest.logins.len() > LOGINS {
            rest.logins.sort_unstable();
            rest.not_kept += (rest.logins.len() - LOGINS) as u64;
            rest.logins.truncate(LOGINS);
        }
    }

    /// Weighs all pairs, and hands out those that `keep` wants. Fails where the scratch file does.
    pub fn weigh(&self, weighing: &Weighing, keep: &(dyn Fn(&Pair) -> Keep + Sync)) -> io::Result<Weighed> {
        let (spans, queries, mut logins, mut visits, communities, not_kept) = {
            let rest = lock(&self.rest);
            let queries = rest.queries.iter().map(|(which, queries)| (*which, queries.clone().settled()));
            (
                rest.spans.clone(),
                queries.collect(),
                rest.logins.clone(),
                rest.visits.clone(),
                rest.communities.clone(),
                rest.not_kept,
            )
        };
        logins.sort_unstable();
        visits.sort_unstable_by(|one, other| {
            (one.start, one.record).cmp(&(other.start, other.record)).then_with(|| one.cmp(other))
        });
        let window = whole(&spans);
        let (start, end) = window.unwrap_or_default();
        let joins = self.joins.ready(&self.names);
        let context = Context {
            names: &self.names,
            joins: &joins,
            window: Window::new(start, end),
            least: weighing.least.max(1),
            rita_alone: weighing.rita_alone,
            queries: &queries,
            communities: &communities,
            inside: self.inside.as_ref().filter(|_| !weighing.rita_alone),
            keep,
        };
        let named = Store::new(self.budget / 2, self.scratch);
        let outcome = together(|number, outcome| {
            partition::by_address(&self.store, number, weighing.goes_on, &context, &named, outcome)
        })?;
        let more = together(|number, outcome| {
            partition::by_name(&self.queries_store, &named, number, weighing.goes_on, &context, outcome)
        })?;
        for store in [&self.store, &self.queries_store, &named] {
            store.failure().map_or(Ok(()), Err)?;
        }
        let partition::Outcome { mut pairs, mut tally, sources, leaving } = outcome;
        for pair in &mut pairs {
            if let Some(destination) = pair.destination {
                pair.sources = sources.get(&self.names.host(destination)).copied().map(u64::from);
            }
        }
        pairs.extend(more.pairs);
        pairs.par_sort_by_cached_key(partition::order);
        tally.add(&more.tally);
        tally.destinations = sources.len() as u64;
        tally.not_kept = not_kept + self.names.beyond() + self.joins.beyond();
        tally.spilled = [&self.store, &self.queries_store, &named].iter().map(|store| store.spilled()).sum();
        let leaps = context.inside.and_then(|_| leaving.leaps(&self.names, &context.window));
        Ok(Weighed { pairs, logins, tally, window, spans, visits, leaps })
    }
}

fn whole(spans: &BTreeMap<u32, (i64, i64)>) -> Option<(i64, i64)> {
    let both = |(first, last): (i64, i64), (start, end): (i64, i64)| (first.min(start), last.max(end));
    spans.values().copied().reduce(both)
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.pairs += other.pairs;
        self.by_name += other.by_name;
        self.weighed += other.weighed;
        self.contacts += other.contacts;
        self.duplicates += other.duplicates;
        self.halves += other.halves;
        self.continued += other.continued;
        self.beyond += other.beyond;
        self.not_kept += other.not_kept;
        self.spilled += other.spilled;
        self.destinations += other.destinations;
    }
}

/// The outcome of all partitions, several at a time. What comes of those that one thread weighs goes together at once.
fn together(
    weigh: impl Fn(usize, &mut partition::Outcome) -> io::Result<()> + Send + Sync,
) -> io::Result<partition::Outcome> {
    (0..PARTITIONS)
        .into_par_iter()
        .try_fold(partition::Outcome::default, |mut all, number| weigh(number, &mut all).map(|()| all))
        .try_reduce(partition::Outcome::default, |one, other| Ok(one.and(other)))
}
