//! How often the probes beside `beacons` tell ordinary traffic, and traffic that was planted, of a generator's making. For
//! corpus/beacons/measure --rates.
//!
//!     rates [--scale SHARE] [--seed NUMBER]
//!
//! Each row is a family: sources of their own that all do the same with other figures. What is counted are sources of which the probe says
//! something. The same seed gives the same table.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]
#![allow(clippy::indexing_slicing, reason = "measures with numbers of its own making")]

#[path = "../beacons/chance.rs"]
#[allow(dead_code, reason = "another program uses the rest")]
mod chance;
mod families;

use banbury_formats::traffic::{Flow, Query, Record, Sink as _, Volume};
use banbury_traffic::networks::Inside;
use banbury_traffic::pairs::{Keep, Pairing, Weighing};
use banbury_traffic::probes::{self, Scene};
use chance::Chance;
use families::{Event, FAMILIES, Family, What};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

/// Start of the recording, in microseconds: 2026-11-02 00:00 UTC, a Monday.
const START: i64 = 1_793_577_600_000_000;
const SECOND: f64 = 1e6;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut scale, mut seed) = (1.0, 20_261_129);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--scale" => scale = arguments.next().ok_or("--scale needs a share")?.parse()?,
            "--seed" => seed = arguments.next().ok_or("--seed needs a number")?.parse()?,
            other => return Err(format!("unknown argument {other}: --scale and --seed are known").into()),
        }
    }
    println!("| Finding | traffic | days | sources | told | share |\n|---|---|---|---|---|---|");
    for (number, family) in FAMILIES.iter().enumerate() {
        let count = ((family.count as f64 * scale) as u32).max(1);
        let told = told(family, count, seed + number as u64)?;
        let kind = if family.is_planted { "planted: " } else { "" };
        println!(
            "| `{}` | {kind}{} | {} | {count} | {told} | {:.1} % |",
            family.code,
            family.name,
            family.days,
            told as f64 / f64::from(count) * 100.0
        );
    }
    Ok(())
}

fn source(number: u32) -> IpAddr {
    Ipv4Addr::from(0x0a00_0001 + number).into()
}

/// Sources of which the family's code is told.
fn told(family: &Family, count: u32, seed: u64) -> std::io::Result<usize> {
    let pairing = Pairing::new(4 << 30, None).with_inside(Inside::default());
    let end = START + (f64::from(family.days) * 86_400.0 * SECOND) as i64;
    pairing.observe(START, end);
    (0..count).into_par_iter().for_each(|number| {
        let mut chance = Chance::new(seed, number.into());
        let mut sink = pairing.collector(0, 0);
        let mut events = Vec::new();
        (family.make)(&mut chance, number, f64::from(family.days) * 86_400.0, &mut events);
        for (at, event) in events.iter().enumerate() {
            let start = START + (event.at * SECOND) as i64;
            if (START..=end).contains(&start) {
                record(&mut sink, source(number), start, event, u64::from(number) << 24 | at as u64);
            }
        }
        sink.finish();
    });
    let observed = end.abs_diff(START);
    let scene = Scene { inside: Inside::default(), observed, least_weight: 10.0 };
    let weighing = Weighing { least: 4, rita_alone: false, goes_on: false };
    let weighed = pairing.weigh(&weighing, &|_| Keep::Plain)?;
    let mut told: BTreeSet<IpAddr> = BTreeSet::new();
    for pair in &weighed.pairs {
        if probes::look(pair, &scene).iter().any(|(_, finding)| finding.info.code == family.code) {
            told.insert(pair.source);
        }
    }
    if family.code == "traffic.volume" {
        told.extend(weighed.leaps.unwrap_or_default().iter().map(|leap| leap.source));
    }
    Ok(told.len())
}

fn record(
    sink: &mut banbury_traffic::pairs::Collector<'_, '_>,
    source: IpAddr,
    start: i64,
    event: &Event,
    place: u64,
) {
    match &event.what {
        What::Flow { to, port, lasts, sent, received } => {
            let id = format!("{source}-{place}");
            let volume =
                |bytes: f64| Volume { payload: Some(bytes.max(0.0) as u64), ip: None, packets: None };
            let flow = Flow {
                duration: Some((lasts * SECOND) as i64),
                source_port: Some((1024 + place % 60_000) as u16),
                destination_port: Some(*port),
                protocol: 6,
                sent: volume(*sent),
                received: volume(*received),
                one_way: false,
                state: Some("SF"),
                id: Some(&id),
                ..Flow::one_way(start, source, Ipv4Addr::from(*to).into())
            };
            sink.record(&Record::Flow(flow), place);
        }
        What::Query { name, kind } => {
            let query = Query {
                time: start,
                client: source,
                server: Ipv4Addr::new(10, 255, 0, 53).into(),
                name,
                kind: Some(*kind),
                code: Some(0),
                addresses: &[],
                answer_bytes: 40,
            };
            sink.record(&Record::Query(query), place);
        }
    }
}
