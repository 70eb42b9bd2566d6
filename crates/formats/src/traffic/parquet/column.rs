//! One column of one group of rows, page by page.

use super::codec::unpack;
use super::footer::{Logical, Physical};
use super::groups::Chunk;
use super::levels::Runs;
use super::page::{Header, Kind, Second};
use super::values::{Slot, Values, plain};
use super::{Budget, Fault};
use crate::bytes::{slice, tail, u32_le};
use crate::compression::crc32::crc32;
use std::borrow::Cow;

/// Where reading of a column stands.
pub(super) struct Pages<'a> {
    file: &'a [u8],
    kind: (Physical, Logical),
    optional: bool,
    chunk: Chunk,
    /// Of the next page.
    at: usize,
    /// Values in pages that are to come, as it is stated.
    left: u64,
    dictionary: Option<(Vec<Slot>, Cow<'a, [u8]>)>,
    page: Option<Page<'a>>,
}

/// A page that is being read.
struct Page<'a> {
    at: usize,
    left: u64,
    /// Which values there are, where some may be missing.
    levels: Option<(Cow<'a, [u8]>, Runs)>,
    values: Values<'a>,
    /// Bytes that it has of the budget.
    taken: usize,
}

impl<'a> Pages<'a> {
    pub(super) fn new(file: &'a [u8], kind: (Physical, Logical), optional: bool, chunk: Chunk) -> Self {
        let (at, left) = (chunk.range.start, chunk.values);
        Self { file, kind, optional, chunk, at, left, dictionary: None, page: None }
    }

    /// How many values the page has that is being read, or the next one that has any.
    pub(super) fn available(
        &mut self,
        budget: &mut Budget,
        tell: &mut dyn FnMut(Fault),
    ) -> Result<u64, Fault> {
        loop {
            match &self.page {
                Some(page) if page.left > 0 => return Ok(page.left),
                Some(page) => budget.give(page.taken),
                None => {}
            }
            self.page = None;
            self.next_page(budget, tell)?;
        }
    }

    /// Adds so many values, no more than are available.
    pub(super) fn fill(&mut self, count: u64, slots: &mut Vec<Slot>) -> Result<(), Fault> {
        let dictionary = self.dictionary.as_ref().map(|(slots, _)| slots.as_slice()).unwrap_or_default();
        let Some(page) = &mut self.page else { return Ok(()) };
        page.left = page.left.saturating_sub(count);
        for _ in 0..count {
            let there = match &mut page.levels {
                None => true,
                Some((bytes, runs)) => match runs.next(bytes) {
                    Some(level @ (0 | 1)) => level == 1,
                    Some(level) => {
                        return Err(Fault::malformed(page.at, format!("a value at level {level} of 1")));
                    }
                    None => {
                        let what = "it is not said of each value whether it is missing";
                        return Err(Fault::malformed(page.at, what));
                    }
                },
            };
            slots.push(if there {
                let value = page.values.next(dictionary);
                value.ok_or_else(|| {
                    Fault::malformed(page.at, "fewer values than stated, or none of the dictionary")
                })?
            } else {
                Slot::Missing
            });
        }
        Ok(())
    }

    /// The bytes of a value, until the next page.
    #[inline]
    pub(super) fn bytes(&self, start: usize, length: u32, kept: bool) -> &[u8] {
        let all = match (&self.dictionary, &self.page) {
            (Some((_, bytes)), _) if kept => bytes,
            (_, Some(page)) => &page.values.bytes,
            _ => return &[],
        };
        slice(all, start, length as usize).unwrap_or_default()
    }

    fn next_page(&mut self, budget: &mut Budget, tell: &mut dyn FnMut(Fault)) -> Result<(), Fault> {
        let at = self.at;
        let rest = self.file.get(at..self.chunk.range.end).unwrap_or_default();
        if rest.is_empty() {
            return Err(Fault::malformed(at, "the pages of a column end before its rows do"));
        }
        let header = Header::of(rest, at)?;
        let body = slice(rest, header.length, header.size).ok_or_else(|| {
            let (size, there) = (header.size, rest.len() - header.length);
            Fault::malformed(at, format!("a page of {size} bytes, where its column has {there} more"))
        })?;
        self.at = at + header.length + header.size;
        if header.crc.is_some_and(|stated| stated != crc32(body)) {
            tell(Fault {
                kind: crate::ProblemKind::Checksum,
                ..Fault::malformed(at, "a page's CRC-32 does not fit")
            });
        }
        match header.kind {
            Kind::Other => Ok(()),
            Kind::Dictionary => self.take_dictionary(&header, body, at, budget),
            Kind::Data(second) => {
                if header.values > self.left {
                    let (values, left) = (header.values, self.left);
                    let what = format!("a page of {values} values, where its column has {left} more");
                    return Err(Fault::malformed(at, what));
                }
                self.left -= header.values;
                let before = budget.left();
                let (levels, bytes) = match second {
                    None => self.first_sort(&header, body, at, budget)?,
                    Some(second) => self.second_sort(&header, second, body, at, budget)?,
                };
                if matches!(header.encoding, 2 | 8) && self.dictionary.is_none() && header.values > 0 {
                    return Err(Fault::malformed(at, "indices of a dictionary that there is not"));
                }
                let values = Values::new(bytes, header.encoding, self.kind, header.values, at, budget)?;
                let taken = before.saturating_sub(budget.left());
                self.page = Some(Page { at, left: header.values, levels, values, taken });
                Ok(())
            }
        }
    }

