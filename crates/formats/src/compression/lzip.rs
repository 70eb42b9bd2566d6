//! lzip: LZMA with a checksum and sizes.
//!
//! Finds: files of one or more members, decompressed to one content, in versions 0 and 1. How: headers and trailers are
//! read here, LZMA by the coder shared with the lzma reader; CRC-32, content size and member size are checked.
//! Wrong when: carved from unknown bytes, a member must end with its CRC-32 or give 64 KiB.
//! Misses: what stands behind a broken member (a later member is an object of its own then).
//! Source: the lzip manual, "File format".

use super::crc32::crc32;
use super::lzma::{self, Ending, Stream};
use super::output::{Output, believable};
use crate::broken;
use crate::bytes::{tail, u32_le, u64_le};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// lzip.
pub struct Lzip;

static DESCRIPTION: Description = Description {
    name: "lzip",
    title: "lzip compressed file",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "one content: its members' contents one after the other",
    limits: &[
        "members behind a broken one are objects of their own",
        "the extent of a member cut off by a limit ends where decoding stopped",
    ],
    source: "lzip manual, File format; draft-diaz-lzip",
};

const MAGIC: &[u8] = b"LZIP";
const HEADER: usize = 6;
/// lc 3, lp 0, pb 2: always.
const PROPERTIES: u8 = 0x5d;

impl Format for Lzip {
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
            return broken::header(data, place, &DESCRIPTION, || match (data.get(4), data.get(5)) {
                (Some(version @ 2..), _) => {
                    let detail = format!("version {version}; 0 and 1 are known");
                    Problem::new(ProblemKind::Unsupported, 4, detail)
                }
                (Some(_), Some(code)) => {
                    let detail = format!("dictionary size {code:#04x} is not allowed");
                    Problem::new(ProblemKind::Malformed, 5, detail)
                }
                _ => broken::cut_off(data),
            });
        };
        let mut attributes =
            vec![("version", header.version.to_string()), ("dictionary", header.dictionary.to_string())];
        let mut output = Output::new(limits);
        let mut problems = Vec::new();
        let mut end = member(data, 0, header, place, &mut output, &mut problems);
        let mut members = 1_u64;
        while problems.is_empty() {
            let Some(next) = Header::parse(tail(data, end)) else { break };
            let made = output.bytes.len();
            let mut found = Vec::new();
            let next_end = member(data, end, next, Place::Start, &mut output, &mut found);
            if !found.is_empty() && !believable(output.bytes.len() - made, &found) && next_end < data.len() {
                output.bytes.truncate(made);
                break;
            }
            problems = found;
            end = next_end;
            members += 1;
        }
        if members > 1 {
            attributes.push(("members", members.to_string()));
        }
        let place = if members > 1 { Place::Start } else { place };
        output.hand_out(place, HEADER, &problems, sink)?;
        Some(Reading { size: end.clamp(1, data.len()), attributes, problems })
    }
}

#[derive(Clone, Copy)]
struct Header {
    version: u8,
    dictionary: u32,
}

impl Header {
    fn parse(data: &[u8]) -> Option<Self> {
        let version = *data.strip_prefix(MAGIC)?.first().filter(|version| **version <= 1)?;
        let code = *data.get(5)?;
        let base =
            1_u32.checked_shl(u32::from(code & 0x1f)).filter(|base| (1 << 12..=1 << 29).contains(base))?;
        let dictionary = base - base / 16 * u32::from(code >> 5);
        (dictionary >= 1 << 12).then_some(Self { version, dictionary })
    }
}

/// Decodes the member at `start`; returns its end.
fn member(
    data: &[u8],
    start: usize,
    header: Header,
    place: Place,
    output: &mut Output,
    problems: &mut Vec<Problem>,
) -> usize {
    let made = output.bytes.len();
    let stream = Stream {
        properties: PROPERTIES,
        dictionary: header.dictionary,
        length: None,
        ending: Ending::Marked,
    };
    let (at, problem) = lzma::decode(data, start + HEADER, &stream, place, output);
    if let Some(problem) = problem {
        problems.push(problem);
        return at;
    }
    let content = tail(&output.bytes, made);
    let size = if header.version == 0 { 12 } else { 20 };
    let (Some(crc), Some(length)) = (u32_le(data, at), u64_le(data, at + 4)) else {
        problems.push(Problem::new(
            ProblemKind::Truncated,
            data.len() as u64,
            "the data ends inside the trailer",
        ));
        return data.len();
    };
    let sum = crc32(content);
    if crc != sum {
        let detail = format!("CRC-32 {crc:08x} is stated, the content has {sum:08x}");
        problems.push(Problem::new(ProblemKind::Checksum, at as u64, detail));
    } else if length != content.len() as u64 {
        let detail = format!("length {length} is stated, the content has {}", content.len());
        problems.push(Problem::new(ProblemKind::Checksum, at as u64 + 4, detail));
    }
    if header.version > 0 {
        let whole = (at + size - start) as u64;
        match u64_le(data, at + 12) {
            None => {
                let detail = "the data ends inside the trailer";
                problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
            }
            Some(stated) if stated != whole => {
                let detail = format!("a member of {stated} bytes is stated, it has {whole}");
                problems.push(Problem::new(ProblemKind::Malformed, at as u64 + 12, detail));
            }
            Some(_) => {}
        }
    }
    (at + size).min(data.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionary_sizes() {
        let size = |code| Header::parse(&[b'L', b'Z', b'I', b'P', 1, code]).map(|header| header.dictionary);
        assert_eq!(size(0xd3), Some(320 << 10));
        assert_eq!(size(12), Some(4096));
        assert_eq!(size(29), Some(512 << 20));
        assert_eq!((size(0x2c), size(11), size(30)), (None, None, None));
    }
}
