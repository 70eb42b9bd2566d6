//! Android vendor boot images, header versions 3 and 4.
//!
//! Finds: the vendor's RAM disks, each of a table by its name, device tree, boot configuration; command line, product.
//! How: magic `VNDRBOOT`, sizes, one section a page boundary. Wrong when: carved from unknown bytes, version, page size
//! and header size must fit. Misses: AVB footers behind the image.
//! Source: Android, system/tools/mkbootimg (bootimg.h).

use super::parts::Parts;
use crate::broken;
use crate::bytes::{head, slice, tail, u32_le, until_nul};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// An Android vendor boot image.
pub struct VendorBoot;

static DESCRIPTION: Description = Description {
    name: "android-vendor-boot",
    title: "Android vendor boot image",
    magics: &[Magic { offset: 0, bytes: b"VNDRBOOT" }],
    yields: "ramdisk (or each of its parts), dtb and bootconfig",
    limits: &[
        "signatures and AVB footers are not verified",
        "board identifiers of the RAM disks are not told",
    ],
    source: "Android, system/tools/mkbootimg, include/bootimg/bootimg.h",
};

/// Bytes of a RAM disk's row in the table, at least.
const ROW: usize = 44;

impl Format for VendorBoot {
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
        let (Some(version), Some(page)) = (u32_le(data, 8), u32_le(data, 12)) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let page = page as usize;
        let fields = if version == 3 { 2112 } else { 2128 };
        let header = u32_le(data, 2096).map_or(fields, |stated| stated as usize);
        let sane = (3..=4).contains(&version)
            && page.is_power_of_two()
            && (2048..=128 << 10).contains(&page)
            // An early tool states less than it writes.
            && (2100..=4096).contains(&header);
        if !sane {
            return broken::header(data, place, &DESCRIPTION, || {
                let detail = format!("version {version} with pages of {page} bytes");
                Problem::new(ProblemKind::Malformed, 8, detail)
            });
        }
        if data.len() < header.max(fields) {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        }
        let word = |at| u32_le(data, at).unwrap_or_default();
        let mut attributes = vec![("header-version", version.to_string()), ("page-size", page.to_string())];
        for (name, at, length) in [("name", 2080, 16), ("cmdline", 28, 2048)] {
            let text = until_nul(head(tail(data, at), length));
            if !text.is_empty() {
                attributes.push((name, String::from_utf8_lossy(text).into_owned()));
            }
        }
        let (rows, row) = if version == 4 { (word(2116) as usize, word(2120) as usize) } else { (0, 0) };
        let mut parts = Parts::behind(header, data, page, sink);
        if rows == 0 || row < ROW {
            parts.next("ramdisk", word(24));
            parts.next("dtb", word(2100));
        } else {
            // The table stands behind what it describes.
            let start = header.next_multiple_of(page);
            let ramdisks = parts.peek("ramdisk", word(24) as usize);
            parts.next("dtb", word(2100));
            let table = parts.peek("ramdisk-table", word(2112) as usize);
            let mut at = 0;
            for (number, fields) in table.chunks_exact(row).take(rows).enumerate() {
                if number as u64 >= limits.entries {
                    let detail = format!("stopped after {number} RAM disks");
                    parts.problems.push(Problem::new(ProblemKind::LimitReached, start as u64, detail));
                    break;
                }
                let size = u32_le(fields, 0).unwrap_or_default() as usize;
                let offset = u32_le(fields, 4).unwrap_or_default() as usize;
                let name = String::from_utf8_lossy(until_nul(head(tail(fields, 12), 32))).into_owned();
                let name = if name.is_empty() {
                    format!("ramdisk/{number}")
                } else {
                    format!("ramdisk/{number}-{name}")
                };
                // Each byte once: the parts stand one behind the other.
                match slice(ramdisks, offset, size).filter(|_| offset >= at) {
                    Some(bytes) => {
                        at = offset + size;
                        if size > 0 {
                            parts.piece(name, bytes, start + offset);
                        }
                    }
                    None => {
                        let detail =
                            format!("{name} has {size} bytes at {offset}, not behind the one before");
                        parts.problems.push(Problem::new(ProblemKind::Malformed, start as u64, detail));
                    }
                }
            }
            let rest = tail(ramdisks, at);
            if rest.iter().any(|byte| *byte != 0) {
                parts.piece("ramdisk/rest".to_owned(), rest, start + at);
            }
        }
        if version == 4 {
            if rows > 0 && row < ROW {
                parts.peek("ramdisk-table", word(2112) as usize);
            }
            parts.next("bootconfig", word(2124));
        }
        let size = parts.size();
        Some(Reading { size, attributes, problems: parts.problems })
    }
}
