//! Motorola S-records.
//!
//! Finds: the stretches of memory, each as a stream named by its address; the header's text, the entry point. How: S0 to
//! S9, a sum in each line, the count of S5 and S6 is compared; gaps are not filled, of two records for one address the
//! later stands and it is told. Wrong when: carved from unknown bytes, two records with an end, or four, must be there and
//! three in four be right. Misses: symbols (`$$` lines). Source: Motorola, M68000 Family Programmer's Reference Manual,
//! appendix C.

use super::memory::{Line, Records, bytes, read};
use crate::{Description, Entry, Format, Limits, Magic, Place, ProblemKind, Reading};

/// Motorola S-records.
pub struct SRecord;

static DESCRIPTION: Description = Description {
    name: "s-record",
    title: "Motorola S-records",
    magics: &[
        Magic { offset: 0, bytes: b"S0" },
        Magic { offset: 0, bytes: b"S1" },
        Magic { offset: 0, bytes: b"S2" },
        Magic { offset: 0, bytes: b"S3" },
    ],
    yields: "each stretch of memory, named by its address in hexadecimal digits",
    limits: &[
        "two bytes of magic: told by the sums of its lines",
        "ends at the first line that is no record",
    ],
    source: "Motorola, M68000 Family Programmer's Reference Manual, appendix C",
};

impl Format for SRecord {
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
    header: Option<String>,
    entry: Option<u64>,
    /// Data records so far.
    count: u64,
}

impl Records for Lines {
    const MARK: u8 = b'S';
    const ENDS: bool = false;

    fn line(&mut self, text: &[u8]) -> Option<(Line, Option<(ProblemKind, String)>)> {
        let [b'S', kind @ b'0'..=b'9', digits @ ..] = text else { return None };
        let record = bytes(digits)?;
        let (count, body) = record.split_first()?;
        let (body, sum) = body.split_at_checked(usize::from(*count).checked_sub(1)?)?;
        let [_] = sum else { return None };
        let width = match kind {
            b'0' | b'1' | b'5' | b'9' => 2,
            b'2' | b'6' | b'8' => 3,
            _ => 4,
        };
        let (address, data) = body.split_at_checked(width)?;
        let address = address.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let total = record.iter().fold(0_u8, |total, byte| total.wrapping_add(*byte));
        let mut wrong = (total != 0xff).then(|| {
            (ProblemKind::Checksum, format!("the sum of an S{} record is {total:02x}, not ff", kind - b'0'))
        });
        let line = match kind {
            b'0' => {
                let text = String::from_utf8_lossy(crate::bytes::until_nul(data)).trim().to_owned();
                self.header = Some(text).filter(|text| !text.is_empty());
                Line::Other
            }
            b'1'..=b'3' => {
                self.count += 1;
                Line::Data(address, data.to_vec())
            }
            b'5' | b'6' => {
                if wrong.is_none() && address != self.count {
                    let detail = format!("{address} records of data are counted, {} are there", self.count);
                    wrong = Some((ProblemKind::Malformed, detail));
                }
                Line::Other
            }
            b'4' => {
                wrong = wrong.or_else(|| Some((ProblemKind::Undefined, "S4 is not defined".to_owned())));
                Line::Other
            }
            _ => {
                self.entry = Some(address);
                Line::End
            }
        };
        Some((line, wrong))
    }

    fn attributes(&mut self) -> Vec<(&'static str, String)> {
        let header = self.header.take().map(|header| ("header", header));
        header.into_iter().chain(self.entry.map(|entry| ("entry-point", format!("{entry:#010x}")))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        let all = [&[body.len() as u8 + 1], body].concat();
        let sum = !all.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        let digits: String = all.iter().chain([&sum]).map(|byte| format!("{byte:02x}")).collect();
        format!("S{kind}{digits}\n").into_bytes()
    }

    #[test]
    fn header_counts_and_entry_point() {
        let data = [
            record(0, b"\0\0island"),
            record(3, b"\x08\0\0\0abc"),
            record(2, b"\x08\0\x03def"),
            record(5, &[0, 2]),
            record(7, &[8, 0, 0, 1]),
            b"S1 behind".to_vec(),
        ]
        .concat();
        let (reading, entries) = read(&SRecord, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems, entries.len()), (data.len() - 9, vec![], 2));
        assert!(reading.attributes.contains(&("header", "island".into())));
        assert!(reading.attributes.contains(&("entry-point", "0x08000001".into())));
    }

    #[test]
    fn wrong_counts_and_sums() {
        let data =
            [record(1, b"\0\0a"), record(1, b"\0\x01b"), record(5, &[0, 9]), record(9, &[0, 0])].concat();
        let (reading, entries) = read(&SRecord, &data, Place::Inside).unwrap();
        assert_eq!((reading.problems[0].kind, bytes_of(&entries)), (ProblemKind::Malformed, b"ab".to_vec()));
        assert!(read(&SRecord, b"S1 is a town", Place::Start).is_none());
    }
}
