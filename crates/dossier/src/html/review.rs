//! The page of a review: vendors side by side, then each with what became of its findings.

use super::{Section, exploited, marks, numbers, page};
use crate::review::{Became, Kind, Outcome, Review, Reviewing, Subject};
use crate::visible::visible;
use banbury_evidence::Grade;
use maud::{Markup, html};

/// Findings of one line of images that are shown.
const FINDINGS: usize = 500;
/// Grades that a review tells apart, gravest first.
const GRADED: [Grade; 3] = [Grade::High, Grade::Medium, Grade::Low];

pub(crate) fn review(review: &Review) -> String {
    let ids: Vec<String> = (1..=review.reviewed.len()).map(|number| format!("reviewed-{number}")).collect();
    let names: Vec<_> = review.reviewed.iter().map(|one| visible(&one.name)).collect();
    let mut sections: Vec<Section<'_>> = vec![("beside", "Side by side", beside(review))];
    for ((one, id), name) in review.reviewed.iter().zip(&ids).zip(&names) {
        sections.push((id, name, subject(one, review)));
    }
    let counted = match (&review.exploitation.catalogue, &review.exploitation.why_not) {
        (Some(counted), _) => Ok(counted),
        (None, why) => Err(why.as_deref().unwrap_or_default()),
    };
    sections.push(("exploited", "Known exploitation", exploited::section(counted)));
    sections.push(("looked", "What was not looked at", looked(review)));
    let header = html! {
        p.over { "Banbury review" }
        h1 { bdi { (visible(&review.case)) } }
        @if let Some(maker) = &review.synthetic {
            p.synthetic { strong { "Synthetic network." } " It describes no real one; it was made by " (visible(maker)) "." }
        }
        p.meta { "Since " strong { (review.since) } ", as of " strong { (review.as_of) } "." }
    };
    page(&format!("{} – review", visible(&review.case)), &header, &sections)
}

fn beside(review: &Review) -> Markup {
    html! {
        p { "Every vendor is counted in the same way, over the latest image of each line of images. A cell states what it is counted over." }
        div.wide {
            table.beside {
                thead { tr {
                    th scope="col" { "Counted" }
                    @for one in &review.reviewed { th scope="col" { bdi { (visible(&one.name)) } } }
                } }
                tbody {
                    @for row in review.side_by_side() {
                        tr { th scope="row" { (row.label.trim_start()) } @for cell in &row.cells { td { (cell) } } }
                    }
                }
            }
        }
        p.meta { (review.copying_means) }
    }
}

fn subject(one: &Subject, review: &Review) -> Markup {
    html! {
        p.meta {
            @match one.kind { Kind::Vendor => { "Vendor. " } Kind::Product => { "Product" @if let Some(vendor) = &one.vendor { " of " (visible(vendor)) } ". " } }
            @if let Some(devices) = one.devices {
                (numbers::grouped(devices.of)) " devices in the latest inventory, " (numbers::grouped(devices.count)) " with an image of the case."
            }
        }
        @if one.lines.is_empty() { p.warning { strong { "Not looked. " } "No image of the case belongs to it." } }
        @for reviewing in &one.lines { (line(reviewing, review)) }
        @if let Some(now) = one.now.as_ref().filter(|now| !now.copies.products.is_empty()) {
            h3 { "Components in several versions within one image" }
            ul.plain {
                @for several in &now.copies.products {
                    li {
                        strong { bdi { (visible(&several.product)) } } ": " (visible(&several.versions.join(", ")))
                        span.meta { " in " (visible(&several.image)) ", carried by " (numbers::grouped(several.places)) " files or packages" }
                    }
                }
            }
        }
        @if !one.on_record.is_empty() {
            h3 { "Reviews on record" }
            ul.plain {
                @for record in &one.on_record {
                    li {
                        (visible(&record.date)) " · " (visible(&record.words())) " " span.meta { (visible(record.reviewer.as_deref().unwrap_or_default())) " " (visible(&record.source)) }
                    }
                }
            }
        }
    }
}

