//! What can be had of an image that ends before its tables: blocks without names.

use super::codec::{Codec, Decoder};
use super::part;
use super::superblock::Superblock;
use crate::bytes::tail;
use crate::{Content, Entry, Limits, Problem, ProblemKind, Unpacked};

/// How many times the object limit may be decompressed in vain.
const PATIENCE: u64 = 2;

/// The blocks between the superblock and the end of `data` that decompress, one after the other.
pub(super) fn blocks<'a>(data: &'a [u8], superblock: &Superblock, codec: Codec) -> Entry<'a> {
    let start = superblock.size.min(data.len());
    let block_size = superblock.block_size as usize;
    let make = Box::new(move |limits: &Limits| unpack(data, start, codec, block_size, limits));
    let size = (data.len() - start) as u64;
    part(b"blocks", Content::Deferred { size, make }, start)
}

fn unpack(data: &[u8], start: usize, codec: Codec, block_size: usize, limits: &Limits) -> Unpacked {
    let mut unpacked = Unpacked::default();
    let decoder = Decoder { codec, flexible: false };
    let most = usize::try_from(limits.object_bytes).unwrap_or(usize::MAX);
    let (mut at, mut blocks, mut wasted) = (start, 0_u64, 0_u64);
    let stopped = loop {
        let Some(candidate) = codec.next(data, at, block_size) else { break None };
        if limits.stopped() {
            break Some("time is up".to_owned());
        }
        if unpacked.bytes.len() >= most || wasted > limits.object_bytes.saturating_mul(PATIENCE) {
            break Some(format!("stopped after {} bytes", unpacked.bytes.len()));
        }
        let (bytes, problem) = decoder.decode(tail(data, candidate), None, block_size, limits);
        if problem.is_none() && !bytes.is_empty() {
            let room = most - unpacked.bytes.len();
            unpacked.bytes.extend_from_slice(crate::bytes::head(&bytes, room));
            blocks += 1;
        } else {
            wasted += bytes.len() as u64 + 256;
        }
        at = candidate + 1;
    };
    if let Some(detail) = stopped {
        unpacked.problems.push(Problem::new(ProblemKind::LimitReached, at as u64, detail));
    }
    let detail = format!("{blocks} blocks without their names; stored ones are left out");
    unpacked.problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
    unpacked
}
