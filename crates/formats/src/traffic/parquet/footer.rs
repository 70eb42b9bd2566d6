//! The directory at a file's end: its columns.
//!
//! Source: parquet-format, README.md, LogicalTypes.md and parquet.thrift.

use super::Fault;
use super::thrift::{Thrift, Type};
use crate::bytes::{slice, u32_le};
use crate::traffic::text;

/// Bytes of a directory, at most.
const LONGEST: usize = 64 << 20;

/// Columns of a file, at most; those within others count.
const COLUMNS: usize = 1 << 16;

/// How values stand in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Physical {
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    /// Of so many bytes each.
    Fixed(usize),
}

/// What values mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Logical {
    /// What the physical type says.
    Plain,
    Unsigned,
    /// Instants; microseconds are the number times the first, divided by the second.
    Instant(i64, i64),
    Uuid,
    /// Something that is no field of a flow.
    Other(&'static str),
}

/// One column at the top.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its place among all columns, as groups have them.
    pub(super) leaf: usize,
    /// Whether values may be missing.
    pub(super) optional: bool,
    /// What it is, or why it is not read.
    pub(super) kind: Result<(Physical, Logical), &'static str>,
}

/// The directory's bytes, and where they begin.
pub(super) fn of(file: &[u8]) -> Result<(&[u8], usize), Fault> {
    let end = file.len();
    let tail = end.checked_sub(8).filter(|tail| *tail >= 4).ok_or_else(|| cut(end))?;
    match file.get(tail + 4..) {
        Some(b"PAR1") => {}
        Some(b"PARE") => return Err(Fault::unsupported(tail, "Parquet with an encrypted directory")),
        _ => return Err(cut(end)),
    }
    let length = u32_le(file, tail).map_or(usize::MAX, |length| length as usize);
    let start = tail.checked_sub(length).filter(|start| *start >= 4);
    let start = start.ok_or_else(|| {
        Fault::malformed(tail, format!("a directory of {length} bytes, which the file does not have"))
    })?;
    if length > LONGEST {
        let what = format!("a directory of {length} bytes, more than the {LONGEST} that are read of one");
        return Err(Fault::limit(start, what));
    }
    Ok((slice(file, start, length).unwrap_or_default(), start))
}

fn cut(end: usize) -> Fault {
    Fault::truncated(end, "the file has no directory at its end: it may be cut off, or still be written")
}

