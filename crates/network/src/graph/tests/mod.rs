//! Every algorithm against its definition, on thousands of small random networks.

mod bad_input;
mod cuts;
mod losses;
mod paths;
mod shared;
mod structure;

use super::*;
use std::collections::BTreeSet;

/// Pseudo-random numbers (SplitMix64: Steele, Lea and Flood, OOPSLA 2014), the same for the same seed.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(super) fn vertex(&mut self, vertices: u32) -> u32 {
        self.below(vertices.into()) as u32
    }
}

/// A small network by its definition.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) vertices: u32,
    pub(super) ends: Vec<[u32; 2]>,
    pub(super) capacities: Vec<Option<u64>>,
    pub(super) roots: Option<Vec<u32>>,
    pub(super) demands: Vec<(Vec<u32>, u64)>,
    pub(super) labels: u32,
    pub(super) on_vertices: Vec<(u32, u32)>,
    pub(super) on_edges: Vec<(u32, u32)>,
}

impl Case {
    pub(super) fn random(random: &mut Random, most_vertices: u64, most_labels: u64) -> Self {
        let vertices = 1 + random.below(most_vertices) as u32;
        let edges = random.below(u64::from(vertices) * 2 + 1);
        let mut ends: Vec<[u32; 2]> =
            (0..edges).map(|_| [random.vertex(vertices), random.vertex(vertices)]).collect();
        if random.chance(50) {
            // Trees and circles are rare by chance.
            ends.extend((1..vertices).map(|vertex| [vertex, random.vertex(vertex)]));
            ends.drain(..(edges as usize * 2 / 3));
        }
        let capacities = ends.iter().map(|_| (!random.chance(10)).then(|| random.below(6))).collect();
        let roots =
            random.chance(60).then(|| (0..random.below(4)).map(|_| random.vertex(vertices)).collect());
        let demands = (0..random.below(6))
            .map(|_| {
                let several = if random.chance(50) { 1 } else { 4 };
                ((0..random.below(several + 1)).map(|_| random.vertex(vertices)).collect(), random.below(9))
            })
            .chain((0..vertices).map(|vertex| (vec![vertex], u64::from(vertex * vertex % 7))))
            .collect();
        let labels = random.below(most_labels + 1) as u32;
        let (mut on_vertices, mut on_edges) = (Vec::new(), Vec::new());
        if labels > 0 {
            let share = 20 + random.below(80);
            for vertex in 0..vertices {
                while random.chance(share * 2 / 3) {
                    on_vertices.push((vertex, random.vertex(labels)));
                }
            }
            let share = random.below(60);
            for edge in 0..ends.len() as u32 {
                while random.chance(share) {
                    on_edges.push((edge, random.vertex(labels)));
                }
            }
        }
        Self { vertices, ends, capacities, roots, demands, labels, on_vertices, on_edges }
    }

    pub(super) fn graph(&self) -> Graph {
        let graph = Graph::new(self.vertices as usize, self.ends.clone()).unwrap();
        graph.with_capacities(self.capacities.clone()).unwrap()
    }

    pub(super) fn labels(&self, graph: &Graph) -> Labels {
        Labels::new(graph, self.labels as usize, &self.on_vertices, &self.on_edges).unwrap()
    }

    pub(super) fn service(&self, graph: &Graph) -> Service {
        let demands = self.demands.iter().map(|(vertices, weight)| (vertices.as_slice(), *weight));
        Service::new(graph, self.roots.as_deref(), demands).unwrap()
    }

    /// What carries one of these labels.
    pub(super) fn carrying(&self, lost: &BTreeSet<u32>) -> (BTreeSet<u32>, BTreeSet<u32>) {
        let carrying = |on: &[(u32, u32)]| {
            on.iter().filter(|(_, label)| lost.contains(label)).map(|&(thing, _)| thing).collect()
        };
        (carrying(&self.on_vertices), carrying(&self.on_edges))
    }

    /// The connected parts of what is left, by their lowest vertices.
    pub(super) fn parts(&self, gone: &BTreeSet<u32>, cut: &BTreeSet<u32>) -> Vec<BTreeSet<u32>> {
        let mut left: BTreeSet<u32> = (0..self.vertices).filter(|vertex| !gone.contains(vertex)).collect();
        let mut parts = Vec::new();
        while let Some(start) = left.pop_first() {
            let mut part = BTreeSet::from([start]);
            let mut open = vec![start];
            while let Some(vertex) = open.pop() {
                for (edge, &[a, b]) in self.ends.iter().enumerate() {
                    if cut.contains(&(edge as u32)) {
                        continue;
                    }
                    for (from, to) in [(a, b), (b, a)] {
                        if from == vertex && left.remove(&to) {
                            part.insert(to);
                            open.push(to);
                        }
                    }
                }
            }
            parts.push(part);
        }
        parts
    }

    /// The vertices that are served when this is gone.
    pub(super) fn served(&self, gone: &BTreeSet<u32>, cut: &BTreeSet<u32>) -> BTreeSet<u32> {
        let pieces = self.parts(gone, cut);
        if let Some(roots) = &self.roots {
            return pieces
                .into_iter()
                .filter(|piece| roots.iter().any(|root| piece.contains(root)))
                .flatten()
                .collect();
        }
        let mut served = BTreeSet::new();
        for whole in self.parts(&BTreeSet::new(), &BTreeSet::new()) {
            let inside: Vec<_> = pieces.iter().filter(|piece| piece.is_subset(&whole)).collect();
            let largest = inside.iter().map(|piece| piece.len()).max();
            if let Some(kept) = inside.iter().find(|piece| Some(piece.len()) == largest) {
                served.extend(kept.iter().copied());
            }
        }
        served
    }

    pub(super) fn loss(&self, gone: &BTreeSet<u32>, cut: &BTreeSet<u32>) -> Loss {
        let before = self.served(&BTreeSet::new(), &BTreeSet::new());
        let after = self.served(gone, cut);
        let is_served =
            |by: &BTreeSet<u32>, vertices: &[u32]| vertices.iter().any(|vertex| by.contains(vertex));
        let lost = |vertices: &[u32]| is_served(&before, vertices) && !is_served(&after, vertices);
        Loss {
            vertices: before.iter().filter(|vertex| !gone.contains(vertex) && !after.contains(vertex)).count()
                as u64,
            weight: self
                .demands
                .iter()
                .filter(|(vertices, _)| lost(vertices))
                .map(|(_, weight)| weight)
                .sum(),
        }
    }

    pub(super) fn label_loss(&self, lost: &BTreeSet<u32>) -> Loss {
        let (gone, cut) = self.carrying(lost);
        self.loss(&gone, &cut)
    }
}

/// Runs a test on so many cases, each from a seed of its own, which stands in the message when it fails.
pub(super) fn each_case(count: u64, most_vertices: u64, most_labels: u64, test: impl Fn(&Case, &mut Random)) {
    for seed in 0..count {
        let mut random = Random(seed);
        let case = Case::random(&mut random, most_vertices, most_labels);
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&case, &mut random)));
        assert!(failed.is_ok(), "seed {seed}: {case:?}");
    }
}
