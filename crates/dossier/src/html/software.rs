//! The components of an image, each once, and what is known against them: known exploited first.

use super::prose::prose;
use super::{marks, numbers};
use crate::Explanation;
use crate::report::{Finding, Inspected};
use crate::visible::visible;
use banbury_software::join::Joined;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Components shown of one image.
const COMPONENTS: usize = 1000;
/// Places shown of one component.
const PLACES: usize = 3;
/// Vulnerabilities shown in one table.
const VULNERABILITIES: usize = 500;

pub(super) fn components(components: &[Joined<'_>]) -> Markup {
    html! {
        @if components.is_empty() {
            p.meta { "None was recognised. That is no proof that there is none." }
        } @else {
            details open[components.len() <= 12] {
                summary { (numbers::count(components.len(), "component", "components")) ", by name" }
                div.wide {
                    table.stack {
                        thead { tr {
                            th scope="col" { "Name" } th scope="col" { "Version" } th scope="col" { "Recognised by" }
                            th scope="col" { "Package URL" } th scope="col" { "Where" }
                        } }
                        tbody { @for joined in components.iter().take(COMPONENTS) { (component(joined)) } }
                    }
                }
                (marks::cut(COMPONENTS.min(components.len()), components.len(), "components"))
            }
        }
    }
}

fn component(joined: &Joined<'_>) -> Markup {
    let version = joined.package_version.clone().unwrap_or_else(|| joined.shown_version());
    let places: Vec<_> = joined.evidence.iter().filter_map(|one| one.claim.locations.first()).collect();
    html! {
        tr {
            th scope="row" data-label="Name" { bdi { (visible(&joined.product)) } }
            td data-label="Version" { (visible(&version)) @if version.is_empty() { span.absent { "not known" } } }
            td data-label="Recognised by" { (visible(&joined.methods().join(", "))) }
            td data-label="Package URL" { code.path { (visible(joined.purls.first().map(String::as_str).unwrap_or_default())) } }
            td data-label="Where" {
                @for place in places.iter().take(PLACES) { (marks::chain(place)) }
                @let more = places.len().saturating_sub(PLACES);
                @if more > 0 { span.meta { "and " (numbers::count(more, "other place", "other places")) } }
            }
        }
    }
}

pub(super) fn vulnerabilities(
    exhibit: &Inspected<'_>,
    explanations: &BTreeMap<String, Explanation>,
    as_of: &str,
) -> Markup {
    let found = exhibit.vulnerabilities();
    let state = |wanted: &str| {
        let of = |finding: &&Finding<'_>| finding.fact("state").as_deref() == Some(wanted);
        found.iter().filter(of).copied().collect::<Vec<_>>()
    };
    let (affected, open, ruled_out) = (state("affected"), state("cannot-tell"), state("not-affected"));
    html! {
        @match exhibit.looked_up() {
            Err(why) => { p.warning { strong { "Not looked up." } " " (prose(&why)) } }
            Ok(looked) => {
                p.meta {
                    "By the feeds " (visible(&looked.feeds.ages(as_of))) ". What came out after them is not known here. "
                    (numbers::grouped(looked.ruled_out_by_version)) " more are ruled out by the version alone."
                    @if looked.by_name_alone > 0 {
                        " Looked up by their names alone, which tells nothing for sure: "
                        (numbers::grouped(looked.by_name_alone)) " components."
                    }
                }
            }
        }
        @if let Some(known) = found.first().and_then(|first| explanations.get(&first.claim.code)) {
            p { (prose(&known.meaning)) }
            p { strong { "Remedy. " } (prose(&known.remedy)) }
        }
        (table("affected, known exploited first", &affected, true))
        (table("cannot be told", &open, false))
        (table("ruled out for another reason than the version", &ruled_out, false))
    }
}

fn table(what: &str, findings: &[Finding<'_>], open: bool) -> Markup {
    html! {
        @if !findings.is_empty() {
            details open[open] {
                summary { (numbers::count(findings.len(), "vulnerability", "vulnerabilities")) ": " (what) }
                div.wide {
                    table.stack {
                        thead { tr {
                            th scope="col" { "Vulnerability" } th scope="col" { "Component" } th scope="col" { "Exploited" }
                            th scope="col" { "Score" } th scope="col" { "EPSS" } th scope="col" { "Why" }
                        } }
                        tbody { @for finding in findings.iter().take(VULNERABILITIES) { (row(finding)) } }
                    }
                }
                (marks::cut(VULNERABILITIES.min(findings.len()), findings.len(), "vulnerabilities"))
            }
        }
    }
}

fn row(finding: &Finding<'_>) -> Markup {
    let fact = |name: &str| finding.fact(name).unwrap_or_default();
    let dated = |name: &str| finding.dated(name).unwrap_or_default();
    let id: String = finding.fingerprint.to_string().chars().take(24).collect();
    html! {
        tr id={ "claim-" (id) } {
            th scope="row" data-label="Vulnerability" { (visible(&fact("vulnerability"))) }
            td data-label="Component" { bdi { (visible(&fact("component"))) } " " (visible(&fact("version"))) }
            td data-label="Exploited" {
                @if let Some(day) = finding.fact("exploited") {
                    strong { "since " (visible(&day)) } " " span.meta { (visible(&fact("exploited-source"))) }
                }
            }
            td data-label="Score" {
                (visible(&dated("score"))) " " span.meta { (visible(&dated("score-scale"))) " " (visible(&dated("score-source"))) }
            }
            td data-label="EPSS" { (visible(&dated("epss"))) " " span.meta { (visible(&dated("epss-date"))) } }
            td data-label="Why" {
                (visible(&fact("reason"))) ": " (visible(&dated("detail")))
                @if let Some(disposition) = finding.disposition { " " strong { "Decision: " } (visible(disposition)) }
                " " a href={ "#claim-" (id) } { code { (finding.fingerprint.short()) } }
            }
        }
    }
}
