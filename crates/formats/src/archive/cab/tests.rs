//! Cabinets written here, with every lie.

use super::*;
use crate::compression::test_support::read;
use proptest::prelude::*;

/// One stored folder in one block, with files of a place and a length each.
fn cabinet(content: &[u8], method: u16, files: &[(&str, u32, u32)]) -> Vec<u8> {
    let mut table = Vec::new();
    for (name, start, size) in files {
        table.extend(size.to_le_bytes());
        table.extend(start.to_le_bytes());
        table.extend([0, 0, 0x29, 0x2b, 0xd4, 0x0d, 0x20, 0]);
        table.extend_from_slice(name.as_bytes());
        table.push(0);
    }
    let blocks = HEADER + FOLDER + table.len();
    let size = blocks + 8 + content.len();
    let mut data = MAGIC.to_vec();
    for word in [0, size as u32, 0, (HEADER + FOLDER) as u32, 0] {
        data.extend(word.to_le_bytes());
    }
    data.extend([3, 1, 1, 0]);
    data.extend((files.len() as u16).to_le_bytes());
    data.extend([0; 6]);
    data.extend((blocks as u32).to_le_bytes());
    data.extend([1, 0]);
    data.extend(method.to_le_bytes());
    data.extend(table);
    data.extend([0; 4]);
    data.extend((content.len() as u16).to_le_bytes());
    data.extend((content.len() as u16).to_le_bytes());
    data.extend_from_slice(content);
    data
}

fn unpack(data: &[u8], place: Place) -> (Reading, Vec<String>) {
    let (reading, entries) = read(&Cab, data, place).unwrap();
    let line = |entry: Entry| {
        let bytes = match entry.kind {
            EntryKind::File(Content::Deferred { make, .. })
            | EntryKind::Stream(Content::Deferred { make, .. }) => {
                let made = make(&Limits::default());
                let kinds: String =
                    made.problems.iter().map(|problem| format!(" {}", problem.kind.as_str())).collect();
                format!("{}{kinds}", String::from_utf8_lossy(&made.bytes))
            }
            EntryKind::Stream(Content::Slice(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            other => format!("{other:?}"),
        };
        format!("{}: {bytes}", String::from_utf8_lossy(&entry.path))
    };
    (reading, entries.into_iter().map(line).collect())
}

#[test]
fn files_and_what_no_file_has() {
    let mut data = cabinet(b"onehiddentwo!", 0, &[("dir\\b", 9, 3), ("a", 0, 3)]);
    let size = data.len();
    data.extend_from_slice(b"behind");
    let (reading, lines) = unpack(&data, Place::Inside);
    assert_eq!(
        lines,
        ["a: one", "(folder 0 from 0x3 on): hidden", "dir/b: two", "(folder 0 from 0xc on): !"]
    );
    assert_eq!((reading.size, reading.problems), (size, vec![]));
}

#[test]
fn quantum_is_named() {
    let data = cabinet(b"content", 0x0722, &[("a", 0, 7)]);
    let (reading, lines) = unpack(&data, Place::Start);
    assert_eq!(reading.problems[0].kind, ProblemKind::Unsupported);
    assert!(reading.problems[0].detail.contains("Quantum"));
    assert_eq!(lines[1], "a:  unsupported");
}

#[test]
fn files_past_the_folder_and_over_one_another() {
    let files: Vec<_> = (0..300).map(|_| ("again", 0, 7)).collect();
    let (_, lines) = unpack(&cabinet(b"content", 0, &files), Place::Start);
    assert!(lines.iter().take(60).all(|line| line == "again: content"));
    let (_, lines) =
        unpack(&cabinet(b"content", 0, &[("a", 3, u32::MAX), ("b", u32::MAX, u32::MAX)]), Place::Start);
    assert_eq!(lines[1], "a: tent truncated");
    assert_eq!(lines[2], "b:  truncated");
}

#[test]
fn a_sum_that_does_not_fit() {
    let mut data = cabinet(b"content", 0, &[("a", 0, 7)]);
    let sum = data.len() - 15;
    data[sum] = 1;
    assert_eq!(unpack(&data, Place::Start).1, ["a:  malformed"]);
}

proptest! {
    #[test]
    fn any_patch(at in any::<prop::sample::Index>(), patch in prop::collection::vec(any::<u8>(), 1..8), method in 0..4_u16) {
        let mut data = cabinet(b"content of a few bytes", method | 15 << 8, &[("a", 0, 7), ("b", 7, 8)]);
        let at = at.index(data.len());
        for (byte, new) in data[at..].iter_mut().zip(patch) {
            *byte = new;
        }
        for place in [Place::Start, Place::Inside] {
            if let Some((reading, entries)) = read(&Cab, &data, place) {
                prop_assert!((1..=data.len()).contains(&reading.size));
                for entry in entries {
                    if let EntryKind::File(Content::Deferred { make, .. }) = entry.kind {
                        make(&Limits { object_bytes: 1 << 16, ..Limits::default() });
                    }
                }
            }
        }
    }
}

#[test]
fn another_version_or_flag_is_no_cabinet_among_other_bytes() {
    let whole = cabinet(b"content", 0, &[("a", 0, 7)]);
    assert!(read(&Cab, &whole, Place::Inside).is_some());
    for (at, byte) in [(24, 4), (25, 0xff), (30, 8), (31, 1)] {
        let mut data = whole.clone();
        data[at] = byte;
        assert!(read(&Cab, &data, Place::Inside).is_none(), "byte {at}");
        assert!(read(&Cab, &data, Place::Start).is_some(), "byte {at}");
    }
}

#[test]
fn thousands_of_methods_are_counted() {
    let mut data = MAGIC.to_vec();
    let folders: u16 = 2000;
    let files_at = HEADER + usize::from(folders) * FOLDER;
    for word in [0, files_at as u32 + 100, 0, files_at as u32, 0] {
        data.extend(word.to_le_bytes());
    }
    data.extend([3, 1]);
    data.extend(folders.to_le_bytes());
    data.extend([0; 8]);
    for number in 0..folders {
        data.extend((files_at as u32).to_le_bytes());
        data.extend([0, 0]);
        data.extend((number << 4 | 4).to_le_bytes());
    }
    data.resize(files_at + 100, 0);
    let (reading, _) = unpack(&data, Place::Start);
    let (_, methods) = reading.attributes.iter().find(|(name, _)| *name == "compression").unwrap();
    assert!(methods.ends_with(&format!(" and {} more", usize::from(folders) - METHODS)), "{methods}");
}
