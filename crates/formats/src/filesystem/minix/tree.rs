//! From the root to every entry and its content.

use super::volume::{Inode, ROOT, Volume};
use crate::bytes::{head, position, slice, until_nul};
use crate::{Content, Entry, EntryKind, Limits, Problem, ProblemKind, Unpacked};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

const DEPTH_MAX: usize = 128;
const PATH_MAX: usize = 8 << 10;
/// The longest symbolic link that is believed.
const TARGET_MAX: u64 = 64 << 10;
/// How often each block of a volume may be looked at, on average.
const LOOKS: u64 = 4;

/// The walk over a volume.
pub(super) struct Tree<'a, 'l> {
    volume: Volume<'a>,
    limits: &'l Limits,
    pub(super) problems: Vec<Problem>,
    /// Every inode met; with its first path where it has several.
    inodes: BTreeMap<u32, Option<Vec<u8>>>,
    /// Directory blocks that may still be read: no more than the volume has.
    blocks: u64,
    entries: u64,
    /// Blocks of contents that may still be looked at to see whether they stand in a row.
    looks: u64,
}

struct Level {
    path: Vec<u8>,
    names: std::vec::IntoIter<(Vec<u8>, u32)>,
}

impl<'a, 'l> Tree<'a, 'l> {
    pub(super) fn new(volume: Volume<'a>, limits: &'l Limits, problems: Vec<Problem>) -> Self {
        let blocks = (volume.data.len() / volume.block) as u64;
        Self { volume, limits, problems, inodes: BTreeMap::new(), blocks, entries: 0, looks: LOOKS * blocks }
    }

