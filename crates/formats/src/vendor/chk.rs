//! CHK: Netgear's image of a kernel and a root file system behind a header with the board's name.
//!
//! Finds: kernel and root file system, board, region and version. How: the sums over the header, both parts and the
//! whole are verified. Wrong when: carved from unknown bytes, the header's sum must fit. Misses: nothing known.
//! Source: OpenWrt tools mkchkimg.c.

use super::parts::{Parts, fact, text};
use crate::broken;
use crate::bytes::{head, slice, tail, u32_be};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A CHK image.
pub struct Chk;

static DESCRIPTION: Description = Description {
    name: "chk",
    title: "Netgear CHK image",
    magics: &[Magic { offset: 0, bytes: b"*#$^" }],
    yields: "kernel and root file system",
    limits: &["regions other than worldwide and North America are told by number"],
    source: "OpenWrt firmware-utils, mkchkimg.c",
};

const FIXED: usize = 40;
/// Longer headers than this are not believed.
const HEADER_MAX: u32 = 1024;

impl Format for Chk {
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
            return broken::header(data, place, &DESCRIPTION, || match u32_be(data, 4) {
                Some(size) if !(FIXED as u32..=HEADER_MAX).contains(&size) => {
                    Problem::new(ProblemKind::Malformed, 4, format!("a header of {size} bytes"))
                }
                _ => broken::cut_off(data),
            });
        };
        if place == Place::Inside && header.sum != header.stated_sum {
            return None;
        }
        let (size, kernel_size, rootfs_size) =
            (header.bytes.len() as u64, u64::from(header.kernel_size), u64::from(header.rootfs_size));
        let mut parts = Parts::new(data, size + kernel_size + rootfs_size);
        parts.header(0, header.bytes.len());
        let kernel = parts.add(&b"kernel"[..], size, kernel_size);
        let rootfs = parts.add(&b"rootfs"[..], size + kernel_size, rootfs_size);
        // The header's own sum holds however much of the rest is missing.
        if header.sum != header.stated_sum {
            let detail =
                format!("sum of the header {:08x} is stated, it has {:08x}", header.stated_sum, header.sum);
            parts.problem(ProblemKind::Checksum, 36, detail);
        }
        let whole = tail(parts.object(), header.bytes.len());
        for (what, at, content) in [
            ("sum of the kernel", 16, kernel),
            ("sum of the root file system", 20, rootfs),
            ("sum of the image", 32, whole),
        ] {
            let stated = u32_be(header.bytes, at)?;
            // The image's sum is left out by tools that make a kernel alone.
            if !content.is_empty() {
                parts.checksum(what, at, stated.to_be_bytes(), sum(&[content]).to_be_bytes());
            }
        }
        Some(parts.finish(header.attributes(), limits, sink))
    }
}

/// Two running sums folded to 16 bits each, as mkchkimg makes them.
fn sum(pieces: &[&[u8]]) -> u32 {
    let (mut bytes, mut sums) = (0_u32, 0_u32);
    for byte in pieces.iter().flat_map(|piece| piece.iter()) {
        bytes = bytes.wrapping_add(u32::from(*byte));
        sums = sums.wrapping_add(bytes);
    }
    let fold = |sum: u32| {
        let once = (sum & 0xffff) + (sum >> 16);
        ((once >> 16) + once) & 0xffff
    };
    fold(sums) << 16 | fold(bytes)
}

struct Header<'a> {
    bytes: &'a [u8],
    kernel_size: u32,
    rootfs_size: u32,
    stated_sum: u32,
    sum: u32,
}

impl<'a> Header<'a> {
    fn parse(data: &'a [u8]) -> Option<Self> {
        if !data.starts_with(b"*#$^") {
            return None;
        }
        let size = u32_be(data, 4).filter(|size| (FIXED as u32..=HEADER_MAX).contains(size))?;
        let bytes = slice(data, 0, size as usize)?;
        Some(Self {
            bytes,
            kernel_size: u32_be(bytes, 24)?,
            rootfs_size: u32_be(bytes, 28)?,
            stated_sum: u32_be(bytes, 36)?,
            sum: sum(&[head(bytes, 36), &[0; 4], tail(bytes, FIXED)]),
        })
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = Vec::new();
        fact(&mut attributes, "board", text(tail(self.bytes, FIXED)));
        if let Some([region, a, b, c, d, e, f, g]) = slice(self.bytes, 8, 8) {
            attributes.push((
                "region",
                match region {
                    1 => "worldwide".to_owned(),
                    2 => "North America".to_owned(),
                    other => format!("number {other}"),
                },
            ));
            attributes.push(("version", format!("{a}.{b}.{c}.{d}_{e}.{f}.{g}")));
        }
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn image(kernel: &[u8], rootfs: &[u8]) -> Vec<u8> {
        let board = b"U12H000T00_ISLAND";
        let mut image = b"*#$^".to_vec();
        image.extend((FIXED as u32 + board.len() as u32).to_be_bytes());
        image.extend([1, 1, 2, 3, 4, 5, 6, 7]);
        image.extend(sum(&[kernel]).to_be_bytes());
        image.extend(sum(&[rootfs]).to_be_bytes());
        image.extend((kernel.len() as u32).to_be_bytes());
        image.extend((rootfs.len() as u32).to_be_bytes());
        image.extend(sum(&[kernel, rootfs]).to_be_bytes());
        image.extend([0; 4]);
        image.extend(board);
        let own = sum(&[&image]);
        image[36..40].copy_from_slice(&own.to_be_bytes());
        [&image, kernel, rootfs].concat()
    }

    #[test]
    fn the_sum_is_the_one_that_the_tool_makes() {
        // Worked out by hand: the bytes 1, 2, 3 sum to 6, their running sums 1 + 3 + 6 to 10.
        assert_eq!(sum(&[&[1, 2, 3]]), 0x000a_0006);
        // 257 bytes of 255 sum to 65535, which folds to itself.
        assert_eq!(sum(&[&[255; 257]]) & 0xffff, 0xffff);
    }

    #[test]
    fn parts_and_facts() {
        let data = [image(b"kernel", b"root"), vec![1; 9]].concat();
        let (reading, entries) = read(&Chk, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (data.len() - 9, vec![]));
        assert_eq!(entries.len(), 2);
        assert!(reading.attributes.contains(&("board", "U12H000T00_ISLAND".into())));
        assert!(reading.attributes.contains(&("version", "1.2.3.4_5.6.7".into())));
    }

    #[test]
    fn each_sum_is_checked() {
        for (at, offset) in [(8, 36), (57, 16), (63, 20)] {
            let mut data = image(b"kernel", b"root");
            data[at] ^= 1;
            let (reading, _) = read(&Chk, &data, Place::Start).unwrap();
            let told = |problem: &Problem| problem.kind == ProblemKind::Checksum && problem.offset == offset;
            assert!(reading.problems.iter().any(told), "{at}: {:?}", reading.problems);
        }
    }

    proptest! {
        #[test]
        fn any_lengths(kernel in any::<u32>(), rootfs in any::<u32>()) {
            let mut data = image(b"kernel", b"root");
            data[24..28].copy_from_slice(&kernel.to_be_bytes());
            data[28..32].copy_from_slice(&rootfs.to_be_bytes());
            let (reading, _) = read(&Chk, &data, Place::Start).unwrap();
            prop_assert!(reading.size <= data.len() && !reading.problems.is_empty());
        }
    }
}
