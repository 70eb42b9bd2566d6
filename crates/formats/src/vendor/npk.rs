//! NPK: MikroTik's package, a chain of typed parts.
//!
//! Finds: each part by its type (`squashfs`, `install-script`, ...), and of a compressed container of files each file
//! with mode and time. How: the parts must fill the stated size exactly; the container is one zlib stream of records.
//! Wrong when: carved from unknown bytes, the chain must end where the header says. Misses: signatures and digests are
//! not verified; numbers of devices. Source: npk-tools by Sergey Ryazanov (npk.h, unnpk.c), npkPy.

use super::parts::{stream, text};
use crate::broken;
use crate::bytes::{head, slice, tail, u16_le, u32_le};
use crate::compression::output::Output;
use crate::compression::zlib;
use crate::time::iso8601;
use crate::{
    Content, Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading,
    Unpacked,
};
use std::borrow::Cow;
use std::sync::Arc;

/// A MikroTik package.
pub struct Npk;

static DESCRIPTION: Description = Description {
    name: "npk",
    title: "MikroTik package (NPK)",
    magics: &[
        Magic { offset: 0, bytes: &[0x1e, 0xf1, 0xd0, 0xba] },
        Magic { offset: 0, bytes: &[0xfb, 0x0f, 0x10, 0xa1] },
    ],
    yields: "its parts; the files of a compressed container",
    limits: &[
        "signatures and digests are handed out, not verified",
        "a container of files is held in memory decompressed while its files are taken out",
        "device nodes in a container of files have no numbers there",
    ],
    source: "npk-tools (npk.h, unnpk.c) and npkPy (npk_constants.py)",
};

const HEADER: usize = 8;
const PART_HEADER: usize = 6;
const INFORMATION: u16 = 1;
const FILES: u16 = 4;
const MAIN: u16 = 18;
const PADDING: u16 = 22;
/// A record in front of a file's name and content.
const RECORD: usize = 30;

impl Format for Npk {
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
        let Some(size) = u32_le(data, 4) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let end = HEADER.saturating_add(size as usize);
        let (parts, chain_end) = parts(data, end, limits);
        if (place == Place::Inside && chain_end != end) || parts.is_empty() {
            return broken::header(data, place, &DESCRIPTION, || match data.len() {
                0..14 => broken::cut_off(data),
                _ => Problem::new(ProblemKind::Malformed, 4, "the parts do not fill the package"),
            });
        }
        let mut reading = Reading { size: end.min(data.len()), ..Reading::default() };
        let mut told = 0;
        let mut room = limits.object_bytes;
        for part in &parts {
            let content = tail(data, part.at).get(..part.size).unwrap_or(tail(data, part.at));
            if content.len() < part.size {
                let detail =
                    format!("part {} has {} bytes, {} are there", part.name(), part.size, content.len());
                reading.problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
            }
            match part.kind {
                INFORMATION | MAIN => facts(content, &mut reading.attributes),
                PADDING => continue,
                _ => {}
            }
            if content.is_empty() {
                continue;
            }
            if part.kind == FILES {
                files(content, part.at, limits, &mut room, &mut reading.problems, sink);
            } else {
                sink(stream(part.path(told), content, part.at));
                told += 1;
            }
        }
        // What is left of a chain that breaks off is handed out as it is.
        if chain_end < reading.size {
            let rest = head(tail(data, chain_end), reading.size - chain_end);
            let detail = format!("no part stands here; {} bytes are left", rest.len());
            let kind = if limits.stopped() || parts.len() as u64 >= limits.entries {
                ProblemKind::LimitReached
            } else {
                ProblemKind::Malformed
            };
            reading.problems.push(Problem::new(kind, chain_end as u64, detail));
            sink(stream(&b"rest"[..], rest, chain_end));
        } else if end > data.len() && reading.problems.is_empty() {
            let detail = format!("a package of {end} bytes is stated, {} are there", data.len());
            reading.problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        Some(reading)
    }
}

struct Part {
    kind: u16,
    at: usize,
    size: usize,
}

