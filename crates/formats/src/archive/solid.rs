//! Files that are compressed together, in one stream: unpacked once, in order, however they are asked for.

use crate::bytes::position;
use crate::{Limits, Problem, ProblemKind, Unpacked};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A problem that opening or reading a folder met.
pub(super) fn problem(error: &io::Error, at: usize) -> Problem {
    let kind = match error.kind() {
        io::ErrorKind::Unsupported => ProblemKind::Unsupported,
        io::ErrorKind::UnexpectedEof => ProblemKind::Truncated,
        io::ErrorKind::OutOfMemory => ProblemKind::LimitReached,
        _ => ProblemKind::Malformed,
    };
    Problem::new(kind, at as u64, error.to_string())
}

/// Contents that were passed on the way to another and are kept until they are asked for, in bytes.
const KEEP: u64 = 32 << 20;
/// An end mark and what a coder flushes are shorter.
const LEFT_MIN: usize = 16;
/// So often a block may be unpacked again from its start, where files are asked for in another order.
const RESTARTS: u32 = 64;

/// What gives the bytes of a block.
pub(super) type Stream<'a> = Box<dyn Read + Send + 'a>;

type Open<'a> = Box<dyn Fn() -> io::Result<Stream<'a>> + Send + Sync + 'a>;

/// A file's place in what a block gives, its length and its checksum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) start: u64,
    pub(super) size: u64,
    pub(super) crc: Option<u32>,
}

/// A stream whose files are unpacked one after the other, whoever asks first.
pub(super) struct Block<'a> {
    open: Open<'a>,
    /// In the order of their starts.
    parts: Vec<Part>,
    /// Where the packed bytes stand in the archive.
    at: usize,
    /// Packed bytes that nobody has read yet, where that is known.
    left: Option<Arc<AtomicUsize>>,
    state: Mutex<State<'a>>,
}

#[derive(Default)]
struct State<'a> {
    stream: Option<Stream<'a>>,
    /// Bytes that the stream has given.
    given: u64,
    /// The first part that has not been looked at.
    next: usize,
    kept: BTreeMap<usize, Unpacked>,
    kept_bytes: u64,
    starts: u32,
}

impl<'a> Block<'a> {
    /// A block of parts in the order of their starts.
    pub(super) fn new(open: Open<'a>, parts: Vec<Part>, at: usize) -> Self {
        Self { open, parts, at, left: None, state: Mutex::default() }
    }

    /// The same with a count of the packed bytes that are left: the last file tells what is behind it.
    pub(super) fn counted(self, left: Arc<AtomicUsize>) -> Self {
        Self { left: Some(left), ..self }
    }

