//! Floating-point and vector instructions of PowerPC: the few that write general registers, condition fields or memory.

use crate::ir::{Address, Op, Operand};

use super::Reading;

impl Reading<'_> {
    /// AltiVec and, on 32 bits, SPE, which share their opcode.
    pub(super) fn vector(&mut self) {
        let w = self.word;
        let form = w.0 & 0x7ff;
        if !self.is_64 {
            match form {
                // Comparisons of SPE.
                0x230..=0x234
                | 0x28c..=0x28e
                | 0x29c..=0x29e
                | 0x2cc..=0x2ce
                | 0x2dc..=0x2de
                | 0x2ec..=0x2ee
                | 0x2fc..=0x2fe => self.insn.does(Op::ClobberFlags { flags: w.bf() }),
                // Its stores, by two registers or at an offset of words of their size.
                0x320..=0x33f => {
                    let shift = if form & 0x1e < 6 { 3 } else { 2 };
                    let at =
                        if form & 1 == 0 { self.indexed() } else { self.based(i64::from(w.rb()) << shift) };
                    self.store(at, Operand::Unknown, 1 << shift);
                    return;
                }
                _ => {}
            }
            self.insn.clobber(w.rt());
            // Products of half-words of the 405 and 440, where they record.
            if matches!(form & 63, 0x11 | 0x19 | 0x1d) {
                self.insn.does(Op::ClobberFlags { flags: 0 });
            }
        }
        // Comparisons and decimal arithmetic that record.
        if form & 0x400 != 0 && matches!(form & 63, 1 | 6 | 7 | 13) {
            self.insn.does(Op::ClobberFlags { flags: 6 });
        }
        // `vcmpsq`, `vcmpuq`.
        if matches!(form, 257 | 321) {
            self.insn.does(Op::ClobberFlags { flags: w.bf() });
        }
        if !self.is_64 {
            return;
        }
        let writes_general = match form {
            // Elements and counts of them to a general register.
            1538 => matches!(w.ra(), 0 | 1),
            1602 => matches!(w.ra(), 8..=15 | 24..=31),
            1549 | 1613 | 1677 | 1805 | 1869 | 1933 => true,
            // `maddhd`, `maddhdu`, `maddld`.
            _ => matches!(form & 63, 48 | 49 | 51),
        };
        if writes_general {
            self.insn.clobber(w.rt());
        }
    }

    /// `lxvp`, `stxvp`.
    pub(super) fn vector_pair(&mut self) -> Option<()> {
        self.only_64()?;
        let at = self.based(self.word.signed() & !15);
        match self.word.0 & 15 {
            0 => {}
            1 => self.store(at, Operand::Unknown, 32),
            _ => return None,
        }
        Some(())
    }

    /// VSX.
    pub(super) fn vector_scalar(&mut self) {
        let w = self.word;
        let three = (w.0 >> 3) & 0xff;
        let two = (w.0 >> 2) & 0x1ff;
        // `xsxexpdp`, `xsxsigdp`.
        if two == 347 && w.ra() < 2 {
            self.insn.clobber(w.rt());
        }
        if matches!(three, 35 | 43 | 59 | 61 | 93 | 125)
            || matches!(two, 106 | 170 | 234 | 298 | 362)
            || (two == 475 && w.ra() == 2)
        {
            self.insn.does(Op::ClobberFlags { flags: w.bf() });
        }
        if w.0 & 0x400 != 0 && matches!(three & 0x7f, 67 | 75 | 83 | 99 | 107 | 115) {
            self.insn.does(Op::ClobberFlags { flags: 6 });
        }
    }

    /// Binary and decimal floating point: comparisons and tests write a condition field, what records field 1.
    pub(super) fn floating(&mut self) {
        let w = self.word;
        let form = (w.0 >> 1) & 0x3ff;
        if matches!(form, 0 | 32 | 64 | 128 | 130 | 132 | 160 | 162 | 164 | 642 | 644 | 674 | 675 | 708)
            || matches!(form & 0x1ff, 194 | 226)
        {
            self.insn.does(Op::ClobberFlags { flags: w.bf() });
        }
        if w.records() {
            self.insn.does(Op::ClobberFlags { flags: 1 });
        }
    }

    /// A store whose address leaves out the lower bits: it lies within twice its size about it.
    pub(super) fn store_aligned(&mut self, size: u8) {
        let mut at: Address = self.indexed();
        at.offset = 1 - i64::from(size);
        self.store(at, Operand::Unknown, size.saturating_mul(2) - 1);
    }
}
