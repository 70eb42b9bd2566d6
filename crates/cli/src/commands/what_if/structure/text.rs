//! The structure report on stdout. Every list is cut, and says of how many.

use super::super::held;
use super::Answers;
use crate::terminal::{Tone, paint, safe, shorten};
use banbury_network::scenario::structure::{Apartness, KindReport, Point, Shared};
use banbury_network::scenario::{counted, grouped};
use std::fmt::Write as _;

/// Lines of one list.
const LINES: usize = 10;
/// Labels of a kind in its line.
const FEW: usize = 3;

/// Writing to a String cannot fail, so the result is dropped.
macro_rules! line {
    ($text:expr, $($arguments:tt)*) => {{ let _ = writeln!($text, $($arguments)*); }};
}

pub(super) fn of(answers: &Answers) -> String {
    let mut text = String::new();
    line!(text, "{}, as of {}", safe(&answers.case), answers.as_of);
    if let Some(made_by) = &answers.synthetic {
        line!(text, "SYNTHETIC NETWORK: it describes no real one; it was made by {}", safe(made_by));
    }
    line!(
        text,
        "{} in service, {}, {}",
        counted(answers.devices as u64, "device"),
        counted(answers.links as u64, "link"),
        counted(answers.subscribers, "subscriber")
    );
    functions(&mut text, answers);
    points(&mut text, answers);
    apart(&mut text, &answers.report.apart);
    for told in &answers.report.kinds {
        kind(&mut text, told, answers);
    }
    concentration(&mut text, answers);
    suppliers(&mut text, answers);
    capacity(&mut text, answers);
    heading(&mut text, "Not looked at");
    line!(text, "  routing, failures that follow from the first, and what the tables do not state");
    for gap in &answers.gaps {
        line!(text, "  {}", safe(gap));
    }
    text
}

fn heading(text: &mut String, title: &str) {
    line!(text, "\n{}", paint(title, Tone::Strong));
}

fn functions(text: &mut String, answers: &Answers) {
    heading(text, "What is asked for");
    line!(
        text,
        "  {:<12} {:>8} {:>9} {:>14} {:>9} {:>11} {:>16}",
        "function",
        "carriers",
        "sites",
        "subscribers",
        "unserved",
        "one device",
        "single points"
    );
    for told in answers.report.functions.iter().take(LINES * 3) {
        line!(
            text,
            "  {:<12} {:>8} {:>9} {:>14} {:>9} {:>11} {:>16}",
            shorten(&function(&told.function), 12),
            told.carriers,
            grouped(told.sites as u64),
            grouped(told.subscribers),
            grouped(told.unserved as u64),
            grouped(told.on_one_device as u64),
            format!("{} + {}", grouped(told.devices as u64), grouped(told.links as u64))
        );
    }
    more(text, answers.report.functions.len(), LINES * 3);
    line!(text, "  (one device: sites whose only device it is; single points: devices + links)");
}

fn points(text: &mut String, answers: &Answers) {
    let [devices, links] = answers.report.points_in_all;
    heading(
        text,
        &format!(
            "Single points of failure: {}, {}",
            counted(devices as u64, "device"),
            counted(links as u64, "link")
        ),
    );
    if devices + links == 0 {
        line!(text, "  none: no single device or link cuts others off");
    }
    for point in answers.report.points.iter().take(LINES) {
        line!(text, "  {:<7}{}", point.kind, one_point(point));
    }
    more(text, devices + links, LINES);
}

fn one_point(point: &Point) -> String {
    let lost: Vec<String> = point
        .losses
        .iter()
        .filter(|loss| loss.subscribers > 0)
        .take(FEW)
        .map(|loss| format!("{} lose {}", counted(loss.subscribers, "subscriber"), function(&loss.function)))
        .collect();
    let others = point.losses.iter().filter(|loss| loss.subscribers > 0).count().saturating_sub(FEW);
    let others = if others > 0 { format!(" and {others} more") } else { String::new() };
    let lost = if lost.is_empty() { "no subscribers".to_owned() } else { lost.join("; ") + &others };
    format!("{:<28} {lost}; {} cut off", shorten(&safe(&point.name), 28), counted(point.cut_off, "device"))
}

