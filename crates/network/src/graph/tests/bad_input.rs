//! What is no network, and networks of which nothing is left: an answer or an error, never a panic.

use super::*;

fn weights(graph: &Graph, roots: Option<&[u32]>) -> Service {
    Service::of_weights(graph, roots, &vec![1; graph.vertices() as usize]).unwrap()
}

#[test]
fn what_does_not_exist_is_named() {
    assert_eq!(
        Graph::new(2, vec![[0, 2]]).unwrap_err(),
        Error::NoVertex { place: "an edge", vertex: 2, vertices: 2 }
    );
    assert_eq!(Graph::new(usize::MAX, Vec::new()).unwrap_err(), Error::TooMany("vertices"));
    let graph = Graph::new(3, vec![[0, 1], [1, 2]]).unwrap();
    assert!(matches!(
        graph.clone().with_capacities(vec![None]),
        Err(Error::Length { found: 1, wanted: 2, .. })
    ));
    assert!(matches!(Labels::new(&graph, 1, &[(3, 0)], &[]), Err(Error::NoVertex { vertex: 3, .. })));
    assert!(matches!(Labels::new(&graph, 1, &[], &[(2, 0)]), Err(Error::NoEdge { edge: 2, .. })));
    assert!(matches!(Labels::new(&graph, 1, &[(0, 1)], &[]), Err(Error::NoLabel { label: 1, .. })));
    assert!(matches!(Labels::of_vertices(&graph, 1, &[]), Err(Error::Length { .. })));
    assert!(matches!(Service::new(&graph, Some(&[7]), []), Err(Error::NoVertex { place: "a root", .. })));
    assert!(matches!(
        Service::new(&graph, None, [([9].as_slice(), 1)]),
        Err(Error::NoVertex { place: "a demand", .. })
    ));
    assert!(matches!(Service::of_weights(&graph, None, &[1, 2]), Err(Error::Length { .. })));
    let heavy = [([0].as_slice(), u64::MAX / 2), (&[1], u64::MAX / 2)];
    assert_eq!(Service::new(&graph, None, heavy).unwrap_err(), Error::TooHeavy);
    let service = weights(&graph, Some(&[0]));
    let labels = Labels::new(&graph, 1, &[], &[]).unwrap();
    assert!(matches!(label_loss(&graph, &labels, &service, &[1]), Err(Error::NoLabel { .. })));
    let lost = Lost { edges: &[2], ..Lost::default() };
    assert!(matches!(outage(&graph, &service, &lost), Err(Error::NoEdge { .. })));
    assert!(matches!(served_by_capacity(&graph, &service, &lost), Err(Error::NoEdge { .. })));
    let lost = Lost { labels: Some((&labels, &[4])), ..Lost::default() };
    assert!(matches!(outage(&graph, &service, &lost), Err(Error::NoLabel { .. })));
    assert_eq!(disjoint_paths(&graph, 1, 1, Apart::Edges, 2).unwrap_err(), Error::SameEnds(1));
    assert_eq!(disjoint_paths_to_any(&graph, 1, &[0, 1], Apart::Edges, 2).unwrap_err(), Error::SameEnds(1));
    assert!(matches!(disjoint_paths(&graph, 1, 3, Apart::Edges, 2), Err(Error::NoVertex { .. })));
    assert_eq!(label_disjoint_pair(&graph, &labels, 2, 2, 9).unwrap_err(), Error::SameEnds(2));
}

#[test]
fn what_was_made_for_another_graph_is_refused() {
    let (small, large) = (Graph::new(2, vec![[0, 1]]).unwrap(), Graph::new(3, vec![[0, 1]]).unwrap());
    let (labels, service) = (Labels::new(&small, 1, &[(0, 0)], &[]).unwrap(), weights(&small, Some(&[0])));
    let own = Labels::new(&large, 1, &[], &[]).unwrap();
    assert_eq!(each_label(&large, &labels, &weights(&large, None)).unwrap_err(), Error::OtherGraph("labels"));
    let refused = Error::OtherGraph("demands and roots");
    assert_eq!(each_label(&large, &own, &service).unwrap_err(), refused);
    assert_eq!(single_points(&large, &service).unwrap_err(), refused);
    assert_eq!(outage(&large, &service, &Lost::default()).unwrap_err(), refused);
    assert_eq!(fewest_labels(&large, &own, &service, 1, 9).unwrap_err(), refused);
    assert_eq!(label_disjoint_pair(&large, &labels, 0, 1, 9).unwrap_err(), Error::OtherGraph("labels"));
}

