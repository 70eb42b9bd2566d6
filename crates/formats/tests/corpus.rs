//! The registry against the corpus: each format finds in its inputs what the tools put there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use banbury_formats::{Content, Entry, EntryKind, FORMATS, Format, Limits, Magic, Place, ProblemKind};
use excuses::{Asked, excused};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

mod excuses;
mod inputs;

#[test]
fn every_format_reads_its_inputs() {
    for format in FORMATS {
        let name = format.describe().name;
        let inputs = inputs::of(name);
        assert!(!inputs.is_empty(), "corpus/formats/{name} holds no input");
        for path in inputs {
            let data = std::fs::read(&path).unwrap();
            for place in [Place::Start, Place::Inside] {
                assert_eq!(
                    found(*format, &data, place, &path),
                    expected(&path),
                    "{} {place:?}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn extents_are_exact_with_something_behind() {
    for format in FORMATS {
        let name = format.describe().name;
        for path in inputs::of(name) {
            if excused(name, &path.file_name().unwrap().to_string_lossy(), Asked::ExactExtent) {
                continue;
            }
            let data = std::fs::read(&path).unwrap();
            // A letter that neither continues a format nor passes for padding.
            let behind = [&data[..], &[b'~'; 600]].concat();
            let reading = format.read(&behind, Place::Inside, &Limits::default(), &mut |_| {}).unwrap();
            assert_eq!(reading.size, data.len(), "{}", path.display());
        }
    }
}

#[test]
fn inputs_have_their_magics() {
    for format in FORMATS {
        let description = format.describe();
        for path in inputs::of(description.name) {
            let data = std::fs::read(&path).unwrap();
            let found = description.magics.iter().any(|magic| match magic.offset {
                Magic::FLOATING => data
                    .windows(magic.bytes.len())
                    .enumerate()
                    .any(|(at, window)| window == magic.bytes && format.locate(&data, at) == Some(0)),
                offset => data.get(offset..).is_some_and(|rest| rest.starts_with(magic.bytes)),
            });
            let file_name = path.file_name().unwrap().to_string_lossy();
            assert_eq!(found, !excused(description.name, &file_name, Asked::HasMagic), "{}", path.display());
        }
    }
}

#[test]
fn descriptions_are_complete() {
    let mut names = BTreeSet::new();
    for format in FORMATS {
        let description = format.describe();
        assert!(names.insert(description.name), "{} is registered twice", description.name);
        assert!(!description.magics.is_empty() && !description.limits.is_empty(), "{}", description.name);
        for text in [description.name, description.title, description.yields, description.source] {
            assert!(!text.trim().is_empty(), "{}", description.name);
        }
        assert_eq!(banbury_formats::format(description.name).unwrap().describe().name, description.name);
    }
}

#[test]
fn reading_twice_gives_the_same() {
    for format in FORMATS {
        for path in inputs::of(format.describe().name) {
            let data = std::fs::read(&path).unwrap();
            let read = || {
                let mut entries = Vec::new();
                let reading = format.read(&data, Place::Start, &Limits::default(), &mut |entry| {
                    entries.push(format!("{entry:?}"));
                });
                (reading, entries)
            };
            assert_eq!(read(), read(), "{}", path.display());
        }
    }
}

fn expected(path: &Path) -> BTreeSet<String> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".expected.txt");
    let text = std::fs::read_to_string(PathBuf::from(beside)).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn found(format: &dyn Format, data: &[u8], place: Place, path: &Path) -> BTreeSet<String> {
    let mut entries = Vec::new();
    let reading = format.read(data, place, &Limits::default(), &mut |entry| entries.push(entry));
    let reading = reading.unwrap_or_else(|| panic!("{} is not read", path.display()));
    let file_name = path.file_name().unwrap().to_string_lossy();
    if excused(format.describe().name, &file_name, Asked::NothingUnread) {
        let kinds: BTreeSet<_> = reading.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, BTreeSet::from([ProblemKind::Unsupported]), "{}", path.display());
    } else {
        assert_eq!(reading.problems, [], "{}", path.display());
    }
    assert_eq!(reading.size, data.len(), "{}", path.display());
    let count = entries.len();
    let lines: BTreeSet<String> =
        entries.into_iter().map(|entry| line(entry, &path.display().to_string())).collect();
    assert_eq!(lines.len(), count, "{}: an entry twice", path.display());
    lines
}

fn line(entry: Entry, input: &str) -> String {
    let number = |value: Option<u32>| value.map_or("-".to_owned(), |value| value.to_string());
    let mode = entry.mode.map_or("-".to_owned(), |mode| format!("{mode:04o}"));
    let path = if entry.path.is_empty() { ".".to_owned() } else { escape(&entry.path) };
    let rest = format!("{mode} {} {} {path}", number(entry.uid), number(entry.gid));
    let is_stream = matches!(entry.kind, EntryKind::Stream(_));
    match entry.kind {
        EntryKind::Stream(content) | EntryKind::File(content) => {
            let bytes = match content {
                Content::Slice(bytes) => bytes.to_vec(),
                Content::Owned(bytes) => bytes,
                Content::Deferred { size, make } => {
                    let unpacked = make(&Limits::default());
                    assert_eq!(unpacked.problems, [], "{input}: {path}");
                    assert_eq!(size, unpacked.bytes.len() as u64, "{input}: {path}");
                    unpacked.bytes
                }
            };
            let kind = if is_stream { "stream" } else { "file" };
            format!("{kind} {rest} {} {}", bytes.len(), hex(&Sha256::digest(&bytes)))
        }
        EntryKind::Directory => format!("directory {rest}"),
        EntryKind::Symlink(target) => format!("symlink {rest} -> {}", escape(&target)),
        EntryKind::Hardlink(target) => format!("hardlink {rest} -> {}", escape(&target)),
        EntryKind::CharacterDevice { major, minor } => format!("character-device {rest} {major}:{minor}"),
        EntryKind::BlockDevice { major, minor } => format!("block-device {rest} {major}:{minor}"),
        EntryKind::Fifo => format!("fifo {rest}"),
        EntryKind::Socket => format!("socket {rest}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn escape(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        match byte {
            b'\\' => text.push_str("\\134"),
            0x21..=0x7e => text.push(char::from(*byte)),
            _ => write!(text, "\\{byte:03o}").unwrap(),
        }
        text
    })
}
