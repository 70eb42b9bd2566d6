//! MIPS32 and MIPS64, releases 1 to 5 (not release 6, microMIPS or MIPS16).
//!
//! Exact: moves, `lui`/`addiu`, arithmetic and logic, shifts, loads and stores of whole words, `slt` and `movz` as selections, branches
//! with their delay slots, calls, returns. Registers 32 and 33 are `hi` and `lo`; the flags are the floating-point conditions, whose
//! comparisons are not modelled. `$0` is said as the number 0, and writes to it are left out. `bal` to behind its own delay slot, which
//! only reads the program counter, is a value of `$31` and no call.
//!
//! Not modelled, so clobbered: division, unaligned halves (`lwl`), insertion of bits, the DSP instructions. Stores whose extent depends on
//! the address (`swl`) and those of floating-point registers are stores of an unknown value.
//!
//! Source: MIPS Architecture for Programmers, volumes II-A and IV (MIPS64 release 5, DSP, MSA); Cavium's Octeon instructions as in
//! its programmer's manual. Where an encoding belongs to one processor alone, what any of them may write is clobbered.

mod coprocessor;
mod extension;

use crate::ir::{Address, Binary, Condition, Flow, Insn, Lift, Op, Operand, Reg, Relation};

const HI: Reg = 32;
const LO: Reg = 33;
const LINK: Reg = 31;

/// The reader of MIPS.
#[derive(Debug)]
pub struct Mips {
    big_endian: bool,
    is_64: bool,
    octeon: bool,
}

impl Mips {
    /// For code in one byte order, of 32 or 64 bits.
    #[must_use]
    pub fn new(big_endian: bool, is_64: bool) -> Self {
        Self { big_endian, is_64, octeon: false }
    }

    /// For Octeon processors (`EF_MIPS_MACH` of the file's flags is `0x8b`, `0x8d` or `0x8e`), where the loads and stores of
    /// coprocessor 2 are branches on a bit.
    #[must_use]
    pub fn octeon(mut self) -> Self {
        self.octeon = true;
        self
    }
}

impl Lift for Mips {
    fn lift(&mut self, bytes: &[u8], address: u64, insn: &mut Insn) -> bool {
        let Some(word) = super::word::word(bytes, self.big_endian) else { return false };
        insn.reset(address, 4);
        let reading = Reading {
            word: Word(word),
            big_endian: self.big_endian,
            is_64: self.is_64,
            octeon: self.octeon,
            insn,
        };
        reading.decode().is_some()
    }

    fn step(&self) -> u8 {
        4
    }
}

/// The fields of an instruction.
#[derive(Clone, Copy)]
struct Word(u32);

impl Word {
    fn field(self, at: u32) -> Reg {
        ((self.0 >> at) & 31) as Reg
    }

    fn rs(self) -> Reg {
        self.field(21)
    }

    fn rt(self) -> Reg {
        self.field(16)
    }

    fn rd(self) -> Reg {
        self.field(11)
    }

    fn sa(self) -> u8 {
        self.field(6)
    }

    fn funct(self) -> u8 {
        (self.0 & 63) as u8
    }

    fn signed(self) -> i64 {
        i64::from(self.0 as u16 as i16)
    }

    fn unsigned(self) -> u64 {
        u64::from(self.0 as u16)
    }
}

/// What a register holds, where it is read.
fn value(register: Reg) -> Operand {
    if register == 0 { Operand::Const(0) } else { Operand::Reg(register) }
}

const ZERO: Operand = Operand::Const(0);

/// One instruction being read. Its parts say `None` where there is no such instruction.
struct Reading<'a> {
    word: Word,
    big_endian: bool,
    is_64: bool,
    octeon: bool,
    insn: &'a mut Insn,
}

