//! bzip2: blocks of up to 900 kB, sorted and Huffman coded.
//!
//! Finds: streams one behind the other, decompressed to one content. How: left to libbz2-rs-sys, which checks the CRC of
//! each block and of each stream. Wrong when: carved from unknown bytes, the first block's magic must stand behind the
//! stream's, and all must decode or 64 KiB must have come out. Misses: blocks behind a broken one.
//! Source: the bzip2 format as its documentation of libbzip2 1.0 and the source of bzip2recover describe it.

use super::output::{Output, believable};
use crate::broken;
use crate::bytes::{head, slice, tail};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use bzip2::{Decompress, Status};

/// bzip2.
pub struct Bzip2;

static DESCRIPTION: Description = Description {
    name: "bzip2",
    title: "bzip2 compressed stream",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "one content: its streams' contents one after the other",
    limits: &[
        "blocks behind a broken one are not recovered",
        "the extent of a stream cut off by a limit ends where decoding stopped",
    ],
    source: "bzip2 1.0, manual and bzip2recover.c",
};

const MAGIC: &[u8] = b"BZh";
/// What stands in front of a block, and in front of the checksum that closes a stream.
const MARKS: [&[u8]; 2] = [&[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90]];
/// Compressed bytes given to the decoder at once.
const INPUT_STEP: usize = 64 << 10;

impl Format for Bzip2 {
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
        let Some(size) = block_size(data) else {
            return broken::header(data, place, &DESCRIPTION, || match slice(data, 3, 7) {
                Some(_) => Problem::new(ProblemKind::Malformed, 3, "no block stands behind the magic"),
                None => broken::cut_off(data),
            });
        };
        let mut attributes = vec![("block-size", (u32::from(size) * 100_000).to_string())];
        let mut output = Output::new(limits);
        let (mut end, problem) = stream(data, 0, &mut output);
        let mut problems: Vec<Problem> = problem.into_iter().collect();
        let mut streams = 1_u64;
        while problems.is_empty() && block_size(tail(data, end)).is_some() {
            let made = output.bytes.len();
            let (next, problem) = stream(data, end, &mut output);
            let found: Vec<Problem> = problem.into_iter().collect();
            if !found.is_empty() && !believable(output.bytes.len() - made, &found) && next < data.len() {
                output.bytes.truncate(made);
                break;
            }
            problems = found;
            end = next;
            streams += 1;
        }
        if streams > 1 {
            attributes.push(("streams", streams.to_string()));
        }
        let place = if streams > 1 { Place::Start } else { place };
        output.hand_out(place, 0, &problems, sink)?;
        Some(Reading { size: end.clamp(1, data.len()), attributes, problems })
    }
}

/// Decompresses the one stream at the start of `data`, as files of flow records store their blocks.
pub(crate) fn decode_stream(data: &[u8], mut output: Output) -> (Vec<u8>, Vec<Problem>) {
    let (_, problem) = stream(data, 0, &mut output);
    (output.bytes, problem.into_iter().collect())
}

/// The block size of the stream at the start of `data`, in units of 100,000 bytes, with a block or its end behind it.
fn block_size(data: &[u8]) -> Option<u8> {
    let digit = *data.strip_prefix(MAGIC)?.first().filter(|digit| (b'1'..=b'9').contains(digit))?;
    MARKS.contains(&slice(data, 4, 6)?).then_some(digit - b'0')
}

/// Decodes the stream at `start`: its end, and what stopped it early.
fn stream(data: &[u8], start: usize, output: &mut Output) -> (usize, Option<Problem>) {
    let mut decoder = Decompress::new(false);
    let mut at = start;
    let problem = loop {
        let full = output.room() == 0;
        // A stream may fill its limit to the brim: then only its end is still to come.
        if let Some(limit) = output.stop(at)
            && (!full || at >= data.len())
        {
            break limit;
        }
        if !full {
            output.grow();
        }
        let (before, made) = (decoder.total_in(), output.bytes.len());
        let input = head(tail(data, at), INPUT_STEP);
        let status = match full {
            true => decoder.decompress(input, &mut []),
            false => decoder.decompress_vec(input, &mut output.bytes),
        };
        let consumed = (decoder.total_in() - before) as usize;
        at += consumed;
        let over = output.clip();
        match status {
            Ok(Status::StreamEnd) if !over => return (at, None),
            Ok(_) if !over && (consumed > 0 || output.bytes.len() > made) => {}
            Ok(_) if over || full => {
                let detail = "the content is longer than allowed";
                break output
                    .stop(at)
                    .unwrap_or_else(|| Problem::new(ProblemKind::LimitReached, at as u64, detail));
            }
            Ok(_) if at >= data.len() => {
                let detail = "the data ends inside the bzip2 stream";
                break Problem::new(ProblemKind::Truncated, at as u64, detail);
            }
            Ok(_) => break Problem::new(ProblemKind::Malformed, at as u64, "the bzip2 stream stalls"),
            Err(error) => break Problem::new(ProblemKind::Malformed, at as u64, format!("bzip2: {error}")),
        }
    };
    (at.min(data.len()), Some(problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, noise, read};
    use std::io::Write;

    fn pack(content: &[u8]) -> Vec<u8> {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn streams_are_one_content() {
        let whole = [pack(b"one "), pack(b""), pack(b"two")].concat();
        let data = [&whole[..], b"BZh9 and so on"].concat();
        let (reading, entries) = read(&Bzip2, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (whole.len(), vec![]));
        assert!(reading.attributes.contains(&("streams", "3".into())));
        assert_eq!(bytes_of(&entries), b"one two");
    }

    #[test]
    fn the_limit_is_the_content_or_stops_it() {
        let content = noise(250_000);
        let data = pack(&content);
        for (limit, whole) in [(250_000, true), (249_999, false), (1, false)] {
            let limits = Limits { object_bytes: limit, ..Limits::default() };
            let mut entries = Vec::new();
            let reading = Bzip2.read(&data, Place::Start, &limits, &mut |entry| entries.push(entry)).unwrap();
            assert_eq!(bytes_of(&entries), content[..limit as usize]);
            assert_eq!(reading.problems.is_empty(), whole, "{:?}", reading.problems);
        }
    }

    #[test]
    fn blocks_in_front_of_a_broken_one_are_kept() {
        let content = noise(350_000);
        let mut data = pack(&content);
        let last = data.len() - 20_000;
        data[last] ^= 0xff;
        let (reading, entries) = read(&Bzip2, &data, Place::Inside).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Malformed);
        let made = bytes_of(&entries);
        assert!(content.starts_with(&made[..290_000]));
    }
}
