//! What `benches/structure` asks petgraph and rustworkx-core: the same questions as igraph, over the same file, with times
//! of the processor, as JSON: by question, the median of the seconds and what was found.
//!
//!   graph-peers petgraph|rustworkx-core FILE RUNS
//!
//! Each has its own graph made before anything is measured. What a library lacks is put together from what it has, in the way
//! that costs it least: petgraph drops a label with its union-find over the edges that remain, and finds vertex-disjoint paths
//! with Dinic over the graph in which each vertex is two; rustworkx-core drops a label by a filter before its components. Neither
//! has what the other lacks: petgraph no biconnected components, rustworkx-core no flow.

use petgraph::graph::{DiGraph, NodeIndex, UnGraph};
use petgraph::unionfind::UnionFind;
use serde_json::{Map, Value, json};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, file, runs] = arguments.as_slice() else {
        return Err("graph-peers petgraph|rustworkx-core FILE RUNS".into());
    };
    let network = Network::read(file)?;
    let mut figures = Figures { runs: runs.parse()?, found: Map::new() };
    match library.as_str() {
        "petgraph" => petgraph(&network, &mut figures)?,
        "rustworkx-core" => rustworkx(&network, &mut figures)?,
        _ => return Err(format!("{library}: petgraph or rustworkx-core").into()),
    }
    println!("{}", Value::Object(figures.found));
    Ok(())
}

struct Network {
    vertices: usize,
    edges: Vec<(u32, u32)>,
    labels: usize,
    /// By label, whether each vertex has it.
    gone: Vec<Vec<bool>>,
    roots: Vec<usize>,
    weights: Vec<u64>,
    paths: Vec<(usize, usize)>,
}

impl Network {
    fn read(file: &str) -> Result<Self, Box<dyn Error>> {
        let value: Value = serde_json::from_slice(&std::fs::read(file)?)?;
        let number = |value: &Value| value.as_u64().ok_or("no number");
        let pairs = |name: &str| -> Result<Vec<(u64, u64)>, Box<dyn Error>> {
            let list = value[name].as_array().ok_or("no list")?;
            list.iter().map(|pair| Ok((number(&pair[0])?, number(&pair[1])?))).collect()
        };
        let numbers = |name: &str| -> Result<Vec<u64>, Box<dyn Error>> {
            let list = value[name].as_array().ok_or("no list")?;
            list.iter().map(|one| Ok(number(one)?)).collect()
        };
        let vertices = number(&value["vertices"])? as usize;
        let labels = number(&value["labels"])? as usize;
        let mut gone = vec![vec![false; vertices]; labels];
        for (vertex, label) in pairs("on_vertices")? {
            gone[label as usize][vertex as usize] = true;
        }
        Ok(Self {
            vertices,
            edges: pairs("edges")?.into_iter().map(|(a, b)| (a as u32, b as u32)).collect(),
            labels,
            gone,
            roots: numbers("roots")?.into_iter().map(|root| root as usize).collect(),
            weights: numbers("weights")?,
            paths: pairs("paths")?.into_iter().map(|(a, b)| (a as usize, b as usize)).collect(),
        })
    }

    fn graph(&self) -> UnGraph<(), ()> {
        let mut graph = UnGraph::with_capacity(self.vertices, self.edges.len());
        (0..self.vertices).for_each(|_| {
            graph.add_node(());
        });
        graph.extend_with_edges(self.edges.iter().copied());
        graph
    }

    fn total(&self) -> u64 {
        self.weights.iter().sum()
    }
}

struct Figures {
    runs: usize,
    found: Map<String, Value>,
}

/// Seconds that this thread has had the processor.
fn processor() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().ok_or("no schedstat")?.parse::<f64>()? / 1e9)
}

