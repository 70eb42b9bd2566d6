//! Contents: pieces with versions, of which the newest stands at each place.

use super::super::flash::{Problems, crc_from_zeros};
use super::super::order::Order;
use super::codec::{self, Codec};
use super::node::{INODE_SIZE, Inode, Piece};
use crate::bytes::{head, position, tail};
use crate::{Limits, ProblemKind, Unpacked};
use std::collections::BTreeMap;
use std::ops::Range;

/// The pieces of all files, by inode and version.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    data: &'a [u8],
    order: Order,
    sorted: Vec<Piece>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(data: &'a [u8], order: Order, mut pieces: Vec<Piece>) -> Self {
        pieces.sort_by_key(|piece| (piece.ino, piece.version, piece.at));
        Self { data, order, sorted: pieces }
    }

    /// The pieces of one inode.
    pub(super) fn of(&self, ino: u32) -> Range<usize> {
        let from = self.sorted.partition_point(|piece| piece.ino < ino);
        from..self.sorted.partition_point(|piece| piece.ino <= ino)
    }

    pub(super) fn get(&self, range: Range<usize>) -> &[Piece] {
        self.sorted.get(range).unwrap_or_default()
    }

    /// All inodes that have a node, in order.
    pub(super) fn inodes(&self) -> impl Iterator<Item = u32> {
        let same = self.sorted.chunk_by(|one, other| one.ino == other.ino);
        same.filter_map(|same| same.first().map(|piece| piece.ino))
    }

    /// The newest inode node; nodes that are marked obsolete count where there is no other.
    pub(super) fn newest(&self, ino: u32) -> Option<Inode> {
        let pieces = self.get(self.of(ino));
        let current = pieces.iter().rev().find(|piece| !piece.obsolete);
        let piece = current.or_else(|| pieces.last())?;
        Inode::parse(self.data, piece.at, self.order)
    }

    /// The content, where one node holds it as it is, and where it stands.
    pub(super) fn as_slice(&self, ino: u32) -> Option<(&'a [u8], usize)> {
        let [piece] = self.get(self.of(ino)) else { return None };
        let inode = Inode::parse(self.data, piece.at, self.order)?;
        let at = inode.at + INODE_SIZE;
        let bytes = crate::bytes::slice(self.data, at, inode.stored as usize)?;
        let whole = inode.compression == codec::NONE && inode.offset == 0 && inode.size == inode.stored;
        (whole && inode.made == inode.stored && crc_from_zeros(bytes) == inode.checksum)
            .then_some((bytes, at))
    }

    /// The content that goes furthest past the size that its own node states: where the node stands, and where in the
    /// file the content ends. Writers raise the size with the content, and cut a file off with a new node.
    pub(super) fn overrun(&self, ino: u32) -> Option<(usize, u64)> {
        let inodes = self.inodes_newest_first(ino);
        let over = inodes.iter().filter(|inode| inode.stored > 0 && inode.reach() > u64::from(inode.size));
        over.map(|inode| (inode.at, inode.reach())).max_by_key(|(_, end)| *end)
    }

    /// The first node of an inode that holds bytes of content, and how many all of them hold.
    pub(super) fn held(&self, ino: u32) -> Option<(usize, u64)> {
        let inodes = self.inodes_newest_first(ino);
        let at = inodes.iter().filter(|inode| inode.stored > 0).map(|inode| inode.at).min()?;
        Some((at, inodes.iter().map(|inode| u64::from(inode.stored)).sum()))
    }

    /// Where in the file the last piece of an inode ends.
    pub(super) fn end(&self, ino: u32) -> u64 {
        self.inodes_newest_first(ino).iter().map(Inode::reach).max().unwrap_or_default()
    }

    /// Makes the content of `size` bytes, and what the last piece makes past its stated size. With `complete`, bytes that
    /// no node holds are told.
    pub(super) fn unpack(&self, ino: u32, size: u64, complete: bool, limits: &Limits) -> Unpacked {
        let inodes = self.inodes_newest_first(ino);
        let first = inodes.first().map_or(0, |inode| inode.at);
        let held = inodes.iter().map(Inode::reach).max().unwrap_or_default();
        let length = position(held.min(limits.object_bytes).min(size));
        let mut bytes = vec![0; length];
        let mut problems = Problems::default();
        if size > limits.object_bytes {
            let detail = format!("the file has {size} bytes, {} are allowed", limits.object_bytes);
            problems.push(ProblemKind::LimitReached, first, detail);
        } else if complete && size > held {
            let detail = format!("the file has {size} bytes, its nodes hold {held}");
            problems.push(ProblemKind::Malformed, first, detail);
        }
        let mut open = Open::new(length);
        let mut codec = Codec::default();
        let mut scratch = Vec::new();
        let mut behind = Vec::new();
        for inode in inodes {
            if open.is_empty() {
                break;
            }
            if limits.stopped() {
                problems.push(ProblemKind::LimitReached, inode.at, "time is up");
                return Unpacked { bytes, problems: problems.into_vec() };
            }
            let start = inode.offset as usize;
            let end = length.min(position(inode.reach()));
            if inode.reach() < inode.end() {
                let believed = inode.reach() - u64::from(inode.offset);
                let detail = format!(
                    "a node states {} bytes, the {} that it stores can become {believed} at most",
                    inode.made, inode.stored
                );
                problems.push(ProblemKind::Malformed, inode.at + 52, detail);
            }
            let parts = open.take(start, end);
            let (Some(last), false) = (parts.last(), inode.compression == codec::ZERO) else { continue };
            let at = inode.at + INODE_SIZE;
            let input = head(tail(self.data, at), inode.stored as usize);
            if input.len() < inode.stored as usize {
                problems.push(ProblemKind::Truncated, self.data.len(), "the data ends inside a node");
            } else if crc_from_zeros(input) != inode.checksum {
                let detail = "the checksum of a node's content does not fit";
                problems.push(ProblemKind::Checksum, inode.at + 60, detail);
            }
            // What it makes is needed up to the last open part, and a byte more tells that there is more.
            let wanted = last.end - start;
            let is_whole = position(inode.end()) == last.end && codec::ends_by_itself(inode.compression);
            scratch.clear();
            scratch.resize(wanted + usize::from(is_whole), 0);
            let (mut made, failure) = codec.decode(inode.compression, input, &mut scratch, wanted, limits);
            if made > wanted {
                let most = codec::most(inode.compression, inode.stored).min(limits.object_bytes);
                scratch.clear();
                scratch.resize(position(most).max(made), 0);
                (made, _) = codec.decode(inode.compression, input, &mut scratch, wanted, limits);
                let more = made.saturating_sub(wanted);
                let is_last = last.end == length;
                let detail = format!(
                    "a node states {} bytes and makes {made}; {more} are {}",
                    inode.made,
                    if is_last { "behind the file's end" } else { "left out of the file" }
                );
                problems.push(ProblemKind::Malformed, inode.at + 52, detail);
                if is_last {
                    behind = head(tail(&scratch, wanted), more).to_vec();
                }
            }
            for part in parts {
                let from = tail(&scratch, part.start - start);
                if let Some(target) = bytes.get_mut(part) {
                    for (byte, new) in target.iter_mut().zip(from) {
                        *byte = *new;
                    }
                }
            }
            if let Some(failure) = failure {
                problems.push(failure.kind, at + position(failure.offset), failure.detail);
            }
        }
        if complete && let Some(part) = open.first() {
            let detail = format!("bytes {} to {} of the file are in no node", part.start, part.end);
            problems.push(ProblemKind::Malformed, first, detail);
        }
        let room = position(limits.object_bytes).saturating_sub(bytes.len());
        if behind.len() > room {
            let detail = format!("{} bytes behind the file's end are not made", behind.len() - room);
            problems.push(ProblemKind::LimitReached, first, detail);
        }
        bytes.extend_from_slice(head(&behind, room));
        Unpacked { bytes, problems: problems.into_vec() }
    }

    fn inodes_newest_first(&self, ino: u32) -> Vec<Inode> {
        let pieces = self.get(self.of(ino));
        let any_current = pieces.iter().any(|piece| !piece.obsolete);
        pieces
            .iter()
            .rev()
            .filter(|piece| !(any_current && piece.obsolete))
            .filter_map(|piece| Inode::parse(self.data, piece.at, self.order))
            .collect()
    }
}

