//! LZO1X: the block that lzop, squashfs, JFFS2 and UBIFS store.
//!
//! How: a stream of instructions, each a match (16 to 49,151 bytes back, or up to 2,048 or 3,072 in two or three bytes)
//! followed by up to three literals, or a run of literals; an end mark closes it. Decoded in one pass, every copy checked
//! against both ends. Misses: the run-length extension of compressed memory (bitstream version 1), which is not stored.
//! Source: the description of the stream in the Linux kernel's documentation (staging/lzo.rst).

use super::history::{WORD, copy};
use super::output::Output;
use crate::bytes::{head, tail};
use crate::{Problem, ProblemKind};

/// No instruction makes more than this for each of its bytes.
const RATIO: usize = 255;
/// Output is made room for in steps of this size, so that a lie about the size costs little.
const STEP: usize = 256 << 10;

/// Decompresses one bare block.
pub(crate) fn decode_block(input: &[u8], mut output: Output) -> (Vec<u8>, Vec<Problem>) {
    let (end, problem) = decode(input, &mut output);
    let mut problems: Vec<Problem> = problem.into_iter().collect();
    if problems.is_empty() && end < input.len() {
        let detail = format!("{} bytes stand behind the end mark", input.len() - end);
        problems.push(Problem::new(ProblemKind::Malformed, end as u64, detail));
    }
    (output.bytes, problems)
}

/// Decodes the block at the start of `input` behind what `output` holds, which it does not refer to: the end of its last
/// instruction, and what stopped it early.
pub(crate) fn decode(input: &[u8], output: &mut Output) -> (usize, Option<Problem>) {
    let start = output.bytes.len();
    let most = start + output.room().min(input.len().saturating_mul(RATIO));
    let made = std::mem::take(&mut output.bytes);
    let mut block = Block { input, from: 0, made, start, to: start, most };
    let failure = block.run().err();
    let Block { from, mut made, to, .. } = block;
    made.truncate(to);
    output.bytes = made;
    let problem = failure.map(|failure| match failure {
        Failure::Full => output.stop(from).unwrap_or_else(|| {
            let detail = "LZO: an instruction makes more than its bytes can";
            Problem::new(ProblemKind::Malformed, from as u64, detail)
        }),
        Failure::Truncated => {
            Problem::new(ProblemKind::Truncated, input.len() as u64, "the data ends inside the LZO stream")
        }
        Failure::TooFar(distance) => {
            let detail = format!("LZO: a match {distance} bytes back, {} bytes are there", to - start);
            Problem::new(ProblemKind::Malformed, from as u64, detail)
        }
    });
    (from, problem)
}

enum Failure {
    Truncated,
    TooFar(usize),
    Full,
}

struct Block<'i> {
    input: &'i [u8],
    from: usize,
    made: Vec<u8>,
    /// Where the block's content starts in what was made.
    start: usize,
    to: usize,
    most: usize,
}

