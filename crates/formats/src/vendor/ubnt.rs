//! Ubiquiti's firmware: a header with the version, parts each with a CRC-32, and a closing signature.
//!
//! Finds: each part by its name, with its place in memory and flash. How: the chain of blocks is walked; the CRC-32s
//! of header, parts and whole are verified. Wrong when: carved from unknown bytes, the header must hold a version in
//! plain text and a part must follow. Misses: RSA signatures are not verified. Source: OpenWrt firmware-utils fw.h and
//! mkfwimage.c, after the vendor's own.

use super::parts::{Parts, crc32, is_text, starts_as_text, text};
use crate::broken;
use crate::bytes::{head, position, slice, tail, u32_be};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A Ubiquiti image.
pub struct Ubnt;

static DESCRIPTION: Description = Description {
    name: "ubnt",
    title: "Ubiquiti firmware",
    magics: &[
        Magic { offset: 0, bytes: b"UBNT" },
        Magic { offset: 0, bytes: b"OPEN" },
        Magic { offset: 0, bytes: b"GEOS" },
    ],
    yields: "its parts, each under its own name",
    limits: &["RSA signatures are not verified"],
    source: "OpenWrt firmware-utils fw.h and mkfwimage.c",
};

/// Magic, version, CRC-32 and a word of padding.
const HEADER: usize = 268;
const VERSION: usize = 256;
const PART_HEADER: usize = 56;

impl Format for Ubnt {
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
        if starts_as_text(data) {
            return None;
        }
        let version = slice(data, 4, VERSION).filter(|version| is_text(version));
        let first = slice(data, HEADER, 4).unwrap_or_default();
        let (Some(version), b"PART" | b"EXEC") = (version, first) else {
            return broken::header(data, place, &DESCRIPTION, || {
                if data.len() < HEADER + 4 {
                    return broken::cut_off(data);
                }
                Problem::new(
                    ProblemKind::Malformed,
                    4,
                    "there is no version in plain text, or no part behind it",
                )
            });
        };
        let (blocks, end, whole) = blocks(data, limits);
        let mut parts = Parts::new(data, end.max(HEADER as u64));
        parts.header(0, HEADER);
        let own = crc32(&[head(data, 4 + VERSION)]);
        parts.checksum("CRC-32 of the header", 4 + VERSION, slice(data, 4 + VERSION, 4)?, own.to_be_bytes());
        let mut attributes = vec![("version", text(version))];
        for block in &blocks {
            let at = block.at;
            parts.header(at, PART_HEADER);
            let content = parts.add(block.name, (at + PART_HEADER) as u64, block.size);
            let crc_at = at + PART_HEADER + position(block.size);
            parts.header(crc_at, 8);
            let found = crc32(&[slice(data, at, PART_HEADER)?, content]);
            if let Some(stated) = slice(data, crc_at, 4) {
                let what = format!("CRC-32 of {}", String::from_utf8_lossy(block.name));
                parts.checksum(&what, crc_at, stated, found.to_be_bytes());
            }
            attributes.push(("part", block.describe(data)));
        }
        if !whole && !parts.cut_off() {
            parts.problem(
                ProblemKind::Malformed,
                end.min(data.len() as u64),
                "neither a part nor the end stands here",
            );
        }
        let closing = blocks.last().map_or(HEADER, Block::end);
        match slice(data, closing, 4) {
            Some(b"END.") => {
                parts.header(closing, 12);
                let found = crc32(&[head(data, closing)]);
                if let Some(stated) = slice(data, closing + 4, 4) {
                    parts.checksum("CRC-32 of the image", closing + 4, stated, found.to_be_bytes());
                }
            }
            Some(b"ENDS") => {
                parts.header(closing, 264);
                attributes.push(("signature", "RSA".to_owned()));
            }
            _ => {}
        }
        Some(parts.finish(attributes, limits, sink))
    }
}

struct Block<'a> {
    at: usize,
    name: &'a [u8],
    size: u64,
}

