//! What the regimes say, on stdout: verdicts, regimes side by side, what is to come.

use crate::terminal::{Tone, paint, safe, shorten};
use banbury_dossier::CaseReport;
use banbury_evidence::{MeasureResult, RegimeResult, Verdict};
use banbury_regime::outlook::{Answer, Cell, Covered, Element, Moment, Outlook, Turn};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Measures of one verdict that are listed one by one; the rest are counted.
const LINES: usize = 30;
/// Measures of the same verdict for the same reason that become one line.
const ALIKE: usize = 4;
/// Measures of one day of the timeline that are listed.
const TURNS: usize = 8;
/// Rows of the table of disagreements.
const DISAGREEMENTS: usize = 20;
/// Rows of the table of elements.
const ELEMENTS: usize = 60;

/// Writing to a String cannot fail, so the result is dropped.
macro_rules! line {
    ($text:expr, $($arguments:tt)*) => {{ let _ = writeln!($text, $($arguments)*); }};
}

/// Every regime's verdicts, breached ones first; then the regimes side by side, and the timeline.
pub(super) fn all(text: &mut String, report: &CaseReport) {
    for regime in &report.regimes {
        one(text, regime, &report.outlook);
    }
    if report.regimes.len() > 1 {
        side_by_side(text, &report.outlook);
        disagreements(text, &report.outlook);
    }
    timeline(text, report);
}

fn one(text: &mut String, regime: &RegimeResult, outlook: &Outlook) {
    let column = outlook.matrix.columns.iter().find(|column| column.regime == regime.regime);
    let counts: Vec<String> = column
        .into_iter()
        .flat_map(|column| &column.counts)
        .map(|(verdict, count)| format!("{count} {}", verdict.as_str()))
        .collect();
    line!(text, "\n{} ({}, version {})", safe(&regime.title), regime.regime, regime.version);
    line!(text, "  {}", if counts.is_empty() { "no measures".to_owned() } else { counts.join(", ") });
    for verdict in [Verdict::Breached, Verdict::Inconclusive, Verdict::Met, Verdict::NotApplicable] {
        let mut by_reason: BTreeMap<&str, Vec<&MeasureResult>> = BTreeMap::new();
        let these: Vec<&MeasureResult> =
            regime.measures.iter().filter(|measure| measure.verdict == verdict).collect();
        for measure in &these {
            by_reason.entry(&measure.reason).or_default().push(measure);
        }
        let mut told = std::collections::BTreeSet::new();
        let mut lines = 0;
        for measure in &these {
            let alike = by_reason.get(measure.reason.as_str()).map(Vec::as_slice).unwrap_or_default();
            let together = verdict != Verdict::Breached && alike.len() >= ALIKE;
            if together && !told.insert(&measure.reason) {
                continue;
            }
            lines += 1;
            if lines > LINES {
                continue;
            }
            let word = paint(&format!("{:<14}", verdict.as_str()), tone(verdict));
            if together {
                let name = |found: Option<&&MeasureResult>| {
                    found.map(|measure| measure.measure.clone()).unwrap_or_default()
                };
                line!(
                    text,
                    "  {word} {} measures, {} to {}: `banbury explain {}` lists them",
                    alike.len(),
                    name(alike.first()),
                    name(alike.last()),
                    regime.regime
                );
            } else {
                line!(text, "  {word} {} ({})", measure.measure, safe(&measure.clause));
            }
            line!(text, "                 {}", safe(&measure.reason));
            if verdict == Verdict::Breached
                && let Some(answer) = outlook.answer(&regime.regime, &measure.measure)
                && let Some(told) = answered(answer)
            {
                line!(text, "                 {}", shorten(&safe(&told), 300));
            }
        }
        if lines > LINES {
            line!(
                text,
                "  ... and {} lines more of {}: all of them in the dossier",
                lines - LINES,
                verdict.as_str()
            );
        }
    }
}

/// What would change a breach, in one line.
fn answered(answer: &Answer) -> Option<String> {
    let change = answer.changes.first()?;
    let more = match answer.changes.len() {
        1 => String::new(),
        more => format!(" (or {} more, in the dossier)", more - 1),
    };
    Some(format!("Tried: {}: then {}.{more}", change.what, change.then.as_str()))
}

