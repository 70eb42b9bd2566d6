//! UEFI firmware volumes: what stands in the flash of x86 and 64-bit ARM boards.
//!
//! Finds: each file's sections under the file's GUID and name; stores of variables as they stand. How: the header's checksum,
//! then files up to the first free byte, then sections; small compressed sections are taken apart, large ones are
//! handed out decompressed, and volumes in them are found as volumes. Wrong when: carved from unknown bytes, the
//! header's checksum must fit. Misses: what the list of limits says. Source: UEFI Platform Initialization 1.8, volume 3.

mod section;
#[cfg(test)]
mod tests;
mod tiano;

use crate::broken;
use crate::bytes::{head, position, slice, tail, u16_le, u32_le, u64_le};
use crate::partition::gpt::guid;
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use section::{Leaf, Piece};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A UEFI firmware volume.
pub struct FirmwareVolume;

static DESCRIPTION: Description = Description {
    name: "uefi-volume",
    title: "UEFI firmware volume",
    magics: &[Magic { offset: 40, bytes: b"_FVH" }],
    yields: "the sections of its files, each under the file's GUID and name",
    limits: &[
        "sections compressed with Brotli, or LZMA behind an x86 filter, are handed out as they stand",
        "what a large compressed section holds is handed out in one piece; only the volumes in it are taken apart",
        "stores of variables are handed out in one piece",
        "the flash descriptor in front of volumes is not read",
        "signatures are not verified",
    ],
    source: "UEFI Platform Initialization 1.8, volume 3",
};

const FILE_HEADER: usize = 24;
const FILE_HEADER_LARGE: usize = 32;
const PAD: u8 = 0xf0;
const RAW: u8 = 0x01;
const LARGE: u8 = 1;
const CHECKED: u8 = 0x40;
const ERASED_TO_ONES: u32 = 0x800;

const FILE_SYSTEMS: &[(&str, &str)] = &[
    ("7a9354d9-0468-444a-81ce-0bf617d890df", "FFS1"),
    ("8c8ce578-8a3d-4f1c-9935-896185c32dd3", "FFS2"),
    ("5473c07a-3dcb-4dca-bd6f-1e9689e7349a", "FFS3"),
    ("04adeead-61ff-4d31-b6ba-64f8bf901f5a", "FFS2, boot volume"),
];
const STORES: &[(&str, &str)] = &[("fff12b8d-7696-4c8b-a985-2747075b4f50", "store of variables")];

impl Format for FirmwareVolume {
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
        let Some(volume) = Volume::parse(data) else {
            return broken::header(data, place, &DESCRIPTION, || match data.len() < 72 {
                true => broken::cut_off(data),
                false => Problem::new(ProblemKind::Malformed, 32, "the header's lengths cannot be right"),
            });
        };
        if place == Place::Inside && volume.sum != 0 {
            return None;
        }
        let mut problems = Vec::new();
        if volume.sum != 0 {
            let detail = format!("the words of the header add up to {:#06x}, not to 0", volume.sum);
            problems.push(Problem::new(ProblemKind::Checksum, 50, detail));
        }
        if let Some(extended) = volume.lies {
            let detail = format!("no extended header can stand at {extended}, as is stated");
            problems.push(Problem::new(ProblemKind::Malformed, 52, detail));
        }
        let size = position(volume.length).min(data.len());
        if volume.length > data.len() as u64 {
            let missing = volume.length - data.len() as u64;
            let detail = format!("{missing} of the {} bytes stated are missing", volume.length);
            problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        let data = data.get(..size)?;
        let mut attributes = volume.attributes();
        if FILE_SYSTEMS.iter().any(|(known, _)| *known == volume.system) {
            let mut walk =
                Walk { data, volume: &volume, limits, problems, paths: BTreeMap::new(), entries: 0 };
            let files = walk.run(sink);
            problems = walk.problems;
            attributes.push(("files", files.to_string()));
        } else {
            if !STORES.iter().any(|(known, _)| *known == volume.system) {
                let detail = format!("the file system {} is not known", volume.system);
                problems.push(Problem::new(ProblemKind::Unsupported, 16, detail));
            }
            let body = tail(data, volume.header);
            if !body.is_empty() {
                sink(stream("store".to_owned(), Content::Slice(body), Some(volume.header)));
            }
        }
        Some(Reading { size: size.max(1), attributes, problems })
    }
}

