//! The summaries on stdout.

use super::verdicts;
use crate::terminal::{Tone, bytes, paint, safe, shorten};
use banbury_dossier::{Agreement, CaseReport, Comparison, ComponentRow, Outcome};
use banbury_evidence::{
    Claim, Examination, Exhibit, ExhibitKind, Grade, Object, ObjectKind, Region, RegionClass, RunReport,
    Shares,
};
use banbury_software::lookup::Ran;
use banbury_software::support;
use banbury_software::vulnerabilities::{KNOWN_VULNERABILITY, Looked, is_ruled_out, order};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Findings of one code that are listed one by one; the rest are counted.
const LISTED: usize = 5;
/// Lines of one list in a summary; the rest are counted.
const LINES: usize = 30;

/// Writing to a String cannot fail, so the result is dropped.
macro_rules! line {
    ($text:expr, $($arguments:tt)*) => {{ let _ = writeln!($text, $($arguments)*); }};
}

/// What was found in one image.
pub(super) fn examination(name: &str, examination: &Examination, as_of: &str) -> String {
    let mut text = String::new();
    line!(text, "{}", paint(&safe(name), Tone::Strong));
    line!(text, "  sha256 {}, {}", examination.exhibit, bytes(examination.size));
    contents(&mut text, &examination.objects);
    let claims: Vec<&Claim> = examination.runs.iter().flat_map(|run| &run.claims).collect();
    components(&mut text, &claims);
    vulnerabilities(&mut text, &claims, &examination.runs, as_of);
    supported(&mut text, &claims, &examination.runs, as_of);
    findings(&mut text, &claims);
    looked(&mut text, examination);
    text
}

fn contents(text: &mut String, objects: &[Object]) {
    let Some(root) = objects.first() else { return };
    line!(text, "\n  Bytes: {}", shares(root.shares(), root.size));
    let files = objects.iter().filter(|object| object.kind == ObjectKind::File).count();
    line!(text, "  Objects: {}, of which {files} files", objects.len());
    let mut inside = Shares::default();
    for object in objects.iter().filter(|object| object.parent.is_some()) {
        let shares = object.shares();
        inside.unknown += shares.unknown;
        inside.opaque += shares.opaque;
    }
    line!(
        text,
        "  Inside, at all levels: {} in no known format, {} dense in no known format",
        bytes(inside.unknown),
        bytes(inside.opaque)
    );
    // The exhibit's own bytes in full; further in, what formats were found.
    let mut lines = Vec::new();
    for object in objects.iter().filter(|object| object.kind != ObjectKind::File) {
        let root = object.parent.is_none();
        let worth = |region: &&Region| root || (region.class == RegionClass::Known && region.note != "text");
        for region in object.regions.iter().filter(worth) {
            let what: Vec<String> =
                region.attributes.iter().map(|(name, value)| format!("{name} {value}")).collect();
            let place = if root { String::new() } else { format!("in {} ", safe(&object.location.path())) };
            let known = region.class == RegionClass::Known;
            let name = if known { region.note.as_str() } else { region.class.as_str() };
            lines.push(format!(
                "    {place}{:#010x} {:>11}  {name} {}",
                region.offset,
                bytes(region.length),
                shorten(&safe(&what.join(", ")), 90)
            ));
        }
    }
    for text_line in lines.iter().take(LINES) {
        line!(text, "{}", text_line.trim_end());
    }
    if lines.len() > LINES {
        line!(text, "    ... and {} more: all of them with -o json=PATH", lines.len() - LINES);
    }
}

fn shares(shares: Shares, size: u64) -> String {
    let part = |count: u64| if size == 0 { 0.0 } else { 100.0 * count as f64 / size as f64 };
    format!(
        "known {:.2} %, padding {:.2} %, dense in no known format {:.2} %, unknown {:.2} %",
        part(shares.known),
        part(shares.padding),
        part(shares.opaque),
        part(shares.unknown)
    )
}

fn components(text: &mut String, claims: &[&Claim]) {
    let joined = banbury_software::join::join(claims.iter().copied());
    line!(text, "\n  Components: {}", joined.len());
    for one in joined.iter().take(LINES) {
        let version = one.package_version.clone().unwrap_or_else(|| one.shown_version());
        line!(
            text,
            "    {:<28} {:<32} {}",
            safe(&one.product),
            shorten(&safe(&version), 110),
            one.methods().join(", ")
        );
    }
    if joined.len() > LINES {
        line!(text, "    ... and {} more: all of them with -o json=PATH", joined.len() - LINES);
    }
}

