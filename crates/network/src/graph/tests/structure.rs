//! Parts, articulation points, bridges, biconnected components; what single points cost.

use super::*;

#[test]
fn parts_points_bridges_and_components_are_those_of_the_definitions() {
    each_case(3_000, 9, 0, |case, _| {
        let graph = case.graph();
        let none = BTreeSet::new();
        let parts = case.parts(&none, &none);
        let (of, count) = components(&graph);
        assert_eq!(count as usize, parts.len());
        for (number, part) in parts.iter().enumerate() {
            assert!(part.iter().all(|&vertex| of[vertex as usize] as usize == number));
        }
        let skeleton = Skeleton::new(&graph);
        assert_eq!(skeleton.parts as usize, parts.len());
        let points: Vec<u32> = (0..case.vertices)
            .filter(|&vertex| {
                let alone = parts.iter().any(|part| part.len() == 1 && part.contains(&vertex));
                case.parts(&[vertex].into(), &none).len() + usize::from(alone) > parts.len()
            })
            .collect();
        assert_eq!(skeleton.articulation_points, points);
        let bridges: Vec<u32> = (0..case.ends.len() as u32)
            .filter(|&edge| case.parts(&none, &[edge].into()).len() > parts.len())
            .collect();
        assert_eq!(skeleton.bridges, bridges);
        assert_eq!(super::bridges(&graph), bridges);
        assert_eq!(skeleton.component_of, biconnected(case));
        let count = skeleton.component_of.iter().flatten().max().map_or(0, |&most| most + 1);
        assert_eq!(skeleton.components, count);
    });
}

/// Two edges at a vertex are in one component when their other ends are connected without it; so is what follows from that.
fn biconnected(case: &Case) -> Vec<Option<u32>> {
    let mut of: Vec<usize> = (0..case.ends.len()).collect();
    let loops = |edge: usize| case.ends[edge][0] == case.ends[edge][1];
    for vertex in 0..case.vertices {
        let parts = case.parts(&[vertex].into(), &BTreeSet::new());
        let part = |end: u32| parts.iter().position(|part| part.contains(&end));
        let other = |edge: usize| {
            let [a, b] = case.ends[edge];
            if a == vertex { Some(b) } else { (b == vertex).then_some(a) }
        };
        for first in (0..of.len()).filter(|&edge| !loops(edge)) {
            for second in (0..first).filter(|&edge| !loops(edge)) {
                if let (Some(a), Some(b)) = (other(first), other(second))
                    && part(a) == part(b)
                {
                    let (from, to) = (of[first], of[second]);
                    of.iter_mut().filter(|number| **number == from).for_each(|number| *number = to);
                }
            }
        }
    }
    let mut numbers = Vec::new();
    let mut number = |edge: usize| {
        numbers.iter().position(|&known| known == of[edge]).unwrap_or_else(|| {
            numbers.push(of[edge]);
            numbers.len() - 1
        }) as u32
    };
    (0..of.len()).map(|edge| (!loops(edge)).then(|| number(edge))).collect()
}

#[test]
fn single_points_cost_what_is_lost_when_each_is_taken_away() {
    each_case(3_000, 9, 0, |case, _| {
        let graph = case.graph();
        let points = single_points(&graph, &case.service(&graph)).unwrap();
        // Without roots, a demand in several parts is lost by no single point.
        let none = BTreeSet::new();
        let parts = case.parts(&none, &none);
        let mut case = case.clone();
        if case.roots.is_none() {
            case.demands.retain(|(vertices, _)| {
                parts.iter().any(|part| vertices.iter().all(|vertex| part.contains(vertex)))
            });
        }
        let vertices: Vec<(u32, Loss)> = (0..case.vertices)
            .map(|vertex| (vertex, case.loss(&[vertex].into(), &none)))
            .filter(|(_, loss)| loss.vertices > 0)
            .collect();
        let edges: Vec<(u32, Loss)> = (0..case.ends.len() as u32)
            .map(|edge| (edge, case.loss(&none, &[edge].into())))
            .filter(|(_, loss)| loss.vertices > 0)
            .collect();
        assert_eq!(points, Points { vertices, edges });
    });
}

#[test]
fn a_long_chain_needs_no_stack() {
    let vertices = 300_000u32;
    let graph = Graph::new(vertices as usize, (1..vertices).map(|end| [end - 1, end]).collect()).unwrap();
    let skeleton = Skeleton::new(&graph);
    assert_eq!(skeleton.articulation_points.len(), vertices as usize - 2);
    assert_eq!((skeleton.bridges.len() as u32, skeleton.components), (vertices - 1, vertices - 1));
    let ends = [0, vertices - 1];
    let service = Service::new(&graph, Some(&[0]), [(ends.as_slice(), 5), (&ends[1..], 3)]).unwrap();
    let points = single_points(&graph, &service).unwrap();
    assert_eq!(points.vertices[1], (1, Loss { vertices: u64::from(vertices) - 2, weight: 3 }));
    assert_eq!(points.vertices[0], (0, Loss { vertices: u64::from(vertices) - 1, weight: 8 }));
}

#[test]
fn concentration_of_equal_and_of_unequal_shares() {
    let equal = Concentration::of(&[5, 5, 0, 5, 5]).unwrap();
    assert_eq!((equal.holders, equal.hhi, equal.effective, equal.largest), (4, 0.25, 4.0, 0.25));
    assert!((equal.effective_by_entropy - 4.0).abs() < 1e-12);
    // 0.5² + 0.3² + 0.2²
    let three = Concentration::of(&[20, 50, 30]).unwrap();
    assert!((three.points() - 3_800.0).abs() < 1e-9);
    assert!((three.effective - 1.0 / 0.38).abs() < 1e-12);
    assert!(three.effective_by_entropy > three.effective && three.effective_by_entropy < 3.0);
    assert_eq!(Concentration::of(&[30, 20, 50]), Some(three));
    assert_eq!(Concentration::of(&[u64::MAX, u64::MAX]).unwrap().effective, 2.0);
    assert_eq!((Concentration::of(&[]), Concentration::of(&[0, 0])), (None, None));
}
