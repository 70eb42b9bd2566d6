//! Thumb and Thumb-2 (T32).
//!
//! Modelled: moves, address formation and literals, arithmetic and logic, bit fields, extensions, comparisons, loads and stores of
//! general registers, all control flow, `it` blocks (the condition is that of each instruction; branches in them are conditional
//! branches). `tbb`, `tbh` calculate where they go. Long multiplication, division, saturation, parallel and carrying arithmetic, shifts by
//! a register and exclusive stores are clobbers; floating-point and vector instructions say which general registers, flags and memory they
//! write, and undefined encodings among them are not told from others.
//!
//! The reader remembers the rest of an `it` block, and whether carry and overflow are those of a comparison: after logic that leaves them
//! as they were, conditions on them are [`Relation::Other`](crate::ir::Relation::Other).
//!
//! When it is wrong: code that is entered within an `it` block. Instructions of the microcontroller profile alone (security states,
//! low-overhead loops, vectors of M) are read as what they are elsewhere, or not at all.
//!
//! Source: Arm Architecture Reference Manual for A-profile (DDI 0487), "T32 instruction set encoding".

mod wide;

use super::aarch32::{Access, Alu, Core, LR, Offset, PC, SP, SetBy};
use super::word::{bit, field, half, signed};
use crate::ir::{Binary, Condition, Flow, Insn, Lift, Op, Operand, Reg, Relation};

/// The reader of T32.
#[derive(Debug)]
pub struct Thumb {
    big_endian: bool,
    /// The rest of an `it` block: condition and mask.
    block: u32,
    set_by: SetBy,
    /// Where the next instruction would stand.
    expected: u64,
}

impl Thumb {
    /// For code in one byte order.
    #[must_use]
    pub fn new(big_endian: bool) -> Self {
        Self { big_endian, block: 0, set_by: SetBy::Compare, expected: 0 }
    }
}

impl Lift for Thumb {
    fn lift(&mut self, bytes: &[u8], address: u64, insn: &mut Insn) -> bool {
        let Some(first) = half(bytes, self.big_endian) else { return false };
        if address != self.expected {
            self.begin();
        }
        let block = self.block;
        self.block = if block & 7 == 0 { 0 } else { block & 0xe0 | (block << 1) & 0x1f };
        let in_block = block & 15 != 0;
        let wide = first >= 0xe800;
        insn.reset(address, if wide { 4 } else { 2 });
        let mut core = Core { insn, pc: address.wrapping_add(4) & 0xffff_ffff, set_by: self.set_by };
        let known = if wide {
            let Some(second) = bytes.get(2..).and_then(|bytes| half(bytes, self.big_endian)) else {
                return false;
            };
            wide::lift(&mut core, u32::from(first) << 16 | u32::from(second))
        } else {
            narrow(&mut core, u32::from(first), !in_block, &mut self.block)
        };
        let set_by = core.set_by;
        self.expected = address.wrapping_add(u64::from(insn.length));
        let when = if in_block { self.set_by.condition(block >> 4) } else { None };
        match (when, insn.flow) {
            (Some(when), Flow::Jump(target)) if insn.ops.is_empty() => insn.flow = Flow::Branch(when, target),
            (when, _) => insn.when = when,
        }
        // Where the flags may be older ones, less of them is known.
        if when.is_none() || set_by != SetBy::Compare {
            self.set_by = set_by;
        }
        known
    }

    fn begin(&mut self) {
        self.block = 0;
        self.set_by = SetBy::Compare;
    }

    fn step(&self) -> u8 {
        2
    }
}

/// A low register in a field of three bits.
fn low(word: u32, at: u32) -> Reg {
    field(word, at, 3) as Reg
}

