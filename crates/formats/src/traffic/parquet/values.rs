//! Values of one page, in each encoding.
//!
//! Source: parquet-format, Encodings.md.

use super::delta::Deltas;
use super::footer::{Logical, Physical};
use super::levels::{Runs, packed};
use super::{Budget, Fault};
use crate::bytes::{slice, u32_le, u64_le};
use std::borrow::Cow;

/// One value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Slot {
    Missing,
    /// A number; what it counts the column says.
    Int(i64),
    Real(f64),
    Truth(bool),
    /// Bytes of the page's values, or of those of its dictionary.
    Bytes {
        start: usize,
        length: u32,
        kept: bool,
    },
}

/// The values of a page, one after the other.
pub(super) struct Values<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    kind: (Physical, Logical),
    state: State,
}

enum State {
    Plain { at: usize },
    Bits { bit: u64 },
    Truths(Runs),
    Indices(Runs),
    Deltas(Deltas),
    Spans { lengths: std::vec::IntoIter<u32>, at: usize },
}

/// Values that a page has at most where the length of each is kept.
const SPANS: u64 = 16 << 20;

impl<'a> Values<'a> {
    /// Of a page that has so many values at most; `at` is where it stands.
    pub(super) fn new(
        bytes: Cow<'a, [u8]>,
        encoding: i64,
        kind: (Physical, Logical),
        count: u64,
        at: usize,
        budget: &mut Budget,
    ) -> Result<Self, Fault> {
        let cut = || Fault::malformed(at, "values that are cut off, or lie about their number");
        let mut bytes = bytes;
        let state = match (encoding, kind.0) {
            (0, Physical::Boolean) => State::Bits { bit: 0 },
            (0, _) => State::Plain { at: 0 },
            // Without a value not even their width need be there.
            (2 | 8, _) => match bytes.first() {
                None => State::Indices(Runs::new(0, 0, 1)),
                Some(width @ 0..=32) => State::Indices(Runs::new(1, bytes.len(), u32::from(*width))),
                Some(width) => {
                    return Err(Fault::malformed(at, format!("indices of a dictionary of {width} bits")));
                }
            },
            (3, Physical::Boolean) => {
                let length = u32_le(&bytes, 0).unwrap_or_default() as usize;
                State::Truths(Runs::new(4, bytes.len().min(length.saturating_add(4)), 1))
            }
            (5, Physical::Int32 | Physical::Int64) => match Deltas::new(&bytes, 0) {
                Some(deltas) => State::Deltas(deltas),
                None if bytes.is_empty() => State::Plain { at: 0 },
                None => return Err(cut()),
            },
            (6, Physical::Bytes) => {
                let (lengths, start) = lengths(&bytes, 0, count, budget).map_err(|_| cut())?;
                State::Spans { lengths: lengths.into_iter(), at: start }
            }
            (7, Physical::Bytes | Physical::Fixed(_)) => {
                let (made, lengths) = put_together(&bytes, count, at, budget)?;
                bytes = Cow::Owned(made);
                State::Spans { lengths: lengths.into_iter(), at: 0 }
            }
            (9, physical) if size(physical).is_some() && physical != Physical::Int96 => {
                let width = size(physical).unwrap_or(1).max(1);
                budget.take(bytes.len(), at)?;
                bytes = Cow::Owned(gathered(&bytes, width));
                State::Plain { at: 0 }
            }
            (encoding, _) => {
                let what = format!("values in encoding {encoding}, which is not read of such a column");
                return Err(Fault::unsupported(at, what));
            }
        };
        Ok(Self { bytes, kind, state })
    }

    /// The next value; `None` where the bytes do not hold one.
    #[inline]
    pub(super) fn next(&mut self, dictionary: &[Slot]) -> Option<Slot> {
        match &mut self.state {
            State::Plain { at } => plain(&self.bytes, at, self.kind, false),
            State::Bits { bit } => {
                let truth = packed(&self.bytes, *bit, 1)? == 1;
                *bit += 1;
                Some(Slot::Truth(truth))
            }
            State::Truths(runs) => Some(Slot::Truth(runs.next(&self.bytes)? & 1 == 1)),
            State::Indices(runs) => dictionary.get(runs.next(&self.bytes)? as usize).copied(),
            State::Deltas(deltas) => {
                let value = deltas.next(&self.bytes)?;
                Some(Slot::Int(if self.kind.0 == Physical::Int32 {
                    of_32(value as u32, self.kind.1)
                } else {
                    value
                }))
            }
            State::Spans { lengths, at } => {
                let (start, length) = (*at, lengths.next()?);
                if let Physical::Fixed(size) = self.kind.0
                    && size != length as usize
                {
                    return None;
                }
                *at = start.checked_add(length as usize).filter(|end| *end <= self.bytes.len())?;
                Some(Slot::Bytes { start, length, kept: false })
            }
        }
    }
}

