//! lz4: the frame format, and the legacy format in which kernels are packed.
//!
//! Finds: one or more frames (and skippable frames behind the first), or a run of legacy blocks, decompressed to one
//! content. How: containers are walked here, blocks are lz4_flex's (safe decoder); header, block and content checksums
//! (XXH32) are verified. Legacy blocks hold 8 MiB each but the last, which gives the end.
//! Wrong when: carved from unknown bytes, a frame's header checksum must fit and all blocks must decode, or 64 KiB must
//! have come out; a legacy stream has no checksum, so its last block must leave no rest.
//! Misses: frames that need a dictionary; what stands behind a broken block.
//! Source: LZ4 Frame Format 1.6.4 and LZ4 Block Format (lz4_Frame_format.md, lz4_Block_format.md).

use super::output::Output;
use super::xxhash::xxh32;
use super::zstd::skippable;
use crate::broken;
use crate::bytes::{slice, tail, u32_le, u64_le};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use lz4_flex::block::{decompress_into, decompress_into_with_dict};

/// The lz4 frame format.
pub struct Lz4;

/// The legacy lz4 format.
pub struct Lz4Legacy;

static DESCRIPTION: Description = Description {
    name: "lz4",
    title: "lz4 frame",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "one content: its frames' blocks one after the other",
    limits: &[
        "frames that need a dictionary are not decompressed",
        "what stands behind a broken block is not recovered, though its extent is known",
    ],
    source: "LZ4 Frame Format 1.6.4",
};

static LEGACY_DESCRIPTION: Description = Description {
    name: "lz4-legacy",
    title: "lz4 legacy stream, as in kernels",
    magics: &[Magic { offset: 0, bytes: LEGACY_MAGIC }],
    yields: "one content: its blocks one after the other",
    limits: &["there is no checksum to verify", "what stands behind a broken block is not recovered"],
    source: "LZ4 Frame Format 1.6.4, Legacy frame",
};

const MAGIC: &[u8] = &[0x04, 0x22, 0x4d, 0x18];
const LEGACY_MAGIC: &[u8] = &[0x02, 0x21, 0x4c, 0x18];
const LEGACY_BLOCK: usize = 8 << 20;
/// How far back a block may refer.
const REACH: usize = 64 << 10;

impl Format for Lz4 {
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
            return broken::header(data, place, &DESCRIPTION, || match slice(data, 4, 2) {
                Some(&[flags, code]) if !Header::allows(flags, code) => {
                    let detail = format!("frame descriptor {flags:#04x} {code:#04x} is not defined");
                    Problem::new(ProblemKind::Malformed, 4, detail)
                }
                _ => broken::cut_off(data),
            });
        };
        if place == Place::Inside && !header.fits {
            return None;
        }
        let attributes = header.attributes();
        let mut output = Output::new(limits);
        let mut problems = Vec::new();
        if !header.fits {
            let at = header.size as u64 - 1;
            problems.push(Problem::new(ProblemKind::Checksum, at, "the frame header's XXH32 does not fit"));
        }
        let mut end = frame(data, 0, &header, &mut output, &mut problems);
        while problems.is_empty() {
            if let Some(size) = skippable(tail(data, end)) {
                end += size;
                continue;
            }
            let Some(header) = Header::parse(tail(data, end)).filter(|header| header.fits) else { break };
            end = frame(data, end, &header, &mut output, &mut problems);
        }
        output.hand_out(place, 0, &problems, sink)?;
        Some(Reading { size: end.clamp(1, data.len()), attributes, problems })
    }
}

impl Format for Lz4Legacy {
    fn describe(&self) -> &'static Description {
        &LEGACY_DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        if !data.starts_with(LEGACY_MAGIC) {
            return None;
        }
        let mut output = Output::new(limits);
        let mut problems = Vec::new();
        let mut end = 4;
        loop {
            let size = u32_le(data, end).map_or(0, |size| size as usize);
            // The largest size an 8 MiB block can have; anything else is what follows the stream.
            if size == 0 || size > LEGACY_BLOCK + LEGACY_BLOCK / 255 + 16 {
                break;
            }
            let before = output.bytes.len();
            if let Some(limit) = output.stop(end) {
                problems.push(limit);
                break;
            }
            let input = crate::bytes::head(tail(data, end + 4), size);
            let result = block(input, LEGACY_BLOCK, false, 0, &mut output);
            let truncated = input.len() < size;
            if truncated {
                let detail = "the data ends inside a block";
                problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
            } else if let Err(error) = result {
                if before > 0 {
                    break;
                }
                problems.push(Problem::new(ProblemKind::Malformed, end as u64, error));
            }
            end = (end + 4 + size).min(data.len());
            if !problems.is_empty() || output.bytes.len() - before < LEGACY_BLOCK {
                break;
            }
        }
        if output.bytes.is_empty() && (place == Place::Inside || end == 4) {
            return broken::header(data, place, &LEGACY_DESCRIPTION, || match u32_le(data, 4) {
                Some(size) => {
                    let detail = format!("the first block states {size} bytes");
                    Problem::new(ProblemKind::Malformed, 4, detail)
                }
                None => broken::cut_off(data),
            });
        }
        output.hand_out(place, 0, &problems, sink)?;
        Some(Reading { size: end.clamp(1, data.len()), attributes: Vec::new(), problems })
    }
}