    /// What a stream holds behind its last file.
    fn rest(&self, stream: &mut Stream, limits: &Limits) -> Option<Problem> {
        let left = self.left.as_ref()?;
        let (mut buffer, mut more) = (vec![0; 64 << 10], 0_u64);
        let mut is_cut = false;
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            more = more.saturating_add(read as u64);
            if more > limits.object_bytes || limits.stopped() {
                is_cut = true;
                break;
            }
        }
        let packed = left.load(Ordering::Relaxed);
        let detail = match (more, is_cut) {
            (0, _) if packed < LEFT_MIN => return None,
            (0, _) => format!("{packed} packed bytes are left behind the block's last file"),
            (_, true) => format!("more than {more} bytes stand behind the block's last file"),
            (_, false) => format!("{more} bytes stand behind the block's last file"),
        };
        Some(Problem::new(ProblemKind::Malformed, self.at as u64, detail))
    }

    /// The content of one of the block's files.
    pub(super) fn file(&self, index: usize, limits: &Limits) -> Unpacked {
        let mut guard = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *guard;
        if let Some(made) = state.kept.remove(&index) {
            state.kept_bytes = state.kept_bytes.saturating_sub(made.bytes.len() as u64);
            return made;
        }
        let failed = |problem| Unpacked { bytes: Vec::new(), problems: vec![problem] };
        let Some(wanted) = self.parts.get(index) else {
            return failed(Problem::new(ProblemKind::Malformed, self.at as u64, "no such file in the block"));
        };
        if state.stream.is_none() || state.next > index || state.given > wanted.start {
            if state.starts == RESTARTS {
                let detail = "the block was unpacked too often; its files are asked for out of order";
                return failed(Problem::new(ProblemKind::LimitReached, self.at as u64, detail));
            }
            state.starts += 1;
            (state.next, state.given) = (0, 0);
            match (self.open)() {
                Ok(stream) => state.stream = Some(stream),
                Err(error) => return failed(problem(&error, self.at)),
            }
        }
        loop {
            let current = state.next;
            let Some(part) = self.parts.get(current).copied() else { return Unpacked::default() };
            state.next += 1;
            // A file that begins inside another, or that would go past the one that is wanted, waits to be asked for.
            let is_wanted = current == index;
            let fits = part.start >= state.given && part.start.saturating_add(part.size) <= wanted.start;
            let keeps =
                state.kept_bytes.saturating_add(part.size) <= KEEP && !state.kept.contains_key(&current);
            if !(is_wanted || fits && keeps) {
                continue;
            }
            let gap = part.start.saturating_sub(state.given);
            let Some(stream) = state.stream.as_mut() else { return Unpacked::default() };
            let (skipped, goes_on) = self.cut(stream, Part { size: gap, ..part }, false, limits);
            let (mut made, goes_on) =
                if goes_on { self.cut(stream, part, true, limits) } else { (skipped, goes_on) };
            if goes_on && current + 1 == self.parts.len() {
                made.problems.extend(self.rest(stream, limits));
            }
            state.given = part.start.saturating_add(part.size);
            if !goes_on {
                // What follows cannot be had; whoever asks for it is told the same.
                state.stream = Some(Box::new(io::empty()));
            }
            if is_wanted {
                return made;
            }
            state.kept_bytes += made.bytes.len() as u64;
            state.kept.insert(current, made);
        }
    }

    /// Reads the next file of a stream; whether the stream can be read on.
    fn cut(&self, stream: &mut Stream, part: Part, keeps: bool, limits: &Limits) -> (Unpacked, bool) {
        let mut made = Unpacked::default();
        let mut buffer = vec![0; 64 << 10];
        let mut sum = flate2::Crc::new();
        let mut left = part.size;
        while left > 0 {
            let at = self.at as u64;
            if limits.stopped() {
                made.problems.push(Problem::new(ProblemKind::LimitReached, at, "time is up"));
                return (made, false);
            }
            let step = position(left).min(buffer.len());
            let read = match stream.read(buffer.get_mut(..step).unwrap_or_default()) {
                Ok(0) => {
                    let detail = format!("the block ends {left} bytes before this file's end");
                    made.problems.push(Problem::new(ProblemKind::Truncated, at, detail));
                    return (made, false);
                }
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    made.problems.push(problem(&error, self.at));
                    return (made, false);
                }
            };
            left = left.saturating_sub(read as u64);
            let fresh = crate::bytes::head(&buffer, read);
            if keeps {
                let room = position(limits.object_bytes).saturating_sub(made.bytes.len());
                sum.update(fresh);
                made.bytes.extend_from_slice(crate::bytes::head(fresh, room));
                if fresh.len() > room {
                    let detail = format!("the content has more than {} bytes", limits.object_bytes);
                    made.problems.push(Problem::new(ProblemKind::LimitReached, at, detail));
                    return (made, false);
                }
            }
        }
        if keeps && let Some(stated) = part.crc.filter(|stated| *stated != sum.sum()) {
            let detail = format!("CRC-32 {stated:08x} is stated, the content has {:08x}", sum.sum());
            made.problems.push(Problem::new(ProblemKind::Checksum, self.at as u64, detail));
        }
        (made, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block<'a>(content: &'a [u8], sizes: &[u64]) -> Block<'a> {
        let mut start = 0;
        let mut parts = Vec::new();
        for size in sizes {
            parts.push(Part { start, size: *size, crc: None });
            start += size;
        }
        Block::new(Box::new(move || Ok(Box::new(content))), parts, 32)
    }

    #[test]
    fn files_that_overlap_and_gaps() {
        let part = |start, size| Part { start, size, crc: None };
        let parts = vec![part(0, 5), part(1, 3), part(1, 3), part(6, 2)];
        let content = &b"abcdefgh"[..];
        let block = Block::new(Box::new(move || Ok(Box::new(content))), parts, 0);
        for (index, content) in [(3, &b"gh"[..]), (0, b"abcde"), (1, b"bcd"), (2, b"bcd"), (3, b"gh")] {
            let made = block.file(index, &Limits::default());
            assert_eq!((&made.bytes[..], made.problems.len()), (content, 0), "{index}");
        }
    }

    #[test]
    fn files_in_any_order_unpack_the_block_once() {
        let block = block(b"onetwothree", &[3, 3, 5]);
        let limits = Limits::default();
        for (index, content) in [(2, &b"three"[..]), (0, b"one"), (1, b"two")] {
            assert_eq!(block.file(index, &limits).bytes, content);
        }
        assert_eq!(block.state.lock().unwrap().starts, 1);
        assert_eq!(block.file(1, &limits).bytes, b"two");
        assert_eq!(block.state.lock().unwrap().starts, 2);
    }

    #[test]
    fn a_block_that_is_too_short_tells_every_file_behind() {
        let block = block(b"onetw", &[3, 3, 5]);
        let limits = Limits::default();
        for (index, content, problems) in [(1, &b"tw"[..], 1), (2, b"", 1), (0, b"one", 0)] {
            let made = block.file(index, &limits);
            assert_eq!((&made.bytes[..], made.problems.len()), (content, problems));
        }
    }

    #[test]
    fn restarts_are_bounded() {
        let block = block(b"onetwothree", &[3, 3, 5]);
        let limits = Limits::default();
        for _ in 0..500 {
            block.file(2, &limits);
            block.file(0, &limits);
        }
        let last = [block.file(2, &limits), block.file(0, &limits)];
        assert!(
            last.iter()
                .any(|made| made.problems.iter().any(|problem| problem.kind == ProblemKind::LimitReached))
        );
    }
}
