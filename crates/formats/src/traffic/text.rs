//! Bytes that should be text: what is none is written as `\xNN`, so that nothing is lost.

use super::Sink;
use super::lines::Line;
use crate::{Problem, ProblemKind};
use std::borrow::Cow;
use std::fmt::Write;

/// The bytes as text where they are plain: UTF-8 without control characters other than tabs.
pub(super) fn plain(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| is_plain(text))
}

/// Whether a text has no control characters other than tabs.
pub(super) fn is_plain(text: &str) -> bool {
    // Without a way out of the loop it is done sixteen bytes at a time.
    !text.bytes().fold(false, |odd, byte| odd | ((byte < 0x20) & (byte != b'\t')) | (byte == 0x7f))
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
    line: Line<'l>,
    offset: u64,
    sink: &mut dyn Sink,
    escape: fn(&[u8]) -> String,
) -> Cow<'l, str> {
    match line.text.filter(|text| is_plain(text)) {
        Some(text) => Cow::Borrowed(text),
        None => {
            sink.problem(not_text(line.bytes, offset));
            Cow::Owned(escape(line.bytes))
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
    fn the_place_of_what_is_no_text_is_told() {
        assert_eq!(not_text(b"abc\xffd", 10).offset, 13);
        assert_eq!(not_text(b"ab\0d", 10).offset, 12);
    }
}
