//! What another release added, removed, upgraded, fixed and brought.

use super::inspect;
use super::known::FeedDatabase;
use crate::Outcome;
use crate::arguments::DiffComponents;
use crate::outputs;
use crate::terminal::{Progress, Tone, paint, safe};
use anyhow::bail;
use banbury_evidence::{Claim, Examination, Status};
use banbury_firmware::{Options, Worker};
use banbury_software::asked::AgedFeed;
use banbury_software::join::{self, Joined};
use banbury_software::lookup::Ran;
use banbury_software::vulnerabilities::{KNOWN_VULNERABILITY, Looked};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// Lines of one list; the rest are counted.
const LINES: usize = 40;

/// Writing to a String cannot fail, so the result is dropped.
macro_rules! line {
    ($text:expr, $($arguments:tt)*) => {{ let _ = writeln!($text, $($arguments)*); }};
}

pub(super) fn run(arguments: &DiffComponents) -> anyhow::Result<Outcome> {
    if let Some(output) = arguments.outputs.iter().find(|output| output.format.name != "json") {
        bail!("-o {}: differences of components are written as json alone", output.format.name);
    }
    let images = [arguments.old.clone(), arguments.new.clone()];
    outputs::check(&arguments.outputs, &images)?;
    let as_of = arguments.as_of.unwrap_or_else(super::today);
    let options = super::options(&arguments.limits, as_of)?;
    let feeds = FeedDatabase::open(&arguments.feeds)?;
    let worker = super::worker()?;
    let old = examined(&arguments.old, &worker, &options, &feeds, &as_of.to_string())?;
    let new = examined(&arguments.new, &worker, &options, &feeds, &as_of.to_string())?;
    let no_limits = super::FailOn::parse(&[])?;
    let mut outcome = inspect::judge(&old, &no_limits).and(inspect::judge(&new, &no_limits));
    let difference = Difference::of(&arguments.old, &old, &arguments.new, &new, &as_of.to_string());
    if arguments.fail_on.iter().any(|what| difference.brought_any(what)) {
        outcome = outcome.and(Outcome::Breached);
    }
    if !outputs::takes_stdout(&arguments.outputs) {
        std::io::stdout().lock().write_all(difference.text(&as_of.to_string()).as_bytes())?;
    }
    let json = serde_json::to_string_pretty(&difference)? + "\n";
    for output in &arguments.outputs {
        output.write(&json)?;
    }
    Ok(outcome)
}

fn examined(
    path: &Path,
    worker: &Worker,
    options: &Options,
    feeds: &FeedDatabase,
    as_of: &str,
) -> anyhow::Result<Examination> {
    let _progress = Progress::start(&format!("inspecting {}", path.display()));
    let mut examination = worker.inspect(path, options)?;
    // Without its content nothing could be said of either release.
    if let Some(run) = examination.runs.first().filter(|run| run.status == Status::Failed) {
        let why = run.skipped.first().map_or("nothing of it could be read", |skipped| skipped.why.as_str());
        bail!("{}: cannot be inspected: {why}", path.display());
    }
    feeds.append(&mut examination, as_of)?;
    Ok(examination)
}

/// The document that is written; `schemas/diff-components.schema.json` describes it.
#[derive(Serialize)]
struct Difference {
    schema: &'static str,
    banbury: &'static str,
    as_of: String,
    old: Image,
    new: Image,
    added: Vec<Component>,
    removed: Vec<Component>,
    upgraded: Vec<Pair>,
    downgraded: Vec<Pair>,
    changed: Vec<Pair>,
    unchanged: usize,
    vulnerabilities: Vulnerabilities,
}

#[derive(Serialize)]
struct Image {
    name: String,
    sha256: String,
    components: usize,
}

#[derive(Serialize)]
struct Component {
    product: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    version: String,
}

#[derive(Serialize)]
struct Pair {
    product: String,
    old: String,
    new: String,
}

#[derive(Serialize)]
struct Vulnerabilities {
    looked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
    #[serde(skip)]
    leaned_on: Looked,
    feeds: Vec<AgedFeed>,
    /// Affected the older release, and neither affects the newer nor is left open there.
    fixed: Vec<Known>,
    /// Affects the newer release and did not affect the older.
    brought: Vec<Known>,
    /// Affects both.
    kept: usize,
    /// Cannot be told of the newer.
    open: usize,
}

