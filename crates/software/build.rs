//! Lists the CPE name of every signature's product, so that a package of it can be looked up too, and the product of every
//! package that is named after its library's SONAME.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let folder = root.join("signatures");
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
    write("products.rs", pairs)?;
    write("packages.rs", packages(&root)?)
}

/// Debian's library packages bear the SONAME (Debian Policy 8.1): `libfoo.so.1` is in `libfoo1`, `libfoo2.so.1` in
/// `libfoo2-1`, and either may end in `t64` where the type of time changed. A name that several products have is left out.
fn packages(root: &Path) -> Result<Vec<(String, String)>, Box<dyn std::error::Error>> {
    let path = root.join("data/sonames.txt");
    println!("cargo::rerun-if-changed={}", path.display());
    let mut products: BTreeMap<String, Option<String>> = BTreeMap::new();
    for line in std::fs::read_to_string(&path)?.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (Some(stem), Some(numbers), Some(product)) = (words.next(), words.next(), words.next()) else {
            return Err(format!("{}: `{line}` has fewer than three words", path.display()).into());
        };
        let Some(base) = stem.strip_suffix(".so") else { continue };
        let hyphen = if base.ends_with(|last: char| last.is_ascii_digit()) { "-" } else { "" };
        for number in numbers.split(',').filter(|number| *number != "*") {
            for ending in ["", "t64"] {
                let name = format!("{base}{hyphen}{number}{ending}").to_lowercase().replace('_', "-");
                let entry = products.entry(name).or_insert_with(|| Some(product.to_owned()));
                if entry.as_deref() != Some(product) {
                    *entry = None;
                }
            }
        }
    }
    Ok(products.into_iter().filter_map(|(name, product)| Some((name, product?))).collect())
}

fn write(name: &str, pairs: Vec<(String, String)>) -> Result<(), Box<dyn std::error::Error>> {
    let mut code = String::from("&[\n");
    for (first, second) in pairs {
        writeln!(code, "    ({first:?}, {second:?}),")?;
    }
    code.push_str("]\n");
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join(name), code)?;
    Ok(())
}
