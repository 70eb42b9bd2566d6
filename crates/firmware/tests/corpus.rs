//! The engine over the corpus of formats.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use banbury_evidence::{Object, ObjectKind, Status};
use banbury_firmware::engine::examine;
use banbury_firmware::{CODES, Options};
use std::path::Path;

/// Every input of the corpus through the engine: each byte of each object accounted for once, at each level; nothing
/// left unread but what is said to be encrypted or of a variant that is not read; every code explained.
#[test]
fn the_corpus_is_taken_apart_in_full() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats");
    let mut inputs: Vec<std::path::PathBuf> = std::fs::read_dir(corpus)
        .unwrap()
        .map(|folder| folder.unwrap().path())
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|input| input.unwrap().path()))
        .filter(|path| !path.ends_with("generate") && !path.to_string_lossy().ends_with(".expected.txt"))
        .collect();
    inputs.sort();
    assert!(inputs.len() > 100, "{}", inputs.len());
    for path in inputs {
        let data = std::fs::read(&path).unwrap();
        let options = Options::default();
        let examination = examine(&data, &options, &options.limits());
        for object in &examination.objects {
            assert_accounted(object, &path);
        }
        let known: Vec<&str> = CODES.iter().map(|info| info.code).collect();
        let unpacking = &examination.runs[0];
        let unexplained = unpacking.claims.iter().find(|claim| !known.contains(&claim.code.as_str()));
        assert_eq!(unexplained, None, "{}", path.display());
        let unread = unpacking.claims.iter().any(|claim| claim.code == "unpack.unsupported");
        assert!(
            unread || unpacking.status == Status::Complete,
            "{}: {:?}",
            path.display(),
            unpacking.skipped
        );
    }
}

fn assert_accounted(object: &Object, path: &Path) {
    let place = format!("{} in {}", object.location, path.display());
    let mut at = 0;
    for region in &object.regions {
        assert_eq!(region.offset, at, "{place}");
        assert!(region.length > 0, "{place}");
        at += region.length;
    }
    let has_bytes = matches!(object.kind, ObjectKind::Exhibit | ObjectKind::Stream | ObjectKind::File);
    assert_eq!(at, if has_bytes { object.size } else { 0 }, "{place}");
    let shares = object.shares();
    assert_eq!(shares.known + shares.padding + shares.opaque + shares.unknown, object.size, "{place}");
}
