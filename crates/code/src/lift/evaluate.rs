//! Effects carried out on numbers: for tests that hold them against what the manuals say, and for functions that are tried.

use crate::ir::{Binary, Relation};
#[cfg(test)]
use crate::ir::{Condition, Op, Operand, Reg};

/// The registers of a machine of so many bits; `None` where a value is not known.
#[cfg(test)]
pub(super) struct Registers {
    pub bits: u8,
    pub values: Vec<Option<u64>>,
}

#[cfg(test)]
impl Registers {
    /// Known ones.
    pub(super) fn new(bits: u8, values: &[u64]) -> Self {
        let mut registers = Self { bits, values: vec![None; 64] };
        for (register, value) in values.iter().enumerate() {
            registers.values[register] = Some(cut(*value, bits));
        }
        registers
    }

    pub(super) fn of(&self, register: Reg) -> Option<u64> {
        self.values[usize::from(register)]
    }

    pub(super) fn run(&mut self, ops: &[Op]) {
        for op in ops {
            let (dst, value) = match *op {
                Op::Set { dst, src } => (dst, self.read(src)),
                Op::Extend { dst, src, bits, signed } => {
                    (dst, self.read(src).map(|value| extend(value, bits, signed)))
                }
                Op::Compute { dst, how, a, b, bits, signed } => {
                    let width = if bits == 0 { self.bits } else { bits };
                    let result = match (self.read(a), self.read(b)) {
                        (Some(a), Some(b)) => compute(how, cut(a, width), b, width),
                        _ => None,
                    };
                    (dst, result.map(|value| extend(value, width, signed)))
                }
                Op::Select { dst, when, yes, no } => {
                    let Condition::Values(relation, a, b) = when else { panic!("{when:?}") };
                    let holds = match (self.read(a), self.read(b)) {
                        (Some(a), Some(b)) => holds(relation, a, b, self.bits),
                        _ => None,
                    };
                    (dst, holds.and_then(|holds| self.read(if holds { yes } else { no })))
                }
                Op::Clobber { dst } => (dst, None),
                _ => continue,
            };
            self.values[usize::from(dst)] = value.map(|value| cut(value, self.bits));
        }
    }

    fn read(&self, operand: Operand) -> Option<u64> {
        match operand {
            Operand::Reg(register) => self.of(register),
            Operand::Const(value) => Some(cut(value, self.bits)),
            Operand::Unknown => None,
        }
    }
}

pub(crate) fn cut(value: u64, bits: u8) -> u64 {
    value & (u64::MAX >> (64 - bits))
}

/// The low bits, with zeros or the sign above them.
pub(crate) fn extend(value: u64, bits: u8, signed: bool) -> u64 {
    let left = 64 - u32::from(bits);
    if signed { ((value << left).cast_signed() >> left).cast_unsigned() } else { cut(value, bits) }
}

/// Two numbers as one; `None` where the machines do different things.
pub(crate) fn compute(how: Binary, a: u64, b: u64, bits: u8) -> Option<u64> {
    let by = || u32::try_from(b).ok().filter(|by| *by < u32::from(bits));
    Some(match how {
        Binary::Add => a.wrapping_add(b),
        Binary::Sub => a.wrapping_sub(b),
        Binary::Mul => a.wrapping_mul(b),
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
        Binary::Shl => a << by()?,
        Binary::Shr => a >> by()?,
        Binary::Sar => (extend(a, bits, true).cast_signed() >> by()?).cast_unsigned(),
        Binary::Ror if by()? == 0 => a,
        Binary::Ror => cut(a >> by()? | a << (u32::from(bits) - by()?), bits),
    })
}

/// Whether a relation holds; `None` for one that is none of numbers.
pub(crate) fn holds(relation: Relation, a: u64, b: u64, bits: u8) -> Option<bool> {
    let (left, right) = (extend(a, bits, true).cast_signed(), extend(b, bits, true).cast_signed());
    Some(match relation {
        Relation::Equal => a == b,
        Relation::NotEqual => a != b,
        Relation::Less => left < right,
        Relation::LessOrEqual => left <= right,
        Relation::Greater => left > right,
        Relation::GreaterOrEqual => left >= right,
        Relation::Below => a < b,
        Relation::BelowOrEqual => a <= b,
        Relation::Above => a > b,
        Relation::AboveOrEqual => a >= b,
        Relation::Negative => left.wrapping_sub(right) < 0,
        Relation::NotNegative => left.wrapping_sub(right) >= 0,
        Relation::Other => return None,
    })
}
