//! A volume: what its blocks and its record say of it, where they disagree, and its content.

use super::super::flash::{Problems, crc_from_ones};
use super::blocks::{Block, Blocks, Lost};
use super::header::Record;
use crate::bytes::{head, position, tail};
use crate::{Content, Entry, EntryKind, Limits, Problem, ProblemKind, Unpacked};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A volume table's flag: the volume grows to fill the flash.
const AUTORESIZE: u8 = 1;

/// A volume's blocks in order.
pub(super) struct Volume {
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
    /// Puts a volume together. Blocks that are not in it are kept as lost.
    pub(super) fn new(
        number: u32,
        record: Option<&Record>,
        data: &[u8],
        image: &Blocks,
        budget: &mut u64,
        lost: &mut Lost,
        problems: &mut Problems,
    ) -> Self {
        let mut blocks = image.volumes.get(&number).cloned().unwrap_or_default();
        let first = blocks.values().next().map_or(0, |block| block.at);
        if record.is_none() {
            problems.push(
                ProblemKind::Malformed,
                first,
                format!("volume {number} is not in the volume table"),
            );
        }
        if record.is_some_and(|record| record.updating) {
            let detail = format!("an update of volume {number} was not finished");
            problems.push(ProblemKind::Malformed, first, detail);
        }
        let room = room(number, record, &blocks, image, problems);
        let is_static = is_static(number, record, &blocks, image, problems);
        let mut lose = |outside: BTreeMap<u32, Block>| {
            let held = |block: &Block| image.rest(data, block.at, image.first.data_offset);
            lost.extend(outside.values().filter_map(held));
        };
        if let Some(record) = record
            && blocks.keys().next_back().is_some_and(|last| *last >= record.reserved)
        {
            let outside = blocks.split_off(&record.reserved);
            let at = outside.values().next().map_or(0, |block| block.at);
            let detail = format!("{} blocks of volume {number} lie past its reserved size", outside.len());
            problems.push(ProblemKind::Malformed, at, detail);
            lose(outside);
        }
        // Blocks that lie too far away would cost more than the image is worth.
        let most = u32::try_from(*budget / (room.max(1) as u64)).unwrap_or(u32::MAX);
        if blocks.keys().next_back().is_some_and(|last| *last >= most) {
            let outside = blocks.split_off(&most);
            let at = outside.values().next().map_or(0, |block| block.at);
            let detail = format!("{} blocks of volume {number} lie too far behind the others", outside.len());
            problems.push(ProblemKind::LimitReached, at, detail);
            lose(outside);
        }
        let length = blocks.keys().next_back().map_or(0, |last| last.saturating_add(1));
        let mut size = u64::from(length) * room as u64;
        if is_static && let Some((_, last)) = blocks.last_key_value() {
            count(number, &blocks, image, problems);
            let unused = room - sizes(&blocks, last, room, image, problems);
            size -= unused as u64;
        }
        for block in blocks.values() {
            // The last block of a static volume ends with its data, all others at the end of their room.
            let is_last = is_static && block.id.block.saturating_add(1) == length;
            let used = if is_last { position(size - u64::from(length - 1) * room as u64) } else { room };
            if let Some((from, to)) = image.rest(data, block.at, image.first.data_offset + used) {
                let number = block.id.block;
                let detail = format!("{} bytes behind the data of block {number} are not blank", to - from);
                problems.push(ProblemKind::Malformed, from, detail);
                lost.insert((from, to));
            }
        }
        *budget = budget.saturating_sub(size);
        let name = record.map(|record| record.name.clone()).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| format!("volume-{number}").into_bytes());
        Self { number, name, is_static, blocks, length, room, size }
    }

    /// The volume in one line.
    pub(super) fn describe(&self, record: Option<&Record>) -> String {
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

    pub(super) fn entry<'a>(self, data: &'a [u8], image: &Arc<Blocks>) -> Entry<'a> {
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
                let content = image.content(data, block, self.room);
                let at = block.at + image.first.data_offset;
                let checked = if block.id.is_static || block.id.copied { block.id.data_size } else { 0 };
                match tail(head(data, image.end), at).get(..checked) {
                    _ if checked > image.room() => {
                        let detail = format!("block {number} holds {} of {checked} bytes", content.len());
                        problem(ProblemKind::Malformed, at, detail);
                    }
                    None => {
                        let detail = format!("block {number} holds {} of {checked} bytes", content.len());
                        problem(ProblemKind::Truncated, at, detail);
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

/// The value that most blocks have; of those that as many have the smallest.
fn usual<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0_usize) += 1;
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(value, _)| value)
}

