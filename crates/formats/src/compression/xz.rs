//! xz: LZMA2 blocks with filters, checks, an index.
//!
//! Finds: files of one or more streams with the padding between them, decompressed to one content.
//! How: the container (stream header, block headers, index, footer) and the headers of the LZMA2 chunks are walked
//! here, so that the extent is exact even where decoding stops; LZMA is decoded by the coder shared with the lzma reader,
//! the branch filters are lzma-rust2's.
//! Wrong when: carved from unknown bytes, the stream header's own CRC-32 must fit, and the content's check as well
//! or 64 KiB must have come out. Misses: what stands behind a broken chunk.
//! Source: The .xz File Format 1.2.1.

use super::crc32::crc32;
use super::crc64::crc64;
use super::lzma::coder::Failure;
use super::lzma::lzma2::{Chunk, Lzma2};
use super::output::Output;
use crate::bytes::{slice, tail, u32_le, varint};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use lzma_rust2::filter::StreamFilter;
use lzma_rust2::{FilterConfig, FilterType};
use sha2::{Digest, Sha256};

/// xz.
pub struct Xz;

static DESCRIPTION: Description = Description {
    name: "xz",
    title: "xz compressed stream",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "one content: its streams' blocks one after the other",
    limits: &[
        "what stands behind a broken chunk is not recovered, though its extent is known",
        "check types other than none, CRC-32, CRC-64 and SHA-256 are not verified",
    ],
    source: "The .xz File Format 1.2.1 (tukaani.org)",
};

const MAGIC: &[u8] = b"\xfd7zXZ\0";

impl Format for Xz {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        if !data.starts_with(MAGIC) || (place == Place::Inside && !header_fits(data)) {
            return None;
        }
        let mut decoder = Decoder::new(data, Output::new(limits));
        let mut end = decoder.stream(0);
        let mut streams = 1_u64;
        while decoder.problems.is_empty() || decoder.only_limited() {
            let Some(next) = next_stream(data, end) else { break };
            end = decoder.stream(next);
            streams += 1;
        }
        let mut attributes = vec![("check", decoder.check.name())];
        if !decoder.filters.is_empty() {
            attributes.push(("filters", decoder.filters.join(" ")));
        }
        if streams > 1 {
            attributes.push(("streams", streams.to_string()));
        }
        let Decoder { output, problems, .. } = decoder;
        output.hand_out(place, 0, &problems, sink)?;
        Some(Reading { size: end.clamp(1, data.len()), attributes, problems })
    }
}

fn header_fits(data: &[u8]) -> bool {
    slice(data, 6, 2).is_some_and(|flags| Some(crc32(flags)) == u32_le(data, 8))
}

/// Where the next stream starts behind padding of zero words.
fn next_stream(data: &[u8], end: usize) -> Option<usize> {
    let padding = tail(data, end).chunks_exact(4).take_while(|word| *word == [0; 4]).count() * 4;
    let next = tail(data, end + padding);
    (next.starts_with(MAGIC) && header_fits(next)).then_some(end + padding)
}

/// Decompresses the one xz stream at the start of `data` into `output`, as squashfs stores its blocks.
pub(crate) fn decode_stream<'a>(data: &'a [u8], output: Output<'a>) -> (Vec<u8>, Vec<Problem>) {
    let mut decoder = Decoder::new(data, output);
    decoder.stream(0);
    (decoder.output.bytes, decoder.problems)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
    None,
    Crc32,
    Crc64,
    Sha256,
    Other(u8),
}

impl Check {
    fn from(flags: u8) -> Self {
        match flags & 15 {
            0 => Self::None,
            1 => Self::Crc32,
            4 => Self::Crc64,
            10 => Self::Sha256,
            other => Self::Other(other),
        }
    }

