//! x86 and x86-64.
//!
//! Modelled: moves, extensions, address formation, arithmetic and logic, shifts by a number, comparisons, bit tests, selects, the stack,
//! all control flow. A register's low or second byte, or its low half, that is written is put into what was there, so the rest stays.
//! What memory holds is read into the register in between before it is compared or calculated with. Of everything else stands which
//! registers, flags and memory it writes, as iced-x86 knows it.
//!
//! Flags: an addition of a number is a comparison with the negated one, and shifts, increments and bit tests are comparisons or tests of
//! which some relations hold only; so the reader remembers what set the flags last and asks for another relation, or for
//! [`Relation::Other`], where the plain one would not be what the processor sees. It forgets this where instructions do not follow each
//! other, and at [`Lift::begin`].
//!
//! When it is wrong: a call to the next instruction, where that pops a register, pushes the address and goes on, as code that asks where
//! it stands has it. Memory
//! through `fs` and `gs` is memory at an unknown place. A block of memory that string instructions fill is said to begin at the pointer;
//! downwards (`std`) it would end there.
//!
//! Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.

mod arithmetic;
mod moves;
mod operand;
mod rest;

use iced_x86::{
    ConditionCode, Decoder, DecoderOptions, FlowControl, InstructionInfoFactory, Mnemonic, OpKind, Register,
};

use crate::ir::{Binary, Condition, Flow, Insn, Lift, Op, Operand, Reg, Relation};

const CX: Reg = 1;
const SP: Reg = 4;
const BP: Reg = 5;

/// The reader of x86.
#[derive(Debug)]
pub struct X86 {
    bits: u8,
    info: InstructionInfoFactory,
    /// What set the flags last.
    set_by: SetBy,
    /// Where the next instruction would stand.
    expected: u64,
}

/// What set the flags, as far as relations hold or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SetBy {
    /// A comparison or test: all relations hold.
    Compare,
    /// An addition of a number, said as a comparison with the negated one, whose borrow is the addition's carry inverted.
    Addition,
    /// `inc`, `dec`, that leave the carry.
    Count,
    /// A bit, which is in the carry, said as a test.
    Bit,
    /// What leaves zero and sign of a result only.
    Result,
}

/// What of an instruction is being read.
struct Reading<'a> {
    instruction: &'a iced_x86::Instruction,
    insn: &'a mut Insn,
    bits: u8,
    /// Whether the register in between is taken.
    taken: bool,
    /// Whether what follows pops a register.
    pops: bool,
    set_by: SetBy,
}

impl X86 {
    /// Of 32 or 64 bits.
    #[must_use]
    pub fn new(bits: u8) -> Self {
        Self { bits, info: InstructionInfoFactory::new(), set_by: SetBy::Compare, expected: 0 }
    }
}

impl Lift for X86 {
    fn lift(&mut self, bytes: &[u8], address: u64, insn: &mut Insn) -> bool {
        let bytes = bytes.get(..15).unwrap_or(bytes);
        let mut decoder = Decoder::with_ip(u32::from(self.bits), bytes, address, DecoderOptions::NONE);
        let instruction = decoder.decode();
        if instruction.is_invalid() {
            return false;
        }
        insn.reset(address, instruction.len() as u8);
        if address != self.expected {
            self.set_by = SetBy::Compare;
        }
        self.expected = instruction.next_ip();
        let pops = bytes.get(instruction.len()).is_some_and(|next| (0x58..=0x5f).contains(next));
        let mut reading = Reading {
            instruction: &instruction,
            insn,
            bits: self.bits,
            taken: false,
            pops,
            set_by: self.set_by,
        };
        let known = match instruction.flow_control() {
            FlowControl::Next => reading.effects(),
            _ => reading.control(),
        };
        if !known {
            reading.insn.ops.clear();
            reading.rest(self.info.info(&instruction));
        }
        self.set_by = reading.set_by;
        if matches!(
            insn.flow,
            Flow::Jump(_) | Flow::JumpRegister(_) | Flow::JumpMemory(_) | Flow::Return | Flow::Stop
        ) {
            self.set_by = SetBy::Compare;
        }
        true
    }

    fn begin(&mut self) {
        self.set_by = SetBy::Compare;
    }

    fn step(&self) -> u8 {
        1
    }
}

