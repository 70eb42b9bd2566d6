//! Traffic: what was looked at, what was found with its pictures, and who came to manage equipment.

use super::{findings, marks, numbers};
use crate::drawn::lasting;
use crate::report::{CaseReport, Finding, Looked};
use crate::visible::visible;
use banbury_evidence::ExhibitKind;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Sessions shown.
const SESSIONS: usize = 500;

/// The codes of sessions, which stand in a table of their own.
const DIRECT: &str = "traffic.direct-session";
const MEDIATED: &str = "traffic.mediated-session";
/// Says that traffic of a device was looked at: no finding.
const WATCHED: &str = "traffic.watched";

/// Whether the case has records of traffic.
pub(super) fn is_there(report: &CaseReport) -> bool {
    report.exhibits.iter().any(|exhibit| exhibit.kind == ExhibitKind::Traffic)
}

pub(super) fn section(report: &CaseReport) -> Markup {
    let all = report.traffic();
    let code = |finding: &Finding<'_>| finding.claim.code.clone();
    let is_session = |finding: &&Finding<'_>| [DIRECT, MEDIATED].contains(&code(finding).as_str());
    let sessions: Vec<&Finding<'_>> = all.iter().filter(is_session).collect();
    let others: Vec<Finding<'_>> =
        all.iter().filter(|finding| !is_session(finding) && code(finding) != WATCHED).copied().collect();
    html! {
        (looked(report, &all))
        h3 { "Sessions by which equipment was managed" }
        (table(&sessions))
        h3 { "Findings" }
        (findings::section(&others, &report.explanations))
    }
}

fn looked(report: &CaseReport, all: &[Finding<'_>]) -> Markup {
    let watched: Vec<&Finding<'_>> = all.iter().filter(|finding| finding.claim.code == WATCHED).collect();
    let devices: BTreeSet<&str> = watched.iter().map(|finding| finding.claim.subject.id.as_str()).collect();
    let first = watched.iter().filter_map(|finding| finding.fact("since")).min();
    let last = watched.iter().filter_map(|finding| finding.fact("until")).max();
    html! {
        p {
            @match (first, last) {
                (Some(first), Some(last)) => {
                    "Traffic of " (numbers::count(devices.len(), "device", "devices")) " of " (numbers::grouped(report.model.devices.len() as u64))
                    " was looked at, between " (visible(&first)) " and " (visible(&last)) ". That nobody came to the others is not known."
                }
                _ => { "No device of the network model was recognised in these records: they say who talked to whom by addresses alone." }
            }
        }
        div.wide {
            table {
                thead { tr {
                    th scope="col" { "Records" } th.number scope="col" { "Bytes" } th scope="col" { "SHA-256" } th scope="col" { "Looked at by" }
                } }
                tbody {
                    @for exhibit in report.exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Traffic) {
                        tr id={ "exhibit-" (exhibit.sha256.short()) } {
                            td { bdi { (visible(&exhibit.name)) } }
                            td.number { (numbers::grouped(exhibit.size)) }
                            td { code.hash { (exhibit.sha256) } }
                            td { (visible(&runs(report, exhibit))) }
                        }
                    }
                }
            }
        }
    }
}

fn runs(report: &CaseReport, exhibit: &banbury_evidence::Exhibit) -> String {
    let runs: Vec<Looked<'_>> =
        report.runs.iter().filter(|run| run.exhibit == Some(exhibit.sha256)).map(Looked::of).collect();
    crate::report::latest(&runs)
}

fn table(sessions: &[&Finding<'_>]) -> Markup {
    let mut sorted = sessions.to_vec();
    sorted.sort_by_cached_key(|finding| (finding.fact("start"), finding.fingerprint));
    let number =
        |finding: &Finding<'_>, name: &str| finding.value(name).and_then(|text| text.parse::<u64>().ok());
    html! {
        @if sorted.is_empty() {
            p.meta { "None from outside was seen, of the devices whose traffic was looked at." }
        } @else {
            div.wide {
                table.stack {
                    thead { tr {
                        th scope="col" { "When (UTC)" } th scope="col" { "Device" } th scope="col" { "Who" } th scope="col" { "Way" }
                        th scope="col" { "Contract" } th scope="col" { "Hours" } th.number scope="col" { "Moved" }
                    } }
                    tbody {
                        @for finding in sorted.iter().take(SESSIONS) {
                            tr {
                                td data-label="When (UTC)" {
                                    (visible(&finding.fact("start").unwrap_or_default()))
                                    div.under { "for " (lasting(number(finding, "seconds").unwrap_or_default() as f64)) }
                                }
                                th scope="row" data-label="Device" { bdi { (visible(&finding.claim.subject.id)) } }
                                td data-label="Who" {
                                    @match finding.fact("party") {
                                        Some(party) => { bdi { (visible(&party)) } }
                                        None => { span.absent { "nobody the model knows" } }
                                    }
                                    div.under { "from " (visible(&finding.fact("from").unwrap_or_default())) }
                                }
                                td data-label="Way" {
                                    @match finding.fact("through") {
                                        Some(point) => { "through " bdi { (visible(&point)) } }
                                        None => { strong { "directly" } }
                                    }
                                    div.under {
                                        (visible(&finding.fact("protocol").unwrap_or_default()))
                                        @if let Some(port) = finding.fact("port") { ", port " (visible(&port)) }
                                    }
                                }
                                td data-label="Contract" {
                                    @match finding.fact("contract") {
                                        Some(contract) => { bdi { (visible(&contract)) } }
                                        None => { span.absent { "none that covers the device then" } }
                                    }
                                }
                                td data-label="Hours" {
                                    @match finding.fact("hours").as_deref() {
                                        Some("inside") => { "inside what was agreed" }
                                        Some(_) => { strong { "outside what was agreed" } }
                                        None => { span.absent { "nothing stated" } }
                                    }
                                    @if let Some(decision) = finding.disposition { div { strong { "Decision: " } (visible(decision)) } }
                                }
                                td.number data-label="Moved" {
                                    (number(finding, "bytes").map_or_else(String::new, numbers::size))
                                    div.under { (visible(&finding.fact("kind").unwrap_or_default())) }
                                }
                            }
                        }
                    }
                }
            }
            (marks::cut(SESSIONS.min(sorted.len()), sorted.len(), "sessions"))
        }
    }
}
