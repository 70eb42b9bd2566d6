//! The 512-byte headers that TP-Link routers of two generations boot from.
//!
//! Finds: kernel, root file system and boot loader, with version and hardware as facts. How: both layouts; the MD5
//! over the image with the salt in its own place is verified, over the stated length or, of a stripped image, up to
//! the end of its last part. Wrong when: carved from unknown bytes, the vendor's name or the header's fill must be
//! there, and offsets that make sense. Misses: the second MD5, of unknown purpose. Source: OpenWrt firmware-utils
//! mktplinkfw.c, mktplinkfw2.c and mktplinkfw-lib.c.

use super::parts::{Parts, fact, md5, text};
use crate::broken;
use crate::bytes::{head, slice, tail, u32_be};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A TP-Link image with a header of version 1 or 2, of the first or the second generation.
pub struct TpLink;

static DESCRIPTION: Description = Description {
    name: "tp-link",
    title: "TP-Link image",
    magics: &[
        // The version, and the vendor that nearly all images of the first generation name.
        Magic { offset: 0, bytes: b"\x01\0\0\0TP-LINK" },
        Magic { offset: 0, bytes: b"\x02\0\0\0TP-LINK" },
        Magic { offset: 0, bytes: b"\x01\0\0\0OpenWrt" },
        Magic { offset: 0, bytes: b"\x02\0\0\0OpenWrt" },
        // The second generation has marks between its fields.
        Magic { offset: 0x8c, bytes: &[0x55, 0xaa] },
    ],
    yields: "kernel, root file system, boot loader",
    limits: &[
        "the first generation is known by the vendor's name in the header",
        "the second MD5, of unknown purpose, is not checked",
    ],
    source: "OpenWrt firmware-utils mktplinkfw.c, mktplinkfw2.c, mktplinkfw-lib.c",
};

const HEADER: usize = 512;
/// The salts that stand in the place of the MD5 while it is calculated: without and with a boot loader in the image.
const SALTS_1: [[u8; 16]; 2] = [
    [0xdc, 0xd7, 0x3a, 0xa5, 0xc3, 0x95, 0x98, 0xfb, 0xdd, 0xf9, 0xe7, 0xf4, 0x0e, 0xae, 0x47, 0x38],
    [0x8c, 0xef, 0x33, 0x5b, 0xd5, 0xc5, 0xce, 0xfa, 0xa7, 0x9c, 0x28, 0xda, 0xb2, 0xe9, 0x0f, 0x42],
];
/// The same of the second generation.
const SALTS_2: [[u8; 16]; 2] = [
    [0xdc, 0xd7, 0x3a, 0xa5, 0xc3, 0x95, 0x98, 0xfb, 0xdc, 0xf9, 0xe7, 0xf4, 0x0e, 0xae, 0x47, 0x37],
    [0x8c, 0xef, 0x33, 0x5f, 0xd5, 0xc5, 0xce, 0xfa, 0xac, 0x9c, 0x28, 0xda, 0xb2, 0xe9, 0x0f, 0x42],
];

impl Format for TpLink {
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
            // The marks of the second generation alone are too weak to say anything.
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data))
                .filter(|_| data.get(4..11).is_some_and(|name| name == b"TP-LINK" || name == b"OpenWrt"));
        };
        if !header.is_sane() {
            return broken::header(data, place, &DESCRIPTION, || {
                Problem::new(ProblemKind::Malformed, header.base as u64, "the parts' offsets make no sense")
            });
        }
        if place == Place::Inside && header.generation == 2 && !header.ends_with_fill() {
            return None;
        }
        let (size, fits) = header.extent(data);
        let mut parts = Parts::new(data, size as u64);
        parts.header(0, HEADER);
        if fits == Some(false) && !parts.cut_off() {
            parts.problem(ProblemKind::Checksum, header.md5 as u64, "the MD5 does not fit the image");
        }
        for (path, field) in [(&b"kernel"[..], 0), (b"rootfs", 8), (b"boot-loader", 16)] {
            let (at, length) = header.part(field);
            if length > 0 {
                parts.add(path, at, length);
            }
        }
        Some(parts.finish(header.attributes(), limits, sink))
    }
}

