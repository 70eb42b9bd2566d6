//! Inputs that somebody made to do harm, or that were damaged on the way: no reader panics, hangs or overruns.

use banbury_formats::{FORMATS, Limits, Place};
use exercise::{exercise, tight_limits};
use proptest::prelude::*;

mod exercise;
mod inputs;

/// Inputs up to this size are cut and damaged at every byte, larger ones at some places.
const SMALL: usize = 700;

/// At most about `count` places of `length`, the ends among them.
fn places(length: usize, count: usize) -> impl Iterator<Item = usize> {
    let step = if length <= SMALL { 1 } else { (length / count).max(1) };
    (0..length).step_by(step).chain(length.checked_sub(1))
}

#[test]
fn truncated_anywhere() {
    for format in FORMATS {
        for path in inputs::of(format.describe().name) {
            let data = std::fs::read(&path).unwrap();
            for length in places(data.len(), 150) {
                for place in [Place::Start, Place::Inside] {
                    exercise(*format, &data[..length], place, &tight_limits());
                }
            }
        }
    }
}

#[test]
fn truncation_is_told() {
    for format in FORMATS {
        let name = format.describe().name;
        for path in inputs::of(name) {
            let data = std::fs::read(&path).unwrap();
            for length in places(data.len(), 64) {
                let cut = &data[..length];
                let Some((reading, _)) = exercise(*format, cut, Place::Start, &Limits::default()) else {
                    continue;
                };
                let whole = reading.problems.is_empty();
                let parts = ["members.gz", "streams.xz", "frames.zst", "kernel.lz4"];
                // What is cut between members, in padding, or behind all content is whole as far as anybody can tell.
                let excused = parts.iter().any(|part| path.ends_with(part))
                    || matches!(name, "tar" | "cpio" | "squashfs" | "elf")
                    || length + 4 >= data.len();
                assert!(!whole || excused, "{} cut to {length} bytes is called whole", path.display());
            }
        }
    }
}

#[test]
fn one_byte_changed() {
    for format in FORMATS {
        for path in inputs::of(format.describe().name) {
            let mut data = std::fs::read(&path).unwrap();
            // Headers and tables stand at the ends; the middle is sampled.
            let ends = (0..data.len().min(128)).chain(data.len().saturating_sub(64)..data.len());
            let all: std::collections::BTreeSet<usize> = ends.chain(places(data.len(), 100)).collect();
            for at in all {
                let kept = data[at];
                for value in [kept ^ 1, kept ^ 0x80, 0, 0xff] {
                    data[at] = value;
                    exercise(*format, &data, Place::Start, &tight_limits());
                }
                data[at] = kept;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_bytes_behind_each_magic(tail in prop::collection::vec(any::<u8>(), 0..600)) {
        for format in FORMATS {
            for magic in format.describe().magics {
                let mut data = vec![0; magic.offset];
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
