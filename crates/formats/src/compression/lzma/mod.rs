//! LZMA in its old container: properties, dictionary size, length, range-coded data.
//!
//! Finds: `.lzma` ("LZMA_alone") streams, as boot loaders and old kernels use them, and the shorter headers that makers of
//! boot loaders have made of it (`header.rs`).
//! How: the format has no magic, so the property bytes with the low half of a dictionary size are looked for and the
//! header is checked strictly. Carved from unknown bytes, the whole stream must decode to its stated length, its end mark
//! or the range coder's end state, to sixteen bytes or more and not to one byte value over and over, from bytes that are as
//! mixed as a range coder's are; or 64 KiB must come out that look like something. Wrong when: chance satisfies all of that. Misses: streams without properties and dictionary size, which only
//! the container knows; broken ones inside an image that give less than 64 KiB (there is no checksum that could tell
//! them from chance). Source: LZMA specification (lzma-specification.txt, LZMA SDK).

pub(crate) mod coder;
mod header;
pub(crate) mod lzma2;

use super::output::Output;
use crate::bytes::{head, position, tail};
use crate::{Description, Entry, Format, Limits, Place, Problem, ProblemKind, Reading};
use coder::{Coder, Failure, Range, Stop, Until, Window};
use header::Header;

/// LZMA alone.
pub struct Lzma;

static DESCRIPTION: Description = Description {
    name: "lzma",
    title: "LZMA compressed stream (alone)",
    magics: &header::MAGICS,
    yields: "one content",
    limits: &[
        "dictionaries of multiples of 64 KiB; with pb = 0 of 1, 2, 4 or 8 MiB",
        "only properties with lc + lp of at most 4",
        "streams stored without properties and dictionary size are read by their containers alone",
        "inside an image, streams of fewer than 16 bytes of content are not recognised",
        "inside an image, a broken stream is read where it gives 64 KiB or more",
        "the extent of a stream cut off by a limit ends where decoding stopped",
    ],
    source: "LZMA specification (LZMA SDK, lzma-specification.txt)",
};

const STEP: usize = 64 << 10;
/// The first step where chance may have made the header: what is not LZMA hardly ever gives so much.
const FIRST_STEP: usize = 256;
/// Room made at once for content of a stated length.
const RESERVE: usize = 1 << 20;
/// Bytes of content that a stream inside unknown bytes must have.
const LEAST: usize = 16;
/// The same for what it is decoded from.
const LEAST_CODED: usize = 16;
/// A stream without length and end mark ends no earlier than this.
const UNMARKED_LEAST: usize = 4096;

impl Format for Lzma {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn may_start(&self, data: &[u8]) -> bool {
        let plausible =
            |header: Header| Range::new(tail(data, header.size)).is_ok_and(|range| range.starts_plausibly());
        Header::all(data).any(plausible)
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let mut best: Option<Found> = None;
        for header in Header::all(data) {
            let mut output = Output::new(limits);
            let (end, problem) = decode(data, header.size, &header.stream, place, &mut output);
            let stream = data.get(header.size..end).unwrap_or_default();
            let found = Found { header, output, stream, end, problem };
            if !found.believable(place) {
                continue;
            }
            if found.problem.is_none() {
                best = Some(found);
                break;
            }
            // Headers come in order of how usual they are: a later one must explain more.
            if best.as_ref().is_none_or(|best| found.output.bytes.len() > best.output.bytes.len()) {
                best = Some(found);
            }
        }
        let Found { header, output, end, problem, .. } = best?;
        let problems: Vec<Problem> = problem.into_iter().collect();
        output.hand_out(Place::Start, header.size, &problems, sink)?;
        Some(Reading { size: end.clamp(1, data.len()), attributes: header.attributes(), problems })
    }
}

/// A stream read under one of the possible headers.
struct Found<'l, 'd> {
    header: Header,
    output: Output<'l>,
    /// The range-coded data.
    stream: &'d [u8],
    end: usize,
    problem: Option<Problem>,
}

impl Found<'_, '_> {
    fn believable(&self, place: Place) -> bool {
        let made = self.output.bytes.len();
        let consumed = self.end - self.header.size.min(self.end);
        // Bytes of a kind: what comes out of padding and tables.
        let varied = |least: usize| {
            let mut seen = [false; 256];
            for byte in &self.output.bytes {
                if let Some(seen) = seen.get_mut(usize::from(*byte)) {
                    *seen = true;
                }
            }
            seen.iter().filter(|seen| **seen).count() >= least
        };
        let usual = self.header.is_usual();
        // Tables of small numbers decode to something soon, but are not what a range coder writes.
        if place == Place::Inside && (made < LEAST || !is_mixed(self.stream)) {
            return false;
        }
        match (place, &self.problem) {
            (Place::Start, None) if usual => true,
            (_, None) if self.header.stream.length.is_some() || usual => varied(2),
            (_, None) => consumed >= 16 && varied(if made < UNMARKED_LEAST { 2 } else { 8 }),
            (Place::Start, Some(problem)) if usual => {
                made >= 4096 || (made > 0 && problem.kind == ProblemKind::Truncated)
            }
            (_, Some(_)) => made >= STEP && consumed >= 4096 && varied(64),
        }
    }
}

/// Whether at least half of the first bytes, of up to 64, are different ones: of 64 by chance 57 are.
fn is_mixed(stream: &[u8]) -> bool {
    // The first byte is always zero.
    let sample = head(tail(stream, 1), 64);
    let seen: std::collections::BTreeSet<u8> = sample.iter().copied().collect();
    sample.len() >= LEAST_CODED && 2 * seen.len() >= sample.len()
}

