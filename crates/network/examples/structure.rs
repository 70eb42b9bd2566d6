//! What `benches/structure` runs: networks made from a seed, written for others to read, and what our own algorithms take.
//!
//!   structure write NETWORK FILE           the network as JSON: vertices, edges, labels, roots, weights, ends of paths
//!   structure measure NETWORK RUNS         each algorithm's median time and what it found, as JSON
//!   structure cut NETWORK RUNS [STEPS]     the fewest labels that cut all demands off, as JSON
//!   structure report SITES RUNS            the whole report (scenario::structure) of a made-up nation of so many sites, as JSON
//!   structure zoo FOLDER LABELS            the same as cut for each GraphML file of a folder, with so many random labels
//!
//! A network is `national-VERTICES`, or `grid-KIND-SIDE-LABELS` with a kind of `scattered`, `patches`, `ducts` or `sides`.

#![allow(clippy::print_stdout, reason = "its figures are its output")]
#![allow(clippy::indexing_slicing, reason = "a program that measures, over numbers of its own making")]

use banbury_network::graph::{
    Apart, Concentration, Graph, LabelCut, Labels, Service, Skeleton, all_pairs, bridges, components,
    disjoint_paths, each_label, fewest_labels, single_points,
};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["write", network, file] => std::fs::write(file, Network::named(network)?.json().to_string())?,
        ["measure", network, runs] => println!("{}", measure(&Network::named(network)?, runs.parse()?)?),
        ["cut", network, runs] => println!("{}", cut(&Network::named(network)?, runs.parse()?, u64::MAX)?),
        ["cut", network, runs, steps] => {
            println!("{}", cut(&Network::named(network)?, runs.parse()?, steps.parse()?)?)
        }
        ["report", sites, runs] => println!("{}", report(sites.parse()?, runs.parse()?)?),
        ["zoo", folder, labels] => zoo(folder, labels.parse()?)?,
        _ => {
            return Err(
                "structure write|measure|cut NETWORK FILE|RUNS [STEPS], structure report SITES RUNS, structure zoo FOLDER LABELS".into()
            );
        }
    }
    Ok(())
}

/// Pseudo-random numbers (SplitMix64), the same for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    fn below(&mut self, bound: usize) -> u32 {
        (self.next() % bound as u64) as u32
    }
}

/// A network as its numbers.
#[derive(Default)]
struct Network {
    vertices: usize,
    ends: Vec<[u32; 2]>,
    labels: usize,
    on_vertices: Vec<(u32, u32)>,
    on_edges: Vec<(u32, u32)>,
    roots: Vec<u32>,
    weights: Vec<u64>,
    /// Ends of the paths that are looked for.
    paths: Vec<[u32; 2]>,
}

impl Network {
    fn named(name: &str) -> Result<Self, Box<dyn Error>> {
        match name.split('-').collect::<Vec<_>>().as_slice() {
            ["national", vertices] => Ok(Self::national(vertices.parse()?)),
            ["grid", kind, side, labels] => Self::grid(kind, side.parse()?, labels.parse()?),
            _ => Err(format!("{name}: no such network").into()),
        }
    }

    /// The shape of a country's network: a meshed core, rings of aggregation between its routers, access in trees that
    /// hang from them, some with a second way up; nine edges more than vertices for each hundred vertices. Twelve vendors
    /// by region, and a tenth of the devices by another. No two edges have the same ends, and none is a loop: rustworkx answers
    /// for such graphs only.
    fn national(vertices: usize) -> Self {
        const VENDORS: usize = 12;
        let mut random = Random(1);
        let core = (vertices / 2_000).max(4);
        let rings = (vertices / 500).max(4);
        let mut network = Self { vertices, labels: VENDORS, ..Self::default() };
        let mut known = HashSet::new();
        let mut link = |ends: &mut Vec<[u32; 2]>, a: u32, b: u32| {
            let is_new = a != b && known.insert([a.min(b), a.max(b)]);
            if is_new {
                ends.push([a, b]);
            }
            is_new
        };
        for router in 0..core as u32 {
            link(&mut network.ends, router, (router + 1) % core as u32);
            link(&mut network.ends, router, random.below(core));
        }
        let mut made = core;
        for _ in 0..rings {
            let mut before = random.below(core);
            for _ in 0..10 {
                link(&mut network.ends, before, made as u32);
                before = made as u32;
                made += 1;
            }
            link(&mut network.ends, before, random.below(core));
        }
        let aggregation = made;
        while made < vertices {
            // From the rings, or further down; not far.
            let deep = random.below(3) == 0 && made > aggregation + 100;
            let up = if deep {
                made as u32 - 1 - random.below(100)
            } else {
                core as u32 + random.below(aggregation - core)
            };
            link(&mut network.ends, made as u32, up);
            made += 1;
        }
        while network.ends.len() < vertices + vertices * 9 / 100 {
            let access = aggregation as u32 + random.below(vertices - aggregation);
            link(&mut network.ends, access, core as u32 + random.below(aggregation - core));
        }
        let of_region: Vec<u32> = (0..64).map(|_| random.below(VENDORS)).collect();
        for vertex in 0..vertices {
            let other = random.below(10) == 0;
            let vendor = if other { random.below(VENDORS) } else { of_region[vertex * 64 / vertices] };
            network.on_vertices.push((vertex as u32, vendor));
            network.weights.push(if vertex < aggregation { 0 } else { u64::from(random.below(2_000)) });
        }
        network.roots = (0..core as u32).step_by(5).collect();
        network.paths = (0..10)
            .map(|_| [aggregation as u32 + random.below(vertices - aggregation), random.below(core)])
            .collect();
        network
    }

