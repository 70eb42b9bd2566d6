//! The files that nfdump's collectors write (`nfcapd.202603010000`), layouts 1 and 2.
//!
//! Finds: flows. How: a header, and blocks of records, each perhaps packed by LZO, LZ4, bzip2 or zstd; in layout 2 a record is a list
//! of elements with their length, in layout 1 a common part with addresses and counts behind it. Both byte orders, since the files
//! have that of the machine that wrote them. Where an exporter told both directions, the flow has both.
//! Wrong when: a flow without counts of the other direction is of one direction, and which end opened it is not known.
//! Misses: encrypted files, records of other kinds (exporters, samplers, histograms), addresses behind a translation.
//! Source: the layout as nfdump's own headers describe it (`nffile.h`, `nffileV2.h`, `nfxV3.h` of nfdump 1.6 and 1.7).

use super::values::has_ports;
use super::{Flow, Reader, Record, Settings, Sink, TrafficDescription, TrafficFormat, Volume};
use crate::bytes::{slice, tail};
use crate::compression::output::Output;
use crate::compression::{bzip2, lz4, lzo, zstd};
use crate::{Limits, Problem, ProblemKind};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Files of nfdump.
pub(super) struct Nfcapd;

static DESCRIPTION: TrafficDescription = TrafficDescription {
    name: "nfcapd",
    title: "nfdump file (nfcapd)",
    yields: "flows",
    limits: &[
        "encrypted files are not read",
        "records of exporters, samplers and histograms are passed over, and counts are not multiplied by the rate of sampling",
        "addresses and ports behind a translation (NSEL, NEL) are not told",
        "files of nfdump 1.5 and before are not read",
    ],
    source: "nffile.h, nffileV2.h and nfxV3.h of nfdump 1.6 and 1.7",
};

const MAGIC: u16 = 0xa50c;
const BLOCK_HEADER: usize = 12;

/// Bytes that a block unpacks to, at most; nfdump's own buffers have 5 MiB.
const UNPACKED: u64 = 64 << 20;

impl TrafficFormat for Nfcapd {
    fn describe(&self) -> &'static TrafficDescription {
        &DESCRIPTION
    }

    fn recognise(&self, start: &[u8]) -> bool {
        [false, true].into_iter().any(|is_big| {
            let fields = Fields { data: start, is_big };
            fields.u16(0) == Some(MAGIC) && matches!(fields.u16(2), Some(1 | 2))
        })
    }

    fn reader(&self, settings: &Settings) -> Box<dyn Reader> {
        Box::new(Blocks {
            longest: settings.longest.max(512),
            header: None,
            offset: 0,
            skip: 0,
            blocks: 0,
            lost: false,
        })
    }
}

/// Numbers in the file's byte order.
#[derive(Clone, Copy)]
struct Fields<'a> {
    data: &'a [u8],
    is_big: bool,
}

impl<'a> Fields<'a> {
    fn number(self, at: usize, width: usize) -> Option<u64> {
        crate::bytes::int(self.data, self.is_big, at, width)
    }

    fn u8(self, at: usize) -> Option<u8> {
        self.data.get(at).copied()
    }

    fn u16(self, at: usize) -> Option<u16> {
        self.number(at, 2).and_then(|number| u16::try_from(number).ok())
    }

    fn u32(self, at: usize) -> Option<u32> {
        self.number(at, 4).and_then(|number| u32::try_from(number).ok())
    }

    fn u64(self, at: usize) -> Option<u64> {
        self.number(at, 8)
    }

    fn slice(self, at: usize, size: usize) -> Option<Self> {
        Some(Self { data: slice(self.data, at, size)?, ..self })
    }

    fn v4(self, at: usize) -> Option<IpAddr> {
        self.u32(at).map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)))
    }

    /// Two numbers of 64 bits, the upper one first in either byte order.
    fn v6(self, at: usize) -> Option<IpAddr> {
        let bits = u128::from(self.u64(at)?) << 64 | u128::from(self.u64(at + 8)?);
        Some(IpAddr::V6(Ipv6Addr::from_bits(bits)))
    }
}

