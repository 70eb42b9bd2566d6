//! The shapes that a pair's gaps are held against: beacons' and other traffic's, as tables of logarithms that are made once.
//!
//! A table is reversed, so that one bin of a pair adds to all shifts of a template in one pass over neighbouring numbers.

use super::bank::Bank;
use super::distributions::{self as shapes, Jitter, REACH, SPAN};
use super::rhythm::{BINS, COARSE, COARSE_BINS};
use std::sync::LazyLock;

/// Shares of gaps that follow no shape: the floor under each.
const FLOORS: [f64; 2] = [0.03, 0.2];
/// The same under other traffic's shapes.
const LOOSE: [f64; 2] = [0.004, 0.08];
/// Bins that the floor is spread over.
const FLOOR_BINS: f64 = BINS as f64;
/// Coarse offsets of a reversed table.
const COARSE_SPAN: usize = 2 * COARSE_BINS + 1;
/// Coarse shifts that are gone through side by side: their sums stay in registers while a pair's bins are passed over.
const LANES: usize = 16;
/// Zeros behind a coarse table, so that as many shifts as there may be can be read from any place of it.
const COARSE_MORE: usize = 128;
/// Numbers of a coarse table.
pub const COARSE_TABLE: usize = COARSE_SPAN + COARSE_MORE;
/// Fine shifts that are gone through side by side.
pub const FINE: usize = 8;

/// One shape.
#[derive(Debug)]
pub struct Template {
    /// How its sleeps are jittered; nothing for other traffic.
    pub jitter: Option<Jitter>,
    /// The share of check-ins that are missing.
    pub missing: f64,
    /// Whether it is among those that are tried first.
    pub first: bool,
    /// The shape that is tried next where this one does well.
    pub beside: Option<usize>,
    /// The coarse offset of its median from its origin.
    pub middle: i64,
    /// Logarithms by coarse offset, reversed; zeros behind.
    coarse: Box<[f32; COARSE_TABLE]>,
    /// Logarithms by fine offset, reversed, for each floor, with the floor's own on either side; other traffic, being smooth, has none.
    fine: Vec<Vec<f32>>,
    /// The logarithms of the floors themselves.
    floors: Vec<f32>,
}

/// All shapes.
#[derive(Debug)]
pub struct Templates {
    /// Of beacons.
    pub beacons: Vec<Template>,
    /// Of other traffic.
    pub benign: Vec<Template>,
    /// Those of beacons that are tried first, side by side; nothing where there are more than fit.
    pub beacons_bank: Option<Bank<6>>,
    /// Those of other traffic, side by side.
    pub benign_bank: Option<Bank<7>>,
}

impl Templates {
    /// The tables.
    pub fn all() -> &'static Self {
        static ALL: LazyLock<Templates> = LazyLock::new(Templates::make);
        &ALL
    }

    fn make() -> Self {
        let mut beacons = Vec::new();
        // Two shares in four are tried first, the others where a neighbour did well.
        for half in [0.004, 0.015, 0.04, 0.08, 0.13, 0.19, 0.26, 0.33, 0.42, 0.52, 0.64, 0.75, 0.83, 0.9] {
            let at = beacons.len();
            for (missing, beside) in [(0.01, Some(at + 1)), (0.15, None), (0.32, Some(at + 3)), (0.5, None)] {
                let first = beside.is_some();
                beacons.push(Template { first, beside, ..Template::beacon(Jitter::Even(half), missing) });
            }
        }
        for deviation in [0.1, 0.18, 0.28, 0.4] {
            for missing in [0.01, 0.3] {
                beacons.push(Template::beacon(Jitter::Normal(deviation), missing));
            }
        }
        for mean in [0.05, 0.15, 0.4, 1.0] {
            for missing in [0.01, 0.3] {
                beacons.push(Template::beacon(Jitter::Exponential(mean), missing));
            }
        }
        let narrow =
            [1.0, 1.5, 2.2, 3.2, 4.5, 6.5, 9.0].map(|shape| shapes::smooth(shapes::gamma(shape))).into_iter();
        let narrow = narrow
            .chain([1.5, 2.2, 3.2].map(|shape| shapes::smooth(shapes::weibull(shape))))
            .chain([0.3, 0.45, 0.65, 0.95].map(|deviation| shapes::smooth(shapes::lognormal(deviation))));
        let mut benign: Vec<Template> =
            narrow.flat_map(|masses| LOOSE.map(|floor| Template::coarse(&masses, floor))).collect();
        // What is wide has strays of its own.
        let wide = [0.2, 0.35, 0.6].map(|shape| shapes::smooth(shapes::gamma(shape))).into_iter();
        let wide = wide
            .chain([1.4, 2.0, 2.8].map(|deviation| shapes::smooth(shapes::lognormal(deviation))))
            .chain(
                [(0.5, 10.0), (0.8, 10.0), (0.5, 80.0), (0.8, 80.0), (0.9, 80.0), (0.2, 80.0)]
                    .map(|(fast, ratio)| shapes::smooth(shapes::hyperexponential(fast, ratio))),
            )
            .chain([0.5, 0.8, 1.2, 1.7, 2.4, 3.3].map(|shape| shapes::smooth(shapes::pareto(shape))))
            .chain([1.3, 2.0, 3.0].map(|shape| shapes::smooth(shapes::loglogistic(shape))))
            .chain(
                [(0.25, 0.7), (0.5, 0.7), (0.25, 0.25), (0.5, 0.25)]
                    .map(|(idle, mean)| shapes::smooth(shapes::timeout(idle, mean))),
            )
            .chain([2.5, 4.0, 6.0].map(|nats| shapes::smooth(shapes::even(nats))));
        benign.extend(wide.map(|masses| Template::coarse(&masses, LOOSE.first().copied().unwrap_or(0.004))));
        Self {
            beacons_bank: Bank::of(&beacons, |template| template.first),
            benign_bank: Bank::of(&benign, |_| true),
            beacons,
            benign,
        }
    }
}

