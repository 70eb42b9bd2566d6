//! romfs: the plainest file system, for kernels without much else.
//!
//! Finds: every name, each directory before what it holds; contents stand in the image as they are. How: headers that
//! point to the next one, to what a directory holds and to what a hard link means; the checksums of the volume and of
//! each header are verified. Carved from unknown bytes, the checksum of the volume must fit. Wrong when: never seen.
//! Misses: bytes between the files. Modes are those that Linux shows: the format keeps one bit for "executable".
//! Source: Linux, Documentation/filesystems/romfs.rst and include/uapi/linux/romfs_fs.h.

use crate::broken;
use crate::bytes::{head, slice, tail, u32_be, until_nul, zero_padding};
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// romfs.
pub struct Romfs;

static DESCRIPTION: Description = Description {
    name: "romfs",
    title: "romfs file system",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "its entries without the root, each directory before what it holds, hard links last",
    limits: &[
        "the format keeps no owners, times or permissions but \"executable\"",
        "carved from unknown bytes, a volume with a wrong checksum is not read",
    ],
    source: "Linux, Documentation/filesystems/romfs.rst",
};

const MAGIC: &[u8] = b"-rom1fs-";
/// Everything is padded to this.
const UNIT: usize = 16;
/// The checksum of the volume covers so many bytes.
const SUMMED: usize = 512;
const NAME_MAX: usize = 1 << 10;
const DEPTH_MAX: usize = 128;
const PATH_MAX: usize = 8 << 10;
/// Images are padded to this.
const PADDING: usize = 1024;

impl Format for Romfs {
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
        if !data.starts_with(MAGIC) {
            return None;
        }
        let header = u32_be(data, 8).zip(name(data, UNIT));
        let Some((stated, (volume, root))) = header else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let stated = stated as usize;
        let mut problems = Vec::new();
        if stated < root + UNIT {
            return broken::header(data, place, &DESCRIPTION, || {
                Problem::new(ProblemKind::Malformed, 8, format!("{stated} bytes are stated"))
            });
        }
        let fits = sums_to_zero(head(data, stated.min(SUMMED)));
        if !fits {
            if place == Place::Inside {
                return None;
            }
            problems.push(Problem::new(ProblemKind::Checksum, 12, "the checksum of the volume does not fit"));
        }
        if stated > data.len() {
            let detail = format!("{} of {stated} bytes are missing", stated - data.len());
            problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        let size = stated.min(data.len());
        let attributes =
            vec![("name", String::from_utf8_lossy(volume).into_owned()), ("size", stated.to_string())];
        let mut walk = Walk {
            image: head(data, size),
            limits,
            problems,
            paths: BTreeMap::new(),
            links: Vec::new(),
            entries: 0,
        };
        walk.run(root, sink);
        walk.links(sink);
        let size = size + zero_padding(data, size, PADDING);
        Some(Reading { size: size.max(1), attributes, problems: walk.problems })
    }
}

/// Whether the big-endian words of `data`, the last one filled with zeros, add up to nothing.
fn sums_to_zero(data: &[u8]) -> bool {
    let word = |chunk: &[u8]| {
        (0..4).fold(0_u32, |word, at| word << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)))
    };
    data.chunks(4).fold(0_u32, |sum, chunk| sum.wrapping_add(word(chunk))) == 0
}

/// The name at `at`, and where what follows it starts.
fn name(data: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let name = until_nul(head(tail(data, at), NAME_MAX));
    (at + name.len() < data.len() && name.len() < NAME_MAX)
        .then(|| (name, (at + name.len() + 1).next_multiple_of(UNIT)))
}

/// A header.
struct Header<'a> {
    next: usize,
    kind: u32,
    executable: bool,
    /// What a directory holds, what a link means, a device's numbers.
    spec: u32,
    size: usize,
    name: &'a [u8],
    content: usize,
    sums: bool,
}

impl<'a> Header<'a> {
    fn parse(image: &'a [u8], at: usize) -> Option<Self> {
        let next = u32_be(image, at)?;
        let (name, content) = name(image, at.checked_add(UNIT)?)?;
        Some(Self {
            next: (next & !15) as usize,
            kind: next & 7,
            executable: next & 8 != 0,
            spec: u32_be(image, at + 4)?,
            size: u32_be(image, at + 8)? as usize,
            name,
            content,
            sums: sums_to_zero(slice(image, at, content.checked_sub(at)?).unwrap_or(tail(image, at))),
        })
    }
}

struct Walk<'a, 'l> {
    image: &'a [u8],
    limits: &'l Limits,
    problems: Vec<Problem>,
    /// Each header met, with its path.
    paths: BTreeMap<usize, Vec<u8>>,
    /// Hard links: their path, where they stand, and the header that they mean.
    links: Vec<(Vec<u8>, usize, usize)>,
    entries: u64,
}

