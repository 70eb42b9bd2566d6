//! What is really known of an image, a product, a vendor or a device.

mod text;

use super::known::FeedDatabase;
use super::review::material as ledger_of;
use super::{FailOn, Stopwatch};
use crate::Outcome;
use crate::arguments::Weigh as Arguments;
use crate::outputs;
use crate::terminal::Progress;
use anyhow::{Context as _, bail};
use banbury_dossier::weigh::{Kind, Material, Wanted, Weighing};
use banbury_evidence::case::{CONFIG, Case, LEDGER};
use banbury_evidence::ledger::Ledger;
use banbury_evidence::{Claim, Exhibit, ExhibitKind};
use banbury_firmware::probes::PROBES;
use banbury_software::vulnerabilities::is_ruled_out;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What is asked for.
enum Asked {
    /// Something of a case.
    OfCase(PathBuf, Wanted),
    /// An image without a case.
    Image(PathBuf),
}

/// What `--fail-on` asks for: a grade or code, or a weight of hidden access.
struct Threshold {
    findings: FailOn,
    decibans: Option<f64>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let fail_on = Threshold::parse(&arguments.fail_on)?;
    for output in &arguments.outputs {
        if !["json", "html"].contains(&output.format.name) {
            bail!("-o {}: what is known of a subject is written as json or html", output.format.name);
        }
    }
    let as_of = arguments.as_of.unwrap_or_else(super::today);
    let (material, wanted) = match asked(&arguments.words)? {
        Asked::OfCase(root, wanted) => {
            let case = Case::open(&root)?;
            let exhibits = case.ledger.exhibits()?;
            let mut kept = vec![root.join(CONFIG), root.join(LEDGER)];
            kept.extend(exhibits.iter().map(|exhibit| case.exhibit_path(&exhibit.sha256)));
            outputs::check(&arguments.outputs, &kept)?;
            let _progress = Progress::start("reading the ledger");
            (of_case(&case, &exhibits)?, wanted)
        }
        Asked::Image(path) => {
            outputs::check(&arguments.outputs, std::slice::from_ref(&path))?;
            inspected(arguments, &path, as_of)?
        }
    };
    let weighing = Weighing::of(&material, &wanted, &as_of.to_string())?;
    if !outputs::takes_stdout(&arguments.outputs) {
        std::io::stdout().lock().write_all(text::of(&weighing).as_bytes())?;
    }
    for output in &arguments.outputs {
        let document = if output.format.name == "html" { weighing.to_html() } else { weighing.to_json()? };
        output.write(&document)?;
    }
    let mut outcome = if weighing.is_whole() { Outcome::Done } else { Outcome::Inconclusive };
    if fail_on.hit(&weighing, &material) {
        outcome = outcome.and(Outcome::Breached);
    }
    Ok(outcome)
}

/// `[CASE] KIND:NAME`, or an image's file.
fn asked(words: &[String]) -> anyhow::Result<Asked> {
    let is_case = |path: &Path| path.join(CONFIG).is_file();
    let how =
        "write `banbury weigh CASE vendor:NAME` (or product:, device:, image:), or `banbury weigh IMAGE`";
    match words {
        [subject] => {
            if let Some(wanted) = Wanted::parse(subject)? {
                if !is_case(Path::new(".")) {
                    bail!("{subject}: the working folder is no case (no {CONFIG}); {how}");
                }
                return Ok(Asked::OfCase(".".into(), wanted));
            }
            let path = PathBuf::from(subject);
            if is_case(&path) {
                bail!("{subject}: say what of the case is to be weighed; {how}");
            }
            if path.is_dir() {
                bail!("{subject}: a folder, and no case (no {CONFIG}); {how}");
            }
            if !path.exists() {
                bail!("{subject}: there is no such file; {how}");
            }
            Ok(Asked::Image(path))
        }
        [case, subject] => {
            let root = PathBuf::from(case);
            if !is_case(&root) {
                bail!("{case}: no case here (no {CONFIG}); {how}");
            }
            match Wanted::parse(subject)? {
                Some(wanted) => Ok(Asked::OfCase(root, wanted)),
                None => bail!(
                    "{subject}: say what it is: image:{subject}, product:{subject}, vendor:{subject} or device:{subject}"
                ),
            }
        }
        _ => bail!("{how}"),
    }
}

