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
fn text_with_the_magic_is_broken_at_the_start_and_nothing_inside() {
    let hidden = |data: &[u8]| {
        assert!(read(data, Place::Inside).is_none());
        let (reading, paths) = read(data, Place::Start).unwrap();
        assert!(paths.is_empty());
        reading.problems[0].kind
    };
    assert_eq!(hidden(&[b"hsqs", &[b' '; 200][..]].concat()), ProblemKind::Malformed);
    assert_eq!(hidden(&[b"hsqs", &[0; 200][..]].concat()), ProblemKind::Malformed);
    assert_eq!(hidden(b"hsqs"), ProblemKind::Truncated);
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

#[test]
fn a_cut_image_is_told_wherever_it_stands_and_read_as_far_as_it_goes() {
    let mut most = 0;
    for length in 96..IMAGE.len() {
        let cut = &IMAGE[..length];
        for place in [Place::Start, Place::Inside] {
            let Some((reading, paths)) = read(cut, place) else { panic!("{place:?}, cut to {length} bytes") };
            assert_eq!(reading.size, length);
            let used = Superblock::parse(IMAGE, place, &mut Vec::new()).unwrap().bytes_used;
            let told = reading.problems.iter().any(|problem| problem.kind == ProblemKind::Truncated);
            assert_eq!(told, (length as u64) < used, "{place:?}, cut to {length} bytes");
            most = most.max(paths.len());
        }
    }
    assert_eq!(most, read(IMAGE, Place::Start).unwrap().1.len());
}

#[test]
fn a_cut_image_says_how_much_is_missing() {
    let used = Superblock::parse(IMAGE, Place::Start, &mut Vec::new()).unwrap().bytes_used;
    let (reading, _) = read(&IMAGE[..1000], Place::Inside).unwrap();
    assert_eq!(reading.problems[0].offset, 1000);
    let missing = used - 1000;
    assert_eq!(reading.problems[0].detail, format!("{missing} of the {used} bytes stated are missing"));
}

#[test]
fn a_cut_image_with_a_broken_field_is_not_believed_inside() {
    for (offset, size) in [(12, 4), (22, 2), (28, 2), (40, 8), (48, 8), (64, 8), (72, 8)] {
        let mut data = IMAGE[..1000].to_vec();
        data[offset..offset + size].fill(0);
        assert!(read(&data, Place::Inside).is_none(), "field at {offset}");
    }
    // Whatever chance puts behind the magic, it is not a superblock.
    let mut state = 1_u64;
    for _ in 0..20_000 {
        let mut data = IMAGE[..4].to_vec();
        for _ in 0..30 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            data.extend_from_slice(&state.to_be_bytes()[..4]);
        }
        assert!(read(&data, Place::Inside).is_none());
    }
}

#[test]
fn a_wrong_number_of_inodes_is_told() {
    for value in [0, 1, 0xff] {
        let mut data = IMAGE.to_vec();
        data[4..8].fill(value);
        let (reading, _) = read(&data, Place::Inside).unwrap();
        assert_eq!((reading.problems.len(), reading.problems[0].offset), (1, 4));
    }
}
