//! U-Boot's legacy image: a 64-byte header before a kernel, RAM disk, script or several of them.
//!
//! Finds: the payload, a script's text, or the parts of a multi-file image, with what stands behind the last of them.
//! How: the header's CRC-32 and the data's CRC-32 are verified; a compressed payload is handed out as it stands, and
//! recognised by its own magic (boot loaders want lzop's for lzo and a frame's for lz4). Makers who patch the boot loader
//! put another number where the magic stands: [`UImageVariant`] finds such a header by its CRC-32.
//! Wrong when: carved from unknown bytes, or without the magic, the header's CRC-32 must fit.
//! Misses: flattened image trees (FIT); the names of a multi-file image's parts, which the format does not store;
//! variants for systems other than Linux and U-Boot, or without a CRC-32.
//! Source: U-Boot include/image.h, boot/image.c and tools/mkimage.c (legacy format).

mod names;

use crate::broken;
use crate::bytes::{head, slice, tail, u32_be, until_nul};
use crate::time::iso8601;
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use names::{ARCHITECTURES, COMPRESSIONS, SYSTEMS, TYPES, name_of};

/// A legacy U-Boot image.
pub struct UImage;

static DESCRIPTION: Description = Description {
    name: "uimage",
    title: "U-Boot legacy image",
    magics: &[Magic { offset: 0, bytes: &[0x27, 0x05, 0x19, 0x56] }],
    yields: "its payload, or each part of a multi-file image",
    limits: &[
        "flattened image trees (FIT) are another format",
        "the parts of a multi-file image have no names; they are numbered from 0",
        "a payload is handed out as stored: what reads its compression is a format of its own",
    ],
    source: "U-Boot, include/image.h and boot/image.c",
};

/// A legacy U-Boot image whose maker replaced the magic.
pub struct UImageVariant;

/// Linux on the processors of network equipment, by kind of image; and U-Boot itself.
macro_rules! magics {
    ($($system:literal $architecture:literal $kind:literal),* $(,)?) => {
        &[$(Magic { offset: 28, bytes: &[$system, $architecture, $kind] }),*]
    };
}

static VARIANT: Description = Description {
    name: "uimage-variant",
    title: "U-Boot legacy image with a magic of its maker's own",
    magics: magics![
        5 2 2, 5 2 3, 5 2 4, 5 2 5, 5 2 7, 5 2 14, 17 2 5,
        5 5 1, 5 5 2, 5 5 3, 5 5 4, 5 5 5, 5 5 7, 17 5 5,
        5 6 2, 5 6 3, 5 6 4, 5 6 5, 5 6 7,
        5 7 2, 5 7 3, 5 7 4, 5 7 5, 5 7 7, 17 7 5,
        5 3 2, 5 3 4, 5 22 2, 5 22 3, 5 22 4, 5 22 5, 5 22 7, 5 22 14, 5 26 2, 5 26 4,
    ],
    yields: "its payload, or each part of a multi-file image",
    limits: &[
        "told by the header's CRC-32 alone, so a damaged header hides it",
        "Linux for ARM, MIPS, PowerPC, x86 and RISC-V, and U-Boot for ARM, MIPS and PowerPC only",
        "a header whose CRC-32 is computed in another way than U-Boot's",
    ],
    source: "U-Boot, include/image.h; the magics that OpenWrt's mtdsplit parsers accept (openwrt,ih-magic)",
};

const HEADER: usize = 64;
const MAGIC: u32 = 0x2705_1956;
/// More parts than this are not believed.
const PARTS_MAX: usize = 4096;
const MULTI: u8 = 4;
const SCRIPT: u8 = 6;

impl Format for UImage {
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
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let mut problems = Vec::new();
        if header.checksum != header.stated_checksum {
            if place == Place::Inside || !header.is_sane() {
                return broken::header(data, place, &DESCRIPTION, || {
                    let detail =
                        "the header's CRC-32 does not fit, and its fields have values that are not defined";
                    Problem::new(ProblemKind::Malformed, 4, detail)
                });
            }
            let detail = format!(
                "header CRC-32 {:08x} is stated, it has {:08x}",
                header.stated_checksum, header.checksum
            );
            problems.push(Problem::new(ProblemKind::Checksum, 4, detail));
        }
        Some(header.read(data, problems, limits, sink))
    }
}

impl Format for UImageVariant {
    fn describe(&self) -> &'static Description {
        &VARIANT
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        _place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let header = Header::fields(data)?;
        let fits = header.magic != MAGIC && header.checksum == header.stated_checksum && header.size > 0;
        fits.then(|| header.read(data, Vec::new(), limits, sink))
    }
}

