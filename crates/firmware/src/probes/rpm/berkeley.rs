//! The Berkeley DB form: pages of a hash table, whose values are mostly too large for them and stand in chains of their
//! own pages.

use super::{Blob, HEADER, PACKAGES, Room, half, word};
use std::borrow::Cow;

/// The mark of a hash table, at byte 12 of its first page.
const MAGIC: u32 = 0x0006_1561;
/// Bytes of a page's header.
const PAGE_HEADER: usize = 26;
/// Kinds of pages: a hash table's, unsorted and sorted.
const HASHED: [u8; 2] = [2, 13];
/// Kinds of items: a value in the page, and one in pages of its own.
const INSIDE: u8 = 1;
const OUTSIDE: u8 = 3;

/// The headers, and how many could not be reached; `None` where it is no such database.
pub(super) fn blobs(data: &[u8]) -> Option<(Vec<Blob<'_>>, usize)> {
    let big = [false, true].into_iter().find(|big| word(data, 12, *big) == Some(MAGIC))?;
    let size = usize::try_from(word(data, 20, big)?).ok()?;
    if !(512..=65_536).contains(&size) || !size.is_power_of_two() {
        return None;
    }
    let (mut blobs, mut lost, mut room): (Vec<Blob<'_>>, usize, Room) = (Vec::new(), 0, Room::of(data));
    for (number, page) in data.chunks_exact(size).enumerate().skip(1) {
        if !page.get(25).is_some_and(|kind| HASHED.contains(kind)) {
            continue;
        }
        let count = usize::from(half(page, 20, big)?);
        // Keys and values take turns.
        for value in (1..count.min(size / 2)).step_by(2) {
            let Some(at) = half(page, PAGE_HEADER + 2 * value, big).map(usize::from) else { break };
            let before = half(page, PAGE_HEADER + 2 * (value - 1), big).map(usize::from);
            if blobs.len() == PACKAGES {
                lost += 1;
                continue;
            }
            match page.get(at) {
                Some(&OUTSIDE) => match chain(data, page, at, size, big, &mut room) {
                    Some(blob) => blobs.push(blob),
                    None => lost += 1,
                },
                // The first record counts the packages; it is four bytes long.
                Some(&INSIDE) => {
                    let inner = before.and_then(|end| page.get(at + 1..end)).filter(|inner| inner.len() > 16);
                    match inner {
                        Some(inner) if room.take(inner.len()) => {
                            blobs.push(Blob::whole(number * size + at + 1, inner));
                        }
                        Some(_) => lost += 1,
                        None => {}
                    }
                }
                _ => {}
            }
        }
    }
    Some((blobs, lost))
}

/// A value that stands in pages of its own, one after the other.
fn chain<'d>(
    data: &'d [u8],
    page: &[u8],
    at: usize,
    size: usize,
    big: bool,
    room: &mut Room,
) -> Option<Blob<'d>> {
    let mut next = usize::try_from(word(page, at + 4, big)?).ok()?;
    let length = usize::try_from(word(page, at + 8, big)?).ok().filter(|length| *length <= HEADER)?;
    room.take(length).then_some(())?;
    let first = next.checked_mul(size)?.checked_add(PAGE_HEADER)?;
    let (mut blob, mut piece) = (Vec::new(), 0);
    while next != 0 && blob.len() < length {
        let page = data.get(next.checked_mul(size)?..)?.get(..size)?;
        let here = usize::from(half(page, 22, big)?);
        let part = page.get(PAGE_HEADER..PAGE_HEADER.checked_add(here)?)?;
        // An empty page would let a ring of pages go on for ever.
        if part.is_empty() {
            return None;
        }
        blob.extend_from_slice(part);
        piece = if piece == 0 { part.len().min(length) } else { piece };
        next = usize::try_from(word(page, 16, big)?).ok()?;
    }
    (blob.len() >= length).then(|| {
        blob.truncate(length);
        Blob { bytes: Cow::Owned(blob), at: first, piece }
    })
}
