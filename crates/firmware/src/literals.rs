//! Many byte strings looked for at once, in one pass, each occurrence found whether or not others overlap it.
//!
//! A key is made of the bytes at each offset (the two bytes themselves, or a hash of four where every string has as many)
//! and looked up in a bitmap of the strings' keys, which at 8 KiB stays in the first cache. What hits is compared in
//! full. The cost hardly depends on how many strings there are, and not at all on where they occur.

/// Strings to look for.
pub struct Literals {
    /// Whether keys are made of four bytes.
    wide: bool,
    /// One bit for each key.
    bitmap: Box<[u64; 1024]>,
    /// The strings by key, then by number.
    all: Vec<Literal>,
}

struct Literal {
    key: u16,
    number: usize,
    bytes: Vec<u8>,
}

/// Offsets that are looked up before one branch.
const STRIDE: usize = 8;

impl Literals {
    /// The search for `strings`, which are numbered in their order; `None` when one has fewer than two bytes.
    pub fn new<S: AsRef<[u8]>>(strings: &[S]) -> Option<Self> {
        let wide = strings.iter().all(|text| text.as_ref().len() >= 4);
        let mut all = Vec::new();
        let mut bitmap = Box::new([0; 1024]);
        for (number, text) in strings.iter().enumerate() {
            let bytes = text.as_ref().to_vec();
            let key = key(wide, &bytes)?;
            if let Some(word) = bitmap.get_mut(usize::from(key >> 6)) {
                *word |= 1 << (key & 63);
            }
            all.push(Literal { key, number, bytes });
        }
        all.sort_by_key(|literal| (literal.key, literal.number));
        Some(Self { wide, bitmap, all })
    }

    /// The first offset from `from` on where a string may start.
    pub fn next(&self, data: &[u8], from: usize) -> Option<usize> {
        if self.wide { self.search(data, from, wide_key) } else { self.search(data, from, narrow_key) }
    }

    #[inline(always)]
    fn search<const N: usize>(&self, data: &[u8], from: usize, key: fn([u8; N]) -> u16) -> Option<usize> {
        let rest = data.get(from..)?;
        let mut strides = rest.windows(STRIDE + N - 1).step_by(STRIDE).enumerate();
        // Several offsets at once: one branch for all of them, which is hardly ever taken.
        let near = strides.find(|(_, stride)| {
            stride
                .windows(N)
                .fold(0, |any, bytes| any | self.bit(bytes.first_chunk().map(|bytes| key(*bytes))))
                != 0
        });
        let start = match near {
            Some((index, _)) => index * STRIDE,
            // What is left is shorter than a stride.
            None => rest.len().saturating_sub(STRIDE + N - 2).next_multiple_of(STRIDE),
        };
        let mut offsets = rest.get(start..)?.windows(N);
        let at = offsets.position(|bytes| self.bit(bytes.first_chunk().map(|bytes| key(*bytes))) != 0)?;
        Some(from + start + at)
    }

    #[inline(always)]
    fn bit(&self, key: Option<u16>) -> u64 {
        let Some(key) = key else { return 0 };
        self.bitmap.get(usize::from(key >> 6)).map_or(0, |word| word >> (key & 63) & 1)
    }

    /// The numbers of the strings that start at `at`, in order.
    pub fn starting<'l>(&'l self, data: &'l [u8], at: usize) -> impl Iterator<Item = usize> + 'l {
        let rest = data.get(at..).unwrap_or_default();
        let own = key(self.wide, rest).map_or(&[][..], |key| {
            let from = self.all.partition_point(|literal| literal.key < key);
            let to = self.all.partition_point(|literal| literal.key <= key);
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

fn key(wide: bool, bytes: &[u8]) -> Option<u16> {
    if wide {
        bytes.first_chunk().map(|bytes| wide_key(*bytes))
    } else {
        bytes.first_chunk().map(|bytes| narrow_key(*bytes))
    }
}

#[inline(always)]
fn narrow_key(bytes: [u8; 2]) -> u16 {
    u16::from_le_bytes(bytes)
}

/// The upper half of the product with 2^32 divided by the golden ratio (multiplicative hashing, Knuth 6.4).
#[inline(always)]
fn wide_key(bytes: [u8; 4]) -> u16 {
    (u32::from_le_bytes(bytes).wrapping_mul(0x9e37_79b1) >> 16) as u16
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
