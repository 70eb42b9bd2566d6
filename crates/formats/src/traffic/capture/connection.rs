//! One connection: how much each end sent, how it was opened and ended, and what its first bytes say.

use super::content::{Content, Seen, Told};
use super::packet::{Carried, Packet, Tcp};
use super::snmp;
use crate::traffic::{Flow, Record, Sink, Volume};
use core::net::IpAddr;
use std::fmt::Write;

/// A jump of a sequence number by more than this is no gap of what was captured, but a number that is wrong.
const GAP: u32 = 16 << 20;

/// Bytes of an end that overtake the segment by which it asks for a connection, at most.
const OVERTAKING: u32 = 1 << 18;

/// Segments of both ends that overtake it, at most.
const FEW: u64 = 16;

/// The protocol's number.
const TCP: u8 = 6;

/// A connection that goes on.
pub(super) struct Connection {
    number: u64,
    start: i64,
    last: i64,
    offset: u64,
    source: IpAddr,
    destination: IpAddr,
    ports: Option<(u16, u16)>,
    protocol: u8,
    vlan: Option<u16>,
    carried: Carried,
    /// Of the source, of the destination.
    sides: [Side; 2],
    /// Which side reset it, before both had finished.
    reset_by: Option<usize>,
    content: Content,
    told: Told,
}

#[derive(Clone, Copy, Default)]
struct Side {
    payload: u64,
    ip: u64,
    packets: u64,
    /// The sequence number that follows on what was seen, once any was.
    next: u32,
    numbered: bool,
    /// Where what was seen begins.
    lowest: u32,
    /// That of the segment that opened it, else of the first one.
    first: Option<u32>,
    /// What it acknowledged first.
    acknowledged: Option<u32>,
    /// Where the last segment ended, or what came of it in fragments so far.
    tail: u32,
    started: bool,
    asked: bool,
    answered: bool,
    finished: bool,
}

/// What handing out needs and connections need not keep each for itself.
#[derive(Default)]
pub(super) struct Out {
    id: String,
}

impl Out {
    fn id(&mut self, number: u64) -> &str {
        self.id.clear();
        let _ = write!(self.id, "{number}");
        &self.id
    }
}

impl Connection {
    /// The connection that a packet begins. Who opened it: who asked to in TCP; who did not answer; else who spoke first.
    pub(super) fn new(number: u64, packet: &Packet<'_>, time: i64, offset: u64) -> Self {
        let is_answer = match (packet.tcp, packet.ports) {
            (Some(tcp), _) if tcp.has(Tcp::SYN) => tcp.has(Tcp::ACK),
            // From the middle of a connection: servers have the low ports.
            (Some(_), Some((source, destination))) => source < 1024 && destination >= 1024,
            _ => is_answer(packet),
        };
        let (mut source, mut destination, mut ports) = (packet.source, packet.destination, packet.ports);
        if is_answer {
            (source, destination) = (destination, source);
            ports = ports.map(|(source, destination)| (destination, source));
        }
        Self {
            number,
            start: time,
            last: time,
            offset,
            source,
            destination,
            ports,
            protocol: packet.protocol,
            vlan: packet.vlan,
            carried: packet.carried,
            sides: [Side::default(); 2],
            reset_by: None,
            content: Content::default(),
            told: Told::default(),
        }
    }

    pub(super) fn last(&self) -> i64 {
        self.last
    }

    /// Whether a packet begins another connection of the same ends: one that asks for it, or answers who asked, with a number of its own.
    pub(super) fn is_another(&self, packet: &Packet<'_>, ended: bool) -> bool {
        let Some(tcp) = packet.tcp.filter(|tcp| tcp.has(Tcp::SYN)) else { return false };
        let [here, there] = self.sides_of(packet);
        let is_new = here.first != Some(tcp.sequence);
        if !tcp.opens() {
            return here.answered && is_new && (ended || here.finished);
        }
        if here.asked {
            // Who gets no answer may ask again with another number.
            let is_answered = there.started || here.acknowledged.is_some();
            return is_new && (ended || here.finished || is_answered);
        }
        // What asked was overtaken by a few, or not captured: then what was sent, and acknowledged, stands elsewhere.
        let behind = |number: u32| number.wrapping_sub(tcp.sequence);
        let sent = here.first.map(|first| behind(first) <= OVERTAKING);
        let acknowledged = there.acknowledged.map(|number| (1..=OVERTAKING).contains(&behind(number)));
        match [sent, acknowledged] {
            [None, None] => ended,
            known => known.into_iter().flatten().any(|fits| !fits) || here.packets + there.packets > FEW,
        }
    }

