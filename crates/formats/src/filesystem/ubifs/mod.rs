//! UBIFS: the file system of UBI volumes.
//!
//! Finds: the tree as it would be mounted: the index of the last commit, with what the journal holds since; extended
//! attributes; inodes that no name leads to, under `(deleted)/`. How: the newest master node names the root of the
//! index, a B-tree whose leaves are inodes, names and blocks of contents; the log names the blocks that were written
//! since, whose nodes are applied in the order of their sequence numbers. Where the index cannot be read, every node there
//! is is taken up in that order, which is told. Checksums of all nodes that are used are compared. The image has as many
//! blocks as its superblock or its master node says; a volume may end before, since blocks without nodes need not be
//! there. Wrong when: carved from unknown bytes, the superblock's checksum must fit. Misses: nodes that were replaced.
//! Source: Linux, fs/ubifs/ubifs-media.h; A. Hunter, "A Brief Introduction to the Design of UBIFS" (2008).

mod content;
mod index;
mod node;
#[cfg(test)]
mod tests;
mod tree;

use super::flash::Problems;
use super::walk::Walk;
use crate::broken;
use crate::{Content, Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use content::{Contents, compression_name};
use index::Index;
use node::{Master, Node, Nodes, Superblock, kind};
use std::fmt::Write;
use std::sync::Arc;
use tree::Tree;

/// UBIFS.
pub struct Ubifs;

static DESCRIPTION: Description = Description {
    name: "ubifs",
    title: "UBIFS file system",
    magics: &[Magic { offset: 0, bytes: node::MAGIC }],
    yields: "its entries without the root, each directory before what it holds, inodes without a name under \
             (deleted)/, blocks that are in no file under (lost)/; contents are made on demand",
    limits: &[
        "encrypted contents are handed out as they are stored, encrypted names as hexadecimal digits",
        "signatures and hashes of signed images are not verified",
        "nodes that were replaced or deleted since are not handed out",
        "where the index is broken, names that were deleted long ago may come back",
        "the tables of free space are not read",
        "paths longer than 8 KiB and directories deeper than 128 are not followed",
    ],
    source: "Linux, fs/ubifs/ubifs-media.h",
};

const FLAG_ENCRYPTION: u32 = 0x10;
const FLAG_AUTHENTICATION: u32 = 0x20;
const MASTER_RECOVERY: u32 = 4;

impl Format for Ubifs {
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
        let first = Node::parse(data, 0);
        let superblock = first.as_ref().and_then(Superblock::parse);
        let (Some(first), Some(superblock)) = (first, superblock) else {
            return broken::header(data, place, &DESCRIPTION, || match first {
                None if data.len() < 4096 => broken::cut_off(data),
                _ => Problem::new(ProblemKind::Malformed, 20, "no superblock that can be read"),
            });
        };
        let mut problems = Problems::default();
        if !first.fits() {
            if place == Place::Inside {
                return None;
            }
            problems.push(ProblemKind::Checksum, 4, "the checksum of the superblock does not fit");
        }
        let master = master(data, &superblock);
        if master.is_none() {
            problems.push(ProblemKind::Malformed, superblock.place(1), "no master node can be read");
        }
        let blocks = master.map_or(0, |master| master.blocks).max(superblock.blocks);
        let size = superblock.place(blocks).min(data.len());
        let data = data.get(..size)?;
        if superblock.blocks > superblock.max_blocks {
            let (blocks, most) = (superblock.blocks, superblock.max_blocks);
            let detail = format!("{blocks} blocks are stated, of {most} that there may be");
            problems.push(ProblemKind::Malformed, 40, detail);
            if size < superblock.place(blocks) {
                let detail = format!("{blocks} blocks of {} bytes are stated", superblock.block_size);
                problems.push(ProblemKind::Truncated, size, detail);
            }
        }
        if size < superblock.place(superblock.main_start()) {
            problems.push(ProblemKind::Truncated, size, "the data ends before the first block of files");
        }
        let mut attributes = attributes(&superblock, master.as_ref());
        if superblock.key_format != 0 || superblock.key_hash > 1 {
            let detail = format!(
                "keys of format {} with hash {} are not read",
                superblock.key_format, superblock.key_hash
            );
            problems.push(ProblemKind::Unsupported, 26, detail);
            return Some(Reading { size: size.max(1), attributes, problems: problems.into_vec() });
        }
        let index = Index::read(data, &superblock, master.as_ref(), limits, &mut problems);
        if index.scanned {
            let detail = "the index cannot be read: all nodes were taken up by their sequence numbers";
            problems.push(ProblemKind::Malformed, superblock.place(1), detail);
        }
        let counts = [("journal-nodes", index.replayed), ("orphans", index.orphans.len())];
        for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            attributes.push((name, count.to_string()));
        }
        let contents = Arc::new(Contents { data, index: Arc::new(index) });
        let tree = Tree::new(Arc::clone(&contents), &mut problems);
        let mut entries = 0;
        let mut counted = |entry: Entry<'a>| {
            entries += 1;
            sink(entry);
        };
        let walk = Walk::run(&tree, tree::ROOT, limits, &mut problems, &mut counted);
        if walk.deleted > 0 {
            attributes.push(("nameless-inodes", walk.deleted.to_string()));
        }
        hand_out_lost(&contents, entries, limits, &mut problems, sink);
        Some(Reading { size: size.max(1), attributes, problems: problems.into_vec() })
    }
}