fn side_by_side(text: &mut String, outlook: &Outlook) {
    let matrix = &outlook.matrix;
    line!(text, "\nRegimes side by side");
    line!(
        text,
        "  {:<4}{:<28}{:>9}{:>14}{:>5}{:>16}",
        "",
        "",
        "breached",
        "inconclusive",
        "met",
        "not applicable"
    );
    for (number, column) in matrix.columns.iter().enumerate() {
        let count = |verdict: Verdict| {
            column.counts.iter().find(|(found, _)| *found == verdict).map_or(0, |(_, count)| *count)
        };
        line!(
            text,
            "  {:<4}{:<28}{:>9}{:>14}{:>5}{:>16}",
            number + 1,
            shorten(&safe(&column.regime), 27),
            count(Verdict::Breached),
            count(Verdict::Inconclusive),
            count(Verdict::Met),
            count(Verdict::NotApplicable)
        );
    }
    if matrix.rows.is_empty() {
        return;
    }
    line!(
        text,
        "  By topic: the worst verdict (x breached, ? inconclusive, + met, - not applicable), and how many of the measures have it"
    );
    let numbers: Vec<String> = (1..=matrix.columns.len()).map(|number| format!("{number:>9}")).collect();
    line!(text, "  {:<36}{}", "", numbers.concat());
    for row in &matrix.rows {
        let cells: Vec<String> = row.cells.iter().map(|cell| topic_cell(cell.as_ref())).collect();
        line!(text, "  {:<36}{}", shorten(&row.title, 35), cells.concat().trim_end());
    }
}

fn topic_cell(cell: Option<&Cell>) -> String {
    let Some(cell) = cell else { return format!("{:>9}", "") };
    let sign = match cell.verdict {
        Verdict::Breached => "x",
        Verdict::Inconclusive => "?",
        Verdict::Met => "+",
        Verdict::NotApplicable => "-",
    };
    let plain = format!("{sign} {}/{}", cell.measures.len(), cell.of);
    let blank = " ".repeat(9usize.saturating_sub(plain.len()));
    format!("{blank}{}", paint(&plain, tone(cell.verdict)))
}

fn disagreements(text: &mut String, outlook: &Outlook) {
    let found = &outlook.matrix.disagreements;
    line!(
        text,
        "\nWhere the regimes disagree: {}",
        if found.is_empty() { "nowhere" } else { "one says breached, another met" }
    );
    for one in found.iter().take(DISAGREEMENTS) {
        let subject =
            one.subject.as_deref().map(|subject| format!(": {}", safe(subject))).unwrap_or_default();
        let more = if one.more > 0 { format!(" and {} more", one.more) } else { String::new() };
        line!(text, "  {}{subject}{more}", one.topic);
        for (word, side, tone) in [("breached", &one.breached, Tone::Bad), ("met", &one.met, Tone::Good)] {
            let word = paint(&format!("{word:<10}"), tone);
            line!(text, "    {word} {}/{}: {}", side.regime, side.measure, shorten(&safe(&side.reason), 200));
        }
    }
    if found.len() > DISAGREEMENTS {
        line!(text, "  ... and {} more: all of them in the dossier", found.len() - DISAGREEMENTS);
    }
}

fn timeline(text: &mut String, report: &CaseReport) {
    if report.regimes.is_empty() {
        return;
    }
    line!(text, "\nTimeline");
    let Some(timeline) = &report.outlook.timeline else {
        line!(
            text,
            "  not worked out, and neither is what would change a verdict: `--outlook always` does both"
        );
        return;
    };
    match (&timeline.last, timeline.days) {
        (Some(last), days) => line!(
            text,
            "  {days} {} after {} on which a verdict can change {} looked at, up to {last}{}",
            if days == 1 { "day" } else { "days" },
            report.as_of,
            if days == 1 { "was" } else { "were" },
            if timeline.left_out > 0 {
                format!("; {} later ones were not", timeline.left_out)
            } else {
                String::new()
            }
        ),
        (None, _) => line!(
            text,
            "  nothing in the regimes or the network begins, ends or runs out after {}",
            report.as_of
        ),
    }
    for moment in &timeline.moments {
        moment_lines(text, moment);
    }
}

