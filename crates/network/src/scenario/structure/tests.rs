//! The report on small networks, held against a slow account of the same.

use super::*;
use crate::graph::{Lost, outage};
use crate::scenario::Extra;
use banbury_evidence::model::{Demand, Device, Function, Link, Model, Site};
use proptest::prelude::*;
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
struct Small {
    /// Site, maker and software of each device.
    devices: Vec<(u8, Option<u8>, u8)>,
    /// Ends and operator.
    links: Vec<(usize, usize, Option<u8>)>,
    carriers: Vec<usize>,
    /// Subscribers by site.
    demands: Vec<Option<u64>>,
}

impl Small {
    fn model(&self) -> Model {
        Model {
            sites: (0..self.demands.len())
                .map(|site| Site {
                    name: format!("s{site}"),
                    region: Some(format!("r{}", site % 2)),
                    ..Site::default()
                })
                .collect(),
            devices: (0..)
                .zip(&self.devices)
                .map(|(number, (site, maker, software))| Device {
                    name: format!("d{number}"),
                    site: Some(format!("s{site}")),
                    manufacturer: maker.map(|maker| format!("m{maker}")),
                    platform: Some("os".into()),
                    software: Some(software.to_string()),
                    ..Device::default()
                })
                .collect(),
            links: (0..)
                .zip(&self.links)
                .map(|(number, (a, b, operator)): (usize, _)| Link {
                    name: format!("l{number}"),
                    a_device: format!("d{a}"),
                    b_device: format!("d{b}"),
                    operator: operator.map(|operator| format!("o{operator}")),
                    capacity_mbps: Some(10),
                    ..Link::default()
                })
                .collect(),
            functions: self
                .carriers
                .iter()
                .map(|device| Function {
                    device: format!("d{device}"),
                    function: "UPF".into(),
                    ..Function::default()
                })
                .collect(),
            demands: (0..)
                .zip(&self.demands)
                .filter_map(|(site, subscribers): (usize, _)| {
                    let subscribers = Some((*subscribers)?);
                    Some(Demand {
                        site: format!("s{site}"),
                        function: "UPF".into(),
                        subscribers,
                        mbps: Some(4),
                        ..Demand::default()
                    })
                })
                .collect(),
            ..Model::default()
        }
    }
}

fn small() -> impl Strategy<Value = Small> {
    (2usize..8, 2usize..6).prop_flat_map(|(devices, sites)| {
        (
            prop::collection::vec((0..sites as u8, prop::option::weighted(0.9, 0u8..3), 0u8..2), devices),
            prop::collection::vec(
                (0..devices, 0..devices, prop::option::weighted(0.7, 0u8..3)),
                0..devices * 2,
            ),
            prop::collection::vec(0..devices, 1..3),
            prop::collection::vec(prop::option::weighted(0.8, 0u64..100), sites),
        )
            .prop_map(|(devices, links, carriers, demands)| Small {
                devices,
                links,
                carriers,
                demands,
            })
    })
}

/// The labels on each way from these vertices to a carrier, the ends' own left out.
fn ways(
    topology: &Topology<'_>,
    from: &[u32],
    carriers: &[u32],
    on_vertex: &dyn Fn(u32) -> Vec<u32>,
    on_edge: &dyn Fn(u32) -> Vec<u32>,
) -> BTreeSet<BTreeSet<u32>> {
    let mut found = BTreeSet::new();
    let mut open: Vec<(Vec<u32>, BTreeSet<u32>)> =
        from.iter().map(|&start| (vec![start], BTreeSet::new())).collect();
    while let Some((path, labels)) = open.pop() {
        let at = path[path.len() - 1];
        if carriers.contains(&at) {
            found.insert(labels);
            continue;
        }
        for arc in topology.graph.arcs(at) {
            if !path.contains(&arc.to) {
                let mut labels = labels.clone();
                labels.extend(on_edge(arc.edge));
                if !from.contains(&arc.to) && !carriers.contains(&arc.to) {
                    labels.extend(on_vertex(arc.to));
                }
                open.push(([path.as_slice(), &[arc.to]].concat(), labels));
            }
        }
    }
    found
}