    /// Whether both ends finished, or one reset it.
    pub(super) fn has_ended(&self) -> bool {
        self.reset_by.is_some() || self.sides.iter().all(|side| side.finished)
    }

    pub(super) fn packet(
        &mut self,
        packet: &Packet<'_>,
        time: i64,
        offset: u64,
        out: &mut Out,
        sink: &mut dyn Sink,
    ) {
        self.start = self.start.min(time);
        self.last = self.last.max(time);
        if packet.tcp.is_some_and(|tcp| tcp.has(Tcp::SYN)) {
            self.settle(packet);
        }
        let from = usize::from(!self.is_from_source(packet));
        let all_finished = self.sides.iter().all(|side| side.finished);
        let Some(side) = self.sides.get_mut(from) else { return };
        side.ip += packet.ip_bytes;
        side.packets += 1;
        let mut fresh = true;
        match packet.tcp {
            Some(tcp) => {
                fresh = side.segment(tcp, packet.payload_bytes);
                if tcp.has(Tcp::RST) && !all_finished && self.reset_by.is_none() {
                    self.reset_by = Some(from);
                }
            }
            // A later fragment of a segment, or one whose header was not captured.
            None if packet.protocol == TCP => side.continued(packet.payload_bytes),
            None => {
                side.payload += packet.payload_bytes;
                side.started = true;
            }
        }
        if fresh && !packet.payload.is_empty() && self.content.goes_on() {
            let seen =
                Seen { payload: packet.payload, from_client: from == 0, time, offset, ..self.seen(out) };
            self.content.see(&seen, &mut self.told, sink);
        }
    }

    /// Turns round what was taken to be opened by the other end, where a segment that opens it was overtaken.
    fn settle(&mut self, packet: &Packet<'_>) {
        let is_settled = self.sides.iter().any(|side| side.asked || side.answered);
        let asks = packet.tcp.is_some_and(Tcp::opens);
        if is_settled || self.is_from_source(packet) == asks {
            return;
        }
        std::mem::swap(&mut self.source, &mut self.destination);
        self.ports = self.ports.map(|(source, destination)| (destination, source));
        self.sides.reverse();
        self.reset_by = self.reset_by.map(|side| 1 - side);
        self.content.turn();
    }

    /// The connection as its content is looked at: of its beginning, without a byte.
    fn seen<'o>(&self, out: &'o mut Out) -> Seen<'o> {
        let (client_port, server_port) = self.ports.unwrap_or_default();
        Seen {
            payload: &[],
            from_client: true,
            time: self.start,
            offset: self.offset,
            protocol: self.protocol,
            client: self.source,
            server: self.destination,
            client_port,
            server_port,
            id: out.id(self.number),
        }
    }

    /// Hands out what has not been, and the connection itself.
    pub(super) fn hand_out(&mut self, out: &mut Out, sink: &mut dyn Sink) {
        let seen = self.seen(out);
        self.content.end(&seen, sink);
        let [sent, received] = self.sides.map(|side| Volume {
            payload: Some(side.payload),
            ip: Some(side.ip),
            packets: Some(side.packets),
        });
        let mut names = [""; 7];
        let flow = Flow {
            start: self.start,
            duration: Some(self.last.saturating_sub(self.start)),
            source: self.source,
            destination: self.destination,
            source_port: self.ports.map(|(source, _)| source),
            destination_port: self.ports.map(|(_, destination)| destination),
            protocol: self.protocol,
            sent,
            received,
            one_way: false,
            service: self.told.service,
            state: Some(self.state()),
            name: self.told.name.as_deref(),
            id: Some(seen.id),
            vlan: self.vlan,
            carried_in: self.carried.names(&mut names),
        };
        sink.record(&Record::Flow(flow), self.offset);
    }

    /// As Zeek's `conn_state`.
    fn state(&self) -> &'static str {
        let [source, destination] = &self.sides;
        if self.protocol != 6 {
            return match (source.packets > 0, destination.packets > 0) {
                (true, true) => "SF",
                (true, false) => "S0",
                (false, _) => "SHR",
            };
        }
        match (source.asked, destination.answered, self.reset_by) {
            (true, true, Some(0)) => "RSTO",
            (true, true, Some(_)) => "RSTR",
            (true, true, None) => match (source.finished, destination.finished) {
                (true, true) => "SF",
                (true, false) => "S2",
                (false, true) => "S3",
                (false, false) => "S1",
            },
            (true, false, Some(0)) => "RSTOS0",
            (true, false, Some(_)) => "REJ",
            (true, false, None) if destination.started => "OTH",
            (true, false, None) if source.finished => "SH",
            (true, false, None) => "S0",
            (false, true, Some(1)) => "RSTRH",
            (false, true, None) if destination.finished => "SHR",
            (false, ..) => "OTH",
        }
    }

    fn is_from_source(&self, packet: &Packet<'_>) -> bool {
        packet.source == self.source
            && packet.ports.map(|(source, _)| source) == self.ports.map(|(source, _)| source)
    }

    /// The side that sent a packet, and the other.
    fn sides_of(&self, packet: &Packet<'_>) -> [&Side; 2] {
        let [source, destination] = &self.sides;
        if self.is_from_source(packet) { [source, destination] } else { [destination, source] }
    }
}

