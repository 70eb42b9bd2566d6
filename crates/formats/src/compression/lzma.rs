//! LZMA in its old container: properties, dictionary size, length, range-coded data.
//!
//! Finds: `.lzma` ("LZMA_alone") streams, as boot loaders and old kernels use them.
//! How: the format has no magic, so the usual property bytes are looked for and the header is checked strictly
//! (properties below 225, a dictionary of 2^n or 2^n + 2^(n-1) bytes or all ones, length known and sane or all ones,
//! a first range coder byte of 0). Carved from unknown bytes, the whole stream must decode to its stated length or end
//! mark with the range coder in its end state, and not to one byte value over and over.
//! Wrong when: chance satisfies all of that. Misses: streams with other properties, and broken ones inside an image
//! (there is no checksum that could tell them from chance). Source: LZMA specification (lzma-specification.txt, LZMA SDK).

use super::output::Output;
use crate::bytes::{tail, u32_le, u64_le};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use lzma_rust2::{DICT_SIZE_MAX, LzmaReader};
use std::io::Read;

/// LZMA alone.
pub struct Lzma;

static DESCRIPTION: Description = Description {
    name: "lzma",
    title: "LZMA compressed stream (alone)",
    magics: &[
        Magic { offset: 0, bytes: &[0x5d, 0, 0] },
        Magic { offset: 0, bytes: &[0x5e, 0, 0] },
        Magic { offset: 0, bytes: &[0x6c, 0, 0] },
        Magic { offset: 0, bytes: &[0x6d, 0, 0] },
        Magic { offset: 0, bytes: &[0x6e, 0, 0] },
    ],
    yields: "one content",
    limits: &[
        "only the property bytes 5d, 5e, 6c, 6d and 6e, with a dictionary of at least 64 KiB",
        "headers that a vendor has shortened or changed are not recognised",
        "a broken stream is read at the start of an object only",
        "the extent of a stream cut off by a limit ends where decoding stopped",
    ],
    source: "LZMA specification (LZMA SDK, lzma-specification.txt)",
};

const HEADER: usize = 13;
const STEP: usize = 64 << 10;
/// No stated length above this is believed.
const LENGTH_MAX: u64 = 1 << 34;

impl Format for Lzma {
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
        let header = Header::parse(data)?;
        let mut output = Output::new(limits);
        let (end, problem) = decode(data, HEADER, &header, place, &mut output);
        let made = output.bytes.len();
        let believable = match (place, &problem) {
            (_, None) => made > 0 || place == Place::Start,
            (Place::Start, Some(problem)) => {
                made >= 4096 || (made > 0 && problem.kind == ProblemKind::Truncated)
            }
            (Place::Inside, Some(problem)) => problem.kind == ProblemKind::LimitReached && made > STEP,
        };
        if !believable {
            return None;
        }
        let mut attributes = vec![
            ("properties", format!("{:02x}", header.properties)),
            ("dictionary", header.dictionary.to_string()),
        ];
        if let Some(length) = header.length {
            attributes.push(("length", length.to_string()));
        }
        let problems: Vec<Problem> = problem.into_iter().collect();
        output.hand_out(Place::Start, HEADER, &problems, sink)?;
        Some(Reading { size: end.clamp(1, data.len()), attributes, problems })
    }
}

/// The header of an LZMA stream.
pub(crate) struct Header {
    properties: u8,
    dictionary: u32,
    length: Option<u64>,
}

impl Header {
    fn parse(data: &[u8]) -> Option<Self> {
        let header = Self::parse_unchecked(data)?;
        let dictionary = header.dictionary;
        let sane_dictionary = dictionary == u32::MAX
            || (dictionary >= 4096
                && (dictionary.is_power_of_two()
                    || (dictionary / 3).is_power_of_two() && dictionary % 3 == 0));
        let sane_length = header.length.is_none_or(|length| (1..=LENGTH_MAX).contains(&length));
        (sane_dictionary && sane_length && data.get(HEADER) == Some(&0)).then_some(header)
    }

