//! How pieces are compressed.

use super::super::inflate::Inflate;
use crate::bytes::{head, tail};
use crate::compression::output::Output;
use crate::compression::{lzma, lzo};
use crate::{Limits, Problem, ProblemKind};

pub(super) const NONE: u8 = 0;
pub(super) const ZERO: u8 = 1;
const RTIME: u8 = 2;
const RUBIN_MIPS: u8 = 3;
const COPY: u8 = 4;
const DYNAMIC_RUBIN: u8 = 5;
const ZLIB: u8 = 6;
const LZO: u8 = 7;
const LZMA: u8 = 8;
/// A vendor's number for LZMA with its own five bytes of properties.
const LZMA_WITH_PROPERTIES: u8 = 0x15;

/// What the kernels' LZMA patch decodes with: lc, lp and pb are 0, the window has 8 KiB.
const LZMA_WINDOW: u32 = 0x2000;

/// The word used in attributes.
pub(super) fn name(compression: u8) -> String {
    let name = match compression {
        NONE | COPY => "none",
        ZERO => "hole",
        RTIME => "rtime",
        RUBIN_MIPS => "rubinmips",
        DYNAMIC_RUBIN => "dynrubin",
        ZLIB => "zlib",
        LZO => "lzo",
        LZMA | LZMA_WITH_PROPERTIES => "lzma",
        other => return format!("number {other}"),
    };
    name.to_owned()
}

/// The most bytes that `stored` bytes can become.
pub(super) fn most(compression: u8, stored: u32) -> u64 {
    let stored = u64::from(stored);
    match compression {
        ZERO => u64::MAX,
        // A pair of bytes becomes at most 256.
        RTIME => stored * 128,
        // There is no bound but that of what writers make: a page.
        RUBIN_MIPS | DYNAMIC_RUBIN => stored * 256 + (64 << 10),
        LZO => stored * 256,
        // A match of 273 bytes takes a thirtieth of a byte.
        LZMA | LZMA_WITH_PROPERTIES => stored * 8192,
        NONE | COPY => stored,
        // Deflate makes at most 258 bytes of two bits. What is not read is not believed to make more.
        _ => stored * 1032,
    }
}

/// Whether a decoder stops by itself where the stored bytes are over, so that it tells of more than is stated.
pub(super) fn ends_by_itself(compression: u8) -> bool {
    matches!(compression, NONE | COPY | RTIME | ZLIB | LZO)
}

/// Decodes pieces one after the other.
#[derive(Default)]
pub(super) struct Codec {
    zlib: Option<Inflate>,
}

impl Codec {
    /// Decodes one piece into `output`; how many bytes were made, and what went wrong where they are fewer than `wanted`.
    /// What could not be made stays as it is.
    pub(super) fn decode(
        &mut self,
        compression: u8,
        input: &[u8],
        output: &mut [u8],
        wanted: usize,
        limits: &Limits,
    ) -> (usize, Option<Problem>) {
        let room = output.len();
        let by_block = |decoded: (Vec<u8>, Vec<Problem>), output: &mut [u8]| {
            let (bytes, problems) = decoded;
            let made = put(output, &bytes);
            (made, problems.into_iter().next())
        };
        let bounded = Output::bounded(limits, room as u64);
        let (made, problem) = match compression {
            NONE | COPY => (put(output, input), None),
            ZERO => (room, None),
            RTIME => (rtime(input, output), None),
            RUBIN_MIPS => (Rubin::new(input, MIPS_BITS, MIPS_DIVIDER).decode(output), None),
            DYNAMIC_RUBIN => match input.split_first_chunk::<8>() {
                Some((bits, rest)) => (Rubin::new(rest, bits.map(u32::from), 256).decode(output), None),
                None => (0, None),
            },
            ZLIB => self.zlib.get_or_insert_with(Inflate::zlib).block(input, output),
            LZO => by_block(lzo::decode_block(input, bounded), output),
            LZMA => {
                let decoded = lzma::decode_raw(input, 0, LZMA_WINDOW, Some(room as u64), bounded);
                by_block(decoded, output)
            }
            LZMA_WITH_PROPERTIES => {
                let properties = input.first().copied().unwrap_or(u8::MAX);
                let window = crate::bytes::u32_le(input, 1).unwrap_or_default().min(1 << 20);
                let stream = tail(input, 5);
                let decoded = lzma::decode_raw(stream, properties, window, Some(room as u64), bounded);
                by_block(decoded, output)
            }
            other => {
                let detail = format!("compression {other} is not read");
                return (0, Some(Problem::new(ProblemKind::Unsupported, 0, detail)));
            }
        };
        let short = || {
            let detail = format!("{} gave {made} bytes where {wanted} are stated", name(compression));
            Problem::new(ProblemKind::Malformed, 0, detail)
        };
        (made, (made < wanted).then(|| problem.unwrap_or_else(short)))
    }
}

