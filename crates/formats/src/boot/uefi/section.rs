//! The sections of a firmware file, and those that hold sections in turn.

use super::tiano;
use crate::bytes::{head, position, slice, tail, u16_le, u32_le, u64_le};
use crate::compression::lzma;
use crate::compression::output::Output;
use crate::partition::gpt::guid;
use crate::{Limits, Problem, ProblemKind, Unpacked};
use std::borrow::Cow;

/// A piece of a file.
pub(super) struct Leaf<'a> {
    pub kind: &'static str,
    pub content: Piece<'a>,
    /// Where it stands, if it stands in the volume.
    pub at: Option<u64>,
}

pub(super) enum Piece<'a> {
    /// It stands in the volume.
    Stored(&'a [u8]),
    /// It stood in something compressed.
    Made(Vec<u8>),
    /// It is compressed and large: its sections are left together.
    Packed(Packed<'a>),
}

/// How a section is compressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Lzma,
    Tiano,
    Either,
}

#[derive(Clone, Copy)]
pub(super) struct Packed<'a> {
    pub method: Method,
    pub data: &'a [u8],
    pub at: u64,
}

/// What the sections of a file say, in their order.
#[derive(Default)]
pub(super) struct Sections<'a> {
    pub leaves: Vec<Leaf<'a>>,
    pub name: Option<String>,
    pub version: Option<String>,
    pub problems: Vec<Problem>,
}

const LZMA: &str = "ee4e5898-3914-4259-9d6e-dc7bd79403cf";
const LZMA_X86: &str = "d42ae6bd-1352-4bfb-909a-ca72a6eae889";
const TIANO: &str = "a31280ad-481e-41b6-95e8-127f4c984779";
const BROTLI: &str = "3d532050-5cda-4fd0-879e-0f7f630d5afb";
const CRC32: &str = "fc1bcdb0-7d31-49aa-936a-a4600d9dd083";

/// Up to this length, what is compressed is taken apart at once; above, it is handed out in one piece.
const SMALL: u64 = 256 << 10;
const DEPTH_MAX: u32 = 8;
const SECTIONS_MAX: usize = 4096;
const PROCESSING_REQUIRED: u16 = 1;

impl Packed<'_> {
    /// The length that the header states.
    pub(super) fn length(&self) -> u64 {
        match self.method {
            Method::Lzma => u64_le(self.data, 5).unwrap_or_default(),
            _ => u32_le(self.data, 4).unwrap_or_default().into(),
        }
    }

    pub(super) fn unpack(&self, limits: &Limits) -> Unpacked {
        let most = position(limits.object_bytes);
        let failed = |what: &str| Unpacked {
            bytes: Vec::new(),
            problems: vec![Problem::new(
                ProblemKind::Malformed,
                self.at,
                format!("{what} cannot be decompressed"),
            )],
        };
        if self.length() > limits.object_bytes {
            let detail = format!("{} bytes are stated, {} are allowed", self.length(), limits.object_bytes);
            let problem = Problem::new(ProblemKind::LimitReached, self.at, detail);
            return Unpacked { bytes: Vec::new(), problems: vec![problem] };
        }
        match self.method {
            Method::Lzma => {
                let (Some(properties), Some(dictionary)) = (self.data.first(), u32_le(self.data, 1)) else {
                    return failed("an LZMA section");
                };
                if *properties >= 225 {
                    return failed("an LZMA section");
                }
                let output = Output::new(limits);
                let (bytes, mut problems) = lzma::decode_raw(
                    tail(self.data, 13),
                    *properties,
                    dictionary,
                    Some(self.length()),
                    output,
                );
                for problem in &mut problems {
                    problem.offset = self.at;
                }
                Unpacked { bytes, problems }
            }
            Method::Tiano => match tiano::decompress(self.data, 5, most) {
                Some(bytes) => Unpacked { bytes, problems: Vec::new() },
                None => failed("a Tiano section"),
            },
            // The one kind may be read as the other; the sections tell which it is.
            Method::Either => {
                let made = [4, 5].map(|bits| tiano::decompress(self.data, bits, most));
                let best = made.into_iter().flatten().max_by_key(|bytes| sections_fit(bytes));
                best.map_or_else(
                    || failed("a compressed section"),
                    |bytes| Unpacked { bytes, problems: Vec::new() },
                )
            }
        }
    }
}

