//! The inverse of a square matrix.

#![expect(clippy::indexing_slicing, reason = "rows and columns are below the size")]

/// The inverse of a square matrix, by Gauss and Jordan with the largest pivot of each column; `None` when it has none.
pub(super) fn invert(matrix: &mut [f64], size: usize) -> Option<Vec<f64>> {
    let mut inverse = vec![0.0; size * size];
    for at in 0..size {
        inverse[at * size + at] = 1.0;
    }
    for column in 0..size {
        let largest = (column..size)
            .max_by(|a, b| matrix[a * size + column].abs().total_cmp(&matrix[b * size + column].abs()))?;
        let pivot = matrix[largest * size + column];
        if pivot.abs() < 1e-10 {
            return None;
        }
        if largest != column {
            for at in 0..size {
                matrix.swap(largest * size + at, column * size + at);
                inverse.swap(largest * size + at, column * size + at);
            }
        }
        let scale = |values: &mut [f64]| -> Vec<(usize, f64)> {
            let row = &mut values[column * size..(column + 1) * size];
            row.iter_mut().for_each(|value| *value /= pivot);
            row.iter().copied().enumerate().filter(|(_, value)| *value != 0.0).collect()
        };
        let (own, of_inverse) = (scale(matrix), scale(&mut inverse));
        for row in (0..size).filter(|row| *row != column) {
            let factor = matrix[row * size + column];
            if factor == 0.0 {
                continue;
            }
            for (at, value) in &own {
                matrix[row * size + at] -= factor * value;
            }
            for (at, value) in &of_inverse {
                inverse[row * size + at] -= factor * value;
            }
        }
    }
    Some(inverse)
}
