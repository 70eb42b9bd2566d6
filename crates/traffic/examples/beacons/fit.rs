//! The curves of the figures, by a logistic regression.
//!
//! Each figure is spread over hats between the quantiles of its values, so that a curve of straight lines is fitted; beacons and others weigh
//! the same in sum, so the result is a likelihood ratio. Two penalties keep it steady: on bends of a curve, and, less, on its size. The
//! minimum is found by Newton's method.

use banbury_traffic::beacon::features::{FIGURES, NAMES, Piece};
use banbury_traffic::beacon::weights::Curve;
use std::collections::BTreeMap;

/// The quantiles that a curve has its points at.
const QUANTILES: [f64; 11] = [0.002, 0.03, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97, 0.998];
const BENDS: f64 = 12.0;
const SIZE: f64 = 1.0;
/// What holds a curve to its direction.
const STIFF: f64 = 1e5;
const STEPS: usize = 25;

/// The figures of a pair.
pub type Row = [f64; FIGURES];

/// A row of the regression: its hats with their values, whether it is a beacon, and how much it counts.
struct Case {
    hats: Vec<(usize, f64)>,
    truth: f64,
    weight: f64,
}

/// The constant and the curves of the figures of these pieces, in decibans.
pub fn fit(beacons: &[Row], others: &[Row], pieces: &[Piece]) -> (f64, BTreeMap<String, Curve>) {
    let points: Vec<Vec<f64>> = NAMES
        .iter()
        .enumerate()
        .map(|(figure, (_, piece))| {
            // One point is a constant: the figure counts nothing.
            if pieces.contains(piece) { points(beacons, others, figure) } else { vec![0.0] }
        })
        .collect();
    let starts: Vec<usize> = points
        .iter()
        .scan(1, |next, points| {
            let start = *next;
            *next += points.len();
            Some(start)
        })
        .collect();
    let columns = 1 + points.iter().map(Vec::len).sum::<usize>();
    let weights = [20_000.0 / others.len() as f64, 20_000.0 / beacons.len() as f64];
    let rows: Vec<Case> = beacons
        .iter()
        .map(|row| (row, 1.0, weights[1]))
        .chain(others.iter().map(|row| (row, 0.0, weights[0])))
        .map(|(row, truth, weight)| Case { hats: hats(row, &points, &starts), truth, weight })
        .collect();
    let mut coefficients = vec![0.0; columns];
    for _ in 0..STEPS {
        let mut slope = vec![0.0; columns];
        let mut curvature = vec![0.0; columns * columns];
        for Case { hats, truth, weight } in &rows {
            let sum: f64 = hats.iter().map(|(column, value)| coefficients[*column] * value).sum();
            let chance = 1.0 / (1.0 + (-sum).exp());
            let (error, steep) = (weight * (truth - chance), weight * (chance * (1.0 - chance)).max(1e-9));
            for (column, value) in hats {
                slope[*column] += error * value;
                for (other, by) in hats {
                    curvature[column * columns + other] += steep * value * by;
                }
            }
        }
        penalise(&points, &starts, &coefficients, &mut slope, &mut curvature);
        keep_direction(&points, &starts, &coefficients, &mut slope, &mut curvature);
        let step = solve(curvature, slope);
        // A long step of Newton's overshoots where chances are all near 0 or 1.
        let longest = step.iter().fold(0.0_f64, |longest, step| longest.max(step.abs()));
        let shorten = (2.0 / longest.max(1e-12)).min(1.0);
        for (coefficient, step) in coefficients.iter_mut().zip(&step) {
            *coefficient += shorten * step;
        }
    }
    let decibans = 10.0 / std::f64::consts::LN_10;
    let mut start = coefficients[0] * decibans;
    let mut curves = BTreeMap::new();
    for (figure, (name, piece)) in NAMES.iter().enumerate() {
        if !pieces.contains(piece) {
            start += coefficients[starts[figure]] * decibans;
            continue;
        }
        let values: Vec<f64> = coefficients[starts[figure]..starts[figure] + points[figure].len()]
            .iter()
            .map(|c| c * decibans)
            .collect();
        let curve = Curve { at: points[figure].clone(), decibans: values };
        // A curve is zero on average over beacons and others; what it had goes into the constant.
        let mean =
            |rows: &[Row]| rows.iter().map(|row| curve.at(row[figure])).sum::<f64>() / rows.len() as f64;
        let middle = (mean(beacons) + mean(others)) / 2.0;
        start += middle;
        let decibans = curve.decibans.iter().map(|value| round(value - middle, 100.0)).collect();
        curves.insert((*name).to_string(), Curve { decibans, ..curve });
    }
    (round(start, 100.0), curves)
}

fn round(value: f64, to: f64) -> f64 {
    (value * to).round() / to
}

