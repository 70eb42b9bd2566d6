//! ZyNOS objects: the 48-byte header of Zyxel's own operating system's images, and of each object in them.
//!
//! Finds: the object's content, compressed or not, named by its type. How: sizes, flags and the 16-bit sum of the data
//! are read and verified. Wrong when: carved from unknown bytes, type and flags must be known and a sum must
//! fit, and no more than 64 other objects may stand in it.
//! Misses: the memory map table that places the objects of an image; the objects are found by their own headers.
//! Source: OpenWrt firmware-utils zynos.h, mkzynfw.c and zyxbcm.c.

use super::parts::{Parts, fact, starts_as_text, text};
use crate::broken;
use crate::bytes::{slice, tail, u16_be, u32_be};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A ZyNOS object.
pub struct ZyNos;

static DESCRIPTION: Description = Description {
    name: "zynos",
    title: "ZyNOS image or object (Zyxel)",
    magics: &[Magic { offset: MARK_AT, bytes: MARK }],
    yields: "the object's content as it is stored",
    limits: &[
        "the memory map table is not read; objects are found by their own headers",
        "the magic is short: inside unknown bytes a sum must fit, and no more than 64 objects stand in another",
    ],
    source: "OpenWrt firmware-utils zynos.h and mkzynfw.c",
};

const HEADER: usize = 48;
const MARK: &[u8] = b"SIG";
const MARK_AT: usize = 6;
/// Objects that stand inside another one, at most.
const OBJECTS_MAX: usize = 64;
const STORED_SUM: u8 = 0x20;
const CONTENT_SUM: u8 = 0x40;
const COMPRESSED: u8 = 0x80;

impl Format for ZyNos {
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
        let Some(header) = Header::parse(data) else {
            return broken::header(data, place, &DESCRIPTION, || {
                if data.len() < HEADER {
                    return broken::cut_off(data);
                }
                Problem::new(ProblemKind::Malformed, 9, "the object's type, flags or sizes make no sense")
            });
        };
        let whole = slice(data, HEADER, header.stored as usize);
        // What costs little comes first: the sum goes over all of the content.
        if place == Place::Inside
            && (header.sum.is_none() || header.stored < 16 || whole.is_none_or(is_crowded))
        {
            return None;
        }
        let found = whole.map(sum);
        if place == Place::Inside && found != header.sum {
            return None;
        }
        let mut parts = Parts::new(data, HEADER as u64 + u64::from(header.stored));
        parts.header(0, HEADER);
        parts.add(header.kind.as_bytes(), HEADER as u64, u64::from(header.stored));
        if let (Some(stated), Some(found)) = (header.sum, found) {
            parts.checksum("sum", header.sum_at, stated.to_be_bytes(), found.to_be_bytes());
        }
        let mut attributes = vec![("type", header.kind.to_owned())];
        attributes.push(("load-address", format!("{:#010x}", u32_be(data, 0)?)));
        attributes.push(("compressed", if header.flags & COMPRESSED != 0 { "yes" } else { "no" }.to_owned()));
        attributes.push(("content-size", header.content.to_string()));
        fact(&mut attributes, "version", slice(data, 24, 15).map(text).unwrap_or_default());
        attributes.push(("memory-map-address", format!("{:#010x}", u32_be(data, 39)?)));
        Some(parts.finish(attributes, limits, sink))
    }
}

struct Header {
    kind: &'static str,
    flags: u8,
    /// Bytes behind the header, and what they have when they are decompressed.
    stored: u32,
    content: u32,
    /// The sum of what is stored, where one is stated, and where it stands.
    sum: Option<u16>,
    sum_at: usize,
}

impl Header {
    fn parse(data: &[u8]) -> Option<Self> {
        let header = slice(data, 0, HEADER).filter(|header| tail(header, MARK_AT).starts_with(MARK))?;
        let kind = match header.get(9)? {
            1 => "rom-image",
            2 => "rom-boot",
            3 => "boot-extension",
            4 => "rom-binary",
            5 => "rom-directory",
            6 => "type-6",
            7 => "rom-map",
            0x80 => "ram",
            0x81 => "ram-code",
            0x82 => "ram-boot",
            _ => return None,
        };
        let flags = *header.get(18)?;
        let content = u32_be(header, 10)?;
        let compressed = flags & COMPRESSED != 0;
        let stored = if compressed { u32_be(header, 14)? } else { content };
        let (wanted, sum_at) = if compressed { (STORED_SUM, 22) } else { (CONTENT_SUM, 20) };
        let sum = if flags & wanted != 0 { Some(u16_be(header, sum_at)?) } else { None };
        let good = stored > 0 && stored <= 1 << 30 && content <= 1 << 30;
        good.then_some(Self { kind, flags, stored, content, sum, sum_at })
    }
}

