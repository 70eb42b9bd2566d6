//! zlib: deflate in its short frame.
//!
//! Finds: streams with any window and level. How: the header's two bytes are multiples of 31, deflate is left to flate2
//! (zlib-rs), Adler-32 is checked here. Wrong when: the header's two bytes are everywhere, so that content has to show that
//! it is one. At the start of an object a stream with a problem must have given some content before it, or end where the
//! data end. Carved from unknown bytes, the Adler-32 must fit a content of sixteen bytes or more that is not one byte over
//! and over, and the stream must not be a pattern that repeats, which has sums by chance; where the data or a limit ends
//! the stream before it, 64 KiB must have come out. Misses: what stands behind a broken deflate block; streams with a
//! preset dictionary; streams that break before they gave anything. Source: RFC 1950 and RFC 1951.

use super::adler32::Adler32;
use super::deflate;
use super::output::Output;
use crate::bytes::{head, tail, u32_be};
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
        "a stream that breaks before it gave 512 bytes is not recognised, since its magic is two bytes",
        "inside an image, contents of fewer than 16 bytes or of one byte value are not recognised",
        "a broken stream inside an image is read only where 64 KiB came out before its data or a limit ended",
        "the extent of a stream cut off by a limit ends where decoding stopped",
    ],
    source: "RFC 1950 and RFC 1951",
};

/// Bytes of content that a stream inside unknown bytes must have: the sum of fewer is mostly zeros.
const LEAST: usize = 16;
/// Bytes that must have come out of a broken stream at the start of an object.
const CONVINCING_BROKEN: usize = 512;
/// The same where only the data's end, a limit or the sum is wrong.
const CONVINCING_CUT: usize = 64;
/// Longest unit of the patterns that are no streams.
const PERIOD_MAX: usize = 64;

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

    fn may_start(&self, data: &[u8]) -> bool {
        may_be_deflate(tail(data, 2))
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
            if is_text(data) || !may_be_deflate(tail(data, 6)) {
                return None;
            }
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
        let whole = data.get(..end).unwrap_or(data);
        let believable = match place {
            Place::Start => is_told(&output.bytes, &problems, end == data.len()),
            Place::Inside => {
                !problems.iter().any(|it| matches!(it.kind, ProblemKind::Malformed | ProblemKind::Checksum))
                    && output.bytes.len() >= LEAST
                    && !is_repeated(&output.bytes, 1)
                    && (1..=PERIOD_MAX).all(|unit| !is_repeated(whole, unit))
            }
        };
        if !believable {
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

/// Whether a stream at the start of an object is one: whole, or with more content before its problem than chance makes.
fn is_told(made: &[u8], problems: &[Problem], to_the_end: bool) -> bool {
    problems.iter().all(|problem| match problem.kind {
        ProblemKind::Malformed => made.len() >= CONVINCING_BROKEN,
        ProblemKind::Checksum if to_the_end => !made.is_empty(),
        ProblemKind::LimitReached => !made.is_empty(),
        _ => made.len() >= CONVINCING_CUT,
    })
}

/// Whether the data begin as plain text does: `x ` and `h~` are headers.
fn is_text(data: &[u8]) -> bool {
    head(data, 256).iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e))
}

/// Whether the bytes are a unit of so many bytes, over and over, at least twice.
fn is_repeated(bytes: &[u8], unit: usize) -> bool {
    bytes.len() >= 2 * unit && bytes.iter().zip(tail(bytes, unit)).all(|(one, next)| one == next)
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
            (b"short, but enough".to_vec(), 6),
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
        assert!(read(&Zlib, b"x = 1\n", Place::Start).is_none(), "`x ` begins many a text");
    }

    #[test]
    fn two_bytes_and_an_error_are_no_stream() {
        // A header by chance, and a first block that breaks soon.
        let text =
            b"(Some remark.) The rest of a page of text about certificates, links and tables.\n".repeat(40);
        let mut junk: Vec<u8> =
            (0..4000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 21) as u8).collect();
        junk[..2].copy_from_slice(&[0x78, 0x01]);
        for data in [text, junk] {
            assert!(HEADERS.contains(data.first_chunk().unwrap()));
            for place in [Place::Start, Place::Inside] {
                assert!(read(&Zlib, &data, place).is_none());
            }
        }
        // The same where content came before.
        let mut cut = pack(&noise(3000), 6);
        cut.truncate(2000);
        let (reading, _) = read(&Zlib, &cut, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
        let mut wrong =
            pack(&(0..9000_u32).flat_map(|at| format!("{at} ").into_bytes()).collect::<Vec<_>>(), 6);
        let middle = wrong.len() / 2;
        wrong[middle..middle + 40].fill(0xff);
        let (reading, _) = read(&Zlib, &wrong, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Malformed);
    }

    #[test]
    fn repeated_words_are_no_streams() {
        let mut found = 0;
        for header in HEADERS.iter().filter(|header| header[1] & DICTIONARY == 0) {
            for word in 0..=u16::MAX {
                let [third, fourth] = word.to_be_bytes();
                let data = [header[0], header[1], third, fourth].repeat(64);
                found += usize::from(read(&Zlib, &data, Place::Inside).is_some());
            }
        }
        assert_eq!(found, 0);
    }

    #[test]
    fn a_stream_of_next_to_nothing_is_none_inside() {
        for content in [&b"fifteen bytes.."[..], &[0; 4000], &[b'x'; 70_000]] {
            let data = [&pack(content, 6)[..], b"behind"].concat();
            assert!(read(&Zlib, &data, Place::Inside).is_none());
            assert_eq!(read(&Zlib, &data, Place::Start).unwrap().0.problems, []);
        }
        let data = pack(b"sixteen bytes...", 6);
        assert!(read(&Zlib, &data, Place::Inside).is_some());
    }
}
