//! The structure report as JSON; `schemas/structure.schema.json` describes it.

use super::super::held;
use super::Answers;
use banbury_network::graph::Concentration;
use banbury_network::scenario::structure::{
    Apartness, FunctionReport, KindReport, OneSupplier, Point, RegionShares, Served,
};
use serde::Serialize;

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
    share_percent: u8,
    functions: Vec<Function<'a>>,
    single_points: Vec<SinglePoint<'a>>,
    single_devices: usize,
    single_links: usize,
    apart: Vec<Apart<'a>>,
    kinds: Vec<Kind<'a>>,
    kinds_not_stated: Vec<&'static str>,
    concentration: Vec<Region<'a>>,
    inspected: usize,
    one_supplier: Vec<Supplier<'a>>,
    one_supplier_in_all: usize,
    capacity: Vec<Carried<'a>>,
    gaps: &'a [String],
}

#[derive(Serialize)]
struct Function<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    function: &'a str,
    carriers: usize,
    sites: usize,
    subscribers: u64,
    unserved: usize,
    on_one_device: usize,
    single_devices: usize,
    single_links: usize,
}

#[derive(Serialize)]
struct SinglePoint<'a> {
    kind: &'static str,
    name: &'a str,
    subscribers_lost: u64,
    devices_cut_off: u64,
    losses: Vec<Loss<'a>>,
}

#[derive(Serialize)]
struct Loss<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    function: &'a str,
    subscribers_lost: u64,
    devices_cut_off: u64,
}

#[derive(Serialize)]
struct Apart<'a> {
    function: &'a str,
    kind: &'static str,
    sites: usize,
    own: usize,
    apart: usize,
    shared: usize,
    shared_though_two_ways: usize,
    undecided: usize,
    listed: Vec<Shared<'a>>,
    labels: Vec<SharedBy<'a>>,
    labels_in_all: usize,
}

#[derive(Serialize)]
struct Shared<'a> {
    site: &'a str,
    subscribers: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    label: &'a str,
    further_labels: usize,
    has_two_ways: bool,
}

#[derive(Serialize)]
struct SharedBy<'a> {
    label: &'a str,
    sites: usize,
    subscribers: u64,
}

#[derive(Serialize)]
struct Kind<'a> {
    kind: &'static str,
    count: usize,
    devices_without: usize,
    links_without: usize,
    labels: Vec<held::Label<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pairs: Option<Vec<held::Pair<'a>>>,
    pairs_in_all: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    fewest: Option<Vec<held::Fewest<'a>>>,
}

#[derive(Serialize)]
struct Region<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    function: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    region: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sensitive: Option<bool>,
    devices: u64,
    concentration: Shares,
    largest: &'a str,
}

#[derive(Serialize)]
struct Shares {
    holders: usize,
    hhi_points: f64,
    effective_number: f64,
    largest_share: f64,
}

#[derive(Serialize)]
struct Supplier<'a> {
    component: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    function: &'a str,
    vendors: &'a [String],
    devices: u64,
    known: u64,
    by_badge: Shares,
    as_one: Shares,
}

#[derive(Serialize)]
struct Carried<'a> {
    function: &'a str,
    asked_mbps: u64,
    served_mbps: u64,
    demands_without_mbps: usize,
    links_without_capacity: usize,
    full: &'a [String],
    full_in_all: usize,
    without: Vec<Without<'a>>,
}

#[derive(Serialize)]
struct Without<'a> {
    kind: &'static str,
    name: &'a str,
    served_mbps: u64,
}

