//! Lists the CPE name of every signature's product, so that a package of it can be looked up too.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../signatures");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut pairs = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let path: PathBuf = entry?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let field = |name: &str| {
            let start = format!("{name} = \"");
            let rest = text.lines().find_map(|line| line.strip_prefix(&start))?;
            Some(rest.split('"').next()?.to_owned())
        };
        let product = field("product").ok_or_else(|| format!("{}: no product", path.display()))?;
        if let Some(cpe) = field("cpe") {
            pairs.push((product, cpe));
        }
    }
    pairs.sort();
    let mut code = String::from("&[\n");
    for (product, cpe) in pairs {
        writeln!(code, "    ({product:?}, {cpe:?}),")?;
    }
    code.push_str("]\n");
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("products.rs"), code)?;
    Ok(())
}
