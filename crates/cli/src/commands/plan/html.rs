//! The plan as a page: costs by period, a Gantt chart by region and by site, what is not planned for. It needs no JavaScript.

use super::document::by_region;
use super::price::against;
use super::summary::{end, in_part, number, relaxed};
use super::{Answer, Answers};
use crate::terminal::html;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Sites with a bar of their own in one plan; the others are in the CSV.
const SITES: usize = 200;
/// The width of a period in the chart, and the height of a bar.
const WIDTH: usize = 120;
const HEIGHT: usize = 20;
/// The width of the names before the bars.
const NAMES: usize = 260;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}\
table{border-collapse:collapse;margin:1rem 0}th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #ddd;vertical-align:top}\
td.n,th.n{text-align:right}svg{max-width:100%;height:auto}.bad{color:#a00}.note{color:#555}\
@media print{body{margin:0}}@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}th,td{border-color:#444}.note{color:#aaa}svg text{fill:#eee}}";

/// The page.
pub(super) fn of(answers: &Answers) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Plan: {0}</title><style>{STYLE}</style></head><body>\n<h1>Plan: {0}</h1>\n<p>From {1} to {2}; regimes: {3}.</p>\n",
        html(&answers.case),
        answers.from,
        answers.by,
        html(&answers.regimes.join(", "))
    );
    if let Some(mark) = &answers.synthetic {
        let _ = writeln!(out, "<p class=\"bad\">Synthetic: {}</p>", html(mark));
    }
    for answer in &answers.plans {
        plan(answers, answer, &mut out);
    }
    if !answers.assumed.is_empty() {
        out.push_str("<h2>Taken for granted</h2>\n<ul>\n");
        for line in &answers.assumed {
            let _ = writeln!(out, "<li>{}</li>", html(line));
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</body></html>\n");
    out
}

fn plan(answers: &Answers, answer: &Answer, out: &mut String) {
    let made = &answer.made;
    let _ = write!(out, "<h2>{}</h2>\n<p>{}.", html(&answer.name), html(&end(made)));
    if made.solved.taken.is_some() {
        let _ =
            write!(out, " {} devices are replaced; it costs {}.", made.jobs.len(), number(made.solved.cost));
    }
    out.push_str("</p>\n");
    let beside = against(answers, answer);
    if !beside.is_empty() {
        out.push_str("<table><tr><th>Beside</th><th>The price of the ban</th></tr>\n");
        for one in beside {
            let _ =
                writeln!(out, "<tr><td>{}</td><td>{}</td></tr>", html(one.plan()), html(&one.words(answer)));
        }
        out.push_str("</table>\n");
    }
    if let Some(core) = &made.core {
        out.push_str("<table><tr><th>Cannot hold together</th><th>What relaxing it alone costs</th></tr>\n");
        for (member, words) in core.members.iter().zip(&made.words) {
            let _ = writeln!(
                out,
                "<tr><td>{}</td><td>{}</td></tr>",
                html(words),
                html(&relaxed(member.relaxed.as_ref(), &member.requirement))
            );
        }
        out.push_str("</table>\n");
        if let Some(rest) = &made.rest {
            let _ = writeln!(out, "<p>Beside it: {}.</p>", html(&in_part(rest)));
        }
    }
    if !made.jobs.is_empty() {
        periods(answers, answer, out);
        chart(answers, answer, out);
    }
    for fault in &made.faults {
        let _ = writeln!(out, "<p class=\"bad\">Fault: {}</p>", html(fault));
    }
    for fault in made.replayed.iter().flat_map(|one| &one.faults) {
        let _ = writeln!(out, "<p class=\"bad\">Fault: {}</p>", html(&fault.to_string()));
    }
    let checked = match &made.replayed {
        None => "The regimes were not applied to the network as the plan makes it.".to_owned(),
        Some(one) => {
            format!("The regimes were applied to the network as the plan makes it on {} days.", one.days)
        }
    };
    if made.solved.taken.is_some() {
        let _ = writeln!(out, "<p class=\"note\">{checked}</p>");
    }
    if !made.requirements.not_planned.is_empty() {
        out.push_str(
            "<h3>Not planned for</h3>\n<table><tr><th>Measure</th><th>Subjects</th><th>Why</th></tr>\n",
        );
        for one in &made.requirements.not_planned {
            let _ = writeln!(
                out,
                "<tr><td>{}: {}</td><td>{}</td><td>{}</td></tr>",
                html(&one.asking.name()),
                html(&one.asking.title),
                html(&one.subjects.join(", ")),
                html(one.why)
            );
        }
        out.push_str("</table>\n");
    }
    if !made.requirements.attested.is_empty() {
        let _ = writeln!(
            out,
            "<p class=\"note\">{} measures by attestation are not planned for: no replacement decides them.</p>",
            made.requirements.attested.len()
        );
    }
}

fn periods(answers: &Answers, answer: &Answer, out: &mut String) {
    out.push_str(
        "<table><tr><th>Period</th><th class=\"n\">Devices</th><th class=\"n\">Crew-days</th><th class=\"n\">Equipment</th>\
         <th class=\"n\">Labour</th><th class=\"n\">Written off</th></tr>\n",
    );
    for (at, period) in answers.periods.iter().enumerate() {
        let jobs = || answer.made.jobs.iter().filter(|job| job.period == at);
        let sum =
            |part: fn(&banbury_plan::schedule::Job) -> u64| number(jobs().map(|job| part(job) as f64).sum());
        let _ = writeln!(
            out,
            "<tr><td>{} to {}</td><td class=\"n\">{}</td><td class=\"n\">{:.1}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td></tr>",
            period.first,
            period.last,
            jobs().count(),
            jobs().map(|job| job.tenths).sum::<u64>() as f64 / 10.0,
            sum(|job| job.price),
            sum(|job| job.labour),
            sum(|job| job.written_off)
        );
    }
    out.push_str("</table>\n");
}

/// The chart: regions, and under each its sites, with the devices that are replaced in each period.
fn chart(answers: &Answers, answer: &Answer, out: &mut String) {
    let regions = by_region(answers, answer);
    let mut lines: Vec<(String, Vec<usize>, bool)> = Vec::new();
    let mut left_out = 0;
    let mut sites_shown = 0;
    for (region, jobs) in &regions {
        lines.push(((*region).to_owned(), jobs.iter().map(Vec::len).collect(), true));
        let mut sites: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (period, list) in jobs.iter().enumerate() {
            for job in list {
                let unit = answers.inventory.units.get(job.unit);
                let site = unit.and_then(|unit| unit.site.as_deref()).unwrap_or("(no site)");
                let counts = sites.entry(site).or_insert_with(|| vec![0; answers.periods.len()]);
                if let Some(count) = counts.get_mut(period) {
                    *count += 1;
                }
            }
        }
        for (site, counts) in sites {
            if sites_shown < SITES {
                sites_shown += 1;
                lines.push((site.to_owned(), counts, false));
            } else {
                left_out += 1;
            }
        }
    }
    let width = NAMES + WIDTH * answers.periods.len();
    let height = (lines.len() + 1) * (HEIGHT + 4);
    let _ = writeln!(
        out,
        "<svg role=\"img\" aria-label=\"Devices replaced by region, site and period\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         font-family=\"system-ui,sans-serif\" font-size=\"12\">"
    );
    for (at, period) in answers.periods.iter().enumerate() {
        let x = NAMES + at * WIDTH;
        let _ = writeln!(out, "<text x=\"{}\" y=\"14\">to {}</text>", x + 4, period.last);
        let _ = writeln!(out, "<line x1=\"{x}\" y1=\"0\" x2=\"{x}\" y2=\"{height}\" stroke=\"#ccc\"/>");
    }
    for (row, (name, counts, is_region)) in lines.iter().enumerate() {
        let y = (row + 1) * (HEIGHT + 4);
        let largest = counts.iter().copied().max().unwrap_or(1).max(1);
        let (x, weight) = if *is_region { (0, "600") } else { (14, "400") };
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"{}\" font-weight=\"{weight}\">{}</text>",
            y + 15,
            html(&crate::terminal::shorten(name, 36))
        );
        for (period, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let length = ((WIDTH - 8) * count / largest).max(4);
            let colour = if *is_region { "#2b6cb0" } else { "#90b8dd" };
            let left = NAMES + period * WIDTH + 4;
            let _ = writeln!(
                out,
                "<rect x=\"{left}\" y=\"{y}\" width=\"{length}\" height=\"{HEIGHT}\" fill=\"{colour}\"><title>{}: {count} devices</title></rect>\
                 <text x=\"{}\" y=\"{}\">{count}</text>",
                html(name),
                left + 4,
                y + 15
            );
        }
    }
    out.push_str("</svg>\n");
    if left_out > 0 {
        let _ = writeln!(
            out,
            "<p class=\"note\">{left_out} more sites have no bar of their own here; -o csv= has a row for each device.</p>"
        );
    }
}