impl Template {
    fn beacon(jitter: Jitter, missing: f64) -> Self {
        let masses = shapes::beacon(jitter, missing);
        let fine = FLOORS
            .iter()
            .map(|floor| {
                let logs =
                    masses.iter().rev().map(|mass| ((1.0 - floor) * mass + floor / FLOOR_BINS).ln() as f32);
                let under = [(floor / FLOOR_BINS).ln() as f32; FINE];
                under.into_iter().chain(logs).chain(under).collect()
            })
            .collect();
        Self { jitter: Some(jitter), missing, fine, ..Self::coarse(&masses, 0.06) }
    }

    /// What all shapes have. A coarse mass is the mean over the fine shifts within a coarse bin.
    fn coarse(masses: &[f64], floor: f64) -> Self {
        let mut coarse = vec![0.0_f64; COARSE_SPAN];
        for (bin, mass) in masses.iter().enumerate() {
            for shift in 0..COARSE {
                // Fine offset from the origin, moved so that it stays above zero while it is divided.
                let place = COARSE_BINS * COARSE + bin + shift;
                let at = place.saturating_sub(REACH) / COARSE;
                if let Some(sum) = coarse.get_mut(at) {
                    *sum += mass / COARSE as f64;
                }
            }
        }
        let mut passed = 0.0;
        let half = masses.iter().sum::<f64>() / 2.0;
        let middle = masses
            .iter()
            .position(|mass| {
                passed += mass;
                passed >= half
            })
            .unwrap_or(REACH);
        let per_coarse = floor * COARSE as f64 / FLOOR_BINS;
        let mut table = Box::new([0.0; COARSE_TABLE]);
        for (log, mass) in table.iter_mut().zip(coarse.iter().rev()) {
            *log = ((1.0 - floor) * mass + per_coarse).ln() as f32;
        }
        Self {
            jitter: None,
            missing: 0.0,
            first: true,
            beside: None,
            middle: (middle as i64 - REACH as i64).div_euclid(COARSE as i64),
            coarse: table,
            fine: Vec::new(),
            floors: FLOORS.iter().map(|floor| (floor / FLOOR_BINS).ln() as f32).collect(),
        }
    }

    /// The logarithm at a place of the coarse table; none stands beyond it.
    pub fn log_at(&self, place: i64) -> f32 {
        usize::try_from(place).ok().and_then(|place| self.coarse.get(place)).copied().unwrap_or(0.0)
    }

    /// For each of so many shifts from `first` on, what the gaps in coarse bins say.
    #[inline(always)]
    pub fn at_coarse(&self, coarse: &[(u16, f32)], first: usize, count: usize, sums: &mut Vec<f32>) {
        sums.clear();
        sums.reserve(count + 2 * LANES);
        while sums.len() < count {
            let at = COARSE_BINS + first + sums.len();
            if count - sums.len() > LANES {
                sums.extend_from_slice(&self.lanes::<{ 2 * LANES }>(coarse, at));
            } else {
                sums.extend_from_slice(&self.lanes::<LANES>(coarse, at));
            }
        }
        sums.truncate(count);
    }

    #[inline(always)]
    fn lanes<const N: usize>(&self, coarse: &[(u16, f32)], at: usize) -> [f32; N] {
        let mut sums = [0.0_f32; N];
        let table: &[f32; COARSE_TABLE] = &self.coarse;
        for (bin, count) in coarse {
            // Offset bin - shift stands, reversed, at COARSE_BINS + shift - bin. In sixteen bits the end is known not to be below the start.
            let from = usize::from((at as u16).wrapping_sub(*bin));
            let Some(logs) = table.get(from..from + N) else { continue };
            for (sum, log) in sums.iter_mut().zip(logs) {
                *sum += count * log;
            }
        }
        sums
    }

    /// How many floors there are.
    pub fn floors(&self) -> usize {
        self.fine.len()
    }

