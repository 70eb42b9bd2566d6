//! What the exchanges and sessions of an exhibit come to, as claims about devices of the model.

use super::exchanges::{Expectation, Other};
use super::places::{Place, Places};
use super::services::{self, Service};
use super::sessions::{Covered, Session, sessions};
use super::{Network, Talk, Visit};
use crate::pairs::Place as Record;
use crate::probes::{instant, protocol as protocol_name};
use banbury_evidence::{Claim, CodeInfo, Description, Grade, Location, Subject, SubjectKind};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

static WATCHED: CodeInfo = CodeInfo {
    code: "traffic.watched",
    title: "Traffic of the device was looked at",
    grade: Grade::Info,
    meaning: "The records of traffic hold connections of this device. Absence of sessions or of unexpected peers means something only \
              for such devices, and only between the first and the last moment of the records.",
    remedy: "Nothing to be done. For a device without this claim, watch a point of the network where its traffic comes by.",
    cwe: &[],
};

static UNEXPECTED_PEER: CodeInfo = CodeInfo {
    code: "traffic.unexpected-peer",
    title: "Equipment opens connections to somebody outside that nobody expects",
    grade: Grade::Medium,
    meaning: "A device of the network opened connections to an address outside of it, which neither the model's exchanges nor a \
              standard between its functions expects. It may be an update, telemetry, a mistaken address, or an implant that reports home; \
              what it is for, the records do not say.",
    remedy: "Find out what opens the connections. If they belong there, state them in exchanges.csv with their purpose; else stop them at \
             the edge, and keep the records.",
    cwe: &[],
};

static UNEXPECTED_EXCHANGE: CodeInfo = CodeInfo {
    code: "traffic.unexpected-exchange",
    title: "Equipment opens connections inside the network that nobody expects",
    grade: Grade::Low,
    meaning: "A device of the network opened connections to another end inside, or to a private address of no range, which neither the \
              model's exchanges nor a standard between its functions expects. Told only where the model states exchanges.",
    remedy: "If they belong there, state them in exchanges.csv with their purpose; else filter them, and find out what opens them.",
    cwe: &[],
};

static DIRECT_SESSION: CodeInfo = CodeInfo {
    code: "traffic.direct-session",
    title: "Equipment was managed from outside directly",
    grade: Grade::Medium,
    meaning: "Somebody outside of the operator's ranges had a session by which equipment is managed, not through a mediation point. Whose \
              the origin is stands in the claim where a range of the model tells it.",
    remedy: "Close the direct path; lead maintenance through a mediation point that logs and records it.",
    cwe: &[],
};

static MEDIATED_SESSION: CodeInfo = CodeInfo {
    code: "traffic.mediated-session",
    title: "Equipment was managed through a mediation point",
    grade: Grade::Info,
    meaning: "A session by which equipment is managed came from a mediation point of the operator. It is taken to be of the party that \
              alone had a connection open to that point when it began.",
    remedy: "Nothing to be done, where it is under a contract and in the agreed hours.",
    cwe: &[],
};

pub(crate) const CLEAR: CodeInfo = CodeInfo {
    code: "traffic.cleartext-management",
    title: "Equipment is managed in clear text",
    grade: Grade::Medium,
    meaning: "A session to a device used a service that does not encrypt: whoever sees the traffic on the way can read it, names and \
              passwords with it, and change it.",
    remedy: "Turn the service off and use SSH, NETCONF over SSH or TLS, or HTTPS.",
    cwe: &[319],
};

static ACROSS: CodeInfo = CodeInfo {
    code: "traffic.management-across-segments",
    title: "A device is managed from another segment of the management plane",
    grade: Grade::Low,
    meaning: "Connections to a management service of a device came from an end in another segment of the management plane: what gets hold of \
              the one can reach the other.",
    remedy: "Filter between segments; manage each from its own, or through a mediation point.",
    cwe: &[],
};

