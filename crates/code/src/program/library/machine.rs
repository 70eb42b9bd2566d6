//! A machine that carries out functions of the file on inputs of our own, step by step.
//!
//! It knows what the reader of instructions says of them, and a few more that C libraries compare texts with. What is not known stays so: a
//! branch, an address or a result that depends on it ends the trial. Nothing but its own stack and what it is given is written to; whatever
//! asks the system for something ends it as well.

use super::vectors::{self, Vectors};
use super::words;
use crate::arch::{Arch, Convention, NONE};
use crate::image::{Filled, Image};
use crate::ir::{Address, Binary, Condition, Flow, Insn, Lift, Op, Operand, Reg, Relation};
use crate::lift::evaluate::{compute, cut, extend, holds};
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Bytes of each piece of memory that a function is given.
pub(super) const ROOM: u64 = 0x400;
/// Bytes of the stack.
const STACK: u64 = 0x4000;
/// Steps of one trial.
const STEPS: u32 = 4000;
/// What stands where nothing was given.
pub(super) const ANYTHING: u64 = 0x4a4a_4a4a_4a4a_0000;
/// Calls that are open at once.
const DEEP: usize = 16;
/// Instructions that are kept; then they are read anew.
const KEPT: usize = 1 << 17;

/// Instructions that were read, by their address and state, and steps that are left of all trials.
pub(super) struct Code<'p, 'a> {
    image: &'p Image<'a>,
    arm: Box<dyn Lift>,
    thumb: Box<dyn Lift>,
    known: HashMap<(u64, bool), Option<Rc<Insn>>, RandomState>,
    /// What resolvers choose.
    pub chosen: BTreeMap<u64, u64>,
    /// Steps that are left.
    pub steps: u64,
    /// Where nothing of the file is.
    base: u64,
}

impl<'p, 'a> Code<'p, 'a> {
    pub fn new(image: &'p Image<'a>, steps: u64) -> Option<Self> {
        let low = [0x7e00_0000_u64, 0x6e00_0000, 0x5e00_0000, 0x3e00_0000, 0x1e00_0000];
        let high = [0x3e00_0000_0000_u64, 0x1e00_0000_0000].into_iter().filter(|_| image.bits() == 64);
        let mut bases = low.into_iter().chain(high);
        let free = |base: &u64| (0..0x40).all(|page| !image.is_mapped(base + page * 0x1000));
        Some(Self {
            image,
            arm: image.arch.lifter(image.big_endian, false),
            thumb: image.arch.lifter(image.big_endian, image.arch == Arch::Arm),
            known: HashMap::default(),
            chosen: BTreeMap::new(),
            steps,
            base: bases.find(free)?,
        })
    }

    /// Where the pieces of memory are that a function is given.
    pub fn rooms(&self) -> [u64; 2] {
        [self.base, self.base + 0x1000]
    }

    fn read(&mut self, at: u64, thumb: bool) -> Option<Rc<Insn>> {
        if let Some(known) = self.known.get(&(at, thumb)) {
            return known.clone();
        }
        let lifter = if thumb { &mut self.thumb } else { &mut self.arm };
        let mut insn = Insn::default();
        let read =
            self.image.is_code(at) && lifter.lift(self.image.bytes(at), at, &mut insn) && insn.length > 0;
        let found = read.then(|| Rc::new(insn));
        if self.known.len() >= KEPT {
            self.known.clear();
        }
        self.known.insert((at, thumb), found.clone());
        found
    }
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It came back: with what, where that is known, and what the memory held that it was given.
    Back { result: Option<u64>, first: Vec<Option<u8>>, wrote: bool },
    /// It wrote to what it was not to.
    Writes,
    /// It depends on what is not known or not modelled, or took too long.
    Open,
}

#[derive(Clone, Copy)]
enum Flags {
    Compared { a: u64, b: u64, bits: u8, unsigned: bool },
    Tested { bits: u64, width: u8 },
    State(u8),
}

/// A piece of memory.
struct Room {
    base: u64,
    bytes: Vec<Option<u8>>,
    written: bool,
}

/// Why a step was the last one.
enum Stop {
    Writes,
    Open,
}

