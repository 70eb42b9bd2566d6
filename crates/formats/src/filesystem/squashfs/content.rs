//! File contents: blocks one after the other, and the last part in a fragment block that files share.

use super::codec::Decoder;
use super::inode::File;
use crate::bytes::{position, slice, tail};
use crate::{Limits, Problem, ProblemKind, Unpacked};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A block's size field: this bit says that it is stored as it is.
pub(super) const STORED: u32 = 1 << 24;
/// Decompressed fragment blocks kept for all files of an image, in bytes.
const KEPT_BYTES: usize = 8 << 20;
/// Blocks of one file that are decompressed side by side, at most.
const TOGETHER: usize = 16;

/// What all files of an image share.
pub(super) struct Blocks<'a> {
    data: &'a [u8],
    decoder: Decoder,
    block_size: usize,
    fragments: Mutex<VecDeque<(u64, Kept)>>,
}

type Kept = Arc<OnceLock<(Vec<u8>, Option<Problem>)>>;

/// A full block: where it stands, its size field, and how many bytes it is to become.
#[derive(Clone, Copy)]
struct Block {
    at: usize,
    stored: u32,
    expected: usize,
}

/// A fragment block: where it stands and its size field.
#[derive(Clone, Copy)]
pub(super) struct Fragment {
    pub(super) start: u64,
    pub(super) stored: u32,
    /// Where the file's part starts in it.
    pub(super) offset: u32,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(data: &'a [u8], decoder: Decoder, block_size: u32) -> Self {
        Self { data, decoder, block_size: block_size as usize, fragments: Mutex::default() }
    }

    /// The file's content where it stands in the image in one piece as it is.
    pub(super) fn as_slice(&self, file: &File, fragment: Option<Fragment>) -> Option<&'a [u8]> {
        let size = position(file.size);
        match fragment {
            None => {
                let mut left = size;
                for block in &file.blocks {
                    let expected = left.min(self.block_size);
                    if *block != STORED | expected as u32 {
                        return None;
                    }
                    left -= expected;
                }
                if left == 0 { slice(self.data, position(file.start), size) } else { None }
            }
            Some(fragment) if file.blocks.is_empty() && fragment.stored & STORED != 0 => {
                let whole = slice(self.data, position(fragment.start), (fragment.stored & !STORED) as usize)?;
                slice(whole, fragment.offset as usize, size)
            }
            Some(_) => None,
        }
    }

    /// Makes the file's content.
    pub(super) fn unpack(&self, file: &File, fragment: Option<Fragment>, limits: &Limits) -> Unpacked {
        let mut unpacked = Unpacked::default();
        let size = position(file.size);
        let wanted = size.min(position(limits.object_bytes));
        let mut at = position(file.start);
        for some in file.blocks.chunks(TOGETHER) {
            if unpacked.bytes.len() >= wanted {
                break;
            }
            if limits.stopped() {
                unpacked.problems.push(Problem::new(ProblemKind::LimitReached, at as u64, "time is up"));
                return unpacked;
            }
            at = self.append_blocks(at, some, size, wanted, limits, &mut unpacked);
        }
        if let Some(fragment) = fragment.filter(|_| unpacked.bytes.len() < wanted) {
            let missing = size - unpacked.bytes.len();
            self.append_fragment(fragment, missing, limits, &mut unpacked);
        }
        if wanted < size && unpacked.bytes.len() >= wanted {
            unpacked.bytes.truncate(wanted);
            let detail = format!("the file has {size} bytes, {wanted} are allowed");
            unpacked.problems.push(Problem::new(ProblemKind::LimitReached, at as u64, detail));
        } else if unpacked.bytes.len() < size && unpacked.problems.is_empty() {
            let detail = format!("the file has {size} bytes, its blocks hold {}", unpacked.bytes.len());
            unpacked.problems.push(Problem::new(ProblemKind::Malformed, at as u64, detail));
        }
        unpacked
    }

    /// Appends blocks, decompressed side by side, up to the `wanted` bytes of a file that has `size`; says where the
    /// next one stands.
    fn append_blocks(
        &self,
        mut at: usize,
        blocks: &[u32],
        size: usize,
        wanted: usize,
        limits: &Limits,
        unpacked: &mut Unpacked,
    ) -> usize {
        let mut planned = unpacked.bytes.len();
        let mut plan = Vec::new();
        for stored in blocks {
            if planned >= wanted {
                break;
            }
            let block = Block { at, stored: *stored, expected: (size - planned).min(self.block_size) };
            at = at.saturating_add((stored & !STORED) as usize);
            planned += block.expected;
            plan.push(block);
        }
        unpacked.bytes.reserve(planned - unpacked.bytes.len());
        let make = |block: &Block| self.block(*block, limits);
        let made: Vec<_> = if let [one] = plan.as_slice() {
            vec![make(one)]
        } else {
            plan.par_iter().with_max_len(1).map(make).collect()
        };
        for (block, (bytes, problem)) in plan.into_iter().zip(made) {
            let end = unpacked.bytes.len() + block.expected;
            let is_last = end == size;
            if bytes.len() > block.expected {
                let more = bytes.len() - block.expected;
                let place = if is_last { "behind the file's end" } else { "left out of the file" };
                let detail = format!(
                    "a block becomes {} bytes, {} are expected; {more} are {place}",
                    bytes.len(),
                    block.expected
                );
                unpacked.problems.push(Problem::new(ProblemKind::Malformed, block.at as u64, detail));
            }
            let room = position(limits.object_bytes).saturating_sub(unpacked.bytes.len()).max(block.expected);
            let taken = if is_last { bytes.len().min(room) } else { block.expected };
            unpacked.bytes.extend_from_slice(crate::bytes::head(&bytes, taken));
            let end = end.max(unpacked.bytes.len());
            // What cannot be decompressed is filled with zeros, so that the rest keeps its place.
            unpacked.bytes.resize(end, 0);
            unpacked.problems.extend(problem);
        }
        at
    }

    /// One full block, as much of it as can be made.
    fn block(&self, block: Block, limits: &Limits) -> (Cow<'a, [u8]>, Option<Problem>) {
        let Block { at, stored, expected } = block;
        let size = (stored & !STORED) as usize;
        if size == 0 {
            // A hole.
            return (Cow::Borrowed(&[]), None);
        }
        let input = crate::bytes::head(tail(self.data, at), size);
        let mut problem = None;
        if input.len() < size {
            problem = Some(Problem::new(ProblemKind::Truncated, at as u64, "the data ends inside a block"));
        }
        let bytes = if stored & STORED != 0 {
            Cow::Borrowed(input)
        } else {
            let (bytes, found) = self.decoder.decode(input, Some(expected), self.block_size, limits);
            problem = problem.or(found.map(|found| at_image(found, at)));
            Cow::Owned(bytes)
        };
        if bytes.len() < expected && problem.is_none() {
            let detail = format!("a block of {} bytes where {expected} are expected", bytes.len());
            problem = Some(Problem::new(ProblemKind::Malformed, at as u64, detail));
        }
        (bytes, problem)
    }

    fn append_fragment(&self, fragment: Fragment, missing: usize, limits: &Limits, unpacked: &mut Unpacked) {
        let at = position(fragment.start);
        let kept = self.fragment(fragment.start);
        let (block, problem) = kept.get_or_init(|| {
            let size = (fragment.stored & !STORED) as usize;
            let input = crate::bytes::head(tail(self.data, at), size);
            if fragment.stored & STORED != 0 {
                return (crate::bytes::head(input, self.block_size).to_vec(), None);
            }
            let (bytes, problem) = self.decoder.decode(input, None, self.block_size, limits);
            (bytes, problem.map(|problem| at_image(problem, at)))
        });
        let part = crate::bytes::head(tail(block, fragment.offset as usize), missing);
        unpacked.bytes.extend_from_slice(part);
        if part.len() < missing {
            let end = at.saturating_add((fragment.stored & !STORED) as usize);
            let kind = if end > self.data.len() { ProblemKind::Truncated } else { ProblemKind::Malformed };
            let cut = Problem::new(
                kind,
                at as u64,
                format!(
                    "a fragment block has {} bytes at {}, {missing} are needed",
                    part.len(),
                    fragment.offset
                ),
            );
            unpacked.problems.push(problem.clone().unwrap_or(cut));
        }
    }

    /// The place for the fragment block that starts there: whoever comes first fills it, the others wait.
    fn fragment(&self, start: u64) -> Kept {
        let mut fragments = self.fragments.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = fragments.iter().position(|(at, _)| *at == start)
            && let Some((_, kept)) = fragments.remove(index)
        {
            // The one used last is dropped last.
            fragments.push_back((start, Arc::clone(&kept)));
            return kept;
        }
        while fragments.len() >= (KEPT_BYTES / self.block_size).max(2) {
            fragments.pop_front();
        }
        let kept = Kept::default();
        fragments.push_back((start, Arc::clone(&kept)));
        kept
    }
}