static EXPOSED: CodeInfo = CodeInfo {
    code: "traffic.exposed-management",
    title: "A management service answers the exposed edge",
    grade: Grade::Medium,
    meaning: "A management service of a device answered connections from a range that the public or customers reach, or from outside ranges \
              that are nobody's in the model.",
    remedy: "Let management services answer the management plane alone.",
    cwe: &[],
};

/// The codes of these claims.
pub static CODES: &[CodeInfo] = &[
    WATCHED,
    UNEXPECTED_PEER,
    UNEXPECTED_EXCHANGE,
    DIRECT_SESSION,
    MEDIATED_SESSION,
    CLEAR,
    ACROSS,
    EXPOSED,
];

/// What is held against the model, as `banbury probes` lists it.
pub static DESCRIPTION: Description = Description {
    name: "peers",
    version: "2",
    finds: "who talks to the devices of the network model that nobody expects, who came to manage them and how, and how they are managed",
    how: "addresses become devices and parties by the model; exchanges are held against what it states and what standards make usual \
          between functions; connections to management services become sessions",
    wrong: "addresses that changed hands; somebody else in a party's range; a mediation point that works for two at a time",
    misses: &[
        "devices without an address in the model, and traffic that passes no sensor",
        "who comes by a console, by a tunnel that ends inside, or from a room of the operator",
        "services on ports of their own that no reader recognises; what was done in a session",
        "versions of SNMP in logs and flow exports, which do not tell them: captures do",
    ],
    codes: CODES,
    source: "Telecommunications Security Code of Practice (2022), M10.22 and M10.32; 3GPP TS 23.501; IANA's registry of ports",
};

/// The traffic of exhibits that were read together.
#[derive(Clone, Copy, Debug)]
pub struct Traffic<'t> {
    /// Where each input's bytes begin, by its number: its exhibit, or what is compressed in it.
    pub inputs: &'t [Location],
    /// First and last moment of each input, in microseconds since 1970-01-01 00:00 UTC.
    pub spans: &'t [(i64, i64)],
    /// What pairs of ends exchanged.
    pub talks: &'t [Talk],
    /// Connections to management ports of the model's devices, and to mediation points.
    pub visits: &'t [Visit],
}

impl Traffic<'_> {
    /// Spans without those inside others; two with less than [`PAUSE`] between them are one.
    fn merged(&self) -> Vec<(i64, i64)> {
        let mut spans = self.spans.to_vec();
        spans.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::new();
        for (since, until) in spans {
            match merged.last_mut() {
                Some(last) if since <= last.1.saturating_add(PAUSE) => last.1 = last.1.max(until),
                _ => merged.push((since, until.max(since))),
            }
        }
        merged
    }

    fn locate(&self, claim: Claim, record: Record) -> Claim {
        let input = usize::try_from(record.input).ok().and_then(|at| self.inputs.get(at));
        match input {
            Some(input) => claim.at(input.range(record.offset, 0)),
            None => claim,
        }
    }
}

/// Microseconds between two inputs' records up to which nothing is taken to be missing between them: logs are rotated by the hour.
const PAUSE: i64 = 3_600_000_000;

/// What it comes to.
#[derive(Debug, Default)]
pub struct Findings {
    /// The claims, in a stated order.
    pub claims: Vec<Claim>,
    /// The sessions behind some of them.
    pub sessions: Vec<Session>,
    /// What could not be said, and why.
    pub not_looked: Vec<String>,
}

