//! The sink: records of one piece of one input on their way to the pairs.

use super::communities::Communities;
use super::domain::registered;
use super::joins::Answer;
use super::row::{self, DESTINATION_V6, ONE_WAY, PORTS, QUERY, Row, SOURCE_V6, UNANSWERED};
use super::store::{self, Collected};
use super::{Pairing, Queries, Taken};
use crate::peers::Visit;
use banbury_formats::Problem;
use banbury_formats::traffic::{Community, Flow, Login, Name, Query, Record, Sink, Volume};
use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::net::IpAddr;

/// Problems of one piece that are kept; all are counted.
pub const PROBLEMS: usize = 20;

/// Microseconds by which a connection has to end before another that was read before it, for time to have gone back. Programs write a
/// connection when they took note of its end, some an hour later; clocks of two places are hours apart, or years.
const BACK: i64 = 7_200_000_000;

/// Takes the records of one piece.
pub struct Collector<'p, 's> {
    pairing: &'p Pairing<'s>,
    input: u32,
    base: u64,
    rows: Collected,
    asked: Collected,
    ids: Vec<(u64, i64, u32)>,
    answers: Vec<Answer>,
    queries: HashMap<((u32, bool), u32), Queries>,
    logins: Vec<KnownLogin>,
    communities: Communities,
    visits: Vec<Visit>,
    span: Option<(i64, i64)>,
    counts: Counts,
    name: (String, u32),
    /// Services that came lately; connections of several come by turns.
    services: Vec<(String, u16)>,
}

/// Services that are remembered.
const SERVICES: usize = 16;

/// How many records of each sort a piece had, and what was wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections.
    pub flows: u64,
    /// Names.
    pub names: u64,
    /// Queries.
    pub queries: u64,
    /// Logins.
    pub logins: u64,
    /// Places where time goes back by more than two hours.
    pub back: u64,
    /// When the first connection ended, and the latest one so far: whether time goes back from one piece to the next.
    pub ends: Option<(i64, i64)>,
    /// Communities of SNMP.
    pub communities: u64,
    /// Problems.
    pub malformed: u64,
    /// The first of them, by their offset in the whole input.
    pub problems: Vec<Problem>,
}

/// An attempt to log in, kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct KnownLogin {
    /// Microseconds since 1970-01-01 00:00 UTC.
    pub time: i64,
    /// Who wanted in.
    pub client: IpAddr,
    /// Where to.
    pub server: IpAddr,
    /// The server's port.
    pub port: u16,
    /// `ssh`, `rdp`, ...
    pub protocol: String,
    /// Whether it succeeded, where the format can tell.
    pub succeeded: Option<bool>,
    /// What the client's software calls itself.
    pub client_software: Option<String>,
    /// What the server's software calls itself.
    pub server_software: Option<String>,
    /// Where the record stands.
    pub record: super::Place,
}

impl Counts {
    /// Counts a problem, and keeps the first ones. Those of a piece come nearly in order; the first ones of the whole input are picked
    /// when pieces are put together.
    pub(crate) fn problem(&mut self, problem: Problem) {
        self.malformed += 1;
        if self.problems.len() < PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Goes on with the times of the piece behind, or of one connection.
    pub(crate) fn follow(&mut self, back: u64, ends: Option<(i64, i64)>) {
        self.back += back;
        self.ends = match (self.ends, ends) {
            (Some((first, latest)), Some((next, last))) => {
                let is_back = next < latest.saturating_sub(BACK);
                self.back += u64::from(is_back);
                // Where it went back within the piece, what was before it counts no more.
                Some((first, if is_back || back > 0 { last } else { latest.max(last) }))
            }
            (before, after) => before.or(after),
        };
    }

    /// Adds those of the piece behind.
    pub fn add(&mut self, other: Self) {
        self.flows += other.flows;
        self.names += other.names;
        self.queries += other.queries;
        self.logins += other.logins;
        self.follow(other.back, other.ends);
        self.communities += other.communities;
        self.malformed += other.malformed;
        self.problems.extend(other.problems);
        self.problems.sort_by_key(|problem| problem.offset);
        self.problems.truncate(PROBLEMS);
    }
}

impl<'p, 's> Collector<'p, 's> {
    /// For a piece of an input that begins at `base`: the reader counts offsets from there.
    pub(super) fn new(pairing: &'p Pairing<'s>, input: u32, base: u64) -> Self {
        Self {
            pairing,
            input,
            base,
            rows: pairing.store.collected(),
            asked: pairing.queries_store.collected(),
            ids: Vec::new(),
            answers: Vec::new(),
            queries: HashMap::new(),
            logins: Vec::new(),
            communities: Communities::default(),
            visits: Vec::new(),
            span: None,
            counts: Counts::default(),
            name: Default::default(),
            services: Vec::new(),
        }
    }

