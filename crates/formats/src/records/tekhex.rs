//! Tektronix HEX, standard (`/`) and extended (`%`).
//!
//! Finds: the stretches of memory, each as a stream named by its address; the entry point, the names of sections and
//! symbols' number. How: the sums of header and data of each line; gaps are not filled, of two records for one address
//! the later stands and it is told. Wrong when: carved from unknown bytes, two records with an end, or four, must be
//! there and three in four be right. Misses: the values of symbols. Source: Tektronix, 8540 and 8560 user's manuals;
//! GNU binutils documentation (`tekhex`).

use super::memory::{Line, Records, bytes, digit, number, read};
use crate::bytes::slice;
use crate::{Description, Entry, Format, Limits, Magic, Place, ProblemKind, Reading};

/// Tektronix HEX, standard.
pub struct TekHex;

/// Tektronix HEX, extended.
pub struct ExtendedTekHex;

/// A mark and the first digit behind it.
macro_rules! marks {
    ($($bytes:literal)*) => { &[$(Magic { offset: 0, bytes: $bytes }),*] };
}

static DESCRIPTION: Description = Description {
    name: "tektronix-hex",
    title: "Tektronix HEX",
    magics: marks![
        b"/0" b"/1" b"/2" b"/3" b"/4" b"/5" b"/6" b"/7" b"/8" b"/9" b"/A" b"/B" b"/C" b"/D" b"/E" b"/F"
        b"/a" b"/b" b"/c" b"/d" b"/e" b"/f"
    ],
    yields: "each stretch of memory, named by its address in hexadecimal digits",
    limits: &[
        "two bytes of magic: told by the sums of its lines",
        "ends at the first line that is no record",
    ],
    source: "Tektronix, 8560 Multi-User Software Development Unit, system user's manual",
};

static EXTENDED: Description = Description {
    name: "extended-tektronix-hex",
    title: "extended Tektronix HEX",
    magics: marks![
        b"%0" b"%1" b"%2" b"%3" b"%4" b"%5" b"%6" b"%7" b"%8" b"%9" b"%A" b"%B" b"%C" b"%D" b"%E" b"%F"
        b"%a" b"%b" b"%c" b"%d" b"%e" b"%f"
    ],
    yields: "each stretch of memory, named by its address in hexadecimal digits",
    limits: &[
        "two bytes of magic: told by the sums of its lines",
        "ends at the first line that is no record",
        "symbols are counted, not read",
    ],
    source: "Tektronix, 8560 Multi-User Software Development Unit, system user's manual",
};

impl Format for TekHex {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn may_start(&self, data: &[u8]) -> bool {
        slice(data, 1, 8).is_some_and(|head| number(head).is_some())
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        read(Standard::default(), data, place, limits, sink)
    }
}

impl Format for ExtendedTekHex {
    fn describe(&self) -> &'static Description {
        &EXTENDED
    }

    fn may_start(&self, data: &[u8]) -> bool {
        slice(data, 1, 2).and_then(number).is_some() && slice(data, 4, 2).and_then(number).is_some()
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        read(Extended::default(), data, place, limits, sink)
    }
}

#[derive(Default)]
struct Standard {
    entry: Option<u64>,
}

impl Records for Standard {
    const MARK: u8 = b'/';
    const ENDS: bool = false;

    /// `/AAAACCHH`, then CC bytes and their sum; sums are of the digits' values.
    fn line(&mut self, text: &[u8]) -> Option<(Line, Option<(ProblemKind, String)>)> {
        let digits = text.strip_prefix(b"/")?;
        let (head, rest) = digits.split_at_checked(8)?;
        let (fields, sum) = head.split_at_checked(6)?;
        let (place, count) = fields.split_at_checked(4)?;
        let (address, count) = (number(place)?, number(count)? as usize);
        let wrong = |what, stated: u64, made: u64| {
            (stated != made).then(|| {
                (
                    ProblemKind::Checksum,
                    format!("the {what} of {address:#06x} has the sum {made:02x}, not {stated:02x}"),
                )
            })
        };
        let header = wrong("header", number(sum)?, sum_of(fields)?);
        if count == 0 {
            self.entry = Some(address);
            return rest.is_empty().then_some((Line::End, header));
        }
        let (data, sum) = rest.split_at_checked(count * 2)?;
        if sum.len() != 2 {
            return None;
        }
        let problem = header.or(wrong("data", number(sum)?, sum_of(data)?));
        Some((Line::Data(address, bytes(data)?), problem))
    }

    fn attributes(&mut self) -> Vec<(&'static str, String)> {
        self.entry.map(|entry| ("entry-point", format!("{entry:#06x}"))).into_iter().collect()
    }
}

/// The sum of the digits' values.
fn sum_of(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |sum, one| Some((sum + u64::from(digit(*one)?)) & 0xff))
}

#[derive(Default)]
struct Extended {
    entry: Option<u64>,
    sections: Vec<String>,
}

/// Sections of one file that are named.
const SECTIONS_MAX: usize = 64;

impl Records for Extended {
    const MARK: u8 = b'%';
    const ENDS: bool = false;

