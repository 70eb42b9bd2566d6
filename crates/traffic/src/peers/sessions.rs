//! Maintenance sessions: who came from outside to manage what, directly or through a mediation point, and whether that was agreed.
//!
//! Connections of one origin to one device by one service with pauses of up to a quarter of an hour are one session. A session comes from
//! outside where its origin is in no range of the operator's own. One from a mediation point is taken to be of whoever had a
//! connection open to that point when it began; where several had, it is nobody's, and where the operator alone had, it is none.
//! Wrong when: somebody's address is in another's range (rented addresses, tunnels that end inside); a mediation point works for two at a
//! time. Misses: who comes by a console, a tunnel that ends inside the network, or from a room of the operator; ports of no service
//! that `services` knows; what was done.

use super::exchanges::Expectation;
use super::places::{Place, Places};
use super::services::{self, Service};
use super::{Network, Talk, Visit};
use crate::pairs::Place as Record;
use banbury_evidence::Agreed;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Microseconds between two connections of one session at most.
const PAUSE: i64 = 900_000_000;
/// Bytes from which a session moved data in bulk.
const BULK: u64 = 1 << 20;

/// A contract over a device, as the ledger's view `contract_devices` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The device.
    pub device: String,
    /// The contract.
    pub contract: String,
    /// Who maintains.
    pub party: String,
    /// First day, `YYYY-MM-DD`.
    pub since: Option<String>,
    /// Last day, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// When the party may work.
    pub hours: Option<String>,
}

/// A session.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The devices at the address that was managed; one, but where an address moves between several.
    pub devices: Vec<String>,
    /// Where it came from.
    pub origin: IpAddr,
    /// Whose origin that is, where something says so.
    pub party: Option<String>,
    /// The mediation point that it came through, by its device's name or its range; none for a direct session.
    pub through: Option<String>,
    /// The service.
    pub service: &'static Service,
    /// The port.
    pub port: Option<u16>,
    /// Start of its first connection, in microseconds since 1970-01-01 00:00 UTC.
    pub start: i64,
    /// End of its last.
    pub end: i64,
    /// How many connections it had.
    pub connections: u64,
    /// Bytes that the origin sent.
    pub sent: u64,
    /// Bytes that the device sent.
    pub received: u64,
    /// The contract under which the party maintains the device on that day.
    pub contract: Option<String>,
    /// Whether all of it was in the hours that the contract states; none where nothing is stated.
    pub is_agreed: Option<bool>,
    /// Whether the model expects the connection otherwise (a customer's portal, say), and by what.
    pub expected: Option<String>,
    /// Where its first record stands.
    pub record: Record,
}

impl Session {
    /// Whether much was moved (1 MiB and more either way), as in an update or a copy of the configuration.
    pub fn is_bulk(&self) -> bool {
        self.sent.max(self.received) >= BULK
    }
}

/// What was made of the visits.
#[derive(Debug, Default)]
pub struct Found {
    /// Sessions, by start.
    pub sessions: Vec<Session>,
    /// Connections from outside to management ports that brought no data from the device: refused, unanswered, scanned.
    pub attempts: u64,
}

