//! One JSON object a line, as logs have it, read without a tree: its members by their path (`tls.sni`), texts borrowed where they
//! stand without an escape. What stands in arrays is looked at where it is asked for, and only then checked.

use super::lines::Line;
use super::{Sink, text};
use crate::{Problem, ProblemKind};
use memchr::memchr2;
use std::borrow::Cow;
use std::fmt::Write;

/// Objects within objects; deeper ones are malformed.
const DEEPEST: usize = 16;

/// Members of one object; an object with more is malformed.
const MOST: usize = 4096;

/// The members of one object. Kept from line to line, so that nothing is allocated for most.
#[derive(Default)]
pub(super) struct Members {
    decoded: String,
    members: Vec<Member>,
}

/// Why a text is no object, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

#[derive(Clone, Copy)]
struct Member {
    path: Piece,
    value: Piece,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// A number, `true`, `false`.
    Plain,
    Null,
    Array,
}

/// A part of the line, or of what was decoded.
#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
    decoded: bool,
}

/// What stands in an array.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Element<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// An object, to be read with other [`Members`].
    Object(&'a str),
}

impl Members {
    /// Reads a line of a log. `None` where it is blank, or no object, which is told.
    pub(super) fn line<'l>(
        &mut self,
        line: Line<'l>,
        offset: u64,
        sink: &mut dyn Sink,
    ) -> Option<Cow<'l, str>> {
        if line.bytes.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let text = text::of_line(line, offset, sink, text::escaped_for_json);
        if let Err(Malformed { at, what }) = self.read(&text) {
            let detail = format!("not a JSON object: {what}");
            sink.problem(Problem::new(ProblemKind::Malformed, offset + at as u64, detail));
            return None;
        }
        Some(text)
    }

    /// Reads an object that the whole line is.
    pub(super) fn read(&mut self, line: &str) -> Result<(), Malformed> {
        self.decoded.clear();
        self.members.clear();
        let at = skip_space(line, 0);
        let end = self.object(line, at, None, 0)?;
        let end = skip_space(line, end);
        if end < line.len() {
            return Err(Malformed { at: end, what: "something behind the object" });
        }
        Ok(())
    }

    /// The text or number at this path; `None` where there is none, or `null`.
    pub(super) fn text<'a>(&'a self, line: &'a str, path: &str) -> Option<&'a str> {
        let member = self.member(line, path)?;
        matches!(member.kind, Kind::Text | Kind::Plain).then(|| self.piece(line, member.value))
    }

    /// The array at this path.
    pub(super) fn array<'a>(&'a self, line: &'a str, path: &str) -> Option<&'a str> {
        let member = self.member(line, path)?;
        (member.kind == Kind::Array).then(|| self.piece(line, member.value))
    }

    /// Whether something stands at this path, be it `null`.
    pub(super) fn has(&self, line: &str, path: &str) -> bool {
        self.member(line, path).is_some()
    }

    /// The last member of this path: that of two of one name most readers take.
    fn member(&self, line: &str, path: &str) -> Option<Member> {
        self.members.iter().rev().copied().find(|member| self.piece(line, member.path) == path)
    }

    fn piece<'a>(&'a self, line: &'a str, piece: Piece) -> &'a str {
        let whole = if piece.decoded { &self.decoded } else { line };
        whole.get(piece.start..piece.end).unwrap_or_default()
    }

    /// Reads the object at `at` and says where it ends.
    fn object(
        &mut self,
        line: &str,
        at: usize,
        path: Option<Piece>,
        depth: usize,
    ) -> Result<usize, Malformed> {
        let bytes = line.as_bytes();
        let mut at = expect(line, at, b'{', "no object")?;
        if depth > DEEPEST {
            return Err(Malformed { at, what: "objects too deep in one another" });
        }
        at = skip_space(line, at);
        if bytes.get(at) == Some(&b'}') {
            return Ok(at + 1);
        }
        loop {
            let (key, behind) = self.string(line, skip_space(line, at))?;
            let key = path.map_or(key, |path| self.join(line, path, key));
            at = expect(line, skip_space(line, behind), b':', "no colon behind a name")?;
            at = skip_space(line, at);
            let (value, kind, behind) = match bytes.get(at) {
                Some(b'{') => {
                    at = self.object(line, at, Some(key), depth + 1)?;
                    (None, Kind::Null, at)
                }
                Some(b'"') => {
                    let (value, behind) = self.string(line, at)?;
                    (Some(value), Kind::Text, behind)
                }
                Some(b'[') => {
                    let end = skip_array(line, at)?;
                    (Some(Piece { start: at, end, decoded: false }), Kind::Array, end)
                }
                _ => {
                    let end = plain_end(line, at)?;
                    let kind = if line.get(at..end) == Some("null") { Kind::Null } else { Kind::Plain };
                    (Some(Piece { start: at, end, decoded: false }), kind, end)
                }
            };
            if let Some(value) = value {
                if self.members.len() >= MOST {
                    return Err(Malformed { at, what: "more members than are read of one object" });
                }
                self.members.push(Member { path: key, value, kind });
            }
            at = skip_space(line, behind);
            match bytes.get(at) {
                Some(b',') => at += 1,
                Some(b'}') => return Ok(at + 1),
                _ => return Err(Malformed { at, what: "neither a comma nor an end behind a value" }),
            }
        }
    }

    fn join(&mut self, line: &str, path: Piece, key: Piece) -> Piece {
        let start = self.decoded.len();
        let joined = format!("{}.{}", self.piece(line, path), self.piece(line, key));
        self.decoded.push_str(&joined);
        Piece { start, end: self.decoded.len(), decoded: true }
    }

    fn string(&mut self, line: &str, at: usize) -> Result<(Piece, usize), Malformed> {
        let start = expect(line, at, b'"', "no text where one should begin")?;
        let end = string_end(line, start)?;
        let raw = line.get(start..end).unwrap_or_default();
        if !raw.contains('\\') {
            return Ok((Piece { start, end, decoded: false }, end + 1));
        }
        let from = self.decoded.len();
        decode(raw, &mut self.decoded)
            .map_err(|at| Malformed { at: start + at, what: "an escape that is none" })?;
        Ok((Piece { start: from, end: self.decoded.len(), decoded: true }, end + 1))
    }
}

