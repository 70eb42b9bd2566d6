use super::known::FeedDatabase;
use super::{FailOn, Stopwatch, regime, summary, verdicts};
use crate::Outcome;
use crate::arguments::{Ahead, Assess};
use crate::outputs;
use crate::terminal::{self, Progress};
use anyhow::{Context as _, bail};
use banbury_dossier::CaseReport;
use banbury_evidence::case::{CONFIG, Case, LEDGER};
use banbury_evidence::ledger::StoredRun;
use banbury_evidence::model::Model;
use banbury_evidence::{Claim, Digest, Exhibit, ExhibitKind, RegimeResult, Status, Verdict};
use banbury_firmware::{Options, Worker};
use banbury_regime::Workbench;
use banbury_regime::outlook::{self, Outlook};
use banbury_software::lookup::Ran;
use banbury_software::vulnerabilities;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

pub(super) fn run(arguments: Assess) -> anyhow::Result<Outcome> {
    let fail_on = FailOn::parse(&arguments.fail_on)?;
    for output in &arguments.outputs {
        if output.format.case.is_none() {
            bail!(
                "-o {}: not for a case; it is written from {}",
                output.format.name,
                output.format.applies_to()
            );
        }
    }
    let mut case = Case::open(&arguments.case)?;
    for output in &arguments.outputs {
        let publisher = case.config.publisher.as_ref();
        output.format.check(publisher).context("[publisher] in banbury.toml states it")?;
    }
    let kept = [case.root().join(CONFIG), case.root().join(LEDGER)];
    outputs::check(&arguments.outputs, &kept)?;
    let as_of = arguments.as_of.unwrap_or_else(super::today);
    let options = super::options(&arguments.limits, as_of)?;
    // A mistake in the settings is found before the work is done.
    let regimes = regime::chosen(&case, &arguments.regimes)?;
    let exhibits = case.ledger.exhibits()?;
    if exhibits.is_empty() {
        bail!("{}: the case has no exhibits; add some with `banbury add`", arguments.case.display());
    }
    let feeds = FeedDatabase::open(&arguments.feeds)?;
    let (mut outcome, failures) = inspect_all(&mut case, &exhibits, &options)?;
    let mut diagnostics = failures;
    diagnostics.extend(look_up(&mut case, &exhibits, &feeds, &as_of.to_string())?);
    let (imported, problems) = import(&mut case, &exhibits)?;
    outcome = outcome.and(imported);
    diagnostics.extend(problems);
    let stopwatch = Stopwatch::start();
    let mut results = Vec::new();
    let scratch = case.root().join(format!("assess-{}.scratch", std::process::id()));
    let progress = Progress::start("applying the regimes");
    // Both only read the ledger, and each takes one core.
    let ledger = case.ledger.path().to_owned();
    let (bench, model) = std::thread::scope(|scope| {
        let bench = scope.spawn(|| Workbench::lay(&ledger, &scratch));
        let model = case.ledger.model();
        (bench.join(), model)
    });
    // A thread that panicked has its panic go on here.
    let bench = bench.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let strays = banbury_regime::strays(&bench.connection()?, &regimes)?;
    diagnostics.extend(strays.iter().map(ToString::to_string));
    for assessment in banbury_regime::apply_all(&bench, &regimes, &as_of.to_string())? {
        diagnostics.extend(assessment.problems.iter().map(ToString::to_string));
        results.push(assessment.result);
    }
    drop(progress);
    let model = model?;
    diagnostics.extend(regime::unread_lists(&regimes, &model)?);
    case.ledger.record_verdicts(&results, &stopwatch.clock())?;
    for diagnostic in &diagnostics {
        terminal::note(&terminal::safe_lines(diagnostic));
    }
    outcome = outcome.and(judge(&results));
    let mut report = report(&case, exhibits, model, results, diagnostics, as_of)?;
    let makers: Vec<&str> =
        report.model.devices.iter().filter_map(|device| device.manufacturer.as_deref()).collect();
    report.exploitation = super::exploited::count(&arguments.feeds, &makers, None, &as_of.to_string())?;
    report.outlook = Outlook::at_hand(&regimes, &report.regimes, &report.model);
    let ahead = match arguments.outlook {
        Ahead::Auto => report.model.devices.len() <= outlook::DEVICES,
        Ahead::Always => true,
        Ahead::Never => false,
    };
    if ahead && !regimes.is_empty() {
        let _progress = Progress::start("looking ahead");
        let day = as_of.to_string();
        report.outlook.look_ahead(&bench, &regimes, &report.regimes, &day)?;
    }
    drop(bench);
    let active = report
        .claims
        .iter()
        .filter(|stored| stored.state == "active" && !vulnerabilities::is_ruled_out(&stored.claim));
    if active
        .filter(|stored| stored.disposition.as_deref() != Some("not applicable"))
        .any(|stored| fail_on.hit(stored.claim.grade, &stored.claim.code))
    {
        outcome = outcome.and(Outcome::Breached);
    }
    if !outputs::takes_stdout(&arguments.outputs) {
        let mut text = summary::case(&report);
        if arguments.sensitivity {
            text.push_str(&verdicts::sensitivity(&report));
        }
        std::io::stdout().lock().write_all(text.as_bytes())?;
    }
    for name in ["html", "json"] {
        let format = banbury_dossier::report_format(name).context("a built-in format")?;
        let render = format.case.context("a format of dossiers")?;
        let path = case.root().join(format!("dossier.{name}"));
        outputs::write_file(&path, &render(&report)?)?;
        terminal::note(&format!("wrote {}", path.display()));
    }
    for output in &arguments.outputs {
        let render = output.format.case.context("checked above")?;
        output.write(&render(&report)?)?;
    }
    Ok(outcome)
}

