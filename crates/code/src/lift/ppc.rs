//! PowerPC, 32 and 64 bits, of either byte order (not the compressed encoding VLE).
//!
//! Exact: moves, address formation, arithmetic and logic without the carry, rotations with masks where they are shifts and masks,
//! loads and stores with their updates, comparisons into each of the eight fields of the condition register, branches on them and on
//! the count register, calls, returns. Registers 32 and 33 are the link and the count register. `bcl 20,31` to the next instruction,
//! which only reads the program counter, is a value of the link register and no call.
//!
//! Not modelled, so clobbered: what depends on the carry, insertions (`rlwimi`), division, shifts by a register, combinations of
//! condition bits. Stores of floating-point and vector registers are stores of an unknown value. On 32 bits, vector instructions
//! clobber the general register in the place of their result, as they may be those of SPE, which work on general registers.
//!
//! Source: Power ISA 2.07, 3.0 and 3.1; EREF and the SPE manual for embedded processors.

mod extended;
mod rotation;
mod vector;

use crate::ir::{Address, Binary, Condition, Flow, Insn, Lift, Op, Operand, Reg, Relation};

const LINK: Reg = 32;
const COUNT: Reg = 33;

/// The reader of PowerPC.
#[derive(Debug)]
pub struct Ppc {
    big_endian: bool,
    is_64: bool,
}

impl Ppc {
    /// For code in one byte order, of 32 or 64 bits.
    #[must_use]
    pub fn new(big_endian: bool, is_64: bool) -> Self {
        Self { big_endian, is_64 }
    }
}

impl Lift for Ppc {
    fn lift(&mut self, bytes: &[u8], address: u64, insn: &mut Insn) -> bool {
        let Some(first) = super::word::word(bytes, self.big_endian) else { return false };
        let mut word = Word(first);
        insn.reset(address, 4);
        // A prefix, of Power ISA 3.1.
        let mut prefix = None;
        if word.0 >> 26 == 1 && self.is_64 {
            let suffix = bytes.get(4..).and_then(|rest| super::word::word(rest, self.big_endian));
            let Some(suffix) = suffix else { return false };
            prefix = Some(word);
            word = Word(suffix);
            insn.reset(address, 8);
        }
        let mut reading = Reading { word, is_64: self.is_64, insn };
        match prefix {
            Some(prefix) => reading.prefixed(prefix).is_some(),
            None => reading.decode().is_some(),
        }
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

    /// Target or source.
    fn rt(self) -> Reg {
        self.field(21)
    }

    fn ra(self) -> Reg {
        self.field(16)
    }

    fn rb(self) -> Reg {
        self.field(11)
    }

    /// A field of the condition register.
    fn bf(self) -> u8 {
        self.field(23) & 7
    }

    fn records(self) -> bool {
        self.0 & 1 != 0
    }

    fn signed(self) -> i64 {
        i64::from(self.0 as u16 as i16)
    }

    fn unsigned(self) -> u64 {
        u64::from(self.0 as u16)
    }
}

const ZERO: Operand = Operand::Const(0);

/// What is true when a bit of a condition field is set, or clear.
fn relation(bit: u8, set: bool) -> Relation {
    let relation = match bit & 3 {
        0 => Relation::Less,
        1 => Relation::Greater,
        2 => Relation::Equal,
        _ => Relation::Other,
    };
    if set { relation } else { relation.negated() }
}

/// One instruction being read. Its parts say `None` where there is no such instruction.
struct Reading<'a> {
    word: Word,
    is_64: bool,
    insn: &'a mut Insn,
}