struct Header<'a> {
    bytes: &'a [u8],
    generation: u8,
    /// Where the MD5 stands.
    md5: usize,
    /// Where the kernel's load address stands; the other fields follow.
    base: usize,
}

impl<'a> Header<'a> {
    fn parse(data: &'a [u8]) -> Option<Self> {
        let bytes = slice(data, 0, HEADER)?;
        match *bytes {
            [1 | 2, 0, 0, 0, b'T', b'P', b'-', b'L', b'I', b'N', b'K', ..]
            | [1 | 2, 0, 0, 0, b'O', b'p', b'e', b'n', b'W', b'r', b't', ..] => {
                Some(Self { bytes, generation: 1, md5: 0x4c, base: 0x74 })
            }
            [1..=3, 0, 0, 0, ..] if slice(bytes, 0x8c, 2)? == [0x55, 0xaa] && *bytes.get(0x90)? == 0xa5 => {
                Some(Self { bytes, generation: 2, md5: 0x40, base: 0x68 })
            }
            _ => None,
        }
    }

    fn salts(&self) -> &'static [[u8; 16]; 2] {
        if self.generation == 1 { &SALTS_1 } else { &SALTS_2 }
    }

    fn word(&self, at: usize) -> u64 {
        u32_be(self.bytes, at).unwrap_or_default().into()
    }

    /// The whole length as stated; 0 or all ones where it is left to the loader.
    fn length(&self) -> u64 {
        self.word(self.base + 8)
    }

    /// Place and length of a part whose fields stand `field` bytes behind the kernel's.
    fn part(&self, field: usize) -> (u64, u64) {
        let (at, length) = (self.word(self.base + 12 + field), self.word(self.base + 16 + field));
        if length == u64::from(u32::MAX) { (at, 0) } else { (at, length) }
    }

    /// Where the last part ends.
    fn end_of_parts(&self) -> u64 {
        [0, 8, 16]
            .into_iter()
            .map(|field| self.part(field))
            .filter(|(_, length)| *length > 0)
            .map(|(at, length)| at + length)
            .fold(HEADER as u64, u64::max)
    }

    /// Whether there is a kernel or another part behind the header, and none in it.
    fn is_sane(&self) -> bool {
        let parts = [0, 8, 16].map(|field| self.part(field));
        let used = parts.iter().filter(|(_, length)| *length > 0).count();
        used > 0
            && parts.iter().all(|(at, length)| *length == 0 || *at >= HEADER as u64)
            && parts.iter().all(|(at, length)| at + length <= 512 << 20)
            && (matches!(self.length(), 0 | 0xffff_ffff) || self.length() >= HEADER as u64)
            && self.length() <= u64::from(u32::MAX)
    }

    /// Whether the second generation's header is filled up as the vendor does.
    fn ends_with_fill(&self) -> bool {
        let fill = tail(self.bytes, 0x94);
        self.generation == 2 && fill.iter().all(|byte| *byte == 0xff || *byte == 0)
    }

    /// The object's size, and whether its MD5 fits; `None` where none is stated.
    fn extent(&self, data: &[u8]) -> (usize, Option<bool>) {
        let stated = slice(self.bytes, self.md5, 16).unwrap_or_default();
        let end = self.end_of_parts() as usize;
        let length = match self.length() {
            0 | 0xffff_ffff => end,
            length => length as usize,
        };
        if stated.iter().all(|byte| *byte == 0) {
            return (length, None);
        }
        // A stripped image ends with its last part, whatever its header says, and its MD5 is that of what is left.
        let mut sizes = vec![length, end, end.next_multiple_of(4), data.len().min(length)];
        sizes.dedup();
        for size in sizes {
            let Some(image) = slice(data, 0, size) else { continue };
            let digest = |salt: &[u8; 16]| md5(&[head(image, self.md5), salt, tail(image, self.md5 + 16)]);
            if self.salts().iter().any(|salt| digest(salt) == stated) {
                return (size, Some(true));
            }
        }
        (length.max(end), Some(false))
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let field = |at, size| slice(self.bytes, at, size).map(text).unwrap_or_default();
        let mut attributes = vec![("generation", self.generation.to_string())];
        attributes.push(("header-version", self.bytes.first().copied().unwrap_or_default().to_string()));
        let hardware = if self.generation == 1 {
            fact(&mut attributes, "vendor", field(4, 24));
            fact(&mut attributes, "version", field(28, 36));
            fact(&mut attributes, "region", field(0x14c, 32));
            0x40
        } else {
            fact(&mut attributes, "version", field(4, 48));
            0x34
        };
        attributes.push(("hardware", format!("{:#010x}", self.word(hardware))));
        attributes.push(("hardware-revision", self.word(hardware + 4).to_string()));
        attributes.push(("load-address", format!("{:#010x}", self.word(self.base))));
        attributes.push(("entry-point", format!("{:#010x}", self.word(self.base + 4))));
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn image(generation: u8, kernel: &[u8], rootfs: &[u8]) -> Vec<u8> {
        let (md5_at, base, salt, fill) =
            if generation == 1 { (0x4c, 0x74, SALTS_1[0], 0) } else { (0x40, 0x68, SALTS_2[0], 0xff) };
        let mut image = vec![fill; HEADER];
        let name: &[u8] = if generation == 1 {
            b"\x01\0\0\0TP-LINK Technologies\0\0\0\0ver. 1.0\0"
        } else {
            b"\x03\0\0\0ver. 2.0\0"
        };
        image[..name.len()].copy_from_slice(name);
        let size = (HEADER + kernel.len() + rootfs.len()) as u32;
        let rootfs_at = (HEADER + kernel.len()) as u32;
        let words =
            [0x8006_0000, 0x8006_0000, size, 512, kernel.len() as u32, rootfs_at, rootfs.len() as u32, 0, 0];
        for (number, word) in words.iter().enumerate() {
            image[base + number * 4..][..4].copy_from_slice(&word.to_be_bytes());
        }
        if generation == 2 {
            image[0x8c..0x91].copy_from_slice(&[0x55, 0xaa, 1, 0, 0xa5]);
        }
        let mut image = [&image, kernel, rootfs].concat();
        image[md5_at..md5_at + 16].copy_from_slice(&salt);
        let digest = md5(&[&image]);
        image[md5_at..md5_at + 16].copy_from_slice(&digest);
        image
    }

    #[test]
    fn both_generations() {
        for generation in [1, 2] {
            let data = [image(generation, b"kernel", b"rootfs"), vec![7; 50]].concat();
            let (reading, entries) = read(&TpLink, &data, Place::Inside).unwrap();
            assert_eq!((reading.size, reading.problems), (data.len() - 50, vec![]));
            assert_eq!(entries.len(), 2);
            assert!(reading.attributes.contains(&("entry-point", "0x80060000".into())));
        }
    }

    #[test]
    fn a_changed_byte_is_told() {
        let mut data = image(1, b"kernel", b"rootfs");
        data[520] ^= 1;
        let (reading, _) = read(&TpLink, &data, Place::Inside).unwrap();
        assert_eq!((reading.problems[0].kind, reading.problems[0].offset), (ProblemKind::Checksum, 0x4c));
    }

    #[test]
    fn parts_in_the_header_are_not_believed_inside() {
        let mut data = image(1, b"kernel", b"rootfs");
        data[0x80..0x84].copy_from_slice(&7_u32.to_be_bytes());
        assert!(read(&TpLink, &data, Place::Inside).is_none());
        let (reading, _) = read(&TpLink, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Malformed);
    }

    proptest! {
        #[test]
        fn any_fields(fields in prop::collection::vec(any::<u32>(), 9)) {
            let mut data = image(2, b"kernel", b"rootfs");
            for (number, word) in fields.iter().enumerate() {
                data[0x68 + number * 4..][..4].copy_from_slice(&word.to_be_bytes());
            }
            if let Some((reading, _)) = read(&TpLink, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
