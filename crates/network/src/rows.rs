//! Records of a delimited table as rows with named, checked values.

use crate::cells::{self, Records};
use crate::diagnostic::{Diagnostic, Kind, Place, quote};
use crate::draft::Draft;
use crate::import::Input;
use crate::nearest::Names;
use crate::table::{Column, Description};
use banbury_evidence::model;
use std::borrow::Cow;

/// A heading in the form in which columns are named: lower case, with `_` between words.
pub(crate) fn heading(text: &str) -> String {
    let mut name = String::new();
    for letter in text.trim().chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            name.push(letter);
        } else if !name.ends_with('_') && !name.is_empty() {
            name.push('_');
        }
    }
    name.truncate(name.trim_end_matches('_').len());
    name
}

/// One row: the values of the table's columns, and what is wrong with them.
pub(crate) struct Row<'a> {
    input: &'a Input<'a>,
    text: &'a [u8],
    columns: &'static [Column],
    /// For each column the cell that holds it.
    index: &'a [Option<usize>],
    record: cells::Record<'a>,
    /// Characters that stand before `text` on its first line.
    before: u64,
    problems: Vec<Diagnostic>,
}

impl<'a> Row<'a> {
    /// Where the row stands.
    pub fn source(&self) -> model::Source {
        model::Source { file: self.input.name.clone(), line: self.record.line }
    }

    fn cell(&self, column: &str) -> Option<&cells::Cell<'a>> {
        let position = self.columns.iter().position(|known| known.name == column)?;
        self.record.cells.get((*self.index.get(position)?)?)
    }

    /// Where the column's cell stands.
    pub fn place(&self, column: &str) -> Place {
        let (line, at) = match self.cell(column) {
            Some(cell) => {
                let before = self.text.get(self.record.offset..cell.offset).unwrap_or_default();
                let breaks = cells::line_breaks(before);
                let left = if breaks == 0 { self.before } else { 0 };
                (self.record.line + breaks, left + cells::column(self.text, cell.offset))
            }
            None => (self.record.line, 0),
        };
        Place { file: self.input.name.clone(), line, column: at }
    }

    /// The column's text, trimmed; `None` when it is empty or a dash that stands for nothing.
    pub fn text(&mut self, column: &str) -> Option<String> {
        let length = self.cell(column)?.bytes.len();
        if length > LONGEST {
            let message = format!("{column} has {length} bytes, over {LONGEST}; taken as not stated");
            let problem = self.place(column).error(Kind::Malformed, message);
            self.problems.push(problem.hint("a quote that is never closed swallows what follows it"));
            return None;
        }
        let text = match String::from_utf8_lossy(&self.cell(column)?.bytes) {
            Cow::Borrowed(text) => text.trim().to_owned(),
            Cow::Owned(text) => {
                let problem = self.place(column).warning(
                    Kind::Malformed,
                    format!("{column} is not UTF-8; read as {}", quote(text.trim())),
                );
                self.problems.push(problem.hint("save the table as UTF-8"));
                text.trim().to_owned()
            }
        };
        (!matches!(text.as_str(), "" | "—" | "&mdash;")).then_some(text)
    }

    /// The column's text; without it the row is left out.
    pub fn required(&mut self, column: &str) -> Option<String> {
        self.required_value(column, "", |text| Some(text.to_owned()))
    }

    /// Notes a problem of the row.
    pub fn problem(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// The column's value as `read` understands it, or what is wrong with it.
    fn parse<T>(
        &mut self,
        column: &str,
        wants: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Result<T, Diagnostic>> {
        let text = self.text(column)?;
        Some(read(&text).ok_or_else(|| {
            let message = format!("{column} {} cannot be read", quote(&text));
            self.place(column).error(Kind::Malformed, message).hint(format!("write {wants}"))
        }))
    }

    /// The column's value as `read` understands it. What it does not understand is an error, and the value absent.
    fn value<T>(&mut self, column: &str, wants: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        match self.parse(column, wants, read)? {
            Ok(value) => Some(value),
            Err(mut problem) => {
                problem.message += "; taken as not stated";
                self.problems.push(problem);
                None
            }
        }
    }

    /// The column's value as `read` understands it; without one the row is left out.
    fn required_value<T>(
        &mut self,
        column: &str,
        wants: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = self.parse(column, wants, read).unwrap_or_else(|| {
            Err(self.place(column).error(Kind::Malformed, format!("the record has no {column}")))
        });
        match parsed {
            Ok(value) => Some(value),
            Err(problem) => {
                self.problems.push(problem.left_out());
                None
            }
        }
    }

    /// Yes or no.
    pub fn flag(&mut self, column: &str) -> Option<bool> {
        self.value(column, "yes or no", |text| match text.to_ascii_lowercase().as_str() {
            "yes" | "true" | "1" => Some(true),
            "no" | "false" | "0" => Some(false),
            _ => None,
        })
    }

    /// A whole number.
    pub fn number(&mut self, column: &str) -> Option<u64> {
        // Sums over all records stay far below what the ledger can hold.
        const MOST: u64 = 1_000_000_000_000;
        self.value(column, "a whole number in digits alone, such as 12000", |text| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|&number| digits && number <= MOST)
        })
    }

    /// Degrees between `-most` and `most`.
    pub fn degrees(&mut self, column: &str, most: f64) -> Option<f64> {
        self.value(
            column,
            &format!("degrees between -{most} and {most}, with a point, such as 52.06"),
            |text| degrees(text, most),
        )
    }

    /// A date that exists.
    pub fn date(&mut self, column: &str) -> Option<String> {
        self.value(column, A_DATE, read_date)
    }

    /// A date that exists; without it the row is left out.
    pub fn required_date(&mut self, column: &str) -> Option<String> {
        self.required_value(column, A_DATE, read_date)
    }

    /// A SHA-256 in small hexadecimal digits.
    pub fn digest(&mut self, column: &str) -> Option<String> {
        self.value(column, "64 hexadecimal digits", |text| {
            let digits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            digits.then(|| text.to_ascii_lowercase())
        })
    }

    /// One of `words`, in any case.
    pub fn choice(&mut self, column: &str, words: &[&str]) -> Option<String> {
        self.value(column, &one_of(words), |text| read_choice(text, words))
    }

    /// One of `words`, in any case; without it the row is left out.
    pub fn required_choice(&mut self, column: &str, words: &[&str]) -> Option<String> {
        self.required_value(column, &one_of(words), |text| read_choice(text, words))
    }
}

