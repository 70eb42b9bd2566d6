//! EFI zboot: a kernel for ARM64, RISC-V or LoongArch that an EFI application unpacks.
//!
//! Finds: the compressed kernel, and the loader's parts around it. How: "MZ", "zimg", the payload's place and size, the
//! name of the compression; the extent is the PE file's. Wrong when: carved from unknown bytes, the PE header must be
//! there too. Misses: signatures are part of `rest`, not verified.
//! Source: Linux drivers/firmware/efi/libstub/zboot-header.S.

use super::pe;
use crate::broken;
use crate::bytes::{head, slice, tail, u32_le, until_nul};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// An EFI zboot kernel.
pub struct Zboot;

static DESCRIPTION: Description = Description {
    name: "zboot",
    title: "Linux EFI zboot kernel",
    magics: &[Magic { offset: 0, bytes: b"MZ\0\0zimg" }],
    yields: "the compressed kernel `payload`, and the loader before and behind it, `loader` and `rest`",
    limits: &["the loader's own code and signature are handed out as they stand"],
    source: "Linux, drivers/firmware/efi/libstub/zboot-header.S",
};

impl Format for Zboot {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        _limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let fields = (u32_le(data, 8), u32_le(data, 12), slice(data, 0x18, 0x20));
        let (Some(start), Some(length), Some(compression)) = fields else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let (start, length) = (start as usize, length as usize);
        let end = start.saturating_add(length);
        let Some(extent) = pe::extent(data).filter(|extent| start >= 0x40 && length > 0 && end <= *extent)
        else {
            return broken::header(data, place, &DESCRIPTION, || {
                let detail = format!("a payload of {length} bytes at {start}, not inside a PE file");
                Problem::new(ProblemKind::Malformed, 8, detail)
            });
        };
        let mut problems = Vec::new();
        let size = extent.min(data.len());
        if size < extent {
            let detail = format!("{extent} bytes are stated, {size} are there");
            problems.push(Problem::new(ProblemKind::Truncated, size as u64, detail));
        }
        let all = head(data, size);
        for (name, at, part) in [
            ("loader", 0, head(all, start)),
            ("payload", start, head(tail(all, start), length)),
            ("rest", end, tail(all, end)),
        ] {
            if !part.is_empty() {
                sink(Entry::slice(name.as_bytes(), part, at));
            }
        }
        let compression = String::from_utf8_lossy(until_nul(head(compression, 0x20))).into_owned();
        Some(Reading { size, attributes: vec![("compression", compression)], problems })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;

    fn kernel() -> Vec<u8> {
        let mut data = vec![0; 0x600];
        super::pe::tests::put(&mut data, 0x40, (0x200, 0x400), (0, 0));
        data[4..8].copy_from_slice(b"zimg");
        data[8..12].copy_from_slice(&0x200_u32.to_le_bytes());
        data[12..16].copy_from_slice(&0x100_u32.to_le_bytes());
        data[0x18..0x1c].copy_from_slice(b"gzip");
        data
    }

    #[test]
    fn payload_and_loader() {
        let data = [kernel(), vec![0xff; 5]].concat();
        let (reading, entries) = read(&Zboot, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (0x600, vec![]));
        let parts: Vec<_> = entries.iter().map(|entry| (&*entry.path, entry.at)).collect();
        assert_eq!(parts, [(&b"loader"[..], Some(0)), (b"payload", Some(0x200)), (b"rest", Some(0x300))]);
        assert_eq!(reading.attributes, [("compression", "gzip".into())]);
    }

    #[test]
    fn a_payload_outside() {
        let mut data = kernel();
        data[12..16].copy_from_slice(&[0xff; 4]);
        let (reading, _) = read(&Zboot, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].offset, 8);
        assert!(read(&Zboot, &data, Place::Inside).is_none());
        let data = kernel();
        let (reading, entries) = read(&Zboot, &data[..0x280], Place::Start).unwrap();
        assert_eq!((reading.problems[0].kind, entries.len()), (ProblemKind::Truncated, 2));
    }
}