    fn unpacked(
        &self,
        body: &'a [u8],
        size: usize,
        at: usize,
        budget: &mut Budget,
    ) -> Result<Cow<'a, [u8]>, Fault> {
        // Of some writers' pages without values nothing is packed.
        if size == 0 {
            return Ok(Cow::Borrowed(&[]));
        }
        if self.chunk.codec != 0 {
            budget.take(size, at)?;
        }
        unpack(self.chunk.codec, body, size)
            .map_err(|why| Fault::malformed(at, format!("a page that cannot be unpacked: {why}")))
    }

    fn take_dictionary(
        &mut self,
        header: &Header,
        body: &'a [u8],
        at: usize,
        budget: &mut Budget,
    ) -> Result<(), Fault> {
        if self.dictionary.is_some() {
            return Err(Fault::malformed(at, "a second dictionary"));
        }
        if !matches!(header.encoding, 0 | 2) {
            let what = format!("a dictionary in encoding {}, which is not read", header.encoding);
            return Err(Fault::unsupported(at, what));
        }
        let bytes = self.unpacked(body, header.unpacked, at, budget)?;
        // Each value takes a byte at least.
        let most = header.values.min(bytes.len() as u64) as usize;
        budget.take(most.saturating_mul(size_of::<Slot>()), at)?;
        let mut slots = Vec::with_capacity(most);
        let mut from = 0;
        for _ in 0..header.values {
            let slot = plain(&bytes, &mut from, self.kind, true);
            slots.push(
                slot.ok_or_else(|| Fault::malformed(at, "a dictionary with fewer values than it states"))?,
            );
        }
        self.dictionary = Some((slots, bytes));
        Ok(())
    }

    /// Levels and values are packed together.
    fn first_sort(
        &self,
        header: &Header,
        body: &'a [u8],
        at: usize,
        budget: &mut Budget,
    ) -> Result<Parts<'a>, Fault> {
        let bytes = self.unpacked(body, header.unpacked, at, budget)?;
        if !self.optional {
            return Ok((None, bytes));
        }
        if header.levels != 3 {
            let what = format!("levels in encoding {}, which are not read", header.levels);
            return Err(Fault::unsupported(at, what));
        }
        let length = u32_le(&bytes, 0).map_or(usize::MAX, |length| length as usize);
        let levels =
            slice(&bytes, 4, length).ok_or_else(|| Fault::malformed(at, "levels that are cut off"))?;
        budget.take(levels.len(), at)?;
        let runs = Runs::new(0, length, 1);
        let levels = Some((Cow::Owned(levels.to_vec()), runs));
        let values = match bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(tail(bytes, 4 + length)),
            Cow::Owned(mut bytes) => {
                bytes.drain(..4 + length);
                Cow::Owned(bytes)
            }
        };
        Ok((levels, values))
    }

    /// Levels stand before the values, as they are.
    fn second_sort(
        &self,
        header: &Header,
        second: Second,
        body: &'a [u8],
        at: usize,
        budget: &mut Budget,
    ) -> Result<Parts<'a>, Fault> {
        let before = second.definition + second.repetition;
        let unpacked = header.unpacked.checked_sub(before).filter(|_| before <= body.len());
        let size = unpacked.ok_or_else(|| Fault::malformed(at, "levels that are longer than their page"))?;
        let levels = slice(body, second.repetition, second.definition).unwrap_or_default();
        let levels = self.optional.then(|| (Cow::Borrowed(levels), Runs::new(0, levels.len(), 1)));
        let body = tail(body, before);
        let values =
            if !second.packed { Cow::Borrowed(body) } else { self.unpacked(body, size, at, budget)? };
        Ok((levels, values))
    }
}

/// Levels and values of a page.
type Parts<'a> = (Option<(Cow<'a, [u8]>, Runs)>, Cow<'a, [u8]>);
