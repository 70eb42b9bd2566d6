//! Tables of flows without a fixed form: lines of cells with a header, and a stated mapping of its columns.
//!
//! Finds: flows. How: the first line names the columns; what separates them is the one of tab, comma, semicolon and bar that it has most
//! of; cells may stand in quotation marks. `Settings::columns` says which column is which field (`docs/traffic.md` names the fields);
//! a column that it does not speak of and that is called like a field is that field.
//! Wrong when: a column holds another unit than the field's name says. Misses: cells with a line feed in them.
//! Source: RFC 4180 for quotation marks.

use super::fields::{Mapping, known};
use super::lines::{Line, LineReader, Lines};
use super::text;
use super::{Reader, Settings, Sink, TrafficDescription, TrafficFormat};
use crate::{Problem, ProblemKind};

/// Lines of cells.
pub(super) struct Table;

static DESCRIPTION: TrafficDescription = TrafficDescription {
    name: "table",
    title: "table of flows (CSV or TSV) with a stated mapping",
    yields: "flows",
    limits: &[
        "start, source and destination have to be mapped; the first line has to name the columns",
        "cells with a line feed in them are not read",
        "a table is of flows: names, queries and logins are not read from one",
    ],
    source: "RFC 4180",
};

/// What some programs write before text to say that it is UTF-8.
const MARK: char = '\u{feff}';

impl TrafficFormat for Table {
    fn describe(&self) -> &'static TrafficDescription {
        &DESCRIPTION
    }

    fn recognise(&self, start: &[u8]) -> bool {
        let mut lines = start.split(|byte| *byte == b'\n').filter_map(text::plain);
        let Some(header) = lines.next().map(|line| line.trim_start_matches(MARK).trim_end()) else {
            return false;
        };
        let separator = separator(header);
        let cells = Cells::of(header, separator);
        // Names of columns: none is empty or a number, and there are as many cells in the next line.
        let are_names = |cells: &Cells| {
            cells.0.len() >= 3
                && cells
                    .0
                    .iter()
                    .all(|cell| cell.starts_with(|first: char| first.is_alphabetic() || first == '_'))
        };
        cells.is_some_and(|cells| {
            are_names(&cells)
                && lines.next().map(str::trim_end).is_none_or(|line| {
                    line.is_empty()
                        || Cells::of(line, separator).is_some_and(|row| row.0.len() == cells.0.len())
                })
        })
    }

    fn reader(&self, settings: &Settings) -> Box<dyn Reader> {
        let rows = Rows { columns: settings.columns.clone(), header: None, passed: None };
        Box::new(LineReader::new(rows, settings.longest))
    }
}

#[derive(Clone)]
struct Rows {
    columns: Vec<(String, String)>,
    header: Option<Header>,
    /// Why rows are not read, and how many.
    passed: Option<(String, u64)>,
}

#[derive(Clone)]
struct Header {
    separator: char,
    cells: usize,
    mapping: Mapping,
}

impl Lines for Rows {
    const MAY_BE_CUT: bool = true;

    fn line(&mut self, line: Line<'_>, offset: u64, sink: &mut dyn Sink) {
        if line.bytes.is_empty() {
            return;
        }
        let text = text::of_line(line, offset, sink, text::escaped);
        if let Some((_, count)) = &mut self.passed {
            *count += 1;
            return;
        }
        let Some(header) = &self.header else {
            match Header::of(text.trim_start_matches(MARK), &self.columns) {
                Ok((header, unread)) => {
                    for what in unread {
                        sink.problem(Problem::new(ProblemKind::Malformed, offset, what));
                    }
                    self.header = Some(header);
                }
                Err(why) => self.passed = Some((why, 0)),
            }
            return;
        };
        let Some(Cells(cells)) = Cells::of(&text, header.separator) else {
            let what = "a quotation mark without its other, or something behind it";
            sink.problem(Problem::new(ProblemKind::Malformed, offset, what));
            return;
        };
        if cells.len() != header.cells {
            let (found, stated) = (cells.len(), header.cells);
            let detail = format!("a line of {found} cells, where the header has {stated}");
            sink.problem(Problem::new(ProblemKind::Malformed, offset, detail));
            return;
        }
        let cell = |place: usize| cells.get(place).and_then(|cell| known(cell));
        header.mapping.hand_out(cell, offset, sink);
    }

