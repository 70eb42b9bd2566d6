//! How long the components of an image are supported: what ended first, then what cannot be told, then what ends soonest.

use super::prose::prose;
use super::{marks, numbers};
use crate::Explanation;
use crate::report::{Finding, Inspected};
use crate::visible::visible;
use banbury_software::support;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Components shown in one table.
const SHOWN: usize = 500;

pub(super) fn section(
    exhibit: &Inspected<'_>,
    explanations: &BTreeMap<String, Explanation>,
    as_of: &str,
) -> Markup {
    let found = exhibit.support();
    let of =
        |code: &str| found.iter().filter(|finding| finding.claim.code == code).copied().collect::<Vec<_>>();
    html! {
        @match exhibit.support_looked_up() {
            Err(why) => { p.warning { strong { "Not looked up." } " " (prose(&why)) } }
            Ok(looked) => {
                p.meta {
                    "By the feed " (visible(&looked.feeds.ages(as_of))) ", as of " (visible(as_of)) ". "
                    (numbers::count(usize::try_from(looked.not_in_feed).unwrap_or(usize::MAX), "component is", "components are"))
                    " of products that it does not name: of their support nothing is known."
                }
            }
        }
        (table("has ended", &of(support::ENDED), true, explanations.get(support::ENDED)))
        (table("cannot be told", &of(support::UNKNOWN), false, explanations.get(support::UNKNOWN)))
        (table("goes on", &of(support::UNTIL), false, explanations.get(support::UNTIL)))
    }
}

fn table(what: &str, findings: &[Finding<'_>], open: bool, explanation: Option<&Explanation>) -> Markup {
    html! {
        @if !findings.is_empty() {
            details open[open] {
                summary { (numbers::count(findings.len(), "component", "components")) ": support " (what) }
                @if let Some(known) = explanation {
                    p { (prose(&known.meaning)) }
                    p { strong { "Remedy. " } (prose(&known.remedy)) }
                }
                div.wide {
                    table.stack {
                        thead { tr {
                            th scope="col" { "Component" } th scope="col" { "Release" } th scope="col" { "Supported until" }
                            th scope="col" { "Newest of it" } th scope="col" { "Why" }
                        } }
                        tbody { @for finding in findings.iter().take(SHOWN) { (row(finding)) } }
                    }
                }
                (marks::cut(SHOWN.min(findings.len()), findings.len(), "components"))
            }
        }
    }
}

fn row(finding: &Finding<'_>) -> Markup {
    let fact = |name: &str| finding.fact(name).unwrap_or_default();
    let dated = |name: &str| finding.dated(name).unwrap_or_default();
    let id: String = finding.fingerprint.to_string().chars().take(24).collect();
    let packages = dated("packages");
    html! {
        tr id={ "claim-" (id) } {
            th scope="row" data-label="Component" {
                bdi { (visible(&fact("component"))) } " " (visible(&fact("version")))
                @if !packages.is_empty() { " " span.meta { "with packages: " (visible(&packages)) } }
            }
            td data-label="Release" { (visible(&fact("product"))) " " (visible(&fact("cycle"))) }
            td data-label="Supported until" {
                (visible(&fact("ends")))
                @if fact("ends").is_empty() { span.absent { "no day stated" } }
            }
            td data-label="Newest of it" { (visible(&dated("latest"))) " " span.meta { (visible(&dated("latest-released"))) } }
            td data-label="Why" {
                (visible(&fact("reason"))) ": " (visible(&dated("detail")))
                @if let Some(disposition) = finding.disposition { " " strong { "Decision: " } (visible(disposition)) }
                " " a href={ "#claim-" (id) } { code { (finding.fingerprint.short()) } }
            }
        }
    }
}
