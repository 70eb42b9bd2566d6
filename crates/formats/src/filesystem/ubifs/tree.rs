//! From leaves to names and inodes.

use super::super::flash::{Problems, device};
use super::super::walk::{Name, PATH_MAX, Source, nameless};
use super::content::Contents;
use super::node::{Dirent, Inode, Key, Node, kind};
use crate::bytes::{head, u32_le};
use crate::{Content, Entry, EntryKind, Limits, ProblemKind};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

pub(super) const ROOT: u32 = 1;
/// Names and values of extended attributes that are taken up, in bytes, for one inode.
const XATTRS_MAX: usize = 1 << 20;

pub(super) struct Tree<'a> {
    contents: Arc<Contents<'a>>,
    /// The directory and name of each inode.
    names: BTreeMap<u32, (u32, &'a [u8])>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(contents: Arc<Contents<'a>>, problems: &mut Problems) -> Self {
        let mut names = BTreeMap::new();
        for (key, at) in &contents.index.leaves {
            let kind = key.word >> 29;
            if kind != u32::from(kind::DIRENT) && kind != u32::from(kind::XATTR) {
                continue;
            }
            let node = Node::parse(contents.data, *at);
            let dirent = node.as_ref().and_then(Dirent::parse);
            let (Some(node), Some(dirent)) = (node, dirent) else { continue };
            check(&node, &dirent, problems);
            if kind == u32::from(kind::DIRENT) && !dirent.name.is_empty() {
                names.entry(dirent.inode).or_insert((key.inode, dirent.name));
            }
        }
        Self { contents, names }
    }

    fn inode(&self, number: u32) -> Option<(Node<'a>, Inode<'a>)> {
        let node = self.contents.index.get(self.contents.data, Key::first(number, kind::INODE))?;
        Some((node, Inode::parse(&node)?))
    }

    fn is_encrypted(&self, inode: u32) -> bool {
        self.inode(inode).is_some_and(|(_, inode)| inode.is_encrypted())
    }

    fn content(&self, number: u32, inode: &Inode<'a>) -> Content<'a> {
        let encrypted = inode.is_encrypted();
        let (size, shown) = match encrypted {
            true => (inode.size, self.contents.stored_size(number)),
            false => (inode.size, inode.size),
        };
        if shown == 0 {
            return Content::Slice(&[]);
        }
        let contents = Arc::clone(&self.contents);
        let make = Box::new(move |limits: &Limits| contents.unpack(number, size, encrypted, limits));
        Content::Deferred { size: shown, make }
    }

    fn xattrs(&self, number: u32, problems: &mut Problems) -> Vec<crate::Xattr<'a>> {
        let mut xattrs = Vec::new();
        let mut bytes = 0;
        for (_, at) in self.contents.index.of(number, kind::XATTR) {
            let node = Node::parse(self.contents.data, at);
            let Some(dirent) = node.as_ref().and_then(Dirent::parse) else { continue };
            let Some((_, inode)) = self.inode(dirent.inode) else {
                let detail = format!("inode {}, the value of an attribute, has no node", dirent.inode);
                problems.push(ProblemKind::Malformed, at + 40, detail);
                continue;
            };
            bytes += dirent.name.len() + inode.data.len();
            if bytes > XATTRS_MAX {
                let detail = format!("inode {number} has more attributes than are read");
                problems.push(ProblemKind::LimitReached, at, detail);
                break;
            }
            xattrs.push((Cow::Borrowed(dirent.name), Cow::Borrowed(inode.data)));
        }
        xattrs
    }
}

