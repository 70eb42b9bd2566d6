//! Each regime's measures, with the verdict of every subject.

use super::{anchors::Anchors, marks};
use crate::report::CaseReport;
use crate::visible::visible;
use banbury_evidence::{MeasureResult, RegimeResult};
use maud::{Markup, html};

/// Subjects shown of one measure.
const SUBJECTS: usize = 500;

pub(super) fn section(report: &CaseReport, anchors: &Anchors) -> Markup {
    html! {
        @if report.regimes.is_empty() {
            p { "No regime was applied. Name one in " code { "banbury.toml" } " and assess the case again." }
        }
        @for regime in &report.regimes { (one(regime, anchors)) }
    }
}

fn one(regime: &RegimeResult, anchors: &Anchors) -> Markup {
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
                    @for measure in &regime.measures { (row(regime, measure, anchors)) }
                }
            }
        }
    }
}

fn row(regime: &RegimeResult, measure: &MeasureResult, anchors: &Anchors) -> Markup {
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
