//! pcap: a header, and packets each behind its own.
//!
//! Finds: packets, in either byte order, with times in microseconds or nanoseconds; files joined end to end. How: a length that cannot
//! be is a damaged place: the next two headers that fit one behind the other are looked for, and what lies between is told.
//! Source: draft-ietf-opsawg-pcap.

use super::damage::Damage;
use super::{Capture, Frame, LARGEST};
use crate::bytes::{slice, tail};
use crate::traffic::{Reader, Settings, Sink, TrafficDescription, TrafficFormat};
use crate::{Problem, ProblemKind};

/// The format of tcpdump.
pub(in crate::traffic) struct Pcap;

static DESCRIPTION: TrafficDescription = TrafficDescription {
    name: "pcap",
    title: "pcap capture",
    yields: "flows put together from packets; names of TLS and HTTP; DNS queries; banners of SSH; communities of SNMP; flows that exporters sent",
    limits: &[
        "link types other than Ethernet, raw IP, Linux cooked (1 and 2), null and loop, PPP, PPPoE and Cisco HDLC are counted and not read",
        "frames that carry no IP (ARP, LLDP) are passed over",
        "checksums are not verified, since network cards fill them in behind the capture",
        "addresses that several VLANs or tunnels use at one time are taken for one",
        "IPsec, MACsec and QUIC are not decrypted; streams are not reassembled beyond their first message",
        "a later fragment that comes before the first one counts to a connection without ports",
    ],
    source: "draft-ietf-opsawg-pcap",
};

const FILE_HEADER: usize = 24;
const HEADER: usize = 16;

/// Seconds between packets that are believed where headers are looked for in damage.
const BELIEVED: u32 = 30 * 86_400;

