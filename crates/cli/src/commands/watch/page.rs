//! What was found as a page that needs no JavaScript.

use super::{Report, Told, text};
use crate::terminal::html;
use banbury_dossier::{DRAWN_STYLE, drawn};
use banbury_traffic::probes::{ends, instant, span};
use std::fmt::Write as _;

/// Pairs that are drawn, the heaviest first.
const DRAWN: usize = 50;

/// Pairs on the page; the others are in the CSV.
const PAIRS: usize = 1000;

const STYLE: &str = ":root{color-scheme:light dark;--known:#4d7f9c;--muted:#555;--line:#ddd;--sans:system-ui,sans-serif}*{box-sizing:border-box}body{overflow-wrap:break-word;font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}\
.t{overflow-x:auto}table{border-collapse:collapse;margin:1rem 0}th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #ddd;vertical-align:top}\
td.n,th.n{text-align:right;white-space:nowrap}.t td:last-child{min-width:15rem}.note{color:#555}\
@media print{body{margin:0}}@media(prefers-color-scheme:dark){:root{--known:#6ea3c2;--muted:#aaa;--line:#444}body{color:#eee;background:#161616}th,td{border-color:#444}.note{color:#aaa}}";

pub(super) fn of(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Who talks to whom</title><style>{STYLE}{DRAWN_STYLE}</style></head><body>\n<h1>Who talks to whom</h1>\n"
    );
    if let Some((first, last)) = report.answer.weighed.window {
        let _ = writeln!(
            out,
            "<p>From {} to {} ({}).</p>",
            instant(first),
            instant(last),
            span(last.abs_diff(first))
        );
    }
    out.push_str(
        "<div class=\"t\"><table><tr><th>Pair</th><th class=\"n\">Weight, dB</th><th class=\"n\">RITA</th><th class=\"n\">Contacts</th>\
         <th class=\"n\">Period</th><th class=\"n\">Jitter</th><th class=\"n\">Missing</th><th>Name</th><th>Findings</th></tr>\n",
    );
    for told in report.rows.iter().take(PAIRS) {
        let pair = &told.pair;
        let (mut weight, mut rhythm) = (String::new(), [const { String::new() }; 3]);
        if let Some(beacon) = &pair.beacon {
            weight = format!("{:+.1} ({:+.1} to {:+.1})", beacon.decibans, beacon.low, beacon.high);
            rhythm = [
                span(beacon.period),
                format!("{:.2}", beacon.jitter),
                format!("{:.0} %", beacon.missing * 100.0),
            ];
        }
        let rita = pair.rita.map_or(String::new(), |rita| format!("{:.2}", rita.score));
        let mut findings: Vec<String> = told.findings.iter().map(|(_, it)| html(it.info.title)).collect();
        findings.extend(told.expected.as_ref().map(|by| format!("expected: {}", html(by))));
        let _ = write!(out, "<tr><td>{}{}</td>", html(&ends(pair)), devices(report, told));
        for figure in [weight, rita, pair.contacts.to_string()].iter().chain(&rhythm) {
            let _ = write!(out, "<td class=\"n\">{figure}</td>");
        }
        let name = html(pair.name.as_deref().filter(|_| pair.destination.is_some()).unwrap_or_default());
        let _ = writeln!(out, "<td>{name}</td><td>{}</td></tr>", findings.join("; "));
    }
    out.push_str("</table></div>\n");
    if report.rows.len() > PAIRS {
        let _ =
            writeln!(out, "<p class=\"note\">And {} more pairs, in the CSV.</p>", report.rows.len() - PAIRS);
    }
    pictures(report, &mut out);
    volumes(report, &mut out);
    held(report, &mut out);
    out.push_str(
        "<p class=\"note\">A weight is ten times the decimal logarithm of how much more often beacons look so than other traffic, measured, with \
         its 95 % interval. It does not say who meant it.</p>\n<h2>Looked at</h2>\n<ul>\n",
    );
    for (path, account) in report.paths.iter().zip(&report.answer.accounts) {
        let form = account.format.as_deref().unwrap_or("no known form");
        let _ = writeln!(
            out,
            "<li>{}: {form}, {} records</li>",
            html(&path.display().to_string()),
            account.records()
        );
    }
    out.push_str("</ul>\n<h2>Not looked at</h2>\n<ul>\n");
    for line in text::not_looked(report) {
        let _ = writeln!(out, "<li>{}</li>", html(&line));
    }
    out.push_str("<li>what these files do not record</li>\n</ul>\n</body></html>\n");
    out
}

