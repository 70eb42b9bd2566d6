//! The page on stdout, within 80 columns.

use crate::terminal::{Tone, paint, safe, shorten};
use banbury_dossier::weigh::{Figure, Finding, Hidden, Observation, Weighing};
use banbury_evidence::Grade;
use std::fmt::Write as _;

/// Columns of the page.
const WIDTH: usize = 80;
/// Findings, images and gaps that are listed; the rest are counted.
const LISTED: usize = 6;
/// Lines of the path from the input to what it gives.
const LISTING: usize = 4;

/// Writing to a String cannot fail, so the result is dropped.
macro_rules! line {
    ($text:expr, $($arguments:tt)*) => {{ let _ = writeln!($text, $($arguments)*); }};
}

pub(super) fn of(weighing: &Weighing) -> String {
    let mut text = String::new();
    let of = weighing.vendor.as_deref().map(|vendor| format!(" of {vendor}")).unwrap_or_default();
    let case = weighing.case.as_deref().map(|case| format!("{case}, ")).unwrap_or_default();
    let title = safe(&format!("{} ({}{of})", weighing.name, weighing.kind.as_str()));
    line!(text, "{}", paint(&shorten(&title, WIDTH), Tone::Strong));
    line!(text, "{}", shorten(&safe(&format!("{case}as of {}", weighing.as_of)), WIDTH));
    if let Some(maker) = &weighing.synthetic {
        paragraph(
            &mut text,
            0,
            &format!("SYNTHETIC NETWORK: it describes no real one; it was made by {maker}"),
        );
    }
    line!(text, "");
    for sentence in &weighing.in_short {
        paragraph(&mut text, 0, sentence);
    }
    hidden(&mut text, weighing);
    head(&mut text, "Observed: facts, counted by grade, never turned into decibans");
    line!(text, "  {:<30} {:>6} {:>6} {:>6}", "", "high", "medium", "low");
    for row in &weighing.observed {
        observation(&mut text, row);
    }
    if let Some(standing) = &weighing.standing {
        head(&mut text, "In the network");
        for sentence in &standing.sentences {
            paragraph(&mut text, 2, sentence);
        }
    }
    images(&mut text, weighing);
    head(&mut text, "Not looked at");
    if weighing.not_looked.is_empty() {
        line!(text, "  nothing that a probe looks for was left out");
    }
    for gap in weighing.not_looked.iter().take(LISTED) {
        paragraph(&mut text, 2, gap);
    }
    more(&mut text, weighing.not_looked.len(), LISTED);
    if !weighing.cannot_see.is_empty() {
        let all = weighing.cannot_see.join("; ");
        paragraph(&mut text, 2, &format!("cannot be seen at all: {all}"));
    }
    line!(text, "");
    paragraph(&mut text, 0, weighing.not_said);
    text
}

fn hidden(text: &mut String, weighing: &Weighing) {
    let hidden = &weighing.hidden_access;
    head(text, "Hidden access: what speaks for it, what against");
    paragraph(text, 2, &weighing.hypothesis);
    let Some(figure) = hidden.figure else { return };
    for finding in hidden.findings.iter().take(LISTED) {
        found(text, finding);
    }
    more(text, hidden.findings.len(), LISTED);
    if let Some(first) = hidden.findings.first().filter(|finding| finding.counts) {
        line!(text, "  How the strongest one works:");
        for step in first.path().take(LISTING) {
            line!(text, "    {}", shorten(&safe(step), WIDTH - 4));
        }
        let further = first.path().count().saturating_sub(LISTING);
        if further > 0 {
            line!(text, "    ... and more with -o json=PATH: {further}");
        }
    }
    let quiet =
        hidden.silence.as_ref().map_or("0.0 dB: not measured".to_owned(), |weight| Figure::of(weight).text());
    if hidden.silent > 0 {
        row(text, &format!("{} read, nothing of 0 dB found, each", hidden.silent), &quiet);
        if hidden.candidates > 0 {
            let findings = if hidden.candidates == 1 { "finding" } else { "findings" };
            line!(text, "    ({} {findings} of less weight, as ordinary programs have)", hidden.candidates);
        }
    }
    if hidden.linked_statically > 0 {
        row(
            text,
            &format!("{} statically linked, silence not measured, each", hidden.linked_statically),
            "0.0 dB",
        );
    }
    row(text, "one of them, whichever", &figure.text());
    if let Some(other) = &hidden.without_decisions {
        row(text, "  without anybody's decision", &other.text());
    }
    if let Some(chance) = &hidden.by_chance {
        let told = format!(
            "By chance {} ({} to {}) of as many ordinary programs have a finding of {} dB or more; here {}.",
            chance.expected, chance.low, chance.high, chance.decibans, chance.here
        );
        paragraph(text, 2, &told);
    }
    odds(text, hidden);
}

