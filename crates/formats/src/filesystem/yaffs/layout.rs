//! How large pages and their spare areas are, and where in them the tags stand: nothing says so, it has to fit.

use super::super::flash::is_blank;
use super::super::order::Order;
use super::header::{Header, OBJECT_MAX};
use crate::Place;
use crate::bytes::{slice, u32_le};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of tags, without the checksum that may stand behind them.
const TAGS: usize = 16;
const PAGES: [usize; 6] = [512, 1024, 2048, 4096, 8192, 16384];
const SPARES: [usize; 9] = [16, 32, 64, 128, 218, 224, 232, 256, 512];
/// Chunks that are looked at to try a layout.
const SAMPLE: usize = 48;
/// Fewest chunks of an erase block.
const BLOCK_LEAST: usize = 8;
/// The block numbers that are given in the order of writing.
const SEQUENCES: std::ops::Range<u32> = 1..0xefff_ff00;
const CHUNK_MAX: u32 = 0xf_ffff;
/// In the tags of an object header: the number of the chunk is the parent instead, with these flags.
const EXTRA: u32 = 0x8000_0000;
const OBJECT: u32 = 0x0fff_ffff;
const PARENT: u32 = 0x0fff_ffff;

/// Where the tags of a chunk stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagsAt {
    /// So far from the chunk's start, packed in sixteen bytes.
    Packed(usize),
    /// Spread over a spare area of sixteen bytes, as the first version has it.
    Spread,
    /// Nowhere: the spare areas were left out.
    Nowhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) order: Order,
    /// Bytes of content in a chunk.
    pub(super) page: usize,
    /// From one chunk to the next.
    pub(super) stride: usize,
    pub(super) tags: TagsAt,
}

/// What the tags of a chunk say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tags {
    /// Rises with each block that is written; the same for all chunks of a block.
    pub(super) sequence: u32,
    pub(super) object: u32,
    /// 0: an object header.
    pub(super) chunk: u32,
    pub(super) bytes: u32,
}

/// What stands in a chunk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chunk<'a> {
    Header(Tags, Header<'a>),
    Data(Tags),
    /// Of the first version: marked as no longer in use.
    Deleted,
    Blank,
    Strange,
}

impl Layout {
    /// The layout that fits the first chunks best; `None` where none does. The first chunk is an object header.
    pub(super) fn find(data: &[u8], order: Order, place: Place) -> Option<Self> {
        let inside = place == Place::Inside;
        // Asked before anything is tried: the magic stands in tables of numbers, too.
        if inside && !Header::parse(data, 0, order)?.is_laid_out(data) {
            return None;
        }
        let mut candidates = Vec::new();
        for page in PAGES {
            for spare in SPARES.into_iter().filter(|spare| *spare >= page / 64 && *spare <= page / 4) {
                let places = [0, 2].into_iter().chain((4..=spare.saturating_sub(TAGS)).step_by(2));
                for place in places.filter(|place| place + TAGS <= spare) {
                    let tags = TagsAt::Packed(page + place);
                    candidates.push(Self { order, page, stride: page + spare, tags });
                }
            }
            // Tags at the end of the page itself.
            let inside = page - TAGS;
            candidates.push(Self { order, page: inside, stride: page, tags: TagsAt::Packed(inside) });
        }
        candidates.push(Self { order, page: 512, stride: 528, tags: TagsAt::Spread });
        let with_tags = candidates.into_iter().filter(|layout| {
            // Most are ruled out by their first chunk.
            matches!(layout.chunk(data, 0), Chunk::Header(..))
        });
        // Of equally good ones the first: the smallest page with tags nearest to its end.
        let mut best: Option<(usize, Self)> = None;
        for layout in with_tags {
            let score = layout.score(data);
            if inside && score > 0 && !layout.is_tied(data) {
                continue;
            }
            if score > best.map_or(0, |(score, _)| score) {
                best = Some((score, layout));
            }
        }
        let (length, bare) = super::bare::find(data, order, place).unzip();
        match (best, length) {
            (Some((score, layout)), length) if score > 2 * length.unwrap_or_default() => Some(layout),
            _ => bare,
        }
    }

    /// How many of the first chunks make sense; 0 where one does not, or where only one does.
    fn score(&self, data: &[u8]) -> usize {
        let mut good = 0;
        let mut objects = BTreeSet::new();
        for number in 0..SAMPLE {
            let at = number * self.stride;
            if at + self.stride > data.len() {
                break;
            }
            match self.chunk(data, at) {
                Chunk::Header(tags, _) => {
                    objects.insert(tags.object);
                    good += 2;
                }
                Chunk::Data(tags) => good += if objects.contains(&tags.object) { 2 } else { 1 },
                Chunk::Blank | Chunk::Deleted => {}
                // What stands behind a short image is not its chunk.
                Chunk::Strange if number >= 2 => break,
                Chunk::Strange => return 0,
            }
        }
        if good >= 4 { good } else { 0 }
    }