impl TrafficFormat for Pcap {
    fn describe(&self) -> &'static TrafficDescription {
        &DESCRIPTION
    }

    fn recognise(&self, start: &[u8]) -> bool {
        start.first_chunk::<4>().is_some_and(|magic| Order::of(*magic).is_some())
    }

    fn reader(&self, settings: &Settings) -> Box<dyn Reader> {
        Box::new(Packets {
            capture: Capture::new(settings),
            longest: settings.longest.max(HEADER + 1),
            header: None,
            offset: 0,
            seconds: None,
            damaged: Damage::default(),
            lost: false,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Order {
    is_big: bool,
    is_nano: bool,
}

impl Order {
    fn of(magic: [u8; 4]) -> Option<Self> {
        let order = |is_big, is_nano| Some(Self { is_big, is_nano });
        match magic {
            [0xa1, 0xb2, 0xc3, 0xd4] => order(true, false),
            [0xa1, 0xb2, 0x3c, 0x4d] => order(true, true),
            [0xd4, 0xc3, 0xb2, 0xa1] => order(false, false),
            [0x4d, 0x3c, 0xb2, 0xa1] => order(false, true),
            _ => None,
        }
    }

    fn u32(self, data: &[u8], at: usize) -> Option<u32> {
        let bytes: [u8; 4] = slice(data, at, 4)?.try_into().ok()?;
        Some(if self.is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}

#[derive(Clone, Copy)]
struct FileHeader {
    order: Order,
    link: u32,
    largest: usize,
}

/// The header of a packet.
struct Head {
    seconds: u32,
    fraction: u32,
    captured: usize,
    wire: usize,
}

struct Packets {
    capture: Capture,
    longest: usize,
    header: Option<FileHeader>,
    /// Of the first byte that was not consumed.
    offset: u64,
    /// Of the packet before.
    seconds: Option<u32>,
    /// Where damage began, and what was there.
    damaged: Damage,
    /// Nothing more can be read.
    lost: bool,
}

/// What came of looking for something at a place.
enum Step {
    /// So many bytes are done.
    Past(usize),
    /// More bytes are needed.
    More,
}

impl Reader for Packets {
    fn read(&mut self, data: &[u8], is_last: bool, sink: &mut dyn Sink) -> usize {
        let mut at = 0;
        while !self.lost && at < data.len() {
            match self.step(tail(data, at), is_last, sink) {
                Step::Past(bytes) => {
                    at += bytes;
                    self.offset += bytes as u64;
                }
                Step::More => break,
            }
        }
        if is_last || self.lost {
            self.offset += (data.len() - at) as u64;
            at = data.len();
        }
        if is_last {
            self.damaged.end(self.offset, sink);
            self.capture.end(sink);
        }
        at
    }
}

impl Packets {
    fn step(&mut self, data: &[u8], is_last: bool, sink: &mut dyn Sink) -> Step {
        let Some(header) = self.header else { return self.file_header(data, is_last, sink) };
        if data.len() < HEADER {
            if is_last && !self.damaged.is_open() {
                self.tell(ProblemKind::Truncated, "the capture ends within the header of a packet", sink);
            }
            return Step::More;
        }
        // Another capture joined to this one begins like the first.
        if let Some(order) = data.first_chunk::<4>().and_then(|magic| Order::of(*magic))
            && let Some(2) =
                order.u32(data, 4).map(|version| if order.is_big { version >> 16 } else { version & 0xffff })
        {
            self.damaged.end(self.offset, sink);
            return self.file_header(data, is_last, sink);
        }
        let Some(head) = header.head(data) else { return Step::More };
        if self.damaged.is_open() {
            return self.search(header, &head, data, is_last, sink);
        }
        let bound = header.largest.max(LARGEST).min(self.longest - HEADER);
        if head.captured > bound {
            let captured = head.captured;
            let detail =
                format!("a packet of {captured} captured bytes, where {bound} are the most that is read");
            self.damaged.begin(self.offset, detail);
            return Step::Past(1);
        }
        let body = tail(data, HEADER);
        let body = match body.get(..head.captured) {
            Some(body) => body,
            None if is_last => {
                let (there, stated) = (body.len(), head.captured);
                self.tell(
                    ProblemKind::Truncated,
                    format!("the capture ends {there} bytes into a packet of {stated}"),
                    sink,
                );
                body
            }
            None => return Step::More,
        };
        let frame = Frame {
            time: head.time(header.order),
            link: header.link,
            data: body,
            wire: head.wire.max(head.captured),
            offset: self.offset,
        };
        self.seconds = Some(head.seconds);
        self.capture.frame(&frame, sink);
        Step::Past(HEADER + body.len())
    }

    fn file_header(&mut self, data: &[u8], is_last: bool, sink: &mut dyn Sink) -> Step {
        if data.len() < FILE_HEADER {
            if is_last {
                self.tell(ProblemKind::Truncated, "the capture ends within its header", sink);
            }
            return Step::More;
        }
        let order = data.first_chunk::<4>().and_then(|magic| Order::of(*magic));
        let header = order.and_then(|order| {
            // The upper bits say how long a frame's checksum is.
            let link = order.u32(data, 20)? & 0xffff;
            Some(FileHeader { order, link, largest: order.u32(data, 16)? as usize })
        });
        if header.is_none() {
            self.tell(ProblemKind::Malformed, "no header of a capture: nothing of it is read", sink);
            self.lost = true;
        }
        self.header = header;
        Step::Past(FILE_HEADER)
    }

    /// Looks for a header that is believed: one that fits, with another that fits behind its packet, or the end.
    fn search(
        &mut self,
        header: FileHeader,
        head: &Head,
        data: &[u8],
        is_last: bool,
        sink: &mut dyn Sink,
    ) -> Step {
        if !self.fits(header, head) {
            return Step::Past(1);
        }
        let behind = HEADER + head.captured;
        let found = match header.head(tail(data, behind)) {
            Some(next) => self.fits(header, &next),
            None if is_last => data.len() == behind,
            None => return Step::More,
        };
        if !found {
            return Step::Past(1);
        }
        self.damaged.end(self.offset, sink);
        Step::Past(0)
    }

    fn fits(&self, header: FileHeader, head: &Head) -> bool {
        let most = if header.order.is_nano { 1_000_000_000 } else { 1_000_000 };
        let room = (self.longest - HEADER).min(LARGEST) / 2;
        head.fraction < most
            && (1..=room).contains(&head.captured)
            && head.captured <= head.wire
            && head.wire <= LARGEST
            && self.seconds.is_none_or(|before| before.abs_diff(head.seconds) < BELIEVED)
    }

    fn tell(&self, kind: ProblemKind, what: impl Into<String>, sink: &mut dyn Sink) {
        sink.problem(Problem::new(kind, self.offset, what));
    }
}

impl FileHeader {
    fn head(self, data: &[u8]) -> Option<Head> {
        Some(Head {
            seconds: self.order.u32(data, 0)?,
            fraction: self.order.u32(data, 4)?,
            captured: self.order.u32(data, 8)? as usize,
            wire: self.order.u32(data, 12)? as usize,
        })
    }
}

impl Head {
    fn time(&self, order: Order) -> i64 {
        let fraction = i64::from(self.fraction);
        i64::from(self.seconds) * 1_000_000 + if order.is_nano { fraction / 1000 } else { fraction }
    }
}