/// A block's problem, counted from the image's first byte.
fn at_image(problem: Problem, at: usize) -> Problem {
    Problem { offset: problem.offset.saturating_add(at as u64), ..problem }
}

#[cfg(test)]
mod tests {
    use super::super::codec::Codec;
    use super::*;

    const XZ: Decoder = Decoder { codec: Codec::Xz, flexible: false };

    #[test]
    fn a_fragment_block_in_use_is_kept_and_the_others_are_bounded() {
        let blocks = Blocks::new(&[], XZ, 256 << 10);
        let first = blocks.fragment(0);
        for start in 1..1000 {
            blocks.fragment(start);
            assert!(Arc::ptr_eq(&first, &blocks.fragment(0)), "dropped at {start}");
        }
        assert_eq!(blocks.fragments.lock().unwrap().len(), KEPT_BYTES / (256 << 10));
    }

    #[test]
    fn a_block_of_more_than_the_size_is_told_and_handed_out() {
        let data = b"open and hidden";
        let blocks = Blocks::new(data, XZ, 4096);
        let file = File { size: 4, blocks: vec![STORED | 15], ..File::at((u32::MAX, 0)) };
        assert_eq!(blocks.as_slice(&file, None), None);
        let unpacked = blocks.unpack(&file, None, &Limits::default());
        assert_eq!(unpacked.bytes, data);
        assert_eq!((unpacked.problems.len(), unpacked.problems[0].kind), (1, ProblemKind::Malformed));
    }

    #[test]
    fn many_threads_decode_a_fragment_block_once() {
        let decoded = std::sync::atomic::AtomicUsize::new(0);
        let blocks = Blocks::new(&[], XZ, 4096);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    blocks.fragment(7).get_or_init(|| {
                        decoded.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        // Others find their blocks while one decodes: this would hang if the cache were locked.
                        blocks.fragment(8);
                        (Vec::new(), None)
                    });
                });
            }
        });
        assert_eq!(decoded.into_inner(), 1);
    }
}
