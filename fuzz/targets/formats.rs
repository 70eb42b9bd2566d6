//! Every reader of the registry on the same bytes, at the start of an object and carved from unknown bytes, with every
//! content made: no panic, no extent or content past its bounds, no limit overrun. What is asserted is the same as in
//! the tests of the corpus. With BANBURY_FUZZ_FORMAT only the reader of that name is asked (`fuzz/each`).

#![no_main]

use banbury_formats::{FORMATS, Format, Place};
use exercise::{exercise, tight_limits};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

#[path = "../../crates/formats/tests/exercise/mod.rs"]
mod exercise;

static ASKED: LazyLock<Vec<&'static dyn Format>> = LazyLock::new(|| match std::env::var("BANBURY_FUZZ_FORMAT") {
    Ok(name) => vec![banbury_formats::format(&name).expect("BANBURY_FUZZ_FORMAT names a format")],
    Err(_) => FORMATS.to_vec(),
});

fuzz_target!(|data: &[u8]| {
    for format in ASKED.iter() {
        for place in [Place::Start, Place::Inside] {
            exercise(*format, data, place, &tight_limits());
        }
    }
});
