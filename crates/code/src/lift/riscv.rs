//! RISC-V, 32 and 64 bits, with compressed instructions.
//!
//! Exact: moves, address formation, arithmetic and logic with the extensions M (products), Zba, Zbb, Zbs and Zicond where they are a
//! step or two, loads and stores, `slt` as a selection, branches, calls, returns. Register 0 is said as the number 0, and writes to
//! it are left out. A `jalr` at an offset right behind the `auipc` or `lui` of its register goes to a known place and is said so.
//!
//! Not modelled, so clobbered: division, rotations by a register, counts of bits, atomic operations, control registers; of T-Head's
//! own instructions (custom-0) every register they name. The compressed pushes and pops of Zcmp, which embedded processors have in
//! the place of stores of floating-point registers, are read as the latter.
//!
//! Source: the RISC-V Instruction Set Manual, volumes I and II, with the ratified bit-manipulation, vector and compressed extensions.

mod compressed;

use crate::ir::{Address, Binary, Condition, Flow, Insn, Lift, Op, Operand, Reg, Relation};

/// The reader of RISC-V.
#[derive(Debug)]
pub struct Riscv {
    bits: u8,
    /// The register that the latest instruction gave a part of an address, its value, and where the next instruction stands.
    upper: Option<(Reg, u64, u64)>,
}

impl Riscv {
    /// Of 32 or 64 bits.
    #[must_use]
    pub fn new(bits: u8) -> Self {
        Self { bits, upper: None }
    }
}

impl Lift for Riscv {
    fn lift(&mut self, bytes: &[u8], address: u64, insn: &mut Insn) -> bool {
        let upper = self
            .upper
            .take()
            .filter(|(.., next)| *next == address)
            .map(|(register, value, _)| (register, value));
        let Some(&[low, high]) = bytes.first_chunk() else { return false };
        let first = u16::from_le_bytes([low, high]);
        let is_64 = self.bits == 64;
        if first & 3 != 3 {
            insn.reset(address, 2);
            let mut reading = Reading { word: Word(u32::from(first)), is_64, upper, insn };
            return reading.compressed().is_some();
        }
        // Longer instructions than of four bytes are not in use.
        let Some(&word) = bytes.first_chunk() else { return false };
        if first & 0x1c == 0x1c {
            return false;
        }
        let word = Word(u32::from_le_bytes(word));
        insn.reset(address, 4);
        let mut reading = Reading { word, is_64, upper, insn };
        if reading.decode().is_none() {
            return false;
        }
        if let (0x17 | 0x37, [Op::Set { dst, src: Operand::Const(value) }]) =
            (word.0 & 0x7f, insn.ops.as_slice())
        {
            self.upper = Some((*dst, *value, address.wrapping_add(4)));
        }
        true
    }

    fn begin(&mut self) {
        self.upper = None;
    }

    fn step(&self) -> u8 {
        2
    }
}

/// The fields of an instruction of four bytes.
#[derive(Clone, Copy)]
struct Word(u32);

impl Word {
    fn field(self, at: u32) -> Reg {
        ((self.0 >> at) & 31) as Reg
    }

    fn rd(self) -> Reg {
        self.field(7)
    }

    fn rs1(self) -> Reg {
        self.field(15)
    }

    fn rs2(self) -> Reg {
        self.field(20)
    }

    fn funct3(self) -> u8 {
        ((self.0 >> 12) & 7) as u8
    }

    fn funct7(self) -> u32 {
        self.0 >> 25
    }

    /// Of loads and operations.
    fn immediate(self) -> i64 {
        i64::from(self.0.cast_signed() >> 20)
    }

    /// Of stores.
    fn store_offset(self) -> i64 {
        i64::from((self.0.cast_signed() >> 25 << 5) | i32::from(self.rd()))
    }

    fn branch_offset(self) -> i64 {
        let w = self.0;
        let low = (w >> 7) & 0x1e | (w >> 20) & 0x7e0 | (w << 4) & 0x800;
        i64::from((w.cast_signed() >> 31 << 12) | low.cast_signed())
    }

    fn jump_offset(self) -> i64 {
        let w = self.0;
        let low = (w >> 20) & 0x7fe | (w >> 9) & 0x800 | w & 0xf_f000;
        i64::from((w.cast_signed() >> 31 << 20) | low.cast_signed())
    }
}

