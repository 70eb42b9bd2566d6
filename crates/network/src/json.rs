//! JSON as values with their places, one record after the other: RFC 8259, with values in a row at the top as `jq` and
//! log files write them.
//!
//! What is whole is handed out before what is broken is met; from the first mistake on nothing is read, for no later
//! place can be told to be a record's start. A key that stands twice in a map keeps its first value, and is noted. A text
//! that is no UTF-8, or has half a surrogate pair, keeps its bytes, so that whoever reads it tells. Nesting is bounded, so
//! depth costs no stack. Misses: numbers are handed out as they are written, whatever they are.

use crate::tree::{Member, Node, Value};
use std::borrow::Cow;
use std::collections::HashSet;

/// How many lists and maps may stand inside each other.
const DEEPEST: usize = 64;

/// What is wrong with a text that was cut.
const CUT: &str = "the text ends in the middle of a value";

/// What keeps a text from being JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub at: usize,
    pub what: &'static str,
}

/// Reads values out of a text.
pub(crate) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    /// Where keys stand that were there before.
    pub twice: Vec<usize>,
}

/// Keys that stand twice and are noted, at most.
const MOST_TWICE: usize = 100;

impl<'a> Reader<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, depth: 0, twice: Vec::new() }
    }

    /// The first byte of what comes next; `None` at the end.
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.text.get(self.at) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    /// Where the reader stands.
    pub fn at(&self) -> usize {
        self.at
    }

    fn fault(&self, what: &'static str) -> Fault {
        let what = if self.at >= self.text.len() { CUT } else { what };
        Fault { at: self.at, what }
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        self.at += 1;
        if self.depth > DEEPEST {
            return Err(Fault {
                at: self.at - 1,
                what: "lists and maps stand more than 64 levels inside each other",
            });
        }
        Ok(())
    }

    /// Behind a member: whether another one follows.
    fn goes_on(&mut self, close: u8) -> Result<bool, Fault> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                if self.peek() == Some(close) {
                    return Err(self.fault("a comma with nothing behind it"));
                }
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            _ => Err(self.fault("neither a comma nor the end of the list or map")),
        }
    }

    /// Reads a list whose `[` comes next; `member` reads each of its values.
    pub fn list(&mut self, mut member: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        self.enter()?;
        if self.peek() == Some(b']') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            member(self)?;
            if !self.goes_on(b']')? {
                return Ok(());
            }
        }
    }

    /// Reads a map whose `{` comes next; `member` gets each key with its place, and reads the value.
    pub fn map(
        &mut self,
        mut member: impl FnMut(&mut Self, Cow<'a, [u8]>, usize) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.enter()?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.fault("a key in double quotes has to stand here"));
            }
            let at = self.at;
            let key = self.string()?;
            if self.peek() != Some(b':') {
                return Err(self.fault("a colon has to stand behind the key"));
            }
            self.at += 1;
            member(self, key, at)?;
            if !self.goes_on(b'}')? {
                return Ok(());
            }
        }
    }

    /// Reads the value that comes next.
    pub fn value(&mut self) -> Result<Node<'a>, Fault> {
        let first = self.peek();
        let at = self.at;
        let value = match first {
            Some(b'{') => {
                let mut members = Members::default();
                self.map(|reader, key, at| members.read(reader, key, at))?;
                Value::Map(members.list)
            }
            Some(b'[') => {
                let mut list = Vec::new();
                self.list(|reader| {
                    list.push(reader.value()?);
                    Ok(())
                })?;
                Value::List(list)
            }
            Some(b'"') => Value::Scalar(self.string()?),
            _ => self.word()?,
        };
        Ok(Node { at, value })
    }

    /// Notes that the key at a place was there before.
    pub fn note_twice(&mut self, at: usize) {
        if self.twice.len() < MOST_TWICE {
            self.twice.push(at);
        }
    }

    /// A number or one of the three words.
    fn word(&mut self) -> Result<Value<'a>, Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')))
            .unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        let value = match word {
            b"null" => Value::Null,
            b"true" | b"false" => Value::Scalar(Cow::Borrowed(word)),
            _ if is_number(word) => Value::Scalar(Cow::Borrowed(plain_number(word))),
            _ => {
                let cut = length == rest.len();
                let what = if cut { CUT } else { "no value of JSON" };
                return Err(Fault { what, ..self.fault(what) });
            }
        };
        self.at += length;
        Ok(value)
    }

    /// The text whose opening quote comes next.
    fn string(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        let start = self.at + 1;
        let mut owned: Option<Vec<u8>> = None;
        let mut from = start;
        loop {
            let rest = self.text.get(from..).unwrap_or_default();
            let Some(length) = rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20)
            else {
                self.at = self.text.len();
                return Err(self.fault(""));
            };
            let piece = rest.get(..length).unwrap_or_default();
            let end = from + length;
            match rest.get(length) {
                Some(b'"') => {
                    self.at = end + 1;
                    return Ok(match owned {
                        Some(mut bytes) => {
                            bytes.extend_from_slice(piece);
                            Cow::Owned(bytes)
                        }
                        None => Cow::Borrowed(piece),
                    });
                }
                Some(b'\\') => {
                    let bytes = owned.get_or_insert_default();
                    bytes.extend_from_slice(piece);
                    self.at = end;
                    from = end + self.escape(end + 1, bytes)?;
                }
                _ => {
                    self.at = end;
                    return Err(self.fault("a control character in a text"));
                }
            }
        }
    }

    /// What an escape stands for, and how long it is with its backslash. `at` is behind the backslash.
    fn escape(&self, at: usize, bytes: &mut Vec<u8>) -> Result<usize, Fault> {
        let wrong = || {
            let needs = if self.text.get(at) == Some(&b'u') { 5 } else { 1 };
            let cut = self.text.len() < at + needs;
            if cut { Fault { at: self.text.len(), what: CUT } } else { self.fault("no escape of JSON") }
        };
        let plain = match self.text.get(at).ok_or_else(wrong)? {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            &byte @ (b'"' | b'\\' | b'/') => byte,
            b'u' => {
                let first = self.unit(at + 1).ok_or_else(wrong)?;
                let second =
                    (self.text.get(at + 5..at + 7) == Some(b"\\u")).then(|| self.unit(at + 7)).flatten();
                let (code, length) = match (first, second) {
                    (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                        (0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00), 12)
                    }
                    _ => (first, 6),
                };
                match char::from_u32(code) {
                    Some(letter) => bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
                    // Half a pair is no letter; this byte is no UTF-8, and is told as such.
                    None => bytes.push(0xff),
                }
                return Ok(length);
            }
            _ => return Err(wrong()),
        };
        bytes.push(plain);
        Ok(2)
    }

    fn unit(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4)?;
        digits.iter().try_fold(0, |sum, &digit| Some(sum * 16 + char::from(digit).to_digit(16)?))
    }
}

