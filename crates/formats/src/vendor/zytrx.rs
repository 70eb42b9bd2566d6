//! The header of Zyxel's 4G and 5G gateways: like TRX read from the other end.
//!
//! Finds: the payload, with chip, board and version as facts. How: the CRC-32s of header and payload, without the
//! final inversion, are verified. Wrong when: carved from unknown bytes, lengths must add up and the header's CRC-32
//! must fit. Misses: the kernel's checksum, whose making is not public. Source: OpenWrt firmware-utils zytrx.c.

use super::parts::{Parts, crc32, fact, text};
use crate::broken;
use crate::bytes::{head, slice, tail, u32_be};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A Zyxel image with a reversed TRX magic.
pub struct ZyTrx;

static DESCRIPTION: Description = Description {
    name: "zytrx",
    title: "Zyxel gateway image",
    magics: &[Magic { offset: 0, bytes: b"0RDH" }],
    yields: "the payload",
    limits: &["the kernel's checksum, whose making is not public, is not verified"],
    source: "OpenWrt firmware-utils zytrx.c",
};

const HEADER: u32 = 380;
const CRC: usize = 372;

impl Format for ZyTrx {
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
        let Some(header) = slice(data, 0, HEADER as usize) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let (size, total, payload_size) = (u32_be(header, 4)?, u32_be(header, 8)?, u32_be(header, 80)?);
        let found = (!crc32(&[head(header, CRC), &[0; 4], tail(header, CRC + 4)])).to_be_bytes();
        let stated = slice(header, CRC, 4)?;
        let adds_up = size == HEADER && total.checked_sub(HEADER) == Some(payload_size);
        if !adds_up || (place == Place::Inside && stated != found) {
            return broken::header(data, place, &DESCRIPTION, || {
                Problem::new(
                    ProblemKind::Malformed,
                    4,
                    format!("lengths {size}, {total} and {payload_size} do not add up"),
                )
            });
        }
        let mut parts = Parts::new(data, u64::from(total));
        parts.header(0, HEADER as usize);
        let payload = parts.add(&b"payload"[..], u64::from(HEADER), u64::from(payload_size));
        parts.checksum("CRC-32 of the header", CRC, stated, found);
        let found = (!crc32(&[payload])).to_be_bytes();
        parts.checksum("CRC-32 of the payload", 12, slice(header, 12, 4)?, found);
        let field = |at, size| slice(header, at, size).map(text).unwrap_or_default();
        let mut attributes = Vec::new();
        fact(&mut attributes, "chip", field(260, 8));
        fact(&mut attributes, "board", field(268, 16));
        attributes.push(("model", format!("{:#010x}", u32_be(header, 284)?)));
        fact(&mut attributes, "version", field(296, 32));
        Some(parts.finish(attributes, limits, sink))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};

    fn image(payload: &[u8]) -> Vec<u8> {
        let mut header = vec![0; HEADER as usize];
        header[..4].copy_from_slice(b"0RDH");
        let mut put = |at: usize, word: u32| header[at..at + 4].copy_from_slice(&word.to_be_bytes());
        put(4, HEADER);
        put(8, HEADER + payload.len() as u32);
        put(12, !crc32(&[payload]));
        put(80, payload.len() as u32);
        put(284, 0x0701_0001);
        header[268..274].copy_from_slice(b"NR7101");
        let own = !crc32(&[&header]);
        header[CRC..CRC + 4].copy_from_slice(&own.to_be_bytes());
        [&header, payload].concat()
    }

    #[test]
    fn payload_and_checksums() {
        let data = [image(b"kernel"), vec![0; 9]].concat();
        let (reading, entries) = read(&ZyTrx, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (386, vec![]));
        assert_eq!(bytes_of(&entries), b"kernel");
        assert!(reading.attributes.contains(&("board", "NR7101".into())));
        let mut data = data.clone();
        data[381] ^= 1;
        let (reading, _) = read(&ZyTrx, &data, Place::Inside).unwrap();
        assert_eq!((reading.problems[0].kind, reading.problems[0].offset), (ProblemKind::Checksum, 12));
        data[270] ^= 1;
        assert!(read(&ZyTrx, &data, Place::Inside).is_none());
        assert!(read(&ZyTrx, &data, Place::Start).is_some());
    }
}
