//! What properties of one kind cost when they are held against each other, as JSON: by itself, by two, the fewest.

use crate::terminal::{safe, shorten};
use banbury_network::scenario::{self, Cost};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Label<'a> {
    name: &'a str,
    devices: usize,
    links: usize,
    subscribers_lost: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    function: &'a str,
    devices_cut_off: u64,
}

#[derive(Serialize)]
pub(super) struct Pair<'a> {
    names: &'a [String; 2],
    subscribers_lost: u64,
    alone: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    function: &'a str,
}

#[derive(Serialize)]
pub(super) struct Fewest<'a> {
    function: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<&'a [String]>,
    bound: usize,
    is_proven: bool,
    subscribers_lost: u64,
}

pub(super) fn labels(all: &[Cost]) -> Vec<Label<'_>> {
    all.iter().map(Label::of).collect()
}

pub(super) fn pairs(all: &[scenario::Pair]) -> Vec<Pair<'_>> {
    all.iter().map(Pair::of).collect()
}

pub(super) fn fewest(all: &[scenario::Fewest]) -> Vec<Fewest<'_>> {
    all.iter().map(Fewest::of).collect()
}

impl<'a> Label<'a> {
    fn of(one: &'a Cost) -> Self {
        Self {
            name: &one.name,
            devices: one.devices,
            links: one.links,
            subscribers_lost: one.subscribers,
            function: &one.function,
            devices_cut_off: one.cut_off,
        }
    }
}

impl<'a> Pair<'a> {
    fn of(one: &'a scenario::Pair) -> Self {
        Self {
            names: &one.names,
            subscribers_lost: one.subscribers,
            alone: one.alone,
            function: &one.function,
        }
    }
}

impl<'a> Fewest<'a> {
    fn of(one: &'a scenario::Fewest) -> Self {
        Self {
            function: &one.function,
            labels: one.labels.as_deref(),
            bound: one.bound,
            is_proven: one.is_proven(),
            subscribers_lost: one.subscribers,
        }
    }
}

/// A line for a person: the fewest whose loss cuts so much off of a function, named as the caller names it, in so many letters.
pub(super) fn line(one: &scenario::Fewest, share: u8, function: &str, width: usize) -> String {
    let start = format!("  fewest for {share} % without {function}: ");
    match &one.labels {
        None if one.served == 0 => start + "nobody is served of it as it is",
        None => start + "the loss of all does not do it",
        Some(labels) => {
            let proof = match one.is_proven() {
                true => "proven".to_owned(),
                false => format!("no fewer than {} do it; the search was stopped", one.bound),
            };
            format!("{start}{} ({proof}): {}", labels.len(), shorten(&safe(&labels.join(", ")), width))
        }
    }
}