fn vulnerabilities(text: &mut String, claims: &[&Claim], runs: &[RunReport], as_of: &str) {
    let looked = match Looked::latest(runs.iter().map(Ran::of)) {
        Ok(looked) => looked,
        Err(why) => {
            line!(text, "\n  Known vulnerabilities: NOT LOOKED: {}", safe(&why));
            return;
        }
    };
    let mut found: Vec<&&Claim> = claims.iter().filter(|claim| claim.code == KNOWN_VULNERABILITY).collect();
    found.sort_by_cached_key(|claim| order(claim));
    let fact = |claim: &Claim, name: &str| claim.text(name).unwrap_or_default();
    let count = |state: &str| found.iter().filter(|claim| fact(claim, "state") == state).count();
    line!(
        text,
        "\n  Known vulnerabilities: {} affect a component, {} cannot be told, {} ruled out for a reason, {} by the version",
        count("affected"),
        count("cannot-tell"),
        count("not-affected"),
        looked.ruled_out_by_version
    );
    line!(text, "    by {}", safe(&looked.feeds.ages(as_of)));
    if looked.by_name_alone > 0 {
        line!(
            text,
            "    looked up by name alone, without CPE name or package URL: {} components",
            looked.by_name_alone
        );
    }
    let open = found.iter().filter(|claim| !is_ruled_out(claim));
    let open: Vec<&&&Claim> = open.collect();
    for claim in open.iter().take(LINES) {
        let exploited = match fact(claim, "exploited") {
            day if day.is_empty() => String::new(),
            day => format!(
                "  {}",
                paint(
                    &format!("known exploited since {day} ({})", fact(claim, "exploited-source")),
                    Tone::Bad
                )
            ),
        };
        let dated = |name: &str| claim.dated_text(name).filter(|value| !value.is_empty());
        let score = dated("score").map_or(String::new(), |score| format!("  CVSS {score}"));
        let epss = dated("epss").map_or(String::new(), |epss| {
            format!(
                "  EPSS {epss} of {}",
                dated("epss-date").unwrap_or_default().get(..10).unwrap_or("unknown date")
            )
        });
        line!(
            text,
            "    {:<6} {}{exploited}{score}{epss}",
            claim.grade.as_str(),
            shorten(&safe(&claim.title), 110)
        );
    }
    if open.len() > LINES {
        line!(text, "    ... and {} more: all of them with -o json=PATH", open.len() - LINES);
    }
}

fn supported(text: &mut String, claims: &[&Claim], runs: &[RunReport], as_of: &str) {
    let looked = match support::Looked::latest(runs.iter().map(Ran::of)) {
        Ok(looked) => looked,
        Err(why) => {
            line!(text, "\n  Support: NOT LOOKED: {}", safe(&why));
            return;
        }
    };
    let mut found: Vec<&&Claim> = claims.iter().filter(|claim| support::is_support(&claim.code)).collect();
    found.sort_by_cached_key(|claim| support::order(claim));
    let count = |code: &str| found.iter().filter(|claim| claim.code == code).count();
    line!(
        text,
        "\n  Support as of {as_of}: of {} it has ended, of {} it goes on, of {} it cannot be told; {} components are of products that no feed names",
        count(support::ENDED),
        count(support::UNTIL),
        count(support::UNKNOWN),
        looked.not_in_feed
    );
    line!(text, "    by {}", safe(&looked.feeds.ages(as_of)));
    for claim in found.iter().take(LINES) {
        let packages =
            claim.dated_text("packages").map(|count| format!("  with packages: {count}")).unwrap_or_default();
        let latest =
            claim.dated_text("latest").map(|latest| format!("  newest: {latest}")).unwrap_or_default();
        let line = format!("{}{}{}", safe(&claim.title), safe(&packages), safe(&latest));
        line!(text, "    {:<6} {}", claim.grade.as_str(), shorten(&line, 110));
    }
    if found.len() > LINES {
        line!(text, "    ... and {} more: all of them with -o json=PATH", found.len() - LINES);
    }
}

fn findings(text: &mut String, claims: &[&Claim]) {
    let mut by_code: BTreeMap<(std::cmp::Reverse<Grade>, &str), Vec<&Claim>> = BTreeMap::new();
    let own = |code: &str| {
        code != "component"
            && code != KNOWN_VULNERABILITY
            && !support::is_support(code)
            && !banbury_dossier::is_stated(code)
    };
    for claim in claims.iter().filter(|claim| own(&claim.code)) {
        by_code.entry((std::cmp::Reverse(claim.grade), &claim.code)).or_default().push(claim);
    }
    let total: usize = by_code.values().map(Vec::len).sum();
    line!(text, "\n  Findings: {total}");
    for ((grade, code), claims) in by_code {
        let tone = if grade.0 == Grade::High { Tone::Bad } else { Tone::Strong };
        line!(text, "    {:<6} {code} ({})", paint(grade.0.as_str(), tone), claims.len());
        for claim in claims.iter().take(LISTED) {
            let place = claim.locations.first().map(ToString::to_string).unwrap_or_default();
            line!(text, "           {}", shorten(&safe(&claim.title), 110));
            line!(text, "             at {}", safe(&place));
        }
        if claims.len() > LISTED {
            line!(text, "           ... and {} more: all of them with -o json=PATH", claims.len() - LISTED);
        }
    }
    if total > 0 {
        line!(text, "  `banbury explain CODE` says what a finding means and what to do.");
    }
}

