//! Instructions of four bytes: both halves as one word, the first one above.

use super::super::aarch32::{Access, Alu, Core, Offset, PC, SP};
use super::super::word::{bit, field, signed};
use crate::ir::{Address, Binary, Flow, Op, Operand, Reg};

pub(super) fn lift(core: &mut Core<'_>, word: u32) -> bool {
    match field(word, 25, 4) {
        0b0100 if !bit(word, 22) => multiple(core, word),
        0b0100 => dual(core, word),
        0b0101 => shifted(core, word),
        // Vectors.
        0b0111 | 0b1111 if bit(word, 24) => true,
        0b0110 | 0b0111 | 0b1110 | 0b1111 => core.coprocessor(word),
        0b1000..=0b1011 if bit(word, 15) => branches(core, word),
        0b1000 | 0b1010 => modified(core, word),
        0b1001 | 0b1011 => plain(core, word),
        0b1100 if bit(word, 24) && !bit(word, 20) => {
            core.structures(word);
            true
        }
        0b1100 => single(core, word),
        _ if !bit(word, 24) => by_register(core, word),
        _ => multiply(core, word),
    }
}

/// `ldm`, `stm`, and what saves and restores the state of an exception.
fn multiple(core: &mut Core<'_>, word: u32) -> bool {
    let (base, list, back, loads) =
        (field(word, 16, 4) as Reg, field(word, 0, 16), bit(word, 21), bit(word, 20));
    let bytes = i64::from(list.count_ones()) * 4;
    match field(word, 23, 2) {
        1 => core.multiple(loads, base, list, 0, back.then_some(bytes)),
        2 => core.multiple(loads, base, list, -bytes, back.then_some(-bytes)),
        up => {
            let base = if loads { base } else { SP };
            let by = if up == 0 { -8i64 } else { 8 };
            if !loads {
                core.unknown(Address::based(base, if up == 0 { -8 } else { 0 }), 8);
            } else {
                core.insn.flow = Flow::Return;
                core.clobber_flags();
            }
            if back && base != PC {
                core.compute(
                    base,
                    Binary::Add,
                    Operand::Reg(base),
                    Operand::Const(by.cast_unsigned() & 0xffff_ffff),
                );
            }
        }
    }
    true
}

/// Two registers, exclusive and ordered access, jumps through tables.
fn dual(core: &mut Core<'_>, word: u32) -> bool {
    let (before, up, back, loads) = (bit(word, 24), bit(word, 23), bit(word, 21), bit(word, 20));
    let (base, first, second) =
        (field(word, 16, 4) as Reg, field(word, 12, 4) as Reg, field(word, 8, 4) as Reg);
    let low = field(word, 0, 4) as Reg;
    let number = i64::from(field(word, 0, 8)) * 4;
    if before || back {
        let offset = Offset::Number(if up { number } else { -number });
        let access = if loads { Access::LoadPair(first, second) } else { Access::StorePair(first, second) };
        core.access(access, base, offset, before, back);
        return true;
    }
    let place = Address::based(base, 0);
    let load = |dst, from, size| Op::Load { dst, from, size, signed: false };
    match (up, loads, field(word, 4, 4)) {
        (false, true, _) => core.insn.does(load(first, Address::based(base, number), 4)),
        (false, false, _) => {
            if first != PC {
                core.unknown(Address::based(base, number), 4);
            }
            core.clobber(second);
        }
        (true, true, form @ (0 | 1)) => {
            let size = form as u8;
            let from = match base {
                PC => Address { base: None, index: Some((low, size)), offset: core.pc.cast_signed() },
                base => Address { base: Some(base), index: Some((low, size)), offset: 0 },
            };
            let dst = super::super::aarch32::SCRATCH;
            core.insn.does(load(dst, from, 1 << size));
            core.insn.compute(dst, Binary::Shl, Operand::Reg(dst), Operand::Const(1));
            core.insn.compute(dst, Binary::Add, Operand::Const(core.pc), Operand::Reg(dst));
            core.insn.flow = Flow::JumpRegister(dst);
        }
        (true, true, form) => match form & 3 {
            3 => core.access(Access::LoadPair(first, second), base, Offset::Number(0), true, false),
            size if form >= 4 => core.insn.does(load(first, place, 1 << size)),
            _ => return false,
        },
        (true, false, form) => {
            let size = 1u8 << (form & 3);
            match form {
                // Exclusive ones say whether they were done.
                4 | 5 | 7 | 12..=15 => {
                    core.unknown(place, size);
                    core.clobber(low);
                }
                8..=10 => core.access(Access::Store(first, size), base, Offset::Number(0), true, false),
                _ => return false,
            }
        }
    }
    true
}

