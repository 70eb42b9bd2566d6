//! Bounds of several kinds together, held against each other and against small networks where the answer is known.

use super::super::*;
use proptest::prelude::*;

fn service(graph: &Graph, root: u32, demands: &[(u32, u64)]) -> Service {
    let lists: Vec<([u32; 1], u64)> = demands.iter().map(|(vertex, weight)| ([*vertex], *weight)).collect();
    Service::new(graph, Some(&[root]), lists.iter().map(|(list, weight)| (list.as_slice(), *weight))).unwrap()
}

#[test]
fn two_kinds_share_a_link_and_directions_do_not() {
    // 0 - 1 - 2: both kinds come from 0 to 2 over links of 10.
    let graph =
        Graph::new(3, vec![[0, 1], [1, 2]]).unwrap().with_capacities(vec![Some(10), Some(10)]).unwrap();
    let (one, two) = (service(&graph, 0, &[(2, 8)]), service(&graph, 0, &[(2, 7)]));
    let found = served_together(&graph, &[&one, &two], &Lost::default()).unwrap();
    assert_eq!((found.asked, found.at_least, found.at_most), (15, 10, 10));
    assert_eq!((found.alone.as_slice(), found.full.as_slice()), ([8, 7].as_slice(), [0, 1].as_slice()));
    // The other way round they do not meet.
    let back = service(&graph, 2, &[(0, 9)]);
    let found = served_together(&graph, &[&one, &back], &Lost::default()).unwrap();
    assert_eq!((found.at_least, found.at_most), (17, 17));
    let none = served_together(&graph, &[&one, &two], &Lost { edges: &[1], ..Lost::default() }).unwrap();
    assert_eq!((none.at_least, none.at_most, none.by_demand), (0, 0, vec![vec![0], vec![0]]));
}

#[test]
fn nothing_known_bounds_nothing_and_zero_carries_nothing() {
    let graph = Graph::new(3, vec![[0, 1], [0, 2]]).unwrap().with_capacities(vec![None, Some(0)]).unwrap();
    let (one, two) = (service(&graph, 0, &[(1, 1 << 40)]), service(&graph, 0, &[(2, 5)]));
    let found = served_together(&graph, &[&one, &two], &Lost::default()).unwrap();
    assert_eq!((found.at_least, found.at_most), (1 << 40, 1 << 40));
    assert!(served_together(&graph, &[], &Lost::default()).unwrap().full.is_empty());
}

/// The most that two kinds of one demand each can have over paths, tried in steps of one: for very small networks.
fn tried(ends: &[[u32; 2]], capacities: &[u64], kinds: &[(u32, u32, u64)]) -> u64 {
    fn paths(
        ends: &[[u32; 2]],
        at: u32,
        to: u32,
        seen: &mut Vec<u32>,
        way: &mut Vec<(usize, bool)>,
        all: &mut Vec<Vec<(usize, bool)>>,
    ) {
        if at == to {
            all.push(way.clone());
            return;
        }
        for (edge, &[a, b]) in ends.iter().enumerate() {
            for (from, next, there) in [(a, b, true), (b, a, false)] {
                if from == at && !seen.contains(&next) {
                    seen.push(next);
                    way.push((edge, there));
                    paths(ends, next, to, seen, way, all);
                    way.pop();
                    seen.pop();
                }
            }
        }
    }
    fn most(
        left: &mut Vec<[u64; 2]>,
        wants: &mut Vec<u64>,
        ways: &[(usize, Vec<(usize, bool)>)],
        from: usize,
    ) -> u64 {
        let mut best = 0;
        for at in from..ways.len() {
            let (kind, way) = &ways[at];
            if wants[*kind] > 0 && way.iter().all(|(edge, there)| left[*edge][usize::from(*there)] > 0) {
                way.iter().for_each(|(edge, there)| left[*edge][usize::from(*there)] -= 1);
                wants[*kind] -= 1;
                best = best.max(1 + most(left, wants, ways, at));
                wants[*kind] += 1;
                way.iter().for_each(|(edge, there)| left[*edge][usize::from(*there)] += 1);
            }
        }
        best
    }
    let mut ways = Vec::new();
    for (kind, (from, to, _)) in kinds.iter().enumerate() {
        let mut all = Vec::new();
        paths(ends, *from, *to, &mut vec![*from], &mut Vec::new(), &mut all);
        ways.extend(all.into_iter().map(|way| (kind, way)));
    }
    let mut left: Vec<[u64; 2]> = capacities.iter().map(|one| [*one; 2]).collect();
    most(&mut left, &mut kinds.iter().map(|kind| kind.2).collect(), &ways, 0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_best_of_all_ways_lies_within_the_bounds(
        ends in proptest::collection::vec((0u32..4, 0u32..4, 0u64..3), 1..6),
        kinds in proptest::collection::vec((0u32..4, 0u32..4, 1u64..3), 1..4),
    ) {
        let ends: Vec<(u32, u32, u64)> = ends.into_iter().filter(|(a, b, _)| a != b).collect();
        let kinds: Vec<(u32, u32, u64)> = kinds.into_iter().filter(|(a, b, _)| a != b).collect();
        let (list, capacities): (Vec<[u32; 2]>, Vec<u64>) = ends.iter().map(|(a, b, c)| ([*a, *b], *c)).unzip();
        let graph = Graph::new(4, list.clone()).unwrap();
        let graph = graph.with_capacities(capacities.iter().map(|one| Some(*one)).collect()).unwrap();
        let services: Vec<Service> = kinds.iter().map(|(from, to, weight)| service(&graph, *from, &[(*to, *weight)])).collect();
        let all: Vec<&Service> = services.iter().collect();
        let found = served_together(&graph, &all, &Lost::default()).unwrap();
        // Whole units may be served less than parts of them: the best of whole ones is no upper bound, but both bounds hold it.
        let best = tried(&list, &capacities, &kinds);
        prop_assert!(found.at_least <= best && best <= found.at_most, "{found:?} {best}");
        prop_assert_eq!(found.by_demand.iter().flatten().sum::<u64>(), found.at_least);
        for (service, alone) in services.iter().zip(&found.alone) {
            prop_assert_eq!(served_by_capacity(&graph, service, &Lost::default()).unwrap().served, *alone);
        }
        if kinds.len() == 1 {
            prop_assert_eq!(found.at_least, found.at_most);
        }
    }
}