impl Figures {
    /// Each run is as many as take a tenth of a second, as in the example of crates/network.
    fn put<T: Into<Value>>(&mut self, what: &str, mut run: impl FnMut() -> T) -> Result<(), Box<dyn Error>> {
        let mut times = Vec::new();
        let mut found = Value::Null;
        for _ in 0..self.runs.max(1) {
            let (start, before, mut count) = (Instant::now(), processor()?, 0.0);
            while count == 0.0 || start.elapsed().as_secs_f64() < 0.1 {
                found = run().into();
                count += 1.0;
            }
            times.push((processor()? - before) / count);
        }
        times.sort_by(f64::total_cmp);
        self.found.insert(what.to_owned(), json!([times[times.len() / 2], found]));
        Ok(())
    }
}

fn petgraph(network: &Network, figures: &mut Figures) -> Result<(), Box<dyn Error>> {
    use petgraph::algo;
    let graph = network.graph();
    figures.put("components", || algo::connected_components(&graph))?;
    figures.put("articulation points", || algo::articulation_points::articulation_points(&graph).len())?;
    figures.put("bridges", || algo::bridges::bridges(&graph).count())?;
    figures.put("drop each label", || {
        let each = (0..network.labels).map(|label| {
            let gone = &network.gone[label];
            let mut union = UnionFind::<u32>::new(network.vertices);
            for edge in graph.raw_edges() {
                let (a, b) = (edge.source().index(), edge.target().index());
                if !gone[a] && !gone[b] {
                    union.union(a as u32, b as u32);
                }
            }
            let mut rooted = vec![false; network.vertices];
            for &root in network.roots.iter().filter(|&&root| !gone[root]) {
                rooted[union.find_mut(root as u32) as usize] = true;
            }
            let kept: u64 = (0..network.vertices)
                .filter(|&vertex| !gone[vertex] && rooted[union.find_mut(vertex as u32) as usize])
                .map(|vertex| network.weights[vertex])
                .sum();
            network.total() - kept
        });
        each.collect::<Vec<u64>>()
    })?;
    // Vertex v is entered at 2v and left at 2v + 1.
    let mut split: DiGraph<(), u32> = DiGraph::with_capacity(network.vertices * 2, network.edges.len() * 2);
    (0..network.vertices * 2).for_each(|_| {
        split.add_node(());
    });
    split.extend_with_edges((0..network.vertices as u32).map(|vertex| (vertex * 2, vertex * 2 + 1, 1)));
    split.extend_with_edges(
        network.edges.iter().flat_map(|&(a, b)| [(a * 2 + 1, b * 2, 1), (b * 2 + 1, a * 2, 1)]),
    );
    figures.put("vertex-disjoint paths", || {
        let each = network.paths.iter().map(|&(from, to)| {
            algo::dinics(&split, NodeIndex::new(from * 2 + 1), NodeIndex::new(to * 2)).0
        });
        each.collect::<Vec<u32>>()
    })
}

fn rustworkx(network: &Network, figures: &mut Figures) -> Result<(), Box<dyn Error>> {
    use rustworkx_core::connectivity;
    let graph = network.graph();
    figures.put("components", || connectivity::number_connected_components(&graph))?;
    figures.put("articulation points", || connectivity::articulation_points(&graph, None).len())?;
    figures.put("bridges", || connectivity::bridges(&graph).len())?;
    figures.put("biconnected components", || {
        let mut components = hashbrown::HashMap::new();
        connectivity::articulation_points(&graph, Some(&mut components));
        components.into_values().max().map_or(0, |most| most + 1)
    })?;
    figures.put("drop each label", || {
        let each = (0..network.labels).map(|label| {
            let gone = &network.gone[label];
            let kept = graph.filter_map(
                |vertex, ()| (!gone[vertex.index()]).then_some(vertex.index()),
                |_, ()| Some(()),
            );
            let mut rooted = vec![false; network.vertices];
            network.roots.iter().for_each(|&root| rooted[root] = true);
            let served: u64 = connectivity::connected_components(&kept)
                .iter()
                .filter(|part| part.iter().any(|&vertex| rooted[kept[vertex]]))
                .flat_map(|part| part.iter().map(|&vertex| network.weights[kept[vertex]]))
                .sum();
            network.total() - served
        });
        each.collect::<Vec<u64>>()
    })
}
