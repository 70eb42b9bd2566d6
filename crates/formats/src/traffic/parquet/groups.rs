//! The directory at a file's end: where each group of rows has its columns.
//!
//! Source: parquet-format, README.md and parquet.thrift.

use super::Fault;
use super::footer::{Column, Physical};
use super::thrift::{Thrift, Type};
use core::ops::Range;

/// Groups of rows of a file, at most.
const GROUPS: usize = 1 << 20;

/// One column of one group of rows.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) codec: i64,
    /// Values, missing ones too.
    pub(super) values: u64,
    /// The bytes of its pages.
    pub(super) range: Range<usize>,
}

/// A group of rows.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) rows: u64,
    /// Of the columns that are wanted, in their order.
    pub(super) chunks: Vec<Chunk>,
    /// Where its entry stands.
    pub(super) at: usize,
}

/// The groups of rows, with the columns that are wanted (by their leaves, in rising order) of each. What is wrong with one is told, and
/// it is left out.
pub(super) fn of(
    directory: &[u8],
    base: usize,
    wanted: &[&Column],
    mut tell: impl FnMut(Fault),
) -> Result<Vec<Group>, Fault> {
    let mut groups = Vec::new();
    let mut seen = 0;
    Thrift::new("the directory", directory, base).fields(|thrift, id, kind| {
        if (id, kind) != (4, Type::List) {
            return Ok(false);
        }
        thrift.structs(|thrift| {
            seen += 1;
            if seen > GROUPS {
                let what = format!("more than the {GROUPS} groups of rows that are read of a file");
                return Err(Fault { kind: crate::ProblemKind::LimitReached, ..thrift.fault(what) });
            }
            match group(thrift, base, wanted)? {
                Ok(group) => groups.extend(group),
                Err(fault) => tell(fault),
            }
            Ok(())
        })?;
        Ok(true)
    })?;
    Ok(groups)
}

/// The outer error is of the directory itself, the inner one of what this group says; one without rows is none.
fn group(
    thrift: &mut Thrift<'_>,
    end: usize,
    wanted: &[&Column],
) -> Result<Result<Option<Group>, Fault>, Fault> {
    let at = end + thrift.consumed();
    let (mut chunks, mut rows, mut leaf) = (Vec::with_capacity(wanted.len()), 0, 0);
    let mut wrong = None;
    thrift.fields(|thrift, id, kind| {
        match (id, kind) {
            (1, Type::List) => thrift.structs(|thrift| {
                if let Some(column) = wanted.get(chunks.len()).filter(|column| column.leaf == leaf) {
                    let (chunk, fault) = chunk(thrift, end, column)?;
                    chunks.push(chunk);
                    wrong = wrong.take().or(fault);
                } else {
                    thrift.fields(|_, _, _| Ok(false))?;
                }
                leaf += 1;
                Ok(())
            })?,
            (3, Type::Int) => rows = thrift.int()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let told = |fault: Fault| {
        let what = format!("{}: the {rows} rows of a group are not read", fault.what);
        Ok(Err(Fault { what, ..fault }))
    };
    let Ok(rows_stated) = u64::try_from(rows) else {
        return told(Fault::malformed(at, "fewer than no rows"));
    };
    // Of a group without rows nothing is lost, wherever they are said to stand.
    if rows_stated == 0 && chunks.iter().all(|chunk| chunk.values == 0) {
        return Ok(Ok(None));
    }
    if let Some(fault) = wrong {
        return told(fault);
    }
    if chunks.len() < wanted.len() {
        return told(Fault::malformed(at, "a group of rows that lacks columns"));
    }
    Ok(Ok(Some(Group { rows: rows_stated, chunks, at })))
}

fn chunk(thrift: &mut Thrift<'_>, end: usize, column: &Column) -> Result<(Chunk, Option<Fault>), Fault> {
    let at = end + thrift.consumed();
    let (mut kind, mut codec, mut values) = (-1, 0, -1);
    let (mut data, mut dictionary, mut size) = (-1, 0, -1);
    let (mut elsewhere, mut encrypted) = (false, false);
    thrift.fields(|thrift, id, is| {
        match (id, is) {
            (1, Type::Binary) => elsewhere = !thrift.binary()?.is_empty(),
            (3, Type::Struct) => thrift.fields(|thrift, id, is| {
                match (id, is) {
                    (1, Type::Int) => kind = thrift.int()?,
                    (4, Type::Int) => codec = thrift.int()?,
                    (5, Type::Int) => values = thrift.int()?,
                    (7, Type::Int) => size = thrift.int()?,
                    (9, Type::Int) => data = thrift.int()?,
                    (11, Type::Int) => dictionary = thrift.int()?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?,
            (8, _) => {
                encrypted = true;
                return Ok(false);
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    // Where nothing but a dictionary was written, there is no page that it stands before.
    let start = if dictionary > 0 && data > 0 { dictionary.min(data) } else { dictionary.max(data) };
    let range = usize::try_from(start).ok().zip(usize::try_from(size).ok()).and_then(|(start, size)| {
        let stop = start.checked_add(size)?;
        (start >= 4 && stop <= end).then_some(start..stop)
    });
    let name = &column.name;
    let stated = match column.kind {
        Ok((Physical::Boolean, _)) => 0,
        Ok((Physical::Int32, _)) => 1,
        Ok((Physical::Int64, _)) => 2,
        Ok((Physical::Int96, _)) => 3,
        Ok((Physical::Float, _)) => 4,
        Ok((Physical::Double, _)) => 5,
        Ok((Physical::Bytes, _)) => 6,
        Ok((Physical::Fixed(_), _)) => 7,
        Err(_) => -1,
    };
    let fault = if encrypted {
        Some(Fault::unsupported(at, format!("`{name}` is encrypted")))
    } else if elsewhere {
        Some(Fault::unsupported(at, format!("`{name}` stands in another file")))
    } else if range.is_none() {
        Some(Fault::malformed(
            at,
            format!("`{name}` is to have {size} bytes from {start} on, which are not there"),
        ))
    } else if kind != stated {
        Some(Fault::malformed(at, format!("`{name}` has another type than the file says")))
    } else if values < 0 {
        Some(Fault::malformed(at, format!("`{name}` has fewer than no values")))
    } else {
        super::codec::unread(codec).map(|why| Fault::unsupported(at, format!("`{name}` is packed by {why}")))
    };
    let values = u64::try_from(values).unwrap_or_default();
    Ok((Chunk { codec, values, range: range.unwrap_or_default() }, fault))
}
