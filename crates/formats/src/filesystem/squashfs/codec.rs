//! How blocks are compressed.

use crate::bytes::position;
use crate::compression::output::Output;
use crate::compression::{lz4, lzma, xz, zstd};
use crate::{Limits, Problem, ProblemKind};
use flate2::{Decompress, FlushDecompress, Status};

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
            Self::Gzip => return inflate(input, most),
            Self::Lzma => lzma::decode_stream(input, output),
            Self::Xz => xz::decode_stream(input, output),
            Self::Lz4 => lz4::decode_block(input, output),
            Self::Zstd => zstd::decode_frame(input, output),
            Self::Lzo => (Vec::new(), vec![Problem::new(ProblemKind::Unsupported, 0, "lzo is not read")]),
        };
        // A block that fills its limit to the brim is whole: there is nothing more to come.
        let full = bytes.len() == most;
        let problem =
            problems.into_iter().find(|problem| !(full && problem.kind == ProblemKind::LimitReached));
        (bytes, problem)
    }
}

fn inflate(input: &[u8], most: usize) -> (Vec<u8>, Option<Problem>) {
    let mut bytes = Vec::with_capacity(most);
    let mut inflate = Decompress::new(true);
    let result = inflate.decompress_vec(input, &mut bytes, FlushDecompress::Finish);
    let problem = match result {
        Ok(Status::StreamEnd) => None,
        Ok(_) if inflate.total_in() < input.len() as u64 => {
            Some(Problem::new(ProblemKind::Malformed, inflate.total_in(), "a block holds more than it may"))
        }
        Ok(_) => Some(Problem::new(ProblemKind::Truncated, inflate.total_in(), "a zlib stream is cut off")),
        Err(error) => {
            Some(Problem::new(ProblemKind::Malformed, inflate.total_in(), format!("zlib: {error}")))
        }
    };
    bytes.truncate(position(most as u64));
    (bytes, problem)
}
