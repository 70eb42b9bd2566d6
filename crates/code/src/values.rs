//! What is known of a value: a number, a place, an argument, what a call gave back, or how it came of these.
//!
//! Values of one function stand in an arena, each once, so that equal values are the same number. What is not known is a value of its
//! own for each place where it arose: two unknown values are equal only where they are the same one.

use crate::image::{Filled, Image};
use crate::ir::{Binary, Reg, Relation};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// A value's number in its arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(u32);

/// How many steps a value may be made of before it is held to be unknown.
const DEPTH: u8 = 12;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// Not known; which one, by where it arose: an address and a number of what was written there.
    Unknown(u64, u16),
    /// A number, or an address in the image.
    Const(u64),
    /// The address of what another file has: the slot of the image that the loader fills with it.
    Import(u64),
    /// So far from the stack pointer at the function's start.
    Stack(i64),
    /// What was in a register at the function's start.
    Entry(Reg),
    /// What the call at this address gave back.
    Result(u64),
    /// What is in memory at an address: so many bytes, extended by the sign or not. As of some moment.
    Load {
        /// The address.
        at: ValueId,
        /// Bytes.
        size: u8,
        /// Extension.
        signed: bool,
    },
    /// Two values.
    Binary(Binary, ValueId, ValueId),
    /// 1 where a relation holds, else 0.
    Holds {
        /// The relation; with `test`, of `a & b` to zero.
        relation: Relation,
        /// First.
        a: ValueId,
        /// Second.
        b: ValueId,
        /// Whether bits are tested.
        test: bool,
    },
    /// The low bits of a value, extended.
    Extend {
        /// The value.
        of: ValueId,
        /// How many bits.
        bits: u8,
        /// By the sign.
        signed: bool,
    },
}

/// The values of one function.
#[derive(Debug)]
pub struct Values<'i> {
    image: &'i Image<'i>,
    all: Vec<(Value, u8)>,
    numbers: HashMap<Value, ValueId, RandomState>,
}

impl<'i> Values<'i> {
    /// Of a function of an image.
    #[must_use]
    pub fn new(image: &'i Image<'i>) -> Self {
        Self { image, all: Vec::new(), numbers: HashMap::default() }
    }

    /// What a number stands for.
    #[must_use]
    pub fn get(&self, id: ValueId) -> Value {
        self.all.get(id.0 as usize).map_or(Value::Unknown(0, u16::MAX), |(value, _)| *value)
    }

    /// What a number stands for, without the extension of its low bits.
    #[must_use]
    pub fn whole(&self, id: ValueId) -> Value {
        match self.get(id) {
            Value::Extend { of, .. } => self.get(of),
            other => other,
        }
    }

    /// The number that a value is, where it is one.
    #[must_use]
    pub fn constant(&self, id: ValueId) -> Option<u64> {
        match self.get(id) {
            Value::Const(number) => Some(number),
            _ => None,
        }
    }

