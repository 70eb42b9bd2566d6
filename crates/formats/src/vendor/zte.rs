//! ZTE's header in front of firmware and saved configurations, and the configuration format itself.
//!
//! Finds: what the header covers; the configuration's signature and content. How: the header's numbers in either byte
//! order give place and length; the configuration's chunks are checked against the CRC-32 of what is compressed, and
//! inflated one after the other. Wrong when: carved from unknown bytes, the 16-byte mark or the payload's CRC-32 of
//! its header must be there. Misses: encrypted configurations (types 2 and up) are named and handed out as they are.
//! Source: zte-config-utility (zcu/zte.py, compression.py, xcryptors.py).

use super::parts::{Parts, crc32, entry, text};
use crate::broken;
use crate::bytes::{slice, tail, u32_be, u32_le};
use crate::compression::output::Output;
use crate::compression::zlib;
use crate::{
    Content, Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading, Unpacked,
};

/// The header in front of firmware and configurations.
pub struct ZteHeader;

/// A saved configuration.
pub struct ZteConfig;

static HEADER: Description = Description {
    name: "zte-header",
    title: "ZTE header of firmware and configurations",
    magics: &[Magic { offset: 0, bytes: &MARK }],
    yields: "what stands behind the header",
    limits: &["the header has no checksum", "fields other than place, length and version are not public"],
    source: "zte-config-utility, zcu/zte.py",
};

static CONFIG: Description = Description {
    name: "zte-config",
    title: "ZTE configuration",
    magics: &[
        Magic { offset: 0, bytes: &[4, 3, 2, 1, 0, 0, 0, 0] },
        Magic { offset: 0, bytes: &[1, 2, 3, 4, 0, 0, 0, 0] },
        Magic { offset: 0, bytes: &[1, 2, 3, 4, 0, 0, 0, 2] },
        Magic { offset: 0, bytes: &[1, 2, 3, 4, 0, 0, 0, 3] },
        Magic { offset: 0, bytes: &[1, 2, 3, 4, 0, 0, 0, 4] },
        Magic { offset: 0, bytes: &[1, 2, 3, 4, 0, 0, 0, 5] },
        Magic { offset: 0, bytes: &[1, 2, 3, 4, 0, 0, 0, 6] },
    ],
    yields: "the configuration, or its encrypted chunks",
    limits: &[
        "encrypted configurations (types 2 to 6) are not decrypted",
        "the signature is a fact, not an entry",
    ],
    source: "zte-config-utility, zcu/compression.py and zcu/xcryptors.py",
};

const MARK: [u8; 16] =
    [0x99, 0x99, 0x99, 0x99, 0x44, 0x44, 0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0xaa, 0xaa, 0xaa, 0xaa];
const HEADER_SIZE: usize = 128;
/// Where in the header its own length and that of what follows stand.
const LENGTHS: usize = 68;

impl Format for ZteHeader {
    fn describe(&self) -> &'static Description {
        &HEADER
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let big = (u32_be(data, LENGTHS), u32_be(data, LENGTHS + 4), "big");
        let little = (u32_le(data, LENGTHS), u32_le(data, LENGTHS + 4), "little");
        let known = [big, little].into_iter().find_map(|(header, payload, order)| {
            let header = header.filter(|header| (HEADER_SIZE as u32..=4096).contains(header))?;
            Some((header, payload?, order))
        });
        let Some((header, payload, order)) = known.filter(|_| data.len() >= HEADER_SIZE) else {
            return broken::header(data, place, &HEADER, || {
                if data.len() < HEADER_SIZE {
                    return broken::cut_off(data);
                }
                Problem::new(ProblemKind::Malformed, LENGTHS as u64, "the header's length makes no sense")
            });
        };
        let size = u64::from(header) + u64::from(payload);
        if place == Place::Inside && (payload == 0 || size > data.len() as u64) {
            return None;
        }
        let mut parts = Parts::new(data, size);
        parts.header(0, header as usize);
        parts.add(&b"payload"[..], u64::from(header), u64::from(payload));
        Some(parts.finish(vec![("byte-order", order.to_owned())], limits, sink))
    }
}

const PAYLOAD_HEADER: usize = 60;
const CHUNK_HEADER: usize = 12;

