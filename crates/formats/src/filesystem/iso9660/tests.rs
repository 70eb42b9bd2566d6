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
    // The file goes on in the next record of its directory.
    let at = record_of(&data, b"NOTHING.;1");
    data[at + 25] |= 0x80;
    let (_, entries) = read(&Iso9660, &data, Place::Start).unwrap();
    let file = entries.into_iter().find(|entry| entry.path.ends_with(b"NOTHING")).unwrap();
    let EntryKind::File(Content::Deferred { size, make }) = file.kind else { panic!("one piece") };
    assert_eq!((size, make(&Limits::default()).bytes.len() as u64), (3492, 3492));
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