fn found(text: &mut String, finding: &Finding) {
    let weight = Figure::of(&finding.weight).text();
    let place = format!("{} in {}, claim {}", finding.place, finding.image, finding.fingerprint.short());
    if finding.counts {
        line!(
            text,
            "  {} {}",
            paint(&weight, Tone::Bad),
            shorten(&safe(&finding.title), WIDTH - 3 - weight.len())
        );
    } else {
        line!(text, "  ({weight}) {}", shorten(&safe(&finding.title), WIDTH - 5 - weight.len()));
    }
    let copies =
        if finding.copies > 0 { format!(" and {} more places", finding.copies) } else { String::new() };
    paragraph(text, 4, &format!("{place}{copies}"));
    match (&finding.why_not, &finding.decision) {
        (Some(why), _) => paragraph(text, 4, &format!("does not count: {why}")),
        (None, Some(decision)) => paragraph(text, 4, &format!("counts; {}", decision.words())),
        (None, None) => {}
    }
}

fn odds(text: &mut String, hidden: &Hidden) {
    line!(text, "  If you thought before     that one of them holds it, now");
    for row in &hidden.odds {
        let before = match row.before_one_in {
            2 => "even odds".to_owned(),
            more => format!("1 in {}", banbury_network::scenario::grouped(more.into())),
        };
        line!(text, "    {before:<22}  {}", row.after);
    }
    if hidden.odds.iter().any(|row| row.of_strongest.is_some()) && hidden.read > 1 {
        line!(text, "  the same of the strongest one by itself");
        for row in &hidden.odds {
            let before = match row.before_one_in {
                2 => "even odds".to_owned(),
                more => format!("1 in {}", banbury_network::scenario::grouped(more.into())),
            };
            line!(text, "    {before:<22}  {}", row.of_strongest.as_deref().unwrap_or_default());
        }
    }
}

fn observation(text: &mut String, row: &Observation) {
    if row.looked_in == 0 {
        line!(text, "  {:<30} NOT LOOKED", row.about);
        return;
    }
    let count = |grade: Grade| row.grades.get(&grade).copied().unwrap_or_default();
    line!(
        text,
        "  {:<30} {:>6} {:>6} {:>6}",
        row.about,
        count(Grade::High),
        count(Grade::Medium),
        count(Grade::Low)
    );
    if let Some(first) = row.first.first() {
        line!(text, "    {}", shorten(&safe(first), WIDTH - 4));
    }
    let remarks = row.remarks();
    if !remarks.is_empty() {
        paragraph(text, 4, &remarks);
    }
}

fn images(text: &mut String, weighing: &Weighing) {
    let rows = &weighing.images;
    if rows.iter().all(|row| row.belongs.is_empty()) {
        return;
    }
    head(text, "The images it is known by");
    for row in rows.iter().take(LISTED) {
        line!(
            text,
            "  {}",
            shorten(&safe(&format!("{} ({}): {}", row.name, row.sha256.short(), row.belongs)), WIDTH - 2)
        );
        match (row.inspected, row.figure) {
            (false, _) => line!(text, "    NEVER INSPECTED"),
            (true, None) => line!(text, "    hidden access: NOT LOOKED, no program was read"),
            (true, Some(figure)) => {
                let strongest = row.strongest.map_or("none".to_owned(), |one| one.text());
                line!(text, "    {} programs read, strongest finding {strongest};", row.read);
                line!(text, "    it by itself {}", figure.text());
            }
        }
    }
    more(text, rows.len(), LISTED);
}

fn head(text: &mut String, title: &str) {
    line!(text, "\n{}", paint(title, Tone::Strong));
}

/// A label and what it weighs, in one line.
fn row(text: &mut String, label: &str, weight: &str) {
    line!(text, "  {label:<44} {weight}");
}

fn more(text: &mut String, total: usize, listed: usize) {
    if total > listed {
        line!(text, "  ... and {} more: all of them with -o json=PATH", total - listed);
    }
}

/// Text in lines of the page's width.
fn paragraph(text: &mut String, indent: usize, words: &str) {
    let words = safe(words);
    let (space, mut current) = (" ".repeat(indent), String::new());
    // What is longer than a line, such as a path, goes on in the next one.
    let letters: Vec<char> = words.chars().collect();
    let pieces = letters.split(|letter| *letter == ' ').flat_map(|word| word.chunks(WIDTH - indent));
    for word in pieces.map(|piece| piece.iter().collect::<String>()) {
        if !current.is_empty() && indent + current.chars().count() + 1 + word.chars().count() > WIDTH {
            line!(text, "{space}{current}");
            current.clear();
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(&word);
    }
    if !current.is_empty() {
        line!(text, "{space}{current}");
    }
}