    /// Hands over what was collected, and says how many there were.
    pub fn finish(mut self) -> Counts {
        self.hand_over();
        std::mem::take(&mut self.counts)
    }

    /// Hands over what was collected so far.
    pub fn hand_over(&mut self) {
        std::mem::take(&mut self.rows).flush(&self.pairing.store);
        std::mem::take(&mut self.asked).flush(&self.pairing.queries_store);
        let (ids, answers) = (std::mem::take(&mut self.ids), std::mem::take(&mut self.answers));
        self.pairing.joins.take(ids, answers, &self.pairing.names);
        let (queries, logins) = (std::mem::take(&mut self.queries), std::mem::take(&mut self.logins));
        let (visits, communities) = (std::mem::take(&mut self.visits), std::mem::take(&mut self.communities));
        let taken = Taken { span: self.span.take(), queries, logins, communities, visits };
        self.pairing.take(self.input, taken);
    }

    fn hash(text: &str) -> u64 {
        // Fixed, so that the same input gives the same output; 0 is for none.
        foldhash::quality::FixedState::default().hash_one(text).max(1)
    }

    fn saw(&mut self, start: i64, end: i64) {
        let (first, last) = self.span.unwrap_or((start, end));
        self.span = Some((first.min(start), last.max(end)));
    }

    /// A name's number; the one before is likely to come again.
    fn name(&mut self, name: &str) -> u32 {
        if self.name.0 != name {
            self.name = (name.to_owned(), self.pairing.names.name(name));
        }
        self.name.1
    }

    /// A service's number.
    fn service(&mut self, service: &str) -> u16 {
        if let Some((_, number)) = self.services.iter().find(|(known, _)| known == service) {
            return *number;
        }
        let number = self.pairing.names.service(service);
        if self.services.len() < SERVICES {
            self.services.push((service.to_owned(), number));
        }
        number
    }

    fn flow(&mut self, flow: &Flow<'_>, offset: u64) {
        self.counts.flows += 1;
        let record = super::Place { input: self.input, offset: self.base + offset };
        self.visits.extend(self.pairing.interest.visit(flow, record));
        let names = &self.pairing.names;
        let (source, destination) = (names.host(flow.source), names.host(flow.destination));
        let mut flags = 0;
        let mut set = |flag: u8, yes: bool| flags |= if yes { flag } else { 0 };
        set(SOURCE_V6, source.1);
        set(DESTINATION_V6, destination.1);
        set(ONE_WAY, flow.one_way);
        set(PORTS, flow.destination_port.is_some());
        set(UNANSWERED, matches!(flow.state, Some("S0" | "REJ" | "RSTOS0" | "SH" | "OTH" | "RSTRH" | "SHR")));
        let service = flow.service.map_or(0, |service| self.service(service));
        let duration = flow.duration.unwrap_or_default().max(0);
        let name = flow.name.map_or(0, |name| self.name(name));
        let row = Row {
            start: flow.start,
            duration,
            sent: size(flow.sent),
            received: size(flow.received),
            sent_ip: flow.sent.ip.unwrap_or_else(|| size(flow.sent)),
            id: flow.id.map_or(0, Self::hash),
            place: row::place(self.input, self.base + offset),
            source: source.0,
            destination: destination.0,
            name,
            source_port: flow.source_port.unwrap_or_default(),
            port: flow.destination_port.unwrap_or_default(),
            service,
            protocol: flow.protocol,
            flags,
        };
        self.saw(row.start, row.end());
        self.counts.follow(0, Some((row.end(), row.end())));
        self.rows.push(store::of_hosts(source, destination), row, &self.pairing.store);
    }

