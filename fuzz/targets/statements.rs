//! Bills of materials and statements on vulnerabilities: no panic, the same twice, and nothing without a name.

#![no_main]

use banbury_formats::statement::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(statement) = read(bytes) else { return };
    assert!(statement.components.iter().all(|component| !component.name.is_empty()));
    assert!(statement.vulnerabilities.iter().all(|status| !status.vulnerability.is_empty() && !status.component.name.is_empty()));
    assert!(statement.problems.len() <= 101);
    assert_eq!(Some(&statement), read(bytes).as_ref());
});