impl Reading<'_> {
    fn decode(mut self) -> Option<()> {
        let w = self.word;
        let (rs, rt) = (w.rs(), w.rt());
        match w.0 >> 26 {
            0x00 => self.special()?,
            0x01 => self.regimm()?,
            0x02 => {
                self.insn.flow = Flow::Jump(self.region());
                self.insn.delay = true;
            }
            0x03 => self.call(self.region()),
            0x1d => {
                self.call(self.region());
                self.insn.switches = true;
            }
            0x04 if rs == rt => self.jump(),
            0x04 => self.branch(Relation::Equal, value(rs), value(rt)),
            0x05 => self.branch(Relation::NotEqual, value(rs), value(rt)),
            0x06 if rt == 0 => self.branch(Relation::LessOrEqual, value(rs), ZERO),
            0x07 if rt == 0 => self.branch(Relation::Greater, value(rs), ZERO),
            0x14 => self.likely(Relation::Equal, value(rs), value(rt)),
            0x15 => self.likely(Relation::NotEqual, value(rs), value(rt)),
            0x16 if rt == 0 => self.likely(Relation::LessOrEqual, value(rs), ZERO),
            0x17 if rt == 0 => self.likely(Relation::Greater, value(rs), ZERO),
            0x08 | 0x09 => self.add_word(rt, value(rs), Operand::Const(w.signed().cast_unsigned())),
            0x18 | 0x19 => {
                self.only_64()?;
                self.add(rt, value(rs), Operand::Const(w.signed().cast_unsigned()));
            }
            0x0a => self.set_less(rt, Relation::Less, value(rs), Operand::Const(w.signed().cast_unsigned())),
            0x0b => self.set_less(rt, Relation::Below, value(rs), Operand::Const(w.signed().cast_unsigned())),
            0x0c => self.compute(rt, Binary::And, value(rs), Operand::Const(w.unsigned())),
            0x0d => self.or(rt, value(rs), Operand::Const(w.unsigned())),
            0x0e => self.compute(rt, Binary::Xor, value(rs), Operand::Const(w.unsigned())),
            0x0f if rs == 0 => {
                let high = i64::from((w.0 << 16).cast_signed());
                self.set(rt, Operand::Const(high.cast_unsigned()));
            }
            0x10 => self.coprocessor_0()?,
            0x11 => self.coprocessor_1()?,
            0x12 => self.coprocessor_2()?,
            0x13 => self.coprocessor_1x()?,
            0x1c => self.special_2()?,
            0x1e => self.vector()?,
            0x1f => self.special_3()?,
            opcode => self.memory(opcode)?,
        }
        Some(())
    }

    /// Loads and stores.
    fn memory(&mut self, opcode: u32) -> Option<()> {
        let w = self.word;
        let rt = w.rt();
        match opcode {
            0x20 => self.load(rt, 1, true),
            0x21 => self.load(rt, 2, true),
            0x23 | 0x30 => self.load(rt, 4, true),
            0x24 => self.load(rt, 1, false),
            0x25 => self.load(rt, 2, false),
            0x27 => {
                self.only_64()?;
                self.load(rt, 4, false);
            }
            0x34 | 0x37 => {
                self.only_64()?;
                self.load(rt, 8, true);
            }
            // Parts of an unaligned word.
            0x22 | 0x26 => self.clobber(rt),
            0x1a | 0x1b => {
                self.only_64()?;
                self.clobber(rt);
            }
            0x28 => self.store(value(rt), 1),
            0x29 => self.store(value(rt), 2),
            0x2b => self.store(value(rt), 4),
            0x3f => {
                self.only_64()?;
                self.store(value(rt), 8);
            }
            0x2a => self.store_part(true, 4),
            0x2e => self.store_part(false, 4),
            0x2c => {
                self.only_64()?;
                self.store_part(true, 8);
            }
            0x2d => {
                self.only_64()?;
                self.store_part(false, 8);
            }
            // Store conditional: whether it was done comes back.
            0x38 => {
                self.store(Operand::Unknown, 4);
                self.clobber(rt);
            }
            0x3c => {
                self.only_64()?;
                self.store(Operand::Unknown, 8);
                self.clobber(rt);
            }
            // `cache`, `pref`, loads of floating-point registers.
            0x2f | 0x33 | 0x31 | 0x35 => {}
            0x39 => self.store(Operand::Unknown, 4),
            0x3d => self.store(Operand::Unknown, 8),
            0x32 | 0x36 | 0x3a | 0x3e if self.octeon => {
                let bit = rt + if opcode & 4 == 0 { 0 } else { 32 };
                self.branch_when(Condition::Bit(value(w.rs()), bit, opcode & 8 != 0));
            }
            // Coprocessor 2; Loongson loads general registers here.
            0x32 | 0x36 => {
                self.clobber(rt);
                self.clobber(w.field(0));
            }
            0x3a => self.store(Operand::Unknown, 4),
            0x3e => self.store(Operand::Unknown, 8),
            _ => return None,
        }
        Some(())
    }

    fn special(&mut self) -> Option<()> {
        let w = self.word;
        let (rs, rt, rd, sa) = (w.rs(), w.rt(), w.rd(), w.sa());
        let (a, b) = (value(rs), value(rt));
        match w.funct() {
            0x00 if rs == 0 => self.shift_word(rd, Binary::Shl, rt, sa),
            // `movf`, `movt`: by a floating-point condition.
            0x01 if rt & 2 == 0 && sa == 0 => {
                self.select(rd, Condition::Flags(rt >> 2, Relation::Other), a, value(rd));
            }
            0x02 if rs == 0 => self.shift_word(rd, Binary::Shr, rt, sa),
            0x02 if rs == 1 => self.shift_word(rd, Binary::Ror, rt, sa),
            0x03 if rs == 0 => self.shift_word(rd, Binary::Sar, rt, sa),
            0x04 if sa == 0 => self.shift_by(rd, Binary::Shl, rt, rs, 32),
            0x06 if sa == 0 => self.shift_by(rd, Binary::Shr, rt, rs, 32),
            0x06 if sa == 1 => self.shift_by(rd, Binary::Ror, rt, rs, 32),
            0x07 if sa == 0 => self.shift_by(rd, Binary::Sar, rt, rs, 32),
            // `lsa`, `dlsa` of MSA.
            0x05 | 0x15 if sa < 4 => self.clobber(rd),
            0x08 if rt == 0 && rd == 0 && sa & 15 == 0 => {
                self.insn.flow = if rs == LINK { Flow::Return } else { Flow::JumpRegister(rs) };
                self.insn.delay = true;
            }
            0x09 if rt == 0 && sa & 15 == 0 => {
                self.insn.delay = true;
                match rd {
                    0 => self.insn.flow = Flow::JumpRegister(rs),
                    LINK => self.insn.flow = Flow::CallRegister(rs),
                    // The link is read after the target only where they are two registers.
                    _ if rd != rs => {
                        let link = Operand::Const(self.after());
                        self.set(rd, link);
                        self.insn.flow = Flow::CallRegister(rs);
                    }
                    _ => return None,
                }
            }
            0x0a if sa == 0 => self.select(rd, Condition::Values(Relation::Equal, b, ZERO), a, value(rd)),
            0x0b if sa == 0 => self.select(rd, Condition::Values(Relation::NotEqual, b, ZERO), a, value(rd)),
            0x0c => {
                self.insn.flow = Flow::System;
                for register in [1, 2, 3, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, HI, LO] {
                    self.clobber(register);
                }
            }
            0x0d => self.insn.flow = Flow::Stop,
            0x0f if rs == 0 && rt == 0 && rd == 0 => {}
            0x10 if rt == 0 && sa == 0 => self.accumulator(rs, |r| r.set(rd, Operand::Reg(HI)), rd),
            0x12 if rt == 0 && sa == 0 => self.accumulator(rs, |r| r.set(rd, Operand::Reg(LO)), rd),
            // `mthi`, `mtlo`: other accumulators of the DSP extension are not modelled.
            0x11 | 0x13 if rt == 0 && sa == 0 && rd < 4 => {
                if rd == 0 {
                    self.set(if w.funct() == 0x11 { HI } else { LO }, a);
                }
            }
            0x14 if sa == 0 => self.shift_by(rd, Binary::Shl, rt, rs, 64),
            0x16 if sa == 0 => self.shift_by(rd, Binary::Shr, rt, rs, 64),
            0x16 if sa == 1 => self.shift_by(rd, Binary::Ror, rt, rs, 64),
            0x17 if sa == 0 => self.shift_by(rd, Binary::Sar, rt, rs, 64),
            0x18 | 0x19 if sa == 0 => {
                self.clobber(HI);
                if rd == 0 {
                    self.compute_word(LO, Binary::Mul, a, b);
                } else {
                    self.clobber(LO);
                    self.clobber(rd);
                }
            }
            0x1c | 0x1d if sa == 0 && rd == 0 && self.is_64 => {
                self.clobber(HI);
                self.compute(LO, Binary::Mul, a, b);
            }
            0x1a | 0x1b if sa == 0 && rd == 0 => self.clobber_product(),
            0x1e | 0x1f if sa == 0 && rd == 0 && self.is_64 => self.clobber_product(),
            0x20 | 0x21 if sa == 0 => self.add_word(rd, a, b),
            0x22 | 0x23 if sa == 0 => self.compute_word(rd, Binary::Sub, a, b),
            0x24 if sa == 0 => self.compute(rd, Binary::And, a, b),
            0x25 if sa == 0 => self.or(rd, a, b),
            0x26 if sa == 0 => self.compute(rd, Binary::Xor, a, b),
            0x27 if sa == 0 => {
                self.or(rd, a, b);
                self.compute(rd, Binary::Xor, value(rd), Operand::Const(u64::MAX));
            }
            0x2a if sa == 0 => self.set_less(rd, Relation::Less, a, b),
            0x2b if sa == 0 => self.set_less(rd, Relation::Below, a, b),
            0x2c | 0x2d if sa == 0 && self.is_64 => self.add(rd, a, b),
            0x2e | 0x2f if sa == 0 && self.is_64 => self.compute(rd, Binary::Sub, a, b),
            // Traps on a condition.
            0x30..=0x34 | 0x36 => {}
            0x38 | 0x3c if rs == 0 => self.shift_double(Binary::Shl)?,
            0x3a | 0x3e if rs == 0 => self.shift_double(Binary::Shr)?,
            0x3a | 0x3e if rs == 1 => self.shift_double(Binary::Ror)?,
            0x3b | 0x3f if rs == 0 => self.shift_double(Binary::Sar)?,
            _ => return None,
        }
        if matches!(w.funct(), 0x14..=0x17) {
            self.only_64()?;
        }
        Some(())
    }

    /// `mfhi` and `mflo`: of accumulator 0 as it says, of the DSP extension's others something.
    fn accumulator(&mut self, number: u8, of_first: impl FnOnce(&mut Self), rd: Reg) {
        if number == 0 {
            of_first(self);
        } else {
            self.clobber(rd);
        }
    }

    fn regimm(&mut self) -> Option<()> {
        let w = self.word;
        let a = value(w.rs());
        let relation = if w.rt() & 1 == 0 { Relation::Less } else { Relation::GreaterOrEqual };
        match w.rt() {
            0x00 | 0x01 => self.branch(relation, a, ZERO),
            0x02 | 0x03 => self.likely(relation, a, ZERO),
            0x08..=0x0c | 0x0e => {}
            0x11 if w.rs() == 0 => {
                if w.signed() == 1 {
                    let here = Operand::Const(self.after());
                    self.set(LINK, here);
                } else {
                    self.call(self.target());
                }
            }
            // The link is written in any case; the callee need not keep it.
            0x10..=0x13 => {
                self.call(self.target());
                self.insn.when = Some(Condition::Values(relation, a, ZERO));
                self.insn.nullifies = w.rt() & 2 != 0;
            }
            // `aclr`, `aset`: a bit of a byte in memory, at twelve bits.
            0x07 => {
                let offset = i64::from(w.0.cast_signed() << 20 >> 20);
                let to = match w.rs() {
                    0 => Address::absolute(offset.cast_unsigned()),
                    base => Address::based(base, offset),
                };
                self.insn.does(Op::Store { to, src: Operand::Unknown, size: 1 });
            }
            // `bposge32`, `bposge64` of the DSP extension.
            0x1c | 0x1d if w.rs() == 0 => {
                self.branch_when(Condition::Values(Relation::Other, Operand::Unknown, Operand::Unknown));
            }
            0x1f => {}
            _ => return None,
        }
        Some(())
    }

    fn only_64(&self) -> Option<()> {
        self.is_64.then_some(())
    }

    fn cut(&self, address: u64) -> u64 {
        if self.is_64 { address } else { address & 0xffff_ffff }
    }

    /// Behind the delay slot.
    fn after(&self) -> u64 {
        self.cut(self.insn.address.wrapping_add(8))
    }

    /// Of a branch.
    fn target(&self) -> u64 {
        self.cut(self.insn.address.wrapping_add(4).wrapping_add_signed(self.word.signed() << 2))
    }

    /// Of a jump within the region of 256 MiB.
    fn region(&self) -> u64 {
        let delay = self.cut(self.insn.address.wrapping_add(4));
        (delay & !0x0fff_ffff) | u64::from((self.word.0 & 0x03ff_ffff) << 2)
    }

    fn jump(&mut self) {
        self.insn.flow = Flow::Jump(self.target());
        self.insn.delay = true;
    }

    fn call(&mut self, target: u64) {
        self.insn.flow = Flow::Call(target);
        self.insn.delay = true;
    }

    fn branch(&mut self, relation: Relation, a: Operand, b: Operand) {
        if relation == Relation::GreaterOrEqual && a == ZERO && b == ZERO {
            return self.jump();
        }
        self.branch_when(Condition::Values(relation, a, b));
    }

    fn branch_when(&mut self, when: Condition) {
        self.insn.flow = Flow::Branch(when, self.target());
        self.insn.delay = true;
    }

    fn likely(&mut self, relation: Relation, a: Operand, b: Operand) {
        self.branch_when(Condition::Values(relation, a, b));
        self.insn.nullifies = true;
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

    fn clobber_product(&mut self) {
        self.clobber(HI);
        self.clobber(LO);
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

    /// `slt` and its like. Below 1 is 0, and above 0 is not 0.
    fn set_less(&mut self, dst: Reg, relation: Relation, a: Operand, b: Operand) {
        let when = match (relation, a, b) {
            (Relation::Below, _, Operand::Const(1)) => Condition::Values(Relation::Equal, a, ZERO),
            (Relation::Below, ZERO, _) => Condition::Values(Relation::NotEqual, b, ZERO),
            _ => Condition::Values(relation, a, b),
        };
        self.select(dst, when, Operand::Const(1), ZERO);
    }

    /// Over the whole register.
    fn compute(&mut self, dst: Reg, how: Binary, a: Operand, b: Operand) {
        if dst != 0 {
            self.insn.compute(dst, how, a, b);
        }
    }

    /// Over 32 bits, the sign filling the register.
    fn compute_word(&mut self, dst: Reg, how: Binary, a: Operand, b: Operand) {
        if dst == 0 {
            return;
        }
        let bits = if self.is_64 { 32 } else { 0 };
        self.insn.does(Op::Compute { dst, how, a, b, bits, signed: self.is_64 });
    }

    fn or(&mut self, dst: Reg, a: Operand, b: Operand) {
        match (a, b) {
            (ZERO, other) | (other, ZERO) => self.set(dst, other),
            _ => self.compute(dst, Binary::Or, a, b),
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
            (ZERO, other) | (other, ZERO) if self.is_64 => self.extend(dst, other, 32, true),
            (ZERO, other) | (other, ZERO) => self.set(dst, other),
            _ => self.compute_word(dst, Binary::Add, a, b),
        }
    }

    fn shift_word(&mut self, dst: Reg, how: Binary, of: Reg, by: u8) {
        match value(of) {
            ZERO => self.set(dst, ZERO),
            a if by == 0 && self.is_64 => self.extend(dst, a, 32, true),
            a if by == 0 => self.set(dst, a),
            a => self.compute_word(dst, how, a, Operand::Const(u64::from(by))),
        }
    }

    /// By an immediate, to which 32 is added in the second half of each row of encodings.
    fn shift_double(&mut self, how: Binary) -> Option<()> {
        self.only_64()?;
        let w = self.word;
        let by = u64::from(w.sa()) + if w.funct() & 4 == 0 { 0 } else { 32 };
        match by {
            0 => self.set(w.rd(), value(w.rt())),
            _ => self.compute(w.rd(), how, value(w.rt()), Operand::Const(by)),
        }
        Some(())
    }

    /// By a register, whose lower bits count: the result's register holds them in between.
    fn shift_by(&mut self, dst: Reg, how: Binary, of: Reg, by: Reg, width: u64) {
        if dst == of || dst == 0 {
            return self.clobber(dst);
        }
        self.compute(dst, Binary::And, value(by), Operand::Const(width - 1));
        if width == 32 {
            self.compute_word(dst, how, value(of), Operand::Reg(dst));
        } else {
            self.compute(dst, how, value(of), Operand::Reg(dst));
        }
    }

    fn address(&self) -> Address {
        match self.word.rs() {
            0 => Address::absolute(self.word.signed().cast_unsigned()),
            base => Address::based(base, self.word.signed()),
        }
    }

    fn load(&mut self, dst: Reg, size: u8, signed: bool) {
        if dst != 0 {
            let from = self.address();
            self.insn.does(Op::Load { dst, from, size, signed });
        }
    }

    fn store(&mut self, src: Operand, size: u8) {
        let to = self.address();
        self.insn.does(Op::Store { to, src, size });
    }

    /// `swl` and its like: some bytes up to, or from, the address.
    fn store_part(&mut self, left: bool, size: u8) {
        let mut to = self.address();
        if left != self.big_endian {
            to.offset -= i64::from(size) - 1;
        }
        self.insn.does(Op::Store { to, src: Operand::Unknown, size });
    }
}

#[cfg(test)]
mod tests;
