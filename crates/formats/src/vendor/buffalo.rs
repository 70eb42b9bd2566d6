//! Buffalo's encrypted firmware: product and version enciphered like the data, with lengths and a checksum in clear.
//!
//! Finds: the encrypted payload with its extent. How: the lengths in the header are followed. Wrong when: carved from
//! unknown bytes, the lengths must make sense and the payload must look like noise. Misses: nothing is decrypted, so
//! that the checksum, which is that of the clear data, is not verified. Source: OpenWrt firmware-utils buffalo-enc.c
//! and buffalo-lib.c.

use super::parts::{Parts, is_noise};
use crate::broken;
use crate::bytes::{head, slice, tail, u32_be};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A Buffalo encrypted image.
pub struct Buffalo;

static DESCRIPTION: Description = Description {
    name: "buffalo",
    title: "Buffalo encrypted firmware",
    magics: &[Magic { offset: 0, bytes: b"start\0" }],
    yields: "the encrypted payload",
    limits: &[
        "the payload, product and version are not decrypted",
        "the checksum, of the clear data, is not verified",
    ],
    source: "OpenWrt firmware-utils buffalo-enc.c and buffalo-lib.c",
};

const MAGIC: usize = 6;
/// Product and version have at most this many bytes.
const TEXT_MAX: usize = 64;

impl Format for Buffalo {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let Some((start, size)) = payload(data) else {
            return broken::header(data, place, &DESCRIPTION, || match data.len() {
                0..180 => broken::cut_off(data),
                _ => Problem::new(ProblemKind::Malformed, MAGIC as u64 + 1, "the lengths make no sense"),
            });
        };
        let end = (start as u64) + u64::from(size) + 4;
        if place == Place::Inside
            && (end > data.len() as u64 || !is_noise(head(tail(data, start), size as usize)))
        {
            return None;
        }
        // The checksum is followed by zero bytes up to the next multiple of four.
        let fill = (4 - end % 4) as usize;
        let fill = slice(data, crate::bytes::position(end), fill)
            .filter(|bytes| bytes.iter().all(|byte| *byte == 0));
        let mut parts = Parts::new(data, end + fill.map_or(0, |bytes| bytes.len() as u64));
        parts.header(0, start);
        parts.add(&b"encrypted"[..], start as u64, size.into());
        parts.header(start.saturating_add(size as usize), 4);
        let detail = "the payload is encrypted with Buffalo's cipher; it is not decrypted";
        parts.problem(ProblemKind::Unsupported, start as u64, detail);
        let seed = data.get(MAGIC).copied().unwrap_or_default();
        Some(parts.finish(vec![("seed", format!("{seed:#04x}"))], limits, sink))
    }
}

/// Where the payload starts, and its length: behind magic and seed stand product and version, each with its length.
fn payload(data: &[u8]) -> Option<(usize, u32)> {
    let mut at = MAGIC + 1;
    for _ in 0..2 {
        let size = u32_be(data, at)? as usize;
        if !(1..=TEXT_MAX).contains(&size) {
            return None;
        }
        slice(data, at + 4, size)?;
        at += 4 + size;
    }
    u32_be(data, at).filter(|size| *size > 0 && *size <= 1 << 30).map(|size| (at + 4, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, noise, read};

    #[test]
    fn named_with_its_extent() {
        let secret = noise(300);
        let mut data = b"start\0\x4f".to_vec();
        for field in [&b"enciphered"[..], b"version", &secret] {
            data.extend((field.len() as u32).to_be_bytes());
            data.extend(field);
        }
        data.extend([1, 2, 3, 4]);
        let whole = data.len();
        data.extend(b"behind");
        let (reading, entries) = read(&Buffalo, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, bytes_of(&entries)), (whole, secret));
        assert_eq!(reading.problems[0].kind, ProblemKind::Unsupported);
        assert!(read(&Buffalo, b"start\0 a text with this word in it", Place::Inside).is_none());
    }
}
