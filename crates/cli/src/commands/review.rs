//! The yearly engineering review of vendors and products.

use super::{FailOn, exploited};
use crate::Outcome;
use crate::arguments::Review as Arguments;
use crate::outputs;
use crate::terminal::{Progress, Tone, paint, safe, shorten};
use anyhow::{Context as _, bail};
use banbury_dossier::review::{Became, Kind, Material, Review, Reviewing, Row, Subject, Wanted, Yardstick};
use banbury_evidence::case::{CONFIG, Case, LEDGER};
use banbury_evidence::ledger::Ledger;
use banbury_evidence::{ExhibitKind, Grade};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Findings of one kind that are listed for one line of images; the rest are counted.
const LISTED: usize = 12;
/// Components in several versions that are listed.
const COPIES: usize = 8;
/// Vendors that stand beside each other in one table.
const BESIDE: usize = 4;
/// Letters of a name above its column.
const NAME: usize = 22;
/// Lines of what was not looked at.
const GAPS: usize = 30;

/// Writing to a String cannot fail, so the result is dropped.
macro_rules! line {
    ($text:expr, $($arguments:tt)*) => {{ let _ = writeln!($text, $($arguments)*); }};
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let fail_on = FailOn::parse(&arguments.fail_on)?;
    for output in &arguments.outputs {
        if !["json", "html"].contains(&output.format.name) {
            bail!("-o {}: a review is written as json or html", output.format.name);
        }
    }
    let (root, names) = case_and_names(&arguments.words)?;
    if names.is_empty() && !arguments.all {
        bail!("name the vendors or products to review, or give --all for every vendor of the case");
    }
    if !names.is_empty() && arguments.all {
        bail!("--all reviews every vendor of the case: leave out {}", names.join(", "));
    }
    let as_of = arguments.as_of.unwrap_or_else(super::today);
    if arguments.since > as_of {
        bail!(
            "--since {}: after the day of the review, {as_of}; nothing can have been inspected since",
            arguments.since
        );
    }
    let case = Case::open(&root)?;
    outputs::check(&arguments.outputs, &[root.join(CONFIG), root.join(LEDGER)])?;
    let (since, as_of) = (arguments.since.to_string(), as_of.to_string());
    let progress = Progress::start("reading the ledger");
    let material = material(&case.ledger, &case.config.case.name)?;
    drop(progress);
    let wanted = if arguments.all { Wanted::All } else { Wanted::Names(&names) };
    let mut failed = None;
    let count = |vendors: &[&str]| match exploited::count(&arguments.feeds, vendors, Some(&since), &as_of) {
        Ok(counted) => counted,
        Err(error) => {
            let why = error.to_string();
            failed = Some(error);
            Err(why)
        }
    };
    let review = Review::of(&material, wanted, &since, &as_of, count)?;
    if let Some(error) = failed {
        return Err(error);
    }
    if !outputs::takes_stdout(&arguments.outputs) {
        std::io::stdout().lock().write_all(text(&review).as_bytes())?;
    }
    for output in &arguments.outputs {
        let document = if output.format.name == "html" { review.to_html() } else { review.to_json()? };
        output.write(&document)?;
    }
    let mut outcome = Outcome::Done;
    if !review.is_whole() {
        outcome = Outcome::Inconclusive;
    }
    if review.open().any(|finding| fail_on.hit(finding.grade, &finding.code)) {
        outcome = outcome.and(Outcome::Breached);
    }
    Ok(outcome)
}

/// The case and the names: the first word is the case's folder, unless it is none and the working folder is one.
fn case_and_names(words: &[String]) -> anyhow::Result<(PathBuf, Vec<String>)> {
    let is_case = |path: &Path| path.join(CONFIG).is_file();
    match words.split_first() {
        Some((first, rest)) if is_case(Path::new(first)) => Ok((first.into(), rest.to_vec())),
        _ if is_case(Path::new(".")) => Ok((".".into(), words.to_vec())),
        Some((first, _)) => {
            bail!(
                "{first}: no case here (no {CONFIG}), and neither is the working folder; write `banbury review CASE NAME... --since DATE`"
            )
        }
        None => bail!(
            "the working folder is no case (no {CONFIG}); write `banbury review CASE NAME... --since DATE`"
        ),
    }
}

/// A ledger, as the review reads it.
pub(super) fn material(ledger: &Ledger, name: &str) -> anyhow::Result<Material> {
    let exhibits = ledger.exhibits()?;
    let mut objects = std::collections::BTreeMap::new();
    for exhibit in exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Firmware) {
        objects.insert(exhibit.sha256, ledger.objects(&exhibit.sha256)?);
    }
    Ok(Material {
        case: name.to_owned(),
        runs: ledger.runs()?,
        claims: ledger.claims(None)?,
        sightings: ledger.sightings()?,
        deployed: ledger.deployed()?,
        reviews: ledger.reviews()?,
        vendors: ledger.vendors()?,
        synthetic: ledger
            .connection()
            .query_row("SELECT max(synthetic) FROM imported_tables", [], |row| row.get(0))
            .context("the tables that were imported")?,
        objects,
        exhibits,
    })
}