fn moment_lines(text: &mut String, moment: &Moment) {
    line!(
        text,
        "  {}  {}",
        paint(&moment.date, Tone::Strong),
        shorten(&safe(&moment.causes.join("; ")), 160)
    );
    let mut groups: Vec<(&Turn, usize)> = Vec::new();
    for turn in &moment.turns {
        let alike = |other: &&mut (&Turn, usize)| {
            let (other, _) = **other;
            (&other.regime, other.from, other.to, &other.reason)
                == (&turn.regime, turn.from, turn.to, &turn.reason)
        };
        match groups.iter_mut().find(alike) {
            Some((_, count)) => *count += 1,
            None => groups.push((turn, 1)),
        }
    }
    for (turn, count) in groups.iter().take(TURNS) {
        let word = paint(&format!("{:<14}", turn.to.as_str()), tone(turn.to));
        let what = if *count == 1 {
            format!("{}/{}", turn.regime, turn.measure)
        } else {
            format!("{count} measures of {}, first {}", turn.regime, turn.measure)
        };
        let number = if turn.from == turn.to {
            format!("{} breached instead of {}", turn.breached.1, turn.breached.0)
        } else {
            format!("was {}", turn.from.as_str())
        };
        line!(text, "              {word} {what} ({number})");
        line!(text, "                             {}", shorten(&safe(&turn.reason), 160));
    }
    if groups.len() > TURNS {
        line!(text, "              ... and {} more: all of them in the dossier", groups.len() - TURNS);
    }
    let counts: Vec<String> =
        moment.counts.iter().map(|(verdict, count)| format!("{count} {}", verdict.as_str())).collect();
    line!(text, "              then in all: {}", counts.join(", "));
}

/// How much trust each regime asks, element by element.
pub(super) fn sensitivity(report: &CaseReport) -> String {
    let mut text = String::new();
    let trust = &report.outlook.trust;
    line!(text, "\nHow much trust each regime asks, and of what");
    line!(text, "  devices in service: {}", trust.devices);
    for (number, covered) in trust.covered.iter().enumerate() {
        line!(
            text,
            "  {:<4}{:<28}{}",
            number + 1,
            shorten(&safe(&covered.regime), 27),
            share(covered, trust.devices)
        );
    }
    let there = trust.elements.iter().filter(|element| element.devices > 0);
    for element in there.clone().take(ELEMENTS) {
        element_lines(&mut text, element, &trust.covered);
    }
    let (shown, all) = (there.clone().count().min(ELEMENTS), there.count());
    if shown < all {
        line!(text, "  ... and {} elements more: all of them in the dossier", all - shown);
    }
    line!(
        text,
        "  {} more functions and roles that a regime lists are on no device in service",
        trust.elements.len() - all
    );
    line!(text, "  A device's site, links and part in interception count beside its function and role.");
    text
}

fn share(covered: &Covered, devices: usize) -> String {
    if !covered.lists {
        return format!("lists no functions or roles (its text: {})", covered.certainty.as_str());
    }
    let part = if devices == 0 { 0.0 } else { 100.0 * covered.asked as f64 / devices as f64 };
    format!(
        "asks trust of {} ({part:.1} %); {} listed without a measure that asks, {} unlisted",
        covered.asked, covered.listed, covered.unlisted
    )
}

fn element_lines(text: &mut String, element: &Element, covered: &[Covered]) {
    let devices = if element.devices == 1 { "device" } else { "devices" };
    line!(
        text,
        "  {} ({} {devices})",
        paint(&format!("{} {}", element.kind, safe(&element.name)), Tone::Strong),
        element.devices
    );
    for (number, (asked, regime)) in element.asked.iter().zip(covered).enumerate() {
        if asked.is_empty() {
            if regime.lists {
                line!(text, "    {:<4}unlisted ({})", number + 1, regime.certainty.as_str());
            }
            continue;
        }
        for one in asked {
            let cases = if one.in_some_cases { ", in some cases" } else { "" };
            let measures = if one.measures.is_empty() {
                "no measure asks".to_owned()
            } else {
                format!("asked by {}", one.measures.join(", "))
            };
            let note = if one.note.is_empty() { String::new() } else { format!("; {}", safe(&one.note)) };
            line!(
                text,
                "    {:<4}{}{cases}: {measures}{note} ({})",
                number + 1,
                one.class,
                one.certainty.as_str()
            );
        }
    }
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Met => Tone::Good,
        Verdict::Breached => Tone::Bad,
        Verdict::Inconclusive | Verdict::NotApplicable => Tone::Unsure,
    }
}