    fn end(&mut self, sink: &mut dyn Sink) {
        if let Some((why, count)) = self.passed.take() {
            sink.problem(Problem::new(
                ProblemKind::Unsupported,
                0,
                format!("{why}: {count} lines are not read"),
            ));
        }
    }

    fn beside(&mut self, _: &[u8]) -> Option<Self> {
        self.header.is_some().then(|| self.clone())
    }
}

impl Header {
    /// The header, and what of it is not read.
    fn of(line: &str, stated: &[(String, String)]) -> Result<(Self, Vec<String>), String> {
        let separator = separator(line);
        let Cells(names) =
            Cells::of(line, separator).ok_or("the first line has a quotation mark without its other")?;
        let mapping = Mapping::of(&names, stated, "the first line names no column")?;
        let unread = mapping.unread(&names);
        Ok((Self { separator, cells: names.len(), mapping }, unread))
    }
}

/// What the first line has most of.
fn separator(header: &str) -> char {
    let count = |separator: char| header.matches(separator).count();
    // Of equals, the last.
    [',', ';', '|', '\t'].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(',')
}

/// The cells of a line, without their quotation marks.
struct Cells(Vec<String>);

impl Cells {
    fn of(line: &str, separator: char) -> Option<Self> {
        let mut cells = Vec::new();
        let mut rest = line;
        loop {
            if let Some(quoted) = rest.strip_prefix('"') {
                let mut cell = String::new();
                let mut behind = quoted;
                loop {
                    let (before, after) = behind.split_once('"')?;
                    cell.push_str(before);
                    match after.strip_prefix('"') {
                        // Two are one within a cell.
                        Some(more) => {
                            cell.push('"');
                            behind = more;
                        }
                        None => {
                            behind = after;
                            break;
                        }
                    }
                }
                cells.push(cell);
                if behind.is_empty() {
                    return Some(Self(cells));
                }
                rest = behind.strip_prefix(separator)?;
            } else {
                match rest.split_once(separator) {
                    Some((cell, behind)) => {
                        cells.push(cell.to_owned());
                        rest = behind;
                    }
                    None => {
                        cells.push(rest.to_owned());
                        return Some(Self(cells));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Record;
    use super::*;

    #[derive(Default)]
    struct Found {
        senders: Vec<String>,
        problems: Vec<(u64, String)>,
    }

    impl Sink for Found {
        fn record(&mut self, record: &Record<'_>, _: u64) {
            if let Record::Flow(flow) = record {
                self.senders.push(flow.source.to_string());
            }
        }

        fn problem(&mut self, problem: Problem) {
            self.problems.push((problem.offset, problem.detail));
        }
    }

    #[test]
    fn a_second_column_of_a_name_is_told() {
        let read = |columns: &[(&str, &str)], text: &str| {
            let columns =
                columns.iter().map(|(field, name)| ((*field).to_owned(), (*name).to_owned())).collect();
            let mut found = Found::default();
            let settings = Settings { columns, ..Settings::default() };
            Table.reader(&settings).read(text.as_bytes(), true, &mut found);
            found
        };
        let told = |place: usize, name: &str| {
            (1, format!("column {place} is called `{name}` like another one, and is not read"))
        };
        let text = "\nstart,source,destination,source,x,x,start\n1700000000,10.0.0.1,10.0.0.2,10.0.0.3,,,\n";
        let found = read(&[], text);
        assert_eq!(found.senders, ["10.0.0.1"]);
        assert_eq!(found.problems, [told(4, "source"), told(7, "start")]);
        // Where both are read, the second is the sender.
        let found = read(&[("name", "source")], text);
        assert_eq!(found.senders, ["10.0.0.3"]);
        assert_eq!(found.problems, [told(7, "start")]);
        assert_eq!(read(&[], "start,source,destination,x,x\n").problems, []);
    }
}
