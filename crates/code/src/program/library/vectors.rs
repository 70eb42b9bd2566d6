//! What the reader of x86 does not model and C libraries compare texts with: sixteen bytes at once (SSE2), the first bit that is set, the order of
//! bytes turned round, shifts by a register, subtraction with a borrow.
//!
//! Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.

use super::machine::Machine;
use crate::lift::evaluate::{cut, extend};
use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};

/// The registers of sixteen bytes, as far as they are known.
#[derive(Default)]
pub(super) struct Vectors([Option<u128>; 16]);

/// Carries out an instruction of these; `None` where it is none, `Some(None)` where it cannot be.
pub(super) fn carry_out(machine: &mut Machine<'_, '_, '_>, bytes: &[u8], at: u64) -> Option<Option<()>> {
    let bytes = bytes.get(..15).unwrap_or(bytes);
    // Those of the second table of opcodes, behind prefixes, and `sbb`.
    let opcode = bytes.iter().find(|byte| !matches!(byte, 0x66 | 0xf2 | 0xf3 | 0x40..=0x4f))?;
    if !matches!(opcode, 0x0f | 0x18..=0x1b | 0x83 | 0xd3) {
        return None;
    }
    let instruction = Decoder::with_ip(u32::from(machine.bits()), bytes, at, DecoderOptions::NONE).decode();
    let mut one = One { machine, instruction };
    let vector = (0..instruction.op_count()).any(|number| {
        instruction.op_kind(number) == OpKind::Register && instruction.op_register(number).is_xmm()
    });
    match instruction.mnemonic() {
        Mnemonic::Shl | Mnemonic::Shr | Mnemonic::Sar if instruction.op1_kind() == OpKind::Register => {
            Some(one.whole())
        }
        Mnemonic::Bsf | Mnemonic::Tzcnt | Mnemonic::Bsr | Mnemonic::Bswap | Mnemonic::Sbb => {
            Some(one.whole())
        }
        _ if vector => Some(one.vector()),
        _ => None,
    }
}

struct One<'o, 'c, 'p, 'a> {
    machine: &'o mut Machine<'c, 'p, 'a>,
    instruction: Instruction,
}

impl One<'_, '_, '_, '_> {
    /// Of general registers.
    fn whole(&mut self) -> Option<()> {
        let width = self.instruction.op0_register().size();
        let bits = u8::try_from(width * 8).ok()?;
        let value = match self.instruction.mnemonic() {
            Mnemonic::Sbb => {
                // A register with itself: nought, or all bits where there was a borrow.
                if self.instruction.op1_kind() == OpKind::Immediate8to32
                    && self.instruction.immediate32() == u32::MAX
                {
                    let value = self.general(self.instruction.op0_register())?;
                    let borrow = u64::from(self.machine.borrows()?);
                    value.wrapping_add(1).wrapping_sub(borrow)
                } else if self.instruction.op1_kind() == OpKind::Register
                    && self.instruction.op0_register() == self.instruction.op1_register()
                {
                    if self.machine.borrows()? { u64::MAX } else { 0 }
                } else {
                    return None;
                }
            }
            how @ (Mnemonic::Shl | Mnemonic::Shr | Mnemonic::Sar) => {
                let value = self.general(self.instruction.op0_register())?;
                let by = self.machine.register(1)? & (u64::from(bits) - 1);
                let value = match how {
                    Mnemonic::Shl => value << by,
                    Mnemonic::Shr => value >> by,
                    _ => (extend(value, bits, true).cast_signed() >> by).cast_unsigned(),
                };
                let to = self.number(self.instruction.op0_register())?;
                let value = cut(value, bits);
                self.machine.set(to, Some(value));
                self.machine.results(Some(value).filter(|_| by > 0), bits);
                return Some(());
            }
            Mnemonic::Bswap => {
                let value = self.general(self.instruction.op0_register())?;
                if width == 4 { u64::from((value as u32).swap_bytes()) } else { value.swap_bytes() }
            }
            Mnemonic::Bsr => {
                let value = self.source_of(1, width)?;
                if value == 0 {
                    return None;
                }
                63 - u64::from(value.leading_zeros())
            }
            _ => {
                let value = self.source_of(1, width)?;
                if value == 0 {
                    return None;
                }
                u64::from(value.trailing_zeros())
            }
        };
        let kept = if bits == 32 { value & 0xffff_ffff } else { value };
        if !matches!(width, 4 | 8) {
            return None;
        }
        self.machine.set(self.number(self.instruction.op0_register())?, Some(kept));
        self.machine.results(None, bits);
        Some(())
    }

