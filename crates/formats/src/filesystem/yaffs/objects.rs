//! Objects: the newest header of each, and the newest chunk at each place of a file.

use super::super::flash::{Problems, is_blank};
use super::bare;
use super::header::{Header, Kind};
use super::layout::{Chunk, Layout, Tags, TagsAt};
use crate::bytes::{head, tail};
use crate::{Limits, ProblemKind};
use std::collections::{BTreeMap, BTreeSet};

/// So many chunks in a row that make no sense may be a bad block.
const STRANGE_MAX: usize = 256;
/// Blocks that may have been written between those before a stretch that makes no sense and those behind it.
const SEQUENCES_NEAR: u32 = 1 << 16;
/// So many times as large as an image inside unknown bytes its files may be, with their holes.
const HOLES_MAX: u64 = 8;
/// The directories of what is deleted, or still open without a name.
pub(super) const UNLINKED: u32 = 3;
pub(super) const DELETED: u32 = 4;

#[derive(Debug, Default)]
pub(super) struct Object<'a> {
    pub(super) header: Option<Header<'a>>,
    /// Directory and name from before it was deleted.
    pub(super) former: Option<(u32, &'a [u8])>,
    /// By their number, from 1 on: where they stand, and how many bytes of each count.
    pub(super) chunks: BTreeMap<u32, (usize, u32)>,
    /// Behind the last byte that a chunk newer than the header holds.
    written: u64,
}

impl Object<'_> {
    pub(super) fn size(&self) -> u64 {
        self.header.map_or(0, |header| header.size).max(self.written)
    }

    /// The last chunk of a file that is not deleted, where it goes past the size: where it stands, and where it ends.
    pub(super) fn overrun(&self, page: usize) -> Option<(usize, u64)> {
        let header = self.header.filter(|header| !matches!(header.parent, UNLINKED | DELETED));
        let (number, (at, bytes)) = self.chunks.last_key_value().filter(|_| header.is_some())?;
        let end = u64::from(number.saturating_sub(1)) * page as u64 + u64::from(*bytes).min(page as u64);
        (end > self.size()).then_some((*at, end))
    }
}

#[derive(Debug, Default)]
pub(super) struct Objects<'a> {
    pub(super) all: BTreeMap<u32, Object<'a>>,
    pub(super) chunks: usize,
    pub(super) deleted_chunks: usize,
    /// Block numbers met, the lowest and the highest.
    pub(super) sequences: Option<(u32, u32)>,
}

impl<'a> Objects<'a> {
    /// Reads all chunks; the objects and the end of the last chunk.
    pub(super) fn read(
        data: &'a [u8],
        layout: &Layout,
        limits: &Limits,
        problems: &mut Problems,
    ) -> (Self, usize) {
        let mut objects = Self::default();
        if layout.tags == TagsAt::Nowhere {
            let end = bare::read(data, layout, limits, problems, &mut objects);
            objects.chunks = end / layout.page;
            return (objects, end);
        }
        let mut chunks = Vec::new();
        let mut end = 0;
        let mut strange = Vec::new();
        let mut last = None;
        let mut files = BTreeSet::new();
        for at in (0..data.len()).step_by(layout.stride) {
            if limits.stopped() {
                problems.push(ProblemKind::LimitReached, at, "time is up");
                break;
            }
            let chunk = match layout.chunk(data, at) {
                // What stands behind the image may look like a chunk: it has to be one of a file that was met, in a block
                // that was written not long after the others.
                Chunk::Data(tags)
                    if !strange.is_empty()
                        && (!files.contains(&tags.object)
                            || objects.sequences.is_some_and(|(low, high)| {
                                !(low.saturating_sub(SEQUENCES_NEAR)..=high.saturating_add(SEQUENCES_NEAR))
                                    .contains(&tags.sequence)
                            })) =>
                {
                    Chunk::Strange
                }
                chunk => chunk,
            };
            match chunk {
                Chunk::Blank => continue,
                Chunk::Strange => {
                    strange.push(at);
                    if strange.len() > STRANGE_MAX {
                        break;
                    }
                    continue;
                }
                Chunk::Deleted => {
                    objects.deleted_chunks += 1;
                    continue;
                }
                Chunk::Header(tags, _) | Chunk::Data(tags) => {
                    chunks.push((tags, at));
                    if !matches!(chunk, Chunk::Header(_, header) if header.kind != Kind::File) {
                        files.insert(tags.object);
                    }
                    last = Some(tags);
                    let (low, high) = objects.sequences.unwrap_or((tags.sequence, tags.sequence));
                    objects.sequences = Some((low.min(tags.sequence), high.max(tags.sequence)));
                }
            }
            for at in strange.drain(..) {
                problems.push(ProblemKind::Malformed, at, "a chunk whose tags make no sense");
            }
            end = at + layout.stride;
        }
        objects.chunks = chunks.len();
        if layout.tags != TagsAt::Spread {
            chunks.sort_by_key(|(tags, at)| (tags.sequence, *at));
        }
        for (_, at) in chunks {
            objects.take(layout.chunk(data, at), at, layout);
        }
        let rest = head(tail(data, end), layout.stride);
        let starts_chunk = Header::parse(rest, 0, layout.order).is_some()
            || last.is_some_and(|last| objects.goes_on(last, layout));
        if rest.len() < layout.stride && !is_blank(rest) && starts_chunk {
            problems.push(ProblemKind::Truncated, data.len(), "the data ends inside a chunk");
            end = data.len();
        }
        (objects, end)
    }

    /// Whether what the objects say of themselves goes together: most are in a folder that is there, and their files are
    /// not far larger than the image.
    pub(super) fn agree(&self, end: usize) -> bool {
        let headers = || self.all.values().filter_map(|object| object.header.as_ref());
        let housed = headers()
            .filter(|header| header.parent <= DELETED || self.all.contains_key(&header.parent))
            .count();
        let sizes = self.all.values().fold(0_u64, |sum, object| sum.saturating_add(object.size()));
        housed * 2 > headers().count()
            && sizes <= (end as u64).saturating_mul(HOLES_MAX).saturating_add(1 << 20)
    }

    /// Takes up one chunk, newer than all before.
    fn take(&mut self, chunk: Chunk<'a>, at: usize, layout: &Layout) {
        match chunk {
            Chunk::Header(tags, header) => {
                let object = self.all.entry(tags.object).or_default();
                if header.shrinks && header.kind == Kind::File {
                    let kept = header.size.div_ceil(layout.page as u64);
                    _ = object.chunks.split_off(&u32::try_from(kept.saturating_add(1)).unwrap_or(u32::MAX));
                }
                if !matches!(header.parent, UNLINKED | DELETED) {
                    object.former = Some((header.parent, header.name));
                }
                object.header = Some(header);
                object.written = 0;
            }
            Chunk::Data(tags) => {
                let object = self.all.entry(tags.object).or_default();
                object.chunks.insert(tags.chunk, (at, tags.bytes));
                let end = u64::from(tags.chunk - 1) * layout.page as u64 + u64::from(tags.bytes);
                object.written = object.written.max(end);
            }
            Chunk::Deleted | Chunk::Blank | Chunk::Strange => {}
        }
    }

    /// Whether a file has more chunks than up to this one.
    fn goes_on(&self, last: Tags, layout: &Layout) -> bool {
        let size =
            self.all.get(&last.object).and_then(|object| object.header).map_or(0, |header| header.size);
        size > u64::from(last.chunk) * layout.page as u64
    }
}