struct Volume {
    system: String,
    length: u64,
    header: usize,
    /// Sum of the header's words; 0 where it is whole.
    sum: u16,
    flags: u32,
    revision: u8,
    /// Name, and where the first file stands.
    name: Option<String>,
    /// The offset of an extended header that cannot be one.
    lies: Option<usize>,
    first: usize,
}

impl Volume {
    fn parse(data: &[u8]) -> Option<Self> {
        if slice(data, 40, 4)? != b"_FVH" {
            return None;
        }
        let header = usize::from(u16_le(data, 48)?);
        let length = u64_le(data, 32)?;
        let sane = header >= 56 && header.is_multiple_of(2) && length >= header as u64 && length < 1 << 40;
        let (words, _) = slice(data, 0, header).filter(|_| sane)?.as_chunks::<2>();
        let sum = words.iter().fold(0_u16, |sum, word| sum.wrapping_add(u16::from_le_bytes(*word)));
        let revision = *data.get(55)?;
        let extended = usize::from(u16_le(data, 52)?);
        let (mut name, mut first, mut lies) = (None, header, None);
        if revision >= 2 && extended != 0 {
            // It stands behind the header, or is the content of the first file, which is padding: what stood before it
            // otherwise would be passed over.
            let near = extended >= header && extended - header <= FILE_HEADER_LARGE;
            let own = slice(data, extended, 16).and_then(|own| <[u8; 16]>::try_from(own).ok());
            let end =
                u32_le(data, extended.saturating_add(16)).map(|size| extended.saturating_add(size as usize));
            match (
                own,
                end.filter(|end| *end >= extended + 20 && *end as u64 <= length && *end <= data.len()),
            ) {
                (Some(own), Some(end)) if near => (name, first) = (Some(guid(&own)), end),
                _ => lies = Some(extended),
            }
        }
        Some(Self {
            system: guid(slice(data, 16, 16)?.try_into().ok()?),
            length,
            header,
            sum,
            flags: u32_le(data, 44)?,
            revision,
            name,
            lies,
            first: first.next_multiple_of(8),
        })
    }

    fn erased(&self) -> u8 {
        if self.flags & ERASED_TO_ONES == 0 { 0 } else { 0xff }
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let known = FILE_SYSTEMS.iter().chain(STORES).find(|(known, _)| *known == self.system);
        let mut attributes = vec![
            ("file-system", known.map_or_else(|| self.system.clone(), |(_, name)| (*name).to_owned())),
            ("revision", self.revision.to_string()),
            ("erased-to", format!("{:#04x}", self.erased())),
        ];
        attributes.extend(self.name.clone().map(|name| ("name", name)));
        attributes
    }
}

struct File<'a> {
    guid: String,
    kind: u8,
    /// Where its content starts, counted from its header.
    header: usize,
    size: usize,
    content: &'a [u8],
    /// Whether header and content fit their checksums.
    header_fits: bool,
    content_fits: bool,
}

impl<'a> File<'a> {
    /// The file whose header stands at the start of the bytes.
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let fields = slice(bytes, 0, FILE_HEADER)?;
        let byte = |at: usize| fields.get(at).copied().unwrap_or_default();
        let flags = byte(19);
        let short = u32_le(fields, 20)? & 0xff_ffff;
        let (header, size) = match flags & LARGE != 0 || short == 0xff_ffff {
            true => (FILE_HEADER_LARGE, position(u64_le(bytes, 24)?)),
            false => (FILE_HEADER, short as usize),
        };
        if size < header {
            return None;
        }
        let sum = |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        let of_header = sum(slice(bytes, 0, header)?).wrapping_sub(byte(17)).wrapping_sub(byte(23));
        let content = head(tail(bytes, header), size - header);
        let content_fits = match flags & CHECKED {
            0 => matches!(byte(17), 0xaa | 0x5a),
            _ => sum(content).wrapping_add(byte(17)) == 0,
        };
        Some(Self {
            guid: guid(slice(bytes, 0, 16)?.try_into().ok()?),
            kind: byte(18),
            header,
            size,
            content,
            header_fits: of_header == 0,
            content_fits,
        })
    }
}

