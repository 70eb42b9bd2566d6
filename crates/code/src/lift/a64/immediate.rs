//! Calculations with an immediate.

use super::super::word::{bit, field, signed};
use super::{SCRATCH, clobber, compute, general, narrow, ones, set, size, stacked, value};
use crate::ir::{Binary, Insn, Op, Operand, Reg};

pub(super) fn lift(word: u32, insn: &mut Insn) -> bool {
    match field(word, 23, 3) {
        0 | 1 => address(word, insn),
        2 => add(word, insn),
        3 => tagged(word, insn),
        4 => logical(word, insn),
        5 => wide(word, insn),
        6 => bit_field(word, insn),
        _ => extract(word, insn),
    }
}

/// `adr`, `adrp`.
fn address(word: u32, insn: &mut Insn) -> bool {
    let offset = signed(field(word, 5, 19) << 2 | field(word, 29, 2), 21);
    let place = if bit(word, 31) {
        (insn.address & !0xfff).wrapping_add_signed(offset << 12)
    } else {
        insn.address.wrapping_add_signed(offset)
    };
    set(insn, true, general(word, 0), Operand::Const(place));
    true
}

/// `add`, `adds`, `sub`, `subs` and what they are called with the zero register.
fn add(word: u32, insn: &mut Insn) -> bool {
    let (wide, subtract, flags) = (bit(word, 31), bit(word, 30), bit(word, 29));
    let number = u64::from(field(word, 10, 12)) << if bit(word, 22) { 12 } else { 0 };
    let a = Operand::Reg(stacked(word, 5));
    if flags {
        compare_immediate(insn, wide, subtract, a, number);
        let how = if subtract { Binary::Sub } else { Binary::Add };
        compute(insn, wide, general(word, 0), how, a, Operand::Const(number));
    } else if number == 0 {
        set(insn, wide, stacked(word, 0), a);
    } else {
        let how = if subtract { Binary::Sub } else { Binary::Add };
        compute(insn, wide, stacked(word, 0), how, a, Operand::Const(number));
    }
    true
}

/// The flags of a subtraction or an addition of a constant below 2^31. An addition leaves what a comparison with the negated number does,
/// but of zero, which leaves no carry, as a test.
fn compare_immediate(insn: &mut Insn, wide: bool, subtract: bool, a: Operand, number: u64) {
    let bits = narrow(wide);
    insn.does(match (subtract, number) {
        (true, _) => Op::Compare { flags: 0, a, b: Operand::Const(number), bits },
        (false, 0) => Op::Test { flags: 0, a, b: a, bits },
        (false, _) => {
            Op::Compare { flags: 0, a, b: Operand::Const(number.wrapping_neg() & ones(wide)), bits }
        }
    });
}

/// `addg`, `subg`, and the largest and smallest of a register and a number.
fn tagged(word: u32, insn: &mut Insn) -> bool {
    if bit(word, 22) {
        if bit(word, 29) || bit(word, 30) || field(word, 20, 2) != 0 {
            return false;
        }
        clobber(insn, general(word, 0));
        return true;
    }
    if !bit(word, 31) || bit(word, 29) || field(word, 14, 2) != 0 {
        return false;
    }
    insn.clobber(stacked(word, 0));
    true
}

/// `and`, `orr`, `eor`, `ands`.
fn logical(word: u32, insn: &mut Insn) -> bool {
    let wide = bit(word, 31);
    let Some(mask) = mask(bit(word, 22), field(word, 16, 6), field(word, 10, 6), wide) else { return false };
    let (source, mask) = (general(word, 5), Operand::Const(mask));
    let a = value(source);
    match field(word, 29, 2) {
        0 => compute(insn, wide, stacked(word, 0), Binary::And, a, mask),
        1 if a == Operand::Const(0) => set(insn, wide, stacked(word, 0), mask),
        1 => compute(insn, wide, stacked(word, 0), Binary::Or, a, mask),
        2 => compute(insn, wide, stacked(word, 0), Binary::Xor, a, mask),
        _ => {
            insn.does(Op::Test { flags: 0, a, b: mask, bits: narrow(wide) });
            compute(insn, wide, general(word, 0), Binary::And, a, mask);
        }
    }
    true
}

/// The number of a logical immediate: a run of ones, rotated, repeated. `None` where the fields are none.
pub(super) fn mask(n: bool, rotation: u32, run: u32, wide: bool) -> Option<u64> {
    if n && !wide {
        return None;
    }
    let length = u32::from(n) << 6 | (!run & 0x3f);
    let element = 1u32 << length.checked_ilog2()?;
    if element == 1 {
        return None;
    }
    let (run, rotation) = (run & (element - 1), rotation & (element - 1));
    if run == element - 1 {
        return None;
    }
    let all = u64::MAX >> (64 - element);
    let ones = u64::MAX >> (63 - run);
    let mut mask = if rotation == 0 { ones } else { (ones >> rotation | ones << (element - rotation)) & all };
    let mut repeated = element;
    while repeated < 64 {
        mask |= mask << repeated;
        repeated *= 2;
    }
    Some(if wide { mask } else { mask & 0xffff_ffff })
}

