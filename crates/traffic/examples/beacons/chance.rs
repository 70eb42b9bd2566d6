//! Random numbers that are the same for the same seed.

use std::f64::consts::PI;

/// A source of random numbers: the state of splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
pub struct Chance(u64);

impl Chance {
    /// The source of a seed and a number: neighbours have nothing in common.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut one =
            Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        one.bits();
        Self(one.bits())
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and 1, neither of them.
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Even on a logarithmic scale.
    pub fn scale(&mut self, low: f64, high: f64) -> f64 {
        (low.ln() + (high / low).ln() * self.unit()).exp()
    }

    pub fn happens(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    pub fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count - 1)
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (2.0 * PI * self.unit()).cos()
    }

    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.unit().ln()
    }

    pub fn lognormal(&mut self, median: f64, deviation: f64) -> f64 {
        median * (deviation * self.normal()).exp()
    }

    /// Of mean 1 (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let above = self.gamma(shape + 1.0) * (shape + 1.0);
            return above * self.unit().powf(1.0 / shape) / shape;
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let x = self.normal();
            let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && self.unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v / shape;
            }
        }
    }

    /// Of scale 1.
    pub fn weibull(&mut self, shape: f64) -> f64 {
        (-self.unit().ln()).powf(1.0 / shape)
    }

    /// Of least value 1.
    pub fn pareto(&mut self, shape: f64) -> f64 {
        self.unit().powf(-1.0 / shape)
    }

    /// Of median 1.
    pub fn loglogistic(&mut self, shape: f64) -> f64 {
        let unit = self.unit();
        (unit / (1.0 - unit)).powf(1.0 / shape)
    }

    /// Inverse Gaussian of mean 1 (Michael, Schucany, Haas, 1976).
    pub fn inverse_gaussian(&mut self, shape: f64) -> f64 {
        let y = self.normal().powi(2);
        let x = 1.0 + y / (2.0 * shape) - (4.0 * shape * y + y * y).sqrt() / (2.0 * shape);
        if self.unit() <= 1.0 / (1.0 + x) { x } else { 1.0 / x }
    }

    /// How often until it does not happen again: 1 and more, of this mean.
    pub fn geometric(&mut self, mean: f64) -> usize {
        let mut count = 1;
        while count < 10_000 && self.happens(1.0 - 1.0 / mean) {
            count += 1;
        }
        count
    }
}
