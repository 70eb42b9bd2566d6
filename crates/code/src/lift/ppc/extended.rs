//! The instructions of PowerPC that have ten further bits of operation: opcodes 19 and 31.

use crate::ir::{Address, Binary, Condition, Flow, Op, Operand, Reg};

use super::{COUNT, LINK, Reading, ZERO, relation};

impl Reading<'_> {
    /// Branches to registers and the condition register's own logic.
    pub(super) fn extended_19(&mut self) -> Option<()> {
        let w = self.word;
        // `addpcis`: the only one whose number overlaps these bits.
        if (w.0 >> 1) & 31 == 2 {
            self.only_64()?;
            let number = (w.0 & 0xffc0) | (w.0 >> 15) & 0x3e | w.0 & 1;
            let number = i64::from(number as u16 as i16) << 16;
            let here = self.after().wrapping_add_signed(number);
            self.insn.set(w.rt(), Operand::Const(here));
            return Some(());
        }
        match (w.0 >> 1) & 0x3ff {
            0 if !w.records() => self.insn.does(Op::ClobberFlags { flags: w.bf() }),
            16 => {
                self.branch_to(if w.records() { Flow::CallRegister(LINK) } else { Flow::Return });
            }
            528 if w.rt() & 4 != 0 => self.branch_to(match w.records() {
                true => Flow::CallRegister(COUNT),
                false => Flow::JumpRegister(COUNT),
            }),
            // `bctar`: its register is not modelled, so it goes by a count register that is not known.
            560 => {
                self.insn.clobber(COUNT);
                self.branch_to(match w.records() {
                    true => Flow::CallRegister(COUNT),
                    false => Flow::JumpRegister(COUNT),
                });
            }
            33 | 129 | 193 | 225 | 257 | 289 | 417 | 449 if !w.records() => {
                self.insn.does(Op::ClobberFlags { flags: w.rt() >> 2 });
            }
            // Back from an interrupt.
            18 | 38 | 39 | 50 | 51 | 82 | 146 | 274 => self.insn.flow = Flow::Return,
            150 | 370 | 402 | 434 | 466 | 498 => {}
            198 => self.insn.flow = Flow::Stop,
            _ => return None,
        }
        Some(())
    }

    fn branch_to(&mut self, flow: Flow) {
        self.insn.flow = flow;
        if self.word.rt() & 0x14 != 0x14 {
            self.insn.when = Some(self.counted_before());
        }
    }

    pub(super) fn extended_31(&mut self) -> Option<()> {
        let w = self.word;
        let form = (w.0 >> 1) & 0x3ff;
        if self.arithmetic(form).or_else(|| self.logic(form)).is_some() {
            return Some(());
        }
        // `hashst` and its like, whose lowest bit is one of an offset below the base.
        if matches!(form, 658 | 690 | 722 | 754) {
            self.only_64()?;
            let offset = i64::from(w.0 & 1) * 256 + i64::from(w.rt()) * 8 - 512;
            if matches!(form, 658 | 722) {
                self.store(self.based(offset), Operand::Unknown, 8);
            }
            return Some(());
        }
        // `isel` has a bit of the condition register among these.
        if form & 31 == 15 && !w.records() {
            let bit = w.field(6);
            let when = Condition::Flags(bit >> 2, relation(bit, true));
            let yes = self.base().map_or(ZERO, Operand::Reg);
            self.insn.does(Op::Select { dst: w.rt(), when, yes, no: Operand::Reg(w.rb()) });
            return Some(());
        }
        if w.records() && !matches!(form, 150 | 214 | 694 | 726 | 182 | 979) {
            // Hints of loads that reserve, and what records in field 0 in its own way.
            return match form {
                20 | 84 | 52 | 116 | 276 => self.indexed_memory(form),
                654 | 686 | 718 | 750 | 782 | 814 | 846 | 878 | 910 | 942 | 1006 | 902 | 774 => {
                    self.insn.does(Op::ClobberFlags { flags: 0 });
                    self.insn.does(Op::ClobberFlags { flags: w.bf() });
                    Some(())
                }
                // Moves of vector registers have the register's highest bit here.
                51 | 115 | 307 => {
                    self.insn.clobber(w.ra());
                    Some(())
                }
                12 | 76 | 179 | 211 | 243 | 403 | 435 => Some(()),
                _ if vector_load(form) => Some(()),
                _ => self.vector_store(form),
            };
        }
        self.indexed_memory(form).or_else(|| self.special(form))
    }

    /// Results in the first field. Bit 9 of the form says that overflow is recorded, which is not modelled.
    fn arithmetic(&mut self, form: u32) -> Option<()> {
        let w = self.word;
        let (rt, a, b) = (w.rt(), Operand::Reg(w.ra()), Operand::Reg(w.rb()));
        match form & 0x1ff {
            266 | 10 => self.insn.compute(rt, Binary::Add, a, b),
            40 | 8 => self.insn.compute(rt, Binary::Sub, b, a),
            104 => self.insn.compute(rt, Binary::Sub, ZERO, a),
            // Of 32 bits each, the product has 64.
            235 if self.is_64 => self.insn.clobber(rt),
            235 => self.insn.compute(rt, Binary::Mul, a, b),
            233 if self.is_64 => self.insn.compute(rt, Binary::Mul, a, b),
            138 | 136 | 234 | 232 | 202 | 200 => self.insn.clobber(rt),
            // Division, whose upper half is undefined of words; the upper halves of products.
            491 | 459 | 489 | 457 | 427 | 395 | 425 | 393 => {
                self.insn.clobber(rt);
                if w.records() {
                    self.insn.does(Op::ClobberFlags { flags: 0 });
                }
                return Some(());
            }
            75 | 11 | 73 | 9 | 233 if form < 512 => {
                self.insn.clobber(rt);
                if w.records() {
                    self.insn.does(Op::ClobberFlags { flags: 0 });
                }
                return Some(());
            }
            _ => return None,
        }
        self.record_where_said(rt);
        Some(())
    }

    /// Results in the second field.
    fn logic(&mut self, form: u32) -> Option<()> {
        let w = self.word;
        let (dst, rs, rb) = (w.ra(), w.rt(), w.rb());
        let (a, b, result) = (Operand::Reg(rs), Operand::Reg(rb), Operand::Reg(dst));
        let ones = Operand::Const(u64::MAX);
        let narrow = if self.is_64 { 32 } else { 0 };
        match form {
            28 if rs == rb => self.copy(dst, rs),
            28 => {
                if w.records() {
                    self.insn.does(Op::Test { flags: 0, a, b, bits: 0 });
                    self.insn.compute(dst, Binary::And, a, b);
                    return Some(());
                }
                self.insn.compute(dst, Binary::And, a, b);
            }
            444 if rs == rb => self.copy(dst, rs),
            444 => self.insn.compute(dst, Binary::Or, a, b),
            316 if rs == rb => self.insn.set(dst, ZERO),
            316 => self.insn.compute(dst, Binary::Xor, a, b),
            124 if rs == rb => self.insn.compute(dst, Binary::Xor, a, ones),
            124 | 476 | 284 => {
                let how = match form {
                    124 => Binary::Or,
                    476 => Binary::And,
                    _ => Binary::Xor,
                };
                self.insn.compute(dst, how, a, b);
                self.insn.compute(dst, Binary::Xor, result, ones);
            }
            // The complement of the second goes through the result's register; where that is the first's, it is said otherwise:
            // a & !b is (a | b) ^ b, and a | !b is !((a & b) ^ b).
            60 | 412 if dst != rs => {
                self.insn.compute(dst, Binary::Xor, b, ones);
                self.insn.compute(dst, if form == 60 { Binary::And } else { Binary::Or }, a, result);
            }
            60 if rs == rb => self.insn.set(dst, ZERO),
            60 => {
                self.insn.compute(dst, Binary::Or, a, b);
                self.insn.compute(dst, Binary::Xor, result, b);
            }
            412 if rs == rb => self.insn.set(dst, ones),
            412 => {
                self.insn.compute(dst, Binary::And, a, b);
                self.insn.compute(dst, Binary::Xor, result, b);
                self.insn.compute(dst, Binary::Xor, result, ones);
            }
            954 => self.insn.does(Op::Extend { dst, src: a, bits: 8, signed: true }),
            922 => self.insn.does(Op::Extend { dst, src: a, bits: 16, signed: true }),
            986 if self.is_64 => self.insn.does(Op::Extend { dst, src: a, bits: 32, signed: true }),
            824 => {
                let by = Operand::Const(u64::from(rb));
                let signed = self.is_64;
                self.insn.does(Op::Compute { dst, how: Binary::Sar, a, b: by, bits: narrow, signed });
            }
            826 | 827 if self.is_64 => {
                let by = Operand::Const(u64::from(rb) | u64::from(form & 1) << 5);
                self.insn.compute(dst, Binary::Sar, a, by);
            }
            // `extswsli`.
            890 | 891 if self.is_64 => {
                let by = Operand::Const(u64::from(rb) | u64::from(form & 1) << 5);
                self.insn.does(Op::Extend { dst, src: a, bits: 32, signed: true });
                self.insn.compute(dst, Binary::Shl, result, by);
            }
            // Shifts by a register, counts of zeros.
            24 | 536 | 792 | 27 | 539 | 794 | 826 | 827 | 986 | 26 | 58 | 538 | 570 => {
                self.insn.clobber(dst);
            }
            // Without a form that records: counts of bits, parities, permutations, decimal.
            122 | 378 | 506 | 154 | 186 | 252 | 508 | 282 | 314 | 219 | 155 | 187 | 59 | 188 | 156 | 220
            | 571 | 78
                if !w.records() =>
            {
                self.insn.clobber(dst);
                return Some(());
            }
            _ => return None,
        }
        self.record_where_said(dst);
        Some(())
    }

    /// Loads and stores by two registers.
    fn indexed_memory(&mut self, form: u32) -> Option<()> {
        let w = self.word;
        let (rt, at) = (w.rt(), self.indexed());
        let (src, unknown) = (Operand::Reg(rt), Operand::Unknown);
        match form {
            23 | 20 => self.load(at, 4, false),
            55 => self.load_update(at, 4, false)?,
            87 | 52 => self.load(at, 1, false),
            119 => self.load_update(at, 1, false)?,
            279 | 116 => self.load(at, 2, false),
            311 => self.load_update(at, 2, false)?,
            343 => self.load(at, 2, true),
            375 => self.load_update(at, 2, true)?,
            341 if self.is_64 => self.load(at, 4, true),
            373 if self.is_64 => self.load_update(at, 4, true)?,
            21 | 84 if self.is_64 => self.load(at, 8, false),
            53 if self.is_64 => self.load_update(at, 8, false)?,
            53 | 373 => {
                self.insn.clobber(rt);
                self.update(at)?;
            }
            // Of the other byte order, of embedded processors, of wider registers, and what changes memory on its way.
            790 | 534 | 532 | 341 | 21 | 84 | 95 | 287 | 31 | 29 | 310 => self.insn.clobber(rt),
            582 | 614 => {
                self.store(Address { offset: -8, ..self.based(0) }, unknown, 24);
                self.insn.clobber(rt);
                self.insn.clobber((rt + 1) & 31);
            }
            276 => {
                self.insn.clobber(rt);
                self.insn.clobber((rt + 1) & 31);
            }
            // Strings of bytes into registers, of as many as there may be.
            597 => {
                let count = if w.rb() == 0 { 32 } else { w.rb() };
                for number in 0..count.div_ceil(4) {
                    self.insn.clobber((rt + number) & 31);
                }
            }
            533 => (0..32).for_each(|register| self.insn.clobber(register)),
            151 => self.store(at, src, 4),
            183 => self.store_update(at, src, 4)?,
            215 => self.store(at, src, 1),
            247 => self.store_update(at, src, 1)?,
            407 => self.store(at, src, 2),
            439 => self.store_update(at, src, 2)?,
            149 if self.is_64 => self.store(at, src, 8),
            181 if self.is_64 => self.store_update(at, src, 8)?,
            181 => self.store_update(at, unknown, 8)?,
            918 | 415 => self.store(at, unknown, 2),
            662 | 159 | 438 => self.store(at, unknown, 4),
            660 | 149 | 157 => self.store(at, unknown, 8),
            223 => self.store(at, unknown, 1),
            // Whether it was stored comes back in field 0.
            150 | 214 | 694 | 726 | 182 => {
                let size = match form {
                    150 => 4,
                    214 => 8,
                    694 => 1,
                    726 => 2,
                    _ => 16,
                };
                self.store(at, unknown, size);
                self.insn.does(Op::ClobberFlags { flags: 0 });
            }
            710 | 742 => self.store(self.based(0), unknown, 8),
            725 => {
                let count = if w.rb() == 0 { 32 } else { w.rb() };
                self.store(self.based(0), unknown, count);
            }
            661 => self.store(at, unknown, 128),
            // Floating point.
            535 | 599 | 855 | 887 | 791 => {}
            567 | 631 => self.update(at)?,
            663 | 983 => self.store(at, unknown, 4),
            695 => self.store_update(at, unknown, 4)?,
            727 => self.store(at, unknown, 8),
            759 => self.store_update(at, unknown, 8)?,
            919 => self.store(at, unknown, 16),
            _ if vector_load(form) => {}
            _ => self.vector_store(form)?,
        }
        Some(())
    }

    fn vector_store(&mut self, form: u32) -> Option<()> {
        let at = self.indexed();
        match form {
            135 => self.store(at, Operand::Unknown, 1),
            167 => self.store_aligned(2),
            199 => self.store_aligned(4),
            231 | 487 => self.store_aligned(16),
            716 => self.store(at, Operand::Unknown, 8),
            652 | 140 => self.store(at, Operand::Unknown, 4),
            909 | 141 => self.store(at, Operand::Unknown, 1),
            941 | 173 => self.store(at, Operand::Unknown, 2),
            205 => self.store(at, Operand::Unknown, 4),
            237 => self.store(at, Operand::Unknown, 8),
            972 | 908 | 940 | 1004 | 396 => self.store(at, Operand::Unknown, 16),
            // Of a length that a register says, at an address alone.
            397 | 429 => self.store(self.based(0), Operand::Unknown, 16),
            461 => self.store(at, Operand::Unknown, 32),
            _ => return None,
        }
        Some(())
    }

    /// Comparisons, moves from and to special registers, what the system does.
    fn special(&mut self, form: u32) -> Option<()> {
        let w = self.word;
        let rt = w.rt();
        match form {
            0 if w.0 & 0x0040_0000 == 0 => self.compare(false, Operand::Reg(w.rb()))?,
            32 if w.0 & 0x0040_0000 == 0 => self.compare(true, Operand::Reg(w.rb()))?,
            192 | 224 | 512 | 576 => self.insn.does(Op::ClobberFlags { flags: w.bf() }),
            718 => self.insn.does(Op::ClobberFlags { flags: w.bf() }),
            4 => self.trap(),
            68 => {
                self.only_64()?;
                self.trap();
            }
            339 => match special_register(w.0) {
                8 => self.insn.set(rt, Operand::Reg(LINK)),
                9 => self.insn.set(rt, Operand::Reg(COUNT)),
                _ => self.insn.clobber(rt),
            },
            467 => match special_register(w.0) {
                8 => self.insn.set(LINK, Operand::Reg(rt)),
                9 => self.insn.set(COUNT, Operand::Reg(rt)),
                _ => {}
            },
            // `mfcr`, `mfmsr`, `mftb`, `mfdcr` and the like, of the translation of addresses, random numbers, `setb`, remainders.
            19 | 83 | 371 | 323 | 259 | 291 | 334 | 595 | 659 | 915 | 851 | 946 | 914 | 755 | 128 | 74
            | 779 | 267 | 777 | 265 => self.insn.clobber(rt),
            170 | 426 | 682 | 938 => self.insn.clobber(rt),
            979 => {
                self.insn.clobber(rt);
                self.insn.does(Op::ClobberFlags { flags: 0 });
            }
            // `setbc` and its like give what a condition bit says.
            384 | 416 | 448 | 480 => {
                let when = Condition::Flags(w.ra() >> 2, relation(w.ra(), true));
                let one = Operand::Const(if form < 448 { 1 } else { u64::MAX });
                let (yes, no) = if form & 32 == 0 { (one, ZERO) } else { (ZERO, one) };
                self.insn.does(Op::Select { dst: rt, when, yes, no });
            }
            144 => {
                let fields = (w.0 >> 12) & 0xff;
                for flags in 0..8 {
                    if fields & (0x80 >> flags) != 0 {
                        self.insn.does(Op::ClobberFlags { flags });
                    }
                }
            }
            51 | 115 | 307 => self.insn.clobber(w.ra()),
            // Zeroes as much as the processor keeps together, around the address.
            1014 => {
                let at = Address { offset: -127, ..self.indexed() };
                self.store(at, Operand::Unknown, 255);
            }
            // To special and vector registers.
            146 | 178 | 210 | 242 | 82 | 114 | 451 | 387 | 419 | 462 | 131 | 163 | 179 | 211 | 243 | 403
            | 435 => {}
            // Hints, barriers, of the caches, of messages between threads.
            22 | 54 | 86 | 246 | 278 | 470 | 758 | 982 | 63 | 127 | 255 | 319 | 991 | 342 | 374 | 822
            | 598 | 854 | 30 | 62 | 134 | 166 | 230 | 390 | 966 | 998 | 1010 | 142 | 174 | 206 | 238
            | 774 | 838 => {}
            // Of the translation of addresses.
            18 | 274 | 306 | 370 | 402 | 434 | 466 | 498 | 566 | 786 | 850 | 978 => {}
            1023 => self.store(Address { offset: -127, ..self.indexed() }, Operand::Unknown, 255),
            _ => return None,
        }
        Some(())
    }
}

/// Loads of vector registers.
fn vector_load(form: u32) -> bool {
    matches!(
        form,
        6 | 7
            | 38
            | 39
            | 71
            | 103
            | 359
            | 588
            | 524
            | 12
            | 76
            | 844
            | 780
            | 332
            | 812
            | 876
            | 268
            | 300
            | 364
            | 269
            | 301
            | 781
            | 813
            | 13
            | 45
            | 77
            | 109
            | 333
    )
}

/// A special register's number, whose halves are stored the other way round.
fn special_register(word: u32) -> Reg {
    let number = ((word >> 16) & 31) | (word >> 6) & 0x3e0;
    Reg::try_from(number).unwrap_or(Reg::MAX)
}
