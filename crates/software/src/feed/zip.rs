//! Zip archives, as databases of advisories are published in: entries by the central directory, stored or deflated, each
//! held against its length and CRC. Zip64 is read. Not read: encrypted entries and other methods (an error that names
//! them), and a zip within the zip, which the caller sees as an entry that is no feed.
//! Source: PKWARE's APPNOTE.TXT 6.3.10.

use super::source::{Document, decompressed, stem};
use crate::Error;
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use std::io::{BufReader, Read, Seek, SeekFrom};

/// The largest central directory that is read.
const LARGEST_DIRECTORY: u64 = 256 << 20;

/// Whether a file begins as a zip archive does.
pub(crate) fn recognise(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06")
}

/// Visits each entry that is a file.
pub(crate) fn each_entry<R: Read + Seek>(
    file: &mut R,
    place: &str,
    visit: &mut dyn FnMut(Document<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let directory = directory(file, place)?;
    let mut rest = directory.as_slice();
    while let Some((entry, behind)) = Entry::parse(rest) {
        rest = behind;
        if entry.name.ends_with('/') {
            continue;
        }
        visit_entry(file, place, &entry, visit)?;
    }
    if rest.is_empty() {
        return Ok(());
    }
    Err(broken(place, 0, "its directory cannot be read to the end"))
}

fn visit_entry<R: Read + Seek>(
    file: &mut R,
    place: &str,
    entry: &Entry,
    visit: &mut dyn FnMut(Document<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let inside = format!("{place}/{}", entry.name);
    let read = |source| Error::Read { place: inside.clone(), source };
    if entry.encrypted || !matches!(entry.method, 0 | 8) {
        let what = if entry.encrypted {
            "it is encrypted".to_owned()
        } else {
            format!("method {} is not read", entry.method)
        };
        return Err(broken(&inside, entry.at, &what));
    }
    file.seek(SeekFrom::Start(entry.at)).map_err(read)?;
    let mut header = [0; 30];
    file.read_exact(&mut header).map_err(|_| cut(&inside, entry.at))?;
    if !header.starts_with(b"PK\x03\x04") {
        return Err(broken(&inside, entry.at, "no local header stands where the directory says"));
    }
    let skipped = i64::from(u16_at(&header, 26).unwrap_or(0)) + i64::from(u16_at(&header, 28).unwrap_or(0));
    file.seek(SeekFrom::Current(skipped)).map_err(read)?;
    let packed = BufReader::with_capacity(1 << 16, (&mut *file).take(entry.packed));
    let unpacked: Box<dyn Read> = match entry.method {
        0 => Box::new(packed),
        _ => Box::new(DeflateDecoder::new(packed)),
    };
    let checked = Checked { inner: unpacked, crc: Crc::new(), length: 0, wanted: (entry.crc, entry.length) };
    let reader = decompressed(BufReader::new(checked)).map_err(read)?;
    visit(Document { place: inside.clone(), stem: stem(&entry.name), reader })
}

/// A reader that fails at its end when length or CRC are not what the directory says.
struct Checked<'a> {
    inner: Box<dyn Read + 'a>,
    crc: Crc,
    length: u64,
    wanted: (u32, u64),
}

impl Read for Checked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.crc.update(buffer.get(..count).unwrap_or_default());
        self.length += count as u64;
        if count == 0 && !buffer.is_empty() && (self.crc.sum(), self.length) != self.wanted {
            let short = self.length < self.wanted.1;
            let kind =
                if short { std::io::ErrorKind::UnexpectedEof } else { std::io::ErrorKind::InvalidData };
            return Err(std::io::Error::new(kind, "length or CRC-32 are not those of the zip's directory"));
        }
        Ok(count)
    }
}

struct Entry {
    name: String,
    method: u16,
    encrypted: bool,
    crc: u32,
    packed: u64,
    length: u64,
    at: u64,
}

impl Entry {
    /// The entry of the central directory that `bytes` begin with, and the rest.
    fn parse(bytes: &[u8]) -> Option<(Self, &[u8])> {
        bytes.starts_with(b"PK\x01\x02").then_some(())?;
        let (name, extra, comment) = (u16_at(bytes, 28)?, u16_at(bytes, 30)?, u16_at(bytes, 32)?);
        let (name_end, extra_end) = (46 + usize::from(name), 46 + usize::from(name) + usize::from(extra));
        let mut entry = Self {
            name: String::from_utf8_lossy(bytes.get(46..name_end)?).into_owned(),
            method: u16_at(bytes, 10)?,
            encrypted: u16_at(bytes, 8)? & 1 != 0,
            crc: u32_at(bytes, 16)?,
            packed: u64::from(u32_at(bytes, 20)?),
            length: u64::from(u32_at(bytes, 24)?),
            at: u64::from(u32_at(bytes, 42)?),
        };
        // Zip64: the fields that are all ones stand in extra field 1, in this order.
        let mut extra = bytes.get(name_end..extra_end)?;
        while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
            let end = 4 + usize::from(length);
            let mut wide = extra.get(4..end)?;
            if id == 1 {
                for field in [&mut entry.length, &mut entry.packed, &mut entry.at] {
                    if *field == u64::from(u32::MAX) {
                        *field = u64_at(wide, 0)?;
                        wide = wide.get(8..)?;
                    }
                }
            }
            extra = extra.get(end..)?;
        }
        Some((entry, bytes.get(extra_end + usize::from(comment)..)?))
    }
}

