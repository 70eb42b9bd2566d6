//! Reading volumes of the corpus with fields broken on purpose.

use super::*;
use crate::{Content, EntryKind};
use proptest::prelude::*;

fn corpus(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats/minix");
    std::fs::read(folder.join(format!("{name}.minix"))).unwrap()
}

fn read(data: &[u8]) -> Option<(Reading, Vec<String>)> {
    let mut paths = Vec::new();
    let reading = Minix.read(data, Place::Inside, &Limits::default(), &mut |entry| {
        paths.push(String::from_utf8_lossy(&entry.path).into_owned());
    })?;
    Some((reading, paths))
}

#[test]
fn a_magic_alone_is_nothing() {
    for magic in DESCRIPTION.magics {
        for filler in [0, 1, 0xff, b' '] {
            let mut data = vec![filler; 64 << 10];
            data[magic.offset..magic.offset + 2].copy_from_slice(magic.bytes);
            assert!(read(&data).is_none());
        }
    }
}

#[test]
fn deleted_entries_have_no_name_and_unnamed_inodes_are_told() {
    let data = corpus("v1-14");
    let (reading, paths) = read(&data).unwrap();
    assert_eq!(reading.problems, []);
    assert!(!paths.iter().any(|path| path.contains("deleted")));
    // The name of a file becomes that of a deleted one: its inode is still in use.
    let name = data.windows(7).position(|window| window == b"passwd\0").unwrap();
    let mut damaged = data.clone();
    damaged[name - 2..name].fill(0);
    let (reading, fewer) = read(&damaged).unwrap();
    assert_eq!(fewer.len() + 1, paths.len());
    assert!(reading.problems[0].detail.contains("1 inodes in use have no name"));
}

#[test]
fn a_directory_named_twice_is_walked_once() {
    let data = corpus("v2-30");
    let (_, paths) = read(&data).unwrap();
    let name = data.windows(5).position(|window| window == b"etc\0\0").unwrap();
    let mut damaged = data.clone();
    // The root in place of a directory.
    damaged[name - 2..name].copy_from_slice(&[1, 0]);
    let (reading, fewer) = read(&damaged).unwrap();
    assert!(fewer.len() < paths.len());
    assert!(reading.problems[0].detail.contains("second time"));
}

#[test]
fn a_cut_volume_says_how_much_is_missing() {
    let data = corpus("v3");
    for length in [data.len() - 1000, data.len() - 1] {
        let (reading, _) = read(&data[..length]).unwrap();
        assert_eq!(reading.size, length);
        assert_eq!(
            reading.problems[0].detail,
            format!("{} of {} bytes are missing", data.len() - length, data.len())
        );
    }
}

#[test]
fn a_huge_file_of_holes_stops_at_the_limit() {
    let mut data = corpus("v2-30");
    let inodes = (2 + 1 + 1) * 1024;
    let limits = Limits { object_bytes: 1 << 20, ..Limits::default() };
    for inode in 1..20 {
        let at = inodes + 64 * inode;
        if data[at + 1] >> 4 != 8 {
            continue;
        }
        data[at + 8..at + 12].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]);
    }
    let mut contents = 0;
    Minix.read(&data, Place::Start, &limits, &mut |entry| {
        if let EntryKind::File(Content::Deferred { make, .. }) = entry.kind {
            let unpacked = make(&limits);
            assert_eq!(unpacked.bytes.len(), 1 << 20);
            assert!(unpacked.problems.iter().any(|problem| problem.kind == ProblemKind::LimitReached));
            contents += 1;
        }
    });
    assert!(contents > 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn damage_is_read_within_its_bounds(
        which in 0_usize..6,
        changes in prop::collection::vec((1024_usize..20_000, any::<u8>()), 1..40),
    ) {
        let names = ["v1-14", "v1-30-big", "v2-14-big", "v2-30", "v3", "v3-big"];
        let mut data = corpus(names[which]);
        for (at, byte) in changes {
            data[at] = byte;
        }
        let limits = Limits { object_bytes: 1 << 20, entries: 1000, ..Limits::default() };
        let mut entries = Vec::new();
        let reading = Minix.read(&data, Place::Start, &limits, &mut |entry| entries.push(entry));
        prop_assert!(reading.is_none_or(|reading| (1..=data.len()).contains(&reading.size)));
        for entry in entries {
            if let EntryKind::File(Content::Deferred { make, .. }) = entry.kind {
                prop_assert!(make(&limits).bytes.len() <= 1 << 20);
            }
        }
    }
}
