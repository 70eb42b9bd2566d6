//! The dossier as one HTML file.
//!
//! What: verdicts, the network as a picture, devices, images with their findings down to the byte, and what was looked
//! at and what was not. How: markup that is checked and escaped at compile time, one style sheet inside the file, no
//! script, no address outside it; text from inputs goes through [`visible`], so that it cannot
//! hide or reorder what stands beside it. Misses: see [`FORMAT`]'s limits. Source: the HTML standard; SVG 2.

mod account;
mod anchors;
mod devices;
mod exhibits;
mod exploited;
mod findings;
mod glossary;
mod keys;
mod looked;
mod map;
mod marks;
mod matrix;
pub(crate) mod numbers;
mod picture;
mod prose;
mod review;
mod software;
mod spoken;
mod standing;
mod stated;
mod summary;
mod support;
#[cfg(test)]
mod tests;
mod timeline;
mod traffic;
mod trust;
mod vendors;
mod verdicts;
mod weigh;

pub(crate) use review::review;
pub(crate) use weigh::weighing;

use crate::format::ReportFormat;
use crate::report::{CaseReport, InspectReport};
use crate::visible::visible;
use anchors::Anchors;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use spoken::Spoken;

/// The row of `banbury formats`.
pub(crate) const FORMAT: ReportFormat = ReportFormat {
    name: "html",
    title: "Dossier (HTML)",
    extension: "html",
    media_type: "text/html",
    limits: &[
        "Long lists are cut where the page says so, with their full length; JSON has more of them, or names the ledger's view that has all.",
        "Of more than 1,000 devices 200 of which a measure said the worst have an entry each, and the sites where they stand.",
        "Files that hold nothing further, and stretches in no known format, are counted, not listed; JSON lists them.",
        "Superseded claims are counted, not shown; JSON has them.",
        "The timeline and what would change verdicts are worked out for networks of up to 60,000 devices, or on request.",
        "What hangs on what is worked out for networks of up to 100,000 devices; its lists have 20 records, and `what-if -o json=PATH` has more.",
        "The map draws no coasts or borders, and above 150 sites one sign for all sites of a field.",
        "The picture of the network shows sites instead of devices above 300 devices, and regions instead of sites above 400 sites.",
        "Times of runs are left out; JSON has them.",
        "Pictures of traffic are drawn for the first 12 findings of each sort.",
    ],
    source: "HTML Living Standard; SVG 2; WCAG 2.2 for contrast and structure",
    needs: &[],
    inspect: Some(|report| Ok(inspect(report))),
    case: Some(|report| Ok(case(report))),
};

const STYLE: &str = include_str!("style.css");

/// The sections of a page: identifier, title, content.
type Section<'a> = (&'a str, &'a str, Markup);

fn case(report: &CaseReport) -> String {
    let spoken = Spoken::of(report);
    let anchors = Anchors::of(report, &spoken);
    let inspected = report.inspected();
    let mut sections: Vec<Section<'_>> = Vec::new();
    if !report.outlook.matrix.columns.is_empty() {
        sections.push(("regimes", "Regimes side by side", matrix::section(report, &anchors)));
    }
    sections.push(("verdicts", "Verdicts", verdicts::section(report, &anchors)));
    if !report.regimes.is_empty() {
        sections.push(("timeline", "Timeline", timeline::section(report, &anchors)));
    }
    if !report.outlook.trust.covered.is_empty() {
        sections.push(("trust", "How much trust is asked", trust::section(report)));
    }
    let network =
        html! { (picture::section(report, &anchors, &spoken)) (map::section(report, &anchors, &spoken)) };
    sections.push(("network", "The network", network));
    sections.push(("structure", "What hangs on what", standing::section(report, &inspected)));
    sections.push(("vendors", "Vendors", vendors::section(report)));
    sections.push(("devices", "Devices", devices::section(report, &anchors, &spoken, &inspected)));
    sections.push(("exhibits", "Exhibits", exhibits::section(&inspected, report, &anchors)));
    if traffic::is_there(report) {
        sections.push(("traffic", "Who talks to whom", traffic::section(report)));
    }
    let comparisons = report.comparisons();
    if !comparisons.is_empty() {
        sections.push(("stated", "What is stated, beside what was seen", stated::section(&comparisons)));
    }
    sections.push(("looked", "What was looked at, and what was not", looked::case(report, &inspected)));
    sections.push(("words", "Words", glossary::section()));
    let title = format!("{} – dossier", visible(&report.name));
    page(&title, &summary::case(report, &inspected), &sections)
}

fn inspect(report: &InspectReport) -> String {
    let inspected = report.inspected();
    let mut sections: Vec<Section<'_>> =
        vec![("exhibits", "Exhibits", exhibits::inspection(&inspected, report))];
    let comparisons = report.comparisons();
    if !comparisons.is_empty() {
        sections.push(("stated", "What is stated, beside what was seen", stated::section(&comparisons)));
    }
    sections.push(("looked", "What was looked at, and what was not", looked::inspection(&inspected)));
    sections.push(("words", "Words", glossary::section()));
    page("Inspection", &summary::inspection(report, &inspected), &sections)
}

/// The head of a page, with a style sheet of its own behind that of all.
fn head(title: &str, sheet: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
            title { (title) }
            style { (PreEscaped(STYLE)) (PreEscaped(crate::drawn::DRAWN_STYLE)) (PreEscaped(sheet)) }
        }
    }
}

fn page(title: &str, header: &Markup, sections: &[Section<'_>]) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, ""))
            body {
                a.skip href="#content" { "Skip to the content" }
                header.top { (header) }
                nav.contents aria-label="Contents" {
                    ol {
                        @for (id, title, _) in sections { li { a href={ "#" (id) } { (title) } } }
                    }
                }
                main #content {
                    @for (id, title, content) in sections {
                        section.part id=(id) aria-labelledby={ (id) "-title" } {
                            h2 id={ (id) "-title" } { (title) }
                            (content)
                        }
                    }
                }
                footer.end {
                    p { "Made by Banbury " (env!("CARGO_PKG_VERSION")) ". The same input gives the same page." }
                }
            }
        }
    }
    .into_string()
}