/// What is stated, beside what was seen.
pub(super) fn comparison(comparison: &Comparison) -> String {
    let mut text = String::new();
    let place = if comparison.place.is_empty() { String::new() } else { format!(" {}", comparison.place) };
    line!(text, "{}", paint(&safe(&format!("Stated in {}{place}", comparison.name)), Tone::Strong));
    let by = comparison.stated_by.as_deref().unwrap_or("nobody it names");
    let at = comparison.stated_at.as_deref().map(|at| format!(", {at}")).unwrap_or_default();
    line!(text, "  {} by {}", comparison.form, safe(&format!("{by}{at}")));
    match &comparison.image {
        Some((name, sha256)) => {
            line!(text, "  compared with {} ({}): {}", safe(name), sha256.short(), comparison.tie);
        }
        None => line!(text, "  not compared: {}", comparison.tie),
    }
    for outcome in Outcome::ALL.into_iter().filter(|outcome| comparison.count(*outcome) > 0) {
        line!(text, "  {:>5} {}", comparison.count(outcome), outcome.title());
        let rows =
            comparison.components.iter().filter(|row| row.outcome == outcome && outcome != Outcome::Same);
        for row in rows.clone().take(LISTED) {
            line!(text, "          {}", shorten(&safe(&component_row(row)), 110));
        }
        more(&mut text, rows.count());
    }
    for agreement in Agreement::ALL.into_iter().filter(|agreement| comparison.agree(*agreement) > 0) {
        line!(text, "  {:>5} vulnerabilities {}", comparison.agree(agreement), agreement.title());
        let rows = comparison
            .vulnerabilities
            .iter()
            .filter(|row| row.agreement == agreement && agreement != Agreement::Agrees);
        for row in rows.clone().take(LISTED) {
            let side = |word: &str, what: &Option<String>, why: &Option<String>| {
                let why = why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
                what.as_deref().map(|what| format!("; {word} {what}{why}")).unwrap_or_default()
            };
            let stated = side("stated", &row.stated, &row.justification);
            let found = side("found", &row.found, &row.reason);
            let whole = format!("{} in {}{stated}{found}", row.vulnerability, row.component);
            line!(text, "          {}", shorten(&safe(&whole), 110));
        }
        more(&mut text, rows.count());
    }
    match (&comparison.image, &comparison.gap) {
        (None, _) => {}
        (_, Some(gap)) => {
            line!(
                text,
                "  Not all of the image was looked at ({}): what was not seen may be there.",
                safe(gap)
            );
        }
        (_, None) => line!(text, "  All of the image was looked at."),
    }
    line!(text, "");
    text
}

fn component_row(row: &ComponentRow) -> String {
    let stated = row
        .stated
        .as_ref()
        .map(|(name, version)| format!("{name} {}", version.as_deref().unwrap_or("(no version)")));
    let seen = row.seen.as_ref().map(|(names, versions)| {
        let versions = if versions.is_empty() { "(no version)".to_owned() } else { versions.join(", ") };
        format!("{} {versions}", names.join(", "))
    });
    match (stated, seen) {
        (Some(stated), Some(seen)) => format!("stated {stated}; seen {seen}"),
        (stated, seen) => stated.or(seen).unwrap_or_default(),
    }
}

fn more(text: &mut String, total: usize) {
    if total > LISTED {
        line!(text, "          ... and {} more: all of them with -o json=PATH", total - LISTED);
    }
}

/// What was looked at, what was not, and whether the confinement held.
pub(super) fn looked(text: &mut String, examination: &Examination) {
    line!(text, "\n  Looked at:");
    for run in &examination.runs {
        line!(
            text,
            "    {:<14} {:<10} {} objects, {}",
            run.probe,
            run.status.as_str(),
            run.looked,
            bytes(run.bytes)
        );
    }
    let skipped: Vec<(&RunReport, _)> = examination
        .runs
        .iter()
        .flat_map(|run| run.skipped.iter().map(move |skipped| (run, skipped)))
        .collect();
    line!(
        text,
        "  Not looked at: {}",
        if skipped.is_empty() { "nothing was left out".to_owned() } else { skipped.len().to_string() }
    );
    for (run, skipped) in skipped.iter().take(LINES) {
        line!(text, "    {}: {}: {}", run.probe, safe(&skipped.what), safe(&skipped.why));
    }
    if skipped.len() > LINES {
        line!(text, "    ... and {} more: all of them with -o json=PATH", skipped.len() - LINES);
    }
    if !examination.confinement.is_empty() {
        let held = banbury_firmware::confine::holds(&examination.confinement);
        let word = if held { "held: what it tried was refused" } else { "did NOT hold in full" };
        line!(text, "  Confinement of the examining process {word}");
        for (what, how) in examination.confinement.iter().filter(|_| !held) {
            line!(text, "    {what}: {how}");
        }
    }
    line!(text, "");
}

