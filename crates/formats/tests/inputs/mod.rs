//! The corpus: `corpus/formats/<name>/`, made by `corpus/formats/generate` and `corpus/formats/<name>/generate`.

use std::path::{Path, PathBuf};

/// The inputs of a format, in order, without what is expected of them.
pub fn of(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats").join(name);
    let Ok(listing) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = listing.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| !path.ends_with("generate") && !path.to_string_lossy().ends_with(".expected.txt"));
    paths.sort();
    paths
}
