//! Reading images of the corpus put together and damaged.

use super::super::flash::crc_from_ones;
use super::*;
use crate::{Content, EntryKind, Unpacked};

const NOR: &[u8] = include_bytes!("../../../../../corpus/formats/ubi/nor.ubi");
const TINY: &[u8] = include_bytes!("../../../../../corpus/formats/ubi/tiny.ubi");
const USED: &[u8] = include_bytes!("../../../../../corpus/formats/ubi/used.ubi");

type Volumes = Vec<(Vec<u8>, Unpacked)>;

fn read(data: &[u8]) -> (Reading, Volumes) {
    let mut volumes = Vec::new();
    let reading = Ubi.read(data, Place::Inside, &Limits::default(), &mut |entry| {
        let unpacked = match entry.kind {
            EntryKind::Stream(Content::Deferred { make, .. }) => make(&Limits::default()),
            EntryKind::Stream(Content::Slice(bytes)) => {
                Unpacked { bytes: bytes.to_vec(), problems: Vec::new() }
            }
            _ => Unpacked::default(),
        };
        volumes.push((entry.path.into_owned(), unpacked));
    });
    (reading.expect("an image"), volumes)
}

fn has(reading: &Reading, name: &str, value: &str) -> bool {
    reading.attributes.iter().any(|(other, held)| *other == name && held == value)
}

/// Writes a header's checksum again.
fn seal(data: &mut [u8], at: usize) {
    let sum = crc_from_ones(&data[at..at + 60]);
    data[at + 60..at + 64].copy_from_slice(&sum.to_be_bytes());
}

#[test]
fn facts_of_the_header() {
    let (reading, volumes) = read(USED);
    assert!(has(&reading, "erase-block", "1024") && has(&reading, "fast-map", "yes"));
    assert!(has(&reading, "replaced-blocks", "3") && has(&reading, "erase-counts", "2 to 9"));
    // The fast map is in no volume.
    let paths: Vec<&[u8]> = volumes.iter().map(|(path, _)| path.as_slice()).collect();
    assert_eq!(paths, [&b"moved"[..], b"fixed", b"(lost)/block-at-10368"]);
    assert!(volumes[2].1.bytes.starts_with(b"fast map") && reading.problems.is_empty());
    let (reading, _) = read(NOR);
    let (_, volumes) = reading.attributes.iter().find(|(name, _)| *name == "volumes").unwrap();
    assert!(volumes.contains("5 rootfs_data: dynamic, 0 blocks of 3 reserved, grows"), "{volumes}");
}

#[test]
fn another_image_behind_the_first_is_left_outside() {
    // By its volume table, with the same image number.
    let twice = [NOR, NOR].concat();
    let (reading, volumes) = read(&twice);
    assert_eq!((reading.size, volumes.len(), reading.problems.len()), (NOR.len(), 3, 0));
    // By its image number.
    let mut other = NOR.to_vec();
    for at in (0..other.len()).step_by(8192) {
        other[at + 27] ^= 1;
        seal(&mut other, at);
    }
    let (reading, _) = read(&[NOR, &other[3 * 8192..]].concat());
    assert_eq!((reading.size, reading.problems.len()), (NOR.len(), 0));
}

#[test]
fn a_bad_block_in_second_place_does_not_double_the_size() {
    let mut data = NOR.to_vec();
    data.splice(8192..8192, [0; 8192]);
    let (reading, volumes) = read(&data);
    assert!(has(&reading, "erase-block", "8192") && has(&reading, "bad-blocks", "1"));
    assert_eq!((reading.problems.len(), reading.problems[0].offset), (1, 8192));
    let bytes = |volumes: Volumes| volumes.into_iter().map(|(_, made)| made.bytes).collect::<Vec<_>>();
    assert_eq!(bytes(volumes), bytes(read(NOR).1));
}

