//! What the two instruction sets of 32-bit Arm share: the effects of calculations, loads and stores, coprocessors (floating point among
//! them) and vectors, and what set the flags.

use super::word::{bit, field};
use crate::ir::{Address, Binary, Condition, Flow, Insn, Op, Operand, Reg, Relation};

pub(super) const SP: Reg = 13;
pub(super) const LR: Reg = 14;
pub(super) const PC: Reg = 15;
/// What an instruction needs in between.
pub(super) const SCRATCH: Reg = 16;

/// What set the flags last, as far as relations hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SetBy {
    /// A comparison: all relations hold.
    #[default]
    Compare,
    /// What leaves zero and sign of a result, and carry and overflow from elsewhere.
    Result,
    /// A comparison for equality alone (`teq`).
    Equality,
}

impl SetBy {
    /// What a condition of four bits asks of the flags, so that it says what the processor sees; `None` where it always holds.
    pub(super) fn relation(self, condition: u32) -> Option<Relation> {
        use Relation::{Equal, Negative, NotEqual, NotNegative, Other};
        Some(match (self, super::a64::relation(condition)?) {
            (Self::Compare, relation) | (_, relation @ (Equal | NotEqual)) => relation,
            (Self::Result, relation @ (Negative | NotNegative)) => relation,
            _ => Other,
        })
    }

    pub(super) fn condition(self, condition: u32) -> Option<Condition> {
        self.relation(condition).map(|relation| Condition::Flags(0, relation))
    }
}

/// A calculation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::upper_case_acronyms, reason = "each is its mnemonic")]
pub(super) enum Alu {
    And,
    Eor,
    Sub,
    Rsb,
    Add,
    Adc,
    Sbc,
    Rsc,
    Tst,
    Teq,
    Cmp,
    Cmn,
    Orr,
    Mov,
    Bic,
    Mvn,
    Orn,
}

/// What is added to the base of a load or store.
#[derive(Clone, Copy, Debug)]
pub(super) enum Offset {
    Number(i64),
    /// A register, how it is shifted and by how much, and whether it is subtracted.
    Register(Reg, u32, u32, bool),
}

/// What a load or store moves.
#[derive(Clone, Copy, Debug)]
pub(super) enum Access {
    Load(Reg, u8, bool),
    Store(Reg, u8),
    LoadPair(Reg, Reg),
    StorePair(Reg, Reg),
}

/// An instruction that is being read.
pub(super) struct Core<'a> {
    pub(super) insn: &'a mut Insn,
    /// What the program counter reads as.
    pub(super) pc: u64,
    pub(super) set_by: SetBy,
}

