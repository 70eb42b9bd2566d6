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
        let record = slice(bytes, 0, length)?;
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
        (name_length > 0).then_some((record, length))
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

/// The records of a directory's bytes; `Err` tells where something else stands.
pub(super) fn records<'a>(bytes: &'a [u8], start: u64) -> impl Iterator<Item = Result<Record<'a>, u64>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let length = *bytes.get(at)?;
            if length == 0 {
                // Records do not cross sectors.
                at = (at + 1).next_multiple_of(SECTOR);
                continue;
            }
            let here = start + at as u64;
            return Some(match Record::parse(tail(bytes, at), here) {
                Some((record, length)) => {
                    at += length;
                    Ok(record)
                }
                None => {
                    at = (at + 1).next_multiple_of(SECTOR);
                    Err(here)
                }
            });
        }
    })
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