impl Part {
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self.kind {
            INFORMATION => "package-information",
            2 => "description",
            3 => "dependencies",
            FILES => "files",
            7 => "install-script",
            8 => "uninstall-script",
            9 => "signature",
            16 => "architecture",
            17 => "conflicts",
            MAIN => "main-information",
            19 | 20 => "features",
            21 => "squashfs",
            PADDING => "padding",
            23 => "digest",
            24 => "release-type",
            other => return Cow::Owned(format!("type-{other}")),
        })
    }

    /// The type's name, with the number of the part: types come more than once.
    fn path(&self, number: usize) -> Vec<u8> {
        format!("{number:02}-{}", self.name()).into_bytes()
    }
}

/// The parts up to `end`, and where the chain stops.
fn parts(data: &[u8], end: usize, limits: &Limits) -> (Vec<Part>, usize) {
    let mut parts: Vec<Part> = Vec::new();
    let mut at = HEADER;
    while let (Some(kind), Some(size)) = (u16_le(data, at), u32_le(data, at + 2)) {
        let content = at + PART_HEADER;
        let next = content.saturating_add(size as usize);
        if next > end || kind > 255 || parts.len() as u64 >= limits.entries || limits.stopped() {
            break;
        }
        parts.push(Part { kind, at: content, size: size as usize });
        at = next;
        if at >= data.len() || at == end {
            break;
        }
    }
    (parts, at)
}

