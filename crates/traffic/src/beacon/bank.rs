//! Shapes side by side: at one shift the sums of all of them are made in one pass over a pair's bins.
//!
//! The tables of [`Template`] stand so that the logarithms of all shapes at one offset are neighbours, and what a pair needs of them is a few
//! hundred lines of the cache, used again for each shift. The shapes are moved so that their medians are at one place. Each sum is what
//! [`Template::at_coarse`] gives, to the last bit.

use super::rhythm::COARSE_BINS;
use super::templates::{COARSE_TABLE, Template};
use fearless_simd::{Level, Select as _, Simd, SimdBase as _, dispatch, f32x8};

/// Shapes that are gone through at once.
pub const LANES: usize = 8;
/// What stands where there is no shape: no sum of it is near any other.
const NONE: f32 = -1e30;

/// At most `COLUMNS` times [`LANES`] shapes.
#[derive(Debug)]
pub struct Bank<const COLUMNS: usize> {
    /// Logarithms by offset, then by shape.
    rows: Vec<[[f32; LANES]; COLUMNS]>,
    /// Which shapes they are, of those that they were made of.
    shapes: Vec<usize>,
    /// The lowest and the highest of their medians.
    least: i64,
    most: i64,
}

/// Where a shape has its largest sum.
pub struct Best {
    /// Which shape.
    pub shape: usize,
    /// The sum.
    pub sum: f32,
    /// Its place among the shifts.
    pub at: usize,
}

impl<const COLUMNS: usize> Bank<COLUMNS> {
    /// Of those templates that `takes`; nothing where they are too many.
    pub fn of(templates: &[Template], takes: impl Fn(&Template) -> bool) -> Option<Self> {
        let taken: Vec<(usize, &Template)> =
            templates.iter().enumerate().filter(|(_, template)| takes(template)).collect();
        let middles = || taken.iter().map(|(_, template)| template.middle);
        let (least, most) = (middles().min()?, middles().max()?);
        if taken.len() > COLUMNS * LANES {
            return None;
        }
        let mut rows = vec![[[NONE; LANES]; COLUMNS]; COARSE_TABLE];
        for (offset, row) in rows.iter_mut().enumerate() {
            for (log, (_, template)) in row.as_flattened_mut().iter_mut().zip(&taken) {
                *log = template.log_at(offset as i64 + least - template.middle);
            }
        }
        Some(Self { rows, shapes: taken.iter().map(|(at, _)| *at).collect(), least, most })
    }

    /// The row of the first bin at the shift by which medians come to `first`; nothing where some shape cannot be moved so far.
    fn start(&self, first: i64) -> Option<usize> {
        let all_can = first >= self.most && first - self.least < COARSE_BINS as i64;
        all_can.then(|| COARSE_BINS + (first - self.least) as usize)
    }

    #[inline(always)]
    fn sums<S: Simd>(&self, simd: S, coarse: &[(u16, f32)], start: usize) -> [f32x8<S>; COLUMNS] {
        let mut sums = [f32x8::splat(simd, 0.0); COLUMNS];
        for (bin, count) in coarse {
            let Some(row) = self.rows.get(start.wrapping_sub(usize::from(*bin))) else { continue };
            let count = f32x8::splat(simd, *count);
            for (sum, logs) in sums.iter_mut().zip(row) {
                *sum += count * f32x8::load_array_ref(simd, logs);
            }
        }
        sums
    }

    /// The sums of all shapes for `count` shifts from the one on by which medians come to `first`, shift by shift; those of no shape are far
    /// below all others.
    pub fn all(&self, coarse: &[(u16, f32)], first: i64, count: usize) -> Option<Vec<f32>> {
        let start = self.start(first)?;
        let mut all = vec![0.0; count * COLUMNS * LANES];
        dispatch!(Level::new(), simd => simd.vectorize(
            #[inline(always)]
            || for (shift, to) in all.as_chunks_mut::<LANES>().0.chunks_exact_mut(COLUMNS).enumerate() {
                let sums = self.sums(simd, coarse, start + shift);
                for (to, sum) in to.iter_mut().zip(sums) {
                    *to = *sum.as_array();
                }
            }
        ));
        Some(all)
    }

