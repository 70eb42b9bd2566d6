//! Integers and slices at an offset of untrusted bytes: every read that may miss says so.

/// `len` bytes at `at`.
pub(crate) fn slice(data: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    data.get(at..at.checked_add(len)?)
}

/// The bytes from `at` on; none where `at` is past the end.
pub(crate) fn tail(data: &[u8], at: usize) -> &[u8] {
    data.get(at..).unwrap_or_default()
}

/// The first `len` bytes, or all of them where there are fewer.
pub(crate) fn head(data: &[u8], len: usize) -> &[u8] {
    data.get(..len).unwrap_or(data)
}

/// The bytes up to the first NUL, or all of them.
pub(crate) fn until_nul(data: &[u8]) -> &[u8] {
    data.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn array<const N: usize>(data: &[u8], at: usize) -> Option<[u8; N]> {
    slice(data, at, N)?.try_into().ok()
}

pub(crate) fn u16_le(data: &[u8], at: usize) -> Option<u16> {
    array(data, at).map(u16::from_le_bytes)
}

pub(crate) fn u32_le(data: &[u8], at: usize) -> Option<u32> {
    array(data, at).map(u32::from_le_bytes)
}

pub(crate) fn u64_le(data: &[u8], at: usize) -> Option<u64> {
    array(data, at).map(u64::from_le_bytes)
}

pub(crate) fn u16_be(data: &[u8], at: usize) -> Option<u16> {
    array(data, at).map(u16::from_be_bytes)
}

pub(crate) fn u32_be(data: &[u8], at: usize) -> Option<u32> {
    array(data, at).map(u32::from_be_bytes)
}

/// The integer of `width` bytes at `at`, in either byte order; `None` where it is wider than 8.
pub(crate) fn int(data: &[u8], big: bool, at: usize, width: usize) -> Option<u64> {
    bits(slice(data, at, width)?, big, 0, 8 * width)
}

/// The bit field of `width` bits (`None` beyond 64) that stands `bit` bits from the start of a packed structure. Bits are counted
/// from the lowest of the first byte in little-endian structures, from the highest in big-endian ones, as C compilers do.
pub(crate) fn bits(data: &[u8], big: bool, bit: usize, width: usize) -> Option<u64> {
    // Templates of flow exports state any width.
    if width > 64 {
        return None;
    }
    let (first, end) = (bit / 8, (bit + width).div_ceil(8));
    let bytes = slice(data, first, end - first)?;
    let join = |sum: u128, byte: &u8| sum << 8 | u128::from(*byte);
    let (whole, shift) = if big {
        (bytes.iter().fold(0, join), 8 * end - bit - width)
    } else {
        (bytes.iter().rev().fold(0, join), bit % 8)
    };
    Some((whole >> shift & ((1 << width) - 1)) as u64)
}

/// The number at `at`, which is moved behind it: seven bits a byte, the lowest first, in at most `most` bytes (10 hold 64 bits).
pub(crate) fn varint(data: &[u8], at: &mut usize, most: usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7).take(most) {
        let byte = *data.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// An offset as a position in memory; positions that cannot be held lie past the end of any data.
pub(crate) fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// How many zero bytes bring `size` to a multiple of `unit`, clipped to `data`; 0 unless all of them are zero.
pub(crate) fn zero_padding(data: &[u8], size: usize, unit: usize) -> usize {
    let Some(end) = size.checked_next_multiple_of(unit) else { return 0 };
    let padding = head(tail(data, size), end - size);
    if padding.iter().all(|byte| *byte == 0) { padding.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_miss_past_the_end() {
        let data = [1, 2, 3, 4, 5];
        assert_eq!(u16_le(&data, 3), Some(0x0504));
        assert_eq!(u16_le(&data, 4), None);
        assert_eq!(u32_be(&data, 1), Some(0x0203_0405));
        assert_eq!(u64_le(&data, usize::MAX), None);
        assert_eq!(slice(&data, usize::MAX, 2), None);
        assert_eq!(tail(&data, 9), b"");
        assert_eq!(int(&[255; 8], true, 0, 8), Some(u64::MAX));
        assert_eq!(int(&[0; 200], true, 0, 17), None);
        let mut at = 1;
        assert_eq!((varint(&[9, 0xe5, 0x8e, 0x26, 1], &mut at, 5), at), (Some(624_485), 4));
        assert_eq!(varint(&[0x80, 0x80, 1], &mut 0, 2), None);
        assert_eq!(varint(&[0x80], &mut 0, 10), None);
        assert_eq!(until_nul(b"ab\0c"), b"ab");
    }

    #[test]
    fn padding_counts_only_when_it_is_zero() {
        assert_eq!(zero_padding(b"abc\0\0\0\0\0\0", 3, 8), 5);
        assert_eq!(zero_padding(b"abc\0\0", 3, 8), 2);
        assert_eq!(zero_padding(b"abc\0x\0\0\0\0", 3, 8), 0);
        assert_eq!(zero_padding(b"abcd", 4, 4), 0);
    }
}
