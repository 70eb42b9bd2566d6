//! How blocks are compressed.

use crate::compression::output::Output;
use crate::compression::{lz4, lzma, lzo, xz, zlib, zstd};
use crate::{Limits, Problem, ProblemKind};

/// A block compressor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Gzip,
    Lzma,
    Lzo,
    Xz,
    Lz4,
    Zstd,
}

impl Codec {
    pub(super) fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            1 => Self::Gzip,
            2 => Self::Lzma,
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
            Self::Lzma => "lzma",
            Self::Lzo => "lzo",
            Self::Xz => "xz",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// Decompresses one block of at most `most` bytes, with what came out before an error.
    pub(super) fn decode(self, input: &[u8], most: usize, limits: &Limits) -> (Vec<u8>, Option<Problem>) {
        let output = Output::bounded(limits, most as u64);
        let (bytes, problems) = match self {
            Self::Gzip => zlib::decode_block(input, output),
            Self::Lzma => lzma::decode_stream(input, output),
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
}