/// Decompresses one bare block, as squashfs stores it.
pub(crate) fn decode_block(data: &[u8], mut output: Output) -> (Vec<u8>, Vec<Problem>) {
    let room = output.room();
    let problems = match block(data, room, false, 0, &mut output) {
        Ok(()) => Vec::new(),
        Err(error) => vec![Problem::new(ProblemKind::Malformed, 0, error)],
    };
    (output.bytes, problems)
}

/// Appends a block's content of at most `most` bytes; where it fails, the bytes before the failure are lost.
fn block(input: &[u8], most: usize, linked: bool, frame: usize, output: &mut Output) -> Result<(), String> {
    let before = output.bytes.len();
    // One byte of a block makes at most 255.
    let most = most.min(input.len().saturating_mul(255));
    output.bytes.resize(before + most, 0);
    let (done, target) = output.bytes.split_at_mut(before);
    let result = if linked {
        let history = tail(done, before.saturating_sub(REACH).max(frame));
        decompress_into_with_dict(input, target, history)
    } else {
        decompress_into(input, target)
    };
    output.bytes.truncate(before + result.as_ref().map_or(0, |made| *made));
    result.map(|_| ()).map_err(|error| format!("lz4: {error}"))
}

/// Decodes the frame at `start`; returns its end.
fn frame(
    data: &[u8],
    start: usize,
    header: &Header,
    output: &mut Output,
    problems: &mut Vec<Problem>,
) -> usize {
    let made = output.bytes.len();
    let mut decoding = header.dictionary.is_none();
    if let Some(dictionary) = header.dictionary {
        let detail = format!("the frame needs dictionary {dictionary}");
        problems.push(Problem::new(ProblemKind::Unsupported, start as u64, detail));
    }
    let truncated = |problems: &mut Vec<Problem>, part: &str| {
        let detail = format!("the data ends inside a {part}");
        problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        data.len()
    };
    let mut at = start + header.size;
    loop {
        let Some(word) = u32_le(data, at) else { return truncated(problems, "block header") };
        if word == 0 {
            at += 4;
            break;
        }
        let size = (word & 0x7fff_ffff) as usize;
        if size > header.block_max {
            let detail = format!("a block of {size} bytes, at most {} are allowed", header.block_max);
            problems.push(Problem::new(ProblemKind::Malformed, at as u64, detail));
            return at;
        }
        let input = crate::bytes::head(tail(data, at + 4), size);
        if decoding && let Some(limit) = output.stop(at) {
            problems.push(limit);
            decoding = false;
        }
        if decoding {
            let result = if word & 0x8000_0000 != 0 {
                output.bytes.extend_from_slice(input);
                Ok(())
            } else {
                block(input, header.block_max, header.linked, made, output)
            };
            if input.len() == size
                && let Err(error) = result
            {
                problems.push(Problem::new(ProblemKind::Malformed, at as u64, error));
                decoding = false;
            }
            if output.clip()
                && let Some(limit) = output.stop(at)
            {
                problems.push(limit);
                decoding = false;
            }
        }
        if input.len() < size {
            return truncated(problems, "block");
        }
        at += 4 + size;
        if header.block_checksums {
            let Some(stated) = u32_le(data, at) else { return truncated(problems, "block checksum") };
            if stated != xxh32(input) {
                let detail = "a block's XXH32 does not fit";
                problems.push(Problem::new(ProblemKind::Checksum, at as u64, detail));
            }
            at += 4;
        }
    }
    let length = (output.bytes.len() - made) as u64;
    if decoding && let Some(stated) = header.length.filter(|stated| *stated != length) {
        let detail = format!("{stated} bytes are stated, the content has {length}");
        problems.push(Problem::new(ProblemKind::Malformed, start as u64 + 6, detail));
    }
    if header.checksum {
        let Some(stated) = u32_le(data, at) else { return truncated(problems, "content checksum") };
        if decoding && stated != xxh32(tail(&output.bytes, made)) {
            let detail = "the content's XXH32 does not fit";
            problems.push(Problem::new(ProblemKind::Checksum, at as u64, detail));
        }
        at += 4;
    }
    at
}