/// Inspects what has not been inspected by this version as of this day.
fn inspect_all(
    case: &mut Case,
    exhibits: &[Exhibit],
    options: &Options,
) -> anyhow::Result<(Outcome, Vec<String>)> {
    let worker = super::worker()?;
    let runs = case.ledger.runs()?;
    let mut outcome = Outcome::Done;
    let mut failures = Vec::new();
    for exhibit in exhibits.iter().filter(|exhibit| exhibit.kind.is_examined()) {
        if let Some(status) = inspected(&runs, &exhibit.sha256, options) {
            // It may have been changed or removed since; then its evidence has lost its exhibit.
            match case.verify(&exhibit.sha256) {
                Ok(()) => outcome = outcome.and(status.into()),
                Err(error) => {
                    failures.push(format!("{}: {error}", exhibit.name));
                    outcome = outcome.and(Outcome::Failed);
                }
            }
            continue;
        }
        let result = inspect(case, exhibit, &worker, options);
        match result {
            Ok((status, why)) => {
                outcome = outcome.and(status.into());
                failures.extend(why.map(|why| format!("{}: not inspected: {why}", exhibit.name)));
            }
            Err(error) => {
                failures.push(format!("{}: {error:#}", exhibit.name));
                outcome = outcome.and(Outcome::Failed);
            }
        }
    }
    Ok((outcome, failures))
}

fn inspect(
    case: &mut Case,
    exhibit: &Exhibit,
    worker: &Worker,
    options: &Options,
) -> anyhow::Result<(Status, Option<String>)> {
    let _progress = Progress::start(&format!("inspecting {}", exhibit.name));
    let stopwatch = Stopwatch::start();
    let path = case.exhibit_path(&exhibit.sha256);
    let examination = worker.inspect(&path, options)?;
    if examination.exhibit != exhibit.sha256 {
        bail!(
            "{}: the bytes are not those of the exhibit (they hash to {}); the case was damaged or tampered with",
            path.display(),
            examination.exhibit
        );
    }
    case.ledger.record_examination(&examination, &stopwatch.clock())?;
    let unpacking = examination.runs.first();
    let status = unpacking.map_or(Status::Failed, |run| run.status);
    let why = unpacking
        .filter(|run| run.status == Status::Failed)
        .and_then(|run| run.skipped.first())
        .map(|skipped| skipped.why.clone());
    Ok((status, why))
}

