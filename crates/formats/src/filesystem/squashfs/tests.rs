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

fn corpus(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats/squashfs");
    std::fs::read(folder.join(format!("{name}.squashfs"))).unwrap()
}

fn attribute(reading: &Reading, name: &str) -> Option<String> {
    reading.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
}

#[test]
fn attributes_say_what_was_found() {
    let found = |image: &str, name: &str| attribute(&read(&corpus(image), Place::Inside).unwrap().0, name);
    for (image, version, order) in [
        ("v1-big", "1.0", "big"),
        ("v2-little", "2.1", "little"),
        ("v3-big", "3.1", "big"),
        ("v4-big", "4.0", "big"),
        ("gzip", "4.0", "little"),
    ] {
        assert_eq!(found(image, "version").as_deref(), Some(version), "{image}");
        assert_eq!(found(image, "byte-order").as_deref(), Some(order), "{image}");
    }
    for (image, variant) in [
        ("v2-lzma", None),
        ("v3-lzma-short", Some("properties and dictionary, no length")),
        ("v3-lzma-apart", Some("pb, lc and lp in a byte each")),
        ("v3-lzma-bare", Some("no header, lc 3 lp 0 pb 2")),
        ("v2-lzma-bare", Some("no header, lc 0 lp 0 pb 2")),
        ("v3-lzma-lead", Some("no header, lc 1 lp 1 pb 1 behind 4 bytes")),
    ] {
        assert_eq!(found(image, "compression").as_deref(), Some("lzma"), "{image}");
        assert_eq!(found(image, "compression-variant").as_deref(), variant, "{image}");
    }
    assert_eq!(found("v3-stored", "compression"), None);
    let options = found("options", "compression-options");
    assert_eq!(options.as_deref(), Some("level 3, window 10, strategies none"));
}

#[test]
fn a_compressor_that_is_not_the_stated_one_is_found() {
    let mut data = corpus("xz");
    for (number, stated) in [(1, "gzip"), (3, "lzo"), (9, "number 9")] {
        data[20] = number;
        for place in [Place::Start, Place::Inside] {
            let (reading, paths) = read(&data, place).unwrap();
            assert!(paths.iter().any(|path| path == b"etc/motd"), "{number}");
            assert_eq!(attribute(&reading, "compression").as_deref(), Some("xz"));
            assert_eq!(attribute(&reading, "compression-stated").as_deref(), Some(stated));
            assert!(reading.problems.iter().all(|problem| problem.kind == ProblemKind::Undefined));
        }
    }
}

#[test]
fn extended_attributes_are_read_where_they_stand_and_elsewhere() {
    let data = corpus("xattrs");
    let mut found = Vec::new();
    let reading = Squashfs
        .read(&data, Place::Start, &Limits::default(), &mut |entry| {
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            found.extend(entry.xattrs.into_iter().map(|(name, value)| {
                (path.clone(), String::from_utf8_lossy(&name).into_owned(), value.into_owned())
            }));
        })
        .unwrap();
    assert_eq!(reading.problems, []);
    let capability = [&[1, 0, 0, 2, 0, 0x20, 0, 0][..], &[0; 12]].concat();
    let label = b"system_u:object_r:bin_t:s0\0".to_vec();
    let xattr = |path: &str, name: &str, value: &[u8]| (path.to_owned(), name.to_owned(), value.to_vec());
    let expected = [
        xattr("ping", "security.capability", &capability),
        xattr("ping", "security.selinux", &label),
        xattr("traceroute", "security.selinux", &label),
        xattr("traceroute", "user.origin", &[b'a'; 300]),
        xattr("whois", "user.origin", &[b'a'; 300]),
        xattr("whois", "trusted.overlay.opaque", b"y"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn blocks_of_an_image_without_its_tables_are_handed_out() {
    for (image, content) in [("gzip", "numbers"), ("xz", "numbers"), ("zstd", "numbers"), ("lzma", "numbers")]
    {
        let data = corpus(image);
        let inodes = Superblock::parse(&data, Place::Start, &mut Vec::new()).unwrap().inode_table;
        let mut found = Vec::new();
        let cut = &data[..inodes as usize];
        let reading = Squashfs
            .read(cut, Place::Inside, &Limits::default(), &mut |entry| {
                assert_eq!(&*entry.path, b"blocks");
                if let EntryKind::Stream(Content::Deferred { make, .. }) = entry.kind {
                    found = make(&Limits::default()).bytes;
                }
            })
            .unwrap();
        assert!(reading.problems.iter().any(|problem| problem.kind == ProblemKind::Truncated));
        let text: String = (1..=1900).map(|number| format!("{number}\n")).collect();
        let block = &text.as_bytes()[..4096];
        assert!(found.windows(block.len()).any(|window| window == block), "{image}: {content}");
    }
}

#[test]
fn text_with_any_magic_is_nothing_inside() {
    for magic in DESCRIPTION.magics {
        for filler in [0, b' ', 0xff, 1] {
            let data = [magic.bytes, &[filler; 300][..]].concat();
            assert!(read(&data, Place::Inside).is_none());
            assert!(!read(&data, Place::Start).unwrap().0.problems.is_empty());
        }
    }
}

#[test]
fn each_byte_of_the_smallest_images_at_its_extremes() {
    for version in 1..=3 {
        let data = corpus(&format!("tiny-{version}"));
        for at in 0..data.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut damaged = data.clone();
                damaged[at] = value;
                for place in [Place::Start, Place::Inside] {
                    let mut contents = Vec::new();
                    let mut sink = |entry: Entry<'_>| {
                        if let EntryKind::File(Content::Deferred { make, .. }) = entry.kind {
                            contents.push(make(&Limits::default()).bytes.len());
                        }
                    };
                    let reading = Squashfs.read(&damaged, place, &Limits::default(), &mut sink);
                    assert!(reading.is_none_or(|reading| (1..=data.len()).contains(&reading.size)));
                }
            }
        }
    }
}
