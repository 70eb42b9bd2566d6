//! How blocks are compressed: what the superblock states, and what vendors store instead.

use super::metadata;
use super::superblock::Superblock;
use super::walk::Walk;
use crate::bytes::{tail, u64_le};
use crate::compression::output::Output;
use crate::compression::{lz4, lzma, lzo, xz, zlib, zstd};
use crate::{Limits, Problem, ProblemKind};

/// A block compressor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Gzip,
    Lzma(Lzma),
    Lzo,
    Xz,
    Lz4,
    Zstd,
}

/// How an LZMA block starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lzma {
    /// Properties, dictionary and length: 13 bytes.
    Whole,
    /// Properties and dictionary: 5 bytes, behind so many others.
    Short { lead: u8 },
    /// pb, lc, lp and the compressor's effort: a byte each.
    Apart,
    /// Range-coded data at once, behind so many other bytes; the properties hold for the whole image.
    Bare { lead: u8, properties: u8 },
}

/// lc 3, lp 0, pb 2.
const USUAL: u8 = 0x5d;
/// The furthest from a block's start that vendors put its LZMA data.
const LEAD_MAX: u8 = 10;

impl Codec {
    /// The compressor with this number in a superblock.
    pub(super) fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            1 => Self::Gzip,
            2 => Self::Lzma(Lzma::Whole),
            3 => Self::Lzo,
            4 => Self::Xz,
            5 => Self::Lz4,
            6 => Self::Zstd,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Lzma(_) => "lzma",
            Self::Lzo => "lzo",
            Self::Xz => "xz",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// How its blocks start, where that is not as the compressor's own tools have it.
    pub(super) fn variant(self) -> Option<String> {
        let Self::Lzma(lzma) = self else { return None };
        let behind = |lead: u8| if lead == 0 { String::new() } else { format!(" behind {lead} bytes") };
        Some(match lzma {
            Lzma::Whole => return None,
            Lzma::Short { lead } => format!("properties and dictionary, no length{}", behind(lead)),
            Lzma::Apart => "pb, lc and lp in a byte each".to_owned(),
            Lzma::Bare { lead, properties } => {
                let (lc, lp, pb) = (properties % 9, properties / 9 % 5, properties / 45);
                format!("no header, lc {lc} lp {lp} pb {pb}{}", behind(lead))
            }
        })
    }

    /// Decompresses one block of at most `most` bytes, `expected` of them where that is known, with what came out
    /// before an error.
    pub(super) fn decode(
        self,
        input: &[u8],
        expected: Option<usize>,
        most: usize,
        limits: &Limits,
    ) -> (Vec<u8>, Option<Problem>) {
        let output = Output::bounded(limits, most as u64);
        let (bytes, problems) = match self {
            Self::Gzip => zlib::decode_block(input, output),
            Self::Lzma(lzma) => lzma.decode(input, expected, most, limits),
            Self::Xz => xz::decode_stream(input, output),
            Self::Lz4 => lz4::decode_block(input, output),
            Self::Zstd => zstd::decode_frame(input, output),
            Self::Lzo => lzo::decode_block(input, output),
        };
        // A block that fills its limit to the brim is whole: there is nothing more to come.
        let full = bytes.len() == most;
        let problem =
            problems.into_iter().find(|problem| !(full && problem.kind == ProblemKind::LimitReached));
        (bytes, problem)
    }

    /// Whether a block can be this codec's by its first bytes.
    fn suits(self, input: &[u8], most: usize) -> bool {
        match self {
            Self::Gzip => matches!(input, [method, check, ..]
                if method & 0x8f == 8 && (u16::from(*method) << 8 | u16::from(*check)).is_multiple_of(31)),
            Self::Xz => input.starts_with(b"\xfd7zXZ\0"),
            Self::Zstd => input.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
            Self::Lzma(lzma) => lzma.suits(input, most),
            Self::Lzo => true,
            Self::Lz4 => false,
        }
    }
}

impl Lzma {
    fn suits(self, input: &[u8], most: usize) -> bool {
        let zero_at = |at: u8| input.get(usize::from(at)) == Some(&0);
        let properties = |at: u8| {
            input.get(usize::from(at)).is_some_and(|byte| *byte < 225 && byte % 9 + byte / 9 % 5 <= 4)
        };
        match self {
            Self::Whole => {
                properties(0)
                    && zero_at(13)
                    && u64_le(input, 5).is_some_and(|length| length <= most as u64 || length == u64::MAX)
            }
            Self::Short { lead } => properties(lead) && zero_at(lead + 5),
            Self::Apart => {
                matches!(input, [pb @ 0..=4, lc @ 0..=4, lp @ 0..=4, _, 0, ..] if lc + lp <= 4 && *pb <= 4)
            }
            Self::Bare { lead, .. } => zero_at(lead),
        }
    }

    fn decode(
        self,
        input: &[u8],
        expected: Option<usize>,
        most: usize,
        limits: &Limits,
    ) -> (Vec<u8>, Vec<Problem>) {
        let headless = || (Vec::new(), vec![Problem::new(ProblemKind::Malformed, 0, "no LZMA header")]);
        let (start, properties, length) = match self {
            Self::Whole => {
                let Some((properties, length)) = input.first().zip(u64_le(input, 5)) else {
                    return headless();
                };
                (13, *properties, (length != u64::MAX).then_some(length))
            }
            Self::Short { lead } => match input.get(usize::from(lead)) {
                Some(properties) => (usize::from(lead) + 5, *properties, None),
                None => return headless(),
            },
            Self::Apart => match input {
                [pb, lc, lp, ..] if *pb <= 4 && *lc <= 8 && *lp <= 4 => (4, (pb * 5 + lp) * 9 + lc, None),
                _ => return headless(),
            },
            Self::Bare { lead, properties } => (usize::from(lead), properties, None),
        };
        // Nothing in a block refers further back than the block is long.
        let dictionary = u32::try_from(most).unwrap_or(u32::MAX).max(4096);
        let data = tail(input, start);
        let (bytes, problems) = if length.is_some() || matches!(self, Self::Whole) {
            lzma::decode_raw(data, properties, dictionary, length, Output::bounded(limits, most as u64))
        } else {
            without_length(data, properties, dictionary, expected, most, limits)
        };
        let moved =
            |problem: Problem| Problem { offset: problem.offset.saturating_add(start as u64), ..problem };
        (bytes, problems.into_iter().map(moved).collect())
    }
}

