//! Loads and stores.

use super::super::aarch32::{Access, Core, Offset, PC};
use super::super::word::{bit, field};
use super::register;
use crate::ir::{Address, Op, Operand};

/// `ldr`, `str`, `ldrb`, `strb`.
pub(super) fn single(core: &mut Core<'_>, word: u32) -> bool {
    let (before, up, back) = (bit(word, 24), bit(word, 23), bit(word, 21));
    let size = if bit(word, 22) { 1 } else { 4 };
    let offset = if bit(word, 25) {
        Offset::Register(register(word, 0), field(word, 5, 2), field(word, 7, 5), !up)
    } else {
        let number = i64::from(field(word, 0, 12));
        Offset::Number(if up { number } else { -number })
    };
    let target = register(word, 12);
    let access = if bit(word, 20) { Access::Load(target, size, false) } else { Access::Store(target, size) };
    core.access(access, register(word, 16), offset, before, back);
    true
}

/// `ldrh`, `strh`, `ldrsb`, `ldrsh`, `ldrd`, `strd`.
pub(super) fn half(core: &mut Core<'_>, word: u32) -> bool {
    let (before, up, back) = (bit(word, 24), bit(word, 23), bit(word, 21));
    let offset = if bit(word, 22) {
        let number = i64::from(field(word, 8, 4) << 4 | field(word, 0, 4));
        Offset::Number(if up { number } else { -number })
    } else {
        Offset::Register(register(word, 0), 0, 0, !up)
    };
    let target = register(word, 12);
    let access = match (bit(word, 20), field(word, 5, 2)) {
        (false, 1) => Access::Store(target, 2),
        (true, 1) => Access::Load(target, 2, false),
        (true, 2) => Access::Load(target, 1, true),
        (true, _) => Access::Load(target, 2, true),
        (false, _) if target & 1 == 1 || target == 14 => return false,
        (false, 2) => Access::LoadPair(target, target + 1),
        (false, _) => Access::StorePair(target, target + 1),
    };
    core.access(access, register(word, 16), offset, before, back);
    true
}

/// `swp`, exclusive and ordered access.
pub(super) fn exclusive(core: &mut Core<'_>, word: u32) -> bool {
    let base = register(word, 16);
    let place = Address::based(base, 0);
    let (status, low) = (register(word, 12), register(word, 0));
    if !bit(word, 23) {
        if field(word, 20, 2) != 0 {
            return false;
        }
        core.unknown(place, if bit(word, 22) { 1 } else { 4 });
        core.clobber(status);
        return true;
    }
    // Word, two words, byte, half.
    let size = match field(word, 21, 2) {
        0 => 4,
        1 => 8,
        2 => 1,
        _ => 2,
    };
    let (loads, ordered_only) = (bit(word, 20), field(word, 8, 2) == 0);
    if size == 8 && (ordered_only || (loads && status & 1 == 1)) {
        return false;
    }
    match (loads, size) {
        (true, 8) => core.access(Access::LoadPair(status, status + 1), base, Offset::Number(0), true, false),
        (true, _) if status == PC => core.clobber(status),
        (true, _) => core.insn.does(Op::Load { dst: status, from: place, size, signed: false }),
        (false, _) if ordered_only => {
            core.insn.does(Op::Store { to: place, src: Operand::Reg(low), size });
        }
        (false, _) => {
            core.unknown(place, size);
            core.clobber(status);
        }
    }
    true
}

/// `ldm`, `stm`.
pub(super) fn multiple(core: &mut Core<'_>, word: u32) -> bool {
    let (before, up, back, loads) = (bit(word, 24), bit(word, 23), bit(word, 21), bit(word, 20));
    let (base, list) = (register(word, 16), field(word, 0, 16));
    let bytes = i64::from(list.count_ones()) * 4;
    let first = match (before, up) {
        (false, true) => 0,
        (true, true) => 4,
        (false, false) => 4 - bytes,
        (true, false) => -bytes,
    };
    if list == 0 || base == PC {
        return false;
    }
    if bit(word, 22) && !(loads && bit(list, 15)) {
        // Registers of the user's mode.
        if loads {
            for number in (0..15).filter(|&number| bit(list, u32::from(number))) {
                core.clobber(number);
            }
        } else {
            core.unknown(Address::based(base, first), u8::try_from(bytes).unwrap_or(255));
        }
        if back {
            core.clobber(base);
        }
        return true;
    }
    core.multiple(loads, base, list, first, back.then_some(if up { bytes } else { -bytes }));
    true
}
