//! Every reader of the registry on the same bytes, at the start of an object and carved from unknown bytes, with every
//! content made: no panic, no extent or content past its bounds, no limit overrun. What is asserted is the same as in
//! the tests of the corpus.

#![no_main]

use banbury_formats::{FORMATS, Place};
use exercise::{exercise, tight_limits};
use libfuzzer_sys::fuzz_target;

#[path = "../../crates/formats/tests/exercise/mod.rs"]
mod exercise;

fuzz_target!(|data: &[u8]| {
    for format in FORMATS {
        for place in [Place::Start, Place::Inside] {
            exercise(*format, data, place, &tight_limits());
        }
    }
});
