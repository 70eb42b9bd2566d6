//! LZX as cabinets use it: frames of 32 KiB, each in a chunk of its own, with a window over all of them.
//! Source: [MS-PATCH] LZX DELTA, section 2; Microsoft Cabinet SDK, "LZX data compression format".

/// Bytes of content in every frame but the last.
pub(super) const FRAME: usize = 32 << 10;
const PRETREE: usize = 20;
const LENGTHS: usize = 249;
/// Frames whose jumps are not translated any more.
const TRANSLATED: usize = 32 << 10;

type Result<T> = std::result::Result<T, &'static str>;

/// Words of sixteen bits, the lower byte first, read from their highest bit on.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    buffer: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, buffer: 0, count: 0 }
    }

    fn fill(&mut self) {
        while self.count <= 32 {
            // A decoder looks ahead past the end; what it takes from there is told by `take`.
            let byte = |at: usize| self.data.get(at).copied().unwrap_or(0);
            let word = u16::from_le_bytes([byte(self.at), byte(self.at + 1)]);
            self.buffer |= u64::from(word) << (48 - self.count);
            self.count += 16;
            self.at += 2;
        }
    }

    fn take(&mut self, count: u32) -> Result<u32> {
        if count == 0 {
            return Ok(0);
        }
        self.fill();
        let value = (self.buffer >> (64 - count)) as u32;
        self.buffer <<= count;
        self.count -= count;
        if self.position() > self.data.len() + 2 { Err("the chunk ends inside a code") } else { Ok(value) }
    }

    /// The end of the last word of which a bit was taken.
    fn position(&self) -> usize {
        self.at - (self.count / 16) as usize * 2
    }

    /// Leaves the word that was begun; a whole one where none was.
    fn align(&mut self) -> Result<()> {
        let left = self.count % 16;
        self.take(if left == 0 { 16 } else { left })?;
        Ok(())
    }

    /// Bytes that stand there as they are, behind `align`.
    fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        let start = self.position();
        let bytes =
            crate::bytes::slice(self.data, start, length).ok_or("the chunk ends inside stored bytes")?;
        (self.at, self.buffer, self.count) = (start + length, 0, 0);
        Ok(bytes)
    }
}

/// A canonical code: how many codes of each length there are, and the symbols in their order.
#[derive(Default)]
struct Tree {
    counts: [u16; 17],
    symbols: Vec<u16>,
}

impl Tree {
    fn new(lengths: &[u8]) -> Result<Self> {
        let mut counts = [0_u16; 17];
        for length in lengths {
            if let Some(count) = counts.get_mut(usize::from(*length)) {
                *count += 1;
            }
        }
        if let Some(none) = counts.first_mut() {
            *none = 0;
        }
        let mut space = 1_i32;
        for count in counts.iter().skip(1) {
            space = (space << 1) - i32::from(*count);
            if space < 0 {
                return Err("a code has too many symbols");
            }
        }
        let mut symbols: Vec<u16> =
            (0..lengths.len() as u16).filter(|symbol| length_of(lengths, *symbol) > 0).collect();
        symbols.sort_by_key(|symbol| (length_of(lengths, *symbol), *symbol));
        Ok(Self { counts, symbols })
    }