/// What a header says of the range-coded data behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    /// (pb * 5 + lp) * 9 + lc: 0x5d for the usual 3/0/2, 0 for 0/0/0.
    pub(crate) properties: u8,
    /// Bytes that a match may go back.
    pub(crate) dictionary: u32,
    /// Bytes of the content; without it the end mark or the range coder's end state ends the stream.
    pub(crate) length: Option<u64>,
    /// How it must end.
    pub(crate) ending: Ending,
}

/// What an LZMA stream must end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The end mark, or the range coder's end state.
    Either,
    /// The same; without a length the end mark.
    Marked,
    /// The same, or its stated length where the data end: some packers of blocks cut off what the decoder does not need.
    Block,
}

/// Decompresses range-coded data without a header, of which the caller knows what the header would have said.
pub(crate) fn decode_raw(
    data: &[u8],
    properties: u8,
    dictionary: u32,
    length: Option<u64>,
    mut output: Output,
) -> (Vec<u8>, Vec<Problem>) {
    let stream = Stream { properties, dictionary, length, ending: Ending::Block };
    let (_, problem) = decode(data, 0, &stream, Place::Start, &mut output);
    (output.bytes, problem.into_iter().collect())
}

/// Decodes the range-coded data at `start` to the end of `output`; returns its end and what stopped the decoder early.
pub(crate) fn decode(
    data: &[u8],
    start: usize,
    stream: &Stream,
    place: Place,
    output: &mut Output,
) -> (usize, Option<Problem>) {
    let problem = |failure, at: usize| match failure {
        Failure::Truncated => {
            let detail = "the data ends inside the LZMA stream";
            Problem::new(ProblemKind::Truncated, data.len() as u64, detail)
        }
        Failure::Malformed(detail) => {
            Problem::new(ProblemKind::Malformed, at as u64, format!("LZMA: {detail}"))
        }
    };
    let mut range = match Range::new(tail(data, start)) {
        Ok(range) => range,
        Err(failure) => return (start.min(data.len()), Some(problem(failure, start))),
    };
    // Before any model is made: this is asked at many places that chance alone has made.
    if place == Place::Inside && !range.starts_plausibly() {
        return (start, Some(problem(Failure::Malformed("a match from before the content"), start)));
    }
    let Some(mut coder) = Coder::new(stream.properties) else {
        return (start, Some(problem(Failure::Malformed("properties above 224"), start)));
    };
    let first = output.bytes.len();
    let length = stream.length.map_or(usize::MAX, position);
    let until = match stream.length {
        None if stream.ending != Ending::Marked => Until::Finished(first + UNMARKED_LEAST),
        _ => Until::Full,
    };
    let reach = (stream.dictionary as usize).max(4096);
    if stream.length.is_some() {
        output.bytes.reserve_exact(length.min(output.room()).min(RESERVE));
    }
    let found = loop {
        let made = output.bytes.len() - first;
        let at = start + range.position();
        let left = (length - made).min(output.room());
        if left == 0 {
            if coder.is_at_symbol() {
                if range.finish() {
                    break None;
                }
                match next_symbol(&mut coder, &mut range, output, first, reach) {
                    Ok(Stop::EndMark) => break None,
                    Err(Failure::Truncated) if made == length && stream.ending == Ending::Block => {
                        break None;
                    }
                    _ => {}
                }
            }
            break Some(match output.stop(at).filter(|_| made < length) {
                Some(limit) => limit,
                None => problem(Failure::Malformed("the stream goes on behind its stated length"), at),
            });
        }
        if let Some(limit) = output.stop(at) {
            break Some(limit);
        }
        let step = if place == Place::Inside && made == 0 { FIRST_STEP } else { STEP };
        output.bytes.resize(first + made + step.min(left), 0);
        let mut window = Window { made: &mut output.bytes, start: first, to: first + made, reach };
        let result = coder.decode(&mut range, &mut window, until);
        let to = window.to;
        output.bytes.truncate(to);
        match result {
            // An encoder writes a run as a match.
            Ok(Stop::Full)
                if place == Place::Inside
                    && made < STEP
                    && (made > 0 || to - first == length || coder.is_in_literals())
                    && is_monotone(tail(&output.bytes, first)) =>
            {
                break Some(problem(Failure::Malformed("one byte value over and over"), start));
            }
            Ok(Stop::Full) => {}
            Ok(Stop::EndMark) if stream.length.is_some() && to - first < length => {
                let detail = format!("LZMA: {length} bytes are stated, {} are there", to - first);
                break Some(Problem::new(ProblemKind::Malformed, at as u64, detail));
            }
            Ok(Stop::EndMark | Stop::Finished) => break None,
            Err(failure) => break Some(problem(failure, start + range.position())),
        }
    };
    (start + range.position(), found)
}

/// What stands where only the end mark may be.
fn next_symbol(
    coder: &mut Coder,
    range: &mut Range,
    output: &mut Output,
    first: usize,
    reach: usize,
) -> Result<Stop, Failure> {
    let to = output.bytes.len();
    output.bytes.push(0);
    let mut window = Window { made: &mut output.bytes, start: first, to, reach };
    let result = coder.decode(range, &mut window, Until::Full);
    output.bytes.truncate(to);
    result
}

fn is_monotone(bytes: &[u8]) -> bool {
    bytes.len() > 1 && bytes.windows(2).all(|pair| matches!(pair, [a, b] if a == b))
}

#[cfg(test)]
mod tests;
