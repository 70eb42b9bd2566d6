//! Headers of pages. Source: parquet-format, parquet.thrift.

use super::Fault;
use super::thrift::{Thrift, Type};

/// What a page is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Values; of the second sort, with the bytes of its levels and whether the values are packed.
    Data(Option<Second>),
    Dictionary,
    /// Of no use to a reader.
    Other,
}

/// What pages of the second sort state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Second {
    pub(super) definition: usize,
    pub(super) repetition: usize,
    pub(super) packed: bool,
}

/// A page's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Bytes of the header itself.
    pub(super) length: usize,
    /// Bytes behind it.
    pub(super) size: usize,
    /// The same, unpacked.
    pub(super) unpacked: usize,
    pub(super) crc: Option<u32>,
    pub(super) values: u64,
    pub(super) encoding: i64,
    /// Of the levels, in pages of the first sort.
    pub(super) levels: i64,
}

impl Header {
    pub(super) fn of(data: &[u8], base: usize) -> Result<Self, Fault> {
        let mut thrift = Thrift::new("a page's header", data, base);
        let (mut kind, mut size, mut unpacked, mut crc) = (-1, -1, -1, None);
        let (mut values, mut encoding, mut levels) = (-1, -1, 3);
        let (mut definition, mut repetition, mut packed) = (0, 0, true);
        thrift.fields(|thrift, id, is| {
            match (id, is) {
                (1, Type::Int) => kind = thrift.int()?,
                (2, Type::Int) => unpacked = thrift.int()?,
                (3, Type::Int) => size = thrift.int()?,
                (4, Type::Int) => crc = Some(thrift.int()? as u32),
                (5 | 7, Type::Struct) => thrift.fields(|thrift, inner, is| {
                    match (inner, is) {
                        (1, Type::Int) => values = thrift.int()?,
                        (2, Type::Int) => encoding = thrift.int()?,
                        (3, Type::Int) if id == 5 => levels = thrift.int()?,
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?,
                (8, Type::Struct) => thrift.fields(|thrift, inner, is| {
                    match (inner, is) {
                        (1, Type::Int) => values = thrift.int()?,
                        (4, Type::Int) => encoding = thrift.int()?,
                        (5, Type::Int) => definition = thrift.int()?,
                        (6, Type::Int) => repetition = thrift.int()?,
                        (7, is) => {
                            packed = is != Type::False;
                            return Ok(false);
                        }
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let size_of = |stated: i64, what: &str| {
            let wrong = || Fault::malformed(base, format!("a page whose {what} is {stated}"));
            usize::try_from(stated).ok().filter(|size| *size <= i32::MAX as usize).ok_or_else(wrong)
        };
        let kind = match kind {
            0 => Kind::Data(None),
            2 => Kind::Dictionary,
            3 => {
                let definition = size_of(definition, "length of levels")?;
                let repetition = size_of(repetition, "length of levels")?;
                Kind::Data(Some(Second { definition, repetition, packed }))
            }
            _ => Kind::Other,
        };
        let values = if kind == Kind::Other { 0 } else { size_of(values, "number of values")? as u64 };
        Ok(Self {
            kind,
            length: thrift.consumed(),
            size: size_of(size, "size")?,
            unpacked: size_of(unpacked, "unpacked size")?,
            crc,
            values,
            encoding,
            levels,
        })
    }
}
