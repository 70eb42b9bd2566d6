//! Regimes side by side: counts, the worst verdict by topic, and where they disagree.

use super::{anchors::Anchors, marks};
use crate::report::CaseReport;
use crate::visible::{shortened, visible};
use banbury_regime::outlook::{Cell, Column, Disagreement, Side};
use maud::{Markup, html};

/// Rows of the table of disagreements.
const DISAGREEMENTS: usize = 200;
/// Characters of a reason in it.
const REASON: usize = 300;

pub(super) fn section(report: &CaseReport, anchors: &Anchors) -> Markup {
    let matrix = &report.outlook.matrix;
    let found = &matrix.disagreements;
    html! {
        p { "One network, held to each regime. Each cell has the worst verdict of the regime's measures on the topic and how many "
            "of them have it; a blank cell: the regime has no measure on it." }
        div.wide {
            table.stack.matrix {
                thead {
                    tr {
                        th scope="col" { "Topic" }
                        @for column in &matrix.columns { th scope="col" { (regime(column)) } }
                    }
                }
                tbody {
                    tr.all {
                        th scope="row" data-label="Measure" { "All measures" }
                        @for column in &matrix.columns {
                            td data-label=(visible(&column.regime)) {
                                @for (verdict, count) in &column.counts { span.pair { (count) " " (marks::verdict(*verdict)) } " " }
                            }
                        }
                    }
                    @for row in &matrix.rows {
                        tr {
                            th scope="row" data-label="Measure" { (row.title) }
                            @for (column, cell) in matrix.columns.iter().zip(&row.cells) { (topic(column, cell.as_ref(), anchors)) }
                        }
                    }
                }
            }
        }
        h3 { "Where the regimes disagree" }
        @if found.is_empty() { p { "Nowhere: on no topic, and of no device, does one regime say met and another breached." } }
        @else {
            div.wide {
                table.stack.disagreements {
                    thead { tr { th scope="col" { "About" } th scope="col" { "Breached" } th scope="col" { "Met" } } }
                    tbody { @for one in found.iter().take(DISAGREEMENTS) { (disagreement(one, anchors)) } }
                }
            }
            (marks::cut(DISAGREEMENTS.min(found.len()), found.len(), "disagreements"))
        }
    }
}

fn regime(column: &Column) -> Markup {
    html! { span title=(visible(&column.title)) { (visible(&column.regime)) } }
}

fn topic(column: &Column, cell: Option<&Cell>, anchors: &Anchors) -> Markup {
    let Some(cell) = cell else {
        return html! { td.blank {} };
    };
    let id = cell.measures.first().and_then(|measure| anchors.measure(&column.regime, measure));
    let inner = html! { (marks::verdict(cell.verdict)) };
    html! {
        td data-label=(visible(&column.regime)) title=(shortened(&cell.reason, REASON)) {
            @if let Some(id) = id { a.cell href={ "#" (id) } { (inner) } } @else { (inner) }
            " " span.under.pair { (cell.measures.len()) " of " (cell.of) }
        }
    }
}

fn disagreement(one: &Disagreement, anchors: &Anchors) -> Markup {
    html! {
        tr {
            th scope="row" data-label="Measure" {
                (one.topic)
                @if let Some(subject) = &one.subject {
                    div.under {
                        (marks::linked(subject, anchors.subject(subject)))
                        @if one.more > 0 { " and " (one.more) " more" }
                    }
                }
            }
            td data-label="Breached" { (side(&one.breached, anchors)) }
            td data-label="Met" { (side(&one.met, anchors)) }
        }
    }
}

fn side(side: &Side, anchors: &Anchors) -> Markup {
    html! {
        p { (marks::linked(&format!("{}/{}", side.regime, side.measure), anchors.measure(&side.regime, &side.measure))) }
        p.under { (shortened(&side.reason, REASON)) }
    }
}
