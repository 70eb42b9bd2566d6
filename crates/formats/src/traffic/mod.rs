//! Traffic records to typed structures: connections, names, queries and logins, as logs, flow exports and captures tell them.
//!
//! A format is one file that implements [`TrafficFormat`] and one line in `registry.rs`. Records stream: a reader is handed the
//! bytes piece by piece and keeps no more than one record and what its format makes it keep (templates, open connections, each
//! bounded by [`Settings`]). Pure: no I/O and no clock.

use super::Problem;
use core::net::IpAddr;
use core::ops::Range;

mod capture;
mod display;
mod eve;
mod fields;
mod json;
mod lanes;
mod lines;
mod netflow;
mod nfcapd;
mod parquet;
mod registry;
mod table;
mod text;
mod values;
mod zeek;

pub use registry::{TRAFFIC_FORMATS, known_without_reader, recognise};

/// A form in which traffic is recorded.
pub trait TrafficFormat: Sync {
    /// What it is, and what its reader cannot do.
    fn describe(&self) -> &'static TrafficDescription;

    /// Whether `start`, the first bytes of an input (up to 64 KiB, fewer where it is shorter), are of this format.
    fn recognise(&self, start: &[u8]) -> bool;

    /// A reader for one input, from its first byte.
    fn reader(&self, settings: &Settings) -> Box<dyn Reader>;

    /// The parts of an input that is all of `bytes`, for a form that says at its end where what stands; each is read by itself, side
    /// by side with others. What is wrong with the whole goes to `sink`. `None` for forms that are read from their start, by a reader;
    /// a form that has parts has a reader too, which asks for all of the input, as long as that is no more than [`Settings::longest`].
    fn parts<'a>(
        &self,
        bytes: &'a [u8],
        settings: &Settings,
        sink: &mut dyn Sink,
    ) -> Option<Vec<Box<dyn Part + 'a>>> {
        let _ = (bytes, settings, sink);
        None
    }
}

/// Reads one part of an input.
pub trait Part: Send {
    /// Reads some records more, and says whether there may be others.
    fn read(&mut self, sink: &mut dyn Sink) -> bool;

    /// The bytes of the input that are of this part alone.
    fn ranges(&self) -> Vec<Range<usize>>;
}

/// Reads one input, piece by piece.
pub trait Reader: Send {
    /// Reads the whole records at the start of `data`, which goes on where what the previous call consumed ended, and says how many
    /// bytes it consumed. With `is_last`, nothing follows `data`: a record that is cut off there is a problem, open connections are
    /// handed out, and all is consumed. Otherwise 0 asks for more bytes; a reader never asks for more than [`Settings::longest`].
    fn read(&mut self, data: &[u8], is_last: bool, sink: &mut dyn Sink) -> usize;

    /// Another reader for `data`, whole lines that follow on what this reader consumed; this one passes over them and goes on behind
    /// them. So lines that do not lean on each other are read side by side: the other reader is handed `data` once, as the last. `None`,
    /// and nothing passed over, where it cannot be: another form, before the header was read, or where there is one in `data`.
    fn beside(&mut self, data: &[u8]) -> Option<Box<dyn Reader>> {
        let _ = data;
        None
    }
}

/// What takes the records.
pub trait Sink {
    /// A record that starts at this byte of the input.
    fn record(&mut self, record: &Record<'_>, offset: u64);

    /// Something that is malformed, at the offset it states. All problems are handed over; the sink bounds what it keeps.
    fn problem(&mut self, problem: Problem);
}

/// How an input is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes that one record (a line, a packet, a message) may have; a longer one is a problem and is passed over.
    pub longest: usize,
    /// Connections that may be open at a time while packets are put together; beyond, the one that was silent longest is handed out.
    pub open_connections: usize,
    /// Microseconds of silence after which a connection has ended, where the format has packets.
    pub idle: i64,
    /// Templates that one exporter may have at a time.
    pub templates: usize,
    /// Which column is what, for tables without a fixed form: (field of [`Flow`], column) as `docs/traffic.md` names them.
    pub columns: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            longest: 16 << 20,
            open_connections: 1 << 20,
            idle: 300_000_000,
            templates: 4096,
            columns: Vec::new(),
        }
    }
}

/// A format's documentation: a row of `banbury formats`.
#[derive(Debug)]
pub struct TrafficDescription {
    /// Short name, unique, lower case.
    pub name: &'static str,
    /// Full name.
    pub title: &'static str,
    /// What the reader hands out.
    pub yields: &'static str,
    /// What the reader does not read; never empty.
    pub limits: &'static [&'static str],
    /// The specification it was written from.
    pub source: &'static str,
}