/// `movn`, `movz`, `movk`.
fn wide(word: u32, insn: &mut Insn) -> bool {
    let (wide, shift, dst) = (bit(word, 31), field(word, 21, 2) * 16, general(word, 0));
    if !wide && shift > 16 {
        return false;
    }
    let number = u64::from(field(word, 5, 16)) << shift;
    match field(word, 29, 2) {
        0 => set(insn, wide, dst, Operand::Const(!number)),
        2 => set(insn, wide, dst, Operand::Const(number)),
        3 => {
            let rest = Operand::Const(!(0xffff << shift) & ones(wide));
            compute(insn, true, dst, Binary::And, value(dst), rest);
            compute(insn, true, dst, Binary::Or, value(dst), Operand::Const(number));
        }
        _ => return false,
    }
    true
}

/// `sbfm`, `bfm`, `ubfm`: shifts by a number, extensions, extracted and inserted fields.
fn bit_field(word: u32, insn: &mut Insn) -> bool {
    let wide = bit(word, 31);
    let (rotation, top) = (field(word, 16, 6), field(word, 10, 6));
    if bit(word, 22) != wide || (!wide && (rotation > 31 || top > 31)) {
        return false;
    }
    let (source, dst) = (general(word, 5), general(word, 0));
    match field(word, 29, 2) {
        0 => signed_field(insn, wide, dst, source, rotation, top),
        1 => {
            let (from, width) =
                if top >= rotation { (0, top - rotation + 1) } else { (size(wide) - rotation, top + 1) };
            let field = (u64::MAX >> (64 - width)) << from;
            unsigned_field(insn, wide, SCRATCH, source, rotation, top);
            compute(insn, true, dst, Binary::And, value(dst), Operand::Const(!field & ones(wide)));
            compute(insn, true, dst, Binary::Or, value(dst), Operand::Reg(SCRATCH));
        }
        2 => unsigned_field(insn, wide, dst, source, rotation, top),
        _ => return false,
    }
    true
}

fn unsigned_field(insn: &mut Insn, wide: bool, dst: Reg, source: Reg, rotation: u32, top: u32) {
    if dst == super::ZR {
        return;
    }
    let (size, number) = (size(wide), |n: u32| Operand::Const(u64::from(n)));
    let Operand::Reg(src) = value(source) else { return set(insn, wide, dst, Operand::Const(0)) };
    let mask = |width: u32| Operand::Const(u64::MAX >> (64 - width));
    if top >= rotation {
        let width = top - rotation + 1;
        match (rotation, width) {
            (0, 64) => insn.set(dst, Operand::Reg(src)),
            (0, 8 | 16 | 32) => {
                insn.does(Op::Extend { dst, src: Operand::Reg(src), bits: width as u8, signed: false })
            }
            (0, _) => compute(insn, wide, dst, Binary::And, Operand::Reg(src), mask(width)),
            _ => {
                compute(insn, wide, dst, Binary::Shr, Operand::Reg(src), number(rotation));
                if top + 1 != size {
                    compute(insn, wide, dst, Binary::And, Operand::Reg(dst), mask(width));
                }
            }
        }
    } else {
        let mut from = Operand::Reg(src);
        if top + 1 != rotation {
            compute(insn, wide, dst, Binary::And, from, mask(top + 1));
            from = Operand::Reg(dst);
        }
        compute(insn, wide, dst, Binary::Shl, from, number(size - rotation));
    }
}

fn signed_field(insn: &mut Insn, wide: bool, dst: Reg, source: Reg, rotation: u32, top: u32) {
    if dst == super::ZR {
        return;
    }
    let Operand::Reg(src) = value(source) else { return set(insn, wide, dst, Operand::Const(0)) };
    let (size, number) = (size(wide), |n: u32| Operand::Const(u64::from(n)));
    match (rotation, top) {
        (0, 7 | 15 | 31) => {
            let bits = (top + 1) as u8;
            insn.does(Op::Extend { dst, src: Operand::Reg(src), bits, signed: wide || bits < 32 });
            if !wide && bits < 32 {
                insn.does(Op::Extend { dst, src: Operand::Reg(dst), bits: 32, signed: false });
            }
        }
        (0, 63) => insn.set(dst, Operand::Reg(src)),
        _ => {
            let up = size - 1 - top;
            let down = if top >= rotation { up + rotation } else { rotation - 1 - top };
            let mut from = Operand::Reg(src);
            if up != 0 {
                compute(insn, wide, dst, Binary::Shl, from, number(up));
                from = Operand::Reg(dst);
            }
            if down != 0 {
                compute(insn, wide, dst, Binary::Sar, from, number(down));
            }
        }
    }
}

/// `extr`, `ror`.
fn extract(word: u32, insn: &mut Insn) -> bool {
    let (wide, shift) = (bit(word, 31), field(word, 10, 6));
    if field(word, 29, 2) != 0 || bit(word, 21) || bit(word, 22) != wide || (!wide && shift > 31) {
        return false;
    }
    let (high, low, dst) = (general(word, 5), general(word, 16), general(word, 0));
    let number = Operand::Const(u64::from(shift));
    if shift == 0 {
        set(insn, wide, dst, value(low));
    } else if high == low {
        compute(insn, wide, dst, Binary::Ror, value(low), number);
    } else {
        let rest = Operand::Const(u64::from(size(wide) - shift));
        compute(insn, wide, SCRATCH, Binary::Shl, value(high), rest);
        compute(insn, wide, dst, Binary::Shr, value(low), number);
        compute(insn, wide, dst, Binary::Or, value(dst), Operand::Reg(SCRATCH));
    }
    true
}