    /// A square grid, from one vertex to another, both without a label, 50 apart of 100 either way: `scattered` has a random
    /// label on each vertex, `ducts` on each edge; in `patches` vertices have the label of the nearest of four centres a
    /// label. `sides` is scattered, from its left side to its right one.
    fn grid(kind: &str, side: usize, labels: usize) -> Result<Self, Box<dyn Error>> {
        let mut random = Random(side as u64 * 1_000 + labels as u64);
        let vertices = side * side;
        let mut network = Self { vertices, labels, weights: vec![0; vertices], ..Self::default() };
        for vertex in 0..vertices {
            if vertex % side + 1 < side {
                network.ends.push([vertex as u32, vertex as u32 + 1]);
            }
            if vertex + side < vertices {
                network.ends.push([vertex as u32, (vertex + side) as u32]);
            }
        }
        let at = |row: usize, column: usize| (row * side + column) as u32;
        let (from, to) = (at(side / 4, side / 4), at(side * 3 / 4, side * 3 / 4));
        let inner = |vertex: u32| vertex != from && vertex != to;
        match kind {
            "scattered" | "sides" => {
                let on = (0..vertices as u32).map(|vertex| (vertex, random.below(labels)));
                network.on_vertices = on.filter(|&(vertex, _)| kind == "sides" || inner(vertex)).collect();
            }
            "ducts" => {
                network.on_edges =
                    (0..network.ends.len() as u32).map(|edge| (edge, random.below(labels))).collect()
            }
            "patches" => {
                let centres: Vec<(i64, i64)> = (0..labels * 4)
                    .map(|_| (i64::from(random.below(side)), i64::from(random.below(side))))
                    .collect();
                for vertex in (0..vertices as u32).filter(|&vertex| inner(vertex)) {
                    let place = (i64::from(vertex) / side as i64, i64::from(vertex) % side as i64);
                    let far = |centre: &(i64, i64)| (centre.0 - place.0).pow(2) + (centre.1 - place.1).pow(2);
                    let nearest = (0..centres.len()).min_by_key(|&centre| far(&centres[centre])).unwrap_or(0);
                    network.on_vertices.push((vertex, (nearest / 4) as u32));
                }
            }
            _ => return Err(format!("{kind}: no such kind of grid").into()),
        }
        if kind == "sides" {
            network.roots = (0..side).map(|row| at(row, 0)).collect();
            (0..side).for_each(|row| network.weights[at(row, side - 1) as usize] = 1);
        } else {
            network.roots = vec![from];
            network.weights[to as usize] = 1;
        }
        Ok(network)
    }

    fn json(&self) -> Value {
        json!({
            "vertices": self.vertices, "edges": self.ends, "labels": self.labels, "on_vertices": self.on_vertices,
            "on_edges": self.on_edges, "roots": self.roots, "weights": self.weights, "paths": self.paths,
        })
    }
}

/// Seconds that something takes, by the clock and by the processor: medians.
#[derive(Clone, Copy)]
struct Spent {
    wall: f64,
    processor: f64,
}

/// Nanoseconds that this thread has had the processor, which other processes do not add to.
fn processor() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().ok_or("no schedstat")?.parse::<f64>()? / 1e9)
}