/// What an assessment came to.
pub(super) fn case(report: &CaseReport) -> String {
    let mut text = String::new();
    line!(text, "{}, as of {}", paint(&safe(&report.name), Tone::Strong), report.as_of);
    if let Some(maker) = report.model.synthetic() {
        line!(text, "SYNTHETIC NETWORK: it describes no real one; it was made by {}", safe(maker));
    }
    verdicts::all(&mut text, report);
    let comparisons = report.comparisons();
    let is_statement = |exhibit: &Exhibit| {
        comparisons.iter().any(|one| one.place.is_empty() && one.exhibit == exhibit.sha256)
    };
    line!(text, "\nImages");
    let firmware = report.exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Firmware);
    for exhibit in firmware.filter(|exhibit| !is_statement(exhibit)) {
        let here = report.claims.iter().filter(|stored| {
            stored.exhibit == Some(exhibit.sha256)
                && stored.state == "active"
                && stored.claim.code != "component"
                && !support::is_remark(&stored.claim.code)
                && !banbury_dossier::is_stated(&stored.claim.code)
        });
        let mut grades: BTreeMap<std::cmp::Reverse<Grade>, usize> = BTreeMap::new();
        here.for_each(|stored| *grades.entry(std::cmp::Reverse(stored.claim.grade)).or_default() += 1);
        let grades: Vec<String> =
            grades.iter().map(|(grade, count)| format!("{count} {}", grade.0.as_str())).collect();
        let found = if grades.is_empty() { "no findings".to_owned() } else { grades.join(", ") };
        line!(text, "  {} ({}): {found}", safe(&exhibit.name), exhibit.sha256.short());
        if let Some(root) = report.objects.get(&exhibit.sha256).and_then(|objects| objects.first()) {
            line!(text, "    {}", shares(root.shares(), root.size));
        }
    }
    if !comparisons.is_empty() {
        line!(text, "\nStated, beside what was seen");
    }
    for stated in &comparisons {
        let image = stated.image.as_ref().map_or("no image", |(name, _)| name);
        line!(
            text,
            "  {} by {} ({})",
            safe(&stated.name),
            safe(stated.stated_by.as_deref().unwrap_or("nobody it names")),
            stated.form
        );
        line!(text, "    beside {}: {}", safe(image), stated.tie);
        let outcomes = Outcome::ALL.map(|outcome| (stated.count(outcome), outcome.title()));
        let agreements = Agreement::ALL.map(|agreement| (stated.agree(agreement), agreement.title()));
        let parts: Vec<String> = outcomes
            .into_iter()
            .chain(agreements)
            .filter(|(count, _)| *count > 0)
            .map(|(count, title)| format!("{count} {title}"))
            .collect();
        if !parts.is_empty() {
            line!(text, "    {}", parts.join("; "));
        }
    }
    line!(text, "\nLooked at");
    let tables: Vec<String> =
        report.model.tables.iter().map(|table| format!("{} ({} rows)", table.table, table.rows)).collect();
    line!(text, "  tables: {}", if tables.is_empty() { "none".to_owned() } else { tables.join(", ") });
    let images = report.objects.len();
    let examined = with_image(report);
    line!(text, "  images: {images} inspected; devices with an inspected image: {examined}");
    line!(text, "Not looked at");
    let imported =
        |given_by: &[&str]| report.model.tables.iter().any(|table| given_by.contains(&table.table.as_str()));
    let missing: Vec<&str> =
        banbury_regime::tables().filter(|(_, given_by)| !imported(given_by)).map(|(name, _)| name).collect();
    if !missing.is_empty() {
        line!(text, "  tables that were not imported: {}", missing.join(", "));
    }
    let skipped: usize = report.runs.iter().map(|run| run.skipped.len()).sum();
    line!(
        text,
        "  devices without an inspected image: {}; omissions on record: {skipped} (in the dossier)",
        report.model.devices.len() - examined
    );
    text
}

fn with_image(report: &CaseReport) -> usize {
    let known = |image: &str| {
        report.exhibits.iter().any(|exhibit| {
            (exhibit.name == image || exhibit.sha256.to_string() == image)
                && report.objects.contains_key(&exhibit.sha256)
        })
    };
    report.model.devices.iter().filter(|device| device.image.as_deref().is_some_and(known)).count()
}
