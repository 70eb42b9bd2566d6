//! JFFS2: a log of nodes, in either byte order.
//!
//! Finds: the tree as it is now; what the log still holds of deleted files, under `(deleted)/`; extended attributes.
//! How: one pass finds every node whose header has a checksum that fits, whatever stands between them; of each name and
//! each byte of a file the highest version counts. Nodes whose checksum does not fit are reported, the others are read.
//! The image ends with its last node: blank flash between nodes belongs to it, blank flash behind the last does not. Where
//! nodes behind a blank stretch give versions a second time, another file system starts, and this one ends before it.
//! Wrong when: carved from unknown bytes, two nodes with two checksums each must fit. A deleted file may have holes where
//! the garbage collection took its nodes away.
//! Misses: former contents of files that still exist; flash dumps with out-of-band bytes between the pages (they
//! are told).
//! Source: Linux, include/uapi/linux/jffs2.h; D. Woodhouse, "JFFS: The Journalling Flash File System" (2001).

mod codec;
mod content;
mod interleaved;
mod log;
mod node;
#[cfg(test)]
mod tests;
mod tree;

use super::flash::Problems;
use super::order::Order;
use super::walk::Walk;
use crate::broken;
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use log::Log;
use tree::Tree;

/// JFFS2.
pub struct Jffs2;

macro_rules! magics {
    ($($low:literal $high:literal),*) => {
        &[$(
            Magic { offset: 0, bytes: &[0x85, 0x19, $low, $high] },
            Magic { offset: 0, bytes: &[0x19, 0x85, $high, $low] },
        )*]
    };
}

static DESCRIPTION: Description = Description {
    name: "jffs2",
    title: "JFFS2 file system",
    // Each sort of node that an image may start with, and those that are marked obsolete.
    magics: magics![
        0x03 0x20, 0x01 0xe0, 0x02 0xe0, 0x04 0x20, 0x06 0x20, 0x08 0xe0, 0x09 0xe0, 0x01 0xc0, 0x02 0xc0
    ],
    yields: "its entries without the root, each directory before what it holds; deleted files under (deleted)/; \
             contents are made on demand",
    limits: &[
        "former contents of files that still exist are counted, not handed out",
        "flash dumps with out-of-band bytes between the pages are told, not put together",
        "what garbage collection took of a deleted file reads as zeros",
        "summaries are not compared with the nodes they list",
        "paths longer than 8 KiB and directories deeper than 128 are not followed",
    ],
    source: "Linux, include/uapi/linux/jffs2.h",
};

impl Format for Jffs2 {
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
        let order = match data.get(..2)? {
            [0x85, 0x19] => Order::Little,
            [0x19, 0x85] => Order::Big,
            _ => return None,
        };
        let bad_header = || {
            let kind =
                if data.len() < node::HEADER { ProblemKind::Truncated } else { ProblemKind::Malformed };
            Problem::new(kind, 8, "the checksum of the first node's header does not fit")
        };
        let first_fits = node::Header::parse(data, 0, order).is_some();
        if !first_fits {
            broken::header(data, place, &DESCRIPTION, bad_header)?;
        }
        let mut problems = Problems::default();
        let Some(mut log) = Log::read(data, order, limits, &mut problems) else {
            return broken::header(data, place, &DESCRIPTION, bad_header);
        };
        let proofs = log.dirents.len() + log.pieces.len() + log.xattrs.len() + log.xrefs.len();
        if place == Place::Inside && proofs == 0 && log.clean_markers < 2 {
            return None;
        }
        if let Some((page, spare)) = interleaved::geometry(data, order, &log, limits) {
            let detail = format!(
                "a dump with {spare} out-of-band bytes behind each page of {page}, by which nodes are torn apart"
            );
            problems.push(ProblemKind::Unsupported, page, detail);
        }
        let mut attributes = vec![
            ("byte-order", order.name().to_owned()),
            ("nodes", log.nodes.to_string()),
            ("compression", compressions(&log)),
        ];
        let mut counted = |name, count: usize| {
            if count > 0 {
                attributes.push((name, count.to_string()));
            }
        };
        counted("erase-block", log.erase_block);
        counted("clean-markers", log.clean_markers);
        counted("summaries", log.summaries);
        counted("obsolete-nodes", log.obsolete);
        counted("extended-attributes", log.xattrs.len());
        let size = log.end.clamp(1, data.len());
        let slack = std::mem::take(&mut log.slack);
        let tree = Tree::new(data, order, &mut log, limits);
        let walk = Walk::run(&tree, tree::ROOT, limits, &mut problems, sink);
        counted("deleted-files", walk.deleted as usize);
        tree.hand_out_strays(sink);
        slack.hand_out(sink);
        Some(Reading { size, attributes, problems: problems.into_vec() })
    }
}

/// The compressions of all pieces.
fn compressions(log: &Log) -> String {
    let mut names: Vec<String> = log
        .compressions
        .iter()
        .filter(|number| **number != codec::ZERO)
        .map(|number| codec::name(*number))
        .collect();
    names.dedup();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
