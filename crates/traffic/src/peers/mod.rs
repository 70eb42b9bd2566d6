//! Who talks to whom, held against the network model: whose an address is, which exchanges are expected, who came to maintain what.
//!
//! Pure: it is handed the model, what pairs of ends exchanged ([`Talk`]) and the connections to management ports ([`Visit`]), and
//! gives claims back.

pub mod exchanges;
pub mod findings;
pub mod interest;
pub mod places;
pub mod services;
pub mod sessions;
#[cfg(test)]
mod tests;

use crate::pairs::{Pair, Place as Record};
use banbury_evidence::model::Model;
use exchanges::{Exchanges, Expectation};
use places::Places;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A network model, ready to hold traffic against: worked out once, for all that asks.
#[derive(Debug)]
pub struct Network<'m> {
    /// Whose an address is.
    pub places: Places<'m>,
    /// Which exchanges are expected.
    pub exchanges: Exchanges<'m>,
    /// The devices that contracts come through, by their names in small letters.
    points: Vec<String>,
}

impl<'m> Network<'m> {
    /// Of a model.
    pub fn of(model: &'m Model) -> Self {
        let through = model.contracts.iter().filter_map(|contract| contract.through.as_deref());
        let points = through.map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty());
        Self { places: Places::of(model), exchanges: Exchanges::of(model), points: points.collect() }
    }

    /// What is to be said of an exchange.
    pub fn judge(&self, talk: &Talk) -> Expectation {
        self.exchanges.judge(talk, &self.places)
    }

    /// Whether it is a mediation point: in a range of such, or a device that a contract comes through.
    pub fn is_mediation(&self, address: IpAddr) -> bool {
        self.places.range(address).is_some_and(|record| record.role.as_deref() == Some("mediation"))
            || self
                .places
                .devices(address)
                .iter()
                .any(|device| self.points.contains(&device.name.trim().to_lowercase()))
    }
}

/// What one end sent to a port of another, over all of an exhibit.
#[derive(Clone, Debug, PartialEq)]
pub struct Talk {
    /// Who opened the connections.
    pub source: IpAddr,
    /// To whom.
    pub destination: IpAddr,
    /// The destination's port; none for protocols without.
    pub port: Option<u16>,
    /// IP protocol number.
    pub protocol: u8,
    /// The server's name, where one was asked for.
    pub name: Option<String>,
    /// How many connections there were.
    pub connections: u64,
    /// How many of them the destination answered, as far as the records tell.
    pub answered: u64,
    /// Start of the first, in microseconds since 1970-01-01 00:00 UTC.
    pub first: i64,
    /// Start of the last.
    pub last: i64,
    /// Bytes that the source sent.
    pub sent: u64,
    /// Bytes that the destination sent.
    pub received: u64,
    /// Whether an agent of SNMP took a community in clear text.
    pub is_clear: bool,
    /// Where the first's record stands.
    pub record: Record,
}

/// One connection to a port by which equipment is managed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Visit {
    /// Who opened it.
    pub source: IpAddr,
    /// To whom.
    pub destination: IpAddr,
    /// The destination's port; none for protocols without.
    pub port: Option<u16>,
    /// IP protocol number.
    pub protocol: u8,
    /// The application's protocol as the record tells it.
    pub service: Option<String>,
    /// Microseconds since 1970-01-01 00:00 UTC.
    pub start: i64,
    /// Microseconds; 0 where not known.
    pub duration: i64,
    /// Bytes that the source sent above the transport's header.
    pub sent: u64,
    /// The same of the destination.
    pub received: u64,
    /// Where its record stands.
    pub record: Record,
}

impl Talk {
    /// What a pair by address exchanged; none for a pair by name, whose addresses stand in pairs of their own.
    pub fn of(pair: &Pair) -> Option<Self> {
        if pair.queries.is_some() {
            return None;
        }
        Some(Self {
            source: pair.source,
            destination: pair.destination?,
            port: pair.port,
            protocol: pair.protocol,
            name: pair.name.clone(),
            connections: pair.contacts,
            answered: pair.contacts.saturating_sub(pair.unanswered),
            first: pair.first,
            last: pair.last,
            sent: pair.sent,
            received: pair.received,
            is_clear: pair.communities.iter().any(|one| one.accepted),
            record: pair.first_record,
        })
    }
}

impl From<&Visit> for Talk {
    fn from(visit: &Visit) -> Self {
        Self {
            source: visit.source,
            destination: visit.destination,
            port: visit.port,
            protocol: visit.protocol,
            name: None,
            connections: 1,
            answered: u64::from(visit.received > 0),
            first: visit.start,
            last: visit.start,
            sent: visit.sent,
            received: visit.received,
            is_clear: false,
            record: visit.record,
        }
    }
}

impl Visit {
    /// Its last moment.
    fn end(&self) -> i64 {
        self.start.saturating_add(self.duration.max(0))
    }
}