/// Whether more objects begin in it than an image has. So no byte is summed up for more headers than these.
fn is_crowded(content: &[u8]) -> bool {
    looked_through(content) < content.len()
}

/// How far the content is looked through for headers of other objects until there are too many.
fn looked_through(content: &[u8]) -> usize {
    let marks = content.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK);
    let starts = marks.filter_map(|(at, _)| at.checked_sub(MARK_AT));
    let mut headers = starts.filter(|at| Header::parse(tail(content, *at)).is_some());
    headers.nth(OBJECTS_MAX).unwrap_or(content.len())
}

/// Sixteen-bit words, the first byte the higher one, with the carry added back.
fn sum(data: &[u8]) -> u16 {
    let (pairs, odd) = data.as_chunks::<2>();
    let words = pairs.iter().map(|pair| u32::from(u16::from_be_bytes(*pair)));
    let last = odd.iter().map(|byte| u32::from(*byte) << 8);
    let total = words.chain(last).fold(0, |sum: u32, word| {
        let sum = sum + word;
        if sum > 0xffff { (sum + 1) & 0xffff } else { sum }
    });
    total as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};
    use proptest::prelude::*;

    fn object(kind: u8, flags: u8, content: &[u8]) -> Vec<u8> {
        let mut header = vec![0x94, 0, 0x80, 0, 0, 0];
        header.extend(b"SIG");
        header.push(kind);
        header.extend((content.len() as u32).to_be_bytes());
        header.extend((content.len() as u32).to_be_bytes());
        header.extend([flags, 0]);
        header.extend(sum(content).to_be_bytes());
        header.extend(sum(content).to_be_bytes());
        header.extend(b"V3.40(ABC.0)\0\0\0");
        header.extend([0; 9]);
        [&header, content].concat()
    }

    #[test]
    fn the_sum_carries_over() {
        assert_eq!(sum(&[0xff, 0xff, 0x00, 0x02]), 2);
        assert_eq!(sum(&[0x12, 0x34, 0x56]), 0x12_34 + 0x56_00);
    }

    #[test]
    fn an_object() {
        for flags in [CONTENT_SUM, COMPRESSED | STORED_SUM] {
            let data = [object(4, flags, b"the content of an object"), vec![9; 7]].concat();
            let (reading, entries) = read(&ZyNos, &data, Place::Inside).unwrap();
            assert_eq!((reading.size, reading.problems), (data.len() - 7, vec![]));
            assert_eq!(bytes_of(&entries), b"the content of an object");
        }
    }

    #[test]
    fn many_headers_cost_a_bounded_number_of_looks_at_each_byte() {
        const COUNT: usize = 1000;
        let one = object(4, CONTENT_SUM, &[0; 32]);
        let mut data = one.repeat(COUNT);
        for at in (0..data.len()).step_by(one.len()) {
            let rest = (data.len() - at - HEADER) as u32;
            data[at + 10..at + 14].copy_from_slice(&rest.to_be_bytes());
        }
        let looked: usize =
            (0..COUNT).map(|number| looked_through(&data[number * one.len() + HEADER..])).sum();
        assert!(looked <= (OBJECTS_MAX + 2) * data.len(), "{looked}");
        let summed = (0..COUNT).filter(|number| !is_crowded(&data[number * one.len() + HEADER..])).count();
        assert_eq!(summed, OBJECTS_MAX + 1);
        let nest = object(1, CONTENT_SUM, &one.repeat(OBJECTS_MAX));
        assert_eq!(read(&ZyNos, &nest, Place::Inside).unwrap().0.size, nest.len());
    }

    #[test]
    fn a_word_in_a_program_is_no_object() {
        let data = [&b"_SYS: SIGTERM\0SIGKILL\0"[..], &[4; 400]].concat();
        assert!(read(&ZyNos, &data, Place::Inside).is_none());
        let mut data = object(4, CONTENT_SUM, b"the content of an object");
        data[50] ^= 1;
        assert!(read(&ZyNos, &data, Place::Inside).is_none());
        let (reading, _) = read(&ZyNos, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Checksum);
    }

    proptest! {
        #[test]
        fn any_sizes(content in any::<u32>(), stored in any::<u32>(), flags in any::<u8>()) {
            let mut data = object(3, flags, b"the content of an object");
            data[10..14].copy_from_slice(&content.to_be_bytes());
            data[14..18].copy_from_slice(&stored.to_be_bytes());
            if let Some((reading, _)) = read(&ZyNos, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
