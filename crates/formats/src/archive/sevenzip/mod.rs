//! 7z: blocks of files compressed together, and a database at the end.
//!
//! Finds: every file with its name, time and mode. How: the signature header's CRC-32 and the database's are verified; a
//! packed database is unpacked first. The files of a block are cut from one stream, which is unpacked once: what is passed
//! on the way to a file is kept for whoever asks for it. CRC-32 of every file is compared. Bytes between the streams and
//! the database, and properties that nobody reads, are handed out. Wrong when: carved from unknown bytes, the signature
//! header's CRC-32 must fit. Misses: encrypted blocks, and those in methods of offshoots (zstd, lz4, brotli).
//! Source: 7-Zip, DOC/7zFormat.txt and DOC/Methods.txt (LZMA SDK).

use self::folder::{AES, method_name};
use self::header::{Database, Folder, Streams};
use super::coder::drain;
use super::slack::{Slack, stream};
use super::solid::{self, Block, Part};
use crate::broken;
use crate::bytes::{position, slice, u32_le, u64_le};
use crate::compression::output::Output;
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;

mod folder;
mod header;

/// 7z.
pub struct SevenZip;

static DESCRIPTION: Description = Description {
    name: "7z",
    title: "7z archive",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "its files, and bytes that its database does not speak of",
    limits: &[
        "encrypted blocks and databases are named and handed out as stored",
        "blocks in zstd, lz4, brotli and other methods of offshoots are named and handed out as stored",
        "PPMd with a model of more than 256 MiB is not read",
        "an archive that is split over several files is read as far as it stands in one",
    ],
    source: "7-Zip, DOC/7zFormat.txt and DOC/Methods.txt",
};

const MAGIC: &[u8] = &[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c];
const HEADER: usize = 32;
/// A database that is larger is not unpacked.
const DATABASE_MAX: u64 = 64 << 20;
/// A packed database may be packed again; nobody does more often.
const LAYERS: usize = 4;
/// Targets of symbolic links are unpacked at once, up to this size.
const LINK_MAX: u64 = 4096;
const TYPE: u32 = 0o170_000;

impl Format for SevenZip {
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
        let (Some(start), Some(stated)) = (data.get(12..HEADER), u32_le(data, 8)) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        if !data.starts_with(MAGIC) {
            return None;
        }
        let (offset, size, crc) = (u64_le(start, 0)?, u64_le(start, 8)?, u32_le(start, 16)?);
        if crc32(start) != stated {
            let detail = format!("CRC-32 {stated:08x} of the header is stated, it has {:08x}", crc32(start));
            return broken::header(data, place, &DESCRIPTION, || {
                Problem::new(ProblemKind::Malformed, 8, detail)
            });
        }
        let version = match (data.get(6), data.get(7)) {
            (Some(major), Some(minor)) => format!("{major}.{minor}"),
            _ => String::new(),
        };
        let mut reader = Reader {
            data,
            limits,
            problems: Vec::new(),
            slack: Slack::default(),
            methods: BTreeSet::new(),
            entries: 0,
        };
        let at = HEADER.saturating_add(position(offset));
        let end = at.saturating_add(position(size));
        if end > data.len() {
            let detail = format!("the archive is said to end at {end}");
            reader.problem(ProblemKind::Truncated, data.len(), detail);
            let rest = data.get(HEADER..).unwrap_or_default();
            if !rest.is_empty() {
                sink(stream("(packed streams)", Content::Slice(rest), Some(HEADER)));
            }
        } else if let Some(bytes) = slice(data, at, position(size)).filter(|bytes| !bytes.is_empty()) {
            if crc32(bytes) != crc {
                let detail =
                    format!("CRC-32 {crc:08x} of the database is stated, it has {:08x}", crc32(bytes));
                reader.problem(ProblemKind::Checksum, at, detail);
            }
            reader.database(bytes, at, sink);
        } else {
            reader.slack.take(HEADER, data.get(HEADER..at).unwrap_or_default());
        }
        reader.slack.hand_out(sink);
        let mut attributes = vec![("version", version), ("entries", reader.entries.to_string())];
        if !reader.methods.is_empty() {
            let methods: Vec<String> = reader.methods.into_iter().collect();
            attributes.push(("compression", methods.join(" ")));
        }
        Some(Reading { size: end.clamp(1, data.len()), attributes, problems: reader.problems })
    }
}

