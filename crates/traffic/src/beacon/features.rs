//! What is counted of a pair: the figures that the evidence is weighed by.

use super::rhythm::{check_ins, rhythms};
use super::timing::Timing;
use crate::rita::{self, Rita};
use crate::{Contact, Window};

/// Gaps that a pair needs.
pub const LEAST: usize = 3;

/// A piece of evidence: its figures are weighed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// The gaps between check-ins.
    Timing,
    /// How evenly check-ins are spread over the window.
    Persistence,
    /// How alike the sizes are.
    Sizes,
    /// How many check-ins there are: what the other figures are worth.
    Count,
}

impl Piece {
    /// All pieces, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Timing, Self::Persistence, Self::Sizes, Self::Count];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Timing => "timing",
            Self::Persistence => "persistence",
            Self::Sizes => "sizes",
            Self::Count => "count",
        }
    }
}

/// How many figures there are.
pub const FIGURES: usize = 25;

/// The figures, each with its piece of evidence, in the order of `Features::values`.
pub const NAMES: [(&str, Piece); FIGURES] = [
    ("ratio", Piece::Timing),
    ("ratio, 0.05 a gap less", Piece::Timing),
    ("ratio, 0.15 a gap less", Piece::Timing),
    ("ratio, 0.5 a gap less", Piece::Timing),
    ("ratio a gap", Piece::Timing),
    ("steady ratio", Piece::Timing),
    ("against shapes", Piece::Timing),
    ("against smoothing", Piece::Timing),
    ("jitter", Piece::Timing),
    ("missing", Piece::Timing),
    ("stray", Piece::Timing),
    ("serial", Piece::Timing),
    ("merged", Piece::Timing),
    ("intervals", Piece::Timing),
    ("dispersion", Piece::Persistence),
    ("silence", Piece::Persistence),
    ("coverage", Piece::Persistence),
    ("hours", Piece::Persistence),
    ("flatness", Piece::Persistence),
    ("size spread", Piece::Sizes),
    ("usual sent", Piece::Sizes),
    ("usual received", Piece::Sizes),
    ("range sent", Piece::Sizes),
    ("range received", Piece::Sizes),
    ("check-ins", Piece::Count),
];

/// What is counted of a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// What the gaps say.
    pub timing: Timing,
    /// Whether any contact has a size: where none has, sizes were not recorded, and say nothing.
    pub sized: bool,
    /// The figures, in the order of `NAMES`.
    pub values: [f64; FIGURES],
}

impl Features {
    /// Counts a pair whose contacts stand in the order of their starts; nothing with fewer than four check-ins. `known` is what
    /// [`rita::score`] gives of it, where that was asked.
    #[must_use]
    pub fn of(contacts: &[Contact], window: &Window, known: Option<&Rita>) -> Option<Self> {
        let (rhythm, timing) = rhythms(contacts, LEAST)
            .into_iter()
            .filter_map(|rhythm| Timing::of(&rhythm).map(|timing| (rhythm, timing)))
            .max_by(|(_, one), (_, other)| one.ratio().total_cmp(&other.ratio()))?;
        let merged;
        let (check_ins, known) = if rhythm.count() + 1 == contacts.len() {
            (contacts, known)
        } else {
            merged = check_ins(contacts, rhythm.reach);
            (merged.as_slice(), None)
        };
        let rita = rita::score_whole(check_ins, window, known).unwrap_or_default();
        let gaps = timing.gaps as f64;
        let sent = Sizes::of(check_ins.iter().map(|contact| contact.sent));
        let received = Sizes::of(check_ins.iter().map(|contact| contact.received));
        let spread = Spread::of(check_ins, &rhythm.gaps, window);
        // No model is the truth, and what it is off by adds up over the gaps: the ratio is also read with so many nats a gap taken away.
        let lower = timing.ratio();
        let less = |ratio: f64, misfit: f64| ((ratio - misfit * gaps) / 2.0).asinh();
        Some(Self {
            values: [
                less(lower, 0.0),
                less(lower, 0.05),
                less(lower, 0.15),
                less(lower, 0.5),
                lower / gaps,
                less(lower, 0.1) * spread.steadiness(),
                less(timing.shapes, 0.05),
                less(timing.smooth, 0.05),
                timing.jitter,
                timing.missing,
                timing.stray,
                rhythm.serial() * gaps.sqrt(),
                rhythm.merged,
                rita.timestamps,
                spread.dispersion.max(1e-3).ln(),
                spread.silence,
                spread.coverage,
                rita.duration,
                rita.histogram,
                rita.sizes,
                sent.usual,
                received.usual,
                sent.range,
                received.range,
                gaps.ln(),
            ],
            sized: contacts.iter().any(|contact| contact.sent > 0 || contact.received > 0),
            timing,
        })
    }
}

