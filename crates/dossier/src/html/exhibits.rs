//! Each image: its hash, the findings, what is in it, and the account of its bytes.

use super::{account, anchors::Anchors, findings, keys, marks, numbers};
use crate::Explanation;
use crate::report::{CaseReport, Finding, InspectReport, Inspected};
use crate::stated;
use crate::visible::visible;
use banbury_evidence::ExhibitKind;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Components shown of one image.
const COMPONENTS: usize = 1000;

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
            (one(exhibit, &report.explanations, html! {
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
        @for exhibit in inspected { (one(exhibit, &report.explanations, html! {})) }
    }
}

fn one(exhibit: &Inspected<'_>, explanations: &BTreeMap<String, Explanation>, devices: Markup) -> Markup {
    let components: Vec<Finding<'_>> =
        exhibit.findings.iter().filter(|finding| finding.is_component()).copied().collect();
    let others: Vec<Finding<'_>> =
        exhibit.findings.iter().filter(|finding| finding.is_finding()).copied().collect();
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
                h4 { "Findings" }
                (findings::section(&others, explanations))
                @if exhibit.superseded > 0 {
                    p.meta { (numbers::count(exhibit.superseded, "superseded claim is", "superseded claims are")) " in the JSON report alone." }
                }
                h4 { "Components " span.meta { (numbers::grouped(components.len() as u64)) } }
                (component_table(&components))
            }
            (account::section(exhibit))
        }
    }
}

fn component_table(components: &[Finding<'_>]) -> Markup {
    let mut rows: Vec<_> = components
        .iter()
        .map(|finding| {
            let text = |name| finding.fact(name).unwrap_or_default();
            (text("name"), text("version"), text("purl"), text("method"), finding)
        })
        .collect();
    rows.sort_by(|a, b| (&a.0, &a.1, &a.2, a.4.fingerprint).cmp(&(&b.0, &b.1, &b.2, b.4.fingerprint)));
    html! {
        @if rows.is_empty() {
            p.meta { "None was recognised. That is no proof that there is none." }
        } @else {
            details open[rows.len() <= 12] {
                summary { (numbers::count(rows.len(), "component", "components")) ", by name" }
                div.wide {
                    table.stack {
                        thead { tr {
                            th scope="col" { "Name" } th scope="col" { "Version" } th scope="col" { "Recognised by" }
                            th scope="col" { "Package URL" } th scope="col" { "Where" }
                        } }
                        tbody {
                            @for (name, version, purl, method, finding) in rows.iter().take(COMPONENTS) {
                                tr {
                                    th scope="row" data-label="Name" { bdi { (visible(name)) } }
                                    td data-label="Version" { (visible(version)) @if version.is_empty() { span.absent { "not known" } } }
                                    td data-label="Recognised by" { (visible(method)) }
                                    td data-label="Package URL" { code.path { (visible(purl)) } }
                                    td data-label="Where" {
                                        @if let Some(first) = finding.claim.locations.first() { (marks::chain(first)) }
                                        @let more = finding.claim.locations.len().saturating_sub(1);
                                        @if more > 0 { span.meta { "and " (numbers::count(more, "other place", "other places")) } }
                                    }
                                }
                            }
                        }
                    }
                }
                (marks::cut(COMPONENTS.min(rows.len()), rows.len(), "components"))
            }
        }
    }
}
