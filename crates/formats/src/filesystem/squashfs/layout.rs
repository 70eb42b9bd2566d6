//! How structures stand in an image: the version says which fields there are, the byte order how they are packed.

use crate::bytes;

/// The layout of an image: versions 1 to 4, each in both byte orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The major version, 1 to 4.
    pub(super) major: u16,
    /// Whether the most significant byte stands first.
    pub(super) big: bool,
}

impl Layout {
    /// The integer of `width` bytes at `at`.
    pub(super) fn int(self, data: &[u8], at: usize, width: usize) -> Option<u64> {
        bytes::int(data, self.big, at, width)
    }

    /// The bit field of `width` bits that stands `bit` bits from the start of a packed structure.
    pub(super) fn bits(self, data: &[u8], bit: usize, width: usize) -> Option<u64> {
        bytes::bits(data, self.big, bit, width)
    }

    pub(super) fn u16(self, data: &[u8], at: usize) -> Option<u16> {
        self.int(data, at, 2).map(|value| value as u16)
    }

    pub(super) fn u32(self, data: &[u8], at: usize) -> Option<u32> {
        self.int(data, at, 4).map(|value| value as u32)
    }

    pub(super) fn u64(self, data: &[u8], at: usize) -> Option<u64> {
        self.int(data, at, 8)
    }

    /// Bytes of a pointer to a table's block.
    pub(super) fn pointer(self) -> usize {
        if self.major <= 2 { 4 } else { 8 }
    }

    /// Bytes of an entry of the fragment table.
    pub(super) fn fragment(self) -> usize {
        if self.major <= 2 { 8 } else { 16 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LITTLE: Layout = Layout { major: 3, big: false };
    const BIG: Layout = Layout { major: 3, big: true };

    #[test]
    fn fields_are_packed_from_the_lowest_or_the_highest_bit() {
        // A type of 4 bits and a mode of 12; then 19 bits, 13 bits.
        let little = [0xd1, 0x1e, 0x03, 0x00, 0x08, 0x00];
        assert_eq!(LITTLE.bits(&little, 0, 4), Some(1));
        assert_eq!(LITTLE.bits(&little, 4, 12), Some(0x1ed));
        assert_eq!(LITTLE.bits(&little, 16, 19), Some(3));
        assert_eq!(LITTLE.bits(&little, 35, 13), Some(1));
        let big = [0x11, 0xed, 0x00, 0x00, 0x60, 0x01];
        assert_eq!(BIG.bits(&big, 0, 4), Some(1));
        assert_eq!(BIG.bits(&big, 4, 12), Some(0x1ed));
        assert_eq!(BIG.bits(&big, 16, 19), Some(3));
        assert_eq!(BIG.bits(&big, 35, 13), Some(1));
        assert_eq!(BIG.bits(&big, 40, 13), None);
    }

    proptest! {
        #[test]
        fn whole_bytes_are_integers(value: u64, lead in 0_usize..5) {
            let mut data = vec![0xaa; lead];
            data.extend_from_slice(&value.to_le_bytes());
            prop_assert_eq!(LITTLE.u64(&data, lead), Some(value));
            data.truncate(lead);
            data.extend_from_slice(&value.to_be_bytes());
            prop_assert_eq!(BIG.u64(&data, lead), Some(value));
            prop_assert_eq!(BIG.u64(&data, lead + 1), None);
        }

        #[test]
        fn neighbouring_fields_share_nothing(first: u16, second: u32, cut in 1_usize..16) {
            let (first, second) = (u64::from(first) & ((1 << cut) - 1), u64::from(second) & 0xf_ffff);
            let little = first | second << cut;
            let little = little.to_le_bytes();
            prop_assert_eq!(LITTLE.bits(&little, 0, cut), Some(first));
            prop_assert_eq!(LITTLE.bits(&little, cut, 20), Some(second));
            let big = first << (64 - cut) | second << (44 - cut);
            let big = big.to_be_bytes();
            prop_assert_eq!(BIG.bits(&big, 0, cut), Some(first));
            prop_assert_eq!(BIG.bits(&big, cut, 20), Some(second));
        }
    }
}
