//! Reading images of the corpus put together, damaged and made on purpose.

use super::super::flash::crc_from_zeros;
use super::*;
use crate::{Content, EntryKind};

const ZLIB: &[u8] = include_bytes!("../../../../../corpus/formats/jffs2/zlib.jffs2");
const USED: &[u8] = include_bytes!("../../../../../corpus/formats/jffs2/used.jffs2");

fn read<'a>(data: &'a [u8], place: Place) -> Option<(Reading, Vec<Entry<'a>>)> {
    let mut entries = Vec::new();
    let reading = Jffs2.read(data, place, &Limits::default(), &mut |entry| entries.push(entry))?;
    Some((reading, entries))
}

fn content(entries: Vec<Entry>, path: &[u8]) -> crate::Unpacked {
    let entry = entries.into_iter().find(|entry| entry.path == path).expect("no such entry");
    match entry.kind {
        EntryKind::File(Content::Deferred { make, .. }) => make(&Limits::default()),
        EntryKind::File(Content::Slice(bytes)) => crate::Unpacked { bytes: bytes.to_vec(), problems: vec![] },
        other => panic!("{other:?}"),
    }
}

/// A node with its header; `body` stands behind the header.
fn node(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut node = vec![0x85, 0x19];
    node.extend(kind.to_le_bytes());
    node.extend((12 + body.len() as u32).to_le_bytes());
    node.extend(crc_from_zeros(&node).to_le_bytes());
    node.extend(body);
    node.resize(node.len().next_multiple_of(4), 0xff);
    node
}

fn dirent(parent: u32, version: u32, ino: u32, name: &[u8], kind: u8) -> Vec<u8> {
    let words = [parent, version, ino, 0];
    let mut body: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    body.extend([name.len() as u8, kind, 0, 0]);
    let header = node(node::DIRENT, &[&body[..], &[0; 8], name].concat());
    let sum = crc_from_zeros(&header[..32]);
    node(node::DIRENT, &[&body, &sum.to_le_bytes()[..], &crc_from_zeros(name).to_le_bytes(), name].concat())
}

fn inode(ino: u32, version: u32, size: u32, offset: u32, made: u32, compression: u8, data: &[u8]) -> Vec<u8> {
    let words =
        [ino, version, 0o100644, 0, size, 0, 0, 0, offset, data.len() as u32, made, u32::from(compression)];
    let body: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    let header = node(node::INODE, &[&body[..], &[0; 8], data].concat());
    let sum = crc_from_zeros(&header[..60]);
    node(node::INODE, &[&body, &crc_from_zeros(data).to_le_bytes()[..], &sum.to_le_bytes(), data].concat())
}

#[test]
fn attributes_and_extended_attributes() {
    let (reading, entries) = read(USED, Place::Inside).unwrap();
    for attribute in [("byte-order", "little"), ("deleted-files", "3"), ("obsolete-nodes", "2")] {
        assert!(
            reading.attributes.contains(&(attribute.0, attribute.1.to_owned())),
            "{:?}",
            reading.attributes
        );
    }
    let kept = entries.iter().find(|entry| entry.path.as_ref() == b"kept").unwrap();
    assert_eq!(kept.xattrs.len(), 1);
    assert_eq!((kept.xattrs[0].0.as_ref(), kept.xattrs[0].1.as_ref()), (&b"user.colour"[..], &b"green"[..]));
    assert_eq!(kept.mtime, Some(1_000_000_000));
}

#[test]
fn another_file_system_behind_a_gap_is_left_outside() {
    let first = ZLIB.len();
    let data = [ZLIB, &vec![0xff; 65536 - first], USED].concat();
    let (reading, entries) = read(&data, Place::Start).unwrap();
    assert_eq!((reading.size, &reading.problems[..]), (first, &[][..]));
    assert_eq!(entries.len(), read(ZLIB, Place::Start).unwrap().1.len());
    // The same image in two parts is one.
    let half = [&USED[..8192], &vec![0xff; 65536], &USED[8192..]].concat();
    assert_eq!(read(&half, Place::Start).unwrap().0.size, half.len());
}

#[test]
fn a_damaged_node_hides_only_itself() {
    let whole = read(ZLIB, Place::Start).unwrap().1.len();
    // The second piece of a file.
    let is_second = |at: &usize| {
        ZLIB[*at..].starts_with(&[0x85, 0x19, 2, 0xe0]) && ZLIB[at + 44..at + 48] == 4096_u32.to_le_bytes()
    };
    let at = (0..ZLIB.len()).step_by(4).find(is_second).unwrap();
    // In the header, in the fixed part, in the content.
    for (offset, kind) in [(4, ProblemKind::Malformed), (30, ProblemKind::Checksum)] {
        let mut data = ZLIB.to_vec();
        data[at + offset] ^= 0x40;
        let (reading, entries) = read(&data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, kind);
        assert_eq!((reading.size, entries.len()), (ZLIB.len(), whole));
    }
}

