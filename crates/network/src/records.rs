//! Records of JSON and YAML as rows of a table, so that every form of a record is read by the same code.

use crate::cells::Cell;
use crate::diagnostic::{Diagnostic, Kind, Place, quote};
use crate::draft::Draft;
use crate::import::Input;
use crate::rows::{self, Piece, Row};
use crate::table::Column;
use crate::tree::Node;
use std::borrow::Cow;

/// A place that moves through a text from its start to its end, so that lines and columns cost one walk in all.
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
    before: u64,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, line: 1, before: 0 }
    }

    /// Line of a place, from 1, and how many characters stand before it there. A place before the last one asked for is
    /// looked for from the start again.
    pub fn find(&mut self, at: usize) -> (u64, u64) {
        let at = at.min(self.text.len());
        if at < self.at {
            (self.at, self.line, self.before) = (0, 1, 0);
        }
        let passed = self.text.get(self.at..at).unwrap_or_default();
        for (index, &byte) in (self.at..).zip(passed) {
            let ends = byte == b'\n' || (byte == b'\r' && self.text.get(index + 1) != Some(&b'\n'));
            if ends {
                self.line += 1;
                self.before = 0;
            } else if byte & 0xc0 != 0x80 {
                self.before += 1;
            }
        }
        self.at = at;
        (self.line, self.before)
    }

    /// The place as a diagnostic points at it.
    pub fn place(&mut self, file: &str, at: usize) -> Place {
        let (line, before) = self.find(at);
        Place { file: file.to_owned(), line, column: before + 1 }
    }
}

/// What stands where a column's value is looked for.
pub(crate) enum Found<'a, 'n> {
    /// A value, and where it stands.
    Value(usize, Cow<'n, [u8]>),
    /// A list, or a map that is called nothing.
    Other(&'n Node<'a>),
}

impl<'a, 'n> Found<'a, 'n> {
    /// What a node says: its value, or what the object in it is called.
    pub fn of(node: &'n Node<'a>) -> Self {
        match node.name().and_then(|name| Some((name.at, name.scalar()?))) {
            Some((at, bytes)) => Self::Value(at, Cow::Borrowed(bytes)),
            None => Self::Other(node),
        }
    }
}

/// A record as it was read: its value and the text that holds it.
pub(crate) struct Record<'a, 'n> {
    pub node: &'n Node<'a>,
    pub piece: Piece<'a>,
    /// Where the piece starts in the text.
    pub start: usize,
}

impl<'a, 'n> Record<'a, 'n> {
    /// The record of a node that ends at `end`.
    pub fn new(text: &'a [u8], cursor: &mut Cursor<'a>, node: &'n Node<'a>, end: usize) -> Self {
        let (line, before) = cursor.find(node.at);
        let piece = Piece { text: text.get(node.at..end).unwrap_or_default(), line, before };
        Self { node, piece, start: node.at }
    }

    /// The record's place.
    pub fn place(&self, file: &str) -> Place {
        Place { file: file.to_owned(), line: self.piece.line, column: self.piece.before + 1 }
    }

    /// Reads the record as a row of `columns`; `find` says what a column's value is in it.
    pub fn read(
        &self,
        input: &Input<'_>,
        columns: &'static [Column],
        find: impl Fn(&'n Node<'a>, &Column) -> Option<Found<'a, 'n>>,
        draft: &mut Draft,
        take: impl FnOnce(&mut Row<'_>, &mut Draft) -> Option<()>,
    ) -> Option<()> {
        let mut cells: Vec<Cell<'n>> = Vec::with_capacity(columns.len());
        let mut index = vec![None; columns.len()];
        for (column, slot) in columns.iter().zip(&mut index) {
            let (at, bytes) = match find(self.node, column) {
                Some(Found::Value(at, bytes)) => (at, bytes),
                Some(Found::Other(node)) => {
                    draft.problem(self.no_scalar(input, column, node));
                    continue;
                }
                None => continue,
            };
            *slot = Some(cells.len());
            cells.push(Cell { bytes, offset: at.saturating_sub(self.start) });
        }
        rows::read_piece(input, &self.piece, columns, (cells, &index), draft, take)
    }

    /// The place of something in the record.
    pub fn place_of(&self, file: &str, at: usize) -> Place {
        let (line, before) = Cursor::new(self.piece.text).find(at.saturating_sub(self.start));
        let left = if line == 1 { self.piece.before } else { 0 };
        Place { file: file.to_owned(), line: self.piece.line + line - 1, column: left + before + 1 }
    }

    fn no_scalar(&self, input: &Input<'_>, column: &Column, found: &Node<'_>) -> Diagnostic {
        let sort = found.sort();
        let message =
            format!("{} is {sort}, where a single value is expected; taken as not stated", column.name);
        self.place_of(&input.name, found.at).error(Kind::Malformed, message)
    }
}

/// What is told of keys that stand twice.
pub(crate) fn tell_twice(input: &Input<'_>, text: &[u8], twice: &[usize], draft: &mut Draft) {
    let mut cursor = Cursor::new(text);
    for &at in twice {
        let place = cursor.place(&input.name, at);
        let key: String =
            String::from_utf8_lossy(text.get(at..(at + 64).min(text.len())).unwrap_or_default())
                .trim_start_matches('"')
                .chars()
                .take_while(|letter| !matches!(letter, '"' | ':' | '\n'))
                .collect();
        let message = format!("the key {} stands twice; the first is read", quote(&key));
        draft.cut(place.error(Kind::Malformed, message), false);
    }
}

/// What is told where the text cannot be read any further; `any`: what follows may be of every table.
pub(crate) fn tell_fault(
    input: &Input<'_>,
    text: &[u8],
    at: usize,
    form: &str,
    what: &str,
    any: bool,
    draft: &mut Draft,
) {
    let place = Cursor::new(text).place(&input.name, at);
    let message = format!("the {form} cannot be read from here on: {what}");
    let hint = "what stands before is read; export the file again, whole";
    draft.cut(place.error(Kind::Malformed, message).hint(hint), any);
}
