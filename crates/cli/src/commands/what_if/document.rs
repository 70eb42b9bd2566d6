//! The answers as JSON; `schemas/what-if.schema.json` describes them.

use super::{Answered, Answers, Carries, Drawn, held};
use banbury_network::scenario::{self, Answer, Met, Overview, Reach, Remedy, Step};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_before: Option<Before<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cascade_model: Option<CascadeModel>,
    scenarios: Vec<Scenario<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    each: Option<Each<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_chance: Option<ByChance<'a>>,
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
    capacity: Option<Capacity<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cascade: Option<Cascade<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<Reached<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdicts: Option<Vec<Change<'a>>>,
    prevented_by: &'a [String],
    remedies: Vec<Mended<'a>>,
}

/// What all demands and links come to before anything happens.
#[derive(Serialize)]
struct Before<'a> {
    #[serde(flatten)]
    carried: Capacity<'a>,
    demands_without_figure: &'a BTreeMap<String, usize>,
    links_of_no_capacity: usize,
    links_without_capacity: usize,
}

/// In kbit/s.
#[derive(Serialize)]
struct Capacity<'a> {
    asked_kbps: u64,
    connected_kbps: u64,
    at_least_kbps: u64,
    at_most_kbps: u64,
    is_exact: bool,
    functions: Vec<Carried<'a>>,
    subscribers_beyond: u64,
    sites_beyond: usize,
    full_links: &'a [String],
}

#[derive(Serialize)]
struct Carried<'a> {
    function: &'a str,
    asked_kbps: u64,
    connected_kbps: u64,
    alone_kbps: u64,
    together_kbps: u64,
}

#[derive(Serialize)]
struct CascadeModel {
    #[serde(skip_serializing_if = "Option::is_none")]
    tolerance_percent: Option<u32>,
    source: &'static str,
}

#[derive(Serialize)]
struct Cascade<'a> {
    rounds: Vec<Round<'a>>,
    sites_lost: usize,
    subscribers_lost: u64,
    links_overloaded_before: usize,
    links_without_capacity: usize,
}

#[derive(Serialize)]
struct Round<'a> {
    links: &'a [String],
    subscribers_lost: u64,
}

/// Something that would have kept what is lost.
#[derive(Serialize)]
struct Mended<'a> {
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    keeps_sites: usize,
    first_site: &'a str,
    keeps_subscribers: u64,
    keeps_functions: &'a [String],
}

#[derive(Serialize)]
struct ByChance<'a> {
    draws: u32,
    seed: u64,
    may_fail: BTreeMap<&'a str, MayFail>,
    subscribers_served: u64,
    subscribers_lost: Mean,
    quantiles: Quantiles,
    anything_lost: Proportion,
    share_percent: u8,
    share_lost: Proportion,
    functions: Vec<FunctionChance<'a>>,
    sites: Vec<SiteChance<'a>>,
}

#[derive(Serialize)]
struct MayFail {
    count: usize,
    failed_on_average: f64,
}

#[derive(Serialize)]
struct Quantiles {
    half: u64,
    of_95_percent: u64,
    of_99_percent: u64,
    most: u64,
}

#[derive(Serialize)]
struct Mean {
    mean: f64,
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct Proportion {
    draws: u32,
    share: f64,
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct FunctionChance<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    function: &'a str,
    subscribers_served: u64,
    subscribers_lost: Mean,
    wholly_lost: Proportion,
    share_lost: Proportion,
}

#[derive(Serialize)]
struct SiteChance<'a> {
    site: &'a str,
    subscribers: u64,
    lost: Proportion,
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
    added_by_step: &'a [usize],
    management: Vec<Within<'a>>,
    interception: Vec<Within<'a>>,
    subscriber_data: Vec<Within<'a>>,
}

#[derive(Serialize)]
struct Within<'a> {
    device: &'a str,
    does: &'a [String],
    steps: usize,
    way: &'a [String],
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
    labels: Vec<held::Label<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pairs: Option<Vec<held::Pair<'a>>>,
    pairs_in_all: usize,
    share_percent: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    fewest: Option<Vec<held::Fewest<'a>>>,
    concentration: Vec<Shares<'a>>,
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
        capacity_before: answers.carries.as_ref().map(|carries| {
            let Carries { whole, without_figure, zero, missing } = carries;
            Before {
                carried: Capacity::of(whole),
                demands_without_figure: without_figure,
                links_of_no_capacity: *zero,
                links_without_capacity: *missing,
            }
        }),
        cascade_model: answers.cascade.map(|tolerance_percent| CascadeModel {
            tolerance_percent,
            source: "Motter and Lai, Physical Review E 66, 065102(R), 2002",
        }),
        scenarios: answers.scenarios.iter().map(Scenario::of).collect(),
        each: answers.overview.as_ref().map(|(overview, share)| Each::of(overview, *share)),
        by_chance: answers.drawn.as_ref().map(ByChance::of),
        gaps: &answers.gaps,
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

impl<'a> Scenario<'a> {
    fn of(answered: &'a Answered) -> Self {
        let Answer {
            name,
            devices,
            links,
            cost,
            functions,
            sites,
            subscribers,
            served_before,
            remedies,
            prevented_by,
        } = &answered.answer;
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
            capacity: answered.capacity.as_ref().map(Capacity::of),
            cascade: answered.cascade.as_ref().map(Cascade::of),
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
            remedies: remedies.iter().map(Mended::of).collect(),
        }
    }
}

