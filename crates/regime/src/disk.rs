//! Reading a regime's folder from disk. It may be somebody else's: only regular files that stand in it are read, so many and
//! so large at most, and nothing that could wait for ever (a pipe, a device) is opened.

use crate::error::{Diagnostic, RegimeError};
use crate::folder::Files;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// A file of a regime is a few hundred lines of text; anything larger is none.
const LARGEST_FILE: usize = 1 << 20;

/// The most files in a folder, and bytes in all of them.
const MOST_FILES: usize = 20_000;
const MOST_BYTES: usize = 64 << 20;

/// Reads the files that make a regime, and its worked examples where they are wanted. Gives back its identifier, the folder's
/// name, too.
pub(crate) fn read(folder: &Path, examples: bool) -> Result<(String, Files), RegimeError> {
    let root =
        folder.canonicalize().map_err(|source| RegimeError::File { path: folder.to_owned(), source })?;
    if !root.is_dir() {
        return Err(fault(folder, "it is no folder", "a regime is a folder with regime.toml in it"));
    }
    let id = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !plain(&id) {
        return Err(fault(
            folder,
            "the folder's name is the regime's, and no name of one",
            "name it with letters, digits, `-`, `_` and `.`, the first a letter or digit",
        ));
    }
    let mut reader = Reader { shown: folder, root, id, files: Files::new(), bytes: 0, seen: 0 };
    for name in ["regime.toml", "definitions.sql"] {
        if reader.shown.join(name).symlink_metadata().is_ok() {
            reader.file(name)?;
        }
    }
    for (part, ending) in [("measures", "toml"), ("attested", "toml"), ("queries", "sql")] {
        for name in reader.names(part)? {
            if has_ending(&name, ending) {
                reader.file(&format!("{part}/{name}"))?;
            }
        }
    }
    if examples {
        for measure in reader.names("examples")? {
            let part = format!("examples/{measure}");
            for name in reader.names(&part)? {
                if has_ending(&name, "toml") || has_ending(&name, "txt") {
                    reader.file(&format!("{part}/{name}"))?;
                }
            }
        }
    }
    Ok((reader.id, reader.files))
}

/// Whether a name can be a regime's: one that stands in file names, in settings and on the command line as it is.
pub(crate) fn plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn has_ending(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == ending)
}

fn fault(path: &Path, cause: impl Into<String>, hint: &'static str) -> RegimeError {
    RegimeError::Folder { path: path.to_owned(), cause: cause.into(), hint }
}

struct Reader<'a> {
    /// The folder as it was named, for messages.
    shown: &'a Path,
    /// The folder without symbolic links.
    root: PathBuf,
    id: String,
    files: Files,
    bytes: usize,
    seen: usize,
}

impl Reader<'_> {
    /// The names in a part of the folder, in their order, without hidden ones; none when the part is not there.
    fn names(&mut self, part: &str) -> Result<Vec<String>, RegimeError> {
        let shown = self.shown.join(part);
        let failed = |source| RegimeError::File { path: shown.clone(), source };
        match shown.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
            Ok(_) => {}
        }
        let inner = self.inside(&shown)?;
        if !inner.is_dir() {
            return if part.matches('/').count() > 0 {
                // A file beside the folders of examples, such as a README.
                Ok(Vec::new())
            } else {
                Err(fault(&shown, "it is no folder", "move it: a regime has a folder of this name"))
            };
        }
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&inner).map_err(failed)? {
            self.seen += 1;
            if self.seen > MOST_FILES {
                let cause = format!("there are more than {MOST_FILES} files in it");
                return Err(fault(self.shown, cause, "a regime's folder holds the files of one regime"));
            }
            let name = entry.map_err(failed)?.file_name();
            let Some(name) = name.to_str() else {
                let path = shown.join(&name);
                return Err(fault(&path, "its name is no UTF-8", "rename the file"));
            };
            if !name.starts_with('.') {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Where a path leads, which has to be inside the folder.
    fn inside(&self, shown: &Path) -> Result<PathBuf, RegimeError> {
        let path =
            shown.canonicalize().map_err(|source| RegimeError::File { path: shown.to_owned(), source })?;
        if !path.starts_with(&self.root) {
            return Err(fault(
                shown,
                "it is a symbolic link that leads out of the regime's folder",
                "put a copy of the file in its place",
            ));
        }
        Ok(path)
    }

    fn file(&mut self, relative: &str) -> Result<(), RegimeError> {
        let shown = self.shown.join(relative);
        let path = self.inside(&shown)?;
        let failed = |source| RegimeError::File { path: shown.clone(), source };
        if !path.metadata().map_err(failed)?.is_file() {
            return Err(fault(
                &shown,
                "it is no regular file",
                "put a text file in its place, or take it out",
            ));
        }
        let mut bytes = Vec::new();
        let file = File::open(&path).map_err(failed)?;
        file.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() > LARGEST_FILE {
            return Err(fault(&shown, "it is larger than 1 MiB", "a regime's file has at most 1 MiB"));
        }
        self.bytes += bytes.len();
        if self.bytes > MOST_BYTES {
            return Err(fault(
                self.shown,
                "its files are larger than 64 MiB together",
                "a regime's folder holds the files of one regime",
            ));
        }
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                let valid = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default()).into_owned();
                let byte = bytes.get(at).copied().unwrap_or_default();
                let cause = format!("the byte 0x{byte:02x} is no UTF-8");
                return Err(Diagnostic::at(&format!("{}/{relative}", self.id), &valid, Some(at..at), cause)
                    .hint("save the file as UTF-8")
                    .into());
            }
        };
        self.files.insert(relative.to_owned(), text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_regimes_name_can_be_written_anywhere() {
        for good in ["mine", "uk-hrv-2020", "Regime_2.1", "4g"] {
            assert!(plain(good), "{good}");
        }
        for bad in ["", ".", "..", ".hidden", "-o", "a b", "a/b", "a\nb", "größe", &"x".repeat(65)] {
            assert!(!plain(bad), "{bad:?}");
        }
    }
}
