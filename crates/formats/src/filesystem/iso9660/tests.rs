use super::*;
use crate::compression::test_support::read;
use proptest::prelude::*;

fn corpus(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../corpus/formats/iso9660/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Where the record with this name starts.
fn record_of(data: &[u8], name: &[u8]) -> usize {
    // The length of the name stands before it, as it does not in the path table.
    let named = [&[name.len() as u8], name].concat();
    let at = data[20 * SECTOR..].windows(named.len()).position(|window| window == named).unwrap() + 1;
    20 * SECTOR + at - 33
}

#[test]
fn a_number_that_differs_between_its_byte_orders_is_told() {
    let mut data = corpus("plain.iso");
    let at = record_of(&data, b"README.TXT;1");
    data[at + 17] ^= 1;
    let (reading, _) = read(&Iso9660, &data, Place::Start).unwrap();
    assert_eq!((reading.problems[0].kind, reading.problems[0].offset), (ProblemKind::Malformed, at as u64));
}

#[test]
fn records_of_one_file_are_put_together() {
    let mut data = corpus("plain.iso");
    // The file goes on in the next record of its directory, which has the same name.
    let at = record_of(&data, b"NOTHING.;1");
    data[at + 25] |= 0x80;
    let next = at + usize::from(data[at]);
    data[next + 32] = 10;
    data[next + 33..next + 43].copy_from_slice(b"NOTHING.;1");
    let (_, entries) = read(&Iso9660, &data, Place::Start).unwrap();
    let file = entries.into_iter().find(|entry| entry.path.ends_with(b"NOTHING")).unwrap();
    let EntryKind::File(Content::Deferred { size, make }) = file.kind else { panic!("one piece") };
    assert_eq!((size, make(&Limits::default()).bytes.len() as u64), (3492, 3492));
}

fn paths(data: &[u8]) -> (Vec<Problem>, BTreeSet<Vec<u8>>) {
    let (reading, entries) = read(&Iso9660, data, Place::Start).unwrap();
    (reading.problems, entries.into_iter().map(|entry| entry.path.into_owned()).collect())
}

/// The record of the root, and the places of the records in its first sector.
fn root_records(data: &[u8]) -> (usize, Vec<usize>) {
    let root = u32_le(data, FIRST + 158).unwrap() as usize * SECTOR;
    let mut places = vec![root];
    while let Some(length) = data.get(*places.last().unwrap()).filter(|length| **length > 0) {
        places.push(places.last().unwrap() + usize::from(*length));
    }
    places.pop();
    (FIRST + 156, places)
}

#[test]
fn a_record_with_another_name_continues_nothing() {
    let mut data = corpus("plain.iso");
    let (_, all) = paths(&data);
    let (_, records) = root_records(&data);
    for at in &records[2..] {
        data[at + 25] |= 0x80;
    }
    let (problems, found) = paths(&data);
    assert_eq!(found, all);
    assert_eq!(problems.len(), records.len() - 2);
    assert!(problems.iter().all(|problem| problem.kind == ProblemKind::Malformed));
}

#[test]
fn records_behind_a_zero_are_told_and_read() {
    for name in ["plain.iso", "rock-ridge.iso"] {
        let mut data = corpus(name);
        let (_, all) = paths(&data);
        let (_, records) = root_records(&data);
        data[records[3]] = 0;
        let (problems, found) = paths(&data);
        assert_eq!(found, all, "{name}");
        let told: Vec<_> = problems.iter().map(|problem| (problem.kind, problem.offset)).collect();
        assert_eq!(told, [(ProblemKind::Malformed, records[3] as u64)], "{name}");
    }
}

#[test]
fn a_directory_that_goes_on_past_its_stated_size_is_told_and_read() {
    let mut data = corpus("plain.iso");
    let (_, all) = paths(&data);
    let (root, records) = root_records(&data);
    let short = (records[3] - records[0]) as u32;
    // In the record that leads to it; then in its own, too.
    for at in [root, records[0]] {
        data[at + 10..at + 14].copy_from_slice(&short.to_le_bytes());
        data[at + 14..at + 18].copy_from_slice(&short.to_be_bytes());
        let (problems, found) = paths(&data);
        assert_eq!(found, all);
        assert_eq!((problems.len(), problems[0].offset), (1, root as u64));
    }
}

#[test]
fn a_sector_of_records_behind_a_directory_belongs_to_it() {
    let mut data = corpus("plain.iso");
    let (_, records) = root_records(&data);
    let (root, hidden) = (records[0], data.len());
    // The root and a second sector of it, moved to the end of the volume.
    let mut sectors = data[root..root + SECTOR].to_vec();
    let moved = data[records[3]..records[3] + usize::from(data[records[3]])].to_vec();
    sectors.extend(&moved);
    sectors[SECTOR + 33] = b'Z';
    sectors.resize(2 * SECTOR, 0);
    data.extend(sectors);
    let mut put = |at: usize, value: u32| {
        data[at..at + 4].copy_from_slice(&value.to_le_bytes());
        data[at + 4..at + 8].copy_from_slice(&value.to_be_bytes());
    };
    put(FIRST + 80, (hidden / SECTOR + 2) as u32);
    put(FIRST + 158, (hidden / SECTOR) as u32);
    let (problems, found) = paths(&data);
    assert!(found.iter().any(|path| path.starts_with(b"Z")), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.detail.contains("goes on for 4096")), "{problems:?}");
}

