//! Which nodes count: those of the index as of the last commit, changed by the journal since; or all there are, by their
//! sequence numbers, where the index cannot be read.

use super::super::flash::Problems;
use super::FLAG_AUTHENTICATION;
use super::node::{
    BLOCK, BLOCK_NUMBER, Branch, Inode, Key, LOG_START, Master, Node, Nodes, Superblock, branches, kind,
};
use crate::{Limits, ProblemKind};
use std::collections::{BTreeMap, BTreeSet};

/// Levels of an index at most; the format's own limit is 512, of which nobody needs more than a few.
const LEVELS: u16 = 64;

/// The leaves: for each key, where its node stands.
#[derive(Debug, Default)]
pub(super) struct Index<'a> {
    pub(super) leaves: BTreeMap<Key<'a>, usize>,
    /// Nodes of the journal that are newer than the index.
    pub(super) replayed: usize,
    /// The index was left aside, and every node looked at.
    pub(super) scanned: bool,
    /// Inodes that were deleted while still open.
    pub(super) orphans: BTreeSet<u64>,
    /// Inode and word of the keys that the index has, but not with their node.
    missing: BTreeSet<(u32, u32)>,
    /// The highest sequence number of its leaves.
    newest: u64,
}

impl<'a> Index<'a> {
    pub(super) fn read(
        data: &'a [u8],
        superblock: &Superblock,
        master: Option<&Master>,
        limits: &Limits,
        problems: &mut Problems,
    ) -> Self {
        let mut index = Self::default();
        let whole = master.is_some_and(|master| {
            index.walk(data, superblock, master.root, limits, problems) && !limits.stopped()
        });
        match master {
            Some(master) if whole => {
                index.recover(data, superblock);
                index.replay(data, superblock, master, limits, problems);
            }
            _ => index.scan(data, superblock, limits, problems),
        }
        let orphans = superblock.place(superblock.orphan_start())..superblock.place(superblock.main_start());
        for node in Nodes::new(data, orphans.start, orphans.end).filter(|node| node.kind == kind::ORPHANS) {
            // Only those since the last commit count.
            let commit = node.u64(24).unwrap_or_default() & (u64::MAX >> 1);
            if master.is_none_or(|master| commit >= master.commit) {
                let numbers = node.bytes.get(32..).unwrap_or_default().chunks_exact(8);
                index.orphans.extend(numbers.filter_map(|bytes| crate::bytes::u64_le(bytes, 0)));
            }
        }
        index
    }

    /// Takes up every leaf below `root`; whether all of the index could be read.
    fn walk(
        &mut self,
        data: &'a [u8],
        superblock: &Superblock,
        root: Branch,
        limits: &Limits,
        problems: &mut Problems,
    ) -> bool {
        let mut open = vec![(root, LEVELS)];
        let mut seen = BTreeSet::new();
        let authenticated = superblock.flags & FLAG_AUTHENTICATION != 0;
        let read = |node: &Node| branches(node, authenticated);
        while let Some((branch, below)) = open.pop() {
            if limits.stopped() {
                problems.push(ProblemKind::LimitReached, 0, "time is up");
                return true;
            }
            let at = superblock.place(branch.block).saturating_add(branch.offset as usize);
            let node = Node::parse(data, at).filter(|node| node.kind == kind::INDEX && node.fits());
            let Some((level, children)) = node.as_ref().and_then(read).filter(|(level, _)| *level < below)
            else {
                let gone = at.saturating_add(branch.length as usize) > data.len();
                let kind = if gone { ProblemKind::Truncated } else { ProblemKind::Malformed };
                let detail = format!("the index node at {at} cannot be read");
                problems.push(kind, at.min(data.len()), detail);
                return false;
            };
            if !seen.insert(at) {
                problems.push(ProblemKind::Malformed, at, "an index node is named a second time");
                return false;
            }
            for (child, key) in children {
                if level > 0 {
                    open.push((child, level));
                } else if let Err((kind, detail)) = self.leaf(data, superblock, child, key) {
                    let at = superblock.place(child.block).saturating_add(child.offset as usize);
                    problems.push(kind, at.min(data.len()), detail);
                    self.missing.insert(key);
                }
            }
        }
        true
    }

