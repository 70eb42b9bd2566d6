//! Hostile and broken input, through the whole program: no crash, no hang, nothing written outside, a claim or a
//! clear error each time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::Path;
use std::time::{Duration, Instant};
use support::{banbury, codes, cpio, inspect, root, stderr};

fn island_images() -> Vec<Vec<u8>> {
    let images: Vec<Vec<u8>> = std::fs::read_dir(root().join("examples/island/images"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "bin" || ending == "img"))
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    assert_eq!(images.len(), 2);
    images
}

#[test]
fn an_empty_file_and_a_text_file() {
    let (status, json) = inspect(b"", &[]);
    assert_eq!((status, codes(&json).len()), (0, 0));
    let (status, _) = inspect(b"just a note\n", &[]);
    assert_eq!(status, 0);
}

#[test]
fn what_is_not_there_or_no_file_is_a_clear_error() {
    let output = banbury(&["inspect", "no-such-image.bin"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no-such-image.bin"), "{}", stderr(&output));
    let output = banbury(&["inspect", "."]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("tar"), "{}", stderr(&output));
}

/// Whether the codes say that an object is broken.
fn told(codes: &[String]) -> bool {
    codes
        .iter()
        .any(|code| ["unpack.truncated", "unpack.malformed", "unpack.checksum"].contains(&code.as_str()))
}

/// The exit status of an inspection that met nothing broken: bytes that are dense in no known format were not looked at.
fn unread(codes: &[String]) -> i32 {
    if codes.iter().any(|code| code == "unpack.dense") { 3 } else { 0 }
}

#[test]
fn an_image_cut_at_64_places_is_told_and_inconclusive() {
    for image in island_images() {
        for place in 1..=32 {
            let cut = image.len() * place / 33;
            assert!(image[cut - 16..cut].windows(2).any(|pair| pair[0] != pair[1]), "{cut} is in padding");
            let (status, json) = inspect(&image[..cut], &[]);
            let codes = codes(&json);
            assert_eq!(status, 3, "cut at {cut}: {codes:?}");
            assert!(told(&codes), "cut at {cut}: {codes:?}");
        }
    }
}

/// The images are filled up to whole erase blocks: there nothing is missing that anybody could know of.
#[test]
fn an_image_cut_in_its_last_padding_is_whole() {
    for image in island_images() {
        let fill = image.iter().rev().take_while(|byte| **byte == 0xff).count();
        assert!(fill > 4096, "{fill} bytes of padding");
        let whole = inspect(&image, &[]);
        let cut = inspect(&image[..image.len() - fill / 2], &[]);
        assert_eq!((cut.0, codes(&cut.1)), (whole.0, codes(&whole.1)));
        assert_eq!((cut.0, told(&codes(&cut.1))), (unread(&codes(&cut.1)), false));
        let (status, json) = inspect(&image[..image.len() - fill - 1], &[]);
        assert_eq!((status, told(&codes(&json))), (3, true));
    }
}

/// A field: offset, length, name, and what may stand in it with less harm than others do, with the reason.
type Field = (usize, usize, &'static str, &'static [(u8, Harm, &'static str)]);

/// What a value does to a reader.
#[derive(Clone, Copy)]
enum Harm {
    /// Nothing: it is a value like others.
    None,
    /// It is told, and all the rest is read nevertheless.
    Told,
}

/// The fields of the superblock behind the magic, squashfs 4.0.
const SUPERBLOCK: [Field; 18] = [
    (4, 4, "inodes", &[]),
    (
        8,
        4,
        "time",
        &[
            (0x00, Harm::None, "any time is a time: 1970-01-01"),
            (0xFF, Harm::None, "any time is a time: 2106-02-07, the last there is"),
        ],
    ),
    (12, 4, "block size", &[]),
    (16, 4, "fragments", &[]),
    (
        20,
        2,
        "compressor",
        &[
            (0x00, Harm::Told, "the blocks themselves show how they are compressed"),
            (0xFF, Harm::Told, "the blocks themselves show how they are compressed"),
        ],
    ),
    (22, 2, "block logarithm", &[]),
    (
        24,
        2,
        "flags",
        &[(0x00, Harm::None, "advice to the one who packs again; each block says itself how it is stored")],
    ),
    (26, 2, "owners", &[]),
    (28, 2, "version, major", &[]),
    (30, 2, "version, minor", &[(0x00, Harm::None, "it is 0 already")]),
    (32, 8, "root", &[]),
    (40, 8, "bytes used", &[]),
    (48, 8, "owner table", &[]),
    (56, 8, "attribute table", &[(0xFF, Harm::None, "it is that already: there are no attributes")]),
    (64, 8, "inode table", &[]),
    (72, 8, "directory table", &[]),
    (80, 8, "fragment table", &[]),
    (88, 8, "export table", &[(0xFF, Harm::None, "there is none then: only a server of NFS needs it")]),
];

#[test]
fn every_field_of_a_squashfs_header_set_to_zeros_and_ones() {
    let mut wrong = Vec::new();
    for image in island_images() {
        let start = image.windows(4).position(|window| window == b"hsqs").expect("a squashfs in the image");
        let file_system = &image[start..];
        // Without its magic nothing says that this is a squashfs. Its blocks are carved; a file that goes on in the next
        // block is cut off at the end of its own, which is told.
        for value in [0x00, 0xFF] {
            let mut broken = file_system.to_vec();
            broken[..4].fill(value);
            let (status, json) = inspect(&broken, &[]);
            let codes = codes(&json);
            let expected = if told(&codes) { 3 } else { unread(&codes) };
            assert_eq!(status, expected, "magic set to {value:#04x}: {codes:?}");
            let objects = json.pointer("/exhibits/0/objects").and_then(|objects| objects.as_array()).unwrap();
            assert!(objects.len() > 3, "magic set to {value:#04x}: {} objects", objects.len());
        }
        for (offset, length, name, harmless) in SUPERBLOCK {
            for value in [0x00, 0xFF] {
                let mut broken = file_system.to_vec();
                broken[offset..offset + length].fill(value);
                let (status, json) = inspect(&broken, &[]);
                let codes = codes(&json);
                let case = format!("{name} set to {value:#04x}: {codes:?}");
                let expected = match harmless.iter().find(|(harmless, ..)| *harmless == value) {
                    Some((_, Harm::None, _)) => (unread(&codes), false),
                    Some((_, Harm::Told, _)) => (unread(&codes), true),
                    None => (3, true),
                };
                if (status, told(&codes)) != expected {
                    wrong.push(format!("{case}: {status}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_good_magic_with_garbage_behind_it_is_a_claim() {
    for (name, magic) in [
        ("gzip", &b"\x1f\x8b\x08"[..]),
        ("xz", b"\xfd7zXZ\0"),
        ("zstd", b"\x28\xb5\x2f\xfd"),
        ("lz4", b"\x04\x22\x4d\x18"),
        ("uimage", b"\x27\x05\x19\x56"),
        ("cpio", b"070701"),
        ("squashfs", b"hsqs"),
    ] {
        for garbage in [&b"oddments"[..], &b"o and then a line of text\n".repeat(20)] {
            let (status, json) = inspect(&[magic, garbage].concat(), &[]);
            assert_eq!((status, told(&codes(&json))), (3, true), "{name}: {:?}", codes(&json));
        }
    }
}

#[test]
fn a_gzip_bomb_stops_at_the_limit_and_is_said() {
    // A gigabyte of zeros, compressed.
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = vec![0u8; 1 << 20];
    for _ in 0..1024 {
        std::io::Write::write_all(&mut bomb, &zeros).unwrap();
    }
    let start = Instant::now();
    let (status, json) = inspect(&bomb.finish().unwrap(), &["--max-object", "64"]);
    assert_eq!(status, 3);
    assert!(codes(&json).contains(&"unpack.limit".to_owned()), "{:?}", codes(&json));
    assert!(start.elapsed() < Duration::from_secs(120));
}

/// The danger and the title of each claim about a name that would be dangerous to extract.
fn dangers(json: &serde_json::Value) -> Vec<(String, String)> {
    match json {
        serde_json::Value::Object(map)
            if map.get("code").is_some_and(|code| code == "unpack.unsafe-path") =>
        {
            let danger = json.pointer("/facts/danger").and_then(|danger| danger.as_str());
            let title = map.get("title").and_then(|title| title.as_str());
            danger
                .zip(title)
                .map(|(danger, title)| (danger.to_owned(), title.to_owned()))
                .into_iter()
                .collect()
        }
        serde_json::Value::Object(map) => map.values().flat_map(dangers).collect(),
        serde_json::Value::Array(items) => items.iter().flat_map(dangers).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn dangerous_names_are_claims_and_write_nothing() {
    let long = vec![b'n'; 4096];
    let canary = tempfile::tempdir().unwrap();
    let absolute = canary.path().join("written-outside");
    let absolute = absolute.to_str().unwrap();
    let archive = cpio(&[
        (b"../../etc/passwd-banbury-test", 0o100_644, b"x"),
        (absolute.as_bytes(), 0o100_644, b"x"),
        (b"link-out", 0o120_777, b"../../../../etc"),
        (b"link-out/shadow-banbury-test", 0o100_644, b"x"),
        (b"dev/mem", 0o020_600, b""),
        (&long, 0o100_644, b"x"),
        (b"not-\xff-utf8", 0o100_644, b"x"),
    ]);
    let (status, json) = inspect(&archive, &[]);
    assert_eq!(status, 0);
    let codes = codes(&json);
    for code in ["unpack.unsafe-path", "unpack.escaping-link", "unpack.special-files"] {
        assert!(codes.contains(&code.to_owned()), "{code} not in {codes:?}");
    }
    let dangers = dangers(&json);
    for (danger, name) in [
        ("climbs above the root of the tree", "../../etc/passwd-banbury-test"),
        ("absolute path", absolute),
        ("a part of the name is longer than 255 bytes", &"n".repeat(200)),
    ] {
        let found = dangers.iter().filter(|(found, title)| found == danger && title.contains(name)).count();
        assert_eq!(found, 1, "{danger}: {dangers:?}");
    }
    assert_eq!(dangers.len(), 3, "{dangers:?}");
    assert!(json.to_string().contains("not-\\\\xff-utf8"), "the name is shown byte by byte");
    assert!(!Path::new(absolute).exists());
    assert!(
        !Path::new("/etc/passwd-banbury-test").exists() && !Path::new("/etc/shadow-banbury-test").exists()
    );
}

#[test]
fn the_case_survives_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("case");
    assert!(banbury(&["init".as_ref(), case.as_os_str()]).status.success());
    let mut arguments = vec!["add".into(), case.as_os_str().to_owned(), "--as".into(), "firmware".into()];
    let image = &island_images()[0];
    for (name, bytes) in [
        ("empty", &b""[..]),
        ("text", b"text\n"),
        ("cut", &image[..image.len() / 2]),
        ("names", &cpio(&[(b"../../x", 0o100_644, b"x"), (b"\xff", 0o100_644, b"y")])),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        arguments.push(path.into());
    }
    assert!(banbury(&arguments).status.success());
    let output = banbury(&["assess".as_ref(), case.as_os_str()]);
    assert!([1, 3].contains(&output.status.code().unwrap()), "{}", stderr(&output));
    let opened = banbury_evidence::case::Case::open(&case).unwrap();
    assert_eq!(opened.ledger.exhibits().unwrap().len(), 4);
    assert!(case.join("dossier.html").is_file() && case.join("dossier.json").is_file());
}