const A_DATE: &str = "a date that exists, as YYYY-MM-DD";

fn read_date(text: &str) -> Option<String> {
    is_date(text).then(|| text.to_owned())
}

fn read_choice(text: &str, words: &[&str]) -> Option<String> {
    words.iter().find(|word| word.eq_ignore_ascii_case(text)).map(|&word| word.to_owned())
}

fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// Degrees as a decimal number between `-most` and `most`.
pub(crate) fn degrees(text: &str, most: f64) -> Option<f64> {
    let degrees: f64 = text.parse().ok()?;
    (degrees.is_finite() && degrees.abs() <= most).then_some(degrees)
}

/// Whether a text is a date of the Gregorian calendar, `YYYY-MM-DD`.
pub(crate) fn is_date(text: &str) -> bool {
    let shape = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    let part = |from, to| text.get(from..to).and_then(|part: &str| part.parse::<u32>().ok());
    let (true, Some(year), Some(month), Some(day)) = (shape, part(0, 4), part(5, 7), part(8, 10)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// Bytes of a cell, at most: no name or remark is longer, and what is would burden every query.
const LONGEST: usize = 4096;

/// Reads a delimited table: `take` gets each row and says with `Some` whether its record is in the model now; when it
/// is not, it has left a problem that says why.
pub(crate) fn read(
    input: &Input<'_>,
    description: &'static Description,
    draft: &mut Draft,
    mut take: impl FnMut(&mut Row<'_>, &mut Draft) -> Option<()>,
) {
    let mut table = model::Table {
        table: description.table.to_owned(),
        file: input.name.clone(),
        rows: 0,
        rejected: 0,
        attribution: None,
        synthetic: None,
        missing: None,
    };
    let (text, _) = cells::without_mark(input.bytes);
    let lead = cells::lead(text);
    table.synthetic = lead.synthetic().map(str::to_owned);
    let mut records = Records::after(text, &lead);
    let Some(header) = records.next() else { return };
    let at =
        |offset| Place { file: input.name.clone(), line: header.line, column: cells::column(text, offset) };
    let headings: Vec<String> =
        header.cells.iter().map(|cell| heading(&String::from_utf8_lossy(&cell.bytes))).collect();
    let index: Vec<Option<usize>> = description
        .columns
        .iter()
        .map(|column| headings.iter().position(|heading| column.is(heading)))
        .collect();
    check_header(description, &header, &headings, &index, &at, draft);
    let twice: Vec<[usize; 2]> = headings
        .iter()
        .enumerate()
        .filter_map(|(position, heading)| {
            let column = description.columns.iter().position(|column| column.is(heading))?;
            let first = index.get(column).copied().flatten()?;
            (first != position).then_some([first, position])
        })
        .collect();
    let readable =
        description.columns.iter().zip(&index).all(|(column, index)| !column.required || index.is_some());
    for record in records {
        if record.cells.iter().all(|cell| cell.bytes.trim_ascii().is_empty()) {
            continue;
        }
        if !readable {
            table.rejected += 1;
            continue;
        }
        let mut row = Row {
            input,
            text,
            columns: description.columns,
            index: &index,
            record,
            before: 0,
            problems: Vec::new(),
        };
        let whole = row.whole(header.cells.len()).and_then(|()| row.agrees(&twice, &headings));
        let taken = whole.and_then(|()| take(&mut row, draft));
        draft.diagnostics.append(&mut row.problems);
        match taken {
            Some(()) => table.rows += 1,
            None => table.rejected += 1,
        }
    }
    draft.model.tables.push(table);
}

/// A record of another form than a delimited table.
pub(crate) struct Piece<'a> {
    /// Its text and nothing else.
    pub text: &'a [u8],
    /// Line on which it starts, from 1.
    pub line: u64,
    /// Characters that stand before it on that line.
    pub before: u64,
}

/// Reads one record of another form as if it were a row; `cells` are its values, and `index` says for each of the columns
/// which of them it is. As with [`read`], `take` gives `Some` when the record is in the model.
pub(crate) fn read_piece(
    input: &Input<'_>,
    piece: &Piece<'_>,
    columns: &'static [Column],
    (cells, index): (Vec<cells::Cell<'_>>, &[Option<usize>]),
    draft: &mut Draft,
    take: impl FnOnce(&mut Row<'_>, &mut Draft) -> Option<()>,
) -> Option<()> {
    let record = cells::Record { cells, line: piece.line, offset: 0, unclosed: None };
    let mut row =
        Row { input, text: piece.text, columns, index, record, before: piece.before, problems: Vec::new() };
    let taken = take(&mut row, draft);
    draft.diagnostics.append(&mut row.problems);
    taken
}

impl Row<'_> {
    /// Checks that columns that stand twice say the same, where both say something.
    fn agrees(&mut self, twice: &[[usize; 2]], headings: &[String]) -> Option<()> {
        for &[first, second] in twice {
            let cell = |position: usize| self.record.cells.get(position).map(|cell| cell.bytes.trim_ascii());
            let (one, other) = (cell(first).unwrap_or_default(), cell(second).unwrap_or_default());
            if !one.is_empty() && !other.is_empty() && one != other {
                let heading = headings.get(second).map_or("", String::as_str);
                let message = format!("the column {} stands twice, and says two things here", quote(heading));
                let place = Place { file: self.input.name.clone(), line: self.record.line, column: 0 };
                let problem = place.error(Kind::Conflict, message).hint("keep one of the two columns");
                self.problems.push(problem.left_out());
                return None;
            }
        }
        Some(())
    }

    /// Checks the record's shape; `None` when it has more cells than the header has columns.
    fn whole(&mut self, columns: usize) -> Option<()> {
        let place = |column| Place { file: self.input.name.clone(), line: self.record.line, column };
        if let Some(quote) = self.record.unclosed {
            let message =
                "a quote is opened here and never closed; where the cells of the record end is not known";
            let problem = place(cells::column(self.text, quote)).error(Kind::Malformed, message);
            let hint = "close the quote, or double it where it belongs to the text";
            self.problems.push(problem.hint(hint).left_out());
            return None;
        }
        let cells = self.record.cells.len();
        let surplus = self.record.cells.iter().skip(columns).find(|cell| !cell.bytes.trim_ascii().is_empty());
        if let Some(surplus) = surplus {
            let message = format!("the record has {cells} cells, the header {columns}");
            let problem = place(cells::column(self.text, surplus.offset)).error(Kind::Malformed, message);
            self.problems
                .push(problem.hint("put a cell that holds the delimiter in double quotes").left_out());
            return None;
        }
        if cells < columns {
            let message =
                format!("the record has {cells} cells, the header {columns}; the rest is read as empty");
            let problem = place(0).warning(Kind::Malformed, message);
            self.problems.push(
                problem.hint("check that no delimiter is missing: the cells after it would be shifted"),
            );
        }
        Some(())
    }
}

fn check_header(
    description: &Description,
    header: &cells::Record<'_>,
    headings: &[String],
    index: &[Option<usize>],
    at: &dyn Fn(usize) -> Place,
    draft: &mut Draft,
) {
    let mut strangers = Names::default();
    for (position, (heading, cell)) in headings.iter().zip(&header.cells).enumerate() {
        let column = description.columns.iter().position(|column| column.is(heading));
        match column {
            Some(column) if index.get(column).copied().flatten() != Some(position) => {
                let message = format!("column {} stands twice; the first is read", quote(heading));
                draft.diagnostics.push(at(cell.offset).warning(Kind::Malformed, message));
            }
            Some(_) => {}
            None => strangers.insert(heading),
        }
    }
    let mut missing = Names::default();
    for (column, _) in description.columns.iter().zip(index).filter(|(_, index)| index.is_none()) {
        missing.insert(column.name);
        if column.required {
            let message = format!(
                "{} has no column {}, and without it no record can be read",
                description.title,
                quote(column.name)
            );
            let names: Vec<&str> = description.columns.iter().map(|column| column.name).collect();
            let near = strangers.hint(column.name).map(|hint| format!("{hint} Its columns: "));
            let hint = format!("{}{}", near.unwrap_or_else(|| "its columns: ".to_owned()), names.join(", "));
            draft.diagnostics.push(at(header.offset).error(Kind::Malformed, message).hint(hint).left_out());
        }
    }
    for (heading, cell) in headings.iter().zip(&header.cells) {
        if !strangers.contains(heading) {
            continue;
        }
        let hint = missing.hint(heading);
        if hint.is_some() || description.closed {
            let message = format!("column {} is not known and not read", quote(heading));
            let mut problem = at(cell.offset).warning(Kind::Malformed, message);
            problem.hint = hint;
            draft.diagnostics.push(problem);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_cell_is_told_and_the_rest_is_read() {
        let text = format!("name,jurisdiction\nA,{}\nB,here\n", "x".repeat(LONGEST + 1));
        let input = Input { name: "vendors.csv".into(), bytes: text.as_bytes() };
        let (model, diagnostics) = crate::import(&[input]);
        assert_eq!(model.vendors.len(), 2);
        assert_eq!(model.vendors[0].jurisdiction, None);
        assert!(
            diagnostics.iter().any(|found| found.line == 2 && found.message.contains("jurisdiction")),
            "{diagnostics:?}"
        );
    }

    #[test]
    fn headings_are_compared_without_case_and_punctuation() {
        assert_eq!(heading(" IP Address "), "ip_address");
        assert_eq!(heading("Capacity (Mbit/s)"), "capacity_mbit_s");
        assert_eq!(heading("cf_software_version"), "cf_software_version");
        assert_eq!(heading("--"), "");
    }

    #[test]
    fn dates_have_to_exist() {
        for good in ["2024-02-29", "2000-02-29", "1999-12-31"] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-04-31",
            "24-04-01",
            "2024-4-1",
            "2024-04-0x",
            "２０２４-01",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }

    #[test]
    fn choices_read_as_a_sentence() {
        assert_eq!(one_of(&["a", "b", "c"]), "a, b or c");
        assert_eq!(one_of(&["a"]), "a");
    }
}
