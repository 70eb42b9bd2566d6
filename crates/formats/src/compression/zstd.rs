//! Zstandard: frames of blocks.
//!
//! Finds: one or more frames, and the skippable frames behind the first, decompressed to one content.
//! How: frame and block headers are walked here, so that the extent is exact even where decoding stops; blocks are
//! ruzstd's. The content checksum (XXH64) is verified here. Wrong when: carved from unknown bytes, all blocks must
//! decode and a checksum, if there is one, must fit, or 64 KiB must have come out.
//! Misses: frames that need a dictionary; what stands behind a broken block. Source: RFC 8878.

use super::output::{Output, believable};
use super::xxhash::xxh64;
use crate::broken;
use crate::bytes::{slice, tail, u32_le};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Zstandard.
pub struct Zstd;

static DESCRIPTION: Description = Description {
    name: "zstd",
    title: "Zstandard compressed stream",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "one content: its frames' contents one after the other",
    limits: &[
        "frames that need a dictionary are not decompressed",
        "windows above 128 MiB are not decompressed",
        "a skippable frame before the first frame is left outside",
        "what stands behind a broken block is not recovered, though its extent is known",
    ],
    source: "RFC 8878",
};

const MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const WINDOW_MAX: u64 = 128 << 20;
/// Bytes decoded between two looks at the limits.
const STEP: usize = 1 << 20;
/// A bit of the frame header descriptor that no frame has.
const RESERVED: u8 = 0x08;

impl Format for Zstd {
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
        let Some(header) = Header::parse(data) else {
            return broken::header(data, place, &DESCRIPTION, || match data.get(4) {
                Some(descriptor) if descriptor & RESERVED != 0 => {
                    let detail =
                        format!("frame header descriptor {descriptor:#04x}: the reserved bit is set");
                    Problem::new(ProblemKind::Malformed, 4, detail)
                }
                _ => broken::cut_off(data),
            });
        };
        let mut attributes = vec![("window", header.window.to_string())];
        if let Some(length) = header.length {
            attributes.push(("length", length.to_string()));
        }
        attributes.push(("checksum", if header.checksum { "XXH64" } else { "none" }.to_owned()));
        let mut output = Output::new(limits);
        let mut decoder = new_decoder();
        let mut problems = Vec::new();
        let mut end = frame(data, 0, &header, &mut decoder, &mut output, &mut problems);
        let mut frames = 1_u64;
        while problems.is_empty() {
            let next = tail(data, end);
            if let Some(size) = skippable(next) {
                end += size;
                continue;
            }
            let Some(header) = Header::parse(next) else { break };
            let made = output.bytes.len();
            let mut found = Vec::new();
            let next_end = frame(data, end, &header, &mut decoder, &mut output, &mut found);
            if !found.is_empty() && !believable(output.bytes.len() - made, &found) && next_end < data.len() {
                output.bytes.truncate(made);
                break;
            }
            problems = found;
            end = next_end;
            frames += 1;
        }
        if frames > 1 {
            attributes.push(("frames", frames.to_string()));
        }
        let place = if frames > 1 { Place::Start } else { place };
        output.hand_out(place, 0, &problems, sink)?;
        Some(Reading { size: end.clamp(1, data.len()), attributes, problems })
    }
}

fn new_decoder() -> FrameDecoder {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(WINDOW_MAX);
    decoder
}

/// Decompresses the one frame at the start of `data`, as squashfs stores its blocks.
pub(crate) fn decode_frame(data: &[u8], output: Output) -> (Vec<u8>, Vec<Problem>) {
    Frames::new().decode(data, output)
}

/// Decompresses many small frames with the memory that the first one needed.
pub(crate) struct Frames(FrameDecoder);

impl Frames {
    pub(crate) fn new() -> Self {
        Self(new_decoder())
    }

    /// Decompresses the one frame at the start of `data`.
    pub(crate) fn decode(&mut self, data: &[u8], mut output: Output) -> (Vec<u8>, Vec<Problem>) {
        let mut problems = Vec::new();
        match Header::parse(data) {
            Some(header) => _ = frame(data, 0, &header, &mut self.0, &mut output, &mut problems),
            None => problems.push(Problem::new(ProblemKind::Malformed, 0, "no zstd frame header")),
        }
        (output.bytes, problems)
    }
}