fn crc32(data: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    crc.sum()
}

struct Reader<'a, 'l> {
    data: &'a [u8],
    limits: &'l Limits,
    problems: Vec<Problem>,
    slack: Slack<'a>,
    methods: BTreeSet<String>,
    entries: u64,
}

impl<'a> Reader<'a, '_> {
    fn problem(&mut self, kind: ProblemKind, at: usize, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, at as u64, detail));
    }

    /// Reads the database at `at`, unpacking it where it is packed.
    fn database(&mut self, bytes: &[u8], at: usize, sink: &mut dyn FnMut(Entry<'a>)) {
        let mut header = Cow::Borrowed(bytes);
        let mut taken = Vec::new();
        for _ in 0..LAYERS {
            match header::kind(&header) {
                Some(header::PACKED) => {}
                Some(header::PLAIN) => {
                    let Some(database) = header::database(&header) else { break };
                    self.taken(&database.streams, &mut taken);
                    self.gaps(taken, at);
                    return self.files(database, sink);
                }
                _ => break,
            }
            let Some(streams) = header::packed(&header) else { break };
            self.taken(&streams, &mut taken);
            match self.unpack_database(&streams) {
                Ok(unpacked) => header = Cow::Owned(unpacked),
                Err(problem) => {
                    self.problems.push(problem);
                    let rest = self.data.get(HEADER..at).unwrap_or_default();
                    return sink(stream("(packed streams)", Content::Slice(rest), Some(HEADER)));
                }
            }
        }
        self.problem(ProblemKind::Malformed, at, "the database cannot be read");
        let rest = self.data.get(HEADER..at).unwrap_or_default();
        if !rest.is_empty() {
            sink(stream("(packed streams)", Content::Slice(rest), Some(HEADER)));
        }
    }

    /// Unpacks the first folder, in which a packed database is.
    fn unpack_database(&mut self, streams: &Streams) -> Result<Vec<u8>, Problem> {
        let broken = |detail: &str| Problem::new(ProblemKind::Malformed, HEADER as u64, detail);
        let folder = streams.folders.first().ok_or_else(|| broken("the packed database has no folder"))?;
        let (packed, at) = self.packed(streams, folder);
        let named = |error: std::io::Error| {
            let problem = solid::problem(&error, at);
            Problem { detail: format!("the database: {}", problem.detail), ..problem }
        };
        let size = folder.last().and_then(|last| folder.sizes.get(last)).copied().unwrap_or_default();
        let mut reader = folder::open(folder, &packed, &Arc::default()).map_err(named)?.take(size);
        let mut output = Output::bounded(self.limits, DATABASE_MAX);
        if let Some(problem) = drain(&mut reader, &mut output, at, "the database") {
            return Err(problem);
        }
        if folder.crc.is_some_and(|crc| crc != crc32(&output.bytes)) {
            self.problem(ProblemKind::Checksum, at, "the CRC-32 of the unpacked database does not fit");
        }
        Ok(output.bytes)
    }

    /// The packed streams of a folder as far as they are there, and where the first of them stands.
    fn packed(&self, streams: &Streams, folder: &Folder) -> (Vec<&'a [u8]>, usize) {
        let before = streams.packed_sizes.iter().take(folder.first_stream);
        let start = before.fold(streams.start, |sum, size| sum.saturating_add(*size));
        let mut at = HEADER.saturating_add(position(start));
        let first = at;
        let mut packed = Vec::new();
        for size in streams.packed_sizes.iter().skip(folder.first_stream).take(folder.packed.len()) {
            packed.push(crate::bytes::head(crate::bytes::tail(self.data, at), position(*size)));
            at = at.saturating_add(position(*size));
        }
        (packed, first)
    }

    /// Notes what the packed streams take.
    fn taken(&self, streams: &Streams, taken: &mut Vec<(usize, usize)>) {
        let mut at = HEADER.saturating_add(position(streams.start));
        for size in &streams.packed_sizes {
            let end = at.saturating_add(position(*size));
            taken.push((at, end));
            at = end;
        }
    }

    /// Takes what stands before the database and belongs to no packed stream.
    fn gaps(&mut self, mut taken: Vec<(usize, usize)>, database: usize) {
        taken.sort_unstable();
        let mut at = HEADER;
        for (start, end) in taken.into_iter().chain([(database, database)]) {
            self.slack.take(at, self.data.get(at..start.min(database)).unwrap_or_default());
            at = at.max(end);
        }
    }

    fn files(&mut self, database: Database, sink: &mut dyn FnMut(Entry<'a>)) {
        let Database { mut streams, files, others } = database;
        let contents = std::mem::take(&mut streams.contents);
        let mut blocks = Vec::new();
        for (number, (folder, contents)) in streams.folders.iter().zip(contents).enumerate() {
            for coder in &folder.coders {
                self.methods.insert(method_name(coder.method));
            }
            let (packed, at) = self.packed(&streams, folder);
            let is_encrypted = folder.coders.iter().any(|coder| coder.method == AES);
            if let Err(error) = folder::open(folder, &packed, &Arc::default()) {
                let problem = solid::problem(&error, at);
                self.problem(problem.kind, at, format!("block {number}: {}", problem.detail));
                let kind = if is_encrypted { "encrypted block" } else { "packed block" };
                for (index, bytes) in packed.iter().enumerate().filter(|(_, bytes)| !bytes.is_empty()) {
                    let path = if packed.len() == 1 {
                        format!("({kind} {number})")
                    } else {
                        format!("({kind} {number}, stream {index})")
                    };
                    sink(stream(path, Content::Slice(bytes), None));
                }
            }
            let mut parts: Vec<Part> = Vec::new();
            for (size, crc) in contents {
                let start = parts.last().map_or(0, |last| last.start.saturating_add(last.size));
                parts.push(Part { start, size, crc });
            }
            let sizes: Vec<u64> = parts.iter().map(|part| part.size).collect();
            let folder = folder.clone();
            let left = Arc::default();
            let count = Arc::clone(&left);
            let open = Box::new(move || folder::open(&folder, &packed, &count));
            blocks.push((Arc::new(Block::new(open, parts, at).counted(left)), sizes));
        }
        let mut cursor = blocks.iter().flat_map(|(block, sizes)| {
            sizes.iter().enumerate().map(move |(index, size)| (block, index, *size))
        });
        for file in &files {
            if self.limits.stopped() || self.entries >= self.limits.entries {
                let detail = format!("stopped after {} entries", self.entries);
                return self.problem(ProblemKind::LimitReached, HEADER, detail);
            }
            self.entries += 1;
            let source = if file.has_content { cursor.next() } else { None };
            if file.has_content && source.is_none() {
                self.problem(ProblemKind::Malformed, HEADER, "a file has no content in any block");
            }
            if file.is_anti {
                self.problem(
                    ProblemKind::Undefined,
                    HEADER,
                    format!("{:?} is an order to delete", String::from_utf8_lossy(&file.name)),
                );
            }
            sink(self.entry(file, source));
        }
        let left = cursor.count();
        if left > 0 {
            self.problem(ProblemKind::Malformed, HEADER, format!("{left} contents have no name"));
        }
        for (number, (id, bytes)) in others.into_iter().enumerate() {
            sink(stream(format!("(property {id} in place {number})"), Content::Owned(bytes), None));
        }
    }

    fn entry(&self, file: &header::File, source: Option<(&Arc<Block<'a>>, usize, u64)>) -> Entry<'a> {
        // The high half of the attributes is a mode, where a Unix system wrote them.
        let mode =
            file.attributes.filter(|attributes| attributes & 0x8000 != 0).map(|attributes| attributes >> 16);
        let is_directory =
            file.attributes.is_some_and(|attributes| attributes & 0x10 != 0) || file.is_directory;
        let kind = match source {
            Some((block, index, size))
                if mode.is_some_and(|mode| mode & TYPE == 0o120_000) && size <= LINK_MAX =>
            {
                EntryKind::Symlink(Cow::Owned(block.file(index, self.limits).bytes))
            }
            Some((block, index, size)) => {
                let block = Arc::clone(block);
                let make = Box::new(move |limits: &Limits| block.file(index, limits));
                EntryKind::File(Content::Deferred { size, make })
            }
            None if is_directory => EntryKind::Directory,
            None => EntryKind::File(Content::Slice(b"")),
        };
        Entry {
            path: Cow::Owned(file.name.clone()),
            kind,
            mode: mode.map(|mode| mode & 0o7777),
            uid: None,
            gid: None,
            mtime: file.modified,
            at: None,
            xattrs: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;

    fn archive(packed: &[u8], database: &[u8]) -> Vec<u8> {
        let mut start = (packed.len() as u64).to_le_bytes().to_vec();
        start.extend((database.len() as u64).to_le_bytes());
        start.extend(crc32(database).to_le_bytes());
        let mut data = [MAGIC, &[0, 4], &crc32(&start).to_le_bytes(), &start, packed].concat();
        data.extend_from_slice(database);
        data
    }

    /// Two stored files, `a` of three bytes and `b` of two.
    fn database(method: &[u8]) -> Vec<u8> {
        let folder = [&[7, 11, 1, 0, 1, method.len() as u8][..], method].concat();
        [
            &[1, 4, 6, 0, 1, 9, 5, 0][..],
            &folder,
            &[12, 5, 0, 8, 13, 2, 9, 3, 0, 0],
            &[5, 2, 17, 9, 0, b'a', 0, 0, 0, b'b', 0, 0, 0, 0, 0],
        ]
        .concat()
    }

    #[test]
    fn two_files_of_one_block() {
        let mut data = archive(b"onexy", &database(&[0]));
        let size = data.len();
        data.extend_from_slice(b"behind");
        let (reading, entries) = read(&SevenZip, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (size, vec![]));
        let contents: Vec<_> = entries
            .into_iter()
            .map(|entry| match entry.kind {
                EntryKind::File(Content::Deferred { make, .. }) => {
                    (entry.path, make(&Limits::default()).bytes)
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(contents[0], (Cow::Borrowed(&b"a"[..]), b"one".to_vec()));
        assert_eq!(contents[1], (Cow::Borrowed(&b"b"[..]), b"xy".to_vec()));
    }

    #[test]
    fn bytes_behind_the_last_file_of_a_block_are_told() {
        // The packed stream has seven bytes, the files five.
        let mut lie = database(&[0]);
        assert_eq!(lie[6], 5);
        lie[6] = 7;
        let data = archive(b"onexyAB", &lie);
        let (_, entries) = read(&SevenZip, &data, Place::Start).unwrap();
        let problems: Vec<_> = entries
            .into_iter()
            .filter_map(|entry| match entry.kind {
                EntryKind::File(Content::Deferred { make, .. }) => Some(make(&Limits::default()).problems),
                _ => None,
            })
            .flatten()
            .collect();
        assert_eq!((problems.len(), problems[0].kind), (1, ProblemKind::Malformed));
        assert!(problems[0].detail.starts_with("2 bytes"), "{problems:?}");
    }

    #[test]
    fn encryption_is_named_and_gaps_are_slack() {
        let data = archive(b"onexyHIDDEN", &database(&[6, 0xf1, 7, 1]));
        let (reading, entries) = read(&SevenZip, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Unsupported);
        assert!(reading.problems[0].detail.contains("AES-256"));
        let paths: Vec<String> =
            entries.iter().map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).collect();
        assert_eq!(paths, ["(encrypted block 0)", "a", "b", "(slack at 0x25)"]);
    }

    #[test]
    fn lies_in_the_database() {
        for (at, value) in [(4, 0xfe), (6, 0xfe), (16, 0x7f), (21, 0x7f), (23, 0x7e)] {
            let mut lie = database(&[0]);
            lie[at] = value;
            let data = archive(b"onexy", &lie);
            let (reading, entries) = read(&SevenZip, &data, Place::Start).unwrap();
            let told = reading.problems.len()
                + entries
                    .into_iter()
                    .filter_map(|entry| match entry.kind {
                        EntryKind::File(Content::Deferred { make, .. }) => {
                            Some(make(&Limits::default()).problems.len())
                        }
                        _ => None,
                    })
                    .sum::<usize>();
            assert!(told > 0, "byte {at}");
        }
    }
}
