//! The 32-byte header that Linksys and other makers put in front of TRX images.
//!
//! Finds: the TRX image behind it, as it stands there, with model, version and date as facts. How: the header has a
//! mark of its own and must stand in front of a TRX image, which states its length. Wrong when: both marks must be
//! there. Misses: nothing is checksummed but the TRX image, by its own reader. Source: OpenWrt firmware-utils
//! addpattern.c, DD-WRT's mtd.c (struct code_header).

use super::parts::{Parts, fact, is_text, text};
use crate::broken;
use crate::bytes::{slice, u16_le, u32_le};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A TRX image with a maker's header in front.
pub struct Linksys;

static DESCRIPTION: Description = Description {
    name: "linksys",
    title: "Linksys header in front of a TRX image",
    magics: &[Magic { offset: 14, bytes: b"U2ND" }],
    yields: "the TRX image",
    limits: &["the header has no checksum"],
    source: "OpenWrt firmware-utils addpattern.c",
};

const HEADER: usize = 32;

impl Format for Linksys {
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
        let trx = slice(data, HEADER, 8).filter(|trx| trx.starts_with(b"HDR0"));
        let Some(size) = trx.and_then(|trx| u32_le(trx, 4)).filter(|size| *size >= 28) else {
            return broken::header(data, place, &DESCRIPTION, || match data.len() {
                0..40 => broken::cut_off(data),
                _ => Problem::new(
                    ProblemKind::Malformed,
                    HEADER as u64,
                    "no TRX image stands behind the header",
                ),
            });
        };
        if place == Place::Inside && HEADER as u64 + u64::from(size) > data.len() as u64 {
            return None;
        }
        let mut parts = Parts::new(data, HEADER as u64 + u64::from(size));
        parts.header(0, HEADER);
        parts.add(&b"trx"[..], HEADER as u64, size.into());
        let mut attributes = Vec::new();
        let model = slice(data, 0, 4).unwrap_or_default();
        if is_text(model) {
            fact(&mut attributes, "model", text(model));
        }
        if let Some([year, month, day, major, minor, patch]) = slice(data, 8, 6) {
            attributes.push(("date", format!("{:04}-{month:02}-{day:02}", 2000 + u16::from(*year))));
            attributes.push(("version", format!("{major}.{minor}.{patch}")));
        }
        attributes.push(("hardware", data.get(18).copied().unwrap_or_default().to_string()));
        attributes.push(("flags", format!("{:#06x}", u16_le(data, 20).unwrap_or_default())));
        Some(parts.finish(attributes, limits, sink))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};

    #[test]
    fn header_and_image() {
        let trx = [&b"HDR0"[..], &40_u32.to_le_bytes(), &[7; 32]].concat();
        let header = b"W54G\0\0\0\0\x05\x0b\x02\x04\x14\x06U2ND\x00\x00\x3f\0\0\0\0\0\0\0\0\0\0\0";
        let data = [&header[..], &trx, b"behind"].concat();
        let (reading, entries) = read(&Linksys, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (72, vec![]));
        assert_eq!(bytes_of(&entries), trx);
        assert!(reading.attributes.contains(&("version", "4.20.6".into())));
        assert!(reading.attributes.contains(&("date", "2005-11-02".into())));
        let (reading, _) = read(&Linksys, &data[..60], Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
        assert!(read(&Linksys, &data[..60], Place::Inside).is_none());
    }
}