    /// The text at the address that a value is.
    #[must_use]
    pub fn text(&self, id: ValueId) -> Option<&'i [u8]> {
        self.constant(id).and_then(|address| self.image.text(address))
    }

    /// The number of a value.
    pub fn intern(&mut self, value: Value) -> ValueId {
        if let Some(known) = self.numbers.get(&value) {
            return *known;
        }
        let depth = match value {
            Value::Load { at: of, .. } | Value::Extend { of, .. } => self.depth(of).saturating_add(1),
            Value::Binary(_, a, b) | Value::Holds { a, b, .. } => {
                self.depth(a).max(self.depth(b)).saturating_add(1)
            }
            _ => 0,
        };
        let id = ValueId(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.all.push((value, depth));
        self.numbers.insert(value, id);
        id
    }

    fn depth(&self, id: ValueId) -> u8 {
        self.all.get(id.0 as usize).map_or(0, |(_, depth)| *depth)
    }

    /// A number.
    pub fn number(&mut self, number: u64) -> ValueId {
        self.intern(Value::Const(self.image.cut(number)))
    }

    /// What is not known, by where it arose.
    pub fn unknown(&mut self, at: u64, which: u16) -> ValueId {
        self.intern(Value::Unknown(at, which))
    }

    /// Two values as one. `bits`: the operation's width where it is not the machine's; `place` and `which`: who asks, for what becomes
    /// unknown.
    pub fn binary(
        &mut self,
        how: Binary,
        a: ValueId,
        b: ValueId,
        width: (u8, bool),
        place: (u64, u16),
    ) -> ValueId {
        let (bits, signed) = width;
        // The number comes second where the order does not matter.
        let turns = matches!(how, Binary::Add | Binary::And | Binary::Or | Binary::Xor | Binary::Mul);
        let turned = turns && self.constant(a).is_some() && self.constant(b).is_none();
        let (a, b) = if turned { (b, a) } else { (a, b) };
        let result = match (how, self.get(a), self.get(b)) {
            (_, Value::Const(a), Value::Const(b)) => {
                let bits = if bits == 0 { self.image.bits() } else { bits };
                return match fold(how, a, b, bits, signed) {
                    Some(number) => self.number(number),
                    None => self.unknown(place.0, place.1),
                };
            }
            (Binary::Add, Value::Stack(offset), Value::Const(number))
            | (Binary::Add, Value::Const(number), Value::Stack(offset)) => {
                Value::Stack(offset.wrapping_add(self.signed(number)))
            }
            (Binary::Sub, Value::Stack(offset), Value::Const(number)) => {
                Value::Stack(offset.wrapping_sub(self.signed(number)))
            }
            // Aligning the stack.
            (Binary::And, Value::Stack(offset), Value::Const(mask))
                if self.signed(mask) >= -4096 && self.signed(mask) < 0 =>
            {
                Value::Stack(offset & self.signed(mask))
            }
            (Binary::Xor | Binary::Sub, ..) if a == b => Value::Const(0),
            (Binary::And, Value::Holds { .. }, Value::Const(mask)) if mask & 1 == 1 => return a,
            (Binary::Xor, Value::Holds { relation, a, b, test }, Value::Const(1)) => {
                Value::Holds { relation: relation.negated(), a, b, test }
            }
            // Up, and down again: the bit is where it was.
            (Binary::Shr, Value::Binary(Binary::Shl, of, before), Value::Const(number))
                if self.constant(before) == Some(number) && matches!(self.get(of), Value::Holds { .. }) =>
            {
                return of;
            }
            (Binary::And | Binary::Or, ..) if a == b => return a,
            (
                Binary::Add
                | Binary::Sub
                | Binary::Or
                | Binary::Xor
                | Binary::Shl
                | Binary::Shr
                | Binary::Sar,
                _,
                Value::Const(0),
            ) if bits == 0 => return a,
            (Binary::Add | Binary::Or, Value::Const(0), _) if bits == 0 => return b,
            (Binary::And, _, Value::Const(0)) => Value::Const(0),
            // Nothing stands above the bits of what was extended by zeros.
            (Binary::And, Value::Load { size, signed: false, .. }, Value::Const(mask))
                if size < 8 && mask & ((1 << (size * 8)) - 1) == 0 =>
            {
                Value::Const(0)
            }
            (Binary::And, Value::Extend { bits: low, signed: false, .. }, Value::Const(mask))
                if low < 64 && mask & ((1 << low) - 1) == 0 =>
            {
                Value::Const(0)
            }
            // Sums with numbers are kept as one: base and offset.
            (Binary::Add | Binary::Sub, Value::Binary(Binary::Add, base, before), Value::Const(number))
                if bits == 0 =>
            {
                if let Some(before) = self.constant(before) {
                    let sum = if how == Binary::Add {
                        before.wrapping_add(number)
                    } else {
                        before.wrapping_sub(number)
                    };
                    let sum = self.number(sum);
                    if self.constant(sum) == Some(0) {
                        return base;
                    }
                    Value::Binary(Binary::Add, base, sum)
                } else {
                    Value::Binary(how, a, b)
                }
            }
            (Binary::Sub, _, Value::Const(number)) if bits == 0 => {
                let negative = self.number(number.wrapping_neg());
                Value::Binary(Binary::Add, a, negative)
            }
            _ => Value::Binary(how, a, b),
        };
        let result = self.bounded(result, place);
        match self.get(result) {
            Value::Binary(..) if bits != 0 && bits < self.image.bits() => {
                self.extend(result, bits, signed, place)
            }
            _ => result,
        }
    }

    /// 1 where a relation holds, else 0.
    pub fn holds(
        &mut self,
        relation: Relation,
        (a, b): (ValueId, ValueId),
        test: bool,
        place: (u64, u16),
    ) -> ValueId {
        self.bounded(Value::Holds { relation, a, b, test }, place)
    }

    /// The low bits of a value, extended.
    pub fn extend(&mut self, of: ValueId, bits: u8, signed: bool, place: (u64, u16)) -> ValueId {
        if bits >= self.image.bits() {
            return of;
        }
        match self.get(of) {
            Value::Const(number) => {
                let number = low(number, bits, signed);
                self.number(number)
            }
            Value::Holds { .. } => of,
            // The low part of a register that was put into what was there.
            Value::Binary(Binary::Or, above, low)
                if bits < 64
                    && matches!(self.get(above), Value::Binary(Binary::And, _, mask)
                        if self.constant(mask).is_some_and(|mask| mask & ((1 << bits) - 1) == 0)) =>
            {
                self.extend(low, bits, signed, place)
            }
            Value::Load { size, signed: already, .. }
                if size * 8 < bits || (size * 8 == bits && already == signed) =>
            {
                of
            }
            Value::Extend { bits: before, signed: already, .. }
                if before < bits || (before == bits && already == signed) =>
            {
                of
            }
            _ => self.bounded(Value::Extend { of, bits, signed }, place),
        }
    }

    /// What is in memory at an address, as far as the image says: a slot that the loader fills, or what stands there for good.
    pub fn load(&mut self, at: ValueId, size: u8, signed: bool, place: (u64, u16)) -> ValueId {
        if let Some(address) = self.constant(at) {
            if size == self.image.bits() / 8 {
                match self.image.filled(address) {
                    Some(Filled::Import(_)) => return self.intern(Value::Import(address)),
                    Some(Filled::Address(target)) => return self.number(target),
                    None => {}
                }
            }
            if self.image.is_constant(address)
                && let Some(number) = self.image.number(address, size)
            {
                let number = low(number, size * 8, signed);
                return self.number(number);
            }
        }
        self.bounded(Value::Load { at, size, signed }, place)
    }

    fn bounded(&mut self, value: Value, place: (u64, u16)) -> ValueId {
        let deep = match value {
            Value::Load { at: of, .. } | Value::Extend { of, .. } => self.depth(of),
            Value::Binary(_, a, b) | Value::Holds { a, b, .. } => self.depth(a).max(self.depth(b)),
            _ => 0,
        };
        if deep >= DEPTH { self.unknown(place.0, place.1) } else { self.intern(value) }
    }

    /// A number of the machine's width as a signed one.
    #[must_use]
    pub fn signed(&self, number: u64) -> i64 {
        low(number, self.image.bits(), true).cast_signed()
    }
}

/// The low bits of a number, extended.
fn low(number: u64, bits: u8, signed: bool) -> u64 {
    if bits == 0 || bits >= 64 {
        return number;
    }
    let shift = 64 - u32::from(bits);
    let up = number << shift;
    if signed { (up.cast_signed() >> shift).cast_unsigned() } else { up >> shift }
}

fn fold(how: Binary, a: u64, b: u64, bits: u8, signed: bool) -> Option<u64> {
    let (wide, by) = (u64::from(bits), u32::try_from(b & 0xff).unwrap_or(0));
    let whole = low(a, bits, false);
    let result = match how {
        Binary::Add => a.wrapping_add(b),
        Binary::Sub => a.wrapping_sub(b),
        Binary::Mul => a.wrapping_mul(b),
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
        Binary::Shl | Binary::Shr | Binary::Sar | Binary::Ror if u64::from(by) >= wide => return None,
        Binary::Shl => a << by,
        Binary::Shr => whole >> by,
        Binary::Sar => (low(a, bits, true).cast_signed() >> by).cast_unsigned(),
        Binary::Ror if by == 0 => whole,
        Binary::Ror => whole >> by | whole << (u32::from(bits) - by),
    };
    Some(low(result, bits, signed))
}