/// How check-ins are spread over the window.
struct Spread {
    /// The variance of the counts in equal parts of the window over their mean: 1 where check-ins are independent.
    dispersion: f64,
    /// The longest gap, in mean gaps, over what as many independent check-ins would have; a logarithm.
    silence: f64,
    /// The share of the window between the first check-in and the last.
    coverage: f64,
}

impl Spread {
    /// From 1, where check-ins are as evenly spread as independent ones or more so, to 0: a rhythm of sessions is another than a day's.
    fn steadiness(&self) -> f64 {
        (1.0 - self.dispersion.max(1e-3).ln() / 2.0).clamp(0.0, 1.0)
    }

    fn of(check_ins: &[Contact], gaps: &[f64], window: &Window) -> Self {
        let count = check_ins.len();
        let parts = (count / 3).clamp(4, 24);
        let mut counts = vec![0_u32; parts];
        for contact in check_ins {
            let part = (window.place(contact.start) * parts as f64) as usize;
            if let Some(count) = counts.get_mut(part.min(parts - 1)) {
                *count += 1;
            }
        }
        let mean = count as f64 / parts as f64;
        let variance =
            counts.iter().map(|count| (f64::from(*count) - mean).powi(2)).sum::<f64>() / (parts - 1) as f64;
        let total: f64 = gaps.iter().sum();
        let longest = gaps.iter().copied().fold(0.0, f64::max);
        let expected = (gaps.len() as f64).ln() + 0.577;
        let silence = (longest * gaps.len() as f64 / total.max(1.0) / expected.max(0.1)).max(0.01).ln();
        let coverage = (total / (window.length().max(1)) as f64).min(1.0);
        Self { dispersion: if mean > 0.0 { variance / mean } else { 1.0 }, silence, coverage }
    }
}

/// How alike sizes are.
struct Sizes {
    /// The share of the most frequent one, 16 bytes being one size.
    usual: f64,
    /// The logarithm of the ninth decile over the first.
    range: f64,
}

impl Sizes {
    fn of(sizes: impl Iterator<Item = u64>) -> Self {
        let mut sorted: Vec<u64> = sizes.collect();
        sorted.sort_unstable();
        let most = sorted.chunk_by(|one, next| one / 16 == next / 16).map(<[u64]>::len).max().unwrap_or(0);
        let at = |share: f64| {
            let place = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
            sorted.get(place).map_or(0.0, |size| *size as f64)
        };
        Self {
            usual: most as f64 / sorted.len().max(1) as f64,
            range: ((at(0.9) + 20.0) / (at(0.1) + 20.0)).ln(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_counted() {
        let sizes = Sizes::of([500, 501, 502, 500, 900].into_iter());
        assert_eq!(sizes.usual, 0.8);
        assert!((sizes.range - (920.0_f64 / 520.0).ln()).abs() < 1e-9);
        let none = Sizes::of(std::iter::empty());
        assert_eq!((none.usual, none.range), (0.0, 0.0));
    }

    #[test]
    fn an_even_pair_has_no_dispersion() {
        let contacts: Vec<Contact> =
            (0..48).map(|half| Contact { start: half * 1_800_000_000 + 1, ..Contact::default() }).collect();
        let features = Features::of(&contacts, &Window::new(0, 86_400_000_000), None).unwrap();
        let figure =
            |name: &str| features.values[NAMES.iter().position(|(other, _)| *other == name).unwrap()];
        assert!(
            figure("dispersion") < -5.0 && figure("flatness") == 1.0 && figure("hours") == 1.0,
            "{features:?}"
        );
        assert!((figure("coverage") - 47.0 / 48.0).abs() < 1e-6);
        assert!(!features.sized, "no sizes were recorded");
        assert!(figure("ratio, 0.5 a gap less") > 3.0 && figure("usual sent") == 1.0);
    }
}
