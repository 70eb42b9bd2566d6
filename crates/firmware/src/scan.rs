//! Finding candidates: every format's magic at every offset, in one pass over the bytes.

use aho_corasick::{AhoCorasick, MatchKind};
use banbury_formats::{FORMATS, Format};
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

/// The formats whose magic stands at the start of `data`, and those that have none, in order of registration.
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

/// Walks the candidates of `data` in order of their start.
pub struct Candidates<'a> {
    data: &'a [u8],
    /// Where the search goes on.
    next: usize,
    /// Candidates found and not yet handed out, the last first.
    waiting: Vec<Candidate>,
    /// Largest distance of a magic from its format's start: candidates closer than this to `next` may still be
    /// overtaken by one that starts earlier.
    reach: usize,
    done: bool,
}

impl<'a> Candidates<'a> {
    /// The candidates that start at `from` or later.
    pub fn new(data: &'a [u8], from: usize) -> Self {
        Self { data, next: from, waiting: Vec::new(), reach: MAGICS.reach, done: false }
    }

    /// The next candidate that starts at `from` or later.
    pub fn next_from(&mut self, from: usize) -> Option<Candidate> {
        loop {
            while let Some(candidate) = self.waiting.last().copied() {
                if candidate.start < from {
                    self.waiting.pop();
                } else if self.done || candidate.start + self.reach < self.next {
                    self.waiting.pop();
                    return Some(candidate);
                } else {
                    break;
                }
            }
            if self.done {
                return None;
            }
            self.search(from);
        }
    }

    fn search(&mut self, from: usize) {
        self.next = self.next.max(from);
        let found = self.data.get(self.next..).and_then(|rest| MAGICS.searcher.find(rest));
        let Some(found) = found else {
            self.done = true;
            return;
        };
        let at = self.next + found.start();
        self.next = at + 1;
        // Another magic may start at the same byte; all of them are looked at here.
        for magic in &MAGICS.all {
            let start = at.checked_sub(magic.offset);
            if let Some(start) = start.filter(|start| *start >= from && has(self.data, at, magic.bytes)) {
                self.waiting.push(Candidate { start, format: magic.format });
            }
        }
        self.waiting.sort_unstable_by_key(|candidate| std::cmp::Reverse((candidate.start, candidate.format)));
        self.waiting.dedup_by_key(|candidate| (candidate.start, candidate.format));
    }
}

struct Magics {
    searcher: AhoCorasick,
    all: Vec<FormatMagic>,
    reach: usize,
}

struct FormatMagic {
    bytes: &'static [u8],
    offset: usize,
    format: usize,
}

static MAGICS: LazyLock<Magics> = LazyLock::new(|| {
    let all: Vec<FormatMagic> = FORMATS
        .iter()
        .enumerate()
        .flat_map(|(format, reader)| {
            let magics = reader.describe().magics.iter();
            magics.map(move |magic| FormatMagic { bytes: magic.bytes, offset: magic.offset, format })
        })
        .collect();
    let searcher = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostFirst)
        .build(all.iter().map(|magic| magic.bytes));
    #[expect(
        clippy::expect_used,
        reason = "a few dozen constant patterns; a test builds this very automaton"
    )]
    let searcher = searcher.expect("the registry's magics fit an automaton");
    let reach = all.iter().map(|magic| magic.offset).max().unwrap_or(0);
    Magics { searcher, all, reach }
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
                        .any(|magic| has(data, start + magic.offset, magic.bytes))
                        .then_some((start, format))
                })
            })
            .collect()
    }

    proptest::proptest! {
        #[test]
        fn finds_what_a_plain_search_finds(
            places in proptest::collection::vec((0usize..600, 0usize..64), 0..8), from in 0usize..40
        ) {
            let mut data = vec![0u8; 1024];
            for (at, which) in places {
                let Some(reader) = FORMATS.get(which % FORMATS.len()) else { continue };
                let Some(magic) = reader.describe().magics.first() else { continue };
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
