//! Apache Parquet: tables of flows in columns, with a stated mapping of them.
//!
//! Finds: flows. How: the directory at the end of the file names the columns, and says where each group of rows has them; those that are
//! fields (`Settings::columns`, as for a table) are unpacked page by page, and the rows handed out window by window. Each group is read by
//! itself. An offset of a row is where its group has the first of its mapped columns, plus the row's number in the group; where groups
//! before had more rows than bytes, further on, so that no two rows have the same.
//! Memory: a group that is being read has no more than [`Budget::BYTES`] bytes of pages, dictionaries and lengths, and a window of rows;
//! the directory makes no more than a few times its own size.
//! Wrong when: a column holds another unit than the field's name says, and does not say its own. Misses: what `DESCRIPTION` says.
//! Source: parquet-format 2.11: README.md, Encodings.md, LogicalTypes.md, parquet.thrift.

mod cell;
mod codec;
mod column;
mod delta;
mod footer;
mod groups;
mod levels;
mod page;
mod rows;
#[cfg(test)]
mod tests;
mod thrift;
mod values;

use super::fields::{Mapping, is_field};
use super::{Part, Reader, Settings, Sink, TrafficDescription, TrafficFormat};
use crate::{Problem, ProblemKind};
use footer::Column;
use groups::Group;
use rows::{Plan, Read, Rows};
use std::sync::Arc;

/// Apache Parquet.
pub(super) struct Parquet;

static DESCRIPTION: TrafficDescription = TrafficDescription {
    name: "parquet",
    title: "Apache Parquet: table of flows with a stated mapping",
    yields: "flows",
    limits: &[
        "start, source and destination have to be mapped",
        "columns within others, repeated ones, decimals, dates, times of the day and intervals are not read",
        "pages packed by LZO, Brotli or the old form of LZ4 are not read, nor what is encrypted",
        "the file has to be there in whole: packed or followed, one of more than 16 MiB is not read",
        "a text of more than 4096 bytes is not read",
        "a fault in a page ends the reading of its group of rows; the other groups are read",
        "a group may take 256 MiB unpacked; a file may have 64 rows for each of its bytes and 64 Ki rows more",
        "a table is of flows: names, queries and logins are not read from one",
    ],
    source: "parquet-format 2.11 (Apache)",
};

/// Rows that a file may have whatever its size, and for each of its bytes: what repeats itself without end is a bomb.
const ROWS: (u64, u64) = (1 << 16, 64);

/// Something that is wrong, at its offset in the file.
struct Fault {
    kind: ProblemKind,
    at: usize,
    what: String,
}

impl Fault {
    fn malformed(at: usize, what: impl Into<String>) -> Self {
        Self { kind: ProblemKind::Malformed, at, what: what.into() }
    }

    fn truncated(at: usize, what: impl Into<String>) -> Self {
        Self { kind: ProblemKind::Truncated, at, what: what.into() }
    }

    fn unsupported(at: usize, what: impl Into<String>) -> Self {
        Self { kind: ProblemKind::Unsupported, at, what: what.into() }
    }

    fn limit(at: usize, what: impl Into<String>) -> Self {
        Self { kind: ProblemKind::LimitReached, at, what: what.into() }
    }

    fn problem(self) -> Problem {
        Problem::new(self.kind, self.at as u64, self.what)
    }
}

/// Bytes that one group of rows may still take.
struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(Self::BYTES)
    }
}

impl Budget {
    const BYTES: usize = 256 << 20;

    fn left(&self) -> usize {
        self.0
    }

    fn take(&mut self, bytes: usize, at: usize) -> Result<(), Fault> {
        self.0 = self.0.checked_sub(bytes).ok_or_else(|| {
            let all = Self::BYTES;
            Fault::limit(at, format!("{bytes} bytes more, where a group of rows may take {all} at a time"))
        })?;
        Ok(())
    }

    fn give(&mut self, bytes: usize) {
        self.0 = self.0.saturating_add(bytes).min(Self::BYTES);
    }
}

impl TrafficFormat for Parquet {
    fn describe(&self) -> &'static TrafficDescription {
        &DESCRIPTION
    }

    fn recognise(&self, start: &[u8]) -> bool {
        start.starts_with(b"PAR1") || start.starts_with(b"PARE")
    }

    fn reader(&self, settings: &Settings) -> Box<dyn Reader> {
        Box::new(Whole { settings: settings.clone(), given_up: false })
    }

    fn parts<'a>(
        &self,
        bytes: &'a [u8],
        settings: &Settings,
        sink: &mut dyn Sink,
    ) -> Option<Vec<Box<dyn Part + 'a>>> {
        Some(parts(bytes, settings, sink).unwrap_or_else(|fault| {
            sink.problem(fault.problem());
            Vec::new()
        }))
    }
}

/// Waits until an input that comes in pieces is there in whole.
struct Whole {
    settings: Settings,
    given_up: bool,
}

impl Reader for Whole {
    fn read(&mut self, data: &[u8], is_last: bool, sink: &mut dyn Sink) -> usize {
        if self.given_up || data.is_empty() {
            return data.len();
        }
        if data.len() > self.settings.longest {
            let most = self.settings.longest;
            let what = format!(
                "what stands where is said at the end of the file, which comes in pieces and has more than {most} bytes: hand it over as a file that is whole and not packed"
            );
            sink.problem(Problem::new(ProblemKind::LimitReached, 0, what));
            self.given_up = true;
            return data.len();
        }
        if !is_last {
            return 0;
        }
        for mut part in Parquet.parts(data, &self.settings, sink).unwrap_or_default() {
            while part.read(sink) {}
        }
        data.len()
    }
}