/// Hands over the texts, numbers and objects of an array; arrays in it are left out.
pub(super) fn elements<'a>(array: &'a str, take: &mut dyn FnMut(Element<'a>)) -> Result<(), Malformed> {
    let bytes = array.as_bytes();
    let mut at = skip_space(array, expect(array, 0, b'[', "no array")?);
    if bytes.get(at) == Some(&b']') {
        return Ok(());
    }
    loop {
        at = skip_space(array, at);
        at = match bytes.get(at) {
            Some(b'"') => {
                let end = string_end(array, at + 1)?;
                let raw = array.get(at + 1..end).unwrap_or_default();
                let mut text = Cow::Borrowed(raw);
                if raw.contains('\\') {
                    let mut decoded = String::new();
                    decode(raw, &mut decoded).map_err(|inside| Malformed {
                        at: at + 1 + inside,
                        what: "an escape that is none",
                    })?;
                    text = Cow::Owned(decoded);
                }
                take(Element::Text(text));
                end + 1
            }
            Some(b'{') => {
                let end = skip_array(array, at)?;
                take(Element::Object(array.get(at..end).unwrap_or_default()));
                end
            }
            Some(b'[') => skip_array(array, at)?,
            _ => {
                let end = plain_end(array, at)?;
                take(Element::Text(Cow::Borrowed(array.get(at..end).unwrap_or_default())));
                end
            }
        };
        at = skip_space(array, at);
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(b']') => return Ok(()),
            _ => return Err(Malformed { at, what: "neither a comma nor an end behind a value" }),
        }
    }
}

fn expect(line: &str, at: usize, byte: u8, what: &'static str) -> Result<usize, Malformed> {
    if line.as_bytes().get(at) == Some(&byte) { Ok(at + 1) } else { Err(Malformed { at, what }) }
}

fn skip_space(line: &str, mut at: usize) -> usize {
    while line.as_bytes().get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// Where the closing quotation mark stands of a text that begins at `start`.
fn string_end(line: &str, start: usize) -> Result<usize, Malformed> {
    let mut at = start;
    loop {
        let rest = line.as_bytes().get(at..).unwrap_or_default();
        let found =
            memchr2(b'"', b'\\', rest).ok_or(Malformed { at: line.len(), what: "a text without an end" })?;
        if rest.get(found) == Some(&b'"') {
            return Ok(at + found);
        }
        at += found + 2;
    }
}

/// Where an array or object ends that begins at `at`; what is in it is not checked.
fn skip_array(line: &str, mut at: usize) -> Result<usize, Malformed> {
    let mut open = 0_usize;
    while let Some(byte) = line.as_bytes().get(at) {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => {
                open -= 1;
                if open == 0 {
                    return Ok(at + 1);
                }
            }
            b'"' => at = string_end(line, at + 1)?,
            _ => {}
        }
        at += 1;
    }
    Err(Malformed { at: line.len(), what: "an array without an end" })
}

