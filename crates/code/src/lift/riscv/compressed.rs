//! Instructions of two bytes: each is one of four, said shorter.

use crate::ir::{Binary, Flow, Operand, Relation};

use super::{Reading, ZERO, number, value};

impl Reading<'_> {
    pub(super) fn compressed(&mut self) -> Option<()> {
        match self.word.0 & 3 {
            0 => self.quadrant_0(),
            1 => self.quadrant_1(),
            _ => self.quadrant_2(),
        }
    }

    /// Bits `at` and up of the instruction, `count` of them, put at `to`.
    fn bits(&self, at: u32, count: u32, to: u32) -> i64 {
        i64::from((self.word.0 >> at) & ((1 << count) - 1)) << to
    }

    /// One of the registers 8 to 15.
    fn short(&self, at: u32) -> u8 {
        self.word.field(at) & 7 | 8
    }

    /// Six bits with a sign.
    fn small(&self) -> i64 {
        self.bits(2, 5, 0) - self.bits(12, 1, 5)
    }

    /// Loads and stores by a register.
    fn quadrant_0(&mut self) -> Option<()> {
        let (data, base) = (self.short(2), self.short(7));
        let word = self.bits(10, 3, 3) + self.bits(6, 1, 2) + self.bits(5, 1, 6);
        let double = self.bits(10, 3, 3) + self.bits(5, 2, 6);
        match self.word.0 >> 13 {
            0 => {
                let offset =
                    self.bits(11, 2, 4) + self.bits(7, 4, 6) + self.bits(6, 1, 2) + self.bits(5, 1, 3);
                if self.word.0 == 0 {
                    self.insn.flow = Flow::Stop;
                    return Some(());
                }
                if offset == 0 {
                    return None;
                }
                self.add(data, Operand::Reg(2), number(offset));
            }
            1 => {}
            2 => self.load(data, base, word, 4, true),
            3 if self.is_64 => self.load(data, base, double, 8, true),
            3 => {}
            // Bytes and half-words, of Zcb.
            4 => {
                let half = self.bits(5, 1, 1);
                let byte = half + self.bits(6, 1, 0);
                match (self.word.0 >> 10) & 7 {
                    0 => self.load(data, base, byte, 1, false),
                    1 => self.load(data, base, half, 2, self.word.0 & 0x40 != 0),
                    2 => self.store(base, byte, value(data), 1),
                    3 if self.word.0 & 0x40 == 0 => self.store(base, half, value(data), 2),
                    _ => return None,
                }
            }
            5 => self.store(base, double, Operand::Unknown, 8),
            6 => self.store(base, word, value(data), 4),
            _ if self.is_64 => self.store(base, double, value(data), 8),
            _ => self.store(base, word, Operand::Unknown, 4),
        }
        Some(())
    }

    /// Numbers, arithmetic, branches.
    fn quadrant_1(&mut self) -> Option<()> {
        let w = self.word;
        let (rd, small) = (w.rd(), self.small());
        match w.0 >> 13 {
            0 => self.add(rd, value(rd), number(small)),
            1 if self.is_64 && rd != 0 => self.add_word(rd, value(rd), number(small)),
            1 if self.is_64 => return None,
            1 => self.jump(1, self.jump_distance()),
            2 => self.set(rd, number(small)),
            3 if small == 0 => {
                // What may be an operation one day (Zcmop).
                if rd & 1 == 0 || rd > 15 {
                    return None;
                }
            }
            3 if rd == 2 => {
                let offset =
                    self.bits(6, 1, 4) + self.bits(5, 1, 6) + self.bits(3, 2, 7) + self.bits(2, 1, 5)
                        - self.bits(12, 1, 9);
                self.add(2, Operand::Reg(2), number(offset));
            }
            3 => self.set(rd, number(small << 12)),
            4 => self.arithmetic()?,
            5 => self.jump(0, self.jump_distance()),
            form => {
                let offset =
                    self.bits(10, 2, 3) + self.bits(5, 2, 6) + self.bits(3, 2, 1) + self.bits(2, 1, 5)
                        - self.bits(12, 1, 8);
                let relation = if form == 6 { Relation::Equal } else { Relation::NotEqual };
                self.branch(relation, value(self.short(7)), ZERO, offset);
            }
        }
        Some(())
    }

    fn jump_distance(&self) -> i64 {
        self.bits(11, 1, 4)
            + self.bits(9, 2, 8)
            + self.bits(8, 1, 10)
            + self.bits(7, 1, 6)
            + self.bits(6, 1, 7)
            + self.bits(3, 3, 1)
            + self.bits(2, 1, 5)
            - self.bits(12, 1, 11)
    }

    fn arithmetic(&mut self) -> Option<()> {
        let w = self.word;
        let rd = self.short(7);
        let (a, b) = (value(rd), value(self.short(2)));
        let by = self.bits(2, 5, 0) + self.bits(12, 1, 5);
        match (w.0 >> 10) & 3 {
            0 | 1 if by > 31 && !self.is_64 => return None,
            0 => self.shift(rd, Binary::Shr, a, number(by)),
            1 => self.shift(rd, Binary::Sar, a, number(by)),
            2 => self.compute(rd, Binary::And, a, number(self.small())),
            _ => match (w.0 & 0x1000 != 0, (w.0 >> 5) & 3) {
                (false, 0) => self.compute(rd, Binary::Sub, a, b),
                (false, 1) => self.compute(rd, Binary::Xor, a, b),
                (false, 2) => self.compute(rd, Binary::Or, a, b),
                (false, _) => self.compute(rd, Binary::And, a, b),
                (true, 0) if self.is_64 => self.compute_word(rd, Binary::Sub, a, b),
                (true, 1) if self.is_64 => self.add_word(rd, a, b),
                (true, 2) => self.compute(rd, Binary::Mul, a, b),
                (true, 3) => match (w.0 >> 2) & 7 {
                    0 => self.extend(rd, a, 8, false),
                    1 => self.extend(rd, a, 8, true),
                    2 => self.extend(rd, a, 16, false),
                    3 => self.extend(rd, a, 16, true),
                    4 if self.is_64 => self.extend(rd, a, 32, false),
                    5 => self.compute(rd, Binary::Xor, a, super::ONES),
                    _ => return None,
                },
                _ => return None,
            },
        }
        Some(())
    }

    /// Loads and stores by the stack pointer, moves, jumps to registers.
    fn quadrant_2(&mut self) -> Option<()> {
        let w = self.word;
        let (rd, rs2) = (w.rd(), w.field(2));
        let to_double = self.bits(10, 3, 3) + self.bits(7, 3, 6);
        let to_word = self.bits(9, 4, 2) + self.bits(7, 2, 6);
        match w.0 >> 13 {
            0 => {
                let by = self.bits(2, 5, 0) + self.bits(12, 1, 5);
                if by > 31 && !self.is_64 {
                    return None;
                }
                self.shift(rd, Binary::Shl, value(rd), number(by));
            }
            1 => {}
            2 if rd != 0 => {
                let offset = self.bits(4, 3, 2) + self.bits(12, 1, 5) + self.bits(2, 2, 6);
                self.load(rd, 2, offset, 4, true);
            }
            3 if self.is_64 && rd != 0 => {
                let offset = self.bits(5, 2, 3) + self.bits(12, 1, 5) + self.bits(2, 3, 6);
                self.load(rd, 2, offset, 8, true);
            }
            3 if !self.is_64 => {}
            4 => match (w.0 & 0x1000 != 0, rd, rs2) {
                (false, 0, 0) => return None,
                (false, _, 0) => self.jump_register(0, rd, 0),
                (false, ..) => self.set(rd, value(rs2)),
                (true, 0, 0) => self.insn.flow = Flow::Stop,
                (true, _, 0) => self.jump_register(1, rd, 0),
                (true, ..) => self.add(rd, value(rd), value(rs2)),
            },
            5 => self.store(2, to_double, Operand::Unknown, 8),
            6 => self.store(2, to_word, value(rs2), 4),
            7 if self.is_64 => self.store(2, to_double, value(rs2), 8),
            7 => self.store(2, to_word, Operand::Unknown, 4),
            _ => return None,
        }
        Some(())
    }
}