    fn decode(&self, bits: &mut Bits) -> Result<usize> {
        let (mut code, mut first, mut index) = (0_u32, 0_u32, 0_u32);
        for count in self.counts.iter().skip(1) {
            let count = u32::from(*count);
            code |= bits.take(1)?;
            if code < first + count {
                let symbol = self.symbols.get((index + code - first) as usize);
                return symbol.map(|symbol| usize::from(*symbol)).ok_or("a code without symbol");
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err("a code that no symbol has")
    }
}

fn length_of(lengths: &[u8], symbol: u16) -> u8 {
    lengths.get(usize::from(symbol)).copied().unwrap_or(0)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Verbatim,
    Aligned,
    Stored,
}

/// The decoder of one folder.
pub(super) struct Lzx {
    window: usize,
    /// What came out before translation, at least the last window of it.
    history: Vec<u8>,
    kind: Kind,
    /// Bytes left of the current block, and whether its length was odd.
    left: usize,
    is_odd: bool,
    recent: [usize; 3],
    main_lengths: Vec<u8>,
    length_lengths: Vec<u8>,
    main: Tree,
    length: Tree,
    aligned: Tree,
    frames: usize,
    /// The size that is stated for the translation of jumps; none where there is none.
    translation: Option<i32>,
}

impl Lzx {
    /// A decoder with a window of two to the power of `bits`, 15 to 21.
    pub(super) fn new(bits: u32) -> Option<Self> {
        let slots = match bits {
            15..=19 => 2 * bits as usize,
            20 => 42,
            21 => 50,
            _ => return None,
        };
        Some(Self {
            window: 1 << bits,
            history: Vec::new(),
            kind: Kind::Stored,
            left: 0,
            is_odd: false,
            recent: [1; 3],
            main_lengths: vec![0; 256 + 8 * slots],
            length_lengths: vec![0; LENGTHS],
            main: Tree::default(),
            length: Tree::default(),
            aligned: Tree::default(),
            frames: 0,
            translation: None,
        })
    }

    /// Decodes the next chunk to a frame of `size` bytes, at most [`FRAME`].
    pub(super) fn frame(&mut self, chunk: &[u8], size: usize) -> Result<Vec<u8>> {
        if size > FRAME {
            return Err("a frame of more than 32 KiB");
        }
        let mut bits = Bits::new(chunk);
        if self.frames == 0 && bits.take(1)? == 1 {
            self.translation = Some((bits.take(16)? << 16 | bits.take(16)?) as i32);
        }
        if self.history.len() > 2 * self.window + FRAME {
            self.history.drain(..self.history.len() - self.window);
        }
        let start = self.history.len();
        while self.history.len() - start < size {
            if self.left == 0 {
                self.block(&mut bits)?;
            }
            let room = (size - (self.history.len() - start)).min(self.left);
            let before = self.history.len();
            if self.kind == Kind::Stored {
                self.history.extend_from_slice(bits.bytes(room)?);
            } else {
                self.run(&mut bits, room)?;
            }
            self.left -= self.history.len() - before;
        }
        let mut frame = crate::bytes::tail(&self.history, start).to_vec();
        if let Some(stated) = self.translation.filter(|_| self.frames < TRANSLATED) {
            translate(&mut frame, self.frames * FRAME, stated);
        }
        self.frames += 1;
        Ok(frame)
    }

    /// Reads the head of a block.
    fn block(&mut self, bits: &mut Bits) -> Result<()> {
        if self.kind == Kind::Stored && self.is_odd {
            bits.bytes(1)?;
        }
        let kind = bits.take(3)?;
        self.left = (bits.take(16)? << 8 | bits.take(8)?) as usize;
        self.is_odd = self.left % 2 == 1;
        if self.left == 0 {
            return Err("a block of no bytes");
        }
        self.kind = match kind {
            1 => Kind::Verbatim,
            2 => Kind::Aligned,
            3 => {
                self.kind = Kind::Stored;
                bits.align()?;
                let (words, _) = bits.bytes(12)?.as_chunks::<4>();
                for (recent, word) in self.recent.iter_mut().zip(words) {
                    *recent = u32::from_le_bytes(*word) as usize;
                }
                return Ok(());
            }
            _ => return Err("a block of a kind that is not defined"),
        };
        if self.kind == Kind::Aligned {
            let mut lengths = [0; 8];
            for length in &mut lengths {
                *length = bits.take(3)? as u8;
            }
            self.aligned = Tree::new(&lengths)?;
        }
        let (literals, matches) = self.main_lengths.split_at_mut(256);
        read_lengths(bits, literals)?;
        read_lengths(bits, matches)?;
        self.main = Tree::new(&self.main_lengths)?;
        read_lengths(bits, &mut self.length_lengths)?;
        self.length = Tree::new(&self.length_lengths)?;
        Ok(())
    }

    /// Decodes literals and matches up to `room` bytes.
    fn run(&mut self, bits: &mut Bits, room: usize) -> Result<()> {
        let end = self.history.len() + room;
        while self.history.len() < end {
            let symbol = self.main.decode(bits)?;
            let Some(symbol) = symbol.checked_sub(256) else {
                self.history.push(symbol as u8);
                continue;
            };
            let mut length = symbol & 7;
            if length == 7 {
                length += self.length.decode(bits)?;
            }
            length += 2;
            let offset = self.offset(bits, symbol >> 3)?;
            if length > end - self.history.len() {
                return Err("a match goes past its frame or block");
            }
            let Some(from) =
                self.history.len().checked_sub(offset).filter(|_| offset > 0 && offset <= self.window)
            else {
                return Err("a match from before the content");
            };
            for at in from..from + length {
                let byte = self.history.get(at).copied().unwrap_or(0);
                self.history.push(byte);
            }
        }
        Ok(())
    }

    /// The distance that a position slot and what follows it state.
    fn offset(&mut self, bits: &mut Bits, slot: usize) -> Result<usize> {
        let [first, second, third] = self.recent;
        self.recent = match slot {
            0 => [first, second, third],
            1 => [second, first, third],
            2 => [third, second, first],
            _ => {
                let extra = if slot < 4 { 0 } else { (slot as u32 / 2 - 1).min(17) };
                let low = if self.kind == Kind::Aligned && extra >= 3 {
                    (bits.take(extra - 3)? << 3) as usize + self.aligned.decode(bits)?
                } else {
                    bits.take(extra)? as usize
                };
                [base(slot) - 2 + low, first, second]
            }
        };
        Ok(self.recent[0])
    }
}

/// The first distance of a position slot.
fn base(slot: usize) -> usize {
    match slot {
        0..4 => slot,
        4..36 => (2 + slot % 2) << (slot / 2 - 1),
        // From here on every slot spans 128 KiB.
        _ => (slot - 34) << 17,
    }
}

/// Reads lengths of codes as differences to the ones before, in a code of their own.
fn read_lengths(bits: &mut Bits, lengths: &mut [u8]) -> Result<()> {
    let mut own = [0; PRETREE];
    for length in &mut own {
        *length = bits.take(4)? as u8;
    }
    let tree = Tree::new(&own)?;
    let mut at = 0;
    while let Some(before) = lengths.get(at).copied() {
        let less = |before: u8, symbol: usize| (i32::from(before) - symbol as i32).rem_euclid(17) as u8;
        let (count, value) = match tree.decode(bits)? {
            17 => (4 + bits.take(4)? as usize, 0),
            18 => (20 + bits.take(5)? as usize, 0),
            19 => {
                let count = 4 + bits.take(1)? as usize;
                let symbol = tree.decode(bits)?;
                if symbol > 16 {
                    return Err("a run of runs");
                }
                (count, less(before, symbol))
            }
            symbol => (1, less(before, symbol)),
        };
        let Some(run) = lengths.get_mut(at..at + count) else {
            return Err("a run of lengths goes past their end");
        };
        run.fill(value);
        at += count;
    }
    Ok(())
}

/// Turns the absolute targets of x86 calls back into relative ones.
fn translate(frame: &mut [u8], start: usize, stated: i32) {
    let end = frame.len().saturating_sub(10);
    let mut at = 0;
    while at < end {
        if frame.get(at) != Some(&0xe8) {
            at += 1;
            continue;
        }
        let here = (start + at) as i32;
        if let Some(field) = frame.get_mut(at + 1..at + 5)
            && let Ok(bytes) = <[u8; 4]>::try_from(&*field)
        {
            let target = i32::from_le_bytes(bytes);
            if target >= here.wrapping_neg() && target < stated {
                let relative =
                    if target >= 0 { target.wrapping_sub(here) } else { target.wrapping_add(stated) };
                field.copy_from_slice(&relative.to_le_bytes());
            }
        }
        at += 5;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stored_frames() {
        let chunk = [0, 0x30, 0x30, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, b'a', b'b', b'c', 0];
        assert_eq!(Lzx::new(15).unwrap().frame(&chunk, 3).unwrap(), b"abc");
    }

    #[test]
    fn slots() {
        assert_eq!(
            [3, 4, 5, 6, 7, 8, 34, 35, 36, 37, 49].map(base),
            [3, 4, 6, 8, 12, 16, 0x2_0000, 0x3_0000, 0x4_0000, 0x6_0000, 0x1e_0000]
        );
    }

    #[test]
    fn targets_of_calls() {
        let mut frame = vec![0; 32];
        frame[4] = 0xe8;
        frame[5..9].copy_from_slice(&100_i32.to_le_bytes());
        translate(&mut frame, 0, 1000);
        assert_eq!(frame[5..9], 96_i32.to_le_bytes());
    }

    proptest! {
        #[test]
        fn any_chunk(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..3), bits in 15..=21_u32) {
            let mut decoder = Lzx::new(bits).unwrap();
            for chunk in chunks {
                if let Ok(frame) = decoder.frame(&chunk, 5000) {
                    prop_assert_eq!(frame.len(), 5000);
                }
            }
        }
    }
}