fn of_case(case: &Case, exhibits: &[Exhibit]) -> anyhow::Result<Material> {
    let decisions = case.ledger.dispositions()?;
    let is_imported = !exhibits.iter().any(|exhibit| exhibit.kind == ExhibitKind::Network)
        || super::assess::is_imported(case, exhibits)?;
    Ok(Material {
        ledger: ledger_of(&case.ledger, &case.config.case.name)?,
        model: case.ledger.model()?,
        decisions: decisions.into_iter().map(|(claim, decision)| (claim, decision.into())).collect(),
        is_imported,
        is_case: true,
        ..looked_for()
    })
}

/// An image without a case, inspected in the confined child and kept in a ledger in memory.
fn inspected(
    arguments: &Arguments,
    path: &Path,
    as_of: jiff::civil::Date,
) -> anyhow::Result<(Material, Wanted)> {
    let options = super::options(&arguments.limits, as_of)?;
    let feeds = FeedDatabase::open(&arguments.feeds)?;
    let progress = Progress::start(&format!("inspecting {}", path.display()));
    let watch = Stopwatch::start();
    let mut examination = super::worker()?.inspect(path, &options)?;
    feeds.append(&mut examination, &as_of.to_string())?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let mut ledger = Ledger::in_memory()?;
    let exhibit =
        Exhibit { sha256: examination.exhibit, name, kind: ExhibitKind::Firmware, size: examination.size };
    ledger.add_exhibit(&exhibit, &watch.clock().started_at)?;
    ledger.record_examination(&examination, &watch.clock())?;
    drop(progress);
    let material = Material { ledger: ledger_of(&ledger, "")?, ..looked_for() };
    Ok((material, Wanted { kind: Kind::Image, name: exhibit.sha256.to_string() }))
}

/// What looks at an image, and what the silence of one of them weighs.
fn looked_for() -> Material {
    Material {
        silence: PROBES.iter().find_map(|probe| probe.silence()),
        probes: PROBES.iter().map(|probe| probe.describe().name).collect(),
        ..Material::default()
    }
}

impl Threshold {
    fn parse(words: &[String]) -> anyhow::Result<Self> {
        let (weights, others): (Vec<String>, Vec<String>) =
            words.iter().cloned().partition(|word| word.ends_with("dB"));
        let mut decibans: Option<f64> = None;
        for word in &weights {
            let number = word.trim_end_matches("dB").trim().parse::<f64>().ok().filter(|one| one.is_finite());
            let number = number
                .with_context(|| format!("--fail-on {word}: no weight; write it as in --fail-on 20dB"))?;
            decibans = Some(decibans.map_or(number, |other| other.min(number)));
        }
        Ok(Self { findings: FailOn::parse(&others)?, decibans })
    }

    fn hit(&self, weighing: &Weighing, material: &Material) -> bool {
        let strongest = weighing.hidden_access.strongest.map(|strongest| strongest.decibans);
        let heavy = self.decibans.is_some_and(|least| strongest.is_some_and(|weight| weight >= least));
        let settled = |fingerprint| material.decisions.get(fingerprint).is_some_and(|one| one.settles());
        let hit = |claim: &Claim| !is_ruled_out(claim) && self.findings.hit(claim.grade, &claim.code);
        let images: Vec<_> = weighing.images.iter().map(|image| Some(image.sha256)).collect();
        let here = material.ledger.claims.iter().filter(|stored| {
            stored.state == "active" && stored.exhibit.is_some() && images.contains(&stored.exhibit)
        });
        heavy || here.into_iter().any(|stored| hit(&stored.claim) && !settled(&stored.fingerprint))
    }
}
