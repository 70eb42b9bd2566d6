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
use support::{banbury, codes, inspect, root, stderr};

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

/// A cpio archive in "newc" form of entries with a name, a mode and content.
fn cpio(entries: &[(&[u8], u32, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    let trailer: (&[u8], u32, &[u8]) = (b"TRAILER!!!", 0, b"");
    for (inode, (name, mode, content)) in entries.iter().chain([&trailer]).enumerate() {
        let header = format!(
            "070701{:08X}{mode:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}",
            inode + 1,
            0,
            0,
            1,
            0,
            content.len(),
            0,
            0,
            5,
            1,
            name.len() + 1,
            0
        );
        archive.extend_from_slice(header.as_bytes());
        archive.extend_from_slice(name);
        archive.push(0);
        archive.resize(archive.len().next_multiple_of(4), 0);
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(4), 0);
    }
    archive
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

#[test]
fn an_image_cut_at_64_places_is_read_as_far_as_it_goes() {
    for image in island_images() {
        for place in 1..=32 {
            let cut = image.len() * place / 33;
            let (status, json) = inspect(&image[..cut], &[]);
            assert!([0, 3].contains(&status), "cut at {cut}: exit {status}");
            assert!(json.to_string().len() > 100);
        }
    }
}

#[test]
fn every_field_of_a_squashfs_header_set_to_zeros_and_ones() {
    // Offsets and lengths of the superblock's fields, squashfs 4.0.
    const FIELDS: [(usize, usize); 19] = [
        (0, 4),
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
    for image in island_images() {
        let start = image.windows(4).position(|window| window == b"hsqs").expect("a squashfs in the image");
        let file_system = &image[start..];
        for (offset, length) in FIELDS {
            for value in [0x00, 0xFF] {
                let mut broken = file_system.to_vec();
                broken[offset..offset + length].fill(value);
                let (status, _) = inspect(&broken, &[]);
                assert!([0, 3].contains(&status), "field at {offset} set to {value:#x}: exit {status}");
            }
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
