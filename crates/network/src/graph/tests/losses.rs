//! What is lost with vertices, edges, labels and pairs of labels.

use super::*;

#[test]
fn an_outage_is_what_the_definition_says() {
    each_case(3_000, 9, 4, |case, random| {
        let graph = case.graph();
        let (labels, service) = (case.labels(&graph), case.service(&graph));
        let some = |random: &mut Random, count: u32| -> Vec<u32> {
            (0..count).filter(|_| random.chance(25)).collect()
        };
        let vertices = some(random, case.vertices);
        let edges = some(random, case.ends.len() as u32);
        let lost = some(random, case.labels);
        let lost_by_label = random.chance(50).then_some((&labels, lost.as_slice()));
        let outage =
            outage(&graph, &service, &Lost { vertices: &vertices, edges: &edges, labels: lost_by_label })
                .unwrap();
        let carrying =
            lost_by_label.map(|(_, lost)| case.carrying(&lost.iter().copied().collect())).unwrap_or_default();
        let gone: BTreeSet<u32> = vertices.iter().chain(&carrying.0).copied().collect();
        let cut: BTreeSet<u32> = edges.iter().chain(&carrying.1).copied().collect();
        assert_eq!(outage.loss, case.loss(&gone, &cut));
        let after = case.served(&gone, &cut);
        assert_eq!(
            outage.served,
            (0..case.vertices).map(|vertex| after.contains(&vertex)).collect::<Vec<_>>()
        );
        let weight: u64 = outage.demands.iter().map(|&demand| case.demands[demand as usize].1).sum();
        assert_eq!(weight, outage.loss.weight);
        assert!(
            outage.demands.iter().all(|&demand| {
                case.demands[demand as usize].0.iter().all(|vertex| !after.contains(vertex))
            })
        );
    });
}

#[test]
fn every_label_and_every_pair_costs_what_the_definition_says() {
    each_case(2_500, 12, 9, |case, _| {
        let graph = case.graph();
        let (labels, service) = (case.labels(&graph), case.service(&graph));
        let each = each_label(&graph, &labels, &service).unwrap();
        let table = all_pairs(&graph, &labels, &service).unwrap();
        for a in 0..case.labels {
            assert_eq!(each[a as usize], case.label_loss(&[a].into()), "label {a}");
            for b in a..case.labels {
                let loss = case.label_loss(&[a, b].into());
                assert_eq!(table.get(a, b), Some(loss), "labels {a}, {b}");
                assert_eq!(table.get(b, a), Some(loss));
                assert_eq!(label_loss(&graph, &labels, &service, &[b, a]).unwrap(), loss);
            }
        }
        assert_eq!(table.pairs().count() as u32, case.labels * case.labels.saturating_sub(1) / 2);
        assert_eq!(table.get(0, case.labels), None);
        let mut seen = BTreeSet::new();
        each_pair(&graph, &labels, &service, |a, b, _| assert!(a <= b && seen.insert((a, b)))).unwrap();
        assert_eq!(seen.len() as u32, case.labels * (case.labels + 1) / 2);
    });
}

#[test]
fn many_labels_cost_the_same_by_bits_and_by_halves() {
    each_case(400, 150, 140, |case, random| {
        let graph = case.graph();
        // As many labels as three rounds of bits take, most of them on something.
        let on: Vec<(u32, u32)> =
            (0..200).map(|_| (random.vertex(case.vertices), random.below(140) as u32)).collect();
        let labels = Labels::new(&graph, 140, &on, &case.on_edges).unwrap();
        let roots: Vec<u32> = (0..1 + random.below(3)).map(|_| random.vertex(case.vertices)).collect();
        let demands = case.demands.iter().map(|(vertices, weight)| (vertices.as_slice(), *weight));
        let service = Service::new(&graph, Some(&roots), demands).unwrap();
        let each = each_label(&graph, &labels, &service).unwrap();
        assert_eq!(each, super::super::pairs::each_by_halves(&graph, &labels, &service));
        for label in [0, 62, 63, 125, 126, 139] {
            assert_eq!(each[label as usize], label_loss(&graph, &labels, &service, &[label]).unwrap());
        }
    });
}
