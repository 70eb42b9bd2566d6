//! Directory records, and numbers that stand in both byte orders.

use crate::bytes::{slice, tail, u16_be, u16_le, u32_be, u32_le};

pub(super) const SECTOR: usize = 2048;
const DIRECTORY: u8 = 2;
const ASSOCIATED: u8 = 4;
const CONTINUES: u8 = 0x80;

/// A number in little endian, then in big endian.
#[derive(Clone, Copy)]
pub(super) struct Both {
    pub value: u32,
    pub agree: bool,
}

pub(super) fn both_32(bytes: &[u8], at: usize) -> Option<Both> {
    let (little, big) = (u32_le(bytes, at)?, u32_be(bytes, at + 4)?);
    Some(Both { value: little, agree: little == big })
}

pub(super) fn both_16(bytes: &[u8], at: usize) -> Option<Both> {
    let (little, big) = (u16_le(bytes, at)?, u16_be(bytes, at + 2)?);
    Some(Both { value: little.into(), agree: little == big })
}

/// A record of a directory.
pub(super) struct Record<'a> {
    /// Where it stands in the image.
    pub at: u64,
    pub block: u32,
    pub size: u32,
    pub name: &'a [u8],
    pub flags: u8,
    pub interleaved: bool,
    pub mtime: Option<i64>,
    /// Whether the numbers agree in both byte orders.
    pub agree: bool,
    /// What stands behind the name, for Rock Ridge.
    pub system_use: &'a [u8],
}

impl<'a> Record<'a> {
    /// The record at the start of the bytes, and its length.
    pub(super) fn parse(bytes: &'a [u8], at: u64) -> Option<(Self, usize)> {
        let length = usize::from(*bytes.first()?);
        Some((Self::with_length(slice(bytes, 0, length)?, at)?, length))
    }

    /// The record that takes all of the bytes, whatever length it states.
    fn with_length(record: &'a [u8], at: u64) -> Option<Self> {
        let (block, size) = (both_32(record, 2)?, both_32(record, 10)?);
        let name_length = usize::from(*record.get(32)?);
        let name = slice(record, 33, name_length)?;
        let extended = u32::from(*record.get(1)?);
        let record = Self {
            at,
            block: block.value.checked_add(extended)?,
            size: size.value,
            name,
            flags: *record.get(25)?,
            interleaved: *record.get(26)? != 0 || *record.get(27)? != 0,
            mtime: short_time(slice(record, 18, 7)?),
            agree: block.agree && size.agree,
            system_use: tail(record, (33 + name_length).next_multiple_of(2)),
        };
        (name_length > 0).then_some(record)
    }

    pub(super) fn is_directory(&self) -> bool {
        self.flags & DIRECTORY != 0
    }

    pub(super) fn is_associated(&self) -> bool {
        self.flags & ASSOCIATED != 0
    }

    /// Whether the next record holds more of the same file.
    pub(super) fn continues(&self) -> bool {
        self.flags & CONTINUES != 0
    }

    /// Whether it is the directory itself, or its parent.
    pub(super) fn is_self_or_parent(&self) -> bool {
        matches!(self.name, [0 | 1])
    }
}

/// What stands in a directory.
pub(super) enum Found<'a> {
    Record(Record<'a>),
    /// Something that is no record, here.
    Strange(u64),
    /// So many bytes that are not zero, behind a zero that ends the records of a sector.
    Hidden(u64, usize),
}

/// What stands in a directory's bytes. Behind what is no record, the next one of its sector is read all the same.
pub(super) fn records<'a>(bytes: &'a [u8], start: u64) -> impl Iterator<Item = Found<'a>> {
    let mut at = 0;
    // A record whose length is lost, and where it would end.
    let mut lost: Option<(usize, usize)> = None;
    std::iter::from_fn(move || {
        if let Some((from, end)) = lost.take() {
            let record = bytes.get(from..end).filter(|record| is_plausible(record));
            if let Some(record) = record.and_then(|record| Record::with_length(record, start + from as u64)) {
                return Some(Found::Record(record));
            }
        }
        loop {
            let length = *bytes.get(at)?;
            let here = start + at as u64;
            let end = (at + 1).next_multiple_of(SECTOR).min(bytes.len());
            if length > 0
                && let Some((record, length)) = Record::parse(tail(bytes, at), here)
            {
                at += length;
                return Some(Found::Record(record));
            }
            let rest = bytes.get(at..end).unwrap_or_default();
            let set = rest.iter().filter(|byte| **byte != 0).count();
            let next = (at + 2..end)
                .step_by(2)
                .find(|next| *bytes.get(*next).unwrap_or(&0) != 0 && stands(bytes, *next));
            let (from, stop) = (at, next.unwrap_or(end));
            // Records do not cross sectors.
            at = next.unwrap_or((at + 1).next_multiple_of(SECTOR));
            if length > 0 {
                return Some(Found::Strange(here));
            }
            if set > 0 {
                lost = Some((from, stop.min(from + usize::from(u8::MAX))));
                return Some(Found::Hidden(here, set));
            }
        }
    })
}

/// Whether a record stands there beyond doubt.
pub(super) fn stands(bytes: &[u8], at: usize) -> bool {
    let record = tail(bytes, at);
    let length = record.first().map_or(0, |length| usize::from(*length));
    length.is_multiple_of(2) && slice(record, 0, length).is_some_and(is_plausible)
}

/// Whether all numbers of a record agree in both byte orders, its time is one, and its name has its place.
fn is_plausible(record: &[u8]) -> bool {
    let agrees = |both: Option<Both>| both.is_some_and(|both| both.agree);
    let name = record.get(32).map_or(0, |length| usize::from(*length));
    agrees(both_32(record, 2))
        && agrees(both_32(record, 10))
        && both_16(record, 28).is_some_and(|both| both.agree && both.value > 0)
        && slice(record, 18, 7).and_then(short_time).is_some()
        && name > 0
        && slice(record, 33, name).is_some()
}

/// Years since 1900, month, day, hour, minute, second, quarters of an hour from UTC.
pub(super) fn short_time(bytes: &[u8]) -> Option<i64> {
    let [year, month, day, hour, minute, second, zone] = *bytes else { return None };
    if !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let days = crate::time::days(1900 + i64::from(year), month.into(), day.into());
    let clock = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Some(days * 86_400 + clock - i64::from(zone.cast_signed()) * 900)
}

/// The same in sixteen digits and a byte.
pub(super) fn long_time(bytes: &[u8]) -> Option<i64> {
    let digits = slice(bytes, 0, 16)?;
    let number =
        |from: usize, to: usize| std::str::from_utf8(digits.get(from..to)?).ok()?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    if !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let clock = number(8, 10)? * 3600 + number(10, 12)? * 60 + number(12, 14)?;
    let zone = i64::from(bytes.get(16)?.cast_signed());
    Some(crate::time::days(year, month, day) * 86_400 + clock - zone * 900)
}
