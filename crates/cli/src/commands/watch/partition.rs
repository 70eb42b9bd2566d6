//! `banbury partition`: the steps of `banbury watch` apart, for engines that spread work over machines; `docs/spark.md` says how.
//!
//! Inputs become a stream of records (`records`), the records of some sources a stream of their pairs (`pairs`), and inputs the stream of
//! all their pairs on one machine (`whole`), which is what the others have to come to. All is decoded in the confined child; streams
//! pass through the parent untouched.

use super::child::Ground;
use crate::Outcome;
use anyhow::{Context as _, bail};
use banbury_firmware::confine::Statement;
use banbury_firmware::worker::end_with_parent;
use banbury_formats::traffic::Settings;
use banbury_traffic::arrow::{self, Records};
use banbury_traffic::pairs::{Keep, Pair, Pairing, Weighing};
use banbury_traffic::reading::{self, Account, Bytes, Growing, Manner, Packing};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;

/// Steps of `watch` for engines that spread work (Apache Arrow streams).
#[derive(Debug, Args)]
pub(crate) struct Partition {
    #[command(subcommand)]
    step: Step,
    /// Connections in memory, in MiB; more go to a file.
    #[arg(long, global = true, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    memory: u64,
    /// Folder of that file [default: the system's].
    #[arg(long, global = true, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
    /// Connections without which a pair is not scored.
    #[arg(long, global = true, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(4..))]
    min_connections: u64,
}