    fn name(self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Crc32 => "CRC-32".to_owned(),
            Self::Crc64 => "CRC-64".to_owned(),
            Self::Sha256 => "SHA-256".to_owned(),
            Self::Other(id) => format!("type {id}"),
        }
    }

    fn size(self) -> usize {
        match self {
            Self::None => 0,
            Self::Crc32 => 4,
            Self::Crc64 => 8,
            Self::Sha256 => 32,
            Self::Other(1..=3) => 4,
            Self::Other(4..=6) => 8,
            Self::Other(7..=9) => 16,
            Self::Other(10..=12) => 32,
            Self::Other(_) => 64,
        }
    }

    fn fits(self, content: &[u8], stated: &[u8]) -> bool {
        match self {
            Self::None | Self::Other(_) => true,
            Self::Crc32 => crc32(content).to_le_bytes() == stated,
            Self::Crc64 => crc64(content).to_le_bytes() == stated,
            Self::Sha256 => Sha256::digest(content).as_slice() == stated,
        }
    }
}

struct Decoder<'d, 'l> {
    data: &'d [u8],
    output: Output<'l>,
    problems: Vec<Problem>,
    check: Check,
    filters: Vec<&'static str>,
    /// Cleared where decoding stops for good; the container is still walked for its extent.
    decoding: bool,
}

impl<'d, 'l> Decoder<'d, 'l> {
    fn new(data: &'d [u8], output: Output<'l>) -> Self {
        Self { data, output, problems: Vec::new(), check: Check::None, filters: Vec::new(), decoding: true }
    }

    fn problem(&mut self, kind: ProblemKind, at: usize, detail: impl Into<String>) {
        self.decoding = false;
        self.problems.push(Problem::new(kind, at as u64, detail));
    }

    fn only_limited(&self) -> bool {
        self.problems.iter().all(|problem| problem.kind == ProblemKind::LimitReached)
    }

    fn truncated(&mut self, at: usize, part: &str) -> usize {
        self.problem(ProblemKind::Truncated, at, format!("the data ends inside the {part}"));
        self.data.len()
    }

    /// Reads the stream at `start`; returns its end.
    fn stream(&mut self, start: usize) -> usize {
        let Some(&[_, flags]) = slice(self.data, start + 6, 2).and_then(|flags| flags.first_chunk::<2>())
        else {
            return self.truncated(start + 6, "stream header");
        };
        self.check = Check::from(flags);
        if !header_fits(tail(self.data, start)) {
            self.problem(ProblemKind::Checksum, start + 8, "the stream header's CRC-32 does not fit");
            self.decoding = true;
        }
        let mut at = start + 12;
        let mut blocks = 0_u64;
        loop {
            match self.data.get(at) {
                None => return self.truncated(at.min(self.data.len()), "stream"),
                Some(0) => break,
                Some(_) => match self.block(at) {
                    Ok(end) => at = end,
                    Err(end) => return end,
                },
            }
            blocks += 1;
        }
        match self.index(at, blocks) {
            Ok(end) => self.footer(end),
            Err(end) => end,
        }
    }

    /// Reads the block at `start`: its end, or where the stream has to be given up.
    fn block(&mut self, start: usize) -> Result<usize, usize> {
        let size = self.data.get(start).map_or(4, |size| (usize::from(*size) + 1) * 4);
        let Some(header) = slice(self.data, start, size) else {
            return Err(self.truncated(start, "block header"));
        };
        if u32_le(header, size - 4) != Some(crc32(crate::bytes::head(header, size - 4))) {
            let detail = "the block header's CRC-32 does not fit; what follows is not read";
            self.problem(ProblemKind::Malformed, start + size - 4, detail);
            return Err(start);
        }
        let Some(filters) = block_filters(header) else {
            self.problem(ProblemKind::Unsupported, start, "a filter chain that is not known");
            return Err(start);
        };
        self.note_filters(&filters);
        let made = self.output.bytes.len();
        let end = self.chunks(start + size, filters.first().map_or(0, |lzma2| lzma2.property))?;
        for filter in filters.iter().skip(1) {
            match StreamFilter::new(filter) {
                Ok(mut filter) => _ = filter.decode(self.output.bytes.get_mut(made..).unwrap_or_default()),
                Err(error) => self.problem(ProblemKind::Unsupported, start, error.to_string()),
            }
        }
        let padded = start + (end - start).next_multiple_of(4);
        let Some(stated) = slice(self.data, padded, self.check.size()) else {
            return Err(self.truncated(padded.min(self.data.len()), "block check"));
        };
        if self.decoding && !self.check.fits(tail(&self.output.bytes, made), stated) {
            let detail = format!("the block's {} does not fit", self.check.name());
            self.problem(ProblemKind::Checksum, padded, detail);
            self.decoding = true;
        }
        Ok(padded + self.check.size())
    }

