//! The log: one pass over all nodes, in which only their places are kept.

use super::super::flash::{Problems, run_of};
use super::super::order::Order;
use super::node::{
    CLEAN_MARKER, DIRENT, DIRENT_SIZE, Dirent, HEADER, Header, INCOMPATIBLE, INODE, INODE_SIZE, Inode, MAGIC,
    PADDING, Piece, SUMMARY, XATTR, XREF, Xattr, Xref,
};
use crate::archive::slack::Slack;
use crate::bytes::{head, tail};
use crate::{Limits, ProblemKind};
use std::collections::{BTreeMap, BTreeSet};

/// So far behind a node the next one is looked for, not counting blank flash.
const SEARCH: usize = 128 << 10;
/// Behind a blank stretch like this another file system may start.
const GAP: usize = 4096;
/// So many nodes behind a gap are compared with those before it.
const COMPARED: usize = 64;
/// So many of them that contradict one another tell that it is another file system. A few do in a file system that was
/// long in use, where holes are written again.
const CONTRADICTIONS: usize = 3;
/// Nodes between two looks at the clock.
const STEP: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Log<'a> {
    /// Behind the last node.
    pub(super) end: usize,
    pub(super) dirents: Vec<Dirent<'a>>,
    pub(super) pieces: Vec<Piece>,
    pub(super) xattrs: Vec<Xattr<'a>>,
    pub(super) xrefs: Vec<Xref>,
    pub(super) nodes: usize,
    pub(super) obsolete: usize,
    pub(super) clean_markers: usize,
    pub(super) summaries: usize,
    /// Stretches in which no node stands whole.
    pub(super) torn: usize,
    /// Nodes whose own checksum does not fit.
    pub(super) misfits: usize,
    /// The greatest distance that all clean markers are multiples of; 0 with fewer than two.
    pub(super) erase_block: usize,
    first_marker: Option<usize>,
    pub(super) compressions: BTreeSet<u8>,
    /// What stands in nodes behind all that they state.
    pub(super) slack: Slack<'a>,
}

/// What the log held before a gap.
struct Mark {
    end: usize,
    nodes: usize,
    dirents: usize,
    pieces: usize,
    xattrs: usize,
    xrefs: usize,
    clean_markers: usize,
    summaries: usize,
    obsolete: usize,
    erase_block: usize,
    compressions: BTreeSet<u8>,
    problems: usize,
    /// Nodes behind the gap that have the inode and version of one before it but say something else.
    contradictions: usize,
}

impl Mark {
    /// Whether what stands behind the gap is another file system: versions are given once.
    fn says_next(&self, nodes: usize) -> bool {
        self.contradictions >= CONTRADICTIONS || self.contradictions * 2 > nodes - self.nodes
    }
}

/// What tells two nodes of one name apart: whether it is a name, the inode, the version; and the checksum.
type Known = BTreeMap<(bool, u32, u32), u32>;

impl<'a> Log<'a> {
    /// Reads all nodes; `None` where there is not one.
    pub(super) fn read(
        data: &'a [u8],
        order: Order,
        limits: &Limits,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut log = Self::default();
        let mut known = Known::new();
        let mut indexed = (0, 0);
        let mut watch: Option<Mark> = None;
        let mut at = 0;
        let mut strange = 0;
        let mut is_cut = false;
        while at < data.len() {
            let Some(header) = Header::parse(data, at, order) else {
                let blank = blank(data, at);
                if blank == 0 {
                    strange += 4;
                    if strange > SEARCH {
                        break;
                    }
                }
                at += blank.max(4);
                continue;
            };
            if log.nodes % STEP == 0 && limits.stopped() {
                problems.push(ProblemKind::LimitReached, at, "time is up");
                break;
            }
            if strange > 0 {
                log.torn += 1;
                let detail = format!("{} bytes in which no node stands whole", at - log.end);
                problems.push(ProblemKind::Malformed, log.end, detail);
            }
            if at - log.end >= GAP && log.nodes > 0 {
                log.index(data, order, &mut indexed, &mut known);
                watch = Some(log.mark(problems.len()));
            }
            strange = 0;
            is_cut = false;
            let added = (log.dirents.len(), log.pieces.len());
            log.node(data, at, header, order, problems);
            if let Some(mark) = &mut watch {
                mark.contradictions += log.contradictions(data, order, added, &known);
                let compared = log.nodes - mark.nodes;
                if mark.contradictions >= CONTRADICTIONS {
                    break;
                }
                if compared >= COMPARED {
                    watch = None;
                }
            }
            if header.length > data.len() - at {
                // Where the length is a lie, other nodes follow.
                is_cut = true;
                at += HEADER;
                log.end = at;
                continue;
            }
            let end = at.saturating_add(header.length).min(data.len());
            at = at.saturating_add(header.length.saturating_add(3) & !3);
            // The padding to four bytes belongs to the node.
            let padding = data.get(end..at).unwrap_or_default();
            log.end =
                if padding.iter().all(|byte| matches!(byte, 0 | 0xff)) { end + padding.len() } else { end };
        }
        if log.nodes == 0 {
            return None;
        }
        if is_cut {
            log.end = data.len();
        }
        if let Some(mark) = watch.filter(|mark| mark.says_next(log.nodes)) {
            problems.truncate(mark.problems);
            log.go_back(mark);
            return Some(log);
        }
        log.cut_off(data, order, problems);
        Some(log)
    }

