//! The rows of one group, a window at a time.

use super::cell::{LONGEST, Odd, Value};
use super::column::Pages;
use super::footer::{Column, Logical, Physical};
use super::groups::Group;
use super::values::Slot;
use super::{Budget, Fault};
use crate::traffic::fields::Mapping;
use crate::traffic::{Part, Sink};
use crate::{Problem, ProblemKind};
use core::ops::Range;
use std::sync::Arc;

/// Rows of a window, at most.
const WINDOW: u64 = 8192;

/// What all groups of a file have in common.
pub(super) struct Plan {
    pub(super) mapping: Mapping,
    /// The columns that are read.
    pub(super) columns: Vec<Read>,
    /// By column of the file: which of `columns` it is.
    pub(super) places: Vec<Option<usize>>,
}

/// A column that is read.
pub(super) struct Read {
    pub(super) name: String,
    pub(super) kind: (Physical, Logical),
    pub(super) optional: bool,
}

impl Read {
    pub(super) fn of(column: &Column) -> Option<Self> {
        Some(Self { name: column.name.clone(), kind: column.kind.ok()?, optional: column.optional })
    }
}

/// A group of rows.
pub(super) struct Rows<'a> {
    file: &'a [u8],
    plan: Arc<Plan>,
    group: Group,
    /// Of the next row.
    offset: u64,
    left: u64,
    open: Option<Open<'a>>,
}

/// What takes memory while a group is read.
struct Open<'a> {
    columns: Vec<Pages<'a>>,
    windows: Vec<Vec<Slot>>,
    budget: Budget,
}

impl<'a> Rows<'a> {
    /// The rows of a group, the first of which is said to stand at `offset`.
    pub(super) fn new(file: &'a [u8], plan: Arc<Plan>, group: Group, offset: u64) -> Self {
        let left = group.rows;
        Self { file, plan, group, offset, left, open: None }
    }

    fn open(&self) -> Open<'a> {
        let columns: Vec<Pages<'a>> = self
            .plan
            .columns
            .iter()
            .zip(&self.group.chunks)
            .map(|(column, chunk)| Pages::new(self.file, column.kind, column.optional, chunk.clone()))
            .collect();
        let windows = columns.iter().map(|_| Vec::new()).collect();
        Open { columns, windows, budget: Budget::default() }
    }

    fn window(&mut self, open: &mut Open<'a>, sink: &mut dyn Sink) -> Result<(), (usize, Fault)> {
        let mut count = self.left.min(WINDOW);
        for (number, column) in open.columns.iter_mut().enumerate() {
            let available = column.available(&mut open.budget, &mut |fault| sink.problem(fault.problem()));
            count = count.min(available.map_err(|fault| (number, fault))?);
        }
        for (number, (column, window)) in open.columns.iter_mut().zip(&mut open.windows).enumerate() {
            window.clear();
            column.fill(count, window).map_err(|fault| (number, fault))?;
        }
        let odd = Odd::default();
        for row in 0..count as usize {
            let offset = self.offset + row as u64;
            let cell = |place: usize| {
                let number = (*self.plan.places.get(place)?)?;
                let kind = self.plan.columns.get(number)?.kind;
                match *open.windows.get(number)?.get(row)? {
                    Slot::Missing => None,
                    Slot::Int(value) => Some(Value::of_int(value, kind)),
                    // Some programs write so what is missing.
                    Slot::Real(value) => (!value.is_nan()).then_some(Value::Real(value)),
                    Slot::Truth(value) => Some(Value::Truth(value)),
                    Slot::Bytes { start, length, kept } => {
                        Value::of_bytes(open.columns.get(number)?.bytes(start, length, kept), kind, &odd)
                    }
                }
            };
            self.plan.mapping.hand_out(cell, offset, sink);
            let longest = odd.length.take();
            if longest > 0 {
                let what = format!(
                    "a text of {longest} bytes in a row, more than the {LONGEST} that are read of one"
                );
                sink.problem(Problem::new(ProblemKind::LimitReached, offset, what));
            }
            if odd.bytes.take() {
                let what = "bytes that are no text in a row, written as \\xNN";
                sink.problem(Problem::new(ProblemKind::Undefined, offset, what));
            }
        }
        self.offset += count;
        self.left -= count;
        Ok(())
    }
}

impl Part for Rows<'_> {
    fn read(&mut self, sink: &mut dyn Sink) -> bool {
        if self.left > 0 {
            let mut open = self.open.take().unwrap_or_else(|| self.open());
            match self.window(&mut open, sink) {
                Ok(()) => self.open = Some(open),
                Err((number, fault)) => {
                    let name = self.plan.columns.get(number).map_or("", |column| &column.name);
                    let (rows, what) = (self.left, &fault.what);
                    let what = format!("column `{name}`: {what}: {rows} rows of this group are not read");
                    sink.problem(Fault { what, ..fault }.problem());
                    self.left = 0;
                }
            }
        }
        if self.left == 0 {
            self.open = None;
        }
        self.left > 0
    }

    fn ranges(&self) -> Vec<Range<usize>> {
        self.group.chunks.iter().map(|chunk| chunk.range.clone()).collect()
    }
}
