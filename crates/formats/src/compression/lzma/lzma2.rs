//! LZMA2: LZMA in chunks, each with its sizes, some stored as they are.
//! Source: the LZMA2 chunks of the LZMA SDK, as The .xz File Format 1.2.1 refers to them.

use super::coder::{Coder, Failure, Range, Stop, Until, Window};
use crate::bytes::{head, tail, u16_be};
use crate::compression::output::Output;

/// Control bytes from here on start with what was learnt forgotten.
const NEW_STATE: u8 = 0xa0;
/// From here on with a new properties byte as well.
const NEW_PROPERTIES: u8 = 0xc0;
/// From here on with a new dictionary as well.
const NEW_DICTIONARY: u8 = 0xe0;
/// A chunk stored as it is, with a new dictionary.
const STORED_NEW_DICTIONARY: u8 = 1;
/// Bytes made room for at once: a chunk may state 2 MiB and hold nothing.
const STEP: usize = 128 << 10;

/// An LZMA2 chunk's extent; `made` is 0 for the end mark.
#[derive(Clone, Copy)]
pub(crate) struct Chunk {
    pub(crate) size: usize,
    pub(crate) made: usize,
    control: u8,
    header: usize,
}

impl Chunk {
    pub(crate) fn parse(data: &[u8]) -> Option<Self> {
        let control = *data.first()?;
        let word = |at: usize| u16_be(data, at).map(usize::from);
        let (header, stored, made) = match control {
            0 => (1, 0, 0),
            1 | 2 => (3, word(1)? + 1, word(1)? + 1),
            0x80.. => {
                let made = (usize::from(control & 0x1f) << 16) + word(1)? + 1;
                (if control < NEW_PROPERTIES { 5 } else { 6 }, word(3)? + 1, made)
            }
            _ => return None,
        };
        Some(Self { size: header + stored, made, control, header })
    }
}

/// What goes from one chunk to the next.
pub(crate) struct Lzma2 {
    coder: Option<(u8, Coder)>,
    /// Bytes that a match may go back.
    reach: usize,
    /// Where the dictionary starts in the content; unknown before the first chunk.
    start: Option<usize>,
    needs_properties: bool,
    /// Where the content of the last chunk starts.
    made: usize,
}

impl Lzma2 {
    pub(crate) fn new(dictionary: u32) -> Self {
        let reach = (dictionary as usize).max(4096);
        Self { coder: None, reach, start: None, needs_properties: true, made: 0 }
    }

    /// Whether the limit cut the last chunk's content off.
    pub(crate) fn is_cut(&self, chunk: Chunk, output: &Output) -> bool {
        output.bytes.len() < self.made + chunk.made
    }

    /// Decodes the chunk that is `input`, or as much of it as there is, to the end of `output` as far as its limit.
    pub(crate) fn chunk(&mut self, input: &[u8], chunk: Chunk, output: &mut Output) -> Result<(), Failure> {
        self.made = output.bytes.len();
        if chunk.control >= NEW_DICTIONARY || chunk.control == STORED_NEW_DICTIONARY {
            self.start = Some(self.made);
            self.needs_properties = true;
        }
        let Some(start) = self.start else {
            return Err(Failure::Malformed("the first chunk has no dictionary"));
        };
        let room = output.room().min(chunk.made);
        if chunk.control < 0x80 {
            let content = head(tail(input, chunk.header), room);
            output.bytes.extend_from_slice(content);
            return if content.len() < room { Err(Failure::Truncated) } else { Ok(()) };
        }
        if chunk.control >= NEW_PROPERTIES {
            let properties = *input.get(5).ok_or(Failure::Truncated)?;
            match &mut self.coder {
                Some((known, coder)) if *known == properties => coder.reset(),
                coder => {
                    let new = Coder::new(properties).ok_or(Failure::Malformed("properties above 224"))?;
                    *coder = Some((properties, new));
                }
            }
            self.needs_properties = false;
        }
        let Some((_, coder)) = self.coder.as_mut().filter(|_| !self.needs_properties) else {
            return Err(Failure::Malformed("a chunk without properties"));
        };
        if (NEW_STATE..NEW_PROPERTIES).contains(&chunk.control) {
            coder.reset();
        }
        let mut range = Range::new(tail(input, chunk.header))?;
        while output.bytes.len() < self.made + room {
            let to = output.bytes.len();
            output.bytes.resize((to + STEP).min(self.made + room), 0);
            let mut window = Window { made: &mut output.bytes, start, to, reach: self.reach };
            let result = coder.decode(&mut range, &mut window, Until::Full);
            let to = window.to;
            output.bytes.truncate(to);
            match result? {
                Stop::Full => {}
                Stop::EndMark | Stop::Finished => {
                    return Err(Failure::Malformed("an end mark inside a chunk"));
                }
            }
        }
        if room < chunk.made {
            return Ok(());
        }
        if !coder.is_at_symbol() {
            return Err(Failure::Malformed("a match goes past its chunk"));
        }
        if !range.finish() || range.position() + chunk.header != chunk.size {
            return Err(Failure::Malformed("the range coder does not end with its chunk"));
        }
        Ok(())
    }
}