impl Core<'_> {
    /// What is read of a register.
    pub(super) fn value(&self, register: Reg) -> Operand {
        if register == PC { Operand::Const(self.pc) } else { Operand::Reg(register) }
    }

    pub(super) fn clobber(&mut self, register: Reg) {
        if register == PC {
            self.insn.clobber(SCRATCH);
            self.insn.flow = Flow::JumpRegister(SCRATCH);
        } else {
            self.insn.clobber(register);
        }
    }

    pub(super) fn flags(&mut self, set_by: SetBy, op: Op) {
        self.set_by = set_by;
        self.insn.does(op);
    }

    pub(super) fn clobber_flags(&mut self) {
        self.flags(SetBy::Compare, Op::ClobberFlags { flags: 0 });
    }

    fn test(&mut self, a: Operand, b: Operand) {
        self.flags(SetBy::Result, Op::Test { flags: 0, a, b, bits: 0 });
    }

    fn compare(&mut self, a: Operand, b: Operand) {
        self.flags(SetBy::Compare, Op::Compare { flags: 0, a, b, bits: 0 });
    }

    /// A register shifted by a number, as the field of an instruction has it.
    pub(super) fn shifted(&mut self, register: Reg, how: u32, amount: u32) -> Operand {
        let a = self.value(register);
        let (how, amount) = match (how & 3, amount) {
            (0, 0) => return a,
            (0, amount) => (Binary::Shl, amount),
            (1, 0) => return Operand::Const(0),
            (1, amount) => (Binary::Shr, amount),
            (2, 0) => (Binary::Sar, 31),
            (2, amount) => (Binary::Sar, amount),
            // By one, with the carry.
            (_, 0) => return Operand::Unknown,
            (_, amount) => (Binary::Ror, amount),
        };
        self.insn.compute(SCRATCH, how, a, Operand::Const(u64::from(amount)));
        Operand::Reg(SCRATCH)
    }

    /// A register becomes `a` with `b`; the program counter is jumped to.
    pub(super) fn compute(&mut self, dst: Reg, how: Binary, a: Operand, b: Operand) {
        let to = if dst == PC { SCRATCH } else { dst };
        match (how, a, b) {
            (_, Operand::Unknown, _) | (_, _, Operand::Unknown) => self.insn.clobber(to),
            (Binary::Add, Operand::Const(a), Operand::Const(b)) => {
                return self.set(dst, Operand::Const(a.wrapping_add(b) & 0xffff_ffff));
            }
            (Binary::Sub, Operand::Const(a), Operand::Const(b)) => {
                return self.set(dst, Operand::Const(a.wrapping_sub(b) & 0xffff_ffff));
            }
            (Binary::Add | Binary::Sub, a, Operand::Const(0)) => return self.set(dst, a),
            _ => self.insn.compute(to, how, a, b),
        }
        if dst == PC {
            self.insn.flow = Flow::JumpRegister(SCRATCH);
        }
    }

    pub(super) fn set(&mut self, dst: Reg, src: Operand) {
        match (dst, src) {
            (PC, Operand::Reg(LR)) => self.insn.flow = Flow::Return,
            (PC, Operand::Reg(register)) => self.insn.flow = Flow::JumpRegister(register),
            (PC, Operand::Const(target)) => self.insn.flow = Flow::Jump(target & !1),
            (_, Operand::Unknown) => self.clobber(dst),
            _ => self.insn.set(dst, src),
        }
    }

    /// A calculation, with its flags where it sets them.
    pub(super) fn alu(&mut self, how: Alu, sets_flags: bool, dst: Reg, a: Operand, b: Operand) {
        let ones = Operand::Const(0xffff_ffff);
        match how {
            Alu::Cmp => return self.compare(a, b),
            Alu::Cmn => return self.addition(a, b),
            Alu::Tst => return self.test(a, b),
            Alu::Teq if b == Operand::Const(0) => return self.test(a, a),
            Alu::Teq => return self.flags(SetBy::Equality, Op::Compare { flags: 0, a, b, bits: 0 }),
            _ => {}
        }
        // With flags into the program counter: back from an exception.
        let returns = sets_flags && dst == PC;
        let sets_flags = sets_flags && dst != PC;
        let mut tested = false;
        if sets_flags {
            tested = true;
            match how {
                Alu::Sub => self.compare(a, b),
                Alu::Rsb => self.compare(b, a),
                Alu::Add if matches!(b, Operand::Const(_)) => self.addition(a, b),
                Alu::And => self.test(a, b),
                Alu::Mov => self.test(b, b),
                Alu::Adc | Alu::Sbc | Alu::Rsc => self.clobber_flags(),
                _ => tested = false,
            }
        }
        let inverted = |core: &mut Self| match b {
            Operand::Const(number) => Operand::Const(!number & 0xffff_ffff),
            Operand::Unknown => Operand::Unknown,
            Operand::Reg(_) => {
                core.insn.compute(SCRATCH, Binary::Xor, b, ones);
                Operand::Reg(SCRATCH)
            }
        };
        match how {
            Alu::And => self.compute(dst, Binary::And, a, b),
            Alu::Eor => self.compute(dst, Binary::Xor, a, b),
            Alu::Sub => self.compute(dst, Binary::Sub, a, b),
            Alu::Rsb => self.compute(dst, Binary::Sub, b, a),
            Alu::Add => self.compute(dst, Binary::Add, a, b),
            Alu::Orr => self.compute(dst, Binary::Or, a, b),
            Alu::Mov => self.set(dst, b),
            Alu::Bic | Alu::Orn | Alu::Mvn => {
                let b = inverted(self);
                match how {
                    Alu::Bic => self.compute(dst, Binary::And, a, b),
                    Alu::Orn => self.compute(dst, Binary::Or, a, b),
                    _ => self.set(dst, b),
                }
            }
            _ => self.clobber(dst),
        }
        if sets_flags && !tested {
            self.test(Operand::Reg(dst), Operand::Reg(dst));
        }
        if returns {
            self.insn.flow = Flow::Return;
        }
    }

    /// The flags of an addition: those of a comparison with the negated number, but for zero and the most negative.
    fn addition(&mut self, a: Operand, b: Operand) {
        match b {
            Operand::Const(0) => self.test(a, a),
            Operand::Const(number) if number != 0x8000_0000 => {
                self.compare(a, Operand::Const(number.wrapping_neg() & 0xffff_ffff));
            }
            _ => self.clobber_flags(),
        }
    }

    /// A load or store: `before` the base is moved by the offset or after, and whether the base stays so.
    pub(super) fn access(&mut self, access: Access, base: Reg, offset: Offset, before: bool, back: bool) {
        let back = back || !before;
        if base == PC {
            let place = match offset {
                Offset::Number(offset) => {
                    Address::absolute((self.pc & !3).wrapping_add_signed(offset) & 0xffff_ffff)
                }
                offset => Address {
                    base: None,
                    index: Some(self.index(offset, &access)),
                    offset: self.pc.cast_signed(),
                },
            };
            return self.moves(access, place);
        }
        if !back {
            let place = match offset {
                Offset::Number(offset) => Address::based(base, offset),
                offset => Address { base: Some(base), index: Some(self.index(offset, &access)), offset: 0 },
            };
            return self.moves(access, place);
        }
        let by = match offset {
            Offset::Number(offset) => Operand::Const(offset.cast_unsigned() & 0xffff_ffff),
            offset => {
                // In between, since what is loaded may be the index.
                let (index, shift) = self.index(offset, &access);
                if index != SCRATCH || shift != 0 {
                    let shift = Operand::Const(u64::from(shift));
                    self.insn.compute(SCRATCH, Binary::Shl, Operand::Reg(index), shift);
                }
                Operand::Reg(SCRATCH)
            }
        };
        let taken = match access {
            Access::Load(register, ..) | Access::Store(register, _) => register == base,
            Access::LoadPair(first, second) | Access::StorePair(first, second) => {
                first == base || second == base
            }
        };
        if let Access::Load(PC, size, _) = access {
            let from = if before {
                self.insn.compute(base, Binary::Add, Operand::Reg(base), by);
                Address::based(base, 0)
            } else {
                Address::based(base, 0)
            };
            if base == SP && !before {
                self.insn.compute(base, Binary::Add, Operand::Reg(base), by);
                self.insn.flow = Flow::Return;
            } else if before {
                self.insn.flow = Flow::JumpMemory(from);
            } else if let Operand::Const(_) = by {
                self.insn.does(Op::Load { dst: SCRATCH, from, size, signed: false });
                self.insn.compute(base, Binary::Add, Operand::Reg(base), by);
                self.insn.flow = Flow::JumpRegister(SCRATCH);
            } else {
                self.insn.compute(base, Binary::Add, Operand::Reg(base), by);
                self.clobber(PC);
            }
            return;
        }
        if taken {
            // Left open by the architecture.
            match access {
                Access::Store(_, size) => self.unknown(Address::based(base, 0), size),
                Access::StorePair(..) => self.unknown(Address::based(base, 0), 8),
                Access::Load(register, ..) => self.clobber(register),
                Access::LoadPair(first, second) => {
                    self.clobber(first);
                    self.clobber(second);
                }
            }
            return self.insn.clobber(base);
        }
        if before {
            self.insn.compute(base, Binary::Add, Operand::Reg(base), by);
            self.moves(access, Address::based(base, 0));
        } else {
            self.moves(access, Address::based(base, 0));
            self.insn.compute(base, Binary::Add, Operand::Reg(base), by);
        }
    }

    /// The index of an address, in the register in between where it is no register shifted left.
    fn index(&mut self, offset: Offset, access: &Access) -> (Reg, u8) {
        let Offset::Register(register, how, amount, minus) = offset else { return (SCRATCH, 0) };
        let loaded =
            matches!(access, Access::LoadPair(first, second) if *first == register || *second == register);
        if how & 3 == 0 && !minus && register != PC && !loaded {
            return (register, amount as u8);
        }
        match self.shifted(register, how, amount) {
            Operand::Unknown => self.insn.clobber(SCRATCH),
            Operand::Reg(SCRATCH) => {}
            value => self.insn.set(SCRATCH, value),
        }
        if minus {
            self.insn.compute(SCRATCH, Binary::Sub, Operand::Const(0), Operand::Reg(SCRATCH));
        }
        (SCRATCH, 0)
    }

    fn moves(&mut self, access: Access, place: Address) {
        let further = Address { offset: place.offset.wrapping_add(4), ..place };
        match access {
            Access::Load(PC, ..) => self.insn.flow = Flow::JumpMemory(place),
            Access::Load(dst, size, signed) => self.insn.does(Op::Load { dst, from: place, size, signed }),
            Access::Store(register, size) => {
                let src = self.value(register);
                self.insn.does(Op::Store { to: place, src, size });
            }
            Access::StorePair(first, second) => {
                let (first, second) = (self.value(first), self.value(second));
                self.insn.does(Op::Store { to: place, src: first, size: 4 });
                self.insn.does(Op::Store { to: further, src: second, size: 4 });
            }
            Access::LoadPair(first, second) => {
                let load = |dst, from| Op::Load { dst, from, size: 4, signed: false };
                if second == PC || first == PC {
                    self.clobber(first);
                    self.clobber(second);
                } else if place.base == Some(first) {
                    self.insn.does(load(second, further));
                    self.insn.does(load(first, place));
                } else {
                    self.insn.does(load(first, place));
                    self.insn.does(load(second, further));
                }
            }
        }
    }

    /// Memory becomes something unknown.
    pub(super) fn unknown(&mut self, to: Address, size: u8) {
        self.insn.does(Op::Store { to, src: Operand::Unknown, size });
    }

    /// `ldm`, `stm`, `push`, `pop`: the registers in the list, from `first` bytes after the base on, the base then moved by `back`.
    pub(super) fn multiple(&mut self, loads: bool, base: Reg, list: u32, first: i64, back: Option<i64>) {
        let mut offset = first;
        let mut own = None;
        for register in 0..16u8 {
            if !bit(list, u32::from(register)) {
                continue;
            }
            let place = Address::based(base, offset);
            offset += 4;
            if !loads {
                let src = self.value(register);
                self.insn.does(Op::Store { to: place, src, size: 4 });
            } else if register == PC {
                self.insn.flow = Flow::Return;
            } else if register == base {
                own = Some(place);
            } else {
                self.insn.does(Op::Load { dst: register, from: place, size: 4, signed: false });
            }
        }
        match (own, back) {
            (Some(_), Some(_)) => self.insn.clobber(base),
            (Some(from), None) => self.insn.does(Op::Load { dst: base, from, size: 4, signed: false }),
            (None, Some(by)) => {
                let by = Operand::Const(by.cast_unsigned() & 0xffff_ffff);
                self.insn.compute(base, Binary::Add, Operand::Reg(base), by);
            }
            (None, None) => {}
        }
    }

    /// Where an offset goes back to the base.
    fn write_back(&mut self, base: Reg, by: i64) {
        if base != PC {
            let by = Operand::Const(by.cast_unsigned() & 0xffff_ffff);
            self.insn.compute(base, Binary::Add, Operand::Reg(base), by);
        }
    }

    /// The space of coprocessors, floating point among them: its lower 28 bits are alike in both instruction sets.
    pub(super) fn coprocessor(&mut self, word: u32) -> bool {
        let (loads, base, target) = (bit(word, 20), field(word, 16, 4) as Reg, field(word, 12, 4) as Reg);
        if bit(word, 25) {
            if bit(word, 4) && loads {
                if target == PC { self.clobber_flags() } else { self.insn.clobber(target) }
            }
            return true;
        }
        let (before, up, back) = (bit(word, 24), bit(word, 23), bit(word, 21));
        if !before && !up && !back {
            if !bit(word, 22) {
                return false;
            }
            if loads {
                self.clobber(target);
                self.clobber(base);
            }
            return true;
        }
        let (number, floating) = (i64::from(field(word, 0, 8)), field(word, 9, 3) == 5);
        let half = field(word, 8, 4) == 9 && before && !back;
        let bytes = number * if half { 2 } else { 4 };
        let offset = if up { bytes } else { -bytes };
        let place = match (base, before) {
            (PC, _) => Address::absolute((self.pc & !3).wrapping_add_signed(offset) & 0xffff_ffff),
            (base, true) => Address::based(base, offset),
            (base, false) => Address::based(base, 0),
        };
        if !loads {
            let single = match field(word, 8, 4) {
                9 => 2,
                11 => 8,
                _ => 4,
            };
            let size = match (floating || half, before && !back) {
                (true, true) => single,
                (true, false) => u8::try_from(bytes).unwrap_or(255),
                (false, _) => 255,
            };
            self.unknown(place, size);
        }
        if back {
            self.write_back(base, offset);
        }
        true
    }

    /// Loads and stores of vectors' elements and structures; `word` as A32 has it in its lower 24 bits.
    pub(super) fn structures(&mut self, word: u32) {
        let base = field(word, 16, 4) as Reg;
        let single = bit(word, 23);
        let bytes: u8 = if !single {
            8 * match field(word, 8, 4) {
                0b0000..=0b0011 => 4,
                0b0100..=0b0110 => 3,
                0b0111 => 1,
                _ => 2,
            }
        } else {
            let elements = field(word, 8, 2) as u8 + 1;
            match (field(word, 10, 2), field(word, 6, 2)) {
                (3, 3) => 16,
                (3, size) | (size, _) => elements << size,
            }
        };
        if !bit(word, 21) {
            self.unknown(Address::based(base, 0), bytes);
        }
        match field(word, 0, 4) as Reg {
            PC => {}
            SP => self.write_back(base, i64::from(bytes)),
            register => self.insn.compute(base, Binary::Add, Operand::Reg(base), Operand::Reg(register)),
        }
    }

    /// A field of a register: `sbfx`, `ubfx`.
    pub(super) fn extract(&mut self, dst: Reg, source: Reg, from: u32, width: u32, signed: bool) {
        if from + width > 32 || dst == PC {
            return self.clobber(dst);
        }
        let (a, number) = (self.value(source), |n: u32| Operand::Const(u64::from(n)));
        let (up, down) = (32 - width - from, 32 - width);
        if signed {
            let mut a = a;
            if up != 0 {
                self.insn.compute(dst, Binary::Shl, a, number(up));
                a = Operand::Reg(dst);
            }
            self.insn.compute(dst, Binary::Sar, a, number(down));
        } else {
            let mut a = a;
            if from != 0 {
                self.insn.compute(dst, Binary::Shr, a, number(from));
                a = Operand::Reg(dst);
            }
            self.insn.compute(dst, Binary::And, a, Operand::Const((1 << width) - 1));
        }
    }

    /// `bfi`, `bfc` (from the program counter).
    pub(super) fn insert(&mut self, dst: Reg, source: Reg, low: u32, high: u32) {
        if high < low || dst == PC {
            return self.clobber(dst);
        }
        let mask = (1u64 << (high - low + 1)) - 1;
        if source != PC {
            self.insn.compute(SCRATCH, Binary::And, Operand::Reg(source), Operand::Const(mask));
            if low != 0 {
                let low = Operand::Const(u64::from(low));
                self.insn.compute(SCRATCH, Binary::Shl, Operand::Reg(SCRATCH), low);
            }
        }
        let rest = Operand::Const(!(mask << low) & 0xffff_ffff);
        self.insn.compute(dst, Binary::And, Operand::Reg(dst), rest);
        if source != PC {
            self.insn.compute(dst, Binary::Or, Operand::Reg(dst), Operand::Reg(SCRATCH));
        }
    }

    /// `sxtb`, `sxth`, `uxtb`, `uxth`, rotated, and added to a register that is not the program counter.
    pub(super) fn extend(&mut self, dst: Reg, with: Reg, source: Reg, bits: u8, signed: bool, rotated: u32) {
        if dst == PC {
            return self.clobber(dst);
        }
        let mut src = self.value(source);
        if rotated != 0 {
            self.insn.compute(SCRATCH, Binary::Ror, src, Operand::Const(u64::from(8 * rotated)));
            src = Operand::Reg(SCRATCH);
        }
        if with == PC {
            self.insn.does(Op::Extend { dst, src, bits, signed });
        } else {
            self.insn.does(Op::Extend { dst: SCRATCH, src, bits, signed });
            self.insn.compute(dst, Binary::Add, Operand::Reg(with), Operand::Reg(SCRATCH));
        }
    }

    /// `movt`.
    pub(super) fn move_top(&mut self, dst: Reg, number: u32) {
        if dst == PC {
            return self.clobber(dst);
        }
        self.insn.compute(dst, Binary::And, Operand::Reg(dst), Operand::Const(0xffff));
        self.insn.compute(dst, Binary::Or, Operand::Reg(dst), Operand::Const(u64::from(number) << 16));
    }

    /// `mul`, `mla`, `mls`; nothing is added where `with` is `None`.
    pub(super) fn multiply(&mut self, dst: Reg, a: Reg, b: Reg, with: Option<(Reg, bool)>) {
        if [dst, a, b].contains(&PC) {
            return self.clobber(dst);
        }
        let (a, b) = (Operand::Reg(a), Operand::Reg(b));
        match with {
            None => self.insn.compute(dst, Binary::Mul, a, b),
            Some((with, minus)) => {
                let how = if minus { Binary::Sub } else { Binary::Add };
                self.insn.compute(SCRATCH, Binary::Mul, a, b);
                let with = self.value(with);
                self.insn.compute(dst, how, with, Operand::Reg(SCRATCH));
            }
        }
    }
}
