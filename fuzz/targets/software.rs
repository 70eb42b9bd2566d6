//! Feeds, CPE names and orders of versions: no panic, what is read is written as itself, and an order is an order.

#![no_main]

use banbury_software::cpe::Cpe;
use banbury_software::feed::records;
use banbury_software::version::{Scheme, compare};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((_, found, problems)) = records("input.json", bytes) {
        assert!(found.len() <= bytes.len(), "more records than bytes");
        assert!(problems.first.len() as u64 <= problems.total());
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(name) = text.parse::<Cpe>() {
        assert_eq!(name.to_string().parse::<Cpe>().as_ref(), Ok(&name));
        assert_eq!(name.to_uri().parse::<Cpe>().as_ref(), Ok(&name));
    }
    let Some((a, b)) = text.split_once('\n') else { return };
    for &scheme in Scheme::ALL {
        assert_eq!(compare(scheme, a, b), compare(scheme, b, a).map(std::cmp::Ordering::reverse));
    }
});
