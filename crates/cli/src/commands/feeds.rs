use crate::Outcome;
use crate::arguments::{Feeds, FeedsCommand, FeedsPlace};
use crate::terminal::{self, Progress, bytes, safe};
use anyhow::{Context as _, bail};
use banbury_software::store::{ImportedFile, Options, Store};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The variable that names the feed database.
pub(super) const VARIABLE: &str = "BANBURY_FEEDS";
/// Problems of one file that are listed; the rest are counted.
const LISTED: usize = 5;

pub(super) fn run(arguments: Feeds) -> anyhow::Result<Outcome> {
    match arguments.command {
        FeedsCommand::Import { files, dated, place } => {
            let today = Some(super::today().to_string());
            import(&files, &Options { dated: dated.map(|date| date.to_string()), today }, &Place::of(&place)?)
        }
        FeedsCommand::List { as_of, place } => {
            list(&as_of.unwrap_or_else(super::today).to_string(), &Place::of(&place)?)
        }
        FeedsCommand::Exploited(options) => super::exploited::run(&options),
    }
}

/// Where the feed database stands, and whether somebody named that place.
pub(super) struct Place {
    pub path: PathBuf,
    pub named: bool,
}

impl Place {
    pub(super) fn of(argument: &FeedsPlace) -> anyhow::Result<Self> {
        let variable =
            |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(path) = argument.path.clone().or_else(|| variable(VARIABLE)) {
            return Ok(Self { path, named: true });
        }
        let data = variable("XDG_DATA_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| variable("HOME").map(|home| home.join(".local/share")));
        let Some(data) = data else {
            bail!(
                "where the feed database is to stand cannot be told: neither $XDG_DATA_HOME nor $HOME is set; name it with --feeds PATH or ${VARIABLE}"
            );
        };
        Ok(Self { path: data.join("banbury/feeds.sqlite"), named: false })
    }
}

fn import(files: &[PathBuf], options: &Options, place: &Place) -> anyhow::Result<Outcome> {
    if let Some(folder) = place.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        if place.named && !folder.is_dir() {
            bail!("{}: there is no folder {}", place.path.display(), folder.display());
        }
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: the folder cannot be made", folder.display()))?;
    }
    let mut store = Store::open(&place.path)?;
    terminal::note(&format!("feed database: {}", place.path.display()));
    let mut outcome = Outcome::Done;
    for path in files {
        let progress = Progress::start(&format!("importing {}", path.display()));
        let imported = store.import(path, options);
        drop(progress);
        match imported {
            Ok(imported) => {
                let mut out = std::io::stdout().lock();
                for one in imported {
                    let state = if one.unchanged { "known   " } else { "imported" };
                    writeln!(out, "{state}  {}", line(&one.file))?;
                    problems(&mut out, &one.file)?;
                }
            }
            // The other files are imported all the same.
            Err(error) => {
                terminal::error(&error.into());
                outcome = Outcome::Failed;
            }
        }
    }
    Ok(outcome)
}

fn list(as_of: &str, place: &Place) -> anyhow::Result<Outcome> {
    let store = open(&place.path)?;
    terminal::note(&format!("feed database: {}", place.path.display()));
    let files = store.files()?;
    let in_use = store.files_in_use()?;
    let mut out = std::io::stdout().lock();
    for file in &files {
        let age = match file.age_in_days(as_of) {
            Some(1) => "1 day old".to_owned(),
            Some(days) if days >= 0 => format!("{days} days old"),
            Some(days) => format!("{} days later than {as_of}", -days),
            None => "of unknown age".to_owned(),
        };
        let replaced = if in_use.contains(file) { "" } else { ", replaced by a newer one" };
        writeln!(out, "{}, {age}{replaced}", line(file))?;
        writeln!(out, "  sha256 {}, {}", file.sha256, bytes(file.bytes))?;
        problems(&mut out, file)?;
    }
    writeln!(out, "{} files, ages as of {as_of}", files.len())?;
    Ok(Outcome::Done)
}

/// Opens a database that is to be there.
pub(super) fn open(path: &Path) -> anyhow::Result<Store> {
    if !path.exists() {
        bail!("{}: no feed database here; `banbury feeds import FILE...` makes one", path.display());
    }
    Ok(Store::open_to_read(path)?)
}

fn line(file: &ImportedFile) -> String {
    let dated = file.dated.as_deref().map_or("no date", |date| date.get(..10).unwrap_or(date));
    let older = match file.older {
        0 => String::new(),
        older => format!(", {older} of them older than what was there"),
    };
    let records = if file.records == 1 { "record" } else { "records" };
    format!("{:<12} {dated}  {}: {} {records}{older}", file.feed, safe(&file.name), file.records)
}

fn problems(out: &mut impl std::io::Write, file: &ImportedFile) -> std::io::Result<()> {
    let total = file.problems.total();
    if total == 0 {
        return Ok(());
    }
    writeln!(out, "  problems: {total}")?;
    for problem in file.problems.first.iter().take(LISTED) {
        let record = problem.record.map_or(String::new(), |record| format!(", record {record}"));
        // Where the file stood does not matter any more.
        let place = problem.place.find(&file.name).and_then(|at| problem.place.get(at..));
        let place = safe(place.unwrap_or(&problem.place));
        writeln!(out, "    {place}{record}, byte {}: {}", problem.offset, safe(&problem.what))?;
    }
    let listed = file.problems.first.len().min(LISTED) as u64;
    if total > listed {
        writeln!(out, "    ... and {} more", total - listed)?;
    }
    Ok(())
}
