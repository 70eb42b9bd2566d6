//! ISO 9660 with Rock Ridge, Joliet, El Torito and zisofs: installation and service media.
//!
//! Finds: every name, each directory before what it holds; boot images that no name leads to; the system area in front.
//! How: the tree of the primary descriptor with Rock Ridge, or else that of Joliet, or else the plain one; a directory that
//! Rock Ridge moved away is read where it was. Numbers that differ between their byte orders are told. Wrong when: carved from unknown
//! bytes, the descriptor's numbers must agree in both byte orders. Misses: what the list of limits says.
//! Source: ECMA-119; IEEE P1281, P1282; Joliet Specification; El Torito 1.0.

mod el_torito;
mod record;
mod rock_ridge;
#[cfg(test)]
mod tests;
mod zisofs;

use crate::broken;
use crate::bytes::{head, position, slice, tail, u32_le};
use crate::time::iso8601;
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
    Unpacked,
};
use record::{Found, Record, SECTOR, both_16, both_32, long_time};
use rock_ridge::Facts;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// ISO 9660.
pub struct Iso9660;

static DESCRIPTION: Description = Description {
    name: "iso9660",
    title: "ISO 9660 file system",
    magics: &[Magic { offset: FIRST, bytes: b"\x01CD001" }],
    yields: "its system area and boot images without a name, then its entries without the root, each directory before what it holds",
    limits: &[
        "of Rock Ridge and Joliet one tree is read; names that only the other has are not",
        "UDF structures beside it (a bridge) are named, not read",
        "raw images with 2,352 bytes a sector are not read",
        "interleaved and sparse files are handed out as they stand",
        "partitions of a hybrid medium behind the volume do not belong to the extent",
        "paths longer than 8 KiB and directories deeper than 128 are not followed",
    ],
    source: "ECMA-119; IEEE P1281 and P1282; Joliet; El Torito 1.0",
};

const FIRST: usize = 16 * SECTOR;
const DESCRIPTORS_MAX: usize = 64;
const DEPTH_MAX: usize = 128;
const PATH_MAX: usize = 8 << 10;
/// A directory has at most this many bytes.
const DIRECTORY_MAX: usize = 64 << 20;

impl Format for Iso9660 {
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
        let mut problems = Vec::new();
        let Some(volume) = Volume::parse(data, &mut problems) else {
            return broken::header(data, place, &DESCRIPTION, || {
                if data.len() < FIRST + SECTOR {
                    return broken::cut_off(data);
                }
                let detail = "the primary volume descriptor cannot be read";
                Problem::new(ProblemKind::Malformed, FIRST as u64, detail)
            });
        };
        if place == Place::Inside && !problems.is_empty() {
            return None;
        }
        let size = position(volume.size).min(data.len());
        if volume.size > data.len() as u64 {
            let missing = volume.size - data.len() as u64;
            let detail = format!("{missing} of the {} bytes stated are missing", volume.size);
            problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        let data = data.get(..size)?;
        let mut attributes = volume.attributes(data);
        system_area(data, &mut attributes, sink);
        let mut walk = Walk::new(data, &volume, limits, problems);
        walk.run(sink);
        attributes.push(("names", walk.tree.name().to_owned()));
        if let Some(block) = volume.catalogue {
            walk.boot_images(block, &mut attributes, sink);
        }
        Some(Reading { size, attributes, problems: walk.problems })
    }
}

