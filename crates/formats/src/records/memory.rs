//! The memory that records describe: stretches of bytes, in order of their addresses.

use crate::bytes::{head, position, tail};
use crate::{Content, Entry, Limits, Place, Problem, ProblemKind, Reading};

/// Records that a file may have before it counts as one when carved from unknown bytes.
const CONVINCING: usize = 4;
/// Bytes of a line; no record has more.
const LINE_MAX: usize = 1024;
/// Problems of one file that are told one by one.
const PROBLEMS_MAX: usize = 64;

/// What a line of a file is.
pub(super) enum Line {
    /// Bytes for an address.
    Data(u64, Vec<u8>),
    /// A record without data for the memory.
    Other,
    /// The record that ends the file.
    End,
}

/// A format's reading of one line, without its line end: the line, and what is wrong with it.
pub(super) trait Records {
    /// What a record starts with.
    const MARK: u8;
    /// Whether every file ends with an ending record. Some tools leave it out where there is no entry point.
    const ENDS: bool;
    /// `None` when the line is no record at all. A record whose checksum does not fit is one, with a problem.
    fn line(&mut self, text: &[u8]) -> Option<(Line, Option<(ProblemKind, String)>)>;
    /// Facts gathered on the way.
    fn attributes(&mut self) -> Vec<(&'static str, String)>;
}

/// Reads lines up to the ending record or the first line that is none.
pub(super) fn read<'a, R: Records>(
    mut records: R,
    data: &[u8],
    place: Place,
    limits: &Limits,
    sink: &mut dyn FnMut(Entry<'a>),
) -> Option<Reading> {
    let mut memory = Memory::default();
    let mut problems = Problems::default();
    let (mut at, mut count, mut bad, mut ended, mut stopped) = (0, 0_usize, 0_usize, false, false);
    while !ended && !stopped {
        if limits.stopped() {
            problems.tell(ProblemKind::LimitReached, at, "time is up".to_owned());
            stopped = true;
            continue;
        }
        let (text, next) = line(data, at);
        let text = text.trim_ascii_end();
        if text.is_empty() && count > 0 && tail(data, next).starts_with(&[R::MARK]) {
            at = next;
            continue;
        }
        let Some((line, problem)) = records.line(text) else { break };
        count += 1;
        if let Some((kind, detail)) = problem {
            bad += 1;
            problems.tell(kind, at, detail);
        }
        match line {
            Line::Data(address, bytes) => {
                if memory.bytes.len() + bytes.len() > position(limits.object_bytes) {
                    let detail = format!("stopped after {} bytes", memory.bytes.len());
                    problems.tell(ProblemKind::LimitReached, at, detail);
                    stopped = true;
                } else if !memory.put(address, &bytes, at) {
                    bad += 1;
                    problems.tell(
                        ProblemKind::Malformed,
                        at,
                        format!("address {address:#x} is past the end"),
                    );
                }
            }
            Line::Other => {}
            Line::End => ended = true,
        }
        at = next;
    }
    // One line, or lines that are mostly wrong, may be chance.
    let enough = if ended { 2 } else { CONVINCING };
    if count == 0 || (place == Place::Inside && (count < enough || bad * 4 > count)) {
        return None;
    }
    if !ended && !stopped {
        let rest = tail(data, at);
        if rest.is_empty()
            || (rest.first() == Some(&R::MARK) && rest.len() < LINE_MAX && !rest.contains(&b'\n'))
        {
            let detail = "the data ends without an ending record".to_owned();
            let kind =
                if R::ENDS || !rest.is_empty() { ProblemKind::Truncated } else { ProblemKind::Undefined };
            problems.tell(kind, data.len(), detail);
            at = data.len();
        } else {
            problems.tell(ProblemKind::Malformed, at, "the records stop without an ending one".to_owned());
        }
    }
    let (stretches, overlapping) = memory.stretches();
    for piece in overlapping {
        let (from, to) = (piece.address, piece.end());
        problems.tell(
            ProblemKind::Malformed,
            piece.line,
            format!("what stands from {from:#x} to {to:#x} was written twice"),
        );
    }
    let mut attributes = vec![("records", count.to_string()), ("bytes", memory.bytes.len().to_string())];
    attributes.extend(records.attributes());
    for (number, (address, bytes)) in stretches.into_iter().enumerate() {
        if number as u64 >= limits.entries {
            problems.tell(
                ProblemKind::LimitReached,
                0,
                format!("stopped after {number} stretches of memory"),
            );
            break;
        }
        sink(Entry::stream(format!("{address:08x}").into_bytes(), Content::Owned(bytes), None));
    }
    Some(Reading { size: at.clamp(1, data.len()), attributes, problems: problems.0 })
}

/// What is wrong, so many times and no more.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn tell(&mut self, kind: ProblemKind, at: usize, detail: String) {
        match self.0.len() {
            ..PROBLEMS_MAX => self.0.push(Problem::new(kind, at as u64, detail)),
            PROBLEMS_MAX => self.0.push(Problem::new(kind, at as u64, "and more of that kind from here on")),
            // A limit hides more than any line, so it is told all the same.
            _ if kind == ProblemKind::LimitReached => self.0.push(Problem::new(kind, at as u64, detail)),
            _ => {}
        }
    }
}

