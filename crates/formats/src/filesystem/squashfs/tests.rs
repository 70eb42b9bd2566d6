//! Reading images of the corpus with fields broken on purpose.

use super::*;

const IMAGE: &[u8] = include_bytes!("../../../../../corpus/formats/squashfs/gzip.squashfs");

fn read(data: &[u8], place: Place) -> Option<(Reading, Vec<Vec<u8>>)> {
    let mut paths = Vec::new();
    let reading =
        Squashfs.read(data, place, &Limits::default(), &mut |entry| paths.push(entry.path.into_owned()))?;
    Some((reading, paths))
}

#[test]
fn whole_image_inside_has_no_problems() {
    let behind = [IMAGE, b"behind it"].concat();
    let (reading, paths) = read(&behind, Place::Inside).unwrap();
    assert_eq!((reading.size, reading.problems), (IMAGE.len(), vec![]));
    assert!(paths.iter().any(|path| path == b"etc/motd"));
    assert!(reading.attributes.contains(&("compression", "gzip".into())));
}

#[test]
fn each_field_of_the_superblock_at_its_extremes() {
    let whole = read(IMAGE, Place::Start).unwrap().1.len();
    let fields = [
        (4, 4),
        (8, 4),
        (12, 4),
        (16, 4),
        (20, 2),
        (22, 2),
        (24, 2),
        (26, 2),
        (28, 2),
        (30, 2),
        (32, 8),
        (40, 8),
        (48, 8),
        (56, 8),
        (64, 8),
        (72, 8),
        (80, 8),
        (88, 8),
    ];
    for (offset, size) in fields {
        for value in [0, 0xff] {
            let mut data = IMAGE.to_vec();
            data[offset..offset + size].fill(value);
            let (reading, paths) = read(&data, Place::Start).expect("still a squashfs");
            assert!((1..=data.len()).contains(&reading.size), "field at {offset} set to {value}");
            // Times, counts, flags, versions and what can be computed again do not cost a single name.
            if matches!(offset, 4 | 8 | 12 | 16 | 22 | 24 | 26 | 28 | 30 | 40 | 48 | 56 | 88) {
                assert_eq!(paths.len(), whole, "field at {offset} set to {value}");
            } else if offset != 80 {
                assert!(!reading.problems.is_empty(), "field at {offset} set to {value}");
            }
        }
    }
}

#[test]
fn block_size_is_repaired_from_its_logarithm() {
    let mut data = IMAGE.to_vec();
    data[12..16].fill(0xff);
    let (reading, _) = read(&data, Place::Start).unwrap();
    assert!(reading.attributes.contains(&("block-size", "4096".into())));
    assert_eq!(reading.problems[0].offset, 12);
}

#[test]
fn text_with_the_magic_is_nothing() {
    assert!(read(&[b"hsqs", &[b' '; 200][..]].concat(), Place::Start).is_none());
    assert!(read(&[b"hsqs", &[0; 200][..]].concat(), Place::Start).is_none());
    assert!(read(b"hsqs", Place::Start).is_none());
}

#[test]
fn entries_are_limited() {
    let limits = Limits { entries: 3, ..Limits::default() };
    let mut count = 0;
    let reading = Squashfs.read(IMAGE, Place::Start, &limits, &mut |_| count += 1).unwrap();
    assert_eq!(count, 3);
    assert_eq!(reading.problems[0].kind, ProblemKind::LimitReached);
}

#[test]
fn a_file_is_cut_at_the_object_limit() {
    let limits = Limits { object_bytes: 5000, ..Limits::default() };
    let mut longest = 0;
    Squashfs.read(IMAGE, Place::Start, &limits, &mut |entry| {
        if let EntryKind::File(Content::Deferred { make, size }) = entry.kind {
            let unpacked = make(&limits);
            longest = longest.max(unpacked.bytes.len());
            let limited = unpacked.problems.iter().any(|problem| problem.kind == ProblemKind::LimitReached);
            assert_eq!(limited, size > 5000);
        }
    });
    assert_eq!(longest, 5000);
}