/// Of one kind: sites asking, apart, shared, and sites by the label that is on all their ways.
fn slowly(topology: &Topology<'_>, kind: Kind) -> (usize, usize, usize, Vec<(String, usize)>) {
    let labels = topology.labels(kind);
    let has = |list: fn(&crate::scenario::Label) -> &[u32], at: u32| -> Vec<u32> {
        (0u32..)
            .zip(&labels)
            .filter(|(_, label)| list(label).contains(&at))
            .map(|(number, _)| number)
            .collect()
    };
    let asked = &topology.asked[0];
    let (mut asking, mut apart, mut shared) = (0, 0, 0);
    let mut by_label = vec![0; labels.len()];
    for (vertices, _) in asked.demands() {
        if !asked.was_served(vertices) || vertices.iter().any(|vertex| asked.carriers.contains(vertex)) {
            continue;
        }
        asking += 1;
        let ways = ways(topology, vertices, &asked.carriers, &|at| has(|label| &label.devices, at), &|at| {
            has(|label| &label.links, at)
        });
        let is_apart = ways.iter().any(|one| ways.iter().any(|other| one.is_disjoint(other)));
        apart += usize::from(is_apart);
        shared += usize::from(!is_apart);
        let on_all = ways.iter().cloned().reduce(|a, b| &a & &b).unwrap_or_default();
        on_all.into_iter().for_each(|label| by_label[label as usize] += 1);
    }
    let mut named: Vec<(String, usize)> =
        labels.iter().map(|label| label.name.clone()).zip(by_label).filter(|(_, sites)| *sites > 0).collect();
    named.sort();
    (asking, apart, shared, named)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn paths_are_apart_as_all_pairs_of_paths_say(small in small()) {
        let (model, extra) = (small.model(), Extra::new());
        let topology = Topology::of(&model, &extra, "2026-11-01").unwrap();
        let report = report(&topology, 50, &Bounds::default()).unwrap();
        for told in &report.apart {
            let (asking, apart, shared, by_label) = slowly(&topology, told.kind);
            prop_assert_eq!((told.sites, told.apart, told.shared, told.undecided), (asking, apart, shared, 0), "{:?}", told.kind);
            let mut labels: Vec<(String, usize)> = told.labels.iter().map(|one| (one.label.clone(), one.sites)).collect();
            labels.sort();
            prop_assert_eq!(labels, by_label, "{:?}", told.kind);
        }
        let kinds: BTreeSet<Kind> = report.apart.iter().map(|told| told.kind).collect();
        prop_assert!(small.demands.iter().all(Option::is_none) || kinds.contains(&Kind::Device));
    }

    #[test]
    fn each_label_and_each_point_costs_what_its_outage_says(small in small()) {
        let (model, extra) = (small.model(), Extra::new());
        let topology = Topology::of(&model, &extra, "2026-11-01").unwrap();
        let report = report(&topology, 50, &Bounds::default()).unwrap();
        let Some(asked) = topology.asked.first().filter(|asked| !asked.function.is_empty()) else { return Ok(()) };
        for told in &report.kinds {
            for label in topology.labels(told.kind) {
                let lost = Lost { vertices: &label.devices, edges: &label.links, labels: None };
                let loss = outage(&topology.graph, &asked.service, &lost).unwrap().loss;
                let cost = told.labels.iter().find(|cost| cost.name == label.name).unwrap();
                prop_assert_eq!((cost.subscribers, cost.cut_off), (loss.weight, loss.vertices), "{:?} {}", told.kind, label.name);
            }
        }
        for point in &report.points {
            let number = |name: &str| name[1..].parse::<u32>().unwrap();
            let (vertices, edges) = if point.kind == "device" { (vec![number(&point.name)], vec![]) } else { (vec![], vec![number(&point.name)]) };
            let loss = outage(&topology.graph, &asked.service, &Lost { vertices: &vertices, edges: &edges, labels: None }).unwrap().loss;
            prop_assert_eq!((point.subscribers, point.cut_off), (loss.weight, loss.vertices));
        }
    }

    #[test]
    fn bounds_that_stop_everything_are_counted(small in small()) {
        let (model, extra) = (small.model(), Extra::new());
        let topology = Topology::of(&model, &extra, "2026-11-01").unwrap();
        let none = Bounds { most: 1, looked_at: 0, paired: 0, fewest: 0, second: 0, least: 0, exact: 0, carried: 0 };
        let (bounded, whole) = (report(&topology, 50, &none).unwrap(), report(&topology, 50, &Bounds::default()).unwrap());
        for (few, all) in bounded.apart.iter().zip(&whole.apart) {
            prop_assert_eq!(few.sites, all.sites);
            prop_assert_eq!(few.apart + few.shared + few.undecided, few.sites);
            prop_assert!(few.apart <= all.apart && few.shared <= all.shared);
            prop_assert!(few.listed.len() <= 1 && few.labels.len() <= 1);
        }
        for (few, all) in bounded.kinds.iter().zip(&whole.kinds) {
            // What each costs does not depend on the bounds, only how many are listed.
            prop_assert_eq!(&few.labels[..], &all.labels[..1]);
            prop_assert_eq!(few.count, all.count);
        }
        prop_assert_eq!(bounded.points_in_all, whole.points_in_all);
    }
}