/// Hands out what stands in front of the volume: boot code of a hybrid medium. Its partition table is the volume's.
fn system_area<'a>(
    data: &'a [u8],
    attributes: &mut Vec<(&'static str, String)>,
    sink: &mut dyn FnMut(Entry<'a>),
) {
    let area = head(data, FIRST);
    let mut from = 0;
    if slice(area, 510, 2) == Some(&[0x55, 0xaa]) {
        attributes.push(("hybrid", "master boot record".to_owned()));
        if [512, 4096].iter().any(|at| tail(area, *at).starts_with(b"EFI PART")) {
            attributes.push(("hybrid", "GUID partition table".to_owned()));
        }
        let code = head(area, 440);
        if code.iter().any(|byte| *byte != 0) {
            sink(stream("boot-code".to_owned(), code, 0));
        }
        from = 512;
    }
    let rest = tail(area, from);
    if rest.iter().any(|byte| *byte != 0) {
        sink(stream("system-area".to_owned(), rest, from));
    }
}

struct Volume {
    size: u64,
    block_size: usize,
    /// Where the record of the primary tree's root stands, and that of Joliet's.
    root: usize,
    joliet: Option<usize>,
    catalogue: Option<u32>,
    at: usize,
    udf: bool,
}

impl Volume {
    fn parse(data: &[u8], problems: &mut Vec<Problem>) -> Option<Self> {
        let mut volume: Option<Self> = None;
        let (mut joliet, mut catalogue, mut udf, mut ended) = (None, None, false, false);
        for number in 0..DESCRIPTORS_MAX {
            let at = FIRST + number * SECTOR;
            let Some(descriptor) = slice(data, at, SECTOR) else { break };
            match (descriptor.first().copied()?, descriptor.get(1..6)?) {
                (_, b"BEA01" | b"TEA01" | b"BOOT2") => {}
                (_, b"NSR02" | b"NSR03") => udf = true,
                (255, b"CD001") => ended = true,
                (_, b"CD001") if ended => break,
                (1, b"CD001") if volume.is_none() => volume = Some(Self::primary(descriptor, at, problems)?),
                (0, b"CD001") if tail(descriptor, 7).starts_with(b"EL TORITO SPECIFICATION") => {
                    catalogue = u32_le(descriptor, 71);
                }
                (2, b"CD001") if matches!(slice(descriptor, 88, 3), Some(b"%/@" | b"%/C" | b"%/E")) => {
                    joliet = Some(at + 156);
                }
                (_, b"CD001") => {}
                _ => break,
            }
        }
        if volume.is_some() && !ended {
            let detail = "the volume descriptors have no end";
            problems.push(Problem::new(ProblemKind::Malformed, FIRST as u64, detail));
        }
        volume.map(|volume| Self { joliet, catalogue, udf, ..volume })
    }

    fn primary(descriptor: &[u8], at: usize, problems: &mut Vec<Problem>) -> Option<Self> {
        let (blocks, size) = (both_32(descriptor, 80)?, both_16(descriptor, 128)?);
        for (field, both) in [(80, blocks), (120, both_16(descriptor, 120)?), (128, size)] {
            if !both.agree {
                let detail = "a number of the volume differs between its byte orders";
                problems.push(Problem::new(ProblemKind::Malformed, (at + field) as u64, detail));
            }
        }
        let block_size = size.value as usize;
        if !matches!(block_size, 512 | 1024 | 2048) || descriptor.get(156) != Some(&34) {
            return None;
        }
        Some(Self {
            size: u64::from(blocks.value) * size.value as u64,
            block_size,
            root: at + 156,
            joliet: None,
            catalogue: None,
            at,
            udf: false,
        })
        .filter(|volume| volume.size > (at + SECTOR) as u64)
    }

    fn attributes(&self, data: &[u8]) -> Vec<(&'static str, String)> {
        let descriptor = tail(data, self.at);
        let mut attributes = vec![("block-size", self.block_size.to_string())];
        let texts = [
            ("label", 40, 32),
            ("system", 8, 32),
            ("volume-set", 190, 128),
            ("publisher", 318, 128),
            ("preparer", 446, 128),
            ("application", 574, 128),
        ];
        for (name, at, length) in texts {
            let text =
                String::from_utf8_lossy(slice(descriptor, at, length).unwrap_or_default()).into_owned();
            let text = text.trim_matches([' ', '\0']);
            if !text.is_empty() {
                attributes.push((name, text.to_owned()));
            }
        }
        for (name, at) in [("created", 813), ("modified", 830)] {
            let time = slice(descriptor, at, 17).and_then(long_time);
            attributes.extend(time.map(|time| (name, iso8601(time))));
        }
        if self.udf {
            attributes.push(("bridge", "UDF".to_owned()));
        }
        attributes
    }
}

/// Which names are handed out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tree {
    Plain,
    Joliet,
    RockRidge,
}

