//! The coming changes of verdicts: a picture of the breaches over time, and what happens on each day.

use super::{anchors::Anchors, marks, numbers};
use crate::report::CaseReport;
use crate::visible::{shortened, visible};
use banbury_evidence::Verdict;
use banbury_regime::outlook::{Moment, Timeline, Turn};
use maud::{Markup, html};

/// Lines of one day.
const TURNS: usize = 20;
/// Characters of a reason.
const REASON: usize = 260;
/// Days up to which each has its number in the picture.
const LABELS: usize = 14;
/// Width of a number in the picture: one that would stand closer to the one before is left out.
const NUMBER: f64 = 15.0;
/// The picture: both lines have a part of their own, each with its scale, from its top to its bottom.
const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 214.0;
const LEFT: f64 = 26.0;
const PARTS: [(Verdict, f64, f64); 2] =
    [(Verdict::Breached, 18.0, 102.0), (Verdict::Inconclusive, 122.0, 180.0)];

pub(super) fn section(report: &CaseReport, anchors: &Anchors) -> Markup {
    let Some(timeline) = &report.outlook.timeline else {
        return html! {
            p { "The timeline was not worked out: for a network of this size it is on request only ("
                code { "banbury assess --outlook always" } "). " code { "--as-of" } " gives the verdicts as of any day." }
        };
    };
    html! {
        p {
            @match &timeline.last {
                None => { "Nothing in the regimes or in the network begins, ends or runs out after " (visible(&report.as_of)) "." }
                Some(last) => {
                    (numbers::count(timeline.days, "day", "days")) " after " (visible(&report.as_of)) ", up to " (visible(last))
                    ", on which a verdict can change " @if timeline.days == 1 { "was" } @else { "were" } " looked at; on "
                    (timeline.moments.len()) " of them one does."
                    @if timeline.left_out > 0 { " " strong { (numbers::count(timeline.left_out, "later day was", "later days were")) " not looked at." } }
                    " The network is taken as it is today."
                }
            }
        }
        @if !timeline.moments.is_empty() {
            figure.picture.over-time {
                (picture(report, timeline))
                figcaption.meta {
                    "Measures of all regimes that are " (marks::verdict(Verdict::Breached)) " and " (marks::verdict(Verdict::Inconclusive))
                    ", from today on, each on its own scale. Each step is a day below."
                }
            }
            ol.moments { @for (index, moment) in timeline.moments.iter().enumerate() { (day(index, moment, anchors)) } }
        }
    }
}

/// How many measures have a verdict.
fn number(counts: &[(Verdict, usize)], verdict: Verdict) -> usize {
    counts.iter().find(|(found, _)| *found == verdict).map_or(0, |(_, count)| *count)
}

/// Steps of breached and inconclusive measures over time. The drawing is narrow, so that it is legible on a telephone and
/// grows with the page.
fn picture(report: &CaseReport, timeline: &Timeline) -> Markup {
    let now: Vec<(Verdict, usize)> = marks::VERDICTS
        .into_iter()
        .map(|wanted| {
            let measures = report.regimes.iter().flat_map(|regime| &regime.measures);
            (wanted, measures.filter(|measure| measure.verdict == wanted).count())
        })
        .collect();
    let start = days(&report.as_of);
    let mut steps = vec![(start, report.as_of.as_str(), now.as_slice())];
    for moment in &timeline.moments {
        steps.push((days(&moment.date), moment.date.as_str(), moment.counts.as_slice()));
    }
    let last = steps.last().map_or(start, |(day, ..)| *day);
    // The last step is seen, too.
    let end = last + ((last - start) / 12).max(30);
    let span = (end - start).max(1) as f64;
    let x = |day: i64| LEFT + (day - start) as f64 / span * (WIDTH - LEFT - 6.0);
    let most = |verdict: Verdict| {
        steps.iter().map(|(.., counts)| number(counts, verdict)).max().unwrap_or_default().max(1)
    };
    let y = |verdict: Verdict, count: usize| {
        let (_, top, bottom) =
            PARTS.into_iter().find(|(part, ..)| *part == verdict).unwrap_or((verdict, 18.0, 102.0));
        top + (1.0 - count as f64 / most(verdict) as f64) * (bottom - top)
    };
    let path = |verdict: Verdict| {
        let mut path = String::new();
        for (index, (day, _, counts)) in steps.iter().enumerate() {
            let until = steps.get(index + 1).map_or(end, |(day, ..)| *day);
            let level = y(verdict, number(counts, verdict));
            let join = if index == 0 { 'M' } else { 'L' };
            path.push_str(&format!("{join}{:.1} {level:.1}L{:.1} {level:.1}", x(*day), x(until)));
        }
        path
    };
    let title = format!(
        "Breached measures: {} today, {} on {}",
        number(&now, Verdict::Breached),
        steps.last().map_or(0, |(.., counts)| number(counts, Verdict::Breached)),
        steps.last().map_or("", |(_, date, _)| date)
    );
    let years = years(&report.as_of, end);
    let mut labels: Vec<(f64, usize)> = Vec::new();
    for (day, _, counts) in steps.iter().filter(|_| steps.len() <= LABELS) {
        if labels.last().is_none_or(|(before, _)| x(*day) - before >= NUMBER) {
            labels.push((x(*day), number(counts, Verdict::Breached)));
        }
    }
    html! {
        svg.time xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(visible(&title)) {
            @for (verdict, ..) in PARTS {
                @for count in [0, most(verdict)] {
                    line.time-grid x1=(LEFT) y1=(round(y(verdict, count))) x2=(WIDTH - 6.0) y2=(round(y(verdict, count))) {}
                    text.time-text x=(LEFT - 4.0) y=(round(y(verdict, count) + 3.0)) text-anchor="end" { (count) }
                }
            }
            @for (day, year, shown) in &years {
                line.time-grid x1=(round(x(*day))) y1=(14.0) x2=(round(x(*day))) y2=(HEIGHT - 30.0) {}
                @if *shown { text.time-text x=(round(x(*day))) y=(HEIGHT - 20.0) text-anchor="middle" { (year) } }
            }
            path.time-line.line-inconclusive d=(path(Verdict::Inconclusive)) {}
            path.time-line.line-breached d=(path(Verdict::Breached)) {}
            @for (index, (day, _, counts)) in steps.iter().enumerate().skip(1) {
                a href={ "#moment-" (index) } {
                    title { (steps.get(index).map_or("", |(_, date, _)| date)) ": " (number(counts, Verdict::Breached)) " breached" }
                    circle.time-dot cx=(round(x(*day))) cy=(round(y(Verdict::Breached, number(counts, Verdict::Breached)))) r="3.4" {}
                }
            }
            @for (at, count) in labels {
                text.time-number x=(round(at)) y=(round(y(Verdict::Breached, count) - 6.0)) text-anchor="middle" { (count) }
            }
            text.time-text x=(LEFT) y=(HEIGHT - 6.0) { "today, " (visible(&report.as_of)) }
        }
    }
}

