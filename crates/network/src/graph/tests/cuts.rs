//! The fewest labels, against all sets of labels.

use super::*;

#[test]
fn no_smaller_set_of_labels_costs_as_much() {
    let (cuts, nones) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    each_case(2_000, 12, 9, |case, random| {
        let mut case = case.clone();
        case.roots.get_or_insert(vec![0]);
        let graph = case.graph();
        let (labels, service) = (case.labels(&graph), case.service(&graph));
        let total: u64 = {
            let served = case.served(&BTreeSet::new(), &BTreeSet::new());
            let is_served = |vertices: &[u32]| vertices.iter().any(|vertex| served.contains(vertex));
            case.demands.iter().filter(|(vertices, _)| is_served(vertices)).map(|(_, weight)| weight).sum()
        };
        let weight = random.below(total + 2);
        let found = fewest_labels(&graph, &labels, &service, weight, u64::MAX).unwrap();
        let fewest = (0..1u32 << case.labels)
            .map(|bits| (0..case.labels).filter(|bit| bits >> bit & 1 == 1).collect::<BTreeSet<u32>>())
            .filter(|lost| case.label_loss(lost).weight >= weight)
            .map(|lost| lost.len())
            .min();
        assert_eq!(found.as_ref().map(|cut| cut.labels.len()), fewest, "to lose {weight} of {total}");
        if let Some(cut) = found {
            assert!(cut.is_proven());
            assert_eq!(cut.loss, case.label_loss(&cut.labels.iter().copied().collect()));
            assert!(cut.loss.weight >= weight);
            cuts.set(cuts.get() + 1);
        } else {
            nones.set(nones.get() + 1);
        }
    });
    assert!(cuts.get() > 250 && nones.get() > 60, "{} cuts, {} proven absent", cuts.get(), nones.get());
}

/// Sites, each with ways of its own to the root; a way is one vertex with up to three labels. Many labels are needed.
#[test]
fn many_labels_are_needed_where_every_site_has_several_ways() {
    let mut most = 0;
    for seed in 0..1_500 {
        let mut random = Random(seed);
        let labels = 6 + random.below(7) as u32;
        let (mut ends, mut on, mut demands) = (Vec::new(), Vec::new(), Vec::new());
        let mut vertices = 1;
        for _ in 0..2 + random.below(9) {
            let site = vertices;
            vertices += 1;
            let mut ways = Vec::new();
            for _ in 0..1 + random.below(3) {
                let way: BTreeSet<u32> = (0..1 + random.below(3)).map(|_| random.vertex(labels)).collect();
                ends.extend([[0, vertices], [vertices, site]]);
                on.extend(way.iter().map(|&label| (vertices, label)));
                ways.push(way.iter().fold(0u32, |mask, label| mask | 1 << label));
                vertices += 1;
            }
            demands.push((site, random.below(5), ways));
        }
        let total: u64 = demands.iter().map(|demand| demand.1).sum();
        let weight = if random.chance(50) { total } else { random.below(total + 1) };
        let graph = Graph::new(vertices as usize, ends).unwrap();
        let labels_on = Labels::new(&graph, labels as usize, &on, &[]).unwrap();
        let asked = demands.iter().map(|(site, weight, _)| (std::slice::from_ref(site), *weight));
        let service = Service::new(&graph, Some(&[0]), asked).unwrap();
        let cut = fewest_labels(&graph, &labels_on, &service, weight, u64::MAX).unwrap().unwrap();
        let lost = |mask: u32| -> u64 {
            let is_lost = |ways: &[u32]| ways.iter().all(|way| way & mask != 0);
            demands.iter().filter(|(_, _, ways)| is_lost(ways)).map(|(_, weight, _)| weight).sum()
        };
        let fewest = (0..1u32 << labels).filter(|&mask| lost(mask) >= weight).map(u32::count_ones).min();
        assert_eq!(Some(cut.labels.len() as u32), fewest, "seed {seed}: {weight} of {total}, {demands:?}");
        assert!(cut.is_proven(), "seed {seed}");
        assert_eq!(cut.loss.weight, lost(cut.labels.iter().fold(0, |mask, label| mask | 1 << label)));
        most = most.max(cut.labels.len());
    }
    assert!(most > 5, "{most}");
}

/// A grid in which each vertex has one of `labels`, from its left side to its right one.
fn grid(side: u32, labels: u32, seed: u64) -> (Graph, Labels, Service) {
    let mut random = Random(seed);
    let mut ends = Vec::new();
    for vertex in 0..side * side {
        if vertex % side + 1 < side {
            ends.push([vertex, vertex + 1]);
        }
        if vertex + side < side * side {
            ends.push([vertex, vertex + side]);
        }
    }
    let graph = Graph::new((side * side) as usize, ends).unwrap();
    let on: Vec<Option<u32>> = (0..side * side).map(|_| Some(random.vertex(labels))).collect();
    let left: Vec<u32> = (0..side).map(|row| row * side).collect();
    let right: Vec<u32> = (0..side).map(|row| row * side + side - 1).collect();
    let labels = Labels::of_vertices(&graph, labels as usize, &on).unwrap();
    let service = Service::new(&graph, Some(&left), [(right.as_slice(), 1)]).unwrap();
    (graph, labels, service)
}

#[test]
fn a_search_that_is_stopped_says_how_far_it_came() {
    let (graph, labels, service) = grid(12, 14, 3);
    let whole = fewest_labels(&graph, &labels, &service, 1, u64::MAX).unwrap().unwrap();
    assert!(whole.is_proven());
    let mut proven = 0;
    for steps in [0, 50, 200, 1_000, 5_000] {
        let cut = fewest_labels(&graph, &labels, &service, 1, steps).unwrap().unwrap();
        assert!(cut.bound <= whole.labels.len() && cut.labels.len() >= whole.labels.len(), "{cut:?}");
        assert_eq!(cut.loss.weight, 1);
        proven += usize::from(cut.is_proven());
    }
    assert!(proven < 5, "{whole:?}");
}

#[test]
fn the_same_question_has_the_same_answer() {
    let (graph, labels, service) = grid(10, 12, 8);
    let first = fewest_labels(&graph, &labels, &service, 1, u64::MAX).unwrap();
    assert_eq!(fewest_labels(&graph, &labels, &service, 1, u64::MAX).unwrap(), first);
    assert!(first.unwrap().labels.len() > 2);
}