    fn note_filters(&mut self, filters: &[FilterConfig]) {
        for filter in filters.iter().skip(1) {
            let name = filter_name(filter.filter_type);
            if !self.filters.contains(&name) {
                self.filters.push(name);
            }
        }
    }

    /// Decodes the LZMA2 chunks at `at`: the byte behind their end mark, or where the walk has to be given up.
    fn chunks(&mut self, mut at: usize, dictionary: u32) -> Result<usize, usize> {
        let mut lzma2 = Lzma2::new(dictionary);
        loop {
            let Some(chunk) = Chunk::parse(tail(self.data, at)) else {
                if self.data.len() < at.saturating_add(6) {
                    return Err(self.truncated(at.min(self.data.len()), "LZMA2 chunk header"));
                }
                self.problem(ProblemKind::Malformed, at, "an LZMA2 control byte that is not allowed");
                return Err(at);
            };
            if chunk.made == 0 {
                return Ok(at + 1);
            }
            if self.decoding {
                self.chunk(at, chunk, &mut lzma2);
            }
            at += chunk.size;
            if at > self.data.len() {
                return Err(self.truncated(self.data.len(), "LZMA2 chunk"));
            }
        }
    }

    fn chunk(&mut self, at: usize, chunk: Chunk, lzma2: &mut Lzma2) {
        let limit = self.output.stop(at).or_else(|| {
            let input = crate::bytes::head(tail(self.data, at), chunk.size);
            match lzma2.chunk(input, chunk, &mut self.output) {
                Ok(()) => self.output.stop(at).filter(|_| lzma2.is_cut(chunk, &self.output)),
                // Input that ends early is reported once, by the walk over the chunks.
                Err(Failure::Truncated) if at + chunk.size > self.data.len() => None,
                Err(Failure::Truncated) => {
                    self.problem(ProblemKind::Malformed, at, "an LZMA2 chunk is shorter than it states");
                    None
                }
                Err(Failure::Malformed(detail)) => {
                    self.problem(ProblemKind::Malformed, at, format!("LZMA2: {detail}"));
                    None
                }
            }
        });
        if let Some(limit) = limit {
            self.problems.push(limit);
            self.decoding = false;
        }
    }

    /// Reads the index at `start`: its end, or where the stream has to be given up.
    fn index(&mut self, start: usize, blocks: u64) -> Result<usize, usize> {
        let mut at = start + 1;
        let Some(records) = vli(self.data, &mut at) else { return Err(self.truncated(at, "index")) };
        if records != blocks {
            let detail = format!("the index has {records} records for {blocks} blocks");
            self.problem(ProblemKind::Malformed, start, detail);
            return Err(at.min(self.data.len()));
        }
        for _ in 0..records.saturating_mul(2) {
            if vli(self.data, &mut at).is_none() {
                return Err(self.truncated(at.min(self.data.len()), "index"));
            }
        }
        let end = start + (at - start).next_multiple_of(4);
        let (Some(index), Some(stated)) = (slice(self.data, start, end - start), u32_le(self.data, end))
        else {
            return Err(self.truncated(at, "index"));
        };
        if crc32(index) != stated {
            self.problem(ProblemKind::Checksum, end, "the index's CRC-32 does not fit");
        }
        Ok(end + 4)
    }

