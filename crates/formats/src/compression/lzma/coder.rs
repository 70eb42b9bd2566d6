//! The LZMA decoder itself, shared by the lzma, lzip and xz readers: range coder, models, matches.
//!
//! It writes straight into the content, which is also its dictionary: no window is allocated, nothing is copied twice,
//! and what was decoded before an error is all there. Source: LZMA specification (LZMA SDK, lzma-specification.txt).

use crate::bytes::u32_be;
use crate::compression::history::copy;

/// The models' initial probability: one half of 2^11.
const EVEN: u16 = 1 << 10;
/// A range below this takes in another byte.
const TOP: u32 = 1 << 24;
/// Bits of a far distance that are coded with a model; those above are not.
const ALIGN_BITS: usize = 4;

/// Zeros among the first sixteen bytes, at most: noise has more once in 10^10 times.
const ZEROS_MAX: usize = 5;

/// Why decoding stopped short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The input ends inside a symbol.
    Truncated,
    /// Something that no encoder writes.
    Malformed(&'static str),
}

/// How decoding stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The room that was given is full.
    Full,
    /// The end mark was read.
    EndMark,
    /// The range coder is in its end state, asked for with [`Until::Finished`].
    Finished,
}

/// What ends decoding apart from full room and the end mark.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Nothing.
    Full,
    /// The range coder's end state behind at least this position: what ends a stream of unknown length without a mark.
    Finished(usize),
}

/// The range coder over its input.
#[derive(Clone, Copy)]
pub(crate) struct Range<'i> {
    input: &'i [u8],
    at: usize,
    range: u32,
    code: u32,
}

impl<'i> Range<'i> {
    /// Reads the five bytes that every stream starts with.
    pub(crate) fn new(input: &'i [u8]) -> Result<Self, Failure> {
        match input.first() {
            None => return Err(Failure::Truncated),
            Some(0) => {}
            Some(_) => return Err(Failure::Malformed("the range coder's first byte is not 0")),
        }
        let code = u32_be(input, 1).ok_or(Failure::Truncated)?;
        if code == u32::MAX {
            return Err(Failure::Malformed("the range coder starts past its range"));
        }
        Ok(Self { input, at: 5, range: u32::MAX, code })
    }

    /// Whether content can start so, to be asked at the start: nothing but a literal can come first, and what a range
    /// coder writes looks like noise, of which tables with their many zeros do not. (A few zeros say that the content
    /// starts with zeros; for more of those an encoder writes a match.)
    pub(crate) fn starts_plausibly(&self) -> bool {
        let ahead = self.input.get(1..).map(|rest| rest.get(..16).unwrap_or(rest)).unwrap_or_default();
        let zeros = ahead.iter().filter(|byte| **byte == 0).count();
        self.code < (self.range >> 11) * u32::from(EVEN) && zeros <= ZEROS_MAX
    }

    /// Bytes taken in so far.
    pub(crate) fn position(&self) -> usize {
        self.at.min(self.input.len())
    }

    /// Takes in the last byte and says whether the encoder could have stopped here.
    pub(crate) fn finish(&mut self) -> bool {
        self.normalise();
        self.code == 0 && !self.overrun()
    }

    fn overrun(&self) -> bool {
        self.at > self.input.len()
    }

    #[inline(always)]
    fn normalise(&mut self) {
        if self.range < TOP {
            // Bytes past the end count as zeros until the symbol is over; then the overrun is seen.
            let byte = self.input.get(self.at).copied().unwrap_or(0);
            self.at += 1;
            self.range <<= 8;
            self.code = self.code << 8 | u32::from(byte);
        }
    }

    /// A bit that the processor can guess.
    #[inline(always)]
    fn bit(&mut self, model: &mut u16) -> bool {
        self.normalise();
        let chance = u32::from(*model);
        let bound = (self.range >> 11) * chance;
        if self.code < bound {
            self.range = bound;
            *model = (chance + ((2048 - chance) >> 5)) as u16;
            false
        } else {
            self.range -= bound;
            self.code -= bound;
            *model = (chance - (chance >> 5)) as u16;
            true
        }
    }

    /// A bit that it cannot: without a branch.
    #[inline(always)]
    fn even_bit(&mut self, model: &mut u16) -> usize {
        self.normalise();
        let chance = u32::from(*model);
        let bound = (self.range >> 11) * chance;
        // All ones for a 1.
        let mask = 0_u32.wrapping_sub(u32::from(self.code >= bound));
        self.range = (bound & !mask) | ((self.range - bound) & mask);
        self.code -= bound & mask;
        let target = 2048 - (mask & (2048 - 31));
        *model = chance.wrapping_add((target.wrapping_sub(chance).cast_signed() >> 5).cast_unsigned()) as u16;
        (mask & 1) as usize
    }

    #[inline(always)]
    fn tree<const N: usize>(&mut self, models: &mut [u16; N]) -> usize {
        let mut symbol = 1;
        while symbol < N {
            symbol = symbol << 1 | self.even_bit(slot(models, symbol));
        }
        symbol - N
    }

