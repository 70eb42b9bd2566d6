//! Floating-point, vectors, scalable vectors: which general registers, flags and memory they write.

use super::super::word::{bit, field};
use super::{clobber, general};
use crate::ir::{Address, Insn, Op, Operand};

/// Calculations of floating-point and vector registers.
pub(super) fn lift(word: u32, insn: &mut Insn) -> bool {
    match field(word, 24, 8) {
        0x1e | 0x9e => scalar(word, insn),
        0x0e | 0x4e => {
            // `smov`, `umov`.
            if field(word, 21, 3) == 0
                && !bit(word, 15)
                && bit(word, 10)
                && matches!(field(word, 11, 4), 5 | 7)
            {
                clobber(insn, general(word, 0));
            }
            true
        }
        0x0f | 0x1f | 0x2e | 0x2f | 0x4f | 0x5e | 0x5f | 0x6e | 0x6f | 0x7e | 0x7f | 0xce => true,
        _ => false,
    }
}

fn scalar(word: u32, insn: &mut Insn) -> bool {
    if bit(word, 29) {
        return false;
    }
    let code = field(word, 16, 3);
    if !bit(word, 21) {
        // Of fixed point: to a register, or from one.
        if matches!(code, 0 | 1) {
            clobber(insn, general(word, 0));
        }
        return true;
    }
    if field(word, 10, 6) == 0 {
        if matches!(code, 0 | 1 | 4 | 5 | 6) {
            clobber(insn, general(word, 0));
        }
        // `fjcvtzs` says in the flags whether it was exact.
        if code == 6 && field(word, 19, 2) == 3 {
            insn.does(Op::ClobberFlags { flags: 0 });
        }
        return true;
    }
    if bit(word, 31) {
        return false;
    }
    // `fcmp`, `fccmp`.
    if field(word, 10, 6) == 0b00_1000 || field(word, 10, 2) == 1 {
        insn.does(Op::ClobberFlags { flags: 0 });
    }
    true
}

/// Scalable vectors. Calculations may write the general register in the
/// lowest field, and the flags; loads and stores neither.
pub(super) fn scalable(word: u32, insn: &mut Insn) -> bool {
    if bit(word, 31) {
        if field(word, 29, 3) == 7 {
            insn.does(Op::Store {
                to: Address::based(super::stacked(word, 5), 0),
                src: Operand::Unknown,
                size: 255,
            });
        }
        return true;
    }
    let form = field(word, 11, 5);
    let counts = match field(word, 24, 8) {
        // Vector lengths and counts of elements.
        0x04 => bit(word, 21) && matches!(form, 0b01010 | 0b01011 | 0b11100..=0b11111),
        // The last element, copied.
        0x05 => form >> 2 == 0b101 && matches!(field(word, 17, 5), 0b10000 | 0b11000),
        // Counts of a predicate's elements.
        0x25 => bit(word, 21) && form >> 3 == 0b10,
        _ => false,
    };
    // `addvl`, `addpl`, whose 31 is the stack pointer.
    if word & 0xffa0_f000 == 0x0420_5000 {
        insn.clobber(super::stacked(word, 0));
    } else if counts {
        clobber(insn, general(word, 0));
    }
    if matches!(field(word, 24, 8), 0x24 | 0x25 | 0x45) {
        insn.does(Op::ClobberFlags { flags: 0 });
    }
    true
}
