//! Regimes of the user's own, begun and tested; and the regimes that a command is to apply.

use crate::Outcome;
use crate::arguments::{OwnRegime, RegimeCommand};
use crate::terminal::{self, Progress, Tone, paint, safe, safe_lines};
use anyhow::{Context as _, bail};
use banbury_evidence::MeasureResult;
use banbury_evidence::case::{CONFIG, Case, Parameter};
use banbury_evidence::model::Model;
use banbury_regime::worked::{self, Tested, Trial};
use banbury_regime::{Overrides, ParameterValue, Regime};
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

pub(super) fn run(arguments: OwnRegime) -> anyhow::Result<Outcome> {
    match arguments.command {
        RegimeCommand::New { folder } => begin(&folder),
        RegimeCommand::Test { folders } => test(&folders),
    }
}

fn begin(folder: &Path) -> anyhow::Result<Outcome> {
    let files = banbury_regime::begin(folder)?;
    let mut out = io::stdout().lock();
    for file in &files {
        writeln!(out, "{}", file.display())?;
    }
    let shown = folder.display();
    let way = if folder.is_absolute() { "" } else { "./" };
    terminal::note(&format!(
        "next: banbury regime test {shown}\n\
         then change it, test it again, and apply it to a case: banbury assess CASE --regime {way}{shown}\n\
         (or name it in the case's {CONFIG}, by its way from the case's folder, with a `/`)"
    ));
    Ok(Outcome::Done)
}

/// How many lines of what came are shown of one measure of an example.
const SHOWN: usize = 8;

fn test(folders: &[PathBuf]) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::Done;
    let mut sum = Sum::default();
    for folder in folders {
        let scratch = Scratch::make()?;
        let progress = Progress::start(&format!("testing {}", folder.display()));
        let result = worked::test(folder, &scratch.0);
        drop(progress);
        match result {
            Ok(tested) => {
                write(&tested)?;
                sum.add(&tested);
                outcome = outcome.and(judge(&tested));
            }
            Err(mistake) => {
                terminal::note(&safe_lines(&mistake.to_string()));
                sum.unread += 1;
                outcome = outcome.and(Outcome::Failed);
            }
        }
    }
    writeln!(io::stdout().lock(), "{}", sum.line(folders.len()))?;
    Ok(outcome)
}

fn judge(tested: &Tested) -> Outcome {
    if !tested.mistakes.is_empty() || tested.left_out.is_some() {
        Outcome::Failed
    } else if tested.passed() {
        Outcome::Done
    } else {
        Outcome::Breached
    }
}

/// What came of the examples of all folders.
#[derive(Default)]
struct Sum {
    examples: usize,
    otherwise: usize,
    not_tried: usize,
    failures: usize,
    mistakes: usize,
    unread: usize,
}

impl Sum {
    fn add(&mut self, tested: &Tested) {
        self.examples += tested.trials.len();
        for trial in &tested.trials {
            match trial.outcome {
                worked::Outcome::AsStated => {}
                worked::Outcome::NotTried(_) => self.not_tried += 1,
                worked::Outcome::Otherwise(_) | worked::Outcome::Unsteady(_) => self.otherwise += 1,
            }
        }
        self.failures += tested.failures.len();
        self.mistakes += tested.mistakes.len();
    }

    fn line(&self, folders: usize) -> String {
        let as_stated = self.examples - self.otherwise - self.not_tried;
        let mut parts = vec![format!(
            "{}: {as_stated} of {} as stated",
            count(folders, "regime"),
            count(self.examples, "worked example")
        )];
        for (number, what) in [
            (self.otherwise, "otherwise"),
            (self.not_tried, "not tried"),
            (self.failures, "missing or out of place"),
            (self.mistakes, "that cannot be run or read"),
            (self.unread, "not read at all"),
        ] {
            if number > 0 {
                parts.push(format!("{number} {what}"));
            }
        }
        format!("{}. Not looked at: whether the examples are the right ones.", parts.join(", "))
    }
}

