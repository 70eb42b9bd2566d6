//! Each regime's measures, with the verdict of every subject.

use super::{anchors::Anchors, marks, numbers};
use crate::report::CaseReport;
use crate::visible::{shortened, visible};
use banbury_evidence::{MeasureResult, RegimeResult, Verdict};
use banbury_regime::outlook::Answer;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Measures with the same verdict for the same reason that stand folded together.
const ALIKE: usize = 8;
/// Characters of a change.
const WHAT: usize = 600;
/// Names of what a change touches.
const NAMES: usize = 500;

/// Subjects shown of one measure.
const SUBJECTS: usize = 500;

pub(super) fn section(report: &CaseReport, anchors: &Anchors) -> Markup {
    html! {
        @if report.regimes.is_empty() {
            p { "No regime was applied. Name one in " code { "banbury.toml" } " and assess the case again." }
        }
        @for regime in &report.regimes { (one(regime, report, anchors)) }
    }
}

fn one(regime: &RegimeResult, report: &CaseReport, anchors: &Anchors) -> Markup {
    let tally = marks::tally(regime.measures.iter().map(|measure| measure.verdict));
    html! {
        h3 { bdi { (visible(&regime.title)) } }
        p.meta {
            code { (visible(&regime.regime)) } ", version " (visible(&regime.version)) ", applied as of "
            (visible(&regime.as_of)) ": " (marks::tally_text(&tally)) "."
        }
        div.wide {
            table.stack.measures {
                thead { tr { th scope="col" { "Verdict" } th scope="col" { "Measure" } th scope="col" { "Why" } } }
                tbody {
                    @for measure in &regime.measures {
                        @if !alike(regime, measure) { (row(regime, measure, report, anchors)) }
                    }
                }
            }
        }
        @for (first, measures) in groups(regime) {
            details.alike {
                summary {
                    (marks::verdict(first.verdict)) " " strong { (numbers::grouped(measures.len() as u64)) " measures" } ": "
                    (visible(&first.reason))
                }
                div.wide {
                    table.stack.measures {
                        thead { tr { th scope="col" { "Verdict" } th scope="col" { "Measure" } th scope="col" { "Why" } } }
                        tbody { @for measure in measures { (row(regime, measure, report, anchors)) } }
                    }
                }
            }
        }
    }
}

/// Whether the measure is one of many with the same verdict for the same reason.
fn alike(regime: &RegimeResult, measure: &MeasureResult) -> bool {
    measure.verdict != Verdict::Breached
        && regime
            .measures
            .iter()
            .filter(|other| other.verdict == measure.verdict && other.reason == measure.reason)
            .count()
            >= ALIKE
}

/// The measures with the same verdict for the same reason, where there are many, with the first of each.
fn groups(regime: &RegimeResult) -> Vec<(&MeasureResult, Vec<&MeasureResult>)> {
    let mut found: BTreeMap<(Verdict, &str), Vec<&MeasureResult>> = BTreeMap::new();
    for measure in regime.measures.iter().filter(|measure| alike(regime, measure)) {
        found.entry((measure.verdict, &measure.reason)).or_default().push(measure);
    }
    found.into_values().filter_map(|measures| Some((*measures.first()?, measures))).collect()
}

/// What would change a verdict, as far as it was worked out.
fn answer(answer: &Answer) -> Markup {
    html! {
        div.answer {
            @for change in &answer.changes {
                p {
                    strong { "What would change it: " } (shortened(&change.what, WHAT)) ". "
                    span.under {
                        "Applied to the network with that change, the measure is " (marks::verdict(change.then)) ": " (shortened(&change.reason, WHAT))
                        @if !change.fewest { " Fewer may do: the search was cut." }
                    }
                }
                @if change.names.len() > 3 {
                    details {
                        summary { (numbers::count(change.names.len(), "name", "names")) }
                        p { (visible(&change.names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", "))) }
                        (marks::cut(NAMES.min(change.names.len()), change.names.len(), "names"))
                    }
                }
            }
            @if answer.changes.is_empty() {
                @for tried in &answer.tried { p.under { (shortened(tried, WHAT)) } }
                @if let Some(remedy) = &answer.remedy { p { strong { "Remedy: " } (visible(remedy)) } }
            }
            @if let Some(decides) = &answer.decides { p { strong { "What would decide it: " } (visible(decides)) "." } }
            @if let Some(row) = &answer.row { p.under { "As a row of " code { "attestations.csv" } ": " code { (visible(row)) } } }
        }
    }
}

fn row(regime: &RegimeResult, measure: &MeasureResult, report: &CaseReport, anchors: &Anchors) -> Markup {
    let tally = marks::tally(measure.subjects.iter().map(|subject| subject.verdict));
    html! {
        tr id=[anchors.measure(&regime.regime, &measure.measure)] {
            td data-label="Verdict" { (marks::verdict(measure.verdict)) }
            th scope="row" data-label="Measure" {
                bdi { (visible(&measure.title)) }
                div.under { code { (visible(&measure.measure)) } " · " (visible(&measure.clause)) }
            }
            td data-label="Why" {
                p { (visible(&measure.reason)) }
                @if let Some(found) = report.outlook.answer(&regime.regime, &measure.measure) { (answer(found)) }
                @if !measure.subjects.is_empty() {
                    details {
                        summary { "Each subject: " (marks::tally_text(&tally)) }
                        ul.subjects {
                            @for subject in measure.subjects.iter().take(SUBJECTS) {
                                li {
                                    (marks::verdict(subject.verdict)) " "
                                    strong { (marks::linked(&subject.subject, anchors.subject(&subject.subject))) }
                                    div { (visible(&subject.reason)) }
                                }
                            }
                        }
                        (marks::cut(SUBJECTS.min(measure.subjects.len()), measure.subjects.len(), "subjects"))
                    }
                }
            }
        }
    }
}
