//! TRX: Broadcom's image of up to four partitions behind one checksum.
//!
//! Finds: the partitions, named after their usual use (loader, kernel, rootfs). How: the header's offsets cut the
//! object; its CRC-32, without the final inversion, over everything from the flags on is verified. Wrong when: carved
//! from unknown bytes, the version, the flags and the offsets must all make sense, whether or not the checksum fits:
//! an image in flash is written to. Misses: what vendors append inside the stated length stays in the last partition.
//! Source: Linux drivers/mtd/parsers/parser_trx.c, OpenWrt firmware-utils trx.c and otrx.c, Broadcom trxhdr.h.

use super::parts::{Parts, crc32};
use crate::broken;
use crate::bytes::{tail, u16_le, u32_le};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A TRX image.
pub struct Trx;

static DESCRIPTION: Description = Description {
    name: "trx",
    title: "Broadcom TRX image",
    magics: &[Magic { offset: 0, bytes: b"HDR0" }],
    yields: "its partitions",
    limits: &[
        "partitions have no names; they are called after their usual use",
        "what vendors append inside the stated length stays in the last partition",
    ],
    source: "Linux parser_trx.c, OpenWrt firmware-utils (trx.c, otrx.c), Broadcom trxhdr.h",
};

/// Where the bytes under the checksum start.
const FLAGS: usize = 12;
/// Flags that are defined or were seen: no header, gzip files, overlays, uncompressed.
const KNOWN_FLAGS: u16 = 0x3f;

impl Format for Trx {
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
            return broken::header(data, place, &DESCRIPTION, || match (u32_le(data, 4), u16_le(data, 14)) {
                (Some(length), Some(1 | 2)) if length < 28 => {
                    Problem::new(ProblemKind::Malformed, 4, format!("a length of {length} bytes"))
                }
                (_, Some(version)) if !matches!(version, 1 | 2) => {
                    Problem::new(ProblemKind::Malformed, 14, format!("version {version} is not defined"))
                }
                _ => broken::cut_off(data),
            });
        };
        if place == Place::Inside && !header.is_sane() {
            return None;
        }
        let mut parts = Parts::new(data, u64::from(header.length));
        let checksum = crc32(&[tail(parts.object(), FLAGS)]);
        let mut attributes = vec![("version", header.version.to_string())];
        attributes.push(("flags", format!("{:#06x}", header.flags)));
        if checksum == header.checksum {
            attributes.push(("checksum-variant", "inverted at the end".to_owned()));
        } else {
            parts.checksum("CRC-32", 8, header.checksum.to_be_bytes(), (!checksum).to_be_bytes());
        }
        parts.header(0, header.size);
        header.partitions(&mut parts);
        Some(parts.finish(attributes, limits, sink))
    }
}

struct Header {
    length: u32,
    checksum: u32,
    flags: u16,
    version: u16,
    size: usize,
    offsets: Vec<u32>,
}

impl Header {
    fn parse(data: &[u8]) -> Option<Self> {
        if !data.starts_with(b"HDR0") {
            return None;
        }
        let version = u16_le(data, 14)?;
        let size = match version {
            1 => 28,
            2 => 32,
            _ => return None,
        };
        let offsets = (16..size).step_by(4).map(|at| u32_le(data, at)).collect::<Option<Vec<u32>>>()?;
        let length = u32_le(data, 4)?;
        if (length as usize) < size {
            return None;
        }
        Some(Self { length, checksum: u32_le(data, 8)?, flags: u16_le(data, FLAGS)?, version, size, offsets })
    }

    /// Whether a header whose checksum does not fit (a partition was written to since) is one all the same.
    fn is_sane(&self) -> bool {
        let used: Vec<u32> = self.offsets.iter().copied().take_while(|offset| *offset != 0).collect();
        self.flags & !KNOWN_FLAGS == 0
            && used.first().is_some_and(|first| *first as usize >= self.size)
            && used.is_sorted_by(|a, b| a < b)
            && used.iter().all(|offset| *offset < self.length)
            && self.offsets.iter().skip(used.len()).all(|offset| *offset == 0)
    }

