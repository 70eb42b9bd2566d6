//! What leaves each address inside for addresses outside, by the hour.

use super::Place;
use super::names::Names;
use super::row::{Row, placed};
use crate::Window;
use crate::networks::Inside;
use crate::volume::{self, Excess, HOUR};
use hashbrown::DefaultHashBuilder;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::IpAddr;

/// Hours of addresses that are held; where there are more, nothing is said of any address: 4,194,304, some 250 MB.
pub const HOURS: usize = 1 << 22;

/// Hours that most pairs have at most.
const DAY: usize = 24;

/// A period in which far more left an address inside than before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leap {
    /// The address inside.
    pub source: IpAddr,
    /// Its figures.
    pub excess: Excess,
    /// Who got most in one hour of the period by one kind of connection.
    pub to: IpAddr,
    /// How many bytes that were.
    pub most: u64,
    /// Where the first record of these connections stands.
    pub record: Place,
}

/// Bytes of one hour.
#[derive(Clone, Copy, Debug)]
struct Hour {
    bytes: u64,
    /// Of the connections of one pair: how many, to whom, and where the first one stands.
    most: u64,
    to: (u32, bool),
    place: u64,
}

impl Hour {
    fn add(&mut self, other: &Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        if (other.most, std::cmp::Reverse(other.place)) > (self.most, std::cmp::Reverse(self.place)) {
            (self.most, self.to, self.place) = (other.most, other.to, other.place);
        }
    }
}

/// What left, by address and hour.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// Each address's hours in their order: a pair's connections come hour after hour, so that an address is looked up once for all of them.
    hosts: HashMap<(u32, bool), Vec<(i64, Hour)>, DefaultHashBuilder>,
    /// Hours of all addresses together.
    count: usize,
    is_full: bool,
}

impl Leaving {
    /// Adds the connections of one pair, in the order of time, where one end is inside and the other outside.
    pub(super) fn pair(&mut self, rows: &[Row], names: &Names, inside: &Inside) {
        let Some(row) = rows.first().filter(|_| !self.is_full) else { return };
        let (source, destination) = (row.source(), row.destination());
        let (from, to) =
            (inside.contains(names.address(source)), inside.contains(names.address(destination)));
        if from == to {
            return;
        }
        let (host, peer) = if from { (source, destination) } else { (destination, source) };
        let out = |row: &Row| if from { row.sent } else { row.received };
        let mut hours = Vec::with_capacity(DAY);
        let mut rest = rows;
        while let Some(first) = rest.first() {
            let hour = first.start.div_euclid(HOUR);
            let until = (hour + 1).saturating_mul(HOUR);
            let (some, behind) =
                rest.split_at(rest.iter().take_while(|row| row.start < until).count().max(1));
            rest = behind;
            let bytes = some.iter().fold(0u64, |sum, row| sum.saturating_add(out(row)));
            let place =
                some.iter().map(|row| (row.start, row.place)).min().map_or(first.place, |(_, place)| place);
            if bytes > 0 {
                hours.push((hour, Hour { bytes, most: bytes, to: peer, place }));
            }
        }
        if !hours.is_empty() {
            self.add(host, hours);
        }
    }

    /// Adds hours of one address, in their order.
    fn add(&mut self, host: (u32, bool), mut hours: Vec<(i64, Hour)>) {
        let known = self.hosts.entry(host).or_default();
        let before = known.len();
        if known.is_empty() {
            *known = hours;
        } else {
            // Most hours are there already; what is not goes between them.
            let mut place = 0;
            hours.retain(|(hour, other)| {
                while known.get(place).is_some_and(|(known, _)| known < hour) {
                    place += 1;
                }
                match known.get_mut(place) {
                    Some((known, of)) if known == hour => {
                        of.add(other);
                        false
                    }
                    _ => true,
                }
            });
            if !hours.is_empty() {
                known.append(&mut hours);
                known.sort_by_key(|(hour, _)| *hour);
            }
        }
        self.count += known.len() - before;
        // Whether it comes to that does not depend on the order: who has more in a part has more in all.
        if self.count > HOURS {
            *self = Self { is_full: true, ..Self::default() };
        }
    }

    pub(super) fn append(&mut self, other: Self) {
        if self.is_full || other.is_full {
            *self = Self { is_full: true, ..Self::default() };
            return;
        }
        for (host, hours) in other.hosts {
            if self.is_full {
                return;
            }
            self.add(host, hours);
        }
    }

    /// What stands out, by address and time; nothing where there were too many hours.
    pub(super) fn leaps(self, names: &Names, window: &Window) -> Option<Vec<Leap>> {
        if self.is_full {
            return None;
        }
        let hosts = self.hosts.into_iter().map(|(host, hours)| (names.address(host), hours));
        let mut hosts: Vec<(IpAddr, Vec<(i64, Hour)>)> = hosts.collect();
        hosts.par_sort_unstable_by_key(|(source, _)| *source);
        let leaps = hosts.into_par_iter().flat_map_iter(|(source, hours)| {
            let sums = hours.iter().map(|(hour, of)| (*hour, of.bytes)).collect();
            let excesses = volume::excesses(&sums, window);
            excesses.into_iter().filter_map(move |excess| {
                let period = excess.hour..excess.hour + excess.period.hours();
                let within = hours.iter().filter(|(hour, _)| period.contains(hour)).map(|(_, hour)| hour);
                let most = within.max_by_key(|hour| (hour.most, std::cmp::Reverse(hour.place)))?;
                let (input, offset) = placed(most.place);
                let record = Place { input, offset };
                Some(Leap { source, excess, to: names.address(most.to), most: most.most, record })
            })
        });
        Some(leaps.collect())
    }
}
