//! HDR1 and HDR2: Xiaomi's router firmware, up to eight blobs in front of a signature.
//!
//! Finds: each blob by its stored name, and the signature. How: both headers; the CRC-32, without the final inversion,
//! over everything behind it is verified. Wrong when: carved from unknown bytes, the first blob must stand where the
//! header says. Misses: the RSA signature is not verified. Source: OpenWrt firmware-utils xiaomifw.c, unblob's handler
//! xiaomi/hdr.py.

use super::parts::{Parts, crc32, fact, is_text, text};
use crate::broken;
use crate::bytes::{slice, tail, u16_le, u32_le, until_nul};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A Xiaomi router image.
pub struct Xiaomi;

static DESCRIPTION: Description = Description {
    name: "xiaomi",
    title: "Xiaomi router firmware (HDR1, HDR2)",
    magics: &[Magic { offset: 0, bytes: b"HDR1" }, Magic { offset: 0, bytes: b"HDR2" }],
    yields: "its blobs and the signature",
    limits: &["the RSA signature is not verified"],
    source: "OpenWrt firmware-utils xiaomifw.c and unblob, handlers/archive/xiaomi/hdr.py",
};

const CRC_START: usize = 12;
const BLOB_HEADER: usize = 48;
const BLOB: [u8; 4] = [0xbe, 0xba, 0, 0];
const SIGNATURE_HEADER: u64 = 16;

impl Format for Xiaomi {
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
        let Some(header) = Header::parse(data) else {
            return broken::header(data, place, &DESCRIPTION, || {
                if data.len() < 64 {
                    return broken::cut_off(data);
                }
                Problem::new(ProblemKind::Malformed, 4, "the first blob does not stand where the header says")
            });
        };
        // The signature states its own length; where it is cut off, its usual one counts.
        let length = usize::try_from(header.signature).ok().and_then(|at| u32_le(data, at));
        let size = header.signature
            + SIGNATURE_HEADER
            + u64::from(length.filter(|size| *size <= 4096).unwrap_or(256));
        let mut parts = Parts::new(data, size);
        parts.header(0, header.size);
        let found = !crc32(&[tail(parts.object(), CRC_START)]);
        parts.checksum("CRC-32", 8, header.crc.to_be_bytes(), found.to_be_bytes());
        let mut attributes = header.attributes(data);
        for at in &header.blobs {
            let Some(blob) = Blob::parse(data, *at) else {
                parts.problem(
                    ProblemKind::Malformed,
                    u64::from(*at).min(data.len() as u64),
                    "no blob stands here",
                );
                continue;
            };
            parts.header(*at as usize, BLOB_HEADER);
            parts.add(blob.name, u64::from(*at) + BLOB_HEADER as u64, u64::from(blob.size));
            attributes.push(("blob", blob.describe()));
        }
        parts.header(crate::bytes::position(header.signature), SIGNATURE_HEADER as usize);
        parts.add(
            &b"signature"[..],
            header.signature + SIGNATURE_HEADER,
            size - header.signature - SIGNATURE_HEADER,
        );
        Some(parts.finish(attributes, limits, sink))
    }
}

struct Header {
    version: u8,
    size: usize,
    signature: u64,
    crc: u32,
    blobs: Vec<u32>,
}

impl Header {
    fn parse(data: &[u8]) -> Option<Self> {
        let (version, table) = match slice(data, 0, 4)? {
            b"HDR1" => (1, 16),
            b"HDR2" => (2, 48),
            _ => return None,
        };
        let size = table + 32;
        slice(data, 0, size)?;
        let blobs: Vec<u32> =
            (0..8).filter_map(|number| u32_le(data, table + number * 4)).take_while(|at| *at != 0).collect();
        Blob::parse(data, *blobs.first()?)?;
        let signature = u32_le(data, 4)?;
        (signature as usize >= size).then(|| {
            Some(Self { version, size, signature: signature.into(), crc: u32_le(data, 8)?, blobs })
        })?
    }