/// The size of the skippable frame at the start of `data`, if there is one in full.
pub(crate) fn skippable(data: &[u8]) -> Option<usize> {
    if u32_le(data, 0)? & 0xffff_fff0 != 0x184d_2a50 {
        return None;
    }
    let size = usize::try_from(u32_le(data, 4)?).ok()?.checked_add(8)?;
    (size <= data.len()).then_some(size)
}

/// Decodes the frame at `start`; returns its end.
fn frame(
    data: &[u8],
    start: usize,
    header: &Header,
    decoder: &mut FrameDecoder,
    output: &mut Output,
    problems: &mut Vec<Problem>,
) -> usize {
    let made = output.bytes.len();
    let (end, broken) = walk(data, start + header.size, header.checksum);
    if let Some(problem) = decode(data, start, decoder, output) {
        // The walk says more exactly than the decoder where and why the frame ends early.
        problems.push(broken.filter(|_| problem.kind == ProblemKind::Malformed).unwrap_or(problem));
        return end;
    }
    if let Some(broken) = broken {
        problems.push(broken);
        return end;
    }
    let content = tail(&output.bytes, made);
    if header.checksum && u32_le(data, end.saturating_sub(4)) != Some(xxh64(content) as u32) {
        let detail = "the content's XXH64 does not fit";
        problems.push(Problem::new(ProblemKind::Checksum, end.saturating_sub(4) as u64, detail));
    }
    if let Some(stated) = header.length.filter(|stated| *stated != content.len() as u64) {
        let detail = format!("{stated} bytes are stated, the content has {}", content.len());
        problems.push(Problem::new(ProblemKind::Malformed, start as u64, detail));
    }
    end
}

/// Walks the block headers at `at`: the frame's end, and what is wrong if it is not reached.
fn walk(data: &[u8], mut at: usize, checksum: bool) -> (usize, Option<Problem>) {
    let truncated = |part: &str| {
        let detail = format!("the data ends inside a {part}");
        (data.len(), Some(Problem::new(ProblemKind::Truncated, data.len() as u64, detail)))
    };
    loop {
        let Some(&[low, middle, high]) = slice(data, at, 3).and_then(|word| word.first_chunk::<3>()) else {
            return truncated("block header");
        };
        let word = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
        let size = match word >> 1 & 3 {
            1 => 1,
            3 => {
                let detail = "a block of the reserved type";
                return (at, Some(Problem::new(ProblemKind::Malformed, at as u64, detail)));
            }
            _ => word >> 3,
        };
        at += 3 + size;
        if at > data.len() {
            return truncated("block");
        }
        if word & 1 == 1 {
            break;
        }
    }
    if !checksum {
        return (at, None);
    }
    if at + 4 > data.len() { truncated("checksum") } else { (at + 4, None) }
}

/// Decodes the frame at `start` as far as it goes; what stopped it early.
fn decode(data: &[u8], start: usize, decoder: &mut FrameDecoder, output: &mut Output) -> Option<Problem> {
    let mut source = tail(data, start);
    if let Err(error) = decoder.reset(&mut source) {
        let detail = format!("zstd: {error}");
        return Some(Problem::new(ProblemKind::Unsupported, start as u64, detail));
    }
    let mut problem = loop {
        let at = data.len() - source.len();
        if let Some(limit) = output.stop(at) {
            break Some(limit);
        }
        match decoder.decode_blocks(&mut source, BlockDecodingStrategy::UptoBytes(STEP)) {
            Ok(true) => break None,
            Ok(false) => collect(decoder, output),
            Err(error) => {
                let at = (data.len() - source.len()) as u64;
                break Some(Problem::new(ProblemKind::Malformed, at, format!("zstd: {error}")));
            }
        }
    };
    if problem.is_some() && output.room() > 0 {
        // An empty last block makes the decoder give out the window that it holds back.
        _ = decoder.decode_blocks(&[1_u8, 0, 0, 0, 0, 0, 0][..], BlockDecodingStrategy::UptoBlocks(1));
    }
    collect(decoder, output);
    if output.clip() && problem.is_none() {
        problem = output.stop(data.len() - source.len());
    }
    problem
}

