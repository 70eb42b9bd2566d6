use crate::Weight;
use serde::{Deserialize, Serialize};

/// What it weighs that a probe read something and told nothing of weight.
///
/// A probe that finds most of what it looks for says something by finding nothing. How much is measured as the weights of its findings
/// are: the share of planted programs in which nothing weighed as much as [`Silence::below`], over that share of ordinary ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// The probe.
    pub probe: String,
    /// The version of it that was measured: a run of another one says nothing here.
    pub version: String,
    /// What begins with this are the codes of its claims.
    pub codes: String,
    /// Decibans below which a finding counts as none.
    pub below: f64,
    /// The weight of a program without a finding as weighty.
    pub weight: Weight,
    /// How often ordinary programs have a finding of a weight by chance, for several weights, the least first.
    pub by_chance: Vec<ByChance>,
    /// What the probe cannot see, in words.
    pub misses: Vec<String>,
}

/// How often ordinary programs have a finding of a weight, or of a higher one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByChance {
    /// The weight, in decibans.
    pub decibans: f64,
    /// Ordinary programs that have one.
    pub programs: u32,
    /// Ordinary programs in all.
    pub of: u32,
    /// The share of programs that have one, in the middle.
    pub share: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
}

impl Silence {
    /// How often an ordinary program has a finding of as many decibans by chance: by the highest weight counted that is no higher.
    pub fn by_chance(&self, decibans: f64) -> Option<&ByChance> {
        self.by_chance.iter().rfind(|one| one.decibans <= decibans)
    }
}
