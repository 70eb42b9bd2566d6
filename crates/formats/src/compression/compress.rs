//! compress (.Z): LZW with codes of 9 to 16 bits.
//!
//! Finds: streams in block mode (with a code that clears the table) and without. How: codes are read in groups of eight,
//! as the program writes them: where their width changes, the rest of the group is skipped. Wrong when: the format has two
//! bytes of magic, no checksum, no length and no end mark; carved from unknown bytes, each code must be one that the
//! table has, for forty codes at least, which random bytes do not manage. Misses: where the stream ends, if what stands
//! behind it passes for codes. Source: the man page and behaviour of ncompress 5.0 and of gzip's reader of it.

use super::output::Output;
use crate::broken;
use crate::bytes::{slice, tail};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// compress.
pub struct Compress;

static DESCRIPTION: Description = Description {
    name: "compress",
    title: "compress (.Z) stream",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "one content",
    limits: &[
        "there is no checksum, no length and no end mark: the stream reaches to the first impossible code or to the end of the data",
        "inside an image, streams of fewer than 40 codes are not recognised",
        "what stands behind an impossible code is not read",
    ],
    source: "ncompress 5.0; gzip, unlzw.c",
};

const MAGIC: &[u8] = &[0x1f, 0x9d];
const HEADER: usize = 3;
/// The code that clears the table, in block mode.
const CLEAR: usize = 256;
/// Codes that a stream inside unknown bytes must have.
const CONVINCING: u64 = 40;
/// Codes between two looks at the limits.
const CODES_STEP: u64 = 1 << 14;

impl Format for Compress {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        if !data.starts_with(MAGIC) {
            return None;
        }
        let flags = data.get(2).copied();
        let widest = usize::from(flags.unwrap_or(0) & 0x1f);
        if flags.is_none_or(|flags| flags & 0x60 != 0) || !(9..=16).contains(&widest) {
            return broken::header(data, place, &DESCRIPTION, || match flags {
                Some(flags) => {
                    Problem::new(ProblemKind::Malformed, 2, format!("flags {flags:#04x} are not known"))
                }
                None => broken::cut_off(data),
            });
        }
        let block_mode = flags.is_some_and(|flags| flags & 0x80 != 0);
        let mut output = Output::new(limits);
        let mut reader = Reader::new(tail(data, HEADER), widest, block_mode);
        let problem = reader.run(&mut output);
        let mut problem =
            problem.map(|problem| Problem { offset: problem.offset + HEADER as u64, ..problem });
        if place == Place::Inside {
            if reader.codes < CONVINCING {
                return None;
            }
            // What follows the stream is not its fault: it has no end mark.
            problem = problem.filter(|problem| problem.kind != ProblemKind::Malformed);
        }
        if output.bytes.is_empty() && reader.codes == 0 {
            return broken::header(data, place, &DESCRIPTION, || {
                problem.unwrap_or_else(|| broken::cut_off(data))
            });
        }
        let attributes = vec![
            ("code-bits", widest.to_string()),
            ("block-mode", if block_mode { "yes" } else { "no" }.to_owned()),
        ];
        let problems: Vec<Problem> = problem.into_iter().collect();
        output.hand_out(Place::Start, HEADER, &problems, sink)?;
        let size = (HEADER + reader.end()).clamp(1, data.len());
        Some(Reading { size, attributes, problems })
    }
}

/// One string of the table: the one that it prolongs, and where it stands in the content.
#[derive(Clone, Copy, Default)]
struct Word {
    at: usize,
    length: usize,
}

struct Reader<'d> {
    data: &'d [u8],
    widest: usize,
    block_mode: bool,
    /// The strings from the first free code on: each stands in the content already.
    words: Vec<Word>,
    /// The string of the last code.
    last: Option<Word>,
    width: usize,
    /// The bit where the group of eight codes started, and how many of its codes were read.
    group: usize,
    taken: usize,
    codes: u64,
}

impl<'d> Reader<'d> {
    fn new(data: &'d [u8], widest: usize, block_mode: bool) -> Self {
        Self {
            data,
            widest,
            block_mode,
            words: Vec::new(),
            last: None,
            width: 9,
            group: 0,
            taken: 0,
            codes: 0,
        }
    }

    fn first_free(&self) -> usize {
        if self.block_mode { CLEAR + 1 } else { CLEAR }
    }

    /// Bytes that the codes read so far take up.
    fn end(&self) -> usize {
        (self.group + self.taken * self.width).div_ceil(8).min(self.data.len())
    }

    /// The next code, or `None` where fewer bits are left than it has.
    fn code(&mut self) -> Option<usize> {
        let bit = self.group + self.taken * self.width;
        let word = match slice(self.data, bit / 8, 4).and_then(|word| word.first_chunk()) {
            Some(word) => u32::from_le_bytes(*word) as usize,
            None if bit + self.width > self.data.len() * 8 => return None,
            None => {
                tail(self.data, bit / 8).iter().rev().fold(0, |word, byte| word << 8 | usize::from(*byte))
            }
        };
        self.taken += 1;
        if self.taken == 8 {
            self.group += 8 * self.width;
            self.taken = 0;
        }
        Some(word >> (bit % 8) & ((1 << self.width) - 1))
    }

