use super::{FailOn, inspect, summary};
use crate::Outcome;
use crate::arguments::Unpack;
use crate::outputs;
use crate::terminal::{self, Progress, bytes, safe};
use anyhow::{Context as _, bail};
use banbury_dossier::UnpackReport;
use banbury_evidence::{ObjectKind, Status};
use banbury_firmware::{Staging, Wish, folder, worker};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) fn run(arguments: &Unpack) -> anyhow::Result<Outcome> {
    let options = super::options(&arguments.limits, super::today())?;
    if let Some(output) = arguments.outputs.iter().find(|output| output.format.name != "json") {
        bail!(
            "the manifest is written as json alone; for {0}: banbury inspect -o {0}=PATH",
            output.format.name
        );
    }
    outputs::check(&arguments.outputs, std::slice::from_ref(&arguments.image))?;
    // From here on: what is begun is removed when the user asks to stop.
    let stop = asked_to_stop()?;
    let staging = arguments.dir.as_deref().map(Staging::beside).transpose()?;
    for left in staging.iter().flat_map(Staging::left_over) {
        terminal::note(&format!(
            "{}: left over from an unpacking that was killed; remove it",
            left.display()
        ));
    }
    let fold = staging.as_ref().map(Staging::folds).transpose()?.unwrap_or(false);
    let wish = Wish { write: staging.is_some(), streams: arguments.streams, fold };
    let progress = Progress::start(&format!("unpacking {}", arguments.image.display()));
    let unpacked = super::worker()?.unpack(
        &arguments.image,
        &options,
        wish,
        staging.as_ref().map(Staging::path),
        &|| stop.load(Ordering::Relaxed),
    )?;
    drop(progress);
    let worker::Unpacked { examination, written } = unpacked;
    let image = arguments.image.display();
    let Some(written) = written else {
        let why = examination.runs.iter().flat_map(|run| &run.skipped).map(|skipped| skipped.why.as_str());
        bail!("{image}: cannot be unpacked: {}", why.collect::<Vec<_>>().join("; "));
    };
    if let (Some(staging), Some(failure)) = (&staging, &written.failure) {
        return Err(staging.failed(failure).into());
    }
    let name = arguments.image.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let report = UnpackReport {
        name,
        examination,
        kept: written.objects,
        parts: written.parts,
        explanations: super::explanations(),
    };
    let wanted = staging.is_some() || !arguments.outputs.is_empty();
    let manifest = if wanted { banbury_dossier::manifest(&report)? } else { String::new() };
    let text = match (staging, &arguments.dir) {
        (Some(staging), Some(dir)) => {
            if stop.load(Ordering::Relaxed) {
                bail!("{image}: stopped, as asked");
            }
            staging.finish(&written.withdrawn, &manifest)?;
            done(dir, &report)
        }
        _ => list(&report),
    };
    for output in &arguments.outputs {
        output.write(&manifest)?;
    }
    let shown = !outputs::takes_stdout(&arguments.outputs);
    if shown {
        std::io::stdout().lock().write_all(text.as_bytes())?;
    }
    if arguments.list && shown {
        let status = report.examination.runs.first().map(|run| run.status);
        if status != Some(Status::Complete) {
            let mut text = String::new();
            summary::looked(&mut text, &report.examination);
            terminal::note(text.trim_end());
        }
    }
    let judged = inspect::judge(&report.examination, &FailOn::parse(&[])?);
    let short = report.kept.iter().any(|kept| kept.reason.as_deref() == Some(folder::NAMES_FULL));
    Ok(if short { judged.and(Outcome::Inconclusive) } else { judged })
}

/// Whether the user asks to stop: then the folder that is not finished is removed before the end.
fn asked_to_stop() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("signals cannot be heard")?;
    }
    Ok(stop)
}

/// What was written.
fn done(dir: &Path, report: &UnpackReport) -> String {
    let mut text = String::new();
    let (mut count, mut total) = (0u64, 0u64);
    let mut left: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for (object, kept) in report.examination.objects.iter().zip(&report.kept) {
        if kept.path.is_some() && matches!(object.kind, ObjectKind::File | ObjectKind::Stream) {
            count += 1;
            total += object.size;
        }
        if let Some(reason) = kept.reason.as_deref().filter(|_| object.kind != ObjectKind::Exhibit) {
            *left.entry(reason).or_default() += 1;
        }
    }
    // What is unknown is an object, too, and counted there.
    for part in report.parts.iter().filter(|part| part.what != "unknown") {
        count += 1;
        total += part.length;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", safe(&report.name));
    let _ = writeln!(text, "  sha256 {}, {}", report.examination.exhibit, bytes(report.examination.size));
    let place = safe(&dir.display().to_string());
    let _ = writeln!(text, "\n  Written to {place}: {count} files, {}", bytes(total));
    for (reason, count) in left {
        let _ = writeln!(text, "    not written: {count}: {reason}");
    }
    let _ =
        writeln!(text, "  Every object with its provenance: {place}/{}", banbury_firmware::staging::MANIFEST);
    summary::looked(&mut text, &report.examination);
    text
}

/// What would be written: kind and mode, size, path, a line each.
fn list(report: &UnpackReport) -> String {
    let mut text = String::new();
    for (object, kept) in report.examination.objects.iter().zip(&report.kept) {
        let kind = object.kind.as_str();
        let mode = object.mode.map(|mode| format!("{mode:04o}")).unwrap_or_else(|| "-".to_owned());
        let _ = match (&kept.path, &kept.reason) {
            (Some(path), _) => {
                let link = kept.link.as_deref().or(object.target.as_deref());
                let link = link.map(|link| format!(" -> {}", safe(link))).unwrap_or_default();
                writeln!(text, "{kind:<10} {mode:>5} {:>12} {}{link}", object.size, safe(path))
            }
            (None, Some(_)) if object.kind == ObjectKind::Exhibit => Ok(()),
            (None, reason) => {
                let reason = reason.as_deref().unwrap_or_default();
                writeln!(
                    text,
                    "{kind:<10} {mode:>5} {:>12} ({}: {reason})",
                    object.size,
                    safe(&object.location.path())
                )
            }
        };
    }
    for part in report.parts.iter().filter(|part| part.what != "unknown") {
        let _ = writeln!(text, "{:<10} {:>5} {:>12} {}", part.what, "-", part.length, safe(&part.path));
    }
    text
}
