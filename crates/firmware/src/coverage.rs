//! The account of an object's bytes: what no format claims is padding, dense, or unknown.

use banbury_evidence::{Region, RegionClass};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A run of one byte value in the midst of other bytes counts as padding from this length on: programs and tables have
/// shorter ones of their own.
const PADDING: usize = 1024;

/// The same for a run at either end of a gap, where alignment fills up. A gap of one value altogether is padding
/// whatever its length.
const EDGE: usize = 16;

/// Bytes for which entropy is measured at a time.
const WINDOW: usize = 4096;

/// Accounts for the bytes of `data` from `start` to `end`, which no format claims.
pub fn unclaimed(data: &[u8], start: usize, end: usize, regions: &mut Vec<Region>) {
    let Some(gap) = data.get(start..end) else { return };
    let mut pending = 0;
    for (at, length) in paddings(gap) {
        dense_or_unknown(gap, start, pending, at, regions);
        let fill = gap.get(at).copied().unwrap_or_default();
        push(regions, start + at, length, RegionClass::Padding, format!("{fill:#04x}"), None);
        pending = at + length;
    }
    dense_or_unknown(gap, start, pending, gap.len(), regions);
}

/// The runs of one byte value that count as padding, as (offset, length), in order.
fn paddings(gap: &[u8]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut covered = 0;
    let first = run_length(gap, 0);
    if first >= EDGE || (first == gap.len() && first > 0) {
        runs.push((0, first));
        covered = first;
    }
    // A run that is long enough has a whole block of this size in it, wherever it starts.
    const BLOCK: usize = PADDING / 2;
    let mut at = covered.next_multiple_of(BLOCK);
    while let Some(block) = gap.get(at..at + BLOCK) {
        if run_length(block, 0) < BLOCK {
            at += BLOCK;
            continue;
        }
        let value = block.first().copied().unwrap_or_default();
        let before = gap.get(covered..at).unwrap_or_default();
        let start = at - before.iter().rev().take_while(|byte| **byte == value).count();
        let length = run_length(gap, start);
        if length >= PADDING || (length >= EDGE && start + length == gap.len()) {
            runs.push((start, length));
            covered = start + length;
        }
        at = (start + length).next_multiple_of(BLOCK).max(at + BLOCK);
    }
    let rest = gap.get(covered..).unwrap_or_default();
    if let Some(last) = rest.last() {
        let length = rest.iter().rev().take_while(|byte| *byte == last).count();
        if length >= EDGE {
            runs.push((gap.len() - length, length));
        }
    }
    runs
}

/// Bytes that one thread measures at a time.
const PIECE: usize = 1024 * WINDOW;

/// A region that a format was read from.
pub fn known(offset: usize, length: usize, note: &str, attributes: BTreeMap<String, String>) -> Region {
    Region {
        offset: offset as u64,
        length: length as u64,
        class: RegionClass::Known,
        note: note.to_owned(),
        attributes,
        entropy: None,
    }
}

/// How many bytes from `at` on have the same value.
fn run_length(data: &[u8], at: usize) -> usize {
    let Some((first, rest)) = data.get(at..).and_then(<[u8]>::split_first) else { return 0 };
    // Whole words first: long runs of padding are common and large.
    let word = [*first; 16];
    let words = rest.chunks_exact(16).take_while(|chunk| **chunk == word).count() * 16;
    let tail = rest.get(words..).unwrap_or_default().iter().take_while(|byte| *byte == first).count();
    1 + words + tail
}

fn dense_or_unknown(gap: &[u8], base: usize, from: usize, to: usize, regions: &mut Vec<Region>) {
    let stretch = gap.get(from..to).unwrap_or_default();
    let mut runs: Vec<Run> = Vec::new();
    if stretch.len() < 2 * PIECE {
        classified(stretch, 0, &mut runs);
    } else {
        // All pieces but the last are whole windows, so that pieces change nothing.
        let whole = (stretch.len() / PIECE - 1) * PIECE;
        let (pieces, rest) = stretch.split_at(whole);
        let of_pieces: Vec<Vec<Run>> = pieces
            .par_chunks(PIECE)
            .enumerate()
            .map(|(index, piece)| {
                let mut runs = Vec::new();
                classified(piece, index * PIECE, &mut runs);
                runs
            })
            .collect();
        of_pieces.into_iter().flatten().for_each(|run| append(&mut runs, run));
        classified(rest, whole, &mut runs);
    }
    for run in runs {
        let Run { start, length, class, counts } = run;
        measured(base + from + start, length, class, &counts, regions);
    }
}

