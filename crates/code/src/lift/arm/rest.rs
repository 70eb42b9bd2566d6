//! Multiplication, bit fields, extensions, status registers, the system, instructions without a condition.

use super::super::aarch32::{Core, PC, SP};
use super::super::word::{bit, field, signed};
use super::{clobber_pair, register, tested, to_register};
use crate::ir::{Address, Binary, Flow, Operand, Reg};

pub(super) fn multiply(core: &mut Core<'_>, word: u32) -> bool {
    let (dst, with, b, a) = (register(word, 16), register(word, 12), register(word, 8), register(word, 0));
    let sets_flags = bit(word, 20);
    match field(word, 21, 3) {
        0 => core.multiply(dst, a, b, None),
        1 => core.multiply(dst, a, b, Some((with, false))),
        3 if !sets_flags => core.multiply(dst, a, b, Some((with, true))),
        3 => return false,
        2 if sets_flags => return false,
        _ => {
            clobber_pair(core, with, dst);
            if sets_flags {
                core.clobber_flags();
            }
            return true;
        }
    }
    if sets_flags && dst != PC {
        tested(core, dst);
    }
    true
}

/// What stands where comparisons would set no flags.
pub(super) fn various(core: &mut Core<'_>, word: u32) -> bool {
    let (code, dst) = (field(word, 21, 2), register(word, 12));
    if bit(word, 7) {
        // Products of halves.
        match code {
            2 => clobber_pair(core, dst, register(word, 16)),
            _ => core.clobber(register(word, 16)),
        }
        return true;
    }
    match (field(word, 4, 3), code) {
        // Status registers: written, read.
        (0, 1) => core.clobber_flags(),
        (0, 3) => {}
        (0, _) => core.clobber(dst),
        (1, 1) | (2, 1) => to_register(core, register(word, 0), false),
        (1, 3) => core.clobber(dst),
        (3, 1) => to_register(core, register(word, 0), true),
        (4 | 5, _) => core.clobber(dst),
        (6, 3) => core.insn.flow = Flow::Return,
        (7, 0 | 1) => core.insn.flow = Flow::Stop,
        (7, _) => core.insn.flow = Flow::System,
        _ => return false,
    }
    true
}

/// Parallel arithmetic, extensions, saturation, bit fields, division.
pub(super) fn media(core: &mut Core<'_>, word: u32) -> bool {
    let (code, second) = (field(word, 20, 5), field(word, 5, 3));
    let (high, dst, source) = (register(word, 16), register(word, 12), register(word, 0));
    match code {
        0b0_0000 | 0b0_0100 => return false,
        0b0_1000..=0b0_1111 if second == 3 && field(word, 8, 2) == 0 => {
            let signed = !bit(word, 22);
            match code & 3 {
                2 => core.extend(dst, high, source, 8, signed, field(word, 10, 2)),
                3 => core.extend(dst, high, source, 16, signed, field(word, 10, 2)),
                _ => core.clobber(dst),
            }
        }
        0b0_0001..=0b0_1111 => core.clobber(dst),
        0b1_0100 => clobber_pair(core, dst, high),
        0b1_0000..=0b1_0111 => core.clobber(high),
        0b1_1000 => core.clobber(high),
        0b1_1010 | 0b1_1011 | 0b1_1110 | 0b1_1111 if second & 3 == 2 => {
            core.extract(dst, source, field(word, 7, 5), field(word, 16, 5) + 1, !bit(word, 22));
        }
        0b1_1100 | 0b1_1101 if second & 3 == 0 => {
            core.insert(dst, source, field(word, 7, 5), field(word, 16, 5));
        }
        0b1_1111 if second == 7 => core.insn.flow = Flow::Stop,
        _ => return false,
    }
    true
}

/// Instructions whose condition is that they have none.
pub(super) fn unconditional(core: &mut Core<'_>, word: u32) -> bool {
    match field(word, 24, 4) {
        // State of the processor, byte order of data.
        0 | 1 => field(word, 20, 8) == 0x10,
        // Vectors.
        2 | 3 => true,
        4 if !bit(word, 20) => {
            core.structures(word);
            true
        }
        // What is brought near, barriers.
        4..=7 => true,
        8 | 9 => {
            exception(core, word);
            true
        }
        10 | 11 => {
            let offset = signed(field(word, 0, 24), 24) * 4 + i64::from(field(word, 24, 1)) * 2;
            core.insn.flow = Flow::Call(core.pc.wrapping_add_signed(offset) & 0xffff_ffff);
            core.insn.switches = true;
            true
        }
        15 => false,
        _ => core.coprocessor(word & 0x0fff_ffff),
    }
}

/// `srs`, `rfe`.
fn exception(core: &mut Core<'_>, word: u32) {
    let (before, up, back, loads) = (bit(word, 24), bit(word, 23), bit(word, 21), bit(word, 20));
    let base: Reg = if loads { register(word, 16) } else { SP };
    if loads {
        core.insn.flow = Flow::Return;
        core.clobber_flags();
    } else {
        let from = match (up, before) {
            (true, false) => 0,
            (true, true) => 4,
            (false, false) => -4,
            (false, true) => -8,
        };
        core.unknown(Address::based(base, from), 8);
    }
    if back && base != PC {
        let by = if up { 8u64 } else { 0xffff_fff8 };
        core.compute(base, Binary::Add, Operand::Reg(base), Operand::Const(by));
    }
}
