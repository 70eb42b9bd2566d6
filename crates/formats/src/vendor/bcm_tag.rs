//! The 256-byte tag in front of images for Broadcom's xDSL and PON gateways (BCM963xx).
//!
//! Finds: boot loader (CFE), root file system and kernel. How: addresses and lengths are decimal text; the CRC-32s,
//! without the final inversion, of the tag and of what follows it are verified. Wrong when: carved from unknown bytes,
//! the tag's CRC-32 must fit, or its lengths must add up to the total. Misses: the signatures that some makers add.
//! Source: Linux include/linux/bcm963xx_tag.h and drivers/mtd/parsers (bcm963xx-imagetag), OpenWrt imagetag.c.

use super::parts::{Parts, crc32, fact, starts_as_text, text};
use crate::broken;
use crate::bytes::{head, slice, tail, until_nul};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A tagged image.
pub struct BcmTag;

static DESCRIPTION: Description = Description {
    name: "bcm-tag",
    title: "Broadcom image tag (BCM963xx)",
    magics: &[Magic { offset: 4, bytes: b"Broadcom Corporatio" }, Magic { offset: 24, bytes: b"ver. 2.0" }],
    yields: "boot loader, root file system and kernel",
    limits: &[
        "signatures are not verified",
        "tags whose maker changed both the company's name and \"ver. 2.0\" are not found",
    ],
    source: "Linux include/linux/bcm963xx_tag.h and its partition parser, OpenWrt imagetag.c",
};

const TAG: usize = 256;
/// The tag's own CRC-32 stands behind what it covers.
const TAG_CRC: usize = 236;

impl Format for BcmTag {
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
        let Some(bytes) = slice(data, 0, TAG) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let crc = !crc32(&[head(bytes, TAG_CRC)]);
        let fits = slice(bytes, TAG_CRC, 4)? == crc.to_be_bytes();
        let Some(tag) = Tag::parse(bytes).filter(|tag| fits || tag.adds_up()) else {
            return broken::header(data, place, &DESCRIPTION, || {
                Problem::new(ProblemKind::Malformed, 62, "the lengths are no numbers, or do not add up")
            });
        };
        let mut parts = Parts::new(data, TAG as u64 + tag.total.max(tag.sum()));
        parts.header(0, TAG);
        if !fits {
            parts.problem(
                ProblemKind::Checksum,
                TAG_CRC as u64,
                format!("the tag has CRC-32 {crc:08x}, another is stated"),
            );
        }
        let mut at = TAG as u64;
        let mut contents = Vec::new();
        for (name, length) in tag.order() {
            contents.push((name, parts.add(name, at, length)));
            at += length;
        }
        tag.check(&mut parts, &contents);
        Some(parts.finish(tag.attributes(), limits, sink))
    }
}

struct Tag<'a> {
    bytes: &'a [u8],
    total: u64,
    loader: u64,
    rootfs: u64,
    kernel: u64,
    /// Where in flash the image and the kernel go.
    image_address: u64,
    kernel_address: u64,
}