/// Looks up what is known of each image's components, unless the latest look-up had the same components and feeds.
/// Gives back what could not be looked up.
fn look_up(
    case: &mut Case,
    exhibits: &[Exhibit],
    feeds: &FeedDatabase,
    as_of: &str,
) -> anyhow::Result<Vec<String>> {
    let mut diagnostics = Vec::new();
    let runs = case.ledger.runs()?;
    for exhibit in exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Firmware) {
        let unpacked = |run: &&StoredRun| run.probe == "unpack" && run.exhibit == Some(exhibit.sha256);
        if runs.iter().rev().find(unpacked).is_none_or(|run| run.status == Status::Failed) {
            diagnostics
                .push(format!("{}: not inspected, so its components were not looked up", exhibit.name));
            continue;
        }
        let stopwatch = Stopwatch::start();
        let stored = case.ledger.claims(Some(&exhibit.sha256))?;
        let active: Vec<_> = stored.iter().filter(|stored| stored.state == "active").collect();
        let claims: Vec<_> = active.iter().map(|stored| &stored.claim).collect();
        for report in feeds.look_up(&claims, as_of)? {
            if Ran::of(&report).is_without_feeds() {
                let skipped = report.skipped.first().map(|one| format!("{}: {}", one.what, one.why));
                let why = skipped.unwrap_or_default();
                diagnostics.push(format!("{}: not looked up: {why}", exhibit.name));
            }
            let own = |run: &&StoredRun| run.probe == report.probe && run.exhibit == Some(exhibit.sha256);
            let latest = runs.iter().rev().find(own);
            let ours: BTreeSet<Digest> = report.claims.iter().map(Claim::fingerprint).collect();
            let theirs: BTreeSet<Digest> = active
                .iter()
                .filter(|stored| stored.probe == report.probe)
                .map(|stored| stored.fingerprint)
                .collect();
            let known = latest.is_some_and(|run| {
                run.version == report.version
                    && run.status == report.status
                    && run.parameters == report.parameters
                    && (ours == theirs || report.status == Status::Failed)
            });
            if !known {
                case.ledger.record_run(&exhibit.sha256, &report, &stopwatch.clock())?;
            }
        }
    }
    Ok(diagnostics)
}

/// How the exhibit's latest inspection ended, when this version need not look again.
fn inspected(runs: &[StoredRun], exhibit: &Digest, options: &Options) -> Option<Status> {
    let latest =
        |probe: &str| runs.iter().rev().find(|run| run.probe == probe && run.exhibit == Some(*exhibit));
    let unpacking = latest("unpack")?;
    let expected = banbury_firmware::engine::parameters(options);
    let same_unpacking = unpacking.version == banbury_firmware::engine::VERSION
        && unpacking.parameters == expected
        && unpacking.status != Status::Failed;
    let as_of = options.as_of.map(|seconds| seconds.to_string());
    let same_probes = banbury_firmware::probes::PROBES.iter().map(|probe| probe.describe()).all(|probe| {
        latest(probe.name).is_some_and(|run| {
            let counted_from = run.parameters.get("as-of");
            run.version == probe.version
                && run.status != Status::Failed
                && (counted_from.is_none() || counted_from == as_of.as_ref())
        })
    });
    (same_unpacking && same_probes).then_some(unpacking.status)
}

/// The parameter of an import's run that names its tables.
const INPUTS: &str = "inputs";