    fn vector(&mut self) -> Option<()> {
        use Mnemonic::{
            Andps, Movapd, Movaps, Movd, Movdqa, Movdqu, Movhpd, Movhps, Movlpd, Movlps, Movq, Movupd,
            Movups, Orps, Paddb, Pand, Pandn, Pcmpeqb, Pcmpeqd, Pcmpeqw, Pcmpgtb, Pmaxub, Pminub, Pmovmskb,
            Por, Pshufd, Pslldq, Psrldq, Psubb, Punpckhqdq, Punpcklbw, Punpcklqdq, Punpcklwd, Pxor, Subps,
            Xorpd, Xorps,
        };
        let mnemonic = self.instruction.mnemonic();
        let own = self.instruction.op0_kind() == OpKind::Register && self.instruction.op0_register().is_xmm();
        match mnemonic {
            Movdqa | Movdqu | Movaps | Movapd | Movups | Movupd => self.moved(16),
            Movd => self.moved(if self.is_wide() { 8 } else { 4 }),
            Movq => self.moved(8),
            Movlpd | Movlps if own => {
                let low = self.memory(8)?;
                let old = self.own()?;
                self.put(old >> 64 << 64 | low)
            }
            Movhpd | Movhps if own => {
                let high = self.memory(8)?;
                let old = self.own()? & u128::from(u64::MAX);
                self.put(old | high << 64)
            }
            Pmovmskb => {
                let value = self.vector_of(self.instruction.op1_register())?;
                let mask = value
                    .to_le_bytes()
                    .iter()
                    .enumerate()
                    .fold(0_u64, |mask, (place, byte)| mask | u64::from(byte >> 7) << place);
                let to = self.number(self.instruction.op0_register())?;
                self.machine.set(to, Some(mask));
                Some(())
            }
            Pslldq | Psrldq => {
                let by = u32::from(self.instruction.immediate8()) * 8;
                let old = self.own()?;
                let value = if mnemonic == Pslldq { old.checked_shl(by) } else { old.checked_shr(by) };
                self.put(value.unwrap_or(0))
            }
            Pshufd => {
                let (value, order) = (self.second()?, self.instruction.immediate8());
                let word = |number: u32| value >> (u32::from(order >> (number * 2) & 3) * 32) & 0xffff_ffff;
                self.put((0..4).fold(0, |sum, number| sum | word(number) << (number * 32)))
            }
            Pxor | Xorps | Xorpd | Psubb
                if self.instruction.op1_kind() == OpKind::Register
                    && self.instruction.op0_register() == self.instruction.op1_register() =>
            {
                self.put(0)
            }
            Pcmpeqb | Pcmpeqw | Pcmpeqd
                if self.instruction.op1_kind() == OpKind::Register
                    && self.instruction.op0_register() == self.instruction.op1_register() =>
            {
                self.put(u128::MAX)
            }
            Pxor | Xorps | Xorpd => self.joined(|a, b| a ^ b),
            Por | Orps => self.joined(|a, b| a | b),
            Pand | Andps => self.joined(|a, b| a & b),
            Pandn => self.joined(|a, b| !a & b),
            Pcmpeqb => self.bytes(|a, b| if a == b { 0xff } else { 0 }),
            Pcmpgtb => self.bytes(|a, b| if a.cast_signed() > b.cast_signed() { 0xff } else { 0 }),
            Pminub => self.bytes(u8::min),
            Pmaxub => self.bytes(u8::max),
            Psubb => self.bytes(u8::wrapping_sub),
            Paddb => self.bytes(u8::wrapping_add),
            Punpcklbw => self.joined(|a, b| interleaved(a, b, 8)),
            Punpcklwd => self.joined(|a, b| interleaved(a, b, 16)),
            Punpcklqdq => self.joined(|a, b| interleaved(a, b, 64)),
            Punpckhqdq => self.joined(|a, b| interleaved(a >> 64, b >> 64, 64)),
            _ if own && mnemonic != Subps => {
                // Not modelled: its register is not known, nor are the flags, which some set.
                self.machine.results(None, 0);
                self.machine
                    .vectors
                    .0
                    .get_mut(index(self.instruction.op0_register())?)
                    .map(|place| *place = None)
            }
            _ => None,
        }
    }

    /// A move of so many bytes between a register and memory or another register.
    fn moved(&mut self, bytes: usize) -> Option<()> {
        let (to, from) = (self.instruction.op0_register(), self.instruction.op1_register());
        match (self.instruction.op0_kind(), self.instruction.op1_kind()) {
            (OpKind::Register, OpKind::Memory) => {
                let value = self.memory_where_known(bytes);
                self.put_known(value)
            }
            (OpKind::Register, OpKind::Register) if to.is_xmm() && from.is_xmm() => {
                let value = self.vectors_known(from);
                let low = if bytes == 8 { u128::from(u64::MAX) } else { u128::MAX };
                self.put_known(value.map(|value| value & low))
            }
            (OpKind::Register, OpKind::Register) if to.is_xmm() => {
                let value = self
                    .general(from)
                    .map(|value| u128::from(if bytes == 4 { value & 0xffff_ffff } else { value }));
                self.put_known(value)
            }
            (OpKind::Register, OpKind::Register) => {
                let value = self.vector_of(from)? as u64;
                let value = if bytes == 4 { value & 0xffff_ffff } else { value };
                let to = self.number(to)?;
                self.machine.set(to, Some(value));
                Some(())
            }
            (OpKind::Memory, OpKind::Register) => {
                let value = self.vectors_known(from);
                let at = self.address()?;
                for number in 0..bytes {
                    let byte = value.map(|value| (value >> (number * 8)) as u8);
                    self.machine.put_byte(at.wrapping_add(number as u64), byte)?;
                }
                Some(())
            }
            _ => None,
        }
    }

