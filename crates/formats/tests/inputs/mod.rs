//! The corpus: `corpus/formats/<name>/`, made by `corpus/formats/generate` and `corpus/formats/<name>/generate`.

use banbury_formats::{FORMATS, Format};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The inputs of a format, in order, without what is expected of them.
pub fn of(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/formats").join(name);
    let Ok(listing) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = listing.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| !path.ends_with("generate") && !path.to_string_lossy().ends_with(".expected.txt"));
    paths.sort();
    paths
}

/// Runs a test on every input of every format, on all cores; the input's number makes its dice.
#[allow(dead_code, reason = "each test program asks its own")]
pub fn each(test: impl Fn(&dyn Format, &Path, usize) + Sync) {
    let inputs: Vec<(&dyn Format, PathBuf)> = FORMATS
        .iter()
        .flat_map(|format| of(format.describe().name).into_iter().map(|path| (*format, path)))
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((number, (format, path))) = {
            let number = next.fetch_add(1, Ordering::Relaxed);
            inputs.get(number).map(|input| (number, input))
        } {
            test(*format, path, number);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
}
