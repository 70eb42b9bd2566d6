//! Lines of fields.

use super::header::{Header, Layout};
use super::record::{BadCell, Cell, Row, hand_over, value};
use crate::traffic::Sink;
use crate::traffic::lanes::{Ends, Split};
use crate::traffic::lines::{Line, Lines};
use crate::traffic::text::{escaped, is_plain, not_text};
use crate::traffic::values;
use crate::{Problem, ProblemKind};
use core::net::IpAddr;
use memchr::memchr_iter;

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
    ends: Ends,
}

impl Lines for Fields {
    const MAY_BE_CUT: bool = true;

    fn line(&mut self, line: Line<'_>, offset: u64, sink: &mut dyn Sink) {
        if line.bytes.first() == Some(&b'#') {
            if let Some(what) = self.directive(line.bytes, offset, sink) {
                sink.problem(Problem::new(ProblemKind::Malformed, offset, what));
            }
            return;
        }
        if line.bytes.is_empty() {
            return;
        }
        if self.changed || (self.layout.is_none() && self.unread.is_none()) {
            self.settle(line.bytes, offset, sink);
        }
        let Some(layout) = &self.layout else {
            self.passed += 1;
            return;
        };
        let separator = self.header.separator;
        let owned;
        let line = match line.text {
            Some(text) if self.ends.find(line.bytes, separator) || is_plain(text) => text,
            _ => {
                sink.problem(not_text(line.bytes, offset));
                owned = escaped(line.bytes);
                self.ends.find(owned.as_bytes(), separator);
                owned.as_str()
            }
        };
        let split = self.ends.of(line);
        if split.fields() != layout.fields {
            let (found, stated) = (split.fields(), layout.fields);
            let detail = format!("a line of {found} fields, where the header has {stated}");
            sink.problem(Problem::new(ProblemKind::Malformed, offset, detail));
            return;
        }
        let row = Cells { split, layout, header: &self.header };
        if let Err(BadCell { column, expected }) = hand_over(layout.log, row, offset, sink) {
            let (start, end) = row.extent(column).unwrap_or_default();
            let name = layout.log.columns().get(column).copied().unwrap_or_default();
            let found = line.get(start as usize..end as usize).unwrap_or_default();
            let found: String = found.chars().take(40).collect();
            let detail = format!("`{name}` should be {expected}, and is `{found}`");
            sink.problem(Problem::new(ProblemKind::Malformed, offset + u64::from(start), detail));
        }
    }

    fn end(&mut self, sink: &mut dyn Sink) {
        self.tell_passed(sink);
    }

    fn beside(&mut self, data: &[u8]) -> Option<Self> {
        if self.changed || !self.headed || self.layout.is_none() {
            return None;
        }
        // What a header in it says holds behind it too: such a piece is read in its turn.
        let begins_line = |at: usize| at.checked_sub(1).is_none_or(|before| data.get(before) == Some(&b'\n'));
        if memchr_iter(b'#', data).any(begins_line) {
            return None;
        }
        Some(Self { passed: 0, ..self.clone() })
    }
}

impl Fields {
    fn directive(&mut self, line: &[u8], offset: u64, sink: &mut dyn Sink) -> Option<String> {
        if line.starts_with(b"#separator") || line.starts_with(b"#fields") {
            self.tell_passed(sink);
        }
        let (changed, wrong) = self.header.directive(line, offset);
        self.changed |= changed;
        self.headed |= changed;
        wrong
    }

    /// Decides how rows are read from here on.
    fn settle(&mut self, line: &[u8], offset: u64, sink: &mut dyn Sink) {
        self.changed = false;
        self.unread = None;
        self.layout = None;
        let layout = match self.header.layout() {
            Err(_) if !self.headed => match Layout::of_headless(line) {
                Some(layout) => {
                    let fields = layout.fields;
                    let detail = format!(
                        "no header: read as a conn.log by the {fields} fields of its first line and their shape"
                    );
                    sink.problem(Problem::new(ProblemKind::Undefined, offset, detail));
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
    split: Split<'a>,
    layout: &'a Layout,
    header: &'a Header,
}

impl<'a> Cells<'a> {
    #[inline(always)]
    fn extent(self, column: usize) -> Option<(u32, u32)> {
        self.split.extent(*self.layout.places.get(column)?)
    }

    /// What `lanes` reads of a cell, else what `slow` reads of its text.
    #[inline(always)]
    fn value<T>(
        self,
        column: usize,
        fast: impl Fn(Split<'a>, u32, u32) -> Option<T>,
        slow: impl Fn(&str) -> Option<T>,
    ) -> Cell<T> {
        if let Some((start, end)) = self.extent(column)
            && let Some(value) = fast(self.split, start, end)
            && !self.layout.digits_are_marks
        {
            return Ok(Some(value));
        }
        value(self.cell(column), slow)
    }
}

impl<'a> Row<'a> for Cells<'a> {
    #[inline(always)]
    fn cell(self, column: usize) -> Option<&'a str> {
        let cell = self.split.field(*self.layout.places.get(column)?)?;
        if is(cell, &self.header.unset) {
            None
        } else if is(cell, &self.header.empty) {
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

    #[inline(always)]
    fn instant(self, column: usize) -> Cell<i64> {
        self.value(column, Split::micros, values::instant)
    }

    #[inline(always)]
    fn seconds(self, column: usize) -> Cell<i64> {
        self.value(column, Split::micros, values::seconds)
    }

    #[inline(always)]
    fn count(self, column: usize) -> Cell<u64> {
        self.value(column, Split::number, values::count)
    }

    #[inline(always)]
    fn address(self, column: usize) -> Cell<IpAddr> {
        self.value(column, |split, start, end| split.dotted(start, end).map(IpAddr::V4), values::address)
    }
}

/// Whether a cell is a mark; nearly none begins as one does.
#[inline(always)]
fn is(cell: &str, mark: &[u8]) -> bool {
    cell.len() == mark.len() && cell.as_bytes().first() == mark.first() && cell.as_bytes() == mark
}
