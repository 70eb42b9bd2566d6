//! How much trust each regime asks, and of which function or role.

use super::{marks, numbers};
use crate::report::CaseReport;
use crate::visible::visible;
use banbury_regime::outlook::{Asked, Covered, Element};
use maud::{Markup, html};

/// Elements that are not folded away.
const FIRST: usize = 12;
/// Elements that are shown.
const ELEMENTS: usize = 300;

pub(super) fn section(report: &CaseReport) -> Markup {
    let trust = &report.outlook.trust;
    let there: Vec<&Element> = trust.elements.iter().filter(|element| element.devices > 0).collect();
    let absent = trust.elements.len() - there.len();
    html! {
        p { "Not all equipment needs the same trust. A regime asks trust of a function or role by putting it into a class that a "
            "measure asks about; what it does not list is " em { "unlisted" } ", not safe. A device's site, its links and its part in "
            "interception count beside these." }
        div.totals {
            @for covered in &trust.covered { (share(covered, trust.devices)) }
        }
        @if there.is_empty() { p { "No device in service has a function or role on record." } }
        @else {
            (table(there.get(..FIRST).unwrap_or(&there), &trust.covered))
            @if let Some(rest) = there.get(FIRST..ELEMENTS.min(there.len())).filter(|rest| !rest.is_empty()) {
                details {
                    summary { (numbers::count(rest.len(), "more function or role", "more functions and roles")) ", of fewer devices" }
                    (table(rest, &trust.covered))
                }
            }
            (marks::cut(ELEMENTS.min(there.len()), there.len(), "functions and roles"))
        }
        @if absent > 0 {
            p.meta { (numbers::count(absent, "function or role", "functions and roles")) " that a regime lists "
                @if absent == 1 { "is" } @else { "are" } " on no device in service; the JSON report has them." }
        }
    }
}

fn table(elements: &[&Element], covered: &[Covered]) -> Markup {
    html! {
        div.wide {
            table.stack.trust {
                thead {
                    tr {
                        th scope="col" { "Function or role" } th.number scope="col" { "Devices" }
                        @for covered in covered { th scope="col" { (visible(&covered.regime)) } }
                    }
                }
                tbody { @for element in elements { (row(element, covered)) } }
            }
        }
    }
}

fn share(covered: &Covered, devices: usize) -> Markup {
    let part = |number: usize| numbers::percent(number as u64, devices as u64);
    html! {
        div.total {
            h3 { (visible(&covered.regime)) }
            @if covered.lists {
                div.bar.bytes aria-hidden="true" {
                    span.trust-asked style={ "flex-grow:" (covered.asked) } {}
                    span.trust-listed style={ "flex-grow:" (covered.listed) } {}
                    span.trust-unlisted style={ "flex-grow:" (covered.unlisted) } {}
                }
                ul.plain {
                    li { span.swatch.trust-asked {} " " strong { (part(covered.asked)) } " of the devices: trust is asked (" (numbers::grouped(covered.asked as u64)) ")" }
                    li { span.swatch.trust-listed {} " " (part(covered.listed)) " listed, and no measure asks" }
                    li { span.swatch.trust-unlisted {} " " (part(covered.unlisted)) " unlisted" }
                }
            } @else {
                p { "It lists no functions or roles (" (covered.certainty.as_str()) "): it asks the same of all equipment, or says nothing of it." }
            }
        }
    }
}

fn row(element: &Element, covered: &[Covered]) -> Markup {
    html! {
        tr {
            th scope="row" data-label="Measure" { span.under { (element.kind) " " } bdi { (visible(&element.name)) } }
            td.number data-label="Devices" { (numbers::grouped(element.devices as u64)) }
            @for (asked, regime) in element.asked.iter().zip(covered) {
                td data-label=(visible(&regime.regime)) {
                    @if asked.is_empty() {
                        span.absent { @if regime.lists { "unlisted" } @else { "lists nothing" } }
                        " " span.under { "(" (regime.certainty.as_str()) ")" }
                    }
                    @for one in asked { (class(one)) }
                }
            }
        }
    }
}

fn class(asked: &Asked) -> Markup {
    html! {
        div.asked title=(visible(&asked.note)) {
            @if asked.measures.is_empty() { span.quiet { (visible(&asked.class)) ": no measure asks" } }
            @else {
                strong { (visible(&asked.class)) }
                @if asked.in_some_cases { ", in some cases" }
            }
            " " span.under { "(" (asked.certainty.as_str()) ")" }
            @if !asked.measures.is_empty() {
                div.under { (visible(&shown(&asked.measures))) }
            }
        }
    }
}

/// The first measures by name; the rest are counted.
fn shown(measures: &[String]) -> String {
    const NAMES: usize = 3;
    let first: Vec<&str> = measures.iter().take(NAMES).map(String::as_str).collect();
    let more = measures.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", first.join(", "))
}
