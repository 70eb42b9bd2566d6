//! Operands: parts of registers, numbers, places in memory.

use iced_x86::{OpKind, Register};

use super::{Reading, SP};
use crate::ir::{Address, Binary, Op, Operand, Reg};

/// A general register, or part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) number: Reg,
    pub(super) bits: u8,
    /// Whether it is the second byte (`ah`).
    pub(super) second: bool,
}

impl Part {
    /// `None` where the name is no general register's.
    pub(super) fn of(register: Register) -> Option<Self> {
        if !register.is_gpr() {
            return None;
        }
        let number = register.full_register().number() as Reg;
        let second = matches!(register, Register::AH | Register::CH | Register::DH | Register::BH);
        Some(Self { number, bits: (register.size() * 8) as u8, second })
    }
}

/// An operand of an instruction.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Part(Part),
    Number(u64),
    Memory(Address, u8),
}

impl Place {
    /// Its width.
    pub(super) fn bits(self) -> Option<u8> {
        match self {
            Self::Part(part) => Some(part.bits),
            Self::Number(_) => None,
            Self::Memory(_, size) => Some(size * 8),
        }
    }
}

impl Reading<'_> {
    /// The register in between.
    pub(super) fn scratch(&self) -> Reg {
        if self.bits == 64 { 16 } else { 8 }
    }

    /// An operation's width as the effects have it: 0 for the register's own.
    pub(super) fn narrow(&self, bits: u8) -> u8 {
        if bits == self.bits { 0 } else { bits }
    }

    /// The place in memory. Where that is not a sum of registers of the machine's width, the register in between becomes unknown and is
    /// its base.
    pub(super) fn place(&mut self) -> Address {
        let instruction = self.instruction;
        let offset = instruction.memory_displacement64();
        let base = match instruction.memory_base() {
            Register::RIP | Register::EIP => return Address::absolute(offset),
            register => register,
        };
        let place = self.address_of(
            instruction.memory_segment(),
            base,
            instruction.memory_index(),
            instruction.memory_index_scale(),
            offset,
        );
        place.unwrap_or_else(|| {
            self.insn.clobber(self.scratch());
            self.taken = true;
            Address::based(self.scratch(), 0)
        })
    }

    /// `None` where it is no sum of registers of the machine's width.
    pub(super) fn address_of(
        &self,
        segment: Register,
        base: Register,
        index: Register,
        scale: u32,
        offset: u64,
    ) -> Option<Address> {
        if matches!(segment, Register::FS | Register::GS) {
            return None;
        }
        let whole = |register: Register| match register {
            Register::None => Some(None),
            register => {
                Part::of(register).filter(|part| part.bits == self.bits).map(|part| Some(part.number))
            }
        };
        let (base, index) = (whole(base)?, whole(index)?);
        let summed = base.is_some() || index.is_some();
        let offset = match self.bits {
            32 if summed => i64::from(offset as u32 as i32),
            32 => i64::from(offset as u32),
            _ => offset.cast_signed(),
        };
        let index = index.map(|index| (index, scale.max(1).trailing_zeros() as u8));
        Some(Address { base, index, offset })
    }

    /// An operand; `None` where it is a register that is no general one, or of an unusual form.
    pub(super) fn operand(&mut self, number: u32) -> Option<Place> {
        let instruction = self.instruction;
        match instruction.try_op_kind(number).ok()? {
            OpKind::Register => Part::of(instruction.try_op_register(number).ok()?).map(Place::Part),
            OpKind::Memory => {
                let size = instruction.memory_size().size();
                Some(Place::Memory(self.place(), u8::try_from(size).ok().filter(|&size| size <= 8)?))
            }
            _ => instruction.try_immediate(number).ok().map(Place::Number),
        }
    }

    /// What an operand holds, to be cut to its width by whoever reads it: memory is loaded into the register in between, the second byte
    /// of a register is shifted there.
    pub(super) fn read(&mut self, place: Place) -> Operand {
        match place {
            Place::Number(number) => Operand::Const(number),
            Place::Part(Part { number, second: false, .. }) => Operand::Reg(number),
            _ if self.taken && !self.based_on_scratch(place) => Operand::Unknown,
            Place::Part(part) => {
                self.taken = true;
                let dst = self.scratch();
                self.insn.compute(dst, Binary::Shr, Operand::Reg(part.number), Operand::Const(8));
                Operand::Reg(dst)
            }
            Place::Memory(from, size) => {
                self.taken = true;
                let dst = self.scratch();
                self.insn.does(Op::Load { dst, from, size, signed: false });
                Operand::Reg(dst)
            }
        }
    }

    fn based_on_scratch(&self, place: Place) -> bool {
        matches!(place, Place::Memory(Address { base: Some(base), .. }, _) if base == self.scratch())
    }

    /// An operand becomes a value that is cut to its width already where it stands in the register in between (`cut`). A part of a
    /// register is put into the rest, which takes the register in between for a value from a register.
    pub(super) fn write(&mut self, place: Place, value: Operand, cut: bool) {
        match place {
            Place::Number(_) => {}
            Place::Memory(to, size) => {
                // The register in between cannot be both place and value.
                let lost = self.based_on_scratch(place) && value == Operand::Reg(self.scratch());
                if lost {
                    self.insn.clobber(self.scratch());
                }
                self.insn.does(Op::Store { to, src: if lost { Operand::Unknown } else { value }, size });
            }
            Place::Part(part) => self.write_part(part, value, cut),
        }
    }

    fn write_part(&mut self, part: Part, value: Operand, cut: bool) {
        let dst = part.number;
        if part.bits == self.bits {
            return if value == Operand::Unknown {
                self.insn.clobber(dst)
            } else {
                self.insn.set(dst, value)
            };
        }
        if part.bits == 32 {
            return match value {
                Operand::Const(number) => self.insn.set(dst, Operand::Const(number & 0xffff_ffff)),
                Operand::Unknown => self.insn.clobber(dst),
                Operand::Reg(_) if cut => self.insn.set(dst, value),
                Operand::Reg(_) => self.insn.does(Op::Extend { dst, src: value, bits: 32, signed: false }),
            };
        }
        let shift = if part.second { 8 } else { 0 };
        let ones = (1u64 << part.bits) - 1;
        let scratch = self.scratch();
        let value = match value {
            Operand::Unknown => return self.insn.clobber(dst),
            Operand::Const(number) => Operand::Const((number & ones) << shift),
            Operand::Reg(_) => {
                if !cut || value != Operand::Reg(scratch) {
                    self.insn.does(Op::Extend { dst: scratch, src: value, bits: part.bits, signed: false });
                }
                if part.second {
                    self.insn.compute(scratch, Binary::Shl, Operand::Reg(scratch), Operand::Const(8));
                }
                Operand::Reg(scratch)
            }
        };
        let machine = if self.bits == 64 { u64::MAX } else { 0xffff_ffff };
        let rest = Operand::Const(!(ones << shift) & machine);
        self.insn.compute(dst, Binary::And, Operand::Reg(dst), rest);
        self.insn.compute(dst, Binary::Or, Operand::Reg(dst), value);
    }

    /// Pushes a value of the machine's width.
    pub(super) fn push(&mut self, value: Operand) {
        self.push_sized(value, self.bits / 8);
    }

    /// Pushes a value of so many bytes.
    pub(super) fn push_sized(&mut self, value: Operand, size: u8) {
        self.insn.does(Op::Store { to: Address::based(SP, -i64::from(size)), src: value, size });
        self.insn.compute(SP, Binary::Sub, Operand::Reg(SP), Operand::Const(u64::from(size)));
    }
}
