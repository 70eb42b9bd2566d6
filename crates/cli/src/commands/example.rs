//! `banbury example`: a made-up case, ready to be assessed.

use crate::Outcome;
use crate::arguments::Example;
use crate::terminal::{self, Progress};
use anyhow::{Context as _, bail};
use banbury_evidence::ExhibitKind;
use banbury_evidence::case::{Case, CaseConfig, Config};
use banbury_network::nation::Nation;
use std::io::Write as _;

pub(super) fn run(arguments: Example) -> anyhow::Result<Outcome> {
    let Example::Nation { case: root, sites, seed } = arguments;
    if !(Nation::FEWEST..=Nation::MOST).contains(&sites) {
        bail!("--sites {sites}: from {} to {}", Nation::FEWEST, Nation::MOST);
    }
    let nation = Nation { sites, seed };
    let regimes = banbury_regime::builtin()?.into_iter().map(|regime| regime.id).collect();
    let name = format!("Synthetic nation of {sites} sites, seed {seed}");
    let config = Config { case: CaseConfig { name, regimes }, ..Config::default() };
    // Made first: a folder with a case in it is refused before anything is written.
    let mut case = Case::init(&root, &config)?;
    let folder = root.join("network");
    std::fs::create_dir(&folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
    let progress = Progress::start("making a nation");
    let mut bytes = 0;
    for (name, table) in nation.tables() {
        let path = folder.join(name);
        std::fs::write(&path, &table).with_context(|| format!("{}: cannot be written", path.display()))?;
        bytes += table.len() as u64;
        case.add(&path, name, ExhibitKind::Network, &super::now())?;
    }
    drop(progress);
    let mut out = std::io::stdout().lock();
    writeln!(out, "case {:?} in {}", case.config.case.name, root.display())?;
    writeln!(
        out,
        "synthetic: {} ({} of tables in {})",
        nation.mark(),
        terminal::bytes(bytes),
        folder.display()
    )?;
    terminal::note(&format!("next: banbury assess {}", root.display()));
    Ok(Outcome::Done)
}
