//! Concentration of shares among suppliers.
//!
//! The Herfindahl-Hirschman index is the sum of squared shares: 1 (10,000 points in the usual unit of squared percent) for
//! a single supplier, 1/n for n equal ones (US Department of Justice and Federal Trade Commission, Merger Guidelines, 2023,
//! section 2.1). Its inverse is the number of equal suppliers that are as concentrated (Laakso and Taagepera, Comparative
//! Political Studies 12(1), 1979); e to the Shannon entropy is another such number, which small suppliers move more (Hill,
//! Ecology 54(2), 1973, numbers of order 2 and 1).

/// How concentrated weights are among those who hold them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concentration {
    /// Holders of a weight above zero.
    pub holders: usize,
    /// Sum of squared shares, from 1/holders to 1.
    pub hhi: f64,
    /// 1/HHI: the number of equal holders that are as concentrated.
    pub effective: f64,
    /// e to the entropy: the same, with small holders counted for more.
    pub effective_by_entropy: f64,
    /// The largest share.
    pub largest: f64,
}

impl Concentration {
    /// Of these weights, each all that one holder has; `None` where they add up to nothing. Linear.
    pub fn of(weights: &[u64]) -> Option<Self> {
        let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
        if total == 0 {
            return None;
        }
        let mut shares: Vec<f64> = weights
            .iter()
            .filter(|&&weight| weight > 0)
            .map(|&weight| weight as f64 / total as f64)
            .collect();
        // Ascending, so that the sum does not depend on the order in which holders are named.
        shares.sort_unstable_by(f64::total_cmp);
        let hhi: f64 = shares.iter().map(|share| share * share).sum();
        let entropy: f64 = shares.iter().map(|share| -share * share.ln()).sum();
        Some(Self {
            holders: shares.len(),
            hhi,
            effective: 1.0 / hhi,
            effective_by_entropy: entropy.exp(),
            largest: shares.last().copied().unwrap_or_default(),
        })
    }

    /// The index in points, 0 to 10,000, as competition authorities state it.
    pub fn points(&self) -> f64 {
        self.hhi * 10_000.0
    }
}