fn collect(decoder: &mut FrameDecoder, output: &mut Output) {
    let ready = decoder.can_collect();
    if output.bytes.capacity() - output.bytes.len() < ready {
        let step = output.bytes.len().clamp(STEP / 16, 256 << 20).min(output.room()).max(ready);
        output.bytes.reserve_exact(step);
    }
    // Writing into a vector cannot fail.
    _ = decoder.collect_to_writer(&mut output.bytes);
}

struct Header {
    size: usize,
    window: u64,
    length: Option<u64>,
    checksum: bool,
}

impl Header {
    fn parse(data: &[u8]) -> Option<Self> {
        if !data.starts_with(MAGIC) {
            return None;
        }
        let descriptor = *data.get(4)?;
        if descriptor & RESERVED != 0 {
            return None;
        }
        let single = descriptor & 0x20 != 0;
        let mut at = 5;
        let mut window = 0;
        if !single {
            let byte = *data.get(at)?;
            let base = 1_u64 << (10 + (byte >> 3));
            window = base + base / 8 * u64::from(byte & 7);
            at += 1;
        }
        at += [0, 1, 2, 4].get(usize::from(descriptor & 3))?;
        let length_size = match descriptor >> 6 {
            0 => usize::from(single),
            shift => 1 << shift,
        };
        let stated = slice(data, at, length_size)?;
        let mut value = stated.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        if length_size == 2 {
            value += 256;
        }
        at += length_size;
        let length = (length_size > 0).then_some(value);
        Some(Self {
            size: at,
            window: if single { value } else { window },
            length,
            checksum: descriptor & 0x04 != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};

    /// A frame with one raw block, written by hand.
    fn frame_of(content: &[u8]) -> Vec<u8> {
        let mut data = MAGIC.to_vec();
        data.extend_from_slice(&[0x24, content.len() as u8]);
        let header = (content.len() as u32) << 3 | 1;
        data.extend_from_slice(&header.to_le_bytes()[..3]);
        data.extend_from_slice(content);
        data.extend_from_slice(&(xxh64(content) as u32).to_le_bytes());
        data
    }

    #[test]
    fn frames_and_skippable_frames() {
        let skipped = [0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9];
        let data = [&frame_of(b"one ")[..], &skipped, &frame_of(b"two")].concat();
        let behind = [&data[..], b"behind"].concat();
        let (reading, entries) = read(&Zstd, &behind, Place::Inside).unwrap();
        assert_eq!((reading.size, bytes_of(&entries)), (data.len(), b"one two".to_vec()));
        assert_eq!(reading.problems, []);
        assert!(reading.attributes.contains(&("frames", "2".into())));
    }

    #[test]
    fn a_wrong_checksum() {
        let mut data = frame_of(b"content");
        let last = data.len() - 1;
        data[last] ^= 1;
        let (reading, entries) = read(&Zstd, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Checksum);
        assert_eq!(reading.problems[0].offset, data.len() as u64 - 4);
        assert_eq!(bytes_of(&entries), b"content");
        assert!(read(&Zstd, &data, Place::Inside).is_none());
    }

    #[test]
    fn the_window_is_given_out_where_the_frame_breaks_off() {
        let mut data = MAGIC.to_vec();
        data.extend_from_slice(&[0x00, 0x58]);
        for _ in 0..2 {
            data.extend_from_slice(&(1000_u32 << 3).to_le_bytes()[..3]);
            data.extend_from_slice(&[7; 1000]);
        }
        let (reading, entries) = read(&Zstd, &data, Place::Start).unwrap();
        assert_eq!(bytes_of(&entries), vec![7; 2000]);
        assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
        assert_eq!(reading.size, data.len());
    }

    #[test]
    fn limits_stop_it() {
        let mut data = MAGIC.to_vec();
        data.extend_from_slice(&[0x00, 0x58]);
        for last in [0_u32, 0, 0, 1] {
            data.extend_from_slice(&(100_000_u32 << 3 | 2 | last).to_le_bytes()[..3]);
            data.push(0);
        }
        let limits = Limits { object_bytes: 150_000, ..Limits::default() };
        let mut entries = Vec::new();
        let reading = Zstd.read(&data, Place::Start, &limits, &mut |entry| entries.push(entry)).unwrap();
        assert_eq!(bytes_of(&entries), vec![0; 150_000]);
        assert_eq!(reading.problems[0].kind, ProblemKind::LimitReached);
        assert_eq!(reading.size, data.len());
    }
}