/// An instruction of two bytes.
fn narrow(core: &mut Core<'_>, word: u32, flags: bool, block: &mut u32) -> bool {
    let number = |at, width| Operand::Const(u64::from(field(word, at, width)));
    match word >> 11 {
        0..=2 => {
            let (how, amount) = (word >> 11, field(word, 6, 5));
            let b = core.shifted(low(word, 3), how, amount);
            core.alu(Alu::Mov, flags, low(word, 0), b, b);
        }
        3 => {
            let b = if bit(word, 10) { number(6, 3) } else { Operand::Reg(low(word, 6)) };
            let how = if bit(word, 9) { Alu::Sub } else { Alu::Add };
            core.alu(how, flags, low(word, 0), Operand::Reg(low(word, 3)), b);
        }
        how @ 4..=7 => {
            let dst = low(word, 8);
            let how = match how {
                4 => Alu::Mov,
                5 => Alu::Cmp,
                6 => Alu::Add,
                _ => Alu::Sub,
            };
            core.alu(how, flags, dst, Operand::Reg(dst), number(0, 8));
        }
        8 if !bit(word, 10) => data(core, word, flags),
        8 => return high(core, word),
        9 => {
            let offset = Offset::Number(i64::from(field(word, 0, 8)) * 4);
            core.access(Access::Load(low(word, 8), 4, false), PC, offset, true, false);
        }
        10 | 11 => {
            let register = low(word, 0);
            let access = match field(word, 9, 3) {
                0 => Access::Store(register, 4),
                1 => Access::Store(register, 2),
                2 => Access::Store(register, 1),
                3 => Access::Load(register, 1, true),
                4 => Access::Load(register, 4, false),
                5 => Access::Load(register, 2, false),
                6 => Access::Load(register, 1, false),
                _ => Access::Load(register, 2, true),
            };
            core.access(access, low(word, 3), Offset::Register(low(word, 6), 0, 0, false), true, false);
        }
        12..=17 => {
            let size = match word >> 12 {
                6 => 4,
                7 => 1,
                _ => 2,
            };
            let offset = Offset::Number(i64::from(field(word, 6, 5)) * i64::from(size));
            core.access(moved(word, low(word, 0), size), low(word, 3), offset, true, false);
        }
        18 | 19 => {
            let offset = Offset::Number(i64::from(field(word, 0, 8)) * 4);
            core.access(moved(word, low(word, 8), 4), SP, offset, true, false);
        }
        20 | 21 => {
            let base = if bit(word, 11) { Operand::Reg(SP) } else { Operand::Const(core.pc & !3) };
            let offset = Operand::Const(u64::from(field(word, 0, 8)) * 4);
            core.compute(low(word, 8), Binary::Add, base, offset);
        }
        22 | 23 => return various(core, word, block),
        24 | 25 => {
            let (base, list) = (low(word, 8), field(word, 0, 8));
            let loads = bit(word, 11);
            if list == 0 {
                return false;
            }
            let back = (!loads || !bit(list, u32::from(base))).then(|| i64::from(list.count_ones()) * 4);
            core.multiple(loads, base, list, 0, back);
        }
        26 | 27 => {
            let condition = field(word, 8, 4);
            let target = core.pc.wrapping_add_signed(signed(field(word, 0, 8), 8) * 2) & 0xffff_ffff;
            core.insn.flow = match (condition, core.set_by.condition(condition)) {
                (14, _) => Flow::Stop,
                (15, _) => Flow::System,
                (_, Some(when)) => Flow::Branch(when, target),
                (_, None) => return false,
            };
        }
        28 => {
            let offset = signed(field(word, 0, 11), 11) * 2;
            core.insn.flow = Flow::Jump(core.pc.wrapping_add_signed(offset) & 0xffff_ffff);
        }
        _ => return false,
    }
    true
}

/// By bit 11, a load or a store.
fn moved(word: u32, register: Reg, size: u8) -> Access {
    if bit(word, 11) { Access::Load(register, size, false) } else { Access::Store(register, size) }
}