    /// `bits` bits, the lowest first, with models from `base` on.
    #[inline(always)]
    fn reverse<const N: usize>(&mut self, models: &mut [u16; N], base: usize, bits: usize) -> usize {
        let (mut symbol, mut value) = (1, 0);
        for at in 0..bits {
            let bit = self.even_bit(slot(models, base + symbol));
            symbol = symbol << 1 | bit;
            value |= bit << at;
        }
        value
    }

    /// `bits` bits without a model.
    #[inline(always)]
    fn direct(&mut self, bits: usize) -> usize {
        let mut value = 0;
        for _ in 0..bits {
            self.normalise();
            self.range >>= 1;
            self.code = self.code.wrapping_sub(self.range);
            let mask = 0_u32.wrapping_sub(self.code >> 31);
            self.code = self.code.wrapping_add(self.range & mask);
            value = value << 1 | (mask.wrapping_add(1) & 1) as usize;
        }
        value
    }
}

/// An element of a table whose length is a power of two.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "the mask keeps the index below the length")]
fn slot<T, const N: usize>(table: &mut [T; N], index: usize) -> &mut T {
    const { assert!(N.is_power_of_two()) };
    &mut table[index & (N - 1)]
}

#[derive(Clone)]
struct Lengths {
    choice: u16,
    choice2: u16,
    low: [[u16; 8]; 16],
    middle: [[u16; 8]; 16],
    high: [u16; 256],
}

impl Lengths {
    const NEW: Self = Self {
        choice: EVEN,
        choice2: EVEN,
        low: [[EVEN; 8]; 16],
        middle: [[EVEN; 8]; 16],
        high: [EVEN; 256],
    };

    #[inline(always)]
    fn decode(&mut self, range: &mut Range, place: usize) -> usize {
        if !range.bit(&mut self.choice) {
            2 + range.tree(slot(&mut self.low, place))
        } else if !range.bit(&mut self.choice2) {
            10 + range.tree(slot(&mut self.middle, place))
        } else {
            18 + range.tree(&mut self.high)
        }
    }
}

/// Models, state and the last four distances.
#[derive(Clone)]
pub(crate) struct Coder {
    literals: Vec<[u16; 1024]>,
    literal_bits: usize,
    literal_mask: usize,
    place_mask: usize,
    models: Models,
    /// What is left of a match that did not fit the room.
    pending: usize,
}

#[derive(Clone)]
struct Models {
    state: usize,
    distances: [usize; 4],
    is_match: [[u16; 16]; 16],
    is_repeat: [u16; 16],
    is_repeat0: [u16; 16],
    is_repeat1: [u16; 16],
    is_repeat2: [u16; 16],
    is_repeat0_long: [[u16; 16]; 16],
    slots: [[u16; 64]; 4],
    special: [u16; 128],
    align: [u16; 16],
    match_lengths: Lengths,
    repeat_lengths: Lengths,
}

impl Models {
    const NEW: Self = Self {
        state: 0,
        distances: [0; 4],
        is_match: [[EVEN; 16]; 16],
        is_repeat: [EVEN; 16],
        is_repeat0: [EVEN; 16],
        is_repeat1: [EVEN; 16],
        is_repeat2: [EVEN; 16],
        is_repeat0_long: [[EVEN; 16]; 16],
        slots: [[EVEN; 64]; 4],
        special: [EVEN; 128],
        align: [EVEN; 16],
        match_lengths: Lengths::NEW,
        repeat_lengths: Lengths::NEW,
    };
}

/// Where a coder writes.
pub(crate) struct Window<'o> {
    /// What was made, and the room behind it.
    pub(crate) made: &'o mut [u8],
    /// Where the dictionary starts in it.
    pub(crate) start: usize,
    /// Where the next byte goes.
    pub(crate) to: usize,
    /// How far back a match may refer.
    pub(crate) reach: usize,
}

impl Coder {
    /// A coder for the properties byte (pb * 5 + lp) * 9 + lc; `None` for 225 and above.
    pub(crate) fn new(properties: u8) -> Option<Self> {
        let properties = usize::from(properties);
        if properties >= 9 * 5 * 5 {
            return None;
        }
        let (lc, lp, pb) = (properties % 9, properties / 9 % 5, properties / 45);
        Some(Self {
            literals: vec![[EVEN; 1024]; 1 << (lc + lp)],
            literal_bits: lc,
            literal_mask: (1 << lp) - 1,
            place_mask: (1 << pb) - 1,
            models: Models::NEW,
            pending: 0,
        })
    }

    /// Forgets what was learnt.
    pub(crate) fn reset(&mut self) {
        self.literals.fill([EVEN; 1024]);
        self.models = Models::NEW;
        self.pending = 0;
    }

    /// Whether the last symbols were literals, three of them at least.
    pub(crate) fn is_in_literals(&self) -> bool {
        self.models.state == 0
    }

    /// Whether the last match is written in full.
    pub(crate) fn is_at_symbol(&self) -> bool {
        self.pending == 0
    }