/// The columns of the file, and how many rows it says that it has.
pub(super) fn schema(directory: &[u8], base: usize) -> Result<(Vec<Column>, i64), Fault> {
    let mut nodes = Vec::new();
    let mut rows = 0;
    Thrift::new("the directory", directory, base).fields(|thrift, id, kind| {
        match (id, kind) {
            (2, Type::List) => thrift.structs(|thrift| {
                if nodes.len() >= COLUMNS {
                    let what = format!("more than the {COLUMNS} columns that are read of a file");
                    return Err(Fault { kind: crate::ProblemKind::LimitReached, ..thrift.fault(what) });
                }
                nodes.push(Node::of(thrift)?);
                Ok(())
            })?,
            (3, Type::Int) => rows = thrift.int()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok((columns(&nodes), rows))
}

/// The columns at the top. A column with others in it is one that is not read.
fn columns(nodes: &[Node]) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut leaf = 0;
    let mut rest = nodes.iter().skip(1);
    while let Some(node) = rest.next() {
        let (first, mut within) = (leaf, node.children);
        leaf += usize::from(node.children == 0);
        while within > 0 {
            let Some(inner) = rest.next() else { break };
            within = (within - 1).saturating_add(inner.children);
            leaf += usize::from(inner.children == 0);
        }
        let kind = match node {
            Node { children: 1.., .. } => Err("a column with others in it"),
            Node { repeated: true, .. } => Err("a repeated column"),
            Node { physical: None, .. } => Err("a column of a type that there is not"),
            Node { logical: Logical::Other(what), .. } => Err(*what),
            Node { physical: Some(physical), logical, .. } => Ok((*physical, *logical)),
        };
        columns.push(Column { name: node.name.clone(), leaf: first, optional: node.optional, kind });
    }
    columns
}

/// An element of the schema.
struct Node {
    name: String,
    children: u64,
    optional: bool,
    repeated: bool,
    physical: Option<Physical>,
    logical: Logical,
}

impl Node {
    fn of(thrift: &mut Thrift<'_>) -> Result<Self, Fault> {
        let (mut name, mut children) = (String::new(), 0);
        let (mut kind, mut length, mut repetition) = (None, 0, 0);
        let (mut converted, mut logical) = (None, None);
        thrift.fields(|thrift, id, is| {
            match (id, is) {
                (1, Type::Int) => kind = Some(thrift.int()?),
                (2, Type::Int) => length = thrift.int()?,
                (3, Type::Int) => repetition = thrift.int()?,
                (4, Type::Binary) => {
                    let bytes = thrift.binary()?;
                    name = text::plain(bytes).map_or_else(|| text::escaped(bytes), str::to_owned);
                }
                (5, Type::Int) => {
                    let count = thrift.int()?;
                    children = u64::try_from(count).map_err(|_| thrift.fault("fewer than no columns"))?;
                }
                (6, Type::Int) => converted = of_converted(thrift.int()?),
                (10, Type::Struct) => logical = of_logical(thrift)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let physical = match kind {
            Some(0) => Some(Physical::Boolean),
            Some(1) => Some(Physical::Int32),
            Some(2) => Some(Physical::Int64),
            Some(3) => Some(Physical::Int96),
            Some(4) => Some(Physical::Float),
            Some(5) => Some(Physical::Double),
            Some(6) => Some(Physical::Bytes),
            Some(7) => usize::try_from(length).ok().filter(|length| *length > 0).map(Physical::Fixed),
            _ => None,
        };
        let logical = logical.or(converted).unwrap_or(Logical::Plain);
        let fits = match logical {
            Logical::Unsigned => matches!(physical, Some(Physical::Int32 | Physical::Int64)),
            Logical::Instant(..) => physical == Some(Physical::Int64),
            Logical::Uuid => physical == Some(Physical::Fixed(16)),
            Logical::Plain | Logical::Other(_) => true,
        };
        let logical =
            if fits { logical } else { Logical::Other("a column whose meaning does not fit its type") };
        let (optional, repeated) = (repetition == 1, repetition > 1);
        Ok(Self { name, children, optional, repeated, physical, logical })
    }
}

const DECIMAL: Logical = Logical::Other("a column of decimals");
const DATE: Logical = Logical::Other("a column of dates");
const TIME: Logical = Logical::Other("a column of times of the day");
const OTHER: Logical = Logical::Other("a column of a meaning that is no field of a flow");

fn of_converted(number: i64) -> Option<Logical> {
    Some(match number {
        0 | 4 | 15..=19 => Logical::Plain,
        5 => DECIMAL,
        6 => DATE,
        7 | 8 => TIME,
        9 => Logical::Instant(1000, 1),
        10 => Logical::Instant(1, 1),
        11..=14 => Logical::Unsigned,
        20 => OTHER,
        21 => Logical::Other("a column of intervals"),
        _ => return None,
    })
}

fn of_logical(thrift: &mut Thrift<'_>) -> Result<Option<Logical>, Fault> {
    let mut logical = None;
    thrift.fields(|thrift, id, kind| {
        logical = match id {
            1 | 4 | 12 => Some(Logical::Plain),
            5 => Some(DECIMAL),
            6 => Some(DATE),
            7 => Some(TIME),
            8 if kind == Type::Struct => {
                logical = of_instant(thrift)?;
                return Ok(true);
            }
            10 if kind == Type::Struct => {
                let mut signed = true;
                thrift.fields(|_, id, kind| {
                    if id == 2 {
                        signed = kind != Type::False;
                    }
                    Ok(false)
                })?;
                logical = Some(if signed { Logical::Plain } else { Logical::Unsigned });
                return Ok(true);
            }
            14 => Some(Logical::Uuid),
            13 | 15.. => Some(OTHER),
            _ => None,
        };
        Ok(false)
    })?;
    Ok(logical)
}

fn of_instant(thrift: &mut Thrift<'_>) -> Result<Option<Logical>, Fault> {
    let mut unit = None;
    thrift.fields(|thrift, id, kind| {
        if (id, kind) != (2, Type::Struct) {
            return Ok(false);
        }
        thrift.fields(|_, id, _| {
            unit = match id {
                1 => Some(Logical::Instant(1000, 1)),
                2 => Some(Logical::Instant(1, 1)),
                3 => Some(Logical::Instant(1, 1000)),
                _ => Some(OTHER),
            };
            Ok(false)
        })?;
        Ok(true)
    })?;
    Ok(unit)
}
