//! Delimited text as records of cells, each with its place.
//!
//! RFC 4180 as widely written: comma, semicolon or tab; LF, CRLF or CR; quoted cells that hold delimiters, line breaks
//! and doubled quotes. A quote that is never closed is taken as an ordinary character and reported, so that the rest
//! of the file is still read. Wrong when: a forgotten closing quote meets another quote further down; what lies
//! between becomes one cell, and the record then has too few or too many cells.

use std::borrow::Cow;

/// One cell.
pub(crate) struct Cell<'a> {
    /// Its bytes, without quotes.
    pub bytes: Cow<'a, [u8]>,
    /// Where it starts in the text.
    pub offset: usize,
}

/// One record.
pub(crate) struct Record<'a> {
    pub cells: Vec<Cell<'a>>,
    /// Line on which it starts, from 1.
    pub line: u64,
    /// Where it starts in the text.
    pub offset: usize,
    /// Where a quote stands that is never closed.
    pub unclosed: Option<usize>,
}

/// The records of a text; empty lines are passed over.
pub(crate) struct Records<'a> {
    text: &'a [u8],
    delimiter: u8,
    at: usize,
    line: u64,
}

impl<'a> Records<'a> {
    #[cfg(test)]
    pub fn new(text: &'a [u8], delimiter: u8) -> Self {
        Self { text, delimiter, at: 0, line: 1 }
    }

    /// The records behind a text's lead.
    pub fn after(text: &'a [u8], lead: &Lead<'_>) -> Self {
        let rest = text.get(lead.length..).unwrap_or_default();
        Self { text, delimiter: delimiter(rest), at: lead.length, line: lead.lines + 1 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn end_line(&mut self) {
        let crlf = self.text.get(self.at..self.at + 2) == Some(b"\r\n");
        self.at += if crlf { 2 } else { 1 };
        self.line += 1;
    }

    fn slice(&self, from: usize, to: usize) -> &'a [u8] {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The end of a cell that starts or goes on without quotes at `from`.
    fn plain_end(&self, from: usize) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        let length = rest.iter().position(|&byte| byte == self.delimiter || byte == b'\n' || byte == b'\r');
        from + length.unwrap_or(rest.len())
    }

    /// The cell whose opening quote stands at the current place, or `None` when the quote is never closed.
    fn quoted(&self) -> Option<(Cow<'a, [u8]>, usize)> {
        let mut owned: Option<Vec<u8>> = None;
        let mut from = self.at + 1;
        loop {
            let rest = self.text.get(from..)?;
            let close = from + rest.iter().position(|&byte| byte == b'"')?;
            if self.text.get(close + 1) == Some(&b'"') {
                owned.get_or_insert_default().extend_from_slice(self.slice(from, close + 1));
                from = close + 2;
                continue;
            }
            let end = self.plain_end(close + 1);
            let last = self.slice(from, close);
            if owned.is_none() && end == close + 1 {
                return Some((Cow::Borrowed(last), end));
            }
            let mut bytes = owned.unwrap_or_default();
            bytes.extend_from_slice(last);
            bytes.extend_from_slice(self.slice(close + 1, end));
            return Some((Cow::Owned(bytes), end));
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        while matches!(self.peek()?, b'\n' | b'\r') {
            self.end_line();
        }
        let mut record = Record { cells: Vec::new(), line: self.line, offset: self.at, unclosed: None };
        loop {
            let start = self.at;
            let quoted = if self.peek() == Some(b'"') { self.quoted() } else { None };
            if quoted.is_none() && self.peek() == Some(b'"') {
                record.unclosed = record.unclosed.or(Some(start));
            }
            let (bytes, end) = quoted.unwrap_or_else(|| {
                let end = self.plain_end(start);
                (Cow::Borrowed(self.slice(start, end)), end)
            });
            self.line += line_breaks(self.slice(start, end));
            self.at = end;
            record.cells.push(Cell { bytes, offset: start });
            match self.peek() {
                Some(byte) if byte == self.delimiter => self.at += 1,
                Some(_) => {
                    self.end_line();
                    return Some(record);
                }
                None => return Some(record),
            }
        }
    }
}

/// The lines before a table's headings that start with `#`: remarks of whoever wrote the file.
pub(crate) struct Lead<'a> {
    text: &'a [u8],
    length: usize,
    lines: u64,
}

/// Reads a text's lead; most have none.
pub(crate) fn lead(text: &[u8]) -> Lead<'_> {
    let (mut length, mut lines) = (0, 0);
    while text.get(length) == Some(&b'#') {
        let rest = text.get(length..).unwrap_or_default();
        length += rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |at| at + 1);
        lines += 1;
    }
    Lead { text: text.get(..length).unwrap_or_default(), length, lines }
}

