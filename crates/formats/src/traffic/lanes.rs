//! Lines taken apart several bytes at a time: the places of separators 64 bytes at once, numbers eight digits at once.
//!
//! Only what nearly all logs write is read here; for anything else the functions give nothing, and [`super::values`] decides.
//! Digits are put together two, four and eight at a time (D. Lemire, "Quickly parsing eight digits", 2018).

use core::net::Ipv4Addr;
use fearless_simd::{Level, Simd, SimdBase as _, SimdMask as _, dispatch, u8x64};

/// A line of fields, and where each field ends.
#[derive(Clone, Copy)]
pub(super) struct Split<'a> {
    pub(super) line: &'a str,
    /// Where a field before the first would end, then the ends of all.
    ends: &'a [u32],
}

impl<'a> Split<'a> {
    /// How many fields there are.
    pub(super) fn fields(self) -> usize {
        self.ends.len() - 1
    }

    /// Where a field stands.
    #[inline(always)]
    pub(super) fn extent(self, field: u16) -> Option<(u32, u32)> {
        let field = usize::from(field);
        match self.ends.get(field..field + 2)? {
            [before, end] => Some((before.wrapping_add(1), *end)),
            _ => None,
        }
    }

    /// A field.
    #[inline(always)]
    pub(super) fn field(self, field: u16) -> Option<&'a str> {
        let (start, end) = self.extent(field)?;
        self.line.get(start as usize..end as usize)
    }

    /// The number that one to eight digits are which end at `end` and begin behind `start`.
    #[inline(always)]
    pub(super) fn number(self, start: u32, end: u32) -> Option<u64> {
        let length = end.wrapping_sub(start);
        if length.wrapping_sub(1) >= 8 {
            return None;
        }
        // What stands before the number is shifted out, which leaves zeros.
        let shift = 64 - 8 * length;
        eight(self.before(end)? >> shift << shift)
    }

    /// Seconds with six digits behind the full stop, as microseconds.
    #[inline(always)]
    pub(super) fn micros(self, start: u32, end: u32) -> Option<i64> {
        let last = self.before(end)?;
        let stop = end.checked_sub(7)?;
        // The byte before the six digits is the full stop, less what a digit is above its value.
        if last.to_le_bytes()[1] != b'.' ^ b'0' {
            return None;
        }
        let fraction = eight(last >> 16 << 16)?;
        let whole = match stop.checked_sub(start)? {
            1..=8 => self.number(start, stop)?,
            // What begins a line has nothing before it.
            length @ 9..=12 => {
                let scale = *[10, 100, 1000, 10_000].get(length as usize - 9)?;
                eight(self.before(start + 8)?)? * scale + self.number(start + 8, stop)?
            }
            _ => return None,
        };
        // Eighteen digits fit.
        Some((whole * 1_000_000 + fraction) as i64)
    }

    /// An IPv4 address of four decimal numbers.
    #[inline(always)]
    pub(super) fn dotted(self, start: u32, end: u32) -> Option<Ipv4Addr> {
        let length = end.wrapping_sub(start);
        if length.wrapping_sub(7) > 8 {
            return None;
        }
        let window = self.window::<16>(start)?;
        // The highest bit of each byte that is a full stop, and of no other.
        const LOW: u128 = u128::from_ne_bytes([0x7f; 16]);
        let others = u128::from_le_bytes(window) ^ u128::from_ne_bytes([b'.'; 16]);
        let mut stops = !(((others & LOW) + LOW) | others | LOW) & ((1 << (8 * length)) - 1);
        let (mut from, mut bits) = (start, 0);
        for _ in 0..3 {
            if stops == 0 {
                return None;
            }
            let stop = start + stops.trailing_zeros() / 8;
            bits = bits << 8 | self.octet(from, stop)?;
            from = stop + 1;
            stops &= stops - 1;
        }
        (stops == 0).then_some(())?;
        Some(Ipv4Addr::from_bits(bits << 8 | self.octet(from, end)?))
    }

    /// One to three digits without a zero in front, up to 255.
    #[inline(always)]
    fn octet(self, start: u32, end: u32) -> Option<u32> {
        /// Below this a number of so many digits has a zero in front, which some take for octal.
        const LEAST: [u32; 4] = [u32::MAX, 0, 10, 100];
        let length = end.wrapping_sub(start);
        let least = *LEAST.get(length as usize)?;
        // No length gets here that is zero.
        let shift = 32_u32.wrapping_sub(8 * length) & 31;
        let digits = (u32::from_le_bytes(self.window(end.checked_sub(4)?)?) ^ 0x3030_3030) >> shift << shift;
        if (digits.wrapping_add(0x7676_7676) | digits) & 0x8080_8080 != 0 {
            return None;
        }
        let [_, hundreds, tens, ones] = digits.to_le_bytes().map(u32::from);
        let value = hundreds * 100 + tens * 10 + ones;
        (value >= least && value < 256).then_some(value)
    }

    /// The eight bytes before `end`, each less what a digit is above its value.
    #[inline(always)]
    fn before(self, end: u32) -> Option<u64> {
        Some(u64::from_le_bytes(self.window(end.checked_sub(8)?)?) ^ 0x3030_3030_3030_3030)
    }

    /// So many bytes from a place on.
    #[inline(always)]
    fn window<const N: usize>(self, from: u32) -> Option<[u8; N]> {
        let from = from as usize;
        self.line.as_bytes().get(from..from + N)?.try_into().ok()
    }
}

