//! Generates beacons and other traffic, fits what the figures of a pair weigh, and measures it. For corpus/beacons/measure.
//!
//!     beacons [--fit FILE] [--scale SHARE]
//!
//! Without `--fit` the committed table is measured; with it a table is fitted on the fitting side, its bands are measured on one half of the
//! checking side, and it is written to the file. What is printed is Markdown. `--scale` makes fewer pairs, to try something.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
#![allow(clippy::indexing_slicing, reason = "measures with numbers of its own making")]

mod chance;
mod fit;
mod implants;
mod measure;
mod ordinary;
mod pair;

use chance::Chance;
use measure::{Measured, Report};
use pair::{Pair, Side};
use rayon::prelude::*;

/// Pairs of the fitting side, of either kind; ordinary pairs of the checking side; beacons of a cell; regular machines.
const FITTED: (u64, u64) = (30_000, 50_000);
const CHECKED: u64 = 200_000;
const CELL: u64 = 2_000;
const REGULAR: u64 = 12_000;
/// The seeds of the two sides.
const SEEDS: (u64, u64) = (20_260_301, 77_031_926);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut file, mut scale, mut arguments) = (None, 1.0, std::env::args().skip(1));
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--fit" => file = Some(arguments.next().ok_or("--fit needs a file to write to")?),
            "--scale" => scale = arguments.next().ok_or("--scale needs a share")?.parse()?,
            other => {
                return Err(
                    format!("unknown argument {other}: --fit FILE and --scale SHARE are known").into()
                );
            }
        }
    }
    let count = |all: u64| (all as f64 * scale) as u64;
    let table = file.as_ref().map(|_| {
        let beacons = many(count(FITTED.0), SEEDS.0, implants::fitting);
        let others = many(count(FITTED.1), SEEDS.0 + 1, |chance| ordinary::ordinary(chance, Side::Fitting));
        eprintln!("{} beacons and {} others to fit", beacons.len(), others.len());
        let rows = |all: &[Measured]| {
            all.iter().filter_map(|one| Some(one.features.as_ref()?.values)).collect::<Vec<_>>()
        };
        let table = fit::fit(&rows(&beacons), &rows(&others));
        eprintln!("fitted");
        table
    });
    let others = many(count(CHECKED), SEEDS.1, |chance| ordinary::ordinary(chance, Side::Checking));
    let regular = many(count(REGULAR), SEEDS.1 + 1, ordinary::regular);
    let cells: Vec<(String, Vec<Measured>)> = implants::cells()
        .iter()
        .enumerate()
        .map(|(number, cell)| {
            let seed = SEEDS.1 + 100 + number as u64;
            let make = |chance: &mut Chance| {
                let (implant, span) = (cell.make)(chance);
                implant.generate("beacon", chance, span)
            };
            (cell.name.clone(), many(count(CELL), seed, make))
        })
        .collect();
    eprintln!("{} others and {} cells to check", others.len(), cells.len());
    if let Ok(path) = std::env::var("DUMP") {
        use std::io::Write;
        let mut f = std::io::BufWriter::new(std::fs::File::create(path)?);
        let mut put = |name: &str, all: &[Measured]| {
            for one in all {
                if let Some(x) = &one.features {
                    let _ = writeln!(
                        f,
                        "{name}\t{}\t{}\t{}\t{}\t{}",
                        one.rita,
                        x.timing.gaps,
                        x.timing.shapes,
                        x.timing.smooth,
                        x.values.iter().map(|v| format!("{v:.4}")).collect::<Vec<_>>().join("\t")
                    );
                }
            }
        };
        for one in &others {
            put(one.kind, std::slice::from_ref(one));
        }
        for (name, cell) in &cells {
            put(&format!("* {name}"), cell);
        }
    }
    let report = Report { others, regular, cells };
    if let (Some(file), Some((start, curves))) = (file, table) {
        let weights = report.weights(
            start,
            curves,
            &format!(
                "corpus/beacons: {} beacons and {} other pairs to fit, {} and {} to check",
                count(FITTED.0),
                count(FITTED.1),
                count(CELL) * report.cells.len() as u64 / 2,
                report.others.len() / 2
            ),
        );
        std::fs::write(
            &file,
            format!(
                "# What the figures of a pair count, and what their sum weighs. Made by corpus/beacons/measure --write.\n{}",
                toml::to_string(&weights)?
            ),
        )?;
        report.print(&weights);
    } else {
        report.print(banbury_traffic::beacon::Weights::measured());
    }
    Ok(())
}

fn many(count: u64, seed: u64, make: impl Fn(&mut Chance) -> Pair + Sync) -> Vec<Measured> {
    (0..count).into_par_iter().map(|number| Measured::of(&make(&mut Chance::new(seed, number)))).collect()
}
