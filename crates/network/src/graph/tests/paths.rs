//! Disjoint paths and flows against minimum cuts (Menger; Ford and Fulkerson), label-disjoint pairs against all divisions.

use super::*;
use crate::graph::contraction::Contraction;

/// A path as it should be: along its edges, no vertex twice.
fn check(case: &Case, path: &Path, from: u32, to: &[u32]) {
    assert_eq!(path.vertices.first(), Some(&from));
    assert!(to.contains(path.vertices.last().unwrap()));
    assert_eq!(path.vertices.len(), path.edges.len() + 1);
    assert_eq!(path.vertices.iter().collect::<BTreeSet<_>>().len(), path.vertices.len());
    for (step, &edge) in path.vertices.windows(2).zip(&path.edges) {
        let ends = case.ends[edge as usize];
        assert!(ends == [step[0], step[1]] || ends == [step[1], step[0]]);
    }
}

fn subsets(count: u32) -> impl Iterator<Item = BTreeSet<u32>> {
    (0..1u32 << count).map(move |bits| (0..count).filter(|bit| bits >> bit & 1 == 1).collect())
}

fn connects(parts: &[BTreeSet<u32>], from: u32, to: &[u32]) -> bool {
    parts.iter().any(|part| part.contains(&from) && to.iter().any(|to| part.contains(to)))
}

/// The fewest vertices besides `from` (and `to`, when it is one) whose loss leaves no path, and direct edges.
fn vertex_cut(case: &Case, from: u32, to: &[u32], shared: bool) -> usize {
    let direct: BTreeSet<u32> = (0..case.ends.len() as u32)
        .filter(|&edge| {
            let ends = case.ends[edge as usize];
            shared && (ends == [from, to[0]] || ends == [to[0], from])
        })
        .collect();
    let fewest = subsets(case.vertices)
        .filter(|gone| !(gone.contains(&from) || shared && gone.contains(&to[0])))
        .filter(|gone| !connects(&case.parts(gone, &direct), from, to))
        .map(|gone| gone.len())
        .min();
    fewest.unwrap() + direct.len()
}

fn edge_cut(case: &Case, from: u32, to: &[u32]) -> usize {
    subsets(case.vertices)
        .filter(|side| side.contains(&from) && to.iter().all(|to| !side.contains(to)))
        .map(|side| case.ends.iter().filter(|[a, b]| side.contains(a) != side.contains(b)).count())
        .min()
        .unwrap()
}

fn two(case: &Case, random: &mut Random) -> Option<(u32, u32)> {
    let (from, to) = (random.vertex(case.vertices), random.vertex(case.vertices));
    (from != to).then_some((from, to))
}

#[test]
fn there_are_as_many_disjoint_paths_as_a_cut_has_vertices_or_edges() {
    each_case(2_000, 8, 0, |case, random| {
        let Some((from, to)) = two(case, random) else { return };
        let graph = case.graph();
        let more: Vec<u32> =
            (0..3).map(|_| random.vertex(case.vertices)).filter(|&to| to != from).chain([to]).collect();
        for apart in [Apart::Vertices, Apart::Edges] {
            let (one, any) = (
                disjoint_paths(&graph, from, to, apart, usize::MAX).unwrap(),
                disjoint_paths_to_any(&graph, from, &more, apart, usize::MAX).unwrap(),
            );
            let cuts = match apart {
                Apart::Vertices => {
                    (vertex_cut(case, from, &[to], true), vertex_cut(case, from, &more, false))
                }
                Apart::Edges => (edge_cut(case, from, &[to]), edge_cut(case, from, &more)),
            };
            assert_eq!((one.len(), any.len()), cuts, "{from} to {to}, or to {more:?}, {apart:?}");
            for (paths, ends, shared_end) in [(&one, &[to][..], true), (&any, &more[..], false)] {
                let mut used = BTreeSet::new();
                for path in paths {
                    check(case, path, from, ends);
                    assert!(path.edges.iter().all(|&edge| used.insert((edge, true))));
                    if apart == Apart::Vertices {
                        let inner = path.vertices.len() - usize::from(shared_end);
                        assert!(path.vertices[1..inner].iter().all(|&vertex| used.insert((vertex, false))));
                    }
                }
            }
            assert_eq!(disjoint_paths(&graph, from, to, apart, 1).unwrap().len(), one.len().min(1));
        }
    });
}