    /// Each partition reaches up to the next.
    fn partitions<'a>(&self, parts: &mut Parts<'a>) {
        let mut starts: Vec<u32> = self.offsets.iter().copied().filter(|offset| *offset != 0).collect();
        starts.sort_unstable();
        starts.dedup();
        let names: &[&[u8]] = match starts.len() {
            1 => &[b"firmware"],
            2 => &[b"kernel", b"rootfs"],
            3 => &[b"loader", b"kernel", b"rootfs"],
            _ => &[b"partition-0", b"partition-1", b"partition-2", b"partition-3"],
        };
        let ends = starts.iter().skip(1).chain([&self.length]);
        for ((start, end), name) in starts.iter().zip(ends).zip(names) {
            parts.add(*name, u64::from(*start), u64::from(end.saturating_sub(*start)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn image(version: u16, offsets: &[u32], body: &[u8]) -> Vec<u8> {
        let mut image = b"HDR0".to_vec();
        let length = 16 + offsets.len() * 4 + body.len();
        image.extend((length as u32).to_le_bytes());
        image.extend([0; 4]);
        image.extend(0_u16.to_le_bytes());
        image.extend(version.to_le_bytes());
        offsets.iter().for_each(|offset| image.extend(offset.to_le_bytes()));
        image.extend(body);
        let checksum = !crc32(&[&image[12..]]);
        image[8..12].copy_from_slice(&checksum.to_le_bytes());
        image
    }

    fn names(entries: &[Entry]) -> Vec<String> {
        entries.iter().map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).collect()
    }

    #[test]
    fn both_versions() {
        let data = [image(1, &[28, 34, 0], b"kernelrootfs"), vec![9; 5]].concat();
        let (reading, entries) = read(&Trx, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (40, vec![]));
        assert_eq!(names(&entries), ["kernel", "rootfs"]);
        let data = image(2, &[32, 38, 44, 0], b"loaderkernelrootfs");
        let (_, entries) = read(&Trx, &data, Place::Inside).unwrap();
        assert_eq!(names(&entries), ["loader", "kernel", "rootfs"]);
    }

    #[test]
    fn a_checksum_that_does_not_fit() {
        let mut data = image(1, &[28, 34, 0], b"kernelrootfs");
        data[36] ^= 1;
        let (reading, _) = read(&Trx, &data, Place::Inside).unwrap();
        assert_eq!((reading.problems[0].kind, reading.problems[0].offset), (ProblemKind::Checksum, 8));
        data[12] = 0xff;
        assert!(read(&Trx, &data, Place::Inside).is_none());
        assert!(read(&Trx, &data, Place::Start).is_some());
    }

    #[test]
    fn a_checksum_inverted_at_the_end_as_some_vendors_have_it() {
        let mut data = image(1, &[28, 0, 0], b"kernel");
        let checksum = crc32(&[&data[12..]]);
        data[8..12].copy_from_slice(&checksum.to_le_bytes());
        let (reading, _) = read(&Trx, &data, Place::Inside).unwrap();
        assert_eq!(reading.problems, []);
        assert!(reading.attributes.iter().any(|(name, _)| *name == "checksum-variant"));
    }

    proptest! {
        #[test]
        fn any_offsets(offsets in prop::collection::vec(any::<u32>(), 4), length in any::<u32>()) {
            let mut data = image(2, &offsets, b"some bytes behind the header");
            data[4..8].copy_from_slice(&length.to_le_bytes());
            if let Some((reading, entries)) = read(&Trx, &data, Place::Start) {
                prop_assert!(reading.size <= data.len());
                prop_assert!(entries.len() <= 6);
            }
        }
    }
}