fn day(index: usize, moment: &Moment, anchors: &Anchors) -> Markup {
    let mut groups: Vec<(&Turn, usize)> = Vec::new();
    for turn in &moment.turns {
        let alike = |(other, _): &&mut (&Turn, usize)| {
            (&other.regime, other.from, other.to, &other.reason)
                == (&turn.regime, turn.from, turn.to, &turn.reason)
        };
        match groups.iter_mut().find(alike) {
            Some((_, count)) => *count += 1,
            None => groups.push((turn, 1)),
        }
    }
    html! {
        li id={ "moment-" (index + 1) } {
            h3 { (visible(&moment.date)) }
            p.meta { (visible(&moment.causes.join("; "))) }
            ul.subjects {
                @for (turn, count) in groups.iter().take(TURNS) {
                    li {
                        (marks::verdict(turn.to)) " "
                        @if *count == 1 {
                            strong { (marks::linked(&turn.title, anchors.measure(&turn.regime, &turn.measure))) }
                        } @else {
                            strong { (count) " measures, first " (marks::linked(&turn.measure, anchors.measure(&turn.regime, &turn.measure))) }
                        }
                        " " span.under {
                            (visible(&turn.regime)) "; "
                            @if turn.from == turn.to { (turn.breached.1) " breached instead of " (turn.breached.0) }
                            @else { "was " (turn.from.as_str()) }
                        }
                        div { (shortened(&turn.reason, REASON)) }
                    }
                }
            }
            (marks::cut(TURNS.min(groups.len()), groups.len(), "changes"))
            p.meta { "From then on, in all regimes: " (marks::tally_text(&moment.counts)) "." }
        }
    }
}

/// The days from 1970 of a date that was checked before; 0 of one that is none.
fn days(date: &str) -> i64 {
    let mut parts = date.split('-').map(|part| part.parse::<i64>().unwrap_or_default());
    let (year, month, day) =
        (parts.next().unwrap_or(1970), parts.next().unwrap_or(1), parts.next().unwrap_or(1));
    // Years that begin in March, so that a leap day ends its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469
}

/// The first days of years up to `end`: when there are many, not all of them are written.
fn years(from: &str, end: i64) -> Vec<(i64, i64, bool)> {
    let first = from.get(..4).and_then(|year| year.parse::<i64>().ok()).unwrap_or(1970) + 1;
    let all: Vec<(i64, i64)> = (first..first + 200)
        .map(|year| (days(&format!("{year:04}-01-01")), year))
        .take_while(|(day, _)| *day <= end)
        .collect();
    let every = all.len().div_ceil(8).max(1);
    all.iter().enumerate().map(|(index, (day, year))| (*day, *year, index % every == 0)).collect()
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_by_the_calendar() {
        assert_eq!(days("1970-01-01"), 0);
        assert_eq!(days("2000-02-29"), 11_016);
        assert_eq!(days("2027-12-31") - days("2026-12-31"), 365);
        assert_eq!(super::numbers::date(days("2031-03-31") * 86_400), "2031-03-31");
    }

    #[test]
    fn few_years_are_written() {
        let years = years("2026-11-28", days("2056-01-01"));
        assert_eq!(years.len(), 30);
        assert!(years.iter().filter(|(_, _, shown)| *shown).count() <= 8);
    }
}