/// Whether sections stand one behind the other up to the end.
fn sections_fit(mut bytes: &[u8]) -> bool {
    while bytes.len() >= 4 {
        let Some(header) = Header::parse(bytes).filter(|header| header.size <= bytes.len()) else {
            return false;
        };
        if kind(header.kind).is_none() {
            return false;
        }
        bytes = tail(bytes, header.size.next_multiple_of(4));
    }
    true
}

struct Header {
    size: usize,
    kind: u8,
    length: usize,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let word = u32_le(bytes, 0)?;
        let (size, length) = match word & 0xff_ffff {
            0xff_ffff => (u32_le(bytes, 4)? as usize, 8),
            size => (size as usize, 4),
        };
        (size >= length).then_some(Self { size, kind: (word >> 24) as u8, length })
    }
}

/// The names of sections that hold no others.
fn kind(number: u8) -> Option<&'static str> {
    Some(match number {
        0x01 => "compressed",
        0x02 => "guided",
        0x03 => "disposable",
        0x10 => "pe32",
        0x11 => "pic",
        0x12 => "te",
        0x13 => "dxe-depex",
        0x14 => "version",
        0x15 => "name",
        0x16 => "compatibility16",
        0x17 => "volume",
        0x18 => "freeform",
        0x19 => "raw",
        0x1b => "pei-depex",
        0x1c => "mm-depex",
        _ => return None,
    })
}

/// Reads the sections in `bytes`, which stand at `at`.
pub(super) fn read<'a>(bytes: &'a [u8], at: u64, limits: &Limits) -> Sections<'a> {
    let mut sections = Sections::default();
    walk(&Area { bytes: Cow::Borrowed(bytes), base: at }, 0, limits, &mut sections);
    sections
}

fn walk<'a>(area: &Area<'a>, depth: u32, limits: &Limits, into: &mut Sections<'a>) {
    let mut from = 0;
    while from + 4 <= area.bytes.len() {
        let here = area.place(from);
        let rest = tail(&area.bytes, from);
        let header = Header::parse(rest).filter(|header| header.size <= rest.len());
        let Some(header) = header else {
            if rest.iter().any(|byte| !matches!(byte, 0 | 0xff)) {
                let detail = "no section stands here";
                into.problems.push(Problem::new(ProblemKind::Malformed, here, detail));
                leaf(area, from, rest.len(), "rest", into);
            }
            return;
        };
        if into.leaves.len() >= SECTIONS_MAX || limits.stopped() || depth > DEPTH_MAX {
            let detail = "too many sections";
            return into.problems.push(Problem::new(ProblemKind::LimitReached, here, detail));
        }
        section(area, from, &header, depth, limits, into);
        from += header.size.next_multiple_of(4);
    }
}

