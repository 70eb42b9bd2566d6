//! Calculations with registers.

use super::super::word::{bit, field};
use super::{SCRATCH, clobber, compute, flags, general, narrow, ones, relation, set, size, stacked, value};
use crate::ir::{Binary, Insn, Op, Operand, Reg};

pub(super) fn lift(word: u32, insn: &mut Insn) -> bool {
    if bit(word, 28) {
        return match field(word, 21, 4) {
            0 => carry(word, insn),
            2 => conditional_compare(word, insn),
            4 => select(word, insn),
            6 if bit(word, 30) => one_source(word, insn),
            6 => two_sources(word, insn),
            8.. => three_sources(word, insn),
            _ => false,
        };
    }
    if !bit(word, 24) {
        logical(word, insn)
    } else if bit(word, 21) {
        add_extended(word, insn)
    } else {
        add_shifted(word, insn)
    }
}

const SHIFTS: [Binary; 4] = [Binary::Shl, Binary::Shr, Binary::Sar, Binary::Ror];

/// The second operand, shifted where it is.
fn shifted(word: u32, insn: &mut Insn, wide: bool) -> Option<Operand> {
    let (amount, source) = (field(word, 10, 6), value(general(word, 16)));
    if !wide && amount > 31 {
        return None;
    }
    let how = *SHIFTS.get(field(word, 22, 2) as usize)?;
    if amount == 0 || source == Operand::Const(0) {
        return Some(source);
    }
    compute(insn, wide, SCRATCH, how, source, Operand::Const(u64::from(amount)));
    Some(Operand::Reg(SCRATCH))
}

/// `and`, `bic`, `orr`, `orn`, `eor`, `eon`, `ands`, `bics`, with `mov`, `mvn`, `tst`.
fn logical(word: u32, insn: &mut Insn) -> bool {
    let wide = bit(word, 31);
    let Some(mut b) = shifted(word, insn, wide) else { return false };
    let (a, dst) = (value(general(word, 5)), general(word, 0));
    if bit(word, 21) {
        if b == Operand::Const(0) {
            b = Operand::Const(ones(wide));
        } else {
            compute(insn, wide, SCRATCH, Binary::Xor, b, Operand::Const(ones(wide)));
            b = Operand::Reg(SCRATCH);
        }
    }
    match field(word, 29, 2) {
        0 => compute(insn, wide, dst, Binary::And, a, b),
        1 if a == Operand::Const(0) => set(insn, wide, dst, b),
        1 if b == Operand::Const(0) => set(insn, wide, dst, a),
        1 => compute(insn, wide, dst, Binary::Or, a, b),
        2 => compute(insn, wide, dst, Binary::Xor, a, b),
        _ => {
            insn.does(Op::Test { flags: 0, a, b, bits: narrow(wide) });
            compute(insn, wide, dst, Binary::And, a, b);
        }
    }
    true
}

/// `add`, `sub` with a shifted register, with `neg`, `cmp`, `cmn`.
fn add_shifted(word: u32, insn: &mut Insn) -> bool {
    let wide = bit(word, 31);
    if field(word, 22, 2) == 3 {
        return false;
    }
    let Some(b) = shifted(word, insn, wide) else { return false };
    add(word, insn, general(word, 0), value(general(word, 5)), b);
    true
}

/// `add`, `sub` with an extended register.
fn add_extended(word: u32, insn: &mut Insn) -> bool {
    let (wide, amount, source) = (bit(word, 31), field(word, 10, 3), value(general(word, 16)));
    if field(word, 22, 2) != 0 || amount > 4 {
        return false;
    }
    let option = field(word, 13, 3);
    let mut b = source;
    if let Operand::Reg(src) = source {
        if option & 3 < if wide { 3 } else { 2 } {
            insn.does(Op::Extend {
                dst: SCRATCH,
                src: Operand::Reg(src),
                bits: 8 << (option & 3),
                signed: option > 3,
            });
            b = Operand::Reg(SCRATCH);
        }
        if amount != 0 {
            compute(insn, wide, SCRATCH, Binary::Shl, b, Operand::Const(u64::from(amount)));
            b = Operand::Reg(SCRATCH);
        }
    }
    let dst = if bit(word, 29) { general(word, 0) } else { stacked(word, 0) };
    add(word, insn, dst, Operand::Reg(stacked(word, 5)), b);
    true
}

fn add(word: u32, insn: &mut Insn, dst: Reg, a: Operand, b: Operand) {
    let (wide, subtract) = (bit(word, 31), bit(word, 30));
    if bit(word, 29) {
        insn.does(if subtract {
            Op::Compare { flags: 0, a, b, bits: narrow(wide) }
        } else {
            Op::ClobberFlags { flags: 0 }
        });
    }
    if b == Operand::Const(0) {
        set(insn, wide, dst, a);
    } else {
        compute(insn, wide, dst, if subtract { Binary::Sub } else { Binary::Add }, a, b);
    }
}

/// `adc`, `sbc`, and what sets the flags from a register.
fn carry(word: u32, insn: &mut Insn) -> bool {
    let low = field(word, 10, 6);
    if low == 0 {
        if bit(word, 29) {
            insn.does(Op::ClobberFlags { flags: 0 });
        }
        clobber(insn, general(word, 0));
        return true;
    }
    let rotate = low & 0x1f == 1 && field(word, 29, 3) == 5 && !bit(word, 4);
    let evaluate =
        matches!(field(word, 10, 11), 2 | 18) && field(word, 29, 3) == 1 && field(word, 0, 5) == 13;
    if !rotate && !evaluate {
        return false;
    }
    insn.does(Op::ClobberFlags { flags: 0 });
    true
}