fn write(tested: &Tested) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let regime = &tested.regime;
    let attested = regime.measures.iter().filter(|measure| measure.attested).count();
    let waiting = if attested > 0 { format!(", {attested} of them by attestation") } else { String::new() };
    writeln!(
        out,
        "{}: {}, {}{waiting}",
        regime.id,
        safe(&regime.title),
        count(regime.measures.len(), "measure")
    )?;
    for trial in &tested.trials {
        write_trial(&mut out, trial)?;
    }
    drop(out);
    for problem in &tested.mistakes {
        terminal::note(&safe_lines(&problem.to_string()));
    }
    for failure in &tested.failures {
        terminal::note(&safe_lines(&failure.to_string()));
    }
    if let Some(why) = &tested.left_out {
        terminal::note(&format!("{}: {why}", regime.id));
    }
    Ok(())
}

fn write_trial(out: &mut impl io::Write, trial: &Trial) -> io::Result<()> {
    let wanted = trial.expected.as_str();
    let (word, tone) = match &trial.outcome {
        worked::Outcome::AsStated => ("ok", Tone::Good),
        worked::Outcome::NotTried(_) => ("not tried", Tone::Unsure),
        worked::Outcome::Otherwise(_) | worked::Outcome::Unsteady(_) => ("WRONG", Tone::Bad),
    };
    let of = match trial.measures.as_slice() {
        [_] => String::new(),
        several => format!(" (each of {} measures by attestation)", several.len()),
    };
    let word = paint(&format!("{word:<9}"), tone);
    writeln!(out, "  {word} {}: {wanted}{of}", safe(&trial.file))?;
    match &trial.outcome {
        worked::Outcome::AsStated => Ok(()),
        worked::Outcome::NotTried(why) => writeln!(out, "            {}", safe(why)),
        worked::Outcome::Unsteady(when) => {
            writeln!(out, "            as stated, but {when} it comes to something else")
        }
        worked::Outcome::Otherwise(results) => {
            writeln!(out, "            expected: {wanted}, with \"{}\" in a reason", safe(&trial.reason))?;
            results.iter().take(SHOWN).try_for_each(|result| write_result(out, result))?;
            match results.len().saturating_sub(SHOWN) {
                0 => Ok(()),
                more => writeln!(out, "            and {more} more measures"),
            }
        }
    }
}

/// What a measure came to, and the verdicts of its subjects.
fn write_result(out: &mut impl io::Write, result: &MeasureResult) -> io::Result<()> {
    let MeasureResult { measure, verdict, reason, subjects, .. } = result;
    writeln!(out, "            {} came to: {}: {}", safe(measure), verdict.as_str(), safe(reason))?;
    for row in subjects.iter().take(SHOWN) {
        let (subject, verdict) = (safe(&row.subject), row.verdict.as_str());
        writeln!(out, "              {subject}: {verdict}: {}", safe(&row.reason))?;
    }
    match subjects.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "              and {}", count(more, "more subject")),
    }
}

/// "1 regime", "2 regimes".
fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A folder for the ledgers of worked examples, removed with all that is in it.
struct Scratch(PathBuf);