/// Hands out the parts whose lengths stand at the start of the payload, up to a length of 0, and what is behind them.
fn parts<'a>(
    payload: &'a [u8],
    script: bool,
    limits: &Limits,
    problems: &mut Vec<Problem>,
    sink: &mut dyn FnMut(Entry<'a>),
) {
    let (words, _) = payload.as_chunks::<4>();
    let sizes: Vec<usize> = words
        .iter()
        .map(|word| u32::from_be_bytes(*word) as usize)
        .take_while(|size| *size != 0)
        .take(PARTS_MAX)
        .collect();
    let mut at = (sizes.len() + 1) * 4;
    if words.get(sizes.len()).is_none_or(|word| *word != [0; 4]) {
        let detail = format!("the list of lengths does not end within {} parts", sizes.len());
        problems.push(Problem::new(ProblemKind::Malformed, (HEADER + at - 4) as u64, detail));
    }
    let last = sizes.len().saturating_sub(1);
    for (number, size) in sizes.into_iter().enumerate() {
        if number as u64 >= limits.entries || limits.stopped() {
            let detail = format!("stopped after {number} parts");
            problems.push(Problem::new(ProblemKind::LimitReached, (HEADER + at) as u64, detail));
            return;
        }
        let content = head(tail(payload, at), size);
        if !content.is_empty() {
            let name = if script && number == 0 { "script".to_owned() } else { number.to_string() };
            sink(Entry::slice(name.into_bytes(), content, HEADER + at));
        }
        if content.len() < size {
            let detail = format!("part {number} has {size} bytes, {} are there", content.len());
            problems.push(Problem::new(ProblemKind::Truncated, (HEADER + at) as u64, detail));
            return;
        }
        at += if number == last { size } else { size.next_multiple_of(4) };
    }
    // Some makers count what stands behind the last part, often a file system, into the image.
    let rest = tail(payload, at);
    if rest.iter().any(|byte| *byte != 0) {
        sink(Entry::slice(b"rest".as_slice(), rest, HEADER + at));
    }
}

fn crc32(pieces: &[&[u8]]) -> u32 {
    let mut crc = flate2::Crc::new();
    for piece in pieces {
        crc.update(piece);
    }
    crc.sum()
}

struct Header<'a> {
    magic: u32,
    stated_checksum: u32,
    checksum: u32,
    time: u32,
    size: u32,
    load: u32,
    entry: u32,
    data_checksum: u32,
    system: u8,
    architecture: u8,
    kind: u8,
    compression: u8,
    name: &'a [u8],
}

impl<'a> Header<'a> {
    fn parse(data: &'a [u8]) -> Option<Self> {
        Self::fields(data).filter(|header| header.magic == MAGIC)
    }

    fn fields(data: &'a [u8]) -> Option<Self> {
        let header = slice(data, 0, HEADER)?;
        Some(Self {
            magic: u32_be(header, 0)?,
            stated_checksum: u32_be(header, 4)?,
            checksum: crc32(&[head(header, 4), &[0; 4], tail(header, 8)]),
            time: u32_be(header, 8)?,
            size: u32_be(header, 12)?,
            load: u32_be(header, 16)?,
            entry: u32_be(header, 20)?,
            data_checksum: u32_be(header, 24)?,
            system: *header.get(28)?,
            architecture: *header.get(29)?,
            kind: *header.get(30)?,
            compression: *header.get(31)?,
            name: until_nul(tail(header, 32)),
        })
    }

    /// Whether a header with a wrong checksum is one all the same.
    fn is_sane(&self) -> bool {
        let odd = [
            // Number 0 is the invalid one of each list.
            !(1..SYSTEMS.len()).contains(&self.system.into()),
            !(1..ARCHITECTURES.len()).contains(&self.architecture.into()),
            !(1..=64).contains(&self.kind),
            usize::from(self.compression) >= COMPRESSIONS.len(),
            self.size == 0,
        ];
        odd.into_iter().filter(|odd| *odd).count() <= 1
    }

