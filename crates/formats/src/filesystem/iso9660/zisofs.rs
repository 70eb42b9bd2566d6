//! zisofs: a file as zlib streams of one block each, behind a table of their positions.
//! Source: zisofs-tools, "zisofs format"; libisofs doc/zisofs_format.txt.

use crate::bytes::{position, slice, tail, u32_le};
use crate::{Limits, Problem, ProblemKind, Unpacked};
use flate2::{Decompress, FlushDecompress, Status};

const MAGIC: &[u8] = &[0x37, 0xe4, 0x53, 0x96, 0xc9, 0xdb, 0xd6, 0x07];

/// Decompresses a file that stands at `at` in the image.
pub(super) fn unpack(file: &[u8], at: u64, limits: &Limits) -> Unpacked {
    let mut unpacked = Unpacked::default();
    let mut problem = |kind, offset: usize, detail: String| {
        unpacked.problems.push(Problem::new(kind, at + offset as u64, detail));
    };
    let header = file.starts_with(MAGIC).then(|| {
        let words = usize::from(*file.get(12)?);
        let log = u32::from(*file.get(13)?);
        ((15..=17).contains(&log) && words >= 4).then_some(())?;
        Some((u32_le(file, 8)? as usize, words * 4, 1_usize << log))
    });
    let Some(Some((size, table, block))) = header else {
        problem(ProblemKind::Malformed, 0, "no zisofs header stands here".to_owned());
        unpacked.bytes = file.to_vec();
        return unpacked;
    };
    let length = size.min(position(limits.object_bytes));
    if length < size {
        problem(ProblemKind::LimitReached, 8, format!("{size} bytes are stated, {length} are allowed"));
    }
    let mut bytes = Vec::new();
    for number in 0..length.div_ceil(block) {
        let here = table + number * 4;
        let ends = u32_le(file, here).zip(u32_le(file, here + 4));
        let stored = ends.and_then(|(from, to)| slice(file, from as usize, to.checked_sub(from)? as usize));
        let Some(stored) = stored.filter(|_| !limits.stopped()) else {
            let kind = if limits.stopped() { ProblemKind::LimitReached } else { ProblemKind::Truncated };
            problem(kind, here, format!("block {number} and the rest are missing"));
            break;
        };
        let wanted = block.min(length - bytes.len());
        let end = bytes.len() + wanted;
        if !stored.is_empty() {
            let mut made = Vec::with_capacity(wanted);
            let status = Decompress::new(true).decompress_vec(stored, &mut made, FlushDecompress::Finish);
            // A block that the limit cuts short is not at fault.
            if !matches!(status, Ok(Status::StreamEnd)) && made.len() < wanted {
                let from = position(ends.map_or(0, |(from, _)| from.into()));
                problem(ProblemKind::Malformed, from, format!("block {number} cannot be decompressed"));
            }
            bytes.extend_from_slice(&made);
        }
        bytes.resize(end, 0);
    }
    unpacked.bytes = bytes;
    unpacked
}

/// Whether a file is compressed by its own header alone.
pub(super) fn is_header(file: &[u8]) -> bool {
    tail(file, 0).starts_with(MAGIC)
}