/// Hands out the blocks that are in no file.
fn hand_out_lost<'a>(
    contents: &Arc<Contents<'a>>,
    mut entries: u64,
    limits: &Limits,
    problems: &mut Problems,
    sink: &mut dyn FnMut(Entry<'a>),
) {
    for (inode, blocks) in contents.lost() {
        let Some((first, at)) = blocks.first().copied() else { continue };
        let detail = format!(
            "{} blocks of inode {inode}, from block {first} on, are in no file or reach past its end",
            blocks.len()
        );
        problems.push(ProblemKind::Malformed, at, detail);
        if entries >= limits.entries || limits.stopped() {
            problems.push(ProblemKind::LimitReached, at, format!("stopped after {entries} entries"));
            return;
        }
        entries += 1;
        let size = (blocks.len() * node::BLOCK) as u64;
        let contents = Arc::clone(contents);
        let make = Box::new(move |limits: &Limits| contents.unpack_blocks(&blocks, limits));
        let content = Content::Deferred { size, make };
        let path = format!("(lost)/inode-{inode}").into_bytes();
        sink(Entry::stream(path, content, None));
    }
}

/// The newest master node of the two blocks that hold them.
fn master(data: &[u8], superblock: &Superblock) -> Option<Master> {
    let blocks = [1, 2].map(|block| (superblock.place(block), superblock.place(block + 1)));
    let nodes = blocks.into_iter().flat_map(|(from, to)| Nodes::new(data, from, to));
    let masters = nodes.filter(|node| node.kind == kind::MASTER).filter_map(|node| Master::parse(&node));
    masters.max_by_key(|master| master.sequence)
}

fn attributes(superblock: &Superblock, master: Option<&Master>) -> Vec<(&'static str, String)> {
    let uuid = superblock.uuid.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        _ = write!(text, "{byte:02x}");
        text
    });
    let mut attributes = vec![
        ("version", superblock.version.to_string()),
        ("compression", compression_name(superblock.compression)),
        ("erase-block", superblock.block_size.to_string()),
        ("erase-blocks", superblock.blocks.to_string()),
        ("erase-blocks-at-most", superblock.max_blocks.to_string()),
        ("page", superblock.min_io.to_string()),
        ("fanout", superblock.fanout.to_string()),
        ("key-hash", if superblock.key_hash == 0 { "r5" } else { "test" }.to_owned()),
        ("flags", format!("{:#x}", superblock.flags)),
        ("uuid", uuid),
    ];
    if let Some(master) = master {
        attributes.push(("commit", master.commit.to_string()));
        attributes.push(("highest-inode", master.highest_inode.to_string()));
        attributes.push(("index-size", master.index_size.to_string()));
        if master.flags & MASTER_RECOVERY != 0 {
            attributes.push(("recovery", "needed".to_owned()));
        }
    }
    if superblock.flags & FLAG_ENCRYPTION != 0 {
        attributes.push(("encryption", "yes".to_owned()));
    }
    if superblock.flags & FLAG_AUTHENTICATION != 0 {
        attributes.push(("authentication", format!("hash {}", superblock.hash)));
    }
    attributes
}