pub(super) struct Machine<'c, 'p, 'a> {
    code: &'c mut Code<'p, 'a>,
    convention: Convention,
    bits: u8,
    registers: Vec<Option<u64>>,
    pub vectors: Vectors,
    flags: [Option<Flags>; 8],
    /// The flags of Arm that say of each byte whether a sum of two overflowed.
    pub overflows: Option<[bool; 4]>,
    rooms: [Room; 3],
    /// Whether the first piece of memory may be written.
    writes: bool,
    thumb: bool,
    calls: Vec<(u64, bool)>,
}

/// Carries out a function: its first two arguments are the pieces of memory, which begin with these bytes, unless a number is given in place of
/// one.
pub(super) fn call(
    code: &mut Code<'_, '_>,
    function: (u64, bool),
    given: [&[u8]; 2],
    arguments: [u64; 3],
    writes: bool,
) -> End {
    let Some(mut machine) = Machine::new(code, function, given, arguments, writes) else { return End::Open };
    match machine.run(function.0) {
        Ok(()) => {
            let result = machine.register(machine.convention.result);
            let [first, ..] = machine.rooms;
            End::Back { result, first: first.bytes, wrote: first.written }
        }
        Err(Stop::Writes) => End::Writes,
        Err(Stop::Open) => End::Open,
    }
}

impl<'c, 'p, 'a> Machine<'c, 'p, 'a> {
    fn new(
        code: &'c mut Code<'p, 'a>,
        (function, thumb): (u64, bool),
        given: [&[u8]; 2],
        arguments: [u64; 3],
        writes: bool,
    ) -> Option<Self> {
        let image = code.image;
        let (convention, bits) = (image.arch.convention(), image.bits());
        let [a, b] = code.rooms();
        let stack = code.base + 0x2000;
        let room = |base: u64, bytes: &[u8]| {
            let mut all = vec![Some(0xa5); usize::try_from(ROOM).unwrap_or(0)];
            for (place, byte) in all.iter_mut().zip(bytes) {
                *place = Some(*byte);
            }
            Room { base, bytes: all, written: false }
        };
        let [first, second] = given;
        let rooms = [
            room(a, first),
            room(b, second),
            Room { base: stack, bytes: vec![None; usize::try_from(STACK).unwrap_or(0)], written: false },
        ];
        let mut machine = Self {
            code,
            convention,
            bits,
            // What a function is not given is some number: code writes to parts of registers whose rest it does not ask for.
            registers: (0..convention.registers)
                .map(|register| Some(cut(ANYTHING + u64::from(register) * 0x101, bits)))
                .collect(),
            vectors: Vectors::default(),
            flags: [None; 8],
            overflows: None,
            rooms,
            writes,
            thumb,
            calls: Vec::new(),
        };
        let top = stack + STACK - 0x400;
        machine.set(convention.stack, Some(top));
        if convention.zero != NONE {
            machine.set(convention.zero, Some(0));
        }
        if let Some(global) = image.global() {
            machine.set(convention.global, Some(global));
        }
        match image.arch {
            Arch::Mips | Arch::Mips64 => machine.set(25, Some(function)),
            Arch::Ppc64 => machine.set(12, Some(function)),
            _ => {}
        }
        // Saved registers are numbers that nothing depends on.
        if convention.link != NONE {
            machine.set(convention.link, Some(0xfff0));
        }
        let word = u64::from(bits / 8);
        for (number, argument) in (0_u64..).zip(arguments) {
            match convention.arguments.get(usize::try_from(number).ok()?) {
                Some(register) => machine.set(*register, Some(argument)),
                None => machine.put(top + word * (number + 1), Some(argument), bits / 8).ok()?,
            }
        }
        if convention.link == NONE {
            machine.put(top, Some(0xfff0), bits / 8).ok()?;
        }
        Some(machine)
    }

    fn run(&mut self, function: u64) -> Result<(), Stop> {
        let mut at = function;
        for _ in 0..STEPS {
            if self.code.steps == 0 {
                return Err(Stop::Open);
            }
            self.code.steps -= 1;
            match self.step(at)? {
                Some(next) => at = next,
                None => return Ok(()),
            }
        }
        Err(Stop::Open)
    }