/// The bytes of the central directory.
fn directory<R: Read + Seek>(file: &mut R, place: &str) -> Result<Vec<u8>, Error> {
    let read = |source| Error::Read { place: place.to_owned(), source };
    let size = file.seek(SeekFrom::End(0)).map_err(read)?;
    let tail_at = size.saturating_sub(22 + 0xffff + 20);
    file.seek(SeekFrom::Start(tail_at)).map_err(read)?;
    let mut tail = Vec::new();
    file.by_ref().take(size - tail_at).read_to_end(&mut tail).map_err(read)?;
    let end = tail.windows(4).rposition(|window| window == b"PK\x05\x06").ok_or_else(|| cut(place, size))?;
    let record = tail.get(end..).unwrap_or_default();
    if u16_at(record, 20).is_none_or(|comment| record.len() < 22 + usize::from(comment)) {
        return Err(cut(place, size));
    }
    let field = |at| u32_at(record, at).map(u64::from).ok_or_else(|| cut(place, size));
    let (mut length, mut at) = (field(12)?, field(16)?);
    if at == u64::from(u32::MAX) || length == u64::from(u32::MAX) {
        let locator = end.checked_sub(20).and_then(|start| tail.get(start..end)).unwrap_or_default();
        let wide_at = u64_at(locator, 8).filter(|_| locator.starts_with(b"PK\x06\x07"));
        let wide_at =
            wide_at.ok_or_else(|| broken(place, tail_at + end as u64, "its Zip64 locator is missing"))?;
        file.seek(SeekFrom::Start(wide_at)).map_err(read)?;
        let mut wide = [0; 56];
        file.read_exact(&mut wide).map_err(|_| cut(place, size))?;
        (length, at) = (u64_at(&wide, 40).unwrap_or(0), u64_at(&wide, 48).unwrap_or(0));
    }
    if length > LARGEST_DIRECTORY || at.checked_add(length).is_none_or(|end| end > size) {
        return Err(broken(
            place,
            tail_at + end as u64,
            "its directory reaches beyond the file or is too large",
        ));
    }
    file.seek(SeekFrom::Start(at)).map_err(read)?;
    let mut directory = Vec::new();
    file.by_ref().take(length).read_to_end(&mut directory).map_err(read)?;
    Ok(directory)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

fn cut(place: &str, offset: u64) -> Error {
    Error::CutShort { place: place.to_owned(), offset, what: "a zip ends with its directory".to_owned() }
}

fn broken(place: &str, offset: u64, what: &str) -> Error {
    Error::Broken { place: place.to_owned(), offset, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    /// A zip with these entries, by the Python that every development machine has; none where it is missing.
    fn names(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let mut found = Vec::new();
        each_entry(&mut Cursor::new(bytes), "test.zip", &mut |mut document| {
            let mut content = Vec::new();
            document
                .reader
                .read_to_end(&mut content)
                .map_err(|source| Error::Read { place: document.place.clone(), source })?;
            found.push((document.place, content));
            Ok(())
        })?;
        Ok(found)
    }

    /// Made with Python's zipfile: `a/one.json` deflated, `two.json` stored.
    const SAMPLE: &[u8] = include_bytes!("../../../../corpus/feeds/osv/input.zip");

    #[test]
    fn entries_are_read_and_damage_is_seen() {
        let whole = names(SAMPLE).unwrap();
        assert!(whole.len() >= 2);
        assert!(whole.iter().all(|(_, content)| content.starts_with(b"{")));
        for end in 4..SAMPLE.len() {
            assert!(names(&SAMPLE[..end]).is_err(), "cut at {end}");
        }
        let mut damaged = SAMPLE.to_vec();
        damaged[80] ^= 0x55;
        assert!(names(&damaged).is_err());
    }

    proptest! {
        #[test]
        fn no_damage_is_a_panic(at in 0..SAMPLE.len(), value in any::<u8>()) {
            let mut damaged = SAMPLE.to_vec();
            damaged[at] = value;
            let _ = names(&damaged);
        }
    }
}
