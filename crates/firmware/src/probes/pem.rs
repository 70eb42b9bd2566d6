//! PEM blocks in any bytes: text files, scripts that write them with `\n`, data of programs.
//!
//! Every byte is looked at a bounded number of times. A block without its end line, or with bytes between its lines
//! that are not base64, is not a block: programs hold bare `-----BEGIN` lines to look for them.
//! Source: RFC 7468, RFC 1421 (headers).

use aho_corasick::AhoCorasick;
use std::sync::OnceLock;

/// A PEM block.
#[derive(Debug)]
pub struct Block<'a> {
    /// Such as `CERTIFICATE`.
    pub label: &'a str,
    /// Where it starts.
    pub offset: usize,
    /// Its bytes, from the first dash to the last.
    pub length: usize,
    /// Line on which it starts, in a text.
    pub line: Option<u32>,
    /// Whether a header says that the content is encrypted.
    pub encrypted: bool,
    /// The content, decoded.
    pub content: Vec<u8>,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

/// The blocks in `data`, in order.
pub fn blocks(data: &[u8]) -> Vec<Block<'_>> {
    static FINDER: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    // One short constant pattern always builds; without a finder nothing is found.
    let Some(finder) = FINDER.get_or_init(|| AhoCorasick::new([BEGIN]).ok()) else { return Vec::new() };
    let (mut found, mut line, mut counted, mut is_text) = (Vec::new(), 1u32, 0, true);
    for hit in finder.find_iter(data) {
        let Some(mut block) = block(data, hit.start()) else { continue };
        for &byte in data.get(counted..hit.start()).unwrap_or_default() {
            line = line.saturating_add(u32::from(byte == b'\n'));
            is_text &= byte != 0;
        }
        counted = hit.start();
        block.line = is_text.then_some(line);
        found.push(block);
    }
    found
}

fn block(data: &[u8], offset: usize) -> Option<Block<'_>> {
    let mut rest = data.get(offset + BEGIN.len()..)?;
    let size = rest
        .iter()
        .take(48)
        .position(|byte| !(byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' '))?;
    let (label, after) = rest.split_at_checked(size)?;
    rest = after.strip_prefix(DASHES)?;
    let mut encrypted = false;
    for _ in 0..10 {
        let trimmed = blank(rest);
        let end = trimmed.iter().take(200).position(|&byte| byte == b'\n');
        let Some((header, after)) = end.and_then(|end| trimmed.split_at_checked(end)) else { break };
        if !header.contains(&b':') {
            break;
        }
        encrypted |= header.starts_with(b"Proc-Type:") && header.windows(9).any(|word| word == b"ENCRYPTED");
        rest = after;
    }
    let mut digits = Vec::new();
    loop {
        rest = blank(rest);
        match rest.split_first() {
            Some((&digit, after)) if digit.is_ascii_alphanumeric() || b"+/=".contains(&digit) => {
                digits.push(digit);
                rest = after;
            }
            _ => break,
        }
    }
    rest = rest.strip_prefix(b"-----END ")?.strip_prefix(label)?.strip_prefix(DASHES)?;
    Some(Block {
        label: std::str::from_utf8(label).ok()?,
        offset,
        length: data.len() - rest.len() - offset,
        line: None,
        encrypted,
        content: base64(&digits)?,
    })
}

/// `data` without blanks at its start, line ends written as `\n` or `\` at the end of a line among them.
fn blank(mut data: &[u8]) -> &[u8] {
    loop {
        data = match data {
            [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] => rest,
            [b'\\', b'n' | b'r' | b'\n', rest @ ..] => rest,
            _ => return data,
        };
    }
}

/// Decodes base64, with or without padding.
pub fn base64(digits: &[u8]) -> Option<Vec<u8>> {
    let padding = digits.iter().rev().take_while(|&&digit| digit == b'=').count();
    let digits = digits.get(..digits.len().checked_sub(padding)?)?;
    if padding > 2 || digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for group in digits.chunks(4) {
        let mut word = 0u32;
        for &digit in group {
            let value = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            word = word << 6 | u32::from(value);
        }
        word <<= 6 * (4 - group.len());
        bytes.extend(word.to_be_bytes().iter().skip(1).take(group.len() - 1));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_block_stands_where_it_stands() {
        let data = b"text\n-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: A,B\n\nYWJj\nZA==\n-----END X-----\n";
        let found = blocks(data);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].content.as_slice(), found[0].encrypted), (&b"abcd"[..], true));
        assert_eq!((found[0].offset, found[0].line, found[0].length), (5, Some(2), data.len() - 6));
    }

    #[test]
    fn a_block_written_in_a_script_is_found() {
        let found = blocks(b"echo \"-----BEGIN X-----\\nYWJj\\n-----END X-----\\n\"");
        assert_eq!(found[0].content, b"abc");
    }

    #[test]
    fn a_bare_line_is_not_a_block() {
        for data in [
            &b"\0-----BEGIN RSA PRIVATE KEY-----\0-----END RSA PRIVATE KEY-----\0"[..],
            b"-----BEGIN X-----\nYWJj\n-----END Y-----",
            b"-----BEGIN X-----\nYWJj...\n-----END X-----",
            b"-----BEGIN X-----\nYWJj",
        ] {
            assert!(blocks(data).is_empty());
        }
    }

    proptest! {
        #[test]
        fn random_bytes(data in proptest::collection::vec(any::<u8>(), 0..200), text in "[-BEGIN A\\\\n:=+/\n]{0,200}") {
            for bytes in [&data[..], text.as_bytes()] {
                for block in blocks(bytes) {
                    prop_assert!(bytes[block.offset..block.offset + block.length].ends_with(DASHES));
                }
                let _ = base64(bytes);
            }
        }

        #[test]
        fn repeated_openings_take_linear_time(count in 1usize..2000) {
            prop_assert!(blocks(&b"-----BEGIN X-----\nAAAA".repeat(count)).is_empty());
        }
    }
}
