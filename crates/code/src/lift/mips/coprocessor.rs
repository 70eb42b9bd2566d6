//! The coprocessors of MIPS and its vector extension (MSA): what moves between them, memory and the general registers.

use crate::ir::{Address, Condition, Flow, Op, Operand, Relation};

use super::{Reading, value};

/// What no comparison of integers decides.
const UNKNOWN: Condition = Condition::Values(Relation::Other, Operand::Unknown, Operand::Unknown);

impl Reading<'_> {
    /// System control.
    pub(super) fn coprocessor_0(&mut self) -> Option<()> {
        let w = self.word;
        match w.rs() {
            0x00..=0x03 | 0x0b => self.clobber(w.rt()),
            0x04..=0x06 | 0x0e | 0x0c => {}
            // `mftr` and `rdpgpr`.
            0x08 => {
                self.clobber(w.rt());
                self.clobber(w.rd());
            }
            0x0a => self.clobber(w.rd()),
            0x10.. => match w.funct() {
                // `eret`, `deret`.
                0x18 | 0x1f => self.insn.flow = Flow::Return,
                0x28 => self.insn.flow = Flow::System,
                // Of the translation buffer, `wait`, and the like.
                0x01..=0x0e | 0x20 | 0x10 | 0x11 => {}
                _ => return None,
            },
            _ => return None,
        }
        Some(())
    }

    /// Floating point.
    pub(super) fn coprocessor_1(&mut self) -> Option<()> {
        let w = self.word;
        match w.rs() {
            0x00..=0x03 => self.clobber(w.rt()),
            0x04..=0x07 => {}
            0x08..=0x0a => {
                // `bc1f`, `bc1t` and, with bit 17, their likely forms; several conditions at once where MIPS-3D has them.
                let when = if w.rs() == 8 { Condition::Flags(w.rt() >> 2, Relation::Other) } else { UNKNOWN };
                self.branch_when(when);
                self.insn.nullifies = w.rs() == 8 && w.rt() & 2 != 0;
            }
            // `bz`, `bnz` of MSA.
            0x0b | 0x0f | 0x18.. => self.branch_when(UNKNOWN),
            0x10 | 0x11 | 0x14 | 0x15 | 0x16 => {
                if w.funct() >= 0x30 {
                    self.insn.does(Op::ClobberFlags { flags: w.sa() >> 2 });
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// What a processor's maker put there.
    pub(super) fn coprocessor_2(&mut self) -> Option<()> {
        let w = self.word;
        match w.rs() {
            0x00..=0x03 => self.clobber(w.rt()),
            0x08 if !self.octeon => {
                self.branch_when(UNKNOWN);
                self.insn.nullifies = w.rt() & 2 != 0;
            }
            _ => {}
        }
        Some(())
    }

    /// Floating-point loads and stores by two registers, and what multiplies and adds.
    pub(super) fn coprocessor_1x(&mut self) -> Option<()> {
        let w = self.word;
        match w.funct() {
            0x00 | 0x01 | 0x05 | 0x0f | 0x1e => {}
            0x08 => self.store_indexed(4),
            0x09 | 0x0d => self.store_indexed(8),
            0x20.. if matches!(w.funct() & 7, 0 | 1 | 6) => {}
            _ => return None,
        }
        Some(())
    }

    fn store_indexed(&mut self, size: u8) {
        let w = self.word;
        let base = (w.rs() != 0).then_some(w.rs());
        let index = (w.rt() != 0).then_some((w.rt(), 0));
        // `suxc1` leaves out the lower three bits of the address.
        let (offset, size) = if w.funct() == 0x0d { (-7, 15) } else { (0, size) };
        let to = Address { base, index, offset };
        self.insn.does(Op::Store { to, src: Operand::Unknown, size });
    }

    /// MSA.
    pub(super) fn vector(&mut self) -> Option<()> {
        let w = self.word;
        match w.funct() {
            // Stores of a vector, at ten bits of elements.
            0x24..=0x27 => {
                let elements = i64::from((w.0 << 6).cast_signed() >> 22);
                let to = match value(w.rd()) {
                    Operand::Reg(base) => Address::based(base, elements << (w.0 & 3)),
                    _ => Address::absolute((elements << (w.0 & 3)).cast_unsigned()),
                };
                self.insn.does(Op::Store { to, src: Operand::Unknown, size: 16 });
            }
            // An element or a control register to a general register.
            0x19 => self.clobber(w.sa()),
            0x28..=0x3f => return None,
            _ => {}
        }
        Some(())
    }
}
