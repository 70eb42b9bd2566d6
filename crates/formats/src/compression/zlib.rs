//! zlib: deflate in its short frame.
//!
//! Finds: streams with any window and level. How: the header's two bytes are multiples of 31, deflate is left to flate2
//! (zlib-rs), Adler-32 is checked here. Wrong when: carved from unknown bytes, the Adler-32 must fit; where the data or a
//! limit ends the stream before it, 64 KiB must have come out. Misses: what stands behind a broken deflate block; streams
//! with a preset dictionary. Source: RFC 1950 and RFC 1951.

use super::adler32::Adler32;
use super::deflate;
use super::output::Output;
use crate::bytes::{tail, u32_be};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading, broken};
use flate2::Decompress;

/// zlib.
pub struct Zlib;

static DESCRIPTION: Description = Description {
    name: "zlib",
    title: "zlib compressed stream",
    magics: &MAGICS,
    yields: "one content",
    limits: &[
        "streams with a preset dictionary are not decompressed",
        "what stands behind a broken deflate block is not recovered",
        "a broken stream inside an image is read only where 64 KiB came out before its data or a limit ended",
        "the extent of a stream cut off by a limit ends where decoding stopped",
    ],
    source: "RFC 1950 and RFC 1951",
};

/// Says that a dictionary is needed.
const DICTIONARY: u8 = 0x20;

/// The headers of eight windows and four levels, and those of the largest window with a dictionary.
#[expect(clippy::indexing_slicing, reason = "made by the compiler, which refuses an index past the end")]
static HEADERS: [[u8; 2]; 36] = {
    let mut headers = [[0; 2]; 36];
    let mut at = 0;
    while at < 36 {
        let (window, level, dictionary) = if at < 32 { (at / 4, at % 4, 0) } else { (7, at % 4, DICTIONARY) };
        let first = (window << 4 | 8) as u8;
        let second = (level << 6) as u8 | dictionary;
        let rest = (first as u16 * 256 + second as u16) % 31;
        headers[at] = [first, second + ((31 - rest) % 31) as u8];
        at += 1;
    }
    headers
};

#[expect(clippy::indexing_slicing, reason = "made by the compiler, which refuses an index past the end")]
static MAGICS: [Magic; 36] = {
    let mut magics = [const { Magic { offset: 0, bytes: &[] } }; 36];
    let mut at = 0;
    while at < 36 {
        magics[at] = Magic { offset: 0, bytes: &HEADERS[at] };
        at += 1;
    }
    magics
};

impl Format for Zlib {
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
        let header: [u8; 2] = *data.first_chunk()?;
        if !HEADERS.contains(&header) {
            return None;
        }
        let [first, second] = header;
        if second & DICTIONARY != 0 {
            return broken::header(data, place, &DESCRIPTION, || match u32_be(data, 2) {
                Some(dictionary) => {
                    let detail = format!("the stream needs the dictionary with Adler-32 {dictionary:08x}");
                    Problem::new(ProblemKind::Unsupported, 2, detail)
                }
                None => broken::cut_off(data),
            });
        }
        if place == Place::Inside && !may_be_deflate(tail(data, 2)) {
            return None;
        }
        let mut output = Output::new(limits);
        let mut adler = Adler32::new();
        let mut inflate = Decompress::new(false);
        let (mut end, problem) =
            deflate::decode(data, 2, &mut inflate, &mut output, |fresh| adler.update(fresh));
        let mut problems: Vec<Problem> = problem.into_iter().collect();
        if problems.is_empty() {
            match u32_be(data, end) {
                Some(stated) if stated == adler.sum() => {}
                Some(stated) => {
                    let detail =
                        format!("Adler-32 {stated:08x} is stated, the content has {:08x}", adler.sum());
                    problems.push(Problem::new(ProblemKind::Checksum, end as u64, detail));
                }
                None => {
                    let detail = "the data ends inside the checksum";
                    problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
                }
            }
            end = (end + 4).min(data.len());
        }
        let broken = problems
            .iter()
            .any(|problem| matches!(problem.kind, ProblemKind::Malformed | ProblemKind::Checksum));
        if output.bytes.is_empty() && (broken || !problems.is_empty()) {
            return broken::header(data, place, &DESCRIPTION, || problems.swap_remove(0));
        }
        if place == Place::Inside && broken {
            return None;
        }
        let attributes = vec![
            ("window", (256_u32 << (first >> 4)).to_string()),
            (
                "level",
                ["fastest", "fast", "default", "best"]
                    .get(usize::from(second >> 6))
                    .unwrap_or(&"")
                    .to_string(),
            ),
        ];
        output.hand_out(place, 2, &problems, sink)?;
        Some(Reading { size: end.clamp(1, data.len()), attributes, problems })
    }
}