impl Format for ZteConfig {
    fn describe(&self) -> &'static Description {
        &CONFIG
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let (start, signature) = signature(data);
        let Some(header) = Payload::parse(data, start) else {
            return broken::header(data, place, &CONFIG, || match data.len() {
                0..72 => broken::cut_off(data),
                _ => Problem::new(
                    ProblemKind::Malformed,
                    start as u64,
                    "no payload of a known type stands here",
                ),
            });
        };
        let (chunks, end, cut_off) = chunks(data, start + PAYLOAD_HEADER, limits);
        let header_fits = header.stated_crc == header.crc;
        // Encrypted ones have no CRC-32 at all: what they are believed by is a chain of chunks that ends.
        if place == Place::Inside && (cut_off || !(header_fits || header.is_bare()) || chunks.is_empty()) {
            return None;
        }
        let mut reading = Reading { size: end.clamp(1, data.len()), ..Reading::default() };
        if !(header_fits || header.is_bare()) {
            let detail =
                format!("header CRC-32 {:08x} is stated, it has {:08x}", header.stated_crc, header.crc);
            reading.problems.push(Problem::new(ProblemKind::Checksum, start as u64 + 24, detail));
        }
        if cut_off {
            reading.problems.push(Problem::new(
                ProblemKind::Truncated,
                data.len() as u64,
                "the data ends inside a chunk",
            ));
        }
        if let Some(signature) = signature {
            reading.attributes.push(("signature", signature));
        }
        reading.attributes.push(("type", header.kind.to_string()));
        let stored = chunks.iter().map(|chunk| chunk.bytes.len()).sum::<usize>();
        reading.attributes.push(("chunks", chunks.len().to_string()));
        if header.kind == 0 {
            header.check(&chunks, start, &mut reading.problems);
            let at = start + PAYLOAD_HEADER;
            let size = chunks.iter().map(|chunk| u64::from(chunk.content)).sum();
            if stored > 0 {
                let make = Box::new(move |limits: &Limits| inflate(&chunks, limits));
                sink(entry(&b"config"[..], Content::Deferred { size, make }, at));
            }
        } else {
            let how = match header.kind {
                2 => "AES in ECB mode",
                3..=5 => "AES in CBC mode",
                _ => "a cipher of its own",
            };
            let detail =
                format!("the configuration is encrypted (type {}, {how}); it is not decrypted", header.kind);
            reading.problems.push(Problem::new(ProblemKind::Unsupported, start as u64, detail));
            for (number, chunk) in chunks.iter().enumerate() {
                let path = format!("encrypted-{number}").into_bytes();
                sink(entry(path, Content::Slice(chunk.bytes), chunk.at));
            }
        }
        Some(reading)
    }
}

/// The signature block in front, where there is one: where the payload starts, and what the signature says.
fn signature(data: &[u8]) -> (usize, Option<String>) {
    if !data.starts_with(&[4, 3, 2, 1]) {
        return (0, None);
    }
    let length = u32_be(data, 8).unwrap_or_default() as usize;
    (12_usize.saturating_add(length), slice(data, 12, length).map(text))
}

struct Payload {
    kind: u32,
    content_size: u32,
    chunks_crc: u32,
    stated_crc: u32,
    crc: u32,
}

impl Payload {
    fn parse(data: &[u8], at: usize) -> Option<Self> {
        let header = slice(data, at, PAYLOAD_HEADER)?;
        let kind = u32_be(header, 4)?;
        if !header.starts_with(&[1, 2, 3, 4]) || !matches!(kind, 0 | 2..=6) {
            return None;
        }
        Some(Self {
            kind,
            content_size: u32_be(header, 8)?,
            chunks_crc: u32_be(header, 20)?,
            stated_crc: u32_be(header, 24)?,
            crc: crc32(&[slice(header, 0, 24)?]),
        })
    }

    /// Whether it is one of those that come without checksums.
    fn is_bare(&self) -> bool {
        self.kind != 0 && self.chunks_crc == 0 && self.stated_crc == 0
    }

    /// Compares CRC-32 and length of what the chunks hold.
    fn check(&self, chunks: &[Chunk], start: usize, problems: &mut Vec<Problem>) {
        let pieces: Vec<&[u8]> = chunks.iter().map(|chunk| chunk.bytes).collect();
        let crc = crc32(&pieces);
        if crc != self.chunks_crc {
            let detail =
                format!("CRC-32 {:08x} of the chunks is stated, they have {crc:08x}", self.chunks_crc);
            problems.push(Problem::new(ProblemKind::Checksum, start as u64 + 20, detail));
        }
        let size: u64 = chunks.iter().map(|chunk| u64::from(chunk.content)).sum();
        if size != u64::from(self.content_size) {
            let detail = format!("{} bytes are stated, the chunks have {size}", self.content_size);
            problems.push(Problem::new(ProblemKind::Malformed, start as u64 + 8, detail));
        }
    }
}

struct Chunk<'a> {
    at: usize,
    bytes: &'a [u8],
    /// What it has when it is decompressed, or decrypted.
    content: u32,
}

/// The chunks from `at` on, where they end, and whether the data ends too early. The last one says so; one that is full
/// may say that more follow where none do.
fn chunks<'a>(data: &'a [u8], mut at: usize, limits: &Limits) -> (Vec<Chunk<'a>>, usize, bool) {
    let mut chunks = Vec::new();
    loop {
        let header = (u32_be(data, at), u32_be(data, at + 4), u32_be(data, at + 8));
        let (Some(content), Some(size), Some(more)) = header else {
            // What is left, if anything, is a piece of a header.
            return (chunks, data.len(), at < data.len() || data.is_empty());
        };
        let believable =
            size > 0 && content > 0 && (chunks.is_empty() || size <= 1 << 20 && content <= 1 << 20);
        if !believable || chunks.len() as u64 >= limits.entries || limits.stopped() {
            let cut_off = chunks.is_empty();
            return (chunks, at, cut_off);
        }
        let bytes = tail(data, at + CHUNK_HEADER);
        let there = bytes.get(..size as usize);
        chunks.push(Chunk { at: at + CHUNK_HEADER, bytes: there.unwrap_or(bytes), content });
        at = at.saturating_add(CHUNK_HEADER).saturating_add(size as usize);
        if there.is_none() {
            chunks.retain(|chunk| !chunk.bytes.is_empty());
            return (chunks, data.len(), true);
        }
        if more == 0 {
            return (chunks, at, false);
        }
    }
}

