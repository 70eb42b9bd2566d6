//! Captures of packets: what two files of packets share, from a frame to the connections that its packets belong to.
//!
//! Finds: connections of TCP, UDP, SCTP, ICMP and whatever else IP carries, with what each end sent; names asked for in TLS and HTTP;
//! DNS queries; banners of SSH; communities of SNMP. How: each frame is taken apart down to its transport's header; packets of one protocol between two
//! ends are one connection until both ended it, one reset it, another is asked for, or nothing was heard for `Settings::idle`. Bytes of
//! TCP are counted by sequence numbers, so that what was sent twice counts once. A packet that carries another (GRE, GTP-U, VXLAN)
//! counts to its own connection, and the other to its. What collectors of flows are sent (NetFlow, IPFIX) is read as theirs.
//! Wrong when: several VLANs or tunnels use the same addresses and ports at one time: they become one connection; the capture begins in
//! the middle of a connection: who opened it is told by ports then.
//! Misses: what is encrypted below the transport (IPsec, MACsec); names in hellos of QUIC; later fragments that come before the first
//! one count to a connection without ports.
//! Source: see `layers` and `content`; Zeek's documentation of `conn_state` for the words.

mod classic;
mod connection;
mod content;
mod damage;
mod dns;
mod fragments;
mod hello;
mod layers;
mod next;
mod packet;
mod snmp;
mod table;
#[cfg(test)]
mod tests;

pub(super) use classic::Pcap;
pub(super) use next::PcapNg;

use super::netflow::{Collector, PORTS, Place};
use super::{Settings, Sink};
use crate::{Problem, ProblemKind};
use fragments::Fragments;
use layers::{Walk, Wrong};
use packet::Packet;
use std::collections::BTreeMap;
use table::Table;

/// A step back in time that is told, in microseconds: smaller ones come of several queues of one network card.
const STEP_BACK: i64 = 1_000_000;

/// The largest packet that common programs write.
const LARGEST: usize = 262_144;

/// What is known of a capture between two frames.
struct Capture {
    table: Table,
    fragments: Fragments,
    collector: Collector,
    /// Of the frame before.
    time: Option<i64>,
    /// Frames of link types that are not read, and where the first stands.
    unread: BTreeMap<u32, (u64, u64)>,
}

/// A frame as a file has it.
struct Frame<'a> {
    time: i64,
    link: u32,
    data: &'a [u8],
    /// Its length before it was cut.
    wire: usize,
    offset: u64,
}

impl Capture {
    fn new(settings: &Settings) -> Self {
        Self {
            table: Table::new(settings),
            fragments: Fragments::default(),
            collector: Collector::new(settings),
            time: None,
            unread: BTreeMap::new(),
        }
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) {
        let Frame { time, link, data, wire, offset } = *frame;
        if let Some(before) = self.time
            && before.saturating_sub(time) > STEP_BACK
        {
            let seconds = before.saturating_sub(time) as f64 / 1e6;
            let detail = format!("time goes back by {seconds:.6} s");
            sink.problem(Problem::new(ProblemKind::Undefined, offset, detail));
        }
        self.time = Some(time);
        let (table, collector) = (&mut self.table, &mut self.collector);
        let mut take = |packet: &Packet<'_>| {
            table.packet(packet, time, offset, sink);
            if let (17, Some((_, port)), [0, 5 | 9 | 10, ..]) =
                (packet.protocol, packet.ports, packet.payload)
                && PORTS.contains(&port)
            {
                collector.datagram(Some(packet.source), packet.payload, Place::In(offset), sink);
            }
        };
        let result = Walk { fragments: &mut self.fragments, take: &mut take }.frame(link, data, wire);
        let (kind, what) = match result {
            Ok(()) => return,
            Err(Wrong::Link(link)) => {
                self.unread.entry(link).or_insert((0, offset)).0 += 1;
                return;
            }
            Err(Wrong::Malformed(what)) => (ProblemKind::Malformed, what.to_owned()),
            Err(Wrong::Cut(what)) => {
                let captured = data.len();
                (
                    ProblemKind::Truncated,
                    format!("{captured} of {wire} bytes were captured: {what} is not there"),
                )
            }
            Err(Wrong::Deep) => (ProblemKind::LimitReached, "packets too deep in one another".to_owned()),
        };
        sink.problem(Problem::new(kind, offset, what));
    }

    fn end(&mut self, sink: &mut dyn Sink) {
        self.table.end(sink);
        self.collector.end(sink);
        for (link, (count, offset)) in std::mem::take(&mut self.unread) {
            let detail = format!("{count} packets of the link type {link} are not read");
            sink.problem(Problem::new(ProblemKind::Unsupported, offset, detail));
        }
    }
}