/// What the tables are, as one hash over their hashes and names.
fn digest(tables: &[&Exhibit]) -> String {
    let hashes: String =
        tables.iter().map(|exhibit| format!("{} {}\n", exhibit.sha256, exhibit.name)).collect();
    Digest::of(hashes.as_bytes()).to_string()
}

/// Whether the latest import read the tables that the case has now, and by this version.
pub(super) fn is_imported(case: &Case, exhibits: &[Exhibit]) -> anyhow::Result<bool> {
    let tables: Vec<&Exhibit> =
        exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Network).collect();
    let runs = case.ledger.runs()?;
    let latest = runs.iter().rev().find(|run| run.probe == banbury_network::PROBE);
    let same = |run: &StoredRun| {
        run.version == banbury_network::VERSION && run.parameters.get(INPUTS) == Some(&digest(&tables))
    };
    Ok(latest.is_some_and(same))
}

/// Imports the network's tables, unless the latest import read the same ones, and says what is wrong with them.
pub(super) fn import(case: &mut Case, exhibits: &[Exhibit]) -> anyhow::Result<(Outcome, Vec<String>)> {
    let tables: Vec<&Exhibit> =
        exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Network).collect();
    if tables.is_empty() {
        let problem =
            "no table of the network model in the case; every measure that needs one is inconclusive";
        return Ok((Outcome::Done, vec![problem.to_owned()]));
    }
    let _progress = Progress::start("importing the network");
    let stopwatch = Stopwatch::start();
    let mut bytes = Vec::new();
    for exhibit in &tables {
        bytes.push(case.exhibit_bytes(&exhibit.sha256)?);
    }
    let inputs: Vec<banbury_network::Input<'_>> = tables
        .iter()
        .zip(&bytes)
        .map(|(exhibit, bytes)| banbury_network::Input { name: exhibit.name.clone(), bytes })
        .collect();
    let (model, problems) = banbury_network::import(&inputs);
    let mut report = banbury_network::report(&model, &problems, &inputs);
    report.parameters.insert(INPUTS.to_owned(), digest(&tables));
    let runs = case.ledger.runs()?;
    let latest = runs.iter().rev().find(|run| run.probe == banbury_network::PROBE);
    if !latest.is_some_and(|run| run.version == report.version && run.parameters == report.parameters) {
        case.ledger.record_model(&model, &report, &stopwatch.clock())?;
    }
    Ok((report.status.into(), problems.iter().map(ToString::to_string).collect()))
}

fn judge(results: &[RegimeResult]) -> Outcome {
    let verdicts = results.iter().flat_map(|regime| &regime.measures).map(|measure| measure.verdict);
    verdicts.fold(Outcome::Done, |outcome, verdict| {
        outcome.and(match verdict {
            Verdict::Breached => Outcome::Breached,
            Verdict::Inconclusive => Outcome::Inconclusive,
            Verdict::Met | Verdict::NotApplicable => Outcome::Done,
        })
    })
}

fn report(
    case: &Case,
    exhibits: Vec<Exhibit>,
    model: Model,
    regimes: Vec<RegimeResult>,
    diagnostics: Vec<String>,
    as_of: jiff::civil::Date,
) -> anyhow::Result<CaseReport> {
    let mut objects = BTreeMap::new();
    for exhibit in exhibits.iter().filter(|exhibit| exhibit.kind.is_examined()) {
        let found = case.ledger.objects(&exhibit.sha256)?;
        if !found.is_empty() {
            objects.insert(exhibit.sha256, found);
        }
    }
    Ok(CaseReport {
        name: case.config.case.name.clone(),
        created_by: super::created_by(),
        as_of: as_of.to_string(),
        model,
        regimes,
        claims: case.ledger.claims(None)?,
        objects,
        runs: case.ledger.runs()?,
        diagnostics,
        explanations: super::explanations(),
        publisher: case.config.publisher.clone(),
        outlook: Outlook::default(),
        exploitation: Err("not counted".to_owned()),
        exhibits,
    })
}