#[test]
fn as_much_is_served_as_the_least_cut_lets_through() {
    each_case(2_000, 7, 3, |case, random| {
        let mut case = case.clone();
        case.roots.get_or_insert(vec![0]);
        let graph = case.graph();
        let (labels, service) = (case.labels(&graph), case.service(&graph));
        let lost: Vec<u32> = (0..case.labels).filter(|_| random.chance(20)).collect();
        let vertices: Vec<u32> = (0..case.vertices).filter(|_| random.chance(10)).collect();
        let (mut gone, cut) = case.carrying(&lost.iter().copied().collect());
        gone.extend(&vertices);
        let what = Lost { vertices: &vertices, edges: &[], labels: Some((&labels, &lost)) };
        let capacities = served_by_capacity(&graph, &service, &what).unwrap();
        let edges: Vec<usize> = (0..case.ends.len())
            .filter(|&edge| {
                !cut.contains(&(edge as u32)) && case.ends[edge].iter().all(|end| !gone.contains(end))
            })
            .collect();
        // What goes out of a side that has all roots: unlimited edges must not.
        let through = |side: &BTreeSet<u32>| -> Option<u64> {
            let mut sum = 0;
            for &edge in &edges {
                let [a, b] = case.ends[edge];
                if side.contains(&a) != side.contains(&b) {
                    sum += case.capacities[edge]?;
                }
            }
            let asks = |vertices: &[u32]| {
                vertices.iter().any(|vertex| side.contains(vertex) && !gone.contains(vertex))
            };
            Some(
                sum + case
                    .demands
                    .iter()
                    .filter(|(vertices, _)| asks(vertices))
                    .map(|(_, weight)| weight)
                    .sum::<u64>(),
            )
        };
        let roots: BTreeSet<u32> =
            case.roots.iter().flatten().copied().filter(|root| !gone.contains(root)).collect();
        let least = subsets(case.vertices)
            .filter(|side| roots.is_subset(side) && side.is_disjoint(&gone))
            .filter_map(|side| through(&side))
            .min();
        assert_eq!(Some(capacities.served), least);
        assert_eq!(capacities.by_demand.iter().sum::<u64>(), capacities.served);
        assert!(capacities.by_demand.iter().zip(&case.demands).all(|(served, (_, weight))| served <= weight));
        assert_eq!(capacities.asked, case.demands.iter().map(|(_, weight)| weight).sum::<u64>());
        // What is reached without the full edges is such a side.
        let mut without = cut.clone();
        without.extend(&capacities.full);
        let side: BTreeSet<u32> = case
            .parts(&gone, &without)
            .into_iter()
            .filter(|part| !part.is_disjoint(&roots))
            .flatten()
            .collect();
        assert_eq!(through(&side), Some(capacities.served), "full: {:?}", capacities.full);
    });
}

