//! Findings by grade and code: what the code means, what to do, and each place down to the byte.

use super::prose::prose;
use super::{marks, numbers};
use crate::report::Finding;
use crate::visible::visible;
use crate::{Explanation, drawn};
use banbury_evidence::{Grade, Picture};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Findings shown of one code.
const FINDINGS: usize = 200;
/// Places shown of one finding.
const PLACES: usize = 20;
/// Findings of one code that are drawn, where they are of connections.
const PICTURES: usize = 12;
/// Findings of one code up to which they stand open.
const OPEN: usize = 6;

pub(super) fn section(all: &[Finding<'_>], explanations: &BTreeMap<String, Explanation>) -> Markup {
    let mut groups: BTreeMap<(std::cmp::Reverse<Grade>, &str), Vec<Finding<'_>>> = BTreeMap::new();
    for finding in all {
        groups
            .entry((std::cmp::Reverse(finding.claim.grade), &finding.claim.code))
            .or_default()
            .push(*finding);
    }
    html! {
        @if groups.is_empty() {
            p.meta { "None. What the probes can miss stands with each of them in " code { "banbury probes" } "." }
        }
        @for ((std::cmp::Reverse(grade), code), findings) in &groups {
            (group(*grade, code, findings, explanations.get(*code)))
        }
    }
}

fn group(grade: Grade, code: &str, findings: &[Finding<'_>], explanation: Option<&Explanation>) -> Markup {
    html! {
        div.group.{ "edge-" (grade.as_str()) } {
            h5 {
                (marks::grade(grade)) " "
                @match explanation { Some(known) => { (visible(&known.title)) } None => { (visible(code)) } }
            }
            p.meta {
                (numbers::count(findings.len(), "finding", "findings")) " · " code { (visible(code)) }
                @if let Some(known) = explanation {
                    @for number in &known.cwe { " · CWE-" (number) }
                }
            }
            @if let Some(known) = explanation.filter(|known| !known.techniques.is_empty()) {
                p.meta {
                    "Looks like, without saying that it is: "
                    @for (index, technique) in known.techniques.iter().enumerate() {
                        @if index > 0 { "; " }
                        (visible(&technique.framework)) " " (visible(&technique.id)) " " (visible(&technique.name)) ", where " (visible(&technique.when))
                    }
                    "."
                }
            }
            @if let Some(known) = explanation {
                p { (prose(&known.meaning)) }
                p { strong { "Remedy. " } (prose(&known.remedy)) }
            }
            details open[grade >= Grade::Medium && findings.len() <= OPEN] {
                summary {
                    @if findings.len() == 1 { "Where it stands" }
                    @else { (numbers::grouped(findings.len() as u64)) " findings, each with where it stands" }
                }
                ol.findings {
                    @for (index, finding) in findings.iter().take(FINDINGS).enumerate() { (one(finding, index < PICTURES)) }
                }
                @let drawn = findings.iter().filter(|finding| Picture::of(finding.claim).is_some()).count();
                @if drawn > PICTURES { p.cut { "Pictures of the first " (PICTURES) " of these findings alone." } }
                (marks::cut(FINDINGS.min(findings.len()), findings.len(), "findings"))
            }
        }
    }
}

fn one(finding: &Finding<'_>, is_drawn: bool) -> Markup {
    let claim = finding.claim;
    let id: String = finding.fingerprint.to_string().chars().take(24).collect();
    html! {
        li id={ "claim-" (id) } {
            div.title { (visible(&claim.title)) }
            @if let Some(picture) = Picture::of(claim).filter(|_| is_drawn) { (drawn::markup(&picture)) }
            @for location in claim.locations.iter().take(PLACES) { (marks::chain(location)) }
            (marks::cut(PLACES.min(claim.locations.len()), claim.locations.len(), "places"))
            @if claim.locations.is_empty() {
                p.meta { "About " (claim.subject.kind.as_str()) " " bdi { (visible(&claim.subject.id)) } "." }
            }
            @if !claim.facts.is_empty() {
                p.attributes {
                    @for (index, (name, value)) in claim.facts.iter().enumerate() {
                        @if index > 0 { " · " } (visible(name)) ": " bdi { (visible(&value.to_text())) }
                    }
                }
            }
            @for note in &claim.notes { p.attributes { (visible(note)) } }
            @if let Some(weight) = &claim.weight {
                p.attributes {
                    "Weight " (format!("{:.1}", weight.decibans)) " dB (" (format!("{:.1}", weight.low)) " to "
                    (format!("{:.1}", weight.high)) "), measured on " (visible(&weight.basis))
                }
            }
            @if let Some(disposition) = finding.disposition { p { strong { "Decision: " } (visible(disposition)) } }
            p.attributes {
                "Found by " (visible(finding.probe)) " " (visible(finding.probe_version)) " · claim "
                a href={ "#claim-" (id) } { code { (finding.fingerprint.short()) } }
            }
        }
    }
}
