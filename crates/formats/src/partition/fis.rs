//! RedBoot's flash image system: the directory that names the partitions of a flash chip.
//!
//! Finds: each partition's name, address and size, as attributes; nothing is handed out, since the directory stands beside
//! the partitions. How: rows of 256 bytes, one of them named "FIS directory"; either byte order. Wrong when: each row
//! must have a name padded with NULs and a length that its size holds. Misses: checksums of rows and contents; rows that
//! were deleted. Source: eCos, packages/redboot (flash.h, struct fis_image_desc).

use crate::bytes::{slice, tail, u32_be, u32_le, until_nul};
use crate::{Description, Entry, Format, LOOK_BACK, Limits, Magic, Place, Reading};

/// A RedBoot FIS directory.
pub struct FisDirectory;

static DESCRIPTION: Description = Description {
    name: "redboot-fis",
    title: "RedBoot FIS directory",
    magics: &[Magic { offset: Magic::FLOATING, bytes: b"FIS directory\0\0\0" }],
    yields: "nothing: the partitions with address and size, as attributes",
    limits: &["the rows' checksums are not checked", "deleted rows end the directory or are passed over"],
    source: "eCos, packages/redboot/current/include/fis.h",
};

const ROW: usize = 256;
const ROWS_MAX: usize = 256;
const NAME: &[u8] = b"FIS directory\0\0\0";

impl Format for FisDirectory {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        _place: Place,
        _limits: &Limits,
        _sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let rows = data
            .chunks_exact(ROW)
            .take(ROWS_MAX)
            .take_while(|row| row.first() == Some(&0xff) || Row::parse(row).is_some());
        let all: Vec<&[u8]> = rows.collect();
        let last = all.iter().rposition(|row| row.first() != Some(&0xff))?;
        let rows: Vec<Row> = all.iter().take(last + 1).filter_map(|row| Row::parse(row)).collect();
        let big = rows.first()?.big;
        if !all.iter().any(|row| row.starts_with(NAME))
            || all.first()?.first() == Some(&0xff)
            || rows.iter().any(|row| row.big != big)
        {
            return None;
        }
        let one =
            |row: &Row| format!("{}@{:#x}+{:#x}", String::from_utf8_lossy(row.name), row.address, row.size);
        let attributes = vec![
            ("byte-order", if big { "big" } else { "little" }.to_owned()),
            ("partitions", rows.iter().map(one).collect::<Vec<_>>().join(", ")),
        ];
        Some(Reading { size: (last + 1) * ROW, attributes, problems: Vec::new() })
    }

    fn locate(&self, data: &[u8], at: usize) -> Option<usize> {
        let before = |start: &usize| start.checked_sub(ROW).filter(|start| at - start <= LOOK_BACK);
        let starts = std::iter::successors(Some(at), before);
        let rows = starts.take_while(|start| {
            let row = slice(data, *start, ROW).unwrap_or_default();
            (*start == at || !row.starts_with(NAME)) && Row::parse(row).is_some()
        });
        rows.last()
    }
}

struct Row<'a> {
    name: &'a [u8],
    address: u32,
    size: u32,
    big: bool,
}

impl<'a> Row<'a> {
    fn parse(row: &'a [u8]) -> Option<Self> {
        let stored = slice(row, 0, 16)?;
        let name = until_nul(stored);
        let named = !name.is_empty() && name.iter().all(|byte| (0x20..0x7f).contains(byte));
        if !named || tail(stored, name.len()).iter().any(|byte| *byte != 0) {
            return None;
        }
        [(u32_be as fn(&[u8], usize) -> Option<u32>, true), (u32_le, false)].into_iter().find_map(
            |(word, big)| {
                let (address, size, length) = (word(row, 16)?, word(row, 24)?, word(row, 32)?);
                // Partitions are whole erase blocks, of at least 1 KiB.
                let fits = size > 0
                    && size <= 1 << 30
                    && size.is_multiple_of(1024)
                    && length <= size
                    && address.is_multiple_of(256);
                fits.then_some(Self { name, address, size, big })
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;

    fn row(name: &[u8], address: u32, size: u32, big: bool) -> Vec<u8> {
        let mut row = name.to_vec();
        row.resize(16, 0);
        for word in [address, address, size, 0, size / 2] {
            row.extend_from_slice(&if big { word.to_be_bytes() } else { word.to_le_bytes() });
        }
        row.resize(ROW, 0xff);
        row
    }

    #[test]
    fn partitions_in_either_order() {
        for big in [true, false] {
            let directory = [
                row(b"RedBoot", 0xbfc0_0000, 0x30000, big),
                row(b"FIS directory", 0xbfff_0000, 0x1000, big),
                row(b"kernel", 0xbfc3_0000, 0x10_0000, big),
            ]
            .concat();
            let flash = [&[0x55; 700], &directory[..], &[0xff; 600]].concat();
            let hit = flash.windows(NAME.len()).position(|window| window == NAME).unwrap();
            assert_eq!(FisDirectory.locate(&flash, hit), Some(700));
            let (reading, _) = read(&FisDirectory, &flash[700..], Place::Inside).unwrap();
            assert_eq!(reading.size, directory.len());
            let map =
                "RedBoot@0xbfc00000+0x30000, FIS directory@0xbfff0000+0x1000, kernel@0xbfc30000+0x100000";
            assert_eq!(reading.attributes[1].1, map);
        }
        assert!(read(&FisDirectory, &row(b"kernel", 0, 0x1000, true), Place::Inside).is_none());
        assert!(read(&FisDirectory, b"FIS directory\0\0\0 and text", Place::Start).is_none());
    }
}