#[derive(Serialize)]
struct Known {
    vulnerability: String,
    component: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    exploited: String,
    /// What became of it, or what was before: `gone` with its component, else a state and its reason.
    other: String,
}

impl Difference {
    fn of(old_path: &Path, old: &Examination, new_path: &Path, new: &Examination, as_of: &str) -> Self {
        let joined = |examination| join::join(claims(examination));
        let (old_components, new_components) = (joined(old), joined(new));
        let found = join::difference(&old_components, &new_components);
        let image = |path: &Path, examination: &Examination, components: &[Joined<'_>]| Image {
            name: path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            sha256: examination.exhibit.to_string(),
            components: components.len(),
        };
        let pairs = |all: &[(&Joined<'_>, &Joined<'_>)]| -> Vec<Pair> {
            let pair = |(old, new): &(&Joined<'_>, &Joined<'_>)| Pair {
                product: old.product.clone(),
                old: version(old),
                new: version(new),
            };
            all.iter().map(pair).collect()
        };
        let components = |all: &[&Joined<'_>]| -> Vec<Component> {
            let one = |one: &&Joined<'_>| Component { product: one.product.clone(), version: version(one) };
            all.iter().map(one).collect()
        };
        Self {
            schema: "urn:banbury:schema:diff-components:1",
            banbury: env!("CARGO_PKG_VERSION"),
            as_of: as_of.to_owned(),
            old: image(old_path, old, &old_components),
            new: image(new_path, new, &new_components),
            added: components(&found.added),
            removed: components(&found.removed),
            upgraded: pairs(&found.upgraded),
            downgraded: pairs(&found.downgraded),
            changed: pairs(&found.changed),
            unchanged: found.unchanged.len(),
            vulnerabilities: Vulnerabilities::of(old, new, as_of),
        }
    }

    fn brought_any(&self, what: &str) -> bool {
        match what {
            "vulnerability" => !self.vulnerabilities.brought.is_empty(),
            "exploited" => self.vulnerabilities.brought.iter().any(|known| !known.exploited.is_empty()),
            _ => !self.downgraded.is_empty(),
        }
    }

    fn text(&self, as_of: &str) -> String {
        let mut text = String::new();
        for (which, image) in [("old", &self.old), ("new", &self.new)] {
            let name = paint(&safe(&image.name), Tone::Strong);
            line!(text, "{which}: {name}, sha256 {}, {} components", image.sha256, image.components);
        }
        let components = |all: &[Component]| -> Vec<String> {
            all.iter().map(|one| format!("{} {}", safe(&one.product), safe(&one.version))).collect()
        };
        let pairs = |all: &[Pair]| -> Vec<String> {
            let shown =
                |one: &Pair| format!("{} {} -> {}", safe(&one.product), safe(&one.old), safe(&one.new));
            all.iter().map(shown).collect()
        };
        list(&mut text, "Added", &components(&self.added));
        list(&mut text, "Removed", &components(&self.removed));
        list(&mut text, "Upgraded", &pairs(&self.upgraded));
        list(&mut text, "Downgraded", &pairs(&self.downgraded));
        list(&mut text, "Changed, which is later is not known", &pairs(&self.changed));
        line!(text, "\nUnchanged: {}", self.unchanged);
        let known = &self.vulnerabilities;
        if let Some(why) = &known.why_not {
            line!(text, "\nKnown vulnerabilities: NOT LOOKED: {}", safe(why));
            return text;
        }
        line!(text, "\nKnown vulnerabilities by {}", safe(&known.leaned_on.feeds.ages(as_of)));
        list(&mut text, "Fixed", &shown(&known.fixed));
        list(&mut text, "Brought", &shown(&known.brought));
        line!(text, "\nAffect both: {}; cannot be told of the new: {}", known.kept, known.open);
        text
    }
}

fn shown(all: &[Known]) -> Vec<String> {
    let one = |known: &Known| {
        let exploited = match known.exploited.as_str() {
            "" => String::new(),
            day => format!(", {}", paint(&format!("known exploited since {day}"), Tone::Bad)),
        };
        let component = format!("{} {}", safe(&known.component), safe(&known.version));
        format!("{} {}{exploited} ({})", safe(&known.vulnerability), component.trim_end(), safe(&known.other))
    };
    all.iter().map(one).collect()
}

