//! A feed as a stream: JSON of any size, value by value, and CSV, record by record.
//!
//! One record at a time is in memory, and borrowed from there. A record may have [`LARGEST`] bytes.

use crate::Error;
use std::io::{ErrorKind, Read};

/// The largest record that is read: Debian's entry on its kernel has a few million bytes.
pub(crate) const LARGEST: usize = 64 << 20;

/// How much is looked at to recognise a feed.
const HEAD: usize = 256 << 10;

/// The decompressed content of one feed, or one document of it.
pub struct Input<'a> {
    reader: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    /// What has been taken of the buffer, and what of it is filled.
    start: usize,
    end: usize,
    /// Offset of `start` in the content.
    offset: u64,
    at_end: bool,
    place: String,
}

impl<'a> Input<'a> {
    /// Reads from `reader`, reusing a buffer.
    pub(crate) fn new(place: String, reader: Box<dyn Read + 'a>, mut buffer: Vec<u8>) -> Self {
        if buffer.len() < 1 << 16 {
            buffer.resize(1 << 16, 0);
        }
        Self { reader, buffer, start: 0, end: 0, offset: 0, at_end: false, place }
    }

    /// The buffer, for the next document. A large one is given back.
    pub(crate) fn into_buffer(mut self) -> Vec<u8> {
        self.buffer.truncate(1 << 20);
        self.buffer.shrink_to(1 << 20);
        self.buffer
    }

    /// Which document this is.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Offset of what is read next.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// What the content begins with, as much as is needed to recognise it.
    pub(crate) fn head(&mut self) -> Result<&[u8], Error> {
        while self.end - self.start < HEAD && self.fill()? {}
        if self.offset == 0 && self.ahead().starts_with(b"\xef\xbb\xbf") {
            self.take(3);
        }
        Ok(self.ahead())
    }