/// Holds an exhibit's traffic against the network model; `covered` are the contracts over devices that were visited.
pub fn findings(traffic: &Traffic<'_>, network: &Network<'_>, covered: &[Covered]) -> Findings {
    let Network { places, exchanges, .. } = network;
    let mut found = Findings::default();
    found.not_looked.extend(places.unread.iter().cloned());
    if places.is_blank() {
        found.not_looked.push(
            "no device or interface of the model has an address: who is who in the traffic is not known"
                .to_owned(),
        );
        return found;
    }
    let sessions = sessions(traffic.visits, network, covered);
    if sessions.attempts > 0 {
        found.not_looked.push(format!(
            "{} connections from outside to management ports brought no data from the device and count as no session",
            sessions.attempts
        ));
    }
    found.claims.extend(watched(traffic, places));
    found.claims.extend(peers(traffic, network));
    found.claims.extend(sessions.sessions.iter().flat_map(|session| session_claims(session, traffic)));
    found.claims.extend(management(traffic, network));
    if !exchanges.has_stated() {
        found.not_looked.push(
            "the model states no exchanges: those inside the network are not told as unexpected (add exchanges.csv)".to_owned(),
        );
    }
    if places.ranges("party").next().is_none() {
        found.not_looked.push("the model has no ranges of other parties: whose an origin outside is, is not known (add prefixes.csv)".to_owned());
    }
    found.sessions = sessions.sessions;
    found
}

fn device(name: &str) -> Subject {
    Subject::named(SubjectKind::Device, name)
}

fn watched(traffic: &Traffic<'_>, places: &Places<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (since, until) in traffic.merged() {
        let mut seen: BTreeMap<&str, (i64, Record)> = BTreeMap::new();
        for talk in traffic.talks.iter().filter(|talk| talk.first <= until && talk.last >= since) {
            for device in
                [talk.source, talk.destination].into_iter().flat_map(|address| places.devices(address))
            {
                let first = seen.entry(&device.name).or_insert((talk.first, talk.record));
                *first = (*first).min((talk.first, talk.record));
            }
        }
        claims.extend(seen.into_iter().map(|(name, (_, record))| {
            let (since, until) = (instant(since), instant(until));
            let title = format!("Traffic of {name} was looked at from {since} to {until}");
            let claim = Claim::observation(&WATCHED, device(name), title);
            traffic.locate(claim.fact("since", since).fact("until", until), record)
        }));
    }
    claims
}

/// What one device sends to one end that nobody expects, all connections together.
#[derive(Default)]
struct Peer {
    connections: u64,
    answered: u64,
    sent: u64,
    received: u64,
    first: Option<(i64, Record)>,
    last: i64,
    addresses: BTreeSet<IpAddr>,
    owner: Option<String>,
}

fn peers(traffic: &Traffic<'_>, network: &Network<'_>) -> Vec<Claim> {
    let places = &network.places;
    let mut peers: BTreeMap<(&str, bool, String, u8, Option<u16>), Peer> = BTreeMap::new();
    for talk in traffic.talks {
        let Expectation::Unexpected(other) = network.judge(talk) else { continue };
        let is_outside = other == Other::Outside;
        if !is_outside && !network.exchanges.has_stated() {
            continue;
        }
        let to = talk.name.clone().unwrap_or_else(|| talk.destination.to_canonical().to_string());
        for from in places.devices(talk.source) {
            let peer =
                peers.entry((&from.name, is_outside, to.clone(), talk.protocol, talk.port)).or_default();
            peer.connections += talk.connections;
            peer.answered += talk.answered;
            peer.sent = peer.sent.saturating_add(talk.sent);
            peer.received = peer.received.saturating_add(talk.received);
            let first = peer.first.get_or_insert((talk.first, talk.record));
            *first = (*first).min((talk.first, talk.record));
            peer.last = peer.last.max(talk.last);
            peer.addresses.insert(talk.destination);
            if let Place::Party(range) = places.place(talk.destination) {
                peer.owner.clone_from(&range.party);
            }
        }
    }
    let claim =
        |((from, is_outside, to, protocol, port), peer): ((&str, bool, String, u8, Option<u16>), Peer)| {
            let info = if is_outside { &UNEXPECTED_PEER } else { &UNEXPECTED_EXCHANGE };
            let service = spoken(protocol, port);
            let owner = peer.owner.as_ref().map(|owner| format!(" (a range of {owner})")).unwrap_or_default();
            let title = format!(
                "{from} opened {} to {to}{owner} by {service}, which nobody expects",
                counted(peer.connections, "connection")
            );
            let mut claim = Claim::observation(info, device(from), title)
                .fact("to", to)
                .fact("protocol", protocol_name(protocol))
                .dated("connections", whole(peer.connections))
                .dated("sent", whole(peer.sent))
                .dated("received", whole(peer.received))
                .note(format!(
                    "{} answered; {} sent, {} received",
                    peer.answered,
                    bytes(peer.sent),
                    bytes(peer.received)
                ));
            if let Some(port) = port {
                claim = claim.fact("port", i64::from(port));
            }
            if let Some(owner) = peer.owner {
                claim = claim.fact("owner", owner);
            }
            if let Some((first, record)) = peer.first {
                claim = claim.note(format!("first {}, last {}", instant(first), instant(peer.last)));
                claim = claim.dated("first", instant(first)).dated("last", instant(peer.last));
                claim = traffic.locate(claim, record);
            }
            let addresses: Vec<String> =
                peer.addresses.iter().take(LISTED).map(ToString::to_string).collect();
            if peer.addresses.len() > LISTED {
                claim = claim.note(format!(
                    "addresses: {} and {} more",
                    addresses.join(", "),
                    peer.addresses.len() - LISTED
                ));
            } else {
                claim = claim.note(format!("addresses: {}", addresses.join(", ")));
            }
            claim
        };
    peers.into_iter().map(claim).collect()
}