#[derive(Clone, Copy)]
struct Header {
    is_big: bool,
    layout: u16,
    packing: Packing,
    blocks: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Lzo,
    Bzip2,
    Lz4,
    Zstd,
}

struct Blocks {
    longest: usize,
    header: Option<Header>,
    offset: u64,
    /// Bytes of a block that are still to be passed over.
    skip: u64,
    /// Blocks so far.
    blocks: u32,
    lost: bool,
}

impl Reader for Blocks {
    fn read(&mut self, data: &[u8], is_last: bool, sink: &mut dyn Sink) -> usize {
        let mut at = 0;
        while at < data.len() && !self.lost {
            let rest = tail(data, at);
            let bytes = if self.skip > 0 {
                let bytes = usize::try_from(self.skip).unwrap_or(usize::MAX).min(rest.len());
                self.skip -= bytes as u64;
                Some(bytes)
            } else {
                match self.header {
                    None => self.file_header(rest, is_last, sink),
                    // What stands behind the blocks is about the file.
                    Some(header) if self.blocks >= header.blocks => Some(rest.len()),
                    Some(header) => self.block(header, rest, is_last, sink),
                }
            };
            let Some(bytes) = bytes else { break };
            at += bytes;
            self.offset += bytes as u64;
        }
        if is_last {
            let missing = self.header.map_or(0, |header| header.blocks.saturating_sub(self.blocks));
            if !self.lost && (at < data.len() || missing > 0 || self.skip > 0) {
                let detail = format!("the file ends early: {missing} blocks are not there or not whole");
                self.tell(ProblemKind::Truncated, detail, sink);
            }
        }
        if is_last || self.lost {
            self.offset += (data.len() - at) as u64;
            return data.len();
        }
        at
    }
}

impl Blocks {
    fn tell(&self, kind: ProblemKind, what: impl Into<String>, sink: &mut dyn Sink) {
        sink.problem(Problem::new(kind, self.offset, what));
    }

    fn give_up(&mut self, kind: ProblemKind, what: impl Into<String>, sink: &mut dyn Sink) -> Option<usize> {
        self.tell(kind, what, sink);
        self.lost = true;
        Some(0)
    }

    fn file_header(&mut self, data: &[u8], is_last: bool, sink: &mut dyn Sink) -> Option<usize> {
        let little = Fields { data, is_big: false };
        let fields = if little.u16(0)? == MAGIC { little } else { Fields { data, is_big: true } };
        let layout = fields.u16(2)?;
        if fields.u16(0) != Some(MAGIC) || !matches!(layout, 1 | 2) {
            return self.give_up(
                ProblemKind::Malformed,
                "no header of a file of nfdump: nothing of it is read",
                sink,
            );
        }
        // In layout 1 a record of statistics follows.
        let size = if layout == 1 { 276 } else { 40 };
        if data.len() < size {
            if is_last {
                self.tell(ProblemKind::Truncated, "the file ends within its header", sink);
                self.lost = true;
            }
            return None;
        }
        let packing = if layout == 1 {
            let flags = fields.u32(4)?;
            match (flags & 1, flags & 8, flags & 16) {
                (0, 0, 0) => Some(Packing::None),
                (1.., _, _) => Some(Packing::Lzo),
                (_, 1.., _) => Some(Packing::Bzip2),
                _ => Some(Packing::Lz4),
            }
        } else {
            match fields.u8(16)? {
                0 => Some(Packing::None),
                1 => Some(Packing::Lzo),
                2 => Some(Packing::Bzip2),
                3 => Some(Packing::Lz4),
                4 => Some(Packing::Zstd),
                _ => None,
            }
        };
        if layout == 2 && fields.u8(17)? != 0 {
            return self.give_up(ProblemKind::Unsupported, "an encrypted file: nothing of it is read", sink);
        }
        let Some(packing) = packing else {
            return self.give_up(
                ProblemKind::Unsupported,
                "blocks packed in an unknown way: nothing of the file is read",
                sink,
            );
        };
        let blocks = if layout == 1 { fields.u32(8)? } else { fields.u32(36)? };
        self.header = Some(Header { is_big: fields.is_big, layout, packing, blocks });
        Some(size)
    }