fn apart(text: &mut String, all: &[Apartness]) {
    if all.is_empty() {
        return;
    }
    heading(text, "Are two paths of a site really apart?");
    line!(
        text,
        "  {:<14} {:<10} {:>9} {:>9} {:>11} {:>14} {:>9}",
        "share no",
        "to",
        "sites",
        "apart",
        "share one",
        "although two",
        "open"
    );
    for told in all.iter().take(LINES * 4) {
        line!(
            text,
            "  {:<14} {:<10} {:>9} {:>9} {:>11} {:>14} {:>9}",
            told.kind.as_str(),
            shorten(&function(&told.function), 10),
            grouped(told.sites as u64),
            grouped(told.apart as u64),
            grouped(told.shared as u64),
            grouped(told.shared_alone as u64),
            grouped(told.undecided as u64)
        );
    }
    more(text, all.len(), LINES * 4);
    line!(
        text,
        "  (although two: sites with two paths that share no device or link, all of which share this; open: not decided)"
    );
    let sites = banbury_network::scenario::structure::redundant(all);
    let count: usize = all.iter().map(|told| told.shared_alone).sum();
    if count > 0 {
        line!(text, "  look redundant and are not: on every path of");
    }
    let mut told = 0;
    for site in sites.iter().take(LINES) {
        let labels: Vec<String> = site.shared.iter().map(|(kind, one)| shared(kind.as_str(), one)).collect();
        told += labels.len();
        line!(
            text,
            "    {} to {} ({}): {}",
            shorten(&safe(site.site), 28),
            function(site.function),
            counted(site.subscribers, "subscriber"),
            shorten(&labels.join(", "), 90)
        );
    }
    if count > told {
        line!(
            text,
            "    ... and {} more, of a site and a kind: -o json=PATH has more of them",
            grouped((count - told) as u64)
        );
    }
    let mut labels: Vec<_> =
        all.iter().flat_map(|told| told.labels.iter().map(move |one| (told, one))).collect();
    labels.sort_by(|(x, a), (y, b)| {
        (b.subscribers, b.sites, x.kind, &a.label).cmp(&(a.subscribers, a.sites, y.kind, &b.label))
    });
    if !labels.is_empty() {
        line!(text, "  on every path of most subscribers:");
    }
    for (told, one) in labels.iter().take(LINES) {
        line!(
            text,
            "    {:<38} {}, {}, to {}",
            shorten(&format!("{} {}", told.kind.as_str(), safe(&one.label)), 38),
            counted(one.sites as u64, "site"),
            counted(one.subscribers, "subscriber"),
            function(&told.function)
        );
    }
    more(text, all.iter().map(|told| told.labels_in_all).sum(), LINES);
}

/// What paths share of one kind.
fn shared(kind: &str, one: &Shared) -> String {
    match (one.label.as_str(), one.others) {
        ("", _) => format!("a {kind}, not always the same"),
        (label, 0) => format!("{kind} {}", safe(label)),
        (label, others) => format!("{kind} {} and {others} more", safe(label)),
    }
}

fn kind(text: &mut String, told: &KindReport, answers: &Answers) {
    let word = told.kind.as_str();
    let (devices, links) = told.unlabelled;
    heading(
        text,
        &format!(
            "Each {word}: {} (none stated: {}, {})",
            grouped(told.count as u64),
            counted(devices as u64, "device"),
            counted(links as u64, "link")
        ),
    );
    for cost in told.labels.iter().take(FEW) {
        line!(
            text,
            "  {:<28} {}; on {}",
            shorten(&safe(&cost.name), 28),
            losing(cost.subscribers, &cost.function),
            carried(cost.devices, cost.links)
        );
    }
    more(text, told.count, FEW);
    match told.pairs.as_deref() {
        None | Some([]) => {}
        Some(pairs) => {
            for pair in pairs.iter().take(FEW) {
                let [a, b] = &pair.names;
                line!(
                    text,
                    "  both {}: {} lose {} (one alone {} at most)",
                    shorten(&format!("{} and {}", safe(a), safe(b)), 50),
                    counted(pair.subscribers, "subscriber"),
                    function(&pair.function),
                    grouped(pair.alone)
                );
            }
            more(text, told.pairs_in_all, FEW);
        }
    }
    for fewest in told.fewest.iter().flatten().take(FEW) {
        line!(text, "{}", held::line(fewest, answers.share, &function(&fewest.function), 60));
    }
    more(text, told.fewest.as_ref().map_or(0, Vec::len), FEW);
}

fn losing(subscribers: u64, of: &str) -> String {
    match subscribers {
        0 => "no subscribers".to_owned(),
        some => format!("{} lose {}", counted(some, "subscriber"), function(of)),
    }
}

