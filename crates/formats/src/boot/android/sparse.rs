//! Android sparse images: a file system's image without the blocks that nobody wrote.
//!
//! Finds: the whole image, made on demand. How: magic 0xed26ff3a, chunks of raw, fill, nothing and CRC-32; what nobody
//! wrote is zeros. The sums of chunks are checked when the image is made. Wrong when: carved from unknown bytes, header
//! sizes, block size and the first chunk must fit. Misses: an image that was split over several files is made as far as
//! this one goes. Source: Android, system/core/libsparse/sparse_format.h.

use crate::broken;
use crate::bytes::{head, position, slice, tail, u16_le, u32_le};
use crate::{
    Content, Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading, Unpacked,
};

/// A sparse image.
pub struct SparseImage;

static DESCRIPTION: Description = Description {
    name: "android-sparse",
    title: "Android sparse image",
    magics: &[Magic { offset: 0, bytes: &[0x3a, 0xff, 0x26, 0xed] }],
    yields: "the expanded image",
    limits: &[
        "blocks that nobody wrote are zeros",
        "an image split over several files is made as far as one of them goes",
        "the sum in the header, which the tools leave 0, is not checked",
    ],
    source: "Android, system/core/libsparse/sparse_format.h",
};

/// Bytes made at once: small enough to ask for the limits often.
const STEP: usize = 1 << 20;

impl Format for SparseImage {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        _limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let Some(header) = slice(data, 0, 28) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let half = |at| usize::from(u16_le(header, at).unwrap_or_default());
        let word = |at| u32_le(header, at).unwrap_or_default();
        let layout = Layout { header: half(8), chunk: half(10), block: word(12) as usize, chunks: word(20) };
        let sane = half(4) == 1 && layout.header >= 28 && layout.chunk >= 12 && layout.block > 0;
        if !sane || !layout.block.is_multiple_of(4) || (place == Place::Inside && !layout.starts_well(data)) {
            return broken::header(data, place, &DESCRIPTION, || {
                let detail = format!("version {} with blocks of {} bytes", half(4), layout.block);
                Problem::new(ProblemKind::Malformed, 4, detail)
            });
        }
        let mut problems = Vec::new();
        let (size, blocks) = layout.walk(data, &mut problems, |_| true);
        if problems.is_empty() && blocks != u64::from(word(16)) {
            let detail = format!("{} blocks are stated, the chunks have {blocks}", word(16));
            problems.push(Problem::new(ProblemKind::Malformed, 16, detail));
        }
        let attributes = vec![
            ("version", format!("{}.{}", half(4), half(6))),
            ("block-size", layout.block.to_string()),
            ("blocks", word(16).to_string()),
            ("chunks", layout.chunks.to_string()),
        ];
        let bytes = head(data, size);
        let make = Box::new(move |limits: &Limits| layout.expand(bytes, limits));
        let expanded = blocks.saturating_mul(layout.block as u64);
        sink(Entry::stream(
            b"".as_slice(),
            Content::Deferred { size: expanded, make },
            Some(layout.header as u64),
        ));
        Some(Reading { size: size.clamp(1, data.len()), attributes, problems })
    }
}

#[derive(Clone, Copy)]
struct Layout {
    header: usize,
    chunk: usize,
    block: usize,
    chunks: u32,
}

struct Chunk<'a> {
    kind: u16,
    /// Bytes that it stands for.
    length: u64,
    body: &'a [u8],
    at: usize,
}

impl Layout {
    fn starts_well(&self, data: &[u8]) -> bool {
        let kind = u16_le(data, self.header);
        self.header <= 64
            && self.chunk <= 64
            && self.block <= 1 << 20
            && matches!(kind, Some(0xcac1..=0xcac4))
    }

    /// Shows each chunk to `see` until it has enough; the end of the last one, and the blocks that all stand for.
    fn walk<'a>(
        &self,
        data: &'a [u8],
        problems: &mut Vec<Problem>,
        mut see: impl FnMut(Chunk<'a>) -> bool,
    ) -> (usize, u64) {
        let mut at = self.header;
        let mut blocks = 0_u64;
        for number in 0..self.chunks {
            let fields =
                (u16_le(data, at), u32_le(data, at.saturating_add(4)), u32_le(data, at.saturating_add(8)));
            let (Some(kind), Some(count), Some(total)) = fields else {
                let detail = format!("{number} chunks of {} are there", self.chunks);
                problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
                return (data.len(), blocks);
            };
            let length = u64::from(count) * self.block as u64;
            let body_size = (total as usize).checked_sub(self.chunk);
            let fits = match kind {
                0xcac1 => body_size.map(|size| size as u64) == Some(length),
                0xcac2 => body_size == Some(4),
                0xcac3 => body_size == Some(0),
                0xcac4 => body_size == Some(4) && count == 0,
                _ => false,
            };
            let (Some(body_size), true) = (body_size, fits) else {
                let detail =
                    format!("chunk {number} of type {kind:#06x} for {count} blocks has {total} bytes");
                problems.push(Problem::new(ProblemKind::Malformed, at as u64, detail));
                return (at, blocks);
            };
            let start = at + self.chunk;
            let body = head(tail(data, start), body_size);
            let whole = body.len() == body_size;
            if whole || kind == 0xcac1 {
                blocks += if whole { u64::from(count) } else { (body.len() / self.block) as u64 };
                let length = if whole { length } else { (body.len() / self.block * self.block) as u64 };
                if !see(Chunk { kind, length, body, at: start }) {
                    return (start + body.len(), blocks);
                }
            }
            if !whole {
                let detail = format!("chunk {number} has {body_size} bytes, {} are there", body.len());
                problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
                return (data.len(), blocks);
            }
            at = start + body_size;
        }
        (at, blocks)
    }