impl<'a> Lead<'a> {
    /// How long it is.
    pub fn length(&self) -> usize {
        self.length
    }

    /// What made the table up, where its lead says `# synthetic: ...`.
    pub fn synthetic(&self) -> Option<&'a str> {
        let text = std::str::from_utf8(self.text).ok()?;
        text.lines().find_map(|line| Some(line.strip_prefix('#')?.trim().strip_prefix("synthetic:")?.trim()))
    }
}

/// The text without a UTF-8 byte order mark, and how long the mark was.
pub(crate) fn without_mark(text: &[u8]) -> (&[u8], usize) {
    text.strip_prefix(b"\xef\xbb\xbf").map_or((text, 0), |rest| (rest, 3))
}

/// Whether the text starts with a UTF-16 byte order mark.
pub(crate) fn is_utf16(text: &[u8]) -> bool {
    text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff")
}

/// The delimiter of a text: of comma, semicolon and tab, the one that cuts its first record into most cells.
pub(crate) fn delimiter(text: &[u8]) -> u8 {
    let cells =
        |delimiter| Records { text, delimiter, at: 0, line: 1 }.next().map_or(0, |record| record.cells.len());
    // On a tie the last of the greatest wins: the comma.
    [b'\t', b';', b','].into_iter().max_by_key(|&delimiter| cells(delimiter)).unwrap_or(b',')
}

/// Number of line breaks: LF, CRLF and CR each count once.
pub(crate) fn line_breaks(bytes: &[u8]) -> u64 {
    let mut count = 0;
    let mut after_cr = false;
    for &byte in bytes {
        count += u64::from(byte == b'\r' || (byte == b'\n' && !after_cr));
        after_cr = byte == b'\r';
    }
    count
}

/// The column of `offset` in characters, from 1.
pub(crate) fn column(text: &[u8], offset: usize) -> u64 {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.iter().rposition(|&byte| byte == b'\n' || byte == b'\r').map_or(0, |at| at + 1);
    let line = before.get(start..).unwrap_or_default();
    1 + line.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(text: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
        Records::new(text, delimiter)
            .map(|record| record.cells.into_iter().map(|cell| cell.bytes.into_owned()).collect())
            .collect()
    }

    #[test]
    fn quotes_line_breaks_and_places() {
        let text = b"a,\"b\r\nc\",d\r\n\r\n\"x\"\"y\",\"z\"q,\r\n";
        let records: Vec<_> = Records::new(text, b',').collect();
        assert_eq!(records.iter().map(|record| record.line).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(texts(text, b',')[0], [b"a".to_vec(), b"b\r\nc".to_vec(), b"d".to_vec()]);
        assert_eq!(texts(text, b',')[1], [b"x\"y".to_vec(), b"zq".to_vec(), b"".to_vec()]);
        assert_eq!(column(text, records[0].cells[2].offset), 4);
        assert_eq!(column("é,b".as_bytes(), 3), 3);
    }

    #[test]
    fn a_quote_never_closed_takes_nothing_with_it() {
        let records: Vec<_> = Records::new(b"a,\"b\nc,d\n", b',').collect();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].unclosed, Some(2));
        assert_eq!(records[1].cells[1].bytes.as_ref(), b"d");
    }

    #[test]
    fn a_lead_is_passed_over_and_lines_count_on() {
        let text = b"# synthetic: made by x\n#\na;b\n1;2\n";
        let lead = lead(text);
        assert_eq!(lead.synthetic(), Some("made by x"));
        let lines: Vec<u64> = Records::after(text, &lead).map(|record| record.line).collect();
        assert_eq!(lines, [3, 4]);
        assert_eq!(super::lead(b"a,b\n# synthetic: x\n").synthetic(), None);
        assert_eq!(super::lead(b"# no end").length, 8);
    }

    #[test]
    fn delimiters_are_told_apart() {
        assert_eq!(delimiter(b"a;b;c\n1,2;3;4"), b';');
        assert_eq!(delimiter(b"a\tb\n"), b'\t');
        assert_eq!(delimiter(b"alone\n"), b',');
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        /// The csv crate is the oracle wherever every quote is closed.
        #[test]
        fn agrees_with_the_csv_crate(text in "[ab,;\"\r\n]{0,40}") {
            let ours: Vec<_> = Records::new(text.as_bytes(), b',').collect();
            if ours.iter().any(|record| record.unclosed.is_some()) {
                return Ok(());
            }
            let theirs: Vec<Vec<Vec<u8>>> = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes())
                .byte_records()
                .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
                .collect();
            prop_assert_eq!(texts(text.as_bytes(), b','), theirs);
            for record in &ours {
                prop_assert_eq!(record.line, 1 + line_breaks(&text.as_bytes()[..record.offset]));
            }
        }
    }
}
