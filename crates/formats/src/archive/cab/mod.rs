//! Microsoft cabinets: files cut from folders, each folder one stream in blocks of 32 KiB.
//!
//! Finds: every file with its time, and bytes of a folder that no file has. How: the header's tables are read strictly,
//! the checksum of every block is verified; MSZIP blocks share one window and so does LZX. A folder is unpacked once: what
//! is passed on the way to a file is kept for whoever asks for it. Reserved fields, names of other cabinets and gaps are
//! attributes or slack. Wrong when: carved from unknown bytes, version, flags and the first of each table must fit: a cabinet with another version is found only where a file begins with it. Misses: Quantum;
//! files that go on in another cabinet. Source: [MS-CAB]; Microsoft Cabinet SDK.

use self::blocks::{Blocks, Method};
use super::slack::{Slack, stream};
use super::solid::{Block, Part};
use crate::broken;
use crate::bytes::{head, slice, tail, u16_le, u32_le, until_nul};
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use std::borrow::Cow;
use std::sync::Arc;

mod blocks;
mod lzx;

/// A cabinet.
pub struct Cab;

static DESCRIPTION: Description = Description {
    name: "cab",
    title: "Microsoft cabinet",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "its files, bytes of its folders that no file has, and its slack",
    limits: &[
        "folders in Quantum are named and handed out as stored",
        "a file that goes on from or in another cabinet is handed out as far as it stands here",
        "a time has no zone, and is taken for UTC",
    ],
    source: "[MS-CAB]: Cabinet File Format",
};

const MAGIC: &[u8] = b"MSCF";
const HEADER: usize = 36;
const FOLDER: usize = 8;
const FILE: usize = 16;
/// Methods that are named: more than there are, so that a damaged table does not name thousands.
const METHODS: usize = 12;
/// Numbers of folders from which on a file is not whole in this cabinet: from the one before, to the next, both.
const CONTINUED: [u16; 3] = [0xfffd, 0xfffe, 0xffff];

impl Format for Cab {
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
        let mut slack = Slack::default();
        let Some(header) = Header::parse(data, &mut slack) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let is_sane = header.size >= HEADER && header.files_at >= HEADER && header.files_at < header.size;
        if !is_sane || (place == Place::Inside && !header.fits(data)) {
            return broken::header(data, place, &DESCRIPTION, || {
                Problem::new(ProblemKind::Malformed, 8, "the header has values that do not fit one another")
            });
        }
        let mut reader =
            Reader { data: head(data, header.size), limits, problems: Vec::new(), slack, entries: 0 };
        if header.size > data.len() {
            let detail = format!("the cabinet is said to end at {}", header.size);
            reader.problem(ProblemKind::Truncated, data.len(), detail);
        }
        let mut attributes = header.attributes;
        attributes.push(("folders", header.folders.to_string()));
        attributes.push(("entries", header.files.to_string()));
        if let Some(compression) = reader.run(&header.tables, sink) {
            attributes.push(("compression", compression));
        }
        reader.slack.hand_out(sink);
        Some(Reading { size: header.size.clamp(1, data.len()), attributes, problems: reader.problems })
    }
}

/// Where the tables are.
struct Tables {
    folders_at: usize,
    folders: u16,
    folder_reserve: usize,
    block_reserve: usize,
    files_at: usize,
    files: u16,
}

struct Header {
    size: usize,
    files_at: usize,
    folders: u16,
    files: u16,
    /// Version 1.3, the only one there is, and no flag that has no meaning.
    is_of_the_format: bool,
    tables: Tables,
    attributes: Vec<(&'static str, String)>,
}

impl Header {
    fn parse<'a>(data: &'a [u8], slack: &mut Slack<'a>) -> Option<Self> {
        if !data.starts_with(MAGIC) {
            return None;
        }
        let (size, files_at) = (u32_le(data, 8)? as usize, u32_le(data, 16)? as usize);
        let (folders, files, flags) = (u16_le(data, 26)?, u16_le(data, 28)?, u16_le(data, 30)?);
        let (minor, major) = (*data.get(24)?, *data.get(25)?);
        let is_of_the_format = (major, minor) == (1, 3) && flags < 8;
        let version = format!("{major}.{minor}");
        let mut attributes = vec![("version", version), ("set", u16_le(data, 32)?.to_string())];
        attributes.push(("number-in-set", u16_le(data, 34)?.to_string()));
        for at in [4, 12, 20] {
            slack.take(at, slice(data, at, 4)?);
        }
        let mut at = HEADER;
        let (mut folder_reserve, mut block_reserve) = (0, 0);
        if flags & 4 != 0 {
            let length = usize::from(u16_le(data, at)?);
            folder_reserve = usize::from(*data.get(at + 2)?);
            block_reserve = usize::from(*data.get(at + 3)?);
            at += 4;
            slack.take(at, slice(data, at, length)?);
            at += length;
        }
        for (flag, cabinet, disk) in
            [(1, "previous-cabinet", "previous-disk"), (2, "next-cabinet", "next-disk")]
        {
            if flags & flag == 0 {
                continue;
            }
            for name in [cabinet, disk] {
                let text = until_nul(head(tail(data, at), 256));
                attributes.push((name, String::from_utf8_lossy(text).into_owned()));
                at += text.len() + 1;
            }
        }
        let tables = Tables { folders_at: at, folders, folder_reserve, block_reserve, files_at, files };
        Some(Self { size, files_at, folders, files, is_of_the_format, tables, attributes })
    }

