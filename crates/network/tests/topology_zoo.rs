//! All graphs of the Internet Topology Zoo, when they stand beside the checkout, against networkx' counts.

use banbury_network::{Input, Severity, import};
use serde_json::Value;
use std::path::Path;

#[test]
fn every_graph_is_read_and_agrees_with_networkx() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let oracle = std::fs::read_to_string(root.join("corpus/network/topology-zoo.json")).unwrap();
    let oracle: Value = serde_json::from_str(&oracle).unwrap();
    let oracle = oracle.as_object().unwrap();
    assert_eq!(oracle.len(), 230);
    let zoo = root.join("../shared/data/topology-zoo");
    let mut read = 0;
    for (name, counts) in oracle {
        let Ok(bytes) = std::fs::read(zoo.join(format!("{name}.graphml"))) else { continue };
        let file = format!("{name}.graphml");
        let (model, diagnostics) = import(&[Input { name: file, bytes: &bytes }]);
        let errors: Vec<_> =
            diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let points =
            |kind: &str| model.single_points.iter().filter(|point| point.kind == kind).count() as u64;
        let count = |key: &str| counts[key].as_u64().unwrap();
        assert_eq!(model.devices.len() as u64, count("nodes"), "{name}: nodes");
        assert_eq!(model.links.len() as u64, count("edges"), "{name}: edges");
        assert_eq!(points("device"), count("articulation_points"), "{name}: articulation points");
        assert_eq!(points("link"), count("bridges"), "{name}: bridges");
        assert!(
            model.tables[0].attribution.as_deref().is_some_and(|text| text.contains("CC BY 4.0")),
            "{name}"
        );
        read += 1;
    }
    let there = zoo.is_dir();
    assert_eq!(read, if there { 230 } else { 0 });
    println!("{read} graphs compared");
}
