use super::delta::Deltas;
use super::footer::{Logical, Physical};
use super::page::Header;
use super::values::{Slot, Values};
use super::*;
use crate::traffic::Record;
use proptest::prelude::*;
use std::borrow::Cow;

#[derive(Default)]
struct Found {
    rows: Vec<u64>,
    problems: Vec<Problem>,
}

impl Sink for Found {
    fn record(&mut self, _: &Record<'_>, offset: u64) {
        self.rows.push(offset);
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}

fn read(file: &[u8]) -> Found {
    read_with(file, &Settings::default())
}

fn read_with(file: &[u8], settings: &Settings) -> Found {
    let mut found = Found::default();
    for mut part in Parquet.parts(file, settings, &mut found).unwrap() {
        while part.read(&mut found) {}
    }
    found
}

fn corpus(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/traffic/parquet");
    std::fs::read(folder.join(format!("input-{name}.parquet"))).unwrap()
}

fn varint(mut value: u64, to: &mut Vec<u8>) {
    while value >= 128 {
        to.push(value as u8 | 128);
        value >>= 7;
    }
    to.push(value as u8);
}

fn zigzag(value: i64, to: &mut Vec<u8>) {
    varint(((value << 1) ^ (value >> 63)) as u64, to);
}

/// Numbers as differences, in blocks of 128 and parts of 32.
fn deltas(values: &[i64]) -> Vec<u8> {
    let mut made = Vec::new();
    varint(128, &mut made);
    varint(4, &mut made);
    varint(values.len() as u64, &mut made);
    zigzag(values.first().copied().unwrap_or_default(), &mut made);
    let steps: Vec<i64> = values.windows(2).map(|two| two[1].wrapping_sub(two[0])).collect();
    for block in steps.chunks(128) {
        let least = *block.iter().min().unwrap();
        zigzag(least, &mut made);
        let parts: Vec<Vec<u64>> = block
            .chunks(32)
            .map(|part| part.iter().map(|step| step.wrapping_sub(least) as u64).collect())
            .collect();
        let width = |part: &Vec<u64>| 64 - part.iter().fold(0, |all, value| all | value).leading_zeros();
        made.extend((0..4).map(|number| parts.get(number).map_or(77, |part| width(part) as u8)));
        for part in &parts {
            let width = width(part) as usize;
            let start = made.len();
            made.resize(start + width * 4, 0);
            for (number, value) in part.iter().enumerate() {
                for bit in (0..width).filter(|bit| value >> bit & 1 == 1) {
                    let at = number * width + bit;
                    made[start + at / 8] |= 1 << (at % 8);
                }
            }
        }
    }
    made
}

/// All values of a page of bytes.
fn texts(bytes: &[u8], encoding: i64, kind: Physical, count: usize) -> Option<Vec<Vec<u8>>> {
    let kind = (kind, Logical::Plain);
    let mut budget = Budget::default();
    let mut values = Values::new(Cow::Borrowed(bytes), encoding, kind, count as u64, 0, &mut budget).ok()?;
    let mut made = Vec::new();
    for _ in 0..count {
        let Slot::Bytes { start, length, .. } = values.next(&[])? else { return None };
        made.push(values.bytes[start..start + length as usize].to_vec());
    }
    Some(made)
}

#[test]
fn every_row_has_an_offset_of_its_own() {
    let columns = [("start", "ts"), ("source", "src"), ("destination", "dst")];
    let columns = columns.map(|(field, column)| (field.to_owned(), column.to_owned())).to_vec();
    for (name, columns, rows) in [("groups", columns, 300), ("good", Vec::new(), 4)] {
        let mut found = read_with(&corpus(name), &Settings { columns, ..Settings::default() });
        assert!(found.rows.is_sorted(), "{name}");
        found.rows.dedup();
        assert_eq!((found.rows.len(), found.problems.len()), (rows, 0), "{:?}", found.problems);
    }
}

#[test]
fn what_lies_costs_its_group_and_no_other() {
    let hurt = [
        "index",
        "width",
        "no-dictionary",
        "two-dictionaries",
        "encoding",
        "page-size",
        "page-negative",
        "page-values",
        "page-cut",
        "bomb-rows",
        "bomb-prefix",
        "bomb-length",
        "bomb-gzip",
        "bomb-gzip-more",
        "bomb-gzip-less",
        "group-negative",
        "column-lacks",
    ];
    for name in hurt {
        let found = read(&corpus(name));
        assert_eq!(found.rows.len(), 2, "{name}: {:?}", found.problems);
        assert!(!found.problems.is_empty(), "{name}");
    }
}

#[test]
fn a_text_that_is_too_long_is_told_and_none() {
    let found = read(&corpus("bomb-text"));
    let kinds: Vec<ProblemKind> = found.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(found.rows.len(), 3, "{:?}", found.problems);
    assert!(kinds.contains(&ProblemKind::LimitReached), "{:?}", found.problems);
}

#[test]
fn of_a_group_without_rows_nothing_is_lost() {
    let columns = [("start", "ts"), ("source", "src"), ("destination", "dst")];
    let columns = columns.map(|(field, column)| (field.to_owned(), column.to_owned())).to_vec();
    let found = read_with(&corpus("no-rows"), &Settings { columns, ..Settings::default() });
    assert_eq!((found.rows.len(), found.problems.len()), (24, 0), "{:?}", found.problems);
}

#[test]
fn a_group_takes_no_more_than_it_may() {
    let mut budget = Budget::default();
    assert!(budget.take(Budget::BYTES - 5, 7).is_ok());
    let fault = budget.take(6, 7).unwrap_err();
    assert_eq!((fault.kind, fault.at), (ProblemKind::LimitReached, 7));
    assert_eq!(budget.left(), 5);
    budget.give(usize::MAX);
    assert_eq!(budget.left(), Budget::BYTES);
    // Four bytes that state a page of 2 GiB.
    let problems = read(&corpus("bomb-gzip")).problems;
    assert_eq!(problems[0].kind, ProblemKind::LimitReached, "{problems:?}");
}

proptest! {
    #[test]
    fn differences_come_back(values in prop::collection::vec(prop_oneof![any::<i64>(), -9_i64..9, 1_700_000_000_000_000_i64..1_700_000_000_900_000], 0..400)) {
        let made = deltas(&values);
        let mut read = Deltas::new(&made, 0).unwrap();
        let found: Vec<i64> = std::iter::from_fn(|| read.next(&made)).collect();
        prop_assert_eq!(found, values);
        prop_assert_eq!(read.end(), made.len());
    }

    #[test]
    fn texts_come_back(values in prop::collection::vec("(10\\.0\\.)?[a-c]{0,5}", 0..200)) {
        let values: Vec<Vec<u8>> = values.into_iter().map(String::into_bytes).collect();
        let lengths: Vec<i64> = values.iter().map(|value| value.len() as i64).collect();
        let plain: Vec<u8> = values
            .iter()
            .flat_map(|value| (value.len() as u32).to_le_bytes().into_iter().chain(value.iter().copied()))
            .collect();
        let by_length = [deltas(&lengths), values.concat()].concat();
        let mut before: &[u8] = b"";
        let (mut shared, mut rest) = (Vec::new(), Vec::new());
        for value in &values {
            let common = before.iter().zip(value).take_while(|(one, other)| one == other).count();
            shared.push(common as i64);
            rest.push(value[common..].to_vec());
            before = value;
        }
        let suffixes: Vec<i64> = rest.iter().map(|value| value.len() as i64).collect();
        let by_prefix = [deltas(&shared), deltas(&suffixes), rest.concat()].concat();
        for (bytes, encoding) in [(plain, 0), (by_length, 6), (by_prefix, 7)] {
            let found = texts(&bytes, encoding, Physical::Bytes, values.len());
            prop_assert_eq!(found.as_ref(), Some(&values), "{}", encoding);
        }
    }

    #[test]
    fn split_streams_come_back(values in prop::collection::vec(any::<[u8; 5]>(), 0..60)) {
        let split: Vec<u8> = (0..5).flat_map(|byte| values.iter().map(move |value| value[byte])).collect();
        let found = texts(&split, 9, Physical::Fixed(5), values.len()).unwrap();
        prop_assert_eq!(found, values.iter().map(|value| value.to_vec()).collect::<Vec<_>>());
    }

    #[test]
    fn any_bytes_are_values_or_none(data in prop::collection::vec(any::<u8>(), 0..80), encoding in 0_i64..11, count in 0_usize..300) {
        for physical in [
            Physical::Boolean, Physical::Int32, Physical::Int64, Physical::Int96, Physical::Float, Physical::Double, Physical::Bytes,
            Physical::Fixed(3),
        ] {
            let mut budget = Budget::default();
            let kind = (physical, Logical::Plain);
            if let Ok(mut values) = Values::new(Cow::Borrowed(&data), encoding, kind, count as u64, 0, &mut budget) {
                for _ in 0..count {
                    match values.next(&[Slot::Missing; 3]) {
                        Some(Slot::Bytes { start, length, .. }) => prop_assert!(start + length as usize <= values.bytes.len()),
                        Some(_) => {}
                        None => break,
                    }
                }
            }
        }
    }

    #[test]
    fn any_header_and_directory_is_read(data in prop::collection::vec(any::<u8>(), 0..200), length in 0_u32..210) {
        let _ = Header::of(&data, 0);
        let file = [b"PAR1", data.as_slice(), &length.to_le_bytes(), b"PAR1"].concat();
        prop_assert!(!read(&file).problems.is_empty());
    }

    #[test]
    fn a_directory_may_have_any_damage(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        for name in ["good", "index", "crc"] {
            let mut file = corpus(name);
            let at = at.index(file.len());
            file[at] = byte;
            read(&file);
            file.drain(cut.index(file.len())..at.max(cut.index(file.len())));
            read(&file);
        }
    }
}

#[test]
fn a_second_column_of_a_name_is_told() {
    let kind = Ok((Physical::Bytes, Logical::Plain));
    let column = |name: &str| Column { name: name.to_owned(), leaf: 0, optional: true, kind };
    let told = |names: &[&str]| {
        let columns: Vec<Column> = names.iter().map(|name| column(name)).collect();
        let mut found = Found::default();
        mapped(&columns, &Settings::default(), 7, &mut found).unwrap();
        found.problems.into_iter().map(|problem| (problem.offset, problem.detail)).collect::<Vec<_>>()
    };
    assert_eq!(told(&["start", "source", "destination", "more", "more"]), []);
    let what = "column 4 is called `source` like another one, and is not read";
    assert_eq!(told(&["start", "source", "destination", "source"]), [(7, what.to_owned())]);
}
