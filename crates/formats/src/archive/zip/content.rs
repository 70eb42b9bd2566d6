//! The contents of members, by their methods of compression.

use crate::archive::coder::{PPMD_MEMORY_MAX, drain};
use crate::bytes::{slice, tail, u16_le, u32_le};
use crate::compression::output::Output;
use crate::compression::{deflate, lzma, xz, zstd};
use crate::{Limits, Problem, ProblemKind, Unpacked};
use flate2::{Crc, Decompress};

/// The name of a method.
pub(super) fn method_name(method: u16) -> String {
    let name = match method {
        0 => "store",
        1 => "shrink",
        2..=5 => "reduce",
        6 => "implode",
        8 => "deflate",
        9 => "deflate64",
        10 => "PKWARE implode",
        12 => "bzip2",
        14 => "lzma",
        18 => "terse",
        19 => "lz77",
        93 | 20 => "zstd",
        94 => "mp3",
        95 => "xz",
        96 => "jpeg",
        97 => "wavpack",
        98 => "PPMd",
        99 => "AES",
        other => return format!("method {other}"),
    };
    name.to_owned()
}

/// Whether the method is read.
pub(super) fn is_read(method: u16) -> bool {
    matches!(method, 0 | 8 | 9 | 12 | 14 | 20 | 93 | 95 | 98)
}

/// What is stated of a content.
#[derive(Clone, Copy)]
pub(super) struct Stated {
    pub(super) method: u16,
    pub(super) size: u64,
    pub(super) crc: u32,
    /// Bit 1 of an LZMA member: the stream has an end mark.
    pub(super) flags: u16,
}

/// Decompresses the content whose compressed bytes stand at `at`.
pub(super) fn make(input: &[u8], at: usize, stated: Stated, limits: &Limits) -> Unpacked {
    let mut output = Output::new(limits);
    let mut problems = Vec::new();
    match stated.method {
        8 => {
            let mut inflate = Decompress::new(false);
            let (end, problem) = deflate::decode(input, 0, &mut inflate, &mut output, |_| {});
            if problem.is_none() && end < input.len() {
                let detail = format!("{} bytes stand behind the deflate stream", input.len() - end);
                problems.push(Problem::new(ProblemKind::Malformed, end as u64, detail));
            }
            problems.extend(problem);
        }
        9 => {
            let mut decoder = deflate64::Deflate64Decoder::with_buffer(input);
            problems.extend(drain(&mut decoder, &mut output, 0, "deflate64"));
        }
        12 => {
            let mut decoder = bzip2::bufread::MultiBzDecoder::new(input);
            problems.extend(drain(&mut decoder, &mut output, 0, "bzip2"));
        }
        14 => problems.extend(lzma_member(input, stated, &mut output, limits)),
        20 | 93 => (output.bytes, problems) = zstd::decode_frame(input, output_of(limits)),
        95 => (output.bytes, problems) = xz::decode_stream(input, output_of(limits)),
        98 => problems.extend(ppmd_member(input, stated, &mut output, limits)),
        _ => {
            output.bytes.extend_from_slice(crate::bytes::head(input, output.room()));
            problems.extend(if output.bytes.len() < input.len() { output.stop(0) } else { None });
        }
    }
    let bytes = output.bytes;
    for problem in &mut problems {
        problem.offset += at as u64;
    }
    if problems.is_empty() {
        problems.extend(check(&bytes, at, stated));
    }
    Unpacked { bytes, problems }
}

fn output_of(limits: &Limits) -> Output<'_> {
    Output::new(limits)
}

/// Compares length and CRC-32 with what is stated.
pub(super) fn check(bytes: &[u8], at: usize, stated: Stated) -> Option<Problem> {
    if bytes.len() as u64 != stated.size {
        let detail = format!("{} bytes are stated, the content has {}", stated.size, bytes.len());
        return Some(Problem::new(ProblemKind::Malformed, at as u64, detail));
    }
    let mut crc = Crc::new();
    crc.update(bytes);
    (crc.sum() != stated.crc).then(|| {
        let detail = format!("CRC-32 {:08x} is stated, the content has {:08x}", stated.crc, crc.sum());
        Problem::new(ProblemKind::Checksum, at as u64, detail)
    })
}

/// Version of the encoder, length of the properties, properties, then range-coded data.
fn lzma_member(input: &[u8], stated: Stated, output: &mut Output, limits: &Limits) -> Vec<Problem> {
    let header = || {
        let length = usize::from(u16_le(input, 2)?);
        let properties = slice(input, 4, length)?;
        Some((*properties.first()?, u32_le(properties, 1)?, 4 + length))
    };
    let Some((properties, dictionary, start)) = header() else {
        return vec![Problem::new(ProblemKind::Malformed, 0, "the LZMA properties are broken")];
    };
    let length = (stated.flags & 2 == 0).then_some(stated.size);
    let made = lzma::decode_raw(tail(input, start), properties, dictionary, length, Output::new(limits));
    output.bytes = made.0;
    made.1.into_iter().map(|problem| Problem { offset: problem.offset + start as u64, ..problem }).collect()
}

/// Order, memory and restoration in two bytes, then PPMd variant I.
fn ppmd_member<'l>(
    input: &[u8],
    stated: Stated,
    output: &mut Output<'l>,
    limits: &'l Limits,
) -> Option<Problem> {
    let Some(parameters) = u16_le(input, 0) else {
        return Some(Problem::new(ProblemKind::Truncated, 0, "the PPMd parameters are missing"));
    };
    let order = u32::from(parameters & 15) + 1;
    let memory = (u32::from(parameters >> 4 & 0xff) + 1) << 20;
    if memory > PPMD_MEMORY_MAX {
        let detail = format!("PPMd asks for {memory} bytes of memory");
        return Some(Problem::new(ProblemKind::LimitReached, 0, detail));
    }
    *output = Output::bounded(limits, stated.size);
    let restore = ppmd_rust::RestoreMethod::from(parameters >> 12);
    match ppmd_rust::Ppmd8Decoder::new(tail(input, 2), order, memory, restore) {
        // The data has no end mark that could be relied upon: as much as is stated.
        Ok(mut decoder) => drain(&mut decoder, output, 2, "PPMd")
            .filter(|problem| problem.kind != ProblemKind::LimitReached || stated.size > limits.object_bytes),
        Err(error) => Some(Problem::new(ProblemKind::Malformed, 0, format!("PPMd: {error}"))),
    }
}
