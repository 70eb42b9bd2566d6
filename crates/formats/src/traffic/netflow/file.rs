//! Files of datagrams, one behind the other.

use super::{Collector, Place};
use crate::bytes::{tail, u16_be, u32_be};
use crate::traffic::{Reader, Settings, Sink, TrafficDescription, TrafficFormat};
use crate::{Problem, ProblemKind};

/// What exporters send.
pub(in crate::traffic) struct NetFlow;

static DESCRIPTION: TrafficDescription = TrafficDescription {
    name: "netflow",
    title: "NetFlow 5 and 9, IPFIX (datagrams as exporters send them)",
    yields: "flows",
    limits: &[
        "versions 1, 7 and 8 are not read",
        "options (names of interfaces, samplers) are not read, and counts are not multiplied by the rate of sampling",
        "exporters of one domain in one file are taken for one, since a file does not say who sent what",
        "records without addresses (of bridges, of translations alone) are counted and not read",
        "of 16 MiB of data sets whose template has not come the oldest are given up",
    ],
    source: "RFC 3954, RFC 7011, RFC 5103; Cisco, NetFlow Services Solutions Guide",
};

/// The largest datagram.
const LARGEST: usize = 65_535;

/// A file of an earlier day than 1990 is none.
const EARLIEST: u32 = 631_152_000;

impl TrafficFormat for NetFlow {
    fn describe(&self) -> &'static TrafficDescription {
        &DESCRIPTION
    }

    fn recognise(&self, start: &[u8]) -> bool {
        is_plausible(start)
    }

    fn reader(&self, settings: &Settings) -> Box<dyn Reader> {
        Box::new(Datagrams {
            collector: Collector::new(settings),
            longest: settings.longest.clamp(64, LARGEST + 64),
            offset: 0,
            damaged: None,
        })
    }
}

/// Whether a datagram seems to begin here: its version, a sane count or set, a day.
fn is_plausible(data: &[u8]) -> bool {
    let day = |at| u32_be(data, at).is_some_and(|seconds| seconds >= EARLIEST);
    let set = |at, numbers: [u16; 2]| {
        let number = u16_be(data, at).is_some_and(|number| number >= 256 || numbers.contains(&number));
        number && u16_be(data, at + 2).is_some_and(|size| size >= 4)
    };
    match (u16_be(data, 0), u16_be(data, 2)) {
        (Some(5), Some(count)) => (1..=30).contains(&count) && day(8),
        (Some(9), Some(count)) => count > 0 && day(8) && set(20, [0, 1]),
        (Some(10), Some(size)) => size >= 16 && day(4) && (size == 16 || set(16, [2, 3])),
        _ => false,
    }
}

struct Datagrams {
    collector: Collector,
    longest: usize,
    offset: u64,
    damaged: Option<u64>,
}

/// How long a datagram is.
enum Size {
    Whole(usize),
    /// More bytes are needed to tell.
    More,
    /// It breaks off here, or cannot be.
    Broken,
}

impl Reader for Datagrams {
    fn read(&mut self, data: &[u8], is_last: bool, sink: &mut dyn Sink) -> usize {
        let mut at = 0;
        while at < data.len() {
            let rest = tail(data, at);
            // A version and what makes a datagram plausible.
            if rest.len() < 24 && !is_last {
                break;
            }
            if !is_plausible(rest) {
                self.damaged.get_or_insert(self.offset);
                at += 1;
                self.offset += 1;
                continue;
            }
            let size = match self.size(rest, is_last) {
                Size::Whole(size) => size,
                Size::More => break,
                Size::Broken => {
                    self.damaged.get_or_insert(self.offset);
                    at += 1;
                    self.offset += 1;
                    continue;
                }
            };
            self.tell_damage(sink);
            let datagram = rest.get(..size).unwrap_or(rest);
            self.collector.datagram(None, datagram, Place::From(self.offset), sink);
            at += datagram.len();
            self.offset += datagram.len() as u64;
        }
        if is_last {
            self.tell_damage(sink);
            self.collector.end(sink);
        }
        at
    }
}

impl Datagrams {
    fn size(&self, data: &[u8], is_last: bool) -> Size {
        let stated = match (u16_be(data, 0), u16_be(data, 2)) {
            (Some(5), Some(count)) => 24 + 48 * usize::from(count),
            (Some(10), Some(size)) => usize::from(size),
            _ => return self.size_of_nine(data, is_last),
        };
        if stated > self.longest {
            Size::Broken
        } else if data.len() >= stated || is_last {
            Size::Whole(stated)
        } else {
            Size::More
        }
    }

    /// A datagram of version 9 goes on as long as sets follow.
    fn size_of_nine(&self, data: &[u8], is_last: bool) -> Size {
        let mut at = 20;
        while at + 4 <= self.longest.min(LARGEST) {
            let Some((set, size)) = u16_be(data, at).zip(u16_be(data, at + 2)) else {
                return if is_last { Size::Whole(data.len()) } else { Size::More };
            };
            match (set, size) {
                (0 | 1 | 256.., 4..) => at += usize::from(size),
                // A version where a set's number would be, or what is neither.
                _ => return Size::Whole(at),
            }
        }
        Size::Broken
    }

    fn tell_damage(&mut self, sink: &mut dyn Sink) {
        if let Some(start) = self.damaged.take() {
            let detail = format!("no datagram begins here: {} bytes are passed over", self.offset - start);
            sink.problem(Problem::new(ProblemKind::Malformed, start, detail));
        }
    }
}