/// Decodes a block whose length stands nowhere: it ends with an end mark, where the block is full, or where its data end.
fn without_length(
    data: &[u8],
    properties: u8,
    dictionary: u32,
    expected: Option<usize>,
    most: usize,
    limits: &Limits,
) -> (Vec<u8>, Vec<Problem>) {
    let bounded = || Output::bounded(limits, most as u64);
    if let Some(expected) = expected {
        return lzma::decode_raw(data, properties, dictionary, Some(expected as u64), bounded());
    }
    let (bytes, problems) = lzma::decode_raw(data, properties, dictionary, None, bounded());
    match problems.as_slice() {
        // Full, and the end mark or nothing behind it.
        [problem] if problem.kind == ProblemKind::LimitReached && bytes.len() == most => (bytes, Vec::new()),
        [problem] if problem.kind == ProblemKind::Truncated && !bytes.is_empty() => (bytes, Vec::new()),
        _ => (bytes, problems),
    }
}

/// The decoder of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decoder {
    pub(super) codec: Codec,
    /// Whether single blocks may be compressed otherwise, as some vendors' tools leave it to each block.
    pub(super) flexible: bool,
}

impl Decoder {
    pub(super) fn decode(
        &self,
        input: &[u8],
        expected: Option<usize>,
        most: usize,
        limits: &Limits,
    ) -> (Vec<u8>, Option<Problem>) {
        let first = self.codec.decode(input, expected, most, limits);
        if first.1.is_none() || !self.flexible {
            return first;
        }
        OTHERS
            .into_iter()
            .filter(|codec| *codec != self.codec && codec.suits(input, most))
            .map(|codec| codec.decode(input, expected, most, limits))
            .find(|(bytes, problem)| problem.is_none() && expected.is_none_or(|size| bytes.len() == size))
            .unwrap_or(first)
    }
}

/// What single blocks of an image may be compressed with beside its own codec.
const OTHERS: [Codec; 6] = [
    Codec::Gzip,
    Codec::Xz,
    Codec::Lzma(Lzma::Whole),
    Codec::Lzma(Lzma::Apart),
    Codec::Lzma(Lzma::Short { lead: 0 }),
    Codec::Lzma(Lzma::Bare { lead: 0, properties: USUAL }),
];

/// The block of the root's inode, if it is compressed.
fn sample<'a>(superblock: &Superblock, data: &'a [u8]) -> Option<&'a [u8]> {
    metadata::sample(data, superblock, superblock.inode_block(superblock.root >> 16))
}

/// Whether the codec is known: stated, or found out.
pub(super) fn is_known(superblock: &Superblock, data: &[u8]) -> bool {
    superblock.compressor.is_some() || sample(superblock, data).is_some()
}

/// Finds the codec of an image: the stated one where it opens the root directory, else the first that does.
pub(super) fn detect(superblock: &Superblock, data: &[u8], limits: &Limits) -> Option<Codec> {
    let stated = superblock.compressor.map_or(Some(Codec::Gzip), Codec::from_number);
    let Some(sample) = sample(superblock, data) else { return stated };
    let opens = |codec: &Codec| {
        let decoder = Decoder { codec: *codec, flexible: false };
        codec.suits(sample, metadata::BLOCK)
            && Walk::new(data, superblock, decoder, limits, Vec::new()).opens()
    };
    if stated == Some(Codec::Lz4) || stated.as_ref().is_some_and(opens) {
        return stated;
    }
    let leads = || 0..=LEAD_MAX;
    let bare = |properties: u8| leads().map(move |lead| Codec::Lzma(Lzma::Bare { lead, properties }));
    let named = [Codec::Gzip, Codec::Xz, Codec::Zstd, Codec::Lzma(Lzma::Whole), Codec::Lzma(Lzma::Apart)];
    named
        .into_iter()
        .chain(leads().map(|lead| Codec::Lzma(Lzma::Short { lead })))
        .chain(bare(USUAL))
        .chain(std::iter::once(Codec::Lzo))
        .chain((0..225).filter(|byte| byte % 9 + byte / 9 % 5 <= 4 && *byte != USUAL).flat_map(bare))
        .take_while(|_| !limits.stopped())
        .find(opens)
        .or(stated)
}

impl Codec {
    /// The next place from `at` on where a block that says itself where it ends may start.
    pub(super) fn next(self, data: &[u8], at: usize, most: usize) -> Option<usize> {
        let first: u8 = match self {
            Self::Gzip => 0x78,
            Self::Xz => 0xfd,
            Self::Zstd => 0x28,
            Self::Lzma(Lzma::Whole) => USUAL,
            Self::Lzma(_) | Self::Lzo | Self::Lz4 => return None,
        };
        let rest = tail(data, at);
        rest.iter()
            .enumerate()
            .filter(|(_, byte)| **byte == first)
            .find(|(index, _)| self.suits(tail(rest, *index), most))
            .map(|(index, _)| at + index)
    }
}