/// The median of the times that something takes, and what it gives. Each run is as many as take a tenth of a second, since
/// the processor's time is counted in ticks.
fn timed<T>(
    runs: usize,
    mut what: impl FnMut() -> Result<T, banbury_network::graph::Error>,
) -> Result<(Spent, T), Box<dyn Error>> {
    let (mut walls, mut processors) = (Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..runs.max(1) {
        let (start, before) = (Instant::now(), processor()?);
        let mut times = 0.0;
        while times == 0.0 || start.elapsed().as_secs_f64() < 0.1 {
            last = Some(what()?);
            times += 1.0;
        }
        walls.push(start.elapsed().as_secs_f64() / times);
        processors.push((processor()? - before) / times);
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    Ok((Spent { wall: median(walls), processor: median(processors) }, last.ok_or("no run")?))
}

fn measure(network: &Network, runs: usize) -> Result<Value, Box<dyn Error>> {
    let mut figures = serde_json::Map::new();
    let mut put = |name: &str, spent: Spent, found: Value| {
        figures.insert(
            name.to_owned(),
            json!({ "wall": spent.wall, "processor": spent.processor, "found": found }),
        );
    };
    let (spent, graph) = timed(runs, || Graph::new(network.vertices, network.ends.clone()))?;
    put("graph", spent, json!([graph.vertices(), graph.edges()]));
    let (spent, labels) =
        timed(runs, || Labels::new(&graph, network.labels, &network.on_vertices, &network.on_edges))?;
    put("labels", spent, json!(labels.count()));
    let (spent, service) =
        timed(runs, || Service::of_weights(&graph, Some(&network.roots), &network.weights))?;
    put("service", spent, json!(service.demands()));
    let (spent, (_, parts)) = timed(runs, || Ok(components(&graph)))?;
    put("components", spent, json!(parts));
    let (spent, skeleton) = timed(runs, || Ok(Skeleton::new(&graph)))?;
    let counts = json!([skeleton.articulation_points.len(), skeleton.bridges.len(), skeleton.components]);
    put("articulation points, bridges, biconnected components", spent, counts);
    let (spent, found) = timed(runs, || Ok(bridges(&graph)))?;
    put("bridges", spent, json!(found.len()));
    let (spent, points) = timed(runs, || single_points(&graph, &service))?;
    let weight: u64 = points.vertices.iter().map(|(_, loss)| loss.weight).sum();
    put("single points with losses", spent, json!([points.vertices.len(), points.edges.len(), weight]));
    let (spent, losses) = timed(runs, || each_label(&graph, &labels, &service))?;
    put(
        "drop each label",
        spent,
        json!(losses.iter().map(|loss| [loss.vertices, loss.weight]).collect::<Vec<_>>()),
    );
    let (spent, pairs) = timed(runs, || all_pairs(&graph, &labels, &service))?;
    put("drop each two labels", spent, json!(pairs.pairs().map(|(_, _, loss)| loss.weight).sum::<u64>()));
    let (spent, paths) = timed(runs, || {
        network
            .paths
            .iter()
            .map(|&[from, to]| Ok(disjoint_paths(&graph, from, to, Apart::Vertices, usize::MAX)?.len()))
            .collect::<Result<Vec<_>, _>>()
    })?;
    put("vertex-disjoint paths", spent, json!(paths));
    let (spent, _) = timed(runs, || {
        let graph = Graph::new(network.vertices, network.ends.clone())?;
        let labels = Labels::new(&graph, network.labels, &network.on_vertices, &network.on_edges)?;
        let service = Service::of_weights(&graph, Some(&network.roots), &network.weights)?;
        let mut shares = vec![0; network.labels];
        network
            .on_vertices
            .iter()
            .for_each(|&(vertex, label)| shares[label as usize] += network.weights[vertex as usize]);
        let report = (
            Skeleton::new(&graph),
            single_points(&graph, &service)?,
            all_pairs(&graph, &labels, &service)?,
            Concentration::of(&shares),
        );
        Ok(report.1.vertices.len() + usize::from(report.3.is_some()))
    })?;
    put("whole report", spent, Value::Null);
    figures.insert("peak memory".to_owned(), json!(peak()?));
    Ok(Value::Object(figures))
}

/// The most memory that this process had.
fn peak() -> Result<String, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    Ok(status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_owned())
}

/// From the model in memory to the report: labels, graph and all.
fn report(sites: u32, runs: usize) -> Result<Value, Box<dyn Error>> {
    use banbury_network::scenario::{Extra, Topology, structure};
    let tables = banbury_network::nation::Nation { sites, seed: 1 }.tables();
    let inputs: Vec<banbury_network::Input<'_>> = tables
        .iter()
        .map(|(name, bytes)| banbury_network::Input { name: (*name).to_owned(), bytes })
        .collect();
    let (model, _) = banbury_network::import(&inputs);
    drop(tables);
    let before = peak()?;
    let (mut walls, mut processors) = (Vec::new(), Vec::new());
    let mut told = Value::Null;
    for _ in 0..runs.max(1) {
        let (start, used) = (Instant::now(), processor()?);
        let extra = Extra::new();
        let topology = Topology::of(&model, &extra, "2026-11-01")?;
        let report = structure::report(&topology, 50, &structure::Bounds::default())?;
        walls.push(start.elapsed().as_secs_f64());
        processors.push(processor()? - used);
        let apart: Vec<Value> = report
            .apart
            .iter()
            .map(|told| json!([told.kind.as_str(), told.sites, told.apart, told.shared, told.undecided]))
            .collect();
        told = json!({ "size": [topology.size().0, topology.size().1], "points": report.points_in_all, "apart": apart });
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    Ok(json!({
        "wall": median(walls), "processor": median(processors), "model memory": before, "peak memory": peak()?, "found": told,
    }))
}

fn cut(network: &Network, runs: usize, steps: u64) -> Result<Value, Box<dyn Error>> {
    let (spent, found) = timed(runs, || {
        let graph = Graph::new(network.vertices, network.ends.clone())?;
        let labels = Labels::new(&graph, network.labels, &network.on_vertices, &network.on_edges)?;
        let service = Service::of_weights(&graph, Some(&network.roots), &network.weights)?;
        fewest_labels(&graph, &labels, &service, network.weights.iter().sum(), steps)
    })?;
    Ok(described(spent, found))
}

fn described(spent: Spent, found: Option<LabelCut>) -> Value {
    match found {
        None => json!({ "wall": spent.wall, "processor": spent.processor, "fewest": null }),
        Some(cut) => json!({
            "wall": spent.wall, "processor": spent.processor, "fewest": cut.labels.len(), "bound": cut.bound, "proven": cut.is_proven(), "steps": cut.steps,
        }),
    }
}

/// Each network of a folder: random labels on devices and links, half of the devices' weight to be lost.
fn zoo(folder: &str, labels: usize) -> Result<(), Box<dyn Error>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let (mut count, mut slowest, mut unproven) = (0, (0.0, String::new()), 0);
    for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "graphml")) {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = std::fs::read(file)?;
        let (model, _) =
            banbury_network::import(&[banbury_network::Input { name: name.clone(), bytes: &bytes }]);
        let number =
            |device: &str| model.devices.iter().position(|other| other.name == device).map(|at| at as u32);
        let ends: Vec<[u32; 2]> = model
            .links
            .iter()
            .filter_map(|link| Some([number(&link.a_device)?, number(&link.b_device)?]))
            .collect();
        let vertices = model.devices.len();
        let mut random = Random(vertices as u64);
        let on_vertices: Vec<(u32, u32)> =
            (0..vertices as u32).map(|vertex| (vertex, random.below(labels))).collect();
        let on_edges: Vec<(u32, u32)> =
            (0..ends.len() as u32).map(|edge| (edge, random.below(labels))).collect();
        let most = (0..vertices as u32)
            .max_by_key(|vertex| ends.iter().flatten().filter(|end| *end == vertex).count());
        let roots: Vec<u32> = most.into_iter().collect();
        for share in [0.5, 1.0] {
            let (spent, found) = timed(1, || {
                let graph = Graph::new(vertices, ends.clone())?;
                let labels = Labels::new(&graph, labels, &on_vertices, &on_edges)?;
                let service = Service::of_weights(&graph, Some(&roots), &vec![1; vertices])?;
                let connected = components(&graph).0;
                let there = roots.first().map_or(0, |&root| {
                    connected.iter().filter(|&&part| Some(&part) == connected.get(root as usize)).count()
                });
                fewest_labels(&graph, &labels, &service, (there as f64 * share) as u64, 10_000_000)
            })?;
            count += 1;
            unproven += usize::from(found.as_ref().is_some_and(|cut| !cut.is_proven()));
            if spent.processor > slowest.0 {
                let what = format!("{name}, {share} of {vertices} devices: {}", described(spent, found));
                slowest = (spent.processor, what);
            }
        }
    }
    println!("{}", json!({ "cuts": count, "unproven": unproven, "slowest": slowest.0, "which": slowest.1 }));
    Ok(())
}