    /// One instruction, with that in its delay slot; where control goes on, `None` for back to who called.
    fn step(&mut self, at: u64) -> Result<Option<u64>, Stop> {
        let insn = self.code.read(at, self.thumb).ok_or(Stop::Open)?;
        let mut next = at + u64::from(insn.length);
        let takes = match insn.when {
            Some(condition) => self.condition(condition)?,
            None => true,
        };
        if !takes {
            return Ok(Some(next));
        }
        self.effects(&insn)?;
        // What decides is read before the instruction in the delay slot.
        let branches = match insn.flow {
            Flow::Branch(condition, _) => self.condition(condition)?,
            _ => true,
        };
        let target = match insn.flow {
            Flow::Jump(to) | Flow::Branch(_, to) | Flow::Call(to) => Some(to),
            Flow::JumpRegister(register) | Flow::CallRegister(register) => self.register(register),
            Flow::JumpMemory(address) | Flow::CallMemory(address) => self.load(address, self.bits / 8)?,
            _ => None,
        };
        if insn.delay {
            let slot = self.code.read(next, self.thumb).ok_or(Stop::Open)?;
            next += u64::from(slot.length);
            if branches || !insn.nullifies {
                self.effects(&slot)?;
            }
        }
        match insn.flow {
            Flow::Next => Ok(Some(next)),
            Flow::Branch(..) if !branches => Ok(Some(next)),
            Flow::Jump(_) | Flow::Branch(..) => Ok(Some(self.go(target, insn.switches)?)),
            Flow::JumpRegister(register) if register == self.convention.link => self.back(),
            Flow::JumpRegister(_) | Flow::JumpMemory(_) => {
                // Back by another register than that which says where to.
                if target.is_some() && target == self.calls.last().map(|(to, _)| *to) {
                    return self.back();
                }
                Ok(Some(self.go_to(target)?))
            }
            Flow::Call(_) | Flow::CallRegister(_) | Flow::CallMemory(_) => {
                if self.calls.len() >= DEEP {
                    return Err(Stop::Open);
                }
                self.calls.push((next, self.thumb));
                if self.convention.link == NONE {
                    let word = u64::from(self.bits / 8);
                    let stack = self.register(self.convention.stack).ok_or(Stop::Open)?.wrapping_sub(word);
                    self.set(self.convention.stack, Some(stack));
                    self.put(stack, Some(next), self.bits / 8)?;
                } else {
                    self.set(self.convention.link, Some(next | u64::from(self.thumb)));
                }
                let to = if matches!(insn.flow, Flow::Call(_)) {
                    self.go(target, insn.switches)?
                } else {
                    self.go_to(target)?
                };
                if matches!(self.code.image.arch, Arch::Mips | Arch::Mips64) {
                    self.set(25, Some(to));
                }
                Ok(Some(to))
            }
            Flow::Return => self.back(),
            Flow::System | Flow::Stop => Err(Stop::Open),
        }
    }

    fn back(&mut self) -> Result<Option<u64>, Stop> {
        if self.convention.link == NONE {
            let word = u64::from(self.bits / 8);
            let stack = self.register(self.convention.stack).ok_or(Stop::Open)?;
            self.set(self.convention.stack, Some(stack.wrapping_add(word)));
        }
        Ok(self.calls.pop().map(|(to, thumb)| {
            self.thumb = thumb;
            to
        }))
    }

    fn go(&mut self, to: Option<u64>, switches: bool) -> Result<u64, Stop> {
        let to = to.ok_or(Stop::Open)?;
        if switches {
            self.thumb = !self.thumb;
        }
        Ok(self.code.chosen.get(&to).copied().unwrap_or(to))
    }

    fn go_to(&mut self, to: Option<u64>) -> Result<u64, Stop> {
        let to = to.ok_or(Stop::Open)?;
        let to = self.code.chosen.get(&to).copied().unwrap_or(to);
        if self.code.image.arch == Arch::Arm {
            self.thumb = to & 1 == 1;
            return Ok(to & !1);
        }
        Ok(to)
    }

    fn effects(&mut self, insn: &Insn) -> Result<(), Stop> {
        let image = self.code.image;
        let bytes = image.bytes(insn.address);
        match image.arch {
            Arch::X86 | Arch::X86_64 => {
                if let Some(done) = vectors::carry_out(self, bytes, insn.address) {
                    return done.ok_or(Stop::Open);
                }
            }
            _ if insn.ops.iter().any(|op| matches!(op, Op::Clobber { .. }))
                && words::carry_out(self, image, bytes, insn.length) =>
            {
                return Ok(());
            }
            _ => {}
        }
        for op in &insn.ops {
            self.effect(op)?;
        }
        Ok(())
    }