fn inflate(chunks: &[Chunk], limits: &Limits) -> Unpacked {
    let mut unpacked = Unpacked::default();
    for chunk in chunks {
        let room = limits.object_bytes.saturating_sub(unpacked.bytes.len() as u64);
        let output = Output::bounded(limits, room.min(chunk.content.into()));
        let (bytes, problems) = zlib::decode_block(chunk.bytes, output);
        unpacked.bytes.extend(bytes);
        let at = chunk.at as u64;
        let broken = !problems.is_empty();
        unpacked
            .problems
            .extend(problems.into_iter().map(|problem| Problem { offset: problem.offset + at, ..problem }));
        if broken && (room == 0 || limits.stopped()) {
            break;
        }
    }
    unpacked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntryKind;
    use crate::compression::test_support::{bytes_of, noise, read};
    use proptest::prelude::*;
    use std::io::Write;

    fn pack(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn config(content: &[u8], chunk: usize) -> Vec<u8> {
        let packed: Vec<Vec<u8>> = content.chunks(chunk).map(pack).collect();
        let pieces: Vec<&[u8]> = packed.iter().map(Vec::as_slice).collect();
        let mut made = words(&[0x0102_0304, 0, content.len() as u32, 0, chunk as u32, crc32(&pieces)]);
        made.extend(crc32(&[&made]).to_be_bytes());
        made.extend([0; 32]);
        for (number, (piece, plain)) in packed.iter().zip(content.chunks(chunk)).enumerate() {
            let more = if number + 1 == packed.len() { 0 } else { made.len() as u32 };
            made.extend(words(&[plain.len() as u32, piece.len() as u32, more]));
            made.extend(piece);
        }
        made
    }

    fn with_signature(payload: &[u8]) -> Vec<u8> {
        [&words(&[0x0403_0201, 0, 5])[..], b"F600W", payload].concat()
    }

    #[test]
    fn a_header_around_a_signed_configuration() {
        let payload = with_signature(&config(b"<DB/>", 65_536));
        let mut data = MARK.to_vec();
        let mut numbers = [0; 28];
        (numbers[2], numbers[11], numbers[13], numbers[14]) = (4, 64, 128, payload.len() as u32);
        data.extend(words(&numbers));
        let data = [&data[..], &payload, b"behind"].concat();
        let (reading, entries) = read(&ZteHeader, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (128 + payload.len(), vec![]));
        assert_eq!(bytes_of(&entries), payload);
    }

    #[test]
    fn chunks_are_one_content() {
        let content = b"<DB><Tbl name=\"users\"/></DB>".repeat(40);
        let data = [with_signature(&config(&content, 512)), vec![0xaa; 40]].concat();
        let (reading, mut entries) = read(&ZteConfig, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (data.len() - 40, vec![]));
        let EntryKind::Stream(Content::Deferred { size, make }) = entries.remove(0).kind else { panic!() };
        let unpacked = make(&Limits::default());
        assert_eq!((size, unpacked.bytes, unpacked.problems), (content.len() as u64, content, vec![]));
        assert!(reading.attributes.contains(&("signature", "F600W".into())));
    }

    #[test]
    fn a_bomb_in_a_chunk_stops_at_what_it_states() {
        let data = config(&vec![0; 1 << 20], 1 << 20);
        let (_, mut entries) = read(&ZteConfig, &data, Place::Start).unwrap();
        let EntryKind::Stream(Content::Deferred { make, .. }) = entries.remove(0).kind else { panic!() };
        let unpacked = make(&Limits { object_bytes: 1000, ..Limits::default() });
        assert_eq!((unpacked.bytes.len(), unpacked.problems[0].kind), (1000, ProblemKind::LimitReached));
    }

    #[test]
    fn an_encrypted_one_is_named() {
        let secret = noise(160);
        let mut data = words(&[0x0102_0304, 2, 0, 232, 65_536, 0]);
        data.extend([0; 36]);
        data.extend(words(&[160, 160, 0]));
        let data = [&data[..], &secret, b"more"].concat();
        let (reading, entries) = read(&ZteConfig, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, bytes_of(&entries)), (232, secret));
        assert_eq!(reading.problems[0].kind, ProblemKind::Unsupported);
    }

    proptest! {
        #[test]
        fn any_chunk_headers(numbers in prop::collection::vec(any::<u32>(), 3), kind in 0_u32..7) {
            let mut data = config(b"<DB/>", 64);
            data[4..8].copy_from_slice(&kind.to_be_bytes());
            data[60..72].copy_from_slice(&words(&numbers));
            if let Some((reading, _)) = read(&ZteConfig, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
