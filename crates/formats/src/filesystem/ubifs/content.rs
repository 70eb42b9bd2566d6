//! Contents: blocks of 4 KiB, each compressed by itself.

use super::super::inflate::Inflate;
use super::index::Index;
use super::node::{BLOCK, BLOCK_NUMBER, Data, Node, kind};
use crate::bytes::{head, position};
use crate::compression::output::Output;
use crate::compression::{lzo, zstd};
use crate::{Limits, Problem, ProblemKind, Unpacked};
use std::sync::Arc;

/// The word used in attributes.
pub(super) fn compression_name(number: u16) -> String {
    match number {
        0 => "none".to_owned(),
        1 => "lzo".to_owned(),
        2 => "zlib".to_owned(),
        3 => "zstd".to_owned(),
        other => format!("number {other}"),
    }
}

/// What all files of an image share.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    pub(super) data: &'a [u8],
    pub(super) index: Arc<Index<'a>>,
}

impl Contents<'_> {
    /// Makes a file's content of `size` bytes; what is in no node reads as zeros. Encrypted blocks are handed out as they
    /// are stored, one behind the other.
    pub(super) fn unpack(&self, inode: u32, size: u64, encrypted: bool, limits: &Limits) -> Unpacked {
        let wanted = position(size.min(limits.object_bytes));
        let mut unpacked = Unpacked::default();
        let mut decoders = Decoders::default();
        for (key, at) in self.index.of(inode, kind::DATA) {
            if limits.stopped() {
                unpacked.problems.push(Problem::new(ProblemKind::LimitReached, at as u64, "time is up"));
                return unpacked;
            }
            let Some(node) = Node::parse(self.data, at) else { continue };
            let Some(data) = Data::parse(&node) else {
                let detail = "a block that is too short for one";
                unpacked.problems.push(Problem::new(ProblemKind::Malformed, at as u64, detail));
                continue;
            };
            if !node.fits() {
                let detail = "the checksum of a block does not fit";
                unpacked.problems.push(Problem::new(ProblemKind::Checksum, at as u64 + 4, detail));
            }
            if encrypted {
                let room = position(limits.object_bytes).saturating_sub(unpacked.bytes.len());
                unpacked.bytes.extend_from_slice(head(data.stored, room));
                continue;
            }
            let start = ((key.word & BLOCK_NUMBER) as usize).saturating_mul(BLOCK);
            if start >= wanted {
                // Left over behind the end of a file that was cut.
                break;
            }
            let end = start.saturating_add((data.size as usize).min(BLOCK)).min(wanted);
            unpacked.bytes.resize(end.max(unpacked.bytes.len()), 0);
            let target = unpacked.bytes.get_mut(start..end).unwrap_or_default();
            if let Some(problem) = decoders.decode(&data, target, limits) {
                let offset = problem.offset + at as u64;
                unpacked.problems.push(Problem { offset, ..problem });
            }
        }
        if encrypted {
            return unpacked;
        }
        unpacked.bytes.resize(wanted, 0);
        if (wanted as u64) < size {
            let detail = format!("the file has {size} bytes, {wanted} are allowed");
            unpacked.problems.push(Problem::new(ProblemKind::LimitReached, 0, detail));
        }
        unpacked
    }

    /// How many bytes the blocks of an encrypted file have as they are stored.
    pub(super) fn stored_size(&self, inode: u32) -> u64 {
        let nodes = self.index.of(inode, kind::DATA).filter_map(|(_, at)| Node::parse(self.data, at));
        nodes.filter_map(|node| Data::parse(&node).map(|data| data.stored.len() as u64)).sum()
    }
}

/// What is used again for each block of a file.
#[derive(Default)]
struct Decoders {
    inflate: Option<Inflate>,
    zstd: Option<zstd::Frames>,
}

impl Decoders {
    /// Decodes one block into `target`, which has its stated length or what of it is still in the file.
    fn decode(&mut self, data: &Data, target: &mut [u8], limits: &Limits) -> Option<Problem> {
        let wanted = target.len();
        let (made, problem) = match data.compression {
            0 => (put(target, data.stored), None),
            1 | 3 => {
                let output = Output::bounded(limits, BLOCK as u64);
                let (bytes, problems) = match data.compression {
                    1 => lzo::decode_block(data.stored, output),
                    _ => self.zstd.get_or_insert_with(zstd::Frames::new).decode(data.stored, output),
                };
                (put(target, &bytes), problems.into_iter().next())
            }
            2 => self.inflate.get_or_insert_with(Inflate::raw).block(data.stored, target),
            other => {
                let detail = format!("compression {other} is not read");
                return Some(Problem::new(ProblemKind::Unsupported, 44, detail));
            }
        };
        let short = || {
            let detail = format!("a block of {made} bytes where {wanted} are stated");
            Problem::new(ProblemKind::Malformed, 40, detail)
        };
        if made == wanted { None } else { Some(problem.unwrap_or_else(short)) }
    }
}

/// Copies as much as there is; how much that was.
fn put(target: &mut [u8], bytes: &[u8]) -> usize {
    let length = target.len().min(bytes.len());
    if let Some(target) = target.get_mut(..length) {
        target.copy_from_slice(head(bytes, length));
    }
    length
}