/// The calculation of an operation's number; `None` where there is none.
fn calculation(code: u32, sets_flags: bool, a: Reg, dst: Reg) -> Option<Alu> {
    let only_flags = sets_flags && dst == PC;
    Some(match code {
        0 if only_flags => Alu::Tst,
        0 => Alu::And,
        1 => Alu::Bic,
        2 if a == PC => Alu::Mov,
        2 => Alu::Orr,
        3 if a == PC => Alu::Mvn,
        3 => Alu::Orn,
        4 if only_flags => Alu::Teq,
        4 => Alu::Eor,
        8 if only_flags => Alu::Cmn,
        8 => Alu::Add,
        10 => Alu::Adc,
        11 => Alu::Sbc,
        13 if only_flags => Alu::Cmp,
        13 => Alu::Sub,
        14 => Alu::Rsb,
        _ => return None,
    })
}

/// Calculations with a shifted register.
fn shifted(core: &mut Core<'_>, word: u32) -> bool {
    let (code, sets_flags) = (field(word, 21, 4), bit(word, 20));
    let (a, dst, b) = (field(word, 16, 4) as Reg, field(word, 8, 4) as Reg, field(word, 0, 4) as Reg);
    if code == 6 {
        core.clobber(dst);
        return !sets_flags;
    }
    let Some(how) = calculation(code, sets_flags, a, dst) else { return false };
    let b = core.shifted(b, field(word, 4, 2), field(word, 12, 3) << 2 | field(word, 6, 2));
    let a = core.value(a);
    core.alu(how, sets_flags, dst, a, b);
    true
}

/// Calculations with an immediate of eight bits, repeated or rotated.
fn modified(core: &mut Core<'_>, word: u32) -> bool {
    let (code, sets_flags) = (field(word, 21, 4), bit(word, 20));
    let (a, dst) = (field(word, 16, 4) as Reg, field(word, 8, 4) as Reg);
    let Some(how) = calculation(code, sets_flags, a, dst) else { return false };
    let (low, form) =
        (field(word, 0, 8), field(word, 26, 1) << 4 | field(word, 12, 3) << 1 | field(word, 7, 1));
    let number = match form >> 1 {
        0 => low,
        1 => low << 16 | low,
        2 => low << 24 | low << 8,
        3 => low << 24 | low << 16 | low << 8 | low,
        _ => (low | 0x80).rotate_right(form),
    };
    let a = core.value(a);
    core.alu(how, sets_flags, dst, a, Operand::Const(u64::from(number)));
    true
}

/// Immediates of twelve and sixteen bits, bit fields, saturation.
fn plain(core: &mut Core<'_>, word: u32) -> bool {
    let (source, dst) = (field(word, 16, 4) as Reg, field(word, 8, 4) as Reg);
    let twelve = field(word, 26, 1) << 11 | field(word, 12, 3) << 8 | field(word, 0, 8);
    let (low, width) = (field(word, 12, 3) << 2 | field(word, 6, 2), field(word, 0, 5));
    match field(word, 20, 5) {
        code @ (0b00000 | 0b01010) => {
            let how = if code == 0 { Binary::Add } else { Binary::Sub };
            let a = if source == PC { Operand::Const(core.pc & !3) } else { Operand::Reg(source) };
            core.compute(dst, how, a, Operand::Const(u64::from(twelve)));
        }
        0b00100 => core.set(dst, Operand::Const(u64::from(field(word, 16, 4) << 12 | twelve))),
        0b01100 => core.move_top(dst, field(word, 16, 4) << 12 | twelve),
        0b10000 | 0b10010 | 0b11000 | 0b11010 => core.clobber(dst),
        0b10100 => core.extract(dst, source, low, width + 1, true),
        0b11100 => core.extract(dst, source, low, width + 1, false),
        0b10110 => core.insert(dst, source, low, width),
        _ => return false,
    }
    true
}

/// Branches, calls, the system.
fn branches(core: &mut Core<'_>, word: u32) -> bool {
    let sign = field(word, 26, 1);
    let (first, second) = (field(word, 13, 1), field(word, 11, 1));
    let far = sign << 24
        | (1 ^ first ^ sign) << 23
        | (1 ^ second ^ sign) << 22
        | field(word, 16, 10) << 12
        | field(word, 0, 11) << 1;
    let far = signed(far, 25);
    let to = |from: u64, offset: i64| from.wrapping_add_signed(offset) & 0xffff_ffff;
    match (bit(word, 14), bit(word, 12)) {
        (false, true) => core.insn.flow = Flow::Jump(to(core.pc, far)),
        (true, true) => core.insn.flow = Flow::Call(to(core.pc, far)),
        (true, false) => {
            if bit(word, 0) {
                return false;
            }
            core.insn.switches = true;
            core.insn.flow = Flow::Call(to(core.pc & !3, far));
        }
        (false, false) => {
            let condition = field(word, 22, 4);
            if condition >= 14 {
                return system(core, word);
            }
            let near =
                sign << 20 | second << 19 | first << 18 | field(word, 16, 6) << 12 | field(word, 0, 11) << 1;
            let Some(when) = core.set_by.condition(condition) else { return false };
            core.insn.flow = Flow::Branch(when, to(core.pc, signed(near, 21)));
        }
    }
    true
}

