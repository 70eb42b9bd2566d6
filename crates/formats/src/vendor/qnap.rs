//! QNAP's encrypted firmware: the start of a gzip stream enciphered, with a footer that says how much of it.
//!
//! Finds: the enciphered piece and what follows it in clear, with device, version and date from the footer. How: the
//! footer is looked for from the magic on; what it says must fit. Wrong when: the footer's mark, a length and
//! fields in plain text must be there; inside unknown bytes before the next magic. Misses: nothing is decrypted. Source: unblob's handler qnap/qnap_nas.py.

use super::parts::{Parts, fact, is_text, text};
use crate::broken;
use crate::bytes::{head, slice, tail, u32_le};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// An encrypted QNAP image.
pub struct Qnap;

static DESCRIPTION: Description = Description {
    name: "qnap",
    title: "QNAP encrypted firmware",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "the encrypted piece, and what follows it in clear",
    limits: &["the encrypted piece (PC1) is not decrypted"],
    source: "unblob, handlers/archive/qnap/qnap_nas.py",
};

const MAGIC: &[u8] = &[0xf5, 0x7b, 0x47, 0x03];
const MARK: &[u8] = b"icpnas";
const FOOTER: usize = 74;

impl Format for Qnap {
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
        let footer = reach(data, place)
            .windows(MARK.len())
            .enumerate()
            .filter(|(_, window)| *window == MARK)
            .find_map(|(at, _)| Footer::parse(data, at));
        let Some(footer) = footer else {
            return broken::header(data, place, &DESCRIPTION, || {
                Problem::new(ProblemKind::Truncated, data.len() as u64, "the data end before the footer")
            });
        };
        let mut parts = Parts::new(data, (footer.at + FOOTER) as u64);
        parts.header(footer.at, FOOTER);
        parts.add(&b"encrypted"[..], 0, footer.encrypted);
        parts.add(&b"rest"[..], footer.encrypted, footer.at as u64 - footer.encrypted);
        let detail = format!("the first {} bytes are encrypted; they are not decrypted", footer.encrypted);
        parts.problem(ProblemKind::Unsupported, 0, detail);
        let mut attributes = Vec::new();
        for (name, number) in [("device", 0), ("version", 1), ("date", 2), ("revision", 3)] {
            let field = slice(data, footer.at + 10 + number * 16, 16).unwrap_or_default();
            fact(&mut attributes, name, text(field));
        }
        Some(parts.finish(attributes, limits, sink))
    }
}

/// The bytes in which the footer's mark is looked for. Inside unknown bytes it belongs to the last magic before it: so all
/// candidates together look at each byte once, however many there are.
fn reach(data: &[u8], place: Place) -> &[u8] {
    let next = match place {
        Place::Start => None,
        Place::Inside => tail(data, 1).windows(MAGIC.len()).position(|window| window == MAGIC),
    };
    head(data, next.map_or(data.len(), |next| next + 1))
}

struct Footer {
    at: usize,
    encrypted: u64,
}

impl Footer {
    fn parse(data: &[u8], at: usize) -> Option<Self> {
        let footer = slice(data, at, FOOTER)?;
        let encrypted = u64::from(u32_le(footer, 6)?);
        let fields = [10, 26, 42].map(|at| slice(footer, at, 16).is_some_and(is_text));
        (encrypted > 0 && encrypted <= at as u64 && fields == [true; 3]).then_some(Self { at, encrypted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;

    #[test]
    fn encrypted_and_clear() {
        let mut data = vec![0xf5, 0x7b, 0x47, 0x03];
        data.extend([0xaa; 60]);
        data.extend(b"in clear icpnas and so on");
        let at = data.len();
        data.extend(MARK);
        data.extend(64_u32.to_le_bytes());
        for field in ["TS-NASX86", "4.5.4", "20210302", ""] {
            data.extend(field.as_bytes());
            data.resize(data.len() + 16 - field.len(), 0);
        }
        data.extend(b"behind");
        let (reading, entries) = read(&Qnap, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, entries.len()), (at + FOOTER, 2));
        assert_eq!(reading.problems[0].kind, ProblemKind::Unsupported);
        assert!(reading.attributes.contains(&("device", "TS-NASX86".into())));
        assert!(read(&Qnap, &data[..at + 20], Place::Inside).is_none());
    }

    #[test]
    fn many_magics_cost_no_more_than_one() {
        let data = MAGIC.repeat(5000);
        let looked: usize =
            (0..data.len()).step_by(MAGIC.len()).map(|at| reach(&data[at..], Place::Inside).len()).sum();
        assert_eq!(looked, data.len());
        assert_eq!(reach(&data, Place::Start).len(), data.len());
    }
}
