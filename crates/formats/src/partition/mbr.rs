//! The partition table of the master boot record, with logical partitions.
//!
//! Finds: each primary and logical partition, the boot code, and what lies between partitions: boot loaders stand there.
//! How: four entries in the first sector; an extended partition is a chain of such sectors. A protective entry leads to
//! the GPT, whose copy at the end is read where the first header is gone. The extent ends with the last partition.
//! Wrong when: the two bytes of its magic are also those of FAT boot sectors and of x86 kernels, which are refused; carved from
//! unknown bytes, every entry must be empty or fit into the data, and none may overlap another.
//! Misses: what lies behind the last partition; sectors of other sizes than 512 bytes; other partition tables inside
//! partitions (BSD labels and the like). Source: UEFI 2.10, 5.2; Linux block/partitions/msdos.c.

use super::disk::{self, Part, is_blank};
use super::gpt;
use crate::broken;
use crate::bytes::{position, slice, u16_le, u32_le};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use std::collections::BTreeSet;

/// A disk with a master boot record.
pub struct Mbr;

static DESCRIPTION: Description = Description {
    name: "mbr",
    title: "disk with a master boot record",
    magics: &[Magic { offset: 510, bytes: &[0x55, 0xaa] }],
    yields: "its boot code, its partitions by number (logical ones from 5 on), and what lies between them as gap-N",
    limits: &[
        "what lies behind the last partition does not belong to the extent",
        "sectors have 512 bytes",
        "labels inside a partition (BSD, Minix, UnixWare) are not followed",
        "at most 1,024 logical partitions",
    ],
    source: "UEFI 2.10, 5.2; Linux, block/partitions/msdos.c",
};

const SECTOR: u64 = 512;
const TABLE: usize = 446;
const LOGICAL_MAX: usize = 1024;
const PROTECTIVE: u8 = 0xee;

const TYPES: &[(u8, &str)] = &[
    (0x01, "FAT12"),
    (0x04, "FAT16 below 32 MiB"),
    (0x05, "extended"),
    (0x06, "FAT16"),
    (0x07, "NTFS or exFAT"),
    (0x0b, "FAT32"),
    (0x0c, "FAT32, LBA"),
    (0x0e, "FAT16, LBA"),
    (0x0f, "extended, LBA"),
    (0x14, "hidden FAT16 below 32 MiB"),
    (0x1c, "hidden FAT32, LBA"),
    (0x39, "Plan 9"),
    (0x4d, "QNX 4, first"),
    (0x4e, "QNX 4, second"),
    (0x4f, "QNX 4, third"),
    (0x63, "System V"),
    (0x7f, "raw"),
    (0x80, "Minix, old"),
    (0x81, "Minix"),
    (0x82, "Linux swap"),
    (0x83, "Linux"),
    (0x85, "Linux extended"),
    (0x8e, "Linux LVM"),
    (0xa2, "boot image of an FPGA with processors"),
    (0xa5, "FreeBSD"),
    (0xa6, "OpenBSD"),
    (0xa9, "NetBSD"),
    (0xb1, "QNX 6"),
    (0xb2, "QNX 6"),
    (0xb3, "QNX 6"),
    (0xbf, "Solaris"),
    (0xda, "data without a file system"),
    (0xee, "protective"),
    (0xef, "EFI system"),
    (0xfb, "VMFS"),
    (0xfd, "Linux RAID"),
];

impl Format for Mbr {
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
        let sector = slice(data, 0, SECTOR as usize)?;
        let table = Table::parse(sector)?;
        let certain = table.is_sound() && !table.entries.is_empty();
        let fits = table.entries.iter().all(|entry| entry.end() * SECTOR <= data.len() as u64);
        let is_other = is_boot_sector(data) || broken::read_by_another(data, DESCRIPTION.name);
        if !certain || is_other || (place == Place::Inside && !fits) {
            return None;
        }
        if table.entries.iter().any(|entry| entry.kind == PROTECTIVE)
            && let Some(reading) = gpt::read_disk(data, place, limits, sink)
        {
            return Some(reading);
        }
        let mut problems = Vec::new();
        let mut parts = vec![Part::table(0, SECTOR)];
        let mut attributes = vec![("disk-signature", format!("{:08x}", table.signature))];
        let code = sector.get(..TABLE - 6).filter(|code| !is_blank(code));
        if let Some(code) = code {
            sink(disk::stream("boot-code".to_owned(), code, 0));
        }
        for entry in &table.entries {
            attributes.push(("partition", entry.describe()));
            if entry.is_extended() {
                logical(data, entry, &mut parts, &mut attributes, &mut problems);
            } else {
                parts.push(entry.part());
            }
        }
        let end = table.entries.iter().map(|entry| entry.end() * SECTOR).max().unwrap_or(SECTOR);
        let size = position(end).min(data.len());
        disk::hand_out(data, size, parts, limits, &mut problems, sink);
        if end > data.len() as u64 && !problems.iter().any(|problem| problem.kind == ProblemKind::Truncated) {
            let detail = format!("the partitions reach to {end}");
            problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        Some(Reading { size, attributes, problems })
    }
}

