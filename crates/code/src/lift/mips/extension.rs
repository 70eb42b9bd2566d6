//! What later releases and makers of processors added to MIPS under the opcodes `SPECIAL2` and `SPECIAL3`.

use crate::ir::{Address, Binary, Condition, Flow, Op, Operand, Relation};

use super::{HI, LO, Reading, ZERO, value};

impl Reading<'_> {
    pub(super) fn special_2(&mut self) -> Option<()> {
        let w = self.word;
        let (rs, rt, rd) = (w.rs(), w.rt(), w.rd());
        match w.funct() {
            // `madd` and its like: they add to the product.
            0x00 | 0x01 | 0x04 | 0x05 => {
                self.clobber_product();
                self.clobber(rd);
            }
            0x02 if w.sa() == 0 => {
                self.clobber_product();
                self.compute_word(rd, Binary::Mul, value(rs), value(rt));
            }
            0x20 | 0x21 if w.sa() == 0 => self.clobber(rd),
            0x24 | 0x25 if w.sa() == 0 && self.is_64 => self.clobber(rd),
            0x3f => self.insn.flow = Flow::Stop,
            _ if self.octeon => self.octeon_2()?,
            // Of who builds a processor in.
            0x10..=0x1f => {
                self.clobber(rs);
                self.clobber(rt);
                self.clobber(rd);
            }
            // Multiplication and division of Loongson, Octeon's where it is not known to be one.
            0x03 | 0x06..=0x0f | 0x28..=0x3e if self.is_64 => {
                self.clobber(rt);
                self.clobber(rd);
            }
            _ => return None,
        }
        Some(())
    }

    fn octeon_2(&mut self) -> Option<()> {
        let w = self.word;
        let (a, rt, rd) = (value(w.rs()), w.rt(), w.rd());
        match w.funct() {
            0x03 => {
                self.clobber_product();
                self.compute(rd, Binary::Mul, a, value(rt));
            }
            0x08..=0x0f => {}
            0x10 | 0x11 => self.clobber(rd),
            // `saa`, `saad` add to memory.
            0x18 | 0x19 => {
                let size = if w.funct() == 0x18 { 4 } else { 8 };
                let to = Address { base: (w.rs() != 0).then_some(w.rs()), index: None, offset: 0 };
                self.insn.does(Op::Store { to, src: Operand::Unknown, size });
            }
            // `baddu`, `pop`, `dpop`.
            0x28 | 0x2c | 0x2d => self.clobber(rd),
            0x2a => self.set_when(rd, Relation::Equal, a, value(rt)),
            0x2b => self.set_when(rd, Relation::NotEqual, a, value(rt)),
            0x2e | 0x2f => {
                let number = i64::from(w.0.cast_signed() << 16 >> 22);
                let relation = if w.funct() == 0x2e { Relation::Equal } else { Relation::NotEqual };
                self.set_when(rt, relation, a, Operand::Const(number.cast_unsigned()));
            }
            // `cins`, `exts`: a field is placed, or taken with its sign.
            0x32 | 0x33 => {
                let at = u64::from(w.sa()) + if w.funct() == 0x33 { 32 } else { 0 };
                let mask = u64::MAX >> (63 - rd);
                self.compute(rt, Binary::And, a, Operand::Const(mask));
                self.compute(rt, Binary::Shl, value(rt), Operand::Const(at));
            }
            0x3a | 0x3b => {
                let at = u64::from(w.sa()) + if w.funct() == 0x3b { 32 } else { 0 };
                let left = 63_u64.checked_sub(at + u64::from(rd))?;
                self.compute(rt, Binary::Shl, a, Operand::Const(left));
                self.compute(rt, Binary::Sar, value(rt), Operand::Const(left + at));
            }
            _ => return None,
        }
        Some(())
    }

    fn set_when(&mut self, dst: u8, relation: Relation, a: Operand, b: Operand) {
        let when = Condition::Values(relation, a, b);
        self.select(dst, when, Operand::Const(1), ZERO);
    }

    pub(super) fn special_3(&mut self) -> Option<()> {
        let w = self.word;
        let (rs, rt, rd, sa) = (w.rs(), w.rt(), w.rd(), w.sa());
        let (top, low) = (u32::from(rd), u32::from(sa));
        match w.funct() {
            0x00 => self.extract(low, top + 1)?,
            0x01..=0x03 if self.is_64 => {
                let (at, size) = match w.funct() {
                    0x01 => (low, top + 33),
                    0x02 => (low + 32, top + 1),
                    _ => (low, top + 1),
                };
                self.extract(at, size)?;
            }
            0x04 => self.insert(low, (top + 1).checked_sub(low)?),
            0x05..=0x07 if self.is_64 => {
                let (at, end) = match w.funct() {
                    0x05 => (low, top + 33),
                    0x06 => (low + 32, top + 33),
                    _ => (low, top + 1),
                };
                self.insert(at, end.checked_sub(at)?);
            }
            // `fork`, `yield`.
            0x08 | 0x09 => self.clobber(rd),
            0x0a => self.load_indexed()?,
            0x20 if rs == 0 => match sa {
                0x10 => self.extend(rd, value(rt), 8, true),
                0x18 => self.extend(rd, value(rt), 16, true),
                _ => self.clobber(rd),
            },
            0x24 if rs == 0 && self.is_64 => self.clobber(rd),
            0x3b if rs == 0 => self.clobber(rt),
            // Loads and stores of user memory by the kernel, at nine bits.
            0x19 | 0x1a | 0x28 | 0x29 | 0x2c..=0x2f => self.clobber(rt),
            0x1c | 0x1d | 0x1f | 0x21 | 0x22 => self.store_to_user(w.funct())?,
            0x1e => {
                self.store_to_user(w.funct())?;
                self.clobber(rt);
            }
            0x1b | 0x23 => {}
            // The DSP extension: any of its results.
            0x0c | 0x0d | 0x10..=0x16 | 0x18 | 0x30 | 0x31 | 0x34 | 0x35 | 0x38 | 0x3c => {
                self.clobber(rt);
                self.clobber(rd);
                self.clobber(HI);
                self.clobber(LO);
            }
            _ => return None,
        }
        Some(())
    }

    /// `ext` and its like: `size` bits from bit `at` on.
    fn extract(&mut self, at: u32, size: u32) -> Option<()> {
        let (dst, of) = (self.word.rt(), value(self.word.rs()));
        let width = if self.is_64 && self.word.funct() != 0 { 64 } else { 32 };
        if at + size > width {
            return None;
        }
        match (at, size) {
            (0, 64) => self.set(dst, of),
            (0, 32) if width == 32 && !self.is_64 => self.set(dst, of),
            (0, 32) => self.extend(dst, of, 32, width == 32),
            (0, 8 | 16) => self.extend(dst, of, if size == 8 { 8 } else { 16 }, false),
            _ => {
                let mask = Operand::Const(u64::MAX >> (64 - size));
                if at == 0 {
                    self.compute(dst, Binary::And, of, mask);
                } else {
                    self.compute(dst, Binary::Shr, of, Operand::Const(u64::from(at)));
                    self.compute(dst, Binary::And, value(dst), mask);
                }
            }
        }
        Some(())
    }

    /// `ins` and its like: zeros are inserted as they say, other bits not modelled.
    fn insert(&mut self, at: u32, size: u32) {
        let (dst, of) = (self.word.rt(), self.word.rs());
        if of != 0 || !(1..=64).contains(&size) {
            return self.clobber(dst);
        }
        let hole = Operand::Const(!((u64::MAX >> (64 - size)) << at));
        if self.word.funct() == 0x04 {
            self.compute_word(dst, Binary::And, value(dst), hole);
        } else {
            self.compute(dst, Binary::And, value(dst), hole);
        }
    }

    /// Loads by two registers, of the DSP extension and Octeon.
    fn load_indexed(&mut self) -> Option<()> {
        let w = self.word;
        let (size, signed) = match w.sa() {
            0x00 => (4, true),
            0x04 => (2, true),
            0x06 => (1, false),
            0x08 => (8, true),
            0x10 => (4, false),
            0x14 => (2, false),
            0x16 => (1, true),
            _ => return None,
        };
        let base = (w.rs() != 0).then_some(w.rs());
        let index = (w.rt() != 0).then_some((w.rt(), 0));
        if w.rd() != 0 {
            let from = Address { base, index, offset: 0 };
            self.insn.does(Op::Load { dst: w.rd(), from, size, signed });
        }
        Some(())
    }

    fn store_to_user(&mut self, funct: u8) -> Option<()> {
        let w = self.word;
        let offset = i64::from(w.0.cast_signed() << 16 >> 23);
        let (from, size) = match funct {
            0x1c => (0, 1),
            0x1d => (0, 2),
            0x1e | 0x1f => (0, 4),
            // Parts of an unaligned word, before or behind the address.
            0x21 | 0x22 => (-3, 7),
            _ => return None,
        };
        let to = match w.rs() {
            0 => Address::absolute((offset + from).cast_unsigned()),
            base => Address::based(base, offset + from),
        };
        self.insn.does(Op::Store { to, src: Operand::Unknown, size });
        Some(())
    }
}