#[test]
fn damage_is_told_where_it_is() {
    // The content of the static volume.
    let mut data = NOR.to_vec();
    data[2 * 8192 + 500] ^= 1;
    let (reading, volumes) = read(&data);
    assert_eq!(reading.problems, []);
    assert_eq!(volumes[0].1.problems[0].kind, ProblemKind::Checksum);
    assert_eq!(volumes[0].1.bytes.len(), 9000);
    // A volume identifier: its block is missing.
    let mut data = NOR.to_vec();
    data[2 * 8192 + 70] ^= 1;
    let (reading, _) = read(&data);
    let kinds: Vec<ProblemKind> = reading.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::Checksum, ProblemKind::Truncated]);
    // One volume table: the other has the names.
    let mut data = NOR.to_vec();
    data[128 + 17] ^= 1;
    let (reading, volumes) = read(&data);
    assert_eq!((reading.problems.len(), volumes[0].0.as_slice()), (1, &b"kernel"[..]));
}

#[test]
fn a_block_far_away_costs_nothing() {
    let mut data = TINY.to_vec();
    data[2 * 1024 + 64 + 12..][..4].copy_from_slice(&0x7fff_ffff_u32.to_be_bytes());
    seal(&mut data, 2 * 1024 + 64);
    let (reading, volumes) = read(&data);
    assert_eq!(volumes[0].1.bytes.len(), 0);
    assert!(reading.problems[0].detail.contains("reserved size"), "{:?}", reading.problems);
}

#[test]
fn one_erase_block_is_no_image_inside() {
    assert!(Ubi.read(&TINY[..1024], Place::Inside, &Limits::default(), &mut |_| {}).is_none());
    let reading = Ubi.read(&TINY[..1024], Place::Start, &Limits::default(), &mut |_| {}).unwrap();
    assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
}

const ROOM: usize = 8192 - 128;

/// The erase blocks of a volume of `NOR`, in order.
fn blocks_of(volume: u32) -> Vec<usize> {
    let held = |at: usize| crate::bytes::u32_be(NOR, at + 64 + 8) == Some(volume);
    let mut blocks: Vec<usize> = (0..NOR.len()).step_by(8192).filter(|at| held(*at)).collect();
    blocks.sort_by_key(|at| crate::bytes::u32_be(NOR, at + 64 + 12));
    blocks
}

/// `NOR` with other bytes in the volume identifier of one block.
fn with(changes: &[(usize, usize, &[u8])]) -> Vec<u8> {
    let mut data = NOR.to_vec();
    for (block, field, bytes) in changes {
        data[block + 64 + field..][..bytes.len()].copy_from_slice(bytes);
        seal(&mut data, block + 64);
    }
    data
}

fn told(reading: &Reading, offset: usize, word: &str) -> bool {
    reading.problems.iter().any(|problem| problem.offset == offset as u64 && problem.detail.contains(word))
}

fn bytes_of(volumes: &Volumes, path: &[u8]) -> Vec<u8> {
    volumes.iter().find(|(name, _)| name == path).map(|(_, made)| made.bytes.clone()).unwrap_or_default()
}

#[test]
fn unused_bytes_that_disagree_with_the_volume_hide_nothing() {
    let whole = bytes_of(&read(NOR).1, b"rootfs");
    for block in blocks_of(2) {
        for pad in [5000_u32, 0x7fff_ffff] {
            let (reading, volumes) = read(&with(&[(block, 28, &pad.to_be_bytes())]));
            assert!(told(&reading, block + 64 + 28, "unused bytes"), "{:?}", reading.problems);
            assert_eq!(bytes_of(&volumes, b"rootfs"), whole);
        }
    }
}

#[test]
fn unused_bytes_that_hold_something_are_handed_out() {
    // The record and all blocks agree that each has 6000 bytes less than it holds.
    let pad = 6000_u32.to_be_bytes();
    let changes: Vec<(usize, usize, &[u8])> =
        blocks_of(2).into_iter().map(|block| (block, 28, &pad[..])).collect();
    let mut data = with(&changes);
    for table in [0, 8192] {
        let record = table + 128 + 2 * 172;
        data[record + 8..record + 12].copy_from_slice(&pad);
        let sum = crc_from_ones(&data[record..record + 168]);
        data[record + 168..record + 172].copy_from_slice(&sum.to_be_bytes());
    }
    let (reading, volumes) = read(&data);
    for block in blocks_of(2) {
        let from = block + 8192 - 6000;
        assert!(told(&reading, from, "6000 bytes behind the data"), "{:?}", reading.problems);
        let path = format!("(lost)/block-at-{from}");
        assert_eq!(bytes_of(&volumes, path.as_bytes()), &NOR[from..block + 8192]);
    }
}