impl<'a> Capacity<'a> {
    fn of(found: &'a scenario::Capacity) -> Self {
        Self {
            asked_kbps: found.asked,
            connected_kbps: found.connected,
            at_least_kbps: found.at_least,
            at_most_kbps: found.at_most,
            is_exact: found.at_least == found.at_most,
            functions: found
                .functions
                .iter()
                .map(|one| Carried {
                    function: &one.function,
                    asked_kbps: one.asked,
                    connected_kbps: one.connected,
                    alone_kbps: one.alone,
                    together_kbps: one.together,
                })
                .collect(),
            subscribers_beyond: found.beyond,
            sites_beyond: found.sites_beyond,
            full_links: &found.full,
        }
    }
}

impl<'a> Cascade<'a> {
    fn of(found: &'a scenario::Cascade) -> Self {
        let round =
            |round: &'a scenario::Round| Round { links: &round.links, subscribers_lost: round.subscribers };
        Self {
            rounds: found.rounds.iter().map(round).collect(),
            sites_lost: found.sites,
            subscribers_lost: found.subscribers,
            links_overloaded_before: found.overloaded_before,
            links_without_capacity: found.without_capacity,
        }
    }
}

impl<'a> Mended<'a> {
    fn of(remedy: &'a Remedy) -> Self {
        let mut mended = Self {
            what: "",
            function: None,
            site: None,
            from: None,
            to: None,
            keeps_sites: remedy.sites,
            first_site: &remedy.first,
            keeps_subscribers: remedy.subscribers,
            keeps_functions: &remedy.functions,
        };
        match &remedy.step {
            Step::Carrier { function, beside } => {
                mended.what = "carrier";
                mended.function = Some(function);
                mended.to = Some(beside);
            }
            Step::Link { from, to } => {
                mended.what = "link";
                mended.from = Some(from);
                mended.to = Some(to);
            }
            Step::Equipment { site, to } => {
                mended.what = "equipment";
                mended.site = Some(site);
                mended.to = Some(to.as_str()).filter(|to| !to.is_empty());
            }
            Step::Elsewhere { site } => {
                mended.what = "elsewhere";
                mended.site = Some(site);
            }
            Step::Nothing { function } => {
                mended.what = "nothing";
                mended.function = Some(function.as_str()).filter(|function| !function.is_empty());
            }
        }
        mended
    }
}

impl<'a> ByChance<'a> {
    fn of(drawn: &'a Drawn) -> Self {
        let Drawn { chances, kinds } = drawn;
        let mean = |of: scenario::Mean| Mean { mean: of.mean, low: of.low, high: of.high };
        let proportion = |of: scenario::Proportion| Proportion {
            draws: of.count,
            share: of.share,
            low: of.low,
            high: of.high,
        };
        let [half, of_95_percent, of_99_percent, most] = chances.quantiles;
        let may_fail = |(kind, (count, failed)): (&&'static str, &(usize, f64))| {
            (*kind, MayFail { count: *count, failed_on_average: *failed })
        };
        Self {
            draws: chances.draws,
            seed: chances.seed,
            may_fail: kinds.iter().map(may_fail).collect(),
            subscribers_served: chances.served,
            subscribers_lost: mean(chances.lost),
            quantiles: Quantiles { half, of_95_percent, of_99_percent, most },
            anything_lost: proportion(chances.anything),
            share_percent: chances.share.0,
            share_lost: proportion(chances.share.1),
            functions: chances
                .functions
                .iter()
                .map(|one| FunctionChance {
                    function: &one.function,
                    subscribers_served: one.served,
                    subscribers_lost: mean(one.lost),
                    wholly_lost: proportion(one.wholly),
                    share_lost: proportion(one.share),
                })
                .collect(),
            sites: chances
                .sites
                .iter()
                .map(|one| SiteChance {
                    site: &one.site,
                    subscribers: one.subscribers,
                    lost: proportion(one.lost),
                })
                .collect(),
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
            added,
            management,
            interception,
            subscriber_data,
        } = reach;
        let within = |list: &'a [Met]| -> Vec<Within<'a>> {
            let each = list.iter().map(|met| Within {
                device: &met.device,
                does: &met.does,
                steps: met.steps,
                way: &met.way,
            });
            each.collect()
        };
        Self {
            held,
            linked: *linked,
            segments,
            contained,
            without_segment: *without_segment,
            added_by_step: added,
            management: within(management),
            interception: within(interception),
            subscriber_data: within(subscriber_data),
        }
    }
}

impl<'a> Each<'a> {
    fn of(overview: &'a Overview, share_percent: u8) -> Self {
        Self {
            kind: overview.kind.as_str(),
            devices_without: overview.unlabelled.0,
            links_without: overview.unlabelled.1,
            labels: held::labels(&overview.labels),
            pairs: overview.pairs.as_deref().map(held::pairs),
            pairs_in_all: overview.pairs_in_all,
            share_percent,
            fewest: overview.fewest.as_deref().map(held::fewest),
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
