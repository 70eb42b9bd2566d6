//! Intel HEX.
//!
//! Finds: the stretches of memory, each as a stream named by its address; the entry point. How: record types 00 to 05, a
//! sum in each line, CR LF or LF; gaps are not filled, of two records for one address the later stands and it is told.
//! Wrong when: carved from unknown bytes, two records with an end, or four, must be there and three in four be right.
//! Misses: comments between records; data that runs over the end of its segment is put behind it.
//! Source: Intel, Hexadecimal Object File Format Specification, revision A (1988).

use super::memory::{Line, Records, bytes, read};
use crate::{Description, Entry, Format, Limits, Magic, Place, ProblemKind, Reading};

/// Intel HEX.
pub struct IntelHex;

/// A mark and the first digit behind it.
macro_rules! marks {
    ($($bytes:literal)*) => { &[$(Magic { offset: 0, bytes: $bytes }),*] };
}

static DESCRIPTION: Description = Description {
    name: "intel-hex",
    title: "Intel HEX",
    magics: marks![
        b":0" b":1" b":2" b":3" b":4" b":5" b":6" b":7" b":8" b":9" b":A" b":B" b":C" b":D" b":E" b":F"
        b":a" b":b" b":c" b":d" b":e" b":f"
    ],
    yields: "each stretch of memory, named by its address in hexadecimal digits",
    limits: &[
        "two bytes of magic: told by the sums of its lines",
        "ends at the first line that is no record",
        "data that runs over the end of its segment does not wrap round",
    ],
    source: "Intel, Hexadecimal Object File Format Specification, revision A",
};

impl Format for IntelHex {
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
        read(Lines::default(), data, place, limits, sink)
    }
}

#[derive(Default)]
struct Lines {
    /// What is added to each address.
    base: u64,
    entry: Option<String>,
}

impl Records for Lines {
    const MARK: u8 = b':';
    const ENDS: bool = true;

    fn line(&mut self, text: &[u8]) -> Option<(Line, Option<(ProblemKind, String)>)> {
        let record = bytes(text.strip_prefix(b":")?)?;
        let [count, high, low, kind, body @ ..] = record.as_slice() else { return None };
        let (data, sum) = body.split_at_checked(usize::from(*count))?;
        let [_] = sum else { return None };
        let total = record.iter().fold(0_u8, |total, byte| total.wrapping_add(*byte));
        let offset = u64::from(u16::from_be_bytes([*high, *low]));
        let wrong = (total != 0).then(|| {
            let detail = format!("the sum of a record of type {kind:02x} is {total:02x}, not 00");
            (ProblemKind::Checksum, detail)
        });
        let line = match (kind, data) {
            (0, data) => Line::Data(self.base + offset, data.to_vec()),
            (1, []) => Line::End,
            (2, [high, low]) => {
                self.base = u64::from(u16::from_be_bytes([*high, *low])) << 4;
                Line::Other
            }
            (4, [high, low]) => {
                self.base = u64::from(u16::from_be_bytes([*high, *low])) << 16;
                Line::Other
            }
            (3, [a, b, c, d]) => {
                let (segment, at) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
                self.entry = Some(format!("{segment:04x}:{at:04x}"));
                Line::Other
            }
            (5, [a, b, c, d]) => {
                self.entry = Some(format!("{:#010x}", u32::from_be_bytes([*a, *b, *c, *d])));
                Line::Other
            }
            _ => {
                let detail = format!("a record of type {kind:02x} with {count} bytes is not defined");
                return Some((Line::Other, wrong.or(Some((ProblemKind::Undefined, detail)))));
            }
        };
        Some((line, wrong))
    }

    fn attributes(&mut self) -> Vec<(&'static str, String)> {
        self.entry.take().map(|entry| ("entry-point", entry)).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use crate::{Content, EntryKind};

    fn parts(entries: &[Entry]) -> Vec<(String, Vec<u8>)> {
        let one = |entry: &Entry| match &entry.kind {
            EntryKind::Stream(Content::Owned(bytes)) => {
                (String::from_utf8(entry.path.to_vec()).unwrap(), bytes.clone())
            }
            other => panic!("{other:?}"),
        };
        entries.iter().map(one).collect()
    }

    /// A record with its sum.
    fn record(count: u8, address: u16, kind: u8, data: &[u8]) -> Vec<u8> {
        let body = [&[count], &address.to_be_bytes()[..], &[kind], data].concat();
        let sum = body.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte));
        let digits: String = body.iter().chain([&sum]).map(|byte| format!("{byte:02X}")).collect();
        format!(":{digits}\r\n").into_bytes()
    }

    #[test]
    fn stretches_entry_point_and_extent() {
        let data = [
            record(2, 0, 4, &[8, 0]),
            record(4, 0x100, 0, b"abcd"),
            record(2, 0x104, 0, b"xy"),
            record(1, 0x200, 0, b"z"),
            record(4, 0, 5, &[8, 0, 1, 1]),
            record(0, 0, 1, b""),
            b"behind".to_vec(),
        ]
        .concat();
        let (reading, entries) = read(&IntelHex, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (data.len() - 6, vec![]));
        let expected = [("08000100".to_owned(), b"abcdxy".to_vec()), ("08000200".to_owned(), b"z".to_vec())];
        assert_eq!(parts(&entries), expected);
        assert!(reading.attributes.contains(&("entry-point", "0x08000101".into())));
    }

    #[test]
    fn overlap_wrong_sums_and_ends_are_told() {
        let lines = [record(1, 0, 0, b"a"), record(1, 0, 0, b"b"), record(1, 1, 0, b"c")].concat();
        let data = [&lines[..], &record(0, 0, 1, b"")].concat();
        let told = |data: &[u8]| -> Vec<_> {
            let (reading, _) = read(&IntelHex, data, Place::Start).unwrap();
            reading.problems.iter().map(|problem| (problem.kind, problem.offset)).collect()
        };
        assert_eq!(
            parts(&read(&IntelHex, &data, Place::Start).unwrap().1),
            [("00000000".to_owned(), b"bc".to_vec())]
        );
        assert_eq!(told(&data).len(), 1);
        let mut bad = data.clone();
        bad[10] = b'8';
        assert_eq!(told(&bad)[0], (ProblemKind::Checksum, 0));
        assert!(told(&lines).contains(&(ProblemKind::Truncated, lines.len() as u64)));
        assert!(told(&data[..data.len() - 6]).iter().any(|(kind, _)| *kind == ProblemKind::Truncated));
    }

    #[test]
    fn lines_that_run_downwards_cost_no_more_than_others() {
        let mut data = Vec::new();
        for address in (0..0x10000_u32).rev() {
            let sum = (1 + (address >> 8) + address + 7).wrapping_neg() as u8;
            data.extend_from_slice(format!(":01{address:04X}0007{sum:02X}\n").as_bytes());
        }
        data.extend_from_slice(b":00000001FF\n");
        let (reading, entries) = read(&IntelHex, &data, Place::Start).unwrap();
        assert_eq!(
            (reading.problems, parts(&entries)),
            (vec![], vec![("00000000".to_owned(), vec![7; 0x10000])])
        );
    }
}