/// The parts of a file that no piece was found for yet.
struct Open(BTreeMap<usize, usize>);

impl Open {
    fn new(length: usize) -> Self {
        Self((length > 0).then_some((0, length)).into_iter().collect())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn first(&self) -> Option<Range<usize>> {
        self.0.first_key_value().map(|(start, end)| *start..*end)
    }

    /// Takes out what of `start..end` is still open.
    fn take(&mut self, start: usize, end: usize) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        if start >= end {
            return parts;
        }
        if let Some((from, to)) = self.0.range(..start).next_back().map(|(from, to)| (*from, *to))
            && to > start
        {
            self.0.insert(from, start);
            self.0.insert(start, to);
        }
        while let Some((from, to)) = self.0.range(start..end).next().map(|(from, to)| (*from, *to)) {
            self.0.remove(&from);
            if to > end {
                self.0.insert(end, to);
            }
            parts.push(from..to.min(end));
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_byte_is_taken_once(ranges in prop::collection::vec((0..200_usize, 0..90_usize), 0..40)) {
            let mut open = Open::new(150);
            let mut taken = [false; 150];
            for (start, length) in ranges {
                let end = (start + length).min(150);
                let fresh: Vec<usize> = (start..end).filter(|at| !taken[*at]).collect();
                let parts: Vec<usize> = open.take(start, end).into_iter().flatten().collect();
                prop_assert_eq!(&parts, &fresh);
                for at in fresh {
                    taken[at] = true;
                }
            }
            prop_assert_eq!(open.is_empty(), taken.iter().all(|taken| *taken));
        }
    }
}
