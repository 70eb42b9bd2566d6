//! The GUID partition table, with 512 or 4096 bytes a sector.
//!
//! Finds: each partition, and what lies between them. How: the header behind the protective boot record and its copy in
//! the last sector are both read, with the CRC-32 of header and entries; where one is broken the other stands in, and where they
//! disagree that is told. The extent ends with the copy. Wrong when: carved from unknown bytes, the CRC-32 of a header must fit.
//! Misses: what the list of limits says. Source: UEFI 2.10, 5.3.

use super::disk::{self, Part, is_blank};
use crate::broken;
use crate::bytes::{position, slice, u32_le, u64_le};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A disk with a GUID partition table.
pub struct Gpt;

static DESCRIPTION: Description = Description {
    name: "gpt",
    title: "disk with a GUID partition table",
    magics: &[Magic { offset: 512, bytes: MAGIC }, Magic { offset: 4096, bytes: MAGIC }],
    yields: "its boot code, its partitions by number and name, and what lies between them as gap-N",
    limits: &[
        "of the boot record in front only the boot code is handed out; entries of a hybrid one are not compared",
        "where the copy at the end is missing, the extent ends with the last usable sector or the data",
        "a table of entries larger than 16 MiB is not read",
    ],
    source: "UEFI 2.10, 5.3",
};

const MAGIC: &[u8] = b"EFI PART";
const HEADER: usize = 92;
const TABLE_MAX: u64 = 16 << 20;

