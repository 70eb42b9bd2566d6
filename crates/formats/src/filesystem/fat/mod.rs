//! FAT12, FAT16 and FAT32: boot partitions, SD cards, EFI system partitions.
//!
//! Finds: every name, each directory before what it holds. How: boot sector, allocation table and directories are read;
//! a long name counts where its checksum fits its short one. Chains are followed once, so that clusters of two files, chains that run in a
//! circle, and clusters in no chain are known. Wrong when: there is no magic; the fields of the boot sector must agree, and carved from
//! unknown bytes, the first entry of the allocation table must repeat the media byte. Misses: what the list of limits says.
//! Source: Microsoft, FAT32 File System Specification 1.03; Linux Documentation/filesystems/vfat.rst.

mod boot;
mod directory;
mod table;
#[cfg(test)]
mod tests;

use crate::bytes::{head, position, slice, tail, u32_le};
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
    Unpacked,
};
use boot::{Boot, Variant};
use directory::{Item, Listing};
use std::borrow::Cow;
use table::{Chain, Claimed, Link, Run, Table};

/// FAT12, FAT16, FAT32.
pub struct Fat;

static DESCRIPTION: Description = Description {
    name: "fat",
    title: "FAT12, FAT16 or FAT32 file system",
    magics: &[
        Magic { offset: 510, bytes: &[0x55, 0xaa] },
        Magic { offset: 54, bytes: b"FAT1" },
        Magic { offset: 82, bytes: b"FAT32   " },
    ],
    yields: "its entries without the root, each directory before what it holds",
    limits: &[
        "deleted files are not recovered; their directory entries are counted",
        "clusters that are in use but belong to no file are counted, not handed out",
        "short names are taken for code page 437; which one it is, the file system does not tell",
        "times are local ones of an unknown zone and taken for UTC",
        "a FAT32 whose boot sector is broken is not read from the copy of it",
        "exFAT is not read",
        "paths longer than 8 KiB and directories deeper than 128 are not followed",
    ],
    source: "Microsoft, FAT32 File System Specification 1.03",
};

const DEPTH_MAX: usize = 128;
const PATH_MAX: usize = 8 << 10;
/// The standard's limit of a directory is 2 MiB.
const DIRECTORY_MAX: usize = 2 << 20;

/// Whether the data starts with a boot sector whose fields agree.
pub(crate) fn is_boot_sector(data: &[u8]) -> bool {
    Boot::parse(data).is_some()
}

impl Format for Fat {
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
        let boot = Boot::parse(data)?;
        let size = position(boot.size).min(data.len());
        let data = data.get(..size)?;
        let table = Table::new(data, &boot);
        let mut problems = Vec::new();
        if !table.starts_with(boot.media) {
            if place == Place::Inside {
                return None;
            }
            let detail = "the allocation table does not start with the media byte";
            problems.push(Problem::new(ProblemKind::Malformed, boot.table as u64, detail));
        }
        if boot.size > size as u64 {
            let detail = format!("{} of the {} bytes stated are missing", boot.size - size as u64, boot.size);
            problems.push(Problem::new(ProblemKind::Truncated, size as u64, detail));
        }
        if let Some(number) = Table::differing_copy(data, &boot) {
            let at = (boot.table + number * boot.table_size) as u64;
            let detail =
                format!("copy {number} of the allocation table differs from the first, which is read");
            problems.push(Problem::new(ProblemKind::Undefined, at, detail));
        }
        let claimed = Claimed::new(&boot, &table);
        let mut walk =
            Walk { data, boot, table, claimed, limits, problems, entries: 0, deleted: 0, label: None };
        walk.run(sink);
        let attributes = walk.attributes();
        Some(Reading { size, attributes, problems: walk.problems })
    }
}

struct Level {
    path: Vec<u8>,
    items: std::vec::IntoIter<Item>,
}

struct Walk<'a, 'l> {
    data: &'a [u8],
    boot: Boot,
    table: Table<'a>,
    claimed: Claimed,
    limits: &'l Limits,
    problems: Vec<Problem>,
    entries: u64,
    deleted: u64,
    label: Option<Vec<u8>>,
}

