//! Fields of an instruction's word.

/// `width` bits from bit `at` on.
#[inline]
pub(super) const fn field(word: u32, at: u32, width: u32) -> u32 {
    (word >> at) & ((1 << width) - 1)
}

/// Whether a bit is set.
#[inline]
pub(super) const fn bit(word: u32, at: u32) -> bool {
    (word >> at) & 1 != 0
}

/// A number whose highest bit of `width` is its sign.
#[inline]
pub(super) const fn signed(value: u32, width: u32) -> i64 {
    let shift = 32 - width;
    (((value << shift) as i32) >> shift) as i64
}

/// The first four bytes in a byte order.
#[inline]
pub(super) fn word(bytes: &[u8], big_endian: bool) -> Option<u32> {
    let bytes = *bytes.first_chunk::<4>()?;
    Some(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}

/// The first two bytes in a byte order.
#[inline]
pub(super) fn half(bytes: &[u8], big_endian: bool) -> Option<u16> {
    let bytes = *bytes.first_chunk::<2>()?;
    Some(if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
}
