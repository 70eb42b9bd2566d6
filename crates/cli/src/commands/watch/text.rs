//! The table on the terminal, and what was looked at.

use super::{Report, Told, peers};
use crate::terminal::{Tone, bytes, paint, safe, shorten};
use banbury_traffic::probes::{ends, instant, span};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Why nothing is said of what left addresses inside.
pub(super) const TOO_MANY: &str =
    "what left addresses inside, by the hour: more than 4,194,304 hours of addresses";

/// Inputs that are named one by one where not all of them could be read.
const NAMED: usize = 20;

pub(super) fn of(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = writeln!(out, "  weight dB (interval)  RITA contacts   period jitter missing  pair");
    for told in report.rows.iter().take(report.top) {
        row(told, &mut out);
    }
    if report.rows.is_empty() && report.answer.untold.pairs == 0 {
        let _ = writeln!(out, "  (no pair is worth telling)");
    }
    let all = report.rows.len() as u64 + report.answer.untold.pairs;
    let more = all.saturating_sub(report.top as u64);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more: --top {all} shows them, -o csv=PATH lists them");
    }
    findings(report, &mut out);
    peers::text(report, &mut out);
    looked(report, &mut out);
    out
}

fn row(told: &Told, out: &mut String) {
    let pair = &told.pair;
    let (mut weight, mut figures) = ("-".to_owned(), format!("{:>8} {:>6} {:>7}", "-", "-", "-"));
    if let Some(beacon) = &pair.beacon {
        weight = format!("{:+.1} ({:+.1} to {:+.1})", beacon.decibans, beacon.low, beacon.high);
        if beacon.decibans > 0.0 {
            let missing = format!("{:.0} %", beacon.missing * 100.0);
            figures = format!("{:>8} {:>6.2} {missing:>7}", span(beacon.period), beacon.jitter);
        }
    }
    let rita = pair.rita.map_or("-".to_owned(), |rita| format!("{:.2}", rita.score));
    let mut who = safe(&ends(pair));
    if let (Some(_), Some(name)) = (pair.destination, &pair.name) {
        let _ = write!(who, " ({})", shorten(&safe(name), 60));
    }
    let _ = writeln!(out, "{weight:>22} {rita:>5} {:>8} {figures}  {who}", pair.contacts);
    if let Some(by) = &told.expected {
        let _ = writeln!(out, "{:>22} expected: {}", "", shorten(&safe(by), 90));
    }
    if let Some(beacon) = pair.beacon.as_ref().filter(|beacon| beacon.decibans > 0.0) {
        let parts: Vec<String> =
            beacon.parts.iter().map(|part| format!("{} {:+.1}", part.name, part.decibans)).collect();
        let _ = writeln!(out, "{:>22} made of {}", "", parts.join(", "));
    }
}

fn findings(report: &Report, out: &mut String) {
    let mut counts: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
    for (_, finding) in report.rows.iter().flat_map(|told| &told.findings) {
        counts.entry(finding.info.code).or_insert((0, finding.info.title)).0 += 1;
    }
    for info in banbury_traffic::probes::descriptions().flat_map(|one| one.codes) {
        if let Some(untold) = report.answer.untold.found.get(info.code) {
            counts.entry(info.code).or_insert((0, info.title)).0 += untold;
        }
    }
    for info in
        banbury_traffic::probes::volume::DESCRIPTION.codes.iter().filter(|_| !report.leaps().is_empty())
    {
        counts.insert(info.code, (report.leaps().len() as u64, info.title));
    }
    if !counts.is_empty() {
        let _ = writeln!(out, "\nFindings (`banbury explain CODE` says what each means):");
    }
    for (code, (count, title)) in counts {
        let _ = writeln!(out, "  {count:>6}  {code}: {title}");
    }
    special(report, out);
}

/// What is not of a pair's rhythm: communities, and what left in far larger amounts than before.
fn special(report: &Report, out: &mut String) {
    let heard = report.rows.iter().flat_map(|told| told.findings.iter().map(|(_, finding)| finding));
    let heard = heard.filter(|finding| finding.is_whoever).map(|finding| finding.title.clone());
    let left = report.leaps().iter().map(banbury_traffic::probes::volume::title);
    let all: Vec<String> = heard.chain(left).collect();
    for title in all.iter().take(report.top) {
        let _ = writeln!(out, "          {}", safe(title));
    }
    if all.len() > report.top {
        let _ = writeln!(out, "          and {} more: -o json=PATH lists them", all.len() - report.top);
    }
}

