//! UBI: volumes on erase blocks that move.
//!
//! Finds: each volume as one content under its name, its blocks put in order; blocks that are not there are filled with
//! 0xff up to the last one that is. How: the size of an erase block is the distance at which headers repeat; of two
//! copies of a block the one with the higher sequence number counts, unless it is a copy whose checksum does not fit.
//! The blocks of a static volume have checksums, which are compared. The image ends with its last erase block; another
//! image number, or a second volume table, starts another image. Wrong when: carved from unknown bytes, the checksums
//! of the first header and of a second one in the same shape must fit. Misses: what stands in erase blocks that were
//! replaced; dumps with out-of-band bytes between the pages. Source: Linux, drivers/mtd/ubi/ubi-media.h.

mod blocks;
mod header;
#[cfg(test)]
mod tests;

use super::flash::{Problems, crc_from_ones};
use crate::broken;
use crate::bytes::{head, position};
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
    Unpacked,
};
use blocks::{Block, Blocks};
use header::{EraseCounter, FASTMAP_VOLUMES, LAYOUT_VOLUME, Record, Table};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// UBI.
pub struct Ubi;

static DESCRIPTION: Description = Description {
    name: "ubi",
    title: "UBI image: volumes on raw flash",
    magics: &[Magic { offset: 0, bytes: header::EC_MAGIC }],
    yields: "each volume as one content under its name, in the order of their numbers",
    limits: &[
        "a dynamic volume ends with its last block that is there, not with its reserved size",
        "older copies of blocks are counted, not handed out",
        "the fast map is not compared with the blocks",
        "dumps with out-of-band bytes between the pages are not put together",
        "blocks that lie sixteen times further apart than the image is long are left out",
    ],
    source: "Linux, drivers/mtd/ubi/ubi-media.h",
};

/// Volumes with gaps may be so many times longer than the image.
const STRETCH: u64 = 16;
/// A volume table's flag: the volume grows to fill the flash.
const AUTORESIZE: u8 = 1;

impl Format for Ubi {
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
        let first =
            EraseCounter::parse(data, 0).filter(|_| place == Place::Start || EraseCounter::fits(data, 0));
        let Some(first) = first else {
            return broken::header(data, place, &DESCRIPTION, || match data.len() {
                0..header::HEADER => broken::cut_off(data),
                _ => Problem::new(ProblemKind::Malformed, 16, "the offsets in the first header cannot be"),
            });
        };
        let Some(size) = blocks::size(data, &first) else {
            return broken::header(data, place, &DESCRIPTION, || {
                let detail = "no second erase block stands behind the first";
                Problem::new(ProblemKind::Truncated, data.len() as u64, detail)
            });
        };
        let mut problems = Problems::default();
        let blocks = Arc::new(Blocks::read(data, first, size, limits, &mut problems));
        let records = volume_table(data, &blocks, &mut problems);
        let mut attributes = attributes(&blocks);
        let numbers = blocks.volumes.keys().chain(records.keys());
        let mut numbers: Vec<u32> = numbers.copied().filter(|number| !is_internal(*number)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let stretch = (blocks.end as u64).saturating_mul(STRETCH);
        let mut budget = stretch;
        let mut names = Vec::new();
        for (done, number) in numbers.iter().enumerate() {
            if done as u64 >= limits.entries || limits.stopped() {
                let detail = format!("stopped after {done} volumes");
                problems.push(ProblemKind::LimitReached, 0, detail);
                break;
            }
            let record = records.get(number);
            let volume = Volume::new(*number, record, &blocks, &mut budget, &mut problems);
            names.push(volume.describe(record));
            sink(volume.entry(data, &blocks));
        }
        attributes.push(("volumes", names.join(", ")));
        let size = blocks.end.clamp(1, data.len());
        Some(Reading { size, attributes, problems: problems.into_vec() })
    }
}