/// The number of eight digits, the first in the lowest byte, each from 0 to 9.
#[inline(always)]
fn eight(digits: u64) -> Option<u64> {
    if (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pairs = (digits.wrapping_mul(10).wrapping_add(digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    Some(fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF)
}

/// Where a separator stands in a line.
#[derive(Clone, Default)]
pub(super) struct Ends {
    /// See [`Split::ends`].
    places: Vec<u32>,
    count: usize,
}

impl Ends {
    /// Finds the ends of the fields of a line of less than 4 GiB; says whether the line is plain ASCII.
    pub(super) fn find(&mut self, line: &[u8], separator: u8) -> bool {
        // No line has more.
        if self.places.len() < line.len() + 2 {
            self.places.resize(line.len() + 2, 0);
        }
        dispatch!(Level::new(), simd => simd.vectorize(#[inline(always)] || self.find_by(simd, line, separator)))
    }

    #[inline(always)]
    fn find_by<S: Simd>(&mut self, simd: S, line: &[u8], separator: u8) -> bool {
        let mut places = self.places.iter_mut();
        if let Some(before) = places.next() {
            *before = u32::MAX;
        }
        let mut base = 0;
        let mut count = 2;
        let mut odd = 0;
        let mut take = |found: Classes| {
            let mut hits = found.hits;
            count += hits.count_ones() as usize;
            while hits != 0
                && let Some(place) = places.next()
            {
                *place = base + hits.trailing_zeros();
                hits &= hits - 1;
            }
            odd |= found.odd;
            base += 64;
        };
        let (blocks, rest) = line.as_chunks::<64>();
        blocks.iter().for_each(|block| take(classes(simd, block, separator)));
        if !rest.is_empty() {
            take(match line.last_chunk::<64>() {
                // What was seen before is shifted out.
                Some(last) => {
                    let Classes { hits, odd } = classes(simd, last, separator);
                    let seen = 64 - rest.len();
                    Classes { hits: hits >> seen, odd: odd >> seen }
                }
                None => {
                    let mut padded = [b' '; 64];
                    padded.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                    let Classes { hits, odd } = classes(simd, &padded, separator);
                    Classes { hits: hits & ((1 << rest.len()) - 1), odd }
                }
            });
        }
        if let Some(place) = places.next() {
            *place = line.len() as u32;
        }
        self.count = count;
        odd == 0
    }

    /// The fields of the line that was looked at.
    #[inline(always)]
    pub(super) fn of<'a>(&'a self, line: &'a str) -> Split<'a> {
        Split { line, ends: self.places.get(..self.count).unwrap_or(&[0]) }
    }
}

/// Of 64 bytes, which are the separator, and which of the others are no plain ASCII: the first byte is the lowest bit.
#[derive(Clone, Copy)]
struct Classes {
    hits: u64,
    odd: u64,
}

#[inline(always)]
fn classes<S: Simd>(simd: S, block: &[u8; 64], separator: u8) -> Classes {
    let bytes = u8x64::load_array_ref(simd, block);
    let hits = bytes.simd_eq(separator).to_bitmask();
    let odd = (bytes.simd_lt(0x20) | bytes.simd_gt(0x7e)).to_bitmask();
    Classes { hits, odd: odd & !hits }
}

/// What [`classes`] says, a byte after the other.
#[cfg(test)]
fn one_by_one(block: &[u8; 64], separator: u8) -> Classes {
    let mut found = Classes { hits: 0, odd: 0 };
    for (at, byte) in block.iter().enumerate() {
        let is_hit = *byte == separator;
        found.hits |= u64::from(is_hit) << at;
        found.odd |= u64::from(!is_hit && !(0x20..0x7f).contains(byte)) << at;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::values;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn separators_are_found_wherever_they_stand() {
        let mut ends = Ends::default();
        for length in 0..210 {
            for at in 0..length {
                for byte in [0, b'\n', 0x1f, b' ', b'a', 0x7f, 0x80, 0xff, b'\t'] {
                    let mut bytes = vec![b'x'; length];
                    bytes[at] = byte;
                    bytes[length / 2] = b'\t';
                    let is_plain = ends.find(&bytes, b'\t');
                    let mut expected: Vec<u32> =
                        (0..length).filter(|at| bytes[*at] == b'\t').map(|at| at as u32).collect();
                    expected.push(length as u32);
                    assert_eq!(ends.places[1..ends.count], expected);
                    let plain = |byte: &u8| *byte == b'\t' || (0x20..0x7f).contains(byte);
                    assert_eq!(is_plain, bytes.iter().all(plain), "{bytes:?}");
                }
            }
        }
        // More than there is room for at first, and fewer again.
        for length in [1000, 3, 0, 400] {
            ends.find(&vec![b','; length], b',');
            assert_eq!(ends.places[1..ends.count], (0..=length as u32).collect::<Vec<_>>());
        }
    }

    /// What is read of `text` in the middle of a line.
    fn within<T>(text: &str, read: impl Fn(Split<'_>, u32, u32) -> Option<T>) -> Option<T> {
        let line = format!("01234567\t{text}\t0123456789abcdef");
        let mut ends = Ends::default();
        ends.find(line.as_bytes(), b'\t');
        let split = ends.of(&line);
        assert_eq!(split.fields(), 3);
        let (start, end) = split.extent(1).unwrap();
        assert_eq!(split.field(1), Some(text));
        read(split, start, end)
    }

    #[test]
    fn what_logs_write_is_read() {
        assert_eq!(within("0", |at, start, end| at.number(start, end)), Some(0));
        assert_eq!(within("12345678", |at, start, end| at.number(start, end)), Some(12_345_678));
        assert_eq!(
            within("1700000000.002207", |at, start, end| at.micros(start, end)),
            Some(1_700_000_000_002_207)
        );
        assert_eq!(within("0.000001", |at, start, end| at.micros(start, end)), Some(1));
        assert_eq!(
            within("10.0.3.65", |at, start, end| at.dotted(start, end)),
            Some(Ipv4Addr::new(10, 0, 3, 65))
        );
        assert_eq!(
            within("255.255.255.255", |at, start, end| at.dotted(start, end)),
            Some(Ipv4Addr::BROADCAST)
        );
        for bad in
            ["", "-", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1..2.3", "256.1.1.1", "1.2.3.1000", "1.2.3.", "::1"]
        {
            assert_eq!(within(bad, |at, start, end| at.dotted(start, end)), None, "{bad}");
        }
        for bad in ["", "-", "123456789", "1x", "/", ":", "-1", "1.0"] {
            assert_eq!(within(bad, |at, start, end| at.number(start, end)), None, "{bad}");
        }
        for bad in ["", "-", "1.5", ".000001", "-1.000001", "1234567890123.000001", "1x000001"] {
            assert_eq!(within(bad, |at, start, end| at.micros(start, end)), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn classes_are_those_of_each_byte(bytes in prop::collection::vec(any::<u8>(), 64), separator in any::<u8>()) {
            let block: [u8; 64] = bytes.try_into().unwrap();
            let fast = dispatch!(Level::new(), simd => classes(simd, &block, separator));
            let slow = one_by_one(&block, separator);
            prop_assert_eq!((fast.hits, fast.odd), (slow.hits, slow.odd));
        }

        #[test]
        fn what_is_read_is_what_values_read(text in "[0-9.]{0,20}|[ -~]{0,16}|[0-9]{1,12}\\.[0-9]{6}") {
            if let Some(number) = within(&text, |at, start, end| at.number(start, end)) {
                prop_assert_eq!(values::count(&text), Some(number));
            }
            if let Some(micros) = within(&text, |at, start, end| at.micros(start, end)) {
                prop_assert_eq!(values::seconds(&text), Some(micros));
            }
            if let Some(address) = within(&text, |at, start, end| at.dotted(start, end)) {
                prop_assert_eq!(values::address(&text), Some(address.into()));
            }
        }

        #[test]
        fn usual_addresses_are_read(bits in any::<u32>()) {
            let address = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(within(&address.to_string(), |at, start, end| at.dotted(start, end)), Some(address));
        }

        #[test]
        fn usual_numbers_are_read(number in 0u64..100_000_000, whole in 0u64..1_000_000_000_000, micros in 0u64..1_000_000) {
            prop_assert_eq!(within(&number.to_string(), |at, start, end| at.number(start, end)), Some(number));
            let text = format!("{whole}.{micros:06}");
            prop_assert_eq!(within(&text, |at, start, end| at.micros(start, end)), Some((whole * 1_000_000 + micros) as i64));
        }
    }
}
