use super::*;
fn look(data: &[u8]) -> Examination {
    let options = Options::default();
    examine(data, &options, &options.limits())
}

/// A cpio entry in "newc" form, as a reader of the format's description would write it.
fn cpio(entries: &[(&[u8], u32, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    let trailer: (&[u8], u32, &[u8]) = (b"TRAILER!!!", 0, b"");
    for (inode, (name, mode, content)) in entries.iter().chain([&trailer]).enumerate() {
        let fields = [
            inode as u32 + 1,
            *mode,
            0,
            0,
            1,
            0,
            content.len() as u32,
            0,
            0,
            if mode & 0o170_000 == 0o020_000 { 1 } else { 0 },
            3,
            name.len() as u32 + 1,
            0,
        ];
        archive.extend_from_slice(b"070701");
        for field in fields {
            archive.extend_from_slice(format!("{field:08X}").as_bytes());
        }
        archive.extend_from_slice(name);
        archive.push(0);
        archive.resize(archive.len().next_multiple_of(4), 0);
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(4), 0);
    }
    archive
}

fn codes(examination: &Examination) -> Vec<&str> {
    let mut codes: Vec<&str> =
        examination.runs.iter().flat_map(|run| &run.claims).map(|claim| claim.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[test]
fn an_empty_exhibit_is_an_exhibit() {
    let examination = look(b"");
    assert_eq!(examination.objects.len(), 1);
    assert_eq!(examination.objects[0].shares().unknown, 0);
    assert_eq!(examination.runs[0].status, Status::Complete);
    assert_eq!(examination.runs.len(), 1 + PROBES.len());
}

#[test]
fn a_text_is_known_and_noise_is_not() {
    let examination = look(b"hello, world\n");
    assert_eq!(examination.objects[0].shares().known, 13);
    let examination = look(&[0, 1, 2, 3, 200, 7]);
    assert_eq!(examination.objects[0].shares().unknown, 6);
}

#[test]
fn a_text_with_facts_in_it_is_text() {
    let text = b"the line is console=ttyS0 mtdparts=spi0.0:256k(u-boot)ro,64k(env),-(firmware) quiet\n";
    let examination = look(text);
    let notes: Vec<&str> = examination.objects[0].regions.iter().map(|region| region.note.as_str()).collect();
    assert_eq!(notes, ["text", "mtdparts", "text"]);
}

#[test]
fn an_archive_between_other_bytes_is_found_and_accounted_for() {
    let archive = cpio(&[(b"etc", 0o040_755, b""), (b"etc/motd", 0o100_644, b"welcome\n")]);
    let mut data = vec![0xFF; 1000];
    data.extend_from_slice(&archive);
    data.extend_from_slice(&[1, 2, 3]);
    let examination = look(&data);
    let paths: Vec<String> = examination.objects.iter().map(|object| object.location.path()).collect();
    let rest = 1000 + archive.len();
    assert_eq!(paths, ["", "!cpio@1000:etc", "!cpio@1000:etc/motd", &format!("!unclaimed@{rest}")]);
    let classes: Vec<(u64, RegionClass)> =
        examination.objects[0].regions.iter().map(|region| (region.offset, region.class)).collect();
    assert_eq!(
        classes,
        [
            (0, RegionClass::Padding),
            (1000, RegionClass::Known),
            (1000 + archive.len() as u64, RegionClass::Unknown)
        ]
    );
    let motd = &examination.objects[2];
    assert_eq!(motd.sha256, Some(Digest::of(b"welcome\n")));
    assert_eq!(motd.parent, Some(0));
    let at = motd.location.steps[0].at.unwrap() as usize;
    assert_eq!(&archive[at..at + 8], b"welcome\n");
}

#[test]
fn dangerous_names_are_claims() {
    let long = vec![b'n'; 4096];
    let archive = cpio(&[
        (b"../../etc/passwd", 0o100_644, b"x"),
        (b"/abs", 0o100_644, b"x"),
        (b"out", 0o120_777, b"../../../etc/shadow"),
        (b"dev/console", 0o020_600, b""),
        (&long, 0o100_644, b"x"),
        (b"caf\xe9", 0o100_644, b"x"),
    ]);
    let examination = look(&archive);
    for code in ["unpack.unsafe-path", "unpack.escaping-link", "unpack.special-files"] {
        assert!(codes(&examination).contains(&code), "{code} in {:?}", codes(&examination));
    }
    let dangerous =
        examination.runs[0].claims.iter().filter(|claim| claim.code == "unpack.unsafe-path").count();
    assert_eq!(dangerous, 3);
    assert!(examination.objects.iter().any(|object| object.location.entry() == Some("caf\\xe9")));
}

#[test]
fn containers_nested_without_end_stop_at_a_depth() {
    let mut data = b"core".to_vec();
    for _ in 0..60 {
        data = cpio(&[(b"in", 0o100_644, &data)]);
    }
    let examination = look(&data);
    assert!(codes(&examination).contains(&"unpack.limit"), "{:?}", codes(&examination));
    assert_eq!(examination.runs[0].status, Status::Incomplete);
    assert_eq!(examination.objects.len(), 1 + Options::default().depth as usize);
}

#[test]
fn what_would_unpack_to_too_much_is_left_out_and_said() {
    let options = Options { total_bytes: 1000, ..Options::default() };
    let archive =
        cpio(&[(b"a", 0o100_644, &[7; 600]), (b"b", 0o100_644, &[8; 600]), (b"c", 0o100_644, &[9; 100])]);
    let examination = examine(&archive, &options, &options.limits());
    let names: Vec<&str> = examination.objects.iter().filter_map(|object| object.location.entry()).collect();
    assert_eq!(names, ["a", "c"]);
    assert_eq!(examination.runs[0].status, Status::Incomplete);
    assert!(codes(&examination).contains(&"unpack.limit"));
}

#[test]
fn a_name_that_stands_twice_is_said_and_the_later_one_counts() {
    let archive =
        cpio(&[(b"etc/passwd", 0o100_644, b"root::0:0::/:/bin/sh\n"), (b"etc//passwd", 0o100_644, b"x")]);
    assert!(codes(&look(&archive)).contains(&"unpack.name-twice"));
}

#[test]
fn too_many_objects_stop_at_the_limit_and_are_said() {
    let names: Vec<Vec<u8>> = (0..50u32).map(|n| format!("f{n}").into_bytes()).collect();
    let entries: Vec<(&[u8], u32, &[u8])> =
        names.iter().map(|name| (name.as_slice(), 0o100_644, &b""[..])).collect();
    let inner = cpio(&entries);
    let outer = cpio(&[(b"a", 0o100_644, &inner), (b"b", 0o100_644, &inner), (b"c", 0o100_644, &inner)]);
    let options = Options { objects: 70, ..Options::default() };
    let examination = examine(&outer, &options, &options.limits());
    assert!(examination.objects.len() <= 71, "{}", examination.objects.len());
    assert!(codes(&examination).contains(&"unpack.limit"));
    assert_eq!(examination.runs[0].status, Status::Incomplete);
}

#[test]
fn nested_expansion_is_bounded_by_the_outermost() {
    // Each level holds eight copies of the next: a gigabyte in all.
    let mut data = vec![0u8; 256 << 10];
    for _ in 0..4 {
        let entries: Vec<(Vec<u8>, &[u8])> =
            (0..8).map(|n| (format!("c{n}").into_bytes(), data.as_slice())).collect();
        let entries: Vec<(&[u8], u32, &[u8])> =
            entries.iter().map(|(name, content)| (name.as_slice(), 0o100_644, *content)).collect();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, &cpio(&entries)).unwrap();
        data = gzip.finish().unwrap();
    }
    let examination = look(&data);
    let unpacked: u64 = examination.objects.iter().skip(1).map(|object| object.size).sum();
    assert!(unpacked <= SMALL.max(data.len() as u64 * 1032), "{unpacked}");
    assert!(codes(&examination).contains(&"unpack.limit"));
}

#[test]
fn the_same_bytes_give_the_same_examination() {
    let files: Vec<(Vec<u8>, Vec<u8>)> = (0..600u32)
        .map(|n| (format!("f{n:04}").into_bytes(), n.to_le_bytes().repeat(n as usize % 50)))
        .collect();
    let entries: Vec<(&[u8], u32, &[u8])> =
        files.iter().map(|(name, content)| (name.as_slice(), 0o100_644, content.as_slice())).collect();
    let archive = cpio(&entries);
    let first = serde_json::to_string(&look(&archive)).unwrap();
    for _ in 0..5 {
        assert_eq!(serde_json::to_string(&look(&archive)).unwrap(), first);
    }
}

#[test]
fn streams_that_become_much_are_looked_at_in_turn() {
    let gzip = |fill: u8| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &vec![fill; 40 << 20]).unwrap();
        encoder.finish().unwrap()
    };
    let streams: Vec<Vec<u8>> = (b'a'..=b'e').map(gzip).collect();
    let names: Vec<String> = (0..streams.len()).map(|number| format!("{number}.gz")).collect();
    let entries: Vec<(&[u8], u32, &[u8])> =
        names.iter().zip(&streams).map(|(name, bytes)| (name.as_bytes(), 0o100_644, &bytes[..])).collect();
    let examination = look(&cpio(&entries));
    assert_eq!(examination.runs[0].status, Status::Complete, "{:?}", examination.runs[0].skipped);
    let sizes: Vec<u64> = examination
        .objects
        .iter()
        .filter(|object| object.kind == ObjectKind::Stream)
        .map(|object| object.size)
        .collect();
    assert_eq!(sizes, [40 << 20; 5]);
}