    fn parse_unchecked(data: &[u8]) -> Option<Self> {
        let properties = *data.first().filter(|properties| **properties < 225)?;
        let length = u64_le(data, 5)?;
        Some(Self {
            properties,
            dictionary: u32_le(data, 1)?,
            length: (length != u64::MAX).then_some(length),
        })
    }
}

/// Decompresses range-coded data without a header, of which the caller knows what the header would have said.
///
/// `properties` is (pb * 5 + lp) * 9 + lc: 0x5d for the usual 3/0/2, 0 for 0/0/0. Without `length` the stream has to end
/// with its end mark.
pub(crate) fn decode_raw(
    data: &[u8],
    properties: u8,
    dictionary: u32,
    length: Option<u64>,
    mut output: Output,
) -> (Vec<u8>, Vec<Problem>) {
    let header = Header { properties, dictionary, length };
    let (_, problem) = decode(data, 0, &header, Place::Start, &mut output);
    (output.bytes, problem.into_iter().collect())
}

/// Decodes the range-coded data at `start`; returns its end and what stopped the decoder early.
fn decode(
    data: &[u8],
    start: usize,
    header: &Header,
    place: Place,
    output: &mut Output,
) -> (usize, Option<Problem>) {
    let malformed = |at: usize, error: &dyn std::fmt::Display| {
        Problem::new(ProblemKind::Malformed, at as u64, format!("LZMA: {error}"))
    };
    let length = header.length.unwrap_or(u64::MAX);
    let dictionary = header.dictionary.min(DICT_SIZE_MAX);
    let mut reader =
        match LzmaReader::new_with_props(tail(data, start), length, header.properties, dictionary, None) {
            Ok(reader) => reader,
            Err(error) => return (start, Some(malformed(start, &error))),
        };
    reader.set_relaxed_end_condition(false);
    reader.set_defer_errors(true);
    let problem = loop {
        if let Some(limit) = output.stop(start) {
            break Some(limit);
        }
        let before = output.bytes.len();
        output.bytes.resize(before + STEP.min(output.room()), 0);
        let result = reader.read(output.bytes.get_mut(before..).unwrap_or_default());
        output.bytes.truncate(before + result.as_ref().map_or(0, |made| *made));
        match result {
            Ok(0) => break None,
            Ok(_) if place == Place::Inside && before == 0 && is_monotone(&output.bytes) => {
                break Some(malformed(start, &"one byte value over and over"));
            }
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                let detail = "the data ends inside the LZMA stream";
                break Some(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
            }
            Err(error) => break Some(malformed(start, &error)),
        }
    };
    let (rest, unused) = reader.into_parts();
    let end = data.len().saturating_sub(rest.len() + unused.len());
    (end, problem.map(|problem| Problem { offset: problem.offset.max(end as u64), ..problem }))
}

fn is_monotone(bytes: &[u8]) -> bool {
    bytes.len() > 1 && bytes.windows(2).all(|pair| matches!(pair, [a, b] if a == b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_asked_strictly() {
        let header = |dictionary: u32, length: u64, first: u8| {
            let mut data = vec![0x5d];
            data.extend_from_slice(&dictionary.to_le_bytes());
            data.extend_from_slice(&length.to_le_bytes());
            data.push(first);
            Header::parse(&data).is_some()
        };
        assert!(header(8 << 20, u64::MAX, 0));
        assert!(header(3 << 20, 100, 0));
        assert!(header(u32::MAX, 100, 0));
        assert!(!header((8 << 20) + 1, 100, 0));
        assert!(!header(5 << 20, 100, 0));
        assert!(!header(1024, 100, 0));
        assert!(!header(8 << 20, 0, 0));
        assert!(!header(8 << 20, 1 << 40, 0));
        assert!(!header(8 << 20, 100, 1));
    }

    #[test]
    fn zeros_inside_are_no_stream() {
        let mut data = vec![0x5d, 0, 0, 0x80, 0];
        data.extend_from_slice(&[0xff; 8]);
        data.resize(1 << 20, 0);
        let mut entries = 0;
        assert!(Lzma.read(&data, Place::Inside, &Limits::default(), &mut |_| entries += 1).is_none());
        assert_eq!(entries, 0);
    }
}
