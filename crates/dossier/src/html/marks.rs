//! Small pieces that every section uses: verdicts, grades, capped lists, chains of provenance.

use super::numbers::{count, grouped};
use crate::visible::visible;
use banbury_evidence::{Grade, Location, Verdict};
use maud::{Markup, PreEscaped, html};

/// A verdict by sign, word and colour.
pub(super) fn verdict(verdict: Verdict) -> Markup {
    html! { span.mark.{ (class(verdict)) } { span.sign aria-hidden="true" { (sign(verdict)) } " " (verdict.as_str()) } }
}

/// A verdict's sign.
pub(super) fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Breached => "✕",
        Verdict::Inconclusive => "?",
        Verdict::Met => "✓",
        Verdict::NotApplicable => "–",
    }
}

/// A verdict's class in the style sheet.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Breached => "breached",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Met => "met",
        Verdict::NotApplicable => "na",
    }
}

/// The verdicts, worst first.
pub(super) const VERDICTS: [Verdict; 4] =
    [Verdict::Breached, Verdict::Inconclusive, Verdict::Met, Verdict::NotApplicable];

/// The grades, gravest first.
pub(super) const GRADES: [Grade; 4] = [Grade::High, Grade::Medium, Grade::Low, Grade::Info];

/// A grade as a word with its colour.
pub(super) fn grade(grade: Grade) -> Markup {
    html! { span.mark.{ "grade-" (grade.as_str()) } { (grade.as_str()) } }
}

/// Text, linked to its entry where there is one.
pub(super) fn linked(text: &str, id: Option<&str>) -> Markup {
    html! {
        @if let Some(id) = id { a href={ "#" (id) } { bdi { (visible(text)) } } } @else { bdi { (visible(text)) } }
    }
}

/// How often each verdict stands in `verdicts`, worst first, those that do not occur left out.
pub(super) fn tally(verdicts: impl Iterator<Item = Verdict> + Clone) -> Vec<(Verdict, usize)> {
    VERDICTS
        .into_iter()
        .map(|wanted| (wanted, verdicts.clone().filter(|verdict| *verdict == wanted).count()))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// A tally in words: `3 breached, 2 met`.
pub(super) fn tally_text(tally: &[(Verdict, usize)]) -> String {
    let parts: Vec<String> = tally
        .iter()
        .map(|(verdict, count)| format!("{} {}", grouped(*count as u64), verdict.as_str()))
        .collect();
    parts.join(", ")
}

/// Says that a list was cut, and where the rest is; nothing when it was not.
pub(super) fn cut(shown: usize, total: usize, what: &str) -> Markup {
    html! { @if shown < total { p.cut { "The first " (part(shown, total, what)) (REST) } } }
}

/// Says that of a list those stand here of which a measure said the worst, and where the rest is; nothing when all do.
pub(super) fn chosen(shown: usize, total: usize, what: &str) -> Markup {
    html! { @if shown < total { p.cut { (part(shown, total, what)) ", those first of which a measure said the worst" (REST) } } }
}

const REST: PreEscaped<&str> = PreEscaped(
    "; the JSON report (<code>dossier.json</code> in a case) has more of them, or says which view of the ledger has all.",
);

fn part(shown: usize, total: usize, what: &str) -> Markup {
    html! { (grouped(shown as u64)) " of " (count(total, what, what)) " are shown" }
}

/// The way from the exhibit's hash through every container to the bytes.
pub(super) fn chain(location: &Location) -> Markup {
    html! {
        ol.chain {
            li { a href={ "#exhibit-" (location.exhibit.short()) } title=(location.exhibit) { code { (location.exhibit.short()) "…" } } }
            @for step in &location.steps {
                li { (visible(&step.format)) " at " code { (hex(step.offset)) } }
                @if let Some(entry) = &step.entry {
                    li { code.path { (visible(entry)) } @if let Some(at) = step.at { " stored at " code { (hex(at)) } } }
                }
            }
            @if location.line.is_some() || location.offset.is_some() {
                li {
                    @if let Some(line) = location.line { "line " (grouped(line.into())) @if location.offset.is_some() { ", " } }
                    @if let Some(offset) = location.offset { "byte " code { (hex(offset)) } }
                    @if let Some(length) = location.length { ", " (grouped(length)) " bytes long" }
                }
            }
        }
    }
}

/// An offset.
pub(super) fn hex(offset: u64) -> String {
    format!("{offset:#x}")
}
