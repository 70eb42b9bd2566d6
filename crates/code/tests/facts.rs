//! What is found in the functions of `corpus/code/facts.c`, compiled for each architecture, held against what its source says.
//!
//! What is not found yet stands in `corpus/code/missed.txt`, so that it is known, and no more of it comes about unnoticed; `BANBURY_BLESS=1`
//! writes the list anew.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_code::function::{Callee, Facts};
use banbury_code::program::Program;
use banbury_code::survey::{Fixed, Survey};
use banbury_formats::executable::elf::Elf;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/code")
}

/// A value as the expectation has it: a text, a number, or null.
fn shown(facts: &Facts<'_>, value: banbury_code::values::ValueId) -> Value {
    match (facts.values.text(value), facts.values.constant(value)) {
        // A small number is an address, too, in a file that stands at 0.
        (Some(text), number) => json!([String::from_utf8_lossy(text), number]),
        (None, Some(number)) => json!(number),
        _ => Value::Null,
    }
}

fn start(program: &Program<'_>, name: &str) -> u64 {
    program
        .image()
        .symbols()
        .iter()
        .find(|symbol| symbol.name == name.as_bytes() && !symbol.import)
        .unwrap()
        .address
}

/// What of the expectation is not found in one file.
fn missed(path: &Path, expected: &Value) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    let elf = Elf::parse(&bytes).unwrap();
    let program = Program::of(&elf).unwrap();
    let survey = Survey::of(&program);
    let mut missed = Vec::new();
    for (name, calls) in expected["calls"].as_object().unwrap() {
        let at = start(&program, name);
        let Some(bounds) = program.functions().iter().find(|bounds| bounds.start == at) else {
            missed.push(format!("{name}: no function at {at:#x}"));
            continue;
        };
        let read = program.read(*bounds);
        let found: Vec<Vec<Value>> = read
            .facts
            .calls
            .iter()
            .map(|call| {
                let name = match &call.callee {
                    Callee::Import(name) => String::from_utf8_lossy(name).into_owned(),
                    Callee::Here(_) => "(here)".to_owned(),
                    Callee::Value(_) => "(value)".to_owned(),
                };
                [json!(name)]
                    .into_iter()
                    .chain(call.arguments.iter().map(|value| shown(&read.facts, *value)))
                    .collect()
            })
            .collect();
        for call in calls.as_array().unwrap() {
            let call = call.as_array().unwrap();
            // Two calls with one argument each may have become one, whose argument is not known.
            let is = |found: &&Vec<Value>| {
                call.iter().enumerate().all(|(place, value)| {
                    value.is_null()
                        || found
                            .get(place)
                            .is_some_and(|found| found == value || found[0] == *value || found[1] == *value)
                })
            };
            if !found.iter().any(|found| is(&found)) {
                missed.push(format!("{name}: no call {call:?} among {found:?}"));
            }
        }
        if !read.blocks.gaps.is_empty() {
            missed.push(format!("{name}: gaps {:x?}", read.blocks.gaps));
        }
    }
    for (name, gates) in expected["gates"].as_object().unwrap() {
        let at = start(&program, name);
        for gate in gates.as_array().unwrap() {
            let found =
                survey.gates.iter().filter(|found| found.function == at).find(|found| match &found.fixed {
                    Fixed::Text { text, .. } => gate["text"] == json!(String::from_utf8_lossy(text)),
                    Fixed::Number { number, .. } => gate["number"] == json!(number),
                    Fixed::Characters(_) => false,
                });
            let Some(found) = found else {
                let all: Vec<_> = survey
                    .gates
                    .iter()
                    .filter(|found| found.function == at)
                    .map(|found| &found.fixed)
                    .collect();
                missed.push(format!("{name}: no gate {gate} among {all:?}"));
                continue;
            };
            let inside = survey.union(found.inside.iter().map(|(_, called, _)| called));
            let outside = survey.union(found.outside.iter());
            let alone: Vec<_> = inside.without(outside).iter().map(|power| power.words()).collect();
            if json!(alone) != gate["alone"] {
                missed.push(format!("{name}: {gate}, but alone {alone:?}"));
            }
            if gate.get("gives").is_some_and(|gives| json!(found.gives) != *gives) {
                missed.push(format!("{name}: {gate}, but gives {:?}", found.gives));
            }
        }
    }
    missed
}

#[test]
fn each_architecture_gives_what_the_source_says() {
    let expected: Value =
        serde_json::from_slice(&std::fs::read(corpus().join("expected.json")).unwrap()).unwrap();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "elf"));
    assert!(files.len() >= 40, "{files:?}");
    let (mut brief, mut full) = (String::new(), String::new());
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for line in missed(path, &expected) {
            brief.push_str(&format!("{name}: {}\n", line.split(" among ").next().unwrap()));
            full.push_str(&format!("{name}: {line}\n"));
        }
    }
    let list = corpus().join("missed.txt");
    if std::env::var_os("BANBURY_BLESS").is_some() {
        std::fs::write(&list, &brief).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&list).unwrap(), brief, "corpus/code/missed.txt; in full:\n{full}");
}
