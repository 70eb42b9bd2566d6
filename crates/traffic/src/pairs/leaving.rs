//! What leaves each address inside for addresses outside, by the hour.

use super::Place;
use super::names::Names;
use super::row::{Row, placed};
use crate::Window;
use crate::networks::Inside;
use crate::volume::{self, Excess, HOUR};
use hashbrown::DefaultHashBuilder;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// Hours of addresses that are held; where there are more, nothing is said of any address: 4,194,304, some 250 MB.
pub const HOURS: usize = 1 << 22;

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
    hours: HashMap<((u32, bool), i64), Hour, DefaultHashBuilder>,
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
        for some in rows.chunk_by(|one, next| one.start.div_euclid(HOUR) == next.start.div_euclid(HOUR)) {
            let Some(first) = some.first() else { continue };
            let out = |row: &Row| if from { row.sent } else { row.received };
            let bytes = some.iter().fold(0u64, |sum, row| sum.saturating_add(out(row)));
            let place =
                some.iter().map(|row| (row.start, row.place)).min().map_or(first.place, |(_, place)| place);
            if bytes > 0 {
                self.add((host, first.start.div_euclid(HOUR)), &Hour { bytes, most: bytes, to: peer, place });
            }
        }
    }

    fn add(&mut self, which: ((u32, bool), i64), hour: &Hour) {
        self.hours.entry(which).and_modify(|known| known.add(hour)).or_insert(*hour);
        // Whether it comes to that does not depend on the order: who has more in a part has more in all.
        if self.hours.len() > HOURS {
            self.is_full = true;
            self.hours = HashMap::default();
        }
    }

    pub(super) fn append(&mut self, other: Self) {
        self.is_full |= other.is_full;
        if self.is_full {
            self.hours = HashMap::default();
            return;
        }
        for (which, hour) in other.hours {
            if !self.is_full {
                self.add(which, &hour);
            }
        }
    }

    /// What stands out, by address and time; nothing where there were too many hours.
    pub(super) fn leaps(self, names: &Names, window: &Window) -> Option<Vec<Leap>> {
        if self.is_full {
            return None;
        }
        let mut hosts: BTreeMap<IpAddr, BTreeMap<i64, Hour>> = BTreeMap::new();
        for ((host, hour), of) in self.hours {
            hosts.entry(names.address(host)).or_default().insert(hour, of);
        }
        let mut leaps = Vec::new();
        for (source, hours) in hosts {
            let sums = hours.iter().map(|(hour, of)| (*hour, of.bytes)).collect();
            for excess in volume::excesses(&sums, window) {
                let within =
                    hours.range(excess.hour..excess.hour + excess.period.hours()).map(|(_, hour)| hour);
                let Some(most) = within.max_by_key(|hour| (hour.most, std::cmp::Reverse(hour.place))) else {
                    continue;
                };
                let (input, offset) = placed(most.place);
                let record = Place { input, offset };
                leaps.push(Leap { source, excess, to: names.address(most.to), most: most.most, record });
            }
        }
        Some(leaps)
    }
}