    /// Takes up one node.
    fn node(&mut self, data: &'a [u8], at: usize, header: Header, order: Order, problems: &mut Problems) {
        self.nodes += 1;
        self.obsolete += usize::from(header.obsolete);
        if header.length > data.len() - at {
            let missing = header.length - (data.len() - at);
            let detail = format!("the data ends inside a node, {missing} bytes before its end");
            problems.push(ProblemKind::Truncated, data.len(), detail);
        }
        let misfits = &mut self.misfits;
        let mut bad = |kind, offset: usize, detail: &str| {
            *misfits += usize::from(kind == ProblemKind::Checksum);
            // Nobody reads a node that is marked obsolete.
            if !header.obsolete {
                problems.push(kind, at + offset, detail);
            }
        };
        let used = match header.kind {
            DIRENT => data.get(at + 28).map(|name| DIRENT_SIZE + usize::from(*name)),
            INODE => order.u32(data, at + 48).map(|stored| INODE_SIZE.saturating_add(stored as usize)),
            CLEAN_MARKER | PADDING => Some(HEADER),
            _ => None,
        };
        if let Some(used) = used.filter(|used| *used < header.length && header.length <= data.len() - at) {
            let rest = head(tail(data, at + used), header.length - used);
            if self.slack.notes(at + used, rest) {
                let detail = format!("{} bytes in a node behind all that it states", rest.len());
                bad(ProblemKind::Malformed, used, &detail);
            }
        }
        match header.kind {
            DIRENT => match header.fits(data, at, order, DIRENT_SIZE - 8, DIRENT_SIZE - 8) {
                Some(true) => match Dirent::parse(data, at, header, order) {
                    Some(dirent) => {
                        if !dirent.name_fits {
                            bad(ProblemKind::Checksum, 36, "the checksum of a name does not fit");
                        }
                        self.dirents.push(dirent);
                    }
                    None => bad(ProblemKind::Malformed, 28, "a name is longer than its node"),
                },
                Some(false) => {
                    bad(ProblemKind::Checksum, 32, "the checksum of a directory entry does not fit")
                }
                None => bad(ProblemKind::Malformed, 4, "a directory entry that is too short for one"),
            },
            INODE => match header.fits(data, at, order, INODE_SIZE - 8, INODE_SIZE - 4) {
                Some(true) => {
                    if let (Some(ino), Some(version), Some(inode)) =
                        (order.u32(data, at + 12), order.u32(data, at + 16), Inode::parse(data, at, order))
                    {
                        self.compressions.insert(inode.compression);
                        self.pieces.push(Piece { at, ino, version, obsolete: header.obsolete });
                        if u64::from(inode.stored) + INODE_SIZE as u64 > header.length as u64 {
                            bad(ProblemKind::Malformed, 48, "an inode's content is longer than its node");
                        }
                    }
                }
                Some(false) => bad(ProblemKind::Checksum, 64, "the checksum of an inode does not fit"),
                None => bad(ProblemKind::Malformed, 4, "an inode that is too short for one"),
            },
            XATTR if !header.obsolete => match Xattr::parse(data, at, header, order) {
                Some(xattr) if xattr.fits => self.xattrs.push(xattr),
                Some(_) => {
                    bad(ProblemKind::Checksum, 28, "the checksum of an extended attribute does not fit")
                }
                None => bad(ProblemKind::Malformed, 4, "an extended attribute that is longer than its node"),
            },
            XREF if !header.obsolete => match Xref::parse(data, at, header, order) {
                Some(xref) if xref.fits => self.xrefs.push(xref),
                Some(_) => bad(ProblemKind::Checksum, 24, "the checksum of an attribute's link does not fit"),
                None => bad(ProblemKind::Malformed, 4, "an attribute's link that is too short for one"),
            },
            CLEAN_MARKER => {
                self.clean_markers += 1;
                let first = *self.first_marker.get_or_insert(at);
                self.erase_block = greatest_common_divisor(at - first, self.erase_block);
            }
            SUMMARY => self.summaries += 1,
            PADDING | XATTR | XREF => {}
            other if other & INCOMPATIBLE == INCOMPATIBLE => {
                bad(ProblemKind::Unsupported, 2, &format!("nodes of type {other:#06x} are not read"));
            }
            other => bad(ProblemKind::Undefined, 2, &format!("node type {other:#06x} is not defined")),
        }
    }