    fn joined(&mut self, how: impl Fn(u128, u128) -> u128) -> Option<()> {
        let value = match (self.vectors_known(self.instruction.op0_register()), self.second_known()) {
            (Some(a), Some(b)) => Some(how(a, b)),
            _ => None,
        };
        self.put_known(value)
    }

    fn bytes(&mut self, how: impl Fn(u8, u8) -> u8) -> Option<()> {
        self.joined(|a, b| {
            let mut all = a.to_le_bytes();
            for (a, b) in all.iter_mut().zip(b.to_le_bytes()) {
                *a = how(*a, b);
            }
            u128::from_le_bytes(all)
        })
    }

    fn is_wide(&self) -> bool {
        let wide = |register: Register| register.is_gpr64();
        wide(self.instruction.op0_register()) || wide(self.instruction.op1_register())
    }

    fn own(&self) -> Option<u128> {
        self.vectors_known(self.instruction.op0_register()).or(Some(0))
    }

    fn second(&self) -> Option<u128> {
        self.second_known()
    }

    fn second_known(&self) -> Option<u128> {
        match self.instruction.op1_kind() {
            OpKind::Register => self.vectors_known(self.instruction.op1_register()),
            OpKind::Memory => self.memory_where_known(16),
            _ => None,
        }
    }

    fn source_of(&self, operand: u32, width: usize) -> Option<u64> {
        match self.instruction.op_kind(operand) {
            OpKind::Register => self.general(self.instruction.op_register(operand)),
            OpKind::Memory => self.memory_where_known(width).map(|value| value as u64),
            _ => None,
        }
    }

    fn put(&mut self, value: u128) -> Option<()> {
        self.put_known(Some(value))
    }

    fn put_known(&mut self, value: Option<u128>) -> Option<()> {
        let place = self.machine.vectors.0.get_mut(index(self.instruction.op0_register())?)?;
        *place = value;
        Some(())
    }

    fn vectors_known(&self, register: Register) -> Option<u128> {
        self.machine.vectors.0.get(index(register)?).copied().flatten()
    }

    fn vector_of(&self, register: Register) -> Option<u128> {
        self.vectors_known(register)
    }

    fn number(&self, register: Register) -> Option<u8> {
        u8::try_from(register.full_register().number()).ok()
    }

    fn general(&self, register: Register) -> Option<u64> {
        let value = self.machine.register(self.number(register)?)?;
        match register.size() {
            8 => Some(value),
            4 => Some(value & 0xffff_ffff),
            _ => None,
        }
    }

    fn address(&self) -> Option<u64> {
        let instruction = &self.instruction;
        if matches!(instruction.memory_segment(), Register::FS | Register::GS) {
            return None;
        }
        let part = |register: Register| match register {
            Register::None | Register::RIP | Register::EIP => Some(0),
            register => self.machine.register(self.number(register)?),
        };
        let sum = part(instruction.memory_base())?
            .wrapping_add(
                part(instruction.memory_index())?.wrapping_mul(u64::from(instruction.memory_index_scale())),
            )
            .wrapping_add(instruction.memory_displacement64());
        Some(if self.machine.bits() == 32 { sum & 0xffff_ffff } else { sum })
    }

    fn memory(&self, bytes: usize) -> Option<u128> {
        self.memory_where_known(bytes)
    }

    fn memory_where_known(&self, bytes: usize) -> Option<u128> {
        let at = self.address()?;
        let mut all = [0_u8; 16];
        for (number, place) in (0_u64..).zip(all.iter_mut().take(bytes)) {
            *place = self.machine.byte(at.wrapping_add(number))?;
        }
        Some(u128::from_le_bytes(all))
    }
}

/// The number of a register of sixteen bytes.
fn index(register: Register) -> Option<usize> {
    register.is_xmm().then(|| register.number())
}

/// The low pieces of so many bits of two values, one of each in turn.
fn interleaved(a: u128, b: u128, bits: u32) -> u128 {
    let low = u128::MAX >> (128 - bits);
    (0..64 / bits).fold(0, |sum, number| {
        let piece = |value: u128| value >> (number * bits) & low;
        sum | piece(a) << (number * 2 * bits) | piece(b) << ((number * 2 + 1) * bits)
    })
}