    /// Skips the rest of the group, from which codes have another width.
    fn set_width(&mut self, width: usize) {
        if self.taken > 0 {
            self.group += 8 * self.width;
            self.taken = 0;
        }
        self.width = width;
    }

    fn run(&mut self, output: &mut Output) -> Option<Problem> {
        loop {
            if self.codes.is_multiple_of(CODES_STEP)
                && let Some(limit) = output.stop(self.end())
            {
                return Some(limit);
            }
            // The table is full at 2^widest; before, codes grow as soon as the next free one does not fit.
            let free = self.first_free() + self.words.len();
            if free > (1 << self.width) - 1 && self.width < self.widest {
                self.set_width(self.width + 1);
            }
            let (group, taken) = (self.group, self.taken);
            let code = self.code()?;
            if self.block_mode && code == CLEAR && self.codes > 0 {
                self.words.clear();
                self.last = None;
                self.set_width(9);
                self.codes += 1;
                continue;
            }
            let made = output.bytes.len();
            let room = output.room();
            let known = code.checked_sub(self.first_free());
            let word = match (known, self.last) {
                (None, _) if code < 256 => {
                    output.bytes.push(code as u8);
                    Word { at: made, length: 1 }
                }
                (Some(index), Some(last)) if index <= self.words.len() => {
                    // The string that is being made is the last one and its own first byte.
                    let making = Word { at: last.at, length: last.length + 1 };
                    let word = self.words.get(index).copied().unwrap_or(making);
                    repeat(&mut output.bytes, word, room);
                    Word { at: made, length: word.length }
                }
                _ => {
                    (self.group, self.taken) = (group, taken);
                    let detail = format!("code {code} is not in the table yet");
                    return Some(Problem::new(ProblemKind::Malformed, self.end() as u64, detail));
                }
            };
            self.codes += 1;
            if let Some(last) = self.last
                && free < 1 << self.widest
            {
                // The byte behind the last string is the first of this one.
                self.words.push(Word { at: last.at, length: last.length + 1 });
            }
            self.last = Some(word);
            if output.room() == 0 && (word.length > room || self.has_more()) {
                return output.stop(self.end());
            }
        }
    }

    fn has_more(&self) -> bool {
        self.group + (self.taken + 1) * self.width <= self.data.len() * 8
    }
}

/// Appends the string that stands at `word`, of which the last byte may be the first of what is appended.
fn repeat(bytes: &mut Vec<u8>, word: Word, room: usize) {
    let there = word.length.min(bytes.len() - word.at).min(room);
    bytes.extend_from_within(word.at..word.at + there);
    if there < word.length.min(room)
        && let Some(first) = bytes.get(word.at).copied()
    {
        bytes.push(first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, noise, read};

    /// Codes of 9 bits, with the padding of their last group left out.
    fn pack(flags: u8, codes: &[u32]) -> Vec<u8> {
        let mut bits: Vec<bool> = Vec::new();
        for code in codes {
            bits.extend((0..9).map(|bit| code >> bit & 1 == 1));
        }
        let mut data = vec![0x1f, 0x9d, flags];
        data.extend(
            bits.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))),
        );
        data
    }

    fn content(data: &[u8]) -> Vec<u8> {
        let (reading, entries) = read(&Compress, data, Place::Start).unwrap();
        assert_eq!(reading.problems, []);
        bytes_of(&entries)
    }

    #[test]
    fn strings_and_the_one_being_made() {
        let a = u32::from(b'a');
        let b = u32::from(b'b');
        // 257 is "ab"; 259 is "aba", which is being made when it is asked for.
        assert_eq!(content(&pack(0x90, &[a, b, 257, 259])), b"abababa");
        // Without block mode the first free code is 256.
        assert_eq!(content(&pack(0x10, &[a, b, 256, 258])), b"abababa");
        assert_eq!(content(&pack(0x90, &[a, 257])), b"aaa");
    }

    #[test]
    fn the_table_is_cleared_and_the_group_skipped() {
        let a = u32::from(b'a');
        // Behind the clearing code the rest of its group of eight is skipped.
        let codes = [a, 257, 256, 0, 0, 0, 0, 0, a, a, 257];
        assert_eq!(content(&pack(0x90, &codes)), b"aaaaaaa");
    }

    #[test]
    fn an_impossible_code() {
        let data = pack(0x90, &[u32::from(b'a'), 258, 0]);
        let (reading, entries) = read(&Compress, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Malformed);
        assert_eq!(bytes_of(&entries), b"a");
        assert!(read(&Compress, &data, Place::Inside).is_none());
    }

    #[test]
    fn random_bytes_are_no_stream() {
        for seed in 0..200 {
            let data = [&[0x1f, 0x9d, 0x90][..], &noise(4000)[seed * 7..]].concat();
            assert!(read(&Compress, &data, Place::Inside).is_none());
        }
    }
}
