//! The account of an object's bytes: what no format claims is padding, dense, or unknown.

use banbury_evidence::{Region, RegionClass};
use std::collections::BTreeMap;

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
    let mut at = 0;
    let mut pending = 0;
    while at < gap.len() {
        let run = run_length(gap, at);
        let edge = at == 0 || at + run == gap.len();
        if run >= PADDING || (edge && run >= EDGE) || run == gap.len() {
            dense_or_unknown(gap, start, pending, at, regions);
            let fill = gap.get(at).copied().unwrap_or_default();
            push(regions, start + at, run, RegionClass::Padding, format!("{fill:#04x}"), None);
            pending = at + run;
        }
        at += run;
    }
    dense_or_unknown(gap, start, pending, gap.len(), regions);
}

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
    let mut at = from;
    let mut run: Option<(usize, RegionClass)> = None;
    while at < to {
        // The last window takes what would be too short to measure on its own.
        let end = if to - at < 2 * WINDOW { to } else { at + WINDOW };
        let class = classify(gap.get(at..end).unwrap_or_default());
        match run {
            Some((_, running)) if running == class => {}
            Some((start, running)) => {
                measured(gap, base, start, at, running, regions);
                run = Some((at, class));
            }
            None => run = Some((at, class)),
        }
        at = end;
    }
    if let Some((start, class)) = run {
        measured(gap, base, start, to, class, regions);
    }
}

fn measured(gap: &[u8], base: usize, from: usize, to: usize, class: RegionClass, regions: &mut Vec<Region>) {
    let entropy = entropy(gap.get(from..to).unwrap_or_default());
    push(regions, base + from, to - from, class, String::new(), Some((entropy * 1000.0).round() as u32));
}

/// Dense means: as near to 8 bits a byte as random bytes of this number come, less a margin of 0.1 bit. The entropy
/// of n random bytes falls short of 8 by about 255 / (2 n ln 2) bits (Miller 1955). Under 512 bytes nothing is called
/// dense.
fn classify(bytes: &[u8]) -> RegionClass {
    let expected = 8.0 - 255.0 / (2.0 * bytes.len() as f64 * std::f64::consts::LN_2);
    if bytes.len() >= 512 && entropy(bytes) >= expected - 0.1 {
        RegionClass::Opaque
    } else {
        RegionClass::Unknown
    }
}

/// Shannon entropy in bits per byte.
fn entropy(bytes: &[u8]) -> f64 {
    // Four tables keep neighbouring equal bytes from waiting for each other.
    let mut counts = [[0u64; 256]; 4];
    let mut chunks = bytes.chunks_exact(4);
    for chunk in &mut chunks {
        for (table, byte) in counts.iter_mut().zip(chunk) {
            if let Some(count) = table.get_mut(usize::from(*byte)) {
                *count += 1;
            }
        }
    }
    let [mut totals, second, third, fourth] = counts;
    for (total, ((b, c), d)) in totals.iter_mut().zip(second.iter().zip(&third).zip(&fourth)) {
        *total += b + c + d;
    }
    for byte in chunks.remainder() {
        if let Some(count) = totals.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let size = bytes.len() as f64;
    totals
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = *count as f64 / size;
            -share * share.log2()
        })
        .sum()
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

    proptest::proptest! {
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
