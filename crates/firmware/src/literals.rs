//! Many byte strings looked for at once, in one pass, each occurrence found whether or not others overlap it.
//!
//! Each string is told by a few neighbouring bytes in it, a gram: the rarest that it has, since zeros and the like stand
//! everywhere. A gram is a pair of bytes, or four bytes hashed to as many bits where every string has six or more: many
//! hundreds of texts have pairs that stand in every other text, but hardly their fours. Where every string has at least
//! n bytes more than a gram less one, it is told by each of n neighbouring grams, and only every nth offset needs to be
//! looked up, in a bitmap of those grams, which at 8 KiB stays in the first cache. What hits is compared in full. The
//! cost hardly depends on how many strings there are.

/// Strings to look for.
pub struct Literals {
    /// Distance of the offsets that are looked up.
    step: usize,
    /// Bytes in a gram.
    width: usize,
    /// One bit for each gram by which a string is told.
    bitmap: Bitmap,
    /// What tells the strings, by gram, then by number.
    tells: Vec<Tell>,
    /// Where the tells of each gram start in `tells`; one more than there are grams.
    index: Vec<u32>,
    strings: Vec<Vec<u8>>,
}

/// A gram that tells a string.
struct Tell {
    gram: u16,
    /// The string.
    number: usize,
    /// Where the gram stands in it.
    offset: usize,
    /// Its first bytes, up to eight, the first one lowest.
    head: u64,
    /// All ones for each byte in `head`.
    mask: u64,
}

/// Offsets that are looked up before one branch.
const STRIDE: usize = 8;

/// Largest distance of the offsets that are looked up; beyond, too many grams would be in the bitmap.
const STEP_MAX: usize = 3;

/// Bytes of a gram where the strings are short.
const PAIR: usize = 2;
/// Bytes of a gram where no string is shorter than [`STEP_MAX`] grams beside each other.
const FOUR: usize = 4;

impl Literals {
    /// The search for `strings`, which are numbered in their order; `None` when one has fewer than two bytes.
    pub fn new<S: AsRef<[u8]>>(strings: &[S]) -> Option<Self> {
        let strings: Vec<Vec<u8>> = strings.iter().map(|text| text.as_ref().to_vec()).collect();
        let shortest = strings.iter().map(Vec::len).min().unwrap_or(PAIR);
        let width = if shortest >= FOUR + STEP_MAX - 1 { FOUR } else { PAIR };
        let step = (shortest + 1).checked_sub(width).filter(|step| *step > 0)?.min(STEP_MAX);
        let mut bitmap = Bitmap::default();
        let mut tells = Vec::new();
        for (number, bytes) in strings.iter().enumerate() {
            let (from, window) =
                bytes.windows(step + width - 1).enumerate().max_by_key(|(_, window)| rarity(window))?;
            for (index, gram) in window.windows(width).filter_map(|bytes| gram(bytes, width)).enumerate() {
                bitmap.set(gram);
                let length = bytes.len().min(8);
                let mut head = [0; 8];
                head.iter_mut().zip(bytes).for_each(|(head, byte)| *head = *byte);
                let mask = u64::MAX >> (64 - 8 * length);
                let head = u64::from_le_bytes(head);
                tells.push(Tell { gram, number, offset: from + index, head, mask });
            }
        }
        tells.sort_by_key(|tell| (tell.gram, tell.number, tell.offset));
        let before = |gram: u32| tells.partition_point(|tell| u32::from(tell.gram) < gram) as u32;
        let index = (0..=1 << 16).map(before).collect();
        Some(Self { step, width, bitmap, tells, index, strings })
    }

    /// The first offset from `from` on at which a string may be told. To find each string once, the next call goes on
    /// [`Literals::step`] behind it.
    pub fn next(&self, data: &[u8], from: usize) -> Option<usize> {
        match (self.width, self.step) {
            (PAIR, 1) => self.search::<PAIR, 1>(data, from),
            (PAIR, 2) => self.search::<PAIR, 2>(data, from),
            (PAIR, _) => self.search::<PAIR, STEP_MAX>(data, from),
            _ => self.search::<FOUR, STEP_MAX>(data, from),
        }
    }

    /// Distance of the offsets that are looked up.
    pub fn step(&self) -> usize {
        self.step
    }

    #[inline(always)]
    fn search<const WIDTH: usize, const STEP: usize>(&self, data: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        // Several lookups, then one branch for all of them, which is hardly ever taken.
        while let Some(stride) = data.get(at..).and_then(|rest| rest.get(..(STRIDE - 1) * STEP + WIDTH)) {
            let lookup = |index: usize| {
                stride.get(index * STEP..index * STEP + WIDTH).and_then(|rest| gram(rest, WIDTH))
            };
            if (0..STRIDE).fold(0, |any, index| any | self.bitmap.bit(lookup(index))) != 0 {
                break;
            }
            at += STRIDE * STEP;
        }
        loop {
            let near = data.get(at..).and_then(|rest| gram(rest, WIDTH))?;
            if self.bitmap.bit(Some(near)) != 0 {
                return Some(at);
            }
            at += STEP;
        }
    }

    /// The strings that are told by the gram at `at`, as (string, where it starts).
    pub fn told<'l>(&'l self, data: &'l [u8], at: usize) -> impl Iterator<Item = (usize, usize)> + 'l {
        let gram = data.get(at..).and_then(|rest| gram(rest, self.width)).map(usize::from);
        let bound = |gram: usize| self.index.get(gram).map_or(0, |bound| *bound as usize);
        let tells = gram.and_then(|gram| self.tells.get(bound(gram)..bound(gram + 1))).unwrap_or_default();
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

/// One bit for each gram.
struct Bitmap(Box<[u64; 1024]>);

impl Default for Bitmap {
    fn default() -> Self {
        Self(Box::new([0; 1024]))
    }
}

impl Bitmap {
    fn set(&mut self, gram: u16) {
        if let Some(word) = self.0.get_mut(usize::from(gram >> 6)) {
            *word |= 1 << (gram & 63);
        }
    }

    #[inline(always)]
    fn bit(&self, gram: Option<u16>) -> u64 {
        let Some(gram) = gram else { return 0 };
        self.0.get(usize::from(gram >> 6)).map_or(0, |word| word >> (gram & 63) & 1)
    }
}

/// The gram at the start of `bytes`: the first two bytes, or a hash of the first four.
#[inline(always)]
fn gram(bytes: &[u8], width: usize) -> Option<u16> {
    /// 2^32 divided by the golden ratio: the product's high bits depend on all bits (Knuth, The Art of Computer
    /// Programming, volume 3, 6.4).
    const MULTIPLIER: u32 = 0x9e37_79b1;
    if width == PAIR {
        return bytes.first_chunk().map(|pair| u16::from_le_bytes(*pair));
    }
    bytes.first_chunk().map(|four| (u32::from_le_bytes(*four).wrapping_mul(MULTIPLIER) >> 16) as u16)
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
            strings in prop::collection::vec(prop::collection::vec(b'a'..b'd', 2..9), 1..9),
            shortest in prop::sample::select(vec![2, 4, 6]),
        ) {
            let strings: Vec<Vec<u8>> =
                strings.into_iter().filter(|text| text.len() >= shortest).collect();
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
