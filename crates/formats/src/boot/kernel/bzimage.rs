//! bzImage: the kernel of x86 that unpacks itself.
//!
//! Finds: the compressed kernel, and the set-up and unpacking code around it. How: boot sector mark, `HdrS`, the sizes
//! of the boot protocol; payload by the header's own fields (since protocol 2.08). Wrong when: carved from unknown
//! bytes, the mark, a jump, a known protocol and sizes that fit are asked for. Misses: signatures behind the kernel are
//! part of `rest`; before protocol 2.08 the kernel is one part. Source: Linux Documentation/arch/x86/boot.rst.

use super::pe;
use crate::broken;
use crate::bytes::{head, slice, tail, u16_le, u32_le, until_nul};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A bzImage or zImage of x86.
pub struct BzImage;

static DESCRIPTION: Description = Description {
    name: "bzimage",
    title: "Linux kernel for x86 (bzImage)",
    magics: &[Magic { offset: 0x202, bytes: b"HdrS" }],
    yields: "the compressed kernel `payload`, and the code around it: `setup`, `loader` and `rest`",
    limits: &[
        "before boot protocol 2.08 nothing tells where the compressed kernel starts: `loader` holds it",
        "signatures are handed out with what stands behind the payload, not verified",
    ],
    source: "Linux, Documentation/arch/x86/boot.rst",
};

impl Format for BzImage {
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
        if slice(data, 0x202, 4)? != b"HdrS" {
            return None;
        }
        let fields =
            (u16_le(data, 0x206), u32_le(data, 0x1f4), data.get(0x1f1), data.get(0x211), u16_le(data, 0x20e));
        let (Some(version), Some(paragraphs), Some(sectors), Some(flags), Some(banner)) = fields else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let sane = slice(data, 0x1fe, 3)? == [0x55, 0xaa, 0xeb]
            && (0x200..0x300).contains(&version)
            && (1..=64 << 20 >> 4).contains(&paragraphs)
            && *sectors <= 64;
        if !sane {
            return broken::header(data, place, &DESCRIPTION, || {
                let detail =
                    format!("boot protocol {version:#06x} with {paragraphs} paragraphs, or no boot sector");
                Problem::new(ProblemKind::Malformed, 0x1f1, detail)
            });
        }
        // Before protocol 2.04 the upper half of the size was something else.
        let paragraphs = if version < 0x204 { paragraphs & 0xffff } else { paragraphs } as usize;
        // No sectors mean four, for the oldest kernels' sake.
        let setup = (if *sectors == 0 { 4 } else { usize::from(*sectors) } + 1) * 512;
        let stated = (setup + paragraphs * 16).max(pe::extent(data).unwrap_or(0));
        let size = stated.min(data.len());
        let mut problems = Vec::new();
        if size < stated {
            let detail = format!("{stated} bytes are stated, {size} are there");
            problems.push(Problem::new(ProblemKind::Truncated, size as u64, detail));
        }
        let mut attributes = vec![
            ("architecture", "x86".to_owned()),
            ("boot-protocol", format!("{}.{:02}", version >> 8, version & 0xff)),
            ("loaded-high", if flags & 1 == 1 { "yes" } else { "no" }.to_owned()),
        ];
        let text = until_nul(head(tail(data, usize::from(banner) + 0x200), 256));
        if banner > 0 && text.len() < 256 && usize::from(banner) + 0x200 < setup && !text.is_empty() {
            attributes.push(("version", String::from_utf8_lossy(text).into_owned()));
        }
        let all = head(data, size);
        let (start, end) = match payload(data, version, setup) {
            Some((start, end)) if end <= stated => (start, end),
            Some((start, end)) => {
                let detail = format!("a payload from {start} to {end} in a kernel of {stated} bytes");
                problems.push(Problem::new(ProblemKind::Malformed, 0x248, detail));
                (stated, stated)
            }
            None => (stated, stated),
        };
        for (name, from, to) in
            [("setup", 0, setup), ("loader", setup, start), ("payload", start, end), ("rest", end, stated)]
        {
            let part = tail(head(all, to), from);
            if !part.is_empty() {
                sink(Entry::slice(name.as_bytes(), part, from));
            }
        }
        Some(Reading { size, attributes, problems })
    }
}

/// From where to where the compressed kernel stands, without the length that is appended to it.
fn payload(data: &[u8], version: u16, setup: usize) -> Option<(usize, usize)> {
    let (offset, length) = (u32_le(data, 0x248)? as usize, u32_le(data, 0x24c)? as usize);
    if version < 0x208 || length < 8 {
        return None;
    }
    let start = setup.checked_add(offset)?;
    // gzip ends with the length by itself; behind the others the kernel's build appends it.
    let appended = if slice(data, start, 2) == Some(&[0x1f, 0x8b]) { 0 } else { 4 };
    Some((start, start.checked_add(length - appended)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use crate::{Content, EntryKind};

    fn kernel(version: u16, offset: u32, length: u32) -> Vec<u8> {
        let mut data = vec![0; 0x400 + 0x100];
        data[0x1f1] = 1;
        data[0x1f4] = 0x10;
        data[0x1fe..0x202].copy_from_slice(&[0x55, 0xaa, 0xeb, 0x6a]);
        data[0x202..0x206].copy_from_slice(b"HdrS");
        data[0x206..0x208].copy_from_slice(&version.to_le_bytes());
        data[0x20e] = 0x80;
        data[0x280..0x28c].copy_from_slice(b"5.15 (build)");
        data[0x248..0x24c].copy_from_slice(&offset.to_le_bytes());
        data[0x24c..0x250].copy_from_slice(&length.to_le_bytes());
        data[0x420..0x430].copy_from_slice(b"compressed__SIZE");
        data
    }

    #[test]
    fn parts() {
        let data = [kernel(0x20f, 0x20, 16), vec![1; 9]].concat();
        let (reading, entries) = read(&BzImage, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (0x500, vec![]));
        assert!(reading.attributes.contains(&("version", "5.15 (build)".into())));
        let names: Vec<_> = entries.iter().map(|entry| &*entry.path).collect();
        assert_eq!(names, [&b"setup"[..], b"loader", b"payload", b"rest"]);
        assert!(matches!(entries[2].kind, EntryKind::Stream(Content::Slice(b"compressed__"))));
    }

    #[test]
    fn old_protocols_and_absurd_payloads() {
        let old = kernel(0x202, 0x20, 16);
        let (_, entries) = read(&BzImage, &old, Place::Start).unwrap();
        assert_eq!(entries.len(), 2);
        let absurd = kernel(0x20f, u32::MAX, u32::MAX);
        let (reading, entries) = read(&BzImage, &absurd, Place::Start).unwrap();
        assert_eq!((entries.len(), reading.problems[0].offset), (2, 0x248));
        let (reading, _) = read(&BzImage, &kernel(0x20f, 0x20, 16)[..0x450], Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
        assert!(read(&BzImage, &kernel(0x300, 0, 0), Place::Inside).is_none());
    }
}
