//! Which files are read: those that are named, and those in folders that are named.
//!
//! What is named has to be readable. What in a folder is not is left out and said: one file of another user's does not hold up the rest.

use anyhow::{Context as _, bail};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders inside folders, at most.
const DEPTH: u32 = 16;

/// The files, in the order in which they are named, a folder's by their paths; and what in folders is no file.
pub(super) fn of(named: &[PathBuf]) -> anyhow::Result<(Vec<PathBuf>, Vec<String>)> {
    let (mut files, mut left) = (Vec::new(), Vec::new());
    for path in named {
        // Asked before it is opened: opening a pipe waits for whoever writes to it.
        let metadata = fs::metadata(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        if metadata.is_dir() {
            let before = files.len();
            let entries = entries(path).with_context(|| format!("{}: cannot be read", path.display()))?;
            walk(entries, DEPTH, &mut files, &mut left);
            if files.len() == before {
                let why = left.last().map_or(String::new(), |left| format!(" that can be read ({left})"));
                bail!(
                    "{}: a folder without files{why}; name the folder with the logs or captures",
                    path.display()
                );
            }
        } else if metadata.is_file() {
            fs::File::open(path).with_context(|| format!("{}: cannot be read", path.display()))?;
            files.push(path.clone());
        } else {
            bail!("{}: not a regular file; copy what it yields into one first", path.display());
        }
    }
    if files.len() > banbury_traffic::pairs::INPUTS {
        bail!("{} files: more than are told apart; watch fewer at a time", files.len());
    }
    Ok((files, left))
}

/// The files that there are at the moment of those that are named, and what is not one or cannot be read: for a folder that may be
/// empty yet, or gone.
pub(super) fn now(named: &[PathBuf]) -> (Vec<PathBuf>, Vec<String>) {
    let (mut files, mut left) = (Vec::new(), Vec::new());
    for path in named {
        match entries(path) {
            Ok(entries) => walk(entries, DEPTH, &mut files, &mut left),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                walk(vec![path.clone()], DEPTH, &mut files, &mut left);
            }
            Err(error) => left.push(format!("{}: cannot be read: {error}", path.display())),
        }
    }
    (files, left)
}

/// What a folder holds, by name.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    Ok(entries)
}

fn walk(paths: Vec<PathBuf>, depth: u32, files: &mut Vec<PathBuf>, left: &mut Vec<String>) {
    for path in paths {
        let unread = |error: io::Error| format!("{}: cannot be read: {error}", path.display());
        let kind = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) => {
                left.push(unread(error));
                continue;
            }
        };
        if kind.is_dir() && depth > 0 {
            match entries(&path) {
                Ok(entries) => walk(entries, depth - 1, files, left),
                Err(error) => left.push(unread(error)),
            }
        } else if kind.is_file() || (kind.is_symlink() && fs::metadata(&path).is_ok_and(|it| it.is_file())) {
            match fs::File::open(&path) {
                Ok(_) => files.push(path),
                Err(error) => left.push(unread(error)),
            }
        } else if kind.is_dir() {
            left.push(format!("{}: more than {DEPTH} folders down", path.display()));
        } else {
            left.push(format!("{}: no file", path.display()));
        }
    }
}