    /// The largest sum of each shape, and at which of `count` shifts it is first.
    pub fn best(&self, coarse: &[(u16, f32)], first: i64, count: usize) -> Option<Vec<Best>> {
        let start = self.start(first)?;
        let (sums, places) = dispatch!(Level::new(), simd => simd.vectorize(
            #[inline(always)]
            || {
                let mut best = [f32x8::splat(simd, f32::MIN); COLUMNS];
                let mut places = [f32x8::splat(simd, 0.0); COLUMNS];
                for shift in 0..count {
                    let here = f32x8::splat(simd, shift as f32);
                    let sums = self.sums(simd, coarse, start + shift);
                    for ((best, place), sum) in best.iter_mut().zip(&mut places).zip(sums) {
                        let is_better = sum.simd_gt(*best);
                        *best = is_better.select(sum, *best);
                        *place = is_better.select(here, *place);
                    }
                }
                (best.map(|best| *best.as_array()), places.map(|place| *place.as_array()))
            }
        ));
        let both = sums.as_flattened().iter().zip(places.as_flattened());
        let best = self.shapes.iter().zip(both).map(|(shape, (sum, place))| Best {
            shape: *shape,
            sum: *sum,
            at: *place as usize,
        });
        Some(best.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::templates::Templates;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Shapes side by side are as one after the other, to the last bit.
        #[test]
        fn shapes_side_by_side_are_as_one_by_one(
            gaps in prop::collection::btree_map(0..COARSE_BINS as u16, 1u8..50, 1..40), first in -60..320i64, count in 1usize..=72,
        ) {
            let coarse: Vec<(u16, f32)> = gaps.into_iter().map(|(bin, count)| (bin, f32::from(count))).collect();
            let all = Templates::all();
            let bank = all.benign_bank.as_ref().unwrap();
            let can = |template: &Template| (0..COARSE_BINS as i64).contains(&(first - template.middle));
            prop_assert_eq!(bank.all(&coarse, first, count).is_some(), all.benign.iter().all(can));
            let mut sums = Vec::new();
            if let Some(found) = bank.all(&coarse, first, count) {
                let shapes = found.len() / count;
                for (at, template) in all.benign.iter().enumerate() {
                    template.at_coarse(&coarse, (first - template.middle) as usize, count, &mut sums);
                    for (shift, sum) in sums.iter().enumerate() {
                        prop_assert_eq!(sum.to_bits(), found[shift * shapes + at].to_bits());
                    }
                }
                let largest = found.iter().copied().fold(f32::MIN, f32::max);
                for sum in found.iter().enumerate().filter(|(at, _)| at % shapes >= all.benign.len()).map(|(_, sum)| sum) {
                    prop_assert!(*sum < largest - 1e6);
                }
            }
            // The least of its kind gives the same as this processor.
            if let Some(start) = bank.start(first) {
                let [least, this] = [Level::baseline(), Level::new()].map(|level| {
                    dispatch!(level, simd => bank.sums(simd, &coarse, start).map(|sums| sums.as_array().map(f32::to_bits)))
                });
                prop_assert_eq!(least, this);
            }
            for best in all.beacons_bank.as_ref().unwrap().best(&coarse, first, count).unwrap_or_default() {
                let template = &all.beacons[best.shape];
                prop_assert!(template.first);
                template.at_coarse(&coarse, (first - template.middle) as usize, count, &mut sums);
                let largest = sums.iter().copied().fold(f32::MIN, f32::max);
                prop_assert_eq!(best.sum.to_bits(), largest.to_bits());
                prop_assert_eq!(Some(best.at), sums.iter().position(|sum| *sum == largest));
            }
        }
    }
}
