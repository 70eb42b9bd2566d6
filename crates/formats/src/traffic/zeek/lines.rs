//! Lines of fields.

use super::header::{Header, Layout};
use super::record::{BadCell, Row, hand_over};
use crate::traffic::Sink;
use crate::traffic::lines::Lines;
use crate::traffic::text::{escaped, not_text, plain, split};
use crate::{Problem, ProblemKind};
use memchr::memchr_iter;
use memchr::memmem::find_iter;
use std::borrow::Cow;

/// The state of a log: its header, and how rows are read under it.
#[derive(Clone, Default)]
pub(super) struct Fields {
    header: Header,
    layout: Option<Layout>,
    /// Why rows are not read.
    unread: Option<String>,
    /// Rows passed over for that.
    passed: u64,
    /// Something of the header changed since the layout was made.
    changed: bool,
    /// A directive was seen.
    headed: bool,
    /// Ends of the fields of a row.
    ends: Vec<usize>,
}

impl Lines for Fields {
    const MAY_BE_CUT: bool = true;

    fn line(&mut self, line: &[u8], offset: u64, sink: &mut dyn Sink) {
        if line.first() == Some(&b'#') {
            if let Some(what) = self.directive(line, offset, Some(&mut *sink)) {
                sink.problem(Problem::new(ProblemKind::Malformed, offset, what));
            }
            return;
        }
        if line.is_empty() {
            return;
        }
        if self.changed || (self.layout.is_none() && self.unread.is_none()) {
            self.settle(line, offset, Some(&mut *sink));
        }
        let Some(layout) = &self.layout else {
            self.passed += 1;
            return;
        };
        let separator = self.header.separator;
        self.ends.clear();
        let owned;
        let text = match split(line, separator, &mut self.ends) {
            Some(text) => text,
            None => {
                // Characters beyond ASCII, or bytes that are none.
                owned = match plain(line) {
                    Some(text) => Cow::Borrowed(text),
                    None => {
                        sink.problem(not_text(line, offset));
                        Cow::Owned(escaped(line))
                    }
                };
                self.ends.clear();
                self.ends.extend(memchr_iter(separator, owned.as_bytes()));
                &owned
            }
        };
        self.ends.push(text.len());
        if self.ends.len() != layout.fields {
            let (found, stated) = (self.ends.len(), layout.fields);
            let detail = format!("a line of {found} fields, where the header has {stated}");
            sink.problem(Problem::new(ProblemKind::Malformed, offset, detail));
            return;
        }
        let row = Cells { text, ends: &self.ends, layout, header: &self.header };
        if let Err(BadCell { column, expected }) = hand_over(layout.log, row, offset, sink) {
            let (start, end) = row.extent(column).unwrap_or_default();
            let name = layout.log.columns().get(column).copied().unwrap_or_default();
            let found = text.get(start..end).unwrap_or_default();
            let found: String = found.chars().take(40).collect();
            let detail = format!("`{name}` should be {expected}, and is `{found}`");
            sink.problem(Problem::new(ProblemKind::Malformed, offset + start as u64, detail));
        }
    }

    fn end(&mut self, sink: &mut dyn Sink) {
        self.tell_passed(sink);
    }

    fn beside(&mut self, data: &[u8], offset: u64) -> Option<Self> {
        if self.changed || !self.headed || self.layout.is_none() {
            return None;
        }
        let other = Self { passed: 0, ..self.clone() };
        // What is in the header that the other one reads holds behind it too.
        let starts = data.starts_with(b"#").then_some(0).into_iter();
        for start in starts.chain(find_iter(data, b"\n#").map(|at| at + 1)) {
            let rest = data.get(start..).unwrap_or_default();
            let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
            self.directive(line.strip_suffix(b"\r").unwrap_or(line), offset + start as u64, None);
        }
        Some(other)
    }
}

impl Fields {
    fn directive(&mut self, line: &[u8], offset: u64, sink: Option<&mut dyn Sink>) -> Option<String> {
        if (line.starts_with(b"#separator") || line.starts_with(b"#fields"))
            && let Some(sink) = sink
        {
            self.tell_passed(sink);
        }
        let (changed, wrong) = self.header.directive(line, offset);
        self.changed |= changed;
        self.headed |= changed;
        wrong
    }

    /// Decides how rows are read from here on.
    fn settle(&mut self, line: &[u8], offset: u64, sink: Option<&mut dyn Sink>) {
        self.changed = false;
        self.unread = None;
        self.layout = None;
        let layout = match self.header.layout() {
            Err(_) if !self.headed => match Layout::of_headless(line) {
                Some(layout) => {
                    if let Some(sink) = sink {
                        let fields = layout.fields;
                        let detail = format!(
                            "no header: read as a conn.log by the {fields} fields of its first line and their shape"
                        );
                        sink.problem(Problem::new(ProblemKind::Undefined, offset, detail));
                    }
                    self.headed = true;
                    self.header.offset = offset;
                    Ok(layout)
                }
                None => Err("no header, and not the shape of a conn.log".to_owned()),
            },
            layout => layout,
        };
        match layout {
            Ok(layout) => self.layout = Some(layout),
            Err(why) => self.unread = Some(why),
        }
    }

    fn tell_passed(&mut self, sink: &mut dyn Sink) {
        if self.passed > 0 {
            let why = self.unread.as_deref().unwrap_or_default();
            let detail = format!("{why}: {} lines are not read", self.passed);
            sink.problem(Problem::new(ProblemKind::Unsupported, self.header.offset, detail));
            self.passed = 0;
        }
    }
}

#[derive(Clone, Copy)]
struct Cells<'a> {
    text: &'a str,
    ends: &'a [usize],
    layout: &'a Layout,
    header: &'a Header,
}

impl<'a> Cells<'a> {
    #[inline]
    fn extent(self, column: usize) -> Option<(usize, usize)> {
        let place = *self.layout.places.get(column)?;
        let end = *self.ends.get(place)?;
        let start = if place == 0 { 0 } else { self.ends.get(place - 1)? + 1 };
        Some((start, end))
    }
}

impl<'a> Row<'a> for Cells<'a> {
    #[inline]
    fn cell(self, column: usize) -> Option<&'a str> {
        let (start, end) = self.extent(column)?;
        let cell = self.text.get(start..end)?;
        if cell.as_bytes() == self.header.unset {
            None
        } else if cell.as_bytes() == self.header.empty {
            Some("")
        } else {
            Some(cell)
        }
    }

    fn elements(self, column: usize, take: &mut dyn FnMut(&str)) -> bool {
        let Some(cell) = self.cell(column).filter(|cell| !cell.is_empty()) else { return true };
        let separator = std::str::from_utf8(&self.header.set_separator).unwrap_or(",");
        let separator = if separator.is_empty() { "," } else { separator };
        cell.split(separator).for_each(take);
        true
    }
}