fn attributes(blocks: &Blocks) -> Vec<(&'static str, String)> {
    let first = &blocks.first;
    let mut attributes = vec![
        ("version", first.version.to_string()),
        ("erase-block", blocks.size.to_string()),
        ("erase-blocks", blocks.count.to_string()),
        ("volume-header-offset", first.vid_offset.to_string()),
        ("data-offset", first.data_offset.to_string()),
        ("image-sequence", first.image.to_string()),
        ("erase-counts", format!("{} to {}", blocks.erase_counts.0, blocks.erase_counts.1)),
    ];
    let counts =
        [("erased-blocks", blocks.erased), ("bad-blocks", blocks.bad), ("replaced-blocks", blocks.replaced)];
    attributes.extend(
        counts.iter().filter(|(_, count)| *count > 0).map(|(name, count)| (*name, count.to_string())),
    );
    if FASTMAP_VOLUMES.iter().any(|number| blocks.volumes.contains_key(number)) {
        attributes.push(("fast-map", "yes".to_owned()));
    }
    attributes
}

fn is_internal(number: u32) -> bool {
    number == LAYOUT_VOLUME || FASTMAP_VOLUMES.contains(&number)
}

/// The volumes by number, from the copy of the table that has fewer broken records.
fn volume_table(data: &[u8], blocks: &Blocks, problems: &mut Problems) -> BTreeMap<u32, Record> {
    let copies = blocks.volumes.get(&LAYOUT_VOLUME);
    let copies = copies.map(|copies| copies.values().collect::<Vec<_>>()).unwrap_or_default();
    let tables = copies.iter().map(|block| (block.at, Table::read(blocks.content(data, block))));
    let mut tables: Vec<(usize, Table)> = tables.collect();
    for (at, table) in &tables {
        if !table.broken.is_empty() {
            let detail =
                format!("{} records of a volume table have a checksum that does not fit", table.broken.len());
            problems.push(ProblemKind::Checksum, at + blocks.first.data_offset, detail);
        }
    }
    if let [(_, one), (at, other)] = tables.as_slice()
        && one.broken.is_empty()
        && other.broken.is_empty()
        && one.records != other.records
    {
        let detail = "the two volume tables differ; the first is used";
        problems.push(ProblemKind::Malformed, at + blocks.first.data_offset, detail);
    }
    tables.sort_by_key(|(at, table)| (table.broken.len(), *at));
    match tables.into_iter().next() {
        Some((_, table)) => table.records.into_iter().map(|record| (record.number, record)).collect(),
        None => {
            problems.push(ProblemKind::Malformed, 0, "the volume table is missing: volumes have no names");
            BTreeMap::new()
        }
    }
}

/// A volume's blocks in order.
struct Volume {
    number: u32,
    name: Vec<u8>,
    is_static: bool,
    blocks: BTreeMap<u32, Block>,
    /// How many blocks it has, with those that are not there.
    length: u32,
    /// Bytes of each block.
    room: usize,
    size: u64,
}