#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
enum Step {
    /// Write the records of files to standard output.
    Records {
        /// The number of the first file, from 0.
        #[arg(long, value_name = "N", default_value_t = 0)]
        first_input: u32,
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Read records from standard input and write their pairs.
    Pairs {
        /// First moment of all records, in microseconds since 1970.
        #[arg(long, value_name = "MICROSECONDS", allow_negative_numbers = true)]
        since: i64,
        /// Last moment of all records.
        #[arg(long, value_name = "MICROSECONDS", allow_negative_numbers = true)]
        until: i64,
    },
    /// Write the pairs of files, all on this machine.
    Whole {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Serialize, Deserialize)]
struct Task {
    step: Step,
    budget: usize,
    scratch: PathBuf,
    least: u64,
}

pub(in crate::commands) fn run(arguments: &Partition) -> anyhow::Result<Outcome> {
    let task = Task {
        step: arguments.step.clone(),
        budget: usize::try_from(arguments.memory.saturating_mul(1 << 20)).unwrap_or(usize::MAX),
        scratch: arguments.scratch.clone().unwrap_or_else(std::env::temp_dir),
        least: arguments.min_connections,
    };
    let program = std::env::current_exe().context("where this program stands cannot be told")?;
    let status = Command::new(&program)
        .arg("confined-partition")
        .arg(serde_json::to_string(&task)?)
        .env_clear()
        .env("RUST_BACKTRACE", "0")
        .stdin(if matches!(task.step, Step::Pairs { .. }) { Stdio::inherit() } else { Stdio::null() })
        .status()
        .with_context(|| format!("{}: cannot be started as the confined process", program.display()))?;
    match status.code() {
        Some(0) => Ok(Outcome::Done),
        Some(3) => Ok(Outcome::Inconclusive),
        _ => bail!("the confined process {status}; it says above why"),
    }
}

/// Runs the child's side.
pub(in crate::commands) fn child(task: &str) -> anyhow::Result<Outcome> {
    end_with_parent()?;
    let task: Task = serde_json::from_str(task).context("the task")?;
    let paths: &[PathBuf] = match &task.step {
        Step::Records { files, .. } | Step::Whole { files } => files,
        Step::Pairs { .. } => &[],
    };
    let ground = Ground::open(paths, &task.scratch, task.budget)?;
    let mut confinement = Statement::new();
    let pool = ground.without_files(u64::from(u32::MAX), &mut confinement)?;
    ground.without_calls(&mut confinement);
    let manner = Manner::new(None, Settings::default())?;
    let mut output = io::BufWriter::with_capacity(1 << 20, io::stdout());
    let outcome = match &task.step {
        Step::Records { first_input, .. } => {
            let mut records = Records::new(&mut output)?;
            let mut whole = true;
            for ((number, input), path) in (*first_input..).zip(&ground.inputs).zip(paths) {
                records.input(number);
                whole &= one(input, path, &manner, &mut records)?;
            }
            let counts = records.finish()?;
            if counts.malformed > 0 {
                let first = counts.problems.first();
                let first =
                    first.map_or(String::new(), |it| format!(", one at byte {}: {}", it.offset, it.detail));
                complain(&format!("{} times something malformed was left out{first}", counts.malformed));
            }
            if whole && counts.malformed == 0 { Outcome::Done } else { Outcome::Inconclusive }
        }
        Step::Pairs { since, until } => {
            let pairing = Pairing::new(task.budget, Some(&ground.scratch));
            pairing.observe(*since, *until);
            let sources = arrow::read(io::stdin().lock(), &pairing)?;
            let mut pairs = pool.install(|| weigh(&pairing, task.least))?;
            for pair in &mut pairs {
                if let Some(many) = pair.destination.and_then(|address| sources.get(&address)) {
                    pair.sources = Some(*many);
                }
            }
            arrow::write(&pairs, &mut output)?;
            Outcome::Done
        }
        Step::Whole { .. } => {
            let pairing = Pairing::new(task.budget, Some(&ground.scratch));
            let bytes: Vec<&dyn Bytes> = ground.inputs.iter().map(|input| input as &dyn Bytes).collect();
            let (accounts, pairs) = pool.install(|| {
                let accounts = reading::read(&bytes, &manner, &pairing, &AtomicBool::new(false));
                weigh(&pairing, task.least).map(|pairs| (accounts, pairs))
            })?;
            arrow::write(&pairs, &mut output)?;
            let left = |account: &&Account| account.not_read.is_some() || account.malformed > 0;
            let left = accounts.iter().filter(left).count();
            if left > 0 {
                complain(&format!(
                    "{left} files could not be read in full; `banbury watch` says what of them"
                ));
            }
            if left == 0 { Outcome::Done } else { Outcome::Inconclusive }
        }
    };
    output.flush()?;
    Ok(outcome)
}

fn weigh(pairing: &Pairing<'_>, least: u64) -> anyhow::Result<Vec<Pair>> {
    let weighing = Weighing { least, rita_alone: false, goes_on: false };
    Ok(pairing
        .weigh(&weighing, &|_| Keep::Plain)
        .context("the scratch file for connections beyond --memory")?
        .pairs)
}

/// Reads one file, and says whether all of it was read.
fn one(
    input: &dyn Bytes,
    path: &Path,
    manner: &Manner,
    records: &mut Records<impl io::Write>,
) -> anyhow::Result<bool> {
    let bytes = input.bytes();
    if bytes.is_empty() {
        complain(&format!("{}: an empty file", path.display()));
        return Ok(false);
    }
    let packing = Packing::of(bytes);
    let format = if packing.is_none() { manner.of(bytes.get(..START).unwrap_or(bytes)) } else { None };
    if let Some(parts) = format.and_then(|format| format.parts(bytes, &manner.settings, records)) {
        for mut part in parts {
            while part.read(records) {}
        }
        return Ok(true);
    }
    let mut growing = Growing::default();
    let mut whole = true;
    match packing {
        None => bytes.chunks(PIECE).for_each(|piece| growing.more(piece, manner, records)),
        Some(packing) => {
            let mut unpacked = packing.unpack(input);
            let mut piece = vec![0; PIECE];
            loop {
                match unpacked.read(&mut piece) {
                    Ok(0) => break,
                    Ok(count) => growing.more(piece.get(..count).unwrap_or_default(), manner, records),
                    Err(error) => {
                        complain(&format!(
                            "{}: what it holds cannot be unpacked further: {error}",
                            path.display()
                        ));
                        whole = false;
                        break;
                    }
                }
            }
        }
    }
    growing.end(manner, records);
    if growing.format().is_none() && whole {
        complain(&format!("{}: no form of traffic records that is known", path.display()));
        whole = false;
    }
    Ok(whole)
}

/// Bytes from which a form is told.
const START: usize = 64 << 10;

/// Bytes that are read at a time.
const PIECE: usize = 1 << 20;

fn complain(text: &str) {
    crate::terminal::note(text);
}