#[test]
fn blocks_past_the_number_of_a_static_volume_are_handed_out() {
    let whole = bytes_of(&read(NOR).1, b"kernel");
    let blocks = blocks_of(0);
    assert_eq!(blocks.len(), 2);
    for used in [0_u32, 1] {
        let used = used.to_be_bytes();
        let (reading, volumes) = read(&with(&[(blocks[0], 24, &used), (blocks[1], 24, &used)]));
        assert!(told(&reading, blocks[1] + 64 + 24, "lies past the"), "{:?}", reading.problems);
        assert_eq!(bytes_of(&volumes, b"kernel"), whole);
        let (reading, volumes) = read(&with(&[(blocks[0], 24, &used)]));
        assert!(reading.problems.iter().any(|problem| problem.detail.contains("says that volume 0 has")));
        assert_eq!(bytes_of(&volumes, b"kernel"), whole);
    }
}

#[test]
fn a_block_of_the_other_type_is_kept() {
    let blocks = blocks_of(0);
    for block in &blocks {
        let (reading, volumes) = read(&with(&[(*block, 5, &[1])]));
        assert!(told(&reading, block + 64 + 5, "is dynamic, its volume static"), "{:?}", reading.problems);
        let bytes = bytes_of(&volumes, b"kernel");
        assert_eq!(bytes.len(), 2 * ROOM);
        assert!(bytes.starts_with(&bytes_of(&read(NOR).1, b"kernel")));
    }
}

#[test]
fn a_last_block_without_a_size_is_kept() {
    let last = blocks_of(0)[1];
    let (reading, volumes) = read(&with(&[(last, 20, &[0; 4])]));
    assert!(told(&reading, last + 64 + 20, "states 0 of"), "{:?}", reading.problems);
    assert_eq!(bytes_of(&volumes, b"kernel")[..9000], bytes_of(&read(NOR).1, b"kernel"));
    // One byte: the others are lost, and handed out.
    let (reading, volumes) = read(&with(&[(last, 20, &[0, 0, 0, 1])]));
    assert!(told(&reading, last + 129, "are not blank"), "{:?}", reading.problems);
    let path = format!("(lost)/block-at-{}", last + 129);
    assert_eq!(bytes_of(&volumes, path.as_bytes()), &NOR[last + 129..last + 8192]);
}

#[test]
fn what_no_volume_identifier_names_is_handed_out() {
    let block = blocks_of(2)[1];
    for fill in [0xff, 0] {
        let mut data = NOR.to_vec();
        data[block + 64..block + 128].fill(fill);
        let (reading, volumes) = read(&data);
        assert!(told(&reading, block + 64, "a volume identifier"), "{:?}", reading.problems);
        let path = format!("(lost)/block-at-{}", block + 128);
        assert_eq!(bytes_of(&volumes, path.as_bytes()), &NOR[block + 128..block + 8192]);
    }
}

#[test]
fn what_internal_volumes_hold_is_handed_out() {
    let block = blocks_of(2)[1];
    let path = format!("(lost)/block-at-{}", block + 128);
    for (volume, problems) in [(0x7fff_f000_u32, 0), (0x7fff_f001, 0), (0x7fff_efff, 1)] {
        let changes: [(usize, usize, &[u8]); 2] =
            [(block, 8, &volume.to_be_bytes()), (block, 12, &7_u32.to_be_bytes())];
        let (reading, volumes) = read(&with(&changes));
        assert_eq!(bytes_of(&volumes, path.as_bytes()), &NOR[block + 128..block + 8192]);
        assert_eq!(reading.problems.len(), problems, "{:?}", reading.problems);
    }
}

#[test]
fn what_stands_past_the_reserved_size_is_handed_out() {
    let block = blocks_of(2)[1];
    let (reading, volumes) = read(&with(&[(block, 12, &[0, 1, 0, 0])]));
    assert!(told(&reading, block, "reserved size"), "{:?}", reading.problems);
    let path = format!("(lost)/block-at-{}", block + 128);
    assert_eq!(bytes_of(&volumes, path.as_bytes()), &NOR[block + 128..block + 8192]);
}
