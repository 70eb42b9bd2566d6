//! Compiles data into the crate, one file a product, no registration: the component signatures in `signatures/` and the
//! tables of libraries in `data/symbols/`.

use std::fmt::Write as _;
use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    embed("signatures", "signatures.rs")?;
    embed("data/symbols", "libraries.rs")
}

/// Writes the texts of the TOML files in a folder of the repository as a list of (name, text).
fn embed(folder: &str, list: &str) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../..").join(folder).canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            println!("cargo::rerun-if-changed={}", path.display());
            names.push(path);
        }
    }
    names.sort();
    let mut code = String::from("&[\n");
    for path in names {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        writeln!(code, "    ({name:?}, include_str!({:?})),", path.display().to_string())?;
    }
    code.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join(list), code)?;
    Ok(())
}
