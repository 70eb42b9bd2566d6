#![allow(clippy::indexing_slicing, reason = "numbers of regions, vendors, kinds and periods are constants")]
//! A national plan of any size, made up and solved: what `benches/plan` measures.
//!
//! `plan SITES SEED [--each] [--mps FILE] [--gap GAP] [--solver own|highs]`: SITES sites in 20 regions, of 5 vendors, two of them restricted; 6 periods
//! with crews by region, vendors' capacities, budgets, caps on the restricted share that fall from period to period, removal
//! from sensitive sites by the third, and at the end no vendor with more than 55 % of a region. `--each` makes every site a
//! group of its own, with a price of its own, where otherwise like sites are one group. HiGHS is there with the feature `highs`.

use banbury_plan::program::Program;
use banbury_plan::solver::{Limits, Own, Progress, Solver, highs};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Instant;

const PERIODS: usize = 6;
const REGIONS: usize = 20;
const VENDORS: usize = 5;
const RESTRICTED: usize = 2;
const AGES: usize = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |at: usize, default: u64| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(default);
    let option = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).cloned()
    };
    let (sites, seed) = (number(0, 10_000) as usize, number(1, 1));
    let each = words.iter().any(|word| word == "--each");
    let gap = option("--gap").and_then(|gap| gap.parse().ok()).unwrap_or(1e-3);
    let begun = Instant::now();
    let program = program(sites, seed, each);
    let made = begun.elapsed();
    if let Some(path) = option("--mps") {
        std::fs::write(path, program.to_mps())?;
    }
    let verbose = words.iter().any(|word| word == "--verbose");
    let tell = |progress: Progress| {
        if verbose {
            let _ = writeln!(std::io::stderr(), "{:8.2} s {progress:?}", begun.elapsed().as_secs_f64());
        }
    };
    let solver: Box<dyn Solver> = match option("--solver").as_deref() {
        Some("highs") => highs().ok_or("built without the feature `highs`")?,
        _ => Box::new(Own),
    };
    let begun = Instant::now();
    let solved = solver.solve(&program, &Limits { gap, progress: Some(&tell), ..Limits::default() });
    let fault = solved.taken.as_ref().map(|taken| program.fault(taken));
    writeln!(
        std::io::stdout(),
        "{{\"sites\": {sites}, \"groups\": {}, \"choices\": {}, \"rows\": {}, \"made_s\": {:.3}, \"solved_s\": {:.3}, \
         \"end\": \"{:?}\", \"cost\": {}, \"bound\": {}, \"gap\": {:.6}, \"nodes\": {}, \"pivots\": {}, \"fault\": {:?}}}",
        program.groups(),
        program.choices(),
        program.rows(),
        made.as_secs_f64(),
        begun.elapsed().as_secs_f64(),
        solved.end,
        finite(solved.cost),
        finite(solved.bound),
        if solved.taken.is_some() { solved.gap() } else { 0.0 },
        solved.nodes,
        solved.pivots,
        fault.flatten().unwrap_or_default(),
    )?;
    Ok(())
}

/// A number as JSON has it.
fn finite(value: f64) -> String {
    if value.is_finite() { value.to_string() } else { "null".to_owned() }
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}

fn program(sites: usize, seed: u64, each: bool) -> Program {
    let mut chance = Chance(seed);
    // Region, vendor, kind (0: sensitive), age; with `each` also the site and its own price.
    let mut classes: BTreeMap<(usize, usize, usize, usize, usize, u64), u64> = BTreeMap::new();
    let mut of_region = [0u64; REGIONS];
    let mut by_vendor = [[0u64; VENDORS]; REGIONS];
    for site in 0..sites {
        let region = (chance.below(REGIONS as u64).min(chance.below(REGIONS as u64))) as usize;
        let vendor = if chance.below(100) < 55 { chance.below(2) } else { 2 + chance.below(3) } as usize;
        let kind = if chance.below(10) == 0 { 0 } else { 1 + chance.below(2) as usize };
        let age = chance.below(AGES as u64) as usize;
        let own = chance.below(4_000);
        let key =
            if each { (region, vendor, kind, age, site, own) } else { (region, vendor, kind, age, 0, 0) };
        *classes.entry(key).or_default() += 1;
        of_region[region] += 1;
        by_vendor[region][vendor] += 1;
    }
    let total = sites as u64;
    let mut program = Program::new();
    let share = |part: f64| (part * total as f64).ceil();
    let work = |kind: usize| [5.0, 3.0, 2.0][kind];
    let price = |vendor: usize, kind: usize| {
        [60_000.0, 42_000.0, 30_000.0][kind] * [0.0, 0.0, 1.0, 1.07, 1.12][vendor]
    };
    let crews: Vec<Vec<usize>> = of_region
        .iter()
        .map(|count| {
            (0..PERIODS)
                .map(|period| program.add_row((*count as f64 * (0.26 + 0.02 * period as f64)).ceil() + 6.0))
                .collect()
        })
        .collect();
    let capacity: Vec<Vec<usize>> = (0..VENDORS)
        .map(|vendor| {
            (0..PERIODS).map(|_| program.add_row(share(0.04 + 0.01 * vendor as f64) + 2.0)).collect()
        })
        .collect();
    let budget: Vec<usize> =
        (0..PERIODS).map(|period| program.add_row(share(1.0) * (4_500.0 + 300.0 * period as f64))).collect();
    let caps: Vec<usize> =
        (0..PERIODS).map(|period| program.add_row(share(0.50 - 0.08 * period as f64))).collect();
    let regional: Vec<Vec<usize>> = (0..REGIONS)
        .map(|region| {
            (0..VENDORS)
                .map(|vendor| {
                    let most =
                        (0.55 * of_region[region] as f64).ceil().max(by_vendor[region][vendor] as f64 * 0.8);
                    program.add_row(most)
                })
                .collect()
        })
        .collect();
    for ((region, vendor, kind, age, _, own), units) in classes {
        program.add_group(units);
        let standing: Vec<(usize, f64)> = if vendor < RESTRICTED {
            (0..PERIODS).map(|period| (caps[period], 1.0)).collect()
        } else {
            Vec::new()
        };
        if vendor >= RESTRICTED || kind != 0 {
            let mut uses = standing.clone();
            uses.push((regional[region][vendor], 1.0));
            program.add_choice(0.0, &uses);
        }
        if vendor >= RESTRICTED {
            continue;
        }
        let last = if kind == 0 { PERIODS / 2 } else { PERIODS };
        for period in 0..last {
            for (candidate, capacity) in capacity.iter().enumerate().skip(RESTRICTED) {
                // What is written off shrinks with each period, until the equipment would have ended anyway.
                let left = age.saturating_sub(period) as f64;
                let cost = price(candidate, kind) + own as f64 + 700.0 * work(kind) + 1_500.0 * left;
                let mut uses: Vec<(usize, f64)> = standing.iter().copied().take(period).collect();
                uses.push((crews[region][period], work(kind)));
                uses.push((capacity[period], 1.0));
                uses.push((budget[period], price(candidate, kind) + own as f64 + 700.0 * work(kind)));
                uses.push((regional[region][candidate], 1.0));
                program.add_choice(cost.round(), &uses);
            }
        }
    }
    program
}