impl Volume {
    fn new(
        number: u32,
        record: Option<&Record>,
        image: &Blocks,
        budget: &mut u64,
        problems: &mut Problems,
    ) -> Self {
        let mut blocks = image.volumes.get(&number).cloned().unwrap_or_default();
        let first = blocks.values().next().copied();
        let pad = first.map_or(0, |block| block.id.data_pad);
        let room = image.room().saturating_sub(pad);
        if record.is_none() {
            let at = first.map_or(0, |block| block.at);
            problems.push(ProblemKind::Malformed, at, format!("volume {number} is not in the volume table"));
        }
        if let Some(record) = record
            && record.updating
        {
            let detail = format!("an update of volume {number} was not finished");
            problems.push(ProblemKind::Malformed, first.map_or(0, |block| block.at), detail);
        }
        let is_static =
            first.map_or_else(|| record.is_some_and(|record| record.is_static), |block| block.id.is_static);
        if let Some(record) = record
            && blocks.keys().next_back().is_some_and(|last| *last >= record.reserved)
        {
            let outside = blocks.split_off(&record.reserved);
            let at = outside.values().next().map_or(0, |block| block.at);
            let detail = format!("{} blocks of volume {number} lie past its reserved size", outside.len());
            problems.push(ProblemKind::Malformed, at, detail);
        }
        // Blocks that lie too far away would cost more than the image is worth.
        let most = u32::try_from(*budget / (room.max(1) as u64)).unwrap_or(u32::MAX);
        if blocks.keys().next_back().is_some_and(|last| *last >= most) {
            let outside = blocks.split_off(&most);
            let at = outside.values().next().map_or(0, |block| block.at);
            let detail = format!("{} blocks of volume {number} lie too far behind the others", outside.len());
            problems.push(ProblemKind::LimitReached, at, detail);
        }
        let mut length = blocks.keys().next_back().map_or(0, |last| last + 1);
        let mut size = u64::from(length) * room as u64;
        if is_static && let Some(first) = blocks.values().next().copied() {
            let used = first.id.used_blocks;
            let missing = u64::from(used).saturating_sub(blocks.len() as u64);
            if missing > 0 {
                let detail = format!("{missing} of the {used} blocks of volume {number} are missing");
                problems.push(ProblemKind::Truncated, first.at, detail);
            }
            length = length.min(used);
            blocks.split_off(&length);
            size = match blocks.get(&length.saturating_sub(1)) {
                Some(last) => {
                    u64::from(length.saturating_sub(1)) * room as u64 + last.id.data_size.min(room) as u64
                }
                None => 0,
            };
        }
        *budget = budget.saturating_sub(size);
        let name = record.map(|record| record.name.clone()).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| format!("volume-{number}").into_bytes());
        Self { number, name, is_static, blocks, length, room, size }
    }

    fn describe(&self, record: Option<&Record>) -> String {
        let name = String::from_utf8_lossy(&self.name);
        let kind = if self.is_static { "static" } else { "dynamic" };
        let mut text = format!("{} {name}: {kind}, {} blocks", self.number, self.blocks.len());
        if let Some(record) = record {
            text.push_str(&format!(" of {} reserved", record.reserved));
            if record.alignment > 1 {
                text.push_str(&format!(", alignment {}", record.alignment));
            }
            if record.flags & AUTORESIZE != 0 {
                text.push_str(", grows");
            }
        }
        text
    }

    fn entry<'a>(self, data: &'a [u8], image: &Arc<Blocks>) -> Entry<'a> {
        let path = Cow::Owned(self.name.clone());
        let size = self.size;
        let image = Arc::clone(image);
        let content = match size {
            0 => Content::Slice(&[]),
            _ => Content::Deferred { size, make: Box::new(move |limits| self.unpack(data, &image, limits)) },
        };
        let kind = EntryKind::Stream(content);
        Entry { path, kind, mode: None, uid: None, gid: None, mtime: None, at: None, xattrs: Vec::new() }
    }

    fn unpack(&self, data: &[u8], image: &Blocks, limits: &Limits) -> Unpacked {
        let wanted = position(self.size.min(limits.object_bytes));
        let mut unpacked = Unpacked { bytes: Vec::with_capacity(wanted), problems: Vec::new() };
        let Unpacked { bytes, problems } = &mut unpacked;
        let mut problem =
            |kind, at: usize, detail: String| problems.push(Problem::new(kind, at as u64, detail));
        for number in 0..self.length {
            let left = wanted - bytes.len();
            if left == 0 {
                break;
            }
            if limits.stopped() {
                problem(ProblemKind::LimitReached, 0, "time is up".to_owned());
                return unpacked;
            }
            let start = bytes.len();
            let full = self.room.min(left);
            if let Some(block) = self.blocks.get(&number) {
                let content = image.content(data, block);
                let at = block.at + image.first.data_offset;
                let checked = if self.is_static || block.id.copied { block.id.data_size } else { 0 };
                match content.get(..checked) {
                    None => {
                        let detail = format!("block {number} holds {} of {checked} bytes", content.len());
                        let whole = block.at.saturating_add(image.size) <= image.end;
                        let kind = if whole { ProblemKind::Malformed } else { ProblemKind::Truncated };
                        problem(kind, at, detail);
                    }
                    Some(bytes) if checked > 0 && crc_from_ones(bytes) != block.id.data_crc => {
                        let detail = format!("the checksum of block {number} does not fit");
                        problem(ProblemKind::Checksum, at, detail);
                    }
                    Some(_) => {}
                }
                bytes.extend_from_slice(head(content, full));
            }
            // What is not there reads as erased flash does.
            bytes.resize(start + full, 0xff);
        }
        if (wanted as u64) < self.size {
            let detail = format!("the volume has {} bytes, {wanted} are allowed", self.size);
            problem(ProblemKind::LimitReached, 0, detail);
        }
        unpacked
    }
}
