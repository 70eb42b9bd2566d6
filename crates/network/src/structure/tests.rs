use super::*;
use banbury_evidence::model::{Device, Link, Site};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn model(devices: &[Option<u8>], links: &[(usize, usize)], subscribers: &[Option<u64>]) -> Model {
    // Names are padded so that their order is the numbers' order.
    let name = |index: usize| format!("d{index:03}");
    Model {
        devices: devices
            .iter()
            .enumerate()
            .map(|(index, site)| Device {
                name: name(index),
                site: site.map(|site| format!("s{site}")),
                ..Device::default()
            })
            .collect(),
        links: links
            .iter()
            .enumerate()
            .map(|(index, &(a, b))| Link {
                name: format!("l{index:03}"),
                a_device: name(a),
                b_device: name(b),
                ..Link::default()
            })
            .collect(),
        sites: subscribers
            .iter()
            .enumerate()
            .map(|(index, &subscribers)| Site { name: format!("s{index}"), subscribers, ..Site::default() })
            .collect(),
        ..Model::default()
    }
}

type Edges = Vec<(usize, usize, usize)>;

/// The connected parts among `alive`, without one link.
fn parts(alive: &BTreeSet<usize>, edges: &Edges, without: Option<usize>) -> Vec<BTreeSet<usize>> {
    let mut left = alive.clone();
    let mut parts = Vec::new();
    while let Some(start) = left.pop_first() {
        let mut part = BTreeSet::from([start]);
        let mut open = vec![start];
        while let Some(vertex) = open.pop() {
            for &(a, b, link) in edges.iter().filter(|edge| Some(edge.2) != without) {
                for (from, to) in [(a, b), (b, a)] {
                    if from == vertex && left.remove(&to) {
                        part.insert(to);
                        open.push(to);
                    }
                }
                let _ = link;
            }
        }
        parts.push(part);
    }
    parts
}

/// By the definitions alone: take each thing away and look.
fn brute(model: &Model) -> (Vec<SinglePoint>, Vec<CutOff>) {
    let number = |name: &str| name[1..].parse::<usize>().unwrap();
    let edges: Edges = model
        .links
        .iter()
        .enumerate()
        .map(|(index, link)| (number(&link.a_device), number(&link.b_device), index))
        .filter(|(a, b, _)| a != b)
        .collect();
    let linked: BTreeSet<usize> = edges.iter().flat_map(|&(a, b, _)| [a, b]).collect();
    let mut points = Vec::new();
    let mut cut_off = Vec::new();
    let mut lose = |kind: &str,
                    name: &str,
                    lost: Option<usize>,
                    link: Option<usize>,
                    whole: &BTreeSet<usize>| {
        let alive: BTreeSet<usize> = whole.iter().copied().filter(|&vertex| Some(vertex) != lost).collect();
        let parts = parts(&alive, &edges, link);
        if parts.len() < 2 {
            return;
        }
        let largest = parts.iter().map(BTreeSet::len).max().unwrap();
        // Parts come in the order of their first device.
        let kept = parts.iter().find(|part| part.len() == largest).unwrap();
        let mut cut_sites = Vec::new();
        for site in &model.sites {
            let devices: BTreeSet<usize> = model
                .devices
                .iter()
                .filter(|device| device.site.as_ref() == Some(&site.name))
                .map(|device| number(&device.name))
                .filter(|device| linked.contains(device))
                .collect();
            if !devices.is_empty() && devices.is_subset(whole) && devices.is_disjoint(kept) {
                cut_sites.push(site.subscribers);
            }
        }
        let subscribers_cut = match cut_sites.iter().flatten().copied().reduce(|a, b| a + b) {
            None if cut_sites.is_empty() && model.sites.iter().any(|site| site.subscribers.is_some()) => {
                Some(0)
            }
            sum => sum,
        };
        let tied = parts.iter().filter(|part| part.len() == largest).count() > 1;
        cut_off.extend(alive.iter().filter(|device| tied || !kept.contains(device)).map(|device| CutOff {
            kind: kind.to_owned(),
            name: name.to_owned(),
            device: model.devices[*device].name.clone(),
            equal: kept.contains(device),
        }));
        points.push(SinglePoint {
            kind: kind.to_owned(),
            name: name.to_owned(),
            devices_cut: (alive.len() - kept.len()) as u64,
            subscribers_cut,
        });
    };
    let wholes = parts(&linked, &edges, None);
    let whole = |vertex: usize| wholes.iter().find(|part| part.contains(&vertex)).unwrap();
    for &vertex in &linked {
        lose("device", &model.devices[vertex].name, Some(vertex), None, whole(vertex));
    }
    for &(a, _, link) in &edges {
        lose("link", &model.links[link].name, None, Some(link), whole(a));
    }
    (points, cut_off)
}