/// What has a label.
fn carried(devices: usize, links: usize) -> String {
    let (of_devices, of_links) = (counted(devices as u64, "device"), counted(links as u64, "link"));
    match (devices, links) {
        (_, 0) => of_devices,
        (0, _) => of_links,
        _ => format!("{of_devices}, {of_links}"),
    }
}

fn concentration(text: &mut String, answers: &Answers) {
    let all = &answers.report.concentration;
    if all.is_empty() {
        return;
    }
    heading(text, "Concentration of vendors, by function, region and sensitivity (HHI of 10,000)");
    // One device has one vendor: that says nothing.
    let several: Vec<_> = all.iter().filter(|shares| shares.devices > 1).collect();
    for shares in several.iter().take(LINES) {
        let place = match (shares.region.as_str(), shares.sensitive) {
            ("", None) => "region not stated".to_owned(),
            (region, sensitive) => {
                let sensitive = match sensitive {
                    Some(true) => ", sensitive",
                    Some(false) => "",
                    None => ", sensitivity not stated",
                };
                format!(
                    "{}{sensitive}",
                    if region.is_empty() { "region not stated".to_owned() } else { safe(region) }
                )
            }
        };
        line!(
            text,
            "  {:<12} {:<30} {:>6.0} {:>5.1} equal ones; {} has {:.0} % of {}",
            shorten(if shares.function.is_empty() { "all devices" } else { &shares.function }, 12),
            shorten(&place, 30),
            shares.concentration.points(),
            shares.concentration.effective,
            shorten(&safe(&shares.largest), 24),
            shares.concentration.largest * 100.0,
            counted(shares.devices, "device")
        );
    }
    more(text, several.len(), LINES);
    let single = all.len() - several.len();
    if single > 0 {
        line!(text, "  of one device each, and so of one vendor: {}", grouped(single as u64));
    }
}

fn suppliers(text: &mut String, answers: &Answers) {
    let report = &answers.report;
    if report.inspected == 0 {
        return;
    }
    heading(
        text,
        &format!(
            "One supplier under several badges ({} with an inspected image)",
            counted(report.inspected as u64, "device")
        ),
    );
    if report.suppliers.is_empty() {
        line!(text, "  none: no component is in the equipment of two vendors");
    }
    for one in report.suppliers.iter().take(LINES) {
        line!(
            text,
            "  {:<24} {}: {} of {} run it; as {:.1} equal vendors by badge, {:.1} with it as one: {}",
            shorten(&safe(&one.component), 24),
            if one.function.is_empty() { "all devices".to_owned() } else { safe(&one.function) },
            one.devices,
            one.known,
            one.by_badge.effective,
            one.as_one.effective,
            shorten(&safe(&one.vendors.join(", ")), 40)
        );
    }
    more(text, report.suppliers_in_all, LINES);
}

fn capacity(text: &mut String, answers: &Answers) {
    if answers.report.capacity.is_empty() {
        return;
    }
    heading(text, "What links carry, each function by itself");
    for served in answers.report.capacity.iter().take(LINES) {
        line!(
            text,
            "  {:<12} {} of {} Mbit/s; {}{}",
            function(&served.function),
            grouped(served.served),
            grouped(served.asked),
            counted(served.full_in_all as u64, "full link"),
            if served.full.is_empty() {
                String::new()
            } else {
                format!(": {}", shorten(&safe(&served.full.join(", ")), 40))
            }
        );
        for without in &served.without {
            line!(
                text,
                "    {:<38} {} Mbit/s without it",
                shorten(&format!("{} {}", without.kind, safe(&without.name)), 38),
                grouped(without.served)
            );
        }
        if served.silent_demands + served.silent_links > 0 {
            line!(
                text,
                "    not stated: the Mbit/s of {}, which count as none, the capacity of {}, which bound nothing",
                counted(served.silent_demands as u64, "demand"),
                counted(served.silent_links as u64, "link")
            );
        }
    }
    more(text, answers.report.capacity.len(), LINES);
}

fn function(name: &str) -> String {
    if name.is_empty() { "connection".to_owned() } else { safe(name) }
}

fn more(text: &mut String, count: usize, shown: usize) {
    if count > shown {
        line!(text, "    ... and {} more: -o json=PATH has more of them", grouped((count - shown) as u64));
    }
}
