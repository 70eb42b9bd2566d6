//! How long scoring takes: `speed [PAIRS [CONTACTS]]`, by default 200,000 pairs with 5,000,000 contacts, as they stand in a day's log of a
//! middling network: most pairs have few contacts, a few have thousands. With `speed LOG` how long each step of `banbury watch` takes on a
//! log, without the process that it happens in; with `speed LOG --rita-alone` of RITA's score.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]
#![allow(clippy::indexing_slicing, reason = "measures with numbers of its own making")]

use banbury_formats::traffic::Settings;
use banbury_traffic::networks::Inside;
use banbury_traffic::pairs::{Keep, Pairing, Weighing};
use banbury_traffic::reading::{self, Bytes, Manner};
use banbury_traffic::{Contact, Window, beacon, rita};
use rayon::prelude::*;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    if let Some(path) = std::env::args_os().nth(1).filter(|path| std::path::Path::new(path).is_file()) {
        return steps(std::fs::read(path)?, std::env::args().any(|word| word == "--rita-alone"));
    }
    let pairs: usize = arguments.next().map_or(Ok(200_000), |text| text.parse())?;
    let wanted: usize = arguments.next().map_or(Ok(5_000_000), |text| text.parse())?;
    let window = Window::new(0, 86_400_000_000);
    let made = Instant::now();
    let all = generate(pairs, wanted);
    let contacts: usize = all.iter().map(Vec::len).sum();
    println!("{} pairs, {contacts} contacts, made in {:.2} s", all.len(), made.elapsed().as_secs_f64());
    let enough = all.iter().filter(|contacts| contacts.len() >= 4).count();
    let start = Instant::now();
    let scored = all.par_iter().filter_map(|contacts| rita::score(contacts, &window)).count();
    println!(
        "RITA's score: {scored} of {enough} pairs with 4 contacts and more, {:.2} s",
        start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    let weighed: Vec<f64> = all
        .par_iter()
        .filter_map(|contacts| beacon::weigh(contacts, &window, None))
        .map(|beacon| beacon.sum)
        .collect();
    let told = weighed.iter().filter(|sum| **sum > 20.0).count();
    println!(
        "weights: {} pairs, {told} above 20 dB, {:.2} s on {} threads",
        weighed.len(),
        start.elapsed().as_secs_f64(),
        rayon::current_num_threads()
    );
    Ok(())
}

/// The steps from a log's bytes to its pairs.
fn steps(bytes: Vec<u8>, alone_is_enough: bool) -> Result<(), Box<dyn std::error::Error>> {
    let manner = Manner::new(None, Settings::default())?;
    let inputs: [&dyn Bytes; 1] = [&bytes];
    for rita_alone in [true, false].into_iter().filter(|alone| *alone || !alone_is_enough) {
        let pairing = Pairing::new(4 << 30, None).with_inside(Inside::new(Vec::new()));
        let start = Instant::now();
        let accounts = reading::read(&inputs, &manner, &pairing, &AtomicBool::new(false));
        let read = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let weighing = Weighing { least: 4, rita_alone, goes_on: false };
        let weighed = pairing.weigh(&weighing, &|_| Keep::No)?;
        let what = if rita_alone { "RITA's score" } else { "all scores" };
        println!(
            "{} connections read in {read:.2} s, {} pairs grouped, {what} of {} in {:.2} s",
            accounts[0].flows,
            weighed.tally.pairs,
            weighed.tally.weighed,
            start.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

/// Pairs whose counts follow a power law; a tenth of them by a timer, the others at random.
fn generate(pairs: usize, wanted: usize) -> Vec<Vec<Contact>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut unit = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let counts: Vec<f64> = (0..pairs).map(|_| (1.0 - unit()).powf(-1.0 / 0.9).min(5000.0)).collect();
    let scale = wanted as f64 / counts.iter().sum::<f64>();
    counts
        .iter()
        .map(|count| {
            let count = (count * scale).round().max(1.0);
            let (timer, size) = (unit() < 0.1, 200.0 + 2000.0 * unit());
            let mean = 86_400e6 / count;
            let mut moment = unit() * mean;
            let mut contacts = Vec::with_capacity(count as usize);
            for _ in 0..count as usize {
                let spread = if timer { 1.01 } else { 0.3 + 3.0 * unit() };
                let bytes = (size * spread) as u64;
                contacts.push(Contact {
                    start: moment as i64,
                    duration: 0,
                    sent: bytes,
                    received: bytes,
                    sent_ip: bytes + 200,
                });
                moment += mean * if timer { 0.9 + 0.2 * unit() } else { -(1.0 - unit()).ln() };
            }
            contacts.sort_unstable();
            contacts
        })
        .collect()
}