struct Header {
    size: usize,
    block_max: usize,
    linked: bool,
    block_checksums: bool,
    checksum: bool,
    length: Option<u64>,
    dictionary: Option<u32>,
    /// Whether the header's own checksum fits.
    fits: bool,
}

impl Header {
    /// Whether version, reserved bits and block size are those of the format.
    fn allows(flags: u8, code: u8) -> bool {
        flags & 0xc2 == 0x40 && code & 0x8f == 0 && code >> 4 >= 4
    }

    fn parse(data: &[u8]) -> Option<Self> {
        if !data.starts_with(MAGIC) {
            return None;
        }
        let flags = *data.get(4)?;
        let code = *data.get(5)?;
        if !Self::allows(flags, code) {
            return None;
        }
        let mut at = 6;
        let mut length = None;
        if flags & 8 != 0 {
            length = Some(u64_le(data, at)?);
            at += 8;
        }
        let mut dictionary = None;
        if flags & 1 != 0 {
            dictionary = Some(u32_le(data, at)?);
            at += 4;
        }
        let stated = *data.get(at)?;
        let fits = (xxh32(slice(data, 4, at - 4)?) >> 8) as u8 == stated;
        Some(Self {
            size: at + 1,
            block_max: 1 << (2 * (code >> 4) + 8),
            linked: flags & 0x20 == 0,
            block_checksums: flags & 0x10 != 0,
            checksum: flags & 4 != 0,
            length,
            dictionary,
            fits,
        })
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![("block-size", self.block_max.to_string())];
        if let Some(length) = self.length {
            attributes.push(("length", length.to_string()));
        }
        attributes.push(("checksum", if self.checksum { "XXH32" } else { "none" }.to_owned()));
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};

    fn legacy(blocks: &[&[u8]]) -> Vec<u8> {
        let mut data = LEGACY_MAGIC.to_vec();
        for block in blocks {
            let packed = lz4_flex::block::compress(block);
            data.extend_from_slice(&(packed.len() as u32).to_le_bytes());
            data.extend_from_slice(&packed);
        }
        data
    }

    #[test]
    fn a_legacy_stream_ends_with_its_short_block() {
        let long = vec![5; LEGACY_BLOCK];
        let whole = legacy(&[&long, b"the end of it, the end of it"]);
        let data = [&whole[..], &[0x40, 0, 0, 0, 1, 2, 3, 4]].concat();
        let (reading, entries) = read(&Lz4Legacy, &data, Place::Inside).unwrap();
        assert_eq!(reading.size, whole.len());
        assert_eq!(bytes_of(&entries).len(), LEGACY_BLOCK + 28);
        assert_eq!(reading.problems, []);
    }

    #[test]
    fn a_frame_of_one_raw_block() {
        let mut data = MAGIC.to_vec();
        data.extend_from_slice(&[0x64, 0x40]);
        data.push((xxh32(&[0x64, 0x40]) >> 8) as u8);
        data.extend_from_slice(&0x8000_0003_u32.to_le_bytes());
        data.extend_from_slice(b"abc");
        data.extend_from_slice(&[0; 4]);
        data.extend_from_slice(&xxh32(b"abc").to_le_bytes());
        let (reading, entries) = read(&Lz4, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, bytes_of(&entries)), (data.len(), b"abc".to_vec()));
        drop(entries);
        data[6] ^= 1;
        assert!(read(&Lz4, &data, Place::Inside).is_none());
        let (reading, _) = read(&Lz4, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Checksum);
    }

    #[test]
    fn a_dictionary_is_named_and_a_wrong_length_told() {
        let frame = |flags: u8, fields: &[u8]| {
            let descriptor = [&[flags, 0x40][..], fields].concat();
            let mut data = [MAGIC, &descriptor, &[(xxh32(&descriptor) >> 8) as u8]].concat();
            data.extend_from_slice(&0x8000_0003_u32.to_le_bytes());
            data.extend_from_slice(b"abc\0\0\0\0");
            data
        };
        let data = frame(0x61, &[7, 0, 0, 0]);
        let (reading, _) = read(&Lz4, &data, Place::Start).unwrap();
        assert_eq!((reading.size, reading.problems[0].kind), (data.len(), ProblemKind::Unsupported));
        for (length, wrong) in [(3, 0), (4, 1)] {
            let (reading, _) =
                read(&Lz4, &frame(0x68, &[length, 0, 0, 0, 0, 0, 0, 0]), Place::Start).unwrap();
            assert_eq!(reading.problems.len(), wrong);
        }
    }
}