fn system(core: &mut Core<'_>, word: u32) -> bool {
    let target = field(word, 8, 4) as Reg;
    if sign_of(word) {
        core.insn.flow = match (field(word, 20, 6), field(word, 12, 4)) {
            (0b11_1110, 8) => Flow::System,
            (0b11_1111, 8) => Flow::System,
            (0b11_1111, 10) => Flow::Stop,
            _ => return false,
        };
        return true;
    }
    match field(word, 20, 6) {
        // Status registers.
        0b11_1000 | 0b11_1001 => core.clobber_flags(),
        0b11_1010 | 0b11_1011 => {}
        // `bxj`, and the return of an exception.
        0b11_1100 => core.insn.flow = Flow::JumpRegister(field(word, 16, 4) as Reg),
        0b11_1101 => core.insn.flow = Flow::Return,
        0b11_1110 | 0b11_1111 => core.clobber(target),
        _ => return false,
    }
    true
}

fn sign_of(word: u32) -> bool {
    bit(word, 26)
}

/// Loads and stores of one register.
fn single(core: &mut Core<'_>, word: u32) -> bool {
    let (sign, loads, size) = (bit(word, 24), bit(word, 20), field(word, 21, 2));
    let (base, register) = (field(word, 16, 4) as Reg, field(word, 12, 4) as Reg);
    if size == 3 || (!loads && base == PC) || (sign && size == 2) {
        return false;
    }
    let access =
        if loads { Access::Load(register, 1 << size, sign) } else { Access::Store(register, 1 << size) };
    // What is only brought near.
    let hint = loads && register == PC && size < 2;
    let (up, low) = (bit(word, 23), i64::from(field(word, 0, 8)));
    let (offset, before, back) = if base == PC {
        let number = i64::from(field(word, 0, 12));
        (Offset::Number(if up { number } else { -number }), true, false)
    } else if up {
        (Offset::Number(i64::from(field(word, 0, 12))), true, false)
    } else if field(word, 6, 6) == 0 {
        (Offset::Register(field(word, 0, 4) as Reg, 0, field(word, 4, 2), false), true, false)
    } else if bit(word, 11) {
        let (before, add, back) = (bit(word, 10), bit(word, 9), bit(word, 8));
        if !before && !back {
            return false;
        }
        // A hint has no base to move.
        if hint && (!before || back) {
            return false;
        }
        (Offset::Number(if add { low } else { -low }), before, back)
    } else {
        return false;
    };
    if !hint {
        core.access(access, base, offset, before, back);
    }
    true
}

/// Shifts by a register, extensions, parallel arithmetic, bits counted and reversed.
fn by_register(core: &mut Core<'_>, word: u32) -> bool {
    let (code, second) = (field(word, 20, 4), field(word, 4, 4));
    let (a, dst, b) = (field(word, 16, 4) as Reg, field(word, 8, 4) as Reg, field(word, 0, 4) as Reg);
    if field(word, 12, 4) != 15 {
        return false;
    }
    match (code, second) {
        (0..=7, 0) => core.alu(Alu::Mov, code & 1 == 1, dst, Operand::Unknown, Operand::Unknown),
        (0 | 1 | 4 | 5, 8..) => {
            let bits = if code < 4 { 16 } else { 8 };
            core.extend(dst, a, b, bits, code & 1 == 0, second & 3);
        }
        (2 | 3, 8..) | (8.., _) => core.clobber(dst),
        _ => return false,
    }
    true
}

/// Multiplication and division.
fn multiply(core: &mut Core<'_>, word: u32) -> bool {
    let (code, second) = (field(word, 20, 3), field(word, 4, 4));
    let (a, dst, b) = (field(word, 16, 4) as Reg, field(word, 8, 4) as Reg, field(word, 0, 4) as Reg);
    let with = field(word, 12, 4) as Reg;
    if !bit(word, 23) {
        match (code, second) {
            (0, 0) if with == PC => core.multiply(dst, a, b, None),
            (0, 0) => core.multiply(dst, a, b, Some((with, false))),
            (0, 1) => core.multiply(dst, a, b, Some((with, true))),
            (0, _) => return false,
            _ => core.clobber(dst),
        }
        return true;
    }
    match code {
        1 | 3 => core.clobber(dst),
        0 | 2 | 4..=6 => {
            core.clobber(with);
            core.clobber(dst);
        }
        _ => return false,
    }
    true
}
