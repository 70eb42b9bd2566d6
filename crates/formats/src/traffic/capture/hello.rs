//! The server's name in a client's hello of TLS (RFC 8446 section 4.1.2, RFC 6066 section 3).

use crate::bytes::{slice, tail, u16_be};
use crate::traffic::text::short;

/// What a hello says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Hello {
    /// The name that it asks for.
    Of(String),
    /// No name.
    Nameless,
}

/// Reads a stream's first bytes: records that hold a hello. `None` where more are needed and may come.
pub(super) fn read(bytes: &[u8], is_last: bool) -> Option<Hello> {
    let mut message = Vec::new();
    let mut rest = bytes;
    let mut whole = false;
    // A hello may stand in several records.
    while let [0x16, 3, _, ..] = rest {
        let Some(size) = u16_be(rest, 3) else { break };
        let size = usize::from(size);
        let body = tail(rest, 5);
        message.extend_from_slice(body.get(..size).unwrap_or(body));
        if let [1, high, middle, low, ..] = *message {
            whole =
                message.len() >= 4 + (usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low));
        }
        if whole || body.len() < size {
            break;
        }
        rest = tail(body, size);
    }
    if message.first().is_some_and(|kind| *kind != 1) {
        return Some(Hello::Nameless);
    }
    match name(&message) {
        Some(name) => Some(Hello::Of(name)),
        None if whole || is_last || !bytes.starts_with(&[0x16]) => Some(Hello::Nameless),
        None => None,
    }
}

fn name(message: &[u8]) -> Option<String> {
    // Kind and length, version, random number.
    let mut at = 4 + 2 + 32;
    at += 1 + usize::from(*message.get(at)?);
    at += 2 + usize::from(u16_be(message, at)?);
    at += 1 + usize::from(*message.get(at)?);
    let end = at.checked_add(2)? + usize::from(u16_be(message, at)?);
    at += 2;
    while at + 4 <= end {
        let (kind, size) = (u16_be(message, at)?, usize::from(u16_be(message, at + 2)?));
        if kind == 0 {
            let list = slice(message, at + 4, size)?;
            // A list of names of one kind, host names.
            let length = usize::from(u16_be(list, 3)?);
            let name = slice(list, 5, length)?;
            return (list.get(2) == Some(&0) && !name.is_empty()).then(|| short(name, 255));
        }
        at += 4 + size;
    }
    None
}
