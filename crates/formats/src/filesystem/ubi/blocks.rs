//! The erase blocks: how large they are, how many belong to the image, and which block of which volume each holds.

use super::super::flash::{Problems, crc_from_ones, is_blank};
use super::header::{EC_MAGIC, EraseCounter, HEADER, LAYOUT_VOLUME, VolumeId, VolumeIdState};
use crate::bytes::{head, slice, tail};
use crate::{Limits, ProblemKind};
use std::collections::{BTreeMap, BTreeSet};

/// Sizes that are believed for an erase block.
const SIZE_MIN: usize = 1 << 10;
const SIZE_MAX: usize = 64 << 20;
/// Headers whose distances are tried for the size.
const TRIED: usize = 32;
/// Blocks that are looked at to try a size.
const SAMPLE: usize = 32;
/// So many blocks in a row that are neither blank nor of this image may be bad ones.
const BAD_MAX: usize = 64;

/// A block of a volume and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Where the erase block starts.
    pub(super) at: usize,
    pub(super) id: VolumeId,
}

#[derive(Debug)]
pub(super) struct Blocks {
    pub(super) first: EraseCounter,
    /// Bytes of an erase block, headers included.
    pub(super) size: usize,
    /// Behind the last erase block of the image.
    pub(super) end: usize,
    pub(super) count: usize,
    pub(super) erased: usize,
    pub(super) bad: usize,
    /// Older copies of a block.
    pub(super) replaced: usize,
    pub(super) erase_counts: (u64, u64),
    /// By volume and number.
    pub(super) volumes: BTreeMap<u32, BTreeMap<u32, Block>>,
    pub(super) lost: Lost,
}

/// Bytes that no volume takes up: from where to where.
pub(super) type Lost = BTreeSet<(usize, usize)>;

/// Whether nothing stands there but what fills a page up: zeros, or what erased flash reads as.
pub(super) fn is_filler(data: &[u8]) -> bool {
    data.iter().all(|byte| matches!(byte, 0 | 0xff))
}

/// The distance at which erase blocks follow one another: the smallest between two headers of one shape at which most
/// places have a header or are blank. Bad blocks make some distances a multiple of it.
pub(super) fn size(data: &[u8], first: &EraseCounter) -> Option<usize> {
    let mut distances = BTreeSet::new();
    let mut last = 0;
    let mut from = SIZE_MIN.max(first.data_offset);
    for _ in 0..TRIED {
        let Some(at) = find(data, from).filter(|at| at - last <= SIZE_MAX) else { break };
        from = at + EC_MAGIC.len();
        let same = EraseCounter::parse(data, at).is_some_and(|other| {
            (other.vid_offset, other.data_offset, other.image)
                == (first.vid_offset, first.data_offset, first.image)
        });
        if same {
            distances.insert(at - last);
            last = at;
        }
    }
    let believed = |size: &usize| {
        let (good, all) = score(data, *size);
        *size >= SIZE_MIN && *size > first.data_offset && good > 0 && good * 2 >= all
    };
    distances.into_iter().find(believed)
}

/// The next erase counter header from `from` on whose checksum fits.
fn find(data: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = tail(data, at);
        at += rest.windows(EC_MAGIC.len()).position(|window| window == EC_MAGIC)?;
        if EraseCounter::fits(data, at) {
            return Some(at);
        }
        at += 1;
    }
}

/// How many of the first erase blocks of this size are what they should be, and how many there are.
fn score(data: &[u8], size: usize) -> (usize, usize) {
    let starts = (1..=SAMPLE).map(|number| number * size).take_while(|at| at + HEADER <= data.len());
    starts.fold((0, 0), |(good, all), at| {
        let fits = EraseCounter::fits(data, at) || is_blank(head(tail(data, at), HEADER));
        (good + usize::from(fits), all + 1)
    })
}

impl Blocks {
    /// Looks at every erase block; of two copies of one the newer that is whole counts.
    pub(super) fn read(
        data: &[u8],
        first: EraseCounter,
        size: usize,
        limits: &Limits,
        problems: &mut Problems,
    ) -> Self {
        let mut blocks = Self {
            first,
            size,
            end: size.min(data.len()),
            count: 0,
            erased: 0,
            bad: 0,
            replaced: 0,
            erase_counts: (first.count, first.count),
            volumes: BTreeMap::new(),
            lost: Lost::new(),
        };
        let mut erased = 0;
        let mut bad = Vec::new();
        for at in (0..data.len()).step_by(size) {
            if limits.stopped() {
                problems.push(ProblemKind::LimitReached, at, "time is up");
                break;
            }
            let whole = head(tail(data, at), size);
            match EraseCounter::parse(data, at) {
                Some(counter) => {
                    let other = counter.image != first.image && counter.image != 0 && first.image != 0;
                    if (other && EraseCounter::fits(data, at)) || (at > 0 && blocks.starts_again(data, at)) {
                        break;
                    }
                    for bad in bad.drain(..) {
                        problems.push(ProblemKind::Malformed, bad, "an erase block without its headers");
                        blocks.bad += 1;
                    }
                    blocks.erased += std::mem::take(&mut erased);
                    blocks.count = at / size + 1;
                    blocks.end = at + whole.len();
                    blocks.block(data, at, &counter, problems);
                }
                None if is_blank(whole) && whole.len() == size => erased += 1,
                None if whole.len() < HEADER && head(whole, 4) == head(EC_MAGIC, whole.len()) => {
                    problems.push(ProblemKind::Truncated, data.len(), "the data ends inside a header");
                    blocks.end = data.len();
                }
                None => {
                    bad.push(at);
                    if bad.len() > BAD_MAX {
                        break;
                    }
                }
            }
        }
        let rest = blocks.end % size;
        if rest >= HEADER {
            let detail = format!("the last erase block has {rest} of {size} bytes");
            problems.push(ProblemKind::Truncated, blocks.end, detail);
        }
        blocks
    }