/// A stretch of windows of one class.
struct Run {
    start: usize,
    length: usize,
    class: RegionClass,
    counts: Counts,
}

/// Puts the runs of `stretch`, which starts at `base`, behind those before it.
fn classified(stretch: &[u8], base: usize, runs: &mut Vec<Run>) {
    let mut at = 0;
    while at < stretch.len() {
        // The last window takes what would be too short to measure on its own.
        let length = if stretch.len() - at < 2 * WINDOW { stretch.len() - at } else { WINDOW };
        let counts = Counts::of(stretch.get(at..at + length).unwrap_or_default());
        append(runs, Run { start: base + at, length, class: classify(&counts), counts });
        at += length;
    }
}

fn append(runs: &mut Vec<Run>, run: Run) {
    match runs.last_mut() {
        Some(last) if last.class == run.class => {
            last.length += run.length;
            last.counts.add(&run.counts);
        }
        _ => runs.push(run),
    }
}

fn measured(offset: usize, length: usize, class: RegionClass, counts: &Counts, regions: &mut Vec<Region>) {
    push(regions, offset, length, class, String::new(), Some((counts.entropy() * 1000.0).round() as u32));
}

/// Dense means: as near to 8 bits a byte as random bytes of this number come, less a margin of 0.1 bit. The entropy
/// of n random bytes falls short of 8 by about 255 / (2 n ln 2) bits (Miller 1955). Under 512 bytes nothing is called
/// dense.
fn classify(counts: &Counts) -> RegionClass {
    let expected = 8.0 - 255.0 / (2.0 * counts.size as f64 * std::f64::consts::LN_2);
    if counts.size >= 512 && counts.entropy() >= expected - 0.1 {
        RegionClass::Opaque
    } else {
        RegionClass::Unknown
    }
}

/// How often each byte value occurs.
pub(crate) struct Counts {
    size: u64,
    values: [u64; 256],
}

impl Counts {
    /// Counts bytes, up to four thousand million.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        // Four tables keep neighbouring equal bytes from waiting for each other.
        let mut tables = [[0u32; 256]; 4];
        let [a, b, c, d] = &mut tables;
        let (words, rest) = bytes.as_chunks::<4>();
        for [first, second, third, fourth] in words {
            for (table, byte) in [(&mut *a, first), (&mut *b, second), (&mut *c, third), (&mut *d, fourth)] {
                if let Some(count) = table.get_mut(usize::from(*byte)) {
                    *count += 1;
                }
            }
        }
        for byte in rest {
            if let Some(count) = a.get_mut(usize::from(*byte)) {
                *count += 1;
            }
        }
        let mut values = [0; 256];
        for (total, (((a, b), c), d)) in values.iter_mut().zip(a.iter().zip(b).zip(c).zip(d)) {
            *total = u64::from(*a + *b + *c + *d);
        }
        Self { size: bytes.len() as u64, values }
    }

    /// With those of other bytes.
    pub(crate) fn add(&mut self, other: &Self) {
        self.size += other.size;
        for (total, more) in self.values.iter_mut().zip(other.values) {
            *total += more;
        }
    }

    /// Shannon entropy in bits per byte: log2 n - (sum of c log2 c) / n.
    pub(crate) fn entropy(&self) -> f64 {
        if self.size == 0 {
            return 0.0;
        }
        let weighted: f64 = self.values.iter().map(|count| times_log2(*count)).sum();
        (self.size as f64).log2() - weighted / self.size as f64
    }
}

