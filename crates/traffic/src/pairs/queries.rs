//! What one client asked of one domain: what tells a tunnel from a look-up.
//!
//! Different names are estimated and not kept, since a tunnel has as many as it has packets: HyperLogLog with 256 registers
//! (Flajolet, Fusy, Gandouet, Meunier, 2007), whose standard error is 6.5 %; up to some hundred names it is nearly exact.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Queries of one client for names under one domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queries {
    /// How many.
    pub queries: u64,
    /// Different names, about.
    pub names: u64,
    /// Bytes of the names in front of the domain, together.
    pub bytes: u64,
    /// Bytes of the longest of them.
    pub longest: u64,
    /// How often each record type was asked for; 0 where it is not known.
    pub kinds: BTreeMap<u16, u64>,
    /// Queries whose answer was that there is no such name.
    pub absent: u64,
    /// Bytes of the answers.
    pub answered: u64,
    /// How often each byte stands in front of the domain.
    pub letters: BTreeMap<u8, u64>,
    /// The estimate's registers; empty once it was made elsewhere.
    #[serde(skip)]
    pub registers: Vec<u8>,
}

/// The response code for a name that does not exist (RFC 1035).
const NO_SUCH_NAME: u16 = 3;

/// Registers, a power of two.
const REGISTERS: usize = 256;

impl Queries {
    /// Counts a query; `front` is what stands in front of the domain, `hash` the whole name's.
    pub(super) fn count(
        &mut self,
        front: &str,
        hash: u64,
        kind: Option<u16>,
        code: Option<u16>,
        answered: usize,
    ) {
        self.queries += 1;
        self.bytes += front.len() as u64;
        self.longest = self.longest.max(front.len() as u64);
        *self.kinds.entry(kind.unwrap_or_default()).or_default() += 1;
        self.absent += u64::from(code == Some(NO_SUCH_NAME));
        self.answered = self.answered.saturating_add(answered as u64);
        for byte in front.bytes().filter(|byte| *byte != b'.') {
            *self.letters.entry(byte.to_ascii_lowercase()).or_default() += 1;
        }
        self.registers.resize(REGISTERS, 0);
        let zeros = (hash >> 8).trailing_zeros().min(55) as u8 + 1;
        if let Some(register) = self.registers.get_mut(hash as usize % REGISTERS) {
            *register = zeros.max(*register);
        }
    }

    /// Adds what was counted elsewhere.
    pub(super) fn add(&mut self, other: &Self) {
        self.queries += other.queries;
        self.bytes += other.bytes;
        self.longest = self.longest.max(other.longest);
        self.absent += other.absent;
        self.answered = self.answered.saturating_add(other.answered);
        other.kinds.iter().for_each(|(kind, count)| *self.kinds.entry(*kind).or_default() += count);
        other.letters.iter().for_each(|(byte, count)| *self.letters.entry(*byte).or_default() += count);
        self.registers.resize(REGISTERS, 0);
        for (register, theirs) in self.registers.iter_mut().zip(&other.registers) {
            *register = (*register).max(*theirs);
        }
    }

    /// With the estimate of the different names.
    pub(super) fn settled(mut self) -> Self {
        let all = REGISTERS as f64;
        let sum: f64 = self.registers.iter().map(|register| f64::from(-i32::from(*register)).exp2()).sum();
        let empty = self.registers.iter().filter(|register| **register == 0).count();
        let raw = 0.7213 / (1.0 + 1.079 / all) * all * all / sum;
        let names = if raw <= 2.5 * all && empty > 0 { all * (all / empty as f64).ln() } else { raw };
        self.names =
            if self.registers.is_empty() { 0 } else { (names.round() as u64).clamp(1, self.queries) };
        self
    }

    /// Bits that a byte in front of the domain carries by its frequency (Shannon's entropy).
    pub fn entropy(&self) -> f64 {
        let all: u64 = self.letters.values().sum();
        let share = |count: &u64| *count as f64 / all as f64;
        self.letters.values().map(share).filter(|share| *share > 0.0).map(|share| -share * share.log2()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher as _;

    #[test]
    fn counted_apart_or_together_is_the_same() {
        let count = |from: u64, to: u64, queries: &mut Queries| {
            for n in from..to {
                let hash = foldhash::quality::FixedState::default().hash_one(n % 1000);
                queries.count(&format!("{n:04}"), hash, Some(16), None, 3);
            }
        };
        let (mut whole, mut one, mut other) = (Queries::default(), Queries::default(), Queries::default());
        count(0, 5000, &mut whole);
        count(0, 2600, &mut one);
        count(2600, 5000, &mut other);
        one.add(&other);
        assert_eq!(one, whole);
        let whole = whole.settled();
        assert_eq!((whole.queries, whole.longest, whole.answered), (5000, 4, 15_000));
        assert!((850..1150).contains(&whole.names), "{}", whole.names);
        assert!((1.0..4.0).contains(&whole.entropy()), "{}", whole.entropy());
        assert_eq!(Queries::default().settled().entropy(), 0.0);
    }
}
