//! Writes a connection log of Zeek for measuring: a day of traffic, the same bytes for the same numbers.
//!
//!   cargo run --release -p banbury-traffic --example conn_log -- [--connections 5000000] [--pairs 200000] [--seed 1] > conn.log
//!
//! Most pairs have few connections at random moments, few have very many (a pair's share falls with its rank), and one in a hundred
//! is a beacon with jitter and missing check-ins. Lines are in the order of time, as Zeek writes them.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for trying things")]

use std::error::Error;
use std::io::{BufWriter, Write as _, stdout};

/// Start of the day, in microseconds since 1970-01-01 00:00 UTC.
const START: u64 = 1_700_000_000_000_000;
/// Microseconds of a day.
const DAY: u64 = 86_400_000_000;
/// One pair in so many is a beacon.
const BEACONS: u64 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut connections, mut pairs, mut seed) = (5_000_000u64, 200_000u64, 1u64);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or("a number is missing")?.parse()?;
        match argument.as_str() {
            "--connections" => connections = value,
            "--pairs" => pairs = value,
            "--seed" => seed = value,
            _ => return Err(format!("{argument}: not known").into()),
        }
    }
    let mut chance = Chance(seed);
    let mut starts: Vec<(u64, u32)> = Vec::new();
    let harmonic: f64 = (1..=pairs).map(|rank| 1.0 / (rank as f64 + 50.0)).sum();
    for pair in 0..pairs {
        let number = pair as u32;
        let share = connections as f64 / harmonic / (pair as f64 + 51.0);
        let count = share.round().max(1.0) as u64;
        if pair % BEACONS == BEACONS / 2 {
            let period = DAY / count.max(24);
            let mut next = START + chance.below(period);
            while next < START + DAY {
                if chance.below(10) > 0 {
                    starts.push((next, number));
                }
                next += period / 10 * 9 + chance.below(period / 5 + 1);
            }
        } else {
            starts.extend((0..count).map(|_| (START + chance.below(DAY), number)));
        }
    }
    starts.sort_unstable();
    let mut out = BufWriter::with_capacity(1 << 20, stdout().lock());
    out.write_all(HEADER.as_bytes())?;
    for (line, (start, pair)) in starts.iter().enumerate() {
        let (source, destination) = (pair % 20_011, pair.wrapping_mul(2_654_435_761) >> 8);
        let port = [443, 443, 443, 80, 53, 123, 22, 8443].get(*pair as usize % 8).copied().unwrap_or(443);
        let (sent, received) = if u64::from(*pair) % BEACONS == BEACONS / 2 {
            (312 + chance.below(3), 1024)
        } else {
            (40 + chance.below(4000), chance.below(60_000))
        };
        let duration = chance.below(30_000_000);
        writeln!(
            out,
            "{}.{:06}\tC{:016x}\t10.{}.{}.{}\t{}\t{}.{}.{}.{}\t{port}\ttcp\tssl\t{}.{:06}\t{sent}\t{received}\tSF\tT\tF\t0\tShADadFf\t{}\t{}\t{}\t{}\t-",
            start / 1_000_000,
            start % 1_000_000,
            (line as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15),
            source >> 16,
            source >> 8 & 255,
            source & 255,
            1024 + chance.below(60_000),
            // Addresses for documentation and benchmarks are too few: a block that is nobody's peer here.
            198 + (destination >> 23 & 1),
            destination >> 16 & 127,
            destination >> 8 & 255,
            destination & 255,
            duration / 1_000_000,
            duration % 1_000_000,
            4 + sent / 1400,
            sent + 52 * (4 + sent / 1400),
            5 + received / 1400,
            received + 52 * (5 + received / 1400),
        )?;
    }
    out.flush()?;
    eprintln!("{} connections of {pairs} pairs", starts.len());
    Ok(())
}

const HEADER: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2023-11-14-22-13-20\n\
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\t\
local_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\n\
#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tbool\tcount\tstring\tcount\tcount\t\
count\tcount\tset[string]\n";

/// Numbers by chance: SplitMix64 (Steele, Lea, Flood, 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ value >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ value >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ value >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound.max(1))) >> 64) as u64
    }
}