fn looked(report: &Report, out: &mut String) {
    let (accounts, tally) = (&report.answer.accounts, &report.answer.weighed.tally);
    let sum = |of: fn(&banbury_traffic::reading::Account) -> u64| accounts.iter().map(of).sum::<u64>();
    let _ = writeln!(
        out,
        "\n{} {} files, {}: {} connections, {} names, {} queries, {} logins{}",
        paint("Looked at:", Tone::Strong),
        accounts.len(),
        bytes(sum(|account| account.size)),
        sum(|account| account.flows),
        sum(|account| account.names),
        sum(|account| account.queries),
        sum(|account| account.logins),
        match sum(|account| account.communities) {
            0 => String::new(),
            count => format!(", {count} communities of SNMP"),
        },
    );
    if let Some((first, last)) = report.answer.weighed.window {
        let _ =
            writeln!(out, "  from {} to {} ({})", instant(first), instant(last), span(last.abs_diff(first)));
    }
    let _ = writeln!(
        out,
        "  {} pairs by address, {} by name; {} with connections enough were scored",
        tally.pairs, tally.by_name, tally.weighed
    );
    for (count, what) in [
        (tally.duplicates, "records were there twice, and count once"),
        (tally.halves, "connections were put together from two directions"),
        (tally.continued, "records went on where another of the same connection ended"),
    ] {
        if count > 0 {
            let _ = writeln!(out, "  {count} {what}");
        }
    }
    let backwards = report.paths.iter().zip(accounts).filter(|(_, account)| account.back > 0);
    for (path, account) in backwards.take(NAMED) {
        let line = format!(
            "{}: time goes back by more than 2 h at {} places: several recordings in one, or two clocks, of which scores know nothing",
            path.display(),
            account.back
        );
        let _ = writeln!(out, "  {}", safe(&line));
    }
    let not = not_looked(report);
    if !not.is_empty() {
        let _ = writeln!(out, "{}", paint("Not looked at:", Tone::Unsure));
        not.iter().for_each(|line| {
            let _ = writeln!(out, "  {}", safe(line));
        });
    } else {
        let _ = writeln!(out, "Not looked at: nothing of these files; what they do not record");
    }
}

/// What was left out, a line each.
pub(super) fn not_looked(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    let named = report.paths.iter().zip(&report.answer.accounts);
    let unread = |(path, account): (&std::path::PathBuf, &banbury_traffic::reading::Account)| {
        let mut text = format!("{}: ", path.display());
        match (&account.not_read, account.malformed, account.faults.first()) {
            (None, 0, _) => return None,
            (Some(why), 0, _) => text += why,
            (why, count, fault) => {
                let _ = write!(text, "{count} malformed");
                if let Some(fault) = fault {
                    let _ = write!(text, ", the first at byte {}: {}", fault.offset, fault.what);
                }
                if let Some(why) = why {
                    let _ = write!(text, "; {why}");
                }
            }
        }
        Some(text)
    };
    let all: Vec<String> = named.filter_map(unread).collect();
    lines.extend(all.iter().take(NAMED).cloned());
    if all.len() > NAMED {
        lines.push(format!("and {} more files, not whole: -o json=PATH lists them", all.len() - NAMED));
    }
    lines.extend(report.left.iter().take(NAMED).cloned());
    if let Some(found) = &report.held {
        lines.extend(found.not_looked.iter().take(NAMED).cloned());
    }
    if report.rita_alone {
        lines.push(
            "weights of beacons, and what left addresses inside: --rita-alone leaves them out".to_owned(),
        );
    } else if report.answer.weighed.leaps.is_none() {
        lines.push(TOO_MANY.to_owned());
    }
    let tally = &report.answer.weighed.tally;
    if tally.beyond > 0 {
        lines.push(format!(
            "the rhythm of {} contacts beyond the first 1,000,000 of their pair",
            tally.beyond
        ));
    }
    if tally.not_kept > 0 {
        lines.push(format!("{} names, addresses and answers, of which there were too many", tally.not_kept));
    }
    lines
}
