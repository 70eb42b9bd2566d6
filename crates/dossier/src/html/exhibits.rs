//! Each image: its hash, the findings, what is in it, and the account of its bytes.

use super::{account, anchors::Anchors, findings, keys, marks, numbers, software, support};
use crate::Explanation;
use crate::report::{CaseReport, Finding, InspectReport, Inspected};
use crate::stated;
use crate::visible::visible;
use banbury_evidence::ExhibitKind;
use maud::{Markup, html};
use std::collections::BTreeMap;

pub(super) fn section(inspected: &[Inspected<'_>], report: &CaseReport, anchors: &Anchors) -> Markup {
    let tables: Vec<_> =
        report.exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Network).collect();
    let elsewhere = report.elsewhere();
    html! {
        @if inspected.is_empty() { p { "The case has no image: no equipment was looked into." } }
        (keys::section(inspected))
        @for exhibit in inspected {
            @let devices = report.model.devices.iter().filter(|device| {
                device.image.as_deref().and_then(|image| report.image(image)).is_some_and(|image| image.sha256 == exhibit.sha256)
            });
            @let names: Vec<&str> = devices.map(|device| device.name.as_str()).collect();
            (one(exhibit, &report.explanations, &report.as_of, html! {
                dt { "Runs on" }
                dd {
                    @if names.is_empty() { span.absent { "no device of the network model" } }
                    @for (index, name) in names.iter().enumerate() {
                        @if index > 0 { ", " } (marks::linked(name, anchors.device(name)))
                    }
                }
            }))
        }
        @if !elsewhere.is_empty() {
            h3 { "Findings outside images" }
            (findings::section(&elsewhere, &report.explanations))
        }
        @if !tables.is_empty() {
            h3 { "Tables of the network" }
            div.wide {
                table {
                    thead { tr { th scope="col" { "Name" } th.number scope="col" { "Bytes" } th scope="col" { "SHA-256" } } }
                    tbody {
                        @for table in tables {
                            tr {
                                td { bdi { (visible(&table.name)) } }
                                td.number { (numbers::grouped(table.size)) }
                                td { code.hash { (table.sha256) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn inspection(inspected: &[Inspected<'_>], report: &InspectReport) -> Markup {
    html! {
        @if inspected.is_empty() { p { "No image was given." } }
        (keys::section(inspected))
        @for exhibit in inspected { (one(exhibit, &report.explanations, &report.as_of, html! {})) }
    }
}

fn one(
    exhibit: &Inspected<'_>,
    explanations: &BTreeMap<String, Explanation>,
    as_of: &str,
    devices: Markup,
) -> Markup {
    let components = exhibit.components();
    let by_itself =
        |finding: &&Finding<'_>| finding.is_finding() && !finding.is_vulnerability() && !finding.is_support();
    let others: Vec<Finding<'_>> = exhibit.findings.iter().filter(by_itself).copied().collect();
    html! {
        article.exhibit id={ "exhibit-" (exhibit.sha256.short()) } {
            h3 { @for (index, name) in exhibit.names.iter().enumerate() { @if index > 0 { ", " } bdi { (visible(name)) } } }
            dl.facts {
                dt { "SHA-256" } dd { code.hash { (exhibit.sha256) } }
                dt { "Size" } dd { (numbers::size(exhibit.size)) " (" (numbers::grouped(exhibit.size)) " bytes)" }
                (devices)
                @if !exhibit.objects.is_empty() { dt { "Not read" } dd { (account::line(exhibit)) } }
            }
            @if let Some(gap) = exhibit.gap() {
                p.warning {
                    strong { "Not all of it was looked at" } " (" (visible(&gap)) "). What is missing below may be there all the same: see "
                    a href="#looked" { "what was not looked at" } "."
                }
            }
            @if exhibit.objects.is_empty() {
                p.warning { "This image was not inspected: nothing is known of what is in it." }
            }
            @if stated::is_statement(exhibit) {
                p.meta { "A statement, and no image: " a href="#stated" { "what is stated, beside what was seen" } "." }
            } @else {
                h4 { "Known vulnerabilities" }
                (software::vulnerabilities(exhibit, explanations, as_of))
                h4 { "Support" }
                (support::section(exhibit, explanations, as_of))
                h4 { "Findings" }
                (findings::section(&others, explanations))
                @if exhibit.superseded > 0 {
                    p.meta { (numbers::count(exhibit.superseded, "superseded claim is", "superseded claims are")) " in the JSON report alone." }
                }
                h4 { "Components " span.meta { (numbers::grouped(components.len() as u64)) } }
                (software::components(&components))
            }
            (account::section(exhibit))
        }
    }
}
