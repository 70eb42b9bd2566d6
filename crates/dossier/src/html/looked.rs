//! What was looked at, by which probe and how far; and what was not.

use super::{marks, numbers};
use crate::report::{CaseReport, Inspected, Looked};
use crate::visible::visible;
use banbury_evidence::Status;
use maud::{Markup, html};
use std::{borrow::Cow, collections::BTreeMap};

/// Skipped things shown of one run.
const SKIPPED: usize = 200;
/// Diagnostics shown.
const DIAGNOSTICS: usize = 500;

/// The tables that a network model can have, and what cannot be judged without them.
const TABLES: &[(&str, &str)] = &[
    ("devices", "what stands in the network"),
    ("cables", "what hangs together, and what a single fault cuts off"),
    ("sites", "where devices stand, and which places are sensitive"),
    ("functions", "which devices carry core functions"),
    ("vendors", "which vendors are designated, and by whom"),
    ("contracts", "who maintains what, and how they reach it"),
    ("interceptions", "who takes which part in lawful intercept"),
    ("reviews", "what engineering reviews found"),
];

pub(super) fn case(report: &CaseReport, inspected: &[Inspected<'_>]) -> Markup {
    let general: Vec<Looked<'_>> =
        report.runs.iter().filter(|run| run.exhibit.is_none()).map(Looked::of).collect();
    let devices = &report.model.devices;
    let unseen = devices
        .iter()
        .filter(|device| device.image.as_deref().and_then(|image| report.image(image)).is_none())
        .count();
    let missing: Vec<_> = TABLES
        .iter()
        .filter(|(table, _)| !report.model.tables.iter().any(|known| covers(&known.table, table)))
        .collect();
    let idle = inspected.iter().filter(|exhibit| exhibit.objects.is_empty()).count();
    html! {
        h3 { "Not looked at" }
        ul {
            @if unseen > 0 {
                li { (numbers::grouped(unseen as u64)) " of " (numbers::count(devices.len(), "device", "devices"))
                    " have no image in this case: what is in them was not looked at." }
            }
            @if idle > 0 { li { (numbers::count(idle, "image was", "images were")) " not inspected." } }
            @for (table, what) in &missing { li { "No table " code { (table) } " was imported: " (what) " is not known." } }
            @if !super::traffic::is_there(report) { li { "No records of traffic are in this case: who talks to whom was not looked at." } }
            @if unseen == 0 && idle == 0 && missing.is_empty() { li { "Every device has an image, and every table was imported." } }
            li { "What each run left out stands with it below." }
        }
        h3 { "Tables of the network" }
        (tables(report))
        @for exhibit in inspected { (runs(exhibit)) }
        @if !general.is_empty() {
            h3 { "Runs over the case as a whole" }
            (table(&general))
        }
        h3 { "Diagnostics" }
        @if report.diagnostics.is_empty() { p { "None: every record that was given was read." } }
        @for text in report.diagnostics.iter().take(DIAGNOSTICS) { (lines(text)) }
        (marks::cut(DIAGNOSTICS.min(report.diagnostics.len()), report.diagnostics.len(), "diagnostics"))
    }
}

pub(super) fn inspection(inspected: &[Inspected<'_>]) -> Markup {
    html! {
        @if inspected.is_empty() { p { "Nothing." } }
        @for exhibit in inspected { (runs(exhibit)) }
    }
}

/// A graph brings devices, links and places of its own.
fn covers(imported: &str, table: &str) -> bool {
    imported == table || (imported == "graphml" && matches!(table, "devices" | "cables" | "sites"))
}

fn tables(report: &CaseReport) -> Markup {
    html! {
        @if report.model.tables.is_empty() {
            p { "None was imported." }
        } @else {
            div.wide {
                table.stack {
                    thead { tr {
                        th scope="col" { "Table" } th scope="col" { "File" } th.number scope="col" { "Records" }
                        th.number scope="col" { "Rejected" } th scope="col" { "Attribution" }
                    } }
                    tbody {
                        @for table in &report.model.tables {
                            tr {
                                th scope="row" data-label="Table" { (visible(&table.table)) }
                                td data-label="File" { bdi { (visible(&table.file)) } }
                                td.number data-label="Records" { (numbers::grouped(table.rows)) }
                                td.number data-label="Rejected" { (numbers::grouped(table.rejected)) }
                                td data-label="Attribution" { (visible(table.attribution.as_deref().unwrap_or("none asked for"))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn runs(exhibit: &Inspected<'_>) -> Markup {
    let mut confinement: BTreeMap<&str, &str> = BTreeMap::new();
    for run in &exhibit.runs {
        confinement.extend(run.confinement.iter().map(|(name, state)| (name.as_str(), state.as_str())));
    }
    html! {
        h3 { "Runs over " @for (index, name) in exhibit.names.iter().enumerate() { @if index > 0 { ", " } bdi { (visible(name)) } } }
        @if exhibit.runs.is_empty() { p { "None: this image was not looked at." } } @else { (table(&exhibit.runs)) }
        @if !confinement.is_empty() {
            p.meta {
                "Confinement of the examining process: "
                @for (index, (name, state)) in confinement.iter().enumerate() {
                    @if index > 0 { " · " } (visible(name)) ": " (visible(state))
                }
            }
        }
    }
}

fn table(runs: &[Looked<'_>]) -> Markup {
    html! {
        div.wide {
            table.stack {
                thead { tr {
                    th scope="col" { "Probe" } th scope="col" { "Covered" } th.number scope="col" { "Objects" }
                    th.number scope="col" { "Bytes" } th scope="col" { "Left out" }
                } }
                tbody { @for run in runs { (row(run)) } }
            }
        }
    }
}

fn row(run: &Looked<'_>) -> Markup {
    let (class, sign) = match run.status {
        Status::Complete => ("met", "✓"),
        Status::Incomplete => ("inconclusive", "?"),
        Status::Failed => ("breached", "✕"),
    };
    html! {
        tr {
            th scope="row" data-label="Probe" {
                (visible(run.probe)) " " span.meta { (visible(run.version)) }
                @if !run.parameters.is_empty() {
                    div.under {
                        @for (index, (name, value)) in run.parameters.iter().enumerate() {
                            @if index > 0 { " · " } (visible(name)) ": " (parameter(name, value))
                        }
                    }
                }
            }
            td data-label="Covered" { span.mark.{ (class) } { span.sign aria-hidden="true" { (sign) } " " (run.status.as_str()) } }
            td.number data-label="Objects" { (numbers::grouped(run.looked)) }
            td.number data-label="Bytes" { (numbers::size(run.bytes)) }
            td data-label="Left out" {
                @if run.skipped.is_empty() { "nothing" } @else {
                    details open[run.skipped.len() <= 3] {
                        summary { (numbers::count(run.skipped.len(), "thing", "things")) }
                        ul.plain {
                            @for skipped in run.skipped.iter().take(SKIPPED) {
                                li { code.path { (visible(&skipped.what)) } ": " (visible(&skipped.why)) }
                            }
                        }
                        (marks::cut(SKIPPED.min(run.skipped.len()), run.skipped.len(), "things left out"))
                    }
                }
            }
        }
    }
}

/// A parameter's value: the day that a run judged by is recorded in seconds.
fn parameter<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    match value.parse() {
        Ok(seconds) if name == "as-of" => Cow::Owned(numbers::date(seconds)),
        _ => visible(value),
    }
}

/// A diagnostic keeps its lines; each is made visible on its own.
fn lines(text: &str) -> Markup {
    html! {
        pre.diagnostic {
            @for (index, line) in text.lines().enumerate() { @if index > 0 { "\n" } (visible(line)) }
        }
    }
}
