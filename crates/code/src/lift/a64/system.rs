//! Branches, exceptions, the system.

use super::super::word::{bit, field, signed};
use super::{SCRATCH, clobber, flags, general, relation, stacked, value};
use crate::ir::{Address, Condition, Flow, Insn, Op, Operand, Relation};

/// The reserved space: `udf` and the matrix extension, which writes no general register.
pub(super) fn reserved(word: u32, insn: &mut Insn) -> bool {
    if bit(word, 31) {
        if field(word, 29, 3) == 7 {
            insn.does(Op::Store {
                to: Address::based(stacked(word, 5), 0),
                src: Operand::Unknown,
                size: 255,
            });
        }
        return true;
    }
    insn.flow = Flow::Stop;
    word >> 16 == 0
}

pub(super) fn lift(word: u32, insn: &mut Insn) -> bool {
    let to = |offset: u32, width: u32| insn.address.wrapping_add_signed(signed(offset, width) << 2);
    match field(word, 24, 8) {
        0x14..=0x17 => insn.flow = Flow::Jump(to(field(word, 0, 26), 26)),
        0x94..=0x97 => insn.flow = Flow::Call(to(field(word, 0, 26), 26)),
        0x34 | 0x35 | 0xb4 | 0xb5 => {
            let target = to(field(word, 5, 19), 19);
            let mut a = value(general(word, 0));
            if let (Operand::Reg(src), false) = (a, bit(word, 31)) {
                insn.does(Op::Extend { dst: SCRATCH, src: Operand::Reg(src), bits: 32, signed: false });
                a = Operand::Reg(SCRATCH);
            }
            let relation = if bit(word, 24) { Relation::NotEqual } else { Relation::Equal };
            insn.flow = Flow::Branch(Condition::Values(relation, a, Operand::Const(0)), target);
        }
        0x36 | 0x37 | 0xb6 | 0xb7 => {
            let number = (field(word, 31, 1) << 5 | field(word, 19, 5)) as u8;
            let when = Condition::Bit(value(general(word, 0)), number, bit(word, 24));
            insn.flow = Flow::Branch(when, to(field(word, 5, 14), 14));
        }
        0x54 => {
            let target = to(field(word, 5, 19), 19);
            insn.flow = match relation(field(word, 0, 4)) {
                Some(relation) => Flow::Branch(flags(relation), target),
                None => Flow::Jump(target),
            };
        }
        0xd4 => return exception(word, insn),
        0xd5 => return system(word, insn),
        0xd6 | 0xd7 => return to_register(word, insn),
        _ => return false,
    }
    true
}

fn exception(word: u32, insn: &mut Insn) -> bool {
    if field(word, 2, 3) != 0 {
        return false;
    }
    insn.flow = match (field(word, 21, 3), field(word, 0, 2)) {
        (0, 1..=3) => Flow::System,
        (1 | 2, 0) | (5, 1..=3) => Flow::Stop,
        // A transaction is given up: control goes back to where it began.
        (3, 0) => Flow::Stop,
        _ => return false,
    };
    true
}

/// Hints, barriers, system registers.
fn system(word: u32, insn: &mut Insn) -> bool {
    let reads = bit(word, 21);
    let target = general(word, 0);
    if bit(word, 23) {
        return false;
    }
    if bit(word, 22) {
        // Register pairs, and system instructions of pairs.
        if reads {
            clobber(insn, target);
            clobber(insn, general(word | 1, 0));
        }
        return true;
    }
    match (reads, field(word, 19, 2)) {
        (false, 0) => return hint(word, insn),
        (false, 2 | 3) => {
            // The flags as a system register.
            if field(word, 5, 16) == 0xda10 {
                insn.does(Op::ClobberFlags { flags: 0 });
            }
        }
        (false, _) => {}
        (true, _) => clobber(insn, target),
    }
    true
}

/// Where neither a register is read nor written by the encoding's form.
fn hint(word: u32, insn: &mut Insn) -> bool {
    match field(word, 12, 4) {
        2 => match field(word, 5, 7) {
            // Signing and authentication of x30, and of x17.
            7 | 24..=31 => insn.clobber(30),
            8 | 10 | 12 | 14 => insn.clobber(17),
            _ => {}
        },
        // The state of the processor, flags among it.
        4 => insn.does(Op::ClobberFlags { flags: 0 }),
        1 | 3 => {}
        _ => return false,
    }
    true
}

fn to_register(word: u32, insn: &mut Insn) -> bool {
    let (code, low, register) = (field(word, 21, 4), field(word, 10, 6), general(word, 5));
    if field(word, 16, 5) != 31 {
        return false;
    }
    let plain = low == 0 && field(word, 0, 5) == 0;
    let signed = low == 2 || low == 3;
    insn.flow = match code {
        0 | 8 if plain || signed => Flow::JumpRegister(register),
        1 | 9 if plain || signed => Flow::CallRegister(register),
        2 if plain || signed => Flow::Return,
        4 if plain || signed => Flow::Return,
        5 if plain => Flow::Stop,
        _ => return false,
    };
    true
}
