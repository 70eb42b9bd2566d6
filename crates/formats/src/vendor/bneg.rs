//! BNEG: the two-partition image of Instar's cameras and other gateways of the same origin.
//!
//! Finds: both partitions. How: the header states their sizes. Wrong when: carved from unknown bytes, version 1.1 and
//! sizes that fit the data must be there. Misses: the format has no checksum. Source: unblob's handler instar/bneg.py.

use super::parts::Parts;
use crate::broken;
use crate::bytes::u32_le;
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A BNEG image.
pub struct Bneg;

static DESCRIPTION: Description = Description {
    name: "bneg",
    title: "Instar BNEG image",
    magics: &[Magic { offset: 0, bytes: b"BNEG" }],
    yields: "its two partitions",
    limits: &["the format has no checksum"],
    source: "unblob, handlers/archive/instar/bneg.py",
};

const HEADER: u64 = 20;

impl Format for Bneg {
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
        let words = [4, 8, 12, 16].map(|at| u32_le(data, at));
        let (first, second) = match words {
            [Some(1), Some(1), Some(first), Some(second)] if first > 0 && second > 0 => {
                (u64::from(first), u64::from(second))
            }
            [_, _, _, None] => return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data)),
            _ => {
                return broken::header(data, place, &DESCRIPTION, || {
                    Problem::new(ProblemKind::Malformed, 4, "not version 1.1, or an empty partition")
                });
            }
        };
        let size = HEADER + first + second;
        if place == Place::Inside && size > data.len() as u64 {
            return None;
        }
        let mut parts = Parts::new(data, size);
        parts.header(0, HEADER as usize);
        parts.add(&b"partition-1"[..], HEADER, first);
        parts.add(&b"partition-2"[..], HEADER + first, second);
        Some(parts.finish(vec![("version", "1.1".to_owned())], limits, sink))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn image(first: u32, second: u32, body: &[u8]) -> Vec<u8> {
        let words: Vec<u8> = [1, 1, first, second].iter().flat_map(|word| word.to_le_bytes()).collect();
        [&b"BNEG"[..], &words, body].concat()
    }

    #[test]
    fn two_partitions() {
        let data = image(6, 4, b"kernelrootbehind");
        let (reading, entries) = read(&Bneg, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, entries.len(), reading.problems), (30, 2, vec![]));
        assert!(read(&Bneg, &data[..29], Place::Inside).is_none());
    }

    proptest! {
        #[test]
        fn any_sizes(first in any::<u32>(), second in any::<u32>()) {
            let data = image(first, second, b"kernelroot");
            if let Some((reading, _)) = read(&Bneg, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