impl Scratch {
    fn make() -> anyhow::Result<Self> {
        let place = std::env::temp_dir();
        for number in 0..1000 {
            let folder = place.join(format!("banbury-regime-{}-{number}", std::process::id()));
            match std::fs::create_dir(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).with_context(|| format!("{}", folder.display())),
            }
        }
        bail!("{}: no folder for worked examples can be made there", place.display())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A regime by its name, or by its folder, from `root` on, when the name has a `/`.
pub(super) fn named(root: &Path, name: &str) -> anyhow::Result<Regime> {
    if name.contains('/') {
        return Ok(Regime::load(&root.join(name))?);
    }
    match banbury_regime::find(name)? {
        Some(regime) => Ok(regime),
        None if root.join(name).join("regime.toml").is_file() => {
            bail!("{name}: no built-in regime has this name; for the folder, write ./{name}")
        }
        None => {
            let known: Vec<String> = banbury_regime::builtin()?.into_iter().map(|regime| regime.id).collect();
            bail!(
                "{name}: no such regime; built in are {} (a folder of your own needs a `/`)",
                known.join(", ")
            )
        }
    }
}

/// Lists on which vendors stand and which no regime reads, applied or built in: a list's name is a regime's parameter.
pub(super) fn unread_lists(regimes: &[(Regime, Overrides)], model: &Model) -> anyhow::Result<Vec<String>> {
    if model.designations.is_empty() {
        return Ok(Vec::new());
    }
    let folded = |name: &str| name.trim_matches(' ').to_ascii_lowercase();
    let mut read: BTreeMap<String, String> = BTreeMap::new();
    let mut take = |regime: &Regime, overrides: &Overrides| {
        for (name, parameter) in regime.parameters.iter().filter(|(name, _)| name.starts_with("list")) {
            if let ParameterValue::Text(list) = overrides.get(name).unwrap_or(&parameter.value) {
                read.entry(folded(list)).or_insert_with(|| list.clone());
            }
        }
    };
    regimes.iter().for_each(|(regime, overrides)| take(regime, overrides));
    banbury_regime::builtin()?.iter().for_each(|regime| take(regime, &Overrides::new()));
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for designation in &model.designations {
        let key = folded(&designation.list);
        if !read.contains_key(&key) {
            told.entry(key).or_insert_with(|| {
                let lists: Vec<&str> = read.values().map(String::as_str).collect();
                format!(
                    "{}:{}: warning: no regime reads the list {:?}; those that are known read {}",
                    designation.source.file,
                    designation.source.line,
                    designation.list,
                    lists.join(", ")
                )
            });
        }
    }
    Ok(told.into_values().collect())
}

/// The regimes that the command line names, or else the case, with the case's settings for them. Folders on the command
/// line are found from where the command was given, those in banbury.toml from the case.
pub(super) fn chosen(case: &Case, given: &[String]) -> anyhow::Result<Vec<(Regime, Overrides)>> {
    let config = &case.config;
    let own = |named: &[String], root: &Path| {
        named.iter().map(|name| (name.clone(), root.to_owned())).collect::<Vec<_>>()
    };
    let theirs = own(&config.case.regimes, case.root());
    let (mut named, place) =
        if given.is_empty() { (theirs.clone(), CONFIG) } else { (own(given, Path::new("")), "--regime") };
    if named.iter().any(|(name, _)| name == "all") {
        let builtin: Vec<String> = banbury_regime::builtin()?.into_iter().map(|regime| regime.id).collect();
        let others = |all: &[(String, PathBuf)]| -> Vec<(String, PathBuf)> {
            all.iter().filter(|(name, _)| name != "all" && !builtin.contains(name)).cloned().collect()
        };
        let mut all = own(&builtin, case.root());
        all.extend(others(&named));
        all.extend(others(&theirs).into_iter().filter(|one| !named.contains(one)));
        named = all;
    }
    let known = |name: &&String| {
        !config.case.regimes.contains(*name) && !named.iter().any(|(other, _)| other == *name)
    };
    if let Some(stray) = config.parameters.keys().find(known) {
        bail!("banbury.toml: [parameters.{stray}]: the case does not apply that regime");
    }
    if named.is_empty() {
        bail!(
            "{CONFIG}: no regime is named, so there is nothing to assess; `banbury regimes` lists those that are built in"
        );
    }
    let mut found: Vec<(Regime, Overrides)> = Vec::new();
    for (name, root) in &named {
        let overrides = config.parameters.get(name).into_iter().flatten();
        let overrides = overrides.map(|(name, value)| (name.clone(), parameter(value))).collect();
        let regime = self::named(root, name)?;
        // Verdicts are told apart by the regime's identifier, whatever it was called by.
        if found.iter().any(|(other, _)| other.id == regime.id) {
            bail!("{place}: the regime {name} is named twice, or another is called {}", regime.id);
        }
        found.push((regime, overrides));
    }
    Ok(found)
}

fn parameter(value: &Parameter) -> ParameterValue {
    match value {
        Parameter::Flag(flag) => ParameterValue::Flag(*flag),
        Parameter::Whole(number) => ParameterValue::Number(*number),
        Parameter::Real(real) => ParameterValue::Real(*real),
        Parameter::Text(text) => ParameterValue::Text(text.clone()),
    }
}