impl<'a> Walk<'a, '_> {
    fn problem(&mut self, kind: ProblemKind, offset: usize, detail: &str) {
        self.problems.push(Problem::new(kind, offset as u64, detail));
    }

    fn run(&mut self, root: usize, sink: &mut dyn FnMut(Entry<'a>)) {
        let Some(header) = Header::parse(self.image, root).filter(|header| header.kind == 1) else {
            self.problem(ProblemKind::Malformed, root, "the root is no directory");
            return;
        };
        let mut levels = vec![(Vec::new(), header.spec as usize)];
        if header.name != b"." {
            // The list may start here with a name of its own.
            levels = vec![(Vec::new(), root)];
        }
        while let Some((parent, next)) = levels.last_mut() {
            let at = *next & !(UNIT - 1);
            if at == 0 {
                levels.pop();
                continue;
            }
            let Some(header) = Header::parse(self.image, at) else {
                levels.pop();
                let kind =
                    if at >= self.image.len() { ProblemKind::Truncated } else { ProblemKind::Malformed };
                self.problem(kind, at, "a header cannot be read");
                continue;
            };
            *next = header.next;
            let path = if parent.is_empty() {
                header.name.to_vec()
            } else {
                [&parent[..], b"/", header.name].concat()
            };
            if self.paths.contains_key(&at) {
                levels.pop();
                self.problem(ProblemKind::Malformed, at, "a header stands in two lists");
                continue;
            }
            if matches!(header.name, b"." | b"..") {
                let own = parent.clone();
                self.paths.insert(at, own);
                continue;
            }
            if self.limits.stopped() || self.entries >= self.limits.entries {
                let detail = format!("stopped after {} entries", self.entries);
                self.problem(ProblemKind::LimitReached, at, &detail);
                return;
            }
            self.entries += 1;
            self.paths.insert(at, path.clone());
            if !header.sums {
                self.problem(ProblemKind::Checksum, at, "the checksum of a header does not fit");
            }
            let deeper = header.kind == 1 && levels.len() < DEPTH_MAX && path.len() <= PATH_MAX;
            if header.kind == 1 && !deeper {
                self.problem(ProblemKind::LimitReached, at, "a directory too deep to follow");
            }
            let inside = header.spec as usize;
            self.entry(header, at, path.clone(), sink);
            if deeper {
                levels.push((path, inside));
            }
        }
    }

    fn entry(&mut self, header: Header<'a>, at: usize, path: Vec<u8>, sink: &mut dyn FnMut(Entry<'a>)) {
        let (major, minor) = (header.spec >> 16, header.spec & 0xffff);
        let mut content = || {
            let bytes = head(tail(self.image, header.content), header.size);
            if bytes.len() < header.size {
                self.problems.push(Problem::new(
                    ProblemKind::Truncated,
                    at as u64,
                    "a content lies past the end",
                ));
            }
            bytes
        };
        let mut stands = None;
        let kind = match header.kind {
            0 => {
                self.links.push((path, at, header.spec as usize & !(UNIT - 1)));
                return;
            }
            1 => EntryKind::Directory,
            2 => {
                stands = (header.size > 0).then_some(header.content as u64);
                EntryKind::File(Content::Slice(content()))
            }
            3 => EntryKind::Symlink(Cow::Borrowed(content())),
            4 => EntryKind::BlockDevice { major, minor },
            5 => EntryKind::CharacterDevice { major, minor },
            6 => EntryKind::Socket,
            _ => EntryKind::Fifo,
        };
        let mode = match header.kind {
            3 => 0o777,
            4 | 5 => 0o600,
            _ => 0o644,
        };
        let mode = if header.executable { mode | 0o111 } else { mode };
        let at = stands.filter(|at| *at <= self.image.len() as u64);
        sink(Entry {
            path: Cow::Owned(path),
            kind,
            mode: Some(mode),
            uid: None,
            gid: None,
            mtime: None,
            at,
            xattrs: Vec::new(),
        });
    }

    /// Hands out the hard links: what they mean may stand behind them.
    fn links(&mut self, sink: &mut dyn FnMut(Entry<'a>)) {
        for (path, at, meant) in std::mem::take(&mut self.links) {
            let Some(target) = self.paths.get(&meant).filter(|_| meant != at).cloned() else {
                self.problem(ProblemKind::Malformed, at, "a hard link to nothing");
                continue;
            };
            sink(Entry {
                path: Cow::Owned(path),
                kind: EntryKind::Hardlink(Cow::Owned(target)),
                mode: None,
                uid: None,
                gid: None,
                mtime: None,
                at: None,
                xattrs: Vec::new(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const IMAGE: &[u8] = include_bytes!("../../../../corpus/formats/romfs/plain.romfs");

    fn read(data: &[u8], place: Place) -> Option<(Reading, usize)> {
        let mut entries = 0;
        let reading = Romfs.read(data, place, &Limits::default(), &mut |_| entries += 1)?;
        Some((reading, entries))
    }

    #[test]
    fn a_wrong_checksum_is_told_at_the_start_and_not_believed_inside() {
        let mut data = IMAGE.to_vec();
        let whole = read(&data, Place::Inside).unwrap();
        assert_eq!(whole.0.problems, []);
        data[12] ^= 1;
        assert!(read(&data, Place::Inside).is_none());
        let (reading, entries) = read(&data, Place::Start).unwrap();
        assert_eq!((entries, reading.problems[0].kind), (whole.1, ProblemKind::Checksum));
    }

    #[test]
    fn lists_that_never_end_are_read_once() {
        for next in (0..IMAGE.len() as u32).step_by(16) {
            let mut data = IMAGE.to_vec();
            for at in (32..data.len() - 4).step_by(16) {
                data[at..at + 4].copy_from_slice(&(next | 9).to_be_bytes());
                data[at + 4..at + 8].copy_from_slice(&next.to_be_bytes());
            }
            let (_, entries) = read(&data, Place::Start).unwrap();
            assert!(entries <= data.len() / 16);
        }
    }

    proptest! {
        #[test]
        fn anything_behind_a_good_head_is_read_within_its_bounds(noise in prop::collection::vec(any::<u8>(), 0..600)) {
            let mut data = [MAGIC, &[0, 0, 2, 0], &[0; 4], b"rom\0\0\0\0\0\0\0\0\0\0\0\0\0"].concat();
            data.extend_from_slice(&noise);
            let reading = Romfs.read(&data, Place::Start, &Limits::default(), &mut |_| {});
            prop_assert!(reading.is_some_and(|reading| (1..=data.len()).contains(&reading.size)));
        }
    }
}