/// Calculations of two low registers.
fn data(core: &mut Core<'_>, word: u32, flags: bool) {
    let (dst, source) = (low(word, 0), low(word, 3));
    let (a, b) = (Operand::Reg(dst), Operand::Reg(source));
    let how = match field(word, 6, 4) {
        0 => Alu::And,
        1 => Alu::Eor,
        5 => Alu::Adc,
        6 => Alu::Sbc,
        8 => Alu::Tst,
        9 => return core.alu(Alu::Rsb, flags, dst, b, Operand::Const(0)),
        10 => Alu::Cmp,
        11 => Alu::Cmn,
        12 => Alu::Orr,
        13 => {
            core.multiply(dst, source, dst, None);
            if flags {
                core.flags(SetBy::Result, Op::Test { flags: 0, a, b: a, bits: 0 });
            }
            return;
        }
        14 => Alu::Bic,
        15 => Alu::Mvn,
        // Shifts by a register.
        _ => return core.alu(Alu::Mov, flags, dst, a, Operand::Unknown),
    };
    core.alu(how, flags, dst, a, b);
}

/// `add`, `cmp`, `mov` of all registers, `bx`, `blx`.
fn high(core: &mut Core<'_>, word: u32) -> bool {
    let (dst, source) = ((field(word, 7, 1) << 3 | field(word, 0, 3)) as Reg, field(word, 3, 4) as Reg);
    let (a, b) = (core.value(dst), core.value(source));
    match field(word, 8, 2) {
        0 => core.compute(dst, Binary::Add, a, b),
        1 => core.alu(Alu::Cmp, true, dst, a, b),
        2 => core.set(dst, b),
        _ => {
            core.insn.flow = match (bit(word, 7), source) {
                (true, source) => Flow::CallRegister(source),
                (false, LR) => Flow::Return,
                (false, PC) => {
                    core.insn.switches = true;
                    Flow::Jump(core.pc & !3)
                }
                (false, source) => Flow::JumpRegister(source),
            };
            // Bit 2: into the other security state of the microcontroller profile.
            return field(word, 0, 2) == 0;
        }
    }
    true
}

/// The stack, `cbz`, extensions, hints, `it`.
fn various(core: &mut Core<'_>, word: u32, block: &mut u32) -> bool {
    match field(word, 8, 4) {
        0 => {
            let how = if bit(word, 7) { Binary::Sub } else { Binary::Add };
            core.compute(SP, how, Operand::Reg(SP), Operand::Const(u64::from(field(word, 0, 7)) * 4));
        }
        1 | 3 | 9 | 11 => {
            let offset = u64::from(field(word, 9, 1) << 6 | field(word, 3, 5) << 1);
            let relation = if bit(word, 11) { Relation::NotEqual } else { Relation::Equal };
            let when = Condition::Values(relation, Operand::Reg(low(word, 0)), Operand::Const(0));
            core.insn.flow = Flow::Branch(when, core.pc.wrapping_add(offset) & 0xffff_ffff);
        }
        2 => {
            let (bits, signed) = (if bit(word, 6) { 8 } else { 16 }, !bit(word, 7));
            core.extend(low(word, 0), PC, low(word, 3), bits, signed, 0);
        }
        4 | 5 => {
            let list = field(word, 0, 8) | field(word, 8, 1) << 14;
            let by = -i64::from(list.count_ones()) * 4;
            core.multiple(false, SP, list, by, Some(by));
            return list != 0;
        }
        12 | 13 => {
            let list = field(word, 0, 8) | field(word, 8, 1) << 15;
            core.multiple(true, SP, list, 0, Some(i64::from(list.count_ones()) * 4));
            return list != 0;
        }
        // The byte order of data, the processor's state.
        6 => return field(word, 5, 3) == 2 || field(word, 5, 3) == 3,
        10 if field(word, 6, 2) == 2 => core.insn.flow = Flow::Stop,
        10 => core.insn.clobber(low(word, 0)),
        14 => core.insn.flow = Flow::Stop,
        15 => {
            if field(word, 0, 4) != 0 {
                *block = field(word, 0, 8);
            }
        }
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests;