    fn block(&mut self, header: Header, data: &[u8], is_last: bool, sink: &mut dyn Sink) -> Option<usize> {
        let fields = Fields { data, is_big: header.is_big };
        let (records, size, kind, flags) = (fields.u32(0)?, fields.u32(4)?, fields.u16(8)?, fields.u16(10)?);
        let whole = BLOCK_HEADER + size as usize;
        if whole > self.longest {
            let longest = self.longest;
            self.tell(
                ProblemKind::LimitReached,
                format!(
                    "a block of {whole} bytes, more than the {longest} that are read of one: passed over"
                ),
                sink,
            );
            self.blocks += 1;
            self.skip = whole as u64;
            return Some(0);
        }
        let body = match slice(data, BLOCK_HEADER, size as usize) {
            Some(body) => body,
            None if is_last => tail(data, BLOCK_HEADER),
            None => return None,
        };
        // Flags say what is packed: in layout 1 that it is, in layout 2 that it is not.
        let is_packed =
            header.packing != Packing::None && if header.layout == 1 { flags == 2 } else { flags & 1 == 0 };
        // Blocks of flows: 2 in layout 1, 3 in layout 2.
        if kind == if header.layout == 1 { 2 } else { 3 } {
            if is_packed {
                let (unpacked, problems) = unpack(header.packing, body);
                for problem in problems {
                    let at = self.offset + BLOCK_HEADER as u64 + problem.offset;
                    sink.problem(Problem::new(problem.kind, at, problem.detail));
                }
                self.records(header, &unpacked, false, records, sink);
            } else {
                self.records(header, body, true, records, sink);
            }
        }
        if body.len() == size as usize {
            self.blocks += 1;
        }
        Some((BLOCK_HEADER + body.len()).min(data.len()))
    }

    /// Reads a block's records; those of a packed one have the offset of the block.
    fn records(&mut self, header: Header, body: &[u8], is_plain: bool, stated: u32, sink: &mut dyn Sink) {
        let place = |at: usize| self.offset + if is_plain { (BLOCK_HEADER + at) as u64 } else { 0 };
        let (mut at, mut count) = (0, 0_u32);
        while at < body.len() {
            let fields = Fields { data: tail(body, at), is_big: header.is_big };
            let size = usize::from(fields.u16(2).unwrap_or_default());
            let Some(record) = fields.slice(0, size).filter(|_| size >= 4) else {
                let detail =
                    format!("a record of {size} bytes, where {} are left of its block", body.len() - at);
                sink.problem(Problem::new(ProblemKind::Malformed, place(at), detail));
                return;
            };
            let read = match (header.layout, fields.u16(0)) {
                (2, Some(11)) => Some(by_elements(record)),
                (1, Some(1)) => Some(common(record, 28, record.u8(4).map(u16::from))),
                (1, Some(10)) => Some(common(record, 32, record.u16(4))),
                _ => None,
            };
            match read {
                Some(Some(flow)) => sink.record(&Record::Flow(flow), place(at)),
                Some(None) => {
                    let what = "a record of a flow that lacks its addresses, its times or part of its fields";
                    sink.problem(Problem::new(ProblemKind::Malformed, place(at), what));
                }
                None => {}
            }
            count = count.saturating_add(1);
            at += size;
        }
        if count != stated {
            let detail = format!("a block of {stated} records, of which {count} are there");
            sink.problem(Problem::new(ProblemKind::Malformed, place(0), detail));
        }
    }
}

fn unpack(packing: Packing, body: &[u8]) -> (Vec<u8>, Vec<Problem>) {
    let limits = Limits::default();
    let output = Output::bounded(&limits, UNPACKED);
    match packing {
        Packing::None => (body.to_vec(), Vec::new()),
        Packing::Lzo => lzo::decode_block(body, output),
        Packing::Bzip2 => bzip2::decode_stream(body, output),
        Packing::Lz4 => lz4::decode_block(body, output),
        Packing::Zstd => zstd::decode_frame(body, output),
    }
}

