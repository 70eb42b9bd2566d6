//! Small numbers in runs: definition levels, indices of dictionaries, truths. A run is one number repeated, or groups of eight numbers
//! packed bit by bit.
//!
//! Source: parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".

use super::thrift::varint;
use crate::bytes::slice;

/// Where reading stands; the bytes are handed over each time.
#[derive(Clone, Debug)]
pub(super) struct Runs {
    at: usize,
    end: usize,
    width: u32,
    left: u64,
    run: Run,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    Repeated(u32),
    /// From this bit on.
    Packed(u64),
}

impl Runs {
    /// Numbers of `width` bits, at most 32, in the bytes from `at` to `end`.
    pub(super) fn new(at: usize, end: usize, width: u32) -> Self {
        Self { at, end, width: width.min(32), left: 0, run: Run::Repeated(0) }
    }

    /// The next number; `None` where the bytes do not hold one.
    #[inline]
    pub(super) fn next(&mut self, data: &[u8]) -> Option<u32> {
        if self.left == 0 {
            self.start(data)?;
        }
        self.left -= 1;
        match &mut self.run {
            Run::Repeated(value) => Some(*value),
            Run::Packed(bit) => {
                let value = packed(data, *bit, self.width)?;
                *bit += u64::from(self.width);
                Some(value as u32)
            }
        }
    }

    fn start(&mut self, data: &[u8]) -> Option<()> {
        let data = data.get(..self.end)?;
        // Without bits there is nothing to be read, and nothing need stand there.
        if self.width == 0 && self.at >= data.len() {
            (self.left, self.run) = (u64::MAX, Run::Repeated(0));
            return Some(());
        }
        let head = varint(data, &mut self.at)?;
        let count = head >> 1;
        if count == 0 || count > u64::from(u32::MAX) {
            return None;
        }
        if head & 1 == 1 {
            // The last group may be cut off behind its last number.
            let bytes = count * u64::from(self.width);
            self.run = Run::Packed(self.at as u64 * 8);
            self.left = count * 8;
            self.at = self.at.saturating_add(usize::try_from(bytes).ok()?).min(data.len());
        } else {
            let width = self.width.div_ceil(8) as usize;
            let value =
                slice(data, self.at, width)?.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
            self.run = Run::Repeated(value);
            self.left = count;
            self.at += width;
        }
        Some(())
    }
}

/// The number of `width` bits, at most 64, that begins at a bit, the lowest bit first.
#[inline]
pub(super) fn packed(data: &[u8], bit: u64, width: u32) -> Option<u64> {
    if width == 0 {
        return Some(0);
    }
    let (first, shift) = (usize::try_from(bit / 8).ok()?, (bit % 8) as u32);
    let mask = u64::MAX >> (64 - width.min(64));
    if shift + width <= 64
        && let Some(word) = data.get(first..).and_then(<[u8]>::first_chunk::<8>)
    {
        return Some(u64::from_le_bytes(*word) >> shift & mask);
    }
    let bytes = slice(data, first, (shift + width).div_ceil(8) as usize)?;
    let word = bytes.iter().rev().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
    Some((word >> shift) as u64 & mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(data: &[u8], width: u32, most: usize) -> Vec<u32> {
        let mut runs = Runs::new(0, data.len(), width);
        std::iter::from_fn(|| runs.next(data)).take(most).collect()
    }

    #[test]
    fn runs_of_both_sorts_are_read() {
        // Five times 4, then 1 to 8 less one of three bits each.
        assert_eq!(all(&[10, 4, 3, 0x88, 0xc6, 0xfa], 3, 99), [4, 4, 4, 4, 4, 0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(all(&[4, 0x34, 0x12], 16, 99), [0x1234, 0x1234]);
        assert_eq!(all(&[], 0, 3), [0, 0, 0]);
        assert_eq!(all(&[], 1, 3), [0; 0]);
        assert_eq!(all(&[0], 1, 3), [0; 0]);
        assert_eq!(all(&[0xff, 0xff, 0xff, 0xff, 0x1f, 1], 1, 9), [1, 0, 0, 0, 0, 0, 0, 0][..8]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(data in prop::collection::vec(any::<u8>(), 0..60), width in 0_u32..33) {
            prop_assert!(all(&data, width, 1000).len() <= 1000);
        }

        #[test]
        fn what_is_packed_comes_out(values in prop::collection::vec(any::<u64>(), 1..50), width in 1_u32..65) {
            let mask = u64::MAX >> (64 - width);
            let mut bits = vec![0_u8; (values.len() * width as usize).div_ceil(8)];
            for (number, value) in values.iter().enumerate() {
                for bit in 0..width as usize {
                    let at = number * width as usize + bit;
                    bits[at / 8] |= ((value >> bit & 1) as u8) << (at % 8);
                }
            }
            for (number, value) in values.iter().enumerate() {
                let at = number as u64 * u64::from(width);
                prop_assert_eq!(packed(&bits, at, width), Some(value & mask));
            }
        }
    }
}
