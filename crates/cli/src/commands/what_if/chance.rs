//! What is lost by chance, on stdout.

use super::Drawn;
use super::text::{LINES, line};
use crate::terminal::{safe, shorten};
use banbury_network::scenario::{Mean, Proportion, counted, grouped};

pub(super) fn chance(text: &mut String, drawn: &Drawn) {
    let Drawn { chances, kinds } = drawn;
    line!(
        text,
        "\nBy chance: {} states of the network as it is, seed {}; intervals of 95 %",
        grouped(u64::from(chances.draws)),
        chances.seed
    );
    for (kind, (count, failed)) in kinds {
        line!(
            text,
            "  {:<14}{} of kind {kind}; {failed:.2} have failed on average",
            "may fail",
            grouped(*count as u64)
        );
    }
    line!(
        text,
        "  {:<14}{} of {} subscribers (Student)",
        "lost, mean",
        mean(&chances.lost),
        grouped(chances.served)
    );
    let [half, most, nearly, all] = chances.quantiles.map(grouped);
    line!(
        text,
        "  {:<14}half of the draws no more than {half}, 95 % {most}, 99 % {nearly}, all {all}",
        "subscribers"
    );
    line!(text, "  {:<14}somebody loses something: {} (Wilson)", "probability", share(&chances.anything));
    let (percent, of) = &chances.share;
    line!(text, "  {:<14}{percent} % of all or more lose something: {}", "", share(of));
    if chances.anything.count == 0 {
        line!(
            text,
            "  {:<14}no draw lost anything: the mean's interval says nothing, the probability's does",
            ""
        );
    }
    let named = || chances.functions.iter().filter(|one| !one.function.is_empty());
    for one in named().take(LINES) {
        line!(
            text,
            "  {:<14}lost by {} of {} on average; by {percent} % of them: {}; by all: {}",
            shorten(&safe(&one.function), 13),
            mean(&one.lost),
            grouped(one.served),
            share(&one.share),
            share(&one.wholly)
        );
    }
    more(text, named().count());
    for (number, site) in chances.sites.iter().take(LINES).enumerate() {
        line!(
            text,
            "  {:<14}{} ({}): {}",
            if number == 0 { "sites" } else { "" },
            safe(&site.site),
            counted(site.subscribers, "subscriber"),
            share(&site.lost)
        );
    }
    more(text, chances.sites.len());
}

fn more(text: &mut String, count: usize) {
    if count > LINES {
        line!(
            text,
            "  {:<14}... and {} more: all of them with -o json=PATH",
            "",
            grouped((count - LINES) as u64)
        );
    }
}

fn mean(mean: &Mean) -> String {
    format!("{} ({} to {})", figure(mean.mean), figure(mean.low), figure(mean.high))
}

fn share(of: &Proportion) -> String {
    format!(
        "{} ({} to {}, {})",
        percent(of.share),
        percent(of.low),
        percent(of.high),
        counted(u64::from(of.count), "draw")
    )
}

/// A share in percent, with as many digits as tell it from none and all.
fn percent(share: f64) -> String {
    let digits = if share == 0.0 || (0.01..=0.99).contains(&share) { 1 } else { 3 };
    format!("{:.digits$} %", share * 100.0)
}

fn figure(value: f64) -> String {
    if value >= 1000.0 {
        // A mean of counts of 64 bits.
        grouped(value.round() as u64)
    } else {
        format!("{value:.2}")
    }
}