    fn expand(&self, data: &[u8], limits: &Limits) -> Unpacked {
        let limit = position(limits.object_bytes);
        let mut unpacked = Unpacked::default();
        let mut crc = flate2::Crc::new();
        // What is wrong with the chunks themselves was told when they were walked.
        self.walk(data, &mut Vec::new(), |chunk| {
            let bytes = &mut unpacked.bytes;
            if chunk.kind == 0xcac4 {
                let stated = u32_le(chunk.body, 0).unwrap_or_default();
                if stated != crc.sum() {
                    let detail =
                        format!("CRC-32 {stated:08x} is stated, the image so far has {:08x}", crc.sum());
                    unpacked.problems.push(Problem::new(ProblemKind::Checksum, chunk.at as u64, detail));
                }
                return true;
            }
            let mut left = chunk.length;
            let mut from = 0;
            while left > 0 {
                let step = position(left.min(STEP as u64)).min(limit.saturating_sub(bytes.len()));
                if step == 0 || limits.stopped() {
                    let detail = format!("stopped after {} bytes", bytes.len());
                    unpacked.problems.push(Problem::new(ProblemKind::LimitReached, chunk.at as u64, detail));
                    return false;
                }
                let before = bytes.len();
                match chunk.kind {
                    0xcac1 => bytes.extend_from_slice(head(tail(chunk.body, from), step)),
                    0xcac2 => bytes.extend(chunk.body.iter().cycle().take(step)),
                    _ => bytes.resize(before + step, 0),
                }
                crc.update(tail(bytes, before));
                from += step;
                left -= step as u64;
            }
            true
        });
        unpacked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntryKind;
    use crate::compression::test_support::read;

    fn image(block: u32, blocks: u32, chunks: &[(u16, u32, &[u8])]) -> Vec<u8> {
        let mut data = vec![0x3a, 0xff, 0x26, 0xed, 1, 0, 0, 0, 28, 0, 12, 0];
        for word in [block, blocks, chunks.len() as u32, 0] {
            data.extend_from_slice(&word.to_le_bytes());
        }
        for (kind, count, body) in chunks {
            data.extend_from_slice(&kind.to_le_bytes());
            data.extend_from_slice(&[0; 2]);
            data.extend_from_slice(&count.to_le_bytes());
            data.extend_from_slice(&(body.len() as u32 + 12).to_le_bytes());
            data.extend_from_slice(body);
        }
        data
    }

    fn expand(data: &[u8], limits: &Limits) -> (Reading, Unpacked) {
        let (reading, mut entries) = read(&SparseImage, data, Place::Start).unwrap();
        let EntryKind::Stream(Content::Deferred { make, .. }) = entries.remove(0).kind else { panic!() };
        (reading, make(limits))
    }

    #[test]
    fn chunks_of_each_kind() {
        let mut crc = flate2::Crc::new();
        crc.update(b"rawchunkabcdabcd\0\0\0\0\0\0\0\0");
        let sum = crc.sum().to_le_bytes();
        let chunks: &[(u16, u32, &[u8])] =
            &[(0xcac1, 1, b"rawchunk"), (0xcac2, 1, b"abcd"), (0xcac3, 1, b""), (0xcac4, 0, &sum)];
        let data = [image(8, 3, chunks), b"behind".to_vec()].concat();
        let (reading, made) = expand(&data, &Limits::default());
        assert_eq!((reading.size, reading.problems), (data.len() - 6, vec![]));
        assert_eq!((made.bytes, made.problems), (b"rawchunkabcdabcd\0\0\0\0\0\0\0\0".to_vec(), vec![]));
        let wrong: &[(u16, u32, &[u8])] = &[(0xcac1, 1, b"rawchunk"), (0xcac4, 0, &sum)];
        assert_eq!(expand(&image(8, 1, wrong), &Limits::default()).1.problems[0].kind, ProblemKind::Checksum);
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let data = image(4096, u32::MAX, &[(0xcac2, u32::MAX, b"bomb")]);
        let limits = Limits { object_bytes: 3 << 20, ..Limits::default() };
        let (_, made) = expand(&data, &limits);
        assert_eq!((made.bytes.len(), made.problems[0].kind), (3 << 20, ProblemKind::LimitReached));
    }

    #[test]
    fn chunks_that_lie() {
        for (chunks, kind) in [
            (&[(0xcac1_u16, 9, &b"short"[..])][..], ProblemKind::Malformed),
            (&[(0xcac9, 1, b"")], ProblemKind::Malformed),
            (&[(0xcac3, 7, b"")], ProblemKind::Malformed),
        ] {
            let (reading, _) = expand(&image(8, 1, chunks), &Limits::default());
            assert_eq!(reading.problems[0].kind, kind);
        }
        let data = image(8, 1, &[(0xcac1, 1, b"rawchunk")]);
        let (reading, made) = expand(&data[..data.len() - 3], &Limits::default());
        assert_eq!((reading.problems[0].kind, made.bytes.len()), (ProblemKind::Truncated, 0));
    }
}