/// A figure's quantiles over beacons and others alike, without those that lie together.
fn points(beacons: &[Row], others: &[Row], figure: usize) -> Vec<f64> {
    let sorted = |rows: &[Row]| {
        let mut values: Vec<f64> = rows.iter().map(|row| row[figure]).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (one, other) = (sorted(beacons), sorted(others));
    let mut points: Vec<f64> = QUANTILES
        .iter()
        .flat_map(|share| [&one, &other].map(|values| values[(share * (values.len() - 1) as f64) as usize]))
        .map(|value| round(value, 1e4))
        .collect();
    points.sort_by(f64::total_cmp);
    let range = points[points.len() - 1] - points[0];
    points.dedup_by(|next, before| *next - *before < range / 25.0);
    points
}

fn hats(row: &Row, points: &[Vec<f64>], starts: &[usize]) -> Vec<(usize, f64)> {
    let mut hats = vec![(0, 1.0)];
    for ((value, points), start) in row.iter().zip(points).zip(starts) {
        let above = points.partition_point(|point| point <= value);
        if above == 0 {
            hats.push((*start, 1.0));
        } else if above == points.len() {
            hats.push((start + above - 1, 1.0));
        } else {
            let share = (value - points[above - 1]) / (points[above] - points[above - 1]);
            hats.push((start + above - 1, 1.0 - share));
            hats.push((start + above, share));
        }
    }
    hats
}

fn penalise(
    points: &[Vec<f64>],
    starts: &[usize],
    coefficients: &[f64],
    slope: &mut [f64],
    curvature: &mut [f64],
) {
    let columns = coefficients.len();
    curvature[0] += 1e-6;
    let mut add = |terms: &[(usize, f64)], strength: f64| {
        let value: f64 = terms.iter().map(|(column, by)| coefficients[*column] * by).sum();
        for (column, by) in terms {
            slope[*column] -= strength * value * by;
            for (other, with) in terms {
                curvature[column * columns + other] += strength * by * with;
            }
        }
    };
    for (points, start) in points.iter().zip(starts) {
        for point in 0..points.len() {
            add(&[(start + point, 1.0)], SIZE);
            if point + 2 < points.len() {
                // Bends in slope, on an axis that the curve's range makes one.
                let range = points[points.len() - 1] - points[0];
                let (one, two) = (
                    (points[point + 1] - points[point]) / range,
                    (points[point + 2] - points[point + 1]) / range,
                );
                let scale = 1.0 / points.len() as f64;
                add(
                    &[
                        (start + point, scale / one),
                        (start + point + 1, -scale / one - scale / two),
                        (start + point + 2, scale / two),
                    ],
                    BENDS,
                );
            }
        }
    }
}

/// Figures that can only speak for a beacon the more, the higher they are, or the lower: a curve that turns would follow chance.
fn direction(name: &str) -> f64 {
    match name {
        "stray" | "serial" | "dispersion" | "silence" | "range sent" | "range received" => -1.0,
        "jitter" | "missing" | "merged" | "check-ins" => 0.0,
        _ => 1.0,
    }
}

fn keep_direction(
    points: &[Vec<f64>],
    starts: &[usize],
    coefficients: &[f64],
    slope: &mut [f64],
    curvature: &mut [f64],
) {
    let columns = coefficients.len();
    for (((name, _), points), start) in NAMES.iter().zip(points).zip(starts) {
        let direction = direction(name);
        for point in *start..(start + points.len()).saturating_sub(1) {
            let rise = coefficients[point + 1] - coefficients[point];
            if rise * direction < 0.0 {
                for (column, sign) in [(point, -1.0), (point + 1, 1.0)] {
                    slope[column] -= STIFF * rise * sign;
                    for (other, with) in [(point, -1.0), (point + 1, 1.0)] {
                        curvature[column * columns + other] += STIFF * sign * with;
                    }
                }
            }
        }
    }
}

/// Solves a symmetric positive system by Cholesky's way.
fn solve(mut matrix: Vec<f64>, mut right: Vec<f64>) -> Vec<f64> {
    let count = right.len();
    for row in 0..count {
        for column in 0..=row {
            let mut sum = matrix[row * count + column];
            for k in 0..column {
                sum -= matrix[row * count + k] * matrix[column * count + k];
            }
            matrix[row * count + column] =
                if row == column { sum.max(1e-12).sqrt() } else { sum / matrix[column * count + column] };
        }
    }
    for row in 0..count {
        for k in 0..row {
            right[row] -= matrix[row * count + k] * right[k];
        }
        right[row] /= matrix[row * count + row];
    }
    for row in (0..count).rev() {
        for k in row + 1..count {
            right[row] -= matrix[k * count + row] * right[k];
        }
        right[row] /= matrix[row * count + row];
    }
    right
}