/// A map's members, each key once.
#[derive(Default)]
pub(crate) struct Members<'a> {
    /// The members, in the order in which they stand.
    pub list: Vec<Member<'a>>,
    seen: Option<HashSet<Vec<u8>>>,
}

impl<'a> Members<'a> {
    /// Reads a member's value and takes the member; a key that was there already is noted, and its value passed over.
    pub fn read(&mut self, reader: &mut Reader<'a>, key: Cow<'a, [u8]>, at: usize) -> Result<(), Fault> {
        let node = reader.value()?;
        if !self.take(key, at, node) {
            reader.note_twice(at);
        }
        Ok(())
    }

    /// Takes a member; `false` when its key was there already.
    pub fn take(&mut self, key: Cow<'a, [u8]>, at: usize, node: Node<'a>) -> bool {
        let new = !self.knows(&key);
        if new {
            self.list.push(Member { key, at, node });
        }
        new
    }

    /// Whether a key is among the members; large maps are looked up by hash.
    fn knows(&mut self, key: &[u8]) -> bool {
        const FEW: usize = 128;
        if self.list.len() < FEW {
            return self.list.iter().any(|member| member.key.as_ref() == key);
        }
        let all = || self.list.iter().map(|member| member.key.clone().into_owned()).collect();
        !self.seen.get_or_insert_with(all).insert(key.to_vec())
    }
}

