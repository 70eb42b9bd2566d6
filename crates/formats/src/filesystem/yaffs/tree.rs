//! From objects to names.

use super::super::flash::{Problems, device};
use super::super::walk::{Name, Source, nameless};
use super::header::{Header, Kind};
use super::objects::{DELETED, Object, Objects, UNLINKED};
use crate::bytes::{head, position, tail};
use crate::{Content, Entry, EntryKind, Limits, Problem, ProblemKind, Unpacked};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) const ROOT: u32 = 1;

pub(super) struct Tree<'a> {
    data: &'a [u8],
    page: usize,
    objects: Arc<Objects<'a>>,
    /// The objects in each directory, by their names.
    children: BTreeMap<u32, Vec<(&'a [u8], u32)>>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(data: &'a [u8], page: usize, objects: Objects<'a>) -> Self {
        // An object that took the place of another one has its name now.
        let taken: BTreeMap<u32, &Header<'a>> = objects
            .all
            .values()
            .filter_map(|object| object.header.as_ref())
            .filter(|header| header.shadows != 0)
            .map(|header| (header.shadows, header))
            .collect();
        let mut children: BTreeMap<u32, Vec<(&'a [u8], u32)>> = BTreeMap::new();
        for (number, object) in &objects.all {
            let Some(header) = &object.header else { continue };
            let shadowed = taken
                .get(number)
                .is_some_and(|other| (other.parent, other.name) == (header.parent, header.name));
            let gone = matches!(header.parent, UNLINKED | DELETED) || shadowed;
            if *number != ROOT && !header.is_root() && !gone {
                children.entry(header.parent).or_default().push((header.name, *number));
            }
        }
        for names in children.values_mut() {
            names.sort_unstable();
        }
        Self { data, page, objects: Arc::new(objects), children }
    }

    fn content(&self, number: u32, object: &Object<'a>) -> Content<'a> {
        let size = full_size(object, self.page);
        if size == 0 {
            return Content::Slice(&[]);
        }
        let (data, page, objects) = (self.data, self.page, Arc::clone(&self.objects));
        let make = Box::new(move |limits: &Limits| match objects.all.get(&number) {
            Some(object) => unpack(data, page, object, limits),
            None => Unpacked::default(),
        });
        Content::Deferred { size, make }
    }
}

impl<'a> Source<'a> for Tree<'a> {
    fn names(&self, directory: u32) -> Vec<Name<'a>> {
        let children = self.children.get(&directory).map(Vec::as_slice).unwrap_or_default();
        let name = |(name, number): &(&'a [u8], u32)| {
            let header = self.objects.all.get(number).and_then(|object| object.header);
            let linked = header.filter(|header| header.kind == Kind::Hardlink);
            Name {
                name: Cow::Borrowed(name),
                ino: linked.map_or(*number, |header| header.equivalent),
                at: header.map_or(0, |header| header.at),
                kind: 0,
            }
        };
        children.iter().map(name).collect()
    }

    fn entry(&self, name: &Name<'a>, _: bool, problems: &mut Problems) -> Option<Entry<'a>> {
        let number = name.ino;
        let Some(object) = self.objects.all.get(&number) else {
            problems.push(
                ProblemKind::Malformed,
                name.at,
                format!("object {number} is linked to but not there"),
            );
            return None;
        };
        let Some(header) = &object.header else {
            let at = object.chunks.values().next().map_or(0, |(at, _)| *at);
            problems.push(ProblemKind::Malformed, at, format!("object {number} has content but no header"));
            return Some(nameless(EntryKind::File(self.content(number, object))));
        };
        let kind = match header.kind {
            Kind::Directory if object.chunks.is_empty() => EntryKind::Directory,
            Kind::Directory => {
                let detail = format!("directory {number} has {} chunks of content", object.chunks.len());
                problems.push(ProblemKind::Malformed, header.at, detail);
                EntryKind::Directory
            }
            Kind::File => {
                if let Some((_, end)) = object.overrun(self.page) {
                    let size = object.size();
                    let detail =
                        format!("object {number} has a size of {size} bytes, its chunks go up to {end}");
                    problems.push(ProblemKind::Malformed, header.at + 292, detail);
                }
                EntryKind::File(self.content(number, object))
            }
            Kind::Symlink => EntryKind::Symlink(Cow::Borrowed(header.alias)),
            Kind::Hardlink => {
                problems.push(ProblemKind::Malformed, header.at, "a hard link to a hard link");
                return None;
            }
            Kind::Special => {
                let (major, minor) = device(header.device);
                match header.mode & 0o170_000 {
                    0o020_000 => EntryKind::CharacterDevice { major, minor },
                    0o060_000 => EntryKind::BlockDevice { major, minor },
                    0o010_000 => EntryKind::Fifo,
                    0o140_000 => EntryKind::Socket,
                    other => {
                        let detail = format!("a special object of type {other:#o}, which is not defined");
                        problems.push(ProblemKind::Malformed, header.at + 268, detail);
                        return None;
                    }
                }
            }
        };
        Some(Entry {
            mode: Some(header.mode & 0o7777),
            uid: Some(header.uid),
            gid: Some(header.gid),
            mtime: Some(header.mtime.into()),
            ..nameless(kind)
        })
    }

    fn unreached(&self, reached: &dyn Fn(u32) -> bool) -> BTreeSet<u32> {
        let linked = |object: &Object| object.header.is_some_and(|header| header.kind == Kind::Hardlink);
        let left = self.objects.all.iter().filter(|(number, object)| {
            !reached(**number) && !linked(object) && !matches!(**number, UNLINKED | DELETED)
        });
        left.map(|(number, _)| *number).collect()
    }

    fn former_name(&self, ino: u32) -> Option<(u32, Name<'a>)> {
        let (parent, name) = self.objects.all.get(&ino)?.former?;
        Some((parent, Name { name: Cow::Borrowed(name), ino, at: 0, kind: 0 }))
    }
}

/// The size of a file with the chunks that go past its stated size.
fn full_size(object: &Object, page: usize) -> u64 {
    object.overrun(page).map_or(object.size(), |(_, end)| end)
}

/// Makes a file's content; chunks that are not there read as zeros.
fn unpack(data: &[u8], page: usize, object: &Object, limits: &Limits) -> Unpacked {
    let size = full_size(object, page);
    let wanted = position(size.min(limits.object_bytes));
    let mut unpacked = Unpacked::default();
    for (number, (at, bytes)) in &object.chunks {
        let start = (*number as usize - 1).saturating_mul(page);
        if start >= wanted {
            break;
        }
        if limits.stopped() {
            unpacked.problems.push(Problem::new(ProblemKind::LimitReached, *at as u64, "time is up"));
            return unpacked;
        }
        // A chunk that was written again may be shorter than the file now is.
        unpacked.bytes.resize(start, 0);
        let content = head(tail(data, *at), page.min(*bytes as usize).min(wanted - start));
        unpacked.bytes.extend_from_slice(content);
        if content.len() < (*bytes as usize).min(page).min(wanted - start) {
            let detail = "the data ends inside a chunk";
            unpacked.problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
    }
    unpacked.bytes.resize(wanted, 0);
    if (wanted as u64) < size {
        let detail = format!("the file has {size} bytes, {wanted} are allowed");
        unpacked.problems.push(Problem::new(ProblemKind::LimitReached, 0, detail));
    }
    unpacked
}
