//! The rows of one partition, pair by pair.

use super::duplicates::Duplicates;
use super::evaluate::{self, Context};
use super::leaving::Leaving;
use super::one_way;
use super::row::{Key, Row};
use super::store::Store;
use super::{Keep, Pair, Tally, picture};
use crate::Contact;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::io;

/// Contacts of one pair that are weighed: the first ones. Further ones are counted, with their bytes.
pub const CONTACTS: usize = 1_000_000;

/// Rows of a partition from which it is looked whether one pair has too many.
const MANY: usize = 1 << 21;

/// What came of a partition.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub pairs: Vec<Pair>,
    pub tally: Tally,
    /// How many sources each destination has.
    pub sources: HashMap<(u32, bool), u32, DefaultHashBuilder>,
    /// What left addresses inside, by the hour.
    pub leaving: Leaving,
}

/// What of a pair is not weighed because it has too many contacts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rest {
    pub contacts: u64,
    pub sent: u64,
    pub received: u64,
    pub end: i64,
}

type Rests = HashMap<Key, Rest, DefaultHashBuilder>;

/// Weighs the pairs by address in a partition; contacts that have a name go on to `named`.
pub(super) fn by_address(
    store: &Store<'_>,
    number: usize,
    keep: bool,
    context: &Context<'_>,
    named: &Store<'_>,
    outcome: &mut Outcome,
) -> io::Result<()> {
    let mut rests = Rests::default();
    let mut rows = gather(&[(store, number, keep)], one_way::key, &mut rests)?;
    let joined = one_way::join(&mut rows);
    outcome.tally.halves += joined.halves;
    outcome.tally.continued += joined.continued;
    outcome.tally.duplicates += joined.duplicates;
    for row in &mut rows {
        if row.name == 0 {
            row.name = context.joins.name(row.id, row.source(), row.destination(), row.start);
        }
    }
    let mut collected = named.collected();
    let mut duplicates = Duplicates::default();
    let mut ends: Vec<((u32, bool), (u32, bool))> = Vec::new();
    each(&rows, Row::by_address, |key, contacts| {
        outcome.tally.duplicates += duplicates.take_away(contacts);
        ends.push((key.destination, key.source));
        for row in contacts.iter().filter(|row| row.name != 0) {
            collected.push(super::store::of_name(row.source(), row.name), *row, named);
        }
        if let Some(inside) = context.inside {
            outcome.leaving.pair(contacts, context.names, inside);
        }
        let rest = rests.get(key).copied().unwrap_or_default();
        outcome.add(evaluate::pair(key, contacts, rest, context), contacts, context);
    });
    collected.flush(named);
    ends.sort_unstable();
    ends.dedup();
    for (destination, _) in ends {
        *outcome.sources.entry(destination).or_default() += 1;
    }
    Ok(())
}

/// Weighs the pairs by name in a partition: names that stand at several addresses, and domains that were asked for.
pub(super) fn by_name(
    queries: &Store<'_>,
    named: &Store<'_>,
    number: usize,
    keep: bool,
    context: &Context<'_>,
    outcome: &mut Outcome,
) -> io::Result<()> {
    let mut rests = Rests::default();
    let from = [(queries, number, keep), (named, number, false)];
    let rows = gather(&from, Row::by_name, &mut rests)?;
    let mut duplicates = Duplicates::default();
    each(&rows, Row::by_name, |key, contacts| {
        let is_query = key.destination.1;
        let one = contacts.first().map(Row::destination);
        // A name at one address is that address's pair.
        if !is_query && contacts.iter().all(|row| Some(row.destination()) == one) {
            return;
        }
        let twice = duplicates.take_away(contacts);
        if is_query {
            outcome.tally.duplicates += twice;
        }
        let rest = rests.get(key).copied().unwrap_or_default();
        outcome.add(evaluate::pair(key, contacts, rest, context), contacts, context);
    });
    Ok(())
}

impl Outcome {
    fn add(&mut self, mut pair: Pair, rows: &[Row], context: &Context<'_>) {
        if pair.destination.is_some() {
            self.tally.pairs += 1;
            self.tally.contacts += pair.contacts;
        } else {
            self.tally.by_name += 1;
        }
        self.tally.weighed += u64::from(pair.rita.is_some() || pair.beacon.is_some());
        self.tally.beyond += pair.contacts - pair.weighed;
        match (context.keep)(&pair) {
            Keep::No => return,
            Keep::Plain => {}
            Keep::Drawn => {
                let contacts: Vec<Contact> = rows.iter().map(Row::contact).collect();
                pair.picture = Some(picture::draw(&contacts, &context.window));
            }
        }
        self.pairs.push(pair);
    }