fn text(review: &Review) -> String {
    let mut text = String::new();
    line!(
        text,
        "{}: review since {}, as of {}",
        paint(&safe(&review.case), Tone::Strong),
        review.since,
        review.as_of
    );
    if let Some(maker) = &review.synthetic {
        line!(text, "  SYNTHETIC: it describes no real network; made by {}", safe(maker));
    }
    for one in &review.reviewed {
        subject(&mut text, one, review);
    }
    if review.reviewed.iter().filter(|one| one.now.is_some()).count() > 0 {
        side_by_side(&mut text, review);
    }
    line!(text, "");
    match (&review.exploitation.catalogue, &review.exploitation.why_not) {
        (Some(counted), _) => {
            text.push_str(&exploited::asked(counted, Some(&review.since)));
            line!(text, "{}", exploited::caveat(counted));
        }
        (None, why) => {
            let why = why.as_deref().unwrap_or_default();
            line!(text, "Known exploitation by vendor: NOT LOOKED: {}", safe(why));
        }
    }
    looked(&mut text, review);
    text
}

fn subject(text: &mut String, one: &Subject, review: &Review) {
    let kind = match one.kind {
        Kind::Vendor => "vendor",
        Kind::Product => "product",
    };
    let of = match (&one.vendor, one.kind) {
        (Some(vendor), Kind::Product) => format!(" of {}", safe(vendor)),
        (None, Kind::Product) => ", whose maker is not stated".to_owned(),
        _ => String::new(),
    };
    line!(text, "\n{} ({kind}{of})", paint(&safe(&one.name), Tone::Strong));
    if let Some(devices) = one.devices {
        line!(
            text,
            "  devices in the latest inventory: {}, of them with an image of the case: {}",
            devices.of,
            devices.count
        );
    }
    for reviewing in &one.lines {
        line_of_images(text, reviewing, review);
    }
    if one.lines.is_empty() {
        line!(text, "  NOT LOOKED: no image of the case belongs to it");
    }
    if let Some(now) = &one.now {
        copies(text, now);
    }
    if !one.on_record.is_empty() {
        line!(text, "\n  Reviews on record (reviews table): {}", one.on_record.len());
        for record in one.on_record.iter().take(LISTED) {
            let reviewer = record.reviewer.as_deref().unwrap_or("reviewer not stated");
            let what = format!("{} {} ({reviewer})", record.date, record.words());
            line!(text, "    {}", shorten(&safe(&what), 110));
        }
        more(text, one.on_record.len(), LISTED);
    }
}

fn line_of_images(text: &mut String, reviewing: &Reviewing, review: &Review) {
    let name = match reviewing.products.is_empty() {
        true => "no product stated".to_owned(),
        false => reviewing.products.iter().map(|one| safe(one)).collect::<Vec<_>>().join(", "),
    };
    line!(text, "\n  {name}");
    for (index, image) in reviewing.images.iter().enumerate() {
        let role = match (reviewing.earlier == Some(index), reviewing.later == Some(index)) {
            (true, true) => "before and after",
            (true, false) => "before",
            (false, true) => "after",
            (false, false) => "",
        };
        let first = image
            .first
            .as_deref()
            .map_or("never inspected".to_owned(), |day| format!("first inspected {day}"));
        let last = image.last.as_ref().filter(|last| Some(*last) != image.first.as_ref());
        let last = last.map(|day| format!(", last {day}")).unwrap_or_default();
        line!(text, "    {role:<16} {} ({}): {first}{last}", safe(&image.name), image.sha256.short());
        line!(text, "    {:<16}   {}", "", shorten(&safe(&image.belongs.words()), 100));
    }
    if reviewing.later.is_none() {
        let why = match reviewing.earlier {
            None => format!("nothing was inspected before {}", review.since),
            Some(_) => format!("nothing was inspected on {} or later; `banbury assess` does", review.since),
        };
        line!(text, "    NOT COMPARED: {why}");
        return;
    }
    line!(text, "\n    {:<16} {:>6} {:>6} {:>6}", "findings", "high", "medium", "low");
    for became in Became::ALL {
        let count = |grade: Grade| {
            reviewing.findings.iter().filter(|one| one.became == became && one.grade == grade).count()
        };
        let (high, medium, low) = (count(Grade::High), count(Grade::Medium), count(Grade::Low));
        if high + medium + low > 0
            || matches!(became, Became::Fixed | Became::New | Became::Regressed | Became::Remains)
        {
            line!(text, "    {:<16} {high:>6} {medium:>6} {low:>6}  {}", became.as_str(), became.meaning());
        }
    }
    for became in Became::ALL {
        let found: Vec<_> = reviewing.findings.iter().filter(|one| one.became == became).collect();
        if found.is_empty() {
            continue;
        }
        line!(text, "\n    {}: {}", capital(became.as_str()), found.len());
        for one in found.iter().take(LISTED) {
            let tone = if one.grade == Grade::High && one.open { Tone::Bad } else { Tone::Strong };
            let grade = format!("{:<6}", one.grade.as_str());
            let was = one.was.map(|was| format!(", was {}", was.as_str())).unwrap_or_default();
            let exploited = one
                .exploited
                .as_deref()
                .map(|day| format!(", known exploited since {}", safe(day)))
                .unwrap_or_default();
            let decided =
                one.disposition.as_deref().map(|state| format!(", decision: {state}")).unwrap_or_default();
            line!(
                text,
                "      {} {} ({}{was}{exploited}{decided})",
                paint(&grade, tone),
                shorten(&safe(&one.title), 90),
                one.code
            );
            if !one.place.is_empty() {
                line!(text, "             at {}", safe(&one.place));
            }
            if let Some(note) = &one.note {
                line!(text, "             {}", safe(note));
            }
        }
        more(text, found.len(), LISTED);
    }
}