/// The line at `at` without its end, and where the next one starts. Lines end with LF, CR LF, CR alone or CR CR LF.
fn line(data: &[u8], at: usize) -> (&[u8], usize) {
    let rest = tail(data, at);
    let near = head(rest, LINE_MAX);
    let length = near.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(near.len());
    let text = head(rest, length);
    let ends = tail(rest, length);
    let returns = ends.iter().take(2).take_while(|byte| **byte == b'\r').count();
    let feed = usize::from(ends.get(returns) == Some(&b'\n'));
    (text, at + length + returns + feed)
}

/// What records put where, in the order of the file.
#[derive(Default)]
struct Memory {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

/// Bytes for one address: as many records as follow each other without a gap.
struct Piece {
    address: u64,
    /// Where they stand among all bytes.
    bytes: std::ops::Range<usize>,
    /// Where the first record stands in the file.
    line: usize,
}

impl Piece {
    fn end(&self) -> u64 {
        self.address + self.bytes.len() as u64
    }
}

impl Memory {
    /// Adds a record's bytes; whether they fit below the end of the address space.
    fn put(&mut self, address: u64, bytes: &[u8], line: usize) -> bool {
        if bytes.is_empty() {
            return true;
        }
        if address.checked_add(bytes.len() as u64).is_none() {
            return false;
        }
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        match self.pieces.last_mut() {
            Some(last) if last.end() == address => last.bytes.end = self.bytes.len(),
            _ => self.pieces.push(Piece { address, bytes: from..self.bytes.len(), line }),
        }
        true
    }

    /// The stretches of memory that hold something, in order of their addresses, and the pieces that something else was
    /// written over: of two records for one address the later stands.
    fn stretches(&self) -> (Vec<(u64, Vec<u8>)>, Vec<&Piece>) {
        let mut sorted: Vec<&Piece> = self.pieces.iter().collect();
        sorted.sort_by_key(|piece| piece.address);
        let mut spans: Vec<(u64, u64)> = Vec::new();
        let mut overlapping = Vec::new();
        for piece in sorted {
            match spans.last_mut() {
                Some((_, end)) if piece.address <= *end => {
                    if piece.address < *end {
                        overlapping.push(piece);
                    }
                    *end = piece.end().max(*end);
                }
                _ => spans.push((piece.address, piece.end())),
            }
        }
        let mut stretches: Vec<(u64, Vec<u8>)> =
            spans.iter().map(|(start, end)| (*start, vec![0; position(end - start)])).collect();
        for piece in &self.pieces {
            let index = stretches.partition_point(|(start, _)| *start <= piece.address).wrapping_sub(1);
            let Some((start, stretch)) = stretches.get_mut(index) else { continue };
            let from = position(piece.address - *start);
            let place = stretch.get_mut(from..from + piece.bytes.len());
            if let (Some(place), Some(bytes)) = (place, self.bytes.get(piece.bytes.clone())) {
                place.copy_from_slice(bytes);
            }
        }
        (stretches, overlapping)
    }
}

/// Pairs of hexadecimal digits as bytes.
pub(super) fn bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// The value of a hexadecimal digit.
pub(super) fn digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// Hexadecimal digits as a number.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    if digits.len() > 16 {
        return None;
    }
    digits.iter().try_fold(0, |sum, one| Some(sum << 4 | u64::from(digit(*one)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// What a map from address to byte says, whatever the order and however they overlap.
        #[test]
        fn stretches_are_what_was_written_last(
            records in prop::collection::vec((0u64..200, prop::collection::vec(any::<u8>(), 0..20)), 0..30)
        ) {
            let mut memory = Memory::default();
            let mut plain = BTreeMap::new();
            for (address, bytes) in &records {
                prop_assert!(memory.put(*address, bytes, 0));
                plain.extend(bytes.iter().enumerate().map(|(at, byte)| (address + at as u64, *byte)));
            }
            let (stretches, _) = memory.stretches();
            for pair in stretches.windows(2) {
                prop_assert!(pair[0].0 + (pair[0].1.len() as u64) < pair[1].0);
            }
            let flat: BTreeMap<u64, u8> = stretches
                .iter()
                .flat_map(|(start, bytes)| bytes.iter().enumerate().map(move |(at, byte)| (start + at as u64, *byte)))
                .collect();
            prop_assert_eq!(flat, plain);
        }
    }

    #[test]
    fn the_end_of_the_address_space() {
        let mut memory = Memory::default();
        assert!(!memory.put(u64::MAX, b"ab", 0));
        assert!(memory.put(u64::MAX - 2, b"ab", 0));
        assert_eq!(number(b"ffffffffffffffff"), Some(u64::MAX));
        assert_eq!(number(b"00000000000000001"), None);
        assert_eq!(bytes(b"0aF"), None);
        assert_eq!(bytes(b"0aFf"), Some(vec![10, 255]));
    }
}
