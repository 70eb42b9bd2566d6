//! What `scripts/graph-oracle` holds against igraph and networkx: graphs on stdin, a JSON object a line, and what our
//! algorithms say of each on stdout, a line each.
//!
//! In: `vertices`, `edges` (pairs of vertices), `capacities` (one for each edge), `pairs` (vertices between which paths, flows
//! and cuts are asked for). Out: `parts` by vertex, `articulation_points`, `bridges`, `biconnected` by edge, and for each pair the
//! vertices of paths without a common vertex, the edges of paths without a common edge, the greatest `flow`, and the smallest
//! `cut` of vertices, which is null for neighbours. `GRAPHML FILE...` instead reads networks with our own reader and writes each
//! as such a graph, with its name.

#![allow(clippy::print_stdout, reason = "its answers are its output")]

use banbury_network::graph::{
    Apart, Graph, Labels, Lost, Service, Skeleton, components, disjoint_paths, fewest_labels,
    served_by_capacity,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::error::Error;
use std::io::BufRead as _;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        None => {
            for line in std::io::stdin().lock().lines() {
                println!("{}", answer(&serde_json::from_str(&line?)?)?);
            }
        }
        Some((word, files)) if word == "GRAPHML" => {
            for file in files {
                println!("{}", read(file)?);
            }
        }
        Some((word, _)) => return Err(format!("{word}: graph_answers [GRAPHML FILE...]").into()),
    }
    Ok(())
}

#[derive(Deserialize)]
struct Asked {
    vertices: usize,
    edges: Vec<[u32; 2]>,
    capacities: Vec<u64>,
    pairs: Vec<[u32; 2]>,
}

/// More than all capacities together.
const ALL: u64 = 1 << 40;

/// Steps after which a search for a cut is given up; it then fails, since none is proven.
const STEPS: u64 = 10_000_000;

fn answer(asked: &Asked) -> Result<Value, Box<dyn Error>> {
    let graph = Graph::new(asked.vertices, asked.edges.clone())?
        .with_capacities(asked.capacities.iter().map(|&capacity| Some(capacity)).collect())?;
    let (parts, _) = components(&graph);
    let skeleton = Skeleton::new(&graph);
    let pairs: Vec<Value> =
        asked.pairs.iter().map(|&[from, to]| between(&graph, from, to)).collect::<Result<_, _>>()?;
    Ok(json!({
        "parts": parts,
        "articulation_points": skeleton.articulation_points,
        "bridges": skeleton.bridges,
        "biconnected": skeleton.component_of,
        "pairs": pairs,
    }))
}

fn between(graph: &Graph, from: u32, to: u32) -> Result<Value, Box<dyn Error>> {
    let by_vertex = disjoint_paths(graph, from, to, Apart::Vertices, usize::MAX)?;
    let by_edge = disjoint_paths(graph, from, to, Apart::Edges, usize::MAX)?;
    let ends: Vec<([u32; 1], u64)> = vec![([to], ALL)];
    let demands = || ends.iter().map(|(vertices, weight)| (vertices.as_slice(), *weight));
    let service = Service::new(graph, Some(&[from]), demands())?;
    let flow = served_by_capacity(graph, &service, &Lost::default())?.served;
    // A label of its own on every vertex but the ends: the fewest labels are the smallest cut.
    let own: Vec<Option<u32>> =
        (0..graph.vertices()).map(|vertex| (vertex != from && vertex != to).then_some(vertex)).collect();
    let labels = Labels::of_vertices(graph, own.len(), &own)?;
    let cut = match fewest_labels(graph, &labels, &service, ALL, STEPS)? {
        Some(cut) if !cut.is_proven() => return Err("a smallest cut was not proven".into()),
        // Where they are not connected nothing is served, and so nothing can be lost.
        None if by_vertex.is_empty() => Some(Vec::new()),
        found => found.map(|cut| cut.labels),
    };
    Ok(json!({
        "vertex_paths": by_vertex.iter().map(|path| &path.vertices).collect::<Vec<_>>(),
        "edge_paths": by_edge.iter().map(|path| &path.edges).collect::<Vec<_>>(),
        "flow": flow,
        "cut": cut,
    }))
}

/// A network as its graph: devices in the order of the file.
fn read(file: &str) -> Result<Value, Box<dyn Error>> {
    let bytes = std::fs::read(file)?;
    let (model, _) =
        banbury_network::import(&[banbury_network::Input { name: file.to_owned(), bytes: &bytes }]);
    let number: HashMap<&str, usize> =
        model.devices.iter().enumerate().map(|(at, device)| (device.name.as_str(), at)).collect();
    let edges: Vec<[usize; 2]> = model
        .links
        .iter()
        .map(|link| match (number.get(link.a_device.as_str()), number.get(link.b_device.as_str())) {
            (Some(&a), Some(&b)) => Ok([a, b]),
            _ => Err(format!("{file}: the link {} has an end that is no device", link.name)),
        })
        .collect::<Result<_, _>>()?;
    Ok(json!({ "name": file, "vertices": model.devices.len(), "edges": edges }))
}