/// Addresses that are named in a remark.
const LISTED: usize = 20;

fn session_claims(session: &Session, traffic: &Traffic<'_>) -> Vec<Claim> {
    if session.expected.is_some() {
        return Vec::new();
    }
    let info = if session.through.is_some() { &MEDIATED_SESSION } else { &DIRECT_SESSION };
    let who = session.party.clone().unwrap_or_else(|| "somebody the model does not know".to_owned());
    let seconds = session.end.saturating_sub(session.start).max(0) / 1_000_000;
    let make = |name: &String| {
        let way = session
            .through
            .as_ref()
            .map_or_else(|| "directly".to_owned(), |point| format!("through {point}"));
        let title = format!(
            "{who} managed {name} by {} from {} {way} on {}, for {}",
            session.service.name,
            session.origin,
            instant(session.start),
            lasting(seconds)
        );
        let mut claim = Claim::observation(info, device(name), title)
            .fact("from", session.origin.to_string())
            .fact("protocol", session.service.name)
            .fact("start", instant(session.start))
            .fact("seconds", seconds)
            .fact("bytes", i64::try_from(session.sent.saturating_add(session.received)).unwrap_or(i64::MAX))
            .fact("kind", if session.is_bulk() { "bulk" } else { "interactive" })
            .dated("last", instant(session.end))
            .dated("connections", whole(session.connections))
            .dated("sent", whole(session.sent))
            .dated("received", whole(session.received))
            .note(format!(
                "{}; {} sent to the device, {} received",
                counted(session.connections, "connection"),
                bytes(session.sent),
                bytes(session.received)
            ));
        claim = traffic.locate(claim, session.record);
        for (fact, value) in
            [("party", &session.party), ("through", &session.through), ("contract", &session.contract)]
        {
            if let Some(value) = value {
                claim = claim.fact(fact, value.clone());
            }
        }
        if let Some(port) = session.port {
            claim = claim.fact("port", i64::from(port));
        }
        if let Some(is_agreed) = session.is_agreed {
            claim = claim.fact("hours", if is_agreed { "inside" } else { "outside" });
        }
        if session.party.is_some() && session.contract.is_none() {
            claim = claim.note("no contract of this party covers the device on that day");
        }
        claim
    };
    session.devices.iter().map(make).collect()
}

/// What was seen of one management service of one device.
#[derive(Default)]
struct Managed {
    connections: u64,
    from: BTreeSet<String>,
    first: Option<(i64, Record)>,
}

impl Managed {
    fn add(&mut self, visit: &Visit, from: String) {
        self.connections += 1;
        self.from.insert(from);
        let first = self.first.get_or_insert((visit.start, visit.record));
        *first = (*first).min((visit.start, visit.record));
    }
}