#[test]
fn searches_from_roots_need_some() {
    let graph = Graph::new(2, vec![[0, 1]]).unwrap();
    let labels = Labels::new(&graph, 1, &[(0, 0)], &[]).unwrap();
    let service = weights(&graph, None);
    assert_eq!(fewest_labels(&graph, &labels, &service, 1, 9).unwrap_err(), Error::NoRoots);
    assert_eq!(served_by_capacity(&graph, &service, &Lost::default()).unwrap_err(), Error::NoRoots);
}

#[test]
fn a_table_too_large_is_refused_before_it_is_made() {
    let graph = Graph::new(1, Vec::new()).unwrap();
    let labels = Labels::new(&graph, 9_000, &[(0, 8_999)], &[]).unwrap();
    assert_eq!(all_pairs(&graph, &labels, &weights(&graph, None)).unwrap_err(), Error::TableTooLarge(9_000));
}

#[test]
fn networks_of_which_there_is_nothing() {
    for vertices in [0, 1, 3] {
        let graph = Graph::new(vertices, Vec::new()).unwrap();
        assert_eq!(components(&graph).1 as usize, vertices);
        assert_eq!(Skeleton::new(&graph), Skeleton { parts: vertices as u32, ..Skeleton::default() });
        let labels = Labels::new(&graph, 0, &[], &[]).unwrap();
        for roots in [None, Some([].as_slice())] {
            let service = weights(&graph, roots);
            assert_eq!(single_points(&graph, &service).unwrap(), Points::default());
            assert_eq!(each_label(&graph, &labels, &service).unwrap(), []);
            assert_eq!(all_pairs(&graph, &labels, &service).unwrap().pairs().count(), 0);
            assert_eq!(outage(&graph, &service, &Lost::default()).unwrap().loss, Loss::default());
        }
        let service = weights(&graph, Some(&[]));
        assert_eq!(fewest_labels(&graph, &labels, &service, 1, 99).unwrap(), None);
        assert_eq!(
            fewest_labels(&graph, &labels, &service, 0, 99).unwrap().unwrap().labels,
            Vec::<u32>::new()
        );
        assert_eq!(served_by_capacity(&graph, &service, &Lost::default()).unwrap().served, 0);
    }
}

#[test]
fn loops_parallel_edges_and_a_label_on_everything() {
    let graph = Graph::new(3, vec![[0, 0], [0, 1], [1, 0], [1, 2], [2, 2]]).unwrap();
    let graph = graph.with_capacities(vec![Some(9), Some(0), Some(4), None, Some(0)]).unwrap();
    let skeleton = Skeleton::new(&graph);
    assert_eq!((skeleton.articulation_points, skeleton.bridges), (vec![1], vec![3]));
    assert_eq!(skeleton.component_of, [None, Some(0), Some(0), Some(1), None]);
    let labels = Labels::new(&graph, 2, &[(0, 0), (1, 0), (2, 0), (1, 0)], &[(1, 1), (2, 1)]).unwrap();
    let service = Service::new(&graph, Some(&[0, 0]), [([2, 2].as_slice(), 7), (&[1], 2), (&[], 5)]).unwrap();
    let losses = each_label(&graph, &labels, &service).unwrap();
    assert_eq!(losses, [Loss { vertices: 0, weight: 9 }, Loss { vertices: 2, weight: 9 }]);
    assert_eq!(fewest_labels(&graph, &labels, &service, 9, 99).unwrap().unwrap().labels.len(), 1);
    assert_eq!(fewest_labels(&graph, &labels, &service, 10, 99).unwrap(), None);
    let capacities = served_by_capacity(&graph, &service, &Lost::default()).unwrap();
    assert_eq!((capacities.asked, capacities.served, capacities.full), (14, 4, vec![1, 2]));
    assert_eq!(disjoint_paths(&graph, 0, 1, Apart::Vertices, 9).unwrap().len(), 2);
    assert_eq!(disjoint_paths(&graph, 0, 1, Apart::Vertices, 0).unwrap().len(), 0);
    assert_eq!(disjoint_paths(&graph, 0, 2, Apart::Vertices, 9).unwrap().len(), 1);
    assert_eq!(label_disjoint_pair(&graph, &labels, 0, 2, 99).unwrap(), Diversity::None);
    assert_eq!(service.demand(2), Some(([].as_slice(), 5)));
    assert_eq!((service.demand(3), service.demands()), (None, 3));
}
