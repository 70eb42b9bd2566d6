//! AArch64 (A64), little-endian instructions.
//!
//! Modelled: address formation, moves, arithmetic and logic with immediates, shifted and extended registers, bit fields, comparisons
//! (conditional ones too), selects, loads and stores of general registers, all control flow. Not modelled, but said as clobbers or stores
//! of something unknown: atomic read-modify-write, exclusive stores, long multiplication, division, pointer authentication, memory tags,
//! block copies, carries. Floating-point and vector instructions only say which general registers, flags and memory they write; within
//! these two spaces and SVE undefined encodings are not told from others.
//!
//! When it is wrong: authenticated branches are taken to go where the plain ones go. After a test (`ands`, `tst`) unsigned relations
//! are not what [`Op::Test`](crate::ir::Op::Test) has them be (the carry is always clear); compilers do not ask for them there.
//!
//! Source: Arm Architecture Reference Manual for A-profile (DDI 0487), "A64 instruction set encoding".

mod floating;
mod immediate;
mod memory;
mod register;
mod system;

use super::word::{field, word};
use crate::ir::{Binary, Condition, Insn, Lift, Op, Operand, Reg, Relation};

/// The stack pointer.
const SP: Reg = 31;
/// The zero register.
const ZR: Reg = 32;
/// What an instruction needs in between.
const SCRATCH: Reg = 33;

/// The reader of A64.
#[derive(Debug, Default)]
pub struct A64;

impl Lift for A64 {
    fn lift(&mut self, bytes: &[u8], address: u64, insn: &mut Insn) -> bool {
        let Some(word) = word(bytes, false) else { return false };
        insn.reset(address, 4);
        match field(word, 25, 4) {
            0b0000 => system::reserved(word, insn),
            0b0010 => floating::scalable(word, insn),
            0b1000 | 0b1001 => immediate::lift(word, insn),
            0b1010 | 0b1011 => system::lift(word, insn),
            0b0100 | 0b0110 | 0b1100 | 0b1110 => memory::lift(word, insn),
            0b0101 | 0b1101 => register::lift(word, insn),
            0b0111 | 0b1111 => floating::lift(word, insn),
            _ => false,
        }
    }

    fn step(&self) -> u8 {
        4
    }
}

/// The general register in a field, whose 31 is the zero register.
fn general(word: u32, at: u32) -> Reg {
    match field(word, at, 5) as Reg {
        31 => ZR,
        number => number,
    }
}

/// The general register in a field, whose 31 is the stack pointer.
fn stacked(word: u32, at: u32) -> Reg {
    field(word, at, 5) as Reg
}

/// What is read of a register.
fn value(register: Reg) -> Operand {
    if register == ZR { Operand::Const(0) } else { Operand::Reg(register) }
}

/// Clobbers a register, if it keeps anything.
fn clobber(insn: &mut Insn, register: Reg) {
    if register != ZR {
        insn.clobber(register);
    }
}

/// A calculation in 64 bits or, with zeros above, in 32.
fn compute(insn: &mut Insn, wide: bool, dst: Reg, how: Binary, a: Operand, b: Operand) {
    if dst != ZR {
        insn.does(Op::Compute { dst, how, a, b, bits: narrow(wide), signed: false });
    }
}

/// A move in 64 bits or, with zeros above, in 32.
fn set(insn: &mut Insn, wide: bool, dst: Reg, src: Operand) {
    if dst == ZR {
        return;
    }
    match src {
        Operand::Reg(src) if !wide => {
            insn.does(Op::Extend { dst, src: Operand::Reg(src), bits: 32, signed: false })
        }
        Operand::Const(value) if !wide => insn.set(dst, Operand::Const(value & 0xffff_ffff)),
        src => insn.set(dst, src),
    }
}

/// The width of an operation, as the effects have it.
fn narrow(wide: bool) -> u8 {
    if wide { 0 } else { 32 }
}

/// The bits of a register of that width.
fn size(wide: bool) -> u32 {
    if wide { 64 } else { 32 }
}

/// All ones in the width.
fn ones(wide: bool) -> u64 {
    if wide { u64::MAX } else { 0xffff_ffff }
}

/// What a condition of four bits asks of the flags, in all of Arm's states; `None` where it always holds.
pub(super) fn relation(condition: u32) -> Option<Relation> {
    Some(match condition & 15 {
        0 => Relation::Equal,
        1 => Relation::NotEqual,
        2 => Relation::AboveOrEqual,
        3 => Relation::Below,
        4 => Relation::Negative,
        5 => Relation::NotNegative,
        6 | 7 => Relation::Other,
        8 => Relation::Above,
        9 => Relation::BelowOrEqual,
        10 => Relation::GreaterOrEqual,
        11 => Relation::Less,
        12 => Relation::Greater,
        13 => Relation::LessOrEqual,
        _ => return None,
    })
}

/// A condition on the flags.
fn flags(relation: Relation) -> Condition {
    Condition::Flags(0, relation)
}

#[cfg(test)]
mod tests;
