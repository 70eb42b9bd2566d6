//! What is stated beside what was seen.

use super::{marks, numbers};
use crate::stated::{Agreement, Comparison, ComponentRow, Outcome, VulnerabilityRow};
use crate::visible::visible;
use maud::{Markup, html};

/// Rows shown of one outcome.
const ROWS: usize = 500;

/// Rows of one outcome up to which they stand open.
const OPEN: usize = 12;

pub(super) fn section(comparisons: &[Comparison]) -> Markup {
    html! {
        p {
            "What a bill of materials or a statement on vulnerabilities says is evidence of what was stated. It changes nothing of what was "
            "seen; here the two stand side by side."
        }
        @for comparison in comparisons { (one(comparison)) }
    }
}

fn one(comparison: &Comparison) -> Markup {
    html! {
        article.statement {
            h3 { bdi { (visible(&comparison.name)) } @if !comparison.place.is_empty() { " " code.path { (visible(&comparison.place)) } } }
            dl.facts {
                dt { "Form" } dd { (visible(&comparison.form)) }
                dt { "Stated by" }
                dd {
                    @match &comparison.stated_by {
                        Some(by) => { bdi { (visible(by)) } }
                        None => { span.absent { "nobody is named" } }
                    }
                    @if let Some(at) = &comparison.stated_at { ", " (visible(at)) }
                }
                dt { "About" }
                dd {
                    @if comparison.about.is_empty() { span.absent { "nothing is named" } }
                    bdi { (visible(&comparison.about.join(", "))) }
                }
                dt { "Compared with" }
                dd {
                    @match &comparison.image {
                        Some((name, sha256)) => { a href={ "#exhibit-" (sha256.short()) } { bdi { (visible(name)) } } }
                        None => { span.absent { "no image" } }
                    }
                    " (" (comparison.tie) ")"
                }
            }
            @if let Some(gap) = &comparison.gap {
                p.warning {
                    strong { "Not all of the image was looked at" } " (" (visible(gap)) "). What is stated and was not seen may be there all the same."
                }
            }
            @for outcome in Outcome::ALL {
                @let rows: Vec<&ComponentRow> = comparison.components.iter().filter(|row| row.outcome == outcome).collect();
                @if !rows.is_empty() { (components(outcome, &rows)) }
            }
            @for agreement in Agreement::ALL {
                @let rows: Vec<&VulnerabilityRow> = comparison.vulnerabilities.iter().filter(|row| row.agreement == agreement).collect();
                @if !rows.is_empty() { (vulnerabilities(agreement, &rows)) }
            }
        }
    }
}

fn components(outcome: Outcome, rows: &[&ComponentRow]) -> Markup {
    html! {
        details open[rows.len() <= OPEN && outcome != Outcome::Same] {
            summary { (numbers::count(rows.len(), "component", "components")) " " (outcome.title()) }
            div.wide {
                table.stack {
                    thead { tr { th scope="col" { "Stated" } th scope="col" { "Seen" } th scope="col" { "The same by" } th scope="col" { "Remark" } } }
                    tbody {
                        @for row in rows.iter().take(ROWS) {
                            tr {
                                td data-label="Stated" {
                                    @match &row.stated {
                                        Some((name, version)) => { bdi { (visible(name)) } " " (visible(version.as_deref().unwrap_or_default())) }
                                        None => { span.absent { "no" } }
                                    }
                                }
                                td data-label="Seen" {
                                    @match &row.seen {
                                        Some((names, versions)) => { bdi { (visible(&names.join(", "))) } " " (visible(&versions.join(", "))) }
                                        None => { span.absent { "no" } }
                                    }
                                }
                                td data-label="The same by" { (row.by.unwrap_or_default()) }
                                td data-label="Remark" { (row.note.unwrap_or_default()) }
                            }
                        }
                    }
                }
            }
            (marks::cut(ROWS.min(rows.len()), rows.len(), "components"))
        }
    }
}

fn vulnerabilities(agreement: Agreement, rows: &[&VulnerabilityRow]) -> Markup {
    let text = |text: &Option<String>| html! { (visible(text.as_deref().unwrap_or_default())) };
    html! {
        details open[rows.len() <= OPEN && agreement != Agreement::Agrees] {
            summary { (numbers::count(rows.len(), "vulnerability", "vulnerabilities")) " " (agreement.title()) }
            div.wide {
                table.stack {
                    thead { tr {
                        th scope="col" { "Vulnerability" } th scope="col" { "Component" } th scope="col" { "Stated" } th scope="col" { "Found" }
                    } }
                    tbody {
                        @for row in rows.iter().take(ROWS) {
                            tr {
                                th scope="row" data-label="Vulnerability" { (visible(&row.vulnerability)) }
                                td data-label="Component" { bdi { (visible(&row.component)) } }
                                td data-label="Stated" { (text(&row.stated)) " " span.meta { (text(&row.justification)) } }
                                td data-label="Found" { (text(&row.found)) " " span.meta { (text(&row.reason)) } }
                            }
                        }
                    }
                }
            }
            (marks::cut(ROWS.min(rows.len()), rows.len(), "vulnerabilities"))
        }
    }
}