struct Walk<'a, 'w> {
    data: &'a [u8],
    volume: &'w Volume,
    limits: &'w Limits,
    problems: Vec<Problem>,
    /// How often each path was handed out.
    paths: BTreeMap<String, u32>,
    entries: u64,
}

impl<'a> Walk<'a, '_> {
    fn problem(&mut self, kind: ProblemKind, at: usize, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, at as u64, detail));
    }

    /// Hands out the files; how many there are.
    fn run(&mut self, sink: &mut dyn FnMut(Entry<'a>)) -> usize {
        let erased = self.volume.erased();
        let mut at = self.volume.first;
        let mut files = 0;
        loop {
            let rest = tail(self.data, at);
            if rest.iter().all(|byte| *byte == erased) {
                return files;
            }
            if self.entries >= self.limits.entries || self.limits.stopped() {
                self.problem(ProblemKind::LimitReached, at, format!("stopped after {files} files"));
                return files;
            }
            let free = head(rest, FILE_HEADER).iter().all(|byte| *byte == erased);
            let file = File::parse(rest).filter(|file| !free && file.header_fits);
            let Some(file) = file else {
                if !free {
                    self.problem(ProblemKind::Malformed, at, "no file header stands here");
                }
                // What stands in the free space, or behind a broken header, is not lost.
                self.hand_out("free-space", "", Content::Slice(rest), Some(at), sink);
                return files;
            };
            if file.size > rest.len() {
                let detail = format!("file {} has {} bytes, {} are there", file.guid, file.size, rest.len());
                self.problem(ProblemKind::Truncated, at, detail);
            }
            if !file.content_fits && file.size <= rest.len() {
                let detail = format!("file {} does not fit its checksum", file.guid);
                self.problem(ProblemKind::Checksum, at + 17, detail);
            }
            files += 1;
            self.file(&file, at, sink);
            at = at.saturating_add(file.size.min(rest.len()).next_multiple_of(8));
        }
    }

    fn file(&mut self, file: &File<'a>, at: usize, sink: &mut dyn FnMut(Entry<'a>)) {
        let start = at + file.header;
        if file.kind == PAD {
            if file.content.iter().any(|byte| !matches!(byte, 0 | 0xff)) {
                self.hand_out("pad", "", Content::Slice(file.content), Some(start), sink);
            }
            return;
        }
        if file.kind == RAW {
            return self.hand_out(&file.guid, "raw", Content::Slice(file.content), Some(start), sink);
        }
        let mut sections = section::read(file.content, start as u64, self.limits);
        self.problems.append(&mut sections.problems);
        let folder = match &sections.name {
            Some(name) => format!("{}-{}", file.guid, name.replace('/', "_")),
            None => file.guid.clone(),
        };
        for Leaf { kind, content, at } in sections.leaves {
            let content = match content {
                Piece::Stored(bytes) => Content::Slice(bytes),
                Piece::Made(bytes) => Content::Owned(bytes),
                Piece::Packed(packed) => Content::Deferred {
                    size: packed.length(),
                    make: Box::new(move |limits: &Limits| packed.unpack(limits)),
                },
            };
            self.hand_out(&folder, kind, content, at.map(position), sink);
        }
    }

    /// Hands out a part under a path that no other has.
    fn hand_out(
        &mut self,
        folder: &str,
        kind: &str,
        content: Content<'a>,
        at: Option<usize>,
        sink: &mut dyn FnMut(Entry<'a>),
    ) {
        self.entries += 1;
        let path = if kind.is_empty() { folder.to_owned() } else { format!("{folder}/{kind}") };
        let count = self.paths.entry(path.clone()).or_default();
        *count += 1;
        let path = if *count > 1 { format!("{path}-{count}") } else { path };
        sink(stream(path, content, at));
    }
}

fn stream(path: String, content: Content<'_>, at: Option<usize>) -> Entry<'_> {
    Entry {
        path: Cow::Owned(path.into_bytes()),
        kind: EntryKind::Stream(content),
        mode: None,
        uid: None,
        gid: None,
        mtime: None,
        at: at.map(|at| at as u64),
        xattrs: Vec::new(),
    }
}