    /// `%LLTSS`, then what the type T says; LL counts the characters behind the mark.
    fn line(&mut self, text: &[u8]) -> Option<(Line, Option<(ProblemKind, String)>)> {
        let rest = text.strip_prefix(b"%")?;
        let (length, kind, stated) = (number(rest.get(..2)?)?, *rest.get(2)?, number(rest.get(3..5)?)?);
        if length as usize != rest.len() {
            return None;
        }
        let body = rest.get(5..)?;
        let mut made = 0;
        for one in rest.get(..3)?.iter().chain(body) {
            made = (made + value(*one)?) & 0xff;
        }
        let mut problem = (made != stated).then(|| {
            let detail =
                format!("a record of type {} has the sum {made:02x}, not {stated:02x}", char::from(kind));
            (ProblemKind::Checksum, detail)
        });
        let line = match kind {
            b'6' => {
                let (address, data) = counted(body)?;
                Line::Data(address, bytes(data)?)
            }
            b'8' => {
                self.entry = counted(body).map(|(address, _)| address);
                Line::End
            }
            b'3' => {
                let name = named(body)?;
                if self.sections.len() < SECTIONS_MAX && !self.sections.contains(&name) {
                    self.sections.push(name);
                }
                Line::Other
            }
            _ => {
                let detail = format!("a record of type {} is not defined", char::from(kind));
                problem = problem.or(Some((ProblemKind::Undefined, detail)));
                Line::Other
            }
        };
        Some((line, problem))
    }

    fn attributes(&mut self) -> Vec<(&'static str, String)> {
        let entry = self.entry.map(|entry| ("entry-point", format!("{entry:#010x}")));
        let sections = (!self.sections.is_empty()).then(|| ("sections", self.sections.join(", ")));
        entry.into_iter().chain(sections).collect()
    }
}

/// A number behind the count of its digits, 0 for 16; and what follows it.
fn counted(text: &[u8]) -> Option<(u64, &[u8])> {
    let (count, rest) = text.split_first()?;
    let (digits, rest) = rest.split_at_checked(digits_of(*count)?)?;
    Some((number(digits)?, rest))
}

/// A name behind the count of its characters.
fn named(text: &[u8]) -> Option<String> {
    let (count, rest) = text.split_first()?;
    Some(String::from_utf8_lossy(rest.get(..digits_of(*count)?)?).into_owned())
}

fn digits_of(count: u8) -> Option<usize> {
    Some(match digit(count)? {
        0 => 16,
        count => usize::from(count),
    })
}

/// What a character counts in the sum; those that the format does not have, as GNU's tools write them, count nothing.
fn value(character: u8) -> Option<u64> {
    Some(
        match character {
            b'0'..=b'9' => character - b'0',
            b'A'..=b'Z' => character - b'A' + 10,
            b'$' => 36,
            b'%' => 37,
            b'.' => 38,
            b'_' => 39,
            b'a'..=b'z' => character - b'a' + 40,
            0x21..=0x7e => 0,
            _ => return None,
        }
        .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};

    #[test]
    fn standard() {
        let data = b"/0100040561626364 24\n/01040102650B\n/01000001\nbehind";
        let data: Vec<u8> = data.iter().copied().filter(|byte| *byte != b' ').collect();
        let sums: Vec<_> =
            ["61626364", "65"].iter().map(|digits| sum_of(digits.as_bytes()).unwrap()).collect();
        assert_eq!(sums, [0x22, 0x0b]);
        let (reading, entries) = read(&TekHex, &data, Place::Start).unwrap();
        // The sums of the first record's data and the second one's header are wrong.
        assert_eq!(
            reading.problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(),
            [ProblemKind::Checksum; 2]
        );
        assert_eq!((bytes_of(&entries), reading.size), (b"abcde".to_vec(), data.len() - 6));
        assert!(read(&TekHex, &data, Place::Inside).is_none());
        assert!(read(&TekHex, b"/etc/passwd and so on", Place::Start).is_none());
    }

    #[test]
    fn extended() {
        // The example of the GNU documentation's kind: length 15, type 6, address of 3 digits.
        let body = "3100020202020202";
        let length = 5 + body.len();
        let sum = format!("{length:02X}6{body}").bytes().map(|one| value(one).unwrap()).sum::<u64>() & 0xff;
        let end = "3100";
        let end_sum =
            format!("{:02X}8{end}", 5 + end.len()).bytes().map(|one| value(one).unwrap()).sum::<u64>();
        let data = format!("%{length:02X}6{sum:02X}{body}\r\n%{:02X}8{end_sum:02X}{end}\r\n!", 5 + end.len());
        let (reading, entries) = read(&ExtendedTekHex, data.as_bytes(), Place::Inside).unwrap();
        assert_eq!((reading.problems, reading.size), (vec![], data.len() - 1));
        assert_eq!(
            (&*entries[0].path, bytes_of(&entries)),
            (&b"00000100"[..], vec![2, 2, 2, 2, 2, 2][..].to_vec())
        );
        assert!(reading.attributes.contains(&("entry-point", "0x00000100".into())));
    }
}
