use crate::Outcome;
use crate::arguments::Init;
use anyhow::Context as _;
use banbury_evidence::case::{CONFIG, Case, CaseConfig, Config};
use std::io::Write as _;

pub(super) fn run(arguments: Init) -> anyhow::Result<Outcome> {
    let Init { case: root, name, regimes, config } = arguments;
    let config = match config {
        Some(path) => {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("{}: cannot be read", path.display()))?;
            Config::parse(&path, &text)?
        }
        None => {
            let folder =
                || root.file_name().map_or_else(|| "case".into(), |name| name.to_string_lossy().into_owned());
            let regimes = if regimes.is_empty() {
                banbury_regime::builtin()?.into_iter().map(|regime| regime.id).collect()
            } else {
                regimes
            };
            let case = CaseConfig { name: name.unwrap_or_else(folder), regimes };
            Config { case, ..Config::default() }
        }
    };
    for regime in &config.case.regimes {
        super::regime::named(&root, regime)?;
    }
    let case = Case::init(&root, &config)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "case {:?} in {}", case.config.case.name, root.display())?;
    writeln!(out, "regimes: {} (settings: {})", config.case.regimes.join(", "), root.join(CONFIG).display())?;
    crate::terminal::note(&format!("next: banbury add {} FILE...", root.display()));
    Ok(Outcome::Done)
}