impl Tree {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "ISO 9660",
            Self::Joliet => "Joliet",
            Self::RockRidge => "Rock Ridge",
        }
    }
}

/// A part of a file, in bytes.
#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    length: usize,
}

/// A file that goes on in the next record, and its place among the items.
struct Open<'a> {
    name: &'a [u8],
    is_associated: bool,
    item: Option<usize>,
    at: u64,
}

/// What a directory holds: each record with what belongs to it.
struct Item {
    name: Vec<u8>,
    facts: Facts,
    pieces: Vec<Piece>,
    is_directory: bool,
    mtime: Option<i64>,
    at: u64,
}

struct Level {
    path: Vec<u8>,
    items: std::vec::IntoIter<Item>,
}

struct Walk<'a, 'l> {
    data: &'a [u8],
    block_size: usize,
    root: usize,
    tree: Tree,
    skip: usize,
    limits: &'l Limits,
    problems: Vec<Problem>,
    directories: BTreeSet<usize>,
    /// Where files start that have a name.
    starts: BTreeSet<usize>,
    /// Files with several names, by serial number and start.
    links: BTreeMap<(u32, usize), Vec<u8>>,
    entries: u64,
    told: BTreeSet<&'static str>,
}

impl<'a, 'l> Walk<'a, 'l> {
    fn new(data: &'a [u8], volume: &Volume, limits: &'l Limits, problems: Vec<Problem>) -> Self {
        let mut walk = Self {
            data,
            block_size: volume.block_size,
            root: volume.root,
            tree: Tree::Plain,
            skip: 0,
            limits,
            problems,
            directories: BTreeSet::new(),
            starts: BTreeSet::new(),
            links: BTreeMap::new(),
            entries: 0,
            told: BTreeSet::new(),
        };
        let root = Record::parse(tail(data, volume.root), volume.root as u64);
        let own = root.as_ref().and_then(|(root, _)| walk.own_record(root.block));
        if let Some(skip) = own.and_then(|record| rock_ridge::skipped(record.system_use)) {
            walk.tree = Tree::RockRidge;
            walk.skip = skip;
        } else if let Some((root, _)) = root
            && walk.own_record(root.block).is_some_and(|own| rock_ridge::starts(own.system_use))
        {
            let detail = "Rock Ridge without the entry that announces it";
            walk.problem(ProblemKind::Malformed, walk.start(root.block) as u64, detail);
            walk.tree = Tree::RockRidge;
        } else if let Some(joliet) = volume.joliet {
            walk.tree = Tree::Joliet;
            walk.root = joliet;
        }
        walk
    }

