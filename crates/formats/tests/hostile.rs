//! Inputs that somebody made to do harm, or that were damaged on the way: no reader panics, hangs or overruns.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use banbury_formats::{FORMATS, Limits, Magic, Place};
use excuses::{Asked, excused};
use exercise::{exercise, tight_limits};
use proptest::prelude::*;

mod excuses;
mod exercise;
mod inputs;

/// Inputs up to this size are cut and damaged at every byte, larger ones at some places.
const SMALL: usize = 4096;

/// At most about `count` places of `length`, the ends among them.
fn places(length: usize, count: usize) -> impl Iterator<Item = usize> {
    let step = if length <= SMALL { 1 } else { (length / count).max(1) };
    (0..length).step_by(step).chain(length.checked_sub(1))
}

#[test]
fn truncated_anywhere() {
    inputs::each(|format, path, _| {
        let data = std::fs::read(path).unwrap();
        for length in places(data.len(), 256) {
            for place in [Place::Start, Place::Inside] {
                exercise(format, &data[..length], place, &tight_limits());
            }
        }
    });
}

#[test]
fn truncation_is_told() {
    inputs::each(|format, path, _| {
        let name = format.describe().name;
        let data = std::fs::read(path).unwrap();
        for length in places(data.len(), 64) {
            let cut = &data[..length];
            let Some((reading, _)) = exercise(format, cut, Place::Start, &Limits::default()) else {
                continue;
            };
            let whole = reading.problems.is_empty();
            // What is cut between members, in padding, or behind all content is whole as far as anybody can tell.
            let file_name = path.file_name().unwrap().to_string_lossy();
            let excused = excused(name, &file_name, Asked::TruncationIsTold) || length + 4 >= data.len();
            assert!(!whole || excused, "{} cut to {length} bytes is called whole", path.display());
        }
    });
}

#[test]
fn one_byte_changed() {
    inputs::each(|format, path, _| {
        let mut data = std::fs::read(path).unwrap();
        // Headers and tables stand at the ends; the middle is sampled.
        let ends = (0..data.len().min(128)).chain(data.len().saturating_sub(64)..data.len());
        let all: std::collections::BTreeSet<usize> = ends.chain(places(data.len(), 100)).collect();
        for at in all {
            let kept = data[at];
            for value in [kept ^ 1, kept ^ 0x80, 0, 0xff] {
                data[at] = value;
                exercise(format, &data, Place::Start, &tight_limits());
            }
            data[at] = kept;
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_bytes_behind_each_magic(tail in prop::collection::vec(any::<u8>(), 0..600)) {
        for format in FORMATS {
            for magic in format.describe().magics {
                let mut data = vec![0; if magic.offset == Magic::FLOATING { 0 } else { magic.offset }];
                data.extend_from_slice(magic.bytes);
                data.extend_from_slice(&tail);
                for place in [Place::Start, Place::Inside] {
                    exercise(*format, &data, place, &tight_limits());
                }
            }
        }
    }

    #[test]
    fn random_bytes(data in prop::collection::vec(any::<u8>(), 0..600)) {
        for format in FORMATS {
            for place in [Place::Start, Place::Inside] {
                exercise(*format, &data, place, &tight_limits());
            }
        }
    }

    #[test]
    fn random_bytes_inside_a_real_input(
        choice in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        patch in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let inputs: Vec<_> = FORMATS
            .iter()
            .flat_map(|format| inputs::of(format.describe().name).into_iter().map(move |path| (*format, path)))
            .collect();
        let (format, path) = choice.get(&inputs);
        let mut data = std::fs::read(path).unwrap();
        let at = at.index(data.len());
        for (byte, new) in data[at..].iter_mut().zip(&patch) {
            *byte = *new;
        }
        for place in [Place::Start, Place::Inside] {
            exercise(*format, &data, place, &tight_limits());
        }
    }
}

#[test]
fn a_good_magic_with_garbage_behind_it_is_told_at_the_start_alone() {
    let garbage: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"g".to_vec(),
        b"garbage".to_vec(),
        b" and then a line of text\n".repeat(40),
        vec![0; 600],
        vec![0xff; 600],
        (0..600_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect(),
    ];
    for format in FORMATS {
        let description = format.describe();
        if excused(description.name, "*", Asked::BadHeaderIsTold) {
            continue;
        }
        for magic in description.magics.iter().filter(|magic| magic.offset != Magic::FLOATING) {
            for garbage in &garbage {
                let before: Vec<u8> = (0..magic.offset).map(|at| at as u8).collect();
                let data = [&before, magic.bytes, garbage].concat();
                let name = description.name;
                let shown = &garbage[..garbage.len().min(8)];
                let (reading, _) = exercise(*format, &data, Place::Start, &Limits::default())
                    .unwrap_or_else(|| panic!("{name} and {shown:?} are nothing"));
                assert!(
                    reading.problems.iter().any(|problem| problem.kind.hides_bytes()),
                    "{name} and {shown:?}: {:?}",
                    reading.problems
                );
                let inside = exercise(*format, &data, Place::Inside, &Limits::default());
                assert!(inside.is_none(), "{name} and {shown:?} inside: {inside:?}");
            }
        }
    }
}

#[test]
fn nobody_hides_an_archive_behind_the_magic_of_another() {
    let tar = inputs::of("tar").into_iter().find(|path| path.ends_with("ustar.tar")).unwrap();
    let mut data = std::fs::read(tar).unwrap();
    // An entry named like a cpio header: the sum is made good again.
    let before: u32 = data[..6].iter().map(|byte| u32::from(*byte)).sum();
    let stated = u32::from_str_radix(std::str::from_utf8(&data[148..154]).unwrap().trim(), 8).unwrap();
    data[..6].copy_from_slice(b"070701");
    let after: u32 = data[..6].iter().map(|byte| u32::from(*byte)).sum();
    data[148..154].copy_from_slice(format!("{:06o}", stated + after - before).as_bytes());
    let read = |name| {
        let format = banbury_formats::format(name).unwrap();
        exercise(format, &data, Place::Start, &Limits::default()).map(|(reading, _)| reading)
    };
    assert_eq!(read("cpio"), None);
    assert_eq!(read("tar").unwrap().problems, []);
}