    /// Takes up the node that a branch leads to; what is wrong with it.
    fn leaf(
        &mut self,
        data: &'a [u8],
        superblock: &Superblock,
        branch: Branch,
        wanted: (u32, u32),
    ) -> Result<(), (ProblemKind, String)> {
        let at = superblock.place(branch.block).saturating_add(branch.offset as usize);
        let node = Node::parse(data, at).filter(|node| node.bytes.len() == branch.length as usize);
        let Some((node, key)) = node.and_then(|node| Some((node, node.key()?))) else {
            let gone = at.saturating_add(branch.length as usize) > data.len();
            let kind = if gone { ProblemKind::Truncated } else { ProblemKind::Malformed };
            return Err((kind, format!("no node stands at {at}, where the index names one")));
        };
        self.newest = self.newest.max(node.sequence);
        if (key.inode, key.word) == wanted {
            self.leaves.insert(key, at);
            return Ok(());
        }
        self.leaves.entry(key).or_insert(at);
        let detail = format!(
            "the index has the key {:#x} of inode {} at {at}, where that of {:#x} of inode {} stands",
            wanted.1, wanted.0, key.word, key.inode
        );
        Err((ProblemKind::Malformed, detail))
    }

    /// Looks for the nodes that the index has, but leads to in vain.
    fn recover(&mut self, data: &'a [u8], superblock: &Superblock) {
        if self.missing.is_empty() {
            return;
        }
        let is_missing = |key: Key| self.missing.contains(&(key.inode, key.word));
        let nodes = superblock.main_nodes(data).filter(|node| node.key().is_some_and(is_missing));
        let mut nodes: Vec<Node<'a>> = nodes.collect();
        nodes.sort_by_key(|node| (node.sequence, node.at));
        for node in &nodes {
            self.apply(node);
        }
    }

    /// Applies the nodes that were written since the last commit.
    fn replay(
        &mut self,
        data: &'a [u8],
        superblock: &Superblock,
        master: &Master,
        limits: &Limits,
        problems: &mut Problems,
    ) {
        let mut nodes = Vec::new();
        let (buds, commit) = buds(data, superblock, master, problems);
        for (block, offset) in buds {
            let start = superblock.place(block).saturating_add(offset as usize);
            let end = superblock.place(block.saturating_add(1));
            let mut bud = Nodes::new(data, start, end);
            nodes.extend(bud.by_ref());
            if let Some(at) = bud.strange {
                problems.push(ProblemKind::Malformed, at, "the journal holds bytes that are no whole node");
            }
            if end > data.len() && start < data.len() {
                let detail = "the data ends inside a block of the journal";
                problems.push(ProblemKind::Truncated, data.len(), detail);
            }
        }
        nodes.extend(self.unnamed(data, superblock, &nodes, commit, limits, problems));
        nodes.sort_by_key(|node| (node.sequence, node.at));
        for node in &nodes {
            self.replayed += usize::from(self.apply(node));
        }
    }

    /// The nodes that are newer than the index, but in no block that the log names.
    fn unnamed(
        &self,
        data: &'a [u8],
        superblock: &Superblock,
        named: &[Node<'a>],
        commit: Option<u64>,
        limits: &Limits,
        problems: &mut Problems,
    ) -> Vec<Node<'a>> {
        let known: BTreeSet<usize> =
            named.iter().map(|node| node.at).chain(self.leaves.values().copied()).collect();
        let since = commit.unwrap_or(self.newest);
        let mut found = Vec::new();
        let mut blocks = BTreeMap::new();
        for (number, node) in superblock.main_nodes(data).enumerate() {
            if number % 256 == 0 && limits.stopped() {
                problems.push(ProblemKind::LimitReached, node.at, "time is up");
                break;
            }
            if node.sequence > since && node.counts() && !known.contains(&node.at) {
                blocks.entry(node.at / superblock.block_size).or_insert((node.at, 0)).1 += 1;
                found.push(node);
            }
        }
        for (block, (at, count)) in blocks {
            let detail = format!(
                "{count} nodes in block {block} are newer than the index, and the log does not name them; \
                 they were taken up"
            );
            problems.push(ProblemKind::Malformed, at, detail);
        }
        found
    }

    /// Takes up every node there is, in the order in which they were written.
    fn scan(&mut self, data: &'a [u8], superblock: &Superblock, limits: &Limits, problems: &mut Problems) {
        self.scanned = true;
        self.leaves.clear();
        let start = superblock.place(superblock.main_start());
        let mut order = Vec::new();
        for (number, from) in (start..data.len()).step_by(superblock.block_size).enumerate() {
            if number % 16 == 0 && limits.stopped() {
                problems.push(ProblemKind::LimitReached, from, "time is up");
                break;
            }
            let nodes = Nodes::new(data, from, from.saturating_add(superblock.block_size));
            let wanted = nodes.filter(Node::counts);
            order.extend(wanted.map(|node| (node.sequence, node.at)));
        }
        order.sort_unstable();
        order.dedup();
        for node in order.into_iter().filter_map(|(_, at)| Node::parse(data, at)) {
            self.apply(&node);
        }
    }