impl<'a> Source<'a> for Tree<'a> {
    fn names(&self, directory: u32) -> Vec<Name<'a>> {
        let encrypted = self.is_encrypted(directory);
        let leaves = self.contents.index.of(directory, kind::DIRENT);
        let mut names: Vec<Name<'a>> = leaves
            .filter_map(|(_, at)| {
                let dirent = Dirent::parse(&Node::parse(self.contents.data, at)?)?;
                let name = match dirent.name {
                    b"" => Cow::Owned(format!("(nameless)-{at}").into_bytes()),
                    name if encrypted => Cow::Owned(hexadecimal(name)),
                    name => Cow::Borrowed(name),
                };
                Some(Name { name, ino: dirent.inode, at, kind: dirent.kind })
            })
            .collect();
        names.sort_by(|one, other| one.name.cmp(&other.name));
        names
    }

    fn entry(&self, name: &Name<'a>, _: bool, problems: &mut Problems) -> Option<Entry<'a>> {
        let number = name.ino;
        if let Some(node) = Node::parse(self.contents.data, name.at)
            && !node.fits()
        {
            problems.push(
                ProblemKind::Checksum,
                name.at + 4,
                "the checksum of a directory entry does not fit",
            );
        }
        let Some((node, inode)) = self.inode(number) else {
            problems.push(ProblemKind::Malformed, name.at, format!("inode {number} has a name but no node"));
            let kind = match name.kind {
                0 => EntryKind::File(Content::Slice(&[])),
                1 => EntryKind::Directory,
                5 => EntryKind::Fifo,
                6 => EntryKind::Socket,
                _ => return None,
            };
            return Some(nameless(kind));
        };
        if !node.fits() {
            problems.push(ProblemKind::Checksum, node.at + 4, "the checksum of an inode does not fit");
        }
        let number_of_device = || device(u32_le(inode.data, 0).unwrap_or_default());
        let kind = match inode.mode & 0o170_000 {
            0o040_000 => EntryKind::Directory,
            0o100_000 => {
                if inode.is_encrypted() {
                    problems.push(ProblemKind::Unsupported, node.at, "the content is encrypted");
                }
                EntryKind::File(self.content(number, &inode))
            }
            0o120_000 if inode.is_encrypted() => {
                problems.push(ProblemKind::Unsupported, node.at, "the target of a link is encrypted");
                EntryKind::Symlink(Cow::Owned(hexadecimal(head(inode.data, PATH_MAX))))
            }
            0o120_000 => EntryKind::Symlink(Cow::Borrowed(head(inode.data, PATH_MAX))),
            0o020_000 | 0o060_000 if inode.data.len() < 4 => {
                let detail = format!("a device with a number of {} bytes", inode.data.len());
                problems.push(ProblemKind::Malformed, node.at + 112, detail);
                return None;
            }
            0o020_000 => {
                let (major, minor) = number_of_device();
                EntryKind::CharacterDevice { major, minor }
            }
            0o060_000 => {
                let (major, minor) = number_of_device();
                EntryKind::BlockDevice { major, minor }
            }
            0o010_000 => EntryKind::Fifo,
            0o140_000 => EntryKind::Socket,
            other => {
                let detail = format!("inode {number} is of type {other:#o}, which is not defined");
                problems.push(ProblemKind::Malformed, node.at + 104, detail);
                return None;
            }
        };
        if matches!(kind, EntryKind::Directory) && inode.is_encrypted() {
            problems.push(ProblemKind::Unsupported, node.at, "the names in a directory are encrypted");
        }
        Some(Entry {
            mode: Some(inode.mode & 0o7777),
            uid: Some(inode.uid),
            gid: Some(inode.gid),
            mtime: Some(inode.mtime),
            xattrs: self.xattrs(number, problems),
            ..nameless(kind)
        })
    }

    fn unreached(&self, reached: &dyn Fn(u32) -> bool) -> BTreeSet<u32> {
        let leaves = self.contents.index.leaves.keys().filter(|key| key.word == 0 && !reached(key.inode));
        leaves
            .map(|key| key.inode)
            .filter(|number| self.inode(*number).is_some_and(|(_, inode)| !inode.is_xattr()))
            .collect()
    }

    fn former_name(&self, ino: u32) -> Option<(u32, Name<'a>)> {
        let (directory, name) = self.names.get(&ino)?;
        let name =
            if self.is_encrypted(*directory) { Cow::Owned(hexadecimal(name)) } else { Cow::Borrowed(*name) };
        Some((*directory, Name { name, ino, at: 0, kind: 0 }))
    }
}

/// Tells what is wrong with a name.
fn check(node: &Node, dirent: &Dirent, problems: &mut Problems) {
    if dirent.above != 0 {
        let number = u64::from(dirent.above) << 32 | u64::from(dirent.inode);
        let detail = format!("a name of inode {number}, which cannot be; {} is used", dirent.inode);
        problems.push(ProblemKind::Malformed, node.at + 40, detail);
    }
    if dirent.name.is_empty() {
        let detail = format!("a name of inode {} that is empty", dirent.inode);
        problems.push(ProblemKind::Malformed, node.at + 50, detail);
    } else if !dirent.is_whole(node) {
        let detail = format!("a name of {} bytes does not end with its node", dirent.name.len());
        problems.push(ProblemKind::Malformed, node.at + 50, detail);
    }
}

/// What an encrypted name is shown as: it may hold any byte.
fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    let mut text = "(encrypted)".to_owned();
    for byte in bytes {
        // Writing to a string does not fail.
        _ = write!(text, "{byte:02x}");
    }
    text.into_bytes()
}
