//! What can be said to `banbury watch`.

use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  banbury watch conn.log ssl.log dns.log
  banbury watch /logs/2026-11-01 --internal 10.0.0.0/8 -o csv=pairs.csv
  banbury watch capture.pcap --case c --fail-on 10
  banbury watch --follow /opt/zeek/logs/current

Exit status: 0 done; 1 --fail-on reached; 2 could not do the job; 3 not
all could be read.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Watch {
    /// Logs, captures and flow files, and folders of them.
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub inputs: Vec<PathBuf>,
    /// Keep inputs, runs and claims in this case.
    #[arg(long, value_name = "CASE")]
    pub case: Option<PathBuf>,
    /// A network that is inside; repeatable [default: private ones].
    #[arg(long, value_name = "NETWORK", value_delimiter = ',')]
    pub internal: Vec<String>,
    /// Connections without which a pair is not scored.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(4..))]
    pub min_connections: u64,
    /// Rows of the table.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// Weight from which a beacon is claimed, in decibans.
    #[arg(long, value_name = "DB", default_value_t = 10.0, allow_negative_numbers = true)]
    pub least_weight: f64,
    /// Exit with 1 when a beacon weighs this much or more.
    #[arg(long, value_name = "DB", allow_negative_numbers = true)]
    pub fail_on: Option<f64>,
    /// The form of all inputs [default: each is recognised].
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Which column of a table is what; repeatable.
    #[arg(long, value_name = "FIELD=COLUMN", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Read what is added to a folder until Ctrl-C.
    #[arg(long, conflicts_with = "case")]
    pub follow: bool,
    /// With --follow: seconds between two weighings.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "follow", value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
    /// Compute RITA's score alone: no weights, no volumes.
    #[arg(long, conflicts_with = "case")]
    pub rita_alone: bool,
    /// Write json, csv, html, stix; `-` is stdout; repeatable.
    #[arg(short, long = "output", value_name = "FORMAT=PATH")]
    pub outputs: Vec<crate::outputs::Output>,
    /// Connections in memory, in MiB; more go to a file.
    #[arg(long, value_name = "MIB", default_value_t = 512, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub memory: u64,
    /// Folder of that file [default: the system's].
    #[arg(long, value_name = "FOLDER")]
    pub scratch: Option<PathBuf>,
    /// Longest time to read, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub max_seconds: u64,
}
