//! Embeds every folder under `regimes/`, and the texts that they share: a regime is data and has no line of
//! registration.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = manifest.join("../../regimes").canonicalize()?;
    println!("cargo::rerun-if-changed={}", root.display());
    let mut code = String::from("&[\n");
    for folder in entries(&root)? {
        if !folder.join("regime.toml").is_file() {
            continue;
        }
        let _ = writeln!(code, "({:?}, &[", name(&folder));
        let mut files = vec![folder.join("regime.toml"), folder.join("definitions.sql")];
        for part in ["measures", "attested", "queries"] {
            files.extend(entries(&folder.join(part))?);
        }
        for file in files.iter().filter(|file| file.is_file()) {
            println!("cargo::rerun-if-changed={}", file.display());
            let relative =
                file.strip_prefix(&folder).unwrap_or(file).display().to_string().replace('\\', "/");
            let _ = writeln!(code, "({relative:?}, include_str!({:?})),", file.display().to_string());
        }
        code.push_str("]),\n");
    }
    code.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    println!("cargo::rerun-if-changed={}", root.join("attested.sql").display());
    fs::copy(root.join("attested.sql"), out.join("attested.sql"))?;
    fs::write(out.join("definitions.rs"), embedded(&root.join("definitions"))?)?;
    fs::write(out.join("queries.rs"), embedded(&root.join("queries"))?)?;
    fs::write(out.join("attested_examples.rs"), embedded(&root.join("attested-examples"))?)?;
    fs::write(out.join("regimes.rs"), code)
}

/// The files of a folder by their names, as the text of a list.
fn embedded(folder: &Path) -> io::Result<String> {
    let mut code = String::from("&[\n");
    for file in entries(folder)? {
        println!("cargo::rerun-if-changed={}", file.display());
        let _ = writeln!(code, "({:?}, include_str!({:?})),", name(&file), file.display().to_string());
    }
    code.push_str("]\n");
    Ok(code)
}

/// The entries of a folder in order of name; none when it is not there.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
