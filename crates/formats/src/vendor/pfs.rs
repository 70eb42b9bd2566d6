//! PFS: the flat file system of web interfaces, as DrayTek and other makers of small routers use it.
//!
//! Finds: each file under its stored path. How: the table of names, places and sizes; the width of the name field is
//! the one at which all files fit into the data one behind the other. Wrong when: carved from unknown bytes, each file
//! must have a name in plain text and a place behind the table. Misses: the compression of single files, which the
//! format does not state: contents are handed out as stored. Source: draytools (draytools.py), binwalk's plugin
//! unpfs.py.

use super::parts::is_text;
use crate::broken;
use crate::bytes::{position, slice, until_nul};
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use std::borrow::Cow;

/// PFS 0.9.
pub struct Pfs;

static DESCRIPTION: Description = Description {
    name: "pfs",
    title: "PFS web file system",
    magics: &[Magic { offset: 0, bytes: b"PFS/0.9\0" }, Magic { offset: 0, bytes: b"PFS/1.0\0" }],
    yields: "its files, as stored",
    limits: &[
        "files that are compressed are handed out as stored: the format does not say which are",
        "the hashes of names are not verified",
    ],
    source: "draytools (draytools.py) and binwalk (plugins/unpfs.py)",
};

const HEADER: usize = 16;
/// Hash, place and size behind a name.
const NUMBERS: usize = 12;
/// Widths of the name field that were seen, the usual one first.
const WIDTHS: [usize; 8] = [32, 40, 48, 56, 64, 80, 96, 128];

impl Format for Pfs {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let Some(table) = Table::find(data, limits) else {
            return broken::header(data, place, &DESCRIPTION, || match data.len() {
                0..64 => broken::cut_off(data),
                _ => Problem::new(ProblemKind::Malformed, 14, "the table of files makes no sense"),
            });
        };
        if place == Place::Inside && !table.is_whole(data) {
            return None;
        }
        let mut reading = Reading { size: position(table.end).clamp(1, data.len()), ..Reading::default() };
        reading.attributes.push(("byte-order", if table.big { "big" } else { "little" }.to_owned()));
        reading.attributes.push(("files", table.count.to_string()));
        for (number, file) in table.files.iter().enumerate() {
            if number as u64 >= limits.entries || limits.stopped() {
                let detail = format!("stopped after {number} files");
                reading.problems.push(Problem::new(ProblemKind::LimitReached, file.at, detail));
                break;
            }
            let content =
                crate::bytes::head(crate::bytes::tail(data, position(file.at)), position(file.size));
            if (content.len() as u64) < file.size {
                let detail = format!(
                    "{} has {} bytes, {} are there",
                    String::from_utf8_lossy(file.name),
                    file.size,
                    content.len()
                );
                reading.problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
            }
            sink(Entry {
                path: Cow::Owned(
                    file.name.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect(),
                ),
                kind: EntryKind::File(Content::Slice(content)),
                mode: None,
                uid: None,
                gid: None,
                mtime: None,
                at: (!content.is_empty()).then_some(file.at),
                xattrs: Vec::new(),
            });
        }
        if table.files.len() < table.count {
            let detail = format!("{} files are stated, the table holds {}", table.count, table.files.len());
            reading.problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        Some(reading)
    }
}

struct Table<'a> {
    big: bool,
    count: usize,
    files: Vec<File<'a>>,
    /// Where the last file ends.
    end: u64,
}

struct File<'a> {
    name: &'a [u8],
    at: u64,
    size: u64,
}