fn management(traffic: &Traffic<'_>, network: &Network<'_>) -> Vec<Claim> {
    let places = &network.places;
    let mut all: BTreeMap<(&'static str, &str, &'static str), Managed> = BTreeMap::new();
    // SNMP whose community was read.
    let clear: BTreeSet<(IpAddr, IpAddr, Option<u16>)> = traffic
        .talks
        .iter()
        .filter(|talk| talk.is_clear)
        .map(|talk| (talk.source.to_canonical(), talk.destination.to_canonical(), talk.port))
        .collect();
    for visit in traffic.visits.iter().filter(|visit| visit.received > 0) {
        let Some(service) = services::of(visit.protocol, visit.port, visit.service.as_deref()) else {
            continue;
        };
        let origin = places.place(visit.source);
        let (from_segment, to_segment) = (places.segment(visit.source), places.segment(visit.destination));
        let crosses = match (from_segment, to_segment) {
            (Some(from), Some(to)) => from.to_lowercase() != to.to_lowercase(),
            _ => false,
        };
        for device in places.devices(visit.destination) {
            let mut tell = |info: &CodeInfo, from: String| {
                all.entry((info.code, &device.name, service.name)).or_default().add(visit, from);
            };
            let is_clear = service.is_clear || clear.contains(&(visit.source, visit.destination, visit.port));
            if is_clear && is_management(service, &origin, from_segment.is_some() || to_segment.is_some()) {
                tell(&CLEAR, visit.source.to_string());
            }
            let is_apart = crosses && !service.is_common && !matches!(origin, Place::Mediation(_));
            if is_apart && network.exchanges.stated(&Talk::from(visit), places).is_none() {
                tell(&ACROSS, format!("{} in {}", visit.source, from_segment.unwrap_or_default()));
            }
            let is_exposed = matches!(origin, Place::Exposed(_) | Place::Outside);
            if is_exposed && !matches!(network.judge(&Talk::from(visit)), Expectation::Expected(_)) {
                tell(&EXPOSED, visit.source.to_string());
            }
        }
    }
    let claim = |((code, name, service), seen): ((&'static str, &str, &'static str), Managed)| {
        let info = CODES.iter().find(|info| info.code == code).unwrap_or(&CLEAR);
        let what = match code {
            "traffic.cleartext-management" => {
                format!("{name} is managed by {service}, which does not encrypt")
            }
            "traffic.management-across-segments" => {
                format!("{name} is managed by {service} from another segment")
            }
            _ => format!("{service} of {name} answers addresses outside of the management plane"),
        };
        let listed: Vec<String> = seen.from.iter().take(LISTED).cloned().collect();
        let more = seen.from.len().saturating_sub(LISTED);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        let claim = Claim::observation(info, device(name), what).fact("service", service).note(format!(
            "{} from {}{rest}",
            counted(seen.connections, "connection"),
            listed.join(", ")
        ));
        match seen.first {
            Some((first, record)) => {
                let claim = claim
                    .note(format!("first {}", instant(first)))
                    .dated("connections", whole(seen.connections));
                traffic.locate(claim, record)
            }
            None => claim,
        }
    };
    all.into_iter().map(claim).collect()
}

/// Whether a connection to this service manages the device: HTTP may be what the device is for, and counts where either end stands in a
/// management segment or where it came from a mediation point.
fn is_management(service: &Service, origin: &Place<'_, '_>, in_segment: bool) -> bool {
    !service.is_common || in_segment || matches!(origin, Place::Mediation(_))
}

/// The day of a moment, `YYYY-MM-DD`.
pub(super) fn day(at: i64) -> String {
    instant(at).chars().take(10).collect()
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn lasting(seconds: i64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} bytes"),
        1024..1_048_576 => format!("{} KiB", count / 1024),
        _ => format!("{} MiB", count / 1_048_576),
    }
}

fn spoken(protocol: u8, port: Option<u16>) -> String {
    let name = protocol_name(protocol);
    port.map_or_else(|| name.clone(), |port| format!("{name}/{port}"))
}