    /// Reads the data behind the header.
    fn read<'d>(
        &self,
        data: &'d [u8],
        mut problems: Vec<Problem>,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'d>),
    ) -> Reading {
        if usize::from(self.compression) >= COMPRESSIONS.len() {
            let detail = format!("compression {} is not defined", self.compression);
            problems.push(Problem::new(ProblemKind::Undefined, 31, detail));
        }
        let payload = head(tail(data, HEADER), self.size as usize);
        if payload.len() < self.size as usize {
            let detail = format!("{} bytes of data are stated, {} are there", self.size, payload.len());
            problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        } else {
            let checksum = crc32(&[payload]);
            if checksum != self.data_checksum {
                let detail =
                    format!("data CRC-32 {:08x} is stated, it has {checksum:08x}", self.data_checksum);
                problems.push(Problem::new(ProblemKind::Checksum, 24, detail));
            }
        }
        if matches!(self.kind, MULTI | SCRIPT) {
            parts(payload, self.kind == SCRIPT, limits, &mut problems, sink);
        } else if !payload.is_empty() {
            sink(Entry::slice(b"".as_slice(), payload, HEADER));
        }
        Reading { size: HEADER + payload.len(), attributes: self.attributes(), problems }
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = Vec::new();
        if self.magic != MAGIC {
            attributes.push(("magic", format!("{:#010x}", self.magic)));
        }
        if !self.name.is_empty() {
            attributes.push(("name", String::from_utf8_lossy(self.name).into_owned()));
        }
        attributes.push(("system", name_of(SYSTEMS, self.system)));
        attributes.push(("architecture", name_of(ARCHITECTURES, self.architecture)));
        attributes.push(("type", name_of(TYPES, self.kind)));
        attributes.push(("compression", name_of(COMPRESSIONS, self.compression)));
        attributes.push(("load-address", format!("{:#010x}", self.load)));
        attributes.push(("entry-point", format!("{:#010x}", self.entry)));
        attributes.push(("created", iso8601(i64::from(self.time))));
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};
    use crate::{Content, EntryKind};

    fn image(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut data = vec![0; HEADER];
        data[..4].copy_from_slice(&[0x27, 0x05, 0x19, 0x56]);
        data[12..16].copy_from_slice(&(payload.len() as u32).to_be_bytes());
        data[24..28].copy_from_slice(&crc32(&[payload]).to_be_bytes());
        data[28..32].copy_from_slice(&[5, 2, kind, 0]);
        data[32..38].copy_from_slice(b"Island");
        let checksum = crc32(&[&data]);
        data[4..8].copy_from_slice(&checksum.to_be_bytes());
        data.extend_from_slice(payload);
        data
    }

    fn with_sum(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes[4..8].fill(0);
        let checksum = crc32(&[&bytes[..HEADER]]);
        bytes[4..8].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }

    #[test]
    fn a_compression_that_is_not_defined_is_told_and_the_payload_handed_out() {
        let mut bytes = image(2, b"payload");
        bytes[31] = 77;
        let bytes = with_sum(bytes);
        let (reading, entries) = read(&UImage, &bytes, Place::Start).unwrap();
        assert_eq!((reading.problems[0].kind, reading.problems[0].offset), (ProblemKind::Undefined, 31));
        assert_eq!(bytes_of(&entries), b"payload");
    }

    #[test]
    fn another_magic_is_believed_with_its_checksum_alone() {
        let mut bytes = image(2, b"payload");
        assert!(read(&UImageVariant, &bytes, Place::Start).is_none());
        bytes[..4].copy_from_slice(&0x8380_0000_u32.to_be_bytes());
        assert!(read(&UImageVariant, &bytes, Place::Start).is_none());
        let bytes = with_sum(bytes);
        assert!(read(&UImage, &bytes, Place::Start).is_none());
        let (reading, entries) = read(&UImageVariant, &bytes, Place::Inside).unwrap();
        assert_eq!(reading.attributes[0], ("magic", "0x83800000".into()));
        assert_eq!(bytes_of(&entries), b"payload");
    }

    #[test]
    fn what_stands_behind_the_last_part_is_handed_out() {
        let payload = [&5_u32.to_be_bytes()[..], &[0; 4], b"first\0\0\0hsqs"].concat();
        let data = image(MULTI, &payload);
        let (reading, entries) = read(&UImage, &data, Place::Start).unwrap();
        assert_eq!((reading.problems, &*entries[1].path), (vec![], &b"rest"[..]));
        let data = image(SCRIPT, &[&4_u32.to_be_bytes()[..], &[0; 4], b"boot"].concat());
        let (_, entries) = read(&UImage, &data, Place::Start).unwrap();
        assert_eq!((&*entries[0].path, bytes_of(&entries)), (&b"script"[..], b"boot".to_vec()));
    }

    #[test]
    fn payload_and_header() {
        let data = [image(2, b"kernel"), vec![0xff; 10]].concat();
        let (reading, entries) = read(&UImage, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, bytes_of(&entries)), (70, b"kernel".to_vec()));
        assert_eq!(reading.problems, []);
        assert!(reading.attributes.contains(&("architecture", "arm".into())));
        assert!(reading.attributes.contains(&("name", "Island".into())));
    }

    #[test]
    fn checksums() {
        let mut data = image(2, b"kernel");
        data[66] ^= 1;
        let (reading, _) = read(&UImage, &data, Place::Inside).unwrap();
        assert_eq!((reading.problems[0].kind, reading.problems[0].offset), (ProblemKind::Checksum, 24));
        data[20] ^= 1;
        assert!(read(&UImage, &data, Place::Inside).is_none());
        let (reading, _) = read(&UImage, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].offset, 4);
    }

    #[test]
    fn several_parts() {
        let payload = [&5_u32.to_be_bytes()[..], &3_u32.to_be_bytes(), &[0; 4], b"first\0\0\0two"].concat();
        let data = image(MULTI, &payload);
        let (reading, entries) = read(&UImage, &data, Place::Start).unwrap();
        let parts: Vec<_> = entries.iter().map(|entry| (entry.path.to_vec(), entry.at)).collect();
        assert_eq!(parts, [(b"0".to_vec(), Some(76)), (b"1".to_vec(), Some(84))]);
        assert!(matches!(entries[1].kind, EntryKind::Stream(Content::Slice(b"two"))));
        assert_eq!(reading.problems, []);
    }

    #[test]
    fn a_part_that_is_too_long() {
        let payload = [&500_u32.to_be_bytes()[..], &u32::MAX.to_be_bytes(), &[0; 4], b"first"].concat();
        let data = image(MULTI, &payload);
        let (reading, entries) = read(&UImage, &data, Place::Start).unwrap();
        assert_eq!(bytes_of(&entries), b"first");
        assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
    }
}
