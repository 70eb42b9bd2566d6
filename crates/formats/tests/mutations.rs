//! A small deterministic mutator over the corpus, and what fuzzing has found: what the fuzz target does, for a bounded
//! time, on any toolchain.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use banbury_formats::{FORMATS, Place};
use exercise::{exercise, tight_limits};
use std::sync::atomic::{AtomicUsize, Ordering};

mod exercise;
mod inputs;

const ROUNDS: usize = 40;

/// xorshift64*: the same sequence each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }
}

#[test]
fn mutated_inputs_break_no_promise() {
    let read = AtomicUsize::new(0);
    inputs::each(|format, path, number| {
        let mut dice = Dice(0x5eed + number as u64);
        let seed = std::fs::read(path).unwrap();
        for round in 0..ROUNDS {
            let mut data = seed.clone();
            for _ in 0..=dice.below(6) {
                mutate(&mut data, &mut dice);
            }
            let place = if round % 2 == 0 { Place::Start } else { Place::Inside };
            let taken = exercise(format, &data, place, &tight_limits()).is_some();
            read.fetch_add(usize::from(taken), Ordering::Relaxed);
        }
    });
    let read = read.into_inner();
    assert!(
        read > 200,
        "only {read} mutated inputs were still taken for their format: the mutator is too wild"
    );
}

#[test]
fn what_once_broke_a_reader_breaks_none() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/crashers/formats");
    let mut crashers = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let data = std::fs::read(entry.unwrap().path()).unwrap();
        for format in FORMATS {
            for place in [Place::Start, Place::Inside] {
                exercise(*format, &data, place, &tight_limits());
            }
        }
        crashers += 1;
    }
    assert!(crashers > 0, "the crashers are not there");
}

fn mutate(data: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(data.len());
    let length = (1 + dice.below(64)).min(data.len() - at);
    match dice.below(7) {
        0 => data[at] ^= 1 << dice.below(8),
        1 => data[at] = [0, 1, 0x7f, 0x80, 0xff][dice.below(5)],
        2 => data[at..at + length].fill([0, 0xff][dice.below(2)]),
        3 => {
            let from = dice.below(data.len() - length);
            data.copy_within(from..from + length, at);
        }
        4 => drop(data.drain(at..at + length)),
        5 => {
            let piece = data[at..at + length].to_vec();
            data.splice(at..at, piece);
        }
        _ => data.truncate(at.max(1)),
    }
    if data.is_empty() {
        data.push(0);
    }
}
