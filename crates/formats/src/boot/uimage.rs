//! U-Boot's legacy image: a 64-byte header before a kernel, RAM disk, script or several of them.
//!
//! Finds: the payload, or the parts of a multi-file image. How: the header's CRC-32 and the data's CRC-32 are verified;
//! a compressed payload is handed out as it stands, and recognised by its own magic. Wrong when: carved from unknown
//! bytes, the header's CRC-32 must fit. Misses: flattened image trees (FIT); the names of a multi-file image's parts,
//! which the format does not store. Source: U-Boot include/image.h and boot/image.c (legacy format).

use crate::broken;
use crate::bytes::{head, slice, tail, u32_be, until_nul};
use crate::time::iso8601;
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use std::borrow::Cow;

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
        "a payload is handed out as stored; of bzip2 and lzo it is said that they are not read",
    ],
    source: "U-Boot, include/image.h and boot/image.c",
};

const HEADER: usize = 64;
const SYSTEMS: &[&str] = &[
    "invalid",
    "OpenBSD",
    "NetBSD",
    "FreeBSD",
    "4.4BSD",
    "Linux",
    "SVR4",
    "Esix",
    "Solaris",
    "Irix",
    "SCO",
    "Dell",
    "NCR",
    "LynxOS",
    "VxWorks",
    "pSOS",
    "QNX",
    "U-Boot",
    "RTEMS",
    "ARTOS",
    "Unity OS",
    "INTEGRITY",
    "OSE",
    "Plan 9",
    "OpenRTOS",
    "ARM Trusted Firmware",
    "TEE",
    "OpenSBI",
    "EFI",
    "ELF",
];
const ARCHITECTURES: &[&str] = &[
    "invalid",
    "alpha",
    "arm",
    "x86",
    "ia64",
    "mips",
    "mips64",
    "powerpc",
    "s390",
    "sh",
    "sparc",
    "sparc64",
    "m68k",
    "nios",
    "microblaze",
    "nios2",
    "blackfin",
    "avr32",
    "st200",
    "sandbox",
    "nds32",
    "or1k",
    "arm64",
    "arc",
    "x86_64",
    "xtensa",
    "riscv",
];
const TYPES: &[&str] =
    &["invalid", "standalone", "kernel", "ramdisk", "multi", "firmware", "script", "filesystem", "flat_dt"];
const COMPRESSIONS: &[&str] = &["none", "gzip", "bzip2", "lzma", "lzo", "lz4", "zstd"];
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
        if let Some(problem) = header.unread_compression() {
            problems.push(problem);
        }
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
        let payload = head(tail(data, HEADER), header.size as usize);
        if payload.len() < header.size as usize {
            let detail = format!("{} bytes of data are stated, {} are there", header.size, payload.len());
            problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        } else {
            let checksum = crc32(&[payload]);
            if checksum != header.data_checksum {
                let detail =
                    format!("data CRC-32 {:08x} is stated, it has {checksum:08x}", header.data_checksum);
                problems.push(Problem::new(ProblemKind::Checksum, 24, detail));
            }
        }
        if matches!(header.kind, MULTI | SCRIPT) {
            parts(payload, limits, &mut problems, sink);
        } else if !payload.is_empty() {
            sink(part(Cow::Borrowed(b""), payload, HEADER));
        }
        Some(Reading { size: HEADER + payload.len(), attributes: header.attributes(), problems })
    }
}

/// Hands out the parts whose lengths stand at the start of the payload, up to a length of 0.
fn parts<'a>(
    payload: &'a [u8],
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
    for (number, size) in sizes.into_iter().enumerate() {
        if number as u64 >= limits.entries || limits.stopped() {
            let detail = format!("stopped after {number} parts");
            problems.push(Problem::new(ProblemKind::LimitReached, (HEADER + at) as u64, detail));
            return;
        }
        let content = head(tail(payload, at), size);
        if !content.is_empty() {
            sink(part(Cow::Owned(number.to_string().into_bytes()), content, HEADER + at));
        }
        if content.len() < size {
            let detail = format!("part {number} has {size} bytes, {} are there", content.len());
            problems.push(Problem::new(ProblemKind::Truncated, (HEADER + at) as u64, detail));
            return;
        }
        at += size.next_multiple_of(4);
    }
}

fn part<'a>(path: Cow<'a, [u8]>, content: &'a [u8], at: usize) -> Entry<'a> {
    Entry {
        path,
        kind: EntryKind::Stream(Content::Slice(content)),
        mode: None,
        uid: None,
        gid: None,
        mtime: None,
        at: Some(at as u64),
        xattrs: Vec::new(),
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
        let header = slice(data, 0, HEADER)?;
        if u32_be(header, 0)? != 0x2705_1956 {
            return None;
        }
        Some(Self {
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

    /// A payload that is compressed in a way that no reader here undoes.
    fn unread_compression(&self) -> Option<Problem> {
        match COMPRESSIONS.get(usize::from(self.compression)) {
            Some(name) if matches!(*name, "bzip2" | "lzo") => {
                let detail = format!("the payload is compressed with {name}, which is not read");
                Some(Problem::new(ProblemKind::Unsupported, 31, detail))
            }
            Some(_) => None,
            None => {
                let detail = format!("compression {} is not defined", self.compression);
                Some(Problem::new(ProblemKind::Malformed, 31, detail))
            }
        }
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = Vec::new();
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

fn name_of(names: &[&str], number: u8) -> String {
    names.get(usize::from(number)).map_or_else(|| format!("number {number}"), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};

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

    #[test]
    fn a_compression_that_is_not_read_is_said() {
        for (compression, kind) in
            [(2, ProblemKind::Unsupported), (4, ProblemKind::Unsupported), (77, ProblemKind::Malformed)]
        {
            let mut bytes = image(2, b"payload");
            bytes[31] = compression;
            bytes[4..8].fill(0);
            let checksum = crc32(&[&bytes[..HEADER]]);
            bytes[4..8].copy_from_slice(&checksum.to_be_bytes());
            let (reading, _) = read(&UImage, &bytes, Place::Start).unwrap();
            let problems = reading.problems;
            assert!(
                problems.iter().any(|problem| problem.kind == kind && problem.offset == 31),
                "{problems:?}"
            );
        }
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