    fn mark(&self, problems: usize) -> Mark {
        Mark {
            end: self.end,
            nodes: self.nodes,
            dirents: self.dirents.len(),
            pieces: self.pieces.len(),
            xattrs: self.xattrs.len(),
            xrefs: self.xrefs.len(),
            clean_markers: self.clean_markers,
            summaries: self.summaries,
            obsolete: self.obsolete,
            erase_block: self.erase_block,
            compressions: self.compressions.clone(),
            problems,
            contradictions: 0,
        }
    }

    fn go_back(&mut self, mark: Mark) {
        self.end = mark.end;
        self.slack.truncate(mark.end);
        self.nodes = mark.nodes;
        self.dirents.truncate(mark.dirents);
        self.pieces.truncate(mark.pieces);
        self.xattrs.truncate(mark.xattrs);
        self.xrefs.truncate(mark.xrefs);
        self.clean_markers = mark.clean_markers;
        self.summaries = mark.summaries;
        self.obsolete = mark.obsolete;
        self.erase_block = mark.erase_block;
        self.compressions = mark.compressions;
    }

    /// Notes the nodes met since the last time.
    fn index(&self, data: &[u8], order: Order, indexed: &mut (usize, usize), known: &mut Known) {
        for dirent in tail_of(&self.dirents, indexed.0) {
            known.insert((true, dirent.parent, dirent.version), dirent_sum(dirent, data, order));
        }
        for piece in tail_of(&self.pieces, indexed.1) {
            known.insert((false, piece.ino, piece.version), piece_sum(piece, data, order));
        }
        *indexed = (self.dirents.len(), self.pieces.len());
    }

    /// How many of the nodes added last contradict one that is known.
    fn contradictions(&self, data: &[u8], order: Order, added: (usize, usize), known: &Known) -> usize {
        let differs = |key, sum| known.get(&key).is_some_and(|other| *other != sum);
        let dirents = tail_of(&self.dirents, added.0).iter().filter(|dirent| !dirent.obsolete);
        let dirents = dirents
            .filter(|dirent| differs((true, dirent.parent, dirent.version), dirent_sum(dirent, data, order)));
        let pieces = tail_of(&self.pieces, added.1).iter().filter(|piece| !piece.obsolete);
        let pieces =
            pieces.filter(|piece| differs((false, piece.ino, piece.version), piece_sum(piece, data, order)));
        dirents.count() + pieces.count()
    }

    /// Tells of a header that the end of the data cuts.
    fn cut_off(&mut self, data: &[u8], order: Order, problems: &mut Problems) {
        let rest = tail(data, self.end.saturating_add(3) & !3);
        let magic = match order {
            Order::Little => MAGIC.to_le_bytes(),
            Order::Big => MAGIC.to_be_bytes(),
        };
        if !rest.is_empty() && rest.len() < HEADER && (rest.starts_with(&magic) || magic.starts_with(rest)) {
            problems.push(ProblemKind::Truncated, data.len(), "the data ends inside a node's header");
            self.end = data.len();
        }
    }
}

fn tail_of<T>(all: &[T], from: usize) -> &[T] {
    all.get(from..).unwrap_or_default()
}

fn dirent_sum(dirent: &Dirent, data: &[u8], order: Order) -> u32 {
    order.u32(data, dirent.at + 32).unwrap_or_default() ^ order.u32(data, dirent.at + 36).unwrap_or_default()
}

fn piece_sum(piece: &Piece, data: &[u8], order: Order) -> u32 {
    order.u32(data, piece.at + 64).unwrap_or_default()
}

/// The length, in whole words, of the blank or zeroed stretch at `at`.
fn blank(data: &[u8], at: usize) -> usize {
    match tail(data, at) {
        [first @ (0 | 0xff), ..] => run_of(data, at, *first) & !3,
        _ => 0,
    }
}

fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