/// Name, version and time of the package.
fn facts(content: &[u8], attributes: &mut Vec<(&'static str, String)>) {
    let (Some(name), Some(version), Some(time)) =
        (slice(content, 0, 16), slice(content, 16, 4), u32_le(content, 20))
    else {
        return;
    };
    attributes.push(("package", text(name)));
    if let [revision, _, minor, major] = version {
        attributes.push(("version", format!("{major}.{minor}.{revision}")));
    }
    attributes.push(("built", iso8601(time.into())));
}

/// Hands out the files of a compressed container: records of mode, time, sizes, name and content. All containers of a
/// package share the room that one object has.
fn files<'a>(
    packed: &'a [u8],
    at: usize,
    limits: &Limits,
    room: &mut u64,
    problems: &mut Vec<Problem>,
    sink: &mut dyn FnMut(Entry<'a>),
) {
    let (plain, failures) = zlib::decode_block(packed, Output::bounded(limits, *room));
    *room -= plain.len() as u64;
    problems.extend(
        failures.into_iter().map(|problem| Problem { offset: problem.offset + at as u64, ..problem }),
    );
    let plain: Arc<[u8]> = plain.into();
    let mut from = 0;
    let mut count = 0_u64;
    while from < plain.len() {
        let record = slice(&plain, from, RECORD);
        let numbers = record.and_then(|record| {
            Some((
                u16_le(record, 0)?,
                u32_le(record, 8)?,
                u32_le(record, 24)? as usize,
                u16_le(record, 28)? as usize,
            ))
        });
        let Some((mode, time, size, name_size)) = numbers else {
            problems.push(Problem::new(
                ProblemKind::Truncated,
                at as u64,
                "the container of files ends inside a record",
            ));
            return;
        };
        let name = slice(&plain, from + RECORD, name_size);
        let content = from + RECORD + name_size;
        let (Some(name), Some(bytes)) = (name, slice(&plain, content, size)) else {
            problems.push(Problem::new(
                ProblemKind::Truncated,
                at as u64,
                "the container of files ends inside a file",
            ));
            return;
        };
        if count >= limits.entries || limits.stopped() {
            problems.push(Problem::new(
                ProblemKind::LimitReached,
                at as u64,
                format!("stopped after {count} files"),
            ));
            return;
        }
        count += 1;
        let kind = match mode >> 12 {
            4 => EntryKind::Directory,
            10 => EntryKind::Symlink(Cow::Owned(bytes.to_vec())),
            2 => EntryKind::CharacterDevice { major: 0, minor: 0 },
            6 => EntryKind::BlockDevice { major: 0, minor: 0 },
            _ => {
                let plain = Arc::clone(&plain);
                let make = Box::new(move |limits: &Limits| {
                    let bytes = slice(&plain, content, size).unwrap_or_default();
                    Unpacked {
                        bytes: head(bytes, crate::bytes::position(limits.object_bytes)).to_vec(),
                        problems: Vec::new(),
                    }
                });
                EntryKind::File(Content::Deferred { size: size as u64, make })
            }
        };
        sink(Entry {
            path: Cow::Owned(name.to_vec()),
            kind,
            mode: Some(u32::from(mode) & 0o7777),
            uid: None,
            gid: None,
            mtime: Some(time.into()),
            at: None,
            xattrs: Vec::new(),
        });
        from = content + size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;
    use std::io::Write;

    fn package(parts: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let body: Vec<u8> = parts
            .iter()
            .flat_map(|(kind, content)| {
                [&kind.to_le_bytes()[..], &(content.len() as u32).to_le_bytes(), content].concat()
            })
            .collect();
        [&[0x1e, 0xf1, 0xd0, 0xba][..], &(body.len() as u32).to_le_bytes(), &body].concat()
    }

    fn pack(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn record(mode: u16, name: &str, content: &[u8]) -> Vec<u8> {
        let mut record = mode.to_le_bytes().to_vec();
        record.extend([0; 6]);
        record.extend(86_400_u32.to_le_bytes());
        record.extend([0; 12]);
        record.extend((content.len() as u32).to_le_bytes());
        record.extend((name.len() as u16).to_le_bytes());
        [&record, name.as_bytes(), content].concat()
    }

    #[test]
    fn parts_and_files() {
        let mut information = b"routeros-mipsbe\0".to_vec();
        information.extend([7, 0, 49, 6, 0, 0x51, 1, 0]);
        information.extend([0; 8]);
        let container =
            [record(0o40755, "etc", b""), record(0o100_755, "etc/rc", b"#!"), record(0o120_777, "l", b"etc")];
        let data = package(&[(1, information), (4, pack(&container.concat())), (21, b"hsqs".to_vec())]);
        let data = [data, vec![9; 9]].concat();
        let (reading, entries) = read(&Npk, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (data.len() - 9, vec![]));
        let paths: Vec<_> =
            entries.iter().map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).collect();
        assert_eq!(paths, ["00-package-information", "etc", "etc/rc", "l", "01-squashfs"]);
        assert_eq!((entries[2].mode, entries[2].mtime), (Some(0o755), Some(86_400)));
        assert!(matches!(&entries[3].kind, EntryKind::Symlink(target) if target.as_ref() == b"etc"));
        assert!(reading.attributes.contains(&("version", "6.49.7".into())));
    }

    #[test]
    fn a_chain_that_breaks_off() {
        let mut data = package(&[(2, b"text".to_vec()), (7, b"script".to_vec())]);
        data[18] = 0xff;
        data[19] = 0xff;
        assert!(read(&Npk, &data, Place::Inside).is_none());
        let (reading, entries) = read(&Npk, &data, Place::Start).unwrap();
        assert_eq!((entries.len(), reading.problems[0].kind), (2, ProblemKind::Malformed));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = pack(&record(0o100_644, "zeros", &vec![0; 8 << 20]));
        let data = package(&[(4, bomb)]);
        let limits = Limits { object_bytes: 1 << 20, ..Limits::default() };
        let reading = Npk.read(&data, Place::Start, &limits, &mut |_| {}).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::LimitReached);
    }

    proptest! {
        #[test]
        fn any_part_header(kind in any::<u16>(), size in any::<u32>(), whole in any::<u32>()) {
            let mut data = package(&[(2, b"text".to_vec()), (7, b"script".to_vec())]);
            data[4..8].copy_from_slice(&whole.to_le_bytes());
            data[8..10].copy_from_slice(&kind.to_le_bytes());
            data[10..14].copy_from_slice(&size.to_le_bytes());
            if let Some((reading, _)) = read(&Npk, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
