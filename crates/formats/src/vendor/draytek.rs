//! DrayTek firmware (`.all`, `.rst`): a section with the compressed operating system, one with the web interface.
//!
//! Finds: boot loader, operating system and web file system, the latter two decompressed. How: each section states its
//! length and ends with a checksum, which is verified; LZO streams are decoded. Wrong when: both sections must add up
//! and the mark in front of the operating system must be there. Misses: the newer compression with a magic of its own
//! is named and handed out as it is; settings files. Source: draytools (draytools.py), draytek-arsenal
//! (draytek_fw.ksy).

use super::parts::{entry, is_padding, stream};
use crate::broken;
use crate::bytes::{head, slice, tail, u32_be};
use crate::compression::lzo;
use crate::compression::output::Output;
use crate::{Content, Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// DrayTek firmware.
pub struct DrayTek;

static DESCRIPTION: Description = Description {
    name: "draytek",
    title: "DrayTek firmware",
    magics: &[
        Magic { offset: Magic::FLOATING, bytes: &[0xa5, 0xa5, 0xa5, 0x5a, 0xa5, 0x5a] },
        Magic { offset: Magic::FLOATING, bytes: &[0x5a, 0x5a, 0xa5, 0x5a, 0xa5, 0x5a] },
    ],
    yields: "boot loader, operating system and web file system",
    limits: &[
        "found at the start of data only, where its mark stands in the first 64 KiB",
        "the compression of newer models is not decoded",
    ],
    source: "draytools (draytools.py) and draytek-arsenal (draytek_fw.ksy)",
};

const HEADER: usize = 0x100;
const MARK: usize = 6;
/// More than four times what the largest operating system seen has when it is decompressed, in bytes.
const DECODED_MAX: u64 = 64 << 20;
/// The magic of the newer compression.
const NEWER: [u8; 4] = [0xaa, 0x1d, 0x7f, 0x50];

impl Format for DrayTek {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn locate(&self, data: &[u8], at: usize) -> Option<usize> {
        (at < crate::LOOK_BACK && Layout::parse(data, at).is_some()).then_some(0)
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let mark = find_mark(data)?;
        let Some(layout) = Layout::parse(data, mark) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        if place == Place::Inside && layout.sections.iter().any(|section| !section.fits(data)) {
            return None;
        }
        let mut reading = Reading { size: layout.end.clamp(1, data.len()), ..Reading::default() };
        reading.attributes.push(("sections", layout.sections.len().to_string()));
        for section in &layout.sections {
            section.check(data, &mut reading.problems);
        }
        let code = mark + MARK;
        sink(stream(&b"loader"[..], data.get(HEADER..code).unwrap_or_default(), HEADER));
        let main_end =
            layout.sections.first().map_or(data.len(), |section| section.checksum_at).min(data.len());
        packed(data, b"rtos", code, main_end, limits, &mut reading.problems, sink);
        if let Some(web) = layout.sections.get(1) {
            let end = web.checksum_at.min(data.len());
            packed(data, b"webfs", web.at + 4, end, limits, &mut reading.problems, sink);
        }
        Some(reading)
    }
}

/// Where the mark in front of the operating system's length stands.
fn find_mark(data: &[u8]) -> Option<usize> {
    let near = tail(head(data, crate::LOOK_BACK), HEADER);
    near.windows(MARK)
        .position(|window| {
            matches!(window, [0xa5, 0xa5, 0xa5, 0x5a, 0xa5, 0x5a] | [0x5a, 0x5a, 0xa5, 0x5a, 0xa5, 0x5a])
        })
        .map(|at| at + HEADER)
}

/// Hands out the compressed piece whose length stands at `at`, and what follows it up to `end`.
fn packed<'a>(
    data: &'a [u8],
    name: &'static [u8],
    at: usize,
    end: usize,
    limits: &Limits,
    problems: &mut Vec<Problem>,
    sink: &mut dyn FnMut(Entry<'a>),
) {
    let Some(size) = u32_be(data, at) else { return };
    let start = at + 4;
    let there = data.get(start..end).unwrap_or_default();
    let stored = head(there, size as usize);
    if stored.len() < size as usize {
        let detail =
            format!("{} has {size} bytes, {} are there", String::from_utf8_lossy(name), stored.len());
        problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
    }
    if stored.starts_with(&NEWER) {
        let detail = "compressed in the way of newer models, which is not decoded";
        problems.push(Problem::new(ProblemKind::Unsupported, start as u64, detail));
        sink(stream(name, stored, start));
    } else {
        let (bytes, failures) = lzo::decode_block(stored, Output::bounded(limits, DECODED_MAX));
        problems.extend(
            failures.into_iter().map(|problem| Problem { offset: problem.offset + start as u64, ..problem }),
        );
        sink(entry(name, Content::Owned(bytes), start));
    }
    let rest = tail(there, size as usize);
    if !is_padding(rest) {
        let path = [name, b"-rest"].concat();
        sink(stream(path, rest, start + size as usize));
    }
}

struct Layout {
    sections: Vec<Section>,
    end: usize,
}

struct Section {
    at: usize,
    /// Where its checksum stands, behind what it covers.
    checksum_at: usize,
}

impl Layout {
    /// The sections, if the mark stands in the first of them and their lengths make sense.
    fn parse(data: &[u8], mark: usize) -> Option<Self> {
        let main = Section::parse(data, 0)?;
        let size = u32_be(data, mark + MARK)? as usize;
        // The operating system must fit between its length and the checksum.
        let good = mark >= HEADER && size > 0 && (mark + MARK + 4).checked_add(size)? <= main.checksum_at;
        if !good {
            return None;
        }
        let mut end = main.checksum_at + 4;
        let mut sections = vec![main];
        // The web file system stands behind it, where there is one.
        let web = u32_be(data, 0)? as usize;
        if let Some(section) = Section::parse(data, web)
            && u32_be(data, web + 4)
                .is_some_and(|size| size > 0 && web + 8 + size as usize <= section.checksum_at)
        {
            end = section.checksum_at + 4;
            sections.push(section);
        }
        Some(Self { sections, end })
    }
}

impl Section {
    fn parse(data: &[u8], at: usize) -> Option<Self> {
        let size = u32_be(data, at)? as usize;
        if !(16..=256 << 20).contains(&size) {
            return None;
        }
        Some(Self { at, checksum_at: at + size.div_ceil(4) * 4 - 4 })
    }

    /// The checksum as calculated and as stated.
    fn sums(&self, data: &[u8]) -> Option<(u32, u32)> {
        let covered = slice(data, self.at, self.checksum_at.checked_sub(self.at)?)?;
        let (words, _) = covered.as_chunks::<4>();
        let sum = words.iter().fold(0_u32, |sum, word| sum.wrapping_add(u32::from_be_bytes(*word)));
        Some((!sum, u32_be(data, self.checksum_at)?))
    }

    fn fits(&self, data: &[u8]) -> bool {
        self.sums(data).is_some_and(|(found, stated)| found == stated)
    }

    fn check(&self, data: &[u8], problems: &mut Vec<Problem>) {
        match self.sums(data) {
            None => {
                problems.push(Problem::new(
                    ProblemKind::Truncated,
                    data.len() as u64,
                    "the data ends inside a section",
                ));
            }
            Some((found, stated)) if found != stated => {
                let detail = format!("checksum {stated:08x} is stated, the section has {found:08x}");
                problems.push(Problem::new(ProblemKind::Checksum, self.checksum_at as u64, detail));
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntryKind;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    /// Four literals and the end mark.
    const LZO: [u8; 8] = [21, b'c', b'o', b'd', b'e', 17, 0, 0];

    fn section(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let size = bytes.len() as u32 + 4;
        bytes[..4].copy_from_slice(&size.to_be_bytes());
        let (words, _) = bytes.as_chunks::<4>();
        let sum = words.iter().fold(0_u32, |sum, word| sum.wrapping_add(u32::from_be_bytes(*word)));
        bytes.extend((!sum).to_be_bytes());
        bytes
    }

    fn firmware() -> Vec<u8> {
        let mut main = vec![0; HEADER];
        main.extend(b"loader");
        main.extend([0xa5, 0xa5, 0xa5, 0x5a, 0xa5, 0x5a]);
        main.extend((LZO.len() as u32).to_be_bytes());
        main.extend(LZO);
        let mut web = vec![0; 4];
        web.extend((LZO.len() as u32).to_be_bytes());
        web.extend(LZO);
        [section(main), section(web)].concat()
    }

    #[test]
    fn both_sections() {
        let data = [firmware(), vec![7; 9]].concat();
        let (reading, entries) = read(&DrayTek, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (data.len() - 9, vec![]));
        let names: Vec<_> = entries.iter().map(|entry| entry.path.to_vec()).collect();
        assert_eq!(names, [b"loader".to_vec(), b"rtos".to_vec(), b"webfs".to_vec()]);
        assert!(matches!(&entries[1].kind, EntryKind::Stream(Content::Owned(bytes)) if bytes == b"code"));
        assert_eq!(DrayTek.locate(&data, HEADER + 6), Some(0));
    }

    #[test]
    fn a_changed_byte_is_told() {
        let mut data = firmware();
        data[HEADER] ^= 1;
        assert!(read(&DrayTek, &data, Place::Inside).is_none());
        let (reading, _) = read(&DrayTek, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Checksum);
    }

    proptest! {
        #[test]
        fn any_sizes(main in any::<u32>(), code in any::<u32>()) {
            let mut data = firmware();
            data[..4].copy_from_slice(&main.to_be_bytes());
            data[HEADER + 12..HEADER + 16].copy_from_slice(&code.to_be_bytes());
            if let Some((reading, _)) = read(&DrayTek, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
