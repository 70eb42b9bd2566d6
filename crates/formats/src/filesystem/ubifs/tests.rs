//! Reading images of the corpus damaged on purpose.

use super::*;
use crate::{Content, EntryKind};

const LZO: &[u8] = include_bytes!("../../../../../corpus/formats/ubifs/lzo.ubifs");
const JOURNAL: &[u8] = include_bytes!("../../../../../corpus/formats/ubifs/journal.ubifs");

fn read(data: &[u8]) -> (Reading, Vec<Entry<'_>>) {
    let mut entries = Vec::new();
    let reading = Ubifs.read(data, Place::Start, &Limits::default(), &mut |entry| entries.push(entry));
    (reading.expect("an image"), entries)
}

fn paths(data: &[u8]) -> Vec<Vec<u8>> {
    let (_, entries) = read(data);
    entries.into_iter().map(|entry| entry.path.into_owned()).collect()
}

/// Where the nodes of a type stand.
fn nodes(data: &[u8], kind: u8) -> Vec<usize> {
    Nodes::new(data, 0, data.len()).filter(|node| node.kind == kind).map(|node| node.at).collect()
}

#[test]
fn facts_of_superblock_and_journal() {
    let (reading, entries) = read(JOURNAL);
    assert_eq!(reading.problems, []);
    for (name, value) in
        [("compression", "zlib"), ("page", "512"), ("nameless-inodes", "1"), ("key-hash", "r5")]
    {
        assert!(reading.attributes.contains(&(name, value.to_owned())), "{:?}", reading.attributes);
    }
    let fresh = entries.iter().find(|entry| entry.path.as_ref() == b"fresh").unwrap();
    assert_eq!(
        (fresh.xattrs[0].0.as_ref(), fresh.xattrs[0].1.as_ref()),
        (&b"user.colour"[..], &b"green"[..])
    );
}

#[test]
fn without_an_index_all_nodes_are_taken_up() {
    for image in [LZO, JOURNAL] {
        for kind in [kind::INDEX, kind::MASTER] {
            let mut data = image.to_vec();
            for at in nodes(image, kind) {
                data[at + 30] ^= 0xff;
            }
            let (reading, _) = read(&data);
            assert!(reading.problems.iter().any(|problem| problem.kind == ProblemKind::Malformed));
            assert_eq!(paths(&data), paths(image));
        }
    }
}

#[test]
fn one_broken_master_node_is_not_needed() {
    let mut data = LZO.to_vec();
    let masters = nodes(LZO, kind::MASTER);
    assert_eq!(masters.len(), 2);
    data[masters[0] + 60] ^= 1;
    let (reading, _) = read(&data);
    assert_eq!(reading.problems, []);
}

#[test]
fn a_broken_block_is_told_and_the_rest_keeps_its_place() {
    let mut data = LZO.to_vec();
    for at in nodes(LZO, kind::DATA) {
        data[at + 48] ^= 0x55;
    }
    let (reading, entries) = read(&data);
    assert_eq!(reading.problems, []);
    let mut told = 0;
    for entry in entries {
        if let EntryKind::File(Content::Deferred { size, make }) = entry.kind {
            let unpacked = make(&Limits::default());
            assert_eq!(unpacked.bytes.len() as u64, size);
            told += usize::from(!unpacked.problems.is_empty());
        }
    }
    assert!(told >= 4);
}

#[test]
fn an_index_that_names_itself_ends() {
    let mut data = LZO.to_vec();
    let master = *nodes(LZO, kind::MASTER).last().unwrap();
    let root_at = |field| crate::bytes::u32_le(LZO, master + field).unwrap();
    let root = root_at(48) as usize * 15360 + root_at(52) as usize;
    let (place, length) = (LZO[master + 48..master + 60].to_vec(), root_at(56) as usize);
    data[root + 28..root + 40].copy_from_slice(&place);
    let sum = super::super::flash::crc_from_ones(&data[root + 8..root + length]);
    data[root + 4..root + 8].copy_from_slice(&sum.to_le_bytes());
    let (reading, entries) = read(&data);
    assert!(
        reading.problems.iter().any(|problem| problem.detail.contains("index")),
        "{:?}",
        reading.problems
    );
    assert!(!entries.is_empty());
}

#[test]
fn a_superblock_that_does_not_fit_is_nothing_inside() {
    let mut data = LZO.to_vec();
    data[110] ^= 1;
    assert!(Ubifs.read(&data, Place::Inside, &Limits::default(), &mut |_| {}).is_none());
    let (reading, entries) = read(&data);
    assert_eq!((reading.problems.len(), reading.problems[0].kind), (1, ProblemKind::Checksum));
    assert_eq!(entries.len(), read(LZO).1.len());
}
