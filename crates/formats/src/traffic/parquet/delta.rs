//! Whole numbers as differences: a first number, then blocks of differences, of which each part has its own width in bits.
//!
//! Source: parquet-format, Encodings.md, "Delta Encoding".

use super::levels::packed;
use super::thrift::varint;

/// Where reading stands; the bytes are handed over each time.
#[derive(Clone, Debug)]
pub(super) struct Deltas {
    /// Of the next bytes that are not read.
    at: usize,
    /// Numbers of a part of a block.
    part: u64,
    /// Parts of a block.
    parts: u64,
    /// Numbers that are still to come.
    left: u64,
    value: i64,
    least: i64,
    /// Where the widths of the parts that are to come in this block stand, and how many those are.
    widths: (usize, u64),
    width: u32,
    bit: u64,
    in_part: u64,
    is_first: bool,
}

/// Numbers of a block, at most.
const BLOCK: u64 = 1 << 20;

impl Deltas {
    /// Numbers that begin at `at`.
    pub(super) fn new(data: &[u8], mut at: usize) -> Option<Self> {
        let block = varint(data, &mut at)?;
        let parts = varint(data, &mut at)?;
        let left = varint(data, &mut at)?;
        let value = zigzag(varint(data, &mut at)?);
        if block == 0 || block > BLOCK || parts == 0 || block % parts != 0 || (block / parts) % 8 != 0 {
            return None;
        }
        Some(Self {
            at,
            part: block / parts,
            parts,
            left,
            value,
            least: 0,
            widths: (0, 0),
            width: 0,
            bit: 0,
            in_part: 0,
            is_first: true,
        })
    }

    /// How many numbers are still to come, as it is stated.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// The next number; `None` where the bytes do not hold one.
    #[inline]
    pub(super) fn next(&mut self, data: &[u8]) -> Option<i64> {
        self.left = self.left.checked_sub(1)?;
        if self.is_first {
            self.is_first = false;
            return Some(self.value);
        }
        if self.in_part == 0 {
            self.start(data)?;
        }
        let delta = packed(data, self.bit, self.width)?;
        self.bit += u64::from(self.width);
        self.in_part -= 1;
        self.value = self.value.wrapping_add(self.least).wrapping_add(delta as i64);
        Some(self.value)
    }

    /// Where the bytes behind the last number begin, once all were read.
    pub(super) fn end(&self) -> usize {
        self.at
    }

    fn start(&mut self, data: &[u8]) -> Option<()> {
        if self.widths.1 == 0 {
            self.least = zigzag(varint(data, &mut self.at)?);
            self.widths = (self.at, self.parts);
            self.at = self.at.checked_add(usize::try_from(self.parts).ok()?)?;
        }
        let (at, left) = &mut self.widths;
        self.width = u32::from(*data.get(*at)?);
        (*at, *left) = (*at + 1, *left - 1);
        if self.width > 64 {
            return None;
        }
        self.bit = self.at as u64 * 8;
        self.in_part = self.part;
        let bytes = usize::try_from(u64::from(self.width) * self.part / 8).ok()?;
        // The last part may be cut off behind its last number.
        self.at = self.at.checked_add(bytes)?.min(data.len());
        Some(())
    }
}

fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(data: &[u8]) -> Option<(Vec<i64>, usize)> {
        let mut deltas = Deltas::new(data, 0)?;
        let values = std::iter::from_fn(|| deltas.next(data)).take(1000).collect();
        Some((values, deltas.end()))
    }

    #[test]
    fn differences_are_added_up() {
        assert_eq!(all(&[8, 1, 5, 2, 2, 0]), Some((vec![1, 2, 3, 4, 5], 6)));
        let data = [8, 1, 8, 14, 3, 2, 0b1100_0000, 0b0011_1111, 9];
        assert_eq!(all(&data), Some((vec![7, 5, 3, 1, 2, 3, 4, 5], 8)));
        assert_eq!(all(&[8, 1, 0, 0]), Some((vec![], 4)));
        for bad in [&[][..], &[0, 1, 1, 1], &[8, 0, 1, 1], &[8, 3, 1, 1], &[0xff; 20]] {
            assert_eq!(all(bad), None, "{bad:?}");
        }
        assert_eq!(all(&[8, 1, 5, 2, 2, 65, 0, 0]), Some((vec![1], 6)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(data in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some((values, end)) = all(&data) {
                prop_assert!(values.len() <= 1000 && end <= data.len() + 1_100_000);
            }
        }
    }
}