    fn problem(&mut self, kind: ProblemKind, offset: u64, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, offset, detail));
    }

    fn tell_once(&mut self, kind: ProblemKind, offset: u64, detail: &'static str) {
        if self.told.insert(detail) {
            self.problem(kind, offset, detail);
        }
    }

    fn start(&self, block: u32) -> usize {
        position(u64::from(block) * self.block_size as u64)
    }

    /// A directory's first record, which stands for itself.
    fn own_record(&self, block: u32) -> Option<Record<'a>> {
        let start = self.start(block);
        let record = Record::parse(tail(self.data, start), start as u64);
        record.map(|(record, _)| record).filter(|record| record.name == [0])
    }

    fn run(&mut self, sink: &mut dyn FnMut(Entry<'a>)) {
        let Some((root, _)) = Record::parse(tail(self.data, self.root), self.root as u64) else {
            return self.problem(ProblemKind::Malformed, self.root as u64, "the root cannot be read");
        };
        let piece = Piece { start: self.start(root.block), length: root.size as usize };
        self.directories.insert(piece.start);
        let items = self.list(piece, root.at);
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
            let path = match level.path.is_empty() {
                true => item.name.clone(),
                false => [&level.path[..], b"/", &item.name].concat(),
            };
            let depth = levels.len();
            if let Some(next) = self.entry(item, path, depth, sink) {
                levels.push(next);
            }
        }
    }

    /// How many bytes a directory has: its parent may state fewer than its own record, or than there are sectors of
    /// records that do not start a directory.
    fn length(&mut self, piece: Piece, stated_at: u64) -> usize {
        let own = Record::parse(tail(self.data, piece.start), piece.start as u64);
        let own = own.filter(|(own, _)| own.name == [0]).map_or(0, |(own, _)| own.size as usize);
        let rounded = piece.length.max(own).next_multiple_of(SECTOR);
        let mut length = rounded;
        let is_follower = |at: usize| {
            let sector = tail(self.data, at);
            record::stands(sector, 0)
                && !Record::parse(sector, 0).is_none_or(|(record, _)| record.is_self_or_parent())
        };
        while own > 0 && length < DIRECTORY_MAX && is_follower(piece.start.saturating_add(length)) {
            length += SECTOR;
        }
        let length = if length > rounded || own > piece.length { length } else { piece.length };
        let behind = piece.length.next_multiple_of(SECTOR) - piece.length;
        let behind = head(tail(self.data, piece.start.saturating_add(piece.length)), behind);
        let length =
            if own > 0 && behind.iter().any(|byte| *byte != 0) { length.max(rounded) } else { length };
        if length > piece.length {
            let detail =
                format!("a directory is said to have {} bytes, it goes on for {length}", piece.length);
            self.problem(ProblemKind::Malformed, stated_at, detail);
        }
        length
    }

    /// The items of a directory.
    fn list(&mut self, piece: Piece, stated_at: u64) -> std::vec::IntoIter<Item> {
        let piece = Piece { length: self.length(piece, stated_at), ..piece };
        let bytes = head(tail(self.data, piece.start), piece.length.min(DIRECTORY_MAX));
        if bytes.len() < piece.length {
            self.problem(ProblemKind::Truncated, stated_at, "a directory is cut off");
        }
        let mut items: Vec<Item> = Vec::new();
        let mut open: Option<Open> = None;
        for found in record::records(bytes, piece.start as u64) {
            let record = match found {
                Found::Record(record) => record,
                Found::Strange(at) => {
                    self.problem(ProblemKind::Malformed, at, "no directory record stands here");
                    continue;
                }
                Found::Hidden(at, bytes) => {
                    let detail =
                        format!("{bytes} bytes that are not zero behind the end of a sector's records");
                    self.problem(ProblemKind::Malformed, at, detail);
                    continue;
                }
            };
            if record.is_self_or_parent() {
                continue;
            }
            if !record.agree {
                let detail = "a number of a directory record differs between its byte orders";
                self.problem(ProblemKind::Malformed, record.at, detail);
            }
            if record.interleaved {
                self.tell_once(ProblemKind::Unsupported, record.at, "an interleaved file");
            }
            let piece = Piece { start: self.start(record.block), length: record.size as usize };
            let is_open = record.continues();
            match open.take() {
                Some(file) if file.name == record.name && file.is_associated == record.is_associated() => {
                    if let Some(item) = file.item.and_then(|item| items.get_mut(item)) {
                        item.pieces.push(piece);
                    }
                    open = Some(file);
                }
                file => {
                    self.unfinished(file);
                    let item = self.item(&record, piece);
                    open = Some(Open {
                        name: record.name,
                        is_associated: record.is_associated(),
                        item: item.is_some().then_some(items.len()),
                        at: record.at,
                    });
                    items.extend(item);
                }
            }
            open = open.filter(|_| is_open);
        }
        self.unfinished(open);
        items.into_iter()
    }

    /// Tells of a file that is said to go on in the next record, where that is another's.
    fn unfinished(&mut self, file: Option<Open>) {
        if let Some(file) = file {
            let detail = "a file is said to go on in the next record, which is not its own";
            self.problem(ProblemKind::Malformed, file.at, detail);
        }
    }

    fn item(&mut self, record: &Record, piece: Piece) -> Option<Item> {
        let facts = match self.tree {
            Tree::RockRidge => rock_ridge::read(self.data, self.block_size, record.system_use, self.skip),
            _ => Facts::default(),
        };
        if facts.broken {
            let detail = "Rock Ridge entries that cannot be followed";
            self.tell_once(ProblemKind::Malformed, record.at, detail);
        }
        if let Some(unread) = facts.unread {
            self.tell_once(ProblemKind::Unsupported, record.at, unread);
        }
        // It is handed out where it was moved away from.
        if facts.relocated {
            return None;
        }
        let mut name = match self.tree {
            _ if facts.has_name => facts.name.clone(),
            Tree::Joliet => joliet_name(record.name),
            _ => plain_name(record.name),
        };
        if record.is_associated() {
            name.extend_from_slice(b";associated");
        }
        Some(Item {
            name,
            pieces: vec![piece],
            is_directory: record.is_directory(),
            mtime: facts.mtime.or(record.mtime),
            facts,
            at: record.at,
        })
    }

    fn entry(
        &mut self,
        mut item: Item,
        path: Vec<u8>,
        depth: usize,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Level> {
        self.entries += 1;
        if let Some(child) = item.facts.child {
            self.moved(&mut item, child);
        }
        let facts = &item.facts;
        let (major, minor) = facts.device.map(rock_ridge::device).unwrap_or_default();
        let (mode, uid, gid) = (facts.mode.map(|mode| mode & 0o7777), facts.uid, facts.gid);
        let mut at = None;
        let mut level = None;
        let kind = match facts.mode.unwrap_or_default() & 0o170_000 {
            _ if item.is_directory => {
                level = self.descend(&item, &path, depth);
                EntryKind::Directory
            }
            0o120_000 => EntryKind::Symlink(Cow::Owned(std::mem::take(&mut item.facts.target))),
            0o020_000 => EntryKind::CharacterDevice { major, minor },
            0o060_000 => EntryKind::BlockDevice { major, minor },
            0o010_000 => EntryKind::Fifo,
            0o140_000 => EntryKind::Socket,
            _ => self.file(&item, &path, &mut at),
        };
        sink(Entry {
            path: Cow::Owned(path),
            kind,
            mode,
            uid,
            gid,
            mtime: item.mtime,
            at,
            xattrs: Vec::new(),
        });
        level
    }

    /// Takes the place of a directory that was moved away, told by its own record.
    fn moved(&mut self, item: &mut Item, child: u32) {
        let Some(own) = self.own_record(child) else {
            let detail = "a directory that was moved away is not where it is said to be";
            return self.problem(ProblemKind::Malformed, item.at, detail);
        };
        let facts = rock_ridge::read(self.data, self.block_size, own.system_use, self.skip);
        item.pieces = vec![Piece { start: self.start(child), length: own.size as usize }];
        item.is_directory = true;
        item.mtime = facts.mtime.or(own.mtime);
        item.facts = facts;
    }

    fn descend(&mut self, item: &Item, path: &[u8], depth: usize) -> Option<Level> {
        let [piece, ..] = item.pieces.as_slice() else { return None };
        if !self.directories.insert(piece.start) {
            self.problem(ProblemKind::Malformed, item.at, "a directory is named a second time");
        } else if depth >= DEPTH_MAX || path.len() > PATH_MAX {
            self.problem(ProblemKind::LimitReached, item.at, "a directory too deep to follow");
        } else {
            let items = self.list(*piece, item.at);
            return Some(Level { path: path.to_vec(), items });
        }
        None
    }

    fn file(&mut self, item: &Item, path: &[u8], at: &mut Option<u64>) -> EntryKind<'a> {
        let pieces = item.pieces.clone();
        let Some(first) = pieces.first().copied() else { return EntryKind::File(Content::Slice(&[])) };
        let size: u64 = pieces.iter().map(|piece| piece.length as u64).sum();
        if size > 0 {
            self.starts.insert(first.start);
        }
        if let Some(serial) = item.facts.serial.filter(|_| item.facts.links > 1 && size > 0) {
            if let Some(other) = self.links.get(&(serial, first.start)) {
                return EntryKind::Hardlink(Cow::Owned(other.clone()));
            }
            self.links.insert((serial, first.start), path.to_vec());
        }
        let (data, stated_at) = (self.data, item.at);
        if let Some(stated) = item.facts.zisofs
            && let Some(file) = slice(data, first.start, first.length).filter(|file| zisofs::is_header(file))
        {
            return EntryKind::File(Content::Deferred {
                size: stated.into(),
                make: Box::new(move |limits| zisofs::unpack(file, first.start as u64, limits)),
            });
        }
        if let [piece] = pieces.as_slice()
            && let Some(bytes) = slice(data, piece.start, piece.length)
        {
            *at = (!bytes.is_empty()).then_some(piece.start as u64);
            return EntryKind::File(Content::Slice(bytes));
        }
        EntryKind::File(Content::Deferred {
            size,
            make: Box::new(move |limits| join(data, &pieces, stated_at, limits)),
        })
    }

    /// Hands out boot images that are no file.
    fn boot_images(
        &mut self,
        block: u32,
        attributes: &mut Vec<(&'static str, String)>,
        sink: &mut dyn FnMut(Entry<'a>),
    ) {
        let images = el_torito::read(self.data, block, &mut self.problems);
        for (image, number) in images.into_iter().zip(1..) {
            attributes.push(("boot-image", image.description));
            let start = position(u64::from(image.block) * SECTOR as u64);
            if self.starts.contains(&start) || self.entries >= self.limits.entries {
                continue;
            }
            // Up to the next file where the catalogue does not say more than a sector.
            let next = self.starts.range(start..).next().copied().unwrap_or(self.data.len());
            let length = if image.size <= SECTOR { next.saturating_sub(start) } else { image.size };
            let bytes = head(tail(self.data, start), length);
            if bytes.len() < image.size {
                let detail =
                    format!("boot image {number} has {} bytes, {} are there", image.size, bytes.len());
                self.problem(ProblemKind::Truncated, image.at, detail);
            }
            if !bytes.is_empty() {
                self.entries += 1;
                sink(stream(format!("boot-image-{number}"), bytes, start));
            }
        }
    }
}

/// Puts the pieces of a file together.
fn join(data: &[u8], pieces: &[Piece], at: u64, limits: &Limits) -> Unpacked {
    let mut unpacked = Unpacked::default();
    let most = position(limits.object_bytes);
    for piece in pieces {
        let stored = head(tail(data, piece.start), piece.length);
        let room = most - unpacked.bytes.len();
        let problem = if limits.stopped() || piece.length > room {
            Some(Problem::new(ProblemKind::LimitReached, at, "a file of more bytes than are allowed"))
        } else if stored.len() < piece.length {
            let missing = piece.length - stored.len();
            Some(Problem::new(ProblemKind::Truncated, at, format!("{missing} bytes of a file are missing")))
        } else {
            None
        };
        unpacked.bytes.extend_from_slice(head(stored, room));
        if let Some(problem) = problem {
            unpacked.problems.push(problem);
            break;
        }
    }
    unpacked
}

/// A name without its version and the dot of an empty extension.
fn plain_name(name: &[u8]) -> Vec<u8> {
    let base = match name.iter().rposition(|byte| *byte == b';') {
        Some(at) if tail(name, at + 1).iter().all(u8::is_ascii_digit) => head(name, at),
        _ => name,
    };
    base.strip_suffix(b".").unwrap_or(base).to_vec()
}

fn joliet_name(name: &[u8]) -> Vec<u8> {
    let (units, _) = name.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
    let text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.strip_suffix(";1").unwrap_or(&text).to_owned().into_bytes()
}

fn stream(path: String, bytes: &[u8], at: usize) -> Entry<'_> {
    Entry {
        path: Cow::Owned(path.into_bytes()),
        kind: EntryKind::Stream(Content::Slice(bytes)),
        mode: None,
        uid: None,
        gid: None,
        mtime: None,
        at: Some(at as u64),
        xattrs: Vec::new(),
    }
}
