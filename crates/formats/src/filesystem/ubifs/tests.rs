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

/// The image with each node of a type changed, given its number, and its checksum made good.
fn changed(image: &[u8], kind: u8, change: impl Fn(usize, &mut [u8])) -> Vec<u8> {
    let mut data = image.to_vec();
    for (number, at) in nodes(image, kind).into_iter().enumerate() {
        let length = crate::bytes::u32_le(image, at + 16).unwrap() as usize;
        change(number, &mut data[at..at + length]);
        let sum = super::super::flash::crc_from_ones(&data[at + 8..at + length]);
        data[at + 4..at + 8].copy_from_slice(&sum.to_le_bytes());
    }
    data
}

/// Problems of the image and of its contents with this word in them, and the contents by path.
fn told(data: &[u8], word: &str) -> (usize, std::collections::BTreeMap<String, Vec<u8>>) {
    let (reading, entries) = read(data);
    let mut problems = reading.problems;
    let mut contents = std::collections::BTreeMap::new();
    for entry in entries {
        let bytes = match entry.kind {
            EntryKind::File(Content::Deferred { make, .. })
            | EntryKind::Stream(Content::Deferred { make, .. }) => {
                let unpacked = make(&Limits::default());
                problems.extend(unpacked.problems);
                unpacked.bytes
            }
            _ => Vec::new(),
        };
        contents.insert(String::from_utf8_lossy(&entry.path).into_owned(), bytes);
    }
    (problems.iter().filter(|problem| problem.detail.contains(word)).count(), contents)
}

/// All bytes that are handed out under `(lost)/`.
fn lost(contents: &std::collections::BTreeMap<String, Vec<u8>>) -> usize {
    contents.iter().filter(|(path, _)| path.starts_with("(lost)/")).map(|(_, bytes)| bytes.len()).sum()
}

#[test]
fn branches_that_lead_to_one_leaf_lose_nothing() {
    let data = changed(LZO, kind::INDEX, |_, node| {
        let count = usize::from(u16::from_le_bytes([node[24], node[25]]));
        if node[26] == 0 {
            for branch in 1..count {
                node.copy_within(28..40, 28 + 20 * branch);
            }
        }
    });
    let (count, contents) = told(&data, "the index has the key");
    assert!(count > 20, "{count}");
    assert_eq!(contents, told(LZO, "").1);
}

#[test]
fn an_index_node_that_hides_branches_is_not_believed() {
    let data = changed(LZO, kind::INDEX, |_, node| {
        let count = u16::from_le_bytes([node[24], node[25]]) / 2;
        node[24..26].copy_from_slice(&count.max(1).to_le_bytes());
    });
    assert!(told(&data, "index").0 > 0);
    assert_eq!(paths(&data), paths(LZO));
}

#[test]
fn blocks_that_state_another_length_are_kept() {
    let whole = told(LZO, "").1;
    for stated in [1_u32, u32::MAX] {
        let data = changed(LZO, kind::DATA, |_, node| node[40..44].copy_from_slice(&stated.to_le_bytes()));
        let (count, contents) = told(&data, "are stated");
        assert!(count >= nodes(LZO, kind::DATA).len() - 1, "{count}");
        assert!(whole.iter().all(|(path, bytes)| contents.get(path) == Some(bytes)));
    }
}

#[test]
fn blocks_past_the_end_of_a_file_are_handed_out() {
    let all: usize =
        nodes(LZO, kind::DATA).iter().map(|at| crate::bytes::u32_le(LZO, at + 40).unwrap() as usize).sum();
    assert_eq!(lost(&told(LZO, "").1), 0);
    for size in [0_u64, 3] {
        let data = changed(LZO, kind::INODE, |_, node| node[48..56].copy_from_slice(&size.to_le_bytes()));
        let (count, contents) = told(&data, "are in no file or reach past its end");
        assert!(count > 3, "{count}");
        assert_eq!(lost(&contents), all);
    }
    // Far away, and of an inode that is not there.
    let far = changed(LZO, kind::DATA, |_, node| {
        node[28..32].copy_from_slice(&0x3fff_fffe_u32.to_le_bytes());
    });
    let orphan = changed(LZO, kind::DATA, |_, node| node[24..28].copy_from_slice(&[0x77; 4]));
    for data in [far, orphan] {
        // The index has other keys: what stands there is taken up all the same.
        let (count, contents) = told(&data, "are in no file or reach past its end");
        assert!(count > 0 && lost(&contents) > 0, "{count}");
        assert!(told(&data, "the index has the key").0 > 0);
    }
}

#[test]
fn a_journal_that_the_log_does_not_name_is_taken_up() {
    let whole = told(JOURNAL, "").1;
    let far = changed(JOURNAL, kind::REFERENCE, |_, node| {
        node[24..28].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    });
    assert_eq!(told(&far, "the log names block 2147483647").0, 1);
    let mut gone = JOURNAL.to_vec();
    for at in nodes(JOURNAL, kind::REFERENCE) {
        gone[at..at + 64].fill(0xff);
    }
    for data in [far, gone] {
        let (count, contents) = told(&data, "the log does not name them");
        assert_eq!((count, &contents), (1, &whole));
    }
    // Without its first node, the log says nothing of the commit.
    let mut blank = JOURNAL.to_vec();
    for kind in [kind::REFERENCE, kind::COMMIT_START] {
        for at in nodes(JOURNAL, kind) {
            blank[at..at + 32].fill(0xff);
        }
    }
    assert_eq!(told(&blank, "the log").0, 2);
    assert_eq!(told(&blank, "").1, whole);
}

#[test]
fn names_that_cannot_be_are_told_and_lead_where_they_can() {
    let count = nodes(LZO, kind::DIRENT).len();
    let high = changed(LZO, kind::DIRENT, |_, node| node[45] = 1);
    let (told_of, contents) = told(&high, "which cannot be");
    assert_eq!((told_of, contents), (count, told(LZO, "").1));
    let empty = changed(LZO, kind::DIRENT, |_, node| node[50..52].fill(0));
    let (told_of, contents) = told(&empty, "that is empty");
    assert_eq!((told_of, contents.len()), (count, told(LZO, "").1.len()));
    assert!(contents.keys().all(|path| path.contains("(nameless)-")), "{contents:?}");
}

#[test]
fn more_blocks_than_there_may_be_are_told() {
    let data = changed(LZO, kind::SUPERBLOCK, |_, node| node[40..44].fill(0xff));
    let (reading, _) = read(&data);
    let kinds: Vec<ProblemKind> = reading.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::Malformed, ProblemKind::Truncated]);
    assert_eq!(paths(&data), paths(LZO));
}
