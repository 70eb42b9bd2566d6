//! pcapng: blocks, each with its length at both ends.
//!
//! Finds: packets of enhanced, simple and the old packet blocks, of any number of interfaces and sections, each in its own byte order.
//! How: a block whose length cannot be is a damaged place: the next place is looked for where a known block has the same length at both
//! ends, and what lies between is told. Blocks of other kinds are passed over, however long.
//! Source: draft-ietf-opsawg-pcapng.

use super::damage::Damage;
use super::{Capture, Frame};
use crate::bytes::{slice, tail};
use crate::traffic::{Reader, Settings, Sink, TrafficDescription, TrafficFormat};
use crate::{Problem, ProblemKind};

/// The format of Wireshark.
pub(in crate::traffic) struct PcapNg;

static DESCRIPTION: TrafficDescription = TrafficDescription {
    name: "pcapng",
    title: "pcapng capture",
    yields: "flows put together from packets; names of TLS and HTTP; DNS queries; banners of SSH; communities of SNMP; flows that exporters sent",
    limits: &[
        "packets of simple packet blocks have no time: they have that of the packet before",
        "names that the capture itself resolved, statistics, comments and keys are not read",
        "of packets and connections, the same as for pcap",
    ],
    source: "draft-ietf-opsawg-pcapng",
};

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE: u32 = 3;
const ENHANCED: u32 = 6;

/// Interfaces of a section that are kept.
const INTERFACES: usize = 1 << 16;

impl TrafficFormat for PcapNg {
    fn describe(&self) -> &'static TrafficDescription {
        &DESCRIPTION
    }

    fn recognise(&self, start: &[u8]) -> bool {
        start.starts_with(&SECTION.to_be_bytes())
            && matches!(start.get(8..12), Some([0x1a, 0x2b, 0x3c, 0x4d] | [0x4d, 0x3c, 0x2b, 0x1a]))
    }

    fn reader(&self, settings: &Settings) -> Box<dyn Reader> {
        Box::new(Blocks {
            capture: Capture::new(settings),
            longest: settings.longest.max(64),
            is_big: None,
            interfaces: Vec::new(),
            time: 0,
            offset: 0,
            skip: 0,
            damaged: Damage::default(),
        })
    }
}

struct Interface {
    link: u32,
    /// Units of its times in a second.
    units: u128,
    /// Microseconds to add.
    shift: i64,
    /// Bytes of a packet that are captured; 0 for all.
    largest: u32,
}

struct Blocks {
    capture: Capture,
    longest: usize,
    /// The byte order of the section; `None` before the first.
    is_big: Option<bool>,
    interfaces: Vec<Interface>,
    time: i64,
    offset: u64,
    /// Bytes of a block that are still to be passed over.
    skip: u64,
    damaged: Damage,
}

impl Reader for Blocks {
    fn read(&mut self, data: &[u8], is_last: bool, sink: &mut dyn Sink) -> usize {
        let mut at = 0;
        while at < data.len() {
            if self.skip > 0 {
                let bytes = usize::try_from(self.skip).unwrap_or(usize::MAX).min(data.len() - at);
                self.skip -= bytes as u64;
                self.offset += bytes as u64;
                at += bytes;
                continue;
            }
            let Some(bytes) = self.step(tail(data, at), is_last, sink) else { break };
            at += bytes;
            self.offset += bytes as u64;
        }
        if is_last {
            if at < data.len() && !self.damaged.is_open() {
                self.tell(ProblemKind::Truncated, "the capture ends within a block", sink);
            }
            self.offset += (data.len() - at) as u64;
            at = data.len();
            if self.skip > 0 {
                self.tell(ProblemKind::Truncated, "the capture ends within a block", sink);
            }
            self.damaged.end(self.offset, sink);
            self.capture.end(sink);
        }
        at
    }
}

impl Blocks {
    /// Reads the block at the start of `data` and says how long it is; `None` where more bytes are needed.
    fn step(&mut self, data: &[u8], is_last: bool, sink: &mut dyn Sink) -> Option<usize> {
        let kind = self.u32(data, 0)?;
        if kind == SECTION {
            let order = slice(data, 8, 4)?;
            match order {
                [0x1a, 0x2b, 0x3c, 0x4d] => self.is_big = Some(true),
                [0x4d, 0x3c, 0x2b, 0x1a] => self.is_big = Some(false),
                _ => return Some(self.damage("a section without its byte order")),
            }
        } else if self.is_big.is_none() {
            return Some(self.damage("no section begins"));
        }
        let stated = self.u32(data, 4)?;
        let size = stated as usize;
        if size < 12 || !size.is_multiple_of(4) {
            return Some(self.damage(&format!("a block of {stated} bytes")));
        }
        let is_known = matches!(kind, SECTION | INTERFACE | PACKET | SIMPLE | ENHANCED);
        if self.damaged.is_open() {
            // In damage only what is known and has its length at both ends is believed.
            if !is_known || size > self.longest {
                return Some(1);
            }
            match self.u32(data, size - 4) {
                None if is_last => return Some(1),
                None => return None,
                Some(behind) if behind != stated => return Some(1),
                Some(_) => self.damaged.end(self.offset, sink),
            }
        }
        if !is_known {
            self.skip = stated.into();
            return Some(0);
        }
        if size > self.longest {
            let longest = self.longest;
            let detail = format!("a block of {size} bytes, more than the {longest} that are read of one");
            if u64::from(stated) > 64 * self.longest as u64 {
                return Some(self.damage(&detail));
            }
            self.tell(ProblemKind::LimitReached, detail + ": passed over", sink);
            self.skip = stated.into();
            return Some(0);
        }
        let Some(block) = data.get(..size) else {
            if is_last && matches!(kind, PACKET | SIMPLE | ENHANCED) {
                self.block(kind, data, sink);
            }
            return None;
        };
        if self.u32(block, size - 4) != Some(stated) {
            self.tell(ProblemKind::Malformed, "a block whose length at its end is another", sink);
        }
        self.block(kind, block.get(..size - 4).unwrap_or_default(), sink);
        Some(size)
    }

