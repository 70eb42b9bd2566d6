//! EFI 1.1 and Tiano compression: LZ77 with Huffman codes, the codes of a block before it.
//! Source: UEFI Platform Initialization 1.8, volume 3; UEFI 2.10, 19.3 (the two differ in the width of one field).

use crate::bytes::{tail, u32_le};

const LITERALS: usize = 256 + 254;
const EXTRA: usize = 19;

/// Decompresses to the length that the header states; `None` where the bytes are not such a stream. `position_bits` is 4 for
/// EFI 1.1 and 5 for Tiano.
pub(super) fn decompress(data: &[u8], position_bits: u32, most: usize) -> Option<Vec<u8>> {
    let (stored, length) = (u32_le(data, 0)? as usize, u32_le(data, 4)? as usize);
    let body = tail(data, 8).get(..stored)?;
    if length > most {
        return None;
    }
    let mut bits = Bits { data: body, at: 0 };
    let mut out: Vec<u8> = Vec::new();
    while out.len() < length {
        let symbols = bits.take(16)?;
        let block = Block::read(&mut bits, position_bits)?;
        for _ in 0..symbols {
            if out.len() >= length {
                break;
            }
            let symbol = block.literals.decode(&mut bits)?;
            if let Ok(byte) = u8::try_from(symbol) {
                out.push(byte);
                continue;
            }
            let copied = usize::from(symbol) - 256 + 3;
            let distance = match block.positions.decode(&mut bits)? {
                slot @ (0 | 1) => usize::from(slot),
                slot => 1 << (slot - 1) | bits.take(u32::from(slot) - 1)? as usize,
            };
            let from = out.len().checked_sub(distance + 1)?;
            for at in from..(from + copied).min(from + length - out.len()) {
                out.push(*out.get(at)?);
            }
        }
        if symbols == 0 {
            return None;
        }
    }
    Some(out)
}

/// The bits of a stream, the highest of each byte first. Zero bits stand behind its end.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        // A little past the end is what an encoder that fills up may leave out.
        if count > 24 || self.at > self.data.len() * 8 + 32 {
            return None;
        }
        let mut value = 0;
        for _ in 0..count {
            let byte = self.data.get(self.at / 8).copied().unwrap_or_default();
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }
}

/// A Huffman code by its lengths.
struct Code {
    /// Symbols in the order of their codes.
    symbols: Vec<u16>,
    /// How many codes of each length.
    counts: [u32; 17],
    /// The only symbol of a code without bits.
    single: Option<u16>,
}

impl Code {
    fn single(symbol: u32) -> Self {
        Self { symbols: Vec::new(), counts: [0; 17], single: u16::try_from(symbol).ok() }
    }

    /// `None` where the lengths make no complete code.
    fn new(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0_u32; 17];
        let mut symbols = Vec::new();
        for length in 1..=16_u8 {
            let of_length = lengths.iter().zip(0_u16..).filter(|(own, _)| **own == length);
            let before = symbols.len();
            symbols.extend(of_length.map(|(_, symbol)| symbol));
            *counts.get_mut(usize::from(length))? = (symbols.len() - before) as u32;
        }
        let filled: u32 = counts.iter().zip(0..).skip(1).map(|(count, length)| count << (16 - length)).sum();
        (filled == 1 << 16).then_some(Self { symbols, counts, single: None })
    }

    fn decode(&self, bits: &mut Bits) -> Option<u16> {
        if self.single.is_some() {
            return self.single;
        }
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in self.counts.iter().skip(1) {
            code = code << 1 | bits.take(1)?;
            first <<= 1;
            if code - first < *count {
                return self.symbols.get((index + code - first) as usize).copied();
            }
            first += count;
            index += count;
        }
        None
    }
}

struct Block {
    literals: Code,
    positions: Code,
}

impl Block {
    fn read(bits: &mut Bits, position_bits: u32) -> Option<Self> {
        let extra = read_lengths(bits, EXTRA, 5, Some(3))?;
        let literals = read_literals(bits, &extra)?;
        let positions = read_lengths(bits, (1 << position_bits) - 1, position_bits, None)?;
        Some(Self { literals, positions })
    }
}

/// A code whose lengths stand as they are: 3 bits, and ones for each more. Behind the third, two bits tell how many are 0.
fn read_lengths(bits: &mut Bits, most: usize, width: u32, special: Option<usize>) -> Option<Code> {
    let count = bits.take(width)? as usize;
    if count == 0 {
        return Some(Code::single(bits.take(width)?));
    }
    let mut lengths = Vec::new();
    while lengths.len() < count.min(most) {
        let mut length = bits.take(3)?;
        if length == 7 {
            while bits.take(1)? == 1 {
                length += 1;
            }
        }
        lengths.push(u8::try_from(length).ok().filter(|length| *length <= 16)?);
        if special == Some(lengths.len()) {
            let zeros = bits.take(2)? as usize;
            lengths.resize(lengths.len() + zeros, 0);
        }
    }
    Code::new(&lengths)
}

/// The code of literals and lengths, its own lengths coded by `extra`: 0 to 2 stand for runs of 0.
fn read_literals(bits: &mut Bits, extra: &Code) -> Option<Code> {
    let count = bits.take(9)? as usize;
    if count == 0 {
        return Some(Code::single(bits.take(9)?));
    }
    let mut lengths: Vec<u8> = Vec::new();
    while lengths.len() < count.min(LITERALS) {
        let zeros = match extra.decode(bits)? {
            0 => 1,
            1 => bits.take(4)? as usize + 3,
            2 => bits.take(9)? as usize + 20,
            length => {
                lengths.push(u8::try_from(length - 2).ok()?);
                continue;
            }
        };
        lengths.resize(lengths.len() + zeros, 0);
    }
    Code::new(&lengths)
}