/// A record of layout 2.
fn by_elements(record: Fields<'_>) -> Option<Flow<'static>> {
    let count = record.u16(4)?;
    let mut at = 12;
    let mut ends = None;
    let mut flow = None;
    let mut back = Volume::default();
    let mut vlan = None;
    let mut event = None;
    for _ in 0..count {
        let (kind, size) = (record.u16(at)?, usize::from(record.u16(at + 2)?));
        let element = record.slice(at + 4, size.checked_sub(4)?)?;
        match kind {
            1 => flow = Some(element),
            2 => ends = Some((element.v4(0)?, element.v4(4)?)),
            3 => ends = Some((element.v6(0)?, element.v6(16)?)),
            // Flows, packets and bytes of the other direction.
            5 => {
                let (packets, bytes) = (element.u64(8)?, element.u64(16)?);
                if packets != 0 || bytes != 0 {
                    back = Volume { payload: None, ip: Some(bytes), packets: Some(packets) };
                }
            }
            6 => vlan = element.u32(0).and_then(|vlan| u16::try_from(vlan).ok()).filter(|vlan| *vlan != 0),
            // Events of firewalls and of translations, with their time.
            19 | 25 => event = Some(millis(element, 0)?),
            _ => {}
        }
        at += size;
    }
    let (source, destination) = ends?;
    let Some(flow) = flow else { return Some(Flow::one_way(event?, source, destination)) };
    let (first, last, received) = (millis(flow, 0)?, millis(flow, 8)?, millis(flow, 16)?);
    // A flow without a time has that of its arrival.
    let start = if first == 0 { received } else { first };
    let protocol = flow.u8(44)?;
    let ports = has_ports(protocol);
    Some(Flow {
        duration: last.checked_sub(first).filter(|length| *length >= 0 && first != 0),
        source_port: flow.u16(40).filter(|_| ports),
        destination_port: flow.u16(42).filter(|_| ports),
        protocol,
        sent: Volume { payload: None, packets: flow.u64(24), ip: flow.u64(32) },
        received: back,
        one_way: back == Volume::default(),
        vlan,
        ..Flow::one_way(start, source, destination)
    })
}

/// Microseconds of the milliseconds at `at`.
fn millis(fields: Fields<'_>, at: usize) -> Option<i64> {
    i64::try_from(fields.u64(at)?).ok()?.checked_mul(1000)
}

/// A record of layout 1: a common part of `size` bytes, and what has to stand behind it.
fn common(record: Fields<'_>, size: usize, flags: Option<u16>) -> Option<Flow<'static>> {
    let flags = flags?;
    let instant = |millis, seconds| {
        Some((i64::from(record.u32(seconds)?) * 1000 + i64::from(record.u16(millis)?)) * 1000)
    };
    let (start, end) = (instant(8, 12)?, instant(10, 16)?);
    let protocol = record.u8(22)?;
    let ports = has_ports(protocol);
    let mut at = size;
    let (source, destination) = if flags & 1 == 0 {
        at += 8;
        (record.v4(size)?, record.v4(size + 4)?)
    } else {
        at += 32;
        (record.v6(size)?, record.v6(size + 16)?)
    };
    let packets_width = if flags & 2 == 0 { 4 } else { 8 };
    let bytes_width = if flags & 4 == 0 { 4 } else { 8 };
    Some(Flow {
        duration: Some(end - start).filter(|length| *length >= 0),
        source_port: record.u16(24).filter(|_| ports),
        destination_port: record.u16(26).filter(|_| ports),
        protocol,
        sent: Volume {
            payload: None,
            packets: Some(record.number(at, packets_width)?),
            ip: Some(record.number(at + packets_width, bytes_width)?),
        },
        ..Flow::one_way(start, source, destination)
    })
}
