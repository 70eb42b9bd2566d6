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
mod volume;

use super::flash::Problems;
use crate::broken;
use crate::bytes::slice;
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use blocks::Blocks;
use header::{EraseCounter, FASTMAP_VOLUMES, LAYOUT_VOLUME, Record, Table};
use std::collections::BTreeMap;
use std::sync::Arc;
use volume::Volume;

/// UBI.
pub struct Ubi;

static DESCRIPTION: Description = Description {
    name: "ubi",
    title: "UBI image: volumes on raw flash",
    magics: &[Magic { offset: 0, bytes: header::EC_MAGIC }],
    yields: "each volume as one content under its name, in the order of their numbers; the blocks of the fast map, and \
             what is in no volume, under (lost)/",
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
/// What is in no volume is found under.
const LOST: &str = "(lost)";

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
        let mut blocks = Blocks::read(data, first, size, limits, &mut problems);
        let records = volume_table(data, &mut blocks, &mut problems);
        let mut lost = std::mem::take(&mut blocks.lost);
        let blocks = Arc::new(blocks);
        let mut attributes = attributes(&blocks);
        let numbers = blocks.volumes.keys().chain(records.keys());
        let mut numbers: Vec<u32> = numbers.copied().filter(|number| !is_internal(*number)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut budget = (blocks.end as u64).saturating_mul(STRETCH);
        let mut names = Vec::new();
        let mut entries = 0;
        let mut may_go_on = |what: &str, problems: &mut Problems| {
            let may = entries < limits.entries && !limits.stopped();
            if !may {
                problems.push(ProblemKind::LimitReached, 0, format!("stopped after {entries} {what}"));
            }
            entries += 1;
            may
        };
        for number in &numbers {
            if !may_go_on("volumes", &mut problems) {
                break;
            }
            let record = records.get(number);
            let volume = Volume::new(*number, record, data, &blocks, &mut budget, &mut lost, &mut problems);
            names.push(volume.describe(record));
            sink(volume.entry(data, &blocks));
        }
        for (from, to) in lost {
            if !may_go_on("volumes and blocks", &mut problems) {
                break;
            }
            let bytes = slice(data, from, to.saturating_sub(from)).unwrap_or_default();
            sink(Entry::slice(format!("{LOST}/block-at-{from}").into_bytes(), bytes, from));
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

/// The volumes by number, from the copy of the table that has fewer broken records. What the internal volumes hold that
/// is not read is kept as lost.
fn volume_table(data: &[u8], blocks: &mut Blocks, problems: &mut Problems) -> BTreeMap<u32, Record> {
    for map in FASTMAP_VOLUMES.iter().filter_map(|number| blocks.volumes.get(number)) {
        let held = map.values().filter_map(|block| blocks.rest(data, block.at, blocks.first.data_offset));
        blocks.lost.extend(held.collect::<Vec<_>>());
    }
    let mut copies = blocks.volumes.get(&LAYOUT_VOLUME).cloned().unwrap_or_default();
    for block in copies.split_off(&2).values() {
        let detail = format!("block {} of the volume table, which has two", block.id.block);
        problems.push(ProblemKind::Malformed, block.at + blocks.first.vid_offset + 12, detail);
        blocks.lost.extend(blocks.rest(data, block.at, blocks.first.data_offset));
    }
    for block in copies.values() {
        if let Some((from, to)) = blocks.rest(data, block.at, blocks.first.data_offset + header::TABLE) {
            let detail = format!("{} bytes behind the volume table are not blank", to - from);
            problems.push(ProblemKind::Malformed, from, detail);
            blocks.lost.insert((from, to));
        }
    }
    let read = |at: usize, block| (at, Table::read(blocks.content(data, block, blocks.room())));
    let mut tables: Vec<(usize, Table)> = copies.values().map(|block| read(block.at, block)).collect();
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
