//! Which files are read: those that are named, and those in folders that are named.

use anyhow::{Context as _, bail};
use std::fs;
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
            walk(path, DEPTH, &mut files, &mut left)?;
            if files.len() == before {
                bail!(
                    "{}: a folder without files; name the folder with the logs or captures",
                    path.display()
                );
            }
        } else if metadata.is_file() {
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

fn walk(folder: &Path, depth: u32, files: &mut Vec<PathBuf>, left: &mut Vec<String>) -> anyhow::Result<()> {
    let read = || format!("{}: cannot be read", folder.display());
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).with_context(read)? {
        entries.push(entry.with_context(read)?.path());
    }
    entries.sort();
    for path in entries {
        let kind = fs::symlink_metadata(&path)
            .with_context(|| format!("{}: cannot be read", path.display()))?
            .file_type();
        if kind.is_dir() && depth > 0 {
            walk(&path, depth - 1, files, left)?;
        } else if kind.is_file() || (kind.is_symlink() && fs::metadata(&path).is_ok_and(|it| it.is_file())) {
            files.push(path);
        } else {
            left.push(format!("{}: no file", path.display()));
        }
    }
    Ok(())
}