/// The devices at both ends, where the case's model knows any.
fn devices(report: &Report, told: &Told) -> String {
    let name = |address: std::net::IpAddr| report.devices.get(&address.to_canonical());
    let source = name(told.pair.source);
    let destination = told.pair.destination.and_then(name);
    if source.is_none() && destination.is_none() {
        return String::new();
    }
    let or_not = |name: Option<&String>| name.map_or_else(|| "(no device)".to_owned(), |name| html(name));
    format!("<br><span class=\"note\">{} &gt; {}</span>", or_not(source), or_not(destination))
}

/// The connections of pairs with a finding over time.
fn pictures(report: &Report, out: &mut String) {
    let found = || report.rows.iter().filter(|told| !told.findings.is_empty() && told.pair.picture.is_some());
    let count = found().count();
    if count == 0 {
        return;
    }
    let _ = writeln!(out, "<h2>Over time</h2>");
    for told in found().take(DRAWN) {
        let Some(picture) = &told.pair.picture else { continue };
        let titles: Vec<String> = told.findings.iter().map(|(_, finding)| html(&finding.title)).collect();
        let _ = writeln!(
            out,
            "<h3>{}{}</h3>\n<p>{}</p>",
            html(&ends(&told.pair)),
            devices(report, told),
            titles.join("<br>")
        );
        out.push_str(&drawn(picture));
    }
    if count > DRAWN {
        let _ = writeln!(
            out,
            "<p class=\"note\">Drawn are the first {DRAWN} of {count} pairs with a finding.</p>"
        );
    }
}

/// What left addresses inside in far larger amounts than before.
fn volumes(report: &Report, out: &mut String) {
    if report.leaps().is_empty() {
        return;
    }
    let _ = writeln!(out, "<h2>Far more than ever before</h2>\n<ul>");
    for claim in report.leaps().iter().take(PAIRS).filter_map(|leap| report.leap(leap)) {
        let _ = writeln!(
            out,
            "<li>{} <span class=\"note\">{}</span></li>",
            html(&claim.title),
            html(&claim.notes.join("; "))
        );
    }
    let _ = writeln!(out, "</ul>");
    if report.leaps().len() > PAIRS {
        let _ =
            writeln!(out, "<p class=\"note\">And {} more, in the JSON.</p>", report.leaps().len() - PAIRS);
    }
}

/// What it comes to against the network model.
fn held(report: &Report, out: &mut String) {
    let Some(found) = &report.held else { return };
    let told: Vec<_> = found.claims.iter().filter(|claim| claim.code != "traffic.watched").collect();
    let _ = writeln!(out, "<h2>Against the network model</h2>\n<ul>");
    for claim in told.iter().take(PAIRS) {
        let notes = claim.notes.join("; ");
        let _ = writeln!(
            out,
            "<li>{} <span class=\"note\">{}: {}</span></li>",
            html(&claim.title),
            claim.code,
            html(&notes)
        );
    }
    if told.is_empty() {
        let _ = writeln!(out, "<li>nothing that nobody expects, and no session from outside</li>");
    }
    let _ = writeln!(out, "</ul>");
    if told.len() > PAIRS {
        let _ = writeln!(out, "<p class=\"note\">And {} more, in the JSON.</p>", told.len() - PAIRS);
    }
}