fn section<'a>(
    area: &Area<'a>,
    from: usize,
    header: &Header,
    depth: u32,
    limits: &Limits,
    into: &mut Sections<'a>,
) {
    let own = head(tail(&area.bytes, from), header.size);
    let (start, length) = (from + header.length, header.size - header.length);
    let body = tail(own, header.length);
    let at = area.place(from);
    let mut unsupported = |detail: String| {
        into.problems.push(Problem::new(ProblemKind::Unsupported, at, detail));
    };
    match header.kind {
        0x15 => into.name = Some(text(body)),
        0x14 => into.version = Some(text(tail(body, 2))),
        0x01 => match body.get(4) {
            Some(0) => nested(area, start + 5, length - 5, depth, limits, into),
            Some(1) => packed(area, start + 5, length - 5, Method::Either, depth, limits, into),
            _ => {
                unsupported("a section with a compression that is not defined".to_owned());
                leaf(area, start, length, "compressed", into);
            }
        },
        0x02 => {
            let known =
                slice(body, 0, 16).and_then(|own| <[u8; 16]>::try_from(own).ok()).map(|own| guid(&own));
            let (offset, flags) = (u16_le(body, 16).unwrap_or(4), u16_le(body, 18).unwrap_or_default());
            let offset = usize::from(offset).clamp(header.length, header.size);
            let (start, length) = (from + offset, header.size - offset);
            match known.as_deref() {
                Some(LZMA) => packed(area, start, length, Method::Lzma, depth, limits, into),
                Some(TIANO) => packed(area, start, length, Method::Tiano, depth, limits, into),
                Some(BROTLI | LZMA_X86) => {
                    let what =
                        if known.as_deref() == Some(BROTLI) { "Brotli" } else { "LZMA with an x86 filter" };
                    unsupported(format!("a section compressed with {what}"));
                    leaf(area, start, length, "guided", into);
                }
                Some(other) if flags & PROCESSING_REQUIRED != 0 && other != CRC32 => {
                    unsupported(format!("a section of the kind {other}"));
                    leaf(area, start, length, "guided", into);
                }
                known => {
                    if known == Some(CRC32) {
                        check(body, tail(own, offset), at, into);
                    }
                    nested(area, start, length, depth, limits, into);
                }
            }
        }
        0x03 => nested(area, start, length, depth, limits, into),
        number => {
            let name = kind(number).unwrap_or("unknown");
            if name == "unknown" {
                let detail = format!("a section of type {number:#04x}");
                into.problems.push(Problem::new(ProblemKind::Undefined, at, detail));
            }
            leaf(area, start, length, name, into);
        }
    }
}

fn check(body: &[u8], content: &[u8], at: u64, into: &mut Sections) {
    let mut crc = flate2::Crc::new();
    crc.update(content);
    let stated = u32_le(body, 20).unwrap_or_default();
    if stated != crc.sum() {
        let detail = format!("section CRC-32 {stated:08x} is stated, it has {:08x}", crc.sum());
        into.problems.push(Problem::new(ProblemKind::Checksum, at, detail));
    }
}

/// Bytes that hold sections.
struct Area<'a> {
    bytes: Cow<'a, [u8]>,
    /// Where they stand in the volume; of what was decompressed, where that stood.
    base: u64,
}

impl<'a> Area<'a> {
    fn place(&self, from: usize) -> u64 {
        match self.bytes {
            Cow::Borrowed(_) => self.base + from as u64,
            Cow::Owned(_) => self.base,
        }
    }

    /// A part of the bytes, borrowed where they are.
    fn part(&self, start: usize, length: usize) -> Self {
        let bytes = match &self.bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(head(tail(bytes, start), length)),
            Cow::Owned(bytes) => Cow::Owned(head(tail(bytes, start), length).to_vec()),
        };
        Self { bytes, base: self.place(start) }
    }
}

fn leaf<'a>(area: &Area<'a>, start: usize, length: usize, kind: &'static str, into: &mut Sections<'a>) {
    let (content, at) = match area.part(start, length).bytes {
        Cow::Borrowed(stored) => (Piece::Stored(stored), Some(area.place(start))),
        Cow::Owned(bytes) => (Piece::Made(bytes), None),
    };
    into.leaves.push(Leaf { kind, content, at });
}

fn nested<'a>(
    area: &Area<'a>,
    start: usize,
    length: usize,
    depth: u32,
    limits: &Limits,
    into: &mut Sections<'a>,
) {
    walk(&area.part(start, length), depth + 1, limits, into);
}

fn packed<'a>(
    area: &Area<'a>,
    start: usize,
    length: usize,
    method: Method,
    depth: u32,
    limits: &Limits,
    into: &mut Sections<'a>,
) {
    let at = area.place(start);
    let stored = area.part(start, length).bytes;
    let packed = Packed { method, data: &stored, at };
    if packed.length() > SMALL
        && let Cow::Borrowed(data) = stored
    {
        let packed = Packed { method, data, at };
        return into.leaves.push(Leaf { kind: "sections", content: Piece::Packed(packed), at: None });
    }
    let mut unpacked = packed.unpack(limits);
    let failed = unpacked.bytes.is_empty();
    into.problems.append(&mut unpacked.problems);
    if failed {
        return leaf(area, start, length, "compressed", into);
    }
    walk(&Area { bytes: Cow::Owned(unpacked.bytes), base: at }, depth + 1, limits, into);
}

fn text(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit)).take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
