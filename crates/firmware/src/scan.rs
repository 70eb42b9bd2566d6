//! Finding candidates: every format's magic at every offset, in one pass over the bytes.

use crate::literals::Literals;
use banbury_formats::{FORMATS, Format, LOOK_BACK, Magic};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::LazyLock;

/// A place where a format may start.
#[derive(Clone, Copy)]
pub struct Candidate {
    /// First byte of the format, counted from the start of the bytes.
    pub start: usize,
    /// The format, as an index into [`FORMATS`]; candidates at one place come in that order.
    pub format: usize,
}

impl Candidate {
    /// The format itself.
    pub fn reader(self) -> Option<&'static dyn Format> {
        FORMATS.get(self.format).copied()
    }
}

/// The formats whose magic stands at its place from the start of `data` on, and those that have none, in order of
/// registration. Those told by a floating magic are among the [`Candidates`] that start at 0.
pub fn at_start(data: &[u8]) -> impl Iterator<Item = Candidate> + '_ {
    FORMATS
        .iter()
        .enumerate()
        .filter(|(_, format)| {
            let magics = format.describe().magics;
            magics.is_empty() || magics.iter().any(|magic| has(data, magic.offset, magic.bytes))
        })
        .map(|(format, _)| Candidate { start: 0, format })
}

/// The formats of which a floating magic says that one starts with `data`.
pub fn floating_at_start(data: &[u8]) -> impl Iterator<Item = Candidate> + '_ {
    let mut walk = Candidates::new(data.get(..LOOK_BACK).unwrap_or(data), 0);
    std::iter::from_fn(move || walk.next_from(0))
        .take_while(|candidate| candidate.start == 0)
        .filter(is_floating)
}

/// Whether a candidate was told by a magic that floats.
pub fn is_floating(candidate: &Candidate) -> bool {
    let floats = |magic: &Magic| magic.offset == Magic::FLOATING;
    candidate.reader().is_some_and(|format| format.describe().magics.iter().any(floats))
}

/// Walks the candidates of `data` in order of their start.
pub struct Candidates<'a> {
    data: &'a [u8],
    /// Where the search goes on.
    next: usize,
    /// Candidates found and not yet handed out, as (start, format).
    waiting: BinaryHeap<Reverse<(usize, usize)>>,
    /// Largest distance of a magic from its format's start: candidates closer than this to `next` may still be
    /// overtaken by one that starts earlier.
    reach: usize,
    done: bool,
}

impl<'a> Candidates<'a> {
    /// The candidates that start at `from` or later.
    pub fn new(data: &'a [u8], from: usize) -> Self {
        Self { data, next: from, waiting: BinaryHeap::new(), reach: MAGICS.reach, done: false }
    }

    /// The next candidate that starts at `from` or later.
    pub fn next_from(&mut self, from: usize) -> Option<Candidate> {
        loop {
            while let Some(Reverse((start, format))) = self.waiting.peek().copied() {
                if start >= from && !self.done && start + self.reach >= self.next {
                    break;
                }
                self.waiting.pop();
                // Two magics of one format may say the same.
                let again = self.waiting.peek() == Some(&Reverse((start, format)));
                if start >= from && !again {
                    return Some(Candidate { start, format });
                }
            }
            if self.done {
                return None;
            }
            self.search(from);
        }
    }

    fn search(&mut self, from: usize) {
        let Some(at) = MAGICS.strings.next(self.data, self.next.max(from)) else {
            self.done = true;
            return;
        };
        self.next = at + MAGICS.strings.step();
        for (number, stands) in MAGICS.strings.told(self.data, at) {
            let Some(magic) = MAGICS.all.get(number) else { continue };
            let Some(format) = FORMATS.get(magic.format) else { continue };
            let start = match magic.offset {
                Magic::FLOATING => format
                    .locate(self.data, stands)
                    .filter(|start| *start <= stands && stands - *start <= LOOK_BACK),
                offset => stands.checked_sub(offset),
            };
            let Some(start) = start.filter(|start| *start >= from) else { continue };
            if self.data.get(start..).is_some_and(|rest| format.may_start(rest)) {
                self.waiting.push(Reverse((start, magic.format)));
            }
        }
    }
}

struct Magics {
    strings: Literals,
    /// The magics, by their number among the strings.
    all: Vec<FormatMagic>,
    reach: usize,
}

struct FormatMagic {
    offset: usize,
    format: usize,
}

static MAGICS: LazyLock<Magics> = LazyLock::new(|| {
    let magics = || {
        let formats = FORMATS.iter().enumerate();
        formats.flat_map(|(format, reader)| reader.describe().magics.iter().map(move |magic| (format, magic)))
    };
    let all: Vec<FormatMagic> =
        magics().map(|(format, magic)| FormatMagic { offset: magic.offset, format }).collect();
    #[expect(clippy::expect_used, reason = "a test holds every magic to two bytes")]
    let strings = Literals::new(&magics().map(|(_, magic)| magic.bytes).collect::<Vec<_>>())
        .expect("every magic has two bytes");
    let distance =
        |magic: &FormatMagic| if magic.offset == Magic::FLOATING { LOOK_BACK } else { magic.offset };
    let reach = all.iter().map(distance).max().unwrap_or(0);
    Magics { strings, all, reach }
});

fn has(data: &[u8], at: usize, bytes: &[u8]) -> bool {
    at.checked_add(bytes.len()).and_then(|end| data.get(at..end)) == Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brute(data: &[u8], from: usize) -> Vec<(usize, usize)> {
        (from..data.len())
            .flat_map(|start| {
                FORMATS.iter().enumerate().filter_map(move |(format, reader)| {
                    let magics = reader.describe().magics;
                    magics
                        .iter()
                        .filter(|magic| magic.offset != Magic::FLOATING)
                        .any(|magic| has(data, start + magic.offset, magic.bytes))
                        .then_some((start, format))
                        .filter(|_| reader.may_start(&data[start..]))
                })
            })
            .collect()
    }

    #[test]
    fn every_magic_has_two_bytes() {
        for format in FORMATS {
            let name = format.describe().name;
            assert!(format.describe().magics.iter().all(|magic| magic.bytes.len() >= 2), "{name}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(6))]
        #[test]
        fn finds_what_a_plain_search_finds(
            places in proptest::collection::vec((0usize..600, 0usize..64), 0..8), from in 0usize..40
        ) {
            let mut data = vec![0u8; 1 << 16];
            for (at, which) in places {
                let Some(reader) = FORMATS.get(which % FORMATS.len()) else { continue };
                let Some(magic) = reader.describe().magics.first() else { continue };
                if magic.offset == Magic::FLOATING {
                    continue;
                }
                data[at + magic.offset..][..magic.bytes.len()].copy_from_slice(magic.bytes);
            }
            let mut walk = Candidates::new(&data, from);
            let mut found = Vec::new();
            while let Some(candidate) = walk.next_from(from) {
                found.push((candidate.start, candidate.format));
            }
            proptest::prop_assert_eq!(found, brute(&data, from));
        }
    }
}
