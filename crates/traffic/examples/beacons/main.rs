//! Generates beacons and other traffic, fits what the figures of a pair weigh, and measures it. For corpus/beacons/measure.
//!
//!     beacons [--fit FOLDER] [--scale SHARE] [--seed NUMBER]
//!
//! Without `--fit` the committed table is measured; with it a table is fitted on the fitting side, its bands are measured on one half of the
//! checking side, and it is written
//! to the folder, with one for pairs without sizes. What is printed is Markdown. `--scale` makes fewer pairs, to try something; `--seed` makes
//! another checking side.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
#![allow(clippy::indexing_slicing, reason = "measures with numbers of its own making")]

mod chance;
mod fit;
mod implants;
mod measure;
mod ordinary;
mod pair;

use banbury_traffic::beacon::Weights;
use banbury_traffic::beacon::features::Piece;
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
    let (mut file, mut scale, mut seed) = (None, 1.0, SEEDS.1);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--fit" => file = Some(arguments.next().ok_or("--fit needs a folder to write to")?),
            "--scale" => scale = arguments.next().ok_or("--scale needs a share")?.parse()?,
            "--seed" => seed = arguments.next().ok_or("--seed needs a number")?.parse()?,
            other => {
                return Err(format!("unknown argument {other}: --fit, --scale and --seed are known").into());
            }
        }
    }
    let count = |all: u64| (all as f64 * scale) as u64;
    let beacons = rows(&many(count(FITTED.0), SEEDS.0, implants::fitting));
    let others =
        rows(&many(count(FITTED.1), SEEDS.0 + 1, |chance| ordinary::ordinary(chance, Side::Fitting)));
    eprintln!("{} beacons and {} others to fit", beacons.len(), others.len());
    let sizeless = [Piece::Timing, Piece::Persistence, Piece::Count];
    let fitted = file
        .as_ref()
        .map(|_| (fit::fit(&beacons, &others, &Piece::ALL), fit::fit(&beacons, &others, &sizeless)));
    // What a piece is worth without the others, each with the count that says what its figures are worth.
    let alone = [Piece::Timing, Piece::Persistence, Piece::Sizes].map(|piece| {
        let (start, curves) = fit::fit(&beacons, &others, &[piece, Piece::Count]);
        Weights { start, curves, ..Weights::default() }
    });
    eprintln!("fitted");
    let others = many(count(CHECKED), seed, |chance| ordinary::ordinary(chance, Side::Checking));
    let regular = many(count(REGULAR), seed + 1, ordinary::regular);
    let cells: Vec<(String, Vec<Measured>)> = implants::cells()
        .iter()
        .enumerate()
        .map(|(number, cell)| {
            let seed = seed + 100 + number as u64;
            let make = |chance: &mut Chance| {
                let (implant, span) = (cell.make)(chance);
                implant.generate("beacon", chance, span)
            };
            (cell.name.clone(), many(count(CELL), seed, make))
        })
        .collect();
    eprintln!("{} others and {} cells to check", others.len(), cells.len());
    let report = Report { others, regular, cells };
    let (Some(folder), Some((with, without))) = (file, fitted) else {
        report.print(Weights::measured(), Weights::without_sizes(), &alone);
        return Ok(());
    };
    let basis = format!(
        "corpus/beacons: {} beacons and {} other pairs to fit, {} and {} to check",
        count(FITTED.0),
        count(FITTED.1),
        count(CELL) * report.cells.len() as u64 / 2,
        report.others.len() / 2
    );
    let with = report.weights(with.0, with.1, &basis);
    let without = report.weights(without.0, without.1, &format!("{basis}, without sizes"));
    for (name, of, weights) in
        [("weights.toml", "a pair", &with), ("weights-without-sizes.toml", "a pair without sizes", &without)]
    {
        let text = toml::to_string(weights)?;
        let head = format!(
            "# What the figures of {of} count, and what their sum weighs. Made by corpus/beacons/measure --write."
        );
        std::fs::write(std::path::Path::new(&folder).join(name), format!("{head}\n{text}"))?;
    }
    report.print(&with, &without, &alone);
    Ok(())
}

fn rows(all: &[Measured]) -> Vec<fit::Row> {
    all.iter().filter_map(|one| Some(one.features.as_ref()?.values)).collect()
}

fn many(count: u64, seed: u64, make: impl Fn(&mut Chance) -> Pair + Sync) -> Vec<Measured> {
    (0..count).into_par_iter().map(|number| Measured::of(&make(&mut Chance::new(seed, number)))).collect()
}
