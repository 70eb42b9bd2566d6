//! Thrift's compact protocol, as far as Parquet uses it: structs are walked field by field, and what nobody asks for is passed over.
//!
//! Every element takes a byte at least, so a walk is linear in the bytes; structs within structs go [`DEEPEST`] levels down.
//! Source: the Thrift compact protocol (thrift-compact-protocol.md of Apache Thrift).

use super::Fault;
use crate::bytes::{self, slice};

/// What a value is, by the number that the protocol has for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    True,
    False,
    Byte,
    /// Of 16, 32 and 64 bits; written alike.
    Int,
    Double,
    Binary,
    List,
    Map,
    Struct,
    Uuid,
}

/// Levels of structs, lists and maps.
const DEEPEST: usize = 16;

/// Where a walk stands.
pub(super) struct Thrift<'a> {
    /// What is walked over.
    name: &'static str,
    data: &'a [u8],
    at: usize,
    /// Where `data` begins in the input.
    base: usize,
    level: usize,
}

impl<'a> Thrift<'a> {
    /// Over `data`, which is what `name` says and begins at `base`.
    pub(super) fn new(name: &'static str, data: &'a [u8], base: usize) -> Self {
        Self { name, data, at: 0, base, level: 0 }
    }

    /// Bytes that were walked over.
    pub(super) fn consumed(&self) -> usize {
        self.at
    }

    /// What is wrong here.
    pub(super) fn fault(&self, what: impl core::fmt::Display) -> Fault {
        Fault::malformed(self.base + self.at, format!("{}: {what}", self.name))
    }

    /// Shows each field of a struct to `field`, which reads its value and says so, or leaves it to be passed over.
    pub(super) fn fields(
        &mut self,
        mut field: impl FnMut(&mut Self, i16, Type) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        self.deeper()?;
        let mut id = 0_i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                break;
            }
            let kind = self.kind(head & 0x0f)?;
            id = match head >> 4 {
                0 => i16::try_from(self.int()?).map_err(|_| self.fault("a field's number is too large"))?,
                step => id.checked_add(i16::from(step)).ok_or_else(|| self.fault("too many fields"))?,
            };
            if !field(self, id, kind)? {
                self.pass(kind)?;
            }
        }
        self.level -= 1;
        Ok(())
    }

    /// Shows each struct of a list to `element`, which walks over it.
    pub(super) fn structs(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (count, kind) = self.list()?;
        if kind != Type::Struct {
            return Err(self.fault("a list that should be of structs"));
        }
        for _ in 0..count {
            element(self)?;
        }
        Ok(())
    }

    /// A number of 16, 32 or 64 bits.
    pub(super) fn int(&mut self) -> Result<i64, Fault> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// Bytes with their length before them.
    pub(super) fn binary(&mut self) -> Result<&'a [u8], Fault> {
        let length = self.length()?;
        let bytes = slice(self.data, self.at, length).ok_or_else(|| self.fault("it is cut off"))?;
        self.at += length;
        Ok(bytes)
    }

    fn list(&mut self) -> Result<(usize, Type), Fault> {
        let head = self.byte()?;
        let kind = self.kind(head & 0x0f)?;
        let count = match head >> 4 {
            15 => self.length()?,
            few => usize::from(few),
        };
        Ok((count, kind))
    }

    /// Passes over a value.
    fn pass(&mut self, kind: Type) -> Result<(), Fault> {
        match kind {
            Type::True | Type::False => {}
            Type::Byte => _ = self.byte()?,
            Type::Int => _ = self.varint()?,
            Type::Double => self.over(8)?,
            Type::Uuid => self.over(16)?,
            Type::Binary => _ = self.binary()?,
            Type::Struct => self.fields(|_, _, _| Ok(false))?,
            Type::List => {
                self.deeper()?;
                let (count, kind) = self.list()?;
                for _ in 0..count {
                    self.pass_element(kind)?;
                }
                self.level -= 1;
            }
            Type::Map => {
                self.deeper()?;
                let count = self.length()?;
                if count > 0 {
                    let kinds = self.byte()?;
                    let (key, value) = (self.kind(kinds >> 4)?, self.kind(kinds & 0x0f)?);
                    for _ in 0..count {
                        self.pass_element(key)?;
                        self.pass_element(value)?;
                    }
                }
                self.level -= 1;
            }
        }
        Ok(())
    }

    /// A truth has a byte of its own where it is no field.
    fn pass_element(&mut self, kind: Type) -> Result<(), Fault> {
        match kind {
            Type::True | Type::False => self.over(1),
            kind => self.pass(kind),
        }
    }

    fn over(&mut self, count: usize) -> Result<(), Fault> {
        slice(self.data, self.at, count).ok_or_else(|| self.fault("it is cut off"))?;
        self.at += count;
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), Fault> {
        self.level += 1;
        if self.level > DEEPEST { Err(self.fault("structs within structs without end")) } else { Ok(()) }
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = self.data.get(self.at).copied().ok_or_else(|| self.fault("it is cut off"))?;
        self.at += 1;
        Ok(byte)
    }

    fn length(&mut self) -> Result<usize, Fault> {
        let length = self.varint()?;
        usize::try_from(length).map_err(|_| self.fault("a length is too large"))
    }

    fn varint(&mut self) -> Result<u64, Fault> {
        let value = varint(self.data, &mut self.at);
        value.ok_or_else(|| self.fault("a number is cut off, or too long"))
    }

    fn kind(&self, number: u8) -> Result<Type, Fault> {
        Ok(match number {
            1 => Type::True,
            2 => Type::False,
            3 => Type::Byte,
            4..=6 => Type::Int,
            7 => Type::Double,
            8 => Type::Binary,
            9 | 10 => Type::List,
            11 => Type::Map,
            12 => Type::Struct,
            13 => Type::Uuid,
            _ => return Err(self.fault("a sort of value that there is not")),
        })
    }
}

/// A number of up to 64 bits, seven a byte.
pub(super) fn varint(data: &[u8], at: &mut usize) -> Option<u64> {
    bytes::varint(data, at, 10)
}