    /// Decodes into the window until its room is full or the stream ends.
    pub(crate) fn decode(
        &mut self,
        range: &mut Range,
        window: &mut Window,
        until: Until,
    ) -> Result<Stop, Failure> {
        match until {
            Until::Full => self.run::<false>(range, window, 0),
            Until::Finished(from) => self.run::<true>(range, window, from),
        }
    }

    fn run<const FINISHES: bool>(
        &mut self,
        range: &mut Range,
        window: &mut Window,
        from: usize,
    ) -> Result<Stop, Failure> {
        const OUTSIDE: Failure = Failure::Malformed("a match outside the window");
        let made = &mut *window.made;
        let (start, reach) = (window.start, window.reach);
        // Held in locals, these stay in registers.
        let (mut coder, mut to) = (*range, window.to);
        let models = &mut self.models;
        let result = loop {
            if self.pending > 0 {
                let piece = self.pending.min(made.len() - to);
                if copy(made, to, models.distances[0] + 1, piece).is_none() {
                    break Err(OUTSIDE);
                }
                to += piece;
                self.pending -= piece;
            }
            if to >= made.len() {
                break Ok(Stop::Full);
            }
            if FINISHES && to >= from && coder.finish() {
                break Ok(Stop::Finished);
            }
            let position = to - start;
            let place = position & self.place_mask;
            let state = models.state;
            if !coder.bit(slot(slot(&mut models.is_match, state), place)) {
                let previous = if position > 0 { made.get(to - 1).copied().unwrap_or(0) } else { 0 };
                let index = ((position & self.literal_mask) << self.literal_bits)
                    + (usize::from(previous) >> (8 - self.literal_bits));
                let Some(literal) = self.literals.get_mut(index) else { break Err(OUTSIDE) };
                let mut symbol = 1;
                if state < 7 {
                    for _ in 0..8 {
                        symbol = symbol << 1 | coder.even_bit(slot(literal, symbol));
                    }
                } else {
                    let matched = to.wrapping_sub(models.distances[0] + 1);
                    let mut matched = usize::from(made.get(matched).copied().unwrap_or(0));
                    let mut offset = 0x100;
                    for _ in 0..8 {
                        matched <<= 1;
                        let expected = matched & offset;
                        let bit = coder.even_bit(slot(literal, offset + expected + symbol));
                        symbol = symbol << 1 | bit;
                        offset &= !(expected ^ 0_usize.wrapping_sub(bit));
                    }
                }
                if coder.overrun() {
                    break Err(Failure::Truncated);
                }
                let Some(target) = made.get_mut(to) else { break Err(OUTSIDE) };
                *target = symbol as u8;
                to += 1;
                models.state = match state {
                    0..=3 => 0,
                    4..=9 => state - 3,
                    _ => state - 6,
                };
                continue;
            }
            let long = usize::from(state >= 7);
            let length = if !coder.bit(slot(&mut models.is_repeat, state)) {
                let length = models.match_lengths.decode(&mut coder, place);
                models.state = 7 + 3 * long;
                let number = coder.tree(slot(&mut models.slots, (length - 2).min(3)));
                let distance = if number < 4 {
                    number
                } else {
                    let bits = (number >> 1) - 1;
                    let base = (2 | number & 1) << bits;
                    if number < 14 {
                        base + coder.reverse(&mut models.special, base - number, bits)
                    } else {
                        let direct = coder.direct(bits - ALIGN_BITS) << ALIGN_BITS;
                        base + direct + coder.reverse(&mut models.align, 0, ALIGN_BITS)
                    }
                };
                if distance == u32::MAX as usize {
                    break match coder.finish() {
                        true => Ok(Stop::EndMark),
                        false if coder.overrun() => Err(Failure::Truncated),
                        false => Err(Failure::Malformed("the range coder does not end with the end mark")),
                    };
                }
                let [first, second, third, _] = models.distances;
                models.distances = [distance, first, second, third];
                length
            } else {
                let [first, second, third, fourth] = models.distances;
                if !coder.bit(slot(&mut models.is_repeat0, state)) {
                    if !coder.bit(slot(slot(&mut models.is_repeat0_long, state), place)) {
                        models.state = 9 + 2 * long;
                        1
                    } else {
                        models.state = 8 + 3 * long;
                        models.repeat_lengths.decode(&mut coder, place)
                    }
                } else {
                    models.distances = if !coder.bit(slot(&mut models.is_repeat1, state)) {
                        [second, first, third, fourth]
                    } else if !coder.bit(slot(&mut models.is_repeat2, state)) {
                        [third, first, second, fourth]
                    } else {
                        [fourth, first, second, third]
                    };
                    models.state = 8 + 3 * long;
                    models.repeat_lengths.decode(&mut coder, place)
                }
            };
            if coder.overrun() {
                break Err(Failure::Truncated);
            }
            let distance = models.distances[0];
            if distance >= position.min(reach) {
                break Err(Failure::Malformed("a match from before the content"));
            }
            let piece = length.min(made.len() - to);
            if copy(made, to, distance + 1, piece).is_none() {
                break Err(OUTSIDE);
            }
            to += piece;
            self.pending = length - piece;
        };
        (*range, window.to) = (coder, to);
        result
    }
}
