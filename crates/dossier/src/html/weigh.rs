//! What is known of one subject, on one page: it prints on one sheet of A4 where there are few findings.

use super::{head, marks, numbers};
use crate::visible::visible;
use crate::weigh::{Figure, Finding, Hidden, ImageRow, Observation, Weighing};
use banbury_evidence::Grade;
use maud::{DOCTYPE, Markup, html};

const SHEET: &str = include_str!("sheet.css");

/// Findings of weight that are shown.
const FINDINGS: usize = 8;
/// Images that are shown.
const IMAGES: usize = 8;
/// Lines of the path from the input to what it gives that are shown of the strongest finding.
const LISTING: usize = 6;
/// Lines of what was not looked at that are shown.
const GAPS: usize = 12;

pub(crate) fn weighing(weighing: &Weighing) -> String {
    let title = format!("{} – what is known", visible(&weighing.name));
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&title, SHEET))
            body.sheet {
                header.top { (header(weighing)) }
                main #content {
                    (part("hidden", "Hidden access: what speaks for it, what against", &hidden(weighing)))
                    (part("observed", "Observed: what is there", &observed(&weighing.observed)))
                    @if let Some(standing) = &weighing.standing {
                        (part("standing", "In the network", &html! { @for sentence in &standing.sentences { p { (visible(sentence)) } } }))
                    }
                    @if weighing.images.len() > 1 || weighing.images.iter().any(|image| !image.belongs.is_empty()) {
                        (part("images", "The images it is known by", &images(&weighing.images)))
                    }
                    (part("looked", "Not looked at", &looked(weighing)))
                    (part("not-said", "What no weight says", &html! {
                        p { (weighing.not_said) }
                        p.sources { "By: " (weighing.sources.join("; ")) "." }
                    }))
                }
                footer.end { p { "Made by Banbury " (weighing.banbury) ". The same input gives the same page." } }
            }
        }
    }
    .into_string()
}

fn part(id: &str, title: &str, content: &Markup) -> Markup {
    html! { section.part id=(id) aria-labelledby={ (id) "-title" } { h2 id={ (id) "-title" } { (title) } (content) } }
}

fn header(weighing: &Weighing) -> Markup {
    html! {
        p.over { "Banbury · what is known of " (article(weighing.kind.as_str())) }
        h1 { bdi { (visible(&weighing.name)) } }
        @if let Some(maker) = &weighing.synthetic {
            p.synthetic { strong { "Synthetic network." } " It describes no real one; it was made by " (visible(maker)) "." }
        }
        p.meta {
            @if let Some(vendor) = &weighing.vendor { "Of " bdi { (visible(vendor)) } ". " }
            @if let Some(case) = &weighing.case { "Case " bdi { (visible(case)) } ", as" } @else { "As" }
            " of " strong { (weighing.as_of) } "."
            @if let [image] = weighing.images.as_slice() && image.belongs.is_empty() { " Image " bdi { (visible(&image.name)) } ", SHA-256 " code.hash { (image.sha256) } }
        }
        div.short { @for sentence in &weighing.in_short { p { (visible(sentence)) } } }
    }
}

