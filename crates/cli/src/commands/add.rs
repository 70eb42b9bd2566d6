use crate::Outcome;
use crate::arguments::{Add, Kind};
use crate::terminal;
use anyhow::{Context as _, bail};
use banbury_evidence::{ExhibitKind, case::Case};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

pub(super) fn run(arguments: Add) -> anyhow::Result<Outcome> {
    let mut case = Case::open(&arguments.case)?;
    let mut outcome = Outcome::Done;
    let mut out = std::io::stdout().lock();
    for path in &arguments.files {
        match add(&mut case, path, arguments.kind) {
            Ok(line) => writeln!(out, "{line}")?,
            // The other files are added all the same.
            Err(error) => {
                terminal::error(&error);
                outcome = Outcome::Failed;
            }
        }
    }
    if outcome == Outcome::Done {
        terminal::note(&format!("next: banbury assess {}", arguments.case.display()));
    }
    Ok(outcome)
}

fn add(case: &mut Case, path: &Path, kind: Option<Kind>) -> anyhow::Result<String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let Some(name) = name.filter(|_| !path.is_dir()) else {
        bail!("{}: a folder; name the files in it, or pack a root file system with tar", path.display());
    };
    // Asked before it is opened: opening a pipe waits for whoever writes to it.
    let metadata = std::fs::metadata(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    if !metadata.is_file() {
        bail!("{}: not a regular file; copy what it yields into one first", path.display());
    }
    let (kind, told) = match kind {
        Some(Kind::Firmware) => (ExhibitKind::Firmware, "as told"),
        Some(Kind::Network) => (ExhibitKind::Network, "as told"),
        Some(Kind::Statement) => (ExhibitKind::Statement, "as told"),
        Some(Kind::Traffic) => (ExhibitKind::Traffic, "as told"),
        None => recognise(path, &name)?,
    };
    let added = case.add(path, &name, kind, &super::now())?;
    let state = if added.new { "added" } else { "known" };
    let size = terminal::bytes(added.exhibit.size);
    let sha256 = added.exhibit.sha256.short();
    Ok(format!("{state}  {sha256}  {:<9}  {}  {size}, {told}", kind.as_str(), terminal::safe(&name)))
}

/// What a file is, from its content.
fn recognise(path: &Path, name: &str) -> anyhow::Result<(ExhibitKind, &'static str)> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(1 << 16).read_to_end(&mut head))
        .with_context(|| format!("{}: cannot be read", path.display()))?;
    if let Some(table) = banbury_network::recognise(name, &head) {
        return Ok((ExhibitKind::Network, table.describe().title));
    }
    let table = [".csv", ".tsv", ".graphml", ".xml", ".yaml", ".yml"]
        .iter()
        .any(|ending| name.to_lowercase().ends_with(ending));
    if table {
        bail!(
            "{}: no table that Banbury knows; `banbury formats` lists the tables and their columns (or add it with --as firmware)",
            path.display()
        );
    }
    if head.is_empty() {
        bail!(
            "{}: an empty file; nothing to examine (add it with --as firmware to keep it on record)",
            path.display()
        );
    }
    if let Some(form) = banbury_formats::statement::looks_like(&head) {
        return Ok((ExhibitKind::Statement, form.title));
    }
    Ok((ExhibitKind::Firmware, "image"))
}
