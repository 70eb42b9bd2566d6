//! Arithmetic, logic, shifts, comparisons.

use iced_x86::Mnemonic;

use super::operand::Place;
use super::{Reading, SetBy};
use crate::ir::{Binary, Condition, Op, Operand, Relation};

impl Reading<'_> {
    pub(super) fn calculate(&mut self, mnemonic: Mnemonic) -> Option<()> {
        match mnemonic {
            Mnemonic::Cmp => self.compare(),
            Mnemonic::Test => self.test(),
            Mnemonic::Add => self.binary(Binary::Add),
            Mnemonic::Sub => self.binary(Binary::Sub),
            Mnemonic::And => self.binary(Binary::And),
            Mnemonic::Or => self.binary(Binary::Or),
            Mnemonic::Xor => self.binary(Binary::Xor),
            Mnemonic::Inc => self.count(Binary::Add),
            Mnemonic::Dec => self.count(Binary::Sub),
            Mnemonic::Neg => self.negate(),
            Mnemonic::Not => self.invert(),
            Mnemonic::Shl | Mnemonic::Sal => self.shift(Binary::Shl),
            Mnemonic::Shr => self.shift(Binary::Shr),
            Mnemonic::Sar => self.shift(Binary::Sar),
            Mnemonic::Ror => self.shift(Binary::Ror),
            Mnemonic::Imul => self.multiply(),
            Mnemonic::Bt => self.bit(),
            Mnemonic::Sbb => self.borrow(),
            _ => None,
        }
    }

    fn compare(&mut self) -> Option<()> {
        let (a, b, bits) = self.pair()?;
        self.flags(SetBy::Compare, Op::Compare { flags: 0, a, b, bits });
        Some(())
    }

    fn test(&mut self) -> Option<()> {
        let (a, b, bits) = self.pair()?;
        self.flags(SetBy::Compare, Op::Test { flags: 0, a, b, bits });
        Some(())
    }

    /// The values of the first two operands, and their width.
    fn pair(&mut self) -> Option<(Operand, Operand, u8)> {
        let (first, second) = (self.operand(0)?, self.operand(1)?);
        let bits = first.bits()?;
        let a = self.read(first);
        let b = if second_is_first(first, second) { a } else { self.read(second) };
        Some((a, b, self.narrow(bits)))
    }

    fn binary(&mut self, how: Binary) -> Option<()> {
        let (first, second) = (self.operand(0)?, self.operand(1)?);
        let bits = self.narrow(first.bits()?);
        // A register with itself is nothing.
        if matches!(how, Binary::Xor | Binary::Sub) && second_is_first(first, second) {
            let zero = Operand::Const(0);
            self.write(first, zero, true);
            self.flags(SetBy::Compare, Op::Test { flags: 0, a: zero, b: zero, bits });
            return Some(());
        }
        let a = self.read(first);
        let b = if second_is_first(first, second) { a } else { self.read(second) };
        let before = match (how, b) {
            (Binary::Sub, _) => Some((SetBy::Compare, Op::Compare { flags: 0, a, b, bits })),
            (Binary::And, _) => Some((SetBy::Compare, Op::Test { flags: 0, a, b, bits })),
            (Binary::Add, Operand::Const(number)) => addition(a, number, first.bits()?, bits),
            _ => None,
        };
        if let Some((set_by, op)) = before {
            self.flags(set_by, op);
        }
        let result = self.result(first, how, a, b);
        if before.is_none() {
            let set_by = if how == Binary::Add { SetBy::Result } else { SetBy::Compare };
            self.flags(set_by, Op::Test { flags: 0, a: result, b: result, bits });
        }
        self.finish(first, result);
        Some(())
    }

    /// Calculates into the operand where it is a register of 32 bits or more, else into the register in between, where the result then
    /// waits for [`Self::finish`].
    fn result(&mut self, to: Place, how: Binary, a: Operand, b: Operand) -> Operand {
        let bits = to.bits().map_or(0, |bits| self.narrow(bits));
        let dst = match to {
            Place::Part(part) if part.bits >= 32 => part.number,
            _ => self.scratch(),
        };
        if a == Operand::Unknown || b == Operand::Unknown {
            self.insn.clobber(dst);
        } else {
            self.insn.does(Op::Compute { dst, how, a, b, bits, signed: false });
        }
        Operand::Reg(dst)
    }

    fn finish(&mut self, to: Place, result: Operand) {
        if result == Operand::Reg(self.scratch()) {
            self.write(to, result, true);
        }
    }

    /// `inc`, `dec`: the carry stays.
    fn count(&mut self, how: Binary) -> Option<()> {
        let first = self.operand(0)?;
        let (width, a, one) = (first.bits()?, self.read(first), Operand::Const(1));
        let bits = self.narrow(width);
        let b = if how == Binary::Sub { one } else { Operand::Const(u64::MAX) };
        self.flags(SetBy::Count, Op::Compare { flags: 0, a, b, bits });
        let result = self.result(first, how, a, one);
        self.finish(first, result);
        Some(())
    }

    fn negate(&mut self) -> Option<()> {
        let first = self.operand(0)?;
        let (zero, b) = (Operand::Const(0), self.read(first));
        let bits = self.narrow(first.bits()?);
        self.flags(SetBy::Compare, Op::Compare { flags: 0, a: zero, b, bits });
        let result = self.result(first, Binary::Sub, zero, b);
        self.finish(first, result);
        Some(())
    }

    fn invert(&mut self) -> Option<()> {
        let first = self.operand(0)?;
        let a = self.read(first);
        let result = self.result(first, Binary::Xor, a, Operand::Const(u64::MAX));
        self.finish(first, result);
        Some(())
    }

    /// By a number.
    fn shift(&mut self, how: Binary) -> Option<()> {
        let (first, Place::Number(number)) = (self.operand(0)?, self.operand(1)?) else { return None };
        let width = first.bits()?;
        let number = number & if width == 64 { 63 } else { 31 };
        if number == 0 || number >= u64::from(width) {
            return None;
        }
        let a = self.read(first);
        let result = self.result(first, how, a, Operand::Const(number));
        if how == Binary::Ror {
            self.flags(SetBy::Compare, Op::ClobberFlags { flags: 0 });
        } else {
            let bits = self.narrow(width);
            self.flags(SetBy::Result, Op::Test { flags: 0, a: result, b: result, bits });
        }
        self.finish(first, result);
        Some(())
    }

    /// `imul` with two or three operands.
    fn multiply(&mut self) -> Option<()> {
        let count = self.instruction.op_count();
        if count < 2 {
            return None;
        }
        let first = self.operand(0)?;
        let (second, third) =
            if count == 2 { (first, self.operand(1)?) } else { (self.operand(1)?, self.operand(2)?) };
        let a = self.read(second);
        let b = self.read(third);
        let result = self.result(first, Binary::Mul, a, b);
        self.finish(first, result);
        self.flags(SetBy::Compare, Op::ClobberFlags { flags: 0 });
        Some(())
    }

    /// `bt` of a register, or of memory by a number.
    fn bit(&mut self) -> Option<()> {
        let (first, second) = (self.operand(0)?, self.operand(1)?);
        let width = first.bits()?;
        let bits = self.narrow(width);
        let op = match (first, second) {
            (_, Place::Number(number)) => {
                let a = self.read(first);
                let b = Operand::Const(1 << (number & u64::from(width - 1)));
                Op::Test { flags: 0, a, b, bits }
            }
            (Place::Part(part), Place::Part(by)) => {
                let scratch = self.scratch();
                let most = Operand::Const(u64::from(width - 1));
                self.insn.compute(scratch, Binary::And, Operand::Reg(by.number), most);
                let (a, b) = (Operand::Reg(part.number), Operand::Reg(scratch));
                self.insn.does(Op::Compute { dst: scratch, how: Binary::Shr, a, b, bits, signed: false });
                Op::Test { flags: 0, a: Operand::Reg(scratch), b: Operand::Const(1), bits }
            }
            _ => return None,
        };
        self.flags(SetBy::Bit, op);
        Some(())
    }

    /// `sbb` of a register with itself: all ones where there was a borrow, else zero.
    fn borrow(&mut self) -> Option<()> {
        let (first, second) = (self.operand(0)?, self.operand(1)?);
        let Place::Part(part) = first else { return None };
        if !second_is_first(first, second) || part.bits < 32 {
            return None;
        }
        let when = Condition::Flags(0, self.set_by.relation(Relation::Below));
        let yes = Operand::Const(if part.bits == 32 { 0xffff_ffff } else { u64::MAX });
        self.insn.does(Op::Select { dst: part.number, when, yes, no: Operand::Const(0) });
        self.flags(SetBy::Compare, Op::ClobberFlags { flags: 0 });
        Some(())
    }
}

fn second_is_first(first: Place, second: Place) -> bool {
    matches!((first, second), (Place::Part(first), Place::Part(second)) if first == second)
}

/// The flags of an addition of a number, as a comparison with the negated one; not of zero and the most negative.
fn addition(a: Operand, number: u64, width: u8, bits: u8) -> Option<(SetBy, Op)> {
    let ones = u64::MAX >> (64 - u32::from(width));
    let number = number & ones;
    if number == 0 || number == 1 << (width - 1) {
        return None;
    }
    let b = Operand::Const(number.wrapping_neg() & ones);
    Some((SetBy::Addition, Op::Compare { flags: 0, a, b, bits }))
}