    fn problem(&mut self, kind: ProblemKind, offset: u64, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, offset, detail));
    }

    /// Hands out everything below the root.
    pub(super) fn run(&mut self, sink: &mut dyn FnMut(Entry<'a>)) {
        let Some(root) = self.volume.inode(ROOT) else { return };
        self.inodes.insert(ROOT, None);
        let mut levels = vec![Level { path: Vec::new(), names: self.list(&root) }];
        while let Some(level) = levels.last_mut() {
            let Some((name, number)) = level.names.next() else {
                levels.pop();
                continue;
            };
            if self.limits.stopped() || self.entries >= self.limits.entries {
                let detail = format!("stopped after {} entries", self.entries);
                self.problem(ProblemKind::LimitReached, 0, detail);
                return;
            }
            self.entries += 1;
            let path = if level.path.is_empty() { name } else { [&level.path[..], b"/", &name].concat() };
            let Some(inode) = self.volume.inode(number) else {
                self.problem(ProblemKind::Malformed, 0, format!("inode {number} is named and not there"));
                continue;
            };
            let depth = levels.len();
            if let Some(level) = self.entry(path, number, &inode, depth, sink) {
                levels.push(level);
            }
        }
    }

    /// Reports inodes in use that have no name, where nothing kept the walk from meeting all of them.
    pub(super) fn count_inodes(&mut self) {
        if !self.problems.is_empty() {
            return;
        }
        let unnamed: Vec<u32> = (1..=self.volume.inodes)
            .filter(|number| self.volume.is_used(*number) == Some(true) && !self.inodes.contains_key(number))
            .filter(|number| {
                self.volume.inode(*number).is_some_and(|inode| inode.links > 0 && inode.mode != 0)
            })
            .collect();
        if let Some(first) = unnamed.first() {
            let detail = format!("{} inodes in use have no name; the first is {first}", unnamed.len());
            self.problem(ProblemKind::Malformed, 2 * self.volume.block as u64, detail);
        }
    }

    /// The names in a directory without its own and its parent's.
    fn list(&mut self, directory: &Inode) -> std::vec::IntoIter<(Vec<u8>, u32)> {
        let mut names = Vec::new();
        let (volume, step) = (self.volume, self.volume.entry_bytes());
        let block = volume.block as u64;
        let most = self.limits.entries.saturating_sub(self.entries).saturating_add(1);
        for index in 0..directory.size.div_ceil(block) {
            if self.blocks == 0 || names.len() as u64 > most {
                let detail = "more directory blocks or names than the volume or the limits allow";
                self.problem(ProblemKind::LimitReached, 0, detail);
                break;
            }
            self.blocks -= 1;
            let address = match volume.zone(directory, index) {
                Some(0) => continue,
                Some(address) => address,
                None => {
                    self.problem(ProblemKind::Malformed, 0, "a directory's zone lies outside");
                    break;
                }
            };
            let Some(bytes) = volume.block_at(address) else {
                self.problem(ProblemKind::Truncated, address, "the data ends inside a directory");
                break;
            };
            let length = position(directory.size - index * block).min(volume.block);
            for at in (0..length).step_by(step) {
                let (Some(number), Some(name)) =
                    (volume.number(bytes, at), slice(bytes, at + step - volume.names, volume.names))
                else {
                    break;
                };
                let name = until_nul(name);
                if number != 0 && !matches!(name, b"." | b"..") {
                    names.push((name.to_vec(), number));
                }
            }
        }
        names.into_iter()
    }

    fn entry(
        &mut self,
        path: Vec<u8>,
        number: u32,
        inode: &Inode,
        depth: usize,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Level> {
        let (major, minor) = inode.device();
        let known = self.inodes.get(&number).cloned();
        let mut level = None;
        let mut at = None;
        let kind = match inode.mode >> 12 {
            4 => {
                if known.is_some() {
                    self.problem(
                        ProblemKind::Malformed,
                        0,
                        format!("directory {number} is named a second time"),
                    );
                } else if depth >= DEPTH_MAX || path.len() > PATH_MAX {
                    self.problem(ProblemKind::LimitReached, 0, "a directory too deep to follow");
                } else {
                    self.inodes.insert(number, None);
                    level = Some(Level { path: path.clone(), names: self.list(inode) });
                }
                EntryKind::Directory
            }
            _ if let Some(Some(first)) = known => EntryKind::Hardlink(Cow::Owned(first)),
            8 => {
                let content = self.content(*inode);
                at = match &content {
                    Content::Slice(bytes) if !bytes.is_empty() => self.volume.zone(inode, 0),
                    _ => None,
                };
                EntryKind::File(content)
            }
            10 => EntryKind::Symlink(Cow::Owned(self.target(inode))),
            2 => EntryKind::CharacterDevice { major, minor },
            6 => EntryKind::BlockDevice { major, minor },
            1 => EntryKind::Fifo,
            12 => EntryKind::Socket,
            kind => {
                let detail = format!("inode {number} is of the unknown kind {kind}");
                self.problem(ProblemKind::Malformed, 0, detail);
                EntryKind::File(Content::Slice(&[]))
            }
        };
        let first = (inode.links > 1).then(|| path.clone());
        self.inodes.entry(number).or_insert(first);
        sink(Entry {
            path: Cow::Owned(path),
            kind,
            mode: Some(inode.mode & 0o7777),
            uid: Some(inode.uid),
            gid: Some(inode.gid),
            mtime: Some(inode.mtime.into()),
            at,
            xattrs: Vec::new(),
        });
        level
    }

    fn content(&mut self, inode: Inode) -> Content<'a> {
        let volume = self.volume;
        let block = volume.block as u64;
        let blocks = inode.size.div_ceil(block);
        let start = volume.zone(&inode, 0).unwrap_or(0);
        // No further than a run can go: a longer content has a hole or an end outside.
        let inside = blocks <= (volume.data.len() as u64 / block).min(self.looks);
        self.looks -= blocks.min(self.looks);
        let in_a_row =
            inside && (1..blocks).all(|index| volume.zone(&inode, index) == Some(start + index * block));
        if inode.size == 0 {
            return Content::Slice(&[]);
        }
        if start != 0
            && in_a_row
            && let Some(bytes) = slice(volume.data, position(start), position(inode.size))
        {
            return Content::Slice(bytes);
        }
        Content::Deferred { size: inode.size, make: Box::new(move |limits| unpack(volume, &inode, limits)) }
    }

    fn target(&mut self, inode: &Inode) -> Vec<u8> {
        let limits = Limits { object_bytes: TARGET_MAX, stop: self.limits.stop.clone(), ..Limits::default() };
        let unpacked = unpack(self.volume, inode, &limits);
        self.problems.extend(unpacked.problems);
        unpacked.bytes
    }
}

/// Makes a content: holes and what cannot be read are zeros.
fn unpack(volume: Volume, inode: &Inode, limits: &Limits) -> Unpacked {
    let mut unpacked = Unpacked::default();
    let wanted = inode.size.min(limits.object_bytes);
    let block = volume.block as u64;
    let mut reported = BTreeSet::new();
    for index in 0..wanted.div_ceil(block) {
        if limits.stopped() {
            unpacked.problems.push(Problem::new(ProblemKind::LimitReached, 0, "time is up"));
            return unpacked;
        }
        let length = position(wanted - index * block).min(volume.block);
        let before = unpacked.bytes.len();
        let problem = match volume.zone(inode, index) {
            Some(0) => None,
            Some(address) => match volume.block_at(address) {
                Some(bytes) => {
                    unpacked.bytes.extend_from_slice(head(bytes, length));
                    None
                }
                None => Some(Problem::new(ProblemKind::Truncated, address, "the data ends inside a file")),
            },
            None => Some(Problem::new(ProblemKind::Malformed, 0, "a file's zone lies outside")),
        };
        unpacked.bytes.resize(before + length, 0);
        // Once of each kind: a broken table of zones breaks all behind it.
        unpacked.problems.extend(problem.filter(|problem| reported.insert(problem.kind)));
    }
    if wanted < inode.size {
        let detail = format!("the file has {} bytes, {wanted} are allowed", inode.size);
        unpacked.problems.push(Problem::new(ProblemKind::LimitReached, 0, detail));
    }
    unpacked
}