    /// What the gaps of a rhythm say at the fine shifts from `first` on, with one floor.
    #[inline(always)]
    pub fn fine(&self, fine: &[(usize, f32)], first: i64, floor: usize) -> [f32; FINE] {
        let mut sums = [0.0_f32; FINE];
        let Some(table) = self.fine.get(floor) else { return [f32::MIN; FINE] };
        for (bin, count) in fine {
            // Beyond the shape there is the floor alone, and as many places of it as are read at once.
            let at = (FINE + REACH) as i64 + first - *bin as i64;
            let at = at.clamp(0, (FINE + SPAN) as i64) as usize;
            let Some(logs) = table.get(at..).and_then(|logs| logs.first_chunk::<FINE>()) else { continue };
            for (sum, log) in sums.iter_mut().zip(logs) {
                *sum += count * log;
            }
        }
        sums
    }

    /// The logarithm at one bin.
    pub fn at(&self, bin: usize, shift: i64, floor: usize) -> f32 {
        let at = (FINE + REACH) as i64 + shift - bin as i64;
        let at = at.clamp(0, (FINE + SPAN) as i64) as usize;
        self.fine.get(floor).and_then(|table| table.get(at)).copied().unwrap_or(f32::MIN)
    }

    /// The share of gaps that are the floor's rather than the shape's.
    pub fn stray(&self, fine: &[(usize, f32)], shift: i64, floor: usize) -> f64 {
        let Some(under) = self.floors.get(floor) else { return 1.0 };
        let (mut stray, mut all) = (0.0, 0.0);
        for (bin, count) in fine {
            let log = self.at(*bin, shift, floor);
            stray += f64::from(*count) * f64::from(under - log).exp().min(1.0);
            all += f64::from(*count);
        }
        if all > 0.0 { stray / all } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_table_is_a_distribution() {
        assert_eq!(SPAN, 2 * REACH + 1);
        let all = Templates::all();
        assert!(all.beacons.len() > 50 && all.benign.len() > 20);
        for template in all.beacons.iter().chain(&all.benign) {
            let coarse: f64 = template.coarse.iter().take(COARSE_SPAN).map(|log| f64::from(*log).exp()).sum();
            // The floor is spread over the bins of a pair, and a table has those of two.
            assert!((0.9..1.3).contains(&coarse), "{coarse} {template:?}");
            for fine in &template.fine {
                let sum: f64 = fine.iter().skip(FINE).take(SPAN).map(|log| f64::from(*log).exp()).sum();
                assert!((0.8..1.01).contains(&sum), "{sum}");
            }
        }
    }

    #[test]
    fn a_gap_at_the_shift_is_likeliest() {
        let sharp = &Templates::all().beacons[0];
        let best = (0..1024)
            .max_by(|one, other| sharp.at(500, *one, 0).total_cmp(&sharp.at(500, *other, 0)))
            .unwrap();
        assert_eq!(best, 500);
        let mut sums = Vec::new();
        sharp.at_coarse(&[(500 / COARSE as u16, 1.0)], 100, 72, &mut sums);
        let coarse = 100 + (0..72).max_by(|one, other| sums[*one].total_cmp(&sums[*other])).unwrap();
        assert!((124..=126).contains(&coarse), "{coarse}");
    }

    /// Gaps by bin, in order.
    fn gaps(bins: usize) -> impl Strategy<Value = Vec<(usize, f32)>> {
        prop::collection::btree_map(0..bins, 1u8..50, 1..40)
            .prop_map(|gaps| gaps.into_iter().map(|(bin, count)| (bin, f32::from(count))).collect())
    }

    proptest! {
        /// Side by side is as one by one, to the last bit.
        #[test]
        fn shifts_side_by_side_are_as_one_by_one(
            coarse in gaps(COARSE_BINS), first in 0..COARSE_BINS, count in 1usize..=72,
            fine in gaps(BINS), shift in -1i64..1030, pick in 0usize..1000,
        ) {
            let all = Templates::all();
            let template = &all.beacons[pick % all.beacons.len()];
            let mut sums = Vec::new();
            let narrow: Vec<(u16, f32)> = coarse.iter().map(|(bin, count)| (*bin as u16, *count)).collect();
            template.at_coarse(&narrow, first, count, &mut sums);
            prop_assert_eq!(sums.len(), count);
            for (at, sum) in sums.iter().enumerate() {
                let mut one = 0.0_f32;
                for (bin, count) in &coarse {
                    let log = template.coarse.get(COARSE_BINS + first + at - bin).filter(|_| COARSE_BINS + first + at - bin < COARSE_SPAN);
                    one += count * log.unwrap_or(&0.0);
                }
                prop_assert_eq!(one.to_bits(), sum.to_bits());
            }
            for floor in 0..template.floors() {
                for (at, sum) in (0..).zip(template.fine(&fine, shift, floor)) {
                    let mut one = 0.0_f32;
                    for (bin, count) in &fine {
                        let offset = REACH as i64 + shift + at - *bin as i64;
                        let inside = (0..SPAN as i64).contains(&offset);
                        let log = if inside { template.fine[floor][FINE + offset as usize] } else { template.floors[floor] };
                        one += count * log;
                    }
                    prop_assert_eq!(one.to_bits(), sum.to_bits());
                }
            }
        }
    }
}