    /// Whether version and flags are the format's, and the first folder and the first file are what the header says.
    fn fits(&self, data: &[u8]) -> bool {
        let Tables { folders_at, folder_reserve, files_at, .. } = self.tables;
        let folders_end = folders_at + usize::from(self.folders) * (FOLDER + folder_reserve);
        let first_block = u32_le(data, folders_at).map_or(usize::MAX, |at| at as usize);
        self.is_of_the_format
            && self.folders > 0
            && self.files > 0
            && folders_end <= files_at
            && first_block < self.size
            && first_block >= folders_end
            && File::parse(data, files_at).is_some_and(|file| file.is_sane(self.folders))
    }
}

struct File<'a> {
    name: &'a [u8],
    size: u32,
    start: u32,
    folder: u16,
    time: u32,
}

impl<'a> File<'a> {
    fn parse(data: &'a [u8], at: usize) -> Option<Self> {
        let rest = data.get(at..)?;
        // The last word of the fields holds attributes of DOS: read-only, hidden, system, archive.
        let name = head(rest.get(FILE..)?, 257);
        let length = name.iter().position(|byte| *byte == 0)?;
        Some(Self {
            name: head(name, length),
            size: u32_le(rest, 0)?,
            start: u32_le(rest, 4)?,
            folder: u16_le(rest, 8)?,
            time: u32::from(u16_le(rest, 10)?) << 16 | u32::from(u16_le(rest, 12)?),
        })
    }

    fn is_sane(&self, folders: u16) -> bool {
        (self.folder < folders || CONTINUED.contains(&self.folder))
            && !self.name.is_empty()
            && self.name.iter().all(|byte| *byte >= b' ')
    }
}

/// A folder, and the files that are cut from it.
struct Folder<'a> {
    blocks: Blocks<'a>,
    files: Vec<(usize, File<'a>)>,
}

struct Reader<'a, 'l> {
    data: &'a [u8],
    limits: &'l Limits,
    problems: Vec<Problem>,
    slack: Slack<'a>,
    entries: u64,
}