/// How many bytes of each block belong to the volume, as its record or else most of its blocks say.
fn room(
    number: u32,
    record: Option<&Record>,
    blocks: &BTreeMap<u32, Block>,
    image: &Blocks,
    problems: &mut Problems,
) -> usize {
    let pads = || blocks.values().map(|block| block.id.data_pad);
    let first = blocks.values().next().map_or(0, |block| block.at);
    let mut pad = record.map(|record| record.data_pad).or_else(|| usual(pads())).unwrap_or_default();
    if pad > 0 && pad >= image.room() {
        let detail = format!("{pad} unused bytes in each block of volume {number} leave nothing");
        problems.push(ProblemKind::Malformed, first, detail);
        pad = usual(pads()).filter(|pad| *pad < image.room()).unwrap_or_default();
    }
    for block in blocks.values().filter(|block| block.id.data_pad != pad) {
        let detail = format!(
            "block {} of volume {number} has {} unused bytes, its volume {pad}",
            block.id.block, block.id.data_pad
        );
        problems.push(ProblemKind::Malformed, block.at + image.first.vid_offset + 28, detail);
    }
    image.room().saturating_sub(pad)
}

/// Whether a volume is static, as all its blocks say. Where they or the record disagree, none of their sizes is believed.
fn is_static(
    number: u32,
    record: Option<&Record>,
    blocks: &BTreeMap<u32, Block>,
    image: &Blocks,
    problems: &mut Problems,
) -> bool {
    let usual = usual(blocks.values().map(|block| block.id.is_static));
    let stated = record.map(|record| record.is_static).or(usual).unwrap_or_default();
    let word = |is_static| if is_static { "static" } else { "dynamic" };
    for block in blocks.values().filter(|block| block.id.is_static != stated) {
        let (number_in, says) = (block.id.block, word(block.id.is_static));
        let detail = format!("block {number_in} of volume {number} is {says}, its volume {}", word(stated));
        problems.push(ProblemKind::Malformed, block.at + image.first.vid_offset + 5, detail);
    }
    blocks.values().all(|block| block.id.is_static == stated) && stated
}

/// Compares how many blocks a static volume has with what they say.
fn count(number: u32, blocks: &BTreeMap<u32, Block>, image: &Blocks, problems: &mut Problems) {
    let used = usual(blocks.values().map(|block| block.id.used_blocks)).unwrap_or_default();
    for block in blocks.values() {
        let at = block.at + image.first.vid_offset + 24;
        let (name, says) = (block.id.block, block.id.used_blocks);
        if says != used {
            let detail = format!("block {name} says that volume {number} has {says} blocks, others {used}");
            problems.push(ProblemKind::Malformed, at, detail);
        }
        if name >= used {
            let detail = format!("block {name} lies past the {used} blocks that volume {number} has");
            problems.push(ProblemKind::Malformed, at, detail);
        }
    }
    let missing = u64::from(used).saturating_sub(blocks.len() as u64);
    if missing > 0 {
        let at = blocks.values().next().map_or(0, |block| block.at);
        let detail = format!("{missing} of the {used} blocks of volume {number} are missing");
        problems.push(ProblemKind::Truncated, at, detail);
    }
}

/// How many bytes the last block of a static volume has. All others are full.
fn sizes(
    blocks: &BTreeMap<u32, Block>,
    last: &Block,
    room: usize,
    image: &Blocks,
    problems: &mut Problems,
) -> usize {
    for block in blocks.values() {
        let (number, size) = (block.id.block, block.id.data_size);
        let sane = if number == last.id.block { size > 0 } else { size == room };
        if !sane {
            let detail = format!("block {number} of a static volume states {size} of {room} bytes");
            problems.push(ProblemKind::Malformed, block.at + image.first.vid_offset + 20, detail);
        }
    }
    if last.id.data_size == 0 { room } else { last.id.data_size.min(room) }
}
