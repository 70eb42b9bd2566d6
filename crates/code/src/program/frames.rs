//! Functions that call frame information names: each entry of `.eh_frame` is one, with its length.
//!
//! Source: Linux Standard Base, "Exception Frames"; read by gimli.

use crate::image::Image;
use gimli::{BaseAddresses, CieOrFde, EhFrame, RunTimeEndian, UnwindSection as _};

/// Entries that are read.
const MOST: usize = 1 << 20;

/// Start and end of each; an entry that cannot be read ends the list.
pub(super) fn read(image: &Image<'_>) -> Vec<(u64, u64)> {
    let Some((address, bytes)) = image.frames else { return Vec::new() };
    let endian = if image.big_endian { RunTimeEndian::Big } else { RunTimeEndian::Little };
    let mut section = EhFrame::new(bytes, endian);
    section.set_address_size(image.bits() / 8);
    let bases = BaseAddresses::default().set_eh_frame(address);
    let mut found = Vec::new();
    let mut entries = section.entries(&bases);
    while let Ok(Some(entry)) = entries.next() {
        if found.len() >= MOST {
            break;
        }
        let CieOrFde::Fde(partial) = entry else { continue };
        let Ok(entry) = partial.parse(|section, bases, offset| section.cie_from_offset(bases, offset)) else {
            continue;
        };
        let start = image.cut(entry.initial_address());
        let end = start.saturating_add(entry.len());
        if image.is_code(start) && end > start {
            found.push((start, end));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
