//! Moves, extensions, addresses, selects, the stack.

use iced_x86::{Mnemonic, Register};

use super::operand::{Part, Place};
use super::{BP, Reading, SP};
use crate::ir::{Address, Binary, Flow, Op, Operand};

impl Reading<'_> {
    /// What the instruction does; `false` where it is not modelled.
    pub(super) fn effects(&mut self) -> bool {
        let done = match self.instruction.mnemonic() {
            Mnemonic::Mov => self.mov(),
            Mnemonic::Movzx => self.extend(false),
            Mnemonic::Movsx | Mnemonic::Movsxd => self.extend(true),
            Mnemonic::Cbw | Mnemonic::Cwde | Mnemonic::Cdqe => self.extend_accumulator(),
            Mnemonic::Cdq | Mnemonic::Cqo => self.spread_sign(),
            Mnemonic::Lea => self.lea(),
            Mnemonic::Push => self.push_operand(),
            Mnemonic::Pop => self.pop(),
            Mnemonic::Leave => self.leave(),
            Mnemonic::Xchg => self.exchange(),
            Mnemonic::Nop | Mnemonic::Endbr32 | Mnemonic::Endbr64 | Mnemonic::Pause => Some(()),
            Mnemonic::Hlt => {
                self.insn.flow = Flow::Stop;
                Some(())
            }
            mnemonic => match self.instruction.condition_code() {
                iced_x86::ConditionCode::None => self.calculate(mnemonic),
                _ if self.instruction.op_count() == 1 => self.set_by_condition(),
                _ => self.move_by_condition(),
            },
        };
        done.is_some()
    }

    fn mov(&mut self) -> Option<()> {
        let (to, from) = (self.operand(0)?, self.operand(1)?);
        match (to, from) {
            (Place::Part(part), Place::Memory(from, size)) if part.bits >= 32 => {
                self.insn.does(Op::Load { dst: part.number, from, size, signed: false });
            }
            // To a place that is based on the register in between only what is not read through it.
            (Place::Memory(..), Place::Part(Part { second: true, .. })) if self.taken => return None,
            _ => {
                let value = self.read(from);
                self.write(to, value, matches!(from, Place::Memory(..)));
            }
        }
        Some(())
    }

    fn extend(&mut self, signed: bool) -> Option<()> {
        let (Place::Part(to), from) = (self.operand(0)?, self.operand(1)?) else { return None };
        let bits = from.bits()?;
        // Into less than 32 bits by way of the register in between.
        let dst = if to.bits >= 32 { to.number } else { self.scratch() };
        match from {
            Place::Memory(from, size) => self.insn.does(Op::Load { dst, from, size, signed }),
            from => {
                let src = self.read(from);
                if bits == self.bits {
                    self.insn.set(dst, src);
                } else {
                    self.insn.does(Op::Extend { dst, src, bits, signed });
                }
            }
        }
        if to.bits < 32 || (signed && to.bits < self.bits) {
            self.write(Place::Part(to), Operand::Reg(dst), false);
        }
        Some(())
    }

    /// `cbw`, `cwde`, `cdqe`.
    fn extend_accumulator(&mut self) -> Option<()> {
        let (bits, to) = match self.instruction.mnemonic() {
            Mnemonic::Cbw => (8, 16),
            Mnemonic::Cwde => (16, 32),
            _ => (32, 64),
        };
        let to = Part { number: 0, bits: to, second: false };
        let dst = self.scratch();
        self.insn.does(Op::Extend { dst, src: Operand::Reg(0), bits, signed: true });
        self.write(Place::Part(to), Operand::Reg(dst), false);
        Some(())
    }

    /// `cdq`, `cqo`.
    fn spread_sign(&mut self) -> Option<()> {
        let bits = if self.instruction.mnemonic() == Mnemonic::Cqo { 64 } else { 32 };
        let (a, b) = (Operand::Reg(0), Operand::Const(u64::from(bits) - 1));
        let bits = self.narrow(bits);
        self.insn.does(Op::Compute { dst: 2, how: Binary::Sar, a, b, bits, signed: false });
        Some(())
    }

    fn lea(&mut self) -> Option<()> {
        let instruction = self.instruction;
        let to = Part::of(instruction.op0_register()).filter(|part| part.bits >= 32)?;
        let offset = instruction.memory_displacement64();
        let (base, index) = (instruction.memory_base(), instruction.memory_index());
        if matches!(base, Register::RIP | Register::EIP) {
            let mask = if to.bits == 32 || base == Register::EIP { 0xffff_ffff } else { u64::MAX };
            self.insn.set(to.number, Operand::Const(offset & mask));
            return Some(());
        }
        // The sum is cut to the narrower of the address and the register.
        let mut bits = to.bits;
        for register in [base, index].into_iter().filter(|&register| register != Register::None) {
            let part = Part::of(register).filter(|part| part.bits >= 32)?;
            bits = bits.min(part.bits);
        }
        let width = self.narrow(bits);
        let compute = |how, dst, a, b| Op::Compute { dst, how, a, b, bits: width, signed: false };
        let offset = if bits == 32 { u64::from(offset as u32) } else { offset };
        let number = |register| Part::of(register).map(|part| Operand::Reg(part.number));
        let mut sum = number(base);
        if let Some(index) = number(index) {
            let scale = instruction.memory_index_scale().max(1).trailing_zeros();
            let shift = Operand::Const(u64::from(scale));
            sum = Some(match sum {
                None if scale == 0 => index,
                None => {
                    self.insn.does(compute(Binary::Shl, to.number, index, shift));
                    Operand::Reg(to.number)
                }
                Some(base) if scale == 0 => {
                    self.insn.does(compute(Binary::Add, to.number, base, index));
                    Operand::Reg(to.number)
                }
                Some(base) => {
                    let scratch = self.scratch();
                    self.insn.does(compute(Binary::Shl, scratch, index, shift));
                    self.insn.does(compute(Binary::Add, to.number, base, Operand::Reg(scratch)));
                    Operand::Reg(to.number)
                }
            });
        }
        match sum {
            None => self.insn.set(to.number, Operand::Const(offset)),
            Some(sum) if offset == 0 && sum == Operand::Reg(to.number) && number(index).is_some() => {}
            Some(sum) if offset == 0 => {
                let part = Part { bits, ..to };
                self.write(Place::Part(part), sum, false);
            }
            Some(sum) => self.insn.does(compute(Binary::Add, to.number, sum, Operand::Const(offset))),
        }
        Some(())
    }

    fn push_operand(&mut self) -> Option<()> {
        let size = u8::try_from(-self.instruction.stack_pointer_increment()).ok()?;
        let value = match self.operand(0) {
            Some(place) => self.read(place),
            None => Operand::Unknown,
        };
        self.push_sized(value, size);
        Some(())
    }

    fn pop(&mut self) -> Option<()> {
        let size = u8::try_from(self.instruction.stack_pointer_increment()).ok()?;
        let from = Address::based(SP, 0);
        let advance = Op::Compute {
            dst: SP,
            how: Binary::Add,
            a: Operand::Reg(SP),
            b: Operand::Const(u64::from(size)),
            bits: 0,
            signed: false,
        };
        if let iced_x86::OpKind::Register = self.instruction.op0_kind() {
            let Some(part) = Part::of(self.instruction.op0_register()) else {
                // A segment register.
                self.insn.does(advance);
                return Some(());
            };
            if part.bits != self.bits {
                return None;
            }
            self.insn.does(Op::Load { dst: part.number, from, size, signed: false });
            if part.number != SP {
                self.insn.does(advance);
            }
            return Some(());
        }
        let dst = self.scratch();
        let place = self.operand(0)?;
        if self.taken {
            return None;
        }
        self.insn.does(Op::Load { dst, from, size, signed: false });
        self.insn.does(advance);
        self.write(place, Operand::Reg(dst), true);
        Some(())
    }

    fn leave(&mut self) -> Option<()> {
        let size = self.bits / 8;
        self.insn.set(SP, Operand::Reg(BP));
        self.insn.does(Op::Load { dst: BP, from: Address::based(SP, 0), size, signed: false });
        self.insn.compute(SP, Binary::Add, Operand::Reg(SP), Operand::Const(u64::from(size)));
        Some(())
    }

    /// Of two registers; with memory it is not modelled.
    fn exchange(&mut self) -> Option<()> {
        let (Place::Part(first), Place::Part(second)) = (self.operand(0)?, self.operand(1)?) else {
            return None;
        };
        if first.bits < 32 {
            return None;
        }
        let scratch = self.scratch();
        self.insn.set(scratch, Operand::Reg(first.number));
        self.write(Place::Part(first), Operand::Reg(second.number), false);
        self.write(Place::Part(second), Operand::Reg(scratch), false);
        Some(())
    }

    /// `setcc`.
    fn set_by_condition(&mut self) -> Option<()> {
        let (to, when) = (self.operand(0)?, self.condition());
        if self.taken {
            return None;
        }
        let dst = self.scratch();
        self.insn.does(Op::Select { dst, when, yes: Operand::Const(1), no: Operand::Const(0) });
        self.write(to, Operand::Reg(dst), true);
        Some(())
    }

    /// `cmovcc`.
    fn move_by_condition(&mut self) -> Option<()> {
        let (Place::Part(to), from) = (self.operand(0)?, self.operand(1)?) else { return None };
        if !is_conditional_move(self.instruction.mnemonic()) || to.bits < 32 {
            return None;
        }
        let (when, yes) = (self.condition(), self.read(from));
        self.insn.does(Op::Select { dst: to.number, when, yes, no: Operand::Reg(to.number) });
        if to.bits < self.bits {
            self.write(Place::Part(to), Operand::Reg(to.number), false);
        }
        Some(())
    }
}

fn is_conditional_move(mnemonic: Mnemonic) -> bool {
    use Mnemonic as M;
    matches!(
        mnemonic,
        M::Cmova
            | M::Cmovae
            | M::Cmovb
            | M::Cmovbe
            | M::Cmove
            | M::Cmovg
            | M::Cmovge
            | M::Cmovl
            | M::Cmovle
            | M::Cmovne
            | M::Cmovno
            | M::Cmovnp
            | M::Cmovns
            | M::Cmovo
            | M::Cmovp
            | M::Cmovs
    )
}
