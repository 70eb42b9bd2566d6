//! From nodes to inodes and directories: of each name the highest version counts.

use super::super::flash::{Problems, device, old_device};
use super::super::order::Order;
use super::super::walk::{Name, PATH_MAX, Source, nameless};
use super::content::Pieces;
use super::log::Log;
use super::node::{Dirent, Inode, Xattr};
use crate::{Content, Entry, EntryKind, Limits, ProblemKind};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) const ROOT: u32 = 1;
const TYPE: u32 = 0o170_000;

pub(super) struct Tree<'a, 'l> {
    order: Order,
    pieces: Arc<Pieces<'a>>,
    /// By directory, name and version.
    dirents: Vec<Dirent<'a>>,
    /// The newest name of each inode, current or not, as a place in `dirents`.
    newest: BTreeMap<u32, usize>,
    xattrs: BTreeMap<u32, Vec<Xattr<'a>>>,
    limits: &'l Limits,
    /// What holds content and is neither a file nor a link.
    strays: RefCell<BTreeSet<u32>>,
}

impl<'a, 'l> Tree<'a, 'l> {
    pub(super) fn new(data: &'a [u8], order: Order, log: &mut Log<'a>, limits: &'l Limits) -> Self {
        let mut dirents = std::mem::take(&mut log.dirents);
        dirents.sort_by(|one, other| {
            let key = |dirent: &Dirent<'a>| (dirent.parent, dirent.name, dirent.version, dirent.at);
            key(one).cmp(&key(other))
        });
        let mut newest: BTreeMap<u32, usize> = BTreeMap::new();
        for (place, dirent) in dirents.iter().enumerate().filter(|(_, dirent)| dirent.ino != 0) {
            let held = newest.entry(dirent.ino).or_insert(place);
            let other = dirents.get(*held).map(|other| (other.version, other.at));
            if other < Some((dirent.version, dirent.at)) {
                *held = place;
            }
        }
        let pieces = Arc::new(Pieces::new(data, order, std::mem::take(&mut log.pieces)));
        Self { order, pieces, dirents, newest, xattrs: xattrs(log), limits, strays: RefCell::default() }
    }

    /// The size of a file or link; content past it is told and belongs to it.
    fn size(&self, ino: u32, stated: u32, problems: &mut Problems) -> u64 {
        let stated = u64::from(stated);
        let Some((at, end)) = self.pieces.overrun(ino).filter(|(_, end)| *end > stated) else {
            return stated;
        };
        let detail = format!("inode {ino} has a size of {stated} bytes, this node holds content up to {end}");
        problems.push(ProblemKind::Malformed, at + 28, detail);
        end
    }

    /// Tells of content that something holds which has none, and keeps it to be handed out.
    fn stray(&self, ino: u32, what: &str, problems: &mut Problems) {
        if let Some((at, stored)) = self.pieces.held(ino) {
            let detail = format!("{what} {ino} has no content, its nodes store {stored} bytes");
            problems.push(ProblemKind::Malformed, at + 48, detail);
            self.strays.borrow_mut().insert(ino);
        }
    }

    /// Hands out the content of directories, pipes and sockets.
    pub(super) fn hand_out_strays(&self, sink: &mut dyn FnMut(Entry<'a>)) {
        for ino in self.strays.borrow().iter().copied() {
            let (content, at) = self.content(ino, self.pieces.end(ino), false);
            sink(Entry::stream(format!("(content of inode {ino})").into_bytes(), content, at));
        }
    }

    fn content(&self, ino: u32, size: u64, current: bool) -> (Content<'a>, Option<u64>) {
        if size == 0 {
            return (Content::Slice(&[]), None);
        }
        if let Some((bytes, at)) = self.pieces.as_slice(ino) {
            return (Content::Slice(bytes), Some(at as u64));
        }
        let pieces = Arc::clone(&self.pieces);
        let make = Box::new(move |limits: &Limits| pieces.unpack(ino, size, current, limits));
        (Content::Deferred { size, make }, None)
    }

    /// The content of a link or device.
    fn small(&self, ino: u32, size: u64, current: bool, problems: &mut Problems) -> Vec<u8> {
        let unpacked = self.pieces.unpack(ino, size, current, self.limits);
        for problem in unpacked.problems {
            problems.push(problem.kind, crate::bytes::position(problem.offset), problem.detail);
        }
        unpacked.bytes
    }

    fn device(&self, ino: u32, inode: &Inode, current: bool, problems: &mut Problems) -> (u32, u32) {
        // The size of the inode is 0; its one piece is the number.
        let number = self.small(ino, u64::from(inode.made.min(8)), current, problems);
        if inode.made > 8 || number.len() > 8 {
            let what = format!("a number of {} bytes", self.pieces.end(ino));
            problems.push(ProblemKind::Malformed, inode.at + 52, format!("device {ino} has {what}"));
            self.strays.borrow_mut().insert(ino);
        }
        match (self.order.u32(&number, 0), self.order.u16(&number, 0)) {
            (Some(number), _) => device(number),
            (None, Some(number)) => old_device(number),
            (None, None) => {
                let detail = format!("device {ino} has a number of {} bytes", number.len());
                problems.push(ProblemKind::Malformed, inode.at, detail);
                (0, 0)
            }
        }
    }

    fn xattrs_of(&self, ino: u32) -> Vec<crate::Xattr<'a>> {
        let xattrs = self.xattrs.get(&ino).map(Vec::as_slice).unwrap_or_default();
        xattrs
            .iter()
            .filter_map(|xattr| Some((Cow::Owned(xattr.full_name()?), Cow::Borrowed(xattr.value))))
            .collect()
    }
}

