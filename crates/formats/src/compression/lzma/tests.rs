use super::*;
use crate::compression::test_support::{bytes_of, noise, read};
use std::io::Write;

/// A content that an LZMA stream of a few KiB holds.
fn content() -> Vec<u8> {
    (0..3000_u32).flat_map(|line| format!("{} {line}\n", line.wrapping_mul(77_777)).into_bytes()).collect()
}

/// Range-coded data with these properties, with or without the end mark.
fn pack(content: &[u8], (lc, lp, pb): (u32, u32, u32), mark: bool) -> Vec<u8> {
    let options =
        lzma_rust2::LzmaOptions { lc, lp, pb, dict_size: 1 << 20, ..lzma_rust2::LzmaOptions::with_preset(6) };
    let mut writer = lzma_rust2::LzmaWriter::new_no_header(Vec::new(), &options, mark).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

fn header(properties: u8, rest: &[u8]) -> Vec<u8> {
    [&[properties][..], &(1_u32 << 20).to_le_bytes(), rest].concat()
}

#[test]
fn every_property() {
    let content = content();
    for pb in 0..=4 {
        for lp in 0..=4 {
            for lc in 0..=4 - lp {
                let properties = ((pb * 5 + lp) * 9 + lc) as u8;
                let raw = pack(&content, (lc, lp, pb), true);
                let mut data = [header(properties, &[0xff; 8]), raw.clone()].concat();
                let size = data.len();
                data.extend_from_slice(b"behind");
                let (reading, entries) = read(&Lzma, &data, Place::Inside).unwrap();
                assert_eq!((reading.size, reading.problems), (size, vec![]), "{properties:02x}");
                assert_eq!(bytes_of(&entries), content);
                assert!(
                    DESCRIPTION.magics.iter().any(|magic| tail(&data, magic.offset).starts_with(magic.bytes))
                );
                let limits = Limits::default();
                let length = Some(content.len() as u64);
                let (made, problems) = decode_raw(&raw, properties, 1 << 20, length, Output::new(&limits));
                assert_eq!((made, problems), (content.clone(), vec![]));
            }
        }
    }
}

#[test]
fn headers_that_were_changed() {
    let content = content();
    let (marked, unmarked) = (pack(&content, (3, 0, 2), true), pack(&content, (3, 0, 2), false));
    let length = (content.len() as u32).to_le_bytes();
    let odd = [&length[..], &[0x12, 0x34, 0x56, 0x78]].concat();
    let usual = u64::from(u32::from_le_bytes(length)).to_le_bytes();
    for (rest, raw) in [
        (&usual[..], &unmarked),
        (&usual, &marked),
        (&[0xff; 8], &unmarked),
        (&[0; 8], &marked),
        (&[0; 8], &unmarked),
        (&odd, &unmarked),
        (&length, &unmarked),
        (&[], &marked),
        (&[], &unmarked),
    ] {
        for behind in [&b"what is behind it"[..], &[0; 5000], &[0xff; 5000], &noise(5000)] {
            let data = [header(0x5d, rest), raw.clone()].concat();
            let carved = [&data, behind].concat();
            let (reading, entries) = read(&Lzma, &carved, Place::Inside)
                .unwrap_or_else(|| panic!("{rest:02x?} {} {:02x?}", raw == &marked, &behind[..4]));
            assert_eq!((reading.size, reading.problems), (data.len(), vec![]), "{rest:?}");
            assert_eq!(bytes_of(&entries), content);
        }
    }
}

#[test]
fn a_block_without_its_header() {
    let limits = Limits::default();
    let content = content();
    let length = content.len() as u64;
    let raw = pack(&content, (0, 0, 0), false);
    for stated in [Some(length), None] {
        let output = Output::bounded(&limits, length);
        assert_eq!(decode_raw(&raw, 0, 8 << 20, stated, output), (content.clone(), vec![]));
    }
    let (made, problems) = decode_raw(&raw, 0, 8 << 20, None, Output::bounded(&limits, length - 1));
    assert_eq!((made.len() as u64, problems[0].kind), (length - 1, ProblemKind::LimitReached));
    let (made, problems) = decode_raw(&raw[..raw.len() / 2], 0, 8 << 20, Some(length), Output::new(&limits));
    assert!(content.starts_with(&made) && made.len() > 1000);
    assert_eq!(problems[0].kind, ProblemKind::Truncated);
    // Cut where the decoder has all that it needs, though the range coder has not ended.
    let marked = pack(&content, (0, 0, 0), true);
    let cut = &marked[..marked.len() - 3];
    let (made, problems) = decode_raw(cut, 0, 8 << 20, Some(length), Output::new(&limits));
    assert!(made == content && problems.is_empty(), "{problems:?}");
    let (_, problems) = decode_raw(&raw, 225, 8 << 20, Some(length), Output::new(&limits));
    assert_eq!(problems[0].kind, ProblemKind::Malformed);
}

#[test]
fn a_long_good_prefix_convinces_inside() {
    let content: Vec<u8> = noise(200_000).iter().map(|byte| byte & 0x7f).collect();
    let mut data = [header(0x5d, &[0xff; 8]), pack(&content, (3, 0, 2), true)].concat();
    data.truncate(150_000);
    let (reading, entries) = read(&Lzma, &data, Place::Inside).unwrap();
    assert_eq!((reading.size, reading.problems[0].kind), (data.len(), ProblemKind::Truncated));
    let made = bytes_of(&entries);
    assert!(content.starts_with(&made) && made.len() > 140_000);
    assert!(read(&Lzma, &data[..20_000], Place::Inside).is_none());
}

#[test]
fn zeros_inside_are_no_stream() {
    let mut data = vec![0x5d, 0, 0, 0x80, 0];
    data.extend_from_slice(&[0xff; 8]);
    data.resize(1 << 20, 0);
    let mut entries = 0;
    assert!(Lzma.read(&data, Place::Inside, &Limits::default(), &mut |_| entries += 1).is_none());
    assert_eq!(entries, 0);
}

proptest::proptest! {
    #[test]
    fn any_content_comes_back(content: Vec<u8>, lc in 0..5_u32, lp in 0..5_u32, pb in 0..5_u32, mark: bool) {
        proptest::prop_assume!(lc + lp <= 4);
        let limits = Limits::default();
        let raw = pack(&content, (lc, lp, pb), mark);
        let properties = ((pb * 5 + lp) * 9 + lc) as u8;
        let output = || Output::bounded(&limits, content.len() as u64);
        let length = Some(content.len() as u64);
        proptest::prop_assert_eq!(decode_raw(&raw, properties, 1 << 20, length, output()), (content.clone(), vec![]));
    }

    #[test]
    fn any_bytes_stay_within_the_limit(tail: Vec<u8>, properties: u8, most in 0..5000_u64, length: Option<u16>) {
        let limits = Limits::default();
        let raw = [&[0][..], &tail].concat();
        let output = Output::bounded(&limits, most);
        let (made, _) = decode_raw(&raw, properties, 0, length.map(u64::from), output);
        proptest::prop_assert!(made.len() as u64 <= most);
    }
}

#[test]
fn tables_of_small_numbers_are_no_streams() {
    // Offsets and sizes of a table, as relocations and symbols have them, at every place of every row.
    for (step, row) in
        [(6_u32, [0, 0x930, 0, 0x80000]), (4, [0x2000_0000, 3, 0, 0x1100]), (1, [0x30, 9, 0, 0x800])]
    {
        let table: Vec<u8> = (0..600_u32)
            .flat_map(|number| row.map(|word: u32| word.wrapping_add(number * step % 251).to_le_bytes()))
            .flatten()
            .collect();
        for at in 0..table.len() - 64 {
            for properties in [0x5d, 0x7e, 0xd0] {
                let mut data = table[at..].to_vec();
                data[0] = properties;
                assert!(read(&Lzma, &data, Place::Inside).is_none(), "{step} {at} {properties:02x}");
            }
        }
    }
}

#[test]
fn a_few_bytes_are_no_stream_inside() {
    for (content, believed) in [(&b"too few bytes."[..], false), (b"sixteen bytes...and some more", true)] {
        let length = (content.len() as u64).to_le_bytes();
        let data = [header(0x5d, &length), pack(content, (3, 0, 2), false)].concat();
        assert_eq!(read(&Lzma, &data, Place::Inside).is_some(), believed);
        assert_eq!(read(&Lzma, &data, Place::Start).unwrap().0.problems, []);
    }
}