impl Reading<'_> {
    /// Where control goes, and what is done on the way. `false` where only the flow is said and the effects are left to [`Self::rest`].
    fn control(&mut self) -> bool {
        let near = matches!(
            self.instruction.op0_kind(),
            OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64
        );
        let target = if near {
            self.instruction.near_branch_target()
        } else {
            u64::from(self.instruction.far_branch32())
        };
        self.insn.flow = match self.instruction.flow_control() {
            FlowControl::Next => Flow::Next,
            FlowControl::UnconditionalBranch => Flow::Jump(target),
            FlowControl::ConditionalBranch => self.branch(target),
            FlowControl::IndirectBranch if self.instruction.op0_kind() == OpKind::Register => {
                Flow::JumpRegister(self.pointer())
            }
            FlowControl::IndirectBranch => Flow::JumpMemory(self.place()),
            FlowControl::Call if near && self.pops && target == self.instruction.next_ip() => {
                self.push(Operand::Const(target));
                Flow::Next
            }
            FlowControl::Call if !near && self.instruction.mnemonic() != Mnemonic::Call => {
                self.insn.flow = Flow::System;
                return false;
            }
            FlowControl::Call => Flow::Call(target),
            FlowControl::IndirectCall if self.instruction.op0_kind() == OpKind::Register => {
                Flow::CallRegister(self.pointer())
            }
            FlowControl::IndirectCall => Flow::CallMemory(self.place()),
            FlowControl::Return => Flow::Return,
            FlowControl::Interrupt if self.instruction.mnemonic() == Mnemonic::Int3 => Flow::Stop,
            FlowControl::Interrupt => {
                self.insn.flow = Flow::System;
                return false;
            }
            FlowControl::XbeginXabortXend if near => {
                self.insn.flow = Flow::Branch(Condition::Flags(0, Relation::Other), target);
                return false;
            }
            FlowControl::XbeginXabortXend => return false,
            FlowControl::Exception => Flow::Stop,
        };
        true
    }

    /// The register that a jump or call goes through.
    fn pointer(&mut self) -> Reg {
        match self.register(self.instruction.op0_register()) {
            Some(part) if part.bits == self.bits => part.number,
            _ => {
                self.insn.clobber(self.scratch());
                self.scratch()
            }
        }
    }

    fn branch(&mut self, target: u64) -> Flow {
        let zero = Operand::Const(0);
        let condition = match self.instruction.mnemonic() {
            Mnemonic::Jcxz | Mnemonic::Jecxz | Mnemonic::Jrcxz => {
                let bits = match self.instruction.mnemonic() {
                    Mnemonic::Jcxz => 16,
                    Mnemonic::Jecxz => 32,
                    _ => 64,
                };
                let mut count = Operand::Reg(CX);
                if bits != self.bits {
                    self.insn.does(Op::Extend { dst: self.scratch(), src: count, bits, signed: false });
                    count = Operand::Reg(self.scratch());
                }
                Condition::Values(Relation::Equal, count, zero)
            }
            Mnemonic::Loop | Mnemonic::Loope | Mnemonic::Loopne => {
                let wide = self.instruction.op0_kind() != OpKind::NearBranch16;
                let counts = self.instruction.code().mnemonic() == Mnemonic::Loop && wide;
                self.insn.compute(CX, Binary::Sub, Operand::Reg(CX), Operand::Const(1));
                if counts {
                    Condition::Values(Relation::NotEqual, Operand::Reg(CX), zero)
                } else {
                    Condition::Flags(0, Relation::Other)
                }
            }
            _ => self.condition(),
        };
        Flow::Branch(condition, target)
    }

    /// The condition that the instruction asks for, by the flags.
    fn condition(&self) -> Condition {
        let relation = match self.instruction.condition_code() {
            ConditionCode::b => Relation::Below,
            ConditionCode::ae => Relation::AboveOrEqual,
            ConditionCode::e => Relation::Equal,
            ConditionCode::ne => Relation::NotEqual,
            ConditionCode::be => Relation::BelowOrEqual,
            ConditionCode::a => Relation::Above,
            ConditionCode::s => Relation::Negative,
            ConditionCode::ns => Relation::NotNegative,
            ConditionCode::l => Relation::Less,
            ConditionCode::ge => Relation::GreaterOrEqual,
            ConditionCode::le => Relation::LessOrEqual,
            ConditionCode::g => Relation::Greater,
            _ => Relation::Other,
        };
        Condition::Flags(0, self.set_by.relation(relation))
    }

    fn flags(&mut self, set_by: SetBy, op: Op) {
        self.set_by = set_by;
        self.insn.does(op);
    }

    /// The general register that a name is or is part of.
    fn register(&self, register: Register) -> Option<operand::Part> {
        operand::Part::of(register)
    }
}

impl SetBy {
    /// The relation to ask for so that it says what the processor sees.
    fn relation(self, relation: Relation) -> Relation {
        use Relation::{
            Above, AboveOrEqual, Below, BelowOrEqual, Equal, Negative, NotEqual, NotNegative, Other,
        };
        match (self, relation) {
            (Self::Compare, relation) => relation,
            (Self::Addition, Below) => AboveOrEqual,
            (Self::Addition, AboveOrEqual) => Below,
            (Self::Addition, Above | BelowOrEqual)
            | (Self::Count, Above | AboveOrEqual | Below | BelowOrEqual) => Other,
            (Self::Addition | Self::Count, relation) => relation,
            (Self::Bit, Below) => NotEqual,
            (Self::Bit, AboveOrEqual) => Equal,
            (Self::Bit, _) => Other,
            (Self::Result, Equal | NotEqual | Negative | NotNegative) => relation,
            (Self::Result, _) => Other,
        }
    }
}

#[cfg(test)]
mod tests;