fn list(text: &mut String, what: &str, lines: &[String]) {
    line!(text, "\n{what}: {}", lines.len());
    for one in lines.iter().take(LINES) {
        line!(text, "  {}", one.trim_end());
    }
    if lines.len() > LINES {
        line!(text, "  ... and {} more: all of them with -o json=PATH", lines.len() - LINES);
    }
}

impl Vulnerabilities {
    fn of(old: &Examination, new: &Examination, as_of: &str) -> Self {
        let (leaned_on, why_not) = match looked(old).and_then(|_| looked(new)) {
            Ok(looked) => (looked, None),
            Err(why) => (Looked::default(), Some(why)),
        };
        let (before, after) = (States::of(old), States::of(new));
        Self {
            looked: why_not.is_none(),
            why_not,
            feeds: leaned_on.feeds.aged(as_of),
            fixed: before.affected_without(&after, true),
            brought: after.affected_without(&before, false),
            kept: before.affected().filter(|(key, _)| after.is(key, "affected")).count(),
            open: after.by.values().filter(|claim| fact(claim, "state") == "cannot-tell").count(),
            leaned_on,
        }
    }
}

/// The claims of one release by vulnerability and component: the gravest where there are several copies.
struct States<'c> {
    by: BTreeMap<(String, String), &'c Claim>,
    components: Vec<String>,
}

impl<'c> States<'c> {
    fn of(examination: &'c Examination) -> Self {
        let mut known: Vec<&Claim> =
            claims(examination).filter(|claim| claim.code == KNOWN_VULNERABILITY).collect();
        known.sort_by_cached_key(|claim| banbury_software::vulnerabilities::order(claim));
        let mut by: BTreeMap<(String, String), &Claim> = BTreeMap::new();
        for claim in known {
            by.entry((fact(claim, "vulnerability"), fact(claim, "component"))).or_insert(claim);
        }
        let components = join::join(claims(examination)).into_iter().map(|one| one.product).collect();
        Self { by, components }
    }

    fn affected(&self) -> impl Iterator<Item = (&(String, String), &&'c Claim)> {
        self.by.iter().filter(|(_, claim)| fact(claim, "state") == "affected")
    }

    fn is(&self, key: &(String, String), state: &str) -> bool {
        self.by.get(key).is_some_and(|claim| fact(claim, "state") == state)
    }

    /// What affects here and not there; what is `settled` only where it is not left open there.
    fn affected_without(&self, other: &Self, settled: bool) -> Vec<Known> {
        let differs =
            |key: &(String, String)| !(other.is(key, "affected") || settled && other.is(key, "cannot-tell"));
        let mut found: Vec<Known> = self
            .affected()
            .filter(|(key, _)| differs(key))
            .map(|(key, claim)| Known {
                vulnerability: key.0.clone(),
                component: key.1.clone(),
                version: fact(claim, "version"),
                exploited: fact(claim, "exploited"),
                other: other.words(key),
            })
            .collect();
        found.sort_by_cached_key(|known| {
            (known.exploited.is_empty(), known.vulnerability.clone(), known.component.clone())
        });
        found
    }

    /// How it stands here, in words.
    fn words(&self, key: &(String, String)) -> String {
        match self.by.get(key) {
            Some(claim) => format!("{}: {}", fact(claim, "state"), fact(claim, "reason")),
            None if self.components.contains(&key.1) => "not-affected: out-of-range".to_owned(),
            None => "component absent".to_owned(),
        }
    }
}

/// What the look-up of an examination leaned on and counted, or why there was none.
fn looked(examination: &Examination) -> Result<Looked, String> {
    Looked::latest(examination.runs.iter().map(Ran::of))
}

fn claims(examination: &Examination) -> impl Iterator<Item = &Claim> {
    examination.runs.iter().flat_map(|run| &run.claims)
}

fn fact(claim: &Claim, name: &str) -> String {
    claim.text(name).unwrap_or_default()
}

fn version(one: &Joined<'_>) -> String {
    one.package_version.clone().unwrap_or_else(|| one.shown_version())
}