impl Side {
    /// Counts a segment by its sequence number: what was sent twice counts once, what was not captured counts. Says whether its
    /// bytes follow on those before.
    fn segment(&mut self, tcp: Tcp, bytes: u64) -> bool {
        if tcp.has(Tcp::SYN) {
            let bit = if tcp.has(Tcp::ACK) { &mut self.answered } else { &mut self.asked };
            *bit = true;
            self.first = Some(tcp.sequence);
        }
        // Programs that make up packets leave it at nothing.
        if tcp.has(Tcp::ACK) && tcp.acknowledges != 0 {
            self.acknowledged.get_or_insert(tcp.acknowledges);
        }
        self.finished |= tcp.has(Tcp::FIN);
        if tcp.has(Tcp::RST) {
            // Its number may be any, its bytes are a message at most.
            self.started = true;
            return false;
        }
        // Payload in the segment that asks stands behind it.
        let start = tcp.sequence.wrapping_add(u32::from(tcp.has(Tcp::SYN)));
        let length = u32::try_from(bytes).unwrap_or(u32::MAX);
        let end = start.wrapping_add(length);
        self.tail = end;
        self.started = true;
        if !self.numbered {
            self.numbered = true;
            self.first.get_or_insert(tcp.sequence);
            self.next = end.wrapping_add(u32::from(tcp.has(Tcp::FIN)));
            self.lowest = start;
            self.payload += bytes;
            return true;
        }
        let below = self.lowest.wrapping_sub(start);
        if length > 0 && (1..=OVERTAKING).contains(&below) {
            // The first one that was seen overtook it.
            self.payload += u64::from(below);
            self.lowest = start;
        }
        let follows = start == self.next;
        let ahead = end.wrapping_sub(self.next);
        if ahead == 0 || ahead > u32::MAX / 2 {
            self.next = if follows && tcp.has(Tcp::FIN) { self.next.wrapping_add(1) } else { self.next };
            return follows;
        }
        self.payload += if ahead <= GAP.saturating_add(length) { u64::from(ahead) } else { bytes };
        self.next = end.wrapping_add(u32::from(tcp.has(Tcp::FIN)));
        follows
    }

    /// Counts bytes that stand behind those of the segment before: once, like those.
    fn continued(&mut self, bytes: u64) {
        if !self.numbered {
            self.payload += bytes;
            return;
        }
        self.tail = self.tail.wrapping_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        let ahead = self.tail.wrapping_sub(self.next);
        if ahead <= u32::MAX / 2 {
            self.payload += bytes.min(u64::from(ahead));
            self.next = self.tail;
        }
    }
}

/// Whether a datagram says of itself that it answers another.
fn is_answer(packet: &Packet<'_>) -> bool {
    match (packet.protocol, packet.ports, packet.payload) {
        (17, Some((53 | 5353, _)), [_, _, flags, ..]) => flags & 0x80 != 0,
        // Mode 4: a server.
        (17, Some((123, _)), [first, ..]) => first & 7 == 4,
        (17, Some((161, _)), payload) => {
            snmp::Message::read(payload).is_some_and(|message| message.is_response())
        }
        _ => false,
    }
}
