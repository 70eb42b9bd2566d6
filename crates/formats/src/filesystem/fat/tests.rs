use super::*;
use crate::compression::test_support::read;

const CLUSTERS: usize = 4200;
const TABLE: usize = 512;
const ROOT: usize = TABLE + 17 * 512;
const DATA: usize = ROOT + 512;

/// A FAT16 with the files given: name, chain, size.
fn image(files: &[(&[u8; 11], &[u16], u32)]) -> Vec<u8> {
    let mut data = vec![0; DATA + CLUSTERS * 512];
    let size = (data.len() / 512) as u16;
    data[..3].copy_from_slice(&[0xeb, 0x3c, 0x90]);
    data[11..24].copy_from_slice(&[0, 2, 1, 1, 0, 1, 16, 0, size as u8, (size >> 8) as u8, 0xf8, 17, 0]);
    data[510..512].copy_from_slice(&[0x55, 0xaa]);
    data[TABLE..TABLE + 4].copy_from_slice(&[0xf8, 0xff, 0xff, 0xff]);
    for (number, (name, chain, size)) in files.iter().enumerate() {
        let entry = &mut data[ROOT + number * 32..][..32];
        entry[..11].copy_from_slice(*name);
        entry[26..28].copy_from_slice(&chain[0].to_le_bytes());
        entry[28..32].copy_from_slice(&size.to_le_bytes());
        for pair in chain.windows(2) {
            data[TABLE + usize::from(pair[0]) * 2..][..2].copy_from_slice(&pair[1].to_le_bytes());
        }
    }
    for cluster in 0..CLUSTERS {
        data[DATA + cluster * 512..][..512].fill((cluster as u8).wrapping_add(2));
    }
    data
}

fn contents(data: &[u8]) -> (Reading, Vec<Vec<u8>>) {
    let (reading, entries) = read(&Fat, data, Place::Inside).unwrap();
    let bytes = |entry: Entry| match entry.kind {
        EntryKind::File(Content::Slice(bytes)) => bytes.to_vec(),
        EntryKind::File(Content::Deferred { make, .. }) => make(&Limits::default()).bytes,
        other => panic!("{other:?}"),
    };
    (reading, entries.into_iter().map(bytes).collect())
}

#[test]
fn fat16_with_a_file_in_pieces() {
    let data = image(&[(b"PIECES     ", &[2, 4, 3, 0xffff], 1100), (b"WHOLE   BIN", &[7, 8, 0xfff8], 600)]);
    let (reading, files) = contents(&data);
    assert_eq!((reading.size, reading.problems.len()), (data.len(), 0));
    assert_eq!(reading.attributes[0], ("variant", "FAT16".to_owned()));
    let expected = [vec![2; 512], vec![4; 512], vec![3; 76]].concat();
    assert_eq!(files, [expected, [vec![7; 512], vec![8; 88]].concat()]);
}

#[test]
fn chains_that_meet_or_go_round_are_told() {
    let round = image(&[(b"ROUND      ", &[2, 3, 2], 4 << 20)]);
    let (reading, files) = contents(&round);
    assert_eq!(reading.problems[0].kind, ProblemKind::Malformed);
    assert_eq!(files[0].len(), 4 << 20);
    let shared = image(&[(b"A          ", &[2, 5, 0xffff], 1024), (b"B          ", &[3, 5, 0xffff], 1024)]);
    let (reading, files) = contents(&shared);
    assert_eq!(reading.problems.len(), 1);
    assert_eq!(files[1], [vec![3; 512], vec![5; 512]].concat());
}

#[test]
fn a_chain_that_leads_nowhere_keeps_what_it_has() {
    let (reading, files) = contents(&image(&[(b"OUT        ", &[2, 0x7fff], 1024)]));
    assert_eq!(reading.problems[0].kind, ProblemKind::Malformed);
    assert_eq!(files[0], vec![2; 512]);
}