/// A zip archive of deflated members that state `size` and are `content`.
fn zip(members: u32, size: u32, content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, content).unwrap();
    let packed = encoder.finish().unwrap();
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for number in 0..members {
        let name = format!("{number:04}");
        let fields: Vec<u8> = [20u16, 0, 8, 0, 0].iter().flat_map(|field| field.to_le_bytes()).collect();
        let sizes: Vec<u8> =
            [0, packed.len() as u32, size].iter().flat_map(|field| field.to_le_bytes()).collect();
        let at = (archive.len() as u32).to_le_bytes();
        archive
            .extend([b"PK\x03\x04", &fields[..], &sizes, &[4, 0, 0, 0], name.as_bytes(), &packed].concat());
        directory.extend(
            [b"PK\x01\x02\x14\0", &fields[..], &sizes, &[4, 0], &[0; 12], &at, name.as_bytes()].concat(),
        );
    }
    let end = [(directory.len() as u32).to_le_bytes(), (archive.len() as u32).to_le_bytes()].concat();
    let count = (members as u16).to_le_bytes();
    [&archive[..], &directory, b"PK\x05\x06\0\0\0\0", &count, &count, &end, &[0, 0]].concat()
}

#[test]
fn what_is_more_than_stated_is_made_whole_and_alone() {
    // One more than what is made at first of a member that states a byte.
    let content = vec![b'x'; (24 << 20) + 3];
    let examination = look(&zip(2, 1, &content));
    let sizes: Vec<u64> = examination.objects.iter().skip(1).map(|object| object.size).collect();
    assert_eq!(sizes, [content.len() as u64; 2]);
    assert!(codes(&examination).contains(&"unpack.malformed"), "{:?}", codes(&examination));
    assert!(!codes(&examination).contains(&"unpack.limit"), "{:?}", codes(&examination));
}

