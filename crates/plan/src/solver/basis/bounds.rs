//! What every answer costs at least, and whether there is any: by weak duality, from multipliers alone.

#![expect(clippy::indexing_slicing, reason = "choices and groups are handed out by the program")]

use super::Simplex;

impl Simplex<'_> {
    /// What every answer within the bounds costs at least, by the multipliers of the basis: weak duality over the costs as they
    /// are, whatever rounding did to the multipliers.
    pub fn bound(&self) -> f64 {
        let multipliers: Vec<f64> = self.multipliers().iter().map(|value| value.min(0.0)).collect();
        self.dual(&multipliers, |at| self.program.cost(at) / self.cost_scale) * self.cost_scale
    }

    /// Whether the ray proves that no shares keep the rows.
    pub(super) fn is_proof(&self) -> bool {
        let ray: Vec<f64> = self.ray.iter().map(|value| value.min(0.0)).collect();
        let largest = ray.iter().fold(0.0f64, |largest, value| largest.max(-value));
        (largest > 0.0 && self.dual(&ray, |_| 0.0) > 1e-6 * largest)
            || (0..self.key.len()).any(|group| self.is_unsharable(group))
    }

    /// Whether a group's bounds cannot add up to its units.
    fn is_unsharable(&self, group: usize) -> bool {
        let range = self.program.choices_of(group);
        let units = self.program.units(group) as f64;
        let lower: f64 = range.clone().map(|at| self.lower[at]).sum();
        let upper: f64 = range.map(|at| self.upper[at]).sum();
        lower > units + 0.5 || upper < units - 0.5
    }

    /// The least of cost less multipliers times what rows are used beyond their limits, over all shares within the bounds.
    fn dual(&self, multipliers: &[f64], cost: impl Fn(usize) -> f64) -> f64 {
        let mut sum: f64 = multipliers.iter().zip(&self.limits).map(|(value, limit)| value * limit).sum();
        let mut order: Vec<(f64, usize)> = Vec::new();
        for group in 0..self.key.len() {
            let units = self.program.units(group) as f64;
            let mut left = units;
            let (mut least, mut bounded) = (f64::INFINITY, false);
            order.clear();
            for at in self.program.choices_of(group) {
                let value = cost(at) - self.dot(multipliers, at);
                bounded |= self.lower[at] > 0.0 || self.upper[at] < units;
                least = least.min(value);
                order.push((value, at));
            }
            if !bounded {
                if units > 0.0 {
                    sum += least * units;
                }
                continue;
            }
            order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            for (value, at) in &order {
                sum += value * self.lower[*at];
                left -= self.lower[*at];
            }
            for (value, at) in &order {
                let more = (self.upper[*at] - self.lower[*at]).min(left);
                if more > 0.0 {
                    sum += value * more;
                    left -= more;
                }
            }
            if left > 0.5 {
                return f64::INFINITY;
            }
        }
        sum
    }

    /// What a unit of each choice costs beside the rows that it uses, by the multipliers, over the costs as they are.
    pub fn reduced_costs(&self) -> Vec<f64> {
        let multipliers = self.multipliers();
        (0..self.program.choices())
            .map(|at| self.program.cost(at) - self.dot(&multipliers, at) * self.cost_scale)
            .collect()
    }
}