    fn query(&mut self, query: &Query<'_>, offset: u64) {
        self.counts.queries += 1;
        self.saw(query.time, query.time);
        let client = self.pairing.names.host(query.client);
        if !query.addresses.is_empty() {
            let asked = self.name(query.name);
            for address in query.addresses {
                let address = self.pairing.names.host(*address);
                self.answers.push((client, address, query.time, asked));
            }
        }
        let whole = query.name.trim_end_matches('.');
        let domain = registered(whole);
        let number = self.name(domain);
        if number == 0 {
            return;
        }
        let hash = Self::hash(whole);
        let front = whole.strip_suffix(domain).unwrap_or_default().trim_end_matches('.');
        let queries = self.queries.entry((client, number)).or_default();
        queries.count(front, hash, query.kind, query.code, query.answer_bytes);
        let row = Row {
            start: query.time,
            sent: whole.len() as u64,
            received: query.answer_bytes as u64,
            sent_ip: whole.len() as u64,
            id: hash ^ u64::from(query.kind.unwrap_or_default()) << 48,
            place: row::place(self.input, self.base + offset),
            source: client.0,
            name: number,
            port: 53,
            protocol: 17,
            flags: QUERY | PORTS | if client.1 { SOURCE_V6 } else { 0 },
            ..Row::default()
        };
        self.asked.push(store::of_name(client, number), row, &self.pairing.queries_store);
    }

    fn server(&mut self, name: &Name<'_>) {
        self.counts.names += 1;
        self.saw(name.time, name.time);
        let number = self.name(name.name);
        if let Some(id) = name.id
            && number != 0
        {
            self.ids.push((Self::hash(id), name.time, number));
        }
    }

    fn login(&mut self, login: &Login<'_>, offset: u64) {
        self.counts.logins += 1;
        self.saw(login.time, login.time);
        self.logins.push(KnownLogin {
            time: login.time,
            client: login.client,
            server: login.server,
            port: login.server_port,
            protocol: login.protocol.to_owned(),
            succeeded: login.succeeded,
            client_software: login.client_software.map(str::to_owned),
            server_software: login.server_software.map(str::to_owned),
            record: super::Place { input: self.input, offset: self.base + offset },
        });
    }

    fn community(&mut self, community: &Community<'_>, offset: u64) {
        self.counts.communities += 1;
        self.saw(community.time, community.time);
        let record = super::Place { input: self.input, offset: self.base + offset };
        self.communities.count(community, record, &self.pairing.names);
    }
}

/// Bytes above the transport's header; where they are not known, those with the IP header.
fn size(volume: Volume) -> u64 {
    volume.payload.or(volume.ip).unwrap_or_default()
}

impl Sink for Collector<'_, '_> {
    fn record(&mut self, record: &Record<'_>, offset: u64) {
        match record {
            Record::Flow(flow) => self.flow(flow, offset),
            Record::Name(name) => self.server(name),
            Record::Query(query) => self.query(query, offset),
            Record::Login(login) => self.login(login, offset),
            Record::Community(community) => self.community(community, offset),
        }
    }

    fn problem(&mut self, problem: Problem) {
        let offset = self.base + problem.offset;
        self.counts.problem(Problem { offset, ..problem });
    }
}