#[test]
fn long_names_count_for_more() {
    let names: Vec<Vec<u8>> = (0..40u32).map(|n| [vec![b'n'; 10 << 10], vec![n as u8]].concat()).collect();
    let entries: Vec<(&[u8], u32, &[u8])> =
        names.iter().map(|name| (name.as_slice(), 0o100_644, &b""[..])).collect();
    let archive = cpio(&entries);
    let options = Options { objects: 45, ..Options::default() };
    let examination = examine(&archive, &options, &options.limits());
    assert_eq!(examination.objects.len(), 1 + 4);
    assert!(codes(&examination).contains(&"unpack.limit"));
    // What is inside has the way to it.
    let short = cpio(&[(b"a", 0o100_644, b""), (b"b", 0o100_644, b""), (b"c", 0o100_644, b"")]);
    let archive = cpio(&[(&names[0], 0o100_644, &short)]);
    let examination = examine(&archive, &options, &options.limits());
    assert_eq!(examination.objects.len(), 1 + 1 + 3);
    let options = Options { objects: 25, ..options };
    let examination = examine(&archive, &options, &options.limits());
    assert!(examination.objects.len() < 1 + 1 + 3);
    assert!(codes(&examination).contains(&"unpack.limit"));
}

#[test]
fn a_name_too_long_to_keep_is_cut_and_said() {
    let member = |name: &str, kind: u8, content: &[u8]| {
        let mut header = vec![0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = kind;
        header[257..265].copy_from_slice(b"ustar  \0");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        header.extend(content);
        header.resize(header.len().next_multiple_of(512), 0);
        header
    };
    let archive =
        [member("././@LongLink", b'L', &[b'n'; 70_000]), member("n", b'0', b"content"), vec![0; 1024]];
    let examination = look(&archive.concat());
    assert_eq!(examination.objects[1].location.entry().map(str::len), Some(64 << 10));
    assert_eq!(examination.objects[1].size, 7);
    assert_eq!(examination.runs[0].status, Status::Incomplete);
}

proptest::proptest! {
    #[test]
    fn every_byte_of_every_object_is_accounted_for(
        before in 0usize..200, junk in proptest::collection::vec(0u8.., 0..600), cut in 0usize..400
    ) {
        let mut data = vec![0; before];
        data.extend(cpio(&[(b"a", 0o100_644, &junk), (b"b", 0o120_777, b"a")]));
        data.extend_from_slice(&junk);
        data.truncate(data.len().saturating_sub(cut));
        for object in look(&data).objects {
            let mut at = 0;
            for region in &object.regions {
                proptest::prop_assert_eq!(region.offset, at);
                at += region.length;
            }
            let has_bytes = matches!(object.kind, ObjectKind::Exhibit | ObjectKind::Stream | ObjectKind::File);
            proptest::prop_assert_eq!(at, if has_bytes { object.size } else { 0 });
            let shares = object.shares();
            proptest::prop_assert_eq!(shares.known + shares.padding + shares.opaque + shares.unknown, object.size);
        }
    }
}
