//! Archives written here, whole and with every lie.

use super::*;
use crate::compression::test_support::read;
use flate2::write::DeflateEncoder;
use proptest::prelude::*;
use std::io::Write;

#[derive(Clone)]
struct Member {
    name: &'static [u8],
    local_name: &'static [u8],
    content: Vec<u8>,
    method: u16,
    flags: u16,
    mode: u32,
    extra: Vec<u8>,
    comment: &'static [u8],
    /// How the directory is made to lie about the place.
    offset: Option<u32>,
    is_in_directory: bool,
}

fn member(name: &'static [u8], content: &[u8]) -> Member {
    Member {
        name,
        local_name: name,
        content: content.to_vec(),
        method: 8,
        flags: 0,
        mode: 0o100_644,
        extra: Vec::new(),
        comment: b"",
        offset: None,
        is_in_directory: true,
    }
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn archive(members: &[Member], comment: &[u8]) -> Vec<u8> {
    let (mut data, mut directory, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for member in members {
        let stored = if member.method == 8 { deflate(&member.content) } else { member.content.clone() };
        let mut crc = flate2::Crc::new();
        crc.update(&member.content);
        let offset = member.offset.unwrap_or(data.len() as u32);
        let mut sums = crc.sum().to_le_bytes().to_vec();
        sums.extend((stored.len() as u32).to_le_bytes());
        sums.extend((member.content.len() as u32).to_le_bytes());
        let shared = |sums: &[u8], name: &[u8]| {
            let mut bytes = vec![20, 0];
            bytes.extend(member.flags.to_le_bytes());
            bytes.extend(member.method.to_le_bytes());
            bytes.extend([0, 0, 0x21, 0]);
            bytes.extend_from_slice(sums);
            bytes.extend((name.len() as u16).to_le_bytes());
            bytes.extend((member.extra.len() as u16).to_le_bytes());
            bytes
        };
        data.extend_from_slice(LOCAL);
        let local_sums = if member.flags & 8 == 0 { sums.clone() } else { vec![0; 12] };
        data.extend(shared(&local_sums, member.local_name));
        data.extend_from_slice(member.local_name);
        data.extend_from_slice(&member.extra);
        data.extend_from_slice(&stored);
        if member.flags & 8 != 0 {
            data.extend_from_slice(DESCRIPTOR);
            data.extend_from_slice(&sums);
        }
        if !member.is_in_directory {
            continue;
        }
        count += 1;
        directory.extend_from_slice(CENTRAL);
        directory.extend([20, 3]);
        directory.extend(shared(&sums, member.name));
        directory.extend((member.comment.len() as u16).to_le_bytes());
        directory.extend([0; 4]);
        directory.extend((member.mode << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend_from_slice(member.name);
        directory.extend_from_slice(&member.extra);
        directory.extend_from_slice(member.comment);
    }
    let offset = data.len() as u32;
    data.extend_from_slice(&directory);
    data.extend_from_slice(header::END);
    data.extend([0; 4]);
    data.extend(count.to_le_bytes());
    data.extend(count.to_le_bytes());
    data.extend((directory.len() as u32).to_le_bytes());
    data.extend(offset.to_le_bytes());
    data.extend((comment.len() as u16).to_le_bytes());
    data.extend_from_slice(comment);
    data
}

fn unpack(data: &[u8], place: Place) -> (Reading, Vec<String>) {
    let (reading, entries) = read(&Zip, data, place).unwrap();
    let line = |entry: Entry| {
        let name = String::from_utf8_lossy(&entry.path).into_owned();
        match entry.kind {
            EntryKind::File(content) | EntryKind::Stream(content) => {
                let (bytes, problems) = match content {
                    Content::Slice(bytes) => (bytes.to_vec(), Vec::new()),
                    Content::Owned(bytes) => (bytes, Vec::new()),
                    Content::Deferred { make, .. } => {
                        let made = make(&Limits::default());
                        (made.bytes, made.problems)
                    }
                };
                let kinds: String =
                    problems.iter().map(|problem| format!(" {}", problem.kind.as_str())).collect();
                format!("{name}: {}{kinds}", String::from_utf8_lossy(&bytes))
            }
            EntryKind::Symlink(target) => format!("{name} -> {}", String::from_utf8_lossy(&target)),
            EntryKind::Hardlink(target) => format!("{name} = {}", String::from_utf8_lossy(&target)),
            other => format!("{name} {other:?}"),
        }
    };
    (reading, entries.into_iter().map(line).collect())
}

#[test]
fn members_comment_and_extent() {
    let mut data = archive(
        &[
            member(b"a", b"one one one"),
            Member { method: 0, ..member(b"../b", b"two") },
            Member { method: 0, mode: 0o040_755, ..member(b"dir/", b"") },
            Member { mode: 0o120_777, ..member(b"link", b"/etc/passwd") },
            Member { flags: 8, ..member(b"late", b"three") },
        ],
        b"a comment",
    );
    let size = data.len();
    data.extend_from_slice(b"behind");
    let (reading, lines) = unpack(&data, Place::Inside);
    assert_eq!(lines, ["a: one one one", "../b: two", "dir Directory", "link -> /etc/passwd", "late: three"]);
    assert_eq!((reading.size, reading.problems), (size, vec![]));
    assert!(reading.attributes.contains(&("comment", "a comment".to_owned())));
}

#[test]
fn what_the_directory_does_not_name_is_found() {
    let data = archive(
        &[
            member(b"seen", b"1"),
            Member { is_in_directory: false, ..member(b"hidden", b"2") },
            Member { is_in_directory: false, flags: 8, ..member(b"late", b"33") },
            Member { local_name: b"other", ..member(b"name", b"3") },
        ],
        b"",
    );
    let (reading, lines) = unpack(&data, Place::Start);
    assert_eq!(lines, ["seen: 1", "name: 3", "hidden: 2", "late: 33"]);
    let details: Vec<&str> = reading.problems.iter().map(|problem| problem.detail.as_str()).collect();
    assert!(details[0].contains("\"other\""), "{details:?}");
    assert!(details[1].contains("not in the directory"), "{details:?}");
    assert!(reading.attributes.contains(&("not-in-directory", "2".to_owned())));
}

#[test]
fn slack_is_handed_out() {
    let extra = [&[0x34, 0x12, 6, 0][..], b"hidden", b"odd"].concat();
    let data = archive(&[Member { extra, comment: b"note", ..member(b"a", b"1") }], &[b'c'; 300]);
    let (_, lines) = unpack(&data, Place::Start);
    assert_eq!(lines.len(), 7);
    for (line, text) in lines.iter().skip(2).zip(["hidden", "odd", "hidden", "odd", "note"]) {
        assert!(line.starts_with("(slack at ") && line.ends_with(text), "{lines:?}");
    }
}

#[test]
fn behind_a_program_offsets_count_from_its_start() {
    let program = vec![b'x'; 1000];
    let mut members = [member(b"a", b"1"), member(b"b", b"2")];
    let first = archive(&members[..1], b"").len() as u32;
    let _ = first;
    members[0].offset = Some(1000);
    let plain = archive(&members, b"");
    let second = plain.windows(4).skip(1).position(|bytes| bytes == LOCAL).unwrap() + 1;
    members[1].offset = Some(1000 + second as u32);
    let mut data = archive(&members, b"");
    let at = data.len() - 22 + 16;
    let directory = u32_le(&data, at).unwrap() + 1000;
    data[at..at + 4].copy_from_slice(&directory.to_le_bytes());
    let whole = [program, data.clone()].concat();
    assert_eq!(whole.len(), 1000 + data.len());
    let (reading, lines) = unpack(&data, Place::Inside);
    assert_eq!((lines, reading.problems), (vec!["a: 1".to_owned(), "b: 2".to_owned()], vec![]));
    assert!(reading.attributes.contains(&("self-extracting-offset", "1000".to_owned())));
}

#[test]
fn a_zip_in_a_zip_does_not_end_the_outer_one() {
    let inner = archive(&[member(b"inner", b"1")], b"");
    let data = archive(&[Member { method: 0, ..member(b"in.zip", &inner) }, member(b"after", b"2")], b"");
    let (reading, lines) = unpack(&data, Place::Inside);
    assert_eq!((reading.size, lines.len(), reading.problems), (data.len(), 2, vec![]));
}

#[test]
fn without_the_end_the_members_are_walked() {
    let mut data = archive(&[member(b"a", b"1"), Member { flags: 8, ..member(b"b", b"22") }], b"");
    let directory = data.windows(4).position(|bytes| bytes == CENTRAL).unwrap();
    data.truncate(directory + 20);
    let (reading, lines) = unpack(&data, Place::Inside);
    assert_eq!(lines, ["a: 1", "b: 22"]);
    assert_eq!((reading.size, reading.problems[0].kind), (directory, ProblemKind::Truncated));
}

#[test]
fn members_at_one_place_cost_once() {
    let mut members = vec![member(b"a", &vec![0; 1 << 20])];
    members.extend(std::iter::repeat_n(Member { offset: Some(0), ..member(b"again", b"") }, 1000));
    let (reading, lines) = unpack(&archive(&members, b""), Place::Start);
    assert_eq!(lines.iter().filter(|line| *line == "again = a").count(), 1000);
    assert!(reading.problems.len() >= 1000);
}

#[test]
fn lies_about_content() {
    let mut data = archive(&[member(b"a", b"one one one")], b"");
    let crc = data.windows(4).position(|bytes| bytes == CENTRAL).unwrap() + 16;
    data[crc] ^= 1;
    let (reading, lines) = unpack(&data, Place::Start);
    assert_eq!(lines, ["a: one one one checksum"]);
    assert_eq!(reading.problems[0].kind, ProblemKind::Undefined);
    data[crc + 8] ^= 1;
    assert_eq!(unpack(&data, Place::Start).1, ["a: one one one malformed"]);
}

#[test]
fn encryption_is_named() {
    let aes = [&[1, 0x99, 7, 0, 2, 0][..], b"AE", &[3, 8, 0]].concat();
    let data = archive(
        &[
            Member { method: 0, flags: 1, ..member(b"a", b"secret") },
            Member { method: 99, flags: 1, extra: aes, ..member(b"b", b"secret") },
            Member { method: 6, ..member(b"c", b"old") },
        ],
        b"",
    );
    let (reading, lines) = unpack(&data, Place::Start);
    assert_eq!(lines, ["a: secret", "b: secret", "c: old"]);
    let details: String = reading.problems.iter().map(|problem| problem.detail.clone()).collect();
    for word in ["ZipCrypto", "AES-256 (WinZip AE-2)", "implode"] {
        assert!(details.contains(word), "{details}");
    }
}

proptest! {
    #[test]
    fn any_patch(at in any::<prop::sample::Index>(), patch in prop::collection::vec(any::<u8>(), 1..12)) {
        let mut data = archive(
            &[member(b"a", b"one"), Member { flags: 8, ..member(b"b", b"two") }, member(b"c", b"three")],
            b"comment",
        );
        let at = at.index(data.len());
        for (byte, new) in data[at..].iter_mut().zip(patch) {
            *byte = new;
        }
        for place in [Place::Start, Place::Inside] {
            if let Some((reading, entries)) = read(&Zip, &data, place) {
                prop_assert!((1..=data.len()).contains(&reading.size));
                prop_assert!(entries.len() < 100);
            }
        }
    }
}