    fn footer(&mut self, start: usize) -> usize {
        let Some(footer) = slice(self.data, start, 12) else {
            return self.truncated(start, "stream footer");
        };
        if !footer.ends_with(b"YZ") {
            self.problem(ProblemKind::Malformed, start + 10, "the stream footer has no magic");
            return start;
        }
        if slice(footer, 4, 6).map(crc32) != u32_le(footer, 0) {
            self.problem(ProblemKind::Checksum, start, "the stream footer's CRC-32 does not fit");
        }
        start + 12
    }
}

/// The filters of a block, LZMA2 first, then the others in the order in which they have to be undone.
fn block_filters(header: &[u8]) -> Option<Vec<FilterConfig>> {
    let flags = *header.get(1)?;
    if flags & 0x3c != 0 {
        return None;
    }
    let mut at = 2;
    for present in [flags & 0x40, flags & 0x80] {
        if present != 0 {
            vli(header, &mut at)?;
        }
    }
    let mut filters = Vec::new();
    for _ in 0..=(flags & 3) {
        let filter_type = FilterType::try_from(vli(header, &mut at)?).ok()?;
        let length = crate::bytes::position(vli(header, &mut at)?);
        let properties = slice(header, at, length)?;
        at += length;
        let property = match (filter_type, properties) {
            (FilterType::Lzma2, [size @ 0..=40]) => dictionary_size(*size),
            (FilterType::Lzma2, _) => return None,
            (FilterType::Delta, [distance]) => u32::from(*distance) + 1,
            (FilterType::Delta, _) => return None,
            (_, []) => 0,
            (_, _) if length == 4 => u32_le(properties, 0)?,
            _ => return None,
        };
        filters.push(FilterConfig { filter_type, property });
    }
    filters.reverse();
    let lzma2_is_last = filters.iter().position(|filter| filter.filter_type == FilterType::Lzma2) == Some(0)
        && filters.iter().filter(|filter| filter.filter_type == FilterType::Lzma2).count() == 1;
    lzma2_is_last.then_some(filters)
}

fn dictionary_size(code: u8) -> u32 {
    if code >= 40 { u32::MAX } else { (2 | (u32::from(code) & 1)) << (u32::from(code) / 2 + 11) }
}

fn filter_name(filter: FilterType) -> &'static str {
    match filter {
        FilterType::Delta => "delta",
        FilterType::BcjX86 => "x86",
        FilterType::BcjPpc => "powerpc",
        FilterType::BcjIa64 => "ia64",
        FilterType::BcjArm => "arm",
        FilterType::BcjArmThumb => "armthumb",
        FilterType::BcjSparc => "sparc",
        FilterType::BcjArm64 => "arm64",
        FilterType::BcjRiscv => "riscv",
        FilterType::Lzma2 => "lzma2",
    }
}

/// A variable-length integer, of at most nine bytes.
fn vli(data: &[u8], at: &mut usize) -> Option<u64> {
    varint(data, at, 9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionary_sizes() {
        assert_eq!(dictionary_size(0), 4096);
        assert_eq!(dictionary_size(1), 6144);
        assert_eq!(dictionary_size(22), 8 << 20);
        assert_eq!(dictionary_size(39), 3 << 30);
        assert_eq!(dictionary_size(40), u32::MAX);
    }

    #[test]
    fn integers_end_after_nine_bytes() {
        let mut at = 0;
        assert_eq!(vli(&[0xe5, 0x8e, 0x26], &mut at), Some(624_485));
        assert_eq!(at, 3);
        assert_eq!(vli(&[0x80; 12], &mut 0), None);
        assert_eq!(vli(&[0x80], &mut 0), None);
    }

    #[test]
    fn the_filter_chain_must_end_in_lzma2() {
        assert!(block_filters(&[2, 0, 0x21, 1, 22]).is_some());
        assert_eq!(block_filters(&[2, 1, 7, 0, 0x21, 1, 22]).unwrap().len(), 2);
        assert!(block_filters(&[2, 1, 0x21, 1, 22, 7, 0]).is_none());
        assert!(block_filters(&[2, 0, 0x21, 1, 41]).is_none());
        assert!(block_filters(&[2, 0, 0x99, 1, 1]).is_none());
    }
}
