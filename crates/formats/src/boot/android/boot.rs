//! Android boot images, header versions 0 to 4.
//!
//! Finds: kernel, RAM disk, second stage, recovery's device tree overlays, device tree, signature; command line, version
//! of the system, load addresses. How: magic `ANDROID!`, sizes, one section a page boundary. In version 0 some makers put
//! the size of a device tree table where later ones have the version. Wrong when: carved from unknown bytes, the page
//! size must be a power of two from 2 KiB to 128 KiB and the kernel or RAM disk lie inside. Misses: the identifier
//! (SHA-1) is told, not checked; signatures and AVB footers behind the image; logical partitions (super, liblp).
//! Source: Android, system/tools/mkbootimg (bootimg.h); "Boot image header" on source.android.com.

use super::parts::Parts;
use crate::broken;
use crate::bytes::{head, slice, tail, u32_le, until_nul};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// An Android boot image.
pub struct AndroidBoot;

static DESCRIPTION: Description = Description {
    name: "android-boot",
    title: "Android boot image",
    magics: &[Magic { offset: 0, bytes: b"ANDROID!" }],
    yields: "kernel, ramdisk, second, recovery-dtbo, dtb (or dt) and signature, each where there is one",
    limits: &[
        "the identifier is told, not checked; signatures and AVB footers are not verified",
        "logical partitions (super images, liblp) are not read",
    ],
    source: "Android, system/tools/mkbootimg, include/bootimg/bootimg.h",
};

impl Format for AndroidBoot {
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
        let Some(version) = u32_le(data, 40) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        // Their header tells its own size, 1580 or 1584, and 1596 from an early tool; before, a load address stands there.
        let late = (3..=4).contains(&version) && matches!(u32_le(data, 20), Some(1580..=1600));
        let header = match version {
            3 | 4 if late => 1580 + 4 * (version as usize - 3),
            1 => 1648,
            2 => 1660,
            _ => 1632,
        };
        if data.len() < header {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        }
        let word = |at| u32_le(data, at).unwrap_or_default();
        let page = if late { 4096 } else { word(36) as usize };
        let first =
            if late { page } else { page.saturating_mul(1 + (word(8) as usize).div_ceil(page.max(1))) };
        let sane = page.is_power_of_two()
            && (2048..=128 << 10).contains(&page)
            && (word(8) > 0 || word(if late { 12 } else { 16 }) > 0);
        if !sane || (place == Place::Inside && first > data.len()) {
            return broken::header(data, place, &DESCRIPTION, || {
                let detail = format!("pages of {page} bytes, a kernel of {}", word(8));
                Problem::new(ProblemKind::Malformed, 8, detail)
            });
        }
        let mut attributes = Vec::new();
        let mut parts = Parts::behind(header, data, page, sink);
        let text = |at, length| {
            let text = until_nul(head(tail(data, at), length));
            (!text.is_empty()).then(|| String::from_utf8_lossy(text).into_owned())
        };
        if late {
            attributes.push(("header-version", version.to_string()));
            parts.next("kernel", word(8));
            parts.next("ramdisk", word(12));
            if version == 4 {
                parts.next("signature", word(1580));
            }
            attributes.extend(text(44, 1536).map(|line| ("cmdline", line)));
            attributes.extend(system(word(16)));
        } else {
            // Versions are small numbers; what is not is a size that older tools put there.
            let dt = if version > 4 { version } else { 0 };
            attributes.push(("header-version", if dt > 0 { 0 } else { version }.to_string()));
            attributes.push(("page-size", page.to_string()));
            parts.next("kernel", word(8));
            parts.next("ramdisk", word(16));
            parts.next("second", word(24));
            parts.next("dt", dt);
            if (1..=2).contains(&version) {
                parts.next("recovery-dtbo", word(1632));
            }
            if version == 2 {
                parts.next("dtb", word(1648));
            }
            attributes.extend(text(48, 16).map(|name| ("name", name)));
            let line = [text(64, 512), text(608, 1024)].into_iter().flatten().collect::<String>();
            attributes.extend((!line.is_empty()).then_some(("cmdline", line)));
            attributes.extend(system(word(44)));
            for (name, at) in [
                ("kernel-address", 12),
                ("ramdisk-address", 20),
                ("second-address", 28),
                ("tags-address", 32),
            ] {
                attributes.push((name, format!("{:#010x}", word(at))));
            }
            let id = slice(data, 576, 20).unwrap_or_default();
            if id.iter().any(|byte| *byte != 0) {
                attributes.push(("id", id.iter().map(|byte| format!("{byte:02x}")).collect()));
            }
        }
        let size = parts.size();
        Some(Reading { size, attributes, problems: parts.problems })
    }
}

/// The system's version and the month of its patches, packed into one word.
fn system(word: u32) -> Vec<(&'static str, String)> {
    if word == 0 {
        return Vec::new();
    }
    let (version, month) = (word >> 11, word & 0x7ff);
    vec![
        ("os-version", format!("{}.{}.{}", version >> 14, version >> 7 & 0x7f, version & 0x7f)),
        ("os-patch-level", format!("{:04}-{:02}", 2000 + (month >> 4), month & 15)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;

    fn image(version: u32, kernel: u32) -> Vec<u8> {
        let mut data = vec![0; 3 * 4096];
        data[..8].copy_from_slice(b"ANDROID!");
        for (at, value) in [(8, kernel), (16, 5), (36, 4096), (40, version)] {
            data[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        data[64..72].copy_from_slice(b"console=");
        data
    }

    #[test]
    fn sections_and_extent() {
        let data = [image(0, 100), b"~behind".to_vec()].concat();
        let (reading, entries) = read(&AndroidBoot, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (3 * 4096, vec![]));
        assert_eq!(entries.iter().map(|entry| entry.at).collect::<Vec<_>>(), [Some(4096), Some(8192)]);
        assert!(reading.attributes.contains(&("cmdline", "console=".into())));
    }

    #[test]
    fn a_device_tree_where_the_version_stands() {
        let mut data = image(2048, 100);
        data.resize(4 * 4096, 0);
        let (reading, entries) = read(&AndroidBoot, &data, Place::Start).unwrap();
        assert_eq!((&*entries[2].path, reading.size), (&b"dt"[..], 4 * 4096));
    }

    #[test]
    fn absurd_sizes() {
        let data = image(0, u32::MAX);
        let (reading, _) = read(&AndroidBoot, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
        assert!(read(&AndroidBoot, &data, Place::Inside).is_none());
        let mut data = image(0, 1);
        data[36] = 1;
        assert!(read(&AndroidBoot, &data, Place::Inside).is_none());
        assert_eq!(
            system(0x1600_0185),
            [("os-version", "11.0.0".into()), ("os-patch-level", "2024-05".into())]
        );
    }
}
