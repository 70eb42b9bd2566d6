//! Arm (A32).
//!
//! Modelled: moves, address formation and literals, arithmetic and logic, bit fields, extensions, comparisons, loads and stores of general
//! registers, all control flow; each instruction has its condition, and conditional branches are such. Long multiplication, division,
//! saturation, parallel and carrying arithmetic, shifts by a register, exclusive stores are clobbers; floating-point and vector
//! instructions say which general registers, flags and memory they write, and undefined encodings among them are not told from others.
//!
//! A jump to a register or to what memory holds, right after the link register became the address behind it, is a call: code for
//! processors before `blx` calls so. The reader remembers that, and whether carry and overflow are those of a comparison: after logic that
//! leaves them as they were, conditions on them are [`Relation::Other`](crate::ir::Relation::Other).
//!
//! When it is wrong: `ldm` with the program counter is taken for a return, as compilers have it. Banked registers of other modes are
//! taken for the present ones, and then clobbered.
//!
//! Source: Arm Architecture Reference Manual for A-profile (DDI 0487), "A32 instruction set encoding".

mod memory;
mod rest;

use super::aarch32::{Alu, Core, LR, PC, SetBy};
use super::word::{bit, field, signed, word};
use crate::ir::{Flow, Insn, Lift, Op, Operand, Reg};

/// The reader of A32.
#[derive(Debug)]
pub struct Arm {
    big_endian: bool,
    set_by: SetBy,
    /// Where the next instruction would stand.
    expected: u64,
    /// Whether the link register has just become the address behind the next instruction.
    linked: bool,
}

impl Arm {
    /// For code in one byte order.
    #[must_use]
    pub fn new(big_endian: bool) -> Self {
        Self { big_endian, set_by: SetBy::Compare, expected: 0, linked: false }
    }
}

impl Lift for Arm {
    fn lift(&mut self, bytes: &[u8], address: u64, insn: &mut Insn) -> bool {
        let Some(word) = word(bytes, self.big_endian) else { return false };
        if address != self.expected {
            self.begin();
        }
        insn.reset(address, 4);
        self.expected = address.wrapping_add(4);
        let linked = std::mem::take(&mut self.linked);
        let mut core = Core { insn, pc: address.wrapping_add(8) & 0xffff_ffff, set_by: self.set_by };
        let condition = field(word, 28, 4);
        if condition == 15 {
            let known = rest::unconditional(&mut core, word);
            self.set_by = core.set_by;
            return known;
        }
        let known = match field(word, 25, 3) {
            0 | 1 => calculation(&mut core, word),
            2 => memory::single(&mut core, word),
            3 if !bit(word, 4) => memory::single(&mut core, word),
            3 => rest::media(&mut core, word),
            4 => memory::multiple(&mut core, word),
            5 => {
                let target = core.pc.wrapping_add_signed(signed(field(word, 0, 24), 24) * 4) & 0xffff_ffff;
                core.insn.flow = if bit(word, 24) { Flow::Call(target) } else { Flow::Jump(target) };
                true
            }
            7 if bit(word, 24) => {
                core.insn.flow = Flow::System;
                true
            }
            _ => core.coprocessor(word & 0x0fff_ffff),
        };
        let set_by = core.set_by;
        let when = self.set_by.condition(condition);
        if linked {
            insn.flow = match insn.flow {
                Flow::JumpRegister(register) => Flow::CallRegister(register),
                Flow::JumpMemory(place) => Flow::CallMemory(place),
                flow => flow,
            };
        }
        match (when, insn.flow) {
            (Some(when), Flow::Jump(target)) if insn.ops.is_empty() => insn.flow = Flow::Branch(when, target),
            (when, _) => insn.when = when,
        }
        // Where the flags may be older ones, less of them is known.
        if when.is_none() || set_by != SetBy::Compare {
            self.set_by = set_by;
        }
        // `mov lr, pc`
        self.linked = word == 0xe1a0_e00f;
        known
    }

    fn begin(&mut self) {
        self.set_by = SetBy::Compare;
        self.linked = false;
    }

    fn step(&self) -> u8 {
        4
    }
}

const CALCULATIONS: [Alu; 16] = [
    Alu::And,
    Alu::Eor,
    Alu::Sub,
    Alu::Rsb,
    Alu::Add,
    Alu::Adc,
    Alu::Sbc,
    Alu::Rsc,
    Alu::Tst,
    Alu::Teq,
    Alu::Cmp,
    Alu::Cmn,
    Alu::Orr,
    Alu::Mov,
    Alu::Bic,
    Alu::Mvn,
];

/// The register in a field.
fn register(word: u32, at: u32) -> Reg {
    field(word, at, 4) as Reg
}

/// Calculations, and what shares their space: multiplication, loads and stores of halves, branches to registers, status registers.
fn calculation(core: &mut Core<'_>, word: u32) -> bool {
    let (code, sets_flags, immediate) = (field(word, 21, 4), bit(word, 20), bit(word, 25));
    if !immediate && bit(word, 4) && bit(word, 7) {
        return if field(word, 5, 2) != 0 {
            memory::half(core, word)
        } else if bit(word, 24) {
            memory::exclusive(core, word)
        } else {
            rest::multiply(core, word)
        };
    }
    let dst = register(word, 12);
    // Comparisons that set no flags are something else.
    if (8..=11).contains(&code) && !sets_flags {
        return match (immediate, code) {
            (true, 8) => {
                core.set(dst, Operand::Const(u64::from(field(word, 16, 4) << 12 | field(word, 0, 12))));
                true
            }
            (true, 10) => {
                core.move_top(dst, field(word, 16, 4) << 12 | field(word, 0, 12));
                true
            }
            (true, _) => {
                // Hints without a mask, else a status register.
                if field(word, 16, 4) != 0 || code == 11 {
                    core.clobber_flags();
                }
                true
            }
            (false, _) => rest::various(core, word),
        };
    }
    let b = if immediate {
        Operand::Const(u64::from(field(word, 0, 8).rotate_right(2 * field(word, 8, 4))))
    } else if bit(word, 4) {
        Operand::Unknown
    } else {
        core.shifted(register(word, 0), field(word, 5, 2), field(word, 7, 5))
    };
    let Some(&how) = CALCULATIONS.get(code as usize) else { return false };
    let a = core.value(register(word, 16));
    if (8..=11).contains(&code) && dst == PC {
        // The status register of processors with 26 bits of address.
        core.clobber_flags();
        return true;
    }
    // `mov lr, pc` and the like read the program counter as a value.
    core.alu(how, sets_flags, dst, a, b);
    true
}

/// `bx`, `blx`, `bxj` to a register.
fn to_register(core: &mut Core<'_>, target: Reg, calls: bool) {
    core.insn.flow = match target {
        target if calls => Flow::CallRegister(target),
        LR => Flow::Return,
        PC => Flow::Jump(core.pc),
        target => Flow::JumpRegister(target),
    };
}

/// Clobbers two registers.
fn clobber_pair(core: &mut Core<'_>, first: Reg, second: Reg) {
    core.clobber(first);
    core.clobber(second);
}

/// A test of a register that has just been written.
fn tested(core: &mut Core<'_>, register: Reg) {
    let a = Operand::Reg(register);
    core.flags(SetBy::Result, Op::Test { flags: 0, a, b: a, bits: 0 });
}

#[cfg(test)]
mod tests;