impl<'a> Table<'a> {
    /// The first byte order and width of names at which the files follow each other.
    fn find(data: &'a [u8], limits: &Limits) -> Option<Self> {
        let stated: [u8; 2] = slice(data, 14, 2)?.try_into().ok()?;
        let orders = [(false, u16::from_le_bytes(stated)), (true, u16::from_be_bytes(stated))];
        let mut found = orders.into_iter().flat_map(|(big, count)| {
            WIDTHS.into_iter().filter_map(move |width| Self::parse(data, count.into(), width, big, limits))
        });
        // One that is all there is believed before one that is cut off.
        let first = found.next()?;
        if first.is_whole(data) {
            return Some(first);
        }
        Some(found.find(|table| table.is_whole(data)).unwrap_or(first))
    }

    fn is_whole(&self, data: &[u8]) -> bool {
        self.end <= data.len() as u64 && self.files.len() == self.count
    }

    fn parse(data: &'a [u8], count: usize, width: usize, big: bool, limits: &Limits) -> Option<Self> {
        let start = HEADER + count * (width + NUMBERS);
        let mut files = Vec::new();
        let mut end = start as u64;
        for record in crate::bytes::tail(data, HEADER).chunks_exact(width + NUMBERS).take(count) {
            if limits.stopped() {
                break;
            }
            let word = |at: usize| {
                let word = slice(record, width + at, 4)?.try_into().ok()?;
                Some(if big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) })
            };
            let name = slice(record, 0, width)?;
            let file =
                File { name: until_nul(name), at: start as u64 + u64::from(word(4)?), size: word(8)?.into() };
            // Files follow each other, each behind the one before it, with little between them.
            if !is_text(name) || file.at < end || file.at > end + 4096 {
                return None;
            }
            end = file.at + file.size;
            files.push(file);
        }
        (!files.is_empty()).then_some(Self { big, count, files, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn image(width: usize, big: bool, files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut image = b"PFS/0.9\0\0\0\0\0\0\0".to_vec();
        let count = files.len() as u16;
        image.extend(if big { count.to_be_bytes() } else { count.to_le_bytes() });
        let mut at = 0_u32;
        for (name, content) in files {
            image.extend(name.as_bytes());
            image.extend(vec![0; width - name.len()]);
            for word in [0x1234_5678, at, content.len() as u32] {
                image.extend(if big { word.to_be_bytes() } else { word.to_le_bytes() });
            }
            at += content.len() as u32;
        }
        files.iter().for_each(|(_, content)| image.extend_from_slice(content));
        image
    }

    #[test]
    fn any_width_and_order() {
        for (width, big) in [(32, false), (64, false), (40, true)] {
            let data =
                [image(width, big, &[("doc\\index.htm", b"<html>"), ("a.gif", b"GIF")]), vec![0xee; 9]]
                    .concat();
            let (reading, entries) = read(&Pfs, &data, Place::Inside).unwrap();
            assert_eq!((reading.size, reading.problems), (data.len() - 9, vec![]));
            assert_eq!(entries[0].path.as_ref(), b"doc/index.htm");
            assert!(matches!(entries[1].kind, EntryKind::File(Content::Slice(b"GIF"))));
        }
    }

    #[test]
    fn cut_off() {
        let data = image(32, false, &[("index.htm", b"<html>"), ("a.gif", b"GIF")]);
        let (reading, entries) = read(&Pfs, &data[..data.len() - 1], Place::Start).unwrap();
        assert_eq!((entries.len(), reading.problems[0].kind), (2, ProblemKind::Truncated));
        assert!(read(&Pfs, &data[..data.len() - 1], Place::Inside).is_none());
    }

    proptest! {
        #[test]
        fn any_numbers(numbers in prop::collection::vec(any::<u32>(), 6), count in any::<u16>()) {
            let mut data = image(32, false, &[("index.htm", b"<html>"), ("a.gif", b"GIF")]);
            data[14..16].copy_from_slice(&count.to_le_bytes());
            for (number, word) in numbers.chunks(3).enumerate() {
                for (field, word) in word.iter().enumerate() {
                    data[HEADER + number * 44 + 32 + field * 4..][..4].copy_from_slice(&word.to_le_bytes());
                }
            }
            if let Some((reading, _)) = read(&Pfs, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