const TYPES: &[(&str, &str)] = &[
    ("c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI system"),
    ("21686148-6449-6e6f-744e-656564454649", "BIOS boot"),
    ("0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux file system"),
    ("0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap"),
    ("e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM"),
    ("a19d880f-05fc-4d3b-a006-743f0f84911e", "Linux RAID"),
    ("4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "Linux root, x86-64"),
    ("b921b045-1df0-41c3-af44-4c6f280d3fae", "Linux root, 64-bit ARM"),
    ("69dad710-2ce4-4e3c-b16c-21a1d49abed3", "Linux root, 32-bit ARM"),
    ("bc13c2ff-59e6-4262-a352-b275fd6f7172", "Linux boot loader"),
    ("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "basic data"),
    ("e3c9e316-0b5c-4db8-817d-f92df00215ae", "reserved by Microsoft"),
    ("fe3a2a5d-4f32-41a7-b725-accc3285a309", "ChromeOS kernel"),
    ("3cb8e202-3b7e-47dd-8a3c-7ff2a13cfcec", "ChromeOS root"),
    ("3de21764-95bd-54bd-a5c3-4abe786f38a8", "U-Boot environment"),
];

impl Format for Gpt {
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
        read_disk(data, place, limits, sink).or_else(|| {
            let detail = "neither the header nor its copy can be read";
            let problem = || match data.len() < 512 + HEADER {
                true => broken::cut_off(data),
                false => Problem::new(ProblemKind::Malformed, 512, detail),
            };
            broken::header(data, place, &DESCRIPTION, problem)
        })
    }
}

/// Reads a disk by either of its headers.
pub(super) fn read_disk<'a>(
    data: &'a [u8],
    place: Place,
    limits: &Limits,
    sink: &mut dyn FnMut(Entry<'a>),
) -> Option<Reading> {
    let mut problems = Vec::new();
    let table = find(data, place, &mut problems)?;
    let Table { header, sector, ref entries } = table;
    let last = header.own.max(header.other);
    let end = (last + 1).saturating_mul(sector);
    let size = position(end).min(data.len()).max(1);
    if end > data.len() as u64 {
        let detail = format!("the disk reaches to {end}");
        problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
    }
    let mut attributes = vec![
        ("sector-size", sector.to_string()),
        ("disk-guid", guid(&header.disk)),
        ("entries", header.count.to_string()),
    ];
    let mut parts = vec![Part::table(0, 2 * sector)];
    let length = u64::from(header.count) * u64::from(header.entry_size);
    let length = length.next_multiple_of(sector);
    parts.push(Part::table(header.entries.saturating_mul(sector), length));
    // The other header's entries mirror these: in front of the copy, behind the first header.
    if header.own == 1 {
        parts.push(Part::table((last * sector).saturating_sub(length), length.saturating_add(sector)));
    } else {
        parts.push(Part::table(last * sector, sector));
        parts.push(Part::table(2 * sector, length));
    }
    let code = data.get(..440).filter(|code| !is_blank(code));
    if let Some(code) = code {
        sink(disk::stream("boot-code".to_owned(), code, 0));
    }
    let stated_at = header.entries.saturating_mul(sector);
    for (number, entry) in entries {
        attributes.push(("partition", entry.describe(*number)));
        let dash = if entry.name.is_empty() { "" } else { "-" };
        let sectors = (entry.last + 1).saturating_sub(entry.first);
        let stated_at = stated_at + (number - 1) * u64::from(header.entry_size);
        let length = sectors.saturating_mul(sector);
        if sectors == 0 || entry.last > last || entry.first < 2 {
            let detail = format!("partition {number} has sectors {} to {}", entry.first, entry.last);
            problems.push(Problem::new(ProblemKind::Malformed, stated_at, detail));
        }
        parts.push(Part {
            start: entry.first.saturating_mul(sector),
            length,
            path: Some(format!("partition-{number}{dash}{}", entry.name)),
            stated_at,
        });
    }
    disk::hand_out(data, size, parts, limits, &mut problems, sink);
    Some(Reading { size, attributes, problems })
}

struct Table {
    header: Header,
    sector: u64,
    /// Entries in use with their numbers.
    entries: Vec<(u64, Slot)>,
}

/// The table by the first header, or by the copy where the first is broken; compares the two.
fn find(data: &[u8], place: Place, problems: &mut Vec<Problem>) -> Option<Table> {
    let first = [512, 4096].into_iter().find_map(|sector| {
        let header = Header::parse(data, 1, sector)?;
        (header.own == 1 && header.other > 1).then_some((header, sector))
    });
    if let Some((header, sector)) = first
        && header.is_whole()
    {
        let (entries, sound) = header.read_entries(data, sector);
        let copy = Header::parse(data, header.other, sector).filter(Header::is_whole);
        let at = header.other.saturating_mul(sector);
        match &copy {
            Some(copy) if sound && !copy.agrees(&header) => {
                let detail = "the header and its copy disagree; the first one is read";
                problems.push(Problem::new(ProblemKind::Undefined, at, detail));
            }
            None if at < data.len() as u64 => {
                let detail = "the copy of the header is broken";
                problems.push(Problem::new(ProblemKind::Checksum, at, detail));
            }
            _ => {}
        }
        if sound {
            return Some(Table { header, sector, entries });
        }
        let detail = "the partition entries do not fit their checksum";
        problems.push(Problem::new(ProblemKind::Checksum, header.entries.saturating_mul(sector), detail));
        if let Some(copy) = copy
            && let (entries, true) = copy.read_entries(data, sector)
        {
            return Some(Table { header: copy, sector, entries });
        }
        return Some(Table { header, sector, entries });
    }
    // Where the copy stands: as a broken header or the protective entry tells, or in the last sector.
    let protective = slice(data, 446, 64).unwrap_or_default().chunks_exact(16);
    let protective = protective.filter(|slot| slot.get(4) == Some(&0xee)).filter_map(|slot| {
        Some(u64::from(u32_le(slot, 8)?).saturating_add(u64::from(u32_le(slot, 12)?)).saturating_sub(1))
    });
    let stated: Vec<u64> = first.map(|(header, _)| header.other).into_iter().chain(protective).collect();
    for sector in [512_u64, 4096] {
        let last = (data.len() as u64 / sector).saturating_sub(1);
        for place in stated.iter().copied().chain([last]).filter(|place| *place > 1) {
            let Some(copy) = Header::parse(data, place, sector).filter(Header::is_whole) else { continue };
            if copy.own != place || copy.other != 1 {
                continue;
            }
            let detail = "the header is broken; its copy at the end is read";
            problems.push(Problem::new(ProblemKind::Checksum, sector, detail));
            let (entries, sound) = copy.read_entries(data, sector);
            if !sound {
                let detail = "the partition entries do not fit their checksum";
                problems.push(Problem::new(
                    ProblemKind::Checksum,
                    copy.entries.saturating_mul(sector),
                    detail,
                ));
            }
            return Some(Table { header: copy, sector, entries });
        }
    }
    let (header, sector) = first.filter(|(header, _)| place == Place::Start && header.is_sane())?;
    let detail = format!("header CRC-32 {:08x} is stated, it has {:08x}", header.stated, header.computed);
    problems.push(Problem::new(ProblemKind::Checksum, sector + 16, detail));
    let (entries, _) = header.read_entries(data, sector);
    Some(Table { header, sector, entries })
}

#[derive(Clone, Copy)]
struct Header {
    stated: u32,
    computed: u32,
    own: u64,
    other: u64,
    first_usable: u64,
    last_usable: u64,
    disk: [u8; 16],
    entries: u64,
    count: u32,
    entry_size: u32,
    entries_stated: u32,
}

impl Header {
    fn parse(data: &[u8], at: u64, sector: u64) -> Option<Self> {
        let bytes = slice(data, position(at.checked_mul(sector)?), 512)?;
        if !bytes.starts_with(MAGIC) {
            return None;
        }
        let size = u32_le(bytes, 12)? as usize;
        let header = slice(bytes, 0, size.clamp(HEADER, 512))?;
        let mut crc = flate2::Crc::new();
        crc.update(slice(header, 0, 16)?);
        crc.update(&[0; 4]);
        crc.update(header.get(20..)?);
        Some(Self {
            stated: u32_le(bytes, 16)?,
            computed: crc.sum(),
            own: u64_le(bytes, 24)?,
            other: u64_le(bytes, 32)?.min(u64::MAX >> 13),
            first_usable: u64_le(bytes, 40)?,
            last_usable: u64_le(bytes, 48)?,
            disk: slice(bytes, 56, 16)?.try_into().ok()?,
            entries: u64_le(bytes, 72)?,
            count: u32_le(bytes, 80)?,
            entry_size: u32_le(bytes, 84)?,
            entries_stated: u32_le(bytes, 88)?,
        })
    }

    fn is_whole(&self) -> bool {
        self.stated == self.computed && self.is_sane()
    }

    fn is_sane(&self) -> bool {
        let size = u64::from(self.count) * u64::from(self.entry_size);
        (128..=4096).contains(&self.entry_size)
            && self.entry_size.is_multiple_of(8)
            && size <= TABLE_MAX
            && self.first_usable <= self.last_usable
            && self.last_usable < self.own.max(self.other)
    }

    fn agrees(&self, other: &Self) -> bool {
        self.own == other.other
            && self.other == other.own
            && self.disk == other.disk
            && self.entries_stated == other.entries_stated
            && self.first_usable == other.first_usable
            && self.last_usable == other.last_usable
    }

    /// The entries in use, and whether their checksum fits.
    fn read_entries(&self, data: &[u8], sector: u64) -> (Vec<(u64, Slot)>, bool) {
        let length = u64::from(self.count) * u64::from(self.entry_size);
        let start = position(self.entries.saturating_mul(sector));
        let Some(table) = slice(data, start, position(length)).filter(|_| self.is_sane()) else {
            return (Vec::new(), false);
        };
        let mut crc = flate2::Crc::new();
        crc.update(table);
        let slots = table.chunks_exact(self.entry_size as usize).zip(1..);
        let used = slots.filter_map(|(bytes, number)| Some((number, Slot::parse(bytes)?))).collect();
        (used, crc.sum() == self.entries_stated)
    }
}

struct Slot {
    kind: [u8; 16],
    own: [u8; 16],
    first: u64,
    last: u64,
    flags: u64,
    name: String,
}

impl Slot {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let kind = slice(bytes, 0, 16)?.try_into().ok()?;
        let (words, _) = slice(bytes, 56, 72)?.as_chunks::<2>();
        let name = words.iter().map(|word| u16::from_le_bytes(*word)).take_while(|unit| *unit != 0);
        let name = char::decode_utf16(name).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        (kind != [0; 16]).then_some(Self {
            kind,
            own: slice(bytes, 16, 16)?.try_into().ok()?,
            first: u64_le(bytes, 32)?,
            last: u64_le(bytes, 40)?.min(u64::MAX >> 1),
            flags: u64_le(bytes, 48)?,
            name,
        })
    }

    fn describe(&self, number: u64) -> String {
        let kind = guid(&self.kind);
        let name = TYPES.iter().find(|(known, _)| *known == kind).map_or("not known", |(_, name)| name);
        let Self { first, last, flags, own, .. } = self;
        let own = guid(own);
        format!(
            "{number}: type {kind} ({name}), {own}, sectors {first} to {last}, flags {flags:#x}, name {:?}",
            self.name
        )
    }
}

/// A GUID as EFI stores it: the first three fields little endian.
pub(crate) fn guid(bytes: &[u8; 16]) -> String {
    let [a, b, c, d, e, f, g, h, rest @ ..] = *bytes;
    let rest = rest.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        u32::from_le_bytes([a, b, c, d]),
        u16::from_le_bytes([e, f]),
        u16::from_le_bytes([g, h]),
        rest >> 48,
        rest & 0xffff_ffff_ffff
    )
}