#[test]
fn a_continuation_that_names_itself_is_told() {
    let mut data = corpus("rock-ridge.iso");
    let (_, records) = root_records(&data);
    for at in records {
        let area = (at + 33 + usize::from(data[at + 32])).next_multiple_of(2);
        if at + usize::from(data[at]) < area + 28 {
            continue;
        }
        let both = |value: usize| [(value as u32).to_le_bytes(), (value as u32).to_be_bytes()].concat();
        let entry = [&b"CE\x1c\x01"[..], &both(area / SECTOR), &both(area % SECTOR), &both(28)].concat();
        data[area..area + 28].copy_from_slice(&entry);
    }
    let (problems, _) = paths(&data);
    let told = |text: &str| problems.iter().any(|problem| problem.detail.contains(text));
    assert!(told("cannot be followed") && told("announces"), "{problems:?}");
}

#[test]
fn a_directory_inside_itself_ends() {
    let mut data = corpus("plain.iso");
    let at = record_of(&data, b"DEEP");
    let parent = record_of(&data, b"DOCS");
    data.copy_within(parent + 2..parent + 18, at + 2);
    let (reading, _) = read(&Iso9660, &data, Place::Start).unwrap();
    assert!(reading.problems.iter().any(|problem| problem.detail.contains("a second time")));
}

#[test]
fn targets_of_links_have_components() {
    let area = b"SL\x14\x01\x00\x08\x00\x04\x00\x00\x03usr\x01\x02li\x00\x01b";
    let mut whole = area.to_vec();
    whole[2] = area.len() as u8;
    assert_eq!(rock_ridge::read(&[], SECTOR, &whole, 0).target, b"/../usr/lib");
}

proptest! {
    #[test]
    fn any_system_use_area_ends(area in prop::collection::vec(any::<u8>(), 0..255), skip in 0_usize..300) {
        let image = [b"CE\x1c\x01".as_slice(), &[0; 24]].concat();
        let facts = rock_ridge::read(&image, SECTOR, &[&area[..], &image].concat(), skip);
        prop_assert!(facts.target.len() <= 64 * 256);
    }

    #[test]
    fn any_zisofs_stays_within_its_limit(table in prop::collection::vec(any::<u8>(), 0..80), size in any::<u32>()) {
        let head = [0x37, 0xe4, 0x53, 0x96, 0xc9, 0xdb, 0xd6, 0x07];
        let file = [&head[..], &size.to_le_bytes(), &[4, 15, 0, 0], &table].concat();
        let limits = Limits { object_bytes: 100_000, ..Limits::default() };
        prop_assert!(zisofs::unpack(&file, 0, &limits).bytes.len() <= 100_000);
    }
}
