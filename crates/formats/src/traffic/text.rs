//! Bytes that should be text: what is none is written as `\xNN`, so that nothing is lost.

use super::Sink;
use crate::{Problem, ProblemKind};
use std::borrow::Cow;
use std::fmt::Write;

/// The bytes as text where they are plain: UTF-8 without control characters other than tabs.
pub(super) fn plain(bytes: &[u8]) -> Option<&str> {
    // Without a way out of the loop it is done sixteen bytes at a time.
    let odd =
        bytes.iter().fold(false, |odd, byte| odd | ((*byte < 0x20) & (*byte != b'\t')) | (*byte >= 0x7f));
    if !odd {
        return std::str::from_utf8(bytes).ok();
    }
    std::str::from_utf8(bytes).ok().filter(|text| !text.chars().any(is_control))
}

/// The places of `separator` in `bytes`, eight bytes at a time; and the bytes as text where they are plain ASCII.
pub(super) fn split<'a>(bytes: &'a [u8], separator: u8, places: &mut Vec<usize>) -> Option<&'a str> {
    places.reserve(32);
    // Without a way out of the loop it is done sixteen bytes at a time.
    let odd = bytes.iter().fold(false, |odd, byte| {
        odd | ((*byte < 0x20) & (*byte != separator)) | ((*byte >= 0x7f) & (*byte != separator))
    });
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    const ONES: u64 = 0x0101_0101_0101_0101;
    // The highest bit of each byte that is zero, and of no other.
    let zeros = |word: u64| !(((word & LOW) + LOW) | word | LOW);
    let wanted = ONES * u64::from(separator);
    let (words, rest) = bytes.as_chunks::<8>();
    let mut start = 0;
    for word in words {
        let mut hits = zeros(u64::from_le_bytes(*word) ^ wanted);
        while hits != 0 {
            places.push(start + (hits.trailing_zeros() / 8) as usize);
            hits &= hits - 1;
        }
        start += 8;
    }
    places.extend(rest.iter().enumerate().filter(|(_, byte)| **byte == separator).map(|(at, _)| start + at));
    if odd { None } else { std::str::from_utf8(bytes).ok() }
}

/// The bytes as text, each that is none as `\xNN`.
pub(super) fn escaped(bytes: &[u8]) -> String {
    escape(bytes, "\\x")
}

/// The bytes of a JSON text, each that is none so that the decoded text has `\xNN`.
pub(super) fn escaped_for_json(bytes: &[u8]) -> String {
    escape(bytes, "\\\\x")
}

/// A short text of a header or payload, escaped; at most `longest` bytes of it.
pub(super) fn short(bytes: &[u8], longest: usize) -> String {
    let mut kept = bytes.get(..longest).unwrap_or(bytes);
    // A cut within a character is taken back.
    if kept.len() < bytes.len()
        && let Err(error) = std::str::from_utf8(kept)
        && error.error_len().is_none()
    {
        kept = kept.get(..error.valid_up_to()).unwrap_or(kept);
    }
    escape(kept, "\\x")
}

/// A line as text. What is none is told, and written otherwise by `escape`.
pub(super) fn of_line<'l>(
    line: &'l [u8],
    offset: u64,
    sink: &mut dyn Sink,
    escape: fn(&[u8]) -> String,
) -> Cow<'l, str> {
    match plain(line) {
        Some(text) => Cow::Borrowed(text),
        None => {
            sink.problem(not_text(line, offset));
            Cow::Owned(escape(line))
        }
    }
}

/// What is told of a line that is not plain.
pub(super) fn not_text(bytes: &[u8], offset: u64) -> Problem {
    let at = match std::str::from_utf8(bytes) {
        Ok(text) => text.char_indices().find(|(_, character)| is_control(*character)).map_or(0, |(at, _)| at),
        Err(error) => error.valid_up_to(),
    };
    let detail = "bytes that are no text in a line, written as \\xNN";
    Problem::new(ProblemKind::Undefined, offset + at as u64, detail)
}

fn is_control(character: char) -> bool {
    character.is_ascii_control() && character != '\t'
}

fn escape(bytes: &[u8], prefix: &str) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_control(character) {
                let _ = write!(text, "{prefix}{:02x}", u32::from(character));
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "{prefix}{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_written_out() {
        assert_eq!(plain(b"a\tb"), Some("a\tb"));
        assert_eq!(plain("Ünder".as_bytes()), Some("Ünder"));
        assert_eq!(plain(b"a\0b"), None);
        assert_eq!(plain(b"a\xffb"), None);
        assert_eq!(escaped(b"a\0\xffb\x7f"), "a\\x00\\xffb\\x7f");
        assert_eq!(short("aÜb".as_bytes(), 2), "a");
        assert_eq!(short(b"ab", 9), "ab");
    }

    #[test]
    fn separators_are_found_wherever_they_stand() {
        for length in 0..40 {
            for at in 0..length {
                for byte in [0, b'\n', 0x1f, b' ', b'a', 0x7f, 0x80, 0xff, b'\t'] {
                    let mut bytes = vec![b'x'; length];
                    bytes[at] = byte;
                    bytes[length / 2] = b'\t';
                    let mut places = Vec::new();
                    let text = split(&bytes, b'\t', &mut places);
                    let expected: Vec<usize> = (0..length).filter(|at| bytes[*at] == b'\t').collect();
                    assert_eq!(places, expected);
                    let is_plain = bytes.iter().all(|byte| *byte == b'\t' || (0x20..0x7f).contains(byte));
                    assert_eq!(text.is_some(), is_plain, "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn the_place_of_what_is_no_text_is_told() {
        assert_eq!(not_text(b"abc\xffd", 10).offset, 13);
        assert_eq!(not_text(b"ab\0d", 10).offset, 12);
    }
}