impl<'a> Walk<'a, '_> {
    fn problem(&mut self, kind: ProblemKind, offset: u64, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, offset, detail));
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let boot = &self.boot;
        let text = |bytes: &[u8]| String::from_utf8_lossy(directory::trim(bytes)).into_owned();
        let mut attributes = vec![
            ("variant", boot.variant.name().to_owned()),
            ("sector-size", boot.sector.to_string()),
            ("cluster-size", boot.cluster.to_string()),
            ("clusters", boot.clusters.to_string()),
        ];
        let maker = text(&boot.maker);
        if !maker.is_empty() {
            attributes.push(("made-by", maker));
        }
        let label = self.label.clone().or(boot.label.map(Vec::from)).map(|label| text(&label));
        if let Some(label) = label.filter(|label| !label.is_empty()) {
            attributes.push(("label", label));
        }
        if let Some(serial) = boot.serial {
            attributes.push(("serial", format!("{:04X}-{:04X}", serial >> 16, serial & 0xffff)));
        }
        let counts = [("deleted-entries", self.deleted), ("lost-clusters", self.lost())];
        attributes.extend(
            counts.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name, count.to_string())),
        );
        let information = tail(self.data, boot.information);
        if boot.information > 0 && information.starts_with(b"RRaA") {
            let free = u32_le(information, 488).filter(|free| *free <= boot.clusters);
            attributes.extend(free.map(|free| ("free-clusters", free.to_string())));
        }
        attributes
    }

    /// Clusters in use that no file has.
    fn lost(&self) -> u64 {
        (2..self.boot.clusters + 2)
            .map_while(|cluster| Some((cluster, self.table.link(cluster)?)))
            .filter(|(cluster, link)| !matches!(link, Link::Free | Link::Bad) && !self.claimed.has(*cluster))
            .count() as u64
    }

    fn run(&mut self, sink: &mut dyn FnMut(Entry<'a>)) {
        let items = self.root();
        let mut levels = vec![Level { path: Vec::new(), items }];
        while let Some(level) = levels.last_mut() {
            let Some(item) = level.items.next() else {
                levels.pop();
                continue;
            };
            if self.limits.stopped() || self.entries >= self.limits.entries {
                let detail = format!("stopped after {} entries", self.entries);
                return self.problem(ProblemKind::LimitReached, item.at, detail);
            }
            let path = if level.path.is_empty() {
                item.name.clone()
            } else {
                [&level.path[..], b"/", &item.name].concat()
            };
            let depth = levels.len();
            if let Some(next) = self.entry(&item, path, depth, sink) {
                levels.push(next);
            }
        }
    }

    fn root(&mut self) -> std::vec::IntoIter<Item> {
        let mut listing = Listing::default();
        let wide = self.boot.variant == Variant::Fat32;
        if wide {
            self.list(self.boot.root_cluster, 44, &mut listing);
        } else {
            let root = self.boot.root;
            let bytes = head(tail(self.data, root), self.boot.root_size);
            directory::read(bytes, |at| (root + at) as u64, wide, &mut listing, &mut self.problems);
        }
        self.deleted += listing.deleted;
        self.label = listing.label;
        listing.items.into_iter()
    }

    /// Reads the directory whose chain starts at a cluster.
    fn list(&mut self, first: u32, stated_at: u64, listing: &mut Listing) {
        let chain = table::claim(&self.boot, &self.table, first, &mut self.claimed);
        self.tell(&chain, stated_at, "a directory");
        let mut bytes = Vec::new();
        let mut starts = Vec::new();
        for run in &chain.runs {
            let start = self.boot.position(run.first);
            starts.push((bytes.len(), start));
            bytes.extend_from_slice(head(tail(self.data, start), run.clusters as usize * self.boot.cluster));
            if bytes.len() > DIRECTORY_MAX {
                bytes.truncate(DIRECTORY_MAX);
                let detail = "a directory of more than 2 MiB; the rest of it is not read";
                self.problem(ProblemKind::LimitReached, stated_at, detail);
                break;
            }
        }
        let at = |offset: usize| {
            let run = starts.partition_point(|(from, _)| *from <= offset);
            starts.get(run.saturating_sub(1)).map_or(0, |(from, start)| (start + (offset - from)) as u64)
        };
        let wide = self.boot.variant == Variant::Fat32;
        directory::read(&bytes, at, wide, listing, &mut self.problems);
    }

    /// Says what stopped a chain.
    fn tell(&mut self, chain: &Chain, at: u64, what: &str) {
        if let Some(broken) = chain.broken {
            self.problem(ProblemKind::Malformed, at, format!("the chain of {what} {broken}"));
        } else if let Some(cluster) = chain.shared {
            let detail =
                format!("the chain of {what} comes to cluster {cluster}, which is in a chain already");
            self.problem(ProblemKind::Malformed, at, detail);
        }
    }

    fn entry(
        &mut self,
        item: &Item,
        path: Vec<u8>,
        depth: usize,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Level> {
        self.entries += 1;
        let mut level = None;
        let mut at = None;
        let kind = if item.is_directory {
            if depth >= DEPTH_MAX || path.len() > PATH_MAX {
                self.problem(ProblemKind::LimitReached, item.at, "a directory too deep to follow");
            } else {
                let mut listing = Listing::default();
                self.list(item.first, item.at, &mut listing);
                self.deleted += listing.deleted;
                level = Some(Level { path: path.clone(), items: listing.items.into_iter() });
            }
            EntryKind::Directory
        } else {
            EntryKind::File(self.content(item, &mut at))
        };
        sink(Entry {
            path: Cow::Owned(path),
            kind,
            mode: None,
            uid: None,
            gid: None,
            mtime: item.mtime,
            at,
            xattrs: Vec::new(),
        });
        level
    }

    fn content(&mut self, item: &Item, at: &mut Option<u64>) -> Content<'a> {
        if item.size == 0 && item.first == 0 {
            return Content::Slice(&[]);
        }
        let chain = table::claim(&self.boot, &self.table, item.first, &mut self.claimed);
        self.tell(&chain, item.at, "a file");
        let cluster = self.boot.cluster as u64;
        let (size, needed) = (u64::from(item.size), u64::from(item.size).div_ceil(cluster));
        if chain.broken.is_none() && chain.shared.is_none() && chain.clusters != needed {
            let detail = format!("a file of {size} bytes has {} clusters, not {needed}", chain.clusters);
            let kind = if chain.clusters < needed { ProblemKind::Malformed } else { ProblemKind::Undefined };
            self.problem(kind, item.at, detail);
        }
        if item.size == 0 {
            return Content::Slice(&[]);
        }
        if let [run] = chain.runs.as_slice()
            && chain.clusters >= needed
            && let start = self.boot.position(run.first)
            && let Some(bytes) = slice(self.data, start, item.size as usize)
        {
            *at = Some(start as u64);
            return Content::Slice(bytes);
        }
        let (data, boot, table) = (self.data, self.boot.clone(), self.table);
        let (first, stated_at) = (item.first, item.at);
        let known = chain.shared.is_none();
        let runs = chain.runs;
        Content::Deferred {
            size,
            make: Box::new(move |limits| {
                let walked = (!known).then(|| table::walk(&boot, &table, first, needed).runs);
                unpack(data, &boot, walked.as_ref().unwrap_or(&runs), size, stated_at, limits)
            }),
        }
    }
}

fn unpack(data: &[u8], boot: &Boot, runs: &[Run], size: u64, at: u64, limits: &Limits) -> Unpacked {
    let length = position(size.min(limits.object_bytes));
    let mut unpacked = Unpacked::default();
    let mut problem = |kind, detail: String| unpacked.problems.push(Problem::new(kind, at, detail));
    if (length as u64) < size {
        problem(ProblemKind::LimitReached, format!("{size} bytes are stated, {length} are allowed"));
    }
    for run in runs {
        if limits.stopped() {
            problem(ProblemKind::LimitReached, "time is up".to_owned());
            break;
        }
        let room = length - unpacked.bytes.len();
        let wanted = (run.clusters as usize).saturating_mul(boot.cluster).min(room);
        let piece = head(tail(data, boot.position(run.first)), wanted);
        unpacked.bytes.extend_from_slice(piece);
        if piece.len() < wanted {
            problem(ProblemKind::Truncated, format!("cluster {} and the rest are missing", run.first));
            break;
        }
    }
    unpacked
}