pub(super) fn of(answers: &Answers) -> serde_json::Result<String> {
    let report = &answers.report;
    let [single_devices, single_links] = report.points_in_all;
    let document = Document {
        schema: "urn:banbury:schema:structure:1",
        banbury: env!("CARGO_PKG_VERSION"),
        case: &answers.case,
        as_of: &answers.as_of,
        synthetic: answers.synthetic.as_deref(),
        devices: answers.devices,
        links: answers.links,
        subscribers: answers.subscribers,
        share_percent: answers.share,
        functions: report.functions.iter().map(function).collect(),
        single_points: report.points.iter().map(point).collect(),
        single_devices,
        single_links,
        apart: report.apart.iter().map(apart).collect(),
        kinds: report.kinds.iter().map(kind).collect(),
        kinds_not_stated: report.silent.iter().map(|kind| kind.as_str()).collect(),
        concentration: report.concentration.iter().map(region).collect(),
        inspected: report.inspected,
        one_supplier: report.suppliers.iter().map(supplier).collect(),
        one_supplier_in_all: report.suppliers_in_all,
        capacity: report.capacity.iter().map(carried).collect(),
        gaps: &answers.gaps,
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn function(told: &FunctionReport) -> Function<'_> {
    Function {
        function: &told.function,
        carriers: told.carriers,
        sites: told.sites,
        subscribers: told.subscribers,
        unserved: told.unserved,
        on_one_device: told.on_one_device,
        single_devices: told.devices,
        single_links: told.links,
    }
}

fn point(point: &Point) -> SinglePoint<'_> {
    SinglePoint {
        kind: point.kind,
        name: &point.name,
        subscribers_lost: point.subscribers,
        devices_cut_off: point.cut_off,
        losses: point
            .losses
            .iter()
            .map(|one| {
                let (subscribers_lost, devices_cut_off) = (one.subscribers, one.cut_off);
                Loss { function: &one.function, subscribers_lost, devices_cut_off }
            })
            .collect(),
    }
}

fn apart(told: &Apartness) -> Apart<'_> {
    Apart {
        function: &told.function,
        kind: told.kind.as_str(),
        sites: told.sites,
        own: told.own,
        apart: told.apart,
        shared: told.shared,
        shared_though_two_ways: told.shared_alone,
        undecided: told.undecided,
        listed: told
            .listed
            .iter()
            .map(|one| Shared {
                site: &one.site,
                subscribers: one.subscribers,
                label: &one.label,
                further_labels: one.others,
                has_two_ways: one.has_two_ways,
            })
            .collect(),
        labels: told
            .labels
            .iter()
            .map(|one| SharedBy { label: &one.label, sites: one.sites, subscribers: one.subscribers })
            .collect(),
        labels_in_all: told.labels_in_all,
    }
}

fn kind(told: &KindReport) -> Kind<'_> {
    Kind {
        kind: told.kind.as_str(),
        count: told.count,
        devices_without: told.unlabelled.0,
        links_without: told.unlabelled.1,
        labels: held::labels(&told.labels),
        pairs: told.pairs.as_deref().map(held::pairs),
        pairs_in_all: told.pairs_in_all,
        fewest: told.fewest.as_deref().map(held::fewest),
    }
}

fn region(told: &RegionShares) -> Region<'_> {
    Region {
        function: &told.function,
        region: &told.region,
        sensitive: told.sensitive,
        devices: told.devices,
        concentration: shares(&told.concentration),
        largest: &told.largest,
    }
}

fn shares(concentration: &Concentration) -> Shares {
    Shares {
        holders: concentration.holders,
        hhi_points: concentration.points(),
        effective_number: concentration.effective,
        largest_share: concentration.largest,
    }
}

fn supplier(told: &OneSupplier) -> Supplier<'_> {
    Supplier {
        component: &told.component,
        function: &told.function,
        vendors: &told.vendors,
        devices: told.devices,
        known: told.known,
        by_badge: shares(&told.by_badge),
        as_one: shares(&told.as_one),
    }
}

fn carried(told: &Served) -> Carried<'_> {
    Carried {
        function: &told.function,
        asked_mbps: told.asked,
        served_mbps: told.served,
        demands_without_mbps: told.silent_demands,
        links_without_capacity: told.silent_links,
        full: &told.full,
        full_in_all: told.full_in_all,
        without: told
            .without
            .iter()
            .map(|one| Without { kind: one.kind, name: &one.name, served_mbps: one.served })
            .collect(),
    }
}
