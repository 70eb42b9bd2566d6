//! One pair's contacts, added up and scored.

use super::communities::Communities;
use super::joins::Ready;
use super::names::Names;
use super::partition::Rest;
use super::row::{Key, QUERY, Row, UNANSWERED, placed};
use super::{Keep, Pair, Place, Queries, scores};
use crate::networks::Inside;
use crate::{Contact, Window, rita, strobe};
use std::collections::HashMap;

/// What all partitions are weighed with.
pub(super) struct Context<'a> {
    pub names: &'a Names,
    pub joins: &'a Ready,
    pub window: Window,
    /// Contacts without which a pair is not scored.
    pub least: u64,
    /// RITA's score alone.
    pub rita_alone: bool,
    pub queries: &'a HashMap<((u32, bool), u32), Queries>,
    pub communities: &'a Communities,
    /// What is inside, where what leaves it is to be counted.
    pub inside: Option<&'a Inside>,
    pub keep: &'a (dyn Fn(&Pair) -> Keep + Sync),
}

/// The pair that these rows are, in the order of time and without duplicates.
pub(super) fn pair(key: &Key, rows: &[Row], rest: Rest, context: &Context<'_>) -> Pair {
    let names = context.names;
    let by_name = key.name != 0;
    let (name, more_names) = if by_name {
        (names.text(key.name), 0)
    } else {
        most(rows.iter().map(|row| row.name).filter(|name| *name != 0), |name| names.text(name))
    };
    let (service, _) =
        most(rows.iter().map(|row| row.service).filter(|it| *it != 0), |it| names.service_text(it));
    let mut pair = Pair {
        source: names.address(key.source),
        destination: (!by_name).then(|| names.address(key.destination)),
        addresses: 1,
        port: key.port,
        protocol: key.protocol,
        name,
        more_names,
        service,
        contacts: rows.len() as u64 + rest.contacts,
        weighed: rows.len() as u64,
        unanswered: 0,
        first: rows.first().map_or(0, |row| row.start),
        last: rows.last().map_or(0, |row| row.start),
        end: rest.end.max(rows.first().map_or(0, Row::end)),
        longest: 0,
        duration: 0,
        sent: rest.sent,
        received: rest.received,
        sources: None,
        first_record: first_record(rows),
        queries: None,
        rita: None,
        beacon: None,
        busiest_day: strobe::busiest_day(rows.iter().map(|row| row.start)),
        communities: Vec::new(),
        picture: None,
    };
    if let (false, Some(port)) = (by_name, key.port) {
        pair.communities = context.communities.of(key.source, key.destination, port);
    }
    for row in rows {
        pair.unanswered += u64::from(row.has(UNANSWERED));
        pair.end = pair.end.max(row.end());
        pair.longest = pair.longest.max(row.duration);
        pair.duration = pair.duration.saturating_add(row.duration.max(0).unsigned_abs());
        pair.sent = pair.sent.saturating_add(row.sent);
        pair.received = pair.received.saturating_add(row.received);
    }
    if by_name {
        let mut addresses: Vec<(u32, bool)> =
            rows.iter().filter(|row| !row.has(QUERY)).map(Row::destination).collect();
        addresses.sort_unstable();
        addresses.dedup();
        pair.addresses = addresses.len() as u64;
        if key.destination.1 {
            pair.queries = context.queries.get(&(key.source, key.name)).cloned();
        }
    }
    if pair.weighed >= context.least {
        let contacts: Vec<Contact> = rows.iter().map(Row::contact).collect();
        let rita = rita::score(&contacts, &context.window);
        if !context.rita_alone {
            pair.beacon = scores::beacon(&contacts, &context.window, rita.as_ref());
        }
        pair.rita = rita.map(Into::into);
    }
    pair
}

/// Where the first record in time stands.
fn first_record(rows: &[Row]) -> Place {
    let first = rows.iter().map(|row| (row.start, row.place)).min().map_or(0, |(_, place)| place);
    let (input, offset) = placed(first);
    Place { input, offset }
}

/// What occurs most often, and how many others there are; of several the first by its text.
fn most<N: Copy + Ord>(
    all: impl Iterator<Item = N>,
    text: impl Fn(N) -> Option<String>,
) -> (Option<String>, u64) {
    let mut counts: Vec<(N, u64)> = Vec::new();
    for one in all {
        let known = counts.iter().position(|(known, _)| *known == one);
        if let Some((_, count)) = known.and_then(|at| counts.get_mut(at)) {
            *count += 1;
        } else if counts.len() < OTHERS {
            counts.push((one, 1));
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let first = counts.iter().filter(|(_, count)| *count == most).filter_map(|(one, _)| text(*one)).min();
    (first, (counts.len() as u64).saturating_sub(1))
}

/// Names of one pair that are counted.
const OTHERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_then_the_first_by_text() {
        let text = |number: u32| Some(["", "b", "a", "c"][number as usize].to_owned());
        assert_eq!(most([1, 2, 3, 3].into_iter(), text), (Some("c".into()), 2));
        assert_eq!(most([1, 2].into_iter(), text), (Some("a".into()), 1));
        assert_eq!(most(std::iter::empty(), text), (None, 0));
    }
}