    /// With what came of other partitions.
    pub(super) fn and(mut self, mut other: Self) -> Self {
        self.pairs.append(&mut other.pairs);
        self.tally.add(&other.tally);
        if self.sources.len() < other.sources.len() {
            std::mem::swap(&mut self.sources, &mut other.sources);
        }
        for (host, count) in other.sources {
            *self.sources.entry(host).or_default() += count;
        }
        self.leaving.append(other.leaving);
        self
    }
}

/// All rows of partitions. Of a pair that has very many, the first ones in time, the others counted.
fn gather(
    from: &[(&Store<'_>, usize, bool)],
    key: impl Fn(&Row) -> Key,
    rests: &mut Rests,
) -> io::Result<Vec<Row>> {
    let count: usize = from.iter().map(|(store, number, _)| store.count(*number)).sum();
    let mut rows: Vec<Row> = Vec::with_capacity(count.min(MANY));
    let mut many = MANY;
    for (store, number, keep) in from {
        store.visit(*number, *keep, |some| {
            rows.extend_from_slice(some);
            if rows.len() > many {
                cut(&mut rows, &key, rests);
                many = MANY.max(rows.len() * 2);
            }
        })?;
    }
    if rows.len() > CONTACTS {
        cut(&mut rows, &key, rests);
    }
    Ok(rows)
}

/// Takes away what a pair has beyond [`CONTACTS`]. Which ones these are does not depend on the order of reading.
fn cut(rows: &mut Vec<Row>, key: &impl Fn(&Row) -> Key, rests: &mut Rests) {
    rows.sort_unstable_by_key(|row| (key(row), row.start, row.place));
    let mut stay = Vec::with_capacity(rows.len());
    for same in rows.chunk_by(|one, other| key(one) == key(other)) {
        let (first, more) = same.split_at(same.len().min(CONTACTS));
        stay.extend_from_slice(first);
        if let Some(row) = more.first() {
            let rest = rests.entry(key(row)).or_default();
            for row in more {
                rest.contacts += 1;
                rest.sent = rest.sent.saturating_add(row.sent);
                rest.received = rest.received.saturating_add(row.received);
                rest.end = rest.end.max(row.end());
            }
        }
    }
    *rows = stay;
}

/// Shows the rows of each pair, in the order of time.
fn each(rows: &[Row], key: impl Fn(&Row) -> Key, mut see: impl FnMut(&Key, &mut Vec<Row>)) {
    let hasher = DefaultHashBuilder::default();
    let mut table: HashTable<u32> = HashTable::new();
    // Packed keys are quicker to hash, and to hold against each other.
    let mut pairs: Vec<(u128, Key, usize)> = Vec::new();
    let mut of: Vec<u32> = Vec::with_capacity(rows.len());
    for row in rows {
        let this = key(row);
        let packed = this.packed();
        let known = |number: &u32| pairs.get(*number as usize).is_some_and(|(known, ..)| *known == packed);
        let hash = hasher.hash_one(packed);
        let number = match table.find(hash, known) {
            Some(number) => *number,
            None => {
                let number = pairs.len() as u32;
                let again =
                    |number: &u32| pairs.get(*number as usize).map_or(0, |(key, ..)| hasher.hash_one(*key));
                table.insert_unique(hash, number, again);
                pairs.push((packed, this, 0));
                number
            }
        };
        if let Some((.., count)) = pairs.get_mut(number as usize) {
            *count += 1;
        }
        of.push(number);
    }
    // Where the rows of each pair begin, and then end.
    let mut begins = 0;
    let mut next: Vec<usize> = Vec::with_capacity(pairs.len());
    for (.., count) in &pairs {
        next.push(begins);
        begins += count;
    }
    // Starts stand beside the places: rows are long, and are moved once, when their order is known.
    let mut order = vec![(0i64, 0u32); rows.len()];
    for ((at, number), row) in of.iter().enumerate().zip(rows) {
        if let Some(next) = next.get_mut(*number as usize) {
            if let Some(place) = order.get_mut(*next) {
                *place = (row.start, at as u32);
            }
            *next += 1;
        }
    }
    let mut contacts: Vec<Row> = Vec::new();
    for ((_, key, count), end) in pairs.iter().zip(&next) {
        contacts.clear();
        let places = order.get_mut(end - count..*end).unwrap_or_default();
        if !places.is_sorted() {
            places.sort_unstable();
        }
        contacts.extend(places.iter().filter_map(|(_, at)| rows.get(*at as usize)));
        see(key, &mut contacts);
    }
}

/// A pair's place in the order of output: by address, name, port and protocol, whatever was read first.
pub(super) fn order(pair: &Pair) -> impl Ord + Send + use<> {
    let Pair { source, destination, name, port, protocol, .. } = pair;
    (*source, *destination, name.clone(), *port, *protocol)
}
