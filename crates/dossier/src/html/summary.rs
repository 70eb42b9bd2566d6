//! The head of the page: what it is about, and the totals.

use super::marks::{self, GRADES, tally};
use super::numbers::{count, grouped};
use crate::report::{CaseReport, Finding, InspectReport, Inspected};
use crate::stated::is_statement;
use crate::visible::visible;
use banbury_evidence::Grade;
use maud::{Markup, html};

pub(super) fn case(report: &CaseReport, inspected: &[Inspected<'_>]) -> Markup {
    let model = &report.model;
    let images = inspected.iter().filter(|exhibit| !is_statement(exhibit)).count();
    html! {
        p.over { "Banbury dossier" }
        h1 { bdi { (visible(&report.name)) } }
        @if let Some(maker) = model.synthetic() {
            p.synthetic { strong { "Synthetic network." } " It describes no real one; it was made by " (visible(maker)) "." }
        }
        p.meta { "Assessed as of " strong { (visible(&report.as_of)) } " by " (visible(&report.created_by)) "." }
        div.totals {
            @if report.regimes.is_empty() {
                div.total { p { "No regime was applied: there are no verdicts." } }
            }
            @for regime in &report.regimes {
                @let totals = tally(regime.measures.iter().map(|measure| measure.verdict));
                div.total {
                    h2 { bdi { (visible(&regime.title)) } }
                    (bar(&totals))
                    ul.counts {
                        @for (verdict, number) in &totals {
                            li { strong { (grouped(*number as u64)) } " " (marks::verdict(*verdict)) }
                        }
                        @if totals.is_empty() { li { "no measures" } }
                    }
                }
            }
            div.total {
                h2 { "The case" }
                ul.plain {
                    li { (count(model.devices.len(), "device", "devices")) " at " (count(model.sites.len(), "site", "sites")) ", " (count(model.links.len(), "link", "links")) }
                    li { (count(report.exhibits.len(), "exhibit", "exhibits")) ", of them " (count(images, "image", "images")) }
                    li { (grades(inspected.iter().flat_map(|exhibit| &exhibit.findings))) }
                }
            }
        }
    }
}

pub(super) fn inspection(report: &InspectReport, inspected: &[Inspected<'_>]) -> Markup {
    html! {
        p.over { "Banbury inspection" }
        h1 {
            @match inspected {
                [one] => { bdi { (visible(one.names.first().copied().unwrap_or_default())) } }
                _ => { (count(inspected.len(), "image", "images")) }
            }
        }
        p.meta { "Judged as of " strong { (visible(&report.as_of)) } "." }
        div.totals {
            div.total { h2 { "Findings" } p { (grades(inspected.iter().flat_map(|exhibit| &exhibit.findings))) } }
        }
    }
}

/// Findings by grade in words, components left out.
pub(super) fn grades<'a>(findings: impl Iterator<Item = &'a Finding<'a>>) -> Markup {
    let graded: Vec<Grade> =
        findings.filter(|finding| finding.is_finding()).map(|finding| finding.claim.grade).collect();
    let counts: Vec<(Grade, usize)> = GRADES
        .into_iter()
        .map(|wanted| (wanted, graded.iter().filter(|grade| **grade == wanted).count()))
        .filter(|(_, number)| *number > 0)
        .collect();
    html! {
        @if counts.is_empty() { "no findings" }
        @for (grade, number) in counts { span.pair { (grouped(number as u64)) " " (marks::grade(grade)) } " " }
    }
}

fn bar(totals: &[(banbury_evidence::Verdict, usize)]) -> Markup {
    html! {
        div.bar aria-hidden="true" {
            @for (verdict, number) in totals {
                span.{ (marks::class(*verdict)) } style={ "flex-grow:" (number) } {}
            }
        }
    }
}
