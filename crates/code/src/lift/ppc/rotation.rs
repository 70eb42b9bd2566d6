//! Rotations with masks of PowerPC: as shifts and masks, where they are.
//!
//! A rotation to the left by `n` under a mask is a shift to the left where the mask holds only bits that a shift fills from the
//! source, one to the right by the rest where it holds only those that came around, else a rotation.

use crate::ir::{Binary, Op, Operand, Reg};

use super::Reading;

impl Reading<'_> {
    /// `rlwinm`: on 64 bits the upper half is zero, unless the mask wraps around.
    pub(super) fn rotate_word(&mut self) {
        let w = self.word;
        let (by, begin, end) = (u32::from(w.rb()), (w.0 >> 6) & 31, (w.0 >> 1) & 31);
        let (dst, src) = (w.ra(), w.rt());
        if begin <= end {
            let mask = (u32::MAX >> begin) & (u32::MAX << (31 - end));
            self.rotated(dst, src, by, u64::from(mask), 32);
        } else if self.is_64 {
            self.insn.clobber(dst);
        } else {
            let mask = (u32::MAX >> begin) | (u32::MAX << (31 - end));
            self.rotated(dst, src, by, u64::from(mask), 32);
        }
        self.record_where_said(dst);
    }

    /// `rldicl`, `rldicr`, `rldic`, `rldimi`, `rldcl`, `rldcr`.
    pub(super) fn rotate_double(&mut self) -> Option<()> {
        let w = self.word;
        let by = u32::from(w.rb()) | (w.0 & 2) << 4;
        let bound = ((w.0 >> 6) & 31) | (w.0 & 0x20);
        let (dst, src) = (w.ra(), w.rt());
        let from = |begin: u32| u64::MAX >> begin;
        let until = |end: u32| u64::MAX << (63 - end);
        let mask = match (w.0 >> 2) & 7 {
            0 => from(bound),
            1 => until(bound),
            2 if bound <= 63 - by => from(bound) & until(63 - by),
            2 => from(bound) | until(63 - by),
            // An insertion; by a register.
            3 | 4 => return self.unrotated(dst),
            _ => return None,
        };
        if self.is_64 {
            self.rotated(dst, src, by, mask, 64);
            self.record_where_said(dst);
            Some(())
        } else {
            self.unrotated(dst)
        }
    }

    fn unrotated(&mut self, dst: Reg) -> Option<()> {
        self.insn.clobber(dst);
        self.record_where_said(dst);
        Some(())
    }

    /// `dst` becomes `src` of so many bits, rotated to the left under a mask.
    fn rotated(&mut self, dst: Reg, src: Reg, by: u32, mask: u64, width: u32) {
        let all = u64::MAX >> (64 - width);
        let filled = (all << by) & all;
        let narrow = if width == 32 && self.is_64 { 32 } else { 0 };
        let (how, count, kept) = if by == 0 {
            return self.masked(dst, src, mask, all);
        } else if mask & !filled == 0 {
            (Binary::Shl, by, filled)
        } else if mask & filled == 0 {
            (Binary::Shr, width - by, all & !filled)
        } else {
            (Binary::Ror, width - by, all)
        };
        let (a, b) = (Operand::Reg(src), Operand::Const(u64::from(count)));
        self.insn.does(Op::Compute { dst, how, a, b, bits: narrow, signed: false });
        if mask != kept {
            self.insn.compute(dst, Binary::And, Operand::Reg(dst), Operand::Const(mask));
        }
    }

    fn masked(&mut self, dst: Reg, src: Reg, mask: u64, all: u64) {
        let register = if self.is_64 { u64::MAX } else { 0xffff_ffff };
        let src_value = Operand::Reg(src);
        match mask {
            _ if mask == all && all == register => self.copy(dst, src),
            0xff => self.insn.does(Op::Extend { dst, src: src_value, bits: 8, signed: false }),
            0xffff => self.insn.does(Op::Extend { dst, src: src_value, bits: 16, signed: false }),
            0xffff_ffff => self.insn.does(Op::Extend { dst, src: src_value, bits: 32, signed: false }),
            _ => self.insn.compute(dst, Binary::And, src_value, Operand::Const(mask)),
        }
    }
}