    /// Does what a node says; whether it says something.
    fn apply(&mut self, node: &Node<'a>) -> bool {
        if node.kind == kind::TRUNCATION {
            let (Some(inode), Some(size)) = (node.u32(24), node.u64(48)) else { return false };
            let first = u32::try_from(size.div_ceil(BLOCK as u64)).unwrap_or(u32::MAX).min(BLOCK_NUMBER);
            self.remove(Key::block(inode, first), Key::block(inode, BLOCK_NUMBER));
            return true;
        }
        let Some(key) = node.key() else { return false };
        let deletes = match node.kind {
            kind::DIRENT | kind::XATTR => node.u64(40) == Some(0),
            kind::INODE => Inode::parse(node).is_some_and(|inode| inode.links == 0),
            _ => false,
        };
        match (deletes, node.kind) {
            (true, kind::INODE) => {
                self.remove(key, Key { inode: key.inode, word: u32::MAX, name: &[] });
            }
            (true, _) => _ = self.leaves.remove(&key),
            (false, _) => _ = self.leaves.insert(key, node.at),
        }
        true
    }

    /// Removes the keys from `first` to `last`, both included.
    fn remove(&mut self, first: Key<'a>, last: Key<'a>) {
        let keys: Vec<Key<'a>> = self.leaves.range(first..=last).map(|(key, _)| *key).collect();
        for key in keys {
            self.leaves.remove(&key);
        }
    }

    /// The node of a key.
    pub(super) fn get(&self, data: &'a [u8], key: Key<'a>) -> Option<Node<'a>> {
        Node::parse(data, *self.leaves.get(&key)?)
    }

    /// The nodes of one type that an inode has, in the order of their keys.
    pub(super) fn of(&self, inode: u32, kind: u8) -> impl Iterator<Item = (&Key<'a>, usize)> {
        let last = Key::first(inode, kind + 1);
        self.leaves.range(Key::first(inode, kind)..last).map(|(key, at)| (key, *at))
    }
}

/// The parts of blocks that the log names since the last commit.
/// And the sequence number of the commit, where the log has it.
fn buds(
    data: &[u8],
    superblock: &Superblock,
    master: &Master,
    problems: &mut Problems,
) -> (Vec<(u32, u32)>, Option<u64>) {
    let mut buds = Vec::new();
    let mut seen = BTreeSet::new();
    let all = master.blocks.max(superblock.blocks);
    let log = LOG_START..LOG_START.saturating_add(superblock.log_blocks);
    if !log.contains(&master.log) {
        let detail = format!("the log starts in block {}, outside of its blocks", master.log);
        problems.push(ProblemKind::Malformed, superblock.place(1) + 44, detail);
        return (buds, None);
    }
    let blocks = (master.log..log.end).chain(log.start..master.log);
    let mut commit_sequence = 0;
    for (number, block) in blocks.enumerate() {
        let start = superblock.place(block);
        let mut nodes = Nodes::new(data, start, superblock.place(block + 1)).peekable();
        let first = nodes.peek().copied();
        if number == 0 && first.is_none() {
            problems.push(ProblemKind::Malformed, start.min(data.len()), "the log holds no node");
            return (buds, None);
        }
        let Some(first) = first else { break };
        if number == 0 {
            if first.kind != kind::COMMIT_START || first.u64(24) != Some(master.commit) {
                let detail = format!("the log does not start with commit {}", master.commit);
                problems.push(ProblemKind::Malformed, start, detail);
                return (buds, None);
            }
            commit_sequence = first.sequence;
        } else if first.sequence < commit_sequence {
            // From before the commit.
            break;
        }
        for node in nodes {
            match node.kind {
                kind::REFERENCE => {
                    let (Some(block), Some(offset)) = (node.u32(24), node.u32(28)) else { continue };
                    let sane = block >= superblock.main_start()
                        && block < all
                        && (offset as usize) < superblock.block_size;
                    if !sane {
                        let detail = format!("the log names block {block} at {offset}");
                        problems.push(ProblemKind::Malformed, node.at + 24, detail);
                    } else if superblock.place(block) >= data.len() {
                        let detail = format!("block {block}, which the log names, is not there");
                        problems.push(ProblemKind::Truncated, data.len(), detail);
                    } else if seen.insert(block) {
                        buds.push((block, offset));
                    }
                }
                kind::COMMIT_START | kind::PADDING | kind::AUTHENTICATION => {}
                other => {
                    let detail = format!("a node of type {other} in the log");
                    problems.push(ProblemKind::Malformed, node.at + 20, detail);
                }
            }
        }
    }
    (buds, Some(commit_sequence))
}