/// Copies as much as there is; how much that was.
fn put(output: &mut [u8], bytes: &[u8]) -> usize {
    let length = output.len().min(bytes.len());
    if let Some(target) = output.get_mut(..length) {
        target.copy_from_slice(head(bytes, length));
    }
    length
}

/// Each byte is followed by how many bytes repeat what came behind its last occurrence.
fn rtime(input: &[u8], output: &mut [u8]) -> usize {
    let mut after = [0_usize; 256];
    let mut made = 0;
    for pair in input.chunks_exact(2) {
        let [value, repeat] = *pair else { break };
        let Some(target) = output.get_mut(made) else { break };
        *target = value;
        made += 1;
        let Some(from) = after.get_mut(usize::from(value)) else { break };
        let start = std::mem::replace(from, made);
        for source in start..start + usize::from(repeat) {
            let Some(byte) = output.get(source).copied() else { break };
            let Some(target) = output.get_mut(made) else { break };
            *target = byte;
            made += 1;
        }
    }
    made
}

/// The chances that a bit is set, bit by bit, that the oldest images were written with.
const MIPS_BITS: [u32; 8] = [277, 249, 290, 267, 229, 341, 212, 241];
const MIPS_DIVIDER: u32 = 1043;

/// An arithmetic decoder of bits, each bit of a byte with its own fixed chance. The interval is 16 bits wide.
struct Rubin<'a> {
    input: &'a [u8],
    bit: usize,
    low: u32,
    range: u32,
    code: u32,
    bits: [u32; 8],
    divider: u32,
}

const HALF: u32 = 1 << 15;

impl<'a> Rubin<'a> {
    fn new(input: &'a [u8], bits: [u32; 8], divider: u32) -> Self {
        let mut rubin = Self { input, bit: 0, low: 0, range: 2 * HALF, code: 0, bits, divider };
        for _ in 0..16 {
            rubin.shift();
        }
        rubin
    }

    fn shift(&mut self) {
        let byte = self.input.get(self.bit / 8).copied().unwrap_or_default();
        self.code = self.code << 1 | u32::from(byte >> (7 - self.bit % 8) & 1);
        self.bit += 1;
    }

    /// Whether far more bits were taken than there are.
    fn is_over(&self) -> bool {
        self.bit > self.input.len().saturating_mul(8) + 64
    }

    /// Decodes bytes until the output is full or the input is long over.
    fn decode(mut self, output: &mut [u8]) -> usize {
        let mut made = 0;
        for target in output {
            if self.is_over() {
                break;
            }
            let bits = self.bits;
            *target = bits.iter().enumerate().fold(0, |byte, (place, chance)| {
                byte | u8::from(self.symbol(self.divider.saturating_sub(*chance))) << place
            });
            made += 1;
        }
        made
    }

    /// The next bit, which is clear with the chance `clear` of `divider`.
    fn symbol(&mut self, clear: u32) -> bool {
        while (self.low >= HALF || self.low + self.range <= HALF) && !self.is_over() {
            self.low = (self.low & (HALF - 1)) << 1;
            self.range <<= 1;
            self.code &= HALF - 1;
            self.shift();
        }
        let below = (clear * self.range / self.divider).clamp(1, self.range.saturating_sub(1).max(1));
        let set = self.code >= self.low + below;
        if set {
            self.low += below;
            self.range -= below;
        } else {
            self.range = below;
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(compression: u8, input: &[u8], length: usize) -> (Vec<u8>, Option<Problem>) {
        let mut output = vec![0; length];
        let (_, problem) =
            Codec::default().decode(compression, input, &mut output, length, &Limits::default());
        (output, problem)
    }

    #[test]
    fn rtime_repeats_what_came_last_behind_a_byte() {
        // "a" new; "b" new; "a" again, then two bytes that stood behind the first "a".
        let (bytes, problem) = decode(RTIME, &[b'a', 0, b'b', 0, b'a', 2], 5);
        assert_eq!((&bytes[..], problem), (&b"ababa"[..], None));
        // A byte that repeats itself.
        assert_eq!(decode(RTIME, &[7, 0, 7, 9], 11).0, [7; 11]);
        assert_eq!(decode(RTIME, &[7, 0], 3).1.unwrap().kind, ProblemKind::Malformed);
    }

    #[test]
    fn numbers_that_are_not_known_are_unsupported() {
        assert_eq!(decode(99, b"x", 1).1.unwrap().kind, ProblemKind::Unsupported);
        assert_eq!(decode(ZERO, b"", 3), (vec![0; 3], None));
        assert_eq!(decode(COPY, b"abc", 3), (b"abc".to_vec(), None));
    }

    #[test]
    fn hostile_chances_end() {
        for bits in [[0; 8], [255; 8]] {
            let input = [&bits[..], &[0xa5; 40]].concat();
            let (bytes, _) = decode(DYNAMIC_RUBIN, &input, 5000);
            assert_eq!(bytes.len(), 5000);
        }
    }
}