fn parts<'a>(
    file: &'a [u8],
    settings: &Settings,
    sink: &mut dyn Sink,
) -> Result<Vec<Box<dyn Part + 'a>>, Fault> {
    let (directory, base) = footer::of(file)?;
    let (columns, stated) = footer::schema(directory, base)?;
    if columns.is_empty() {
        return Err(Fault::malformed(base, "a directory that names no column"));
    }
    let unread = |why: String| Fault::unsupported(base, format!("{why}: {stated} rows are not read"));
    let mapping = mapped(&columns, settings, base, sink).map_err(unread)?;
    let mut wanted: Vec<usize> = mapping.columns().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let read: Vec<&Column> = wanted.iter().filter_map(|place| columns.get(*place)).collect();
    let mut whole = true;
    let groups = groups::of(directory, base, &read, |fault| {
        whole = false;
        sink.problem(fault.problem());
    })?;
    let rows: u128 = groups.iter().map(|group| u128::from(group.rows)).sum();
    if whole && i128::try_from(rows).ok() != Some(i128::from(stated)) {
        let what = format!("a file of {stated} rows, whose groups have {rows}");
        sink.problem(Problem::new(ProblemKind::Undefined, base as u64, what));
    }
    let mut places = vec![None; columns.len()];
    for (number, place) in wanted.iter().enumerate() {
        if let Some(slot) = places.get_mut(*place) {
            *slot = Some(number);
        }
    }
    let columns = read.iter().filter_map(|column| Read::of(column)).collect();
    let plan = Arc::new(Plan { mapping, columns, places });
    let mut free = 0;
    let groups = checked(groups, file.len(), sink).into_iter();
    Ok(groups
        .map(|group| {
            let first = group.chunks.first().map_or(0, |chunk| chunk.range.start as u64);
            let offset = first.max(free);
            free = offset.saturating_add(group.rows);
            Box::new(Rows::new(file, Arc::clone(&plan), group, offset)) as Box<dyn Part>
        })
        .collect())
}

/// Which column is which field. What is called like a field and is not read is told; what is stated has to be readable.
fn mapped(
    columns: &[Column],
    settings: &Settings,
    base: usize,
    sink: &mut dyn Sink,
) -> Result<Mapping, String> {
    for (field, name) in &settings.columns {
        let column = columns.iter().find(|column| column.name == *name);
        if let Some(Column { kind: Err(why), .. }) = column {
            return Err(format!("column `{name}`, which is to be `{field}`, is {why}, which is not read"));
        }
    }
    let mut names = Vec::with_capacity(columns.len());
    for Column { name, kind, .. } in columns {
        match kind {
            Ok(_) => names.push(name.clone()),
            Err(why) => {
                // A name that no field and no statement has.
                names.push(String::new());
                if is_field(name) {
                    let what = format!("column `{name}` is {why}, which is not read");
                    sink.problem(Problem::new(ProblemKind::Unsupported, base as u64, what));
                }
            }
        }
    }
    let mapping = Mapping::of(&names, &settings.columns, "the file has no column")?;
    for what in mapping.unread(&names) {
        sink.problem(Problem::new(ProblemKind::Malformed, base as u64, what));
    }
    Ok(mapping)
}

/// The groups whose columns stand in bytes of their own, as many rows as a file of this size may have.
fn checked(groups: Vec<Group>, size: usize, sink: &mut dyn Sink) -> Vec<Group> {
    let mut ranges: Vec<(usize, usize, usize)> = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        ranges.extend(group.chunks.iter().map(|chunk| (chunk.range.start, chunk.range.end, number)));
    }
    ranges.sort_unstable();
    let mut refused = std::collections::BTreeSet::new();
    let mut taken = 0;
    for (start, end, number) in ranges {
        if start < taken {
            refused.insert(number);
        }
        taken = taken.max(end);
    }
    let mut left = (size as u64).saturating_mul(ROWS.1).saturating_add(ROWS.0);
    let mut kept = Vec::with_capacity(groups.len());
    for (number, mut group) in groups.into_iter().enumerate() {
        let (rows, at) = (group.rows, group.at);
        let mut tell = |fault: Fault| sink.problem(fault.problem());
        if refused.contains(&number) {
            let what = format!("columns that stand in each other: the {rows} rows of a group are not read");
            tell(Fault::malformed(at, what));
            continue;
        }
        let least = group.chunks.iter().map(|chunk| chunk.values).min().unwrap_or_default();
        if group.chunks.iter().any(|chunk| chunk.values != rows) {
            tell(Fault::malformed(at, format!("a group of {rows} rows, one of whose columns has {least}")));
            group.rows = rows.min(least);
        }
        match left.checked_sub(group.rows) {
            Some(rest) => left = rest,
            None => {
                let what = format!(
                    "more rows than {} for each byte of the file and {} more: the {rows} rows of a group are not read",
                    ROWS.1, ROWS.0
                );
                tell(Fault::limit(at, what));
                continue;
            }
        }
        kept.push(group);
    }
    kept
}