#[test]
fn content_with_a_wrong_checksum_is_told() {
    let mut data = [dirent(1, 1, 2, b"a", 8), inode(2, 1, 4, 0, 4, 0, b"abcd")].concat();
    let last = data.len() - 1;
    data[last] ^= 1;
    let (reading, entries) = read(&data, Place::Inside).unwrap();
    assert_eq!(reading.problems, []);
    let unpacked = content(entries, b"a");
    assert_eq!(unpacked.bytes, b"abce");
    assert_eq!(unpacked.problems[0].kind, ProblemKind::Checksum);
}

#[test]
fn missing_parts_of_a_file_are_told() {
    let data = [dirent(1, 1, 2, b"a", 8), inode(2, 1, 9, 6, 3, 0, b"abc")].concat();
    let unpacked = content(read(&data, Place::Start).unwrap().1, b"a");
    assert_eq!(unpacked.bytes, b"\0\0\0\0\0\0abc");
    assert_eq!(unpacked.problems[0].kind, ProblemKind::Malformed);
    // A size of which no node knows anything costs nothing.
    let data = [dirent(1, 1, 2, b"a", 8), inode(2, 1, u32::MAX, 0, 3, 0, b"abc")].concat();
    let unpacked = content(read(&data, Place::Start).unwrap().1, b"a");
    assert_eq!((unpacked.bytes.len(), unpacked.problems.len()), (3, 1));
}

#[test]
fn a_hole_is_cut_at_the_object_limit() {
    let data = [dirent(1, 1, 2, b"a", 8), inode(2, 1, u32::MAX, 0, u32::MAX, 1, b"")].concat();
    let limits = Limits { object_bytes: 1000, ..Limits::default() };
    let mut made = Vec::new();
    Jffs2.read(&data, Place::Start, &limits, &mut |entry| {
        if let EntryKind::File(Content::Deferred { make, .. }) = entry.kind {
            made.push(make(&limits));
        }
    });
    assert_eq!((made[0].bytes.len(), made[0].problems[0].kind), (1000, ProblemKind::LimitReached));
}

#[test]
fn a_directory_that_holds_itself_ends() {
    let data = [dirent(1, 1, 2, b"a", 4), dirent(2, 2, 2, b"b", 4), dirent(2, 3, 1, b"c", 4)].concat();
    let (reading, entries) = read(&data, Place::Start).unwrap();
    assert_eq!(entries.len(), 3);
    let twice = reading.problems.iter().filter(|problem| problem.detail.contains("second time"));
    assert_eq!(twice.count(), 2);
}

#[test]
fn deleted_folders_that_hold_one_another_end() {
    let names = [dirent(3, 1, 2, b"a", 8), dirent(2, 2, 3, b"b", 8)];
    let data = [&names.concat()[..], &inode(2, 1, 1, 0, 1, 0, b"x"), &inode(3, 1, 1, 0, 1, 0, b"y")].concat();
    let (_, entries) = read(&data, Place::Start).unwrap();
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry.path.starts_with(b"(deleted)/") && entry.path.len() < 4096));
}

#[test]
fn chance_is_nothing_inside() {
    let marker = node(node::CLEAN_MARKER, &[]);
    assert!(read(&marker, Place::Inside).is_none());
    assert!(read(&[&marker[..], &[0xff; 4084], &marker].concat(), Place::Inside).is_some());
    assert!(read(&[0x85, 0x19, 3, 0x20, 12, 0, 0, 0, 1, 2, 3, 4], Place::Inside).is_none());
}

