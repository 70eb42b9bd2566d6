//! Connections in figures that are small enough to stay with a claim, and to be drawn.

use crate::Claim;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Connections over time, and the gaps between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Start of the first slot, in seconds since 1970-01-01 00:00 UTC.
    pub since: i64,
    /// Seconds of a slot; never 0.
    pub slot: u64,
    /// How many connections began in each slot, from the first to the last of what was recorded.
    pub timeline: Vec<u32>,
    /// The bin that `gaps` begins with: bin n holds gaps from a millisecond times 10^(n/10) on; bin 0 shorter ones, too.
    pub from: u32,
    /// How many gaps between the starts of successive connections each bin has, as far as the last that has any.
    pub gaps: Vec<u32>,
}

/// Slots and bins that a picture has at most; a claim that states more has none.
const MOST: usize = 1000;
/// Bins of gaps for each factor of ten.
const BINS: f64 = 10.0;
/// The dated values that hold it.
const TIMELINE: &str = "timeline";
const GAPS: &str = "gaps";

/// A length of time in the unit in which people say it, and that unit.
pub fn in_its_unit(seconds: f64) -> (f64, &'static str) {
    match seconds {
        s if s < 1.0 => (s * 1000.0, "ms"),
        s if s < 120.0 => (s, "s"),
        s if s < 7200.0 => (s / 60.0, "min"),
        s if s < 172_800.0 => (s / 3600.0, "h"),
        s => (s / 86_400.0, "d"),
    }
}

impl Picture {
    /// The bin that a gap falls into.
    pub fn bin(microseconds: u64) -> usize {
        ((microseconds as f64 / 1000.0).max(1.0).log10() * BINS) as usize
    }

    /// Where a bin begins, in seconds.
    pub fn gap(bin: u32) -> f64 {
        10f64.powf(f64::from(bin) / BINS - 3.0)
    }

    /// The claim with the picture beside it: `timeline` (start and seconds of a slot, then a count a slot) and `gaps` (the first bin, then
    /// a count a bin), as numbers with spaces between.
    pub fn beside(&self, claim: Claim) -> Claim {
        let list = |start: String, counts: &[u32]| {
            counts.iter().fold(start, |mut text, count| {
                // Writing to a String cannot fail.
                let _ = write!(text, " {count}");
                text
            })
        };
        claim
            .dated(TIMELINE, list(format!("{} {}", self.since, self.slot), &self.timeline))
            .dated(GAPS, list(self.from.to_string(), &self.gaps))
    }

    /// The picture that stands beside a claim; nothing where there is none, or what is there is none.
    pub fn of(claim: &Claim) -> Option<Self> {
        let (timeline, gaps) = (claim.dated_text(TIMELINE)?, claim.dated_text(GAPS)?);
        let counts = |words: std::str::SplitWhitespace<'_>| -> Option<Vec<u32>> {
            let counts: Vec<u32> =
                words.take(MOST + 1).map(|word| word.parse().ok()).collect::<Option<_>>()?;
            (counts.len() <= MOST).then_some(counts)
        };
        let mut words = timeline.split_whitespace();
        let since = words.next()?.parse().ok()?;
        let slot = words.next()?.parse().ok().filter(|slot| *slot > 0)?;
        let timeline = counts(words)?;
        let mut words = gaps.split_whitespace();
        let from = words.next()?.parse().ok().filter(|from| *from <= MOST as u32)?;
        Some(Self { since, slot, timeline, from, gaps: counts(words)? })
    }

    /// Whether a dated value is a part of a picture, and of no use as text.
    pub fn is_part(name: &str) -> bool {
        [TIMELINE, GAPS].contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CodeInfo, Grade, Subject, SubjectKind};

    fn claim() -> Claim {
        let info =
            CodeInfo { code: "a.b", title: "t", grade: Grade::Info, meaning: "m", remedy: "r", cwe: &[] };
        Claim::observation(&info, Subject::named(SubjectKind::Flow, "f"), "one")
    }

    #[test]
    fn a_picture_comes_back_and_makes_no_other_claim() {
        let picture =
            Picture { since: 1_700_000_100, slot: 900, timeline: vec![3, 0, 7], from: 54, gaps: vec![9] };
        let with = picture.beside(claim());
        assert_eq!(Picture::of(&with).as_ref(), Some(&picture));
        assert_eq!(with.fingerprint(), claim().fingerprint());
        assert_eq!(with.dated_text("timeline").as_deref(), Some("1700000100 900 3 0 7"));
        assert!((Picture::gap(54) - 251.19).abs() < 0.01);
        let empty = Picture { slot: 1, ..Picture::default() };
        assert_eq!(Picture::of(&empty.beside(claim())), Some(empty));
    }

    #[test]
    fn what_is_no_picture_is_none() {
        assert_eq!(Picture::of(&claim()), None);
        for (timeline, gaps) in [
            ("1 0 3", "1"),
            ("1", "1"),
            ("x 1", "1"),
            ("1 1 -3", "1"),
            ("1 1", ""),
            ("1 1", "5000"),
            ("1 1 9999999999", "1"),
        ] {
            let claim = claim().dated("timeline", timeline).dated("gaps", gaps);
            assert_eq!(Picture::of(&claim), None, "{timeline:?} {gaps:?}");
        }
        let long = "1 ".repeat(1100);
        assert_eq!(Picture::of(&claim().dated("timeline", long).dated("gaps", "1")), None);
    }
}