    fn effect(&mut self, op: &Op) -> Result<(), Stop> {
        match *op {
            Op::Set { dst, src } => self.set(dst, self.operand(src)),
            Op::Extend { dst, src, bits, signed } => {
                self.set(dst, self.operand(src).map(|value| extend(value, bits, signed)));
            }
            Op::Compute { dst, how, a, b, bits, signed } => {
                let width = if bits == 0 { self.bits } else { bits };
                let value = match (self.operand(a), self.operand(b)) {
                    (Some(a), Some(b)) => compute(how, cut(a, width), b, width),
                    // With itself it is nought whatever it is.
                    _ if a == b && a != Operand::Unknown && matches!(how, Binary::Xor | Binary::Sub) => {
                        Some(0)
                    }
                    _ => None,
                };
                self.set(dst, value.map(|value| extend(value, width, signed)));
            }
            Op::Load { dst, size: 9.., .. } => self.set(dst, None),
            Op::Load { dst, from, size, signed } => {
                let value = self.load(from, size)?;
                self.set(dst, value.map(|value| extend(value, size * 8, signed)));
            }
            Op::Store { to, src, size } => {
                let at = self.place(to).ok_or(Stop::Open)?;
                if size > 8 {
                    return Err(Stop::Open);
                }
                self.put(at, self.operand(src), size)?;
            }
            Op::Compare { flags, a, b, bits } => self.compare(flags, a, b, bits, false),
            Op::CompareUnsigned { flags, a, b, bits } => self.compare(flags, a, b, bits, true),
            Op::CompareWhen { flags, when, a, b, bits, otherwise } => {
                if self.condition(when)? {
                    self.compare(flags, a, b, bits, false);
                } else {
                    self.flag(flags, Some(Flags::State(otherwise)));
                }
            }
            Op::Test { flags, a, b, bits } => {
                let width = if bits == 0 { self.bits } else { bits };
                let tested = match (self.operand(a), self.operand(b)) {
                    (Some(a), Some(b)) => Some(Flags::Tested { bits: cut(a & b, width), width }),
                    _ => None,
                };
                self.flag(flags, tested);
            }
            Op::Select { dst, when, yes, no } => {
                let value = if self.condition(when)? { yes } else { no };
                self.set(dst, self.operand(value));
            }
            Op::Clobber { dst } => self.set(dst, None),
            Op::ClobberFlags { flags } => self.flag(flags, None),
        }
        Ok(())
    }

    fn compare(&mut self, flags: u8, a: Operand, b: Operand, bits: u8, unsigned: bool) {
        let bits = if bits == 0 { self.bits } else { bits };
        let compared = match (self.operand(a), self.operand(b)) {
            (Some(a), Some(b)) => Some(Flags::Compared { a: cut(a, bits), b: cut(b, bits), bits, unsigned }),
            _ => None,
        };
        self.flag(flags, compared);
    }

    fn flag(&mut self, flags: u8, value: Option<Flags>) {
        if let Some(place) = self.flags.get_mut(usize::from(flags)) {
            *place = value;
        }
    }

    /// Says that the flags are those of a result.
    pub fn results(&mut self, value: Option<u64>, width: u8) {
        self.flag(0, value.map(|value| Flags::Tested { bits: cut(value, width), width }));
    }

    /// Whether less was subtracted than there was, where the flags say.
    pub fn borrows(&self) -> Option<bool> {
        match (*self.flags.first()?)? {
            Flags::Compared { a, b, .. } => Some(a < b),
            Flags::Tested { .. } => Some(false),
            Flags::State(_) => None,
        }
    }