    /// Whether the first chunks belong together, as chance does not make them: two headers or more, or a header and what
    /// its file asks for; few chunks of objects without a header; and chunks side by side mostly of one erase block.
    fn is_tied(&self, data: &[u8]) -> bool {
        let (mut tied, mut loose, mut changes) = (0, 0, 0);
        let mut sizes = BTreeMap::new();
        let mut sequence = None;
        for number in 0..SAMPLE {
            let at = number * self.stride;
            let tags = match self.chunk(data, at) {
                Chunk::Header(tags, header) => {
                    if header.is_laid_out(data) {
                        tied += 1;
                    } else {
                        loose += 1;
                    }
                    sizes.insert(tags.object, header.size);
                    tags
                }
                Chunk::Data(tags) => {
                    let end = u64::from(tags.chunk) * self.page as u64;
                    // While a file is written its header says nothing of its size; the first chunk comes first.
                    let size = sizes.get_mut(&tags.object);
                    let asked = size.is_some_and(|size| {
                        let fits = end < *size + self.page as u64 || (tags.chunk == 1 && *size == 0);
                        *size = (*size).max(end + u64::from(fits));
                        fits
                    });
                    if asked {
                        tied += 1
                    } else {
                        loose += 1
                    }
                    tags
                }
                Chunk::Blank | Chunk::Deleted => continue,
                Chunk::Strange => break,
            };
            changes += usize::from(sequence.is_some_and(|last| last != tags.sequence));
            sequence = Some(tags.sequence);
        }
        // The first version has no blocks' numbers in its tags.
        let blocks = self.tags == TagsAt::Spread || changes <= 1 + (tied + loose) / BLOCK_LEAST;
        tied >= 2 && loose <= tied / 2 && blocks
    }

    /// What stands in the chunk at `at`, all of which is there.
    pub(super) fn chunk<'a>(&self, data: &'a [u8], at: usize) -> Chunk<'a> {
        let Some(whole) = slice(data, at, self.stride) else { return Chunk::Strange };
        let tags = match self.tags {
            TagsAt::Packed(place) => packed(whole, place, self.order),
            TagsAt::Spread => spread(whole, self.page, self.order),
            TagsAt::Nowhere => None,
        };
        match tags {
            None if is_blank(whole) => Chunk::Blank,
            None => match self.tags {
                TagsAt::Packed(place) if slice(whole, place, TAGS).is_some_and(is_blank) => Chunk::Blank,
                // All bits of the status are cleared; one may have failed to.
                TagsAt::Spread if whole.get(self.page + 4).is_some_and(|status| status.count_ones() <= 1) => {
                    Chunk::Deleted
                }
                _ => Chunk::Strange,
            },
            Some(tags) if tags.chunk == 0 => match Header::parse(data, at, self.order) {
                Some(header) if self.agree(whole, &header) => Chunk::Header(tags, header),
                _ => Chunk::Strange,
            },
            Some(tags) if tags.bytes as usize <= self.page => Chunk::Data(tags),
            Some(_) => Chunk::Strange,
        }
    }
}

impl Layout {
    /// Whether what the packed tags repeat of an object header is what the header says.
    fn agree(&self, chunk: &[u8], header: &Header) -> bool {
        let TagsAt::Packed(place) = self.tags else { return true };
        let word = |at| self.order.u32(chunk, place + at).unwrap_or_default();
        if word(8) & EXTRA == 0 {
            return matches!(word(12), 0 | 0xffff | 512);
        }
        word(4) >> 28 == header.kind.number() && word(8) & PARENT == header.parent
    }
}

/// Sixteen bytes of tags; `None` where they make no sense.
fn packed(chunk: &[u8], at: usize, order: Order) -> Option<Tags> {
    let sequence = order.u32(chunk, at)?;
    let object = order.u32(chunk, at + 4)?;
    let number = order.u32(chunk, at + 8)?;
    let bytes = order.u32(chunk, at + 12)?;
    let extra = number & EXTRA != 0;
    let (object, number) = if extra { (object & OBJECT, 0) } else { (object, number) };
    let tags = Tags { sequence, object, chunk: number, bytes };
    let sane = SEQUENCES.contains(&sequence) && (1..=OBJECT_MAX).contains(&object) && number <= CHUNK_MAX;
    sane.then_some(tags)
}

/// The tags of the first version: two words of bit fields, in eight bytes of the spare area.
fn spread(chunk: &[u8], page: usize, order: Order) -> Option<Tags> {
    let spare = chunk.get(page..)?;
    let [a, b, c, d, status, _, e, f, _, _, _, g, h, ..] = *spare else { return None };
    // One bit may have flipped.
    if status.count_zeros() > 1 {
        return None;
    }
    let (chunk, bytes, object, serial) = match order {
        Order::Little => {
            let first = u32_le(&[a, b, c, d], 0)?;
            let second = u32_le(&[e, f, g, h], 0)?;
            let bytes = first >> 22 | second >> 30 << 10;
            (first & 0xf_ffff, bytes, second & 0x3_ffff, first >> 20 & 3)
        }
        Order::Big => {
            let first = u32::from_be_bytes([a, b, c, d]);
            let second = u32::from_be_bytes([e, f, g, h]);
            let bytes = first & 0x3ff | (second & 3) << 10;
            (first >> 12, bytes, second >> 14, first >> 10 & 3)
        }
    };
    let sane = (1..OBJECT_MAX).contains(&object);
    // The serial number tells two copies of a chunk apart; it stands in for the order of writing.
    sane.then_some(Tags { sequence: serial, object, chunk, bytes })
}
