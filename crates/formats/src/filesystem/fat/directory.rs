//! Directories: entries of 32 bytes, with long names in entries of their own before them.

use crate::bytes::{slice, u16_le, u32_le};
use crate::{Problem, ProblemKind};

pub(super) const ENTRY: usize = 32;
const LONG: u8 = 0x0f;
const LABEL: u8 = 0x08;
const DIRECTORY: u8 = 0x10;
const DELETED: u8 = 0xe5;
/// A long name has at most this many entries of 13 characters.
const LONG_MAX: u8 = 20;

#[derive(Debug)]
pub(super) struct Item {
    pub name: Vec<u8>,
    pub is_directory: bool,
    pub first: u32,
    pub size: u32,
    pub mtime: Option<i64>,
    /// Where it stands in the image.
    pub at: u64,
}

#[derive(Debug, Default)]
pub(super) struct Listing {
    pub items: Vec<Item>,
    pub deleted: u64,
    pub label: Option<Vec<u8>>,
}

/// A long name that is being put together, last part first.
#[derive(Default)]
struct Pending {
    units: Vec<u16>,
    next: u8,
    sum: u8,
}

/// Reads the entries of a directory's bytes; `at` tells where each stands in the image.
pub(super) fn read(
    bytes: &[u8],
    at: impl Fn(usize) -> u64,
    wide: bool,
    listing: &mut Listing,
    problems: &mut Vec<Problem>,
) {
    let mut pending: Option<Pending> = None;
    for (number, entry) in bytes.chunks_exact(ENTRY).enumerate() {
        let (Some(first), Some(kind)) = (entry.first().copied(), entry.get(11).copied()) else { return };
        if first == 0 {
            return;
        }
        let place = at(number * ENTRY);
        if first == DELETED {
            listing.deleted += u64::from(kind != LONG);
            pending = None;
            continue;
        }
        if kind & 0x3f == LONG {
            pending = long_part(entry, pending.take());
            continue;
        }
        if kind & LABEL != 0 && kind & DIRECTORY == 0 {
            listing.label = Some(trim(entry.get(..11).unwrap_or_default()).to_vec());
            pending = None;
            continue;
        }
        let short = entry.get(..11).unwrap_or_default();
        let long = pending.take().filter(|pending| pending.next == 0 && pending.sum == checksum(short));
        let name = match long {
            Some(pending) => long_name(&pending.units),
            None => short_name(short, entry.get(12).copied().unwrap_or_default()),
        };
        if matches!(name.as_slice(), b"." | b"..") {
            continue;
        }
        if name.is_empty() || name.iter().any(|byte| matches!(byte, 0 | b'/')) || kind & 0xc0 != 0 {
            let detail = "a directory entry with a name or attributes that FAT does not allow";
            problems.push(Problem::new(ProblemKind::Undefined, place, detail));
        }
        let high = if wide { u16_le(entry, 20).unwrap_or_default() } else { 0 };
        listing.items.push(Item {
            name,
            is_directory: kind & DIRECTORY != 0,
            first: u32::from(high) << 16 | u32::from(u16_le(entry, 26).unwrap_or_default()),
            size: u32_le(entry, 28).unwrap_or_default(),
            mtime: time(u16_le(entry, 24).unwrap_or_default(), u16_le(entry, 22).unwrap_or_default()),
            at: place,
        });
    }
}

fn long_part(entry: &[u8], pending: Option<Pending>) -> Option<Pending> {
    let (order, sum) = (*entry.first()?, *entry.get(13)?);
    let number = order & 0x3f;
    let mut pending = if order & 0x40 != 0 && (1..=LONG_MAX).contains(&number) {
        Pending { units: Vec::new(), next: number, sum }
    } else {
        pending.filter(|pending| pending.next == number && pending.sum == sum && number > 0)?
    };
    let pieces = [slice(entry, 1, 10)?, slice(entry, 14, 12)?, slice(entry, 28, 4)?].concat();
    let (units, _) = pieces.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    pending.units.splice(0..0, units);
    pending.next = number - 1;
    Some(pending)
}

fn long_name(units: &[u16]) -> Vec<u8> {
    let units = units.iter().copied().take_while(|unit| *unit != 0);
    let text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.into_bytes()
}

/// Code page 437 from 0x80 on: what Linux and the first PCs take short names for.
const CODE_PAGE: &str = "\
ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

fn character(byte: u8) -> char {
    match byte.checked_sub(0x80) {
        Some(high) => CODE_PAGE.chars().nth(high.into()).unwrap_or(char::REPLACEMENT_CHARACTER),
        None => char::from(byte),
    }
}

/// A short name with its dot; two bits tell that base or extension are in lower case.
fn short_name(short: &[u8], case: u8) -> Vec<u8> {
    let (base, extension) = short.split_at_checked(8).unwrap_or_default();
    let text = |bytes: &[u8], bit: u8| {
        let text: String = bytes.iter().map(|byte| character(*byte)).collect();
        if case & bit == 0 { text } else { text.to_lowercase() }
    };
    let mut base = trim(base).to_vec();
    if let Some(first) = base.first_mut().filter(|first| **first == 0x05) {
        *first = DELETED;
    }
    let mut name = text(&base, 0x08);
    let extension = text(trim(extension), 0x10);
    if !extension.is_empty() {
        name.push('.');
        name.push_str(&extension);
    }
    name.into_bytes()
}

pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, b' ' | 0)).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

/// The checksum over a short name that each part of its long name repeats.
fn checksum(short: &[u8]) -> u8 {
    short.iter().fold(0_u8, |sum, byte| sum.rotate_right(1).wrapping_add(*byte))
}

/// A date and time of DOS in seconds since 1970, taken for UTC: FAT stores local time without its zone.
fn time(date: u16, time: u16) -> Option<i64> {
    let (year, month, day) = (i64::from(date >> 9) + 1980, i64::from(date >> 5 & 15), i64::from(date & 31));
    if !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let seconds = i64::from(time >> 11) * 3600 + i64::from(time >> 5 & 63) * 60 + i64::from(time & 31) * 2;
    Some(crate::time::days(year, month, day) * 86_400 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_times() {
        assert_eq!(short_name(b"README  TXT", 0), b"README.TXT");
        assert_eq!(short_name(b"README  TXT", 0x18), b"readme.txt");
        assert_eq!(short_name(b"\x05X         ", 0), "σX".as_bytes());
        assert_eq!(short_name(b"GR\x9a\xe1E   TXT", 0x18), "grüße.txt".as_bytes());
        assert_eq!(time(0x2b29, 0x0db4), Some(999_999_940));
        assert_eq!(time(0, 0), None);
    }
}