/// Whether the first block's header can be one: asked before a decoder is made, since two bytes of magic are everywhere.
fn may_be_deflate(data: &[u8]) -> bool {
    let Some([first, second, third, fourth, fifth]) = data.first_chunk::<5>().copied() else {
        return data.len() > 1;
    };
    match first >> 1 & 3 {
        0 => [first & 0xf8, second ^ fourth, third ^ fifth] == [0, 0xff, 0xff],
        1 => true,
        2 => {
            // Lengths of the codes, and whether the code lengths' own code is a full one.
            let bits = |at: usize, count: u32| {
                let word = data.get(at / 8..).map(|rest| {
                    rest.iter().take(3).rev().fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
                });
                word.unwrap_or(0) >> (at % 8) & ((1 << count) - 1)
            };
            let used: u32 = (0..bits(13, 4) as usize + 4)
                .map(|code| bits(17 + 3 * code, 3))
                .filter(|length| *length > 0)
                .map(|length| 128 >> length)
                .sum();
            bits(3, 5) <= 29 && bits(8, 5) <= 29 && used == 128
        }
        _ => false,
    }
}

/// Decompresses one zlib stream, as squashfs, JFFS2 and UBIFS store their blocks.
pub(crate) fn decode_block(input: &[u8], output: Output) -> (Vec<u8>, Vec<Problem>) {
    deflate::whole(input, Decompress::new(true), output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, noise, read};
    use std::io::Write;

    fn pack(content: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(level));
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn headers_are_the_known_ones() {
        for header in
            [[0x78, 0x01], [0x78, 0x5e], [0x78, 0x9c], [0x78, 0xda], [0x68, 0xde], [0x18, 0x19], [0x78, 0x20]]
        {
            assert!(HEADERS.contains(&header), "{header:02x?}");
        }
    }

    #[test]
    fn each_kind_of_block() {
        for (content, level) in [
            (noise(3000), 0),
            (b"short".to_vec(), 6),
            (b"text and text\n".repeat(300), 9),
            (b"a b c d e f g h".repeat(9), 1),
        ] {
            let whole = pack(&content, level);
            let data = [&whole[..], b"behind"].concat();
            let (reading, entries) = read(&Zlib, &data, Place::Inside).unwrap();
            assert_eq!((reading.size, reading.problems), (whole.len(), vec![]));
            assert_eq!(bytes_of(&entries), content);
        }
    }

    #[test]
    fn a_wrong_checksum() {
        let mut data = pack(b"content", 6);
        *data.last_mut().unwrap() ^= 1;
        let (reading, entries) = read(&Zlib, &data, Place::Start).unwrap();
        assert_eq!((reading.problems[0].kind, reading.size), (ProblemKind::Checksum, data.len()));
        assert_eq!(bytes_of(&entries), b"content");
        assert!(read(&Zlib, &data, Place::Inside).is_none());
    }

    #[test]
    fn a_dictionary_is_named() {
        let (reading, _) = read(&Zlib, &[0x78, 0xbb, 1, 2, 3, 4, 5, 6], Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Unsupported);
        assert!(reading.problems[0].detail.contains("01020304"));
    }
}
