//! What capacity, cascades and draws take on a made-up nation.
//!
//!   scenarios SITES DRAWS      times and what was found, a line each
//!
//! The network is made, imported and asked in one process; times are of one run each, on all the processors that there are.

#![allow(clippy::print_stdout, reason = "its figures are its output")]

use banbury_network::nation::Nation;
use banbury_network::scenario::{
    Event, Extra, Failure, Figures, Scenario, Sources, Topology, Traffic, Verb, answer, capacity, cascade,
    chances,
};
use banbury_network::{Input, import};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [sites, draws] = arguments.as_slice() else { return Err("scenarios SITES DRAWS".into()) };
    let tables = Nation { sites: sites.parse()?, seed: 1 }.tables();
    let inputs: Vec<Input<'_>> =
        tables.iter().map(|(name, bytes)| Input { name: (*name).to_owned(), bytes }).collect();
    let (model, _) = import(&inputs);
    let extra = Extra::new();
    let topology = timed("topology", || Topology::of(&model, &extra, "2026-01-01"))?;
    let (devices, links) = topology.size();
    println!("{devices} devices, {links} links, {} subscribers", topology.subscribers());
    let traffic = timed("traffic", || Traffic::of(&topology, &Figures::parse(&[])?))?;
    let whole = timed("capacity before", || capacity(&topology, &traffic, None))?;
    println!(
        "carried {} to {} of {} kbit/s, full {}",
        whole.at_least,
        whole.at_most,
        whole.asked,
        whole.full.len()
    );
    for (kind, name) in [("duct", "bridge r01"), ("role", "core-router")] {
        let scenario = Scenario::of(vec![Event::parse(Verb::Lose, &format!("{kind}:{name}"))?]);
        let happens = topology.resolve(&scenario)?;
        let lost = timed(&format!("answer {kind}"), || answer(&topology, &happens))?;
        let after =
            timed(&format!("capacity {kind}"), || capacity(&topology, &traffic, Some((&happens, &lost))))?;
        let follows = timed(&format!("cascade {kind}"), || cascade(&topology, &traffic, &happens, Some(20)))?;
        println!(
            "lost {}, beyond {}, after {} rounds {}; {} remedies",
            lost.subscribers,
            after.beyond,
            follows.rounds.len(),
            follows.subscribers,
            lost.remedies.len()
        );
    }
    let failures = ["device=0.001", "link=0.0005", "duct=0.0005", "site=0.0002", "power=0.0001"];
    let failures: Vec<Failure> =
        failures.iter().map(|text| Failure::parse(text)).collect::<Result<_, _>>()?;
    let sources = Sources::of(&topology, &failures)?;
    for threads in [1, std::thread::available_parallelism()?.get()] {
        let found = timed(&format!("{draws} draws, {threads} threads"), || {
            chances(&topology, &sources, (draws.parse().unwrap_or(10_000), 7), 1, threads)
        })?;
        println!(
            "{} sources, mean {:?}, quantiles {:?}, share {:?}",
            found.sources, found.lost, found.quantiles, found.share
        );
    }
    Ok(())
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let found = work();
    println!("{what}: {:.2} s", start.elapsed().as_secs_f64());
    found
}