impl<'a> Tag<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        Some(Self {
            bytes,
            total: number(bytes, 62, 10)?,
            loader: number(bytes, 84, 10)?,
            image_address: number(bytes, 94, 12)?,
            rootfs: number(bytes, 106, 10)?,
            kernel_address: number(bytes, 116, 12)?,
            kernel: number(bytes, 128, 10)?,
        })
    }

    fn sum(&self) -> u64 {
        self.loader + self.rootfs + self.kernel
    }

    fn adds_up(&self) -> bool {
        self.total > 0 && self.total == self.sum()
    }

    /// The parts as they follow each other: the kernel first where its address is the lower one.
    fn order(&self) -> Vec<(&'static [u8], u64)> {
        let kernel_first = self.kernel_address > 0 && self.kernel_address <= self.image_address;
        let mut order: Vec<(&[u8], u64)> =
            vec![(b"cfe", self.loader), (b"rootfs", self.rootfs), (b"kernel", self.kernel)];
        if kernel_first {
            order.swap(1, 2);
        }
        order.retain(|(_, length)| *length > 0);
        order
    }

    /// Compares the CRC-32s behind the tag; makers put different things under the same field, and leave fields empty.
    fn check(&self, parts: &mut Parts<'a>, contents: &[(&'static [u8], &'a [u8])]) {
        let of = |wanted: &[&[u8]]| -> [u8; 4] {
            let pieces: Vec<&[u8]> = contents
                .iter()
                .filter(|(name, _)| wanted.contains(name))
                .map(|(_, content)| *content)
                .collect();
            (!crc32(&pieces)).to_be_bytes()
        };
        let whole = (!crc32(&[tail(parts.object(), TAG)])).to_be_bytes();
        let (rootfs, kernel, both) = (of(&[b"rootfs"]), of(&[b"kernel"]), of(&[b"rootfs", b"kernel"]));
        let fields: [(&str, usize, &[[u8; 4]]); 4] = [
            ("CRC-32 of kernel and root file system", 196, &[both, whole]),
            ("CRC-32 of the image", 216, &[whole, both, kernel]),
            ("CRC-32 of the root file system", 220, &[rootfs]),
            ("CRC-32 of the kernel", 224, &[kernel]),
        ];
        for (what, at, good) in fields {
            let stated = slice(self.bytes, at, 4).unwrap_or_default();
            if let Some(expected) = good.first()
                && stated.iter().any(|byte| *byte != 0)
                && !good.iter().any(|good| good == stated)
            {
                parts.checksum(what, at, stated, expected);
            }
        }
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let field = |at, size| slice(self.bytes, at, size).map(text).unwrap_or_default();
        let mut attributes = Vec::new();
        fact(&mut attributes, "tag-version", field(0, 4));
        fact(&mut attributes, "company", field(4, 20));
        fact(&mut attributes, "company-2", field(24, 14));
        fact(&mut attributes, "chip", field(38, 6));
        fact(&mut attributes, "board", field(44, 16));
        attributes.push(("byte-order", if field(60, 2) == "1" { "big" } else { "little" }.to_owned()));
        attributes.push(("image-address", format!("{:#010x}", self.image_address)));
        attributes.push(("kernel-address", format!("{:#010x}", self.kernel_address)));
        let information = field(162, 30);
        if information.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
            fact(&mut attributes, "information", information);
        }
        attributes
    }
}

/// A decimal number in text; an empty field is 0.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let digits = until_nul(slice(bytes, at, size)?).trim_ascii();
    if digits.is_empty() {
        return Some(0);
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn image(kernel_first: bool) -> Vec<u8> {
        let mut tag = vec![0; TAG];
        let mut put = |at: usize, text: &str| tag[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, "6");
        put(4, "Broadcom Corporatio");
        put(24, "ver. 2.0");
        put(38, "6358");
        put(44, "96358VW");
        put(60, "1");
        put(62, "12");
        put(84, "0");
        put(94, "3217096960");
        put(106, "6");
        put(116, if kernel_first { "3217096960" } else { "3217096966" });
        put(128, "6");
        let body: &[u8] = if kernel_first { b"kernelrootfs" } else { b"rootfskernel" };
        tag[216..220].copy_from_slice(&(!crc32(&[body])).to_be_bytes());
        tag[224..228].copy_from_slice(&(!crc32(&[b"kernel"])).to_be_bytes());
        let own = !crc32(&[&tag[..TAG_CRC]]);
        tag[TAG_CRC..TAG_CRC + 4].copy_from_slice(&own.to_be_bytes());
        [&tag, body].concat()
    }

    #[test]
    fn either_order() {
        for kernel_first in [false, true] {
            let data = [image(kernel_first), vec![9; 9]].concat();
            let (reading, entries) = read(&BcmTag, &data, Place::Inside).unwrap();
            assert_eq!((reading.size, reading.problems), (268, vec![]));
            let names: Vec<_> = entries.iter().map(|entry| entry.path.to_vec()).collect();
            let kernel = usize::from(!kernel_first);
            assert_eq!(names[kernel], b"kernel");
            assert!(reading.attributes.contains(&("board", "96358VW".into())));
        }
    }

    #[test]
    fn each_checksum_is_checked() {
        let mut data = image(false);
        data[264] ^= 1;
        let (reading, _) = read(&BcmTag, &data, Place::Inside).unwrap();
        let offsets: Vec<_> = reading.problems.iter().map(|problem| problem.offset).collect();
        assert_eq!(offsets, [216, 224]);
        data[44] ^= 1;
        let (reading, _) = read(&BcmTag, &data, Place::Inside).unwrap();
        assert_eq!(reading.problems[0].offset, 236);
        data[62] = b'x';
        assert!(read(&BcmTag, &data, Place::Inside).is_none());
    }

    proptest! {
        #[test]
        fn any_lengths(texts in prop::collection::vec("[0-9]{0,10}", 4)) {
            let mut data = image(false);
            for (at, text) in [62, 84, 106, 128].into_iter().zip(&texts) {
                data[at..at + 10].fill(0);
                data[at..at + text.len()].copy_from_slice(text.as_bytes());
            }
            if let Some((reading, _)) = read(&BcmTag, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