impl<'a> Reader<'a, '_> {
    fn problem(&mut self, kind: ProblemKind, at: usize, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, at as u64, detail));
    }

    /// Hands out every file; how the folders are compressed.
    fn run(&mut self, tables: &Tables, sink: &mut dyn FnMut(Entry<'a>)) -> Option<String> {
        let mut folders = Vec::new();
        let mut at = tables.folders_at;
        // What the tables and blocks take, from and to.
        let mut taken = vec![(0, at)];
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..tables.folders {
            let Some(blocks) = Blocks::find(self.data, at, tables.block_reserve) else {
                self.problem(ProblemKind::Truncated, at, format!("folder {number} is missing"));
                break;
            };
            if !seen.insert(blocks.start) {
                self.problem(
                    ProblemKind::Malformed,
                    at,
                    format!("folder {number} stands where another stands"),
                );
            }
            self.slack.take(at + FOLDER, self.data.get(at + FOLDER..at + FOLDER + tables.folder_reserve)?);
            blocks.slack(&mut self.slack);
            if blocks.is_cut_off {
                self.problem(ProblemKind::Truncated, blocks.end, format!("folder {number} is cut off"));
            }
            if let Method::Unknown(name) = &blocks.method {
                let detail = format!("folder {number} is compressed with {name}, which is not read");
                self.problem(ProblemKind::Unsupported, at, detail);
                let bytes = self.data.get(blocks.start..blocks.end).unwrap_or_default();
                sink(stream(format!("(folder {number})"), Content::Slice(bytes), Some(blocks.start)));
            }
            taken.push((blocks.start, blocks.end));
            at += FOLDER + tables.folder_reserve;
            folders.push(Folder { blocks, files: Vec::new() });
        }
        taken.push((tables.folders_at, at));
        let files_end = self.files(tables, &mut folders);
        taken.push((tables.files_at, files_end));
        self.gaps(taken);
        let mut methods: Vec<String> = folders.iter().map(|folder| folder.blocks.method.name()).collect();
        methods.sort();
        methods.dedup();
        for (number, folder) in folders.into_iter().enumerate() {
            self.hand_out(number, folder, sink);
        }
        if methods.len() > METHODS {
            let more = methods.len() - METHODS;
            methods.truncate(METHODS);
            methods.push(format!("and {more} more"));
        }
        (!methods.is_empty()).then(|| methods.join(" "))
    }

    /// Sorts the files into their folders; where their table ends.
    fn files(&mut self, tables: &Tables, folders: &mut [Folder<'a>]) -> usize {
        let mut at = tables.files_at;
        for number in 0..usize::from(tables.files) {
            let Some(file) = File::parse(self.data, at) else {
                self.problem(
                    ProblemKind::Truncated,
                    at,
                    format!("file {number} and those behind it are missing"),
                );
                break;
            };
            let index = match file.folder {
                0xfffd | 0xffff => 0,
                0xfffe => folders.len().saturating_sub(1),
                number => usize::from(number),
            };
            if CONTINUED.contains(&file.folder) {
                let name = String::from_utf8_lossy(file.name);
                let detail = format!("{name:?} goes on in another cabinet");
                self.problem(ProblemKind::Unsupported, at, detail);
            }
            let end = at + FILE + file.name.len() + 1;
            match folders.get_mut(index) {
                Some(folder) => folder.files.push((at, file)),
                None => self.problem(ProblemKind::Malformed, at, format!("file {number} is in no folder")),
            }
            at = end;
        }
        at
    }

    /// Takes what stands between the tables and blocks.
    fn gaps(&mut self, mut taken: Vec<(usize, usize)>) {
        taken.sort_unstable();
        let mut at = 0;
        for (start, end) in taken.into_iter().chain([(self.data.len(), self.data.len())]) {
            self.slack.take(at, self.data.get(at..start).unwrap_or_default());
            at = at.max(end);
        }
    }

    /// Hands out a folder's files in the order of their places in it.
    fn hand_out(&mut self, number: usize, folder: Folder<'a>, sink: &mut dyn FnMut(Entry<'a>)) {
        let Folder { blocks, mut files } = folder;
        files.sort_by_key(|(at, file)| (file.start, file.size, *at));
        let total = blocks.size;
        let mut parts: Vec<Part> = Vec::new();
        let mut names: Vec<Option<(usize, File<'a>)>> = Vec::new();
        let mut covered = 0_u64;
        let gap =
            |covered: u64, to: u64| Part { start: covered, size: to.saturating_sub(covered), crc: None };
        for (at, file) in files {
            let start = u64::from(file.start);
            if start > covered && start <= total {
                parts.push(gap(covered, start));
                names.push(None);
            }
            covered = covered.max(start + u64::from(file.size));
            parts.push(Part { start, size: file.size.into(), crc: None });
            names.push(Some((at, file)));
        }
        if covered < total {
            parts.push(gap(covered, total));
            names.push(None);
        }
        let at = blocks.start;
        let is_read = !matches!(blocks.method, Method::Unknown(_));
        let wanted = parts.clone();
        let blocks = Arc::new(blocks);
        let open = {
            let blocks = Arc::clone(&blocks);
            Box::new(move || Blocks::open(&blocks))
        };
        let block = Arc::new(Block::new(open, parts, at));
        for (index, (name, part)) in names.into_iter().zip(wanted).enumerate() {
            if self.limits.stopped() || self.entries >= self.limits.entries {
                let detail = format!("stopped after {} entries", self.entries);
                return self.problem(ProblemKind::LimitReached, at, detail);
            }
            self.entries += 1;
            let block = Arc::clone(&block);
            let make = Box::new(move |limits: &Limits| block.file(index, limits));
            let content = Content::Deferred { size: part.size, make };
            match name {
                Some((_, file)) => sink(entry(&file, content)),
                // Where nothing can be read, the folder was handed out as stored.
                None if !is_read => {}
                None => sink(stream(format!("(folder {number} from {:#x} on)", part.start), content, None)),
            }
        }
    }
}

fn entry<'a>(file: &File<'a>, content: Content<'a>) -> Entry<'a> {
    // Parts of a path are divided as on Windows.
    let path = if file.name.contains(&b'\\') {
        Cow::Owned(file.name.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect())
    } else {
        Cow::Borrowed(file.name)
    };
    Entry {
        path,
        kind: EntryKind::File(content),
        // Read-only and executable are all that the format knows.
        mode: None,
        uid: None,
        gid: None,
        mtime: super::zip::dos_time(file.time),
        at: None,
        xattrs: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
