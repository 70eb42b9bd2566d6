//! The confined child can compute and answer, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;

/// What the child itself tried, as its run record says. Where the kernel lacks a mechanism, the record says that too.
#[test]
fn what_a_confined_process_tries_is_refused_and_said() {
    let (status, json) = support::inspect(b"some text\n", &[]);
    assert_eq!(status, 0);
    let confinement: BTreeMap<String, String> = find(&json).expect("a confinement in the output");
    assert!(confinement.contains_key("seccomp") && confinement.contains_key("landlock"), "{confinement:?}");
    assert!(confinement["rlimits"].contains("address space"), "{confinement:?}");
    let tried: Vec<(&String, &String)> =
        confinement.iter().filter(|(what, _)| what.starts_with("tried to ")).collect();
    let names: Vec<&str> = tried.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(
        names,
        [
            "tried to create a file",
            "tried to open a file",
            "tried to open a socket",
            "tried to start a process"
        ]
    );
    let in_force = |name: &str| confinement[name].starts_with("in force");
    if in_force("seccomp") {
        for (what, outcome) in &tried {
            assert!(outcome.starts_with("refused"), "{what}: {outcome}");
        }
        assert!(banbury_firmware::confine::holds(&confinement));
    } else {
        assert!(confinement["seccomp"].starts_with("NOT in force"), "{confinement:?}");
    }
    if in_force("landlock") {
        assert!(confinement["tried to open a file"].starts_with("refused"));
    } else {
        assert!(confinement["landlock"].contains("NOT in force"), "{confinement:?}");
    }
}

fn find(value: &serde_json::Value) -> Option<BTreeMap<String, String>> {
    match value {
        serde_json::Value::Object(map) => {
            if let Some(found) = map.get("confinement") {
                return serde_json::from_value(found.clone()).ok();
            }
            map.values().find_map(find)
        }
        serde_json::Value::Array(items) => items.iter().find_map(find),
        _ => None,
    }
}
