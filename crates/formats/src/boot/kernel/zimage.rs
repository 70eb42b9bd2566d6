//! ARM zImage: a kernel that unpacks itself.
//!
//! Finds: the extent, from the start and end words of the header. How: magic 0x016f2818 at 0x24, then start and end
//! addresses, then (since Linux 3.x) the word 0x04030201 that shows the byte order of the kernel. The compressed kernel
//! stands inside, at a place that the header does not give; a search of the interior finds it by its own magic. The
//! header of a big-endian kernel is little-endian on processors that swap data alone (BE8), and big-endian on older ones.
//! Wrong when: carved from unknown bytes, the byte-order word or eight equal leading instructions are asked for.
//! Misses: a device tree appended behind the end word is an object of its own.
//! Source: Linux arch/arm/boot/compressed/head.S; Documentation/arch/arm/booting.rst.

use crate::broken;
use crate::bytes::{head, slice, u32_be, u32_le};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// An ARM zImage.
pub struct ZImage;

static DESCRIPTION: Description = Description {
    name: "zimage",
    title: "ARM zImage (self-unpacking kernel)",
    magics: &[
        Magic { offset: 0x24, bytes: &[0x18, 0x28, 0x6f, 0x01] },
        Magic { offset: 0x24, bytes: &[0x01, 0x6f, 0x28, 0x18] },
    ],
    yields: "nothing: the extent alone; the compressed kernel is found by searching the interior",
    limits: &["a device tree appended behind the end is not part of it"],
    source: "Linux, arch/arm/boot/compressed/head.S",
};

const SIZE_MAX: u32 = 256 << 20;

impl Format for ZImage {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        _limits: &Limits,
        _sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let word = match u32_le(data, 0x24)? {
            0x016f_2818 => u32_le,
            0x1828_6f01 => u32_be,
            _ => return None,
        };
        let (Some(start), Some(end)) = (word(data, 0x28), word(data, 0x2c)) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let Some(size) = end.checked_sub(start).filter(|size| (0x40..=SIZE_MAX).contains(size)) else {
            return broken::header(data, place, &DESCRIPTION, || {
                let detail = format!("start {start:#010x} and end {end:#010x} are no extent");
                Problem::new(ProblemKind::Malformed, 0x28, detail)
            });
        };
        let order = match slice(data, 0x30, 4) {
            Some([1, 2, 3, 4]) => Some("little"),
            Some([4, 3, 2, 1]) => Some("big"),
            _ => None,
        };
        let (words, _) = head(data, 32).as_chunks::<4>();
        let even = words.windows(2).filter(|pair| matches!(pair, [a, b] if a == b)).count() >= 5;
        if place == Place::Inside && order.is_none() && !even {
            return None;
        }
        let mut problems = Vec::new();
        let available = (size as usize).min(data.len());
        if available < size as usize {
            let detail = format!("{size} bytes are stated, {available} are there");
            problems.push(Problem::new(ProblemKind::Truncated, available as u64, detail));
        }
        let mut attributes =
            vec![("architecture", "arm".to_owned()), ("load-address", format!("{start:#010x}"))];
        attributes.extend(order.map(|order| ("byte-order", order.to_owned())));
        Some(Reading { size: available, attributes, problems })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;

    fn image(size: u32) -> Vec<u8> {
        let mut data: Vec<u8> = [0xe1a0_0000_u32; 9].iter().flat_map(|word| word.to_le_bytes()).collect();
        for word in [0x016f_2818, 0, size, 0x0403_0201_u32] {
            data.extend_from_slice(&word.to_le_bytes());
        }
        data.resize(size as usize, 9);
        data
    }

    #[test]
    fn extent_from_the_end_word() {
        let data = [image(4096), vec![1; 100]].concat();
        let (reading, entries) = read(&ZImage, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, entries.len(), reading.problems.len()), (4096, 0, 0));
    }

    #[test]
    fn big_endian() {
        let mut data = image(4096);
        data[0x30..0x34].reverse();
        let (reading, _) = read(&ZImage, &data, Place::Inside).unwrap();
        assert!(reading.attributes.contains(&("byte-order", "big".into())));
        for word in data[..0x30].chunks_exact_mut(4) {
            word.reverse();
        }
        let (reading, _) = read(&ZImage, &data, Place::Inside).unwrap();
        assert_eq!(reading.size, 4096);
    }

    #[test]
    fn cut_off_and_absurd() {
        let data = image(4096);
        let (reading, _) = read(&ZImage, &data[..1000], Place::Start).unwrap();
        assert_eq!((reading.size, reading.problems[0].kind), (1000, ProblemKind::Truncated));
        let mut absurd = data.clone();
        absurd[0x2c..0x30].copy_from_slice(&[0xff; 4]);
        let (reading, _) = read(&ZImage, &absurd, Place::Start).unwrap();
        assert_eq!((reading.problems[0].kind, reading.problems[0].offset), (ProblemKind::Malformed, 0x28));
        assert!(read(&ZImage, &absurd, Place::Inside).is_none());
    }
}