impl Block<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        // How many literals the last instruction brought: 0 to 3 behind a match, 4 for a run.
        let mut state = 0;
        if let Some(first @ 18..) = self.input.first() {
            self.from = 1;
            let literals = usize::from(*first) - 17;
            self.literals(literals)?;
            state = literals.min(4);
        }
        loop {
            let code = usize::from(self.byte()?);
            let (distance, length, literals) = match code {
                0..=15 if state == 0 => {
                    let length = if code == 0 { self.long(15)? } else { code };
                    self.literals(length + 3)?;
                    state = 4;
                    continue;
                }
                0..=15 => {
                    let high = usize::from(self.byte()?) << 2;
                    let (base, length) = if state == 4 { (2049, 3) } else { (1, 2) };
                    (high + (code >> 2) + base, length, code & 3)
                }
                16..=31 => {
                    let length = if code & 7 == 0 { self.long(7)? } else { code & 7 };
                    let word = self.word()?;
                    let distance = ((code & 8) << 11) + (word >> 2);
                    if distance == 0 {
                        return Ok(());
                    }
                    (distance + 16_384, length + 2, word & 3)
                }
                32..=63 => {
                    let length = if code & 31 == 0 { self.long(31)? } else { code & 31 };
                    let word = self.word()?;
                    ((word >> 2) + 1, length + 2, word & 3)
                }
                _ => {
                    let high = usize::from(self.byte()?) << 3;
                    let length = if code < 128 { 3 + (code >> 5 & 1) } else { 5 + (code >> 5 & 3) };
                    (high + (code >> 2 & 7) + 1, length, code & 3)
                }
            };
            self.copy(distance, length)?;
            self.literals(literals)?;
            state = literals;
        }
    }

    fn byte(&mut self) -> Result<u8, Failure> {
        let byte = *self.input.get(self.from).ok_or(Failure::Truncated)?;
        self.from += 1;
        Ok(byte)
    }

    fn word(&mut self) -> Result<usize, Failure> {
        let word =
            self.input.get(self.from..).and_then(|rest| rest.first_chunk()).ok_or(Failure::Truncated)?;
        self.from += 2;
        Ok(usize::from(u16::from_le_bytes(*word)))
    }

    /// A length that did not fit its instruction: 255 for each zero byte, and the byte behind them.
    #[cold]
    fn long(&mut self, base: usize) -> Result<usize, Failure> {
        let mut length = base;
        loop {
            match self.byte()? {
                0 => length += 255,
                last => return Ok(length + usize::from(last)),
            }
        }
    }

    /// Makes room for `length` bytes, and for a word behind them where the limit lets it be: how many of them may be
    /// written.
    #[inline]
    fn room(&mut self, length: usize) -> usize {
        if self.made.len() - self.to < length + WORD { self.grow(length) } else { length }
    }

    #[cold]
    fn grow(&mut self, length: usize) -> usize {
        let length = length.min(self.most.saturating_sub(self.to));
        let target = (self.to + length + STEP).min(self.most);
        self.made.resize(target.max(self.made.len()), 0);
        length
    }

    #[inline]
    fn literals(&mut self, stated: usize) -> Result<(), Failure> {
        if stated == 0 {
            return Ok(());
        }
        let length = self.room(stated);
        if length <= WORD
            && let Some(source) = self.input.get(self.from..).and_then(|rest| rest.first_chunk::<WORD>())
            && let Some(target) = self.made.get_mut(self.to..).and_then(|rest| rest.first_chunk_mut::<WORD>())
        {
            *target = *source;
            self.from += length;
            self.to += length;
        } else {
            let source = head(tail(self.input, self.from), length);
            let target = self.made.get_mut(self.to..self.to + source.len()).ok_or(Failure::Full)?;
            target.copy_from_slice(source);
            self.from += source.len();
            self.to += source.len();
            if source.len() < length {
                return Err(Failure::Truncated);
            }
        }
        if length < stated { Err(Failure::Full) } else { Ok(()) }
    }

    #[inline]
    fn copy(&mut self, distance: usize, stated: usize) -> Result<(), Failure> {
        if distance > self.to - self.start {
            return Err(Failure::TooFar(distance));
        }
        let length = self.room(stated);
        copy(&mut self.made, self.to, distance, length).ok_or(Failure::Full)?;
        self.to += length;
        if length < stated { Err(Failure::Full) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn block(input: &[u8], most: u64) -> (Vec<u8>, Vec<Problem>) {
        decode_block(input, Output::bounded(&Limits::default(), most))
    }

    #[test]
    fn each_instruction() {
        // Nothing but the end mark.
        assert_eq!(block(&[17, 0, 0], 100), (vec![], vec![]));
        // Four literals in the first byte, the end mark.
        assert_eq!(block(&[21, b'a', b'b', b'c', b'd', 17, 0, 0], 100).0, b"abcd");
        // A run of three, a match of two with one literal behind it, a short match of two.
        let input = [&[20][..], b"abc", &[0x01 | 2 << 2, 0], b"-", &[0x0c, 0], &[17, 0, 0]].concat();
        assert_eq!(block(&input, 100), (b"abcab-ca".to_vec(), vec![]));
        // 01LDDDSS, 1LLDDDSS with an overlap, 001LLLLL with a long length.
        let input =
            [&[22][..], b"abcde", &[0x60 | 4 << 2, 0], &[0xe0, 0], &[0x20, 1, 0, 0], &[17, 0, 0]].concat();
        let expected = [&b"abcdeabcd"[..], &[b'd'; 8 + 34]].concat();
        assert_eq!(block(&input, 100), (expected, vec![]));
    }

    #[test]
    fn far_matches() {
        let run = crate::compression::test_support::noise(20_000);
        let zeros = (20_000 - 18) / 255;
        let mut input = vec![0];
        input.extend(vec![0; zeros]);
        input.push((20_000 - 18 - zeros * 255) as u8);
        input.extend_from_slice(&run);
        // Length 2 + 3, distance 16384 + 100; behind a run, length 3 with distance 2049 + 3.
        input.extend_from_slice(&[16 | 3, (100_u16 << 2) as u8, (100_u16 << 2 >> 8) as u8]);
        input.extend_from_slice(&[1, b'x', 17, 0, 0]);
        let (made, problems) = block(&input[..input.len() - 5], 1 << 20);
        assert_eq!(made[20_000..], run[20_000 - 16_484..20_000 - 16_484 + 5]);
        assert_eq!(problems[0].kind, ProblemKind::Truncated);
    }

    #[test]
    fn what_came_out_before_an_error_is_kept() {
        let (made, problems) = block(&[21, b'a', b'b', b'c', b'd', 0x60, 9], 100);
        assert_eq!((made, problems[0].kind), (b"abcd".to_vec(), ProblemKind::Malformed));
        let (made, problems) = block(&[25, b'a', b'b'], 100);
        assert_eq!((made, problems[0].kind), (b"ab".to_vec(), ProblemKind::Truncated));
        let (made, problems) = block(&[21, b'a', b'b', b'c', b'd', 17, 0, 0], 3);
        assert_eq!((made, problems[0].kind), (b"abc".to_vec(), ProblemKind::LimitReached));
        let (made, problems) = block(&[21, b'a', b'b', b'c', b'd', 0xe0, 0, 17, 0, 0], 6);
        assert_eq!((made, problems[0].kind), (b"abcddd".to_vec(), ProblemKind::LimitReached));
        let (made, problems) = block(&[21, b'a', b'b', b'c', b'd', 17, 0, 0], 4);
        assert_eq!((made, problems), (b"abcd".to_vec(), vec![]));
        let (made, problems) = block(&[21, b'a', b'b', b'c', b'd', 17, 0, 0, 9], 9);
        assert_eq!((made, problems[0].kind), (b"abcd".to_vec(), ProblemKind::Malformed));
    }

    #[test]
    fn a_long_length_makes_no_room_before_it_is_there() {
        let bomb = [&[21, b'a', b'b', b'c', b'd', 0x20][..], &[0; 4000], &[1, 0, 0, 17, 0, 0]].concat();
        let (made, problems) = block(&bomb, 1 << 30);
        assert_eq!((made.len(), problems), (4 + 31 + 2 + 1 + 4000 * 255, vec![]));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_stay_within_the_limit(input: Vec<u8>, most in 0..5000_u64, first in 17..40_u8) {
            for input in [input.clone(), [&[first][..], &input].concat()] {
                let (made, problems) = block(&input, most);
                proptest::prop_assert!(made.len() as u64 <= most);
                proptest::prop_assert!(!problems.is_empty() || input.ends_with(&[0, 0]));
            }
        }
    }
}