fn pack(content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn content_past_the_stated_size_is_told_and_handed_out() {
    let name = dirent(1, 1, 2, b"a", 8);
    let packed = pack(b"open and hidden");
    // The inode's size; the node's size, stored and compressed.
    let nodes = [
        inode(2, 1, 4, 0, 15, 0, b"open and hidden"),
        inode(2, 1, 0, 0, 15, 0, b"open and hidden"),
        inode(2, 1, 4, 0, 4, 0, b"open and hidden"),
        inode(2, 1, 4, 0, 4, 6, &packed),
    ];
    for (number, node) in nodes.iter().enumerate() {
        let data = [&name[..], node].concat();
        let (reading, entries) = read(&data, Place::Start).unwrap();
        let unpacked = content(entries, b"a");
        assert_eq!(unpacked.bytes, b"open and hidden", "{number}");
        let problems = [reading.problems, unpacked.problems].concat();
        assert_eq!((problems.len(), problems[0].kind), (1, ProblemKind::Malformed), "{number}");
    }
    // A file that was cut off by a later node is a file that was cut off.
    let data = [name, inode(2, 1, 15, 0, 15, 0, b"open and hidden"), inode(2, 2, 4, 4, 0, 0, b"")].concat();
    let (reading, entries) = read(&data, Place::Start).unwrap();
    let unpacked = content(entries, b"a");
    assert_eq!((&unpacked.bytes[..], unpacked.problems.len(), reading.problems.len()), (&b"open"[..], 0, 0));
}

#[test]
fn content_of_directories_and_pipes_is_told_and_handed_out() {
    for (mode, kind) in [(0o40755_u32, 4), (0o10644, 1), (0o140644, 12)] {
        let mut body = inode(2, 1, 6, 0, 6, 0, b"hidden");
        body[20..24].copy_from_slice(&mode.to_le_bytes());
        let sum = crc_from_zeros(&body[..60]);
        body[64..68].copy_from_slice(&sum.to_le_bytes());
        let data = [dirent(1, 1, 2, b"a", kind), body].concat();
        let mut streams = Vec::new();
        let reading = Jffs2.read(&data, Place::Start, &Limits::default(), &mut |entry| {
            if let EntryKind::Stream(Content::Slice(bytes)) = entry.kind {
                streams.push(bytes.to_vec());
            }
        });
        let problems = reading.unwrap().problems;
        assert_eq!((problems.len(), problems[0].kind), (1, ProblemKind::Malformed), "{mode:o}");
        assert_eq!(streams, [b"hidden"], "{mode:o}");
    }
}

#[test]
fn bytes_in_a_node_behind_its_content_are_told_and_handed_out() {
    let mut lie = inode(2, 1, 4, 0, 4, 0, b"open and hidden");
    lie[48..52].copy_from_slice(&4_u32.to_le_bytes());
    lie[60..64].copy_from_slice(&crc_from_zeros(b"open").to_le_bytes());
    let sum = crc_from_zeros(&lie[..60]);
    lie[64..68].copy_from_slice(&sum.to_le_bytes());
    let data = [dirent(1, 1, 2, b"a", 8), lie].concat();
    let (reading, entries) = read(&data, Place::Start).unwrap();
    assert_eq!((reading.problems.len(), reading.problems[0].kind), (1, ProblemKind::Malformed));
    let at = reading.problems[0].offset as usize;
    let slack = entries.into_iter().find(|entry| matches!(entry.kind, EntryKind::Stream(_))).unwrap();
    let EntryKind::Stream(Content::Slice(bytes)) = slack.kind else { panic!("no slice") };
    assert_eq!((bytes, &data[at..at + 11]), (&b" and hidden"[..], &b" and hidden"[..]));
}

#[test]
fn nodes_behind_a_node_of_a_lying_length_are_read() {
    let mut lie = vec![0x85, 0x19, 2, 0xe0];
    lie.extend(0xffff_fff0_u32.to_le_bytes());
    lie.extend(crc_from_zeros(&lie).to_le_bytes());
    lie.extend([0; 56]);
    let data =
        [ZLIB, &lie, &dirent(1, 99, 999, b"behind", 8), &inode(999, 1, 6, 0, 6, 0, b"behind")].concat();
    let (reading, entries) = read(&data, Place::Start).unwrap();
    assert_eq!(reading.size, data.len());
    assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
    assert_eq!(content(entries, b"behind").bytes, b"behind");
    // A node that is only cut off still reaches the end of the data.
    let (reading, _) = read(&data[..data.len() - 2], Place::Start).unwrap();
    assert_eq!(reading.size, data.len() - 2);
}

#[test]
fn a_node_is_believed_no_more_than_its_bytes_can_become() {
    // Each of these would have filled half a gibibyte.
    let huge = 512 << 20;
    let nodes = (0..3000)
        .map(|number| inode(2, number + 1, huge, number % 7, huge - number % 7, 6, &pack(b"ten bytes!")));
    let data = [dirent(1, 1, 2, b"a", 8), nodes.collect::<Vec<_>>().concat()].concat();
    let started = std::time::Instant::now();
    let unpacked = content(read(&data, Place::Start).unwrap().1, b"a");
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    assert!(unpacked.bytes.len() < 100_000, "{}", unpacked.bytes.len());
    assert!(unpacked.problems.iter().any(|problem| problem.detail.contains("at most")));
}