impl Reading<'_> {
    fn decode(&mut self) -> Option<()> {
        let w = self.word;
        let (rt, ra) = (w.rt(), w.ra());
        match w.0 >> 26 {
            2 => {
                self.only_64()?;
                self.trap();
            }
            3 => self.trap(),
            4 => self.vector(),
            6 => self.vector_pair()?,
            7 => self.insn.compute(
                rt,
                Binary::Mul,
                Operand::Reg(ra),
                Operand::Const(w.signed().cast_unsigned()),
            ),
            8 => self.insn.compute(
                rt,
                Binary::Sub,
                Operand::Const(w.signed().cast_unsigned()),
                Operand::Reg(ra),
            ),
            10 | 11 if w.0 & 0x0040_0000 == 0 => {
                let logical = w.0 >> 26 == 10;
                let b = if logical { w.unsigned() } else { w.signed().cast_unsigned() };
                self.compare(logical, Operand::Const(b))?;
            }
            12 | 13 => {
                self.insn.compute(
                    rt,
                    Binary::Add,
                    Operand::Reg(ra),
                    Operand::Const(w.signed().cast_unsigned()),
                );
                if w.0 >> 26 == 13 {
                    self.record(rt);
                }
            }
            14 => self.add_immediate(rt, w.signed()),
            15 => self.add_immediate(rt, w.signed() << 16),
            16 => self.branch_conditional(),
            17 if w.0 & 3 == 2 || w.0 & 3 == 1 => self.system(),
            18 => {
                let target = self.target(i64::from((w.0 << 6).cast_signed() >> 8) << 2);
                if !w.records() {
                    self.insn.flow = Flow::Jump(target);
                } else if target == self.after() {
                    self.insn.set(LINK, Operand::Const(target));
                } else {
                    self.insn.flow = Flow::Call(target);
                }
            }
            19 => self.extended_19()?,
            // The result stands in the second field of these.
            20 => {
                self.insn.clobber(ra);
                self.record_where_said(ra);
            }
            21 => self.rotate_word(),
            23 => {
                self.insn.clobber(ra);
                self.record_where_said(ra);
            }
            24 => self.or_immediate(w.unsigned()),
            25 => self.or_immediate(w.unsigned() << 16),
            26 => self.insn.compute(ra, Binary::Xor, Operand::Reg(rt), Operand::Const(w.unsigned())),
            27 => self.insn.compute(ra, Binary::Xor, Operand::Reg(rt), Operand::Const(w.unsigned() << 16)),
            28 => self.and_immediate(w.unsigned()),
            29 => self.and_immediate(w.unsigned() << 16),
            30 => self.rotate_double()?,
            31 => self.extended_31()?,
            59 | 63 => self.floating(),
            60 => self.vector_scalar(),
            opcode => self.memory(opcode)?,
        }
        Some(())
    }

    /// Loads and stores at an offset.
    fn memory(&mut self, opcode: u32) -> Option<()> {
        let w = self.word;
        let (rt, ra) = (w.rt(), w.ra());
        let at = self.based(w.signed());
        let unknown = Operand::Unknown;
        match opcode {
            32 => self.load(at, 4, false),
            33 => self.load_update(at, 4, false)?,
            34 => self.load(at, 1, false),
            35 => self.load_update(at, 1, false)?,
            40 => self.load(at, 2, false),
            41 => self.load_update(at, 2, false)?,
            42 => self.load(at, 2, true),
            43 => self.load_update(at, 2, true)?,
            36 => self.store(at, Operand::Reg(rt), 4),
            37 => self.store_update(at, Operand::Reg(rt), 4)?,
            38 => self.store(at, Operand::Reg(rt), 1),
            39 => self.store_update(at, Operand::Reg(rt), 1)?,
            44 => self.store(at, Operand::Reg(rt), 2),
            45 => self.store_update(at, Operand::Reg(rt), 2)?,
            46 => {
                for (number, register) in (rt..32).enumerate() {
                    let from = Address { offset: at.offset + 4 * number as i64, ..at };
                    if ra != 0 && ra >= rt {
                        self.insn.clobber(register);
                    } else {
                        self.insn.does(Op::Load { dst: register, from, size: 4, signed: false });
                    }
                }
            }
            47 => {
                for (number, register) in (rt..32).enumerate() {
                    let to = Address { offset: at.offset + 4 * number as i64, ..at };
                    self.store(to, Operand::Reg(register), 4);
                }
            }
            // Floating-point registers.
            48 | 50 => {}
            49 | 51 => self.update(at)?,
            52 => self.store(at, unknown, 4),
            53 => self.store_update(at, unknown, 4)?,
            54 => self.store(at, unknown, 8),
            55 => self.store_update(at, unknown, 8)?,
            56 => {
                self.only_64()?;
                self.insn.clobber(rt);
                self.insn.clobber((rt + 1) & 31);
            }
            57 if w.0 & 3 != 1 => {}
            58 | 61 | 62 => self.memory_double(opcode)?,
            _ => return None,
        }
        Some(())
    }

    /// Loads and stores whose offset leaves out the lower bits.
    fn memory_double(&mut self, opcode: u32) -> Option<()> {
        let w = self.word;
        let at = self.based(w.signed() & !3);
        match (opcode, w.0 & 3) {
            // `stfdp`, `stxsd`, `stxssp`, `lxv`, `stxv`.
            (61, 0) => self.store(at, Operand::Unknown, 16),
            (61, 2) => self.store(at, Operand::Unknown, 8),
            (61, 3) => self.store(at, Operand::Unknown, 4),
            (61, _) if w.0 & 7 == 1 => {}
            (61, _) => {
                let at = self.based(w.signed() & !15);
                self.store(at, Operand::Unknown, 16);
            }
            // On 32 bits these are none of the processor's own, but some have them.
            (58, 0..=2) if !self.is_64 => {
                self.insn.clobber(w.rt());
                if w.0 & 3 == 1 {
                    self.update(at)?;
                }
            }
            (62, 0) if !self.is_64 => self.store(at, Operand::Unknown, 8),
            (62, 1) if !self.is_64 => self.store_update(at, Operand::Unknown, 8)?,
            (58, 0) => self.load(at, 8, false),
            (58, 1) => self.load_update(at, 8, false)?,
            (58, 2) => self.load(at, 4, true),
            (62, 0) => self.store(at, Operand::Reg(w.rt()), 8),
            (62, 1) => self.store_update(at, Operand::Reg(w.rt()), 8)?,
            (62, 2) => self.store(at, Operand::Unknown, 16),
            _ => return None,
        }
        Some(())
    }

    /// With a prefix, which holds the higher bits of a number.
    fn prefixed(&mut self, prefix: Word) -> Option<()> {
        let w = self.word;
        let (rt, opcode) = (w.rt(), w.0 >> 26);
        let number = (u64::from(prefix.0 & 0x3_ffff) << 16 | w.unsigned()) << 30;
        let number = number.cast_signed() >> 30;
        let at = match (prefix.0 & 0x0010_0000 != 0, w.ra()) {
            (true, 0) => Address::absolute(self.insn.address.wrapping_add_signed(number)),
            (true, _) => return None,
            (false, _) => self.based(number),
        };
        let src = Operand::Reg(rt);
        match ((prefix.0 >> 24) & 3, opcode) {
            (2, 14) => match at.base {
                Some(base) => {
                    self.insn.compute(
                        rt,
                        Binary::Add,
                        Operand::Reg(base),
                        Operand::Const(number.cast_unsigned()),
                    );
                }
                None => self.insn.set(rt, Operand::Const(at.offset.cast_unsigned())),
            },
            (2, 32) => self.load(at, 4, false),
            (2, 34) => self.load(at, 1, false),
            (2, 40) => self.load(at, 2, false),
            (2, 42) => self.load(at, 2, true),
            (2, 36) => self.store(at, src, 4),
            (2, 38) => self.store(at, src, 1),
            (2, 44) => self.store(at, src, 2),
            (2, 52) => self.store(at, Operand::Unknown, 4),
            (2, 54) => self.store(at, Operand::Unknown, 8),
            (2, 48 | 50) => {}
            (0, 41) => self.load(at, 4, true),
            (0, 57) => self.load(at, 8, false),
            (0, 61) => self.store(at, src, 8),
            (0, 56) => {
                self.insn.clobber(rt);
                self.insn.clobber((rt + 1) & 31);
            }
            (0, 60 | 54 | 55) => self.store(at, Operand::Unknown, 16),
            (0, 62) => self.store(at, Operand::Unknown, 32),
            (0, 46) => self.store(at, Operand::Unknown, 8),
            (0, 47) => self.store(at, Operand::Unknown, 4),
            (0, 42 | 43 | 50 | 51 | 58) => {}
            // Of vector registers alone; `pnop`.
            (1 | 3, _) => {}
            _ => return None,
        }
        Some(())
    }

    fn branch_conditional(&mut self) {
        let w = self.word;
        let target = self.target(w.signed() & !3);
        let (bo, links) = (w.rt(), w.records());
        if bo & 0x14 == 0x14 {
            if !links {
                self.insn.flow = Flow::Jump(target);
            } else if target == self.after() {
                self.insn.set(LINK, Operand::Const(target));
            } else {
                self.insn.flow = Flow::Call(target);
            }
            return;
        }
        if links {
            self.insn.flow = Flow::Call(target);
            self.insn.when = Some(self.counted_before());
            return;
        }
        let when = if bo & 4 != 0 {
            self.on_bit()
        } else {
            let one_less = Operand::Const(u64::MAX);
            self.insn.compute(COUNT, Binary::Add, Operand::Reg(COUNT), one_less);
            let relation = if bo & 2 != 0 { Relation::Equal } else { Relation::NotEqual };
            if bo & 16 != 0 {
                Condition::Values(relation, Operand::Reg(COUNT), ZERO)
            } else {
                // The count and a condition bit: no one condition says both.
                Condition::Flags(w.ra() >> 2, Relation::Other)
            }
        };
        self.insn.flow = Flow::Branch(when, target);
    }

    /// The condition of a branch by its bit of the condition register.
    fn on_bit(&self) -> Condition {
        Condition::Flags(self.word.ra() >> 2, relation(self.word.ra(), self.word.rt() & 8 != 0))
    }

    /// The condition under which all of a branch to a register, or of a conditional call, happens. Where it counts, the count is
    /// clobbered, as it is counted in any case.
    fn counted_before(&mut self) -> Condition {
        if self.word.rt() & 4 != 0 {
            return self.on_bit();
        }
        self.insn.clobber(COUNT);
        Condition::Values(Relation::Other, Operand::Unknown, Operand::Unknown)
    }

    fn trap(&mut self) {
        if self.word.rt() == 31 {
            self.insn.flow = Flow::Stop;
        }
    }

    /// `sc`, `scv`: what Linux does not keep.
    fn system(&mut self) {
        self.insn.flow = Flow::System;
        for register in [0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, COUNT] {
            self.insn.clobber(register);
        }
        if self.word.0 & 3 == 1 {
            self.insn.clobber(LINK);
        }
        for flags in [0, 1, 5, 6, 7] {
            self.insn.does(Op::ClobberFlags { flags });
        }
    }

    fn compare(&mut self, logical: bool, b: Operand) -> Option<()> {
        let w = self.word;
        let double = w.0 & 0x0020_0000 != 0;
        let bits = match (self.is_64, double) {
            (true, false) => 32,
            (false, true) => {
                self.insn.does(Op::ClobberFlags { flags: w.bf() });
                return Some(());
            }
            _ => 0,
        };
        let (flags, a) = (w.bf(), Operand::Reg(w.ra()));
        self.insn.does(if logical {
            Op::CompareUnsigned { flags, a, b, bits }
        } else {
            Op::Compare { flags, a, b, bits }
        });
        Some(())
    }

    /// Field 0 of the condition register says how a result stands to zero.
    fn record(&mut self, result: Reg) {
        self.insn.does(Op::Compare { flags: 0, a: Operand::Reg(result), b: ZERO, bits: 0 });
    }

    fn record_where_said(&mut self, result: Reg) {
        if self.word.records() {
            self.record(result);
        }
    }

    fn add_immediate(&mut self, rt: Reg, number: i64) {
        let number = Operand::Const(number.cast_unsigned());
        match self.word.ra() {
            0 => self.insn.set(rt, number),
            ra if number == ZERO => self.copy(rt, ra),
            ra => self.insn.compute(rt, Binary::Add, Operand::Reg(ra), number),
        }
    }

    fn or_immediate(&mut self, number: u64) {
        let (ra, rs) = (self.word.ra(), self.word.rt());
        if number == 0 {
            self.copy(ra, rs);
        } else {
            self.insn.compute(ra, Binary::Or, Operand::Reg(rs), Operand::Const(number));
        }
    }

    fn and_immediate(&mut self, number: u64) {
        let (a, b) = (Operand::Reg(self.word.rt()), Operand::Const(number));
        self.insn.does(Op::Test { flags: 0, a, b, bits: 0 });
        self.insn.compute(self.word.ra(), Binary::And, a, b);
    }

    fn copy(&mut self, dst: Reg, src: Reg) {
        if dst != src {
            self.insn.set(dst, Operand::Reg(src));
        }
    }

    fn only_64(&self) -> Option<()> {
        self.is_64.then_some(())
    }

    fn cut(&self, address: u64) -> u64 {
        if self.is_64 { address } else { address & 0xffff_ffff }
    }

    fn after(&self) -> u64 {
        self.cut(self.insn.address.wrapping_add(4))
    }

    /// Of a branch, from its place or absolute.
    fn target(&self, offset: i64) -> u64 {
        let from = if self.word.0 & 2 == 0 { self.insn.address } else { 0 };
        self.cut(from.wrapping_add_signed(offset))
    }

    /// A place from the register `ra`, where 0 is no register.
    fn based(&self, offset: i64) -> Address {
        Address { base: self.base(), index: None, offset }
    }

    fn base(&self) -> Option<Reg> {
        (self.word.ra() != 0).then_some(self.word.ra())
    }

    /// The sum of two registers.
    fn indexed(&self) -> Address {
        Address { base: self.base(), index: Some((self.word.rb(), 0)), offset: 0 }
    }

    fn load(&mut self, from: Address, size: u8, signed: bool) {
        self.insn.does(Op::Load { dst: self.word.rt(), from, size, signed });
    }

    fn store(&mut self, to: Address, src: Operand, size: u8) {
        self.insn.does(Op::Store { to, src, size });
    }

    /// The base becomes the address.
    fn update(&mut self, at: Address) -> Option<()> {
        let base = at.base?;
        let by = match at.index {
            Some((index, _)) => Operand::Reg(index),
            None => Operand::Const(at.offset.cast_unsigned()),
        };
        self.insn.compute(base, Binary::Add, Operand::Reg(base), by);
        Some(())
    }

    /// The base is updated first, as the loaded register may be the index.
    fn load_update(&mut self, at: Address, size: u8, signed: bool) -> Option<()> {
        self.update(at)?;
        let base = at.base?;
        if base == self.word.rt() {
            return None;
        }
        self.load(Address::based(base, 0), size, signed);
        Some(())
    }

    fn store_update(&mut self, at: Address, src: Operand, size: u8) -> Option<()> {
        self.store(at, src, size);
        self.update(at)
    }
}

#[cfg(test)]
mod tests;