impl<'a> Source<'a> for Tree<'a, '_> {
    fn names(&self, directory: u32) -> Vec<Name<'a>> {
        let from = self.dirents.partition_point(|dirent| dirent.parent < directory);
        let to = self.dirents.partition_point(|dirent| dirent.parent <= directory);
        let all = self.dirents.get(from..to).unwrap_or_default();
        let current = |versions: &[Dirent<'a>]| {
            let newest = versions.iter().rev().find(|dirent| !dirent.obsolete)?;
            (newest.ino != 0).then(|| name(newest))
        };
        all.chunk_by(|one, other| one.name == other.name).filter_map(current).collect()
    }

    fn entry(&self, name: &Name<'a>, current: bool, problems: &mut Problems) -> Option<Entry<'a>> {
        let ino = name.ino;
        let inode = self.pieces.newest(ino);
        if inode.is_none() {
            problems.push(ProblemKind::Malformed, name.at, format!("inode {ino} has a name but no node"));
        }
        // Older writers leave the type to the name.
        let format = inode.map_or(0, |inode| inode.mode & TYPE);
        let format = if format == 0 { u32::from(name.kind) << 12 } else { format };
        let mut at = None;
        let kind = match (format, inode) {
            (0o040_000, _) => {
                self.stray(ino, "directory", problems);
                EntryKind::Directory
            }
            (0o010_000, _) => {
                self.stray(ino, "pipe", problems);
                EntryKind::Fifo
            }
            (0o140_000, _) => {
                self.stray(ino, "socket", problems);
                EntryKind::Socket
            }
            (0o100_000, None) => EntryKind::File(Content::Slice(&[])),
            (0o100_000, Some(inode)) => {
                let size = self.size(ino, inode.size, problems);
                let (content, stands) = self.content(ino, size, current);
                at = stands;
                EntryKind::File(content)
            }
            (0o120_000, Some(inode)) => {
                let size = if inode.size == 0 { inode.made } else { inode.size };
                let size = self.size(ino, size, problems);
                if size > PATH_MAX as u64 {
                    let detail = format!("link {ino} has {size} bytes, {PATH_MAX} are read");
                    problems.push(ProblemKind::LimitReached, inode.at + 28, detail);
                }
                EntryKind::Symlink(Cow::Owned(self.small(ino, size.min(PATH_MAX as u64), current, problems)))
            }
            (0o020_000 | 0o060_000, Some(inode)) => {
                let (major, minor) = self.device(ino, &inode, current, problems);
                match format {
                    0o020_000 => EntryKind::CharacterDevice { major, minor },
                    _ => EntryKind::BlockDevice { major, minor },
                }
            }
            (other, _) => {
                let detail = format!("inode {ino} is of type {other:#o}, which cannot be read");
                problems.push(ProblemKind::Malformed, name.at, detail);
                return None;
            }
        };
        Some(Entry {
            mode: inode.map(|inode| inode.mode & 0o7777),
            uid: inode.map(|inode| inode.uid.into()),
            gid: inode.map(|inode| inode.gid.into()),
            mtime: inode.map(|inode| inode.mtime.into()),
            at,
            xattrs: self.xattrs_of(ino),
            ..nameless(kind)
        })
    }

    fn unreached(&self, reached: &dyn Fn(u32) -> bool) -> BTreeSet<u32> {
        self.pieces.inodes().filter(|ino| !reached(*ino)).collect()
    }

    fn former_name(&self, ino: u32) -> Option<(u32, Name<'a>)> {
        let dirent = self.dirents.get(*self.newest.get(&ino)?)?;
        Some((dirent.parent, name(dirent)))
    }
}

fn name<'a>(dirent: &Dirent<'a>) -> Name<'a> {
    Name { name: Cow::Borrowed(dirent.name), ino: dirent.ino, at: dirent.at, kind: dirent.kind }
}

/// The extended attributes of each inode, by their numbers.
fn xattrs<'a>(log: &Log<'a>) -> BTreeMap<u32, Vec<Xattr<'a>>> {
    let mut newest: BTreeMap<u32, Xattr<'a>> = BTreeMap::new();
    for xattr in &log.xattrs {
        let held = newest.entry(xattr.xid).or_insert(*xattr);
        if xattr.version >= held.version {
            *held = *xattr;
        }
    }
    let mut links: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    for link in &log.xrefs {
        let sequence = links.entry((link.ino, link.xid)).or_insert(link.sequence);
        *sequence = link.sequence.max(*sequence);
    }
    let mut of: BTreeMap<u32, Vec<Xattr<'a>>> = BTreeMap::new();
    for ((ino, xid), _) in links.iter().filter(|(_, sequence)| *sequence & 1 == 0) {
        if let Some(xattr) = newest.get(xid).filter(|xattr| xattr.version != u32::MAX) {
            of.entry(*ino).or_default().push(*xattr);
        }
    }
    of
}