    /// Walks an object: `on_key` takes the value of each key.
    pub(crate) fn object(
        &mut self,
        mut on_key: impl FnMut(&mut Self, &str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.expect(b'{', "an object")?;
        if self.peek("a key or the end of an object")? == b'}' {
            self.take(1);
            return Ok(());
        }
        loop {
            if self.peek("a key")? != b'"' {
                return Err(self.broken("a key was expected"));
            }
            let (offset, raw) = self.value()?;
            let key: Result<String, _> = serde_json::from_slice(raw);
            let Ok(key) = key else { return Err(self.broken_at(offset, "a key cannot be read")) };
            self.expect(b':', "a colon")?;
            on_key(self, &key)?;
            match self.peek("a comma or the end of an object")? {
                b',' => self.take(1),
                b'}' => {
                    self.take(1);
                    return Ok(());
                }
                _ => return Err(self.broken("a comma or the end of an object was expected")),
            }
        }
    }

    /// Walks an array: `on_value` takes each value; it is told its number, from 1.
    pub(crate) fn array(
        &mut self,
        mut on_value: impl FnMut(&mut Self, u64) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.expect(b'[', "an array")?;
        if self.peek("a value or the end of an array")? == b']' {
            self.take(1);
            return Ok(());
        }
        let mut number = 0;
        loop {
            number += 1;
            on_value(self, number)?;
            match self.peek("a comma or the end of an array")? {
                b',' => self.take(1),
                b']' => {
                    self.take(1);
                    return Ok(());
                }
                _ => return Err(self.broken("a comma or the end of an array was expected")),
            }
        }
    }

    /// The first byte of the next value.
    pub(crate) fn next_byte(&mut self) -> Result<u8, Error> {
        self.peek("a value")
    }

    /// The next value, whole, and its offset.
    pub(crate) fn value(&mut self) -> Result<(u64, &[u8]), Error> {
        let first = self.peek("a value")?;
        let length = match first {
            b'{' | b'[' => self.nested()?,
            b'"' => self.string(0)?,
            b',' | b':' | b'}' | b']' => return Err(self.broken("a value was expected")),
            _ => self.scalar()?,
        };
        let (offset, start) = (self.offset, self.start);
        self.take(length);
        Ok((offset, self.buffer.get(start..start + length).unwrap_or_default()))
    }

    /// Nothing but blanks may follow.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        match self.peek_or_end()? {
            None => Ok(()),
            Some(_) => Err(self.broken("more follows behind the end of the feed")),
        }
    }

    /// The next record of a CSV and its offset; `None` at the end. A record ends with a line end: a last one without is
    /// taken for cut off.
    pub(crate) fn record(&mut self) -> Result<Option<(u64, Vec<String>)>, Error> {
        let offset = self.offset;
        let mut length = 0;
        let mut quoted = false;
        loop {
            let ahead = self.ahead().get(length..).unwrap_or_default();
            let end = ahead.iter().position(|byte| {
                quoted ^= *byte == b'"';
                *byte == b'\n' && !quoted
            });
            if let Some(end) = end {
                length += end;
                break;
            }
            length += ahead.len();
            if !self.more(length)? {
                if length == 0 {
                    return Ok(None);
                }
                let what = if quoted { "a quoted field does not end" } else { "the last line does not end" };
                return Err(self.cut(length, what));
            }
        }
        let line = self.ahead().get(..length).unwrap_or_default();
        let cells = cells(line.strip_suffix(b"\r").unwrap_or(line));
        self.take(length + 1);
        Ok(Some((offset, cells)))
    }

    /// An error at what is read next.
    pub(crate) fn broken(&self, what: &str) -> Error {
        self.broken_at(self.offset, what)
    }

    fn broken_at(&self, offset: u64, what: &str) -> Error {
        Error::Broken { place: self.place.clone(), offset, what: what.to_owned() }
    }

    fn cut(&self, ahead: usize, what: &str) -> Error {
        Error::CutShort {
            place: self.place.clone(),
            offset: self.offset + ahead as u64,
            what: what.to_owned(),
        }
    }

    fn ahead(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn take(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<(), Error> {
        if self.peek(what)? != byte {
            return Err(self.broken(&format!("{what} was expected")));
        }
        self.take(1);
        Ok(())
    }

    fn peek(&mut self, what: &str) -> Result<u8, Error> {
        match self.peek_or_end()? {
            Some(byte) => Ok(byte),
            None => Err(self.cut(0, &format!("{what} should follow"))),
        }
    }

    fn peek_or_end(&mut self) -> Result<Option<u8>, Error> {
        loop {
            let blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
            match self.ahead().iter().position(|byte| !blank(byte)) {
                Some(at) => {
                    self.take(at);
                    return Ok(self.ahead().first().copied());
                }
                None => {
                    self.take(self.end - self.start);
                    if !self.fill()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Length of the object or array ahead.
    fn nested(&mut self) -> Result<usize, Error> {
        let (mut length, mut depth) = (0, 0u32);
        loop {
            let ahead = self.ahead().get(length..).unwrap_or_default();
            let Some(at) = ahead.iter().position(|byte| matches!(byte, b'{' | b'}' | b'[' | b']' | b'"'))
            else {
                length += ahead.len();
                self.must_go_on(length)?;
                continue;
            };
            let byte = ahead.get(at).copied();
            length += at + 1;
            match byte {
                Some(b'"') => length = self.string(length - 1)?,
                Some(b'{' | b'[') => depth += 1,
                _ => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(length);
                    }
                }
            }
        }
    }

    /// Where the string ends that begins at `from` of what is ahead.
    fn string(&mut self, from: usize) -> Result<usize, Error> {
        let mut length = from + 1;
        loop {
            let ahead = self.ahead().get(length..).unwrap_or_default();
            match ahead.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
                Some(at) if ahead.get(at) == Some(&b'"') => return Ok(length + at + 1),
                Some(at) if at + 1 < ahead.len() => length += at + 2,
                Some(at) => {
                    length += at;
                    self.must_go_on(length + 1)?;
                }
                None => {
                    length += ahead.len();
                    self.must_go_on(length)?;
                }
            }
        }
    }

    fn scalar(&mut self) -> Result<usize, Error> {
        let mut length = 0;
        loop {
            let ahead = self.ahead().get(length..).unwrap_or_default();
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':' | b' ' | b'\n' | b'\r' | b'\t');
            if let Some(at) = ahead.iter().position(ends) {
                return Ok(length + at);
            }
            length += ahead.len();
            if !self.more(length)? {
                return Ok(length);
            }
        }
    }

    fn must_go_on(&mut self, length: usize) -> Result<(), Error> {
        if self.more(length)? { Ok(()) } else { Err(self.cut(length, "a value does not end")) }
    }

    /// Reads on, for a value of which `length` bytes are ahead.
    fn more(&mut self, length: usize) -> Result<bool, Error> {
        if length > LARGEST {
            return Err(self.broken(&format!("a record has more than {LARGEST} bytes")));
        }
        self.fill()
    }

    /// Reads on; `false` at the end.
    fn fill(&mut self) -> Result<bool, Error> {
        if self.at_end {
            return Ok(false);
        }
        if self.end == self.buffer.len() {
            if self.start >= self.buffer.len() / 2 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            } else {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
        loop {
            let free = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.reader.read(free) {
                Ok(0) => {
                    self.at_end = true;
                    return Ok(false);
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Err(self.cut(self.end - self.start, "the compressed stream ends early"));
                }
                Err(source) if matches!(source.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput) => {
                    let offset = self.offset + (self.end - self.start) as u64;
                    return Err(self.broken_at(offset, &format!("it cannot be decompressed ({source})")));
                }
                Err(source) => return Err(Error::Read { place: self.place.clone(), source }),
            }
        }
    }
}

/// The cells of one record. A quote within a quoted cell is doubled (RFC 4180).
fn cells(line: &[u8]) -> Vec<String> {
    let mut cells = Vec::new();
    let mut cell = Vec::new();
    let mut quoted = false;
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if quoted && bytes.peek() == Some(&b'"') => {
                bytes.next();
                cell.push(b'"');
            }
            b'"' => quoted = !quoted,
            b',' if !quoted => cells.push(text(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.push(text(&mut cell));
    cells
}

fn text(cell: &mut Vec<u8>) -> String {
    let text = String::from_utf8_lossy(cell).into_owned();
    cell.clear();
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A reader that gives a few bytes at a time, so that every boundary is met.
    struct Dripping<'a>(&'a [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            let (now, later) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn input(bytes: &[u8], drip: usize) -> Input<'_> {
        Input::new("test".to_owned(), Box::new(Dripping(bytes, drip)), Vec::new())
    }

    fn values(bytes: &[u8], drip: usize) -> Result<Vec<serde_json::Value>, Error> {
        let mut input = input(bytes, drip);
        let mut found = Vec::new();
        input.array(|input, _| {
            let (_, raw) = input.value()?;
            // Where the end was cut off within a literal, it is no value; the error that follows is what counts.
            found.extend(serde_json::from_slice::<serde_json::Value>(raw).ok());
            Ok(())
        })?;
        input.finish()?;
        Ok(found)
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            "[\\PC\"\\\\\\[{}\\]]{0,12}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::btree_map("[a\"\\\\{]{0,4}", inner, 0..4)
                    .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn an_array_of_anything_is_cut_into_its_values(
            wanted in prop::collection::vec(json(), 0..6), drip in 1usize..40, pretty in any::<bool>()
        ) {
            let whole = serde_json::Value::from(wanted.clone());
            let bytes = if pretty { serde_json::to_vec_pretty(&whole) } else { serde_json::to_vec(&whole) }.unwrap();
            prop_assert_eq!(&values(&bytes, drip).unwrap(), &wanted);
            // Cut anywhere, it is cut short.
            for end in 0..bytes.len() {
                let cut = values(&bytes[..end], drip);
                prop_assert!(matches!(cut, Err(Error::CutShort { .. })), "{}: {:?}", end, cut);
            }
        }

        #[test]
        fn no_bytes_are_a_panic(bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"{}[]\",:\\1 \n".to_vec())], 0..80), drip in 1usize..9) {
            let mut json = input(&bytes, drip);
            let _ = json.object(|input, _| input.value().map(|_| ()));
            let mut csv = input(&bytes, drip);
            while let Ok(Some(_)) = csv.record() {}
        }

        #[test]
        fn a_csv_is_read_as_it_was_written(
            rows in prop::collection::vec(prop::collection::vec("[a\", \n\\PC]{0,6}", 1..4), 1..5), drip in 1usize..9
        ) {
            let quote = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let text: String = rows
                .iter()
                .map(|row| row.iter().map(quote).collect::<Vec<_>>().join(",") + "\r\n")
                .collect();
            let mut csv = input(text.as_bytes(), drip);
            for row in &rows {
                prop_assert_eq!(&csv.record().unwrap().unwrap().1, row);
            }
            prop_assert!(csv.record().unwrap().is_none());
            let mut cut = input(&text.as_bytes()[..text.len() - 1], drip);
            let mut last = cut.record();
            while let Ok(Some(_)) = last {
                last = cut.record();
            }
            let is_cut = matches!(last, Err(Error::CutShort { .. }));
            prop_assert!(is_cut);
        }
    }

    #[test]
    fn what_follows_the_end_is_broken() {
        assert!(matches!(values(b"[1] [2]", 3), Err(Error::Broken { offset: 4, .. })));
        assert!(matches!(values(b"[1 2]", 3), Err(Error::Broken { offset: 3, .. })));
        assert!(matches!(values(b"{}", 3), Err(Error::Broken { offset: 0, .. })));
    }
}
