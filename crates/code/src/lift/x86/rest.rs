//! What is not modelled: which registers, flags and memory it writes.

use iced_x86::{InstructionInfo, OpAccess};

use super::operand::Part;
use super::{Reading, SP, SetBy};
use crate::ir::{Address, Binary, Op, Operand};

impl Reading<'_> {
    /// Says what the instruction writes, and nothing of what.
    pub(super) fn rest(&mut self, info: &InstructionInfo) {
        let instruction = self.instruction;
        let repeated = instruction.has_rep_prefix() || instruction.has_repne_prefix();
        for memory in info.used_memory().iter().filter(|memory| writes(memory.access())) {
            let size = match u8::try_from(memory.memory_size().size()) {
                Ok(size @ 1..) if !repeated => size,
                _ => 255,
            };
            let to = self.address_of(
                memory.segment(),
                memory.base(),
                memory.index(),
                memory.scale(),
                memory.displacement(),
            );
            let to = to.unwrap_or_else(|| {
                self.insn.clobber(self.scratch());
                Address::based(self.scratch(), 0)
            });
            self.insn.does(Op::Store { to, src: Operand::Unknown, size });
        }
        let by = instruction.stack_pointer_increment();
        for register in info.used_registers().iter().filter(|register| writes(register.access())) {
            let Some(part) = Part::of(register.register()) else { continue };
            if part.number == SP && by != 0 && instruction.mnemonic() != iced_x86::Mnemonic::Enter {
                let by = Operand::Const(i64::from(by).cast_unsigned());
                self.insn.compute(SP, Binary::Add, Operand::Reg(SP), by);
            } else if !self.insn.ops.contains(&Op::Clobber { dst: part.number }) {
                self.insn.clobber(part.number);
            }
        }
        if instruction.rflags_modified() & CONDITIONS != 0 {
            self.flags(SetBy::Compare, Op::ClobberFlags { flags: 0 });
        }
    }
}

/// The flags that conditions ask for.
const CONDITIONS: u32 = iced_x86::RflagsBits::OF
    | iced_x86::RflagsBits::SF
    | iced_x86::RflagsBits::ZF
    | iced_x86::RflagsBits::CF
    | iced_x86::RflagsBits::PF;

pub(super) fn writes(access: OpAccess) -> bool {
    matches!(access, OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite)
}