fn copies(text: &mut String, now: &Yardstick) {
    let copies = &now.copies;
    if copies.products.is_empty() {
        return;
    }
    line!(text, "\n  Components in several versions within one image: {}", copies.products.len());
    for one in copies.products.iter().take(COPIES) {
        line!(
            text,
            "    {} in {} versions ({}), carried by {} files or packages of {}",
            safe(&one.product),
            one.versions.len(),
            shorten(&safe(&one.versions.join(", ")), 60),
            one.places,
            safe(&one.image)
        );
    }
    more(text, copies.products.len(), COPIES);
}

/// Every vendor by the same yardstick, a few beside each other.
fn side_by_side(text: &mut String, review: &Review) {
    line!(text, "\n{}", paint("By the same yardstick, over the latest image of each line", Tone::Strong));
    let rows = review.side_by_side();
    let label = rows.iter().map(|row| row.label.chars().count()).max().unwrap_or_default();
    for (start, some) in (0..).step_by(BESIDE).zip(review.reviewed.chunks(BESIDE)) {
        let cells = |row: &Row| -> Vec<String> {
            row.cells.iter().skip(start).take(BESIDE).map(ToString::to_string).collect()
        };
        let names: Vec<String> = some.iter().map(|one| shorten(&safe(&one.name), NAME)).collect();
        let widths: Vec<usize> = (0..some.len())
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.cells.get(start + column));
                let cells = cells.map(|cell| cell.chars().count()).max().unwrap_or_default();
                names.get(column).map_or(0, |name| name.chars().count()).max(cells)
            })
            .collect();
        let shown = |label_text: &str, cells: &[String]| {
            let cells: Vec<String> =
                cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:>width$}")).collect();
            format!("  {label_text:<label$}  {}", cells.join("  "))
        };
        line!(text, "\n{}", shown("", &names).trim_end());
        for row in &rows {
            line!(text, "{}", shown(row.label, &cells(row)).trim_end());
        }
    }
    line!(text, "{}", super::explain::indent(review.copying_means));
}

/// What was looked at, and what was not.
fn looked(text: &mut String, review: &Review) {
    let images: u64 = review.reviewed.iter().filter_map(|one| one.now.as_ref()).map(|now| now.images).sum();
    let compared =
        review.reviewed.iter().flat_map(|one| &one.lines).filter(|line| line.later.is_some()).count();
    let lines = review.reviewed.iter().map(|one| one.lines.len()).sum::<usize>();
    line!(
        text,
        "\nLooked at: {images} images in {lines} lines, of which {compared} could be compared across {}; {} of {} vendors and products in full",
        review.since,
        review.reviewed.iter().filter(|one| one.is_whole()).count(),
        review.reviewed.len()
    );
    let mut gaps: Vec<String> = review
        .reviewed
        .iter()
        .flat_map(|one| one.not_looked.iter().map(|gap| format!("{}: {gap}", one.name)))
        .collect();
    gaps.extend(review.unplaced.iter().map(|one| {
        let words =
            if one.own_words.is_empty() { String::new() } else { format!(" ({})", one.own_words.join("; ")) };
        format!("{}: belongs to no maker: {}{words}", one.name, one.why)
    }));
    if !gaps.is_empty() {
        line!(text, "Not looked at:");
        for gap in gaps.iter().take(GAPS) {
            line!(text, "  {}", shorten(&safe(gap), 150));
        }
        more(text, gaps.len(), GAPS);
    }
}

fn more(text: &mut String, total: usize, listed: usize) {
    if total > listed {
        line!(text, "      ... and {} more: all of them with -o json=PATH", total - listed);
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
