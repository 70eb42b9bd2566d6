//! Sections one after the other, each from a page's start on.

use crate::bytes::{head, tail, zero_padding};
use crate::{Entry, Problem, ProblemKind};

/// Where the next section starts, and what was wrong with those before.
pub(super) struct Parts<'d, 's, 'a> {
    data: &'d [u8],
    page: usize,
    at: usize,
    /// Behind the last byte of the last section that has any.
    end: usize,
    pub(super) problems: Vec<Problem>,
    sink: &'s mut dyn FnMut(Entry<'a>),
}

impl<'s, 'a> Parts<'a, 's, 'a> {
    /// Sections behind a header of this many bytes, which fills its pages.
    pub(super) fn behind(
        header: usize,
        data: &'a [u8],
        page: usize,
        sink: &'s mut dyn FnMut(Entry<'a>),
    ) -> Self {
        let mut parts = Self { data, page, at: 0, end: 0, problems: Vec::new(), sink };
        parts.skip(header);
        parts
    }

    fn skip(&mut self, size: usize) {
        self.end = self.at.saturating_add(size);
        self.at = self.end.checked_next_multiple_of(self.page).unwrap_or(usize::MAX);
    }

    /// Hands out the next section, and tells where it starts and what it holds; nothing of it when it has no bytes.
    pub(super) fn next(&mut self, name: &str, size: u32) -> (usize, &'a [u8]) {
        let size = size as usize;
        let at = self.at;
        let part = self.peek(name, size);
        if !part.is_empty() {
            (self.sink)(Entry::slice(name.as_bytes().to_vec(), part, at));
        }
        (at, part)
    }

    /// The same without handing it out: its parts are, by [`Parts::piece`].
    pub(super) fn peek(&mut self, name: &str, size: usize) -> &'a [u8] {
        if size == 0 {
            return &[];
        }
        let at = self.at;
        let part = head(tail(self.data, at), size);
        if part.len() < size {
            let detail = format!("{name} has {size} bytes at {at}, {} are there", part.len());
            self.problems.push(Problem::new(ProblemKind::Truncated, self.data.len() as u64, detail));
        }
        self.skip(size);
        part
    }

    /// Hands out a piece of a section.
    pub(super) fn piece(&mut self, name: String, bytes: &'a [u8], at: usize) {
        (self.sink)(Entry::slice(name.into_bytes(), bytes, at));
    }

    /// Where the image ends: with the page of its last section, where that is filled with zeros.
    pub(super) fn size(&self) -> usize {
        let end = self.end.min(self.data.len());
        (end + zero_padding(self.data, end, self.page)).max(1)
    }
}
