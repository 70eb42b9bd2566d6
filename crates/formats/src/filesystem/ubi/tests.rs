//! Reading images of the corpus put together and damaged.

use super::*;

const NOR: &[u8] = include_bytes!("../../../../../corpus/formats/ubi/nor.ubi");
const TINY: &[u8] = include_bytes!("../../../../../corpus/formats/ubi/tiny.ubi");
const USED: &[u8] = include_bytes!("../../../../../corpus/formats/ubi/used.ubi");

type Volumes = Vec<(Vec<u8>, Unpacked)>;

fn read(data: &[u8]) -> (Reading, Volumes) {
    let mut volumes = Vec::new();
    let reading = Ubi.read(data, Place::Inside, &Limits::default(), &mut |entry| {
        let unpacked = match entry.kind {
            EntryKind::Stream(Content::Deferred { make, .. }) => make(&Limits::default()),
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
    assert_eq!(volumes.len(), 2);
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