fn line(reviewing: &Reviewing, review: &Review) -> Markup {
    let products: Vec<String> = reviewing.products.iter().map(|one| visible(one).into_owned()).collect();
    html! {
        h3 { @if products.is_empty() { "No product stated" } @else { (products.join(", ")) } }
        ul.plain {
            @for (index, image) in reviewing.images.iter().enumerate() {
                li {
                    @match (reviewing.earlier == Some(index), reviewing.later == Some(index)) {
                        (true, true) => { strong { "before and after " } }
                        (true, false) => { strong { "before " } }
                        (false, true) => { strong { "after " } }
                        (false, false) => {}
                    }
                    bdi { (visible(&image.name)) } " " code { (image.sha256.short()) } " "
                    span.meta {
                        @match &image.first { Some(day) => { "first inspected " (day) } None => { "never inspected" } }
                        @if let Some(last) = &image.last { ", last " (last) }
                        "; " (visible(&image.belongs.words()))
                    }
                }
            }
        }
        @if reviewing.later.is_none() {
            p.warning { strong { "Not compared. " } "Nothing was inspected "
                @if reviewing.earlier.is_none() { "before " (review.since) "." } @else { "on " (review.since) " or later." } }
        } @else {
            (tally(reviewing))
            @for became in Became::ALL { (findings(reviewing, became)) }
        }
    }
}

fn tally(reviewing: &Reviewing) -> Markup {
    let count = |became: Became, grade: Grade| {
        reviewing.findings.iter().filter(|one| one.became == became && one.grade == grade).count() as u64
    };
    html! {
        div.wide {
            table {
                thead { tr { th scope="col" { "Findings" } @for grade in GRADED { th scope="col" { (grade.as_str()) } } th scope="col" { "What it means" } } }
                tbody {
                    @for became in Became::ALL {
                        tr {
                            th scope="row" { (became.as_str()) }
                            @for grade in GRADED { td { (numbers::grouped(count(became, grade))) } }
                            td { (became.meaning()) }
                        }
                    }
                }
            }
        }
    }
}

fn findings(reviewing: &Reviewing, became: Became) -> Markup {
    let found: Vec<&Outcome> = reviewing.findings.iter().filter(|one| one.became == became).collect();
    html! {
        @if !found.is_empty() {
            details open[matches!(became, Became::Regressed | Became::New)] {
                summary { (became.as_str()) ": " (numbers::count(found.len(), "finding", "findings")) }
                ul.plain {
                    @for one in found.iter().take(FINDINGS) {
                        li {
                            (marks::grade(one.grade)) " " (visible(&one.title)) " " code { (one.code) }
                            @if let Some(was) = one.was { " " span.meta { "was " (was.as_str()) } }
                            @if let Some(day) = &one.exploited { " " strong { "known exploited since " (visible(day)) } }
                            @if let Some(state) = &one.disposition { " " span.meta { "decision: " (visible(state)) } }
                            @if !one.place.is_empty() { div { code.path { (visible(&one.place)) } } }
                            @if let Some(note) = &one.note { div.meta { (visible(note)) } }
                        }
                    }
                }
                (marks::cut(FINDINGS.min(found.len()), found.len(), "findings"))
            }
        }
    }
}

fn looked(review: &Review) -> Markup {
    html! {
        ul.plain {
            @for one in &review.reviewed {
                @for gap in &one.not_looked { li { bdi { (visible(&one.name)) } ": " (visible(gap)) } }
            }
            @for one in &review.unplaced {
                li { bdi { (visible(&one.name)) } ": belongs to no maker: " (visible(&one.why)) }
            }
        }
        @if review.is_whole() && review.unplaced.is_empty() { p { "Everything that was asked for could be compared, and every finding told." } }
    }
}
