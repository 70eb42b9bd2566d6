//! Walks the registry of forms of statements: documentation, limits, golden readings, and the corpus damaged at each byte.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use banbury_formats::statement::{FORMS, Statement, read};
use std::path::{Path, PathBuf};

fn folder(form: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/statements").join(form)
}

fn inputs(form: &str) -> Vec<PathBuf> {
    let mut inputs: Vec<PathBuf> = std::fs::read_dir(folder(form))
        .unwrap_or_else(|error| panic!("{form}: no corpus: {error}"))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("input"))
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "{form}: no input, which is the fuzz seed too");
    inputs
}

#[test]
fn every_form_has_its_corpus_and_golden() {
    assert!(FORMS.len() >= 5);
    for form in FORMS {
        let mut golden = String::new();
        for input in inputs(form.name) {
            let statement =
                read(&std::fs::read(&input).unwrap()).unwrap_or_else(|| panic!("{}", input.display()));
            assert_eq!(statement.form, form.name, "{}: recognised as another", input.display());
            golden.push_str(&format!("{}\n{statement:#?}\n", input.file_name().unwrap().display()));
        }
        let expected = folder(form.name).join("expected.txt");
        if std::env::var_os("BANBURY_BLESS").is_some() {
            std::fs::write(&expected, &golden).unwrap();
        }
        assert_eq!(golden, std::fs::read_to_string(&expected).unwrap_or_default(), "{}", form.name);
    }
}

#[test]
fn a_document_that_is_cut_states_nothing() {
    for form in FORMS.iter().filter(|form| form.name != "spdx-tag-value") {
        for input in inputs(form.name) {
            let bytes = std::fs::read(&input).unwrap();
            let whole = bytes.iter().rposition(|byte| !byte.is_ascii_whitespace()).unwrap() + 1;
            for end in 0..whole {
                let states = |statement: &Statement| {
                    !statement.components.is_empty() || !statement.vulnerabilities.is_empty()
                };
                assert!(
                    !read(&bytes[..end]).is_some_and(|statement| states(&statement)),
                    "{} cut at {end}",
                    form.name
                );
            }
        }
    }
}

#[test]
fn a_damaged_document_is_read_or_refused() {
    for form in FORMS {
        for input in inputs(form.name) {
            let bytes = std::fs::read(&input).unwrap();
            for at in 0..bytes.len() {
                for byte in [0, b'"', b'[', 0xff] {
                    let mut damaged = bytes.clone();
                    damaged[at] = byte;
                    if let Some(statement) = read(&damaged) {
                        assert!(statement.components.iter().all(|component| !component.name.is_empty()));
                    }
                }
            }
        }
    }
}