    fn block(&mut self, kind: u32, block: &[u8], sink: &mut dyn Sink) {
        let read = match kind {
            SECTION => {
                self.interfaces.clear();
                Some(())
            }
            INTERFACE => self.interface(block, sink),
            SIMPLE => self.simple(block, sink),
            _ => self.packet(kind, block, sink),
        };
        if read.is_none() {
            self.tell(ProblemKind::Malformed, "a block too short for its fields", sink);
        }
    }

    fn interface(&mut self, block: &[u8], sink: &mut dyn Sink) -> Option<()> {
        let link = self.u16(block, 8)?.into();
        let mut interface = Interface { link, units: 1_000_000, shift: 0, largest: self.u32(block, 12)? };
        let mut at = 16;
        while let (Some(code), Some(length)) = (self.u16(block, at), self.u16(block, at + 2)) {
            let length = usize::from(length);
            let value = slice(block, at + 4, length);
            match (code, value) {
                (0, _) => break,
                (9, Some([resolution])) => {
                    let power = u32::from(resolution & 0x7f);
                    let base: u128 = if resolution & 0x80 != 0 { 2 } else { 10 };
                    match base.checked_pow(power).filter(|units| *units < 1 << 100) {
                        Some(units) => interface.units = units,
                        None => {
                            self.tell(ProblemKind::Malformed, "a resolution of times that cannot be", sink)
                        }
                    }
                }
                (14, Some(value)) if length == 8 => {
                    let (high, low) = if self.is_big == Some(true) { (0, 4) } else { (4, 0) };
                    let seconds = u64::from(self.u32(value, high)?) << 32 | u64::from(self.u32(value, low)?);
                    interface.shift = (seconds as i64).saturating_mul(1_000_000);
                }
                (_, Some(_)) => {}
                (_, None) => {
                    self.tell(ProblemKind::Malformed, "an option longer than its block", sink);
                    break;
                }
            }
            at += 4 + length.next_multiple_of(4);
        }
        if self.interfaces.len() < INTERFACES {
            self.interfaces.push(interface);
        }
        Some(())
    }

    fn packet(&mut self, kind: u32, block: &[u8], sink: &mut dyn Sink) -> Option<()> {
        let number = if kind == PACKET { self.u16(block, 8)?.into() } else { self.u32(block, 8)? };
        let (high, low) = (self.u32(block, 12)?, self.u32(block, 16)?);
        let (captured, wire) = (self.u32(block, 20)? as usize, self.u32(block, 24)? as usize);
        let Some(interface) = self.interfaces.get(number as usize) else {
            self.tell(
                ProblemKind::Malformed,
                format!("a packet of the interface {number}, which is not described"),
                sink,
            );
            return Some(());
        };
        let units = u128::from(high) << 32 | u128::from(low);
        let micros = units.saturating_mul(1_000_000) / interface.units.max(1);
        let time = i64::try_from(micros).unwrap_or(i64::MAX).saturating_add(interface.shift);
        let body = tail(block, 28);
        if body.len() < captured {
            let there = body.len();
            self.tell(
                ProblemKind::Truncated,
                format!("a packet of {captured} bytes, of which {there} are there"),
                sink,
            );
        }
        let data = body.get(..captured).unwrap_or(body);
        let frame =
            Frame { time, link: interface.link, data, wire: wire.max(data.len()), offset: self.offset };
        self.time = time;
        self.capture.frame(&frame, sink);
        Some(())
    }

    fn simple(&mut self, block: &[u8], sink: &mut dyn Sink) -> Option<()> {
        let wire = self.u32(block, 8)? as usize;
        let Some(interface) = self.interfaces.first() else {
            self.tell(ProblemKind::Malformed, "a packet before any interface is described", sink);
            return Some(());
        };
        let body = tail(block, 12);
        let most = if interface.largest == 0 { usize::MAX } else { interface.largest as usize };
        let data = body.get(..wire.min(most)).unwrap_or(body);
        let frame = Frame {
            time: self.time,
            link: interface.link,
            data,
            wire: wire.max(data.len()),
            offset: self.offset,
        };
        self.capture.frame(&frame, sink);
        Some(())
    }

    fn u32(&self, data: &[u8], at: usize) -> Option<u32> {
        let bytes: [u8; 4] = slice(data, at, 4)?.try_into().ok()?;
        Some(if self.is_big == Some(true) { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn u16(&self, data: &[u8], at: usize) -> Option<u16> {
        let bytes: [u8; 2] = slice(data, at, 2)?.try_into().ok()?;
        Some(if self.is_big == Some(true) { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    /// Damage begins or goes on here; one byte is passed over.
    fn damage(&mut self, what: &str) -> usize {
        self.damaged.begin(self.offset, what);
        1
    }

    fn tell(&self, kind: ProblemKind, what: impl Into<String>, sink: &mut dyn Sink) {
        sink.problem(Problem::new(kind, self.offset, what));
    }
}