    /// Whether the block is a second first block of the volume table: where another image starts.
    fn starts_again(&self, data: &[u8], at: usize) -> bool {
        let held = self.volumes.get(&LAYOUT_VOLUME).and_then(|table| table.get(&0));
        match (held, VolumeIdState::read(data, at + self.first.vid_offset)) {
            (Some(held), VolumeIdState::Whole(id)) => {
                id.volume == LAYOUT_VOLUME
                    && id.block == 0
                    && id.sequence == held.id.sequence
                    && !id.copied
                    && at > 0
            }
            _ => false,
        }
    }

    fn block(&mut self, data: &[u8], at: usize, counter: &EraseCounter, problems: &mut Problems) {
        if !EraseCounter::fits(data, at) {
            problems.push(ProblemKind::Checksum, at + 60, "the checksum of an erase counter does not fit");
        } else {
            let (least, most) = self.erase_counts;
            self.erase_counts = (least.min(counter.count), most.max(counter.count));
        }
        if (counter.vid_offset, counter.data_offset) != (self.first.vid_offset, self.first.data_offset) {
            let detail = format!(
                "an erase block whose header names the offsets {} and {}; the first block's are used",
                counter.vid_offset, counter.data_offset
            );
            problems.push(ProblemKind::Malformed, at + 16, detail);
        }
        let id_at = at + self.first.vid_offset;
        let id = match VolumeIdState::read(data, id_at) {
            VolumeIdState::Whole(id) => id,
            VolumeIdState::Broken => {
                let detail = "the checksum of a volume identifier does not fit";
                problems.push(ProblemKind::Checksum, id_at + 60, detail);
                self.lose(data, at, HEADER);
                return;
            }
            VolumeIdState::Absent => {
                let header = head(tail(data, id_at), HEADER);
                let behind = head(tail(data, at + HEADER), self.size - HEADER);
                if is_filler(behind) && is_blank(header) && header.len() == HEADER {
                    self.erased += 1;
                } else if header.len() == HEADER {
                    let detail = match is_blank(header) {
                        true => "an erase block without a volume identifier that holds something",
                        false => "a volume identifier without its magic",
                    };
                    problems.push(ProblemKind::Malformed, id_at, detail);
                    self.lose(data, at, HEADER);
                }
                return;
            }
        };
        let gaps = [(at + HEADER, id_at), (id_at + HEADER, at + self.first.data_offset)];
        for (from, to) in gaps {
            if !is_filler(tail(head(data, to), from)) {
                let detail = format!("{} bytes before the data of a block are not blank", to - from);
                problems.push(ProblemKind::Malformed, from, detail);
                self.lost.insert((from, to.min(data.len())));
            }
        }
        let new = Block { at, id };
        let held = self.volumes.entry(id.volume).or_default().entry(id.block);
        match held {
            std::collections::btree_map::Entry::Vacant(free) => _ = free.insert(new),
            std::collections::btree_map::Entry::Occupied(mut held) => {
                self.replaced += 1;
                let old = *held.get();
                if old.id.sequence == id.sequence {
                    let detail = format!(
                        "block {} of volume {} stands twice with one sequence number",
                        id.block, id.volume
                    );
                    problems.push(ProblemKind::Malformed, id_at + 40, detail);
                    self.lose(data, at, self.first.data_offset);
                    return;
                }
                let (newer, older) = if id.sequence > old.id.sequence { (new, old) } else { (old, new) };
                let data_at = newer.at + self.first.data_offset;
                // A copy that was interrupted does not count.
                let whole = !newer.id.copied
                    || slice(data, data_at, newer.id.data_size)
                        .is_some_and(|bytes| crc_from_ones(bytes) == newer.id.data_crc);
                held.insert(if whole { newer } else { older });
            }
        }
    }

    /// Keeps what stands behind `from` in the erase block at `at`; what is blank up to the data does not count.
    fn lose(&mut self, data: &[u8], at: usize, from: usize) {
        let data_at = self.first.data_offset;
        let blank = is_filler(tail(head(data, at + data_at), at + from));
        self.lost.extend(self.rest(data, at, if blank { data_at } else { from }));
    }

    /// Where the bytes stand that begin `from` bytes into the erase block at `at`, unless they are blank.
    pub(super) fn rest(&self, data: &[u8], at: usize, from: usize) -> Option<(usize, usize)> {
        let (from, to) = (at.saturating_add(from), at.saturating_add(self.size).min(data.len()));
        (!is_filler(tail(head(data, to), from))).then_some((from, to))
    }

    /// The bytes that a block can hold.
    pub(super) fn room(&self) -> usize {
        self.size.saturating_sub(self.first.data_offset)
    }

    /// What a block holds of the `room` bytes that its volume has in each, as far as it is there.
    pub(super) fn content<'a>(&self, data: &'a [u8], block: &Block, room: usize) -> &'a [u8] {
        head(tail(head(data, self.end), block.at + self.first.data_offset), room.min(self.room()))
    }
}
