//! What is asked, as it stands on the command line and in files. What would have no effect is refused.

use crate::arguments::{Judged, WhatIf};
use anyhow::{Context as _, bail};
use banbury_network::scenario::{self, Event, Failure, Figures, Kind, Scenario, Verb};
use std::io::Read as _;
use std::path::Path;

/// The seed where none is given.
pub(super) const SEED: u64 = 1;
/// The share where none is given, in percent.
const SHARE: u8 = 50;

pub(super) struct Options {
    /// The scenario of the command line, then those of the file.
    pub scenarios: Vec<Scenario>,
    pub each: Option<Kind>,
    pub share: u8,
    pub figures: Figures,
    pub failures: Vec<Failure>,
    draws: bool,
}

impl Options {
    pub fn read(arguments: &WhatIf) -> anyhow::Result<Self> {
        for output in &arguments.outputs {
            if !matches!(output.format.name, "json" | "csv") {
                bail!("-o {}: what is lost is written as json, or as csv for a table", output.format.name);
            }
        }
        let each = arguments.each.as_deref().map(kind).transpose()?;
        if arguments.scenarios.is_some()
            && arguments.scenarios == arguments.failures_file
            && is_stdin(&arguments.scenarios)
        {
            bail!("--scenarios - and --failures -: stdin can be one of them alone");
        }
        let scenarios = scenarios(arguments)?;
        let texts: Vec<&str> = arguments.per_subscriber.iter().map(String::as_str).collect();
        let figures = Figures::parse(&texts).context("--per-subscriber")?;
        let mut failures = Vec::new();
        for text in &arguments.failures {
            failures.push(Failure::parse(text).context("--failure")?);
        }
        if let Some(path) = &arguments.failures_file {
            let of_file = Failure::parse_table(&path.display().to_string(), &read(path)?)?;
            if of_file.is_empty() {
                bail!(
                    "{}: there is no probability in it; a line each, such as `device=0.001`",
                    path.display()
                );
            }
            failures.extend(of_file);
        }
        let draws = arguments.monte_carlo.is_some();
        if draws && failures.is_empty() {
            bail!(
                "--monte-carlo: nothing is said to fail; --failure device=0.001 says how likely it is, --failures reads a file"
            );
        }
        let share = arguments.share.unwrap_or(SHARE);
        let options = Self { scenarios, each, share, figures, failures, draws };
        options.refuse_idle(arguments)?;
        Ok(options)
    }

    /// Whether nothing is to happen and nothing to be held against each other.
    pub fn asks_nothing(&self) -> bool {
        self.scenarios.is_empty() && self.each.is_none() && !self.draws
    }

    /// The kinds that are asked for; how a network stands is asked of components, too.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        let events = self.scenarios.iter().flat_map(|one| &one.events).map(|event| event.kind);
        let failures = self.failures.iter().map(|failure| failure.kind);
        events.chain(self.each).chain(failures).chain(self.asks_nothing().then_some(Kind::Component))
    }

    /// Refuses options that change nothing of what is asked.
    fn refuse_idle(&self, arguments: &WhatIf) -> anyhow::Result<()> {
        let happens = !self.scenarios.is_empty();
        let hostile = self.scenarios.iter().flat_map(|one| &one.events).any(|event| event.verb.is_hostile());
        let idle = [
            (
                arguments.share.is_some() && happens && self.each.is_none() && !self.draws,
                "--share",
                "--each or --monte-carlo",
            ),
            (arguments.steps.is_some() && !hostile, "--steps", "--compromise or --exploit"),
            (arguments.cascade && !happens, "--cascade", "something that happens, such as --lose"),
            (
                !arguments.per_subscriber.is_empty() && !happens,
                "--per-subscriber",
                "something that happens, such as --lose",
            ),
            (
                arguments.capacity != Judged::Auto && !happens,
                "--capacity",
                "something that happens, such as --lose",
            ),
            (
                arguments.verdicts != Judged::Auto && !happens,
                "--verdicts",
                "something that happens, such as --lose",
            ),
            (!arguments.regimes.is_empty() && !happens, "--regime", "something that happens, such as --lose"),
            (
                arguments.outputs.iter().any(|output| output.format.name == "csv") && !happens,
                "-o csv",
                "something that happens, such as --lose",
            ),
        ];
        if let Some((_, option, needs)) = idle.iter().find(|(is_idle, ..)| *is_idle) {
            bail!("{option} has no effect without {needs}");
        }
        if !arguments.regimes.is_empty() && arguments.verdicts == Judged::Never {
            bail!("--regime has no effect with --verdicts never");
        }
        if !arguments.per_subscriber.is_empty() && arguments.capacity == Judged::Never && !arguments.cascade {
            bail!("--per-subscriber has no effect with --capacity never");
        }
        Ok(())
    }
}

fn is_stdin(path: &Option<std::path::PathBuf>) -> bool {
    path.as_deref().is_some_and(|path| path.as_os_str() == "-")
}

fn kind(word: &str) -> anyhow::Result<Kind> {
    Kind::named(word).with_context(|| {
        format!("--each {word}: no such kind; kinds: {}", Kind::ALL.map(|(word, _)| word).join(", "))
    })
}

fn scenarios(arguments: &WhatIf) -> anyhow::Result<Vec<Scenario>> {
    let lists = [
        (Verb::Lose, &arguments.lose),
        (Verb::Ban, &arguments.ban),
        (Verb::Unsupported, &arguments.unsupported),
        (Verb::Compromise, &arguments.compromise),
        (Verb::Exploit, &arguments.exploit),
        (Verb::Isolate, &arguments.isolate),
    ];
    let mut events = Vec::new();
    for (verb, list) in lists {
        for text in list {
            events.push(Event::parse(verb, text).with_context(|| format!("--{}", verb.as_str()))?);
        }
    }
    let mut all = Vec::new();
    if !events.is_empty() {
        all.push(Scenario::of(events));
    }
    if let Some(path) = &arguments.scenarios {
        let of_file = scenario::parse_table(&path.display().to_string(), &read(path)?)?;
        if of_file.is_empty() {
            bail!("{}: there is no scenario in it; a line each, such as `lose vendor:NAME`", path.display());
        }
        all.extend(of_file);
    }
    Ok(all)
}

fn read(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    // One byte more than may be: then it is seen that there are too many.
    let most = scenario::MOST_BYTES as u64 + 1;
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_string(&mut text))
    };
    read.with_context(|| format!("{}: cannot be read", path.display()))?;
    Ok(text)
}
