//! Layouts and damaged images of the corpus.

use super::*;
use std::path::Path;

fn corpus(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats/yaffs");
    std::fs::read(folder.join(name)).unwrap()
}

fn read(data: &[u8], place: Place) -> Option<(Reading, Vec<Vec<u8>>)> {
    let mut paths = Vec::new();
    let reading =
        Yaffs.read(data, place, &Limits::default(), &mut |entry| paths.push(entry.path.into_owned()))?;
    Some((reading, paths))
}

#[test]
fn layouts_are_told() {
    for (name, page, spare, tags) in [
        ("large-pages", "2048", "64", "at 0 of the spare area"),
        ("marker", "2048", "64", "at 2 of the spare area"),
        ("page-4096", "4096", "224", "at 2 of the spare area"),
        ("big-endian", "512", "16", "at 0 of the spare area"),
        ("in-the-page", "1008", "16", "in the page"),
        ("without-spare", "2048", "0", "none"),
        ("version-1", "512", "16", "spread over the spare area"),
        ("used", "1024", "32", "at 0 of the spare area"),
    ] {
        let data = corpus(&format!("{name}.yaffs"));
        let (reading, _) = read(&data, Place::Inside).unwrap();
        for attribute in [("page", page), ("spare", spare), ("tags", tags)] {
            let held = reading.attributes.iter().find(|(name, _)| *name == attribute.0).unwrap();
            assert_eq!(held.1, attribute.1, "{name}");
        }
    }
}

type Contents = std::collections::BTreeMap<Vec<u8>, Vec<u8>>;

fn contents(data: &[u8]) -> (Reading, Contents) {
    let mut contents = Contents::new();
    let reading = Yaffs.read(data, Place::Start, &Limits::default(), &mut |entry| {
        if let crate::EntryKind::File(crate::Content::Deferred { make, .. }) = entry.kind {
            contents.insert(entry.path.into_owned(), make(&Limits::default()).bytes);
        }
    });
    (reading.unwrap(), contents)
}

#[test]
fn chunks_behind_the_stated_size_are_told_and_handed_out() {
    let data = corpus("used.yaffs");
    assert_eq!(contents(&data).0.problems, []);
    let mut lie = data.clone();
    for at in (0..data.len() - 511).step_by(1056) {
        let is_file = data[at..at + 4] == [1, 0, 0, 0] && data[at + 8..at + 10] == [0xff, 0xff];
        let (is_deleted, shrinks) = (matches!(data[at + 4], 3 | 4), data[at + 508] == 1);
        let size =
            data[at + 292..at + 296].iter().rev().fold(0_u32, |size, byte| size << 8 | u32::from(*byte));
        if is_file && !is_deleted && !shrinks && size > 3 {
            lie[at + 292..at + 296].copy_from_slice(&3_u32.to_le_bytes());
        }
    }
    let (reading, found) = contents(&lie);
    let told: Vec<_> = reading.problems.iter().map(|problem| (problem.kind, problem.offset)).collect();
    assert_eq!(told, [(ProblemKind::Malformed, 4516), (ProblemKind::Malformed, 292)]);
    assert_eq!(found.get(&b"cut"[..]).map(Vec::len), Some(10));
    assert!(found.values().any(|bytes| bytes.len() == 3000));
}

#[test]
fn a_bad_block_is_told_and_the_rest_read() {
    let data = corpus("large-pages.yaffs");
    let stride = 2112;
    let garbage: Vec<u8> = (0..8 * stride).map(|at| ((at * 151) >> 3) as u8 | 1).collect();
    let with = [&data[..10 * stride], &garbage, &data[10 * stride..]].concat();
    let (reading, paths) = read(&with, Place::Start).unwrap();
    assert_eq!((reading.size, reading.problems.len()), (with.len(), 8));
    assert_eq!(paths, read(&data, Place::Start).unwrap().1);
}

