//! The answers as JSON; `schemas/what-if.schema.json` describes them.

use super::{Answered, Answers};
use banbury_network::scenario::{Answer, Overview, Reach};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    banbury: &'static str,
    case: &'a str,
    as_of: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    synthetic: Option<&'a str>,
    devices: usize,
    links: usize,
    subscribers: u64,
    functions: &'a [String],
    scenarios: Vec<Scenario<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    each: Option<Each<'a>>,
    gaps: &'a [String],
}

#[derive(Serialize)]
struct Scenario<'a> {
    name: &'a str,
    events: Vec<Event<'a>>,
    devices: &'a [String],
    links: usize,
    cost: Cost,
    subscribers_lost: u64,
    subscribers_served_before: u64,
    functions: Vec<Function<'a>>,
    sites: Vec<Site<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<Reached<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdicts: Option<Vec<Change<'a>>>,
    prevented_by: &'a [String],
}

#[derive(Serialize)]
struct Event<'a> {
    event: &'static str,
    kind: &'static str,
    name: &'a str,
}

#[derive(Serialize)]
struct Cost {
    stated: u64,
    devices_without: usize,
}

#[derive(Serialize)]
struct Function<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    function: &'a str,
    carriers: usize,
    carriers_remaining: usize,
    sites: usize,
    sites_lost: usize,
    subscribers_lost: u64,
}

#[derive(Serialize)]
struct Site<'a> {
    site: &'a str,
    subscribers: u64,
    functions: &'a [String],
    equipment_remains: bool,
}

#[derive(Serialize)]
struct Reached<'a> {
    held: &'a [String],
    linked: usize,
    segments: &'a BTreeMap<String, usize>,
    contained: &'a [String],
    without_segment: usize,
    management: &'a [String],
    interception: &'a [String],
    subscriber_data: &'a [String],
}

#[derive(Serialize)]
struct Change<'a> {
    regime: &'a str,
    measure: &'a str,
    title: &'a str,
    before: &'static str,
    after: &'static str,
    breached_before: usize,
    breached_after: usize,
    reason: &'a str,
}

#[derive(Serialize)]
struct Each<'a> {
    kind: &'static str,
    devices_without: usize,
    links_without: usize,
    labels: Vec<Label<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pairs: Option<Vec<Pair<'a>>>,
    pairs_in_all: usize,
    share_percent: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    fewest: Option<Vec<Fewest<'a>>>,
    concentration: Vec<Shares<'a>>,
}

#[derive(Serialize)]
struct Label<'a> {
    name: &'a str,
    devices: usize,
    links: usize,
    subscribers_lost: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    function: &'a str,
    devices_cut_off: u64,
}

#[derive(Serialize)]
struct Pair<'a> {
    names: &'a [String; 2],
    subscribers_lost: u64,
    alone: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    function: &'a str,
}

#[derive(Serialize)]
struct Fewest<'a> {
    function: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<&'a [String]>,
    bound: usize,
    is_proven: bool,
    subscribers_lost: u64,
}

#[derive(Serialize)]
struct Shares<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    function: &'a str,
    devices: u64,
    holders: usize,
    hhi_points: f64,
    effective_number: f64,
    largest: &'a str,
    largest_share: f64,
}

pub(super) fn of(answers: &Answers) -> serde_json::Result<String> {
    let document = Document {
        schema: "urn:banbury:schema:what-if:1",
        banbury: env!("CARGO_PKG_VERSION"),
        case: &answers.case,
        as_of: &answers.as_of,
        synthetic: answers.synthetic.as_deref(),
        devices: answers.devices,
        links: answers.links,
        subscribers: answers.subscribers,
        functions: &answers.functions,
        scenarios: answers.scenarios.iter().map(Scenario::of).collect(),
        each: answers.overview.as_ref().map(|(overview, share)| Each::of(overview, *share)),
        gaps: &answers.gaps,
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

impl<'a> Scenario<'a> {
    fn of(answered: &'a Answered) -> Self {
        let Answer { name, devices, links, cost, functions, sites, subscribers, served_before, prevented_by } =
            &answered.answer;
        Self {
            name,
            events: answered
                .scenario
                .events
                .iter()
                .map(|event| Event {
                    event: event.verb.as_str(),
                    kind: event.kind.as_str(),
                    name: &event.name,
                })
                .collect(),
            devices,
            links: *links,
            cost: Cost { stated: cost.stated, devices_without: cost.unknown },
            subscribers_lost: *subscribers,
            subscribers_served_before: *served_before,
            functions: functions
                .iter()
                .map(|loss| Function {
                    function: &loss.function,
                    carriers: loss.carriers,
                    carriers_remaining: loss.remaining,
                    sites: loss.sites,
                    sites_lost: loss.sites_lost,
                    subscribers_lost: loss.subscribers_lost,
                })
                .collect(),
            sites: sites
                .iter()
                .map(|site| Site {
                    site: &site.site,
                    subscribers: site.subscribers,
                    functions: &site.functions,
                    equipment_remains: !site.is_empty,
                })
                .collect(),
            reach: answered.reach.as_ref().map(Reached::of),
            verdicts: answered.verdicts.as_ref().map(|changes| {
                changes
                    .iter()
                    .map(|change| Change {
                        regime: &change.regime,
                        measure: &change.measure,
                        title: &change.title,
                        before: change.before.as_str(),
                        after: change.after.as_str(),
                        breached_before: change.breached[0],
                        breached_after: change.breached[1],
                        reason: &change.reason,
                    })
                    .collect()
            }),
            prevented_by,
        }
    }
}

impl<'a> Reached<'a> {
    fn of(reach: &'a Reach) -> Self {
        let Reach {
            held,
            linked,
            segments,
            contained,
            without_segment,
            management,
            interception,
            subscriber_data,
        } = reach;
        Self {
            held,
            linked: *linked,
            segments,
            contained,
            without_segment: *without_segment,
            management,
            interception,
            subscriber_data,
        }
    }
}

impl<'a> Each<'a> {
    fn of(overview: &'a Overview, share_percent: u8) -> Self {
        Self {
            kind: overview.kind.as_str(),
            devices_without: overview.unlabelled.0,
            links_without: overview.unlabelled.1,
            labels: overview
                .labels
                .iter()
                .map(|cost| Label {
                    name: &cost.name,
                    devices: cost.devices,
                    links: cost.links,
                    subscribers_lost: cost.subscribers,
                    function: &cost.function,
                    devices_cut_off: cost.cut_off,
                })
                .collect(),
            pairs: overview.pairs.as_ref().map(|pairs| {
                pairs
                    .iter()
                    .map(|pair| Pair {
                        names: &pair.names,
                        subscribers_lost: pair.subscribers,
                        alone: pair.alone,
                        function: &pair.function,
                    })
                    .collect()
            }),
            pairs_in_all: overview.pairs_in_all,
            share_percent,
            fewest: overview.fewest.as_ref().map(|fewest| {
                fewest
                    .iter()
                    .map(|one| Fewest {
                        function: &one.function,
                        labels: one.labels.as_deref(),
                        bound: one.bound,
                        is_proven: one.labels.as_ref().is_some_and(|labels| labels.len() == one.bound),
                        subscribers_lost: one.subscribers,
                    })
                    .collect()
            }),
            concentration: overview
                .concentration
                .iter()
                .map(|shares| Shares {
                    function: &shares.function,
                    devices: shares.devices,
                    holders: shares.concentration.holders,
                    hhi_points: shares.concentration.points(),
                    effective_number: shares.concentration.effective,
                    largest: &shares.largest,
                    largest_share: shares.concentration.largest,
                })
                .collect(),
        }
    }
}
