//! El Torito: the catalogue of boot images. Source: Phoenix and IBM, El Torito 1.0; UEFI 2.10, 13.3.2.

use super::record::SECTOR;
use crate::bytes::{position, slice, tail, u16_le, u32_le};
use crate::{Problem, ProblemKind};

pub(super) struct Image {
    pub block: u32,
    /// Bytes, as far as the catalogue tells; 0 or one sector often stand for "look yourself".
    pub size: usize,
    pub description: String,
    /// Where the catalogue speaks of it.
    pub at: u64,
}

const ENTRY: usize = 32;
const ENTRIES_MAX: usize = 64;

/// The boot images that the catalogue at a block names.
pub(super) fn read(image: &[u8], block: u32, problems: &mut Vec<Problem>) -> Vec<Image> {
    let start = position(u64::from(block) * SECTOR as u64);
    let catalogue = crate::bytes::head(tail(image, start), ENTRY * ENTRIES_MAX);
    let mut images = Vec::new();
    let Some(validation) = slice(catalogue, 0, ENTRY) else {
        problems.push(Problem::new(
            ProblemKind::Truncated,
            image.len() as u64,
            "the boot catalogue is missing",
        ));
        return images;
    };
    let (words, _) = validation.as_chunks::<2>();
    let sum = words.iter().fold(0_u16, |sum, word| sum.wrapping_add(u16::from_le_bytes(*word)));
    if validation.first() != Some(&1) || sum != 0 || u16_le(validation, 30) != Some(0xaa55) {
        let detail = "the boot catalogue's first entry does not fit its checksum";
        problems.push(Problem::new(ProblemKind::Checksum, start as u64, detail));
        return images;
    }
    let mut platform = validation.get(1).copied().unwrap_or_default();
    for (number, entry) in catalogue.chunks_exact(ENTRY).enumerate().skip(1) {
        let at = (start + number * ENTRY) as u64;
        let byte = |at: usize| entry.get(at).copied().unwrap_or_default();
        match byte(0) {
            0x88 | 0 => {
                let (Some(sectors), Some(block)) = (u16_le(entry, 6), u32_le(entry, 8)) else { break };
                if block == 0 {
                    break;
                }
                let media = byte(1) & 0xf;
                let size = match media {
                    1 => 1200 << 10,
                    2 => 1440 << 10,
                    3 => 2880 << 10,
                    _ => usize::from(sectors) * 512,
                };
                let description = format!(
                    "{} in block {block}, {sectors} sectors, {}",
                    name(platform),
                    ["no emulation", "1.2 MB floppy", "1.44 MB floppy", "2.88 MB floppy", "hard disk"]
                        .get(usize::from(media))
                        .unwrap_or(&"unknown medium")
                );
                images.push(Image { block, size, description, at });
            }
            0x90 | 0x91 => platform = byte(1),
            0x44 => {}
            _ => break,
        }
    }
    images
}

fn name(platform: u8) -> String {
    match platform {
        0 => "x86".to_owned(),
        1 => "PowerPC".to_owned(),
        2 => "Mac".to_owned(),
        0xef => "EFI".to_owned(),
        other => format!("platform {other}"),
    }
}