fn small() -> impl Strategy<Value = Model> {
    (1usize..14).prop_flat_map(|devices| {
        (
            prop::collection::vec(prop::option::weighted(0.8, 0u8..5), devices),
            prop::collection::vec((0..devices, 0..devices), 0..devices * 3 / 2 + 2),
            prop::collection::vec(prop::option::weighted(0.7, 1u64..1000), 0..6),
        )
            .prop_map(|(devices, links, subscribers)| model(&devices, &links, &subscribers))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn agrees_with_taking_each_away(model in small()) {
        let structure = examine(&model).unwrap();
        prop_assert_eq!((structure.single_points, structure.cut_off), brute(&model));
    }
}

#[test]
fn a_chain_and_a_ring() {
    let chain = model(&[Some(0), Some(1), Some(2)], &[(0, 1), (1, 2)], &[Some(10), Some(20), Some(40)]);
    let points = examine(&chain).unwrap().single_points;
    let seen: Vec<_> =
        points.iter().map(|point| (point.name.as_str(), point.devices_cut, point.subscribers_cut)).collect();
    // The first of two equal parts remains: d000; the lost device's own site is without service too.
    assert_eq!(seen, [("d001", 1, Some(60)), ("l000", 1, Some(10)), ("l001", 1, Some(40))]);
    let ring = model(&[None; 4], &[(0, 1), (1, 2), (2, 3), (3, 0)], &[]);
    assert_eq!(examine(&ring).unwrap().single_points, []);
}

#[test]
fn parallel_links_are_not_single_points_and_loops_are_none() {
    let structure = examine(&model(&[None; 3], &[(0, 1), (0, 1), (1, 1)], &[])).unwrap();
    let connected = vec!["d000".to_owned(), "d001".to_owned()];
    assert_eq!(structure, Structure { parts: 1, unlinked: 1, connected, ..Structure::default() });
}

#[test]
fn the_largest_part_alone_is_connected() {
    let apart = model(&[None; 6], &[(0, 1), (0, 1), (2, 3), (3, 4), (4, 2)], &[]);
    assert_eq!(examine(&apart).unwrap().connected, ["d002", "d003", "d004"]);
    let alike = model(&[None; 4], &[(0, 1), (2, 3)], &[]);
    assert_eq!(examine(&alike).unwrap().connected, Vec::<String>::new());
    assert_eq!(examine(&alike).unwrap().parts, 2);
}

#[test]
fn planned_devices_do_not_hold_the_network_together() {
    let mut ring = model(&[None; 4], &[(0, 1), (1, 2), (2, 3), (3, 0)], &[]);
    ring.devices[3].status = Some(" Planned ".to_owned());
    assert_eq!(examine(&ring).unwrap().connected, ["d000", "d001", "d002"]);
    let names: Vec<String> =
        examine(&ring).unwrap().single_points.into_iter().map(|point| point.name).collect();
    assert_eq!(names, ["d001", "l000", "l001"]);
}

#[test]
fn a_long_chain_needs_no_stack() {
    let links: Vec<_> = (0..50_000).map(|index| (index, index + 1)).collect();
    let mut chain = model(&vec![None; 50_001], &[], &[]);
    chain.devices.iter_mut().enumerate().for_each(|(index, device)| device.name = format!("d{index:06}"));
    chain.links = links
        .iter()
        .map(|(a, b)| Link {
            name: format!("l{a:06}"),
            a_device: format!("d{a:06}"),
            b_device: format!("d{b:06}"),
            ..Link::default()
        })
        .collect();
    let Structure { single_points: points, cut_off, .. } = examine(&chain).unwrap();
    // Whom they cut off is named for as long as there is room, and devices_cut tells what is left out.
    assert_eq!(cut_off.len(), MOST_IN_ALL);
    assert_eq!(cut_off.iter().filter(|cut| cut.name == "d000300").count(), MOST_OF_A_POINT);
    assert_eq!(points.len(), 49_999 + 50_000);
    assert_eq!(points.iter().map(|point| point.devices_cut).max(), Some(25_000));
}
