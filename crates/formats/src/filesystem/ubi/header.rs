//! The two headers of an erase block, and the records of the volume table. All big endian.

use super::super::flash::crc_from_ones;
use crate::bytes::{head, slice, u32_be};

pub(super) const EC_MAGIC: &[u8] = b"UBI#";
pub(super) const VID_MAGIC: &[u8] = b"UBI!";
pub(super) const HEADER: usize = 64;
/// The volume that holds the volume table, in two copies.
pub(super) const LAYOUT_VOLUME: u32 = 0x7fff_efff;
/// The two volumes of the fast map.
pub(super) const FASTMAP_VOLUMES: [u32; 2] = [0x7fff_f000, 0x7fff_f001];
const RECORD: usize = 172;
/// Records of a volume table at most.
const VOLUMES: usize = 128;
/// Bytes of a volume table at most.
pub(super) const TABLE: usize = RECORD * VOLUMES;
const NAME_MAX: usize = 127;

/// The header that counts how often a block was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EraseCounter {
    pub(super) version: u8,
    pub(super) count: u64,
    pub(super) vid_offset: usize,
    pub(super) data_offset: usize,
    /// The same for all blocks of one image; 0 in old ones.
    pub(super) image: u32,
}

impl EraseCounter {
    /// Whether the checksum of the header at `at` fits.
    pub(super) fn fits(data: &[u8], at: usize) -> bool {
        checked(data, at, EC_MAGIC).is_some_and(|(_, fits)| fits)
    }

    /// The header at `at`; `None` without its magic, or with offsets that cannot be.
    pub(super) fn parse(data: &[u8], at: usize) -> Option<Self> {
        let (header, _) = checked(data, at, EC_MAGIC)?;
        let parsed = Self {
            version: *header.get(4)?,
            count: u64_be(header, 8)?,
            vid_offset: u32_be(header, 16)? as usize,
            data_offset: u32_be(header, 20)? as usize,
            image: u32_be(header, 24)?,
        };
        let ordered = parsed.vid_offset >= HEADER && parsed.data_offset >= parsed.vid_offset + HEADER;
        (ordered && parsed.data_offset < 1 << 20).then_some(parsed)
    }
}

/// The header that says which block of which volume this is.
#[derive(Clone, Copy, Debug)]
pub(super) struct VolumeId {
    pub(super) is_static: bool,
    /// The block was copied from another one, which may still be there.
    pub(super) copied: bool,
    pub(super) volume: u32,
    pub(super) block: u32,
    pub(super) data_size: usize,
    /// How many blocks a static volume has.
    pub(super) used_blocks: u32,
    pub(super) data_pad: usize,
    pub(super) data_crc: u32,
    pub(super) sequence: u64,
}

/// What stands where a volume identifier belongs.
pub(super) enum VolumeIdState {
    Whole(VolumeId),
    Broken,
    Absent,
}

impl VolumeIdState {
    pub(super) fn read(data: &[u8], at: usize) -> Self {
        match checked(data, at, VID_MAGIC) {
            None => Self::Absent,
            Some((header, true)) => VolumeId::parse(header).map_or(Self::Broken, Self::Whole),
            Some((_, false)) => Self::Broken,
        }
    }
}

impl VolumeId {
    fn parse(header: &[u8]) -> Option<Self> {
        Some(Self {
            is_static: *header.get(5)? == 2,
            copied: *header.get(6)? != 0,
            volume: u32_be(header, 8)?,
            block: u32_be(header, 12)?,
            data_size: u32_be(header, 20)? as usize,
            used_blocks: u32_be(header, 24)?,
            data_pad: u32_be(header, 28)? as usize,
            data_crc: u32_be(header, 32)?,
            sequence: u64_be(header, 40)?,
        })
    }
}

/// A volume as the volume table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) number: u32,
    pub(super) reserved: u32,
    pub(super) alignment: u32,
    /// Bytes at the end of each block that alignment leaves unused.
    pub(super) data_pad: usize,
    pub(super) is_static: bool,
    pub(super) updating: bool,
    pub(super) name: Vec<u8>,
    pub(super) flags: u8,
}

/// A volume table; records whose checksum does not fit are told by their number.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) records: Vec<Record>,
    pub(super) broken: Vec<usize>,
}

impl Table {
    pub(super) fn read(block: &[u8]) -> Self {
        let mut table = Self::default();
        for (number, record) in block.chunks_exact(RECORD).take(VOLUMES).enumerate() {
            let fits = u32_be(record, RECORD - 4) == Some(crc_from_ones(head(record, RECORD - 4)));
            if !fits {
                table.broken.push(number);
                continue;
            }
            table.records.extend(Record::parse(record, number as u32));
        }
        table
    }
}

impl Record {
    /// `None` for a record that is not in use.
    fn parse(record: &[u8], number: u32) -> Option<Self> {
        let reserved = u32_be(record, 0).filter(|reserved| *reserved > 0)?;
        let length = usize::from(u16::from_be_bytes(slice(record, 14, 2)?.try_into().ok()?));
        Some(Self {
            number,
            reserved,
            alignment: u32_be(record, 4)?,
            data_pad: u32_be(record, 8)? as usize,
            is_static: *record.get(12)? == 2,
            updating: *record.get(13)? != 0,
            name: slice(record, 16, length.min(NAME_MAX))?.to_vec(),
            flags: *record.get(144)?,
        })
    }
}

/// The header with this magic at `at`, and whether its checksum fits.
fn checked<'a>(data: &'a [u8], at: usize, magic: &[u8]) -> Option<(&'a [u8], bool)> {
    let header = slice(data, at, HEADER)?;
    let fits = u32_be(header, HEADER - 4) == Some(crc_from_ones(head(header, HEADER - 4)));
    header.starts_with(magic).then_some((header, fits))
}

fn u64_be(data: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u32_be(data, at)?) << 32 | u64::from(u32_be(data, at + 4)?))
}
