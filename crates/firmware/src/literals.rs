//! Many byte strings looked for at once, in one pass, each occurrence found whether or not others overlap it.
//!
//! Where every string has at least n + 1 bytes, one of each n neighbouring offsets falls on a pair of bytes that is the
//! first, second, ... or nth of the string. So only every nth offset is looked up, in a bitmap of those pairs, which at
//! 8 KiB stays in the first cache; what hits is compared in full. The cost hardly depends on how many strings there are.

/// Strings to look for.
pub struct Literals {
    /// Distance of the offsets that are looked up.
    step: usize,
    /// One bit for each pair of bytes that stands at one of the first `step` offsets of a string.
    pairs: Bitmap,
    /// One bit for each pair that a string starts with.
    first: Bitmap,
    /// The strings by the pair that they start with, then by number.
    all: Vec<Literal>,
}

struct Literal {
    pair: u16,
    number: usize,
    bytes: Vec<u8>,
}

/// Offsets that are looked up before one branch.
const STRIDE: usize = 8;

/// Largest distance of the offsets that are looked up; beyond, too many pairs would be in the bitmap.
const STEP_MAX: usize = 3;

impl Literals {
    /// The search for `strings`, which are numbered in their order; `None` when one has fewer than two bytes.
    pub fn new<S: AsRef<[u8]>>(strings: &[S]) -> Option<Self> {
        let shortest = strings.iter().map(|text| text.as_ref().len()).min().unwrap_or(2);
        let step = shortest.saturating_sub(1).min(STEP_MAX);
        let (mut pairs, mut first) = (Bitmap::default(), Bitmap::default());
        let mut all = Vec::new();
        for (number, text) in strings.iter().enumerate() {
            let bytes = text.as_ref().to_vec();
            bytes.windows(2).take(step).filter_map(pair).for_each(|pair| pairs.set(pair));
            let pair = pair(&bytes)?;
            first.set(pair);
            all.push(Literal { pair, number, bytes });
        }
        all.sort_by_key(|literal| (literal.pair, literal.number));
        Some(Self { step, pairs, first, all })
    }

    /// The first offset from `from` on where a string starts.
    pub fn next(&self, data: &[u8], from: usize) -> Option<usize> {
        match self.step {
            1 => self.search::<1>(data, from),
            2 => self.search::<2>(data, from),
            _ => self.search::<STEP_MAX>(data, from),
        }
    }

    #[inline(always)]
    fn search<const STEP: usize>(&self, data: &[u8], from: usize) -> Option<usize> {
        // The lookup at `at` answers for the starts `at - STEP + 1` to `at`.
        let mut at = from.checked_add(STEP - 1)?;
        loop {
            // Several lookups, then one branch for all of them, which is hardly ever taken.
            while let Some(stride) = data.get(at..).and_then(|rest| rest.get(..(STRIDE - 1) * STEP + 2)) {
                let lookup = |index: usize| stride.get(index * STEP..index * STEP + 2).and_then(pair);
                if (0..STRIDE).fold(0, |any, index| any | self.pairs.bit(lookup(index))) != 0 {
                    break;
                }
                at += STRIDE * STEP;
            }
            for _ in 0..STRIDE {
                let near = data.get(at..).and_then(pair);
                if near.is_none() || self.pairs.bit(near) != 0 {
                    let start =
                        (at + 1 - STEP..=at).find(|start| self.starting(data, *start).next().is_some());
                    if start.is_some() || near.is_none() {
                        return start;
                    }
                }
                at += STEP;
            }
        }
    }

    /// The numbers of the strings that start at `at`, in order.
    pub fn starting<'l>(&'l self, data: &'l [u8], at: usize) -> impl Iterator<Item = usize> + 'l {
        let rest = data.get(at..).unwrap_or_default();
        let own = pair(rest).filter(|pair| self.first.bit(Some(*pair)) != 0).map_or(&[][..], |pair| {
            let from = self.all.partition_point(|literal| literal.pair < pair);
            let to = self.all.partition_point(|literal| literal.pair <= pair);
            self.all.get(from..to).unwrap_or_default()
        });
        own.iter().filter(move |literal| rest.starts_with(&literal.bytes)).map(|literal| literal.number)
    }

    /// All occurrences as (string, offset), in order of the offset.
    pub fn occurrences<'l>(&'l self, data: &'l [u8]) -> impl Iterator<Item = (usize, usize)> + 'l {
        let mut from = 0;
        std::iter::from_fn(move || {
            let at = self.next(data, from)?;
            from = at + 1;
            Some(at)
        })
        .flat_map(move |at| self.starting(data, at).map(move |number| (number, at)))
    }
}

/// One bit for each pair of bytes.
struct Bitmap(Box<[u64; 1024]>);

impl Default for Bitmap {
    fn default() -> Self {
        Self(Box::new([0; 1024]))
    }
}

impl Bitmap {
    fn set(&mut self, pair: u16) {
        if let Some(word) = self.0.get_mut(usize::from(pair >> 6)) {
            *word |= 1 << (pair & 63);
        }
    }

    #[inline(always)]
    fn bit(&self, pair: Option<u16>) -> u64 {
        let Some(pair) = pair else { return 0 };
        self.0.get(usize::from(pair >> 6)).map_or(0, |word| word >> (pair & 63) & 1)
    }
}

/// The first two bytes.
#[inline(always)]
fn pair(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk().map(|pair| u16::from_le_bytes(*pair))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strings_of_one_byte_are_refused() {
        assert!(Literals::new(&[&b"ab"[..], b"c"]).is_none());
        assert!(Literals::new(&[b"ab"]).is_some());
    }

    proptest! {
        #[test]
        fn finds_each_occurrence(
            data in prop::collection::vec(b'a'..b'd', 0..200),
            strings in prop::collection::vec(prop::collection::vec(b'a'..b'd', 2..6), 1..6),
            long in any::<bool>(),
        ) {
            let strings: Vec<Vec<u8>> =
                strings.into_iter().filter(|text| !long || text.len() >= 4).collect();
            let literals = Literals::new(&strings).unwrap();
            let found: Vec<(usize, usize)> = literals.occurrences(&data).collect();
            let expected: Vec<(usize, usize)> = (0..data.len())
                .flat_map(|at| {
                    let rest = &data[at..];
                    strings.iter().enumerate().filter(|(_, text)| rest.starts_with(text)).map(move |(number, _)| (number, at)).collect::<Vec<_>>()
                })
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}
