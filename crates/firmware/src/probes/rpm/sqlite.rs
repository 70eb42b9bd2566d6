//! The SQLite form: the table `Packages`, a b-tree whose rows hold a number and the header.

use super::{Blob, HEADER, PACKAGES, Room, half, word};
use std::borrow::Cow;

/// Levels of a b-tree; twenty hold more rows than a file can.
const LEVELS: usize = 20;
/// Kinds of pages of a table: inner and leaf.
const INNER: u8 = 5;
const LEAF: u8 = 13;

/// The headers, and how many could not be reached; `None` where it is no such database.
pub(super) fn blobs(data: &[u8]) -> Option<(Vec<Blob<'_>>, usize)> {
    let database = Database::open(data)?;
    let mut schema = Rows::of(data);
    database.walk(1, 0, &mut schema);
    let root = schema.found.iter().find_map(|row| {
        let columns = columns(&row.bytes)?;
        let text = |index: usize| columns.get(index).map(|(_, bytes)| *bytes);
        let wanted = text(0)? == b"table" && text(1)? == b"Packages";
        wanted.then(|| number(text(3)?)).flatten()
    })?;
    let mut rows = Rows::of(data);
    database.walk(root, 0, &mut rows);
    let mut blobs = Vec::new();
    for row in rows.found {
        let column =
            columns(&row.bytes).and_then(|columns| columns.get(1).map(|(start, blob)| (*start, blob.len())));
        let Some((start, length)) = column else {
            rows.lost += 1;
            continue;
        };
        let bytes = match row.bytes {
            Cow::Borrowed(bytes) => bytes.get(start..start + length).map(Cow::Borrowed),
            Cow::Owned(bytes) => bytes.get(start..start + length).map(|blob| Cow::Owned(blob.to_vec())),
        };
        let piece = row.piece.saturating_sub(start).min(length);
        blobs.extend(bytes.map(|bytes| Blob { bytes, at: row.at + start, piece }));
    }
    Some((blobs, rows.lost))
}

/// Rows of a table, and how many could not be read.
struct Rows<'d> {
    found: Vec<Blob<'d>>,
    lost: usize,
    /// Pages that were visited: a page that points at one above it would go on for ever.
    pages: usize,
    room: Room,
}

impl Rows<'_> {
    fn of(data: &[u8]) -> Self {
        Self { found: Vec::new(), lost: 0, pages: 0, room: Room::of(data) }
    }
}

struct Database<'d> {
    data: &'d [u8],
    /// Bytes of a page, and those of it that are used.
    page: usize,
    usable: usize,
}

impl<'d> Database<'d> {
    fn open(data: &'d [u8]) -> Option<Self> {
        data.strip_prefix(b"SQLite format 3\0")?;
        let page = match half(data, 16, true)? {
            1 => 65_536,
            size => usize::from(size),
        };
        let usable = page.checked_sub(usize::from(*data.get(20)?))?;
        (page.is_power_of_two() && page >= 512 && usable >= 480).then_some(Self { data, page, usable })
    }

    /// The page of this number, from 1, with its offset in the file.
    fn page(&self, number: usize) -> Option<(usize, &'d [u8])> {
        let start = number.checked_sub(1)?.checked_mul(self.page)?;
        Some((start, self.data.get(start..start.checked_add(self.page)?)?))
    }

    fn walk(&self, number: usize, level: usize, rows: &mut Rows<'d>) {
        rows.pages += 1;
        let Some((start, page)) =
            self.page(number).filter(|_| level < LEVELS && rows.pages <= self.data.len() / self.page)
        else {
            rows.lost += 1;
            return;
        };
        // The file's own header stands before that of the first page.
        let head = if number == 1 { 100 } else { 0 };
        let (Some(&kind), Some(cells)) = (page.get(head), half(page, head + 3, true)) else { return };
        let pointers = head + if kind == INNER { 12 } else { 8 };
        if kind != INNER && kind != LEAF {
            rows.lost += 1;
            return;
        }
        for index in 0..usize::from(cells) {
            let Some(at) = half(page, pointers + 2 * index, true).map(usize::from) else { break };
            if kind == INNER {
                let child = word(page, at, true).and_then(|child| usize::try_from(child).ok());
                self.walk(child.unwrap_or(0), level + 1, rows);
            } else if rows.found.len() == PACKAGES {
                rows.lost += 1;
            } else {
                match self.row(page, at, &mut rows.room) {
                    Some(row) => rows.found.push(Blob { at: start + row.at, ..row }),
                    None => rows.lost += 1,
                }
            }
        }
        if kind == INNER
            && let Some(last) = word(page, head + 8, true).and_then(|child| usize::try_from(child).ok())
        {
            self.walk(last, level + 1, rows);
        }
    }

    /// The content of a leaf's cell, as it stands from the start of the page.
    fn row(&self, page: &'d [u8], at: usize, room: &mut Room) -> Option<Blob<'d>> {
        let cell = page.get(at..)?;
        let (length, first) = varint(cell)?;
        let (_, second) = varint(cell.get(first..)?)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= HEADER)?;
        room.take(length).then_some(())?;
        let start = at + first + second;
        if length <= self.usable - 35 {
            return Some(Blob::whole(start, page.get(start..start.checked_add(length)?)?));
        }
        // What does not fit goes to pages of its own, filled to the last but for the first.
        let least = (self.usable - 12) * 32 / 255 - 23;
        let fitting = least + (length - least) % (self.usable - 4);
        let local = if fitting <= self.usable - 35 { fitting } else { least };
        let mut row = page.get(start..start + local)?.to_vec();
        let mut next = usize::try_from(word(page, start + local, true)?).ok()?;
        while row.len() < length {
            let (_, more) = self.page(next)?;
            let part = more.get(4..self.usable)?;
            row.extend_from_slice(part.get(..part.len().min(length - row.len()))?);
            next = usize::try_from(word(more, 0, true)?).ok()?;
        }
        Some(Blob { bytes: Cow::Owned(row), at: start, piece: local })
    }
}

/// The columns of a row as (offset, bytes).
fn columns(row: &[u8]) -> Option<Vec<(usize, &[u8])>> {
    let (size, mut at) = varint(row)?;
    let end = usize::try_from(size).ok().filter(|end| *end <= row.len())?;
    let (mut columns, mut value) = (Vec::new(), end);
    while at < end {
        let (kind, width) = varint(row.get(at..)?)?;
        at += width;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(kind).ok()?,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => usize::try_from((kind - 12) / 2).ok()?,
        };
        columns.push((value, row.get(value..value.checked_add(length)?)?));
        value += length;
    }
    Some(columns)
}

/// An integer column as a number that is not negative.
fn number(bytes: &[u8]) -> Option<usize> {
    let value = bytes.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    usize::try_from(value).ok()
}

/// A variable-length integer and its length: seven bits a byte, all eight of a ninth.
fn varint(data: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (index, &byte) in data.iter().take(9).enumerate() {
        if index == 8 {
            return Some((value << 8 | u64::from(byte), 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}