/// What a register holds, where it is read.
fn value(register: Reg) -> Operand {
    if register == 0 { ZERO } else { Operand::Reg(register) }
}

fn number(value: i64) -> Operand {
    Operand::Const(value.cast_unsigned())
}

const ZERO: Operand = Operand::Const(0);
const ONES: Operand = Operand::Const(u64::MAX);

/// One instruction being read. Its parts say `None` where there is no such instruction.
struct Reading<'a> {
    word: Word,
    is_64: bool,
    upper: Option<(Reg, u64)>,
    insn: &'a mut Insn,
}

impl Reading<'_> {
    fn decode(&mut self) -> Option<()> {
        let w = self.word;
        let rd = w.rd();
        match w.0 & 0x7f {
            0x03 => {
                let (size, signed) = self.loaded(w.funct3())?;
                self.load(rd, w.rs1(), w.immediate(), size, signed);
            }
            // Loads of floating-point and vector registers; fences and the caches.
            0x07 => {}
            0x0f => match w.funct3() {
                0 | 1 => {}
                2 if rd == 0 => {}
                _ => return None,
            },
            0x0b => {
                self.clobber(rd);
                self.clobber(w.rs1());
                self.clobber(w.rs2());
            }
            0x13 => self.operate_immediate()?,
            0x1b if self.is_64 => self.operate_immediate_word()?,
            0x17 => {
                let upper = i64::from((w.0 & 0xffff_f000).cast_signed());
                let address = self.cut(self.insn.address.wrapping_add_signed(upper));
                self.set(rd, Operand::Const(address));
            }
            0x37 => self.set(rd, number(i64::from((w.0 & 0xffff_f000).cast_signed()))),
            0x23 => {
                let size = 1_u8 << w.funct3();
                if size > 8 || size == 8 && !self.is_64 || w.funct3() > 3 {
                    return None;
                }
                self.store(w.rs1(), w.store_offset(), value(w.rs2()), size);
            }
            0x27 => match w.funct3() {
                1..=4 => self.store(w.rs1(), w.store_offset(), Operand::Unknown, 1 << w.funct3()),
                // Of vectors, of a length that is set elsewhere.
                _ => self.store(w.rs1(), 0, Operand::Unknown, 255),
            },
            0x2f => self.atomic()?,
            0x33 => self.operate()?,
            0x3b if self.is_64 => self.operate_word()?,
            0x43 | 0x47 | 0x4b | 0x4f => {}
            // Of floating-point registers into a general one: comparisons, conversions, moves.
            0x53 => {
                if matches!(w.funct7() >> 2, 0x14 | 0x18 | 0x1c) {
                    self.clobber(rd);
                }
            }
            // Vectors: their setting, and elements and counts into a general register.
            0x57 | 0x77 => {
                if w.0 & 0x7f == 0x57 && (w.funct3() == 7 || w.funct3() == 2 && w.0 >> 26 == 0x10) {
                    self.clobber(rd);
                }
            }
            0x63 => {
                let relation = match w.funct3() {
                    0 => Relation::Equal,
                    1 => Relation::NotEqual,
                    4 => Relation::Less,
                    5 => Relation::GreaterOrEqual,
                    6 => Relation::Below,
                    7 => Relation::AboveOrEqual,
                    _ => return None,
                };
                self.branch(relation, value(w.rs1()), value(w.rs2()), w.branch_offset());
            }
            0x67 if w.funct3() == 0 => self.jump_register(rd, w.rs1(), w.immediate()),
            0x6f => self.jump(rd, w.jump_offset()),
            0x73 => self.system()?,
            _ => return None,
        }
        Some(())
    }

    /// Bytes of a load and whether its sign fills the register.
    fn loaded(&self, funct3: u8) -> Option<(u8, bool)> {
        match funct3 {
            0..=2 => Some((1 << funct3, true)),
            4 | 5 => Some((1 << (funct3 & 3), false)),
            3 if self.is_64 => Some((8, true)),
            6 if self.is_64 => Some((4, false)),
            _ => None,
        }
    }

    fn operate_immediate(&mut self) -> Option<()> {
        let w = self.word;
        let (rd, a, immediate) = (w.rd(), value(w.rs1()), w.immediate());
        let width = if self.is_64 { 6 } else { 5 };
        let by = (w.0 >> 20) & ((1 << width) - 1);
        let (kind, shift) = (w.0 >> (20 + width) << width, number(i64::from(by)));
        let bit = 1_u64 << by;
        match w.funct3() {
            0 => self.add(rd, a, number(immediate)),
            2 => self.set_when(rd, Relation::Less, a, number(immediate)),
            // Below 1 is 0.
            3 if immediate == 1 => self.set_when(rd, Relation::Equal, a, ZERO),
            3 => self.set_when(rd, Relation::Below, a, number(immediate)),
            4 => self.compute(rd, Binary::Xor, a, number(immediate)),
            6 => self.compute(rd, Binary::Or, a, number(immediate)),
            7 if immediate == 0xff && a != ZERO => self.extend(rd, a, 8, false),
            7 => self.compute(rd, Binary::And, a, number(immediate)),
            1 => match kind {
                0x000 => self.shift(rd, Binary::Shl, a, shift),
                0x280 => self.compute(rd, Binary::Or, a, Operand::Const(bit)),
                0x480 => self.compute(rd, Binary::And, a, Operand::Const(!bit)),
                0x680 => self.compute(rd, Binary::Xor, a, Operand::Const(bit)),
                0x600 => match by {
                    4 => self.extend(rd, a, 8, true),
                    5 => self.extend(rd, a, 16, true),
                    0..=2 => self.clobber(rd),
                    _ => return None,
                },
                // Of cryptography; `zip`.
                0x080 | 0x100 | 0x300 => self.clobber(rd),
                _ => return None,
            },
            _ => match kind {
                0x000 => self.shift(rd, Binary::Shr, a, shift),
                0x400 => self.shift(rd, Binary::Sar, a, shift),
                0x600 => self.shift(rd, Binary::Ror, a, shift),
                0x480 => {
                    self.shift(rd, Binary::Shr, a, shift);
                    self.compute(rd, Binary::And, value(rd), Operand::Const(1));
                }
                0x280 | 0x680 | 0x080 => self.clobber(rd),
                _ => return None,
            },
        }
        Some(())
    }

    fn operate_immediate_word(&mut self) -> Option<()> {
        let w = self.word;
        let (rd, a) = (w.rd(), value(w.rs1()));
        let shift = number(i64::from(w.rs2()));
        match (w.funct3(), w.funct7()) {
            (0, _) => self.add_word(rd, a, number(w.immediate())),
            (1, 0x00) => self.shift_word(rd, Binary::Shl, a, shift),
            (5, 0x00) => self.shift_word(rd, Binary::Shr, a, shift),
            (5, 0x20) => self.shift_word(rd, Binary::Sar, a, shift),
            (5, 0x30) => self.shift_word(rd, Binary::Ror, a, shift),
            // `slli.uw`.
            (1, 0x04 | 0x05) => {
                self.extend(rd, a, 32, false);
                self.compute(rd, Binary::Shl, value(rd), number(i64::from((w.0 >> 20) & 63)));
            }
            (1, 0x30) if w.rs2() < 3 => self.clobber(rd),
            _ => return None,
        }
        Some(())
    }

    fn operate(&mut self) -> Option<()> {
        let w = self.word;
        let (rd, rs1, rs2) = (w.rd(), w.rs1(), w.rs2());
        let (a, b) = (value(rs1), value(rs2));
        match (w.funct7(), w.funct3()) {
            (0x00, 0) => self.add(rd, a, b),
            (0x20, 0) => self.compute(rd, Binary::Sub, a, b),
            (0x00, 1) => self.shift_by(rd, Binary::Shl, rs1, rs2, false),
            (0x00, 5) => self.shift_by(rd, Binary::Shr, rs1, rs2, false),
            (0x20, 5) => self.shift_by(rd, Binary::Sar, rs1, rs2, false),
            (0x30, 1) => self.clobber(rd),
            (0x30, 5) => self.shift_by(rd, Binary::Ror, rs1, rs2, false),
            (0x00, 2) => self.set_when(rd, Relation::Less, a, b),
            // Above 0 is not 0.
            (0x00, 3) if rs1 == 0 => self.set_when(rd, Relation::NotEqual, b, ZERO),
            (0x00, 3) => self.set_when(rd, Relation::Below, a, b),
            (0x00, 4) => self.compute(rd, Binary::Xor, a, b),
            (0x00, 6) if rs1 == 0 => self.set(rd, b),
            (0x00, 6) if rs2 == 0 => self.set(rd, a),
            (0x00, 6) => self.compute(rd, Binary::Or, a, b),
            (0x00, 7) => self.compute(rd, Binary::And, a, b),
            (0x01, 0) => self.compute(rd, Binary::Mul, a, b),
            (0x01, _) => self.clobber(rd),
            // The complement goes through the result's register.
            (0x20, 6 | 7) if rd != rs1 => {
                self.compute(rd, Binary::Xor, b, ONES);
                self.compute(rd, if w.funct3() == 6 { Binary::Or } else { Binary::And }, a, value(rd));
            }
            (0x20, 6 | 7) => self.clobber(rd),
            (0x20, 4) => {
                self.compute(rd, Binary::Xor, a, b);
                self.compute(rd, Binary::Xor, value(rd), ONES);
            }
            (0x10, 2 | 4 | 6) => self.shift_add(rd, rs1, rs2, false),
            (0x05, 4) => self.select(rd, Condition::Values(Relation::Less, a, b), a, b),
            (0x05, 5) => self.select(rd, Condition::Values(Relation::Below, a, b), a, b),
            (0x05, 6) => self.select(rd, Condition::Values(Relation::Less, a, b), b, a),
            (0x05, 7) => self.select(rd, Condition::Values(Relation::Below, a, b), b, a),
            (0x07, 5) => self.select(rd, Condition::Values(Relation::Equal, b, ZERO), ZERO, a),
            (0x07, 7) => self.select(rd, Condition::Values(Relation::NotEqual, b, ZERO), ZERO, a),
            (0x04, 4) if rs2 == 0 && !self.is_64 => self.extend(rd, a, 16, false),
            // Products without carry, packing, single bits, cryptography.
            (0x05, 1..=3) | (0x04, 4 | 7) | (0x14 | 0x24 | 0x34, 1) | (0x24, 5) | (0x14, 2 | 4) => {
                self.clobber(rd)
            }
            (0x19 | 0x1b | 0x1d | 0x1f | 0x28 | 0x2a | 0x2c | 0x2e | 0x2f, 0) => self.clobber(rd),
            (0x11 | 0x13 | 0x15 | 0x17 | 0x18 | 0x1a | 0x31 | 0x33 | 0x35 | 0x37 | 0x38 | 0x3a, 0) => {
                self.clobber(rd)
            }
            (0x39 | 0x3b | 0x3d | 0x3f, 0) => self.clobber(rd),
            _ => return None,
        }
        Some(())
    }

    fn operate_word(&mut self) -> Option<()> {
        let w = self.word;
        let (rd, rs1, rs2) = (w.rd(), w.rs1(), w.rs2());
        let (a, b) = (value(rs1), value(rs2));
        match (w.funct7(), w.funct3()) {
            (0x00, 0) => self.add_word(rd, a, b),
            (0x20, 0) => self.compute_word(rd, Binary::Sub, a, b),
            (0x00, 1) => self.shift_by(rd, Binary::Shl, rs1, rs2, true),
            (0x00, 5) => self.shift_by(rd, Binary::Shr, rs1, rs2, true),
            (0x20, 5) => self.shift_by(rd, Binary::Sar, rs1, rs2, true),
            (0x30, 5) => self.shift_by(rd, Binary::Ror, rs1, rs2, true),
            (0x30, 1) => self.clobber(rd),
            (0x01, 0) => self.compute_word(rd, Binary::Mul, a, b),
            (0x01, 4..=7) => self.clobber(rd),
            (0x04, 0) if rs2 == 0 => self.extend(rd, a, 32, false),
            (0x04, 0) if rd != rs2 => {
                self.extend(rd, a, 32, false);
                self.compute(rd, Binary::Add, value(rd), b);
            }
            (0x04, 0) => self.clobber(rd),
            (0x04, 4) if rs2 == 0 => self.extend(rd, a, 16, false),
            (0x04, 4) => self.clobber(rd),
            (0x10, 2 | 4 | 6) => self.shift_add(rd, rs1, rs2, true),
            _ => return None,
        }
        Some(())
    }

    /// `sh1add` and its like.
    fn shift_add(&mut self, rd: Reg, rs1: Reg, rs2: Reg, unsigned_word: bool) {
        if rd == rs2 || rd == 0 {
            return self.clobber(rd);
        }
        let by = number(i64::from(self.word.funct3() >> 1));
        if unsigned_word {
            self.extend(rd, value(rs1), 32, false);
            self.compute(rd, Binary::Shl, value(rd), by);
        } else {
            self.compute(rd, Binary::Shl, value(rs1), by);
        }
        self.compute(rd, Binary::Add, value(rd), value(rs2));
    }

    fn atomic(&mut self) -> Option<()> {
        let w = self.word;
        let size = 1_u8 << w.funct3();
        // On bytes and half-words with Zabha, on pairs with Zacas.
        if w.funct3() > 4 || size == 8 && !self.is_64 && w.0 >> 27 != 5 {
            return None;
        }
        match w.0 >> 27 {
            0x02 if w.rs2() == 0 => {
                self.load(w.rd(), w.rs1(), 0, size, true);
                return Some(());
            }
            0x03 | 0x00 | 0x01 | 0x04 | 0x08 | 0x0c | 0x10 | 0x14 | 0x18 | 0x1c => {}
            0x05 => {
                if size > 4 {
                    self.clobber((w.rd() + 1) & 31);
                }
            }
            _ => return None,
        }
        self.store(w.rs1(), 0, Operand::Unknown, size);
        self.clobber(w.rd());
        Some(())
    }

    fn system(&mut self) -> Option<()> {
        let w = self.word;
        match (w.funct3(), w.0 >> 20) {
            (0, 0) if w.0 == 0x73 => {
                self.insn.flow = Flow::System;
                self.clobber(10);
            }
            (0, 1) if w.rd() == 0 && w.rs1() == 0 => self.insn.flow = Flow::Stop,
            (0, 0x002 | 0x102 | 0x302 | 0x702 | 0x7b2) if w.rd() == 0 && w.rs1() == 0 => {
                self.insn.flow = Flow::Return
            }
            // `wfi`, `wrs`, of the translation of addresses.
            (0, 0x105 | 0x00d | 0x01d) if w.rd() == 0 && w.rs1() == 0 => {}
            (
                0,
                0x120..=0x13f | 0x160..=0x19f | 0x220..=0x23f | 0x260..=0x27f | 0x620..=0x63f | 0x660..=0x67f,
            ) if w.rd() == 0 => {}
            // `unimp`: a write to a counter.
            (1, 0xc00) if w.rd() == 0 && w.rs1() == 0 => self.insn.flow = Flow::Stop,
            (1..=3 | 5..=7, _) => self.clobber(w.rd()),
            // Of the memory of guests; what may be an operation one day.
            (4, _) if w.funct7() & 1 != 0 && w.0 >> 31 == 0 => {
                self.store(w.rs1(), 0, Operand::Unknown, 8);
                self.clobber(w.rd());
            }
            (4, _) => self.clobber(w.rd()),
            _ => return None,
        }
        Some(())
    }

    fn cut(&self, address: u64) -> u64 {
        if self.is_64 { address } else { address & 0xffff_ffff }
    }

    fn target(&self, offset: i64) -> u64 {
        self.cut(self.insn.address.wrapping_add_signed(offset))
    }

    fn after(&self) -> u64 {
        self.target(i64::from(self.insn.length))
    }

    fn branch(&mut self, relation: Relation, a: Operand, b: Operand, offset: i64) {
        self.insn.flow = Flow::Branch(Condition::Values(relation, a, b), self.target(offset));
    }

    fn jump(&mut self, link: Reg, offset: i64) {
        let target = self.target(offset);
        self.go(link, target);
    }

    fn go(&mut self, link: Reg, target: u64) {
        self.insn.flow = if link == 0 { Flow::Jump(target) } else { Flow::Call(target) };
        self.other_link(link);
    }

    /// Where another register than those of calling conventions takes the link, it is said.
    fn other_link(&mut self, link: Reg) {
        if !matches!(link, 0 | 1 | 5) {
            let after = self.after();
            self.set(link, Operand::Const(after));
        }
    }

    fn jump_register(&mut self, link: Reg, base: Reg, offset: i64) {
        if let Some((_, upper)) = self.upper.filter(|(register, _)| *register == base) {
            return self.go(link, self.cut(upper.wrapping_add_signed(offset) & !1));
        }
        if base == 0 {
            return self.go(link, self.cut(offset.cast_unsigned() & !1));
        }
        if link == 0 {
            if offset != 0 {
                // Behind the value there is, which no register holds.
                self.clobber(base);
            }
            self.insn.flow = if base == 1 && offset == 0 { Flow::Return } else { Flow::JumpRegister(base) };
            return;
        }
        // A call leaves its place in `ra` or `t0` by convention; a stub of the linkage table in another, and does not come back to it.
        if ![1, 5].contains(&link) && offset == 0 {
            self.insn.flow = Flow::JumpRegister(base);
            if link != base {
                self.other_link(link);
            }
            return;
        }
        // The sum goes through the link, which is written anyway.
        if offset == 0 {
            self.insn.flow = Flow::CallRegister(base);
            if link != base {
                self.other_link(link);
            }
        } else {
            self.compute(link, Binary::Add, value(base), number(offset));
            self.insn.flow = Flow::CallRegister(link);
        }
    }

    fn set(&mut self, dst: Reg, src: Operand) {
        if dst != 0 && src != Operand::Reg(dst) {
            self.insn.set(dst, src);
        }
    }

    fn clobber(&mut self, dst: Reg) {
        if dst != 0 {
            self.insn.clobber(dst);
        }
    }

    fn extend(&mut self, dst: Reg, src: Operand, bits: u8, signed: bool) {
        match src {
            _ if dst == 0 => {}
            Operand::Const(0) => self.set(dst, src),
            _ => self.insn.does(Op::Extend { dst, src, bits, signed }),
        }
    }

    fn select(&mut self, dst: Reg, when: Condition, yes: Operand, no: Operand) {
        if dst != 0 {
            self.insn.does(Op::Select { dst, when, yes, no });
        }
    }

    fn set_when(&mut self, dst: Reg, relation: Relation, a: Operand, b: Operand) {
        self.select(dst, Condition::Values(relation, a, b), Operand::Const(1), ZERO);
    }

    /// Over the whole register.
    fn compute(&mut self, dst: Reg, how: Binary, a: Operand, b: Operand) {
        if dst != 0 {
            self.insn.compute(dst, how, a, b);
        }
    }

    /// Over 32 bits, the sign filling the register.
    fn compute_word(&mut self, dst: Reg, how: Binary, a: Operand, b: Operand) {
        if dst != 0 {
            self.insn.does(Op::Compute { dst, how, a, b, bits: 32, signed: true });
        }
    }

    fn add(&mut self, dst: Reg, a: Operand, b: Operand) {
        match (a, b) {
            (ZERO, other) | (other, ZERO) => self.set(dst, other),
            _ => self.compute(dst, Binary::Add, a, b),
        }
    }

    fn add_word(&mut self, dst: Reg, a: Operand, b: Operand) {
        match (a, b) {
            (ZERO, Operand::Const(_)) => self.set(dst, b),
            (ZERO, other) | (other, ZERO) => self.extend(dst, other, 32, true),
            _ => self.compute_word(dst, Binary::Add, a, b),
        }
    }

    fn shift(&mut self, dst: Reg, how: Binary, a: Operand, by: Operand) {
        if by == ZERO { self.set(dst, a) } else { self.compute(dst, how, a, by) }
    }

    fn shift_word(&mut self, dst: Reg, how: Binary, a: Operand, by: Operand) {
        if by == ZERO { self.extend(dst, a, 32, true) } else { self.compute_word(dst, how, a, by) }
    }

    /// By a register, whose lower bits count: the result's register holds them in between.
    fn shift_by(&mut self, dst: Reg, how: Binary, of: Reg, by: Reg, word: bool) {
        if dst == of || dst == 0 {
            return self.clobber(dst);
        }
        let bits = if self.is_64 && !word { 63 } else { 31 };
        self.compute(dst, Binary::And, value(by), number(bits));
        if word {
            self.compute_word(dst, how, value(of), Operand::Reg(dst));
        } else {
            self.compute(dst, how, value(of), Operand::Reg(dst));
        }
    }

    fn at(base: Reg, offset: i64) -> Address {
        Address { base: (base != 0).then_some(base), index: None, offset }
    }

    fn load(&mut self, dst: Reg, base: Reg, offset: i64, size: u8, signed: bool) {
        if dst != 0 {
            self.insn.does(Op::Load { dst, from: Self::at(base, offset), size, signed });
        }
    }

    fn store(&mut self, base: Reg, offset: i64, src: Operand, size: u8) {
        self.insn.does(Op::Store { to: Self::at(base, offset), src, size });
    }
}

#[cfg(test)]
mod tests;