/// The bytes that each value has, where all have as many.
pub(super) fn size(physical: Physical) -> Option<usize> {
    match physical {
        Physical::Int32 | Physical::Float => Some(4),
        Physical::Int64 | Physical::Double => Some(8),
        Physical::Int96 => Some(12),
        Physical::Fixed(size) => Some(size),
        Physical::Boolean | Physical::Bytes => None,
    }
}

/// The value that begins at `at`, as it stands.
#[inline]
pub(super) fn plain(bytes: &[u8], at: &mut usize, kind: (Physical, Logical), kept: bool) -> Option<Slot> {
    let from = *at;
    let (slot, end) = match kind.0 {
        Physical::Int32 => (Slot::Int(of_32(u32_le(bytes, from)?, kind.1)), from + 4),
        Physical::Int64 => (Slot::Int(u64_le(bytes, from)? as i64), from + 8),
        Physical::Float => (Slot::Real(f64::from(f32::from_bits(u32_le(bytes, from)?))), from + 4),
        Physical::Double => (Slot::Real(f64::from_bits(u64_le(bytes, from)?)), from + 8),
        Physical::Bytes => {
            let length = u32_le(bytes, from)?;
            let start = from + 4;
            slice(bytes, start, length as usize)?;
            (Slot::Bytes { start, length, kept }, start + length as usize)
        }
        Physical::Int96 | Physical::Fixed(_) => {
            let length = size(kind.0)?;
            slice(bytes, from, length)?;
            (Slot::Bytes { start: from, length: u32::try_from(length).ok()?, kept }, from + length)
        }
        Physical::Boolean => return None,
    };
    *at = end;
    Some(slot)
}

fn of_32(value: u32, logical: Logical) -> i64 {
    if logical == Logical::Unsigned { i64::from(value) } else { i64::from(value as i32) }
}

/// Lengths as differences, at most so many, and where the bytes behind them begin.
fn lengths(bytes: &[u8], at: usize, count: u64, budget: &mut Budget) -> Result<(Vec<u32>, usize), ()> {
    // A page without values may have nothing.
    if at >= bytes.len() {
        return Ok((Vec::new(), at));
    }
    let mut deltas = Deltas::new(bytes, at).ok_or(())?;
    let stated = deltas.left();
    if stated > count.min(SPANS) || budget.take(4 * stated as usize, at).is_err() {
        return Err(());
    }
    let mut lengths = Vec::with_capacity(stated as usize);
    for _ in 0..stated {
        lengths.push(deltas.next(bytes).and_then(|length| u32::try_from(length).ok()).ok_or(())?);
    }
    Ok((lengths, deltas.end()))
}

/// Values of which each states how much of the one before it begins with, put together; and the length of each.
fn put_together(
    bytes: &[u8],
    count: u64,
    at: usize,
    budget: &mut Budget,
) -> Result<(Vec<u8>, Vec<u32>), Fault> {
    let cut = || Fault::malformed(at, "values that are cut off, or lie about their number");
    let (prefixes, behind) = lengths(bytes, 0, count, budget).map_err(|()| cut())?;
    let (suffixes, mut from) = lengths(bytes, behind, count, budget).map_err(|()| cut())?;
    let total = prefixes.iter().chain(&suffixes).map(|length| u64::from(*length)).sum::<u64>();
    if prefixes.len() != suffixes.len() {
        return Err(cut());
    }
    budget.take(usize::try_from(total).unwrap_or(usize::MAX), at)?;
    let mut made: Vec<u8> = Vec::new();
    let mut ends = Vec::with_capacity(prefixes.len());
    let mut before = 0;
    for (prefix, suffix) in prefixes.iter().zip(&suffixes) {
        let (prefix, suffix) = (*prefix as usize, *suffix as usize);
        let start = made.len();
        if prefix > start - before {
            return Err(cut());
        }
        made.extend_from_within(before..before + prefix);
        made.extend_from_slice(slice(bytes, from, suffix).ok_or_else(cut)?);
        from += suffix;
        before = start;
        ends.push(u32::try_from(made.len() - start).map_err(|_| cut())?);
    }
    Ok((made, ends))
}

/// Values whose first bytes stand together, then their second ones, and so on.
fn gathered(bytes: &[u8], width: usize) -> Vec<u8> {
    let count = bytes.len() / width;
    let mut made = vec![0; count * width];
    for (number, stream) in bytes.chunks_exact(count.max(1)).take(width).enumerate() {
        for (value, byte) in made.chunks_exact_mut(width).zip(stream) {
            if let Some(target) = value.get_mut(number) {
                *target = *byte;
            }
        }
    }
    made
}
