//! Many byte strings looked for at once, in one pass, each occurrence found whether or not others overlap it.
//!
//! Each string is told by a pair of neighbouring bytes in it: the rarest that it has, since zeros and the like stand
//! everywhere. Where every string has at least n + 1 bytes, it is told by each of n neighbouring pairs, and only every nth
//! offset needs to be looked up, in a bitmap of those pairs, which at 8 KiB stays in the first cache. What hits is
//! compared in full. The cost hardly depends on how many strings there are.

/// Strings to look for.
pub struct Literals {
    /// Distance of the offsets that are looked up.
    step: usize,
    /// One bit for each pair by which a string is told.
    bitmap: Bitmap,
    /// What tells the strings, by pair, then by number.
    tells: Vec<Tell>,
    /// Where the tells of each pair start in `tells`; one more than there are pairs.
    index: Vec<u32>,
    strings: Vec<Vec<u8>>,
}

/// A pair of bytes that tells a string.
struct Tell {
    pair: u16,
    /// The string.
    number: usize,
    /// Where the pair stands in it.
    offset: usize,
    /// Its first bytes, up to eight, the first one lowest.
    head: u64,
    /// All ones for each byte in `head`.
    mask: u64,
}

/// Offsets that are looked up before one branch.
const STRIDE: usize = 8;

/// Largest distance of the offsets that are looked up; beyond, too many pairs would be in the bitmap.
const STEP_MAX: usize = 3;

impl Literals {
    /// The search for `strings`, which are numbered in their order; `None` when one has fewer than two bytes.
    pub fn new<S: AsRef<[u8]>>(strings: &[S]) -> Option<Self> {
        let strings: Vec<Vec<u8>> = strings.iter().map(|text| text.as_ref().to_vec()).collect();
        let shortest = strings.iter().map(Vec::len).min().unwrap_or(2);
        let step = shortest.checked_sub(1).filter(|step| *step > 0)?.min(STEP_MAX);
        let mut bitmap = Bitmap::default();
        let mut tells = Vec::new();
        for (number, bytes) in strings.iter().enumerate() {
            let (from, window) =
                bytes.windows(step + 1).enumerate().max_by_key(|(_, window)| rarity(window))?;
            for (index, pair) in window.windows(2).filter_map(pair).enumerate() {
                bitmap.set(pair);
                let length = bytes.len().min(8);
                let mut head = [0; 8];
                head.iter_mut().zip(bytes).for_each(|(head, byte)| *head = *byte);
                let mask = u64::MAX >> (64 - 8 * length);
                let head = u64::from_le_bytes(head);
                tells.push(Tell { pair, number, offset: from + index, head, mask });
            }
        }
        tells.sort_by_key(|tell| (tell.pair, tell.number, tell.offset));
        let before = |pair: u32| tells.partition_point(|tell| u32::from(tell.pair) < pair) as u32;
        let index = (0..=1 << 16).map(before).collect();
        Some(Self { step, bitmap, tells, index, strings })
    }

    /// The first offset from `from` on at which a string may be told. To find each string once, the next call goes on
    /// [`Literals::step`] behind it.
    pub fn next(&self, data: &[u8], from: usize) -> Option<usize> {
        match self.step {
            1 => self.search::<1>(data, from),
            2 => self.search::<2>(data, from),
            _ => self.search::<STEP_MAX>(data, from),
        }
    }

    /// Distance of the offsets that are looked up.
    pub fn step(&self) -> usize {
        self.step
    }

    #[inline(always)]
    fn search<const STEP: usize>(&self, data: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        // Several lookups, then one branch for all of them, which is hardly ever taken.
        while let Some(stride) = data.get(at..).and_then(|rest| rest.get(..(STRIDE - 1) * STEP + 2)) {
            let lookup = |index: usize| stride.get(index * STEP..index * STEP + 2).and_then(pair);
            if (0..STRIDE).fold(0, |any, index| any | self.bitmap.bit(lookup(index))) != 0 {
                break;
            }
            at += STRIDE * STEP;
        }
        loop {
            let near = data.get(at..).and_then(pair)?;
            if self.bitmap.bit(Some(near)) != 0 {
                return Some(at);
            }
            at += STEP;
        }
    }

    /// The strings that are told by the pair at `at`, as (string, where it starts).
    pub fn told<'l>(&'l self, data: &'l [u8], at: usize) -> impl Iterator<Item = (usize, usize)> + 'l {
        let pair = data.get(at..).and_then(pair).map(usize::from);
        let bound = |pair: usize| self.index.get(pair).map_or(0, |bound| *bound as usize);
        let tells = pair.and_then(|pair| self.tells.get(bound(pair)..bound(pair + 1))).unwrap_or_default();
        tells.iter().filter_map(move |tell| {
            let start = at.checked_sub(tell.offset)?;
            let rest = data.get(start..)?;
            // Hardly any string gets past its head: most of the comparing is this.
            if let Some(head) = rest.first_chunk()
                && u64::from_le_bytes(*head) & tell.mask != tell.head
            {
                return None;
            }
            rest.starts_with(self.strings.get(tell.number)?).then_some((tell.number, start))
        })
    }

    /// All occurrences as (string, offset), each once, those that start close to each other in any order.
    pub fn occurrences<'l>(&'l self, data: &'l [u8]) -> impl Iterator<Item = (usize, usize)> + 'l {
        let mut from = 0;
        std::iter::from_fn(move || {
            let at = self.next(data, from)?;
            from = at + self.step;
            Some(at)
        })
        .flat_map(move |at| self.told(data, at))
    }
}

/// How rare the bytes are by which a string is told: zeros are the most common in images, then ones, then what text and
/// small numbers are made of; two of a kind are likely to stand in a run.
fn rarity(bytes: &[u8]) -> u32 {
    let of = |byte: u8| match byte {
        0 => 0,
        0xff | b' ' => 2,
        1..=8 | b'a'..=b'z' => 3,
        _ => 4,
    };
    let rarest_pairs = bytes.windows(2).map(|pair| match pair {
        [a, b] if a == b => of(*a),
        [a, b] => of(*a) + of(*b),
        _ => 0,
    });
    rarest_pairs.min().unwrap_or_default()
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
            let mut found: Vec<(usize, usize)> = literals.occurrences(&data).collect();
            found.sort_by_key(|(number, at)| (*at, *number));
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
