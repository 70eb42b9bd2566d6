use super::*;
use crate::compression::test_support::read;
use proptest::prelude::*;

fn corpus(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../corpus/formats/ext/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Where the directory entry with this name stands.
fn entry_of(data: &[u8], name: &[u8]) -> usize {
    let ends_in_name = |window: &[u8]| window.ends_with(name) && window[6] == name.len() as u8;
    data.windows(8 + name.len()).position(ends_in_name).unwrap()
}

#[test]
fn a_directory_that_holds_the_root_ends() {
    let mut data = corpus("ext2-1k.img");
    let at = entry_of(&data, b"empty");
    data[at..at + 4].copy_from_slice(&ROOT.to_le_bytes());
    let (reading, entries) = read(&Ext, &data, Place::Start).unwrap();
    assert!(entries.len() < 60);
    assert!(reading.problems.iter().any(|problem| problem.detail.contains("a second time")));
}

#[test]
fn a_file_without_a_name_is_handed_out() {
    let mut data = corpus("ext2-1k.img");
    let at = entry_of(&data, b"numbers");
    data[at..at + 4].fill(0);
    let (reading, entries) = read(&Ext, &data, Place::Start).unwrap();
    let lost = entries.iter().find(|entry| entry.path.starts_with(b"lost+found/#")).unwrap();
    assert_eq!(lost.uid, Some(1000));
    assert_eq!(reading.problems.len(), 1);
}

#[test]
fn checksums_are_compared() {
    for (at, what) in [(1024 + 0x78, "superblock"), (1024 + 0x130, "superblock")] {
        let mut data = corpus("ext4-1k.img");
        data[at] ^= 1;
        let (reading, _) = read(&Ext, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Checksum);
        assert!(reading.problems[0].detail.starts_with(what));
    }
}

#[test]
fn a_size_past_all_limits_is_told_and_cut() {
    let data = corpus("ext4-1k.img");
    let superblock = Superblock::parse(&data[superblock::AT..]).unwrap();
    let mut volume = Volume::new(&data, superblock);
    volume.read_groups(&mut Vec::new());
    let mut inode = (11..40)
        .filter_map(|number| Inode::parse(&volume, number))
        .find(|inode| inode.mode >> 12 == 8 && inode.size > 1024)
        .unwrap();
    inode.size = u64::MAX;
    let limits = Limits { object_bytes: 100_000, ..Limits::default() };
    let unpacked = mapping::unpack(&volume, &inode, &limits);
    assert_eq!(unpacked.bytes.len(), 100_000);
    assert_eq!(unpacked.problems[0].kind, ProblemKind::LimitReached);
}

/// A volume with its groups.
fn volume(data: &[u8]) -> Volume<'_> {
    let superblock = Superblock::parse(&data[superblock::AT..]).unwrap();
    let mut volume = Volume::new(data, superblock);
    volume.read_groups(&mut Vec::new());
    volume
}

/// The first file of more than a block.
fn file(volume: &Volume) -> Inode {
    let inodes = (11..60).filter_map(|number| Inode::parse(volume, number));
    inodes.into_iter().find(|inode| inode.mode >> 12 == 8 && inode.size > 2048).unwrap()
}

#[test]
fn blocks_behind_the_size_are_told() {
    for name in ["ext2-1k.img", "ext4-1k.img"] {
        let data = corpus(name);
        let volume = volume(&data);
        let mut inode = file(&volume);
        assert_eq!(mapping::unpack(&volume, &inode, &Limits::default()).problems, [], "{name}");
        inode.size = 5;
        assert_eq!(mapping::single_run(&volume, &inode, 1), None, "{name}");
        let problems = mapping::unpack(&volume, &inode, &Limits::default()).problems;
        assert_eq!((problems.len(), problems[0].kind), (1, ProblemKind::Malformed), "{name}");
        assert_eq!(problems[0].offset, inode.at + 4);
    }
}

#[test]
fn a_block_at_several_places_is_told() {
    let data = corpus("ext2-1k.img");
    let volume = volume(&data);
    let mut inode = file(&volume);
    let first: [u8; 4] = inode.map[..4].try_into().unwrap();
    inode.map[4..8].copy_from_slice(&first);
    let problems = mapping::unpack(&volume, &inode, &Limits::default()).problems;
    assert!(problems.iter().any(|problem| problem.detail.contains("several places")), "{problems:?}");
    // A block of pointers that is its own content.
    let mut inode = file(&volume);
    inode.map[48..52].copy_from_slice(&first);
    inode.size = 20 << 10;
    let problems = mapping::unpack(&volume, &inode, &Limits::default()).problems;
    assert!(problems.iter().any(|problem| problem.detail.contains("several places")), "{problems:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_map_of_blocks_ends(map in prop::collection::vec(any::<u8>(), 60), extents in any::<bool>(), small in any::<bool>()) {
        let data = corpus("ext4-1k.img");
        let superblock = Superblock::parse(&data[superblock::AT..]).unwrap();
        let mut volume = Volume::new(&data, superblock);
        volume.read_groups(&mut Vec::new());
        let mut inode = Inode::parse(&volume, ROOT).unwrap();
        inode.map.copy_from_slice(&map);
        if small {
            for at in (1..60).step_by(4) {
                inode.map[at..at + 3].fill(0);
            }
        }
        if extents {
            inode.map[..4].copy_from_slice(&[0x0a, 0xf3, 4, 0]);
            inode.map[6] &= 1;
            inode.map[7] = 0;
        }
        inode.flags = if extents { flags::EXTENTS } else { 0 };
        inode.size = u64::MAX;
        let limits = Limits { object_bytes: 3 << 20, ..Limits::default() };
        prop_assert_eq!(mapping::unpack(&volume, &inode, &limits).bytes.len(), 3 << 20);
    }
}