    fn attributes(&self, data: &[u8]) -> Vec<(&'static str, String)> {
        let mut attributes = vec![("header", format!("HDR{}", self.version))];
        if self.version == 1 {
            fact(
                &mut attributes,
                "device",
                u16_le(data, 14).map(|device| format!("{device:#06x}")).unwrap_or_default(),
            );
        } else {
            fact(&mut attributes, "device", slice(data, 16, 8).map(text).unwrap_or_default());
            fact(&mut attributes, "region", slice(data, 24, 8).map(text).unwrap_or_default());
        }
        attributes
    }
}

struct Blob<'a> {
    flash: u32,
    size: u32,
    kind: u16,
    name: &'a [u8],
}

impl<'a> Blob<'a> {
    fn parse(data: &'a [u8], at: u32) -> Option<Self> {
        let header = slice(data, at as usize, BLOB_HEADER).filter(|header| header.starts_with(&BLOB))?;
        let name = slice(header, 16, 32)?;
        Some(Self {
            flash: u32_le(header, 4)?,
            size: u32_le(header, 8)?,
            kind: u16_le(header, 12)?,
            name: if is_text(name) { until_nul(name) } else { b"nameless" },
        })
    }

    fn describe(&self) -> String {
        let flash = if self.flash == u32::MAX { "no place".to_owned() } else { format!("{:#x}", self.flash) };
        format!("{}: type {}, {flash} in flash", String::from_utf8_lossy(self.name), self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn image(version: u8) -> Vec<u8> {
        let mut image = if version == 1 { b"HDR1".to_vec() } else { b"HDR2".to_vec() };
        image.resize(if version == 1 { 48 } else { 80 }, 0);
        let table = image.len() - 32;
        for (number, (name, content)) in
            [("uboot.bin", &b"boot"[..]), ("root.ubi", b"root")].into_iter().enumerate()
        {
            let at = image.len() as u32;
            image[table + number * 4..][..4].copy_from_slice(&at.to_le_bytes());
            image.extend(BLOB);
            image.extend(u32::MAX.to_le_bytes());
            image.extend((content.len() as u32).to_le_bytes());
            image.extend([1, 0, 0, 0]);
            image.extend(name.as_bytes());
            image.resize(at as usize + BLOB_HEADER, 0);
            image.extend(content);
        }
        let signature = image.len() as u32;
        image[4..8].copy_from_slice(&signature.to_le_bytes());
        image.extend(256_u32.to_le_bytes());
        image.extend([0; 12]);
        image.extend([0x5a; 256]);
        let crc = !crc32(&[&image[CRC_START..]]);
        image[8..12].copy_from_slice(&crc.to_le_bytes());
        image
    }

    #[test]
    fn both_headers() {
        for version in [1, 2] {
            let data = [image(version), vec![9; 9]].concat();
            let (reading, entries) = read(&Xiaomi, &data, Place::Inside).unwrap();
            assert_eq!((reading.size, reading.problems), (data.len() - 9, vec![]));
            let names: Vec<_> = entries.iter().map(|entry| entry.path.to_vec()).collect();
            assert_eq!(names, [b"uboot.bin".to_vec(), b"root.ubi".to_vec(), b"signature".to_vec()]);
        }
    }

    #[test]
    fn a_changed_byte_is_told() {
        let mut data = image(1);
        data[97] ^= 1;
        let (reading, _) = read(&Xiaomi, &data, Place::Inside).unwrap();
        assert_eq!((reading.problems[0].kind, reading.problems[0].offset), (ProblemKind::Checksum, 8));
        data[48] = 0;
        assert!(read(&Xiaomi, &data, Place::Inside).is_none());
    }

    proptest! {
        #[test]
        fn any_places(signature in any::<u32>(), second in any::<u32>(), size in any::<u32>()) {
            let mut data = image(1);
            data[4..8].copy_from_slice(&signature.to_le_bytes());
            data[20..24].copy_from_slice(&second.to_le_bytes());
            data[56..60].copy_from_slice(&size.to_le_bytes());
            if let Some((reading, _)) = read(&Xiaomi, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