/// `ccmp`, `ccmn`.
fn conditional_compare(word: u32, insn: &mut Insn) -> bool {
    if !bit(word, 29) || bit(word, 10) || bit(word, 4) {
        return false;
    }
    let (wide, subtract, immediate) = (bit(word, 31), bit(word, 30), bit(word, 11));
    let number = u64::from(field(word, 16, 5));
    let a = value(general(word, 5));
    let b = match (immediate, subtract) {
        (true, true) => Operand::Const(number),
        (true, false) => Operand::Const(number.wrapping_neg() & ones(wide)),
        (false, _) => value(general(word, 16)),
    };
    let (bits, otherwise) = (narrow(wide), field(word, 0, 4) as u8);
    // An addition of a register or zero has no comparison that leaves its flags.
    let comparable = subtract || (immediate && number != 0);
    insn.does(match relation(field(word, 12, 4)) {
        _ if !comparable => Op::ClobberFlags { flags: 0 },
        Some(relation) => Op::CompareWhen { flags: 0, when: flags(relation), a, b, bits, otherwise },
        None => Op::Compare { flags: 0, a, b, bits },
    });
    true
}

/// `csel`, `csinc`, `csinv`, `csneg`, with `cset` and its like.
fn select(word: u32, insn: &mut Insn) -> bool {
    if bit(word, 29) || bit(word, 11) {
        return false;
    }
    let (wide, dst) = (bit(word, 31), general(word, 0));
    let (yes, other) = (value(general(word, 5)), value(general(word, 16)));
    if dst == super::ZR {
        return true;
    }
    let Some(relation) = relation(field(word, 12, 4)) else {
        set(insn, wide, dst, yes);
        return true;
    };
    let change = (bit(word, 30), bit(word, 10));
    let no = match (change, other) {
        ((false, false), other) => other,
        ((false, true), Operand::Const(_)) => Operand::Const(1),
        ((true, false), Operand::Const(_)) => Operand::Const(ones(wide)),
        ((true, true), Operand::Const(_)) => Operand::Const(0),
        (change, other) => {
            let (how, a, b) = match change {
                (false, _) => (Binary::Add, other, Operand::Const(1)),
                (true, false) => (Binary::Xor, other, Operand::Const(ones(wide))),
                (true, true) => (Binary::Sub, Operand::Const(0), other),
            };
            compute(insn, wide, SCRATCH, how, a, b);
            Operand::Reg(SCRATCH)
        }
    };
    insn.does(Op::Select { dst, when: flags(relation), yes, no });
    if !wide && (matches!(yes, Operand::Reg(_)) || matches!(no, Operand::Reg(_))) {
        insn.does(Op::Extend { dst, src: Operand::Reg(dst), bits: 32, signed: false });
    }
    true
}

/// Bits counted, reversed, signed pointers.
fn one_source(word: u32, insn: &mut Insn) -> bool {
    let (code, wide) = (field(word, 10, 6), bit(word, 31));
    let defined = match field(word, 16, 5) {
        0 => code <= 8 && (code != 3 || wide),
        1 => wide && code <= 17,
        _ => false,
    };
    if bit(word, 29) || !defined {
        return false;
    }
    clobber(insn, general(word, 0));
    true
}

/// Division, shifts by a register, checksums, tags.
fn two_sources(word: u32, insn: &mut Insn) -> bool {
    let (wide, code, dst) = (bit(word, 31), field(word, 10, 6), general(word, 0));
    if bit(word, 29) {
        // The difference of two tagged pointers.
        if code != 0 || !wide {
            return false;
        }
        insn.does(Op::ClobberFlags { flags: 0 });
        clobber(insn, dst);
        return true;
    }
    match code {
        0b00_0010 | 0b00_0011 | 0b01_1000..=0b01_1011 => clobber(insn, dst),
        0b00_1000..=0b00_1011 => {
            let a = value(general(word, 5));
            let b = match value(general(word, 16)) {
                Operand::Reg(amount) => {
                    let most = Operand::Const(u64::from(size(wide) - 1));
                    compute(insn, true, SCRATCH, Binary::And, Operand::Reg(amount), most);
                    Operand::Reg(SCRATCH)
                }
                other => other,
            };
            let Some(&how) = SHIFTS.get((code & 3) as usize) else { return false };
            compute(insn, wide, dst, how, a, b);
        }
        0b01_0000..=0b01_0111 if wide == (code & 3 == 3) => clobber(insn, dst),
        0b00_0100 if wide => insn.clobber(stacked(word, 0)),
        0b00_0000 | 0b00_0101 | 0b00_1100 if wide => clobber(insn, dst),
        _ => return false,
    }
    true
}

/// Multiplication.
fn three_sources(word: u32, insn: &mut Insn) -> bool {
    let (wide, dst, minus) = (bit(word, 31), general(word, 0), bit(word, 15));
    if field(word, 29, 2) != 0 {
        return false;
    }
    match (field(word, 21, 3), minus) {
        (0, _) => {
            let (a, b, with) = (value(general(word, 5)), value(general(word, 16)), value(general(word, 10)));
            if with == Operand::Const(0) && !minus {
                compute(insn, wide, dst, Binary::Mul, a, b);
            } else {
                compute(insn, wide, SCRATCH, Binary::Mul, a, b);
                let how = if minus { Binary::Sub } else { Binary::Add };
                compute(insn, wide, dst, how, with, Operand::Reg(SCRATCH));
            }
        }
        (1 | 5, _) | (2 | 6, false) if wide => clobber(insn, dst),
        _ => return false,
    }
    true
}