/// Where a number or word ends.
fn plain_end(line: &str, at: usize) -> Result<usize, Malformed> {
    let rest = line.as_bytes().get(at..).unwrap_or_default();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let length = rest.iter().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
    let word = line.get(at..at + length).unwrap_or_default();
    let number = word.bytes().next().is_some_and(|byte| byte == b'-' || byte.is_ascii_digit());
    if number || matches!(word, "true" | "false" | "null") {
        Ok(at + length)
    } else {
        Err(Malformed { at, what: "no value where one should be" })
    }
}

/// Decodes escapes; control characters become `\xNN`, halves of a pair that stand alone stay as they are written.
fn decode(raw: &str, out: &mut String) -> Result<(), usize> {
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let place = raw.len() - escape.len();
        let mut characters = escape.chars().skip(1);
        let (character, length) = match characters.next().ok_or(place)? {
            plain @ ('"' | '\\' | '/') => (Some(plain), 2),
            'b' => (Some('\u{8}'), 2),
            'f' => (Some('\u{c}'), 2),
            'n' => (Some('\n'), 2),
            'r' => (Some('\r'), 2),
            't' => (Some('\t'), 2),
            'u' => match hexadecimal(escape, 2).ok_or(place)? {
                high @ 0xd800..=0xdbff => {
                    match hexadecimal(escape, 8).filter(|_| escape.get(6..8) == Some("\\u")) {
                        Some(low @ 0xdc00..=0xdfff) => {
                            (char::from_u32(0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00))), 12)
                        }
                        _ => (None, 6),
                    }
                }
                other => (char::from_u32(other), 6),
            },
            _ => return Err(place),
        };
        match character {
            Some(character) if character.is_ascii_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(character));
            }
            Some(character) => out.push(character),
            None => out.push_str(escape.get(..length).unwrap_or_default()),
        }
        rest = escape.get(length..).ok_or(place)?;
    }
    out.push_str(rest);
    Ok(())
}

fn hexadecimal(escape: &str, at: usize) -> Option<u32> {
    let digits = escape.get(at..at + 4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_are_found_by_their_path() {
        let line = r#" {"a":{"b":"x\u00fc\ud83d\ude00\n","c":[1,"two",{"d":"}"}]},"e":-1.5e3,"f":null,"a":{"b":"last"}} "#;
        let mut members = Members::default();
        members.read(line).unwrap();
        assert_eq!(members.text(line, "a.b"), Some("last"));
        assert_eq!(members.text(line, "e"), Some("-1.5e3"));
        assert_eq!(members.text(line, "f"), None);
        assert!(members.has(line, "f"));
        let mut found = Vec::new();
        elements(members.array(line, "a.c").unwrap(), &mut |element| found.push(element)).unwrap();
        assert_eq!(
            found,
            [Element::Text("1".into()), Element::Text("two".into()), Element::Object(r#"{"d":"}"}"#)]
        );
        let line = r#"{"a":{"b":"x\u00fc\ud83d\ude00\n\ud800"}}"#;
        members.read(line).unwrap();
        assert_eq!(members.text(line, "a.b"), Some("xü😀\\x0a\\ud800"));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for bad in [
            "",
            "[]",
            "{",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1"#,
            r#"{"a":1}x"#,
            r#"{"a":"\q"}"#,
            r#"{"a":"\"#,
        ] {
            assert!(Members::default().read(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(line in r#"[\[\]{}:,"\\ua0-9 ül]{0,40}"#) {
            let mut members = Members::default();
            let _ = members.read(&line);
            let _ = elements(&line, &mut |_| {});
        }

        #[test]
        fn texts_are_those_of_serde_json(text in any::<String>()) {
            let line = serde_json::json!({ "t": text }).to_string();
            let mut members = Members::default();
            members.read(&line).unwrap();
            let shown: String = text
                .chars()
                .map(|c| if c.is_ascii_control() && c != '\u{7f}' { format!("\\x{:02x}", u32::from(c)) } else { c.to_string() })
                .collect();
            prop_assert_eq!(members.text(&line, "t").unwrap(), shown);
        }
    }
}