impl Block<'_> {
    /// Where the next block starts, behind the part's CRC-32 and a word of padding.
    fn end(&self) -> usize {
        self.at.saturating_add(PART_HEADER).saturating_add(position(self.size)).saturating_add(8)
    }

    fn describe(&self, data: &[u8]) -> String {
        let word = |at: usize| u32_be(tail(data, self.at), at).unwrap_or_default();
        format!(
            "{}: memory {:#010x}, entry {:#010x}, flash {:#010x}, {} bytes there",
            String::from_utf8_lossy(self.name),
            word(32),
            word(44),
            word(40),
            word(52)
        )
    }
}

/// The parts, where the object ends, and whether its end was met.
fn blocks<'a>(data: &'a [u8], limits: &Limits) -> (Vec<Block<'a>>, u64, bool) {
    let mut blocks = Vec::new();
    let mut at = HEADER;
    loop {
        let missing = (blocks.len() as u64 >= limits.entries || limits.stopped()) as u64;
        match slice(data, at, 4) {
            Some(b"PART" | b"EXEC") if missing == 0 => {
                let Some(header) = slice(data, at, PART_HEADER) else {
                    return (blocks, (at + PART_HEADER) as u64, false);
                };
                let size = u32_be(header, 48).unwrap_or_default();
                let block = Block {
                    at,
                    name: crate::bytes::until_nul(slice(header, 4, 16).unwrap_or_default()),
                    size: size.into(),
                };
                at = block.end();
                blocks.push(block);
            }
            Some(b"END.") => return (blocks, (at + 12) as u64, true),
            Some(b"ENDS") => return (blocks, (at + 264) as u64, true),
            // Data that end here or in the middle of a magic end too early.
            None => return (blocks, at as u64 + 12, false),
            Some(_) => return (blocks, at as u64, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn image(signed: bool) -> Vec<u8> {
        let mut image = b"UBNTXM.ar7240.v5.6.3".to_vec();
        image.resize(4 + VERSION, 0);
        let own = crc32(&[&image]);
        image.extend(own.to_be_bytes());
        image.extend([0; 4]);
        for (name, content) in [("kernel", &b"kernel"[..]), ("rootfs", b"root")] {
            let start = image.len();
            image.extend(b"PART");
            image.extend(name.as_bytes());
            image.resize(start + 32, 0);
            for word in [0x8000_2000_u32, 0, 0x9f05_0000, 0x8000_2000, content.len() as u32, 0x10_0000] {
                image.extend(word.to_be_bytes());
            }
            image.extend(content);
            let crc = crc32(&[&image[start..]]);
            image.extend(crc.to_be_bytes());
            image.extend([0; 4]);
        }
        if signed {
            image.extend(b"ENDS");
            image.extend([0x5a; 256]);
        } else {
            let crc = crc32(&[&image]);
            image.extend(b"END.");
            image.extend(crc.to_be_bytes());
        }
        image.extend([0; 4]);
        image
    }

    #[test]
    fn both_endings() {
        for signed in [false, true] {
            let data = [image(signed), vec![9; 9]].concat();
            let (reading, entries) = read(&Ubnt, &data, Place::Inside).unwrap();
            assert_eq!((reading.size, reading.problems), (data.len() - 9, vec![]));
            let names: Vec<_> = entries.iter().map(|entry| entry.path.to_vec()).collect();
            assert_eq!(names, [b"kernel".to_vec(), b"rootfs".to_vec()]);
            assert!(reading.attributes.contains(&("version", "XM.ar7240.v5.6.3".into())));
        }
    }

    #[test]
    fn each_checksum_is_checked() {
        let mut data = image(false);
        data[HEADER + PART_HEADER] ^= 1;
        let (reading, _) = read(&Ubnt, &data, Place::Inside).unwrap();
        let kinds: Vec<_> = reading.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, [ProblemKind::Checksum; 2]);
    }

    proptest! {
        #[test]
        fn any_size(size in any::<u32>()) {
            let mut data = image(false);
            data[HEADER + 48..HEADER + 52].copy_from_slice(&size.to_be_bytes());
            let (reading, _) = read(&Ubnt, &data, Place::Start).unwrap();
            prop_assert!((1..=data.len()).contains(&reading.size) && !reading.problems.is_empty() || size == 6);
        }
    }
}
