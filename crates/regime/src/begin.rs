//! A new regime to begin from: a small folder that works, of one measure with its query and worked examples.

use crate::disk;
use crate::error::RegimeError;
use crate::folder::find;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The files of a new regime, by their paths in its folder.
const TEMPLATE: &[(&str, &str)] = &[
    ("regime.toml", include_str!("../template/regime.toml")),
    ("measures/end-of-support.toml", include_str!("../template/measures/end-of-support.toml")),
    ("queries/end-of-support.sql", include_str!("../template/queries/end-of-support.sql")),
    ("examples/end-of-support/met.toml", include_str!("../template/examples/end-of-support/met.toml")),
    (
        "examples/end-of-support/breached.toml",
        include_str!("../template/examples/end-of-support/breached.toml"),
    ),
    (
        "examples/end-of-support/inconclusive.toml",
        include_str!("../template/examples/end-of-support/inconclusive.toml"),
    ),
];

/// Makes a folder with a small regime that works, and gives back the paths of its files. What is there is left as it is: the
/// folder must not exist, or be empty.
pub fn begin(folder: &Path) -> Result<Vec<PathBuf>, RegimeError> {
    let fault =
        |cause: String, hint: &'static str| RegimeError::Folder { path: folder.to_owned(), cause, hint };
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| RegimeError::File { path, source }
    };
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !disk::plain(&name) {
        return Err(fault(
            format!("{name:?} cannot be a regime's name"),
            "name the folder with letters, digits, `-`, `_` and `.`, the first a letter or digit",
        ));
    }
    if find(&name)?.is_some() {
        return Err(fault(
            format!("{name} is a built-in regime"),
            "give your own another name, so that verdicts say whose they are",
        ));
    }
    match folder.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(folder)(error)),
        Ok(_) => {
            let empty = folder.read_dir().is_ok_and(|mut entries| entries.next().is_none());
            if !empty {
                return Err(fault(
                    "it is there already, and nothing is overwritten".to_owned(),
                    "name a folder that does not exist, or an empty one",
                ));
            }
        }
    }
    let mut made = Vec::new();
    for (path, text) in TEMPLATE {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(failed(parent))?;
        }
        let mut open = fs::File::create_new(&file).map_err(failed(&file))?;
        open.write_all(text.replace("our-rules", &name).as_bytes()).map_err(failed(&file))?;
        made.push(file);
    }
    Ok(made)
}