/// One record.
#[derive(Clone, Debug, PartialEq)]
pub enum Record<'a> {
    /// A connection or flow.
    Flow(Flow<'a>),
    /// A name that a client asked a server for, inside a connection.
    Name(Name<'a>),
    /// A query of the domain name system.
    Query(Query<'a>),
    /// An attempt to log in.
    Login(Login<'a>),
    /// A community of SNMP.
    Community(Community<'a>),
}

/// A connection, or what a format calls a flow: packets of one protocol between two ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow<'a> {
    /// Microseconds since 1970-01-01 00:00 UTC at its first packet.
    pub start: i64,
    /// Microseconds from its first packet to its last.
    pub duration: Option<i64>,
    /// Who opened it, as far as the format knows (`one_way` says when it does not).
    pub source: IpAddr,
    /// The other end.
    pub destination: IpAddr,
    /// Port of the source; `None` for protocols without ports.
    pub source_port: Option<u16>,
    /// Port of the destination.
    pub destination_port: Option<u16>,
    /// IP protocol number (6 TCP, 17 UDP, 1 ICMP, 132 SCTP).
    pub protocol: u8,
    /// What the source sent.
    pub sent: Volume,
    /// What the destination sent.
    pub received: Volume,
    /// The record is of one direction alone, and which end opened it is not known (NetFlow, IPFIX without a biflow).
    pub one_way: bool,
    /// The application's protocol as the format tells it (`ssl`, `dns`, `ssh`), lower case.
    pub service: Option<&'a str>,
    /// How it went, as Zeek's `conn_state` has it (`SF`, `S0`, `REJ`, ...).
    pub state: Option<&'a str>,
    /// The server's name, where the record itself tells it (TLS server name, HTTP host).
    pub name: Option<&'a str>,
    /// What other records of the same input call this connection.
    pub id: Option<&'a str>,
    /// Identifier of the outermost VLAN.
    pub vlan: Option<u16>,
    /// What it was carried in, outermost first (`vlan`, `mpls`, `gre`, `gtp-u`, `vxlan`); empty where in nothing.
    pub carried_in: &'a [&'static str],
}

impl Flow<'_> {
    /// A record of one direction, of which no more is known than when it was and between whom.
    pub fn one_way(start: i64, source: IpAddr, destination: IpAddr) -> Self {
        Self {
            start,
            duration: None,
            source,
            destination,
            source_port: None,
            destination_port: None,
            protocol: 0,
            sent: Volume::default(),
            received: Volume::default(),
            one_way: true,
            service: None,
            state: None,
            name: None,
            id: None,
            vlan: None,
            carried_in: &[],
        }
    }
}

/// How much one end sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Bytes above the transport's header.
    pub payload: Option<u64>,
    /// Bytes with the IP header.
    pub ip: Option<u64>,
    /// Packets.
    pub packets: Option<u64>,
}

/// A name that a client asked a server for.
#[derive(Clone, Debug, PartialEq)]
pub struct Name<'a> {
    /// Microseconds since 1970-01-01 00:00 UTC.
    pub time: i64,
    /// The connection, as [`Flow::id`].
    pub id: Option<&'a str>,
    /// Who asked.
    pub client: IpAddr,
    /// Who was asked.
    pub server: IpAddr,
    /// The server's port.
    pub server_port: u16,
    /// `ssl` or `http`.
    pub protocol: &'static str,
    /// The name: TLS server name, HTTP host.
    pub name: &'a str,
    /// What the client calls itself (HTTP user agent).
    pub agent: Option<&'a str>,
    /// Path of the request (HTTP).
    pub path: Option<&'a str>,
}

/// A query of the domain name system.
#[derive(Clone, Debug, PartialEq)]
pub struct Query<'a> {
    /// Microseconds since 1970-01-01 00:00 UTC.
    pub time: i64,
    /// Who asked.
    pub client: IpAddr,
    /// Who was asked.
    pub server: IpAddr,
    /// The name asked for, without a full stop at its end.
    pub name: &'a str,
    /// Record type (1 A, 28 AAAA, 16 TXT, ...), where known.
    pub kind: Option<u16>,
    /// Response code (0 no error, 3 no such name), where there was an answer.
    pub code: Option<u16>,
    /// Addresses in the answer.
    pub addresses: &'a [IpAddr],
    /// Bytes of the answers as text, all records together.
    pub answer_bytes: usize,
}

/// An attempt to log in to a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Login<'a> {
    /// Microseconds since 1970-01-01 00:00 UTC.
    pub time: i64,
    /// The connection, as [`Flow::id`].
    pub id: Option<&'a str>,
    /// Who wanted in.
    pub client: IpAddr,
    /// Where to.
    pub server: IpAddr,
    /// The server's port.
    pub server_port: u16,
    /// `ssh`, `rdp`, ...
    pub protocol: &'static str,
    /// Whether it succeeded, where the format can tell.
    pub succeeded: Option<bool>,
    /// What the client's software calls itself.
    pub client_software: Option<&'a str>,
    /// What the server's software calls itself.
    pub server_software: Option<&'a str>,
}

/// A community by which a client spoke to an agent of SNMP: messages of versions 1 and 2c hold it in clear text.
#[derive(Clone, Debug, PartialEq)]
pub struct Community<'a> {
    /// Microseconds since 1970-01-01 00:00 UTC of its first message in the connection.
    pub time: i64,
    /// The connection, as [`Flow::id`].
    pub id: Option<&'a str>,
    /// Who spoke first.
    pub client: IpAddr,
    /// To whom.
    pub server: IpAddr,
    /// The server's port: 161 an agent, 162 who takes traps.
    pub server_port: u16,
    /// 1, or 2 for 2c.
    pub version: u8,
    /// The community; bytes that are no text are `\xNN`.
    pub community: &'a str,
    /// Messages of the connection that had it.
    pub messages: u64,
    /// Whether an agent answered with it, which it does only where the community is its own.
    pub accepted: bool,
}