/// The sessions that visits make up.
pub fn sessions(visits: &[Visit], network: &Network<'_>, covered: &[Covered]) -> Found {
    let places = &network.places;
    let mut contracts: BTreeMap<&str, Vec<&Covered>> = BTreeMap::new();
    for one in covered {
        contracts.entry(&one.device).or_default().push(one);
    }
    let mut found = Found::default();
    let mut ordered: Vec<&Visit> = visits.iter().collect();
    ordered.sort_by_key(|visit| (visit.start, visit.record));
    // What two exhibits hold of one connection counts once.
    let mut seen = BTreeSet::new();
    ordered.retain(|visit| {
        seen.insert((
            visit.start,
            visit.source,
            visit.destination,
            visit.port,
            visit.duration,
            visit.sent,
            visit.received,
        ))
    });
    // Who had a connection open to a mediation point, by the point: (start, end, party or origin).
    let mut at_points: BTreeMap<IpAddr, Vec<(i64, i64, IpAddr)>> = BTreeMap::new();
    let is_from_outside = |address| matches!(places.place(address), Place::Party(_) | Place::Outside);
    for visit in &ordered {
        if visit.received > 0
            && !network.is_mediation(visit.source)
            && network.is_mediation(visit.destination)
        {
            at_points.entry(visit.destination).or_default().push((visit.start, visit.end(), visit.source));
        }
    }
    let mut open: BTreeMap<(IpAddr, IpAddr, &str), usize> = BTreeMap::new();
    for visit in ordered {
        let devices = places.devices(visit.destination);
        let Some(service) = services::of(visit.protocol, visit.port, visit.service.as_deref()) else {
            continue;
        };
        let is_mediated = network.is_mediation(visit.source);
        if devices.is_empty()
            || network.is_mediation(visit.destination)
            || (!is_mediated && !is_from_outside(visit.source))
        {
            continue;
        }
        if visit.received == 0 {
            found.attempts += 1;
            continue;
        }
        let key = (visit.source, visit.destination, service.name);
        let goes_on = open
            .get(&key)
            .and_then(|&at| found.sessions.get_mut(at))
            .filter(|session| visit.start <= session.end.saturating_add(PAUSE));
        if let Some(session) = goes_on {
            session.end = session.end.max(visit.end());
            session.connections += 1;
            session.sent = session.sent.saturating_add(visit.sent);
            session.received = session.received.saturating_add(visit.received);
            continue;
        }
        let behind = if is_mediated { behind(visit, places, &at_points) } else { Behind::One(visit.source) };
        let party = match behind {
            Behind::One(origin) if !is_from_outside(origin) => continue,
            Behind::One(origin) => places.range(origin).and_then(|range| range.party.clone()),
            Behind::Unknown => None,
        };
        let expected = match network.judge(&Talk::from(visit)) {
            Expectation::Expected(by) => Some(by),
            _ => None,
        };
        open.insert(key, found.sessions.len());
        found.sessions.push(Session {
            devices: devices.iter().map(|device| device.name.clone()).collect(),
            origin: visit.source,
            party,
            through: is_mediated.then(|| point(visit.source, places)),
            service,
            port: visit.port,
            start: visit.start,
            end: visit.end(),
            connections: 1,
            sent: visit.sent,
            received: visit.received,
            contract: None,
            is_agreed: None,
            expected: expected.filter(|_| !is_mediated),
            record: visit.record,
        });
    }
    for session in &mut found.sessions {
        let Some(party) = &session.party else { continue };
        let day = super::findings::day(session.start);
        let theirs: Vec<&&Covered> = session
            .devices
            .iter()
            .filter_map(|device| contracts.get(device.as_str()))
            .flatten()
            .filter(|one| one.party.trim().to_lowercase() == party.trim().to_lowercase())
            .filter(|one| {
                one.since.as_ref().is_none_or(|since| *since <= day)
                    && one.until.as_ref().is_none_or(|until| *until >= day)
            })
            .collect();
        let hours: Vec<Agreed> = theirs
            .iter()
            .filter_map(|one| one.hours.as_deref())
            .filter_map(|text| Agreed::parse(text).ok())
            .collect();
        session.contract = theirs.first().map(|one| one.contract.clone());
        // Where one of several contracts states no hours, nothing is known of what was agreed.
        session.is_agreed = (!hours.is_empty() && hours.len() == theirs.len())
            .then(|| hours.iter().any(|agreed| agreed.covers(session.start, session.end)));
    }
    found
}

/// Who stands behind a connection from a mediation point.
enum Behind {
    /// Who alone had a connection open to the point when it began.
    One(IpAddr),
    /// Nobody had, as far as the records show, or several had.
    Unknown,
}

fn behind(
    visit: &Visit,
    places: &Places<'_>,
    at_points: &BTreeMap<IpAddr, Vec<(i64, i64, IpAddr)>>,
) -> Behind {
    let mut origins = BTreeMap::new();
    for (&address, stays) in at_points {
        // A point may have several addresses: on one it is reached, from another it goes on.
        if address != visit.source && !is_same_point(address, visit.source, places) {
            continue;
        }
        for (_, _, origin) in
            stays.iter().filter(|(start, end, _)| *start <= visit.start && visit.start <= *end)
        {
            let whose = match places.place(*origin) {
                Place::Party(range) => range.party.as_deref().unwrap_or(&range.prefix).to_lowercase(),
                Place::Outside => origin.to_string(),
                _ => "(own)".to_owned(),
            };
            origins.entry(whose).or_insert(*origin);
        }
    }
    let mut all = origins.into_values();
    match (all.next(), all.next()) {
        (Some(origin), None) => Behind::One(origin),
        _ => Behind::Unknown,
    }
}

fn is_same_point(one: IpAddr, other: IpAddr, places: &Places<'_>) -> bool {
    let names =
        |address| places.devices(address).iter().map(|device| device.name.as_str()).collect::<BTreeSet<_>>();
    let same_device = !names(one).is_disjoint(&names(other));
    let range = |address| match places.place(address) {
        Place::Mediation(record) => Some(record.prefix.as_str()),
        _ => None,
    };
    same_device || (range(one).is_some() && range(one) == range(other))
}

fn point(address: IpAddr, places: &Places<'_>) -> String {
    match (places.devices(address).first(), places.range(address)) {
        (Some(device), _) => device.name.clone(),
        (None, Some(range)) => range.prefix.clone(),
        (None, None) => address.to_string(),
    }
}
