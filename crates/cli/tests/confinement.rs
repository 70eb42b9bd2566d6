//! The confined child can compute and answer, make new files in the folder of an unpacking, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use support::{command, root, stderr};

/// What the child tries in both of its modes.
const TRIED: [&str; 21] = [
    "create a file",
    "load a program into the kernel (bpf)",
    "make a folder",
    "make rings for calls (io_uring)",
    "open a file",
    "open a socket (inet)",
    "open a socket (inet6)",
    "open a socket (netlink)",
    "open a socket (packet)",
    "open a socket (unix)",
    "open its own memory as a file",
    "read its parent's memory",
    "remove a file",
    "rename a file",
    "signal its parent (kill)",
    "signal its parent (tgkill)",
    "start a process (clone)",
    "start a process (clone3)",
    "start a program (execve)",
    "start a program (execveat)",
    "trace its parent (ptrace)",
];

/// What it tries besides where it unpacks.
const TRIED_WRITING: [&str; 2] = ["create a file beside its folder", "read a file in its folder"];

/// What only Landlock can refuse to a process that may make files somewhere.
const BY_PLACE: [&str; 3] = ["create a file", "create a file beside its folder", "make a folder"];

/// What the child itself tried, as its run record says. Where the kernel lacks a mechanism, the record says that too.
#[test]
fn what_a_confined_process_tries_is_refused_and_said() {
    let (status, json) = support::inspect(b"some text\n", &[]);
    assert_eq!(status, 0);
    let confinement: BTreeMap<String, String> = find(&json).expect("a confinement in the output");
    assert!(confinement["rlimits"].contains("file size 0"), "{confinement:?}");
    check(&confinement, &TRIED, &[]);
}

#[test]
fn a_process_that_unpacks_can_make_files_in_its_folder_alone() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    let image = root().join("corpus/formats/squashfs/gzip.squashfs");
    let output = command().arg("unpack").arg(&image).arg(&target).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let manifest = std::fs::read(target.join("banbury-unpack.json")).unwrap();
    let confinement =
        find(&serde_json::from_slice(&manifest).unwrap()).expect("a confinement in the manifest");
    let mut tried: Vec<&str> = TRIED.into_iter().chain(TRIED_WRITING).collect();
    tried.sort_unstable();
    check(&confinement, &tried, &BY_PLACE);
    // What was tried beside the folder left nothing there.
    let beside: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside, ["out"]);
}

/// A listing writes nothing, so its process is confined as that of an inspection is.
#[test]
fn a_process_that_lists_cannot_write_at_all() {
    let image = root().join("corpus/formats/squashfs/gzip.squashfs");
    let output = command().arg("unpack").arg(&image).args(["--list", "-o", "json=-"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let confinement = find(&serde_json::from_slice(&output.stdout).unwrap()).unwrap();
    assert!(confinement["rlimits"].contains("file size 0"), "{confinement:?}");
    check(&confinement, &TRIED, &[]);
}

/// Everything was tried, and refused where there is what refuses it.
fn check(confinement: &BTreeMap<String, String>, tried: &[&str], by_place: &[&str]) {
    let names: Vec<&str> = confinement.keys().filter_map(|what| what.strip_prefix("tried to ")).collect();
    assert_eq!(names, tried);
    assert!(confinement["rlimits"].contains("address space"), "{confinement:?}");
    let in_force = |name: &str| {
        let state = &confinement[name];
        assert!(state.starts_with("in force") || state.starts_with("NOT in force"), "{name}: {state}");
        state.starts_with("in force")
    };
    for what in tried {
        let outcome = &confinement[&format!("tried to {what}")];
        let refused_by = if by_place.contains(what) { "landlock" } else { "seccomp" };
        if in_force(refused_by) {
            assert!(outcome.starts_with("refused"), "{what}: {outcome}");
        } else {
            eprintln!("NOT CHECKED on this kernel, which has no {refused_by}: {what}: {outcome}");
        }
    }
    if in_force("seccomp") && in_force("landlock") {
        assert!(banbury_firmware::confine::holds(confinement));
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