/// Cells on two hubs of one maker, each with a link to a core of two.
fn ring() -> Model {
    let small = Small {
        devices: vec![(0, Some(0), 0), (1, Some(1), 0), (2, Some(1), 0), (3, Some(2), 0)],
        links: vec![(0, 1, Some(0)), (0, 2, Some(1)), (1, 3, Some(0)), (2, 3, Some(1))],
        carriers: vec![0],
        demands: vec![None, Some(1), Some(2), Some(40)],
    };
    small.model()
}

#[test]
fn two_paths_by_one_maker_look_redundant_and_are_not() {
    let (model, extra) = (ring(), Extra::new());
    let topology = Topology::of(&model, &extra, "2026-11-01").unwrap();
    let report = report(&topology, 50, &Bounds::default()).unwrap();
    assert_eq!(report.points_in_all, [1, 0], "the one carrier, and nothing of the ring");
    let by_maker = report.apart.iter().find(|told| told.kind == Kind::Vendor).unwrap();
    assert_eq!((by_maker.sites, by_maker.apart, by_maker.shared, by_maker.shared_alone), (3, 2, 1, 1));
    let cell = &by_maker.listed[0];
    assert_eq!(
        (cell.site.as_str(), cell.label.as_str(), cell.subscribers, cell.has_two_ways),
        ("s3", "m1", 40, true)
    );
    let by_operator = report.apart.iter().find(|told| told.kind == Kind::Operator).unwrap();
    // Both links of a hub are of one operator.
    assert_eq!((by_operator.apart, by_operator.shared), (1, 2));
    let maker = report.kinds.iter().find(|told| told.kind == Kind::Vendor).unwrap();
    assert_eq!((maker.labels[0].name.as_str(), maker.labels[0].subscribers), ("m1", 43));
    let fewest = &maker.fewest.as_ref().unwrap()[0];
    assert_eq!((fewest.labels.as_ref().unwrap().len(), fewest.bound), (1, 1));
}

#[test]
fn one_component_under_three_badges_is_one_supplier() {
    let mut model = ring();
    model.devices[2].manufacturer = Some("m2".into());
    model.devices[3].manufacturer = Some("m3".into());
    let of = |devices: &[&str]| devices.iter().map(|name| (*name).to_owned()).collect();
    let components = [("sdk".to_owned(), of(&["d1", "d2", "d3"])), ("own".to_owned(), of(&["d0"]))];
    let extra = Extra::from([(Kind::Component, components.into_iter().collect())]);
    let topology = Topology::of(&model, &extra, "2026-11-01").unwrap();
    let report = report(&topology, 50, &Bounds::default()).unwrap();
    assert_eq!((report.inspected, report.suppliers_in_all), (4, 1));
    let one = &report.suppliers[0];
    assert_eq!((one.component.as_str(), one.devices, one.known), ("sdk", 3, 4));
    assert_eq!(one.vendors, ["m1", "m2", "m3"]);
    assert!((one.by_badge.effective - 4.0).abs() < 1e-9);
    assert!((one.as_one.effective - 16.0 / 10.0).abs() < 1e-9);
}

#[test]
fn links_that_are_too_narrow_are_named() {
    let mut model = ring();
    model.demands[2].mbps = Some(100);
    model.links[0].capacity_mbps = None;
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-11-01").unwrap();
    let report = report(&topology, 50, &Bounds::default()).unwrap();
    let served = &report.capacity[0];
    // The cell gets 10 by each hub; the second hub's own link has 10 for both, and one of them loses 4.
    assert_eq!((served.asked, served.served, served.silent_links), (108, 24, 1));
    assert_eq!(served.full, ["l1", "l2"]);
    assert_eq!(
        served.without.iter().map(|one| (one.kind, one.name.as_str())).collect::<Vec<_>>(),
        [("device", "d0"), ("vendor", "m1")]
    );
}

#[test]
fn without_demands_there_is_nothing_to_be_apart_from() {
    let mut model = ring();
    model.demands.clear();
    model.sites[3].subscribers = Some(7);
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-11-01").unwrap();
    let report = report(&topology, 50, &Bounds::default()).unwrap();
    assert_eq!(report.apart, []);
    assert_eq!(report.functions[0].function, "");
    assert_eq!(report.kinds.iter().find(|told| told.kind == Kind::Vendor).unwrap().labels[0].subscribers, 7);
}