/// n log2 n, from a table where n is small: a window's counts are.
fn times_log2(n: u64) -> f64 {
    static TABLE: LazyLock<Vec<f64>> = LazyLock::new(|| (0..1024).map(computed).collect());
    fn computed(n: u64) -> f64 {
        if n == 0 { 0.0 } else { n as f64 * (n as f64).log2() }
    }
    usize::try_from(n).ok().and_then(|index| TABLE.get(index)).copied().unwrap_or_else(|| computed(n))
}

fn push(
    regions: &mut Vec<Region>,
    offset: usize,
    length: usize,
    class: RegionClass,
    note: String,
    entropy: Option<u32>,
) {
    if length > 0 {
        let (offset, length) = (offset as u64, length as u64);
        regions.push(Region { offset, length, class, note, attributes: BTreeMap::new(), entropy });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(data: &[u8]) -> Vec<(u64, u64, RegionClass)> {
        let mut regions = Vec::new();
        unclaimed(data, 0, data.len(), &mut regions);
        regions.iter().map(|region| (region.offset, region.length, region.class)).collect()
    }

    /// Bytes that look random: the high byte of a linear congruential sequence (Knuth's MMIX constants).
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn tells_padding_from_dense_from_the_rest() {
        let mut data = vec![0xFF; 100];
        data.extend(noise(20_000));
        data.extend([0; 4000]);
        data.extend(b"hello, world".repeat(100));
        assert_eq!(
            account(&data),
            [
                (0, 100, RegionClass::Padding),
                (100, 20_000, RegionClass::Opaque),
                (20_100, 4000, RegionClass::Padding),
                (24_100, 1200, RegionClass::Unknown)
            ]
        );
    }

    #[test]
    fn pieces_change_nothing() {
        let mut data = noise(9 * PIECE / 4);
        data.extend(b"hello, world".repeat(PIECE / 9));
        data.extend(noise(PIECE / 2));
        let (mut apart, mut whole) = (Vec::new(), Vec::new());
        dense_or_unknown(&data, 0, 0, data.len(), &mut apart);
        let mut runs = Vec::new();
        classified(&data, 0, &mut runs);
        for run in &runs {
            measured(run.start, run.length, run.class, &run.counts, &mut whole);
        }
        assert_eq!(apart, whole);
        assert_eq!(apart.len(), 3);
    }

    #[test]
    fn a_short_gap_of_one_value_is_padding() {
        assert_eq!(account(&[0; 3]), [(0, 3, RegionClass::Padding)]);
        assert_eq!(account(b"ab"), [(0, 2, RegionClass::Unknown)]);
    }

    #[test]
    fn zeros_inside_a_program_are_its_own_and_at_its_end_they_fill() {
        let mut data = b"code".repeat(10);
        data.extend([0; 200]);
        data.extend(b"more".repeat(10));
        data.extend([0; 20]);
        assert_eq!(account(&data), [(0, 280, RegionClass::Unknown), (280, 20, RegionClass::Padding)]);
    }

    /// What counts as padding, run by run.
    fn plain_paddings(gap: &[u8]) -> Vec<(usize, usize)> {
        let mut runs = Vec::new();
        let mut at = 0;
        while at < gap.len() {
            let run = run_length(gap, at);
            let edge = at == 0 || at + run == gap.len();
            if run >= PADDING || (edge && run >= EDGE) || run == gap.len() {
                runs.push((at, run));
            }
            at += run;
        }
        runs
    }

    proptest::proptest! {
        #[test]
        fn padding_is_found_wherever_it_starts(runs in proptest::collection::vec((0u8..3, 1usize..2500), 0..12)) {
            let data: Vec<u8> = runs.into_iter().flat_map(|(byte, count)| vec![byte; count]).collect();
            proptest::prop_assert_eq!(paddings(&data), plain_paddings(&data));
        }

        #[test]
        fn every_byte_is_accounted_for_once(runs in proptest::collection::vec((0u8..4, 1usize..300), 0..30)) {
            let data: Vec<u8> = runs.into_iter().flat_map(|(byte, count)| vec![byte; count]).collect();
            let mut at = 0;
            for (offset, length, _) in account(&data) {
                proptest::prop_assert_eq!(offset, at);
                at += length;
            }
            proptest::prop_assert_eq!(at, data.len() as u64);
        }
    }
}