    fn condition(&self, condition: Condition) -> Result<bool, Stop> {
        let found = match condition {
            Condition::Flags(flags, relation) => {
                match self.flags.get(usize::from(flags)).copied().flatten() {
                    None => None,
                    Some(Flags::Compared { a, b, bits, unsigned }) => {
                        holds(if unsigned { relation.unsigned() } else { relation }, a, b, bits)
                    }
                    Some(Flags::Tested { bits, width }) => match relation {
                        Relation::Below => Some(false),
                        Relation::AboveOrEqual => Some(true),
                        relation => holds(relation, bits, 0, width),
                    },
                    Some(Flags::State(state)) => relation.holds(state),
                }
            }
            Condition::Values(relation, a, b) => match (self.operand(a), self.operand(b)) {
                (Some(a), Some(b)) => holds(relation, a, b, self.bits),
                _ => None,
            },
            Condition::Bit(operand, bit, set) => {
                self.operand(operand).map(|value| (value >> bit.min(63) & 1 == 1) == set)
            }
        };
        found.ok_or(Stop::Open)
    }

    pub fn register(&self, register: Reg) -> Option<u64> {
        self.registers.get(usize::from(register)).copied().flatten()
    }

    pub fn set(&mut self, register: Reg, value: Option<u64>) {
        if register == self.convention.zero {
            if let Some(place) = self.registers.get_mut(usize::from(register)) {
                *place = Some(0);
            }
            return;
        }
        let bits = self.bits;
        if let Some(place) = self.registers.get_mut(usize::from(register)) {
            *place = value.map(|value| cut(value, bits));
        }
    }

    fn operand(&self, operand: Operand) -> Option<u64> {
        match operand {
            Operand::Reg(register) => self.register(register),
            Operand::Const(value) => Some(cut(value, self.bits)),
            Operand::Unknown => None,
        }
    }

    fn place(&self, address: Address) -> Option<u64> {
        let mut sum = address.offset.cast_unsigned();
        if let Some((index, shift)) = address.index {
            sum = sum.wrapping_add(self.register(index)?.wrapping_shl(u32::from(shift)));
        }
        if let Some(base) = address.base {
            sum = sum.wrapping_add(self.register(base)?);
        }
        Some(cut(sum, self.bits))
    }

    fn load(&self, from: Address, size: u8) -> Result<Option<u64>, Stop> {
        let Some(at) = self.place(from) else { return Ok(None) };
        let image = self.code.image;
        if size == self.bits / 8
            && let Some(filled) = image.filled(at)
        {
            return Ok(match filled {
                Filled::Address(address) => Some(address),
                Filled::Import(_) => None,
            });
        }
        let mut bytes = Vec::with_capacity(8);
        for number in 0..u64::from(size.min(8)) {
            match self.byte(at.wrapping_add(number)) {
                Some(byte) => bytes.push(byte),
                None => return Ok(None),
            }
        }
        Ok(Some(crate::image::number(&bytes, image.big_endian)))
    }

    /// A byte of memory.
    pub fn byte(&self, at: u64) -> Option<u8> {
        for room in &self.rooms {
            if let Some(place) = at.checked_sub(room.base).and_then(|place| usize::try_from(place).ok())
                && let Some(byte) = room.bytes.get(place)
            {
                return *byte;
            }
        }
        let image = self.code.image;
        match image.bytes(at).first() {
            Some(byte) => Some(*byte),
            None => image.is_mapped(at).then_some(0),
        }
    }

    fn put(&mut self, at: u64, value: Option<u64>, size: u8) -> Result<(), Stop> {
        let big = self.code.image.big_endian;
        for number in 0..size {
            let shift = if big { size - 1 - number } else { number } * 8;
            let byte = value.map(|value| (value >> shift & 0xff) as u8);
            self.put_byte(at.wrapping_add(u64::from(number)), byte).ok_or(Stop::Writes)?;
        }
        Ok(())
    }

    /// Writes a byte; `None` where nothing is to be written.
    pub fn put_byte(&mut self, at: u64, byte: Option<u8>) -> Option<()> {
        for (number, room) in self.rooms.iter_mut().enumerate() {
            if let Some(place) = at.checked_sub(room.base).and_then(|place| usize::try_from(place).ok())
                && let Some(kept) = room.bytes.get_mut(place)
            {
                if number == 1 || number == 0 && !self.writes {
                    return None;
                }
                room.written = true;
                *kept = byte;
                return Some(());
            }
        }
        None
    }

    /// The machine's width.
    pub fn bits(&self) -> u8 {
        self.bits
    }
}