fn article(kind: &str) -> String {
    format!("{} {kind}", if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}

fn hidden(weighing: &Weighing) -> Markup {
    let hidden = &weighing.hidden_access;
    html! {
        p { (weighing.hypothesis) }
        @if let Some(figure) = &hidden.figure {
            div.wide { table.stack {
                thead { tr { th scope="col" { "What was found" } th.number scope="col" { "programs" } th.number scope="col" { "weight of each, 95 % interval" } } }
                tbody {
                    @for finding in hidden.findings.iter().take(FINDINGS) { (row(finding)) }
                    @if hidden.silent > 0 {
                        tr { th scope="row" { "read, and nothing of 0 dB or more found" @if hidden.candidates > 0 { span.meta { " (" (numbers::grouped(hidden.candidates)) " of less weight, as ordinary programs have)" } } }
                            td.number data-label="programs" { (numbers::grouped(hidden.silent)) }
                            td.number data-label="weight of each" { @match &hidden.silence { Some(weight) => (Figure::of(weight).text()), None => "0.0 dB: not measured" } } }
                    }
                    @if hidden.linked_statically > 0 {
                        tr { th scope="row" { "statically linked: what silence says there was not measured" } td.number data-label="programs" { (numbers::grouped(hidden.linked_statically)) } td.number data-label="weight of each" { "0.0 dB" } }
                    }
                    tr { th scope="row" { "One of them, whichever" } td.number data-label="programs" { (numbers::grouped(hidden.read + hidden.linked_statically)) }
                        td.number data-label="weight" { strong { (figure.text()) } } }
                    @if let Some(other) = &hidden.without_decisions {
                        tr.settled { th scope="row" { "The same without anybody's decision" } td.number {} td.number data-label="weight" { (other.text()) } }
                    }
                }
            } }
            (marks::cut(FINDINGS.min(hidden.findings.len()), hidden.findings.len(), "findings"))
            (strongest(hidden))
            (odds(hidden))
        } @else { p.warning { strong { "Not looked. " } "No program was read." } }
    }
}

fn row(finding: &Finding) -> Markup {
    let copies = finding.copies;
    html! {
        tr.settled[!finding.counts] {
            th scope="row" {
                (visible(&finding.title))
                div.meta { code.path { (visible(&finding.place)) } @if copies > 0 { " and " (numbers::grouped(copies)) " more places" } " in " bdi { (visible(&finding.image)) } ", claim " code { (finding.fingerprint.short()) } }
                @if let Some(why) = &finding.why_not { div.meta { strong { "Does not count: " } (visible(why)) } }
                @else if let Some(decision) = &finding.decision { div.meta { strong { "Counts. " } (visible(&decision.words())) } }
            }
            td.number data-label="programs" { @if finding.counts { "1" } @else { "0" } }
            td.number data-label="weight" { (Figure::of(&finding.weight).text()) }
        }
    }
}

/// The path of the strongest finding, and how many there are by chance.
fn strongest(hidden: &Hidden) -> Markup {
    let first = hidden.findings.first().filter(|finding| finding.counts);
    html! {
        @if let Some(first) = first {
            h3 { "How the strongest one works" }
            ul.plain {
                @for line in first.path().take(LISTING) { li { code { (visible(line)) } } }
                @let more = first.path().count().saturating_sub(LISTING);
                @if more > 0 { li.meta { "and more in the JSON: " (more) } }
            }
            p.meta { "Its basis: " (visible(&first.weight.basis)) "." }
        }
        @if let Some(chance) = &hidden.by_chance {
            p {
                "By chance " (chance.expected) " (" (chance.low) " to " (chance.high) ") of as many ordinary programs have a finding of "
                (chance.decibans) " dB or more; here " (numbers::grouped(chance.here)) " " @if chance.here == 1 { "has." } @else { "have." }
            }
        }
    }
}

fn odds(hidden: &Hidden) -> Markup {
    let alone = hidden.odds.iter().any(|row| row.of_strongest.is_some());
    html! {
        h3 { "From a weight to a probability: it takes what you thought before" }
        div.wide { table.stack {
            thead { tr { th scope="col" { "If you thought" } th scope="col" { "that one of them holds it, now" } @if alone { th scope="col" { "that the strongest one does, by itself" } } } }
            tbody { @for row in &hidden.odds { tr {
                th scope="row" { @if row.before_one_in == 2 { "even odds" } @else { "1 in " (numbers::grouped(row.before_one_in.into())) } }
                td data-label="one of them, now" { (row.after) }
                @if alone { td data-label="the strongest by itself, now" { (row.of_strongest.as_deref().unwrap_or_default()) } }
            } } }
        } }
    }
}

fn observed(rows: &[Observation]) -> Markup {
    html! {
        p.meta { "Facts that anyone can check at their places: counted by grade, never turned into decibans." }
        div.wide { table.stack {
            thead { tr { th scope="col" { "About" } th.number scope="col" { "high" } th.number scope="col" { "medium" } th.number scope="col" { "low" } th scope="col" { "Among them" } } }
            tbody { @for row in rows { tr {
                th scope="row" { (row.about) }
                @if row.looked_in == 0 { td colspan="4" { strong { "not looked" } } }
                @else {
                    @for grade in [Grade::High, Grade::Medium, Grade::Low] { td.number data-label=(grade.as_str()) { (numbers::grouped(row.grades.get(&grade).copied().unwrap_or_default())) } }
                    td {
                        (visible(&row.first.join("; ")))
                        @let remarks = row.remarks();
                        @if !remarks.is_empty() { div.meta { (remarks) } }
                    }
                }
            } } }
        } }
    }
}

fn images(rows: &[ImageRow]) -> Markup {
    html! {
        div.wide { table.stack {
            thead { tr { th scope="col" { "Image" } th.number scope="col" { "programs read" } th.number scope="col" { "strongest" } th.number scope="col" { "it by itself" } } }
            tbody { @for row in rows.iter().take(IMAGES) { tr {
                th scope="row" { bdi { (visible(&row.name)) } " " code { (row.sha256.short()) } div.meta { (visible(&row.belongs)) } }
                @if row.inspected {
                    td.number data-label="programs read" { (numbers::grouped(row.read)) }
                    td.number data-label="strongest" { @match &row.strongest { Some(figure) => (figure.text()), None => "none" } }
                    td.number data-label="it by itself" { @match &row.figure { Some(figure) => (figure.text()), None => "not looked" } }
                } @else { td colspan="3" { strong { "never inspected" } } }
            } } }
        } }
        (marks::cut(IMAGES.min(rows.len()), rows.len(), "images"))
    }
}

fn looked(weighing: &Weighing) -> Markup {
    let gaps = &weighing.not_looked;
    html! {
        @if gaps.is_empty() { p { "Nothing that a probe looks for was left out." } }
        ul.plain { @for gap in gaps.iter().take(GAPS) { li { (visible(gap)) } } }
        (marks::cut(GAPS.min(gaps.len()), gaps.len(), "gaps"))
        @if !weighing.cannot_see.is_empty() { p.meta { "What the probe for hidden access cannot see at all: " (weighing.cannot_see.join("; ")) "." } }
    }
}