#[test]
fn two_paths_share_no_label_when_some_division_of_the_labels_connects_both_ways() {
    let (pairs, nones) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    each_case(2_500, 9, 8, |case, random| {
        let Some((from, to)) = two(case, random) else { return };
        let mut case = case.clone();
        case.on_vertices.retain(|(vertex, _)| *vertex != from && *vertex != to || random.chance(50));
        let graph = case.graph();
        let labels = case.labels(&graph);
        let found = label_disjoint_pair(&graph, &labels, from, to, 1_000_000).unwrap();
        let mut inner = case.clone();
        inner.on_vertices.retain(|(vertex, _)| *vertex != from && *vertex != to);
        let connected = |lost: &BTreeSet<u32>| {
            let (gone, cut) = inner.carrying(lost);
            connects(&inner.parts(&gone, &cut), from, &[to])
        };
        let all: BTreeSet<u32> = (0..case.labels).collect();
        let expected = subsets(case.labels).any(|side| connected(&side) && connected(&(&all - &side)));
        match found {
            Diversity::Apart => assert!(!connected(&BTreeSet::new())),
            Diversity::None => {
                assert!(connected(&BTreeSet::new()) && !expected);
                nones.set(nones.get() + 1);
            }
            Diversity::Pair(paths) => {
                assert!(expected);
                let on = |path: &Path| -> BTreeSet<u32> {
                    check(&case, path, from, &[to]);
                    let inner = path.vertices[1..path.vertices.len() - 1].iter();
                    let edges = path.edges.iter().flat_map(|&edge| labels.on_edge(edge));
                    inner.flat_map(|&vertex| labels.on_vertex(vertex)).chain(edges).copied().collect()
                };
                assert!(on(&paths[0]).is_disjoint(&on(&paths[1])), "{paths:?}");
                pairs.set(pairs.get() + 1);
            }
            Diversity::Undecided { .. } => panic!("so small a case is decided"),
        }
    });
    assert!(pairs.get() > 150 && nones.get() > 150, "{} pairs, {} proven absent", pairs.get(), nones.get());
}

#[test]
fn a_pair_that_is_not_decided_is_said_to_be_open() {
    // A ladder of labels in which no pair exists, with too few steps to prove it.
    let graph = Graph::new(6, vec![[0, 1], [0, 2], [1, 3], [2, 4], [3, 5], [4, 5]]).unwrap();
    let labels = Labels::new(&graph, 2, &[(1, 0), (3, 1), (2, 1), (4, 0)], &[]).unwrap();
    assert_eq!(label_disjoint_pair(&graph, &labels, 0, 5, 100).unwrap(), Diversity::None);
    let open = label_disjoint_pair(&graph, &labels, 0, 5, 0).unwrap();
    assert!(matches!(open, Diversity::None | Diversity::Undecided { .. }));
}

#[test]
fn the_least_sets_of_labels_say_whether_there_is_a_pair() {
    let (pairs, nones, open) = (std::cell::Cell::new(0), std::cell::Cell::new(0), std::cell::Cell::new(0));
    each_case(4_000, 10, 8, |case, random| {
        let some = |random: &mut Random| -> Vec<u32> {
            (0..1 + random.below(2)).map(|_| random.vertex(case.vertices)).collect()
        };
        let (from, to) = (some(random), some(random));
        if from.iter().any(|vertex| to.contains(vertex)) {
            return;
        }
        let graph = case.graph();
        let labels = case.labels(&graph);
        let (found, _) = label_disjoint_pair_between(&graph, &labels, &from, &to, 1_000_000).unwrap();
        let expected = match found {
            Diversity::Pair(_) => true,
            Diversity::None | Diversity::Apart => false,
            Diversity::Undecided { .. } => panic!("so small a case is decided"),
        };
        let contraction = Contraction::new(&graph, &labels, &to);
        let beside = contraction.beside(&from);
        let told = contraction.least(u64::MAX).unwrap().has_pair(&beside);
        assert_eq!(told, Some(expected), "{from:?} to {to:?}");
        let of = if expected { &pairs } else { &nones };
        of.set(of.get() + 1);
        // Few steps say as much or nothing.
        let few = contraction.least(random.below(20)).unwrap().has_pair(&beside);
        assert!(few.is_none() || few == told, "{few:?}, and {told:?}");
        open.set(open.get() + u32::from(few.is_none()));
    });
    let counts = [pairs.get(), nones.get(), open.get()];
    assert!(counts[0] > 500 && counts[1] > 500 && counts[2] > 100, "{counts:?}");
}