#[test]
fn blank_chunks_in_the_middle_belong_to_it_and_those_behind_do_not() {
    let data = corpus("big-endian.yaffs");
    let with = [&data[..528 * 9], &vec![0xff; 528 * 32], &data[528 * 9..], &vec![0xff; 528 * 40]].concat();
    let (reading, paths) = read(&with, Place::Inside).unwrap();
    assert_eq!((reading.size, reading.problems.len()), (with.len() - 528 * 40, 0));
    assert_eq!(paths, read(&data, Place::Inside).unwrap().1);
}

#[test]
fn one_header_alone_is_nothing_inside() {
    let data = corpus("tiny.yaffs");
    assert!(read(&data[..528], Place::Inside).is_none());
    assert_eq!(read(&data[..528], Place::Start).unwrap().0.problems[0].kind, ProblemKind::Malformed);
}

#[test]
fn links_to_nothing_and_to_themselves_are_told() {
    let data = corpus("large-pages.yaffs");
    let motd = data.windows(5).rposition(|window| window == b"motd\0").unwrap() - 10;
    let own = crate::bytes::u32_le(&data, motd + 2048 + 4).unwrap();
    for target in [9999, own] {
        let mut data = data.clone();
        data[motd + 296..motd + 300].copy_from_slice(&target.to_le_bytes());
        let (reading, _) = read(&data, Place::Start).unwrap();
        assert!(
            reading.problems.iter().any(|problem| problem.offset == motd as u64),
            "{:?}",
            reading.problems
        );
    }
}

/// The header of a table of numbers that starts as an object header does, with as many words behind it.
fn table(row: [u32; 8], rows: usize) -> Vec<u8> {
    let mut data = vec![3, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0];
    for number in 0..rows as u32 {
        data.extend(row.iter().flat_map(|word| (word + number % 5).to_le_bytes()));
    }
    data
}

#[test]
fn tables_of_small_numbers_are_no_image() {
    for row in [[1, 0, 0x16_5c6e, 0, 2, 0, 0x16_5c7f, 0], [0, 0x100, 1, 0x200, 1, 0x300, 2, 16], [0; 8]] {
        for skip in 0..32 {
            let mut data = table(row, 4000);
            data.drain(16..16 + skip);
            assert!(read(&data, Place::Inside).is_none(), "{row:?} {skip}");
        }
    }
}

#[test]
fn a_name_is_filled_up_as_writers_do_it() {
    let whole = corpus("tiny.yaffs");
    let room = 10 + 5..10 + 256;
    let with = |fill: &dyn Fn(usize) -> u8| {
        let mut data = whole.clone();
        room.clone().for_each(|at| data[at] = fill(at));
        read(&data, Place::Inside).is_some()
    };
    assert!(with(&|_| 0));
    assert!(with(&|at| if at == 265 { 0xff } else { 0 }));
    assert!(with(&|_| 0xff));
    assert!(!with(&|at| u8::from(at == 100)));
    assert!(!with(&|at| if at > 200 { 0xff } else { 0 }));
}

#[test]
fn a_file_far_larger_than_the_image_is_none_inside() {
    let mut data = corpus("tiny.yaffs");
    let tags = 528 + 512;
    assert_eq!(crate::bytes::u32_le(&data, tags + 8), Some(1), "the first chunk of the file");
    data[tags + 8..tags + 12].copy_from_slice(&0x5_0000_u32.to_le_bytes());
    assert!(read(&data, Place::Inside).is_none());
    assert!(read(&data, Place::Start).is_some());
}

#[test]
fn what_stands_behind_is_not_its_chunk() {
    let image = corpus("large-pages.yaffs");
    let (alone, paths) = read(&image, Place::Inside).unwrap();
    // Words that pass for the tags of a file's chunk, wherever they are looked for.
    let table: Vec<u8> = (0..40 * 2112_u32 / 4).flat_map(|at| (at % 7 + 1).to_le_bytes()).collect();
    let (reading, with) = read(&[&image[..], &[7; 2112], &table].concat(), Place::Inside).unwrap();
    assert_eq!((reading.size, reading.problems, with), (alone.size, alone.problems, paths));
}