/// Follows the chain of tables through an extended partition.
fn logical(
    data: &[u8],
    extended: &Slot,
    parts: &mut Vec<Part>,
    attributes: &mut Vec<(&'static str, String)>,
    problems: &mut Vec<Problem>,
) {
    let mut visited = BTreeSet::new();
    let mut at = extended.start;
    let mut number = 5;
    loop {
        if !visited.insert(at) || visited.len() > LOGICAL_MAX {
            let detail = "the chain of logical partitions does not end";
            return problems.push(Problem::new(ProblemKind::Malformed, at * SECTOR, detail));
        }
        let Some(sector) = slice(data, position(at * SECTOR), SECTOR as usize) else {
            let detail = format!("the table of logical partition {number} is missing");
            return problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        };
        let Some(table) = Table::parse(sector) else {
            let detail = format!("no table of logical partition {number} stands here");
            return problems.push(Problem::new(ProblemKind::Malformed, at * SECTOR, detail));
        };
        parts.push(Part::table(at * SECTOR, SECTOR));
        let mut next = None;
        for slot in table.entries {
            let place = at * SECTOR + slot.stated_at;
            if slot.is_extended() {
                // Counted from the extended partition; anything but the first is not followed.
                next = next.or(Some(extended.start + slot.start));
                continue;
            }
            let slot = Slot { number, start: at + slot.start, stated_at: place, ..slot };
            if slot.end() > extended.end() {
                let detail = format!("logical partition {number} leaves the extended partition");
                problems.push(Problem::new(ProblemKind::Malformed, place, detail));
            }
            attributes.push(("partition", slot.describe()));
            parts.push(slot.part());
            number += 1;
        }
        match next {
            Some(next) => at = next,
            None => return,
        }
    }
}

/// Whether the sector is the start of a file system or a kernel, which have the same magic.
fn is_boot_sector(data: &[u8]) -> bool {
    let name = slice(data, 3, 8).unwrap_or_default();
    let kernel = slice(data, 0x202, 4) == Some(b"HdrS");
    let fat = crate::filesystem::fat::is_boot_sector(data);
    kernel || fat || matches!(name, b"NTFS    " | b"EXFAT   ")
}

struct Table {
    entries: Vec<Slot>,
    signature: u32,
    /// Whether every entry is either blank or has a known flag.
    clean: bool,
}

#[derive(Clone, Copy)]
struct Slot {
    number: usize,
    stated_at: u64,
    flag: u8,
    kind: u8,
    start: u64,
    sectors: u64,
}

impl Table {
    fn parse(sector: &[u8]) -> Option<Self> {
        if u16_le(sector, 510)? != 0xaa55 {
            return None;
        }
        let mut entries = Vec::new();
        let mut clean = true;
        for slot in 0..4 {
            let at = TABLE + slot * 16;
            let bytes = slice(sector, at, 16)?;
            let (flag, kind) = (*bytes.first()?, *bytes.get(4)?);
            let (start, sectors) = (u64::from(u32_le(bytes, 8)?), u64::from(u32_le(bytes, 12)?));
            clean &= flag & 0x7f == 0;
            if kind == 0 || sectors == 0 {
                clean &= kind == 0 && sectors == 0;
                continue;
            }
            entries.push(Slot { number: slot + 1, stated_at: at as u64, flag, kind, start, sectors });
        }
        Some(Self { entries, signature: u32_le(sector, 440)?, clean })
    }

    /// Whether flags and places are such as a table has; chance does not make four of them.
    fn is_sound(&self) -> bool {
        let mut places: Vec<(u64, u64)> = self
            .entries
            .iter()
            .filter(|slot| slot.kind != PROTECTIVE)
            .map(|slot| (slot.start, slot.end()))
            .collect();
        places.sort_unstable();
        let apart = places.windows(2).all(|pair| matches!(pair, [first, second] if first.1 <= second.0));
        let active = self.entries.iter().filter(|slot| slot.flag != 0).count();
        self.clean && apart && active <= 1 && self.entries.iter().all(|slot| slot.start > 0)
    }
}

impl Slot {
    fn end(&self) -> u64 {
        self.start + self.sectors
    }

    fn is_extended(&self) -> bool {
        matches!(self.kind, 0x05 | 0x0f | 0x85)
    }

    fn part(&self) -> Part {
        Part {
            start: self.start * SECTOR,
            length: self.sectors * SECTOR,
            path: Some(format!("partition-{}", self.number)),
            stated_at: self.stated_at,
        }
    }

    fn describe(&self) -> String {
        let name = TYPES.iter().find(|(kind, _)| *kind == self.kind).map_or("not known", |(_, name)| name);
        let active = if self.flag == 0 { "" } else { ", active" };
        let (number, kind) = (self.number, self.kind);
        format!("{number}: type {kind:#04x} ({name}), {} sectors from {}{active}", self.sectors, self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn slot(sector: &mut [u8], number: usize, kind: u8, start: u32, sectors: u32) {
        let at = TABLE + number * 16;
        sector[at + 4] = kind;
        sector[at + 8..at + 12].copy_from_slice(&start.to_le_bytes());
        sector[at + 12..at + 16].copy_from_slice(&sectors.to_le_bytes());
        sector[510..512].copy_from_slice(&[0x55, 0xaa]);
    }

    fn lines(data: &[u8]) -> (Reading, Vec<(String, u64)>) {
        let (reading, entries) = read(&Mbr, data, Place::Start).unwrap();
        let line = |entry: &Entry| (String::from_utf8_lossy(&entry.path).into_owned(), entry.at.unwrap());
        (reading, entries.iter().map(line).collect())
    }

    #[test]
    fn a_boot_loader_between_table_and_partition_is_handed_out() {
        let mut disk = vec![0; 512 * 20];
        slot(&mut disk, 0, 0x83, 8, 4);
        slot(&mut disk, 1, 0x0c, 14, 6);
        disk[600] = b'x';
        disk[512 * 13] = b'y';
        let (reading, entries) = lines(&disk);
        assert_eq!((reading.size, reading.problems.len()), (disk.len(), 0));
        let expected = [("gap-1", 512), ("partition-1", 4096), ("gap-2", 6144), ("partition-2", 7168)];
        assert_eq!(entries, expected.map(|(name, at)| (name.to_owned(), at)));
    }

    #[test]
    fn a_chain_that_comes_back_to_itself_ends() {
        let mut disk = vec![0; 512 * 20];
        slot(&mut disk, 0, 0x05, 4, 16);
        slot(&mut disk[4 * 512..], 0, 0x83, 1, 2);
        slot(&mut disk[4 * 512..], 1, 0x05, 0, 2);
        let (reading, entries) = lines(&disk);
        assert_eq!(reading.problems[0].kind, ProblemKind::Malformed);
        assert_eq!(entries, [("partition-5".to_owned(), 2560)]);
    }

    #[test]
    fn what_chance_makes_is_refused() {
        let mut disk = vec![0; 512 * 20];
        slot(&mut disk, 0, 0x83, 8, 4);
        assert!(read(&Mbr, &disk, Place::Inside).is_some());
        for (at, value) in
            [(TABLE, 3), (TABLE + 16, 1), (TABLE + 9, 1), (TABLE + 14, 1), (TABLE + 32 + 12, 1)]
        {
            let mut changed = disk.clone();
            changed[at] = value;
            assert!(read(&Mbr, &changed, Place::Inside).is_none(), "{at}");
        }
    }

    proptest! {
        #[test]
        fn any_table_hands_out_slices_of_the_disk(table in prop::collection::vec(any::<u8>(), 64), small in any::<bool>()) {
            let mut disk = vec![7; 512 * 40];
            disk[TABLE..510].copy_from_slice(&table);
            for number in 0..4 {
                let at = TABLE + number * 16;
                disk[at] = 0;
                if small {
                    disk[at + 9..at + 12].fill(0);
                    disk[at + 13..at + 16].fill(0);
                }
            }
            disk[510..512].copy_from_slice(&[0x55, 0xaa]);
            for sector in 1..40 {
                let copy = disk[..512].to_vec();
                disk[sector * 512..][..512].copy_from_slice(&copy);
            }
            let mut handed = 0;
            let reading = Mbr.read(&disk, Place::Start, &Limits::default(), &mut |_| handed += 1);
            if let Some(reading) = reading {
                prop_assert!(reading.size <= disk.len() && handed <= 4 * LOGICAL_MAX);
            }
        }
    }
}