fn is_number(word: &[u8]) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = word.strip_prefix(b"-").unwrap_or(word);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.first() == Some(&b'0')) {
        return false;
    }
    let mut rest = rest.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix(b".") {
        let length = digits(fraction);
        if length == 0 {
            return false;
        }
        rest = fraction.get(length..).unwrap_or_default();
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let exponent =
            exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

/// A whole number without the `.0` that some programs write behind it.
fn plain_number(word: &[u8]) -> &[u8] {
    let zeros = word.iter().rev().take_while(|&&byte| byte == b'0').count();
    let front = word.get(..word.len() - zeros).unwrap_or(word);
    if zeros > 0
        && let Some(whole) = front.strip_suffix(b".")
    {
        whole
    } else {
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value as Theirs;

    fn read(text: &[u8]) -> Result<Node<'_>, Fault> {
        let mut reader = Reader::new(text);
        let node = reader.value()?;
        match reader.peek() {
            None => Ok(node),
            Some(_) => Err(reader.fault("more")),
        }
    }

    /// Whether both say the same; scalars as texts.
    fn same(ours: &Node<'_>, theirs: &Theirs) -> bool {
        match (&ours.value, theirs) {
            (Value::Null, Theirs::Null) => true,
            (Value::Scalar(bytes), Theirs::String(text)) => bytes.as_ref() == text.as_bytes(),
            (Value::Scalar(bytes), Theirs::Bool(flag)) => bytes.as_ref() == flag.to_string().as_bytes(),
            (Value::Scalar(bytes), Theirs::Number(number)) => {
                let ours: f64 = std::str::from_utf8(bytes).unwrap().parse().unwrap();
                (ours - number.as_f64().unwrap()).abs() <= ours.abs() * 1e-12
            }
            (Value::List(list), Theirs::Array(array)) => {
                list.len() == array.len() && list.iter().zip(array).all(|(ours, theirs)| same(ours, theirs))
            }
            (Value::Map(members), Theirs::Object(object)) => {
                members.len() == object.len()
                    && members.iter().all(|member| {
                        let key = std::str::from_utf8(&member.key).unwrap();
                        object.get(key).is_some_and(|theirs| same(&member.node, theirs))
                    })
            }
            _ => false,
        }
    }

    #[test]
    fn values_keep_their_places() {
        let text = br#" {"a": [1.0, "x\u00e9\ud83d\ude00\n"], "b": null}"#;
        let node = read(text).unwrap();
        let list = node.get("a").unwrap();
        assert_eq!((node.at, list.at, list.list()[1].at), (1, 7, 13));
        assert_eq!(list.list()[0].text().unwrap(), "1");
        assert_eq!(list.list()[1].text().unwrap(), "x\u{e9}\u{1f600}\n");
        assert!(node.get("b").is_none());
    }

    #[test]
    fn depth_and_repeated_keys_are_bounded() {
        let deep = "[".repeat(1_000_000);
        assert_eq!(read(deep.as_bytes()).unwrap_err().at, 64);
        let mut reader = Reader::new(br#"{"a":1,"a":2}"#);
        let node = reader.value().unwrap();
        assert_eq!(
            (node.get("a").unwrap().text().unwrap().as_ref(), reader.twice.as_slice()),
            ("1", &[7][..])
        );
        let many: Vec<String> = (0..50_000).map(|index| format!("\"k{}\":0", index % 40_000)).collect();
        let text = format!("{{{}}}", many.join(","));
        let mut reader = Reader::new(text.as_bytes());
        assert_eq!(reader.value().unwrap().members().len(), 40_000);
        assert_eq!(reader.twice.len(), MOST_TWICE);
    }

    #[test]
    fn half_a_pair_is_no_text_and_a_cut_is_told() {
        assert_eq!(read(br#""a\ud800b""#).unwrap().scalar().unwrap(), b"a\xffb");
        for cut in ["{\"a\"", "[1,", "\"abc", "\"a\\u12", "tru", "{\"a\": 1"] {
            let fault = read(cut.as_bytes()).unwrap_err();
            assert_eq!(fault.what, "the text ends in the middle of a value", "{cut}");
        }
        for wrong in ["{a: 1}", "[1,]", "[1 2]", "[01]", "[1.]", "nul]", "\"\\x\"", "\"a\nb\"", "{\"a\" 1}"] {
            let fault = read(wrong.as_bytes()).unwrap_err();
            assert_ne!(fault.what, "the text ends in the middle of a value", "{wrong}");
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"b\\n\"",
            "1",
            "-2.50",
            "3e2",
            "true",
            "null",
            " ",
            "\"\\ud83d\\ude00\"",
            "0",
            "\"é\"",
        ])
        .prop_map(str::to_owned)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

        /// `serde_json` is the oracle, but for keys that stand twice: it keeps the last.
        #[test]
        fn agrees_with_serde_json(pieces in prop::collection::vec(piece(), 0..24)) {
            let text = pieces.concat();
            let theirs: Result<Theirs, _> = serde_json::from_str(&text);
            let mut reader = Reader::new(text.as_bytes());
            let ours = reader.value().and_then(|node| if reader.peek().is_none() { Ok(node) } else { Err(reader.fault("")) });
            if !reader.twice.is_empty() {
                return Ok(());
            }
            prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{}", text);
            if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
                prop_assert!(same(&ours, &theirs), "{}", text);
            }
        }

        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader::new(&bytes);
            while reader.peek().is_some() {
                let before = reader.at();
                match reader.value() {
                    Ok(_) => prop_assert!(reader.at() > before),
                    Err(fault) => {
                        prop_assert!(fault.at <= bytes.len());
                        break;
                    }
                }
            }
        }
    }
}
