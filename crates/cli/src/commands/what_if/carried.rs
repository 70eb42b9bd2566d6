//! What links carry, and what fails when they carry too much, on stdout.

use super::text::{LINES, line};
use super::{Answers, Carries};
use crate::terminal::{safe, shorten};
use banbury_network::scenario::{Capacity, Cascade, counted, grouped};

/// What the links carry before anything happens.
pub(super) fn before(text: &mut String, carries: &Carries) {
    let Carries { whole, without_figure, zero, missing } = carries;
    line!(text, "before anything happens the links carry {} of {} Mbit/s", span(whole), mbps(whole.asked));
    if !whole.full.is_empty() {
        line!(text, "  full: {}", names(&whole.full));
    }
    if !without_figure.is_empty() {
        let functions: Vec<String> =
            without_figure.iter().map(|(name, count)| format!("{name} {count}")).collect();
        line!(text, "  demands without a figure, and left out: {}", safe(&functions.join(", ")));
    }
    if *missing > 0 {
        line!(text, "  links that state no capacity and bound nothing: {}", grouped(*missing as u64));
    }
    if *zero > 0 {
        line!(text, "  links that state 0 and carry nothing: {}", grouped(*zero as u64));
    }
}

/// What they carry after a scenario.
pub(super) fn after(text: &mut String, capacity: &Capacity) {
    let beyond = if capacity.at_most >= capacity.connected && capacity.at_least >= capacity.connected {
        "nobody who is connected is beyond capacity".to_owned()
    } else {
        format!(
            "beyond capacity, besides those lost: {} at {}, where they are connected (one way of sharing it)",
            counted(capacity.beyond, "subscriber"),
            counted(capacity.sites_beyond as u64, "site")
        )
    };
    line!(
        text,
        "  {:<14}{} of {} Mbit/s, of which {} are connected; {beyond}",
        "carried",
        span(capacity),
        mbps(capacity.asked),
        mbps(capacity.connected)
    );
    let short = capacity.functions.iter().filter(|one| one.together < one.connected);
    for one in short.clone().take(LINES) {
        line!(
            text,
            "  {:<14}{}: {} of {} that are connected, at most {} if it had all links to itself",
            "",
            safe(&one.function),
            mbps(one.together),
            mbps(one.connected),
            mbps(one.alone)
        );
    }
    let more = short.count().saturating_sub(LINES);
    if more > 0 {
        line!(text, "  {:<14}... and {more} more: all of them with -o json=PATH", "");
    }
    if !capacity.full.is_empty() && capacity.at_least < capacity.connected {
        line!(text, "  {:<14}full: {}", "", names(&capacity.full));
    }
}

/// What follows.
pub(super) fn cascade(text: &mut String, cascade: &Cascade) {
    let links: usize = cascade.rounds.iter().map(|round| round.links.len()).sum();
    if links == 0 {
        line!(text, "  {:<14}no link is overloaded by it: nothing more fails", "cascade");
    } else {
        line!(
            text,
            "  {:<14}{} after it, in {}; in the end {} and {} have lost something",
            "cascade",
            if links == 1 {
                "1 link fails".to_owned()
            } else {
                format!("{} fail", counted(links as u64, "link"))
            },
            counted(cascade.rounds.len() as u64, "round"),
            counted(cascade.sites as u64, "site"),
            counted(cascade.subscribers, "subscriber")
        );
    }
    for (number, round) in (1..).zip(&cascade.rounds).take(LINES) {
        line!(
            text,
            "  {:<14}round {number}: {} ({}); {} have lost something",
            "",
            counted(round.links.len() as u64, "link"),
            names(&round.links),
            counted(round.subscribers, "subscriber")
        );
    }
    let more = cascade.rounds.len().saturating_sub(LINES);
    if more > 0 {
        line!(text, "  {:<14}... and {more} more: all of them with -o json=PATH", "");
    }
    if cascade.overloaded_before > 0 {
        line!(
            text,
            "  {:<14}overloaded before anything happens, and failing when still more comes: {}",
            "",
            counted(cascade.overloaded_before as u64, "link")
        );
    }
    if cascade.without_capacity > 0 {
        line!(
            text,
            "  {:<14}links that state no capacity and never fail: {}",
            "",
            grouped(cascade.without_capacity as u64)
        );
    }
}

/// The model by which cascades are followed.
pub(super) fn model(text: &mut String, answers: &Answers) {
    let Some(tolerance) = answers.cascade else { return };
    let capacity = match tolerance {
        Some(percent) => format!("carries {percent} % more than on the whole network"),
        None => "has the capacity that it states".to_owned(),
    };
    line!(
        text,
        "cascade: each demand takes one shortest way from the nearest carrier; a link {capacity}; what is overloaded fails at \
         once, and all is routed anew (after Motter and Lai 2002)"
    );
}

/// The bounds of what is carried.
fn span(capacity: &Capacity) -> String {
    if capacity.at_least == capacity.at_most {
        return mbps(capacity.at_least);
    }
    format!("at least {} and at most {}", mbps(capacity.at_least), mbps(capacity.at_most))
}

/// The first of a list, within a line or two.
fn names(list: &[String]) -> String {
    let shown: Vec<String> = list.iter().take(5).map(|name| shorten(&safe(name), 40)).collect();
    let more = list.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {} more", grouped(more as u64)) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// Kbit/s as Mbit/s, exactly.
pub(super) fn mbps(kbps: u64) -> String {
    let (whole, part) = (grouped(kbps / 1000), kbps % 1000);
    if part == 0 { whole } else { format!("{whole}.{part:03}").trim_end_matches('0').to_owned() }
}
