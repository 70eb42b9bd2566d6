//! What there is, with its limits.

use super::explain::indent;
use crate::Outcome;
use banbury_evidence::Description;
use banbury_regime::Regime;
use std::io::{self, Write as _};
use std::path::PathBuf;

pub(super) fn formats() -> anyhow::Result<Outcome> {
    let mut out = io::stdout().lock();
    writeln!(out, "Read from images, at any offset:")?;
    for format in banbury_formats::FORMATS.iter().map(|format| format.describe()) {
        writeln!(out, "\n{}: {}", format.name, format.title)?;
        writeln!(out, "{}", indent(&format!("yields: {}", format.yields)))?;
        limits(&mut out, format.limits)?;
    }
    writeln!(out, "\nRead as what somebody states, by itself or in an image:")?;
    for form in banbury_formats::statement::FORMS {
        writeln!(out, "\n{}: {}", form.name, form.title)?;
        writeln!(out, "{}", indent(&format!("yields: {}", form.yields)))?;
        limits(&mut out, form.limits)?;
    }
    writeln!(out, "\nRead as traffic (banbury watch), plain or in gzip or zstd:")?;
    for form in banbury_formats::traffic::TRAFFIC_FORMATS.iter().map(|format| format.describe()) {
        writeln!(out, "\n{}: {}", form.name, form.title)?;
        writeln!(out, "{}", indent(&format!("yields: {}", form.yields)))?;
        limits(&mut out, form.limits)?;
    }
    writeln!(out, "\nRead into the network model:")?;
    for table in banbury_network::INPUTS.iter().map(|table| table.describe()) {
        writeln!(out, "\n{}: {}", table.name, table.title)?;
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        writeln!(out, "{}", indent(&format!("columns: {}", columns.join(", "))))?;
        limits(&mut out, table.limits)?;
    }
    writeln!(
        out,
        "\ndocs/network.md describes every column; `banbury formats --schema network` the model in one file."
    )?;
    writeln!(out, "\nRead into the feed database (banbury feeds import):")?;
    for feed in banbury_software::feed::FEEDS.iter().map(|feed| feed.describe()) {
        writeln!(out, "\n{}: {}", feed.name, feed.title)?;
        writeln!(out, "{}", indent(&format!("tells: {}", feed.tells)))?;
        limits(&mut out, feed.limits)?;
    }
    writeln!(out, "\nWritten (-o FORMAT=PATH):")?;
    for format in banbury_dossier::REPORT_FORMATS {
        writeln!(out, "\n{}: {} (from {})", format.name, format.title, format.applies_to())?;
        limits(&mut out, format.limits)?;
    }
    Ok(Outcome::Done)
}

/// The JSON Schemas of what is read and written, by name.
const SCHEMAS: &[(&str, &str)] = &[
    ("network", include_str!("../../../../schemas/network.schema.json")),
    ("inspect", include_str!("../../../../schemas/inspect.schema.json")),
    ("dossier", include_str!("../../../../schemas/dossier.schema.json")),
    ("unpack", include_str!("../../../../schemas/unpack.schema.json")),
    ("diff-components", include_str!("../../../../schemas/diff-components.schema.json")),
    ("review", include_str!("../../../../schemas/review.schema.json")),
    ("watch", include_str!("../../../../schemas/watch.schema.json")),
    ("structure", include_str!("../../../../schemas/structure.schema.json")),
    ("what-if", include_str!("../../../../schemas/what-if.schema.json")),
    ("weigh", include_str!("../../../../schemas/weigh.schema.json")),
    ("plan", include_str!("../../../../schemas/plan.schema.json")),
];

pub(super) fn schema(name: &str) -> anyhow::Result<Outcome> {
    let Some((_, text)) = SCHEMAS.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = SCHEMAS.iter().map(|(name, _)| *name).collect();
        anyhow::bail!("--schema {name}: there is none of that name; there are {}", names.join(", "));
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Outcome::Done)
}

pub(super) fn probes() -> anyhow::Result<Outcome> {
    let mut out = io::stdout().lock();
    let probes = banbury_firmware::probes::PROBES.iter().map(|probe| probe.describe());
    for probe in probes.chain(banbury_software::lookup::LOOK_UPS.iter().copied()) {
        writeln!(out, "{} (version {}): {}", probe.name, probe.version, probe.finds)?;
        limits_of_a_probe(&mut out, probe)?;
    }
    for probe in banbury_traffic::probes::descriptions() {
        writeln!(out, "{} (version {}, of traffic): {}", probe.name, probe.version, probe.finds)?;
        limits_of_a_probe(&mut out, probe)?;
    }
    writeln!(out, "unpack (part of every inspection)")?;
    for info in banbury_firmware::CODES {
        writeln!(out, "    {:<7} {}: {}", info.grade.as_str(), info.code, info.title)?;
    }
    Ok(Outcome::Done)
}

pub(super) fn regimes(folders: &[PathBuf]) -> anyhow::Result<Outcome> {
    let mut out = io::stdout().lock();
    let regimes = if folders.is_empty() {
        banbury_regime::builtin()?
    } else {
        folders.iter().map(|folder| Regime::load(folder)).collect::<Result<_, _>>()?
    };
    for regime in regimes {
        writeln!(out, "{}: {}", regime.id, regime.title)?;
        writeln!(out, "  {}, version {}; {}", regime.authority, regime.version, regime.certainty.meaning())?;
        writeln!(out, "{}", indent(&regime.summary))?;
        for measure in &regime.measures {
            writeln!(out, "    {}/{}: {}", regime.id, measure.id, measure.title)?;
        }
        writeln!(out)?;
    }
    let whose = if folders.is_empty() { "REGIME" } else { "./FOLDER" };
    writeln!(out, "`banbury explain {whose}/MEASURE` says what a measure asks and how it is decided.")?;
    Ok(Outcome::Done)
}

fn limits_of_a_probe(out: &mut impl io::Write, probe: &Description) -> io::Result<()> {
    writeln!(out, "{}", indent(&format!("how: {}", probe.how)))?;
    writeln!(out, "{}", indent(&format!("wrong when: {}", probe.wrong)))?;
    for miss in probe.misses {
        writeln!(out, "{}", indent(&format!("misses: {miss}")))?;
    }
    for info in probe.codes {
        writeln!(out, "    {:<7} {}: {}", info.grade.as_str(), info.code, info.title)?;
    }
    writeln!(out)
}

fn limits(out: &mut impl io::Write, limits: &[&str]) -> io::Result<()> {
    limits.iter().try_for_each(|limit| writeln!(out, "{}", indent(&format!("limit: {limit}"))))
}
